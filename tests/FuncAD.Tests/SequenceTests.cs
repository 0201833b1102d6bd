using System.Collections.Immutable;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>LINQ's sums, means and extremes of numbers, and dot products of lists, as they are written first.</summary>
public class SequenceTests
{
    [Fact]
    public void Sums_of_numbers_and_of_what_a_selector_gives()
    {
        Check.Bits([1, 1], Grad(x => x.Sum())([1.0, 2.0]));
        Check.Bits([2, 4], Grad(x => x.Sum(v => v * v))([1.0, 2.0]));
        Check.Bits([2, 4], Grad(x => x.Select(v => v * v).Sum())([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => x.Zip([3.0, 4.0], (a, b) => a * b).Sum())([1.0, 2.0]));
        Check.Bits([0, 1, 2], Grad(x => Enumerable.Range(0, x.Length).Sum(i => i * x[i]))([5.0, 6.0, 7.0]));
        Check.Bits(-6, Grad(x => new List<double> { 1, 2 }.Sum(d => (d - x) * (d - x)))(0.0));
        Check.Bits([2, 4], [.. Grad((List<Real> x) => x.Sum(v => v * v))([1.0, 2.0])]);
        Check.Bits([2, 4], [.. Grad((ImmutableArray<Real> x) => x.Sum(v => v * v))([1.0, 2.0])]);
        Check.Bits([2, 4], [.. Grad((IEnumerable<Real> x) => x.Sum(v => v * v))([1.0, 2.0])]);
        Check.Bits(3, new Dictionary<string, Real> { ["a"] = 1, ["b"] = 2 }.Values.Sum());
    }

    [Fact]
    public void A_sum_has_the_bits_of_a_loop_whatever_the_sequence()
    {
        double[] values = [.. Enumerable.Range(1, 100).Select(i => 1.0 / i)];
        Real loop = 0;
        foreach (var value in values)
            loop += value;
        foreach (var sequence in new IEnumerable<Real>[] { values.ToReals(), values.ToReals().ToList(), values.Select(v => (Real)v) })
        {
            Check.Bits(loop.Value, sequence.Sum());
            Check.Bits(loop.Value / 100, sequence.Average());
        }
        Check.Bits(loop.Value, values.Sum(v => (Real)v));
    }

    [Fact]
    public void Means_are_sums_over_counts()
    {
        Check.Bits([0.25, 0.25, 0.25, 0.25], Grad(x => x.Average())([1.0, 2.0, 3.0, 4.0]));
        Check.Bits([1, 2], Grad(x => x.Average(v => v * v))([1.0, 2.0]));
        (double X, double Y)[] data = [(1, 2), (2, 5)];
        Check.Bits([-12], Grad(w => data.Average(d => Pow(d.Y - w[0] * d.X, 2)))([0.0]));
    }

    [Fact]
    public void Extremes_take_the_slope_of_the_number_that_is_one()
    {
        Check.Bits([0, 1, 0], Grad(x => x.Max())([1.0, 3.0, 2.0]));
        Check.Bits([1, 0, 0], Grad(x => x.Min())([1.0, 3.0, 2.0]));
        Check.Bits([0, -2, 0], Grad(x => x.Max(v => -2 * v))([1.0, 0.5, 2.0]));
        Check.Bits([0, 0, -2], Grad(x => x.Min(v => -2 * v))([1.0, 0.5, 2.0]));
        Check.Bits([1], Grad(x => x.Max())([7.0]));
        Check.Bits([0, 6], Grad(x => Pow(x.MaxBy(v => v * v), 2))([1.0, 3.0]));
        Check.Bits(double.NaN, new Real[] { 1, double.NaN, 3 }.Max());
        Check.Bits(double.NaN, new Real[] { double.NaN, 1 }.Min());
    }

    [Fact]
    public void Ties_are_those_of_Max_from_the_left_in_every_mode_and_compiled()
    {
        Check.Bits([0.5, 0.5], Grad(x => x.Max())([2.0, 2.0]));
        Check.Bits([0.25, 0.25, 0.5], Grad(x => x.Max())([2.0, 2.0, 2.0]));
        Check.Bits([0.5, 0, 0.5], Grad(x => x.Min())([2.0, 3.0, 2.0]));
        Real[] point = [2, 2, 1, 2];
        double[] expected = Grad(x => Real.Max(Real.Max(Real.Max(x[0], x[1]), x[2]), x[3]))(point).ToDoubles();
        Check.Bits(expected, Grad(x => x.Max())(point));
        Check.Bits(expected, Compile(Grad(x => x.Max()), [1.0, 2.0, 3.0, 4.0]).Invoke(point));
        for (var i = 0; i < 4; i++)
            Check.Bits(expected[i], Jvp(x => x.Max())(point, [.. Enumerable.Range(0, 4).Select(j => (Real)(i == j ? 1 : 0))]).Tangent);
    }

    [Fact]
    public void Of_nothing_a_sum_is_zero_and_the_others_throw_as_LINQ_does()
    {
        Real[] none = [];
        Check.Bits(0, none.Sum());
        Check.Bits(0, none.Sum(v => v * v));
        Check.Bits(0, none.Dot([]));
        Assert.Empty(Grad(x => x.Sum())([]));
        var throwing = new Func<object>[]
        {
            () => none.Average(),
            () => none.Average(v => v),
            () => none.Max(),
            () => none.Max(v => v),
            () => none.Min(),
            () => none.Min(v => v),
        };
        foreach (var call in throwing)
            Assert.Contains("no elements", Assert.Throws<InvalidOperationException>(call).Message);
        Assert.Equal("numbers", Assert.Throws<ArgumentNullException>(() => ((Real[])null!).Sum()).ParamName);
        Assert.Equal("items", Assert.Throws<ArgumentNullException>(() => ((string[])null!).Sum(v => (Real)v.Length)).ParamName);
        Assert.Equal("selector", Assert.Throws<ArgumentNullException>(() => new[] { "a" }.Sum((Func<string, Real>)null!)).ParamName);
    }

    [Fact]
    public void Aggregate_takes_a_seed_that_is_written_as_a_plain_number()
    {
        Check.Bits([3, 2], Grad(x => x.Aggregate((a, b) => a * b))([2.0, 3.0]));
        Check.Bits([3, 2], Grad(x => x.Aggregate(1.0, (p, v) => p * v))([2.0, 3.0]));
        Check.Bits([3, 2], Grad(x => x.Aggregate(1, (p, v) => p * v))([2.0, 3.0]));
        Check.Bits([3, 2], Grad(x => x.Aggregate((Real)1, (p, v) => p * v))([2.0, 3.0]));
    }

    [Fact]
    public void Dot_products_take_arrays_lists_spans_and_plain_numbers_on_either_side()
    {
        double[] data = [3, 4];
        List<Real> list = [3.0, 4.0];
        ReadOnlySpan<double> span = data;
        Check.Bits(11, Dot(span, [(Real)1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => x.Dot(data))([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => data.Dot(x))([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => x.Dot(list))([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => x.Dot([3.0, 4.0]))([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => Dot(x, data))([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => Dot(data, x))([1.0, 2.0]));
        Check.Bits([3, 4], Grad(x => Dot(x, [3.0, 4.0]))([1.0, 2.0]));
        Check.Bits([2, 4], [.. Grad((List<Real> x) => x.Dot(x))([1.0, 2.0])]);
        Check.Bits(11, Dot([1.0, 2.0], [3.0, 4.0]));
        Check.Bits(11, ImmutableArray.Create<Real>(1, 2).Dot(list));
    }

    [Fact]
    public void Sequences_of_other_numbers_are_still_those_of_LINQ()
    {
        double[] doubles = [1, 2];
        int[] ints = [1, 2];
        byte[] bytes = [1, 2];
        double sum =
            doubles.Sum() + doubles.Sum(v => v * v) + doubles.Average() + doubles.Max(v => -v) + doubles.Aggregate(0.0, (a, b) => a + b);
        int whole = ints.Sum(v => 2 * v) + ints.Aggregate(0, (a, b) => a + b) + bytes.Sum(b => b) + new[] { "ab" }.Max(s => s.Length);
        Assert.Equal((3 + 5 + 1.5 - 1 + 3, 6 + 3 + 3 + 2), (sum, whole));
    }

    [Fact]
    public void Derivatives_of_every_order_pass_through_sequences()
    {
        Check.Bits(2, Diff(Diff(t => new[] { t, t * t }.Sum()))(3.0));
        Check.Bits([12, 7, 1, 0], Taylor(t => new[] { t, t * t }.Sum(), 3)(3.0));
        Assert.Equal(
            new double[,]
            {
                { 2, 0 },
                { 0, 2 },
            },
            Hessian(x => x.Sum(v => v * v))([1.0, 2.0]).ToDoubles()
        );
    }
}
