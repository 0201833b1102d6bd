using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>
/// FAD002: a function of Math on x.Value whose result is a part of the function's result. Reading x.Value is deliberate; a smooth function
/// of it, where Real has that function, hardly ever is.
/// </summary>
internal static class PlainFunctionRule
{
    /// <summary>
    /// A property of diagnostics where the value is read into a variable first, so that a change of the call alone is no remedy.
    /// </summary>
    public const string ThroughVariable = nameof(ThroughVariable);

    public static void Check(Use use)
    {
        if (use.IsInner || !use.Has(Treatment.Differentiates) || use.Has(Treatment.Draws))
            return;
        ResultFlow? results = null;
        foreach (var step in use.Steps)
            if (
                step is IInvocationOperation call
                && IsSmooth(use.Library, call)
                && call.Arguments.Any(argument => ReadsValue(use, argument.Value))
                && !IsArgumentOfAnother(use.Library, call)
                && (results ??= new ResultFlow(use.Library, use.Functions, use.Function, allowsWhole: false)).Reaches(call)
            )
                Report(use, call);
    }

    private static void Report(Use use, IInvocationOperation call)
    {
        var isThroughVariable = call.Descendants().Any(step => step is ILocalReferenceOperation && ReadsValue(use, step));
        var onReals = Text.Of(PlainCalls.OnReals((ExpressionSyntax)call.Syntax, call.SemanticModel!, use.Library.Real));
        use.Report(
            Descriptors.PlainFunction,
            call.Syntax,
            isThroughVariable
                ? ImmutableDictionary<string, string?>.Empty.Add(ThroughVariable, "")
                : ImmutableDictionary<string, string?>.Empty,
            Text.Of(call.Syntax),
            isThroughVariable
                ? $"Compute with the Real itself (Real.{call.TargetMethod.Name}) instead of its Value, or with StopGradient of it"
                : $"Write {onReals}, or StopGradient({onReals})"
        );
    }

    private static bool IsSmooth(Library library, IInvocationOperation call) =>
        call.TargetMethod.Name
            is "Sin"
                or "Cos"
                or "Tan"
                or "Asin"
                or "Acos"
                or "Atan"
                or "Atan2"
                or "SinPi"
                or "CosPi"
                or "TanPi"
                or "Sinh"
                or "Cosh"
                or "Tanh"
                or "Asinh"
                or "Acosh"
                or "Atanh"
                or "Exp"
                or "Exp2"
                or "Exp10"
                or "ExpM1"
                or "Log"
                or "Log2"
                or "Log10"
                or "LogP1"
                or "Pow"
                or "Sqrt"
                or "Cbrt"
                or "RootN"
                or "Hypot"
        && PlainCalls.HasCounterpart(library.Real, call.TargetMethod);

    /// <summary>The outermost of nested calls is reported.</summary>
    private static bool IsArgumentOfAnother(Library library, IInvocationOperation call)
    {
        IOperation at = call;
        while (at.Parent is IArgumentOperation or IConversionOperation or IBinaryOperation or IUnaryOperation or IParenthesizedOperation)
        {
            at = at.Parent;
            if (at is IArgumentOperation { Parent: IInvocationOperation outer } && IsSmooth(library, outer))
                return true;
        }
        return false;
    }

    /// <summary>Tells whether a double is computed from x.Value, where x is a number of the derivative.</summary>
    private static bool ReadsValue(Use use, IOperation operation) =>
        operation switch
        {
            IPropertyReferenceOperation { Property.Name: "Value", Instance: { } number } => use.Library.IsReal(number.Type)
                && use.Flow.Carries(number),
            IBinaryOperation { Type.SpecialType: SpecialType.System_Double or SpecialType.System_Single } binary => ReadsValue(
                use,
                binary.LeftOperand
            ) || ReadsValue(use, binary.RightOperand),
            IUnaryOperation unary => ReadsValue(use, unary.Operand),
            IConversionOperation conversion
                when conversion.Operand.Type?.SpecialType is SpecialType.System_Double or SpecialType.System_Single => ReadsValue(
                use,
                conversion.Operand
            ),
            IParenthesizedOperation parenthesized => ReadsValue(use, parenthesized.Operand),
            IInvocationOperation
            {
                TargetMethod: { Name: not ("Floor" or "Ceiling" or "Round" or "Truncate" or "Sign" or "CopySign" or "ILogB") } method
            } call when PlainCalls.HasCounterpart(use.Library.Real, method) => call.Arguments.Any(argument =>
                ReadsValue(use, argument.Value)
            ),
            ILocalReferenceOperation local when use.Functions.AssignmentsAround(local).Only(local.Local) is { } value => ReadsValue(
                use,
                value
            ),
            _ => false,
        };
}
