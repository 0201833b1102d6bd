/// Functions handed to MathNet's optimisers, and roots by Newton's method.
module FuncAD.Tests.ObjectiveTests

open System
open Expecto
open MathNet.Numerics
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.Optimization
open MathNet.Numerics.Optimization.TrustRegion
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

let private vector (xs: float list) = Vector<float>.Build.DenseOfEnumerable xs

let private rosenbrock (x: Real[]) = (1.0 - x[0]) * (1.0 - x[0]) + 100.0 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0])

let private rosenbrockOfTensor (x: Tensor) = rosenbrock (Tensor.toReals x)

let private gradient x y = [| -2.0 * (1.0 - x) - 400.0 * x * (y - x * x); 200.0 * (y - x * x) |]
let private hessian x y = array2D [ [ 2.0 - 400.0 * (y - 3.0 * x * x); -400.0 * x ]; [ -400.0 * x; 200.0 ] ]

let private derivatives =
    testList
        "derivatives"
        [ for name, objective in [ "of numbers", Objective.ofFunction rosenbrock; "of a tensor", Objective.ofTensor rosenbrockOfTensor ] do
              testCase name
              <| fun () ->
                  let x, y = -1.2, 0.9
                  objective.EvaluateAt(vector [ x; y ])
                  expectClose 16.0 ((1.0 - x) ** 2.0 + 100.0 * (y - x * x) ** 2.0) objective.Value "value"
                  Array.iter2 (fun a b -> expectClose 64.0 a b "gradient") (gradient x y) (objective.Gradient.ToArray())
                  let h = objective.Hessian.ToArray()
                  hessian x y |> Array2D.iteri (fun i j expected -> expectClose 64.0 expected h[i, j] "Hessian")
                  Expect.isTrue (objective.IsGradientSupported && objective.IsHessianSupported) "both are offered"
          testCase "the Hessian is not transposed, nor made of one column"
          <| fun () ->
              let objective = Objective.ofFunction (fun x -> x[0] * x[0] * x[1] + 3.0 * x[1] * x[2])
              objective.EvaluateAt(vector [ 2.0; 5.0; 7.0 ])
              Expect.equal (objective.Hessian.ToArray()) (array2D [ [ 10.0; 4.0; 0.0 ]; [ 4.0; 0.0; 3.0 ]; [ 0.0; 3.0; 0.0 ] ]) "Hessian"
          testCase "each is computed when it is asked for, and once"
          <| fun () ->
              let mutable runs = 0
              let objective =
                  Objective.ofFunction (fun x ->
                      runs <- runs + 1
                      rosenbrock x)
              let count action =
                  runs <- 0
                  action ()
                  runs
              let at = vector [ 0.5; 0.5 ]
              Expect.equal (count (fun () -> objective.EvaluateAt at)) 0 "nothing yet"
              Expect.equal (count (fun () -> ignore objective.Value)) 1 "a value is a run"
              Expect.equal (count (fun () -> ignore objective.Gradient)) 1 "a gradient another"
              Expect.equal (count (fun () -> ignore (objective.Gradient, objective.Value))) 0 "kept"
              Expect.equal (count (fun () -> ignore objective.Hessian)) 1 "a Hessian one for several arguments together"
              objective.EvaluateAt(vector [ 0.6; 0.5 ])
              Expect.equal (count (fun () -> ignore (objective.Gradient, objective.Value))) 1 "a gradient brings the value"
              let fork = objective.Fork()
              Expect.equal (count (fun () -> ignore (fork.Value, fork.Gradient))) 0 "a fork keeps what is known"
          testCase "a derivative is not lost"
          <| fun () ->
              let outer (a: Real) =
                  let objective = Objective.ofFunction (fun x -> a * x[0])
                  objective.EvaluateAt(vector [ 1.0 ])
                  real objective.Value
              let error = thrown<InvalidOperationException>(fun () -> AD.diff outer (real 2.0) |> ignore)
              expectMentions [ "Objective.Of"; "StopGradient" ] error.Message
              let outer (a: Real) =
                  let objective = Objective.ofFunction (fun x -> a * x[0])
                  objective.EvaluateAt(vector [ 1.0 ])
                  real objective.Gradient[0]
              thrown<InvalidOperationException>(fun () -> AD.grad outer (real 2.0) |> ignore) |> ignore ]

