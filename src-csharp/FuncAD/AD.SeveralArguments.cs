namespace FuncAD;

// Functions of several arguments: of numbers, where (x, y) => ... needs no types, and of any structures, where they are written out. An
// overload for each number of arguments, as Func has a type for each.

public static partial class AD
{
    // ---- Two arguments ----

    /// <summary>The derivatives of a function of two numbers with respect to each of them, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    public static Func<Real, Real, (Real, Real)> Grad(Func<Real, Real, Real> f) => Grad<Real, Real>(f);

    /// <summary>The gradients of a function of two structures with respect to each of them, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    /// <example><code>
    /// AD.Grad((x, y) => x * x * y)(2.0, 3.0)  // (12, 4)
    /// AD.Grad((Model m, Real rate) => Loss(m, rate))(model, 0.1)  // (a Model, a Real)
    /// </code></example>
    public static Func<A, B, (A, B)> Grad<A, B>(Func<A, B, Real> f)
    {
        var gradient = Grad(f.OfOne());
        return (x, y) => gradient((x, y));
    }

    /// <summary>The value and the derivatives of a function of two numbers, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<Real, Real, (Real Value, (Real, Real) Gradient)> ValueAndGrad(Func<Real, Real, Real> f) =>
        ValueAndGrad<Real, Real>(f);

    /// <summary>The value and the gradients of a function of two structures, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<A, B, (Real Value, (A, B) Gradient)> ValueAndGrad<A, B>(Func<A, B, Real> f)
    {
        var gradient = ValueAndGrad(f.OfOne());
        return (x, y) => gradient((x, y));
    }

    /// <summary>The value and the tangent of a function of two numbers; the tangents of the arguments come as one tuple.</summary>
    /// <remarks>Cost: one run of f.</remarks>
    public static Func<Real, Real, (Real, Real), (Y Value, Y Tangent)> Jvp<Y>(Func<Real, Real, Y> f) => Jvp<Real, Real, Y>(f);

    /// <summary>The value and the tangent of a function of two structures; the tangents of the arguments come as one tuple.</summary>
    /// <remarks>Cost: one run of f.</remarks>
    /// <example><code>AD.Jvp((x, y) => x * y)(2.0, 3.0, (1.0, 0.0))  // (6, 3)</code></example>
    public static Func<A, B, (A, B), (Y Value, Y Tangent)> Jvp<A, B, Y>(Func<A, B, Y> f)
    {
        var product = Jvp(f.OfOne());
        return (x, y, tangent) => product((x, y), tangent);
    }

    /// <summary>The value and the pullback of a function of two numbers.</summary>
    /// <remarks>Cost: one run of f, and one sweep a call of the pullback.</remarks>
    public static Func<Real, Real, (Y Value, Func<Y, (Real, Real)> Pullback)> Vjp<Y>(Func<Real, Real, Y> f) => Vjp<Real, Real, Y>(f);

    /// <summary>The value and the pullback of a function of two structures.</summary>
    /// <remarks>Cost: one run of f, and one sweep a call of the pullback.</remarks>
    public static Func<A, B, (Y Value, Func<Y, (A, B)> Pullback)> Vjp<A, B, Y>(Func<A, B, Y> f)
    {
        var product = Vjp(f.OfOne());
        return (x, y) => product((x, y));
    }

    /// <summary>The matrix of second derivatives of a function of two numbers.</summary>
    /// <remarks>Cost: as of an array.</remarks>
    public static Func<Real, Real, Real[,]> Hessian(Func<Real, Real, Real> f)
    {
        Adapters.Given(f, nameof(f));
        var hessian = Hessian(x => f(x[0], x[1]));
        return (x, y) => hessian([x, y]);
    }

    private static Func<(A, B), Y> OfOne<A, B, Y>(this Func<A, B, Y> f)
    {
        Adapters.Given(f, nameof(f));
        return p => f(Some(p.Item1, 1), Some(p.Item2, 2));
    }

    // ---- Three arguments ----

