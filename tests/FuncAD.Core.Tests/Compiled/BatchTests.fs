/// Batches: the same bits whatever the width of the vectors, the number of threads, the mode and the place of a point.
module FuncAD.Tests.Compiled.BatchTests

open System
open System.Threading
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs
open FuncAD.Compiled

/// The program line by line at one point, with the forms of functions that lanes have. None if the point takes another path.
let private byLines (program: FuncAD.Compiled.Program) (point: float[]) : float[] option =
    let values = Array.zeroCreate<float> program.Values
    point.CopyTo(values, 0)
    program.Constants.CopyTo(values, program.Inputs)
    program.Lines
    |> Array.iteri (fun index line ->
        line.Primitive.OnSpans(
            ReadOnlySpan(values, line.A, 1),
            ReadOnlySpan(values, line.B, 1),
            ReadOnlySpan(values, line.C, 1),
            Span(values, program.First + index, 1)
        ))
    let results = program.Outputs |> Array.map (fun value -> values[value])
    let isDoubtful = program.IsUncertain && results |> Array.exists Double.IsNaN
    if isDoubtful || program.Guards |> Array.exists (fun guard -> (values[guard.Node] <> 0.0) <> guard.Expected) then
        None
    else
        Some results

let private columns (rows: float[][]) : float[] =
    [| for i in 0 .. rows[0].Length - 1 do
           for row in rows -> row[i] |]

let private choices =
    [ for mode in [ ExecutionMode.Interpreted; ExecutionMode.MachineCode ] do
          for bits in (if mode = ExecutionMode.Interpreted then [ 0 ] else [ 128; 256; 512 ]) ->
              CompileOptions(Mode = mode, VectorBits = bits, Threads = 1) ]

let private agreeAt (f: Real[] -> Real[]) (example: float[]) (count: int) =
    let random = random "batch points"
    let points =
        Array.init count (fun k ->
            if k % 5 = 4 then Array.copy example else Array.init example.Length (fun _ -> 4.0 * random.NextDouble() - 2.0))
    let expected =
        let compiled = AD.compile f (reals example)
        points
        |> Array.map (fun point ->
            match byLines compiled.Program point with
            | Some results -> results
            | None ->
                let results = Array.zeroCreate compiled.Outputs
                compiled.Run(ReadOnlySpan point, Span results)
                results)
    for options in choices do
        let compiled = AD.compileWith options f (reals example)
        let outputs = Array.create (count * compiled.Outputs) nan
        compiled.RunBatch(ReadOnlySpan(columns points), Span outputs, count)
        let expected = columns expected
        for index = 0 to outputs.Length - 1 do
            expectSame
                expected[index]
                outputs[index]
                $"{options.Mode}, {options.VectorBits} bits, result {index / count} of point {index % count}\n{compiled}"

let private agree f (case: Case) count = agreeAt f case.Point count

let private everywhere = cases everything 1 4

let private optionPrice (p: Real[]) : Real =
    let s, k, r, v, t = p[0], p[1], p[2], p[3], p[4]
    let root = v * sqrt t
    let d1 = (log (s / k) + (r + v * v / 2.0) * t) / root
    s * Rules.Special.normalCdf d1 - k * exp (-r * t) * Rules.Special.normalCdf (d1 - root)

let private prices count =
    let random = random "prices"
    Array.init count (fun _ ->
        [| 80.0 + 40.0 * random.NextDouble()
           100.0
           0.05 * random.NextDouble()
           0.1 + 0.4 * random.NextDouble()
           0.1 + 2.0 * random.NextDouble() |])

/// A network's output, squared: so many calls, each of a sum over all inputs, and of one another if it is deep.
let private network (isDeep: bool) (units: int) (x: Real[]) : Real =
    let mutable output = Real 0.1
    for unit in 1..units do
        let mutable sum = if isDeep then output else Real 0.25
        for input in x do
            sum <- sum + Real(float (unit * 7 % 5) / 4.0 - 0.5) * input
        output <- output + (if unit % 3 = 0 then exp (Real 0.5 * tanh sum) else Real.Sin sum * Real.Cos sum)
    output * output

/// Each line of a program once, behind the lines that it needs; shared forms have one argument.
let private isInOrder (program: Program) =
    let steps = LaneSchedule.inOrder program (LaneSchedule.withSharedForms program 0 [| 0 .. program.Lines.Length - 1 |])
    let isDone = Array.create program.Values false
    Array.fill isDone 0 program.First true
    for step in steps do
        for line in step.Lines do
            for operand in program.Operands line do
                Expect.isTrue isDone[operand] $"operand {operand} of line {line}\n{program}"
            Expect.equal program.Lines[line].A program.Lines[step.Lines[0]].A "the shared argument"
        for line in step.Lines do
            Expect.isFalse isDone[program.First + line] $"line {line} for the first time"
            isDone[program.First + line] <- true
    Expect.all isDone id "all lines"

