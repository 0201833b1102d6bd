namespace FuncAD

open System

/// <summary>
/// Derivatives of expectations of programs with discrete randomness, by smoothed perturbation with coupled runs (Arya, Schauer, Schaefer and
/// Rackauckas 2022, "Automatic differentiation of programs with discrete randomness").
/// </summary>
/// <remarks>
/// Let f draw X1, X2, ... in turn. Given the draws before it, the distribution of Xi depends on the parameter, and so does f for given draws:
/// d E[f] = E[df at fixed draws] + sum over i of E[sum over k of dq_i(k) G_i(k)], where G_i(k) is the mean of f over the draws after
/// Xi = k. By the weights of Jumps, the inner sum is the mean of sum over j of w(Xi, j) (G_i(j) - G_i(Xi)). A second run of f in which draw
/// i is j, and all draws have the same keys as before, has the mean G_i(j) given the past, and f itself has the mean G_i(Xi). So
/// df + sum over i and j of w (f' - f) is unbiased. One term is taken, with a probability proportional to its |w|, and divided by that
/// probability: df + W sign(w) (f' - f), with W the sum of all |w| (pruning; section 3 of the paper). Common keys couple the runs: f' - f is
/// 0 or small where the change is soon forgotten.
/// </remarks>
[<Sealed>]
type internal StochasticDerivative(f: Real -> Chance -> Real, x: float) =
    static let operation = "Stochastic.Derivative"

    /// The value for the draws of a key, with one of them changed.
    member private _.Run(key: RandomKey, change: Jump) : float =
        (f (Real x) (Chance(key, null, null, change))).ReadPlainly operation

    /// The value, the derivative at fixed draws, and the jumps of the draws.
    member private _.Record(key: RandomKey, jumps: ResizeArray<Jump>) : struct (float * float) =
        let level = ForwardLevel ArrayModes.forward
        try
            let struct (primal, tangent) =
                f (Real.OnForward(level, Real x, Real 1.0)) (Chance(key, level, jumps, Chance.NoChange)) |> Forward.lower level
            struct (primal.ReadPlainly operation, tangent.ReadPlainly operation)
        finally
            level.End()

    /// One of the jumps, with a probability proportional to its weight's magnitude.
    static member private Choose(jumps: ResizeArray<Jump>, target: float) : Jump =
        let mutable index, sum = 0, abs jumps[0].Weight
        while sum <= target && index < jumps.Count - 1 do
            index <- index + 1
            sum <- sum + abs jumps[index].Weight
        jumps[index]

    /// An unbiased estimate from the draws of one key. The choice of the jump takes the key's own draw, which no draw of f does.
    member private derivative.Sample(key: RandomKey, isFirst: bool) : float =
        let jumps = ResizeArray()
        let struct (value, tangent) = derivative.Record(key, jumps)
        if isFirst && not (SameRuns.isClose (derivative.Run(key, Chance.NoChange)) value) then SameRuns.refuse operation
        let total = jumps |> Seq.sumBy (fun jump -> abs jump.Weight)
        if jumps.Count = 0 then
            tangent
        elif not (Double.IsFinite total) then
            nan
        else
            let jump = StochasticDerivative.Choose(jumps, key.Uniform() * total)
            tangent + float (sign jump.Weight) * total * (derivative.Run(key, jump) - value)

    /// The mean over the keys folded by 0, 1, ...
    member derivative.Estimate(key: RandomKey, samples: int) : Estimate =
        let mean = RunningMean 1
        for index in 0 .. samples - 1 do
            mean.Add [| derivative.Sample(key.Fold(int64 index), (index = 0)) |]
        { Mean = mean.Mean[0]; StandardError = mean.Errors[0]; Samples = samples }
