namespace FuncAD

open System
open FuncAD.Rules

/// <summary>A choice between two arrays by a mask. The one that is not chosen contributes nothing.</summary>
[<Sealed>]
type internal Where(mask: float[], shape: int[]) =
    inherit Operation("where")

    let masked isSet (x: Tensor) = if isNull x then null else Tensor.Linear(Masked(mask, isSet, shape), x)

    override _.Value x =
        let a, b = x[0].Elements, x[1].Elements
        [| Tensor(Array.init mask.Length (fun i -> if mask[i] <> 0.0 then a[i] else b[i]), shape, null) |]

    override _.Pushforward(_, _, dx) =
        [| (match masked true dx[0], masked false dx[1] with
            | null, db -> db
            | da, null -> da
            | da, db -> da + db) |]

    override op.Keep(x, y) = struct (op, Kept.Shapes x, Kept.Shapes y)
    override _.Pullback(_, _, yBar, _) = [| masked true yBar[0]; masked false yBar[0] |]

/// <summary>Several arrays, one after the other along an axis.</summary>
[<Sealed>]
type internal Concatenation(axis: int, shapes: int[][], shape: int[]) =
    inherit Operation("concatenate")

    let strides = Shape.strides shape
    let starts = shapes |> Array.map (fun shape -> shape[axis]) |> Array.scan (+) 0
    let part index = StridedView(starts[index] * strides[axis], strides, shapes[index])

    override _.Value x =
        let y = Array.zeroCreate<float>(Shape.length shape)
        x |> Array.iteri (fun index x -> (part index).Write(x.Elements, y))
        [| Tensor(y, shape, null) |]

    override _.IsLinear = true

    override op.Pushforward(x, _, dx) =
        Tensor.Apply(op, Array.map2 (fun (x: Tensor) (dx: Tensor) -> if isNull dx then Tensor.Nothing x.Dimensions else dx) x dx)

    override _.Repeat count =
        let many = Array.append [| count |]
        Concatenation(axis + 1, Array.map many shapes, many shape)

    override op.Keep(x, y) = struct (op, Kept.Shapes x, Kept.Shapes y)

    override _.Pullback(x, _, yBar, needed) =
        x |> Array.mapi (fun index _ -> if needed[index] then Tensor.Linear(View("split", shape, part index), yBar[0]) else null)

