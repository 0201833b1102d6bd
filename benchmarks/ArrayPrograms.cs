using static FuncAD.TensorMath;

namespace FuncAD.Benchmarks;

/// <summary>What a program computes, so that two implementations can show that they agree: a value, and the sum of the gradients' magnitudes.</summary>
public readonly record struct ArrayResult(double Value, double Gradient);

/// <summary>
/// The programs over arrays that FuncAD and PyTorch run side by side; peers/torch_arrays.py has the same inputs, as closed formulas of the
/// position in each array.
/// </summary>
public static class ArrayPrograms
{
    private record Layer(Tensor Weights, Tensor Bias);

    public static readonly IReadOnlyDictionary<string, Func<Func<Func<ArrayResult>>>> All = new Dictionary<
        string,
        Func<Func<Func<ArrayResult>>>
    >
    {
        ["matmul-64"] = () => MatMul(64),
        ["matmul-128"] = () => MatMul(128),
        ["matmul-256"] = () => MatMul(256),
        ["matmul-512"] = () => MatMul(512),
        ["matmul-1024"] = () => MatMul(1024),
        ["elementwise-1e6"] = Elementwise,
        ["softmax-1024x1000"] = SoftmaxCrossEntropy,
        ["mlp-784-256-128-10"] = Network,
        ["logistic-1e5x50"] = Logistic,
        ["skinning-vertices-last"] = () => Skinning([22, 3, 544], [22, 1, 544], 0),
        ["skinning-vertices-first"] = () => Skinning([544, 22, 3], [544, 22, 1], 1),
    };

    private static Tensor Wave(Func<double, double> function, int[] shape, double step = 0.1, double shift = 0, double scale = 1)
    {
        var count = shape.Aggregate(1, (product, extent) => product * extent);
        return Tensor.Of([.. Enumerable.Range(0, count).Select(i => scale * function(i * step + shift))], shape);
    }

    private static double Magnitude(params Tensor[] tensors) => tensors.Sum(tensor => Tensor.Abs(tensor).Sum().Value);

    // Each runs the program once and answers how to see what it computed, which is not timed.

    private static Func<Func<ArrayResult>> MatMul(int n)
    {
        Tensor a = Wave(Math.Sin, [n, n]),
            b = Wave(Math.Cos, [n, n]);
        return () =>
        {
            var product = a.MatMul(b);
            return () => new(product.Sum().Value, double.NaN);
        };
    }

    private static Func<Func<ArrayResult>> Elementwise()
    {
        var x = Wave(Math.Sin, [1_000_000]);
        var gradient = AD.ValueAndGrad((Tensor x) => (Sin(x) * Exp(x) + Tanh(x)).Sum());
        return () =>
        {
            var (value, slope) = gradient(x);
            return () => new(value.Value, Magnitude(slope));
        };
    }

    private static Func<Func<ArrayResult>> SoftmaxCrossEntropy()
    {
        var logits = Wave(Math.Sin, [1024, 1000], scale: 3);
        int[] labels = [.. Enumerable.Range(0, 1024).Select(row => row * 7 % 1000)];
        var gradient = AD.ValueAndGrad((Tensor x) => x.CrossEntropy(labels));
        return () =>
        {
            var (value, slope) = gradient(logits);
            return () => new(value.Value, Magnitude(slope));
        };
    }

    private static Func<Func<ArrayResult>> Network()
    {
        int[] sizes = [784, 256, 128, 10];
        Layer[] layers =
        [
            .. sizes
                .Zip(sizes[1..], (inputs, outputs) => (inputs, outputs))
                .Select(
                    (size, index) =>
                        new Layer(
                            Wave(Math.Cos, [size.outputs, size.inputs], shift: index + 1, scale: 1 / Math.Sqrt(size.inputs)),
                            Wave(Math.Cos, [size.outputs], shift: index + 1, scale: 0.01)
                        )
                ),
        ];
        var x = Wave(Math.Sin, [128, 784]);
        int[] labels = [.. Enumerable.Range(0, 128).Select(row => row * 3 % 10)];
        var zero = Tensor.Zeros();
        var gradient = AD.ValueAndGrad(
            (Layer[] layers) =>
            {
                var y = x;
                foreach (var layer in layers[..^1])
                    y = Tensor.Max(y.MatMulTransposed(layer.Weights, false, true) + layer.Bias, zero);
                return (y.MatMulTransposed(layers[^1].Weights, false, true) + layers[^1].Bias).CrossEntropy(labels);
            }
        );
        var state = Optim.Start(layers);
        return () =>
        {
            var (value, slopes) = gradient(state.Parameters);
            state = Optim.Sgd(state, slopes, 0.01);
            return () => new(value.Value, slopes.Sum(slope => Magnitude(slope.Weights, slope.Bias)));
        };
    }

    private static Func<Func<ArrayResult>> Logistic()
    {
        var x = Wave(Math.Sin, [100_000, 50], step: 0.10001);
        var w = Wave(Math.Cos, [50], scale: 0.1);
        var targets = Tensor.Of([.. Enumerable.Range(0, 100_000).Select(row => row % 3 == 0 ? 1.0 : 0.0)], 100_000);
        var gradient = AD.ValueAndGrad((Tensor w) => x.MatMul(w).BinaryCrossEntropy(targets));
        return () =>
        {
            var (value, slope) = gradient(w);
            return () => new(value.Value, Magnitude(slope));
        };
    }

    /// <summary>What each bone makes of each vertex, weighted and summed over the bones: the short axes come first in one, last in the other.</summary>
    private static Func<Func<ArrayResult>> Skinning(int[] shape, int[] weightShape, int bones)
    {
        var weights = Wave(Math.Cos, weightShape);
        var perBone = Wave(Math.Sin, shape);
        var gradient = AD.ValueAndGrad(
            (Tensor x) =>
            {
                var skinned = (weights * x).SumOver(bones);
                return (skinned * skinned).Sum();
            }
        );
        return () =>
        {
            var (value, slope) = gradient(perBone);
            return () => new(value.Value, Magnitude(slope));
        };
    }
}
