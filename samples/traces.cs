// Evaluation traces: what a program computes, step by step, and its derivatives beside it:
//
//     dotnet run samples/traces.cs
//     dotnet run samples/traces.cs -- pictures     # the pictures go to a folder of yours
//
// 1. The two tables of Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine learning: a survey" (2018), line by line.
// 2. A network with 6 weights: one reverse pass gives all six derivatives, forward mode takes a pass for each.
// 3. A loop of 50 rounds, folded to a picture that fits on a page.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:property PublishAot=false

using System.Globalization;
using FuncAD;
using static FuncAD.AD;
using static FuncAD.RealMath;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = Directory.CreateDirectory(args is [var path] ? path : Path.Combine(Path.GetTempPath(), "traces")).FullName;
var failures = 0;

// ---- 1. The survey's example ----

Section("1. y = ln x1 + x1 x2 - sin x2 at (2, 5): the survey's table 2, along the direction (1, 0)");

// The steps are numbered in the order of their computation. This is the order of the survey.
static Real Survey(Real[] x)
{
    var (v1, v2, v3) = (Log(x[0]), x[0] * x[1], Sin(x[1]));
    return v1 + v2 - v3;
}
var tangents = ForwardTrace(Survey, [2, 5], direction: [1, 0]);
Console.WriteLine(tangents);
Show("dy/dx1", tangents.Outputs[0].Tangent, 5.5);

Section("   its table 3, whose right side is read upwards");
var adjoints = ReverseTrace(Survey, [2, 5]);
Console.WriteLine(adjoints);
Show("dy/dx1", adjoints.Inputs[0].Adjoint, 5.5);
Show("dy/dx2", adjoints.Inputs[1].Adjoint, 2 - Math.Cos(5));
Draw("survey-forward", tangents);
Draw("survey-reverse", adjoints);

// ---- 2. One reverse pass, or a forward pass for each weight ----

Section("2. A network with 6 weights: 2 inputs, 2 hidden units with tanh, 1 output, squared error");

// The weights of hidden unit j are w[2j] and w[2j + 1]; those of the output follow.
static Real Error(Real[] w)
{
    double[] input = [0.5, -1.2];
    const double target = 0.7;
    var units = w.Length / 3;
    Real output = 0;
    for (var j = 0; j < units; j++)
    {
        var hidden = Tanh(w[2 * j] * input[0] + w[2 * j + 1] * input[1]);
        var term = w[2 * units + j] * hidden;
        output = j == 0 ? term : output + term;
    }
    var error = output - target;
    return error * error;
}
double[] weights = [0.1, 0.4, -0.3, 0.8, 0.5, -0.6];
var reverse = ReverseTrace(w => Error(w), weights);
Console.WriteLine(reverse);
Draw("network-reverse", reverse);
var passes = Enumerable.Range(0, weights.Length).Select(i => ForwardTrace(w => Error(w), weights, Unit(i, weights.Length))).ToArray();
Draw("network-forward", passes[0]);
for (var i = 0; i < weights.Length; i++)
    Show($"dE/dw{i + 1}, reverse and forward", reverse.Inputs[i].Adjoint, passes[i].Outputs[0].Tangent);

Console.WriteLine("\n  One reverse pass against n forward passes, by the operations in the formulas of the traces:\n");
Console.WriteLine("  weights | function alone | reverse: 1 pass | forward: n passes | forward / reverse | reverse / function");
foreach (var n in new[] { 6, 12, 24, 48, 96 })
{
    var point = Enumerable.Range(0, n).Select(i => Math.Sin(i + 1.0)).ToArray();
    var once = ReverseTrace(w => Error(w), point).Operations;
    var many = Enumerable.Range(0, n).Sum(i => ForwardTrace(w => Error(w), point, Unit(i, n)).Operations.Total);
    Console.WriteLine(
        $"  {n, 7} | {once.Primal.Total, 14} | {once.Total, 15} | {many, 17} | {(double)many / once.Total, 17:F1} | {(double)once.Total / once.Primal.Total, 18:F2}"
    );
    // Griewank and Walther, "Evaluating Derivatives", section 4.6: a gradient takes at most five times as long as the function, whatever n.
    Check($"a gradient of {n} weights takes less than five times the function's operations", once.Total < 5 * once.Primal.Total);
    if (n == 6)
    {
        Console.WriteLine($"            reverse: {once}");
        Console.WriteLine($"            forward, one of the passes: {passes[0].Operations}");
        // w x four times, w h twice, the square; two sums of products, their sum, the difference; tanh twice
        Check("the function's operations, counted by hand", once.Primal is { Multiplications: 7, Additions: 4, Functions: 2 });
    }
}

// ---- 3. A loop ----

Section("3. Fifty rounds of l = 4 l (1 - l)");
var loop = ForwardTrace(
    l =>
    {
        for (var i = 0; i < 50; i++)
            l = 4 * l * (1 - l);
        return l;
    },
    0.3
);
Console.WriteLine(loop.ToString(6));

// l(n) = sin^2(2^n asin(sqrt l)), so that dl(n)/dl is 2^n sin(2^(n+1) t) / sin(2 t); rounding doubles in each round: compared after 20
Show("the slope after 20 rounds", loop.Steps[60].Tangent, Closed(0.3, 20), within: 1e-8);
Draw("loop", loop);

Console.WriteLine(failures == 0 ? "\nok" : $"\nfailed: {failures} of the numbers above differ from what they should be");
return failures == 0 ? 0 : 1;

static double[] Unit(int i, int n) => [.. Enumerable.Range(0, n).Select(j => j == i ? 1.0 : 0.0)];

static double Closed(double l, int n)
{
    var t = Math.Asin(Math.Sqrt(l));
    return Math.Pow(2, n) * Math.Sin(Math.Pow(2, n + 1) * t) / Math.Sin(2 * t);
}

void Section(string title) => Console.WriteLine($"\n{title}\n");

void Draw(string name, EvaluationTrace trace)
{
    var file = Path.Combine(folder, $"{name}.svg");
    File.WriteAllText(file, trace.ToSvg());
    Console.WriteLine($"  drawn: {file}");
}

void Check(string what, bool holds)
{
    if (holds)
        return;
    failures++;
    Console.WriteLine($"  not so: {what}");
}

void Show(string what, double actual, double expected, double within = 1e-12)
{
    var agrees = Math.Abs(actual - expected) <= within * Math.Max(1, Math.Abs(expected));
    if (!agrees)
        failures++;
    Console.WriteLine($"  {what} = {actual}{(agrees ? "" : $"   <-- expected {expected}")}");
}
