namespace FuncAD

open System
open MathNet.Numerics.LinearAlgebra
open FuncAD.Matrices

/// <summary>
/// L with L L^T = A. dL = L Phi(L^-1 dA L^-T); aBar = the symmetric part of L^-T Phi(L^T lBar) L^-1 (Murray 2016, section 3.1).
/// </summary>
[<Sealed>]
type internal CholeskyFactor() =
    inherit Operation("cholesky")

    override op.Value x =
        if x[0].Length = 0 then [| x[0] |]
        else
            try
                [| Tensor.ofMatrix ((Tensor.toMatrix x[0]).Cholesky().Factor) |]
            with :? ArgumentException ->
                Shape.fail op.Name
                    "the matrix is not positive definite. Add a small multiple of the identity if it is meant to be, or use eigenSymmetric or solve for an indefinite one."

    override _.Pushforward(_, y, dx) =
        let l = y[0]
        let half = Tensor.solveLower l dx[0]
        [| matmul l (phi (Tensor.solveLower l (transpose half))) |]

    override _.Pullback(_, y, yBar, _) =
        let l = y[0]
        let inner = phi (leftTransposed l yBar[0])
        // L^-T inner L^-1
        let left = Tensor.solveUpper (transpose l) inner
        [| symmetric (transpose (Tensor.solveUpper (transpose l) (transpose left))) |]

/// <summary>
/// Q and R of a matrix with at least as many rows as columns; R has a positive diagonal, which makes them unique and smooth. The pullback is that of
/// Seeger, Hetzel, Dai, Meissner and Lawrence, "Auto-differentiating linear algebra" (2017): aBar = (qBar + Q copyltu(R rBar^T - qBar^T Q)) R^-T.
/// </summary>
[<Sealed>]
type internal OrthogonalFactors() =
    inherit Operation("qr")

    /// dA R^-1
    let divided (r: Tensor) (x: Tensor) = transpose (Tensor.solveLower (transpose r) (transpose x))

    override op.Value x =
        let rows, columns = x[0].Dimensions[0], x[0].Dimensions[1]
        if columns = 0 then [| x[0]; Tensor.zeros [ 0; 0 ] |]
        else
            let factors = (Tensor.toMatrix x[0]).QR(Factorization.QRMethod.Thin)
            let q, r = factors.Q, factors.R.SubMatrix(0, columns, 0, columns)
            for i = 0 to columns - 1 do
                if r[i, i] < 0.0 then
                    q.SetColumn(i, -q.Column i)
                    r.SetRow(i, -r.Row i)
            [| Tensor.ofMatrix q; Tensor.upperTriangle 0 (Tensor.ofMatrix r) |]

    override _.Pushforward(_, y, dx) =
        let q, r = y[0], y[1]
        let scaled = divided r dx[0]
        let c = leftTransposed q scaled
        let below = Tensor.lowerTriangle -1 c
        let turn = below - transpose below
        [| scaled - matmul q (c - turn); matmul (c - turn) r |]

    override _.Pullback(_, y, yBar, _) =
        let q, r = y[0], y[1]
        let qBar, rBar = orZeros q yBar[0], orZeros r yBar[1]
        let m = rightTransposed r rBar - leftTransposed qBar q
        let copied = Tensor.lowerTriangle 0 m + transpose (Tensor.lowerTriangle -1 m)
        let whole = qBar + matmul q copied
        [| transpose (Tensor.solveUpper r (transpose whole)) |]

/// <summary>
/// x_ij / (d_j - d_i) off the diagonal, 0 on it. Where d_i and d_j are equal up to rounding, 0 if x_ij is 0 up to rounding (what depends on the
/// eigenvectors does not see how the pair is turned) and infinite otherwise (there is no derivative).
/// </summary>
module internal Gaps =
    let divide (d: Tensor) (x: Tensor) : Tensor =
        let n = d.Length
        let differences = Tensor.reshape [ 1; n ] d - Tensor.reshape [ n; 1 ] d
        let largest = Array.fold (fun largest (d: float) -> max largest (abs d)) 0.0 d.Elements
        let size = Array.fold (fun largest (x: float) -> max largest (abs x)) 0.0 x.Elements
        let isTied = differences.Elements |> Array.map (fun gap -> abs gap <= 8.0 * float n * Math.ScaleB(largest, -52))
        let isZero i = i / n = i % n || isTied[i] && abs x.Elements[i] <= 64.0 * float n * Math.ScaleB(size, -52)
        let zeros = Array.init (n * n) (fun i -> if isZero i then 1.0 else 0.0)
        let ties = Array.init (n * n) (fun i -> if isTied[i] then 1.0 else 0.0)
        let gaps = Tensor.where (Tensor(zeros, [| n; n |], null)) (Tensor.OfConstant 1.0) (Tensor.where (Tensor(ties, [| n; n |], null)) (Tensor.OfConstant 0.0) differences)
        Tensor.Linear(Masked(zeros, false, [| n; n |]), x / gaps)

