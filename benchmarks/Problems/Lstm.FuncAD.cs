namespace FuncAD.Benchmarks.Problems;

public static partial class Lstm
{
    private static Func<Real[], Real> Numbers(Instance instance)
    {
        var (layers, characters, width, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        int states = 2 * layers * width,
            extra = layers * Rows * width;
        return x =>
        {
            Real[] state = data.AsSpan(0, states).ToArray().ToReals(),
                input = new Real[width],
                y = new Real[width];
            Real sum = 0;
            for (var next = states + width; next < data.Length; next += width)
            {
                for (var i = 0; i < width; i++)
                    input[i] = x[extra + i] * data[next - width + i];
                for (var layer = 0; layer < layers; layer++)
                    Layer(
                        x.AsSpan(layer * Rows * width, Rows * width),
                        input,
                        state.AsSpan(2 * layer * width, width),
                        state.AsSpan((2 * layer + 1) * width, width)
                    );
                for (var i = 0; i < width; i++)
                    y[i] = x[extra + width + i] * input[i] + x[extra + 2 * width + i];
                var shift = RealMath.LogSumExp(y);
                for (var i = 0; i < width; i++)
                    y[i] -= shift;
                sum += RealMath.Dot(data.AsSpan(next, width), y);
            }
            return -sum / ((characters - 1) * width);
        };
    }

    /// <summary>A layer, which leaves its output in place of the input.</summary>
    private static void Layer(ReadOnlySpan<Real> w, Span<Real> input, Span<Real> hidden, Span<Real> cell)
    {
        var width = input.Length;
        for (var i = 0; i < width; i++)
        {
            Real forget = RealMath.Sigmoid(w[i] * input[i] + w[4 * width + i]),
                keep = RealMath.Sigmoid(w[width + i] * hidden[i] + w[5 * width + i]),
                show = RealMath.Sigmoid(w[2 * width + i] * input[i] + w[6 * width + i]),
                change = RealMath.Tanh(w[3 * width + i] * hidden[i] + w[7 * width + i]);
            cell[i] = forget * cell[i] + keep * change;
            input[i] = hidden[i] = show * RealMath.Tanh(cell[i]);
        }
    }

    private static Evaluation Tensors(Instance instance)
    {
        var (layers, characters, width) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2));
        Tensor[] rows = [.. instance.Data.Chunk(width).Select(row => Tensor.Of(row))],
            text = rows[(2 * layers)..];
        int[] widths = [.. Enumerable.Repeat(width, Rows * layers + 3)];
        Func<Tensor, Real> loss = x =>
        {
            var w = x.Split(0, widths);
            var state = rows[..(2 * layers)];
            Real sum = 0;
            for (var step = 1; step < characters; step++)
            {
                var input = w[^3] * text[step - 1];
                for (var layer = 0; layer < layers; layer++)
                {
                    ref var hidden = ref state[2 * layer];
                    ref var cell = ref state[2 * layer + 1];
                    var first = Rows * layer;
                    Tensor forget = TensorMath.Sigmoid(w[first] * input + w[first + 4]),
                        keep = TensorMath.Sigmoid(w[first + 1] * hidden + w[first + 5]),
                        show = TensorMath.Sigmoid(w[first + 2] * input + w[first + 6]),
                        change = TensorMath.Tanh(w[first + 3] * hidden + w[first + 7]);
                    cell = forget * cell + keep * change;
                    input = hidden = show * TensorMath.Tanh(cell);
                }
                sum += text[step].Dot((w[^2] * input + w[^1]).LogSoftmax(0));
            }
            return -sum / ((characters - 1) * width);
        };
        var start = Tensor.Of(instance.X);
        var gradient = AD.Grad(loss);
        return new(() => [loss(start).Value], () => gradient(start).ToArray());
    }
}
