/// Arithmetic of shapes: lengths, strides, axes, broadcasting. A shape is an int[]; that of a number is empty.
module internal FuncAD.Shape

open System

/// A shape as errors and texts name it: [2, 3].
let text (shape: int seq) = "[" + String.Join(", ", shape) + "]"

let fail (operation: string) (problem: string) : 'a = raise (ArgumentException $"{operation}: {problem}")

/// The number of elements.
let length (shape: int[]) : int =
    let mutable product = 1L
    for extent in (if Span(shape).Contains 0 then [| 0 |] else shape) do
        product <- product * int64 extent
        if product > int64 Array.MaxLength then
            raise (OverflowException $"Tensor: the shape {text shape} has more elements than an array can hold.")
    int product

let areEqual (a: int[]) (b: int[]) = a.AsSpan().SequenceEqual(ReadOnlySpan b)

/// How far apart neighbours along each axis lie in row-major order.
let strides (shape: int[]) : int[] =
    let strides = Array.zeroCreate shape.Length
    let mutable stride = 1
    for axis = shape.Length - 1 downto 0 do
        strides[axis] <- stride
        stride <- stride * shape[axis]
    strides

let check (operation: string) (shape: int[]) =
    for extent in shape do
        if extent < 0 then fail operation $"an axis cannot have the length {extent}: the shape was {text shape}."

/// An axis counted from the start; -1 is the last.
let axis (operation: string) (shape: int[]) (axis: int) : int =
    if axis < -shape.Length || axis >= shape.Length then
        fail
            operation
            $"there is no axis {axis} in the shape {text shape}; it has {shape.Length} axes, counted from 0 or, from the end, from -1."
    if axis < 0 then axis + shape.Length else axis

/// Axes counted from the start, in order; none at all means every axis.
let axes (operation: string) (shape: int[]) (axes: int[]) : int[] =
    if axes.Length = 0 then
        Array.init shape.Length id
    else
        let sorted = axes |> Array.map (axis operation shape) |> Array.sort
        for index = 1 to sorted.Length - 1 do
            if sorted[index] = sorted[index - 1] then fail operation $"the axis {sorted[index]} is named twice."
        sorted

/// The shape without some axes, or with length 1 there.
let without (keep: bool) (axes: int[]) (shape: int[]) : int[] =
    if keep then
        shape |> Array.mapi (fun axis extent -> if Array.contains axis axes then 1 else extent)
    else
        shape |> Array.indexed |> Array.filter (fun (axis, _) -> not (Array.contains axis axes)) |> Array.map snd

/// An index counted from the start; -1 is the last.
let index (operation: string) (shape: int[]) (axis: int) (index: int) : int =
    let extent = shape[axis]
    if index < -extent || index >= extent then
        raise (
            ArgumentOutOfRangeException(
                "index",
                index,
                $"{operation}: the index {index} is outside axis {axis} of the shape {text shape}. Indices of this axis go from 0 to {extent - 1}, and from -1 down to {-extent} counted from the end."
            )
        )
    if index < 0 then index + extent else index

/// The common shape by NumPy's rules: axes are matched from the last; lengths agree or one of them is 1.
let broadcast (operation: string) (a: int[]) (b: int[]) : int[] =
    if b.Length = 0 || areEqual a b then
        a
    elif a.Length = 0 then
        b
    else
        let rank = max a.Length b.Length
        let extent (shape: int[]) axis = if axis < rank - shape.Length then 1 else shape[axis - (rank - shape.Length)]
        Array.init rank (fun axis ->
            match extent a axis, extent b axis with
            | m, n when m = n -> m
            | 1, n -> n
            | m, 1 -> m
            | _ ->
                fail
                    operation
                    $"the shapes {text a} and {text b} do not broadcast: from the last axis on, lengths must be equal or one of them 1. Reshape or transpose one of the two.")

/// Strides with which a smaller shape is read as a larger one that it broadcasts to: 0 along the axes that are repeated.
let broadcastStrides (shape: int[]) (larger: int[]) : int[] =
    let own = strides shape
    let lead = larger.Length - shape.Length
    Array.init larger.Length (fun axis -> if axis < lead || shape[axis - lead] = 1 then 0 else own[axis - lead])
