using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FuncAD.Tests.Lifted;

/// <summary>What would drop a derivative unseen throws, by the names of callee and caller; what is not reached does not.</summary>
public class LiftRefusalTests
{
    public static TheoryData<string> Names() => [.. Cases.Select(c => c.Name)];

    private static readonly (string Name, Func<double, double> F, string[] Says)[] Cases =
    [
        ("bits", x => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(x)), ["BitConverter.DoubleToInt64Bits"]),
        ("bytes", x => BitConverter.ToDouble(BitConverter.GetBytes(x)), ["BitConverter.GetBytes"]),
        ("decimal", x => (double)((decimal)x * 2), ["Decimal"]),
        ("float", x => (float)x, ["float", "LiftOptions.Floats"]),
        ("Half", x => (double)(Half)x, ["Half"]),
        ("text parsed again", x => double.Parse(x.ToString("R", null)), ["Parse", "text"]),
        ("interpolated text parsed again", x => Convert.ToDouble($"{x}", null), ["ToDouble", "text"]),
        ("hash codes", x => x.GetHashCode() + x, ["GetHashCode"]),
        ("serialisation", x => JsonSerializer.Deserialize<double>(JsonSerializer.Serialize(x)), ["Serialize"]),
        ("MemoryMarshal.Cast", x => MemoryMarshal.Cast<double, long>(new[] { x })[0], ["MemoryMarshal.Cast"]),
        (
            "Unsafe.As",
            x =>
            {
                var y = x;
                return System.Runtime.CompilerServices.Unsafe.As<double, long>(ref y);
            },
            ["Unsafe.As"]
        ),
        (
            "BlockCopy to bytes",
            x =>
            {
                var b = new byte[8];
                Buffer.BlockCopy(new[] { x }, 0, b, 0, 8);
                return b[7];
            },
            ["BlockCopy"]
        ),
        ("PLINQ", x => new[] { x, 2 }.AsParallel().Select(y => y * y).Sum(), ["ParallelEnumerable"]),
        ("threads", x => Task.Run(() => x * x).Result, ["Task.Run"]),
        ("suspension", x => Suspends(x).GetAwaiter().GetResult(), ["suspends"]),
        ("vectors", x => Vector.Dot(new Vector<double>(x), Vector<double>.One), ["Vector"]),
        (
            "explicit layout",
            x =>
            {
                var o = new Overlaid { Number = x };
                return o.Number;
            },
            ["Overlaid.Number"]
        ),
        ("native code", x => floor(x), ["floor", "native"]),
        ("StringBuilder and Parse", x => double.Parse(new System.Text.StringBuilder().Append(x).ToString()), ["Parse", "text"]),
        ("Join and Parse", x => double.Parse(string.Join(";", new[] { x })), ["Parse", "text"]),
        ("decimal.Parse of a number's text", x => (double)decimal.Parse($"{x}"), ["Parse", "text"]),
        ("TryParse of a tuple's text", x => double.TryParse((x, 1).ToString(), out var y) ? y : x, ["TryParse", "text"]),
        ("boxed text", x => Convert.ToDouble(string.Format("{0}", x)), ["ToDouble", "text"]),
        (
            "reflection",
            x =>
                typeof(Holder).GetProperties().Length
                + new Holder { A = x }
                    .GetType()
                    .GetProperties()
                    .Where(p => p.PropertyType == typeof(double))
                    .Sum(p => (double)p.GetValue(new Holder { A = x })!),
            ["reflection"]
        ),
        ("IConvertible", x => Whole(x) + x, ["IConvertible", "Real"]),
        ("TimeSpan", x => TimeSpan.FromSeconds(x).TotalSeconds, ["TimeSpan.FromSeconds"]),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_would_drop_a_derivative_throws_and_says_what_and_where(string name)
    {
        var (_, f, says) = Cases.Single(c => c.Name == name);
        var lifted = Lift.Of(f);
        var error = Record.Exception(() => AD.Diff(lifted)(0.7));
        while (error is AggregateException or System.Reflection.TargetInvocationException)
            error = error.InnerException;
        var message = Assert.IsType<LiftException>(error).Message;
        foreach (var part in says)
            Assert.Contains(part, message, StringComparison.Ordinal);
        if (name is not ("BlockCopy to bytes" or "reflection"))
        {
            Assert.Contains("LiftRefusalTests", message, StringComparison.Ordinal);
            Assert.NotEmpty(Lift.Report(f).Refused);
        }
    }

    [Fact]
    public void A_path_that_is_not_reached_does_not_throw()
    {
        Func<double, double> f = x => x < 0 ? (double)(decimal)x : x * x;
        Assert.Equal(6, AD.Diff(Lift.Of(f))(3).Value);
        Assert.Throws<LiftException>(() => AD.Diff(Lift.Of(f))(-1));
    }

