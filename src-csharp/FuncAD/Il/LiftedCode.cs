using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>One lift: what is reached, the twins, an assembly with their types and the translated methods, and its static fields.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class LiftedCode
{
    private static int count;

    private readonly AssemblyBuilder assembly;
    private readonly ModuleBuilder module;
    private readonly string suffix;
    private readonly TypeBuilder translations;
    private readonly Dictionary<MethodBase, MethodBuilder> methods = [];
    private readonly Dictionary<MethodBase, MethodBuilder> factories = [];
    private readonly Dictionary<MethodBase, MethodBuilder> onBoxes = [];
    private readonly Dictionary<MethodInfo, MethodBuilder> bridges = [];
    private readonly Dictionary<Type, MethodBuilder> throwers = [];
    private readonly Dictionary<FieldInfo, FieldInfo> statics = [];
    private readonly Dictionary<MethodInfo, FieldInfo> substitutes = [];
    private readonly ConcurrentDictionary<Type, Layout> layouts = [];
    private readonly Dictionary<object, object> ofStatics = new(ReferenceEqualityComparer.Instance);
    private Type? finished;

    public LiftedCode(LiftOptions options)
    {
        Options = options;
        suffix = $"_{Interlocked.Increment(ref count)}";
        assembly = AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName($"FuncAD.Lifted{suffix}"),
            options.Collectible ? AssemblyBuilderAccess.RunAndCollect : AssemblyBuilderAccess.Run
        );
        module = assembly.DefineDynamicModule("lifted");
        translations = module.DefineType($"Translations{suffix}", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        Twins = new(options);
        Calls = new(Twins, Bodies, options);
        Reach = new(Twins, Calls, Bodies);
    }

    public LiftOptions Options { get; }
    public Twins Twins { get; }
    public Bodies Bodies { get; } = new();
    public Calls Calls { get; }
    public Reach Reach { get; }
    public LiftReport Report { get; } = new();

    // ---- Building ----

    /// <summary>Translates all that has been added to <see cref="Reach"/>.</summary>
    public void Build()
    {
        Reach.Close();
        IgnoreAccess();
        var pointers = new TwinTypes(Twins, module, suffix, Reach.Methods.Contains).Build();
        HoldStatics();
        foreach (var method in Reach.Methods)
            methods[method] = Define(method);
        foreach (var method in Reach.Methods)
            if (method is MethodInfo known && Options.FunctionFor(known) is not null)
                Forward(known);
            else
                new Translation(this, method, methods[method].GetILGenerator()).Emit();
        foreach (var type in Reach.Unreadable)
            Define(type);
        foreach (var method in Reach.OnBoxes)
            OnBox(method);
        foreach (var constructor in Reach.Constructors)
            Factory(constructor);
        finished = translations.CreateType();
        foreach (var (original, owner, field) in pointers)
            Twins.Map(owner).GetField(field)!.SetValue(null, Finished(methods[original]).MethodHandle.GetFunctionPointer());
        FillStatics();
        Report.Close(Reach.Methods.Count, Twins.Found.Count);
    }

    private MethodBuilder Define(MethodBase method)
    {
        Type[] parameters = [.. method.IsStatic ? [] : new[] { Twins.This(method) }, .. Twins.Parameters(method)];
        return Define(
            $"{method.DeclaringType?.Name}.{method.Name}",
            method is MethodInfo m ? Twins.Map(m.ReturnType) : typeof(void),
            parameters
        );
    }

    private MethodBuilder Define(string name, Type result, Type[] parameters) =>
        translations.DefineMethod($"{name}#{defined++}", MethodAttributes.Public | MethodAttributes.Static, result, parameters);

    private int defined;

    private MethodInfo Finished(MethodBuilder method) => finished!.GetMethod(method.Name)!;

    private void HoldStatics()
    {
        var holder = module.DefineType($"Statics{suffix}", TypeAttributes.Public);
        string Name(string name, Type type, bool isOfThread)
        {
            var field = holder.DefineField($"{name}'{defined++}", type, FieldAttributes.Public | FieldAttributes.Static);
            if (isOfThread)
                field.SetCustomAttribute(new(typeof(ThreadStaticAttribute).GetConstructor([])!, []));
            return field.Name;
        }
        Dictionary<MemberInfo, string> names = [];
        foreach (var field in Reach.Statics)
            names[field] = Name(field.Name, Twins.Map(field.FieldType), IsOfThread(field));
        foreach (var (method, function) in Options.Functions)
            names[method] = Name("function", function.GetType(), false);
        var type = holder.CreateType();
        foreach (var field in Reach.Statics)
            statics[field] = type.GetField(names[field])!;
        foreach (var (method, function) in Options.Functions)
        {
            substitutes[method] = type.GetField(names[method])!;
            substitutes[method].SetValue(null, function);
        }
    }

    private static bool IsOfThread(FieldInfo field) => field.IsDefined(typeof(ThreadStaticAttribute), false);

    private void FillStatics()
    {
        // One object stays one, in static fields and in what functions capture.
        var captured = new Captured(Twins, this, ofStatics);
        foreach (var (field, holder) in statics)
        {
            if (Captured.BeginsEmpty(field))
                continue;
            if (!field.IsInitOnly && field.DeclaringType!.IsUsers())
                Report.Note(
                    $"{Names.Of(field)} is state: lifted code has its own, which begins as it is now; a number that one call leaves there is a constant in the next."
                );
            holder.SetValue(null, captured.ToTwin(field.GetValue(null)));
        }
    }

    // ---- What translations ask for ----

    public MethodBuilder Translated(MethodBase method) =>
        methods.TryGetValue(method, out var translated)
            ? translated
            : throw new LiftException($"{Names.Of(method)} is called at types that nest without end");

    public FieldInfo Held(FieldInfo field) => statics[field];

    /// <summary>A constructor as a function that allocates.</summary>
    public MethodBuilder Factory(MethodBase constructor)
    {
        if (factories.TryGetValue(constructor, out var known))
            return known;
        var original = constructor.DeclaringType!;
        var type = Twins.Map(original);
        var parameters = Twins.Parameters(constructor);
        var factory = factories[constructor] = Define($"new {original.Name}", type, parameters);
        var il = factory.GetILGenerator();
        var local = il.DeclareLocal(type);
        if (type.IsValueType)
        {
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Initobj, type);
            il.Emit(OpCodes.Ldloca, local);
        }
        else
        {
            if (Twins.HasTwin(original))
                il.Emit(OpCodes.Newobj, type.GetConstructor([])!);
            else
            {
                // A type without a twin whose constructor computes with numbers.
                il.Emit(OpCodes.Ldtoken, type);
                il.Emit(OpCodes.Call, typeof(Type).GetMethod(nameof(Type.GetTypeFromHandle))!);
                il.Emit(OpCodes.Call, typeof(RuntimeHelpers).GetMethod(nameof(RuntimeHelpers.GetUninitializedObject))!);
                il.Emit(OpCodes.Castclass, type);
            }
            il.Emit(OpCodes.Stloc, local);
            il.Emit(OpCodes.Ldloc, local);
        }
        for (var k = 0; k < parameters.Length; k++)
            il.Emit(OpCodes.Ldarg, (short)k);
        il.Emit(OpCodes.Call, methods[constructor]);
        il.Emit(OpCodes.Ldloc, local);
        il.Emit(OpCodes.Ret);
        return factory;
    }

    /// <summary>The translation of a struct's method with the boxed struct as its first argument, for delegates.</summary>
    public MethodBuilder OnBox(MethodBase method)
    {
        if (onBoxes.TryGetValue(method, out var known))
            return known;
        var parameters = Twins.Parameters(method);
        var adapter = onBoxes[method] = Define(
            $"boxed {method.Name}",
            Twins.Map(((MethodInfo)method).ReturnType),
            [typeof(object), .. parameters]
        );
        var il = adapter.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Unbox, Twins.Map(method.DeclaringType!));
        for (var k = 1; k <= parameters.Length; k++)
            il.Emit(OpCodes.Ldarg, (short)k);
        il.Emit(OpCodes.Call, methods[method]);
        il.Emit(OpCodes.Ret);
        return adapter;
    }

    /// <summary>A method that calls the function given for one (<see cref="LiftOptions.Substitute(MethodInfo, Delegate)"/>).</summary>
    public MethodBuilder Bridge(MethodInfo method)
    {
        if (bridges.TryGetValue(method, out var known))
            return known;
        Type[] parameters = [.. method.IsStatic ? [] : new[] { Twins.This(method) }, .. Twins.Parameters(method)];
        var bridge = bridges[method] = Define($"for {method.Name}", Twins.Map(method.ReturnType), parameters);
        var il = bridge.GetILGenerator();
        var invoke = substitutes[method].FieldType.GetMethod("Invoke")!;
        Type[] called = [.. parameters, Twins.Map(method.ReturnType)];
        if (!invoke.Signature().Zip(called).All(p => p.First == p.Second || p.First == typeof(object) && !p.Second.IsValueType))
            throw new LiftException(
                $"{Names.Of(method)} was given a function from ({string.Join(", ", invoke.GetParameters().Select(p => Names.Of(p.ParameterType)))}) to {Names.Of(invoke.ReturnType)}; lifted code calls it with ({string.Join(", ", parameters.Select(Names.Of))}) and expects {Names.Of(Twins.Map(method.ReturnType))}."
            );
        // A static method is called as such: static fields of code that can be unloaded are slow.
        var isDirect =
            Options.FunctionFor(method) is
            { HasSingleTarget: true, Target: null, Method: { IsStatic: true, IsPublic: true, DeclaringType.IsVisible: true } };
        if (!isDirect)
            il.Emit(OpCodes.Ldsfld, substitutes[method]);
        for (var k = 0; k < parameters.Length; k++)
            il.Emit(OpCodes.Ldarg, (short)k);
        il.Emit(isDirect ? OpCodes.Call : OpCodes.Callvirt, isDirect ? Options.FunctionFor(method)!.Method : invoke);
        il.Emit(OpCodes.Ret);
        return bridge;
    }

    /// <summary>An override that is replaced is met as what a virtual call finds.</summary>
    private void Forward(MethodInfo method)
    {
        var il = methods[method].GetILGenerator();
        var count = method.GetParameters().Length + (method.IsStatic ? 0 : 1);
        for (var k = 0; k < count; k++)
            il.Emit(OpCodes.Ldarg, (short)k);
        il.Emit(OpCodes.Call, Bridge(method));
        il.Emit(OpCodes.Ret);
    }

    private void Define(Type delegateType)
    {
        var invoke = delegateType.GetMethod("Invoke")!;
        var thrower = throwers[delegateType] = Define(
            $"unreadable {delegateType.Name}",
            Twins.Map(invoke.ReturnType),
            Twins.Parameters(invoke)
        );
        var il = thrower.GetILGenerator();
        il.Emit(
            OpCodes.Ldstr,
            $"a {Names.Of(delegateType)} was made at run time (by Expression.Compile, say), so that its code cannot be read. Lift the expression tree by Lift.Tree, or pass a function that is compiled code."
        );
        il.Emit(OpCodes.Newobj, LiftException.Constructor);
        il.Emit(OpCodes.Throw);
    }

    // ---- What captured objects ask for, when all is built ----

    public Delegate Thrower(Type delegateType) => Finished(throwers[delegateType]).CreateDelegate(Twins.Map(delegateType));

    /// <summary>The method that a delegate of one is made of.</summary>
    public MethodInfo Callable(MethodInfo method)
    {
        var call = Calls.Classify(method, false);
        return call.Kind switch
        {
            CallKind.Lifted when methods.TryGetValue(call.Method!, out var translated) => Finished(
                onBoxes.GetValueOrDefault(method) ?? translated
            ),
            CallKind.Lifted => throw new UnknownException($"{Names.Of(method)} was not met when the function was lifted"),
            CallKind.Counterpart => (MethodInfo)(call.Method ?? Twins.Map(method)!),
            CallKind.Same => method,
            _ => throw new LiftException($"{Names.Of(method)} {call.Why ?? "cannot be the code of a delegate"}"),
        };
    }

    /// <summary>The twin of an object that static fields refer to, too.</summary>
    public object? OfStatics(object value) => ofStatics.GetValueOrDefault(value);

    /// <summary>How objects of a type are copied, which is asked for each of them.</summary>
    public Layout LayoutOf(Type type) => layouts.GetOrAdd(type, type => new(type, Twins));

    public MethodInfo Made(MethodBase constructor) => Finished(factories[constructor]);

    // ---- Private members ----

    // The runtime honours this attribute, which no library declares: the assembly may use what the named ones keep to themselves.
    private void IgnoreAccess()
    {
        var attribute = module.DefineType(
            "System.Runtime.CompilerServices.IgnoresAccessChecksToAttribute",
            TypeAttributes.Public,
            typeof(Attribute)
        );
        var constructor = attribute.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [typeof(string)]);
        var il = constructor.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, typeof(Attribute).GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [])!);
        il.Emit(OpCodes.Ret);
        var made = attribute.CreateType().GetConstructor([typeof(string)])!;
        foreach (var name in Reach.Assemblies)
            assembly.SetCustomAttribute(new(made, [name]));
    }
}
