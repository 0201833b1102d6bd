using System.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>Frames are 3 x 4 matrices by rows: the last row of 4 x 4 is left out. For double and for FuncAD's numbers.</summary>
public static partial class SkinnedHand
{
    /// <summary>What the angles give: each bone's frame in its parent's, its frame in the hand's, and what it does to the hand at rest.</summary>
    private sealed record Poses<T>(T[] Relative, T[] Frames, T[] Transforms);

    private static Poses<T> Pose<T>(ReadOnlySpan<T> x, T[] atRest, T[] inverses)
        where T : IFloatingPointIeee754<T>
    {
        var poses = new Poses<T>(new T[Bones * Frame], new T[Bones * Frame], new T[Bones * Frame]);
        Span<T> joint = new T[Frame];
        for (var bone = 0; bone < Bones; bone++)
        {
            var (bend, spread) = AnglesOf(bone);
            Span<T> relative = Of(poses.Relative, bone),
                frame = Of(poses.Frames, bone);
            Joint(bend < 0 ? T.Zero : x[bend], spread < 0 ? T.Zero : x[spread], joint);
            Compose(Of(atRest, bone), joint, T.One, relative);
            if (bone == 0)
                relative.CopyTo(frame);
            else
                Compose(Of(poses.Frames, Parent(bone)), relative, T.One, frame);
            Compose(frame, Of(inverses, bone), T.One, Of(poses.Transforms, bone));
        }
        return poses;
    }

    private static Span<T> Of<T>(T[] frames, int bone) => frames.AsSpan(bone * Frame, Frame);

    /// <summary>The product of two frames, the second with this in its corner: 1 in a frame, 0 in the derivative of one.</summary>
    private static void Compose<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, T corner, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        for (var row = 0; row < Frame; row += 4)
        {
            for (var column = 0; column < 4; column++)
                result[row + column] = a[row] * b[column] + a[row + 1] * b[4 + column] + a[row + 2] * b[8 + column];
            result[row + 3] += corner * a[row + 3];
        }
    }

    /// <summary>Rz(spread) Rx(bend).</summary>
    private static void Joint<T>(T bend, T spread, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        T sb = T.Sin(bend),
            cb = T.Cos(bend),
            ss = T.Sin(spread),
            cs = T.Cos(spread);
        Fill(result, cs, -(ss * cb), ss * sb, ss, cs * cb, -(cs * sb), T.Zero, sb, cb);
    }

    /// <summary>The whole hand's frame, from its rotation vector (Rodrigues' formula) and its translation.</summary>
    private static void Place<T>(ReadOnlySpan<T> x, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        T r0 = x[0],
            r1 = x[1],
            r2 = x[2],
            square = r0 * r0 + r1 * r1 + r2 * r2,
            angle = T.Sqrt(square),
            a = T.Cos(angle),
            b = T.Sin(angle) / angle,
            c = (T.One - a) / square;
        Fill(
            result,
            a + c * r0 * r0,
            c * r0 * r1 - b * r2,
            c * r0 * r2 + b * r1,
            c * r0 * r1 + b * r2,
            a + c * r1 * r1,
            c * r1 * r2 - b * r0,
            c * r0 * r2 - b * r1,
            c * r1 * r2 + b * r0,
            a + c * r2 * r2
        );
        (result[3], result[7], result[11]) = (x[3], x[4], x[5]);
    }

    /// <summary>A frame of this rotation, by rows, at the origin.</summary>
    private static void Fill<T>(Span<T> result, params ReadOnlySpan<T> rotation)
    {
        result.Clear();
        for (var row = 0; row < 3; row++)
            rotation.Slice(3 * row, 3).CopyTo(result[(4 * row)..]);
    }
}
