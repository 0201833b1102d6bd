using System.Reflection;
using System.Reflection.Emit;

namespace FuncAD.Il;

internal sealed partial class Translation
{
    private static readonly Dictionary<string, MethodInfo> operators = new[]
    {
        "op_Addition",
        "op_Subtraction",
        "op_Multiply",
        "op_Division",
        "op_Modulus",
        "op_Equality",
        "op_LessThan",
        "op_LessThanOrEqual",
        "op_GreaterThan",
        "op_GreaterThanOrEqual",
    }.ToDictionary(name => name, name => real.GetMethod(name, [real, real])!);

    private static readonly Dictionary<string, string> arithmetic = new()
    {
        ["add"] = "op_Addition",
        ["sub"] = "op_Subtraction",
        ["mul"] = "op_Multiply",
        ["div"] = "op_Division",
        ["rem"] = "op_Modulus",
    };

    // An unordered relation is the negation of the opposite one: NaN fulfils it.
    private static (string Relation, bool Holds) Relation(string name) =>
        name switch
        {
            "eq" => ("op_Equality", true),
            "ne.un" => ("op_Equality", false),
            "lt" => ("op_LessThan", true),
            "le" => ("op_LessThanOrEqual", true),
            "gt" => ("op_GreaterThan", true),
            "ge" => ("op_GreaterThanOrEqual", true),
            "lt.un" => ("op_GreaterThanOrEqual", false),
            "le.un" => ("op_GreaterThan", false),
            "gt.un" => ("op_LessThanOrEqual", false),
            "ge.un" => ("op_LessThan", false),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "This is no relation."),
        };

    /// <summary>A number and a literal: Real has operators for that.</summary>
    private bool WithConstant(int at)
    {
        var instruction = instructions[at];
        if (instruction.Op != OpCodes.Ldc_R8 || at + 1 == instructions.Length || stack.Count == 0 || Top != real)
            return false;
        var next = instructions[at + 1];
        if (labels.ContainsKey(next.Offset) || next.Op == OpCodes.Rem || !arithmetic.TryGetValue(next.Op.Name!, out var name))
            return false;
        il.Emit(OpCodes.Ldc_R8, (double)instruction.Operand!);
        il.Emit(OpCodes.Call, real.GetMethod(name, [real, typeof(double)])!);
        return true;
    }

    private void Translate(Instruction instruction, int at)
    {
        var (op, operand) = (instruction.Op, instruction.Operand);
        var name = op.Name!;
        switch (name)
        {
            case "nop":
                // Not left out: a branch to the next instruction, where a try begins, ends the process in the JIT of .NET 10.
                il.Emit(op);
                return;
            case "break" or "volatile." or "unaligned.":
                return;
            case "tail.":
                isTail = true;
                return;
            case "readonly.":
                il.Emit(op);
                return;
            case "constrained.":
                constrained = (Type)operand!;
                return;
            case "call" or "callvirt":
                TranslateCall(op, (MethodBase)operand!);
                return;
            case "newobj":
                TranslateNew((MethodBase)operand!);
                return;
            case "ldftn":
                TranslateFunction((MethodBase)operand!, false);
                return;
            case "ldvirtftn":
                Pop();
                TranslateFunction((MethodBase)operand!, true);
                return;
            case "calli":
                throw new LiftException("a call through a function pointer");
            case "ret":
                il.Emit(op);
                stack.Clear();
                return;
            case "dup":
                il.Emit(op);
                Push(Top);
                return;
            case "throw" or "pop":
                il.Emit(op);
                Pop();
                return;
            case "rethrow" or "endfinally":
                il.Emit(op);
                return;
            case "endfilter":
                // BeginCatchBlock emits it.
                Pop();
                return;
            case "localloc":
                TranslateAllocation(at);
                return;
            case "cpblk":
                TranslateCopy(at);
                return;
            case "ldtoken":
                TranslateToken(operand!);
                return;
            case "ldnull":
                il.Emit(op);
                Push(typeof(object));
                return;
            case "ldstr":
                il.Emit(op, (string)operand!);
                Push(typeof(string));
                return;
            case "switch":
                Pop();
                il.Emit(op, [.. ((int[])operand!).Select(Arrive)]);
                return;
            case "leave" or "leave.s":
                stack.Clear();
                il.Emit(OpCodes.Leave, labels[(int)operand!]);
                return;
            case "br" or "br.s":
                il.Emit(OpCodes.Br, Arrive((int)operand!));
                return;
            case "brtrue" or "brtrue.s":
                Pop();
                il.Emit(OpCodes.Brtrue, Arrive((int)operand!));
                return;
            case "brfalse" or "brfalse.s":
                Pop();
                il.Emit(OpCodes.Brfalse, Arrive((int)operand!));
                return;
            case "ldlen":
                Pop();
                il.Emit(op);
                Push(typeof(nint));
                return;
        }
        if (instruction.IsBranch)
            TranslateBranch(op, name, (int)operand!);
        else if (operand is FieldInfo field)
            TranslateField(op, field);
        else if (operand is Type type)
            TranslateTyped(op, type);
        else if (name.StartsWith("ldc.", StringComparison.Ordinal))
            TranslateLiteral(op, operand);
        else if (name.StartsWith("conv.", StringComparison.Ordinal))
            TranslateConversion(op);
        else if (name.StartsWith("ldarg", StringComparison.Ordinal) || name.StartsWith("starg", StringComparison.Ordinal))
            TranslateArgument(name, operand);
        else if (name.StartsWith("ldloc", StringComparison.Ordinal) || name.StartsWith("stloc", StringComparison.Ordinal))
            TranslateLocal(name, operand);
        else if (name.StartsWith("ldelem", StringComparison.Ordinal) || name.StartsWith("ldind", StringComparison.Ordinal))
            TranslateLoad(op, name);
        else if (name.StartsWith("stelem", StringComparison.Ordinal) || name.StartsWith("stind", StringComparison.Ordinal))
            TranslateStore(op, name);
        else
            TranslateArithmetic(op, name);
    }

    // ---- Literals, arguments, locals ----

    private void TranslateLiteral(OpCode op, object? operand)
    {
        switch (operand)
        {
            case double x:
                il.Emit(op, x);
                il.Emit(OpCodes.Newobj, constant);
                Push(real);
                break;
            case float x when twins.IsNumber(typeof(float)):
                il.Emit(OpCodes.Ldc_R8, (double)x);
                il.Emit(OpCodes.Newobj, constant);
                Push(real);
                break;
            case float x:
                il.Emit(op, x);
                Push(typeof(float));
                break;
            case long x:
                il.Emit(op, x);
                Push(typeof(long));
                break;
            case int x:
                il.Emit(OpCodes.Ldc_I4, x);
                Push(typeof(int));
                break;
            default:
                il.Emit(op);
                Push(typeof(int));
                break;
        }
    }

    /// <summary>The index of ldarg.2 or ldloc.s 2.</summary>
    private static int Index(string name, object? operand) => operand is int index ? index : name[^1] - '0';

    private void TranslateArgument(string name, object? operand)
    {
        var index = Index(name, operand);
        if (name.StartsWith("starg", StringComparison.Ordinal))
        {
            RequireSamePointer(parameters[index]);
            Pop();
            il.Emit(OpCodes.Starg, (short)index);
        }
        else
        {
            var isAddress = name.StartsWith("ldarga", StringComparison.Ordinal);
            il.Emit(isAddress ? OpCodes.Ldarga : OpCodes.Ldarg, (short)index);
            Push(isAddress ? parameters[index].MakeByRefType() : parameters[index]);
        }
    }

    private void TranslateLocal(string name, object? operand)
    {
        var local = locals[Index(name, operand)];
        if (name.StartsWith("stloc", StringComparison.Ordinal))
        {
            RequireSamePointer(local.LocalType);
            Pop();
            il.Emit(OpCodes.Stloc, local);
        }
        else
        {
            var isAddress = name.StartsWith("ldloca", StringComparison.Ordinal);
            il.Emit(isAddress ? OpCodes.Ldloca : OpCodes.Ldloc, local);
            Push(isAddress ? local.LocalType.MakeByRefType() : local.LocalType);
        }
    }

    // ---- Arithmetic, comparison, conversion ----

    /// <summary>Makes the two topmost numbers Reals, if one is.</summary>
    private bool AreReal()
    {
        var (a, b) = (stack[^2], stack[^1]);
        if (a != real && b != real)
            return false;
        if (b != real)
            ToConstant();
        else if (a != real)
        {
            var spare = il.DeclareLocal(real);
            il.Emit(OpCodes.Stloc, spare);
            ToConstant();
            il.Emit(OpCodes.Ldloc, spare);
        }
        return true;
    }

    private void ToConstant()
    {
        il.Emit(OpCodes.Conv_R8);
        il.Emit(OpCodes.Newobj, constant);
    }

    private void TranslateArithmetic(OpCode op, string name)
    {
        if (name is "neg" or "not" or "ckfinite")
        {
            if (Top != real)
                il.Emit(op);
            else if (name == "neg")
                il.Emit(OpCodes.Call, real.GetMethod("op_UnaryNegation")!);
            return;
        }
        if (name is "ceq" or "clt" or "cgt" or "clt.un" or "cgt.un")
        {
            if (AreReal())
            {
                var (relation, holds) = Relation(name[1..]);
                il.Emit(OpCodes.Call, operators[relation]);
                if (!holds)
                {
                    il.Emit(OpCodes.Ldc_I4_0);
                    il.Emit(OpCodes.Ceq);
                }
            }
            else
                il.Emit(op);
            Pop(2);
            Push(typeof(int));
            return;
        }
        if (op.StackBehaviourPop != StackBehaviour.Pop1_pop1)
            throw new LiftException($"the instruction {name}");
        if (arithmetic.TryGetValue(name, out var operation) && AreReal())
        {
            il.Emit(OpCodes.Call, operators[operation]);
            Pop(2);
            Push(real);
            return;
        }
        il.Emit(op);
        var b = Pop();
        var a = Pop();
        Push(
            a.IsByRef || a.IsPointer ? a
            : b.IsByRef || b.IsPointer ? b
            : a == typeof(nint) || b == typeof(nint) ? typeof(nint)
            : a
        );
    }

    private void TranslateBranch(OpCode op, string name, int target)
    {
        var relation = name.EndsWith(".s", StringComparison.Ordinal) ? name[1..^2] : name[1..];
        var areReal = AreReal();
        Pop(2);
        var label = Arrive(target);
        if (areReal)
        {
            var (relationName, holds) = Relation(relation);
            il.Emit(OpCodes.Call, operators[relationName]);
            il.Emit(holds ? OpCodes.Brtrue : OpCodes.Brfalse, label);
        }
        else
            il.Emit(longBranches[relation], label);
    }

    private static readonly Dictionary<string, OpCode> longBranches = new()
    {
        ["eq"] = OpCodes.Beq,
        ["ne.un"] = OpCodes.Bne_Un,
        ["lt"] = OpCodes.Blt,
        ["le"] = OpCodes.Ble,
        ["gt"] = OpCodes.Bgt,
        ["ge"] = OpCodes.Bge,
        ["lt.un"] = OpCodes.Blt_Un,
        ["le.un"] = OpCodes.Ble_Un,
        ["gt.un"] = OpCodes.Bgt_Un,
        ["ge.un"] = OpCodes.Bge_Un,
    };

    private void TranslateConversion(OpCode op)
    {
        var type = Pop();
        if (op == OpCodes.Conv_R8 || op == OpCodes.Conv_R4 && twins.IsNumber(typeof(float)))
        {
            if (type != real)
            {
                il.Emit(op);
                ToConstant();
            }
            Push(real);
        }
        else if (op == OpCodes.Conv_R_Un)
        {
            // conv.r8 or conv.r4 follows.
            il.Emit(op);
            Push(typeof(float));
        }
        else if (type != real)
        {
            il.Emit(op);
            Push(Converted(op, type));
        }
        else if (op == OpCodes.Conv_R4)
        {
            EmitReadConstant(
                Report("a number is rounded to float, which would drop its derivative; set LiftOptions.Floats to keep it a Real")
            );
            il.Emit(op);
            Push(typeof(float));
        }
        else
        {
            // A whole number is a constant piece by piece: an index, a counter, a table's interval.
            code.Report.Read($"the cast to {Converted(op, type).Name} in {Names.Of(method)}");
            il.Emit(OpCodes.Call, typeof(StandIns).GetMethod(nameof(StandIns.ReadWhole))!);
            il.Emit(op);
            Push(Converted(op, type));
        }
    }

    private static Type Converted(OpCode op, Type from) =>
        op.Name!.Replace("conv.", "", StringComparison.Ordinal)
            .Replace("ovf.", "", StringComparison.Ordinal)
            .Replace(".un", "", StringComparison.Ordinal) switch
        {
            "r4" => typeof(float),
            "i8" or "u8" => typeof(long),
            // From here on it is a pointer, through which a Real is neither read nor written.
            "i" or "u" => from.IsByRef ? from.GetElementType()!.MakePointerType()
            : from.IsPointer ? from
            : typeof(nint),
            _ => typeof(int),
        };
}
