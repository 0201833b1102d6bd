using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;

namespace FuncAD.Il;

/// <summary>
/// The classes that derive from one in its own assembly. A union, or an abstract class, may show no number where its cases hold some: it
/// has a twin, so that its methods and what holds it are lifted with them.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class Hierarchies
{
    private static readonly ConditionalWeakTable<Assembly, ILookup<Type, Type>> known = [];

    public static IEnumerable<Type> Below(Type type) =>
        !IsOpen(type)
            ? []
            : known
                .GetValue(type.Assembly, Index)[Definition(type)]
                .SelectMany(derived => Closed(derived, type) is { } closed ? Below(closed).Prepend(closed) : []);

    private static bool IsOpen(Type type) => type.IsClass && (type is { IsAbstract: true, IsSealed: false } || IsUnion(type));

    private static bool IsUnion(Type type) =>
        type.GetCustomAttribute<CompilationMappingAttribute>(false)?.SourceConstructFlags is { } flags
        && (flags & SourceConstructFlags.KindMask) == SourceConstructFlags.SumType;

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static Type? Closed(Type derived, Type type) =>
        !derived.IsGenericTypeDefinition ? derived
        : derived.GetGenericArguments().Length == type.GetGenericArguments().Length ? derived.MakeGenericType(type.GetGenericArguments())
        : null;

    private static ILookup<Type, Type> Index(Assembly assembly) =>
        Types(assembly).Where(type => type is { IsClass: true, BaseType: not null }).ToLookup(type => Definition(type.BaseType!));

    private static IEnumerable<Type> Types(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException error)
        {
            return error.Types.OfType<Type>();
        }
    }
}
