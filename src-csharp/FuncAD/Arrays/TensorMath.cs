using FuncAD.Rules;

namespace FuncAD;

/// <summary>
/// The elementary and special functions, element by element: <c>using static FuncAD.TensorMath;</c> gives <c>Sin(x)</c>. The rules are those of
/// <see cref="RealMath"/>; shapes broadcast.
/// </summary>
public static class TensorMath
{
    /// <summary>The square root; derivative 1/(2 sqrt x), +infinity at 0.</summary>
    public static Tensor Sqrt(Tensor x) => Tensor.Sqrt(x);

    /// <summary>The cube root; derivative 1/(3 y^2), +infinity at 0.</summary>
    public static Tensor Cbrt(Tensor x) => Tensor.Cbrt(x);

    /// <summary>e^x; its own derivative.</summary>
    public static Tensor Exp(Tensor x) => Tensor.Exp(x);

    /// <summary>2^x; derivative 2^x log 2.</summary>
    public static Tensor Exp2(Tensor x) => Tensor.Exp2(x);

    /// <summary>10^x; derivative 10^x log 10.</summary>
    public static Tensor Exp10(Tensor x) => Tensor.Exp10(x);

    /// <summary>e^x - 1, accurate for tiny x (double.ExpM1 is not); derivative e^x.</summary>
    public static Tensor ExpM1(Tensor x) => Tensor.ExpM1(x);

    /// <summary>2^x - 1, accurate for tiny x; derivative 2^x log 2.</summary>
    public static Tensor Exp2M1(Tensor x) => Tensor.Exp2M1(x);

    /// <summary>10^x - 1, accurate for tiny x; derivative 10^x log 10.</summary>
    public static Tensor Exp10M1(Tensor x) => Tensor.Exp10M1(x);

    /// <summary>The natural logarithm; derivative 1/x.</summary>
    public static Tensor Log(Tensor x) => Tensor.Log(x);

    /// <summary>The logarithm to the base 2; derivative 1/(x log 2).</summary>
    public static Tensor Log2(Tensor x) => Tensor.Log2(x);

    /// <summary>The logarithm to the base 10; derivative 1/(x log 10).</summary>
    public static Tensor Log10(Tensor x) => Tensor.Log10(x);

    /// <summary>log(1 + x), accurate for tiny x (double.LogP1 is not); derivative 1/(1 + x).</summary>
    public static Tensor LogP1(Tensor x) => Tensor.LogP1(x);

    /// <summary>log2(1 + x), accurate for tiny x.</summary>
    public static Tensor Log2P1(Tensor x) => Tensor.Log2P1(x);

    /// <summary>log10(1 + x), accurate for tiny x.</summary>
    public static Tensor Log10P1(Tensor x) => Tensor.Log10P1(x);

    /// <summary>The sine; derivative cos x.</summary>
    public static Tensor Sin(Tensor x) => Tensor.Sin(x);

    /// <summary>The cosine; derivative -sin x.</summary>
    public static Tensor Cos(Tensor x) => Tensor.Cos(x);

    /// <summary>The tangent; derivative 1 + y^2.</summary>
    public static Tensor Tan(Tensor x) => Tensor.Tan(x);

    /// <summary>sin(pi x), exact at half turns; derivative pi cos(pi x).</summary>
    public static Tensor SinPi(Tensor x) => Tensor.SinPi(x);

    /// <summary>cos(pi x), exact at half turns; derivative -pi sin(pi x).</summary>
    public static Tensor CosPi(Tensor x) => Tensor.CosPi(x);

    /// <summary>tan(pi x); derivative pi (1 + y^2).</summary>
    public static Tensor TanPi(Tensor x) => Tensor.TanPi(x);

    /// <summary>The inverse sine; derivative 1/sqrt(1 - x^2), +infinity at -1 and 1.</summary>
    public static Tensor Asin(Tensor x) => Tensor.Asin(x);

    /// <summary>The inverse cosine; derivative -1/sqrt(1 - x^2), -infinity at -1 and 1.</summary>
    public static Tensor Acos(Tensor x) => Tensor.Acos(x);

    /// <summary>The inverse tangent; derivative 1/(1 + x^2).</summary>
    public static Tensor Atan(Tensor x) => Tensor.Atan(x);

    /// <summary>arcsin(x)/pi.</summary>
    public static Tensor AsinPi(Tensor x) => Tensor.AsinPi(x);

    /// <summary>arccos(x)/pi.</summary>
    public static Tensor AcosPi(Tensor x) => Tensor.AcosPi(x);

    /// <summary>arctan(x)/pi.</summary>
    public static Tensor AtanPi(Tensor x) => Tensor.AtanPi(x);

