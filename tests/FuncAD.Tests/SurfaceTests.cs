using System.ComponentModel;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FuncAD.Tests;

/// <summary>What a C# user sees: nothing of F#, no conversion that drops a derivative, types that are needed, and a doc comment on everything.</summary>
public partial class SurfaceTests
{
    private const BindingFlags Visible =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Face = typeof(AD).Assembly;
    private static readonly Assembly Core = typeof(Real).Assembly;

    /// <summary>All that completion offers after <c>FuncAD.</c>, and what C# users need it for.</summary>
    private static readonly Dictionary<string, string> Shown = new()
    {
        // of the face
        ["AD"] = "the operators",
        ["RealMath"] = "the functions of numbers, for using static",
        ["TensorMath"] = "the functions of tensors, for using static",
        ["RealExtensions"] = "holds extension methods",
        ["System.Linq.RealEnumerable"] = "holds extension methods",
        ["TensorExtensions"] = "holds extension methods",
        ["Optim"] = "optimisers",
        ["Schedule"] = "learning rates",
        ["Objective"] = "functions for MathNet's optimisers",
        ["Symbolic"] = "formulas from functions",
        ["Randomised"] = "randomised reverse mode",
        ["Numerical"] = "difference quotients and the complex step",
        ["Lift"] = "code over double as it stands",
        ["LiftOptions"] = "what Lift is told",
        ["LiftReport"] = "what Lift.Report returns",
        ["LiftException"] = "what lifted code throws",
        ["Stochastic"] = "derivatives of expectations",
        // of the core
        ["Real"] = "the number",
        ["Tensor"] = "the array",
        ["Slice"] = "what a tensor's indexer takes: arrays of it are made where the number of axes is not known",
        ["Condition"] = "what Real.Select takes, and Real.Less gives",
        ["JacobianBlocks`2"] = "what AD.Jacobian and AD.Hessian return for structures",
        ["Prepared`1"] = "what AD.Prepare returns",
        ["PreparedVector"] = "what it returns for functions with several results",
        ["Compiled`2"] = "what AD.Compile returns",
        ["CompiledSum`2"] = "what AD.CompileSum returns",
        ["CompileOptions"] = "an argument of AD.Compile and AD.CompileSum",
        ["ExecutionMode"] = "an option of theirs",
        ["GradientReport"] = "what AD.CheckGradient returns",
        ["GradientVerdict"] = "what such a report says",
        ["OptimState`1"] = "what a step of Optim takes and returns",
        ["Minimum`1"] = "what Optim.Lbfgs returns",
        ["StopReason"] = "why it stopped",
        ["Formula"] = "what Symbolic.Of returns",
        ["Difference"] = "an argument of Numerical",
        ["RandomKey"] = "the source of random numbers",
        ["Distribution"] = "densities and samples",
        ["MultivariateNormal"] = "the distribution of vectors",
        ["Estimate"] = "what Stochastic.Derivative returns",
        ["Estimate`1"] = "what Stochastic.ScoreGradient returns",
        ["ScoreCost"] = "what a program returns to it",
        ["ScoreOptions"] = "an argument of it",
        ["ScoreBaseline"] = "an option of it",
        ["EvaluationTrace"] = "what ForwardTrace and ReverseTrace return",
        ["SampledGradient`1"] = "what Randomised.ValueAndGrad returns",
        ["TapeMemory"] = "what Randomised.Memory returns",
        ["Chance"] = "what a program draws from in Stochastic.Derivative",
        ["EvaluationTrace"] = "what AD.ForwardTrace and AD.ReverseTrace return",
        ["EvaluationStep"] = "a line of it",
        ["TraceOperand"] = "what such a line was computed from",
        ["TraceOperations"] = "how many operations it has, in two parts",
        ["OperationCounts"] = "one of the parts",
        ["Explanation"] = "what AD.Explain returns",
        ["Finding"] = "an operation that made NaN, an infinity or an error",
        ["FindingKind"] = "what it did",
        ["FindingPlace"] = "to the value or to derivatives",
        ["ChainStep"] = "a step on the way to it",
        ["SourceLine"] = "its place in the program",
        ["NativeAot"] = "keeps the types that the generator cannot see",
        ["DifferentiableAttribute"] = "marks a type for the generator",
        ["Backend"] = "tells which BLAS computes products, and sets its threads",
    };

    [Fact]
    public void Completion_offers_what_CSharp_needs()
    {
        var exported = Core.GetExportedTypes().Concat(Face.GetExportedTypes()).Where(type => !type.IsNested);
        var offered = exported.Where(IsOffered).Select(type => type.FullName!).ToHashSet();
        var listed = Shown.Keys.Select(name => name.Contains('.', StringComparison.Ordinal) ? name : "FuncAD." + name).ToHashSet();
        const string Remedy =
            "is offered by C#'s completion and is not in the list above. Make it internal where nobody outside needs it; where F# users name it, "
            + "hide it by TypeLibType(TypeLibTypeFlags.FHidden), which F#'s editors pass over; where nobody names it, by EditorBrowsable; or list it with a reason.";
        Assert.All(offered.Except(listed), name => Assert.Fail($"{name} {Remedy}"));
        Assert.All(listed.Except(offered), name => Assert.Fail($"{name} is in the list, and is not offered"));
        Assert.DoesNotContain(Shown.Values, string.IsNullOrWhiteSpace);
    }

    /// <summary>Whether the compiler platform's completion offers a type: it heeds both attributes.</summary>
    private static bool IsOffered(Type type) =>
        type.GetCustomAttribute<EditorBrowsableAttribute>()?.State != EditorBrowsableState.Never
        && type.GetCustomAttribute<TypeLibTypeAttribute>()?.Value.HasFlag(TypeLibTypeFlags.FHidden) != true;

    public static TheoryData<string> Types() => [.. Face.GetExportedTypes().Concat(OfTheCore).Select(type => type.AssemblyQualifiedName!)];

    /// <summary>Types of the core that C# users meet.</summary>
    private static readonly Type[] OfTheCore =
    [
        typeof(Real),
        typeof(GradientReport),
        typeof(RandomKey),
        typeof(Estimate),
        typeof(Estimate<>),
        typeof(ScoreCost),
        typeof(ScoreOptions),
        typeof(Chance),
    ];

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
            .Where(member => !string.IsNullOrWhiteSpace(member.Element("summary")?.Value))
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
    public void What_inherits_its_doc_comment_has_the_text_in_the_file_that_ships()
    {
        string Summary(Assembly assembly, string name) =>
            XDocument
                .Load(Path.ChangeExtension(assembly.Location, ".xml"))
                .Descendants("member")
                .Single(member => (string)member.Attribute("name")! == name)
                .Element("summary")!
                .Value;
        Assert.Equal(Summary(Core, "M:FuncAD.Real.Tanh(FuncAD.Real)"), Summary(Face, "M:FuncAD.RealMath.Tanh(FuncAD.Real)"));
        Assert.Equal(Summary(Core, "M:FuncAD.Rules.Special.erf``1(``0)"), Summary(Face, "M:FuncAD.TensorMath.Erf(FuncAD.Tensor)"));
        Assert.DoesNotContain("inheritdoc", File.ReadAllText(Path.ChangeExtension(Face.Location, ".xml")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_assembly_exports_its_namespace_only() =>
        Assert.All(
            Face.GetExportedTypes(),
            type => Assert.Equal(type == typeof(RealEnumerable) ? "System.Linq" : "FuncAD", type.Namespace) // see there
        );

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
