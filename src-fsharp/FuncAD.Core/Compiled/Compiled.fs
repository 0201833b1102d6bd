namespace FuncAD

open System
open System.Buffers
open System.Diagnostics
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open FuncAD.Compiled

#nowarn "9"

/// <summary>
/// A function that AD.Compile has traced and compiled. Its results are bitwise equal to those of the function. It may be called from many
/// threads at once.
/// </summary>
/// <remarks>
/// The program holds what the function did for the example. Where it branched on values, each run checks that it would branch the same way;
/// a point that would not is traced, and its path kept beside the others. Parts of the parameter that are not Reals, and whatever the
/// function captures, are constants of the program: random numbers, counters and arrays keep the values that they had while tracing.
/// </remarks>
[<Sealed; DebuggerDisplay("{DebuggerText,nq}"); TypeFormatterSource(typeof<TextInNotebooks>)>]
type Compiled<'P, 'Q> internal (f: 'P -> 'Q, example: 'P, options: CompileOptions) =
    let struct (like, parts) = Flatten.example "Compile" "example" example

    do
        if parts.Arrays.Length > 0 then
            raise (
                ArgumentException(
                    "Compile: the example holds a tensor. Compiled programs compute with single numbers: pass Real[] and index it.",
                    "example"
                )
            )

    let start = parts.Numbers |> Array.map _.Bottom.value
    let first = Path.trace f like start options.Mode
    let outputs = first.Program.Outputs.Length
    let batch = BatchCode(first.Program, 0, false, options)

    /// The known paths. The array is replaced as a whole when one is added, so that it can be read without a lock.
    let mutable paths = if first.IsReliable then [| first |] else [||]

    /// The index of the path that was taken last, which is tried first.
    let mutable latest = 0

    /// The code of the only path, where the program has no guards and is one method: small functions are called directly.
    let mutable direct: Segment = null

    let checkOutputs (count: int) =
        if count <> outputs then
            raise (
                InvalidOperationException(
                    $"Compile: the function has {count} results at this point and {outputs} at the example. A compiled function has the same number of results everywhere."
                )
            )

    /// The function itself at a point.
    let original (point: float[]) : float[] =
        let struct (_, reader) = f (Flatten.argument like (Leaves.ofNumbers (Array.map Real point))) |> Flatten.output "Compile"
        let numbers = reader.Leaves.Numbers
        checkOutputs numbers.Length
        numbers |> Array.map _.Value

    /// Runs the function itself on a copy: what it writes into its argument is lost, as it is where the program runs.
    let onCopy (x: 'P) : 'Q =
        let struct (own, parts) = Flatten.input "A compiled function" "x" x
        f (Flatten.argument own parts)

    /// The paths, after adding the one that a point takes if it was not known and there is room for it.
    let discover (known: Path<'Q>[]) (point: float[]) : Path<'Q>[] =
        lock start (fun () ->
            if paths.Length = known.Length && known.Length < options.MaximumPaths then
                Path.checkUnchanged "A compiled function" first.Values (fun () -> (Path.trace f like start options.Mode).Values)
                let path = Path.trace f like point options.Mode
                checkOutputs path.Program.Outputs.Length
                if path.IsReliable then Volatile.Write(&paths, Array.append paths [| path |])
            paths)

    /// Runs a path's program at a point; false if the point takes another path.
    let follow (path: Path<'Q>) (point: ReadOnlySpan<float>) (results: Span<float>) : bool =
        let code = path.Point.Current
        // Bytes, since the runtime brings the machine code of their pool along.
        let scratch = if code.Scratch = 0 then null else ArrayPool<byte>.Shared.Rent(sizeof<float> * code.Scratch)
        use inputs = fixed &MemoryMarshal.GetReference point
        use memory = fixed scratch
        use outputs = fixed &MemoryMarshal.GetReference results
        let holds = code.Run(inputs, NativePtr.ofNativeInt (NativePtr.toNativeInt memory), outputs)
        if not (isNull scratch) then ArrayPool<byte>.Shared.Return scratch
        match code with
        | :? MachineCode as code when isNull direct && not path.Program.IsUncertain -> direct <- code.Whole
        | _ -> ()
        holds

    /// True if results of an uncertain program hold a NaN that may be due to a number that is a structural zero in the function and a plain
    /// 0 in the program: then the function itself runs. (Not inlined: the JIT would load the assembly of tensors for every program.)
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let isDoubtful (results: ReadOnlySpan<float>) : bool = results.Length > 0 && Double.IsNaN(TensorPrimitives.Max results) // NaN if one of them is

    /// Runs the program of the path that a point takes. Null if there is none, or if its results are in doubt.
    let run (point: ReadOnlySpan<float>) (results: Span<float>) : Path<'Q> =
        let mutable known = Volatile.Read &paths
        let mutable taken: Path<'Q> = null
        let guess = latest
        if guess < known.Length && follow known[guess] point results then taken <- known[guess]
        let mutable index = 0
        while isNull taken && index < known.Length do
            if index <> guess && follow known[index] point results then
                taken <- known[index]
                latest <- index
            index <- index + 1
            if isNull taken && index = known.Length then known <- discover known (point.ToArray())
        if isNull taken || (taken.Program.IsUncertain && isDoubtful (Span.op_Implicit results)) then null else taken

    /// The program of the example's path.
    member internal _.Program = first.Program

    /// <summary>The number of numbers in the parameter.</summary>
    member _.Inputs = start.Length

    /// <summary>The number of numbers in the result.</summary>
    member _.Outputs = outputs

    /// <summary>The number of operations in the program of the example's path.</summary>
    member _.Operations = first.Program.Lines.Length

    /// <summary>
    /// The number of operations that the function performed for the example, derivatives included, before any were left out.
    /// </summary>
    member _.TracedOperations = first.Program.Traced

    /// <summary>The number of paths through the function's branches that have a program by now.</summary>
    member _.Paths = paths.Length

    /// <summary>The function's result.</summary>
    /// <remarks>
    /// Where x holds numbers that are being differentiated or traced, or other parts that are not those of the example, the function itself
    /// runs, on a copy of x as always: a compiled function may be used wherever the function may.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">x does not have the structure of the example.</exception>
    member _.Invoke(x: 'P) : 'Q =
        let reader = LeafReader("A compiled function", nameof x, Others.Compare, ValueNone)
        Flatten.matching reader "A compiled function" (nameof x) like x
        let numbers = reader.Leaves.Numbers
        if not reader.IsLikeInOthers || numbers |> Array.exists (fun x -> not (isNull x.Live.node)) then
            onCopy x
        else
            let results = Array.zeroCreate outputs
            match run (ReadOnlySpan(numbers |> Array.map _.value)) (Span results) with
            | null -> onCopy x
            | path -> path.Result results

    /// <summary>
    /// The function on plain numbers: those of the parameter in, those of the result out, each in the order of the structure.
    /// </summary>
    /// <remarks>Allocates nothing, unless the point takes a path that is not compiled. The spans may overlap.</remarks>
    /// <exception cref="T:System.ArgumentException">The length of a span is not Inputs or Outputs.</exception>
    member _.Run(inputs: ReadOnlySpan<float>, outputs: Span<float>) : unit =
        if inputs.Length <> start.Length then
            raise (ArgumentException($"Run: the parameter has {start.Length} numbers, got {inputs.Length}.", nameof inputs))
        if outputs.Length <> first.Program.Outputs.Length then
            raise (
                ArgumentException(
                    $"Run: the result has {first.Program.Outputs.Length} numbers, got room for {outputs.Length}.",
                    nameof outputs
                )
            )
        let isApart = not (inputs.Overlaps(Span.op_Implicit outputs))
        if isApart && not (isNull direct) then
            use inputs = fixed &MemoryMarshal.GetReference inputs
            use outputs = fixed &MemoryMarshal.GetReference outputs
            direct.Invoke(NativePtr.toNativeInt inputs, 0n, NativePtr.toNativeInt outputs) |> ignore
        else
            // Results are written while inputs are still read, so that overlapping inputs have to be copied.
            let copy = if isApart then null else ArrayPool<float>.Shared.Rent inputs.Length
            let point =
                if isApart then
                    inputs
                else
                    (inputs.CopyTo(Span copy)
                     ReadOnlySpan(copy, 0, inputs.Length))
            if isNull (run point outputs) then (original (point.ToArray())).CopyTo outputs
            if not isApart then ArrayPool<float>.Shared.Return copy

    /// <summary>
    /// As Run, at count points at once, in vectors and on all cores: inputs[i * count + k] is number i of point k, outputs likewise.
    /// </summary>
    /// <remarks>
    /// Vector forms of functions round differently from the scalar ones: results agree with Run to a few units in the last place. They
    /// depend neither on the number of threads, nor on the width of the vectors, nor on the index of a point. Points that take other paths
    /// than the example's are run one by one.
    /// </remarks>
    /// <param name="inputs">Inputs * count numbers.</param>
    /// <param name="outputs">Outputs * count numbers, which must not overlap the inputs.</param>
    /// <param name="count">The number of points.</param>
    /// <param name="cancellation">Ends the run between two tiles of points.</param>
    /// <param name="progress">Receives the fraction done, about a hundred times, from any thread; may be null.</param>
    /// <exception cref="T:System.ArgumentException">The length of a span does not match count, or the spans overlap.</exception>
    /// <exception cref="T:System.OperationCanceledException">The run was cancelled.</exception>
    member compiled.RunBatch
        (inputs: ReadOnlySpan<float>, outputs: Span<float>, count: int, cancellation: CancellationToken, progress: IProgress<float>)
        : unit =
        let check (name: string) (numbers: int) (length: int) =
            if count < 0 || int64 length <> int64 numbers * int64 count then
                raise (
                    ArgumentException(
                        $"RunBatch: {count} points have {numbers} numbers each, {int64 numbers * int64 count} together; got {length}.",
                        name
                    )
                )
        check (nameof inputs) start.Length inputs.Length
        check (nameof outputs) first.Program.Outputs.Length outputs.Length
        if inputs.Overlaps(Span.op_Implicit outputs) then
            raise (
                ArgumentException(
                    "RunBatch: the outputs overlap the inputs; results are written while inputs are still read.",
                    nameof outputs
                )
            )
        if count > 0 then
            use inputs = fixed &MemoryMarshal.GetReference inputs
            use outputs = fixed &MemoryMarshal.GetReference outputs
            let single = SinglePoint(fun point results -> compiled.Run(point, results))
            if first.IsReliable then
                Batch.run (batch.For count) single options inputs outputs count cancellation progress
            else
                Batch.runAlone single start.Length first.Program.Outputs.Length inputs outputs count cancellation

    /// <summary>As the other RunBatch, without cancellation and progress.</summary>
    member compiled.RunBatch(inputs: ReadOnlySpan<float>, outputs: Span<float>, count: int) : unit =
        compiled.RunBatch(inputs, outputs, count, CancellationToken.None, null)

    /// <summary>The program of the example's path, as numbered assignments.</summary>
    override _.ToString() = first.Program.ToString()

    /// The sizes of the example's program, whose text may be long.
    member internal _.DebuggerText: string =
        let count (n: int) (noun: string) = if n = 1 then $"1 {noun}" else $"{n} {noun}s"
        $"""{count start.Length "input"}, {count first.Program.Lines.Length "operation"}, {count outputs "output"}, {count paths.Length "path"}"""

    /// <summary>The program of the example's path, in Graphviz's language.</summary>
    member _.ToDot() : string = first.Program.ToDot()
