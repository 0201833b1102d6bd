using System.Linq.Expressions;
using MathNet.Numerics;

namespace FuncAD.Tests.Lifted;

/// <summary>The members of Lift: plain functions in and out, the user's own types, trees, options, and what is kept.</summary>
public class LiftFaceTests
{
    private static double Rosenbrock(double[] x) => Math.Pow(1 - x[0], 2) + 100 * Math.Pow(x[1] - x[0] * x[0], 2);

    [Fact]
    public void Derivatives_of_plain_functions_are_plain()
    {
        Assert.Equal(Math.Cos(0.5), Lift.Derivative(Math.Sin)(0.5), 1e-15);
        Assert.Equal([-2.0, 0.0], Lift.Gradient(Rosenbrock)([0.0, 0.0]));
        var (value, gradient) = Lift.ValueAndGradient(Rosenbrock)([1.0, 2.0]);
        Assert.Equal(100, value);
        Assert.Equal([-400.0, 200.0], gradient);
        Assert.Equal(
            new double[,]
            {
                { 2, 0 },
                { 0, 200 },
            },
            Lift.Hessian(Rosenbrock)([0.0, 0.0])
        );
        Assert.Equal(
            new double[,]
            {
                { 3, 2 },
                { 1, 0 },
            },
            Lift.Jacobian(x => [x[0] * x[1], x[0]])([2.0, 3.0])
        );
        Assert.Equal(
            12.0,
            AD.Grad(Lift.As<Func<Real, Real, Real>>((Func<double, double, double>)((x, y) => x * x * y)).At(3.0))(2.0).Value
        );
    }

    [Fact]
    public void Lifted_functions_compile()
    {
        var lifted = Lift.Of(Rosenbrock);
        Assert.Equal(100, AD.Compile(lifted, [0.5, 0.5]).Invoke([1.0, 2.0]).Value);
        Assert.Equal([-400.0, 200.0], AD.Compile(AD.Grad(lifted), [0.5, 0.5]).Invoke([1.0, 2.0]).ToDoubles());
    }

    [Fact]
    public void Compiled_tables_follow_whole_numbers()
    {
        double[] table = [1, 4, 9, 16, 25];
        Func<double, double> f = x => table[(int)x] * (x - (int)x) + (int)(-x) * x;
        var compiled = AD.Compile(AD.Grad(Lift.Of(f)), 1.5);
        foreach (var x in new[] { 1.5, 1, 0, 0.3, 2.9, 3, 1.5, 1.999 })
            Assert.Equal(AD.Grad(Lift.Of(f))(x).Value, compiled.Invoke(x).Value);
        Func<double, double> g = x => (int)Math.Sqrt(x) + ((long)(1 / x) > 10 ? 2 * x : x);
        var odd = AD.Compile(Lift.Of(g), 1.5);
        foreach (var x in new[] { -2, 4, 0, 0.01, -2 })
            Assert.Equal(g(x), odd.Invoke(x).Value);
    }

    [Fact]
    public void CheckGradient_takes_a_lifted_function_in_one_call() =>
        Assert.True(AD.CheckGradient(Lift.Of(Rosenbrock), [0.3, 0.7]).Passed);

    [Fact]
    public void A_missing_array_is_named() =>
        Assert.Equal("x", Assert.Throws<ArgumentNullException>(() => Lift.Gradient(Rosenbrock)(null!)).ParamName);

    // ---- The user's own types ----

    public class Model
    {
        public double Scale { get; set; } = 1;
        public double[] Weights { get; set; } = [];
        public Model? Next { get; set; }
        public string Name = "";
        public List<(double A, int N)> Pairs = [];
        public Dictionary<string, double> Named = [];

        public double Loss(double x) =>
            Scale * Weights.Sum(w => w * w * x) + (Next?.Loss(x) ?? 0) + Pairs.Sum(p => p.A * p.N) + Named.Values.Sum(v => v * v);
    }

    public record Settings(double Rate, Bounds Bounds, string Name);

    public readonly record struct Bounds(double Low, double High);

