/// The conventions at the edges, each in every mode and nested.
module FuncAD.Tests.ConventionTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// A slope in every mode; nested, it is the primal of the inner derivative.
let private slopes (f: Real -> Real) (x: float) =
    let x = real x
    [ "forward", AD.diff f x
      "reverse", AD.grad f x
      "Taylor", (AD.taylor 1 f x)[1]
      "forward under forward", fst (AD.jvp (AD.diff f) x (real 1.0))
      "forward under reverse", fst (AD.valueAndGrad (AD.diff f) x)
      "reverse under forward", fst (AD.jvp (AD.grad f) x (real 1.0))
      "reverse under reverse", fst (AD.valueAndGrad (AD.grad f) x)
      "Taylor under forward", fst (AD.jvp (fun x -> (AD.taylor 1 f x)[1]) x (real 1.0)) ]

let private slopeIs (expected: float) (f: Real -> Real) (x: float) (what: string) =
    for mode, actual in slopes f x do
        expectEqual expected actual.Value $"{what}, {mode}"

/// The gradient of a function of several numbers, by rows, by columns, and nested.
let private gradientIs (expected: float list) (f: Real[] -> Real) (x: float list) (what: string) =
    let x = reals (Array.ofList x)
    let unit' i = Array.init x.Length (fun j -> real (if i = j then 1.0 else 0.0))
    let check mode (g: Real[]) = List.iteri (fun i e -> expectEqual e g[i].Value $"{what}, {mode}, entry {i}") expected
    check "reverse" (AD.grad f x)
    check "forward" (x |> Array.mapi (fun i _ -> snd (AD.jvp f x (unit' i))))
    check "reverse under forward" (fst (AD.jvp (AD.grad f) x (unit' 0)))
    check "reverse under reverse" (fst (AD.vjp (AD.grad f) x))
    check "forward under forward" (x |> Array.mapi (fun i _ -> fst (AD.jvp (fun x -> snd (AD.jvp f x (unit' i))) x (unit' 0))))
    let along i (t: Real) = f (Array.mapi (fun j xj -> if i = j then t else xj) x)
    check "Taylor" (x |> Array.mapi (fun i xi -> (AD.taylor 1 (along i) xi)[1]))

let private inf = Double.PositiveInfinity

[<Tests>]
let tests =
    testList
        "conventions"
        [ testCase "abs and sign at 0" (fun () ->
              slopeIs 0.0 Real.Abs 0.0 "abs'(0)"
              slopeIs 0.0 Real.Abs -0.0 "abs'(-0)"
              slopeIs 1.0 Real.Abs 1e-300 "abs'(tiny)"
              slopeIs -1.0 abs -3.0 "F#'s abs"
              Expect.equal (Real.Sign(real 0.0)) 0 "sign(0)")

          testCase "max and min at a tie: half of each" (fun () ->
              for choose in [ Real.Max; Real.Min; Real.MaxMagnitude; Real.MinMagnitude; Real.MaxNumber; Real.MinNumber ] do
                  gradientIs [ 0.5; 0.5 ] (fun x -> choose (x[0], x[1])) [ 2.0; 2.0 ] "tie"
                  slopeIs 1.0 (fun x -> choose (x, x)) 2.0 "of a number with itself"
                  slopeIs 0.5 (fun x -> choose (x, real 2.0)) 2.0 "with a constant"
              gradientIs [ 0.5; 0.5 ] (fun x -> Real.Max(x[0], x[1])) [ 0.0; -0.0 ] "tie of zeros"
              gradientIs [ 0.5; 0.5 ] (fun x -> Real.Max(x[0], x[1])) [ inf; inf ] "tie of infinities"
              gradientIs [ 0.0; 1.0 ] (fun x -> max x[0] x[1]) [ 1.0; 2.0 ] "F#'s max"
              gradientIs [ 1.0; 0.0 ] (fun x -> min x[0] x[1]) [ 1.0; 2.0 ] "F#'s min"
              // half of each of the second derivatives too
              let h = AD.hessian (fun x -> Real.Max(x[0] * x[0], x[1] * x[1])) [| real 1.0; real 1.0 |]
              expectEqual 1.0 h[0, 0].Value "tie, second derivative"
              expectEqual 0.0 h[0, 1].Value "tie, mixed second derivative")

          testCase "roots at 0" (fun () ->
              slopeIs inf Real.Sqrt 0.0 "sqrt'(0)"
              slopeIs inf sqrt -0.0 "sqrt'(-0)"
              slopeIs inf Real.Cbrt 0.0 "cbrt'(0)"
              slopeIs inf (fun x -> Real.Pow(x, 0.5)) 0.0 "(x^0.5)'(0)")

          testCase "powers" (fun () ->
              for x in [ 0.0; -0.0; 3.0; -2.0 ] do
                  slopeIs 0.0 (fun x -> Real.Pow(x, 0)) x "x^0"
                  slopeIs 0.0 (fun x -> x ** real 0.0) x "x ** 0"
                  expectEqual 1.0 (Real.Pow(real x, 0)).Value "x^0"
              slopeIs 1.0 (fun x -> Real.Pow(x, 1)) 0.0 "x^1 at 0"
              slopeIs 0.0 (fun x -> Real.Pow(x, 2)) 0.0 "x^2 at 0"
              slopeIs 12.0 (fun x -> Real.Pow(x, 3)) -2.0 "x^3 at -2"
              slopeIs 12.0 (fun x -> x ** real 3.0) -2.0 "x ** 3 at -2"
              slopeIs -0.25 (fun x -> Real.Pow(x, -1)) -2.0 "x^-1 at -2"
              for n in 0..6 do
                  // the chain of derivatives of a whole power ends in zeros, not in NaN
                  let series = AD.taylor 8 (fun x -> Real.Pow(x, n)) (real 0.0) |> values
                  for k in 0..8 do
                      expectEqual (if k = n then 1.0 else 0.0) series[k] $"coefficient {k} of x^{n} at 0"
                  let rec nested k (f: Real -> Real) = if k = 0 then f else AD.diff (nested (k - 1) f)
                  for k in 1..6 do
                      let factorial = if k = n then Seq.fold (*) 1.0 [ 1.0 .. float n ] else 0.0
                      expectEqual factorial (nested k (fun x -> Real.Pow(x, n)) (real 0.0)).Value $"derivative {k} of x^{n} at 0")

          testCase "the slope of x^y in y at x = 0" (fun () ->
              slopeIs 0.0 (fun y -> Real.Pow(real 0.0, y)) 2.0 "d(0^y)/dy, y > 0"
              gradientIs [ 0.0; 0.0 ] (fun x -> Real.Pow(x[0], x[1])) [ 0.0; 2.0 ] "x^y at (0, 2)"
              gradientIs [ 1.0; 0.0 ] (fun x -> Real.Pow(x[0], x[1])) [ 0.0; 1.0 ] "x^y at (0, 1)"
              gradientIs [ 12.0; 8.0 * Math.Log 2.0 ] (fun x -> x[0] ** x[1]) [ 2.0; 3.0 ] "x^y at (2, 3)")

          testCase "steps are constants" (fun () ->
              for step in [ Real.Floor; Real.Ceiling; Real.Truncate; Real.Round; floor; ceil; round; truncate ] do
                  slopeIs 0.0 step 1.5 "step"
                  slopeIs 0.0 step 2.0 "step at a whole number"
                  // a structural zero: it does not turn into NaN at an infinite slope
                  slopeIs 0.0 (fun x -> sqrt (step x)) 0.0 "sqrt of a step at 0")

          testCase "a structural zero tangent meets an infinite slope" (fun () ->
              let f (x: Real[]) = sqrt x[0] + x[1] * x[1]
              let _, tangent = AD.jvp f (reals [| 0.0; 3.0 |]) (reals [| 0.0; 1.0 |])
              expectEqual 6.0 tangent.Value "forward"
              gradientIs [ inf; 6.0 ] f [ 0.0; 3.0 ] "both"
              // cotangents: what was computed and not used, and what a choice did not choose
              gradientIs
                  [ 0.0; 1.0 ]
                  (fun x ->
                      (sqrt x[0] |> ignore)
                      x[1])
                  [ 0.0; 3.0 ]
                  "not used"
              gradientIs [ 0.0; 1.0 ] (fun x -> Real.Max(sqrt x[0], x[1])) [ 0.0; 3.0 ] "not chosen"
              // with frames on top of the one that is passed over
              gradientIs
                  [ 0.0; 2.0 ]
                  (fun x ->
                      (sqrt x[0] |> ignore)
                      x[1] * 2.0)
                  [ 0.0; 3.0 ]
                  "not used, below the result"
              gradientIs [ 0.0; 2.0 ] (fun x -> Real.Max(sqrt x[0], x[1] * 2.0)) [ 0.0; 3.0 ] "not chosen, below the result"
              gradientIs [ 0.0; 4.0 ] (fun x -> Real.Max(sqrt x[0] * x[1], x[1] * 2.0) * 2.0) [ 0.0; 3.0 ] "not chosen, two frames"
              gradientIs [ 0.0; 1.0 ] (fun x -> if x[1].Value > 1.0 then x[1] else sqrt x[0]) [ 0.0; 3.0 ] "the branch that did not run"
              let h = AD.hessian f (reals [| 0.0; 3.0 |])
              expectEqual 2.0 h[1, 1].Value "second derivative beside it"
              expectEqual 0.0 h[0, 1].Value "mixed second derivative"
              expectEqual 0.0 h[1, 0].Value "mixed second derivative"
              let pullback = AD.vjp (fun (x: Real[]) -> [| sqrt x[0]; x[1] |]) (reals [| 0.0; 3.0 |]) |> snd
              let w = pullback (reals [| 0.0; 2.0 |]) |> values
              expectEqual 0.0 w[0] "a zero cotangent"
              expectEqual 2.0 w[1] "a zero cotangent, the other entry")

          testCase "a computed zero is a number like others" (fun () ->
              // the derivative of sqrt(x^2) at 0 is infinity times 0
              for mode, actual in slopes (fun x -> sqrt (x * x)) 0.0 do
                  Expect.isTrue (Double.IsNaN actual.Value) $"sqrt(x^2)'(0), {mode}")

          testCase "domain errors are NaN or infinity" (fun () ->
              for f, x in [ (fun (x: Real) -> log x), -1.0; sqrt, -1.0; asin, 2.0; Real.Acosh, 0.5; Real.Atanh, 2.0 ] do
                  Expect.isTrue (Double.IsNaN (f (real x)).Value) "value"
                  slopes f x |> ignore
              slopeIs inf log 0.0 "log'(0)"
              slopeIs -inf (fun (x: Real) -> 1.0 / x) 0.0 "(1/x)'(0)")

          testCase "clamp" (fun () ->
              let clamp (x: Real[]) = Real.Clamp(x[0], x[1], x[2])
              gradientIs [ 1.0; 0.0; 0.0 ] clamp [ 0.5; 0.0; 1.0 ] "between"
              gradientIs [ 0.0; 1.0; 0.0 ] clamp [ -0.5; 0.0; 1.0 ] "below"
              gradientIs [ 0.0; 0.0; 1.0 ] clamp [ 1.5; 0.0; 1.0 ] "above"
              gradientIs [ 0.5; 0.5; 0.0 ] clamp [ 0.0; 0.0; 1.0 ] "at the lower bound"
              gradientIs [ 0.5; 0.0; 0.5 ] clamp [ 1.0; 0.0; 1.0 ] "at the upper bound"
              for x in specials do
                  expectSame (Math.Clamp(x, -1.0, 1.0)) (Real.Clamp(real x, real -1.0, real 1.0)).Value $"clamp({text x})"
              (thrown<ArgumentException>(fun () -> Real.Clamp(real 0.0, real 1.0, real -1.0) |> ignore)).Message |> expectMentions [ "1" ])

          testCase "copySign" (fun () ->
              gradientIs [ 1.0; 0.0 ] (fun x -> Real.CopySign(x[0], x[1])) [ 2.0; 3.0 ] "same signs"
              gradientIs [ -1.0; 0.0 ] (fun x -> Real.CopySign(x[0], x[1])) [ 2.0; -3.0 ] "other sign"
              gradientIs [ -1.0; 0.0 ] (fun x -> Real.CopySign(x[0], x[1])) [ 2.0; -0.0 ] "minus zero"
              gradientIs [ 1.0; 0.0 ] (fun x -> Real.CopySign(x[0], x[1])) [ -2.0; -0.0 ] "minus zero, same sign"
              for x, y in Seq.allPairs specials specials do
                  if not (Double.IsNaN x) then
                      expectSame (Math.CopySign(x, y)) (Real.CopySign(real x, real y)).Value $"copySign({text x}, {text y})")

          testCase "lerp" (fun () ->
              let lerp (x: Real[]) = Real.Lerp(x[0], x[1], x[2])
              gradientIs [ 0.75; 0.25; 3.0 ] lerp [ 2.0; 5.0; 0.25 ] "lerp"
              let h = AD.hessian lerp (reals [| 2.0; 5.0; 0.25 |])
              for i, j, expected in [ 0, 2, -1.0; 1, 2, 1.0; 0, 1, 0.0; 2, 2, 0.0; 0, 0, 0.0 ] do
                  expectEqual expected h[i, j].Value $"lerp, second derivative {i} {j}")

          testCase "fused multiply-add at its edges" (fun () ->
              let fma (x: Real[]) = Real.FusedMultiplyAdd(x[0], x[1], x[2])
              gradientIs [ 3.0; 2.0; 1.0 ] fma [ 2.0; 3.0; 5.0 ] "all different"
              slopeIs 7.0 (fun x -> Real.FusedMultiplyAdd(x, x, x)) 3.0 "x x + x"
              slopeIs 6.0 (fun x -> Real.FusedMultiplyAdd(x, x, real 1.0)) 3.0 "x x + 1"
              let big = 1.0 + Math.ScaleB(1.0, -30)
              expectSame
                  (Math.FusedMultiplyAdd(big, big, -1.0))
                  (AD.jvp (fun x -> Real.FusedMultiplyAdd(x, x, real -1.0)) (real big) (real 1.0) |> fst).Value
                  "rounded once"
              // 0 * infinity, where the 0 is structural: the argument is a constant
              slopeIs 1.0 (fun c -> Real.FusedMultiplyAdd(real inf, real 1.0, c)) 2.0 "infinite constant factor")

          testCase "hypot and atan2 at the origin" (fun () ->
              gradientIs [ 0.0; 0.0 ] (fun x -> Real.Hypot(x[0], x[1])) [ 0.0; 0.0 ] "hypot"
              let g = AD.grad (fun (x: Real[]) -> Real.Atan2(x[0], x[1])) (reals [| 0.0; 0.0 |])
              Expect.isTrue (Double.IsNaN g[0].Value || Double.IsInfinity g[0].Value) "atan2 has no slope at the origin"
              gradientIs [ 1e-200 * 0.5; -1e-200 * 0.5 ] (fun x -> Real.Atan2(x[0], x[1])) [ 1e200; 1e200 ] "no overflow")

          // It is computed otherwise where second derivatives may be taken: by another formula, which has its own slopes.
          testCase "logSumExp has its gradient on numbers of a level, too" (fun () ->
              for xs in [ [| 0.0; -50.0 |]; [| 1.0; 800.0; 0.5 |]; [| 0.3; 0.3; -1.0 |]; [| 2.0; 1.0; 1.5 |]; [| -3.0; -40.0; -39.0 |] ] do
                  let plain = AD.grad Sums.logSumExp (reals xs) |> values
                  let inForward = AD.jvp (AD.grad Sums.logSumExp) (reals xs) (reals (Array.create xs.Length 1.0)) |> fst |> values
                  let inReverse = AD.vjp (AD.grad Sums.logSumExp) (reals xs) |> fst |> values
                  for index in 0 .. xs.Length - 1 do
                      // the largest weight is 1 less the others in one formula, and a quotient in the other
                      expectClose 8.0 plain[index] inForward[index] $"slope {index} of {xs}, forward over reverse"
                      expectClose 8.0 plain[index] inReverse[index] $"slope {index} of {xs}, reverse over reverse")

          testCase "logSumExp neither overflows nor loses small terms" (fun () ->
              let g = AD.grad Sums.logSumExp (reals [| 1000.0; 1000.0 |]) |> values
              expectClose 4.0 0.5 g[0] "equal"
              expectClose 4.0 (1000.0 + Math.Log 2.0) (Sums.logSumExp (reals [| 1000.0; 1000.0 |])).Value "value"
              let g = AD.grad Sums.logSumExp (reals [| 0.0; -50.0 |]) |> values
              expectClose 4.0 (Math.Exp -50.0) g[1] "small term"
              expectEqual -inf (Sums.logSumExp [||]).Value "of nothing"
              let g = AD.grad Sums.logSumExp (reals [| Double.NegativeInfinity; 1.0 |]) |> values
              expectEqual 0.0 g[0] "of -infinity"
              expectEqual 1.0 g[1] "beside -infinity")

          testCase "derivatives that would cancel or overflow in a careless formula" (fun () ->
              let slope (f: Real -> Real) x = let slope = AD.diff f (real x) in slope.Value
              expectClose 32.0 (4.0 * Math.Exp -40.0) (slope Real.Tanh 20.0) "tanh'(20)"
              expectClose 8.0 1.0 (slope Real.LogP1 1e-300) "logP1'"
              expectSame 1e-300 (Real.LogP1(real 1e-300)).Value "logP1 of a tiny number"
              expectSame 1e-300 (Real.ExpM1(real 1e-300)).Value "expM1 of a tiny number"
              expectClose 32.0 (Math.Exp -50.0) (slope Rules.Exponentials.sigmoid 50.0) "sigmoid'(50)"
              expectClose 8.0 1.0 (slope Rules.Exponentials.softplus 800.0) "softplus'(800)"
              expectClose 8.0 0.6 (AD.grad (fun x -> Real.Hypot(x, real 4e200)) (real 3e200)).Value "hypot'") ]
