using System.Diagnostics;
using System.Text.RegularExpressions;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>How long a run takes its time.</summary>
/// <param name="IsQuick">Only the sizes for the quick run.</param>
/// <param name="WarmUp">How long a contestant runs, in seconds, before its times count, where a compiler works beside it.</param>
/// <param name="Rounds">How often all contestants are measured in turn, after one round that does not count.</param>
/// <param name="Seconds">How long a contestant is measured in a round.</param>
/// <param name="Enough">How many seconds of measurements of one size end a contestant's rounds.</param>
/// <param name="Patience">How long a contestant may take for its first run, with its start.</param>
public sealed record Pace(bool IsQuick, double WarmUp, int Rounds, double Seconds, double Enough, TimeSpan Patience)
{
    public static readonly Pace Quick = new(true, 0.4, 3, 0.03, 3, TimeSpan.FromSeconds(6)),
        Full = new(false, 0.7, 5, 0.1, 3, TimeSpan.FromSeconds(20));
}

/// <summary>Runs the contestants side by side: the same input, agreement first, then times in turn.</summary>
public sealed class Tournament(IReadOnlyList<Contestant> contestants, Pace pace, TextWriter log)
{
    /// <param name="problems">Which problems.</param>
    /// <param name="sizes">Which of the sizes that the pace has, by a regular expression for their names.</param>
    public List<Row> Run(IEnumerable<Problem> problems, string sizes)
    {
        var rows = new List<Row>();
        foreach (var problem in problems)
        {
            var given = new Dictionary<Contestant, string>(); // up, and why
            foreach (var size in problem.Sizes.Where(size => (size.IsQuick || !pace.IsQuick) && Regex.IsMatch(size.Name, sizes)))
            {
                log.WriteLine($"{problem.Name}, {size.Name}");
                rows.AddRange(Run(problem, size, given));
            }
        }
        return rows;
    }

    private List<Row> Run(Problem problem, Size size, Dictionary<Contestant, string> given)
    {
        var input = Path.GetTempFileName();
        var running = new List<(Row Row, Peer Peer)>();
        var rows = new List<Row>();
        try
        {
            InstanceFile.Write(input, problem.Generate(size));
            (double[] Values, double[] Derivatives)? expected = null;
            foreach (var contestant in contestants)
            {
                var row = new Row(problem, size, contestant);
                if (!contestant.IsThere || given.ContainsKey(contestant))
                {
                    rows.Add(row with { Note = contestant.IsThere ? given[contestant] : "not installed" });
                    continue;
                }
                var peer = new Peer(contestant, problem.Name, input);
                running.Add((row, peer));
                if (peer.WaitUntilReady(pace.Patience) is { } reason)
                {
                    // a contestant that declined a size may take the next one, whose name is larger and whose program is smaller
                    if (reason == Peer.NotWritten)
                        given[contestant] = reason;
                    else if (!peer.HasDeclined)
                        given[contestant] = $"left out: {reason} at {size.Name}";
                    rows.Add(row with { Note = reason });
                    Leave(running);
                    continue;
                }
                var result = peer.Result();
                expected ??= result;
                var distance = Math.Max(
                    Agreement.Distance(expected.Value.Values, result.Values),
                    Agreement.Distance(expected.Value.Derivatives, result.Derivatives)
                );
                row = row with { Distance = distance };
                running[^1] = (row, peer);
                if (distance <= Agreement.Exact || contestant.Name == Form.Differences)
                    continue; // differences are what they are: the page shows how far off
                rows.Add(row with { IsWrong = true, Note = $"differs by {distance:E1}" });
                log.WriteLine($"  {contestant.Title} differs from the yardstick by {distance:E1}: its times do not count");
                Leave(running);
            }
            rows.AddRange(Measure(running));
        }
        finally
        {
            foreach (var (_, peer) in running)
                peer.Dispose();
            File.Delete(input);
        }
        return [.. contestants.Select(contestant => rows.Single(row => row.Contestant == contestant))];
    }

    private static void Leave(List<(Row Row, Peer Peer)> running)
    {
        running[^1].Peer.Dispose();
        running.RemoveAt(running.Count - 1);
    }

    private IEnumerable<Row> Measure(List<(Row Row, Peer Peer)> running)
    {
        var times = running.ToDictionary(pair => pair.Peer, _ => (Value: new List<double>(), Derivative: new List<double>(), Seconds: 0.0));
        for (var round = 0; round <= pace.Rounds; round++)
            foreach (var (row, peer) in running)
            {
                var (values, derivatives, seconds) = times[peer];
                if (round > 1 && seconds > pace.Enough)
                    continue;
                if (round == 1)
                {
                    values.Clear();
                    derivatives.Clear();
                }
                var duration = round == 0 && row.Contestant.IsManaged ? pace.WarmUp : pace.Seconds;
                var start = Stopwatch.GetTimestamp();
                if (row.Contestant.Name == row.Contestant.Plain)
                    values.AddRange(peer.Measure("value", duration / 2, 10 * pace.Patience));
                derivatives.AddRange(peer.Measure("derivative", duration, 10 * pace.Patience));
                times[peer] = (values, derivatives, seconds + Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        foreach (var (row, peer) in running)
        {
            var (values, derivatives, _) = times[peer];
            var (peak, allocated) = peer.Memory(10 * pace.Patience);
            yield return row with
            {
                Value = Sample.Of(values),
                Derivative = Sample.Of(derivatives),
                Peak = peak,
                Allocated = allocated,
                Note = derivatives.Count == 0 ? "did not answer" : null,
            };
        }
    }
}
