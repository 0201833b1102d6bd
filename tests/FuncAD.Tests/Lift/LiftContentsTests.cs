using System.Collections;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Random;

namespace FuncAD.Tests.Lifted;

/// <summary>What is captured, or kept in static fields, behind types that do not say that they hold numbers; and what code hides.</summary>
public class LiftContentsTests
{
    public interface IMark
    {
        void Press();
    }

    public class Mark : IMark
    {
        public double V;

        public void Press() => V += 1;
    }

    public record Shape;

    public record Disc(double R) : Shape;

    public record Bar(double A) : Shape;

    public class Box
    {
        public object? O;
    }

    public class Simulator
    {
        public double Time;
        public List<Func<bool>> Conditions = [];
        public List<Action> Actions = [];

        public double Run(double x)
        {
            Time = x;
            for (var k = 0; k < Actions.Count; k++)
                if (Conditions[k]())
                    Actions[k]();
            return Time;
        }
    }

    /// <summary>Overrides of a framework class in a layer between.</summary>
    public abstract class Source : Random
    {
        protected abstract double Draw();

        public sealed override double NextDouble() => Draw();

        protected sealed override double Sample() => Draw();
    }

    public class Congruence : Source
    {
        private int z = 25;

        protected override double Draw() => (z = z * 71 % 97) / 97.0;
    }

    private sealed class Descending : IComparer<double>
    {
        public int Compare(double x, double y) => y.CompareTo(x);
    }

    private static readonly Dictionary<string, object> settings = new() { ["k"] = 2.0 };
    private static readonly IMark[] marks = [new Mark { V = 3 }];
    private static Action? pressed;
    private static double pressedBy;

    [ThreadStatic]
    private static double ofThread;

    private static Func<double, double> Of<T>(T captured, Func<T, double, double> f) => x => f(captured, x);

