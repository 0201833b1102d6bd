/// Every rule of the table, because it is in the table: values, slopes, second derivatives, edges, accuracy.
module FuncAD.Tests.RuleTests

open System
open System.IO
open System.Globalization
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

// ---- Points ----

/// Any double: a random sign and exponent.
let private anyDouble (random: Random) =
    let x = Math.ScaleB(1.0 + random.NextDouble(), random.Next(-1074, 1024))
    if random.Next 2 = 0 then x else -x

let private inside (random: Random) (domain: Domain) = domain.Low + (domain.High - domain.Low) * random.NextDouble()

// ---- Values ----

/// The plain functions whose values a rule has, bit for bit.
let private plainUnary: Map<string, float -> float> =
    Map
        [ "negate", (fun x -> -x)
          "sqrt", Math.Sqrt
          "cbrt", Math.Cbrt
          "exp", Math.Exp
          "exp2", Double.Exp2
          "exp10", Double.Exp10
          "log", (fun x -> Math.Log x)
          "log2", Math.Log2
          "log10", Math.Log10
          "sin", Math.Sin
          "cos", Math.Cos
          "tan", Math.Tan
          "sinPi", Double.SinPi
          "cosPi", Double.CosPi
          "tanPi", Double.TanPi
          "asin", Math.Asin
          "acos", Math.Acos
          "atan", Math.Atan
          "asinPi", Double.AsinPi
          "acosPi", Double.AcosPi
          "atanPi", Double.AtanPi
          "sinh", Math.Sinh
          "cosh", Math.Cosh
          "tanh", Math.Tanh
          "asinh", Math.Asinh
          "acosh", Math.Acosh
          "atanh", Math.Atanh
          "abs", (fun (x: float) -> Math.Abs x)
          "bitIncrement", Math.BitIncrement
          "bitDecrement", Math.BitDecrement
          for n in [ 1; 2; 3; 5; -2 ] do
              $"rootN({n})", (fun x -> Double.RootN(x, n))
          for n in [ -3; 0; 7 ] do
              $"scaleB({n})", (fun x -> Math.ScaleB(x, n))
          for c in [ -2.5; -2.0; -1.0; 0.0; 0.5; 1.0; 2.0; 3.0; 3.7 ] do
              "power(" + c.ToString CultureInfo.InvariantCulture + ")", (fun x -> Math.Pow(x, c)) ]

let private plainBinary: Map<string, float * float -> float> =
    Map
        [ "add", (fun (a, b) -> a + b)
          "subtract", (fun (a, b) -> a - b)
          "multiply", (fun (a, b) -> a * b)
          "divide", (fun (a, b) -> a / b)
          "remainder", (fun (a, b) -> a % b)
          "ieee754Remainder", Math.IEEERemainder
          "atan2", Math.Atan2
          "atan2Pi", Double.Atan2Pi
          "hypot", Double.Hypot
          "pow(0)", Math.Pow
          "logBase", (fun (a, b) -> Math.Log(a, b)) ]

let private plainSteps: Map<string, float -> float> =
    Map
        [ "floor", Math.Floor
          "ceiling", Math.Ceiling
          "truncate", (fun (x: float) -> Math.Truncate x)
          "round", (fun (x: float) -> Math.Round x)
          "defined", (fun x -> if Double.IsNaN x then nan else 1.0)
          "sign", (fun x -> if Double.IsNaN x then nan else float (Math.Sign x))
          "roundTo(2, ToEven)", (fun x -> Math.Round(x, 2))
          "roundTo(0, AwayFromZero)", (fun x -> Math.Round(x, MidpointRounding.AwayFromZero))
          "roundTo(1, ToZero)", (fun x -> Math.Round(x, 1, MidpointRounding.ToZero))
          $"draw({RandomKey.Of 1UL}, 0, 1)",
          (fun p -> if p >= 0.0 && p <= 1.0 then (if 1.0 - (RandomKey.Of 1UL).Uniform() < p then 1.0 else 0.0) else nan) ]

