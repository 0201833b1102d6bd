using System.Diagnostics;
using System.Globalization;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>A contestant's process at work on one instance.</summary>
public sealed class Peer : IDisposable
{
    /// <summary>What a process answers that has no program for the problem.</summary>
    public const string NotWritten = "not written for this problem";

    private const long MemoryLimit = 12L << 30,
        FileLimit = 4L << 30;

    private readonly Process _process;
    private readonly string _folder,
        _result;

    /// <summary>Starts it in a folder of its own, where it may leave files, and limited so that it cannot take the machine with it.</summary>
    public Peer(Contestant contestant, string problem, string input)
    {
        _folder = Directory.CreateTempSubdirectory("funcad-peer-").FullName;
        _result = Path.Combine(_folder, "result");
        string[] command = [.. contestant.File, contestant.Name, problem, input, _result];
        var start = contestant.IsManaged
            ? new ProcessStartInfo(command[0], command[1..])
            : new ProcessStartInfo("bash", ["-c", $"ulimit -v {MemoryLimit >> 10} -f {FileLimit >> 10}; exec \"$@\"", "bash", .. command]);
        if (contestant.IsManaged)
            start.Environment["DOTNET_GCHeapHardLimit"] = "0x" + MemoryLimit.ToString("X", CultureInfo.InvariantCulture);
        start.WorkingDirectory = _folder;
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
            LastError = string.IsNullOrWhiteSpace(line.Data) || LastError.Length > 0 ? LastError : line.Data.Trim();
        _process.BeginErrorReadLine();
    }

    /// <summary>The first line that it wrote to its error stream.</summary>
    private string LastError { get; set; } = "";

    /// <summary>It said itself that it does not take this instance.</summary>
    public bool HasDeclined { get; private set; }

    /// <summary>Waits until it has computed everything once.</summary>
    /// <returns>Why it cannot go on; null if it can.</returns>
    public string? WaitUntilReady(TimeSpan limit) =>
        ReadLine(limit) switch
        {
            "ready" => null,
            null when !_process.HasExited => $"a first run takes more than {limit.TotalSeconds:0} s",
            null => $"ended with code {_process.ExitCode}{(LastError.Length > 0 ? ": " : "")}{LastError}",
            var line when line.StartsWith("skip ", StringComparison.Ordinal) => Declined(line[5..]),
            var line => $"answered '{line}'",
        };

    private string Declined(string reason)
    {
        HasDeclined = true;
        return reason;
    }

    public (double[] Values, double[] Derivatives) Result() => InstanceFile.ReadResult(_result);

    /// <summary>Times in nanoseconds, or nothing if the limit is over before it answers.</summary>
    public IReadOnlyList<double> Measure(string what, double seconds, TimeSpan limit) =>
        Ask(string.Create(CultureInfo.InvariantCulture, $"{what} {seconds}"), limit);

    /// <summary>By how many bytes the process has grown at its peak since it read the input; bytes allocated in one call, where it knows.</summary>
    public (double? Peak, double? Allocated) Memory(TimeSpan limit)
    {
        var answer = Ask("memory", limit);
        return (answer.Length > 0 ? answer[0] : null, answer.Length > 1 ? answer[1] : null);
    }

    private double[] Ask(string question, TimeSpan limit)
    {
        _process.StandardInput.WriteLine(question);
        _process.StandardInput.Flush();
        return
        [
            .. (ReadLine(limit) ?? "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => double.Parse(word, CultureInfo.InvariantCulture)),
        ];
    }

    private string? ReadLine(TimeSpan limit)
    {
        var reading = _process.StandardOutput.ReadLineAsync();
        if (!reading.Wait(limit))
            return null;
        if (reading.Result is null)
            _process.WaitForExit(TimeSpan.FromSeconds(5));
        return reading.Result;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
