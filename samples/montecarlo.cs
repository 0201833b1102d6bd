// Options priced by simulation, with their Greeks:
//
//     dotnet run samples/montecarlo.cs
//
// The payoff of one path is a function of the parameters and of the path's random numbers. AD.CompileSum sums it over all paths, and its
// gradient with it: pathwise Greeks (Glasserman, "Monte Carlo Methods in Financial Engineering", 2004, section 7.2). The European call is compared with
// Black and Scholes' formula. The arithmetic Asian call has no formula, but the geometric one does (Kemna and Vorst 1990), and the two move
// together: it is simulated on the same paths, compared with its formula, and what it is off by corrects the arithmetic one.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using FuncAD;
using static FuncAD.AD;
using static FuncAD.RealMath;

const int Paths = 1_000_000;
const int Steps = 12; // monitoring dates of the Asian options
const double StandardErrors = 4.5; // that a mean may be off by: chance exceeds it once in some 10,000 numbers, and 18 are compared

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var failures = 0;
var market = new Market(Spot: 100, Volatility: 0.2, Rate: 0.03, Years: 1, Strike: 105);

// In the order of the record's numbers. Theta is by the years that are left.
string[] names = ["price", "delta", "vega", "rho", "theta", "strike"];

var clock = Stopwatch.StartNew();
var normals = Normals(Paths * Steps);
Console.WriteLine($"{Paths:N0} paths of {Steps} normals: {clock.Elapsed.TotalSeconds:F1} s");

// One random number a path: its first, times the whole time.
var european = Simulate(
    "European call",
    normals.AsSpan(0, Paths),
    [0.0],
    (m, z) => Discount(m) * Max(At(m, m.Years, Sqrt(m.Years) * z[0]) - m.Strike, 0)
);
Compare("European call", european, Exact(BlackScholes));

var geometric = Simulate("geometric Asian call", normals, new Real[Steps], GeometricAsian);
var formula = Exact(GeometricFormula);
Compare("geometric Asian call", geometric, formula);

// The control: the arithmetic price is the mean of (arithmetic - geometric) and the geometric formula. Only the difference is simulated.
var difference = Simulate("arithmetic less geometric", normals, new Real[Steps], (m, z) => ArithmeticAsian(m, z) - GeometricAsian(m, z));
var arithmetic = Simulate("arithmetic Asian call", normals, new Real[Steps], ArithmeticAsian);
Compare("arithmetic Asian call", arithmetic, [.. difference.Means.Zip(formula, (d, f) => d + f)]);
Console.WriteLine($"\nThe control takes the price's standard error from {arithmetic.Errors[0]:F5} to {difference.Errors[0]:F5}.");

Console.WriteLine(
    failures == 0 ? "ok" : $"failed: {failures} numbers are further from what they should be than {StandardErrors} standard errors"
);
return failures == 0 ? 0 : 1;

// ---- Payoffs of one path ----

static Real Discount(Market m) => Exp(-m.Rate * m.Years);

// The stock at a time, where Brownian motion is w.
static Real At(Market m, Real time, Real w) => m.Spot * Exp((m.Rate - m.Volatility * m.Volatility / 2) * time + m.Volatility * w);

static IEnumerable<Real> Walk(Market m, Real[] z)
{
    var (step, w) = (m.Years / z.Length, (Real)0);
    var root = Sqrt(step);
    for (var k = 0; k < z.Length; k++)
    {
        w += root * z[k];
        yield return At(m, step * (k + 1), w);
    }
}

static Real ArithmeticAsian(Market m, Real[] z) => Discount(m) * Max(Walk(m, z).Aggregate((a, b) => a + b) / z.Length - m.Strike, 0);

// The geometric mean, by its logarithm: log S is normal, so no exponential is needed for each date.
static Real GeometricAsian(Market m, Real[] z)
{
    Real step = m.Years / z.Length,
        root = Sqrt(step),
        w = 0;
    for (var k = 0; k < z.Length; k++)
        w += root * (z.Length - k) / z.Length * z[k];
    return Discount(m) * Max(At(m, step * (z.Length + 1) / 2, w) - m.Strike, 0);
}

