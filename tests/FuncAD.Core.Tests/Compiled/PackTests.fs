/// Programs that were loops before they were traced become loops over vectors again, with the bits that they have line by line.
module FuncAD.Tests.Compiled.PackTests

#nowarn "9"

open System
open Microsoft.FSharp.NativeInterop
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Compiled
open FuncAD.Tests.Testing

/// What is done to a list of vectors of numbers: operands are counted back from the latest.
type Line =
    | Map of kind: int * a: int
    | Zip of kind: int * a: int * b: int
    | Shift of a: int
    | Reverse of a: int
    | EveryOther of a: int
    | Weighed of a: int
    | Product of a: int
    | Sums of a: int
    | Broadcast of a: int * b: int
    | Branch of a: int

type Case = { Lines: Line list; Length: int; Seed: int }

let private map kind (x: Real) =
    match kind with
    | 0 -> -x
    | 1 -> abs x
    | 2 -> sqrt (Real 1.0 + x * x)
    | 3 -> Real.Sin x
    | 4 -> Real 0.0 * x
    | 5 -> Real -0.0 - x
    | 6 -> Real.Floor x
    | _ -> x * x - Real 0.5

let private zip kind (a: Real) (b: Real) =
    match kind with
    | 0 -> a + b
    | 1 -> a - b
    | 2 -> a * b
    | 3 -> a / (Real 1.5 + abs b)
    | 4 -> Real.Max(a, b)
    | 5 -> Real.Select(Real.Less(a, b), a * b, b - a)
    | _ -> Real.Min(a, b)

let private run (case: Case) (x: Real[]) : Real[] =
    let random = Random case.Seed
    let weights = Array.init 400 (fun _ -> Math.Round(random.NextDouble() * 8.0 - 4.0) / 2.0)
    let known = ResizeArray [ x ]
    let at back = known[known.Count - 1 - back % known.Count]
    for line in case.Lines do
        known.Add(
            match line with
            | Map(kind, a) -> Array.map (map kind) (at a)
            | Zip(kind, a, b) ->
                let a, b = at a, at b
                Array.init (min a.Length b.Length) (fun k -> zip kind a[k] b[k])
            | Shift a -> if (at a).Length > 1 then (at a)[1..] else at a
            | Reverse a -> Array.rev (at a)
            | EveryOther a -> at a |> Array.indexed |> Array.filter (fun (k, _) -> k % 2 = 0) |> Array.map snd
            | Weighed a -> at a |> Array.mapi (fun k x -> Real weights[k] * x)
            | Product a ->
                let a = at a
                Array.init (min 12 a.Length) (fun i -> a |> Seq.mapi (fun j x -> Real weights[(7 * i + 3 * j) % 400] * x) |> Seq.reduce (+))
            | Sums a -> (Real 0.0, at a) ||> Array.scan (+)
            | Broadcast(a, b) -> at a |> Array.map (fun x -> x * (at b)[0])
            | Branch a -> at a |> Array.map (fun x -> if x > Real 0.25 then x * x else x - Real 1.0)
        )
    known[known.Count - 1]

let private weighed (case: Case) (x: Real[]) = run case x |> Array.mapi (fun k y -> Real(1.0 + 0.25 * float (k % 3)) * y) |> Array.sum

let private cases =
    let index, kind = Gen.choose (0, 3), Gen.choose (0, 7)
    let line =
        Gen.oneof
            [ Gen.map2 (fun kind a -> Map(kind, a)) kind index
              Gen.map3 (fun kind a b -> Zip(kind, a, b)) kind index index
              Gen.map3 (fun kind a b -> Zip(kind, a, b)) kind index index
              Gen.map Shift index
              Gen.map Reverse index
              Gen.map EveryOther index
              Gen.map Weighed index
              Gen.map Product index
              Gen.map Sums index
              Gen.map2 (fun a b -> Broadcast(a, b)) index index
              Gen.map Branch index ]
    let generator =
        Gen.map3
            (fun lines length seed -> { Lines = lines; Length = length; Seed = seed })
            (Gen.resize 8 (Gen.nonEmptyListOf line))
            (Gen.choose (1, 40))
            (Gen.choose (0, 1000000))
    let shrink case = seq {
        for drop in 0 .. case.Lines.Length - 1 do
            { case with Lines = List.removeAt drop case.Lines }
        if case.Length > 1 then { case with Length = case.Length - 1 }
    }
    Arb.fromGenShrink (generator, shrink)

/// Results of code at a point, or nothing where a guard does not hold. Its memory begins as NaN: what was not written may not be read.
let private execute (code: ScalarCode) (program: Program) (point: float[]) : float[] option =
    let memory = Array.create (max 1 code.Scratch) nan
    let results = Array.create (max 1 program.Outputs.Length) nan
    use point = fixed point
    use memory = fixed memory
    use outputs = fixed results
    if code.Run(point, memory, outputs) then Some results[.. program.Outputs.Length - 1] else None

let private schedules (program: Program) = [ for isLoose in [ false; true ] -> isLoose, PackSchedule(program, Packs(program, isLoose)) ]

let private agree (f: Real[] -> Real[]) (case: Case) =
    let random = Random(case.Seed + 1)
    let point () = Array.init case.Length (fun _ -> Math.Round(random.NextDouble() * 16.0 - 8.0) / 4.0)
    let start = point ()
    let program = (Path.trace f (Flatten.ofNumbers start.Length) start ExecutionMode.Interpreted).Program
    let points = [ start; point (); Array.create case.Length 0.0; Array.create case.Length -0.0; point () ]
    let expected = points |> List.map (execute (Interpreter program) program)
    for isLoose, schedule in schedules program do
        for bits in [ 128; 256; 512 ] do
            let code = PackedCompiler.compileFor bits schedule
            List.iter2
                (fun (point: float[]) expected ->
                    let what = $"loose {isLoose}, {bits} bits, at {point |> Array.map text |> List.ofArray}\n{program}"
                    match expected, execute code program point with
                    | Some expected, Some actual ->
                        Array.iteri2 (fun index e a -> expectSame e a $"result {index}, {what}") expected actual
                    | None, None -> ()
                    | _ -> failtest $"a guard holds on one side alone, {what}")
                points
                expected