/// <summary>Operations that move elements about. Each of them is linear, and its pullback moves the cotangents back.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorMovement =
    /// Zeros around an array of some shape: for each axis, how many before and how many after.
    let internal padding (widths: (int * int)[]) (shape: int[]) : Linear =
        let result = Array.map2 (fun (before, after) extent -> before + extent + after) widths shape
        let strides = Shape.strides result
        let offset =
            if Shape.length shape = 0 then 0 else Array.fold2 (fun sum (before, _) stride -> sum + before * stride) 0 widths strides
        Unview("pad", result, StridedView(offset, strides, shape), false)

    module Tensor =
        let private view name (x: Tensor) offset strides shape =
            Tensor.Linear(View(name, x.Dimensions, StridedView(offset, strides, shape)), x)

        /// <summary>The same elements under another shape; one length may be -1 and follows from the others. Costs nothing.</summary>
        /// <exception cref="T:System.ArgumentException">The number of elements differs.</exception>
        let reshape (shape: int seq) (x: Tensor) : Tensor =
            let asked = Seq.toArray shape
            let known = asked |> Array.filter (fun extent -> extent <> -1) |> Array.fold (*) 1
            let shape =
                asked
                |> Array.map (fun extent ->
                    if extent <> -1 then extent
                    elif known = 0 then 0
                    else x.Length / known)
            let isFit =
                (asked |> Array.filter ((=) -1)).Length <= 1
                && Array.forall (fun extent -> extent >= 0) shape
                && Shape.length shape = x.Length
            if not isFit then
                Shape.fail
                    "reshape"
                    $"the shape {Shape.text x.Dimensions} has {x.Length} elements, which do not fit the shape {Shape.text asked}. The lengths of the axes multiply to the number of elements."
            if Shape.areEqual shape x.Dimensions then x else Tensor.Linear(Reshape(x.Dimensions, shape), x)

        /// <summary>All elements as a vector.</summary>
        let flatten (x: Tensor) : Tensor = reshape [ -1 ] x

        /// <summary>The axes in another order: result axis i is axis order[i].</summary>
        let permute (order: int seq) (x: Tensor) : Tensor =
            let order = order |> Seq.map (Shape.axis "permute" x.Dimensions) |> Seq.toArray
            if not (Shape.areEqual (Array.sort order) (Array.init x.Rank id)) then
                Shape.fail
                    "permute"
                    $"the order {Shape.text order} does not name each of the {x.Rank} axes of the shape {Shape.text x.Dimensions} once."
            let strides = Shape.strides x.Dimensions
            view "permute" x 0 (order |> Array.map (fun axis -> strides[axis])) (order |> Array.map (fun axis -> x.Dimensions[axis]))

        /// <summary>Two axes exchanged.</summary>
        let swapAxes (a: int) (b: int) (x: Tensor) : Tensor =
            let a, b = Shape.axis "swapAxes" x.Dimensions a, Shape.axis "swapAxes" x.Dimensions b
            permute
                (Seq.init x.Rank (fun axis ->
                    if axis = a then b
                    elif axis = b then a
                    else axis))
                x

        /// <summary>A matrix transposed; of a batch, each matrix.</summary>
        let transpose (x: Tensor) : Tensor =
            if x.Rank < 2 then
                Shape.fail
                    "transpose"
                    $"expected a matrix or a batch of matrices, got the shape {Shape.text x.Dimensions}. Reshape a vector to a row or a column first; a matrix product takes it as either."
            if x.Rank = 2 then Tensor.Linear(Transpose(x.Dimensions[0], x.Dimensions[1]), x) else swapAxes -2 -1 x

        /// <summary>Without the axes of length 1.</summary>
        let squeeze (x: Tensor) : Tensor = reshape (x.Dimensions |> Array.filter (fun extent -> extent <> 1)) x

        /// <summary>With a new axis of length 1 at a place of the result; -1 appends it.</summary>
        let expandDims (axis: int) (x: Tensor) : Tensor =
            let axis = Shape.axis "expandDims" (Array.append x.Dimensions [| 1 |]) axis
            reshape (Array.insertAt axis 1 x.Dimensions) x

        /// <summary>
        /// Repeated along axes of length 1 and new leading axes, by NumPy's rules; the pullback sums over the repetitions.
        /// </summary>
        let broadcastTo (shape: int seq) (x: Tensor) : Tensor =
            let shape = Seq.toArray shape
            if not (Shape.areEqual (Shape.broadcast "broadcastTo" x.Dimensions shape) shape) then
                Shape.fail "broadcastTo" $"the shape {Shape.text x.Dimensions} does not broadcast to the shape {Shape.text shape}."
            Tensor.BroadcastTo(x, shape)

        /// <summary>
        /// Elements start, start + step, ... of an axis, before stop. Start and stop below 0 count from the end; a negative step goes
        /// backwards.
        /// </summary>
        let slice (axis: int) (start: int) (stop: int) (step: int) (x: Tensor) : Tensor =
            if step = 0 then Shape.fail "slice" "the step must not be 0."
            let axis = Shape.axis "slice" x.Dimensions axis
            let extent = x.Dimensions[axis]
            let bound low high index = max low (min high (if index < 0 then index + extent else index))
            let start, stop =
                if step > 0 then
                    bound 0 extent start, bound 0 extent stop
                else
                    bound -1 (extent - 1) start, (if stop < -extent then -1 else bound -1 (extent - 1) stop)
            let count = max 0 ((stop - start + step - sign step) / step)
            let strides = Shape.strides x.Dimensions
            let offset = if count = 0 then 0 else start * strides[axis]
            view
                "slice"
                x
                offset
                (strides |> Array.mapi (fun i stride -> if i = axis then stride * step else stride))
                (x.Dimensions |> Array.mapi (fun i n -> if i = axis then count else n))

        /// <summary>An axis in reverse.</summary>
        let flip (axis: int) (x: Tensor) : Tensor = slice axis -1 (-x.Dimensions[Shape.axis "flip" x.Dimensions axis] - 1) -1 x

        /// The positions of slices of an axis, as runs of the elements behind it.
        let private positions operation (axis: int) (indices: int[]) (shape: int[]) =
            let run = Array.fold (*) 1 shape[axis + 1 ..]
            let outer = Array.fold (*) 1 shape[.. axis - 1]
            let indices = indices |> Array.map (Shape.index operation shape axis)
            [| for block in 0 .. outer - 1 do
                   for index in indices -> (block * shape[axis] + index) * run |],
            run

        /// <summary>
        /// Slices of an axis by their indices, in the order given; one may be taken more than once. The pullback is scatterAdd.
        /// </summary>
        let gather (axis: int) (indices: int[]) (x: Tensor) : Tensor =
            if isNull indices then nullArg (nameof indices)
            let axis = Shape.axis "gather" x.Dimensions axis
            let places, run = positions "gather" axis indices x.Dimensions
            Tensor.Linear(Take("gather", x.Dimensions, places, run, Array.updateAt axis indices.Length x.Dimensions), x)

        /// <summary>
        /// Zeros of a given length along an axis, to which the slices of x are added at their indices. The pullback is gather.
        /// </summary>
        let scatterAdd (axis: int) (indices: int[]) (length: int) (x: Tensor) : Tensor =
            if isNull indices then nullArg (nameof indices)
            let axis = Shape.axis "scatterAdd" x.Dimensions axis
            if x.Dimensions[axis] <> indices.Length then
                Shape.fail
                    "scatterAdd"
                    $"expected one index for each slice of axis {axis} of the shape {Shape.text x.Dimensions}, got {indices.Length}."
            let result = Array.updateAt axis length x.Dimensions
            let places, run = positions "scatterAdd" axis indices result
            Tensor.Linear(Put("scatterAdd", x.Dimensions, places, run, result), x)

        /// Checks that there is one column for each row of a matrix, counted from 0; `name` is the word for them in errors.
        let internal columnsOf operation name (columns: int[]) (x: Tensor) : int[] =
            if isNull columns then nullArg name
            if x.Rank <> 2 then
                Shape.fail
                    operation
                    $"expected a matrix with a row for each of the {columns.Length} {name}, got the shape {Shape.text x.Dimensions}."
            if x.Dimensions[0] <> columns.Length then
                Shape.fail
                    operation
                    $"expected as many {name} as there are rows: the shape {Shape.text x.Dimensions} has {x.Dimensions[0]} rows, but {columns.Length} {name} were given."
            columns
            |> Array.iteri (fun row column ->
                if column < 0 || column >= x.Dimensions[1] then
                    let problem =
                        $"{operation}: {name} go from 0 to {x.Dimensions[1] - 1}, as the shape {Shape.text x.Dimensions} has {x.Dimensions[1]} columns (classes), but that of row {row} is {column}."
                    raise (ArgumentOutOfRangeException(name, column, problem)))
            columns

        /// <summary>One element of each row of a matrix, by its column: x[i, columns[i]].</summary>
        let pick (columns: int[]) (x: Tensor) : Tensor =
            let places = columnsOf "pick" (nameof columns) columns x |> Array.mapi (fun row column -> row * x.Dimensions[1] + column)
            Tensor.Linear(Take("pick", x.Dimensions, places, 1, [| columns.Length |]), x)

        /// <summary>Tensors one after the other along an axis; their other axes agree.</summary>
        let concatenate (axis: int) (tensors: Tensor seq) : Tensor =
            let tensors = [| for x in tensors -> Tensor.Given("concatenate", x) |]
            if tensors.Length = 0 then Shape.fail "concatenate" "there are no tensors."
            let first = tensors[0].Dimensions
            let axis = Shape.axis "concatenate" first axis
            for x in tensors do
                if x.Rank <> first.Length || not (Shape.areEqual (Array.removeAt axis x.Dimensions) (Array.removeAt axis first)) then
                    Shape.fail "concatenate" $"the shapes {Shape.text first} and {Shape.text x.Dimensions} may differ in axis {axis} only."
            let shapes = tensors |> Array.map _.Dimensions
            let shape = Array.updateAt axis (shapes |> Array.sumBy (fun shape -> shape[axis])) first
            Tensor.Apply(Concatenation(axis, shapes, shape), tensors)[0]

        /// <summary>Tensors of one shape side by side, along a new axis.</summary>
        let stackAlong (axis: int) (tensors: Tensor seq) : Tensor =
            let tensors = [| for x in tensors -> Tensor.Given("stackAlong", x) |]
            if tensors.Length = 0 then Shape.fail "stackAlong" "there are no tensors."
            Shape.axis "stackAlong" (Array.append tensors[0].Dimensions [| 1 |]) axis |> ignore
            for x in tensors do
                if not (Shape.areEqual x.Dimensions tensors[0].Dimensions) then
                    Shape.fail
                        "stackAlong"
                        $"expected tensors of one shape, got {Shape.text tensors[0].Dimensions} and {Shape.text x.Dimensions}."
            concatenate axis (tensors |> Array.map (expandDims axis))

        /// <summary>Parts of given lengths, one after the other along an axis.</summary>
        let split (axis: int) (lengths: int seq) (x: Tensor) : Tensor[] =
            let lengths = Seq.toArray lengths
            let axis = Shape.axis "split" x.Dimensions axis
            if Array.sum lengths <> x.Dimensions[axis] || Array.exists (fun length -> length < 0) lengths then
                Shape.fail "split" $"the lengths {Shape.text lengths} do not add up to axis {axis} of the shape {Shape.text x.Dimensions}."
            let starts = Array.scan (+) 0 lengths
            lengths |> Array.mapi (fun index length -> slice axis starts[index] (starts[index] + length) 1 x)

        /// <summary>Zeros around a tensor: for each axis, how many before and how many after.</summary>
        let pad (widths: (int * int) seq) (x: Tensor) : Tensor =
            let widths = Seq.toArray widths
            if widths.Length <> x.Rank || widths |> Array.exists (fun (before, after) -> before < 0 || after < 0) then
                Shape.fail "pad" $"expected two numbers, 0 or more, for each of the {x.Rank} axes of the shape {Shape.text x.Dimensions}."
            if Array.forall ((=) (0, 0)) widths then x else Tensor.Linear(padding widths x.Dimensions, x)

        /// <summary>
        /// a where a mask is not 0, b elsewhere; the three broadcast. An element not chosen contributes nothing, even if NaN. Masks come
        /// from less and its like.
        /// </summary>
        let where (mask: Tensor) (a: Tensor) (b: Tensor) : Tensor =
            let shapeOf (x: Tensor) = Tensor.Given("where", x).Dimensions
            let shape = Shape.broadcast "where" (shapeOf mask) (Shape.broadcast "where" (shapeOf a) (shapeOf b))
            let whole x = Tensor.BroadcastTo(x, shape)
            Tensor.Apply(Where((whole mask).Elements, shape), [| whole a; whole b |])[0]

        /// <summary>The diagonal of a matrix; of a batch, of each matrix.</summary>
        let diagonal (x: Tensor) : Tensor =
            if x.Rank < 2 then Shape.fail "diagonal" $"expected a matrix or a batch of matrices, got the shape {Shape.text x.Dimensions}."
            let batch = x.Rank - 2
            let strides = Shape.strides x.Dimensions
            view
                "diagonal"
                x
                0
                (Array.append strides[.. batch - 1] [| strides[batch] + strides[batch + 1] |])
                (Array.append x.Dimensions[.. batch - 1] [| min x.Dimensions[batch] x.Dimensions[batch + 1] |])

        /// <summary>The square matrix with a vector on its diagonal; of a batch of vectors, a batch of matrices.</summary>
        let diagonalMatrix (x: Tensor) : Tensor =
            if x.Rank < 1 then Shape.fail "diagonalMatrix" "expected a vector or a batch of vectors, got a number."
            let n = x.Dimensions[x.Rank - 1]
            let shape = Array.append x.Dimensions [| n |]
            let strides = Shape.strides shape
            let diagonal = Array.append strides[.. x.Rank - 2] [| strides[x.Rank - 1] + 1 |]
            Tensor.Linear(Unview("diagonalMatrix", shape, StridedView(0, diagonal, x.Dimensions), false), x)

        let private triangle operation isKept (x: Tensor) : Tensor =
            if x.Rank < 2 then Shape.fail operation $"expected a matrix or a batch of matrices, got the shape {Shape.text x.Dimensions}."
            let rows, columns = x.Dimensions[x.Rank - 2], x.Dimensions[x.Rank - 1]
            let mask = Array.zeroCreate<float> x.Length
            let mutable place = 0
            while place < mask.Length do
                for row = 0 to rows - 1 do
                    for column = 0 to columns - 1 do
                        if isKept row column then mask[place + row * columns + column] <- 1.0
                place <- place + rows * columns
            Tensor.Linear(Masked(mask, true, x.Dimensions), x)

        /// <summary>The lower triangle, up to a diagonal (0 the main one, -1 the one below), and zeros above.</summary>
        let lowerTriangle (diagonal: int) (x: Tensor) : Tensor = triangle "lowerTriangle" (fun row column -> column - row <= diagonal) x

        /// <summary>The upper triangle, from a diagonal on (0 the main one, 1 the one above), and zeros below.</summary>
        let upperTriangle (diagonal: int) (x: Tensor) : Tensor = triangle "upperTriangle" (fun row column -> column - row >= diagonal) x

