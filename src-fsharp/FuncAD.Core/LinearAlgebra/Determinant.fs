namespace FuncAD

#nowarn "9" // stack buffers

open System
open Microsoft.FSharp.NativeInterop
open FuncAD.Matrices

/// <summary>The pivots of Gaussian elimination, from which the determinant follows.</summary>
[<AbstractClass; Sealed>]
type internal Pivots private () =
    static member private IsOdd(permutation: MathNet.Numerics.Permutation) : bool =
        let mutable isOdd = false
        let seen = Array.create permutation.Dimension false
        for start = 0 to seen.Length - 1 do
            let mutable i = start
            while not seen[i] do
                seen[i] <- true
                i <- permutation[i]
                if i <> start then isOdd <- not isOdd
        isOdd

    static member private Small(a: Tensor) : struct (float[] * bool) =
        let n = a.Dimensions[0]
        let entries = NativePtr.stackalloc<float> SmallMatrices.Entries
        let indices = NativePtr.stackalloc<int> SmallMatrices.Largest
        let factors = SmallMatrices.numbers entries
        let pivots = SmallMatrices.indices indices
        a.Elements.CopyTo factors
        SmallMatrices.eliminate n factors pivots
        let diagonal = Array.zeroCreate n
        for i = 0 to n - 1 do
            diagonal[i] <- factors[i * n + i]
        struct (diagonal, SmallMatrices.isOdd n pivots)

    /// The pivots of a finite matrix, whether they stand for an odd number of exchanged rows, and the exponent of the power of two by which
    /// their product is to be multiplied.
    static member Of(a: Tensor) : struct (float[] * bool * int) =
        if SmallMatrices.isFit a then
            let struct (pivots, isOdd) = Pivots.Small a
            struct (pivots, isOdd, 0)
        else
            let struct (rows, columns) = scalesOfElimination a
            let factors = (Tensor.toMatrix (unscale rows columns a)).LU()
            let pivots = Array.init rows.Length (fun i -> factors.U[i, i])
            struct (pivots, Pivots.IsOdd factors.P, Array.sum rows + Array.sum columns)

