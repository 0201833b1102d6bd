namespace FuncAD.Compiled

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Threading
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>
/// The sums of a program's outputs over data, which are columns, for parameters that all data share. The data are cut into chunks at bounds
/// that depend on the number of data alone, and the sums of the chunks are added in order: results are bitwise equal for any number of
/// threads and any width of vectors.
/// </summary>
[<Sealed>]
type internal Summation(program: Program, shared: int, options: CompileOptions) =
    /// The number of chunks, unless they would be shorter than smallestChunk.
    static let chunks = 64
    static let smallestChunk = 512

    let width = program.Inputs - shared
    let outputs = program.Outputs.Length

    /// Stores the outputs of each point, so that a point can be left out.
    let careful = BatchCode(program, shared, false, options)

    /// Adds outputs up as they are computed.
    let quick = BatchCode(program, shared, true, options)

    /// Sets the pointers of the inputs to the parameters and to `count` points of the data.
    let read (workspace: Workspace) (parameters: nativeptr<float>) (data: Columns) (first: int) (count: int) =
        workspace.SetPointer(0, parameters)
        for index = 0 to width - 1 do
            workspace.Read(shared + index, data, index, first, count)

    /// Computes a chunk's sums, eight for each output. Points that the program does not hold for are left out and added to a list.
    let carefully (workspace: Workspace) (code: TileCode) parameters (data: Columns) first count (sums: float[]) (leftOut: List<int>) =
        let tile = code.Plan.Tile
        for start in first..tile .. first + count - 1 do
            let length = min tile (first + count - start)
            read workspace parameters data start length
            for output = 0 to outputs - 1 do
                workspace.SetPointer(program.Inputs + output, workspace.Column(program.Inputs + output))
            let points = workspace.Tile(Workspace.Padded length)
            code.Run points
            let rejected = workspace.Rejected
            Array.Clear rejected
            let isAnyRejected = code.Reject(points, rejected)
            if isAnyRejected then
                for point = 0 to length - 1 do
                    if rejected[point] then leftOut.Add(start + point)
            for output = 0 to outputs - 1 do
                let column = workspace.Column(program.Inputs + output)
                for point = 0 to length - 1 do
                    if not (isAnyRejected && rejected[point]) then
                        let sum = &sums[8 * output + (point &&& 7)]
                        sum <- sum + NativePtr.get column point

    /// Computes the same sums where tiles are whole groups and no point has to be left out. Returns false if one has to be.
    let quickly (workspace: Workspace) (code: TileCode) parameters (data: Columns) first count (sums: float[]) : bool =
        let tile = code.Plan.Tile
        let start = workspace.Column program.Inputs
        let partial = Span<float>(NativePtr.toVoidPtr start, 8 * outputs)
        partial.Fill -0.0
        workspace.SetPointer(program.Inputs, start)
        let mutable next, holds = first, true
        while holds && next < first + count do
            let length = min tile (first + count - next)
            read workspace parameters data next length
            let points = workspace.Tile length
            code.Run points
            holds <- not (code.Reject(points, workspace.Rejected))
            next <- next + length
        if holds then partial.CopyTo sums
        holds

    let fold (sums: float[]) output =
        let s index = sums[8 * output + index]
        ((s 0 + s 4) + (s 2 + s 6)) + ((s 1 + s 5) + (s 3 + s 7))

    member _.Program = program

    /// The sums over all points that the program holds for, and the other points.
    member _.Run
        (parameters: nativeptr<float>, data: nativeptr<float>, count: int, cancellation: CancellationToken, progress: IProgress<float>)
        : struct (float[] * int[]) =
        let data = { Start = data; Width = width; Count = count }
        let length =
            max smallestChunk ((count + chunks - 1) / chunks |> fun length -> (length + smallestChunk - 1) / smallestChunk * smallestChunk)
        let parts = (count + length - 1) / length
        let sums = Array.init parts (fun _ -> Array.create (8 * outputs) -0.0)
        let leftOut = Array.init parts (fun _ -> List<int>())
        let careful, quick = careful.For count, quick.For count
        let isQuick = quick.Plan.Layout.IsSum
        let chunk (workspaces: Workspaces) part =
            let first = part * length
            let count = min length (count - first)
            // Whole groups are summed quickly; the points that are left over, or all if that fails, carefully.
            let whole = if isQuick then Workspace.Whole count else 0
            let isDone = whole > 0 && quickly workspaces.Quick quick parameters data first whole sums[part]
            let start = if isDone then whole else 0
            if start < count then
                carefully workspaces.Careful careful parameters data (first + start) (count - start) sums[part] leftOut[part]
        Batch.split
            options
            parts
            (int64 count * int64 program.Lines.Length)
            cancellation
            progress
            (fun () -> new Workspaces(quick, careful))
            chunk
        let total =
            Array.init outputs (fun output ->
                let mutable total = -0.0
                for part = 0 to parts - 1 do
                    total <- total + fold sums[part] output
                total + 0.0)
        struct (total, Seq.concat leftOut |> Seq.toArray)

/// <summary>A worker's memory for both kinds of code, allocated on first use.</summary>
and [<Sealed>] internal Workspaces(quick: TileCode, careful: TileCode) =
    let quickly = lazy (new Workspace(quick))
    let carefully = lazy (new Workspace(careful))
    member _.Quick = quickly.Value
    member _.Careful = carefully.Value

    interface IDisposable with
        member _.Dispose() =
            for workspace in [ quickly; carefully ] do
                if workspace.IsValueCreated then (workspace.Value :> IDisposable).Dispose()
