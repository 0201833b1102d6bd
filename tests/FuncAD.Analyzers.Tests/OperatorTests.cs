using System.Reflection;

namespace FuncAD.Analyzers.Tests;

/// <summary>The table of operators is the library's.</summary>
public class OperatorTests
{
    private static bool Holds(Type type) =>
        type == typeof(Real)
        || type == typeof(Tensor)
        || type.IsGenericParameter
        || type.HasElementType && Holds(type.GetElementType()!)
        || type.GetGenericArguments().Any(Holds);

    private static bool TakesFunctionOfNumbers(MethodInfo method) =>
        method
            .GetParameters()
            .Select(parameter => parameter.ParameterType)
            .Any(type => type.IsSubclassOf(typeof(Delegate)) && type.GetGenericArguments().Any(Holds));

    [Fact]
    public void Each_method_that_takes_a_function_over_numbers_is_in_the_table()
    {
        var library = typeof(AD)
            .Assembly.GetExportedTypes()
            // Lift takes functions over double
            .Where(type => !type.IsNested && type != typeof(Lift))
            .SelectMany(type =>
                type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            )
            .Where(TakesFunctionOfNumbers)
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal(library, Operators.Table.Keys.Order(StringComparer.Ordinal));
    }
}
