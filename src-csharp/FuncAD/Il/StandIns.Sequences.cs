namespace FuncAD.Il;

/// <summary>LINQ's reductions, which are not generic in double, with the order of summation and the treatment of NaN that LINQ has.</summary>
internal static partial class StandIns
{
    public static Real Enumerable_Sum(IEnumerable<Real> xs)
    {
        Real sum = 0.0;
        foreach (var x in xs)
            sum += x;
        return sum;
    }

    public static Real Enumerable_Average(IEnumerable<Real> xs)
    {
        Real sum = 0.0;
        long n = 0;
        foreach (var x in xs)
        {
            sum += x;
            n++;
        }
        return n == 0 ? throw new InvalidOperationException("Sequence contains no elements") : sum / n;
    }

    public static Real Enumerable_Max(IEnumerable<Real> xs) => xs.Aggregate((a, b) => b > a || Real.IsNaN(a) ? b : a);

    public static Real Enumerable_Min(IEnumerable<Real> xs) => xs.Aggregate((a, b) => b < a || Real.IsNaN(b) ? b : a);

    public static Real Enumerable_Sum<T>(IEnumerable<T> xs, Func<T, Real> f) => Enumerable_Sum(xs.Select(f));

    public static Real Enumerable_Average<T>(IEnumerable<T> xs, Func<T, Real> f) => Enumerable_Average(xs.Select(f));

    public static Real Enumerable_Max<T>(IEnumerable<T> xs, Func<T, Real> f) => Enumerable_Max(xs.Select(f));

    public static Real Enumerable_Min<T>(IEnumerable<T> xs, Func<T, Real> f) => Enumerable_Min(xs.Select(f));

    public static Real? Enumerable_Sum(IEnumerable<Real?> xs) => Enumerable_Sum(Given(xs));

    public static Real? Enumerable_Average(IEnumerable<Real?> xs) =>
        Given(xs).ToArray() is { Length: > 0 } given ? Enumerable_Average(given) : null;

    public static Real? Enumerable_Max(IEnumerable<Real?> xs) =>
        Given(xs).ToArray() is { Length: > 0 } given ? Enumerable_Max(given) : null;

    public static Real? Enumerable_Min(IEnumerable<Real?> xs) =>
        Given(xs).ToArray() is { Length: > 0 } given ? Enumerable_Min(given) : null;

    private static IEnumerable<Real> Given(IEnumerable<Real?> xs) => xs.Where(x => x.HasValue).Select(x => x!.Value);

    /// <summary>F#'s ranges: the values are FSharp.Core's, which are not always start + k step, and the derivatives those of start + k step.</summary>
    public static IEnumerable<Real> OperatorIntrinsics_RangeDouble(Real start, Real step, Real stop)
    {
        var k = 0;
        foreach (var value in Microsoft.FSharp.Core.Operators.OperatorIntrinsics.RangeDouble(start.Value, step.Value, stop.Value))
        {
            var linear = start + k++ * step;
            // Exact: the two differ by some roundings.
            yield return linear + (value - linear.Value);
        }
    }
}
