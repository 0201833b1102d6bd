using static FuncAD.RealMath;

namespace FuncAD.Benchmarks.Problems;

public static partial class BundleAdjustment
{
    private static Real[] Residual(Real[] x, ReadOnlySpan<double> seen) => Residual(x, seen[0], seen[1]);

    private static Real[] Residual(Real[] x, Real seen0, Real seen1)
    {
        Real v0 = x[11] - x[3],
            v1 = x[12] - x[4],
            v2 = x[13] - x[5],
            square = x[0] * x[0] + x[1] * x[1] + x[2] * x[2],
            p0,
            p1,
            p2;
        Real c0 = x[1] * v2 - x[2] * v1,
            c1 = x[2] * v0 - x[0] * v2,
            c2 = x[0] * v1 - x[1] * v0;
        if (square == 0)
        {
            (p0, p1, p2) = (v0 + c0, v1 + c1, v2 + c2);
        }
        else
        {
            Real angle = Sqrt(square),
                cosine = Cos(angle),
                b = Sin(angle) / angle,
                along = (1 - cosine) / square * (x[0] * v0 + x[1] * v1 + x[2] * v2);
            p0 = cosine * v0 + b * c0 + along * x[0];
            p1 = cosine * v1 + b * c1 + along * x[1];
            p2 = cosine * v2 + b * c2 + along * x[2];
        }
        Real u0 = p0 / p2,
            u1 = p1 / p2,
            radius = u0 * u0 + u1 * u1,
            scale = x[6] * (1 + radius * (x[9] + radius * x[10])),
            w = x[14];
        return [w * (scale * u0 + x[7] - seen0), w * (scale * u1 + x[8] - seen1)];
    }

    private static Real WeightResidual(Real w) => 1 - w * w;

    /// <summary>Two rows and fifteen columns: by rows, in reverse mode. The derivative in a weight is one number of one: forward mode.</summary>
    private static Evaluation Numbers(Instance instance)
    {
        var observations = instance.Dimension(2);
        double[] values = new double[(Outputs + 1) * observations],
            slopes = new double[(Block + 1) * observations],
            x = new double[Inputs];
        var weightSlope = AD.Diff(WeightResidual);
        return new(
            () =>
            {
                for (var k = 0; k < observations; k++)
                {
                    Gather(instance, k, x);
                    var residual = Residual(x.ToReals(), Seen(instance, k));
                    for (var row = 0; row < Outputs; row++)
                        values[k * Outputs + row] = residual[row].Value;
                    values[Outputs * observations + k] = WeightResidual(x[Inputs - 1]).Value;
                }
                return values;
            },
            () =>
            {
                for (var k = 0; k < observations; k++)
                {
                    Gather(instance, k, x);
                    var jacobian = AD.JacobianReverse(x => Residual(x, Seen(instance, k)))(x.ToReals());
                    for (var i = 0; i < Block; i++)
                        slopes[k * Block + i] = jacobian[i / Inputs, i % Inputs].Value;
                    slopes[Block * observations + k] = weightSlope(x[Inputs - 1]).Value;
                }
                return slopes;
            }
        );
    }

    /// <summary>A batch over the observations: a column for each argument of a residual and for what was seen.</summary>
    private static Evaluation Compiled(Instance instance, CompileOptions options)
    {
        const int width = Inputs + Outputs;
        var observations = instance.Dimension(2);
        var rows = new double[width * observations];
        for (var k = 0; k < observations; k++)
        {
            Gather(instance, k, rows.AsSpan(k * width, Inputs));
            Seen(instance, k).CopyTo(rows.AsSpan(k * width + Inputs));
        }
        var columns = CompiledForms.Transpose(rows, observations);
        var weightSlope = AD.Diff(WeightResidual);
        return new(
            CompiledForms.Batch(
                x => (Residual(x, x[Inputs], x[Inputs + 1]), WeightResidual(x[Inputs - 1])),
                columns,
                observations,
                options
            ),
            CompiledForms.Batch(
                x =>
                    (
                        AD.JacobianReverse(arguments => Residual(arguments, x[Inputs], x[Inputs + 1]))(x[..Inputs]),
                        weightSlope(x[Inputs - 1])
                    ),
                columns,
                observations,
                options
            )
        )
        {
            Order = values => ByObservation(values, Outputs),
            OrderDerivative = slopes => ByObservation(slopes, Block),
        };

        // The last column is that of the weights, which come last in the problem's order, too.
        double[] ByObservation(double[] results, int numbers) =>
            [.. CompiledForms.Transpose(results.AsSpan(0, numbers * observations), numbers), .. results.AsSpan(numbers * observations)];
    }
}
