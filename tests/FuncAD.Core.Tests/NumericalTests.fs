/// Difference quotients and the complex step: their errors are those that theory gives them.
module FuncAD.Tests.NumericalTests

open System
open System.Numerics
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private all = [ Difference.Forward; Difference.Central; Difference.Extrapolated ]

/// The truncation error at x for f = exp, whose derivatives are all e^(x + h) at most, by Taylor's theorem: h/2 f'', h^2/6 f''',
/// h^4/480 f^(5); and the rounding error: each value is off by at most 1 ulp, 2 u f, and the weights of the values add up to 2/h, 1/h and
/// 3/h; at most 8 more roundings.
let private bound (difference: Difference) (x: float) (h: float) =
    let top = Math.Exp(x + h)
    let truncation, weights =
        match difference with
        | Difference.Forward -> h / 2.0, 2.0 / h
        | Difference.Central -> h * h / 6.0, 1.0 / h
        | _ -> h ** 4.0 / 480.0, 3.0 / h
    top * (truncation + 2.0 * u * weights + 8.0 * u)

[<Tests>]
let tests =
    testList
        "numerical derivatives"
        [ testCase "errors stay within theory, and reach it" (fun () ->
              for difference in all do
                  for x in [ 0.0; 0.5; -1.0; 3.0 ] do
                      for k in 1..15 do
                          let h = Math.Pow(10.0, -float k)
                          let slope = Numerical.derivative difference h Math.Exp x
                          expectWithin (bound difference x h) (Math.Exp x) slope $"{difference} of exp at {x}, step {h}"
              // of the right order, and no better: the leading term, at a step where it rules
              let error difference = Numerical.derivative difference 0.01 Math.Exp 0.0 - 1.0
              expectWithin 2e-5 0.005 (error Difference.Forward) "h/2"
              expectWithin 1e-9 (0.01 ** 2.0 / 6.0) (error Difference.Central) "h^2/6"
              expectWithin 2e-13 (-(0.01 ** 4.0) / 480.0) (error Difference.Extrapolated) "-h^4/480")

          testCase "the quotient divides by the distance of the places" (fun () ->
              // exact values: the slope of a line has no error, whatever the step rounds to
              for difference in all do
                  for x in [ 0.1; 1e6; -3.0 ] do
                      expectSame 1.0 (Numerical.derivative difference 1e-3 id x) $"{difference} at {x}")

          testCase "gradients, one argument after the other, on arrays of their own" (fun () ->
              let f (x: float[]) =
                  let y = x[0] * x[0] * x[1]
                  x[0] <- nan
                  y
              for difference in all do
                  let gradient = Numerical.gradient difference 1e-3 f [| 2.0; 3.0 |]
                  // quadratic in x, linear in y: forward differences are off by h/2 * 2y
                  expectWithin (if difference = Difference.Forward then 3.1e-3 else 1e-11) 12.0 gradient[0] $"{difference}, x"
                  expectWithin 1e-11 4.0 gradient[1] $"{difference}, y")

          // Each of f's operations is right to a few units; nothing is subtracted.
          testCase "the complex step is as accurate as f" (fun () ->
              let f (z: Complex) = Complex.Sin(z * z) * Complex.Exp z / (z + Complex.One)
              let real (x: Real) = sin (x * x) * exp x / (x + Real 1.0)
              for x in [ 0.5; -0.3; 2.0 ] do
                  let slope = AD.diff real (Real x) |> value
                  for h in [ 1e-20; 1e-50; 1e-100 ] do
                      expectWithin (32.0 * u * max 1.0 (abs slope)) slope (Numerical.complexDerivative h f x) $"at {x}, step {h}"
              let gradient = Numerical.complexGradient 1e-50 (fun (z: Complex[]) -> z[0] * z[0] * z[1]) [| 2.0; 3.0 |]
              expectSame 12.0 gradient[0] "x"
              expectSame 4.0 gradient[1] "y")

          testCase "which functions of Complex carry a tiny imaginary part" (fun () ->
              let carry: (string * (Complex -> Complex) * (Real -> Real)) list =
                  [ "Exp", Complex.Exp, Real.Exp
                    "Log", Complex.Log, Real.Log
                    "Sin", Complex.Sin, Real.Sin
                    "Cos", Complex.Cos, Real.Cos
                    "Tan", Complex.Tan, Real.Tan
                    "Sinh", Complex.Sinh, Real.Sinh
                    "Cosh", Complex.Cosh, Real.Cosh
                    "Tanh", Complex.Tanh, Real.Tanh
                    "Sqrt", Complex.Sqrt, Real.Sqrt
                    "Asin", Complex.Asin, Real.Asin
                    "Acos", Complex.Acos, Real.Acos
                    "Reciprocal", Complex.Reciprocal, (fun x -> Real 1.0 / x)
                    "Pow", (fun z -> Complex.Pow(z, 2.5)), (fun x -> Real.Pow(x, 2.5)) ]
              for name, f, real in carry do
                  for x in [ 0.2; 0.5; 0.9 ] do
                      expectClose 16.0 (AD.diff real (Real x)).Value (Numerical.complexDerivative 1e-50 f x) $"Complex.{name} at {x}")

          testCase "steps that are none, and points that are none" (fun () ->
              let square (x: float) = x * x
              for step in [ 0.0; -1e-3; nan; infinity ] do
                  for difference in all do
                      let error = thrown<ArgumentOutOfRangeException>(fun () -> Numerical.derivative difference step square 1.0 |> ignore)
                      Expect.equal error.ParamName "step" $"{step}"
                  let error = thrown<ArgumentOutOfRangeException>(fun () -> Numerical.complexDerivative step id 1.0 |> ignore)
                  Expect.equal error.ParamName "step" $"{step}"
              for difference in all do
                  let error = thrown<ArgumentOutOfRangeException>(fun () -> Numerical.derivative difference 1e-3 square 1e15 |> ignore)
                  error.Message |> expectMentions [ "x + step is x"; "0.125" ]
              thrown<ArgumentOutOfRangeException>(fun () -> Numerical.derivative (enum 7) 1e-3 square 1.0 |> ignore) |> ignore
              let empty = thrown<ArgumentException>(fun () -> Numerical.gradient Difference.Central 1e-3 Array.sum [||] |> ignore)
              empty.Message |> expectMentions [ "x is empty" ]
              let noPoint = thrown<ArgumentException>(fun () -> Numerical.complexGradient 1e-50 (fun z -> z[0]) [||] |> ignore)
              noPoint.Message |> expectMentions [ "x is empty" ]
              let nothing = thrown<ArgumentNullException>(fun () -> Numerical.gradient Difference.Central 1e-3 Array.sum null |> ignore)
              Expect.equal nothing.ParamName "x" "null"
              Expect.isTrue (Double.IsNaN(Numerical.derivative Difference.Central 1e-3 square nan)) "at NaN") ]
