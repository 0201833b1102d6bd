// Policy gradients on three tasks: one with a known answer, one with a published goal, one with a differentiable simulator.
//
//     dotnet run -c Release samples/policy.cs
//     dotnet run -c Release samples/policy.cs -- charts        # the pictures go to a folder of yours
//     dotnet run -c Release samples/policy.cs -- charts all    # five seeds of each training instead of one, more episodes
//
// A policy pi(a | s) draws an action a in a state s; its parameters are to be moved so that J, the expected sum of rewards, grows. An action
// is drawn, not computed, so that no derivative passes through it. What does have a derivative is its probability:
//
//     grad J = E[sum over t of grad log pi(a_t | s_t) (R_t - b_t)]
//
// where R_t are the rewards after the action and the baseline b_t is anything that does not depend on it (Williams 1992; Sutton,
// McAllester, Singh and Mansour 2000). docs/policy.md tells the story.
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

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var (seeds, samples) = args.Contains("all") ? (5, 10_000) : (1, 2000);
var folder = Directory.CreateDirectory(args.FirstOrDefault(arg => arg != "all") ?? Path.GetTempPath()).FullName;
var failures = new List<string>();
var clock = Stopwatch.StartNew();

EstimatorsOfMaintenance();
LearnCartPole();
LearnSwingUp();

foreach (var failure in failures)
    Console.WriteLine($"failed: {failure}");
Console.WriteLine($"{clock.Elapsed.TotalSeconds:F0} s");
if (failures.Count == 0)
    Console.WriteLine("ok");
return failures.Count == 0 ? 0 : 1;

void Check(bool holds, string claim)
{
    if (!holds)
        failures.Add(claim);
}

// ---- 1. The answer is known: a machine that wears out ----
//
// With three states, J is a solution of three linear equations, and its gradient and Hessian are exact. Estimates from single episodes are
// held to them: the bias in standard errors (z), and the variance of one episode's estimate.

void EstimatorsOfMaintenance()
{
    Real[] theta = [0.6, -0.2, 0.1, 0.4, -0.5, 0.2]; // two logits for each of three states
    var key = RandomKey.Of(1);
    var exact = Grad(Maintenance.Value)(theta).ToDoubles();
    var exactHessian = Hessian(Maintenance.Value)(theta).Cast<Real>().Select(entry => entry.Value).ToArray();
    var (v, q) = Maintenance.Values(theta);

    // What an episode returns: its draws with their log probabilities, and its rewards. A reward counts for the draws before it.
    ScoreCost Total(Real[] theta, Step[] episode) =>
        ScoreCost.Of(
            cost: episode.Sum(step => step.Reward),
            logDensity: episode.Aggregate((Real)0, (sum, step) => sum + Maintenance.LogPolicy(theta, step))
        );
    ScoreCost ToGo(Real[] theta, Step[] episode) =>
        episode.Aggregate(ScoreCost.Start, (run, step) => run.Draw(Maintenance.LogPolicy(theta, step)).Cost(step.Reward));
    ScoreCost WithValues(Real[] theta, Step[] episode) =>
        episode.Aggregate(ScoreCost.Start, (run, step) => run.Draw(Maintenance.LogPolicy(theta, step), v[step.State]).Cost(step.Reward));
    // The theorem's own form: what an action gains over the policy, Q(s, a) - V(s), in place of sampled rewards.
    ScoreCost Advantage(Real[] theta, Step[] episode) =>
        episode.Aggregate(
            ScoreCost.Start,
            (run, step) => run.Cost(Maintenance.LogPolicy(theta, step) * (q[step.State, step.Action] - v[step.State]))
        );
    // The loss whose gradient is REINFORCE's. Its second derivative is not J's.
    ScoreCost Surrogate(Real[] theta, Step[] episode)
    {
        var rest = episode.Sum(step => step.Reward);
        var loss = (Real)0;
        foreach (var step in episode)
        {
            loss += Maintenance.LogPolicy(theta, step) * rest;
            rest -= step.Reward;
        }
        return ScoreCost.Start.Cost(loss);
    }

    var gradients = new (string Name, Func<Real[], Step[], ScoreCost> Run, ScoreBaseline Baseline)[]
    {
        ("all rewards", Total, ScoreBaseline.None),
        ("rewards after the action", ToGo, ScoreBaseline.None),
        ("  less other episodes' mean", ToGo, ScoreBaseline.LeaveOneOut),
        ("  less the state's value", WithValues, ScoreBaseline.None),
        ("exact advantages", Advantage, ScoreBaseline.None),
    };
    var table = NewTable("gradient from", "largest |z|", "variance", "relative");
    var first = 0.0;
    foreach (var (name, run, baseline) in gradients)
    {
        var estimate = Stochastic.ScoreGradient(
            (Real[] theta, RandomKey key) => run(theta, Maintenance.Episode(theta, key)),
            key,
            samples,
            new() { Baseline = baseline }
        )(theta);
        var (bias, variance) = Judge(estimate.Mean.ToDoubles(), estimate.StandardError.ToDoubles(), samples, exact);
        first = first == 0 ? variance : first;
        table.AddRow(name, $"{bias:F1}", $"{variance:F3}", $"{variance / first:F3}");
        Check(bias < 5, $"{name}: the gradient is {bias:F1} standard errors off");
    }
    AnsiConsole.Write(table);

    // Second derivatives: a magic box is 1, but its derivatives of every order are those of the probability (Foerster et al. 2018).
    var hessians = new (string Name, Func<Real[], Step[], ScoreCost> Run, bool IsBiased)[]
    {
        ("one magic box for all", Total, false),
        ("a box for each reward", ToGo, false),
        ("  less the state's value", WithValues, false),
        ("REINFORCE's loss", Surrogate, true),
    };
    table = NewTable("Hessian from", "largest |z|", "variance", "relative");
    first = 0;
    foreach (var (name, run, isBiased) in hessians)
    {
        var each = new List<double[]>();
        for (var i = 0; i < samples; i++)
        {
            var episode = Maintenance.Episode(theta, key.Fold(i));
            each.Add([.. Hessian(theta => run(theta, episode).Objective)(theta).Cast<Real>().Select(entry => entry.Value)]);
        }
        var (mean, error) = Average(each);
        var (bias, variance) = Judge(mean, error, samples, exactHessian);
        first = first == 0 ? variance : first;
        table.AddRow(name, $"{bias:F1}", $"{variance:F2}", $"{variance / first:F3}");
        Check(isBiased ? bias > 10 : bias < 6, $"{name}: the Hessian is {bias:F1} standard errors off");
    }
    AnsiConsole.Write(table);
}

