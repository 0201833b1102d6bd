using System.Reflection;
using System.Reflection.Emit;

namespace FuncAD.Il;

/// <summary>Calls, constructors and the making of delegates.</summary>
internal sealed partial class Translation
{
    private void PushResult(MethodBase callee)
    {
        if (callee is MethodInfo { ReturnType: var result } && result != typeof(void))
            Push(twins.Map(result));
    }

    private void TranslateCall(OpCode op, MethodBase callee)
    {
        var on = constrained;
        var tail = isTail;
        (constrained, isTail) = (null, false);
        if (code.Reach.Implementation(on, callee) is { } implementation)
            (callee, on, op) = (implementation, null, OpCodes.Call);
        var call = code.Calls.Classify(callee, op == OpCodes.Callvirt);
        if (Reach.IsActivation(callee) && twins.HasTwin(((MethodInfo)callee).GetGenericArguments()[0]))
        {
            Activate(((MethodInfo)callee).GetGenericArguments()[0]);
            return;
        }
        RequireNoTextOf(callee);
        RequireNoHashOf(callee, on);
        RequireMember(on, callee);
        RequireNoAddress(callee.GetParameters().Length);
        Pop(callee.GetParameters().Length + (callee.IsStatic ? 0 : 1));
        if (
            tail
            && on is null
            && call.Kind is CallKind.Same or CallKind.Counterpart or CallKind.Lifted or CallKind.Virtual or CallKind.Substituted
            && MayBeTail(callee)
        )
            il.Emit(OpCodes.Tailcall);
        switch (call.Kind)
        {
            case CallKind.Same:
                Constrain(on);
                Call(op, callee);
                break;
            case CallKind.Counterpart:
                // A stand-in takes the object as its first argument.
                if (call.Method is null)
                    Constrain(on);
                Call(call.Method is null ? op : OpCodes.Call, call.Method ?? Counterpart(callee));
                break;
            case CallKind.Lifted:
                il.Emit(OpCodes.Call, code.Translated(call.Method!));
                break;
            case CallKind.Virtual:
                Constrain(on);
                CallVirtual((MethodInfo)callee);
                break;
            case CallKind.Substituted:
                il.Emit(OpCodes.Call, code.Bridge((MethodInfo)callee));
                break;
            case CallKind.Constant:
                Call(op, callee);
                ToConstant();
                break;
            case CallKind.Read:
                code.Report.Read($"{Names.Of(callee)} in {Names.Of(method)}");
                ReadArguments(callee, () => il.Emit(OpCodes.Call, read));
                Call(op, callee);
                break;
            case CallKind.OfConstants:
                var message = Report($"{Names.Of(callee)} {call.Why}");
                ReadArguments(callee, () => EmitReadConstant(message));
                Call(op, callee);
                break;
            default:
                Refuse($"{Names.Of(callee)} {call.Why}");
                break;
        }
        PushResult(callee);
    }

    private void RequireMember(Type? on, MethodBase callee)
    {
        if (
            on is not null
            && twins.Map(on) == real
            && callee.DeclaringType is { IsInterface: true } contract
            && !twins.Map(contract).IsAssignableFrom(real)
        )
            throw new LiftException($"{Names.Of(callee)} has no counterpart for Real");
    }

    private void Constrain(Type? on)
    {
        if (on is not null)
            il.Emit(OpCodes.Constrained, twins.Map(on));
    }

    private void Call(OpCode op, MethodBase callee)
    {
        if (callee is ConstructorInfo constructor)
            il.Emit(op, constructor);
        else
            il.Emit(op, (MethodInfo)callee);
    }

    private MethodBase Counterpart(MethodBase callee) =>
        twins.Map(callee) ?? throw new LiftException($"{Names.Of(callee)} has no counterpart for Real");

    private void CallVirtual(MethodInfo callee)
    {
        var root = Twins.Root(callee);
        il.Emit(OpCodes.Callvirt, OfTwin(root));
        if (root.ReturnType != callee.ReturnType)
            il.Emit(OpCodes.Castclass, twins.Map(callee.ReturnType));
    }

    private MethodInfo OfTwin(MethodInfo callee)
    {
        Type[] expected = [.. twins.Map(callee.Signature())];
        for (var type = twins.Map(callee.DeclaringType!); type is not null; type = type.BaseType)
            if (
                type.GetMethods(Names.Declared)
                    .FirstOrDefault(m => m.Name == Twins.VirtualName(callee) && m.Signature().SequenceEqual(expected)) is
                { } found
            )
                return found;
        throw new LiftException($"the virtual method {Names.Of(callee)} was not found on the twin");
    }

    // Not where an address of this frame may be passed.
    private static bool MayBeTail(MethodBase callee) =>
        callee.GetParameters().All(p => !p.ParameterType.IsByRef) && (callee.IsStatic || !callee.DeclaringType!.IsValueType);

    private void RequireNoTextOf(MethodBase callee)
    {
        if (code.Reach.WritesText && Texts.Reads(callee))
            throw new LiftException(
                $"{Names.Of(callee)} reads a number from text, and lifted code may write numbers as text: the derivative would be dropped"
            );
    }

    /// <summary>A hash code is for finding equal keys, which is what a type's own GetHashCode is for; elsewhere it is the number's bits.</summary>
    private void RequireNoHashOf(MethodBase callee, Type? on)
    {
        if (callee.Name == nameof(GetHashCode) && twins.IsNumber(on ?? callee.DeclaringType!) && method.Name != nameof(GetHashCode))
            throw new LiftException($"{Names.Of(callee)} reads the number's bits and would drop its derivative");
    }

