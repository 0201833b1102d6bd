using System.Numerics;

namespace FuncAD;

/// <inheritdoc cref="NumericalModule"/>
/// <remarks>A function on <see cref="Real"/> is one on doubles through <c>ToDouble()</c>.</remarks>
public static class Numerical
{
    /// <summary>The derivative of a function of one number by the central difference quotient, whose error is O(step^2).</summary>
    /// <inheritdoc cref="Derivative(Func{double, double}, double, double, Difference)"/>
    public static double Derivative(Func<double, double> f, double x, double step) => Derivative(f, x, step, Difference.Central);

    /// <inheritdoc cref="NumericalModule.derivative"/>
    public static double Derivative(Func<double, double> f, double x, double step, Difference difference) =>
        NumericalModule.derivative(difference, step, f.ToFSharp(), x);

    /// <summary>The gradient by central difference quotients, one argument after the other: error O(step^2).</summary>
    /// <inheritdoc cref="Gradient(Func{double[], double}, double[], double, Difference)"/>
    public static double[] Gradient(Func<double[], double> f, double[] x, double step) => Gradient(f, x, step, Difference.Central);

    /// <inheritdoc cref="NumericalModule.gradient"/>
    public static double[] Gradient(Func<double[], double> f, double[] x, double step, Difference difference) =>
        NumericalModule.gradient(difference, step, f.ToFSharp(), x);

    /// <summary>The derivative by the complex step of 1e-50: as accurate as f.</summary>
    /// <inheritdoc cref="ComplexStep(Func{Complex, Complex}, double, double)"/>
    /// <example><code>Numerical.ComplexStep(z => z * Complex.Exp(z), 1.0)  // 2 e</code></example>
    public static double ComplexStep(Func<Complex, Complex> f, double x) => ComplexStep(f, x, DefaultComplexStep);

    /// <inheritdoc cref="NumericalModule.complexDerivative"/>
    public static double ComplexStep(Func<Complex, Complex> f, double x, double step) =>
        NumericalModule.complexDerivative(step, f.ToFSharp(), x);

    /// <summary>The gradient by complex steps of 1e-50: as accurate as f.</summary>
    /// <inheritdoc cref="ComplexStep(Func{Complex[], Complex}, double[], double)"/>
    public static double[] ComplexStep(Func<Complex[], Complex> f, double[] x) => ComplexStep(f, x, DefaultComplexStep);

    /// <inheritdoc cref="NumericalModule.complexGradient"/>
    public static double[] ComplexStep(Func<Complex[], Complex> f, double[] x, double step) =>
        NumericalModule.complexGradient(step, f.ToFSharp(), x);

    /// <summary>Its square is far below the rounding of any double beside it, and products with it do not underflow.</summary>
    private const double DefaultComplexStep = 1e-50;
}
