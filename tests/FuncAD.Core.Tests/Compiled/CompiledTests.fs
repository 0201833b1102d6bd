/// Compiled functions as a user meets them: structures in and out, every operator compiled, guards, bad input, functions that are differentiated again.
module FuncAD.Tests.Compiled.CompiledTests

open System
open System.Collections.Generic
open System.Numerics
open System.Threading
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing

let private modes = CompiledLawTests.modes

/// In both modes, with room for all paths and for the example's alone, the compiled function gives what the function gives, bit for bit.
let private agree (f: Real[] -> Real[]) (example: float[]) (points: float[] list) =
    for mode in modes do
        for paths in [ 1; 16 ] do
            let compiled = AD.compileWith (CompileOptions(Mode = mode, MaximumPaths = paths)) f (reals example)
            for point in example :: points do
                let expected, actual = f (reals point) |> values, compiled.Invoke(reals point) |> values
                Array.iteri2
                    (fun index e a ->
                        expectSame e a $"{mode}, {paths} paths, at {point |> Array.map text |> List.ofArray}, result {index}\n{compiled}")
                    expected
                    actual

/// The same for a function of one number.
let private agreeAt (f: Real -> Real) (points: float list) =
    agree (fun x -> [| f x[0] |]) [| points.Head |] (points.Tail |> List.map Array.singleton)

let private agreeOn (f: Real -> Real -> Real) (points: (float * float) list) =
    let points = points |> List.map (fun (a, b) -> [| a; b |])
    agree (fun x -> [| f x[0] x[1] |]) points.Head points.Tail

let private isTrue (answer: bool) : Real = Real(if answer then 1.0 else 0.0)

// ---- Structures ----

type Asset =
    { Name: string; Spot: Real; Curve: Real[][]; Quotes: Dictionary<string, Real>; Band: Real * Real; Floor: Real option; Days: int }

let private asset spot =
    { Name = "wheat"
      Spot = Real spot
      Curve = [| [| Real 1.0; Real 2.0 |]; [||]; [| Real 3.0 |] |]
      Quotes = Dictionary(dict [ "bid", Real 4.0; "ask", Real 5.0 ])
      Band = (Real 6.0, Real 7.0)
      Floor = Some(Real 8.0)
      Days = 3 }

let private worth (a: Asset) : Real =
    let low, high = a.Band
    a.Spot * a.Curve[0][1] + a.Curve[2][0] * a.Quotes["ask"] - low * high + a.Floor.Value / a.Spot * Real(float a.Days)

let private scaled (a: Asset) =
    {| Name = a.Name + "!"
       Worth = worth a
       Curves = a.Curve |> Array.map (Array.map (fun c -> c * a.Spot))
       Both = struct (a.Spot, a.Days) |}

let private structures =
    testList
        "structures"
        [ testCase "records, dictionaries, tuples, options and nested arrays in, an anonymous record out"
          <| fun () ->
              let compiled = AD.compile scaled (asset 2.0)
              Expect.equal (compiled.Inputs, compiled.Outputs) (9, 5) "numbers in and out"
              let at = asset 4.0
              let result = compiled.Invoke at
              // 4*2 + 3*5 - 6*7 + 8/4*3
              expectSame -13.0 result.Worth.Value "worth"
              Expect.equal result.Name "wheat!" "what is not a number rides along"
              Expect.equal (result.Curves |> Array.map values) [| [| 4.0; 8.0 |]; [||]; [| 12.0 |] |] "nested arrays"
              let struct (spot, days) = result.Both
              Expect.equal (spot.Value, days) (4.0, 3) "tuple"

          testCase "the gradient of a record is a record"
          <| fun () ->
              let gradient = (AD.compile (AD.grad worth) (asset 2.0)).Invoke(asset 4.0)
              // 2 - 8*3/16, 4, 5, 3, -7, -6, 3/4
              expectSame 0.5 gradient.Spot.Value "spot"
              Expect.equal (gradient.Curve |> Array.map values) [| [| 0.0; 4.0 |]; [||]; [| 5.0 |] |] "curve"
              Expect.equal (gradient.Quotes["bid"].Value, gradient.Quotes["ask"].Value) (0.0, 3.0) "quotes"
              Expect.equal ((fst gradient.Band).Value, (snd gradient.Band).Value) (-7.0, -6.0) "band"
              expectSame 0.75 gradient.Floor.Value.Value "floor"
              Expect.equal gradient.Name "wheat" "name"

          testCase "where other parts are not those of the example, the function itself runs"
          <| fun () ->
              let calls = ref 0
              let counted (a: Asset) =
                  calls.Value <- calls.Value + 1
                  scaled a
              let compiled = AD.compile counted (asset 2.0)
              compiled.Invoke(asset 3.0) |> ignore
              Expect.equal calls.Value 1 "the example's run alone"
              let other = { asset 4.0 with Days = 6; Name = "rye" }
              let result = compiled.Invoke other
              expectSame -7.0 result.Worth.Value "with the days that were passed"
              Expect.equal result.Name "rye!" "and the name"
              Expect.equal calls.Value 2 "by the function"

          testCase "a point of another structure is an error"
          <| fun () ->
              let compiled = AD.compile worth (asset 2.0)
              for bad in
                  [ { asset 2.0 with Curve = [| [| Real 1.0 |] |] }
                    { asset 2.0 with Floor = None }
                    { asset 2.0 with Quotes = Dictionary() } ] do
                  thrown<ArgumentException>(fun () -> compiled.Invoke bad |> ignore) |> ignore

          testCase "a list whose length the structure of the example gives"
          <| fun () ->
              let compiled = AD.compile (fun (xs: Real list) -> List.rev xs, List.sum xs) [ Real 1.0; Real 2.0 ]
              let reversed, sum = compiled.Invoke [ Real 3.0; Real 4.0 ]
              Expect.equal (reversed |> List.map value, sum.Value) ([ 4.0; 3.0 ], 7.0) "list and sum" ]

