/// Derivatives of any order: right wherever they are doubles, the same whichever way they are computed, at the ends of domains too.
module FuncAD.Tests.OrderTests

open System
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

let private nth (n: int) (f: Real -> Real) (x: float) = (AD.diffn n f (real x)).Value

/// The derivative of a derivative of ..., each by an operator of its own.
let private nested (n: int) (f: Real -> Real) (x: float) : float =
    let mutable derivative = f
    for _ in 1..n do
        let lower = derivative
        derivative <- AD.diff lower
    (derivative (real x)).Value

/// n! / scale^(n + 1), factor by factor, so that neither the factorial nor the power is needed.
let private factorialOver (n: int) (scale: float) =
    let mutable product = 1.0 / scale
    for k in 1..n do
        product <- product * (float k / scale)
    product

/// The second and third derivatives in every mode, nesting and compiled form.
let private higher (f: Real -> Real) (x: float) : (string * float) list * (string * float) list =
    let d, g = AD.diff, AD.grad
    let series n (f: Real -> Real) x = (Taylor.derivatives n f x)[n]
    let hessian (f: Real -> Real) x = (AD.hessian (fun (x: Real[]) -> f x[0]) [| x |])[0, 0]
    let compiled (operator: (Real -> Real) -> Real -> Real) f x = (AD.compile (operator f) (real 0.4)).Invoke x
    let all operators = [ for name, operator in operators -> name, (operator f (real x): Real).Value ]
    all
        [ "forward over forward", d << d
          "forward over reverse", d << g
          "reverse over forward", g << d
          "reverse over reverse", g << g
          "Diff(f, 2)", AD.diffn 2
          "a series", series 2
          "forward over a series", d << series 1
          "a series over reverse", series 1 << g
          "the Hessian", hessian
          "the Hessian's product", (fun f x -> AD.hvp f x (real 1.0))
          "compiled, forward", compiled (d << d)
          "compiled, reverse", compiled (g << g)
          "compiled, a series", compiled (series 2) ],
    all
        [ "forward", d << d << d
          "reverse", g << g << g
          "forward over reverse over forward", d << g << d
          "reverse over forward over reverse", g << d << g
          "Diff(f, 3)", AD.diffn 3
          "a series", series 3
          "reverse over the Hessian", g << hessian
          "forward over the Hessian", d << hessian
          "compiled, forward", compiled (d << d << d)
          "compiled, reverse", compiled (g << g << g)
          "compiled, a series", compiled (series 3) ]

