using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>Functions that are lifted: made, checked against the type that is asked for, and kept where nothing is captured.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class LiftedFunctions
{
    // Kept as long as the assembly of the function is loaded.
    private static readonly ConditionalWeakTable<Module, ConcurrentDictionary<MethodInfo, Lifted>> kept = [];

    /// <summary>A function over Real, and the lift that it is of.</summary>
    internal sealed record Lifted(Delegate Function, LiftedCode Code);

    public static Lifted Of(Delegate f, Type? lifted, LiftOptions? options)
    {
        RequireReadable(f);
        var mayKeep = options is null && f.HasSingleTarget && (f.Target is null || !f.Target.GetType().AllFields().Any());
        if (
            mayKeep
            && kept.TryGetValue(f.Method.Module, out var ofModule)
            && ofModule.TryGetValue(f.Method, out var known)
            && (lifted is null || known.Function.GetType() == lifted)
        )
            return known;
        var made = Make(f, lifted, options ?? new());
        if (mayKeep && made.Code.Report.Notes.Count == 0)
            kept.GetOrCreateValue(f.Method.Module)[f.Method] = made;
        return made;
    }

    private static void RequireReadable(Delegate f)
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
            throw new LiftException(
                "Lifting makes code at run time, which this program has turned off (native AOT). In a program that is not published so, "
                    + "set PublishAot to false: '#:property PublishAot=false' in a file-based app, <PublishAot>false</PublishAot> in a project."
            );
        if (f.HasSingleTarget && Captured.IsMadeAtRunTime(f))
            throw new LiftException(
                $"The {Names.Of(f.GetType())} was made at run time (by Expression.Compile, say), so that its code cannot be read. "
                    + "Lift the expression tree by Lift.Tree, or pass a function that is compiled code."
            );
    }

    private static Lifted Make(Delegate f, Type? lifted, LiftOptions options, object? argument = null)
    {
        var code = new LiftedCode(options);
        if (!code.Twins.Mentions(f.GetType()))
            throw new ArgumentException(
                $"The {Names.Of(f.GetType())} has no number among its parameters and results: there is nothing to lift.",
                nameof(f)
            );
        foreach (var one in f.GetInvocationList())
            if (code.Calls.Classify(one.Method, false) is { Kind: CallKind.Refused } refused)
                throw new LiftException($"{Names.Of(one.Method)} {refused.Why}");
        code.Reach.Add(f);
        code.Reach.Add(argument);
        code.Build();
        var function = Twin(f, code);
        if (
            lifted is not null
            && function.GetType() != lifted
            && (
                f.GetType().IsUsers()
                || function.GetType().IsGenericType && function.GetType().GetGenericArguments().Any(t => t.Assembly.IsDynamic)
            )
        )
            throw new ArgumentException(
                $"A {Names.Of(f.GetType())} names types that hold double, for which lifted code has its own: it cannot be a {Names.Of(lifted)}. "
                    + "Use Func and Action over numbers, arrays, collections and tuples, or Lift.Gradient of a type.",
                nameof(f)
            );
        if (lifted is not null && function.GetType() != lifted)
            throw new ArgumentException(
                $"A {Names.Of(f.GetType())} is lifted to a {Names.Of(function.GetType())}, not to a {Names.Of(lifted)}.",
                nameof(f)
            );
        return new(options.ReadsAnew ? Anew(f, function.GetType(), code) : function, code);
    }

    private static Delegate Twin(Delegate f, LiftedCode code)
    {
        try
        {
            return (Delegate)new Captured(code.Twins, code).ToTwin(f)!;
        }
        catch (UnknownException error)
        {
            throw new LiftException($"{error.Message}. Lift it again when it captures other objects.");
        }
    }

    /// <summary>A function that converts what f captures each time it is called.</summary>
    private static Delegate Anew(Delegate f, Type type, LiftedCode code)
    {
        Func<Delegate> now = () => Twin(f, code);
        var parameters = type.GetMethod("Invoke")!.GetParameters().Select(p => Expression.Parameter(p.ParameterType)).ToArray();
        var call = Expression.Invoke(Expression.Convert(Expression.Invoke(Expression.Constant(now)), type), parameters);
        return Expression.Lambda(type, call, parameters).Compile();
    }

    /// <summary>
    /// The gradient in the user's own types: that of a function of all numbers that the object holds, in the order in which they are met.
    /// The function is lifted with the object that it is given, whose parts may be of types that only run time tells, and again for one
    /// that has others.
    /// </summary>
    public static Func<P, (double Value, P Gradient)> ValueAndGradient<P>(Func<P, double> f, LiftOptions? options)
    {
        RequireReadable(f);
        Lifted? current = null;
        return p =>
        {
            ArgumentNullException.ThrowIfNull(p);
            var (function, code) = current ??= LiftedFor(p);
            var numbers = new List<Real>();
            try
            {
                new Captured(code.Twins, code, Collect).ToTwin(p);
            }
            catch (UnknownException)
            {
                numbers.Clear();
                (function, code) = current = LiftedFor(p);
                new Captured(code.Twins, code, Collect).ToTwin(p);
            }
            if (numbers.Count == 0)
                throw new ArgumentException(
                    $"The {Names.Of(typeof(P))} holds no number: there is nothing to differentiate by. (float counts with LiftOptions.Floats; what is found by its keys does not.)",
                    nameof(p)
                );
            var call = Call<P>(code, function);
            Real OfNumbers(Real[] x)
            {
                var at = 0;
                return call(new Captured(code.Twins, code, _ => x[at++]).ToTwin(p)!);
            }
            var (value, gradient) = AD.ValueAndGrad(OfNumbers)([.. numbers]);
            var next = 0;
            return (value.Value, (P)new Replaced(code, _ => gradient[next++].Value).Copy(p)!);

            Real Collect(double x)
            {
                numbers.Add(x);
                return x;
            }
        };

        Lifted LiftedFor(P p) => Make(f, null, options ?? new(), p);
    }

    private static Func<object, Real> Call<P>(LiftedCode code, Delegate function)
    {
        var make = typeof(LiftedFunctions).GetMethod(nameof(OfTwin), BindingFlags.Static | BindingFlags.NonPublic)!;
        return (Func<object, Real>)make.MakeGenericMethod(code.Twins.Map(typeof(P))).Invoke(null, [function])!;
    }

    private static Func<object, Real> OfTwin<T>(Func<T, Real> f) => p => f((T)p);
}
