using Core = FuncAD.TensorContractions.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor)
    {
        /// <summary>
        /// Einstein's summation: <c>Tensor.Einsum("ij,jk->ik", a, b)</c> is the matrix product. Letters that are not in the result are summed over.
        /// </summary>
        /// <exception cref="ArgumentException">The text cannot be read, or does not fit the shapes.</exception>
        public static Tensor Einsum(string subscripts, params Tensor[] operands) =>
            operands.Length == 2 ? Core.einsum(subscripts, operands[0], operands[1]) : Core.einsumOf(subscripts, operands);
    }

    extension(Tensor a)
    {
        /// <summary>The sum of a_i b_i over two vectors of one length.</summary>
        public Real Dot(Tensor b) => Core.dot(a, b);

        /// <summary>
        /// The matrix product by NumPy's rules: axes before the last two are a batch and broadcast; a vector is a row on the left and a column on
        /// the right. Cost: that of BLAS's gemm.
        /// </summary>
        /// <exception cref="ArgumentException">The lengths that are summed over differ, or the batches do not broadcast.</exception>
        public Tensor MatMul(Tensor b) => Core.matmul(a, b);

        /// <summary>The matrix product of operands that are transposed where the flag is set; nothing is copied for that.</summary>
        public Tensor MatMulTransposed(Tensor b, bool transposeA, bool transposeB) => Core.matmulTransposed(transposeA, transposeB, a, b);

        /// <summary>Every element of a times every element of b.</summary>
        public Tensor Outer(Tensor b) => Core.outer(a, b);
    }
}