// ---- Operators ----

/// A member of an interface that Real implements explicitly.
let private toInteger<'T when 'T :> IFloatingPoint<'T>> (x: 'T) : int = 'T.ConvertToInteger<int> x

let inline private horner (x: 'T) : 'T :> IFloatingPointIeee754<'T> =
    let mutable sum = 'T.Zero
    for k in 5..-1..1 do
        sum <- sum * x + 'T.CreateChecked k
    'T.FusedMultiplyAdd(sum, 'T.Sin x, 'T.Hypot(x, 'T.One))

let private smooth (x: Real[]) : Real = sin (x[0] * x[1]) / (Real 2.0 + cos x[1]) + exp x[0] * x[1]
let private map (x: Real[]) : Real[] = [| x[0] * x[1]; exp x[0] - x[1]; sqrt (x[0] * x[0] + x[1] * x[1]) |]
let private flat (rows: Real[,]) : Real[] = rows |> Seq.cast |> Seq.toArray
let private places = [ [| 0.5; -1.25 |]; [| -2.0; 0.75 |]; [| 0.0; 0.0 |]; [| nan; 1.0 |]; [| infinity; 1.0 |] ]

let private lambertW =
    AD.custom "lambertW" (fun x -> Seq.fold (fun w _ -> w - (w - x * exp -w) / (1.0 + w)) (log (1.0 + x)) (seq { 1..30 })) (fun _ w ->
        exp -w / (Real 1.0 + w))

let private product = AD.customPullback "product" (fun (x: Real[]) -> x[0] * x[1]) (fun x _ w -> [| w * x[1]; w * x[0] |])

let private quotient =
    AD.customRule "quotient" (fun (x: Real[]) -> x[0] / x[1]) (fun x y w -> [| w / x[1]; -w * y / x[1] |]) (fun x y dx ->
        (dx[0] - y * dx[1]) / x[1])

let private operators =
    let compiles name (f: Real[] -> Real[]) = testCase name <| fun () -> agree f [| 1.5; 0.25 |] places
    testList
        "operators"
        [ compiles "grad" (AD.grad smooth)
          compiles "valueAndGrad" (fun x -> let value, gradient = AD.valueAndGrad smooth x in Array.append [| value |] gradient)
          compiles "jacobian" (AD.jacobian map >> flat)
          compiles "jacobianForward" (AD.jacobianForward map >> flat)
          compiles "jacobianReverse" (AD.jacobianReverse map >> flat)
          compiles "hessian" (AD.hessian smooth >> flat)
          compiles "hvp" (fun x -> AD.hvp smooth x [| Real 1.0; x[0] |])
          compiles "jvp" (fun x -> let y, dy = AD.jvp map x [| x[1]; Real 1.0 |] in Array.append y dy)
          compiles "vjp and its pullback, called twice" (fun x ->
              let y, pullback = AD.vjp map x
              Array.concat [ y; pullback [| Real 1.0; x[0]; Real 0.0 |]; pullback y ])
          compiles "diff of a structure" (fun x ->
              let a, b = AD.diff (fun t -> t * x[1], [| sin t; exp (t * x[1]) |]) x[0] in Array.append [| a |] b)
          compiles "diff of a function" (fun x -> [| AD.diff (fun u -> fun v -> sin (u * v)) x[0] x[1] |])
          compiles "diffn" (fun x -> [| AD.diffn 3 (fun t -> sin (t * x[1])) x[0] |])
          compiles "taylor" (fun x -> AD.taylor 4 (fun t -> exp t / (Real 2.0 + t * x[1])) x[0])
          compiles "laplacian" (fun x -> [| AD.laplacian smooth x |])
          compiles "divergence" (fun x -> [| AD.divergence (fun x -> [| x[0] * x[1]; sin x[1] |]) x |])
          compiles "stopGradient" (AD.grad (fun x -> x[0] * AD.stopGradient (x[0] * x[1])))
          compiles "perturbations stay apart" (fun x -> [| AD.diff (fun y -> y * AD.diff (fun z -> y + z) y) x[0] |])
          compiles "generic math" (fun x -> [| horner x[0]; AD.diff horner x[1]; AD.grad (AD.grad horner) x[0] |])
          compiles "a custom rule of one number" (fun x ->
              let f (t: Real) = lambertW (t * t) in [| f x[0]; AD.diff f x[1]; AD.grad (AD.grad f) x[0] |])
          compiles "a custom pullback" (fun x ->
              Array.concat [ [| product x |]; AD.grad product x; flat (AD.hessian product x); [| snd (AD.jvp product x x) |] ])
          compiles "a custom pullback and pushforward" (fun x ->
              Array.concat [ [| quotient x |]; AD.grad quotient x; flat (AD.hessian quotient x) ])

          testCase "by hand: derivatives of x^2 y"
          <| fun () ->
              let f (x: Real[]) = x[0] * x[0] * x[1]
              let at = [| Real 3.0; Real 5.0 |]
              let one = [| Real 1.0; Real 1.0 |]
              Expect.equal ((AD.compile f one).Invoke at |> value) 45.0 "value"
              Expect.equal ((AD.compile (AD.grad f) one).Invoke at |> values) [| 30.0; 9.0 |] "gradient"
              Expect.equal ((AD.compile (AD.hessian f) one).Invoke at |> flat |> values) [| 10.0; 6.0; 6.0; 0.0 |] "Hessian"
              Expect.equal
                  ((AD.compile (AD.grad (AD.grad f >> Array.sum)) one).Invoke at |> values)
                  [| 16.0; 6.0 |]
                  "gradient of a gradient" ]

