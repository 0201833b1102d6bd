namespace FuncAD

open System
open System.Collections.Generic
open System.Numerics.Tensors

module internal StridedRun =
    /// The longest run for which a plain loop is faster than a call.
    [<Literal>]
    let Short = 8

/// An action on the elements of a strided view and of the dense array that it is read into or added from.
type internal IStridedAction =
    /// A run of `length` elements: `step` apart in the strided array from `position` on, and adjacent in the dense one from `place` on.
    abstract Run: position: int * step: int * place: int * length: int -> unit
    abstract Element: position: int * place: int -> unit

/// dense <- view
[<Struct>]
type internal Reading(strided: float[], dense: float[]) =
    interface IStridedAction with
        member _.Element(position, place) = dense[place] <- strided[position]

        member _.Run(position, step, place, length) =
            if step = 1 && length > StridedRun.Short then
                Array.Copy(strided, position, dense, place, length)
            elif step = 0 && length > StridedRun.Short then
                Array.Fill(dense, strided[position], place, length)
            else
                let mutable position = position
                for index = place to place + length - 1 do
                    dense[index] <- strided[position]
                    position <- position + step

/// view <- dense, where the view shows no element twice
[<Struct>]
type internal Writing(strided: float[], dense: float[]) =
    interface IStridedAction with
        member _.Element(position, place) = strided[position] <- dense[place]

        member _.Run(position, step, place, length) =
            if step = 1 then
                Array.Copy(dense, place, strided, position, length)
            else
                let mutable position = position
                for index = place to place + length - 1 do
                    strided[position] <- dense[index]
                    position <- position + step

/// view <- view + dense
[<Struct>]
type internal Adding(strided: float[], dense: float[]) =
    interface IStridedAction with
        member _.Element(position, place) = strided[position] <- strided[position] + dense[place]

        member _.Run(position, step, place, length) =
            if step = 1 && length > StridedRun.Short then
                let target = Span(strided, position, length)
                TensorPrimitives.Add(ReadOnlySpan(dense, place, length), Span.op_Implicit target, target)
            elif step = 0 then
                strided[position] <- strided[position] + StridedView.Sum(ReadOnlySpan(dense, place, length))
            else
                let mutable position = position
                for index = place to place + length - 1 do
                    strided[position] <- strided[position] + dense[index]
                    position <- position + step

/// <summary>
/// A strided view of an array: element (i, j, ...) lies at offset + i strides[0] + j strides[1] + ... Transposing, slicing, broadcasting,
/// diagonals and sliding windows are all views; the adjoint of reading through one is adding through it.
/// </summary>
and [<Sealed>] internal StridedView(offset: int, strides: int[], shape: int[]) =
    // Axes of length 1 are left out, and neighbours that run on from one another are one, so that the inner loop is long.
    let merged =
        let axes = List<struct (int * int)>()
        for axis = 0 to shape.Length - 1 do
            if shape[axis] <> 1 then
                match (if axes.Count = 0 then struct (0, 0) else axes[axes.Count - 1]) with
                | struct (extent, stride) when axes.Count > 0 && stride = strides[axis] * shape[axis] ->
                    axes[axes.Count - 1] <- struct (extent * shape[axis], strides[axis])
                | _ -> axes.Add(struct (shape[axis], strides[axis]))
        if axes.Count = 0 then axes.Add(struct (1, 1))
        axes.ToArray()

    let extents = merged |> Array.map (fun struct (extent, _) -> extent)
    let steps = merged |> Array.map (fun struct (_, stride) -> stride)
    let sizes = Shape.strides extents
    let last = extents.Length - 1
    let isEmpty = Array.contains 0 shape

    /// A transposition goes tile by tile, so that both sides stay in the cache.
    let isTransposed = last > 0 && abs steps[last] > 1 && abs steps[last - 1] = 1

    static let tile = 16

    member _.Offset = offset
    member _.Strides = strides
    member _.Shape = shape

    member private _.Tiles(action: 'A when 'A: struct and 'A :> IStridedAction, position: int, place: int) =
        let rows, columns, down, right = extents[last - 1], extents[last], steps[last - 1], steps[last]
        for row in 0..tile .. rows - 1 do
            for column in 0..tile .. columns - 1 do
                for i = row to min (row + tile) rows - 1 do
                    for j = column to min (column + tile) columns - 1 do
                        action.Element(position + i * down + j * right, place + i * columns + j)

    member private view.Visit(action: 'A when 'A: struct and 'A :> IStridedAction, axis: int, position: int, place: int) =
        if axis = last then
            action.Run(position, steps[last], place, extents[last])
        elif isTransposed && axis = last - 1 then
            view.Tiles(action, position, place)
        elif axis = last - 1 then
            for index = 0 to extents[axis] - 1 do
                action.Run(position + index * steps[axis], steps[last], place + index * sizes[axis], extents[last])
        else
            for index = 0 to extents[axis] - 1 do
                view.Visit(action, axis + 1, position + index * steps[axis], place + index * sizes[axis])

    /// The view of each of some arrays of a length, which lie one behind the other.
    member _.Repeat(count: int, length: int) : StridedView =
        StridedView(offset, Array.append [| length |] strides, Array.append [| count |] shape)

    /// The number of different elements that the view shows; 0 where its strides do not nest, so that it is unknown.
    member _.Reach: int =
        let axes =
            Array.zip extents steps
            |> Array.filter (fun (extent, step) -> extent > 1 && step <> 0)
            |> Array.sortBy (fun (_, step) -> abs step)
        let nests = axes |> Array.pairwise |> Array.forall (fun ((extent, step), (_, next)) -> abs next >= extent * abs step)
        if isEmpty || not nests then 0 else axes |> Array.fold (fun reach (extent, _) -> reach * extent) 1

    /// dense <- the view of source
    member view.Read(source: float[], dense: float[]) = if not isEmpty then view.Visit(Reading(source, dense), 0, offset, 0)

    /// The view of target <- itself + dense. An element that the view shows more than once receives every addend.
    member view.Add(dense: float[], target: float[]) = if not isEmpty then view.Visit(Adding(target, dense), 0, offset, 0)

    /// The view of target <- dense, for a view that shows no element twice: it keeps the sign of -0, which 0 + -0 loses.
    member view.Write(dense: float[], target: float[]) = if not isEmpty then view.Visit(Writing(target, dense), 0, offset, 0)

    /// The sum, pairwise over blocks, so that its rounding error grows with the logarithm of the length (Higham 1993).
    static member Sum(xs: ReadOnlySpan<float>) : float =
        if xs.Length <= 4096 then
            TensorPrimitives.Sum xs
        else
            let half = (xs.Length / 2 + 4095) / 4096 * 4096
            StridedView.Sum(xs.Slice(0, half)) + StridedView.Sum(xs.Slice half)
