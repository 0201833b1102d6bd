using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Objects of the user as objects of the twins: what a function captures becomes constants as it is now, and the numbers of a parameter
/// what the caller says. One object stays one object, so that aliases and circles survive.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Captured(Twins twins, LiftedCode code, Dictionary<object, object> made, Func<double, Real>? parameter = null)
{
    private readonly Contents contents = new(twins, code.Calls);
    private Func<double, Real>? parameter = parameter;

    public Captured(Twins twins, LiftedCode code, Func<double, Real>? parameter = null)
        : this(twins, code, new(ReferenceEqualityComparer.Instance), parameter) { }

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
        if (!contents.HoldNumbers(value))
            return value;
        if (!type.IsValueType && made.TryGetValue(value, out var known))
            return known;
        if (parameter is null && !code.Options.ReadsAnew && code.OfStatics(value) is { } shared)
            return shared;
        RequireStack();
        var layout = code.LayoutOf(type);
        if (layout.IsMemory)
            code.Report.Note(
                $"a {Names.Of(type)} that is captured is state: what one call leaves in it is a constant in the next, so that remembered results have no derivatives."
            );
        return value switch
        {
            Delegate function => made[value] = Function(function),
            Array array => ToTwins(array),
            _ when layout.IsOfThread => OfThread(value, type),
            _ when layout.IsRebuilt => Rebuilt(value, type),
            _ => Fields(value, layout),
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

    /// <summary>Not by its fields: a sorted dictionary's tree is of a type of its own.</summary>
    public static bool IsRebuilt(Type type, Twins twins) =>
        HasNumbersAsKeys(type, twins) || type.IsGenericType && type.GetGenericTypeDefinition() == typeof(SortedDictionary<,>);

    /// <summary>A hash table finds its keys by their hash codes, which are others for twins.</summary>
    public static bool HasNumbersAsKeys(Type type, Twins twins) =>
        type.IsGenericType
        && !type.IsUsers()
        && type.GetInterfaces()
            .Append(type)
            .Any(i => i.IsGenericType && IsKeyed(i.GetGenericTypeDefinition()) && twins.Mentions(i.GetGenericArguments()[0]));

    public static bool IsMemory(Type type) =>
        type.IsGenericType
        && !type.IsUsers()
        && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IDictionary<,>));

    private static bool IsKeyed(Type definition) => definition == typeof(IDictionary<,>) || definition == typeof(ISet<>);

    private object Rebuilt(object value, Type type)
    {
        // What is found by its keys rides along with a parameter, as a constant.
        var numbers = parameter;
        if (HasNumbersAsKeys(type, twins))
            parameter = null;
        var twin = Empty(value, type);
        made[value] = twin;
        AddAll(twin, (IEnumerable)value, ToTwin);
        parameter = numbers;
        return twin;
    }

    /// <summary>Adds the elements of a collection, converted, to another one.</summary>
    public static void AddAll(object target, IEnumerable source, Func<object?, object?> convert)
    {
        var add = target.GetType().GetMethods().First(m => m.Name is "Add" or "TryAdd");
        foreach (var element in source)
        {
            var pair = element?.GetType();
            add.Invoke(
                target,
                add.GetParameters().Length == 1
                    ? [convert(element)]
                    : [convert(pair!.GetProperty("Key")!.GetValue(element)), convert(pair.GetProperty("Value")!.GetValue(element))]
            );
        }
    }

    /// <summary>A collection with the comparer of another one.</summary>
    private object Empty(object value, Type type)
    {
        List<object?> arguments = [];
        if (NumberKeys.ComparerOf(type, twins) is { } keys)
        {
            RequireDefault(value, type);
            arguments.Add(Activator.CreateInstance(keys));
        }
        else if (Comparer(value, type) is { } comparer)
        {
            var twin = ToTwin(comparer)!;
            if (twin == comparer && twins.Mentions(type.GetGenericArguments()[0]))
                RequireDefault(value, type);
            arguments.Add(twin);
        }
        try
        {
            return Activator.CreateInstance(twins.Map(type), [.. arguments])!;
        }
        catch (MissingMethodException)
        {
            throw new LiftException(
                $"A {Names.Of(type)} whose keys are numbers cannot be captured. Keep it in a Dictionary, a SortedDictionary or a HashSet"
            );
        }
    }

    private static void RequireDefault(object value, Type type)
    {
        if (Comparer(value, type) is not null)
            throw new LiftException(
                $"{Names.Of(type)} finds numbers by a comparer of its own, which lifted code cannot use. Use the default one, or keys that hold no number."
            );
    }

    /// <summary>The comparer that a collection was given; null for the default one.</summary>
    public static object? Comparer(object value, Type type)
    {
        var comparer = type.GetProperty("Comparer")?.GetValue(value);
        var key = type.GetGenericArguments()[0];
        return new[] { typeof(Comparer<>), typeof(EqualityComparer<>) }.Any(c =>
            Equals(c.MakeGenericType(key).GetProperty("Default")!.GetValue(null), comparer)
        )
            ? null
            : comparer;
    }

    // ---- Values of threads ----

    /// <summary>Whether an object of the framework has a value for each thread or flow of control.</summary>
    public static bool IsOfThread(Type type) =>
        type.IsGenericType
        && !type.IsUsers()
        && (type.GetGenericTypeDefinition() == typeof(AsyncLocal<>) || type.GetGenericTypeDefinition() == typeof(ThreadLocal<>));

    /// <summary>What it has on this thread; null where it has none yet.</summary>
    public static object? ValueOnThread(object value) =>
        value.GetType().GetProperty("IsValueCreated")?.GetValue(value) is false
            ? null
            : value.GetType().GetProperty("Value")!.GetValue(value);

    private object OfThread(object value, Type type)
    {
        var factory = type.GetField("_valueFactory", Names.Declared)?.GetValue(value);
        var twin = Activator.CreateInstance(twins.Map(type), factory is null ? [] : [ToTwin(factory)])!;
        made[value] = twin;
        if (ValueOnThread(value) is { } current)
            twin.GetType().GetProperty("Value")!.SetValue(twin, ToTwin(current));
        return twin;
    }

    /// <exception cref="LiftException">An object of the type cannot be copied.</exception>
    public static void RequireCopies(Type type)
    {
        RequireNoIdentity(type);
        RequireNoHandles(type);
    }

    /// <summary>Framework types that call or look up by the object itself, which lifted code has a copy of.</summary>
    private static void RequireNoIdentity(Type type)
    {
        if (
            type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(ConditionalWeakTable<,>) || type.GetGenericTypeDefinition() == typeof(Progress<>))
        )
            throw new LiftException(
                $"A {Names.Of(type)} that is captured belongs to other objects, so that lifted code cannot have a copy of it. Capture a function, or a dictionary"
            );
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

    private object Fields(object value, Layout layout)
    {
        // Asked for first: of a type that cannot be copied no object may be there, whose finalizer would run.
        var fields = layout.Fields;
        var twin = RuntimeHelpers.GetUninitializedObject(layout.Twin);
        // What a finalizer frees is the original's.
        GC.SuppressFinalize(twin);
        if (value is not ValueType)
            made[value] = twin;
        foreach (var field in fields)
            Set(field.OfTwin, twin, ToTwin(field.Own.GetValue(value)));
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
