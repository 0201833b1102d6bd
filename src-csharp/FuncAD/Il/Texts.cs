using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>
/// Text is output. A number that is read from text, in code that also writes numbers as text, may be one of them without its derivative.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class Texts
{
    private static readonly string[] writers = ["ToString", "Format", "Append", "Write", "Join", "Concat", "TryFormat", "Print"];

    private static readonly Type[] fractions = [typeof(double), typeof(float), typeof(decimal), typeof(Half)];

    /// <summary>Whether a call may make text of a number.</summary>
    public static bool Writes(MethodBase callee, Type? constrained, Twins twins) =>
        writers.Any(name => callee.Name.StartsWith(name, StringComparison.Ordinal))
        && (
            constrained is not null && twins.Mentions(constrained)
            || twins.Mentions(callee.DeclaringType!)
            || callee.Signature().Any(twins.Mentions)
            || callee.IsGenericMethod && callee.GetGenericArguments().Any(twins.Mentions)
        );

    /// <summary>Whether a method of the framework reads a number that is no whole one from text.</summary>
    public static bool Reads(MethodBase callee)
    {
        if (callee.DeclaringType!.IsUsers() || !Results(callee).Any(fractions.Contains))
            return false;
        return callee.Name.Contains("Parse", StringComparison.Ordinal)
            || callee is { IsStatic: true } && callee.GetParameters() is [{ ParameterType: var from }, ..] && IsText(from)
            || callee.DeclaringType!.Namespace is "System.Text.Json" or "System.Xml.Linq" or "System.Xml";
    }

    private static IEnumerable<Type> Results(MethodBase callee) =>
        callee
            .GetParameters()
            .Select(p => p.ParameterType)
            .Where(t => t.IsByRef)
            .Select(t => t.GetElementType()!)
            .Append(callee is MethodInfo m ? m.ReturnType : typeof(void));

    private static bool IsText(Type type) =>
        type == typeof(string) || type == typeof(ReadOnlySpan<char>) || type == typeof(ReadOnlySpan<byte>);
}
