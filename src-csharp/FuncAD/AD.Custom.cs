using System.Runtime.CompilerServices;

namespace FuncAD;

public static partial class AD
{
    /// <summary>A function of one number from its value and its slope, dy/dx in terms of the input x and the output y.</summary>
    /// <remarks>The slope is computed on <see cref="Real"/>, so that higher derivatives follow. It works in every mode.</remarks>
    /// <example><code>var square = AD.Custom("square", x => x * x, (x, y) => 2 * x);</code></example>
    public static Func<Real, Real> Custom(string name, Func<double, double> value, Func<Real, Real, Real> slope)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ADModule.custom(name, value.ToFSharp(), slope.ToFSharp()).ToFunc();
    }

    /// <summary>A function over structures from its value and its pullback (x, y, w) -> w J, which must be linear in w.</summary>
    /// <remarks>Cost: in reverse mode one pullback; in forward mode one for each number of the result.</remarks>
    public static Func<X, Y> Custom<X, Y>(string name, Func<X, Y> value, Func<X, Y, Y, X> pullback)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (f, back) = (value.ToFSharp(), pullback.ToFSharp());
        return x => ADModule.customPullback(name, f, back, x);
    }

    /// <summary>A function over structures from its value, its pullback (x, y, w) -> w J and its pushforward (x, y, v) -> J v.</summary>
    /// <remarks>Cost: one pullback in reverse mode, one pushforward in forward mode.</remarks>
    public static Func<X, Y> Custom<X, Y>(string name, Func<X, Y> value, Func<X, Y, Y, X> pullback, Func<X, Y, X, Y> pushforward)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (f, back, forward) = (value.ToFSharp(), pullback.ToFSharp(), pushforward.ToFSharp());
        return x => ADModule.customRule(name, f, back, forward, x);
    }

    /// <inheritdoc cref="ADModule.stopGradient"/>
    public static P StopGradient<P>(P x) => ADModule.stopGradient(x);

    /// <summary>Compares the gradient of f at x with differences that are extrapolated to step 0, and reports the worst entry.</summary>
    /// <remarks>
    /// It passes if every relative error is at most 1e-6, or, where f is flat, if the derivative is 0 up to the uncertainty of the
    /// differences. Where differences cannot decide (at a kink, at an infinite slope, at the edge of the domain, under noise), the report
    /// says so (<see cref="GradientReport.Verdict"/>), and the gradient does not pass. Cost: some 60 to 120 runs of f for each number of x,
    /// up to 250 where f is flat or noisy.
    /// </remarks>
    public static GradientReport CheckGradient<P>(Func<P, Real> f, P x) => ADModule.checkGradient(f.ToFSharp(), x);

    // The priority keeps a point that is written as a double, as in CheckGradient(x => x * x, 3.0), from being taken for a P.

    /// <inheritdoc cref="CheckGradient{P}(Func{P, Real}, P)"/>
    [OverloadResolutionPriority(1)]
    public static GradientReport CheckGradient(Func<Real, Real> f, Real x) => CheckGradient<Real>(f, x);

    /// <inheritdoc cref="CheckGradient{P}(Func{P, Real}, P)"/>
    [OverloadResolutionPriority(1)]
    public static GradientReport CheckGradient(Func<Real[], Real> f, Real[] x) => CheckGradient<Real[]>(f, x);

    /// <summary>Compares as the other overload does, and throws where an entry's relative error is above the tolerance.</summary>
    /// <remarks>
    /// It does not throw where differences cannot decide: read the report's <see cref="GradientReport.Verdict"/> or
    /// <see cref="GradientReport.Passed"/>.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The gradient differs; the message tells the worst entry.</exception>
    public static GradientReport CheckGradient<P>(Func<P, Real> f, P x, double tolerance) =>
        ADModule.assertGradient(tolerance, f.ToFSharp(), x);

    /// <inheritdoc cref="CheckGradient{P}(Func{P, Real}, P, double)"/>
    [OverloadResolutionPriority(1)]
    public static GradientReport CheckGradient(Func<Real, Real> f, Real x, double tolerance) => CheckGradient<Real>(f, x, tolerance);

    /// <inheritdoc cref="CheckGradient{P}(Func{P, Real}, P, double)"/>
    [OverloadResolutionPriority(1)]
    public static GradientReport CheckGradient(Func<Real[], Real> f, Real[] x, double tolerance) => CheckGradient<Real[]>(f, x, tolerance);
}
