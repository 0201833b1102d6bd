namespace FuncAD

open System
open System.Collections.Generic
open System.Numerics.Tensors

/// <summary>
/// A product of two arrays that is linear in each: the pullback to either is such a product again, of the cotangent with the other.
/// </summary>
[<AbstractClass>]
type internal Bilinear(name: string, result: int[]) =
    member _.Name = name

    /// The shape of the result.
    member _.Result = result

    /// y <- the product; old values of y are not read.
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
/// Where the matrices of a batch lie in an operand: a stride for each axis of the batch, counted in matrices, 0 where one matrix serves
/// (or, in a result, receives the sum over) the whole axis; and the operand's shape.
/// </summary>
[<Struct>]
type internal Batched = { Strides: int[]; Shape: int[] }

/// <summary>
/// c = op(a) op(b) for every matrix of a batch, where op transposes or does nothing. The pullbacks are products of the same kind with the
/// operands' parts exchanged: aBar = cBar op(b)^T, bBar = op(a)^T cBar (Giles 2008, section 2.2.2). An operand that is repeated over an
/// axis of the batch receives the sum over that axis.
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
            // the transposed case: [c1^T; c2^T; ...] = [b1^T; b2^T; ...] a^T
            struct (last, true, false, not transA, batch[last] * columns, rows, inner)
        | struct (1, 1, 0) when (transA || isFlatA) && (not transB || isFlatB) ->
            // more to sum over: c = [a1; a2; ...]^T [b1; b2; ...]
            struct (last, false, true, false, rows, columns, batch[last] * inner)
        | _ -> struct (batch.Length, false, transA, transB, rows, columns, inner)

    let steps (operand: Batched) size =
        if batch.Length = 0 then operand.Strides else operand.Strides |> Array.map (fun stride -> stride * size)
    let stepsA, stepsB, stepsC = steps a (rows * inner), steps b (inner * columns), steps c (rows * columns)

    /// z <- beta z + the product, for the axes of the batch from `axis` on, with each operand's first matrix at its place. If several
    /// products are added to one matrix, beta has to be 1.
    member private product.Run(x: float[], y: float[], z: float[], beta: float, axis: int, placeA: int, placeB: int, placeC: int) : unit =
        if axis < axes then
            for index = 0 to batch[axis] - 1 do
                product.Run(
                    x,
                    y,
                    z,
                    beta,
                    axis + 1,
                    placeA + index * stepsA[axis],
                    placeB + index * stepsB[axis],
                    placeC + index * stepsC[axis]
                )
        else
            let struct (first, placeFirst, second, placeSecond) =
                if isSwapped then struct (y, placeB, x, placeA) else struct (x, placeA, y, placeB)
            Backend.Gemm(
                transFirst,
                transSecond,
                m,
                n,
                k,
                1.0,
                ReadOnlySpan(first, placeFirst, m * k),
                ReadOnlySpan(second, placeSecond, k * n),
                beta,
                Span(z, placeC, m * n)
            )

    override product.ApplyTo(x, y, z) =
        if Array.IndexOf(c.Strides, 0, 0, axes) < 0 then
            product.Run(x, y, z, 0.0, 0, 0, 0, 0)
        else
            Array.Clear z
            product.Run(x, y, z, 1.0, 0, 0, 0, 0)

    override product.Accumulate(x, y, z) = product.Run(x, y, z, 1.0, 0, 0, 0, 0)

    override _.PullA =
        if transA then
            struct (MatrixProduct(batch, b, c, a, transB, true, inner, rows, columns), true)
        else
            struct (MatrixProduct(batch, c, b, a, false, not transB, rows, inner, columns), false)

    override _.PullB =
        if transB then
            struct (MatrixProduct(batch, c, a, b, true, transA, columns, inner, rows), true)
        else
            struct (MatrixProduct(batch, a, c, b, not transA, false, inner, columns, rows), false)

    /// The products of each of some arrays with the other operand, as one product: the arrays are one with an axis in front, and so are the
    /// results. That axis joins the batch's first where all operands traverse both in one stride.
    member _.Repeat(count: int, isA: bool) : MatrixProduct =
        let matrices (operand: Batched) (size: int) = if size = 0 then 0 else Shape.length operand.Shape / size
        let stepA = if isA then matrices a (rows * inner) else 0
        let stepB = if isA then 0 else matrices b (inner * columns)
        let stepC = matrices c (rows * columns)
        let runsOn (operand: Batched) step = operand.Strides[0] * batch[0] = step
        let joins = batch.Length > 0 && runsOn a stepA && runsOn b stepB && runsOn c stepC
        let repeated (operand: Batched) step isMany =
            { Strides = if joins then operand.Strides else Array.append [| step |] operand.Strides
              Shape = if isMany then Array.append [| count |] operand.Shape else operand.Shape }
        let batch = if joins then Array.append [| count * batch[0] |] batch[1..] else Array.append [| count |] batch
        MatrixProduct(batch, repeated a stepA isA, repeated b stepB (not isA), repeated c stepC true, transA, transB, rows, columns, inner)

    /// The product of arrays of some shapes whose batches broadcast to a common one; the result has any shape that holds it.
    static member Of
        (
            batchA: int[],
            batchB: int[],
            batch: int[],
            shapeA: int[],
            shapeB: int[],
            shapeC: int[],
            transA: bool,
            transB: bool,
            rows: int,
            columns: int,
            inner: int
        ) : MatrixProduct =
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
                    if runsOn then extents[axes[axes.Count - 1]] <- extents[axes[axes.Count - 1]] * batch[axis] else axes.Add axis
            axes.Reverse()
            let axes = axes.ToArray()
            let at (values: int[]) = axes |> Array.map (fun axis -> values[axis])
            MatrixProduct(
                at extents,
                { Strides = at stridesA; Shape = shapeA },
                { Strides = at stridesB; Shape = shapeB },
                { Strides = at strides; Shape = shapeC },
                transA,
                transB,
                rows,
                columns,
                inner
            )

