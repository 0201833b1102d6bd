using System.Runtime.CompilerServices;
using FuncAD.Rules;

namespace FuncAD;

/// <summary>
/// The elementary and special functions under their plain names: <c>using static FuncAD.RealMath;</c> gives <c>Sin(x)</c>. Each
/// forwards to the rule table; the formulas, edge cases and accuracies are documented there.
/// </summary>
public static class RealMath
{
    /// <inheritdoc cref="Real.Sqrt(Real)"/>
    public static Real Sqrt(Real x) => Real.Sqrt(x);

    /// <inheritdoc cref="Real.Cbrt(Real)"/>
    public static Real Cbrt(Real x) => Real.Cbrt(x);

    /// <inheritdoc cref="Real.Exp(Real)"/>
    public static Real Exp(Real x) => Real.Exp(x);

    /// <inheritdoc cref="Real.Exp2(Real)"/>
    public static Real Exp2(Real x) => Real.Exp2(x);

    /// <inheritdoc cref="Real.Exp10(Real)"/>
    public static Real Exp10(Real x) => Real.Exp10(x);

    /// <inheritdoc cref="Real.ExpM1(Real)"/>
    public static Real ExpM1(Real x) => Real.ExpM1(x);

    /// <inheritdoc cref="Real.Exp2M1(Real)"/>
    public static Real Exp2M1(Real x) => Real.Exp2M1(x);

    /// <inheritdoc cref="Real.Exp10M1(Real)"/>
    public static Real Exp10M1(Real x) => Real.Exp10M1(x);

    /// <inheritdoc cref="Real.Log(Real)"/>
    public static Real Log(Real x) => Real.Log(x);

    /// <inheritdoc cref="Real.Log2(Real)"/>
    public static Real Log2(Real x) => Real.Log2(x);

    /// <inheritdoc cref="Real.Log10(Real)"/>
    public static Real Log10(Real x) => Real.Log10(x);

    /// <inheritdoc cref="Real.LogP1(Real)"/>
    public static Real LogP1(Real x) => Real.LogP1(x);

    /// <inheritdoc cref="Real.Log2P1(Real)"/>
    public static Real Log2P1(Real x) => Real.Log2P1(x);

    /// <inheritdoc cref="Real.Log10P1(Real)"/>
    public static Real Log10P1(Real x) => Real.Log10P1(x);

    /// <inheritdoc cref="Real.Sin(Real)"/>
    public static Real Sin(Real x) => Real.Sin(x);

    /// <inheritdoc cref="Real.Cos(Real)"/>
    public static Real Cos(Real x) => Real.Cos(x);

    /// <inheritdoc cref="Real.Tan(Real)"/>
    public static Real Tan(Real x) => Real.Tan(x);

    /// <inheritdoc cref="Real.SinPi(Real)"/>
    public static Real SinPi(Real x) => Real.SinPi(x);

    /// <inheritdoc cref="Real.CosPi(Real)"/>
    public static Real CosPi(Real x) => Real.CosPi(x);

    /// <inheritdoc cref="Real.TanPi(Real)"/>
    public static Real TanPi(Real x) => Real.TanPi(x);

    /// <inheritdoc cref="Real.Asin(Real)"/>
    public static Real Asin(Real x) => Real.Asin(x);

    /// <inheritdoc cref="Real.Acos(Real)"/>
    public static Real Acos(Real x) => Real.Acos(x);

    /// <inheritdoc cref="Real.Atan(Real)"/>
    public static Real Atan(Real x) => Real.Atan(x);

    /// <inheritdoc cref="Real.AsinPi(Real)"/>
    public static Real AsinPi(Real x) => Real.AsinPi(x);

    /// <inheritdoc cref="Real.AcosPi(Real)"/>
    public static Real AcosPi(Real x) => Real.AcosPi(x);

    /// <inheritdoc cref="Real.AtanPi(Real)"/>
    public static Real AtanPi(Real x) => Real.AtanPi(x);

    /// <inheritdoc cref="Real.Sinh(Real)"/>
    public static Real Sinh(Real x) => Real.Sinh(x);

    /// <inheritdoc cref="Real.Cosh(Real)"/>
    public static Real Cosh(Real x) => Real.Cosh(x);

    /// <inheritdoc cref="Real.Tanh(Real)"/>
    public static Real Tanh(Real x) => Real.Tanh(x);

    /// <inheritdoc cref="Real.Asinh(Real)"/>
    public static Real Asinh(Real x) => Real.Asinh(x);

    /// <inheritdoc cref="Real.Acosh(Real)"/>
    public static Real Acosh(Real x) => Real.Acosh(x);

    /// <inheritdoc cref="Real.Atanh(Real)"/>
    public static Real Atanh(Real x) => Real.Atanh(x);

    /// <inheritdoc cref="Real.Abs(Real)"/>
    public static Real Abs(Real x) => Real.Abs(x);

