using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>Products with several vectors and cotangents, as C# writes them.</summary>
public class SeveralDirectionsTests
{
    private sealed record Model(Real Slope, Real[] Offsets);

    [Fact]
    public void Lambdas_without_types_infer()
    {
        var (value, tangents) = JvpMany(x => x[0] * x[1])(
            [2.0, 3.0],
            [
                [1.0, 0.0],
                [0.0, 1.0],
                [1.0, 1.0],
            ]
        );
        Check.Bits(6, value);
        Assert.Equal([3.0, 2.0, 5.0], tangents.ToDoubles());
        var (values, products) = JvpMany(x => new[] { x[0] * x[1], x[0] })(
            [2.0, 3.0],
            [
                [1.0, 0.0],
            ]
        );
        Assert.Equal([6.0, 2.0], values.ToDoubles());
        Assert.Equal([3.0, 1.0], products[0].ToDoubles());
        var (_, pullback) = VjpMany(x => new[] { x[0] * x[1], x[0] })([2.0, 3.0]);
        Assert.Equal(
            [4.0, 2.0],
            pullback([
                [1.0, 0.0],
                [1.0, 1.0],
            ])[1]
                .ToDoubles()
        );
    }

    [Fact]
    public void Structures_and_tensors_come_back_in_their_structure()
    {
        var model = new Model(2, [1.0, 5.0]);
        var (value, tangents) = JvpMany((Model m) => new Model(m.Slope * m.Offsets[0], [m.Offsets[1]]))(
            model,
            [new(1, [0.0, 0.0]), new(0, [1.0, 3.0])]
        );
        Check.Bits(2, value.Slope);
        Assert.Equal([1.0, 2.0], tangents.Select(t => t.Slope.Value));
        Assert.Equal([0.0, 3.0], tangents.Select(t => t.Offsets[0].Value));

        var matrix = Tensor.Of(
            new[,]
            {
                { 1.0, 2.0 },
                { 3.0, 4.0 },
            }
        );
        Tensor[] vectors = [Tensor.Of(1.0, 0.0), Tensor.Of(0.0, 2.0)];
        var (_, products) = JvpMany((Tensor x) => matrix.MatMul(x) * x[0])(Tensor.Of(1.0, 1.0), vectors);
        Assert.Equal([4.0, 10.0], products[0].ToArray());
        Assert.Equal([4.0, 8.0], products[1].ToArray());
        var (_, pullback) = VjpMany((Tensor x) => matrix.MatMul(x))(Tensor.Of(1.0, 1.0));
        Assert.Equal([3.0, 4.0], pullback(vectors)[1].ToArray().Select(entry => entry / 2));
    }

    [Fact]
    public void Jacobian_of_tensors_has_the_axes_of_both()
    {
        var matrix = Tensor.Of(
            new[,]
            {
                { 1.0, 2.0, 3.0 },
                { 3.0, 4.0, 5.0 },
            }
        );
        Assert.Equal(matrix.ToArray(), Jacobian((Tensor x) => matrix.MatMul(x))(Tensor.Of(1.0, 1.0, 1.0)).ToArray());
        var jacobian = Jacobian((Tensor x) => TensorMath.Sin(x) * x.Sum())(matrix);
        Assert.Equal([2, 3, 2, 3], jacobian.Shape.ToArray());
        Check.Close(Math.Cos(3) * 18 + Math.Sin(3), jacobian[1, 0, 1, 0].Value);
        Check.Close(Math.Sin(3), jacobian[1, 0, 0, 2].Value);
        // an outer operator differentiates the entries: d/dt of t x^2 along x is 2 x
        Check.Close(6, Diff(t => Jacobian((Tensor x) => t * x * x)(Tensor.Of(3.0, 1.0))[0, 0])(1).Value);
    }

    [Fact]
    public void Errors_name_the_argument()
    {
        var product = JvpMany((Real[] x) => x);
        Assert.Equal("tangents", Assert.Throws<ArgumentNullException>(() => product([1.0], null!)).ParamName);
        Assert.Contains(
            "tangents",
            Assert
                .Throws<ArgumentException>(() =>
                    product(
                        [1.0],
                        [
                            [1.0, 2.0],
                        ]
                    )
                )
                .Message
        );
        var (_, pullback) = VjpMany((Real[] x) => x)([1.0]);
        Assert.Contains(
            "cotangents",
            Assert
                .Throws<ArgumentException>(() =>
                    pullback([
                        [1.0, 2.0],
                    ])
                )
                .Message
        );
        Assert.Throws<ArgumentNullException>(() => pullback(null!));
    }
}
