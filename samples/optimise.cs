// Published problems, solved by MathNet.Numerics' optimisers on FuncAD's derivatives:
//
//     dotnet run samples/optimise.cs
//
// 1. A cluster of 13 atoms finds its lowest energy: Newton with the exact Hessian, BFGS and L-BFGS, and BFGS on differences for comparison.
// 2. Two species of iris are told apart by maximum likelihood, and the Hessian at the maximum gives the standard errors.
// 3. Propane burns in air: five equations of chemical equilibrium, by Newton's method on exact Jacobians and by Broyden's.
//
// The functions are written once, as formulas; everything else that the methods ask for is derived from them.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:package MathNet.Numerics
#:property PublishAot=false

using System.Globalization;
using FuncAD;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;
using MathNet.Numerics.Optimization.ObjectiveFunctions;
using MathNet.Numerics.RootFinding;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var failures = 0;
var runs = 0; // of the function at hand, whatever for

// ---- 1. Thirteen atoms ----

Console.WriteLine("1. The lowest energy of 13 atoms, each pair of which has the energy 4 (r^-12 - r^-6)\n");
const double PublishedEnergy = -44.326801; // Hoare and Pal 1971; Wales and Doye 1997: an icosahedron around an atom

static Real Energy(Real[][] atoms)
{
    Real energy = 0;
    for (var i = 0; i < atoms.Length; i++)
    for (var j = 0; j < i; j++)
    {
        var square = atoms[i].Zip(atoms[j], (a, b) => (a - b) * (a - b)).Aggregate((sum, term) => sum + term);
        var attraction = 1 / (square * square * square);
        energy += 4 * attraction * (attraction - 1);
    }
    return energy;
}

// The first atom stays at the origin, the second on the x axis, the third in the plane of x and y: without them a cluster might be moved
// and turned freely, and its minimum would be no single point. 33 coordinates are free.
static Real[][] Place(Real[] free) =>
    [
        [0, 0, 0],
        [free[0], 0, 0],
        [free[1], free[2], 0],
        .. free[3..].Chunk(3),
    ];

var cluster = Table(Objective.Of(Counted<Real[]>(free => Energy(Place(free)))), ShakenIcosahedron());
Check("the energy", cluster.Value, PublishedEnergy, digits: 6);

// Free to move, it has 39 coordinates, and six motions that cost nothing: three shifts and three turns. All others do.
var atoms = Place(cluster.Point.ToArray().ToReals()).SelectMany(atom => atom).ToArray();
var hessian = AD.Hessian(x => Energy([.. x.Chunk(3)])).ToDouble()([.. atoms.ToDoubles()]);
var stiffness = Matrix<double>.Build.DenseOfArray(hessian).Evd(Symmetricity.Symmetric).EigenValues.Real();
var free = string.Join(", ", stiffness.Take(6).Select(x => $"{x:E0}"));
Console.WriteLine($"   Curvatures of the minimum: {free}, then {stiffness[6]:F2} to {stiffness[^1]:F1}");
Check("the number of free motions", stiffness.Count(x => Math.Abs(x) < 1e-8), 6, digits: 0);

// The vertices of an icosahedron, one of them on the x axis: poles at (+-1, 0, 0) and two rings of five. It is blown up and shaken.
static Vector<double> ShakenIcosahedron()
{
    const double size = 1.2,
        shake = 0.1;
    double[] Vertex(double x, double turn) => [x, Math.Sqrt(1 - x * x) * Math.Cos(turn), Math.Sqrt(1 - x * x) * Math.Sin(turn)];
    var ring = 1 / Math.Sqrt(5);
    double[][] vertices =
    [
        .. Enumerable.Range(0, 5).Select(k => Vertex(ring, 2 * k * Math.PI / 5)),
        .. Enumerable.Range(0, 5).Select(k => Vertex(-ring, (2 * k + 1) * Math.PI / 5)),
        [-1, 0, 0],
    ];
    double[] free = [1, vertices[0][0], vertices[0][1], .. vertices[1..].SelectMany(vertex => vertex)];
    var random = new Random(2);
    return Vector<double>.Build.Dense(Array.ConvertAll(free, x => size * x + shake * (2 * random.NextDouble() - 1)));
}

// ---- 2. Iris ----

Console.WriteLine("\n2. Iris virginica or versicolor? The deviance of a logistic regression on four lengths\n");
var flowers = Read("iris.csv").Where(flower => flower[^1] is "versicolor" or "virginica").ToArray();
var lengths = Tensor.Of(Array.ConvertAll(flowers, flower => (double[])[1, .. flower[..^1].Select(double.Parse)]));
var isVirginica = Tensor.Of(Array.ConvertAll(flowers, flower => flower[^1] == "virginica" ? 1.0 : 0));

Func<Tensor, Real> deviance = coefficients => 2 * flowers.Length * lengths.MatMul(coefficients).BinaryCrossEntropy(isVirginica);
var regression = Table(Objective.OfTensor(Counted(deviance)), Vector<double>.Build.Dense(5));

// The log-likelihood is -1/2 of the deviance, and the covariance the inverse of its negative Hessian.
var deviations = (regression.Hessian / 2).Inverse().Diagonal().PointwiseSqrt();

// What R prints for glm(Species ~ ., binomial) on the two species.
Check("the deviance", regression.Value, 11.899, digits: 3);
(string Name, double Estimate, double Deviation)[] published =
[
    ("intercept", -42.638, 25.708),
    ("sepal length", -2.465, 2.394),
    ("sepal width", -6.681, 4.480),
    ("petal length", 9.429, 4.737),
    ("petal width", 18.286, 9.743),
];
foreach (var (i, (name, estimate, deviation)) in published.Index())
{
    Console.WriteLine($"   {name, -12} {regression.Point[i], 8:F3} +- {deviations[i], 6:F3}");
    Check(name, regression.Point[i], estimate, digits: 3);
    Check($"the standard error of {name}", deviations[i], deviation, digits: 3);
}

