using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>FAD001: what the library refuses at run time, since a plain double would lose the derivative without a word.</summary>
internal static class DroppedReadingRule
{
    /// <summary>A property of diagnostics in functions that are traced, where x.Value is refused as well.</summary>
    public const string Traced = nameof(Traced);

    public static void Check(Use use)
    {
        // the operator whose derivative is traced has a check of its own
        if (use.IsInner)
            return;
        foreach (var part in use.WithCallees())
        foreach (var step in part.Steps)
            if (OperandOf(part.Library, step) is { } operand && part.Flow.Carries(operand.WithoutImplicit()))
                part.Report(
                    Descriptors.DroppedReading,
                    step.Syntax,
                    use.Traces ? ImmutableDictionary<string, string?>.Empty.Add(Traced, "") : ImmutableDictionary<string, string?>.Empty,
                    Text.Of(step.Syntax),
                    use.Traces
                        ? "traced, and a plain double would keep the value of this run"
                        : "differentiated, and a plain double would lose its derivative",
                    Remedy(part, step, operand)
                );
    }

    /// <summary>What an operation reads as plain doubles, if it does.</summary>
    private static IOperation? OperandOf(Library library, IOperation step) =>
        step switch
        {
            IConversionOperation { OperatorMethod: { } method } cast
                when library.IsReal(method.ContainingType) && IsFloating(method.ReturnType) => cast.Operand,
            IInvocationOperation call when IsReading(library, call) => call.Given().First(),
            IInvocationOperation { TargetMethod.ContainingType.Name: "CompiledSum" } call
                when library.Declares(call.TargetMethod)
                    && call.TargetMethod.Name is "Value" or "ValueAndGrad" or "Hessian" or "NormalEquations" or "Columns" => call.Arguments[
                0
            ].Value,
            _ => null,
        };

    private static bool IsReading(Library library, IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (library.Declares(method))
            return method.Name switch
            {
                "ToArray" or "AsSpan" or "ToArray2D" or "ToVector" or "ToMatrix" => library.IsNumber(call.Receiver()?.Type),
                "ToDoubles" => Library.TypeOf(method) == "RealExtensions",
                _ => false,
            };
        return method is { IsStatic: true, Parameters.Length: 1 }
            && call.Arguments[0].Value.WithoutImplicit().Type is var read
            && (library.IsReal(read) || read is ITypeParameterSymbol)
            && (
                method.Name is "CreateChecked" or "CreateSaturating" or "CreateTruncating" && IsFloating(method.ContainingType)
                || method is { Name: "ToDouble" or "ToSingle" or "ToDecimal", ContainingType.Name: "Convert" }
                    && Library.IsOfFramework(method)
            );
    }

    private static bool IsFloating(ITypeSymbol type) =>
        type.SpecialType is SpecialType.System_Double or SpecialType.System_Single or SpecialType.System_Decimal
        || type.Name is "Half" or "Complex" or "NFloat" && Library.IsOfFramework(type);

    private static string Remedy(Use use, IOperation step, IOperation operand)
    {
        var number = Text.Of(operand.WithoutImplicit().Syntax);
        if (step is IInvocationOperation { TargetMethod.ContainingType.Name: "CompiledSum" })
            return $"Write Invoke, through which derivatives pass, or give it StopGradient({number})";
        if (step is IInvocationOperation { TargetMethod: { Name: not "ToDoubles" } method } && use.Library.Declares(method))
            return use.Traces
                ? "Compute with Reals"
                : $"Compute with the Tensor itself, or write {number}.Value.{method.Name}() where constants are meant";
        if (step is IInvocationOperation { TargetMethod.Name: "ToDoubles" })
            return use.Traces
                ? "Compute with the Reals"
                : $"Compute with the Reals, or write StopGradient({number}) where constants are meant";
        var instead = "Compute with the Real itself";
        if (
            step.Syntax.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax outer }
            && use.Library.Real is var real
            && step.SemanticModel is { } model
            && model.GetSymbolInfo(outer).Symbol is IMethodSymbol function
            && PlainCalls.HasCounterpart(real, function)
        )
            instead = $"Write {Text.Of(PlainCalls.OnReals(outer, model, real))}";
        return use.Traces ? instead : $"{instead}, or read {Value(operand)} where a constant is meant";
    }

    private static string Value(IOperation operand)
    {
        var syntax = operand.WithoutImplicit().Syntax;
        return
            syntax
                is IdentifierNameSyntax
                    or MemberAccessExpressionSyntax
                    or ElementAccessExpressionSyntax
                    or InvocationExpressionSyntax
                    or ParenthesizedExpressionSyntax
            ? $"{Text.Of(syntax)}.Value"
            : $"({Text.Of(syntax)}).Value";
    }
}
