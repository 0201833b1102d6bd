using Microsoft.CodeAnalysis;

namespace FuncAD.Analyzers;

/// <summary>The diagnostics; docs/analyzers.md has a section on each.</summary>
internal static class Descriptors
{
    private const string Category = "FuncAD";
    private const string Page = "docs/analyzers.md";

    public static readonly DiagnosticDescriptor DroppedReading = new(
        "FAD001",
        "A number that is being differentiated is read as a plain double",
        "{0} throws here: the number is being {1}. {2}.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad001"
    );

    public static readonly DiagnosticDescriptor PlainFunction = new(
        "FAD002",
        "A function of plain doubles drops a derivative",
        "{0} drops the derivative: the function's result contains it as a constant. {1} where a constant is meant.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad002"
    );

    public static readonly DiagnosticDescriptor OtherThread = new(
        "FAD003",
        "Numbers of reverse mode are computed on another thread",
        "{0} computes with numbers of reverse mode, or of a program that is traced, on another thread: this throws at run time. Compute on the calling thread; forward mode (Diff, Jvp) has no such limit.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad003"
    );

    public static readonly DiagnosticDescriptor FrozenValue = new(
        "FAD004",
        "A compiled function keeps a value that changes",
        "{0} becomes a constant of the compiled program: {1}. Pass it as a parameter of the function.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad004"
    );

    public static readonly DiagnosticDescriptor OuterNumber = new(
        "FAD005",
        "A compiled function captures a number of an outer derivative",
        "'{0}' belongs to a derivative that is taken outside {1}, which the compiled program cannot follow: this throws at run time. Pass it as a parameter of the function, or compile the outer derivative as a whole.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad005"
    );

    public static readonly DiagnosticDescriptor TracedReading = new(
        "FAD006",
        "A compiled function reads one of its numbers",
        "{0} throws while the function is traced: its program would keep the value of the example for all inputs. {1}.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad006"
    );

    public static readonly DiagnosticDescriptor ThrownAway = new(
        "FAD007",
        "The result of an operation is thrown away",
        "The result of {0} is thrown away: {1}. Use the result.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad007"
    );

    public static readonly DiagnosticDescriptor WholeQuotient = new(
        "FAD008",
        "A quotient of whole numbers is cut to a whole number",
        "{0} divides whole numbers, and C# cuts the result to a whole number before it meets a Real. Write a decimal point, as in 1.0 / 2, or divide the Real.",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: $"{Page}#fad008"
    );
}
