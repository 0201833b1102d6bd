using FuncAD.Traces;
using Microsoft.FSharp.Core;

namespace FuncAD;

public static partial class AD
{
    /// <inheritdoc cref="ADModule.forwardTrace{Q}"/>
    /// <remarks>
    /// The names are those of the inputs, one for each. Without them, an array parameter x gives x1, x2, ..., and separate parameters give
    /// their own. Cost: one run of f, at some 200 bytes an operation.
    /// </remarks>
    public static EvaluationTrace ForwardTrace(Func<Real[], Real[]> f, double[] x, double[] direction, params string[] names) =>
        ForwardTrace(f.ToFSharp(), f, 1, x, direction, names);

    /// <inheritdoc cref="ForwardTrace(Func{Real[], Real[]}, double[], double[], string[])"/>
    public static EvaluationTrace ForwardTrace(Func<Real[], Real> f, double[] x, double[] direction, params string[] names) =>
        ForwardTrace(f.ToFSharp(), f, 1, x, direction, names);

    /// <inheritdoc cref="ForwardTrace(Func{Real[], Real[]}, double[], double[], string[])"/>
    public static EvaluationTrace ForwardTrace(Func<Real, Real> f, double x, double direction, params string[] names) =>
        ForwardTrace(OfArray(f).ToFSharp(), f, 1, [x], [direction], names);

    /// <summary>The forward trace along the direction 1: the tangents are derivatives with respect to x.</summary>
    /// <inheritdoc cref="ForwardTrace(Func{Real[], Real[]}, double[], double[], string[])"/>
    public static EvaluationTrace ForwardTrace(Func<Real, Real> f, double x, params string[] names) => ForwardTrace(f, x, 1, names);

    /// <inheritdoc cref="ForwardTrace(Func{Real[], Real[]}, double[], double[], string[])"/>
    public static EvaluationTrace ForwardTrace(Func<Real, Real, Real> f, double[] x, double[] direction, params string[] names) =>
        ForwardTrace(OfArray(f).ToFSharp(), f, 2, x, direction, names);

    /// <inheritdoc cref="ForwardTrace(Func{Real[], Real[]}, double[], double[], string[])"/>
    public static EvaluationTrace ForwardTrace(Func<Real, Real, Real, Real> f, double[] x, double[] direction, params string[] names) =>
        ForwardTrace(OfArray(f).ToFSharp(), f, 3, x, direction, names);

    /// <inheritdoc cref="ADModule.reverseTrace"/>
    /// <remarks>
    /// The names are those of the inputs, one for each. Without them, an array parameter x gives x1, x2, ..., and separate parameters give
    /// their own. Cost: one run of f, at some 200 bytes an operation.
    /// </remarks>
    public static EvaluationTrace ReverseTrace(Func<Real[], Real> f, double[] x, params string[] names) =>
        ReverseTrace(f.ToFSharp(), f, 1, x, [1], names);

    /// <inheritdoc cref="ReverseTrace(Func{Real[], Real}, double[], string[])"/>
    public static EvaluationTrace ReverseTrace(Func<Real, Real> f, double x, params string[] names) =>
        ReverseTrace(OfArray(f).ToFSharp(), f, 1, [x], [1], names);

    /// <inheritdoc cref="ReverseTrace(Func{Real[], Real}, double[], string[])"/>
    public static EvaluationTrace ReverseTrace(Func<Real, Real, Real> f, double[] x, params string[] names) =>
        ReverseTrace(OfArray(f).ToFSharp(), f, 2, x, [1], names);

    /// <inheritdoc cref="ReverseTrace(Func{Real[], Real}, double[], string[])"/>
    public static EvaluationTrace ReverseTrace(Func<Real, Real, Real, Real> f, double[] x, params string[] names) =>
        ReverseTrace(OfArray(f).ToFSharp(), f, 3, x, [1], names);

    /// <inheritdoc cref="ADModule.reverseTraceWith{Q}"/>
    public static EvaluationTrace ReverseTrace(Func<Real[], Real[]> f, double[] x, double[] cotangent, params string[] names)
    {
        ArgumentNullException.ThrowIfNull(cotangent);
        return ReverseTrace(f.ToFSharp(), f, 1, x, cotangent, names);
    }

    private static EvaluationTrace ForwardTrace<Q>(
        FSharpFunc<Real[], Q> function,
        Delegate f,
        int arguments,
        double[] x,
        double[] direction,
        string[] names
    )
    {
        CheckInputs(nameof(ForwardTrace), arguments, x);
        return Trace.forward(nameof(ForwardTrace), Naming.given(f.Method, arguments, x.Length, names), function, x, direction);
    }

    private static EvaluationTrace ReverseTrace<Q>(
        FSharpFunc<Real[], Q> function,
        Delegate f,
        int arguments,
        double[] x,
        double[] cotangent,
        string[] names
    )
    {
        CheckInputs(nameof(ReverseTrace), arguments, x);
        return Trace.reverse(nameof(ReverseTrace), Naming.given(f.Method, arguments, x.Length, names), function, x, cotangent);
    }

    private static void CheckInputs(string operation, int arguments, double[] x)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (arguments > 1 && x.Length != arguments)
            throw new ArgumentException(
                $"{operation}: f has {arguments} arguments: expected {arguments} numbers in x, got {x.Length}.",
                nameof(x)
            );
    }

    private static Func<Real[], Real> OfArray(Func<Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x[0]);
    }

    private static Func<Real[], Real> OfArray(Func<Real, Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x[0], x[1]);
    }

    private static Func<Real[], Real> OfArray(Func<Real, Real, Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x[0], x[1], x[2]);
    }
}