// ---- 3. Propane ----

Console.WriteLine("\n3. Propane burnt in air: five equations of chemical equilibrium\n");

// The reduced system of Meintjes and Morgan, "Chemical equilibrium systems as numerical test problems", 1990, with its constants. Of its
// real solutions one has positive amounts only; it is given here to the digits that interval arithmetic proves.
Real[] Propane(Real[] x)
{
    runs++;
    const double r = 10,
        r5 = 0.193,
        r8 = 1.799e-5 / 40,
        r10 = 3.846e-5 / 40;
    double r6 = 2.597e-3 / Math.Sqrt(40),
        r7 = 3.448e-3 / Math.Sqrt(40),
        r9 = 2.155e-4 / Math.Sqrt(40);
    var (a, b, c, d, e) = (x[0], x[1], x[2], x[3], x[4]);
    return
    [
        a * b + a - 3 * e,
        2 * a * b + a + b * c * c + r8 * b + r7 * b * c + r9 * b * d + 2 * r10 * b * b - r * e,
        2 * b * c * c + 2 * r5 * c * c - 8 * e + r6 * c + r7 * b * c,
        r9 * b * d + 2 * d * d - 4 * r * e,
        a * (b + 1) + r10 * b * b + b * c * c + r8 * b + r5 * c * c + d * d - 1 + r6 * c + r7 * b * c + r9 * b * d,
    ];
}

double[] root = [0.003114102265, 34.59792453, 0.06504177869, 0.8593780505, 0.03695185914];
foreach (var start in new double[][] { [0.01, 30, 0.1, 1, 0.1], [10, 10, 10, 10, 10] })
{
    Console.WriteLine($"   from ({string.Join(", ", start)})");
    var found = Solve("Newton, exact Jacobians", () => Objective.Root(Propane, start.ToReals()).ToDoubles());
    Solve("Broyden", () => Broyden.FindRoot(x => Propane(x.ToReals()).ToDoubles(), start, accuracy: 1e-12));
    Check("the number of amounts found", found.Length, root.Length, digits: 0);
    foreach (var (i, (amount, expected)) in found.Zip(root).Index())
        Check($"amount {i + 1}", amount / expected, 1, digits: 9);
}

Console.WriteLine(failures == 0 ? "\nok" : $"\nfailed: {failures} of the numbers above differ from what they should be");
return failures == 0 ? 0 : 1;

// ---- What the problems share ----

Func<X, Real> Counted<X>(Func<X, Real> f) =>
    x =>
    {
        runs++;
        return f(x);
    };

// One objective, with its derivatives, goes to all minimisers; differences of its values to one more. The result is Newton's minimum.
IObjectiveFunction Table(IObjectiveFunction objective, Vector<double> start)
{
    var differences = new ForwardDifferenceGradientObjectiveFunction(
        ObjectiveFunction.Value(x => At(x).Value),
        lowerBound: start - 1000,
        upperBound: start + 1000
    );

    Console.WriteLine("   method               iterations  runs of f      lowest value      largest slope, exact");
    var minimum = Row("Newton", exact: true, () => new NewtonMinimizer(1e-8, 1000, useLineSearch: true).FindMinimum(objective, start))!;
    Row("BFGS", exact: true, () => new BfgsMinimizer(1e-8, 1e-15, 1e-15, 1000).FindMinimum(objective, start));
    Row("L-BFGS", exact: true, () => new LimitedMemoryBfgsMinimizer(1e-8, 1e-15, 1e-15, 10, 1000).FindMinimum(objective, start));
    Row("BFGS on differences", exact: false, () => new BfgsMinimizer(1e-6, 1e-15, 1e-15, 1000).FindMinimum(differences, start));
    Console.WriteLine();
    return minimum;

    IObjectiveFunction At(Vector<double> x)
    {
        var at = objective.CreateNew();
        at.EvaluateAt(x);
        return at;
    }

    IObjectiveFunction? Row(string method, bool exact, Func<MinimizationResult> minimise)
    {
        runs = 0;
        try
        {
            var (result, needed) = (minimise(), runs);
            var found = At(result.MinimizingPoint);
            var slope = found.Gradient.InfinityNorm();
            Console.WriteLine($"   {method, -20} {result.Iterations, 10} {needed, 10}  {found.Value, 20:F12}  {slope, 20:E1}");
            if (exact)
                Check($"the slope where {method} ends", slope, 0, digits: 6);
            return found;
        }
        catch (OptimizationException failure) when (!exact)
        {
            Console.WriteLine($"   {method, -20} {"", 10} {runs, 10}  {failure.Message}");
            return null;
        }
    }
}

double[] Solve(string method, Func<double[]> solve)
{
    runs = 0;
    try
    {
        var x = solve();
        Console.WriteLine($"   {method, -24} {runs, 4} runs of f  ({string.Join(", ", x.Select(x => $"{x:G10}"))})");
        return x;
    }
    catch (NonConvergenceException failure)
    {
        Console.WriteLine($"   {method, -24} {runs, 4} runs of f  {failure.Message}");
        return [];
    }
}

void Check(string what, double actual, double expected, int digits)
{
    if (Math.Abs(actual - expected) <= 0.5 * Math.Pow(10, -digits))
        return;
    failures++;
    Console.WriteLine($"   <-- {what} is {actual}, expected {expected}");
}

static IEnumerable<string[]> Read(string file)
{
    var folder = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
    return File.ReadLines(Path.Combine(folder, "data", file)).Where(line => !line.StartsWith('#')).Select(line => line.Split(','));
}