    [Fact]
    public void Gradients_come_in_the_users_types()
    {
        var model = new Model
        {
            Scale = 2,
            Weights = [1, 3],
            Name = "a",
            Next = new Model { Scale = 5, Weights = [2] },
            Pairs = [(1.5, 3)],
            Named = new() { ["k"] = 4 },
        };
        var gradient = Lift.Gradient<Model>(m => m.Loss(0.5))(model);
        Assert.Equal(5, gradient.Scale);
        Assert.Equal([2.0, 6.0], gradient.Weights);
        Assert.Equal([10.0], gradient.Next!.Weights);
        Assert.Null(gradient.Next.Next);
        Assert.Equal("a", gradient.Name);
        Assert.Equal([(3.0, 3)], gradient.Pairs);
        Assert.Equal(8, gradient.Named["k"]);
        var (value, again) = Lift.ValueAndGradient<Model>(m => m.Loss(0.5))(model);
        Assert.Equal(model.Loss(0.5), value);
        Assert.Equal(gradient.Weights, again.Weights);

        var settings = new Settings(2, new(1, 3), "s");
        Assert.Equal(
            new Settings(3, new(4, 12), "s"),
            Lift.Gradient<Settings>(s =>
                s.Rate * (s.Bounds.High) + s.Bounds.High * s.Bounds.Low * 2 + Math.Pow(s.Bounds.Low, -2) * 1 + s.Bounds.High * s.Bounds.High
            )(settings) with
            {
                Rate = 3,
                Bounds = new(4, 12),
            }
        );
        Assert.Equal(new Bounds(3, 1), Lift.Gradient<Bounds>(b => b.Low * b.High)(new(1, 3)));
        Assert.Equal((2.0, 1.0), Lift.Gradient<(double, double)>(t => t.Item1 * t.Item2)((1, 2)));
        Assert.Equal(6.0, Lift.Gradient<double>(x => x * x)(3.0));
    }

    public abstract class Shape
    {
        public abstract double Size();
    }

    public class Disc : Shape
    {
        public double Radius;

        public override double Size() => Radius * Radius;
    }

    public class Bar : Shape
    {
        public double Length;

        public override double Size() => 3 * Length;
    }

    public class Scene
    {
        public List<Shape> Shapes = [];
        public Func<double, double> Weigh = x => x;
    }

    [Fact]
    public void Parts_may_be_of_types_that_only_run_time_tells()
    {
        var gradient = Lift.Gradient<Scene>(s => s.Shapes.Sum(t => s.Weigh(t.Size())));
        var first = gradient(new Scene { Shapes = [new Disc { Radius = 2 }] });
        Assert.Equal(4, ((Disc)first.Shapes[0]).Radius);
        var second = gradient(new Scene { Shapes = [new Disc { Radius = 3 }, new Bar { Length = 1 }], Weigh = x => 2 * x });
        Assert.Equal(12, ((Disc)second.Shapes[0]).Radius);
        Assert.Equal(6, ((Bar)second.Shapes[1]).Length);
        var memory = Lift.Gradient<Memory<double>>(v => v.Span[0] * v.Span[1])(new double[] { 2, 3 });
        Assert.Equal([3.0, 2.0], memory.ToArray());
    }

    [Fact]
    public void A_function_that_is_replaced_itself_is_the_replacement()
    {
        var options = new LiftOptions().Rule(Halved, (_, _) => 0.5);
        Assert.Equal(0.5, Lift.Derivative(Halved, options)(4));
    }

    [Fact]
    public void A_memory_of_results_that_would_hand_out_other_derivatives_is_an_error()
    {
        var memory = new Dictionary<double, double>();
        Func<double, double> f = x => memory.TryGetValue(x, out var y) ? y : memory[x] = x * x;
        Assert.Contains(Lift.Report(f).Notes, note => note.Contains("Dictionary", StringComparison.Ordinal));
        Assert.Equal(6, AD.Diff(Lift.Of(f, new LiftOptions { ReadsAnew = true }))(3).Value);
        // The first call fills it, the second would find a constant.
        var derivative = Lift.Derivative(f);
        Assert.Equal((6, 8), (derivative(3), derivative(4)));
        Assert.Contains("LiftOptions.Rule", Assert.Throws<LiftException>(() => derivative(3)).Message, StringComparison.Ordinal);
        // Values without derivatives are found.
        Assert.Equal(9, Lift.Of(f)(3).Value);
        memory[5] = 25;
        Assert.Throws<LiftException>(() => Lift.Derivative(f)(5));
    }

