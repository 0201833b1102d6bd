using FuncAD.Rules;

namespace FuncAD;

/// <summary>
/// The elementary and special functions, element by element: <c>using static FuncAD.TensorMath;</c> gives <c>Sin(x)</c>. The rules are those of
/// <see cref="RealMath"/>; shapes broadcast.
/// </summary>
public static class TensorMath
{
    /// <inheritdoc cref="Tensor.Sqrt(Tensor)"/>
    public static Tensor Sqrt(Tensor x) => Tensor.Sqrt(x);

    /// <inheritdoc cref="Tensor.Cbrt(Tensor)"/>
    public static Tensor Cbrt(Tensor x) => Tensor.Cbrt(x);

    /// <inheritdoc cref="Tensor.Exp(Tensor)"/>
    public static Tensor Exp(Tensor x) => Tensor.Exp(x);

    /// <inheritdoc cref="Tensor.Exp2(Tensor)"/>
    public static Tensor Exp2(Tensor x) => Tensor.Exp2(x);

    /// <inheritdoc cref="Tensor.Exp10(Tensor)"/>
    public static Tensor Exp10(Tensor x) => Tensor.Exp10(x);

    /// <inheritdoc cref="Tensor.ExpM1(Tensor)"/>
    public static Tensor ExpM1(Tensor x) => Tensor.ExpM1(x);

    /// <inheritdoc cref="Tensor.Exp2M1(Tensor)"/>
    public static Tensor Exp2M1(Tensor x) => Tensor.Exp2M1(x);

    /// <inheritdoc cref="Tensor.Exp10M1(Tensor)"/>
    public static Tensor Exp10M1(Tensor x) => Tensor.Exp10M1(x);

    /// <inheritdoc cref="Tensor.Log(Tensor)"/>
    public static Tensor Log(Tensor x) => Tensor.Log(x);

    /// <inheritdoc cref="Tensor.Log2(Tensor)"/>
    public static Tensor Log2(Tensor x) => Tensor.Log2(x);

    /// <inheritdoc cref="Tensor.Log10(Tensor)"/>
    public static Tensor Log10(Tensor x) => Tensor.Log10(x);

    /// <inheritdoc cref="Tensor.LogP1(Tensor)"/>
    public static Tensor LogP1(Tensor x) => Tensor.LogP1(x);

    /// <inheritdoc cref="Tensor.Log2P1(Tensor)"/>
    public static Tensor Log2P1(Tensor x) => Tensor.Log2P1(x);

    /// <inheritdoc cref="Tensor.Log10P1(Tensor)"/>
    public static Tensor Log10P1(Tensor x) => Tensor.Log10P1(x);

    /// <inheritdoc cref="Tensor.Sin(Tensor)"/>
    public static Tensor Sin(Tensor x) => Tensor.Sin(x);

    /// <inheritdoc cref="Tensor.Cos(Tensor)"/>
    public static Tensor Cos(Tensor x) => Tensor.Cos(x);

    /// <inheritdoc cref="Tensor.Tan(Tensor)"/>
    public static Tensor Tan(Tensor x) => Tensor.Tan(x);

    /// <inheritdoc cref="Tensor.SinPi(Tensor)"/>
    public static Tensor SinPi(Tensor x) => Tensor.SinPi(x);

    /// <inheritdoc cref="Tensor.CosPi(Tensor)"/>
    public static Tensor CosPi(Tensor x) => Tensor.CosPi(x);

    /// <inheritdoc cref="Tensor.TanPi(Tensor)"/>
    public static Tensor TanPi(Tensor x) => Tensor.TanPi(x);

    /// <inheritdoc cref="Tensor.Asin(Tensor)"/>
    public static Tensor Asin(Tensor x) => Tensor.Asin(x);

    /// <inheritdoc cref="Tensor.Acos(Tensor)"/>
    public static Tensor Acos(Tensor x) => Tensor.Acos(x);

    /// <inheritdoc cref="Tensor.Atan(Tensor)"/>
    public static Tensor Atan(Tensor x) => Tensor.Atan(x);

