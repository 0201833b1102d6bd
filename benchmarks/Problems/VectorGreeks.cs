using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// The five Greeks of many European calls as one would write them by hand for speed: eight options at a time in the columns of the batch. It saves the
/// second density by s phi(d1) = k e^(-r t) phi(d2).
/// </summary>
public static class VectorGreeks
{
    private const int Inputs = 5,
        Lanes = 8;

    /// <summary>Where the variable of the polynomial is 0.</summary>
    private const double Middle = 4;

    /// <summary>All options of an instance; columns are filled up with the last one to a multiple of the lanes.</summary>
    public static Evaluation Prepare(Instance instance, Func<double[]> prices)
    {
        var count = instance.Dimension(0);
        var padded = (count + Lanes - 1) / Lanes * Lanes;
        double[] rows = [.. instance.X, .. Enumerable.Repeat(instance.X[^Inputs..], padded - count).SelectMany(option => option)];
        var columns = CompiledForms.Transpose(rows, padded);
        var greeks = new double[columns.Length];
        return new(
            prices,
            () =>
            {
                Run(columns, greeks, 0, padded);
                return greeks;
            }
        )
        {
            OrderDerivative = greeks => CompiledForms.Transpose(greeks, Inputs)[..instance.X.Length],
        };
    }

    /// <summary>Options first .. first + count - 1 of as many as the columns are long; count is a multiple of 8.</summary>
    public static void Run(double[] inputs, double[] greeks, int first, int count)
    {
        var length = inputs.Length / Inputs;
        ArgumentOutOfRangeException.ThrowIfNotEqual(greeks.Length, inputs.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(count % Lanes, 0);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, length);
        ref double input = ref MemoryMarshal.GetArrayDataReference(inputs),
            greek = ref MemoryMarshal.GetArrayDataReference(greeks);
        nuint column = (nuint)length;
        var half = Vector512.Create(0.5);
        for (nuint i = (nuint)first, end = (nuint)(first + count); i < end; i += Lanes)
        {
            var s = Vector512.LoadUnsafe(ref input, i);
            var k = Vector512.LoadUnsafe(ref input, column + i);
            var r = Vector512.LoadUnsafe(ref input, 2 * column + i);
            var v = Vector512.LoadUnsafe(ref input, 3 * column + i);
            var t = Vector512.LoadUnsafe(ref input, 4 * column + i);
            var root = Vector512.Sqrt(t);
            var deviation = v * root;
            var d1 = Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(half * v, v, r), t, Vector512.Log(s / k)) / deviation;
            var d2 = d1 - deviation;
            var discount = Vector512.Exp(-r * t);
            var bell1 = Vector512.Exp(-half * d1 * d1);
            var bell2 = s * bell1 / (k * discount);
            var discounted = discount * Cdf(d2, bell2);
            var vega = s * bell1 * root * (1 / Math.Sqrt(Math.Tau));
            Cdf(d1, bell1).StoreUnsafe(ref greek, i);
            (-discounted).StoreUnsafe(ref greek, column + i);
            var owed = k * discounted;
            (owed * t).StoreUnsafe(ref greek, 2 * column + i);
            vega.StoreUnsafe(ref greek, 3 * column + i);
            Vector512.FusedMultiplyAdd(half * vega, v / t, owed * r).StoreUnsafe(ref greek, 4 * column + i);
        }
    }

    /// <summary>
    /// Phi(x), from e^(-x^2 / 2). With x &gt; 0, e^(x^2 / 2) (x + 4) Phi(-x) is taken for a polynomial in u = (x - 4) / (x + 4), which interpolates it at
    /// Chebyshev's points (computed with 60 digits) and is within 1.6e-13 of its value. Even and odd powers are two chains, so that the processor need not wait.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Cdf(Vector512<double> x, Vector512<double> bell)
    {
        var size = Vector512.Abs(x);
        var inverse = Vector512<double>.One / (size + Vector512.Create(Middle));
        var u = (size - Vector512.Create(Middle)) * inverse;
        var square = u * u;
        Vector512<double> even = Vector512.Create(-2.4521606542486893e-08),
            odd = Vector512.Create(-8.5959873679781e-08);
        even = Next(Next(Next(even, square, 1.7074802178643077e-07), square, -5.299447039138972e-07), square, 6.557790640677969e-07);
        odd = Next(Next(Next(odd, square, 8.854372183072141e-07), square, -5.773967308620141e-06), square, 3.5051019921570904e-05);
        even = Next(Next(Next(even, square, -1.8852943525889844e-06), square, 0.0001333391542488093), square, -0.0034796917338488545);
        odd = Next(Next(Next(odd, square, -0.00023105853076267613), square, 0.001630810120819737), square, -0.0075401879300573795);
        even = Next(Next(Next(even, square, 0.06039657485531203), square, 0.3871374007428057), square, 0.7552851304157515);
        odd = Next(Next(odd, square, -0.1865218580183727), square, -0.6078966419709149);
        var tail = bell * inverse * Vector512.FusedMultiplyAdd(odd, u, even);
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), tail, Vector512<double>.One - tail);
    }

    /// <summary>A step of Horner's rule.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Next(Vector512<double> sum, Vector512<double> x, double coefficient) =>
        Vector512.FusedMultiplyAdd(sum, x, Vector512.Create(coefficient));
}
