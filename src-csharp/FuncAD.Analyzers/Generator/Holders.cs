using Microsoft.CodeAnalysis;

namespace FuncAD.Analyzers.Generator;

/// <summary>Which types hold numbers of FuncAD, by their fields and type arguments.</summary>
internal sealed class Holders
{
    /// <summary>A generic type may hold ever larger types of its own kind.</summary>
    private const int DeepestType = 8;

    private readonly Dictionary<ITypeSymbol, bool> known = new(SymbolEqualityComparer.Default);

    public static bool IsLeaf(ITypeSymbol type) => IsOfFuncAD(type, "Real") || IsOfFuncAD(type, "Tensor");

    private static bool IsOfFuncAD(ITypeSymbol? type, string name) =>
        type is { ContainingNamespace: { Name: "FuncAD", ContainingNamespace.IsGlobalNamespace: true } } && type.Name == name;

    /// <summary>Marked, or with a field or property that holds numbers.</summary>
    public bool IsDifferentiable(INamedTypeSymbol type) =>
        type.GetAttributes().Any(attribute => IsOfFuncAD(attribute.AttributeClass, "DifferentiableAttribute")) || HoldsNumbers(type);

    private bool HoldsNumbers(ITypeSymbol type)
    {
        if (IsLeaf(type))
            return true;
        if (type is IArrayTypeSymbol array)
            return HoldsNumbers(array.ElementType);
        if (type is not INamedTypeSymbol named || named.TypeKind == TypeKind.Delegate || IsTooDeep(type))
            return false;
        if (known.TryGetValue(type, out var holds))
            return holds;
        known[type] = false; // for a type that holds itself
        return known[type] =
            named.TypeArguments.Any(HoldsNumbers) || (KnowsFuncAD(named.ContainingAssembly) && Parts(named).Any(HoldsNumbers));
    }

    public static bool IsTooDeep(ITypeSymbol type) => Depth(type) > DeepestType;

    private static int Depth(ITypeSymbol type) =>
        type switch
        {
            IArrayTypeSymbol array => 1 + Depth(array.ElementType),
            INamedTypeSymbol { TypeArguments.IsEmpty: false } named => 1 + named.TypeArguments.Max(Depth),
            _ => 0,
        };

    /// <summary>Other assemblies have no fields of its types.</summary>
    private static bool KnowsFuncAD(IAssemblySymbol? assembly) =>
        assembly is not null
        && assembly.Modules.Any(module => module.ReferencedAssemblies.Any(name => name.Name is "FuncAD.Core" or "FuncAD"));

    /// <summary>The types of a type's fields and properties, of its bases, and of the cases of a union of F#.</summary>
    public static IEnumerable<ITypeSymbol> Parts(INamedTypeSymbol type)
    {
        for (var current = type; current is { SpecialType: not SpecialType.System_Object }; current = current.BaseType)
        {
            foreach (var member in current.GetMembers())
                if (member is IFieldSymbol { IsStatic: false } field)
                    yield return field.Type;
                else if (member is IPropertySymbol { IsStatic: false, IsIndexer: false } property)
                    yield return property.Type;
        }
        if (type.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "CompilationMappingAttribute"))
            foreach (var nested in type.GetTypeMembers())
                yield return nested;
    }
}
