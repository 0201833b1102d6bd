/// Values and three derivatives of every rule against a reference of 60 digits (data/make-sweep.py), at the points where people and rounding meet, relative
/// to the derivative itself. Modes share their rule, so that they agree on a wrong one: only numbers from elsewhere tell.
module FuncAD.Tests.SweepTests

open System
open System.IO
open System.Globalization
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

type private Row = { Arguments: float[]; Expected: float[] }

let private parse (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)

let private read (file: string) (arity: int) : Map<string, Row[]> =
    File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", file))
    |> Seq.filter (fun line -> not (line.StartsWith '#' || line.StartsWith "function"))
    |> Seq.map (fun line ->
        let parts = line.Split ','
        let name, parts =
            if parts[0].Contains '(' && not (parts[0].Contains ')') then parts[0] + "," + parts[1], parts[2..] else parts[0], parts[1..]
        let numbers = parts |> Array.map parse
        name, { Arguments = numbers[.. arity - 1]; Expected = numbers[arity..] })
    |> Seq.groupBy fst
    |> Seq.map (fun (name, rows) -> name, rows |> Seq.map snd |> Seq.toArray)
    |> Map

/// The rules of the table, and powers whose exponents are too far out for the domain that programs are made on.
let private unaries: UnaryEntry[] =
    [| yield! Table.unaries
       for c in [ 100.0; 1e-20; 9007199254740994.0; -9007199254740994.0 ] do
           UnaryEntry<Rules.Powers.Power>("power(" + c.ToString CultureInfo.InvariantCulture + ")", Rules.Powers.Power c) |]

let private unaryRows = read "sweep.csv" 1
let private binaryRows = read "sweep-2.csv" 2

/// How far a number is from the expected one, in units in the last place of a size. What is below the normal doubles is held to 64 of the least ones, which
/// is what roundings there come to; an overflow may come a few doubles early; and where a derivative overflows, so may a term of it with another sign, which
/// makes it NaN.
let private unitsApart (size: float) (expected: float) (actual: float) : float =
    if same expected actual || expected = actual || Double.IsNaN expected then
        0.0
    elif Double.IsInfinity expected then
        (if Double.IsNaN actual || actual * float (Math.Sign expected) >= Double.MaxValue * (1.0 - 1e-14) then 0.0 else infinity)
    elif Double.IsInfinity actual && abs expected >= Double.MaxValue * (1.0 - 1e-14) then
        0.0
    elif not (Double.IsFinite actual) then
        infinity
    else
        let error = abs (expected / 2.0 - actual / 2.0) * 2.0 - 64.0 * Double.Epsilon
        if error <= 0.0 then 0.0 else error / max Double.Epsilon (size * 2.0 * u)

/// The derivatives of a function of one number, by order and mode.
let private derivatives1 (f: Real -> Real) (x: float) : (int * string * float) list =
    let x = real x
    let series = AD.taylor 3 f x
    let hessian = AD.hessian (fun (x: Real[]) -> f x[0]) [| x |]
    [ 0, "value", (f x).Value
      1, "forward", (AD.diff f x).Value
      1, "reverse", (AD.grad f x).Value
      1, "Taylor", series[1].Value
      2, "forward over forward", (AD.diff (AD.diff f) x).Value
      2, "forward over reverse", (AD.diff (AD.grad f) x).Value
      2, "reverse over forward", (AD.grad (AD.diff f) x).Value
      2, "reverse over reverse", (AD.grad (AD.grad f) x).Value
      2, "the dual tape", hessian[0, 0].Value
      2, "Taylor", 2.0 * series[2].Value
      3, "forward over forward over forward", (AD.diff (AD.diff (AD.diff f)) x).Value
      3, "reverse over reverse over reverse", (AD.grad (AD.grad (AD.grad f)) x).Value
      3, "forward over forward over reverse", (AD.diff (AD.diff (AD.grad f)) x).Value
      3, "Taylor", 6.0 * series[3].Value ]

