// Gradients that keep less: randomised reverse mode at a fixed budget of memory.
//
//     dotnet run samples/randomised.cs
//     dotnet run samples/randomised.cs -- charts                  # the pictures go to a folder of yours
//     dotnet run -c Release samples/randomised.cs -- charts long  # larger networks, more steps, learning rates tuned for each way
//
// Three results of Oktay, McGreivy, Aduol, Beatson and Adams, "Randomized automatic differentiation" (ICLR 2021), small. Networks learn
// 1797 handwritten digits in three ways: by the exact gradient of a batch; by the exact gradient of a batch so small that its tape has
// the budget; and by a randomised gradient of the whole batch whose tape has the budget. A linear reaction-diffusion equation is
// controlled by gradients that keep one in ten, or one in fifty, of its time steps. Last, what random edges make of chains of numbers.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:package OxyPlot.Core
#:package Spectre.Console
#:property PublishAot=false

using System.Globalization;
using FuncAD;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using Spectre.Console;
using static FuncAD.AD;
using static FuncAD.RealMath;
using static FuncAD.TensorMath;

const int Seed = 1,
    HeldOut = 360,
    Classes = 10;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var isLong = args.Contains("long");
var folder = Directory.CreateDirectory(args.FirstOrDefault(argument => argument != "long") ?? Path.GetTempPath()).FullName;
var (training, heldOut) = Read("digits.csv").Split(HeldOut, Seed);
var failures = new List<string>();
var tables = new List<(string Title, Table Table, string Remark)>();
string[] inks = ["#7A808A", "#E69F00", "#0072B2", "#C8385A"];
(string, Action<Action>)[] parts =
[
    ("perceptron", Perceptrons),
    ("convolutional network", Convolutionals),
    ("recurrent network", Recurrents),
    ("reaction and diffusion", Control),
    ("chains of numbers", Chains),
];
AnsiConsole.Profile.Width = 120;
AnsiConsole
    .Progress()
    .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
    .Start(progress =>
    {
        var tasks = parts.Select(part => progress.AddTask(part.Item1, autoStart: false)).ToArray();
        foreach (var (part, task) in parts.Zip(tasks))
        {
            task.StartTask();
            part.Item2(() => task.Increment(task.MaxValue / 60));
            task.Value = task.MaxValue;
            task.StopTask();
        }
    });
foreach (var (title, table, remark) in tables)
{
    AnsiConsole.Write(new Rule(title).LeftJustified());
    AnsiConsole.Write(table);
    Console.WriteLine(remark);
    Console.WriteLine();
}
foreach (var failure in failures)
    Console.WriteLine($"failed: {failure}");
if (failures.Count == 0)
    Console.WriteLine("ok");
return failures.Count == 0 ? 0 : 1;

void Claim(bool holds, string claim)
{
    if (!holds)
        failures.Add(claim);
}

// ---- Digits, by networks without time ----

void Perceptrons(Action tick)
{
    var hidden = isLong ? 256 : 64;
    var start = new Perceptron(Dense(1, 64, hidden), Bias(hidden), Dense(2, hidden, Classes), Bias(Classes));
    var contest = new Contest<Perceptron>("perceptron", start, Batch: 100, Steps: isLong ? 320 : 56, Keys: 3, training, heldOut);
    Feedforward(contest, [new(0.1, 0.01), new(0.25, 0.01)], exactRate: 0.01, smallRate: 0.01, tick);
}

void Convolutionals(Action tick)
{
    var (first, second) = isLong ? (8, 16) : (4, 8);
    var start = new Convolutional(
        Kernels(3, 1, first),
        Bias(first, 1, 1),
        Kernels(4, first, second),
        Bias(second, 1, 1),
        Dense(5, second * 2 * 2, Classes),
        Bias(Classes)
    );
    var contest = new Contest<Convolutional>(
        "convolutional",
        start,
        Batch: 50,
        Steps: isLong ? 160 : 40,
        Keys: isLong ? 3 : 2,
        training,
        heldOut
    );
    Feedforward(contest, [new(0.1, 0.01)], exactRate: 0.01, smallRate: 0.01, tick);
}