/// <summary>F#'s slices: <c>x[1..2, *]</c>, <c>x[0, *]</c>.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorSlices =
    let private range (start: int option) (finish: int option) : Slice =
        let at missing =
            function
            | None -> missing
            | Some index when index >= 0 -> Index index
            | Some index -> Index(-index, true)
        // F# includes the last element
        Slice.op_Implicit (Range(at (Index 0) start, at (Index(0, true)) (finish |> Option.map (fun index -> index + 1))))

    let private index (i: int) : Slice = Slice.op_Implicit i

    type Tensor with
        member x.GetSlice(start, finish) : Tensor = x.Item([| range start finish |])
        member x.GetSlice(start1, finish1, start2, finish2) : Tensor = x.Item([| range start1 finish1; range start2 finish2 |])
        member x.GetSlice(i: int, start2, finish2) : Tensor = x.Item([| index i; range start2 finish2 |])
        member x.GetSlice(start1, finish1, j: int) : Tensor = x.Item([| range start1 finish1; index j |])
        member x.GetSlice(start1, finish1, start2, finish2, start3, finish3) : Tensor =
            x.Item([| range start1 finish1; range start2 finish2; range start3 finish3 |])
        member x.GetSlice(i: int, start2, finish2, start3, finish3) : Tensor =
            x.Item([| index i; range start2 finish2; range start3 finish3 |])
        member x.GetSlice(start1, finish1, j: int, start3, finish3) : Tensor =
            x.Item([| range start1 finish1; index j; range start3 finish3 |])
        member x.GetSlice(start1, finish1, start2, finish2, k: int) : Tensor =
            x.Item([| range start1 finish1; range start2 finish2; index k |])
        member x.GetSlice(start1, finish1, j: int, k: int) : Tensor = x.Item([| range start1 finish1; index j; index k |])
        member x.GetSlice(i: int, start2, finish2, k: int) : Tensor = x.Item([| index i; range start2 finish2; index k |])
        member x.GetSlice(i: int, j: int, start3, finish3) : Tensor = x.Item([| index i; index j; range start3 finish3 |])
        member x.GetSlice(start1, finish1, start2, finish2, start3, finish3, start4, finish4) : Tensor =
            x.Item([| range start1 finish1; range start2 finish2; range start3 finish3; range start4 finish4 |])
