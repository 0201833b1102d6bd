using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>
/// What a function reaches: methods to translate, types that need twins, static fields that hold numbers. Of the virtual methods only
/// those of classes that are made, in slots that are called: rapid type analysis (Bacon and Sweeney 1996).
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Reach(Twins twins, Calls calls, Bodies bodies)
{
    private readonly Contents contents = new(twins, calls);
    private readonly Queue<MethodBase> work = new();
    private readonly HashSet<Type> live = [];
    private readonly HashSet<string> called = [];
    private readonly Dictionary<Type, HashSet<int>> fromFramework = [];
    private readonly HashSet<object> captured = new(ReferenceEqualityComparer.Instance);
    private readonly List<object> closures = [];

    /// <summary>The methods that are translated.</summary>
    public HashSet<MethodBase> Methods { get; } = [];

    /// <summary>Static fields that hold numbers, and the compiler's caches of delegates: lifted code has its own.</summary>
    public HashSet<FieldInfo> Statics { get; } = [];

    /// <summary>The assemblies whose private members lifted code uses.</summary>
    public HashSet<string> Assemblies { get; } = ["FuncAD", "FuncAD.Core"];

    /// <summary>Whether numbers are written as text: what is parsed then might be one of them.</summary>
    public bool WritesText { get; private set; }

    /// <summary>Delegates whose code was made at run time, so that it cannot be read.</summary>
    public HashSet<Type> Unreadable { get; } = [];

    /// <summary>Methods of structs that captured delegates are made of.</summary>
    public HashSet<MethodBase> OnBoxes { get; } = [];

    /// <summary>Constructors that are called from outside of lifted code.</summary>
    public HashSet<MethodBase> Constructors { get; } = [];

    public void Add(MethodBase method)
    {
        if (Methods.Add(method))
            work.Enqueue(method);
    }

    // ---- Objects that are captured ----

    public void Add(object? value)
    {
        if (!contents.HoldNumbers(value))
            return;
        var type = value!.GetType();
        if (!type.IsValueType && !captured.Add(value))
            return;
        Captured.RequireStack();
        twins.Discover(type);
        Live(type);
        if (value is Delegate function)
            AddFunction(function, type);
        else if (Twins.IsClosure(type))
        {
            closures.Add(value);
            foreach (var field in type.OwnFields().Where(twins.Captures.Contains))
                Add(field.GetValue(value));
        }
        else if (value is Array array)
        {
            if (!type.GetElementType()!.IsPrimitive)
                foreach (var element in array)
                    Add(element);
        }
        else
        {
            foreach (var field in type.AllFields())
                if (!field.FieldType.IsPrimitive)
                    Add(field.GetValue(value));
            if (Captured.IsOfThread(type))
                Add(Captured.ValueOnThread(value));
        }
    }

    private void AddFunction(Delegate function, Type type)
    {
        if (function.HasSingleTarget && Captured.IsMadeAtRunTime(function))
        {
            Unreadable.Add(type);
            return;
        }
        foreach (var one in function.GetInvocationList())
        {
            if (Captured.IsMadeAtRunTime(one))
                Unreadable.Add(type);
            else
            {
                Add(one.Target);
                if (calls.Classify(one.Method, false) is { Kind: CallKind.Lifted, Method: { } target })
                {
                    Add(target);
                    if (target is { IsStatic: false, DeclaringType.IsValueType: true })
                        OnBoxes.Add(target);
                }
            }
        }
    }

    /// <summary>A type that the caller gives and takes: it is made, though no code that is read does so.</summary>
    public void Live(Type type)
    {
        twins.Discover(type);
        for (Type? t = type; t is not null && twins.HasTwin(t) && live.Add(t); t = t.BaseType) { }
    }

    // ---- Code ----

    /// <summary>Follows the calls until nothing is new.</summary>
    public void Close()
    {
        for (var before = Size(-1); before != Size(); )
        {
            before = Size();
            foreach (var type in twins.Found.ToArray())
                if (!type.IsDelegate() && (type.IsValueType || type.IsInterface || live.Contains(type)))
                    foreach (var method in twins.Virtuals(type))
                        if (!method.IsAbstract && (called.Contains(Slot(method)) || CalledByFramework(type).Contains(method.MetadataToken)))
                            Add(method);
            while (work.TryDequeue(out var method))
                Scan(method);
        }
    }

    private (int, int, int, int) Size(int none = 0) => (twins.Found.Count + none, twins.Generics, live.Count, called.Count);

    private static string Slot(MethodBase method) => $"{Twins.SlotName(method)}/{method.GetParameters().Length}";

    /// <summary>The methods that fill slots of types without twins, which may be called from anywhere.</summary>
    private HashSet<int> CalledByFramework(Type type)
    {
        if (fromFramework.TryGetValue(type, out var tokens))
            return tokens;
        tokens = [];
        foreach (var method in twins.Virtuals(type))
            if (!twins.HasTwin(Twins.Root(method).GetBaseDefinition().DeclaringType!))
                tokens.Add(method.MetadataToken);
        if (!type.IsInterface)
            foreach (var contract in type.GetInterfaces().Where(i => !twins.HasTwin(i)))
            foreach (var target in type.GetInterfaceMap(contract).TargetMethods)
                if (target is not null)
                    tokens.Add(target.MetadataToken);
        return fromFramework[type] = tokens;
    }

    private void Scan(MethodBase method)
    {
        Access(method);
        Discover(method);
        var body = bodies.Of(method)!;
        foreach (var local in body.Layout.LocalVariables)
            twins.Discover(local.LocalType);
        foreach (var clause in body.Layout.ExceptionHandlingClauses)
            if (clause is { Flags: ExceptionHandlingClauseOptions.Clause, CatchType: { } type })
                twins.Discover(type);
        Type? constrained = null;
        foreach (var instruction in body.Instructions)
        {
            switch (instruction.Operand)
            {
                case MethodBase callee:
                    ScanCall(instruction.Op, callee, constrained);
                    break;
                case FieldInfo field:
                    ScanField(field);
                    break;
                case Type type:
                    Access(type);
                    twins.Discover(type);
                    // What is boxed may be written by anything that takes an object.
                    WritesText |= instruction.Op == OpCodes.Box && twins.Mentions(type);
                    break;
            }
            constrained = instruction.Op == OpCodes.Constrained ? (Type)instruction.Operand! : null;
        }
    }

    private void ScanCall(OpCode op, MethodBase callee, Type? constrained)
    {
        Access(callee);
        Discover(callee);
        if (Implementation(constrained, callee) is { } implementation)
            callee = implementation;
        var call = calls.Classify(callee, op == OpCodes.Callvirt || op == OpCodes.Ldvirtftn);
        if (call.Kind == CallKind.Lifted && Depth(call.Method!) <= Deepest)
            Add(call.Method!);
        else if (call.Kind == CallKind.Virtual)
        {
            var root = Twins.Root((MethodInfo)callee);
            twins.DiscoverVirtual(root);
            called.Add(Slot(root));
        }
        else if (
            call is { Kind: CallKind.Counterpart or CallKind.Same, Method: null }
            && callee is MethodInfo { IsVirtual: true, IsGenericMethod: true } generic
        )
        {
            // The framework's slot, which twins fill for the arguments that are used.
            twins.DiscoverVirtual(generic);
            called.Add(Slot(generic));
        }
        if (op == OpCodes.Newobj)
            Live(callee.DeclaringType!);
        if (callee.IsGenericMethod)
            foreach (var argument in callee.GetGenericArguments())
            {
                Live(argument);
                if (
                    IsActivation(callee)
                    && argument.GetConstructor(Names.Declared & ~BindingFlags.Static, []) is { } constructor
                    && twins.HasTwin(argument)
                )
                    Add(constructor);
            }
        WritesText |= Texts.Writes(callee, constrained, twins);
    }

    /// <summary>Recursion that nests type arguments (F of T calls F of a list of T) has no end; code that people write stays far below.</summary>
    private const int Deepest = 20;

    private static int Depth(MethodBase method) =>
        Math.Max(Depth(method.DeclaringType!), method.IsGenericMethod ? method.GetGenericArguments().Max(Depth) : 0);

    private static int Depth(Type type) =>
        type.HasElementType ? 1 + Depth(type.GetElementType()!)
        : type.IsGenericType ? 1 + type.GetGenericArguments().Max(Depth)
        : 0;

    /// <summary><c>new T()</c> of a type parameter.</summary>
    public static bool IsActivation(MethodBase method) =>
        method.DeclaringType == typeof(Activator) && method.Name == nameof(Activator.CreateInstance) && method.IsGenericMethod;

    private void ScanField(FieldInfo field)
    {
        Access(field);
        twins.Discover(field.DeclaringType!);
        twins.Discover(field.FieldType);
        if (!field.IsStatic && Twins.IsClosure(field.DeclaringType!) && twins.Captures.Add(field))
            foreach (var closure in closures.ToArray())
                if (closure.GetType() == field.DeclaringType)
                    Add(field.GetValue(closure));
        if (IsHeld(field) && Statics.Add(field))
        {
            RuntimeHelpers.RunClassConstructor(field.DeclaringType!.TypeHandle);
            if (!Captured.BeginsEmpty(field))
                Add(field.GetValue(null));
        }
    }

    private bool IsHeld(FieldInfo field)
    {
        if (field is not { IsStatic: true, IsLiteral: false })
            return false;
        var type = field.DeclaringType!;
        return twins.Mentions(field.FieldType) ? type.IsUsers() || !type.IsGenericType
            : !type.IsUsers() ? false
            : Captured.BeginsEmpty(field)
                || !field.FieldType.IsValueType && field.FieldType != typeof(string) && contents.HoldNumbers(field.GetValue(null));
    }

    private void Discover(MethodBase method)
    {
        if (method.DeclaringType is { } type)
            twins.Discover(type);
        foreach (var part in method.Signature())
            twins.Discover(part);
        if (method.IsGenericMethod)
            foreach (var argument in method.GetGenericArguments())
                twins.Discover(argument);
    }

    private void Access(MemberInfo member)
    {
        if (member.Module.Assembly.GetName().Name is { } name)
            Assemblies.Add(name);
    }

    /// <summary>The method that a constrained call runs on a value type or by a static abstract member, if it is one of the type's own.</summary>
    public MethodBase? Implementation(Type? constrained, MethodBase method)
    {
        if (constrained is null || !constrained.IsValueType && !method.IsStatic || !twins.HasTwin(constrained))
            return null;
        if (!method.DeclaringType!.IsInterface)
            return constrained
                .GetMethods(Names.Declared)
                .FirstOrDefault(m => m.IsVirtual && m.Name == method.Name && m.Signature().SequenceEqual(method.Signature()));
        if (constrained.IsInterface)
            return null;
        var map = constrained.GetInterfaceMap(method.DeclaringType);
        var definition = method.IsGenericMethod ? ((MethodInfo)method).GetGenericMethodDefinition() : method;
        var at = Array.FindIndex(map.InterfaceMethods, m => m.MetadataToken == definition.MetadataToken);
        if (at < 0 || map.TargetMethods[at] is not { } target || !method.IsStatic && target.DeclaringType != constrained)
            return null;
        return method.IsGenericMethod ? target.MakeGenericMethod(method.GetGenericArguments()) : target;
    }
}
