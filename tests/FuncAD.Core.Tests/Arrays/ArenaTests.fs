/// What a tape keeps in its arena is the tape's alone: no pullback, thread, level or user sees that its chunks serve again.
module FuncAD.Tests.ArenaTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

/// Some thousand operations on arrays of 16 and of 1, which fill several chunks of an arena, with sums and slices between.
let private f (x: Tensor) : Real =
    let mutable y = x
    let mutable sum = Real 0.0
    for i in 1..300 do
        y <- tanh (y * x + float i) - 0.5 * y
        let size = Tensor.sum (y * y)
        y <- Tensor.Max(y / Tensor.Of(1.0 + size), x * 0.01)
        if i % 7 = 0 then sum <- sum + (Tensor.slice 0 0 8 1 y).ElementAt 3 * size
    sum + Tensor.sum y

let private point (index: int) = uniform (Random index) -1.0 1.0 [ 16 ]
let private gradient x = (AD.grad f x).ToArray()

[<Tests>]
let tests =
    testList
        "arrays: the tape's arena"
        [ testCase "pullbacks that are kept give the same bits, whatever runs between" (fun () ->
              let pullbacks = [ for i in 1..4 -> snd (AD.vjp f (point i)) ]
              let expected = [ for i in 1..4 -> gradient (point i) ]
              for _ in 1..3 do
                  List.iter2
                      (fun (pullback: Real -> Tensor) (expected: float[]) ->
                          gradient (point 9) |> ignore
                          Expect.equal ((pullback (Real 1.0)).ToArray()) expected "bits")
                      pullbacks
                      expected)
          testCase "one pullback on several threads, beside gradients there" (fun () ->
              let pullback = snd (AD.vjp f (point 1))
              let expected = [| for i in 1..4 -> gradient (point i) |]
              Parallel.For(
                  0,
                  64,
                  fun index ->
                      Expect.equal ((pullback (Real 1.0)).ToArray()) expected[0] "the pullback"
                      Expect.equal (gradient (point (1 + index % 4))) expected[index % 4] "a gradient"
              )
              |> ignore)
          testCase "operations on a tape from another thread are refused" (fun () ->
              let elsewhere (x: Tensor) =
                  let y = x * x
                  let problem: exn ref = ref null
                  let thread =
                      Thread(fun () ->
                          try
                              y * y |> ignore
                          with thrown ->
                              problem.Value <- thrown)
                  thread.Start()
                  thread.Join()
                  if not (isNull problem.Value) then raise problem.Value
                  Tensor.sum y
              Expect.throwsT<InvalidOperationException> (fun () -> AD.grad elsewhere (point 1) |> ignore) "another thread")
          testCase "arrays that leave f keep their values while the chunks serve again" (fun () ->
              let mutable kept: Tensor list = []
              let keeping (x: Tensor) =
                  let y = tanh (x * x)
                  let z = y - 2.0 * x
                  kept <- [ y; z; y * z ]
                  f z
              AD.grad keeping (point 1) |> ignore
              let expected = kept |> List.map _.ToArray()
              for i in 2..5 do
                  gradient (point i) |> ignore
              Expect.equal (kept |> List.map _.ToArray()) expected "values"
              // to a later tape they are constants
              let y = kept[0]
              Expect.equal ((AD.grad (fun x -> Tensor.sum (x * y)) (point 2)).ToArray()) expected[0] "a constant")
          testCase "after an exception in f, later gradients are what they were" (fun () ->
              let expected = gradient (point 2)
              let mutable left: Tensor = null
              let failing (x: Tensor) : Real =
                  left <- sin x * x
                  f left |> ignore
                  raise (TimeZoneNotFoundException())
              for _ in 1..3 do
                  Expect.throwsT<TimeZoneNotFoundException> (fun () -> AD.grad failing (point 1) |> ignore) "thrown"
                  Expect.equal (gradient (point 2)) expected "bits"
              Expect.equal (left.ToArray()) ((sin (point 1) * point 1).ToArray()) "what was left behind")
          testCase "levels within a tape: the inner function captures arrays of the outer one" (fun () ->
              let outer (x: Tensor) =
                  let y = tanh x
                  let inner = AD.grad (fun (z: Tensor) -> Tensor.sum (z * z * y) + f (z - y)) (0.5 * y)
                  Tensor.sum (inner * x)
              let x, v = point 1, point 2
              let along = Tensor.sum (AD.grad outer x * v)
              let _, slope = AD.jvp outer x v
              expectWithin (1e-9 * (1.0 + abs slope.Value)) slope.Value along.Value "reverse over reverse against forward over reverse")
          testCase "a kept pullback takes cotangents of an outer level" (fun () ->
              let pullback = snd (AD.vjp (fun (x: Tensor) -> tanh x * x) (point 1))
              let slopes = (pullback (Tensor.Uniform(1.0, [| 16 |]))).ToArray()
              let seeded (w: Tensor) = Tensor.sum (pullback (w * w))
              let expected = Array.map2 (fun slope w -> slope * 2.0 * w) slopes ((point 2).ToArray())
              Array.iter2 (fun e a -> expectWithin 1e-13 e a "2 w slope") expected ((AD.grad seeded (point 2)).ToArray()))
          testCase "an operation on small arrays allocates its result alone" (fun () ->
              let chain length (x: Tensor) =
                  let mutable y = x
                  for _ in 1 .. length / 4 do
                      y <- tanh (y * x + x) - x
                  Tensor.sum y
              let allocated length =
                  let run () = AD.grad (chain length) (point 1) |> ignore
                  run ()
                  let before = GC.GetAllocatedBytesForCurrentThread()
                  run ()
                  GC.GetAllocatedBytesForCurrentThread() - before
              let bytes = float (allocated 20_000 - allocated 1_000) / 19_000.0
              // the elements and the tensor take 208; code of a Debug build, which is never optimised, boxes structs
              Expect.isLessThan bytes 330.0 "bytes") ]
