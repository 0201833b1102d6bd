using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>Small questions about operations.</summary>
internal static class Operations
{
    /// <summary>A conversion's operand, through any number of conversions that the compiler has added.</summary>
    public static IOperation WithoutImplicit(this IOperation operation)
    {
        while (operation is IConversionOperation { IsImplicit: true } conversion)
            operation = conversion.Operand;
        return operation;
    }

    /// <summary>The lambda that a value of a delegate's type is.</summary>
    public static IAnonymousFunctionOperation? UnwrappedFunction(this IOperation? value) =>
        value switch
        {
            IAnonymousFunctionOperation lambda => lambda,
            IConversionOperation conversion => conversion.Operand.UnwrappedFunction(),
            IDelegateCreationOperation creation => creation.Target.UnwrappedFunction(),
            _ => null,
        };

    public static bool IsDelegate(this ITypeSymbol? type) => type is { TypeKind: TypeKind.Delegate };

    /// <summary>The object whose method is called, also where the method is an extension.</summary>
    public static IOperation? Receiver(this IInvocationOperation call) =>
        call.Instance ?? (call.TargetMethod.IsExtensionMethod && call.Arguments.Length > 0 ? call.Arguments[0].Value : null);

    /// <summary>The values that a call is given, with its object.</summary>
    public static IEnumerable<IOperation> Given(this IInvocationOperation call)
    {
        if (call.Instance is { } instance)
            yield return instance;
        foreach (var argument in call.Arguments)
            yield return argument.Value;
    }

    /// <summary>Tells whether one loop holds both places.</summary>
    public static bool ShareLoop(SyntaxNode a, SyntaxNode b) =>
        a.Ancestors()
            .Any(ancestor =>
                ancestor
                    is Microsoft.CodeAnalysis.CSharp.Syntax.ForStatementSyntax
                        or Microsoft.CodeAnalysis.CSharp.Syntax.CommonForEachStatementSyntax
                        or Microsoft.CodeAnalysis.CSharp.Syntax.WhileStatementSyntax
                        or Microsoft.CodeAnalysis.CSharp.Syntax.DoStatementSyntax
                && ancestor.Span.Contains(b.Span)
            );

    /// <summary>The lambda or local function that an operation stands in, if one does.</summary>
    public static IOperation? EnclosingFunction(this IOperation operation)
    {
        for (var around = operation.Parent; around is { }; around = around.Parent)
            if (around is IAnonymousFunctionOperation or ILocalFunctionOperation)
                return around;
        return null;
    }

    /// <summary>The call that a lambda, or a reference to a method, is an argument of.</summary>
    public static IInvocationOperation? CallGiven(this IOperation function)
    {
        var around = function.Parent;
        while (around is IConversionOperation or IDelegateCreationOperation)
            around = around.Parent;
        if (around is ICollectionExpressionOperation or IArrayInitializerOperation or IArrayCreationOperation)
            return null;
        return around is IArgumentOperation { Parent: IInvocationOperation call } ? call : null;
    }
}
