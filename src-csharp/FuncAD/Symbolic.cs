namespace FuncAD;

/// <inheritdoc cref="SymbolicModule"/>
/// <example><code>
/// var slope = Symbolic.Of(x => x * Sin(x)).Derivative("x");
/// slope.ToString()  // sin(x) + x * cos(x)
/// </code></example>
public static class Symbolic
{
    /// <summary>The formula of a function of an array, with a name for each of its arguments.</summary>
    /// <exception cref="ArgumentException">
    /// There is no name, a name is empty or given twice, or f reads more arguments than there are names.
    /// </exception>
    /// <example><code>Symbolic.Of(x => x[0] * Sin(x[1]), "r", "phi").Derivative("phi").ToString()  // r * cos(phi)</code></example>
    public static Formula Of(Func<Real[], Real> f, params string[] names) => SymbolicModule.ofFunction(names, f.ToFSharp());

    /// <summary>The formula of a function of an array of this length, in variables x1, x2, ...</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    /// <exception cref="ArgumentException">f reads more arguments than that.</exception>
    public static Formula Of(Func<Real[], Real> f, int count) => SymbolicModule.ofFunction(SymbolicModule.numbered(count), f.ToFSharp());

    /// <summary>The formula of a function of one number, in the variable x.</summary>
    /// <example><code>Symbolic.Of(x => x * x).Derivative("x").Simplify().ToString()  // 2 * x</code></example>
    public static Formula Of(Func<Real, Real> f) => Of(f, "x");

    /// <summary>The formula of a function of one number, in a variable of this name.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static Formula Of(Func<Real, Real> f, string name) => SymbolicModule.ofNumber(name, f.ToFSharp());
}
