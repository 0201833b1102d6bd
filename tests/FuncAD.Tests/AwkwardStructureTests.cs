using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>Structures that are easily got wrong: right, or refused by an error that names them; never silently wrong.</summary>
public class AwkwardStructureTests
{
    private static ArgumentException Refused(Action call, params string[] mentions)
    {
        var error = Assert.ThrowsAny<ArgumentException>(call);
        Assert.All(
            mentions,
            mention => Assert.True(error.Message.Contains(mention), $"the message does not say {mention}: {error.Message}")
        );
        return error;
    }

    // ---- Cycles and depth ----

    private sealed class Link
    {
        public Real Value { get; set; }
        public Link? Next { get; set; }
    }

    private sealed class Nest
    {
        public Real Value { get; set; }
        public List<Nest> Inner { get; set; } = [];
        public Dictionary<string, Nest> Named { get; set; } = [];
        public Nest[]? Array { get; set; }
    }

    private struct Cell
    {
        public Real Value;
        public Cell[] Others;
    }

    private sealed class Holder
    {
        public Real Value { get; set; }
        public ImmutableArray<Holder> Parts { get; set; } = [];
        public (Real Weight, Holder? Other) Pair { get; set; }
    }

    private static Link Chain(int length)
    {
        Link? chain = null;
        for (var index = length; index > 0; index--)
            chain = new() { Value = index, Next = chain };
        return chain!;
    }

    private static Real Sum(Link? link)
    {
        Real sum = 0;
        for (var place = 1; link is not null; link = link.Next, place++)
            sum += link.Value * place;
        return sum;
    }

    [Fact]
    public void Cycles_are_refused_by_the_way_they_go()
    {
        var self = new Link { Value = 1 };
        self.Next = self;
        Refused(() => Grad((Link l) => l.Value)(self), "Link.Next", "cycle", "Grad");
        foreach (var (tail, length) in from tail in Enumerable.Range(0, 9) from length in Enumerable.Range(1, 9) select (tail, length))
        {
            var links = Enumerable.Range(0, tail + length).Select(i => new Link { Value = i }).ToArray();
            for (var i = 0; i < links.Length; i++)
                links[i].Next = links[i + 1 < links.Length ? i + 1 : tail];
            Refused(() => Grad((Link l) => l.Value)(links[0]), "Link.Next", "cycle");
            Refused(() => Jvp((Link l) => l.Value)(Chain(3), links[0]));
            Refused(() => Vjp((Real x) => links[0])(1), "Link.Next", "cycle");
            Refused(() => Compile((Link l) => l.Value, links[0]), "cycle");
            Refused(() => StopGradient(links[0]), "cycle");
        }
        var nest = new Nest();
        nest.Inner.Add(new() { Inner = [new(), nest] });
        Refused(() => Grad((Nest n) => n.Value)(nest), "Nest.Inner", "[1]", "cycle");
        nest = new();
        nest.Named["a"] = nest;
        Refused(() => Grad((Nest n) => n.Value)(nest), "Nest.Named", "[a]", "cycle");
        nest = new() { Array = new Nest[3] };
        nest.Array[2] = nest;
        Refused(() => Grad((Nest n) => n.Value)(nest), "Nest.Array", "[2]", "cycle");
        var cells = new Cell[2];
        cells[0].Value = 1;
        cells[1].Others = cells;
        Refused(() => Grad((Cell[] c) => c[0].Value)(cells), "Others", "cycle");
        var holder = new Holder();
        var parts = new Holder[] { new(), holder };
        holder.Parts = System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(parts);
        Refused(() => Grad((Holder h) => h.Value)(holder), "Holder.Parts", "cycle");
        holder = new();
        holder.Pair = (1, holder);
        Refused(() => Grad((Holder h) => h.Value)(holder), "Holder.Pair", "Item2", "cycle");
        var array = new object[1];
        array[0] = array;
        Refused(() => Grad(((Real, object[]) p) => p.Item1)((1, array)));
    }

    [Fact]
    public void Long_chains_are_no_matter_of_the_stack()
    {
        const int length = 100_000;
        void Run()
        {
            var gradient = Grad((Link l) => Sum(l))(Chain(length));
            for (var place = 1; place <= length; place++, gradient = gradient.Next!)
                Check.Bits(place, gradient.Value);
            var (value, tangent) = Jvp((Link l) => Sum(l))(Chain(length), Chain(length));
            Assert.Equal(value, tangent);
            var squares = Vjp((Link l) => new Link { Value = l.Value, Next = l.Next })(Chain(length));
            Check.Bits(length, squares.Pullback(Chain(length)).Next is null ? 0 : length);
            Check.Bits(1, StopGradient(Chain(length)).Value);
        }
        var thread = new Thread(Run, 256 * 1024); // far less than a level of recursion for each link would take
        thread.Start();
        thread.Join();
        Check.Bits(1, Grad((Link l) => Sum(l))(Chain(length)).Value);
    }

