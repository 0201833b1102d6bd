using System.Reflection;
using System.Reflection.Emit;

namespace FuncAD.Il;

/// <summary>Fields, elements, addresses, and types as operands.</summary>
internal sealed partial class Translation
{
    private void TranslateField(OpCode op, FieldInfo field)
    {
        var isStatic = field.IsStatic;
        var target = isStatic ? Static(field) : twins.Map(field) ?? throw new LiftException($"the field {Names.Of(field)}");
        var isStore = op == OpCodes.Stfld || op == OpCodes.Stsfld;
        var isAddress = op == OpCodes.Ldflda || op == OpCodes.Ldsflda;
        // A type that keeps its doubles: they are constants.
        var keeps = target == field && twins.Mentions(field.FieldType);
        if (keeps && (isStore || isAddress || !twins.IsNumber(field.FieldType)))
            throw new LiftException(
                $"{Names.Of(field)} keeps a double, not a Real, since {Names.Of(field.DeclaringType)} has no twin (fields at explicit places, or a type of the framework)"
            );
        Pop((isStatic ? 0 : 1) + (isStore ? 1 : 0));
        il.Emit(op, target);
        if (keeps)
            ToConstant();
        if (!isStore)
        {
            var type = twins.Map(field.FieldType);
            Push(isAddress ? type.MakeByRefType() : type);
        }
    }

    private FieldInfo Static(FieldInfo field) =>
        code.Reach.Statics.Contains(field) ? code.Held(field)
        : field.DeclaringType is { IsGenericType: true } type && !type.IsUsers() ? twins.Map(field)
        : field;

    private void TranslateToken(object operand)
    {
        switch (operand)
        {
            case Type type:
                il.Emit(OpCodes.Ldtoken, twins.Map(type));
                Push(typeof(RuntimeTypeHandle));
                break;
            case FieldInfo field:
                il.Emit(OpCodes.Ldtoken, field);
                Push(typeof(RuntimeFieldHandle));
                break;
            default:
                throw new LiftException("an expression tree is made; lift it by Lift.Tree");
        }
    }

    private void TranslateTyped(OpCode op, Type type)
    {
        var mapped = twins.Map(type);
        var name = op.Name!;
        if (name == "stobj" && stack[^2] == stackMemoryOfNumbers)
        {
            StoreElement(type);
            Pop(2);
            return;
        }
        if (name is "isinst" or "castclass" or "unbox.any" or "unbox")
            TestOriginal(type, mapped);
        Pop(
            name switch
            {
                "sizeof" => 0,
                "ldelem" or "ldelema" or "stobj" or "cpobj" => 2,
                "stelem" => 3,
                _ => 1,
            }
        );
        il.Emit(op, mapped);
        var result = name switch
        {
            "isinst" or "castclass" => mapped.IsValueType ? typeof(object) : mapped,
            "box" => typeof(object),
            "unbox.any" or "ldelem" or "ldobj" => mapped,
            "unbox" or "ldelema" => mapped.MakeByRefType(),
            "newarr" => mapped.MakeArrayType(),
            "sizeof" => typeof(int),
            "initobj" or "stelem" or "stobj" or "cpobj" => null,
            _ => throw new LiftException($"the instruction {name}"),
        };
        if (result is not null)
            Push(result);
    }

    /// <summary>
    /// An object of the plain code that lifted code meets, since nothing told that it would, is not what its twin is taken for: a boxed
    /// double becomes a constant, and others are an error.
    /// </summary>
    private void TestOriginal(Type type, Type mapped)
    {
        if (!Top.IsValueType && twins.IsNumber(Nullable.GetUnderlyingType(type) ?? type))
            il.Emit(OpCodes.Call, typeof(StandIns).GetMethod(nameof(StandIns.AsReal))!);
        else if (mapped != type && !type.IsByRefLike)
            Refuse(
                type,
                $"an object of {Names.Of(type)} that was not met when the function was lifted. Capture it by a variable of its type"
            );
        else if (type.IsAssignableFrom(typeof(double)) && !type.IsAssignableFrom(typeof(Real)) && !type.IsValueType)
            Refuse(typeof(Real), $"a number is asked whether it is a {Names.Of(type)}, which double is and Real is not");
    }

