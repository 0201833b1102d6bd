namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// A skinned hand that is to meet points, after ADBench (Srajer, Kukelova and Fitzgibbon 2018; its objective "HAND, simple"). Dimensions: vertices V,
/// points N. X: the hand's rotation (a vector, not 0) and translation (3 each), then for each of five fingers the bend and the spread of its first
/// bone and the bends of the next two. Data: for each of the 22 bones its frame in that of its parent, in the pose at rest (3 x 4, the last row of 4
/// x 4 left out); the inverse of its frame in the hand's, in the same pose; the vertices in that pose (3 x V); the weights of bones in vertices (22 x
/// V); for each point its vertex; the points (3 x N). Values: 3 x N. Derivatives: 3 N x 26.
/// </summary>
/// <remarks>
/// Bone 0 is the wrist, 1 the palm, and each finger has four from 2 on, of which the tip does not bend. With B[b] the frames at rest and L[b] =
/// Rz(spread) Rx(bend), a bone's frame is F[b] = F[parent] B[b] L[b], and it carries with it a point p of the hand at rest to T[b] p, T[b] = F[b]
/// inverse[b]. A vertex goes to v = R(rotation) (the sum over b of weight[b] T[b] p) + translation, with R by Rodrigues' formula, and the residual is
/// a point less its vertex. Most weights are 0, but no form makes use of that, nor of vertices that no point is for: the published function does not.
/// </remarks>
public static partial class SkinnedHand
{
    private const int Bones = 22,
        Angles = 6, // what comes before the fingers' angles
        Inputs = 26,
        Frame = 12;

    public static readonly Problem Problem = new(
        "hand",
        "Skinned hand (ADBench)",
        "Jacobian, 3 N x 26",
        "points",
        [7, 5],
        [Of(544, 100, true), Of(544, 1000, false)],
        Generate,
        [
            new(
                Form.Hand,
                instance =>
                {
                    var plain = new Plain(new(instance));
                    return new(() => plain.Residuals(instance.X), () => plain.Jacobian(instance.X));
                }
            ),
            new(
                Form.Eager,
                instance =>
                {
                    var (model, x) = (new Model(instance), instance.X.ToReals());
                    var jacobian = AD.JacobianForward(x => Residuals(x, model));
                    return new(() => Residuals(x, model).ToDoubles(), () => [.. jacobian(x).ToDoubles().Cast<double>()]);
                }
            ),
            new(
                Form.Arrays,
                instance =>
                {
                    var (f, x) = (Residuals(new Model(instance)), Tensor.Of(instance.X));
                    var jacobian = AD.Jacobian(f);
                    return new(() => f(x).ToArray(), () => jacobian(x).ToArray());
                }
            ),
            new(
                Form.Differences,
                instance =>
                {
                    var (plain, x) = (new Plain(new(instance)), instance.X);
                    var residuals = Enumerable.Range(0, 3 * instance.Dimension(1));
                    return new(
                        () => plain.Residuals(x),
                        () => [.. residuals.SelectMany(i => Forms.Partials(x => plain.Residuals(x)[i], x))]
                    );
                }
            ),
        ]
    );

    /// <summary>The data of an instance under their names.</summary>
    private sealed class Model
    {
        public Model(Instance instance)
        {
            var rest = instance.Data.AsSpan();
            (Vertices, Points) = (instance.Dimension(0), instance.Dimension(1));
            (AtRest, Inverses) = (Take(ref rest, Bones * Frame), Take(ref rest, Bones * Frame));
            (Positions, Weights) = (Take(ref rest, 3 * Vertices), Take(ref rest, Bones * Vertices));
            VertexOf = Array.ConvertAll(Take(ref rest, Points), vertex => (int)vertex);
            Targets = Take(ref rest, 3 * Points);
        }

