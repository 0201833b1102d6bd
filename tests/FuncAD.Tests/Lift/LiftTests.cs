namespace FuncAD.Tests.Lifted;

/// <summary>Lifted code has the bits of the plain function, and the derivatives of it.</summary>
public class LiftTests
{
    private static IEnumerable<(string Name, Func<double, double> F)> Cases => LiftCases.All.Concat(LiftIdioms.All);

    private static readonly double[] points = [0.7, 1.3];

    public static TheoryData<string> Names() => [.. Cases.Select(c => c.Name)];

    private static Func<double, double> Case(string name) => Cases.Single(c => c.Name == name).F;

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_have_the_bits_of_the_plain_function(string name)
    {
        var f = Case(name);
        var lifted = Lift.Of(f);
        foreach (var x in points)
            Assert.Equal(BitConverter.DoubleToInt64Bits(f(x)), BitConverter.DoubleToInt64Bits(lifted(x).Value));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivatives_are_those_of_differences_in_both_modes(string name)
    {
        var f = Case(name);
        var lifted = Lift.Of(f);
        foreach (var x in points)
        {
            var expected = Slope(f, x);
            Assert.Equal(expected, AD.Diff(lifted)(x).Value, 1e-7 * Math.Max(1, Math.Abs(expected)));
            Assert.Equal(expected, AD.Grad(lifted)(x).Value, 1e-7 * Math.Max(1, Math.Abs(expected)));
            var second = Slope(y => Lift.Derivative(f)(y), x);
            Assert.Equal(second, AD.Grad(AD.Grad(lifted))(x).Value, 1e-6 * Math.Max(1, Math.Abs(second)));
        }
    }

    /// <summary>Where rules, comparisons and conversions have cases; the plain function may throw there, and the lifted one then throws the same.</summary>
    private static readonly double[] special =
    [
        0,
        -0.0,
        0.5,
        1,
        -1,
        2,
        0.1,
        1e-310,
        1e17,
        double.PositiveInfinity,
        double.NegativeInfinity,
        double.NaN,
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_and_exceptions_at_special_points_are_those_of_the_plain_function(string name)
    {
        var f = Case(name);
        var lifted = Lift.Of(f);
        // This one has no end from there on, lifted or not.
        foreach (var x in name == "while with breaks" ? special.Where(x => Math.Abs(x) < 1e10) : special)
        {
            string expected = Outcome(() => f(x)),
                actual = Outcome(() => lifted(x).Value),
                forward = Outcome(() => AD.Jvp(lifted)(x, 1).Item1.Value),
                reverse = Outcome(() => AD.ValueAndGrad(lifted)(x).Value.Value);
            Assert.True(expected == actual, $"at {x}: {expected}, lifted {actual}");
            // A key that is a constant and one that is differentiated are equal there, which is an error.
            if ((name, x) == ("dictionary number keys", 2))
                expected = nameof(LiftException);
            Assert.True(expected == forward, $"at {x}: {expected}, in forward mode {forward}");
            Assert.True(expected == reverse, $"at {x}: {expected}, in reverse mode {reverse}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivatives_at_special_points_are_those_of_differences_where_these_settle(string name)
    {
        var f = Case(name);
        var lifted = Lift.Of(f);
        foreach (var x in special.Where(x => Math.Abs(x) is >= 0.1 and <= 2 or 0))
        {
            double wide,
                narrow;
            try
            {
                (wide, narrow) = (Slope(f, x), Slope(f, x, 1e-4));
            }
            catch (Exception)
            {
                continue;
            }
            // A step or a kink at the point makes the two differ, as h does.
            if (!(Math.Abs(wide - narrow) <= 1e-7 * Math.Max(1, Math.Abs(wide))))
                continue;
            // A kink at the point itself may settle at the mean of both sides.
            if (Math.Abs(f(x + 1e-3) + f(x - 1e-3) - 2 * f(x)) > 1e-4 * Math.Max(1, Math.Abs(f(x))))
                continue;
            foreach (var slope in new[] { AD.Diff(lifted)(x).Value, AD.Grad(lifted)(x).Value })
                Assert.True(Math.Abs(slope - wide) <= 1e-6 * Math.Max(1, Math.Abs(wide)), $"at {x}: {slope:R}, by differences {wide:R}");
        }
    }

    private static string Outcome(Func<double> f)
    {
        try
        {
            var value = f();
            return double.IsNaN(value) ? "NaN" : $"{value:R} ({BitConverter.DoubleToInt64Bits(value):x})";
        }
        catch (Exception error)
        {
            return error.GetType().Name;
        }
    }

    [Fact]
    public void A_Release_build_of_the_same_functions_is_lifted_as_well()
    {
        IEnumerable<(string Name, Func<double, double> F)> In(Type cases) =>
            (IEnumerable<(string Name, Func<double, double> F)>)
                Compiler
                    .Compile(Compiler.Beside($"{cases.Name}.cs"), release: true)
                    .GetType(cases.FullName!)!
                    .GetProperty("All")!
                    .GetValue(null)!;
        var all = In(typeof(LiftCases)).Concat(In(typeof(LiftIdioms)));
        foreach (var (name, f) in all)
        {
            var lifted = Lift.Of(f);
            foreach (var x in points)
            {
                Assert.True(f(x).Equals(lifted(x).Value), $"{name} at {x}: {f(x):R}, lifted {lifted(x).Value:R}");
                Assert.Equal(Slope(f, x), AD.Grad(lifted)(x).Value, 1e-7 * Math.Max(1, Math.Abs(Slope(f, x))));
            }
        }
    }

    /// <summary>Differences of sixth order with a step of 10^-3: truncation 10^-18 f(7) / 140, rounding 10^-13 |f|.</summary>
    private static double Slope(Func<double, double> f, double x, double h = 1e-3)
    {
        double Odd(int k) => f(x + k * h) - f(x - k * h);
        return (45 * Odd(1) - 9 * Odd(2) + Odd(3)) / (60 * h);
    }
}
