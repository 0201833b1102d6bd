using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FuncAD.Il;

/// <summary>Members as messages name them, and the small questions that everything here asks of them.</summary>
internal static class Names
{
    public const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static string Of(MethodBase method) =>
        $"{Of(method.DeclaringType)}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => Of(p.ParameterType)))})";

    public static string Of(FieldInfo field) => $"{Of(field.DeclaringType)}.{field.Name}";

    public static string Of(Type? type) =>
        type switch
        {
            null => "",
            { HasElementType: true } => Of(type.GetElementType())
                + (
                    type.IsArray ? $"[{new string(',', type.GetArrayRank() - 1)}]"
                    : type.IsByRef ? "&"
                    : "*"
                ),
            _ when type == typeof(double) => "double",
            _ when type == typeof(int) => "int",
            _ when type == typeof(string) => "string",
            { IsGenericType: true } => $"{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>",
            _ => Plain(type),
        };

    private static string Plain(Type type)
    {
        var name = type.FullName ?? type.Name;
        if (type.IsGenericType)
            name = (type.GetGenericTypeDefinition().FullName ?? type.Name).Split('`')[0];
        return name.Replace('+', '.');
    }

    /// <summary>The types of a method's parameters, and of its result at the end.</summary>
    public static IEnumerable<Type> Signature(this MethodBase method) =>
        method.GetParameters().Select(p => p.ParameterType).Append(method is MethodInfo m ? m.ReturnType : typeof(void));

    public static bool IsDelegate(this Type type) => type.IsSubclassOf(typeof(MulticastDelegate));

    /// <summary>The instance fields that a type declares itself.</summary>
    [RequiresUnreferencedCode(AtRunTime.Reads)]
    public static FieldInfo[] OwnFields(this Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);

    /// <summary>All instance fields of a type, those of its bases last.</summary>
    [RequiresUnreferencedCode(AtRunTime.Reads)]
    public static IEnumerable<FieldInfo> AllFields(this Type type)
    {
        for (Type? t = type; t is not null; t = t.BaseType)
            foreach (var field in t.OwnFields())
                yield return field;
    }

    /// <summary>Code that is lifted where it computes with numbers, as opposed to the framework's, which is called as it stands or replaced.</summary>
    public static bool IsUsers(this Type type) => !type.HasElementType && !type.IsGenericParameter && !IsFramework(type.Assembly);

    private static bool IsFramework(Assembly assembly)
    {
        var name = assembly.GetName().Name!;
        return name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.", StringComparison.Ordinal)
            || name is "mscorlib" or "netstandard" or "FSharp.Core" or "FuncAD" or "FuncAD.Core";
    }
}
