using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>What a function returns beside its loss comes back as it is, without derivatives of the level that has ended.</summary>
public class AuxiliaryTests
{
    private sealed record Model(Real A, Tensor B);

    private sealed record Report(Real[] Residuals, Tensor Predictions, string Text, double Plain);

    [Fact]
    public void Gradient_and_auxiliary_of_the_three_shapes()
    {
        var (gradient, square) = GradWithAux(x => (x * x * x, x * x))(2.0);
        Check.Bits(12, gradient);
        Check.Bits(4, square);
        var (value, slopes, text) = ValueAndGradWithAux(x => (x[0] * x[1], $"{x.Length} numbers"))([2.0, 3.0]);
        Check.Bits(6, value);
        Check.Bits([3, 2], slopes);
        Assert.Equal("2 numbers", text);
        var model = GradWithAux((Model m) => (m.A * m.B.Sum(), new Report([m.A, 7], m.A * m.B, "fit", 0.5)))(new(2, Tensor.Of(3.0, 4.0)));
        Check.Bits(7, model.Gradient.A);
        Assert.Equal(Tensor.Of(2.0, 2.0), model.Gradient.B);
        Assert.Equal(Tensor.Of(6.0, 8.0), model.Auxiliary.Predictions);
        Assert.Equal([2, 7], model.Auxiliary.Residuals.ToDoubles());
        Assert.Equal(("fit", 0.5), (model.Auxiliary.Text, model.Auxiliary.Plain));
    }

    [Fact]
    public void The_auxiliary_is_plain_and_has_no_part_in_the_gradient()
    {
        var (gradient, (number, tensor)) = GradWithAux(x => (2 * x, (Real.Sqrt(x - 3), Tensor.Of(x, x * x))))(3.0);
        Check.Bits(2, gradient); // not NaN, though the auxiliary has an infinite slope
        Assert.Equal(0, (double)number); // a cast of a number that is being differentiated is an error
        Assert.Equal([3, 9], tensor.ToArray());
        Check.Bits(0, Grad((Real y) => number * 1)(1.0));
    }

    [Fact]
    public void It_agrees_with_Grad_and_with_the_function_bit_for_bit()
    {
        static Real F(Real[] x) => RealMath.Sin(x[0]) * RealMath.Exp(x[1]) / x[2];
        Real[] point = [0.7, -0.3, 1.9];
        var (value, gradient, (product, none)) = ValueAndGradWithAux(x => (F(x), (x[0] * x[1], (Real?)null)))(point);
        Check.Bits(F(point).Value, value);
        Check.Bits(Grad(F)(point).ToDoubles(), gradient);
        Check.Bits(0.7 * -0.3, product);
        Assert.Null(none);
    }

    [Fact]
    public void To_an_operator_around_it_the_auxiliary_is_a_function_of_the_outer_number()
    {
        // loss x^2 y at y = x, auxiliary x^2 y: d/dx of the auxiliary is that of x^3
        Real Auxiliary(Real x) => GradWithAux(y => (x * x * y, x * x * y))(x).Auxiliary;
        Real Gradient(Real x) => GradWithAux(y => (x * x * y, x))(x).Gradient;
        foreach (
            var derivative in new Func<Func<Real, Real>, Func<Real, Real>>[] { f => Diff(f), f => Grad(f), f => x => Taylor(f, 1)(x)[1] }
        )
        {
            Check.Bits(27, derivative(Auxiliary)(3.0));
            Check.Bits(6, derivative(Gradient)(3.0));
        }
        Check.Bits(18, Diff(Diff(Auxiliary))(3.0));
        Check.Bits(18, Grad(Diff(Auxiliary))(3.0));
        Check.Bits(27, Diff(x => GradWithAux(y => (y, Tensor.Of(x * x, y) * x))(x).Auxiliary[0])(3.0));
    }

    [Fact]
    public void An_auxiliary_that_is_no_structure_says_so()
    {
        var error = Assert.Throws<ArgumentException>(() => GradWithAux(x => (x, (Func<Real, Real>)(y => y)))(1.0));
        Assert.Contains("function", error.Message);
    }
}
