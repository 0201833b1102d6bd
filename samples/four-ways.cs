// Four ways to a derivative, after chapter 2 of the survey of Baydin, Pearlmutter, Radul and Siskind (2018):
//
//     dotnet run samples/four-ways.cs
//     dotnet run samples/four-ways.cs -- charts     # the pictures go to a folder of yours
//
// By formula, by differences, forward and reverse, on the survey's logistic map l(1) = x, l(n + 1) = 4 l(n) (1 - l(n)). Written out, the
// derivative's formula swells (table 1 of the survey); differences are torn between truncation and rounding (its figure 3); AD is
// neither. One function, generic over its number, serves all four.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:package OxyPlot.Core
#:package Spectre.Console
#:property PublishAot=false

using System.Globalization;
using System.Numerics;
using FuncAD;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;
using Spectre.Console;
using static FuncAD.AD;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = Directory.CreateDirectory(args is [var path] ? path : Path.GetTempPath()).FullName;
var failures = new List<string>();

static T Logistic<T>(T x, int n)
    where T : INumberBase<T>
{
    var l = x;
    for (var k = 1; k < n; k++)
        l = T.CreateChecked(4) * l * (T.One - l);
    return l;
}

// ---- Expression swell ----

var shown = Symbolic.Of(x => Logistic(x, 3)).Derivative("x");
Console.WriteLine($"l(3)  = {Symbolic.Of(x => Logistic(x, 3))}");
Console.WriteLine($"l(3)' = {shown}");
Console.WriteLine($"      = {shown.Simplify()}, simplified");
Console.WriteLine();

Swell[] swell = [.. Enumerable.Range(1, 8).Select(Measure)];
var sizes = new Table()
    .Title("The derivative of l(n) as a formula, and the operations that AD performs for it")
    .AddColumns(Right("n"), Right("tree"), Right("tree, simplified"), Right("graph"), Right("graph, simplified"))
    .AddColumns(Right("l(n) alone"), Right("forward"), Right("reverse"));
foreach (var row in swell)
    sizes.AddRow([.. Array.ConvertAll(row.Numbers, number => number.ToString("0"))]);
AnsiConsole.Write(sizes);

// Written out, it more than doubles from step to step; all else grows by the same amount in each.
for (var i = 2; i < swell.Length; i++)
{
    Check(swell[i].Tree > 2 * swell[i - 1].Tree, $"the tree more than doubles at n = {i + 1}");
    Check(swell[i].Graph - swell[i - 1].Graph == 7, $"the graph grows by 7 parts at n = {i + 1}");
    Check(swell[i].SimplifiedTree <= swell[i].Tree / 2, $"the simplified tree is less than half as large at n = {i + 1}");
    Check(swell[i].SimplifiedGraph <= swell[i].Graph, $"the simplified graph is no larger at n = {i + 1}");
    Check(swell[i].Forward - swell[i - 1].Forward == swell[2].Forward - swell[1].Forward, $"forward mode is linear at n = {i + 1}");
    Check(swell[i].Reverse - swell[i - 1].Reverse == swell[2].Reverse - swell[1].Reverse, $"reverse mode is linear at n = {i + 1}");
}

static Swell Measure(int n)
{
    Func<Real, Real> l = x => Logistic(x, n);
    var derivative = Symbolic.Of(l).Derivative("x");
    var simplified = derivative.Simplify();
    return new(
        n,
        derivative.TreeSize,
        simplified.TreeSize,
        derivative.GraphSize,
        simplified.GraphSize,
        Compile(l, 0.2).TracedOperations,
        Compile(Diff(l), 0.2).TracedOperations,
        Compile(Grad(l), 0.2).TracedOperations
    );
}

// ---- The error against the step ----

const double X = 0.2;
Func<double, double> plain = x => Logistic(x, 4);
double forward = Diff(x => Logistic(x, 4))(X).Value,
    reverse = Grad(x => Logistic(x, 4))(X).Value,
    formula = Symbolic.Of(x => Logistic(x, 4)).Derivative("x").Evaluate(X);
var errors = Enumerable
    .Range(1, 16)
    .Select(k => double.Parse($"1e-{k}"))
    .Select(h => new Errors(
        h,
        ErrorOf(Numerical.Derivative(plain, X, h, Difference.Forward)),
        ErrorOf(Numerical.Derivative(plain, X, h, Difference.Central)),
        ErrorOf(Numerical.Derivative(plain, X, h, Difference.Extrapolated)),
        ErrorOf(Numerical.ComplexStep(z => Logistic(z, 4), X, h))
    ))
    .ToArray();

var table = new Table()
    .Title($"Relative errors of l(4)' at x = {X}, which is {forward}")
    .AddColumns(Right("step"), Right("forward difference"), Right("central"), Right("extrapolated"), Right("complex step"));
foreach (var row in errors)
    table.AddRow([row.Step.ToString("0E0"), .. row.Numbers.Select(error => error.ToString("0.0E0"))]);
