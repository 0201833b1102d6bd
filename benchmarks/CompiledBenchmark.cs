using BenchmarkDotNet.Attributes;
using FuncAD.Benchmarks.Comparison;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks;

/// <summary>Compiled gradients at one point, beside the gradient by hand and the plain function. A call through a delegate is a part of each.</summary>
[MemoryDiagnoser]
public class CompiledBenchmark
{
    private Evaluation? _hand;
    private Compiled<Real[], Real[]>? _gradient;
    private double[] _x = [],
        _slopes = [];

    public static IEnumerable<SmallProgram> Programs => SmallProgram.All;

    [ParamsSource(nameof(Programs))]
    public SmallProgram? Program { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var instance = Program!.Instance();
        (_hand, _x) = (Program.Hand(instance), instance.X);
        _gradient = AD.Compile(AD.Grad(Program.Real(instance)), _x.ToReals(), new CompileOptions { Mode = ExecutionMode.MachineCode });
        _slopes = new double[_gradient.Outputs];
        if (Agreement.Distance(_hand.Derivative(), Compiled()) is var distance and > Agreement.Exact)
            throw new InvalidOperationException($"{Program}: the compiled gradient differs from that by hand by {distance:E1}.");
    }

    [Benchmark(Baseline = true)]
    public double[] Plain() => _hand!.Value();

    [Benchmark]
    public double[] Hand() => _hand!.Derivative();

    [Benchmark]
    public double[] Compiled()
    {
        _gradient!.Run(_x, _slopes);
        return _slopes;
    }
}
