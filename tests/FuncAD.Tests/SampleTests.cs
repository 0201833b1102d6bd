namespace FuncAD.Tests;

/// <summary>Every sample runs, and the checks that it makes itself pass.</summary>
[Collection(ProcessCollection.Name)]
public class SampleTests
{
    private static string Folder => Path.Combine(Dotnet.Repository, "samples");

    /// <summary>The samples' file names; none of them may be missed.</summary>
    public static TheoryData<string> Samples() =>
        Directory.Exists(Folder)
            ? [.. Directory.EnumerateFiles(Folder).Where(IsSample).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)]
            : [];

    private static bool IsSample(string file) => Path.GetExtension(file) is ".cs" or ".fsx";

    [Fact]
    public void There_are_samples() => Assert.True(Samples().Count > 0, "no *.cs or *.fsx file in samples/");

    [Theory]
    [MemberData(nameof(Samples), DisableDiscoveryEnumeration = true)]
    public void The_sample_runs_and_its_own_checks_pass(string name)
    {
        var file = Path.Combine(Folder, name);
        // Scripts find the assemblies under test here, rather than an older build.
        var result =
            Path.GetExtension(file) == ".cs"
                ? Dotnet.Run("run", file)
                : Dotnet.Run("fsi", "--quiet", $"-I:{AppContext.BaseDirectory}", file);
        Assert.True(result.ExitCode == 0, $"{name}: {result}");
        if (PrintsOk(File.ReadAllText(file)))
            Assert.Equal("ok", result.Output.TrimEnd().Split('\n')[^1].Trim());
    }

    /// <summary>Tells whether a sample says of itself that its last line is "ok" when its checks pass.</summary>
    private static bool PrintsOk(string source) => source.Contains("ok\"", StringComparison.Ordinal);
}
