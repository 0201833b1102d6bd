namespace FuncAD;

/// <inheritdoc cref="StochasticModule"/>
/// <example><code>
/// var queue = Stochastic.Derivative((rate, chance) => Real.Max(0, chance.Poisson(rate) - 3), RandomKey.Of(1), samples: 1000);
/// queue(2.0).ToString()  // mean ± standard error (1000 samples)
/// </code></example>
public static class Stochastic
{
    /// <inheritdoc cref="StochasticModule.magicBox"/>
    public static Real MagicBox(Real logDensity) => StochasticModule.magicBox(logDensity);

    /// <inheritdoc cref="StochasticModule.scoreGradient"/>
    /// <param name="f">What runs the program with a parameter and a key.</param>
    /// <param name="key">Sample i runs f with the key folded by i.</param>
    /// <param name="samples">The number of runs whose costs are averaged.</param>
    /// <param name="options">Choices about baselines and keys.</param>
    public static Func<P, Estimate<P>> ScoreGradient<P>(
        Func<P, RandomKey, ScoreCost> f,
        RandomKey key,
        int samples,
        ScoreOptions? options = null
    )
    {
        var (function, choices) = (f.ToFSharp(), Copy(options));
        return p => StochasticModule.scoreGradientWith(choices, function, key, samples, p);
    }

    /// <inheritdoc cref="ScoreGradient{P}"/>
    public static Func<Real[], Estimate<Real[]>> ScoreGradient(
        Func<Real[], RandomKey, ScoreCost> f,
        RandomKey key,
        int samples,
        ScoreOptions? options = null
    ) => ScoreGradient<Real[]>(f, key, samples, options);

    /// <inheritdoc cref="ScoreGradient{P}"/>
    public static Func<Real, Estimate<Real>> ScoreGradient(
        Func<Real, RandomKey, ScoreCost> f,
        RandomKey key,
        int samples,
        ScoreOptions? options = null
    ) => ScoreGradient<Real>(f, key, samples, options);

    /// <inheritdoc cref="StochasticModule.scoreObjective"/>
    /// <param name="f">What runs the program with a parameter and a key.</param>
    /// <param name="key">Sample i runs f with the key folded by i.</param>
    /// <param name="samples">The number of runs whose costs are averaged.</param>
    /// <param name="options">Choices about baselines and keys.</param>
    public static Func<P, Real> ScoreObjective<P>(Func<P, RandomKey, ScoreCost> f, RandomKey key, int samples, ScoreOptions? options = null)
    {
        var (function, choices) = (f.ToFSharp(), Copy(options));
        return p => StochasticModule.scoreObjectiveWith(choices, function, key, samples, p);
    }

    /// <inheritdoc cref="ScoreObjective{P}"/>
    public static Func<Real[], Real> ScoreObjective(
        Func<Real[], RandomKey, ScoreCost> f,
        RandomKey key,
        int samples,
        ScoreOptions? options = null
    ) => ScoreObjective<Real[]>(f, key, samples, options);

    /// <inheritdoc cref="ScoreObjective{P}"/>
    public static Func<Real, Real> ScoreObjective(
        Func<Real, RandomKey, ScoreCost> f,
        RandomKey key,
        int samples,
        ScoreOptions? options = null
    ) => ScoreObjective<Real>(f, key, samples, options);

    /// <inheritdoc cref="StochasticModule.derivative"/>
    /// <param name="f">The program, and the draws that it makes.</param>
    /// <param name="key">Sample i runs f on the draws of the key folded by i.</param>
    /// <param name="samples">The number of independent samples that are averaged.</param>
    /// <param name="alternatives">The most plain runs of f for each sample, each with one of its draws changed.</param>
    public static Func<Real, Estimate> Derivative(Func<Real, Chance, Real> f, RandomKey key, int samples, int alternatives = 8)
    {
        var function = f.ToFSharp();
        return x => StochasticModule.derivativeWith(alternatives, function, key, samples, x);
    }

    /// <summary>The choices as they are now: what a function that was made from them does, later changes leave alone.</summary>
    private static ScoreOptions Copy(ScoreOptions? options) =>
        options is null ? new() : new() { Baseline = options.Baseline, Antithetic = options.Antithetic };
}
