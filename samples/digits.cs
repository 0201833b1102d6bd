// Handwritten digits, 8 x 8 pixels, learned by two networks:
//
//     dotnet run samples/digits.cs
//     dotnet run samples/digits.cs -- charts     # the pictures go to a folder of yours
//
// A perceptron with one hidden layer is trained by gradient descent, by momentum and by Adam, from the same start on the same mini-batches;
// a small convolutional network by Adam. An optimiser is a function from a state and a gradient to the next state, and the gradient of a
// network is a network. A fifth of the digits is held out for the judgement. In Release (-c Release) it takes a fraction of the time.
#:project ../src-csharp/FuncAD/FuncAD.csproj
#:package OxyPlot.Core
#:package Spectre.Console
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using FuncAD;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;
using Spectre.Console;
using static FuncAD.AD;
using static FuncAD.TensorMath;

const int Seed = 1,
    HeldOut = 360,
    BatchSize = 32,
    Classes = 10;
const int PerceptronEpochs = 30,
    ConvolutionalEpochs = 8;
const double PerceptronGoal = 0.94,
    ConvolutionalGoal = 0.97; // accuracies to reach on the held-out digits

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = Directory.CreateDirectory(args is [var path] ? path : Path.GetTempPath()).FullName;
var (training, test) = Read("digits.csv").Split(HeldOut, Seed);

// ---- Training ----

var perceptron = new Perceptron(
    Dense(1, inputs: 64, outputs: 64),
    Tensor.Zeros(64),
    Dense(2, inputs: 64, outputs: Classes),
    Tensor.Zeros(Classes)
);
var convolutional = new Convolutional(
    Kernels(3, inputs: 1, outputs: 16),
    Tensor.Zeros(16, 1, 1),
    Kernels(4, inputs: 16, outputs: 32),
    Tensor.Zeros(32, 1, 1),
    Dense(5, inputs: 32 * 2 * 2, outputs: Classes),
    Tensor.Zeros(Classes)
);

var runs = new List<Run>();
AnsiConsole
    .Progress()
    .Columns(
        new TaskDescriptionColumn { Alignment = Justify.Left },
        new ProgressBarColumn(),
        new PercentageColumn(),
        new ElapsedTimeColumn()
    )
    .Start(progress =>
    {
        Run Perceptron(string name, double peak, Func<OptimState<Perceptron>, Perceptron, Real, OptimState<Perceptron>> step) =>
            Train(progress, $"perceptron, {name}", perceptron, PerceptronEpochs, peak, step);
        runs.Add(Perceptron("SGD", peak: 0.5, (state, gradient, rate) => Optim.Sgd(state, gradient, rate)));
        runs.Add(Perceptron("momentum", peak: 0.1, (state, gradient, rate) => Optim.Momentum(state, gradient, rate)));
        runs.Add(Perceptron("Adam", peak: 0.01, (state, gradient, rate) => Optim.Adam(state, gradient, rate)));
        runs.Add(
            Train(
                progress,
                "convolutional, Adam",
                convolutional,
                ConvolutionalEpochs,
                peak: 0.01,
                (state, gradient, rate) => Optim.Adam(state, gradient, rate)
            )
        );
    });

Run Train<P>(ProgressContext progress, string name, P start, int epochs, double peak, Func<OptimState<P>, P, Real, OptimState<P>> step)
    where P : INetwork
{
    var clock = Stopwatch.StartNew();
    var random = new Random(Seed);
    var order = Enumerable.Range(0, training.Count).ToArray();
    var steps = epochs * ((order.Length + BatchSize - 1) / BatchSize);
    var task = progress.AddTask(name, maxValue: steps);
    var state = Optim.Start(start);
    var rate = Schedule.Cosine(peak, total: steps);
    var (trainingLosses, testLosses) = (new List<double>(), new List<double>());

    for (var epoch = 0; epoch < epochs; epoch++)
    {
        random.Shuffle(order);
        var losses = new List<double>();
        foreach (var indices in order.Chunk(BatchSize))
        {
            var batch = training.Take(indices);
            var (loss, gradient) = ValueAndGrad((P network) => Loss(network, batch))(state.Parameters);
            state = step(state, gradient, rate(state.Steps));
            losses.Add(loss.Value);
            task.Increment(1);
        }
        trainingLosses.Add(losses.Average());
        testLosses.Add(Loss(state.Parameters, test).Value);
        task.Description = $"{name}, loss {trainingLosses[^1]:F4}";
    }
    task.StopTask();
    return new(name, state.Parameters, trainingLosses, testLosses, clock.Elapsed.TotalSeconds);
}

static Real Loss(INetwork network, Digits digits) => network.Logits(digits.Images).CrossEntropy(digits.Labels);

// Weights with the variance 2 / inputs, which keeps the size of signals through rectified layers (He et al. 2015, equation 10).
static Tensor Dense(int seed, int inputs, int outputs) => Tensor.Normal(seed, 0, Math.Sqrt(2.0 / inputs), inputs, outputs);
static Tensor Kernels(int seed, int inputs, int outputs) => Tensor.Normal(seed, 0, Math.Sqrt(2.0 / (9 * inputs)), outputs, inputs, 3, 3);

