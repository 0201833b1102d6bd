namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// Bundle adjustment, after ADBench (Srajer, Kukelova and Fitzgibbon 2018, section 3.2): reprojection residuals of points seen by cameras, weighted, and
/// residuals of the weights. Dimensions: cameras n, points m, observations p. X: cameras (n x 11: rotation 3, centre 3, focal length,
/// principal point 2, radial distortion 2), points (m x 3), weights (p). Data: for each observation its camera and point as
/// numbers, and what was seen (2). Values: 2 p residuals, then p of the weights. Derivatives: the blocks that are not 0, p of 2 x 15 (camera, point,
/// weight), then p of 1 x 1.
/// </summary>
/// <remarks>
/// A point X is seen by a camera with rotation vector r, centre C, focal length f, principal point c and distortion k at
/// f (1 + k[0] |u|^2 + k[1] |u|^4) u + c, with u the first two components of v = R(r) (X - C) divided by the third, and R by Rodrigues' formula.
/// The residual is w times that less what was seen; that of the weight is 1 - w^2.
/// </remarks>
public static partial class BundleAdjustment
{
    public const int Inputs = 15,
        Camera = 11;
    private const int Outputs = 2,
        Block = Inputs * Outputs,
        Datum = 4;

    public static readonly Problem Problem = new(
        "ba",
        "Bundle adjustment (ADBench)",
        "sparse Jacobian, blocks 2 x 15 and 1 x 1",
        "observations",
        [2, 3, 7],
        [
            Of(49, 7776, 31_843, true),
            Of(21, 11_315, 36_455, false),
            Of(161, 48_126, 182_072, false),
            Of(372, 47_423, 204_472, false),
            Of(257, 65_132, 225_911, false),
        ],
        Generate,
        [
            new(Form.Hand, instance => Evaluate(instance, Residual, Jacobian)),
            new(Form.Eager, Numbers),
            .. CompiledForms.OnThreads(Compiled),
            new(
                Form.Differences,
                instance =>
                    Evaluate(
                        instance,
                        Residual,
                        (x, seen, block) =>
                        {
                            var (arguments, target) = (x.ToArray(), seen.ToArray());
                            for (var row = 0; row < Outputs; row++)
                                Forms
                                    .Partials(
                                        y =>
                                        {
                                            Span<double> both = stackalloc double[Outputs];
                                            Residual(y, target, both);
                                            return both[row];
                                        },
                                        arguments
                                    )
                                    .CopyTo(block.Slice(row * Inputs, Inputs));
                        }
                    )
            ),
        ]
    );

    private delegate void Kernel(ReadOnlySpan<double> x, ReadOnlySpan<double> seen, Span<double> result);

    private static Size Of(int cameras, int points, int observations, bool isQuick) =>
        new($"n = {cameras}, m = {points}, p = {observations}", observations, isQuick, cameras, points, observations);

    private static Instance Generate(Size size)
    {
        var (random, cameras, points, observations) = (new Generator(9), size.Dimensions[0], size.Dimensions[1], size.Dimensions[2]);
        var x = new List<double>();
        for (var camera = 0; camera < cameras; camera++)
            x.AddRange([
                .. random.Uniforms(3, -0.3, 0.3),
                .. random.Uniforms(2, -1, 1),
                random.Uniform(-9, -7),
                random.Uniform(400, 600),
                .. random.Uniforms(2, -5, 5),
                random.Uniform(-0.1, 0.1),
                random.Uniform(-0.01, 0.01),
            ]);
        x.AddRange(random.Uniforms(3 * points, -2, 2));
        x.AddRange(random.Uniforms(observations, 0.5, 1.5));
        var data = Enumerable
            .Range(0, observations)
            .SelectMany(_ => new[] { random.Below(cameras), random.Below(points), random.Uniform(-200, 200), random.Uniform(-200, 200) });
        return new(size, [.. x], [.. data]);
    }

    /// <summary>The arguments of one observation's residual, side by side.</summary>
    private static void Gather(Instance instance, int observation, Span<double> x)
    {
        var (all, data, firstPoint) = (instance.X, instance.Data, instance.Dimension(0) * Camera);
        all.AsSpan((int)data[observation * Datum] * Camera, Camera).CopyTo(x);
        all.AsSpan(firstPoint + (int)data[observation * Datum + 1] * 3, 3).CopyTo(x[Camera..]);
        x[Inputs - 1] = all[firstPoint + 3 * instance.Dimension(1) + observation];
    }

    private static ReadOnlySpan<double> Seen(Instance instance, int observation) => instance.Data.AsSpan(observation * Datum + 2, 2);

    private static Evaluation Evaluate(Instance instance, Kernel residual, Kernel jacobian)
    {
        var observations = instance.Dimension(2);
        double[] values = new double[(Outputs + 1) * observations],
            slopes = new double[(Block + 1) * observations];
        return new(
            () =>
            {
                Span<double> x = stackalloc double[Inputs];
                for (var k = 0; k < observations; k++)
                {
                    Gather(instance, k, x);
                    residual(x, Seen(instance, k), values.AsSpan(k * Outputs, Outputs));
                    values[Outputs * observations + k] = 1 - x[Inputs - 1] * x[Inputs - 1];
                }
                return values;
            },
            () =>
            {
                Span<double> x = stackalloc double[Inputs];
                for (var k = 0; k < observations; k++)
                {
                    Gather(instance, k, x);
                    jacobian(x, Seen(instance, k), slopes.AsSpan(k * Block, Block));
                    slopes[Block * observations + k] = -2 * x[Inputs - 1];
                }
                return slopes;
            }
        );
    }
}
