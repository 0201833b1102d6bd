using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FuncAD.Il;

/// <summary>Math, double and text.</summary>
internal static partial class StandIns
{
    public static Real Math_IEEERemainder(Real x, Real y) => Real.Ieee754Remainder(x, y);

    // Estimates have few digits, of which lifted code has the same; their slopes are those of what is estimated.
    public static Real Math_ReciprocalEstimate(Real x) => WithValue(1.0 / x, x, Math.ReciprocalEstimate);

    public static Real Math_ReciprocalSqrtEstimate(Real x) => WithValue(1.0 / Real.Sqrt(x), x, Math.ReciprocalSqrtEstimate);

    private static Real WithValue(Real y, Real x, Func<double, double> value) =>
        x.IsTraced || !double.IsFinite(y.Value) ? y : y + (value(x.Value) - y.Value);

    // Real.Clamp orders -0 and 0, and has NaN where a bound is.
    public static Real Math_Clamp(Real x, Real low, Real high) =>
        x.IsTraced || low.IsTraced || high.IsTraced || low > high ? Real.Clamp(x, low, high)
        : x < low ? low
        : x > high ? high
        : x;

    /// <summary>A boxed double is a constant.</summary>
    public static object? AsReal(object? x) => x is double number ? new Real(number) : x;

    public static Real Convert_ToDouble(Real x) => x;

    // A boxed number is a boxed Real, which converts to none of the framework's types by itself.
    public static Real Convert_ToDouble(object? x) => x is Real number ? number : Convert.ToDouble(x);

    public static Real Convert_ToDouble(object? x, IFormatProvider? provider) => x is Real number ? number : Convert.ToDouble(x, provider);

    public static object? Convert_ChangeType(object? x, Type type) =>
        type == typeof(Real) ? Convert_ToDouble(x)
        : x is not Real number ? Convert.ChangeType(x, type)
        : type == typeof(object) ? x
        : Convert.ChangeType(ReadConstant(number, $"Convert.ChangeType to {Names.Of(type)} would drop the number's derivative"), type);

    // ---- double as a type ----

    public static TypeCode Type_GetTypeCode(Type? type) => Type.GetTypeCode(OfNumber(type));

    public static string MemberInfo_get_Name(MemberInfo member) => member is Type type ? OfNumber(type)!.Name : member.Name;

    public static string? Type_get_FullName(Type type) => OfNumber(type)!.FullName;

    public static bool Type_get_IsPrimitive(Type type) => OfNumber(type)!.IsPrimitive;

    public static bool Type_IsAssignableFrom(Type type, Type? other) =>
        type.IsAssignableFrom(other) || OfNumber(type)!.IsAssignableFrom(OfNumber(other));

    private static Type? OfNumber(Type? type) => type == typeof(Real) ? typeof(double) : type;

    public static PropertyInfo[] Type_GetProperties(Type type) => Original(type).GetProperties();

    public static PropertyInfo[] Type_GetProperties(Type type, BindingFlags flags) => Original(type).GetProperties(flags);

    public static PropertyInfo? Type_GetProperty(Type type, string name) => Original(type).GetProperty(name);

    public static FieldInfo[] Type_GetFields(Type type) => Original(type).GetFields();

    public static FieldInfo[] Type_GetFields(Type type, BindingFlags flags) => Original(type).GetFields(flags);

    public static FieldInfo? Type_GetField(Type type, string name) => Original(type).GetField(name);

    public static MethodInfo[] Type_GetMethods(Type type) => Original(type).GetMethods();

    public static MethodInfo? Type_GetMethod(Type type, string name) => Original(type).GetMethod(name);

    private static Type Original(Type type) =>
        type.Assembly.IsDynamic || type == typeof(Real)
            ? throw new LiftException($"The members of {type.Name} are asked for by reflection, which lifted code has others of")
            : type;

    public static object? Activator_CreateInstance(Type type, params object?[]? arguments) =>
        type.Assembly.IsDynamic
            ? throw new LiftException(
                $"Activator.CreateInstance makes a {type.Name} by reflection, whose constructors lifted code has elsewhere. Call the constructor"
            )
            : Activator.CreateInstance(type, arguments);

    public static object? Activator_CreateInstance(Type type) => Activator_CreateInstance(type, null);

