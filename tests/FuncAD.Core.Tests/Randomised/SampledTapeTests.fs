/// Gradients by a sampled tape. That they are unbiased is shown without statistics: all ways in which the edges can be drawn are run, and
/// weighed with their probabilities.
module FuncAD.Tests.SampledTapeTests

open System
open System.Collections.Generic
open Expecto
open FsCheck.FSharp
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs

/// The expectation, over all draws, of the numbers that a run gives. A run is repeated with each beginning of draws that the runs before
/// have left open; which draws there are depends on those before.
let private expectation (keep: float) (run: Func<bool> -> float[]) : float[] * int =
    let mutable sum = [||]
    let mutable runs = 0
    let pending = Stack<bool list>([ [] ])
    while pending.Count > 0 do
        let start = pending.Pop()
        let drawn = List<bool>()
        let draw () =
            let kept = if drawn.Count < start.Length then start[drawn.Count] else true
            // the other outcome is a beginning of its own
            if drawn.Count >= start.Length then pending.Push(List.ofSeq drawn @ [ false ])
            drawn.Add kept
            kept
        let numbers = run (Func<bool> draw)
        let weight = drawn |> Seq.fold (fun weight kept -> weight * (if kept then keep else 1.0 - keep)) 1.0
        let weighed = numbers |> Array.map (fun number -> weight * number)
        sum <- if runs = 0 then weighed else Array.map2 (+) sum weighed
        runs <- runs + 1
    sum, runs

let private sampled keep draw f (x: float[]) = (Randomised.sample "test" keep draw f (reals x)).Gradient |> values

let private f (case: Case) (x: Real[]) : Real = result case.Program x

let private edges (case: Case) : int64 = (Randomised.valueAndGrad 1.0 (f case) (RandomKey.Of 1) (reals case.Point)).Edges

/// The sums of the magnitudes of all products in each derivative.
let private sizes (case: Case) : float[] =
    case.Point
    |> Array.mapi (fun index _ ->
        let lift k x = Twin(Magnitude(x, 0.0), Magnitude((if k = index then 1.0 else 0.0), 0.0))
        (result case.Program (Array.mapi lift case.Point)).Tangent.Size)

/// Programs that depend on their input, with so few edges that all draws can be run, and finite derivatives.
let private short =
    let isShort case =
        let edges = edges case
        edges >= 1L && edges <= 12L && sizes case |> Array.forall Double.IsFinite
    cases { everything with Longest = 5; Depth = 0 } 1 3 |> Arb.filter isShort

