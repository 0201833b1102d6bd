// Nonlinear regression against certified answers:
//
//     dotnet run samples/fit.cs
//
// Four problems of NIST's Statistical Reference Datasets, each from NIST's far start (1) and its near one (2), in two stages.
// MathNet's Levenberg-Marquardt minimizer, given FuncAD's Jacobian, finds the valley. It watches the sum of squares, which is flat to
// rounding within 1e-8 of the minimum, and so it stops with 7 or 8 digits. Gauss-Newton steps on the same Jacobian, through MathNet's
// QR factorisation, find the rest.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:package MathNet.Numerics
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using FuncAD;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using MathNet.Numerics.Optimization;
using static FuncAD.RealMath;

const double Required = 8; // digits that every parameter must share with the certified value, which has 11

// The models, written once: y as a function of the parameters b and of x. Values and derivatives both come from these lines.
Problem[] problems =
[
    Read("Misra1a", (b, x) => b[0] * (1 - Exp(-b[1] * x))),
    Read("Rat43", (b, x) => b[0] / Pow(1 + Exp(b[1] - b[2] * x), 1 / b[3])),
    Read("Thurber", (b, x) => (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])))),
    Read("Eckerle4", (b, x) => b[0] / b[1] * Exp(-0.5 * Pow((x - b[2]) / b[1], 2))),
];

var failures = new List<string>();
Console.WriteLine("problem   start  parameter   fitted             certified         digits  std. deviation     certified");

foreach (var problem in problems)
foreach (var start in new[] { 0, 1 })
{
    var clock = Stopwatch.StartNew();
    var fit = Fit(problem, problem.Starts[start]);
    var seconds = clock.Elapsed.TotalSeconds;

    for (var i = 0; i < fit.Parameters.Count; i++)
    {
        var digits = Digits(fit.Parameters[i], problem.Certified[i]);
        if (!(digits >= Required))
            failures.Add($"{problem.Name} from start {start + 1}: b{i + 1} has {digits:F1} digits");
        Console.WriteLine(
            $"{problem.Name, -8}  {start + 1, 5}  {$"b{i + 1}", 9}  {Scientific(fit.Parameters[i])}  {Scientific(problem.Certified[i])}"
                + $"  {digits, 6:F1}  {Scientific(fit.Deviations[i])}  {Scientific(problem.CertifiedDeviations[i])}"
        );
    }
    if (!(fit.Slope < 1e-6))
        failures.Add(
            $"{problem.Name} from start {start + 1}: the sum of squares is not at its minimum, its relative slope is {fit.Slope:E1}"
        );
    Console.WriteLine(
        $"{problem.Name, -8}  {start + 1, 5}  {"squares", 9}  {Scientific(fit.SumOfSquares)}  {Scientific(problem.CertifiedSumOfSquares)}"
            + $"  {Digits(fit.SumOfSquares, problem.CertifiedSumOfSquares), 6:F1}"
            + $"  {fit.Iterations} + {fit.Refinements} iterations, {seconds:F3} s\n"
    );
}

failures.ForEach(Console.WriteLine);
Console.WriteLine(failures.Count == 0 ? "ok" : $"failed: {failures.Count}");
return failures.Count == 0 ? 0 : 1;