let private minimizers =
    testList
        "minimisers"
        [ let start = vector [ -1.2; 1.0 ]
          for name, minimize in
              [ "BFGS", (fun objective -> BfgsMinimizer(1e-10, 1e-14, 1e-14, 1000).FindMinimum(objective, start))
                "L-BFGS", (fun objective -> LimitedMemoryBfgsMinimizer(1e-10, 1e-14, 1e-14, 10, 1000).FindMinimum(objective, start))
                "Newton", (fun objective -> NewtonMinimizer(1e-10, 100, true).FindMinimum(objective, start)) ] do
              testCase $"{name} finds Rosenbrock's minimum"
              <| fun () ->
                  for objective in [ Objective.ofFunction rosenbrock; Objective.ofTensor rosenbrockOfTensor ] do
                      let found = (minimize objective).MinimizingPoint
                      // gradients of 1e-10, or of rounding errors, over the smallest eigenvalue of the Hessian, 0.4
                      expectWithin 1e-8 1.0 found[0] name
                      expectWithin 1e-8 1.0 found[1] name ]

let private leastSquares =
    testList
        "least squares"
        [ let xs = [| for i in 0..20 -> 0.25 * float i |]
          let decay (b: Real[]) (x: float) = b[0] * exp (-b[1] * x) + b[2]
          let truth = [| 2.0; 0.7; 0.3 |]
          let exact = xs |> Array.map (fun x -> (decay (reals truth) x).Value)
          let start = vector [ 1.0; 1.0; 0.0 ]
          for name, minimize in
              [ "Levenberg-Marquardt", (fun model -> LevenbergMarquardtMinimizer(1e-3, 1e-15, 1e-15, 1e-15, 200).FindMinimum(model, start))
                "trust region, dog leg",
                (fun model -> TrustRegionDogLegMinimizer(1e-15, 1e-15, 1e-15, 1000.0, 200).FindMinimum(model, start))
                "trust region, conjugate gradients",
                (fun model -> TrustRegionNewtonCGMinimizer(1e-15, 1e-15, 1e-15, 1000.0, 200).FindMinimum(model, start)) ] do
              testCase $"{name} finds the parameters of exact data"
              <| fun () ->
                  let residuals (b: Real[]) = Array.map2 (fun x y -> decay b x - y) xs exact
                  for model in [ Objective.leastSquares decay xs exact; Objective.residuals xs.Length residuals ] do
                      let found: NonlinearMinimizationResult = minimize model
                      // The sum of squares is flat to rounding within the root of a rounding error of the answer.
                      Array.iter2 (fun a b -> expectWithin 1e-6 a b name) truth (found.MinimizingPoint.ToArray())
          testCase "the gradient is that of half the weighted sum of squares"
          <| fun () ->
              let weights = xs |> Array.map (fun x -> 1.0 + x)
              let ys = exact |> Array.mapi (fun i y -> y + 0.1 * float (i % 3))
              let sum (b: Real[]) = Array.map3 (fun w x y -> w * pown (y - decay b x) 2) weights xs ys |> Array.sum
              let model = Objective.weightedLeastSquares weights decay xs ys
              let at = [| 1.5; 0.5; 0.2 |]
              model.SetParameters(vector (List.ofArray at))
              model.EvaluateAt(vector (List.ofArray at))
              expectClose 200.0 (sum (reals at)).Value model.Value "value"
              Array.iter2 (fun a b -> expectClose 1e4 (0.5 * a) b "gradient") (AD.grad sum (reals at) |> values) (model.Gradient.ToArray())
          testCase "fewer residuals than parameters: rows in reverse mode"
          <| fun () ->
              let model = Objective.residuals 1 (fun b -> [| b[0] * b[1] - 6.0 |])
              model.SetParameters(vector [ 1.0; 2.0 ])
              model.EvaluateAt(vector [ 1.0; 2.0 ])
              expectEqual 16.0 model.Value "value"
              Expect.equal (model.Gradient.ToArray()) [| -8.0; -4.0 |] "gradient: J^T r"
          testCase "errors"
          <| fun () ->
              let error = thrown<ArgumentException>(fun () -> Objective.leastSquares decay xs exact[1..] |> ignore)
              expectMentions [ "Objective.LeastSquares"; "21"; "20" ] error.Message
              let error = thrown<ArgumentException>(fun () -> Objective.weightedLeastSquares [| 1.0 |] decay xs exact |> ignore)
              expectMentions [ "weight"; "21"; "1" ] error.Message
              let model = Objective.residuals 3 (fun b -> [| b[0] |])
              let error =
                  thrown<ArgumentException>(fun () ->
                      model.EvaluateAt(vector [ 1.0 ])
                      ignore model.Value)
              expectMentions [ "expected 3 residuals, got 1" ] error.Message
              thrown<ArgumentOutOfRangeException>(fun () -> Objective.residuals 0 id |> ignore) |> ignore ]

