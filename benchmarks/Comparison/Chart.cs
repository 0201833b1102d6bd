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

    /// <summary>Okabe and Ito's colours, which the colour-blind tell apart, and shapes for those who print in black.</summary>
    private static readonly (OxyColor Color, MarkerType Marker)[] Styles =
    [
        (OxyColor.FromRgb(0, 0, 0), MarkerType.Circle),
        (OxyColor.FromRgb(213, 94, 0), MarkerType.Square),
        (OxyColor.FromRgb(230, 159, 0), MarkerType.Diamond),
        (OxyColor.FromRgb(153, 153, 153), MarkerType.Triangle),
        (OxyColor.FromRgb(0, 114, 178), MarkerType.Circle),
        (OxyColor.FromRgb(0, 158, 115), MarkerType.Square),
        (OxyColor.FromRgb(86, 180, 233), MarkerType.Diamond),
        (OxyColor.FromRgb(204, 121, 167), MarkerType.Triangle),
        (OxyColor.FromRgb(120, 80, 40), MarkerType.Square),
        (OxyColor.FromRgb(94, 60, 153), MarkerType.Diamond),
        (OxyColor.FromRgb(150, 180, 60), MarkerType.Circle),
        (OxyColor.FromRgb(60, 60, 120), MarkerType.Triangle),
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
    public sealed record Line(string Title, int Style, IReadOnlyList<(double X, double Y)> Points, bool IsDashed = false);

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
            var (color, marker) = Styles[line.Style % Styles.Length];
            var series = new LineSeries
            {
                Title = line.Title,
                Color = color,
                StrokeThickness = 1.6,
                LineStyle = line.IsDashed ? LineStyle.Dash : LineStyle.Solid,
                MarkerType = line.IsDashed ? MarkerType.None : marker,
                MarkerFill = color,
                MarkerSize = 3.5,
            };
            series.Points.AddRange(line.Points.Select(point => new DataPoint(point.X, point.Y)));
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
