using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using FuncAD.Analyzers;
using FuncAD.Analyzers.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace FuncAD.CodeFixes;

/// <summary>Fixes for FAD001 and FAD002: the function on Real, or a reading that is meant. What would not compile is not offered.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ReadingFixProvider : CodeFixProvider
{
    private const string OnReals = "Compute with Real";
    private const string AsConstant = "Read the value, as a constant";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Descriptors.DroppedReading.Id, Descriptors.PlainFunction.Id];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var document = context.Document;
        if (
            await document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || await document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model
            || model.Compilation.GetTypeByMetadataName("FuncAD.Real") is not { } real
        )
            return;
        foreach (var diagnostic in context.Diagnostics)
        {
            // a place in another file is named beside the call, and fixed there
            if (
                diagnostic.AdditionalLocations.Count > 0
                || diagnostic.Properties.ContainsKey(PlainFunctionRule.ThroughVariable)
                || root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is not ExpressionSyntax place
            )
                continue;
            var outermost = Outermost(place, model, real);
            var onReals = PlainCalls.OnReals(outermost, model, real);
            if (!onReals.IsEquivalentTo(outermost))
                await OfferAsync(context, diagnostic, OnReals, root, outermost, onReals).ConfigureAwait(false);
            if (
                diagnostic.Id == Descriptors.DroppedReading.Id
                && !diagnostic.Properties.ContainsKey(DroppedReadingRule.Traced)
                && Deliberate(place, model, real) is { } deliberate
            )
                await OfferAsync(context, diagnostic, AsConstant, root, place, deliberate).ConfigureAwait(false);
        }
    }

    /// <summary>The outermost function of doubles that a reading is an argument of, or the reading itself.</summary>
    private static ExpressionSyntax Outermost(ExpressionSyntax place, SemanticModel model, INamedTypeSymbol real)
    {
        var outermost = place;
        for (SyntaxNode? at = place.Parent; at is ExpressionSyntax or ArgumentSyntax or ArgumentListSyntax; at = at.Parent)
            if (
                at is InvocationExpressionSyntax call
                && model.GetSymbolInfo(call).Symbol is IMethodSymbol method
                && PlainCalls.HasCounterpart(real, method)
            )
                outermost = call;
            else if (at is AnonymousFunctionExpressionSyntax)
                break;
        return outermost;
    }

    /// <summary>The same reading, so that it says that a constant is meant.</summary>
    private static ExpressionSyntax? Deliberate(ExpressionSyntax place, SemanticModel model, INamedTypeSymbol real)
    {
        switch (place)
        {
            case CastExpressionSyntax cast:
                var value = ValueOf(cast.Expression);
                return (
                    model.GetTypeInfo(cast).Type?.SpecialType == SpecialType.System_Double ? value : cast.WithExpression(value)
                ).WithTriviaFrom(place);
            case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } call:
                var name = access.Name.Identifier.ValueText;
                if (name == "ToDoubles")
                    return call.WithExpression(access.WithExpression(StopGradient(access.Expression))).WithTriviaFrom(place);
                if (name is "ToArray" or "AsSpan" or "ToArray2D" or "ToVector" or "ToMatrix")
                    return call.WithExpression(access.WithExpression(ValueOf(access.Expression)));
                if (call.ArgumentList.Arguments.Count != 1 || !IsReal(call.ArgumentList.Arguments[0].Expression))
                    return null;
                var argument = call.ArgumentList.Arguments[0];
                return model.GetTypeInfo(call).Type?.SpecialType == SpecialType.System_Double
                    ? ValueOf(argument.Expression).WithTriviaFrom(place)
                    : call.ReplaceNode(argument.Expression, ValueOf(argument.Expression));
            default:
                return null;
        }

        bool IsReal(ExpressionSyntax expression) => SymbolEqualityComparer.Default.Equals(model.GetTypeInfo(expression).Type, real);
    }

    private static ExpressionSyntax ValueOf(ExpressionSyntax number) =>
        SyntaxFactory.MemberAccessExpression(
            SyntaxKind.SimpleMemberAccessExpression,
            number
                is IdentifierNameSyntax
                    or MemberAccessExpressionSyntax
                    or ElementAccessExpressionSyntax
                    or InvocationExpressionSyntax
                    or ParenthesizedExpressionSyntax
                ? number.WithoutTrivia()
                : SyntaxFactory.ParenthesizedExpression(number.WithoutTrivia()),
            SyntaxFactory.IdentifierName("Value")
        );

    private static ExpressionSyntax StopGradient(ExpressionSyntax numbers) =>
        SyntaxFactory
            .ParseExpression($"global::FuncAD.AD.StopGradient({numbers.WithoutTrivia()})")
            .WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary>
    /// Offers a replacement if the program still compiles with it. A local of type double that it defines becomes a Real.
    /// </summary>
    private static async Task OfferAsync(
        CodeFixContext context,
        Diagnostic diagnostic,
        string title,
        SyntaxNode root,
        ExpressionSyntax place,
        ExpressionSyntax replacement
    )
    {
        var changed = context.Document.WithSyntaxRoot(root.ReplaceNode(place, replacement));
        if (!await CompilesAsync(context.Document, changed, context.CancellationToken).ConfigureAwait(false))
        {
            if (
                place.Parent
                is not EqualsValueClauseSyntax
                {
                    Parent: VariableDeclaratorSyntax
                    {
                        Parent: VariableDeclarationSyntax { Variables.Count: 1, Type: PredefinedTypeSyntax type }
                    }
                }
            )
                return;
            var both = root.ReplaceNodes(
                [place, type],
                (old, _) => old == place ? replacement : SyntaxFactory.IdentifierName("Real").WithTriviaFrom(old)
            );
            changed = context.Document.WithSyntaxRoot(both);
            if (!await CompilesAsync(context.Document, changed, context.CancellationToken).ConfigureAwait(false))
                return;
        }
        context.RegisterCodeFix(CodeAction.Create(title, _ => Task.FromResult(changed), equivalenceKey: title), diagnostic);
    }

    private static async Task<bool> CompilesAsync(Document before, Document after, CancellationToken cancellation) =>
        await ErrorsAsync(after, cancellation).ConfigureAwait(false) <= await ErrorsAsync(before, cancellation).ConfigureAwait(false);

    private static async Task<int> ErrorsAsync(Document document, CancellationToken cancellation)
    {
        var model = await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
        return model?.GetDiagnostics(cancellationToken: cancellation).Count(d => d.Severity == DiagnosticSeverity.Error) ?? 0;
    }
}
