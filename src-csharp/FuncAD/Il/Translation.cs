using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;

namespace FuncAD.Il;

/// <summary>
/// Translates the body of one method. The types on the evaluation stack are followed, since <c>add</c>, <c>clt</c> or <c>conv.i4</c> do
/// not say what they work on; an instruction that cannot be translated becomes one that throws, so that only its path is lost.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed partial class Translation(LiftedCode code, MethodBase method, ILGenerator il)
{
    private static readonly Type real = typeof(Real);
    private static readonly ConstructorInfo constant = real.GetConstructor([typeof(double)])!;
    private static readonly MethodInfo read = typeof(StandIns).GetMethod(nameof(StandIns.Read))!;

    private static readonly MethodInfo readConstant = typeof(StandIns).GetMethod(nameof(StandIns.ReadConstant))!;

    private readonly Twins twins = code.Twins;
    private readonly MethodBody body = code.Bodies.Of(method)!.Layout;
    private readonly List<Type> stack = [];
    private readonly Dictionary<int, Label> labels = [];
    private readonly Dictionary<int, Type[]> stacks = [];
    private Instruction[] instructions = [];
    private LocalBuilder[] locals = [];
    private Type[] parameters = [];
    private Type? constrained;
    private bool isTail;

    public void Emit()
    {
        parameters = [.. method.IsStatic ? [] : new[] { twins.This(method) }, .. twins.Parameters(method)];
        locals = [.. body.LocalVariables.Select(v => il.DeclareLocal(twins.Map(v.LocalType), v.IsPinned))];
        instructions = code.Bodies.Of(method)!.Instructions;
        foreach (var instruction in instructions)
            if (instruction.IsBranch)
                labels.TryAdd((int)instruction.Operand!, il.DefineLabel());
            else if (instruction.Operand is int[] targets)
                foreach (var target in targets)
                    labels.TryAdd(target, il.DefineLabel());
        if (code.Options.UsesMathNetRules && MathNetAlgebra.ShortcutFor(method, twins) is { } shortcut)
            Try(shortcut);
        var falls = true;
        for (var at = 0; at < instructions.Length; at++)
        {
            var instruction = instructions[at];
            Blocks(instruction.Offset);
            if (labels.TryGetValue(instruction.Offset, out var label))
                il.MarkLabel(label);
            if (stacks.TryGetValue(instruction.Offset, out var recorded))
                Replace(recorded);
            else if (!falls)
                stack.Clear();
            if (WithConstant(at))
                at++;
            else
                TranslateOrThrow(instruction, at);
            falls = instruction.Op.FlowControl is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw);
        }
        Blocks(instructions[^1].Next);
    }

    /// <summary>Begins with a method of the same parameters that may do the work.</summary>
    private void Try(MethodInfo shortcut)
    {
        var own = il.DefineLabel();
        for (var k = 1; k < parameters.Length; k++)
            il.Emit(OpCodes.Ldarg, (short)k);
        il.Emit(OpCodes.Call, shortcut);
        il.Emit(OpCodes.Brfalse, own);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(own);
    }

    private void TranslateOrThrow(Instruction instruction, int at)
    {
        Type[] before = [.. stack];
        try
        {
            Translate(instruction, at);
        }
        catch (Exception error) when (error is LiftException or ArgumentException or TypeLoadException)
        {
            // The stack is followed all the same: the code after it is dead, but it is read.
            Refuse(error.Message);
            Replace(before);
            constrained = null;
            Skip(instruction);
        }
    }

    private string Report(string why)
    {
        var message = $"{why} (called in {Names.Of(method)})";
        code.Report.Refuse(message);
        return message;
    }

    private void Refuse(string why)
    {
        Throw(Report(why));
    }

    private void Throw(string message)
    {
        il.Emit(OpCodes.Ldstr, message);
        il.Emit(OpCodes.Newobj, LiftException.Constructor);
        il.Emit(OpCodes.Throw);
    }

    private void Skip(Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case MethodBase callee when instruction.Op == OpCodes.Newobj:
                Pop(callee.GetParameters().Length);
                Push(twins.Map(callee.DeclaringType!));
                break;
            case MethodBase callee when instruction.Op.FlowControl == FlowControl.Call:
                Pop(callee.GetParameters().Length + (callee.IsStatic ? 0 : 1));
                PushResult(callee);
                break;
            case MethodBase:
                if (instruction.Op == OpCodes.Ldvirtftn)
                    Pop();
                Push(typeof(nint));
                break;
            default:
                Pop(Popped(instruction.Op.StackBehaviourPop));
                if (instruction.Op.StackBehaviourPush is not (StackBehaviour.Push0 or StackBehaviour.Varpush))
                    Push(
                        instruction.Operand is FieldInfo field ? twins.Map(field.FieldType)
                        : instruction.Op.StackBehaviourPush == StackBehaviour.Pushr8 ? real
                        : typeof(object)
                    );
                break;
        }
    }

    private static int Popped(StackBehaviour behaviour) =>
        behaviour switch
        {
            StackBehaviour.Pop0 => 0,
            StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
            StackBehaviour.Popref_popi_popi
            or StackBehaviour.Popref_popi_popi8
            or StackBehaviour.Popref_popi_popr4
            or StackBehaviour.Popref_popi_popr8
            or StackBehaviour.Popref_popi_popref
            or StackBehaviour.Popref_popi_pop1 => 3,
            _ => 2,
        };

    // ---- The stack ----

    private Type Top => stack[^1];

    private Type Pop()
    {
        if (stack.Count == 0)
            throw new LiftException("the evaluation stack could not be followed");
        var top = Top;
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private void Pop(int n)
    {
        for (var k = 0; k < n; k++)
            Pop();
    }

    private void Push(Type type) => stack.Add(type);

    private void Replace(Type[] types)
    {
        stack.Clear();
        stack.AddRange(types);
    }

    /// <summary>What is on the stack where a branch arrives.</summary>
    private Label Arrive(int target)
    {
        stacks.TryAdd(target, [.. stack]);
        return labels[target];
    }

    // ---- Exception blocks ----

    private void Blocks(int offset)
    {
        var clauses = body.ExceptionHandlingClauses;
        if (clauses.Count == 0)
            return;
        var tries = clauses.GroupBy(c => (c.TryOffset, c.TryLength)).OrderBy(g => g.Key.TryLength).ToArray();
        // A block ends where the last handler of its try does.
        foreach (var group in tries)
            if (group.Max(c => c.HandlerOffset + c.HandlerLength) == offset)
                il.EndExceptionBlock();
        foreach (var clause in clauses)
        {
            if (clause.Flags == ExceptionHandlingClauseOptions.Filter && clause.FilterOffset == offset)
            {
                il.BeginExceptFilterBlock();
                il.Emit(OpCodes.Call, catchable);
                stacks[offset] = [typeof(object)];
            }
            if (clause.HandlerOffset == offset)
                Handler(clause, offset);
        }
        foreach (var group in tries.Reverse())
            if (group.Key.TryOffset == offset)
                il.BeginExceptionBlock();
    }

    private void Handler(ExceptionHandlingClause clause, int offset)
    {
        switch (clause.Flags)
        {
            case ExceptionHandlingClauseOptions.Finally:
                il.BeginFinallyBlock();
                break;
            case ExceptionHandlingClauseOptions.Fault:
                il.BeginFaultBlock();
                break;
            case ExceptionHandlingClauseOptions.Filter:
                il.BeginCatchBlock(null!);
                stacks[offset] = [typeof(object)];
                break;
            default:
                var type = twins.Map(clause.CatchType!);
                Catch(type);
                stacks[offset] = [type];
                break;
        }
    }

    /// <summary>What lifting refuses passes by the handlers of the code, which would hide it and go on without the derivative.</summary>
    private void Catch(Type type)
    {
        if (!type.IsAssignableFrom(typeof(LiftException)) && !type.IsAssignableFrom(typeof(InvalidOperationException)))
        {
            il.BeginCatchBlock(type);
            return;
        }
        il.BeginExceptFilterBlock();
        il.Emit(OpCodes.Call, catchable);
        il.Emit(OpCodes.Isinst, type);
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Cgt_Un);
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Castclass, type);
    }

    private static readonly MethodInfo catchable = typeof(StandIns).GetMethod(nameof(StandIns.Catchable))!;
}
