using System.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// The state of Lorenz' system (1963) after steps of the classical Runge-Kutta method, and its sensitivities to initial state and parameters.
/// Dimensions: steps. X: x, y, z, sigma, rho, beta. Data: the length of a step. Derivatives: 3 x 6.
/// </summary>
public static class Lorenz
{
    private const int States = 3,
        Inputs = 6;

    public static readonly Problem Problem = new(
        "lorenz",
        "Lorenz' system by Runge-Kutta steps",
        "Jacobian, 3 x 6",
        "steps",
        [7],
        [Of(10, true), Of(100, true), Of(1000, true)],
        Generate,
        [
            Forms.Hand(States, instance => (x, y) => State<double>(instance)(x).CopyTo(y, 0), _ => States * Inputs, Jacobian),
            new(
                Form.Eager,
                instance =>
                {
                    var (f, x) = (State<Real>(instance), instance.X.ToReals());
                    var jacobian = AD.Jacobian(f);
                    return new(() => f(x).ToDoubles(), () => [.. jacobian(x).ToDoubles().Cast<double>()]);
                }
            ),
            CompiledForms.Derivative(State<Real>, f => AD.Jacobian(f)),
            new(
                Form.Differences,
                instance =>
                {
                    var (f, x) = (State<double>(instance), instance.X);
                    return new(() => f(x), () => [.. Enumerable.Range(0, States).SelectMany(i => Forms.Partials(x => f(x)[i], x))]);
                }
            ),
        ]
    );

    private static Size Of(int steps, bool isQuick) => new($"{steps} steps", steps, isQuick, steps);

    private static Instance Generate(Size size) => new(size, [1.5, -1.25, 20, 10, 28, 8.0 / 3], [0.01]);

    private static (T X, T Y, T Z) Slope<T>(T x, T y, T z, T sigma, T rho, T beta)
        where T : IFloatingPointIeee754<T> => (sigma * (y - x), x * (rho - z) - y, x * y - beta * z);

    private static Func<T[], T[]> State<T>(Instance instance)
        where T : IFloatingPointIeee754<T>
    {
        var steps = instance.Dimension(0);
        T h = T.CreateChecked(instance.Data[0]),
            half = T.CreateChecked(instance.Data[0] / 2),
            sixth = T.CreateChecked(instance.Data[0] / 6);
        var two = T.CreateChecked(2);
        return start =>
        {
            var (x, y, z, sigma, rho, beta) = (start[0], start[1], start[2], start[3], start[4], start[5]);
            for (var step = 0; step < steps; step++)
            {
                var a = Slope(x, y, z, sigma, rho, beta);
                var b = Slope(x + half * a.X, y + half * a.Y, z + half * a.Z, sigma, rho, beta);
                var c = Slope(x + half * b.X, y + half * b.Y, z + half * b.Z, sigma, rho, beta);
                var d = Slope(x + h * c.X, y + h * c.Y, z + h * c.Z, sigma, rho, beta);
                x += sixth * (a.X + two * (b.X + c.X) + d.X);
                y += sixth * (a.Y + two * (b.Y + c.Y) + d.Y);
                z += sixth * (a.Z + two * (b.Z + c.Z) + d.Z);
            }
            return [x, y, z];
        };
    }

    /// <summary>The variational equations beside the system's, by the same steps: column j of the sensitivities is a tangent.</summary>
    private static Action<double[], double[]> Jacobian(Instance instance)
    {
        var (steps, h) = (instance.Dimension(0), instance.Data[0]);
        double[] tangents = new double[States * Inputs],
            stage = new double[States * Inputs];
        double[][] slopes =
        [
            new double[States * Inputs],
            new double[States * Inputs],
            new double[States * Inputs],
            new double[States * Inputs],
        ];
        double[] offsets = [0, h / 2, h / 2, h];
        return (start, jacobian) =>
        {
            double x = start[0],
                y = start[1],
                z = start[2],
                sigma = start[3],
                rho = start[4],
                beta = start[5];
            Array.Clear(tangents);
            for (var i = 0; i < States; i++)
                tangents[i * Inputs + i] = 1;
            Span<double> kx = stackalloc double[4],
                ky = stackalloc double[4],
                kz = stackalloc double[4];
            for (var step = 0; step < steps; step++)
            {
                double u = x,
                    v = y,
                    w = z;
                tangents.CopyTo(stage, 0);
                for (var k = 0; k < 4; k++)
                {
                    if (k > 0)
                    {
                        (u, v, w) = (x + offsets[k] * kx[k - 1], y + offsets[k] * ky[k - 1], z + offsets[k] * kz[k - 1]);
                        for (var i = 0; i < stage.Length; i++)
                            stage[i] = tangents[i] + offsets[k] * slopes[k - 1][i];
                    }
                    (kx[k], ky[k], kz[k]) = (sigma * (v - u), u * (rho - w) - v, u * v - beta * w);
                    var slope = slopes[k];
                    for (var j = 0; j < Inputs; j++)
                    {
                        double du = stage[j],
                            dv = stage[Inputs + j],
                            dw = stage[2 * Inputs + j];
                        slope[j] = sigma * (dv - du);
                        slope[Inputs + j] = (rho - w) * du - u * dw - dv;
                        slope[2 * Inputs + j] = v * du + u * dv - beta * dw;
                    }
                    slope[3] += v - u;
                    slope[Inputs + 4] += u;
                    slope[2 * Inputs + 5] -= w;
                }
                x += h / 6 * (kx[0] + 2 * (kx[1] + kx[2]) + kx[3]);
                y += h / 6 * (ky[0] + 2 * (ky[1] + ky[2]) + ky[3]);
                z += h / 6 * (kz[0] + 2 * (kz[1] + kz[2]) + kz[3]);
                for (var i = 0; i < tangents.Length; i++)
                    tangents[i] += h / 6 * (slopes[0][i] + 2 * (slopes[1][i] + slopes[2][i]) + slopes[3][i]);
            }
            tangents.CopyTo(jacobian, 0);
        };
    }
}