AnsiConsole.Write(table);
Console.WriteLine($"AD: forward {ErrorOf(forward):0.0E0}, reverse {ErrorOf(reverse):0.0E0}; formula {ErrorOf(formula):0.0E0}");
Console.WriteLine();

const double Rounding = 1.1e-16;
Check(Math.Abs(forward - 9.0660864) < 1e-13, "the derivative is 2.4 * 1.12 * 3.3728");
Check(new[] { forward, reverse, formula }.All(slope => ErrorOf(slope) <= 20 * Rounding), "AD and the formula are right to 20 roundings");

// At the best step truncation and rounding are alike: about u^(1/2), u^(2/3) and u^(4/5).
Check(errors.Min(row => row.Forward) is > 1e-10 and < 1e-7, "forward differences have half of the digits");
Check(errors.Min(row => row.Central) is > 1e-13 and < 1e-9, "central ones two thirds");
Check(errors.Min(row => row.Extrapolated) < errors.Min(row => row.Central), "extrapolated ones more");
Check(errors[^1].Forward > 1e-2 && errors[^1].Central > 1e-3, "with the shortest step hardly any digit is left");
Check(errors.Where(row => row.Step <= 1e-9).All(row => row.Complex <= 20 * Rounding), "a short complex step is right to rounding");

// The relative error of a slope, by exact arithmetic: a double is a whole number times a power of 2, and l(n)' is the product of the
// 4 (1 - 2 l(k)).
static double ErrorOf(double slope)
{
    var (l, exact) = (Dyadic.Of(X), Dyadic.Of(1));
    for (var k = 1; k < 4; k++)
    {
        exact *= Dyadic.Of(4) - Dyadic.Of(8) * l;
        l *= Dyadic.Of(4) - Dyadic.Of(4) * l;
    }
    return Math.Abs((double)(Dyadic.Of(slope) - exact) / (double)exact);
}

// ---- Pictures ----

Save(SwellChart(swell), "expression-swell.svg");
Save(ErrorChart(errors, ErrorOf(forward)), "difference-errors.svg");

failures.ForEach(Console.WriteLine);
if (failures.Count == 0)
    Console.WriteLine("ok");
return failures.Count == 0 ? 0 : 1;

void Check(bool holds, string what)
{
    if (!holds)
        failures.Add($"failed: {what}");
}

static TableColumn Right(string title) => new TableColumn(title).RightAligned();

void Save(PlotModel chart, string name)
{
    var file = Path.Combine(folder, name);
    using var stream = File.Create(file);
    new SvgExporter
    {
        Width = 1000,
        Height = 600,
        UseVerticalTextAlignmentWorkaround = true,
    }.Export(chart, stream);
    Console.WriteLine(file);
}

static PlotModel SwellChart(Swell[] swell)
{
    var chart = Canvas("The derivative of the logistic map l(n): formulas swell, AD does not");
    chart.Axes.Add(
        new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Title = "n",
            AxisTitleDistance = 8,
            TickStyle = TickStyle.None,
            MajorStep = 1,
            LabelFormatter = n => n <= swell.Length ? $"{n}" : "",
            Minimum = 0.8,
            Maximum = 10.1, // with room for the names at the ends of the lines
        }
    );
    chart.Axes.Add(Decades(AxisPosition.Left, "parts of the formula, or operations", 0.8, 1.2e4));
    Add("formula, written out", 5121, "#C8385A", MarkerType.Circle, row => row.Tree);
    Add("the same, simplified", 761, "#E69F00", MarkerType.Square, row => row.SimplifiedTree);
    Add("AD, reverse mode", 83, "#0072B2", MarkerType.Diamond, row => row.Reverse);
    Add("AD, forward mode", 57, "#56B4E9", MarkerType.Circle, row => row.Forward);
    Add("formula, as a graph", 39, "#009E73", MarkerType.Triangle, row => row.Graph);
    Add("l(n) without derivative", 21, "#7A808A", MarkerType.None, row => row.Primal, LineStyle.Dash);
    return chart;

    // The name stands at the end of the line, at this height.
    void Add(string name, double height, string color, MarkerType marker, Func<Swell, double> size, LineStyle style = LineStyle.Solid)
    {
        chart.Series.Add(Line(color, marker, style, swell.Select(row => ((double)row.N, size(row)))));
        chart.Annotations.Add(Name(name, color, 8.15, height));
    }
}