// The largest error of an entry, in its standard errors, and the variances of all entries for one sample.
static (double Bias, double Variance) Judge(double[] mean, double[] error, int samples, double[] exact)
{
    var z = mean.Zip(error, exact).Where(entry => entry.Second > 0).Max(entry => Math.Abs(entry.First - entry.Third) / entry.Second);
    return (z, samples * error.Sum(e => e * e));
}

static (double[] Mean, double[] Error) Average(List<double[]> samples)
{
    var n = samples.Count;
    var all = Tensor.Of([.. samples]);
    return (all.MeanOver(0).ToArray(), Sqrt(all.VarianceOver(1, 0) / n).ToArray());
}

// ---- 2. The goal is published: cart-pole ----

void LearnCartPole()
{
    const double goal = 475;
    var runs = new List<(string Method, int Seed, Training Training, double Return)>();
    Progress(progress =>
    {
        foreach (
            var (method, learn) in new (string, Func<int, Action<double>, Training>)[]
            {
                ("REINFORCE", Reinforce),
                ("actor-critic", ActorCritic),
            }
        )
        {
            var task = progress.AddTask($"cart-pole by {method}", maxValue: seeds);
            for (var seed = 1; seed <= seeds; seed++)
            {
                var training = learn(seed, task.Increment);
                // Judged on new episodes, in which the policy takes the more probable action.
                var judgement = CartPole.Play(training.Policy, 100, RandomKey.Of(seed).Fold(-9), (logits, _) => logits.ArgMax(1));
                runs.Add((method, seed, training, judgement.Lengths.Average()));
                task.Description = $"cart-pole by {method}, seed {seed}: mean return {judgement.Lengths.Average():F0}";
            }
            task.StopTask();
        }
    });

    var table = NewTable("cart-pole", "seed", "steps", "return of 100 episodes");
    foreach (var (method, seed, training, result) in runs)
    {
        table.AddRow(method, $"{seed}", $"{training.Curve[^1].Steps:N0}", $"{result:F1}");
        Check(result >= goal, $"cart-pole by {method}, seed {seed}: the mean return is {result:F1}");
    }
    AnsiConsole.Write(table);
    var chart = CurveChart(
        "Cart-pole: mean return in training, and its range over seeds",
        "steps simulated",
        "steps until the pole falls",
        520
    );
    foreach (var (method, color, label) in new[] { ("REINFORCE", "#E69F00", 90), ("actor-critic", "#0072B2", 55) })
        AddBand(chart, method, color, new(50_000, label), [.. runs.Where(run => run.Method == method).Select(run => run.Training.Curve)]);
    Save("policy-cart-pole.svg", chart);
}