    [Fact]
    public void Vectors_that_are_guarded_are_taken_as_not_accelerated()
    {
        Func<double, double> f = x => Vector.IsHardwareAccelerated ? Vector.Dot(new Vector<double>(x), Vector<double>.One) : x * x;
        Assert.Equal(6, AD.Diff(Lift.Of(f))(3).Value);
    }

    [Fact]
    public void Pointers_and_function_pointers_are_refused()
    {
        var assembly = Compiler.Compile(
            """
            public static unsafe class Unsafe
            {
                public static double Pointer(double x) { var a = new double[] { x, 2 }; fixed (double* p = a) return p[0] * p[1]; }
                public static double Address(double x) { double* p = &x; return *p; }
                public static double Span(double x) { var a = new double[] { x, 2 }; fixed (double* p = a) return new System.Span<double>(p, 2)[0]; }
                public static double Bits(double x) { long i = *(long*)&x; return i > 0 ? x * x : -1; }
                public static double Inverse(double x) { long i = 0x5FE6EB50C7B537A9 - (*(long*)&x >> 1); return *(double*)&i; }
                public struct Three { public fixed double X[3]; public double Y; }
                public static double Buffer(double x) { var f = new Three(); f.X[1] = x; f.Y = x; return f.X[1] * f.Y; }
                public static double Call(double x) { delegate*<double, double> f = &Square; return f(x); }
                public static double Ints(double x) { var a = new[] { 1, 2 }; fixed (int* p = a) return p[1] * x; }
                private static double Square(double x) => x * x;
            }
            """,
            release: true
        );
        Func<double, double> Of(string name) => assembly.GetType("Unsafe")!.GetMethod(name)!.CreateDelegate<Func<double, double>>();
        foreach (var name in new[] { "Pointer", "Address", "Span", "Bits", "Inverse", "Buffer" })
            Assert.Throws<LiftException>(() => Lift.Of(Of(name))(2));
        Assert.Contains("function pointer", Assert.Throws<LiftException>(() => Lift.Of(Of("Call"))(2)).Message, StringComparison.Ordinal);
        Assert.Equal(2, AD.Diff(Lift.Of(Of("Ints")))(3).Value);
    }

    [Fact]
    public void What_refers_to_its_object_by_a_handle_cannot_be_captured()
    {
        var weak = new WeakReference<double[]>([1, 2]);
        Func<double, double> f = x => weak.TryGetTarget(out var a) ? a[1] * x : 0;
        Assert.Contains("handle", Assert.Throws<LiftException>(() => Lift.Of(f)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Delegates_without_code_are_refused_at_once()
    {
        System.Linq.Expressions.Expression<Func<double, double>> tree = x => x * x;
        var error = Assert.Throws<LiftException>(() => Lift.Of(tree.Compile()));
        Assert.Contains("Lift.Tree", error.Message, StringComparison.Ordinal);
        Assert.Contains("native", Assert.Throws<LiftException>(() => Lift.Of(floor)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => Lift.Of((Func<double, double>)null!));
        Assert.Throws<ArgumentException>(() => Lift.As<Func<int, int>>((Func<int, int>)(x => x)));
        Assert.Contains(
            "Func<FuncAD.Real",
            Assert.Throws<ArgumentException>(() => Lift.As<Func<Real, Real, Real>>((Func<double, double>)(x => x))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_delegate_made_at_run_time_in_a_static_field_throws_where_it_is_called()
    {
        Func<double, double> f = x => x > 0 ? x * x : compiled(x);
        Assert.Equal(6, AD.Diff(Lift.Of(f))(3).Value);
        Assert.Contains("made at run time", Assert.Throws<LiftException>(() => AD.Diff(Lift.Of(f))(-1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recursion_without_end_is_not_followed_by_the_lift() => Assert.NotNull(Lift.Of(Endless));

    [Fact]
    public void Types_that_nest_without_end_are_refused_where_they_are_reached()
    {
        Func<double, double> f = x => Nested(x, 3);
        Assert.Equal(3, AD.Diff(Lift.Of(f))(2).Value);
    }

    private static double Nested<T>(T x, int n) => n == 0 ? 0 : Of(x) + Nested<List<T>>([x], n - 1);

    private static double Of<T>(T x) => x is double y ? 3 * y : 0;

    private static readonly Func<double, double> compiled = MakeCompiled();

    private static Func<double, double> MakeCompiled()
    {
        System.Linq.Expressions.Expression<Func<double, double>> tree = x => x * x;
        return tree.Compile();
    }

    private static double Endless(double x) => Endless(x) + 1;

    private static async Task<double> Suspends(double x)
    {
        await Task.Delay(1);
        return x * x;
    }

    private static double Whole<T>(T x)
        where T : IConvertible => x.ToInt32(null);

    private sealed class Holder
    {
        public double A { get; init; }
    }

    [DllImport("libm.so.6", EntryPoint = "floor")]
    private static extern double floor(double x);

    [StructLayout(LayoutKind.Explicit)]
    private struct Overlaid
    {
        [FieldOffset(0)]
        public double Number;

        [FieldOffset(0)]
        public long Bits;
    }
}
