/// Numbers and arrays in one computation, and arrays in structures.
module FuncAD.Tests.MixedTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

type Layer = { Weights: Tensor; Bias: Real; Name: string }

/// sum of (t x)^k over x = 1, 2 is t^k (1 + 2^k)
let private powerSum k (t: Real) = Tensor.sum (Tensor.Pow(Tensor.OfReals([| t; 2.0 * t |], [| 2 |]), (k: int)))

[<Tests>]
let tests =
    testList
        "arrays: mixed with numbers"
        [ testCase "derivatives of any order pass through an array" (fun () ->
              // (17 t^4)'' and so on
              expectClose 40.0 (17.0 * 12.0 * 9.0) (AD.diffn 2 (powerSum 4) (Real 3.0)).Value "second"
              expectClose 40.0 (17.0 * 24.0 * 3.0) (AD.diffn 3 (powerSum 4) (Real 3.0)).Value "third"
              let series = AD.taylor 5 (powerSum 4) (Real 1.0)
              List.iteri2
                  (fun k binomial (c: Real) -> expectClose 40.0 (17.0 * binomial) c.Value $"coefficient {k}")
                  [ 1.0; 4.0; 6.0; 4.0; 1.0; 0.0 ]
                  (List.ofArray series))
          testCase "an array inside a derivative of a captured number, in all four nestings" (fun () ->
              // d/dx of x * d/dy sum ((x y, y)^3) at y = x: inner 3 y^2 (x^3 + 1), outer x * that
              let inner (diff: (Real -> Real) -> Real -> Real) x at =
                  diff (fun y -> Tensor.sum (Tensor.Pow(Tensor.OfReals([| x * y; y |], [| 2 |]), 3))) at
              for outer in [ AD.diff; AD.grad ] do
                  for nested in [ AD.diff; AD.grad ] do
                      // x (3 c^2 (x^3 + 1)) with c = 2: 12 x^4 + 12 x
                      let value = outer (fun x -> x * inner nested x (Real 2.0)) (Real 1.5)
                      expectClose 40.0 (48.0 * 1.5 ** 3.0 + 12.0) value.Value "d/dx")
          testCase "a record of an array, a number and a name" (fun () ->
              let layer = { Weights = tensor [ 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ]; Bias = Real 0.5; Name = "first" }
              let f layer = Tensor.sum (layer.Weights * layer.Weights * layer.Bias)
              let gradient = AD.grad f layer
              Expect.equal gradient.Name "first" "the name rides along"
              Expect.equal gradient.Weights (tensor [ 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ]) "2 w b"
              expectSame 30.0 gradient.Bias.Value "sum of w^2")
          testCase "an array that is not used has a gradient of zeros" (fun () ->
              let gradient = AD.grad (fun (x: Tensor[]) -> Tensor.sum x[0]) [| tensor [ 2 ] [ 1.0; 2.0 ]; tensor [ 3 ] [ 1.0; 2.0; 3.0 ] |]
              Expect.equal gradient[1] (Tensor.zeros [ 3 ]) "zeros")
          testCase "a tensor that leaked from an operator is a constant" (fun () ->
              let mutable leaked: Tensor = Tensor.zeros []
              AD.grad
                  (fun (x: Tensor) ->
                      leaked <- x * x
                      Tensor.sum leaked)
                  (tensor [ 2 ] [ 1.0; 2.0 ])
              |> ignore
              let gradient = AD.grad (fun (x: Tensor) -> Tensor.sum (x * leaked)) (tensor [ 2 ] [ 1.0; 1.0 ])
              Expect.equal gradient (tensor [ 2 ] [ 1.0; 4.0 ]) "the leaked square is a factor"
              AD.jvp
                  (fun (x: Tensor) ->
                      leaked <- x * x
                      leaked)
                  (tensor [ 2 ] [ 1.0; 2.0 ])
                  (tensor [ 2 ] [ 1.0; 1.0 ])
              |> ignore
              let gradient = AD.grad (fun (x: Tensor) -> Tensor.sum (x * leaked)) (tensor [ 2 ] [ 1.0; 1.0 ])
              Expect.equal gradient (tensor [ 2 ] [ 1.0; 4.0 ]) "from forward mode, too")
          testCase "a pullback may be called many times, and its seed is left as it is" (fun () ->
              let f (x: Tensor) = Tensor.Exp(x * x) + x
              let x, seed = tensor [ 2 ] [ 0.5; 1.0 ], tensor [ 2 ] [ 1.0; 2.0 ]
              let _, pullback = AD.vjp f x
              let first = pullback seed
              let second = pullback seed
              Expect.equal second first "twice the same"
              Expect.equal seed (tensor [ 2 ] [ 1.0; 2.0 ]) "the seed"
              Expect.equal (pullback (2.0 * seed)) (2.0 * first) "linear")
          testCase "every element by its index" (fun () ->
              hold
                  "indices"
                  (fun x -> [| Tensor.OfReals([| x[0].[0, 1] * x[0].[1, 0]; Real.Sin x[0].[1, 1]; x[0].[0, 1] |], [| 3 |]) |])
                  [| tensor [ 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ] |])
          testCase "a custom rule over arrays" (fun () ->
              let square = AD.customPullback "square" (fun (x: Tensor) -> x * x) (fun x _ w -> 2.0 * x * w)
              hold "custom square" (fun x -> [| square x[0] + x[0] |]) [| tensor [ 3 ] [ 1.0; 2.0; 3.0 ] |])
          testCase "a gradient is checked entry by entry" (fun () ->
              let report =
                  AD.checkGradient
                      (fun (x: Tensor, s: Real) -> Tensor.sum (Tensor.Sin(x * s)))
                      (tensor [ 2; 2 ] [ 0.1; 0.2; 0.3; 0.4 ], Real 2.0)
              Expect.isTrue report.Passed (string report)
              Expect.equal report.Entries 5 "one number and four elements")
          testCase "recording on a foreign thread is refused" (fun () ->
              let f (x: Tensor) =
                  let mutable error: exn = null
                  let thread =
                      Threading.Thread(fun () ->
                          try
                              x * x |> ignore
                          with e ->
                              error <- e)
                  thread.Start()
                  thread.Join()
                  if isNull error then Tensor.sum x else raise error
              let e = thrown<InvalidOperationException>(fun () -> AD.grad f (tensor [ 2 ] [ 1.0; 2.0 ]) |> ignore)
              expectMentions [ "another thread" ] e.Message) ]
