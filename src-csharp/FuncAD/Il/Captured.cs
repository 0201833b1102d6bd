using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Objects of the user as objects of the twins, and back: what a function captures becomes constants as it is now, parameters and
/// gradients cross in both directions. One object stays one object, so that aliases and circles survive.
/// </summary>
internal sealed class Captured(Twins twins, LiftedCode code)
{
    private readonly Dictionary<object, object> made = new(ReferenceEqualityComparer.Instance);

    /// <summary>A delegate that has no IL of its own: made by Expression.Compile, by a DynamicMethod, or by another lift.</summary>
    public static bool IsMadeAtRunTime(Delegate function) =>
        function.Method.DeclaringType is null || function.Method.Module.Assembly.IsDynamic;

    /// <summary>The compiler's caches of delegates and of call sites, which code fills when it finds them empty.</summary>
    public static bool BeginsEmpty(FieldInfo field) =>
        field.FieldType.IsSubclassOf(typeof(Delegate)) && field.Name.StartsWith('<') || typeof(CallSite).IsAssignableFrom(field.FieldType);

    /// <summary>Objects are followed by recursion: a chain of some ten thousand is an error rather than the end of the process.</summary>
    public static void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new LiftException(
                "The objects that the function captures, or is given, are linked too deeply to be copied. Keep them in an array or a list."
            );
    }

    // ---- To twins ----

    public object? ToTwin(object? value)
    {
        if (value is double number)
            return new Real(number);
        if (value is null or string or Type or MemberInfo)
            return value;
        var type = value.GetType();
        if (type == typeof(float) && twins.IsNumber(type))
            return new Real((float)value);
        if (!twins.Mentions(type))
            return value;
        if (!type.IsValueType && made.TryGetValue(value, out var known))
            return known;
        RequireStack();
        return value switch
        {
            Delegate function => made[value] = Function(function),
            Array array => ToTwins(array),
            _ when HasNumbersAsKeys(type) => Rebuilt(value, type),
            _ => Fields(value, type, twins.Map(type), field => twins.Map(field), ToTwin),
        };
    }

    private Delegate Function(Delegate function)
    {
        var type = twins.Map(function.GetType());
        if (!function.HasSingleTarget)
            return Delegate.Combine([.. function.GetInvocationList().Select(Function)])!;
        if (IsMadeAtRunTime(function))
            return code.Thrower(function.GetType());
        return Delegate.CreateDelegate(type, ToTwin(function.Target), code.Callable(function.Method));
    }

    private Array ToTwins(Array array)
    {
        if (array is double[] numbers)
        {
            var reals = Array.ConvertAll(numbers, x => new Real(x));
            made[array] = reals;
            return reals;
        }
        var twin = Arrays.Like(array, twins.Map(array.GetType().GetElementType()!));
        made[array] = twin;
        Arrays.Fill(twin, array, ToTwin);
        return twin;
    }

    // A hash table finds its keys by their hash codes, which are others for twins.
    private bool HasNumbersAsKeys(Type type) =>
        type.IsGenericType
        && !type.IsUsers()
        && type.GetInterfaces()
            .Append(type)
            .Any(i => i.IsGenericType && IsKeyed(i.GetGenericTypeDefinition()) && twins.Mentions(i.GetGenericArguments()[0]));

    private static bool IsKeyed(Type definition) => definition == typeof(IDictionary<,>) || definition == typeof(ISet<>);

    private object Rebuilt(object value, Type type)
    {
        if (
            type.GetProperty("Comparer")?.GetValue(value) is { } comparer
            && !comparer.GetType().Namespace!.StartsWith("System", StringComparison.Ordinal)
        )
            throw new LiftException(
                $"{Names.Of(type)} finds numbers by a comparer of its own, which lifted code cannot use. Use the default one, or keys that hold no number."
            );
        var twin = Activator.CreateInstance(twins.Map(type))!;
        made[value] = twin;
        var add = twin.GetType().GetMethods().First(m => m.Name is "Add" or "TryAdd");
        foreach (var element in (IEnumerable)value)
            if (add.GetParameters().Length == 1)
                add.Invoke(twin, [ToTwin(element)]);
            else
            {
                var pair = element.GetType();
                add.Invoke(
                    twin,
                    [ToTwin(pair.GetProperty("Key")!.GetValue(element)), ToTwin(pair.GetProperty("Value")!.GetValue(element))]
                );
            }
        return twin;
    }

    private object Fields(object value, Type from, Type to, Func<FieldInfo, FieldInfo?> counterpart, Func<object?, object?> convert)
    {
        var result = RuntimeHelpers.GetUninitializedObject(to);
        if (!from.IsValueType)
            made[value] = result;
        foreach (var field in from.AllFields())
            if (counterpart(field) is { } other)
                other.SetValue(result, convert(field.GetValue(value)));
        return result;
    }

    // ---- From twins ----

    /// <summary>An object of twins as one of the type that it is the twin of, each number by its value.</summary>
    public object? FromTwin(object? value, Type type)
    {
        if (value is Real number)
            return type == typeof(float) ? (float)number.Value : number.Value;
        if (value is null || !twins.Mentions(value is Array ? type : code.OriginalOf(value.GetType()) ?? type))
            return value;
        if (!type.IsValueType && made.TryGetValue(value, out var known))
            return known;
        RequireStack();
        if (value is Array array)
        {
            var element = type.GetElementType()!;
            var plain = Arrays.Like(array, element);
            made[value] = plain;
            Arrays.Fill(plain, array, x => FromTwin(x, element));
            return plain;
        }
        var original = code.OriginalOf(value.GetType()) ?? type;
        var result = RuntimeHelpers.GetUninitializedObject(original);
        if (!original.IsValueType)
            made[value] = result;
        foreach (var field in original.AllFields())
            field.SetValue(result, FromTwin(twins.Map(field).GetValue(value), field.FieldType));
        return result;
    }
}
