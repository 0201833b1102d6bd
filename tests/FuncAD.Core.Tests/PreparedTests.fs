/// Prepared functions give the bits of the operators they stand for, whatever happened in the calls before.
module FuncAD.Tests.PreparedTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs

let private expectAll (expected: float[]) (actual: float[]) (what: string) =
    Expect.equal actual.Length expected.Length $"{what}: length"
    Array.iteri2 (fun i expected actual -> expectSame expected actual $"{what}, entry {i}") expected actual

let private gradientOf (prepared: Prepared<'P>) (x: float[]) : float[] =
    let into = Array.create x.Length 7.0
    prepared.Gradient(ReadOnlySpan x, Span into)
    into

let private rowMajor (matrix: Real[,]) = [| for x in Seq.cast<Real> matrix -> x.Value |]

/// All results of a prepared function at a point are those of the operators.
let private holds (prepared: Prepared<Real[]>) (f: Real[] -> Real) (x: float[]) (what: string) =
    let value, gradient = AD.valueAndGrad f (reals x)
    expectAll (values gradient) (gradientOf prepared x) $"{what}, gradient"
    let into = Array.create x.Length 7.0
    expectSame value.Value (prepared.ValueAndGradient(ReadOnlySpan x, Span into)) $"{what}, value"
    expectAll (values gradient) into $"{what}, gradient with the value"
    expectSame value.Value (prepared.Value(ReadOnlySpan x)) $"{what}, value alone"

type private Body = { Mass: Real; Name: string; Position: struct (Real * Real); Speeds: Real[] }

let private throws<'E when 'E :> exn> (parts: string list) (action: unit -> unit) =
    let error =
        try
            action ()
            failtest "nothing was thrown"
        with :? 'E as error ->
            error :> exn
    for part in parts do
        Expect.stringContains error.Message part "the message"

let private bytesOf (action: unit -> unit) : int64 =
    let before = GC.GetAllocatedBytesForCurrentThread()
    action ()
    GC.GetAllocatedBytesForCurrentThread() - before

let private lawful =
    testList
        "laws"
        [ law "gradients and values are those of the operators, call after call, bit for bit" 400 (cases everything 1 4) (fun case ->
              let f = result case.Program
              let prepared = AD.prepare f (reals case.U)
              for x in [ case.Point; case.U; case.V; case.Point ] do
                  holds prepared f x "program")

          law "Hessians and Jacobians are those of the operators, bit for bit" 100 (cases everything 1 3) (fun case ->
              let f, x = result case.Program, case.Point
              let into = Array.create (x.Length * x.Length) 7.0
              (AD.prepare f (reals x)).Hessian(ReadOnlySpan x, Span into)
              expectAll (rowMajor (AD.hessian f (reals x))) into "Hessian"
              let g = results case.Program
              let expected = AD.jacobian g (reals x)
              let into = Array.create expected.Length 7.0
              let prepared = AD.prepareVector g (reals x)
              prepared.Jacobian(ReadOnlySpan x, Span into)
              expectAll (rowMajor expected) into "Jacobian"
              let value = Array.zeroCreate (Array2D.length1 expected)
              prepared.Value(ReadOnlySpan x, Span value)
              expectAll (g (reals x) |> values) value "value")

          law "an exception in f leaves nothing behind" 100 (cases everything 1 3) (fun case ->
              let f = result case.Program
              let mutable isThrowing = false
              let g (x: Real[]) =
                  let y = f x
                  if isThrowing then failwith "no value here"
                  y
              let prepared = AD.prepare g (reals case.Point)
              for round in 0..3 do
                  isThrowing <- true
                  throws<exn> [ "no value here" ] (fun () -> gradientOf prepared case.U |> ignore)
                  isThrowing <- false
                  holds prepared g case.Point $"after {round + 1} exceptions")

          law "many threads get the bits of one" 30 (cases everything 2 3) (fun case ->
              let f = result case.Program
              let prepared = AD.prepare f (reals case.Point)
              let points = [| case.Point; case.U; case.V |]
              let expected = points |> Array.map (reals >> AD.grad f >> values)
              Parallel.For(0, 60, (fun i -> expectAll expected[i % 3] (gradientOf prepared points[i % 3]) "on a thread")) |> ignore) ]

let private stale =
    testList
        "numbers of earlier calls"
        [ testCase "are constants to later ones, wherever they are used"
          <| fun _ ->
              let mutable kept: Real list = []
              let mutable call = 0
              let f (x: Real[]) =
                  call <- call + 1
                  // numbers of all earlier calls, as operands, in sums, and as the result
                  let y = (kept |> List.fold (fun sum k -> sum + k * x[0]) (x[0] * x[1])) + Sums.dot (Array.ofList kept) (Array.ofList kept)
                  kept <- sin x[0] :: x[1] * 3.0 :: kept
                  if call = 3 then kept[2] else y
              let prepared = AD.prepare f (reals [| 0.0; 0.0 |])
              let f' (x: float[]) =
                  // the same calls with fresh tapes
                  call <- call - 1
                  kept <- kept[2..]
                  AD.grad f (reals x) |> values
              for index in 0..5 do
                  let x = [| 0.3 + float index; 1.7 - float index |]
                  let actual = gradientOf prepared x
                  expectAll (f' x) actual $"call {index}"

          testCase "keep a tape of any length apart"
          <| fun _ ->
              let lengths = [ 1; 255; 256; 257; 1000; 3; 70000; 10 ]
              let mutable length = 0
              let f (x: Real[]) =
                  let mutable y = x[0]
                  for _ in 1..length do
                      y <- sin y + x[1]
                  y
              let prepared = AD.prepare f (reals [| 0.0; 0.0 |])
              for next in lengths do
                  length <- next
                  holds prepared f [| 0.3; 0.4 |] $"{next} operations"

          testCase "of a program that takes to arrays and levels on the way"
          <| fun _ ->
              let mutable way = 0
              let f (x: Real[]) =
                  match way % 4 with
                  | 0 -> x[0] * x[1]
                  | 1 -> Tensor.sum (Tensor.OfReals(x, [| x.Length |])) * x[0]
                  | 2 -> AD.diff (fun y -> y * y * x[1]) x[0]
                  | _ -> AD.customPullback "product" (fun (x: Real[]) -> x[0] * x[1]) (fun x _ w -> [| w * x[1]; w * x[0] |]) x
              let prepared = AD.prepare f (reals [| 0.0; 0.0 |])
              for next in [ 0; 0; 1; 0; 2; 3; 0; 3; 1; 2; 2 ] do
                  way <- next
                  holds prepared f [| 1.25; -0.75 |] $"way {way % 4}" ]

let private special =
    testList
        "at the edges"
        [ testCase "structural zeros, infinite slopes, NaN and constants"
          <| fun _ ->
              let functions: (string * (Real[] -> Real)) list =
                  [ "constant", (fun _ -> Real 2.0)
                    "an input", (fun x -> x[1])
                    "sqrt beside nothing", (fun x -> sqrt x[0] * 0.0 + x[1])
                    "chosen", (fun x -> if x[0].Value < 1.0 then x[1] else sqrt x[0])
                    "NaN", (fun x -> log x[0] * x[1])
                    "infinite", (fun x -> sqrt x[0] + x[1]) ]
              for name, f in functions do
                  let prepared = AD.prepare f (reals [| 0.0; 0.0 |])
                  for x in [ [| 0.0; -0.0 |]; [| -1.0; 2.0 |]; [| infinity; nan |]; [| 0.0; 3.0 |] ] do
                      holds prepared f x name

          testCase "a function that calls its own prepared form"
          <| fun _ ->
              let mutable prepared: Prepared<Real[]> voption = ValueNone
              let rec f (depth: int) (x: Real[]) : Real =
                  if depth = 0 then
                      x[0] * x[1]
                  else
                      let inner = gradientOf prepared.Value [| x[0].Value; x[1].Value |]
                      x[0] * inner[0] + x[1] * x[1]
              let mutable depth = 2
              let g (x: Real[]) =
                  depth <- depth - 1
                  let y = f (max depth 0) x
                  depth <- depth + 1
                  y
              prepared <- ValueSome(AD.prepare g (reals [| 0.0; 0.0 |]))
              let x = [| 2.0; 5.0 |]
              for _ in 1..3 do
                  depth <- 2
                  let actual = gradientOf prepared.Value x
                  depth <- 2
                  expectAll (AD.grad g (reals x) |> values) actual "nested"

          testCase "structures: numbers in order, other parts as they were"
          <| fun _ ->
              let f (body: Body) =
                  let struct (x, y) = body.Position
                  if body.Name <> "moon" then failwith "the name is lost"
                  body.Mass * x + y * body.Speeds[0] * body.Speeds[1]
              let example = { Mass = 0R; Name = "moon"; Position = struct (0R, 0R); Speeds = [| 0R; 0R |] }
              let prepared = AD.prepare f example
              Expect.equal prepared.Count 5 "count"
              for scale in [ 1.0; 2.0; 3.0; 4.0 ] do
                  let x = [| 2.0; 3.0; 5.0; 7.0; 11.0 |] |> Array.map (fun x -> scale * x)
                  expectAll [| x[1]; x[0]; x[3] * x[4]; x[2] * x[4]; x[2] * x[3] |] (gradientOf prepared x) "gradient"

          testCase "tensors"
          <| fun _ ->
              let f (x: Tensor) = Tensor.sum (x * x * x)
              let prepared = AD.prepare f (Tensor.ofArray [| 0.0; 0.0; 0.0 |])
              let x = [| 1.0; 2.0; 3.0 |]
              expectAll [| 3.0; 12.0; 27.0 |] (gradientOf prepared x) "gradient"
              expectSame 36.0 (prepared.Value(ReadOnlySpan x)) "value" ]

let private refused =
    testList
        "is an error"
        [ testCase "a result that depends on a number that is being differentiated outside"
          <| fun _ ->
              let into = [| 0.0 |]
              let inside (f: Real -> Real[] -> Real) (call: Prepared<Real[]> -> unit) =
                  AD.grad
                      (fun (c: Real) ->
                          call (AD.prepare (f c) (reals [| 0.0 |]))
                          c)
                      3R
                  |> ignore
              let x = [| 2.0 |]
              for _ in 1..2 do
                  throws<InvalidOperationException> [ "Prepared.Gradient"; "StopGradient" ] (fun () ->
                      inside (fun c x -> c * x[0]) (fun p -> p.Gradient(ReadOnlySpan x, Span into)))
                  throws<InvalidOperationException> [ "Prepared.Value"; "AD.Grad" ] (fun () ->
                      inside (fun c x -> c + x[0]) (fun p -> p.ValueAndGradient(ReadOnlySpan x, Span into) |> ignore))
                  throws<InvalidOperationException> [ "Prepared.Value" ] (fun () ->
                      inside (fun c x -> c + x[0]) (fun p -> p.Value(ReadOnlySpan x) |> ignore))
                  throws<InvalidOperationException> [ "Prepared.Hessian" ] (fun () ->
                      inside (fun c x -> c * x[0] * x[0]) (fun p -> p.Hessian(ReadOnlySpan x, Span into)))
              // The gradient does not depend on c, and one of a function of a constant neither.
              inside (fun c x -> c + x[0] * x[0]) (fun p -> expectAll [| 4.0 |] (gradientOf p x) "c + x^2")
              inside (fun c x -> AD.stopGradient c * x[0]) (fun p -> expectAll [| 3.0 |] (gradientOf p x) "stopped")

          testCase "the same of a Jacobian, and of a traced number"
          <| fun _ ->
              let into = [| 0.0 |]
              let x = [| 2.0 |]
              let call (c: Real) =
                  (AD.prepareVector (fun x -> [| c * x[0] |]) (reals x)).Jacobian(ReadOnlySpan x, Span into)
                  c
              throws<InvalidOperationException> [ "Prepared.Jacobian" ] (fun () -> AD.diff call 3R |> ignore)
              throws<InvalidOperationException> [ "Prepared.Gradient" ] (fun () ->
                  AD.compile
                      (fun (c: Real) ->
                          (AD.prepare (fun (x: Real[]) -> c * x[0]) (reals x)).Gradient(ReadOnlySpan x, Span into)
                          c)
                      3R
                  |> ignore)

          testCase "a span of another length"
          <| fun _ ->
              let prepared = AD.prepare (fun (x: Real[]) -> x[0] * x[1]) (reals [| 0.0; 0.0 |])
              let call (n: int) (m: int) () = prepared.Gradient(ReadOnlySpan(Array.zeroCreate<float> n), Span(Array.zeroCreate<float> m))
              throws<ArgumentException> [ "Prepared.Gradient"; "x"; "expected 2"; "got 3" ] (call 3 2)
              throws<ArgumentException> [ "Prepared.Gradient"; "into"; "expected 2"; "got 1" ] (call 2 1)
              let hessian () = prepared.Hessian(ReadOnlySpan [| 1.0; 2.0 |], Span [| 0.0 |])
              throws<ArgumentException> [ "Prepared.Hessian"; "into"; "expected 4"; "got 1" ] hessian
              let vector = AD.prepareVector (fun x -> [| x[0]; x[1]; x[0] |]) (reals [| 0.0; 0.0 |])
              for length in [ 0; 5; 7; 60 ] do
                  throws<ArgumentException> [ "Prepared.Jacobian"; "into"; "expected 6"; $"got {length}" ] (fun () ->
                      vector.Jacobian(ReadOnlySpan [| 1.0; 2.0 |], Span(Array.zeroCreate<float> length)))

          testCase "an example without numbers, and a null"
          <| fun _ ->
              throws<ArgumentException> [ "Prepare"; "holds no Real" ] (fun () -> AD.prepare (fun (_: string) -> 1R) "x" |> ignore)
              throws<ArgumentNullException> [ "example" ] (fun () -> AD.prepare (fun (x: Real[]) -> x[0]) null |> ignore) ]

let private lean =
    testCase "a gradient of numbers allocates nothing once warm, at any length"
    <| fun _ ->
        for length in [ 10; 1000; 100_000 ] do
            let f (x: Real[]) =
                let mutable y = x[0]
                for i in 1..length do
                    y <- y * 0.5 + x[i % 3]
                y
            let prepared = AD.prepare f (reals [| 0.0; 0.0; 0.0 |])
            let x, into = [| 1.0; 2.0; 3.0 |], [| 0.0; 0.0; 0.0 |]
            let call () =
                for _ in 1..10 do
                    prepared.ValueAndGradient(ReadOnlySpan x, Span into) |> ignore
                    prepared.Value(ReadOnlySpan x) |> ignore
#if DEBUG
            let rounds = 3
#else
            let rounds = 100
#endif
            // Until the code is compiled for good, f allocates itself; and the runtime may trim its pools at any time: the least of some counts.
            let mutable least = Int64.MaxValue
            let mutable round = 0
            while least > 0L && round < rounds do
                least <- min least (bytesOf call)
                round <- round + 1
                Thread.Sleep 10
            // code of a Debug build is never optimised, and boxes structs, some for each chunk of a tape
#if DEBUG
            Expect.isLessThan least (20L * 5000L) $"bytes of {length} operations"
#else
            Expect.equal least 0L $"bytes of {length} operations"
#endif

[<Tests>]
let tests = testList "prepared" [ lawful; stale; special; refused; lean ]