// Here it helps: the random part of the gradient is smaller than what the small batch leaves out.
void Feedforward<P>(Contest<P> contest, Share[] shares, double exactRate, double smallRate, Action tick)
    where P : INetwork
{
    var budget = contest.Bytes(contest.Batch, shares[0].Keep);
    Way[] ways =
    [
        new("exact, whole batch", contest.Batch, 1, exactRate),
        new("exact, small batch", contest.BatchWithin(budget), 1, smallRate),
        .. shares.Select(share => new Way($"randomised, keep {share.Keep}", contest.Batch, share.Keep, share.Rate)),
    ];
    var outcomes = contest.Run(ways, isLong, tick);
    Report(contest.Name, contest.Batch, outcomes, "The small batch has the memory of the first randomised way. Rates are Adam's.");
    var (exact, small, random) = (outcomes[0], outcomes[1], outcomes[2]);
    Claim(random.Bytes < 0.2 * exact.Bytes, $"{contest.Name}: the randomised tape is below a fifth of the exact one");
    Claim(random.Variance < 0.6 * small.Variance, $"{contest.Name}: the randomised gradient has the lower variance at equal memory");
    Claim(random.Loss < 0.95 * small.Loss, $"{contest.Name}: the randomised gradient has the lower loss at equal memory");
}

// ---- Digits, by recurrent networks ----

// Where each step has a random slope, the variance multiplies from step to step, and eats what was won. A rectifier's slopes are bits,
// which are kept exactly: then only the factors of the weights are random, and nothing multiplies.
void Recurrents(Action tick)
{
    var (width, pixels) = (32, isLong ? 1 : 8);
    Recurrent Start(bool isRectified) =>
        new(
            Tensor.Normal(1, 0, Math.Sqrt(1.0 / pixels), pixels, width),
            isRectified ? 0.9 * Tensor.Identity(width) : Tensor.Normal(2, 0, Math.Sqrt(1.0 / width), width, width),
            Bias(width),
            Dense(3, width, Classes),
            Bias(Classes),
            isRectified
        );
    foreach (var isRectified in new[] { false, true })
    {
        var name = isRectified ? "recurrent, rectifier" : "recurrent, tanh";
        var contest = new Contest<Recurrent>(name, Start(isRectified), Batch: 50, Steps: isLong ? 104 : 40, Keys: 2, training, heldOut);
        double[] keeps = isRectified ? [0.1] : [0.5, 0.25, 0.1];
        var budget = contest.Bytes(contest.Batch, keeps[0]);
        Way[] ways =
        [
            new("exact, whole batch", contest.Batch, 1, 0.01),
            new("exact, small batch", contest.BatchWithin(budget), 1, 0.01),
            .. keeps.Select(keep => new Way($"randomised, keep {keep}", contest.Batch, keep, 0.01)),
        ];
        var outcomes = contest.Run(ways, isLong, tick);
        Report(name, contest.Batch, outcomes, $"{64 / pixels} steps. The small batch has the memory of the first randomised way.");
        var (small, first, last) = (outcomes[1], outcomes[2], outcomes[^1]);
        if (isRectified)
            Claim(first.Variance < 0.8 * small.Variance, $"{name}: where slopes are exact, the randomised gradient has the lower variance");
        else
            Claim(last.Variance > 10 * first.Variance, $"{name}: at a keep of {last.Way.Keep} the variance has multiplied along the steps");
    }
}

