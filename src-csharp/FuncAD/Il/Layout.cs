using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>What copying an object of a type needs to know of it.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Layout(Type type, Twins twins)
{
    private readonly Lazy<FieldPair[]> fields = new(() => Pairs(type, twins));

    /// <summary>A dictionary: what one call leaves in it is a constant in the next.</summary>
    public bool IsMemory { get; } = Captured.IsMemory(type);

    public bool IsRebuilt { get; } = Captured.IsRebuilt(type, twins);

    public bool HasNumbersAsKeys { get; } = Captured.HasNumbersAsKeys(type, twins);

    public bool IsOfThread { get; } = Captured.IsOfThread(type);

    public Type Twin { get; } = twins.Map(type);

    /// <summary>The fields, and those of what stands for the type; of a closure those that lifted code reads.</summary>
    /// <exception cref="LiftException">An object of the type cannot be copied.</exception>
    public FieldPair[] Fields => fields.Value;

    private static FieldPair[] Pairs(Type type, Twins twins)
    {
        Captured.RequireCopies(type);
        return [.. type.AllFields().Select(field => twins.Map(field) is { } own ? new FieldPair(field, own) : null).OfType<FieldPair>()];
    }

    internal sealed record FieldPair(FieldInfo Own, FieldInfo OfTwin);
}