        public int Vertices { get; }
        public int Points { get; }
        public double[] AtRest { get; }
        public double[] Inverses { get; }
        public double[] Positions { get; }
        public double[] Weights { get; }
        public int[] VertexOf { get; }
        public double[] Targets { get; }

        private static double[] Take(ref Span<double> rest, int count)
        {
            var taken = rest[..count].ToArray();
            rest = rest[count..];
            return taken;
        }
    }

    private static Size Of(int vertices, int points, bool isQuick) =>
        new($"V = {vertices}, N = {points}", points, isQuick, vertices, points);

    /// <summary>The bone that carries this one; -1 for the wrist.</summary>
    private static int Parent(int bone) => IsKnuckle(bone) ? 1 : bone - 1;

    private static bool IsKnuckle(int bone) => bone > 1 && (bone - 2) % 4 == 0;

    /// <summary>The places of a bone's bend and spread in X; -1 if it has none.</summary>
    private static (int Bend, int Spread) AnglesOf(int bone)
    {
        var (finger, joint) = Math.DivRem(bone - 2, 4);
        var first = Angles + 4 * finger;
        return bone < 2 || joint == 3 ? (-1, -1)
            : joint == 0 ? (first, first + 1)
            : (first + joint + 1, -1);
    }

    private static Instance Generate(Size size)
    {
        var (random, vertices, points) = (new Generator(11), size.Dimensions[0], size.Dimensions[1]);
        double[] atRest = new double[Bones * Frame],
            inverses = new double[Bones * Frame];
        for (var bone = 0; bone < Bones; bone++)
        {
            var frame = Of(atRest, bone);
            Joint(random.Uniform(-0.4, 0.4), random.Uniform(-0.4, 0.4), frame);
            (frame[3], frame[7], frame[11]) = (random.Uniform(-0.3, 0.3), random.Uniform(0.5, 1), random.Uniform(-0.1, 0.1));
        }
        var frames = Pose<double>(new double[Inputs], atRest, inverses).Frames;
        for (var bone = 0; bone < Bones; bone++)
            Invert(Of(frames, bone), Of(inverses, bone));
        double[] positions = new double[3 * vertices],
            weights = new double[Bones * vertices];
        for (var vertex = 0; vertex < vertices; vertex++)
        {
            var (bone, offset) = (random.Below(Bones), random.Uniforms(3, -0.3, 0.3));
            for (var row = 0; row < 3; row++)
                positions[row * vertices + vertex] = Component(Of(frames, bone).Slice(4 * row, 4), offset);
            var shares = random.Uniforms(4, 0.1, 1);
            foreach (var share in shares)
            {
                weights[bone * vertices + vertex] += share / shares.Sum();
                bone = random.Below(Bones);
            }
        }
        int[] vertexOf = [.. Enumerable.Range(0, points).Select(_ => random.Below(vertices))];
        var targets = Enumerable
            .Range(0, 3 * points)
            .Select(i => positions[i / points * vertices + vertexOf[i % points]] + 0.1 * random.Normal());
        double[] x = [.. random.Uniforms(3, -0.5, 0.5), .. random.Uniforms(3, -0.2, 0.2), .. random.Uniforms(Inputs - Angles, -0.3, 0.9)];
        return new(size, x, [.. atRest, .. inverses, .. positions, .. weights, .. vertexOf, .. targets]);
    }

    /// <summary>The frame that undoes a rotation and a translation.</summary>
    private static void Invert(ReadOnlySpan<double> frame, Span<double> inverse)
    {
        for (var row = 0; row < 3; row++)
        {
            for (var column = 0; column < 3; column++)
                inverse[4 * row + column] = frame[4 * column + row];
            inverse[4 * row + 3] = -(frame[row] * frame[3] + frame[4 + row] * frame[7] + frame[8 + row] * frame[11]);
        }
    }

    private static double Component(ReadOnlySpan<double> row, double[] point) =>
        row[0] * point[0] + row[1] * point[1] + row[2] * point[2] + row[3];
}