void Report(string name, int batch, Outcome[] outcomes, string remark)
{
    var goal = outcomes[1].Loss;
    var table = new Table().RoundedBorder();
    table.AddColumns("way", "batch", "rate", "tape kB", "collector kB", "variance", "loss", $"steps to {goal:F2}", "MB x steps");
    foreach (var column in table.Columns.Skip(1))
        column.RightAligned();
    foreach (var outcome in outcomes)
    {
        var steps = outcome.StepsTo(goal);
        table.AddRow(
            outcome.Way.Name,
            $"{outcome.Way.Batch}",
            $"{outcome.Way.Rate}",
            $"{outcome.Bytes / 1e3:F1}",
            $"{outcome.Collected / 1e3:F1}",
            $"{outcome.Variance:G3}",
            $"{outcome.Loss:F3} ± {outcome.Spread:F3}",
            steps is null ? "never" : $"{steps}",
            steps is null ? "" : $"{steps * outcome.Bytes / 1e6:F1}"
        );
    }
    tables.Add(($"{name}, batches of {batch}", table, remark));
    Save($"randomised-{name.Replace(", ", "-")}.svg", LossChart(name, outcomes), 1000, 480);
    foreach (var outcome in outcomes)
        // The collector counts what a thread has in steps of 8 kB. Pooled chunks were there before.
        Claim(
            outcome.Collected > 0.9 * (outcome.Bytes - outcome.Pooled) - 8192 && outcome.Collected < 1.5 * outcome.Bytes + 40_000,
            $"{name}, {outcome.Way.Name}: the collector holds what Randomised.Memory says ({outcome.Collected} and {outcome.Bytes} bytes)"
        );
}

// ---- Control of du/dt = D u_xx + c(x) u ----

// The states of the equation are needed for the derivative in c alone: a sum over time steps, of which a few say as much. No randomness
// multiplies, since the way back through diffusion and growth is exact.
void Control(Action tick)
{
    var equation = new ReactionDiffusion(Points: 64, Starts: 16, Steps: isLong ? 1000 : 200);
    var hidden = Tensor.Of([.. Enumerable.Range(0, 64).Select(i => 2 * Math.Sin(2 * Math.PI * (i + 0.5) / 64))]);
    var target = equation.Final(hidden, keep: 1, RandomKey.Of(1));
    var start = Tensor.Zeros(64);
    var scale = (equation.Final(start, keep: 1, RandomKey.Of(1)) - target).Norm();
    Real Distance(Tensor control, double keep, RandomKey key)
    {
        var difference = (equation.Final(control, keep, key) - target) / scale;
        return (difference * difference).Sum();
    }

    var (steps, keys, least) = isLong ? (120, 3, 0.01) : (40, 2, 0.02);
    var exactGradient = Grad((Tensor control) => Distance(control, 1, RandomKey.Of(1)))(start);
    var table = new Table().RoundedBorder();
    table.AddColumns("keep", "states kept", "tape kB", "collector kB", "variance", $"distance after {steps}");
    foreach (var column in table.Columns)
        column.RightAligned();
    var curves = new List<(string, IEnumerable<double[]>)>();
    var reached = new Dictionary<double, (double Distance, long Bytes, double Variance)>();
    foreach (var keep in new[] { 1, 0.1, least })
    {
        var runs = Enumerable.Range(0, keep == 1 ? 1 : keys).Select(run => Descend(keep, RandomKey.Of(100 + run))).ToArray();
        var loss = (Tensor control) => Distance(control, keep, RandomKey.Of(3));
        var memory = Randomised.Memory(loss)(start);
        var variance = Enumerable
            .Range(0, keep == 1 ? 1 : 20)
            .Average(draw =>
                Measure.RelativeError(Grad((Tensor control) => Distance(control, keep, RandomKey.Of(200 + draw)))(start), exactGradient)
            );
        var distance = runs.Average(run => run[^1]);
        reached[keep] = (distance, memory.Bytes, variance);
        curves.Add(($"keep {keep}", runs));
        table.AddRow(
            $"{keep}",
            $"{Enumerable.Range(0, equation.Steps).Count(step => RandomKey.Of(3).Fold(step).Uniform() < keep)} of {equation.Steps}",
            $"{memory.Bytes / 1e3:F1}",
            $"{Measure.Collected(loss, start) / 1e3:F1}",
            $"{variance:G3}",
            $"{distance:G3}"
        );
    }

    double[] Descend(double keep, RandomKey key)
    {
        var state = Optim.Start(start);
        var distances = new List<double> { 1 };
        var rate = Schedule.Cosine(0.15, total: steps);
        for (var step = 0; step < steps; step++)
        {
            var (distance, gradient) = ValueAndGrad((Tensor control) => Distance(control, keep, key.Fold(step)))(state.Parameters);
            state = Optim.Adam(state, gradient, rate(step));
            distances.Add(Distance(state.Parameters, 1, key).Value);
            tick();
        }
        return [.. distances];
    }

    tables.Add(
        (
            "control of a reaction with diffusion",
            table,
            "Squared distance of the final states from the target, 1 without control; values are exact, gradients sampled."
        )
    );
    Save("randomised-control.svg", ControlChart(curves), 700, 460);
    Claim(reached[0.1].Bytes < 0.2 * reached[1].Bytes, "control: a tenth of the states takes less than a fifth of the memory");
    Claim(reached[least].Bytes < 0.1 * reached[1].Bytes, "control: the fewest states takes less than a tenth of the memory");
    Claim(reached[0.1].Variance < 0.3, "control: the gradient of a tenth of the steps is near the exact one");
    Claim(reached[0.1].Distance < 0.01 && reached[least].Distance < 0.1, "control: sampled time steps reach the target");
}

