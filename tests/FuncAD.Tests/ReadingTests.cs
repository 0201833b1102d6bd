using System.Globalization;
using System.Numerics;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>A number that is being differentiated becomes a plain double only deliberately: by Value or StopGradient.</summary>
public class ReadingTests
{
    /// <summary>Each way to read numbers as plain doubles by accident, as a function that would have the derivative 0.</summary>
    private static readonly Dictionary<string, Func<Real, Real>> Accidents = new()
    {
        ["(double)x"] = x => (double)x,
        ["(float)x"] = x => (float)x,
        ["(decimal)x"] = x => (double)(decimal)x,
        ["double.CreateChecked"] = x => double.CreateChecked(x),
        ["double.CreateSaturating"] = x => double.CreateSaturating(x),
        ["double.CreateTruncating"] = x => double.CreateTruncating(x),
        ["float.CreateChecked"] = x => float.CreateChecked(x),
        ["Half.CreateSaturating"] = x => (double)Half.CreateSaturating(x),
        ["decimal.CreateTruncating"] = x => (double)decimal.CreateTruncating(x),
        ["Complex.CreateChecked"] = x => Complex.CreateChecked(x).Real,
        ["generic math"] = x => Generic<Real, double>(x),
        ["ToDoubles"] = x => new[] { x, x * x }.ToDoubles().Sum(),
        ["ToDoubles of a matrix"] = x =>
            new[,]
            {
                { x },
            }.ToDoubles()[0, 0],
        ["ToDouble of one number"] = x => ((Func<Real, Real>)(y => x * y)).ToDouble()(1),
        ["ToDouble of two numbers"] = x => ((Func<Real, Real, Real>)((y, z) => x * y)).ToDouble()(1, 2),
        ["ToDouble of an array"] = x => ((Func<Real[], Real>)(y => x * y[0])).ToDouble()([1]),
        ["ToDouble to an array"] = x => ((Func<Real[], Real[]>)(y => [x * y[0]])).ToDouble()([1])[0],
        ["ToDouble to a matrix"] = x =>
            (
                (Func<Real[], Real[,]>)(
                    y =>
                        new[,]
                        {
                            { x },
                        }
                )
            ).ToDouble()([1])[0, 0],
        ["significand"] = x => Significand(x),
        ["Tensor.ToArray"] = x => Tensor.Stack(x, x * x).ToArray().Sum(),
        ["Tensor.AsSpan"] = x => Tensor.Stack(x, x * x).AsSpan()[1],
        ["Tensor.ToArray2D"] = x => Tensor.Stack(x, x * x).Reshape(1, 2).ToArray2D()[0, 1],
        ["Tensor.ToVector"] = x => Tensor.Stack(x, x * x).ToVector().Sum(),
        ["Tensor.ToMatrix"] = x => Tensor.Stack(x, x * x).Reshape(1, 2).ToMatrix()[0, 1],
    };

    /// <summary>Each way to differentiate a function of one number.</summary>
    private static readonly Dictionary<string, Action<Func<Real, Real>>> Modes = new()
    {
        ["Grad"] = f => Grad(f)(0.5),
        ["Diff"] = f => Diff(f)(0.5),
        ["Jvp"] = f => Jvp(f)(0.5, 1),
        ["Vjp"] = f => Vjp(f)(0.5),
        ["Taylor"] = f => Taylor(f, 3)(0.5),
        ["Hessian"] = f => Hessian(x => f(x[0]) * x[0])([0.5]),
        ["Hvp"] = f => Hvp((Real x) => f(x) * x)(0.5, 1),
        ["JacobianReverse"] = f => JacobianReverse(x => [f(x[0]), x[0]])([0.5]),
        ["Grad of Grad"] = f => Grad(Grad(f))(0.5),
        ["Diff of Grad"] = f => Diff(Grad(f))(0.5),
        ["inside an ended operator"] = f => Grad(x => f(Grad(y => x * y * y)(2)))(0.5),
    };

    public static TheoryData<string, string> AccidentsInModes()
    {
        TheoryData<string, string> cases = [];
        foreach (var accident in Accidents.Keys)
        foreach (var mode in Modes.Keys)
            // a Taylor series refuses numbers in arrays, by an error of its own
            if (mode != "Taylor" || !accident.StartsWith("Tensor", StringComparison.Ordinal))
                cases.Add(accident, mode);
        return cases;
    }

    private static TOther Generic<T, TOther>(T x)
        where T : INumber<T>
        where TOther : INumber<TOther> => TOther.CreateChecked(x);

    private static double Significand<T>(T x)
        where T : IFloatingPoint<T>
    {
        var bytes = new byte[x.GetSignificandByteCount()];
        x.WriteSignificandLittleEndian(bytes);
        return bytes[0];
    }

