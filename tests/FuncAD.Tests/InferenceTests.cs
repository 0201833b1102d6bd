using System.Numerics;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>The combinators take lambdas as they are written, without casts, and give the right numbers.</summary>
public class InferenceTests
{
    private static T Cubed<T>(T x)
        where T : IFloatingPointIeee754<T> => x * x * x;

    private static Real Product(Real[] x) => x[0] * x[1];

    private sealed record Model(Real A, Real[] B);

    [Fact]
    public void Grad_of_a_lambda_of_one_number() => Check.Bits(6, Grad(x => x * x)(3.0));

    [Fact]
    public void Grad_of_a_lambda_of_an_array() => Check.Bits([3, 2], Grad(x => x[0] * x[1])([2.0, 3.0]));

    [Fact]
    public void Grad_of_Grad_reads_as_mathematics() =>
        Check.Close((2 * Math.Cos(0.7)) - (0.7 * Math.Sin(0.7)), Grad(Grad(x => Sin(x) * x))(0.7));

    [Fact]
    public void Grad_of_a_record_is_a_record()
    {
        var gradient = Grad((Model m) => m.A * m.B[0])(new Model(2, [5.0, 7.0]));
        Check.Bits(5, gradient.A);
        Check.Bits([2, 0], gradient.B);
    }

    [Fact]
    public void Grad_of_a_generic_method_group() => Check.Bits(12, Grad(Cubed<Real>)(2.0));

    [Fact]
    public void Grad_of_a_method_group_of_an_array() => Check.Bits([3, 2], Grad(Product)([2.0, 3.0]));

    [Fact]
    public void Diff_of_a_lambda_of_one_number() => Check.Bits(6, Diff(x => x * x)(3.0));

    [Fact]
    public void Diff_of_a_lambda_with_an_array() => Check.Bits([1, 6], Diff(x => new[] { x, x * x })(3.0));

    [Fact]
    public void Diff_of_a_lambda_with_a_tuple()
    {
        var (first, second) = Diff(x => (x * x, Sin(x)))(3.0);
        Check.Bits(6, first);
        Check.Bits(Math.Cos(3), second);
    }

    [Fact]
    public void Diff_of_a_generic_method_group() => Check.Bits(12, Diff(Cubed<Real>)(2.0));