// ---- Chains of numbers ----

// Randomised.Grad draws the edges of single numbers. A path of d edges is kept with probability keep^d and counts keep^-d times then: the
// mean of the squared gradient is keep^-d times the square of the exact one.
void Chains(Action tick)
{
    const double keep = 0.5;
    const int draws = 4000;
    var table = new Table().RoundedBorder();
    table.AddColumns("edges on the path", "bytes", "of", "kept paths", "expected", "mean of squares", "expected");
    foreach (var column in table.Columns)
        column.RightAligned();
    foreach (var depth in new[] { 1, 2, 4, 6, 20 })
    {
        var f = (Real x) => Enumerable.Range(0, depth).Aggregate(x, (y, _) => Sin(y));
        var exact = Grad(f)(1.0).Value;
        var randomised = Randomised.ValueAndGrad(f, keep);
        var runs = Enumerable.Range(0, draws).Select(draw => randomised(1.0, RandomKey.Of(7).Fold(draw))).ToArray();
        var kept = runs.Count(run => run.Gradient.Value != 0) / (double)draws;
        var squares = runs.Average(run => Math.Pow(run.Gradient.Value / exact, 2));
        var expected = Math.Pow(keep, depth);
        table.AddRow(
            $"{depth}",
            $"{runs.Average(run => run.Bytes):F0}",
            $"{Randomised.ValueAndGrad(f, 1)(1.0, RandomKey.Of(7)).AllBytes}",
            $"{kept:P2}",
            $"{expected:P2}",
            $"{squares:G4}",
            $"{1 / expected:G4}"
        );
        // six standard errors of a share
        Claim(Math.Abs(kept - expected) <= 6 * Math.Sqrt(expected / draws), $"chain of {depth}: a share of keep^{depth} is kept");
        tick();
    }
    tables.Add(
        (
            "chains of numbers, keep 0.5",
            table,
            $"{draws} gradients each. In the last row hardly one is not 0: here variance has eaten everything."
        )
    );
}

// ---- Pictures ----

PlotModel LossChart(string name, Outcome[] outcomes)
{
    var chart = Canvas($"Digits, {name}: the loss on digits held out, per step (left) and per byte of tape (right)");
    chart.PlotMargins = new(64, 10, 20, 54);
    chart.Axes.Add(Across("steps", "steps", 0, 0.48));
    chart.Axes.Add(Across("bytes", "MB of tape x steps", 0.54, 1, isLogarithmic: true));
    chart.Axes.Add(Upwards("cross-entropy"));
    chart.Legends.Add(Names());
    foreach (var (outcome, ink) in outcomes.Zip([.. inks, "#009E73"]))
    {
        foreach (var losses in outcome.Losses)
            Draw(losses, OxyColor.FromAColor(70, OxyColor.Parse(ink)), 1, null);
        Draw(outcome.MeanLosses, OxyColor.Parse(ink), 2.5, outcome.Way.Name);

        void Draw(double[] losses, OxyColor color, double thickness, string? title)
        {
            foreach (var axis in new[] { "steps", "bytes" })
            {
                var unit = outcome.Every * (axis == "steps" ? 1 : outcome.Bytes / 1e6);
                var points = losses.Select((loss, index) => new DataPoint((index + 1) * unit, loss));
                chart.Series.Add(Line(points, color, thickness, axis, axis == "steps" ? title : null));
            }
        }
    }
    return chart;
}

