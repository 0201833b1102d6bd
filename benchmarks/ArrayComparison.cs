using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace FuncAD.Benchmarks;

/// <summary>
/// Times the programs over arrays beside PyTorch, in turn, with one thread each: `dotnet run -c Release --project benchmarks -- arrays [python]`. Values
/// and gradients have to agree before any time counts. It prints a table in Markdown.
/// </summary>
public static class ArrayComparison
{
    private const int Rounds = 5;
    private const int Runs = 5;

    public static int Run(string python)
    {
        Backend.Threads = 1;
        Console.WriteLine(
            $"{Backend.Name}, {Backend.Threads} thread; .NET {Environment.Version}; medians of {Rounds} rounds of {Runs} runs, in turn with PyTorch's"
        );
        Console.WriteLine();
        Console.WriteLine("| program | FuncAD ms | least to most | kB a run | PyTorch ms | least to most | ratio |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        var isEqual = true;
        foreach (var (name, prepare) in ArrayPrograms.All)
        {
            var program = prepare();
            var result = program()();
            var own = new List<double>();
            var peer = new List<double>();
            ArrayResult? expected = null;
            long bytes = 0;
            for (var round = 0; round < Rounds; round++)
            {
                own.AddRange(Measure(program, out bytes));
                if (Peer(python, name) is not { } row)
                    continue;
                peer.AddRange(row.Milliseconds);
                expected = row.Result;
            }
            var agrees = expected is not { } other || Agree(result.Value, other.Value) && Agree(result.Gradient, other.Gradient);
            isEqual &= agrees;
            var ratio =
                peer.Count == 0 ? "no PyTorch"
                : agrees ? Text(Median(own) / Median(peer))
                : $"differs: {result} and {expected}";
            var peers = peer.Count == 0 ? "- | -" : $"{Text(Median(peer))} | {Text(peer.Min())} - {Text(peer.Max())}";
            Console.WriteLine(
                $"| {name} | {Text(Median(own))} | {Text(own.Min())} - {Text(own.Max())} | {bytes / 1000} | {peers} | {ratio} |"
            );
        }
        return isEqual ? 0 : 1;
    }

    private static List<double> Measure(Func<Func<ArrayResult>> program, out long bytes)
    {
        var calls = 1;
        while (Time(program, calls) < 0.05)
            calls *= 2; // warms up, too
        var before = GC.GetAllocatedBytesForCurrentThread();
        program();
        bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return [.. Enumerable.Range(0, Runs).Select(_ => Time(program, calls) * 1e3 / calls)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Time(Func<Func<ArrayResult>> program, int calls)
    {
        var watch = Stopwatch.StartNew();
        for (var call = 0; call < calls; call++)
            program();
        return watch.Elapsed.TotalSeconds;
    }

    private static (double[] Milliseconds, ArrayResult Result)? Peer(string python, string name)
    {
        var script = Path.Combine(Folder(), "peers", "torch_arrays.py");
        var start = new ProcessStartInfo(
            python,
            [script, "--threads", "1", "--runs", Runs.ToString(CultureInfo.InvariantCulture), "--rows", name]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var line = process.StandardOutput.ReadToEnd().Trim().Split('\n')[^1].Split(',');
            process.WaitForExit();
            if (process.ExitCode != 0 || line.Length < 7)
                return null;
            double Number(int index) => line[index] == "-" ? double.NaN : double.Parse(line[index], CultureInfo.InvariantCulture);
            return ([Number(3), Number(2), Number(4)], new(Number(5), Number(6)));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    /// <summary>Both sides sum up to 10^6 terms of about 1 in different orders.</summary>
    private static bool Agree(double a, double b) =>
        double.IsNaN(a) && double.IsNaN(b) || Math.Abs(a - b) <= 1e-9 * Math.Max(1, Math.Abs(b));

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Text(double value) => value.ToString(value < 1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);
}
