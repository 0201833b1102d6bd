using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FuncAD.Tests.Lifted;

/// <summary>Functions over double, each for a construct of the language; all are smooth near 0.7 and 1.3.</summary>
public static class LiftCases
{
    private static double counter;
    private static readonly double[] table = [1, 2, 3];

    public static IReadOnlyList<(string Name, Func<double, double> F)> All { get; } =
    [
        ("arithmetic", x => (x + 1) * (x - 2) / (x * x + 3) - -x),
        ("remainder", x => (5 * x) % 2.3),
        ("Math", x => Math.Sin(x) + Math.Exp(-x) * Math.Pow(x, 1.5) + Math.Atan2(x, 2) + Math.Max(x, 0.1) + Math.Clamp(x, -1, 10)),
        ("Math method group", Math.Tanh),
        ("clamp at its bounds", x => Math.Clamp(x, 0, 2) + Math.Atan2(Math.Clamp(x, 0.0, 2.0), -1)),
        (
            "vectors that are guarded",
            x =>
                (Vector128.IsHardwareAccelerated ? (Vector128.Create(x) * Vector128.Create(x))[1] : x * x)
                + (Vector256.IsHardwareAccelerated ? (Vector256.Create(x) + Vector256.Create(1.0))[3] : x + 1)
                + (Vector512.IsHardwareAccelerated ? (Vector512.Create(x) - Vector512.Create(1.0))[7] : x - 1)
        ),
        (
            "double's statics",
            x => double.Sin(x) + double.Hypot(x, 2) + double.RootN(x, 3) + double.Lerp(1, 2, x) + double.FusedMultiplyAdd(x, x, 1)
        ),
        ("double's tests", x => (double.IsNaN(x) ? 0 : x) + (double.IsPositive(x) ? x * x : 0) + (double.IsNormal(x) ? Math.Sqrt(x) : 0)),
        ("loop", Loop),
        ("while with breaks", WhileWithBreaks),
        ("switch on an integer", x => Switch(x, 0) + Switch(x, 1) + Switch(x, 2) + Switch(x, 7)),
        (
            "switch expression on numbers",
            x =>
                x switch
                {
                    < 0 => 1,
                    >= 0 and < 1 => x * x,
                    _ => x * x * x,
                }
        ),
        ("comparisons with NaN", x => (x < double.NaN ? 1 : 2) * x + (!(x >= double.NaN) ? x : 0)),
        (
            "arrays",
            x =>
            {
                double[] a = [1, 2, x];
                a[0] += x;
                Array.Reverse(a);
                return a[0] * a[1] * a[2] + a.Length;
            }
        ),
        ("jagged and rectangular arrays", JaggedAndRectangular),
        (
            "literals of arrays",
            x =>
            {
                var a = new double[] { 1, 2, 3, 4, 5, 6, 7, 8 };
                var m = new double[,]
                {
                    { 1, 2 },
                    { 3, 4 },
                };
                return a[3] * x + m[1, 0] * x * x;
            }
        ),
        ("ref and out", RefAndOut),
        ("ref returns and ref locals", RefReturns),
        ("spans", Spans),
        ("stackalloc", StackAlloc),
        ("stackalloc of integers", StackAllocInts),
        ("exceptions", Exceptions),
        ("filters and finally", Filters),
        ("an empty branch before a try", EmptyBranch),
        ("closures", Closures),
        ("local functions", LocalFunctions),
        ("recursion", x => Fibonacci(10, x)),
        (
            "iterators",
            x =>
            {
                var s = 0.0;
                foreach (var y in Powers(x, 5))
                    s += y;
                return s;
            }
        ),
        (
            "LINQ",
            x =>
                Enumerable.Range(1, 5).Select(k => x / k).Where(y => y > 0.01).Sum()
                + new[] { x, 2 * x }.Max()
                + new[] { x, 2 * x }.Average()
                + new List<double> { x, 3 }.Min()
        ),
        (
            "LINQ of objects",
            x =>
                new[] { new Point(x, 1), new Point(2, x) }.Sum(p => p.X * p.Y)
                + new[] { 3.0, x }.OrderBy(y => y).First()
                + Enumerable.Repeat(x, 3).Aggregate((a, b) => a * b)
        ),
        ("list, dictionary, queue", Collections),
        (
            "structs with operators",
            x =>
            {
                var v = new Vector(x, 1) + new Vector(2, x) * 3;
                v.Scale(x);
                return v.Dot(new Vector(1, x));
            }
        ),
        (
            "records",
            x =>
            {
                var p = new Person("a", x, null);
                var q = p with { Weight = 2 * x, Friend = p };
                return q.Weight * q.Friend!.Weight + (p == q ? 1 : 0);
            }
        ),
        (
            "record structs and tuples",
            x =>
            {
                var (a, b) = new Pair(x, x * x);
                var t = (First: a, Second: b);
                return t.First * t.Second;
            }
        ),
        ("record hierarchies", x => Area(new Circle(x)) + Area(new Square(x) { Scale = 2 }) + Area(new Circle(x) with { Radius = 2 * x })),
        (
            "virtual methods",
            x =>
            {
                Shape[] s = [new Circle(x), new Square(x)];
                return s.Sum(p => p.Size() + p.Twice());
            }
        ),
        ("covariant results", x => new Derived(x).Copy().Value + ((Base)new Derived(x)).Copy().Value * 3),
        (
            "interfaces",
            x =>
            {
                IFunction f = new Polynomial([1, 2, 3]);
                return f.At(x) + f.Twice(x) + ((IFunction)new Half()).At(x);
            }
        ),
        ("static abstract members", x => Sum<Metres>([new Metres(x), new Metres(2)]).Value * x),
        ("generic math", x => Norm<double>([x, 2, x * x]) + Horner(x, 1.0, 2.0, 3.0)),
        ("generics", x => new Box<double>(x).Map(y => y * y).Value + Swap((x, 2.0)).Item1),
        ("generic virtual methods", x => new Visitor().Visit(x, y => y * y) + ((AbstractVisitor)new Visitor()).Visit("a", _ => x)),
        (
            "new T()",
            x =>
            {
                var c = Make<Counter>();
                c.Add(x);
                c.Add(x * x);
                return c.Total;
            }
        ),
        (
            "nullable",
            x =>
            {
                double? y = x;
                double? z = null;
                return (y ?? 1) * (z ?? 2) + (y * 2 ?? 0) + y.GetValueOrDefault();
            }
        ),
        (
            "boxing",
            x =>
            {
                object o = x;
                return (double)o * (o is double d ? d : 0);
            }
        ),
        (
            "properties and indexers",
            x =>
            {
                var g = new Grid(3) { [1] = x };
                g[1] *= g[1];
                return g[1] + g.Sum;
            }
        ),
        ("events and multicast delegates", Multicast),
        (
            "delegates of any kind",
            x =>
            {
                Power p = Cube;
                Func<double, double> q = new Scaled(x).Apply;
                return p(x) + q(3);
            }
        ),
        (
            "delegates of structs' methods",
            x =>
            {
                Func<double, double> f = new Vector(x, 2).Times;
                return f(x);
            }
        ),
        (
            "static fields",
            x =>
            {
                counter += x;
                var s = counter * 2;
                counter = 0;
                return s + Constants.Third * x + table[1] * x;
            }
        ),
        ("static constructors", x => Lazy.Value * x + x),
        (
            "Parallel.For",
            x =>
            {
                var a = new double[8];
                Parallel.For(0, 8, k => a[k] = x * k);
                return a.Sum();
            }
        ),
        (
            "Parallel.For behind a helper",
            x =>
            {
                var a = new double[8];
                Each(8, k => a[k] = x * k);
                return a.Sum();
            }
        ),
        ("async that does not suspend", x => Later(x).GetAwaiter().GetResult()),
        ("lazy", x => new Lazy<double>(() => x * x).Value),
        ("Complex", x => (Complex.Exp(new Complex(0, x)) * new Complex(1, x)).Real + Complex.Abs(new Complex(x, 2))),
        (
            "dynamic",
            x =>
            {
                dynamic d = x!;
                return (double)(d * d + 1);
            }
        ),
        (
            "text for output",
            x =>
            {
                var s = $"{x:F3} and {x}";
                return x * (s.Length > 0 ? 2 : 1) + string.Format("{0}", x).Length * 0;
            }
        ),
        (
            "integers from numbers",
            x =>
            {
                double[] t = [1, 3, 4, 9];
                var k = (int)(2 * x);
                var u = 2 * x - k;
                return t[k] * (1 - u) + t[k + 1] * u;
            }
        ),
        ("goto and nested loops", Goto),
        (
            "inline arrays",
            x =>
            {
                var b = new Buffer3();
                b[0] = x;
                b[1] = 2 * x;
                b[2] = 1;
                var s = 0.0;
                foreach (var y in b)
                    s += y * y;
                return s;
            }
        ),
        (
            "collection expressions",
            x =>
            {
                List<double> a = [x, .. new[] { 1.0, x }];
                ReadOnlySpan<double> c = [1.0, 2.0, 4.0];
                return a.Sum() + c[2] * x;
            }
        ),
        ("pattern matching", x => Describe(new Circle(x)) + Describe(new Square(x))),
        (
            "yield with try",
            x =>
            {
                var s = 1.0;
                foreach (var y in Guarded(x))
                    s *= y;
                return s;
            }
        ),
        (
            "checked and unsigned",
            x =>
            {
                uint n = 3;
                ulong m = 4;
                checked
                {
                    return x * n + x / m + (byte)200 * x;
                }
            }
        ),
        (
            "ConcurrentDictionary",
            x =>
            {
                var d = new ConcurrentDictionary<int, double>();
                d.GetOrAdd(1, _ => x);
                return d.AddOrUpdate(1, 0, (_, y) => y * y);
            }
        ),
        (
            "linked nodes",
            x =>
            {
                var n = new Node(x, new Node(2 * x, null));
                var s = 0.0;
                for (var m = n; m is not null; m = m.Next)
                    s += m.Value * m.Value;
                return s;
            }
        ),
        (
            "StringBuilder",
            x =>
            {
                var b = new System.Text.StringBuilder();
                b.Append(x).Append(' ').Append(2.0);
                return x + b.Length * 0;
            }
        ),
        (
            "sorting",
            x =>
            {
                double[] a = [3, x, 2, 5 * x];
                Array.Sort(a);
                var l = new List<double> { 4, x };
                l.Sort((p, q) => q.CompareTo(p));
                return a[0] * a[3] + l[0] * l[1];
            }
        ),
        (
            "PriorityQueue",
            x =>
            {
                var q = new PriorityQueue<double, double>();
                q.Enqueue(x, 2);
                q.Enqueue(x * x, 1);
                return q.Dequeue() + 2 * q.Dequeue();
            }
        ),
    ];

