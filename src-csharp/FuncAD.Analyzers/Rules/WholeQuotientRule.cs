using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>FAD008: a quotient of whole numbers, which is cut to a whole number, beside a number of the library: 1 / 2 * x is 0.</summary>
internal static class WholeQuotientRule
{
    public static void Check(Library library, IBinaryOperation quotient, Action<Diagnostic> report)
    {
        if (
            quotient.OperatorKind == BinaryOperatorKind.Divide
            && IsWhole(quotient.Type)
            && IsCut(quotient)
            && MeetsNumber(library, quotient)
        )
            report(Diagnostic.Create(Descriptors.WholeQuotient, quotient.Syntax.GetLocation(), quotient.Syntax));
    }

    private static bool IsWhole(ITypeSymbol? type) => type?.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64;

    /// <summary>Surely not what is meant: constants that leave a remainder, or 1 over something, which is 0 but for 1 and -1.</summary>
    private static bool IsCut(IBinaryOperation quotient) =>
        (Constant(quotient.LeftOperand), Constant(quotient.RightOperand)) switch
        {
            ({ } a, { } b) => b != 0 && a % b != 0,
            (1, null) => true,
            _ => false,
        };

    private static long? Constant(IOperation operation) =>
        operation.ConstantValue is { HasValue: true, Value: { } value } && value is int or long
            ? Convert.ToInt64(operation.ConstantValue.Value, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private static bool MeetsNumber(Library library, IOperation quotient)
    {
        for (var operation = quotient; operation.Parent is { } parent; operation = parent)
            switch (parent)
            {
                case IConversionOperation when library.IsNumber(parent.Type):
                case IBinaryOperation { OperatorMethod: { } method } when library.Declares(method):
                case IArgumentOperation { Parent: IInvocationOperation { TargetMethod: { Name: "Pow" } power } }
                    when library.Declares(power):
                    return true;
                case IConversionOperation or IUnaryOperation:
                    break;
                default:
                    return false;
            }
        return false;
    }
}
