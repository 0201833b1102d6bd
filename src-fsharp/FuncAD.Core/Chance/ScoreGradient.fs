namespace FuncAD

open System

/// <summary>What is subtracted from the costs that a score is multiplied by, beside the baselines that the program gives itself.</summary>
type ScoreBaseline =
    /// <summary>Nothing.</summary>
    | None = 0
    /// <summary>
    /// The mean of the other samples' costs after the same draw (counted from the start of the run). It does not depend on the sample that
    /// it is subtracted from, so that the estimate stays unbiased.
    /// </summary>
    | LeaveOneOut = 1

/// <summary>Choices for Stochastic.ScoreGradient; the defaults are meant to be right.</summary>
[<Sealed>]
type ScoreOptions() =
    /// <summary>The baseline: by default the mean of the other samples.</summary>
    member val Baseline = ScoreBaseline.LeaveOneOut with get, set

    /// <summary>
    /// Whether samples come in pairs, one with a key and one with its mirror (RandomKey.Mirrored). It reduces the variance where the
    /// gradient is close to monotone in the draws, and may increase it elsewhere. The standard error is that of the pairs' means.
    /// </summary>
    member val Antithetic = false with get, set

    /// <summary>The choices by name.</summary>
    override options.ToString() = $"Baseline = {options.Baseline}, Antithetic = {options.Antithetic}"

/// <summary>The sums of the advantages of all samples, for each draw, and their number.</summary>
[<Sealed; AllowNullLiteral>]
type internal AdvantageSums() =
    let sums, counts = ResizeArray<float>(), ResizeArray<int>()

    /// The advantages of the runs of the first units.
    member val First: ResizeArray<float[][]> = ResizeArray() with get

    member _.Add(advantages: float[]) : unit =
        for draw in 0 .. advantages.Length - 1 do
            if draw = sums.Count then
                sums.Add 0.0
                counts.Add 0
            sums[draw] <- sums[draw] + advantages[draw]
            counts[draw] <- counts[draw] + 1

    /// The sum over all samples but some, and their number.
    member private _.Without (some: float[][]) (draw: int) : struct (float * int) =
        let mutable sum, count = (if draw < sums.Count then sums[draw], counts[draw] else 0.0, 0)
        for advantages in some do
            if draw < advantages.Length then
                sum <- sum - advantages[draw]
                count <- count - 1
        struct (sum, count)

    /// The means over all samples but some; 0 where there are no others.
    member sums.MeanWithout(some: float[][]) : int -> float =
        fun draw ->
            let struct (sum, count) = sums.Without some draw
            if count > 0 then sum / float count else 0.0

    /// <summary>
    /// The part that a partner's runs have in a unit's baseline, with the sign of the advantages and less their mean over all others. Where
    /// there are no others the unit's own advantages are subtracted, and the part is divided by sqrt(2): see ScoreEstimator.
    /// </summary>
    member sums.Share (own: float[][]) (partner: float[][]) : int -> float =
        fun draw ->
            let struct (_, count) = sums.Without own draw
            if count <= 0 then
                0.0
            else
                let reaching (runs: float[][]) = runs |> Array.filter (fun run -> draw < run.Length) |> Array.map (fun run -> run[draw])
                let struct (rest, others) = sums.Without (Array.append own partner) draw
                let centre, weight = if others > 0 then rest / float others, 1.0 else Array.average (reaching own), sqrt 0.5
                weight * (reaching partner |> Array.sumBy (fun advantage -> advantage - centre)) / float count

