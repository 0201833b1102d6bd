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

    /// Tells whether the square of a pivot exceeds its rounding error, for the diagonal entry that it came from.
    static member private IsPivot(n: int, pivot: float, entry: float) : bool = pivot * pivot > Math.ScaleB(float n, -52) * entry

    /// The Cholesky factor; none where the square of a pivot does not exceed its rounding error, since A then has an eigenvalue that is 0
    /// or negative.
    static member private Factor(a: Matrix<float>) : Matrix<float> voption =
        let factor =
            try
                ValueSome(a.Cholesky().Factor)
            with :? ArgumentException ->
                ValueNone
        let isDefinite (l: Matrix<float>) i = CholeskyFactor.IsPivot(a.RowCount, l[i, i], a[i, i])
        factor |> ValueOption.filter (fun l -> Seq.forall (isDefinite l) (seq { 0 .. a.RowCount - 1 }))

    /// The factor of a small matrix, which needs no scaling.
    static member private Small(a: Tensor) : Tensor voption =
        let n, l = a.Dimensions[0], Array.copy a.Elements
        let mutable isDefinite = SmallMatrices.cholesky n (Span l)
        for i = 0 to n - 1 do
            isDefinite <- isDefinite && CholeskyFactor.IsPivot(n, l[i * n + i], a.Elements[i * n + i])
        if isDefinite then ValueSome(Tensor(l, a.Dimensions, null)) else ValueNone

    static member private Of(a: Tensor) : Tensor voption =
        if SmallMatrices.isFit a then
            CholeskyFactor.Small a
        else
            // a factor of 2^(2h) is taken out of A, hence 2^h out of L
            let half = exponent a.Elements / 2
            CholeskyFactor.Factor(Tensor.toMatrix (scaleBy (Array.create a.Length (-2 * half)) a))
            |> ValueOption.map (fun l -> scaleBy (Array.create a.Length half) (Tensor.ofMatrix l))

    override op.Value x =
        if x[0].Length = 0 then
            [| x[0] |]
        elif not (isFinite x[0]) then
            [| allNaN x[0].Dimensions |]
        else
            match CholeskyFactor.Of x[0] with
            | ValueSome l -> [| l |]
            | ValueNone ->
                Shape.fail
                    op.Name
                    ("the matrix is not positive definite, or is only up to rounding. Add a small multiple of the identity if it is meant to be, or "
                     + "use eigenSymmetric or solve for an indefinite one.")

    // With L = 2^e M, the rules are those for M, and the result is multiplied by 2^-e once: two factors L^-1 could leave the range of
    // double where the derivative does not.

    override _.Pushforward(_, y, dx) =
        let struct (l, e) = centred y[0]
        let half = Tensor.solveLower l dx[0]
        [| magnify -e (matmul l (phi (Tensor.solveLower l (transpose half)))) |]

    override _.Pullback(_, y, yBar, _) =
        let struct (l, e) = centred y[0]
        let inner = phi (leftTransposed l yBar[0])
        // L^-T inner L^-1, and its symmetric part, which is that of its transpose
        let upper = transpose l
        let left = Tensor.solveUpper upper inner
        [| magnify -e (symmetric (Tensor.solveUpper upper (transpose left))) |]