// REINFORCE on whole episodes. Every step is rewarded by 1, so that the rewards after an action are the steps that are left; the baseline is
// their mean over the other episodes at that step, which leaves the gradient unbiased.
static Training Reinforce(int seed, Action<double> progress)
{
    const int iterations = 40,
        episodes = 16;
    var key = RandomKey.Of(seed);
    var state = Optim.Start(Network.Random(key.Fold(-1), inputs: 4, outputs: 2));
    var (steps, returns, curve) = (0, new List<int>(), new List<Point>());
    for (var i = 0; i < iterations; i++)
    {
        var play = CartPole.Play(state.Parameters, episodes, key.Fold(i), Draw);
        var left = Enumerable.Range(0, play.Lengths.Max()).Select(t => play.Lengths.Sum(length => Math.Max(length - t, 0.0))).ToArray();
        var gains = play.Times.Zip(
            play.OfEpisode,
            (t, episode) =>
            {
                var own = play.Lengths[episode] - t;
                return own - (left[t] - own) / (episodes - 1);
            }
        );
        var weights = Scaled([.. gains]);
        var gradient = Grad((Network policy) => -(policy.Apply(play.States).LogSoftmax(1).Pick(play.Actions) * weights).Mean())(
            state.Parameters
        );
        state = Optim.Adam(state, gradient, rate: 0.03 * (1 - 0.7 * i / iterations));
        steps += play.Actions.Length;
        returns.AddRange(play.Lengths);
        curve.Add(new(steps, play.Lengths.Average()));
        progress(1.0 / iterations);
        if (IsSolved(returns))
            break;
    }
    return new(state.Parameters, curve);
}

// The critic learns the values of states, so that the actor can learn from pieces of episodes: what follows a piece is the value of its last
// state. Advantages are the exponentially weighted sums of one-step errors (Schulman et al. 2016). The critic takes five steps for one of
// the actor: it has to follow (Konda and Tsitsiklis 2000).
static Training ActorCritic(int seed, Action<double> progress)
{
    const int iterations = 120,
        carts = 8,
        steps = 128;
    const double discount = 0.99,
        lambda = 0.95;
    var key = RandomKey.Of(seed);
    var actor = Optim.Start(Network.Random(key.Fold(-1), inputs: 4, outputs: 2));
    var critic = Optim.Start(Network.Random(key.Fold(-2), inputs: 4, outputs: 1));
    var pieces = new CartPole.Pieces(carts, key.Fold(-3));
    var (returns, curve) = (new List<int>(), new List<Point>());
    for (var i = 0; i < iterations; i++)
    {
        var piece = pieces.Next(actor.Parameters, steps, key.Fold(i), Draw);
        var (before, after) = (critic.Parameters.Apply(piece.States).ToArray(), critic.Parameters.Apply(piece.NextStates).ToArray());
        var advantages = new double[steps * carts];
        for (var at = advantages.Length - 1; at >= 0; at--)
        {
            // Rewards are 1 - discount, so that values are between 0 and 1. Only a fall ends the rewards; an episode that is stopped does not.
            var error = 1 - discount + (piece.HasFallen[at] ? 0 : discount * after[at]) - before[at];
            var goesOn = at + carts < advantages.Length && !piece.IsOver[at];
            advantages[at] = error + (goesOn ? discount * lambda * advantages[at + carts] : 0);
        }
        var targets = Tensor.Of([.. advantages.Zip(before, (advantage, value) => advantage + value)]).Reshape(-1, 1);
        var weights = Scaled(advantages);
        var gradient = Grad((Network policy) => -(policy.Apply(piece.States).LogSoftmax(1).Pick(piece.Actions) * weights).Mean())(
            actor.Parameters
        );
        actor = Optim.Adam(actor, gradient, rate: 0.01 * (1 - 0.7 * i / iterations));
        for (var j = 0; j < 5; j++)
            critic = Optim.Adam(
                critic,
                Grad((Network values) => values.Apply(piece.States).MeanSquaredError(targets))(critic.Parameters),
                rate: 0.01
            );
        returns.AddRange(piece.Lengths);
        if (returns.Count >= 16)
            curve.Add(new((i + 1) * advantages.Length, returns.TakeLast(16).Average()));
        progress(1.0 / iterations);
        if (IsSolved(returns))
            break;
    }
    return new(actor.Parameters, curve);
}

