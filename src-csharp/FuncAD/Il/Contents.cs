using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Whether an object holds numbers by what it refers to: a list of objects with a boxed double in it, an action whose closure has one. Its
/// type does not say so, but lifted code that finds the originals there would take them for other things than numbers, or change them.
/// </summary>
internal sealed class Contents(Twins twins, Calls calls)
{
    private readonly HashSet<object> empty = new(ReferenceEqualityComparer.Instance);

    public bool HoldNumbers(object? value)
    {
        if (value is null || !MayHold(value.GetType()))
            return false;
        if (HoldsItself(value))
            return true;
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance) { value };
        var work = new Queue<object>([value]);
        while (work.TryDequeue(out var next))
            foreach (var part in Parts(next))
                if (part is not null && MayHold(part.GetType()) && !empty.Contains(part) && seen.Add(part))
                {
                    if (HoldsItself(part))
                        return true;
                    work.Enqueue(part);
                }
        empty.UnionWith(seen.Where(part => !part.GetType().IsValueType));
        return false;
    }

    private bool HoldsItself(object value) =>
        twins.Mentions(value.GetType())
        || value is Delegate function
            && function
                .GetInvocationList()
                .Any(one => !Captured.IsMadeAtRunTime(one) && calls.Classify(one.Method, false).Kind == CallKind.Lifted);

    private bool MayHold(Type type) =>
        twins.Mentions(type)
        || !HasNoParts(type) && (type.IsUsers() || type.IsArray || type.IsSubclassOf(typeof(Delegate)) || IsContainer(type));

    /// <summary>What is closed and refers to nothing.</summary>
    private bool HasNoParts(Type type) =>
        type.IsPrimitive
        || type.IsEnum
        || type.IsPointer
        || type == typeof(string)
        || type == typeof(decimal)
        || typeof(MemberInfo).IsAssignableFrom(type)
        || type.IsArray && type.GetElementType() is { IsSealed: true } element && !MayHold(element);

    private static bool IsContainer(Type type) =>
        type.Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true
        || typeof(ITuple).IsAssignableFrom(type)
        || type.IsGenericType
            && type.GetGenericTypeDefinition() is var definition
            && (definition == typeof(Lazy<>) || definition == typeof(List<>))
        || type.Namespace == "Microsoft.FSharp.Collections";

    private static IEnumerable<object?> Parts(object value) =>
        value switch
        {
            Delegate function => function.GetInvocationList().Select(one => one.Target),
            Array array => (IEnumerable<object?>)((IEnumerable)array).Cast<object?>(),
            _ => value
                .GetType()
                .AllFields()
                .Where(f => !f.FieldType.IsPrimitive && !f.FieldType.IsPointer && !f.FieldType.IsByRefLike)
                .Select(f => f.GetValue(value)),
        };
}
