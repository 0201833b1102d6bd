namespace FuncAD.Compiled

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>A part of a program as machine code; false if a guard does not hold.</summary>
type internal Segment = delegate of inputs: nativeint * scratch: nativeint * outputs: nativeint -> bool

/// <summary>
/// A program as machine code: IL in methods of a size that the JIT optimises well, whose values are locals. What later methods need passes
/// through the scratch memory.
/// </summary>
[<Sealed>]
type internal MachineCode(segments: Segment[], scratch: int, isUnguarded: bool) =
    inherit ScalarCode()
    override _.Scratch = scratch

    /// All of the code, where it is one method without guards; otherwise null.
    member val Whole = if segments.Length = 1 && isUnguarded then segments[0] else null

    override _.Run(inputs, scratch, outputs) =
        // one by one: as a tuple they are allocated where the compiler does not optimise
        let inputs = NativePtr.toNativeInt inputs
        let scratch = NativePtr.toNativeInt scratch
        let outputs = NativePtr.toNativeInt outputs
        let mutable index = 0
        while index < segments.Length && segments[index].Invoke(inputs, scratch, outputs) do
            index <- index + 1
        index = segments.Length

/// <summary>Writes a program as IL.</summary>
module internal ScalarCompiler =
    /// Lines in a method. Measured on Rosenbrock's gradient: 250 to 800 are alike, 100 a tenth slower, and 1600 take nearly twice as long.
    let private segmentLength = 250

    let private call = typeof<Primitive>.GetMethod("Value")

    /// Pushes the address of a double of an array that an argument points to.
    let private address (il: ILGenerator) (argument: OpCode) (index: int) =
        il.Emit argument
        if index <> 0 then
            il.Emit(OpCodes.Ldc_I8, int64 index * 8L)
            il.Emit OpCodes.Conv_I
            il.Emit OpCodes.Add

    /// The code of a program that writes values to places among its outputs.
    let compileInto (program: Program) (results: struct (int * int)[]) : MachineCode =
        let lines = program.Lines
        let segmentOf value = (value - program.First) / segmentLength
        // Where the values lie that later segments need.
        let places = Dictionary<int, int>()
        for line = 0 to lines.Length - 1 do
            for operand in program.Operands line do
                if operand >= program.First && segmentOf operand <> line / segmentLength && not (places.ContainsKey operand) then
                    places[operand] <- places.Count
        let outputsOf = results |> Array.groupBy (fun (struct (_, value)) -> value) |> dict

        let segment (start: int) : Segment =
            let target = List<Primitive>() // what calls are made on
            let il' =
                DynamicMethod(
                    "segment",
                    typeof<bool>,
                    [| typeof<Primitive[]>; typeof<nativeint>; typeof<nativeint>; typeof<nativeint> |],
                    typeof<Program>.Module,
                    true
                )
            let il = il'.GetILGenerator()
            let locals = Dictionary<int, LocalBuilder>()
            let load value =
                if program.IsInput value then
                    address il OpCodes.Ldarg_1 value
                    il.Emit OpCodes.Ldind_R8
                elif program.IsConstant value then
                    il.Emit(OpCodes.Ldc_R8, program.Constants[value - program.Inputs])
                else
                    match locals.TryGetValue value with
                    | true, local -> il.Emit(OpCodes.Ldloc, local)
                    | _ ->
                        // from an earlier segment: loaded once
                        address il OpCodes.Ldarg_2 places[value]
                        il.Emit OpCodes.Ldind_R8
                        let local = il.DeclareLocal typeof<float>
                        il.Emit OpCodes.Dup
                        il.Emit(OpCodes.Stloc, local)
                        locals[value] <- local
            let store (argument: OpCode) place value =
                address il argument place
                load value
                il.Emit OpCodes.Stind_R8
            let outputs value =
                match outputsOf.TryGetValue value with
                | true, outputs ->
                    for struct (output, _) in outputs do
                        store OpCodes.Ldarg_3 output value
                | _ -> ()

            if start = 0 then
                for value in outputsOf.Keys do
                    if value < program.First then outputs value
            for index = start to min lines.Length (start + segmentLength) - 1 do
                let line = lines[index]
                let operands = program.Operands index
                let loadAll () =
                    for operand in operands do
                        load operand
                match line.Instruction with
                | Instruction.Add ->
                    loadAll ()
                    il.Emit OpCodes.Add
                | Instruction.Subtract ->
                    loadAll ()
                    il.Emit OpCodes.Sub
                | Instruction.Multiply ->
                    loadAll ()
                    il.Emit OpCodes.Mul
                | Instruction.Divide ->
                    loadAll ()
                    il.Emit OpCodes.Div
                | Instruction.Negate ->
                    loadAll ()
                    il.Emit OpCodes.Neg
                | _ ->
                    match line.Primitive.Method with
                    | null ->
                        il.Emit OpCodes.Ldarg_0
                        il.Emit(OpCodes.Ldc_I4, target.Count)
                        il.Emit OpCodes.Ldelem_Ref
                        target.Add line.Primitive
                        loadAll ()
                        for _ = operands.Length to 2 do
                            il.Emit(OpCodes.Ldc_R8, 0.0)
                        il.Emit(OpCodes.Callvirt, call)
                    | rule when (line.Primitive.Rule :? FuncAD.IChoice) ->
                        // through locals: where the JIT sees that one is -0, it makes wrong code of minima and of maxima that pass NaN over
                        for operand in operands do
                            load operand
                            if program.IsConstant operand then
                                let constant = il.DeclareLocal typeof<float>
                                il.Emit(OpCodes.Stloc, constant)
                                il.Emit(OpCodes.Ldloc, constant)
                        il.Emit(OpCodes.Call, rule)
                    | rule ->
                        loadAll ()
                        il.Emit(OpCodes.Call, rule)
                let value = program.First + index
                let local = il.DeclareLocal typeof<float>
                il.Emit(OpCodes.Stloc, local)
                locals[value] <- local
                match places.TryGetValue value with
                | true, place -> store OpCodes.Ldarg_2 place value
                | _ -> ()
                for guard in program.GuardsAfter index do
                    let goOn = il.DefineLabel()
                    load value
                    il.Emit(OpCodes.Ldc_R8, 0.0)
                    il.Emit((if guard.Expected then OpCodes.Bne_Un else OpCodes.Beq), goOn)
                    il.Emit OpCodes.Ldc_I4_0
                    il.Emit OpCodes.Ret
                    il.MarkLabel goOn
                outputs value
            il.Emit OpCodes.Ldc_I4_1
            il.Emit OpCodes.Ret
            il'.CreateDelegate(typeof<Segment>, target.ToArray()) :?> Segment

        let starts = if lines.Length = 0 then [| 0 |] else [| 0..segmentLength .. lines.Length - 1 |]
        MachineCode(starts |> Array.map segment, places.Count, program.Guards.Length = 0)

    let compile (program: Program) : MachineCode =
        program.Outputs |> Array.mapi (fun output value -> struct (output, value)) |> compileInto program