/// <summary>
/// Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix A = V diag(w) V^T. dw = diag(V^T dA V), dV = V (F o V^T dA V)
/// with F_ij = 1 / (w_j - w_i) (Giles 2008, section 3.1).
/// </summary>
[<Sealed>]
type internal SymmetricEigen() =
    inherit Operation("eigenSymmetric")

    /// The entry of largest magnitude of each vector is positive.
    static member Orient(vectors: Matrix<float>) : float[] =
        [| for column in 0 .. vectors.ColumnCount - 1 ->
               let v = vectors.Column column
               if v[v.AbsoluteMaximumIndex()] < 0.0 then -1.0 else 1.0 |]

    override _.Value x =
        if x[0].Length = 0 then [| Tensor.zeros [ 0 ]; x[0] |]
        else
            let factors = (Tensor.toMatrix x[0]).Evd(Symmetricity.Symmetric)
            let vectors = factors.EigenVectors
            SymmetricEigen.Orient vectors |> Array.iteri (fun column sign -> vectors.SetColumn(column, sign * vectors.Column column))
            [| Tensor(factors.EigenValues |> Seq.map _.Real |> Seq.toArray, [| x[0].Dimensions[0] |], null); Tensor.ofMatrix vectors |]

    override _.Pushforward(_, y, dx) =
        let w, v = y[0], y[1]
        let p = leftTransposed v (matmul dx[0] v)
        [| Tensor.diagonal p; matmul v (Gaps.divide w p) |]

    override _.Pullback(_, y, yBar, _) =
        let w, v = y[0], y[1]
        let values = if isNone yBar[0] then null else Tensor.diagonalMatrix yBar[0]
        let vectors =
            if isNone yBar[1] then null
            else
                let turned = leftTransposed v yBar[1]
                Gaps.divide w (0.5 * (turned - transpose turned))
        [| matmul v (rightTransposed (plus values vectors) v) |]

/// <summary>
/// The thin singular value decomposition A = U diag(s) V^T, s descending. Rules after Giles (2008, section 3.2) and, for U and V, Townsend,
/// "Differentiating the singular value decomposition" (2016).
/// </summary>
[<Sealed>]
type internal SingularValues() =
    inherit Operation("svd")

    let row (s: Tensor) = Tensor.reshape [ 1; s.Length ] s
    let column (s: Tensor) = Tensor.reshape [ s.Length; 1 ] s

    /// What of x lies outside the columns of q.
    let outside (q: Tensor) (x: Tensor) = x - matmul q (leftTransposed q x)

    override _.Value x =
        let rows, columns = x[0].Dimensions[0], x[0].Dimensions[1]
        let count = min rows columns
        if count = 0 then [| Tensor.zeros [ rows; 0 ]; Tensor.zeros [ 0 ]; Tensor.zeros [ columns; 0 ] |]
        else
            let factors = (Tensor.toMatrix x[0]).Svd true
            let u, v = factors.U.SubMatrix(0, rows, 0, count), factors.VT.Transpose().SubMatrix(0, columns, 0, count)
            SymmetricEigen.Orient u
            |> Array.iteri (fun column sign ->
                u.SetColumn(column, sign * u.Column column)
                v.SetColumn(column, sign * v.Column column))
            [| Tensor.ofMatrix u; Tensor.ofVector factors.S; Tensor.ofMatrix v |]

    override _.Pushforward(_, y, dx) =
        let u, s, v = y[0], y[1], y[2]
        let p = leftTransposed u (matmul dx[0] v)
        let squares = s * s
        let turned (a: Tensor) (b: Tensor) = Gaps.divide squares (a + b)
        let du = matmul u (turned (p * row s) (column s * transpose p))
        let dv = matmul v (turned (column s * p) (transpose p * row s))
        let rest (q: Tensor) (product: Tensor) = if q.Dimensions[0] > q.Dimensions[1] then outside q product / row s else Tensor.OfConstant 0.0
        [| du + rest u (matmul dx[0] v); Tensor.diagonal p; dv + rest v (leftTransposed dx[0] u) |]

    override _.Pullback(_, y, yBar, _) =
        let u, s, v = y[0], y[1], y[2]
        let squares = s * s
        let turn (q: Tensor) (qBar: Tensor) =
            let product = leftTransposed q qBar
            Gaps.divide squares (product - transpose product)
        let inner =
            (if isNone yBar[0] then null else turn u yBar[0] * row s)
            |> plus (if isNone yBar[2] then null else column s * turn v yBar[2])
            |> plus (if isNone yBar[1] then null else Tensor.diagonalMatrix yBar[1])
        let within = matmul u (rightTransposed inner v)
        let ofU = if isNone yBar[0] || u.Dimensions[0] = u.Dimensions[1] then null else rightTransposed (outside u yBar[0] / row s) v
        let ofV = if isNone yBar[2] || v.Dimensions[0] = v.Dimensions[1] then null else rightTransposed u (outside v yBar[2] / row s)
        [| within |> plus ofU |> plus ofV |]

