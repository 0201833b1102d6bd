using System.Text;
using System.Text.RegularExpressions;

namespace FuncAD.Tests;

/// <summary>The examples in README.md and in the pages of docs, at any depth, compile and run as they stand there.</summary>
/// <remarks>
/// The C# blocks of a document become one program, each in a namespace of its own with its own usings and types. A block with
/// directives (<c>#:package</c> and the like) is a program by itself. A block that starts with <c>// fragment</c> is only compiled; one
/// fenced as <c>no-run</c> is left out. F# blocks are scripts, one each. Where the next block is fenced as <c>text output</c>, it is what the
/// code prints.
/// </remarks>
[Collection(ProcessCollection.Name)]
public partial class ReadmeTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "readme");

    [Fact]
    public void The_readme_shows_code_in_both_languages()
    {
        var complete = MarkdownBlock.In("README.md").Where(block => !block.IsSkipped && !block.IsFragment);
        var languages = complete.Select(block => block.Language).ToArray();
        Assert.Contains("csharp", languages);
        Assert.Contains("fsharp", languages);
    }

    public static TheoryData<string> DocumentsWithCSharp() => [.. MarkdownBlock.Documents().Where(document => CSharp(document).Count > 0)];

    public static TheoryData<string, int> FSharpBlocks()
    {
        var data = new TheoryData<string, int>();
        foreach (var block in MarkdownBlock.Documents().SelectMany(MarkdownBlock.In).Where(b => b.Language == "fsharp" && !b.IsSkipped))
            data.Add(block.Document, block.Line);
        return data;
    }

    [Theory]
    [MemberData(nameof(DocumentsWithCSharp), DisableDiscoveryEnumeration = true)]
    public void The_csharp_examples_compile_and_run(string document)
    {
        var blocks = CSharp(document);
        var together = blocks.Where(block => !HasDirectives(block)).ToList();
        if (together.Count > 0)
        {
            var printed = RunCSharp(document, Together(together)).Split(Marker);
            foreach (var (block, output) in together.Where(block => !block.IsFragment).Zip(printed.Skip(1)))
                ExpectOutput(block, output);
        }
        foreach (var block in blocks.Where(HasDirectives))
            ExpectOutput(block, RunCSharp($"{document}-{block.Line}", block.Code));
    }

    [Theory]
    [MemberData(nameof(FSharpBlocks), DisableDiscoveryEnumeration = true)]
    public void The_fsharp_example_runs(string document, int line)
    {
        var block = MarkdownBlock.In(document).Single(b => b.Line == line);
        var libraries = new[] { "FuncAD.Core.dll", "FuncAD.dll", "MathNet.Numerics.dll", "System.Numerics.Tensors.dll" };
        var references = libraries.Select(library => $"#r @\"{Path.Combine(AppContext.BaseDirectory, library)}\"");
        var body = block.IsFragment ? $"open FuncAD\nlet fragment () =\n{Indent(block.Code)}    ()\n" : block.Code;
        var place = $"#line {line + 1} @\"{Path.Combine(Dotnet.Repository, document)}\"";
        var file = Write($"{document}-{line}.fsx", $"{string.Join('\n', references)}\n{place}\n{body}");
        var result = Dotnet.Run("fsi", "--quiet", "--warnaserror+", file);
        Assert.True(result.ExitCode == 0, $"{document}, line {line}: {result}");
        ExpectOutput(block, result.Output);
    }

    private static void ExpectOutput(MarkdownBlock block, string printed)
    {
        static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).Trim('\n');
        if (block.Output is { } expected)
            Assert.True(
                Trimmed(expected) == Trimmed(printed),
                $"{block.Document}, line {block.Line}, prints:\n{printed}\nThe page says:\n{expected}"
            );
    }

    private static List<MarkdownBlock> CSharp(string document) =>
        [.. MarkdownBlock.In(document).Where(block => block.Language == "csharp" && !block.IsSkipped)];

    private static bool HasDirectives(MarkdownBlock block) =>
        block.Code.Split('\n').Any(line => line.StartsWith("#:", StringComparison.Ordinal));

    /// <summary>What a program prints.</summary>
    private static string RunCSharp(string name, string program)
    {
        var project = Path.Combine(Dotnet.Repository, "src-csharp", "FuncAD", "FuncAD.csproj");
        var file = Write(name + ".cs", $"#:project {project}\n#:property PublishAot=false\n{program}");
        var result = Dotnet.Run("run", file);
        Assert.True(result.ExitCode == 0, $"{name}: {result}");
        return result.Output;
    }

    /// <summary>A line before the output of each block of a program that runs several.</summary>
    private const string Marker = "---- next block ----";

    /// <summary>One program that runs the blocks in turn.</summary>
    private static string Together(List<MarkdownBlock> blocks)
    {
        var (calls, namespaces) = (new StringBuilder(), new StringBuilder());
        foreach (var block in blocks)
        {
            var lines = block.Code.Split('\n');
            var usings = lines.Where(line => UsingDirective().IsMatch(line)).ToArray();
            if (block.IsFragment && usings.Length == 0)
                usings = ["using FuncAD;", "using static FuncAD.AD;", "using static FuncAD.RealMath;"];
            var source = Path.Combine(Dotnet.Repository, block.Document);
            // Types come last in a program of top-level statements.
            var firstType = Array.FindIndex(lines, line => TypeDeclaration().IsMatch(line));
            var (end, name) = (firstType < 0 ? lines.Length : firstType, $"Line{block.Line}");
            var statements = lines.Select((line, index) => index >= end || UsingDirective().IsMatch(line) ? "" : line);
            var types = lines.Skip(end);
            if (!block.IsFragment)
                calls.AppendLine($"System.Console.WriteLine(\"{Marker}\");\n{name}.Example.Run();");
            namespaces.AppendLine($"namespace {name}\n{{\n{string.Join('\n', usings)}");
            namespaces.AppendLine($"static class Example\n{{\npublic static void Run()\n{{");
            namespaces.AppendLine($"#line {block.Line + 1} \"{source}\"\n{string.Join('\n', statements)}\n#line hidden\n}}\n}}");
            if (firstType >= 0)
                namespaces.AppendLine($"#line {block.Line + 1 + end} \"{source}\"\n{string.Join('\n', types)}\n#line hidden");
            namespaces.AppendLine("}");
        }
        return $"{calls}{namespaces}";
    }

    private static string Indent(string code) => string.Concat(code.TrimEnd().Split('\n').Select(line => $"    {line}\n"));

    private static string Write(string name, string text)
    {
        Directory.CreateDirectory(Folder);
        var file = Path.Combine(Folder, name.Replace('/', '-').Replace(".md", "", StringComparison.Ordinal));
        File.WriteAllText(file, text);
        return file;
    }

    [GeneratedRegex(@"^using (static )?[\w.]+;|^using \w+ = ")]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^(public |internal |sealed |abstract |static |readonly |partial )*(record|class|struct|interface|enum|delegate)\b")]
    private static partial Regex TypeDeclaration();
}
