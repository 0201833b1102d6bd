using System.Reflection;

namespace FuncAD.Tests;

/// <summary>
/// A null in place of a tensor is an error that names the operation, wherever a public member takes one. On a null receiver an extension member fails as an
/// instance member would.
/// </summary>
public class NullTensorTests
{
    private static readonly Tensor Square = Tensor.Of(
        new double[,]
        {
            { 2, 1 },
            { 1, 3 },
        }
    );

    private static IEnumerable<MethodInfo> Members() =>
        typeof(TensorMath)
            .Assembly.GetExportedTypes()
            .Where(type => type.Name.StartsWith("Tensor", StringComparison.Ordinal))
            .Append(typeof(Tensor))
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => method.Name is not ("op_Equality" or "op_Inequality"))
            .Where(method => !method.ContainsGenericParameters && method.GetParameters().All(p => Sample(p.ParameterType) is not null));

    /// <summary>An argument to call members with; null for a type that has none here.</summary>
    private static object? Sample(Type type) =>
        type == typeof(Tensor) ? Square
        : type == typeof(Real) ? (Real)1
        : type == typeof(double) ? 1.0
        : type == typeof(int) ? 0
        : type == typeof(bool) ? false
        : type == typeof(string) ? "ij,jk->ik"
        : type == typeof(int[]) ? new[] { 0 }
        : type == typeof(Tensor[]) ? new[] { Square, Square }
        : null;

    private static string Text(MethodInfo method) => $"{method.DeclaringType!.Name}.{method}";

    private static readonly Dictionary<string, MethodInfo> ByText = Members().DistinctBy(Text).ToDictionary(Text);

    public static TheoryData<string, int> Calls()
    {
        var calls = new TheoryData<string, int>();
        foreach (var (text, method) in ByText)
        foreach (var parameter in method.GetParameters())
            if (parameter.ParameterType == typeof(Tensor) || parameter.ParameterType == typeof(Tensor[]))
                calls.Add(text, parameter.Position);
        return calls;
    }

    [Fact]
    public void There_are_such_members() => Assert.InRange(Calls().Count, 200, int.MaxValue);

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_null_tensor_is_named(string member, int position)
    {
        var method = ByText[member];
        var arguments = method.GetParameters().Select(p => Sample(p.ParameterType)).ToArray();
        arguments[position] = arguments[position] is Tensor[] ? new[] { Square, null } : null;
        var error = Record.Exception(() => method.Invoke(null, arguments))?.InnerException;
        var isReceiver = position == 0 && method.DeclaringType == typeof(TensorExtensions);
        if (isReceiver && error is NullReferenceException)
            return;
        // where the sample is wrong for the member in another way, that may be said first
        Assert.IsType<ArgumentException>(error, exactMatch: false);
        if (method.Name is not ("Conv1d" or "Conv2d" or "Slice"))
            Assert.Contains(": a tensor is null", error.Message, StringComparison.Ordinal);
    }
}
