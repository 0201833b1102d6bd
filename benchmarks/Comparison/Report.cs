using System.Globalization;
using System.Text;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>Writes a run as a page in Markdown with charts beside it.</summary>
public sealed class Report(IReadOnlyList<Contestant> contestants, IReadOnlyList<Row> rows, IReadOnlyList<Growth.Step> growth)
{
    private const string Charts = "charts";

    private readonly StringBuilder _page = new();

    private IEnumerable<Problem> Problems => rows.Select(row => row.Problem).Distinct();

    /// <param name="path">The page; charts go to a folder beside it.</param>
    /// <param name="pace">How it was measured.</param>
    /// <param name="machine">Where, line by line.</param>
    /// <param name="tables">Tables that BenchmarkDotNet wrote, as files in Markdown.</param>
    public void Write(string path, Pace pace, IEnumerable<string> machine, IEnumerable<string> tables)
    {
        Draw(path);
        Line("# Results");
        Line();
        Line(
            $"Written by `benchmarks/run{(pace.IsQuick ? " --quick" : "")}`; [README](README.md) explains how to run it. {(pace.IsQuick ? "A quick run: few sizes and short measurements." : "")}".TrimEnd()
        );
        Line();
        foreach (var line in machine)
            Line($"- {line}");
        Explain(pace);
        Glance();
        foreach (var problem in Problems)
            Section(problem);
        Growing();
        LeftOut();
        foreach (var table in tables)
            Bench(table);
        File.WriteAllText(path, _page.ToString());
    }

