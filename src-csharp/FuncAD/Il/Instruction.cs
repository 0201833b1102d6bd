using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;

namespace FuncAD.Il;

/// <summary>One instruction of a method's body (ECMA-335, partition III), its operand resolved; a branch's is the offset it goes to.</summary>
internal sealed record Instruction(int Offset, OpCode Op, object? Operand, int Next)
{
    private const byte Prefix = 0xfe;

    private static readonly OpCode[] ofOneByte = Table(1),
        ofTwoBytes = Table(2);

    // Collections of structs are compiled for each, at every start of a program; the first lift waits for that.
    private static OpCode[] Table(int size)
    {
        var table = new OpCode[256];
        foreach (var field in typeof(OpCodes).GetFields())
            if (field.GetValue(null) is OpCode op && op.Size == size)
                table[op.Value & 0xff] = op;
        return table;
    }

    public bool IsBranch => Op.OperandType is OperandType.InlineBrTarget or OperandType.ShortInlineBrTarget;

    /// <summary>The body of a method, its generic parameters replaced by the arguments that the method has.</summary>
    [RequiresUnreferencedCode(AtRunTime.Reads)]
    public static Instruction[] Read(MethodBase method, MethodBody body)
    {
        var il = body.GetILAsByteArray()!;
        var resolve = new Tokens(method);
        var instructions = new List<Instruction>();
        for (var at = 0; at < il.Length; )
        {
            var op = il[at] == Prefix ? ofTwoBytes[il[at + 1]] : ofOneByte[il[at]];
            var start = at + op.Size;
            var size = Size(op.OperandType, il.AsSpan(start));
            instructions.Add(new(at, op, resolve.Operand(op, il.AsSpan(start, size), start + size), start + size));
            at = start + size;
        }
        return [.. instructions];
    }

    private static int Size(OperandType type, ReadOnlySpan<byte> rest) =>
        type switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineSwitch => 4 + 4 * BinaryPrimitives.ReadInt32LittleEndian(rest),
            _ => 4,
        };

    private readonly struct Tokens(MethodBase method)
    {
        private readonly Module module = method.Module;
        private readonly Type[]? types = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        private readonly Type[]? methods = method.IsGenericMethod ? method.GetGenericArguments() : null;

        [RequiresUnreferencedCode(AtRunTime.Reads)]
        public object? Operand(OpCode op, ReadOnlySpan<byte> bytes, int next)
        {
            int Word(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadInt32LittleEndian(at);
            switch (op.OperandType)
            {
                case OperandType.InlineNone:
                    return null;
                case OperandType.ShortInlineBrTarget:
                    return next + (sbyte)bytes[0];
                case OperandType.InlineBrTarget:
                    return next + Word(bytes);
                case OperandType.ShortInlineI:
                    return (int)(sbyte)bytes[0];
                case OperandType.ShortInlineVar:
                    return (int)bytes[0];
                case OperandType.InlineVar:
                    return (int)BinaryPrimitives.ReadUInt16LittleEndian(bytes);
                case OperandType.InlineI:
                    return Word(bytes);
                case OperandType.InlineI8:
                    return BinaryPrimitives.ReadInt64LittleEndian(bytes);
                case OperandType.ShortInlineR:
                    return BinaryPrimitives.ReadSingleLittleEndian(bytes);
                case OperandType.InlineR:
                    return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
                case OperandType.InlineSwitch:
                    var targets = new int[bytes.Length / 4 - 1];
                    for (var k = 0; k < targets.Length; k++)
                        targets[k] = next + Word(bytes[(4 * k + 4)..]);
                    return targets;
                case OperandType.InlineString:
                    return module.ResolveString(Word(bytes));
                case OperandType.InlineSig:
                    return module.ResolveSignature(Word(bytes));
                default:
                    return module.ResolveMember(Word(bytes), types, methods);
            }
        }
    }
}
