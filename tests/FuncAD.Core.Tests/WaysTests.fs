/// The ways of functional programming (samples/ways) against the library, and against what they say of themselves.
module FuncAD.Tests.WaysTests

open System
open System.IO
open Expecto
open FsCheck
open FsCheck.FSharp
open Microsoft.FSharp.Linq.RuntimeHelpers
open FuncAD
open FuncAD.Tests.Testing
open Ways

// ---- Random programs ----

/// A program at a point where it is safe: all numbers are moderate, logarithms and divisors away from 0.
type Case = { Program: Ways.Program; Point: float[] }

let private largest, nearest = 100.0, 0.05

/// The numbers that an operation is safe for.
let private isSafe (numbers: ResizeArray<float>) (operation: Operation) (result: float) : bool =
    abs result <= largest
    && match operation with
       | Divide(_, b) -> abs numbers[b] >= nearest
       | Log x -> numbers[x] >= nearest
       | _ -> true

let private result (numbers: ResizeArray<float>) (operation: Operation) : float =
    Program.run id (fun x -> x > 0.0) { Inputs = numbers.Count; Operations = [| operation |] } (numbers.ToArray())

/// The operations as far as they are safe, others replaced by a sine, which always is.
let private safe (inputs: float[]) (operations: Operation list) : Operation[] =
    let numbers = ResizeArray inputs
    [| for operation in operations do
           let operation =
               if isSafe numbers operation (result numbers operation) then
                   operation
               else
                   Operation.Sin(Program.arguments operation |> List.last)
           numbers.Add(result numbers operation)
           operation |]

let private operation (count: int) : Gen<Operation> =
    // Later numbers more often, so that programs grow deep.
    let number = Gen.map2 max (Gen.choose (0, count - 1)) (Gen.choose (0, count - 1))
    let one make = Gen.map make number
    let two make = Gen.map2 (fun a b -> make (a, b)) number number
    Gen.frequency
        [ 1, Gen.elements [ 0.0; 1.0; -1.0; 0.5; 2.0; 0.3 ] |> Gen.map Operation.Constant
          4, two Operation.Add
          3, two Operation.Subtract
          5, two Operation.Multiply
          3, two Operation.Divide
          1, one Operation.Negate
          2, one Operation.Sin
          2, one Operation.Cos
          2, one Operation.Exp
          2, one Operation.Log
          2, Gen.map3 (fun test a b -> Operation.Choose(test, a, b)) number number number ]

let private cases: Arbitrary<Case> =
    let generator = gen {
        let! inputs = Gen.choose (1, 4)
        let! point = Gen.arrayOfLength inputs (Gen.choose (-2000, 2000) |> Gen.map (fun k -> float k / 1000.0))
        // Backpropagators take a step for each path, of which there may be 2^length.
        let! length = Gen.sized (fun size -> Gen.choose (1, max 1 (min 16 size)))
        let mutable operations = []
        for k = 0 to length - 1 do
            let! next = operation (inputs + k)
            operations <- next :: operations
        return { Program = { Inputs = inputs; Operations = safe point (List.rev operations) }; Point = point }
    }
    /// Without the last operation, and at simpler points.
    let smaller case = seq {
        let operations = case.Program.Operations
        if operations.Length > 1 then { case with Program = { case.Program with Operations = operations[.. operations.Length - 2] } }
        for index = 0 to case.Point.Length - 1 do
            for x in [ 0.0; 1.0; Math.Round case.Point[index] ] do
                if abs x < abs case.Point[index] then
                    let point = Array.updateAt index x case.Point
                    { Program = { case.Program with Operations = safe point (List.ofArray operations) }; Point = point }
    }
    Arb.fromGenShrink (generator, smaller)

// ---- What gradients may differ by ----