    /// <summary>The derivatives of a function of three numbers with respect to each of them, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    public static Func<Real, Real, Real, (Real, Real, Real)> Grad(Func<Real, Real, Real, Real> f) => Grad<Real, Real, Real>(f);

    /// <summary>The gradients of a function of three structures with respect to each of them, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    public static Func<A, B, C, (A, B, C)> Grad<A, B, C>(Func<A, B, C, Real> f)
    {
        var gradient = Grad(f.OfOne());
        return (x, y, z) => gradient((x, y, z));
    }

    /// <summary>The value and the derivatives of a function of three numbers, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<Real, Real, Real, (Real Value, (Real, Real, Real) Gradient)> ValueAndGrad(Func<Real, Real, Real, Real> f) =>
        ValueAndGrad<Real, Real, Real>(f);

    /// <summary>The value and the gradients of a function of three structures, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<A, B, C, (Real Value, (A, B, C) Gradient)> ValueAndGrad<A, B, C>(Func<A, B, C, Real> f)
    {
        var gradient = ValueAndGrad(f.OfOne());
        return (x, y, z) => gradient((x, y, z));
    }

    /// <summary>The value and the tangent of a function of three numbers; the tangents of the arguments come as one tuple.</summary>
    /// <remarks>Cost: one run of f.</remarks>
    public static Func<Real, Real, Real, (Real, Real, Real), (Y Value, Y Tangent)> Jvp<Y>(Func<Real, Real, Real, Y> f) =>
        Jvp<Real, Real, Real, Y>(f);

    /// <summary>The value and the tangent of a function of three structures; the tangents of the arguments come as one tuple.</summary>
    /// <remarks>Cost: one run of f.</remarks>
    public static Func<A, B, C, (A, B, C), (Y Value, Y Tangent)> Jvp<A, B, C, Y>(Func<A, B, C, Y> f)
    {
        var product = Jvp(f.OfOne());
        return (x, y, z, tangent) => product((x, y, z), tangent);
    }

    /// <summary>The value and the pullback of a function of three numbers.</summary>
    /// <remarks>Cost: one run of f, and one sweep a call of the pullback.</remarks>
    public static Func<Real, Real, Real, (Y Value, Func<Y, (Real, Real, Real)> Pullback)> Vjp<Y>(Func<Real, Real, Real, Y> f) =>
        Vjp<Real, Real, Real, Y>(f);

    /// <summary>The value and the pullback of a function of three structures.</summary>
    /// <remarks>Cost: one run of f, and one sweep a call of the pullback.</remarks>
    public static Func<A, B, C, (Y Value, Func<Y, (A, B, C)> Pullback)> Vjp<A, B, C, Y>(Func<A, B, C, Y> f)
    {
        var product = Vjp(f.OfOne());
        return (x, y, z) => product((x, y, z));
    }

    /// <summary>The matrix of second derivatives of a function of three numbers.</summary>
    /// <remarks>Cost: as of an array.</remarks>
    public static Func<Real, Real, Real, Real[,]> Hessian(Func<Real, Real, Real, Real> f)
    {
        Adapters.Given(f, nameof(f));
        var hessian = Hessian(x => f(x[0], x[1], x[2]));
        return (x, y, z) => hessian([x, y, z]);
    }

    private static Func<(A, B, C), Y> OfOne<A, B, C, Y>(this Func<A, B, C, Y> f)
    {
        Adapters.Given(f, nameof(f));
        return p => f(Some(p.Item1, 1), Some(p.Item2, 2), Some(p.Item3, 3));
    }

    // ---- Four arguments ----

    /// <summary>The derivatives of a function of four numbers with respect to each of them, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    public static Func<Real, Real, Real, Real, (Real, Real, Real, Real)> Grad(Func<Real, Real, Real, Real, Real> f) =>
        Grad<Real, Real, Real, Real>(f);