    private static double Loop(double x)
    {
        var y = 1.0;
        for (var k = 1; k <= 20; k++)
            y = y / 2 + Math.Sin(x * k) / k;
        return y;
    }

    private static double WhileWithBreaks(double x)
    {
        var s = 0.0;
        var term = x;
        var n = 1;
        while (true)
        {
            s += term;
            term *= -x * x / ((n + 1) * (n + 2));
            n += 2;
            if (n == 5)
                continue;
            if (Math.Abs(term) < 1e-18)
                break;
        }
        return s;
    }

    private static double Switch(double x, int k)
    {
        switch (k)
        {
            case 0:
                return x;
            case 1:
                x *= x;
                goto case 2;
            case 2:
                return x + 1;
            default:
                return 0;
        }
    }

    private static double JaggedAndRectangular(double x)
    {
        var jagged = new double[3][];
        var matrix = new double[2, 3];
        var cube = new double[2, 2, 2];
        for (var i = 0; i < 3; i++)
            jagged[i] = [x, x * i];
        for (var i = 0; i < 2; i++)
        for (var j = 0; j < 3; j++)
            matrix[i, j] = x * (i + 1) + j;
        cube[1, 0, 1] = x;
        cube[1, 0, 1] *= x;
        return jagged[2][1] * matrix[1, 2] + cube[1, 0, 1] + matrix.GetLength(1);
    }

