using System.Numerics;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Compiled functions from C#: inference, structures, branches, batches, sums, and a program without run-time code.</summary>
[Collection(ProcessCollection.Name)]
public class CompiledTests
{
    private record Model(Real A, Real[] B, string Name);

    private static T Square<T>(T x)
        where T : IFloatingPointIeee754<T> => x * T.Sqrt(x * x) * T.CopySign(T.One, x);

    [Fact]
    public void Untyped_lambdas_and_plain_examples_infer()
    {
        Check.Bits(9, Compile(x => x * x, 3.0).Invoke(-3.0));
        Check.Bits(35, Compile(x => x[0] * x[1], [3.0, 2.0]).Invoke([5.0, 7.0]));
        Check.Bits([7, 5], Compile(Grad(x => x[0] * x[1]), [3.0, 2.0]).Invoke([5.0, 7.0]));
        Check.Bits(75, Compile(Grad(x => x * x * x), 1.0).Invoke(5.0));
        Check.Bits(30, Compile(Grad(Grad(x => x * x * x)), 1.0).Invoke(5.0));
        Check.Bits([5, 25], Compile(x => new[] { x, x * x }, 1.0).Invoke(5.0));
        Check.Bits([8, 12, 6, 1], Compile(Taylor(x => x * x * x, 3), 1.0).Invoke(2.0));
        Assert.Equal(
            new double[,]
            {
                { 0, 1 },
                { 1, 0 },
            },
            Compile(Hessian(x => x[0] * x[1]), [1.0, 1.0]).Invoke([3.0, 4.0]).ToDoubles()
        );
        Assert.Equal(
            new double[,]
            {
                { 4, 3 },
            },
            Compile(Jacobian(x => [x[0] * x[1]]), [1.0, 1.0]).Invoke([3.0, 4.0]).ToDoubles()
        );
        Check.Bits(6, Compile(Laplacian(x => x[0] * x[0] + 2 * x[1] * x[1]), [1.0, 1.0]).Invoke([3.0, 4.0]));
        Check.Bits(9, Compile(Square<Real>, 1.0).Invoke(3.0));
        Check.Bits(6, Compile(Grad((Func<Real, Real>)Square), 1.0).Invoke(3.0));
        var (value, gradient) = Compile(ValueAndGrad(x => x[0] * x[1]), [1.0, 1.0], new CompileOptions { Mode = ExecutionMode.MachineCode })
            .Invoke([3.0, 4.0]);
        Check.Bits(12, value);
        Check.Bits([4, 3], gradient);
        var (y, tangent) = Compile(((Real X, Real Dx) p) => Jvp(x => x * x)(p.X, p.Dx), (1.0, 1.0)).Invoke((3.0, 2.0));
        Check.Bits(9, y);
        Check.Bits(12, tangent);
        var twice = Compile((Real[] x) => Vjp((Real[] v) => new[] { v[0] * v[1], v[0] })(x).Pullback([2.0, 5.0]), [1.0, 1.0]);
        Check.Bits([13, 6], twice.Invoke([3.0, 4.0]));
    }

    [Fact]
    public void Records_tuples_and_dictionaries_go_in_and_out()
    {
        var compiled = Compile(Grad((Model m) => m.A * m.B[0] - m.B[1]), new Model(1.0, [2.0, 3.0], "line"));
        var gradient = compiled.Invoke(new Model(4.0, [5.0, 6.0], "line"));
        Check.Bits(5, gradient.A);
        Check.Bits([4, -1], gradient.B);
        Assert.Equal("line", gradient.Name);
        Assert.Equal("other", compiled.Invoke(new Model(4.0, [5.0, 6.0], "other")).Name);

        var quotes = Compile(
            (Dictionary<string, Real> q) => (Spread: q["ask"] - q["bid"], All: q),
            new Dictionary<string, Real> { ["bid"] = 1.0, ["ask"] = 2.0 }
        );
        var (spread, all) = quotes.Invoke(new() { ["bid"] = 10.0, ["ask"] = 13.0 });
        Check.Bits(3, spread);
        Check.Bits(10, all["bid"]);
    }