// A training ends when its last 48 episodes are nearly as long as they may be.
static bool IsSolved(List<int> returns) => returns.Count >= 48 && returns.TakeLast(48).Average() >= 490;

// Mean 0 and deviation 1: the size of a step no longer depends on how good the policy is.
static Tensor Scaled(double[] gains)
{
    var weights = Tensor.Of(gains);
    return (weights - weights.Mean()) / (Real.Sqrt(weights.Variance()) + 1e-8);
}

static int[] Draw(Tensor logits, RandomKey key)
{
    var right = logits.Softmax(1).Slice(1, 1, 2).ToArray();
    return [.. key.Uniform(right.Length).ToArray().Zip(right, (u, p) => u < p ? 1 : 0)];
}

// ---- 3. The simulator is differentiable: the swing-up of a pendulum ----
//
// The motor is too weak to lift the pendulum: it has to swing. Noise on the torque makes the policy a random one, and J(w) has two estimates
// from the same episodes: pathwise, through all steps of the simulator with the noise held fixed; and the score function, which sees costs only.

void LearnSwingUp()
{
    const int iterations = 100,
        episodes = 8;
    var methods = new (string Name, string Color, Func<Tensor, int, RandomKey, (Real Cost, Tensor Gradient)> Gradient)[]
    {
        ("pathwise", "#0072B2", Pendulum.Pathwise),
        ("score function", "#E69F00", Pendulum.Score),
    };
    var runs = new List<(string Method, List<Point> Curve, List<Tensor> Weights)>();
    Progress(progress =>
    {
        foreach (var (method, _, gradient) in methods)
        {
            var task = progress.AddTask($"swing-up, {method}", maxValue: seeds * iterations);
            for (var seed = 1; seed <= seeds; seed++)
            {
                var (key, state) = (RandomKey.Of(seed), Optim.Start(Tensor.Zeros(3)));
                var (curve, weights) = (new List<Point>(), new List<Tensor> { state.Parameters });
                for (var i = 0; i < iterations; i++)
                {
                    var (cost, slope) = gradient(state.Parameters, episodes, key.Fold(i));
                    state = Optim.Adam(state, Optim.Clip(slope, 1), rate: 0.3 * (1 - 0.8 * i / iterations));
                    curve.Add(new((i + 1) * episodes, cost.Value));
                    weights.Add(state.Parameters);
                    task.Increment(1);
                }
                runs.Add((method, curve, weights));
            }
            task.StopTask();
        }
    });

    var table = NewTable("swing-up", "seed", "cost", "last second", "weights");
    foreach (var (index, (method, _, weights)) in runs.Index())
    {
        var run = Pendulum.Run(weights[^1], 100, RandomKey.Of(index).Fold(-9));
        var last = run.Costs.TakeLast(33).Average(cost => cost.Mean().Value);
        table.AddRow(
            method,
            $"{index % seeds + 1}",
            $"{run.Cost.Value:F3}",
            $"{last:F4}",
            string.Join("  ", weights[^1].ToArray().Select(w => $"{w:F2}"))
        );
        Check(last < 0.1, $"swing-up by {method}, run {index}: the mean cost in the last second is {last:F3}");
    }
    AnsiConsole.Write(table);

    // The same gradient by both estimators, from many batches, at policies that the first training went through.
    table = NewTable("iteration", "gradient", "norm", "variance", "largest / median");
    foreach (var iteration in seeds == 1 ? [0, 10] : new[] { 0, 5, 10, 20, 40, 60, 80, 100 })
    {
        var estimates = new List<(double[] Mean, double[] Error)>();
        foreach (var (method, _, gradient) in methods)
        {
            var weights = runs[0].Weights[iteration];
            var batches = Enumerable
                .Range(0, 32)
                .Select(i => gradient(weights, episodes, RandomKey.Of(9).Fold(i)).Gradient.ToArray())
                .ToList();
            var norms = batches.Select(Norm).Order().ToArray();
            var (mean, error) = Average(batches);
            estimates.Add((mean, error));
            table.AddRow($"{iteration}", method, $"{Norm(mean):F3}", $"{32 * error.Sum(e => e * e):G2}", $"{norms[^1] / norms[16]:F1}");
        }
        if (iteration != 0)
            continue;
        var (path, score) = (estimates[0], estimates[1]);
        var z = Enumerable
            .Range(0, 3)
            .Max(i =>
                Math.Abs(path.Mean[i] - score.Mean[i]) / (1e-9 + Math.Sqrt(path.Error[i] * path.Error[i] + score.Error[i] * score.Error[i]))
            );
        Check(z < 6, $"the two gradients of the swing-up differ by {z:F1} standard errors");
        Check(Norm(path.Error) < Norm(score.Error), "at the start the pathwise gradient has not the smaller variance");
    }
    AnsiConsole.Write(table);

    static double Norm(double[] v) => Math.Sqrt(v.Sum(x => x * x));

    var chart = CurveChart("Swing-up: mean cost in training, and its range over seeds", "episodes simulated", "mean cost of a step", 2.1);
    foreach (var (index, (method, color, _)) in methods.Index())
        AddBand(chart, method, color, new(400, 1.9 - 0.15 * index), [.. runs.Where(run => run.Method == method).Select(run => run.Curve)]);
    Save("policy-swing-up.svg", chart);
}

