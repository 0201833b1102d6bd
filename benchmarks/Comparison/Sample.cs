namespace FuncAD.Benchmarks.Comparison;

/// <summary>Times of the same thing, in nanoseconds.</summary>
public sealed record Sample(double Median, double Least, double Most)
{
    public static Sample? Of(IReadOnlyCollection<double> times)
    {
        if (times.Count == 0)
            return null;
        var sorted = times.Order().ToArray();
        var middle = sorted.Length / 2;
        return new(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }
}