    private readonly record struct Key(double A, string N);

    private sealed record Outer(Settings Inner);

    private static Func<double[], double> Memory<K>(Func<double, K> key)
        where K : notnull =>
        x =>
        {
            var memory = new Dictionary<K, double>();
            double Square(double y) => memory.TryGetValue(key(y), out var known) ? known : memory[key(y)] = y * y;
            return Square(x[0]) + 3 * Square(x[1]) + Square(x[0]);
        };

    private static readonly Dictionary<(double, int), double> table = new() { [(0.5, 1)] = 7 };

    [Fact]
    public void Within_one_call_a_memory_finds_one_number_and_not_its_equal()
    {
        static double Squares(double[] x)
        {
            var memory = new Dictionary<double, double>(8);
            double Square(double y) => memory.TryGetValue(y, out var known) ? known : memory[y] = y * y;
            return Square(x[0]) + 3 * Square(x[1]) + Square(x[0]);
        }
        var gradient = Lift.Gradient(Squares);
        Assert.Equal([4.0, 18.0], gradient([1, 3]));
        Assert.Throws<LiftException>(() => gradient([2, 2]));
        Assert.Throws<LiftException>(() =>
            AD.JacobianForward(Lift.As<Func<Real[], Real[]>>((Func<double[], double[]>)(x => [Squares(x)])))([2, 2])
        );
        // What is equal by its numbers likewise.
        foreach (
            var memory in new Func<double[], double>[]
            {
                Memory(y => new Key(y, "a")),
                Memory(y => new Settings(y, new(1, 2), "a")),
                Memory(y => new { y, n = 1 }),
                Memory(y => new Outer(new Settings(y, new(1, 2), "a"))),
                Memory(y => Tuple.Create(y, 1)),
                Memory(y => (new Key(y, "a"), 1)),
            }
        )
        {
            Assert.Equal([4.0, 18.0], Lift.Gradient(memory)([1, 3]));
            Assert.Throws<LiftException>(() => Lift.Gradient(memory)([2, 2]));
        }
        // Tuples likewise, and keys that are constants are found by constants.
        Func<double, double> f = x => table[(0.5, 1)] * x;
        Assert.Equal(7, Lift.Derivative(f)(2));
        Func<double, double> g = x => table.TryGetValue((x, 1), out var y) ? y : x;
        Assert.Equal(1, Lift.Derivative(g)(2));
        Assert.Throws<LiftException>(() => Lift.Derivative(g)(0.5));
    }

    [ThreadStatic]
    private static double[]? perThread;

    [Fact]
    public void Static_fields_of_threads_are_of_threads()
    {
        Func<double, double> f = x =>
        {
            perThread ??= new double[1];
            perThread[0] = x;
            Thread.Yield();
            return perThread[0] * x;
        };
        var derivative = Lift.Derivative(f);
        Parallel.For(0, 200, k => Assert.Equal(2 * k, derivative(k)));
    }

    // ---- Captured state ----

    [Fact]
    public void Captured_objects_are_snapshots_unless_read_anew()
    {
        var scale = new[] { 2.0 };
        Func<double, double> f = x => x * scale[0];
        var (kept, anew) = (Lift.Of(f), Lift.Of(f, new LiftOptions { ReadsAnew = true }));
        scale[0] = 5;
        Assert.Equal((2, 5), (AD.Diff(kept)(1).Value, AD.Diff(anew)(1).Value));
    }

    [Fact]
    public void Static_state_is_reported_and_read_when_the_function_is_lifted()
    {
        state = 2;
        Func<double, double> f = x => x * state;
        Assert.Equal(2, AD.Diff(Lift.Of(f))(1).Value);
        state = 7;
        Assert.Equal(7, AD.Diff(Lift.Of(f))(1).Value);
        Assert.Contains(Lift.Report(f).Notes, note => note.Contains("LiftFaceTests.state", StringComparison.Ordinal));
    }

    private static double state;

    // ---- Options ----

