namespace FuncAD.Compiled

open System
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>A step of a packed program. The memory holds the inputs and the results of earlier steps.</summary>
[<AbstractClass>]
type internal PackedStep() =
    /// Returns false if a guard does not hold.
    abstract Run: memory: nativeptr<float> -> bool

/// <summary>Packs of one length, as a loop over vectors. The constants in which members differ are in a pinned array.</summary>
[<Sealed>]
type internal LoopStep(fusion: Fusion, constants: float[], length: int) =
    inherit PackedStep()
    let bytes = nativeint (Workspace.Padded length) * 8n

    override _.Run memory =
        fusion.Invoke(Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(constants, 0), NativePtr.toNativeInt memory, bytes)
        true

/// <summary>Copies numbers from different places one behind the other, for a loop to read.</summary>
[<Sealed>]
type internal GatherStep(target: int, sources: int[]) =
    inherit PackedStep()

    override _.Run memory =
        let target = NativePtr.add memory target
        for index = 0 to sources.Length - 1 do
            NativePtr.set target index (NativePtr.get memory sources[index])
        true

/// <summary>Lines that are in no loop, such as calls of rules: machine code for a point. Its inputs and outputs are the memory.</summary>
[<Sealed>]
type internal LinesStep(code: MachineCode, scratch: int) =
    inherit PackedStep()
    override _.Run memory = code.Run(memory, NativePtr.add memory scratch, memory)

/// <summary>Numbers that lie one behind the other both in the memory and among the outputs.</summary>
[<Struct>]
type internal Stretch = { Source: int; Target: int; Length: int }

/// <summary>
/// A program as steps over packs. Of the outputs, those that are constants are written first, with zeros for all others, and then the
/// stretches of the memory.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal PackedCode(inputs: int, steps: PackedStep[], size: int, constants: float[], outputs: Stretch[]) =
    inherit ScalarCode()

    let isZero = constants |> Array.forall (fun value -> BitConverter.DoubleToInt64Bits value = 0L)

    override _.Scratch = size + Workspace.Slack

    override _.Run(point, scratch, results) =
        let memory = Workspace.Aligned scratch
        Span<float>(NativePtr.toVoidPtr point, inputs).CopyTo(Span<float>(NativePtr.toVoidPtr memory, inputs))
        let mutable index = 0
        while index < steps.Length && steps[index].Run memory do
            index <- index + 1
        let holds = index = steps.Length
        if holds then
            let all = Span<float>(NativePtr.toVoidPtr results, constants.Length)
            if outputs.Length <> 1 || outputs[0].Length < constants.Length then if isZero then all.Clear() else constants.CopyTo all
            for { Source = source; Target = target; Length = length } in outputs do
                if length = 1 then
                    NativePtr.set results target (NativePtr.get memory source)
                else
                    Span<float>(NativePtr.toVoidPtr (NativePtr.add memory source), length).CopyTo(all.Slice(target, length))
        holds
