using MathNet.Numerics.LinearAlgebra;
using Xunit;
using static FuncAD.TensorMath;

namespace FuncAD.Tests;

/// <summary>Tensors as a C# user meets them.</summary>
public class TensorTests
{
    private record Layer(Tensor Weights, Tensor Bias, string Name);

    private static readonly Tensor Matrix = Tensor.Of(
        new double[,]
        {
            { 1, 2, 3 },
            { 4, 5, 6 },
        }
    );

    [Fact]
    public void Indices_and_slices()
    {
        Assert.Equal(6.0, Matrix[1, 2].Value);
        Assert.Equal(6.0, Matrix[-1, -1].Value);
        Assert.Equal(Tensor.Of(4.0, 5, 6), Matrix[1, ..]);
        Assert.Equal(Tensor.Of(2.0, 5), Matrix[.., 1]);
        Assert.Equal(
            Tensor.Of(
                new double[,]
                {
                    { 2, 3 },
                }
            ),
            Matrix[..1, 1..]
        );
        Assert.Equal(3.0, Tensor.Of(1.0, 2, 3)[^1].Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => Matrix[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Matrix[.., 3]);
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => Matrix[0]).Message);
    }

    [Fact]
    public void Operators_take_numbers_on_either_side()
    {
        Real two = 2;
        Assert.Equal(Matrix * 2.0, two * Matrix);
        Assert.Equal(Matrix + Matrix, 2 * Matrix);
        Assert.Equal(-Matrix, Matrix - 2.0 * Matrix);
        Assert.Equal(Tensor.Of(0.5, 0.25), 1 / Tensor.Of(2.0, 4));
        Assert.Equal(Tensor.Of(5.0, 7, 9), Matrix.SumOver(0));
        Assert.Equal(Tensor.Zeros(2), Sin(Tensor.Zeros(2)));
        Assert.Equal(Tensor.Full(0.5, 2), Sigmoid(Tensor.Zeros(2)));
    }

    [Fact]
    public void Choices_take_numbers_on_either_side()
    {
        var x = Tensor.Of(-1.0, 0, 2);
        Assert.Equal(Tensor.Of(0.0, 0, 2), Max(x, 0));
        Assert.Equal(Tensor.Of(0.5, 0.5, 2), Max(0.5, x));
        Assert.Equal(Tensor.Of(-1.0, 0, 0), Min(x, 0));
        Assert.Equal(Tensor.Of(-1.0, 0, 0.5), Min(0.5, x));
        Assert.Equal(Tensor.Of(-0.5, 0, 1), Clamp(x, -0.5, 1));
        // The slope goes to the one that was chosen, half of it to each at a tie.
        Assert.Equal(Tensor.Of(0, 0.5, 1), AD.Grad((Tensor x) => Max(x, 0).Sum())(x));
        Assert.Equal(1.5, AD.Grad((Real a) => Max(a, x).Sum())(0.0).Value);
        Assert.Equal(Tensor.Of(0.0, 1, 0.5), AD.Grad((Tensor x) => Clamp(x, -0.5, 2).Sum())(x));
        Assert.Equal(1.0, AD.Grad((Real high) => Clamp(x, -3, high).Sum())(1.0).Value);
    }

    [Fact]
    public void Gradients_over_a_record_of_weights()
    {
        var layer = new Layer(
            Tensor.Of(
                new double[,]
                {
                    { 1, 2 },
                    { 3, 4 },
                }
            ),
            Tensor.Of(0.5, -0.5),
            "first"
        );
        var x = Tensor.Of(1.0, 2);
        var gradient = AD.Grad((Layer layer) => (x.MatMul(layer.Weights) + layer.Bias).Sum())(layer);
        Assert.Equal("first", gradient.Name);
        Assert.Equal(
            Tensor.Of(
                new double[,]
                {
                    { 1, 1 },
                    { 2, 2 },
                }
            ),
            gradient.Weights
        );
        Assert.Equal(Tensor.Ones(2), gradient.Bias);
    }

    [Fact]
    public void All_operators_take_tensors()
    {
        var x = Tensor.Of(1.0, 2, 3);
        var v = Tensor.Of(1.0, 0, 0);
        var cubes = AD.Grad((Tensor x) => (x * x * x).Sum());
        Assert.Equal(Tensor.Of(3.0, 12, 27), cubes(x));
        Assert.Equal(Tensor.Of(6.0, 0, 0), AD.Hvp((Tensor x) => (x * x * x).Sum())(x, v));
        Assert.Equal(Tensor.Of(6.0, 12, 18), AD.Grad((Tensor x) => cubes(x).Sum())(x));
        var (value, tangent) = AD.Jvp((Tensor x) => x * x)(x, v);
        Assert.Equal(Tensor.Of(1.0, 4, 9), value);
        Assert.Equal(Tensor.Of(2.0, 0, 0), tangent);
        var (_, pullback) = AD.Vjp((Tensor x) => Tensor.Stack(x[0] * x[1], x[2]))(x);
        Assert.Equal(Tensor.Of(2.0, 1, 0), pullback(Tensor.Of(1.0, 0)));
        // d/dt of d/ds (s t s) at s = t, that is of 2 t^2
        Assert.Equal(12.0, AD.Grad((Real t) => AD.Grad((Real s) => Tensor.Stack(s, t).Product() * s)(t))(3.0).Value);
    }

    [Fact]
    public void Vectors_of_MathNet_share_their_array()
    {
        var vector = Vector<double>.Build.Dense([1.0, 2.0]);
        var tensor = Tensor.Of(vector);
        vector[0] = 7;
        Assert.Equal(7.0, tensor[0].Value);
        Assert.Equal(vector, tensor.ToVector());
        var matrix = Matrix<double>.Build.DenseOfArray(
            new double[,]
            {
                { 1, 2, 3 },
                { 4, 5, 6 },
            }
        );
        Assert.Equal(Matrix, Tensor.Of(matrix));
        Assert.Equal(matrix, Matrix.ToMatrix());
        Assert.Equal(
            Tensor.Of(
                new double[,]
                {
                    { 1, 2 },
                }
            ),
            Tensor.Of(Matrix<double>.Build.Dense(1, 2, [1.0, 2]))
        );
    }

    [Fact]
    public void Text_that_a_person_can_read()
    {
        Assert.Equal("[[1, 2, 3],\n [4, 5, 6]]", Matrix.ToString());
        Assert.Equal("[ 1,  2]", Tensor.Of(new[] { new[] { 1.0, 2 }, [10.0, 20] }).ToString().Split('\n')[0].TrimEnd(',')[1..]);
        Assert.Equal("[0, 1, 2, ..., 997, 998, 999] shape [1000]", Tensor.Range(0, 1000).ToString());
        Assert.Equal("3", Tensor.Of((Real)3).ToString());
    }

    [Fact]
    public void Equality_is_that_of_values_and_shapes()
    {
        Assert.True(Matrix == Tensor.Of([1.0, 2, 3, 4, 5, 6], 2, 3));
        Assert.True(Matrix != Matrix.Flatten());
        Assert.Equal(Matrix.GetHashCode(), Tensor.Of([1.0, 2, 3, 4, 5, 6], 2, 3).GetHashCode());
        Assert.Equal(Tensor.Of(double.NaN), Tensor.Of(double.NaN));
        Assert.Equal(Tensor.Full(2, 3), Tensor.Of(2.0, 2, 2));
    }

    [Fact]
    public void Random_numbers_repeat()
    {
        Assert.Equal(Tensor.Normal(1, 0, 1, 3, 3), Tensor.Normal(1, 0, 1, 3, 3));
        Assert.NotEqual(Tensor.Uniform(1, 0, 1, 3), Tensor.Uniform(2, 0, 1, 3));
    }

    [Fact]
    public void Errors_name_the_operation_and_both_shapes()
    {
        static void Mentions(Func<object> action, params string[] parts)
        {
            var message = Assert.ThrowsAny<ArgumentException>(() => action()).Message;
            foreach (var part in parts)
                Assert.Contains(part, message);
        }

        Mentions(() => Matrix + Tensor.Ones(2), "add", "[2, 3]", "[2]");
        Mentions(() => Matrix.MatMul(Matrix), "matmul", "[2, 3]");
        Mentions(() => Matrix.Reshape(4, 2), "reshape", "[2, 3]", "[4, 2]");
        Mentions(() => Tensor.Of(new[] { new[] { 1.0 }, [1.0, 2] }), "row 1 has 2");
        Mentions(() => Matrix.ToReal(), "ToReal", "[2, 3]");
        Mentions(() => AD.Vjp((Tensor x) => x * x)(Matrix).Pullback(Tensor.Ones(2)), "cotangent", "[2, 3]", "[2]");
        Mentions(() => AD.Grad((Tensor x) => x.Sum())(null!), "x");
    }

    [Fact]
    public void Functions_of_matrices()
    {
        var identity = Tensor.Identity(2);
        Assert.Equal(Tensor.Full(0.5, 2, 2), AD.Grad((Tensor a) => a.SymmetricFunction(Real.Sqrt).Sum())(identity));
        Assert.Equal(Tensor.Full(0.5, 2, 2), AD.Grad((Tensor a) => a.SquareRoot().Sum())(identity));
        Assert.Equal(Tensor.Full(1.0, 2, 2), AD.Grad((Tensor a) => a.Logarithm().Sum())(identity));
        var general = Tensor.Of(
            new double[,]
            {
                { 4, 1 },
                { 0, 9 },
            }
        );
        Assert.Equal(0.2, general.SquareRoot()[0, 1].Value, 1e-14);
        Assert.Equal(Math.Log(9), general.Logarithm()[1, 1].Value, 1e-14);
        Assert.Throws<ArgumentNullException>(() => identity.SymmetricFunction(null!));
        var captured = Assert.Throws<ArgumentException>(() => AD.Diff(t => identity.SymmetricFunction(x => t * x).Sum())(1));
        Assert.Contains("symmetricFunction", captured.Message);
    }

    [Fact]
    public void Numbers_in_brackets_are_a_vector()
    {
        foreach (
            var (tensor, shape) in new (Tensor, int[])[]
            {
                (Tensor.Of([1.0, 2.0]), [2]),
                (Tensor.Of([5.0]), [1]),
                (Tensor.Of([]), [0]),
                (Tensor.Of(new ReadOnlySpan<double>([1, 2])), [2]),
                (
                    Tensor.Of([
                        [1, 2],
                        [3, 4],
                    ]),
                    [2, 2]
                ),
                (Tensor.Of([1, 2, 3, 4], 2, 2), [2, 2]),
            }
        )
            Assert.Equal(shape, tensor.Shape.AsEnumerable());
    }

    [Fact]
    public void Constants_of_equal_elements_beside_a_number_have_their_length()
    {
        var weights = Tensor.Of(1.0, 1.3);
        Check.Close(2.3, AD.Grad((Real s) => (Tensor.Ones(2) * s * weights).Sum())(0.5));
        Check.Close(2, AD.Grad((Real s) => (s + Tensor.Zeros(2)).Sum())(0.5));
        Check.Close(-9.2, AD.Grad((Real s) => (Tensor.Full(1.0, 2) / s * weights).Sum())(0.5));
        Check.Close(2, AD.Grad((Real s) => TensorMath.Max(Tensor.Zeros(2), Tensor.Of(s)).Sum())(0.7));
        Check.Close(4, AD.Grad((Real s) => Sequence(Tensor.Ones(4) * s))(0.5));
        Check.Close(12, AD.Grad(AD.Grad((Real t) => (Tensor.Of(1.0, 2, 3) * t * t).Sum()))(0.5));
        Check.Close(2.3, AD.Vjp((Real s) => Tensor.Ones(2) * s)(0.5).Pullback(weights));

        static Real Sequence(Tensor y) => (y * y).Sum();
    }
}