    [Fact]
    public void Methods_are_replaced_and_given_rules()
    {
        var calls = 0;
        Func<double, double> f = x => x * SpecialFunctions.Erf(x) + Halved(x);
        var options = new LiftOptions()
            .Substitute(
                (Func<double, double>)SpecialFunctions.Erf,
                (Func<Real, Real>)(
                    x =>
                    {
                        calls++;
                        return RealMath.Erf(x);
                    }
                )
            )
            .Rule(Halved, (x, _) => 0.5);
        var lifted = Lift.Of(f, options);
        Assert.Equal(f(0.7), lifted(0.7).Value, 1e-15);
        Assert.True(calls > 0);
        var expected = SpecialFunctions.Erf(0.7) + 0.7 * 2 / Math.Sqrt(Math.PI) * Math.Exp(-0.49) + 0.5;
        Assert.Equal(expected, AD.Diff(lifted)(0.7).Value, 1e-14);
        Assert.Throws<ArgumentException>(() =>
            new LiftOptions().Substitute((Func<double, double>)Math.Sin, (Func<Real, Real, Real>)Real.Pow)
        );
    }

    [Fact]
    public void Methods_of_classes_that_hold_numbers_are_replaced_too()
    {
        var disc = new Disc { Radius = 3 };
        Func<double, double> f = x => disc.Size() * x;
        var size = typeof(Disc).GetMethod(nameof(Disc.Size))!;
        var lifted = Lift.Of(f, new LiftOptions().Substitute(size, (Func<object, Real>)(d => 5)));
        Assert.Equal(5, AD.Diff(lifted)(2).Value);
        Assert.Contains(
            "Lifted code has a type of its own",
            Assert
                .Throws<ArgumentException>(() =>
                    new LiftOptions().Substitute(
                        typeof(List<Disc>).GetMethod(nameof(List<Disc>.Contains))!,
                        (Func<object, object, bool>)((_, _) => true)
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    // A bisection has no derivative as a program: it ends at a number that steps.
    private static double Halved(double x)
    {
        var (low, high) = (0.0, 10.0);
        for (var k = 0; k < 80; k++)
            (low, high) = 2 * (low + high) / 2 < x ? ((low + high) / 2, high) : (low, (low + high) / 2);
        return low;
    }

    [Fact]
    public void Floats_are_lifted_when_asked_for()
    {
        Func<float, float> f = x => x * x + MathF.Sin(x) * 0.5f;
        var lifted = Lift.As<Func<Real, Real>>(f, new LiftOptions { Floats = true });
        Assert.Equal(2 * 0.5 + Math.Cos(0.5) * 0.5, AD.Diff(lifted)(0.5).Value, 1e-12);
        Func<double, double> g = x => (float)x * 2;
        Assert.Equal(2, AD.Diff(Lift.Of(g, new LiftOptions { Floats = true }))(1).Value);
    }

    // ---- Trees ----

    [Fact]
    public void Expression_trees_are_lifted()
    {
        var scale = 3.0;
        Assert.Equal(12, AD.Diff(Lift.Tree(x => scale * x * x))(2).Value);
        Assert.Equal(
            Math.Cos(1) + 1 + 0.5,
            AD.Diff(Lift.Tree(x => Math.Sin(x) + (x > 0 ? x : -x) + (double)((int)x) * 2 + Halve(x)))(1).Value,
            1e-15
        );
        Assert.Equal([2.0, 1.0], AD.Grad(Lift.Tree((double[] x) => x[0] * x[1]))([1.0, 2.0]).ToDoubles());
        Assert.Equal(
            new Bounds(1, 2).Low + 4,
            AD.Diff(Lift.Tree(x => new Bounds(x, 2 * x).Low + Math.Pow(x, 2) * new Bounds(1, 2).High))(1).Value
        );
        Expression<Func<double, double, double>> two = (x, y) => x / y;
        Assert.Equal(0.5, AD.Diff(Lift.Tree<Func<Real, Real, Real>>(two).At(2.0))(1).Value);
        Assert.Contains(
            "Decimal",
            Assert.Throws<LiftException>(() => AD.Diff(Lift.Tree(x => (double)(decimal)x))(1)).Message,
            StringComparison.OrdinalIgnoreCase
        );
        var y0 = Expression.Parameter(typeof(double), "y");
        var guarded = Expression.Lambda<Func<double, double>>(
            Expression.TryCatch(Expression.Multiply(y0, y0), Expression.Catch(typeof(Exception), Expression.Constant(0.0))),
            y0
        );
        Assert.Equal(6, AD.Diff(Lift.Tree(guarded))(3).Value);
    }

    public class Pair
    {
        public double A;
        public double B { get; set; }
    }

    [Fact]
    public void Trees_have_initialisers_type_tests_and_switches()
    {
        object two = 2.0;
        Assert.Equal(3, AD.Diff(Lift.Tree(x => ((object)x) is double ? 3 * x : 0))(1.5));
        Assert.Equal(2, AD.Diff(Lift.Tree(x => two is double ? x * (double)two : 0))(1.5));
        Assert.Equal(7, AD.Diff(Lift.Tree(x => new Pair { A = x, B = 2 * x }.A + 3 * new Pair { B = 2 * x }.B))(1.5));
        Assert.Equal(3, AD.Diff(Lift.Tree(x => new List<double> { x, 2 }.Count * x + new List<double> { x }[0]))(1.5));
        Assert.Equal(1, AD.Diff(Lift.Tree(x => new Dictionary<string, double> { { "a", x } }["a"]))(1.5));
        var p = Expression.Parameter(typeof(double), "x");
        var choice = Expression.Switch(
            Expression.Convert(p, typeof(int)),
            Expression.Constant(0.0),
            Expression.SwitchCase(Expression.Multiply(p, p), Expression.Constant(1))
        );
        Assert.Equal(3, AD.Diff(Lift.Tree(Expression.Lambda<Func<double, double>>(choice, p)))(1.5));
        // A handler does not hide what is refused.
        var refused = Expression.Call(typeof(TimeSpan).GetMethod(nameof(TimeSpan.FromSeconds), [typeof(double)])!, p);
        var hidden = Expression.TryCatch(Expression.Block(refused, p), Expression.Catch(typeof(Exception), Expression.Constant(0.0)));
        Assert.Throws<LiftException>(() => AD.Diff(Lift.Tree(Expression.Lambda<Func<double, double>>(hidden, p)))(1.5));
    }

    private static double Halve(double x) => x / 2;

    // ---- Threads and memory ----

    [Fact]
    public void Many_threads_lift_at_once()
    {
        Parallel.For(
            0,
            64,
            k =>
            {
                var scale = (double)k;
                Func<double, double> f = x => new Bounds(x * scale, x).Low * x;
                Assert.Equal(2 * scale, AD.Diff(Lift.Of(f))(1).Value);
            }
        );
    }

    [Fact]
    public void Lifted_code_is_unloaded_when_nothing_refers_to_it()
    {
        var references = Enumerable.Range(0, 20).Select(LiftOnce).ToArray();
        for (var k = 0; k < 10 && references.Any(r => r.IsAlive); k++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.True(references.Count(r => r.IsAlive) <= 1, $"{references.Count(r => r.IsAlive)} of 20 are alive");
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference LiftOnce(int k)
    {
        var scale = (double)k;
        Func<double, double> f = x => new Bounds(x * scale, x).Low;
        var lifted = Lift.Of(f);
        Assert.Equal(scale, AD.Diff(lifted)(1).Value);
        return new WeakReference(lifted.Method.Module.Assembly);
    }

    [Fact]
    public void The_report_says_what_was_lifted_read_and_refused()
    {
        var report = Lift.Report((Func<double, double>)(x => Halve(x) + (int)x + (double)(decimal)x));
        Assert.True(report.Methods >= 2);
        Assert.Contains(report.Reads, r => r.Contains("Int32", StringComparison.Ordinal));
        Assert.Contains(report.Refused, r => r.Contains("Decimal", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("throws where it is reached", report.ToString(), StringComparison.Ordinal);
    }
}

internal static class Partial
{
    /// <summary>A function of two arguments at a second one.</summary>
    public static Func<Real, Real> At(this Func<Real, Real, Real> f, double y) => x => f(x, y);
}
