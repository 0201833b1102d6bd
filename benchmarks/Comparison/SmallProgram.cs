using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>The gradient of a small function at one point: what compiled functions are measured on.</summary>
public sealed record SmallProgram(string Name, Problem Problem, Func<Instance, Func<Real[], Real>> Real, params int[] Dimensions)
{
    public static readonly SmallProgram RosenbrockOfTen = new("Rosenbrock, n = 10", Rosenbrock.Problem, _ => Rosenbrock.Value, 10),
        RosenbrockOfHundred = new("Rosenbrock, n = 100", Rosenbrock.Problem, _ => Rosenbrock.Value, 100),
        Greeks = new("Black-Scholes, five Greeks", BlackScholes.Problem, _ => BlackScholes.Call, 1),
        LogisticLoss = new("logistic loss, a datum, d = 20", LogisticRegression.Problem, LogisticRegression.Numbers, 1, 20),
        MixturePoint = new("Gaussian mixture, a point, d = 10, K = 25", GaussianMixture.Problem, GaussianMixture.LogPosterior, 10, 25, 1);

    public static readonly IReadOnlyList<SmallProgram> All = [RosenbrockOfTen, RosenbrockOfHundred, Greeks, LogisticLoss, MixturePoint];

    public Instance Instance() => Problem.Generate(new Size(Name, 1, true, Dimensions));

    /// <summary>The plain function and its gradient by hand.</summary>
    public Evaluation Hand(Instance instance) => Problem.Forms[0].Prepare(instance);

    public override string ToString() => Name;
}
