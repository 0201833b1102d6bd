using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FuncAD.Analyzers.Generator;

/// <summary>
/// For programs that are published with native AOT or trimmed: writes, at the start of the assembly, what keeps the members of the types
/// that FuncAD takes apart by reflection, and the generic code for collections of structs.
/// </summary>
/// <remarks>
/// The types are those marked <c>[Differentiable]</c>, the type arguments of calls of FuncAD, the types of this assembly that hold numbers, and all
/// that stand in those. Nothing is written, or looked for, where neither PublishAot, PublishTrimmed, IsAotCompatible nor IsTrimmable is set, or while
/// one types: only builds need it.
/// </remarks>
[Generator]
public sealed class KeptTypesGenerator : IIncrementalGenerator
{
    private static readonly ImmutableArray<string> Properties = ["PublishAot", "PublishTrimmed", "IsAotCompatible", "IsTrimmable"];

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var isAsked = context.AnalyzerConfigOptionsProvider.Select(
            static (options, _) =>
                Properties.Any(property =>
                    options.GlobalOptions.TryGetValue("build_property." + property, out var text)
                    && text.Equals("true", StringComparison.OrdinalIgnoreCase)
                )
        );
        context.RegisterImplementationSourceOutput(
            context.CompilationProvider.Combine(isAsked),
            static (output, found) =>
            {
                var (compilation, isAsked) = found;
                if (!isAsked || Library.In(compilation, anyTypeHolds: false) is not { } library)
                    return;
                var lines = KeptTypes.Of(library, compilation, Types(library, compilation, output.CancellationToken));
                if (lines.Count > 0)
                    output.AddSource("FuncAD.KeptTypes.g.cs", KeptTypesSource.Write(lines));
            }
        );
    }

    /// <summary>The types where the walk begins.</summary>
    private static IEnumerable<ITypeSymbol> Types(Library library, Compilation compilation, CancellationToken cancellation)
    {
        foreach (var tree in compilation.SyntaxTrees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot(cancellation).DescendantNodes())
                if (node is TypeDeclarationSyntax and not InterfaceDeclarationSyntax)
                {
                    if (model.GetDeclaredSymbol(node, cancellation) is INamedTypeSymbol type && IsDifferentiable(library, type))
                        yield return type;
                }
                else if (
                    node is InvocationExpressionSyntax
                    && model.GetSymbolInfo(node, cancellation).Symbol is IMethodSymbol method
                    && library.Declares(method)
                )
                    foreach (var type in Named(compilation, method))
                        yield return type;
        }
    }

    /// <summary>Marked, or with a field or property that holds numbers.</summary>
    private static bool IsDifferentiable(Library library, INamedTypeSymbol type) =>
        library.Holds(type)
        || type.GetAttributes()
            .Any(attribute => attribute.AttributeClass is { Name: "DifferentiableAttribute" } mark && library.Declares(mark));

    /// <summary>
    /// The types that a call names, and the tuples that the library makes of them: several arguments of a function are one structure, and
    /// so are a result and what comes with it.
    /// </summary>
    private static IEnumerable<ITypeSymbol> Named(Compilation compilation, IMethodSymbol method)
    {
        foreach (var argument in method.TypeArguments.Concat(method.ContainingType?.TypeArguments ?? []))
            yield return argument;
        foreach (var parameter in method.Parameters)
            if (parameter.Type is INamedTypeSymbol { DelegateInvokeMethod: { } function })
            {
                if (Tuple(compilation, "System.ValueTuple", [.. function.Parameters.Select(p => p.Type)]) is { } arguments)
                    yield return arguments;
                if (
                    function.ReturnType is INamedTypeSymbol { IsTupleType: true } result
                    && Tuple(compilation, "System.Tuple", result.TypeArguments) is { } results
                )
                    yield return results;
            }
    }

    private static INamedTypeSymbol? Tuple(Compilation compilation, string name, ImmutableArray<ITypeSymbol> items) =>
        items.Length is >= 2 and <= 7 ? compilation.GetTypeByMetadataName($"{name}`{items.Length}")?.Construct([.. items]) : null;
}