// ---- Tables and pictures ----

static Table NewTable(params string[] columns)
{
    var table = new Table().RoundedBorder().AddColumns(columns);
    foreach (var column in table.Columns.Skip(1))
        column.RightAligned();
    return table;
}

static void Progress(Action<ProgressContext> work) =>
    AnsiConsole
        .Progress()
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new PercentageColumn(),
            new ElapsedTimeColumn()
        )
        .Start(work);

static PlotModel CurveChart(string title, string x, string y, double high)
{
    var chart = new PlotModel
    {
        Title = title,
        TitleFontSize = 17,
        TitleFontWeight = OxyPlot.FontWeights.Normal,
        TitlePadding = 10,
        Background = OxyColors.White,
        DefaultFont = "Helvetica, Arial, sans-serif",
        TextColor = OxyColor.Parse("#1D2B4F"),
        PlotAreaBorderThickness = new(0),
        PlotMargins = new(70, 10, 20, 54),
    };
    chart.Axes.Add(
        new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Title = x,
            AxisTitleDistance = 10,
            TickStyle = TickStyle.None,
            Minimum = 0,
            StringFormat = "#,##0",
        }
    );
    chart.Axes.Add(
        new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = y,
            AxisTitleDistance = 14,
            TickStyle = TickStyle.None,
            Minimum = 0,
            Maximum = high,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColor.FromAColor(30, OxyColors.Black),
        }
    );
    return chart;
}

// The mean over seeds as a line and their range as a band. A training that has ended keeps its last value.
static void AddBand(PlotModel chart, string name, string color, DataPoint label, List<List<Point>> curves)
{
    var (from, to) = (curves.Max(curve => curve[0].Steps), curves.Max(curve => curve[^1].Steps));
    var grid = Enumerable.Range(0, 101).Select(i => from + (to - from) * i / 100.0).ToArray();
    var values = grid.Select(x => curves.Select(curve => At(curve, x)).ToArray()).ToArray();
    var band = new AreaSeries
    {
        Color = OxyColors.Transparent,
        Color2 = OxyColors.Transparent,
        Fill = OxyColor.FromAColor(50, OxyColor.Parse(color)),
    };
    band.Points.AddRange(grid.Zip(values, (x, y) => new DataPoint(x, y.Min())));
    band.Points2.AddRange(grid.Zip(values, (x, y) => new DataPoint(x, y.Max())));
    chart.Series.Add(band);
    chart.Series.Add(
        new LineSeries
        {
            ItemsSource = grid.Zip(values, (x, y) => new DataPoint(x, y.Average())).ToArray(),
            Color = OxyColor.Parse(color),
            StrokeThickness = 3,
            LineJoin = LineJoin.Round,
        }
    );
    chart.Annotations.Add(
        new TextAnnotation
        {
            Text = name,
            TextPosition = label,
            TextColor = OxyColor.Parse(color),
            TextHorizontalAlignment = OxyPlot.HorizontalAlignment.Left,
            StrokeThickness = 0,
            FontSize = 15,
        }
    );

    static double At(List<Point> curve, double x)
    {
        x = Math.Clamp(x, curve[0].Steps, curve[^1].Steps);
        var next = Math.Clamp(curve.FindIndex(point => point.Steps >= x), 1, curve.Count - 1);
        var (a, b) = (curve[next - 1], curve[next]);
        return a.Return + (b.Return - a.Return) * (x - a.Steps) / (b.Steps - a.Steps);
    }
}

