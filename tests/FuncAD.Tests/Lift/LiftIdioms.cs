using System.Collections.Immutable;

namespace FuncAD.Tests.Lifted;

/// <summary>More functions over double, by what people call: collections, LINQ, text, time, framework types, small programs.</summary>
public static class LiftIdioms
{
    public static IReadOnlyList<(string Name, Func<double, double> F)> All { get; } =
    [
        (
            "lock",
            x =>
            {
                var o = new object();
                lock (o)
                    return x * x;
            }
        ),
        (
            "using",
            x =>
            {
                using var r = new Res(x);
                return r.V * x;
            }
        ),
        ("lazy memo", x => Memo.Fib(12, x)),
        (
            "zip groupby",
            x => new[] { x, 2, 3 * x }.Zip(new[] { 1, 2, 3 }, (a, b) => a * b).GroupBy(a => a > 2).Sum(g => g.Count() * g.Sum())
        ),
        (
            "minby orderby",
            x =>
                new[] { (x, 1), (2 * x, 2) }.MinBy(t => t.Item1).Item2 * x
                + new[] { 3, x, 2 }.OrderByDescending(y => y).ThenBy(y => -y).Last()
        ),
        (
            "todict",
            x => new[] { x, 2 }.ToDictionary(y => y > 1.5, y => y * y)[true] + new[] { 1, 2, 3 }.ToLookup(k => k % 2, k => k * x)[1].Sum()
        ),
        (
            "immutable",
            x =>
                ImmutableArray.Create(x, 2 * x).Add(3).Sum()
                + ImmutableList<double>.Empty.Add(x)[0]
                + ImmutableDictionary<string, double>.Empty.Add("a", x)["a"]
        ),
        (
            "sortedlist",
            x =>
            {
                var s = new SortedList<double, double> { [2] = x, [1] = x * x };
                return s.Values[0] + s.Keys[1] * x;
            }
        ),
        (
            "linkedlist",
            x =>
            {
                var l = new LinkedList<double>();
                l.AddLast(x);
                l.AddFirst(2);
                return l.First!.Value * l.Last!.Value;
            }
        ),
        (
            "checked ints",
            x =>
            {
                long n = 5;
                uint u = 7;
                return x * n + (double)u * x + (n << 3) * x + (u >> 1);
            }
        ),
        (
            "enum",
            x =>
            {
                var c = x > 0 ? Color.Red : Color.Blue;
                return c switch
                    {
                        Color.Red => x,
                        _ => -x,
                    }
                    + (int)Color.Blue * x;
            }
        ),
        (
            "exception with number",
            x =>
            {
                try
                {
                    throw new NumEx(x * 2);
                }
                catch (NumEx e) when (e.V > 0)
                {
                    return e.V * x;
                }
            }
        ),
        (
            "finally return",
            x =>
            {
                try
                {
                    return x * x;
                }
                finally
                {
                    x = 3;
                }
            }
        ),
        (
            "nested finally",
            x =>
            {
                var s = 0.0;
                for (var k = 0; k < 3; k++)
                {
                    try
                    {
                        if (k == 1)
                            continue;
                        s += x * k;
                    }
                    finally
                    {
                        s += 1;
                    }
                }
                return s;
            }
        ),
        (
            "bit increments",
            x =>
                Math.BitIncrement(x) * x
                + Math.ScaleB(x, 3)
                + Math.CopySign(x, -2)
                + Math.Cbrt(x)
                + Math.ILogB(x) * 0
                + Math.Log(x, 3)
                + Math.Log2(x)
                + Math.Log10(x)
                + Math.Sinh(x)
                + Math.Cosh(x)
                + Math.Asinh(x)
                + Math.Acosh(x + 2)
                + Math.Atanh(x / 4)
                + Math.Asin(x / 2)
                + Math.Acos(x / 2)
                + Math.SinCos(x).Sin
                + Math.MaxMagnitude(x, 0.2)
                + Math.MinMagnitude(x, 5.0)
                + Math.IEEERemainder(x, 5)
                + Math.Round(x * 0 + 2.5)
                + Math.Round(x, 9) * 0
        ),
        (
            "round modes",
            x =>
                x
                + Math.Round(2.345, 2, MidpointRounding.AwayFromZero)
                + Math.Truncate(x * 0 + 1.5)
                + Math.Floor(x * 0 + 0.3)
                + Math.Ceiling(x * 0.1)
        ),
        (
            "random seed",
            x =>
            {
                var r = new Random(3);
                return x * r.NextDouble() + r.Next(5) * x;
            }
        ),
        ("datetime", x => x * new DateTime(2020, 1, 2).Day + TimeSpan.FromHours(3).TotalMinutes * x),
        (
            "ref struct",
            x =>
            {
                var a = new Acc(stackalloc double[3]);
                a.Add(x);
                a.Add(x * x);
                return a.Sum();
            }
        ),
        (
            "ref field",
            x =>
            {
                var y = x;
                var r = new RefHolder(ref y);
                r.Twice();
                return y * x;
            }
        ),
        ("params", x => Params(x, 2, x * x) + Opt(x) + Opt(b: 3, a: x)),
        ("conversions", x => (double)(Celsius)x * 2 + ((Celsius)x + (Celsius)1.0).V),
        ("interfaces explicit generic", x => ((IGet<double>)new Getter(x)).Get() + ((IGet<int>)new Getter(x)).Get() * x),
        (
            "dictionary number keys",
            x =>
            {
                var d = new Dictionary<double, double> { [x] = 1, [2] = x };
                return d[2] * d[x] * x + (d.ContainsKey(3) ? 1 : 0);
            }
        ),
        ("hashset", x => new HashSet<double> { x, x, 1 }.Count * x),
        (
            "binarysearch",
            x =>
            {
                double[] a = [0, 1, 2, 3];
                var i = Array.BinarySearch(a, x);
                return (i < 0 ? ~i : i) * x;
            }
        ),
        (
            "stringbuild",
            x =>
            {
                var s = string.Join(";", new[] { x, 2 });
                return s.Contains(';') ? x * x : 0;
            }
        ),
        (
            "tostring format",
            x =>
            {
                var s = x.ToString("F2") + $"{x, 10:E3}" + string.Format("{0:N}", x) + string.Concat(x, 1);
                return x + s.Length * 0;
            }
        ),
        (
            "chunk",
            x =>
                Enumerable.Range(0, 6).Select(k => k * x).Chunk(2).Select(c => c[0] * c[1]).Sum()
                + Enumerable.Range(1, 3).SelectMany(k => new[] { k * x, 1 }).Sum()
        ),
        ("join", x => new[] { 1, 2 }.Join(new[] { (1, x), (2, 2 * x) }, a => a, b => b.Item1, (a, b) => a * b.Item2).Sum()),
        (
            "concurrent bag",
            x =>
            {
                var b = new System.Collections.Concurrent.ConcurrentBag<double> { x, 2 };
                return b.Sum() * x;
            }
        ),
        ("tuples eq", x => (x, 1) == (x, 1) ? x * x : 0),
        ("rec generic", x => new Tree<double>(new Tree<double>(null, null, x), null, 2).Fold((a, b) => a * b + 1)),
        (
            "event",
            x =>
            {
                var e = new Ev();
                var s = 0.0;
                e.Changed += (_, v) => s += v * v;
                e.Fire(x);
                return s;
            }
        ),
        ("yield nested", x => Nest(x).Sum()),
        (
            "kalman",
            x =>
            {
                var k = new Kalman(x, 0.1);
                foreach (var z in new[] { 1.0, 1.2, 0.9 })
                    k.Step(z);
                return k.X + k.P;
            }
        ),
        (
            "rk4",
            x =>
            {
                Func<double, double, double> f = (t, y) => -y * x + Math.Sin(t);
                var y0 = 1.0;
                for (var k = 0; k < 20; k++)
                {
                    var h = 0.1;
                    var t = k * h;
                    var k1 = f(t, y0);
                    var k2 = f(t + h / 2, y0 + h / 2 * k1);
                    var k3 = f(t + h / 2, y0 + h / 2 * k2);
                    var k4 = f(t + h, y0 + h * k3);
                    y0 += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
                }
                return y0;
            }
        ),
        (
            "span trick",
            x =>
            {
                Span<double> s = new double[4];
                s.Fill(x);
                s[..2].CopyTo(s[2..]);
                s.Slice(1, 2).Clear();
                return s[0] * s[3] + s.ToArray().Sum() + (s.SequenceEqual(s) ? x : 0);
            }
        ),
        (
            "array methods",
            x =>
            {
                var a = new[] { 3, x, 1 };
                var b = (double[])a.Clone();
                Array.Resize(ref b, 5);
                Array.Copy(a, 0, b, 1, 2);
                Array.Fill(a, x);
                return b.Sum() + a[2] + Array.FindIndex(a, y => y > 0) + Array.ConvertAll(a, y => y * y)[0] + Array.IndexOf(a, x);
            }
        ),
        (
            "nullable lift",
            x =>
            {
                double? a = x,
                    b = null;
                var c = a + b;
                var d = a * 2;
                return (c ?? 1) * (d > 1 ? d.Value : 0.5 * x);
            }
        ),
        ("static gen", x => Gen<double>.Twice(x, (a, b) => a + b)),
        (
            "cast obj array",
            x =>
            {
                object[] o = [x, 2, "s"];
                return o.OfType<double>().Sum() + (double)o[0];
            }
        ),
        (
            "ienumerable obj",
            x =>
            {
                System.Collections.IEnumerable e = new[] { x, 2.0 };
                var s = 0.0;
                foreach (double d in e)
                    s += d;
                return s;
            }
        ),
        (
            "arraylist",
            x =>
            {
                var a = new System.Collections.ArrayList { x, 2.0 };
                return (double)a[0]! * (double)a[1]!;
            }
        ),
        (
            "delegate combine",
            x =>
            {
                Func<double, double> f = y => y * 2;
                f += y => y * 3;
                return f(x) + f.GetInvocationList().Length;
            }
        ),
        (
            "dynamic invoke",
            x =>
            {
                Delegate f = (Func<double, double>)(y => y * y);
                return (double)f.DynamicInvoke(x)!;
            }
        ),
        ("gettype name", x => new Getter(x).GetType().Name.Length * x),
        ("convert", x => Convert.ToDouble((object)x) + Convert.ToInt32(x * 0 + 2.6) + (double)Convert.ChangeType(x, typeof(double))),
        (
            "iformattable",
            x =>
            {
                IFormattable f = x;
                return f.ToString("F1", null).Length * 0 + x;
            }
        ),
        (
            "icomparable",
            x =>
            {
                IComparable<double> c = x;
                return c.CompareTo(0.1) * x;
            }
        ),
        ("math generic", x => Gm(x) + Gm2<double>(x)),
        (
            "polymorphic sort",
            x =>
            {
                var l = new List<Sh> { new Sq(x), new Ci(2 * x), new Sq(3) };
                l.Sort((a, b) => a.Area().CompareTo(b.Area()));
                return l[0].Area() + 2 * l[2].Area();
            }
        ),
        ("static lambda cache", x => Stat.F(x) + Stat.F(2 * x)),
        (
            "threadstatic",
            x =>
            {
                Stat.ts = x;
                return Stat.ts * 2;
            }
        ),
    ];