/// <summary>
/// A product in which only some elements of each operand and of the result take part: those with a mark other than 0, or all where there
/// are no marks. An element left out is not a factor of 0: times infinity or NaN it still contributes nothing. As a form in a, b and yBar
/// the product has three sets of marks, and its pullbacks have the same three in other places.
/// </summary>
[<Sealed>]
type internal MarkedProduct private (op: Bilinear, ofA: float[], ofB: float[], ofResult: float[]) =
    inherit Bilinear(op.Name, op.Result)

    static let both (marks: float[]) (others: float[]) =
        if isNull marks then others
        elif isNull others then marks
        else Array.map2 (*) marks others

    /// A finite sum says at once that all numbers are finite.
    static let areFinite (x: float[]) = Double.IsFinite(TensorPrimitives.Sum(ReadOnlySpan x)) || Array.forall Double.IsFinite x

    let isMarked (marks: float[]) index = isNull marks || marks[index] <> 0.0

    let kept (marks: float[]) (x: float[]) : float[] =
        if isNull marks then
            x
        elif areFinite x then
            let kept = GC.AllocateUninitializedArray<float> x.Length
            TensorPrimitives.Multiply(ReadOnlySpan x, ReadOnlySpan marks, Span kept)
            kept
        else
            x |> Array.mapi (fun index x -> if isMarked marks index then x else 0.0)

    /// For each element of the result, the number of its terms whose factors belong to one of the pairs of classes.
    let count (a: float[]) (b: float[]) (pairs: ((float -> bool) * (float -> bool)) list) : float[] =
        let members marks (x: float[]) isMember = x |> Array.mapi (fun index x -> if isMarked marks index && isMember x then 1.0 else 0.0)
        pairs |> List.map (fun (isOfA, isOfB) -> op.Apply(members ofA a isOfA, members ofB b isOfB)) |> List.reduce (Array.map2 (+))

    /// The product with finite factors, and then the terms with an infinite or NaN factor, so that the sums are those of a loop.
    let applyApart (a: float[]) (b: float[]) (y: float[]) =
        let finite = Array.map (fun x -> if Double.IsFinite x then x else 0.0)
        op.ApplyTo(finite a, finite b, y)
        let isUp x = x = infinity
        let isDown x = x = -infinity
        let isZero x = x = 0.0
        let isPositive x = x > 0.0
        let isNegative x = x < 0.0
        let up =
            count
                a
                b
                [ isPositive, isUp
                  isNegative, isDown
                  isUp, (fun b -> b > 0.0 && b < infinity)
                  isDown, (fun b -> b < 0.0 && b > -infinity) ]
        let down =
            count
                a
                b
                [ isPositive, isDown
                  isNegative, isUp
                  isUp, (fun b -> b < 0.0 && b > -infinity)
                  isDown, (fun b -> b > 0.0 && b < infinity) ]
        let undefined =
            count
                a
                b
                [ Double.IsNaN, (fun _ -> true); (Double.IsNaN >> not), Double.IsNaN; isZero, Double.IsInfinity; Double.IsInfinity, isZero ]
        for index = 0 to y.Length - 1 do
            if undefined[index] > 0.0 then y[index] <- nan
            if up[index] > 0.0 then y[index] <- y[index] + infinity
            if down[index] > 0.0 then y[index] <- y[index] - infinity

    override _.ApplyTo(a, b, y) =
        let a, b = kept ofA a, kept ofB b
        if areFinite a && areFinite b then op.ApplyTo(a, b, y) else applyApart a b y
        if not (isNull ofResult) then
            for index = 0 to y.Length - 1 do
                if ofResult[index] = 0.0 then y[index] <- 0.0

    override product.Accumulate(a, b, y) =
        let addend = product.Apply(a, b)
        TensorPrimitives.Add(ReadOnlySpan y, ReadOnlySpan addend, Span y)

    override _.PullA =
        let struct (pullback, isFlipped) = op.PullA
        struct (((if isFlipped then MarkedProduct(pullback, ofB, ofResult, ofA) else MarkedProduct(pullback, ofResult, ofB, ofA))
                :> Bilinear),
                isFlipped)

    override _.PullB =
        let struct (pullback, isFlipped) = op.PullB
        struct (((if isFlipped then MarkedProduct(pullback, ofResult, ofA, ofB) else MarkedProduct(pullback, ofA, ofResult, ofB))
                :> Bilinear),
                isFlipped)

    member private _.With(marksA, marksB) = MarkedProduct(op, both ofA marksA, both ofB marksB, ofResult)

    /// The product of the marked elements of both operands; null marks all of an operand.
    static member Of(op: Bilinear, marksA: float[], marksB: float[]) : Bilinear =
        match op with
        | _ when isNull marksA && isNull marksB -> op
        | :? MarkedProduct as marked -> marked.With(marksA, marksB)
        | _ -> MarkedProduct(op, marksA, marksB, null)
