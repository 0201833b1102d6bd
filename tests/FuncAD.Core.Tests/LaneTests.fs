/// The rules on lanes, every one of the table and at every width, against their scalar values and slopes; then the loops over spans.
module FuncAD.Tests.LaneTests

open System
open Expecto
open Microsoft.FSharp.NativeInterop
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

#nowarn "9"

// ---- Points ----

let private anyDouble (random: Random) =
    let x = Math.ScaleB(1.0 + random.NextDouble(), random.Next(-1074, 1024))
    if random.Next 2 = 0 then x else -x

/// The range over which a vector form changes its way of computing, or its value runs from overflow to underflow: sampled densely.
let private whole (name: string) : Domain =
    match name with
    | "erf" -> { Low = -6.5; High = 6.5 }
    | "erfc" -> { Low = -6.5; High = 28.0 }
    | "gaussian" -> { Low = -28.0; High = 28.0 }
    | "normalCdf" -> { Low = -39.0; High = 9.0 }
    | "normalPdf" -> { Low = -40.0; High = 40.0 }
    | "exp2M1" -> { Low = -60.0; High = 1025.0 }
    | "exp10M1" -> { Low = -20.0; High = 309.0 }
    | "tanPi" -> { Low = -4.0; High = 4.0 }
    | "cbrt" -> { Low = -9.0; High = 9.0 }
    | "normalInverseCdf" -> { Low = 0.0; High = 1.0 }
    | _ -> { Low = -1.0; High = 1.0 }

/// Points of every kind: special ones, awkward ones, all magnitudes, moderate numbers, near the multiples of pi / 4, whole and half numbers, the domain,
/// the whole range.
let private points (name: string) (domain: Domain) =
    let random = random name
    let whole = whole name
    [| yield! specials
       yield! Points.awkward.Value
       yield!
           [| 708.0
              -708.0
              -709.0
              -744.5
              -745.5
              710.4
              -710.4
              710.5
              22.0
              -37.0
              1e8
              2e8
              -3e9
              1e22
              268435456.0
              0.346
              0.347
              -0.347
              0.9999999999 |]
       for _ in 1..400 -> anyDouble random
       for _ in 1..400 -> random.NextDouble() * 4.0 - 2.0
       for _ in 1..200 -> random.NextDouble() * 1600.0 - 800.0
       for _ in 1..200 -> Math.ScaleB(random.NextDouble() * 2.0 - 1.0, random.Next(-60, 30))
       for k in -40 .. 40 -> float k * Math.PI / 4.0
       for k in 1..100 -> float (k * k * k * 977) * (Math.PI / 2.0)
       for k in -20 .. 20 -> float k / 2.0
       for _ in 1..400 -> domain.Low + (domain.High - domain.Low) * random.NextDouble()
       for k in 0..3000 -> whole.Low + (whole.High - whole.Low) * (float k + random.NextDouble()) / 3000.0 |]
    |> Array.filter (fun x -> Math.Abs x < infinity || Double.IsNaN x || Array.contains x specials)

/// How many doubles lie between two. What is no rounding is infinitely far: another sign, also of a zero, which 1 / f and atan2(f, g) tell; infinite where
/// the other is finite, or NaN where the other is none.
let private ulpsApart (a: float) (b: float) =
    if same a b then 0.0
    elif Double.IsFinite a && Double.IsFinite b && Double.IsNegative a = Double.IsNegative b then abs (float (bits a - bits b))
    else infinity

// ---- On lanes ----