    private static double Params(params double[] a) => a.Sum();

    private static double Opt(double a, double b = 2.5) => a * b;

    private static IEnumerable<double> Nest(double x)
    {
        foreach (var y in Nest2(x))
        {
            try
            {
                yield return y;
            }
            finally { }
        }
    }

    private static IEnumerable<double> Nest2(double x)
    {
        for (var k = 0; k < 3; k++)
            yield return x * k;
    }

    private static T Gm<T>(T x)
        where T : System.Numerics.IFloatingPointIeee754<T> =>
        T.Exp(x)
        + T.CreateChecked(2) * T.Pi
        + T.Round(x, 12) * T.Zero
        + T.Clamp(x, T.Zero, T.One)
        + (T.IsNaN(x) ? T.One : T.Zero)
        + T.Atan2(x, T.One);

    private static T Gm2<T>(T x)
        where T : System.Numerics.INumber<T>
    {
        var s = T.Zero;
        for (var k = 0; k < 3; k++)
            s += x * T.CreateChecked(k);
        s++;
        return s * T.Abs(-x) + T.Parse("2", null);
    }

    private class Res(double v) : IDisposable
    {
        public double V => v;

        public void Dispose() { }
    }

    private static class Memo
    {
        static readonly Dictionary<int, double> cache = new();