    private static IEnumerable<(string Name, Func<double, double> F)> Cases()
    {
        yield return ("boxed number", Of<object>(2.0, (o, x) => o is double d ? d * x : 0));
        yield return ("boxed number, cast", Of<object>(2.0, (o, x) => (double)o * x));
        yield return ("boxed array", Of<object>(new[] { 2.0, 3 }, (o, x) => ((double[])o)[1] * x));
        yield return ("interface", Of<IMark>(new Mark { V = 2 }, (m, x) => m is Mark own ? own.V * x : 0));
        yield return ("list of objects", Of(new List<object> { 2.0, "a", 3 }, (l, x) => l.OfType<double>().Sum() * x));
        yield return ("array of objects", Of(new object[] { 2.0, new object[] { 3.0 } }, (l, x) => (double)((object[])l[1])[0] * x));
        yield return ("non-generic list", Of(new ArrayList { 2.0 }, (l, x) => (double)l[0]! * x));
        yield return ("hash table", Of(new Hashtable { ["a"] = 2.0 }, (l, x) => (double)l["a"]! * x));
        yield return ("bag", Of(new Dictionary<string, object> { ["a"] = 2.0 }, (l, x) => (double)l["a"] * x));
        yield return ("object in a class", Of(new Box { O = new Box { O = 2.0 } }, (b, x) => (double)((Box)b.O!).O! * x));
        yield return ("tuple", Of<(object, int)>((2.0, 3), (t, x) => (double)t.Item1 * x));
        yield return ("stack", Of(new Stack<object>([2.0]), (s, x) => (double)s.Peek() * x));
        yield return ("static bag", x => settings["k"] is double d ? d * x : 0);
        yield return ("static interfaces", x => marks.OfType<Mark>().Sum(m => m.V) * x);
        yield return (
            "empty record",
            Of(
                new List<Shape> { new Disc(2), new Bar(3) },
                (l, x) =>
                    l.Sum(s =>
                        s switch
                        {
                            Disc d => d.R,
                            Bar b => b.A,
                            _ => 0,
                        }
                    ) * x
            )
        );
        yield return ("commands", Of(new List<IMark> { new Mark { V = 2 } }, (l, x) => Pressed(l) * x));
        var s = 0.0;
        Action step = () => s += 1;
        yield return (
            "action",
            x =>
            {
                s = x;
                step();
                return s * x;
            }
        );
        yield return ("actions", Actions());
        yield return (
            "static action",
            x =>
            {
                pressed ??= () => pressedBy *= 2;
                pressedBy = x;
                pressed();
                return pressedBy;
            }
        );
        var simulator = new Simulator();
        simulator.Conditions.Add(() => simulator.Time > 0);
        simulator.Actions.Add(() => simulator.Time *= 8);
        yield return ("simulator", simulator.Run);
        yield return ("comparer", Of(Sorted(Comparer<double>.Create((a, b) => b.CompareTo(a))), (d, x) => d.First().Key * x));
        yield return ("comparer of a class", Of(Sorted(new Descending()), (d, x) => d.First().Key * x));
        yield return ("sorted set", Of(new SortedSet<double>([0, 1], new Descending()), (d, x) => d.First() * x));
        yield return ("of a flow", Of(new AsyncLocal<double> { Value = 4 }, (l, x) => l.Value * x));
        yield return ("of a thread", Of(new ThreadLocal<double[]>(() => [4]), (l, x) => l.Value![0] * x));
        yield return ("static of a thread", x => (ofThread == 0 ? ofThread = 4 : ofThread) * x);
        yield return ("lazy", Of(new Lazy<double[]>(() => [4]), (l, x) => l.Value[0] * x));
        yield return ("random in a layer", x => new Congruence().NextDouble() * x + new Congruence().Next(3));
        yield return ("Mersenne twister", x => new MersenneTwister(3).NextDouble() * x);
        yield return ("xorshift", x => new Xorshift(3).NextDoubles(3)[2] * x);
        yield return ("normal samples", x => new Normal(x, 1, new MersenneTwister(3)).Sample());
        yield return ("infinity norm", x => Vector<double>.Build.Dense([x, -2 * x]).InfinityNorm());
        yield return ("type code", x => Type.GetTypeCode(((object)x).GetType()) == TypeCode.Double ? 3 * x : -1);
        yield return (
            "type name",
            x =>
                typeof(double).Name == "Double"
                && typeof(double).FullName == "System.Double"
                && typeof(double).IsPrimitive
                && typeof(IConvertible).IsAssignableFrom(typeof(double))
                    ? 3 * x
                    : -1
        );
        yield return (
            "clamp",
            x =>
                Math.Clamp(x, 0, double.NaN)
                + Math.Atan2(Math.Clamp(-0.0, 0.0, x), -1)
                + double.Clamp(x, -1, 2)
                + Math.Clamp(x, double.NaN, 2)
        );
        yield return ("estimates", x => x * Math.ReciprocalEstimate(4.0) + Math.ReciprocalSqrtEstimate(3.0));
        yield return (
            "stackalloc of constants",
            x =>
            {
                Span<double> a = stackalloc double[] { 1, 2, 3, 4, 5 };
                return a[4] * x;
            }
        );
        yield return (
            "stackalloc of values",
            x =>
            {
                Span<double> a = stackalloc double[] { x, 2, 3 * x, x * x, Math.Sin(x), 7, 8, 9 };
                Span<double> b = stackalloc double[] { a[0], a[3] };
                return a[2] * b[1] + a[4] * a[7];
            }
        );
        yield return (
            "stackalloc of structs",
            x =>
            {
                Span<(double, int)> a = stackalloc (double, int)[] { (x, 1), (x * x, 2) };
                Span<System.Numerics.Complex> c = stackalloc System.Numerics.Complex[] { new(x, 1), new(1, x) };
                Span<double?> n = stackalloc double?[] { x, null };
                Span<int> i = stackalloc int[] { 1, 2, 3, 4, 5 };
                Span<byte> b = stackalloc byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
                return a[1].Item1 * a[1].Item2 + (c[0] * c[1]).Real + n[0]!.Value + i[2] * b[7] * x;
            }
        );
        yield return ("late in a tree", Of(Tree(300), (root, x) => (double)root.Children[^1].Children[^1].Value! * x));
        yield return (
            "an exception without a name",
            x =>
            {
                try
                {
                    return x * x;
                }
                catch (Never)
                {
                    return 0;
                }
            }
        );
        yield return (
            "exceptions of parallel loops",
            x =>
            {
                var r = 0.0;
                try
                {
                    Parallel.For(0, 2, _ => throw new InvalidOperationException());
                }
                catch (InvalidOperationException)
                {
                    r = x;
                }
                catch (AggregateException error)
                {
                    r = x * x + (error.InnerExceptions[0] is InvalidOperationException ? 1 : 0);
                }
                try
                {
                    Parallel.Invoke(() => throw new InvalidOperationException(), () => r *= x);
                }
                catch (AggregateException error)
                {
                    r += error.InnerExceptions.Count;
                }
                return r;
            }
        );
        yield return (
            "parallel loops",
            x =>
            {
                var sums = new double[4];
                Parallel.For(0, 3, (k, _) => sums[k] = k * x);
                void Add(int k, double y)
                {
                    lock (sums)
                        sums[k] += y;
                }
                Parallel.For(0, 2, () => 0.0, (k, _, local) => local + k * x, local => Add(0, local));
                Parallel.ForEach([1.0, 2], () => 0.0, (y, _, local) => local + x * y, local => Add(3, local));
                Parallel.ForEach([1.0, 2], (y, _, k) => sums[k] += x * y);
                return sums.Sum();
            }
        );
    }

