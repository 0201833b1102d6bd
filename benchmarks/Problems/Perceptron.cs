namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// A small network: two hidden layers of tanh as wide as the input, one linear output, mean squared error over a batch. Dimensions: width, batch. X:
/// weights (outputs x inputs) and biases of the first layer, of the second, weights of the output, its bias. Data: inputs (batch x width), targets.
/// </summary>
public static class Perceptron
{
    private const int Batch = 64;

    public static readonly Problem Problem = new(
        "perceptron",
        $"A multilayer perceptron, {Batch} points",
        "gradient",
        "parameters",
        [3, 5],
        [Of(4, true), Of(16, true), Of(64, false), Of(128, false)],
        Generate,
        [.. Forms.Gradient(Plain, Gradient, Numbers), new(Form.Arrays, Tensors), CompiledForms.OnOneThread(Compiled)]
    );

    private static int Parameters(int width) => 2 * width * (width + 1) + width + 1;

    private static Size Of(int width, bool isQuick) => new($"width {width}", Parameters(width), isQuick, width, Batch);

    private static Instance Generate(Size size)
    {
        var (random, width, batch) = (new Generator(6), size.Dimensions[0], size.Dimensions[1]);
        return new(size, random.Normals(Parameters(width), 1 / Math.Sqrt(width)), random.Normals(batch * (width + 1)));
    }

    private static Func<Real[], Real> Numbers(Instance instance)
    {
        var (width, batch, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        return x =>
        {
            Real sum = 0;
            Real[] inputs = new Real[width],
                hidden = new Real[width];
            for (var point = 0; point < batch; point++)
            {
                for (var j = 0; j < width; j++)
                    inputs[j] = data[point * width + j];
                var error = Error(x, inputs, data[batch * width + point], hidden);
                sum += error * error;
            }
            return sum / batch;
        };
    }

    /// <summary>The answer at a point, less the target. The layers overwrite the inputs and the other array in turn.</summary>
    private static Real Error(Real[] x, Real[] inputs, Real target, Real[] hidden)
    {
        var (width, next) = (inputs.Length, 0);
        for (var layer = 0; layer < 2; layer++, next += width * (width + 1))
        {
            for (var i = 0; i < width; i++)
                hidden[i] = RealMath.Tanh(x[next + width * width + i] + RealMath.Dot(x.AsSpan(next + i * width, width), inputs));
            (inputs, hidden) = (hidden, inputs);
        }
        return x[next + width] + RealMath.Dot(x.AsSpan(next, width), inputs) - target;
    }

    /// <summary>A sum over the batch, whose inputs and target are the data.</summary>
    private static Evaluation Compiled(Instance instance, CompileOptions options)
    {
        var (width, batch, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        double[] columns = [.. CompiledForms.Transpose(data.AsSpan(0, batch * width), batch), .. data.AsSpan(batch * width)];
        return CompiledForms.Sum(
            (x, point) =>
            {
                var error = Error(x, point[..width], point[width], new Real[width]);
                return error * error / batch;
            },
            instance.X,
            columns,
            batch,
            options
        );
    }

    /// <summary>One point forwards: both hidden layers, and the answer less the target.</summary>
    private static double Forward(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> input,
        double target,
        Span<double> first,
        Span<double> second
    )
    {
        var width = input.Length;
        int secondLayer = width * (width + 1),
            output = 2 * secondLayer;
        for (var i = 0; i < width; i++)
            first[i] = Math.Tanh(x[width * width + i] + Lanes.Dot(input, x.Slice(i * width, width)));
        for (var i = 0; i < width; i++)
            second[i] = Math.Tanh(x[secondLayer + width * width + i] + Lanes.Dot(first, x.Slice(secondLayer + i * width, width)));
        return x[output + width] + Lanes.Dot(second, x.Slice(output, width)) - target;
    }

    private static Func<double[], double> Plain(Instance instance)
    {
        var (width, batch, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        double[] first = new double[width],
            second = new double[width];
        return x =>
        {
            var sum = 0.0;
            for (var point = 0; point < batch; point++)
            {
                var error = Forward(x, data.AsSpan(point * width, width), data[batch * width + point], first, second);
                sum += error * error;
            }
            return sum / batch;
        };
    }

    private static Action<double[], double[]> Gradient(Instance instance)
    {
        var (width, batch, data) = (instance.Dimension(0), instance.Dimension(1), instance.Data);
        double[] first = new double[width],
            second = new double[width],
            bar = new double[width];
        int secondLayer = width * (width + 1),
            output = 2 * secondLayer;
        return (x, gradient) =>
        {
            Array.Clear(gradient);
            for (var point = 0; point < batch; point++)
            {
                var input = data.AsSpan(point * width, width);
                var errorBar = 2 * Forward(x, input, data[batch * width + point], first, second) / batch;
                gradient[output + width] += errorBar;
                Lanes.AddScaled(errorBar, second, gradient.AsSpan(output, width));
                Array.Clear(bar);
                for (var i = 0; i < width; i++)
                {
                    var z = errorBar * x[output + i] * (1 - second[i] * second[i]);
                    gradient[secondLayer + width * width + i] += z;
                    Lanes.AddScaled(z, first, gradient.AsSpan(secondLayer + i * width, width));
                    Lanes.AddScaled(z, x.AsSpan(secondLayer + i * width, width), bar);
                }
                for (var i = 0; i < width; i++)
                {
                    var z = bar[i] * (1 - first[i] * first[i]);
                    gradient[width * width + i] += z;
                    Lanes.AddScaled(z, input, gradient.AsSpan(i * width, width));
                }
            }
        };
    }

    private static Evaluation Tensors(Instance instance)
    {
        var (width, batch) = (instance.Dimension(0), instance.Dimension(1));
        var inputs = Tensor.Of(instance.Data.AsSpan(0, batch * width), batch, width);
        var targets = Tensor.Of(instance.Data.AsSpan(batch * width), batch);
        var start = Tensor.Of(instance.X);
        int square = width * width,
            layer = square + width;
        Func<Tensor, Real> loss = x =>
        {
            Tensor Hidden(Tensor values, int first) =>
                TensorMath.Tanh(
                    values.MatMulTransposed(x.Slice(0, first, first + square).Reshape(width, width), false, true)
                        + x.Slice(0, first + square, first + layer)
                );
            return (
                Hidden(Hidden(inputs, 0), layer).MatMul(x.Slice(0, 2 * layer, 2 * layer + width)) + x[2 * layer + width]
            ).MeanSquaredError(targets);
        };
        var gradient = AD.Grad(loss);
        return new(() => [loss(start).Value], () => gradient(start).ToArray());
    }
}
