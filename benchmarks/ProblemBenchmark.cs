using BenchmarkDotNet.Attributes;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks;

/// <summary>Every exact form of every problem, at the largest size of the quick run that it takes.</summary>
[MemoryDiagnoser]
public class ProblemBenchmark
{
    private Evaluation? _evaluation;

    /// <summary>A form of a problem, as its name in the table.</summary>
    public sealed record Case(Problem Problem, Form Form)
    {
        public override string ToString() => $"{Problem.Name}, {Form.Name}";
    }

    public static IEnumerable<Case> Cases =>
        from problem in Registry.Problems
        from form in problem.Forms
        where form.Name != Form.Differences
        select new Case(problem, form);

    [ParamsSource(nameof(Cases))]
    public Case? Chosen { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        foreach (var size in Chosen!.Problem.Sizes.Where(size => size.IsQuick).Reverse())
        {
            try
            {
                _evaluation = Chosen.Form.Prepare(Chosen.Problem.Generate(size));
                return;
            }
            catch (TooLargeException)
            {
                // the next one is smaller
            }
        }
    }

    [Benchmark(Baseline = true)]
    public double[] Value() => _evaluation!.Value();

    [Benchmark]
    public double[] Derivative() => _evaluation!.Derivative();
}
