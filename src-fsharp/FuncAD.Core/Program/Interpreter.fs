namespace FuncAD.Compiled

open System
open Microsoft.FSharp.NativeInterop
open FuncAD.Rules
open FuncAD

// Programs run on plain memory.
#nowarn "9"

/// <summary>Runs a program at one point.</summary>
[<AbstractClass; AllowNullLiteral>]
type internal ScalarCode() =
    /// The number of doubles of scratch memory that a run needs.
    abstract Scratch: int

    /// Computes the outputs. Returns false if a guard does not hold, that is, if the point takes another path than the program's.
    abstract Run: inputs: nativeptr<float> * scratch: nativeptr<float> * outputs: nativeptr<float> -> bool

/// <summary>Runs a program line by line: before compiling pays, and where no code can be generated.</summary>
[<Sealed>]
type internal Interpreter(program: Program) =
    inherit ScalarCode()
    let lines = program.Lines
    let constants = program.Constants
    let first = program.First

    /// What a guard requires of each line's result: 0 nothing, 1 true, -1 false.
    let expected =
        let expected = Array.zeroCreate<sbyte> lines.Length
        for guard in program.Guards do
            expected[guard.Node - first] <- (if guard.Expected then 1y else -1y)
        expected

    override _.Scratch = program.Values

    // The scratch memory holds the values by number. The table stands in the loop: as a function it would be a call for each line.
    override _.Run(inputs, scratch, outputs) =
        Span<float>(NativePtr.toVoidPtr inputs, program.Inputs).CopyTo(Span<float>(NativePtr.toVoidPtr scratch, program.Inputs))
        constants.AsSpan().CopyTo(Span<float>(NativePtr.toVoidPtr (NativePtr.add scratch program.Inputs), constants.Length))
        let mutable index = 0
        let mutable holds = true
        while index < lines.Length && holds do
            let line = &lines[index]
            let a = NativePtr.get scratch line.A
            let b = NativePtr.get scratch line.B
            let value =
                match line.Instruction with
                | Instruction.Call -> line.Primitive.Value(a, b, NativePtr.get scratch line.C)
                | Instruction.Add -> a + b
                | Instruction.Subtract -> a - b
                | Instruction.Multiply -> a * b
                | Instruction.Divide -> a / b
                | Instruction.Negate -> -a
                | Instruction.Abs -> Math.Abs a
                | Instruction.Sqrt -> Math.Sqrt a
                | Instruction.Floor -> Math.Floor a
                | Instruction.Ceiling -> Math.Ceiling a
                | Instruction.Truncate -> Math.Truncate a
                | Instruction.RoundToEven -> Math.Round a
                | Instruction.Max -> Math.Max(a, b)
                | Instruction.Min -> Math.Min(a, b)
                | Instruction.FusedMultiplyAdd -> Math.FusedMultiplyAdd(a, b, NativePtr.get scratch line.C)
                | Instruction.Less -> if a < b then 1.0 else 0.0
                | Instruction.LessOrEqual -> if a <= b then 1.0 else 0.0
                | Instruction.Equal -> if a = b then 1.0 else 0.0
                | Instruction.Both -> a * b
                | Instruction.Either -> Math.Max(a, b)
                | Instruction.Not -> 1.0 - a
                | Instruction.Absorb -> BinaryPrimitive<Powers.Absorb>.Of(a, b)
                | Instruction.Select -> if a <> 0.0 then b else NativePtr.get scratch line.C
                | Instruction.Share -> Comparisons.share a b (NativePtr.get scratch line.C)
                | other -> InstructionTable.unknown other
            NativePtr.set scratch (first + index) value
            if expected[index] <> 0y then holds <- (value <> 0.0) = (expected[index] > 0y)
            index <- index + 1
        if holds then
            for output = 0 to program.Outputs.Length - 1 do
                NativePtr.set outputs output (NativePtr.get scratch program.Outputs[output])
        holds
