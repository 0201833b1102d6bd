namespace FuncAD;

public static partial class AD
{
    /// <summary>
    /// The sum of perPoint(parameters, datum) over data, with its gradient, Hessian and normal equations, compiled for one datum and run in vectors over the data
    /// and on all cores: what fits models to data and prices by simulation.
    /// </summary>
    /// <remarks>What depends on the parameters alone is computed once a call. Results have the same bits whatever the number of threads.</remarks>
    /// <exception cref="ArgumentException">An example holds no Real, or it or the result holds a tensor or a function.</exception>
    /// <example><code>
    /// var squares = AD.CompileSum((Real slope, (Real X, Real Y) d) => (d.Y - slope * d.X) * (d.Y - slope * d.X), 1.0, (0.0, 0.0));
    /// var (value, gradient) = squares.ValueAndGrad(2.0, squares.Columns([(1, 2), (2, 5)]));  // 1, -4
    /// </code></example>
    public static CompiledSum<P, D> CompileSum<P, D>(Func<P, D, Real> perPoint, P exampleParameters, D exampleDatum) =>
        ADModule.compileSum(perPoint.ToFSharp(), exampleParameters, exampleDatum);

    /// <summary>Compiles as the other overload does, with choices about how the sum is executed.</summary>
    /// <exception cref="ArgumentException">An example holds no Real, or it or the result holds a tensor or a function.</exception>
    public static CompiledSum<P, D> CompileSum<P, D>(Func<P, D, Real> perPoint, P exampleParameters, D exampleDatum, CompileOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ADModule.compileSumWith(options, perPoint.ToFSharp(), exampleParameters, exampleDatum);
    }
}