    [Fact]
    public void Diff_nests() => Check.Bits(12, Diff(Diff(x => x * x * x))(2.0));

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 12)]
    [InlineData(2, 12)]
    [InlineData(3, 6)]
    [InlineData(4, 0)]
    public void Diff_with_an_order_is_that_derivative(int order, double expected) => Check.Bits(expected, Diff(x => x * x * x, order)(2.0));

    [Fact]
    public void Diff_of_a_curried_function_is_taken_argument_by_argument()
    {
        Func<Real, Func<Real, Real>> product = x => y => x * x * y;
        Check.Bits(12, Diff(product)(2.0)(3.0));
        Check.Bits(3, Diff(x => Diff(y => x * y)(5.0) * 3)(2.0));
    }

    [Fact]
    public void The_shift_operator_does_not_confuse_perturbations()
    {
        // s(u)(f)(x) = f(x + u) and D = diff s 0 (Manzyuk et al. 2019): D (D cube) 2 = 12.
        Func<Real, Func<Func<Real, Real>, Func<Real, Real>>> shift = u => f => x => f(x + u);
        var derivative = Diff(shift)(0.0);
        Check.Bits(12, derivative(derivative(x => x * x * x))(2.0));
        Check.Close(Math.E, derivative(derivative(Exp))(1.0));
    }

    [Fact]
    public void Jvp_of_a_lambda_from_array_to_array()
    {
        var (value, tangent) = Jvp(x => new[] { x[0] * x[1], x[0] })([2.0, 3.0], [1.0, 10.0]);
        Check.Bits([6, 2], value);
        Check.Bits([23, 1], tangent);
    }

    [Fact]
    public void Jvp_of_the_other_shapes()
    {
        var scalar = Jvp(x => x * x)(3.0, 2.0);
        Check.Bits(9, scalar.Value);
        Check.Bits(12, scalar.Tangent);
        Check.Bits([2, 12], Jvp(x => new[] { x, x * x })(3.0, 2.0).Tangent);
        Check.Bits(8, Jvp(x => x[0] * x[1])([2.0, 3.0], [2.0, 1.0]).Tangent);
        var record = Jvp((Model m) => (m.A * m.B[0], m.A))(new Model(2, [3.0]), new Model(1, [10.0]));
        Check.Bits(6, record.Value.Item1);
        Check.Bits(23, record.Tangent.Item1);
        Check.Bits(1, record.Tangent.Item2);
    }

    [Fact]
    public void Vjp_of_a_lambda_from_array_to_array()
    {
        var (value, pullback) = Vjp(x => new[] { x[0] * x[1], x[0] })([2.0, 3.0]);
        Check.Bits([6, 2], value);
        Check.Bits([3, 2], pullback([1.0, 0.0]));
        Check.Bits([1, 0], pullback([0.0, 1.0]));
        Check.Bits([3, 2], pullback([1.0, 0.0]));
    }

    [Fact]
    public void Vjp_of_the_other_shapes()
    {
        Check.Bits(12, Vjp(x => x * x)(3.0).Pullback(2.0));
        Check.Bits(62, Vjp(x => new[] { x, x * x })(3.0).Pullback([2.0, 10.0]));
        Check.Bits([6, 4], Vjp(x => x[0] * x[1])([2.0, 3.0]).Pullback(2.0));
        var gradient = Vjp((Model m) => (m.A * m.B[0], m.A))(new Model(2, [3.0])).Pullback((1, 10));
        Check.Bits(13, gradient.A);
        Check.Bits([2], gradient.B);
    }

    [Fact]
    public void Hvp_of_the_three_shapes()
    {
        Check.Bits(24, Hvp(x => x * x * x)(2.0, 2.0));
        Check.Bits([10, 1], Hvp(x => x[0] * x[1])([2.0, 3.0], [1.0, 10.0]));
        var product = Hvp((Model m) => m.A * m.B[0])(new Model(2, [3.0]), new Model(1, [10.0]));
        Check.Bits(10, product.A);
        Check.Bits([1], product.B);
    }

    [Fact]
    public void Hessian_is_the_matrix_of_second_derivatives() =>
        Assert.Equal(
            new double[,]
            {
                { 6, 4 },
                { 4, 0 },
            },
            Hessian(x => x[0] * x[0] * x[1])([2.0, 3.0]).ToDoubles()
        );

    [Fact]
    public void Jacobian_has_a_row_for_each_result()
    {
        Func<Real[], Real[]> f = x => [x[0] * x[1], x[0], x[1] * x[1]];
        var expected = new double[,]
        {
            { 3, 2 },
            { 1, 0 },
            { 0, 6 },
        };
        Assert.Equal(expected, Jacobian(f)([2.0, 3.0]).ToDoubles());
        Assert.Equal(expected, JacobianForward(f)([2.0, 3.0]).ToDoubles());
        Assert.Equal(expected, JacobianReverse(f)([2.0, 3.0]).ToDoubles());
        Assert.Equal(
            new double[,]
            {
                { 1, 2, 3 },
            },
            Jacobian(x => [x[0] + (2 * x[1]) + (3 * x[2])])([0.0, 0.0, 0.0]).ToDoubles()
        );
    }

    [Fact]
    public void Taylor_gives_order_plus_one_coefficients() => Check.Close([1, 1, 1 / 2.0, 1 / 6.0, 1 / 24.0], Taylor(Exp, 4)(0.0));

    [Fact]
    public void Laplacian_divergence_and_curl()
    {
        Check.Bits(14, Laplacian(x => (x[0] * x[0] * x[1]) + (x[1] * x[1] * 4))([2.0, 3.0]));
        Check.Bits(9, Divergence(x => [x[0] * x[1], x[1] * x[1]])([2.0, 3.0]));
        Check.Bits([0, 0, 2], Curl(x => [-x[1], x[0], x[2]])([1.0, 2.0, 3.0]));
    }

    [Fact]
    public void StopGradient_makes_constants_of_any_structure()
    {
        Check.Bits(3, Grad(x => x * StopGradient(x))(3.0));
        var gradient = Grad((Model m) => m.A * StopGradient(m).B[0])(new Model(2, [3.0]));
        Check.Bits(3, gradient.A);
        Check.Bits([0], gradient.B);
    }

    [Fact]
    public void CheckGradient_reports_and_throws()
    {
        Func<Real, Real> wrong = Custom("wrong", x => x * x, (x, y) => 3 * x);
        var good = CheckGradient(x => Sin(x[0]) * x[1], [0.5, 2.0]);
        Assert.True(good.Passed, good.ToString());
        Assert.Equal(2, good.Entries);
        var bad = CheckGradient((Model m) => m.A + wrong(m.B[1]), new Model(1, [1.0, 2.0]));
        Assert.False(bad.Passed);
        Assert.Equal(2, bad.WorstEntry);
        Check.Bits(6, bad.Derivative);
        Assert.InRange(bad.Difference, 4 - 1e-6, 4 + 1e-6);
        Assert.True(CheckGradient(x => x * x, 3.0, 1e-6).Passed);
        Assert.True(CheckGradient(x => x[0] * x[1], [2.0, 3.0], 1e-6).Passed);
        var error = Assert.Throws<InvalidOperationException>(() => CheckGradient(x => wrong(x), 3.0, 1e-6));
        Assert.Contains("derivative 9", error.Message);
    }

    [Fact]
    public void Custom_from_value_and_slope_works_in_every_mode()
    {
        var square = Custom("square", x => x * x, (x, y) => 2 * x);
        Check.Bits(9, square(3.0));
        Check.Bits(6, Grad(square)(3.0));
        Check.Bits(6, Diff(square)(3.0));
        Check.Bits(2, Grad(Grad(square))(3.0));
        Check.Bits(2, Diff(Grad(square))(3.0));
        Check.Bits([9, 6, 1, 0], Taylor(square, 3)(3.0));
    }

    [Fact]
    public void Custom_from_value_and_pullback_works_over_structures()
    {
        var product = Custom("product", (Real[] x) => x[0] * x[1], (x, y, w) => new[] { w * x[1], w * x[0] });
        Check.Bits([3, 2], Grad(product)([2.0, 3.0]));
        Check.Bits(23, Jvp(product)([2.0, 3.0], [1.0, 10.0]).Tangent);
        Assert.Equal(
            new double[,]
            {
                { 0, 1 },
                { 1, 0 },
            },
            Hessian(product)([2.0, 3.0]).ToDoubles()
        );
    }

    [Fact]
    public void Custom_from_value_pullback_and_pushforward_uses_each_in_its_mode()
    {
        var (pullbacks, pushforwards) = (0, 0);
        var product = Custom(
            "product",
            (Real[] x) => x[0] * x[1],
            (x, y, w) =>
            {
                pullbacks++;
                return new[] { w * x[1], w * x[0] };
            },
            (x, y, v) =>
            {
                pushforwards++;
                return (v[0] * x[1]) + (x[0] * v[1]);
            }
        );
        Check.Bits([3, 2], Grad(product)([2.0, 3.0]));
        Assert.Equal((1, 0), (pullbacks, pushforwards));
        Check.Bits(23, Jvp(product)([2.0, 3.0], [1.0, 10.0]).Tangent);
        Assert.Equal((1, 1), (pullbacks, pushforwards));
    }

    [Fact]
    public void ValueAndGrad_of_the_three_shapes()
    {
        var (value, gradient) = ValueAndGrad(x => x * x)(3.0);
        Check.Bits(9, value);
        Check.Bits(6, gradient);
        Check.Bits([3, 2], ValueAndGrad(x => x[0] * x[1])([2.0, 3.0]).Gradient);
        Check.Bits(6, ValueAndGrad((Model m) => m.A * m.B[0])(new Model(2, [3.0])).Value);
    }

    [Fact]
    public void Numbers_mix_with_ints_and_doubles()
    {
        Check.Bits(2, Grad(x => 2 * x)(3.0));
        Check.Bits(1.0 / 3, Grad(x => x / 3)(3.0));
        Check.Bits(-1, Grad(x => 1.0 - x)(3.0));
        Check.Bits(1, Grad(x => x - 1)(3.0));
        Check.Bits(1, Grad(x => 1 + x % 2.0)(3.0));
        Check.Bits(-6 / 9.0, Grad(x => 6 / x)(3.0));
        Check.Bits(
            2,
            Grad(x =>
            {
                x *= 2;
                x++;
                x--;
                return +x;
            })(3.0)
        );
        Real total = 0;
        foreach (var weight in new[] { 1, 2, 3 })
            total += weight;
        Check.Bits(6, total);
        Check.Bits(6, (Real)(double)total);
    }

    [Fact]
    public void Powers_take_ints_doubles_and_numbers()
    {
        Check.Bits(12, Grad(x => Pow(x, 3))(2.0));
        Check.Bits(0.25, Grad(x => Pow(x, 0.5))(4.0));
        Check.Close(4 * (Math.Log(2) + 1), Grad(x => Pow(x, x))(2.0));
    }

    [Fact]
    public void Functions_on_reals_become_functions_on_doubles()
    {
        Assert.Equal(6, Grad(x => x * x).ToDouble()(3));
        Assert.Equal([3, 2], Grad(x => x[0] * x[1]).ToDouble()([2, 3]));
        Assert.Equal(6, new Func<Real[], Real>(Product).ToDouble()([2, 3]));
        Assert.Equal(24, Hvp(x => x * x * x).ToDouble()(2, 2));
        Assert.Equal(
            new double[,]
            {
                { 0, 1 },
                { 1, 0 },
            },
            Hessian(Product).ToDouble()([2, 3])
        );
        Assert.Equal([1, 2], new[] { 1.0, 2.0 }.ToReals().ToDoubles());
    }
}