    [Fact]
    public void An_object_that_stands_in_two_places_is_two_parts()
    {
        var shared = new Link { Value = 3 };
        var gradient = Grad((Link[] l) => l[0].Value * l[0].Value + 5 * l[1].Value)([shared, shared]);
        Check.Bits(6, gradient[0].Value);
        Check.Bits(5, gradient[1].Value);
        Real[] row = [1, 2];
        var rows = Grad((Real[][] x) => x[0][0] + 7 * x[1][1])([row, row]);
        Check.Bits([1, 0], rows[0]);
        Check.Bits([0, 7], rows[1]);
    }

    // ---- Properties computed from one another ----

    private sealed class Observed
    {
        public Real A { get; set; }

        public object? Tag { get; set; }

        public event Action? Changed;

        public void Raise() => Changed?.Invoke();
    }

    [Fact]
    public void Objects_without_numbers_ride_along_and_events_are_left_out()
    {
        var p = new Observed { A = 3, Tag = "a label" };
        p.Changed += () => throw new InvalidOperationException("nobody raises it");
        var gradient = Grad((Observed o) => o.A * o.A)(p);
        Assert.Equal(6, gradient.A.Value);
        Assert.Equal("a label", gradient.Tag);
        gradient.Raise();
        var error = Assert.Throws<ArgumentException>(() => Grad((Observed o) => o.A * o.A)(new Observed { A = 3, Tag = new Observed() }));
        Assert.Contains("Tag", error.Message, StringComparison.Ordinal);
        Assert.Contains("would be taken for constants", error.Message, StringComparison.Ordinal);
    }

    private sealed class Thermometer
    {
        public Real Celsius { get; set; }
        public Real Fahrenheit
        {
            get => Celsius * 1.8 + 32;
            set => Celsius = (value - 32) / 1.8;
        }
    }

    private sealed class Reversed
    {
        public Real Fahrenheit
        {
            get => celsius * 1.8 + 32;
            set => celsius = (value - 32) / 1.8;
        }
        public Real Celsius
        {
            get => celsius;
            set => celsius = value;
        }
        private Real celsius;
    }

    private sealed class Aliased
    {
        public Real X
        {
            get => x;
            set => x = value;
        }
        public Real x;
    }

    private sealed record Both(Real Celsius, Real Fahrenheit)
    {
        public Real Celsius { get; } = Celsius + (Fahrenheit - 32) / 1.8;
    }

    private sealed class Swapped(Real a, Real b)
    {
        public Real A { get; } = b;
        public Real B { get; } = a;
    }

    [Fact]
    public void Computed_properties_are_no_parts_of_their_own()
    {
        Check.Bits(20, Grad((Thermometer t) => t.Celsius * t.Celsius)(new() { Celsius = 10 }).Celsius);
        Check.Bits(3.6 * 50, Grad((Thermometer t) => t.Fahrenheit * t.Fahrenheit)(new() { Celsius = 10 }).Celsius);
        Check.Bits(20, Grad((Reversed t) => t.Celsius * t.Celsius)(new() { Celsius = 10 }).Celsius);
        Check.Bits(20, Grad((Aliased t) => t.X * t.x)(new() { X = 10 }).x);
        Refused(() => Grad((Both b) => b.Celsius)(new(10, 32)), "Both", "Celsius", "constructor");
        Refused(() => Grad((Swapped s) => s.A * 2 + s.B)(new(1, 2)), "Swapped", "constructor");
    }

    // ---- Constructors that change what they are given ----

    private sealed record Doubling(Real A)
    {
        public Real A { get; } = A * 2;
    }

    private sealed record Clamped(Real A)
    {
        public Real A { get; init; } = A < 0 ? 0 : A;
    }

    private sealed record Positive
    {
        public Real A { get; }

        public Positive(Real a) => A = a > 0 ? a : throw new ArgumentOutOfRangeException(nameof(a), "a is not positive.");
    }

    private sealed record Shares
    {
        public Real[] W { get; }

        public Shares(Real[] w)
        {
            var sum = w.Aggregate((Real)0, (a, b) => a + b);
            for (var i = 0; i < w.Length; i++)
                w[i] /= sum;
            W = w;
        }
    }

