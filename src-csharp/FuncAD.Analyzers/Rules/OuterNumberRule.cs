using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>FAD005: a number of an operator's function, captured by a function that is compiled in it: an error at run time.</summary>
internal static class OuterNumberRule
{
    public static void Check(Use use)
    {
        if (!use.Has(Treatment.Differentiates | Treatment.Compiles) || use.IsInner)
            return;
        foreach (var step in use.Steps)
            if (
                step is IInvocationOperation call
                && use.Library.TreatmentBy(call.TargetMethod) is { } treatment
                && (treatment & Treatment.Compiles) != 0
            )
                foreach (var argument in call.Arguments)
                    if (
                        argument.Value.Type.IsDelegate()
                        && use.Functions.Of(argument.Value) is { } compiled
                        && use.Function.Contains(compiled.Body.Syntax)
                    )
                        CheckCaptures(use, compiled, call.TargetMethod.Name);
    }

    private static void CheckCaptures(Use use, Function compiled, string name)
    {
        foreach (var step in compiled.Body.DescendantsAndSelf())
            if (
                step is ILocalReferenceOperation or IParameterReferenceOperation
                && use.Flow.Carries(step)
                && IsCaptured(compiled, step)
                && IsUsed(use, step)
            )
                use.Report(Descriptors.OuterNumber, step.Syntax, Text.Of(step.Syntax), name);
    }

    private static bool IsCaptured(Function compiled, IOperation reference)
    {
        var symbol = reference is ILocalReferenceOperation local
            ? (ISymbol)local.Local
            : ((IParameterReferenceOperation)reference).Parameter;
        return !compiled.Symbol.Parameters.Contains(symbol, SymbolEqualityComparer.Default)
            && symbol.DeclaringSyntaxReferences.All(declaration => !compiled.Contains(declaration.GetSyntax()));
    }

    /// <summary>Tells whether the number itself is used, not its value, its length or a constant made of it.</summary>
    private static bool IsUsed(Use use, IOperation reference)
    {
        var at = reference;
        while (
            at.Parent
                is IConversionOperation { OperatorMethod: null }
                    or IArrayElementReferenceOperation
                    or IPropertyReferenceOperation
                    or IFieldReferenceOperation
            && use.Flow.Carries(at.Parent)
        )
            at = at.Parent;
        return at.Parent switch
        {
            IPropertyReferenceOperation or IFieldReferenceOperation => false,
            IConversionOperation { Type: var type } => use.Library.Holds(type),
            IArgumentOperation { Parent: IInvocationOperation { TargetMethod: var method } } => !use.Library.IsStopGradient(method)
                && use.Library.Declares(method),
            IBinaryOperation binary => use.Library.IsNumber(binary.Type),
            IUnaryOperation or IReturnOperation => true,
            IInvocationOperation { TargetMethod: var method } => use.Library.Declares(method) && use.Library.IsNumber(method.ReturnType),
            _ => false,
        };
    }
}