/// <summary>
/// The adjugate of a matrix: det(A) A^-1, and its limit where A is singular. The gradient of the determinant is its transpose.
/// </summary>
[<AbstractClass; Sealed>]
type internal Adjugate private () =
    /// With A = U S V^T, adj(A) = det(U) det(V) V diag(p) U^T, where p_i is the product of the other singular values. Accurate for singular
    /// matrices too.
    static member private Value(a: Tensor) : Tensor =
        let svd = (Tensor.toMatrix a).Svd true
        let n = svd.S.Count
        let others i =
            Seq.fold
                (*)
                1.0
                (seq {
                    for j in 0 .. n - 1 do
                        if j <> i then svd.S[j]
                })
        let sign = Math.Round(svd.U.Determinant() * svd.VT.Determinant())
        let scaled = svd.U.Transpose()
        for i = 0 to n - 1 do
            scaled.SetRow(i, scaled.Row i * (sign * others i))
        Tensor.ofMatrix (svd.VT.TransposeThisAndMultiply scaled)

    /// Adjugate and determinant as polynomials (Faddeev and LeVerrier): smooth everywhere, and without cancellation at 0.
    static member private Polynomial(a: Tensor) : struct (Tensor * Tensor) =
        let n = a.Dimensions[0]
        let unit = Tensor.identity n
        let mutable m = unit
        for k = 1 to n - 1 do
            let product = matmul a m
            m <- product - unit * (Tensor.sum (Tensor.diagonal product) / float k)
        let adjugate = if n % 2 = 0 then -m else m
        struct (adjugate, Tensor.Of(Tensor.sum (Tensor.diagonal (matmul a adjugate)) / float n))

    /// <summary>
    /// The adjugate for derivatives. With the singular vectors U and V of the value as constants, C = U^T A V has a block C11 that is far
    /// from singular. Its Schur complement S is as small as the singular values left over: adj C follows from C11^-1, det C11, adj S and
    /// det S, which are all smooth in A.
    /// </summary>
    static member private Smooth(a: Tensor) : Tensor =
        let svd = (Tensor.toMatrix a.Value).Svd true
        let n = svd.S.Count
        let rank = svd.S |> Seq.filter (fun s -> s > 1e-4 * svd.S[0]) |> Seq.length
        if rank = 0 then
            let struct (adjugate, _) = Adjugate.Polynomial a in adjugate
        elif rank = n then
            Tensor.Apply(RegularAdjugate(), [| a |])[0]
        else
            let sign = Math.Round(svd.U.Determinant() * svd.VT.Determinant())
            let u, v = svd.U, svd.VT.Transpose()
            let u1, u2 = Tensor.ofMatrix (u.SubMatrix(0, n, 0, rank)), Tensor.ofMatrix (u.SubMatrix(0, n, rank, n - rank))
            let v1, v2 = Tensor.ofMatrix (v.SubMatrix(0, n, 0, rank)), Tensor.ofMatrix (v.SubMatrix(0, n, rank, n - rank))
            let right1, right2 = matmul a v1, matmul a v2
            let c11, c12, c21, c22 = leftTransposed u1 right1, leftTransposed u1 right2, leftTransposed u2 right1, leftTransposed u2 right2
            let inverse = Solve.Of("determinant", c11, Tensor.identity rank)
            let right, left = matmul inverse c12, matmul c21 inverse
            let struct (small, determinant) = Adjugate.Polynomial(c22 - matmul left c12)
            let outer = matmul (matmul (v2 - matmul v1 right) small) (transpose u2 - matmul left (transpose u1))
            sign * Tensor.Apply(Determinant(), [| c11 |])[0] * (determinant * matmul v1 (rightTransposed inverse u1) + outer)

    static member Of(a: Tensor) : Tensor =
        let a = a.Live
        if a.Dimensions[0] = 0 then
            a
        elif not (isFinite a) then
            undefined a
        elif a.Length = 1 then
            Tensor.Uniform(1.0, a.Dimensions)
        elif isNull a.Level && a.Dimensions[0] <= SmallMatrices.LargestMinors && SmallMatrices.isUsual a.Compact then
            Tensor(SmallMatrices.adjugate a.Dimensions[0] a.Elements, a.Dimensions, null)
        else
            // adj(D A E) = adj(E) adj(A) adj(D); the powers of two on the diagonals of D and E bring all rows and columns to one size
            let struct (rows, columns) = scales a
            let n = rows.Length
            let total = Array.sum rows + Array.sum columns
            let scaled = unscale rows columns a
            let adjugate = if isNull scaled.Level then Adjugate.Value scaled else Adjugate.Smooth scaled
            scaleBy (Array.init (n * n) (fun i -> total - rows[i % n] - columns[i / n])) adjugate

/// <summary>
/// The adjugate of a regular matrix, with M = A^-1: d adj A = det A (trace(M dA) M - M dA M). A determinant has no product of two entries
/// of one row or column; for such entries the two terms are the same product, and their difference is exactly 0.
/// </summary>
and [<Sealed>] internal RegularAdjugate() =
    inherit Operation("determinant")

    let parts (a: Tensor) = struct (Tensor.Apply(Determinant(), [| a |])[0], Solve.Of("determinant", a, Tensor.identity a.Dimensions[0]))

    override _.Value x =
        let struct (det, inverse) = parts x[0]
        [| det * inverse |]

    override _.Pushforward(x, _, dx) =
        let struct (det, m) = parts x[0]
        [| det * (Tensor.SumTo(transpose m * dx[0], [||]) * m - matmul (matmul m dx[0]) m) |]

    override _.Pullback(x, _, yBar, _) =
        let struct (det, m) = parts x[0]
        let turned = transpose m
        [| det * (Tensor.SumTo(yBar[0] * m, [||]) * turned - matmul (matmul turned yBar[0]) turned) |]

