using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra.Double;

namespace FuncAD.Tests.Lifted;

/// <summary>The rules of this library in the place of MathNet's code: special functions, roots, minima, and linear algebra by arrays.</summary>
public class LiftMathNetTests
{
    [Fact]
    public void MathNets_methods_have_the_rules_of_this_library_when_asked_for()
    {
        var options = new LiftOptions().WithMathNetRules();
        Func<double, double> root = p => MathNet.Numerics.RootFinding.Bisection.FindRoot(y => y * y * y - p, 0.5, 3, 1e-14, 200);
        Assert.Equal(0, AD.Diff(Lift.Of(root))(2).Value);
        var lifted = Lift.Of(root, options);
        Assert.Equal(root(2), lifted(2).Value);
        double[] expected = [1.0 / 3, -2.0 / 9, 10.0 / 27, -80.0 / 81];
        for (var order = 1; order <= 4; order++)
        {
            var exact = expected[order - 1] * Math.Pow(2, 1.0 / 3 - order);
            Assert.Equal(exact, AD.Diff(lifted, order)(2).Value, 1e-11);
        }
        Assert.Equal(-2.0 / 9 * Math.Pow(2, -5.0 / 3), AD.Grad(AD.Grad(lifted))(2).Value, 1e-11);
        Func<double, double> special = x =>
            SpecialFunctions.Erf(x)
            + SpecialFunctions.GammaLn(x)
            + SpecialFunctions.Logistic(x)
            + MathNet.Numerics.RootFinding.Brent.FindRoot(y => y - x, -3, 3);
        Assert.Equal(special(0.7), Lift.Of(special, options)(0.7).Value, 1e-14);
        Assert.Equal(AD.Diff(Lift.Of(special))(0.7).Value, AD.Diff(Lift.Of(special, options))(0.7).Value, 1e-12);
    }

    public static TheoryData<string> Searches() => [.. searches.Select(s => s.Name)];

    // Each has the root or minimum y = p^2.
    private static readonly (string Name, Func<double, double> F, Func<double, double> Slope)[] searches =
    [
        ("FindRoots", p => FindRoots.OfFunction(y => Math.Log(y) - 2 * Math.Log(p), 0.1, 9), p => 2 * p),
        ("Secant", p => MathNet.Numerics.RootFinding.Secant.FindRoot(y => y * y - p * p * p * p, 1, 2, 0.1, 9, 1e-12), p => 2 * p),
        (
            "Newton",
            p => MathNet.Numerics.RootFinding.NewtonRaphson.FindRoot(y => Math.Exp(y) - Math.Exp(p * p), y => Math.Exp(y), 0.1, 9),
            p => 2 * p
        ),
        ("minimum", p => FindMinimum.OfScalarFunction(y => Math.Cosh(y - p * p), 1), p => 2 * p),
        ("bounded minimum", p => FindMinimum.OfScalarFunctionConstrained(y => Math.Pow(y - p * p, 2), 0, 9), p => 2 * p),
        (
            "minimum of two arguments",
            p =>
            {
                var (y, z) = FindMinimum.OfFunction((y, z) => Math.Pow(y - p * p, 2) + Math.Pow(z - y * p, 2), 1, 1, 1e-10, 5000);
                return y + z;
            },
            p => 2 * p + 3 * p * p
        ),
        (
            "minimum of three arguments",
            p =>
            {
                var (y, z, t) = FindMinimum.OfFunction(
                    (y, z, t) => Math.Pow(y - p * p, 2) + Math.Pow(z - y * p, 2) + Math.Cosh(t - p),
                    1,
                    1,
                    1,
                    1e-10,
                    5000
                );
                return y + z + t;
            },
            p => 2 * p + 3 * p * p + 1
        ),
    ];

    [Theory]
    [MemberData(nameof(Searches))]
    public void Roots_and_minima_of_MathNet_are_implicit_functions(string name)
    {
        var (_, f, slope) = searches.Single(s => s.Name == name);
        var lifted = Lift.Of(f, new LiftOptions().WithMathNetRules());
        foreach (var p in new[] { 1.0, 1.3, 0.5 })
        {
            Assert.Equal(f(p), lifted(p).Value);
            Assert.Equal(slope(p), AD.Diff(lifted)(p).Value, 1e-7 * slope(p));
            Assert.Equal(slope(p), AD.Grad(lifted)(p).Value, 1e-7 * slope(p));
            Assert.Equal((slope(p + 1e-4) - slope(p - 1e-4)) / 2e-4, AD.Grad(AD.Diff(lifted))(p).Value, 1e-5);
        }
    }

    [Fact]
    public void A_search_that_ends_where_no_root_is_says_so()
    {
        // A kink is a minimum, where no slope is 0.
        Func<double, double> kink = p => FindMinimum.OfScalarFunctionConstrained(y => Math.Abs(y - p), 0, 3);
        Assert.Contains(
            "did not find a root",
            Assert.Throws<LiftException>(() => AD.Diff(Lift.Of(kink, new LiftOptions().WithMathNetRules()))(1.3)).Message,
            StringComparison.Ordinal
        );
    }

    // ---- Linear algebra by arrays ----