    private static bool Halve(double x, out double half)
    {
        half = x / 2;
        return x > 0;
    }

    private static void Double(ref double x) => x *= 2;

    private static double RefAndOut(double x)
    {
        Double(ref x);
        var a = new[] { x, 1.0 };
        Double(ref a[1]);
        return Halve(x, out var y) ? y * a[1] : 0;
    }

    private static ref double Largest(double[] a)
    {
        ref var best = ref a[0];
        for (var k = 1; k < a.Length; k++)
            if (a[k] > best)
                best = ref a[k];
        return ref best;
    }

    private static double RefReturns(double x)
    {
        double[] a = [x, 5 * x, 1];
        Largest(a) = x * x;
        Largest(a) += 1;
        return a[0] + 2 * a[1] + 3 * a[2];
    }

    private static double Spans(double x)
    {
        double[] a = [1, x, 3, x];
        var s = a.AsSpan(1, 3);
        s[0] *= s[2];
        s[1..].Reverse();
        var sum = 0.0;
        foreach (ref readonly var y in s)
            sum += y * y;
        return sum + a[1] + MemoryExtensions.IndexOf(s, 3.0) * x;
    }

    private static double StackAlloc(double x)
    {
        Span<double> a = stackalloc double[4];
        for (var k = 0; k < a.Length; k++)
            a[k] = x * k;
        return a[3] * a[1] + a[0];
    }

