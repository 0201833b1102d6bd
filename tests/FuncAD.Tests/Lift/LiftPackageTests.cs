using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;
using MathNet.Numerics.Interpolation;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.RootFinding;
using MathNet.Numerics.Statistics;
using NetTopologySuite.Algorithm;
using NetTopologySuite.Geometries;
using NetTopologySuite.LinearReferencing;

namespace FuncAD.Tests.Lifted;

/// <summary>Packages as they are: values bit by bit, gradients against differences of sixth order.</summary>
public class LiftPackageTests
{
    public static TheoryData<string> Names() => [.. Cases.Select(c => c.Name)];

    private static Matrix<double> M(double x) =>
        Matrix<double>.Build.DenseOfArray(
            new[,]
            {
                { 4 + x, 1, x },
                { 1, 3, x * x },
                { 0.5, x, 5 },
            }
        );

    private static Matrix<double> Symmetric(double x) =>
        Matrix<double>.Build.DenseOfArray(
            new[,]
            {
                { 4 + x, 1, x },
                { 1, 3, x * x },
                { x, x * x, 5 },
            }
        );

    private static Vector<double> B(double x) => Vector<double>.Build.DenseOfArray([1, x, 2]);

    private static readonly double[] nodes = [0, 1, 2, 3, 4];

    private static double[] Values(double x) => [1, x, x * x, 3, 1 + x];

    private static readonly (string Name, Func<double, double> F)[] Cases =
    [
        ("MathNet Erf", x => SpecialFunctions.Erf(x)),
        ("MathNet Erfc", x => SpecialFunctions.Erfc(x)),
        ("MathNet ErfInv", x => SpecialFunctions.ErfInv(x / 2)),
        ("MathNet Gamma", x => SpecialFunctions.Gamma(x + 1)),
        ("MathNet GammaLn", x => SpecialFunctions.GammaLn(x)),
        ("MathNet DiGamma", x => SpecialFunctions.DiGamma(x)),
        ("MathNet Beta", x => SpecialFunctions.Beta(x, 2)),
        ("MathNet GammaLowerRegularized", x => SpecialFunctions.GammaLowerRegularized(2.5, x)),
        ("MathNet BetaRegularized", x => SpecialFunctions.BetaRegularized(2, 3, x / 3)),
        ("MathNet BesselI0", x => SpecialFunctions.BesselI0(x)),
        ("MathNet Logistic", x => SpecialFunctions.Logistic(x)),
        ("MathNet Normal.CDF", x => Normal.CDF(0.1, 1.2, x)),
        ("MathNet Normal.InvCDF", x => Normal.InvCDF(0, 1, x / 2)),
        ("MathNet Normal object", x => new Normal(x, 2).Density(1) + new Normal(0, x).Variance),
        ("MathNet StudentT", x => StudentT.CDF(0, 1, 4, x)),
        ("MathNet Gamma distribution", x => MathNet.Numerics.Distributions.Gamma.CDF(2, 3, x)),
        ("MathNet Weibull", x => Weibull.CDF(2, 1, x) + Weibull.PDFLn(2, 1, x)),
        ("MathNet Brent", x => Brent.FindRoot(y => y * y * y - x, 0, 3, 1e-14)),
        ("MathNet Newton", x => NewtonRaphson.FindRoot(y => y * y * y - x, y => 3 * y * y, 0.1, 3, 1e-14)),
        ("MathNet Gauss-Legendre", x => GaussLegendreRule.Integrate(y => Math.Exp(-x * y), 0, x, 20)),
        ("MathNet double exponential", x => DoubleExponentialTransformation.Integrate(y => Math.Cos(x * y), 0, 1, 1e-10)),
        ("MathNet natural spline", x => CubicSpline.InterpolateNatural(nodes, Values(x)).Interpolate(1.5)),
        ("MathNet Akima spline", x => CubicSpline.InterpolateAkima(nodes, Values(x)).Interpolate(1 + x)),
        ("MathNet linear spline", x => LinearSpline.Interpolate(nodes, Values(x)).Interpolate(1.2 + x)),
        ("MathNet barycentric", x => Barycentric.InterpolatePolynomialEquidistantSorted(nodes, Values(x)).Interpolate(1.3)),
        ("MathNet Solve", x => M(x).Solve(B(x))[1]),
        ("MathNet Determinant", x => M(x).Determinant()),
        ("MathNet Inverse", x => M(x).Inverse()[0, 2]),
        ("MathNet QR", x => M(x).QR().Solve(B(x))[0]),
        ("MathNet Cholesky", x => Symmetric(x).Cholesky().Solve(B(x))[2]),
        ("MathNet Svd", x => M(x).Svd().S[0]),
        ("MathNet Evd", x => Symmetric(x).Evd().EigenValues[2].Real),
        ("MathNet matrix algebra", x => ((M(x) * M(x).Transpose() + 2 * M(x)) * B(x)).L2Norm()),
        ("MathNet Polynomial", x => new Polynomial(1, x, 3).Evaluate(x) + MathNet.Numerics.Polynomial.Evaluate(x, 1, 2, 3)),
        ("MathNet Fit.Line", x => Fit.Line(nodes, Values(x)).B),
        ("MathNet Fit.Polynomial", x => Fit.Polynomial(nodes, Values(x), 2)[1]),
        ("MathNet Statistics", x => Values(x).Variance() + Values(x).Mean() * Values(x).Median()),
        ("MathNet Distance", x => Distance.Euclidean(Values(x), nodes)),
        ("NTS area", x => Square(x).Area),
        ("NTS length", x => Square(x).Length),
        ("NTS distance", x => Square(x).Distance(new Point(5, 5 * x))),
        ("NTS intersection", x => Square(x).Intersection(Triangle(x)).Area),
        ("NTS union", x => Square(x).Union(Triangle(x)).Area),
        ("NTS centroid", x => Triangle(x).Centroid.X),
        ("NTS convex hull", x => ((Geometry)Triangle(x)).ConvexHull().Area),
        ("NTS bounding circle", x => new MinimumBoundingCircle(Triangle(x)).GetRadius()),
        ("NTS linear referencing", x => new LengthIndexedLine(Triangle(x).ExteriorRing).ExtractPoint(1 + x).X),
        ("NTS angle", x => AngleUtility.Angle(new Coordinate(0, 0), new Coordinate(x, 2))),
        ("NTS difference", x => Square(x).Difference(Triangle(x)).Area),
        ("FftSharp spectrum", x => Magnitude(Signal(x))[1]),
        (
            "FftSharp round trip",
            x =>
            {
                var s = FftSharp.FFT.Forward(Signal(x));
                FftSharp.FFT.Inverse(s);
                return s[2].Real;
            }
        ),
        ("FftSharp window", x => new FftSharp.Windows.Hanning().Apply(Signal(x))[3]),
        ("FftSharp power", x => FftSharp.FFT.Power(FftSharp.FFT.Forward(Signal(x)))[1]),
        ("FftSharp Mel", x => FftSharp.Mel.FromFreq(100 * x)),
    ];