    private sealed record Sorted(Real[] W)
    {
        public Real[] W { get; } = [.. W.OrderBy(x => x.Value)];
    }

    private sealed record SortedParts(List<Link> Parts)
    {
        public List<Link> Parts { get; } = [.. Parts.OrderBy(x => x.Value.Value)];
    }

    private sealed record Copying(Real[] W)
    {
        private readonly Real[] w = (Real[])W.Clone();
        public Real[] W => (Real[])w.Clone();
    }

    private sealed record Padded(List<Real> W)
    {
        public List<Real> W { get; } = [.. W, 1.0];
    }

    private sealed class Rounding
    {
        private Real a;
        public Real A
        {
            get => a;
            set => a = Math.Round(value.Value, 1);
        }
    }

    private sealed record Mutating
    {
        public Link Part { get; }

        public Mutating(Link part)
        {
            part.Value *= 2;
            Part = part;
        }
    }

    private sealed record Around(Real B, Clamped Inner, Clamped[] More);

    [Fact]
    public void A_constructor_that_changes_its_argument_is_refused_wherever_it_would_matter()
    {
        Refused(() => Grad((Doubling d) => d.A)(new(2)), "Doubling", "at A:", "constructor", "inside f");
        Refused(() => Jvp((Doubling d) => d.A)(new(2), new(0.5)), "Doubling");
        Refused(() => Vjp((Doubling d) => d.A)(new(2)), "Doubling");
        Refused(() => Hvp((Doubling d) => d.A * d.A)(new(2), new(0.5)), "Doubling");
        Refused(() => Compile((Doubling d) => d.A, new Doubling(2)), "Doubling");
        Refused(() => CheckGradient((Doubling d) => d.A, new Doubling(2)), "Doubling");
        Refused(() => StopGradient(new Doubling(2)), "Doubling");
        Refused(() => Diff(x => new Doubling(x))(2.0), "Doubling");
        Refused(() => Grad((Shares s) => s.W[0])(new([1, 3])), "Shares", "at W:");
        Refused(() => Grad((Sorted s) => s.W[0] - s.W[1])(new([1, 3])), "Sorted", "at W:");
        Refused(() => Grad((SortedParts s) => s.Parts[0].Value - s.Parts[1].Value)(new([Chain(1), new() { Value = 7 }])), "SortedParts");
        Refused(() => Grad((Padded s) => s.W[0])(new([1, 3])), "W");
        Refused(() => Grad((Rounding r) => r.A)(new() { A = 0.5 }), "Rounding", "at A:");
        Refused(() => Grad((Mutating m) => m.Part.Value)(new(Chain(1))), "Mutating");
        Check.Bits([2, 0], Grad((Copying c) => c.W[0] * c.W[0])(new([1, 3])).W);
    }

    [Fact]
    public void A_constructor_that_refuses_or_clamps_some_numbers_takes_what_fits()
    {
        Check.Bits(6, Grad((Positive p) => p.A * p.A)(new(3)).A);
        var error = Refused(() => Grad((Positive p) => -p.A)(new(3)), "Positive", "gradient", "not positive", "inside f");
        Assert.IsType<ArgumentOutOfRangeException>(error.InnerException);
        Check.Bits(9, Compile((Positive p) => p.A * p.A, new Positive(3)).Invoke(new(3)));
        Refused(() => Grad((Around a) => a.B - a.Inner.A)(new(1, new(2), [])), "Clamped", "at Inner.A:");
        Refused(() => Grad((Around a) => a.B - a.More[1].A)(new(1, new(2), [new(1), new(2)])), "Clamped", "at More[1].A:");
        Check.Bits(3, Grad((Real[] x) => new Clamped(x[0]).A * 3)([2])[0]);
    }

    // ---- Private state ----

    private sealed class Scaled
    {
        private double scale = 1;
        public Real X { get; set; }

        public Scaled By(double factor)
        {
            scale = factor;
            return this;
        }

        public Real Value() => X * scale;
    }

    private struct Counted
    {
        private int count;
        public Real X;

        public void Count() => count++;

        public readonly Real Value => X * count;
    }

    private sealed class Cached(Real x, Real y)
    {
        public Real X { get; } = x;
        public Real Y { get; } = y;
        public double Length { get; } = Math.Sqrt(x.Value * x.Value + y.Value * y.Value);
    }

    private sealed class Noted(Real x)
    {
        private readonly List<string> notes = ["made"];
        public Real X { get; } = x;
        public int Notes => notes.Count;
    }