/// Of a function of two: which entry of the row, its order, the mode, the number.
let private derivatives2 (f: Real * Real -> Real) (a: float) (b: float) : (int * int * string * float) list =
    let onArray (p: Real[]) = f (p[0], p[1])
    let point = [| real a; real b |]
    let direction (i: int) (f: Real[] -> Real) (p: Real[]) = AD.jvp f p (Array.init 2 (fun j -> real (if i = j then 1.0 else 0.0))) |> snd
    let part (i: int) (f: Real[] -> Real) (p: Real[]) = (AD.grad f p)[i]
    let hessian = AD.hessian onArray point
    [ 0, 0, "value", (f (real a, real b)).Value
      for i in 0..1 do
          1 + i, 1, "forward", (direction i onArray point).Value
          1 + i, 1, "reverse", (part i onArray point).Value
          for j in i..1 do
              3 + i + j, 2, "the dual tape", hessian[i, j].Value
              3 + i + j, 2, "the dual tape, transposed", hessian[j, i].Value
              3 + i + j, 2, "forward over forward", (direction i (direction j onArray) point).Value
              3 + i + j, 2, "forward over reverse", (direction i (part j onArray) point).Value
              3 + i + j, 2, "reverse over forward", (part j (direction i onArray) point).Value
              3 + i + j, 2, "reverse over reverse", (part i (part j onArray) point).Value
              for k in j..1 do
                  6 + i + j + k, 3, "forward over forward over forward", (direction i (direction j (direction k onArray)) point).Value
                  6 + i + j + k, 3, "reverse over reverse over reverse", (part i (part j (part k onArray)) point).Value ]

// ---- What a bound is relative to ----

/// Bell curves, sigmoids and arctangents have derivatives that cross zero between these, where their terms cancel for good: there the size is that of the
/// neighbouring derivatives. Nowhere else: next to 0 and in the tails each derivative is held to itself.
let private bends =
    set
        [ "asinh"
          "atan"
          "atanPi"
          "lorentzian"
          "tanh"
          "sech"
          "sigmoid"
          "softplus"
          "logisticDensity"
          "gaussian"
          "normalPdf"
          "erf"
          "erfc"
          "normalCdf"
          "logP1Excess" ]

let private isBend (x: float) = abs x > 0.4 && abs x < 3.0

/// What the last place of a derivative is measured by: itself, or for functions that oscillate and between their poles what they are made of there.
let private sizeOf (rule: UnaryEntry) (order: int) (x: float) (expected: float[]) : float =
    let own = abs expected[order]
    let neighbours = expected |> Array.map abs |> Array.max
    match rule.Rule.Name with
    | name when bends.Contains name && isBend x -> max own (neighbours / 2.0)
    // a power of the argument times a curve that is below the normal doubles
    | name when bends.Contains name && abs x > 20.0 && abs x < 40.0 -> max own (2.3e-308 * Math.Pow(abs x, float order))
    // sqrt(J^2 + Y^2), to which the value and its derivatives come near in turn
    | "besselJ"
    | "sinc"
    | "sphericalBesselJ"
    | "besselY" when abs x >= 0.5 -> max own (neighbours / 2.0)
    // the logarithm of gamma crosses zero, its derivatives are a cotangent's and those at 1 - x, of different sign
    | "logGamma" when order = 0 && (x < 0.0 || abs (x - 1.5) < 1.0) -> max own 1.0
    | "digamma"
    | "logGamma"
    | "gamma"
    | "polygamma" when x < 0.0 ->
        let n =
            (match rule.Rule.Name with
             | "digamma" -> 0
             | "polygamma" -> int (rule.Label.Substring(10).TrimEnd ')')
             | _ -> -1)
            + order
        let other k = if k = 0 then 2.0 + Math.Log(1.0 - x) else abs (SpecialValues.polygamma k (1.0 - x))
        if rule.Rule.Name = "gamma" then max own (abs expected[0] * Math.Pow(2.0 + Math.Log(1.0 - x), float order))
        elif n < 0 then own
        else max own (other n)
    | _ -> own

