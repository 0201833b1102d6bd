/// Compiled functions over time: many threads, no allocation, no memory kept by what is dropped.
module FuncAD.Tests.Compiled.LifetimeTests

open System
open System.Diagnostics
open System.Threading
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// Which way it goes depends on the point; each way has a sum of terms of its own.
let private branching (x: Real[]) : Real[] =
    let pick (k: int) = if Real.op_LessThan (x[k], Real 0.0) then sin x[k] else exp -x[k] * x[k]
    let sum = pick 0 * pick 1 + pick 2
    [| sum; sum * x[0] |]

/// So many operations that machine code has several parts.
let private long (x: Real[]) : Real[] =
    let mutable sum = x[0]
    for k in 1..400 do
        sum <- sum * x[1] + Real(float k) / (x[0] + Real(float k))
    [| sum; sum * sum |]

let private points =
    let random = random "threads"
    Array.init 256 (fun _ -> Array.init 3 (fun _ -> 4.0 * random.NextDouble() - 2.0))

let private run (compiled: Compiled<'P, Real[]>) (point: float[]) : float[] =
    let results = Array.zeroCreate compiled.Outputs
    compiled.Run(ReadOnlySpan point, Span results)
    results

/// The bytes that so many runs allocate.
let private allocated (compiled: Compiled<Real[], Real[]>) (point: float[]) (runs: int) : int64 =
    let results = Array.zeroCreate<float> compiled.Outputs
    let before = GC.GetAllocatedBytesForCurrentThread()
    for _ in 1..runs do
        compiled.Run(ReadOnlySpan point, Span results)
    GC.GetAllocatedBytesForCurrentThread() - before

/// Managed memory and the process's own, after everything that can be collected has been.
let private memory () : int64 * int64 =
    for _ in 1..3 do
        GC.Collect()
        GC.WaitForPendingFinalizers()
    GC.GetTotalMemory true, (use self = Process.GetCurrentProcess() in self.PrivateMemorySize64)

let private compileAndDrop (count: int) =
    for k in 1..count do
        let compiled =
            AD.compileWith
                (CompileOptions(Mode = ExecutionMode.MachineCode))
                (fun (x: Real[]) -> [| sin x[0] * x[1] + Real(float k) |])
                [| Real 1.0; Real 2.0 |]
        let results = run compiled [| 1.5; 2.5 |]
        expectSame (sin 1.5 * 2.5 + float k) results[0] "result"

[<Tests>]
let tests =
    testList
        "compiled lifetime"
        [ for mode in CompiledLawTests.modes do
              for paths in [ 3; 16 ] do
                  testCase $"many threads, {mode}, {paths} paths: Run, Invoke and RunBatch at once while paths are found"
                  <| fun () ->
                      for round in 1..5 do
                          let compiled =
                              AD.compileWith (CompileOptions(Mode = mode, MaximumPaths = paths)) branching (reals [| 1.0; 1.0; 1.0 |])
                          let expected = points |> Array.map (reals >> branching >> values)
                          use start = new Barrier 8
                          let failures = Collections.Concurrent.ConcurrentQueue<exn>()
                          // Where points are alone in a batch they are run singly; a batch's own functions agree to units in the last place.
                          let columns =
                              [| for i in 0..2 do
                                     for point in points -> point[i] |]
                          let work (worker: int) () =
                              try
                                  start.SignalAndWait()
                                  for k in 0 .. points.Length - 1 do
                                      let k = (k * 37 + worker * 11) % points.Length
                                      let check (actual: float[]) =
                                          Array.iter2 (fun e a -> expectSame e a $"worker {worker}, point {k}") expected[k] actual
                                      match worker % 3 with
                                      | 0 -> check (run compiled points[k])
                                      | 1 -> check (compiled.Invoke(reals points[k]) |> values)
                                      | _ when k % 16 = 0 ->
                                          let outputs = Array.zeroCreate (2 * points.Length)
                                          compiled.RunBatch(ReadOnlySpan columns, Span outputs, points.Length)
                                          // four factors of at most e^2 * 2 from functions of up to four units each
                                          outputs
                                          |> Array.iteri (fun index a ->
                                              let e = expected[index % points.Length]
                                              expectWithin (1e3 * u * 250.0) e[index / points.Length] a $"batch, number {index}")
                                      | _ -> ()
                              with e ->
                                  failures.Enqueue e
                          let threads = Array.init 8 (fun worker -> Thread(work worker))
                          for thread in threads do
                              thread.Start()
                          for thread in threads do
                              thread.Join()
                          for failure in failures do
                              raise failure
                          Expect.equal compiled.Paths (min paths 8) "each path once"

          for mode in CompiledLawTests.modes do
              for name, f, point in
                  [ "few operations", (fun (x: Real[]) -> [| sin x[0] * x[1] |]), [| 1.5; 2.5 |]; "many operations", long, [| 1.5; 0.5 |] ] do
                  testCase $"a run allocates nothing: {mode}, {name}"
                  <| fun () ->
                      let compiled = AD.compileWith (CompileOptions(Mode = mode)) f (reals [| 1.0; 2.0 |])
                      allocated compiled point 100 |> ignore // the pool's arrays and the JIT's tiers
                      Expect.equal (Seq.init 5 (fun _ -> allocated compiled point 1000) |> Seq.min) 0L "bytes"
                      Array.iter2 (fun e a -> expectSame e a "result") (f (reals point) |> values) (run compiled point)

          testCase "long programs have several parts"
          <| fun () -> Expect.isGreaterThan (AD.compile long (reals [| 1.0; 2.0 |])).Operations 500 "operations"

          // Held on to, they would keep some 2.7 KiB of objects each, and 1.7 KiB of the process's memory beside.
          testSequenced (
              testCase "compiled functions that are dropped leave no memory behind"
              <| fun () ->
                  compileAndDrop 2000
                  let managedBefore, ownBefore = memory ()
                  compileAndDrop 20_000
                  let managed, own = memory ()
                  Expect.isLessThan (managed - managedBefore) 4_000_000L "managed bytes"
                  Expect.isLessThan (own - ownBefore) 24_000_000L "bytes of the process"
          ) ]
