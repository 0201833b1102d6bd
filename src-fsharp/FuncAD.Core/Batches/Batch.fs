namespace FuncAD.Compiled

open System
open System.Buffers
open System.Threading
open System.Threading.Tasks
open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>The tile code of a program: interpreted until it is hot. Code that adds outputs up takes the interpreter's place in the same way.</summary>
[<Sealed>]
type internal BatchCode(program: Program, uniform: int, isSum: bool, options: CompileOptions) =
    /// Points after which interpreting has taken about as long as compiling will (benchmarks/README.md has the measurement).
    static let hot = 50_000L

    let isCompilable = RuntimeFeature.IsDynamicCodeCompiled && options.Mode <> ExecutionMode.Interpreted
    let mutable points = if options.Mode = ExecutionMode.MachineCode then hot else 0L
    let mutable isCompiled = false
    let mutable code = TileCode.interpreted program uniform

    let compile () =
        lock program (fun () ->
            if not isCompiled then
                Volatile.Write(&code, TileCode.compiled program uniform isSum (TileCode.bits options))
                isCompiled <- true)

    /// What runs the next points.
    member _.For(count: int) : TileCode =
        if isCompilable && not isCompiled then
            points <- points + int64 count
            if points > hot then compile ()
        code

/// <summary>Columns of doubles in memory: number i of point k of count points is at i * count + k.</summary>
[<Struct>]
type internal Columns =
    { Start: nativeptr<float>
      Width: int
      Count: int }

    member columns.At(index: int, point: int) : nativeptr<float> =
        NativePtr.ofNativeInt (NativePtr.toNativeInt columns.Start + (nativeint index * nativeint columns.Count + nativeint point) * 8n)

/// <summary>Memory that a worker computes tiles in: pointers to columns, the code's scratch memory, and padded copies of incomplete columns.</summary>
[<Sealed>]
type internal Workspace(code: TileCode) =
    let program = code.Plan.Program
    let columns = program.Inputs + program.Outputs.Length
    let stride = code.Plan.Stride
    let memory = ArrayPool<float>.Shared.Rent(code.Scratch + columns * stride + columns + Workspace.Slack)
    let handle = Runtime.InteropServices.GCHandle.Alloc(memory, Runtime.InteropServices.GCHandleType.Pinned)
    let scratch = handle.AddrOfPinnedObject() |> NativePtr.ofNativeInt |> Workspace.Aligned
    // behind all else, each in the place of a double
    let pointers: nativeptr<nativeint> =
        NativePtr.add scratch (code.Scratch + columns * stride) |> NativePtr.toNativeInt |> NativePtr.ofNativeInt
    let rejected = Array.zeroCreate<bool> code.Plan.Tile
    member _.Rejected = rejected

    /// The column of the workspace's own for an input or an output.
    member _.Column(index: int) : nativeptr<float> = NativePtr.add scratch (code.Scratch + index * stride)

    /// The next address that begins a line of the cache, no more than Slack doubles on: a vector that lies in two lines takes twice the time.
    static member Aligned(address: nativeptr<float>) : nativeptr<float> =
        (NativePtr.toNativeInt address + 63n) &&& ~~~63n |> NativePtr.ofNativeInt
    static member Slack = 8

    /// So many points filled up to whole groups, as loops compute them, and those of them that are in whole groups.
    static member Padded(count: int) : int = Workspace.Whole(count + Loop.Widest - 1)
    static member Whole(count: int) : int = count / Loop.Widest * Loop.Widest

    /// Leads the pointer of an input to some points of a column of the caller's, or to a copy of them that ends in complete vectors.
    member workspace.Read(input: int, columns: Columns, column: int, first: int, count: int) : unit =
        let source = columns.At(column, first)
        let padded = Workspace.Padded count
        let target =
            if padded = count then
                source
            else
                let copy = workspace.Column input
                for k = 0 to padded - 1 do
                    NativePtr.set copy k (NativePtr.get source (min k (count - 1)))
                copy
        NativePtr.set pointers input (NativePtr.toNativeInt target)

    /// Leads the pointer of an input or output to an address.
    member _.Lead(place: int, address: nativeptr<float>) : unit = NativePtr.set pointers place (NativePtr.toNativeInt address)

    /// So many points, whose columns the pointers lead to.
    member _.Tile(count: int) : Tile = { Columns = pointers; Scratch = scratch; Count = count }

    interface IDisposable with
        member _.Dispose() =
            handle.Free()
            ArrayPool<float>.Shared.Return memory

/// <summary>A point on its own: its inputs in, its outputs out.</summary>
type internal SinglePoint = delegate of inputs: ReadOnlySpan<float> * outputs: Span<float> -> unit

