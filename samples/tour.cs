// A guided tour of FuncAD:
//
//     dotnet run samples/tour.cs
//
// Each section says what it shows, computes it and compares it with what mathematics says. The last line is ok when all of it agrees.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:property PublishAot=false

using System.Globalization;
using System.Numerics;
using FuncAD;
using static FuncAD.AD;
using static FuncAD.RealMath;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var failures = 0;

Section("Derivatives are functions, so they compose");
Func<Real, Real> f = x => Sin(x) * Exp(-x * x / 8);
Plot((f, '*', "f"), (Grad(f), 'o', "Grad(f)"), (Grad(Grad(f)), '.', "Grad(Grad(f))"));
Show("f'(0)", Grad(f)(0.0), 1);
Show("f'''(0)", Grad(Grad(Grad(f)))(0.0), -7.0 / 4);
Show("the same in one pass", Diff(f, order: 3)(0.0), -7.0 / 4);

Section("Taylor series: 1 / (1 - x - x^2) generates the Fibonacci numbers");
var fibonacci = Taylor(x => 1 / (1 - x - x * x), order: 10)(0.0);
Console.WriteLine($"  {string.Join(", ", fibonacci)}");
Show("the coefficient of x^10", fibonacci[10], 89);

Section("Derivatives within derivatives keep their perturbations apart");
Show("d/dx (x * d/dy (x + y))", Diff(x => x * Diff(y => x + y)(1.0))(1.0), 1);

// Functions of functions, too: the derivative of the shift operator is the derivative operator, and may be applied to itself.
Func<Real, Func<Func<Real, Real>, Func<Real, Real>>> shift = u => g => x => g(x + u);
var derivative = Diff(shift)(0.0);
Show("the shift operator's, twice, of x^3 at 2", derivative(derivative(x => x * x * x))(2.0), 12);

Section("Many in, many out: products with the Jacobian, and the Jacobian itself");
Func<Real[], Real[]> cartesian = p => [p[0] * Cos(p[1]), p[0] * Sin(p[1])];
Real[] polar = [2.0, Math.PI / 6];
var (point, velocity) = Jvp(cartesian)(polar, [0.0, 1.0]);
Show("Jvp: the y velocity of a turn about the origin is x", velocity[1], point[0].Value);

var (_, pullback) = Vjp(cartesian)(polar); // one run of the function, as many sweeps back as wanted
Show("Vjp: dx/dr", pullback([1.0, 0.0])[0], Math.Sqrt(3) / 2);
Show("Vjp: dy/dr", pullback([0.0, 1.0])[0], 0.5);

var j = Jacobian(cartesian)(polar);
Show("Jacobian: its determinant is r", j[0, 0] * j[1, 1] - j[0, 1] * j[1, 0], 2);

var h = Hessian(x => Pow(1 - x[0], 2) + 100 * Pow(x[1] - x[0] * x[0], 2))([1.0, 1.0]);
Show("Hessian: Rosenbrock's, top left", h[0, 0], 802);
Show("Hessian: Rosenbrock's, top right", h[0, 1], -400);

Section("Parameters may be records: the gradient is one, and what is no number rides along");
var lens = new Lens("magnifier", Index: 1.5, Radii: [0.2, -0.3]);
var gradient = Grad((Lens l) => (l.Index - 1) * (1 / l.Radii[0] - 1 / l.Radii[1]))(lens);
Console.WriteLine($"  gradient of the power: Lens {{ {gradient.Glass}, {gradient.Index}, [{string.Join(", ", gradient.Radii)}] }}");
Show("d power / d index", gradient.Index, 1 / 0.2 + 1 / 0.3);
Show("d power / d first radius", gradient.Radii[0], -0.5 / (0.2 * 0.2));

Section("Generic math differentiates as it stands: a planet's orbit by Runge-Kutta");
Real[] planet = [1.0, 0.0, 0.0, 1.2];
static T Momentum<T>(T[] s)
    where T : IFloatingPointIeee754<T> => s[0] * s[3] - s[1] * s[2];
var before = Grad(Momentum<Real>)(planet);
var after = Grad(s => Momentum(Orbit(s, 1000)))(planet);
Show("angular momentum after 1000 steps: d/dx is as before", after[0], before[0].Value, within: 1e-9);
Show("angular momentum after 1000 steps: d/dv is as before", after[3], before[3].Value, within: 1e-9);
Show("values are those of double code, bit for bit: x", Orbit(planet, 1000)[0], Orbit(planet.ToDoubles(), 1000)[0], within: 0);

Section("Through loops, and through algorithms that differentiate for themselves");
static Real Minimize(Func<Real, Real> cost, Real x) // Newton's method, on derivatives of its own
{
    for (Real step = 1; Abs(step) > 1e-12; x -= step)
        step = Diff(cost)(x) / Diff(Diff(cost))(x);
    return x;
}
Func<Real, Real> best = a => Minimize(x => Pow(x, 4) / 4 + x * x / 2 - a * x, 1.5); // where x^3 + x = a
Show("the minimum for a = 2", best(2.0), 1);
Show("its derivative in a is 1 / (3 x^2 + 1)", Grad(best)(2.0), 0.25);
Show("and its second derivative", Grad(Grad(best))(2.0), -6.0 / 64);

