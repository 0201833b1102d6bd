using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Whether an object holds numbers by what it refers to: a list of objects with a boxed double in it, an action whose closure has one. Its
/// type does not say so, but lifted code that finds the originals there would take them for other things than numbers, or change them.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Contents(Twins twins, Calls calls)
{
    private readonly Dictionary<object, bool> known = new(ReferenceEqualityComparer.Instance);

    public bool HoldNumbers(object? value)
    {
        if (value is null || !MayHold(value.GetType()))
            return false;
        if (HoldsItself(value))
            return true;
        if (!known.TryGetValue(value, out var answer))
        {
            Explore(value);
            answer = known[value];
        }
        return answer;
    }

    /// <summary>Answers for all that an object refers to at once: numbers are found, and the answer goes back to all that refer to them.</summary>
    private void Explore(object root)
    {
        var referring = new Dictionary<object, List<object>>(ReferenceEqualityComparer.Instance) { [root] = [] };
        var holding = new Queue<object>();
        var work = new Queue<object>([root]);
        while (work.TryDequeue(out var value))
        {
            known[value] = false;
            foreach (var part in Parts(value))
            {
                if (part is null || !MayHold(part.GetType()))
                    continue;
                if (HoldsItself(part) || known.TryGetValue(part, out var answer) && answer)
                    holding.Enqueue(value);
                else if (referring.TryGetValue(part, out var others))
                    others.Add(value);
                else if (!known.ContainsKey(part))
                {
                    referring[part] = [value];
                    work.Enqueue(part);
                }
            }
        }
        while (holding.TryDequeue(out var value))
            if (!known[value])
            {
                known[value] = true;
                foreach (var other in referring[value])
                    holding.Enqueue(other);
            }
    }

    private bool HoldsItself(object value) =>
        twins.Mentions(value.GetType())
        || value is Delegate function && function.GetInvocationList().Any(one => !Captured.IsMadeAtRunTime(one) && IsLifted(one.Method));

    // Gradients in the user's types are asked for from several threads.
    private bool IsLifted(MethodInfo method)
    {
        lock (calls)
            return calls.Classify(method, false).Kind == CallKind.Lifted;
    }

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
        || type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Lazy<>)
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
