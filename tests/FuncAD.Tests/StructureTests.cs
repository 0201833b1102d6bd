using System.Collections;
using System.Collections.Immutable;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>Parameters of every structure that C# has: the gradient comes back in the same structure.</summary>
public class StructureTests
{
    private enum Kind
    {
        Plain,
        Fancy,
    }

    private sealed record Inner(Real A, double Weight);

    private sealed record Outer(string Name, Inner Inner, Real[] B, int Count, Kind Kind, bool Flag);

    private record struct Pair(Real X, Real Y);

    private readonly record struct Frozen(Real X, string Label);

    private sealed class Settable
    {
        public Real X { get; set; }
        public Real[] Ys { get; set; } = [];
        public string? Note { get; set; }
    }

    private sealed class Constructed(Real x, int n)
    {
        public Real X { get; } = x;
        public int N { get; } = n;
    }

    private struct Fields
    {
        public Real X;
        public double Scale;
    }

    private sealed class InitOnly
    {
        public required Real X { get; init; }
        public Real Y { get; init; }
    }

    private record Base(Real A);

    private sealed record Derived(Real A, Real B) : Base(A);

    private record Label(string Text);

    private sealed record Priced(string Text, Real Price) : Label(Text);

    private sealed record Labelled(Real A, Label Label);

    private sealed class Hidden
    {
        private Real secret = 1;
        public Real X { get; set; }

        public Real Bump() => secret += X;
    }

    private sealed class Mismatched(Real start)
    {
        public Real X { get; } = start;
    }

    private interface IThing
    {
        Real X { get; }
    }

    private sealed record Thing(Real X) : IThing;

    private abstract record Abstract(Real X);

    private sealed record Concrete(Real X) : Abstract(X);

    private sealed record Tree(Real Value, Tree[] Branches);

    private sealed record Optional(Real A, Real? B);

    [Fact]
    public void Records_with_records_inside_and_other_parts_that_ride_along()
    {
        var point = new Outer("name", new(2, 0.5), [3.0, 4.0], 3, Kind.Fancy, true);
        var gradient = Grad((Outer m) => m.Inner.A * m.B[1] * m.Inner.Weight * m.Count)(point);
        Check.Bits(6, gradient.Inner.A);
        Check.Bits([0, 3], gradient.B);
        Assert.Equal(("name", 0.5, 3), (gradient.Name, gradient.Inner.Weight, gradient.Count));
        Assert.Equal((Kind.Fancy, true), (gradient.Kind, gradient.Flag));
    }

    [Fact]
    public void Record_structs()
    {
        Assert.Equal(new Pair(3, 2), Grad((Pair p) => p.X * p.Y)(new(2, 3)));
        Assert.Equal(new Frozen(4, "label"), Grad((Frozen p) => p.X * p.X)(new(2, "label")));
    }

    [Fact]
    public void Classes_with_settable_properties()
    {
        var gradient = Grad((Settable p) => p.X * p.Ys[0])(
            new()
            {
                X = 2,
                Ys = [3.0],
                Note = "note",
            }
        );
        Check.Bits(3, gradient.X);
        Check.Bits([2], gradient.Ys);
        Assert.Equal("note", gradient.Note);
    }

    [Fact]
    public void Classes_with_a_constructor()
    {
        var gradient = Grad((Constructed p) => RealMath.Pow(p.X, p.N))(new(2, 3));
        Check.Bits(12, gradient.X);
        Assert.Equal(3, gradient.N);
    }

    [Fact]
    public void Structs_with_public_fields()
    {
        var gradient = Grad((Fields p) => p.X * p.X * p.Scale)(new() { X = 2, Scale = 3 });
        Check.Bits(12, gradient.X);
        Assert.Equal(3, gradient.Scale);
    }

    [Fact]
    public void Init_only_and_required_properties()
    {
        var gradient = Grad((InitOnly p) => p.X * p.Y)(new() { X = 2, Y = 3 });
        Check.Bits(3, gradient.X);
        Check.Bits(2, gradient.Y);
    }

