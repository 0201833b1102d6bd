using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Functions of two to four arguments, and method groups: lambdas need no types where all arguments are numbers.</summary>
public class SeveralArgumentsTests
{
    private sealed record Model(Real Slope, Real[] Offsets, string Name);

    private static Real Loss(Model m) => m.Slope * m.Offsets[0];

    private static Real Area(Real width, Real height) => width * height;

    private static Real Scaled(Model m, Real t) => m.Slope * t * t;

    [Fact]
    public void Gradients_come_as_a_tuple()
    {
        var (dx, dy) = Grad((x, y) => x * x * y)(2.0, 3.0);
        Check.Bits(12, dx);
        Check.Bits(4, dy);
        Assert.Equal(((Real)12, (Real)8, (Real)6), Grad((x, y, z) => x * y * z)(2.0, 3, 4));
        Assert.Equal(((Real)60, (Real)40, (Real)30, (Real)24), Grad((x, y, z, w) => x * y * z * w)(2, 3, 4, 5));
    }

    [Fact]
    public void Gradients_with_respect_to_structures()
    {
        var (model, rate) = Grad((Model m, Real t) => m.Slope * t * m.Offsets[1])(new Model(2, [3.0, 4.0], "line"), 5.0);
        Check.Bits(20, model.Slope);
        Check.Bits([0, 10], model.Offsets);
        Assert.Equal("line", model.Name);
        Check.Bits(8, rate);
        var (weights, bias, scale) = Grad((Tensor w, Real[] b, Real s) => (w * s).Sum() + b[0])(Tensor.Of(1.0, 2.0), [7.0], 3.0);
        Assert.Equal(Tensor.Of(3.0, 3.0), weights);
        Check.Bits([1], bias);
        Check.Bits(3, scale);
        var four = Grad((Real a, Real[] b, Real c, Real d) => a * b[0] * c * d)(2, [3.0], 4, 5);
        Check.Bits([40], four.Item2);
    }

    [Fact]
    public void Values_come_with_the_gradients()
    {
        var (value, (dx, dy)) = ValueAndGrad((x, y) => x * x * y)(2.0, 3.0);
        Check.Bits(12, value);
        Check.Bits(12, dx);
        Check.Bits(4, dy);
        Check.Bits(24, ValueAndGrad((x, y, z) => x * y * z)(2, 3, 4).Value);
        Check.Bits(30, ValueAndGrad((x, y, z, w) => x * y * z * w)(2, 3, 4, 5).Gradient.Item3);
        Check.Bits(50, ValueAndGrad((Model m, Real t) => Scaled(m, t))(new(2, [], ""), 5).Value);
    }

    [Fact]
    public void Products_with_the_Jacobian()
    {
        var (value, tangent) = Jvp((x, y) => new[] { x * y, x })(2.0, 3.0, (1.0, 10.0));
        Check.Bits([6, 2], value);
        Check.Bits([23, 1], tangent);
        Check.Bits(1, Jvp((x, y, z) => x * y * z)(1, 2, 3, (0, 0, 0.5)).Tangent);
        Check.Bits(24, Jvp((x, y, z, w) => x * y * z * w)(1, 2, 3, 4, (1, 0, 0, 0)).Tangent);
        var (product, pullback) = Vjp((x, y) => (x * y, x))(2.0, 3.0);
        Check.Bits(6, product.Item1);
        Assert.Equal(((Real)13, (Real)2), pullback((1, 10)));
        Assert.Equal(((Real)12, (Real)6, (Real)4), Vjp((x, y, z) => x * y * z)(1, 2, 3).Pullback(2));
        Assert.Equal(((Real)24, (Real)12, (Real)8, (Real)6), Vjp((x, y, z, w) => x * y * z * w)(1, 2, 3, 4).Pullback(1));
        Check.Bits(20, Jvp((Model m, Real t) => m.Slope * t)(new(2, [], ""), 5, (new(4, [], ""), 0)).Tangent);
        Check.Bits(10, Vjp((Model m, Real t) => m.Slope * t)(new(2, [], ""), 5).Pullback(2).Item1.Slope);
    }

    [Fact]
    public void The_Hessian_of_several_numbers_is_a_matrix()
    {
        Assert.Equal(
            new double[,]
            {
                { 6, 4 },
                { 4, 0 },
            },
            Hessian((x, y) => x * x * y)(2.0, 3.0).ToDoubles()
        );
        Check.Bits(4, Hessian((x, y, z) => x * y * z)(2, 3, 4)[0, 1]);
        Check.Bits(8, Hessian((x, y, z, w) => x * y * z * w)(2, 3, 4, 2)[0, 1]);
    }

