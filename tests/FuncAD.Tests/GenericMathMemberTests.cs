using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Reflection.Emit;
using System.Text;
using System.Text.RegularExpressions;

namespace FuncAD.Tests;

/// <summary>Every member of <c>IFloatingPointIeee754</c> and of the interfaces below it answers on Real as it does on double.</summary>
public class GenericMathMemberTests
{
    /// <summary>More accurate than .NET's on purpose.</summary>
    private static readonly HashSet<string> MoreAccurate = ["ExpM1", "Exp2M1", "Exp10M1", "LogP1", "Log2P1", "Log10P1"];

    /// <summary>Of a precision that .NET leaves to the machine; Real answers with the quotient itself.</summary>
    private static readonly HashSet<string> Estimates = ["ReciprocalEstimate", "ReciprocalSqrtEstimate"];

    private static readonly double[] Samples =
    [
        0,
        -0.0,
        1,
        -1,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        3,
        1e-320,
        -1e-300,
        0.1,
        1e300,
        -7.25,
        123456.789,
        double.MaxValue,
        double.Epsilon,
        double.NaN,
        double.PositiveInfinity,
        double.NegativeInfinity,
    ];

    private static readonly double[] FewSamples =
    [
        0,
        -0.0,
        1,
        -1.5,
        2,
        0.3,
        1e-310,
        1e300,
        double.NaN,
        double.PositiveInfinity,
        double.NegativeInfinity,
    ];

    private static readonly string[] Texts = ["1.5", "-2e3", " 7 ", "", "x", "NaN", "-Infinity", "1,234.5", "(3)", "1e400", "0x10", "-0"];

    private static readonly Type[] Others =
    [
        typeof(int),
        typeof(byte),
        typeof(sbyte),
        typeof(short),
        typeof(ushort),
        typeof(uint),
        typeof(long),
        typeof(ulong),
        typeof(nint),
        typeof(nuint),
        typeof(Int128),
        typeof(UInt128),
        typeof(char),
        typeof(Half),
        typeof(float),
        typeof(double),
        typeof(decimal),
        typeof(BigInteger),
        typeof(Complex),
    ];

    private static readonly Regex HalfConversion = new("^TryConvert(From|To)");

    /// <summary>The members, as the names under which the cases run.</summary>
    public static TheoryData<string> Members() => [.. Methods().Select(Title).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<MethodInfo> Methods() => Interfaces().SelectMany(i => i.GetMethods(Everything)).Where(m => !m.IsPrivate);

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static string Title(MethodInfo method) =>
        $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";

    private static IEnumerable<Type> Interfaces()
    {
        var top = typeof(IFloatingPointIeee754<double>);
        return top.GetInterfaces().Append(top);
    }

    private static Type OfReal(Type type) =>
        type == typeof(double) ? typeof(Real)
        : type.IsGenericType ? type.GetGenericTypeDefinition().MakeGenericType([.. type.GetGenericArguments().Select(OfReal)])
        : type;

    private static Type[] RealArguments(Type type) => [.. type.GetGenericArguments().Select(OfReal)];

    [Theory]
    [MemberData(nameof(Members))]
    public void The_member_answers_as_on_double(string title)
    {
        var compared = 0;
        foreach (var method in Methods().Where(m => Title(m) == title))
        {
            var onReal = OfReal(method.DeclaringType!).GetMethods(Everything).Single(m => m.MetadataToken == method.MetadataToken);
            foreach (var (onDouble, real) in Instances(method, onReal))
            {
                var (callDouble, callReal) = (Caller(typeof(double), onDouble), Caller(typeof(Real), real));
                foreach (var arguments in Arguments(onDouble))
                {
                    var expected = Run(callDouble, typeof(double), onDouble, arguments);
                    var actual = Run(callReal, typeof(Real), real, arguments);
                    if (HalfConversion.IsMatch(method.Name) && expected[0] is false)
                        continue; // the other type's half of the protocol answers; Create* tells whether the two fit
                    Assert.True(
                        Agree(method.Name, expected, actual),
                        $"{title} at ({Show(arguments)}): double says {Show(expected)}, Real says {Show(actual)}"
                    );
                    compared++;
                }
            }
        }
        Assert.True(compared > 0, $"{title} was not compared at all");
    }

    private static IEnumerable<(MethodInfo, MethodInfo)> Instances(MethodInfo onDouble, MethodInfo onReal)
    {
        if (!onDouble.IsGenericMethodDefinition)
            return [(onDouble, onReal)];
        var constraint = onDouble.GetGenericArguments()[0].GetGenericParameterConstraints()[0].GetGenericTypeDefinition();
        var fitting = Others.Where(other => other.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == constraint));
        return fitting.Select(other => (onDouble.MakeGenericMethod(other), onReal.MakeGenericMethod(other)));
    }

