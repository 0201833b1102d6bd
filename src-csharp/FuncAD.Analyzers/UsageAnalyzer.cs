using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using FuncAD.Analyzers.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace FuncAD.Analyzers;

/// <summary>Finds, in functions that are given to the library's operators, what loses a derivative, throws or becomes a constant.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UsageAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Descriptors.DroppedReading,
        Descriptors.PlainFunction,
        Descriptors.OtherThread,
        Descriptors.FrozenValue,
        Descriptors.OuterNumber,
        Descriptors.TracedReading,
        Descriptors.ThrownAway,
        Descriptors.WholeQuotient,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (Library.In(start.Compilation) is not { } library)
                return;
            var functions = new Functions(start.Compilation);
            // One report for a message at a place, though several operators may be given a function, or nest.
            var reported = new ConcurrentDictionary<(string Message, Location Place), bool>();
            start.RegisterOperationAction(
                operation =>
                {
                    var call = (IInvocationOperation)operation.Operation;
                    if (!library.Declares(call.TargetMethod))
                        return;
                    void Report(Diagnostic diagnostic)
                    {
                        if (reported.TryAdd((diagnostic.GetMessage(CultureInfo.InvariantCulture), diagnostic.Location), true))
                            operation.ReportDiagnostic(diagnostic);
                    }
                    ThrownAwayRule.Check(library, call, Report);
                    if (library.TreatmentBy(call.TargetMethod) is { } treatment && treatment != Treatment.Calls)
                        foreach (var use in Use.All(library, functions, call, treatment, Report))
                            Check(use);
                },
                OperationKind.Invocation
            );
            start.RegisterOperationAction(
                operation => WholeQuotientRule.Check(library, (IBinaryOperation)operation.Operation, operation.ReportDiagnostic),
                OperationKind.Binary
            );
        });
    }

    private static void Check(Use use)
    {
        DroppedReadingRule.Check(use);
        PlainFunctionRule.Check(use);
        OtherThreadRule.Check(use);
        FrozenValueRule.Check(use);
        OuterNumberRule.Check(use);
        TracedReadingRule.Check(use);
    }
}
