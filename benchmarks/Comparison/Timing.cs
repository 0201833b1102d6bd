using System.Diagnostics;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>Times in nanoseconds.</summary>
internal static class Timing
{
    public static double Once(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }

    /// <summary>The time of a call in each of some rounds, when the code is compiled to the last tier.</summary>
    public static double[] PerCall(Action action, TimeSpan enough, int rounds)
    {
        var calls = 1;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < enough; calls++)
            action();
        Thread.Sleep(150); // the runtime compiles its last tier on a thread of its own, when it has been quiet
        var some = Math.Max(1, calls / rounds);
        void Some()
        {
            for (var call = 0; call < some; call++)
                action();
        }
        return [.. Enumerable.Range(0, rounds).Select(_ => Once(Some) / some)];
    }
}
