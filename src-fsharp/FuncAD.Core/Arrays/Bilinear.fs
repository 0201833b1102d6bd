namespace FuncAD

open System

/// <summary>
/// A product of two arrays that is linear in each: the pullback to either is such a product again, of the cotangent with the other.
/// </summary>
[<AbstractClass>]
type internal Bilinear(name: string, result: int[]) =
    member _.Name = name

    /// The shape of the result.
    member _.Result = result

    abstract Apply: a: float[] * b: float[] -> float[]

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

    let count = Shape.length batch

    /// The strides of an operand whose matrices follow one another along the one axis of the batch, and of one that has one matrix.
    let isPacked (operand: Batched) = batch.Length = 1 && operand.Strides[0] = 1
    let isSingle (operand: Batched) = batch.Length = 1 && operand.Strides[0] = 0

    let isOneOfRows = isPacked a && isPacked c && isSingle b && not transA
    let isOneOfInner = isPacked a && isPacked b && isSingle c && transA && not transB

    /// z <- beta z + the product. Matrices that receive a sum over the batch one by one need beta = 1.
    let run (x: float[]) (y: float[]) (z: float[]) beta =
        let sizeA, sizeB, sizeC = rows * inner, inner * columns, rows * columns
        if isOneOfRows then Backend.Gemm(false, transB, count * rows, columns, inner, 1.0, ReadOnlySpan x, ReadOnlySpan y, beta, Span z)
        elif isOneOfInner then Backend.Gemm(true, false, rows, columns, count * inner, 1.0, ReadOnlySpan x, ReadOnlySpan y, beta, Span z)
        else
            let strides = Shape.strides batch
            for index = 0 to count - 1 do
                let mutable placeA, placeB, placeC, rest = 0, 0, 0, index
                for axis = 0 to batch.Length - 1 do
                    let position = rest / strides[axis]
                    rest <- rest - position * strides[axis]
                    placeA <- placeA + position * a.Strides[axis]
                    placeB <- placeB + position * b.Strides[axis]
                    placeC <- placeC + position * c.Strides[axis]
                let x = ReadOnlySpan(x, placeA * sizeA, sizeA)
                let y = ReadOnlySpan(y, placeB * sizeB, sizeB)
                Backend.Gemm(transA, transB, rows, columns, inner, 1.0, x, y, beta, Span(z, placeC * sizeC, sizeC))

    override _.Apply(x, y) =
        if isOneOfInner || count > 0 && not (Array.contains 0 c.Strides) then
            let z = GC.AllocateUninitializedArray<float>(Shape.length c.Shape)
            run x y z 0.0
            z
        else
            let z = Array.zeroCreate<float> (Shape.length c.Shape)
            run x y z 1.0
            z

    override _.Accumulate(x, y, z) = run x y z 1.0

    override _.PullA =
        if transA then struct (MatrixProduct(batch, b, c, a, transB, true, inner, rows, columns), true)
        else struct (MatrixProduct(batch, c, b, a, false, not transB, rows, inner, columns), false)

    override _.PullB =
        if transB then struct (MatrixProduct(batch, c, a, b, true, transA, columns, inner, rows), true)
        else struct (MatrixProduct(batch, a, c, b, not transA, false, inner, columns, rows), false)