/// <summary>Decompositions of matrices, single, not batched.</summary>
[<AutoOpen>]
module TensorDecompositions =
    module Tensor =
        /// <summary>The lower triangular L with L L^T = A. Of A its symmetric part (A + A^T) / 2 is taken.</summary>
        /// <exception cref="T:System.ArgumentException">The matrix is not positive definite or not square.</exception>
        let cholesky (a: Tensor) : Tensor =
            expectSquare "cholesky" a
            Tensor.Apply(CholeskyFactor(), [| symmetric a |])[0]

        /// <summary>
        /// Q with orthonormal columns and an upper triangular R with a positive diagonal, A = Q R, for a matrix with at least as many rows as columns.
        /// Derivatives need full column rank.
        /// </summary>
        /// <exception cref="T:System.ArgumentException">There are fewer rows than columns.</exception>
        let qr (a: Tensor) : struct (Tensor * Tensor) =
            expectMatrix "qr" a
            if a.Dimensions[0] < a.Dimensions[1] then
                Shape.fail "qr" $"expected at least as many rows as columns, got the shape {Shape.text a.Dimensions}. Decompose the transpose."
            let parts = Tensor.Apply(OrthogonalFactors(), [| a |])
            struct (parts[0], parts[1])

        /// <summary>
        /// The eigenvalues, ascending, and orthonormal eigenvectors (columns, the entry of largest magnitude positive) of a symmetric matrix; of A its
        /// symmetric part (A + A^T) / 2 is taken.
        /// </summary>
        /// <remarks>
        /// At repeated eigenvalues the eigenvectors are not differentiable, and a derivative that depends on how they are turned is infinite or NaN; one
        /// that does not (a function of A V f(w) V^T, the sum of the values) is right. Each repeated value by itself gets the derivative along the vector that
        /// the decomposition chose.
        /// </remarks>
        let eigenSymmetric (a: Tensor) : struct (Tensor * Tensor) =
            expectSquare "eigenSymmetric" a
            let parts = Tensor.Apply(SymmetricEigen(), [| symmetric a |])
            struct (parts[0], parts[1])

        /// <summary>
        /// The thin singular value decomposition A = U diag(s) V^T: U and V have orthonormal columns (the entry of largest magnitude in each column of U is
        /// positive), s is descending.
        /// </summary>
        /// <remarks>
        /// The derivatives of U and V are infinite or NaN at repeated singular values where they depend on how the vectors are turned, and at singular
        /// values of 0; those of s are right wherever s is differentiable.
        /// </remarks>
        let svd (a: Tensor) : struct (Tensor * Tensor * Tensor) =
            expectMatrix "svd" a
            let parts = Tensor.Apply(SingularValues(), [| a |])
            struct (parts[0], parts[1], parts[2])

        /// <summary>The x that minimises |A x - b|, for a matrix of full column rank, by QR decomposition; b is a vector or a matrix.</summary>
        /// <exception cref="T:System.ArgumentException">The columns are linearly dependent, or the shapes do not fit.</exception>
        let leastSquares (a: Tensor) (b: Tensor) : Tensor =
            let struct (q, r) = qr a
            if b.Rank < 1 || b.Rank > 2 || b.Dimensions[0] <> a.Dimensions[0] then
                Shape.fail "leastSquares"
                    $"the right side must be a vector or a matrix with as many rows as the matrix {Shape.text a.Dimensions}, got the shape {Shape.text b.Dimensions}."
            let pivots = Tensor.Abs((Tensor.diagonal r).Value)
            if pivots.Length > 0 && (Tensor.min pivots).Value <= 1e-14 * (Tensor.max pivots).Value then
                Shape.fail "leastSquares" "the columns of the matrix are linearly dependent. Leave some out, or add a penalty as further rows."
            Tensor.solveUpper r (matmul (transpose q) b)
