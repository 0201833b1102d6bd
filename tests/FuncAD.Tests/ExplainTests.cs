using System.Runtime.CompilerServices;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>
/// Functions whose value or gradient is NaN, infinite or wrong in most digits, each with the operation that is to blame, its operand, its
/// line and the ends of its chains.
/// </summary>
public class ExplainTests
{
    /// <summary>A line of this file that is marked by a comment at its end, or that holds a lambda.</summary>
    private static int Marked(string mark, [CallerFilePath] string file = "") =>
        File.ReadAllLines(file)
            .Select((text, index) => (text, index))
            .Single(line => line.text.EndsWith($"// {mark}", StringComparison.Ordinal) || (mark.Contains("=>") && line.text.Contains(mark)))
            .index + 1;

    private static Real Norm(Real a, Real b) => Sqrt(a * a + b * b); // norm

    private static Real Call(Real spot, Real strike, Real sigma, Real time)
    {
        var deviation = sigma * Sqrt(time); // deviation
        var d = Log(spot / strike) / deviation + deviation / 2; // moneyness
        return spot * NormalCdf(d) - strike * NormalCdf(d - deviation);
    }

    private static Real Correlation(Real[] x)
    {
        double[] y = [1, 2, 4];
        var mean = (x[0] + x[1] + x[2]) / 3;
        Real xy = 0,
            xx = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mean) * (y[i] - 7.0 / 3);
            xx += (x[i] - mean) * (x[i] - mean);
        }
        return xy / Sqrt(xx); // correlation
    }

    private static Real Heron(Real[] x)
    {
        var s = (x[0] + x[1] + x[2]) / 2;
        return Sqrt(s * (s - x[0]) * (s - x[1]) * (s - x[2])); // area
    }

    private static readonly Func<Real, Real> Broken = Custom("broken", x => x > 2 ? double.NaN : x, (x, y) => 1);
    private static readonly Func<Real, Real> Bent = Custom("bent", x => x, (x, y) => 1 / (x - 1));

    public record Culprit(
        string Name,
        Func<Explanation> Run,
        FindingKind Kind,
        FindingPlace Place,
        string Operation,
        double Operand,
        string Parameter,
        string First,
        string Mark
    )
    {
        public override string ToString() => Name;
    }

    private static Culprit Of(
        string name,
        Func<Real[], Real> f,
        double[] x,
        FindingKind kind,
        FindingPlace place,
        string operation,
        double operand,
        string parameter,
        string first,
        string? mark = null,
        [CallerArgumentExpression(nameof(f))] string text = ""
    ) => new(name, () => Explain(f, x), kind, place, operation, operand, parameter, first, mark ?? text + ",");

    /// <summary>
    /// Name, function, point; what is to be found: kind, place, operation, its first operand, the parameter at the end of its chain (empty if
    /// it is one), the first step after it, and the mark of its line, if that is not the function's own ("" for none).
    /// </summary>
    public static IEnumerable<Culprit> Culprits()
    {
        const FindingPlace value = FindingPlace.Value;
        const FindingPlace both = FindingPlace.Derivative;
        return
        [
            // values
            Of("log of 0", x => Log(x[0] - 1), [1], FindingKind.Infinity, value, "log", 0, "x[0]", "y"),
            Of("log of a negative", x => 2 * Log(x[0]), [-3], FindingKind.NaN, value, "log", -3, "x[0]", "2 × v1"),
            Of("root of a negative", x => Sqrt(x[1] - x[0]), [2, 1], FindingKind.NaN, value, "sqrt", -1, "x[1]", "y"),
            Of("sin(x) / x at 0", x => Sin(x[0]) / x[0], [0], FindingKind.NaN, value, "divide", 0, "x[0]", "y"),
            Of("1 / x at 0", x => x[1] + 1 / x[0], [0, 1], FindingKind.Infinity, value, "divide", 1, "x[0]", "x[1] + v1"),
            Of("softmax", z => Exp(z[0]) / (Exp(z[0]) + Exp(z[1])), [1000, 2], FindingKind.Overflow, value, "exp", 1000, "z[0]", "v1 / v4"),
            Of("power of a negative", x => Pow(2 * x[0], 0.5), [-1], FindingKind.NaN, value, "power", -2, "x[0]", "y"),
            Of("negative power of 0", x => Pow(x[0], -2), [0], FindingKind.Infinity, value, "power", 0, "x[0]", "y"),
            Of("power by a variable", x => Pow(x[0], x[1]), [-2, 0.5], FindingKind.NaN, value, "pow", -2, "x[0]", "y"),
            Of("acos beyond 1", x => Acos(x[0] * 1.1) + 1, [1], FindingKind.NaN, value, "acos", 1.1, "x[0]", "v2 + 1"),
            Of("atanh at 1", x => Real.Atanh(x[0]), [1], FindingKind.Infinity, value, "atanh", 1, "x[0]", "y"),
            Of("gamma of 200", x => Gamma(x[0]) / Gamma(x[0] - 1), [200], FindingKind.Overflow, value, "gamma", 200, "x[0]", "v1 / v3"),
            Of(
                "difference quotient",
                x => (Exp(x[0]) - Exp(x[1])) / (x[0] - x[1]),
                [1, 1],
                FindingKind.NaN,
                value,
                "divide",
                0,
                "x[0]",
                "y"
            ),
            Of(
                "option that expires now",
                x => Call(x[0], x[1], x[2], x[3]),
                [100, 100, 0.2, 0],
                FindingKind.NaN,
                value,
                "divide",
                0,
                "x[2]",
                "v5 + v6",
                "moneyness"
            ),
            Of("correlation of constants", Correlation, [5, 5, 5], FindingKind.NaN, value, "divide", 0, "x[2]", "y", "correlation"),
            Of(
                "a product that overflows",
                x => x[0] * x[0] - x[0] * x[0],
                [1e200],
                FindingKind.Overflow,
                value,
                "multiply",
                1e200,
                "x[0]",
                "v1 - v2"
            ),
            Of("a parameter that is NaN", x => x[0] * x[1], [1, double.NaN], FindingKind.Given, value, "input", 0, "", "x[0] × x[1]", ""),
            Of("a constant that is NaN", x => x[0] * double.NaN, [1], FindingKind.Given, value, "multiply", 1, "x[0]", "y"),
            Of("a custom value", x => 1 + Broken(x[0]), [3], FindingKind.NaN, value, "broken", 3, "x[0]", "1 + v1"),
            // derivatives
            Of("norm at 0", x => 2 * Norm(x[0], x[1]), [0, 0], FindingKind.InfiniteSlope, both, "sqrt", 0, "x[0]", "2 × v4", "norm"),
            Of("root of a square", x => Sqrt(x[0] * x[0]), [0], FindingKind.InfiniteSlope, both, "sqrt", 0, "x[0]", "y"),
            Of("x^0.5 at 0", x => Pow(x[0], 0.5), [0], FindingKind.InfiniteSlope, both, "power", 0, "x[0]", "y"),
            Of("acos at 1", x => Acos(x[0]), [1], FindingKind.InfiniteSlope, both, "acos", 1, "x[0]", "y"),
            Of("cube root at 0", x => Cbrt(x[0]) + 1, [0], FindingKind.InfiniteSlope, both, "cbrt", 0, "x[0]", "v1 + 1"),
            Of("angle at the origin", x => Atan2(x[0], x[1]), [0, 0], FindingKind.NaN, both, "atan2", 0, "x[0]", "y"),
            Of("sigmoid by hand", x => 1 / (1 + Exp(-x[0])), [-1000], FindingKind.Overflow, both, "exp", 1000, "x[0]", "1 + v2"),
            Of(
                "option without risk",
                x => Call(x[0], x[1], x[2], x[3]),
                [110, 100, 0, 1],
                FindingKind.Infinity,
                both,
                "divide",
                Math.Log(1.1),
                "x[0]",
                "v5 + v6",
                "moneyness"
            ),
            Of("flat triangle", Heron, [3, 1.5, 1.5], FindingKind.InfiniteSlope, both, "sqrt", 0, "x[0]", "y", "area"),
            Of("slope that overflows", x => 1 / x[0], [1e-200], FindingKind.Overflow, both, "divide", 1, "x[0]", "y"),
            Of("a custom slope", x => 2 * Bent(x[0]), [1], FindingKind.InfiniteSlope, both, "bent", 1, "x[0]", "2 × v1"),
            Of(
                "a derivative inside",
                x => Grad(y => Pow(y, 1.5))(x[0]),
                [0],
                FindingKind.InfiniteSlope,
                both,
                "power",
                0,
                "x[0]",
                "1.5 × v2"
            ),
            // digits
            Of("1 - cos x", x => (1 - Cos(x[0])) / (x[0] * x[0]), [1e-7], FindingKind.LostDigits, value, "subtract", 1, "x[0]", "v2 / v3"),
            Of("log(1 + x)", x => Log(1 + x[0]) / 2, [1e-12], FindingKind.LostDigits, value, "log", 1 + 1e-12, "x[0]", "v2 / 2"),
            Of(
                "variance by squares",
                x => (x[0] * x[0] + x[1] * x[1]) / 2 - (x[0] + x[1]) * (x[0] + x[1]) / 4,
                [1e6 + 0.1, 1e6],
                FindingKind.LostDigits,
                value,
                "subtract",
                1000000100000.005,
                "x[0]",
                "y"
            ),
            Of(
                "roots that are close",
                x => Sqrt(x[0] + 1) - Sqrt(x[0]),
                [1e12 + 1],
                FindingKind.LostDigits,
                value,
                "subtract",
                Math.Sqrt(1e12 + 2),
                "x[0]",
                "y"
            ),
            Of(
                "a derivative that cancels",
                x => Exp(x[0]) - x[0] - 1 - x[0] * x[0] / 2,
                [1e-5],
                FindingKind.LostDigits,
                value,
                "subtract",
                0,
                "x[0]",
                ""
            ),
        ];
    }

    public static TheoryData<int, string> Numbers()
    {
        var data = new TheoryData<int, string>();
        foreach (var (index, culprit) in Culprits().Index())
            data.Add(index, culprit.Name);
        return data;
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void The_culprit_is_named(int index, string name)
    {
        var culprit = Culprits().ElementAt(index);
        Assert.Equal(name, culprit.Name);
        var explanation = culprit.Run();
        Assert.False(explanation.IsClean);
        var finding = explanation.Findings[0];
        Assert.Equal((culprit.Kind, culprit.Place, culprit.Operation), (finding.Kind, finding.Place, finding.Operation));
        if (culprit.Operation != "input" && culprit.Operand != 0)
            Assert.Equal(culprit.Operand, finding.Operands[0].Value, 1e-9 * Math.Abs(culprit.Operand));
        if (culprit.Kind == FindingKind.InfiniteSlope)
            Assert.Contains(finding.Operands, operand => double.IsInfinity(operand.Slope));
        if (culprit.Mark != "")
        {
            Assert.Equal(Marked(culprit.Mark), finding.Source!.Line);
            Assert.EndsWith("ExplainTests.cs", finding.Source.File);
        }
        Assert.Equal(culprit.Parameter, finding.PathToParameter.LastOrDefault()?.Name ?? "");
        if (culprit.First != "")
            Assert.Equal(culprit.First, finding.PathToResult[0].Name == "y" ? "y" : finding.PathToResult[0].Formula);
        Assert.Equal("y", finding.PathToResult[^1].Name);
        Assert.NotEmpty(finding.Advice);
        Assert.Contains(finding.Summary, explanation.ToString());
    }

    [Fact]
    public void Thirty_functions() => Assert.True(Culprits().Count() >= 30);

    public record Model(Real Slope, Real[] Offsets);

    [Fact]
    public void Lambdas_infer_and_numbers_have_their_names()
    {
        Assert.Equal(["t"], Explain(t => t * t, 3).Parameters);
        Assert.Equal(["t"], Explain(t => Sqrt(t), 3.5).Parameters);
        Assert.Equal(["w[0]", "w[1]"], Explain(w => w[0] * w[1], [3, 4]).Parameters);
        Assert.Equal(["width", "height"], Explain((width, height) => width * height, [3, 4]).Parameters);
        Assert.Equal([20.0, 15, 12], Explain((a, b, c) => a * b * c, [3, 4, 5]).Gradient);
        var model = Explain((Model m) => m.Slope * Sqrt(m.Offsets[1]), new Model(1, [2, 0]));
        Assert.Equal(["m.Slope", "m.Offsets[0]", "m.Offsets[1]"], model.Parameters);
        Assert.Equal("sqrt m.Offsets[1]", model.Findings[0].Formula);
        Assert.Equal(["m.Offsets[1]"], model.Findings[0].Parameters);
        Assert.Equal("m.Offsets[1]", model.Findings[0].PathToParameter[^1].Name);
        Assert.Equal(0, Explain(Norm2, (new Real(0), new Real(2))).Gradient[0]);
        static Real Norm2((Real A, Real B) p) => p.A * p.A + p.B * p.B;
    }

    [Fact]
    public void The_source_names_method_and_line()
    {
        var norm = Explain(x => Norm(x[0], x[1]), [0, 0]).Findings[0].Source!;
        Assert.Equal("ExplainTests.Norm", norm.Member);
        Assert.Equal($"ExplainTests.Norm, ExplainTests.cs:{Marked("norm")}", norm.ToString());
        var lambda = Explain(x => Sqrt(x), 0).Findings[0].Source!;
        Assert.Equal($"a function in ExplainTests.{nameof(The_source_names_method_and_line)}", lambda.Member);
        // LINQ calls the function: the line is the function's
        var folded = Explain(x => x.Aggregate((a, b) => Sqrt(a * b)), [0, 0]).Findings[0].Source!; // folded
        Assert.Equal(Marked("folded"), folded.Line);
        // a derivative inside: what its sweep computes belongs to the line that asked for it
        var inner = Explain(x => Grad(y => Sqrt(y * y))(x), 0).Findings[0].Source!; // inner
        Assert.Equal(Marked("inner"), inner.Line);
    }

    [Fact]
    public void A_clean_function_says_so()
    {
        var clean = Explain(x => Sin(x[0]) * Exp(x[1]), [1, 2]);
        Assert.True(clean.IsClean);
        Assert.Equal(Math.Sin(1) * Math.Exp(2), clean.Value);
        Assert.Equal(Grad((Real[] x) => Sin(x[0]) * Exp(x[1]))([1, 2]).Select(g => g.Value), clean.Gradient);
        Assert.InRange(clean.DigitsLost, 0, 1);
        Assert.All(clean.DigitsLostInGradient, digits => Assert.InRange(digits, 0, 1));
        Assert.StartsWith("Nothing was found", clean.ToString());
        Assert.Equal(Math.Exp(2), clean.Trace.Steps[3].Value);
    }

    [Fact]
    public void Every_form_marks_the_culprit()
    {
        var explanation = Explain(x => Norm(x[0], x[1]) * 2, [0, 0]);
        var finding = explanation.Findings[0];
        Assert.Equal("The derivatives in x[0] and x[1] are NaN: sqrt(0) has an infinite slope.", finding.ToString());
        Assert.Contains("\u221e × slope 0 = NaN: the 0 was computed", explanation.ToString());
        Assert.Contains("## 1. The derivatives in x\\[0\\] and x\\[1\\] are NaN", explanation.ToMarkdown());
        var svg = System.Xml.Linq.XElement.Parse(explanation.ToSvg());
        var boxes = svg.Descendants()
            .Where(node => node.Name.LocalName == "rect" && node.Attribute("stroke-width")?.Value == "3")
            .ToArray();
        Assert.Equal("#B00020", Assert.Single(boxes).Attribute("stroke")!.Value);
        Assert.Contains("v\u2084 = sqrt v\u2083", boxes[0].Parent!.Value);
        Assert.DoesNotContain("FSharp", explanation.ToString() + explanation.ToMarkdown());
    }

    [Fact]
    public void A_long_chain_shows_its_ends()
    {
        var explanation = Explain(
            x =>
            {
                for (var i = 0; i < 1000; i++)
                    x = x * 1.001 + 0.001;
                return Sqrt(x - x);
            },
            1
        );
        Assert.Equal(2002, explanation.Findings[0].PathToParameter.Count);
        Assert.Contains("… 1,992 steps …", explanation.ToString());
        Assert.Contains("… 1,992 steps …", explanation.ToMarkdown());
        Assert.NotNull(explanation.Findings[0].PathToParameter[0].Source);
        Assert.Null(explanation.Findings[0].PathToParameter[1000].Source);
        Assert.True(explanation.ToSvg().Length < 40_000);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Explain((Func<Real, Real>)null!, 1)).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Explain((Func<Real[], Real>)null!, [1])).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentNullException>(() => Explain(x => x[0], (double[])null!)).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentException>(() => Explain((a, b) => a * b, [1, 2, 3])).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentException>(() => Explain(x => 1, Array.Empty<double>())).ParamName);
        Assert.Equal(
            "mine",
            Assert.Throws<ArithmeticException>(() => Explain((Real x) => throw new ArithmeticException("mine"), 1)).Message
        );
    }
}
