using System.Text.RegularExpressions;
using FuncAD.Tests;
using Microsoft.CodeAnalysis;

namespace FuncAD.Analyzers.Tests;

/// <summary>
/// The analyzers are quiet on the samples and on the pages. (Tests and benchmarks have them in their builds, where a warning is an error.)
/// </summary>
public partial class RepositoryTests
{
    public static TheoryData<string> Samples() =>
        [
            .. Directory
                .GetFiles(Path.Combine(Dotnet.Repository, "samples"), "*.cs")
                .Select(file => Path.GetFileName(file))
                .Order(StringComparer.Ordinal),
        ];

    public static TheoryData<string, int> Blocks()
    {
        var data = new TheoryData<string, int>();
        foreach (
            var block in MarkdownBlock
                .Documents()
                .SelectMany(MarkdownBlock.In)
                .Where(block => block.Language == "csharp" && !block.IsSkipped)
                // The other half of such a class is written by System.Text.Json's generator, which is not here.
                .Where(block => !block.Code.Contains("JsonSerializerContext", StringComparison.Ordinal))
        )
            data.Add(block.Document, block.Line);
        return data;
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_has_no_warning(string file) =>
        await ExpectQuiet(await File.ReadAllTextAsync(Path.Combine(Dotnet.Repository, "samples", file)));

    [Theory]
    [MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public async Task An_example_has_no_warning(string document, int line)
    {
        var block = MarkdownBlock.In(document).Single(block => block.Line == line);
        await ExpectQuiet(
            block.IsFragment ? $"using FuncAD;\nusing static FuncAD.AD;\nusing static FuncAD.RealMath;\n{block.Code}" : block.Code
        );
    }

    private static async Task ExpectQuiet(string program) =>
        Assert.Empty(await Source.Report(Source.CompileApp(Directive().Replace(program, ""))));

    [GeneratedRegex("^#:.*$", RegexOptions.Multiline)]
    private static partial Regex Directive();
}