let private plainChoices: Map<string, float * float -> float> =
    Map
        [ "max", Math.Max
          "min", Math.Min
          "maxMagnitude", Math.MaxMagnitude
          "minMagnitude", Math.MinMagnitude
          "maxNumber", Double.MaxNumber
          "minNumber", Double.MinNumber
          "maxMagnitudeNumber", Double.MaxMagnitudeNumber
          "minMagnitudeNumber", Double.MinMagnitudeNumber ]

/// The value of an operation, as constants and in every mode; all must be the same double.
let private everyValue1 (f: Real -> Real) (x: float) =
    [ "constant", (f (real x)).Value
      "forward", (AD.jvp f (real x) (real 1.0) |> fst).Value
      "reverse", (AD.vjp f (real x) |> fst).Value
      "forward over reverse", (AD.jvp (fun x -> AD.vjp f x |> fst) (real x) (real 1.0) |> fst).Value
      "Taylor", (AD.taylor 1 f (real x) |> Array.head).Value ]

let private everyValue2 (f: Real * Real -> Real) (a: float) (b: float) =
    let p = (real a, real b)
    [ "constants", (f p).Value
      "forward", (AD.jvp f p (real 1.0, real 1.0) |> fst).Value
      "forward in a", (AD.jvp (fun a -> f (a, real b)) (real a) (real 1.0) |> fst).Value
      "forward in b", (AD.jvp (fun b -> f (real a, b)) (real b) (real 1.0) |> fst).Value
      "reverse", (AD.vjp f p |> fst).Value
      "reverse over reverse", (AD.vjp (fun p -> AD.vjp f p |> fst) p |> fst).Value ]

