namespace FuncAD.Benchmarks.Comparison;

/// <summary>
/// What an operation over a small tensor costs as chains grow: `dotnet run -c Release --project benchmarks -- tensor-chain`. The chain is that of
/// <see cref="ChainBenchmark"/>, on every element.
/// </summary>
public static class TensorGrowth
{
    private const int Elements = 16,
        OperationsOfStep = 7,
        Rounds = 5;

    public static void Run()
    {
        Console.WriteLine(
            $"A chain over tensors of {Elements} elements, an operation; the result alone is {8 * Elements} bytes of numbers."
        );
        Console.WriteLine();
        Console.WriteLine("| operations | value | allocated | value and gradient | least to most | allocated |");
        Console.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var operations in new[] { 1000, 10_000, 100_000, 1_000_000 })
        {
            var (value, valueBytes) = Measure(Value(operations), operations);
            var (gradient, gradientBytes) = Measure(Gradient(operations), operations);
            Console.WriteLine(
                $"| {operations} | {Units.Time(value.Median)} | {Units.Bytes(valueBytes)} | {Units.Time(gradient.Median)} "
                    + $"| {Units.Time(gradient.Least)} to {Units.Time(gradient.Most)} | {Units.Bytes(gradientBytes)} |"
            );
        }
    }

    /// <summary>The gradient of the last elements' sum by the first tensor.</summary>
    public static Action Gradient(int operations)
    {
        var x = Start();
        var gradient = AD.ValueAndGrad((Tensor x) => Chain(x, operations).Sum());
        return () => gradient(x);
    }

    private static Action Value(int operations)
    {
        var x = Start();
        return () => Chain(x, operations);
    }

    private static Tensor Start() => Tensor.Of([.. Enumerable.Range(1, Elements).Select(i => i / (double)Elements)]);

    private static Tensor Chain(Tensor x, int operations)
    {
        var y = x;
        for (var step = 0; step < operations / OperationsOfStep; step++)
            y = y + Tensor.Sin(y) * 1e-3 - x / (1e4 + y * y);
        return y;
    }

    private static (Sample Time, double Bytes) Measure(Action run, int operations)
    {
        var times = Timing.PerCall(run, TimeSpan.FromSeconds(1), Rounds);
        var before = GC.GetAllocatedBytesForCurrentThread();
        run();
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return (Sample.Of([.. times.Select(time => time / operations)])!, (double)bytes / operations);
    }
}
