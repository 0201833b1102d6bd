using System.Diagnostics;
using System.Globalization;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>What one operation costs eager reverse mode in time and memory as programs grow, and where it breaks: a fresh process for each length.</summary>
public static class Growth
{
    private const long MemoryShare = 80;

    /// <summary>A length of the chain; what it took, or why it did not end.</summary>
    public sealed record Step(long Operations, double Seconds, double PlainSeconds, double Allocated, double Peak, string? Failure);

    public static List<Step> Run(Pace pace, TextWriter log)
    {
        long[] lengths = [100_000, 1_000_000, 10_000_000];
        if (!pace.IsQuick)
            lengths = [.. lengths, 30_000_000, 100_000_000, 300_000_000, 1_000_000_000, 3_000_000_000];
        var steps = new List<Step>();
        foreach (var length in lengths)
        {
            log.WriteLine($"a chain of {length} operations");
            steps.Add(Run(length));
            if (steps[^1].Failure is not null)
                break;
        }
        return steps;
    }

    /// <summary>In the process: the gradient of the chain, once, when the code is compiled but hardly any memory is pooled.</summary>
    public static int Serve(long operations)
    {
        var chain = new ChainBenchmark { Operations = 1000 };
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 1; )
        {
            chain.Plain();
            chain.Reverse();
        }
        chain.Operations = operations;
        using var process = Process.GetCurrentProcess();
        var (peak, allocated) = (process.PeakWorkingSet64, GC.GetAllocatedBytesForCurrentThread());
        var begin = Stopwatch.GetTimestamp();
        chain.Reverse();
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        process.Refresh();
        peak = process.PeakWorkingSet64 - peak;
        begin = Stopwatch.GetTimestamp();
        chain.Plain();
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{seconds} {Stopwatch.GetElapsedTime(begin).TotalSeconds} {allocated} {peak}")
        );
        return 0;
    }

    private static Step Run(long operations)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [typeof(Growth).Assembly.Location, "chain", operations.ToString(CultureInfo.InvariantCulture)]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Out of memory is then an exception in that process, not the end of others.
        start.Environment["DOTNET_GCHeapHardLimit"] =
            "0x" + (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 100 * MemoryShare).ToString("X", CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            return new(operations, 0, 0, 0, 0, errors.Result.Split('\n')[0].Trim());
        var numbers = line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return new(operations, numbers[0], numbers[1], numbers[2], numbers[3], null);
    }
}
