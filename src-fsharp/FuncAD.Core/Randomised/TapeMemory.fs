namespace FuncAD

open System
open System.Collections.Generic
open System.Reflection
open System.Runtime.InteropServices

/// <summary>What the tape of one run of a function keeps for the sweep.</summary>
/// <remarks>
/// Arrays are counted once however many operations need them; those of the parameters, which are alive anyway, are not counted, while data
/// that the function captures and a pullback needs are. Arrays of up to 256 elements are copied to the tape, whether a pullback
/// reads them or not.
/// </remarks>
[<Sealed; TypeFormatterSource(typeof<TextInNotebooks>)>]
type TapeMemory internal (operations: int64, frameBytes: int64, arrays: int, arrayBytes: int64, pooledBytes: int64) =
    /// <summary>The number of recorded operations on numbers, the inputs included.</summary>
    member _.Operations: int64 = operations

    /// <summary>The bytes that they take: 24 each.</summary>
    member _.NumberBytes: int64 = frameBytes

    /// <summary>The number of arrays that pullbacks of operations on tensors keep.</summary>
    member _.Arrays: int = arrays

    /// <summary>The bytes of their elements, and of the indices and shapes beside them.</summary>
    member _.ArrayBytes: int64 = arrayBytes

    /// <summary>
    /// Those of them that are copies of arrays of up to 256 elements, in pooled chunks: the next tape has the same chunks.
    /// </summary>
    member _.PooledArrayBytes: int64 = pooledBytes

    /// <summary>All bytes.</summary>
    member _.Bytes: int64 = frameBytes + arrayBytes

    /// <summary>Such as 4096 bytes: 2 arrays of 4000, 4 operations on numbers of 96.</summary>
    override memory.ToString() =
        $"{memory.Bytes} bytes: {arrays} arrays of {arrayBytes}, {operations} operations on numbers of {frameBytes}"

module internal TapeMemory =
    let private fields (kind: Type) : FieldInfo seq =
        let own (kind: Type) =
            kind.GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.DeclaredOnly)
        Seq.unfold (fun (kind: Type) -> if isNull kind then None else Some(own kind, kind.BaseType)) kind |> Seq.concat

    /// Functions are what the user captured; levels and types are shared.
    let private isOpaque (item: obj) =
        match item with
        | :? Delegate
        | :? Level
        | :? Type
        | :? string -> true
        | _ -> item.GetType().BaseType |> Option.ofObj |> Option.exists (fun kind -> kind.FullName.StartsWith "Microsoft.FSharp.Core.")

    /// The number of arrays of doubles that can be reached from some objects, and the bytes of all arrays of plain values, without those
    /// seen.
    let private reach (seen: HashSet<obj>) (roots: obj seq) : struct (int * int64) =
        let pending = Stack<obj>(roots)
        let mutable count, bytes = 0, 0L
        let visit (item: obj) = if not (isNull item) && not (isOpaque item) && seen.Add item then pending.Push item
        let visitFields (item: obj) =
            for field in fields (item.GetType()) do
                if not field.FieldType.IsPrimitive then
                    match field.GetValue item with
                    | :? ValueType as value when not (field.FieldType.IsEnum) -> pending.Push value
                    | value -> visit value
        while pending.Count > 0 do
            match pending.Pop() with
            | :? Array as array when array.GetType().GetElementType().IsPrimitive ->
                if array :? (float[]) then count <- count + 1
                bytes <- bytes + int64 array.Length * int64 (Marshal.SizeOf(array.GetType().GetElementType()))
            | :? Array as array ->
                for item in array do
                    visit item
            | item -> visitFields item
        struct (count, bytes)

    /// Runs f on a tape, and counts.
    let measure (f: 'P -> Real) (p: 'P) : TapeMemory =
        let struct (like, point) = Flatten.input "Randomised.Memory" "x" p
        let tape = Tape ArrayModes.reverse
        try
            let inputs = Reverse.onTape tape point
            let inArena () = if isNull tape.Arena then struct (0, 0L) else struct (tape.Arena.KeptArrays, tape.Arena.KeptNumbers)
            let struct (inputArrays, inputNumbers) = inArena ()
            f (Flatten.argument like inputs) |> ignore
            let seen = HashSet<obj>(ReferenceEqualityComparer.Instance)
            for x in point.Arrays do
                seen.Add x.Compact |> ignore
            let struct (arrays, bytes) =
                if isNull tape.Closures then
                    struct (0, 0L)
                else
                    reach seen (Seq.init tape.Closures.Count (fun index -> box tape.Closures[index]))
            let struct (smallArrays, smallNumbers) = inArena ()
            let arrays = arrays + smallArrays - inputArrays
            let pooled = 8L * (smallNumbers - inputNumbers)
            TapeMemory(int64 tape.Count, 24L * int64 tape.Count, arrays, bytes + pooled, pooled)
        finally
            tape.Release()