/// A number with the sum, over the paths from it to an input, of the absolute values of the products of slopes.
[<Struct>]
type Sized =
    { Value: float
      Size: float }

    static member Of(value, size) : Sized = { Value = value; Size = size }
    static member (+)(a: Sized, b: Sized) = Sized.Of(a.Value + b.Value, a.Size + b.Size)
    static member (-)(a: Sized, b: Sized) = Sized.Of(a.Value - b.Value, a.Size + b.Size)
    static member (*)(a: Sized, b: Sized) = Sized.Of(a.Value * b.Value, abs b.Value * a.Size + abs a.Value * b.Size)

    static member (/)(a: Sized, b: Sized) =
        let y = a.Value / b.Value
        Sized.Of(y, (a.Size + abs y * b.Size) / abs b.Value)

    static member (~-)(x: Sized) = Sized.Of(-x.Value, x.Size)
    static member Sin(x: Sized) = Sized.Of(sin x.Value, abs (cos x.Value) * x.Size)
    static member Cos(x: Sized) = Sized.Of(cos x.Value, abs (sin x.Value) * x.Size)
    static member Exp(x: Sized) = Sized.Of(exp x.Value, exp x.Value * x.Size)
    static member Log(x: Sized) = Sized.Of(log x.Value, x.Size / abs x.Value)

let private sizes (program: Ways.Program) (point: float[]) : float[] =
    let along direction =
        let inputs = point |> Array.mapi (fun index x -> Sized.Of(x, (if index = direction then 1.0 else 0.0)))
        (Program.run (fun c -> Sized.Of(c, 0.0)) (fun x -> x.Value > 0.0) program inputs).Size
    Array.init point.Length along

/// A derivative is a sum, over paths, of products of slopes. All ways compute values by the same operations, and so have the same slopes,
/// up to two roundings in each (-y / b for -(a / b) / b). An operation adds to a path a slope, a product with it and, at each of its two
/// arguments, a sum: five roundings. Two ways differ by twice that times the sum of the absolute values, with a unit for terms of second
/// order. A product may pass below 1e-308 where it loses digits, and be multiplied again by some slopes, each at most 2000 (100 / 0.05),
/// no more than 16 of them: 1e-323 * 1e53.
let private bound (program: Ways.Program) (size: float) : float = 2.0 * (5.0 * float program.Operations.Length + 1.0) * u * size + 1e-269

let private library (program: Ways.Program) (point: float[]) : float * float[] =
    let value, gradient = AD.valueAndGrad (Program.run Real (fun x -> x.Value > 0.0) program) (reals point)
    value.Value, values gradient

let private agrees (gradient: Ways.Program -> float[] -> float * float[]) (program: Ways.Program) (point: float[]) : unit =
    let value, expected = library program point
    let ownValue, actual = gradient program point
    expectSame value ownValue "the value"
    Expect.equal actual.Length expected.Length "the number of derivatives"
    let sizes = sizes program point
    for index = 0 to point.Length - 1 do
        expectWithin (bound program sizes[index]) expected[index] actual[index] $"the derivative in input {index}"

/// A category beyond those in the table: a kind of kinds.
let private inCategory<'L when 'L :> Categories.ILinear<'L>> (read: 'L -> Scalar[]) (program: Ways.Program) (point: float[]) =
    let struct (value, map) = Categories.derivative<'L> program point
    value.Value, read map |> Array.map _.Value

let private againstTheLibrary =
    [ for way in Main.ways do
          law way.Name 2000 cases (fun case -> agrees way.Gradient case.Program case.Point)
      law "duals of duals of functions" 500 cases (fun case ->
          agrees
              (inCategory<Categories.Dual<Categories.Dual<Categories.Function>>>(fun map ->
                  Categories.ofFunction map.Transposed.Transposed))
              case.Program
              case.Point)
      law "duals of matrices" 500 cases (fun case ->
          let column (map: Categories.Dual<Categories.Matrix>) = map.Transposed.Rows |> Array.map Array.head
          agrees (inCategory column) case.Program case.Point)
      law "continuations of duals of matrices" 500 cases (fun case ->
          let read (map: Categories.Continued<Categories.Dual<Categories.Matrix>>) =
              (map.Continue(Categories.identity 1)).Transposed.Rows |> Array.map Array.head
          agrees (inCategory read) case.Program case.Point) ]

