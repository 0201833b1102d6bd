namespace FuncAD.Compiled

open System.Collections.Generic
open System.Reflection.Emit
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>A part of a program as machine code. It returns false if a guard does not hold.</summary>
type internal Segment = delegate of inputs: nativeint * scratch: nativeint * outputs: nativeint -> bool

/// <summary>
/// A program as machine code: a sequence of segments, methods of a size that the JIT optimises well. Values are locals of a segment; those
/// that later segments need pass through the scratch memory.
/// </summary>
[<Sealed>]
type internal MachineCode(segments: Segment[], scratch: int, isUnguarded: bool) =
    inherit ScalarCode()
    override _.Scratch = scratch

    /// The only segment of a program without guards; null for other programs.
    member val Whole = if segments.Length = 1 && isUnguarded then segments[0] else null

    override _.Run(inputs, scratch, outputs) =
        // One by one: as a tuple they are allocated where the compiler does not optimise.
        let inputs = NativePtr.toNativeInt inputs
        let scratch = NativePtr.toNativeInt scratch
        let outputs = NativePtr.toNativeInt outputs
        let mutable index = 0
        while index < segments.Length && segments[index].Invoke(inputs, scratch, outputs) do
            index <- index + 1
        index = segments.Length

/// <summary>Emits a segment: lines of a program as IL over doubles.</summary>
/// <param name="program">The program.</param>
/// <param name="slots">The slots in the scratch memory of the values that a later segment reads.</param>
/// <param name="outputsOf">The outputs that a value is written to.</param>
[<Sealed>]
type internal ScalarEmitter(program: Program, slots: IReadOnlyDictionary<int, int>, outputsOf: IReadOnlyDictionary<int, int[]>) =
    static let call = typeof<Primitive>.GetMethod("Value")

    let method =
        DynamicMethod(
            "segment",
            typeof<bool>,
            [| typeof<Primitive[]>; typeof<nativeint>; typeof<nativeint>; typeof<nativeint> |],
            typeof<Program>.Module,
            true
        )
    let il = method.GetILGenerator()
    let callees = List<Primitive>() // the primitives whose Value is called: argument 0
    let inputs, scratch, outputs = OpCodes.Ldarg_1, OpCodes.Ldarg_2, OpCodes.Ldarg_3
    let locals = Dictionary<int, LocalBuilder>()

    /// Pushes the address of a double in the array that an argument points to.
    let address (argument: OpCode) (index: int) =
        il.Emit argument
        if index <> 0 then
            il.Emit(OpCodes.Ldc_I8, int64 index * 8L)
            il.Emit OpCodes.Conv_I
            il.Emit OpCodes.Add

    /// Pushes a value. What an earlier segment has computed is read once and kept in a local from then on.
    let load (value: int) =
        if program.IsInput value then
            address inputs value
            il.Emit OpCodes.Ldind_R8
        elif program.IsConstant value then
            il.Emit(OpCodes.Ldc_R8, program.Constants[value - program.Inputs])
        else
            match locals.TryGetValue value with
            | true, local -> il.Emit(OpCodes.Ldloc, local)
            | _ ->
                address scratch slots[value]
                il.Emit OpCodes.Ldind_R8
                let local = il.DeclareLocal typeof<float>
                il.Emit OpCodes.Dup
                il.Emit(OpCodes.Stloc, local)
                locals[value] <- local

    let store (argument: OpCode) (index: int) (value: int) =
        address argument index
        load value
        il.Emit OpCodes.Stind_R8

    /// Pushes the value of a line by calling the Value of its primitive, for rules that have parameters.
    let callPrimitive (line: Line) =
        il.Emit OpCodes.Ldarg_0
        il.Emit(OpCodes.Ldc_I4, callees.Count)
        il.Emit OpCodes.Ldelem_Ref
        callees.Add line.Primitive
        let operands = line.Operands
        Array.iter load operands
        for _ = operands.Length to 2 do
            il.Emit(OpCodes.Ldc_R8, 0.0)
        il.Emit(OpCodes.Callvirt, call)

    /// Pushes the value of a line by its rule's static method, which the JIT inlines.
    let applyRule (line: Line) =
        match line.Primitive.Method with
        | null -> callPrimitive line
        | method ->
            for operand in line.Operands do
                load operand
                // A constant passes through a local: where the JIT sees that an argument of a minimum or maximum that ignores NaN is -0, it
                // generates wrong code.
                if line.Primitive.Rule :? IChoice && program.IsConstant operand then
                    let constant = il.DeclareLocal typeof<float>
                    il.Emit(OpCodes.Stloc, constant)
                    il.Emit(OpCodes.Ldloc, constant)
            il.Emit(OpCodes.Call, method)

    /// Pushes the value of a line: the table of instructions for one point. IL has five of them; the rules' methods are inlined to the
    /// others.
    let apply (line: Line) =
        let simple (opcode: OpCode) =
            Array.iter load line.Operands
            il.Emit opcode
        match line.Instruction with
        | Instruction.Call -> applyRule line
        | Instruction.Add -> simple OpCodes.Add
        | Instruction.Subtract -> simple OpCodes.Sub
        | Instruction.Multiply -> simple OpCodes.Mul
        | Instruction.Divide -> simple OpCodes.Div
        | Instruction.Negate -> simple OpCodes.Neg
        | Instruction.Abs
        | Instruction.Sqrt
        | Instruction.Floor
        | Instruction.Ceiling
        | Instruction.Truncate
        | Instruction.RoundToEven
        | Instruction.Max
        | Instruction.Min
        | Instruction.FusedMultiplyAdd
        | Instruction.Less
        | Instruction.LessOrEqual
        | Instruction.Equal
        | Instruction.Both
        | Instruction.Either
        | Instruction.Not
        | Instruction.Absorb
        | Instruction.Select
        | Instruction.Share -> applyRule line
        | other -> InstructionTable.unknown other

    let checkGuard (guard: Guard) =
        let holds = il.DefineLabel()
        load guard.Node
        il.Emit(OpCodes.Ldc_R8, 0.0)
        il.Emit((if guard.Expected then OpCodes.Bne_Un else OpCodes.Beq), holds)
        il.Emit OpCodes.Ldc_I4_0
        il.Emit OpCodes.Ret
        il.MarkLabel holds

    /// Writes a value to the outputs that it is.
    member _.WriteOutputs(value: int) : unit =
        match outputsOf.TryGetValue value with
        | true, places ->
            for place in places do
                store outputs place value
        | _ -> ()

    /// Computes a line, keeps its value for later segments, checks its guards and writes the outputs that it is.
    member emitter.Line(index: int) : unit =
        apply program.Lines[index]
        let value = program.First + index
        let local = il.DeclareLocal typeof<float>
        il.Emit(OpCodes.Stloc, local)
        locals[value] <- local
        match slots.TryGetValue value with
        | true, slot -> store scratch slot value
        | _ -> ()
        for guard in program.GuardsAfter index do
            checkGuard guard
        emitter.WriteOutputs value

    /// Ends the method.
    member _.Segment() : Segment =
        il.Emit OpCodes.Ldc_I4_1
        il.Emit OpCodes.Ret
        method.CreateDelegate(typeof<Segment>, callees.ToArray()) :?> Segment

