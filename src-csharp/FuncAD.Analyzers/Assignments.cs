using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>How a variable gets (part of) a value.</summary>
internal enum AssignmentKind
{
    Initial,
    Simple,
    Compound,

    /// <summary>An element or a member is assigned, or a method of the variable is given the value.</summary>
    Part,
}

internal readonly struct Assignment
{
    public Assignment(AssignmentKind kind, IOperation? value, SyntaxNode site) => (Kind, Value, Site) = (kind, value, site);

    public AssignmentKind Kind { get; }

    /// <summary>Null where the value is not known, as after a method had a reference to the variable.</summary>
    public IOperation? Value { get; }

    public SyntaxNode Site { get; }
}

/// <summary>What is assigned to the variables of a member, with its lambdas and local functions.</summary>
internal sealed class Assignments
{
    private static readonly IReadOnlyList<Assignment> None = [];
    private readonly Dictionary<ISymbol, List<Assignment>> found = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, List<IOperation>> references = new(SymbolEqualityComparer.Default);

    public Assignments(IOperation root)
    {
        Root = root;
        foreach (var operation in root.DescendantsAndSelf())
            Visit(operation);
    }

    public IOperation Root { get; }

    public IReadOnlyList<Assignment> To(ISymbol variable) => found.TryGetValue(variable, out var list) ? list : None;

    /// <summary>The references to a variable, or to a local function.</summary>
    public IReadOnlyList<IOperation> References(ISymbol symbol) => references.TryGetValue(symbol, out var list) ? list : [];

    /// <summary>The one value that a local ever has; null if there are several.</summary>
    public IOperation? Only(ILocalSymbol local) =>
        To(local) is { Count: 1 } only && only[0] is { Kind: AssignmentKind.Initial or AssignmentKind.Simple, Value: { } value }
            ? value
            : null;

    private void Visit(IOperation operation)
    {
        switch (operation)
        {
            case IVariableDeclaratorOperation { Symbol: var symbol } declarator when declarator.GetVariableInitializer() is { } initializer:
                Add(symbol, AssignmentKind.Initial, initializer.Value, declarator.Syntax);
                break;
            case ISimpleAssignmentOperation assignment:
                Assign(assignment.Target, assignment.Value, assignment.Syntax, AssignmentKind.Simple);
                break;
            case ICompoundAssignmentOperation assignment:
                Assign(assignment.Target, assignment.Value, assignment.Syntax, AssignmentKind.Compound);
                break;
            case ICoalesceAssignmentOperation assignment:
                Assign(assignment.Target, assignment.Value, assignment.Syntax, AssignmentKind.Compound);
                break;
            case IIncrementOrDecrementOperation increment:
                Assign(increment.Target, null, increment.Syntax, AssignmentKind.Compound);
                break;
            case IDeconstructionAssignmentOperation assignment:
                Deconstruct(assignment.Target, assignment.Value, assignment.Syntax);
                break;
            case IForEachLoopOperation loop:
                Deconstruct(loop.LoopControlVariable, loop.Collection.WithoutImplicit(), loop.LoopControlVariable.Syntax);
                break;
            case IPatternOperation pattern when SymbolOf(pattern) is { } symbol && MatchedValue(pattern) is { } value:
                Add(symbol, AssignmentKind.Initial, value, pattern.Syntax);
                break;
            case IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out } argument:
                Assign(argument.Value, null, argument.Syntax, AssignmentKind.Simple);
                break;
            case IInvocationOperation { TargetMethod.ReturnsVoid: true, Instance: { } instance } call
                when VariableOf(instance) is { } variable:
                foreach (var argument in call.Arguments)
                    Add(variable, AssignmentKind.Part, argument.Value, call.Syntax);
                break;
            case ILocalReferenceOperation reference:
                AddTo(references, reference.Local, reference);
                break;
            case IParameterReferenceOperation reference:
                AddTo(references, reference.Parameter, reference);
                break;
            case IInvocationOperation { TargetMethod: { MethodKind: MethodKind.LocalFunction } method } call:
                AddTo(references, method.OriginalDefinition, call);
                break;
        }
    }

    private void Assign(IOperation target, IOperation? value, SyntaxNode site, AssignmentKind kind)
    {
        if (target is ILocalReferenceOperation or IParameterReferenceOperation or IDeclarationExpressionOperation)
            Add(VariableOf(target), kind, value, site);
        else
            Add(VariableOf(target), AssignmentKind.Part, value, site);
    }

    private void Deconstruct(IOperation target, IOperation value, SyntaxNode site)
    {
        if (target is IDeclarationExpressionOperation declaration)
            target = declaration.Expression;
        if (target is ITupleOperation tuple)
        {
            var values = value is IConversionOperation { Operand: ITupleOperation inner } ? inner : value as ITupleOperation;
            for (var i = 0; i < tuple.Elements.Length; i++)
                Deconstruct(tuple.Elements[i], values is { } && i < values.Elements.Length ? values.Elements[i] : value, site);
        }
        else if (target is IVariableDeclaratorOperation { Symbol: var symbol })
            Add(symbol, AssignmentKind.Initial, value, site);
        else
            Assign(target, value, site, AssignmentKind.Simple);
    }

    /// <summary>The variable that an expression is, or is a part of.</summary>
    public static ISymbol? VariableOf(IOperation? operation) =>
        operation switch
        {
            ILocalReferenceOperation local => local.Local,
            IParameterReferenceOperation parameter => parameter.Parameter,
            IDeclarationExpressionOperation declaration => VariableOf(declaration.Expression),
            IArrayElementReferenceOperation element => VariableOf(element.ArrayReference),
            IPropertyReferenceOperation property => VariableOf(property.Instance),
            IFieldReferenceOperation field => VariableOf(field.Instance),
            IConversionOperation conversion => VariableOf(conversion.Operand),
            _ => null,
        };

    private static ISymbol? SymbolOf(IPatternOperation pattern) =>
        pattern switch
        {
            IDeclarationPatternOperation declaration => declaration.DeclaredSymbol,
            IRecursivePatternOperation recursive => recursive.DeclaredSymbol,
            IListPatternOperation list => list.DeclaredSymbol,
            _ => null,
        };

    private static IOperation? MatchedValue(IPatternOperation pattern)
    {
        for (var around = pattern.Parent; around is { }; around = around.Parent)
            switch (around)
            {
                case IIsPatternOperation match:
                    return match.Value;
                case ISwitchExpressionOperation choice:
                    return choice.Value;
                case ISwitchOperation choice:
                    return choice.Value;
            }
        return null;
    }

    private void Add(ISymbol? variable, AssignmentKind kind, IOperation? value, SyntaxNode site)
    {
        if (variable is { })
            AddTo(found, variable, new Assignment(kind, value, site));
    }

    private static void AddTo<T>(Dictionary<ISymbol, List<T>> lists, ISymbol key, T item)
    {
        if (!lists.TryGetValue(key, out var list))
            lists.Add(key, list = []);
        list.Add(item);
    }
}