// ---- What came of it ----

var table = new Table().RoundedBorder().AddColumns("trained", "epochs", "loss", "held out", "accuracy", "seconds");
foreach (var column in table.Columns.Skip(1))
    column.RightAligned();
foreach (var run in runs)
    table.AddRow(
        run.Name,
        $"{run.TrainingLosses.Count}",
        $"{run.TrainingLosses[^1]:F4}",
        $"{run.TestLosses[^1]:F4}",
        $"{Accuracy(run):P1}",
        $"{run.Seconds:F1}"
    );
AnsiConsole.Write(table);

double Accuracy(Run run)
{
    var guesses = run.Network.Logits(test.Images).ArgMax(1);
    return guesses.Zip(test.Labels).Count(pair => pair.First == pair.Second) / (double)test.Count;
}

Save("digits-loss.svg", LossChart(runs), 900, 560);
Save("digits-predictions.svg", Gallery(runs[^1].Network, test), 940, 570);

void Save(string name, PlotModel chart, double width, double height)
{
    var file = Path.Combine(folder, name);
    using (var stream = File.Create(file))
        new SvgExporter
        {
            Width = width,
            Height = height,
            UseVerticalTextAlignmentWorkaround = true,
        }.Export(chart, stream);
    Console.WriteLine(file);
}

var failed = runs.Where(run => Accuracy(run) < (run.Network is Convolutional ? ConvolutionalGoal : PerceptronGoal)).ToList();
foreach (var run in failed)
    Console.WriteLine($"failed: {run.Name} is right on {Accuracy(run):P1} of the held-out digits only");
if (failed.Count == 0)
    Console.WriteLine("ok");
return failed.Count == 0 ? 0 : 1;

// ---- Pictures ----

static PlotModel LossChart(IEnumerable<Run> runs)
{
    OxyColor[] colors = [OxyColor.Parse("#7A808A"), OxyColor.Parse("#E69F00"), OxyColor.Parse("#0072B2"), OxyColor.Parse("#C8385A")];
    var chart = Canvas("Learning to read digits: lines are the loss in training, dashes of the same colour on digits held out");
    chart.PlotMargins = new(70, 10, 20, 54);
    chart.Axes.Add(
        new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Title = "epoch",
            AxisTitleDistance = 10,
            TickStyle = TickStyle.None,
            MajorStep = 10,
            Minimum = 0,
            Maximum = 1.3 * PerceptronEpochs, // with room for the names at the ends of the lines
        }
    );
    chart.Axes.Add(
        new LogarithmicAxis
        {
            Position = AxisPosition.Left,
            Title = "cross-entropy",
            AxisTitleDistance = 14,
            TickStyle = TickStyle.None,
            Minimum = 2e-3,
            Maximum = 1.2,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColor.FromAColor(30, OxyColors.Black),
        }
    );
    foreach (var (run, color) in runs.Zip(colors))
    {
        chart.Series.Add(Curve(run.TestLosses, color, 1.5, LineStyle.Dash));
        var trained = Curve(run.TrainingLosses, color, 3, LineStyle.Solid);
        (trained.Title, trained.LineLegendPosition) = (run.Name, LineLegendPosition.End);
        chart.Series.Add(trained);
    }
    return chart;

    static LineSeries Curve(IEnumerable<double> losses, OxyColor color, double thickness, LineStyle style) =>
        new()
        {
            ItemsSource = losses.Select((loss, epoch) => new DataPoint(epoch + 1, loss)).ToArray(),
            Color = color,
            StrokeThickness = thickness,
            LineStyle = style,
            LineJoin = LineJoin.Round,
            FontSize = 13,
        };
}

