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
/// that stand in those. Nothing is written where neither PublishAot, PublishTrimmed, IsAotCompatible nor IsTrimmable is set.
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
        var calls = context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is InvocationExpressionSyntax,
            static (found, cancellation) =>
                found.SemanticModel.GetSymbolInfo(found.Node, cancellation).Symbol is IMethodSymbol method && KeptTypes.IsOfFuncAD(method)
                    ? KeptTypes.Of(found.SemanticModel.Compilation, KeptTypes.Arguments(method))
                    : default
        );
        var declared = context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is TypeDeclarationSyntax and not InterfaceDeclarationSyntax,
            static (found, cancellation) =>
                found.SemanticModel.GetDeclaredSymbol(found.Node, cancellation) is INamedTypeSymbol type && KeptTypes.IsDifferentiable(type)
                    ? KeptTypes.Of(found.SemanticModel.Compilation, [type])
                    : default
        );
        var all = calls.Collect().Combine(declared.Collect()).Combine(isAsked).Combine(context.CompilationProvider.Select(HasFuncAD));
        context.RegisterSourceOutput(
            all,
            static (output, found) =>
            {
                var (((called, held), isAsked), hasFuncAD) = found;
                var lines = isAsked && hasFuncAD ? called.AddRange(held).SelectMany(lines => lines.Items).Distinct().ToList() : [];
                if (lines.Count > 0)
                    output.AddSource("FuncAD.KeptTypes.g.cs", KeptTypesSource.Write(lines));
            }
        );
    }

    private static bool HasFuncAD(Compilation compilation, CancellationToken _) =>
        compilation.GetTypeByMetadataName("FuncAD.NativeAot") is not null;
}
