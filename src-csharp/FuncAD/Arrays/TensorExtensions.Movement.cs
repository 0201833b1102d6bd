using Core = FuncAD.TensorMovement.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor)
    {
        /// <summary>Tensors one after the other along an axis; their other axes agree.</summary>
        public static Tensor Concatenate(int axis, params Tensor[] tensors) => Core.concatenate(axis, tensors);

        /// <summary>a where a mask is not 0, b elsewhere; the three broadcast. What is not chosen contributes nothing, be it NaN or infinite.</summary>
        public static Tensor Where(Tensor mask, Tensor a, Tensor b) => Core.where(mask, a, b);
    }

    extension(Tensor x)
    {
        /// <summary>The same elements under another shape; one length may be -1, and is what is left. Costs nothing.</summary>
        /// <exception cref="ArgumentException">The number of elements differs.</exception>
        public Tensor Reshape(params int[] shape) => Core.reshape(shape, x);

        /// <summary>All elements as a vector.</summary>
        public Tensor Flatten() => Core.flatten(x);

        /// <summary>The axes in another order: result axis i is axis order[i].</summary>
        public Tensor Permute(params int[] order) => Core.permute(order, x);

        /// <summary>Two axes exchanged.</summary>
        public Tensor SwapAxes(int a, int b) => Core.swapAxes(a, b, x);

        /// <summary>A matrix transposed; of a batch, each matrix.</summary>
        public Tensor Transpose() => Core.transpose(x);

        /// <summary>Without the axes of length 1.</summary>
        public Tensor Squeeze() => Core.squeeze(x);

        /// <summary>With a new axis of length 1 at a place of the result; -1 appends it.</summary>
        public Tensor ExpandDims(int axis) => Core.expandDims(axis, x);

        /// <summary>Repeated along axes of length 1 and new leading axes, by NumPy's rules.</summary>
        public Tensor BroadcastTo(params int[] shape) => Core.broadcastTo(shape, x);

        /// <summary>Elements start, start + step, ... of an axis, before stop; <c>t[1..3, ..]</c> is shorter where the step is 1.</summary>
        public Tensor Slice(int axis, int start, int stop, int step = 1) => Core.slice(axis, start, stop, step, x);

        /// <summary>An axis in reverse.</summary>
        public Tensor Flip(int axis) => Core.flip(axis, x);

        /// <summary>Slices of an axis by their indices; one may be taken more than once.</summary>
        public Tensor Gather(int axis, params int[] indices) => Core.gather(axis, indices, x);

        /// <summary>Zeros of a given length along an axis, to which the slices are added at their indices.</summary>
        public Tensor ScatterAdd(int axis, int[] indices, int length) => Core.scatterAdd(axis, indices, length, x);

        /// <summary>One element of each row of a matrix, by its column.</summary>
        public Tensor Pick(params int[] columns) => Core.pick(columns, x);

        /// <summary>Parts of given lengths, one after the other along an axis.</summary>
        public Tensor[] Split(int axis, params int[] lengths) => Core.split(axis, lengths, x);

        /// <summary>Zeros around a tensor: for each axis, how many before and how many after.</summary>
        public Tensor Pad(params (int Before, int After)[] widths) =>
            Core.pad(widths.Select(width => Tuple.Create(width.Before, width.After)), x);

        /// <summary>The diagonal of a matrix; of a batch, of each matrix.</summary>
        public Tensor Diagonal() => Core.diagonal(x);

        /// <summary>The square matrix with a vector on its diagonal; of a batch of vectors, a batch of matrices.</summary>
        public Tensor DiagonalMatrix() => Core.diagonalMatrix(x);

        /// <summary>The lower triangle up to a diagonal, and zeros above.</summary>
        public Tensor LowerTriangle(int diagonal = 0) => Core.lowerTriangle(diagonal, x);

        /// <summary>The upper triangle from a diagonal on, and zeros below.</summary>
        public Tensor UpperTriangle(int diagonal = 0) => Core.upperTriangle(diagonal, x);
    }
}