    private void EmitReadConstant(string message)
    {
        il.Emit(OpCodes.Ldstr, message);
        il.Emit(OpCodes.Call, readConstant);
    }

    /// <summary>The numbers among the arguments on the stack become doubles.</summary>
    private void ReadArguments(MethodBase callee, Action readOne)
    {
        var types = callee.GetParameters().Select(p => p.ParameterType).ToArray();
        var first = Array.FindIndex(types, twins.IsNumber);
        var spares = types[first..].Select(type => il.DeclareLocal(twins.Map(type))).ToArray();
        for (var k = spares.Length - 1; k >= 0; k--)
            il.Emit(OpCodes.Stloc, spares[k]);
        for (var k = 0; k < spares.Length; k++)
        {
            il.Emit(OpCodes.Ldloc, spares[k]);
            if (!twins.IsNumber(types[first + k]))
                continue;
            readOne();
            if (types[first + k] == typeof(float))
                il.Emit(OpCodes.Conv_R4);
        }
    }

    // ---- Constructors ----

    private void Activate(Type type)
    {
        if (type.GetConstructor(Names.Declared & ~BindingFlags.Static, []) is { } constructor)
            il.Emit(OpCodes.Call, code.Factory(constructor));
        else
        {
            var local = il.DeclareLocal(twins.Map(type));
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Initobj, twins.Map(type));
            il.Emit(OpCodes.Ldloc, local);
        }
        Push(twins.Map(type));
    }

    private void TranslateNew(MethodBase constructor)
    {
        var type = constructor.DeclaringType!;
        if (twins.HasTwin(type) && twins.Unfilled(type) is { } unfilled)
            throw new LiftException($"{Names.Of(type)} overrides {Names.Of(unfilled)} of the framework, which computes with double");
        var call = code.Calls.Classify(constructor, false);
        var isOfMemory = IsSpanOfMemory(constructor) && twins.Mentions(type);
        if (isOfMemory && stack[^2] != stackMemoryOfNumbers)
            throw new LiftException($"a span over a pointer to {Names.Of(type.GetGenericArguments()[0])}");
        Pop(constructor.GetParameters().Length);
        if (isOfMemory)
            NewSpan(type);
        else if (call.Kind == CallKind.Same)
            il.Emit(OpCodes.Newobj, (ConstructorInfo)constructor);
        else if (call.Kind == CallKind.Counterpart)
            NewCounterpart((ConstructorInfo)constructor);
        else if (call.Kind == CallKind.Lifted)
            il.Emit(OpCodes.Call, code.Factory(call.Method!));
        else if (call.Kind == CallKind.OfConstants)
        {
            var message = Report($"{Names.Of(constructor)} {call.Why}");
            ReadArguments(constructor, () => EmitReadConstant(message));
            il.Emit(OpCodes.Newobj, (ConstructorInfo)constructor);
        }
        else
            Refuse($"the constructor {Names.Of(constructor)} {call.Why ?? "takes numbers"}");
        Push(twins.Map(type));
    }

    private void NewCounterpart(ConstructorInfo constructor)
    {
        if (
            NumberKeys.ComparerOf(constructor.DeclaringType!, twins) is { } comparer
            && NumberKeys.WithComparer(constructor) is { } withComparer
        )
        {
            il.Emit(OpCodes.Newobj, comparer.GetConstructor([])!);
            constructor = withComparer;
        }
        il.Emit(OpCodes.Newobj, (ConstructorInfo)Counterpart(constructor));
    }

    private static bool IsSpanOfMemory(MethodBase constructor) =>
        constructor.GetParameters() is [{ ParameterType.IsPointer: true }, _]
        && constructor.DeclaringType!.Name is "Span`1" or "ReadOnlySpan`1";

    private void NewSpan(Type type)
    {
        var length = il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Stloc, length);
        il.Emit(OpCodes.Pop);
        il.Emit(OpCodes.Ldloc, memory!);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ldloc, length);
        il.Emit(OpCodes.Newobj, twins.Map(type).GetConstructor([memory!.LocalType, typeof(int), typeof(int)])!);
    }

    // ---- Delegates ----

    private void TranslateFunction(MethodBase target, bool isVirtual)
    {
        var call = code.Calls.Classify(target, isVirtual);
        var load = isVirtual ? OpCodes.Ldvirtftn : OpCodes.Ldftn;
        switch (call.Kind)
        {
            case CallKind.Same:
                il.Emit(load, (MethodInfo)target);
                break;
            case CallKind.Counterpart:
                il.Emit(call.Method is null ? load : OpCodes.Ldftn, (MethodInfo)(call.Method ?? Counterpart(target)));
                break;
            case CallKind.Lifted:
                if (isVirtual)
                    il.Emit(OpCodes.Pop);
                il.Emit(
                    OpCodes.Ldftn,
                    !target.IsStatic && target.DeclaringType!.IsValueType ? code.OnBox(target) : code.Translated(call.Method!)
                );
                break;
            case CallKind.Virtual:
                il.Emit(OpCodes.Ldvirtftn, OfTwin(Twins.Root((MethodInfo)target)));
                break;
            case CallKind.Substituted:
                il.Emit(OpCodes.Ldftn, code.Bridge((MethodInfo)target));
                break;
            default:
                Refuse($"a delegate of {Names.Of(target)}, which {call.Why ?? "is given values alone"}");
                break;
        }
        Push(typeof(nint));
    }
}
