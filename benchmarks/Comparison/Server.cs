using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>A form of a problem as a process of its own, with the conversation that peers/bench.hpp describes.</summary>
public static class Server
{
    private const double Shortest = 0.005;

    public static int Run(string form, string problem, string input, string output)
    {
        Backend.Threads = 1;
        if (Registry.Find(problem).Forms.FirstOrDefault(candidate => candidate.Name == form) is not { } chosen)
        {
            Console.WriteLine($"skip {Peer.NotWritten}");
            return 0;
        }
        var instance = InstanceFile.Read(input);
        var start = Peak();
        Evaluation evaluation;
        try
        {
            evaluation = chosen.Prepare(instance);
        }
        catch (TooLargeException tooLarge)
        {
            Console.WriteLine($"skip {tooLarge.Message}");
            return 0;
        }
        InstanceFile.WriteResult(output, evaluation.Values(), evaluation.Derivatives());
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            if (words[0] == "memory")
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Peak() - start} {Allocated(evaluation.Derivative)}"));
            else
                Console.WriteLine(
                    string.Join(
                        ' ',
                        Measure(
                                words[0] == "value" ? evaluation.Value : evaluation.Derivative,
                                double.Parse(words[1], CultureInfo.InvariantCulture)
                            )
                            .Select(time => time.ToString("R", CultureInfo.InvariantCulture))
                    )
                );
        }
        return 0;
    }

    /// <summary>Times of single calls, or of as many together as take some milliseconds, in nanoseconds.</summary>
    private static List<double> Measure(Func<double[]> run, double budget)
    {
        var watch = Stopwatch.StartNew();
        var calls = 1;
        while (Time(run, calls) < Shortest)
            calls *= 2; // warms up, too
        var times = new List<double>();
        do times.Add(Time(run, calls) * 1e9 / calls);
        while (watch.Elapsed.TotalSeconds < budget);
        return times;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Time(Func<double[]> run, int calls)
    {
        var start = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
            run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long Allocated(Func<double[]> run)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
