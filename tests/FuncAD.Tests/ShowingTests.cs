using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.DotNet.Interactive.Formatting;
using Microsoft.FSharp.Core;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>How values look when they are printed, in a debugger and in notebooks.</summary>
public partial class ShowingTests
{
    private static Minimum<Real[]> Minimum => Optim.Lbfgs((Real[] x) => (x[0] - 1) * (x[0] - 1) + x[1] * x[1], new Real[] { 0, 2 });

    // ---- Text ----

    /// <summary>One value of each type that is a record or a union of F#.</summary>
    private static readonly object[] Records =
    [
        Minimum,
        Optim.Start(new Real[] { 0.5, -1 }),
        Stochastic.Derivative((p, chance) => chance.Bernoulli(p), RandomKey.Of(1), 100)(0.5),
        new Estimate<Real[]>([0.5, 1], [0.1, 0.2], 10),
        AdamSettings.Default,
    ];

    [Fact]
    public void Every_record_of_the_core_has_a_text_of_its_own()
    {
        var own = typeof(Real)
            .Assembly.GetExportedTypes()
            .Where(type => !type.IsEnum && !type.IsInterface && !(type.IsAbstract && type.IsSealed))
            .Where(type => type.GetCustomAttribute<EditorBrowsableAttribute>()?.State != EditorBrowsableState.Never);
        var generated = own.Where(type =>
                type.GetMethod(nameof(ToString), Type.EmptyTypes)!.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
            )
            .Select(type => type.FullName);
        Assert.Empty(generated);
        var records = own.Where(type =>
            type.GetCustomAttribute<CompilationMappingAttribute>()
                is { SourceConstructFlags: SourceConstructFlags.RecordType or SourceConstructFlags.SumType }
        );
        var shown = Records.Select(value => value.GetType()).Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type);
        Assert.Equal(records.Select(type => type.FullName).Order(), shown.Select(type => type.FullName).Order());
    }

    [Fact]
    public void Texts_are_short_and_have_nothing_of_FSharp()
    {
        object[] others =
        [
            new CompileOptions(),
            new ScoreOptions(),
            CheckGradient((Real x) => x * x, (Real)1),
            RandomKey.Of(1),
            Distribution.Normal(0, 1),
            Randomised.Memory((Real[] x) => x[0] * x[0])([1.5]),
            ForwardTrace(x => x * x, 2, 1).Operations,
        ];
        var culture = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = comma;
            foreach (var value in Records.Concat(others))
            {
                var text = value.ToString()!;
                Assert.DoesNotMatch(FSharpSyntax(), text);
                Assert.DoesNotMatch(CommaInNumber(), text);
                Assert.DoesNotContain("FuncAD.", text, StringComparison.Ordinal);
                Assert.InRange(text.Length, 3, 300);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [GeneratedRegex(@"\[\||\|\]|\bSome\b|\bNone\b|[{}\n]|\[[^\]]*;")]
    private static partial Regex FSharpSyntax();

    [GeneratedRegex(@"\d,\d")]
    private static partial Regex CommaInNumber();

    [Fact]
    public void Texts_say_what_there_is()
    {
        Assert.Matches(@"^\S+ at \[\S+, \S+\] \(slope \S+, \d+ iterations?, ended by (Gradient|Progress)\)$", Minimum.ToString());
        Assert.Equal("after 0 steps: [0.5, -1]", Optim.Start(new Real[] { 0.5, -1 }).ToString());
        Assert.Equal("after 0 steps: 0.5", Optim.Start((Real)0.5).ToString());
        Assert.Equal("after 0 steps: [2, 1, 1, 1, 1, 1, 1, 1, ... 10 entries]", Optim.Start(((Real)2, Tensor.Ones(3, 3))).ToString());
        Assert.Equal("Mode = Automatic, VectorBits = 0, Threads = 0, MaximumPaths = 16", new CompileOptions().ToString());
        Assert.Equal("Baseline = LeaveOneOut, Antithetic = False", new ScoreOptions().ToString());
    }

    // ---- Debuggers ----

    /// <summary>What a debugger shows: the member that the attribute names, whatever its access.</summary>
    private static string Displayed(object value)
    {
        var display = value.GetType().GetCustomAttribute<DebuggerDisplayAttribute>()!.Value;
        var name = Assert.Single(DisplayedMember().Matches(display)).Groups[1].Value;
        return (string)value.GetType().GetProperty(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(value)!;
    }

    [GeneratedRegex(@"^\{(\w+),nq\}$")]
    private static partial Regex DisplayedMember();

    [Fact]
    public void Debuggers_show_numbers_with_their_level()
    {
        Assert.Equal("0.5", Displayed((Real)0.5));
        Assert.Equal("NaN", Displayed(Real.NaN));
        var seen = new List<string>();
        Real See(Real x)
        {
            seen.Add(Displayed(x));
            return x * x;
        }
        Diff(See)(2);
        Grad((Func<Real, Real>)See)(3);
        Taylor(See, 6)(4);
        Compile((Func<Real, Real>)See, 5);
        Symbolic.Of(See, "x");
        Assert.Matches(@"^2 \(differentiated in forward mode, level \d+\)$", seen[0]);
        Assert.Matches(@"^3 \(differentiated in reverse mode, level \d+\)$", seen[1]);
        Assert.Matches(@"^4 \(differentiated, level \d+\)$", seen[2]);
        Assert.Matches(@"^5 \(traced, level \d+\)$", seen[3]);
        Assert.Matches(@" \(traced, level \d+\)$", seen[4]);
        Real kept = 0;
        Diff(x => kept = x)(6);
        Assert.Equal("6", Displayed(kept));
    }

    [Fact]
    public void Debuggers_show_tensors_with_their_shape()
    {
        Assert.Equal("2.5", Displayed(Tensor.Of(2.5)));
        Assert.Equal("shape [0, 3]: ", Displayed(Tensor.Zeros(0, 3)));
        Assert.Equal("shape [2, 2]: 1, 2, 3, 4", Displayed(Tensor.Of([1.0, 2, 3, 4], 2, 2)));
        Assert.Equal("shape [1000]: 1, 1, 1, 1, 1, 1, 1, 1, ...", Displayed(Tensor.Ones(1000)));
        var seen = "";
        Grad(
            (Tensor x) =>
            {
                seen = Displayed(x);
                var view = View(x);
                Assert.Equal([1.0, 2], view.Elements);
                Assert.True(view.IsDifferentiated);
                return x.Sum();
            }
        )(Tensor.Of([1.0, 2], 2));
        Assert.Matches(@"^shape \[2\]: 1, 2 \(differentiated in reverse mode, level \d+\)$", seen);
        Assert.False(View(Tensor.Ones(3)).IsDifferentiated);
        Assert.Equal([3], View(Tensor.Ones(3)).Shape);

        static TensorView View(Tensor x)
        {
            var proxy = Type.GetType(typeof(Tensor).GetCustomAttribute<DebuggerTypeProxyAttribute>()!.ProxyTypeName)!;
            return (TensorView)Activator.CreateInstance(proxy, x)!;
        }
    }

    [Fact]
    public void Debuggers_show_the_size_of_a_compiled_function() =>
        Assert.Equal("2 inputs, 2 operations, 1 output, 1 path", Displayed(Compile((Real[] x) => Real.Sin(x[0] * x[1]), [1, 2])));

    // ---- Notebooks ----

    private static string Html(object value) => value.ToDisplayString("text/html");

    private static XElement Parsed(string html) => XElement.Parse(html);

    [Fact]
    public void Notebooks_show_tensors_as_tables()
    {
        var table = Parsed(Html(Tensor.Of([1, 2.5, -3, 1e-7, 5, double.NaN], 2, 3)));
        Assert.Equal("Tensor, shape [2, 3]", table.Descendants("caption").Single().Value);
        Assert.Equal(
            ["1|2.5|-3", "1E-07|5|NaN"],
            table.Descendants("tr").Select(row => string.Join('|', row.Elements("td").Select(cell => cell.Value)))
        );
        Assert.Empty(table.DescendantsAndSelf("details"));
        Assert.Equal("4", Parsed(Html(Tensor.Of(4.0))).Descendants("td").Single().Value);
        Assert.Equal(3, Parsed(Html(Tensor.Ones(3))).Descendants("td").Count());
        Assert.Contains("shape [0, 3]", Html(Tensor.Zeros(0, 3)), StringComparison.Ordinal);
        var stack = Parsed(Html(Tensor.Ones(2, 2, 1, 3)));
        Assert.Equal(["[0, 0, :, :]", "[0, 1, :, :]", "[1, 0, :, :]", "[1, 1, :, :]"], stack.Descendants("caption").Select(c => c.Value));
    }

    [Fact]
    public void Notebooks_fold_large_tensors()
    {
        var folded = Parsed(Html(Tensor.Of([.. Enumerable.Range(0, 10_000).Select(i => (double)i)], 100, 100)));
        Assert.Equal("details", folded.Name.LocalName);
        Assert.Equal("Tensor, shape [100, 100]", folded.Element("summary")!.Value);
        var rows = folded.Descendants("tr").Select(row => string.Join('|', row.Elements("td").Select(cell => cell.Value))).ToArray();
        Assert.Equal(7, rows.Length);
        Assert.Equal("0|1|2|...|97|98|99", rows[0]);
        Assert.Equal("9900|9901|9902|...|9997|9998|9999", rows[^1]);
        Assert.InRange(Html(Tensor.Ones(50, 50, 50, 50)).Length, 1, 100_000);
    }

    [Fact]
    public void Notebooks_show_traces_as_pictures_and_formulas_as_LaTeX()
    {
        var trace = ReverseTrace(x => Real.Log(x[0]) + x[0] * x[1], [2, 5]);
        Assert.Contains("<svg", Html(trace), StringComparison.Ordinal);
        Assert.Contains(trace.ToSvg(), Html(trace), StringComparison.Ordinal);
        var formula = Symbolic.Of(x => Real.Sin(x) / 2, "x");
        Assert.Equal(["text/latex"], Formatter.GetPreferredMimeTypesFor(typeof(Formula)));
        Assert.Equal($"$${formula.ToLatex()}$$", formula.ToDisplayString("text/latex"));
    }

    [Fact]
    public void Notebooks_show_the_rest_as_text()
    {
        object[] values =
        [
            (Real)0.5,
            CheckGradient((Real x) => x * x, (Real)1),
            Minimum,
            Optim.Start((Real)1),
            RandomKey.Of(1),
            Distribution.Normal(0, 1),
            Compile((Real x) => x < 1 ? x : x * x, 2),
        ];
        foreach (var value in values)
        {
            Assert.Equal($"<pre>{WebUtility.HtmlEncode(value.ToString())}</pre>", Html(value));
            Assert.Equal(value.ToString(), value.ToDisplayString("text/plain"));
        }
    }

    [Fact]
    public void The_formatters_are_found_by_name_without_a_reference()
    {
        Assert.DoesNotContain(
            typeof(Real).Assembly.GetReferencedAssemblies(),
            name => name.Name!.StartsWith("Microsoft.DotNet.Interactive", StringComparison.Ordinal)
        );
        var marked = typeof(Real)
            .Assembly.GetExportedTypes()
            .Select(type =>
                (Type: type, Source: type.GetCustomAttributes().SingleOrDefault(a => a.GetType().Name == "TypeFormatterSourceAttribute"))
            )
            .Where(pair => pair.Source is not null)
            .ToArray();
        Assert.Contains(marked, pair => pair.Type == typeof(Tensor));
        foreach (var (type, attribute) in marked)
        {
            var source = Activator.CreateInstance((Type)attribute!.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!)!;
            var formatters = (IEnumerable)source.GetType().GetMethod("CreateTypeFormatters")!.Invoke(source, null)!;
            var types = formatters.Cast<object>().Select(f => (string)f.GetType().GetProperty("MimeType")!.GetValue(f)!).ToArray();
            Assert.True(types.Length == 2 && types[1] == "text/plain", type.FullName);
            Assert.All(
                formatters.Cast<object>(),
                f => Assert.NotNull(f.GetType().GetMethod("Format", [typeof(object), typeof(TextWriter)]))
            );
        }
    }
}