    private sealed class Guarded(IReadOnlyList<Real> items)
    {
        private readonly Lock gate = new();
        private readonly List<Real> items = [.. items];
        public IReadOnlyList<Real> Items
        {
            get
            {
                lock (gate)
                    return items;
            }
        }
    }

    private sealed class Endless<T>
    {
        public Endless<List<T>>? Next { get; set; }
        public Real X { get; set; }
    }

    private class Lower
    {
        public virtual Real X { get; set; }
    }

    private sealed class Upper : Lower
    {
        public override Real X { get; set; }
    }

    private sealed class Beside : Lower
    {
        public Real Y { get; init; }
    }

    [Fact]
    public void State_that_nothing_from_outside_sets_is_kept_or_refused()
    {
        Check.Bits(1, Grad((Scaled s) => s.Value())(new() { X = 2 }).X);
        Refused(() => Grad((Scaled s) => s.Value())(new Scaled { X = 2 }.By(3)), "Scaled", "scale");
        var counted = new Counted { X = 2 };
        Check.Bits(0, Grad((Counted c) => c.Value)(counted).X);
        counted.Count();
        Refused(() => Grad((Counted c) => c.Value)(counted), "Counted", "count");
        Check.Bits(2, Grad((Cached c) => c.X * c.X + c.Y)(new(1, 2)).X);
        Check.Bits(2, Grad((Noted n) => n.X * n.X)(new(1)).X);
        var gradient = Grad((Beside b) => b.X * b.Y)(new() { X = 2, Y = 3 });
        Check.Bits(3, gradient.X);
        Check.Bits(2, gradient.Y);
        Refused(() => Grad((Upper u) => u.X)(new() { X = 2 }), "Upper");
        Check.Bits([6, 0], [.. Grad((Guarded g) => g.Items[0] * g.Items[0])(new([3, 4])).Items]);
        Check.Bits(5, Grad((Endless<int> e) => e.X * 5)(new() { Next = new() { X = 1 } }).X);
        Check.Bits(6, Diff(x => new { A = x * x, Name = "anonymous" })(3.0).A);
    }

    // ---- Dictionaries ----

    private sealed class Own(Dictionary<string, Real> inner) : IReadOnlyDictionary<string, Real>
    {
        public Real this[string key] => inner[key.Trim()];
        public IEnumerable<string> Keys => inner.Keys;
        public IEnumerable<Real> Values => inner.Values;
        public int Count => inner.Count;

        public bool ContainsKey(string key) => inner.ContainsKey(key.Trim());

        public bool TryGetValue(string key, out Real value) => inner.TryGetValue(key.Trim(), out value);

        public IEnumerator<KeyValuePair<string, Real>> GetEnumerator() => inner.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    [Fact]
    public void Dictionaries_of_every_kind_find_keys_as_before()
    {
        var ignore = StringComparer.OrdinalIgnoreCase;
        Dictionary<string, Real> plain = new(ignore) { ["b"] = 2, ["a"] = 3 };
        static Real Read(IReadOnlyDictionary<string, Real> d) => (d.TryGetValue("B", out var b) ? b : 100) * d["a"];
        void Holds<D>(D point, D other)
            where D : IEnumerable<KeyValuePair<string, Real>>
        {
            Real F(D d) => Read((IReadOnlyDictionary<string, Real>)d);
            var gradient = (IReadOnlyDictionary<string, Real>)Grad((D d) => F(d))(point);
            Check.Bits(3, gradient["B"]);
            Check.Bits(2, gradient["A"]);
            Assert.Equal(point.Select(pair => pair.Key).Order(), gradient.Select(pair => pair.Key).Order());
            if (point is not IReadOnlyDictionary<string, Real> || typeof(D).IsClass)
                Assert.IsType(point.GetType(), gradient);
            Check.Bits(6, Vjp((D d) => F(d))(point).Value);
            Check.Bits(3, Jvp((D d) => F(d))(point, other).Tangent);
        }
        Dictionary<string, Real> tangent = new() { ["A"] = 0, ["B"] = 1 };
        Holds(plain, tangent);
        Holds<IReadOnlyDictionary<string, Real>>(plain, tangent);
        Holds<IDictionary<string, Real>>(plain, tangent);
        Holds<IDictionary<string, Real>>(new SortedDictionary<string, Real>(plain, ignore), tangent);
        Holds<IReadOnlyDictionary<string, Real>>(new SortedList<string, Real>(plain, ignore), tangent);
        Holds<IReadOnlyDictionary<string, Real>>(plain.AsReadOnly(), tangent);
        Holds<IReadOnlyDictionary<string, Real>>(plain.ToFrozenDictionary(ignore), tangent);
        Holds<IReadOnlyDictionary<string, Real>>(plain.ToImmutableSortedDictionary(ignore), tangent);
        Holds<IDictionary<string, Real>>(new ConcurrentDictionary<string, Real>(plain, ignore), tangent);
        Holds(new SortedDictionary<string, Real>(plain, ignore), new(tangent));
        Holds(new SortedList<string, Real>(plain, ignore), new(tangent));
        Holds(new ConcurrentDictionary<string, Real>(plain, ignore), new(tangent));
        Holds(new ReadOnlyDictionary<string, Real>(plain), new(tangent));
        Holds(plain.ToImmutableDictionary(ignore), tangent.ToImmutableDictionary());
        Holds(plain.ToImmutableSortedDictionary(ignore), tangent.ToImmutableSortedDictionary());
        Holds<IImmutableDictionary<string, Real>>(plain.ToImmutableDictionary(ignore), tangent.ToImmutableDictionary());
        Holds(plain.ToFrozenDictionary(ignore), tangent.ToFrozenDictionary());
        Refused(() => Grad((IReadOnlyDictionary<string, Real> d) => d["b "])(new Own(plain)), "Own", "Dictionary");
        Refused(() => Grad((Dictionary<Real, Real> d) => d[1])(new() { [1] = 2 }), "keys");
        Refused(() => Jvp((Dictionary<string, Real> d) => d["a"])(plain, new() { ["a"] = 1, ["A"] = 2 }), "[b]");
    }