void Save(string name, PlotModel chart)
{
    var file = Path.Combine(folder, name);
    using (var stream = File.Create(file))
        new SvgExporter
        {
            Width = 900,
            Height = 500,
            UseVerticalTextAlignmentWorkaround = true,
        }.Export(chart, stream);
    Console.WriteLine(file);
}

// ---- The three tasks ----

/// <summary>A decision in an episode, and what it brought.</summary>
readonly record struct Step(int State, int Action, double Reward);

/// <summary>
/// A machine is new, worn or broken (states 0, 1, 2); to run it (action 0) earns less and less, to repair it (action 1) costs. A reward at
/// step t counts 0.9^t. Episodes end after each step with probability 0.1 instead, which makes their expected sum of rewards the same.
/// </summary>
static class Maintenance
{
    const double Discount = 0.9;
    static readonly Tensor Rewards = Tensor.Of(
        new[,]
        {
            { 1.0, -0.5 },
            { 0.6, -0.5 },
            { 0.0, -1.0 },
        }
    );
    static readonly Tensor Moves = Tensor.Of(
        new[,,]
        {
            {
                { 0.7, 0.3, 0.0 },
                { 1.0, 0.0, 0.0 },
            },
            {
                { 0.0, 0.6, 0.4 },
                { 0.9, 0.1, 0.0 },
            },
            {
                { 0.0, 0.0, 1.0 },
                { 0.8, 0.0, 0.2 },
            },
        }
    );

    static Tensor Policy(Real[] theta) => Tensor.Stack(theta).Reshape(3, 2).Softmax(1);

    /// <summary>V = (I - 0.9 P)^-1 r: the values of states, where P and r are the policy's moves and rewards.</summary>
    static Tensor StateValues(Real[] theta)
    {
        var policy = Policy(theta);
        var moves = Tensor.Einsum("sa,saz->sz", policy, Moves);
        return (Tensor.Identity(3) - Discount * moves).Solve((policy * Rewards).SumOver(1));
    }

    /// <summary>J: the value of a new machine.</summary>
    public static Real Value(Real[] theta) => StateValues(theta)[0];

    /// <summary>The values of states [3], and those of actions in them [3, 2].</summary>
    public static (Tensor V, Tensor Q) Values(Real[] theta)
    {
        var v = StateValues(theta);
        return (v, Rewards + Discount * Tensor.Einsum("saz,z->sa", Moves, v));
    }

    public static Real LogPolicy(Real[] theta, Step step) =>
        Distribution.CategoricalLogits(theta[2 * step.State], theta[2 * step.State + 1]).LogDensity(step.Action);

    public static Step[] Episode(Real[] theta, RandomKey key)
    {
        var policy = Policy(theta).Value;
        var (steps, state) = (new List<Step>(), 0);
        do
        {
            var u = key.Fold(steps.Count).Uniform(3);
            var action = u[0] < policy[state, 0] ? 0 : 1;
            steps.Add(new(state, action, Rewards[state, action].Value));
            var chances = Moves[state, action, ..];
            state =
                u[1] < chances[0] ? 0
                : u[1] < chances[0] + chances[1] ? 1
                : 2;
            if (u[2] > Discount)
                return [.. steps];
        } while (true);
    }
}

/// <summary>A network with one hidden layer of rectified units: rows of inputs to rows of outputs.</summary>
record Network(Tensor Hidden, Tensor HiddenBias, Tensor Output, Tensor OutputBias)
{
    const int Units = 16;

    public static Network Random(RandomKey key, int inputs, int outputs) =>
        new(
            Math.Sqrt(2.0 / inputs) * key.Fold(0).Normal(inputs, Units),
            Tensor.Zeros(Units),
            0.1 * key.Fold(1).Normal(Units, outputs),
            Tensor.Zeros(outputs)
        );

    public Tensor Apply(Tensor x) => Max(x.MatMul(Hidden) + HiddenBias, 0).MatMul(Output) + OutputBias;
}

