using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>
/// Tells which expressions of a function carry the numbers that an operator gives to it: those of its parameters, and what is computed
/// from them. Where that cannot be seen (another assembly's code, an object's field), the answer is no.
/// </summary>
internal sealed class Flow
{
    /// <summary>How many calls deep the code of other methods is looked at.</summary>
    private const int Depth = 4;

    private readonly Library library;
    private readonly Functions functions;
    private readonly HashSet<ISymbol> sources;
    private readonly bool isReceiverSource;
    private readonly bool isTraced;
    private readonly int depth;
    private readonly Dictionary<IOperation, bool> known = new();

    private Flow(Library library, Functions functions, IEnumerable<ISymbol> sources, bool isReceiverSource, bool isTraced, int depth)
    {
        (this.library, this.functions) = (library, functions);
        this.sources = new HashSet<ISymbol>(sources, SymbolEqualityComparer.Default);
        (this.isReceiverSource, this.isTraced, this.depth) = (isReceiverSource, isTraced, depth);
    }

    /// <param name="isTraced">A constant of a derivative is still a number of the program that is traced.</param>
    public static Flow From(Library library, Functions functions, Function function, bool isTraced) =>
        new(library, functions, function.Symbol.Parameters.Where(p => library.Holds(p.Type)), false, isTraced, 0);

    /// <summary>
    /// The flow in a method that is called with numbers of this flow; null if it is given none, or its code cannot be seen.
    /// </summary>
    public (Function Function, Flow Flow)? Into(IInvocationOperation call)
    {
        if (call.TargetMethod.MethodKind is MethodKind.LocalFunction or MethodKind.DelegateInvoke)
            return null;
        var receiver = call.Instance is { } instance && Carries(instance);
        if (
            !receiver && !call.Arguments.Any(argument => Carries(argument.Value))
            || functions.Of(call.TargetMethod, call.SemanticModel) is not { } function
        )
            return null;
        return depth < Depth
            ? (function, new Flow(library, functions, ParametersGiven(call, function), receiver, isTraced, depth + 1))
            : null;
    }

    /// <summary>The same for a local function that stands outside of the function that this flow began with.</summary>
    public Flow? IntoLocal(IInvocationOperation call, Function local)
    {
        var given = ParametersGiven(call, local).ToArray();
        return given.Length > 0 && depth < Depth ? new Flow(library, functions, given, false, isTraced, depth + 1) : null;
    }

    private IEnumerable<IParameterSymbol> ParametersGiven(IInvocationOperation call, Function function)
    {
        var offset = call.TargetMethod.ReducedFrom is { } ? 1 : 0;
        var parameters = function.Symbol.Parameters;
        return call
            .Arguments.Where(argument => argument.Parameter is { } && Carries(argument.Value))
            .Select(argument => argument.Parameter!.Ordinal + offset)
            .Where(ordinal => ordinal < parameters.Length)
            .Select(ordinal => parameters[ordinal]);
    }

    public bool Carries(IOperation? operation)
    {
        if (operation is null || !library.Holds(operation.Type))
            return false;
        if (known.TryGetValue(operation, out var carries))
            return carries;
        known[operation] = false; // what is computed from itself carries what its other parts do
        return known[operation] = Compute(operation);
    }

