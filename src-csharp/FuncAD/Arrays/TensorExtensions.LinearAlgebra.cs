using Decompositions = FuncAD.TensorDecompositions.Tensor;
using Determinants = FuncAD.TensorDeterminants.Tensor;
using Roots = FuncAD.TensorRoots.Tensor;
using Solving = FuncAD.TensorSolving.Tensor;
using SymmetricFunctions = FuncAD.TensorSymmetricFunctions.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor a)
    {
        /// <summary>X with A X = B, by LU decomposition; B is a vector or a matrix. All entries are NaN where one of A is NaN or infinite.</summary>
        /// <exception cref="ArgumentException">A is singular, or the shapes do not fit.</exception>
        public Tensor Solve(Tensor b) => Solving.solve(a, b);

        /// <inheritdoc cref="Solving.solveLower"/>
        public Tensor SolveLower(Tensor b) => Solving.solveLower(a, b);

        /// <inheritdoc cref="Solving.solveUpper"/>
        public Tensor SolveUpper(Tensor b) => Solving.solveUpper(a, b);

        /// <summary>The inverse matrix. To solve equations, Solve is faster and more accurate.</summary>
        /// <exception cref="ArgumentException">The matrix is singular or not square.</exception>
        public Tensor Inverse() => Solving.inverse(a);

        /// <inheritdoc cref="Determinants.determinant"/>
        public Real Determinant() => Determinants.determinant(a);

        /// <inheritdoc cref="Determinants.logDeterminant"/>
        public Real LogDeterminant() => Determinants.logDeterminant(a);

        /// <inheritdoc cref="Determinants.trace"/>
        public Real Trace() => Determinants.trace(a);

        /// <summary>The lower triangular L with L L^T = (A + A^T) / 2.</summary>
        /// <exception cref="ArgumentException">The matrix is not square, or not positive definite up to rounding.</exception>
        public Tensor Cholesky() => Decompositions.cholesky(a);

        /// <summary>
        /// Q with orthonormal columns and an upper triangular R with a positive diagonal, A = Q R. Where the columns of A are linearly dependent up to
        /// rounding, all derivatives are NaN.
        /// </summary>
        /// <exception cref="ArgumentException">There are fewer rows than columns.</exception>
        public (Tensor Q, Tensor R) Qr() => Decompositions.qr(a);

        /// <summary>
        /// The eigenvalues, ascending, and orthonormal eigenvectors of (A + A^T) / 2. At eigenvalues that are equal up to rounding the derivatives of
        /// the vectors are NaN, and so is what is computed from them; use SymmetricFunction there.
        /// </summary>
        public (Tensor Values, Tensor Vectors) EigenSymmetric() => Decompositions.eigenSymmetric(a);

        /// <summary>The thin singular value decomposition A = U diag(s) V^T, s descending. What holds at repeated values is as for eigenvalues.</summary>
        public (Tensor U, Tensor S, Tensor V) Svd() => Decompositions.svd(a);

        /// <summary>The x that minimises |A x - b|, for a matrix of full column rank, by QR decomposition.</summary>
        /// <exception cref="ArgumentException">The columns are linearly dependent up to rounding, or the shapes do not fit.</exception>
        public Tensor LeastSquares(Tensor b) => Decompositions.leastSquares(a, b);

        /// <summary>The matrix exponential e^A, by scaling and squaring with a Pade approximant (Higham 2005).</summary>
        public Tensor MatrixExponential() => TensorExponential.Tensor.matrixExponential(a);

        /// <summary>
        /// f of the symmetric matrix (A + A^T) / 2: V diag(f(w)) V^T with its eigenvalues w and eigenvectors V. Derivatives of every order, by divided
        /// differences of f (Daleckii and Krein 1965), are right at repeated and close eigenvalues, too.
        /// </summary>
        /// <exception cref="ArgumentException">The matrix is not square, or f uses a number that is being differentiated besides its argument.</exception>
        public Tensor SymmetricFunction(Func<Real, Real> f)
        {
            ArgumentNullException.ThrowIfNull(f);
            return SymmetricFunctions.symmetricFunction(f.ToFSharp(), a);
        }

        /// <summary>
        /// The principal square root X, X X = A, of a symmetric matrix without negative eigenvalues, or of another one without real eigenvalues that are
        /// negative or 0; NaN where there is none.
        /// </summary>
        /// <exception cref="ArgumentException">The matrix is not square.</exception>
        public Tensor SquareRoot() => Roots.squareRoot(a);

        /// <summary>
        /// The principal logarithm X, e^X = A, of a symmetric matrix with positive eigenvalues, or of another one without real eigenvalues that are
        /// negative or 0; NaN where there is none (or infinite, at an eigenvalue of 0).
        /// </summary>
        /// <exception cref="ArgumentException">The matrix is not square.</exception>
        public Tensor Logarithm() => Roots.logarithm(a);
    }
}