readonly record struct Point(int Steps, double Return);

record Training(Network Policy, List<Point> Curve);

/// <summary>
/// A pole on a cart that is pushed to the left or to the right fifty times a second (Barto, Sutton and Anderson 1983, appendix; without
/// friction). An episode ends when the pole leans by 12 degrees or the cart leaves its track of 2.4 m to either side, or after 500 steps.
/// </summary>
readonly record struct CartPole(double X, double Speed, double Angle, double Spin)
{
    const double Gravity = 9.8,
        CartMass = 1,
        PoleMass = 0.1,
        Mass = CartMass + PoleMass,
        HalfLength = 0.5,
        Force = 10,
        TimeStep = 0.02;
    const int LastStep = 500;

    bool HasFallen => Math.Abs(X) > 2.4 || Math.Abs(Angle) > 12 * Math.PI / 180;

    static CartPole Start(RandomKey key)
    {
        var u = (0.1 * (key.Uniform(4) - 0.5)).ToArray();
        return new(u[0], u[1], u[2], u[3]);
    }

    CartPole Next(int action)
    {
        var (sin, cos) = Math.SinCos(Angle);
        var push = ((action == 1 ? Force : -Force) + PoleMass * HalfLength * Spin * Spin * sin) / Mass;
        var turn = (Gravity * sin - cos * push) / (HalfLength * (4.0 / 3 - PoleMass * cos * cos / Mass));
        var acceleration = push - PoleMass * HalfLength * turn * cos / Mass;
        return new(X + TimeStep * Speed, Speed + TimeStep * acceleration, Angle + TimeStep * Spin, Spin + TimeStep * turn);
    }

    /// <summary>What policies see of carts [n, 4]: numbers of about 1.</summary>
    static Tensor Observe(IEnumerable<CartPole> carts) =>
        Tensor.Of([.. carts.Select(cart => new[] { cart.X / 2.4, cart.Speed / 2, cart.Angle / 0.2, cart.Spin / 2 })]);

    /// <summary>Decisions in many episodes: for each the state [n, 4], the action, the episode and the step; and the episodes' lengths.</summary>
    public record Episodes(Tensor States, int[] Actions, int[] OfEpisode, int[] Times, int[] Lengths);

    /// <summary>Whole episodes, side by side: each step is one run of the network for all that have not ended.</summary>
    public static Episodes Play(Network policy, int count, RandomKey key, Func<Tensor, RandomKey, int[]> choose)
    {
        var carts = Enumerable.Range(0, count).Select(i => Start(key.Fold(-1 - i))).ToArray();
        var (states, actions, episodes, times) = (new List<Tensor>(), new List<int>(), new List<int>(), new List<int>());
        var (lengths, running) = (new int[count], Enumerable.Range(0, count).ToArray());
        for (var t = 0; t < LastStep && running.Length > 0; t++)
        {
            states.Add(Observe(running.Select(i => carts[i])));
            var chosen = choose(policy.Apply(states[^1]), key.Fold(t));
            foreach (var (i, action) in running.Zip(chosen))
            {
                actions.Add(action);
                episodes.Add(i);
                times.Add(t);
                carts[i] = carts[i].Next(action);
                lengths[i]++;
            }
            running = [.. running.Where(i => !carts[i].HasFallen)];
        }
        return new(Tensor.Concatenate(0, [.. states]), [.. actions], [.. episodes], [.. times], lengths);
    }

    /// <summary>Decisions of some carts, step by step: the states before and after them, and which of them ended an episode.</summary>
    public record Piece(Tensor States, int[] Actions, Tensor NextStates, bool[] HasFallen, bool[] IsOver, List<int> Lengths);

    /// <summary>Carts that are played on and on, a piece at a time; one that has ended its episode starts another.</summary>
    public class Pieces(int carts, RandomKey start)
    {
        readonly CartPole[] carts = [.. Enumerable.Range(0, carts).Select(i => Start(start.Fold(i)))];
        readonly int[] ages = new int[carts];
        int started = carts;

        public Piece Next(Network policy, int steps, RandomKey key, Func<Tensor, RandomKey, int[]> choose)
        {
            var (states, nextStates, actions) = (new List<Tensor>(), new List<Tensor>(), new List<int>());
            var (fallen, over, lengths) = (new List<bool>(), new List<bool>(), new List<int>());
            for (var t = 0; t < steps; t++)
            {
                states.Add(Observe(carts));
                var chosen = choose(policy.Apply(states[^1]), key.Fold(t));
                actions.AddRange(chosen);
                for (var i = 0; i < carts.Length; i++)
                    carts[i] = carts[i].Next(chosen[i]);
                nextStates.Add(Observe(carts));
                for (var i = 0; i < carts.Length; i++)
                {
                    ages[i]++;
                    fallen.Add(carts[i].HasFallen);
                    over.Add(carts[i].HasFallen || ages[i] == LastStep);
                    if (!over[^1])
                        continue;
                    lengths.Add(ages[i]);
                    (carts[i], ages[i]) = (Start(start.Fold(started++)), 0);
                }
            }
            return new(
                Tensor.Concatenate(0, [.. states]),
                [.. actions],
                Tensor.Concatenate(0, [.. nextStates]),
                [.. fallen],
                [.. over],
                lengths
            );
        }
    }
}