    /// <summary>The charts alone.</summary>
    /// <param name="path">The page that they stand beside.</param>
    public void Draw(string path)
    {
        var charts = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Charts);
        Directory.CreateDirectory(charts);
        foreach (var problem in Problems)
        {
            var all = rows.Where(row => row.Problem == problem).ToList();
            Chart.Write(
                Path.Combine(charts, problem.Name + ".svg"),
                $"{problem.Title}: {problem.Derivative}",
                (problem.Axis, Chart.Text),
                ("time", Chart.Seconds),
                Shown(all)
                    .Select(contestant => new Chart.Line(
                        contestant.Title,
                        Place(contestant),
                        Points(all, contestant.Name, row => row.Derivative)
                    ))
                    .Append(new("C# by hand, function", Place(contestants[0]), Points(all, Form.Hand, row => row.Value), true))
            );
        }
        Chart.Write(
            Path.Combine(charts, "growth.svg"),
            "FuncAD: time of the derivative over time of the function",
            ("time of the plain function", Chart.Seconds),
            ("ratio", Chart.Text),
            Problems.Select((problem, index) => new Chart.Line(problem.Title, index, Quotients(problem, Form.Eager)))
        );
    }

    private void Line(string text = "") => _page.Append(text).Append('\n');

    private void Explain(Pace pace)
    {
        Line();
        Line("## How it is measured");
        Line();
        Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                All contestants read the same input, to the bit. Each runs in a process of its own with one thread, and computes values and derivatives once; only where they agree with C# by
                hand within {Agreement.Exact:0E0}, relative to the entry, do its times count (differences are not exact, and are shown as they are). Then all are measured in turn, {pace.Rounds} rounds of
                {pace.Seconds:0.##} s after one that does not count, in which .NET has {pace.WarmUp:0.##} s for its compiler; a time is that of one derivative, and the tables give the median with the least and the
                most of all rounds.

                - *to plain*: the derivative's time over that of the plain function of the same language (C# by hand, C by hand, PyTorch without gradients).
                - *to FuncAD*: the derivative's time over that of FuncAD on numbers, in the same run; below 1 is faster than FuncAD.
                - *memory*: by how much the process grew at its peak since it had read its input, with whatever its runtime and libraries take.
                - *allocated*: bytes that the .NET runtime allocated for one derivative.
                - *difference*: the largest relative difference from C# by hand.
                """
            )
        );
    }

    /// <summary>One line for each problem, at the largest size that FuncAD was measured on.</summary>
    private void Glance()
    {
        var shown = Shown(rows);
        Line();
        Line("## At a glance");
        Line();
        Line(
            "The time of a derivative as a multiple of C by hand's (of C# by hand's where C is missing), at the largest size that FuncAD on numbers was measured on."
        );
        Line();
        Header(["problem", "size", .. shown.Select(contestant => contestant.Title)], 2);
        foreach (var problem in Problems)
        {
            var measured = rows.LastOrDefault(row =>
                row.Problem == problem && row.Contestant.Name == Form.Eager && row.Derivative is not null
            );
            if (measured is null)
                continue;
            var all = rows.Where(row => row.Problem == problem && row.Size == measured.Size).ToList();
            var unit = (Find(all, "c") ?? Find(all, Form.Hand))?.Derivative?.Median;
            Cells([
                problem.Title,
                measured.Size.Name,
                .. shown.Select(contestant => Units.Ratio(Find(all, contestant.Name)?.Derivative?.Median, unit)),
            ]);
        }
    }

    private void Section(Problem problem)
    {
        var all = rows.Where(row => row.Problem == problem && row.Note != Peer.NotWritten).ToList();
        var shown = Shown(all);
        Line();
        Line($"## {problem.Title}");
        Line();
        Line($"Time of the {problem.Derivative}; medians.");
        Line();
        Line($"![{problem.Title}]({Charts}/{problem.Name}.svg)");
        Line();
        Header(["size", .. shown.Select(contestant => contestant.Title)], 1);
        foreach (var size in all.GroupBy(row => row.Size))
            Cells([
                size.Key.Name,
                .. shown.Select(contestant =>
                    Find(size, contestant.Name) is { IsWrong: true }
                        ? "differs"
                        : Units.Time(Find(size, contestant.Name)?.Derivative?.Median)
                ),
            ]);
        Line();
        Line("<details><summary>Spreads, ratios, memory</summary>");
        Line();
        Header(["size", "contestant", "median", "least to most", "to plain", "to FuncAD", "memory", "allocated", "difference"], 2);
        foreach (var size in all.GroupBy(row => row.Size))
        foreach (var row in size)
            Details(row, [.. size]);
        Line();
        Line("</details>");
    }

    private void Details(Row row, List<Row> size)
    {
        if (row.Derivative is not { } derivative)
        {
            Cells([
                row.Size.Name,
                row.Contestant.Title,
                row.Note ?? "-",
                "",
                "",
                "",
                "",
                "",
                row.Distance is { } far ? Units.Digits(far) : "",
            ]);
            return;
        }
        var plain = Find(size, row.Contestant.Plain)?.Value?.Median;
        Cells([
            row.Size.Name,
            row.Contestant.Title,
            Units.Time(derivative.Median),
            $"{Units.Time(derivative.Least)} to {Units.Time(derivative.Most)}",
            Units.Ratio(derivative.Median, plain),
            Units.Ratio(derivative.Median, Find(size, Form.Eager)?.Derivative?.Median),
            Units.Bytes(row.Peak),
            Units.Bytes(row.Allocated),
            Units.Digits(row.Distance ?? 0),
        ]);
    }

    private void Growing()
    {
        string[] ways = [Form.Hand, Form.Eager];
        Line();
        Line("## Growth");
        Line();
        Line(
            """
            The time of a derivative over that of the plain function, as the function grows. A gradient should cost a constant number of functions whatever the number of arguments (Baur and
            Strassen 1983); a Jacobian of m rows up to m times that, and a Hessian up to n times.
            """
        );
        Line();
        Header(["problem", .. ways.SelectMany(way => new[] { $"{Title(way)}, smallest", "largest" }), "sizes"], 1);
        foreach (var problem in Problems)
        {
            var quotients = ways.Select(way => Quotients(problem, way).SelectMany(piece => piece).OrderBy(point => point.X).ToList())
                .ToList();
            if (quotients.Any(list => list.Count == 0))
                continue;
            var sizes = rows.Where(row => row.Problem == problem && row.Contestant.Name == Form.Eager && row.Derivative is not null)
                .ToList();
            Cells([
                problem.Title,
                .. quotients.SelectMany(list => new[] { Units.Digits(list[0].Y), Units.Digits(list[^1].Y) }),
                $"{sizes[0].Size.Name} to {sizes[^1].Size.Name}",
            ]);
        }
        Line();
        Line($"![Growth]({Charts}/growth.svg)");
        if (growth.Count == 0)
            return;
        Line();
        Line("### Length, memory, and where it breaks");
        Line();
        Line(
            "The gradient of a chain of mixed operations in eager reverse mode, once in a process of its own, with four fifths of the machine's memory at most."
        );
        Line();
        Header(["operations", "time", "an operation", "to plain", "allocated an operation", "process an operation"], 0);
        foreach (var step in growth)
        {
            var count = step.Operations.ToString("0E0", CultureInfo.InvariantCulture);
            if (step.Failure is { } failure)
                Cells([count, failure, "", "", "", ""]);
            else
                Cells([
                    count,
                    Units.Time(step.Seconds * 1e9),
                    Units.Time(step.Seconds * 1e9 / step.Operations),
                    Units.Ratio(step.Seconds, step.PlainSeconds),
                    Units.Bytes(step.Allocated / step.Operations),
                    Units.Bytes(step.Peak / step.Operations),
                ]);
        }
    }

    /// <summary>The time of the function and the derivative's multiple of it, family by family.</summary>
    private List<List<(double X, double Y)>> Quotients(Problem problem, string way)
    {
        double Function(Size size) => Find(rows.Where(row => row.Problem == problem && row.Size == size), Form.Hand)!.Value!.Median;
        return Families(
            rows.Where(row => row.Problem == problem && row.Contestant.Name == way && row.Derivative is not null),
            row => (Function(row.Size) / 1e9, row.Derivative!.Median / Function(row.Size))
        );
    }

    private void LeftOut()
    {
        var missing = rows.Where(row => row.Derivative is null && row.Note != Peer.NotWritten)
            .GroupBy(row => (row.Contestant, row.Note))
            .ToList();
        if (missing.Count == 0)
            return;
        Line();
        Line("## What is missing");
        Line();
        foreach (var group in missing)
            Line(
                $"- {group.Key.Contestant.Title}, {group.Key.Note}: {string.Join("; ", group.GroupBy(row => row.Problem).Select(problem => $"{problem.Key.Name} {string.Join(", ", problem.Select(row => row.Size.Name))}"))}"
            );
    }

    private void Bench(string table)
    {
        Line();
        Line($"## BenchmarkDotNet: {Path.GetFileName(table).Split("-report")[0].Split('.')[^1]}");
        Line();
        foreach (var line in File.ReadLines(table).SkipWhile(line => !line.StartsWith('|')))
            Line(line);
    }

    private string Title(string name) => contestants.Single(contestant => contestant.Name == name).Title;

    private int Place(Contestant contestant) => contestants.ToList().IndexOf(contestant);

    /// <summary>Those who have a time somewhere.</summary>
    private List<Contestant> Shown(IReadOnlyCollection<Row> among) =>
        [.. contestants.Where(contestant => among.Any(row => row.Contestant == contestant && (row.Derivative is not null || row.IsWrong)))];

    private static Row? Find(IEnumerable<Row> among, string name) => among.FirstOrDefault(row => row.Contestant.Name == name);

    private static List<List<(double X, double Y)>> Points(IEnumerable<Row> among, string name, Func<Row, Sample?> sample) =>
        Families(
            among.Where(row => row.Contestant.Name == name && sample(row) is not null),
            row => (row.Size.Scale, sample(row)!.Median / 1e9)
        );

    private static List<List<(double X, double Y)>> Families(IEnumerable<Row> among, Func<Row, (double X, double Y)> point) =>
        [.. among.GroupBy(row => row.Size.Family).Select(family => family.Select(point).OrderBy(p => p.X).ToList())];

    private void Header(string[] titles, int left)
    {
        Cells(titles);
        Cells([.. titles.Select((_, index) => index < left ? "---" : "---:")]);
    }

    private void Cells(string[] cells) => Line($"| {string.Join(" | ", cells)} |");
}
