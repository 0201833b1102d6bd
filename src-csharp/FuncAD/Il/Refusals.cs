using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FuncAD.Il;

/// <summary>The framework methods that lifted code may not call, with the reason and the remedy, and those that may read a number.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class Refusals
{
    /// <summary>Why a method cannot be called in lifted code, or null.</summary>
    public static string? Of(MethodBase method, Twins twins)
    {
        var type = method.DeclaringType!;
        if (type.IsUsers())
            return null;
        if (type == typeof(Lift))
            return "lifts inside of lifted code. Write the function with the inner derivative over Real, by AD, or give the inner one a rule (LiftOptions.Rule).";
        var touches =
            method.Signature().Any(twins.Mentions)
            || twins.Mentions(type)
            || method.IsGenericMethod && method.GetGenericArguments().Any(twins.Mentions);
        if (IsSuspension(method))
            return "suspends the function, whose rest would run on another thread. Await what is complete, or compute it outside.";
        if (IsParallel(method))
            return "runs code on other threads, which a tape does not allow. Call it in turn, or use Parallel.For, which lifted code runs in turn.";
        if (!touches)
            return null;
        if (type == typeof(Queryable))
            return "builds expression trees. Use the methods of Enumerable.";
        if (type == typeof(System.Numerics.Complex) && method.Name.StartsWith("Create", StringComparison.Ordinal))
            return "converts by generic math. Use new Complex(x, 0).";
        if (type == typeof(System.Runtime.InteropServices.NFloat))
            return "has no counterpart for Real. Use double.";
        if (type == typeof(ParallelEnumerable))
            return "is parallel LINQ: a tape is of one thread. Leave AsParallel() out.";
        if (type.Namespace == "System.Runtime.Intrinsics" || IsVector(type))
            return "computes with SIMD vectors. Guard it by Vector.IsHardwareAccelerated, which lifted code sees as false.";
        if (
            type.Namespace is { } space
            && (space.StartsWith("System.Text.Json", StringComparison.Ordinal) || space.Contains("Serialization", StringComparison.Ordinal))
        )
            return "serialises the number and would drop its derivative.";
        if (
            type.FullName is "Microsoft.FSharp.Core.PrintfModule" or "Microsoft.FSharp.Core.ExtraTopLevelOperators"
            && method.Name.Contains("Print", StringComparison.Ordinal)
        )
            return "formats by F#'s printf, which knows float and not Real. Use an interpolated string or ToString.";
        if (type == typeof(MemoryMarshal) && method.Name is "Cast" or "AsBytes" or "Read" or "Write" or "TryRead" or "TryWrite" or "AsRef")
            return "reads the number's bits and would drop its derivative.";
        if (
            type == typeof(Unsafe)
            && (
                method.Name is "BitCast" or "ReadUnaligned" or "WriteUnaligned" or "SizeOf" or "CopyBlock"
                || method.Name == "As" && method.GetGenericArguments() is [var from, var to] && twins.Mentions(from) != twins.Mentions(to)
            )
        )
            return "reads the number's bits and would drop its derivative.";
        return null;
    }

    private static bool IsVector(Type type) =>
        type == typeof(System.Numerics.Vector) || type.FullName?.StartsWith("System.Numerics.Vector`", StringComparison.Ordinal) == true;

    private static bool IsSuspension(MethodBase method) => method.Name is "AwaitUnsafeOnCompleted" or "AwaitOnCompleted";

    /// <summary>Whether a method runs what it is given on other threads.</summary>
    public static bool IsParallel(MethodBase method)
    {
        var type = method.DeclaringType!;
        return type == typeof(Task) && method.Name == "Run"
            || type.FullName?.StartsWith("System.Threading.Tasks.TaskFactory", StringComparison.Ordinal) == true
                && method.Name == "StartNew"
            || type == typeof(ThreadPool) && method.Name.Contains("Queue", StringComparison.Ordinal)
            || type == typeof(Thread) && method.Name == "Start"
            || type == typeof(Parallel);
    }

    /// <summary>Whether a method that is given numbers and returns none may have their values: it writes them, or rounds to whole numbers.</summary>
    public static bool MayRead(MethodBase method)
    {
        var type = method.DeclaringType!;
        return typeof(TextWriter).IsAssignableFrom(type)
            || type == typeof(Console)
            || type == typeof(System.Text.StringBuilder)
            || type == typeof(System.Diagnostics.Debug)
            || type == typeof(System.Diagnostics.Trace)
            || type == typeof(Convert)
                && method.Name is "ToString" or "ToInt32" or "ToInt64" or "ToInt16" or "ToByte" or "ToBoolean" or "ToUInt32" or "ToUInt64"
            || type == typeof(Math) && method.Name is "ILogB";
    }
}