    /// <inheritdoc cref="Tensor.AsinPi(Tensor)"/>
    public static Tensor AsinPi(Tensor x) => Tensor.AsinPi(x);

    /// <inheritdoc cref="Tensor.AcosPi(Tensor)"/>
    public static Tensor AcosPi(Tensor x) => Tensor.AcosPi(x);

    /// <inheritdoc cref="Tensor.AtanPi(Tensor)"/>
    public static Tensor AtanPi(Tensor x) => Tensor.AtanPi(x);

    /// <inheritdoc cref="Tensor.Sinh(Tensor)"/>
    public static Tensor Sinh(Tensor x) => Tensor.Sinh(x);

    /// <inheritdoc cref="Tensor.Cosh(Tensor)"/>
    public static Tensor Cosh(Tensor x) => Tensor.Cosh(x);

    /// <inheritdoc cref="Tensor.Tanh(Tensor)"/>
    public static Tensor Tanh(Tensor x) => Tensor.Tanh(x);

    /// <inheritdoc cref="Tensor.Asinh(Tensor)"/>
    public static Tensor Asinh(Tensor x) => Tensor.Asinh(x);

    /// <inheritdoc cref="Tensor.Acosh(Tensor)"/>
    public static Tensor Acosh(Tensor x) => Tensor.Acosh(x);

    /// <inheritdoc cref="Tensor.Atanh(Tensor)"/>
    public static Tensor Atanh(Tensor x) => Tensor.Atanh(x);

    /// <inheritdoc cref="Tensor.Abs(Tensor)"/>
    public static Tensor Abs(Tensor x) => Tensor.Abs(x);

    /// <inheritdoc cref="Tensor.Hypot(Tensor, Tensor)"/>
    public static Tensor Hypot(Tensor a, Tensor b) => Tensor.Hypot(a, b);

    /// <inheritdoc cref="Tensor.Atan2(Tensor, Tensor)"/>
    public static Tensor Atan2(Tensor y, Tensor x) => Tensor.Atan2(y, x);

    /// <inheritdoc cref="Tensor.Pow(Tensor, int)"/>
    public static Tensor Pow(Tensor x, int n) => Tensor.Pow(x, n);

    /// <inheritdoc cref="Tensor.Pow(Tensor, double)"/>
    public static Tensor Pow(Tensor x, double c) => Tensor.Pow(x, c);

    /// <inheritdoc cref="Tensor.Pow(Tensor, Tensor)"/>
    public static Tensor Pow(Tensor x, Tensor y) => Tensor.Pow(x, y);

    /// <inheritdoc cref="Tensor.RootN(Tensor, int)"/>
    public static Tensor RootN(Tensor x, int n) => Tensor.RootN(x, n);

    /// <inheritdoc cref="Tensor.Log(Tensor, Tensor)"/>
    public static Tensor Log(Tensor x, Tensor newBase) => Tensor.Log(x, newBase);

    /// <inheritdoc cref="Tensor.FusedMultiplyAdd(Tensor, Tensor, Tensor)"/>
    public static Tensor FusedMultiplyAdd(Tensor a, Tensor b, Tensor c) => Tensor.FusedMultiplyAdd(a, b, c);

    /// <inheritdoc cref="Tensor.Max(Tensor, Tensor)"/>
    public static Tensor Max(Tensor a, Tensor b) => Tensor.Max(a, b);

    /// <inheritdoc cref="Tensor.Max(Tensor, Real)"/>
    public static Tensor Max(Tensor a, Real b) => Tensor.Max(a, b);

    /// <inheritdoc cref="Tensor.Max(Real, Tensor)"/>
    public static Tensor Max(Real a, Tensor b) => Tensor.Max(a, b);

    /// <inheritdoc cref="Tensor.Min(Tensor, Tensor)"/>
    public static Tensor Min(Tensor a, Tensor b) => Tensor.Min(a, b);