let private roots =
    testList
        "roots"
        [ let circleAndLine (x: Real[]) = [| x[0] * x[0] + x[1] * x[1] - 4.0; x[0] - x[1] |]
          testCase "a circle and a line meet"
          <| fun () ->
              for tolerance in [ 1e-12; 0.0 ] do
                  for x in Objective.root tolerance circleAndLine (reals [| 3.0; 1.0 |]) do
                      // an error of 1e-12 in f is one of 1e-12 / (2 sqrt 2 sqrt 2) in x at most
                      expectWithin 1e-12 (sqrt 2.0) x.Value "sqrt 2"
          testCase "steps that go too far are halved"
          <| fun () ->
              // from beyond 1.39 Newton's plain steps for the arc tangent run away
              let found = Objective.root 1e-12 (fun x -> [| atan x[0] |]) (reals [| 20.0 |])
              expectWithin 1e-12 0.0 found[0].Value "0"
              let found = Objective.root 1e-12 (fun x -> [| log x[0] |]) (reals [| 100.0 |])
              expectWithin 1e-11 1.0 found[0].Value "where the full step leaves the domain"
          testCase "convergence is quadratic: few Jacobians"
          <| fun () ->
              let mutable runs = 0
              let f (x: Real[]) =
                  runs <- runs + 1
                  [| x[0] * x[0] - 2.0 |]
              Objective.root 1e-14 f (reals [| 1.5 |]) |> ignore
              // errors 0.09, 2e-3, 2e-6, 2e-12, 0: four steps of 3 runs (value, count of results, column), and the first value
              Expect.isLessThanOrEqual runs 13 "runs"
          testCase "a start at the root is the answer"
          <| fun () ->
              Expect.equal (values (Objective.root 0.0 circleAndLine (reals [| sqrt 2.0; sqrt 2.0 |]))) [| sqrt 2.0; sqrt 2.0 |] "unchanged"
          testCase "no root, a singular Jacobian, no square system"
          <| fun () ->
              let failure f start = (thrown<NonConvergenceException>(fun () -> Objective.root 1e-12 f (reals start) |> ignore)).Message
              expectMentions [ "Objective.Root"; "no step" ] (failure (fun x -> [| x[0] * x[0] + 1.0 |]) [| 0.7 |])
              expectMentions [ "Objective.Root"; "singular" ] (failure (fun x -> [| x[0] * x[0] - 2.0 |]) [| 0.0 |])
              expectMentions [ "singular" ] (failure (fun x -> [| x[0] + x[1]; 2.0 * x[0] + 2.0 * x[1] - 1.0 |]) [| 1.0; 1.0 |])
              let error = thrown<ArgumentException>(fun () -> Objective.root 1e-12 (fun x -> [| x[0] |]) (reals [| 1.0; 2.0 |]) |> ignore)
              expectMentions [ "Objective.Root"; "expected 2, got 1" ] error.Message
              let error = thrown<ArgumentException>(fun () -> Objective.root 1e-12 (fun x -> [| log x[0] |]) (reals [| -1.0 |]) |> ignore)
              expectMentions [ "not finite at the start" ] error.Message
              thrown<ArgumentOutOfRangeException>(fun () -> Objective.root nan circleAndLine (reals [| 1.0; 2.0 |]) |> ignore) |> ignore
              thrown<ArgumentException>(fun () -> Objective.root 1e-12 id [||] |> ignore) |> ignore
          testCase "a slow approach to a root of high order ends with an error"
          <| fun () ->
              // at a root of order 40 the error shrinks by 1/40 a step
              let f (x: Real[]) = [| pown x[0] 40 |]
              let error = thrown<NonConvergenceException>(fun () -> Objective.root 0.0 f (reals [| 1.0 |]) |> ignore)
              expectMentions [ "100 steps" ] error.Message
          testCase "a derivative is not lost"
          <| fun () ->
              let outer (a: Real) = (Objective.root 1e-12 (fun x -> [| x[0] * x[0] - a |]) (reals [| 1.0 |]))[0]
              thrown<InvalidOperationException>(fun () -> AD.diff outer (real 2.0) |> ignore) |> ignore
              let outer (a: Real) = (Objective.root 1e-12 (fun x -> [| x[0] * x[0] - 2.0 |]) [| a |])[0]
              thrown<InvalidOperationException>(fun () -> AD.diff outer (real 2.0) |> ignore) |> ignore ]

[<Tests>]
let tests = testList "objectives" [ derivatives; minimizers; leastSquares; roots ]