    [Fact]
    public void A_derived_value_with_numbers_is_not_taken_for_its_base_without()
    {
        Check.Bits(4, Grad((Labelled l) => l.A * l.A)(new Labelled(2, new Label("plain"))).A);
        var error = Assert.Throws<ArgumentException>(() =>
            Grad((Labelled l) => l.A * ((Priced)l.Label).Price)(new Labelled(2, new Priced("dear", 3)))
        );
        Assert.Contains("Priced", error.Message);
        Assert.Contains("Label", error.Message);
    }

    private sealed class Kept(Real a)
    {
        private readonly Real _a = a;

        public Real A => _a;
    }

    private sealed class Computed(Real a)
    {
        private readonly Real _a = a;

        public Real A => _a * 2;
    }

    [Fact]
    public void A_property_over_a_private_field_of_its_name_must_return_what_the_constructor_was_given()
    {
        Check.Bits(6, Grad((Kept k) => k.A * k.A)(new Kept(3)).A);
        var error = Assert.Throws<ArgumentException>(() => Grad((Computed c) => c.A)(new Computed(3)));
        Assert.Contains("Computed", error.Message);
    }

    [Fact]
    public void A_derived_value_where_its_base_is_declared_is_refused()
    {
        Check.Bits(4, Grad((Base b) => b.A * b.A)(new Base(2)).A);
        Check.Bits(3, Grad((Derived d) => d.A * d.B)(new Derived(2, 3)).A);
        var error = Assert.Throws<ArgumentException>(() => Grad((Base b) => b.A * b.A)(new Derived(2, 3)));
        Assert.Contains("Derived", error.Message);
        Assert.Contains("Base", error.Message);
    }

    [Fact]
    public void Value_tuples_and_tuples()
    {
        var (a, (b, name)) = Grad(((Real, (Real, string)) p) => p.Item1 * p.Item2.Item1)((2, (3, "name")));
        Check.Bits(3, a);
        Check.Bits(2, b);
        Assert.Equal("name", name);
        var (x, y) = Grad((Tuple<Real, Real> p) => p.Item1 * p.Item2)(Tuple.Create<Real, Real>(2, 3));
        Check.Bits(3, x);
        Check.Bits(2, y);
    }

    [Fact]
    public void Lists_and_their_interfaces()
    {
        Check.Bits([3, 2], [.. Grad((List<Real> p) => p[0] * p[1])([2.0, 3.0])]);
        Check.Bits([3, 2], [.. Grad((IReadOnlyList<Real> p) => p[0] * p[1])([2.0, 3.0])]);
        Check.Bits([3, 2], [.. Grad((IList<Real> p) => p[0] * p[1])([2.0, 3.0])]);
        Check.Bits([3, 2], [.. Grad((IEnumerable<Real> p) => p.First() * p.Last())([2.0, 3.0])]);
        Check.Bits([3, 2], [.. Grad((ImmutableArray<Real> p) => p[0] * p[1])([2.0, 3.0])]);
        Check.Bits([3, 2], [.. Grad((ImmutableList<Real> p) => p[0] * p[1])([2.0, 3.0])]);
        Assert.Equal([new Pair(3, 2)], Grad((List<Pair> p) => p[0].X * p[0].Y)([new(2, 3)]));
    }

    [Fact]
    public void Dictionaries_and_their_interfaces()
    {
        var point = new Dictionary<string, Real> { ["a"] = 2, ["b"] = 3 };
        var gradient = Grad((Dictionary<string, Real> p) => p["a"] * p["b"])(point);
        Assert.Equal(["a", "b"], gradient.Keys.Order());
        Check.Bits(3, gradient["a"]);
        Check.Bits(2, gradient["b"]);
        Check.Bits(3, Grad((IReadOnlyDictionary<string, Real> p) => p["a"] * p["b"])(point)["a"]);
        Check.Bits(3, Grad((IDictionary<string, Real> p) => p["a"] * p["b"])(point)["a"]);
        Check.Bits(3, Grad((SortedDictionary<string, Real> p) => p["a"] * p["b"])(new(point))["a"]);
        Check.Bits(3, Grad((ImmutableDictionary<string, Real> p) => p["a"] * p["b"])(point.ToImmutableDictionary())["a"]);
    }

