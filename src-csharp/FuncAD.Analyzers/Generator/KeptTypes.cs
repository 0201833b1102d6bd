using Microsoft.CodeAnalysis;

namespace FuncAD.Analyzers.Generator;

/// <summary>Which types must be kept, and how: a walk from some types over all that stands in them.</summary>
internal sealed class KeptTypes
{
    private const string All = "global::System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.All";

    /// <summary>As attributes can name types: without the names of a tuple's items.</summary>
    private static readonly SymbolDisplayFormat Written = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.ExpandValueTuple
    );

    /// <summary>A generic type may hold ever larger types of its own kind.</summary>
    private const int DeepestType = 8;

    private readonly Library library;
    private readonly Compilation compilation;
    private readonly HashSet<ITypeSymbol> seen = new(SymbolEqualityComparer.Default);
    private readonly List<KeptLine> lines = [];

    private KeptTypes(Library library, Compilation compilation) => (this.library, this.compilation) = (library, compilation);

    public static IReadOnlyList<KeptLine> Of(Library library, Compilation compilation, IEnumerable<ITypeSymbol> types)
    {
        var kept = new KeptTypes(library, compilation);
        foreach (var type in types)
            kept.Visit(type);
        return [.. kept.lines.Distinct()];
    }

    private static int Depth(ITypeSymbol type) =>
        type switch
        {
            IArrayTypeSymbol array => 1 + Depth(array.ElementType),
            INamedTypeSymbol { TypeArguments.IsEmpty: false } named => 1 + named.TypeArguments.Max(Depth),
            _ => 0,
        };

    private static bool IsOpen(ITypeSymbol type) =>
        type switch
        {
            ITypeParameterSymbol => true,
            IArrayTypeSymbol array => IsOpen(array.ElementType),
            INamedTypeSymbol named => named.TypeArguments.Any(IsOpen) || (named.ContainingType is { } outer && IsOpen(outer)),
            _ => false,
        };

    private void Visit(ITypeSymbol type)
    {
        type = type.WithNullableAnnotation(NullableAnnotation.None);
        if (
            library.IsNumber(type)
            || type.SpecialType != SpecialType.None && type.SpecialType < SpecialType.System_Array
            || Depth(type) > DeepestType
            || !seen.Add(type)
        )
            return;
        switch (type)
        {
            case IArrayTypeSymbol array:
                KeepItems(array.ElementType);
                Visit(array.ElementType);
                break;
            case INamedTypeSymbol named:
                VisitNamed(named);
                break;
        }
    }

    private void VisitNamed(INamedTypeSymbol type)
    {
        foreach (var argument in type.TypeArguments)
            Visit(argument);
        if (type.TypeKind is TypeKind.Delegate or TypeKind.Error or TypeKind.Enum || type.IsRefLikeType || type.IsStatic)
            return;
        if (Library.IsOfFramework(type) && !type.IsTupleType || type.ContainingAssembly?.Name == "FSharp.Core")
        {
            var arguments = type.TypeArguments;
            if (type.Name == "Tuple")
                Keep(type);
            else if (arguments.Length == 1)
                KeepItems(arguments[0]);
            else if (arguments.Length == 2)
                KeepEntries(arguments[0], arguments[1]);
            return;
        }
        Keep(type);
        foreach (var part in Library.Parts(type))
            Visit(part);
    }

    private bool IsNameable(ITypeSymbol type) =>
        type switch
        {
            IArrayTypeSymbol array => IsNameable(array.ElementType),
            INamedTypeSymbol named => !named.IsFileLocal
                && compilation.IsSymbolAccessibleWithin(named.OriginalDefinition, compilation.Assembly)
                && !IsPrivate(named)
                && !named.IsAnonymousType
                && named.TypeArguments.All(IsNameable),
            _ => true,
        };

    /// <summary>True for a type that only its own surroundings can name.</summary>
    private static bool IsPrivate(INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.ContainingType)
            if (current.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal)
                return true;
        return false;
    }

    private void Keep(INamedTypeSymbol type)
    {
        if (!IsOpen(type) && IsNameable(type))
        {
            var name = type.ToDisplayString(Written);
            KeepMembers($"typeof({name})");
            lines.Add(new KeptLine(false, $"Keep<{name}>()"));
        }
        else if (type.OriginalDefinition.GetDocumentationCommentId() is { } id)
            KeepMembers($"\"{id.Substring(2)}\", \"{type.ContainingAssembly.Name}\"");
    }

    private void KeepMembers(string type) =>
        lines.Add(new KeptLine(true, $"global::System.Diagnostics.CodeAnalysis.DynamicDependency({All}, {type})"));

    private void KeepItems(ITypeSymbol element)
    {
        if (element.IsValueType && !library.IsNumber(element) && !IsOpen(element) && IsNameable(element))
            lines.Add(new KeptLine(false, $"KeepItems<{element.ToDisplayString(Written)}>()"));
    }

    private void KeepEntries(ITypeSymbol key, ITypeSymbol value)
    {
        if ((key.IsValueType || value.IsValueType) && !IsOpen(key) && !IsOpen(value) && IsNameable(key) && IsNameable(value))
            lines.Add(new KeptLine(false, $"KeepEntries<{key.ToDisplayString(Written)}, {value.ToDisplayString(Written)}>()"));
    }
}

/// <summary>One line of the written file: an attribute that keeps the members of a type, or a call of NativeAot.</summary>
internal readonly struct KeptLine(bool isAttribute, string text) : IEquatable<KeptLine>
{
    public bool IsAttribute { get; } = isAttribute;

    public string Text { get; } = text;

    public bool Equals(KeptLine other) => IsAttribute == other.IsAttribute && Text == other.Text;

    public override bool Equals(object? other) => other is KeptLine line && Equals(line);

    public override int GetHashCode() => Text.GetHashCode();
}
