using FuncAD.Rules;

namespace FuncAD;

/// <summary>
/// The elementary and special functions under their plain names: <c>using static FuncAD.RealMath;</c> gives <c>Sin(x)</c>. Each
/// forwards to the rule table; the formulas, edge cases and accuracies are documented there.
/// </summary>
public static class RealMath
{
    /// <summary>The square root; derivative 1/(2 sqrt x), +infinity at 0.</summary>
    public static Real Sqrt(Real x) => Real.Sqrt(x);

    /// <summary>The cube root; derivative 1/(3 y^2), +infinity at 0.</summary>
    public static Real Cbrt(Real x) => Real.Cbrt(x);

    /// <summary>e^x; its own derivative.</summary>
    public static Real Exp(Real x) => Real.Exp(x);

    /// <summary>2^x; derivative 2^x log 2.</summary>
    public static Real Exp2(Real x) => Real.Exp2(x);

    /// <summary>10^x; derivative 10^x log 10.</summary>
    public static Real Exp10(Real x) => Real.Exp10(x);

    /// <summary>e^x - 1, accurate for tiny x (double.ExpM1 is not); derivative e^x.</summary>
    public static Real ExpM1(Real x) => Real.ExpM1(x);

    /// <summary>2^x - 1, accurate for tiny x; derivative 2^x log 2.</summary>
    public static Real Exp2M1(Real x) => Real.Exp2M1(x);

    /// <summary>10^x - 1, accurate for tiny x; derivative 10^x log 10.</summary>
    public static Real Exp10M1(Real x) => Real.Exp10M1(x);

    /// <summary>The natural logarithm; derivative 1/x.</summary>
    public static Real Log(Real x) => Real.Log(x);

    /// <summary>The logarithm to the base 2; derivative 1/(x log 2).</summary>
    public static Real Log2(Real x) => Real.Log2(x);

    /// <summary>The logarithm to the base 10; derivative 1/(x log 10).</summary>
    public static Real Log10(Real x) => Real.Log10(x);

    /// <summary>log(1 + x), accurate for tiny x (double.LogP1 is not); derivative 1/(1 + x).</summary>
    public static Real LogP1(Real x) => Real.LogP1(x);

    /// <summary>log2(1 + x), accurate for tiny x.</summary>
    public static Real Log2P1(Real x) => Real.Log2P1(x);

    /// <summary>log10(1 + x), accurate for tiny x.</summary>
    public static Real Log10P1(Real x) => Real.Log10P1(x);

    /// <summary>The sine; derivative cos x.</summary>
    public static Real Sin(Real x) => Real.Sin(x);

    /// <summary>The cosine; derivative -sin x.</summary>
    public static Real Cos(Real x) => Real.Cos(x);

    /// <summary>The tangent; derivative 1 + y^2.</summary>
    public static Real Tan(Real x) => Real.Tan(x);

    /// <summary>sin(pi x), exact at half turns; derivative pi cos(pi x).</summary>
    public static Real SinPi(Real x) => Real.SinPi(x);

    /// <summary>cos(pi x), exact at half turns; derivative -pi sin(pi x).</summary>
    public static Real CosPi(Real x) => Real.CosPi(x);

    /// <summary>tan(pi x); derivative pi (1 + y^2).</summary>
    public static Real TanPi(Real x) => Real.TanPi(x);

    /// <summary>The inverse sine; derivative 1/sqrt(1 - x^2), +infinity at -1 and 1.</summary>
    public static Real Asin(Real x) => Real.Asin(x);

    /// <summary>The inverse cosine; derivative -1/sqrt(1 - x^2), -infinity at -1 and 1.</summary>
    public static Real Acos(Real x) => Real.Acos(x);

    /// <summary>The inverse tangent; derivative 1/(1 + x^2).</summary>
    public static Real Atan(Real x) => Real.Atan(x);

    /// <summary>arcsin(x)/pi.</summary>
    public static Real AsinPi(Real x) => Real.AsinPi(x);

    /// <summary>arccos(x)/pi.</summary>
    public static Real AcosPi(Real x) => Real.AcosPi(x);

