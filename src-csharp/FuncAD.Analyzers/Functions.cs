using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>A function whose code can be seen: its parameters and its body.</summary>
internal sealed class Function
{
    public Function(IMethodSymbol symbol, IOperation body) => (Symbol, Body) = (symbol, body);

    public IMethodSymbol Symbol { get; }

    public IOperation Body { get; }

    public bool Contains(SyntaxNode node) => node.SyntaxTree == Body.Syntax.SyntaxTree && Body.Syntax.FullSpan.Contains(node.Span);

    /// <summary>What the function returns or yields, without the returns of functions in it.</summary>
    public IEnumerable<IOperation> Results => ResultsOf(Body);

    private static IEnumerable<IOperation> ResultsOf(IOperation operation) =>
        operation is IReturnOperation { ReturnedValue: { } value } ? [value]
        : operation is IAnonymousFunctionOperation or ILocalFunctionOperation ? []
        : operation.ChildOperations.SelectMany(ResultsOf);
}

/// <summary>Finds the code of functions in a compilation.</summary>
internal sealed class Functions
{
    private readonly Compilation compilation;
    private readonly ConditionalWeakTable<IOperation, Assignments> assignments = new();
    private readonly ConcurrentDictionary<(IMethodSymbol Method, string Given), bool> answers = new();

    public Functions(Compilation compilation) => this.compilation = compilation;

    /// <summary>Whether a method's results carry what it is given: asked many times, computed once for each way to call it.</summary>
    public bool Remember(IMethodSymbol method, string given, Func<bool> compute)
    {
        if (answers.TryGetValue((method, given), out var answer))
            return answer;
        answer = compute();
        answers.TryAdd((method, given), answer);
        return answer;
    }

    /// <summary>The assignments in the member that an operation belongs to.</summary>
    public Assignments AssignmentsAround(IOperation operation)
    {
        while (operation.Parent is { } parent)
            operation = parent;
        return assignments.GetValue(operation, root => new Assignments(root));
    }

    /// <summary>
    /// The function that a value of a delegate's type is: a lambda, a method, or a variable that only ever is one of these.
    /// </summary>
    public Function? Of(IOperation? value) =>
        value switch
        {
            IConversionOperation conversion => Of(conversion.Operand),
            IDelegateCreationOperation creation => Of(creation.Target),
            IAnonymousFunctionOperation lambda => new Function(lambda.Symbol, lambda.Body),
            IMethodReferenceOperation reference => Of(reference.Method, reference.SemanticModel),
            ILocalReferenceOperation local when AssignmentsAround(local).Only(local.Local) is { } only => Of(only),
            IFieldReferenceOperation { Field: { IsReadOnly: true } field } reference => OfField(field, reference.SemanticModel),
            _ => null,
        };

    /// <summary>A method's code; null if it is not in this compilation, or may be another's.</summary>
    public Function? Of(IMethodSymbol method, SemanticModel? near)
    {
        method = (method.ReducedFrom ?? method).OriginalDefinition;
        if (method.IsAbstract || method.IsVirtual || method.IsOverride)
            return null;
        method = method.PartialImplementationPart ?? method;
        if (method.DeclaringSyntaxReferences is not { Length: 1 } declarations)
            return null;
        var declaration = declarations[0];
        return ModelOf(declaration.SyntaxTree, near)?.GetOperation(declaration.GetSyntax()) switch
        {
            ILocalFunctionOperation { Body: { } body } => new Function(method, body),
            IMethodBodyBaseOperation operation when (operation.BlockBody ?? operation.ExpressionBody) is { } body => new Function(
                method,
                body
            ),
            IBlockOperation body => new Function(method, body),
            _ => null,
        };
    }

    private Function? OfField(IFieldSymbol field, SemanticModel? near) =>
        field.DeclaringSyntaxReferences is { Length: 1 } declarations
        && ModelOf(declarations[0].SyntaxTree, near) is { } model
        && declarations[0].GetSyntax() is Microsoft.CodeAnalysis.CSharp.Syntax.VariableDeclaratorSyntax { Initializer: { } initializer }
        && model.GetOperation(initializer) is IFieldInitializerOperation { Value: { } value }
        && value.UnwrappedFunction() is { } lambda
            ? new Function(lambda.Symbol, lambda.Body)
            : null;

    /// <summary>Null for the tree of another compilation, as a reference between projects in an editor has it.</summary>
    private SemanticModel? ModelOf(SyntaxTree tree, SemanticModel? near)
    {
        if (near?.SyntaxTree == tree)
            return near;
        if (!compilation.ContainsSyntaxTree(tree))
            return null;
#pragma warning disable RS1030 // A method that an operator is given may stand in another file: its code is looked at once for each call.
        return compilation.GetSemanticModel(tree);
#pragma warning restore RS1030
    }
}
