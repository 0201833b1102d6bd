namespace FuncAD

open System
open System.Numerics.Tensors

/// <summary>
/// A linear operation on an array: its pushforward is itself, and its pullback its adjoint, another linear operation. Arrays are
/// row-major; results are fresh unless the operation is an alias.
/// </summary>
[<AbstractClass>]
type internal Linear(name: string, argument: int[], result: int[]) =
    member _.Name = name

    /// The shape of the argument.
    member _.Argument = argument

    /// The shape of the result.
    member _.Result = result

    abstract Apply: x: float[] -> float[]

    /// y <- y + the result, where the operation can do that without making it first.
    abstract Accumulate: x: float[] * y: float[] -> unit

    default op.Accumulate(x, y) =
        let addend = op.Apply x
        TensorPrimitives.Add(ReadOnlySpan y, ReadOnlySpan addend, Span y)

    abstract Adjoint: Linear

    /// True where the result holds only elements of the argument, so that equal elements give equal elements.
    abstract KeepsUniform: bool
    default _.KeepsUniform = false

    /// True where every element of the result is made of some elements of the argument.
    abstract Covers: bool
    default op.Covers = op.KeepsUniform

    /// True where the result is the argument's array itself, under another shape.
    abstract IsAlias: bool
    default _.IsAlias = false

    /// The operation on each of some arrays, which are one with an axis in front; bit for bit.
    abstract Repeat: count: int -> Linear
    default op.Repeat count = Repeated(op, count)

/// <summary>An operation on each of some arrays, one after the other.</summary>
and [<Sealed>] internal Repeated(op: Linear, count: int) =
    inherit Linear(op.Name, Array.append [| count |] op.Argument, Array.append [| count |] op.Result)

    override _.Apply x =
        let from, into = Shape.length op.Argument, Shape.length op.Result
        let y = GC.AllocateUninitializedArray<float>(count * into)
        for index = 0 to count - 1 do
            Array.Copy(op.Apply(Array.sub x (index * from) from), 0, y, index * into, into)
        y

    override _.Adjoint = Repeated(op.Adjoint, count)
    override _.KeepsUniform = op.KeepsUniform
    override _.Covers = op.Covers

/// <summary>The same elements under another shape.</summary>
[<Sealed>]
type internal Reshape(argument: int[], result: int[]) =
    inherit Linear("reshape", argument, result)
    override _.Apply x = x
    override _.Accumulate(x, y) = TensorPrimitives.Add(ReadOnlySpan y, ReadOnlySpan x, Span y)
    override _.Adjoint = Reshape(result, argument)
    override _.KeepsUniform = true
    override _.IsAlias = true
    override _.Repeat count = Reshape(Array.append [| count |] argument, Array.append [| count |] result)

/// <summary>Reads a strided view: transposes, slices, broadcasts, diagonals, windows.</summary>
[<Sealed>]
type internal View(name: string, argument: int[], view: StridedView) =
    inherit Linear(name, argument, view.Shape)

    override op.Apply x =
        let y = GC.AllocateUninitializedArray<float>(Shape.length op.Result)
        view.Read(x, y)
        y

    override _.Adjoint = Unview(name, argument, view, false)
    override _.KeepsUniform = true
    override _.Repeat count = View(name, Array.append [| count |] argument, view.Repeat(count, Shape.length argument))

/// <summary>
/// Adds through a strided view of zeros, the adjoint of reading through it: sums over axes, padding, diagonal matrices, overlapping
/// windows. Elements that are only moved keep the sign of -0, while sums that come to zero are +0.
/// </summary>
and [<Sealed>] internal Unview(name: string, result: int[], view: StridedView, isSum: bool) =
    inherit Linear(name, view.Shape, result)

    override op.Apply x =
        let y = Array.zeroCreate<float>(Shape.length result)
        if not isSum && view.Reach = x.Length then view.Write(x, y) else op.Accumulate(x, y)
        y

    override _.Accumulate(x, y) = view.Add(x, y)
    override _.Covers = view.Reach = Shape.length result
    override _.Adjoint = View(name, result, view)
    override _.Repeat count = Unview(name, Array.append [| count |] result, view.Repeat(count, Shape.length result), isSum)

