using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>A function that an operator of the library is given, and what is known about it.</summary>
internal sealed class Use
{
    private readonly Action<Diagnostic> report;

    private Use(Use outer, Function function, Flow flow)
    {
        (Library, Functions, Call, Treatment, report) = (outer.Library, outer.Functions, outer.Call, outer.Treatment, outer.report);
        (Function, Flow) = (function, flow);
    }

    private Use(
        Library library,
        Functions functions,
        IInvocationOperation call,
        Treatment treatment,
        Function function,
        Action<Diagnostic> report
    )
    {
        (Library, Functions, Call, Treatment, Function, this.report) = (library, functions, call, treatment, function, report);
        Flow = Flow.From(library, functions, function, isTraced: Traces);
    }

    public Library Library { get; }

    public Functions Functions { get; }

    /// <summary>The operator's call.</summary>
    public IInvocationOperation Call { get; }

    public Treatment Treatment { get; }

    public Function Function { get; }

    public Flow Flow { get; }

    /// <summary>The operator is given a derivative of the function, not the function itself.</summary>
    public bool IsInner { get; private set; }

    public bool Traces => (Treatment & (Treatment.Compiles | Treatment.Formulates)) != 0;

    public bool Has(Treatment treatment) => (Treatment & treatment) != 0;

    /// <summary>What the function does, with its lambdas and local functions.</summary>
    public IEnumerable<IOperation> Steps => Function.Body.DescendantsAndSelf();

    /// <summary>
    /// The functions that a call of an operator is given; of an operator that traces, also those whose derivative it is given.
    /// </summary>
    public static IEnumerable<Use> All(
        Library library,
        Functions functions,
        IInvocationOperation call,
        Treatment treatment,
        Action<Diagnostic> report
    )
    {
        var traces = (treatment & Treatment.Compiles) != 0;
        return Of(call, false);

        IEnumerable<Use> Of(IInvocationOperation given, bool isInner)
        {
            foreach (var argument in given.Arguments)
            {
                var value = argument.Value.WithoutImplicit();
                if (!argument.Value.Type.IsDelegate())
                    continue;
                if (functions.Of(value) is { } function)
                    yield return new Use(library, functions, call, treatment, function, report) { IsInner = isInner };
                else if (
                    traces
                    && value is IInvocationOperation inner
                    && library.TreatmentBy(inner.TargetMethod) is { } of
                    && of != Treatment.Calls
                )
                    foreach (var use in Of(inner, true))
                        yield return use;
            }
        }
    }

    /// <summary>This function, and those that it calls with its numbers, as far as their code can be seen.</summary>
    public IEnumerable<Use> WithCallees()
    {
        var seen = new HashSet<SyntaxNode>();
        var waiting = new Stack<Use>();
        waiting.Push(this);
        while (waiting.Count > 0)
        {
            var use = waiting.Pop();
            if (!seen.Add(use.Function.Body.Syntax))
                continue;
            yield return use;
            foreach (var step in use.Steps)
                if (step is IInvocationOperation call)
                    if (use.Flow.Into(call) is { } inner)
                        waiting.Push(new Use(use, inner.Function, inner.Flow) { IsInner = use.IsInner });
                    else if (
                        call.TargetMethod.MethodKind == MethodKind.LocalFunction
                        && Functions.Of(call.TargetMethod, call.SemanticModel) is { } local
                        && !use.Function.Contains(local.Body.Syntax)
                        && use.Flow.IntoLocal(call, local) is { } flow
                    )
                        waiting.Push(new Use(use, local, flow) { IsInner = use.IsInner });
        }
    }

    /// <summary>Reports a place; one in another file is reported at the call, with the place beside it.</summary>
    public void Report(DiagnosticDescriptor rule, SyntaxNode place, params string[] words) =>
        Report(rule, place, ImmutableDictionary<string, string?>.Empty, words);

    public void Report(DiagnosticDescriptor rule, SyntaxNode place, ImmutableDictionary<string, string?> properties, params string[] words)
    {
        var isHere = place.SyntaxTree == Call.Syntax.SyntaxTree;
        var location = isHere ? place.GetLocation() : Call.Syntax.GetLocation();
        IEnumerable<Location> elsewhere = isHere ? [] : [place.GetLocation()];
        report(Diagnostic.Create(rule, location, elsewhere, properties, words.Cast<object>().ToArray()));
    }
}
