using Core = FuncAD.TensorReductions.Tensor;
using Losses = FuncAD.TensorLosses.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor x)
    {
        /// <inheritdoc cref="Core.sum"/>
        public Real Sum() => Core.sum(x);

        /// <summary>The sums over axes, which the result does not have.</summary>
        public Tensor SumOver(params int[] axes) => Core.sumOver(axes, x);

        /// <summary>The sums over axes: <see cref="SumOver"/> under a shorter name. <c>x.Sum(0)</c> of a matrix has an element for each column.</summary>
        public Tensor Sum(int axis, params int[] others) => Core.sumOver([axis, .. others], x);

        /// <summary>The mean of all elements.</summary>
        public Real Mean() => Core.mean(x);

        /// <inheritdoc cref="Core.meanOver"/>
        public Tensor MeanOver(params int[] axes) => Core.meanOver(axes, x);

        /// <summary>The means over axes: <see cref="MeanOver"/> under a shorter name. <c>x.Mean(0)</c> of a matrix has an element for each column.</summary>
        public Tensor Mean(int axis, params int[] others) => Core.meanOver([axis, .. others], x);

        /// <summary>The variance of all elements, with n - delta as divisor: 0 for a population, 1 for a sample.</summary>
        public Real Variance(int delta = 0) => Core.variance(delta, x);

        /// <summary>The variances over axes, with n - delta as divisor.</summary>
        public Tensor VarianceOver(int delta, params int[] axes) => Core.varianceOver(delta, axes, x);

        /// <summary>The product of all elements; its derivatives are exact beside zeros, too.</summary>
        public Real Product() => Core.product(x);

        /// <summary>The products over an axis.</summary>
        public Tensor ProductOver(int axis) => Core.productOver(axis, x);

        /// <summary>The products over an axis: <see cref="ProductOver"/> under a shorter name.</summary>
        public Tensor Product(int axis) => Core.productOver(axis, x);

        /// <inheritdoc cref="Core.cumulativeSum"/>
        public Tensor CumulativeSum(int axis) => Core.cumulativeSum(axis, x);

        /// <summary>The largest element; elements that tie share the slope equally.</summary>
        /// <exception cref="ArgumentException">There are no elements.</exception>
        public Real Max() => Core.max(x);

        /// <summary>The largest elements over axes.</summary>
        public Tensor MaxOver(params int[] axes) => Core.maxOver(axes, x);

        /// <summary>The largest elements over axes: <see cref="MaxOver"/> under a shorter name. <c>x.Max(0)</c> of a matrix has an element for each column.</summary>
        public Tensor Max(int axis, params int[] others) => Core.maxOver([axis, .. others], x);

        /// <summary>The smallest element; elements that tie share the slope equally.</summary>
        /// <exception cref="ArgumentException">There are no elements.</exception>
        public Real Min() => Core.min(x);

        /// <summary>The smallest elements over axes.</summary>
        public Tensor MinOver(params int[] axes) => Core.minOver(axes, x);

        /// <summary>The smallest elements over axes: <see cref="MinOver"/> under a shorter name. <c>x.Min(0)</c> of a matrix has an element for each column.</summary>
        public Tensor Min(int axis, params int[] others) => Core.minOver([axis, .. others], x);

        /// <summary>Where the first of the largest elements of each row along an axis stands.</summary>
        public int[] ArgMax(int axis) => Core.argMax(axis, x);

        /// <summary>Where the first of the smallest elements of each row along an axis stands.</summary>
        public int[] ArgMin(int axis) => Core.argMin(axis, x);

        /// <inheritdoc cref="Core.logSumExp"/>
        public Real LogSumExp() => Core.logSumExp(x);

        /// <summary>log of the sum of e^x over an axis, without overflow.</summary>
        public Tensor LogSumExpOver(int axis) => Core.logSumExpOver(axis, x);

        /// <summary>log of the sums of e^x over an axis: <see cref="LogSumExpOver"/> under a shorter name.</summary>
        public Tensor LogSumExp(int axis) => Core.logSumExpOver(axis, x);

        /// <summary>log of the softmax over an axis, accurate where the softmax itself is 0.</summary>
        public Tensor LogSoftmax(int axis) => Core.logSoftmax(axis, x);

        /// <summary>e^x divided by its sum over an axis.</summary>
        public Tensor Softmax(int axis) => Core.softmax(axis, x);

        /// <summary>The square root of the sum of squares, without overflow; derivative x / norm, and 0 at the origin, where second derivatives are NaN.</summary>
        public Real Norm() => Core.norm(x);

        /// <summary>The mean of -log softmax at the label of each row of logits.</summary>
        /// <exception cref="ArgumentException">There is not one label for each row.</exception>
        public Real CrossEntropy(params int[] labels) => Losses.crossEntropy(labels, x);

        /// <summary>The mean of -log of the probability of targets between 0 and 1, for logits.</summary>
        public Real BinaryCrossEntropy(Tensor targets) => Losses.binaryCrossEntropy(targets, x);

        /// <summary>The mean of (x - target)^2.</summary>
        public Real MeanSquaredError(Tensor targets) => Losses.meanSquaredError(targets, x);
    }
}