// ---- Guards ----

let private numbers = [ 1.5; -1.5; 0.0; -0.0; 2.0; -2.0; 0.5; 3.0; 1e300; nan; infinity; -infinity ]
let private pairs =
    [ for a in [ 1.0; 2.0; 0.0; -0.0; -1.0; nan; infinity; -infinity ] do
          for b in [ 1.0; 0.0; nan; infinity ] -> a, b ]

let private root (a: Real) : Real =
    let mutable x, step = Real 1.0, Real 1.0
    let mutable count = 0
    while Real.op_GreaterThan (Real.Abs step, Real 1e-12) && count < 40 do
        step <- (x * x - a) / (Real 2.0 * x)
        x <- x - step
        count <- count + 1
    x

let private guards =
    let asks name (question: Real -> Real -> bool) =
        testCase $"question {name}"
        <| fun () ->
            agreeOn (fun a b -> isTrue (question a b) + a) pairs
            agreeOn (fun a b -> if question a b then a * b else a - b) pairs
    let isKind name (question: Real -> bool) =
        testCase $"question {name}" <| fun () -> agreeAt (fun x -> if question x then x + Real 1.0 else x * x) numbers
    let kinds = typeof<Real>.GetInterfaceMap(typeof<INumberBase<Real>>)
    let questionsOfKind =
        [ for method in kinds.InterfaceMethods |> Array.sortBy _.Name do
              if method.Name.StartsWith("Is", StringComparison.Ordinal) then
                  let target = kinds.TargetMethods[Array.IndexOf(kinds.InterfaceMethods, method)]
                  isKind method.Name (fun x ->
                      try
                          target.Invoke(null, [| box x |]) :?> bool
                      with :? Reflection.TargetInvocationException as e ->
                          raise e.InnerException) ]
    testList
        "guards"
        ([ asks "<" (fun a b -> Real.op_LessThan (a, b))
           asks "<=" (fun a b -> Real.op_LessThanOrEqual (a, b))
           asks ">" (fun a b -> Real.op_GreaterThan (a, b))
           asks ">=" (fun a b -> Real.op_GreaterThanOrEqual (a, b))
           asks "==" (fun a b -> Real.op_Equality (a, b))
           asks "!=" (fun a b -> Real.op_Inequality (a, b))
           asks "F#'s <" (fun a b -> a < b)
           asks "F#'s =" (fun a b -> a = b)
           asks "F#'s <>" (fun a b -> a <> b)
           asks "CompareTo" (fun a b -> a.CompareTo b > 0)
           asks "Equals" (fun a b -> a.Equals b)
           asks "Equals of objects" (fun a b -> a.Equals(box b))
           asks "a condition's IsTrue" (fun a b -> (Real.Less(a, b) ||| Real.Equal(a, b)).IsTrue)
           testCase "Sign" <| fun () -> agreeAt (fun x -> Piecewise.sign x * x) numbers
           testCase "Clamp"
           <| fun () ->
               agree
                   (fun x -> AD.grad (fun (x: Real[]) -> Real.Clamp(x[0], x[1], Real 2.0) * x[0]) x)
                   [| 0.5; 0.0 |]
                   [ [| 3.0; 0.0 |]; [| -1.0; 0.0 |]; [| 2.0; 0.0 |]; [| nan; 0.0 |]; [| 1.0; nan |] ]
           testCase "Clamp whose bounds cross at some point throws there as double does"
           <| fun () ->
               let compiled = AD.compile (fun (x: Real[]) -> Real.Clamp(x[0], x[1], Real 2.0)) [| Real 0.0; Real 1.0 |]
               expectSame 1.0 (compiled.Invoke [| Real 0.5; Real 1.0 |]).Value "within"
               thrown<ArgumentException>(fun () -> compiled.Invoke [| Real 0.0; Real 3.0 |] |> ignore) |> ignore
           testCase "CopySign" <| fun () -> agreeOn (fun a b -> Real.CopySign(a, b)) pairs
           testCase "the sign of NaN, where something asks for it, is the function's own"
           <| fun () ->
               // a program keeps x + y for x - (-y), say, whose NaN has another sign
               let terms: (Real -> Real -> Real) list =
                   [ (fun a _ -> -a)
                     (fun a b -> a + b)
                     (fun a b -> a - b)
                     (fun a b -> b - a)
                     (fun a b -> a * b)
                     (fun a b -> a / b)
                     (fun a b -> -(a * b))
                     (fun a b -> a - -b)
                     (fun a b -> -a - b)
                     (fun a b -> -a * b)
                     (fun a b -> a / -b)
                     (fun a _ -> abs -a)
                     (fun a _ -> a * Real -1.0)
                     (fun a _ -> Real -3.0 * -a)
                     (fun a _ -> a / Real -2.0)
                     (fun a b -> Real.Max(a, -b)) ]
               let sign = AD.custom "sign" (fun x -> Math.CopySign(1.0, x)) (fun _ _ -> Real 0.0)
               let points =
                   [ for a, b in List.allPairs [ 1.0; nan; -nan; infinity; 0.0 ] [ 2.0; nan; -nan; infinity; -0.0 ] -> reals [| a; b |] ]
               for inner, outer in List.allPairs terms terms do
                   let isPositive x = Real.IsKind("isPositive", Double.IsPositive, x)
                   for ask in [ (fun x -> Real.CopySign(Real 3.0, x)); (fun x -> if isPositive x then Real 3.0 else Real 5.0); sign ] do
                       for example in [ points.Head; points[6] ] do
                           let f (x: Real[]) = ask (outer (inner x[0] x[1]) x[1])
                           let compiled = AD.compileWith (CompileOptions(Mode = ExecutionMode.Interpreted)) f example
                           for point in points do
                               expectSame (f point).Value (compiled.Invoke point).Value $"at {List.ofArray point}\n{compiled}"
           testCase "Max, Min and their relatives, with slopes at ties"
           <| fun () ->
               for choose in
                   [ (fun a b -> Real.Max(a, b))
                     (fun a b -> Real.Min(a, b))
                     (fun a b -> Real.MaxMagnitude(a, b))
                     (fun a b -> Real.MinMagnitude(a, b))
                     (fun a b -> Real.MaxNumber(a, b))
                     (fun a b -> Real.MinNumber(a, b))
                     (fun a b -> Real.MaxMagnitudeNumber(a, b))
                     (fun a b -> Real.MinMagnitudeNumber(a, b)) ] do
                   let points = pairs |> List.map (fun (a, b) -> [| a; b |])
                   agree
                       (fun x -> Array.append [| choose x[0] x[1] |] (AD.grad (fun x -> choose x[0] (x[1] * x[1]) * x[0]) x))
                       [| 3.0; 1.0 |]
                       points
           testCase "Max, Min and their relatives of a constant, bit for bit: interpreted, as machine code, in packs and batches"
           <| fun () ->
               let points = [| 0.0; -0.0; nan; infinity; -infinity; 1.0; -1.0; Double.Epsilon; -Double.Epsilon; Double.MaxValue |]
               for index, choose in
                   List.indexed
                       [ (fun a b -> Real.Max(a, b))
                         (fun a b -> Real.Min(a, b))
                         (fun a b -> Real.MaxMagnitude(a, b))
                         (fun a b -> Real.MinMagnitude(a, b))
                         (fun a b -> Real.MaxNumber(a, b))
                         (fun a b -> Real.MinNumber(a, b))
                         (fun a b -> Real.MaxMagnitudeNumber(a, b))
                         (fun a b -> Real.MinMagnitudeNumber(a, b)) ] do
                   for c in [ 0.0; -0.0; nan; infinity; -infinity; 1.0; -1.0 ] do
                       for length in [ 1; 80 ] do
                           let f (x: Real[]) =
                               Array.append (x |> Array.map (fun x -> choose x (Real c))) (x |> Array.map (fun x -> choose (Real c) x))
                           for mode in modes do
                               let compiled = AD.compileWith (CompileOptions(Mode = mode)) f (Array.create length (Real 0.7))
                               let what place = $"choice {index} of {text c}, {mode}, {length} numbers, {place}"
                               let at k i = points[(k + i) % points.Length]
                               let expected = Array.init points.Length (fun k -> f (Array.init length (fun i -> Real(at k i))) |> values)
                               let outputs = Array.zeroCreate (2 * length)
                               for k = 0 to points.Length - 1 do
                                   compiled.Run(ReadOnlySpan(Array.init length (at k)), Span outputs)
                                   Array.iter2 (fun e a -> expectSame e a (what $"at point {k}")) expected[k] outputs
                               let batch = Array.zeroCreate (2 * length * points.Length)
                               let columns =
                                   [| for i in 0 .. length - 1 do
                                          for k in 0 .. points.Length - 1 -> at k i |]
                               compiled.RunBatch(ReadOnlySpan columns, Span batch, points.Length)
                               for place = 0 to batch.Length - 1 do
                                   let e = expected[place % points.Length]
                                   expectSame e[place / points.Length] batch[place] (what "in a batch")
           testCase "Clamp between -1 and -0, bit for bit"
           <| fun () ->
               for low, high in [ -1.0, -0.0; -1.0, 0.0; 0.0, 1.0; -0.0, 1.0; -0.0, -0.0 ] do
                   agreeAt (fun x -> Real 1.0 / Real.Clamp(x, Real low, Real high)) [ 0.7; 0.0; -0.0; -0.5; -2.0; nan ]
           testCase "Select with conditions joined by and, or, not"
           <| fun () ->
               let f (x: Real[]) =
                   let isSmall, isOrdered = Real.Less(Real.Abs x[0], Real 1.0), Real.LessOrEqual(x[0], x[1])
                   let choose condition = Real.Select(condition, x[0] * x[1], sqrt x[0] + x[1])
                   let both, neither = isSmall &&& isOrdered, Condition.op_LogicalNot (isSmall ||| isOrdered)
                   choose both + choose neither * Real.Select(Real.NotEqual(x[0], x[1]), Real 2.0, x[1])
               let points = pairs |> List.map (fun (a, b) -> [| a; b |])
               let compiled = AD.compile f [| Real 0.5; Real 0.25 |]
               for point in points do
                   expectSame (f (reals point)).Value (compiled.Invoke(reals point)).Value "value"
               Expect.equal compiled.Paths 1 "no branch"
               agree (AD.grad f) [| 0.5; 0.25 |] points
               agree (AD.hessian f >> flat) [| 0.5; 0.25 |] points
           testCase "the branch of a Select that is not taken contributes nothing, even beside an infinite slope"
           <| fun () ->
               let f (x: Real) = Real.Select(Real.Greater(x, Real 0.0), sqrt x, Real 3.0 * x)
               for f in
                   [ f
                     // weights as seeds, negated, summed and scaled on the way to an infinite slope
                     (fun x -> sqrt (Real.Select(Real.Greater(x, Real 0.0), x, Real 0.0)))
                     (fun x -> sqrt -(Real.Select(Real.Greater(x, Real 0.0), x, Real -0.0)))
                     (fun x ->
                         sqrt (
                             Real.Select(Real.Greater(x, Real 0.0), x, Real 1.0) + Real.Select(Real.Greater(x, Real 1.0), x, Real 2.0)
                             - Real 3.0
                         ))
                     (fun x -> sqrt (Real 3.0 * Real.Max(x, Real 0.0)) * Real.Select(Real.Greater(x, Real 0.0), x, Real 2.0))
                     (fun x ->
                         sqrt (
                             Real.Select(Real.Greater(x, Real 0.0), Real.Select(Real.Less(x, Real 9.0), x, Real 1.0), Real 0.0) - x
                             + Real.Abs x
                         )) ] do
                   for derivative in [ AD.grad f; AD.diff f; AD.grad (AD.grad f); AD.diff (AD.grad f); AD.diff (AD.diff f); AD.diffn 2 f ] do
                       for example in [ 4.0; -1.0 ] do
                           agreeAt derivative [ example; 0.0; -1.0; 0.5; 1.0; 10.0 ]
               expectSame 3.0 ((AD.compile (AD.grad f) (Real 4.0)).Invoke(Real 0.0)).Value "at 0"
           testCase "a weight and a computed 0 is no structural zero"
           <| fun () ->
               let f (x: Real[]) = let root = sqrt x[0] in Real.Select(Real.Less(x[0], x[1]), root, x[1]) + Real 0.0 * root
               let g (x: Real[]) = let root = sqrt x[0] in Real.Select(Real.Less(x[0], x[1]), root, x[1]) + root - root
               for f in [ f; g ] do
                   agree (AD.grad f) [| 1.0; 2.0 |] [ [| 0.0; -1.0 |]; [| 0.0; 1.0 |]; [| 4.0; 1.0 |] ]
                   agree (AD.hessian f >> flat) [| 1.0; 2.0 |] [ [| 0.0; -1.0 |]; [| 0.0; 1.0 |]; [| 4.0; 1.0 |] ]
               let gradient = (AD.compile (AD.grad f) (reals [| 1.0; 2.0 |])).Invoke(reals [| 0.0; -1.0 |])
               expectSame nan gradient[0].Value "0 * infinity, as in plain arithmetic"
           testCase "max and min where 0 and -0 meet, in a series"
           <| fun () ->
               agree
                   (fun x -> AD.taylor 2 (fun t -> Real.Min(t, x[1]) + Real.Max(t, x[1])) x[0])
                   [| 1.0; 2.0 |]
                   [ [| 0.0; -0.0 |]; [| -0.0; 0.0 |] ]
               let series = AD.taylor 2 (fun t -> Real.Min(t, Real -0.0) + Real.Max(t, Real -0.0)) (Real 0.0)
               expectSame 0.0 series[0].Value "0 + -0"
           testCase "a loop whose length comparisons decide"
           <| fun () ->
               let points = [ 2.0; 3.0; 100.0; 1e6; 0.01; 1.0; -1.0; nan; infinity; 0.0 ]
               agreeAt root points
               agreeAt (AD.diff root) points
               expectWithin
                   (4.0 * u)
                   (0.5 / sqrt 2.0)
                   ((AD.compile (AD.grad root) (Real 100.0)).Invoke(Real 2.0)).Value
                   "the slope of the square root"
           testCase "paths are found as points need them, up to MaximumPaths, and right beyond it"
           <| fun () ->
               let f (x: Real) =
                   Seq.fold (fun (y: Real) k -> if Real.op_LessThan (x, Real(float k)) then y + x else y * x) (Real 1.0) [ 1..9 ]
               for maximum in [ 0; 1; 4 ] do
                   let compiled = AD.compileWith (CompileOptions(MaximumPaths = maximum)) f (Real 0.5)
                   Expect.equal compiled.Paths 1 "the example's path"
                   for repeat in 1..2 do
                       for k in 0..9 do
                           let x = Real(float k + 0.5)
                           expectSame (f x).Value (compiled.Invoke x).Value $"at {x}"
                   Expect.equal compiled.Paths (max 1 maximum) "paths"
           testCase "what the function writes into its argument is lost, whichever way it is run"
           <| fun () ->
               let f (x: {| Numbers: Real[]; Rows: Real[][]; Kind: int |}) =
                   x.Numbers[0] <- x.Numbers[0] * x.Rows[1][0]
                   x.Rows[1][0] <- x.Rows[1][0] + Real 1.0
                   if Real.op_LessThan (x.Numbers[0], Real 0.0) then x.Numbers[0] else x.Rows[1][0] * x.Numbers[0] + Real(float x.Kind)
               let point first kind = {| Numbers = reals [| first; 2.0 |]; Rows = [| reals [| 5.0 |]; reals [| 3.0 |] |]; Kind = kind |}
               for paths in [ 0; 1; 16 ] do
                   let compiled = AD.compileWith (CompileOptions(MaximumPaths = paths)) f (point 1.0 0)
                   for first in [ 1.0; -1.0; 2.0; nan ] do
                       for kind in [ 0; 1 ] do
                           let x = point first kind
                           for repeat in 1..2 do
                               expectSame (f (point first kind)).Value (compiled.Invoke x).Value $"at {first}, {kind}, the {repeat}. time"
                           expectSame first x.Numbers[0].Value "the caller's number"
                           expectSame 3.0 x.Rows[1].[0].Value "the caller's row"
                   let row = reals [| 1.0; 2.0 |]
                   AD.grad
                       (fun (x: Real) ->
                           row[0] <- x
                           let y = compiled.Invoke {| point 1.0 0 with Numbers = row |}
                           expectSame 1.0 row[0].Value "beside a derivative"
                           y)
                       (Real 1.0)
                   |> fun slope -> expectSame 12.0 slope.Value "the derivative"
           testCase "NaN decides guards as in plain code"
           <| fun () ->
               let f (x: Real) =
                   if Real.op_LessThan (x, Real 1.0) then
                       x
                   else
                       (if Real.op_GreaterThanOrEqual (x, Real 1.0) then Real 2.0 * x else Real 7.0)
               for example in [ nan; 0.0; 2.0 ] do
                   agreeAt f [ example; nan; 0.0; 2.0; infinity; -infinity ]
           testCase "results of another structure along another path"
           <| fun () ->
               let f (x: Real) = if Real.op_LessThan (x, Real 0.0) then Choice1Of2 -x else Choice2Of2(x * x)
               let compiled = AD.compile f (Real 3.0)
               Expect.equal (compiled.Invoke(Real -2.0)) (Choice1Of2(Real 2.0)) "negative"
               Expect.equal (compiled.Invoke(Real 2.0)) (Choice2Of2(Real 4.0)) "positive"
           testCase "another number of results along another path is an error that says so"
           <| fun () ->
               let compiled = AD.compile (fun (x: Real) -> if Real.op_LessThan (x, Real 0.0) then [| x |] else [| x; x |]) (Real 3.0)
               (thrown<InvalidOperationException>(fun () -> compiled.Invoke(Real -1.0) |> ignore)).Message
               |> expectMentions [ "1 results"; "2 at the example" ] ]
         @ questionsOfKind)