/// <summary>d det A = sum of adj(A)^T dA (Jacobi), finite for singular matrices.</summary>
and [<Sealed>] internal Determinant() =
    inherit Operation("determinant")

    /// The product of the pivots, with their exponents summed separately: no intermediate product leaves the range of double.
    static member private ScaledProduct(pivots: float[], isOdd: bool, scale: int) : float =
        let mutable product = 1.0
        let mutable exponent = scale
        for pivot in pivots do
            let size = if pivot = 0.0 then 0 else Math.ILogB pivot
            product <- product * Math.ScaleB(pivot, -size)
            let carry = if product = 0.0 then 0 else Math.ILogB product
            product <- Math.ScaleB(product, -carry)
            exponent <- exponent + size + carry
        Math.ScaleB((if isOdd then -product else product), exponent)

    /// The product of the pivots, bitwise equal to the scaled one as long as it stays in the range of double.
    static member private Product(a: Tensor) : float =
        let struct (pivots, isOdd, scale) = Pivots.Of a
        let mutable plain = 1.0
        let mutable isInRange = scale = 0
        for pivot in pivots do
            plain <- plain * pivot
            isInRange <- isInRange && abs plain > 1e-290 && abs plain < 1e290
        if isInRange then (if isOdd then -plain else plain) else Determinant.ScaledProduct(pivots, isOdd, scale)

    override _.Value x =
        [| Tensor.OfConstant(
               if x[0].Length = 0 then 1.0
               elif isFinite x[0] then Determinant.Product x[0]
               else Double.NaN
           ) |]

    override _.Pushforward(x, _, dx) = [| Tensor.SumTo(transpose (Adjugate.Of x[0]) * dx[0], [||]) |]
    override _.Pullback(x, _, yBar, _) = [| transpose (Adjugate.Of x[0]) * yBar[0] |]

/// <summary>d log |det A| = trace(A^-1 dA) (Giles 2008, section 2.2.4).</summary>
[<Sealed>]
type internal LogDeterminant() =
    inherit Operation("logDeterminant")

    /// The inverse transposed; NaN for a singular matrix, where the logarithm is -infinity and has no slope.
    static let gradient (a: Tensor) : Tensor =
        if a.Length = 0 then
            a
        elif not (isFinite a) then
            undefined a
        else
            let struct (pivots, _, _) = Pivots.Of a.Value
            if Array.contains 0.0 pivots then undefined a else transpose (Solve.Of("logDeterminant", a, Tensor.identity a.Dimensions[0]))

    override _.Value x =
        if x[0].Length = 0 then
            [| Tensor.OfConstant 0.0 |]
        elif not (isFinite x[0]) then
            [| Tensor.OfConstant Double.NaN |]
        else
            let struct (pivots, _, exponent) = Pivots.Of x[0]
            let sum = pivots |> Seq.sumBy (fun pivot -> Math.Log(abs pivot))
            [| Tensor.OfConstant(if exponent = 0 then sum else sum + float exponent * Math.Log 2.0) |]

    override _.Pushforward(x, _, dx) = [| Tensor.SumTo(gradient x[0] * dx[0], [||]) |]
    override _.Pullback(x, _, yBar, _) = [| gradient x[0] * yBar[0] |]

[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorDeterminants =
    module Tensor =
        /// <summary>The determinant; its gradient is the transposed adjugate, for singular matrices, too.</summary>
        let determinant (a: Tensor) : Real =
            expectSquare "determinant" a
            (Tensor.Apply(Determinant(), [| a |])[0]).ToReal()

        /// <summary>log |det A|, without the overflow of the determinant; -infinity for a singular matrix, whose gradient is NaN.</summary>
        let logDeterminant (a: Tensor) : Real =
            expectSquare "logDeterminant" a
            (Tensor.Apply(LogDeterminant(), [| a |])[0]).ToReal()

        /// <summary>The sum of the diagonal.</summary>
        let trace (a: Tensor) : Real =
            expectSquare "trace" a
            Tensor.sum (Tensor.diagonal a)
