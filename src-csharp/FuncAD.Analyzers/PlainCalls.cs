using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FuncAD.Analyzers;

/// <summary>Functions of plain doubles, and the expressions on Reals that stand for them.</summary>
internal static class PlainCalls
{
    /// <summary>Tells whether a method is a function of doubles that Real has, too: of Math, MathF, double or float.</summary>
    public static bool HasCounterpart(INamedTypeSymbol real, IMethodSymbol method) =>
        method is { IsStatic: true, ContainingType: { } type }
        && (
            type.SpecialType is SpecialType.System_Double or SpecialType.System_Single
            || type.Name is "Math" or "MathF" && type.ContainingNamespace is { Name: "System", ContainingNamespace.IsGlobalNamespace: true }
        )
        && real.GetMembers(method.Name)
            .OfType<IMethodSymbol>()
            .Any(m => m.IsStatic && m.DeclaredAccessibility == Accessibility.Public && m.Parameters.Length == method.Parameters.Length);

    /// <summary>An expression with Reals in place of what it reads of them: Real.Sin(x) for Math.Sin((double)x).</summary>
    public static ExpressionSyntax OnReals(ExpressionSyntax expression, SemanticModel model, INamedTypeSymbol real) =>
        ((ExpressionSyntax)new Rewriter(model, real).Visit(expression)).WithTriviaFrom(expression);

    private sealed class Rewriter : CSharpSyntaxRewriter
    {
        private readonly SemanticModel model;
        private readonly INamedTypeSymbol real;

        public Rewriter(SemanticModel model, INamedTypeSymbol real) => (this.model, this.real) = (model, real);

        public override SyntaxNode? VisitInvocationExpression(InvocationExpressionSyntax node)
        {
            if (model.GetSymbolInfo(node).Symbol is not IMethodSymbol method)
                return base.VisitInvocationExpression(node);
            if (
                method.Name.StartsWith("Create", System.StringComparison.Ordinal)
                && node.ArgumentList.Arguments is { Count: 1 } only
                && IsReal(only[0].Expression)
            )
                return Visit(only[0].Expression);
            if (!HasCounterpart(real, method))
                return base.VisitInvocationExpression(node);
            var visible = model.LookupNamespacesAndTypes(node.SpanStart, name: real.Name);
            var name = visible.Any(found => SymbolEqualityComparer.Default.Equals(found, real)) ? real.Name : real.ToDisplayString();
            return node.WithExpression(SyntaxFactory.ParseExpression($"{name}.{method.Name}").WithTriviaFrom(node.Expression))
                .WithArgumentList((ArgumentListSyntax)Visit(node.ArgumentList)!);
        }

        public override SyntaxNode? VisitCastExpression(CastExpressionSyntax node)
        {
            if (!IsReal(node.Expression))
                return base.VisitCastExpression(node);
            var inner = (ExpressionSyntax)Visit(node.Expression)!;
            // the parentheses that a cast needs, its operand may not
            var isDelimited =
                node.Parent is ArgumentSyntax or EqualsValueClauseSyntax or ReturnStatementSyntax or ArrowExpressionClauseSyntax;
            return isDelimited && inner is ParenthesizedExpressionSyntax parenthesized
                ? parenthesized.Expression.WithTriviaFrom(node)
                : inner.WithTriviaFrom(node);
        }

        public override SyntaxNode? VisitMemberAccessExpression(MemberAccessExpressionSyntax node) =>
            node.Name.Identifier.ValueText == "Value" && IsReal(node.Expression)
                ? ((ExpressionSyntax)Visit(node.Expression)!).WithTriviaFrom(node)
                : base.VisitMemberAccessExpression(node);

        private bool IsReal(ExpressionSyntax expression) => SymbolEqualityComparer.Default.Equals(model.GetTypeInfo(expression).Type, real);
    }
}