// Above, a digit of each class, and under it the gradient of its own score with respect to its pixels. Below, the digits that the
// network finds hardest.
static PlotModel Gallery(INetwork network, Digits digits)
{
    const int columns = 10,
        pitch = 10,
        rowPitch = 13;
    int[] typical = [.. Enumerable.Range(0, Classes).Select(label => Array.IndexOf(digits.Labels, label))];
    Func<Tensor, Real> score = images => network.Logits(images).Pick(digits.Take(typical).Labels).Sum();
    var slopes = Grad(score)(digits.Take(typical).Images);

    var chances = network.Logits(digits.Images).Softmax(1);
    var guesses = chances.ArgMax(1);
    var right = chances.Pick(digits.Labels).ToArray();
    int[] hardest = [.. Enumerable.Range(0, digits.Count).OrderBy(i => right[i]).Take(2 * columns)];

    var picture = Canvas("What the convolutional network sees");
    picture.PlotMargins = new(20, 0, 20, 10);
    picture.Axes.Add(
        new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Minimum = -1,
            Maximum = columns * pitch - 1,
            IsAxisVisible = false,
        }
    );
    picture.Axes.Add(
        new LinearAxis
        {
            Position = AxisPosition.Left,
            Minimum = 0,
            Maximum = 58,
            StartPosition = 1,
            EndPosition = 0,
            IsAxisVisible = false, // downwards
        }
    );
    picture.Axes.Add(Shades("ink", 0, 1, "#F4F1EA", "#1D2B4F"));
    picture.Axes.Add(Shades("slope", -1, 1, "#C8385A", "#F7F6F3", "#0072B2"));

    Say(0, 2, "Ten digits held out, and what speaks for them: ink in the blue places would raise the score, in the red ones lower it");
    Tiles(digits.Take(typical).Images, 4, "ink");
    Tiles(slopes / Abs(slopes).MaxOver(1, 2, 3).Reshape(columns, 1, 1, 1), 14, "slope");
    Say(0, 26.5, "The hardest ones, and how they are read (wrong in red)");
    Tiles(digits.Take(hardest).Images, 28, "ink");
    foreach (var (i, digit) in hardest.Index())
    {
        var isRight = guesses[digit] == digits.Labels[digit];
        var text = isRight ? $"{guesses[digit]} at {right[digit]:P0}" : $"{guesses[digit]}, but is {digits.Labels[digit]}";
        Say(i % columns * pitch, 38 + i / columns * rowPitch, text, isRight ? "#1D2B4F" : "#C8385A");
    }
    Say(0, 55, "ink: none");
    Scale(10, "ink", 0);
    Say(31, 55, "full");
    Say(53, 55, "more ink lowers the score");
    Scale(71, "slope", -1);
    Say(92, 55, "raises it");
    return picture;

    // What the colours mean: all of them, from the lowest to the highest value.
    void Scale(double left, string key, double low)
    {
        const int width = 20,
            shades = 100;
        var values = new double[shades, 1];
        for (var i = 0; i < shades; i++)
            values[i, 0] = low + (1 - low) * i / (shades - 1);
        Heat(values, left, left + width, 53.5, 55.5, key);
    }

    void Tiles(Tensor images, int top, string key)
    {
        var rows = images.Shape[0] / columns;
        var ink = new double[columns * pitch, rows * rowPitch];
        for (var x = 0; x < ink.GetLength(0); x++)
        for (var y = 0; y < ink.GetLength(1); y++)
        {
            var (image, i, j) = (y / rowPitch * columns + x / pitch, y % rowPitch, x % pitch);
            ink[x, y] = i < 8 && j < 8 ? images[image, 0, i, j].Value : double.NaN;
        }
        Heat(ink, 0, ink.GetLength(0), top, top + ink.GetLength(1), key);
    }

    void Heat(double[,] values, double left, double right, double top, double bottom, string key) =>
        picture.Series.Add(
            new HeatMapSeries
            {
                Data = values,
                X0 = left,
                X1 = right,
                Y0 = top,
                Y1 = bottom,
                ColorAxisKey = key,
                CoordinateDefinition = HeatMapCoordinateDefinition.Edge,
                RenderMethod = HeatMapRenderMethod.Rectangles,
                Interpolate = false,
                EdgeRenderingMode = EdgeRenderingMode.PreferSharpness,
            }
        );

    void Say(double x, double y, string text, string color = "#1D2B4F") =>
        picture.Annotations.Add(
            new TextAnnotation
            {
                Text = text,
                TextPosition = new(x, y),
                TextColor = OxyColor.Parse(color),
                StrokeThickness = 0,
                TextHorizontalAlignment = OxyPlot.HorizontalAlignment.Left,
                FontSize = 13,
                Padding = new(0),
            }
        );

    static LinearColorAxis Shades(string key, double low, double high, params string[] colors) =>
        new()
        {
            Key = key,
            Minimum = low,
            Maximum = high,
            Palette = OxyPalette.Interpolate(101, [.. colors.Select(OxyColor.Parse)]),
            InvalidNumberColor = OxyColors.Transparent,
            Position = AxisPosition.None,
            IsAxisVisible = false,
        };
}

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

// ---- Data ----

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

/// <summary>From images [n, 1, 8, 8] to the logarithm, up to a constant, of the probability of each class [n, 10].</summary>
interface INetwork
{
    Tensor Logits(Tensor images);
}

record Perceptron(Tensor Hidden, Tensor HiddenBias, Tensor Output, Tensor OutputBias) : INetwork
{
    public Tensor Logits(Tensor images) => Max(images.Reshape(-1, 64).MatMul(Hidden) + HiddenBias, 0).MatMul(Output) + OutputBias;
}

record Convolutional(Tensor First, Tensor FirstBias, Tensor Second, Tensor SecondBias, Tensor Output, Tensor OutputBias) : INetwork
{
    public Tensor Logits(Tensor images)
    {
        // Bias and rectifier commute with the largest of four, and after the pooling there is less for them to do.
        var edges = Max(images.Conv2d(First, padding: 1).MaxPool2d(2) + FirstBias, 0); // [n, 16, 4, 4]
        var strokes = Max(edges.Conv2d(Second, padding: 1).MaxPool2d(2) + SecondBias, 0); // [n, 32, 2, 2]
        return strokes.Reshape(images.Shape[0], -1).MatMul(Output) + OutputBias;
    }
}

/// <summary>A training: the network that it led to, and the losses after each epoch.</summary>
record Run(string Name, INetwork Network, List<double> TrainingLosses, List<double> TestLosses, double Seconds);