    /// <summary>The gradients of a function of four structures with respect to each of them, by reverse mode.</summary>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    public static Func<A, B, C, D, (A, B, C, D)> Grad<A, B, C, D>(Func<A, B, C, D, Real> f)
    {
        var gradient = Grad(f.OfOne());
        return (x, y, z, w) => gradient((x, y, z, w));
    }

    /// <summary>The value and the derivatives of a function of four numbers, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<Real, Real, Real, Real, (Real Value, (Real, Real, Real, Real) Gradient)> ValueAndGrad(
        Func<Real, Real, Real, Real, Real> f
    ) => ValueAndGrad<Real, Real, Real, Real>(f);

    /// <summary>The value and the gradients of a function of four structures, by reverse mode.</summary>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    public static Func<A, B, C, D, (Real Value, (A, B, C, D) Gradient)> ValueAndGrad<A, B, C, D>(Func<A, B, C, D, Real> f)
    {
        var gradient = ValueAndGrad(f.OfOne());
        return (x, y, z, w) => gradient((x, y, z, w));
    }

    /// <summary>The value and the tangent of a function of four numbers; the tangents of the arguments come as one tuple.</summary>
    /// <remarks>Cost: one run of f.</remarks>
    public static Func<Real, Real, Real, Real, (Real, Real, Real, Real), (Y Value, Y Tangent)> Jvp<Y>(Func<Real, Real, Real, Real, Y> f) =>
        Jvp<Real, Real, Real, Real, Y>(f);

    /// <summary>The value and the tangent of a function of four structures; the tangents of the arguments come as one tuple.</summary>
    /// <remarks>Cost: one run of f.</remarks>
    public static Func<A, B, C, D, (A, B, C, D), (Y Value, Y Tangent)> Jvp<A, B, C, D, Y>(Func<A, B, C, D, Y> f)
    {
        var product = Jvp(f.OfOne());
        return (x, y, z, w, tangent) => product((x, y, z, w), tangent);
    }

    /// <summary>The value and the pullback of a function of four numbers.</summary>
    /// <remarks>Cost: one run of f, and one sweep a call of the pullback.</remarks>
    public static Func<Real, Real, Real, Real, (Y Value, Func<Y, (Real, Real, Real, Real)> Pullback)> Vjp<Y>(
        Func<Real, Real, Real, Real, Y> f
    ) => Vjp<Real, Real, Real, Real, Y>(f);

    /// <summary>The value and the pullback of a function of four structures.</summary>
    /// <remarks>Cost: one run of f, and one sweep a call of the pullback.</remarks>
    public static Func<A, B, C, D, (Y Value, Func<Y, (A, B, C, D)> Pullback)> Vjp<A, B, C, D, Y>(Func<A, B, C, D, Y> f)
    {
        var product = Vjp(f.OfOne());
        return (x, y, z, w) => product((x, y, z, w));
    }

    /// <summary>The matrix of second derivatives of a function of four numbers.</summary>
    /// <remarks>Cost: as of an array.</remarks>
    public static Func<Real, Real, Real, Real, Real[,]> Hessian(Func<Real, Real, Real, Real, Real> f)
    {
        Adapters.Given(f, nameof(f));
        var hessian = Hessian(x => f(x[0], x[1], x[2], x[3]));
        return (x, y, z, w) => hessian([x, y, z, w]);
    }

    private static Func<(A, B, C, D), Y> OfOne<A, B, C, D, Y>(this Func<A, B, C, D, Y> f)
    {
        Adapters.Given(f, nameof(f));
        return p => f(Some(p.Item1, 1), Some(p.Item2, 2), Some(p.Item3, 3), Some(p.Item4, 4));
    }

    /// <summary>An argument, which is refused where it is null, as a single one is.</summary>
    private static T Some<T>(T argument, int position) =>
        argument is null && !typeof(T).IsValueType
            ? throw new ArgumentNullException(
                nameof(argument),
                $"FuncAD: argument {position} of the function is null, so there is nothing to take numbers from. Pass a value, or leave the argument out of the function."
            )
            : argument;
}
