namespace FuncAD.Benchmarks.Problems;

public static partial class GaussianMixture
{
    /// <summary>The operations on one tape, unless there are many parameters: parts of the sum are differentiated one after the other. Longer tapes
    /// leave the cache; each part makes a gradient of all parameters, which should be few beside its operations (measured at d = 64, K = 25: 500 000
    /// operations take 1.5 times as long as a million).</summary>
    private const int OperationsOnTape = 500_000;

    private static Evaluation Numbers(Instance instance)
    {
        var (d, components, points, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        var part = Math.Clamp(Math.Max(OperationsOnTape, 20 * instance.X.Length) / (components * (d * d + 5 * d + 10)), 1, points);
        Func<Real[], Real> rest = x => Rest(x, d, components, points, data[0], data[1]);
        Func<Real[], Real> Part(int first) => x => LogDensities(x, d, components, data, first, Math.Min(first + part, points));
        var x = instance.X.ToReals();
        var gradient = new double[x.Length];
        return new(
            () =>
            {
                var value = rest(x).Value;
                for (var first = 0; first < points; first += part)
                    value += Part(first)(x).Value;
                return [value];
            },
            () =>
            {
                Array.Clear(gradient);
                Add(AD.Grad(rest)(x));
                for (var first = 0; first < points; first += part)
                    Add(AD.Grad(Part(first))(x));
                return gradient;
            }
        );

        void Add(Real[] slopes)
        {
            for (var j = 0; j < gradient.Length; j++)
                gradient[j] += slopes[j].Value;
        }
    }

    /// <summary>The log posterior as a whole.</summary>
    public static Func<Real[], Real> LogPosterior(Instance instance)
    {
        var (d, components, points, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        return x => LogDensities(x, d, components, data, 0, points) + Rest(x, d, components, points, data[0], data[1]);
    }

    /// <summary>The sum over these points of the log densities without constants.</summary>
    private static Real LogDensities(Real[] x, int d, int components, double[] data, int first, int end)
    {
        var (heads, rows) = Shared(x, d, components);
        Real sum = 0;
        var point = new Real[d];
        for (var i = first; i < end; i++)
        {
            for (var j = 0; j < d; j++)
                point[j] = data[2 + i * d + j];
            sum += LogDensity(x, heads, rows, point);
        }
        return sum;
    }

    /// <summary>What all points use: for each component alpha + sum q, and the rows of Q up to the diagonal.</summary>
    private static (Real[] Heads, Real[][] Rows) Shared(Real[] x, int d, int components)
    {
        var (heads, rows) = (new Real[components], new Real[components * d][]);
        for (var k = 0; k < components; k++)
        {
            var logarithms = x.AsSpan(components * (1 + d) + k * (d + Triangle(d)), d);
            heads[k] = x[k] + RealMath.Sum(logarithms);
            for (var row = 0; row < d; row++)
            {
                var entries = rows[k * d + row] = new Real[row + 1];
                for (var column = 0; column < row; column++)
                    entries[column] = x[First(k, column) + row - column - 1];
                entries[row] = RealMath.Exp(logarithms[row]);
            }
        }
        return (heads, rows);

        int First(int k, int column) => components * (1 + d) + k * (d + Triangle(d)) + d + column * (2 * d - column - 1) / 2;
    }

    /// <summary>The log density of a point without constants.</summary>
    private static Real LogDensity(Real[] x, Real[] heads, Real[][] rows, Real[] point)
    {
        var (components, d) = (heads.Length, point.Length);
        Real[] terms = new Real[components],
            z = new Real[d],
            y = new Real[d];
        for (var k = 0; k < components; k++)
        {
            for (var j = 0; j < d; j++)
            {
                z[j] = point[j] - x[components + k * d + j];
                y[j] = RealMath.Dot(rows[k * d + j], z.AsSpan(0, j + 1));
            }
            terms[k] = heads[k] - 0.5 * RealMath.Dot(y, y);
        }
        return RealMath.LogSumExp(terms);
    }

    /// <summary>The log density of a point, from the parameters and its coordinates alone: what a compiled sum adds up.</summary>
    public static Func<Real[], Real[], Real> PerPoint(int d, int components) =>
        (x, point) =>
        {
            var (heads, rows) = Shared(x, d, components);
            return LogDensity(x, heads, rows, point);
        };

    /// <summary>A sum over the points, and the rest.</summary>
    private static Evaluation Compiled(Instance instance, CompileOptions options)
    {
        var (d, components, points, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        return CompiledForms.Sum(
            PerPoint(d, components),
            instance.X,
            CompiledForms.Transpose(data.AsSpan(2), points),
            points,
            options,
            x => Rest(x, d, components, points, data[0], data[1])
        );
    }

    /// <summary>The normalisation of the weights, the prior and the constants.</summary>
    private static Real Rest(Real[] x, int d, int components, int points, double gamma, double m)
    {
        Real logarithms = 0,
            squares = 0;
        var factor = d + Triangle(d);
        for (var k = 0; k < components; k++)
        {
            var first = components * (1 + d) + k * factor;
            for (var j = 0; j < d; j++)
            {
                var scale = RealMath.Exp(x[first + j]);
                logarithms += x[first + j];
                squares += scale * scale;
            }
            for (var j = d; j < factor; j++)
                squares += x[first + j] * x[first + j];
        }
        var prior = m * logarithms - 0.5 * gamma * gamma * squares;
        return prior - points * RealMath.LogSumExp(x[..components]) + Constant(d, components, points, gamma, m);
    }

    private sealed record Parameters(Tensor Alphas, Tensor Means, Tensor Logarithms, Tensor Triangles);

    private static Evaluation Tensors(Instance instance)
    {
        var (d, components, points, data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
        var (gamma, m, triangle) = (data[0], data[1], Triangle(d));
        var table = Tensor.Of(data.AsSpan(2), points, d);
        var factors = Tensor.Of(instance.X.AsSpan(components * (1 + d)), components, d + triangle);
        var x = new Parameters(
            Tensor.Of(instance.X.AsSpan(0, components), components),
            Tensor.Of(instance.X.AsSpan(components, components * d), components, d),
            factors.Slice(1, 0, d),
            factors.Slice(1, d, d + triangle)
        );

        // Where an element of Q comes from: a zero, the diagonal or the triangle by columns, in this order side by side.
        var places = new int[d * d];
        for (int column = 0, next = 1 + d; column < d; column++)
        {
            places[column * d + column] = 1 + column;
            for (var row = column + 1; row < d; row++)
                places[row * d + column] = next++;
        }

        Real LogPosterior(Parameters x)
        {
            var scales = TensorMath.Exp(x.Logarithms);
            var q = Tensor.Concatenate(1, Tensor.Zeros(components, 1), scales, x.Triangles).Gather(1, places).Reshape(components, d, d);
            var shift = q.MatMul(x.Means.Reshape(components, d, 1)).Reshape(components * d);
            var whitened = table.MatMulTransposed(q.Reshape(components * d, d), false, true) - shift;
            var squares = (whitened * whitened).Reshape(points, components, d).SumOver(2);
            var densities = (x.Alphas + x.Logarithms.SumOver(1) - 0.5 * squares).LogSumExpOver(1).Sum();
            var prior = m * x.Logarithms.Sum() - 0.5 * gamma * gamma * ((scales * scales).Sum() + (x.Triangles * x.Triangles).Sum());
            return densities - points * x.Alphas.LogSumExp() + prior + Constant(d, components, points, gamma, m);
        }

        var gradient = AD.Grad((Func<Parameters, Real>)LogPosterior);
        return new(
            () => [LogPosterior(x).Value],
            () =>
            {
                var g = gradient(x);
                return [.. g.Alphas.ToArray(), .. g.Means.ToArray(), .. Tensor.Concatenate(1, g.Logarithms, g.Triangles).ToArray()];
            }
        );
    }
}
