namespace FuncAD

open System

/// <summary>
/// The part taken of one axis: an index, which removes the axis, or a range. C#'s indices and ranges convert to it: <c>t[0, 1..^1, ..]</c>.
/// </summary>
[<Struct>]
type Slice =
    val private range: Range
    val private isIndex: bool

    private new(range, isIndex) = { range = range; isIndex = isIndex }

    /// <summary>One element of the axis; below 0 it counts from the end.</summary>
    static member op_Implicit(index: int) : Slice = Slice.op_Implicit (if index < 0 then Index(-index, true) else Index(index))

    /// <summary>One element of the axis, counted from either end.</summary>
    static member op_Implicit(index: Index) : Slice = Slice(Range(index, index), true)

    /// <summary>A range of the axis.</summary>
    static member op_Implicit(range: Range) : Slice = Slice(range, false)

    /// The view of an array that slices give, one for each axis from the first on; the other axes stay whole.
    static member internal View(operation: string, shape: int[], slices: Slice[]) : StridedView =
        if slices.Length > shape.Length then
            Shape.fail operation $"expected at most {shape.Length} slices for the shape {Shape.text shape}, got {slices.Length}."
        let strides = Shape.strides shape
        let mutable offset = 0
        let kept =
            [| for axis = 0 to shape.Length - 1 do
                   if axis >= slices.Length then
                       struct (strides[axis], shape[axis])
                   else
                       let slice = slices[axis]
                       let extent = shape[axis]
                       let start = slice.range.Start.GetOffset extent
                       let finish = slice.range.End.GetOffset extent
                       if slice.isIndex then
                           if start < 0 || start >= extent then
                               raise (
                                   ArgumentOutOfRangeException(
                                       "index",
                                       start,
                                       $"{operation}: the index {slice.range.Start} is outside axis {axis} of the shape {Shape.text shape}."
                                   )
                               )
                           offset <- offset + start * strides[axis]
                       else
                           if start < 0 || finish > extent || start > finish then
                               raise (
                                   ArgumentOutOfRangeException(
                                       "range",
                                       $"{operation}: the range {slice.range} does not fit axis {axis} of the shape {Shape.text shape}."
                                   )
                               )
                           offset <- offset + start * strides[axis]
                           struct (strides[axis], finish - start) |]
        StridedView(offset, kept |> Array.map (fun struct (stride, _) -> stride), kept |> Array.map (fun struct (_, extent) -> extent))