    private bool Compute(IOperation operation) =>
        operation switch
        {
            IParameterReferenceOperation reference => sources.Contains(reference.Parameter)
                || IsGivenNumbers(reference)
                || WasAssignedNumbers(reference.Parameter, reference),
            ILocalReferenceOperation reference => WasAssignedNumbers(reference.Local, reference),
            IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ContainingTypeInstance } => isReceiverSource,
            IPropertyReferenceOperation { Property: { Name: "Value" } property } when library.IsNumber(property.ContainingType) => false,
            IPropertyReferenceOperation { Property: { IsIndexer: false, GetMethod: { } getter } } reference
                when functions.Of(getter, reference.SemanticModel) is { } function => depth < Depth
                && Carries(reference.Instance)
                && new Flow(library, functions, [], true, isTraced, depth + 1).ResultCarries(function),
            IPropertyReferenceOperation reference => Carries(reference.Instance)
                || reference.Property.IsIndexer && reference.Arguments.Any(argument => Carries(argument.Value)),
            IFieldReferenceOperation reference => Carries(reference.Instance),
            IInvocationOperation call => CallCarries(call),
            IConditionalOperation choice => Carries(choice.WhenTrue) || Carries(choice.WhenFalse),
            ISwitchExpressionOperation choice => choice.Arms.Any(arm => Carries(arm.Value)),
            IAnonymousFunctionOperation lambda => new Function(lambda.Symbol, lambda.Body).Results.Any(Carries),
            IConversionOperation or IBinaryOperation or IUnaryOperation or IArrayElementReferenceOperation or ITupleOperation => AnyPart(
                operation
            ),
            ITupleBinaryOperation => false,
            IObjectCreationOperation or IArrayCreationOperation or ICollectionExpressionOperation or ISpreadOperation => AnyPart(operation),
            IAnonymousObjectCreationOperation or IWithOperation or IDelegateCreationOperation or ICoalesceOperation => AnyPart(operation),
            IObjectOrCollectionInitializerOperation or IArrayInitializerOperation or IArgumentOperation => AnyPart(operation),
            IAssignmentOperation assignment => Carries(assignment.Value),
            IAwaitOperation wait => Carries(wait.Operation),
            IConditionalAccessOperation access => Carries(access.Operation) && Carries(access.WhenNotNull),
            IConditionalAccessInstanceOperation => true,
            ITranslatedQueryOperation query => Carries(query.Operation),
            IParenthesizedOperation parenthesized => Carries(parenthesized.Operand),
            _ => false,
        };

    /// <summary>Initializers and arguments have no type of their own: their parts are looked at.</summary>
    private bool AnyPart(IOperation operation)
    {
        foreach (var part in operation.ChildOperations)
            if (part is { Type: null } or IArgumentOperation or IObjectOrCollectionInitializerOperation ? AnyPart(part) : Carries(part))
                return true;
        return false;
    }

    private bool ResultCarries(Function function) =>
        functions.Remember(
            function.Symbol,
            $"{depth} {isReceiverSource} {isTraced} {string.Join(" ", sources.Select(source => source.Name).OrderBy(name => name, StringComparer.Ordinal))}",
            () => function.Results.Any(Carries)
        );

    private bool CallCarries(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (library.IsStopGradient(method))
            return isTraced && call.Given().Any(Carries);
        if (library.Declares(method))
            return !IsConstantBelow(method) && FrameworkCallCarries(call);
        if (method.MethodKind == MethodKind.DelegateInvoke)
            return functions.Of(call.Instance) is { } function ? function.Results.Any(Carries) : call.Given().Any(Carries);
        if (method.MethodKind == MethodKind.LocalFunction)
            return functions.Of(method, call.SemanticModel) is { } local && local.Results.Any(Carries);
        if (Library.IsOfFramework(method))
            return FrameworkCallCarries(call);
        return Into(call) is { } inner && inner.Flow.ResultCarries(inner.Function);
    }

    /// <summary>Functions that are piecewise constant, and draws, most of which pass no derivative on.</summary>
    private bool IsConstantBelow(IMethodSymbol method) =>
        !isTraced && method.Name is "Floor" or "Ceiling" or "Round" or "Truncate" or "Sign" or "Sample"
        || Library.TypeOf(method) == "Chance";

    /// <summary>
    /// A call of the library's or of the framework's gives on what it is given, or what functions that it is given make of that.
    /// </summary>
    private bool FrameworkCallCarries(IInvocationOperation call)
    {
        var makers = call
            .Arguments.Where(argument => argument.Value.Type.IsDelegate() && library.Holds(argument.Value.Type))
            .Select(argument => argument.Value)
            .ToArray();
        return makers.Length > 0 && library.TreatmentBy(call.TargetMethod) is null
            ? makers.Any(maker => MakesNumbers(call, maker))
            : call.Given().Any(Carries);
    }

    private bool MakesNumbers(IInvocationOperation call, IOperation maker) =>
        maker.WithoutImplicit() is IDelegateCreationOperation { Target: IMethodReferenceOperation reference }
        && library.Declares(reference.Method)
            ? !library.IsStopGradient(reference.Method) && call.Given().Any(Carries)
        : functions.Of(maker) is { } function ? function.Results.Any(Carries)
        : call.Given().Any(Carries);

    private bool WasAssignedNumbers(ISymbol variable, IOperation reference)
    {
        foreach (var assignment in functions.AssignmentsAround(reference).To(variable))
            if (
                assignment.Value is { } value
                && (assignment.Site.SpanStart < reference.Syntax.SpanStart || Operations.ShareLoop(assignment.Site, reference.Syntax))
                && Carries(value)
            )
                return true;
        return false;
    }

    /// <summary>Tells whether the parameter of an inner function is given numbers where that function is called.</summary>
    private bool IsGivenNumbers(IParameterReferenceOperation reference)
    {
        var parameter = reference.Parameter;
        for (var around = reference.EnclosingFunction(); around is { }; around = around.EnclosingFunction())
            switch (around)
            {
                case IAnonymousFunctionOperation lambda
                    when SymbolEqualityComparer.Default.Equals(lambda.Symbol, parameter.ContainingSymbol):
                    return IsLambdaGivenNumbers(lambda, parameter.Ordinal);
                case ILocalFunctionOperation local when SymbolEqualityComparer.Default.Equals(local.Symbol, parameter.ContainingSymbol):
                    return functions
                        .AssignmentsAround(reference)
                        .References(local.Symbol.OriginalDefinition)
                        .OfType<IInvocationOperation>()
                        .Any(call => call.Arguments.Any(a => a.Parameter?.Ordinal == parameter.Ordinal && Carries(a.Value)));
            }
        return false;
    }

    private bool IsLambdaGivenNumbers(IAnonymousFunctionOperation lambda, int ordinal)
    {
        if (lambda.CallGiven() is { } call)
            return library.TreatmentBy(call.TargetMethod) is null && call.Given().Any(given => !given.Type.IsDelegate() && Carries(given));
        // a lambda in a variable is given numbers where the variable is called
        IOperation? around = lambda;
        while (around is IAnonymousFunctionOperation or IConversionOperation or IDelegateCreationOperation or IVariableInitializerOperation)
            around = around.Parent;
        return around is IVariableDeclaratorOperation { Symbol: var variable }
            && functions
                .AssignmentsAround(lambda)
                .References(variable)
                .Any(use =>
                    use.Parent is IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } called
                    && called.Instance == use
                    && ordinal < called.Arguments.Length
                    && Carries(called.Arguments[ordinal].Value)
                );
    }
}
