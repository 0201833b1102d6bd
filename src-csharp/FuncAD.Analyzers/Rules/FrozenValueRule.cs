using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>FAD004: random numbers, clocks and variables that change later, in the result of a function that is compiled.</summary>
internal static class FrozenValueRule
{
    public static void Check(Use use)
    {
        if (!use.Has(Treatment.Compiles))
            return;
        var results = new ResultFlow(use.Library, use.Functions, use.Function, allowsWhole: true);
        foreach (var step in use.Steps)
            if (Source(use, step) is { } why && results.Reaches(step))
                use.Report(Descriptors.FrozenValue, step.Syntax, Text.Of(step.Syntax), why);
            else if (ChangesLater(use, step) && !use.IsInner && results.Reaches(step))
                use.Report(
                    Descriptors.FrozenValue,
                    step.Syntax,
                    $"'{Text.Of(step.Syntax)}'",
                    "it keeps the value that it had when the function was compiled, not the one that is assigned before a later call"
                );
    }

    private static string? Source(Use use, IOperation step)
    {
        const string Drawn = "it is drawn when the function is traced, and each call uses the same";
        const string Told = "it is the time at which the function was traced";
        return step switch
        {
            IInvocationOperation { TargetMethod: { ContainingType.Name: "Random", Name: not "Shuffle" } method } call
                when Library.IsOfFramework(method) && !method.ReturnsVoid && !IsSeededHere(use, call.Instance) => Drawn,
            IInvocationOperation
            {
                TargetMethod: { ContainingType.Name: "RandomNumberGenerator" or "Guid", Name: "NewGuid" or "GetInt32" } method
            } when Library.IsOfFramework(method) => Drawn,
            IPropertyReferenceOperation
            {
                Property: { ContainingType.Name: "DateTime" or "DateTimeOffset", Name: "Now" or "UtcNow" or "Today" } property
            } when Library.IsOfFramework(property) => Told,
            IPropertyReferenceOperation { Property: { ContainingType.Name: "Environment", Name: "TickCount" or "TickCount64" } property }
                when Library.IsOfFramework(property) => Told,
            IPropertyReferenceOperation
            {
                Property: { ContainingType.Name: "Stopwatch", Name: "Elapsed" or "ElapsedTicks" or "ElapsedMilliseconds" } property
            } when Library.IsOfFramework(property) => Told,
            IInvocationOperation { TargetMethod: { ContainingType.Name: "Stopwatch", Name: "GetTimestamp" or "GetElapsedTime" } method }
                when Library.IsOfFramework(method) => Told,
            _ => null,
        };
    }

    /// <summary>A generator that the function itself makes from a seed draws the same numbers whenever it is traced.</summary>
    private static bool IsSeededHere(Use use, IOperation? generator) =>
        generator switch
        {
            IObjectCreationOperation creation => creation.Arguments.Length > 0,
            ILocalReferenceOperation local => use.Functions.AssignmentsAround(local).Only(local.Local) is { } value
                && use.Function.Contains(value.Syntax)
                && IsSeededHere(use, value.WithoutImplicit()),
            _ => false,
        };

    /// <summary>
    /// A captured local, or an element of one, that is assigned between the compilation and a later call of the compiled function. Only
    /// what is
    /// seen from one end to the other counts: the compiled function is a local that is assigned once.
    /// </summary>
    private static bool ChangesLater(Use use, IOperation step)
    {
        ISymbol variable;
        if (step is ILocalReferenceOperation local)
            variable = local.Local;
        else if (step is IParameterReferenceOperation parameter)
            variable = parameter.Parameter;
        else
            return false;
        if (
            use.Functions.AssignmentsAround(use.Call) is var assignments && IsDeclaredIn(use, variable)
            || CompiledInto(use.Call) is not { } compiled
        )
            return false;
        var calls = assignments.References(compiled).Where(reference => !use.Function.Contains(reference.Syntax)).ToArray();
        return assignments.To(compiled).Count == 1
            // what the function assigns itself is its scratch memory
            && !assignments.To(variable).Any(assignment => use.Function.Contains(assignment.Site))
            && assignments
                .To(variable)
                .Any(assignment =>
                    !use.Function.Contains(assignment.Site)
                    && assignment.Site.SpanStart > use.Call.Syntax.Span.End
                    && !Operations.ShareLoop(assignment.Site, use.Call.Syntax)
                    && calls.Any(call =>
                        call.Syntax.SpanStart > assignment.Site.Span.End || Operations.ShareLoop(assignment.Site, call.Syntax)
                    )
                );
    }

    private static bool IsDeclaredIn(Use use, ISymbol variable) =>
        variable.DeclaringSyntaxReferences.Any(declaration =>
            use.Function.Symbol.DeclaringSyntaxReferences.Any(of =>
                of.SyntaxTree == declaration.SyntaxTree && of.Span.Contains(declaration.Span)
            )
        );

    private static ILocalSymbol? CompiledInto(IOperation call) =>
        call.Parent switch
        {
            IConversionOperation conversion => CompiledInto(conversion),
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => declarator.Symbol,
            _ => null,
        };
}