    /// <summary>arctan(x)/pi.</summary>
    public static Real AtanPi(Real x) => Real.AtanPi(x);

    /// <summary>The hyperbolic sine; derivative cosh x.</summary>
    public static Real Sinh(Real x) => Real.Sinh(x);

    /// <summary>The hyperbolic cosine; derivative sinh x.</summary>
    public static Real Cosh(Real x) => Real.Cosh(x);

    /// <summary>The hyperbolic tangent; derivative 1/cosh^2 x, which does not cancel for large x.</summary>
    public static Real Tanh(Real x) => Real.Tanh(x);

    /// <summary>The inverse hyperbolic sine; derivative 1/sqrt(1 + x^2).</summary>
    public static Real Asinh(Real x) => Real.Asinh(x);

    /// <summary>The inverse hyperbolic cosine; derivative 1/sqrt(x^2 - 1), +infinity at 1.</summary>
    public static Real Acosh(Real x) => Real.Acosh(x);

    /// <summary>The inverse hyperbolic tangent; derivative 1/(1 - x^2), +infinity at -1 and 1.</summary>
    public static Real Atanh(Real x) => Real.Atanh(x);

    /// <summary>|x|; derivative sign(x), 0 at 0.</summary>
    public static Real Abs(Real x) => Real.Abs(x);

    /// <summary>sqrt(a^2 + b^2) without overflow; derivative 0 at the origin.</summary>
    public static Real Hypot(Real a, Real b) => Real.Hypot(a, b);

    /// <summary>The angle of the point (x, y); derivatives x/(x^2 + y^2) and -y/(x^2 + y^2), NaN at the origin.</summary>
    public static Real Atan2(Real y, Real x) => Real.Atan2(y, x);

    /// <summary>The angle of the point (x, y) divided by pi.</summary>
    public static Real Atan2Pi(Real y, Real x) => Real.Atan2Pi(y, x);

    /// <summary>a - b round(a/b).</summary>
    public static Real Ieee754Remainder(Real a, Real b) => Real.Ieee754Remainder(a, b);

    /// <summary>x^n for a whole number n, exact at 0 and for negative x; derivative n x^(n - 1), and 0 everywhere for n = 0.</summary>
    public static Real Pow(Real x, int n) => Real.Pow(x, n);

    /// <summary>x^c for a constant c; derivative c x^(c - 1).</summary>
    public static Real Pow(Real x, double c) => Real.Pow(x, c);

    /// <summary>x^y; derivatives y x^(y - 1) and x^y log x, the latter 0 at x = 0 for y > 0.</summary>
    public static Real Pow(Real x, Real y) => Real.Pow(x, y);

    /// <summary>The n-th root; derivative y^(1 - n) / n.</summary>
    public static Real RootN(Real x, int n) => Real.RootN(x, n);

    /// <summary>The logarithm of x to a base.</summary>
    public static Real Log(Real x, Real newBase) => Real.Log(x, newBase);

    /// <summary>a b + c, rounded once.</summary>
    public static Real FusedMultiplyAdd(Real a, Real b, Real c) => Real.FusedMultiplyAdd(a, b, c);

    /// <summary>x 2^n, rounded once.</summary>
    public static Real ScaleB(Real x, int n) => Real.ScaleB(x, n);

    /// <summary>The larger number, NaN if one is NaN; half the slope of each at a tie.</summary>
    public static Real Max(Real a, Real b) => Real.Max(a, b);

    /// <summary>The smaller number, NaN if one is NaN; half the slope of each at a tie.</summary>
    public static Real Min(Real a, Real b) => Real.Min(a, b);

    /// <summary>As <see cref="double.MaxMagnitude(double, double)"/>; it has the slope of the one chosen, and half of each at a tie.</summary>
    public static Real MaxMagnitude(Real a, Real b) => Real.MaxMagnitude(a, b);

    /// <summary>As <see cref="double.MinMagnitude(double, double)"/>; it has the slope of the one chosen, and half of each at a tie.</summary>
    public static Real MinMagnitude(Real a, Real b) => Real.MinMagnitude(a, b);

