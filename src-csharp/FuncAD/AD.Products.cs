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

    /// <summary>
    /// The value and the products of the Jacobian with several vectors: (x, {v, w, ..}) -> (f(x), {J v, J w, ..}), by forward mode. Each
    /// product is bitwise that of <see cref="Jvp{X, Y}"/>.
    /// </summary>
    /// <remarks>
    /// Cost: a run of f for every 32 vectors, with a multiplication and an addition for each of them beside each operation. Where numbers
    /// carry levels, where f uses custom rules over structures or several threads, where NaN comes out, and for programs of several million
    /// operations: a run of f for each vector. Tangents of tensors have an axis of directions, along which a matrix product is one for all;
    /// its sums may be rounded otherwise than alone.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// In the returned function: one of the vectors does not have the structure of x, such as another length.
    /// </exception>
    /// <example><code>AD.JvpMany(x => x[0] * x[1])([2.0, 3.0], [[1.0, 0.0], [0.0, 1.0]])  // (6, {3, 2})</code></example>
    public static Func<X, X[], (Y Value, Y[] Tangents)> JvpMany<X, Y>(Func<X, Y> f)
    {
        var function = f.ToFSharp();
        return (x, tangents) =>
        {
            var (value, derivatives) = ADModule.jvpMany(function, x, tangents);
            return (value, derivatives);
        };
    }

    /// <inheritdoc cref="JvpMany{X, Y}"/>
    public static Func<Real[], Real[][], (Real Value, Real[] Tangents)> JvpMany(Func<Real[], Real> f) => JvpMany<Real[], Real>(f);

    /// <inheritdoc cref="JvpMany{X, Y}"/>
    public static Func<Real[], Real[][], (Real[] Value, Real[][] Tangents)> JvpMany(Func<Real[], Real[]> f) => JvpMany<Real[], Real[]>(f);

    /// <summary>
    /// The value and the pullback of several cotangents at once: x -> (f(x), {w, u, ..} -> {w J, u J, ..}), by reverse mode. Each is
    /// bitwise that of <see cref="Vjp{X, Y}"/>. The pullback may be called many times, from any thread.
    /// </summary>
    /// <remarks>
    /// Cost: one run of f, and a sweep for every eight cotangents of a call (four or two on machines with shorter vectors); for each
    /// cotangent where numbers carry levels, and with tensors or custom rules.
    /// </remarks>
    /// <exception cref="ArgumentException">In the pullback: one of them does not have the structure of f(x).</exception>
    public static Func<X, (Y Value, Func<Y[], X[]> Pullback)> VjpMany<X, Y>(Func<X, Y> f)
    {
        var function = f.ToFSharp();
        return x =>
        {
            var (value, pullback) = ADModule.vjpMany(function, x);
            return (value, pullback.ToFunc());
        };
    }

    /// <inheritdoc cref="VjpMany{X, Y}"/>
    public static Func<Real[], (Real[] Value, Func<Real[][], Real[][]> Pullback)> VjpMany(Func<Real[], Real[]> f) =>
        VjpMany<Real[], Real[]>(f);
}
