namespace FuncAD

open System

/// <summary>MagicBox, of which both the score function and its derivatives are made.</summary>
module internal MagicBox =
    /// exp(l - stopGradient l), as a rule: the value 1 also for infinite l, and the slope is the box itself.
    let apply: Real -> Real = AD.custom "magicBox" (fun logDensity -> if Double.IsNaN logDensity then nan else 1.0) (fun _ box -> box)

/// <summary>One entry of a run: a draw or a cost.</summary>
[<Struct; NoComparison; NoEquality>]
type internal ScoreEntry =
    {
        IsDraw: bool
        /// The cost, or the logarithm of the draw's density.
        Number: Real
        /// What is subtracted from the costs that the draw is weighed by.
        Baseline: float
    }

/// <summary>
/// What a random program returns to Stochastic.ScoreGradient: its costs and the log densities of its draws, in the order of the run. A cost
/// is weighed by the draws before it, since later ones cannot have changed it.
/// </summary>
/// <remarks>
/// It is immutable: <c>ScoreCost.Start.Draw(d1, x1).Cost(c1).Draw(d2, x2).Cost(c2)</c>. The value drawn must be a constant (StopGradient
/// of a sample that depends on the parameter), since the log density is differentiated at a fixed value. Where the distribution is given,
/// another value is an error; from a log density nobody can tell. Costs may depend on the parameter: their own derivatives are part of the
/// gradient.
/// </remarks>
[<Sealed; AllowNullLiteral>]
type ScoreCost private (before: ScoreCost, entry: ScoreEntry) =
    /// The error for a drawn value through which derivatives pass: they would be counted twice, by the sample and by the score.
    static let refuse (distribution: string) : unit =
        raise (
            InvalidOperationException(
                $"ScoreCost.Draw: the value drawn from {distribution} is being differentiated, so that derivatives would be counted twice: through the value, "
                + "and by the score of its density. Draw a constant, StopGradient(d.Sample(key)); or leave the score out and differentiate the cost through "
                + "the sample, where the distribution is reparameterised."
            )
        )

    static let start = ScoreCost(null, { IsDraw = false; Number = Real 0.0; Baseline = 0.0 })

    member private _.Before = before
    member private _.Entry = entry

    /// <summary>A run without draws and costs.</summary>
    static member Start: ScoreCost = start

    /// <summary>A run with one cost, which depends on draws with this joint log density.</summary>
    static member Of(cost: Real, logDensity: Real) : ScoreCost = start.Draw(logDensity).Cost(cost)

    /// <summary>A run with one cost, which depends on this value drawn from a distribution.</summary>
    /// <exception cref="T:System.InvalidOperationException">The value is being differentiated: StopGradient it.</exception>
    static member Of(cost: Real, distribution: Distribution, value: Real) : ScoreCost = start.Draw(distribution, value).Cost(cost)

    /// <summary>A run with one cost, which depends on this vector drawn from a distribution.</summary>
    /// <exception cref="T:System.InvalidOperationException">The vector is being differentiated: StopGradient it.</exception>
    static member Of(cost: Real, distribution: MultivariateNormal, value: Tensor) : ScoreCost = start.Draw(distribution, value).Cost(cost)

    /// <summary>The run so far, and then this value drawn from a distribution: Draw of its log density.</summary>
    /// <exception cref="T:System.InvalidOperationException">The value is being differentiated: StopGradient it.</exception>
    member x.Draw(distribution: Distribution, value: Real) : ScoreCost = x.Draw(distribution, value, Real 0.0)

    /// <summary>The run so far, and then this value drawn from a distribution, and a baseline: Draw of its log density.</summary>
    /// <exception cref="T:System.InvalidOperationException">The value is being differentiated: StopGradient it.</exception>
    member x.Draw(distribution: Distribution, value: Real, baseline: Real) : ScoreCost =
        if isNull (box distribution) then nullArg (nameof distribution)
        // a number of a program that is being traced is a constant as long as nothing differentiates it
        if not (Object.ReferenceEquals(value.Live.node, value.Bottom.node)) then refuse distribution.Name
        x.Draw(distribution.LogDensity value, baseline)

    /// <summary>The run so far, and then this vector drawn from a distribution: Draw of its log density.</summary>
    /// <exception cref="T:System.InvalidOperationException">The vector is being differentiated: StopGradient it.</exception>
    member x.Draw(distribution: MultivariateNormal, value: Tensor) : ScoreCost = x.Draw(distribution, value, Real 0.0)

    /// <summary>The run so far, and then this vector drawn from a distribution, and a baseline: Draw of its log density.</summary>
    /// <exception cref="T:System.InvalidOperationException">The vector is being differentiated: StopGradient it.</exception>
    member x.Draw(distribution: MultivariateNormal, value: Tensor, baseline: Real) : ScoreCost =
        if isNull (box distribution) then nullArg (nameof distribution)
        if isNull value then nullArg (nameof value)
        if not (isNull value.Live.Node) then refuse "MultivariateNormal"
        x.Draw(distribution.LogDensity value, baseline)

    /// <summary>The run so far, and then a draw with this log density at the drawn value, a constant.</summary>
    member x.Draw(logDensity: Real) : ScoreCost = x.Draw(logDensity, Real 0.0)

    /// <summary>
    /// The run so far, and then a draw with this log density, and a baseline: what the costs after it are expected to sum to. It is
    /// subtracted from them, which leaves the gradient unbiased and, if it is near, reduces its variance (Williams 1992, "Simple
    /// statistical gradient-following algorithms for connectionist reinforcement learning"). It must not depend on this draw or on later
    /// ones; its derivative is not used.
    /// </summary>
    member x.Draw(logDensity: Real, baseline: Real) : ScoreCost =
        ScoreCost(x, { IsDraw = true; Number = logDensity; Baseline = baseline.Value })

    /// <summary>The run so far, and then a cost.</summary>
    member x.Cost(cost: Real) : ScoreCost = ScoreCost(x, { IsDraw = false; Number = cost; Baseline = 0.0 })

    member internal x.Entries: ScoreEntry[] =
        let entries = ResizeArray()
        let mutable current = x
        while not (isNull current.Before) do
            entries.Add current.Entry
            current <- current.Before
        entries.Reverse()
        entries.ToArray()

    /// <summary>The sum of the costs.</summary>
    member x.Total: Real = x.Entries |> Array.fold (fun sum entry -> if entry.IsDraw then sum else sum + entry.Number) (Real 0.0)

    /// For each draw, the sum of the costs after it, less its baseline.
    member internal x.Advantages: float[] =
        let entries = x.Entries
        let advantages = ResizeArray()
        let mutable rest = 0.0
        for index = entries.Length - 1 downto 0 do
            let entry = entries[index]
            if entry.IsDraw then advantages.Add(rest - entry.Baseline) else rest <- rest + entry.Number.Value
        advantages.Reverse()
        advantages.ToArray()

    /// The objective with one more baseline for each draw.
    member internal x.ObjectiveWith(baseline: int -> float) : Real =
        let mutable draws, logDensity, sum = 0, Real 0.0, Real 0.0
        for entry in x.Entries do
            if entry.IsDraw then
                let expected = entry.Baseline + baseline draws
                draws <- draws + 1
                logDensity <- logDensity + entry.Number
                if expected <> 0.0 then sum <- sum + (1.0 - MagicBox.apply entry.Number) * expected
            else
                sum <- sum + (if draws = 0 then entry.Number else entry.Number * MagicBox.apply logDensity)
        sum

    /// <summary>
    /// A number with the value of Total, whose derivatives of every order are unbiased estimates of those of Total's expectation: the sum
    /// of each cost times the magic box of the draws before it, and (1 - MagicBox(logDensity)) baseline for each draw (Foerster, Farquhar,
    /// Al-Shedivat, Rocktaeschel, Xing and Whiteson 2018, "DiCE: the infinitely differentiable Monte Carlo estimator").
    /// </summary>
    member x.Objective: Real = x.ObjectiveWith(fun _ -> 0.0)
