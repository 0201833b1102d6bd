using System.Runtime.CompilerServices;
using MathNet.Numerics.LinearAlgebra;
using Core = FuncAD.TensorConstruction.Tensor;
using Movement = FuncAD.TensorMovement.Tensor;

namespace FuncAD;

/// <summary>The functions of tensors that are not elementwise: <c>Tensor.Zeros(2, 3)</c>, <c>x.Sum()</c>, <c>a.MatMul(b)</c>.</summary>
public static partial class TensorExtensions
{
    extension(Tensor)
    {
        /// <summary>A vector; its elements are copied.</summary>
        [OverloadResolutionPriority(1)] // so that [1.0, 2.0] is a vector, and not the elements of a tensor without axes
        public static Tensor Of(params double[] elements) => Core.ofArray(elements);

        /// <summary>A tensor of a shape from its elements in row-major order, which are copied; a vector without a shape.</summary>
        /// <exception cref="ArgumentException">The number of elements does not fit the shape.</exception>
        public static Tensor Of(ReadOnlySpan<double> elements, params int[] shape) =>
            Core.create(shape is [] ? [elements.Length] : shape, elements.ToArray());

        /// <summary>A matrix.</summary>
        public static Tensor Of(double[,] elements) => Core.ofNested(elements);

        /// <inheritdoc cref="Core.ofRows"/>
        public static Tensor Of(double[][] rows) => Core.ofRows(rows);

        /// <summary>A tensor with three axes.</summary>
        public static Tensor Of(double[,,] elements) => Core.ofNested(elements);

        /// <summary>A tensor with four axes.</summary>
        public static Tensor Of(double[,,,] elements) => Core.ofNested(elements);

        /// <summary>A vector of numbers of any type: <c>float[]</c>, a list of <c>int</c>, a query.</summary>
        /// <remarks>Each is converted to double, and rounded where that has fewer digits.</remarks>
        public static Tensor Of<T>(IEnumerable<T> elements)
            where T : System.Numerics.INumberBase<T>
        {
            ArgumentNullException.ThrowIfNull(elements);
            return Core.ofArray(elements.Select(double.CreateChecked).ToArray());
        }

        /// <summary>A tensor of a shape from numbers of any type in row-major order; a vector without a shape.</summary>
        /// <exception cref="ArgumentException">The number of elements does not fit the shape.</exception>
        [OverloadResolutionPriority(-1)] // so that [1, 2, 3, 4] is of doubles
        public static Tensor Of<T>(ReadOnlySpan<T> elements, params int[] shape)
            where T : System.Numerics.INumberBase<T>
        {
            var values = new double[elements.Length];
            for (var i = 0; i < values.Length; i++)
                values[i] = double.CreateChecked(elements[i]);
            return Core.create(shape is [] ? [values.Length] : shape, values);
        }

        /// <summary>A matrix of numbers of any type, such as <c>float[,]</c>.</summary>
        public static Tensor Of<T>(T[,] elements)
            where T : System.Numerics.INumberBase<T>
        {
            ArgumentNullException.ThrowIfNull(elements);
            return Core.create([elements.GetLength(0), elements.GetLength(1)], elements.Cast<T>().Select(double.CreateChecked));
        }

        /// <summary>Numbers as a vector, as <see cref="Stack(Real[])"/>; derivatives pass.</summary>
        public static Tensor Of(params Real[] numbers) => Core.stack(numbers);

        /// <summary>Numbers as a vector, as <see cref="Stack(Real[])"/>; derivatives pass.</summary>
        public static Tensor Of(IEnumerable<Real> numbers) => Core.stack(numbers);

        /// <summary>Numbers as a matrix, as <see cref="Stack(Real[,])"/>; derivatives pass.</summary>
        public static Tensor Of(Real[,] numbers) => Core.stack2D(numbers);

        /// <inheritdoc cref="Core.ofVector"/>
        public static Tensor Of(Vector<double> vector) => Core.ofVector(vector);

        /// <summary>
        /// A matrix of MathNet.Numerics: a copy, as its dense matrices lie column by column; with a single row or column it shares its
        /// array.
        /// </summary>
        public static Tensor Of(Matrix<double> matrix) => Core.ofMatrix(matrix);

        /// <summary>A tensor of one value everywhere.</summary>
        public static Tensor Full(double value, params int[] shape) => Core.full(shape, value);

        /// <inheritdoc cref="Core.zeros"/>
        public static Tensor Zeros(params int[] shape) => Core.zeros(shape);

        /// <inheritdoc cref="Core.ones"/>
        public static Tensor Ones(params int[] shape) => Core.ones(shape);

        /// <inheritdoc cref="Core.identity"/>
        public static Tensor Identity(int n) => Core.identity(n);

        /// <summary>start, start + step, ... before stop.</summary>
        public static Tensor Range(double start, double stop, double step = 1) => Core.range(start, stop, step);

        /// <summary><c>count</c> evenly spaced numbers from start to stop, both included.</summary>
        public static Tensor Linspace(double start, double stop, int count) => Core.linspace(start, stop, count);

        /// <inheritdoc cref="Core.oneHot"/>
        public static Tensor OneHot(int classes, params int[] labels) => Core.oneHot(classes, labels);

        /// <inheritdoc cref="Core.uniform"/>
        public static Tensor Uniform(int seed, double low, double high, params int[] shape) => Core.uniform(seed, low, high, shape);

        /// <inheritdoc cref="Core.normal"/>
        public static Tensor Normal(int seed, double mean, double deviation, params int[] shape) =>
            Core.normal(seed, mean, deviation, shape);

        /// <inheritdoc cref="Core.stack"/>
        public static Tensor Stack(params Real[] numbers) => Core.stack(numbers);

        /// <summary>Numbers as a matrix; derivatives pass.</summary>
        public static Tensor Stack(Real[,] numbers) => Core.stack2D(numbers);

        /// <inheritdoc cref="Movement.stackAlong"/>
        public static Tensor Stack(int axis, params Tensor[] tensors) => Movement.stackAlong(axis, tensors);
    }

    extension(Tensor x)
    {
        /// <inheritdoc cref="Core.toReals"/>
        public Real[] ToReals() => Core.toReals(x);

        /// <summary>The values of a matrix.</summary>
        public double[,] ToArray2D() => Core.toArray2D(x);

        /// <inheritdoc cref="Core.toVector"/>
        public Vector<double> ToVector() => Core.toVector(x);

        /// <summary>The values as a dense matrix of MathNet.Numerics: a copy, unless there is a single row or column.</summary>
        public Matrix<double> ToMatrix() => Core.toMatrix(x);
    }
}