/// The same of a function of two numbers.
let private sizeOfPair (rule: BinaryEntry) (index: int) (a: float) (b: float) (expected: float[]) : float =
    let own = abs expected[index]
    let largest (indices: int list) = indices |> List.map (fun i -> abs expected[i]) |> List.max
    match rule.Rule.Name with
    // harmonic: the derivatives of an order are cosines and sines of one angle
    | "atan2"
    | "atan2Pi" when index >= 3 -> largest [ (if index < 6 then 3 else 6) .. (if index < 6 then 5 else 9) ]
    | "hypot"
    | "direction" when index >= 6 -> largest [ 6..9 ]
    | "direction" when index >= 3 -> largest [ 3..5 ]
    // crosses zero where e^a + e^b = 1, and the derivatives do where the shares are special
    | "logAddExp" when index = 0 -> max own 1.0
    | "logAddExp"
    | "logisticShare"
    | "logisticShareDensity" when index >= 3 && isBend (a - b) -> max own (largest [ 1..5 ] / 4.0)
    // the movement of a sample less that of the mean, 1 / shape, which is 0 near the mean
    | "gammaSampleSlope" ->
        let steps = [ 0; 1; 0; 2; 1; 0; 3; 2; 1; 0 ]
        // derivatives in r are those of a difference of terms as large as r
        let ofR = if List.contains index [ 0; 1; 3; 6 ] then 0.0 else abs b
        let own = Math.Pow(a, -(float steps[index])) * max (1.0 / a) ofR |> max own
        // near the mean y'' = shape y' (e^r - 1) + shape y e^r + e^r - 1, where y is known to roundings of 1 / shape
        if List.contains index [ 5; 8 ] && a * abs (Math.Exp b - 1.0) < 0.5 then max own (Math.Pow(a, -(float steps[index]))) else own
    // the beta function is 1 on a curve
    | "logBeta" when index = 0 -> max own 1.0
    // a difference that is 0 at equal arguments
    | "scaledLogP1" when index = 8 -> max own (abs expected[9])
    // the mixed second derivative is g(q / h) / h, and its derivative in h, of which g and q g' may cancel, has terms of this size
    | "scaledLogP1" when index = 7 -> max own (abs expected[4] / a)
    // the difference of a probability and its target
    | "binaryCrossEntropy" when index = 1 -> let share = SpecialValues.sigmoid a in (1.0 - b) * share + b * (1.0 - share)
    | "binaryCrossEntropy" when index = 6 && isBend a -> max own (abs expected[3])
    // polynomials in b and log a times a power, whose terms may have different signs
    | "pow"
    | "powerLog" when index > 0 ->
        let log = 1.0 + abs (Math.Log(abs a))
        let steps = [ 0; 1; 0; 2; 1; 0; 3; 2; 1; 0 ][index]
        if Double.IsFinite expected[0] && expected[0] <> 0.0 && rule.Label <> "pow(0)" || index = 4 || index = 7 || index = 8 then
            max
                own
                (abs expected[0] * Math.Pow((1.0 + abs b) / abs a, float steps) * (if index = 4 || index = 7 || index = 8 then log else 1.0))
        else
            own
    | _ -> own

// ---- Bounds ----