PlotModel ControlChart(List<(string Name, IEnumerable<double[]> Runs)> curves)
{
    var chart = Canvas("Control of a reaction with diffusion, by a share of its time steps");
    chart.PlotMargins = new(70, 10, 20, 54);
    chart.Axes.Add(Across("steps", "steps of Adam", 0, 1));
    chart.Axes.Add(Upwards("squared distance from the target"));
    chart.Legends.Add(Names());
    foreach (var ((name, runs), ink) in curves.Zip(inks.Where((_, index) => index != 1)))
    foreach (var (run, distances) in runs.Index())
        chart.Series.Add(
            Line(
                distances.Select((distance, step) => new DataPoint(step, distance)),
                OxyColor.Parse(ink),
                name == "keep 1" ? 3 : 1.5,
                "steps",
                run == 0 ? name : null
            )
        );
    return chart;
}

static LineSeries Line(IEnumerable<DataPoint> points, OxyColor color, double thickness, string axis, string? title) =>
    new()
    {
        ItemsSource = points.ToArray(),
        Color = color,
        StrokeThickness = thickness,
        LineJoin = LineJoin.Round,
        XAxisKey = axis,
        Title = title + "\u2003\u2003", // room: a legend is as wide as it guesses its text to be
        RenderInLegend = title is not null,
    };

static Legend Names() =>
    new()
    {
        LegendPosition = LegendPosition.RightTop,
        LegendBackground = OxyColor.FromAColor(220, OxyColors.White),
        LegendBorderThickness = 0,
        LegendFontSize = 13,
        LegendLineSpacing = 5,
    };

static Axis Across(string key, string title, double from, double to, bool isLogarithmic = false)
{
    Axis axis = isLogarithmic ? new LogarithmicAxis() : new LinearAxis { Minimum = 0 };
    (axis.Key, axis.Title, axis.Position) = (key, title, AxisPosition.Bottom);
    (axis.StartPosition, axis.EndPosition) = (from, to);
    (axis.AxisTitleDistance, axis.TickStyle) = (10, TickStyle.None);
    return axis;
}

static Axis Upwards(string title) =>
    new LogarithmicAxis
    {
        Position = AxisPosition.Left,
        Title = title,
        AxisTitleDistance = 14,
        TickStyle = TickStyle.None,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromAColor(30, OxyColors.Black),
    };

static PlotModel Canvas(string title) =>
    new()
    {
        Title = title,
        TitleFontSize = 17,
        TitleFontWeight = OxyPlot.FontWeights.Normal,
        TitlePadding = 10,
        Background = OxyColors.White,
        DefaultFont = "Helvetica, Arial, sans-serif",
        TextColor = OxyColor.Parse("#1D2B4F"),
        PlotAreaBorderThickness = new(0),
    };

void Save(string name, PlotModel chart, double width, double height)
{
    using var stream = File.Create(Path.Combine(folder, name));
    new SvgExporter
    {
        Width = width,
        Height = height,
        UseVerticalTextAlignmentWorkaround = true,
    }.Export(chart, stream);
}

// ---- Starts and data ----

// Weights with the variance 2 / inputs, which keeps the size of signals through rectified layers (He et al. 2015, equation 10). Biases
// are not 0: where an image is white, a rectifier would stand at its kink.
static Tensor Dense(int seed, int inputs, int outputs) => Tensor.Normal(seed, 0, Math.Sqrt(2.0 / inputs), inputs, outputs);
static Tensor Kernels(int seed, int inputs, int outputs) => Tensor.Normal(seed, 0, Math.Sqrt(2.0 / (9 * inputs)), outputs, inputs, 3, 3);
static Tensor Bias(params int[] shape) => Tensor.Full(0.01, shape);