    // ---- Collections ----

    private sealed class Tagged : List<Real>
    {
        public Real Tag { get; set; }
    }

    private sealed record Words(Real X, HashSet<string> Set, IReadOnlyList<int> Counts, Dictionary<string, double>? Table);

    [Fact]
    public void Collections_of_every_kind()
    {
        void Holds<C>(C point, Func<C, IEnumerable<Real>> read)
        {
            var gradient = Grad((C c) => read(c).Select((x, i) => x * (i + 1)).Aggregate((Real)0, (a, b) => a + b))(point);
            Check.Bits([1, 2, 3], [.. read(gradient)]);
        }
        Real[] items = [4, 5, 6];
        Holds(new Queue<Real>(items), c => c);
        Holds(new Stack<Real>(items), c => c);
        Holds(new LinkedList<Real>(items), c => c);
        Holds(new Collection<Real>([.. items]), c => c);
        Holds(new ReadOnlyCollection<Real>(items), c => c);
        Holds(new ArraySegment<Real>([1, .. items, 2], 1, 3), c => c);
        Holds(new Memory<Real>(items), c => c.ToArray());
        Holds(new ReadOnlyMemory<Real>(items), c => c.ToArray());
        Holds(ImmutableArray.Create(items), c => c);
        Holds(items.Select(x => x), c => c);
        Holds(new Queue<Link>(items.Select(x => new Link { Value = x })), c => c.Select(l => l.Value));
        Holds(new Stack<Link>(items.Select(x => new Link { Value = x })), c => c.Select(l => l.Value));
        Holds(ImmutableArray.Create<Link>([.. items.Select(x => new Link { Value = x })]), c => c.Select(l => l.Value));
        Holds(items.Select(x => (Real?)x).ToArray(), c => c.Select(x => x!.Value));
        var (a, _, _, _, _, _, _, h, i) = Grad(((Real, Real, Real, Real, Real, Real, string, Real, Real) t) => t.Item1 * t.Item8 * t.Item9)(
            (2, 0, 0, 0, 0, 0, "", 3, 5)
        );
        Check.Bits([15, 10, 6], [a, h, i]);
        Assert.True(Grad(((Real X, ImmutableArray<Real> Y) p) => p.X)((1, default)).Y.IsDefault);
        Assert.Null(Grad(((Real X, ArraySegment<Real> Y) p) => p.X)((1, default)).Y.Array);
        Refused(() => Jvp(((Real X, ImmutableArray<Real> Y) p) => p.X)((1, default), (1, [])), "default");
        Assert.Empty(Grad((List<Real> x) => 1)([]));
        Assert.Equal(3, Grad((Words w) => w.X * w.Set.Count)(new(2, ["a", "b", "c"], [1], null)).X);
        Refused(() => Grad((HashSet<Real> s) => s.First())([1, 2]), "HashSet", "set");
        Refused(() => Grad((List<Real> s) => s[0])(new Tagged { 1 }), "Tagged", "List");
        Refused(() => Grad((Tagged s) => s[0])([1]), "Tagged", "collection");
        Refused(() => Grad((Lazy<Real> s) => s.Value)(new(1)), "Lazy");
        Refused(() => Grad((Task<Real> s) => s.Result)(Task.FromResult<Real>(1)), "Task");
        Refused(() => Grad((PriorityQueue<Real, int> s) => s.Peek())(new()), "PriorityQueue");
    }