    /// <summary>The hyperbolic sine; derivative cosh x.</summary>
    public static Tensor Sinh(Tensor x) => Tensor.Sinh(x);

    /// <summary>The hyperbolic cosine; derivative sinh x.</summary>
    public static Tensor Cosh(Tensor x) => Tensor.Cosh(x);

    /// <summary>The hyperbolic tangent; derivative 1/cosh^2 x, which does not cancel for large x.</summary>
    public static Tensor Tanh(Tensor x) => Tensor.Tanh(x);

    /// <summary>The inverse hyperbolic sine; derivative 1/sqrt(1 + x^2).</summary>
    public static Tensor Asinh(Tensor x) => Tensor.Asinh(x);

    /// <summary>The inverse hyperbolic cosine; derivative 1/sqrt(x^2 - 1), +infinity at 1.</summary>
    public static Tensor Acosh(Tensor x) => Tensor.Acosh(x);

    /// <summary>The inverse hyperbolic tangent; derivative 1/(1 - x^2), +infinity at -1 and 1.</summary>
    public static Tensor Atanh(Tensor x) => Tensor.Atanh(x);

    /// <summary>|x|; derivative sign(x), 0 at 0.</summary>
    public static Tensor Abs(Tensor x) => Tensor.Abs(x);

    /// <summary>sqrt(a^2 + b^2) without overflow; derivative 0 at the origin.</summary>
    public static Tensor Hypot(Tensor a, Tensor b) => Tensor.Hypot(a, b);

    /// <summary>The angle of the point (x, y); derivatives x/(x^2 + y^2) and -y/(x^2 + y^2), NaN at the origin.</summary>
    public static Tensor Atan2(Tensor y, Tensor x) => Tensor.Atan2(y, x);

    /// <summary>x^n for a whole number n, exact at 0 and for negative x; derivative n x^(n - 1), and 0 everywhere for n = 0.</summary>
    public static Tensor Pow(Tensor x, int n) => Tensor.Pow(x, n);

    /// <summary>x^c for a constant c; derivative c x^(c - 1).</summary>
    public static Tensor Pow(Tensor x, double c) => Tensor.Pow(x, c);

    /// <summary>x^y; derivatives y x^(y - 1) and x^y log x, the latter 0 at x = 0 for y > 0.</summary>
    public static Tensor Pow(Tensor x, Tensor y) => Tensor.Pow(x, y);

    /// <summary>The n-th root; derivative y^(1 - n) / n.</summary>
    public static Tensor RootN(Tensor x, int n) => Tensor.RootN(x, n);

    /// <summary>The logarithm of x to a base.</summary>
    public static Tensor Log(Tensor x, Tensor newBase) => Tensor.Log(x, newBase);

    /// <summary>a b + c, rounded once.</summary>
    public static Tensor FusedMultiplyAdd(Tensor a, Tensor b, Tensor c) => Tensor.FusedMultiplyAdd(a, b, c);

    /// <summary>The larger number, NaN if one is NaN; half the slope of each at a tie.</summary>
    public static Tensor Max(Tensor a, Tensor b) => Tensor.Max(a, b);

    /// <summary>The larger of each element and a number, as <see cref="Max(Tensor, Tensor)"/>.</summary>
    public static Tensor Max(Tensor a, Real b) => Tensor.Max(a, b);

    /// <summary>The larger of a number and each element, as <see cref="Max(Tensor, Tensor)"/>.</summary>
    public static Tensor Max(Real a, Tensor b) => Tensor.Max(a, b);

    /// <summary>The smaller number, NaN if one is NaN; half the slope of each at a tie.</summary>
    public static Tensor Min(Tensor a, Tensor b) => Tensor.Min(a, b);

    /// <summary>The smaller of each element and a number, as <see cref="Min(Tensor, Tensor)"/>.</summary>
    public static Tensor Min(Tensor a, Real b) => Tensor.Min(a, b);

    /// <summary>The smaller of a number and each element, as <see cref="Min(Tensor, Tensor)"/>.</summary>
    public static Tensor Min(Real a, Tensor b) => Tensor.Min(a, b);

    /// <summary>Each element, no lower than low and no higher than high; at a bound half the slope goes to each.</summary>
    public static Tensor Clamp(Tensor x, Real low, Real high) => Tensor.Clamp(x, low, high);

    /// <summary>-1, 0 or 1, and NaN for NaN; slope 0 everywhere.</summary>
    public static Tensor Sign(Tensor x) => Piecewise.sign(x);

    /// <summary>The largest whole number not above x; slope 0 everywhere.</summary>
    public static Tensor Floor(Tensor x) => Tensor.Floor(x);

    /// <summary>The smallest whole number not below x; slope 0 everywhere.</summary>
    public static Tensor Ceiling(Tensor x) => Tensor.Ceiling(x);

