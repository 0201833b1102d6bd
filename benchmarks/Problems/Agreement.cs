namespace FuncAD.Benchmarks.Problems;

/// <summary>How far two results are apart.</summary>
public static class Agreement
{
    /// <summary>
    /// What two exact ways to compute the same may differ by. They sum up to 10^6 terms in different orders, which costs some 10^3 roundings, 10^-13; the
    /// rest is for cancellation.
    /// </summary>
    public const double Exact = 1e-10;

    /// <summary>
    /// What differences may: with the step h of MathNet's, about 10^-5 of the argument, a rounding over h^2 for second derivatives is 10^-6, and is large
    /// beside entries that are small against the value.
    /// </summary>
    public const double Differences = 1e-3;

    /// <summary>An entry smaller than this share of the largest is compared on that scale, since it is a difference of large terms.</summary>
    private const double Floor = 1e-3;

    /// <summary>The largest difference of two entries relative to the entry; infinite for another number of entries, and where only one is NaN.</summary>
    public static double Distance(double[] expected, double[] actual)
    {
        if (expected.Length != actual.Length)
            return double.PositiveInfinity;
        var (floor, worst) = (Floor * expected.Max(Math.Abs), 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            var distance = Math.Abs(expected[i] - actual[i]);
            if (distance == 0 || double.IsNaN(expected[i]) && double.IsNaN(actual[i]))
                continue;
            worst = Math.Max(worst, double.IsNaN(distance) ? double.PositiveInfinity : distance / Math.Max(Math.Abs(expected[i]), floor));
        }
        return worst;
    }

    /// <summary>What a form may be away from the yardstick.</summary>
    public static double Allowed(string form) => form == Form.Differences ? Differences : Exact;
}