/// Numbers of so many arguments, computed on lanes: a function of vectors applied to groups of points.
type private Vectors<'V when 'V: struct and 'V :> ILanes<'V>> =
    static member Load(xs: float[], start: int) =
        let padded = Array.init 'V.Count (fun lane -> xs[min (start + lane) (xs.Length - 1)])
        use p = fixed padded
        'V.Load p

    static member Over(f: 'V[] -> 'V, inputs: float[][]) : float[] =
        let length = inputs[0].Length
        let results = Array.zeroCreate length
        let buffer = Array.zeroCreate<float> 'V.Count
        for start in 0 .. 'V.Count .. length - 1 do
            let y = f (inputs |> Array.map (fun input -> Vectors<'V>.Load(input, start)))
            use p = fixed buffer
            'V.Store(y, p)
            Array.Copy(buffer, 0, results, start, min 'V.Count (length - start))
        results

/// A function of vectors of any width.
[<AbstractClass>]
type internal OnVectors() =
    abstract Of<'V when 'V: struct and 'V :> ILanes<'V>> : v: 'V[] -> 'V

/// Its results, which are the same bits at every width.
let internal onEveryWidth (what: string) (f: OnVectors) (inputs: float[][]) : float[] =
    let results = Vectors<Lane128>.Over(f.Of, inputs)
    for width, others in
        [ "256 bits", Vectors<Lane256>.Over(f.Of, inputs)
          "512 bits", Vectors<Lane512>.Over(f.Of, inputs)
          "pairs of 512 bits", Vectors<Pair512>.Over(f.Of, inputs) ] do
        for i in 0 .. results.Length - 1 do
            if not (same results[i] others[i]) then
                let point = String.Join(", ", inputs |> Array.map (fun input -> text input[i]))
                expectSame results[i] others[i] $"{what} at {point} on {width}, as on 128"
    results

/// Units in the last place that a vector form may differ from the rule's value by. What IEEE 754 defines is equal bit for bit, and so is
/// what is computed lane by lane.
let allowed (name: string) : float =
    match name with
    | "exp"
    | "exp2"
    | "exp10"
    | "log"
    | "log2"
    | "log10"
    | "sin"
    | "cos"
    | "sinPi"
    | "asin"
    | "acos"
    | "atan"
    | "cosh" -> 2.0
    | "expM1"
    | "logP1"
    | "sigmoid"
    | "softplus"
    | "sinc"
    | "xLogY"
    | "exponentialOdds"
    | "log1MExp"
    | "tan"
    | "cosPi"
    | "sinh"
    | "tanh"
    | "sech"
    | "asinh"
    | "acosh"
    | "atanh"
    | "gaussian"
    | "normalPdf"
    | "erf" -> 4.0
    // up to 3 from the exact value on either side (docs/accuracy.md)
    | "erfc"
    | "normalCdf"
    | "normalInverseCdf" -> 6.0
    | "hypot"
    | "direction"
    | "power"
    | "pow"
    | "atan2" -> 2.0
    // a product of two sigmoids, or a quotient of two such functions
    | "logisticDensity"
    | "logisticShare"
    | "logisticShareDensity" -> 6.0
    | "normalQuantileDensity" -> 10.0
    | "cbrt"
    | "rootN"
    | "powerLog"
    | "tanPi"
    | "asinPi"
    | "acosPi"
    | "atanPi"
    | "atan2Pi"
    | "exp2M1"
    | "exp10M1"
    | "log2P1"
    | "log10P1"
    | "logBase"
    | "logAddExp"
    | "binaryCrossEntropy" -> 4.0
    | _ -> 0.0

[<Literal>]
let private LeastNormal = 2.2250738585072014e-308

/// A slope is a few operations on values.
[<Literal>]
let private SlopeUlps = 12.0

/// What is compared is said only where it fails: there are millions of comparisons.
let expectUlps (allowed: float) (expected: float) (actual: float) (what: unit -> string) =
    let apart = ulpsApart expected actual
    if not (apart <= allowed) then
        failtest $"{what ()}: expected {text expected}, got {text actual}: {apart} units in the last place, allowed {allowed}"

let private unaryOnLanes (rule: UnaryEntry) =
    let xs = points rule.Label rule.Domain
    let xs = Array.append xs (Points.ends rule.Value xs |> Array.collect Points.neighbours)
    let ys = Array.map rule.Value xs
    let actual =
        onEveryWidth
            rule.Label
            { new OnVectors() with
                member _.Of v = rule.On v[0] }
            [| xs |]
    // a slope on lanes is that at the value on lanes
    let slopes =
        onEveryWidth
            (rule.Label + "'")
            { new OnVectors() with
                member _.Of v = rule.Rule.Slope(v[0], v[1]) }
            [| xs; actual |]
    let allowed = allowed rule.Rule.Name
    for i in 0 .. xs.Length - 1 do
        expectUlps allowed ys[i] actual[i] (fun () -> $"{rule.Label}({text xs[i]}) on lanes")
        let slope = rule.Rule.Slope<PlainDouble>(PlainDouble xs[i], PlainDouble ys[i]).Value
        let what () = $"{rule.Label}'({text xs[i]}) on lanes"
        if abs ys[i] < LeastNormal && actual[i] <> 0.0 && Double.IsFinite slope then
            // a slope that is a multiple of a subnormal value has that value's units
            let units = allowed * Double.Epsilon * abs (slopes[i] / actual[i])
            let bound = units + SlopeUlps * (2.0 * u * abs slope + Double.Epsilon)
            if not (abs (slope - slopes[i]) <= bound) then expectWithin bound slope slopes[i] (what ())
        // the slope of this one is a multiple of its square
        else
            expectUlps (if rule.Rule.Name = "normalQuantileDensity" then 2.0 * allowed + SlopeUlps else SlopeUlps) slope slopes[i] what

/// Every one of these is tried with every other one: what powers, remainders, angles and logarithms turn on.
let private partners =
    Array.distinct
        [| yield! specials
           yield! Points.edges
           for k in -12 .. 12 -> float k / 2.0
           yield! Array.collect Points.neighbours [| 1.0; -1.0; 3.0; 8.0 |]
           yield!
               [| 0.1
                  -0.1
                  1.0 / 3.0
                  0.25
                  10.0
                  27.0
                  1e150
                  1e154
                  1e-154
                  1e-140
                  1e16
                  9007199254740993.0
                  Math.PI / 2.0
                  Math.PI / 6.0 |] |]

let pairs (name: string) (domainA: Domain) (domainB: Domain) =
    let random = random name
    let inside (domain: Domain) = domain.Low + (domain.High - domain.Low) * random.NextDouble()
    [| yield! Array.allPairs partners partners
       for _ in 1..400 -> anyDouble random, anyDouble random
       for _ in 1..3000 -> inside domainA, inside domainB
       for _ in 1..100 -> (let x = anyDouble random in x, x * (1.0 + random.NextDouble()))
       // what powers and remainders turn on: whole and half numbers, neighbours of 1
       for a in -6 .. 6 do
           for b in -9 .. 9 -> float a / 2.0, float b / 2.0
       for _ in 1..400 ->
           1.0 + Math.ScaleB(random.NextDouble() - 0.5, random.Next(-52, 0)), Math.ScaleB(random.NextDouble() - 0.5, random.Next(0, 60))
       for k in 1..100 -> float k * 0.1, 0.1 |]

let wide = { Low = -10.0; High = 10.0 }

/// Two rules lose digits where their results cross zero: there the units are those of their terms, of this magnitude.
let private terms (name: string) (a: float, b: float) : float =
    match name with
    | "logAddExp" -> 1.0
    | "binaryCrossEntropy" -> (1.0 + abs a) * (1.0 + abs b)
    | _ -> 0.0

let private expectPair (name: string) (pair: float * float) (allowed: float) (expected: float) (actual: float) (what: unit -> string) =
    let terms = terms name pair
    if abs expected < terms && Double.IsFinite terms then
        expectWithin (allowed * 2.0 * u * terms) expected actual (what ())
    else
        expectUlps allowed expected actual what

/// The slope in a of powerLog is a sum whose terms may cancel: there the units are those of the first term.
let private expectSlopeA (firstTerm: float) (expected: float) (actual: float) (what: unit -> string) =
    if abs expected < abs firstTerm && abs firstTerm < infinity then
        expectWithin (SlopeUlps * (2.0 * u * abs firstTerm + Double.Epsilon)) expected actual (what ())
    else
        expectUlps SlopeUlps expected actual what

let private binaryOnLanes (rule: BinaryEntry) =
    let struct (domainA, domainB) = rule.Domain
    let a, b = Array.unzip (pairs rule.Label domainA domainB)
    let ys = Array.map2 (fun a b -> rule.Value(a, b)) a b
    let actual =
        onEveryWidth
            rule.Label
            { new OnVectors() with
                member _.Of v = rule.On(v[0], v[1]) }
            [| a; b |]
    let slopesA =
        onEveryWidth
            (rule.Label + " in a")
            { new OnVectors() with
                member _.Of v = rule.Rule.SlopeA(v[0], v[1], v[2]) }
            [| a; b; actual |]
    let slopesB =
        onEveryWidth
            (rule.Label + " in b")
            { new OnVectors() with
                member _.Of v = rule.Rule.SlopeB(v[0], v[1], v[2]) }
            [| a; b; actual |]
    for i in 0 .. a.Length - 1 do
        let what () = $"{rule.Label}({text a[i]}, {text b[i]}) on lanes"
        let inA () = "slope in a of " + what ()
        let inB () = "slope in b of " + what ()
        let name, pair = rule.Rule.Name, (a[i], b[i])
        expectPair name pair (allowed name) ys[i] actual[i] what
        let slopeA, slopeB =
            rule.Rule.SlopeA<PlainDouble>(PlainDouble a[i], PlainDouble b[i], PlainDouble ys[i]).Value,
            rule.Rule.SlopeB<PlainDouble>(PlainDouble a[i], PlainDouble b[i], PlainDouble ys[i]).Value
        if name = "powerLog" then
            expectSlopeA ((1.0 + abs b[i]) * (ys[i] / a[i])) slopeA slopesA[i] inA
        else
            expectPair name pair SlopeUlps slopeA slopesA[i] inA
        expectPair name pair SlopeUlps slopeB slopesB[i] inB

let private stepOnLanes (rule: StepEntry) =
    let xs = Array.append (points rule.Label wide) [| 0.5; 1.5; 2.5; -0.5; -1.5; -2.5; 4503599627370495.5; 0.49999999999999994 |]
    let actual =
        onEveryWidth
            rule.Label
            { new OnVectors() with
                member _.Of v = rule.On v[0] }
            [| xs |]
    Array.iter2 (fun x y -> expectUlps 0.0 (rule.Value x) y (fun () -> $"{rule.Label}({text x}) on lanes")) xs actual

let private choiceOnLanes (rule: ChoiceEntry) =
    let a, b = Array.unzip (pairs rule.Label wide wide)
    let actual =
        onEveryWidth
            rule.Label
            { new OnVectors() with
                member _.Of v = rule.On(v[0], v[1]) }
            [| a; b |]
    for i in 0 .. a.Length - 1 do
        expectUlps 0.0 (rule.Value(a[i], b[i])) actual[i] (fun () -> $"{rule.Label}({text a[i]}, {text b[i]}) on lanes")

let private onLanes =
    testList
        "lanes"
        [ for rule in unaries do
              testCase $"{rule.Label} on lanes" (fun () -> unaryOnLanes rule)
          for rule in binaries do
              testCase $"{rule.Label} on lanes" (fun () -> binaryOnLanes rule)
          for rule in steps do
              testCase $"{rule.Label} on lanes" (fun () -> stepOnLanes rule)
          for rule in choices do
              testCase $"{rule.Label} on lanes" (fun () -> choiceOnLanes rule) ]

// ---- Exact results ----

let private two (n: int) = Math.ScaleB(1.0, n)
let private ten (n: int) = Double.Parse($"1e{n}", Globalization.CultureInfo.InvariantCulture)

/// Points at which the result is a double. (The logarithms of 1 + x to a base, and log(a, b), are quotients that are exact nowhere but at 0 and 1, as the
/// scalar ones are.)
let private exactUnaries: (string * (float * float) seq) list =
    [ "exp", [ 0.0, 1.0; -0.0, 1.0 ]
      "exp2", [ for n in -1074 .. 1023 -> float n, two n ]
      "exp10", [ for n in 0..22 -> float n, ten n ]
      "log", [ 1.0, 0.0 ]
      "log2", [ for n in -1074 .. 1023 -> two n, float n ]
      "log10", [ for n in 0..22 -> ten n, float n ]
      "expM1", [ 0.0, 0.0; -0.0, -0.0; -infinity, -1.0; -50.0, -1.0 ]
      "exp2M1", [ for n in -52 .. 52 -> float n, two n - 1.0 ]
      "exp10M1", [ for n in 0..15 -> float n, ten n - 1.0 ]
      "logP1", [ 0.0, 0.0; -0.0, -0.0 ]
      "sigmoid", [ 0.0, 0.5; -0.0, 0.5; 50.0, 1.0 ]
      "cbrt", [ for k in -1290 .. 1290 -> float (k * k * k), float k ]
      "rootN(2)", [ for k in 0..2000 -> float (k * k), float k ]
      "rootN(3)", [ for k in -1290 .. 1290 -> float (k * k * k), float k ]
      "power(-1)", [ for n in -1022 .. 1022 -> two n, two -n ]
      "power(-2)", [ for n in -500 .. 500 -> two n, two (-2 * n) ]
      "power(0.5)", [ for k in 0..2000 -> float (k * k), float k ]
      "power(3)", [ for k in -2000 .. 2000 -> float k, float k * float k * float k ]
      // IEEE 754: sinPi n has the sign of n, cosPi(n + 1/2) is +0
      "sinPi",
      [ for k in -2000 .. 2000 do
            for x in [ float k / 2.0 ] do
                x,
                (if k % 2 = 0 then Math.CopySign(0.0, x)
                 elif (k % 4 + 4) % 4 = 1 then 1.0
                 else -1.0)
        -0.0, -0.0 ]
      "cosPi",
      [ for k in -2000 .. 2000 ->
            float k / 2.0,
            (if k % 2 <> 0 then 0.0
             elif k % 4 = 0 then 1.0
             else -1.0) ]
      "tanPi", [ for k in -2001..2..2001 -> float k / 4.0, (if (k % 4 + 4) % 4 = 1 then 1.0 else -1.0) ]
      "asin", [ 1.0, Math.PI / 2.0; -1.0, -Math.PI / 2.0; 0.0, 0.0 ]
      "acos", [ 1.0, 0.0; 0.0, Math.PI / 2.0; -1.0, Math.PI ]
      "atan", [ 1.0, Math.PI / 4.0; infinity, Math.PI / 2.0; -infinity, -Math.PI / 2.0 ]
      "asinPi", [ 1.0, 0.5; -1.0, -0.5; -0.0, -0.0 ]
      "acosPi", [ 1.0, 0.0; 0.0, 0.5; -1.0, 1.0 ]
      "atanPi", [ 1.0, 0.25; -1.0, -0.25; infinity, 0.5; -0.0, -0.0 ]
      "cosh", [ 0.0, 1.0 ]
      "sech", [ 0.0, 1.0 ]
      "tanh", [ 30.0, 1.0; -30.0, -1.0; -0.0, -0.0 ]
      "acosh", [ 1.0, 0.0 ]
      "atanh", [ 1.0, infinity; -1.0, -infinity; -0.0, -0.0 ]
      "gaussian", [ 0.0, 1.0; 1e-10, 1.0 ]
      "erf", [ 0.0, 0.0; -0.0, -0.0; 7.0, 1.0; -7.0, -1.0 ]
      "erfc",
      [ for x in [ 0.0; 5e-324; 1e-300; 1e-20 ] do
            for x in [ x; -x ] do
                x, 1.0
        -7.0, 2.0 ]
      "normalCdf",
      [ for x in [ 0.0; 5e-324; 1e-300; 1e-20 ] do
            for x in [ x; -x ] do
                x, 0.5
        10.0, 1.0 ]
      "normalInverseCdf", [ 0.0, -infinity; 0.5, 0.0; 1.0, infinity ] ]

let private exactBinaries: (string * (float * float * float) seq) list =
    [ "pow(0)",
      [ for a in -30 .. 30 do
            for n in 0..6 do
                float a, float n, Seq.fold (fun product _ -> product * float a) 1.0 (seq { 1..n })
        for n in -1074 .. 1023 do
            2.0, float n, two n
        for n in 0..22 do
            10.0, float n, ten n
        for k in 1..200 do
            for root in [ 1; 3; 5 ] do
                float (k * k), float root / 2.0, Seq.fold (fun product _ -> product * float k) 1.0 (seq { 1..root }) ]
      "hypot",
      [ for m in 2..60 do
            for n in 1 .. m - 1 -> float (m * m - n * n), float (2 * m * n), float (m * m + n * n) ]
      "atan2",
      [ 1.0, 1.0, Math.PI / 4.0; 0.0, -1.0, Math.PI; -0.0, -1.0, -Math.PI; 1.0, 0.0, Math.PI / 2.0; -0.0, 1.0, -0.0; 0.0, 0.0, 0.0 ]
      "atan2Pi",
      [ 1.0, 1.0, 0.25; 1.0, 0.0, 0.5; 1.0, -1.0, 0.75; 0.0, -1.0, 1.0; -0.0, -1.0, -1.0; -1.0, -1.0, -0.75; infinity, infinity, 0.25 ]
      "remainder", [ 1.0, 0.1, 0.09999999999999995; -4.0, 2.0, -0.0; 4.0, 2.0, 0.0 ] ]

let private exact =
    testList
        "what is exact is exact"
        [ for label, points in exactUnaries do
              testCase $"{label} on lanes" (fun () ->
                  let rule = unaries |> Array.find (fun rule -> rule.Label = label)
                  let xs, expected = Array.ofSeq points |> Array.unzip
                  let actual =
                      onEveryWidth
                          label
                          { new OnVectors() with
                              member _.Of v = rule.On v[0] }
                          [| xs |]
                  for i in 0 .. xs.Length - 1 do
                      expectUlps 0.0 expected[i] actual[i] (fun () -> $"{label}({text xs[i]}) on lanes"))
          for label, points in exactBinaries do
              testCase $"{label} on lanes" (fun () ->
                  let rule = binaries |> Array.find (fun rule -> rule.Label = label)
                  let a, b, expected = Array.ofSeq points |> Array.unzip3
                  let actual =
                      onEveryWidth
                          label
                          { new OnVectors() with
                              member _.Of v = rule.On(v[0], v[1]) }
                          [| a; b |]
                  for i in 0 .. a.Length - 1 do
                      expectUlps 0.0 expected[i] actual[i] (fun () -> $"{label}({text a[i]}, {text b[i]}) on lanes")) ]

// ---- Over spans ----

/// The operations over arrays of a rule whose type is not known here.
[<AbstractClass>]
type private Spans() =
    abstract Unary: x: float[] * y: float[] -> unit
    abstract Slope: x: float[] * y: float[] * t: float[] * out: float[] * add: bool -> unit
    default _.Unary(_, _) = invalidOp "not a function of one argument"
    default _.Slope(_, _, _, _, _) = invalidOp "not a function of one argument"

[<Sealed>]
type private UnarySpans<'R when 'R: struct and 'R :> IUnary>(rule: obj) =
    inherit Spans()
    let rule = unbox<'R> rule
    override _.Unary(x, y) = Elementwise.Unary(rule, ReadOnlySpan x, Span y)
    override _.Slope(x, y, t, out, add) = Elementwise.Slope(rule, ReadOnlySpan x, ReadOnlySpan y, ReadOnlySpan t, Span out, add)

type private IChoiceSpans =
    abstract Slope: first: bool * a: float[] * b: float[] * t: float[] * out: float[] * add: bool -> unit

[<Sealed>]
type private ChoiceSpans<'R when 'R: struct and 'R :> IChoice>() =
    interface IChoiceSpans with
        member _.Slope(first, a, b, t, out, add) =
            Elementwise.ChoiceSlope(Unchecked.defaultof<'R>, first, ReadOnlySpan a, ReadOnlySpan b, ReadOnlySpan t, Span out, add)

let private spansOf (rule: UnaryEntry) =
    Activator.CreateInstance(typedefof<UnarySpans<Trigonometry.Sin>>.MakeGenericType(rule.Rule.GetType()), box rule.Rule) :?> Spans

/// Shared forms give, bit for bit, what each of them gives alone.
let private shared<'T when 'T: struct and 'T :> ISharedForm> () =
    let entry (rule: Type) = unaries |> Seq.find (fun entry -> entry.Rule.GetType() = rule)
    let first, second = entry 'T.First, entry 'T.Second
    testCase $"{first.Label} and {second.Label} together" (fun () ->
        let xs = Array.append (points first.Label first.Domain) (points second.Label second.Domain)
        let xs = Array.truncate (xs.Length / Loop.Widest * Loop.Widest) xs
        let alone (rule: UnaryEntry) =
            (let y = Array.zeroCreate xs.Length in
             (spansOf rule).Unary(xs, y)
             y)
        let y, z = Array.zeroCreate xs.Length, Array.zeroCreate xs.Length
        Loop.RunShared(Unchecked.defaultof<'T>, ReadOnlySpan xs, Span y, Span z)
        let expect (rule: UnaryEntry) expected actual =
            Array.iteri2 (fun i expected actual -> expectSame expected actual $"{rule.Label}({text xs[i]})") expected actual
        expect first (alone first) y
        expect second (alone second) z)

let private overSpans =
    testList
        "spans"
        [ shared<SharedSine>()
          shared<SharedNormal>()
          shared<SharedErf>()
          shared<SharedErfc>()

          for rule in unaries do
              testCase $"{rule.Label}: an element's value and slope do not depend on its place" (fun () ->
                  let spans = spansOf rule
                  let xs = points rule.Label rule.Domain |> Array.truncate 700
                  let together f length =
                      (let y = Array.zeroCreate length in
                       f y
                       y)
                  let ys = together (fun y -> spans.Unary(xs, y)) xs.Length
                  let ts = xs |> Array.mapi (fun i _ -> float (i % 7) - 2.5)
                  let slopes = together (fun out -> spans.Slope(xs, ys, ts, out, false)) xs.Length
                  for i in 0 .. xs.Length - 1 do
                      let what = $"{rule.Label}({text xs[i]})"
                      let alone = together (fun y -> spans.Unary([| xs[i] |], y)) 1
                      expectSame alone[0] ys[i] what
                      let alone = together (fun out -> spans.Slope([| xs[i] |], [| ys[i] |], [| ts[i] |], out, false)) 1
                      expectSame alone[0] slopes[i] ("slope of " + what))

          testCase "every length: tails, broadcast, adding, the output in an input's place" (fun () ->
              let random = random "tails"
              let numbers n = Array.init n (fun _ -> random.NextDouble() * 4.0 - 2.0)
              for n in 0..40 do
                  let a, b, t = numbers n, numbers n, numbers n
                  let one = [| 1.5 |]
                  let at (input: float[]) i = if input.Length = 1 then input[0] else input[i]
                  for a, b, t in [ a, b, t; one, b, t; a, one, t; a, b, one; one, one, t; one, one, one ] do
                      let y = Array.create n nan
                      Elementwise.Binary(Arithmetic.Divide(), ReadOnlySpan a, ReadOnlySpan b, Span y)
                      for i in 0 .. n - 1 do
                          expectSame (at a i / at b i) y[i] $"length {n}, place {i}"
                      for add in [ false; true ] do
                          let start = numbers n
                          let out = Array.copy start
                          Elementwise.SlopeA(
                              Arithmetic.Divide(),
                              ReadOnlySpan a,
                              ReadOnlySpan b,
                              ReadOnlySpan y,
                              ReadOnlySpan t,
                              Span out,
                              add
                          )
                          for i in 0 .. n - 1 do
                              let term = 1.0 / at b i * at t i
                              expectSame (if add then start[i] + term else term) out[i] $"slope in a, length {n}, place {i}, {add}"
                          let out = Array.copy start
                          Elementwise.SlopeB(
                              Arithmetic.Divide(),
                              ReadOnlySpan a,
                              ReadOnlySpan b,
                              ReadOnlySpan y,
                              ReadOnlySpan t,
                              Span out,
                              add
                          )
                          for i in 0 .. n - 1 do
                              let term = -y[i] / at b i * at t i
                              expectSame (if add then start[i] + term else term) out[i] $"slope in b, length {n}, place {i}, {add}"
                          if t.Length = n then
                              let alias = Array.copy t
                              Elementwise.SlopeB(
                                  Arithmetic.Divide(),
                                  ReadOnlySpan a,
                                  ReadOnlySpan b,
                                  ReadOnlySpan y,
                                  ReadOnlySpan alias,
                                  Span alias,
                                  add
                              )
                              for i in 0 .. n - 1 do
                                  let term = -y[i] / at b i * t[i]
                                  expectSame (if add then t[i] + term else term) alias[i] $"in place, length {n}, place {i}, {add}"
                  let y = Array.create n nan
                  Elementwise.Ternary(Arithmetic.FusedMultiplyAdd(), ReadOnlySpan a, ReadOnlySpan one, ReadOnlySpan t, Span y)
                  for i in 0 .. n - 1 do
                      expectSame (Math.FusedMultiplyAdd(a[i], 1.5, t[i])) y[i] $"ternary, length {n}, place {i}"
                  Elementwise.Unary(Piecewise.Floor(), ReadOnlySpan a, Span y)
                  for i in 0 .. n - 1 do
                      expectSame (Math.Floor a[i]) y[i] $"step, length {n}, place {i}"
                  Elementwise.Binary(Piecewise.Max(), ReadOnlySpan a, ReadOnlySpan b, Span y)
                  for i in 0 .. n - 1 do
                      expectSame (Math.Max(a[i], b[i])) y[i] $"choice, length {n}, place {i}")

          testCase "a length that does not fit is refused" (fun () ->
              let e =
                  thrown<ArgumentException>(fun () ->
                      Elementwise.Unary(Trigonometry.Sin(), ReadOnlySpan [| 1.0; 2.0 |], Span(Array.zeroCreate 3)))
              expectMentions [ "3"; "2" ] e.Message
              thrown<ArgumentException>(fun () -> Elementwise.Unary(Trigonometry.Sin(), ReadOnlySpan.Empty, Span(Array.zeroCreate 3)))
              |> ignore)

          testCase "sums of slopes" (fun () ->
              let random = random "sums"
              for n in [ 0; 1; 2; 7; 255; 256; 257; 1000; 5000 ] do
                  let a, b, t =
                      Array.init n (fun _ -> random.NextDouble()),
                      Array.init n (fun _ -> random.NextDouble() + 0.5),
                      Array.init n (fun _ -> random.NextDouble() - 0.5)
                  let y = Array.map2 (/) a b
                  let check expected actual (terms: float[]) what =
                      // each number takes part in 8 sums by halves and one for each block
                      expectWithin (float (8 + n / 256 + 1) * 2.0 * u * Array.sumBy abs terms) expected actual what
                  let terms = Array.map2 (fun b t -> 1.0 / b * t) b t
                  check
                      (Array.sum terms)
                      (Elementwise.SlopeSumA(
                          Arithmetic.Divide(),
                          n,
                          ReadOnlySpan [| 2.0 |],
                          ReadOnlySpan b,
                          ReadOnlySpan y,
                          ReadOnlySpan t
                      ))
                      terms
                      $"in a, {n}"
                  let terms = Array.mapi (fun i t -> -y[i] / b[i] * t) t
                  check
                      (Array.sum terms)
                      (Elementwise.SlopeSumB(Arithmetic.Divide(), n, ReadOnlySpan a, ReadOnlySpan b, ReadOnlySpan y, ReadOnlySpan t))
                      terms
                      $"in b, {n}"
                  let terms = Array.map2 (fun b t -> if b > 1.0 then 0.0 else t) b t
                  check
                      (Array.sum terms)
                      (Elementwise.ChoiceSlopeSum(Piecewise.Max(), true, n, ReadOnlySpan [| 1.0 |], ReadOnlySpan b, ReadOnlySpan t))
                      terms
                      $"choice, {n}")

          for rule in choices do
              testCase $"{rule.Label}: the slope goes where Real.Choice sends it" (fun () ->
                  let kind =
                      typeof<Real>.Assembly.GetTypes()
                      |> Array.find (fun kind ->
                          typeof<IChoice>.IsAssignableFrom kind
                          && kind.IsValueType
                          && (Activator.CreateInstance kind :?> IChoice).Name = rule.Label)
                  let slopes = Activator.CreateInstance(typedefof<ChoiceSpans<Piecewise.Max>>.MakeGenericType kind) :?> IChoiceSpans
                  let a, b = Array.unzip (pairs (rule.Label + " slope") wide wide)
                  for first in [ true; false ] do
                      for t in [ 3.0; infinity; nan ] do
                          for add in [ false; true ] do
                              let out = Array.create a.Length 1.0
                              slopes.Slope(first, a, b, [| t |], out, add)
                              for i in 0 .. a.Length - 1 do
                                  let ga, gb = AD.grad rule.On (real a[i], real b[i])
                                  let weight = if first then ga.Value else gb.Value
                                  let term = if weight = 0.0 then 0.0 else weight * t
                                  expectSame
                                      (if add then 1.0 + term else term)
                                      out[i]
                                      $"{rule.Label}({text a[i]}, {text b[i]}), first {first}, times {text t}") ]

[<Tests>]
let tests = testList "vectors" [ onLanes; exact; overSpans ]
