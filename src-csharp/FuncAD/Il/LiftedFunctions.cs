using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>Functions that are lifted: made, checked against the type that is asked for, and kept where nothing is captured.</summary>
internal static class LiftedFunctions
{
    // Kept as long as the assembly of the function is loaded.
    private static readonly ConditionalWeakTable<Module, ConcurrentDictionary<MethodInfo, (Delegate, LiftedCode)>> kept = [];

    public static (Delegate Function, LiftedCode Code) Of(Delegate f, Type? lifted, LiftOptions? options)
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
        var mayKeep = options is null && f.HasSingleTarget && (f.Target is null || !f.Target.GetType().AllFields().Any());
        if (
            mayKeep
            && kept.TryGetValue(f.Method.Module, out var ofModule)
            && ofModule.TryGetValue(f.Method, out var known)
            && known.Item1.GetType() == (lifted ?? known.Item1.GetType())
        )
            return known;
        var made = Make(f, lifted, options ?? new());
        if (mayKeep && made.Code.Report.Notes.Count == 0)
            kept.GetOrCreateValue(f.Method.Module)[f.Method] = made;
        return made;
    }

    private static (Delegate Function, LiftedCode Code) Make(Delegate f, Type? lifted, LiftOptions options)
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
        code.Build();
        var function = (Delegate)new Captured(code.Twins, code).ToTwin(f)!;
        if (lifted is not null && function.GetType() != lifted)
            throw new ArgumentException(
                $"A {Names.Of(f.GetType())} is lifted to a {Names.Of(function.GetType())}, not to a {Names.Of(lifted)}.",
                nameof(f)
            );
        return (options.ReadsAnew ? Anew(f, function.GetType(), code) : function, code);
    }

    /// <summary>A function that converts what f captures each time it is called.</summary>
    private static Delegate Anew(Delegate f, Type type, LiftedCode code)
    {
        Func<Delegate> now = () => (Delegate)new Captured(code.Twins, code).ToTwin(f)!;
        var parameters = type.GetMethod("Invoke")!.GetParameters().Select(p => Expression.Parameter(p.ParameterType)).ToArray();
        var call = Expression.Invoke(Expression.Convert(Expression.Invoke(Expression.Constant(now)), type), parameters);
        return Expression.Lambda(type, call, parameters).Compile();
    }

    /// <summary>The gradient in the user's own types: by AD.Grad at the twin.</summary>
    public static Func<P, P> Gradient<P>(Func<P, double> f, LiftOptions? options)
    {
        var (function, lifted) = Of(f, null, options);
        var twin = lifted.Twins.Map(typeof(P));
        var make = typeof(LiftedFunctions)
            .GetMethod(nameof(GradientOfTwin), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(twin);
        var gradient = (Func<object, object>)make.Invoke(null, [function])!;
        return p =>
        {
            ArgumentNullException.ThrowIfNull(p);
            return (P)new Captured(lifted.Twins, lifted).FromTwin(gradient(new Captured(lifted.Twins, lifted).ToTwin(p)!), typeof(P))!;
        };
    }

    private static Func<object, object> GradientOfTwin<T>(Func<T, Real> f)
    {
        var gradient = AD.Grad(f);
        return p => gradient((T)p)!;
    }
}