let private valueTests =
    testList
        "values"
        [ testCase "every rule with parameters has samples" (fun () -> Expect.isEmpty withoutSamples "rules without samples in Table.fs")

          testCase "the table is not empty" (fun () ->
              Expect.isGreaterThan unaries.Length 60 "unary rules"
              Expect.isGreaterThan binaries.Length 10 "binary rules"
              Expect.isGreaterThan steps.Length 5 "steps"
              Expect.equal choices.Length 8 "choices"
              Expect.isGreaterThan ternaries.Length 0 "ternary rules"
              for name in Seq.concat [ plainUnary.Keys :> string seq; plainBinary.Keys; plainSteps.Keys; plainChoices.Keys ] do
                  let labels =
                      Seq.concat
                          [ unaries |> Seq.map _.Label; binaries |> Seq.map _.Label; steps |> Seq.map _.Label; choices |> Seq.map _.Label ]
                  Expect.contains labels name "a plain function without its rule")

          for rule in unaries do
              testCase $"{rule.Label} has the same value everywhere" (fun () ->
                  let random = random rule.Label
                  let points =
                      Array.concat
                          [ specials; Array.init 200 (fun _ -> anyDouble random); Array.init 200 (fun _ -> inside random rule.Domain) ]
                  for x in points do
                      let expected =
                          match plainUnary.TryFind rule.Label with
                          | Some plain -> plain x
                          | None -> rule.Value x
                      for mode, value in everyValue1 rule.On x do
                          expectSame expected value $"{rule.Label}({text x}), {mode}")

          for rule in binaries do
              if rule.Rule.Name <> "tie" then
                  testCase $"{rule.Label} has the same value everywhere" (fun () ->
                      let random = random rule.Label
                      let struct (domainA, domainB) = rule.Domain
                      let points =
                          [| yield! Array.allPairs specials specials
                             for _ in 1..200 -> anyDouble random, anyDouble random
                             for _ in 1..200 -> inside random domainA, inside random domainB |]
                      for a, b in points do
                          let expected =
                              match plainBinary.TryFind rule.Label with
                              | Some plain -> plain (a, b)
                              | None -> rule.Value(a, b)
                          for mode, value in everyValue2 rule.On a b do
                              expectSame expected value $"{rule.Label}({text a}, {text b}), {mode}")

          for rule in steps do
              testCase $"{rule.Label} has the same value everywhere, and slope 0" (fun () ->
                  let random = random rule.Label
                  for x in
                      Array.concat
                          [ specials
                            [| 0.125; 2.5; -2.5; 1.25 |]
                            Array.init 300 (fun _ -> anyDouble random)
                            Array.init 300 (fun _ -> random.NextDouble() * 20.0 - 10.0) ] do
                      for mode, value in everyValue1 rule.On x do
                          expectSame (plainSteps[rule.Label] x) value $"{rule.Label}({text x}), {mode}"
                      expectEqual 0.0 (AD.diff rule.On (real x)).Value $"{rule.Label}'({text x}), forward"
                      expectEqual 0.0 (AD.grad rule.On (real x)).Value $"{rule.Label}'({text x}), reverse")

          for rule in choices do
              testCase $"{rule.Label} has the same value everywhere, and the slope of what it chose" (fun () ->
                  let random = random rule.Label
                  let points =
                      Array.append (Array.allPairs specials specials) (Array.init 300 (fun _ -> anyDouble random, anyDouble random))
                  for a, b in points do
                      let expected = plainChoices[rule.Label](a, b)
                      for mode, value in everyValue2 rule.On a b do
                          expectSame expected value $"{rule.Label}({text a}, {text b}), {mode}"
                      let slopes =
                          if a = b then 0.5, 0.5
                          elif same expected a then 1.0, 0.0
                          else 0.0, 1.0
                      let ga, gb = AD.grad rule.On (real a, real b)
                      let da = AD.diff (fun a -> rule.On(a, real b)) (real a)
                      let db = AD.diff (fun b -> rule.On(real a, b)) (real b)
                      // two NaNs cannot be told apart
                      if not (Double.IsNaN a && Double.IsNaN b) then
                          expectEqual (fst slopes) ga.Value $"{rule.Label}({text a}, {text b}) in a, reverse"
                          expectEqual (snd slopes) gb.Value $"{rule.Label}({text a}, {text b}) in b, reverse"
                          expectEqual (fst slopes) da.Value $"{rule.Label}({text a}, {text b}) in a, forward"
                          expectEqual (snd slopes) db.Value $"{rule.Label}({text a}, {text b}) in b, forward")

          testCase "Real's static functions are Math's and double's, bit for bit" (fun () ->
              // ExpM1 and its relatives keep tiny arguments, which .NET's do not; Clamp throws on crossed bounds, which a test of its own holds.
              let better = set [ "ExpM1"; "Exp2M1"; "Exp10M1"; "LogP1"; "Log2P1"; "Log10P1"; "Clamp" ]
              let random = random "statics"
              let mutable compared = 0
              for m in typeof<Real>.GetMethods(Reflection.BindingFlags.Public ||| Reflection.BindingFlags.Static) do
                  let kinds = m.GetParameters() |> Array.map _.ParameterType
                  if
                      m.ReturnType = typeof<Real>
                      && kinds.Length > 0
                      && kinds |> Array.forall ((=) typeof<Real>)
                      && not (better.Contains m.Name)
                  then
                      let doubles = kinds |> Array.map (fun _ -> typeof<float>)
                      let plain =
                          [ typeof<Math>; typeof<float> ] |> List.tryPick (fun home -> home.GetMethod(m.Name, doubles) |> Option.ofObj)
                      match plain with
                      | None -> ()
                      | Some plain ->
                          compared <- compared + 1
                          for _ in 1..400 do
                              let arguments =
                                  kinds
                                  |> Array.map (fun _ ->
                                      match random.Next 3 with
                                      | 0 -> specials[random.Next specials.Length]
                                      | 1 -> anyDouble random
                                      | _ -> random.NextDouble() * 8.0 - 4.0)
                              let expected = plain.Invoke(null, Array.map box arguments) :?> float
                              let actual = m.Invoke(null, arguments |> Array.map (Real >> box)) :?> Real
                              let shown = String.Join(", ", arguments |> Array.map text)
                              expectSame expected actual.Value $"{m.Name}({shown})"
              Expect.isGreaterThan compared 35 "functions with a plain namesake") ]