    /// <summary>x without its fraction; slope 0 everywhere.</summary>
    public static Tensor Truncate(Tensor x) => Tensor.Truncate(x);

    /// <summary>x rounded to the nearest whole number, half to even; slope 0 everywhere.</summary>
    public static Tensor Round(Tensor x) => Tensor.Round(x);

    /// <summary>1/(1 + e^-x); derivative y(x) y(-x), without cancellation.</summary>
    public static Tensor Sigmoid(Tensor x) => Exponentials.sigmoid(x);

    /// <summary>log(1 - e^x) for x below 0, without cancellation; -infinity at 0, NaN above. Derivative -e^x/(1 - e^x).</summary>
    public static Tensor Log1MExp(Tensor x) => Exponentials.log1MExp(x);

    /// <summary>x log(y), and 0 at x = 0 for every number y, as in entropies; derivatives log(y) and x/y, which is 0 at x = 0.</summary>
    public static Tensor XLogY(Tensor x, Tensor y) => Exponentials.xLogY(x, y);

    /// <summary>sin(x)/x, and 1 at 0; derivative -j1(x), the spherical Bessel function of order 1. (What signal processing calls sinc is sinc(pi x).)</summary>
    public static Tensor Sinc(Tensor x) => Special.sinc(x);

    /// <summary>log(1 + e^x) without overflow; derivative sigmoid(x).</summary>
    public static Tensor Softplus(Tensor x) => Exponentials.softplus(x);

    /// <summary>log(e^a + e^b) without overflow; derivatives sigmoid(a - b) and sigmoid(b - a).</summary>
    public static Tensor LogAddExp(Tensor a, Tensor b) => Exponentials.logAddExp(a, b);

    /// <summary>exp(-x^2); derivative -2 x y.</summary>
    public static Tensor Gaussian(Tensor x) => Special.gaussian(x);

    /// <summary>The error function; derivative 2/sqrt(pi) exp(-x^2).</summary>
    public static Tensor Erf(Tensor x) => Special.erf(x);

    /// <summary>1 - erf(x) without cancellation; derivative -2/sqrt(pi) exp(-x^2).</summary>
    public static Tensor Erfc(Tensor x) => Special.erfc(x);

    /// <summary>The standard normal density; derivative -x y.</summary>
    public static Tensor NormalPdf(Tensor x) => Special.normalPdf(x);

    /// <summary>The standard normal distribution function, accurate in both tails; its derivative is the density.</summary>
    public static Tensor NormalCdf(Tensor x) => Special.normalCdf(x);

    /// <summary>The quantile of the standard normal distribution, for 0 to 1 (NaN outside); derivative 1/density(y).</summary>
    public static Tensor NormalInverseCdf(Tensor x) => Special.normalInverseCdf(x);

    /// <summary>The gamma function; derivative y digamma(x). NaN at -1, -2, ...</summary>
    public static Tensor Gamma(Tensor x) => Special.gamma(x);

    /// <summary>log |gamma(x)|; derivative digamma(x).</summary>
    public static Tensor LogGamma(Tensor x) => Special.logGamma(x);

    /// <summary>The logarithmic derivative of the gamma function; derivative trigamma.</summary>
    public static Tensor Digamma(Tensor x) => Special.digamma(x);

    /// <summary>The n-th derivative of digamma.</summary>
    public static Tensor Polygamma(int n, Tensor x) => Special.polygamma(n, x);

    /// <summary>The Bessel function of the first kind, of whole order n; derivative (J(n-1) - J(n+1))/2.</summary>
    public static Tensor BesselJ(int n, Tensor x) => Special.besselJ(n, x);

    /// <summary>The Bessel function of the second kind, of whole order n, for x > 0; derivative (Y(n-1) - Y(n+1))/2.</summary>
    public static Tensor BesselY(int n, Tensor x) => Special.besselY(n, x);

    /// <summary>The Bessel function of the first kind, of order 0; derivative -J1(x).</summary>
    public static Tensor BesselJ0(Tensor x) => Special.besselJ(0, x);

    /// <summary>The Bessel function of the first kind, of order 1; derivative (J0(x) - J2(x))/2.</summary>
    public static Tensor BesselJ1(Tensor x) => Special.besselJ(1, x);

    /// <summary>The Bessel function of the second kind, of order 0, for x > 0; derivative -Y1(x).</summary>
    public static Tensor BesselY0(Tensor x) => Special.besselY(0, x);

    /// <summary>The Bessel function of the second kind, of order 1, for x > 0; derivative (Y0(x) - Y2(x))/2.</summary>
    public static Tensor BesselY1(Tensor x) => Special.besselY(1, x);
}