// ---- Long programs ----

/// A stack as deep as the longest program here needs; the system only backs what is touched.
let private megabytes = 256

let private succeeds (result: Result<unit, exn>) : unit =
    match result with
    | Ok() -> ()
    | Error e -> failtest $"{e}"

/// 99 999 operations, or a tenth of that for what allocates much while its stack is deep: each garbage collection walks the stack.
let private long (way: Way) : Ways.Program =
    if way.Name.StartsWith "categories" || way.Name.StartsWith "CHAD" then Program.shared 3_333 else Main.deep

let private longPrograms =
    [ for way in Main.ways do
          let agrees program () = agrees way.Gradient program [| 0.3 |]
          if way.Depth = Flat then
              testCase $"{way.Name}: 10^5 operations on a stack of 1 MB" (fun () -> Main.onStack 1 (agrees Main.deep) |> succeeds)
          if way.Depth = Nested then
              testCase $"{way.Name}: 10^5 operations do not fit a stack of 1 MB, and the error says so" (fun () ->
                  match Main.onStack 1 (agrees Main.deep) with
                  | Error(:? InsufficientExecutionStackException) -> ()
                  | other -> failtest $"{other}")
          if (way.Depth = Nested || way.Depth = Overflowing) && way.Shared = Linear then
              testCase $"{way.Name}: a long program fits a deep stack" (fun () -> Main.onStack megabytes (agrees (long way)) |> succeeds) ]

// ---- What each file shows ----

