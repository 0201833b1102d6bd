using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// Builds the twins: types with the fields and the virtual methods of their originals, but without code. A virtual method calls the
/// static method that is its translation through a pointer, which is set when that method exists; so all types can be finished before
/// any code is emitted, and all code is emitted over finished types, whose members reflection finds.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class TwinTypes(Twins twins, ModuleBuilder module, string suffix, Predicate<MethodBase> isReached)
{
    private readonly Dictionary<Type, TypeBuilder> builders = [];
    private readonly Dictionary<(Type, MethodInfo), MethodBuilder> contracts = [];
    private readonly List<Pointer> pointers = [];
    private readonly HashSet<Type> created = [];

    /// <summary>Where the address of a virtual method's translation belongs: a static field of the twin of its type.</summary>
    internal sealed record Pointer(MethodInfo Original, Type Owner, string Field);

    /// <summary>The twins of all types found; the result is where the addresses of the virtual methods' translations belong.</summary>
    public IReadOnlyList<Pointer> Build()
    {
        foreach (var type in twins.Found)
        {
            builders[type] = Define(type, $"Twin{suffix}_{builders.Count}.{type.Name}");
            twins.Build(type, builders[type]);
        }
        foreach (var type in twins.Found)
            DefineMembers(type, builders[type]);
        foreach (var type in twins.Found)
            if (!type.IsInterface && !type.IsDelegate())
                DefineMethods(type, builders[type]);
        CreateAll();
        twins.AreBuilt = true;
        return pointers;
    }

    private TypeBuilder Define(Type type, string name) =>
        type.IsInterface ? module.DefineType(name, TypeAttributes.Interface | TypeAttributes.Abstract | TypeAttributes.Public)
        : type.IsValueType
            ? module.DefineType(name, TypeAttributes.Public | TypeAttributes.SequentialLayout | TypeAttributes.Sealed, typeof(ValueType))
        : module.DefineType(
            name,
            TypeAttributes.Public | (type.IsAbstract ? TypeAttributes.Abstract : 0) | (type.IsDelegate() ? TypeAttributes.Sealed : 0)
        );

    private void DefineMembers(Type type, TypeBuilder builder)
    {
        if (type.IsDelegate())
        {
            DefineDelegate(type, builder);
            return;
        }
        if (!type.IsInterface && !type.IsValueType)
            builder.SetParent(twins.Map(type.BaseType!));
        foreach (var contract in Contracts(type))
            builder.AddInterfaceImplementation(twins.Map(contract));
        if (type.GetCustomAttribute<InlineArrayAttribute>() is { } inline)
            builder.SetCustomAttribute(new(typeof(InlineArrayAttribute).GetConstructor([typeof(int)])!, [inline.Length]));
        if (type.IsByRefLike)
            builder.SetCustomAttribute(new(typeof(IsByRefLikeAttribute).GetConstructor([])!, []));
        foreach (var field in twins.TwinFields(type))
            builder.DefineField(field.Name, twins.Map(field.FieldType), FieldAttributes.Public);
        if (type.IsInterface)
            foreach (var method in twins.Virtuals(type))
                contracts[(type, method)] = DefineVirtual(type, builder, method);
    }

    private void DefineDelegate(Type type, TypeBuilder builder)
    {
        builder.SetParent(typeof(MulticastDelegate));
        builder
            .DefineConstructor(
                MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.RTSpecialName,
                CallingConventions.Standard,
                [typeof(object), typeof(nint)]
            )
            .SetImplementationFlags(MethodImplAttributes.Runtime);
        var invoke = type.GetMethod("Invoke")!;
        builder
            .DefineMethod(
                "Invoke",
                MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.NewSlot | MethodAttributes.Virtual,
                twins.Map(invoke.ReturnType),
                twins.Parameters(invoke)
            )
            .SetImplementationFlags(MethodImplAttributes.Runtime);
    }

    private void DefineMethods(Type type, TypeBuilder builder)
    {
        if (!type.IsValueType)
            // Allocates only: what the constructors do are static methods, which are called afterwards.
            builder.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, []).GetILGenerator().Emit(OpCodes.Ret);
        var own = new List<(MethodInfo Original, MethodBuilder Twin)>();
        foreach (var method in twins.Virtuals(type))
        {
            var twin = DefineVirtual(type, builder, method);
            own.Add((method, twin));
            if (twins.SlotOfDouble(method) is { } slot)
                DefineForFramework(method, slot, builder, twin);
        }
        foreach (var definition in type.GetMethods(Names.Declared))
            if (
                definition is { IsGenericMethodDefinition: true, IsVirtual: true, IsStatic: false }
                && !definition.GetBaseDefinition().DeclaringType!.IsUsers()
            )
                DefineDispatch(definition, builder, own);
        foreach (var contract in Contracts(type))
        {
            var map = type.GetInterfaceMap(contract);
            for (var k = 0; k < map.InterfaceMethods.Length; k++)
                if (map.TargetMethods[k] is { } target && target.DeclaringType == type)
                    foreach (var (original, twin) in own)
                        if (original.MetadataToken == target.MetadataToken && original.Module == target.Module)
                            if (OnTwin(contract, map.InterfaceMethods[k], original) is { } implemented)
                                builder.DefineMethodOverride(twin, implemented);
        }
    }

    /// <summary>A virtual method with the signature of its slot; its body calls the translation.</summary>
    private MethodBuilder DefineVirtual(Type type, TypeBuilder builder, MethodInfo method)
    {
        var root = Twins.Root(method);
        var attributes = method.Attributes & ~(MethodAttributes.MemberAccessMask | MethodAttributes.HasSecurity) | MethodAttributes.Public;
        if (root != method)
            attributes &= ~MethodAttributes.NewSlot;
        var parameters = twins.Parameters(method);
        var result = twins.Map(root.ReturnType);
        var twin = builder.DefineMethod(Twins.VirtualName(method), attributes, result, parameters);
        if (method.IsAbstract)
            return twin;
        var il = twin.GetILGenerator();
        if (!isReached(method))
        {
            il.Emit(OpCodes.Ldstr, $"{Names.Of(method)} was not expected to be called");
            il.Emit(OpCodes.Newobj, LiftException.Constructor);
            il.Emit(OpCodes.Throw);
            return twin;
        }
        var pointer = builder.DefineField(
            $"<{method.Name}>{pointers.Count}",
            typeof(nint),
            FieldAttributes.Public | FieldAttributes.Static
        );
        pointers.Add(new(method, type, pointer.Name));
        for (var k = 0; k <= parameters.Length; k++)
            il.Emit(OpCodes.Ldarg, (short)k);
        il.Emit(OpCodes.Ldsfld, pointer);
        Type self = type.IsValueType ? builder.MakeByRefType() : builder;
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, twins.Map(method.ReturnType), [self, .. parameters], null);
        il.Emit(OpCodes.Ret);
        return twin;
    }

    /// <summary>The method over double by which the framework calls one over Real: its numbers are constants.</summary>
    private static void DefineForFramework(MethodInfo own, MethodInfo slot, TypeBuilder builder, MethodBuilder twin)
    {
        var attributes = slot.Attributes & ~(MethodAttributes.NewSlot | MethodAttributes.Abstract | MethodAttributes.Final);
        var parameters = slot.GetParameters().Select(p => p.ParameterType).ToArray();
        var method = builder.DefineMethod($"{slot.Name} of double", attributes, slot.ReturnType, parameters);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        for (var k = 0; k < parameters.Length; k++)
        {
            il.Emit(OpCodes.Ldarg, (short)(k + 1));
            if (parameters[k] == typeof(double))
                il.Emit(OpCodes.Newobj, typeof(Real).GetConstructor([typeof(double)])!);
        }
        il.Emit(OpCodes.Callvirt, twin);
        if (slot.ReturnType == typeof(double))
        {
            il.Emit(
                OpCodes.Ldstr,
                $"{Names.Of(own)} is called as {Names.Of(slot)} of the framework, which would drop the derivative of its result"
            );
            il.Emit(OpCodes.Call, typeof(StandIns).GetMethod(nameof(StandIns.ReadConstant))!);
        }
        il.Emit(OpCodes.Ret);
        builder.DefineMethodOverride(method, slot);
    }

    /// <summary>
    /// A generic method that fills a slot of the framework (F#'s Specialize of a generic closure): it calls the method that the twin has
    /// for the argument that it is called at.
    /// </summary>
    private void DefineDispatch(MethodInfo definition, TypeBuilder builder, List<(MethodInfo Original, MethodBuilder Twin)> own)
    {
        if (definition.GetParameters().Length > 0 || definition.GetGenericArguments().Length != 1)
            throw new LiftException(
                $"{Names.Of(definition)} overrides a generic method of the framework, which twins do for methods without parameters only"
            );
        var attributes = definition.Attributes & ~MethodAttributes.MemberAccessMask | MethodAttributes.Public;
        var method = builder.DefineMethod(definition.Name, attributes, definition.ReturnType, Type.EmptyTypes);
        var parameter = method.DefineGenericParameters("T")[0];
        var il = method.GetILGenerator();
        foreach (var (original, twin) in own)
        {
            if (original.MetadataToken != definition.MetadataToken)
                continue;
            var next = il.DefineLabel();
            foreach (var type in new[] { parameter, twins.Map(original.GetGenericArguments()[0]) })
            {
                il.Emit(OpCodes.Ldtoken, type);
                il.Emit(OpCodes.Call, typeof(Type).GetMethod(nameof(Type.GetTypeFromHandle))!);
            }
            il.Emit(OpCodes.Bne_Un, next);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Callvirt, twin);
            il.Emit(OpCodes.Ret);
            il.MarkLabel(next);
        }
        il.Emit(OpCodes.Ldstr, $"{Names.Of(definition)} was not expected to be called at this type");
        il.Emit(OpCodes.Newobj, LiftException.Constructor);
        il.Emit(OpCodes.Throw);
    }

    /// <summary>The interfaces that a twin implements: not those with static abstract members, which lifted code calls by the type's own.</summary>
    private IEnumerable<Type> Contracts(Type type) =>
        type.GetInterfaces().Where(i => twins.HasTwin(i) || !HasStaticAbstracts(i) && !twins.NamesNumbers(i));

    private static bool HasStaticAbstracts(Type contract) =>
        (contract.IsGenericType ? contract.GetGenericTypeDefinition() : contract)
            .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(m => m.IsAbstract);

    private MethodInfo? OnTwin(Type contract, MethodInfo method, MethodInfo original)
    {
        var mapped = twins.Map(contract);
        if (mapped == contract)
            return method;
        if (twins.HasTwin(contract))
            return original.IsGenericMethod
                ? contracts
                    .FirstOrDefault(c =>
                        c.Key.Item1 == contract
                        && c.Key.Item2.MetadataToken == method.MetadataToken
                        && c.Key.Item2.GetGenericArguments().SequenceEqual(original.GetGenericArguments())
                    )
                    .Value
                : contracts[(contract, method)];
        var definition = (MethodInfo)contract.Module.ResolveMethod(method.MetadataToken)!;
        return mapped.GetGenericArguments().Any(IsUnfinished)
            ? TypeBuilder.GetMethod(mapped, definition)
            : (MethodInfo)MethodBase.GetMethodFromHandle(definition.MethodHandle, mapped.TypeHandle)!;
    }

    private static bool IsUnfinished(Type type) =>
        type is TypeBuilder
        || type.HasElementType && IsUnfinished(type.GetElementType()!)
        || type.IsGenericType && type.GetGenericArguments().Any(IsUnfinished);

    // ---- Order: bases, interfaces and the structs within a type come before it ----

    private void CreateAll()
    {
        var byName = twins.Found.ToDictionary(type => builders[type].FullName!);
        Assembly? Resolve(object? sender, ResolveEventArgs e)
        {
            if (!byName.TryGetValue(e.Name, out var type) || created.Contains(type))
                return null;
            Create(type);
            return module.Assembly;
        }
        AppDomain.CurrentDomain.TypeResolve += Resolve;
        try
        {
            foreach (var type in twins.Found)
                Create(type);
        }
        finally
        {
            AppDomain.CurrentDomain.TypeResolve -= Resolve;
        }
    }

    private void Create(Type type)
    {
        if (!twins.HasTwin(type) || !created.Add(type))
            return;
        if (!type.IsDelegate())
        {
            if (type.BaseType is { } parent)
                Create(parent);
            foreach (var contract in type.GetInterfaces())
                Create(contract);
            foreach (var field in twins.TwinFields(type))
            foreach (var part in StructsWithin(field.FieldType))
                Create(part);
        }
        twins.Build(type, builders[type].CreateType());
    }

    private IEnumerable<Type> StructsWithin(Type type) =>
        !type.IsValueType ? []
        : type.IsGenericType && !twins.HasTwin(type) ? type.GetGenericArguments().SelectMany(StructsWithin)
        : [type];
}
