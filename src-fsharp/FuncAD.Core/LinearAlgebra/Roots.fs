namespace FuncAD

open System
open MathNet.Numerics.Integration
open MathNet.Numerics.LinearAlgebra
open FuncAD.Matrices

[<AutoOpen>]
module internal Triangles =
    /// Tells whether the entries on one side of the diagonal are all 0.
    let isTriangular (a: float[]) (n: int) : bool =
        let isEmpty isSide = Seq.forall (fun i -> a[i] = 0.0 || not (isSide (i / n) (i % n))) (seq { 0 .. n * n - 1 })
        isEmpty (<) || isEmpty (>)

/// <summary>Newton's iteration for the sign of a matrix, in blocks (Higham, "Functions of Matrices", chapters 5 and 6).</summary>
module internal SignIteration =
    let private limit = 100

    let private isFinite (x: Matrix<float>) = Seq.forall Double.IsFinite (x.Enumerate())

    /// A factor that gives a matrix and its inverse the same norm, which shortens the way to quadratic convergence.
    let private balance (x: Matrix<float>) (inverse: Matrix<float>) = Math.Sqrt(inverse.FrobeniusNorm() / x.FrobeniusNorm())

    /// <summary>
    /// Y with X Y + Y X = C for an X whose eigenvalues have positive real parts: the sign of [X, C; 0, -X] is [I, 2 Y; 0, -I] (Roberts
    /// 1980). None if the iteration does not converge.
    /// </summary>
    let private sylvesterOnce (x: Matrix<float>) (c: Matrix<float>) : Matrix<float> voption =
        let unit = Matrix<float>.Build.DenseIdentity x.RowCount
        let mutable a, right, step, isDone = x, c, 0, false
        while not isDone && step < limit do
            let inverse = a.Inverse()
            let m = balance a inverse
            let m = if Double.IsFinite m && m > 0.0 then m else 1.0
            right <- 0.5 * (m * right + inverse * right * inverse / m)
            a <- 0.5 * (m * a + inverse / m)
            step <- if isFinite a then step + 1 else limit
            isDone <- (a - unit).FrobeniusNorm() <= 1e-14 * float (x.RowCount + 1)
        // one more step, unscaled: the block of C converges a step after that of X
        if isDone && isFinite right then
            let inverse = a.Inverse()
            ValueSome(0.25 * (right + inverse * right * inverse))
        else
            ValueNone

    /// As sylvesterOnce, and solved again for the residual, so that only the rounding error of the residual remains.
    let sylvester (x: Matrix<float>) (c: Matrix<float>) : Matrix<float> voption =
        let refine (y: Matrix<float>) = sylvesterOnce x (c - x * y - y * x) |> ValueOption.map (fun rest -> y + rest)
        sylvesterOnce x c |> ValueOption.bind refine

    /// <summary>
    /// The principal square root: the sign of [0, A; I, 0] is [0, A^(1/2); A^(-1/2), 0] (Denman and Beavers 1976). Newton's steps for X X =
    /// A follow. None if there is no root (an eigenvalue is negative or 0), or if it is so large beside A that rounding spoils X X = A.
    /// </summary>
    let squareRoot (a: Matrix<float>) : Matrix<float> voption =
        let unit = Matrix<float>.Build.DenseIdentity a.RowCount
        let mutable x, y, step, isDone = a, unit, 0, false
        while not isDone && step < limit do
            let inverseX, inverseY = x.Inverse(), y.Inverse()
            let m = Math.Sqrt(balance x inverseX * balance y inverseY)
            let m = if Double.IsFinite m && m > 0.0 then m else 1.0
            let beforeX, beforeY = x, y
            x <- 0.5 * (m * x + inverseY / m)
            y <- 0.5 * (m * y + inverseX / m)
            step <- if isFinite x && isFinite y then step + 1 else limit
            // y, the inverse root, shows whether the smallest eigenvalues have converged, unless it is too inaccurate: then half of the
            // steps suffice
            let isClose (x: Matrix<float>) (before: Matrix<float>) = (x - before).FrobeniusNorm() <= 1e-10 * x.FrobeniusNorm()
            isDone <- isClose x beforeX && (isClose y beforeY || step > limit / 2)
        let polish (x: Matrix<float>) = sylvester x (a - x * x) |> ValueOption.map (fun rest -> x + rest)
        let isTriangular = isTriangular (a.ToRowMajorArray()) a.RowCount
        let isOwn (x: Matrix<float>) i = abs (x[i, i] * x[i, i] - a[i, i]) <= 1e-8 * abs a[i, i]
        let isRoot (x: Matrix<float>) =
            (x * x - a).FrobeniusNorm() <= 1e-8 * a.FrobeniusNorm()
            && (not isTriangular || Seq.forall (isOwn x) (seq { 0 .. a.RowCount - 1 }))
        (if isDone then ValueSome x else ValueNone) |> ValueOption.bind polish |> ValueOption.bind polish |> ValueOption.filter isRoot

