using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using FuncAD.Benchmarks.Comparison;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks;

/// <summary>
/// The few figures that a change of mechanism may not cost: `dotnet run -c Release --project benchmarks -- guard`. With the path of another build's
/// FuncAD.Benchmarks.dll both are measured in turn, each in processes of its own, and the ratios are those of neighbours in time.
/// </summary>
public static class Guard
{
    private const int Rounds = 9,
        Runs = 5;

    /// <summary>What is measured; the first call prepares, and what it returns is timed.</summary>
    private static readonly IReadOnlyDictionary<string, Func<Action>> Figures = new Dictionary<string, Func<Action>>
    {
        ["chain, forward, 10^5"] = () => Chain(100_000, chain => chain.Forward()),
        ["chain, forward, 10^6"] = () => Chain(1_000_000, chain => chain.Forward()),
        ["chain, reverse, 10^5"] = () => Chain(100_000, chain => chain.Reverse()),
        ["chain, reverse, 10^6"] = () => Chain(1_000_000, chain => chain.Reverse()),
        ["Grad of nothing"] = () =>
        {
            var gradient = AD.Grad(x => x);
            return () => gradient(1);
        },
        ["Greeks of 10^5 options, batch"] = Greeks,
        ["Black-Scholes, one point, compiled"] = () => Gradient("black-scholes", Form.Compiled),
        ["mixture d = 10, K = 5, compiled"] = () => Mixture(10, Form.Compiled),
        ["mixture d = 10, K = 5, eager"] = () => Mixture(10, Form.Eager),
        ["mixture d = 2, K = 5, compiled"] = () => Mixture(2, Form.Compiled),
        ["Rosenbrock's Hessian, n = 100, eager"] = () => Gradient("rosenbrock-hessian", Form.Eager),
        ["hand, value by numbers"] = () => Hand(Form.Eager, evaluation => evaluation.Value),
        ["hand, Jacobian by numbers"] = () => Hand(Form.Eager, evaluation => evaluation.Derivative),
        ["hand, Jacobian by tensors"] = () => Hand(Form.Arrays, evaluation => evaluation.Derivative),
        ["LSTM by numbers"] = () => Lstm(Form.Eager),
        ["LSTM by tensors"] = () => Lstm(Form.Arrays),
        ["tensor chain, 10^3"] = () => TensorGrowth.Gradient(1000),
        ["tensor chain, 10^5"] = () => TensorGrowth.Gradient(100_000),
        ["skinning, vertices last"] = () => Arrays("skinning-vertices-last"),
        ["skinning, vertices first"] = () => Arrays("skinning-vertices-first"),
        ["training step, 784-256-128-10"] = () => Arrays("mlp-784-256-128-10"),
        ["elementwise functions on 10^6 elements"] = () => Arrays("elementwise-1e6"),
    };

    public static int Run(string? other)
    {
        if (other is null)
        {
            foreach (var name in Figures.Keys)
                Console.WriteLine($"{name}: {Text(Sample.Of(Measure(name))!.Median)}");
            return 0;
        }
        Console.WriteLine("| figure | this | the other | ratio | least to most |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (var name in Figures.Keys)
        {
            List<double> own = [],
                theirs = [];
            for (var round = 0; round < Rounds; round++)
            {
                own.Add(Once(typeof(Guard).Assembly.Location, name));
                theirs.Add(Once(other, name));
            }
            var ratios = Sample.Of([.. own.Zip(theirs, (a, b) => a / b)])!;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {Text(Sample.Of(own)!.Median)} | {Text(Sample.Of(theirs)!.Median)} | {ratios.Median:F3} | {ratios.Least:F2} - {ratios.Most:F2} |"
                )
            );
        }
        return 0;
    }

    /// <summary>One figure, for the process that asked: the least of some runs, in nanoseconds.</summary>
    public static int Serve(string name)
    {
        Console.WriteLine(Measure(name).Min().ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    private static double Once(string assembly, string name)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, "guard-once", name]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    private static double[] Measure(string name)
    {
        var program = Figures[name]();
        var start = Stopwatch.GetTimestamp();
        var calls = 1;
        // tiers of the JIT settle within the first second
        while (Time(program, calls) < 0.05 || Stopwatch.GetElapsedTime(start).TotalSeconds < 1)
            calls = Math.Max(calls, (int)(calls * Math.Min(2, 0.06 / Time(program, calls))));
        return [.. Enumerable.Range(0, Runs).Select(_ => Time(program, calls) * 1e9 / calls)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Time(Action program, int calls)
    {
        var start = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
            program();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Action Chain(long operations, Func<ChainBenchmark, double> run)
    {
        var chain = new ChainBenchmark { Operations = operations };
        return () => run(chain);
    }

    private static Action Greeks()
    {
        const int Options = 100_000,
            Inputs = 5;
        var instance = BlackScholes.Problem.Generate(new Size("options", Options, false, Options));
        var columns = CompiledForms.Transpose(instance.X, Options);
        var results = new double[Inputs * Options];
        var greeks = AD.Compile(
            AD.Grad(BlackScholes.Call),
            [100.0, 105.0, 0.03, 0.2, 0.75],
            new CompileOptions { Mode = ExecutionMode.MachineCode, Threads = 1 }
        );
        return () => greeks.RunBatch(columns, results, Options);
    }

    private static Action Mixture(int d, string form) =>
        Derivative(GaussianMixture.Problem, new Size("mixture", 1, true, d, 5, 1000), form);

    private static Action Arrays(string name)
    {
        var program = ArrayPrograms.All[name]();
        return () => program();
    }

    private static Action Hand(string form, Func<Evaluation, Func<double[]>> part)
    {
        var run = part(Prepare(SkinnedHand.Problem, new Size("hand", 1, true, 136, 100), form));
        return () => run();
    }

    private static Action Lstm(string form) => Derivative(Problems.Lstm.Problem, new Size("lstm", 1, true, 2, 64, 14), form);

    private static Action Gradient(string problem, string form)
    {
        var found = Registry.Find(problem);
        return Derivative(found, problem == "black-scholes" ? new Size("one", 1, true, 1) : new Size("100", 1, true, 100), form);
    }

    private static Action Derivative(Problem problem, Size size, string form)
    {
        var evaluation = Prepare(problem, size, form);
        return () => evaluation.Derivative();
    }

    private static Evaluation Prepare(Problem problem, Size size, string form)
    {
        Backend.Threads = 1; // as in the comparison
        return problem.Forms.Single(candidate => candidate.Name == form).Prepare(problem.Generate(size));
    }

    private static string Text(double nanoseconds) =>
        nanoseconds switch
        {
            < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:F1} ns"),
            < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:F2} us"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:F3} ms"),
        };
}
