/// Each instruction on each target: the tables of the interpreter, of machine code and of vectors give what the rule gives.
module FuncAD.Tests.Compiled.InstructionTests

#nowarn "9"

open System
open Microsoft.FSharp.NativeInterop
open Expecto
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules
open FuncAD.Tests.Testing

/// Numbers at which instructions differ: zeros of both signs, weights, ties, halves that are rounded to even, subnormal and huge numbers, infinities and NaN.
let private numbers =
    [| 0.0; -0.0; 0.5; 1.0; -1.0; 2.5; -3.5; 1.5e-310; -1e300; Double.PositiveInfinity; Double.NegativeInfinity; nan |]

let private unary (rule: 'R) : Primitive = UnaryPrimitive<'R> rule
let private binary (rule: 'R) : Primitive = BinaryPrimitive<'R> rule
let private step (rule: 'R) : Primitive = UnaryPrimitive<'R> rule
let private choice (rule: 'R) : Primitive = BinaryPrimitive<'R> rule
let private relation (rule: 'Q) : Primitive = BinaryPrimitive<'Q> rule

/// The primitives of all instructions; of calls, some whose vector forms do not round.
let private primitives: Primitive[] =
    [| unary (Piecewise.Identity())
       step (Piecewise.Sign())
       choice (Piecewise.MaxMagnitude())
       choice (Piecewise.MinNumber())
       binary (Arithmetic.Add())
       binary (Arithmetic.Subtract())
       binary (Arithmetic.Multiply())
       binary (Arithmetic.Divide())
       unary (Arithmetic.Negate())
       unary (Piecewise.Abs())
       unary (Powers.Sqrt())
       unary (Powers.RootOfSquares())
       step (Piecewise.Floor())
       step (Piecewise.Ceiling())
       step (Arithmetic.Truncate())
       step (Arithmetic.RoundToEven())
       choice (Piecewise.Max())
       choice (Piecewise.Min())
       TernaryPrimitive<Arithmetic.FusedMultiplyAdd>(Arithmetic.FusedMultiplyAdd())
       relation (Comparisons.Less())
       relation (Comparisons.LessOrEqual())
       relation (Comparisons.Equal())
       relation (Comparisons.Both())
       relation (Comparisons.Either())
       relation (Comparisons.Not())
       binary (Powers.Absorb())
       SelectPrimitive()
       SharePrimitive() |]

/// Operands of lines: inputs, or numbers that are constants of the program.
type private Operand =
    | Input of index: int
    | Constant of number: float

/// Lines of one primitive: on inputs alone, and with a constant in the place of each input.
let private applications (primitive: Primitive) : Operand[][] =
    let inputs = Array.init primitive.Arity Input
    [| inputs
       for place in 0 .. primitive.Arity - 1 do
           for number in numbers do
               Array.updateAt place (Constant number) inputs |]

/// A program whose outputs are these lines. It is built by hand: while tracing, lines are simplified.
let private programOf (primitive: Primitive) (applications: Operand[][]) : Program =
    let inputs = primitive.Arity
    let value operand =
        match operand with
        | Input index -> index
        | Constant number -> inputs + Array.findIndex (fun other -> bits other = bits number) numbers
    let line (operands: Operand[]) =
        let operand place = if place < operands.Length then value operands[place] else 0
        { Primitive = primitive; Instruction = primitive.Instruction; A = operand 0; B = operand 1; C = operand 2 }
    let first = inputs + numbers.Length
    let outputs = Array.init applications.Length (fun line -> first + line)
    Program(inputs, numbers, Array.map line applications, outputs, [||], applications.Length, false)

/// All tuples of the numbers.
let rec private points (arity: int) : float list list =
    if arity = 0 then
        [ [] ]
    else
        [ for rest in points (arity - 1) do
              for number in numbers -> number :: rest ]

/// The results of a target for points: for each point, the outputs.
type private Target = Program -> float[][] -> float[][]

let private atPoints (compile: Program -> ScalarCode) : Target =
    fun program points ->
        let code = compile program
        points
        |> Array.map (fun point ->
            let memory, results = Array.create (max 1 code.Scratch) nan, Array.create program.Outputs.Length nan
            use inputs = fixed point
            use scratch = fixed memory
            use outputs = fixed results
            Expect.isTrue (code.Run(inputs, scratch, outputs)) "there are no guards"
            results)

let private inTiles (compile: Program -> TileCode) : Target =
    fun program points ->
        let count = points.Length
        let inputs = Array.init (program.Inputs * count) (fun index -> points[index % count][index / count])
        let outputs = Array.create (program.Outputs.Length * count) nan
        let single = SinglePoint(fun _ _ -> failtest "no point is computed by itself")
        use input = fixed inputs
        use output = fixed outputs
        Batch.run (compile program) single (CompileOptions(Threads = 1)) input output count Threading.CancellationToken.None null
        Array.init count (fun point -> Array.init program.Outputs.Length (fun index -> outputs[index * count + point]))

/// Members of packs are points: a program that applies the instruction to the numbers of all points, run once.
let private inPacks (bits: int) : Target =
    fun program points ->
        let count, lines = points.Length, program.Lines.Length
        let inputs = program.Inputs * count
        let value point operand = if operand < program.Inputs then operand * count + point else inputs + operand - program.Inputs
        let line index =
            let line = program.Lines[index / count]
            let value = value (index % count)
            { line with A = value line.A; B = value line.B; C = value line.C }
        let first = inputs + program.Constants.Length
        let outputs = Array.init (lines * count) (fun index -> first + index)
        let unrolled = Program(inputs, program.Constants, Array.init (lines * count) line, outputs, [||], 0, false)
        let code = PackedCompiler.compileFor bits (PackSchedule(unrolled, Packs(unrolled, false)))
        let point = Array.init inputs (fun index -> points[index % count][index / count])
        let results = (atPoints (fun _ -> code) unrolled [| point |])[0]
        Array.init count (fun point -> Array.init lines (fun line -> results[line * count + point]))

let private targets: (string * Target) list =
    [ "the interpreter", atPoints (fun program -> Interpreter program)
      "machine code", atPoints (fun program -> ScalarCompiler.compile program)
      "runs of doubles", inTiles (fun program -> TileCode.interpreted program 0)
      for bits in [ 128; 256; 512 ] do
          $"vectors of {bits} bits", inTiles (fun program -> TileCode.compiled program 0 false bits)
      for bits in [ 128; 256; 512 ] do
          $"packs in vectors of {bits} bits", inPacks bits ]

let private agree (name: string) (target: Target) (primitive: Primitive) =
    let applications = applications primitive
    let points = points primitive.Arity |> List.map Array.ofList |> Array.ofList
    let results = target (programOf primitive applications) points
    for point = 0 to points.Length - 1 do
        for line = 0 to applications.Length - 1 do
            let operands =
                applications[line]
                |> Array.map (fun operand ->
                    match operand with
                    | Input index -> points[point][index]
                    | Constant number -> number)
            let operand place = if place < operands.Length then operands[place] else 0.0
            let expected = primitive.Value(operand 0, operand 1, operand 2)
            let actual = results[point][line]
            if not (same expected actual) then
                let shown = operands |> Array.map text |> String.concat ", "
                failtest $"{name}, {primitive.Name}({shown}) as %A{applications[line]}: expected {text expected}, got {text actual}"

[<Tests>]
let tests =
    testList
        "compiled instructions"
        [ testCase "there are primitives for all instructions"
          <| fun () ->
              let known = primitives |> Array.map _.Instruction |> Array.distinct |> Array.sort
              Expect.equal known (Enum.GetValues<Instruction>()) "instructions"

          for name, target in targets do
              testCase $"{name} = the rules, at all points" <| fun () -> primitives |> Array.iter (agree name target) ]