/// <summary>
/// The score-function estimator (Williams 1992; Schulman, Heess, Weber and Abbeel 2015, "Gradient estimation using stochastic computation
/// graphs", theorem 1): d E[sum of costs] = E[sum dc + sum over draws of dlog q(draw) (costs after the draw - baseline)].
/// </summary>
/// <remarks>
/// <para>The standard error. With scores s and advantages c of n samples the leave-one-out terms are g_i = c_i s_i - s_i (mean of the other
/// c): each holds the others' costs, so that any two of them have a covariance C, and the variance of their mean is (mean square deviation
/// of the g) / n + C, where the first term alone is what independent terms have. Let e = c - E[c]. Since E[s] = 0, terms in which a score
/// stands alone vanish, and C = E[s_i e_j s_j e_i] / (n - 1)^2 is left: the products of what i takes from j with what j takes from i, here
/// averaged over disjoint pairs, with the mean of the samples outside of the pair for E[c], which leaves it unbiased. For a fair coin the g
/// are all nearly equal, and C is half of the variance at every n: the mean is a U-statistic that is degenerate (Hoeffding 1948, "A class
/// of statistics with asymptotically normal distribution").</para>
/// <para>Two samples have none outside of the pair. There the product is that of the g's scores, with the mean E[s_i e_j s_j e_i] +
/// E[s e]^2, twice as much for one draw: the factor of Share. With several draws, products are sums over pairs of draws, and the second
/// term may be larger than the first. A covariance that comes out below 0 counts as 0.</para>
/// </remarks>
[<Sealed>]
type internal ScoreEstimator<'P>(operation: string, f: 'P -> RandomKey -> ScoreCost, options: ScoreOptions, key: RandomKey, samples: int) =
    do
        if samples < 1 then
            raise (ArgumentOutOfRangeException("samples", samples, $"{operation}: a number of samples is 1 or more, got {samples}."))
        match options.Baseline with
        | ScoreBaseline.None
        | ScoreBaseline.LeaveOneOut -> ()
        | other -> raise (ArgumentOutOfRangeException("options", other, $"{operation}: a baseline is None or LeaveOneOut, got {other}."))
        if options.Antithetic && samples % 2 <> 0 then
            raise (
                ArgumentException($"{operation}: antithetic samples come in pairs, so that their number is even, got {samples}.", "samples")
            )

    let run (p: 'P) (key: RandomKey) : ScoreCost =
        let cost = f p key
        if isNull cost then
            raise (
                InvalidOperationException $"{operation}: f returned null. Start with ScoreCost.Start, and return what Draw and Cost give."
            )
        cost

    /// Of how many units the covariance is estimated: a few percent of it are enough.
    static let enough = 1000

    /// What is averaged: runs with one key, or with a key and its mirror.
    member _.Units: int = if options.Antithetic then samples / 2 else samples

    member private _.Keys(index: int) : RandomKey[] =
        let key = key.Fold index
        if options.Antithetic then [| key; key.Mirrored |] else [| key |]

    /// The baselines of each unit's runs, from plain runs of the other units; null for none.
    member estimator.Sums(p: 'P) : AdvantageSums =
        match options.Baseline with
        | ScoreBaseline.LeaveOneOut when estimator.Units > 1 ->
            let struct (_, point) = Flatten.input operation "p" p
            if point.Numbers |> Array.exists _.IsTraced then
                raise (
                    InvalidOperationException(
                        $"{operation}: a baseline of the other samples' means is a number of one run, which a compiled function cannot follow. Compile with the option "
                        + "Baseline = ScoreBaseline.None, or give Draw a baseline of your own."
                    )
                )
            let sums = AdvantageSums()
            for index in 0 .. estimator.Units - 1 do
                let runs = estimator.Keys index |> Array.map (fun key -> (run p key).Advantages)
                runs |> Array.iter sums.Add
                if index < enough then sums.First.Add runs
            sums
        | _ -> null

    /// The mean objective of a unit's runs, and a number whose gradient is what the unit takes from its partner's costs (the partner's
    /// advantages are null for none).
    member private estimator.Objectives (sums: AdvantageSums) (index: int) (partner: float[][]) (p: 'P) : Real[] =
        let runs = estimator.Keys index |> Array.map (run p)
        let mean (objective: ScoreCost -> Real) = (runs |> Array.fold (fun sum run -> sum + objective run) (Real 0.0)) / float runs.Length
        if isNull sums then
            [| mean _.Objective; Real 0.0 |]
        else
            let own = runs |> Array.map _.Advantages
            if index = 0 && not (SameRuns.areClose sums.First[0] own) then SameRuns.refuse operation
            let objective = mean _.ObjectiveWith(sums.MeanWithout own)
            [| objective; (if isNull partner then Real 0.0 else mean (ScoreEstimator<'P>.Scores(sums.Share own partner))) |]

    /// A number whose gradient is the sum of weighted scores.
    static member private Scores (weight: int -> float) (run: ScoreCost) : Real =
        let mutable draws, sum = 0, Real 0.0
        for entry in run.Entries do
            if entry.IsDraw then
                let weight = weight draws
                if weight <> 0.0 then sum <- sum + MagicBox.apply entry.Number * weight
                draws <- draws + 1
        sum

    /// Doubles of numbers and arrays that no other operator differentiates.
    member private _.Plain(parts: Leaves) : float[] =
        parts.Numbers |> Array.iter (fun x -> x.ReadPlainly operation |> ignore)
        parts.Arrays |> Array.iter (fun x -> x.RequirePlain operation)
        Leaves.values parts

    /// The gradient of a unit's objective, and what it takes from its partner (null for none).
    member private estimator.Term(sums: AdvantageSums, index: int, p: 'P) : struct (float[] * float[]) =
        let partner =
            if isNull sums || (index ^^^ 1) >= sums.First.Count || index >= sums.First.Count then null else sums.First[index ^^^ 1]
        let recording = Recording<'P, Real[]>(operation, estimator.Objectives sums index partner, p)
        try
            let pull (objective: float) (scores: float) =
                estimator.Plain(recording.Pull(Leaves.ofNumbers [| Real objective; Real scores |]))
            struct (pull 1.0 0.0, (if isNull partner then null else pull 0.0 1.0))
        finally
            recording.Release()

    /// The gradient at p, unit by unit, so that the tape of one unit is kept at a time.
    member estimator.Gradient(p: 'P) : Estimate<'P> =
        let struct (like, point) = Flatten.input operation "p" p
        let length = (estimator.Plain point).Length
        let mean, covariance = RunningMean length, RunningMean length
        let sums = estimator.Sums p
        let mutable previous = null
        for index in 0 .. estimator.Units - 1 do
            let struct (gradient, shared) = estimator.Term(sums, index, p)
            mean.Add gradient
            if not (isNull shared) && index % 2 = 1 then covariance.Add(Array.map2 (*) previous shared)
            previous <- shared
        let errors = Array.map2 (fun error covariance -> sqrt (error * error + max 0.0 covariance)) mean.Errors covariance.Mean
        let inStructure (values: float[]) : 'P = Flatten.rebuild like (Leaves.ofValues point values)
        { Mean = inStructure mean.Mean; StandardError = inStructure errors; Samples = samples }

    /// The mean objective of all units.
    member estimator.MeanObjective(p: 'P) : Real =
        let sums = estimator.Sums(AD.stopGradient p)
        let sum = Seq.init estimator.Units (fun index -> (estimator.Objectives sums index null p)[0]) |> Seq.fold (+) (Real 0.0)
        sum / float estimator.Units