    [Fact]
    public void A_dictionary_keeps_its_comparer()
    {
        var ignoreCase = StringComparer.OrdinalIgnoreCase;
        var point = new Dictionary<string, Real>(ignoreCase) { ["a"] = 2 };
        Check.Bits(4, Grad((Dictionary<string, Real> p) => p["A"] * p["a"])(point)["A"]);
        Check.Bits(4, Grad((IReadOnlyDictionary<string, Real> p) => p["A"] * p["a"])(point)["A"]);
        Check.Bits(4, Grad((IDictionary<string, Real> p) => p["A"] * p["a"])(point)["A"]);
        Check.Bits(4, Grad((SortedDictionary<string, Real> p) => p["A"] * p["a"])(new(point, ignoreCase))["A"]);
        Check.Bits(4, Grad((ImmutableDictionary<string, Real> p) => p["A"] * p["a"])(point.ToImmutableDictionary(ignoreCase))["A"]);
    }

    [Fact]
    public void Nullable_numbers()
    {
        Check.Bits(4, Grad((Real? p) => p!.Value * p.Value)(2)!.Value);
        Check.Bits(3, Grad((Optional p) => p.A * (p.B ?? 5))(new(2, 3)).A);
        var without = Grad((Optional p) => p.A * (p.B ?? 5))(new(2, null));
        Check.Bits(5, without.A);
        Assert.Null(without.B);
    }

    [Fact]
    public void Nested_arrays_grids_and_types_that_contain_themselves()
    {
        var jagged = Grad((Real[][] p) => p[0][0] * p[1][1])([
            [2.0],
            [3.0, 4.0],
        ]);
        Check.Bits([4], jagged[0]);
        Check.Bits([0, 2], jagged[1]);
        var grid = Grad((Real[,] p) => p[0, 0] * p[0, 0] + p[1, 1])(
            new Real[,]
            {
                { 2, 7 },
                { 8, 9 },
            }
        );
        Assert.Equal(
            new double[,]
            {
                { 4, 0 },
                { 0, 1 },
            },
            grid.ToDoubles()
        );
        Check.Bits(1, Grad((Real[,,] p) => p[1, 0, 1])(new Real[2, 1, 2])[1, 0, 1]);
        var tree = Grad((Tree t) => t.Value * t.Branches[0].Value)(new(2, [new(3, []), new(4, [])]));
        Check.Bits(3, tree.Value);
        Check.Bits(2, tree.Branches[0].Value);
        Check.Bits(0, tree.Branches[1].Value);
    }

    [Fact]
    public void The_point_itself_is_left_alone()
    {
        var point = new Settable { X = 2, Ys = [3.0] };
        _ = Grad(
            (Settable p) =>
            {
                p.X *= p.Ys[0];
                p.Ys[0] = 7;
                return p.X;
            }
        )(point);
        Check.Bits(2, point.X);
        Check.Bits([3], point.Ys);
        Real[] array = [2.0, 3.0];
        Check.Bits(
            [0, 0],
            Grad(x =>
            {
                x[0] = 7;
                x[1] = x[0];
                return x[1];
            })(array)
        );
        Check.Bits([2, 3], array);
    }

    [Fact]
    public void A_private_number_is_refused_with_type_field_and_remedy()
    {
        var error = Assert.Throws<ArgumentException>(() => Grad((Hidden p) => p.X * p.Bump())(new() { X = 2 }));
        Assert.Contains(nameof(Hidden), error.Message);
        Assert.Contains("secret", error.Message);
        Assert.Contains("constructor or settable properties", error.Message);
    }

