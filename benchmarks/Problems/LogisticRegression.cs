namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// Logistic regression: the mean of softplus(z) - t z over the rows, z = row . w, t the row's label, and a ridge of w. Dimensions: rows, features.
/// X: the weights. Data: the ridge, the rows, the labels.
/// </summary>
public static class LogisticRegression
{
    private const int Features = 20;

    public static readonly Problem Problem = new(
        "logistic",
        $"Logistic regression on {Features} features",
        "gradient",
        "rows",
        [7, 3],
        [Of(100, true), Of(1000, true), Of(10_000, true), Of(100_000, false)],
        Generate,
        [.. Forms.Gradient(Plain, Gradient, Numbers), new(Form.Arrays, Tensors), CompiledForms.OnOneThread(Compiled)]
    );

    private static Size Of(int rows, bool isQuick) => new($"{rows} rows", rows, isQuick, rows, Features);

    private static Instance Generate(Size size)
    {
        var (random, rows, features) = (new Generator(5), size.Dimensions[0], size.Dimensions[1]);
        var w = random.Normals(features, 0.5);
        var table = random.Normals(rows * features);
        var labels = Enumerable
            .Range(0, rows)
            .Select(row => Lanes.Dot(w, table.AsSpan(row * features, features)) + random.Normal() > 0 ? 1.0 : 0.0);
        return new(size, random.Normals(features, 0.5), [1e-3, .. table, .. labels]);
    }

    private static (int Rows, int Features, double Ridge, int FirstLabel) Layout(Instance instance)
    {
        var (rows, features) = (instance.Dimension(0), instance.Dimension(1));
        return (rows, features, instance.Data[0], 1 + rows * features);
    }

    private static Func<double[], double> Plain(Instance instance)
    {
        var ((rows, features, ridge, labels), data) = (Layout(instance), instance.Data);
        return w =>
        {
            var sum = 0.0;
            for (var row = 0; row < rows; row++)
            {
                var z = Lanes.Dot(w, data.AsSpan(1 + row * features, features));
                sum += Math.Max(z, 0) + Math.Log(1 + Math.Exp(-Math.Abs(z))) - data[labels + row] * z;
            }
            return sum / rows + ridge / 2 * Lanes.Dot(w, w);
        };
    }

    private static Action<double[], double[]> Gradient(Instance instance)
    {
        var ((rows, features, ridge, labels), data) = (Layout(instance), instance.Data);
        return (w, gradient) =>
        {
            for (var j = 0; j < features; j++)
                gradient[j] = ridge * w[j];
            for (var row = 0; row < rows; row++)
            {
                var x = data.AsSpan(1 + row * features, features);
                Lanes.AddScaled((1 / (1 + Math.Exp(-Lanes.Dot(w, x))) - data[labels + row]) / rows, x, gradient);
            }
        };
    }

    public static Func<Real[], Real> Numbers(Instance instance)
    {
        var ((rows, features, ridge, labels), data) = (Layout(instance), instance.Data.ToReals());
        return w =>
        {
            Real sum = 0;
            for (var row = 0; row < rows; row++)
            {
                var z = RealMath.Dot(w, data.AsSpan(1 + row * features, features));
                sum += RealMath.Softplus(z) - data[labels + row] * z;
            }
            return sum / rows + ridge / 2 * RealMath.Dot(w, w);
        };
    }

    /// <summary>A sum over rows, whose features and label are the data; the ridge belongs to the weights alone.</summary>
    private static Evaluation Compiled(Instance instance, CompileOptions options)
    {
        var (rows, features, ridge, labels) = Layout(instance);
        double[] columns =
        [
            .. CompiledForms.Transpose(instance.Data.AsSpan(1, rows * features), rows),
            .. instance.Data.AsSpan(labels, rows),
        ];
        return CompiledForms.Sum(
            (w, row) =>
            {
                var z = RealMath.Dot(w, row.AsSpan(0, features));
                return (RealMath.Softplus(z) - row[features] * z) / rows;
            },
            instance.X,
            columns,
            rows,
            options,
            w => ridge / 2 * RealMath.Dot(w, w)
        );
    }

    private static Evaluation Tensors(Instance instance)
    {
        var (rows, features, ridge, labels) = Layout(instance);
        var table = Tensor.Of(instance.Data.AsSpan(1, rows * features), rows, features);
        var targets = Tensor.Of(instance.Data.AsSpan(labels, rows), rows);
        var weights = Tensor.Of(instance.X);
        Func<Tensor, Real> loss = w => table.MatMul(w).BinaryCrossEntropy(targets) + ridge / 2 * w.Dot(w);
        var gradient = AD.Grad(loss);
        return new(() => [loss(weights).Value], () => gradient(weights).ToArray());
    }
}
