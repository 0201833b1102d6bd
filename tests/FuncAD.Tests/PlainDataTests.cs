using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Plain numbers in and out: every shape that an operator returns has a face on doubles, and tensors take what data come in.</summary>
public class PlainDataTests
{
    private static readonly double[] X = [2, 3];

    [Fact]
    public void Every_shape_of_derivative_takes_and_returns_doubles()
    {
        Assert.Equal(6, Grad(x => x * x).ToDouble()(3));
        Assert.Equal((9, 6), ValueAndGrad(x => x * x).ToDouble()(3));
        Assert.Equal([3, 2], Grad(x => x[0] * x[1]).ToDouble()(X));
        var (value, gradient) = ValueAndGrad(x => x[0] * x[1]).ToDouble()(X);
        Assert.Equal(6, value);
        Assert.Equal([3, 2], gradient);
        Assert.Equal((3, 2), Grad((x, y) => x * y).ToDouble()(2, 3));
        Assert.Equal((12, 8, 6), Grad((x, y, z) => x * y * z).ToDouble()(2, 3, 4));
        Assert.Equal((6, (3, 2)), ValueAndGrad((x, y) => x * y).ToDouble()(2, 3));
        Assert.Equal([1, 1, 0.5], Taylor(Exp, 2).ToDouble()(0));
        Assert.Equal([1, 4], Diff(x => new[] { x, x * x }).ToDouble()(2));
        Assert.Equal([10, 1], Hvp(x => x[0] * x[1]).ToDouble()(X, [1, 10]));
        Assert.Equal((6, 23), Jvp(x => x[0] * x[1]).ToDouble()(X, [1, 10]));
        Assert.Equal((9, 12), Jvp(x => x * x).ToDouble()(3, 2));
        Assert.Equal([23, 1], Jvp(x => new[] { x[0] * x[1], x[0] }).ToDouble()(X, [1, 10]).Tangent);
        Assert.Equal(
            new double[,]
            {
                { 0, 1 },
                { 1, 0 },
            },
            Hessian(x => x[0] * x[1]).ToDouble()(X)
        );
        Assert.Equal(
            new double[,]
            {
                { 0, 1 },
                { 1, 0 },
            },
            Hessian((x, y) => x * y).ToDouble()(2, 3)
        );
        Assert.Equal(
            new double[,]
            {
                { 3, 2 },
            },
            Jacobian(x => new[] { x[0] * x[1] }).ToDouble()(X)
        );
        Assert.Equal(24, new Func<Real, Real, Real, Real>((x, y, z) => x * y * z).ToDouble()(2, 3, 4));
    }

    [Fact]
    public void A_derivative_that_would_be_lost_is_an_error()
    {
        static void Refused(Action call) => Assert.Contains("x.Value", Assert.Throws<InvalidOperationException>(call).Message);
        Refused(() => Grad(t => ValueAndGrad(x => x * t).ToDouble()(1).Value)(2.0));
        Refused(() => Grad(t => Grad((x, y) => x * y * t).ToDouble()(1, 2).Item1)(2.0));
        Refused(() => Grad(t => Hvp(x => x[0] * x[0] * t).ToDouble()([1], [1])[0])(2.0));
    }

    [Fact]
    public void Data_of_any_kind_become_numbers()
    {
        Check.Bits([1, 2], new List<double> { 1, 2 }.ToReals());
        Check.Bits(
            4,
            new double[,]
            {
                { 1, 2 },
                { 3, 4 },
            }.ToReals()[1, 1]
        );
        Assert.Equal([1, 2], new List<Real> { 1, 2 }.ToDoubles());
        Assert.Throws<ArgumentNullException>(() => ((List<double>)null!).ToReals());
        Assert.Throws<ArgumentNullException>(() => ((double[,])null!).ToReals());
    }