// ---- Bad and unusual input ----

let private onAnotherThread (f: unit -> Real) : Real =
    let mutable result, failure = Real(), null
    let thread =
        Thread(fun () ->
            try
                result <- f ()
            with e ->
                failure <- e)
    thread.Start()
    thread.Join()
    if isNull failure then result else raise failure

let private edges =
    let refuses parts (f: Real -> Real) =
        for f in [ f; AD.grad f ] do
            (thrown<InvalidOperationException>(fun () -> AD.compile f (Real 2.0) |> ignore)).Message |> expectMentions parts
    testList
        "edges"
        [ testCase "results that do not depend on the parameter"
          <| fun () ->
              let compiled = AD.compile (fun (x: Real[]) -> [| Real 5.0; x[1]; Real nan; x[1] |]) [| Real 1.0; Real 2.0 |]
              Expect.equal compiled.Operations 0 "nothing to do"
              for mode in modes do
                  let compiled =
                      AD.compileWith
                          (CompileOptions(Mode = mode))
                          (fun (x: Real[]) -> [| Real 5.0; x[1]; x[0] - x[0]; x[1] |])
                          [| Real 1.0; Real 2.0 |]
                  Array.iter2
                      (fun e (a: Real) -> expectSame e a.Value "result")
                      [| 5.0; -0.0; 0.0; -0.0 |]
                      (compiled.Invoke [| Real 3.0; Real -0.0 |])
              Expect.equal
                  ((AD.compile (AD.grad (fun (_: Real[]) -> Real 5.0)) [| Real 1.0; Real 2.0 |]).Invoke(reals [| 3.0; 4.0 |]) |> values)
                  [| 0.0; 0.0 |]
                  "gradient of a constant"

          testCase "the identity and batches of it"
          <| fun () ->
              let compiled = AD.compile (fun (x: Real[]) -> [| x[1]; x[0]; Real 7.0 |]) [| Real 1.0; Real 2.0 |]
              for mode in modes do
                  let compiled =
                      AD.compileWith (CompileOptions(Mode = mode)) (fun (x: Real[]) -> [| x[1]; x[0]; Real 7.0 |]) [| Real 1.0; Real 2.0 |]
                  let outputs = Array.zeroCreate 33
                  compiled.RunBatch(ReadOnlySpan(Array.init 22 float), Span outputs, 11)
                  Expect.equal
                      outputs
                      (Array.concat [ Array.init 11 (fun k -> float (k + 11)); Array.init 11 float; Array.create 11 7.0 ])
                      "columns"
              Expect.equal compiled.Operations 0 "operations"

          testCase "reading a traced number as something else says what to do"
          <| fun () ->
              let parts = [ "AD.Compile"; "Real.Select"; "compare" ]
              refuses ("double" :: parts) (fun x -> x * Real x.Value)
              refuses parts (fun x -> x * Real(Real.op_Explicit x: float))
              refuses parts (fun x -> x * Real(float (int (float x))))
              refuses parts (fun x -> x * Real(float (toInteger x)))
              refuses ("hash code" :: parts) (fun x -> x * Real(float (x.GetHashCode())))
              refuses ("hash code" :: parts) (fun x -> x * Real(float (HashSet [ x ]).Count))

          testCase "text of a traced number is that of the example"
          <| fun () ->
              let texts = List<string>()
              AD.compile
                  (fun (x: Real) ->
                      texts.Add(string x)
                      x)
                  (Real 2.5)
              |> ignore
              Expect.equal (List.ofSeq texts) [ "2.5" ] "for messages while tracing"

          testCase "one of two numbers that are never -0 stays so, or their sum would be"
          <| fun () ->
              let f (x: Real[]) = (x[0] + Real 0.0) + (x[1] + Real 0.0)
              let program = AD.compile f (reals [| 1.0; 2.0 |])
              for a, b in [ -0.0, -0.0; 0.0, -0.0; -0.0, 0.0; -0.0, 1.0 ] do
                  expectSame (f (reals [| a; b |])).Value (program.Invoke(reals [| a; b |])).Value $"({a} + 0) + ({b} + 0)"

          testCase "a datum of plain doubles is refused in words that help"
          <| fun () ->
              (thrown<ArgumentException>(fun () -> AD.compileSum (fun (p: Real) (d: float) -> p * d) (Real 1.0) 1.0 |> ignore)).Message
              |> expectMentions [ "datum"; "Double"; "make it a Real" ]

          testCase "compiling inside of what is compiled is an error that says what to do"
          <| fun () ->
              let inner (y: Real) = (AD.compile (fun x -> x * y) (Real 1.0)).Invoke(Real 2.0)
              (thrown<InvalidOperationException>(fun () -> AD.compile inner (Real 3.0) |> ignore)).Message |> expectMentions [ "parameter" ]

          testCase "operations on another thread are an error that says what to do"
          <| fun () -> refuses [ "thread" ] (fun x -> onAnotherThread (fun () -> x * x))

          testCase "the function's own exceptions pass through, and the next compilation works"
          <| fun () ->
              let own = ApplicationException "mine"
              let f (x: Real) : Real = if Real.op_LessThan (x, Real 0.0) then raise own else sqrt x
              Expect.isTrue
                  (Object.ReferenceEquals(thrown<ApplicationException>(fun () -> AD.compile f (Real -1.0) |> ignore), own))
                  "while compiling"
              let compiled = AD.compile f (Real 4.0)
              Expect.isTrue
                  (Object.ReferenceEquals(thrown<ApplicationException>(fun () -> compiled.Invoke(Real -1.0) |> ignore), own))
                  "on a new path"
              expectSame 3.0 (compiled.Invoke(Real 9.0)).Value "afterwards"
              let outputs = Array.zeroCreate 3
              Expect.isTrue
                  (Object.ReferenceEquals(
                      thrown<ApplicationException>(fun () -> compiled.RunBatch(ReadOnlySpan [| 1.0; -1.0; 4.0 |], Span outputs, 3)),
                      own
                  ))
                  "in a batch"

          testCase "examples and results that cannot be"
          <| fun () ->
              let message action = (thrown<ArgumentException> action).Message
              message (fun () -> AD.compile id "text" |> ignore) |> expectMentions [ "Compile" ]
              message (fun () -> AD.compile (fun (t: Tensor) -> Tensor.sum t) (Tensor.ofArray [| 1.0 |]) |> ignore)
              |> expectMentions [ "tensor"; "Real[]" ]
              message (fun () -> AD.compile (fun (x: Real) -> x, Tensor.ofArray [| 1.0 |]) (Real 1.0) |> ignore)
              |> expectMentions [ "tensor"; "Real" ]
              let isRefused =
                  thrown<NotSupportedException>(fun () ->
                      AD.compile (fun (x: Real[]) -> Tensor.sum (Tensor.stack x)) (reals [| 1.0; 2.0 |]) |> ignore)
              isRefused.Message |> expectMentions [ "Compile"; "Real[]" ]
              message (fun () -> AD.compile (fun (x: Real) -> fun (y: Real) -> x * y) (Real 1.0) |> ignore) |> expectMentions [ "function" ]
              message (fun () -> AD.compile (fun (x: Real) -> (null: Real[])) (Real 1.0) |> ignore) |> expectMentions [ "null" ]

          testCase "null arguments are refused under their names"
          <| fun () ->
              let refused (name: string) action = Expect.equal (thrown<ArgumentNullException> action).ParamName name "name"
              refused "f" (fun () -> AD.compile (Unchecked.defaultof<Real -> Real>) (Real 1.0) |> ignore)
              refused "options" (fun () -> AD.compileWith (Unchecked.defaultof<CompileOptions>) id (Real 1.0) |> ignore)
              refused "x" (fun () -> (AD.compile (fun (x: Real[]) -> x[0]) [| Real 1.0 |]).Invoke null |> ignore)
              refused "perPoint" (fun () -> AD.compileSum (Unchecked.defaultof<Real -> Real -> Real>) (Real 1.0) (Real 1.0) |> ignore)
              thrown<ArgumentException>(fun () -> AD.compile (fun (x: Real[]) -> x[0]) null |> ignore) |> ignore

          testCase "leaked traced numbers are constants afterwards"
          <| fun () ->
              let mutable leaked = Real()
              AD.compile
                  (fun (x: Real) ->
                      (leaked <- x * x
                       leaked))
                  (Real 3.0)
              |> ignore
              expectSame 9.0 leaked.Value "value"
              expectSame 9.0 (AD.grad (fun x -> x * leaked) (Real 1.0)).Value "a constant"
              expectSame 18.0 ((AD.compile (fun x -> x * leaked) (Real 1.0)).Invoke(Real 2.0)).Value "of a later program, too" ]