/// <summary>
/// Q and R of a matrix with at least as many rows as columns; R has a positive diagonal, which makes them unique and smooth. The pullback
/// is that of Seeger, Hetzel, Dai, Meissner and Lawrence, "Auto-differentiating linear algebra" (2017):
/// aBar = (qBar + Q copyltu(R rBar^T - qBar^T Q)) R^-T.
/// </summary>
[<Sealed>]
type internal OrthogonalFactors() =
    inherit Operation("qr")

    /// R; NaN where the columns of A are linearly dependent up to rounding, since Q and R have no derivatives there.
    let regular (r: Tensor) : Tensor = if OrthogonalFactors.IsDeficient r then undefined r else r

    /// dA R^-1
    let divided (r: Tensor) (x: Tensor) = transpose (Tensor.solveLower (transpose r) (transpose x))

    /// Tells whether some column is, up to rounding, a linear combination of those before it: its remainder is the diagonal entry of R.
    static member IsDeficient(r: Tensor) : bool =
        let n, rounding = r.Dimensions[1], Math.ScaleB(float (8 * r.Dimensions[1]), -52)
        let entry i j = abs r.Elements[i * n + j]
        let largest j = Seq.fold (fun largest i -> max largest (entry i j)) 0.0 (seq { 0..j })
        Seq.exists (fun j -> entry j j <= rounding * largest j) (seq { 0 .. n - 1 })

    override op.Value x =
        let rows, columns = x[0].Dimensions[0], x[0].Dimensions[1]
        if columns = 0 then
            [| x[0]; Tensor.zeros [ 0; 0 ] |]
        elif not (isFinite x[0]) then
            [| allNaN x[0].Dimensions; allNaN [| columns; columns |] |]
        else
            // to scale a column of A by a power of two is to scale the same column of R
            let sizes = Array.init columns (fun j -> exponent (Seq.init rows (fun i -> x[0].Elements[i * columns + j])))
            let factors = (Tensor.toMatrix (unscale (Array.zeroCreate rows) sizes x[0])).QR(Factorization.QRMethod.Thin)
            let q, r = factors.Q, factors.R.SubMatrix(0, columns, 0, columns)
            for i = 0 to columns - 1 do
                if r[i, i] < 0.0 then
                    q.SetColumn(i, -q.Column i)
                    r.SetRow(i, -r.Row i)
            let scales = Array.init (columns * columns) (fun i -> sizes[i % columns])
            [| Tensor.ofMatrix q; scaleBy scales (Tensor.upperTriangle 0 (Tensor.ofMatrix r)) |]

    // With R = 2^e S, the rules are those for S: the derivative of Q is multiplied by 2^-e, and that of R is unchanged.

    override _.Pushforward(_, y, dx) =
        let q, struct (r, e) = y[0], centred (regular y[1])
        let scaled = divided r dx[0]
        let c = leftTransposed q scaled
        let below = Tensor.lowerTriangle -1 c
        let turn = below - transpose below
        [| magnify -e (scaled - matmul q (c - turn)); matmul (c - turn) r |]

    override _.Pullback(_, y, yBar, _) =
        let q, struct (r, e) = y[0], centred (regular y[1])
        let qBar, rBar = magnify -e (orZeros q yBar[0]), orZeros r yBar[1]
        let m = rightTransposed r rBar - leftTransposed qBar q
        let copied = Tensor.lowerTriangle 0 m + transpose (Tensor.lowerTriangle -1 m)
        let whole = qBar + matmul q copied
        [| transpose (Tensor.solveUpper r (transpose whole)) |]