/// <summary>Compiles programs for single points.</summary>
module internal ScalarCompiler =
    /// Lines in a segment. Measured on Rosenbrock's gradient: 250 to 800 are alike, 100 a tenth slower, and 1600 take nearly twice as long.
    let private segmentLength = 250

    /// The slots in the scratch memory of the values that are read in another segment than the one that computes them.
    let private slotsBetweenSegments (program: Program) : Dictionary<int, int> =
        let segmentOf value = (value - program.First) / segmentLength
        let slots = Dictionary<int, int>()
        for line = 0 to program.Lines.Length - 1 do
            for operand in program.Operands line do
                if operand >= program.First && segmentOf operand <> line / segmentLength then slots.TryAdd(operand, slots.Count) |> ignore
        slots

    /// The code of a program that writes values to places among its outputs, pairs of a place and a value.
    let compileInto (program: Program) (results: struct (int * int)[]) : MachineCode =
        let slots = slotsBetweenSegments program
        let outputsOf =
            results
            |> Array.groupBy (fun (struct (_, value)) -> value)
            |> Array.map (fun (value, results) -> KeyValuePair(value, results |> Array.map (fun (struct (place, _)) -> place)))
            |> Dictionary
        let lines = program.Lines.Length
        let segment start =
            let emitter = ScalarEmitter(program, slots, outputsOf)
            // Inputs and constants may be outputs as well.
            if start = 0 then
                for value in outputsOf.Keys do
                    if value < program.First then emitter.WriteOutputs value
            for index = start to min lines (start + segmentLength) - 1 do
                emitter.Line index
            emitter.Segment()
        let starts = if lines = 0 then [| 0 |] else [| 0..segmentLength .. lines - 1 |]
        MachineCode(starts |> Array.map segment, slots.Count, program.Guards.Length = 0)

    let compile (program: Program) : MachineCode =
        program.Outputs |> Array.mapi (fun output value -> struct (output, value)) |> compileInto program