/// <summary>
/// Y with X Y + Y X = C. dY solves it for dC - dX Y - Y dX; cBar solves it with X^T for yBar, xBar = -(cBar Y^T + Y^T cBar).
/// </summary>
[<Sealed>]
type internal Sylvester() =
    inherit Operation("squareRoot")

    static member Of(x: Tensor, c: Tensor) : Tensor = Tensor.Apply(Sylvester(), [| x; c |])[0]

    override _.Value x =
        let shape = x[1].Dimensions
        if not (isFinite x[0] && isFinite x[1]) then
            [| allNaN shape |]
        else
            let struct (matrix, e) = scaled x[0]
            let struct (right, rightE) = scaled x[1]
            match SignIteration.sylvester matrix right with
            | ValueSome y -> [| scaleBy (Array.create x[1].Length (rightE - e)) (Tensor.ofMatrix y) |]
            | ValueNone -> [| allNaN shape |]

    override _.Pushforward(x, y, dx) =
        let product = if isNone dx[0] then null else -(matmul dx[0] y[0] + matmul y[0] dx[0])
        [| Sylvester.Of(x[0], plus dx[1] product) |]

    override _.Pullback(x, y, yBar, needed) =
        let cBar = Sylvester.Of(transpose x[0], yBar[0])
        [| (if needed[0] then -(rightTransposed cBar y[0] + leftTransposed y[0] cBar) else null); cBar |]

/// <summary>X with X X = A, the principal square root of a matrix that need not be symmetric: X dX + dX X = dA.</summary>
[<Sealed>]
type internal SquareRoot() =
    inherit Operation("squareRoot")

    static member Of(a: Tensor) : Tensor = Tensor.Apply(SquareRoot(), [| a |])[0]

    override _.Value x =
        if not (isFinite x[0]) then
            [| allNaN x[0].Dimensions |]
        else
            // a factor of 2^(2h) is taken out of A, hence 2^h out of the root
            let half = exponent x[0].Elements / 2
            let a = Tensor.toMatrix (scaleBy (Array.create x[0].Length (-2 * half)) x[0])
            match SignIteration.squareRoot a with
            | ValueSome root -> [| scaleBy (Array.create x[0].Length half) (Tensor.ofMatrix root) |]
            | ValueNone -> [| allNaN x[0].Dimensions |]

    override _.Pushforward(_, y, dx) = [| Sylvester.Of(y[0], dx[0]) |]
    override _.Pullback(_, y, yBar, _) = [| Sylvester.Of(transpose y[0], yBar[0]) |]

