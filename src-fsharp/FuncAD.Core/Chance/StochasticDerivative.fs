namespace FuncAD

open System

/// <summary>
/// Derivatives of expectations of programs with discrete randomness, by smoothed perturbation with coupled runs (Arya, Schauer, Schaefer and
/// Rackauckas 2022, "Automatic differentiation of programs with discrete randomness").
/// </summary>
/// <remarks>
/// <para>Let f draw X1, X2, ... in turn. Given the draws before it, the distribution q_i of Xi depends on the parameter, and so does f for
/// given draws: d E[f] = E[df at fixed draws] + sum over i of E[sum over k of dq_i(k) G_i(k)], where G_i(k) is the mean of f over the draws
/// after Xi = k. By the weights of Jumps, the inner sum is the mean of sum over j of w(Xi, j) (G_i(j) - G_i(Xi)). A second run of f in which
/// draw i is j, and all draws have the same uniform numbers as before, has the mean G_i(j) given the past, and f itself has the mean
/// G_i(Xi). So df + sum over i and j of w (f' - f) is unbiased. The common uniform numbers couple the runs: f' - f is 0 or small where the
/// change is soon forgotten.</para>
/// <para>Where there are more jumps than runs to spend on them, some are taken in proportion to |w| (pruning; section 3 of the paper), by
/// systematic sampling: with W the sum of all |w| and n runs, each jump is taken n |w| / W times on average, and counts
/// sign(w) W / n times.</para>
/// </remarks>
[<Sealed>]
type internal StochasticDerivative(f: Real -> Chance -> Real, alternatives: int, x: float) =
    static let operation = "Stochastic.Derivative"

    /// The value for the draws of a key, with one of them changed.
    member private _.Run(key: RandomKey, change: Jump) : float =
        let chance = Chance(key, null, null, change)
        let value = (f (Real x) chance).ReadPlainly operation
        if chance.Draws <= change.Draw then SameRuns.refuse operation
        value

    /// The value, the derivative at fixed draws, and the jumps of the draws.
    member private _.Record(key: RandomKey, jumps: ResizeArray<Jump>) : struct (float * float) =
        let level = ForwardLevel ArrayModes.forward
        try
            let struct (primal, tangent) =
                f (Real.OnForward(level, Real x, Real 1.0)) (Chance(key, level, jumps, Chance.NoChange)) |> Forward.lower level
            struct (primal.ReadPlainly operation, tangent.ReadPlainly operation)
        finally
            level.End()

    /// The jumps to run, each with its weight in the sum: all of them, or so many.
    static member private Choose(jumps: ResizeArray<Jump>, count: int, total: float, uniform: float) : ResizeArray<Jump> =
        if jumps.Count <= count then
            jumps
        else
            let chosen, share = ResizeArray(), total / float count
            let mutable sum, taken = 0.0, 0
            for jump in jumps do
                sum <- sum + abs jump.Weight
                let before = taken
                while taken < count && (float taken + uniform) * share < sum do
                    taken <- taken + 1
                if taken > before then chosen.Add { jump with Weight = float ((taken - before) * sign jump.Weight) * share }
            chosen

    /// An unbiased estimate from the draws of one key. The choice of jumps takes another one.
    member private derivative.Sample(key: RandomKey, isFirst: bool) : float =
        let jumps = ResizeArray()
        let struct (value, tangent) = derivative.Record(key, jumps)
        if isFirst && not (SameRuns.isClose (derivative.Run(key, Chance.NoChange)) value) then SameRuns.refuse operation
        let total = jumps |> Seq.sumBy (fun jump -> abs jump.Weight)
        if not (Double.IsFinite total) then
            nan
        else
            let mutable sum = tangent
            for jump in StochasticDerivative.Choose(jumps, alternatives, total, key.Fold(0).Uniform()) do
                sum <- sum + jump.Weight * (derivative.Run(key, jump) - value)
            sum

    /// The mean over the keys folded by 0, 1, ...
    member derivative.Estimate(key: RandomKey, samples: int) : Estimate =
        let mean = RunningMean 1
        for index in 0 .. samples - 1 do
            mean.Add [| derivative.Sample(key.Fold index, (index = 0)) |]
        { Mean = mean.Mean[0]; StandardError = mean.Errors[0]; Samples = samples }
