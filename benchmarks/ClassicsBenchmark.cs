using BenchmarkDotNet.Attributes;
using FuncAD.Benchmarks.Problems;

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
    public double Plain() => Rosenbrock.Value(_x);

    [Benchmark]
    public Real[] Gradient() => AD.Grad<Real[]>(Rosenbrock.Value)(_reals);
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
    public double Plain() => SpeelpenningProduct.Value(_x);

    [Benchmark]
    public Real[] Gradient() => AD.Grad<Real[]>(SpeelpenningProduct.Value)(_reals);
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
    public double Plain() => BlackScholes.Price(_x);

    [Benchmark]
    public Real[] Greeks() => AD.Grad(BlackScholes.Call)(_reals);
}
