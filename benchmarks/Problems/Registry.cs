namespace FuncAD.Benchmarks.Problems;

/// <summary>All problems. A new one is a file beside this and a line here; a new form is a line in the problem's list of forms.</summary>
public static class Registry
{
    public static readonly IReadOnlyList<Problem> Problems =
    [
        GaussianMixture.Problem,
        BundleAdjustment.Problem,
        Rosenbrock.Problem,
        Rosenbrock.SecondOrder,
        SpeelpenningProduct.Problem,
        BlackScholes.Problem,
        Heston.Problem,
        Lorenz.Problem,
        LogisticRegression.Problem,
        Perceptron.Problem,
        Helmholtz.Problem,
        Helmholtz.SecondOrder,
        SkinnedHand.Problem,
        Lstm.Problem,
    ];

    /// <summary>The problem of this name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Problem Find(string name) =>
        Problems.FirstOrDefault(problem => problem.Name == name)
        ?? throw new ArgumentException(
            $"There is no problem '{name}'; there are {string.Join(", ", Problems.Select(problem => problem.Name))}.",
            nameof(name)
        );
}