/// <summary>A matrix transposed. Small ones take a plain loop, others a view, which goes tile by tile.</summary>
[<Sealed>]
type internal Transpose(rows: int, columns: int) =
    inherit Linear("transpose", [| rows; columns |], [| columns; rows |])

    override _.Apply x =
        let y = GC.AllocateUninitializedArray<float> x.Length
        if x.Length > 256 then
            StridedView(0, [| 1; columns |], [| columns; rows |]).Read(x, y)
        else
            for row = 0 to rows - 1 do
                for column = 0 to columns - 1 do
                    y[column * rows + row] <- x[row * columns + column]
        y

    override _.Adjoint = Transpose(columns, rows)
    override _.KeepsUniform = true

/// <summary>
/// Takes runs of elements from given positions: result i, j is element positions[i] + j.
/// </summary>
[<Sealed>]
type internal Take(name: string, argument: int[], positions: int[], run: int, result: int[]) =
    inherit Linear(name, argument, result)

    override _.Apply x =
        let y = GC.AllocateUninitializedArray<float>(positions.Length * run)
        if run = 1 then
            for index = 0 to positions.Length - 1 do
                y[index] <- x[positions[index]]
        else
            for index = 0 to positions.Length - 1 do
                Array.Copy(x, positions[index], y, index * run, run)
        y

    override _.Adjoint = Put(name, result, positions, run, argument)
    override _.KeepsUniform = true

/// <summary>Adds runs of elements to zeros at given positions, the adjoint of taking them from there.</summary>
and [<Sealed>] internal Put(name: string, argument: int[], positions: int[], run: int, result: int[]) =
    inherit Linear(name, argument, result)

    override op.Apply x =
        let y = Array.zeroCreate<float>(Shape.length result)
        // -0 + x is x, for -0 as well
        for position in positions do
            Span(y, position, run).Fill -0.0
        op.Accumulate(x, y)
        y

    override _.Accumulate(x, y) =
        for index = 0 to positions.Length - 1 do
            let target = Span(y, positions[index], run)
            TensorPrimitives.Add(ReadOnlySpan(x, index * run, run), Span.op_Implicit target, target)

    override _.Adjoint = Take(name, result, positions, run, argument)

/// <summary>Running sums along an axis, from its start or from its end (which is the adjoint).</summary>
[<Sealed>]
type internal CumulativeSum(shape: int[], axis: int, fromEnd: bool) =
    inherit Linear("cumulativeSum", shape, shape)

    override _.Apply x =
        let y = Array.copy x
        let step = (Shape.strides shape)[axis]
        let extent = shape[axis]
        let block = step * extent
        if x.Length > 0 then
            for start in 0..block .. x.Length - 1 do
                if fromEnd then
                    for place = start + block - step - 1 downto start do
                        y[place] <- y[place] + y[place + step]
                else
                    for place = start + step to start + block - 1 do
                        y[place] <- y[place] + y[place - step]
        y

    override _.Covers = true
    override _.Adjoint = CumulativeSum(shape, axis, not fromEnd)
    override _.Repeat count = CumulativeSum(Array.append [| count |] shape, axis + 1, fromEnd)

/// <summary>x where a mask is not 0, and 0 elsewhere, whatever x is there.</summary>
[<Sealed>]
type internal Masked(mask: float[], isSet: bool, shape: int[]) =
    inherit Linear("where", shape, shape)

    override _.Apply x =
        let y = Array.zeroCreate<float> x.Length
        for index = 0 to x.Length - 1 do
            if (mask[index] <> 0.0) = isSet then y[index] <- x[index]
        y

    override op.Adjoint = op