/// Units in the last place allowed for the value and the derivatives of order 1, 2 and 3: what was measured over the reference, and some more. Values are
/// .NET's where it has the function, and those of SpecialValues.fs elsewhere.
let private allowed (label: string) : float[] =
    match (if label.Contains '(' then label.Substring(0, label.IndexOf '(') else label) with
    | "rootN" when label = "rootN(3)" -> [| 3.0; 4.0; 10.0; 16.0 |]
    // .NET's root has the digits of 1 / n alone: its slopes are computed apart
    | "rootN" -> [| 128.0; 4.0; 5.0; 6.0 |]
    // slopes are powers of the root, which is itself off by 1.6
    | "cbrt" -> [| 3.0; 4.0; 10.0; 16.0 |]
    | "besselJ"
    | "sinc"
    | "sphericalBesselJ"
    | "besselY" -> [| 8.0; 8.0; 8.0; 8.0 |]
    // the cotangent of pi x to the power n + 1
    | "polygamma" -> [| 12.0; 12.0; 14.0; 16.0 |]
    | "gamma"
    | "logGamma"
    | "digamma" -> [| 6.0; 8.0; 10.0; 12.0 |]
    | "lorentzian" -> [| 2.0; 3.0; 5.0; 20.0 |]
    // sums of up to 25 series
    | "binet" -> [| 8.0; 8.0; 8.0; 12.0 |]
    // below a shape of 50, a series of up to 9 times the result, and each derivative up to sqrt(shape) times more of it
    | "gammaSampleSlope" -> [| 32.0; 64.0; 256.0; 1024.0 |]
    // its derivatives have the powers 3, 5 and 7 of it, of which each factor is off by up to 2
    | "acoshSlope" -> [| 2.0; 7.0; 11.0; 15.0 |]
    | "normalInverseCdf" -> [| 4.0; 8.0; 10.0; 14.0 |]
    | "normalQuantileDensity" -> [| 8.0; 10.0; 14.0; 20.0 |]
    | _ -> [| 4.0; 4.0; 6.0; 8.0 |]

/// Where a part of a derivative overflows that is a double as a whole: 1 / h^2 at points next to the origin, powers far down without their factor.
let private isTooFar (rule: BinaryEntry) (order: int) (a: float) (b: float) =
    match rule.Rule.Name with
    | "atan2"
    | "atan2Pi"
    | "hypot"
    | "direction" -> order >= 2 && max (abs a) (abs b) < 1e-100
    | "pow" -> order >= 2 && a < 1e-100
    | "powerLog" -> a < 1e-100
    | _ -> false

/// Rules whose derivatives are constants, which a test says one by one.
let private isLinear (label: string) =
    [ "negate"
      "abs"
      "bitDecrement"
      "bitIncrement"
      "identity"
      "reach"
      "power(0)"
      "power(1)"
      "scaleB"
      "add"
      "subtract"
      "tie"
      "cube" ]
    |> List.exists (fun name -> label = name || label.StartsWith(name + "("))

let private sweepOf (label: string) (note: string -> int -> float -> string -> unit) : unit =
    for rule in unaries do
        if rule.Label = label then
            for row in unaryRows[label] do
                let x = row.Arguments[0]
                for order, mode, actual in derivatives1 rule.On x do
                    let units = unitsApart (sizeOf rule order x row.Expected) row.Expected[order] actual
                    note
                        label
                        order
                        units
                        $"{label}, derivative {order} at {text x}, {mode}: {text actual}, right {text row.Expected[order]}"
    for rule in binaries do
        if rule.Label = label then
            for row in binaryRows[label] do
                let a, b = row.Arguments[0], row.Arguments[1]
                for index, order, mode, actual in derivatives2 rule.On a b do
                    if not (isTooFar rule order a b) then
                        let units = unitsApart (sizeOfPair rule index a b row.Expected) row.Expected[index] actual
                        note
                            label
                            order
                            units
                            $"{label}, derivative {order} (entry {index}) at ({text a}, {text b}), {mode}: {text actual}, right {text row.Expected[index]}"

