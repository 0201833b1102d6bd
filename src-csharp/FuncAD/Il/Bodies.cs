using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>The IL of methods, read once for a lift: whether a method computes, what it reaches and its translation all look at it.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Bodies
{
    private readonly Dictionary<MethodBase, Body?> known = [];

    /// <summary>A method's body; null where there is none, or where it names what cannot be loaded.</summary>
    public Body? Of(MethodBase method)
    {
        if (!known.TryGetValue(method, out var body))
            known[method] = body = Read(method);
        return body;
    }

    private static Body? Read(MethodBase method)
    {
        try
        {
            return method.GetMethodBody() is { } layout ? new(layout, Instruction.Read(method, layout)) : null;
        }
        catch (Exception error) when (error is IOException or TypeLoadException or BadImageFormatException)
        {
            return null;
        }
    }

    internal sealed record Body(MethodBody Layout, Instruction[] Instructions);
}