    [Fact]
    public void Arrays_whose_indices_do_not_begin_at_zero()
    {
        var point = Array.CreateInstance(typeof(Real), [2, 3], [5, -1]);
        for (var i = 0; i < 6; i++)
            point.SetValue((Real)i, 5 + i / 3, -1 + i % 3);
        var gradient = Grad((Real[,] x) => x[6, -1] * x[5, 1] + x[5, -1])((Real[,])point);
        Assert.Equal((5, -1), (gradient.GetLowerBound(0), gradient.GetLowerBound(1)));
        Check.Bits([1, 0, 3, 2, 0, 0], [.. gradient.Cast<Real>()]);
        var links = (Link[,])Array.CreateInstance(typeof(Link), [1, 2], [1, 2]);
        links[1, 3] = new() { Value = 3 };
        var parts = Grad((Link[,] l) => l[1, 3].Value * 7)(links);
        Assert.Null(parts[1, 2]);
        Check.Bits(7, parts[1, 3].Value);
        Refused(() => Jvp((Real[,] x) => x[6, -1])((Real[,])point, new Real[2, 3]), "indices");
    }

    // ---- What is changed afterwards ----

    private sealed class Model
    {
        public Real[] Weights { get; set; } = [];
        public List<Real> Bias { get; set; } = [];
        public string Name { get; set; } = "";
        public Dictionary<string, Real[]> Layers { get; set; } = [];
    }

    [Fact]
    public void What_happens_to_an_argument_or_a_result_later_changes_no_pullback()
    {
        Model Point() =>
            new()
            {
                Weights = [2, 3],
                Bias = [5],
                Name = "before",
                Layers = new() { ["a"] = [7] },
            };
        var results = new List<Real>();
        List<Real> F(Model m)
        {
            results.Clear();
            results.AddRange([m.Weights[0] * m.Weights[1], m.Bias[0] * m.Layers["a"][0]]);
            return results;
        }
        void Spoil(Model m)
        {
            m.Weights[0] = 100;
            m.Weights = [1];
            m.Bias.Add(1);
            m.Name = "after";
            m.Layers["a"] = [];
            m.Layers["b"] = [1];
        }
        void Expected(Model gradient)
        {
            Check.Bits([3, 2], gradient.Weights);
            Check.Bits([70], [.. gradient.Bias]);
            Check.Bits([50], gradient.Layers["a"]);
            Assert.Equal(("before", 1), (gradient.Name, gradient.Layers.Count));
        }
        var point = Point();
        var (value, pullback) = Vjp((Model m) => F(m))(point);
        Spoil(point);
        value.Add(1);
        results.Clear();
        Expected(pullback([1, 10]));
        Spoil(pullback([1, 10]));
        Expected(pullback([1, 10]));

        point = Point();
        Expected(
            Grad(
                (Model m) =>
                {
                    var y = F(m);
                    Spoil(point);
                    Spoil(m);
                    return y[0] + 10 * y[1];
                }
            )(point)
        );
        point = Point();
        var compiled = Compile((Model m) => F(m)[0] + 10 * F(m)[1], point);
        Spoil(point);
        Check.Bits(356, compiled.Invoke(Point()));
        point = Point();
        var gradients = Compile(Grad((Model m) => F(m)[0] + 10 * F(m)[1]), point);
        Spoil(point);
        Expected(gradients.Invoke(Point()));
        Spoil(gradients.Invoke(Point()));
        Expected(gradients.Invoke(Point()));
        point = Point();
        var sum = CompileSum((Model m, List<Real> d) => d[0] * F(m)[0] + d[0] * 10 * F(m)[1], point, [1]);
        Spoil(point);
        var (_, total) = sum.ValueAndGrad(
            Point(),
            sum.Columns([
                [1],
            ])
        );
        Expected(total);

        Real[] array = [2, 3];
        var (same, back) = Vjp((Real[] x) => x)(array);
        same[0] = 7;
        array[0] = 8;
        var cotangent = back([1, 2]);
        cotangent[0] = 9;
        Check.Bits([1, 2], back([1, 2]));
        var (primal, tangent) = Jvp((Real[] x) => x)(array, array);
        primal[0] = 1;
        tangent[1] = 1;
        Check.Bits([8, 3], array);
        Check.Bits([1, 3], primal);
    }