static Digits Read(string file)
{
    var folder = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
    var lines = File.ReadLines(Path.Combine(folder, "data", file)).Where(line => !line.StartsWith('#'));
    var rows = lines.Select(line => line.Split(',')).ToArray();
    var pixels = rows.SelectMany(row => row[..^1]).Select(text => double.Parse(text) / 16).ToArray();
    return new(Tensor.Of(pixels, rows.Length, 1, 8, 8), Array.ConvertAll(rows, row => int.Parse(row[^1])));
}

/// <summary>Grey levels from 0 to 1, [n, 1, 8, 8], and what digit each image shows.</summary>
record Digits(Tensor Images, int[] Labels)
{
    public int Count => Labels.Length;

    public Digits Take(int[] indices) => new(Images.Gather(0, indices), Array.ConvertAll(indices, i => Labels[i]));

    public (Digits Training, Digits HeldOut) Split(int heldOut, int seed)
    {
        var order = Enumerable.Range(0, Count).ToArray();
        new Random(seed).Shuffle(order);
        return (Take(order[heldOut..]), Take(order[..heldOut]));
    }
}

/// <summary>
/// From images [n, 1, 8, 8] to the logarithm, up to a constant, of the probability of each class [n, 10]. A tape keeps a share of what
/// the gradient needs, by a key; with the share 1, all of it.
/// </summary>
interface INetwork
{
    Tensor Logits(Tensor images, double keep, RandomKey key);
}

record Perceptron(Tensor Hidden, Tensor HiddenBias, Tensor Output, Tensor OutputBias) : INetwork
{
    public Tensor Logits(Tensor images, double keep, RandomKey key)
    {
        var input = Randomised.Linear(images.Reshape(-1, 64), Hidden, HiddenBias, keep, key.Fold(0));
        var hidden = Randomised.Activation(x => Max(x, 0), input, keep, key.Fold(1));
        return Randomised.Linear(hidden, Output, OutputBias, keep, key.Fold(2));
    }
}

record Convolutional(Tensor First, Tensor FirstBias, Tensor Second, Tensor SecondBias, Tensor Output, Tensor OutputBias) : INetwork
{
    public Tensor Logits(Tensor images, double keep, RandomKey key)
    {
        // A mean over four keeps nothing; a maximum would.
        Tensor Layer(Tensor x, Tensor kernels, Tensor bias, RandomKey key)
        {
            var y = Randomised.Conv2d(x, kernels, keep, key.Fold(0), padding: 1) + bias;
            return Randomised.Activation(y => Max(y, 0), y, keep, key.Fold(1)).MeanPool2d(2);
        }
        var edges = Layer(images, First, FirstBias, key.Fold(0)); // [n, channels, 4, 4]
        var strokes = Layer(edges, Second, SecondBias, key.Fold(1)); // [n, channels, 2, 2]
        return Randomised.Linear(strokes.Reshape(images.Shape[0], -1), Output, OutputBias, keep, key.Fold(2));
    }
}

/// <summary>h <- f(pixels Input + h Weights + Bias), some pixels a step, with f = tanh or the rectifier.</summary>
record Recurrent(Tensor Input, Tensor Weights, Tensor Bias, Tensor Output, Tensor OutputBias, bool IsRectified) : INetwork
{
    public Tensor Logits(Tensor images, double keep, RandomKey key)
    {
        var pixels = Input.Shape[0];
        var x = images.Reshape(-1, 64);
        var h = Tensor.Zeros(images.Shape[0], Weights.Shape[0]);
        Func<Tensor, Tensor> f = IsRectified ? y => Max(y, 0) : Tanh;
        for (var at = 0; at < 64; at += pixels)
        {
            var step = key.Fold(at);
            var seen = Randomised.Linear(x.Slice(1, at, at + pixels), Input, Bias, keep, step.Fold(0));
            h = Randomised.Activation(f, Randomised.Linear(h, Weights, seen, keep, step.Fold(1)), keep, step.Fold(2));
        }
        return Randomised.Linear(h, Output, OutputBias, keep, key.Fold(64));
    }
}