    [Fact]
    public void Custom_rules_compile_in_all_three_forms()
    {
        var cube = Custom("cube", x => x * x * x, slope: (x, y) => 3 * x * x);
        Check.Bits(12, Compile(Grad(cube), 1.0).Invoke(2.0));
        Check.Bits(12, Compile(Grad(Grad(cube)), 1.0).Invoke(2.0));
        var product = Custom("product", (Real[] x) => x[0] * x[1], (x, y, w) => new[] { w * x[1], w * x[0] });
        Check.Bits([3, 2], Compile(Grad(product), [1.0, 1.0]).Invoke([2.0, 3.0]));
        var forward = Custom(
            "product",
            (Real[] x) => x[0] * x[1],
            (x, y, w) => new[] { w * x[1], w * x[0] },
            (x, y, dx) => dx[0] * x[1] + x[0] * dx[1]
        );
        Check.Bits(5, Compile((Real[] x) => Jvp(forward)(x, [1.0, 1.0]).Tangent, [1.0, 1.0]).Invoke([2.0, 3.0]));
    }

    [Fact]
    public void Branches_loops_and_selections_are_right_on_every_side()
    {
        static Real Root(Real a)
        {
            Real x = 1,
                step = 1;
            while (Abs(step) > 1e-12)
            {
                step = (x * x - a) / (2 * x);
                x -= step;
            }
            return x;
        }
        var root = Compile(Grad((Func<Real, Real>)Root), 2.0);
        foreach (var a in new[] { 2.0, 3.0, 1e6, 1e-3 })
            Check.Bits(Grad((Func<Real, Real>)Root)(a).Value, root.Invoke(a));
        Assert.InRange(root.Paths, 2, 4);

        Func<Real, Real> smooth = x => Real.Select(Real.Less(x, 0.0) | !Real.LessOrEqual(x, 9.0), -x, Sqrt(x));
        var selected = Compile(Grad(smooth), 4.0);
        Check.Bits([0.25, -1, -1], [selected.Invoke(4.0), selected.Invoke(-4.0), selected.Invoke(16.0)]);
        Assert.Equal(1, selected.Paths);
    }

    [Fact]
    public void A_compiled_function_is_a_function()
    {
        var cube = Compile(x => x * x * x, 1.0);
        Check.Bits(12, Grad(cube.Invoke)(2.0));
        Check.Bits(12, Diff(cube.Invoke)(2.0));
        var slope = Compile(Grad(cube.Invoke), 1.0);
        Check.Bits(12, slope.Invoke(2.0));
        Check.Bits(12, Grad(slope.Invoke)(2.0));
        Assert.Equal("v0 = x0 * x0\nv1 = x0 * v0\ny0 = v1\n", cube.ToString());
        Assert.StartsWith("digraph program {", cube.ToDot());
        Assert.Equal((1, 1, 2, 2, 1), (cube.Inputs, cube.Outputs, cube.TracedOperations, cube.Operations, cube.Paths));
    }

    [Fact]
    public void Plain_numbers_single_and_in_batches()
    {
        var compiled = Compile(Grad(x => x[0] * x[1] * x[1]), [1.0, 1.0]);
        Span<double> one = stackalloc double[2];
        compiled.Run([2.0, 3.0], one);
        Assert.Equal([9.0, 12.0], one.ToArray());
        var many = new double[6];
        compiled.RunBatch([2, 1, 0, 3, 1, 5], many, 3);
        Assert.Equal([9.0, 1, 25, 12, 2, 0], many);
    }

    [Fact]
    public void What_does_not_fit_is_an_error_that_says_so()
    {
        var compiled = Compile(x => x[0] * x[1], [1.0, 2.0]);
        Assert.Equal("inputs", Assert.Throws<ArgumentException>(() => compiled.Run([1.0], new double[1])).ParamName);
        Assert.Equal("outputs", Assert.Throws<ArgumentException>(() => compiled.Run([1.0, 2.0], new double[2])).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Compile((Func<Real, Real>)null!, 1.0)).ParamName);
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => Compile(x => x, 1.0, null!)).ParamName);
        Assert.Throws<ArgumentNullException>(() => Compile((Real[] x) => x[0], null!));
        Assert.Throws<ArgumentNullException>(() => compiled.Invoke(null!));
