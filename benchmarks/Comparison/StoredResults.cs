using System.Globalization;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>The rows of a page that the report wrote, to draw its charts again: medians, to the three digits that the page has.</summary>
public static class StoredResults
{
    /// <param name="path">The page.</param>
    /// <param name="contestants">Whose rows are read; others are left out.</param>
    public static List<Row> Read(string path, IReadOnlyList<Contestant> contestants)
    {
        var rows = new List<Row>();
        Problem? problem = null;
        foreach (var line in File.ReadLines(path))
            if (line.StartsWith("## ", StringComparison.Ordinal))
                problem = Registry.Problems.FirstOrDefault(known => known.Title == line[3..]);
            else if (problem is not null && Details(line) is [var sizeName, var title, var median, _, var toPlain, ..])
                if (
                    problem.Sizes.FirstOrDefault(size => size.Name == sizeName) is { } size
                    && contestants.FirstOrDefault(contestant => contestant.Title == title) is { } contestant
                )
                    rows.Add(
                        new(problem, size, contestant)
                        {
                            Derivative = Once(Nanoseconds(median)),
                            Value = Once(Nanoseconds(median) / Number(toPlain)),
                            Note = Nanoseconds(median) is null ? median : null,
                        }
                    );
        return rows;
    }

    /// <summary>The cells of a row of the tables "Spreads, ratios, memory", which have nine.</summary>
    private static string[] Details(string line) =>
        line.Split('|', StringSplitOptions.TrimEntries) is { Length: 11 } cells ? cells[1..^1] : [];

    private static Sample? Once(double? time) => time is { } known ? new(known, known, known) : null;

    /// <summary>A time as the report writes it.</summary>
    private static double? Nanoseconds(string text) =>
        text.Split(' ') is [var number, var unit] && Number(number) is { } value
            ? unit switch
            {
                "s" => value * 1e9,
                "ms" => value * 1e6,
                "us" => value * 1e3,
                "ns" => value,
                _ => null,
            }
            : null;

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
}
