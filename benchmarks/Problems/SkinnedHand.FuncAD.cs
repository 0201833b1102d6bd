namespace FuncAD.Benchmarks.Problems;

public static partial class SkinnedHand
{
    private static Real[] Residuals(Real[] x, Model model)
    {
        var transforms = Pose<Real>(x, model.AtRest.ToReals(), model.Inverses.ToReals()).Transforms;
        var place = new Real[Frame];
        Place<Real>(x, place);
        var vertices = new Real[3 * model.Vertices];
        for (var vertex = 0; vertex < model.Vertices; vertex++)
        {
            Real v0 = 0,
                v1 = 0,
                v2 = 0;
            double p0 = model.Positions[vertex],
                p1 = model.Positions[model.Vertices + vertex],
                p2 = model.Positions[2 * model.Vertices + vertex];
            for (var bone = 0; bone < Bones; bone++)
            {
                var t = Of(transforms, bone);
                var weight = model.Weights[bone * model.Vertices + vertex];
                v0 += weight * (t[0] * p0 + t[1] * p1 + t[2] * p2 + t[3]);
                v1 += weight * (t[4] * p0 + t[5] * p1 + t[6] * p2 + t[7]);
                v2 += weight * (t[8] * p0 + t[9] * p1 + t[10] * p2 + t[11]);
            }
            for (var row = 0; row < 3; row++)
                vertices[row * model.Vertices + vertex] =
                    place[4 * row] * v0 + place[4 * row + 1] * v1 + place[4 * row + 2] * v2 + place[4 * row + 3];
        }
        var residuals = new Real[3 * model.Points];
        for (var i = 0; i < residuals.Length; i++)
            residuals[i] = model.Targets[i] - vertices[i / model.Points * model.Vertices + model.VertexOf[i % model.Points]];
        return residuals;
    }

    /// <summary>
    /// Bones of one depth at a time, all fingers together; the vertices, of which there are most, along the last axis. Frames are 4 x 4 here, and
    /// bones stand in the order of their depth.
    /// </summary>
    private static Func<Tensor, Tensor> Residuals(Model model)
    {
        const int fingers = 5;
        int[] order = [0, 1, .. from depth in Enumerable.Range(2, 4) from finger in Enumerable.Range(0, fingers) select depth + 4 * finger];
        int Index(int angle) => angle < 0 ? Inputs : angle; // after the last argument there is a zero
        int[] bends = [.. order.Select(bone => Index(AnglesOf(bone).Bend))],
            spreads = [.. order.Select(bone => Index(AnglesOf(bone).Spread))];
        Tensor atRest = Homogeneous(model.AtRest, order),
            inverses = Homogeneous(model.Inverses, order),
            weights = Tensor.Of(model.Weights, Bones, 1, model.Vertices).Gather(0, order),
            positions = Tensor.Concatenate(0, Tensor.Of(model.Positions, 3, model.Vertices), Tensor.Ones(1, model.Vertices)),
            targets = Tensor.Of(model.Targets, 3, model.Points),
            zeros = Tensor.Zeros(Bones),
            ones = Tensor.Ones(Bones),
            skew = Tensor.Of([0, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0, 0], 9, 3);

        return x =>
        {
            var angles = Tensor.Concatenate(0, x, Tensor.Zeros(1));
            Tensor bend = angles.Gather(0, bends),
                spread = angles.Gather(0, spreads),
                sb = TensorMath.Sin(bend),
                cb = TensorMath.Cos(bend),
                ss = TensorMath.Sin(spread),
                cs = TensorMath.Cos(spread);
            var joints = Tensor.Stack(
                1,
                [cs, -(ss * cb), ss * sb, zeros, ss, cs * cb, -(cs * sb), zeros, zeros, sb, cb, zeros, zeros, zeros, zeros, ones]
            );
            var relative = atRest.MatMul(joints.Reshape(Bones, 4, 4));
            List<Tensor> frames = [relative.Slice(0, 0, 1)];
            for (int start = 1, end = 2; end <= Bones; start = end, end += fingers)
                frames.Add(frames[^1].MatMul(relative.Slice(0, start, end)));
            var transforms = Tensor.Concatenate(0, [.. frames]).MatMul(inverses).Slice(1, 0, 3);
            var perBone = transforms.Reshape(3 * Bones, 4).MatMul(positions).Reshape(Bones, 3, model.Vertices);
            var vertices = Rotation(x.Slice(0, 0, 3)).MatMul((weights * perBone).SumOver(0)) + x.Slice(0, 3, 6).Reshape(3, 1);
            return targets - vertices.Gather(1, model.VertexOf);
        };

        Tensor Rotation(Tensor r)
        {
            var square = r.Dot(r);
            var angle = RealMath.Sqrt(square);
            var k = skew.MatMul(r).Reshape(3, 3);
            return Tensor.Identity(3) + RealMath.Sin(angle) / angle * k + (1 - RealMath.Cos(angle)) / square * k.MatMul(k);
        }
    }

    /// <summary>Frames in this order, with the row that is left out elsewhere.</summary>
    private static Tensor Homogeneous(double[] frames, int[] order) =>
        Tensor.Of([.. order.SelectMany(bone => (double[])[.. Of(frames, bone), 0, 0, 0, 1])], order.Length, 4, 4);
}