    private sealed class Never : Exception
    {
        public double V = 1;
    }

    private sealed class Node(Node? parent)
    {
        public Node? Parent = parent;
        public List<Node> Children = [];
        public object? Value = "text";
    }

    /// <summary>Each refers to the others, and the number comes last.</summary>
    private static Node Tree(int children)
    {
        var root = new Node(null);
        for (var k = 0; k < children; k++)
        {
            var child = new Node(root);
            child.Children.AddRange(Enumerable.Range(0, 10).Select(_ => new Node(child)));
            root.Children.Add(child);
        }
        root.Children[^1].Children[^1].Value = 2.0;
        return root;
    }

    private static SortedDictionary<double, double> Sorted(IComparer<double> comparer) => new(comparer) { [0] = 1, [1] = 2 };

    private static double Pressed(List<IMark> list)
    {
        foreach (var mark in list)
            mark.Press();
        return ((Mark)list[0]).V;
    }

    private static Func<double, double> Actions()
    {
        var total = 0.0;
        var list = new List<Action> { () => total += 1, () => total *= 2 };
        var named = new Dictionary<string, Action> { ["again"] = () => total *= 3 };
        return x =>
        {
            total = x;
            foreach (var action in list)
                action();
            named["again"]();
            return total;
        };
    }

    public static TheoryData<string> Names() => [.. Cases().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_captured_is_lifted_by_what_it_holds(string name)
    {
        // Each has state of its own: the plain function may change it.
        Func<double, double> Fresh() => Cases().Single(c => c.Name == name).F;
        double Plain(double x) => Fresh()(x);
        const double x = 1.5,
            h = 1e-3;
        double Odd(int k) => Plain(x + k * h) - Plain(x - k * h);
        var slope = (45 * Odd(1) - 9 * Odd(2) + Odd(3)) / (60 * h);
        Assert.Equal(Plain(x), Lift.Of(Fresh())(x).Value);
        Assert.Equal(slope, AD.Diff(Lift.Of(Fresh()))(x).Value, 1e-9);
        Assert.Equal(slope, AD.Grad(Lift.Of(Fresh()))(x).Value, 1e-9);
    }

    private sealed class Holder
    {
        public static int Freed;
        public double V = 2;

        ~Holder() => Freed++;
    }

    [Fact]
    public void Copies_are_not_finalized()
    {
        var holder = new Holder();
        CopyAndDrop(holder);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(0, Holder.Freed);
        GC.KeepAlive(holder);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CopyAndDrop(Holder holder) => Assert.Equal(2, Lift.Derivative(x => holder.V * x)(1));

    [Fact]
    public void Plain_objects_stay_as_they_are()
    {
        var s = 0.0;
        Action step = () => s += 1;
        Func<double, double> f = x =>
        {
            s = x;
            step();
            return s;
        };
        Assert.Equal(2.5, Lift.Of(f)(1.5).Value);
        Assert.Equal(0, s);
    }

    // ---- What code hides ----

    private static double Decimal(double x) => (double)((decimal)x * (decimal)x);

    public static TheoryData<string> Hiding() => [.. hiding.Select(c => c.Name)];

    private static readonly (string Name, Func<double, double> F)[] hiding =
    [
        (
            "catch all",
            x =>
            {
                try
                {
                    return Decimal(x);
                }
                catch
                {
                    return 0;
                }
            }
        ),
        (
            "catch Exception",
            x =>
            {
                try
                {
                    return Decimal(x);
                }
                catch (Exception error)
                {
                    return error.Message.Length;
                }
                finally
                {
                    x++;
                }
            }
        ),
        (
            "filter",
            x =>
            {
                try
                {
                    return Decimal(x);
                }
                catch (Exception error) when (error.Message.Length > 0)
                {
                    return 0;
                }
            }
        ),
        (
            "async",
            x =>
            {
                async Task<double> Slow()
                {
                    await Task.CompletedTask;
                    return Decimal(x);
                }
                var task = Slow();
                return task.IsFaulted ? 0 : task.Result;
            }
        ),
        (
            "a comparison in a sort",
            x =>
            {
                var list = new List<double> { x, 1, 2 };
                try
                {
                    list.Sort((a, b) => decimal.Compare((decimal)a, (decimal)b));
                }
                catch (InvalidOperationException)
                {
                    return x * x;
                }
                return list[0];
            }
        ),
        (
            "a call by reflection",
            x =>
            {
                Func<double, double> g = y => (double)(decimal)y;
                try
                {
                    return (double)g.DynamicInvoke(x)!;
                }
                catch (Exception)
                {
                    return x * x;
                }
            }
        ),
        ("boxed as convertible", x => (object)x is IConvertible c ? c.ToDouble(null) : 0),
        ("dynamic conversion by name", x => Convert.ToDouble(new Unknown().Hidden) * x),
    ];

    /// <summary>Refers to a number through a framework type that nothing looks into.</summary>
    private sealed class Unknown
    {
        public object Hidden = new WeakReference<object>(2.0);
    }

    [Theory]
    [MemberData(nameof(Hiding))]
    public void Refusals_pass_by_the_handlers_of_the_code(string name)
    {
        var f = hiding.Single(c => c.Name == name).F;
        if (name.StartsWith("dynamic", StringComparison.Ordinal))
            Assert.ThrowsAny<Exception>(() => Lift.Of(f)(1.5));
        else
        {
            static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
            Assert.IsType<LiftException>(Innermost(Assert.ThrowsAny<Exception>(() => AD.Diff(Lift.Of(f))(1.5))));
            Assert.IsType<LiftException>(Innermost(Assert.ThrowsAny<Exception>(() => AD.Grad(Lift.Of(f))(1.5))));
        }
    }

    [Fact]
    public void Exceptions_of_the_code_are_caught_as_they_were()
    {
        Func<double, double> f = x =>
        {
            var log = 0.0;
            try
            {
                try
                {
                    throw new InvalidOperationException("own");
                }
                catch (NotSupportedException)
                {
                    log += 100;
                }
                catch (InvalidOperationException error) when (error.Message == "own")
                {
                    log += x;
                    throw new ArgumentException("inner", error);
                }
                finally
                {
                    log *= 2;
                }
            }
            catch (Exception error)
            {
                log += error.InnerException is null ? 0 : x;
            }
            try
            {
                _ = Array.Empty<double>().Average();
            }
            catch (InvalidOperationException)
            {
                log += x;
            }
            return log;
        };
        Assert.Equal((f(1.5), 4), (Lift.Of(f)(1.5).Value, AD.Grad(Lift.Of(f))(1.5).Value));
    }

    [Fact]
    public void A_compiled_function_is_refused_as_well()
    {
        Func<double, double> f = x =>
        {
            try
            {
                return new Dictionary<double, double> { [x] = x * x }[x];
            }
            catch (Exception)
            {
                return -1;
            }
        };
        Assert.Equal(4, f(2));
        Assert.ThrowsAny<Exception>(() => AD.Compile(Lift.Of(f), 2.0).Invoke(2.0));
    }

    // ---- Gradients in the user's types ----

    public record Scene(double Scale, List<Shape> Shapes, SortedDictionary<string, double> Named, Dictionary<double, string> Marks);

    [Fact]
    public void Gradients_of_objects_are_those_of_each_thread()
    {
        var gradient = Lift.ValueAndGradient<Box>(b => (double)b.O! * (double)b.O);
        Parallel.For(
            0,
            200,
            k =>
                Assert.Equal(
                    (k * k, 2.0 * k),
                    gradient(new Box { O = (double)k }) is var (value, slope) ? (value, (double)slope.O!) : default
                )
        );
    }

    [Fact]
    public void Gradients_look_into_objects_as_well()
    {
        var scene = new Scene(
            3,
            [new Disc(2), new Bar(7), new Disc(3)],
            new()
            {
                ["b"] = 1,
                ["a"] = 2,
                ["c"] = 4,
            },
            new() { [0.5] = "half" }
        );
        var gradient = Lift.Gradient<Scene>(s =>
            s.Scale * s.Shapes.OfType<Disc>().Sum(d => d.R) * s.Named["a"] + s.Named["c"] + s.Marks.Count
        )(scene);
        Assert.Equal(10, gradient.Scale);
        Assert.Equal([new Disc(6), new Bar(0), new Disc(6)], gradient.Shapes);
        Assert.Equal([("a", 15.0), ("b", 0), ("c", 1)], gradient.Named.Select(p => (p.Key, p.Value)));
        Assert.Equal("half", gradient.Marks[0.5]);
        var box = Lift.Gradient<Box>(b => (double)b.O! * (double)b.O)(new Box { O = 3.0 });
        Assert.Equal(6.0, box.O);
        Assert.Equal([new Disc(4)], Lift.Gradient<List<Shape>>(l => ((Disc)l[0]).R * ((Disc)l[0]).R)([new Disc(2)]));
    }

    // ---- What cannot be captured says so ----

    public static TheoryData<string> Refused() => [.. refused.Select(c => c.Name)];

    private static readonly (string Name, Func<double, double> F)[] refused =
    [
        ("progress", Of(new Progress<double>(_ => { }), (p, x) => Report(p, x))),
        ("weak table", Of(new ConditionalWeakTable<object, double[]>(), (t, x) => t.TryGetValue(t, out var a) ? a[0] : x)),
        ("frozen", Of(new Dictionary<double, double> { [1] = 2 }.ToFrozenDictionary(), (d, x) => d[1] * x)),
        ("complex by generic math", x => System.Numerics.Complex.CreateChecked(x).Real),
        ("queryable", x => new[] { x, 2 }.AsQueryable().Sum()),
        ("a number as a random draw", x => new Fixed(x).NextDouble()),
        ("a lift within", x => Lift.Derivative(y => y * x)(x)),
        (
            "a parallel loop that ends",
            x =>
            {
                var sum = 0.0;
                Parallel.For(
                    0,
                    9,
                    (k, loop) =>
                    {
                        sum += k * x;
                        if (k == 3)
                            loop.Stop();
                    }
                );
                return sum;
            }
        ),
    ];

    private sealed class Fixed(double value) : Random
    {
        public override double NextDouble() => value;
    }

    private static double Report(IProgress<double> progress, double x)
    {
        progress.Report(x);
        return x;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_lifted_is_an_error_of_lifting(string name) =>
        Assert.Throws<LiftException>(() => AD.Diff(Lift.Of(refused.Single(c => c.Name == name).F))(1.5));

    [Fact]
    public void Rules_want_methods_and_delegate_types_of_numbers_want_Func()
    {
        Assert.Contains(
            "static method",
            Assert.Throws<ArgumentException>(() => new LiftOptions().Rule(x => x * x, (x, _) => 2 * x)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Use Func",
            Assert.Throws<ArgumentException>(() => Lift.As<Func<Real, Real>>((OfSpan)(x => x[0]))).Message,
            StringComparison.Ordinal
        );
    }

    private delegate double OfSpan(ReadOnlySpan<double> x);
}
