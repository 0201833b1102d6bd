using System.Numerics;
using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using MoreLinq;
using UnitsNet.GenericMath;
using Tensors = System.Numerics.Tensors.Tensor;

namespace FuncAD.Generic.Tests;

/// <summary>Calls of generic code of others, as functions of some numbers, for any type of number.</summary>
public static class Calls<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private delegate void Elementwise(ReadOnlySpan<T> x, Span<T> y);

    private delegate void Elementwise2(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y);

    /// <summary>By name, with the library first. Arguments have an even number of entries; calls of two vectors take the halves.</summary>
    public static IReadOnlyDictionary<string, Func<T[], T>> All { get; } =
        new Dictionary<string, Func<T[], T>>
        {
            // ---- System.Numerics.Tensors: TensorPrimitives ----
            ["TensorPrimitives.Sum"] = x => TensorPrimitives.Sum<T>(x),
            ["TensorPrimitives.SumOfSquares"] = x => TensorPrimitives.SumOfSquares<T>(x),
            ["TensorPrimitives.SumOfMagnitudes"] = x => TensorPrimitives.SumOfMagnitudes<T>(x),
            ["TensorPrimitives.Product"] = x => TensorPrimitives.Product<T>(x),
            ["TensorPrimitives.ProductOfSums"] = x => TensorPrimitives.ProductOfSums<T>(First(x), Second(x)),
            ["TensorPrimitives.Average"] = x => TensorPrimitives.Average<T>(x),
            ["TensorPrimitives.StdDev"] = x => TensorPrimitives.StdDev<T>(x),
            ["TensorPrimitives.Norm"] = x => TensorPrimitives.Norm<T>(x),
            ["TensorPrimitives.Dot"] = x => TensorPrimitives.Dot<T>(First(x), Second(x)),
            ["TensorPrimitives.Distance"] = x => TensorPrimitives.Distance<T>(First(x), Second(x)),
            ["TensorPrimitives.CosineSimilarity"] = x => TensorPrimitives.CosineSimilarity<T>(First(x), Second(x)),
            ["TensorPrimitives.Max"] = x => TensorPrimitives.Max<T>(x),
            ["TensorPrimitives.Min"] = x => TensorPrimitives.Min<T>(x),
            ["TensorPrimitives.MaxMagnitude"] = x => TensorPrimitives.MaxMagnitude<T>(x),
            ["TensorPrimitives.SoftMax"] = x => Weighed(x, (a, y) => TensorPrimitives.SoftMax(a, y)),
            ["TensorPrimitives.Sigmoid"] = x => Weighed(x, (a, y) => TensorPrimitives.Sigmoid(a, y)),
            ["TensorPrimitives.Exp"] = x => Weighed(x, (a, y) => TensorPrimitives.Exp(a, y)),
            ["TensorPrimitives.Log"] = x => Weighed(x, (a, y) => TensorPrimitives.Log(a, y)),
            ["TensorPrimitives.Sqrt"] = x => Weighed(x, (a, y) => TensorPrimitives.Sqrt(a, y)),
            ["TensorPrimitives.Cbrt"] = x => Weighed(x, (a, y) => TensorPrimitives.Cbrt(a, y)),
            ["TensorPrimitives.Sin"] = x => Weighed(x, (a, y) => TensorPrimitives.Sin(a, y)),
            ["TensorPrimitives.Cos"] = x => Weighed(x, (a, y) => TensorPrimitives.Cos(a, y)),
            ["TensorPrimitives.Tanh"] = x => Weighed(x, (a, y) => TensorPrimitives.Tanh(a, y)),
            ["TensorPrimitives.Atan"] = x => Weighed(x, (a, y) => TensorPrimitives.Atan(a, y)),
            ["TensorPrimitives.Abs"] = x => Weighed(x, (a, y) => TensorPrimitives.Abs(a, y)),
            ["TensorPrimitives.Negate"] = x => Weighed(x, (a, y) => TensorPrimitives.Negate(a, y)),
            ["TensorPrimitives.Reciprocal"] = x => Weighed(x, (a, y) => TensorPrimitives.Reciprocal(a, y)),
            ["TensorPrimitives.Add"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Add(a, b, y)),
            ["TensorPrimitives.Subtract"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Subtract(a, b, y)),
            ["TensorPrimitives.Multiply"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Multiply(a, b, y)),
            ["TensorPrimitives.Divide"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Divide(a, b, y)),
            ["TensorPrimitives.Pow"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Pow(a, b, y)),
            ["TensorPrimitives.Hypot"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Hypot(a, b, y)),
            ["TensorPrimitives.Atan2"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Atan2(a, b, y)),
            ["TensorPrimitives.Max of two"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Max(a, b, y)),
            ["TensorPrimitives.MultiplyAdd"] = x => Weighed(x, (a, b, y) => TensorPrimitives.MultiplyAdd(a, b, a, y)),
            ["TensorPrimitives.FusedMultiplyAdd"] = x => Weighed(x, (a, b, y) => TensorPrimitives.FusedMultiplyAdd(a, b, a, y)),
            ["TensorPrimitives.Lerp"] = x => Weighed(x, (a, b, y) => TensorPrimitives.Lerp(a, b, b, y)),
            // ---- System.Numerics.Tensors: Tensor<T> ----
            ["Tensor<T>.Sum"] = x => Tensors.Sum<T>(Tensors.Create(x)),
            ["Tensor<T>.Average"] = x => Tensors.Average<T>(Tensors.Create(x)),
            ["Tensor<T>.Norm"] = x => Tensors.Norm<T>(Tensors.Create(x)),
            ["Tensor<T>.Dot"] = x => Tensors.Dot<T>(Tensors.Create(First(x)), Tensors.Create(Second(x))),
            ["Tensor<T>.Multiply by a row"] = x =>
                Tensors.Sum<T>(Tensors.Multiply<T>(Tensors.Create(x, [2, x.Length / 2]), Tensors.Create(First(x), [1, x.Length / 2]))),
            // ---- the base class library ----
            ["LINQ Aggregate"] = x => x.Aggregate(T.One, (product, next) => product * (T.One + next)),
            ["LINQ Max"] = x => x.Max(),
            ["LINQ Order"] = x => Weighed(x.Order().ToArray()),
            ["Array.Sort"] = x => Weighed(Sorted(x)),
            ["T.Clamp"] = x => T.Clamp(x[0], T.Zero, x[^1]),
            ["T.Lerp"] = x => T.Lerp(x[0], x[1], x[^1]),
            // ---- other packages ----
            ["MoreLinq Sequence"] = x => Weighed(MoreEnumerable.Sequence(x[0], x[0] + T.CreateChecked(3.5) * x[1], x[1]).ToArray()),
            ["MoreLinq Scan"] = x => Weighed(x.Scan((sum, next) => sum * next + sum).ToArray()),
            ["MoreLinq Window"] = x => Weighed(x.Window(2).Select(pair => T.Sqrt(pair[0] * pair[1])).ToArray()),
            ["MoreLinq Pairwise"] = x => Weighed(x.Pairwise((a, b) => T.Log(b / a)).ToArray()),
            ["UnitsNet Sum"] = x => GenericMathExtensions.Sum<T>(x),
            ["HighPerformance Span2D"] = x => Trace(new Span2D<T>(x, 2, x.Length / 2)),
        };

    private static T[] First(T[] x) => x[..(x.Length / 2)];

    private static T[] Second(T[] x) => x[(x.Length / 2)..];

    private static T[] Sorted(T[] x)
    {
        var sorted = x.ToArray();
        Array.Sort(sorted);
        return sorted;
    }

    /// <summary>y0 + 2 y1 + 3 y2 + ..., which tells every entry apart.</summary>
    private static T Weighed(ReadOnlySpan<T> y)
    {
        var sum = T.Zero;
        for (var i = 0; i < y.Length; i++)
            sum += T.CreateChecked(i + 1) * y[i];
        return sum;
    }

    private static T Weighed(T[] x, Elementwise f)
    {
        var y = new T[x.Length];
        f(x, y);
        return Weighed(y);
    }

    private static T Weighed(T[] x, Elementwise2 f)
    {
        var y = new T[x.Length / 2];
        f(First(x), Second(x), y);
        return Weighed(y);
    }

    private static T Trace(Span2D<T> matrix)
    {
        var sum = T.Zero;
        for (var i = 0; i < matrix.Height; i++)
            sum += matrix[i, i] * matrix[i, i];
        return sum;
    }
}
