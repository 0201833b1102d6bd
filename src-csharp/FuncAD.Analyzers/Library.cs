using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace FuncAD.Analyzers;

/// <summary>The library's types in a compilation, and which types hold its numbers.</summary>
internal sealed class Library
{
    private readonly ConcurrentDictionary<ITypeSymbol, bool> holds = new(SymbolEqualityComparer.Default);
    private readonly IAssemblySymbol core;
    private readonly IAssemblySymbol face;
    private readonly bool anyTypeHolds;

    private Library(INamedTypeSymbol real, INamedTypeSymbol tensor, INamedTypeSymbol operators, bool anyTypeHolds)
    {
        this.anyTypeHolds = anyTypeHolds;
        (Real, Tensor) = (real, tensor);
        (core, face) = (real.ContainingAssembly, operators.ContainingAssembly);
    }

    public INamedTypeSymbol Real { get; }

    public INamedTypeSymbol Tensor { get; }

    /// <summary>Null in a compilation that does not refer to the library.</summary>
    /// <param name="compilation">A program.</param>
    /// <param name="anyTypeHolds">Whether a type parameter counts as a number: a function over any number runs on Reals when it is differentiated.</param>
    public static Library? In(Compilation compilation, bool anyTypeHolds = true) =>
        compilation.GetTypeByMetadataName("FuncAD.Real") is { } real
        && compilation.GetTypeByMetadataName("FuncAD.Tensor") is { } tensor
        && compilation.GetTypeByMetadataName("FuncAD.AD") is { } operators
            ? new Library(real, tensor, operators, anyTypeHolds)
            : null;

    public bool IsReal(ITypeSymbol? type) => SymbolEqualityComparer.Default.Equals(type, Real);

    public bool IsNumber(ITypeSymbol? type) => IsReal(type) || SymbolEqualityComparer.Default.Equals(type, Tensor);

    public bool Declares(ISymbol symbol) =>
        SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, core)
        || SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, face);

    /// <summary>The type that declares a method, by its short name: extension blocks are nested in it.</summary>
    public static string TypeOf(IMethodSymbol method)
    {
        var type = method.ContainingType;
        while (type.ContainingType is { } outer)
            type = outer;
        return type.Name;
    }

    /// <summary>What an operator does with the functions that it is given; null for other methods.</summary>
    public Treatment? TreatmentBy(IMethodSymbol method) =>
        Declares(method) && Operators.Table.TryGetValue($"{TypeOf(method)}.{method.Name}", out var treatment) ? treatment : null;

    public bool IsStopGradient(IMethodSymbol method) => method.Name == "StopGradient" && Declares(method);

    /// <summary>Tells whether values of a type may contain a Real or a Tensor.</summary>
    public bool Holds(ITypeSymbol? type) =>
        type is not null && holds.GetOrAdd(type, t => Holds(t, new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default)));

    private bool Holds(ITypeSymbol type, HashSet<ITypeSymbol> seen) =>
        type switch
        {
            ITypeParameterSymbol => anyTypeHolds,
            IArrayTypeSymbol array => Holds(array.ElementType, seen),
            INamedTypeSymbol { DelegateInvokeMethod: { } invoke } => Holds(invoke.ReturnType, seen),
            INamedTypeSymbol named => IsNumber(named)
                || named.TypeArguments.Any(argument => Holds(argument, seen))
                // once for each definition, since a type may contain ever larger instances of itself
                || seen.Add(named.OriginalDefinition) && HasMembersThatHold(named, seen),
            _ => false,
        };

    private bool HasMembersThatHold(INamedTypeSymbol type, HashSet<ITypeSymbol> seen)
    {
        if (Declares(type))
            return type.Name is "Distribution" or "MultivariateNormal" or "ScoreCost";
        if (type.TypeKind is not (TypeKind.Class or TypeKind.Struct) || IsOfFramework(type))
            return false;
        return Parts(type).Any(part => Holds(part, seen));
    }

    /// <summary>The types of a type's fields and properties, of its bases, and of the cases of a union of F#.</summary>
    public static IEnumerable<ITypeSymbol> Parts(INamedTypeSymbol type)
    {
        for (var level = type; level is { SpecialType: SpecialType.None }; level = level.BaseType)
            foreach (var member in level.GetMembers())
                if (member is IFieldSymbol { IsStatic: false } field)
                    yield return field.Type;
                else if (member is IPropertySymbol { IsStatic: false, Parameters.Length: 0 } property)
                    yield return property.Type;
        if (type.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "CompilationMappingAttribute"))
            foreach (var union in type.GetTypeMembers())
                yield return union;
    }

    public static bool IsOfFramework(ISymbol symbol)
    {
        var space = symbol.ContainingNamespace;
        while (space is { ContainingNamespace.IsGlobalNamespace: false })
            space = space.ContainingNamespace;
        return space?.Name == "System";
    }
}
