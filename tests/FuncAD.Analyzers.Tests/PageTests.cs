using System.Text.RegularExpressions;
using FuncAD.Tests;

namespace FuncAD.Analyzers.Tests;

/// <summary>docs/analyzers.md has a section on each rule, whose first example the rule reports.</summary>
public partial class PageTests
{
    private const string Page = "docs/analyzers.md";

    public static TheoryData<string> Rules() => [.. new UsageAnalyzer().SupportedDiagnostics.Select(rule => rule.Id)];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task The_wrong_example_is_reported(string id)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Dotnet.Repository, Page));
        var heading = Array.IndexOf(lines, $"## {id}");
        Assert.True(heading >= 0, $"{Page} has no section {id}");
        var wrong = MarkdownBlock.In(Page).First(block => block.Line > heading);
        Assert.True(wrong is { Language: "csharp", IsSkipped: true });
        Assert.Equal([id], (await Source.Report(Source.CompileApp(wrong.Code))).Select(found => found.Id));
        Assert.Contains(lines, line => line == $"Switch it off: `dotnet_diagnostic.{id}.severity = none`");
    }

    [Fact]
    public void Each_rule_links_to_its_section() =>
        Assert.All(
            new UsageAnalyzer().SupportedDiagnostics,
            rule => Assert.Equal($"{Page}#{rule.Id.ToLowerInvariant()}", rule.HelpLinkUri)
        );

    [Fact]
    public async Task The_file_of_releases_has_each_rule()
    {
        var file = Path.Combine(Dotnet.Repository, "src-csharp", "FuncAD.Analyzers", "AnalyzerReleases.Unshipped.md");
        var rules = new UsageAnalyzer().SupportedDiagnostics.Select(rule =>
            $"{rule.Id} | {rule.Category} | {rule.DefaultSeverity} | {rule.Title}"
        );
        Assert.Equal(rules, (await File.ReadAllLinesAsync(file)).Where(line => RuleLine().IsMatch(line)));
    }

    [GeneratedRegex("^FAD")]
    private static partial Regex RuleLine();
}
