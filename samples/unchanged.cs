// Code as it stands: functions over double, one's own and of packages, differentiated without changing them:
//
//     dotnet run samples/unchanged.cs
//
// A pricing class that nobody wrote for differentiation, a linear system that MathNet solves, and the area that two polygons of
// NetTopologySuite share. Lift translates what is compiled, some hundreds of methods for the polygons; every derivative is compared
// with differences or with a formula.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:package MathNet.Numerics
#:package NetTopologySuite
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using FuncAD;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using NetTopologySuite.Geometries;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var failures = new List<string>();

// ---- A class over double: the gradient comes in the class ----

var option = new Option
{
    Spot = 100,
    Strike = 105,
    Rate = 0.03,
    Volatility = 0.2,
    Years = 0.75,
    Name = "call",
};
var greeks = Lift.Gradient<Option>(o => o.Price())(option);
Console.WriteLine($"{greeks.Name}: price {option.Price():F6}");
Console.WriteLine($"  delta {greeks.Spot:F6}, vega {greeks.Volatility:F6}, rho {greeks.Rate:F6}, theta {-greeks.Years:F6}");
Check("delta", greeks.Spot, Normal.CDF(0, 1, option.D1), 1e-12);
Check("vega", greeks.Volatility, option.Spot * Normal.PDF(0, 1, option.D1) * Math.Sqrt(option.Years), 1e-10);

// Gamma, a second derivative, through MathNet's normal distribution.
var gamma = AD.Diff(Lift.Of(spot => (option with { Spot = spot }).Price()), 2)(option.Spot).Value;
Console.WriteLine($"  gamma {gamma:F8}");
Check("gamma", gamma, Normal.PDF(0, 1, option.D1) / (option.Spot * option.Volatility * Math.Sqrt(option.Years)), 1e-12);

// ---- A linear system, solved by MathNet's factorisation ----

static double Tip(double[] stiffness)
{
    // Springs in a row, fixed at one end and pulled at the other.
    var n = stiffness.Length;
    var matrix = Matrix<double>.Build.Dense(n, n);
    for (var k = 0; k < n; k++)
    {
        matrix[k, k] += stiffness[k];
        if (k + 1 == n)
            continue;
        matrix[k, k] += stiffness[k + 1];
        matrix[k, k + 1] = matrix[k + 1, k] = -stiffness[k + 1];
    }
    var load = Vector<double>.Build.Dense(n, k => k + 1 == n ? 1 : 0);
    return matrix.Solve(load)[n - 1];
}

double[] springs = [2, 4, 5, 10];
var (tip, slopes) = Lift.ValueAndGradient(Tip)(springs);
Console.WriteLine($"springs: the tip moves by {tip:F4}, its gradient is ({string.Join(", ", slopes.Select(s => $"{s:F4}"))})");
Check("tip", tip, springs.Sum(k => 1 / k), 1e-12);
for (var k = 0; k < springs.Length; k++)
    Check($"slope {k}", slopes[k], -1 / (springs[k] * springs[k]), 1e-12); // 1 / k1 + 1 / k2 + ...

// ---- The area that two polygons share ----

static double Shared(double[] at)
{
    var square = new Polygon(new LinearRing([new(0, 0), new(2, 0), new(2, 2), new(0, 2), new(0, 0)]));
    var (x, y, angle) = (at[0], at[1], at[2]);
    Coordinate Corner(double a) => new(x + 1.2 * Math.Cos(angle + a), y + 1.2 * Math.Sin(angle + a));
    var (first, third) = (Corner(0), 2 * Math.PI / 3);
    var triangle = new Polygon(new LinearRing([first, Corner(third), Corner(2 * third), first]));
    return square.Intersection(triangle).Area;
}

var clock = Stopwatch.StartNew();
var report = Lift.Report((Func<double[], double>)Shared);
double[] place = [1.6, 1.3, 0.4];
var move = Lift.Gradient(Shared)(place);
Console.WriteLine(
    $"polygons: {Shared(place):F6} in common; moving the triangle changes it by ({move[0]:F6}, {move[1]:F6}), turning it by {move[2]:F6}"
);
Console.WriteLine(
    $"  {report.Methods} methods and {report.Types} types lifted, {clock.Elapsed.TotalMilliseconds:F0} ms with the first call"
);
for (var k = 0; k < 3; k++)
{
    const double step = 1e-3;
    double At(int steps) => Shared([.. place.Select((p, i) => i == k ? p + steps * step : p)]);
    var differences = (45 * (At(1) - At(-1)) - 9 * (At(2) - At(-2)) + (At(3) - At(-3))) / (60 * step);
    Check($"polygons {k}", move[k], differences, 1e-8);
}

// ---- What cannot be lifted says so ----

Func<double, double> rounded = x => (double)Math.Round((decimal)x, 2);
try
{
    Lift.Derivative(rounded)(1.234);
    failures.Add("a decimal dropped a derivative");
}
catch (LiftException error)
{
    Console.WriteLine($"refused: {error.Message}");
}

foreach (var failure in failures)
    Console.WriteLine($"failed: {failure}");
Console.WriteLine(failures.Count == 0 ? "ok" : "not ok");
return failures.Count == 0 ? 0 : 1;

void Check(string name, double found, double expected, double tolerance)
{
    if (!(Math.Abs(found - expected) <= tolerance * Math.Max(1, Math.Abs(expected))))
        failures.Add($"{name}: {found:R}, expected {expected:R}");
}

/// <summary>A European call after Black and Scholes (1973), as anyone writes it.</summary>
record Option
{
    public double Spot { get; init; }
    public double Strike { get; init; }
    public double Rate { get; init; }
    public double Volatility { get; init; }
    public double Years { get; init; }
    public string Name { get; init; } = "";

    public double D1 => (Math.Log(Spot / Strike) + (Rate + Volatility * Volatility / 2) * Years) / (Volatility * Math.Sqrt(Years));

    public double Price()
    {
        var d2 = D1 - Volatility * Math.Sqrt(Years);
        return Spot * Normal.CDF(0, 1, D1) - Strike * Math.Exp(-Rate * Years) * Normal.CDF(0, 1, d2);
    }
}