// ---- Compiled functions as functions ----

let private again =
    testList
        "differentiated again"
        [ testCase "derivatives of a compiled function are those of the function"
          <| fun () ->
              let cube = AD.compile (fun (x: Real) -> x * x * x) (Real 1.0)
              expectSame 12.0 (AD.grad cube.Invoke (Real 2.0)).Value "grad"
              expectSame 12.0 (AD.diff cube.Invoke (Real 2.0)).Value "diff"
              expectSame 12.0 (AD.grad (AD.grad cube.Invoke) (Real 2.0)).Value "twice"
              Expect.equal (AD.taylor 3 cube.Invoke (Real 2.0) |> values) [| 8.0; 12.0; 6.0; 1.0 |] "Taylor"
              expectSame 8.0 (cube.Invoke(Real 2.0)).Value "and its value"

          testCase "compiled, differentiated, compiled and differentiated"
          <| fun () ->
              let cube = AD.compile (fun (x: Real) -> x * x * x) (Real 1.0)
              let slope = AD.compile (AD.grad cube.Invoke) (Real 1.0)
              let curvature = AD.compile (AD.diff slope.Invoke) (Real 1.0)
              expectSame 27.0 (slope.Invoke(Real 3.0)).Value "3 x^2"
              expectSame 18.0 (curvature.Invoke(Real 3.0)).Value "6 x"
              expectSame 6.0 (AD.grad curvature.Invoke (Real 3.0)).Value "6"

          testCase "inside of a function that is compiled, in a record, with branches"
          <| fun () ->
              let hinge = AD.compile (fun (x: Real) -> if Real.op_LessThan (x, Real 0.0) then -x else x * x) (Real 1.0)
              let f (x: Real[]) = hinge.Invoke x[0] * x[1] + hinge.Invoke x[1]
              agree
                  (fun x -> Array.append [| f x |] (AD.grad f x))
                  [| 2.0; 3.0 |]
                  [ [| -2.0; 3.0 |]; [| 2.0; -3.0 |]; [| -2.0; -3.0 |]; [| 0.0; -0.0 |] ]
              Expect.equal (AD.grad f (reals [| -2.0; 3.0 |]) |> values) [| -3.0; 8.0 |] "by hand: d(-x y + y^2)" ]

