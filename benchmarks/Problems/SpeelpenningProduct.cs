using System.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>Speelpenning's product x[0] x[1] ... x[n-1] (Speelpenning 1980), in which no factor vanishes. Dimensions: n. No data.</summary>
public static class SpeelpenningProduct
{
    public static readonly Problem Problem = new(
        "product",
        "Speelpenning's product",
        "gradient",
        "factors",
        [7],
        [Of(10, true), Of(100, true), Of(1000, true), Of(10_000, false)],
        Generate,
        [.. Forms.Gradient(_ => Value<double>, _ => Gradient, _ => Value<Real>), CompiledForms.Gradient(_ => Value)]
    );

    private static Size Of(int n, bool isQuick) => new($"n = {n}", n, isQuick, n);

    private static Instance Generate(Size size) => new(size, new Generator(2).Uniforms(size.Dimensions[0], 0.9, 1.1), []);

    public static T Value<T>(T[] x)
        where T : IFloatingPointIeee754<T>
    {
        var product = T.One;
        foreach (var factor in x)
            product *= factor;
        return product;
    }

    /// <summary>The product of what stands before, times the product of what stands after.</summary>
    private static void Gradient(double[] x, double[] gradient)
    {
        var before = 1.0;
        for (var i = 0; i < x.Length; i++)
        {
            gradient[i] = before;
            before *= x[i];
        }
        var after = 1.0;
        for (var i = x.Length - 1; i >= 0; i--)
        {
            gradient[i] *= after;
            after *= x[i];
        }
    }
}