    [Fact]
    public void Tensors_are_made_of_any_numbers()
    {
        float[] floats = [1, 2];
        var vector = Tensor.Of(1.0, 2.0);
        Assert.Equal(vector, Tensor.Of(floats));
        Assert.Equal(vector, Tensor.Of(1f, 2f));
        Assert.Equal(vector, Tensor.Of([1, 2]));
        Assert.Equal(vector, Tensor.Of(new[] { 1, 2 }));
        Assert.Equal(vector, Tensor.Of(new byte[] { 1, 2 }));
        Assert.Equal(vector, Tensor.Of(new List<double> { 1, 2 }));
        Assert.Equal(vector, Tensor.Of(Enumerable.Range(1, 2).Select(i => (double)i)));
        Assert.Equal(vector, Tensor.Of(X.AsMemory().Span) - 1);
        Assert.Equal(vector.Reshape(2, 1), Tensor.Of(floats.AsSpan(), 2, 1));
        Assert.Equal(vector.Reshape(2, 1), Tensor.Of([1, 2], 2, 1));
        Assert.Equal(
            vector.Reshape(1, 2),
            Tensor.Of(
                new float[,]
                {
                    { 1, 2 },
                }
            )
        );
        Assert.Equal(
            vector.Reshape(1, 2),
            Tensor.Of([
                [1.0, 2.0],
            ])
        );
        Assert.Equal(1L << 24, Tensor.Of([(1 << 24) + 1, 2], 2)[0].Value - 1); // not through float
        Assert.Equal(Tensor.Of(double.NaN, double.PositiveInfinity), Tensor.Of(new[] { float.NaN, float.PositiveInfinity }));
        Assert.Equal(0.1f, Tensor.Of(new[] { 0.1f })[0].Value);
        Assert.Throws<ArgumentNullException>(() => Tensor.Of((List<double>)null!));
        Assert.Contains("4", Assert.Throws<ArgumentException>(() => Tensor.Of(floats.AsSpan(), 2, 2)).Message);
    }

    [Fact]
    public void A_tensor_of_numbers_lets_derivatives_pass()
    {
        Check.Bits(12, Grad(x => Tensor.Of(x, x * x, 1).Sum() * 2 - x * 2)(3.0));
        Check.Bits([2, 4], Grad((Real[] x) => (Tensor.Of(x) * Tensor.Of(x)).Sum())([1.0, 2.0]));
        Check.Bits([2, 4], Grad(x => (Tensor.Of(x.ToList()) * Tensor.Of(x.Select(v => v))).Sum())([1.0, 2.0]));
        Check.Bits(
            [3, 2],
            Grad(x =>
                Tensor
                    .Of(
                        new[,]
                        {
                            { x[0], 0 },
                            { 0, x[1] },
                        }
                    )
                    .Determinant()
            )([2.0, 3.0])
        );
    }

    [Fact]
    public void Reductions_over_axes_and_transposes_have_short_names()
    {
        var x = Tensor.Of(
            new double[,]
            {
                { 1, 2, 3 },
                { 4, 5, 6 },
            }
        );
        Assert.Equal(Tensor.Of(5.0, 7.0, 9.0), x.Sum(0));
        Assert.Equal(Tensor.Of(6.0, 15.0), x.Sum(axis: -1));
        Assert.Equal(21, x.Sum(0, 1).ToReal().Value);
        Assert.Equal(Tensor.Of(2.5, 3.5, 4.5), x.Mean(0));
        Assert.Equal(Tensor.Of(3.0, 6.0), x.Max(1));
        Assert.Equal(Tensor.Of(1.0, 2.0, 3.0), x.Min(0));
        Assert.Equal(Tensor.Of(6.0, 120.0), x.Product(1));
        Assert.Equal(x.LogSumExpOver(1), x.LogSumExp(1));
        Assert.Equal(x.Transpose(), x.T);
        Assert.Equal(x.MatMul(x.Transpose()), x.MatMul(x.T));
        Assert.Equal(x.T * 2, 2 * x.T);
        Real all = x.Sum();
        Check.Bits(21, all);
    }
}