let private accuracy =
    testList
        "against the reference"
        [ testCase "every rule is in the reference" (fun () ->
              let missing =
                  [ for rule in unaries do
                        if not (unaryRows.ContainsKey rule.Label || isLinear rule.Label) then rule.Label
                    for rule in binaries do
                        if not (binaryRows.ContainsKey rule.Label || isLinear rule.Label) then rule.Label ]
              Expect.isEmpty missing "rules that data/make-sweep.py does not know"
              let labels = Set.ofSeq (Seq.append (unaries |> Seq.map _.Label) (binaries |> Seq.map _.Label))
              Expect.isEmpty
                  [ for name in Seq.append unaryRows.Keys binaryRows.Keys do
                        if not (labels.Contains name) then name ]
                  "functions without a rule")

          for label in Seq.append unaryRows.Keys binaryRows.Keys do
              testCase $"{label} and its first three derivatives" (fun () ->
                  let bounds = allowed label
                  let worst = Array.create 4 (0.0, "")
                  sweepOf label (fun _ order units what -> if units > fst worst[order] then worst[order] <- units, what)
                  for order in 0..3 do
                      let units, what = worst[order]
                      if not (units <= bounds[order]) then
                          failtest
                              $"{what}: {units:G3} units in the last place, allowed {bounds[order]} (bounds: allowed, bends in SweepTests.fs)")

          testCase "what is linear has constant slopes" (fun () ->
              let slopeOf (label: string) (x: float) =
                  match label with
                  | "negate" -> -1.0
                  | "abs" ->
                      if x > 0.0 then 1.0
                      elif x < 0.0 then -1.0
                      else 0.0
                  | "power(0)" -> 0.0
                  | "scaleB(-3)" -> 0.125
                  | "scaleB(7)" -> 128.0
                  | "cube" -> 3.0 * x * x
                  | _ -> 1.0
              for rule in unaries do
                  if isLinear rule.Label && rule.Label <> "cube" then
                      for x in specials do
                          if not (Double.IsNaN x) then
                              for mode, slope in [ "forward", AD.diff rule.On (real x); "reverse", AD.grad rule.On (real x) ] do
                                  expectEqual (slopeOf rule.Label x) slope.Value $"{rule.Label}'({text x}), {mode}"
                              expectEqual 0.0 (AD.diff (AD.diff rule.On) (real x)).Value $"{rule.Label}''({text x})")

          testCase "logSumExp of two numbers and of nothing more, against the reference of logAddExp" (fun () ->
              for row in binaryRows["logAddExp"] do
                  let a, b = row.Arguments[0], row.Arguments[1]
                  // a weight e^(x - m) is off by as many units as the difference x - m, which is rounded
                  let units = 8.0 + abs (a - b)
                  let check (f: Real[] -> Real) (x: float[]) (ia: int) (ib: int) (what: string) =
                      let expect index order (actual: Real) entry =
                          let size = if order = 0 then max 1.0 (abs row.Expected[index]) else abs row.Expected[index]
                          let apart = unitsApart size row.Expected[index] actual.Value
                          if not (apart <= units) then
                              failtest
                                  $"{what} of {text a}, {text b}: {entry} is {text actual.Value}, right {text row.Expected[index]}, {apart:G3} units"
                      let x = reals x
                      expect 0 0 (f x) "value"
                      let direction i = Array.init x.Length (fun j -> real (if i = j then 1.0 else 0.0))
                      let g = AD.grad f x
                      let h = AD.hessian f x
                      for i, first, diagonal in [ ia, 1, 3; ib, 2, 5 ] do
                          let j = ia + ib - i
                          expect first 1 g[i] $"slope {i}"
                          expect first 1 (snd (AD.jvp f x (direction i))) $"slope {i}, forward"
                          let reverse = AD.grad (fun x -> (AD.grad f x)[i]) x
                          let forward k = snd (AD.jvp (fun x -> snd (AD.jvp f x (direction i))) x (direction k))
                          for k, index in [ i, diagonal; j, 4 ] do
                              expect index 2 h[i, k] $"second derivative {i} {k}, the dual tape"
                              expect index 2 reverse[k] $"second derivative {i} {k}, reverse over reverse"
                              expect index 2 (forward k) $"second derivative {i} {k}, forward over forward"
                  check Sums.logSumExp [| a; b |] 0 1 "logSumExp"
                  check Sums.logSumExp [| b; a |] 1 0 "logSumExp, the other way round"
                  check Sums.logSumExp [| a; -infinity; b |] 0 2 "logSumExp, with nothing between") ]

// ---- Outside of the domain ----

/// Points at, next to and beyond the edges of every domain.
let private everywhere =
    [| for x in
           [ 0.0; 0.25; 0.5; 1.0; 1.5; 2.0; 2.5; 3.0; 4.0; 10.0; 100.5; 1e10; 1e300; Double.Epsilon; 1e-300; infinity; Double.MaxValue ] do
           for x in [ x; Math.BitIncrement x; Math.BitDecrement x ] do
               x
               -x |]