    [Fact]
    public void They_agree_with_functions_of_one_tuple_and_nest()
    {
        Func<(Real, Real), (Real, Real)> one = Grad(((Real X, Real Y) p) => Sin(p.X) * Exp(p.Y));
        var two = Grad((x, y) => Sin(x) * Exp(y));
        Assert.Equal(one((0.7, 0.3)), two(0.7, 0.3));
        Check.Close(-Math.Sin(0.7) * Math.Exp(0.3), Diff(x => two(x, 0.3).Item1)(0.7));
        Check.Close(Math.Cos(0.7) * Math.Exp(0.3), Grad(y => two(0.7, y).Item1)(0.3));
        Check.Bits(4, Compile(x => Grad((a, b) => a * a * b)(x[0], x[1]).Item2, [1.0, 2.0]).Invoke([2.0, 3.0]));
    }

    [Fact]
    public void A_number_may_be_written_as_a_plain_one_and_a_method_is_named()
    {
        Assert.Equal(((Real)3, (Real)2), Grad(Area)(2, 3));
        Assert.Equal(((Real)3, (Real)2), Grad((Real width, Real height) => Area(width, height))(2, 3));
        Check.Bits(25, Grad<Model, Real>(Scaled)(new(2, [], ""), 5).Item1.Slope);
    }

    /// <summary>C# infers no type arguments from a method group whose parameter is one: the type is written, or stands in a lambda.</summary>
    [Fact]
    public void A_method_on_a_record_names_the_record()
    {
        var model = new Model(2, [3.0], "line");
        Check.Bits(3, Grad<Model>(Loss)(model).Slope);
        Check.Bits(3, Grad((Model m) => Loss(m))(model).Slope);
        Check.Bits(6, ValueAndGrad<Model>(Loss)(model).Value);
        Check.Bits([1], Hvp<Model>(Loss)(model, new(1, [0.0], "")).Offsets);
        Check.Bits(3, Jvp<Model, Real>(Loss)(model, new(1, [0.0], "")).Tangent);
        Check.Bits(3, Vjp<Model, Real>(Loss)(model).Pullback(1).Slope);
        Assert.Equal(1, Hessian<Model>(Loss)(model).Block(m => m.Slope, m => m.Offsets)[0].Value);
    }

    [Fact]
    public void A_null_argument_is_refused_by_its_position()
    {
        static void Refused(Action call, int position) =>
            Assert.Contains($"argument {position} of the function is null", Assert.Throws<ArgumentNullException>(call).Message);
        Refused(() => Grad((Real[] x, Real y) => x[0] * y)(null!, 2), 1);
        Refused(() => ValueAndGrad((Real x, Real[] y) => x * y[0])(2, null!), 2);
        Refused(() => Jvp((Real x, Real y, Model m) => x * y)(1, 2, null!, (1, 1, null!)), 3);
        Refused(() => Vjp((Real x, Real y, Real z, Model m) => x * y * z)(1, 2, 3, null!), 4);
        Check.Bits(2, Grad((Real? x, Real y) => (x ?? 2) * y)(null, 3).Item2);
    }

    [Fact]
    public void A_null_function_is_refused_at_the_door()
    {
        void Refused(Func<object> call) => Assert.Equal("f", Assert.Throws<ArgumentNullException>(call).ParamName);
        Refused(() => Grad((Func<Real, Real, Real>)null!));
        Refused(() => ValueAndGrad((Func<Real, Real, Real, Real>)null!));
        Refused(() => Jvp((Func<Real, Real, Real>)null!));
        Refused(() => Vjp((Func<Model, Real, Real>)null!));
        Refused(() => Hessian((Func<Real, Real, Real>)null!));
        Refused(() => GradWithAux((Func<Real, (Real, int)>)null!));
        Refused(() => ValueAndGradWithAux((Func<Model, (Real, int)>)null!));
        Refused(() => Jacobian((Func<Model, Real>)null!));
        Refused(() => Jacobian((Func<Tensor, Tensor>)null!));
        Refused(() => Hessian((Func<Model, Real>)null!));
        Refused(() => Hessian((Func<Tensor, Real>)null!));
    }
}