/// <summary>
/// du/dt = D u_xx + c(x) u on the unit interval without flux at its ends, to the time 1, from several starts at once: growth by Euler's
/// step, then diffusion by that of Crank and Nicolson (1947), which is a constant matrix.
/// </summary>
record ReactionDiffusion(int Points, int Starts, int Steps)
{
    private const double Diffusivity = 0.01;
    private readonly Tensor diffusion = Diffuse(Points, Diffusivity / Steps);
    private readonly Tensor states = Tensor.Of(
        [
            .. Enumerable
                .Range(0, Starts * Points)
                .Select(i => Math.Exp(-50 * Math.Pow((i % Points + 0.5) / Points - (i / Points + 0.5) / Starts, 2))),
        ],
        Starts,
        Points
    );

    /// <summary>The states [starts, points] at the end. The tape keeps a share of the time steps.</summary>
    public Tensor Final(Tensor control, double keep, RandomKey key)
    {
        var (u, growth) = (states, control / Steps);
        for (var step = 0; step < Steps; step++)
            u = (u + Randomised.Multiply(u, growth, keep, key.Fold(step))).MatMul(diffusion);
        return u;
    }

    // (I - L/2)^-1 (I + L/2) with the second differences L, times the time and the diffusivity. It is symmetric.
    private static Tensor Diffuse(int points, double time)
    {
        var half = new double[points, points];
        for (var i = 0; i + 1 < points; i++)
        {
            var flow = time * points * points / 2;
            (half[i, i + 1], half[i + 1, i]) = (flow, flow);
            (half[i, i], half[i + 1, i + 1]) = (half[i, i] - flow, half[i + 1, i + 1] - flow);
        }
        return (Tensor.Identity(points) - Tensor.Of(half)).Solve(Tensor.Identity(points) + Tensor.Of(half));
    }
}

// ---- The contest ----

/// <summary>How to compute gradients: of how many digits, from what share of the tape, with what rate of Adam.</summary>
record Way(string Name, int Batch, double Keep, double Rate);

record Share(double Keep, double Rate);

/// <summary>
/// What came of a way: the bytes of its tape, counted, those in pooled chunks, and as the collector says, the mean of |g - G|^2 / |G|^2 over gradients g, with the
/// exact gradient G over all digits, and the losses on digits held out, every so many steps, of each key.
/// </summary>
record Outcome(Way Way, long Bytes, long Pooled, long Collected, double Variance, int Every, double[][] Losses)
{
    public double[] MeanLosses { get; } = [.. Enumerable.Range(0, Losses[0].Length).Select(i => Losses.Average(losses => losses[i]))];
    public double Loss => MeanLosses[^1];
    public double Spread => (Losses.Max(losses => losses[^1]) - Losses.Min(losses => losses[^1])) / 2;

    /// <summary>After how many steps the mean loss has come to a goal.</summary>
    public int? StepsTo(double goal) =>
        Array.FindIndex(MeanLosses, loss => loss <= goal) is >= 0 and var index ? (index + 1) * Every : null;
}

