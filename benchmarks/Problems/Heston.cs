using System.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// The price of a European call in Heston's model (1993) by Monte Carlo: Euler steps of the logarithm of the price and of the variance, which
/// counts as 0 where it is negative (Lord, Koekkoek and van Dijk 2010). Dimensions: paths, steps. X: spot, variance, speed of reversion kappa, long-run
/// variance theta, volatility of variance xi, correlation rho, rate. Data: strike, time, then two normals for each step of each path.
/// </summary>
/// <remarks>
/// 2 kappa theta is far above xi^2 here, so that no path comes near the variance 0, where the square root has no slope.
/// </remarks>
public static class Heston
{
    private const int Steps = 360,
        FirstNormal = 2;

    public static readonly Problem Problem = new(
        "heston",
        $"Heston's model by Monte Carlo, {Steps} steps",
        "gradient in seven parameters",
        "paths",
        [3, 5],
        [Of(10, true), Of(100, true), Of(1000, true), Of(10_000, false)],
        Generate,
        [.. Forms.Gradient(Price<double>, Gradient, Price<Real>), .. CompiledForms.OnThreads(Compiled)]
    );

    private static Size Of(int paths, bool isQuick) => new($"{paths} paths", paths, isQuick, paths, Steps);

    private static Instance Generate(Size size) =>
        new(
            size,
            [100, 0.04, 3, 0.06, 0.2, -0.6, 0.03],
            [100, 1, .. new Generator(4).Normals(2 * size.Dimensions[0] * size.Dimensions[1])]
        );

    private static Func<T[], T> Price<T>(Instance instance)
        where T : IFloatingPointIeee754<T>
    {
        var (paths, steps, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        T time = T.CreateChecked(data[1]),
            count = T.CreateChecked(paths);
        var normals = Array.ConvertAll(data[FirstNormal..], T.CreateChecked);
        return x =>
        {
            var sum = T.Zero;
            for (var path = 0; path < paths; path++)
                sum += Payoff(x, normals.AsSpan(2 * path * steps, 2 * steps), data[0], data[1] / steps);
            return T.Exp(-x[6] * time) * sum / count;
        };
    }

    /// <summary>What the option pays at the end of a path.</summary>
    private static T Payoff<T>(T[] x, ReadOnlySpan<T> normals, double strike, double step)
        where T : IFloatingPointIeee754<T>
    {
        var (spot, variance, kappa, theta, xi, rho, rate) = (x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
        T dt = T.CreateChecked(step),
            half = T.CreateChecked(0.5),
            rest = T.Sqrt(T.One - rho * rho),
            logarithm = T.Log(spot),
            v = variance;
        for (var next = 0; next < normals.Length; next += 2)
        {
            T z = normals[next],
                w = normals[next + 1];
            var positive = T.Max(v, T.Zero);
            var s = T.Sqrt(positive * dt);
            logarithm += (rate - half * positive) * dt + s * z;
            v += kappa * (theta - positive) * dt + xi * s * (rho * z + rest * w);
        }
        return T.Max(T.Exp(logarithm) - T.CreateChecked(strike), T.Zero);
    }

    /// <summary>A sum over paths, whose normals are the data.</summary>
    private static Evaluation Compiled(Instance instance, CompileOptions options)
    {
        var (paths, steps, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        var (strike, time) = (data[0], data[1]);
        return CompiledForms.Sum(
            (x, normals) => RealMath.Exp(-x[6] * time) / paths * Payoff<Real>(x, normals, strike, time / steps),
            instance.X,
            CompiledForms.Transpose(data.AsSpan(FirstNormal), paths),
            paths,
            options
        );
    }

    /// <summary>The adjoint of each path, backwards along its stored variances.</summary>
    private static Action<double[], double[]> Gradient(Instance instance)
    {
        var (paths, steps, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        var (strike, time, dt) = (data[0], data[1], data[1] / steps);
        double[] variances = new double[steps],
            roots = new double[steps];
        return (x, gradient) =>
        {
            var (spot, variance, kappa, theta, xi, rho, rate) = (x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
            double rest = Math.Sqrt(1 - rho * rho),
                tilt = rho / rest,
                discount = Math.Exp(-rate * time) / paths,
                start = Math.Log(spot);
            Array.Clear(gradient);
            for (var path = 0; path < paths; path++)
            {
                var normals = data.AsSpan(FirstNormal + 2 * path * steps, 2 * steps);
                double logarithm = start,
                    v = variance;
                for (var step = 0; step < steps; step++)
                {
                    double z = normals[2 * step],
                        w = normals[2 * step + 1];
                    var positive = Math.Max(v, 0);
                    var s = Math.Sqrt(positive * dt);
                    (variances[step], roots[step]) = (v, s);
                    logarithm += (rate - 0.5 * positive) * dt + s * z;
                    v += kappa * (theta - positive) * dt + xi * s * (rho * z + rest * w);
                }
                var final = Math.Exp(logarithm);
                if (final <= strike)
                    continue;
                double logBar = discount * final,
                    vBar = 0;
                for (var step = steps - 1; step >= 0; step--)
                {
                    double z = normals[2 * step],
                        w = normals[2 * step + 1],
                        s = roots[step],
                        positive = Math.Max(variances[step], 0);
                    double shock = rho * z + rest * w,
                        sBar = logBar * z + vBar * xi * shock;
                    gradient[2] += vBar * (theta - positive) * dt;
                    gradient[3] += vBar * kappa * dt;
                    gradient[4] += vBar * s * shock;
                    gradient[5] += vBar * xi * s * (z - tilt * w);
                    if (variances[step] > 0)
                        vBar += sBar * dt / (2 * s) - vBar * kappa * dt - 0.5 * dt * logBar;
                }
                gradient[0] += logBar / spot;
                gradient[1] += vBar;
                gradient[6] += logBar * time - time * discount * (final - strike);
            }
        };
    }
}
