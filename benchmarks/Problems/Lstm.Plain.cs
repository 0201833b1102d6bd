namespace FuncAD.Benchmarks.Problems;

public static partial class Lstm
{
    /// <summary>What the way back needs of an element of a layer: input, hidden and cell before, the four gates, and tanh of the cell after.</summary>
    private const int Kept = 8;

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>One character through the layers: the state moves on, and what the way back needs is kept.</summary>
    private static void Forward(ReadOnlySpan<double> x, ReadOnlySpan<double> character, Span<double> state, Span<double> kept)
    {
        var width = character.Length;
        var layers = state.Length / (2 * width);
        for (var layer = 0; layer < layers; layer++)
        {
            var w = x.Slice(layer * Rows * width, Rows * width);
            Span<double> hidden = state.Slice(2 * layer * width, width),
                cell = state.Slice((2 * layer + 1) * width, width);
            for (var i = 0; i < width; i++)
            {
                double input = layer == 0 ? x[layers * Rows * width + i] * character[i] : state[2 * (layer - 1) * width + i],
                    forget = Sigmoid(w[i] * input + w[4 * width + i]),
                    keep = Sigmoid(w[width + i] * hidden[i] + w[5 * width + i]),
                    show = Sigmoid(w[2 * width + i] * input + w[6 * width + i]),
                    change = Math.Tanh(w[3 * width + i] * hidden[i] + w[7 * width + i]),
                    next = forget * cell[i] + keep * change,
                    squashed = Math.Tanh(next);
                var k = kept.Slice((layer * width + i) * Kept, Kept);
                (k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]) = (input, hidden[i], cell[i], forget, keep, show, change, squashed);
                (cell[i], hidden[i]) = (next, show * squashed);
            }
        }
    }

    /// <summary>The log likelihood of a character after this output of the layers. Leaves y - logSumExp y.</summary>
    private static double Likelihood(
        ReadOnlySpan<double> extra,
        ReadOnlySpan<double> output,
        ReadOnlySpan<double> character,
        Span<double> y
    )
    {
        var width = y.Length;
        var max = double.NegativeInfinity;
        for (var i = 0; i < width; i++)
        {
            y[i] = extra[width + i] * output[i] + extra[2 * width + i];
            max = Math.Max(max, y[i]);
        }
        double sum = 0,
            likelihood = 0;
        for (var i = 0; i < width; i++)
            sum += Math.Exp(y[i] - max);
        var shift = max + Math.Log(sum);
        for (var i = 0; i < width; i++)
        {
            y[i] -= shift;
            likelihood += character[i] * y[i];
        }
        return likelihood;
    }

    private static Func<double[], double> Plain(Instance instance)
    {
        var (layers, characters, width, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        int states = 2 * layers * width,
            steps = characters - 1;
        double[] state = new double[states],
            kept = new double[layers * width * Kept],
            y = new double[width];
        return x =>
        {
            data.AsSpan(0, states).CopyTo(state);
            var sum = 0.0;
            for (var step = 0; step < steps; step++)
            {
                Forward(x, data.AsSpan(states + step * width, width), state, kept);
                sum += Likelihood(
                    x.AsSpan(layers * Rows * width),
                    state.AsSpan(states - 2 * width, width),
                    data.AsSpan(states + (step + 1) * width, width),
                    y
                );
            }
            return -sum / (steps * width);
        };
    }

    /// <summary>Forwards with everything kept, then backwards with the cotangents of the state.</summary>
    private static Action<double[], double[]> Gradient(Instance instance)
    {
        var (layers, characters, width, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        int states = 2 * layers * width,
            steps = characters - 1,
            size = layers * width * Kept,
            first = layers * Rows * width;
        double[] state = new double[states],
            kept = new double[steps * size],
            y = new double[steps * width],
            stateBar = new double[states];
        return (x, gradient) =>
        {
            Array.Clear(gradient);
            Array.Clear(stateBar);
            data.AsSpan(0, states).CopyTo(state);
            ReadOnlySpan<double> Character(int step) => data.AsSpan(states + step * width, width);
            for (var step = 0; step < steps; step++)
            {
                Forward(x, Character(step), state, kept.AsSpan(step * size, size));
                Likelihood(x.AsSpan(first), state.AsSpan(states - 2 * width, width), Character(step + 1), y.AsSpan(step * width, width));
            }
            for (var step = steps - 1; step >= 0; step--)
            {
                var keptStep = kept.AsSpan(step * size, size);
                LikelihoodBackward(
                    x.AsSpan(first),
                    keptStep[^(width * Kept)..],
                    Character(step + 1),
                    y.AsSpan(step * width, width),
                    -1.0 / (steps * width),
                    stateBar.AsSpan(states - 2 * width, width),
                    gradient.AsSpan(first)
                );
                Backward(x, Character(step), keptStep, stateBar, gradient);
            }
        };
    }

    private static void LikelihoodBackward(
        ReadOnlySpan<double> extra,
        ReadOnlySpan<double> kept,
        ReadOnlySpan<double> character,
        ReadOnlySpan<double> y,
        double bar,
        Span<double> outputBar,
        Span<double> gradient
    )
    {
        var width = y.Length;
        var mass = 0.0;
        foreach (var element in character)
            mass += element;
        for (var i = 0; i < width; i++)
        {
            var yBar = bar * (character[i] - mass * Math.Exp(y[i]));
            var k = kept.Slice(i * Kept, Kept);
            gradient[width + i] += yBar * (k[5] * k[7]);
            gradient[2 * width + i] += yBar;
            outputBar[i] += yBar * extra[width + i];
        }
    }

    private static void Backward(
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> character,
        ReadOnlySpan<double> kept,
        Span<double> stateBar,
        Span<double> gradient
    )
    {
        var width = character.Length;
        var layers = stateBar.Length / (2 * width);
        for (var layer = layers - 1; layer >= 0; layer--)
        {
            var w = x.Slice(layer * Rows * width, Rows * width);
            var slope = gradient.Slice(layer * Rows * width, Rows * width);
            Span<double> hiddenBar = stateBar.Slice(2 * layer * width, width),
                cellBar = stateBar.Slice((2 * layer + 1) * width, width);
            for (var i = 0; i < width; i++)
            {
                var k = kept.Slice((layer * width + i) * Kept, Kept);
                double nextBar = cellBar[i] + hiddenBar[i] * k[5] * (1 - k[7] * k[7]),
                    forgetBar = nextBar * k[2] * k[3] * (1 - k[3]),
                    keepBar = nextBar * k[6] * k[4] * (1 - k[4]),
                    showBar = hiddenBar[i] * k[7] * k[5] * (1 - k[5]),
                    changeBar = nextBar * k[4] * (1 - k[6] * k[6]),
                    inputBar = forgetBar * w[i] + showBar * w[2 * width + i];
                slope[i] += forgetBar * k[0];
                slope[width + i] += keepBar * k[1];
                slope[2 * width + i] += showBar * k[0];
                slope[3 * width + i] += changeBar * k[1];
                slope[4 * width + i] += forgetBar;
                slope[5 * width + i] += keepBar;
                slope[6 * width + i] += showBar;
                slope[7 * width + i] += changeBar;
                cellBar[i] = nextBar * k[3];
                hiddenBar[i] = keepBar * w[width + i] + changeBar * w[3 * width + i];
                if (layer == 0)
                    gradient[layers * Rows * width + i] += inputBar * character[i];
                else
                    stateBar[2 * (layer - 1) * width + i] += inputBar;
            }
        }
    }
}
