using System.Diagnostics;
using System.Text;

namespace FuncAD.Tests;

/// <summary>Runs the dotnet command in the repository, for samples and the examples of the documentation.</summary>
internal static class Dotnet
{
    /// <summary>Guards against a hang; nothing is expected to take so long.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    public static string Repository { get; } = FindRepository();

    public sealed record Result(int ExitCode, string Output, string Errors)
    {
        public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Errors}";
    }

    public static Result Run(params string[] arguments) => RunIn(Repository, arguments);

    public static Result RunIn(string folder, params string[] arguments) =>
        Start(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder, arguments);

    /// <summary>Runs a program of a file of its own.</summary>
    public static Result Start(string file) => Start(file, Repository, []);

    private static Result Start(string file, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The test runner's own build settings are none of the sample's business, and a build server that outlives the sample would
        // hold its output open.
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>())
            if (new[] { "MSBUILD", "VSTEST" }.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";

        using var process = new Process { StartInfo = start };
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(errors, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(Hang))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{file} {string.Join(' ', arguments)} hangs: {output}{errors}");
        }
        process.WaitForExit(); // for the rest of the output
        return new Result(process.ExitCode, output.ToString(), errors.ToString());
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
            if (line is not null)
                text.AppendLine(line);
    }

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "FuncAD.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("No FuncAD.sln above the tests' own directory.");
    }
}

/// <summary>Tests that start processes run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class ProcessCollection
{
    public const string Name = "processes";
}
