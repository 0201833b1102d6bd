using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>
/// What tracing, interpreting, compiling and running cost an operation of a program, and after how many calls each has paid: what the thresholds of
/// Compiled/Path.fs and Batches/Batch.fs are chosen by.
/// </summary>
public static class Compiling
{
    private const int Repetitions = 7,
        Points = 1024;

    private static readonly SmallProgram[] Programs = [SmallProgram.Greeks, SmallProgram.RosenbrockOfHundred, SmallProgram.MixturePoint];

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(0.2);

    /// <summary>Nanoseconds: once for tracing and compiling, for each call or point the rest.</summary>
    private sealed record Costs(
        string Name,
        int Traced,
        int Operations,
        double Trace,
        double Compile,
        double Eager,
        double Interpreted,
        double Compiled
    );

    public static void Run()
    {
        Console.WriteLine("Gradients at one point; times of an operation of the program, for tracing of a traced one.");
        Console.WriteLine(
            "| program | traced | operations | trace | compile | eager | interpreted | machine code | pays against eager | against interpreting | interpreting against eager |"
        );
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var program in Programs)
        {
            var costs = AtOnePoint(program);
            Console.WriteLine(
                $"{Cells(costs)} {Units.Time(costs.Eager / costs.Operations)} | {Units.Time(costs.Interpreted / costs.Operations)} | {Units.Time(costs.Compiled / costs.Operations)} | "
                    + $"{Calls(costs.Trace + costs.Compile, costs.Eager, costs.Compiled)} | {Calls(costs.Compile, costs.Interpreted, costs.Compiled)} | "
                    + $"{Calls(costs.Trace, costs.Eager, costs.Interpreted)} |"
            );
        }
        Console.WriteLine();
        Console.WriteLine($"Batches of {Points} points on one thread; times of an operation at a point.");
        Console.WriteLine(
            "| program | traced | operations | trace | compile | interpreted | machine code | points after which compiling pays |"
        );
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var program in Programs)
        {
            var costs = InBatches(program);
            Console.WriteLine(
                $"{Cells(costs)} {Units.Time(costs.Interpreted / costs.Operations)} | {Units.Time(costs.Compiled / costs.Operations)} | "
                    + $"{Calls(costs.Compile, costs.Interpreted, costs.Compiled)} |"
            );
        }
    }

    private static string Cells(Costs costs) =>
        $"| {costs.Name} | {costs.Traced} | {costs.Operations} | {Units.Time(costs.Trace / costs.Traced)} | {Units.Time(costs.Compile / costs.Operations)} |";

    /// <summary>After how many calls what is spent once has been saved.</summary>
    private static string Calls(double once, double before, double after) =>
        after < before ? Units.Digits(Math.Ceiling(once / (before - after))) : "never";

    private static Costs AtOnePoint(SmallProgram program)
    {
        var instance = program.Instance();
        var (x, reals, gradient, results) = (
            instance.X,
            instance.X.ToReals(),
            AD.Grad(program.Real(instance)),
            new double[instance.X.Length]
        );
        return Measure(
            program,
            instance,
            () => gradient(reals),
            1,
            compiled => compiled.Run(x, results),
            compiled => compiled.Run(x, results)
        );
    }

    private static Costs InBatches(SmallProgram program)
    {
        const int few = 8;
        var instance = program.Instance();
        double[] Columns(int count) => [.. instance.X.SelectMany(number => Enumerable.Repeat(number, count))];
        double[] columns = Columns(Points),
            small = Columns(few),
            results = new double[columns.Length],
            smallResults = new double[small.Length];
        return Measure(
            program,
            instance,
            null,
            Points,
            compiled => compiled.RunBatch(small, smallResults, few),
            compiled => compiled.RunBatch(columns, results, Points)
        );
    }

    /// <param name="program">The function.</param>
    /// <param name="instance">Where.</param>
    /// <param name="eager">Its gradient without a program.</param>
    /// <param name="points">The points of a run.</param>
    /// <param name="first">A small run, which makes the code.</param>
    /// <param name="run">A run.</param>
    private static Costs Measure(
        SmallProgram program,
        Instance instance,
        Action? eager,
        int points,
        Action<Compiled<Real[], Real[]>> first,
        Action<Compiled<Real[], Real[]>> run
    )
    {
        var (gradient, x) = (AD.Grad(program.Real(instance)), instance.X.ToReals());
        Compiled<Real[], Real[]> Make(ExecutionMode mode) => AD.Compile(gradient, x, new CompileOptions { Mode = mode, Threads = 1 });
        var trace = PerCall(() => Make(ExecutionMode.Interpreted));
        var compile = Enumerable
            .Range(0, Repetitions)
            .Select(_ =>
            {
                var compiled = Make(ExecutionMode.MachineCode);
                return Timing.Once(() => first(compiled)) - Timing.Once(() => first(compiled));
            })
            .Order()
            .ElementAt(Repetitions / 2);
        Compiled<Real[], Real[]> interpreted = Make(ExecutionMode.Interpreted),
            machine = Make(ExecutionMode.MachineCode);
        return new(
            program.Name,
            interpreted.TracedOperations,
            interpreted.Operations,
            trace,
            compile,
            eager is null ? 0 : PerCall(eager),
            PerCall(() => run(interpreted)) / points,
            PerCall(() => run(machine)) / points
        );
    }

    private static double PerCall(Action action) => Timing.PerCall(action, Enough, Repetitions).Order().ElementAt(Repetitions / 2);
}