    public static Real Double_CreateChecked<T>(T x)
        where T : INumberBase<T> => Create<Real>.Checked(x);

    public static Real Double_CreateSaturating<T>(T x)
        where T : INumberBase<T> => Create<Real>.Saturating(x);

    public static Real Double_CreateTruncating<T>(T x)
        where T : INumberBase<T> => Create<Real>.Truncating(x);

    private static class Create<N>
        where N : INumberBase<N>
    {
        public static N Checked<T>(T x)
            where T : INumberBase<T> => N.CreateChecked(x);

        public static N Saturating<T>(T x)
            where T : INumberBase<T> => N.CreateSaturating(x);

        public static N Truncating<T>(T x)
            where T : INumberBase<T> => N.CreateTruncating(x);
    }

    // ---- Comparison ----

    public static int Double_CompareTo(ref Real x, Real y) => x.CompareTo(y);

    public static int Double_CompareTo(ref Real x, object? y) => ((IComparable)x).CompareTo(y);

    public static bool Double_Equals(ref Real x, Real y) => x.Equals(y);

    public static bool Double_Equals(ref Real x, object? y) => x.Equals(y);

    /// <summary>Of the value alone: equal numbers have equal codes, as tables of keys want; <see cref="Translation"/> refuses it elsewhere.</summary>
    public static int Double_GetHashCode(ref Real x) => x.Value.GetHashCode();

    public static TypeCode Double_GetTypeCode(ref Real x) => TypeCode.Double;

    // ---- Text: a program that is compiled has no value to write, which Value says ----

    public static string Double_ToString(ref Real x) => x.Value.ToString();

    public static string Double_ToString(ref Real x, string? format) => x.Value.ToString(format);

    public static string Double_ToString(ref Real x, IFormatProvider? provider) => x.Value.ToString(provider);

    public static string Double_ToString(ref Real x, string? format, IFormatProvider? provider) => x.Value.ToString(format, provider);

    public static bool Double_TryFormat(
        ref Real x,
        Span<char> destination,
        out int written,
        ReadOnlySpan<char> format,
        IFormatProvider? provider
    ) => x.Value.TryFormat(destination, out written, format, provider);

    public static void DefaultInterpolatedStringHandler_AppendFormatted<T>(ref DefaultInterpolatedStringHandler text, T x) =>
        text.AppendFormatted(Readable(x));

    public static void DefaultInterpolatedStringHandler_AppendFormatted<T>(
        ref DefaultInterpolatedStringHandler text,
        T x,
        string? format
    ) => text.AppendFormatted(Readable(x), format);

    public static void DefaultInterpolatedStringHandler_AppendFormatted<T>(ref DefaultInterpolatedStringHandler text, T x, int alignment) =>
        text.AppendFormatted(Readable(x), alignment);

    public static void DefaultInterpolatedStringHandler_AppendFormatted<T>(
        ref DefaultInterpolatedStringHandler text,
        T x,
        int alignment,
        string? format
    ) => text.AppendFormatted(Readable(x), alignment, format);

    private static T Readable<T>(T x)
    {
        if (x is Real number)
            _ = number.Value;
        return x;
    }

    /// <summary>The value that a method of the framework is given.</summary>
    public static double Read(Real x) => x.Value;

    /// <summary>
    /// A number for a cast to a whole one. A program that is traced takes the whole number of its example, and comparisons that hold for no
    /// other: a call with another one takes another path.
    /// </summary>
    public static double ReadWhole(Real x)
    {
        if (!x.IsTraced || !x.HasValue)
            return x.Value;
        var value = x.Bottom.value;
        if (!double.IsFinite(value))
            return (double.IsNaN(value) ? !(x <= double.PositiveInfinity) : x == value) ? value : x.Value;
        var whole = Math.Truncate(value);
        // The cast truncates towards zero.
        var isIt = (whole > 0 ? x >= whole : x > whole - 1) && (whole < 0 ? x <= whole : x < whole + 1);
        return isIt ? whole : x.Value;
    }

    /// <summary>The value of a number that is a constant; a number that is differentiated or traced is an error.</summary>
    public static double ReadConstant(Real x, string message) => x.Level is null ? x.Value : throw new LiftException(message);
}
