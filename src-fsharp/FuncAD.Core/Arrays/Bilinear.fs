namespace FuncAD

open System
open System.Collections.Generic

/// <summary>
/// A product of two arrays that is linear in each: the pullback to either is such a product again, of the cotangent with the other.
/// </summary>
[<AbstractClass>]
type internal Bilinear(name: string, result: int[]) =
    member _.Name = name

    /// The shape of the result.
    member _.Result = result

    /// y <- the product, whatever was there.
    abstract ApplyTo: a: float[] * b: float[] * y: float[] -> unit

    member op.Apply(a: float[], b: float[]) : float[] =
        let y = GC.AllocateUninitializedArray<float>(Shape.length result)
        op.ApplyTo(a, b, y)
        y

    /// y <- y + the product.
    abstract Accumulate: a: float[] * b: float[] * y: float[] -> unit

    /// The pullback to a: a product of (yBar, b), or of (b, yBar) where the flag is set.
    abstract PullA: struct (Bilinear * bool)

    /// The pullback to b: a product of (a, yBar), or of (yBar, a) where the flag is set.
    abstract PullB: struct (Bilinear * bool)

/// <summary>
/// Where the matrices of a batch lie in an operand: a stride for each axis of the batch, counted in matrices, 0 where one matrix serves (or,
/// in a result, receives the sum over) the whole axis; and the operand's shape.
/// </summary>
[<Struct>]
type internal Batched = { Strides: int[]; Shape: int[] }

/// <summary>
/// c = op(a) op(b) for every matrix of a batch, op a transposition or nothing. The pullbacks are products of the same kind with the
/// operands' parts exchanged: aBar = cBar op(b)^T, bBar = op(a)^T cBar (Giles 2008, section 2.2.2); what was repeated over an axis of the
/// batch receives the sum over it.
/// </summary>
[<Sealed>]
type internal MatrixProduct
    (batch: int[], a: Batched, b: Batched, c: Batched, transA: bool, transB: bool, rows: int, columns: int, inner: int) =
    inherit Bilinear("matmul", c.Shape)

    // The matrices along the last axis of the batch are one larger matrix where they lie on top of each other. A row or a column lies in
    // memory as its transpose does.
    let struct (axes, isSwapped, transFirst, transSecond, m, n, k) =
        let last = batch.Length - 1
        let isFlatA, isFlatB, isFlatC = rows = 1 || inner = 1, inner = 1 || columns = 1, rows = 1 || columns = 1
        match (if last < 0 then struct (-1, -1, -1) else struct (a.Strides[last], b.Strides[last], c.Strides[last])) with
        | struct (1, 0, 1) when not transA || isFlatA ->
            // more rows: [c1; c2; ...] = [a1; a2; ...] b
            struct (last, false, false, transB, batch[last] * rows, columns, inner)
        | struct (0, 1, 1) when isFlatC && (transB || isFlatB) ->
            // the same of the transposes: [c1^T; c2^T; ...] = [b1^T; b2^T; ...] a^T
            struct (last, true, false, not transA, batch[last] * columns, rows, inner)
        | struct (1, 1, 0) when (transA || isFlatA) && (not transB || isFlatB) ->
            // more to sum over: c = [a1; a2; ...]^T [b1; b2; ...]
            struct (last, false, true, false, rows, columns, batch[last] * inner)
        | _ -> struct (batch.Length, false, transA, transB, rows, columns, inner)

    let steps (operand: Batched) size = operand.Strides |> Array.map (fun stride -> stride * size)
    let stepsA, stepsB, stepsC = steps a (rows * inner), steps b (inner * columns), steps c (rows * columns)

    /// z <- beta z + the product, for the part of the batch that begins at some matrix of each. Where several add to one, beta has to be 1.
    member private product.Run(x: float[], y: float[], z: float[], beta: float, axis: int, placeA: int, placeB: int, placeC: int) : unit =
        if axis < axes then
            for index = 0 to batch[axis] - 1 do
                product.Run(x, y, z, beta, axis + 1, placeA + index * stepsA[axis], placeB + index * stepsB[axis], placeC + index * stepsC[axis])
        else
            let struct (first, placeFirst, second, placeSecond) = if isSwapped then struct (y, placeB, x, placeA) else struct (x, placeA, y, placeB)
            Backend.Gemm(
                transFirst, transSecond, m, n, k, 1.0,
                ReadOnlySpan(first, placeFirst, m * k), ReadOnlySpan(second, placeSecond, k * n), beta, Span(z, placeC, m * n)
            )

    override product.ApplyTo(x, y, z) =
        if Array.IndexOf(c.Strides, 0, 0, axes) < 0 then
            product.Run(x, y, z, 0.0, 0, 0, 0, 0)
        else
            Array.Clear z
            product.Run(x, y, z, 1.0, 0, 0, 0, 0)

    override product.Accumulate(x, y, z) = product.Run(x, y, z, 1.0, 0, 0, 0, 0)

    override _.PullA =
        if transA then struct (MatrixProduct(batch, b, c, a, transB, true, inner, rows, columns), true)
        else struct (MatrixProduct(batch, c, b, a, false, not transB, rows, inner, columns), false)

    override _.PullB =
        if transB then struct (MatrixProduct(batch, c, a, b, true, transA, columns, inner, rows), true)
        else struct (MatrixProduct(batch, a, c, b, not transA, false, inner, columns, rows), false)

    /// The product of arrays of some shapes whose batches broadcast to a common one; the result has any shape that holds it.
    static member Of
        (batchA: int[], batchB: int[], batch: int[], shapeA: int[], shapeB: int[], shapeC: int[], transA: bool, transB: bool, rows: int, columns: int, inner: int)
        : MatrixProduct =
        if batch.Length = 0 then
            let single shape = { Strides = [||]; Shape = shape }
            MatrixProduct(batch, single shapeA, single shapeB, single shapeC, transA, transB, rows, columns, inner)
        else
            let stridesA, stridesB, strides = Shape.broadcastStrides batchA batch, Shape.broadcastStrides batchB batch, Shape.strides batch
            // Axes of length 1 are left out, and neighbours that all operands traverse in one stride are one.
            let axes = List<int>()
            let extents = Array.copy batch
            for axis = batch.Length - 1 downto 0 do
                if batch[axis] <> 1 then
                    let runsOn =
                        axes.Count > 0
                        && (let next = axes[axes.Count - 1]
                            let isNext (strides: int[]) = strides[axis] = strides[next] * extents[next]
                            isNext stridesA && isNext stridesB && isNext strides)
                    if runsOn then extents[axes[axes.Count - 1]] <- extents[axes[axes.Count - 1]] * batch[axis]
                    else axes.Add axis
            axes.Reverse()
            let axes = axes.ToArray()
            let at (values: int[]) = axes |> Array.map (fun axis -> values[axis])
            MatrixProduct(
                at extents, { Strides = at stridesA; Shape = shapeA }, { Strides = at stridesB; Shape = shapeB },
                { Strides = at strides; Shape = shapeC }, transA, transB, rows, columns, inner
            )
