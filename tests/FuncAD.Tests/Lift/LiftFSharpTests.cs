extern alias optimised;
extern alias plain;

namespace FuncAD.Tests.Lifted;

/// <summary>F#'s constructs, as a Debug and as an optimised build have them.</summary>
public class LiftFSharpTests
{
    public static TheoryData<string, bool> Names()
    {
        var data = new TheoryData<string, bool>();
        foreach (var (name, _) in plain::LiftCases.all)
        {
            data.Add(name, false);
            data.Add(name, true);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FSharps_functions_have_their_bits_and_derivatives(string name, bool isOptimised)
    {
        var f = (isOptimised ? optimised::LiftCases.all : plain::LiftCases.all).Single(c => c.Item1 == name).Item2;
        var lifted = Lift.Of(f);
        foreach (var x in new[] { 0.7, 1.3 })
        {
            Assert.True(f(x).Equals(lifted(x).Value), $"{f(x):R}, lifted {lifted(x).Value:R}");
            var expected = Slope(f, x);
            var derivative = Slope(y => AD.Diff(lifted)(y).Value, x);
            Assert.Equal(expected, AD.Diff(lifted)(x).Value, 1e-7 * Math.Max(1, Math.Abs(expected)));
            Assert.Equal(expected, AD.Grad(lifted)(x).Value, 1e-7 * Math.Max(1, Math.Abs(expected)));
            if (name != "tail calls by the million")
                Assert.Equal(derivative, AD.Diff(AD.Grad(lifted))(x).Value, 1e-6 * Math.Max(1, Math.Abs(derivative)));
        }
    }

    private static double Slope(Func<double, double> f, double x)
    {
        const double h = 1e-3;
        double Odd(int k) => f(x + k * h) - f(x - k * h);
        return (45 * Odd(1) - 9 * Odd(2) + Odd(3)) / (60 * h);
    }
}