static PlotModel ErrorChart(Errors[] errors, double ofAD)
{
    const double floor = 1e-17; // where an error of 0 is drawn
    var chart = Canvas("The error of l(4)' at x = 0.2 against the step: rounding on the left, truncation on the right");
    chart.Axes.Add(Decades(AxisPosition.Bottom, "step h", 5e-17, 0.2));
    chart.Axes.Add(Decades(AxisPosition.Left, "relative error", 5e-18, 10));
    Add("forward difference", (4e-8, 3e-4), "#C8385A", MarkerType.Circle, row => row.Forward);
    Add("central difference (right: under the complex step)", (1.5e-15, 2e-9), "#E69F00", MarkerType.Square, row => row.Central);
    Add("extrapolated", (2e-4, 2e-13), "#009E73", MarkerType.Triangle, row => row.Extrapolated);
    Add("complex step", (2e-8, 8e-15), "#0072B2", MarkerType.Diamond, row => row.Complex);
    Add("AD, which has no step", (2e-4, 1.5e-16), "#1D2B4F", MarkerType.None, _ => ofAD, LineStyle.Dash);
    return chart;

    void Add(
        string name,
        (double X, double Y) place,
        string color,
        MarkerType marker,
        Func<Errors, double> error,
        LineStyle style = LineStyle.Solid
    )
    {
        chart.Series.Add(Line(color, marker, style, errors.Select(row => (row.Step, Math.Max(error(row), floor)))));
        chart.Annotations.Add(Name(name, color, place.X, place.Y));
    }
}

static LineSeries Line(string color, MarkerType marker, LineStyle style, IEnumerable<(double X, double Y)> points) =>
    new()
    {
        Color = OxyColor.Parse(color),
        StrokeThickness = 2.5,
        LineStyle = style,
        LineJoin = LineJoin.Round,
        MarkerType = marker,
        MarkerSize = 4.5,
        MarkerFill = OxyColor.Parse(color),
        ItemsSource = points.Select(point => new DataPoint(point.X, point.Y)).ToArray(),
    };

static TextAnnotation Name(string text, string color, double x, double y) =>
    new()
    {
        Text = text,
        TextPosition = new(x, y),
        TextColor = OxyColor.Parse(color),
        FontSize = 14,
        StrokeThickness = 0,
        TextHorizontalAlignment = OxyPlot.HorizontalAlignment.Left,
        TextVerticalAlignment = OxyPlot.VerticalAlignment.Middle,
    };

static LogarithmicAxis Decades(AxisPosition position, string title, double low, double high) =>
    new()
    {
        Position = position,
        Title = title,
        AxisTitleDistance = position == AxisPosition.Left ? 28 : 8,
        Minimum = low,
        Maximum = high,
        LabelFormatter = value => value is >= 1 and <= 1e4 ? $"{value:#,0}" : $"10{Superscript((int)Math.Round(Math.Log10(value)))}",
        IntervalLength = 90,
        TickStyle = TickStyle.None,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromAColor(30, OxyColors.Black),
    };

static string Superscript(int exponent) =>
    string.Concat(exponent.ToString().Select(letter => letter == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[letter - '0']));

static PlotModel Canvas(string title) =>
    new()
    {
        Title = title,
        TitleFontSize = 17,
        TitleFontWeight = OxyPlot.FontWeights.Normal,
        TitlePadding = 10,
        Background = OxyColors.White,
        DefaultFont = "Helvetica, Arial, sans-serif",
        DefaultFontSize = 14,
        TextColor = OxyColor.Parse("#1D2B4F"),
        PlotAreaBorderThickness = new(0),
        Padding = new(12),
    };

/// <summary>Sizes of the derivative of l(n) as a formula, and operations of l(n) alone and of both modes.</summary>
record Swell(int N, double Tree, double SimplifiedTree, int Graph, int SimplifiedGraph, int Primal, int Forward, int Reverse)
{
    public double[] Numbers => [N, Tree, SimplifiedTree, Graph, SimplifiedGraph, Primal, Forward, Reverse];
}

/// <summary>Relative errors at a step: of differences, and of the complex step.</summary>
record Errors(double Step, double Forward, double Central, double Extrapolated, double Complex)
{
    public double[] Numbers => [Forward, Central, Extrapolated, Complex];
}

/// <summary>A whole number times a power of 2: sums and products of doubles without rounding.</summary>
readonly record struct Dyadic(BigInteger Mantissa, int Exponent)
{
    public static Dyadic Of(double value)
    {
        var exponent = value == 0 ? 0 : Math.ILogB(value) - 52;
        return new(new BigInteger(Math.ScaleB(value, -exponent)), exponent);
    }

    public static Dyadic operator *(Dyadic a, Dyadic b) => new(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent);

    public static Dyadic operator -(Dyadic a, Dyadic b)
    {
        var exponent = Math.Min(a.Exponent, b.Exponent);
        return new((a.Mantissa << (a.Exponent - exponent)) - (b.Mantissa << (b.Exponent - exponent)), exponent);
    }

    // The mantissa is cut to 100 bits first: the exponent of a double could not hold it.
    public static explicit operator double(Dyadic x)
    {
        var cut = (int)Math.Max(0, x.Mantissa.GetBitLength() - 100);
        return Math.ScaleB((double)(x.Mantissa >> cut), x.Exponent + cut);
    }
}
