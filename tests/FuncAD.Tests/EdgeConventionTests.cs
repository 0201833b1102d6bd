using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>The conventions at kinks, ties, poles and structural zeros, row by row, in each mode and nested.</summary>
public class EdgeConventionTests
{
    private const double Inf = double.PositiveInfinity;

    /// <summary>The first derivative, by either mode.</summary>
    private static void First(double expected, Func<Real, Real> f, double at)
    {
        Check.Bits(expected, Grad(f)(at), "Grad");
        Check.Bits(expected, Diff(f)(at), "Diff");
        Check.Bits(expected, Jvp(f)(at, 1.0).Tangent, "Jvp");
        Check.Bits(expected, Vjp(f)(at).Pullback(1.0), "Vjp");
        Check.Bits(expected, Taylor(f, 1)(at)[1], "Taylor");
    }

    /// <summary>The second derivative, by each nesting of the modes.</summary>
    private static void Second(double expected, Func<Real, Real> f, double at)
    {
        // A zero may come with either sign out of two products.
        void Same(Real actual, string what) => Check.Bits(expected + 0.0, actual.Value + 0.0, what);
        Same(Grad(Grad(f))(at), "Grad of Grad");
        Same(Diff(Diff(f))(at), "Diff of Diff");
        Same(Grad(Diff(f))(at), "Grad of Diff");
        Same(Diff(Grad(f))(at), "Diff of Grad");
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-0.0)]
    public void Abs_has_slope_0_at_0(double zero)
    {
        First(0, Abs, zero);
        Second(0, Abs, zero);
        First(-1, Abs, -2);
        First(1, Abs, 2);
        Second(0, Abs, 2);
    }

    [Fact]
    public void Sign_is_0_at_0_and_has_slope_0()
    {
        Check.Bits(0, Sign(0.0));
        Check.Bits(-1, Sign(-3.0));
        Check.Bits(double.NaN, Sign(double.NaN));
        foreach (var x in new[] { -2.0, -0.0, 0, 3 })
        {
            First(0, Sign, x);
            Second(0, Sign, x);
        }
    }

    [Fact]
    public void Max_and_min_give_half_to_each_at_a_tie()
    {
        foreach (var f in new Func<Real, Real, Real>[] { Max, Min, MaxMagnitude, MinMagnitude, MaxNumber, MinNumber })
        {
            First(0.5, x => f(x, 2.0), 2);
            First(0.5, x => f(2.0, x), 2);
            Second(0, x => f(x, 2.0), 2);
            First(1, x => f(x, x), 2);
            Check.Bits([0.5, 0.5], Grad(x => f(x[0], x[1]))([2.0, 2.0]));
            // mean of the slopes of x^2 and x^3 at 1, and of their second derivatives
            First(2.5, x => f(x * x, x * x * x), 1);
            Second(4, x => f(x * x, x * x * x), 1);
        }
        First(0.5, x => Clamp(x, 1.0, 3.0), 3);
        First(0.5, x => Clamp(x, 1.0, 3.0), 1);
        First(0, x => Clamp(x, 1.0, 3.0), 4);
        First(1, x => Clamp(x, 1.0, 3.0), 2);
    }

    [Fact]
    public void Max_and_min_follow_the_argument_chosen()
    {
        First(1, x => Max(x, 1.0), 2);
        First(0, x => Max(x, 3.0), 2);
        First(0, x => Min(x, 1.0), 2);
        First(1, x => Min(x, 3.0), 2);
        Second(6, x => Max(x * x * x, 0.0), 1);
        Check.Bits(0, Max(-0.0, 0.0));
        Check.Bits(-0.0, Min(0.0, -0.0));
        Check.Bits(double.NaN, Max(double.NaN, 1.0));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-0.0)]
    public void Roots_have_infinite_slope_at_0(double zero)
    {
        First(Inf, Sqrt, zero);
        First(Inf, Cbrt, zero);
    }

    [Fact]
    public void The_second_derivative_of_the_square_root_at_0_is_minus_infinity() => Second(-Inf, Sqrt, 0);

    [Theory]
    [InlineData(0.0)]
    [InlineData(-0.0)]
    [InlineData(-2.0)]
    [InlineData(3.0)]
    [InlineData(double.PositiveInfinity)]
    public void The_power_0_has_slope_0_everywhere(double x)
    {
        foreach (var power in new Func<Real, Real>[] { t => Pow(t, 0), t => Pow(t, 0.0), t => Pow(t, (Real)0.0) })
        {
            Check.Bits(1, power(x));
            First(0, power, x);
            Second(0, power, x);
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-2.0)]
    [InlineData(1.5)]
    public void Whole_powers_are_exact_at_0_and_below(double x)
    {
        foreach (
            var (one, two, three) in new (Func<Real, Real>, Func<Real, Real>, Func<Real, Real>)[]
            {
                (t => Pow(t, 1), t => Pow(t, 2), t => Pow(t, 3)),
                (t => Pow(t, 1.0), t => Pow(t, 2.0), t => Pow(t, 3.0)),
                (t => Pow(t, (Real)1.0), t => Pow(t, (Real)2.0), t => Pow(t, (Real)3.0)),
            }
        )
        {
            First(1, one, x);
            Second(0, one, x);
            Check.Bits(2 * x + 0.0, Grad(two)(x));
            Second(2, two, x);
            Check.Bits(3 * x * x, Diff(three)(x));
            Second(6 * x, three, x);
            Check.Bits(6, Diff(three, 3)(x));
            Check.Bits(0, Diff(three, 4)(x));
            Check.Bits(0, Grad(Grad(Grad(Grad(three))))(x));
        }
        First(0, t => Pow(t, 2), 0);
    }

    [Fact]
    public void A_power_of_0_does_not_depend_on_its_exponent()
    {
        First(0, y => Pow(0.0, y), 2);
        First(0, y => Pow(0.0, y), 0.5);
        Second(0, y => Pow(0.0, y), 2);
        Check.Bits([0, 0], Grad(x => Pow(x[0], x[1]))([0.0, 2.0]));
    }

    [Fact]
    public void Steps_have_slope_0()
    {
        Func<Real, Real>[] steps = [Floor, Ceiling, Round, Truncate, x => Round(x, 1), x => Round(x, 0, MidpointRounding.AwayFromZero)];
        foreach (var step in steps)
        foreach (var x in new[] { -1.5, -1, 0, 0.5, 2, 2.7 })
        {
            First(0, step, x);
            Second(0, step, x);
        }
    }

    [Fact]
    public void A_structural_zero_does_not_meet_an_infinite_slope()
    {
        // What is under the root does not depend on the input.
        First(0, x => Sqrt(Floor(x)), 0.5);
        First(1, x => Sqrt(StopGradient(x)) + x, 0);
        First(1, x => (0.0 * x) + Sqrt(Max(x - 5, 0.0)) + x, 2);
        First(3, x => Sqrt((Real)x.Value) + (3 * x), 0);
        Second(0, x => Sqrt(Floor(x)), 0.5);
        Second(2, x => Sqrt(StopGradient(x)) + (x * x), 0);
        // A tangent or cotangent of 0 that is given.
        Check.Bits([0], Jvp(x => new[] { Sqrt(x[0]) })([0.0, 1.0], [0.0, 1.0]).Tangent);
        Check.Bits([0, 1], Vjp(x => new[] { Sqrt(x[0]), x[1] })([0.0, 1.0]).Pullback([0.0, 1.0]));
        Check.Bits(
            [0, 1],
            Grad(x =>
            {
                _ = Sqrt(x[0]);
                return x[1];
            })([0.0, 1.0])
        );
    }

    [Fact]
    public void A_computed_zero_times_infinity_is_NaN_as_in_plain_arithmetic()
    {
        First(double.NaN, x => Sqrt(x * x), 0);
        First(double.NaN, x => 0.0 * Sqrt(x), 0);
    }

    [Fact]
    public void The_branch_that_did_not_run_contributes_nothing()
    {
        static Real Branches(Real x) =>
            x > 0 ? x * x
            : x == 0 ? 3 * x
            : Sqrt(x);
        First(3, Branches, 0);
        Second(0, Branches, 0);
        First(4, Branches, 2);
        Second(2, Branches, 2);
    }

    [Fact]
    public void Domain_errors_are_values()
    {
        Check.Bits(double.NaN, Sqrt(-1.0));
        Check.Bits(-Inf, Log(0.0));
        First(Inf, Log, 0);
        First(double.NaN, Sqrt, -1);
        First(double.NaN, Asin, 2);
        First(Inf, Asin, 1);
        First(-Inf, Acos, 1);
        First(Inf, Atanh, 1);
        First(Inf, Acosh, 1);
        Check.Bits(Inf, (Real)1 / 0.0);
        First(-Inf, x => 1 / x, 0);
        First(double.NaN, x => Pow(x, 0.5), -1);
    }

    [Fact]
    public void Slopes_do_not_cancel_or_overflow_where_values_saturate()
    {
        // Relative accuracy of the tails, against the asymptotic forms.
        Assert.Equal(1, Grad(Tanh)(20.0).Value / (4 * Math.Exp(-40)), 1e-15 * 20);
        Assert.Equal(1, Grad(Sigmoid)(40.0).Value / Math.Exp(-40), 1e-15 * 20);
        Check.Bits(1, Grad(Softplus)(1000.0));
        Check.Bits([1, 0], Grad((Real[] x) => LogSumExp(x))([1000.0, -1000.0]));
        Check.Bits([1, 0], Grad(x => Hypot(x[0], x[1]))([1e300, 0.0]));
        Check.Bits([0, 0], Grad(x => Hypot(x[0], x[1]))([0.0, 0.0]));
        Check.Bits(1e-20, LogP1(1e-20));
        Check.Bits(1e-20, ExpM1(1e-20));
    }
}
