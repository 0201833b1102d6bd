using System.Collections.Immutable;
using FuncAD.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace FuncAD.Analyzers.Tests;

/// <summary>
/// A program that the analyzers look at. <c>[|...|]</c> marks a place that one of them reports, and is no part of the program, which must
/// compile.
/// </summary>
internal sealed class Source
{
    /// <summary>What the SDK adds to each program.</summary>
    private const string Implicit = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private const string Usings = $"""
        {Implicit}
        global using System.Diagnostics;
        global using System.Globalization;
        global using System.Numerics;
        global using FuncAD;
        global using static FuncAD.AD;
        """;

    /// <summary>What this process is made of: the framework, the library and its packages.</summary>
    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path)),
    ];

    private static readonly CSharpCompilationOptions Options = new(
        OutputKind.ConsoleApplication,
        allowUnsafe: true,
        nullableContextOptions: NullableContextOptions.Enable
    );

    public Source(string marked)
    {
        var (text, places) = ("", new List<TextSpan>());
        foreach (var (part, index) in marked.Split(["[|", "|]"], StringSplitOptions.None).Select((part, index) => (part, index)))
        {
            if (index % 2 == 1)
                places.Add(new TextSpan(text.Length, part.Length));
            text += part;
        }
        (Text, Places) = (text, places);
    }

    public string Text { get; }

    public IReadOnlyList<TextSpan> Places { get; }

    /// <summary>A program with the usings of the tests.</summary>
    public static CSharpCompilation Compile(params IEnumerable<string> files) => CompileAlone(files.Prepend(Usings));

    /// <summary>A program as it stands, with the usings of the SDK.</summary>
    public static CSharpCompilation CompileApp(string program) => CompileAlone([Implicit, program]);

    private static CSharpCompilation CompileAlone(IEnumerable<string> files) =>
        CSharpCompilation.Create(
            "Program",
            files.Select((file, i) => CSharpSyntaxTree.ParseText(file, path: $"{i}.cs")),
            References,
            Options
        );

    /// <summary>What the analyzers report; the program must compile.</summary>
    public static async Task<ImmutableArray<Diagnostic>> Report(CSharpCompilation compilation)
    {
        var errors = compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error);
        Assert.True(!errors.Any(), string.Join('\n', errors));
        var found = await compilation.WithAnalyzers([new UsageAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        return [.. found.OrderBy(d => d.Location.SourceSpan.Start).ThenBy(d => d.Id, StringComparer.Ordinal)];
    }

    /// <summary>Expects reports of one rule at the marked places, and no others.</summary>
    public static async Task Expect(string id, string marked)
    {
        var source = new Source(marked);
        var found = await Report(Compile(source.Text));
        Assert.True(
            found.Select(d => (d.Id, d.Location.SourceSpan)).SequenceEqual(source.Places.Select(place => (id, place))),
            $"{source.Text}\nexpected {id} at {string.Join(", ", source.Places)}, got:\n{string.Join('\n', found)}"
        );
    }

    public static Task ExpectNone(string text) => Expect("", text);

    /// <summary>
    /// The program after the fix of that title for its first report; null if the fix is not offered. What is fixed must compile.
    /// </summary>
    public static async Task<string?> Fix(string text, string title)
    {
        using var workspace = new AdhocWorkspace();
        var project = workspace
            .AddProject(
                ProjectInfo.Create(
                    ProjectId.CreateNewId(),
                    VersionStamp.Default,
                    "Program",
                    "Program",
                    LanguageNames.CSharp,
                    compilationOptions: Options,
                    metadataReferences: References
                )
            )
            .AddDocument("Usings.cs", Usings)
            .Project;
        var document = project.AddDocument("Program.cs", text);
        var compilation = (CSharpCompilation)(await document.Project.GetCompilationAsync())!;
        var first = (await Report(compilation))[0];
        CodeAction? chosen = null;
        await new ReadingFixProvider().RegisterCodeFixesAsync(
            new CodeFixContext(document, first, (action, _) => chosen ??= action.Title == title ? action : null, CancellationToken.None)
        );
        if (chosen is null)
            return null;
        var operation = (await chosen.GetOperationsAsync(CancellationToken.None)).OfType<ApplyChangesOperation>().Single();
        var changed = operation.ChangedSolution.GetDocument(document.Id)!;
        var errors = (await changed.Project.GetCompilationAsync())!.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error);
        Assert.True(!errors.Any(), string.Join('\n', errors));
        return (await changed.GetTextAsync()).ToString();
    }
}
