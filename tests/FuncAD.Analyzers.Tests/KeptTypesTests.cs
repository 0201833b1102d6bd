using FuncAD.Analyzers.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace FuncAD.Analyzers.Tests;

/// <summary>What the generator keeps for programs that are published ahead of time.</summary>
public class KeptTypesTests
{
    /// <summary>The options of a project.</summary>
    private sealed class Properties(params (string Name, string Value)[] values) : AnalyzerConfigOptionsProvider
    {
        private sealed class Values((string Name, string Value)[] values) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
            {
                value = values.FirstOrDefault(property => "build_property." + property.Name == key).Value;
                return value is not null;
            }
        }

        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(values);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;
    }

    /// <summary>The generated file, which must compile with the program.</summary>
    private static string Generate(string program, string property = "PublishAot")
    {
        var compilation = Source.Compile(program);
        var driver = CSharpGeneratorDriver.Create(
            [new KeptTypesGenerator().AsSourceGenerator()],
            parseOptions: (CSharpParseOptions)compilation.SyntaxTrees[0].Options,
            optionsProvider: new Properties((property, "true"))
        );
        var result = driver.RunGeneratorsAndUpdateCompilation(compilation, out var whole, out var reported).GetRunResult();
        Assert.Empty(reported);
        Assert.DoesNotContain(
            whole.GetDiagnostics(),
            d => d.Severity >= DiagnosticSeverity.Warning && d.Location.SourceTree?.FilePath.Contains("KeptTypes") == true
        );
        Assert.DoesNotContain(whole.GetDiagnostics(), d => d.Severity == DiagnosticSeverity.Error);
        return result.GeneratedTrees.SingleOrDefault()?.ToString() ?? "";
    }

    [Theory]
    [InlineData("Grad((Line m) => m.A)(new Line(1)); record Line(Real A);", "Keep<global::Line>()")]
    [InlineData("record Line(Real A);", "Keep<global::Line>()")]
    [InlineData("record Line(List<Dictionary<string, Tensor[]>> A);", "Keep<global::Line>()")]
    [InlineData("record Outer(Inner[] A); record Inner(Real B);", "Keep<global::Outer>()")]
    [InlineData("record Outer(Real A, Inner B); record Inner(double C);", "Keep<global::Inner>()")]
    [InlineData("class Base { public Real A { get; set; } } class Derived : Base;", "Keep<global::Derived>()")]
    [InlineData("[Differentiable] class Marked { public object? A; }", "Keep<global::Marked>()")]
    [InlineData(
        "Grad(((Real A, Real B) p) => p.A)((1, 2));",
        "Keep<global::System.ValueTuple<global::FuncAD.Real, global::FuncAD.Real>>()"
    )]
    [InlineData("Grad((Tuple<Real> p) => p.Item1)(new((Real)1));", "Keep<global::System.Tuple<global::FuncAD.Real>>()")]
    [InlineData("struct Pair { public Real A; } record Pairs(Pair[] All);", "KeepItems<global::Pair>()")]
    [InlineData("struct Pair { public Real A; } record Pairs(IReadOnlyList<Pair> All);", "KeepItems<global::Pair>()")]
    [InlineData("record Rates(Dictionary<DayOfWeek, Real> All);", "KeepEntries<global::System.DayOfWeek, global::FuncAD.Real>()")]
    [InlineData("record Box<T>(T Value); record Holder(Box<Real> A);", "Keep<global::Box<global::FuncAD.Real>>()")]
    [InlineData(
        "record Box<T>(T Value, Real A);",
        "DynamicDependency(global::System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.All, \"Box`1\", \"Program\")"
    )]
    [InlineData("class Outer { private class Inner { public Real A; } }", "\"Outer.Inner\", \"Program\"")]
    [InlineData(
        "Compile((Line m) => m.A, new Line(1)); record Line(Real A);",
        "DynamicDependency(global::System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.All, typeof(global::Line))"
    )]
    public void It_keeps(string program, string expected) =>
        Assert.Contains(
            expected,
            Generate(
                program.StartsWith("Grad", StringComparison.Ordinal) || program.StartsWith("Compile", StringComparison.Ordinal)
                    ? program
                    : "Console.WriteLine();" + program
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("record Plain(double A);")]
    [InlineData("ref struct Short { public Span<Real> A; }")]
    [InlineData("static class Constants { public static Real A = 1; }")]
    [InlineData("class Endless<T> { public Endless<List<T>>? Next; }")]
    [InlineData("Grad(x => x * x)(3.0);")]
    public void It_writes_nothing_for(string program) =>
        Assert.Equal("", Generate(program.StartsWith("Grad", StringComparison.Ordinal) ? program : "Console.WriteLine();" + program));

    [Fact]
    public void It_ends_on_types_without_end() =>
        Assert.Contains(
            "Keep<global::Endless<int>>()",
            Generate(
                "Console.WriteLine();class Endless<T> { public Real A; public Endless<List<T>>? Next; } record Holder(Endless<int> All);"
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void It_writes_nothing_where_nothing_is_published_so() =>
        Assert.Equal("", Generate("Console.WriteLine();record Line(Real A);", "Other"));
}