    [Fact]
    public void A_constructor_that_does_not_match_the_properties_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => Grad((Mismatched p) => p.X)(new(1)));
        Assert.Contains(nameof(Mismatched), error.Message);
        Assert.Contains("public constructor whose parameters are its public properties", error.Message);
    }

    [Fact]
    public void Interfaces_and_abstract_types_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => Grad((IThing p) => p.X)(new Thing(2)));
        Assert.Contains(nameof(IThing), error.Message);
        Assert.Contains("interface", error.Message);
        var onAbstract = Assert.Throws<ArgumentException>(() => Grad((Abstract p) => p.X)(new Concrete(2)));
        Assert.Contains(nameof(Abstract), onAbstract.Message);
        Assert.Contains("abstract", onAbstract.Message);
    }

    [Fact]
    public void Containers_of_objects_are_refused_rather_than_taken_for_constants()
    {
        Assert.Throws<ArgumentException>(() => Grad(((Real X, ArrayList Others) p) => p.X * (Real)p.Others[0]!)((2, [(Real)3])));
        Assert.Throws<ArgumentException>(() => Grad(((Real X, object Others) p) => p.X * (Real)p.Others)((2, (Real)3)));
        Assert.Throws<ArgumentException>(() => Grad(((Real X, object[] Others) p) => p.X * (Real)p.Others[0])((2, [(Real)3])));
    }

    [Fact]
    public void Plain_doubles_as_a_parameter_are_refused_with_the_remedy()
    {
        var error = Assert.Throws<ArgumentException>(() => Grad((double[] x) => (Real)x[0])([1]));
        Assert.Contains("System.Double[]", error.Message);
        Assert.Contains("Real[]", error.Message);
        Assert.Throws<ArgumentException>(() => Jvp((double x) => (Real)x)(1, 1));
        Assert.Throws<ArgumentException>(() => Grad((string s) => (Real)s.Length)("text"));
    }

    [Fact]
    public void Results_are_structures_too()
    {
        var result = Diff(x => new Outer("name", new(x * x, 1), [x, 5 * x], 2, Kind.Plain, false))(3.0);
        Check.Bits(6, result.Inner.A);
        Check.Bits([1, 5], result.B);
        Assert.Equal("name", result.Name);
        Check.Bits(3, Diff(x => new Dictionary<string, Real> { ["a"] = 3 * x })(2.0)["a"]);
    }

    [Fact]
    public void Sequences_that_are_computed_when_they_are_read()
    {
        Check.Bits([1, 2, 3], [.. Diff(x => Enumerable.Range(1, 3).Select(i => i * x))(2.0)]);
        Check.Bits([4, 6], [.. Jvp((Real[] x) => x.Select(v => v * v))([2.0, 3.0], [1.0, 1.0]).Tangent]);
        var (value, pullback) = Vjp((Real[] x) => x.Select(v => v * v))([2.0, 3.0]);
        Check.Bits([4, 9], [.. value]);
        Check.Bits([4, 6], pullback([1.0, 1.0]));
        Check.Bits([6, 0], pullback(Enumerable.Range(1, 2).Select(i => (Real)(3 - i * 1.5)).Select(w => w)));
        var gradient = Grad((IEnumerable<Real> x) => x.Select(v => v * v).Aggregate((a, b) => a + b))(new[] { 2, 3 }.Select(v => (Real)v));
        Check.Bits([4, 6], [.. gradient]);
    }

    [Fact]
    public void Tangents_and_cotangents_must_have_the_same_keys()
    {
        var jvp = Jvp((Dictionary<string, Real> p) => p["a"]);
        var error = Assert.Throws<ArgumentException>(() => jvp(new() { ["a"] = 1 }, new() { ["b"] = 1 }));
        Assert.Contains("[a]", error.Message);
    }
}