// ---- Formulas ----

// The discounted mean of max(S - K, 0), where log S is normal with this mean and this standard deviation.
static Real Lognormal(Market m, Real mean, Real deviation)
{
    var d = (mean - Log(m.Strike)) / deviation;
    return Discount(m) * (Exp(mean + deviation * deviation / 2) * NormalCdf(d + deviation) - m.Strike * NormalCdf(d));
}

static Real BlackScholes(Market m) =>
    Lognormal(m, Log(m.Spot) + (m.Rate - m.Volatility * m.Volatility / 2) * m.Years, m.Volatility * Sqrt(m.Years));

// Over n dates the mean of the times is T (n + 1) / 2n, and the variance of the mean of Brownian motion T (n + 1) (2n + 1) / 6 n^2.
static Real GeometricFormula(Market m)
{
    const double n = Steps;
    return Lognormal(
        m,
        Log(m.Spot) + (m.Rate - m.Volatility * m.Volatility / 2) * m.Years * ((n + 1) / (2 * n)),
        m.Volatility * Sqrt(m.Years * ((n + 1) * (2 * n + 1) / (6 * n * n)))
    );
}

// ---- Simulation ----

double[] Exact(Func<Market, Real> price)
{
    var (value, gradient) = ValueAndGrad(price)(market);
    return [value.Value, .. Numbers(gradient)];
}

static double[] Numbers(Market m) => [m.Spot.Value, m.Volatility.Value, m.Rate.Value, m.Years.Value, m.Strike.Value];

// The means over the paths, and their standard errors. These come from batches: the sums of the differences of batch means, squared.
Estimate Simulate(string what, ReadOnlySpan<double> columns, Real[] path, Func<Market, Real[], Real> payoff)
{
    const int batches = 50;
    var clock = Stopwatch.StartNew();
    var sum = CompileSum(payoff, market, path);
    var size = columns.Length / path.Length / batches;
    var batch = new double[size * path.Length];
    var (means, squares) = (new double[names.Length], new double[names.Length]);
    for (var b = 0; b < batches; b++)
    {
        for (var k = 0; k < path.Length; k++)
            columns.Slice((k * batches + b) * size, size).CopyTo(batch.AsSpan(k * size));
        var (value, gradient) = sum.ValueAndGrad(market, batch);
        double[] results = [value, .. Numbers(gradient)];
        for (var i = 0; i < results.Length; i++)
        {
            var (mean, last) = (results[i] / size, means[i]);
            means[i] += (mean - last) / (b + 1);
            squares[i] += (mean - last) * (mean - means[i]);
        }
        if (clock.Elapsed.TotalSeconds > 5 && b % 10 == 9)
            Console.WriteLine($"  {what}: {b + 1} of {batches} batches");
    }
    Console.WriteLine($"\n{what}: {clock.Elapsed.TotalSeconds:F2} s, compiling included");
    return new(means, [.. squares.Select(s => Math.Sqrt(s / (batches - 1) / batches))]);
}

void Compare(string what, Estimate estimate, double[] expected)
{
    Console.WriteLine("          simulated    standard error    expected");
    for (var i = 0; i < names.Length; i++)
    {
        var agrees = Math.Abs(estimate.Means[i] - expected[i]) <= StandardErrors * estimate.Errors[i];
        if (!agrees)
            failures++;
        Console.WriteLine(
            $"{names[i], -8} {estimate.Means[i], 10:F5} {estimate.Errors[i], 17:F5} {expected[i], 11:F5}{(agrees ? "" : $"   <-- {what}")}"
        );
    }
}

// Standard normals from a fixed seed (Box and Muller 1958).
static double[] Normals(int count)
{
    var random = new Random(2026);
    var numbers = new double[count];
    for (var k = 0; k < count; k += 2)
    {
        var (sin, cos) = Math.SinCos(2 * Math.PI * random.NextDouble());
        var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        numbers[k] = radius * cos;
        if (k + 1 < count)
            numbers[k + 1] = radius * sin;
    }
    return numbers;
}

record Market(Real Spot, Real Volatility, Real Rate, Real Years, Real Strike);

record Estimate(double[] Means, double[] Errors);