// ---- Slopes ----

let private slope1 (rule: UnaryEntry) x = rule.Rule.Slope<PlainDouble>(PlainDouble x, PlainDouble(rule.Value x)).Value

/// What the argument's own rounding does to a result: its derivative times the argument. A result that is this close is that of an
/// argument next to the true one.
let private spread (derivative: float) (x: float) = abs (derivative * x)

let private second1 (rule: UnaryEntry) (x: float) = (2.0 * (AD.taylor 2 rule.On (real x))[2]).Value

/// Units of rounding that values of the table may be off by: a few for what the platform computes, more for the special functions,
/// whose accuracy a test below holds.
let private ulps = 32.0

let private expectDifference (f: float -> float) (widest: float) (x: float) (actual: float) (what: string) : float =
    let struct (difference, error) = Differences.derivative ulps widest f x
    expectWithin (8.0 * error + 64.0 * u * abs actual) difference actual what
    error / max (abs actual) 1e-3

/// The widest step: a fraction of the domain, and a short one between the jumps of a remainder, which is linear there.
let private widest (name: string) (domain: Domain) =
    (domain.High - domain.Low) / (if name = "remainder" || name = "ieee754Remainder" then 1e6 else 32.0)

let private median (errors: float seq) = let sorted = Seq.toArray errors |> Array.sort in sorted[sorted.Length / 2]

