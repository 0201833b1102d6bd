using static FuncAD.AD;
using static FuncAD.RealMath;
using static FuncAD.TensorMath;

namespace FuncAD.Tests;

/// <summary>Randomised reverse mode as a C# user meets it.</summary>
public class RandomisedTests
{
    private sealed record Model(Real A, Real[] B, string Name);

    private sealed record Network(Tensor Hidden, Tensor HiddenBias, Tensor Output, Tensor OutputBias, string Name)
    {
        public static Network Start { get; } =
            new(RandomKey.Of(1).Normal(2, 16), Tensor.Full(0.1, 16), 0.3 * RandomKey.Of(2).Normal(16, 2), Tensor.Zeros(2), "start");

        public Tensor Logits(Tensor points, double keep, RandomKey key)
        {
            var hidden = Randomised.Activation(Tanh, Randomised.Linear(points, Hidden, HiddenBias, keep, key.Fold(0)), keep, key.Fold(1));
            return Randomised.Linear(hidden, Output, OutputBias, keep, key.Fold(2));
        }
    }

    private static readonly RandomKey Key = RandomKey.Of(1);

    [Fact]
    public void Lambdas_of_one_number()
    {
        Check.Bits(6, Randomised.Grad(x => x * x, keep: 1)(3.0, Key));
        Check.Bits(Math.Cos(1), Randomised.Grad(Sin, keep: 1)(1.0, Key));
        // one edge: the slope over keep, or nothing
        var draws = Key.Split(40).Select(key => Randomised.Grad(x => Sin(x), keep: 0.5)(1.0, key).Value).Distinct();
        Assert.Equal([0, Math.Cos(1) / 0.5], draws.Order());
    }

    [Fact]
    public void Lambdas_of_an_array() => Check.Bits([3, 2], Randomised.Grad(x => x[0] * x[1], keep: 1)([2.0, 3.0], Key));

    [Fact]
    public void A_record_s_gradient_is_a_record()
    {
        var gradient = Randomised.Grad((Model m) => m.A * m.B[0], keep: 1)(new(2, [5.0, 7.0], "model"), Key);
        Check.Bits(5, gradient.A);
        Check.Bits([2, 0], gradient.B);
        Assert.Equal("model", gradient.Name);
    }

    [Fact]
    public void A_gradient_tells_what_it_kept()
    {
        SampledGradient<Real> one = Randomised.ValueAndGrad(x => x * x, keep: 1)(3.0, Key);
        Check.Bits(9, one.Value);
        Check.Bits(6, one.Gradient);
        SampledGradient<Real[]> some = Randomised.ValueAndGrad(x => x.Select(Sin).Aggregate((a, b) => a + b), keep: 0.5)(
            [.. Enumerable.Range(0, 1000).Select(i => (Real)i)],
            Key
        );
        // an edge for every sine, one for every sine that is kept in its sum, and one for the sum so far if it is not a constant
        Assert.InRange(some.Edges, 1400, 3000);
        Assert.InRange(some.KeptEdges, 0.4 * some.Edges, 0.6 * some.Edges);
        Assert.InRange(some.Bytes, 1, some.AllBytes - 1);
        // two edges, and a start for the input and for the product
        Assert.Equal((2L, 32L), (one.KeptEdges, one.Bytes));
    }

    [Fact]
    public void Lambdas_for_memory()
    {
        Assert.Equal((2L, 48L), (Randomised.Memory(x => Sin(x))(1.0).Operations, Randomised.Memory(x => Sin(x))(1.0).Bytes));
        Assert.Equal(3, Randomised.Memory(x => x[0] * x[1])([1.0, 2.0]).Operations);
        Assert.Equal(3, Randomised.Memory((Model m) => m.A * m.B[0])(new(2, [5.0], "model")).Operations);
    }

    [Fact]
    public void The_memory_of_layers_is_the_share_that_was_asked_for()
    {
        var points = RandomKey.Of(3).Normal(500, 2);
        TapeMemory Memory(double keep) => Randomised.Memory((Network n) => n.Logits(points, keep, Key).Sum())(Network.Start);
        // the points, the slopes of tanh and its results: 2 + 16 + 16 numbers a point, of which a tenth is kept
        var all = 500 * (2 + 16 + 16) * 8;
        Assert.InRange(Memory(1).ArrayBytes, all, all + 1000);
        Assert.InRange(Memory(0.1).ArrayBytes, all / 10, (all / 10) + 1000);
    }

