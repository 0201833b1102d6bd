using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>A copy of a parameter with other numbers: a gradient in the user's types. It meets the numbers in the order of <see cref="Captured"/>.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal sealed class Replaced(LiftedCode code, Func<double, double> number)
{
    private readonly Twins twins = code.Twins;
    private readonly Contents contents = new(code.Twins, code.Calls);
    private readonly Dictionary<object, object> made = new(ReferenceEqualityComparer.Instance);

    public object? Copy(object? value)
    {
        switch (value)
        {
            case double x:
                return number(x);
            case float x when twins.IsNumber(typeof(float)):
                return (float)number(x);
            case null or string or Type or Delegate:
                return value;
        }
        var type = value.GetType();
        if (!contents.HoldNumbers(value) || code.LayoutOf(type) is not { HasNumbersAsKeys: false } layout)
            return value;
        if (!type.IsValueType && made.TryGetValue(value, out var known))
            return known;
        Captured.RequireStack();
        if (value is double[] numbers)
            return made[value] = Array.ConvertAll(numbers, x => number(x));
        if (value is Array array)
        {
            var copy = Arrays.Like(array, type.GetElementType()!);
            made[value] = copy;
            Arrays.Fill(copy, array, Copy);
            return copy;
        }
        if (layout.IsRebuilt)
        {
            var copy = Activator.CreateInstance(type, Captured.Comparer(value, type) is { } comparer ? [comparer] : [])!;
            made[value] = copy;
            Captured.AddAll(copy, (IEnumerable)value, Copy);
            return copy;
        }
        var result = RuntimeHelpers.GetUninitializedObject(type);
        if (!type.IsValueType)
            made[value] = result;
        foreach (var (field, _) in layout.Fields)
            field.SetValue(result, Copy(field.GetValue(value)));
        return result;
    }
}