/// <summary>The same network from the same start, in several ways.</summary>
record Contest<P>(string Name, P Start, int Batch, int Steps, int Keys, Digits Training, Digits HeldOut)
    where P : INetwork
{
    // Memory and variance are those of a network that has learned a little.
    private readonly P begun = Train(new("", Batch, 1, 0.01), Start, 20, key: 99, Training, every: null).Network;

    public long Bytes(int batch, double keep) => Memory(batch, keep).Bytes;

    private TapeMemory Memory(int batch, double keep) => Randomised.Memory((P network) => Loss(network, batch, keep))(begun);

    /// <summary>The most digits whose exact tape takes no more than so many bytes.</summary>
    public int BatchWithin(long bytes)
    {
        var batch = Math.Max(1, (int)(bytes / (Bytes(Batch, 1) / Batch)));
        while (batch > 1 && Bytes(batch, 1) > bytes)
            batch--;
        return batch;
    }

    // The batch is made inside: what its pullbacks need of it counts.
    private Real Loss(P network, int batch, double keep) =>
        Loss(network, Training.Take([.. Enumerable.Range(0, batch)]), keep, RandomKey.Of(5));

    private static Real Loss(P network, Digits digits, double keep, RandomKey key) =>
        network.Logits(digits.Images, keep, key).CrossEntropy(digits.Labels);

    public Outcome[] Run(Way[] ways, bool tunes, Action tick)
    {
        var exact = Grad((P network) => Loss(network, Training, 1, RandomKey.Of(1)))(begun);
        return [.. ways.Select(way => Run(tunes ? Tune(way) : way, exact, tick))];
    }

    private Outcome Run(Way way, P exact, Action tick)
    {
        const int draws = 10;
        var random = new Random(3);
        var variance = 0.0;
        for (var draw = 0; draw < draws; draw++)
        {
            var batch = Draw(random, Training.Count, way.Batch);
            var gradient = Grad((P network) => Loss(network, Training.Take(batch), way.Keep, RandomKey.Of(2).Fold(draw)))(begun);
            variance += Measure.RelativeError(gradient, exact) / draws;
        }
        var every = Steps / 8;
        var losses = Enumerable.Range(0, Keys).Select(key => Run(key)).ToArray();
        var loss = (P network) => Loss(network, way.Batch, way.Keep);
        var memory = Memory(way.Batch, way.Keep);
        return new(way, memory.Bytes, memory.PooledArrayBytes, Measure.Collected(loss, begun), variance, every, losses);

        double[] Run(int key)
        {
            tick();
            return [.. Train(way, Start, Steps, key, Training, every, HeldOut).Losses];
        }
    }

    // The rate with the lowest loss after half the steps, by a key of its own.
    private Way Tune(Way way) =>
        new[] { 0.003, 0.01, 0.03 }
            .Select(rate => way with { Rate = rate })
            .MinBy(way => Train(way, Start, Steps / 2, key: 77, Training, every: Steps / 2, HeldOut).Losses[^1])!;

    private static (P Network, List<double> Losses) Train(
        Way way,
        P start,
        int steps,
        int key,
        Digits training,
        int? every,
        Digits? heldOut = null
    )
    {
        var (random, state, losses) = (new Random(key), Optim.Start(start), new List<double>());
        var keys = RandomKey.Of(key);
        for (var step = 1; step <= steps; step++)
        {
            var batch = Draw(random, training.Count, way.Batch);
            var gradient = Grad((P network) => Loss(network, training.Take(batch), way.Keep, keys.Fold(step)))(state.Parameters);
            state = Optim.Adam(state, gradient, way.Rate);
            if (step % every == 0)
                losses.Add(Loss(state.Parameters, heldOut!, 1, keys).Value);
        }
        return (state.Parameters, losses);
    }

    private static int[] Draw(Random random, int count, int batch) => random.GetItems([.. Enumerable.Range(0, count)], batch);
}

static class Measure
{
    /// <summary>|gradient - exact|^2 / |exact|^2</summary>
    public static double RelativeError<P>(P gradient, P exact)
    {
        var difference = Optim.Sgd(Optim.Start(gradient), exact, 1).Parameters;
        return Math.Pow((Optim.Norm(difference) / Optim.Norm(exact)).Value, 2);
    }

    /// <summary>
    /// The bytes that the collector holds more at the end of the function's run for a gradient than at its beginning: the median of nine
    /// runs, since other threads of the process allocate, too.
    /// </summary>
    public static long Collected<P>(Func<P, Real> loss, P at)
    {
        var growths = Enumerable.Range(0, 9).Select(_ => Growth(loss, at)).Order().ToArray();
        return growths[growths.Length / 2];
    }

    private static long Growth<P>(Func<P, Real> loss, P at)
    {
        long before = 0,
            after = 0;
        Grad(
            (P p) =>
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
                var y = loss(p);
                after = GC.GetTotalMemory(forceFullCollection: true);
                return y;
            }
        )(at);
        return after - before;
    }
}
