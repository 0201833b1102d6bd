using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers.Rules;

/// <summary>
/// FAD003: operations on numbers of reverse mode, or of a program that is traced, on another thread: an error at run time.
/// </summary>
internal static class OtherThreadRule
{
    public static void Check(Use use)
    {
        if (!use.Has(Treatment.OneThread))
            return;
        foreach (var part in use.WithCallees())
        {
            if (part.Function.Symbol.IsAsync && ComputesAfterAwait(part, part.Function.Body) is { } own)
                Report(part, own.Syntax, "Code after an await");
            foreach (var step in part.Steps)
                CheckStep(part, step);
        }
    }

    private static void CheckStep(Use part, IOperation step)
    {
        if (Starts(step) is { } name && FunctionsGiven(step).Any(given => Computes(part, given)))
            Report(part, step.Syntax, name);
        else if (
            step is IAnonymousFunctionOperation { Symbol.IsAsync: true } lambda
            && !IsStarted(lambda)
            && ComputesAfterAwait(part, lambda.Body) is { } late
        )
            Report(part, late.Syntax, "Code after an await");
        else if (step is ILocalFunctionOperation { Symbol.IsAsync: true, Body: { } body } && ComputesAfterAwait(part, body) is { } later)
            Report(part, later.Syntax, "Code after an await");
    }

    private static bool IsStarted(IOperation lambda) => lambda.CallGiven() is { } call && Starts(call) is not null;

    private static void Report(Use use, SyntaxNode place, string name) => use.Report(Descriptors.OtherThread, place, name);

    /// <summary>The name of what runs functions on other threads.</summary>
    private static string? Starts(IOperation step)
    {
        if (step is IObjectCreationOperation { Type: { Name: "Thread" } type } && Library.IsOfFramework(type))
            return "new Thread";
        if (step is not IInvocationOperation { TargetMethod: var method } call || !Library.IsOfFramework(method))
            return null;
        return (method.ContainingType.Name, method.Name) switch
        {
            ("Task", "Run") => "Task.Run",
            ("TaskFactory", "StartNew") => "Task.Factory.StartNew",
            ("Parallel", var name) => $"Parallel.{name}",
            ("ThreadPool", "QueueUserWorkItem" or "UnsafeQueueUserWorkItem") => "ThreadPool.QueueUserWorkItem",
            // with one function, it runs in sequence
            ("ParallelEnumerable", "Aggregate") when call.Arguments.Length < 5 => null,
            ("ParallelEnumerable", var name) => $"AsParallel().{name}",
            _ => null,
        };
    }

    private static System.Collections.Generic.IEnumerable<IOperation> FunctionsGiven(IOperation step) =>
        (step is IInvocationOperation call ? call.Arguments : ((IObjectCreationOperation)step).Arguments)
            .SelectMany(argument =>
                argument.Value is IArrayCreationOperation { Initializer: { } array }
                    ? (System.Collections.Generic.IEnumerable<IOperation>)array.ElementValues
                    : [argument.Value]
            )
            .Where(value => value.Type.IsDelegate());

    private static bool Computes(Use use, IOperation given)
    {
        if (
            given.WithoutImplicit() is IDelegateCreationOperation { Target: IMethodReferenceOperation reference }
            && use.Library.Declares(reference.Method)
        )
            return given.CallGiven() is { } call && call.Given().Any(use.Flow.Carries);
        return use.Functions.Of(given) is { } function
            && use.Function.Contains(function.Body.Syntax)
            && function.Body.DescendantsAndSelf().Any(step => IsOperation(use, step));
    }

    private static IOperation? ComputesAfterAwait(Use use, IOperation body)
    {
        var wait = body.DescendantsAndSelf().OfType<IAwaitOperation>().FirstOrDefault();
        return wait is null
            ? null
            : body.DescendantsAndSelf().FirstOrDefault(step => step.Syntax.SpanStart > wait.Syntax.Span.End && IsOperation(use, step));
    }

    /// <summary>An operation that reverse mode writes down. Comparing numbers and passing them on is none.</summary>
    private static bool IsOperation(Use use, IOperation step) =>
        step switch
        {
            IBinaryOperation or IUnaryOperation or ICompoundAssignmentOperation => use.Library.IsNumber(step.Type)
                && step.ChildOperations.Any(use.Flow.Carries),
            IInvocationOperation { TargetMethod: var method } call => use.Library.IsNumber(step.Type)
                && use.Library.Declares(method)
                && !use.Library.IsStopGradient(method)
                && call.Given().Any(use.Flow.Carries),
            _ => false,
        };
}