module internal Batch =
    /// Points times lines from which on the work is split over the cores: below, starting threads takes longer.
    let private worthSplitting = 400_000L

    /// One point, gathered from columns and scattered to columns.
    let private alone (single: SinglePoint) (inputs: Columns) (outputs: Columns) (point: int) =
        let memory = ArrayPool<float>.Shared.Rent(inputs.Width + outputs.Width)
        try
            for index = 0 to inputs.Width - 1 do
                memory[index] <- NativePtr.read (inputs.At(index, point))
            single.Invoke(ReadOnlySpan(memory, 0, inputs.Width), Span(memory, inputs.Width, outputs.Width))
            for index = 0 to outputs.Width - 1 do
                NativePtr.write (outputs.At(index, point)) memory[inputs.Width + index]
        finally
            ArrayPool<float>.Shared.Return memory

    /// Points first .. first + count - 1 of the columns, count at most a tile.
    let private tile
        (code: TileCode)
        (workspace: Workspace)
        (single: SinglePoint)
        (inputs: Columns)
        (outputs: Columns)
        (first: int)
        (count: int)
        =
        let program = code.Plan.Program
        let padded = Workspace.Padded count
        for index = 0 to program.Inputs - 1 do
            workspace.Read(index, inputs, index, first, count)
        for index = 0 to program.Outputs.Length - 1 do
            let place = program.Inputs + index
            workspace.Lead(place, (if padded = count then outputs.At(index, first) else workspace.Column place))
        let tile = workspace.Tile padded
        code.Run tile
        Array.Clear workspace.Rejected
        let isRejected = code.Reject(tile, workspace.Rejected)
        if padded <> count then
            for index = 0 to program.Outputs.Length - 1 do
                Span<float>(NativePtr.toVoidPtr (workspace.Column(program.Inputs + index)), count)
                    .CopyTo(Span<float>(NativePtr.toVoidPtr (outputs.At(index, first)), count))
        if isRejected then
            for k = 0 to count - 1 do
                if workspace.Rejected[k] then alone single inputs outputs (first + k)

    /// Runs body for each of so many parts, on so many threads if the work is worth it; each worker has a workspace of its own.
    let split
        (options: CompileOptions)
        (parts: int)
        (work: int64)
        (cancellation: CancellationToken)
        (progress: IProgress<float>)
        (workspace: unit -> 'W :> IDisposable)
        (body: 'W -> int -> unit)
        =
        let counter = [| 0 |]
        let finish () =
            if not (isNull progress) then
                let finished = Interlocked.Increment &counter[0]
                let percent n = int64 n * 100L / int64 parts
                if percent finished > percent (finished - 1) then progress.Report(float finished / float parts)
        let run workspace part =
            cancellation.ThrowIfCancellationRequested()
            body workspace part
            finish ()
        let threads = if options.Threads > 0 then options.Threads else Environment.ProcessorCount
        if threads = 1 || parts = 1 || work < worthSplitting then
            use workspace = workspace ()
            for part = 0 to parts - 1 do
                run workspace part
        else
            try
                Parallel.For(
                    0,
                    parts,
                    ParallelOptions(MaxDegreeOfParallelism = threads, CancellationToken = cancellation),
                    (fun () -> workspace ()),
                    (fun part _ workspace ->
                        run workspace part
                        workspace),
                    (fun workspace -> workspace.Dispose())
                )
                |> ignore
            with :? AggregateException as all when all.InnerExceptions.Count > 0 ->
                Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(all.InnerExceptions[0]).Throw()

    let run
        (code: TileCode)
        (single: SinglePoint)
        (options: CompileOptions)
        (inputs: nativeptr<float>)
        (outputs: nativeptr<float>)
        (count: int)
        (cancellation: CancellationToken)
        (progress: IProgress<float>)
        =
        let program = code.Plan.Program
        let inputs = { Start = inputs; Width = program.Inputs; Count = count }
        let outputs = { Start = outputs; Width = program.Outputs.Length; Count = count }
        let length = code.Plan.Tile
        let tiles = int ((int64 count + int64 length - 1L) / int64 length)
        split
            options
            tiles
            (int64 count * int64 program.Lines.Length)
            cancellation
            progress
            (fun () -> new Workspace(code))
            (fun workspace index -> tile code workspace single inputs outputs (index * length) (min length (count - index * length)))

    /// Where no program can be relied on: all points on their own.
    let runAlone
        (single: SinglePoint)
        (width: int)
        (results: int)
        (inputs: nativeptr<float>)
        (outputs: nativeptr<float>)
        (count: int)
        (cancellation: CancellationToken)
        =
        for point = 0 to count - 1 do
            cancellation.ThrowIfCancellationRequested()
            alone single { Start = inputs; Width = width; Count = count } { Start = outputs; Width = results; Count = count } point