    [Theory]
    [MemberData(nameof(AccidentsInModes))]
    public void Reading_by_accident_is_an_error_that_teaches(string accident, string mode)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Modes[mode](Accidents[accident]));
        Assert.Contains("derivative", error.Message, StringComparison.Ordinal);
        Assert.Contains("StopGradient(x)", error.Message, StringComparison.Ordinal);
        Assert.Contains(".Value", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_names_the_operation()
    {
        foreach (
            var (accident, name) in new[]
            {
                ("(double)x", "(double)x"),
                ("float.CreateChecked", "Single"),
                ("ToDoubles", "ToDoubles"),
                ("Tensor.ToVector", "ToVector"),
            }
        )
            Assert.Contains(
                name,
                Assert.Throws<InvalidOperationException>(() => Grad(Accidents[accident])(0.5)).Message,
                StringComparison.Ordinal
            );
    }

    [Fact]
    public void Constants_and_numbers_of_ended_levels_are_read_like_doubles()
    {
        Real escaped = 0;
        Grad(x => Grad(y => escaped = x * y)(3))(2);
        Assert.Equal(6.0, (double)escaped);
        Assert.Equal([6.0], new[] { escaped }.ToDoubles());
        foreach (var (name, accident) in Accidents)
            Assert.True(accident(0.5).Value >= 0, name);
        Assert.Equal(12.0, Grad(x => x * (double)Grad(y => y * y)(6))(1).Value);
    }

    [Fact]
    public void Value_and_StopGradient_are_deliberate()
    {
        Assert.Equal(0.5, Grad(x => x * x.Value)(0.5).Value);
        Assert.Equal(0.5, Grad(x => x * (double)StopGradient(x))(0.5).Value);
        Assert.Equal(0.5, Grad(x => x * Tensor.Stack(x).Value.ToArray()[0])(0.5).Value);
        Assert.Equal(0.5, Grad(x => x * new[] { x }.Select(y => y.Value).Sum())(0.5).Value);
    }

    [Fact]
    public void Text_is_for_people_and_stays_allowed()
    {
        var shown = "";
        Grad(x =>
        {
            shown = $"{x} {x:F2} {Tensor.Stack(x)}";
            return x;
        })(0.5);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{0.5} {0.5:F2}"), shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_numbers_are_those_of_the_double_and_stay_allowed()
    {
        foreach (var value in new[] { 0.0, -0.0, 0.5, 1.9, 2.5, 65.7, 127.0 })
            Grad(x =>
            {
                Assert.Equal(
                    (
                        (sbyte)value,
                        (byte)value,
                        (short)value,
                        (ushort)value,
                        (char)value,
                        (int)value,
                        (uint)value,
                        (long)value,
                        (ulong)value,
                        (nint)value,
                        (nuint)value
                    ),
                    ((sbyte)x, (byte)x, (short)x, (ushort)x, (char)x, (int)x, (uint)x, (long)x, (ulong)x, (nint)x, (nuint)x)
                );
                Assert.Equal(
                    (int.CreateChecked(value), BigInteger.CreateSaturating(value), Generic<double, long>(value)),
                    (int.CreateChecked(x), BigInteger.CreateSaturating(x), Generic<Real, long>(x))
                );
                return x;
            })(value);
        foreach (var value in new[] { -1.9, -2.5, 1e9, -1e9 })
            Assert.Equal(((int)value, (long)value, (nint)value), ((int)(Real)value, (long)(Real)value, (nint)(Real)value));
        Real[] table = [10, 20, 30];
        Assert.Equal(30.0, Grad(x => table[(int)x] * x)(2.5).Value);
    }

    [Fact]
    public void Compiled_functions_refuse_whole_numbers_too() =>
        Assert.Contains(
            "AD.Compile",
#pragma warning disable FAD006 // the error at run time is the test
            Assert.Throws<InvalidOperationException>(() => Compile((Real x) => x * (int)x, 0.5)).Message,
#pragma warning restore FAD006
            StringComparison.Ordinal
        );

    [Fact]
    public void Compiled_sums_lose_no_derivative_of_their_parameters_and_data()
    {
        var sum = CompileSum((Real p, Real d) => p * p * d, 1, 1);
        double[] data = [1, 2, 3];
        Assert.Equal(24.0, Grad(p => sum.Invoke(p, data))(2).Value);
        foreach (
            var read in new Func<Real, Real>[]
            {
                p => sum.Value(p, data),
                p => sum.ValueAndGrad(p, data).Item2,
                p => sum.Hessian(p, data).Item1,
                p => sum.NormalEquations(p, data).Item1,
                p => sum.Columns([p])[0],
            }
        )
        {
            Assert.Contains("Invoke", Assert.Throws<InvalidOperationException>(() => Grad(read)(2)).Message, StringComparison.Ordinal);
            Assert.Equal(0.0, Grad(p => read(StopGradient(p)))(2).Value);
        }
    }
}
