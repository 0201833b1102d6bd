using System.Diagnostics;
using System.Globalization;
using FuncAD.Benchmarks.Comparison;

namespace FuncAD.Benchmarks;

/// <summary>What docs/choose.md says: numbers beside tensors beside compiled functions by the number of elements, and the first calls of a process.</summary>
public static class Choosing
{
    private const int Processes = 5,
        Repetitions = 15;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(0.6);

    /// <summary>In this order, in one process: each is the first of its kind there.</summary>
    private static readonly (string Name, Action Call)[] Firsts =
    [
        ("gradient of a number", () => AD.Grad(x => Real.Sin(x) * x)(1)),
        ("gradient of ten numbers", () => AD.Grad(SumOfTerms)(new Real[10])),
        ("gradient of a record", () => AD.Grad((Line line) => line.Slope * line.Offset)(new Line(1, 2))),
        ("Hessian of ten numbers", () => AD.Hessian(SumOfTerms)(new Real[10])),
        ("gradient of a tensor", () => AD.Grad((Tensor x) => (Tensor.Sin(x) * Tensor.Exp(x)).Sum())(Tensor.Zeros(10))),
        ("compiled gradient, traced and run", () => AD.Compile(AD.Grad(SumOfTerms), new Real[10]).Invoke(new Real[10])),
        ("lifted derivative", () => Lift.Derivative(x => Math.Sin(x) * x)(1)),
    ];

    private sealed record Line(Real Slope, Real Offset);

    private static Real SumOfTerms(Real[] x)
    {
        Real sum = 0;
        foreach (var element in x)
            sum += Real.Sin(element) * Real.Exp(element);
        return sum;
    }

    public static void Run()
    {
        Console.WriteLine("Gradient of sum sin x exp x, least time of an element.");
        Console.WriteLine("| elements | by hand | numbers | tensor | compiled | numbers, allocated | tensor, allocated |");
        Console.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var count in new[] { 1, 3, 10, 30, 100, 300, 1000, 10_000 })
            Console.WriteLine(Elements(count));
        Console.WriteLine();
        Console.WriteLine(
            $"First calls, medians of {Processes} processes: in the order of the rows, and each as the only one of its process."
        );
        Console.WriteLine("| call | the first | the second | the first, alone |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        var runs = Several(null);
        for (var i = 0; i < Firsts.Length; i++)
        {
            var alone = Several(Firsts[i].Name);
            Console.WriteLine(
                $"| {Firsts[i].Name} | {Units.Time(Median(runs.Select(run => run[2 * i])))} | {Units.Time(Median(runs.Select(run => run[2 * i + 1])))} | "
                    + $"{Units.Time(Median(alone.Select(run => run[0])))} |"
            );
        }
    }

    private static string Elements(int count)
    {
        double[] x = [.. Enumerable.Range(0, count).Select(i => (i + 1.0) / (count + 1))],
            slopes = new double[count];
        var (reals, tensor) = (x.ToReals(), Tensor.Of(x));
        var numbers = AD.Grad(SumOfTerms);
        var arrays = AD.Grad((Tensor t) => (Tensor.Sin(t) * Tensor.Exp(t)).Sum());
        var compiled = count > 1000 ? null : AD.Compile(numbers, reals, new CompileOptions { Mode = ExecutionMode.MachineCode });
        double[] times =
        [
            PerCall(() =>
            {
                for (var i = 0; i < x.Length; i++)
                    slopes[i] = (Math.Sin(x[i]) + Math.Cos(x[i])) * Math.Exp(x[i]);
            }),
            PerCall(() => numbers(reals)),
            PerCall(() => arrays(tensor)),
            compiled is null ? double.NaN : PerCall(() => compiled.Run(x, slopes)),
        ];
        var cells = times.Select(time => double.IsNaN(time) ? "" : Units.Time(time / count));
        return $"| {count} | {string.Join(" | ", cells)} | {Units.Bytes(Allocated(() => numbers(reals)))} | {Units.Bytes(Allocated(() => arrays(tensor)))} |";
    }

    /// <summary>In a process of its own: nanoseconds of the first and the second call of each kind, or of the only one that is named.</summary>
    public static void FirstCalls(string? only)
    {
        foreach (var (_, call) in Firsts.Where(first => only is null || first.Name == only))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Timing.Once(call)}\n{Timing.Once(call)}"));
    }

    private static List<double[]> Several(string? only) => [.. Enumerable.Range(0, Processes).Select(_ => FirstCallsElsewhere(only))];

    private static double[] FirstCallsElsewhere(string? only)
    {
        string[] chosen = only is null ? [] : ["--only", only];
        var start = new ProcessStartInfo("dotnet", [typeof(Choosing).Assembly.Location, "first-calls", .. chosen])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return [.. lines.Select(line => double.Parse(line, CultureInfo.InvariantCulture))];
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);

    private static double PerCall(Action action) => Timing.PerCall(action, Enough, Repetitions).Min();

    private static double Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var call = 0; call < 100; call++)
            action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 100.0;
    }
}
