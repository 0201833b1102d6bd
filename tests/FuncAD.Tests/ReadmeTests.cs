using System.Text;
using System.Text.RegularExpressions;

namespace FuncAD.Tests;

/// <summary>The examples in README.md and in the pages of docs, at any depth, compile and run as they stand there.</summary>
/// <remarks>
/// The C# blocks of all documents are compiled once, each in a namespace of its own with its own usings and types, and run in a process for
/// each document. A block with directives (<c>#:package</c> and the like) is a program by itself. The F# blocks of a document are one script,
/// each in a module of its own. A block that starts with <c>// fragment</c> is only compiled; one fenced as <c>no-run</c> is left out. Where
/// the next block is fenced as <c>text output</c>, it is what the code prints.
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

    public static TheoryData<string> DocumentsWithFSharp() => [.. MarkdownBlock.Documents().Where(document => FSharp(document).Count > 0)];

    /// <summary>All C# blocks without directives as one program, which runs those of the document that it is told.</summary>
    private static readonly Lazy<string> AllCSharp = new(() =>
    {
        var blocks = MarkdownBlock.Documents().SelectMany(CSharp).Where(block => !HasDirectives(block)).ToList();
        var file = WriteCSharp("all", Together(blocks));
        var result = Dotnet.Run("build", file);
        Assert.True(result.ExitCode == 0, $"The examples do not compile: {result}");
        return file;
    });

    [Theory]
    [MemberData(nameof(DocumentsWithCSharp), DisableDiscoveryEnumeration = true)]
    public void The_csharp_examples_compile_and_run(string document)
    {
        var blocks = CSharp(document);
        var together = blocks.Where(block => !HasDirectives(block)).ToList();
        if (together.Count > 0)
            ExpectOutputs(together, Printed(document, "run", "--no-build", AllCSharp.Value, "--", document));
        foreach (var block in blocks.Where(HasDirectives))
            ExpectOutput(block, Printed(document, "run", WriteCSharp($"{document}-{block.Line}", block.Code)));
    }

    [Theory]
    [MemberData(nameof(DocumentsWithFSharp), DisableDiscoveryEnumeration = true)]
    public void The_fsharp_examples_run(string document)
    {
        var blocks = FSharp(document);
        var libraries = new[] { "FuncAD.Core.dll", "FuncAD.dll", "MathNet.Numerics.dll", "System.Numerics.Tensors.dll" };
        var script = new StringBuilder();
        foreach (var library in libraries)
            script.AppendLine($"#r @\"{Path.Combine(AppContext.BaseDirectory, library)}\"");
        foreach (var block in blocks)
        {
            var body = block.IsFragment ? $"open FuncAD\nlet fragment () =\n{Indent(block.Code)}    ()" : block.Code;
            var place = $"#line {(block.IsFragment ? block.Line - 1 : block.Line + 1)} @\"{Path.Combine(Dotnet.Repository, document)}\"";
            var start = block.IsFragment ? "" : $"    printfn \"{Marker}\"\n";
            script.Append($"module Line{block.Line} =\n{start}{place}\n{Indent(body)}");
        }
        var file = Write($"{document}.fsx", script.ToString());
        ExpectOutputs(blocks, Printed(document, "fsi", "--quiet", "--warnaserror+", file));
    }

    private static string Printed(string document, params string[] command)
    {
        var result = Dotnet.Run(command);
        Assert.True(result.ExitCode == 0, $"{document}: {result}");
        return result.Output;
    }

    /// <param name="blocks">Blocks that ran in turn, and fragments.</param>
    /// <param name="printed">What they printed, each after the marker.</param>
    private static void ExpectOutputs(List<MarkdownBlock> blocks, string printed)
    {
        var (complete, outputs) = (blocks.Where(block => !block.IsFragment).ToList(), printed.Split(Marker)[1..]);
        Assert.Equal(complete.Count, outputs.Length);
        foreach (var (block, output) in complete.Zip(outputs))
            ExpectOutput(block, output);
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

    private static List<MarkdownBlock> FSharp(string document) =>
        [.. MarkdownBlock.In(document).Where(block => block.Language == "fsharp" && !block.IsSkipped)];

    private static string WriteCSharp(string name, string program)
    {
        var project = Path.Combine(Dotnet.Repository, "src-csharp", "FuncAD", "FuncAD.csproj");
        return Write(name + ".cs", $"#:project {project}\n#:property PublishAot=false\n{program}");
    }

    /// <summary>A line before the output of each block of a program that runs several.</summary>
    private const string Marker = "---- next block ----";

    /// <summary>One program that runs the blocks of a document in turn.</summary>
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
            var (end, name) = (firstType < 0 ? lines.Length : firstType, $"{NotInNames().Replace(block.Document, "_")}_{block.Line}");
            var statements = lines.Select((line, index) => index >= end || UsingDirective().IsMatch(line) ? "" : line);
            var types = lines.Skip(end);
            if (!block.IsFragment)
                calls.AppendLine(
                    $$"""if (args[0] == "{{block.Document}}") { System.Console.WriteLine("{{Marker}}"); {{name}}.Example.Run(); }"""
                );
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

    [GeneratedRegex(@"\W")]
    private static partial Regex NotInNames();

    [GeneratedRegex(@"^using (static )?[\w.]+;|^using \w+ = ")]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^(public |internal |sealed |abstract |static |readonly |partial )*(record|class|struct|interface|enum|delegate)\b")]
    private static partial Regex TypeDeclaration();
}