#pragma warning disable FAD001, FAD006 // the error at run time is the test
        Assert.Contains("Real.Select", Assert.Throws<InvalidOperationException>(() => Compile(x => x * (int)(double)x, 2.0)).Message);
        Assert.Contains("Real.Select", Assert.Throws<InvalidOperationException>(() => Compile(x => x * x.Value, 2.0)).Message);
#pragma warning restore FAD001, FAD006
        Assert.Contains(
            "hash code",
            Assert.Throws<InvalidOperationException>(() => Compile((Real x) => x * new HashSet<Real> { x }.Count, 2.0)).Message
        );
        Assert.Contains(
            "Compile(Grad(f))",
#pragma warning disable FAD005 // the error at run time is the test
            Assert.Throws<InvalidOperationException>(() => Grad(y => Compile(x => x * y, 1.0).Invoke(2.0))(3.0)).Message
#pragma warning restore FAD005
        );
    }

    [Fact]
    public void Sums_over_data_with_gradients_and_normal_equations()
    {
        var squares = CompileSum((Real slope, (Real X, Real Y) d) => (d.Y - slope * d.X) * (d.Y - slope * d.X), 1.0, (0.0, 0.0));
        var data = squares.Columns([(1, 2), (2, 5)]);
        var (value, gradient) = squares.ValueAndGrad(2.0, data);
        Check.Bits(1, value);
        Check.Bits(-4, gradient);
        var residuals = CompileSum((Real slope, (Real X, Real Y) d) => slope * d.X - d.Y, 1.0, (0.0, 0.0));
        var (sum, right, matrix) = residuals.NormalEquations(2.0, data);
        Assert.Equal((1, -2, 5), (sum, right[0], matrix[0, 0]));
        Check.Bits(-4, Grad(slope => squares.Invoke(slope, data))(2.0));
        Assert.Throws<ArgumentException>(() => squares.Value(2.0, [1.0]));
    }

    /// <summary>Functions of a record and a datum whose derivatives are not those of the operations that they perform, or whose results mix what is equal for all
    /// data with what is not.</summary>
    private static readonly Dictionary<string, Func<Model, Real[], Real>> PerDatum = new()
    {
        ["constant"] = (m, d) => 3,
        ["parameters alone"] = (m, d) => m.A * m.B[0],
        ["data alone"] = (m, d) => d[0],
        ["constant factor"] = (m, d) => 3 * (m.A - d[0]),
        ["offset"] = (m, d) => Exp(-m.A) * (d[0] + m.B[1]),
        ["stopped"] = (m, d) => (d[0] - StopGradient(m.A)) * m.A,
        ["stopped record"] = (m, d) => StopGradient(m).B[0] * m.B[0] * d[0],
        ["chosen by parameters"] = (m, d) => Real.Select(Real.Less(m.A, m.B[0]), m.A * d[0], m.B[1] * d[1]),
        ["scalar rule"] = (m, d) => Custom("rule", x => x * x, (x, y) => 3 * x)(m.A) * d[0],
        ["rule by pullback"] = (m, d) => Custom("rule", (Real[] x) => x[0] * x[1], (x, y, w) => [w * x[0], w * x[1]])([m.A, d[1]]) * m.B[0],
        ["rule with pushforward"] = (m, d) =>
            Custom("rule", (Real[] x) => x[0] * x[1], (x, y, w) => [w * x[0], w * x[1]], (x, y, v) => x[0] * v[0] + x[1] * v[1])(m.B)
            * d[0],
        ["root of nothing"] = (m, d) => Pow(Max(d[0], Sqrt(m.B[1])), 2) * m.A,
        ["overwritten"] = (m, d) =>
        {
            d[0] *= m.A;
            m.B[0] += d[0];
            return d[0] * m.B[0];
        },
        ["branch"] = (m, d) => d[0] < 2 ? m.A * d[0] : m.B[0] * m.B[0] + d[1],
    };

    /// <summary>The numbers are whole, so that sums are exact.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1000)]
    public void Sums_over_data_are_those_of_the_loop_for_every_member(int count)
    {
        double[][] rows = [.. Enumerable.Range(0, count).Select(k => new double[] { k % 4, 2 - k % 3 })];
        double[] columns = [.. rows.Select(row => row[0]), .. rows.Select(row => row[1])];
        Model Structure(Real[] x) => new(x[0], [x[1], x[2]], "model");
        foreach (var (name, f) in PerDatum)
        {
            var example = name == "offset" ? new Real[] { 0, 2, 5 } : [4, 2, 0];
            Real Term(Real[] x, double[] row) => f(Structure(x), row.ToReals());
            Real Loop(Real[] x) => rows.Aggregate((Real)0, (sum, row) => sum + Term(x, row));
            var (value, gradient) = ValueAndGrad(Loop)(example);
            var hessian = Hessian(Loop)(example);
            var residuals = rows.Select(row => ValueAndGrad(x => Term(x, row))(example)).ToArray();
            foreach (var mode in new[] { ExecutionMode.Interpreted, ExecutionMode.MachineCode })
            {
                var sum = CompileSum(f, Structure([1, 1, 1]), new Real[] { 1, 1 }, new CompileOptions { Mode = mode });
                var at = Structure(example);
                Check.Bits(value.Value, sum.Value(at, columns), name);
                var first = sum.ValueAndGrad(at, columns);
                Check.Bits(value.Value, first.Item1, name);
                Check.Bits(gradient.ToDoubles(), [first.Item2.A, .. first.Item2.B], name);
                Assert.Equal("model", first.Item2.Name);
                var second = sum.Hessian(at, columns);
                Check.Bits(value.Value, second.Item1, name);
                Check.Bits(gradient.ToDoubles(), second.Item2.ToReals(), name);
                var normal = sum.NormalEquations(at, columns);
                Check.Bits(residuals.Sum(r => r.Value.Value * r.Value.Value), normal.Item1, name);
                for (var i = 0; i < 3; i++)
                {
                    Check.Bits(residuals.Sum(r => r.Gradient[i].Value * r.Value.Value), normal.Item2[i], name);
                    for (var j = 0; j < 3; j++)
                    {
                        Check.Bits(hessian[i, j].Value, second.Item3[i, j], $"{name}, Hessian {i} {j}");
                        Check.Bits(
                            residuals.Sum(r => r.Gradient[i].Value * r.Gradient[j].Value),
                            normal.Item3[i, j],
                            $"{name}, J^T J {i} {j}"
                        );
                    }
                }
                Check.Bits(example.ToDoubles(), [at.A, .. at.B], name + ": the caller's numbers");
            }
        }
    }

    /// <summary>Where run-time code is switched off, to generate it is an exception: that this runs shows that programs are interpreted.</summary>
    [Fact]
    public void Where_no_code_can_be_generated_programs_are_interpreted()
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "interpreted")).FullName;
        var project = Path.Combine(Dotnet.Repository, "src-csharp", "FuncAD", "FuncAD.csproj");
        var file = Path.Combine(folder, "interpreted.cs");
        File.WriteAllText(
            file,
            $$"""
            #:project {{project}}
            #:property PublishAot=false
            #:property DynamicCodeSupport=false
            using System.Runtime.CompilerServices;
            using FuncAD;

            try { _ = new System.Reflection.Emit.DynamicMethod("none", typeof(void), []); return 1; }
            catch (PlatformNotSupportedException) { }
            var options = new CompileOptions { Mode = ExecutionMode.MachineCode };
            var compiled = AD.Compile(AD.Grad(m => RealMath.Exp(m[0]) * m[1]), [1.0, 2.0], options);
            var gradient = compiled.Invoke([0.0, 3.0]);
            var batch = new double[4];
            compiled.RunBatch([0, 0, 3, 4], batch, 2);
            var sum = AD.CompileSum((Real p, Real d) => p * d * d, 1.0, 1.0, options);
            var (value, slope) = sum.ValueAndGrad(2.0, [1, 2, 3]);
            Console.WriteLine(FormattableString.Invariant(
                $"{RuntimeFeature.IsDynamicCodeSupported} {gradient[0]} {gradient[1]} {string.Join(' ', batch)} {value} {slope}"));
            return 0;
            """
        );
        var result = Dotnet.Run("run", file);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("False 3 1 3 4 1 1 28 14", result.Output.Trim());
    }
}
