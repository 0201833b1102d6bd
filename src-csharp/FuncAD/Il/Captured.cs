using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Objects of the user as objects of the twins: what a function captures becomes constants as it is now, and the numbers of a parameter
/// what the caller says. One object stays one object, so that aliases and circles survive.
/// </summary>
internal sealed class Captured(Twins twins, LiftedCode code, Func<double, Real>? parameter = null)
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
            return parameter is null ? new Real(number) : parameter(number);
        if (value is null or string or Type or MemberInfo)
            return value;
        var type = value.GetType();
        if (type == typeof(float) && twins.IsNumber(type))
            return parameter is null ? new Real((float)value) : parameter((float)value);
        if (!twins.Mentions(type))
            return value;
        if (!type.IsValueType && made.TryGetValue(value, out var known))
            return known;
        RequireStack();
        if (IsMemory(type))
            code.Report.Note(
                $"a {Names.Of(type)} that is captured is state: what one call leaves in it is a constant in the next, so that remembered results have no derivatives."
            );
        return value switch
        {
            Delegate function => made[value] = Function(function),
            Array array => ToTwins(array),
            _ when HasNumbersAsKeys(type) || type.IsGenericType && type.GetGenericTypeDefinition() == typeof(SortedDictionary<,>) =>
                Rebuilt(value, type),
            _ => Fields(value, type),
        };
    }

    private Delegate Function(Delegate function)
    {
        var type = twins.Map(function.GetType());
        if (!function.HasSingleTarget)
            return Delegate.Combine([.. function.GetInvocationList().Select(Function)])!;
        if (IsMadeAtRunTime(function))
            return code.Thrower(function.GetType());
        if (code.Options.FunctionFor(function.Method) is { } given)
            return given.GetType() == type ? given : Delegate.CreateDelegate(type, given, "Invoke");
        // What a function captures is no parameter.
        var numbers = parameter;
        parameter = null;
        var target = ToTwin(function.Target);
        parameter = numbers;
        return Delegate.CreateDelegate(type, target, code.Callable(function.Method));
    }

    private Array ToTwins(Array array)
    {
        if (array is double[] numbers)
        {
            var reals = Array.ConvertAll(numbers, x => parameter is null ? new Real(x) : parameter(x));
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

    private static bool IsMemory(Type type) =>
        type.IsGenericType
        && !type.IsUsers()
        && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IDictionary<,>));

    private static bool IsKeyed(Type definition) => definition == typeof(IDictionary<,>) || definition == typeof(ISet<>);

    private object Rebuilt(object value, Type type)
    {
        if (parameter is not null && HasNumbersAsKeys(type))
            throw new LiftException($"{Names.Of(type)} has numbers as keys, which cannot be parameters");
        if (
            type.GetProperty("Comparer")?.GetValue(value) is { } comparer
            && !comparer.GetType().Namespace!.StartsWith("System", StringComparison.Ordinal)
        )
            throw new LiftException(
                $"{Names.Of(type)} finds numbers by a comparer of its own, which lifted code cannot use. Use the default one, or keys that hold no number."
            );
        var keys = NumberKeys.ComparerOf(type, twins);
        var twin = Activator.CreateInstance(twins.Map(type), keys is null ? [] : [Activator.CreateInstance(keys)])!;
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

    /// <summary>Framework types that refer to their object by a handle: a copy of it would be another's.</summary>
    private static void RequireNoHandles(Type type)
    {
        if (type.IsUsers())
            return;
        for (var part = type; part is not null; part = part.BaseType)
            if (
                part.OwnFields()
                    .Any(f =>
                        f.FieldType == typeof(nint)
                        || f.FieldType == typeof(nuint)
                        || typeof(System.Runtime.InteropServices.SafeHandle).IsAssignableFrom(f.FieldType)
                    )
            )
                throw new LiftException(
                    $"{Names.Of(type)} refers to its object by a handle of the runtime, which lifted code cannot have a copy of. Capture the object itself"
                );
    }

    private object Fields(object value, Type type)
    {
        RequireNoHandles(type);
        var twin = RuntimeHelpers.GetUninitializedObject(twins.Map(type));
        if (!type.IsValueType)
            made[value] = twin;
        foreach (var field in type.AllFields())
            // Of a closure the twin has the fields that lifted code reads.
            if (twins.Map(field) is { } own)
                Set(own, twin, ToTwin(field.GetValue(value)));
        return twin;
    }

    private static void Set(FieldInfo field, object twin, object? value)
    {
        try
        {
            field.SetValue(twin, value);
        }
        catch (ArgumentException)
        {
            throw new LiftException(
                $"A {Names.Of(value!.GetType())} in a {twin.GetType().Name} has no counterpart for Real (a comparer, say), so that the object cannot be captured. Capture its numbers in an array or a list"
            );
        }
    }
}
