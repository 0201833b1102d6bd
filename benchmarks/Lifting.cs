using System.Diagnostics;
using System.Runtime.CompilerServices;
using FuncAD.Benchmarks.Comparison;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks;

/// <summary>
/// What lifting costs, and how lifted code runs: `dotnet run -c Release --project benchmarks -- lifting`. Each ratio is of times taken in turn.
/// </summary>
public static class Lifting
{
    private const int Rounds = 11;

    private static readonly (string Problem, int[] Dimensions)[] Sizes =
    [
        ("rosenbrock", [100]),
        ("product", [100]),
        ("black-scholes", [1]),
        ("helmholtz", [30]),
        ("logistic", [100, 10]),
        ("perceptron", [10, 16]),
        ("heston", [3, 360]),
        ("gmm", [2, 5, 10]),
    ];

    public static void Run()
    {
        Times();
        Many();
        Console.WriteLine();
        Console.WriteLine("Lifted code to code written over Real (eager), and lifted code that is compiled to plain code.");
        Console.WriteLine(
            "| problem | value | gradient | value, compiled, to plain | gradient, compiled, to plain value | to gradient by hand |"
        );
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var (name, dimensions) in Sizes)
        {
            var problem = Registry.Find(name);
            var instance = problem.Generate(new Size(name, 1, true, dimensions));
            Evaluation? Prepared(string form) => problem.Forms.SingleOrDefault(f => f.Name == form)?.Prepare(instance);
            Evaluation hand = Prepared(Form.Hand)!,
                real = Prepared(Form.Eager)!,
                lifted = Prepared(Form.Lifted)!;
            var compiled = Prepared(Form.LiftedCompiled);
            Console.WriteLine(
                $"| {problem.Title}, {string.Join(" x ", dimensions)} | {Ratio(lifted.Value, real.Value)} | {Ratio(lifted.Derivative, real.Derivative)} "
                    + $"| {Ratio(compiled?.Value, hand.Value)} | {Ratio(compiled?.Derivative, hand.Value)} | {Ratio(compiled?.Derivative, hand.Derivative)} |"
            );
        }
    }

    // ---- Lifting ----

    private static double Price(double[] x) => BlackScholes.Price(x);

    private static void Times()
    {
        var first = Once(() => Lift.Of(x => x * Math.Sin(x)));
        var price = Once(() => Lift.Of(Price));
        var ordinary = Enumerable
            .Range(0, Rounds)
            .Select(k =>
            {
                var shift = 1.0 + k; // what captures is lifted each time
                return Once(() => Lift.Of(x => BlackScholes.Price(x) + shift));
            })
            .ToArray();
        var kept = Enumerable.Range(0, Rounds).Select(_ => Once(() => Lift.Of(Price))).ToArray();
        Console.WriteLine(
            $"Lift.Of: the first in a process {Units.Time(first)}, Black-Scholes {Units.Time(price)}, again with a capture {Units.Time(Sample.Of(ordinary)!.Median)}, kept {Units.Time(Sample.Of(kept)!.Median)}"
        );
    }

    private static void Many()
    {
        const int Lifts = 10_000;
        var time = Once(() =>
        {
            for (var k = 0; k < Lifts; k++)
                Shifted(k);
        });
        Console.WriteLine(
            $"{Lifts} lifts of functions with captures: {Units.Time(time / Lifts)} each; the process then has {Units.Bytes(Environment.WorkingSet)}"
        );
    }

    private static void Shifted(double shift) => Lift.Derivative(x => Math.Sin(x) * shift)(1);

    // ---- Running ----

    /// <summary>The median of ratios of neighbours in time.</summary>
    private static string Ratio(Func<double[]>? part, Func<double[]> whole)
    {
        if (part is null)
            return "-";
        int some = Calls(part),
            all = Calls(whole);
        return Units.Digits(Sample.Of([.. Enumerable.Range(0, Rounds).Select(_ => PerCall(part, some) / PerCall(whole, all))])!.Median);
    }

    private static int Calls(Func<double[]> f)
    {
        var calls = 1;
        // The last tier of the JIT is there after some hundred milliseconds.
        for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < 0.6; calls++)
            f();
        return Math.Max(1, calls / 30);
    }

    private static double PerCall(Func<double[]> f, int calls) =>
        Once(() =>
        {
            for (var call = 0; call < calls; call++)
                f();
        }) / calls;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Once(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }
}