[<Tests>]
let tests =
    testList
        "sampled tape"
        [ law "with every edge kept, it is the gradient, to the bit" 1000 (cases everything 1 4) (fun case ->
              let exact = AD.grad (f case) (reals case.Point) |> values
              let all = Randomised.valueAndGrad 1.0 (f case) (RandomKey.Of 1) (reals case.Point)
              Array.iter2 (fun exact actual -> expectEqual exact actual "gradient") exact (values all.Gradient)
              expectSame (f case (reals case.Point)).Value all.Value.Value "value"
              Expect.equal all.KeptEdges all.Edges "edges"
              Expect.equal all.Bytes all.AllBytes "bytes")

          // Each run's gradient differs from its exact arithmetic by at most n roundings of a sum of products (LawTests), products that are
          // scaled by keep^-d for d edges on a path; their weights scale them back. So the bound of LawTests holds for the sum of all
          // runs, with n + the runs and the edges' divisions.
          law "over all draws, the mean is the gradient" 400 short (fun case ->
              let mean, runs = expectation 0.25 (fun draw -> sampled 0.25 draw (f case) case.Point)
              let exact = AD.grad (f case) (reals case.Point) |> values
              let roundings = cost case.Program + 10.0 + float runs + 2.0 * float (edges case)
              sizes case
              |> Array.iteri (fun index size ->
                  expectWithin (4.0 * roundings * u * size + 1e-300) exact[index] mean[index] $"gradient[{index}], {runs} runs"))

          testCase "over all draws, the mean of the derivative of an estimate is the Hessian's row" (fun () ->
              // x y^2 + sin(x y): ten edges. Sums of 2^10 weighed runs, each with some 20 roundings of numbers below 10.
              let g (x: Real[]) = x[0] * x[1] * x[1] + sin (x[0] * x[1])
              let point, direction = [| 0.7; 1.3 |], [| 1.0; 0.0 |]
              let row draw =
                  AD.jvp (fun x -> (Randomised.sample "test" 0.5 draw g x).Gradient) (reals point) (reals direction) |> snd |> values
              let mean, _ = expectation 0.5 row
              let exact = AD.hvp g (reals point) (reals direction) |> values
              Array.iter2 (fun exact mean -> expectWithin 1e-12 exact mean "Hessian") exact mean)

          testCase "a path that was dropped contributes nothing, even beside an infinite slope" (fun () ->
              let never = Func<bool>(fun () -> false)
              let none = sampled 0.5 never (fun x -> sqrt x[0] + x[0]) [| 0.0 |]
              expectSame 0.0 none[0] "nothing kept"
              let all = sampled 0.5 (Func<bool>(fun () -> true)) (fun x -> sqrt x[0]) [| 0.0 |]
              expectSame infinity all[0] "the slope of sqrt at 0")

          testCase "an inner gradient's sampled tape is its own, and captured numbers keep their derivative" (fun () ->
              // d/dx of x d/dy (x + y), at keep 1: 1, as with AD.grad
              let inner (x: Real) = Randomised.grad 1.0 (fun y -> x + y) (RandomKey.Of 1) (Real 1.0)
              expectSame 1.0 (AD.diff (fun x -> x * inner x) (Real 1.0)).Value "perturbations"
              let captured (x: Real) = Randomised.grad 1.0 (fun y -> x * x * y) (RandomKey.Of 1) (Real 3.0)
              expectSame 4.0 (AD.grad captured (Real 2.0)).Value "reverse over sampled"
              expectSame 4.0 (Randomised.grad 1.0 captured (RandomKey.Of 2) (Real 2.0)).Value "sampled over sampled")

          testCase "the same key draws the same, another key other edges, and about a share of keep" (fun () ->
              // a sum of 4000 squares: 8000 edges to inputs, and those of sums
              let f (x: Real[]) = Array.fold (fun sum (x: Real) -> sum + x * x) (Real 0.0) x
              let x = reals (Array.init 4000 (fun k -> 1.0 + float k / 4000.0))
              let a, b, c =
                  let run seed = Randomised.valueAndGrad 0.5 f (RandomKey.Of(seed: int)) x
                  run 1, run 1, run 2
              Expect.equal (values a.Gradient) (values b.Gradient) "same key"
              Expect.notEqual (values a.Gradient) (values c.Gradient) "other keys"
              // six standard deviations of a binomial share
              let share = float a.KeptEdges / float a.Edges
              expectWithin (6.0 * 0.5 / sqrt (float a.Edges)) 0.5 share "share of edges"
              Expect.isLessThan a.Bytes a.AllBytes "bytes")

          testCase "a structure's gradient has its structure" (fun () ->
              let gradient =
                  Randomised.grad
                      1.0
                      (fun (struct (a: Real, b: Real list)) -> a * List.sum b)
                      (RandomKey.Of 1)
                      (struct (Real 2.0, [ Real 3.0; Real 4.0 ]))
              let struct (a, b) = gradient
              expectSame 7.0 a.Value "a"
              Expect.equal (b |> List.map _.Value) [ 2.0; 2.0 ] "b")

          testCase "errors say what to do" (fun () ->
              let grad keep = Randomised.grad keep (fun (x: Real) -> x * x) (RandomKey.Of 1) (Real 1.0) |> ignore
              for keep in [ 0.0; -0.5; 1.5; nan ] do
                  (thrown<ArgumentOutOfRangeException>(fun () -> grad keep)).Message |> expectMentions [ "Randomised.Grad"; "keep" ]
              let ofTensor () = Randomised.grad 0.5 Tensor.sum (RandomKey.Of 1) (Tensor.ones [ 3 ]) |> ignore
              (thrown<NotSupportedException> ofTensor).Message |> expectMentions [ "Randomised.Linear"; "Grad" ]
              let makesTensor () =
                  Randomised.grad 0.5 (fun (x: Real[]) -> Tensor.sum (Tensor.stack x)) (RandomKey.Of 1) [| Real 1.0 |] |> ignore
              (thrown<NotSupportedException> makesTensor).Message |> expectMentions [ "Randomised.Linear" ]
              let otherThread () =
                  let work (x: Real) =
                      let mutable outcome = Error null
                      let run () =
                          outcome <-
                              try
                                  Ok(x * x)
                              with error ->
                                  Error error
                      let thread = Threading.Thread run
                      thread.Start()
                      thread.Join()
                      match outcome with
                      | Ok y -> y
                      | Error error -> raise error
                  Randomised.grad 0.5 work (RandomKey.Of 1) (Real 1.0) |> ignore
              (thrown<InvalidOperationException> otherThread).Message |> expectMentions [ "thread" ]) ]
