using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>Where and with what a run was made.</summary>
public static partial class Machine
{
    public static IEnumerable<string> Describe(string python)
    {
        yield return $"date: {DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, commit {Ask("git", "-C", Contestant.Folder(), "describe", "--always", "--dirty") ?? "unknown"}";
        yield return $"machine: {Processor()}, {Environment.ProcessorCount} logical cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0} GB";
        yield return $"system: {SystemName()}";
        yield return $".NET {Environment.Version}, {Backend.Name} for matrix products";
        yield return $"C and C++: {Ask("g++", "--version") ?? "none"}, -O3 -march=native";
        foreach (var package in new[] { "libadolc-dev", "libeigen3-dev", "libtrilinos-sacado-dev" })
            yield return $"{package}: {Ask("dpkg-query", "-W", "-f=${Version}", package) ?? "not installed"}";
        yield return $"PyTorch: {Ask(python, "-c", "import torch; print(torch.__version__)") ?? "not installed"}";
    }

    private static string Processor() =>
        File.Exists("/proc/cpuinfo") && ModelName().Match(File.ReadAllText("/proc/cpuinfo")) is { Success: true } match
            ? match.Groups[1].Value
            : RuntimeInformation.ProcessArchitecture.ToString();

    private static string SystemName() =>
        File.Exists("/etc/os-release") && PrettyName().Match(File.ReadAllText("/etc/os-release")) is { Success: true } match
            ? match.Groups[1].Value
            : RuntimeInformation.OSDescription;

    /// <summary>The first line that a command prints; null if it cannot be run or fails.</summary>
    private static string? Ask(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            var line = process.StandardOutput.ReadLine();
            process.WaitForExit();
            return process.ExitCode == 0 ? line : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^model name\s*:\s*(.+)$", RegexOptions.Multiline)]
    private static partial Regex ModelName();

    [GeneratedRegex("^PRETTY_NAME=\"(.+)\"$", RegexOptions.Multiline)]
    private static partial Regex PrettyName();
}
