using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FuncAD.Tests;

/// <summary>What a C# user sees: nothing of F#, no conversion that drops a derivative, and a doc comment on everything.</summary>
public partial class SurfaceTests
{
    private const BindingFlags Visible =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Face = typeof(AD).Assembly;

    public static TheoryData<string> Types() =>
        [.. Face.GetExportedTypes().Append(typeof(Real)).Append(typeof(GradientReport)).Select(type => type.AssemblyQualifiedName!)];

    [Theory]
    [MemberData(nameof(Types))]
    public void No_type_of_FSharp_Core_is_in_a_signature(string name)
    {
        var type = Type.GetType(name, throwOnError: true)!;
        var leaks = Signatures(type).SelectMany(s => Parts(s.Type).Where(IsFSharp).Select(part => $"{s.Where}: {part}")).ToArray();
        Assert.True(leaks.Length == 0, string.Join('\n', leaks));
    }

    [Fact]
    public void The_search_sees_through_generic_arguments_arrays_and_references()
    {
        Assert.Contains(Parts(typeof(Func<int, List<Microsoft.FSharp.Core.FSharpOption<int>>[]>)), IsFSharp);
        Assert.Contains(Parts(typeof(Microsoft.FSharp.Core.Unit).MakeByRefType()), IsFSharp);
        Assert.DoesNotContain(Parts(typeof(Func<int, List<int>[]>)), IsFSharp);
        Assert.Contains(Signatures(typeof(AD)), s => s.Where.Contains("Grad", StringComparison.Ordinal));
    }

    [Fact]
    public void There_is_no_implicit_conversion_from_a_number_to_double()
    {
        var conversions = typeof(Real).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(m => m.Name == "op_Implicit").ToArray();
        Assert.NotEmpty(conversions);
        Assert.All(conversions, conversion => Assert.Equal(typeof(Real), conversion.ReturnType));
        Assert.Contains(typeof(Real).GetMethods(), m => m.Name == "op_Explicit" && m.ReturnType == typeof(double));
    }

    [Fact]
    public void Every_public_member_has_a_doc_comment()
    {
        var file = Path.ChangeExtension(Face.Location, ".xml");
        Assert.True(File.Exists(file), "FuncAD.xml does not lie beside FuncAD.dll");
        var documented = XDocument
            .Load(file)
            .Descendants("member")
            .Where(member => member.Element("inheritdoc") is not null || !string.IsNullOrWhiteSpace(member.Element("summary")?.Value))
            .Select(member => (string)member.Attribute("name")!)
            .GroupBy(WithoutParameters)
            .ToDictionary(group => group.Key, group => group.Count());
        // the compiler's groups of extension members have no name of their own; their members stand in the class around them, too
        var types = Face.GetExportedTypes().Where(type => !type.FullName!.Contains('<', StringComparison.Ordinal));
        var names = types.SelectMany(type => MembersOf(type).Prepend("T:" + type.FullName));
        var members = names.GroupBy(name => name).Select(group => (Name: group.Key, Count: group.Count())).ToArray();
        Assert.NotEmpty(members);
        Assert.All(members, member => Assert.Equal(member, (member.Name, documented.GetValueOrDefault(member.Name))));
    }

    [Fact]
    public void The_assembly_exports_its_namespace_only() =>
        Assert.All(Face.GetExportedTypes(), type => Assert.Equal("FuncAD", type.Namespace));

    private static IEnumerable<string> MembersOf(Type type) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => member is not (MethodInfo { IsSpecialName: true } or ConstructorInfo or Type))
            .Select(member => $"{(member is MethodInfo ? "M" : member is PropertyInfo ? "P" : "F")}:{type.FullName}.{member.Name}");

    /// <summary>M:FuncAD.AD.Grad``1(...) as M:FuncAD.AD.Grad.</summary>
    private static string WithoutParameters(string name) => Tail().Replace(name, "");

    [GeneratedRegex(@"(``\d+)?(\(.*)?$")]
    private static partial Regex Tail();

    private static IEnumerable<(string Where, Type Type)> Signatures(Type type)
    {
        if (type.BaseType is not null)
            yield return ($"{type.Name}'s base", type.BaseType);
        foreach (var contract in type.GetInterfaces())
            yield return ($"{type.Name}'s interface", contract);
        foreach (var field in type.GetFields(Visible).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
            yield return ($"field {field.Name}", field.FieldType);
        foreach (var property in type.GetProperties(Visible).Where(property => property.GetAccessors(true).Any(IsVisible)))
            yield return ($"property {property.Name}", property.PropertyType);
        foreach (var constructor in type.GetConstructors(Visible).Where(IsVisible))
        foreach (var parameter in constructor.GetParameters())
            yield return ("constructor", parameter.ParameterType);
        foreach (var method in type.GetMethods(Visible).Where(IsVisible))
        {
            yield return (method.ToString()!, method.ReturnType);
            foreach (var parameter in method.GetParameters())
                yield return (method.ToString()!, parameter.ParameterType);
            foreach (var constraint in method.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()))
                yield return (method.ToString()!, constraint);
        }
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static IEnumerable<Type> Parts(Type type)
    {
        yield return type;
        var inner = type.HasElementType ? [type.GetElementType()!] : type.GetGenericArguments();
        foreach (var part in inner.Where(argument => !argument.IsGenericParameter).SelectMany(Parts))
            yield return part;
    }

    private static bool IsFSharp(Type type) => type.Namespace?.StartsWith("Microsoft.FSharp", StringComparison.Ordinal) == true;
}
