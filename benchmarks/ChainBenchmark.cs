using System.Numerics;
using BenchmarkDotNet.Attributes;

namespace FuncAD.Benchmarks;

/// <summary>
/// A chain of mixed operations: seven a step. Its derivative stays near 1, so that no cotangent becomes subnormal, which would be
/// measured instead.
/// </summary>
[MemoryDiagnoser]
public class ChainBenchmark
{
    [Params(100_000, 1_000_000)]
    public long Operations { get; set; }

    [Benchmark(Baseline = true)]
    public double Plain() => Chain(0.5);

    [Benchmark]
    public double Constants() => Chain<Real>(0.5).Value;

    [Benchmark]
    public double Forward() => AD.Diff(Chain<Real>)(0.5).Value;

    [Benchmark]
    public double Reverse() => AD.Grad(Chain<Real>)(0.5).Value;

    [Benchmark]
    public double TwiceForward() => AD.Diff(AD.Diff(Chain<Real>))(0.5).Value;

    [Benchmark]
    public double ForwardOverReverse() => AD.Diff(AD.Grad(Chain<Real>))(0.5).Value;

    private T Chain<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T small = T.CreateChecked(1e-3),
            large = T.CreateChecked(1e4),
            y = x;
        for (var step = 0L; step < Operations / 7; step++)
            y = y + T.Sin(y) * small - x / (large + y * y);
        return y;
    }
}
