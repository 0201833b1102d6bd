namespace FuncAD.Benchmarks.Problems;

public static partial class BundleAdjustment
{
    /// <summary>Rodrigues' formula with a = cos, b = sin / angle, c = (1 - cos) / angle^2, and the derivatives of b and c, over the angle.</summary>
    internal static void Rotation(double square, out double a, out double b, out double c, out double slopeB, out double slopeC)
    {
        if (square == 0)
        {
            (a, b, c, slopeB, slopeC) = (1, 1, 0.5, -1.0 / 3, -1.0 / 12);
            return;
        }
        var angle = Math.Sqrt(square);
        (var sine, a) = Math.SinCos(angle);
        (b, c) = (sine / angle, (1 - a) / square);
        (slopeB, slopeC) = ((a - b) / square, (b - 2 * c) / square);
    }

    private static void Residual(ReadOnlySpan<double> x, ReadOnlySpan<double> seen, Span<double> result)
    {
        double r0 = x[0],
            r1 = x[1],
            r2 = x[2],
            v0 = x[11] - x[3],
            v1 = x[12] - x[4],
            v2 = x[13] - x[5];
        Rotation(r0 * r0 + r1 * r1 + r2 * r2, out var a, out var b, out var c, out _, out _);
        var along = c * (r0 * v0 + r1 * v1 + r2 * v2);
        double p0 = a * v0 + b * (r1 * v2 - r2 * v1) + along * r0;
        double p1 = a * v1 + b * (r2 * v0 - r0 * v2) + along * r1;
        double p2 = a * v2 + b * (r0 * v1 - r1 * v0) + along * r2;
        double u0 = p0 / p2,
            u1 = p1 / p2,
            square = u0 * u0 + u1 * u1,
            scale = x[6] * (1 + square * (x[9] + square * x[10])),
            w = x[14];
        result[0] = w * (scale * u0 + x[7] - seen[0]);
        result[1] = w * (scale * u1 + x[8] - seen[1]);
    }

    /// <summary>The block of an observation, 2 x 15 by rows.</summary>
    private static void Jacobian(ReadOnlySpan<double> x, ReadOnlySpan<double> seen, Span<double> block)
    {
        double r0 = x[0],
            r1 = x[1],
            r2 = x[2],
            v0 = x[11] - x[3],
            v1 = x[12] - x[4],
            v2 = x[13] - x[5];
        Rotation(r0 * r0 + r1 * r1 + r2 * r2, out var a, out var b, out var c, out var slopeB, out var slopeC);
        double along = r0 * v0 + r1 * v1 + r2 * v2,
            c0 = r1 * v2 - r2 * v1,
            c1 = r2 * v0 - r0 * v2,
            c2 = r0 * v1 - r1 * v0;
        double p0 = a * v0 + b * c0 + c * along * r0,
            p1 = a * v1 + b * c1 + c * along * r1,
            p2 = a * v2 + b * c2 + c * along * r2;

        // What comes of the coefficients: d(R v) / dr[j] has r[j] times this.
        double e0 = -b * v0 + slopeB * c0 + slopeC * along * r0,
            e1 = -b * v1 + slopeB * c1 + slopeC * along * r1;
        double e2 = -b * v2 + slopeB * c2 + slopeC * along * r2;
        double inverse = 1 / p2,
            u0 = p0 * inverse,
            u1 = p1 * inverse,
            square = u0 * u0 + u1 * u1,
            f = x[6],
            w = x[14];
        double distortion = 1 + square * (x[9] + square * x[10]),
            bend = 2 * x[9] + 4 * square * x[10];

        for (var row = 0; row < 2; row++)
        {
            // The derivative of the residual in u, in p = R v and in v.
            double u = row == 0 ? u0 : u1,
                g0 = w * f * bend * u * u0,
                g1 = w * f * bend * u * u1;
            if (row == 0)
                g0 += w * f * distortion;
            else
                g1 += w * f * distortion;
            double q0 = g0 * inverse,
                q1 = g1 * inverse,
                q2 = -(q0 * u0 + q1 * u1);
            double qr = c * (q0 * r0 + q1 * r1 + q2 * r2),
                qe = q0 * e0 + q1 * e1 + q2 * e2;
            double n0 = q1 * r2 - q2 * r1,
                n1 = q2 * r0 - q0 * r2,
                n2 = q0 * r1 - q1 * r0;
            double t0 = a * q0 + b * n0 + qr * r0,
                t1 = a * q1 + b * n1 + qr * r1,
                t2 = a * q2 + b * n2 + qr * r2;

            // q . (e[j] x v) is the component j of v x q.
            var jacobian = block.Slice(row * Inputs, Inputs);
            jacobian[0] = qe * r0 + b * (v1 * q2 - v2 * q1) + qr * v0 + c * along * q0;
            jacobian[1] = qe * r1 + b * (v2 * q0 - v0 * q2) + qr * v1 + c * along * q1;
            jacobian[2] = qe * r2 + b * (v0 * q1 - v1 * q0) + qr * v2 + c * along * q2;
            (jacobian[3], jacobian[4], jacobian[5]) = (-t0, -t1, -t2);
            jacobian[6] = w * distortion * u;
            (jacobian[7], jacobian[8]) = (row == 0 ? w : 0, row == 0 ? 0 : w);
            (jacobian[9], jacobian[10]) = (w * f * square * u, w * f * square * square * u);
            (jacobian[11], jacobian[12], jacobian[13]) = (t0, t1, t2);
            jacobian[14] = f * distortion * u + x[7 + row] - seen[row];
        }
    }
}