        public static double Fib(int n, double x)
        {
            cache.Clear();
            return F(n, x);
        }

        static double F(int n, double x)
        {
            if (n < 2)
                return x;
            if (cache.TryGetValue(n, out var v))
                return v;
            return cache[n] = F(n - 1, x) + F(n - 2, x) * x;
        }
    }

    private enum Color
    {
        Red = 1,
        Blue = 2,
    }

    private class NumEx(double v) : Exception("n")
    {
        public double V => v;
    }

    private ref struct Acc(Span<double> s)
    {
        Span<double> s = s;
        int n;

        public void Add(double x) => s[n++] = x;

        public double Sum()
        {
            var t = 0.0;
            foreach (var y in s)
                t += y;
            return t;
        }
    }

    private ref struct RefHolder(ref double r)
    {
        ref double r = ref r;

        public void Twice() => r *= 2;
    }

    private readonly struct Celsius(double v)
    {
        public double V => v;

        public static implicit operator Celsius(double d) => new(d);

        public static explicit operator double(Celsius c) => c.V;

        public static Celsius operator +(Celsius a, Celsius b) => new(a.V + b.V);
    }

    private interface IGet<T>
    {
        T Get();
    }

    private class Getter(double x) : IGet<double>, IGet<int>
    {
        double IGet<double>.Get() => x;

