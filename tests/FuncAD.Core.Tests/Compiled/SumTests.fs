/// Compiled sums over data: against sums of compiled gradients, and the same bits whatever the threads, the mode and the vectors.
module FuncAD.Tests.Compiled.SumTests

open System
open System.Threading
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs
open FuncAD.Tests

let private columns (rows: float[][]) : float[] =
    [| for i in 0 .. rows[0].Length - 1 do
           for row in rows -> row[i] |]

/// The first half of a case's inputs are parameters.
let private shared (case: Case) = case.Point.Length / 2

let private perPoint (case: Case) (p: Real[]) (d: Real[]) : Real = result case.Program (Array.append p d)

let private points (case: Case) (count: int) : float[][] =
    let random = random "data"
    Array.init count (fun k ->
        if k % 7 = 3 then
            case.Point[shared case ..]
        else
            Array.init (case.Point.Length - shared case) (fun _ -> 4.0 * random.NextDouble() - 2.0))

let private sumOf (options: CompileOptions) (case: Case) =
    AD.compileSumWith options (perPoint case) (reals case.Point[.. shared case - 1]) (reals case.Point[shared case ..])

let private options mode bits threads = CompileOptions(Mode = mode, VectorBits = bits, Threads = threads)

/// The gradient of the sum as a sum of gradients, which the lanes compute from the same values and slopes. What differs is the order of products and sums: no
/// more than 2 n u S for n roundings on a path and the size S of the terms (see LawTests).
let private againstGradients (case: Case) (count: int) =
    let m = shared case
    let data = points case count
    let parameters = case.U[.. m - 1]
    let gradient (x: Real[]) =
        let value, gradient = AD.valueAndGrad (fun p -> perPoint case p x[m..]) x[.. m - 1]
        Array.append [| value |] gradient
    let compiled = AD.compile gradient (reals case.Point)
    let outputs = Array.zeroCreate (count * (m + 1))
    compiled.RunBatch(ReadOnlySpan(columns (data |> Array.map (Array.append parameters))), Span outputs, count)
    let sum = sumOf (options ExecutionMode.MachineCode 0 1) case
    let actual = Array.zeroCreate m
    let value = sum.Run(ReadOnlySpan parameters, ReadOnlySpan(columns data), Span actual)
    let roundings = 4.0 * (cost case.Program + float count + 20.0) * u
    let size (direction: int) =
        data
        |> Array.sumBy (fun datum ->
            let lift j x = Twin(Magnitude(x, 0.0), Magnitude((if j = direction then 1.0 else 0.0), 0.0))
            let y: Twin<Magnitude> = result case.Program (Array.append parameters datum |> Array.mapi lift)
            if direction < 0 then y.Primal.Size else y.Tangent.Size)
    let expected i = Array.sum outputs[i * count .. (i + 1) * count - 1]
    expectWithin (roundings * (size -1 + abs (expected 0)) + 1e-300) (expected 0) value "the sum"
    for i = 0 to m - 1 do
        expectWithin (roundings * size i + 1e-300) (expected (i + 1)) actual[i] $"entry {i} of the gradient"

let private sameBits (case: Case) (count: int) =
    let data = columns (points case count)
    let parameters = case.U[.. shared case - 1]
    let run options =
        let sum = sumOf options case
        let gradient = Array.zeroCreate parameters.Length
        Array.append [| sum.Run(ReadOnlySpan parameters, ReadOnlySpan data, Span gradient) |] gradient
    let expected = run (options ExecutionMode.Interpreted 0 1)
    for options in
        [ options ExecutionMode.MachineCode 512 1
          options ExecutionMode.MachineCode 256 1
          options ExecutionMode.MachineCode 128 1
          options ExecutionMode.MachineCode 512 2
          options ExecutionMode.MachineCode 512 3 ] do
        Array.iteri2
            (fun i e a -> expectSame e a $"{options.Mode}, {options.VectorBits} bits, {options.Threads} threads, number {i}")
            expected
            (run options)

let private everywhere = cases everything 2 4

/// y = a exp(-b x) + c
let private decay (p: Real[]) (d: Real[]) : Real = p[0] * exp (-p[1] * d[0]) + p[2] - d[1]

let private decayData count =
    [| for k in 0 .. count - 1 -> let x = 4.0 * float k / float count in [| x; 2.0 * exp (-0.7 * x) + 0.5 + 0.01 * sin (float k) |] |]