/// <summary>
/// A pendulum of length 1 m and mass 1 kg, angle'' = 9.81 sin(angle) + torque, upright at angle 0, which hangs at the start. The torque is
/// 8 tanh(w . features + noise) Nm: less than the 9.81 Nm that would lift it.
/// </summary>
static class Pendulum
{
    const int Steps = 200;
    const double TimeStep = 0.03,
        Gravity = 9.81,
        Limit = 8,
        Noise = 0.3;

    /// <summary>Episodes: their mean cost of a step, and for each step the features [n, 3], the drawn actions [n] and the costs [n].</summary>
    public record Episodes(Real Cost, List<Tensor> Features, List<Tensor> Actions, List<Tensor> Costs);

    /// <summary>
    /// Three features: the spin times the energy that is lacking (who pushes in its direction pumps), and the lean and the spin where the
    /// pendulum is nearly upright (who pushes against them catches it).
    /// </summary>
    static Tensor Features(Tensor angle, Tensor spin)
    {
        var drop = 1 - Cos(angle);
        var lack = Gravity * drop - spin * spin / 2;
        var nearTop = Exp(-5 * drop);
        return Tensor.Stack(1, spin * lack / (10 * Gravity), nearTop * Sin(angle), nearTop * spin / 5);
    }

    public static Episodes Run(Tensor weights, int count, RandomKey key)
    {
        var start = 0.3 * key.Fold(0).Normal(2, count);
        var noise = Noise * key.Fold(1).Normal(Steps, count);
        var (angle, spin) = (Math.PI + start[0, ..], start[1, ..]);
        var (features, actions, costs) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (var t = 0; t < Steps; t++)
        {
            features.Add(Features(angle, spin));
            actions.Add(features[t].MatMul(weights) + noise[t, ..]);
            var torque = Limit * Tanh(actions[t]);
            spin += TimeStep * (Gravity * Sin(angle) + torque);
            angle += TimeStep * spin;
            costs.Add(1 - Cos(angle) + 0.005 * spin * spin + 0.001 * torque * torque);
        }
        return new(costs.Aggregate((sum, cost) => sum + cost).Mean() / Steps, features, actions, costs);
    }

    /// <summary>Through the simulator: the derivative of the costs for the noise as it was drawn.</summary>
    public static (Real Cost, Tensor Gradient) Pathwise(Tensor weights, int count, RandomKey key) =>
        ValueAndGrad((Tensor w) => Run(w, count, key).Cost)(weights);

    /// <summary>
    /// By the score function: the derivative of the log density of the actions, each weighted by the costs after it less their mean over
    /// the other episodes. The simulator runs on plain numbers.
    /// </summary>
    public static (Real Cost, Tensor Gradient) Score(Tensor weights, int count, RandomKey key)
    {
        var run = Run(weights, count, key);
        var after = Tensor.Stack(0, [.. run.Costs]).Flip(0).CumulativeSum(0).Flip(0) / Steps;
        var others = (after.SumOver(1).ExpandDims(1) - after) / (count - 1);
        var gains = (after - others).Flatten();
        var (features, actions) = (Tensor.Concatenate(0, [.. run.Features]), Tensor.Concatenate(0, [.. run.Actions]));
        Func<Tensor, Real> objective = w =>
        {
            var deviation = (actions - features.MatMul(w)) / Noise;
            return (-0.5 * deviation * deviation * gains).Sum() / count;
        };
        return (run.Cost, Grad(objective)(weights));
    }
}