    private static MathNet.Numerics.LinearAlgebra.Matrix<double> Matrix(double[] x, int n, bool isSymmetric = false)
    {
        var random = new Random(5);
        var noise = Enumerable.Range(0, n * n).Select(_ => random.NextDouble() - 0.5).ToArray();
        double Entry(int i, int j) => Math.Sin(x[0] * noise[i * n + j]) + x[1] * noise[(i * n + j * 7) % (n * n)];
        return MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(
            n,
            n,
            (i, j) =>
                (isSymmetric ? Entry(Math.Min(i, j), Math.Max(i, j)) : Entry(i, j))
                + (
                    i == j
                        ? isSymmetric
                            ? n
                            : 1
                        : 0
                )
        );
    }

    private static MathNet.Numerics.LinearAlgebra.Vector<double> Right(double[] x, int n) =>
        MathNet.Numerics.LinearAlgebra.Vector<double>.Build.Dense(n, i => Math.Cos(i * x[0]) + x[1]);

    private static readonly (string Name, Func<double[], int, double> F)[] algebra =
    [
        // Zeros, ones and equal entries; and what has no solution.
        ("identity", (x, n) => ((DenseMatrix.CreateIdentity(n) * x[0]) * (DenseMatrix.CreateIdentity(n) * x[1])).Trace()),
        ("ones", (x, n) => (DenseMatrix.Create(n, n, x[0]) * DenseMatrix.Create(n, n, x[1])).FrobeniusNorm()),
        ("inverse of a diagonal", (x, n) => (DenseMatrix.CreateIdentity(n) * x[0]).Inverse().Trace() * x[1]),
        ("solve", (x, n) => Matrix(x, n).Solve(Right(x, n)).L2Norm()),
        ("solve for many", (x, n) => Matrix(x, n).Solve(Matrix([x[1], x[0]], n)).FrobeniusNorm()),
        ("solve for a constant", (x, n) => Matrix(x, n).Solve(Right([1, 2], n)).Sum()),
        ("constant matrix", (x, n) => Matrix([1, 2], n).Solve(Right(x, n)).Sum()),
        ("inverse", (x, n) => Matrix(x, n).Inverse()[1, 2]),
        ("determinant", (x, n) => Math.Log(Math.Abs(Matrix(x, n).Determinant()))),
        ("product", (x, n) => (Matrix(x, n) * Matrix([x[1], x[0]], n)).FrobeniusNorm()),
        ("product with a transpose", (x, n) => Matrix(x, n).TransposeAndMultiply(Matrix([x[1], x[0]], n)).FrobeniusNorm()),
        ("transpose by a product", (x, n) => Matrix(x, n).TransposeThisAndMultiply(Matrix([x[1], x[0]], n))[1, 0]),
        ("product with a vector", (x, n) => (Matrix(x, n) * Right(x, n)).L2Norm()),
        ("Cholesky", (x, n) => Matrix(x, n, true).Cholesky().Solve(Matrix([x[1], x[0]], n)).FrobeniusNorm()),
    ];

    public static TheoryData<string> Algebra() => [.. algebra.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Algebra))]
    public void Linear_algebra_by_arrays_has_the_derivatives_of_MathNets_code(string name)
    {
        var f = algebra.Single(a => a.Name == name).F;
        double[] x = [0.7, 1.3];
        foreach (var n in new[] { 5, 47 })
        {
            Func<double[], double> g = p => f(p, n);
            Func<Real[], Real> code = Lift.Of(g),
                arrays = Lift.Of(g, new LiftOptions().WithMathNetRules());
            void Same(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * Math.Max(1, Math.Abs(expected)));
            Same(g(x), arrays(x.ToReals()).Value);
            var (expected, actual) = (AD.Grad(code)(x.ToReals()), AD.Grad(arrays)(x.ToReals()));
            Same(expected[0].Value, actual[0].Value);
            Same(expected[1].Value, actual[1].Value);
            Same(expected[0].Value + expected[1].Value, AD.Jvp(arrays)(x.ToReals(), [1.0, 1.0]).Item2.Value);
            var (second, own) = (AD.Hessian(code)(x.ToReals()), AD.Hessian(arrays)(x.ToReals()));
            for (var k = 0; k < 4; k++)
                Same(second[k / 2, k % 2].Value, own[k / 2, k % 2].Value);
            Real Nested(Func<Real[], Real> h) => AD.Diff(u => AD.Diff(v => AD.Diff(w => h([w, v]))(u))(0.9))(0.7);
            Same(Nested(code).Value, Nested(arrays).Value);
        }
    }

    [Fact]
    public void Linear_algebra_of_a_compiled_function_is_MathNets_code()
    {
        Func<double[], double> f = x => (Matrix(x, 28) * Matrix(x, 28)).Inverse()[0, 1];
        var compiled = AD.Compile(Lift.Of(f, new LiftOptions().WithMathNetRules()), [0.7, 1.3]);
        Assert.Equal(f([0.6, 1.2]), compiled.Invoke([0.6, 1.2]).Value, 1e-12);
    }

    [Fact]
    public void A_singular_matrix_has_MathNets_answer()
    {
        Func<double[], double> f = x => DenseMatrix.Create(50, 50, x[0]).Solve(DenseMatrix.CreateIdentity(50))[0, 0];
        var lifted = Lift.Of(f, new LiftOptions().WithMathNetRules());
        Assert.Equal(f([2.0]), lifted([2.0]).Value);
        Assert.Equal(f([2.0]), AD.ValueAndGrad(lifted)([2.0]).Value.Value);
    }
}