[<Tests>]
let tests =
    testList
        "compiled batches"
        [ law "the steps of a loop are in order" 1000 everywhere (fun case ->
              isInOrder (AD.compile (AD.grad (result case.Program)) (reals case.Point)).Program)

          // runs between calls that are short and long, programs that are one loop, several, or too long for calls in loops
          for isDeep, units, inputs in [ false, 4, 3; true, 9, 3; false, 12, 30; true, 30, 3; false, 60, 4; true, 120, 2 ] do
              let form = if isDeep then "deep" else "flat"
              testCase $"a batch of gradients of a {form} network of {units} units = the program line by line"
              <| fun () ->
                  let program = AD.compile (AD.grad (network isDeep units)) (Array.create inputs (Real 0.5)) |> _.Program
                  isInOrder program
                  agreeAt (AD.grad (network isDeep units)) (Array.init inputs (fun k -> 0.3 + 0.1 * float k)) 37

          law "a batch of values = the program line by line" 200 everywhere (fun case -> agree (results case.Program) case 27)
          law "a batch of gradients = the program line by line" 200 everywhere (fun case -> agree (AD.grad (result case.Program)) case 13)
          law "a batch of Hessians = the program line by line" 60 (cases everything 1 2) (fun case ->
              agree (AD.hessian (result case.Program) >> Seq.cast >> Seq.toArray) case 9)

          for count in [ 0; 1; 7; 8; 9; 511; 512; 513; 5000 ] do
              testCase $"{count} points, whatever the threads"
              <| fun () ->
                  let points = if count = 0 then [||] else columns (prices count)
                  let run threads mode =
                      let compiled =
                          AD.compileWith
                              (CompileOptions(Mode = mode, Threads = threads))
                              (AD.grad optionPrice)
                              (reals [| 100.0; 100.0; 0.01; 0.2; 1.0 |])
                      let outputs = Array.create (5 * count) nan
                      compiled.RunBatch(ReadOnlySpan points, Span outputs, count)
                      outputs
                  let expected = run 1 ExecutionMode.Interpreted
                  for threads in [ 1; 2; 3 ] do
                      Array.iter2 (fun e a -> expectSame e a $"{threads} threads") expected (run threads ExecutionMode.MachineCode)

          testCase "a batch agrees with single runs to a few units in the last place"
          <| fun () ->
              let count = 2000
              let compiled = AD.compile (AD.grad optionPrice) (reals [| 100.0; 100.0; 0.01; 0.2; 1.0 |])
              let points = prices count
              let outputs = Array.zeroCreate (5 * count)
              compiled.RunBatch(ReadOnlySpan(columns points), Span outputs, count)
              points
              |> Array.iteri (fun k point ->
                  let results = Array.zeroCreate 5
                  compiled.Run(ReadOnlySpan point, Span results)
                  // the largest term of any of the five sums is below 200; some 30 operations of up to 4 units each lie on a path
                  results
                  |> Array.iteri (fun i expected ->
                      expectWithin (120.0 * 2.0 * u * 200.0) expected outputs[i * count + k] $"Greek {i} of point {k}"))

          testCase "points on the other side of a branch are run on their own"
          <| fun () ->
              let f (x: Real[]) = if Real.op_LessThan (x[0], Real 0.0) then [| x[0] * x[0] |] else [| Real.Sqrt x[0] |]
              let compiled = AD.compile f [| Real 1.0 |]
              let points = Array.init 100 (fun k -> float k - 50.0)
              let outputs = Array.zeroCreate 100
              compiled.RunBatch(ReadOnlySpan points, Span outputs, 100)
              points |> Array.iteri (fun k x -> expectSame (if x < 0.0 then x * x else sqrt x) outputs[k] $"at {x}")
              Expect.equal compiled.Paths 2 "paths"

          testCase "a run is cancelled, and tells its progress"
          <| fun () ->
              let compiled = AD.compileWith (CompileOptions(Threads = 1)) (AD.grad optionPrice) (reals [| 100.0; 100.0; 0.01; 0.2; 1.0 |])
              let points = columns (prices 20000)
              let outputs = Array.zeroCreate 100000
              let told = Collections.Generic.List<float>()
              let progress =
                  { new IProgress<float> with
                      member _.Report fraction = told.Add fraction }
              compiled.RunBatch(ReadOnlySpan points, Span outputs, 20000, CancellationToken.None, progress)
              Expect.equal told[told.Count - 1] 1.0 "done"
              Expect.isGreaterThan told.Count 10 "reports"
              use source = new CancellationTokenSource()
              let cancel =
                  { new IProgress<float> with
                      member _.Report _ = source.Cancel() }
              thrown<OperationCanceledException>(fun () ->
                  compiled.RunBatch(ReadOnlySpan points, Span outputs, 20000, source.Token, cancel))
              |> ignore

          testCase "options that cannot be are refused"
          <| fun () ->
              for bits in [ 64; 100; -1; 1024 ] do
                  thrown<ArgumentOutOfRangeException>(fun () -> CompileOptions(VectorBits = bits) |> ignore) |> ignore
              thrown<ArgumentOutOfRangeException>(fun () -> CompileOptions(Threads = -1) |> ignore) |> ignore

          testCase "wrong lengths and overlaps are errors that say so"
          <| fun () ->
              let compiled = AD.compile (AD.grad optionPrice) (reals [| 100.0; 100.0; 0.01; 0.2; 1.0 |])
              let message action = (thrown<ArgumentException> action).Message
              message (fun () -> compiled.Run(ReadOnlySpan [| 1.0 |], Span(Array.zeroCreate 5))) |> expectMentions [ "5"; "1"; "inputs" ]
              message (fun () -> compiled.Run(ReadOnlySpan(Array.zeroCreate 5), Span [| 1.0 |])) |> expectMentions [ "5"; "1"; "outputs" ]
              message (fun () -> compiled.RunBatch(ReadOnlySpan(Array.zeroCreate 9), Span(Array.zeroCreate 10), 2))
              |> expectMentions [ "10"; "9"; "inputs" ]
              let shared = Array.zeroCreate<float> 15
              message (fun () -> compiled.RunBatch(ReadOnlySpan(shared, 0, 10), Span(shared, 5, 10), 2)) |> expectMentions [ "overlap" ] ]