        int IGet<int>.Get() => 3;
    }

    private class Tree<T>(Tree<T>? l, Tree<T>? r, T v)
    {
        public T Fold(Func<T, T, T> f)
        {
            var t = v;
            if (l != null)
                t = f(t, l.Fold(f));
            if (r != null)
                t = f(t, r.Fold(f));
            return t;
        }
    }

    private class Ev
    {
        public event EventHandler<double>? Changed;

        public void Fire(double x) => Changed?.Invoke(this, x);
    }

    private class Kalman(double q, double r)
    {
        public double X { get; private set; }
        public double P { get; private set; } = 1;

        public void Step(double z)
        {
            P += q;
            var k = P / (P + r);
            X += k * (z - X);
            P *= 1 - k;
        }
    }

    private static class Gen<T>
    {
        static T? last;

        public static T Twice(T x, Func<T, T, T> f)
        {
            last = f(x, x);
            return last;
        }
    }

    private abstract class Sh
    {
        public abstract double Area();
    }

    private class Sq(double a) : Sh
    {
        public override double Area() => a * a;
    }

    private class Ci(double r) : Sh
    {
        public override double Area() => 3 * r * r;
    }

    private static class Stat
    {
        static Func<double, double>? f;

        [ThreadStatic]
        public static double ts;

        public static double F(double x)
        {
            f ??= y => y * y;
            return f(x);
        }
    }
}
