using System.Numerics;
using BenchmarkDotNet.Attributes;

namespace FuncAD.Benchmarks;

/// <summary>The gradient of Rosenbrock's function of 1000 arguments.</summary>
[MemoryDiagnoser]
public class RosenbrockBenchmark
{
    private readonly double[] _x = [.. Enumerable.Range(0, 1000).Select(i => Math.Sin(i))];
    private Real[] _reals = [];

    [GlobalSetup]
    public void Setup() => _reals = _x.ToReals();

    [Benchmark(Baseline = true)]
    public double Plain() => Rosenbrock<double>(_x);

    [Benchmark]
    public Real[] Gradient() => AD.Grad<Real[]>(Rosenbrock)(_reals);

    private static T Rosenbrock<T>(T[] x) where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero, hundred = T.CreateChecked(100);
        for (var i = 0; i + 1 < x.Length; i++)
        {
            T a = T.One - x[i], b = x[i + 1] - x[i] * x[i];
            sum += a * a + hundred * (b * b);
        }
        return sum;
    }
}

/// <summary>The gradient of Speelpenning's product of 20 factors.</summary>
[MemoryDiagnoser]
public class ProductBenchmark
{
    private readonly double[] _x = [.. Enumerable.Range(1, 20).Select(i => 1 + 1.0 / i)];
    private Real[] _reals = [];

    [GlobalSetup]
    public void Setup() => _reals = _x.ToReals();

    [Benchmark(Baseline = true)]
    public double Plain() => Product<double>(_x);

    [Benchmark]
    public Real[] Gradient() => AD.Grad<Real[]>(Product)(_reals);

    private static T Product<T>(T[] x) where T : IFloatingPointIeee754<T>
    {
        var product = T.One;
        foreach (var factor in x)
            product *= factor;
        return product;
    }
}

/// <summary>The price of a European call and its derivatives in spot, strike, rate, volatility and time.</summary>
[MemoryDiagnoser]
public class BlackScholesBenchmark
{
    private readonly double[] _x = [100, 105, 0.03, 0.2, 0.75];
    private Real[] _reals = [];

    [GlobalSetup]
    public void Setup() => _reals = _x.ToReals();

    [Benchmark(Baseline = true)]
    public double Plain()
    {
        var (s, k, r, v, t) = (_x[0], _x[1], _x[2], _x[3], _x[4]);
        var d1 = (Math.Log(s / k) + (r + v * v / 2) * t) / (v * Math.Sqrt(t));
        var d2 = d1 - v * Math.Sqrt(t);
        return s * RealMath.NormalCdf(d1).Value - k * Math.Exp(-r * t) * RealMath.NormalCdf(d2).Value;
    }

    [Benchmark]
    public Real[] Greeks() => AD.Grad(Call)(_reals);

    private static Real Call(Real[] x)
    {
        var (s, k, r, v, t) = (x[0], x[1], x[2], x[3], x[4]);
        var d1 = (RealMath.Log(s / k) + (r + v * v / 2) * t) / (v * RealMath.Sqrt(t));
        var d2 = d1 - v * RealMath.Sqrt(t);
        return s * RealMath.NormalCdf(d1) - k * RealMath.Exp(-r * t) * RealMath.NormalCdf(d2);
    }
}
