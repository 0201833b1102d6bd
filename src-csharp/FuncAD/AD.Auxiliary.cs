namespace FuncAD;

public static partial class AD
{
    /// <summary>The gradient and what else f returned: f returns a pair of its loss and something auxiliary, such as predictions.</summary>
    /// <remarks>
    /// The numbers of the auxiliary part are constants to this operator: they have no part in the gradient, and come back as plain numbers.
    /// To operators around it they are what they are, and are differentiated. Cost: that of the gradient alone.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// In the returned function: P holds no <see cref="Real"/>, or P or A cannot be taken apart, or A holds a function.
    /// </exception>
    /// <example><code>var (gradient, square) = AD.GradWithAux((Real x) => (x * x * x, x * x))(2.0);  // 12, 4</code></example>
    public static Func<P, (P Gradient, A Auxiliary)> GradWithAux<P, A>(Func<P, (Real Loss, A Auxiliary)> f)
    {
        var function = f.WithPair().ToFSharp();
        return p =>
        {
            var (gradient, auxiliary) = ADModule.gradWithAux(function, p);
            return (gradient, auxiliary);
        };
    }

    /// <inheritdoc cref="GradWithAux{P, A}"/>
    public static Func<Real, (Real Gradient, A Auxiliary)> GradWithAux<A>(Func<Real, (Real Loss, A Auxiliary)> f) =>
        GradWithAux<Real, A>(f);

    /// <inheritdoc cref="GradWithAux{P, A}"/>
    public static Func<Real[], (Real[] Gradient, A Auxiliary)> GradWithAux<A>(Func<Real[], (Real Loss, A Auxiliary)> f) =>
        GradWithAux<Real[], A>(f);

    /// <summary>The value, the gradient and what else f returned, as <see cref="GradWithAux{P, A}"/> says.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    /// <exception cref="ArgumentException">
    /// In the returned function: P holds no <see cref="Real"/>, or P or A cannot be taken apart, or A holds a function.
    /// </exception>
    public static Func<P, (Real Value, P Gradient, A Auxiliary)> ValueAndGradWithAux<P, A>(Func<P, (Real Loss, A Auxiliary)> f)
    {
        var function = f.WithPair().ToFSharp();
        return p =>
        {
            var (value, gradient, auxiliary) = ADModule.valueAndGradWithAux(function, p);
            return (value, gradient, auxiliary);
        };
    }

    /// <inheritdoc cref="ValueAndGradWithAux{P, A}"/>
    public static Func<Real, (Real Value, Real Gradient, A Auxiliary)> ValueAndGradWithAux<A>(Func<Real, (Real Loss, A Auxiliary)> f) =>
        ValueAndGradWithAux<Real, A>(f);

    /// <inheritdoc cref="ValueAndGradWithAux{P, A}"/>
    public static Func<Real[], (Real Value, Real[] Gradient, A Auxiliary)> ValueAndGradWithAux<A>(
        Func<Real[], (Real Loss, A Auxiliary)> f
    ) => ValueAndGradWithAux<Real[], A>(f);

    /// <summary>The function with the pair that F# knows.</summary>
    private static Func<P, Tuple<Real, A>> WithPair<P, A>(this Func<P, (Real, A)> f)
    {
        Adapters.Given(f, nameof(f));
        return p => f(p).ToTuple();
    }
}