    [Fact]
    public void A_sequence_is_read_once()
    {
        var reads = 0;
        IEnumerable<Real> Once()
        {
            if (reads++ > 0)
                throw new InvalidOperationException("read again");
            yield return 2;
            yield return 3;
        }
        Check.Bits([3, 2], [.. Grad((IEnumerable<Real> x) => x.First() * x.Last())(Once())]);
        reads = 0;
        var (_, pullback) = Vjp((IEnumerable<Real> x) => x.First() * x.Last())(Once());
        Check.Bits([3, 2], [.. pullback(1)]);
        Check.Bits([6, 4], [.. pullback(2)]);
        reads = 0;
        Check.Bits([3, 2], [.. Hvp((IEnumerable<Real> x) => x.First() * x.Last())(Once(), [2, 3])]);
        reads = 0;
        Check.Bits(6, Compile((IEnumerable<Real> x) => x.First() * x.Last(), Once()).Invoke([2, 3]));
    }

    // ---- Null parts ----

    private sealed record Linear(
        Real[] Weights,
        Real[]? Bias,
        Tensor? Mask,
        Linear? Next,
        Dictionary<string, Real>? Named,
        List<Link?>? Links,
        string? Note,
        Func<Real, Real>? Activation
    );

    private static Real Apply(Linear? l, int depth = 1) =>
        l is null
            ? 0
            : depth
                * (
                    l.Weights[0] * 2
                    + (l.Bias?[0] ?? 0) * 3
                    + (l.Mask?.Sum() ?? 0) * 5
                    + (l.Named?["a"] ?? 0) * 7
                    + Apply(l.Next, depth + 1)
                );

    [Fact]
    public void Null_parts_ride_along()
    {
        var without = new Linear([1], null, null, null, null, null, null, null);
        var bare = Grad((Linear l) => Apply(l))(without);
        Check.Bits([2], bare.Weights);
        Assert.Equal((null, null, null, null, null, null), (bare.Bias, bare.Mask, bare.Next, bare.Named, bare.Links, bare.Note));
        var with = new Linear([1], [2], Tensor.Of(1.0, 2.0), without, new() { ["a"] = 1 }, [null, Chain(1), null], null, null);
        var gradient = Grad((Linear l) => Apply(l) + l.Links![1]!.Value * 11)(with);
        Check.Bits([3], gradient.Bias!);
        Assert.Equal([5.0, 5.0], gradient.Mask!.ToArray());
        Check.Bits([4], gradient.Next!.Weights);
        Assert.Null(gradient.Next.Bias);
        Check.Bits(7, gradient.Named!["a"]);
        Assert.Null(gradient.Links![0]);
        Check.Bits(11, gradient.Links[1]!.Value);
        Check.Bits(4, Jvp((Linear l) => Apply(l))(without, without with { Weights = [2] }).Tangent);
        Check.Bits([0], Hvp((Linear l) => Apply(l))(without, without).Weights);
        var (value, pullback) = Vjp((Linear l) => l)(without);
        Assert.Null(value.Bias);
        Check.Bits([5], pullback(without with { Weights = [5] }).Weights);
        Check.Bits([6], Grad((Real[]?[] x) => x[1]![0] * 6)([null, [1]])[1]!);
        Assert.Null(
            Grad((Real[][] x) => x[0][0])([
                [1],
                null!,
            ])[1]
        );
        Assert.Null(Grad((Dictionary<string, Real[]?> x) => x["a"]![0])(new() { ["a"] = [1], ["b"] = null })["b"]);
        Assert.Null(Diff(x => new Linear([x], null, null, null, null, null, null, null))(1.0).Bias);
        Check.Bits(2, Compile((Linear l) => Apply(l), without).Invoke(without with { Weights = [1] }));
        Assert.Null(Compile(Grad((Linear l) => Apply(l)), without).Invoke(without).Bias);
        var other = without with { Bias = [1] };
        Refused(() => Jvp((Linear l) => Apply(l))(without, other), "Jvp", "at Bias:", "null");
        Refused(() => Jvp((Linear l) => Apply(l))(other, without), "Jvp", "at Bias:", "null");
        Refused(() => pullback(other), "Vjp", "at Bias:", "null");
        Refused(() => Compile((Linear l) => Apply(l), without).Invoke(other), "at Bias:", "null");
        Assert.Null(StopGradient<Tensor?>(null));
    }