let private slopeTests =
    testList
        "slopes"
        [ for rule in unaries do
              testCase $"{rule.Label}' is what differences say" (fun () ->
                  let random = random (rule.Label + "'")
                  let errors =
                      [ for _ in 1..1000 ->
                            let x = inside random rule.Domain
                            expectDifference rule.Value (widest rule.Label rule.Domain) x (slope1 rule x) $"{rule.Label}'({text x})" ]
                  Expect.isLessThan (median errors) 1e-6 "the differences are exact enough to find a wrong slope")

              testCase $"{rule.Label}' is the same in every mode" (fun () ->
                  let random = random (rule.Label + " modes")
                  for _ in 1..100 do
                      let x = inside random rule.Domain
                      let expected = slope1 rule x
                      for mode, actual in
                          [ "forward", AD.diff rule.On (real x)
                            "reverse", AD.grad rule.On (real x)
                            "jvp", snd (AD.jvp rule.On (real x) (real 1.0))
                            "Taylor", (AD.taylor 1 rule.On (real x))[1]
                            "forward under forward", fst (AD.jvp (AD.diff rule.On) (real x) (real 1.0))
                            "reverse under forward", fst (AD.jvp (AD.grad rule.On) (real x) (real 1.0))
                            "forward under reverse", fst (AD.valueAndGrad (AD.diff rule.On) (real x))
                            "reverse under reverse", fst (AD.valueAndGrad (AD.grad rule.On) (real x)) ] do
                          expectEqual expected actual.Value $"{rule.Label}'({text x}), {mode}")

              testCase $"{rule.Label}'' is the same by nesting, by Taylor mode and by differences" (fun () ->
                  let random = random (rule.Label + "''")
                  for _ in 1..40 do
                      let x = inside random rule.Domain
                      // the size of the second derivative's terms, as in LawTests
                      let size =
                          if rule.Rule.Name = "cube" then
                              abs (6.0 * x)
                          else
                              let number v = Magnitude(v, 0.0)
                              (rule.On(Twin(Twin(number x, number 1.0), Twin(number 1.0, number 0.0)))).Tangent.Tangent.Size
                      let expected = AD.diff (AD.diff rule.On) (real x)
                      for mode, actual in
                          [ "reverse over reverse", AD.grad (AD.grad rule.On) (real x)
                            "forward over reverse", AD.diff (AD.grad rule.On) (real x)
                            "reverse over forward", AD.grad (AD.diff rule.On) (real x)
                            "Taylor", 2.0 * (AD.taylor 2 rule.On (real x))[2]
                            "forward over Taylor", AD.diff (fun x -> (AD.taylor 1 rule.On x)[1]) (real x)
                            "Taylor over reverse", (AD.taylor 1 (AD.grad rule.On) (real x))[1] ] do
                          expectWithin (32.0 * u * size) expected.Value actual.Value $"{rule.Label}''({text x}), {mode}"
                      expectDifference (slope1 rule) (widest rule.Label rule.Domain) x expected.Value $"{rule.Label}''({text x})" |> ignore)

              match ComplexStep.Functions.TryFind rule.Rule.Name with
              | None -> ()
              | Some complex ->
                  testCase $"{rule.Label}' is what the complex step says" (fun () ->
                      let random = random (rule.Label + " complex")
                      for _ in 1..1000 do
                          let x = inside random rule.Domain
                          let expected = (complex (ComplexStep(x, ComplexStep.H))).Im / ComplexStep.H
                          let actual = slope1 rule x
                          expectWithin (64.0 * u * (abs actual + spread (second1 rule x) x)) expected actual $"{rule.Label}'({text x})")

              if not rule.Edges.IsEmpty then
                  testCase $"{rule.Label} at its edges" (fun () ->
                      for edge in rule.Edges do
                          let x = real edge.At
                          for mode, value in everyValue1 rule.On edge.At do
                              if mode <> "Taylor" || not (Double.IsInfinity edge.At) then
                                  expectSame edge.Value value $"{rule.Label}({text edge.At}), {mode}"
                          for mode, actual in
                              [ "forward", AD.diff rule.On x
                                "reverse", AD.grad rule.On x
                                "Taylor", (AD.taylor 1 rule.On x)[1]
                                "forward under forward", fst (AD.jvp (AD.diff rule.On) x (real 1.0))
                                "reverse under forward", fst (AD.jvp (AD.grad rule.On) x (real 1.0))
                                "reverse under reverse", fst (AD.valueAndGrad (AD.grad rule.On) x) ] do
                              expectWithin (2.0 * u * abs edge.Slope) edge.Slope actual.Value $"{rule.Label}'({text edge.At}), {mode}")

          for rule in binaries do
              if rule.Rule.Name <> "tie" then
                  testCase $"{rule.Label}: both slopes are what differences say" (fun () ->
                      let random = random (rule.Label + "'")
                      let struct (domainA, domainB) = rule.Domain
                      let errors =
                          [ for _ in 1..1000 do
                                let a, b = inside random domainA, inside random domainB
                                let y = rule.Value(a, b)
                                let slopeA = rule.Rule.SlopeA<PlainDouble>(PlainDouble a, PlainDouble b, PlainDouble y).Value
                                let slopeB = rule.Rule.SlopeB<PlainDouble>(PlainDouble a, PlainDouble b, PlainDouble y).Value
                                let what = $"{rule.Label}({text a}, {text b})"
                                expectDifference (fun a -> rule.Value(a, b)) (widest rule.Label domainA) a slopeA (what + " in a")
                                expectDifference (fun b -> rule.Value(a, b)) (widest rule.Label domainB) b slopeB (what + " in b") ]
                      Expect.isLessThan (median errors) 1e-6 "the differences are exact enough to find a wrong slope")

                  testCase $"{rule.Label}: first and second derivatives are the same in every mode" (fun () ->
                      let random = random (rule.Label + "''")
                      let struct (domainA, domainB) = rule.Domain
                      let f (p: Real[]) = rule.On(p[0], p[1])
                      for _ in 1..60 do
                          let a, b = inside random domainA, inside random domainB
                          let point = [| real a; real b |]
                          let y = rule.Value(a, b)
                          let slopes =
                              [| rule.Rule.SlopeA<PlainDouble>(PlainDouble a, PlainDouble b, PlainDouble y).Value
                                 rule.Rule.SlopeB<PlainDouble>(PlainDouble a, PlainDouble b, PlainDouble y).Value |]
                          let what = $"{rule.Label}({text a}, {text b})"
                          let unit' i = [| real (if i = 0 then 1.0 else 0.0); real (if i = 1 then 1.0 else 0.0) |]
                          for i in 0..1 do
                              let gradient = AD.grad f point
                              expectEqual slopes[i] gradient[i].Value $"{what}, reverse, {i}"
                              expectEqual slopes[i] (snd (AD.jvp f point (unit' i))).Value $"{what}, forward, {i}"
                              let along (t: Real) = f (Array.mapi (fun j x -> if i = j then t else x) point)
                              let series = AD.taylor 1 along point[i]
                              expectEqual slopes[i] series[1].Value $"{what}, Taylor, {i}"
                          let number v = Magnitude(v, 0.0)
                          for i in 0..1 do
                              for j in 0..1 do
                                  let lift k x =
                                      Twin(
                                          Twin(number x, number (if k = i then 1.0 else 0.0)),
                                          Twin(number (if k = j then 1.0 else 0.0), number 0.0)
                                      )
                                  let expected = rule.On(lift 0 a, lift 1 b).Tangent.Tangent
                                  for mode, actual in
                                      [ "forward over reverse", (snd (AD.jvp (AD.grad f) point (unit' j)))[i]
                                        "reverse over reverse", (AD.grad (fun p -> (AD.grad f p)[i]) point)[j]
                                        "reverse over forward", (AD.grad (fun p -> snd (AD.jvp f p (unit' i))) point)[j]
                                        "forward over forward", snd (AD.jvp (fun p -> snd (AD.jvp f p (unit' i))) point (unit' j)) ] do
                                      expectWithin (32.0 * u * expected.Size) expected.Value actual.Value $"{what}, {mode}, {i}, {j}")

                  match ComplexStep.Functions2.TryFind rule.Rule.Name with
                  | None -> ()
                  | Some complex ->
                      testCase $"{rule.Label}: both slopes are what the complex step says" (fun () ->
                          let random = random (rule.Label + " complex")
                          let struct (domainA, domainB) = rule.Domain
                          for _ in 1..1000 do
                              let a, b = inside random domainA, inside random domainB
                              let h = ComplexStep.H
                              let ga, gb = AD.grad rule.On (real a, real b)
                              let size (t: Magnitude) = 64.0 * u * t.Size
                              let number v = Magnitude(v, 0.0)
                              let sizeA = size (rule.On(Twin(number a, number 1.0), Twin(number b, number 0.0))).Tangent
                              let sizeB = size (rule.On(Twin(number a, number 0.0), Twin(number b, number 1.0))).Tangent
                              expectWithin
                                  sizeA
                                  ((complex (ComplexStep(a, h), ComplexStep(b, 0.0))).Im / h)
                                  ga.Value
                                  $"{rule.Label}({text a}, {text b}) in a"
                              expectWithin
                                  sizeB
                                  ((complex (ComplexStep(a, 0.0), ComplexStep(b, h))).Im / h)
                                  gb.Value
                                  $"{rule.Label}({text a}, {text b}) in b")

          for rule in ternaries do
              testCase $"{rule.Label}: value and slopes, each argument active or not, on one level or several" (fun () ->
                  let random = random rule.Label
                  for _ in 1..300 do
                      let p = Array.init 3 (fun _ -> random.NextDouble() * 4.0 - 2.0)
                      let value = rule.Value(p[0], p[1], p[2])
                      let expected i =
                          let struct (difference, error) =
                              Differences.derivative
                                  4.0
                                  0.5
                                  (fun t ->
                                      rule.Value((if i = 0 then t else p[0]), (if i = 1 then t else p[1]), (if i = 2 then t else p[2])))
                                  p[i]
                          difference, 2.0 * error
                      let f (x: Real[]) = rule.On(x[0], x[1], x[2])
                      let point = reals p
                      expectSame value (f point).Value "constants"
                      for active in 1..7 do
                          let mask = Array.init 3 (fun i -> if active &&& (1 <<< i) <> 0 then 1.0 else 0.0)
                          let y, dy = AD.jvp f point (reals mask)
                          expectSame value y.Value "forward, value"
                          let sum = Seq.sum [ for i in 0..2 -> mask[i] * fst (expected i) ]
                          let error = Seq.sum [ for i in 0..2 -> mask[i] * snd (expected i) ]
                          expectWithin (error + 1e-14) sum dy.Value $"forward, mask {active}"
                          // only the active ones are on the tape
                          let chosen (x: Real[]) = f (Array.init 3 (fun i -> if mask[i] = 1.0 then x[i] else point[i]))
                          let y, g = AD.valueAndGrad chosen point
                          expectSame value y.Value "reverse, value"
                          for i in 0..2 do
                              let d, e = expected i
                              expectWithin (e + 1e-14) (mask[i] * d) g[i].Value $"reverse, mask {active}, {i}"
                          // a level for each argument
                          for i in 0..2 do
                              for j in 0..2 do
                                  if i <> j then
                                      let put k t (x: Real[]) = Array.mapi (fun m xm -> if m = k then t else xm) x
                                      let mixed inner outer =
                                          outer (fun s -> inner (fun t -> f (put i s (put j t point))) point[j]) point[i]
                                      let results =
                                          [ mixed AD.diff AD.diff
                                            mixed AD.grad AD.diff
                                            mixed AD.diff AD.grad
                                            mixed AD.grad AD.grad
                                            mixed (fun f x -> (AD.taylor 1 f x)[1]) AD.diff ]
                                      let h = AD.hessian f point
                                      for r in results do
                                          expectWithin 1e-14 h[i, j].Value r.Value $"mixed second derivative {i} {j}") ]

// ---- Accuracy against mpmath ----

type private Reference = { Function: string; Arguments: float[]; Result: float; Slopes: float[] }

let private read (file: string) : Reference list =
    [ for line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", file)) do
          if not (line.StartsWith '#' || line.StartsWith "function") then
              let parts = line.Split ','
              let numbers = parts[1..] |> Array.map (fun part -> Double.Parse(part, CultureInfo.InvariantCulture))
              let n = numbers.Length / 2
              { Function = parts[0]; Arguments = numbers[.. n - 1]; Result = numbers[n]; Slopes = numbers[n + 1 ..] } ]

/// The functions of the data, by the labels of the table.
let private labelOf (name: string) =
    let numbered (prefix: string) = $"{prefix}({name.Substring prefix.Length})"
    match name with
    | "expm1" -> "expM1"
    | "log1p" -> "logP1"
    | "pow" -> "pow(0)"
    | _ when name.StartsWith "besselJ" -> numbered "besselJ"
    | _ when name.StartsWith "besselY" -> numbered "besselY"
    | _ when name.StartsWith "polygamma" -> numbered "polygamma"
    | _ -> name

/// Units of rounding allowed, in a result's own size and in what a rounding of the argument makes of it: a few where the platform
/// or two or three operations compute it, more for series, continued fractions and recurrences.
let private allowed (name: string) =
    match name with
    | "gamma"
    | "logGamma"
    | "digamma"
    | "normalInverseCdf" -> 64.0
    | _ when name.StartsWith "bessel" || name.StartsWith "polygamma" -> 512.0
    | "erf"
    | "erfc"
    | "normalCdf"
    | "normalPdf"
    | "gaussian" -> 32.0
    | _ -> 8.0

let private accuracyTests =
    testList
        "accuracy"
        [ for name, references in List.groupBy _.Function (read "special-values.csv") do
              testCase $"{name} against mpmath" (fun () ->
                  let rule = unaries |> Array.find (fun rule -> rule.Label = labelOf name)
                  let units = allowed name
                  let mutable worst = 0.0
                  let check (units: float) (expected: float) (actual: float) (derivative: float) x what =
                      let size = abs expected + (if Double.IsFinite derivative then spread derivative x else 0.0)
                      if Double.IsFinite expected && Double.IsFinite actual && size > 1e-300 then
                          worst <- max worst (abs (expected - actual) / (u * size) / units)
                      expectWithin (units * u * size + 4.0 * Double.Epsilon) expected actual what
                  for reference in references do
                      let x = reference.Arguments[0]
                      let slope = reference.Slopes[0]
                      check units reference.Result (rule.Value x) slope x $"{name}({text x})"
                      if not (Double.IsNaN slope) then
                          // this slope is 1 / density(y), where a rounding of y is multiplied by y^2
                          let units = if name = "normalInverseCdf" then units * (1.0 + reference.Result * reference.Result) else units
                          check units slope (slope1 rule x) (second1 rule x) x $"{name}'({text x})"
                  Expect.isGreaterThan worst (1.0 / 600.0) $"the tolerance of {name} is not out of all proportion to its errors")

          for name, references in List.groupBy _.Function (read "special-values-2.csv") do
              testCase $"{name} against mpmath" (fun () ->
                  let rule = binaries |> Array.find (fun rule -> rule.Label = labelOf name)
                  for reference in references do
                      let a, b = reference.Arguments[0], reference.Arguments[1]
                      let what = $"{name}({text a}, {text b})"
                      let slopes = reference.Slopes
                      let finite x = if Double.IsFinite x then x else 0.0
                      // Where the size overflows: |log| of a double is below 745, so that a rounding of a power's exponent is multiplied by less.
                      let orPower slope size = if Double.IsFinite size then size else 745.0 * abs slope
                      let size = abs reference.Result + spread (finite slopes[0]) a + spread (finite slopes[1]) b
                      expectWithin (8.0 * u * size + 4.0 * Double.Epsilon) reference.Result (rule.Value(a, b)) what
                      let ga, gb = AD.grad rule.On (real a, real b)
                      let number v = Magnitude(v, 0.0)
                      let sizeA = (rule.On(Twin(number a, number 1.0), Twin(number b, number 0.0))).Tangent.Size
                      let sizeB = (rule.On(Twin(number a, number 0.0), Twin(number b, number 1.0))).Tangent.Size
                      if not (Double.IsNaN slopes[0]) then
                          expectWithin
                              (8.0 * u * finite (orPower slopes[0] sizeA) + 4.0 * Double.Epsilon)
                              slopes[0]
                              ga.Value
                              (what + " in a")
                      if not (Double.IsNaN slopes[1]) then
                          expectWithin
                              (8.0 * u * finite (orPower slopes[1] sizeB) + 4.0 * Double.Epsilon)
                              slopes[1]
                              gb.Value
                              (what + " in b")) ]

// ---- What trimming keeps ----

/// Programs and formulas show the parameters of a rule by its fields, which the descriptors keep.
let private keptTests =
    testCase "the descriptors of the trimmer name every rule with parameters" (fun () ->
        let assembly = typeof<Real>.Assembly
        use reader = new StreamReader(assembly.GetManifestResourceStream "ILLink.Descriptors.xml")
        let descriptors = reader.ReadToEnd()
        let shows (kind: Type) =
            kind.GetFields(Reflection.BindingFlags.Instance ||| Reflection.BindingFlags.Public ||| Reflection.BindingFlags.NonPublic)
            |> Array.exists (fun field -> field.FieldType.IsPrimitive || field.FieldType.IsEnum)
        let withParameters =
            [ for kind in assembly.GetTypes() do
                  if kind.IsValueType && typeof<IRule>.IsAssignableFrom kind && kind.Name <> "Draw" && shows kind then
                      kind.FullName.Replace('+', '/') ]
        Expect.isNonEmpty withParameters "rules with parameters"
        for name in withParameters do
            Expect.stringContains descriptors $"\"{name}\"" $"ILLink.Descriptors.xml keeps the fields of {name}")

[<Tests>]
let tests = testList "rules" [ valueTests; slopeTests; accuracyTests; keptTests ]
