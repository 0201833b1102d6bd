namespace FuncAD

open System

/// <summary>
/// Derivatives of expectations: by the score function, for programs whose draws have a density, and by smoothed perturbation, for programs
/// with discrete randomness. Every estimate is unbiased and comes with its standard error; the same key gives the same estimate. (The score
/// function sees what its samples meet: outcomes with a probability of 0 that move away from it are not in its expectation, and those with
/// a tiny one are in no sample of a usual number, nor in the standard error.)
/// </summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Stochastic =
    let private notNull (name: string) (value: 'T) = if isNull (box value) then nullArg name

    /// <summary>
    /// exp(l - stopGradient l): the value 1, also for infinite l, with derivatives of every order. For a constant draw x with log density
    /// l, the derivatives of c MagicBox(l) are unbiased estimates of those of E[c], in every mode and nesting and in compiled functions
    /// (Foerster, Farquhar, Al-Shedivat, Rocktaeschel, Xing and Whiteson 2018, "DiCE: the infinitely differentiable Monte Carlo
    /// estimator").
    /// </summary>
    let magicBox (logDensity: Real) : Real = MagicBox.apply logDensity

    let private estimator (operation: string) (options: ScoreOptions) (f: 'P -> RandomKey -> ScoreCost) (key: RandomKey) (samples: int) =
        notNull (nameof options) options
        notNull (nameof f) f
        ScoreEstimator<'P>(operation, f, options, key, samples)

    /// <summary>As scoreGradient, with choices about baselines and keys.</summary>
    /// <exception cref="T:System.ArgumentException">The number of samples is less than 1, or odd for antithetic keys.</exception>
    let scoreGradientWith (options: ScoreOptions) (f: 'P -> RandomKey -> ScoreCost) (key: RandomKey) (samples: int) (p: 'P) : Estimate<'P> =
        (estimator "Stochastic.ScoreGradient" options f key samples).Gradient p

    /// <summary>
    /// The gradient of the expected sum of costs, by the score function: the mean over samples of the costs' own gradients, and of the
    /// gradient of each draw's log density times the costs after it, less a baseline (Williams 1992; Schulman, Heess, Weber and Abbeel
    /// 2015, "Gradient estimation using stochastic computation graphs").
    /// </summary>
    /// <remarks>
    /// <para>Sample i runs f with the key folded by i. The baseline is by default the mean of the other samples' costs, of which the
    /// standard error takes account. Cost: for each sample a gradient and, with that baseline, a run on plain numbers and, for the first
    /// 1000, a second sweep of the tape.</para>
    /// <para>An outcome counts with its probability times the gradient of its log: where its probability is 0 nothing is left of it, though
    /// the probability may have a slope. The parameter must be one at which every outcome that counts is possible, and the samples so many
    /// that they meet it. Derivative has no such condition.</para>
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">The number of samples is less than 1.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// p, or a number that f captures, is being differentiated: differentiate scoreObjective for higher orders. Or f returned null, or gave
    /// different costs for the same arguments.
    /// </exception>
    let scoreGradient (f: 'P -> RandomKey -> ScoreCost) (key: RandomKey) (samples: int) (p: 'P) : Estimate<'P> =
        scoreGradientWith (ScoreOptions()) f key samples p

    /// <summary>As scoreObjective, with choices about baselines and keys.</summary>
    /// <exception cref="T:System.ArgumentException">The number of samples is less than 1, or odd for antithetic keys.</exception>
    let scoreObjectiveWith (options: ScoreOptions) (f: 'P -> RandomKey -> ScoreCost) (key: RandomKey) (samples: int) (p: 'P) : Real =
        (estimator "Stochastic.ScoreObjective" options f key samples).MeanObjective p

    /// <summary>
    /// The mean over samples of the sum of costs, as a function whose derivatives of every order are unbiased estimates of those of its
    /// expectation: differentiate it by any operator. Its gradient is the mean that scoreGradient gives.
    /// </summary>
    /// <remarks>Cost: as scoreGradient; in reverse mode the tapes of all samples are kept together.</remarks>
    /// <exception cref="T:System.ArgumentException">The number of samples is less than 1.</exception>
    let scoreObjective (f: 'P -> RandomKey -> ScoreCost) (key: RandomKey) (samples: int) (p: 'P) : Real =
        scoreObjectiveWith (ScoreOptions()) f key samples p

    let private positive (name: string) (value: int) (what: string) =
        if value < 1 then
            raise (ArgumentOutOfRangeException(name, value, $"Stochastic.Derivative: a number of {what} is 1 or more, got {value}."))

    /// <summary>As derivative, with at most so many plain runs of f for each sample, each with one of its draws changed.</summary>
    /// <remarks>
    /// The derivative is unbiased for every number. More runs pay where changes of different draws have different consequences, such as
    /// where most are soon forgotten; one is best where all have the same.
    /// </remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A number is less than 1; a draw's parameter is out of its domain.</exception>
    let derivativeWith (alternatives: int) (f: Real -> Chance -> Real) (key: RandomKey) (samples: int) (x: Real) : Estimate =
        notNull (nameof f) f
        positive (nameof samples) samples "samples"
        positive (nameof alternatives) alternatives "alternatives"
        StochasticDerivative(f, alternatives, x.ReadPlainly "Stochastic.Derivative").Estimate(key, samples)

    /// <summary>
    /// The derivative of the expectation E[f(x, chance)] of a program with discrete randomness, also where it asks about its draws in an
    /// <c>if</c>, draws with parameters that depend on earlier draws, or draws a different number of times (Arya, Schauer, Schaefer and
    /// Rackauckas 2022, "Automatic differentiation of programs with discrete randomness").
    /// </summary>
    /// <remarks>
    /// <para>Sample i runs f on the draws of the key folded by i: once in forward mode, noting for each draw the values that it may jump to
    /// and the rates at which it does when x moves; and up to 8 times on plain numbers, each with one of these jumps, chosen by their rates
    /// where there are more. Draws whose parameters do not depend on x cost nothing more. At a probability of 0 or 1 the derivative is that
    /// of the side inside the domain.</para>
    /// <para>For given draws, f must be continuous in x: where f itself jumps in x (in an <c>if</c> that compares x with continuous noise,
    /// say), that part of the derivative is not seen. f must be a function of x and its draws: the whole run is repeated for the first
    /// sample and compared; later, a run must repeat the draws up to the one that is changed. Cost: for each sample, a run of f in forward
    /// mode and up to 8 plain runs.</para>
    /// </remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number of samples is less than 1; a draw's parameter is out of its
    /// domain.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// x, or a number that f captures, is being differentiated; f gave different results for the same draws.
    /// </exception>
    let derivative (f: Real -> Chance -> Real) (key: RandomKey) (samples: int) (x: Real) : Estimate = derivativeWith 8 f key samples x