static Fit Fit(Problem problem, Vector<double> start)
{
    var objective = Objective.LeastSquares((b, x) => problem.Model(b, x), problem.X, problem.Y);
    var valley = new LevenbergMarquardtMinimizer(
        gradientTolerance: 0,
        stepTolerance: 1e-16,
        functionTolerance: 0,
        maximumIterations: 1000
    ).FindMinimum(objective, start);

    // All predictions as one function of the parameters; few parameters and many data make forward mode the cheap one. Both are compiled once
    // and run in every iteration.
    Func<Real[], Real[]> predict = b => Array.ConvertAll(problem.X, x => problem.Model(b, x));
    var example = start.ToArray().ToReals();
    Func<Real[], Real[]> compiled = AD.Compile(predict, example).Invoke;
    Func<Real[], Real[,]> jacobian = AD.Compile(AD.JacobianForward(predict), example).Invoke;
    var (values, slopes) = (compiled.ToDouble(), jacobian.ToDouble());
    Vector<double> Residuals(Vector<double> b) => Vector<double>.Build.Dense(problem.Y) - Vector<double>.Build.Dense(values(b.ToArray()));
    Matrix<double> Jacobian(Vector<double> b) => Matrix<double>.Build.DenseOfArray(slopes(b.ToArray()));

    // Gauss-Newton: solve J step = residuals in the least-squares sense, until steps are rounding errors and shrink no more.
    var parameters = valley.MinimizingPoint;
    var (refinements, last) = (0, double.PositiveInfinity);
    while (refinements < 100)
    {
        var step = Jacobian(parameters).QR(QRMethod.Thin).Solve(Residuals(parameters));
        var size = step.PointwiseDivide(parameters).InfinityNorm();
        if (!(size < last))
            break;
        parameters += step;
        last = size;
        refinements++;
    }

    // The sum of squares and its gradient at the answer, from a compiled sum over the data, which are columns: it should be a minimum.
    var squares = AD.CompileSum(
        (Real[] b, (Real X, Real Y) d) => Pow(d.Y - problem.Model(b, d.X), 2),
        example,
        ((Real)problem.X[0], (Real)problem.Y[0])
    );
    var (sumOfSquares, gradient) = squares.ValueAndGrad(parameters.ToArray().ToReals(), [.. problem.X, .. problem.Y]);
    var slope = Vector<double>.Build.Dense(gradient.ToDoubles()).PointwiseMultiply(parameters).InfinityNorm() / sumOfSquares;

    // The covariance of the parameters is s^2 (J^T J)^-1 = s^2 R^-1 R^-T, with s^2 the residual variance.
    var s = Math.Sqrt(sumOfSquares / (problem.Y.Length - parameters.Count));
    var deviations = s * Jacobian(parameters).QR(QRMethod.Thin).R.Inverse().RowNorms(2);
    return new(parameters, deviations, sumOfSquares, slope, valley.Iterations, refinements);
}

static string Scientific(double number) => $"{number, 17:0.0000000000E+00}";

// The number of digits that agree: -log10 of the relative error, at most 16.
static double Digits(double actual, double certified) =>
    actual == certified ? 16 : Math.Min(16, -Math.Log10(Math.Abs(actual / certified - 1)));

static Problem Read(string name, Func<Real[], Real, Real> model)
{
    // A file's head: a line that ends with the certified sum of squares, a line of names, and a line for each parameter. Then y,x.
    var folder = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
    var lines = File.ReadAllLines(Path.Combine(folder, "data", "nist", $"{name}.csv"));
    var parameters = Columns(lines.Where(line => line.StartsWith("# b")));
    var data = Columns(lines.SkipWhile(line => line != "y,x").Skip(1));
    var sumOfSquares = double.Parse(lines[0].Split(' ')[^1], CultureInfo.InvariantCulture);
    return new(
        name,
        model,
        X: data[1],
        Y: data[0],
        Starts: [Vector<double>.Build.Dense(parameters[1]), Vector<double>.Build.Dense(parameters[2])],
        Certified: parameters[3],
        CertifiedDeviations: parameters[4],
        CertifiedSumOfSquares: sumOfSquares
    );
}

// Comma-separated lines as columns of numbers; what is no number, such as a name, is NaN.
static double[][] Columns(IEnumerable<string> lines)
{
    var rows = lines.Select(line => line.Split(',')).ToArray();
    double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
    return [.. rows[0].Select((_, column) => Array.ConvertAll(rows, row => Number(row[column])))];
}

record Problem(
    string Name,
    Func<Real[], Real, Real> Model,
    double[] X,
    double[] Y,
    Vector<double>[] Starts,
    double[] Certified,
    double[] CertifiedDeviations,
    double CertifiedSumOfSquares
);

record Fit(Vector<double> Parameters, Vector<double> Deviations, double SumOfSquares, double Slope, int Iterations, int Refinements);