Section("A primitive of your own: Lambert's W, with W e^W = x");
static double W(double x)
{
    var w = Math.Log(1 + x);
    for (var i = 0; i < 50; i++)
        w -= (w - x * Math.Exp(-w)) / (1 + w);
    return w;
}
var lambertW = Custom("lambertW", W, slope: (x, w) => Exp(-w) / (1 + w));
Show("W'(e)", Grad(lambertW)(Math.E), 1 / (2 * Math.E));
Show("W''(e), from the same slope", Grad(Grad(lambertW))(Math.E), -3 / (8 * Math.E * Math.E));

Section("A wrong rule is found out");
var right = CheckGradient(x => lambertW(x[0]) * x[1], [2.0, 3.0]);
var wrong = CheckGradient(Custom("sine", Math.Sin, slope: (x, y) => -Cos(x)), 1.0);
Console.WriteLine($"  {right}\n  {wrong}");
Show("the worst error of the right one", right.Error, 0, within: right.Tolerance);
Show("the error of the wrong one, relative to its size, is 2", wrong.Error, 2, within: 1e-6);

Section("Compiled: what a function and its derivative do, kept as a program that computes with plain doubles");
Func<Real[], Real> banana = x => Pow(1 - x[0], 2) + 100 * Pow(x[1] - x[0] * x[0], 2);
var slopes = Compile(Grad(banana), [0.0, 0.0]);
Console.WriteLine(
    $"  {slopes.TracedOperations} operations were performed, {slopes.Operations} are left:\n    {slopes.ToString().TrimEnd().Replace("\n", "\n    ")}"
);
Show("its result is Grad's, bit for bit", slopes.Invoke([0.5, 2.0])[0], Grad(banana)([0.5, 2.0])[0].Value, within: 0);
Show("it is a function: a second derivative of it", Grad(x => slopes.Invoke([x, 2.0])[0])(1.0), 402);
var many = new double[2 * 1000];
slopes.RunBatch([.. Enumerable.Repeat(1.0, 2000)], many, 1000); // a thousand points at once, in vectors and on all cores
Show("the slope at the minimum, a thousand times", many.Max(Math.Abs), 0);
var hinge = Compile(Grad(x => x < 0 ? -x : x * x), 1.0);
Show("a branch is checked in each run, and the other one traced when it is met", hinge.Invoke(-3.0), -1);
Show("the paths by now", hinge.Paths, 2);

Console.WriteLine(failures == 0 ? "\nok" : $"\nfailed: {failures} of the numbers above differ from what they should be");
return failures == 0 ? 0 : 1;

void Section(string title) => Console.WriteLine($"\n{title}");

void Show(string what, Real actual, double expected, double within = 1e-12)
{
    var agrees = Math.Abs(actual.Value - expected) <= within * Math.Max(1, Math.Abs(expected));
    if (!agrees)
        failures++;
    Console.WriteLine($"  {what} = {actual}{(agrees ? "" : $"   <-- expected {expected}")}");
}

void Plot(params (Func<Real, Real> Function, char Mark, string Name)[] curves)
{
    const int width = 97,
        height = 21;
    var grid = Enumerable.Range(0, width).Select(i => 12.0 * i / (width - 1) - 6).ToArray();
    var values = Array.ConvertAll(curves, curve => Array.ConvertAll(grid, x => curve.Function(x).Value));
    var top = values.Max(curve => curve.Max(Math.Abs));
    var canvas = Enumerable.Range(0, height).Select(row => new string(row == height / 2 ? '-' : ' ', width).ToCharArray()).ToArray();
    for (var k = curves.Length - 1; k >= 0; k--) // the first curve in front
    for (var i = 0; i < width; i++)
        canvas[(int)Math.Round(height / 2 * (1 - values[k][i] / top))][i] = curves[k].Mark;
    Console.WriteLine(string.Join('\n', canvas.Select(row => $"  {new string(row)}")));
    Console.WriteLine($"  {string.Join("   ", curves.Select(curve => $"{curve.Mark} {curve.Name}"))}   for x from -6 to 6");
}

// Written for any floating-point type, without a thought of derivatives: a Kepler orbit, state = (x, y, velocity x, velocity y).
static T[] Orbit<T>(T[] state, int steps)
    where T : IFloatingPointIeee754<T>
{
    T step = T.CreateChecked(0.005),
        half = step / T.CreateChecked(2),
        sixth = step / T.CreateChecked(6);
    T[] Move(T[] s, T t, T[] slope) => [.. s.Zip(slope, (a, b) => a + t * b)];
    T[] Slope(T[] s)
    {
        var distance = T.Hypot(s[0], s[1]);
        var pull = T.One / (distance * distance * distance);
        return [s[2], s[3], -pull * s[0], -pull * s[1]];
    }
    for (var i = 0; i < steps; i++)
    {
        var a = Slope(state);
        var b = Slope(Move(state, half, a));
        var c = Slope(Move(state, half, b));
        var d = Slope(Move(state, step, c));
        state = Move(Move(Move(Move(state, sixth, a), sixth + sixth, b), sixth + sixth, c), sixth, d);
    }
    return state;
}

record Lens(string Glass, Real Index, Real[] Radii);