    /// <inheritdoc cref="Real.Hypot(Real, Real)"/>
    public static Real Hypot(Real a, Real b) => Real.Hypot(a, b);

    /// <inheritdoc cref="Real.Atan2(Real, Real)"/>
    public static Real Atan2(Real y, Real x) => Real.Atan2(y, x);

    /// <inheritdoc cref="Real.Atan2Pi(Real, Real)"/>
    public static Real Atan2Pi(Real y, Real x) => Real.Atan2Pi(y, x);

    /// <inheritdoc cref="Real.Ieee754Remainder(Real, Real)"/>
    public static Real Ieee754Remainder(Real a, Real b) => Real.Ieee754Remainder(a, b);

    /// <inheritdoc cref="Real.Pow(Real, int)"/>
    public static Real Pow(Real x, int n) => Real.Pow(x, n);

    /// <inheritdoc cref="Real.Pow(Real, double)"/>
    public static Real Pow(Real x, double c) => Real.Pow(x, c);

    /// <inheritdoc cref="Real.Pow(Real, Real)"/>
    public static Real Pow(Real x, Real y) => Real.Pow(x, y);

    /// <inheritdoc cref="Real.RootN(Real, int)"/>
    public static Real RootN(Real x, int n) => Real.RootN(x, n);

    /// <inheritdoc cref="Real.Log(Real, Real)"/>
    public static Real Log(Real x, Real newBase) => Real.Log(x, newBase);

    /// <inheritdoc cref="Real.FusedMultiplyAdd(Real, Real, Real)"/>
    public static Real FusedMultiplyAdd(Real a, Real b, Real c) => Real.FusedMultiplyAdd(a, b, c);

    /// <summary>x 2^n, rounded once.</summary>
    public static Real ScaleB(Real x, int n) => Real.ScaleB(x, n);

    /// <inheritdoc cref="Real.Max(Real, Real)"/>
    public static Real Max(Real a, Real b) => Real.Max(a, b);

    /// <inheritdoc cref="Real.Min(Real, Real)"/>
    public static Real Min(Real a, Real b) => Real.Min(a, b);

    /// <inheritdoc cref="Real.MaxMagnitude(Real, Real)"/>
    public static Real MaxMagnitude(Real a, Real b) => Real.MaxMagnitude(a, b);

    /// <inheritdoc cref="Real.MinMagnitude(Real, Real)"/>
    public static Real MinMagnitude(Real a, Real b) => Real.MinMagnitude(a, b);

    /// <inheritdoc cref="Real.MaxNumber(Real, Real)"/>
    public static Real MaxNumber(Real a, Real b) => Real.MaxNumber(a, b);

    /// <inheritdoc cref="Real.MinNumber(Real, Real)"/>
    public static Real MinNumber(Real a, Real b) => Real.MinNumber(a, b);

    /// <inheritdoc cref="Real.MaxMagnitudeNumber(Real, Real)"/>
    public static Real MaxMagnitudeNumber(Real a, Real b) => Real.MaxMagnitudeNumber(a, b);

    /// <inheritdoc cref="Real.MinMagnitudeNumber(Real, Real)"/>
    public static Real MinMagnitudeNumber(Real a, Real b) => Real.MinMagnitudeNumber(a, b);

    /// <inheritdoc cref="Real.Clamp(Real, Real, Real)"/>
    public static Real Clamp(Real x, Real min, Real max) => Real.Clamp(x, min, max);

    /// <inheritdoc cref="Piecewise.sign"/>
    public static Real Sign(Real x) => Piecewise.sign(x);

    /// <inheritdoc cref="Real.Floor(Real)"/>
    public static Real Floor(Real x) => Real.Floor(x);

    /// <inheritdoc cref="Real.Ceiling(Real)"/>
    public static Real Ceiling(Real x) => Real.Ceiling(x);

    /// <inheritdoc cref="Real.Truncate(Real)"/>
    public static Real Truncate(Real x) => Real.Truncate(x);

    /// <inheritdoc cref="Real.Round(Real)"/>
    public static Real Round(Real x) => Real.Round(x);

    /// <inheritdoc cref="Real.Round(Real, int, MidpointRounding)"/>
    public static Real Round(Real x, int digits, MidpointRounding mode = MidpointRounding.ToEven) => Real.Round(x, digits, mode);

    /// <summary>The remainder of a / b with the sign of a, as the operator %.</summary>
    public static Real Remainder(Real a, Real b) => a % b;

    /// <summary>The next double below; slope 1.</summary>
    public static Real BitDecrement(Real x) => Decrement(x);

    /// <summary>The next double above; slope 1.</summary>
    public static Real BitIncrement(Real x) => Increment(x);

    /// <inheritdoc cref="Real.Lerp(Real, Real, Real)"/>
    public static Real Lerp(Real a, Real b, Real t) => Real.Lerp(a, b, t);

    /// <inheritdoc cref="Exponentials.sigmoid"/>
    public static Real Sigmoid(Real x) => Exponentials.sigmoid(x);

