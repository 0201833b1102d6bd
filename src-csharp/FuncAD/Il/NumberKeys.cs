using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// How dictionaries of lifted code compare numbers as keys. A memory of results that finds one number by another of equal value hands out
/// the derivatives of the wrong one: of an earlier call, of a constant, or of another argument that happens to be equal.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class NumberKeys<K> : IEqualityComparer<K>
{
    public bool Equals(K? x, K? y)
    {
        if (!EqualityComparer<K>.Default.Equals(x, y))
            return false;
        NumberKeys.RequireSame(x, y);
        return true;
    }

    public int GetHashCode(K key) => EqualityComparer<K>.Default.GetHashCode(key!);
}

[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class NumberKeys
{
    private static readonly Type[] dictionaries = [typeof(Dictionary<,>), typeof(ConcurrentDictionary<,>)];

    /// <summary>The comparer of a dictionary's twin whose keys are numbers or tuples of them; null for other types.</summary>
    public static Type? ComparerOf(Type type, Twins twins) =>
        type.IsGenericType
        && dictionaries.Contains(type.GetGenericTypeDefinition())
        && type.GetGenericArguments()[0] is var key
        && IsOfValues(key, twins)
            ? typeof(NumberKeys<>).MakeGenericType(twins.Map(key))
            : null;

    /// <summary>The constructor that takes a comparer beside the same arguments; null for one that takes a comparer already.</summary>
    public static ConstructorInfo? WithComparer(ConstructorInfo constructor)
    {
        var type = constructor.DeclaringType!;
        var comparer = typeof(IEqualityComparer<>).MakeGenericType(type.GetGenericArguments()[0]);
        return type.GetConstructor([.. constructor.GetParameters().Select(p => p.ParameterType), comparer]);
    }

    /// <summary>
    /// Keys that are equal where their numbers are: structs, tuples, records and anonymous types. Objects of other classes may be equal for reasons of
    /// their own (vertices of polygons at one place).
    /// </summary>
    private static bool IsOfValues(Type key, Twins twins) =>
        twins.Mentions(key)
        && (
            key.IsValueType
            || typeof(ITuple).IsAssignableFrom(key)
            || key.GetMethod("<Clone>$") is not null
            || key.Name.Contains("AnonymousType", StringComparison.Ordinal)
        );

    public static void RequireSame(object? x, object? y)
    {
        if (x is Real a && y is Real b)
        {
            if (!a.IsSameAs(b))
                throw new LiftException(
                    "A dictionary finds a number that is differentiated by another of equal value, whose derivatives may differ: those of an earlier call, of a constant, "
                        + "or of another argument. Remember results outside of what is differentiated, use keys that are no numbers, "
                        + "give the method a rule (LiftOptions.Rule), or let each call begin with what was captured (LiftOptions.ReadsAnew)."
                );
            return;
        }
        if (x is null || y is null || ReferenceEquals(x, y) || x.GetType() != y.GetType())
            return;
        foreach (var field in x.GetType().AllFields())
            if (!field.FieldType.IsPrimitive && field.FieldType != typeof(string))
                RequireSame(field.GetValue(x), field.GetValue(y));
    }
}
