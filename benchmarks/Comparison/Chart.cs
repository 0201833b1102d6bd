using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>Charts with logarithmic axes, as SVG files.</summary>
public static class Chart
{
    private const int Width = 900,
        Height = 480;

    /// <summary>Okabe and Ito's colours first, which the colour-blind tell apart; shapes and dashes for those who print in black. No two are alike.</summary>
    public static readonly IReadOnlyList<(OxyColor Color, MarkerType Marker, LineStyle Dashes)> Looks =
    [
        (OxyColor.FromRgb(0, 0, 0), MarkerType.Circle, LineStyle.Solid),
        (OxyColor.FromRgb(213, 94, 0), MarkerType.Square, LineStyle.Dash),
        (OxyColor.FromRgb(230, 159, 0), MarkerType.Diamond, LineStyle.Solid),
        (OxyColor.FromRgb(153, 153, 153), MarkerType.Triangle, LineStyle.LongDash),
        (OxyColor.FromRgb(0, 114, 178), MarkerType.Circle, LineStyle.Solid),
        (OxyColor.FromRgb(0, 158, 115), MarkerType.Square, LineStyle.Dash),
        (OxyColor.FromRgb(86, 180, 233), MarkerType.Diamond, LineStyle.DashDot),
        (OxyColor.FromRgb(204, 121, 167), MarkerType.Triangle, LineStyle.Solid),
        (OxyColor.FromRgb(120, 80, 40), MarkerType.Square, LineStyle.DashDot),
        (OxyColor.FromRgb(148, 90, 220), MarkerType.Diamond, LineStyle.LongDash),
        (OxyColor.FromRgb(150, 180, 60), MarkerType.Circle, LineStyle.DashDot),
        (OxyColor.FromRgb(50, 50, 110), MarkerType.Triangle, LineStyle.Dash),
        (OxyColor.FromRgb(210, 0, 70), MarkerType.Circle, LineStyle.LongDashDot),
        (OxyColor.FromRgb(0, 190, 190), MarkerType.Square, LineStyle.LongDashDot),
    ];

    /// <summary>Times on an axis, from seconds.</summary>
    public static string Seconds(double value) =>
        value switch
        {
            < 0.999e-6 => Text(value * 1e9) + " ns",
            < 0.999e-3 => Text(value * 1e6) + " us",
            < 0.999 => Text(value * 1e3) + " ms",
            _ => Text(value) + " s",
        };

    /// <summary>Counts and ratios on an axis.</summary>
    public static string Text(double value) =>
        value.ToString(value is >= 0.001 and < 99_999 ? "0.###" : "0.#E0", CultureInfo.InvariantCulture);

    /// <summary>A line of a chart; its style is always that of its place among the names.</summary>
    /// <param name="Title">What the legend says.</param>
    /// <param name="Style">The place.</param>
    /// <param name="Pieces">The points of each family; nothing joins one family to another.</param>
    /// <param name="IsReference">Dots in the style's colour, without marks.</param>
    public sealed record Line(string Title, int Style, IReadOnlyList<IReadOnlyList<(double X, double Y)>> Pieces, bool IsReference = false);

    /// <summary>OxyPlot measures text in points of 1/72 inch and draws it in pixels of 1/96; and other fonts are wider than Arial.</summary>
    private sealed class PixelMeasurer() : PdfRenderContext(Width, Height, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            base.MeasureText(text, fontFamily, 1.12 * fontSize * 96 / 72, fontWeight);
    }

    public static void Write(
        string path,
        string title,
        (string Title, Func<double, string> Label) across,
        (string Title, Func<double, string> Label) up,
        IEnumerable<Line> lines
    )
    {
        var model = new PlotModel
        {
            Title = title,
            TitleFontSize = 15,
            TitleFontWeight = FontWeights.Normal,
            Background = OxyColors.White,
            DefaultFont = "Arial",
            Padding = new OxyThickness(16, 8, 16, 8),
            PlotAreaBorderColor = OxyColors.Gray,
            PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1),
        };
        model.Axes.Add(Axis(AxisPosition.Bottom, across.Title, across.Label));
        model.Axes.Add(Axis(AxisPosition.Left, up.Title, up.Label));
        model.Legends.Add(
            new Legend
            {
                LegendPlacement = LegendPlacement.Outside,
                LegendPosition = LegendPosition.RightTop,
                LegendSymbolLength = 28,
                LegendFontSize = 12,
                LegendLineSpacing = 2,
            }
        );
        foreach (var line in lines)
        {
            var (color, marker, dashes) = Looks[line.Style];
            var series = new LineSeries
            {
                Title = line.Title,
                Color = color,
                StrokeThickness = 1.6,
                LineStyle = line.IsReference ? LineStyle.Dot : dashes,
                MarkerType = line.IsReference ? MarkerType.None : marker,
                MarkerFill = color,
                MarkerSize = 3.5,
            };
            foreach (var piece in line.Pieces)
                series.Points.AddRange([.. piece.Select(point => new DataPoint(point.X, point.Y)), DataPoint.Undefined]);
            model.Series.Add(series);
        }
        using var file = File.Create(path);
        new SvgExporter
        {
            Width = Width,
            Height = Height,
            UseVerticalTextAlignmentWorkaround = true,
            TextMeasurer = new PixelMeasurer(),
        }.Export(model, file);
    }

    private static LogarithmicAxis Axis(AxisPosition position, string title, Func<double, string> label) =>
        new()
        {
            Position = position,
            Title = title,
            LabelFormatter = label,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColor.FromRgb(225, 225, 225),
            MinorTickSize = 0,
            TickStyle = TickStyle.None,
            AxisTitleDistance = position == AxisPosition.Left ? 20 : 8,
            MinimumPadding = 0.03,
            MaximumPadding = 0.05,
            PowerPadding = true,
        };
}
