// What people differentiate, one line each. PublishedTests runs it as it is, published with native AOT, and trimmed: the lines are the same.
using FuncAD;
using static FuncAD.AD;

void Show(string name, Func<object?> f)
{
    try
    {
        Console.WriteLine($"{name}: {f()}");
    }
    catch (Exception error)
    {
        Console.WriteLine($"{name}: {error.GetType().Name}: {error.Message}");
    }
}

Show("number", () => Grad(x => x * x)(3.0));
Show("array", () => Grad(x => x[0] * x[1])([3.0, 2.0])[0]);
Show("record", () => Grad((Line m) => m.Slope * m.Offsets[0])(new Line(2, [0.5, -1], "a")).Offsets[0]);
Show("tuple", () => Grad(((Real A, Real B) p) => p.A * p.B)((2, 3)));
Show("class tuple", () => Grad((Tuple<Real, Real> p) => p.Item1 * p.Item2)(Tuple.Create((Real)2, (Real)3)));
Show("list", () => Grad((List<Real> p) => p[0] * p[1])([2, 3])[0]);
Show("dictionary", () => Grad((Dictionary<string, Real> p) => p["a"] * p["b"])(new() { ["a"] = 2, ["b"] = 3 })["a"]);
Show(
    "keys of an enum",
    () => Grad((Dictionary<Side, Real> p) => p[Side.Left] * p[Side.Right])(new() { [Side.Left] = 2, [Side.Right] = 3 })[Side.Left]
);
Show(
    "keys that are dates",
    () =>
        Grad((SortedList<DateTime, Real> p) => p.Values[0] * p.Values[1])(new() { [new(2026, 1, 1)] = 2, [new(2027, 1, 1)] = 3 }).Values[0]
);
Show("struct", () => Grad((Pair p) => p.A * p.B)(new Pair { A = 2, B = 3 }).A);
Show("structs", () => Grad((Pair[] p) => p[0].A * p[1].B)([new() { A = 2, B = 3 }, new() { A = 4, B = 5 }])[0].A);
Show("list of tuples", () => Grad((List<(Real A, Real B)> p) => p[0].A * p[1].B)([(1, 2), (3, 4)])[0].A);
Show(
    "nested",
    () =>
        Grad((Outer p) => p.Lines[0].Slope * p.Pair.A)(
            new Outer
            {
                Lines = [new Line(2, [], "x")],
                Pair = new Pair { A = 2, B = 3 },
            }
        )
            .Lines[0]
            .Slope
);
Show(
    "jagged",
    () =>
        Grad((Real[][] p) => p[0][0] * p[1][0])([
            [2],
            [3],
        ])[0][0]
);
Show(
    "grid",
    () =>
        Grad((Real[,] p) => p[0, 0] * p[0, 1])(
            new Real[,]
            {
                { 2, 3 },
            }
        )[0, 0]
);
Show("nullable", () => Grad((Real? p) => p!.Value * 2)(3));
Show("generic", () => Grad((Nested<Real> p) => p.Inner.Value * p.Inner.Value)(new Nested<Real>(new Box<Real>(3))));
Show("private", Hidden.Run);
Show("beside a framework's type", () => Grad((Located p) => p.A * p.A)(new Located(3, new Version(1, 2), new DateTime(2026, 1, 1))));
Show("by generic code", () => Descend(new Unnamed { A = 2, B = new Empty() }, p => p.A * p.A).A);
Show("tensor", () => Grad((Tensor p) => (p * p).Sum())(Tensor.Of(1.0, 2.0)));
Show(
    "layer",
    () =>
        Grad((Layer p) => p.Weights.MatMul(p.Bias).Sum())(
            new Layer(
                Tensor.Of(
                    new double[,]
                    {
                        { 1, 2 },
                        { 3, 4 },
                    }
                ),
                Tensor.Of(1.0, 2.0)
            )
        )
);
Show("jvp", () => Jvp(x => new[] { x[0] * x[1], x[0] / x[1] })([3.0, 2.0], [1.0, 0.0]).Tangent[0]);
Show("vjp", () => Vjp(x => new[] { x[0] * x[1], x[0] / x[1] })([3.0, 2.0]).Pullback([1.0, 0.0])[0]);
Show("hessian", () => Hessian(x => x[0] * x[0] * x[1])([3.0, 2.0])[0, 0]);
Show("hvp", () => Hvp((Line m) => m.Slope * m.Slope * m.Slope)(new Line(2, [1], "a"), new Line(1, [0], "a")).Slope);
Show("taylor", () => string.Join(" ", Taylor(x => Real.Exp(x), 4)(0)));
Show("curried", () => Diff(x => (Func<Real, Real>)(y => x * y))(2)(3));
Show("curried twice", () => Diff(x => (Func<Real, Real, Real[]>)((y, z) => [x * y * z]))(2)(3, 4)[0]);
Show("compiled", () => Compile(Grad(x => x[0] * Real.Exp(x[1])), [3.0, 2.0]).Invoke([5.0, 0.0])[1]);
Show(
    "compiled, other parts",
    () =>
        Compile((Located p) => p.A * p.Place.Major, new Located(1, new Version(1, 2), default))
            .Invoke(new Located(1, new Version(3, 4), default))
);
Show("program", () => Compile(x => Real.RootN(x[0], 3) + RealMath.BesselJ(3, x[0]), [3.0]));
Show(
    "batch",
    () =>
    {
        var outputs = new double[100];
        Compile((Real x) => Real.Exp(x) * Real.Sin(x), 1).RunBatch(Enumerable.Range(0, 100).Select(i => i / 10.0).ToArray(), outputs, 100);
        return outputs.Sum().ToString("F9");
    }
);
Show(
    "sum over data",
    () =>
    {
        var sum = CompileSum(
            (Coefficients line, (Real X, Real Y) d) => Real.Pow(d.Y - line.Slope * d.X - line.Offset, 2),
            new Coefficients(1, 0),
            (0.0, 0.0)
        );
        return sum.ValueAndGrad(new Coefficients(2, 0.5), sum.Columns([(1, 2.4), (2, 4.7), (3, 6.4)]));
    }
);
Show(
    "l-bfgs",
    () => Optim.Lbfgs((Coefficients p) => Real.Pow(p.Slope - 1, 2) + Real.Pow(p.Offset - 3, 2), new Coefficients(0, 0)).Value < 1e-20
);
Show("adam", () => Optim.Adam(Optim.Start(new Coefficients(1, 1)), new Coefficients(1, -1), 0.1).Parameters);
Show("formula", () => Symbolic.Of(x => Real.RootN(x[0], 3) + RealMath.BesselJ(3, x[0]), "a").Derivative("a"));
Show("trace", () => ReverseTrace(x => x[0] * Real.Sin(x[1]), [1.0, 2.0]));
Show("check", () => CheckGradient((Line m) => m.Slope * m.Offsets[0], new Line(2, [0.5, -1], "a")).ToString()!.Split(':')[0]);
Show(
    "logarithm of a determinant",
    () =>
        Grad((Tensor p) => p.LogDeterminant())(
            Tensor.Of(
                new double[,]
                {
                    { 4, 1 },
                    { 1, 3 },
                }
            )
        )
);
Show("custom", () => Grad(Custom("cube", x => x * x * x, (x, y) => 3 * x * x))(2));
Show("chance", () => Stochastic.Derivative((p, chance) => chance.Bernoulli(p), RandomKey.Of(1), 1000)(0.3));
Show("no numbers", () => Grad((Empty p) => 1)(new Empty()));

static P Descend<P>(P x, Func<P, Real> f) => Grad(f)(x);

record Line(Real Slope, Real[] Offsets, string Name);

record Coefficients(Real Slope, Real Offset);

record Layer(Tensor Weights, Tensor Bias);

record Located(Real A, Version Place, DateTime Date);

enum Side
{
    Left,
    Right,
}

struct Pair
{
    public Real A { get; set; }
    public Real B { get; set; }
}

class Outer
{
    public List<Line> Lines { get; set; } = [];
    public Pair Pair { get; set; }
}

record Box<T>(T Value);

record Nested<T>(Box<T> Inner);

class Empty;

class Unnamed
{
    public Real A { get; set; }
    public Empty? B { get; set; }
}

static class Hidden
{
    private class Secret
    {
        public Real A { get; set; }
        public Real[] B { get; set; } = [];
    }

    public static object? Run() => Grad((Secret s) => s.A * s.B[0])(new Secret { A = 2, B = [3] }).A;
}
