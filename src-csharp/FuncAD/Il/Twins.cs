using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Which types hold numbers, and what stands for them: <see cref="Real"/> for double, arrays and framework generics at Real, and for the
/// user's own types twins with the same fields and virtual methods, which <see cref="TwinTypes"/> builds.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Twins(LiftOptions options)
{
    private Circular<Type>? answers;
    private readonly Dictionary<Type, Type> types = [];
    private readonly Dictionary<string, MethodInfo> generics = [];

    /// <summary>The types that need twins, in the order in which they were met.</summary>
    public List<Type> Found { get; } = [];

    /// <summary>The fields of closures that lifted code reads: one object is shared by all lambdas of a scope.</summary>
    public HashSet<FieldInfo> Captures { get; } = [];

    /// <summary>How many instances of virtual generic methods are called.</summary>
    public int Generics => generics.Count;

    /// <summary>Whether all twins are built, so that members of mapped types can be looked up.</summary>
    public bool AreBuilt { get; set; }

    public bool IsNumber(Type type) => type == typeof(double) || options.Floats && type == typeof(float);

    // ---- Which types ----

    /// <summary>Whether something else stands for the type in lifted code.</summary>
    public bool Mentions(Type type)
    {
        if (IsNumber(type))
            return true;
        if (type.HasElementType)
            return Mentions(type.GetElementType()!);
        if (
            type == typeof(Real)
            || type.IsFunctionPointer
            || type.IsPrimitive
            || type.IsEnum
            || type == typeof(string)
            || type == typeof(object)
        )
            return false;
        return (answers ??= new(Decide)).Ask(type);
    }

    private bool Decide(Type type)
    {
        // A Real has no place where fields lie over one another: such a type keeps its doubles, and to write a number there is refused.
        if (type.IsExplicitLayout || HasFixedSize(type))
            return false;
        if (!type.IsUsers())
            return type.IsGenericType ? type.GetGenericArguments().Any(Mentions)
                : IsClosureOfFSharpCore(type) || type.IsValueType ? type.OwnFields().Any(f => Mentions(f.FieldType)) || BaseMentions(type)
                : false;
        if (type.IsDelegate())
            return type.GetMethod("Invoke")!.Signature().Any(Mentions);
        return type.OwnFields().Any(f => Mentions(f.FieldType))
            || BaseMentions(type)
            || Hierarchies.Below(type).Any(derived => derived.OwnFields().Any(f => Mentions(f.FieldType)))
            || type.GetInterfaces().Any(Mentions)
            // A virtual generic method may be called at numbers, which only a twin's can be.
            || type.GetMethods(Names.Declared)
                .Any(m => m.IsVirtual && (m.IsGenericMethod || m.Signature().Any(t => t != type && Mentions(t))));
    }

    /// <summary>A struct with a buffer (<c>fixed double X[3]</c>), or the buffer: its numbers are reached by their bytes.</summary>
    private static bool HasFixedSize(Type type) =>
        type.IsValueType
        && type.IsUsers()
        && (
            type.StructLayoutAttribute is { Size: > 0 } && type.Name.StartsWith('<')
            || type.OwnFields().Any(f => f.IsDefined(typeof(FixedBufferAttribute), false))
        );

    private bool BaseMentions(Type type) =>
        type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && Mentions(parent);

    private static bool IsClosureOfFSharpCore(Type type) => type.Name.Contains('@');

    /// <summary>Whether a type of its own is built, rather than a framework generic taken at other arguments.</summary>
    public bool HasTwin(Type type) => !type.HasElementType && !IsNumber(type) && (type.IsUsers() || !type.IsGenericType) && Mentions(type);

    /// <summary>The object in which C# keeps what lambdas capture.</summary>
    public static bool IsClosure(Type type) => type.Name.StartsWith("<>c__DisplayClass", StringComparison.Ordinal);

    public IEnumerable<FieldInfo> TwinFields(Type type) => IsClosure(type) ? type.OwnFields().Where(Captures.Contains) : type.OwnFields();

    /// <summary>Notes the types that a type needs.</summary>
    public void Discover(Type type)
    {
        if (!Mentions(type))
            return;
        if (type.HasElementType)
        {
            Discover(type.GetElementType()!);
            return;
        }
        if (!HasTwin(type))
        {
            foreach (var argument in type.GetGenericArguments())
                Discover(argument);
            return;
        }
        if (types.ContainsKey(type))
            return;
        types[type] = type.IsValueType ? typeof(UnbuiltStruct) : typeof(Unbuilt);
        Found.Add(type);
        if (type.IsDelegate())
        {
            foreach (var part in type.GetMethod("Invoke")!.Signature())
                Discover(part);
            return;
        }
        if (type.BaseType is { } parent)
            Discover(parent);
        foreach (var contract in type.GetInterfaces())
            Discover(contract);
        if (!IsClosure(type))
            foreach (var field in type.OwnFields())
                Discover(field.FieldType);
        foreach (var method in Virtuals(type))
        foreach (var part in method.Signature())
            Discover(part);
    }

    // ---- Virtual methods ----

    /// <summary>The virtual instance methods that a type declares, generic ones at the arguments they are called with.</summary>
    public IEnumerable<MethodInfo> Virtuals(Type type)
    {
        foreach (var method in type.GetMethods(Names.Declared).Where(m => m.IsVirtual && !m.IsStatic && !IsFinalizer(m)))
            if (!method.IsGenericMethodDefinition)
                yield return method;
            else
                foreach (var called in generics.Values)
                    if (
                        called.DeclaringType!.IsAssignableFrom(type)
                        && SlotName(called) == SlotName(method)
                        && called.GetGenericArguments().Length == method.GetGenericArguments().Length
                        && called.GetParameters().Length == method.GetParameters().Length
                    )
                        yield return method.MakeGenericMethod(called.GetGenericArguments());
    }

    private static bool IsFinalizer(MethodInfo method) =>
        method.Name == "Finalize" && method.GetBaseDefinition().DeclaringType == typeof(object);

    /// <summary>A virtual generic method is called at these arguments: twins have a virtual method for them.</summary>
    public void DiscoverVirtual(MethodInfo method)
    {
        if (method.IsGenericMethod)
            generics.TryAdd($"{VirtualName(method)}/{method.GetParameters().Length}", method);
    }

    /// <summary>
    /// The slot of the framework that names double and that a method overrides (<c>Random.NextDouble</c>), or null: the twin's method is
    /// over Real, so that the framework is given another that calls it.
    /// </summary>
    public MethodInfo? SlotOfDouble(MethodInfo method) =>
        method is { IsVirtual: true, IsStatic: false, IsGenericMethod: false }
        && method.GetBaseDefinition() is { DeclaringType: { IsInterface: false } owner } slot
        && !owner.IsUsers()
        && ((MethodInfo)slot.Module.ResolveMethod(slot.MetadataToken)!).Signature().Any(NamesNumber)
            ? slot
            : null;

    /// <summary>A method that fills such a slot by more than plain numbers, which twins cannot; null if there is none.</summary>
    public MethodInfo? Unfilled(Type type) =>
        type.IsDelegate()
            ? null
            : type.GetMethods(Names.Declared)
                .Select(SlotOfDouble)
                .FirstOrDefault(slot => slot is not null && slot.Signature().Any(part => Mentions(part) && !IsNumber(part)));

    /// <summary>Whether a signature of the framework names a number itself, rather than by a type argument.</summary>
    private bool NamesNumber(Type type) => IsNumber(type) || type.HasElementType && NamesNumber(type.GetElementType()!);

    /// <summary>An interface of the framework whose members name double: a twin cannot implement it.</summary>
    public bool NamesNumbers(Type contract) =>
        !contract.IsUsers() && !contract.IsGenericType && contract.GetMethods().Any(m => m.Signature().Any(NamesNumber));

    /// <summary>The name after that of an explicitly implemented interface.</summary>
    public static string SlotName(MethodBase method) => method.Name[(method.Name.LastIndexOf('.') + 1)..];

    public static string VirtualName(MethodBase method) =>
        method.IsGenericMethod ? $"{method.Name}<{string.Join(", ", method.GetGenericArguments().Select(Names.Of))}>" : method.Name;

    /// <summary>
    /// The method whose slot a method fills. An override with a narrower result has a slot of its own in the metadata and the base's by
    /// a note: the twin overrides the base's method, with the base's result.
    /// </summary>
    public static MethodInfo Root(MethodInfo method)
    {
        var root = method;
        while (
            root.IsDefined(typeof(System.Runtime.CompilerServices.PreserveBaseOverridesAttribute), false)
            && Overridden(root) is { } overridden
        )
            root = overridden;
        return root;
    }

    private static MethodInfo? Overridden(MethodInfo method)
    {
        var parameters = method.GetParameters().Select(p => p.ParameterType).ToArray();
        for (var type = method.DeclaringType!.BaseType; type is not null; type = type.BaseType)
            foreach (var candidate in type.GetMethods(Names.Declared))
                if (
                    candidate.IsVirtual
                    && candidate.Name == method.Name
                    && candidate.GetParameters().Select(p => p.ParameterType).SequenceEqual(parameters)
                    && candidate.ReturnType.IsAssignableFrom(method.ReturnType)
                )
                    return candidate;
        return null;
    }

    // ---- What stands for them ----

    public void Build(Type type, Type twin) => types[type] = twin;

    public Type Map(Type type)
    {
        if (IsNumber(type))
            return typeof(Real);
        // Emitted code cannot name the type of a function pointer; calls through one are refused.
        if (type.IsFunctionPointer)
            return typeof(nint);
        if (!Mentions(type))
            return type;
        if (type.IsByRef)
            return Map(type.GetElementType()!).MakeByRefType();
        if (type.IsPointer)
            return Map(type.GetElementType()!).MakePointerType();
        if (type.IsSZArray)
            return Map(type.GetElementType()!).MakeArrayType();
        if (type.IsArray)
            return Map(type.GetElementType()!).MakeArrayType(type.GetArrayRank());
        if (HasTwin(type))
            return types.TryGetValue(type, out var twin) ? twin
                : AreBuilt ? throw new UnknownException($"{Names.Of(type)} was not met when the function was lifted")
                : type.IsValueType ? typeof(UnbuiltStruct)
                : typeof(Unbuilt);
        return type.GetGenericTypeDefinition().MakeGenericType([.. type.GetGenericArguments().Select(Map)]);
    }

    /// <summary>The type of a parameter or a result as callers of lifted code can name it: an object for a class that has a twin.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Type ForCallers(Type type) =>
        HasTwin(type) && !type.IsValueType ? typeof(object)
        : NamesTwin(type)
            ? throw new ArgumentException(
                $"Lifted code has a type of its own for {Names.Of(type)}, so that no function of it can be given. Replace the methods that compute with its numbers."
            )
        : Map(type);

    private bool NamesTwin(Type type) =>
        HasTwin(type)
        || type.HasElementType && NamesTwin(type.GetElementType()!)
        || type.IsGenericType && type.GetGenericArguments().Any(NamesTwin);

    public IEnumerable<Type> Map(IEnumerable<Type> signature) => signature.Select(Map);

    public Type[] Parameters(MethodBase method) => [.. method.GetParameters().Select(p => Map(p.ParameterType))];

    /// <summary>What an instance method is called on.</summary>
    public Type This(MethodBase method) =>
        Map(method.DeclaringType!) is var type && method.DeclaringType!.IsValueType ? type.MakeByRefType() : type;

    public FieldInfo Map(FieldInfo field)
    {
        var mapped = Map(field.DeclaringType!);
        return mapped == field.DeclaringType ? field : mapped.GetField(field.Name, Names.Declared)!;
    }

    /// <summary>The framework's method or a delegate's at the mapped types; null where its signature then is another.</summary>
    public MethodBase? Map(MethodBase method)
    {
        var type = method.DeclaringType!;
        var mapped = Map(type);
        var expected = Map(method.Signature()).ToArray();
        var found = type.IsArray
            ? method.IsConstructor
                ? mapped.GetConstructors().Single(c => c.GetParameters().Length == expected.Length - 1)
                : mapped.GetMethod(method.Name)
            : HasTwin(type)
                ? type.IsDelegate() && method.IsConstructor
                    ? mapped.GetConstructors().Single()
                    : mapped.GetMethods().FirstOrDefault(m => m.Name == method.Name && m.Signature().SequenceEqual(expected))
                : OfGeneric(method, mapped);
        return found is not null && found.Signature().SequenceEqual(expected) ? found : null;
    }

    private MethodBase OfGeneric(MethodBase method, Type mapped)
    {
        var found = mapped.IsGenericType
            ? MethodBase.GetMethodFromHandle(method.Module.ResolveMethod(method.MetadataToken)!.MethodHandle, mapped.TypeHandle)!
            : method;
        if (!method.IsGenericMethod)
            return found;
        var definition = found.IsGenericMethodDefinition ? (MethodInfo)found : ((MethodInfo)found).GetGenericMethodDefinition();
        return definition.MakeGenericMethod([.. method.GetGenericArguments().Select(Map)]);
    }

    private sealed class Unbuilt;

    private struct UnbuiltStruct;
}
