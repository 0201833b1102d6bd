namespace FuncAD.Compiled

open System
open System.Buffers
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open FuncAD

#nowarn "9"

/// <summary>Columns of doubles in memory: number i of point k is at i * Count + k, where Count is the number of points.</summary>
[<Struct>]
type internal Columns =
    { Start: nativeptr<float>
      Width: int
      Count: int }

    member columns.At(index: int, point: int) : nativeptr<float> =
        NativePtr.ofNativeInt (NativePtr.toNativeInt columns.Start + (nativeint index * nativeint columns.Count + nativeint point) * 8n)

/// <summary>
/// The memory in which a worker computes tiles: the code's scratch memory, then a column for each input and output, where a tile's points
/// have to be copied, then the pointers to the columns.
/// </summary>
[<Sealed>]
type internal Workspace(code: TileCode) =
    let program = code.Plan.Program
    let columns = program.Inputs + program.Outputs.Length
    let stride = code.Plan.Layout.Stride
    let memory = ArrayPool<float>.Shared.Rent(code.Scratch + columns * stride + columns + Workspace.Slack)
    let handle = GCHandle.Alloc(memory, GCHandleType.Pinned)
    let scratch = handle.AddrOfPinnedObject() |> NativePtr.ofNativeInt |> Workspace.Aligned
    /// Each takes the room of a double.
    let pointers: nativeptr<nativeint> =
        NativePtr.add scratch (code.Scratch + columns * stride) |> NativePtr.toNativeInt |> NativePtr.ofNativeInt
    let rejected = Array.zeroCreate<bool> code.Plan.Tile
    member _.Rejected = rejected

    /// The workspace's own column for an input or an output.
    member _.Column(index: int) : nativeptr<float> = NativePtr.add scratch (code.Scratch + index * stride)

    /// The next address at the beginning of a line of the cache, at most Slack doubles further on: a vector that lies in two lines takes
    /// twice the time.
    static member Aligned(address: nativeptr<float>) : nativeptr<float> =
        (NativePtr.toNativeInt address + 63n) &&& ~~~63n |> NativePtr.ofNativeInt
    static member Slack = 8

    /// A number of points rounded up to whole groups, in which loops compute them.
    static member Padded(count: int) : int = Workspace.Whole(count + Loop.Widest - 1)

    /// A number of points rounded down to whole groups.
    static member Whole(count: int) : int = count / Loop.Widest * Loop.Widest

    /// Sets the pointer of an input to `count` points of one of the caller's columns, or, where these are not whole groups, to a copy that
    /// the last point fills up.
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
        workspace.SetPointer(input, target)

    /// Sets the pointer of an input or an output to an address.
    member _.SetPointer(column: int, address: nativeptr<float>) : unit = NativePtr.set pointers column (NativePtr.toNativeInt address)

    /// The tile of the points that the pointers point to.
    member _.Tile(count: int) : Tile = { Columns = pointers; Scratch = scratch; Count = count }

    interface IDisposable with
        member _.Dispose() =
            handle.Free()
            ArrayPool<float>.Shared.Return memory