let private perturbations =
    [ testCase "dual numbers confuse perturbations, tagged ones do not" (fun () ->
          expectSame 2.0 (DualNumbers.confused().Value) "one e for all"
          expectSame 1.0 (TaggedDuals.distinct().Value) "an e for each"
          expectSame 1.0 (AD.diff (fun x -> x * AD.diff (fun y -> x + y) (real 1.0)) (real 1.0)).Value "the library")

      testCase "tagged duals nest as the library does" (fun () ->
          let nested (number: float -> 'T) (diff: ('T -> 'T) -> 'T -> 'T) (sine: 'T -> 'T) (times: 'T -> 'T -> 'T) (plus: 'T -> 'T -> 'T) =
              [ diff (fun x -> times x (diff (fun y -> times x y) (number 2.0))) (number 3.0) // 2 x
                diff (fun x -> diff (fun y -> sine (times x y)) x) (number 0.5) // d/dx (x cos x^2)
                diff (diff (diff sine)) (number 0.3) // -cos
                // (2x) x
                diff (fun x -> times (diff (fun x -> times x x) x) (diff (fun y -> plus x (times y x)) (number 1.0))) (number 1.5) ]
          let tagged = nested TaggedDuals.constant TaggedDuals.diff sin (*) (+) |> List.map _.Value
          let ours = nested real AD.diff sin (*) (+) |> List.map _.Value
          // Some ten operations, whose terms do not cancel.
          List.iter2 (fun expected actual -> expectClose 20.0 expected actual "a nested derivative") ours tagged
          expectClose 20.0 6.0 tagged[0] "2x at 3"
          expectClose 20.0 (cos 0.25 - 0.5 * sin 0.25) tagged[1] "cos x^2 - 2 x^2 sin x^2 at 1/2"
          expectClose 20.0 (-(cos 0.3)) tagged[2] "-cos"
          expectClose 20.0 6.0 tagged[3] "4x at 3/2")

      testCase "lazy towers: derivatives of exp x sin x are 2^(k/2) exp x sin (x + k pi / 4)" (fun () ->
          let x = 0.7
          let tower = LazyTowers.derivatives (fun x -> exp x * sin x) x |> Seq.truncate 13 |> Seq.toArray
          for order = 0 to 12 do
              let k = float order
              let expected = Math.Pow(2.0, k / 2.0) * exp x * sin (x + k * Math.PI / 4.0)
              // 2^k terms no larger than exp x, each a product of k factors, and their sums; 4 roundings in what is expected
              expectWithin ((2.0 * k + 8.0) * u * Math.Pow(2.0, k) * exp x) expected tower[order] $"order {order}")

      testCase "lazy towers: a quotient and a logarithm, higher orders against the library" (fun () ->
          let tower =
              LazyTowers.derivatives (fun x -> log x / (x * x + LazyTowers.constant 1.0) - cos x) 1.3 |> Seq.truncate 6 |> Seq.toArray
          for order = 0 to 5 do
              let expected = (AD.diffn order (fun x -> log x / (x * x + 1.0) - cos x) (real 1.3)).Value
              // 3^order terms or fewer for each of five operations; derivatives of the parts are no larger than order!
              let size = Math.Pow(3.0, float order) * ([ 1..order ] |> List.fold (fun f k -> f * float k) 1.0)
              expectWithin (50.0 * u * size) expected tower[order] $"order {order}") ]

let private tape =
    law "the tape's three steps give the same bits" 500 cases (fun case ->
        match Tape.ways |> List.map (fun way -> way.Gradient case.Program case.Point) with
        | [ _, closures; _, frames; _, array ] ->
            for index = 0 to case.Point.Length - 1 do
                expectSame closures[index] frames[index] "frames"
                expectSame closures[index] array[index] "array"
        | other -> failtest $"{other.Length} steps")

let private continuations =
    testCase "continuation passing: a program as a computation expression" (fun () ->
        let value, gradient = Continuations.grad Continuations.example [| 0.5; 3.0 |]
        // x y + sin x y, with slopes y (1 + cos x y) and x (1 + cos x y)
        expectClose 4.0 (1.5 + sin 1.5) value "the value"
        expectClose 8.0 (3.0 * (1.0 + cos 1.5)) gradient[0] "in x"
        expectClose 8.0 (0.5 * (1.0 + cos 1.5)) gradient[1] "in y")

let private compose<'L when 'L :> Categories.ILinear<'L>> (after: 'L) (before: 'L) : 'L = 'L.Compose(after, before)

let private dimensions =
    testCase "categories: maps that do not fit are an error that names the dimensions" (fun () ->
        let two, three = Categories.identity<Categories.Matrix> 2, Categories.identity<Categories.Matrix> 3
        thrown<ArgumentException>(fun () -> compose two three |> ignore) |> _.Message |> expectMentions [ "compose"; "2"; "3" ])

// ---- CHAD on its own language ----

let private chad =
    let environment inputs : Chad.Environment<Chad.Type> = List.init inputs (fun index -> $"x{inputs - 1 - index}", Chad.Real)
    let typed (mode: Chad.Mode) arrow (environment: Chad.Environment<Chad.Type>) term =
        let t = Chad.typeOf environment term
        Expect.equal
            (Chad.typeOf environment (Chad.derivative mode environment term))
            (Chad.Pair(t, Chad.Arrow(arrow (Chad.linearOf environment, Chad.linear t))))
            "the type"
    let both environment term =
        typed Chad.forward id environment term
        typed Chad.reverse (fun (a, b) -> b, a) environment term
    [ law "CHAD keeps types: value and linear map, in both modes" 500 cases (fun case ->
          both (environment case.Point.Length) (Chad.term case.Program))

      testCase "CHAD on pairs and sums" (fun () ->
          // let s = if x positive then (x, y) else y in case s of (a, b) -> sin a b | b -> b b
          let x, y = Chad.Variable "x0", Chad.Variable "x1"
          let pair = Chad.Pair(Chad.Real, Chad.Real)
          let sum = Chad.Case(Chad.IsPositive x, ("_", Chad.Left(Chad.Tuple(x, y), Chad.Real)), ("_", Chad.Right(pair, y)))
          let product = Chad.Binary(Chad.Times, Chad.Unary(Chad.Sine, Chad.First(Chad.Variable "p")), Chad.Second(Chad.Variable "p"))
          let square = Chad.Binary(Chad.Times, Chad.Variable "b", Chad.Variable "b")
          let term = Chad.Let("s", sum, Chad.Case(Chad.Variable "s", ("p", product), ("b", square)))
          both (environment 2) term
          for zeros in [ Chad.Dense; Chad.Sparse ] do
              for mode in [ Chad.forward; Chad.reverse ] do
                  for a, b, value, slopeA, slopeB in [ 0.5, 3.0, sin 0.5 * 3.0, cos 0.5 * 3.0, sin 0.5; -0.5, 3.0, 9.0, 0.0, 6.0 ] do
                      let ownValue, gradient = Chad.gradient mode zeros term [| a; b |]
                      expectClose 4.0 value ownValue "the value"
                      expectClose 4.0 slopeA gradient[0] "in x"
                      expectClose 4.0 slopeB gradient[1] "in y")

      testCase "CHAD refuses ill-typed terms and those of its target" (fun () ->
          let message = thrown<exn>(fun () -> Chad.typeOf [] (Chad.First(Chad.Number 1.0)) |> ignore) |> _.Message
          expectMentions [ "First"; "Real" ] message
          let message = thrown<exn>(fun () -> Chad.derivative Chad.reverse [] (Chad.Identity Chad.Real) |> ignore) |> _.Message
          expectMentions [ "Identity"; "source language" ] message) ]

// ---- Quotations that people write ----

let private compiled (quotation: Quotations.Expr<'T>) : 'T = unbox<'T>(LeafExpressionConverter.EvaluateQuotation quotation)

let private quotations =
    [ testCase "quotations: a derivative, the derivative of that, and the code" (fun () ->
          let f = <@ fun (x: float) -> x * sin x + exp (x / 2.0) @>
          let first, second = Quotations.derivative f, Quotations.derivative (Quotations.derivative f)
          for x in [ 0.0; 0.5; 1.0; -1.3 ] do
              expectWithin (20.0 * u * 4.0) (sin x + x * cos x + exp (x / 2.0) / 2.0) (compiled first x) "f'"
              expectWithin (40.0 * u * 8.0) (2.0 * cos x - x * sin x + exp (x / 2.0) / 4.0) (compiled second x) "f''")

      testCase "quotations: lets, branches and captured numbers, compiled" (fun () ->
          let scale = 3.0
          let f =
              <@
                  fun (x: float[]) ->
                      let product = x[0] * x[1]
                      let kept = if product > 1.0 then log product * scale else (let half = product / 2.0 in half * half)
                      kept + x[0]
              @>
          let gradient = compiled (Quotations.gradient 2 f)
          for x, y in [ 2.0, 3.0; 0.5, 0.8; 1.0, 1.0 ] do
              let product = x * y
              let slope = if product > 1.0 then scale / product else product / 2.0
              let value, cotangents = gradient [| x; y |]
              let expected = if product > 1.0 then log product * scale + x else product * product / 4.0 + x
              expectClose 8.0 expected value "the value"
              expectClose 12.0 (slope * y + 1.0) cotangents[0] "in x"
              expectClose 12.0 (slope * x) cotangents[1] "in y"
              let _, tangent = compiled (Quotations.pushforward 2 f) [| x; y |] [| 1.0; -2.0 |]
              expectClose 24.0 (slope * y + 1.0 - 2.0 * slope * x) tangent "along (1, -2)")

      law "quotations: compiled code computes as counted code does" 100 cases (fun case ->
          let value, gradient = compiled (Quotations.gradient case.Program.Inputs (Quotations.quotation case.Program)) case.Point
          let reverse = Quotations.ways |> List.last
          let expectedValue, expected = reverse.Gradient case.Program case.Point
          expectSame expectedValue value "the value"
          Array.iter2 (fun expected actual -> expectSame expected actual "a derivative") expected gradient)

      testCase "quotations: what is not understood is shown" (fun () ->
          let message = thrown<ArgumentException>(fun () -> Quotations.derivative <@ fun x -> tanh x @> |> ignore) |> _.Message
          expectMentions [ "does not understand"; "Tanh" ] message) ]

// ---- Cost ----

let private laws =
    testCase "a law is found only where each count obeys it" (fun () ->
        let sizes = [ 1; 2; 3; 4; 5; 6; 7; 8; 10; 12; 16 ]
        let counts f = sizes |> List.map (fun n -> n, f (int64 n))
        let growth f = Costs.law (counts f) |> Option.map _.Growth
        Expect.equal (growth (fun n -> 7L * n + 2L)) (Some Linear) "7n + 2"
        Expect.equal (growth (fun n -> n * (n - 1L) / 2L)) (Some Quadratic) "n (n - 1) / 2"
        Expect.equal (growth (fun n -> n * n * n)) (Some Cubic) "n^3"
        Expect.equal (growth (fun n -> n * n * n * n + n)) (Some Quartic) "n^4 + n"
        Expect.equal (growth (fun n -> 3L * (1L <<< int n) + n)) (Some Exponential) "3·2^n + n"
        Expect.equal (growth (fun n -> if n = 16L then 7L else n)) None "one count that is off"
        Expect.equal (Costs.law (counts (fun n -> 5L * (1L <<< int n) - n)) |> Option.map _.Text) (Some "5·2^n - n") "the text")

/// What the program prints, and what it returns.
let private run =
    lazy
        (let console = Console.Out
         use text = new StringWriter()
         Console.SetOut text
         try
             let code = Main.main [||]
             code, text.ToString().ReplaceLineEndings("\n").TrimEnd().Split '\n'
         finally
             Console.SetOut console)

let private page = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "docs", "ways.md")

/// The power in a cell such as n^1.5.
let private power (cell: string) : float option =
    if cell.StartsWith "n^" && cell.Contains '.' then
        Some(Double.Parse(cell[2..], Globalization.CultureInfo.InvariantCulture))
    else
        None

let private program =
    [ testCase "the program finds its own numbers right" (fun () ->
          let code, lines = run.Value
          Expect.equal (Array.last lines) "ok" (String.Join('\n', lines))
          Expect.equal code 0 "the exit code")

      testCase "the table of docs/ways.md is the program's" (fun () ->
          let isRow (line: string) = line.StartsWith '|'
          let printed = run.Value |> snd |> Array.filter isRow
          let written = File.ReadAllLines page |> Array.skipWhile ((<>) printed[0]) |> Array.takeWhile isRow
          let hint = "copy the table that `dotnet run --project samples/ways` prints"
          Expect.equal written.Length printed.Length hint
          for expected, actual in Array.zip written printed do
              let cells (row: string) = row.Split '|' |> Array.map _.Trim()
              for expected, actual in Array.zip (cells expected) (cells actual) do
                  match power expected, power actual with
                  // A tenth more or less of the bytes, as the runtime finds objects that may live on the stack, or has not yet: log2(1.1 / 0.9).
                  | Some p, Some q -> expectWithin 0.3 p q $"a power of bytes in {actual}"
                  | _ -> Expect.equal actual expected hint)

      testCase "docs/ways.md names every file and every source" (fun () ->
          let text = File.ReadAllText page
          for file in Directory.EnumerateFiles(Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "samples", "ways"), "*.fs") do
              Expect.stringContains text (Path.GetFileName file) "a file"
          for way in Main.ways do
              for source in way.Source.Replace("from ", "").Split "; " do
                  let author = (source.Split ' ' |> Array.head).TrimEnd ','
                  Expect.stringContains text author "an author") ]

[<Tests>]
let tests =
    testList
        "ways"
        [ testList "against the library" againstTheLibrary
          testList "long programs" longPrograms
          testList "perturbations and orders" perturbations
          tape
          continuations
          dimensions
          testList "CHAD" chad
          testList "quotations" quotations
          laws
          testList "the program" program ]
