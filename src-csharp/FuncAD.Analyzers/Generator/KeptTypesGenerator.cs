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
                if (!isAsked || compilation.GetTypeByMetadataName("FuncAD.NativeAot") is null)
                    return;
                var lines = KeptTypes.Of(compilation, Types(compilation, output.CancellationToken));
                if (lines.Count > 0)
                    output.AddSource("FuncAD.KeptTypes.g.cs", KeptTypesSource.Write(lines));
            }
        );
    }

    /// <summary>The types where the walk begins.</summary>
    private static IEnumerable<ITypeSymbol> Types(Compilation compilation, CancellationToken cancellation)
    {
        var holders = new Holders();
        foreach (var tree in compilation.SyntaxTrees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot(cancellation).DescendantNodes())
                if (node is TypeDeclarationSyntax and not InterfaceDeclarationSyntax)
                {
                    if (model.GetDeclaredSymbol(node, cancellation) is INamedTypeSymbol type && holders.IsDifferentiable(type))
                        yield return type;
                }
                else if (
                    node is InvocationExpressionSyntax
                    && model.GetSymbolInfo(node, cancellation).Symbol is IMethodSymbol method
                    && method.ContainingAssembly?.Name is "FuncAD" or "FuncAD.Core"
                )
                    foreach (var argument in method.TypeArguments.Concat(method.ContainingType?.TypeArguments ?? []))
                        yield return argument;
        }
    }
}
