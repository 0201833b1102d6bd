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
    private static double Slope(Func<double, double> f, double x)
    {
        const double h = 1e-3;
        double Odd(int k) => f(x + k * h) - f(x - k * h);
        return (45 * Odd(1) - 9 * Odd(2) + Odd(3)) / (60 * h);
    }
}