    /// <inheritdoc cref="Tensor.Min(Tensor, Real)"/>
    public static Tensor Min(Tensor a, Real b) => Tensor.Min(a, b);

    /// <inheritdoc cref="Tensor.Min(Real, Tensor)"/>
    public static Tensor Min(Real a, Tensor b) => Tensor.Min(a, b);

    /// <inheritdoc cref="Tensor.Clamp(Tensor, Real, Real)"/>
    public static Tensor Clamp(Tensor x, Real low, Real high) => Tensor.Clamp(x, low, high);

    /// <inheritdoc cref="Piecewise.sign"/>
    public static Tensor Sign(Tensor x) => Piecewise.sign(x);

    /// <inheritdoc cref="Tensor.Floor(Tensor)"/>
    public static Tensor Floor(Tensor x) => Tensor.Floor(x);

    /// <inheritdoc cref="Tensor.Ceiling(Tensor)"/>
    public static Tensor Ceiling(Tensor x) => Tensor.Ceiling(x);

    /// <inheritdoc cref="Tensor.Truncate(Tensor)"/>
    public static Tensor Truncate(Tensor x) => Tensor.Truncate(x);

    /// <inheritdoc cref="Tensor.Round(Tensor)"/>
    public static Tensor Round(Tensor x) => Tensor.Round(x);

    /// <inheritdoc cref="Exponentials.sigmoid"/>
    public static Tensor Sigmoid(Tensor x) => Exponentials.sigmoid(x);

    /// <inheritdoc cref="Exponentials.log1MExp"/>
    public static Tensor Log1MExp(Tensor x) => Exponentials.log1MExp(x);

    /// <inheritdoc cref="Exponentials.xLogY"/>
    public static Tensor XLogY(Tensor x, Tensor y) => Exponentials.xLogY(x, y);

    /// <inheritdoc cref="Special.sinc"/>
    public static Tensor Sinc(Tensor x) => Special.sinc(x);

    /// <inheritdoc cref="Exponentials.softplus"/>
    public static Tensor Softplus(Tensor x) => Exponentials.softplus(x);

    /// <inheritdoc cref="Exponentials.logAddExp"/>
    public static Tensor LogAddExp(Tensor a, Tensor b) => Exponentials.logAddExp(a, b);

    /// <inheritdoc cref="Special.gaussian"/>
    public static Tensor Gaussian(Tensor x) => Special.gaussian(x);

    /// <inheritdoc cref="Special.erf"/>
    public static Tensor Erf(Tensor x) => Special.erf(x);

    /// <inheritdoc cref="Special.erfc"/>
    public static Tensor Erfc(Tensor x) => Special.erfc(x);

    /// <inheritdoc cref="Special.normalPdf"/>
    public static Tensor NormalPdf(Tensor x) => Special.normalPdf(x);

    /// <inheritdoc cref="Special.normalCdf"/>
    public static Tensor NormalCdf(Tensor x) => Special.normalCdf(x);

    /// <inheritdoc cref="Special.normalInverseCdf"/>
    public static Tensor NormalInverseCdf(Tensor x) => Special.normalInverseCdf(x);

    /// <inheritdoc cref="Special.gamma"/>
    public static Tensor Gamma(Tensor x) => Special.gamma(x);

    /// <inheritdoc cref="Special.logGamma"/>
    public static Tensor LogGamma(Tensor x) => Special.logGamma(x);

    /// <inheritdoc cref="Special.logBeta"/>
    public static Tensor LogBeta(Tensor a, Tensor b) => Special.logBeta(a, b);

    /// <inheritdoc cref="Special.digamma"/>
    public static Tensor Digamma(Tensor x) => Special.digamma(x);

    /// <inheritdoc cref="Special.polygamma"/>
    public static Tensor Polygamma(int n, Tensor x) => Special.polygamma(n, x);

    /// <inheritdoc cref="Special.besselJ"/>
    public static Tensor BesselJ(int n, Tensor x) => Special.besselJ(n, x);

    /// <inheritdoc cref="Special.besselY"/>
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
