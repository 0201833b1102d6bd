using System;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>
/// FAD007: a statement that computes a number, an array or a derivative, and drops it. Nothing of the library changes its arguments.
/// </summary>
internal static class ThrownAwayRule
{
    public static void Check(Library library, IInvocationOperation call, Action<Diagnostic> report)
    {
        if (call.Parent is not IExpressionStatementOperation { Syntax: ExpressionStatementSyntax } || call.TargetMethod.ReturnsVoid)
            return;
        // Parse is called for its exception, and a compiled function to warm it up.
        var declaring = Library.TypeOf(call.TargetMethod);
        if (
            declaring is not ("AD" or "Real" or "RealMath" or "Tensor" or "TensorMath" or "TensorExtensions")
            || call.TargetMethod.Name == "Parse"
        )
            return;
        var type = call.TargetMethod.ReturnType;
        var why =
            library.IsNumber(type) ? "numbers and arrays do not change, operations return new ones"
            : type.IsDelegate() && library.Holds(type) ? "the operator returns a function, and nothing runs until that is called"
            : null;
        if (why is not null && !IsInsideTry(call))
            report(Diagnostic.Create(Descriptors.ThrownAway, call.Syntax.GetLocation(), call.TargetMethod.Name, why));
    }

    /// <summary>A call that is made for its exception.</summary>
    private static bool IsInsideTry(IOperation call) =>
        call.Syntax.Ancestors()
            .TakeWhile(node => node is not (MemberDeclarationSyntax or AnonymousFunctionExpressionSyntax))
            .Any(node => node is TryStatementSyntax)
        || call.EnclosingFunction() is IAnonymousFunctionOperation { Symbol.ReturnsVoid: true };
}
