namespace FuncAD

#nowarn "9" // pointers into pinned arrays

open System
open System.Numerics.Tensors
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop

/// A panel of eight columns of op(B), packed, meets four rows of op(A) at a time: 4 x 8 sums stay in eight vector registers. Packing
/// makes both transpositions of B and its last columns one case; those of A are two strides. The plan is that of Goto and van de Geijn,
/// "Anatomy of high-performance matrix multiplication", 2008, without their packing of A.
module internal PackedProduct =
    [<Literal>]
    let private Rows = 4

    [<Literal>]
    let private Columns = 8

    /// The depth of a panel: 256 rows of eight doubles are 16 kB, half of a first-level cache.
    [<Literal>]
    let private Depth = 256

    let private pack (b: nativeptr<float>) (down: int) (right: int) (depth: int) (width: int) (panel: nativeptr<float>) =
        for p = 0 to depth - 1 do
            for j = 0 to Columns - 1 do
                NativePtr.set panel (p * Columns + j) (if j < width then NativePtr.get b (p * down + j * right) else 0.0)

    /// c <- alpha sums + beta c for one row of a block; where beta is 0, c is not read.
    let private store (low: Vector256<float>) (high: Vector256<float>) (alpha: float) (beta: float) (c: nativeptr<float>) (width: int) =
        if width = Columns then
            let low, high = low * alpha, high * alpha
            let right = NativePtr.add c 4
            if beta = 0.0 then
                Vector256.Store(low, c)
                Vector256.Store(high, right)
            else
                Vector256.Store(low + Vector256.Load c * beta, c)
                Vector256.Store(high + Vector256.Load right * beta, right)
        else
            for j = 0 to width - 1 do
                let sum = alpha * (if j < 4 then low.GetElement j else high.GetElement(j - 4))
                NativePtr.set c j (if beta = 0.0 then sum else sum + beta * NativePtr.get c j)

    let private block
        (a: nativeptr<float>)
        (down: int)
        (right: int)
        (height: int)
        (depth: int)
        (panel: nativeptr<float>)
        alpha
        beta
        (c: nativeptr<float>)
        (n: int)
        (width: int)
        =
        // a row beyond the last is a copy of it, which is computed and not stored
        let row index = NativePtr.add a (min index (height - 1) * down)
        let a0, a1, a2, a3 = row 0, row 1, row 2, row 3
        let mutable s00, s01 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable s10, s11 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable s20, s21 = Vector256<float>.Zero, Vector256<float>.Zero
        let mutable s30, s31 = Vector256<float>.Zero, Vector256<float>.Zero
        for p = 0 to depth - 1 do
            let b = NativePtr.add panel (p * Columns)
            let b0, b1 = Vector256.Load b, Vector256.Load(NativePtr.add b 4)
            let at = p * right
            let x0 = Vector256.Create(NativePtr.get a0 at)
            s00 <- Vector256.MultiplyAddEstimate(x0, b0, s00)
            s01 <- Vector256.MultiplyAddEstimate(x0, b1, s01)
            let x1 = Vector256.Create(NativePtr.get a1 at)
            s10 <- Vector256.MultiplyAddEstimate(x1, b0, s10)
            s11 <- Vector256.MultiplyAddEstimate(x1, b1, s11)
            let x2 = Vector256.Create(NativePtr.get a2 at)
            s20 <- Vector256.MultiplyAddEstimate(x2, b0, s20)
            s21 <- Vector256.MultiplyAddEstimate(x2, b1, s21)
            let x3 = Vector256.Create(NativePtr.get a3 at)
            s30 <- Vector256.MultiplyAddEstimate(x3, b0, s30)
            s31 <- Vector256.MultiplyAddEstimate(x3, b1, s31)
        store s00 s01 alpha beta c width
        if height > 1 then store s10 s11 alpha beta (NativePtr.add c n) width
        if height > 2 then store s20 s21 alpha beta (NativePtr.add c (2 * n)) width
        if height > 3 then store s30 s31 alpha beta (NativePtr.add c (3 * n)) width

    let multiply
        (transA: bool)
        (transB: bool)
        (m: int)
        (n: int)
        (k: int)
        (alpha: float)
        (a: nativeptr<float>)
        (b: nativeptr<float>)
        (beta: float)
        (c: nativeptr<float>)
        =
        let struct (downA, rightA) = if transA then struct (1, m) else struct (k, 1)
        let struct (downB, rightB) = if transB then struct (1, k) else struct (n, 1)
        let panel = NativePtr.stackalloc<float>(min k Depth * Columns)
        let mutable j = 0
        while j < n do
            let width = min Columns (n - j)
            let mutable p = 0
            while p < k do
                let depth = min Depth (k - p)
                pack (NativePtr.add b (p * downB + j * rightB)) downB rightB depth width panel
                let beta = if p = 0 then beta else 1.0
                let mutable i = 0
                while i < m do
                    block
                        (NativePtr.add a (i * downA + p * rightA))
                        downA
                        rightA
                        (min Rows (m - i))
                        depth
                        panel
                        alpha
                        beta
                        (NativePtr.add c (i * n + j))
                        n
                        width
                    i <- i + Rows
                p <- p + Depth
            j <- j + Columns

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

    /// The largest m n k that runs in the managed loop.
    abstract Tiny: int64

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
            if int64 m * int64 n * int64 k <= products.Tiny then
                PackedProduct.multiply transA transB m n k alpha pa pb beta pc
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

    static member private CheckLength(parameter: string, matrix: string, rows: int, columns: int, length: int) : unit =
        if int64 length < int64 rows * int64 columns then
            invalidArg parameter $"Gemm: expected {rows} x {columns} = {int64 rows * int64 columns} numbers for {matrix}, got {length}."