    /// <summary>As <see cref="double.MaxNumber(double, double)"/>; it has the slope of the one chosen, and half of each at a tie.</summary>
    public static Real MaxNumber(Real a, Real b) => Real.MaxNumber(a, b);

    /// <summary>As <see cref="double.MinNumber(double, double)"/>; it has the slope of the one chosen, and half of each at a tie.</summary>
    public static Real MinNumber(Real a, Real b) => Real.MinNumber(a, b);

    /// <summary>As <see cref="double.MaxMagnitudeNumber(double, double)"/>; it has the slope of the one chosen, and half of each at a tie.</summary>
    public static Real MaxMagnitudeNumber(Real a, Real b) => Real.MaxMagnitudeNumber(a, b);

    /// <summary>As <see cref="double.MinMagnitudeNumber(double, double)"/>; it has the slope of the one chosen, and half of each at a tie.</summary>
    public static Real MinMagnitudeNumber(Real a, Real b) => Real.MinMagnitudeNumber(a, b);

    /// <summary>x, no lower than min and no higher than max; half the slope of x at a bound.</summary>
    public static Real Clamp(Real x, Real min, Real max) => Real.Clamp(x, min, max);

    /// <summary>-1, 0 or 1, and NaN for NaN; slope 0 everywhere.</summary>
    public static Real Sign(Real x) => Piecewise.sign(x);

    /// <summary>The largest whole number not above x; slope 0 everywhere.</summary>
    public static Real Floor(Real x) => Real.Floor(x);

    /// <summary>The smallest whole number not below x; slope 0 everywhere.</summary>
    public static Real Ceiling(Real x) => Real.Ceiling(x);

    /// <summary>x without its fraction; slope 0 everywhere.</summary>
    public static Real Truncate(Real x) => Real.Truncate(x);

    /// <summary>x rounded to the nearest whole number, half to even; slope 0 everywhere.</summary>
    public static Real Round(Real x) => Real.Round(x);

    /// <summary>x rounded to decimal digits; slope 0 everywhere.</summary>
    public static Real Round(Real x, int digits, MidpointRounding mode = MidpointRounding.ToEven) => Real.Round(x, digits, mode);

    /// <summary>The remainder of a / b with the sign of a, as the operator %.</summary>
    public static Real Remainder(Real a, Real b) => a % b;

    /// <summary>The next double below; slope 1.</summary>
    public static Real BitDecrement(Real x) => Decrement(x);

    /// <summary>The next double above; slope 1.</summary>
    public static Real BitIncrement(Real x) => Increment(x);

    /// <summary>(1 - t) a + t b.</summary>
    public static Real Lerp(Real a, Real b, Real t) => Real.Lerp(a, b, t);

    /// <summary>1/(1 + e^-x); derivative y(x) y(-x), without cancellation.</summary>
    public static Real Sigmoid(Real x) => Exponentials.sigmoid(x);

    /// <summary>log(1 - e^x) for x below 0, without cancellation; -infinity at 0, NaN above. Derivative -e^x/(1 - e^x).</summary>
    public static Real Log1MExp(Real x) => Exponentials.log1MExp(x);

    /// <summary>x log(y), and 0 at x = 0 for every number y, as in entropies; derivatives log(y) and x/y, which is 0 at x = 0.</summary>
    public static Real XLogY(Real x, Real y) => Exponentials.xLogY(x, y);

    /// <summary>sin(x)/x, and 1 at 0; derivative -j1(x), the spherical Bessel function of order 1. (What signal processing calls sinc is sinc(pi x).)</summary>
    public static Real Sinc(Real x) => Special.sinc(x);

    /// <summary>log(1 + e^x) without overflow; derivative sigmoid(x).</summary>
    public static Real Softplus(Real x) => Exponentials.softplus(x);

    /// <summary>log(e^a + e^b) without overflow; derivatives sigmoid(a - b) and sigmoid(b - a).</summary>
    public static Real LogAddExp(Real a, Real b) => Exponentials.logAddExp(a, b);

    /// <summary>log(e^x1 + ... + e^xn) without overflow; its gradient is the softmax. -infinity for no numbers.</summary>
    public static Real LogSumExp(params Real[] x) => Sums.logSumExp(x);