    // ---- Calls: static abstract members can be called through constrained calls only, so each gets a method of its own. ----

    private delegate object? Call(object?[] arguments);

    private static ReadOnlySpan<char> Characters(string text) => text;

    private static ReadOnlySpan<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static Span<char> Buffer(char[] buffer) => buffer;

    private static Span<byte> ByteBuffer(byte[] buffer) => buffer;

    private static Call Caller(Type self, MethodInfo method)
    {
        var home = typeof(GenericMathMemberTests).Module;
        var dynamic = new DynamicMethod("Call", typeof(object), [typeof(object[])], home, skipVisibility: true);
        var il = dynamic.GetILGenerator();
        var outs = new List<(int Index, LocalBuilder Local)>();
        var offset = method.IsStatic ? 0 : 1;
        if (!method.IsStatic)
        {
            var instance = il.DeclareLocal(self);
            Load(il, 0, self);
            il.Emit(OpCodes.Stloc, instance);
            il.Emit(OpCodes.Ldloca, instance);
        }
        var parameters = method.GetParameters();
        for (var i = 0; i < parameters.Length; i++)
        {
            var type = parameters[i].ParameterType;
            if (type.IsByRef)
            {
                var local = il.DeclareLocal(type.GetElementType()!);
                outs.Add((i + offset, local));
                il.Emit(OpCodes.Ldloca, local);
            }
            else
            {
                Load(il, i + offset, type);
            }
        }
        il.Emit(OpCodes.Constrained, self);
        il.Emit(method.IsStatic ? OpCodes.Call : OpCodes.Callvirt, method);
        var result = il.DeclareLocal(typeof(object));
        if (method.ReturnType == typeof(void))
            il.Emit(OpCodes.Ldnull);
        else if (method.ReturnType.IsValueType)
            il.Emit(OpCodes.Box, method.ReturnType);
        il.Emit(OpCodes.Stloc, result);
        foreach (var (index, local) in outs)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, index);
            il.Emit(OpCodes.Ldloc, local);
            if (local.LocalType.IsValueType)
                il.Emit(OpCodes.Box, local.LocalType);
            il.Emit(OpCodes.Stelem_Ref);
        }
        il.Emit(OpCodes.Ldloc, result);
        il.Emit(OpCodes.Ret);
        return dynamic.CreateDelegate<Call>();
    }

    private static void Load(ILGenerator il, int index, Type type)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Ldelem_Ref);
        string? converter =
            type == typeof(ReadOnlySpan<char>) ? nameof(Characters)
            : type == typeof(ReadOnlySpan<byte>) ? nameof(Bytes)
            : type == typeof(Span<char>) ? nameof(Buffer)
            : type == typeof(Span<byte>) ? nameof(ByteBuffer)
            : null;
        if (converter is null)
        {
            il.Emit(OpCodes.Unbox_Any, type);
        }
        else
        {
            var method = typeof(GenericMathMemberTests).GetMethod(converter, BindingFlags.NonPublic | BindingFlags.Static)!;
            il.Emit(OpCodes.Castclass, method.GetParameters()[0].ParameterType);
            il.Emit(OpCodes.Call, method);
        }
    }

    // ---- Arguments: doubles where the member takes itself; they become Reals for Real. ----

    private static IEnumerable<object?[]> Arguments(MethodInfo method)
    {
        var types = method.GetParameters().Select(p => p.ParameterType);
        if (!method.IsStatic)
            types = types.Prepend(typeof(double));
        var list = types.ToArray();
        var selves = list.Count(type => type == typeof(double));
        IEnumerable<object?[]> all =
        [
            [],
        ];
        foreach (var type in list)
            all = all.SelectMany(_ => Candidates(type, selves), (before, next) => before.Append(next).ToArray());
        return all;
    }

    private static IEnumerable<object?> Candidates(Type type, int selves)
    {
        if (type == typeof(double))
            return (selves > 2 ? FewSamples : Samples).Cast<object?>();
        if (type == typeof(int))
            return [0, 1, 2, 3, -1, -2, 5, 1100, -1100, 20, int.MaxValue, int.MinValue];
        if (type == typeof(string))
            return [.. Texts, null, "R", "F3", "E2", "N1"];
        if (type == typeof(ReadOnlySpan<char>) || type == typeof(ReadOnlySpan<byte>))
            return [.. Texts, "R", "F3", "E2"];
        if (type == typeof(Span<char>))
            return [new Factory(() => new char[400]), new Factory(() => new char[2])];
        if (type == typeof(Span<byte>))
            return [new Factory(() => new byte[400]), new Factory(() => new byte[1])];
        if (type == typeof(byte[]))
            return [new Factory(() => new byte[40]), new Factory(() => new byte[1])];
        if (type == typeof(IFormatProvider))
            return [CultureInfo.InvariantCulture, null];
        if (type == typeof(NumberStyles))
            return [NumberStyles.Float, NumberStyles.Any, NumberStyles.None, NumberStyles.Integer, NumberStyles.HexNumber];
        if (type == typeof(MidpointRounding))
            return [.. Enum.GetValues<MidpointRounding>().Cast<object>()];
        if (type == typeof(object))
            return [1.0, double.NaN, -0.0, null, "text"];
        if (type.IsByRef)
            return [null];
        if (type == typeof(char))
            return ['a', char.MinValue, char.MaxValue];
        if (type == typeof(Complex))
            return [new Complex(2.5, 0), new Complex(2.5, 1)];
        return [.. Numbers(type)];
    }

    private static IEnumerable<object> Numbers(Type type)
    {
        var create = typeof(GenericMathMemberTests).GetMethod(nameof(Saturated), BindingFlags.NonPublic | BindingFlags.Static)!;
        var hasInfinities = type == typeof(float) || type == typeof(Half);
        return Samples.Where(x => hasInfinities || double.IsFinite(x)).Select(x => create.MakeGenericMethod(type).Invoke(null, [x])!);
    }

    private static object Saturated<T>(double x)
        where T : INumberBase<T> => T.CreateSaturating(x);

    private sealed record Factory(Func<Array> Make);

    // ---- Answers ----

    private static object?[] Run(Call call, Type self, MethodInfo method, object?[] arguments)
    {
        var types = method.GetParameters().Select(p => p.ParameterType);
        if (!method.IsStatic)
            types = types.Prepend(self);
        var own = arguments
            .Zip(
                types,
                (a, type) =>
                    a switch
                    {
                        double x when type == typeof(Real) || (self == typeof(Real) && type == typeof(object)) => (Real)x,
                        Factory factory => factory.Make(),
                        _ => a,
                    }
            )
            .ToArray();
        try
        {
            return [Plain(call(own)), .. own.Select(Plain)];
        }
        catch (Exception exception) when (exception is not InvalidProgramException)
        {
            return [exception.GetType()];
        }
    }

    private static object? Plain(object? answer) =>
        answer switch
        {
            Real x => x.Value,
            ValueTuple<Real, Real> pair => (pair.Item1.Value, pair.Item2.Value),
            char[] text => new string(text),
            byte[] bytes => Convert.ToHexString(bytes),
            _ => answer,
        };

    private static bool Agree(string member, object?[] expected, object?[] actual) =>
        expected.Length == actual.Length && expected.Zip(actual).All(pair => Same(member, pair.First, pair.Second));

    private static bool Same(string member, object? expected, object? actual) =>
        (expected, actual) switch
        {
            (double x, double y) when MoreAccurate.Contains(member) => SameBits(x, y)
                || Math.Abs(x - y) <= 4 * Check.Ulp * Math.Max(1, Math.Abs(x)),
            (double x, double y) when Estimates.Contains(member) => SameBits(x, y)
                || !double.IsNormal(x)
                || !double.IsNormal(y)
                || Math.Abs(x - y) <= Math.Abs(y) / 4096,
            (double x, double y) => SameBits(x, y),
            (ValueTuple<double, double> x, ValueTuple<double, double> y) => SameBits(x.Item1, y.Item1) && SameBits(x.Item2, y.Item2),
            _ => Equals(expected, actual),
        };

    private static bool SameBits(double x, double y) =>
        (double.IsNaN(x) && double.IsNaN(y)) || BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y);

    private static string Show(object?[] values) =>
        string.Join(", ", values.Select(value => value is double x ? x.ToString("R", CultureInfo.InvariantCulture) : value ?? "null"));

    private static T MaxNative<T>(T a, T b)
        where T : INumber<T> => T.MaxNative(a, b);

    private static T MinNative<T>(T a, T b)
        where T : INumber<T> => T.MinNative(a, b);

    private static T ClampNative<T>(T x, T min, T max)
        where T : INumber<T> => T.ClampNative(x, min, max);

    [Fact]
    public void Native_choices_share_the_slope_at_a_tie()
    {
        foreach (
            var (choice, a, b, expected) in new (Func<Real, Real, Real>, double, double, double[])[]
            {
                (MaxNative, 1, 1, [0.5, 0.5]),
                (MinNative, 1, 1, [0.5, 0.5]),
                (MaxNative, 2, 1, [1, 0]),
                (MinNative, 2, 1, [0, 1]),
                (MaxNative, double.Epsilon, double.Epsilon, [0.5, 0.5]),
                ((x, low) => ClampNative(x, low, 2), 1, 1, [0.5, 0.5]),
                ((x, high) => ClampNative(x, 0, high), 1, 1, [0.5, 0.5]),
            }
        )
            Assert.Equal(expected, AD.Grad(x => choice(x[0], x[1]))([a, b]).ToDoubles());
    }
}