let private rosenbrock (x: Real[]) =
    Seq.sum (seq { for i in 0 .. x.Length - 2 -> let a, b = x[i + 1] - x[i] * x[i], Real 1.0 - x[i] in Real 100.0 * a * a + b * b })

/// x.A x with a logarithm beside, so that there are matrices, chains of sums and calls.
let private quadratic (n: int) (x: Real[]) =
    let a i j = Real(1.0 / float (1 + i + j + i * j))
    Seq.sum (seq { for i in 0 .. n - 1 -> x[i] * Seq.sum (seq { for j in 0 .. n - 1 -> a i j * x[j] }) + log (x[i] / (Real 1.0 + x[0])) })

let private compiledBy (f: Real[] -> Real[]) (point: float[]) =
    let program = (Path.trace f (Flatten.ofNumbers point.Length) point ExecutionMode.Interpreted).Program
    program, PackedCompiler.compile 512 program // whatever vectors the machine has

[<Tests>]
let tests =
    testList
        "compiled packs"
        [ law "packed = line by line: values" 250 cases (fun case -> agree (run case) case)
          law "packed = line by line: gradients" 250 cases (fun case -> agree (AD.grad (weighed case)) case)
          law "packed = line by line: Hessians" 50 cases (fun case ->
              let case = { case with Length = min case.Length 12 }
              agree (AD.hessian (weighed case) >> Seq.cast<Real> >> Seq.toArray) case)

          testCase "the laws are about loops"
          <| fun () ->
              let inLoops case =
                  let point = Array.init case.Length (fun k -> 0.1 * float k)
                  let program =
                      (Path.trace (AD.grad (weighed case)) (Flatten.ofNumbers point.Length) point ExecutionMode.Interpreted).Program
                  schedules program
                  |> Seq.sumBy (fun (_, schedule) ->
                      schedule.Steps |> Seq.sumBy (fun step -> if step.IsLoop then step.Packs.Count * step.Length else 0))
              let sampled = cases.Generator |> Gen.sampleWithSeed (Rnd seed) 30 100
              Expect.isGreaterThan (Seq.sumBy inLoops sampled) 5000 "lines in loops"

          testCase "a gradient is two loops, and what is left of its ends"
          <| fun () ->
              let program, code = compiledBy (AD.grad rosenbrock) (Array.init 100 (fun k -> 0.01 * float k))
              Expect.isNotNull code "packed code"
              let schedule = PackSchedule(program, Packs(program, false))
              Expect.equal [ for step in schedule.Steps -> step.IsLoop, step.Length ] [ true, 99; false, 0; true, 98 ] "steps"

          testCase "short programs and chains stay straight"
          <| fun () ->
              Expect.isNull (snd (compiledBy (AD.grad rosenbrock) (Array.create 10 0.5))) "ten arguments"
              Expect.isNull
                  (snd (compiledBy (fun x -> [| (x[0], seq { 1..500 }) ||> Seq.fold (fun y _ -> y * y + x[1]) |]) [| 0.1; 0.2 |]))
                  "a chain"

          testCase "a matrix and chains of sums are found by the looser way"
          <| fun () ->
              let point = Array.init 200 (fun k -> 1.0 + 0.01 * float k)
              let program, code = compiledBy (AD.grad (quadratic 200)) point
              Expect.isNotNull code "packed code"
              let expected, actual = execute (Interpreter program) program point, execute code program point
              Array.iteri2 (fun index e a -> expectSame e a $"result {index}") expected.Value actual.Value

          testCase "constants stay where they are while there is code that reads them"
          <| fun () ->
              let point = Array.init 60 (fun k -> 1.0 + 0.01 * float k)
              let program = (Path.trace (AD.grad (quadratic 60)) (Flatten.ofNumbers point.Length) point ExecutionMode.Interpreted).Program
              let code = PackedCompiler.compileFor 512 (PackSchedule(program, Packs(program, true)))
              let expected = execute code program point
              GC.Collect(2, GCCollectionMode.Aggressive, true, true)
              // takes the place of what has been collected
              let others =
                  Array.init 200 (fun _ ->
                      let other = GC.AllocateArray<float>(80, pinned = true) in
                      Array.fill other 0 80 7.0
                      other)
              let actual = execute code program point
              GC.KeepAlive others
              Array.iteri2 (fun index e a -> expectSame e a $"result {index}") expected.Value actual.Value

          testCase "the public way: packed code gives what the function gives"
          <| fun () ->
              for f, n in
                  [ AD.grad rosenbrock, 100; AD.hessian rosenbrock >> Seq.cast<Real> >> Seq.toArray, 60; AD.grad (quadratic 60), 60 ] do
                  let example = Array.init n (fun k -> 1.0 + 0.01 * float (k * k % 17))
                  let compiled = AD.compileWith (CompileOptions(Mode = ExecutionMode.MachineCode)) f (reals example)
                  for shift in [ 0.0; 0.125; -0.5 ] do
                      let point = example |> Array.map ((+) shift)
                      let actual = Array.create compiled.Outputs nan
                      compiled.Run(ReadOnlySpan point, Span actual)
                      Array.iteri2 (fun index e a -> expectSame e a $"result {index}") (f (reals point) |> values) actual ]