[<Tests>]
let tests =
    testList
        "compiled sums"
        [ law "the gradient of a sum is the sum of gradients" 300 everywhere (fun case -> againstGradients case 29)
          law "the same bits in every mode, width and number of threads" 60 everywhere (fun case -> sameBits case 1300)

          testCase "Hessian and normal equations are those of the eager sum"
          <| fun () ->
              let rows = decayData 100
              let data = columns rows
              let sum = AD.compileSum decay (reals [| 1.0; 1.0; 1.0 |]) (reals [| 0.0; 0.0 |])
              let p = reals [| 1.5; 0.8; 0.3 |]
              let total (p: Real[]) = rows |> Array.sumBy (fun row -> decay p (reals row))
              let struct (value, gradient, hessian) = sum.Hessian(p, ReadOnlySpan data)
              // a hundred terms of at most 10 in each, with some 20 roundings
              let bound = 100.0 * 10.0 * 120.0 * u
              expectWithin bound (total p).Value value "value"
              AD.grad total p |> Array.iteri (fun i e -> expectWithin bound e.Value gradient[i] $"gradient {i}")
              AD.hessian total p |> Array2D.iteri (fun i j e -> expectWithin bound e.Value hessian[i, j] $"Hessian {i} {j}")
              let residuals = rows |> Array.map (fun row -> (decay p (reals row)).Value)
              let jacobian = rows |> Array.map (fun row -> AD.grad (fun p -> decay p (reals row)) p |> values)
              let struct (squares, right, matrix) = sum.NormalEquations(p, ReadOnlySpan data)
              expectWithin bound (residuals |> Array.sumBy (fun r -> r * r)) squares "sum of squares"
              for i in 0..2 do
                  expectWithin bound (Array.fold2 (fun s (row: float[]) r -> s + row[i] * r) 0.0 jacobian residuals) right[i] $"J^T r {i}"
                  for j in 0..2 do
                      expectWithin bound (jacobian |> Array.sumBy (fun row -> row[i] * row[j])) matrix[i, j] $"J^T J {i} {j}"

          testCase "differences of data that are exact are taken before they are summed"
          <| fun () ->
              // whole numbers around 2^56 are multiples of 16, and so are their sums: each difference is exact, their sums are not
              let rows = [| for k in 0..99 -> [| 1e17 + 16.0 * float (k * k); 1e17 + 16.0 * float (7 * k) |] |]
              let expected = rows |> Array.sumBy (fun row -> row[0] - row[1])
              for f in
                  [ (fun (p: Real[]) (d: Real[]) -> p[0] * (d[0] - d[1]))
                    (fun p d -> p[0] * d[0] - p[0] * d[1])
                    (fun p d -> (p[1] - d[1]) * p[0] - (p[1] - d[0]) * p[0]) ] do
                  let sum = AD.compileSum f (reals [| 1.0; 1e17 |]) (reals [| 0.0; 0.0 |])
                  let struct (value, gradient) = sum.ValueAndGrad(reals [| 1.0; 1e17 |], ReadOnlySpan(columns rows))
                  expectSame expected value "value"
                  expectSame expected gradient[0].Value "gradient"
                  expectSame 0.0 gradient[1].Value "gradient"

          testCase "data and parameters on the other sides of branches"
          <| fun () ->
              let f (p: Real) (x: Real) : Real =
                  let scale = if Real.op_LessThan (p, Real 0.0) then -p else Real 3.0 * p
                  if Real.op_LessThan (x, Real 0.0) then scale * x * x else p * x
              let expected p x =
                  (if x < 0.0 then (if p < 0.0 then -p else 3.0 * p) * x * x else p * x),
                  (if x < 0.0 then (if p < 0.0 then -1.0 else 3.0) * x * x else x)
              for data in
                  [ [| 1.0; 2.0; 3.0; -1.0 |]; Array.init 64 (fun k -> float k - 60.0); Array.init 2000 (fun k -> float (k % 9) - 4.0) ] do
                  let sum = AD.compileSumWith (CompileOptions(MaximumPaths = 3)) f (Real 1.0) (Real 1.0)
                  for p in [ 2.0; -2.0; 0.5; -0.5 ] do
                      let struct (value, gradient) = sum.ValueAndGrad(Real p, ReadOnlySpan data)
                      // whole numbers and halves: exact
                      expectSame (data |> Array.sumBy (expected p >> fst)) value $"value at {p}"
                      expectSame (data |> Array.sumBy (expected p >> snd)) gradient.Value $"gradient at {p}"

          testCase "a sum is a function: differentiated and compiled again"
          <| fun () ->
              let data = columns (decayData 20)
              let sum = AD.compileSum decay (reals [| 1.0; 1.0; 1.0 |]) (reals [| 0.0; 0.0 |])
              let at = [| 1.5; 0.8; 0.3 |]
              let struct (_, expected) = sum.ValueAndGrad(reals at, ReadOnlySpan data)
              let gradient = AD.grad (fun p -> sum.Invoke(p, ReadOnlySpan data)) (reals at)
              Array.iter2 (fun (e: Real) (a: Real) -> expectWithin (20.0 * 10.0 * 50.0 * u) e.Value a.Value "gradient") expected gradient
              let compiled = AD.compile (AD.grad (fun p -> sum.Invoke(p, ReadOnlySpan data))) (reals at)
              Array.iter2 (fun (e: Real) (a: Real) -> expectSame e.Value a.Value "compiled") gradient (compiled.Invoke(reals at))

          testCase "parameters and data in structures"
          <| fun () ->
              let sum =
                  AD.compileSum
                      (fun (p: {| Slope: Real; Name: string |}) struct (x: Real, y: Real) -> y - p.Slope * x)
                      {| Slope = Real 1.0; Name = "line" |}
                      (struct (Real 0.0, Real 0.0))
              let data = sum.Columns [ struct (Real 1.0, Real 2.0); struct (Real 2.0, Real 5.0) ]
              Expect.equal data [| 1.0; 2.0; 2.0; 5.0 |] "columns"
              let struct (value, gradient) = sum.ValueAndGrad({| Slope = Real 2.0; Name = "line" |}, ReadOnlySpan data)
              expectSame 1.0 value "value"
              expectSame -3.0 gradient.Slope.Value "gradient"
              Expect.equal gradient.Name "line" "name"
              (thrown<ArgumentException>(fun () -> sum.Value({| Slope = Real 2.0; Name = "curve" |}, ReadOnlySpan data) |> ignore)).Message
              |> expectMentions [ "parameters"; "constant of the program" ]

          testCase "data of another kind than the example are refused, not summed as the example's kind"
          <| fun () ->
              let sum =
                  AD.compileSum
                      (fun (p: Real) struct (x: Real, kind: int) -> if kind = 0 then p * x else p + x)
                      (Real 1.0)
                      (struct (Real 0.0, 0))
              Expect.equal (sum.Columns [ struct (Real 1.0, 0); struct (Real 2.0, 0) ]) [| 1.0; 2.0 |] "of the example's kind"
              (thrown<ArgumentException>(fun () -> sum.Columns [ struct (Real 1.0, 0); struct (Real 2.0, 1) ] |> ignore)).Message
              |> expectMentions [ "data"; "constant of the program"; "Real.Select" ]
              (thrown<ArgumentException>(fun () -> AD.compileSum (fun (p: Real) (d: Real[]) -> p) (Real 1.0) [||] |> ignore)).Message
              |> expectMentions [ "exampleDatum" ]

          testCase "no data, and data that are no columns"
          <| fun () ->
              let sum = AD.compileSum decay (reals [| 1.0; 1.0; 1.0 |]) (reals [| 0.0; 0.0 |])
              let struct (value, gradient) = sum.ValueAndGrad(reals [| 1.0; 1.0; 1.0 |], ReadOnlySpan<float>.Empty)
              expectSame 0.0 value "value"
              for g in gradient do
                  expectSame 0.0 g.Value "gradient"
              (thrown<ArgumentException>(fun () -> sum.Value(reals [| 1.0; 1.0; 1.0 |], ReadOnlySpan [| 1.0; 2.0; 3.0 |]) |> ignore))
                  .Message
              |> expectMentions [ "2"; "3" ]
              (thrown<ArgumentException>(fun () -> sum.Value(reals [| 1.0 |], ReadOnlySpan [| 1.0; 2.0 |]) |> ignore)).Message
              |> expectMentions [ "3"; "1" ]
              use source = new CancellationTokenSource()
              source.Cancel()
              thrown<OperationCanceledException>(fun () ->
                  sum.ValueAndGrad(reals [| 1.0; 1.0; 1.0 |], ReadOnlySpan [| 1.0; 2.0 |], source.Token, null) |> ignore)
              |> ignore ]