    private static double StackAllocInts(double x)
    {
        Span<int> a = stackalloc int[4];
        for (var k = 0; k < a.Length; k++)
            a[k] = k;
        return x * a[3];
    }

    private static double Exceptions(double x)
    {
        try
        {
            if (x > -5)
                throw new ArgumentException("no");
            return x;
        }
        catch (ArgumentException)
        {
            return x * x;
        }
    }

    private static double EmptyBranch(double x)
    {
        if (x * x > 3 * x) { }
        try
        {
            if (x < 0)
                throw new InvalidOperationException();
            x *= x;
        }
        catch (InvalidOperationException)
        {
            x = 1;
        }
        finally
        {
            x += 1;
        }
        return x;
    }

    private static double Filters(double x)
    {
        var y = x;
        try
        {
            try
            {
                y *= 2;
                throw new InvalidOperationException("x");
            }
            catch (InvalidOperationException e) when (e.Message.Length == 1 && y > -100)
            {
                y *= x;
            }
            finally
            {
                y += x;
            }
        }
        catch
        {
            return 0;
        }
        finally
        {
            y *= 2;
        }
        return y;
    }

    private static double Closures(double x)
    {
        var sum = 0.0;
        var scale = 2.0;
        Action<double> add = y => sum += y * scale;
        add(x);
        scale = x;
        add(x);
        Func<double, Func<double, double>> curried = a => b => a * b + x;
        return sum + curried(x)(3);
    }

    private static double LocalFunctions(double x)
    {
        var total = x;
        double Inner(int n) => n == 0 ? total : x * Inner(n - 1);
        void Add(double y) => total += y;
        Add(x * x);
        static double Square(double y) => y * y;
        return Inner(3) + Square(x);
    }

    private static double Fibonacci(int n, double x) => n < 2 ? x : Fibonacci(n - 1, x) + Fibonacci(n - 2, x * x * 0.5);

    private static IEnumerable<double> Powers(double x, int n)
    {
        var y = 1.0;
        for (var k = 0; k < n; k++)
        {
            y *= x;
            yield return y;
        }
    }

    private static IEnumerable<double> Guarded(double x)
    {
        try
        {
            yield return x;
            yield return x + 1;
        }
        finally
        {
            GC.KeepAlive(x);
        }
    }

    private static double Collections(double x)
    {
        var list = new List<double> { x, 2 };
        list.Add(x * x);
        list.Insert(0, 3);
        var names = new Dictionary<string, double> { ["a"] = x };
        names["b"] = names["a"] * x;
        names["a"] += 1;
        var queue = new Queue<double>(list);
        var stack = new Stack<double>();
        while (queue.TryDequeue(out var y))
            stack.Push(y * (names.TryGetValue("b", out var b) ? b : 0));
        var set = new HashSet<double> { 1, x, x };
        return stack.Pop() + stack.Sum() + set.Count * x + names.Values.Sum() + list.ConvertAll(y => y * y)[1];
    }

    private static double Multicast(double x)
    {
        var s = 0.0;
        Action<double> a = y => s += y;
        a += y => s += y * y;
        a(x);
        return s;
    }

    private static async Task<double> Later(double x)
    {
        var y = await Task.FromResult(x * 2);
        await Task.CompletedTask;
        return y * await Inner(x);
    }

    private static async ValueTask<double> Inner(double x)
    {
        await Task.CompletedTask;
        return x * x;
    }

    private static void Each(int n, Action<int> body) => Parallel.For(0, n, body);

    private static double Goto(double x)
    {
        var s = 0.0;
        for (var i = 0; i < 10; i++)
        for (var j = 0; j < 10; j++)
        {
            if (i * j == 12)
                goto done;
            s += x * i + j;
        }
        done:
        return s;
    }

    private static double Area(Shape shape) =>
        shape switch
        {
            Circle { Radius: var r } => Math.PI * r * r,
            Square s => s.Side * s.Side * s.Scale,
            _ => 0,
        };