[<Tests>]
let tests =
    testList
        "orders"
        [ testCase "high orders are right wherever they are doubles" (fun () ->
              let sines n = [| sin 1.0; cos 1.0; -(sin 1.0); -(cos 1.0) |][n % 4]
              for n in [ 5; 90; 171; 172; 300; 1000 ] do
                  expectSame (sines n) (nth n sin 1.0) $"sin, {n}"
                  let growth = Math.Pow(1e-3, float n) * exp 1e-3
                  expectClose (4.0 * float n) growth (nth n (fun x -> exp (x / 1000.0)) 1.0) $"exp(x / 1000), {n}"
              for n in [ 5; 90; 171; 500 ] do
                  expectClose (8.0 * float n) (0.5 * sines n) (nth n (fun x -> sin (x / 2.0) * cos (x / 2.0)) 1.0) $"a product, {n}"
                  expectClose
                      (8.0 * float n)
                      (2.0 * factorialOver n 2.0)
                      (nth n (fun x -> 1.0 / (1.0 - x / 2.0)) 0.0)
                      $"1 / (1 - x / 2), {n}"
                  expectClose
                      (8.0 * float n)
                      (1000.0 * factorialOver n 1000.0)
                      (nth n (fun x -> 1.0 / (1.0 - x / 1000.0)) 0.0)
                      $"1 / (1 - x / 1000), {n}"
              expectClose 1000.0 -(factorialOver 169 3.0) (nth 170 log 3.0) "log, 170")

          testCase "a polynomial's derivatives beyond its degree are 0" (fun () ->
              for n in [ 3; 5; 6; 20; 171; 500 ] do
                  expectSame 0.0 (nth n (fun x -> x * x) 3.0) $"x x, {n}"
                  expectSame 0.0 (nth n (fun x -> Real.Pow(x, 2)) 3.0) $"x^2, {n}"
                  expectSame 0.0 (nth n (fun x -> 2.0 * x - 1.0) 3.0) $"2 x - 1, {n}"
                  expectSame 0.0 (nth n (fun _ -> real 3.0) 3.0) $"3, {n}"
              expectSame 720.0 (nth 6 (fun x -> x * x * x * x * x * x) 3.0) "x^6, 6"
              expectSame 0.0 (nth 7 (fun x -> x * x * x * x * x * x) 3.0) "x^6, 7")

          testCase "coefficients are right where the derivatives are no doubles" (fun () ->
              let series = AD.taylor 400 (fun x -> 1.0 / (1.0 - x)) (real 0.0) |> values
              Expect.all series ((=) 1.0) "1 / (1 - x)"
              let series = AD.taylor 300 (fun x -> exp (100.0 * x)) (real 0.0) |> values
              let mutable expected = 1.0
              for k in 1..300 do
                  expected <- expected * (100.0 / float k)
                  expectClose 1000.0 expected series[k] $"exp(100 x), {k}")

          testCase "orders 0 and 1" (fun () ->
              expectSame (sin 2.0) (nth 0 sin 2.0) "0"
              expectSame (cos 2.0) (nth 1 sin 2.0) "1"
              Expect.equal (AD.taylor 0 sin (real 2.0) |> values) [| sin 2.0 |] "Taylor, 0"
              thrown<ArgumentNullException>(fun () -> AD.diffn 0 Unchecked.defaultof<_> (real 1.0) |> ignore) |> ignore)

          for rule in unaries do
              testCase $"{rule.Label}: orders 1 to 6 by series are nested derivatives" (fun () ->
                  let random = random (rule.Label + " orders")
                  for _ in 1..3 do
                      let x = rule.Domain.Low + (rule.Domain.High - rule.Domain.Low) * random.NextDouble()
                      let derivatives = Taylor.derivatives 6 rule.On (real x) |> values
                      let coefficients = Taylor.coefficients 6 rule.On (real x) |> values
                      let nesteds = Array.init 7 (fun n -> nested n rule.On x)
                      // Each order may lose, by cancellation, what is small against the terms: these grow as the function's neighbours do.
                      let size = nesteds |> Array.map abs |> Array.max
                      let mutable factorial = 1.0
                      for n in 0..6 do
                          if n > 0 then factorial <- factorial * float n
                          expectWithin (Math.ScaleB(size, -30)) nesteds[n] derivatives[n] $"order {n} at {text x}"
                          expectWithin (Math.ScaleB(size, -30)) nesteds[n] (factorial * coefficients[n]) $"coefficient {n} at {text x}")

          testCase "a power of a power needs no more work than its order squared, many times" (fun () ->
              // x^x by 60-digit arithmetic (mpmath); its slopes are a family in two directions
              expectClose 1e5 1.1442967574726738e33 (nth 40 (fun x -> x ** x) 2.0) "x^x, 40")

          testCase "second and third derivatives at the ends of the domains are the same in every mode" (fun () ->
              let inf = infinity
              let functions: (string * (Real -> Real) * float list) list =
                  [ for rule in unaries do
                        if rule.Label <> "cube" then
                            rule.Label, rule.On, [ yield! rule.Edges |> List.map _.At; yield! [ 0.0; -0.0; 1.0; -1.0 ] ]
                    "x ** 0.5", (fun x -> x ** real 0.5), [ 0.0; inf ]
                    "x ** 1.5", (fun x -> x ** real 1.5), [ 0.0 ]
                    "0 ** x", (fun x -> real 0.0 ** x), [ 0.0; 1.0; -1.0 ]
                    "1 / x", (fun x -> 1.0 / x), [ 0.0; -0.0; inf ]
                    "the root of a multiple", (fun x -> Real.Sqrt(2.0 * x)), [ 0.0 ]
                    "the logarithm of a multiple", (fun x -> Real.Log(x / 3.0)), [ 0.0 ]
                    "the logarithm to a base", (fun x -> Real.Log(x, real 3.0)), [ 0.0 ]
                    "a structural zero beside an infinite slope", (fun x -> Real.Max(Real.Sqrt x, x - 1.0 + 2.0)), [ 0.0 ]
                    "a tie of infinite slopes", (fun x -> Real.Max(Real.Sqrt x, Real.Sqrt x)), [ 0.0 ] ]
              let differing =
                  [ for name, f, points in functions do
                        for x in points |> List.distinctBy bits do
                            let second, third = higher f x
                            for order, results in [ 2, second; 3, third ] do
                                let expected = snd results.Head
                                // where all is finite, the modes may round differently
                                for mode, actual in results.Tail do
                                    let isFinite = Double.IsFinite expected && Double.IsFinite actual
                                    if
                                        not (same expected actual)
                                        && not (isFinite && abs (expected - actual) <= 1e-9 * max 1.0 (abs expected))
                                    then
                                        $"{name}, order {order} at {text x}: {fst results.Head} {text expected}, {mode} {text actual}" ]
              if not differing.IsEmpty then failtest (String.Join("\n", List.truncate 40 differing)))

          testCase "what has no series is nested: structured custom rules and arrays, also where f catches exceptions" (fun () ->
              let product = AD.customPullback "product" (fun (x: Real[]) -> x[0] * x[1]) (fun x _ w -> [| w * x[1]; w * x[0] |])
              for n in [ 2; 5; 6 ] do
                  let expected = nested n (fun x -> x * x * sin x) 0.7
                  expectClose 1e4 expected (nth n (fun x -> product [| x * x; sin x |]) 0.7) $"a custom rule, {n}"
                  let series = AD.taylor n (fun x -> product [| x * x; sin x |]) (real 0.7)
                  expectClose 1e4 (nested 2 (fun x -> x * x * sin x) 0.7 / 2.0) series[2].Value $"a custom rule's coefficient, {n}"
                  let caught x =
                      try
                          product [| x * x; sin x |]
                      with _ ->
                          real 0.0
                  expectClose 1e4 expected (nth n caught 0.7) $"a custom rule and a catch, {n}"
                  let array (x: Real) = (Tensor.stack [| x * x |] * Tensor.stack [| sin x |]).[0]
                  let caught x =
                      try
                          array x
                      with :? NotSupportedException ->
                          real 0.0
                  expectClose 1e4 expected (nth n caught 0.7) $"an array and a catch, {n}")

          testCase "inside other operators and compiled" (fun () ->
              let f (x: Real) = sin (x * x) / (1.0 + x)
              for n in [ 2; 4; 5; 7 ] do
                  let next = nth (n + 1) f 0.6
                  for name, outer in [ "forward", AD.diff; "reverse", AD.grad; "a series", (fun f x -> (Taylor.derivatives 1 f x)[1]) ] do
                      expectClose 1e6 next (outer (AD.diffn n f) (real 0.6)).Value $"{name} over order {n}"
                  expectClose 1e6 next (nth n (AD.diff f) 0.6) $"order {n} over forward"
                  expectClose 1e6 next (nth n (AD.grad f) 0.6) $"order {n} over reverse"
                  expectSame (nth n f 0.6) ((AD.compile (AD.diffn n f) (real 0.1)).Invoke(real 0.6)).Value $"order {n} compiled"
                  let captured (y: Real) = AD.diffn n (fun x -> x * f (x * y)) (real 0.5)
                  expectClose 1e6 (nested 1 captured 0.6) (AD.grad captured (real 0.6)).Value $"order {n} with a captured number")

          testCase "the Laplacian of a long program" (fun () ->
              let f (x: Real[]) =
                  let mutable y = x[0]
                  for _ in 1..20000 do
                      y <- y + 1e-4 * x[1] * y
                  y
              let growth = 1.0 + 1e-4 * 0.5
              let expected = 0.3 * 20000.0 * 19999.0 * 1e-8 * Math.Pow(growth, 19998.0)
              expectClose 1e6 expected (AD.laplacian f (reals [| 0.3; 0.5 |])).Value "x0 (1 + x1 / 10^4)^20000")

          // Right numbers by mpmath at 120 digits. Bounds: what the recurrence of u^c loses over forty orders, with room for a hundred times as much.
          testCase "powers keep their digits at high orders" (fun () ->
              for name, f, x, order, expected, bound in
                  [ "(1 + x^2)^-2", (fun (x: Real) -> Real.Pow(1.0 + x * x, -2)), 1.0, 40, 2.384185791015625e-7, 1e-12
                    "(x^2)^0.1", (fun (x: Real) -> Real.Pow(x * x, 0.1)), 0.6, 40, -1391265.6978863367, 1e-11
                    "(e^x)^2.5", (fun (x: Real) -> Real.Pow(exp x, 2.5)), 1.0, 40, 1.2350697460555534e-31, 1e-6
                    "fifth root of x^2", (fun (x: Real) -> Real.RootN(x * x, 5)), 1.5, 40, -1.6446535164352143e-10, 1e-11
                    "(e^x)^x", (fun (x: Real) -> Real.Pow(exp x, x)), 1.0, 40, 2.7892365082363795e-15, 1e-11
                    "(x^2)^cos x", (fun (x: Real) -> Real.Pow(x * x, cos x)), 0.6, 20, 0.047500386225955707, 1e-8 ] do
                  let series: Real[] = AD.taylor order f (real x)
                  expectWithin (bound * abs expected) expected series[order].Value name
                  // the other scaling, whose weights are binomial coefficients
                  let factorial = Seq.fold (fun product k -> product * float k) 1.0 (seq { 1..order })
                  expectWithin (bound * abs expected * factorial) (expected * factorial) (nth order f x) $"{name}, the derivative")

          testCase "whole powers of polynomials end" (fun () ->
              for c in [ 1; 2; 3; 4; 5; 9; 30 ] do
                  let f (x: Real) = Real.Pow(x * x + 1.0, c)
                  for x in [ 1.5; 0.0 ] do
                      let series = AD.taylor (2 * c + 40) f (real x)
                      expectClose 1e4 1.0 series[2 * c].Value $"the last, {c} at {x}"
                      for k in 2 * c + 1 .. 2 * c + 40 do
                          expectSame 0.0 series[k].Value $"{c} at {x}: {k}"
                      expectSame 0.0 (AD.diffn (2 * c + 200) f (real x)).Value $"a derivative, {c} at {x}")

          // Where the exponent is differentiated, or a parameter of a program, nobody knows that it is whole.
          testCase "powers with a whole exponent that is not known end" (fun () ->
              for p in [ 2.0; 3.0; 7.0 ] do
                  for x in [ 0.001; 1.0; 1.5 ] do
                      for order in [ int p + 1; 8; 30 ] do
                          let f (p: Real) = AD.diffn order (fun t -> Real.Pow(t, p)) (real x)
                          let program = AD.compile f (real 0.75)
                          expectEqual 0.0 (AD.valueAndGrad f (real p) |> fst).Value $"order {order} of {x}^{p} in reverse mode"
                          expectEqual 0.0 (AD.jvp f (real p) (real 1.0) |> fst).Value $"order {order} of {x}^{p} in forward mode"
                          expectEqual 0.0 (program.Invoke(real p)).Value $"order {order} of {x}^{p} compiled")

          testCase "a thread's stack that is too small for an order is an error" (fun () ->
              let mutable error: exn = null
              let work () =
                  try
                      AD.taylor 5000 (fun x -> Special.besselJ 0 x) (real 2.0) |> ignore
                  with e ->
                      error <- e
              let thread = Threading.Thread(work, 1 <<< 18)
              thread.Start()
              thread.Join()
              Expect.isTrue (error :? InvalidOperationException) $"{error}") ]