    private void Refuse(Type original, string why)
    {
        var other = il.DefineLabel();
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Isinst, original);
        il.Emit(OpCodes.Brfalse, other);
        Throw($"{why} (in {Names.Of(method)})");
        il.MarkLabel(other);
    }

    private void TranslateLoad(OpCode op, string name)
    {
        var isElement = name.StartsWith("ldelem", StringComparison.Ordinal);
        if (isElement)
            Pop();
        var from = Pop();
        var suffix = name[(name.IndexOf('.') + 1)..];
        if (IsNumber(suffix))
        {
            if (from.IsPointer)
                throw new LiftException("a pointer to double");
            il.Emit(isElement ? OpCodes.Ldelem : OpCodes.Ldobj, real);
            Push(real);
            return;
        }
        RequireWhole(from, isElement);
        il.Emit(op);
        Push(
            suffix switch
            {
                "ref" => from.HasElementType ? from.GetElementType()! : typeof(object),
                "i8" => typeof(long),
                "r4" => typeof(float),
                "i" => typeof(nint),
                _ => typeof(int),
            }
        );
    }

    private void TranslateStore(OpCode op, string name)
    {
        var isElement = name.StartsWith("stelem", StringComparison.Ordinal);
        var suffix = name[(name.IndexOf('.') + 1)..];
        if (IsNumber(suffix) && stack[^2] == stackMemoryOfNumbers)
        {
            StoreElement(suffix == "r4" ? typeof(float) : typeof(double));
            Pop(2);
            return;
        }
        if (IsNumber(suffix) && !isElement && stack[^2].IsPointer)
            throw new LiftException("a pointer to double");
        if (!IsNumber(suffix) && !isElement)
            RequireWhole(stack[^2], isElement);
        Pop(isElement ? 3 : 2);
        if (IsNumber(suffix))
            il.Emit(isElement ? OpCodes.Stelem : OpCodes.Stobj, real);
        else
            il.Emit(op);
    }

    /// <summary>Not a part of a number, by an address of another type.</summary>
    private static void RequireWhole(Type address, bool isElement)
    {
        if (!isElement && (address.IsByRef || address.IsPointer) && address.GetElementType() == real)
            throw new LiftException("a number's bits are read or written by its address");
    }

    /// <summary>A pointer to a number does not become one of another type, whose bytes would be the number's.</summary>
    private void RequireSamePointer(Type target)
    {
        if (Top.IsPointer && Top.GetElementType() == real && target != Top)
            throw new LiftException("a pointer to a number is taken as one of another type");
    }

    private void RequireNoAddress(int count)
    {
        for (var k = 1; k <= Math.Min(count, stack.Count); k++)
            if (stack[^k].IsPointer && stack[^k].GetElementType() == real || stack[^k] == stackMemoryOfNumbers)
                throw new LiftException("a pointer to a number is passed on");
    }

    // ---- Memory on the stack ----

    private struct StackMemory;

    private struct StackMemoryOfNumbers;

    private static readonly Type stackMemory = typeof(StackMemory).MakePointerType(),
        stackMemoryOfNumbers = typeof(StackMemoryOfNumbers).MakePointerType();

    /// <summary>The array that stands for the memory of numbers that was allocated last.</summary>
    private LocalBuilder? memory;

    private bool IsNumber(string suffix) => suffix == "r8" || suffix == "r4" && twins.IsNumber(typeof(float));

    /// <summary>
    /// Memory on the stack, which cannot hold a Real: a span of numbers gets an array, and the pointers into it, with which compilers write
    /// the elements that a program lists, are offsets from 0. What is allocated for is told by the constructor of the span that follows.
    /// </summary>
    private void TranslateAllocation(int at)
    {
        Pop();
        var span = instructions.Skip(at + 1).FirstOrDefault(i => i.Op == OpCodes.Newobj && IsSpanOfMemory((MethodBase)i.Operand!));
        if (span?.Operand is not ConstructorInfo { DeclaringType: { } type } || !twins.Mentions(type))
        {
            il.Emit(OpCodes.Localloc);
            Push(stackMemory);
            return;
        }
        var element = type.GetGenericArguments()[0];
        memory = il.DeclareLocal(twins.Map(element).MakeArrayType());
        ToIndex(element);
        il.Emit(OpCodes.Newarr, twins.Map(element));
        il.Emit(OpCodes.Stloc, memory);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Conv_U);
        Push(stackMemoryOfNumbers);
    }

    /// <summary>Code has the size of a double as a number, and asks for that of a struct, which is the twin's.</summary>
    private void ToIndex(Type element)
    {
        il.Emit(OpCodes.Sizeof, twins.IsNumber(element) ? element : twins.Map(element));
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Div_Un);
        il.Emit(OpCodes.Conv_I4);
    }

    /// <summary>An element that a program lists.</summary>
    private void StoreElement(Type element)
    {
        LocalBuilder value = il.DeclareLocal(twins.Map(element)),
            index = il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Stloc, value);
        ToIndex(element);
        il.Emit(OpCodes.Stloc, index);
        il.Emit(OpCodes.Ldloc, memory!);
        il.Emit(OpCodes.Ldloc, index);
        il.Emit(OpCodes.Ldloc, value);
        il.Emit(OpCodes.Stelem, twins.Map(element));
    }

    /// <summary>A copy of a table of constants: the elements of a span that are all known, from the table's bytes or from a span over it.</summary>
    private void TranslateCopy(int at)
    {
        if (stack[^3] != stackMemoryOfNumbers)
        {
            RequireNoAddress(3);
            if (stack[^2].IsByRef && stack[^2].GetElementType() == real)
                throw new LiftException("a block of memory is copied. Copy spans or arrays");
            il.Emit(OpCodes.Cpblk);
            Pop(3);
            return;
        }
        if (stack[^2].IsByRef && stack[^2].GetElementType() == real)
        {
            LocalBuilder bytes = il.DeclareLocal(typeof(uint)),
                source = il.DeclareLocal(real.MakeByRefType());
            il.Emit(OpCodes.Stloc, bytes);
            il.Emit(OpCodes.Stloc, source);
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldloc, source);
            il.Emit(OpCodes.Ldloc, bytes);
            il.Emit(OpCodes.Ldloc, memory!);
            il.Emit(OpCodes.Call, typeof(StandIns).GetMethod(nameof(StandIns.CopyBytes))!);
        }
        else if (instructions.Take(at).LastOrDefault(i => i.Op == OpCodes.Ldsflda)?.Operand is FieldInfo table)
        {
            for (var k = 0; k < 3; k++)
                il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldloc, memory!);
            il.Emit(OpCodes.Ldtoken, table);
            il.Emit(OpCodes.Call, typeof(StandIns).GetMethod(nameof(StandIns.RuntimeHelpers_InitializeArray))!);
        }
        else
            throw new LiftException("a block of memory is copied. Copy spans or arrays");
        Pop(3);
    }
}