/// The four operations have their own slopes everywhere, such as 1 for a sum, whatever the values are; and so has what is linear in an argument, the loss
/// in its target.
let private isArithmetic (name: string) =
    List.contains name [ "add"; "subtract"; "multiply"; "divide"; "absorb"; "tie"; "binaryCrossEntropy" ]

let private outside =
    testList
        "outside of the domain"
        [ testCase "where a value is NaN, so are the slopes" (fun () ->
              let mutable seen = 0
              for rule in unaries do
                  for x in everywhere do
                      if not (Double.IsNaN x) && Double.IsNaN(rule.Value x) && rule.Label <> "cube" then
                          seen <- seen + 1
                          for mode, slope in
                              [ "forward", AD.diff rule.On (real x)
                                "reverse", AD.grad rule.On (real x)
                                "Taylor", (AD.taylor 1 rule.On (real x))[1]
                                "second, forward", AD.diff (AD.diff rule.On) (real x)
                                "second, reverse", AD.grad (AD.grad rule.On) (real x) ] do
                              expectSame nan slope.Value $"{rule.Label}'({text x}), {mode}"
              Expect.isGreaterThan seen 300 "points outside"
              for rule in binaries do
                  if not (isArithmetic rule.Rule.Name) then
                      for a, b in Array.allPairs everywhere everywhere do
                          if not (Double.IsNaN a || Double.IsNaN b) && Double.IsNaN(rule.Value(a, b)) then
                              let ga, gb = AD.grad rule.On (real a, real b)
                              expectSame nan ga.Value $"{rule.Label}({text a}, {text b}) in a"
                              expectSame nan gb.Value $"{rule.Label}({text a}, {text b}) in b"
                              let forward = AD.diff (fun a -> rule.On(a, real b)) (real a), AD.diff (fun b -> rule.On(real a, b)) (real b)
                              expectSame nan (fst forward).Value $"{rule.Label}({text a}, {text b}) in a, forward"
                              expectSame nan (snd forward).Value $"{rule.Label}({text a}, {text b}) in b, forward")

          testCase "logSumExp and logAddExp of infinite numbers" (fun () ->
              let sums: (string * (Real[] -> Real)) list =
                  [ "logSumExp", Sums.logSumExp; "logAddExp", (fun x -> Rules.Exponentials.logAddExp x[0] x[1]) ]
              for name, f in sums do
                  for x, value, slopes in
                      [ [| -infinity; -infinity |], -infinity, [| 0.0; 0.0 |]
                        [| -infinity; 3.0 |], 3.0, [| 0.0; 1.0 |]
                        [| infinity; 3.0 |], infinity, [| 1.0; 0.0 |]
                        [| -infinity; infinity |], infinity, [| 0.0; 1.0 |]
                        [| infinity; infinity |], infinity, [| nan; nan |] ] do
                      let what = $"{name} of {text x[0]}, {text x[1]}"
                      let y, g = AD.valueAndGrad f (reals x)
                      expectSame value y.Value what
                      for i in 0..1 do
                          expectEqual slopes[i] g[i].Value $"{what}, slope {i}"
                          let direction = Array.init 2 (fun j -> real (if i = j then 1.0 else 0.0))
                          expectEqual slopes[i] (snd (AD.jvp f (reals x) direction)).Value $"{what}, slope {i}, forward"
              let g = AD.grad Sums.logSumExp (reals [| -infinity; -infinity; infinity; 1.0 |]) |> values
              Expect.equal g [| 0.0; 0.0; 1.0; 0.0 |] "one decides"
              Expect.equal
                  (AD.grad Sums.logSumExp (reals [| -infinity; -infinity; -infinity |]) |> values)
                  [| 0.0; 0.0; 0.0 |]
                  "nothing three times"
              expectSame nan (Sums.logSumExp (reals [| 1.0; nan; 2.0 |])).Value "NaN") ]

[<Tests>]
let tests = testList "sweep" [ accuracy; outside ]
