using MathNet.Numerics;
using MathNet.Numerics.RootFinding;

namespace FuncAD.Il;

/// <summary>What this library has better rules for than the code of MathNet.Numerics differentiated.</summary>
internal static class MathNetRules
{
    public static LiftOptions Add(LiftOptions options) =>
        options
            .Substitute((Func<double, double>)SpecialFunctions.Erf, (Func<Real, Real>)RealMath.Erf)
            .Substitute((Func<double, double>)SpecialFunctions.Erfc, (Func<Real, Real>)RealMath.Erfc)
            .Substitute((Func<double, double>)SpecialFunctions.Gamma, (Func<Real, Real>)RealMath.Gamma)
            .Substitute((Func<double, double>)SpecialFunctions.GammaLn, (Func<Real, Real>)RealMath.LogGamma)
            .Substitute((Func<double, double>)SpecialFunctions.DiGamma, (Func<Real, Real>)RealMath.Digamma)
            .Substitute((Func<double, double>)SpecialFunctions.Logistic, (Func<Real, Real>)RealMath.Sigmoid)
            .Substitute(
                (Func<Func<double, double>, double, double, double, int, double>)Brent.FindRoot,
                (Func<Func<Real, Real>, Real, Real, Real, int, Real>)(
                    (f, low, high, accuracy, steps) => Root(f, Brent.FindRoot(Plain(f), low.Value, high.Value, accuracy.Value, steps))
                )
            )
            .Substitute(
                (Func<Func<double, double>, double, double, double, int, double>)Bisection.FindRoot,
                (Func<Func<Real, Real>, Real, Real, Real, int, Real>)(
                    (f, low, high, accuracy, steps) => Root(f, Bisection.FindRoot(Plain(f), low.Value, high.Value, accuracy.Value, steps))
                )
            );

    private static Func<double, double> Plain(Func<Real, Real> f) => y => f(y).Value;

    /// <summary>
    /// The root of f as a function of what f captures: f(y, p) = 0 gives dy/dp = -f_p / f_y, which a step of Newton's method on a constant
    /// root is. Each step doubles the number of derivatives that are right (Griewank and Walther 2008, section 15.3): three give seven.
    /// </summary>
    private static Real Root(Func<Real, Real> f, double root)
    {
        var slope = AD.Diff(f);
        Real y = root;
        for (var step = 0; step < 3; step++)
            y -= f(y) / slope(y);
        // The root's own value, which is right to the accuracy that was asked for.
        return y + (root - y.Value);
    }
}
