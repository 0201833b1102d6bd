namespace FuncAD;

public static partial class AD
{
    /// <summary>The value and the Jacobian-vector product: (x, v) -> (f(x), J v), by forward mode.</summary>
    /// <remarks>
    /// Cost: one run of f. An entry of v that is the constant 0 is a structural zero: it does not become NaN by meeting an infinite slope.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// In the returned function: v does not have the structure of x, such as another length.
    /// </exception>
    public static Func<X, X, (Y Value, Y Tangent)> Jvp<X, Y>(Func<X, Y> f)
    {
        var function = f.ToFSharp();
        return (x, tangent) =>
        {
            var (value, derivative) = ADModule.jvp(function, x, tangent);
            return (value, derivative);
        };
    }

    /// <inheritdoc cref="Jvp{X, Y}"/>
    public static Func<Real, Real, (Real Value, Real Tangent)> Jvp(Func<Real, Real> f) => Jvp<Real, Real>(f);

    /// <inheritdoc cref="Jvp{X, Y}"/>
    public static Func<Real, Real, (Real[] Value, Real[] Tangent)> Jvp(Func<Real, Real[]> f) => Jvp<Real, Real[]>(f);

    /// <inheritdoc cref="Jvp{X, Y}"/>
    public static Func<Real[], Real[], (Real Value, Real Tangent)> Jvp(Func<Real[], Real> f) => Jvp<Real[], Real>(f);

    /// <inheritdoc cref="Jvp{X, Y}"/>
    public static Func<Real[], Real[], (Real[] Value, Real[] Tangent)> Jvp(Func<Real[], Real[]> f) => Jvp<Real[], Real[]>(f);

    /// <summary>
    /// The value and the pullback: x -> (f(x), w -> w J), by reverse mode. The pullback may be called many times, from any thread.
    /// </summary>
    /// <remarks>Cost: one run of f, and one sweep a call. The pullback keeps the tape (24 bytes for each operation of f) alive.</remarks>
    /// <exception cref="ArgumentException">In the pullback: w does not have the structure of f(x), such as another length.</exception>
    public static Func<X, (Y Value, Func<Y, X> Pullback)> Vjp<X, Y>(Func<X, Y> f)
    {
        var function = f.ToFSharp();
        return x =>
        {
            var (value, pullback) = ADModule.vjp(function, x);
            return (value, pullback.ToFunc());
        };
    }

    /// <inheritdoc cref="Vjp{X, Y}"/>
    public static Func<Real, (Real Value, Func<Real, Real> Pullback)> Vjp(Func<Real, Real> f) => Vjp<Real, Real>(f);

    /// <inheritdoc cref="Vjp{X, Y}"/>
    public static Func<Real, (Real[] Value, Func<Real[], Real> Pullback)> Vjp(Func<Real, Real[]> f) => Vjp<Real, Real[]>(f);

    /// <inheritdoc cref="Vjp{X, Y}"/>
    public static Func<Real[], (Real Value, Func<Real, Real[]> Pullback)> Vjp(Func<Real[], Real> f) => Vjp<Real[], Real>(f);

    /// <inheritdoc cref="Vjp{X, Y}"/>
    public static Func<Real[], (Real[] Value, Func<Real[], Real[]> Pullback)> Vjp(Func<Real[], Real[]> f) => Vjp<Real[], Real[]>(f);
}
