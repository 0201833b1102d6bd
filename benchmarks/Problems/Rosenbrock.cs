using System.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>Rosenbrock's function of n arguments, the sum of (1 - x[i])^2 + 100 (x[i+1] - x[i]^2)^2. Dimensions: n. No data.</summary>
public static class Rosenbrock
{
    public static readonly Problem Problem = new(
        "rosenbrock",
        "Rosenbrock's function",
        "gradient",
        "arguments",
        [7],
        [Of(10, true), Of(100, true), Of(1000, true), Of(10_000, true), Of(100_000, false)],
        Generate,
        [.. Forms.Gradient(_ => Value<double>, _ => Gradient, _ => Value<Real>), CompiledForms.Gradient(_ => Value)]
    );

    public static readonly Problem SecondOrder = new(
        "rosenbrock-hessian",
        "Rosenbrock's function, second derivatives",
        "Hessian",
        "arguments",
        [7],
        [Of(10, true), Of(30, true), Of(100, true), Of(300, false)],
        Generate,
        [.. Forms.Hessian(_ => Value<double>, _ => Hessian, _ => Value<Real>), CompiledForms.Hessian(_ => Value)]
    );

    private static Size Of(int n, bool isQuick) => new($"n = {n}", n, isQuick, n);

    private static Instance Generate(Size size) => new(size, new Generator(1).Uniforms(size.Dimensions[0], -1, 1), []);

    public static T Value<T>(T[] x)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero,
            hundred = T.CreateChecked(100);
        for (var i = 0; i + 1 < x.Length; i++)
        {
            T a = T.One - x[i],
                b = x[i + 1] - x[i] * x[i];
            sum += a * a + hundred * (b * b);
        }
        return sum;
    }

    private static void Gradient(double[] x, double[] gradient)
    {
        gradient[0] = 0;
        for (var i = 0; i + 1 < x.Length; i++)
        {
            double a = 1 - x[i],
                b = x[i + 1] - x[i] * x[i];
            gradient[i] -= 2 * a + 400 * x[i] * b;
            gradient[i + 1] = 200 * b;
        }
    }

    private static void Hessian(double[] x, double[] hessian)
    {
        var n = x.Length;
        Array.Clear(hessian);
        for (var i = 0; i + 1 < n; i++)
        {
            hessian[i * n + i] += 2 - 400 * (x[i + 1] - x[i] * x[i]) + 800 * x[i] * x[i];
            hessian[i * n + i + 1] = hessian[(i + 1) * n + i] = -400 * x[i];
            hessian[(i + 1) * n + i + 1] += 200;
        }
    }
}