    /// <inheritdoc cref="Exponentials.log1MExp"/>
    public static Real Log1MExp(Real x) => Exponentials.log1MExp(x);

    /// <inheritdoc cref="Exponentials.xLogY"/>
    public static Real XLogY(Real x, Real y) => Exponentials.xLogY(x, y);

    /// <inheritdoc cref="Special.sinc"/>
    public static Real Sinc(Real x) => Special.sinc(x);

    /// <inheritdoc cref="Exponentials.softplus"/>
    public static Real Softplus(Real x) => Exponentials.softplus(x);

    /// <inheritdoc cref="Exponentials.logAddExp"/>
    public static Real LogAddExp(Real a, Real b) => Exponentials.logAddExp(a, b);

    /// <summary>log(e^x1 + ... + e^xn) without overflow; its gradient is the softmax. -infinity for no numbers.</summary>
    public static Real LogSumExp(params Real[] x) => Sums.logSumExp(x);

    /// <inheritdoc cref="Sums.sum"/>
    public static Real Sum(params ReadOnlySpan<Real> xs) => Sums.sumOf(xs);

    /// <inheritdoc cref="Sums.dot"/>
    [OverloadResolutionPriority(1)] // for [1.0, 2.0], which may be either kind of span
    public static Real Dot(ReadOnlySpan<Real> xs, ReadOnlySpan<Real> ys) => Sums.dotOf(xs, ys);

    /// <summary>x1 y1 + x2 y2 + ... with constants, as of two spans of numbers.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Real Dot(ReadOnlySpan<Real> xs, ReadOnlySpan<double> ys) => Sums.dotOf(xs, Constants(ys));

    /// <summary>x1 y1 + x2 y2 + ... with constants, as of two spans of numbers.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Real Dot(ReadOnlySpan<double> xs, ReadOnlySpan<Real> ys) => Sums.dotOf(Constants(xs), ys);

    /// <inheritdoc cref="Special.gaussian"/>
    public static Real Gaussian(Real x) => Special.gaussian(x);

    /// <inheritdoc cref="Special.erf"/>
    public static Real Erf(Real x) => Special.erf(x);

    /// <inheritdoc cref="Special.erfc"/>
    public static Real Erfc(Real x) => Special.erfc(x);

    /// <inheritdoc cref="Special.normalPdf"/>
    public static Real NormalPdf(Real x) => Special.normalPdf(x);

    /// <inheritdoc cref="Special.normalCdf"/>
    public static Real NormalCdf(Real x) => Special.normalCdf(x);

    /// <inheritdoc cref="Special.normalInverseCdf"/>
    public static Real NormalInverseCdf(Real x) => Special.normalInverseCdf(x);

    /// <inheritdoc cref="Special.gamma"/>
    public static Real Gamma(Real x) => Special.gamma(x);

    /// <inheritdoc cref="Special.logGamma"/>
    public static Real LogGamma(Real x) => Special.logGamma(x);

    /// <inheritdoc cref="Special.logBeta"/>
    public static Real LogBeta(Real a, Real b) => Special.logBeta(a, b);

    /// <inheritdoc cref="Special.digamma"/>
    public static Real Digamma(Real x) => Special.digamma(x);

    /// <inheritdoc cref="Special.polygamma"/>
    public static Real Polygamma(int n, Real x) => Special.polygamma(n, x);

    /// <inheritdoc cref="Special.besselJ"/>
    public static Real BesselJ(int n, Real x) => Special.besselJ(n, x);

    /// <inheritdoc cref="Special.besselY"/>
    public static Real BesselY(int n, Real x) => Special.besselY(n, x);

    /// <summary>The Bessel function of the first kind, of order 0; derivative -J1(x).</summary>
    public static Real BesselJ0(Real x) => Special.besselJ(0, x);

    /// <summary>The Bessel function of the first kind, of order 1; derivative (J0(x) - J2(x))/2.</summary>
    public static Real BesselJ1(Real x) => Special.besselJ(1, x);

    /// <summary>The Bessel function of the second kind, of order 0, for x > 0; derivative -Y1(x).</summary>
    public static Real BesselY0(Real x) => Special.besselY(0, x);

    /// <summary>The Bessel function of the second kind, of order 1, for x > 0; derivative (Y0(x) - Y2(x))/2.</summary>
    public static Real BesselY1(Real x) => Special.besselY(1, x);

    private static Real[] Constants(ReadOnlySpan<double> values)
    {
        var constants = new Real[values.Length];
        for (var i = 0; i < constants.Length; i++)
            constants[i] = values[i];
        return constants;
    }

    private static T Decrement<T>(T x)
        where T : System.Numerics.IFloatingPointIeee754<T> => T.BitDecrement(x);

    private static T Increment<T>(T x)
        where T : System.Numerics.IFloatingPointIeee754<T> => T.BitIncrement(x);
}
