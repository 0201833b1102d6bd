using System.Runtime.InteropServices;
using static FuncAD.AD;

namespace FuncAD.Generic.Tests;

/// <summary>Generic code of others on Real: values bit for bit, and derivatives in both modes and compiled.</summary>
public class DerivativeTests
{
    /// <summary>Positive and increasing by halves, so that every call is smooth there; 20 numbers are more than a vector register holds.</summary>
    private static readonly double[][] Points =
    [
        [0.5, 1.25, 1.5, 3],
        [.. Enumerable.Range(0, 20).Select(i => 0.3 + 0.07 * i + 0.01 * (i % 3))],
    ];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var name in Calls<Real>.All.Keys)
                for (var point = 0; point < Points.Length; point++)
                    cases.Add(name, point);
            return cases;
        }
    }

    private static Real[] Reals(double[] x) => Array.ConvertAll(x, value => (Real)value);

    private static long Bits(double x) => BitConverter.DoubleToInt64Bits(x);

    /// <summary>
    /// NFloat has a double in it (in a process of 64 bits), and generic code has no vector form for it as it has none for Real: the same
    /// operations in the same order.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_are_those_of_the_same_operations_on_doubles(string name, int point)
    {
        var x = Points[point];
        Assert.Equal(8, NFloat.Size);
        var expected = Calls<NFloat>.All[name](Array.ConvertAll(x, value => (NFloat)value)).Value;
        Assert.Equal(Bits(expected), Bits(Calls<Real>.All[name](Reals(x)).Value));
        // on double itself sums run in vectors, in another order, and vectorised functions round otherwise: at most some units in the last
        // place of each of the terms, whose sum has the size of the result where all are positive
        var onDoubles = Calls<double>.All[name](x);
        Assert.Equal(expected, onDoubles, Math.Abs(expected) * x.Length * 16 * 2.3e-16 + 1e-13);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_agree_with_differences(string name, int point)
    {
        var report = CheckGradient(Calls<Real>.All[name], Reals(Points[point]));
        Assert.True(report.Passed, report.ToString());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_modes_and_compiled_code_agree(string name, int point)
    {
        var f = Calls<Real>.All[name];
        var x = Reals(Points[point]);
        var gradient = Grad(f)(x);
        var forward = Array.ConvertAll(Enumerable.Range(0, x.Length).ToArray(), i => Jvp(f)(x, Unit(x.Length, i)).Tangent.Value);
        for (var i = 0; i < x.Length; i++)
            Assert.Equal(gradient[i].Value, forward[i], 1e-12 * (1 + Math.Abs(forward[i])));
        var compiled = Compile(Grad(f), x);
        Assert.Equal(gradient.Select(g => Bits(g.Value)), compiled.Invoke(x).Select(g => Bits(g.Value)));
    }

    private static Real[] Unit(int length, int index) => [.. Enumerable.Range(0, length).Select(i => (Real)(i == index ? 1 : 0))];

    // ---- Closed forms, and the points where there is no slope ----

    private static double[] Gradient(string name, params double[] x) =>
        Array.ConvertAll(Grad(Calls<Real>.All[name])(Reals(x)), g => g.Value);

    [Fact]
    public void Closed_forms()
    {
        Assert.Equal([1.0, 1, 1, 1], Gradient("TensorPrimitives.Sum", 1, 2, 3, 4));
        Assert.Equal([3.0, 4, 1, 2], Gradient("TensorPrimitives.Dot", 1, 2, 3, 4));
        Assert.Equal([0.6, 0.8], Gradient("TensorPrimitives.Norm", 3, 4).Select(g => Math.Round(g, 15)));
        Assert.Equal([24.0, 12, 8, 6], Gradient("TensorPrimitives.Product", 1, 2, 3, 4));
        Assert.Equal([2.0, 4, 6, 8], Gradient("TensorPrimitives.SumOfSquares", 1, 2, 3, 4));
        // in a sequence a, a + h, ..., a + 3h with the weights 1, 2, 3, 4
        Assert.Equal([10.0, 20], Gradient("MoreLinq Sequence", 1, 0.5));
    }

    [Fact]
    public void A_product_with_a_factor_0_has_its_slope()
    {
        Assert.Equal([6.0, 0, 0], Gradient("TensorPrimitives.Product", 0, 2, 3));
        Assert.Equal([0.0, 0, 0], Gradient("TensorPrimitives.Product", 0, 0, 3));
    }

    [Fact]
    public void Equal_data_have_a_softmax_and_sorted_order()
    {
        // softmax is 1/4 each: d/dx_j of the weighed sum is (w_j - mean w) / 4
        Assert.Equal([-0.375, -0.125, 0.125, 0.375], Gradient("TensorPrimitives.SoftMax", 1, 1, 1, 1));
        // sorting is by value, whatever is equal: the weights are given away once each
        Assert.Equal([1.0, 2, 3, 4], Gradient("LINQ Order", 5, 5, 5, 5));
        Assert.Equal([1.0, 2, 3, 4], Gradient("Array.Sort", 5, 5, 5, 5).Order());
    }

    [Fact]
    public void A_tie_of_a_maximum_by_comparison_takes_one_side()
    {
        foreach (var name in new[] { "TensorPrimitives.Max", "LINQ Max" })
        {
            Assert.Equal([0.0, 0, 1, 0], Gradient(name, 1, 2, 4, 3));
            // a generalised gradient: weights that are not negative and have the sum 1, at the places of the maximum alone
            var tie = Gradient(name, 4, 2, 4, 3);
            Assert.Equal((0.0, 0.0), (tie[1], tie[3]));
            Assert.Equal(1, tie.Sum());
            Assert.All(tie, weight => Assert.InRange(weight, 0, 1));
        }
    }

    [Fact]
    public void At_a_norm_of_0_the_slope_is_that_of_the_square_root()
    {
        // the formula is sqrt(sum of squares), and the rule of the square root says what holds at 0
        var composed = Grad((Real[] x) => Real.Sqrt(x[0] * x[0] + x[1] * x[1]))(Reals([0, 0]));
        Assert.Equal(composed.Select(g => Bits(g.Value)), Gradient("TensorPrimitives.Norm", 0, 0).Select(Bits));
    }

    [Fact]
    public void Second_derivatives_pass_through()
    {
        var hessian = Hessian(Calls<Real>.All["TensorPrimitives.Dot"])(Reals([1, 2, 3, 4]));
        for (var i = 0; i < 4; i++)
        for (var j = 0; j < 4; j++)
            Assert.Equal(Math.Abs(i - j) == 2 ? 1 : 0, hessian[i, j].Value);
    }

    [Fact]
    public void NaN_is_passed_on()
    {
        foreach (var name in new[] { "TensorPrimitives.Sum", "TensorPrimitives.Max", "TensorPrimitives.Norm", "TensorPrimitives.SoftMax" })
            Assert.True(double.IsNaN(Calls<Real>.All[name](Reals([1, double.NaN, 2, 3])).Value), name);
    }
}