    [Fact]
    public void A_record_with_tensors_is_trained()
    {
        // two classes: inside and outside of a circle
        var points = RandomKey.Of(4).Normal(200, 2);
        var labels = Enumerable
            .Range(0, 200)
            .Select(i => (points[i, 0] * points[i, 0]) + (points[i, 1] * points[i, 1]) < 1.4 ? 1 : 0)
            .ToArray();
        Real Loss(Network network, double keep, RandomKey key) => network.Logits(points, keep, key).CrossEntropy(labels);
        var state = Optim.Start(Network.Start);
        for (var step = 0; step < 150; step++)
        {
            var gradient = Grad((Network network) => Loss(network, 0.25, RandomKey.Of(5).Fold(step)))(state.Parameters);
            Assert.Equal("start", gradient.Name);
            state = Optim.Adam(state, gradient, 0.03);
        }
        var (before, after) = (Loss(Network.Start, 1, Key).Value, Loss(state.Parameters, 1, Key).Value);
        Assert.True(after < 0.35 * before, $"from {before} to {after}, keys of RandomKey.Of(5)");
    }

    [Fact]
    public void Values_are_those_of_the_exact_layers()
    {
        var (x, w, b) = (RandomKey.Of(6).Normal(5, 3), RandomKey.Of(7).Normal(3, 4), RandomKey.Of(8).Normal(4));
        Assert.Equal(x.MatMul(w), Randomised.Linear(x, w, 0.1, Key));
        Assert.Equal(x.MatMul(w) + b, Randomised.Linear(x, w, b, 0.1, Key));
        Assert.Equal(Tanh(x), Randomised.Activation(Tanh, x, 0.1, Key));
        Assert.Equal(x * w.Transpose()[..1], Randomised.Multiply(x, w.Transpose()[..1], 0.1, Key));
        var (images, kernels) = (RandomKey.Of(9).Normal(2, 3, 6, 6), RandomKey.Of(10).Normal(4, 3, 3, 3));
        Assert.Equal(images.Conv2d(kernels, 2, 1), Randomised.Conv2d(images, kernels, 0.1, Key, stride: 2, padding: 1));
        Assert.Equal(images.Conv2d(kernels, (2, 1), (0, 1)), Randomised.Conv2d(images, kernels, 0.1, Key, (2, 1), (0, 1)));
    }

    [Fact]
    public void Errors_say_what_to_do()
    {
        var tensors = Assert.Throws<NotSupportedException>(() => Randomised.Grad((Tensor x) => x.Sum(), 0.5)(Tensor.Ones(3), Key));
        Assert.Contains("Randomised.Linear", tensors.Message);
        foreach (var keep in new[] { 0, -1, 2, double.NaN })
        {
            Assert.Contains("keep", Assert.Throws<ArgumentOutOfRangeException>(() => Randomised.Grad(x => x, keep)(1.0, Key)).Message);
            Assert.Contains(
                "Randomised.Multiply",
                Assert.Throws<ArgumentOutOfRangeException>(() => Randomised.Multiply(Tensor.Ones(3), Tensor.Ones(3), keep, Key)).Message
            );
        }
        var shapes = Assert.Throws<ArgumentException>(() => Randomised.Linear(Tensor.Ones(2, 3), Tensor.Ones(2, 3), 0.5, Key));
        Assert.Contains("[2, 3]", shapes.Message);
        var factors = Assert.Throws<ArgumentException>(() => Randomised.Multiply(Tensor.Ones(3), Tensor.Ones(2), 0.5, Key));
        Assert.Contains("Randomised.Multiply", factors.Message);
        var text = Randomised.ValueAndGrad((Real[] p) => p[0] * 3 + p[1], 1.0)([1.0, 2.0], Key).ToString();
        Assert.StartsWith("[3, 1] (", text, StringComparison.Ordinal);
        var kernels = Assert.Throws<ArgumentException>(() => Randomised.Conv2d(Tensor.Ones(1, 2, 5, 5), Tensor.Ones(1, 3, 3, 3), 0.5, Key));
        Assert.Contains("channels", kernels.Message);
        var f = (Tensor x) => Randomised.Activation(y => y.Softmax(0), x, 0.5, Key)[0];
        Assert.Contains("elementwise", Assert.Throws<ArgumentException>(() => Grad(f)(Tensor.Of(1.0, 2, 3))).Message);
        Assert.Throws<ArgumentNullException>(() => Randomised.Grad((Func<Real, Real>)null!, 0.5));
        Assert.Throws<ArgumentNullException>(() => Randomised.Memory((Func<Real[], Real>)null!));
        Assert.Throws<ArgumentNullException>(() => Randomised.Activation(null!, Tensor.Ones(3), 0.5, Key));
        Assert.Contains(
            "Randomised.Linear",
            Assert.Throws<ArgumentNullException>(() => Randomised.Linear(null!, Tensor.Ones(3), 0.5, Key)).Message
        );
    }
}
