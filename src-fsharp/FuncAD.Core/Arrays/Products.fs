namespace FuncAD

#nowarn "9" // pointers into pinned arrays

open System
open System.Numerics.Tensors
open Microsoft.FSharp.NativeInterop

/// <summary>
/// Products of dense row-major matrices, by one library or another. The common parts are here: checks, empty shapes, tiny products.
/// </summary>
[<AbstractClass>]
type internal Products() =
    /// One line for people: which library, which version, where from.
    abstract Name: string
    abstract IsNative: bool
    abstract Threads: int with get, set

    /// C <- alpha op(A) op(B) + beta C for m, n, k > 1. Where beta is 0, C is not read.
    abstract MatrixMatrix:
        transA: bool *
        transB: bool *
        m: int *
        n: int *
        k: int *
        alpha: float *
        a: nativeptr<float> *
        b: nativeptr<float> *
        beta: float *
        c: nativeptr<float> ->
            unit

    /// y <- alpha op(A) x + beta y, where rows and columns are those of A as it is stored. If beta is 0, y is not read.
    abstract MatrixVector:
        transA: bool *
        rows: int *
        columns: int *
        alpha: float *
        a: nativeptr<float> *
        x: nativeptr<float> *
        beta: float *
        y: nativeptr<float> ->
            unit

    /// <summary>
    /// C &lt;- alpha op(A) op(B) + beta C, where op(A) is m x k, op(B) k x n and C m x n, all dense and row-major; A is stored k x m if
    /// transA, B n x k if transB.
    /// </summary>
    member products.Gemm
        (
            transA: bool,
            transB: bool,
            m: int,
            n: int,
            k: int,
            alpha: float,
            a: ReadOnlySpan<float>,
            b: ReadOnlySpan<float>,
            beta: float,
            c: Span<float>
        ) : unit =
        if m < 0 || n < 0 || k < 0 then invalidArg "m" $"Gemm: expected sizes of at least 0, got m = {m}, n = {n}, k = {k}."
        Products.CheckLength("a", "A", m, k, a.Length)
        Products.CheckLength("b", "B", k, n, b.Length)
        Products.CheckLength("c", "C", m, n, c.Length)
        let c = c.Slice(0, m * n)
        if c.Length = 0 then
            ()
        elif k = 0 || alpha = 0.0 then
            if beta = 0.0 then c.Clear() else TensorPrimitives.Multiply(Span.op_Implicit c, beta, c)
        else
            use pa = fixed a
            use pb = fixed b
            use pc = fixed c
            if int64 m * int64 n * int64 k <= (if m = 1 || n = 1 then 64L else Products.Tiny) then
                PackedProduct.multiply 1 transA transB m n k alpha pa pb beta pc
            elif n = 1 then
                // a column: y = op(A) b
                let struct (rows, columns) = if transA then struct (k, m) else struct (m, k)
                products.MatrixVector(transA, rows, columns, alpha, pa, pb, beta, pc)
            elif m = 1 then
                // a row: y = op(B)^T a
                let struct (rows, columns) = if transB then struct (n, k) else struct (k, n)
                products.MatrixVector(not transB, rows, columns, alpha, pb, pa, beta, pc)
            else
                products.MatrixMatrix(transA, transB, m, n, k, alpha, pa, pb, beta, pc)

    /// The largest m n k of matrices that runs in the managed loop: smaller products take no longer than the call of a library.
    static member private Tiny = 2048L

    static member private CheckLength(parameter: string, matrix: string, rows: int, columns: int, length: int) : unit =
        if int64 length < int64 rows * int64 columns then
            invalidArg parameter $"Gemm: expected {rows} x {columns} = {int64 rows * int64 columns} numbers for {matrix}, got {length}."
