using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using FuncAD.Il;

namespace FuncAD;

/// <summary>How code is lifted (<see cref="Lift"/>).</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
public sealed class LiftOptions
{
    private readonly Dictionary<MethodInfo, Delegate> functions = [];

    /// <summary>
    /// Whether <c>float</c> is lifted to <see cref="Real"/>, too. Values then have the precision of double, so that they are not those of
    /// the plain function. Without it a number that is rounded to float is refused.
    /// </summary>
    public bool Floats { get; init; }

    /// <summary>
    /// Whether the lifted code can be unloaded when its delegates are no longer referenced; the default. Set it to false for code that
    /// reads many static fields of numbers in inner loops.
    /// </summary>
    public bool Collectible { get; init; } = true;

    internal IReadOnlyDictionary<MethodInfo, Delegate> Functions => functions;

    internal Delegate? FunctionFor(MethodInfo method) => functions.GetValueOrDefault(method);

    /// <summary>
    /// Whether captured objects are read anew at each call of the lifted function, so that it sees changes; by default it keeps them as
    /// they were when it was lifted. Cost: a copy of all of them for each call.
    /// </summary>
    public bool ReadsAnew { get; init; }

    /// <summary>Lifted code calls <paramref name="function"/> in the place of a method.</summary>
    /// <param name="method">The method, as a delegate of it: <c>(Func&lt;double, double&gt;)SpecialFunctions.Erf</c>.</param>
    /// <param name="function">The function of the same parameters over <see cref="Real"/>: <c>(Func&lt;Real, Real&gt;)RealMath.Erf</c>.</param>
    /// <returns>These options, for more.</returns>
    /// <exception cref="ArgumentException">The parameters or the results do not correspond.</exception>
    public LiftOptions Substitute(Delegate method, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Substitute(method.Method, function);
    }

    /// <summary>Lifted code calls <paramref name="function"/> in the place of a method.</summary>
    /// <param name="method">The method, by reflection; an instance method's object is the function's first parameter.</param>
    /// <param name="function">
    /// The function of the same parameters over <see cref="Real"/>; an object of a class that holds numbers is an <see cref="object"/> to it, since
    /// lifted code has a class of its own for it.
    /// </param>
    /// <returns>These options, for more.</returns>
    /// <exception cref="ArgumentException">The parameters or the results do not correspond.</exception>
    public LiftOptions Substitute(MethodInfo method, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(function);
        var twins = new Twins(this);
        var invoke = function.GetType().GetMethod("Invoke")!;
        Type[] signature = [.. method.IsStatic ? [] : new[] { method.DeclaringType! }, .. method.Signature()];
        Type[] expected = [.. signature.Select(twins.ForCallers)];
        if (!expected.SequenceEqual(invoke.Signature()))
            throw new ArgumentException(
                $"{Names.Of(method)} cannot be replaced by a function of ({string.Join(", ", invoke.GetParameters().Select(p => Names.Of(p.ParameterType)))}) with a {Names.Of(invoke.ReturnType)}: it needs ({string.Join(", ", expected[..^1].Select(Names.Of))}) and a {Names.Of(expected[^1])}.",
                nameof(function)
            );
        functions[method] = function;
        return this;
    }

    /// <summary>
    /// Lifted code uses this library's rules for methods of MathNet.Numerics that have them: erf, erfc, the gamma function, its logarithm
    /// and digamma, the logistic function; roots (Brent, Bisection, NewtonRaphson and Secant <c>FindRoot</c>, <c>FindRoots.OfFunction</c>)
    /// and minima (<c>FindMinimum.OfScalarFunction</c>, <c>OfScalarFunctionConstrained</c>, <c>OfFunction</c> of two and three arguments) by the
    /// implicit function theorem; and products, inverses and solutions for many right-hand sides of large dense matrices by arrays.
    /// </summary>
    /// <remarks>
    /// Values of special functions and of large products and solutions may differ from MathNet's in the last digits; roots and minima are
    /// MathNet's. Derivatives of roots and minima are right up to the seventh; where the function is not smooth at the root, or no root is
    /// there, a <see cref="LiftException"/> says so. Programs that are traced (<see cref="AD.Compile{P, Q}(Func{P, Q}, P, CompileOptions?)"/>)
    /// cannot hold a search for a root. Source: Griewank and Walther, Evaluating Derivatives (2008), section 15.3.
    /// </remarks>
    /// <returns>These options, for more.</returns>
    public LiftOptions WithMathNetRules()
    {
        UsesMathNetRules = true;
        return MathNetRules.Add(this);
    }

    internal bool UsesMathNetRules { get; private set; }

    /// <summary>A rule for a method of one number: its slope, from the argument and the value.</summary>
    /// <param name="method">The method, as a delegate of it; it is called for values.</param>
    /// <param name="slope">The derivative, from x and y = method(x); over Real, so that it can be differentiated again.</param>
    /// <returns>These options, for more.</returns>
    public LiftOptions Rule(Func<double, double> method, Func<Real, Real, Real> slope)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (!method.Method.IsStatic)
            throw new ArgumentException(
                "A rule is for a method that lifted code calls: give a static method by its name, rather than a lambda.",
                nameof(method)
            );
        return Substitute(method, AD.Custom(method.Method.Name, method, slope));
    }
}
