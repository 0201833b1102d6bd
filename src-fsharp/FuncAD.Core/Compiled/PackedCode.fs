namespace FuncAD.Compiled

open System
open System.Collections.Generic
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

module internal Group =
    /// The room that a loop over so many members fills: whole groups of vectors.
    let Padded (length: int) = (length + Loop.Widest - 1) / Loop.Widest * Loop.Widest

/// <summary>A step of a packed program, on memory that holds the inputs and what earlier steps have computed.</summary>
[<AbstractClass>]
type internal PackedStep() =
    /// False if a guard does not hold.
    abstract Run: memory: nativeptr<float> -> bool

/// <summary>The constants that members of packs differ in, at addresses that stay.</summary>
[<Sealed>]
type internal Tables(packs: Pack[]) =
    let tables = List<float[]>()

    /// By bits: 0 is not -0.
    let numberOf = Dictionary<int64[], int>(HashIdentity.Structural)
    let key (numbers: float[]) = Array.map BitConverter.DoubleToInt64Bits numbers
    let pinned (array: 'T[]) = Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(array, 0)

    do
        for pack in packs do
            for operand in pack.Operands do
                match operand with
                | Source.Numbers numbers when pack.IsWide && numberOf.TryAdd(key numbers, tables.Count) ->
                    let table = GC.AllocateUninitializedArray<float>(Group.Padded numbers.Length, pinned = true)
                    Array.Fill(table, numbers[numbers.Length - 1])
                    numbers.CopyTo(table, 0)
                    tables.Add table
                | _ -> ()

    let addresses = GC.AllocateUninitializedArray<nativeint>(tables.Count + 1, pinned = true)

    do tables |> Seq.iteri (fun index table -> addresses[index] <- pinned table)

    /// Where the table of some numbers is among the addresses.
    member _.Number(numbers: float[]) = numberOf[key numbers]

    /// The tables themselves: who holds their addresses has to hold them.
    member _.All = tables

    /// Where the tables' addresses are.
    member _.Addresses = pinned addresses

/// <summary>Packs of one length, as a loop over vectors.</summary>
[<Sealed>]
type internal LoopStep(fusion: Fusion, tables: Tables, length: int) =
    inherit PackedStep()
    let bytes = nativeint (Group.Padded length) * 8n

    override _.Run memory =
        fusion.Invoke(tables.Addresses, NativePtr.toNativeInt memory, bytes)
        true

/// <summary>Brings numbers from anywhere together, for a loop to read.</summary>
[<Sealed>]
type internal GatherStep(target: int, sources: int[]) =
    inherit PackedStep()

    override _.Run memory =
        let target = NativePtr.add memory target
        for index = 0 to sources.Length - 1 do
            NativePtr.set target index (NativePtr.get memory sources[index])
        true

/// <summary>Lines that are in no pack, or that call rules. They read and write the memory by places.</summary>
[<Sealed>]
type internal LinesStep(code: MachineCode, scratch: int) =
    inherit PackedStep()
    override _.Run memory = code.Run(memory, NativePtr.add memory scratch, memory)

/// <summary>Numbers that lie one behind the other in the memory and among the outputs.</summary>
[<Struct>]
type internal Stretch = { Source: int; Target: int; Length: int }

/// <summary>A program as steps over packs.</summary>
[<Sealed; AllowNullLiteral>]
type internal PackedCode(inputs: int, steps: PackedStep[], size: int, constants: float[], outputs: Stretch[]) =
    inherit ScalarCode()

    /// Bytes that a vector's address is best a multiple of.
    static let alignment = 64n

    let isZero = constants |> Array.forall (fun value -> BitConverter.DoubleToInt64Bits value = 0L)

    override _.Scratch = size + int alignment / 8

    override _.Run(point, scratch, results) =
        let memory = (NativePtr.toNativeInt scratch + alignment - 1n) &&& ~~~(alignment - 1n) |> NativePtr.ofNativeInt<float>
        Span<float>(NativePtr.toVoidPtr point, inputs).CopyTo(Span<float>(NativePtr.toVoidPtr memory, inputs))
        let mutable index = 0
        while index < steps.Length && steps[index].Run memory do
            index <- index + 1
        let holds = index = steps.Length
        if holds then
            let all = Span<float>(NativePtr.toVoidPtr results, constants.Length)
            if outputs.Length <> 1 || outputs[0].Length < constants.Length then
                if isZero then all.Clear() else constants.CopyTo all
            for { Source = source; Target = target; Length = length } in outputs do
                if length = 1 then NativePtr.set results target (NativePtr.get memory source)
                else Span<float>(NativePtr.toVoidPtr (NativePtr.add memory source), length).CopyTo(all.Slice(target, length))
        holds
