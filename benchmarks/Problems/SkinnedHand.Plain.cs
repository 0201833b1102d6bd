using System.Numerics;

namespace FuncAD.Benchmarks.Problems;

public static partial class SkinnedHand
{
    /// <summary>
    /// By hand: an angle moves only the bones from its own to the tip of its finger; the derivative of a frame by an angle goes through the same
    /// products as the frame, and skinning with it in place of the frame is the derivative of skinning. Loops run along the vertices, in vectors.
    /// </summary>
    private sealed class Plain(Model model)
    {
        private const int OfFinger = 4; // angles, and bones

        private readonly double[] _rest = new double[3 * model.Vertices], // skinned, before the hand's own motion
            _moved = new double[3 * model.Vertices],
            _slopes = new double[Inputs * 3 * model.Vertices],
            _frameSlopes = new double[Bones * OfFinger * Frame], // by the angles of the bone's finger
            _ones = [.. Enumerable.Repeat(1.0, model.Vertices)],
            _residuals = new double[3 * model.Points],
            _jacobian = new double[3 * model.Points * Inputs];

        public double[] Residuals(double[] x)
        {
            Span<double> place = stackalloc double[Frame];
            Skin(Pose<double>(x, model.AtRest, model.Inverses));
            Place(x, place);
            Array.Clear(_moved);
            AddMapped(place, _rest, _ones, _moved);
            for (var i = 0; i < _residuals.Length; i++)
                _residuals[i] = model.Targets[i] - _moved[VertexOf(i)];
            return _residuals;
        }

        public double[] Jacobian(double[] x)
        {
            var poses = Pose<double>(x, model.AtRest, model.Inverses);
            Span<double> place = stackalloc double[Frame],
                transformSlope = stackalloc double[Frame],
                slope = stackalloc double[Frame];
            Skin(poses);
            Place(x, place);
            Array.Clear(_slopes);
            for (var j = 0; j < 3; j++)
            {
                PlaceSlope(x, j, slope);
                AddMapped(slope, _rest, _ones, Slope(j));
                Slope(3 + j).Slice(j * model.Vertices, model.Vertices).Fill(1);
            }
            for (var bone = 2; bone < Bones; bone++)
            {
                var (finger, joint) = Math.DivRem(bone - 2, OfFinger);
                Differentiate(poses, x, bone);
                for (var angle = 0; angle < Math.Min(joint + 2, OfFinger); angle++)
                {
                    Compose(FrameSlope(bone, angle), Of(model.Inverses, bone), 1, transformSlope);
                    Compose(place, transformSlope, 0, slope);
                    AddMapped(slope, model.Positions, WeightsOf(bone), Slope(Angles + OfFinger * finger + angle));
                }
            }
            for (var i = 0; i < _residuals.Length; i++)
            for (int j = 0, from = VertexOf(i); j < Inputs; j++, from += 3 * model.Vertices)
                _jacobian[i * Inputs + j] = -_slopes[from];
            return _jacobian;
        }

        private int VertexOf(int residual) => residual / model.Points * model.Vertices + model.VertexOf[residual % model.Points];

        private ReadOnlySpan<double> WeightsOf(int bone) => model.Weights.AsSpan(bone * model.Vertices, model.Vertices);

        private Span<double> Slope(int input) => _slopes.AsSpan(input * 3 * model.Vertices, 3 * model.Vertices);

        private Span<double> FrameSlope(int bone, int angle) => Of(_frameSlopes, bone * OfFinger + angle);

        private void Skin(Poses<double> poses)
        {
            Array.Clear(_rest);
            for (var bone = 0; bone < Bones; bone++)
                AddMapped(Of(poses.Transforms, bone), model.Positions, WeightsOf(bone), _rest);
        }

        /// <summary>The derivatives of a bone's frame by the angles of the finger up to its own.</summary>
        private void Differentiate(Poses<double> poses, double[] x, int bone)
        {
            Span<double> joint = stackalloc double[Frame],
                relative = stackalloc double[Frame];
            var (bend, spread) = AnglesOf(bone);
            var finger = Angles + (bone - 2) / OfFinger * OfFinger;
            if (!IsKnuckle(bone))
                for (var angle = 0; angle < (bend < 0 ? OfFinger : bend - finger); angle++)
                    Compose(FrameSlope(bone - 1, angle), Of(poses.Relative, bone), 1, FrameSlope(bone, angle));
            if (bend < 0)
                return;
            var (sb, cb) = Math.SinCos(x[bend]);
            var (ss, cs) = spread < 0 ? (0, 1) : Math.SinCos(x[spread]);
            Fill(joint, 0, ss * sb, ss * cb, 0, -cs * sb, -cs * cb, 0, cb, -sb);
            Compose(Of(model.AtRest, bone), joint, 0, relative);
            Compose(Of(poses.Frames, Parent(bone)), relative, 0, FrameSlope(bone, bend - finger));
            if (spread < 0)
                return;
            Fill(joint, -ss, -cs * cb, cs * sb, cs, -ss * cb, ss * sb, 0, 0, 0);
            Compose(Of(model.AtRest, bone), joint, 0, relative);
            Compose(Of(poses.Frames, Parent(bone)), relative, 0, FrameSlope(bone, spread - finger));
        }

        /// <summary>The derivative of Rodrigues' formula a I + b [r] + c r r', by component j of the rotation vector.</summary>
        private static void PlaceSlope(ReadOnlySpan<double> r, int j, Span<double> result)
        {
            BundleAdjustment.Rotation(r[0] * r[0] + r[1] * r[1] + r[2] * r[2], out _, out var b, out var c, out var slopeB, out var slopeC);
            result.Clear();
            for (var row = 0; row < 3; row++)
            for (var column = 0; column < 3; column++)
            {
                var skew = row == column ? 0 : Sign(row, column, 3 - row - column) * r[3 - row - column];
                result[4 * row + column] =
                    r[j] * (slopeB * skew + slopeC * r[row] * r[column] - (row == column ? b : 0))
                    + b * Sign(row, column, j)
                    + c * ((row == j ? r[column] : 0) + (column == j ? r[row] : 0));
            }
        }

        /// <summary>What component k counts in the element (i, j) of [r]: 1, 0 or -1.</summary>
        private static int Sign(int i, int j, int k) => (i - j) * (k - i) * (k - j) / 2;

        /// <summary>Adds weights times the mapped points to the sums.</summary>
        private static void AddMapped(
            ReadOnlySpan<double> map,
            ReadOnlySpan<double> points,
            ReadOnlySpan<double> weights,
            Span<double> sums
        )
        {
            var (count, lanes) = (weights.Length, Vector<double>.Count);
            ReadOnlySpan<double> x = points[..count],
                y = points.Slice(count, count),
                z = points[(2 * count)..];
            for (var row = 0; row < 3; row++)
            {
                var m = map.Slice(4 * row, 4);
                var sum = sums.Slice(row * count, count);
                var v = 0;
                for (; v <= count - lanes; v += lanes)
                {
                    var mapped = m[0] * Load(x, v) + m[1] * Load(y, v) + m[2] * Load(z, v) + new Vector<double>(m[3]);
                    (Load(sum, v) + Load(weights, v) * mapped).CopyTo(sum[v..]);
                }
                for (; v < count; v++)
                    sum[v] += weights[v] * (m[0] * x[v] + m[1] * y[v] + m[2] * z[v] + m[3]);
            }
        }

        private static Vector<double> Load(ReadOnlySpan<double> numbers, int start) => new(numbers[start..]);
    }
}