// ---- Text and pictures ----

let private pictures =
    testList
        "text"
        [ testCase "a program as assignments"
          <| fun () ->
              let f (x: Real[]) =
                  if Real.op_LessThan (x[0], x[1]) then
                      [| x[0] * x[1] + sin x[0]; Real 2.5; pown x[1] 3; Real.Cbrt x[0]; x[0] ** Real 0.5 |]
                  else
                      Array.create 5 x[0]
              let compiled = AD.compile f [| Real 1.0; Real 2.0 |]
              Expect.equal
                  (compiled.ToString())
                  "v0 = x0 < x1\nrequire v0 is true\nv1 = sin(x0)\nv2 = x0 * x1\nv3 = v2 + v1\nv4 = x1 * x1\nv5 = x1 * v4\nv6 = cbrt(x0)\nv7 = power(x0, 0.5)\ny0 = v3\ny1 = 2.5\ny2 = v5\ny3 = v6\ny4 = v7\n"
                  "text"

          testCase "a zero goes to the addend that is there first, and what is made of inputs comes right before its reader"
          <| fun () ->
              // by x: y e^x + 2 z, where either addend may be -0
              let f (x: Real[]) = x[1] * exp x[0] + x[0] * (Real 2.0 * x[2])
              let slope = AD.compile (fun x -> (AD.grad f x)[0]) [| Real 1.0; Real 2.0; Real 3.0 |]
              Expect.equal (slope.ToString()) "v0 = exp(x0)\nv1 = x1 * v0\nv2 = 0 + v1\nv3 = x2 * 2\nv4 = v3 + v2\ny0 = v4\n" "text"
              for x, y, z in [ 0.5, -0.0, -0.0; 0.5, 0.0, -0.0; -800.0, -1.0, -0.0; 1.0, -2.0, 2.0 ] do
                  let point = reals [| x; y; z |]
                  let gradient = AD.grad f point
                  expectSame gradient[0].Value (slope.Invoke point).Value "the sign of a zero, too"

          testCase "a program as a picture"
          <| fun () ->
              let f (x: Real) = if Real.op_LessThan (x, Real 3.0) then [| Real 2.0 * x; Real 7.0 |] else [| x; x |]
              let expected =
                  String.Join(
                      "\n",
                      [ "digraph program {"
                        "  rankdir = LR;"
                        "  node [shape = box, style = rounded, fontname = \"Helvetica\"];"
                        "  x0 [label = \"x0\", shape = circle];"
                        "  v0 [label = \"less\"];"
                        "  x0 -> v0;"
                        "  c0_1 [label = \"3\", shape = plaintext];"
                        "  c0_1 -> v0;"
                        "  v1 [label = \"multiply\"];"
                        "  x0 -> v1;"
                        "  c1_1 [label = \"2\", shape = plaintext];"
                        "  c1_1 -> v1;"
                        "  y0 [label = \"y0\", shape = doublecircle];"
                        "  v1 -> y0;"
                        "  y1 [label = \"y1\", shape = doublecircle];"
                        "  c_y1 [label = \"7\", shape = plaintext];"
                        "  c_y1 -> y1;"
                        "  v0 [color = red];"
                        "}"
                        "" ]
                  )
              Expect.equal ((AD.compile f (Real 1.0)).ToDot()) expected "dot" ]

[<Tests>]
let tests = testList "compiled functions" [ structures; operators; guards; edges; again; pictures ]
