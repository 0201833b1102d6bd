namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// The Helmholtz energy of a mixed fluid in the equation of state of Peng and Robinson, in units of RT (Griewank and Walther 2008, section 1):
/// sum of x[i] log(x[i] / (1 - b.x)) - x.Ax / (sqrt(8) b.x) log((1 + (1 + sqrt 2) b.x) / (1 + (1 - sqrt 2) b.x)). Dimensions: n. Data: b, then the
/// symmetric matrix A.
/// </summary>
public static class Helmholtz
{
    private static readonly double Plus = 1 + Math.Sqrt(2),
        Minus = 1 - Math.Sqrt(2),
        RootOf8 = Math.Sqrt(8);

    public static readonly Problem Problem = new(
        "helmholtz",
        "Helmholtz energy",
        "gradient",
        "components",
        [5],
        [Of(10, true), Of(30, true), Of(100, true), Of(300, false), Of(1000, false)],
        Generate,
        [.. Forms.Gradient(Plain, Gradient, Energy), CompiledForms.Gradient(Energy)]
    );

    public static readonly Problem SecondOrder = new(
        "helmholtz-hessian",
        "Helmholtz energy, second derivatives",
        "Hessian",
        "components",
        [5],
        [Of(10, true), Of(30, true), Of(100, false)],
        Generate,
        [.. Forms.Hessian(Plain, Hessian, Energy), CompiledForms.Hessian(Energy)]
    );

    private static Size Of(int n, bool isQuick) => new($"n = {n}", n, isQuick, n);

    private static Instance Generate(Size size)
    {
        var (random, n) = (new Generator(7), size.Dimensions[0]);
        double[] x = random.Uniforms(n, 0.5, 1),
            b = random.Uniforms(n, 0.1 / n, 1.0 / n),
            a = random.Uniforms(n * n, 0, 1.0 / n);
        for (var i = 0; i < n; i++)
        for (var j = 0; j < i; j++)
            a[i * n + j] = a[j * n + i];
        return new(size, x, [.. b, .. a]);
    }

    private static Func<Real[], Real> Energy(Instance instance)
    {
        var (n, data) = (instance.Dimension(0), instance.Data.ToReals());
        return x =>
        {
            Real attraction = 0,
                entropy = 0;
            var volume = RealMath.Dot(data.AsSpan(0, n), x);
            var free = 1 - volume;
            for (var i = 0; i < n; i++)
            {
                attraction += x[i] * RealMath.Dot(data.AsSpan(n + i * n, n), x);
                entropy += x[i] * RealMath.Log(x[i] / free);
            }
            return entropy - attraction / (RootOf8 * volume) * RealMath.Log((1 + Plus * volume) / (1 + Minus * volume));
        };
    }

    private static Func<double[], double> Plain(Instance instance)
    {
        var (data, ax) = (instance.Data, new double[instance.Dimension(0)]);
        return x =>
        {
            var (volume, _, attraction, h, _, _) = Terms(x, data, ax);
            double energy = attraction * h,
                free = 1 - volume;
            foreach (var amount in x)
                energy += amount * Math.Log(amount / free);
            return energy;
        };
    }

    /// <summary>b.x, the sum of x, x.Ax, and -log(...) / (sqrt(8) b.x) with its first two derivatives in b.x; A x goes into the array.</summary>
    private static (double Volume, double Sum, double Attraction, double H, double Slope, double Curvature) Terms(
        double[] x,
        double[] data,
        double[] ax
    )
    {
        var n = x.Length;
        var volume = Lanes.Dot(x, data);
        for (var i = 0; i < n; i++)
            ax[i] = Lanes.Dot(x, data.AsSpan(n + i * n, n));
        double p = Plus / (1 + Plus * volume),
            m = Minus / (1 + Minus * volume);
        double ratio = Math.Log((1 + Plus * volume) / (1 + Minus * volume)) / volume,
            first = p - m,
            second = m * m - p * p;
        var scale = -1 / (RootOf8 * volume);
        return (
            volume,
            x.Sum(),
            Lanes.Dot(x, ax),
            scale * ratio * volume,
            scale * (first - ratio),
            scale * (second - 2 * (first - ratio) / volume)
        );
    }

    private static Action<double[], double[]> Gradient(Instance instance)
    {
        var (data, ax) = (instance.Data, new double[instance.Dimension(0)]);
        return (x, gradient) =>
        {
            var (volume, sum, attraction, h, slope, _) = Terms(x, data, ax);
            double free = 1 - volume,
                common = sum / free + attraction * slope;
            for (var i = 0; i < x.Length; i++)
                gradient[i] = Math.Log(x[i] / free) + 1 + 2 * h * ax[i] + common * data[i];
        };
    }

    private static Action<double[], double[]> Hessian(Instance instance)
    {
        var (data, ax) = (instance.Data, new double[instance.Dimension(0)]);
        return (x, hessian) =>
        {
            var n = x.Length;
            var (volume, sum, attraction, h, slope, curvature) = Terms(x, data, ax);
            double free = 1 - volume,
                common = sum / (free * free) + attraction * curvature;
            for (var i = 0; i < n; i++)
            {
                double b = data[i],
                    constant = b / free,
                    factor = 1 / free + 2 * slope * ax[i] + common * b;
                for (var j = 0; j < n; j++)
                    hessian[i * n + j] = constant + 2 * h * data[n + i * n + j] + 2 * slope * b * ax[j] + factor * data[j];
                hessian[i * n + i] += 1 / x[i];
            }
        };
    }
}
