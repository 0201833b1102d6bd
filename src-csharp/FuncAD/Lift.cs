using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using FuncAD.Il;

namespace FuncAD;

/// <summary>
/// Differentiates compiled .NET code over <c>double</c> as it stands, one's own or a package's: the IL of a delegate's method, and of what
/// it calls, is read and the same code emitted over <see cref="Real"/>, with twins for the types that hold numbers. All of the library
/// then applies to the lifted function.
/// </summary>
/// <remarks>
/// <para>
/// Values have the bits of the plain function. What would drop a derivative unseen (a number read as bits, as a decimal, as text that is
/// parsed again, rounded to float) throws a <see cref="LiftException"/> that names the callee and the caller, when it is reached;
/// <see cref="Report"/> lists it beforehand. Whole numbers (an index, an interval of a table) and output are read.
/// </para>
/// <para>
/// Captured objects and static fields are constants as they are when the function is lifted (<see cref="LiftOptions.ReadsAnew"/>).
/// Parallel loops run in turn. Methods that end by bisection have derivative 0 as programs: state the equation by a rule instead.
/// Cost: some milliseconds for a function, once; lifted functions without captured objects are kept. It needs code that is made at run
/// time, which native AOT does not have.
/// </para>
/// </remarks>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
public static partial class Lift
{
    /// <summary>A function of one number over <see cref="Real"/>.</summary>
    /// <exception cref="LiftException">The delegate's code cannot be read: it was made at run time, or is native.</exception>
    /// <example><code>AD.Diff(Lift.Of(Math.Sin))(0.0)  // 1</code></example>
    public static Func<Real, Real> Of(Func<double, double> f, LiftOptions? options = null) => As<Func<Real, Real>>(f, options);

    /// <summary>A function of an array over <see cref="Real"/>.</summary>
    /// <exception cref="LiftException">As for a function of one number.</exception>
    public static Func<Real[], Real> Of(Func<double[], double> f, LiftOptions? options = null) => As<Func<Real[], Real>>(f, options);

    /// <summary>A function from arrays to arrays over <see cref="Real"/>.</summary>
    /// <exception cref="LiftException">As for a function of one number.</exception>
    public static Func<Real[], Real[]> Of(Func<double[], double[]> f, LiftOptions? options = null) => As<Func<Real[], Real[]>>(f, options);

    /// <summary>A function of any parameters, as the delegate type that it is with Real for double.</summary>
    /// <typeparam name="TLifted">The delegate type of f with <see cref="Real"/> for double in it.</typeparam>
    /// <exception cref="LiftException">As for a function of one number.</exception>
    /// <exception cref="ArgumentException"><typeparamref name="TLifted"/> is not the delegate's type over Real; the message says which is.</exception>
    public static TLifted As<TLifted>(Delegate f, LiftOptions? options = null)
        where TLifted : Delegate
    {
        ArgumentNullException.ThrowIfNull(f);
        return (TLifted)LiftedFunctions.Of(f, typeof(TLifted), options).Function;
    }

    /// <summary>What lifting f does, without running it: methods and types lifted, reads of values, and what throws if it is reached.</summary>
    public static LiftReport Report(Delegate f, LiftOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        return LiftedFunctions.Of(f, null, options).Code.Report;
    }

    // ---- Derivatives of plain functions ----

    /// <summary>The derivative of a function of one number, by forward mode.</summary>
    /// <example><code>Lift.Derivative(Math.Sin)(0.0)  // 1</code></example>
    public static Func<double, double> Derivative(Func<double, double> f, LiftOptions? options = null)
    {
        var derivative = AD.Diff(Of(f, options));
        return x => derivative(x).Value;
    }

    /// <summary>The gradient of a function of an array, by reverse mode.</summary>
    public static Func<double[], double[]> Gradient(Func<double[], double> f, LiftOptions? options = null)
    {
        var gradient = AD.Grad(Of(f, options));
        return x => gradient(Reals(x)).ToDoubles();
    }

    private static Real[] Reals(double[] x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.ToReals();
    }

    /// <summary>The value and the gradient of a function of an array, by reverse mode.</summary>
    public static Func<double[], (double Value, double[] Gradient)> ValueAndGradient(Func<double[], double> f, LiftOptions? options = null)
    {
        var both = AD.ValueAndGrad(Of(f, options));
        return x =>
        {
            var (value, gradient) = both(Reals(x));
            return (value.Value, gradient.ToDoubles());
        };
    }

    /// <summary>The Jacobian of a function from arrays to arrays, by the cheaper mode.</summary>
    public static Func<double[], double[,]> Jacobian(Func<double[], double[]> f, LiftOptions? options = null)
    {
        var jacobian = AD.Jacobian(Of(f, options));
        return x => jacobian(Reals(x)).ToDoubles();
    }

    /// <summary>The Hessian of a function of an array.</summary>
    public static Func<double[], double[,]> Hessian(Func<double[], double> f, LiftOptions? options = null)
    {
        var hessian = AD.Hessian(Of(f, options));
        return x => hessian(Reals(x)).ToDoubles();
    }

    /// <summary>
    /// The gradient of a function of the user's own type, in that type: classes, records, structs, collections. Parts that are not numbers
    /// ride along.
    /// </summary>
    /// <remarks>As for <see cref="ValueAndGradient{P}(Func{P, double}, LiftOptions?)"/>.</remarks>
    public static Func<P, P> Gradient<P>(Func<P, double> f, LiftOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        var both = LiftedFunctions.ValueAndGradient(f, options);
        return p => both(p).Gradient;
    }

    /// <summary>The value and the gradient of a function of the user's own type, the gradient in that type.</summary>
    /// <remarks>
    /// The numbers are those that the object stores, each by itself: a field that a constructor computed from another one is a number of its
    /// own. Cost beyond that of the gradient of an array: three walks through the object by reflection, some 100 ns for each field.
    /// </remarks>
    /// <exception cref="ArgumentException">The object holds no number.</exception>
    /// <exception cref="LiftException">As for a function of one number.</exception>
    public static Func<P, (double Value, P Gradient)> ValueAndGradient<P>(Func<P, double> f, LiftOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        return LiftedFunctions.ValueAndGradient(f, options);
    }

    // ---- Expression trees ----

    /// <summary>A function given as an expression tree, over <see cref="Real"/>; methods that it calls are lifted from their IL.</summary>
    public static Func<Real, Real> Tree(Expression<Func<double, double>> f, LiftOptions? options = null) =>
        Tree<Func<Real, Real>>(f, options);

    /// <summary>A function of an array given as an expression tree, over <see cref="Real"/>.</summary>
    public static Func<Real[], Real> Tree(Expression<Func<double[], double>> f, LiftOptions? options = null) =>
        Tree<Func<Real[], Real>>(f, options);

    /// <summary>An expression tree of any parameters, as the delegate type that it is with Real for double.</summary>
    public static TLifted Tree<TLifted>(LambdaExpression f, LiftOptions? options = null)
        where TLifted : Delegate
    {
        ArgumentNullException.ThrowIfNull(f);
        return LiftedTree.Rewrite(f, options ?? new()) is Expression<TLifted> lifted
            ? lifted.Compile()
            : throw new ArgumentException($"The tree is not a {Names.Of(typeof(TLifted))} over Real.", nameof(f));
    }
}
