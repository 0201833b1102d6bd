namespace FuncAD.Compiled

open System
open System.Buffers
open System.Threading
open System.Threading.Tasks
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

module internal BatchCode =
    /// The points after which interpreting has taken about as long as compiling will (benchmarks/README.md has the measurement).
    [<Literal>]
    let hot = 50_000L

/// <summary>
/// The tile code of a program: interpreted until compiling pays. Outputs are added up by compiled code only; the interpreter stores them.
/// </summary>
[<Sealed>]
type internal BatchCode(program: Program, uniform: int, isSum: bool, options: CompileOptions) =
    let isCompilable = options.Mode <> ExecutionMode.Interpreted && Backend.MayGenerateCode()
    let mutable points = if options.Mode = ExecutionMode.MachineCode then BatchCode.hot else 0L
    let mutable isCompiled = false

    /// Null until the first batch: its plan takes longer to make than the program, and many programs are never run on batches.
    let mutable code: TileCode = null

    let interpret () = lock program (fun () -> if isNull code then Volatile.Write(&code, TileCode.interpreted program uniform))

    let compile () =
        lock program (fun () ->
            if not isCompiled then
                Volatile.Write(&code, TileCode.compiled program uniform isSum (TileCode.bits options))
                isCompiled <- true)

    /// The code for the next `count` points.
    member _.For(count: int) : TileCode =
        if isCompilable && not isCompiled then
            points <- points + int64 count
            if points > BatchCode.hot then compile ()
        if isNull code then interpret ()
        code

/// <summary>Computes a single point: reads its inputs and writes its outputs.</summary>
type internal SinglePoint = delegate of inputs: ReadOnlySpan<float> * outputs: Span<float> -> unit

module internal Batch =
    /// Points times lines from which on the work is split over the cores: less takes less time than starting threads.
    let private smallestSplitWork = 400_000L

    /// Computes one point by itself: gathers its inputs from columns and scatters its outputs to columns.
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

    /// Computes points first .. first + count - 1 of the columns. They are at most a tile.
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
            workspace.SetPointer(place, (if padded = count then outputs.At(index, first) else workspace.Column place))
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

    /// Runs the body for each part, on several threads if there is enough work. Each worker has a workspace of its own.
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
        if threads = 1 || parts = 1 || work < smallestSplitWork then
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

    /// Computes each point by itself, for functions whose program cannot be relied on.
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
