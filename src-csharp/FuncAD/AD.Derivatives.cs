namespace FuncAD;

/// <summary>
/// Automatic differentiation: combinators that take a function and return a function. They nest to any depth and in any order, and
/// are pure, so that they may be used from many threads at once.
/// </summary>
/// <remarks>
/// Parameters and results are <em>structures</em>: <see cref="Real"/>, or arrays, lists, dictionaries, tuples, records, and plain classes
/// and structs of structures. Gradients come back in the same structure; parts that are not numbers ride along unchanged. Exceptions
/// of the function pass through. <c>f</c> must not be null (<see cref="ArgumentNullException"/>).
/// </remarks>
public static partial class AD
{
    /// <summary>The derivative x -> f'(x), by forward mode.</summary>
    /// <remarks>
    /// The result may be any structure, or itself a <c>Func</c>, whose derivative is then taken argument by argument.
    /// Cost: one run of f, at most a few times as long.
    /// </remarks>
    /// <example><code>AD.Diff(x => x * x)(3.0)  // 6</code></example>
    public static Func<Real, Q> Diff<Q>(Func<Real, Q> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.diff(function, x);
    }

    /// <summary>
    /// The n-th derivative of a function of one number; f itself for n = 0. It does not overflow where it and the derivatives of f's parts
    /// are doubles, up to orders of about a thousand.
    /// </summary>
    /// <remarks>
    /// Rounding errors grow with the order if the derivatives of f's parts are larger than the result: sin(x) / x has no correct digit at
    /// order 20 and x = 1 (RealMath.Sinc has all). Cost: one run of f, on nested numbers of forward mode for orders up to 4, on truncated
    /// power series above, with O(order^2) work for each operation.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The order is negative.</exception>
    /// <example><code>AD.Diff(x => x * x * x, 2)(3.0)  // 18</code></example>
    public static Func<Real, Real> Diff(Func<Real, Real> f, int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        var function = f.ToFSharp();
        return x => ADModule.diffn(order, function, x);
    }

    /// <summary>The Taylor coefficients x -> f(k)(x) / k! for k = 0 .. order, in one run of f.</summary>
    /// <remarks>Cost: as <see cref="Diff(Func{Real, Real}, int)"/>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The order is negative.</exception>
    /// <example><code>AD.Taylor(Real.Exp, 3)(0.0)  // 1, 1, 1/2, 1/6</code></example>
    public static Func<Real, Real[]> Taylor(Func<Real, Real> f, int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        var function = f.ToFSharp();
        return x => ADModule.taylor(order, function, x);
    }

    /// <summary>The derivative of a function of one number, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep. <see cref="Diff{Q}"/> does the same without a tape.</remarks>
    /// <example><code>AD.Grad(AD.Grad(x => x * x * x))(2.0)  // 12</code></example>
    public static Func<Real, Real> Grad(Func<Real, Real> f) => Grad<Real>(f);

    /// <summary>The gradient of a function of an array, by reverse mode.</summary>
    /// <remarks>
    /// Cost: one run of f and one sweep, whatever the number of parameters; 24 bytes for each operation of f, and 8 in the sweep.
    /// </remarks>
    /// <example><code>AD.Grad(x => x[0] * x[1])([2.0, 3.0])  // 3, 2</code></example>
    public static Func<Real[], Real[]> Grad(Func<Real[], Real> f) => Grad<Real[]>(f);

    /// <summary>The gradient of a function of any structure, by reverse mode, in that structure.</summary>
    /// <remarks>Cost: one run of f and one sweep, whatever the number of parameters.</remarks>
    /// <exception cref="ArgumentException">
    /// In the returned function: P holds no <see cref="Real"/>, or cannot be taken apart; the message names the part.
    /// </exception>
    public static Func<P, P> Grad<P>(Func<P, Real> f)
    {
        var function = f.ToFSharp();
        return p => ADModule.grad(function, p);
    }

    /// <summary>The value and the derivative of a function of one number, by reverse mode.</summary>
    public static Func<Real, (Real Value, Real Gradient)> ValueAndGrad(Func<Real, Real> f) => ValueAndGrad<Real>(f);

    /// <summary>The value and the gradient of a function of an array, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<Real[], (Real Value, Real[] Gradient)> ValueAndGrad(Func<Real[], Real> f) => ValueAndGrad<Real[]>(f);

    /// <summary>The value and the gradient of a function of any structure, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<P, (Real Value, P Gradient)> ValueAndGrad<P>(Func<P, Real> f)
    {
        var function = f.ToFSharp();
        return p =>
        {
            var (value, gradient) = ADModule.valueAndGrad(function, p);
            return (value, gradient);
        };
    }
}
