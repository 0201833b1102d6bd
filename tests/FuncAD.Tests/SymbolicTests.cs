using System.Numerics;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Formulas and numerical derivatives from C#: inference, names, errors, and the four ways side by side.</summary>
public class SymbolicTests
{
    private static Real Survey(Real[] x) => Log(x[0]) + x[0] * x[1] - Sin(x[1]);

    private static T Polynomial<T>(T[] x)
        where T : INumberBase<T> => x[0] * x[0] * x[1] + x[1] / (x[0] + T.One);

    [Fact]
    public void Untyped_lambdas_infer()
    {
        Assert.Equal("x^2", Symbolic.Of(x => x * x).ToString());
        Assert.Equal("t^2", Symbolic.Of(x => x * x, "t").ToString());
        Assert.Equal("a * b", Symbolic.Of(x => x[0] * x[1], "a", "b").ToString());
        Assert.Equal("x1 * x3", Symbolic.Of(x => x[0] * x[2], 3).ToString());
        Assert.Equal("a", Symbolic.Of(x => x[0], "a").ToString());
        Assert.Equal("sin(x)", Symbolic.Of(Sin).ToString());
        Assert.Equal("log(x1) + x1 * x2 - sin(x2)", Symbolic.Of(Survey, "x1", "x2").ToString());
        Assert.Equal("2 * x", Symbolic.Of(Diff(x => x * x)).Simplify().ToString());
        Assert.Equal("3 * x^2", Symbolic.Of(Grad(x => x * x * x)).Simplify().ToString());
    }

    [Fact]
    public void The_surveys_function_has_the_surveys_derivatives()
    {
        var f = Symbolic.Of(Survey, "x1", "x2");
        Assert.Equal(["x1", "x2"], f.Names);
        Assert.Equal("1 / x1 + x2", f.Derivative("x1").ToString());
        Assert.Equal("x1 - cos(x2)", f.Derivative(1).ToString());
        Assert.Equal(@"\frac{1}{x_{1}} + x_{2}", f.Derivative("x1").ToLatex());
        Assert.Equal(5.5, f.Derivative("x1").Evaluate(2, 5));
        Check.Bits(f.Evaluate(2, 5), Survey([2.0, 5.0]));
        Assert.Equal((9.0, 7), (f.TreeSize, f.GraphSize));
    }

    [Fact]
    public void Four_ways_agree()
    {
        var forward = JacobianForward(x => [Polynomial(x)])([2.0, 3.0]);
        var reverse = Grad<Real[]>(Polynomial)([2.0, 3.0]);
        var formula = Symbolic.Of(Polynomial, "x", "y");
        var complex = Numerical.ComplexStep(Polynomial, [2.0, 3.0]);
        var central = Numerical.Gradient(Polynomial, [2.0, 3.0], 1e-5);
        for (var i = 0; i < 2; i++)
        {
            Check.Close(forward[0, i].Value, reverse[i]);
            Check.Close(forward[0, i].Value, formula.Derivative(i).Evaluate(2, 3));
            Check.Close(forward[0, i].Value, formula.Derivative(i).Simplify().Evaluate(2, 3));
            Check.Close(forward[0, i].Value, complex[i]);
            // h^2/6 f''' is below 1e-10, and rounding 2 u f / h is below 4e-10
            Assert.Equal(forward[0, i].Value, central[i], 1e-9);
        }
    }

    [Fact]
    public void Numerical_derivatives_infer_and_forward_their_arguments()
    {
        Assert.Equal(4, Numerical.Derivative(x => x * x, 2, 0.25));
        Assert.Equal(4.25, Numerical.Derivative(x => x * x, 2, 0.25, Difference.Forward));
        Assert.Equal(12, Numerical.Derivative(x => x * x * x, 2, 0.25, Difference.Extrapolated));
        Assert.Equal([3.0, 2.0], Numerical.Gradient(x => x[0] * x[1], [2, 3], 0.25));
        Assert.Equal([3.0, 2.0], Numerical.Gradient(x => x[0] * x[1], [2, 3], 0.25, Difference.Forward));
        Assert.Equal(4, Numerical.ComplexStep(z => z * z, 2));
        Assert.Equal(4, Numerical.ComplexStep(z => z * z, 2, 1e-20));
        Assert.Equal([3.0, 2.0], Numerical.ComplexStep(z => z[0] * z[1], [2, 3]));
        Assert.Equal([3.0, 2.0], Numerical.ComplexStep(z => z[0] * z[1], [2, 3], 1e-20));
        Func<Real[], Real> ofReals = x => x[0] * x[1];
        Assert.Equal([3.0, 2.0], Numerical.Gradient(ofReals.ToDouble(), [2, 3], 0.25));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Symbolic.Of((Func<Real, Real>)null!)).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Symbolic.Of((Func<Real[], Real>)null!, "x")).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentNullException>(() => Symbolic.Of(x => x[0], (string[])null!)).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentException>(() => Symbolic.Of(x => x[0])).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentException>(() => Symbolic.Of(x => x[0], "x", "x")).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentException>(() => Symbolic.Of(x => x[2], "x", "y")).ParamName);
        Assert.Equal("count", Assert.Throws<ArgumentOutOfRangeException>(() => Symbolic.Of(x => x[0], 0)).ParamName);
        Assert.Contains("Real.Select", Assert.Throws<InvalidOperationException>(() => Symbolic.Of(x => x > 0 ? x : -x)).Message);
        Assert.Equal("name", Assert.Throws<ArgumentException>(() => Symbolic.Of(x => x).Derivative("y")).ParamName);
        Assert.Equal("inputs", Assert.Throws<ArgumentException>(() => Symbolic.Of(x => x).Evaluate()).ParamName);
        Assert.Equal("step", Assert.Throws<ArgumentOutOfRangeException>(() => Numerical.Derivative(x => x, 1, 0)).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Numerical.Gradient(null!, [1], 0.1)).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => Numerical.ComplexStep((Func<Complex, Complex>)null!, 1)).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentException>(() => Numerical.Gradient(x => 1, [], 0.1)).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentNullException>(() => Numerical.ComplexStep(z => z[0], null!)).ParamName);
    }
}
