using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>
/// What stands for methods of the framework that name double: members of Real, and the methods of this class, each called Type_Method
/// and with the mapped signature, the object of an instance method first.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static partial class StandIns
{
    private static readonly ILookup<string, MethodInfo> byName = typeof(StandIns)
        .GetMethods(BindingFlags.Static | BindingFlags.Public)
        .ToLookup(method => method.Name);

    /// <summary>Real's static members by name, those of generic math included.</summary>
    private static readonly ILookup<string, MethodInfo> ofReal = typeof(Real)
        .GetMethods(BindingFlags.Static | BindingFlags.Public)
        .Concat(
            typeof(Real)
                .GetInterfaces()
                .SelectMany(contract => typeof(Real).GetInterfaceMap(contract).TargetMethods)
                .Where(method => method is { IsStatic: true, ContainsGenericParameters: false })
        )
        .ToLookup(Twins.SlotName);

    /// <summary>
    /// An exception that code which is lifted may catch. What a filter throws counts as no: so a refusal of lifting, or of the library to
    /// read a number that is differentiated, goes on to the caller.
    /// </summary>
    public static object Catchable(object exception) => IsRefusal(exception) ? throw (Exception)exception : exception;

    /// <summary>Whether an exception is one, or the framework has wrapped one in it.</summary>
    public static bool IsRefusal(object? exception) =>
        exception is LiftException or UnknownException
        || exception is InvalidOperationException { Message: var said } && said.StartsWith("FuncAD", StringComparison.Ordinal)
        || exception is AggregateException many && many.InnerExceptions.Any(IsRefusal)
        || exception is Exception { InnerException: { } inner } && IsRefusal(inner);

    /// <summary>The method that is called in the place of one of the framework's, or null.</summary>
    public static MethodInfo? Find(MethodBase method, Twins twins)
    {
        if (method is not MethodInfo original || original.DeclaringType!.IsUsers())
            return null;
        var type = original.DeclaringType!;
        var name = $"{type.Name.Split('`')[0]}_{original.Name}";
        // CreateSpan's argument is a handle, from which no signature tells what it is of.
        if (name == "RuntimeHelpers_CreateSpan" && !twins.Mentions(original.GetGenericArguments()[0]))
            return null;
        Type[] expected =
        [
            .. original.IsStatic ? [] : new[] { twins.IsNumber(type) ? typeof(Real).MakeByRefType() : twins.This(original) },
            .. twins.Map(original.Signature()),
        ];
        foreach (var candidate in byName[name])
            if (Close(candidate, original, twins) is { } closed && closed.Signature().SequenceEqual(expected))
                return closed;
        if (type == typeof(Math) || type == typeof(MathF) || twins.IsNumber(type))
            if (original.Signature().Any(twins.Mentions))
                return ofReal[original.Name].FirstOrDefault(m => !m.IsGenericMethod && m.Signature().SequenceEqual(expected));
        return null;
    }

    private static MethodInfo? Close(MethodInfo candidate, MethodInfo original, Twins twins) =>
        candidate.GetGenericArguments().Length != original.GetGenericArguments().Length ? null
        : candidate.IsGenericMethod ? candidate.MakeGenericMethod([.. original.GetGenericArguments().Select(twins.Map)])
        : candidate;
}
