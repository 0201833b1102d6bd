using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>
/// FAD006: x.Value, (int)x and the like of a number that is traced: a loop bound, an index or a condition that would be frozen.
/// </summary>
internal static class TracedReadingRule
{
    public static void Check(Use use)
    {
        if (!use.Traces)
            return;
        foreach (var part in use.WithCallees())
        foreach (var step in part.Steps)
            if (OperandOf(part.Library, step) is { } operand && part.Flow.Carries(operand.WithoutImplicit()))
                part.Report(Descriptors.TracedReading, step.Syntax, Text.Of(step.Syntax), Remedy(step));
    }

    private static IOperation? OperandOf(Library library, IOperation step) =>
        step switch
        {
            IPropertyReferenceOperation { Property.Name: "Value", Instance: { } number } when library.IsReal(number.Type) => number,
            IConversionOperation { OperatorMethod: { } method } cast
                when library.IsReal(method.ContainingType) && IsWhole(method.ReturnType) => cast.Operand,
            IInvocationOperation { TargetMethod: { Name: "GetHashCode", Parameters.Length: 0 }, Instance: { } number }
                when library.IsReal(number.Type) => number,
            IInvocationOperation
            {
                TargetMethod:
                { IsStatic: true, Parameters.Length: 1, Name: "CreateChecked" or "CreateSaturating" or "CreateTruncating" } method
            } call when IsWhole(method.ContainingType) && library.IsReal(call.Arguments[0].Value.WithoutImplicit().Type) => call.Arguments[
                0
            ].Value,
            _ => null,
        };

    private static bool IsWhole(ITypeSymbol type) =>
        type.SpecialType
            is >= SpecialType.System_Char
                and <= SpecialType.System_UInt64
                or SpecialType.System_IntPtr
                or SpecialType.System_UIntPtr
        || type.Name is "Int128" or "UInt128" or "BigInteger" && Library.IsOfFramework(type);

    private static string Remedy(IOperation step)
    {
        for (var at = step; at.Parent is { } parent; at = parent)
            switch (parent)
            {
                case IBinaryOperation { Type.SpecialType: SpecialType.System_Boolean } when step is IPropertyReferenceOperation:
                    return "Compare the numbers themselves (a < b is checked in each run), or choose with Real.Select, Max or Min";
                case IInterpolationOperation:
                    return "As text a number shows the value of the example: leave out .Value";
                case ILoopOperation or IArrayElementReferenceOperation or IArrayCreationOperation:
                    return "What decides loops and indices is to be passed as a parameter that is not a Real, such as an int";
                case IReturnOperation or IBlockOperation:
                    return General;
            }
        return General;
    }

    private const string General =
        "Compute with Reals throughout: compare them with each other, round with Floor or Round; pass what decides loops and indices as an int";
}
