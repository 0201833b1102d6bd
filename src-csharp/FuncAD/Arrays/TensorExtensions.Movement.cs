using Core = FuncAD.TensorMovement.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor)
    {
        /// <inheritdoc cref="Core.concatenate"/>
        public static Tensor Concatenate(int axis, params Tensor[] tensors) => Core.concatenate(axis, tensors);

        /// <summary>
        /// a where a mask is not 0, b elsewhere; the three broadcast. An element not chosen contributes nothing, even if NaN.
        /// </summary>
        public static Tensor Where(Tensor mask, Tensor a, Tensor b) => Core.where(mask, a, b);
    }

    extension(Tensor x)
    {
        /// <inheritdoc cref="Core.reshape"/>
        public Tensor Reshape(params int[] shape) => Core.reshape(shape, x);

        /// <inheritdoc cref="Core.flatten"/>
        public Tensor Flatten() => Core.flatten(x);

        /// <inheritdoc cref="Core.permute"/>
        public Tensor Permute(params int[] order) => Core.permute(order, x);

        /// <inheritdoc cref="Core.swapAxes"/>
        public Tensor SwapAxes(int a, int b) => Core.swapAxes(a, b, x);

        /// <inheritdoc cref="Core.transpose"/>
        public Tensor Transpose() => Core.transpose(x);

        /// <summary>The transpose of a matrix, or of each matrix of a batch: <see cref="Transpose"/> as a property.</summary>
        public Tensor T => Core.transpose(x);

        /// <inheritdoc cref="Core.squeeze"/>
        public Tensor Squeeze() => Core.squeeze(x);

        /// <inheritdoc cref="Core.expandDims"/>
        public Tensor ExpandDims(int axis) => Core.expandDims(axis, x);

        /// <summary>Repeated along axes of length 1 and new leading axes, by NumPy's rules.</summary>
        public Tensor BroadcastTo(params int[] shape) => Core.broadcastTo(shape, x);

        /// <summary>Elements start, start + step, ... of an axis, before stop; <c>t[1..3, ..]</c> is shorter where the step is 1.</summary>
        public Tensor Slice(int axis, int start, int stop, int step = 1) => Core.slice(axis, start, stop, step, x);

        /// <inheritdoc cref="Core.flip"/>
        public Tensor Flip(int axis) => Core.flip(axis, x);

        /// <summary>Slices of an axis by their indices; one may be taken more than once.</summary>
        public Tensor Gather(int axis, params int[] indices) => Core.gather(axis, indices, x);

        /// <summary>Zeros of a given length along an axis, to which the slices are added at their indices.</summary>
        public Tensor ScatterAdd(int axis, int[] indices, int length) => Core.scatterAdd(axis, indices, length, x);

        /// <summary>One element of each row of a matrix, by its column.</summary>
        public Tensor Pick(params int[] columns) => Core.pick(columns, x);

        /// <inheritdoc cref="Core.split"/>
        public Tensor[] Split(int axis, params int[] lengths) => Core.split(axis, lengths, x);

        /// <inheritdoc cref="Core.pad"/>
        public Tensor Pad(params (int Before, int After)[] widths) =>
            Core.pad(widths.Select(width => Tuple.Create(width.Before, width.After)), x);

        /// <inheritdoc cref="Core.diagonal"/>
        public Tensor Diagonal() => Core.diagonal(x);

        /// <inheritdoc cref="Core.diagonalMatrix"/>
        public Tensor DiagonalMatrix() => Core.diagonalMatrix(x);

        /// <summary>The lower triangle up to a diagonal, and zeros above.</summary>
        public Tensor LowerTriangle(int diagonal = 0) => Core.lowerTriangle(diagonal, x);

        /// <summary>The upper triangle from a diagonal on, and zeros below.</summary>
        public Tensor UpperTriangle(int diagonal = 0) => Core.upperTriangle(diagonal, x);
    }
}
