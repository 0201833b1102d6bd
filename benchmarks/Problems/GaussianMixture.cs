using MathNet.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// The log posterior of a Gaussian mixture, after ADBench (Srajer, Kukelova and Fitzgibbon 2018, "A benchmark of selected algorithmic differentiation
/// tools on some problems in computer vision and machine learning", section 3.1). Dimensions: d, K, N. X: alphas (K), means (K x d), then for
/// each component the factor of the inverse covariance: logarithms of the diagonal (d) and the lower triangle by columns. Data: gamma and m of the Wishart
/// prior, then the points (N x d).
/// </summary>
/// <remarks>
/// With Q[k] the factor and q[k] the logarithms of its diagonal, the log posterior is
/// sum over i of logSumExp over k of (alpha[k] + sum q[k] - |Q[k] (x[i] - mu[k])|^2 / 2) - N logSumExp(alpha) - N d log(2 pi) / 2
/// + sum over k of (m sum q[k] - gamma^2 (|exp q[k]|^2 + |l[k]|^2) / 2) + K C, with C the logarithm of the Wishart density's constant.
/// </remarks>
public static partial class GaussianMixture
{
    public static readonly Problem Problem = new(
        "gmm",
        "Gaussian mixture (ADBench)",
        "gradient",
        "terms N K d (d + 1) / 2",
        [3, 2, 5],
        [
            .. from n in new[] { 1000, 10_000 }
            from k in new[] { 5, 10, 25, 50 }
            from d in new[] { 2, 10, 20, 32, 64 }
            let size = Of(d, k, n)
            orderby size.Scale
            select size,
        ],
        Generate,
        [
            new(
                Form.Hand,
                instance =>
                {
                    var plain = new Plain(instance);
                    return new(() => [plain.Value(instance.X)], () => plain.Gradient(instance.X));
                }
            ),
            new(Form.Eager, Numbers),
            new(Form.Arrays, Tensors),
            .. CompiledForms.OnThreads(Compiled),
            .. Forms.Lifted(instance => new Plain(instance).Value),
            new(
                Form.Differences,
                instance =>
                {
                    var plain = new Plain(instance);
                    return new(() => [plain.Value(instance.X)], () => Forms.Partials(plain.Value, instance.X));
                }
            ),
        ]
    );

    private static Size Of(int d, int k, int n) =>
        new($"d = {d}, K = {k}, N = {n}", (double)n * k * d * (d + 1) / 2, n == 1000 && (d, k) is (2, 5) or (10, 5) or (10, 25), d, k, n)
        {
            Family = $"d = {d}, N = {n}",
        };

    private static int Triangle(int d) => d * (d - 1) / 2;

    private static Instance Generate(Size size)
    {
        var (random, d, components, points) = (new Generator(8), size.Dimensions[0], size.Dimensions[1], size.Dimensions[2]);
        double[] alphas = random.Normals(components),
            means = random.Uniforms(components * d, 0, 1);
        double[] factors = random.Normals(components * (d + Triangle(d)), 0.5 / Math.Sqrt(d));
        return new(size, [.. alphas, .. means, .. factors], [1, 2, .. random.Normals(points * d)]);
    }

    /// <summary>What does not depend on the parameters.</summary>
    private static double Constant(int d, int components, int points, double gamma, double m)
    {
        var freedom = d + m + 1;
        var logGamma = d * (d - 1) / 4.0 * Math.Log(Math.PI);
        for (var j = 0; j < d; j++)
            logGamma += SpecialFunctions.GammaLn((freedom - j) / 2);
        return components * (freedom * d * (Math.Log(gamma) - 0.5 * Constants.Ln2) - logGamma) - points * d * 0.5 * Math.Log(Math.Tau);
    }
}
