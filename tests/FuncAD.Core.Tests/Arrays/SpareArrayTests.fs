/// Arrays that sweeps have done with serve again, and nothing that a user holds is among them.
module FuncAD.Tests.SpareArrayTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

/// Long enough to be kept, and a length of its own, so that other tests do not take what is kept here.
let private length = 20011

let private point name = uniform (random name) 0.5 2.0 [ length ]

/// Cotangents of its length in the middle: two of the product, one of the hyperbolic tangent.
let private f (x: Tensor) = Tensor.sum (sin x * exp x + tanh x)

let private allocated (action: unit -> 'T) : int64 =
    let before = GC.GetAllocatedBytesForCurrentThread()
    let result = action ()
    GC.KeepAlive result
    GC.GetAllocatedBytesForCurrentThread() - before

[<Tests>]
let tests =
    testSequenced (
        testList
            "arrays: spare arrays"
            [ testCase "a sweep allocates no temporaries once another has run" (fun () ->
                  let x = point "spare"
                  AD.grad f x |> ignore
                  // five values on the way, and the gradient; what else there is does not grow with the length
                  let arrays = float (allocated (fun () -> AD.grad f x)) / float (8 * length)
                  Expect.isLessThan arrays 6.5 "arrays")
              testCase "a pullback of rows needs one array, the gradient" (fun () ->
                  let x = uniform (random "rows") -1.0 1.0 [ 100; 203 ]
                  let labels = Array.init 100 id
                  AD.grad (Tensor.crossEntropy labels) x |> ignore
                  let arrays = float (allocated (fun () -> AD.grad (Tensor.crossEntropy labels) x)) / float (8 * x.Length)
                  Expect.isLessThan arrays 1.5 "arrays")
              testCase "gradients stay what they are while others are computed" (fun () ->
                  let points = [ for i in 1..4 -> point $"kept {i}" ]
                  let gradients = points |> List.map (AD.grad f)
                  let copies = gradients |> List.map _.ToArray()
                  for x in points do
                      AD.grad (fun x -> f (x * x)) x |> ignore
                  List.iter2
                      (fun (gradient: Tensor) (copy: float[]) -> Expect.equal (gradient.ToArray()) copy "a gradient")
                      gradients
                      copies)
              testCase "a cotangent that a custom rule has seen is its own" (fun () ->
                  let mutable seen: (Tensor * float[]) list = []
                  let keep =
                      AD.customPullback "keep" (fun (x: Tensor) -> x + 0.0) (fun (_: Tensor) (_: Tensor) (yBar: Tensor) ->
                          seen <- (yBar, yBar.ToArray()) :: seen
                          yBar)
                  let g (x: Tensor) = f (keep (sin x))
                  for i in 1..3 do
                      AD.grad g (point $"custom {i}") |> ignore
                  Expect.equal seen.Length 3 "cotangents"
                  for cotangent, copy in seen do
                      Expect.equal (cotangent.ToArray()) copy "a cotangent")
              testCase "what nobody asks for is let go of" (fun () ->
                  let spare = SpareArrays.Rent length
                  SpareArrays.Return [ spare ]
                  Expect.isTrue (Object.ReferenceEquals(SpareArrays.Rent length, spare)) "kept"
                  SpareArrays.Return [ spare ]
                  SpareArrays.LetGo 60000L
                  Expect.isTrue (Object.ReferenceEquals(SpareArrays.Rent length, spare)) "kept for a minute"
                  SpareArrays.Return [ spare ]
                  SpareArrays.LetGo 0L
                  Expect.isFalse (Object.ReferenceEquals(SpareArrays.Rent length, spare)) "let go of") ]
    )
