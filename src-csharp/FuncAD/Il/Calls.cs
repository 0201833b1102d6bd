using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>What becomes of a call in lifted code.</summary>
internal enum CallKind
{
    /// <summary>It is called as it stands: no number passes.</summary>
    Same,

    /// <summary>Another method takes its place: a member of Real, a stand-in, or the same generic method at Real.</summary>
    Counterpart,

    /// <summary>Its translation is called.</summary>
    Lifted,

    /// <summary>The twin's virtual method is called.</summary>
    Virtual,

    /// <summary>The caller has given a function for it.</summary>
    Substituted,

    /// <summary>It is called as it stands, and its number is a constant.</summary>
    Constant,

    /// <summary>It is called as it stands and is given the values of numbers, for output or as whole numbers.</summary>
    Read,

    /// <summary>It is called as it stands where all its numbers are constants; a number that is differentiated there is an error.</summary>
    OfConstants,

    /// <summary>It cannot be: the call throws if it is reached.</summary>
    Refused,
}

/// <summary>The decision about a call, with the method that is called instead or the reason why none is.</summary>
internal readonly record struct Call(CallKind Kind, MethodBase? Method = null, string? Why = null);

/// <summary>
/// The policy. Values are to be those of the plain function and no derivative may be lost unseen: what would read a number as bits, as a
/// decimal or as text that is not output is refused, by the name of the callee.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Calls(Twins twins, Bodies bodies, LiftOptions options)
{
    private readonly Computes computes = new(twins, bodies);

    public Call Classify(MethodBase method, bool isVirtual)
    {
        var type = method.DeclaringType!;
        if (method is MethodInfo plain && options.FunctionFor(plain) is not null)
            return new(CallKind.Substituted, method);
        if (type.IsArray)
            return new(twins.Mentions(type) ? CallKind.Counterpart : CallKind.Same);
        if (StandIns.Find(method, twins) is { } standIn)
            return new(CallKind.Counterpart, standIn);
        if (Refusals.Of(method, twins) is { } why)
            return Refused(why);
        if (twins.HasTwin(type))
            return type.IsDelegate() ? new(CallKind.Counterpart)
                : isVirtual && method.IsVirtual && !type.IsValueType ? new(CallKind.Virtual, method)
                : Lifted(method);
        if (type.IsUsers())
            return isVirtual && method.IsVirtual && !method.IsFinal || !computes.Any(method) ? new(CallKind.Same) : Lifted(method);
        return OfFramework(method, isVirtual);
    }

    private Call OfFramework(MethodBase method, bool isVirtual)
    {
        var type = method.DeclaringType!;
        if (IsAffected(method))
            return HasCounterpart(method) ? new(CallKind.Counterpart)
                : isVirtual && method.IsAbstract ? Refused("has no counterpart for Real")
                : Lifted(method);
        var parameters = method.GetParameters().Select(p => p.ParameterType).ToArray();
        var result = method is MethodInfo m ? m.ReturnType : typeof(void);
        if (twins.IsNumber(type) && (!method.IsStatic || parameters.Any(twins.Mentions)))
            return Refused("has no counterpart for Real");
        if (!parameters.Any(twins.Mentions))
            return !twins.Mentions(result) ? new(CallKind.Same)
                : twins.IsNumber(result) ? new(CallKind.Constant)
                : Lifted(method);
        if (twins.Mentions(result) || parameters.Any(p => twins.Mentions(p) && !twins.IsNumber(p)))
            return Lifted(method);
        return Refusals.MayRead(method)
            ? new(CallKind.Read)
            : new(
                CallKind.OfConstants,
                null,
                "reads the number's value alone and would drop its derivative. Compute with double there, or say what stands for it (LiftOptions.Substitute)."
            );
    }

    /// <summary>Whether a framework method is generic at a number.</summary>
    public bool IsAffected(MethodBase method) =>
        twins.Mentions(method.DeclaringType!) && !twins.IsNumber(method.DeclaringType!)
        || method.IsGenericMethod && method.GetGenericArguments().Any(twins.Mentions);

    /// <summary>Whether a generic method of the framework is the same for Real: its own signature names no double.</summary>
    private static bool HasCounterpart(MethodBase method) =>
        !method.Module.ResolveMethod(method.MetadataToken)!.Signature().Any(NamesDouble);

    private static bool NamesDouble(Type type) =>
        type == typeof(double)
        || type.HasElementType && NamesDouble(type.GetElementType()!)
        || type.IsGenericType && type.GetGenericArguments().Any(NamesDouble);

    private Call Lifted(MethodBase method) =>
        bodies.Of(method) is not null ? new(CallKind.Lifted, method)
        : method.Attributes.HasFlag(MethodAttributes.PinvokeImpl) ? Refused("is native code (P/Invoke)")
        : method.IsAbstract ? Refused("is abstract")
        : Refused("has no IL that can be read (native code or an intrinsic of the runtime) and no counterpart for Real");

    private static Call Refused(string why) => new(CallKind.Refused, null, why);
}
