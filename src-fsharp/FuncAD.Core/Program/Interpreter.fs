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
    /// How many doubles of scratch memory a run needs.
    abstract Scratch: int

    /// Computes the outputs; false if the answer to a question was another one than when the program was traced.
    abstract Run: inputs: nativeptr<float> * scratch: nativeptr<float> * outputs: nativeptr<float> -> bool

/// <summary>Runs a program line by line: it answers at once, and where no code can be generated.</summary>
[<Sealed>]
type internal Interpreter(program: Program) =
    inherit ScalarCode()
    let lines = program.Lines
    let constants = program.Constants
    let first = program.First

    /// What the guards expect of a line's result: 0 nothing, 1 true, -1 false.
    let expected =
        let expected = Array.zeroCreate<sbyte> lines.Length
        for guard in program.Guards do
            expected[guard.Node - first] <- (if guard.Expected then 1y else -1y)
        expected

    override _.Scratch = program.Values

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
                | Instruction.Add -> a + b
                | Instruction.Subtract -> a - b
                | Instruction.Multiply -> a * b
                | Instruction.Divide -> a / b
                | Instruction.Negate -> -a
                | Instruction.Sqrt -> Math.Sqrt a
                | Instruction.Abs -> Math.Abs a
                | Instruction.Less -> if a < b then 1.0 else 0.0
                | Instruction.Select -> if a <> 0.0 then b else NativePtr.get scratch line.C
                | Instruction.Share -> Comparisons.share a b (NativePtr.get scratch line.C)
                | _ -> line.Primitive.Value(a, b, NativePtr.get scratch line.C)
            NativePtr.set scratch (first + index) value
            if expected[index] <> 0y then holds <- (value <> 0.0) = (expected[index] > 0y)
            index <- index + 1
        if holds then
            for output = 0 to program.Outputs.Length - 1 do
                NativePtr.set outputs output (NativePtr.get scratch program.Outputs[output])
        holds