    [Fact]
    public void A_structure_that_is_null_itself_is_refused_by_the_name_of_the_parameter()
    {
        void Null(string name, Action call) => Assert.Equal(name, Assert.Throws<ArgumentNullException>(call).ParamName);
        Null("x", () => Grad((Linear l) => Apply(l))(null!));
        Null("x", () => Hvp((Linear l) => Apply(l))(null!, null!));
        Null("v", () => Hvp((Link l) => Sum(l))(Chain(1), null!));
        Null("tangent", () => Jvp((Link l) => Sum(l))(Chain(1), null!));
        Null("cotangent", () => Vjp((Link l) => l)(Chain(1)).Pullback(null!));
        Null("example", () => Compile((Link l) => Sum(l), null!));
        Null("x", () => Compile((Link l) => Sum(l), Chain(1)).Invoke(null!));
        Null("exampleDatum", () => CompileSum((Real p, Link l) => p * Sum(l), 1, null!));
    }

    // ---- Custom rules ----

    private sealed record Part(Real A, Real[]? B);

    [Fact]
    public void What_a_custom_rule_gives_back_is_checked_in_its_name()
    {
        void Named(Func<Part, Part> rule, params string[] mentions)
        {
            var point = new Part(1, [2]);
            foreach (
                var call in new Action[]
                {
                    () => Grad((Part p) => rule(p).A)(point),
                    () => Vjp(rule)(point).Pullback(point),
                    () => Jvp(rule)(point, point),
                    () => Hvp((Part p) => rule(p).A)(point, point),
                    () => Grad((Part p) => Grad((Part q) => rule(q).A)(p).A)(point),
                }
            )
            {
                var error = Assert.ThrowsAny<ArgumentException>(call);
                Assert.Contains("Custom rule own", error.Message);
                if (call.Method.Name.EndsWith('0'))
                    Assert.All(mentions, mention => Assert.Contains(mention, error.Message));
            }
        }
        static Part Value(Part p) => new(p.A * 2, [p.B![0] * 3]);
        Named(Custom("own", (Part p) => Value(p), (x, y, w) => null!, (x, y, v) => null!), "pullback", "null");
        Named(Custom("own", (Part p) => Value(p), (x, y, w) => null!), "pullback", "null");
        Named(Custom("own", (Part p) => Value(p), (x, y, w) => new(1, null)), "pullback", "at B:", "null");
        Named(Custom("own", (Part p) => Value(p), (x, y, w) => new(1, null), (x, y, v) => new(1, null)), "at B:", "null");
        Named(
            Custom("own", (Part p) => Value(p), (x, y, w) => new(1, [1, 2]), (x, y, v) => new(1, [1, 2])),
            "at B:",
            "expected 1",
            "got 2"
        );
        Named(Custom("own", (Part p) => (Part)null!, (x, y, w) => x), "its value", "null");
        var tensors = Custom("own", (Tensor t) => t * 2.0, (x, y, w) => Tensor.Of(1.0));
        Refused(() => Grad((Tensor t) => tensors(t).Sum())(Tensor.Of(1.0, 2.0)), "Custom rule own", "[2]");
        Assert.Contains(
            "Custom rule own",
            Assert.Throws<ArgumentNullException>(() => Custom("own", (Part p) => p, (x, y, w) => w)(null!)).Message
        );
        var functions = Custom("own", (Real x) => (Func<Real, Real>)(a => a * x), (x, y, w) => 1);
        Refused(() => Grad((Real x) => functions(x)(1))(1), "Custom rule own", "function");
    }

    [Fact]
    public void A_custom_rule_may_change_what_it_is_given_and_use_its_memory_again()
    {
        var buffer = new Real[1];
        var square = Custom(
            "own",
            (Real[] x) =>
            {
                buffer[0] = x[0] * x[0];
                x[0] = 0;
                return buffer;
            },
            (x, y, w) =>
            {
                w[0] *= x[0] * 2 + (y[0] - x[0] * x[0]);
                x[0] = 0;
                y[0] = 0;
                return w;
            }
        );
        Real[] F(Real[] x)
        {
            var a = square([x[0]])[0];
            var b = square([x[1]])[0];
            return [a, b];
        }
        var pullback = Vjp((Real[] x) => F(x))([3, 5]).Pullback;
        Check.Bits([6, 10], pullback([1, 1]));
        Check.Bits([6, 10], pullback([1, 1]));
        Check.Bits([6, 10], Jvp((Real[] x) => F(x))([3, 5], [1, 1]).Tangent);
    }
}