    private static double[] Signal(double x) => [.. Enumerable.Range(0, 8).Select(k => Math.Sin(k * x) + 0.3 * k)];

    private static double[] Magnitude(double[] signal) => FftSharp.FFT.Magnitude(FftSharp.FFT.Forward(signal));

    private static Polygon Square(double x) => new(new LinearRing([new(0, 0), new(2, 0), new(2, 2 * x), new(0, 2), new(0, 0)]));

    private static Polygon Triangle(double x) => new(new LinearRing([new(1, 0.3), new(3 * x, 1), new(1, 3), new(1, 0.3)]));

    [Theory]
    [MemberData(nameof(Names))]
    public void Functions_of_packages_have_their_bits_and_derivatives(string name)
    {
        var f = Cases.Single(c => c.Name == name).F;
        var lifted = Lift.Of(f);
        foreach (var x in new[] { 0.7, 1.3 })
        {
            var value = f(x);
            Assert.True(value.Equals(lifted(x).Value), $"{value:R}, lifted {lifted(x).Value:R}");
            var expected = Slope(f, x);
            Assert.Equal(expected, AD.Grad(lifted)(x).Value, 2e-6 * Math.Max(1, Math.Abs(expected)));
            Assert.Equal(expected, AD.Diff(lifted)(x).Value, 2e-6 * Math.Max(1, Math.Abs(expected)));
        }
    }

    /// <summary>Differences of sixth order, whose rounding error is 10^-16 |f| / h times the condition of f.</summary>
    private static double Slope(Func<double, double> f, double x)
    {
        const double h = 1e-3;
        double Odd(int k) => f(x + k * h) - f(x - k * h);
        return (45 * Odd(1) - 9 * Odd(2) + Odd(3)) / (60 * h);
    }
}