/// <summary>
/// Division by differences of eigenvalues or singular values. Where two of them are equal up to rounding, the quotient is NaN, even of 0:
/// rounding alone determines how the vectors of the pair are rotated, and the limit of 0 / 0 depends on the function (for
/// V sqrt(w) V^T at the identity it is not 0), so that it is unknown here.
/// </summary>
module internal Gaps =
    /// The rounding error of n values d from an algorithm that is stable in norm: 8 n 2^-52 times the largest magnitude.
    let rounding (d: Tensor) : float =
        Array.fold (fun largest d -> max largest (abs d)) 0.0 d.Elements * Math.ScaleB(float (8 * d.Length), -52)

    let private row (d: Tensor) = Tensor.reshape [ 1; d.Length ] d
    let private column (d: Tensor) = Tensor.reshape [ d.Length; 1 ] d

    /// x_ij / gaps_ij off the diagonal, 0 on it; NaN where a gap does not exceed d's rounding error, and everywhere if d holds NaN.
    let private over (gaps: Tensor) (d: Tensor) (x: Tensor) : Tensor =
        let n = d.Length
        let bound = rounding d
        if Double.IsNaN bound then
            x * Double.NaN
        else
            let isOnDiagonal i = i / n = i % n
            let replace i gap =
                if isOnDiagonal i then 1.0
                elif abs gap <= bound then Double.NaN
                else 0.0
            let fixed' = gaps.Elements |> Array.mapi replace
            let mask = Tensor(fixed' |> Array.map (fun gap -> if gap = 0.0 then 0.0 else 1.0), [| n; n |], null)
            let gaps = Tensor.where mask (Tensor(fixed', [| n; n |], null)) gaps
            let diagonal = Array.init (n * n) (fun i -> if isOnDiagonal i then 1.0 else 0.0)
            Tensor.Linear(Masked(diagonal, false, [| n; n |]), x / gaps)

    /// x_ij / (d_j - d_i)
    let divide (d: Tensor) (x: Tensor) : Tensor = over (row d - column d) d x

    /// x_ij / (d_j + d_i), for d that are not negative
    let divideBySums (d: Tensor) (x: Tensor) : Tensor = over (row d + column d) d x

/// <summary>
/// Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix A = V diag(w) V^T. dw = diag(V^T dA V), dV = V (F o V^T dA V)
/// with F_ij = 1 / (w_j - w_i) (Giles 2008, section 3.1).
/// </summary>
[<Sealed>]
type internal SymmetricEigen() =
    inherit Operation("eigenSymmetric")

    /// Eigenvalues, ascending, and eigenvectors of a symmetric matrix of plain numbers; none where an entry is not finite or the algorithm
    /// does not converge.
    static member Decompose(a: Tensor) : struct (float[] * Matrix<float>) voption =
        if not (isFinite a) then
            ValueNone
        else
            let struct (matrix, e) = scaled a
            attempt (fun () -> matrix.Evd(Symmetricity.Symmetric))
            |> ValueOption.map (fun factors ->
                struct (factors.EigenValues |> Seq.map (fun w -> Math.ScaleB(w.Real, e)) |> Seq.toArray, factors.EigenVectors))

    /// The sign for each column that makes its entry of largest magnitude positive.
    static member Orient(vectors: Matrix<float>) : float[] =
        [| for column in 0 .. vectors.ColumnCount - 1 ->
               let v = vectors.Column column
               if v[v.AbsoluteMaximumIndex()] < 0.0 then -1.0 else 1.0 |]

    override _.Value x =
        let n = x[0].Dimensions[0]
        if n = 0 then
            [| Tensor.zeros [ 0 ]; x[0] |]
        else
            match SymmetricEigen.Decompose x[0] with
            | ValueNone -> [| allNaN [| n |]; allNaN x[0].Dimensions |]
            | ValueSome(struct (values, vectors)) ->
                SymmetricEigen.Orient vectors |> Array.iteri (fun column sign -> vectors.SetColumn(column, sign * vectors.Column column))
                [| Tensor(values, [| n |], null); Tensor.ofMatrix vectors |]

    override _.Pushforward(_, y, dx) =
        let w, v = y[0], y[1]
        let p = leftTransposed v (matmul dx[0] v)
        [| Tensor.diagonal p; matmul v (Gaps.divide w p) |]

    override _.Pullback(_, y, yBar, _) =
        let w, v = y[0], y[1]
        let values = if isNone yBar[0] then null else Tensor.diagonalMatrix yBar[0]
        let vectors =
            if isNone yBar[1] then
                null
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

    /// x_ij / s_j, NaN where s_j is 0 up to rounding.
    let overValues (s: Tensor) (x: Tensor) : Tensor =
        let bound = Gaps.rounding s
        let zeros = s.Elements |> Array.map (fun s -> if s <= bound then 1.0 else 0.0)
        x / Tensor.reshape [ 1; s.Length ] (Tensor.where (Tensor(zeros, s.Dimensions, null)) (Tensor.OfConstant Double.NaN) s)

    /// The component of x that is orthogonal to the columns of q.
    let outside (q: Tensor) (x: Tensor) = x - matmul q (leftTransposed q x)

    override _.Value x =
        let rows, columns = x[0].Dimensions[0], x[0].Dimensions[1]
        let count = min rows columns
        if count = 0 then
            [| Tensor.zeros [ rows; 0 ]; Tensor.zeros [ 0 ]; Tensor.zeros [ columns; 0 ] |]
        else
            let struct (matrix, e) = scaled x[0]
            match (if isFinite x[0] then attempt (fun () -> matrix.Svd true) else ValueNone) with
            | ValueNone -> [| allNaN [| rows; count |]; allNaN [| count |]; allNaN [| columns; count |] |]
            | ValueSome factors ->
                let u, v = factors.U.SubMatrix(0, rows, 0, count), factors.VT.Transpose().SubMatrix(0, columns, 0, count)
                SymmetricEigen.Orient u
                |> Array.iteri (fun column sign ->
                    u.SetColumn(column, sign * u.Column column)
                    v.SetColumn(column, sign * v.Column column))
                let s = factors.S.ToArray() |> Array.map (fun s -> Math.ScaleB(abs s, e))
                [| Tensor.ofMatrix u; Tensor(s, [| count |], null); Tensor.ofMatrix v |]

    // Giles and Townsend divide by s_j^2 - s_i^2. These rules have terms divided by s_j - s_i and terms divided by s_j + s_i instead:
    // without squares nothing overflows, and no gap is lost beside the square of the largest value.

    override _.Pushforward(_, y, dx) =
        let u, s, v = y[0], y[1], y[2]
        let p = leftTransposed u (matmul dx[0] v)
        let turned = Gaps.divide s (symmetric p)
        let mirrored = Gaps.divideBySums s (0.5 * (p - transpose p))
        let rest (q: Tensor) (product: Tensor) =
            if q.Dimensions[0] > q.Dimensions[1] then overValues s (outside q product) else Tensor.OfConstant 0.0
        [| matmul u (turned + mirrored) + rest u (matmul dx[0] v)
           Tensor.diagonal p
           matmul v (turned - mirrored) + rest v (leftTransposed dx[0] u) |]

    override _.Pullback(_, y, yBar, _) =
        let u, s, v = y[0], y[1], y[2]
        let turn (q: Tensor) (qBar: Tensor) : Tensor =
            if isNone qBar then
                null
            else
                let product = leftTransposed q qBar
                0.5 * (product - transpose product)
        let turnU, turnV = turn u yBar[0], turn v yBar[2]
        let vectors =
            if isNone turnU && isNone turnV then
                null
            else
                Gaps.divide s (plus turnU turnV) + Gaps.divideBySums s (plus turnU (if isNone turnV then null else -turnV))
        let values = if isNone yBar[1] then null else Tensor.diagonalMatrix yBar[1]
        let within = matmul u (rightTransposed (plus vectors values) v)
        let ofU = if isNone yBar[0] || u.Dimensions[0] = u.Dimensions[1] then null else rightTransposed (overValues s (outside u yBar[0])) v
        let ofV = if isNone yBar[2] || v.Dimensions[0] = v.Dimensions[1] then null else rightTransposed u (overValues s (outside v yBar[2]))
        [| within |> plus ofU |> plus ofV |]

/// <summary>Decompositions of matrices, single, not batched.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorDecompositions =
    module Tensor =
        /// <summary>The lower triangular L with L L^T = A. A is replaced by its symmetric part (A + A^T) / 2.</summary>
        /// <exception cref="T:System.ArgumentException">
        /// The matrix is not square, or not positive definite: the square of a pivot is at most n 2^-52 times its diagonal entry.
        /// </exception>
        let cholesky (a: Tensor) : Tensor =
            expectSquare "cholesky" a
            Tensor.Apply(CholeskyFactor(), [| symmetric a |])[0]

        /// <summary>
        /// Q with orthonormal columns and an upper triangular R with a positive diagonal, A = Q R, for a matrix with at least as many rows
        /// as columns.
        /// </summary>
        /// <remarks>
        /// Where a column is, up to rounding, a linear combination of the columns before it, Q and R are as the algorithm yields them, and
        /// their derivatives are NaN in every mode. Use svd, or leastSquares with a penalty, there.
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">There are fewer rows than columns.</exception>
        let qr (a: Tensor) : struct (Tensor * Tensor) =
            expectTall "qr" "Decompose the transpose." a
            let parts = Tensor.Apply(OrthogonalFactors(), [| a |])
            struct (parts[0], parts[1])

        /// <summary>
        /// The eigenvalues, ascending, and orthonormal eigenvectors (columns, the entry of largest magnitude positive) of a symmetric
        /// matrix. A is replaced by its symmetric part (A + A^T) / 2.
        /// </summary>
        /// <remarks>
        /// If eigenvalues are equal up to rounding (8 n 2^-52 of the largest), the derivatives of their vectors are NaN in every mode, and
        /// in reverse mode those of all vectors. The same holds for V f(w) V^T, since its limit cannot be determined from w and V: use
        /// symmetricFunction instead. Close eigenvalues cost about log10(largest / gap) digits in the derivatives of V. First derivatives
        /// of functions of w alone are finite everywhere, and correct where they exist: the sum of f(w) has one; a single repeated
        /// eigenvalue has none and gets the one along its vector. Second derivatives of functions of w involve those of V.
        /// </remarks>
        let eigenSymmetric (a: Tensor) : struct (Tensor * Tensor) =
            expectSquare "eigenSymmetric" a
            let parts = Tensor.Apply(SymmetricEigen(), [| symmetric a |])
            struct (parts[0], parts[1])

        /// <summary>
        /// The thin singular value decomposition A = U diag(s) V^T: U and V have orthonormal columns (the entry of largest magnitude in
        /// each column of U is positive), s is descending.
        /// </summary>
        /// <remarks>
        /// At repeated singular values the derivatives of U and V are NaN, as for eigenSymmetric. At singular values of 0, those of the
        /// vectors on the longer side are NaN too. The derivatives of s are correct wherever s is differentiable.
        /// </remarks>
        let svd (a: Tensor) : struct (Tensor * Tensor * Tensor) =
            expectMatrix "svd" a
            let parts = Tensor.Apply(SingularValues(), [| a |])
            struct (parts[0], parts[1], parts[2])

        /// <summary>
        /// The x that minimises |A x - b|, for a matrix of full column rank, by QR decomposition; b is a vector or a matrix.
        /// </summary>
        /// <exception cref="T:System.ArgumentException">
        /// The columns are linearly dependent up to rounding, or the shapes do not fit.
        /// </exception>
        let leastSquares (a: Tensor) (b: Tensor) : Tensor =
            expectTall "leastSquares" "Such equations have many solutions: add a penalty as further rows." a
            let struct (q, r) = qr a
            if Tensor.Given("leastSquares", b).Rank < 1 || b.Rank > 2 || b.Dimensions[0] <> a.Dimensions[0] then
                Shape.fail
                    "leastSquares"
                    $"the right side must be a vector or a matrix with as many rows as the matrix {Shape.text a.Dimensions}, got the shape {Shape.text b.Dimensions}."
            if OrthogonalFactors.IsDeficient r then
                Shape.fail
                    "leastSquares"
                    "the columns of the matrix are linearly dependent. Leave some out, or add a penalty as further rows."
            Tensor.solveUpper r (matmul (transpose q) b)
