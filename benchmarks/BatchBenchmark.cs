using BenchmarkDotNet.Attributes;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks;

/// <summary>
/// The five Greeks of a million options: a batch of the compiled gradient and vector code by hand, both over columns, beside the price alone in scalar code over
/// the same options in rows.
/// </summary>
[MemoryDiagnoser]
public class BatchBenchmark
{
    private const int Options = 1_000_000,
        Inputs = 5,
        Chunk = 8000;

    private readonly double[] _greeks = new double[Inputs * Options];
    private double[] _columns = [];
    private Func<double[]>? _prices;
    private Compiled<Real[], Real[]>? _onOneThread,
        _onAllCores;

    [GlobalSetup]
    public void Setup()
    {
        var instance = BlackScholes.Problem.Generate(new Size("a million options", Options, false, Options));
        _prices = BlackScholes.Prices(instance);
        _columns = CompiledForms.Transpose(instance.X, Options);
        _onOneThread = Compile(1);
        _onAllCores = Compile(0);

        double[] byHand = [.. ByHand()],
            compiled = CompiledBatch();
        if (Agreement.Distance(byHand, compiled) is var distance and > Agreement.Exact)
            throw new InvalidOperationException($"The compiled gradients differ from those by hand by {distance:E1}.");
    }

    [Benchmark(Baseline = true)]
    public double[] ScalarPrice() => _prices!();

    [Benchmark]
    public double[] ByHand()
    {
        VectorGreeks.Run(_columns, _greeks, 0, Options);
        return _greeks;
    }

    [Benchmark]
    public double[] ByHandOnAllCores()
    {
        Parallel.For(0, Options / Chunk, chunk => VectorGreeks.Run(_columns, _greeks, chunk * Chunk, Chunk));
        return _greeks;
    }

    [Benchmark]
    public double[] CompiledBatch() => Run(_onOneThread!);

    [Benchmark]
    public double[] CompiledOnAllCores() => Run(_onAllCores!);

    private double[] Run(Compiled<Real[], Real[]> greeks)
    {
        greeks.RunBatch(_columns, _greeks, Options);
        return _greeks;
    }

    private static Compiled<Real[], Real[]> Compile(int threads) =>
        AD.Compile(
            AD.Grad(BlackScholes.Call),
            [100.0, 105.0, 0.03, 0.2, 0.75],
            new CompileOptions { Mode = ExecutionMode.MachineCode, Threads = threads }
        );
}
