/// Factorisations of small matrices in loops over row-major arrays: they allocate nothing, where a library's matrix objects would take ten
/// times as long as the arithmetic. LU decomposition and Cholesky's are MathNet's managed algorithms step by step, with the same bits.
module internal FuncAD.SmallMatrices

#nowarn "9" // stack buffers

open System
open Microsoft.FSharp.NativeInterop

/// The largest order of a matrix that is small.
[<Literal>]
let Largest = 8

/// The most entries of a matrix that is small.
[<Literal>]
let Entries = 64

/// A buffer for entries or indices, which the caller has on its own stack: inline functions are calls in a Debug build.
let numbers (buffer: nativeptr<float>) : Span<float> = Span<float>(NativePtr.toVoidPtr buffer, Entries)
let indices (buffer: nativeptr<int>) : Span<int> = Span<int>(NativePtr.toVoidPtr buffer, Largest)

/// Tells whether no product or quotient of entries can leave the range of double in an elimination of a small matrix.
let isUsual (entries: float[]) : bool =
    let mutable isUsual = true
    for x in entries do
        let size = abs x
        isUsual <- isUsual && (size = 0.0 || size > 1e-100 && size < 1e100)
    isUsual

/// True for a small square matrix that needs no scaling.
let isFit (x: Tensor) : bool = x.Dimensions[0] <= Largest && x.Length > 0 && isUsual x.Compact

let private swap (columns: int) (a: Span<float>) (i: int) (j: int) =
    for column = 0 to columns - 1 do
        let at = a[i * columns + column]
        a[i * columns + column] <- a[j * columns + column]
        a[j * columns + column] <- at

/// a <- its factors L and U, of which L has ones on its diagonal. Step j exchanged the rows j and pivots[j], that with the largest entry.
/// Where a pivot is 0, all entries below it are.
let eliminate (n: int) (a: Span<float>) (pivots: Span<int>) : unit =
    for j = 0 to n - 1 do
        for i = 0 to n - 1 do
            let mutable sum = 0.0
            for k = 0 to min i j - 1 do
                sum <- sum + a[i * n + k] * a[k * n + j]
            a[i * n + j] <- a[i * n + j] - sum
        let mutable p = j
        for i = j + 1 to n - 1 do
            if abs a[i * n + j] > abs a[p * n + j] then p <- i
        pivots[j] <- p
        if p <> j then swap n a p j
        let pivot = a[j * n + j]
        if pivot <> 0.0 then
            for i = j + 1 to n - 1 do
                a[i * n + j] <- a[i * n + j] / pivot

/// Tells whether a pivot is exactly 0.
let isSingular (n: int) (factors: Span<float>) : bool =
    let mutable isSingular = false
    for i = 0 to n - 1 do
        isSingular <- isSingular || factors[i * n + i] = 0.0
    isSingular

/// b <- A^-1 b for a matrix b of so many columns, with the factors of A.
let substitute (n: int) (factors: Span<float>) (pivots: Span<int>) (columns: int) (b: Span<float>) : unit =
    for j = 0 to n - 1 do
        if pivots[j] <> j then swap columns b pivots[j] j
    for k = 0 to n - 1 do
        for i = k + 1 to n - 1 do
            let factor = factors[i * n + k]
            for column = 0 to columns - 1 do
                b[i * columns + column] <- b[i * columns + column] - b[k * columns + column] * factor
    for k = n - 1 downto 0 do
        let pivot = factors[k * n + k]
        for column = 0 to columns - 1 do
            b[k * columns + column] <- b[k * columns + column] / pivot
        for i = 0 to k - 1 do
            let factor = factors[i * n + k]
            for column = 0 to columns - 1 do
                b[i * columns + column] <- b[i * columns + column] - b[k * columns + column] * factor

/// True where the pivots exchange an odd number of rows, which turns the sign of the determinant.
let isOdd (n: int) (pivots: Span<int>) : bool =
    let mutable isOdd = false
    for j = 0 to n - 1 do
        isOdd <- isOdd <> (pivots[j] <> j)
    isOdd

/// The lower triangle of a <- L with L L^T = A, the upper <- 0. Returns false, with a of no use, where a pivot is not positive.
let cholesky (n: int) (a: Span<float>) : bool =
    let mutable isPositive = true
    let mutable k = 0
    while isPositive && k < n do
        let pivot = a[k * n + k]
        isPositive <- pivot > 0.0
        if isPositive then
            let root = sqrt pivot
            a[k * n + k] <- root
            for i = k + 1 to n - 1 do
                a[i * n + k] <- a[i * n + k] / root
                a[k * n + i] <- 0.0
            for j = k + 1 to n - 1 do
                let factor = a[j * n + k]
                for i = j to n - 1 do
                    a[i * n + j] <- a[i * n + j] - a[i * n + k] * factor
            k <- k + 1
    isPositive

/// a d - b c, correct to an ulp and a half (Jeannerod, Louvet, Muller 2013, after Kahan).
let private determinant2 (a: float) (b: float) (c: float) (d: float) : float =
    let product = b * c
    Math.FusedMultiplyAdd(a, d, -product) + Math.FusedMultiplyAdd(-b, c, product)

/// The determinant of what is left of a matrix of order 2 to 4 without a row and a column.
let private minor (n: int) (a: float[]) (row: int) (column: int) : float =
    let inline at i j = a[(if i < row then i else i + 1) * n + (if j < column then j else j + 1)]
    match n with
    | 2 -> at 0 0
    | 3 -> determinant2 (at 0 0) (at 0 1) (at 1 0) (at 1 1)
    | _ ->
        let first = at 0 0 * determinant2 (at 1 1) (at 1 2) (at 2 1) (at 2 2)
        let second = at 0 1 * determinant2 (at 1 0) (at 1 2) (at 2 0) (at 2 2)
        let third = at 0 2 * determinant2 (at 1 0) (at 1 1) (at 2 0) (at 2 1)
        first - second + third

/// The largest order of a matrix whose adjugate is written out.
[<Literal>]
let LargestMinors = 4

/// The adjugate of a matrix of order 2 to 4 by its minors, entry by entry: accurate for singular matrices too.
let adjugate (n: int) (a: float[]) : float[] =
    Array.init (n * n) (fun index ->
        let i, j = index / n, index % n
        let minor = minor n a j i
        if (i + j) % 2 = 0 then minor else -minor)