    private static double Describe(object o) =>
        o is Circle { Radius: > 0 and var r } ? r
        : o is Square { Side: var s } ? 2 * s
        : 0;

    private static T Sum<T>(T[] xs)
        where T : IAddable<T>
    {
        var sum = T.Zero;
        foreach (var x in xs)
            sum = T.Add(sum, x);
        return sum;
    }

    private static T Norm<T>(T[] xs)
        where T : IRootFunctions<T>
    {
        var sum = T.Zero;
        foreach (var x in xs)
            sum += x * x;
        return T.Sqrt(sum) / T.CreateChecked(2);
    }

    private static T Horner<T>(T x, params T[] c)
        where T : INumber<T>
    {
        var y = T.Zero;
        for (var k = c.Length - 1; k >= 0; k--)
            y = y * x + c[k];
        return T.Max(y, T.One);
    }

    private static (B, A) Swap<A, B>((A, B) pair) => (pair.Item2, pair.Item1);

    private static T Make<T>()
        where T : new() => new();

    private static double Cube(double x) => x * x * x;

    private delegate double Power(double x);

    private sealed class Scaled(double factor)
    {
        public double Apply(double x) => factor * x;
    }

    private readonly record struct Point(double X, double Y);

    private struct Vector(double x, double y)
    {
        public double X = x,
            Y = y;

        public static Vector operator +(Vector a, Vector b) => new(a.X + b.X, a.Y + b.Y);

        public static Vector operator *(Vector a, double c) => new(a.X * c, a.Y * c);

        public readonly double Dot(Vector other) => X * other.X + Y * other.Y;

        public void Scale(double c) => (X, Y) = (X * c, Y * c);

        public readonly double Times(double c) => X * Y * c;
    }

    private sealed record Person(string Name, double Weight, Person? Friend);

    private readonly record struct Pair(double A, double B);

    private abstract record Shape(string Name)
    {
        public abstract double Size();

        public virtual double Twice() => 2 * Size();
    }

    private sealed record Circle(double Radius) : Shape("circle")
    {
        public override double Size() => Radius * Radius * 3;
    }

    private sealed record Square(double Side) : Shape("square")
    {
        public double Scale { get; init; } = 1;

        public override double Size() => Side * Side;

        public override double Twice() => base.Twice() + Side;
    }

    private class Base(double value)
    {
        public double Value { get; } = value;

        public virtual Base Copy() => new(Value);
    }

    private sealed class Derived(double value) : Base(value)
    {
        public override Derived Copy() => new(2 * Value);
    }

    private interface IFunction
    {
        double At(double x);

        double Twice(double x) => 2 * At(x);
    }

    private sealed class Polynomial(double[] coefficients) : IFunction
    {
        double IFunction.At(double x) => coefficients.Reverse().Aggregate(0.0, (y, c) => y * x + c);
    }

    private struct Half : IFunction
    {
        public readonly double At(double x) => x / 2;
    }

    private interface IAddable<T>
        where T : IAddable<T>
    {
        static abstract T Zero { get; }
        static abstract T Add(T a, T b);
    }

    private readonly struct Metres(double value) : IAddable<Metres>
    {
        public double Value { get; } = value;

        public static Metres Zero => new(0);

        public static Metres Add(Metres a, Metres b) => new(a.Value + b.Value);
    }

    private sealed class Box<T>(T value)
    {
        public T Value { get; } = value;

        public Box<U> Map<U>(Func<T, U> f) => new(f(Value));
    }

    private abstract class AbstractVisitor
    {
        public abstract R Visit<A, R>(A a, Func<A, R> f);
    }

    private sealed class Visitor : AbstractVisitor
    {
        public override R Visit<A, R>(A a, Func<A, R> f) => f(a);
    }

    private sealed class Counter
    {
        public double Total = 1;

        public void Add(double x) => Total += x;
    }

    private sealed class Grid(int n)
    {
        private readonly double[] cells = new double[n];

        public double this[int k]
        {
            get => cells[k];
            set => cells[k] = value;
        }

        public double Sum => cells.Sum();
    }

    private static class Constants
    {
        public const double Third = 1.0 / 3;
    }

    private static class Lazy
    {
        public static readonly double Value = Math.Sqrt(2);
    }

    private sealed record Node(double Value, Node? Next);

    [InlineArray(3)]
    private struct Buffer3
    {
        private double first;
    }
}