/// <summary>Square roots and logarithms of matrices, symmetric or not.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorRoots =
    /// Tells whether a matrix is symmetric up to the rounding of each pair of entries. Its derivatives need not be.
    let private isSymmetric (a: Tensor) : bool =
        let n = a.Dimensions[0]
        let isPair x y = abs (x - y) <= Math.ScaleB(float (4 * n), -52) * max (abs x) (abs y)
        Seq.forall (fun i -> isPair a.Elements[i] a.Elements[i % n * n + i / n]) (seq { 0 .. n * n - 1 })

    /// <summary>
    /// The exponents d of a D = diag(2^d) for which the rows and columns of D^-1 A D have similar sizes off the diagonal (Osborne 1960). A
    /// row without a column to balance it, or a column without a row, becomes no larger than the diagonal entry. 0 throughout for matrices
    /// that are nearly balanced.
    /// </summary>
    let private balancing (a: Tensor) : int[] =
        let n = a.Dimensions[0]
        let d = Array.zeroCreate<int> n
        let size i j = let x = a.Elements[i * n + j] in if x = 0.0 then ValueNone else ValueSome(Math.ILogB x + d[j] - d[i])
        let largest sizes =
            Seq.fold (fun largest size -> if ValueOption.isNone largest || size > largest then size else largest) ValueNone sizes
        let others i = Seq.filter ((<>) i) (seq { 0 .. n - 1 })
        let step i =
            match largest (Seq.map (size i) (others i)), largest (Seq.map (fun j -> size j i) (others i)), size i i with
            | ValueSome row, ValueSome column, _ -> (row - column) / 2
            | ValueSome row, ValueNone, ValueSome own -> max 0 (row - own)
            | ValueNone, ValueSome column, ValueSome own -> min 0 (own - column)
            | _ -> 0
        let sweep () =
            let steps =
                [ for i in 0 .. n - 1 do
                      let step = step i
                      if abs step >= 4 then
                          d[i] <- d[i] + step
                          step ]
            not steps.IsEmpty
        let mutable sweeps = 0
        while sweeps < 20 && sweep () do
            sweeps <- sweeps + 1
        d

    /// <summary>
    /// f(A) = D f(D^-1 A D) D^-1, computed from f(B) where D^-1 A D = 4^h B, and 2h: f(4^h B) is 2^(degree h) f(B), except that the
    /// logarithm still lacks 2h log 2. All powers of two are applied at once, since a single one may leave the range of double.
    /// </summary>
    let private balanced (degree: int) (f: Tensor -> Tensor) (a: Tensor) : struct (Tensor * int) =
        let n, d = a.Dimensions[0], (if isFinite a then balancing a.Value else [||])
        if Array.forall ((=) 0) d then
            struct (f a, 0)
        else
            let back = Array.init (n * n) (fun i -> d[i / n] - d[i % n])
            let half = exponent (scaleBy (Array.map (~-) back) a.Value).Elements / 2
            let b = scaleBy (back |> Array.map (fun e -> -e - 2 * half)) a
            struct (scaleBy (back |> Array.map (fun e -> e + degree * half)) (f b), 2 * half)

    /// The weights w and abscissas x with which the sum of w z / (1 + x z) is log(1 + z) up to (|z| / 4)^16: Gauss's rule for the integral
    /// of z / (1 + x z), which is a Pade approximant (Dieci, Morini and Papini, "Computational techniques for real logarithms of matrices",
    /// 1996).
    let private rule = GaussLegendreRule(0.0, 1.0, 8)

    /// Tells whether e^X is A, whose entries are about 1. The norm does not show errors in the logarithms of the smallest eigenvalues: for
    /// a triangular matrix every logarithm is checked, for others their sum.
    let private isLogarithm (a: Tensor) (x: Tensor) : bool =
        let n = a.Dimensions[0]
        let isNear (expected: float) (actual: float) = abs (actual - expected) <= 1e-8 * (1.0 + abs expected)
        let isOwn i = isNear (Math.Log a.Elements[i * n + i]) x.Elements[i * n + i]
        isFinite x
        && (Tensor.max (Tensor.Abs(Tensor.matrixExponential x - a))).Value <= 1e-8
        && isNear (Tensor.logDeterminant a).Value (Tensor.trace x).Value
        && (not (isTriangular a.Elements n) || Seq.forall isOwn (seq { 0 .. n - 1 }))

    /// log A = 2^k log(A^(1/2^k)), where k is large enough for the rule to be accurate (Kenney and Laub 1989).
    let private scaledLogarithm (a: Tensor) : Tensor =
        let n = a.Dimensions[0]
        let unit = Tensor.identity n
        let distance (x: Tensor) = (Tensor.max (Tensor.sumOver [ 0 ] (Tensor.Abs(x.Value - unit)))).Value
        let size = exponent a.Compact
        let mutable root = scaleBy (Array.create (n * n) -size) a
        let mutable roots = 0
        while distance root > 0.25 && roots < 100 do
            root <- SquareRoot.Of root
            roots <- roots + 1
        if not (distance root <= 0.25) then
            undefined a
        else
            let z = root - unit
            let mutable sum = Tensor.OfConstant 0.0
            for i = 0 to rule.Order - 1 do
                sum <- sum + rule.Weights[i] * Solve.Of("logarithm", unit + rule.Abscissas[i] * z, z)
            let log = Math.ScaleB(1.0, roots) * sum
            if isLogarithm (scaleBy (Array.create (n * n) -size) a.Value) log.Value then
                log + (float size * Math.Log 2.0) * unit
            else
                undefined a

    module Tensor =
        /// <summary>
        /// The principal square root X of a matrix: X X = A, X dX + dX X = dA. A symmetric matrix may not have a negative eigenvalue (one
        /// of rounding size, 8 n 2^-52 of the largest, counts as 0), any other matrix no real eigenvalue that is negative or 0. All entries
        /// are NaN where there is no root, or where no digit of it can be computed.
        /// </summary>
        /// <remarks>
        /// dA need not be symmetric. At an eigenvalue of 0 derivatives are infinite or NaN. All entries are NaN where one of A is NaN or
        /// infinite. Cost: that of symmetricFunction for a symmetric matrix, some ten inverses for others (Denman and Beavers 1976).
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">The matrix is not square.</exception>
        let squareRoot (a: Tensor) : Tensor =
            expectSquare "squareRoot" a
            if a.Length = 0 then
                a
            elif isSymmetric a.Value then
                MatrixFunctionDerivative.Of(MatrixFunction("squareRoot", Real.Sqrt, Eigenvalues.NotNegative), [| a |])
            else
                let struct (root, _) = balanced 1 SquareRoot.Of a
                root

        /// <summary>
        /// The principal logarithm X of a matrix: e^X = A. A symmetric matrix must have positive eigenvalues (one of rounding size, 8 n
        /// 2^-52 of the largest, counts as 0), any other matrix no real eigenvalue that is negative or 0. All entries are NaN where there
        /// is no logarithm, or where no digit of it can be computed.
        /// </summary>
        /// <remarks>
        /// All entries are NaN where one of A is NaN or infinite. Cost: that of symmetricFunction for a symmetric matrix; for others, by
        /// inverse scaling and squaring (Kenney and Laub 1989), some ten inverses for each of about five square roots.
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">The matrix is not square.</exception>
        let logarithm (a: Tensor) : Tensor =
            expectSquare "logarithm" a
            if a.Length = 0 then
                a
            elif not (isFinite a) then
                undefined a
            elif isSymmetric a.Value then
                MatrixFunctionDerivative.Of(MatrixFunction("logarithm", Real.Log, Eigenvalues.Positive), [| a |])
            else
                let struct (log, size) = balanced 0 scaledLogarithm a
                if size = 0 then log else log + (float size * Math.Log 2.0) * Tensor.identity a.Dimensions[0]