    /// <summary>x1 + x2 + ..., added from the left; 0 of no numbers. The gradient is 1 in each.</summary>
    /// <remarks>As a loop would, bit for bit. In reverse mode its terms share one cotangent: it takes 0.8 of a loop's time with twenty terms, 0.65 with two hundred.</remarks>
    public static Real Sum(params ReadOnlySpan<Real> xs) => Sums.sumOf(xs);

    /// <summary>x1 y1 + x2 y2 + ..., added to 0 from the left; 0 of no numbers. The gradient is y in x, and x in y.</summary>
    /// <remarks>As a loop would that starts from 0, bit for bit (products of nothing but -0 have the sum 0). In reverse mode it records half of what a loop does, and takes 0.4 of its time from twenty terms on (0.6 with five, as long with two).</remarks>
    /// <exception cref="ArgumentException">There are more numbers on one side than on the other.</exception>
    public static Real Dot(ReadOnlySpan<Real> xs, ReadOnlySpan<Real> ys) => Sums.dotOf(xs, ys);

    /// <summary>exp(-x^2); derivative -2 x y.</summary>
    public static Real Gaussian(Real x) => Special.gaussian(x);

    /// <summary>The error function; derivative 2/sqrt(pi) exp(-x^2).</summary>
    public static Real Erf(Real x) => Special.erf(x);

    /// <summary>1 - erf(x) without cancellation; derivative -2/sqrt(pi) exp(-x^2).</summary>
    public static Real Erfc(Real x) => Special.erfc(x);

    /// <summary>The standard normal density; derivative -x y.</summary>
    public static Real NormalPdf(Real x) => Special.normalPdf(x);

    /// <summary>The standard normal distribution function, accurate in both tails; its derivative is the density.</summary>
    public static Real NormalCdf(Real x) => Special.normalCdf(x);

    /// <summary>The quantile of the standard normal distribution, for 0 to 1 (NaN outside); derivative 1/density(y).</summary>
    public static Real NormalInverseCdf(Real x) => Special.normalInverseCdf(x);

    /// <summary>The gamma function; derivative y digamma(x). NaN at -1, -2, ...</summary>
    public static Real Gamma(Real x) => Special.gamma(x);

    /// <summary>log |gamma(x)|; derivative digamma(x).</summary>
    public static Real LogGamma(Real x) => Special.logGamma(x);

    /// <summary>The logarithmic derivative of the gamma function; derivative trigamma.</summary>
    public static Real Digamma(Real x) => Special.digamma(x);

    /// <summary>The n-th derivative of digamma.</summary>
    public static Real Polygamma(int n, Real x) => Special.polygamma(n, x);

    /// <summary>The Bessel function of the first kind, of whole order n; derivative (J(n-1) - J(n+1))/2.</summary>
    public static Real BesselJ(int n, Real x) => Special.besselJ(n, x);

    /// <summary>The Bessel function of the second kind, of whole order n, for x > 0; derivative (Y(n-1) - Y(n+1))/2.</summary>
    public static Real BesselY(int n, Real x) => Special.besselY(n, x);

    /// <summary>The Bessel function of the first kind, of order 0; derivative -J1(x).</summary>
    public static Real BesselJ0(Real x) => Special.besselJ(0, x);

    /// <summary>The Bessel function of the first kind, of order 1; derivative (J0(x) - J2(x))/2.</summary>
    public static Real BesselJ1(Real x) => Special.besselJ(1, x);

    /// <summary>The Bessel function of the second kind, of order 0, for x > 0; derivative -Y1(x).</summary>
    public static Real BesselY0(Real x) => Special.besselY(0, x);

    /// <summary>The Bessel function of the second kind, of order 1, for x > 0; derivative (Y0(x) - Y2(x))/2.</summary>
    public static Real BesselY1(Real x) => Special.besselY(1, x);

    private static T Decrement<T>(T x)
        where T : System.Numerics.IFloatingPointIeee754<T> => T.BitDecrement(x);

    private static T Increment<T>(T x)
        where T : System.Numerics.IFloatingPointIeee754<T> => T.BitIncrement(x);
}
