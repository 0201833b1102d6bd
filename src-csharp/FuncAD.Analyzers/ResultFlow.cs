using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>
/// Tells which expressions become a part of a function's result, by value: what decides a branch, an index or a round of a loop, what is
/// printed, and what StopGradient makes a constant does not.
/// </summary>
internal sealed class ResultFlow
{
    private readonly Library library;
    private readonly Functions functions;
    private readonly Function function;
    private readonly bool allowsWhole;
    private readonly HashSet<SyntaxNode> seen = new();

    /// <param name="allowsWhole">Follow whole numbers, also as indices, times and dates.</param>
    public ResultFlow(Library library, Functions functions, Function function, bool allowsWhole)
    {
        (this.library, this.functions, this.function) = (library, functions, function);
        this.allowsWhole = allowsWhole;
    }

    public bool Reaches(IOperation operation)
    {
        seen.Clear();
        return Follow(operation);
    }

    private bool Follow(IOperation operation)
    {
        var at = operation;
        while (
            IsNumeric(at.Type)
            || at is IArgumentOperation or IArrayInitializerOperation or IObjectOrCollectionInitializerOperation or ISpreadOperation
        )
        {
            if (at.Parent is not { } parent || !function.Contains(parent.Syntax))
                return false;
            switch (parent)
            {
                case IReturnOperation:
                    return LeavesBy(parent);
                case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var variable } }:
                    return FollowVariable(variable, parent, isStart: true);
                case ICompoundAssignmentOperation assignment when assignment.Value == at:
                    return Assignments.VariableOf(assignment.Target) is { } sum && FollowVariable(sum, parent, isStart: false);
                case ISimpleAssignmentOperation assignment when assignment.Value == at:
                    if (parent.Parent is IObjectOrCollectionInitializerOperation)
                    {
                        at = parent.Parent;
                        continue;
                    }
                    return Assignments.VariableOf(assignment.Target) is { } target && FollowVariable(target, parent, isStart: false);
                case IArrayElementReferenceOperation element when element.ArrayReference != at && !allowsWhole:
                case IConditionalOperation choice when choice.Condition == at:
                case ISwitchExpressionOperation:
                    return false;
                case IArgumentOperation { Parent: IInvocationOperation call }:
                    if (Cuts(call.TargetMethod))
                        return false;
                    if (call.TargetMethod.ReturnsVoid)
                        return call.Instance is { } list
                            && Assignments.VariableOf(list) is { } changed
                            && FollowVariable(changed, call, isStart: false);
                    at = call;
                    continue;
                case IArgumentOperation { Parent: IObjectCreationOperation creation }:
                    at = creation;
                    continue;
                case IArgumentOperation { Parent: IPropertyReferenceOperation element } when allowsWhole:
                    at = element;
                    continue;
                case IArgumentOperation:
                    return false; // an index
                default:
                    at = parent;
                    continue;
            }
        }
        return false;
    }

    /// <summary>A return of the function itself, or of a function in it whose calls are followed.</summary>
    private bool LeavesBy(IOperation result)
    {
        switch (result.EnclosingFunction())
        {
            case IAnonymousFunctionOperation lambda when lambda.Body.Syntax != function.Body.Syntax:
                return lambda.CallGiven() is { } call && !Cuts(call.TargetMethod) && seen.Add(call.Syntax) && Follow(call);
            case ILocalFunctionOperation local when local.Body?.Syntax != function.Body.Syntax:
                return functions
                    .AssignmentsAround(result)
                    .References(local.Symbol.OriginalDefinition)
                    .Any(call => function.Contains(call.Syntax) && seen.Add(call.Syntax) && Follow(call));
            default:
                return true;
        }
    }

    /// <summary>
    /// Follows what is read of a variable. A value that a loop starts from, and replaces, is the usual way to give an iteration its first
    /// guess, and one that is read more than once a scale that is divided out again, or the point of a linearisation: they are let be.
    /// </summary>
    private bool FollowVariable(ISymbol variable, IOperation site, bool isStart)
    {
        var assignments = functions.AssignmentsAround(site);
        if (
            isStart
            && !allowsWhole
            && (
                assignments.To(variable).Any(assignment => assignment.Kind == AssignmentKind.Simple)
                || assignments.References(variable).Count(reference => function.Contains(reference.Syntax) && !IsTarget(reference)) > 1
            )
        )
            return false;
        return seen.Add(site.Syntax)
            && assignments
                .References(variable)
                .Any(reference =>
                    function.Contains(reference.Syntax)
                    && !IsTarget(reference)
                    && (reference.Syntax.SpanStart > site.Syntax.SpanStart || Operations.ShareLoop(reference.Syntax, site.Syntax))
                    && Follow(reference)
                );
    }

    private static bool IsTarget(IOperation reference)
    {
        var at = reference;
        while (
            at.Parent is IArrayElementReferenceOperation or IPropertyReferenceOperation or IFieldReferenceOperation or IConversionOperation
        )
            at = at.Parent;
        return at.Parent is IAssignmentOperation assignment && assignment.Target == at;
    }

    /// <summary>Calls whose result does not vary with what they are given, or is no number.</summary>
    private bool Cuts(IMethodSymbol method) =>
        library.IsStopGradient(method)
        || method.Name is "Floor" or "Ceiling" or "Round" or "Truncate" or "Sign" or "CopySign" or "ILogB"
        || !method.ReturnsVoid && !IsNumeric(method.ReturnType);

    private bool IsNumeric(ITypeSymbol? type) =>
        type switch
        {
            null => false,
            { SpecialType: SpecialType.System_Double or SpecialType.System_Single or SpecialType.System_Decimal } => true,
            // whole numbers of a random generator or a clock, which become fractions
            { SpecialType: SpecialType.System_Int32 or SpecialType.System_Int64 } => allowsWhole,
            IArrayTypeSymbol array => IsNumeric(array.ElementType),
            INamedTypeSymbol { IsGenericType: true } generic when generic.TypeArguments.Any(IsNumeric) => true,
            INamedTypeSymbol { DelegateInvokeMethod: { } invoke } => IsNumeric(invoke.ReturnType),
            INamedTypeSymbol { Name: "TimeSpan" or "DateTime" or "DateTimeOffset" or "Guid" } => allowsWhole,
            _ => library.Holds(type),
        };
}
