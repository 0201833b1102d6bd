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

/// <summary>The sums of the advantages of all samples, for each draw, and their number.</summary>
[<Sealed; AllowNullLiteral>]
type internal AdvantageSums() =
    let sums, counts = ResizeArray<float>(), ResizeArray<int>()

    /// The advantages of the first unit's runs.
    member val First: float[][] = [||] with get, set

    member _.Add(advantages: float[]) : unit =
        for draw in 0 .. advantages.Length - 1 do
            if draw = sums.Count then
                sums.Add 0.0
                counts.Add 0
            sums[draw] <- sums[draw] + advantages[draw]
            counts[draw] <- counts[draw] + 1

    /// The means over all samples but some; 0 where there are no others.
    member _.MeanWithout(some: float[][]) : int -> float =
        fun draw ->
            let mutable sum, count = (if draw < sums.Count then sums[draw], counts[draw] else 0.0, 0)
            for advantages in some do
                if draw < advantages.Length then
                    sum <- sum - advantages[draw]
                    count <- count - 1
            if count > 0 then sum / float count else 0.0

/// <summary>
/// The score-function estimator (Williams 1992; Schulman, Heess, Weber and Abbeel 2015, "Gradient estimation using stochastic computation
/// graphs", theorem 1): d E[sum of costs] = E[sum dc + sum over draws of dlog q(draw) (costs after the draw - baseline)].
/// </summary>
[<Sealed>]
type internal ScoreEstimator<'P>(operation: string, f: 'P -> RandomKey -> ScoreCost, options: ScoreOptions, key: RandomKey, samples: int) =
    do
        if samples < 1 then
            raise (ArgumentOutOfRangeException("samples", samples, $"{operation}: a number of samples is 1 or more, got {samples}."))
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
                if index = 0 then sums.First <- runs
            sums
        | _ -> null

    /// The mean objective of a unit's runs.
    member estimator.Objective (sums: AdvantageSums) (index: int) (p: 'P) : Real =
        let runs = estimator.Keys index |> Array.map (run p)
        let baseline =
            if isNull sums then
                fun _ -> 0.0
            else
                let advantages = runs |> Array.map _.Advantages
                if index = 0 && not (SameRuns.areClose sums.First advantages) then SameRuns.refuse operation
                sums.MeanWithout advantages
        let sum = runs |> Array.fold (fun sum run -> sum + run.ObjectiveWith baseline) (Real 0.0)
        sum / float runs.Length

    /// Doubles of numbers and arrays that no other operator differentiates.
    member private _.Plain(parts: Leaves) : float[] =
        parts.Numbers |> Array.iter (fun x -> x.ReadPlainly operation |> ignore)
        parts.Arrays |> Array.iter (fun x -> x.RequirePlain operation)
        Leaves.values parts

    /// The gradient at p, unit by unit, so that the tape of one unit is kept at a time.
    member estimator.Gradient(p: 'P) : Estimate<'P> =
        let struct (like, point) = Flatten.input operation "p" p
        let mean = RunningMean (estimator.Plain point).Length
        let sums = estimator.Sums p
        for index in 0 .. estimator.Units - 1 do
            let struct (_, gradient) = Recording.valueAndGradient operation (estimator.Objective sums index) p
            mean.Add(estimator.Plain(Flatten.alike operation "the gradient" like gradient))
        let inStructure (values: float[]) : 'P = Flatten.rebuild like (Leaves.ofValues point values)
        { Mean = inStructure mean.Mean; StandardError = inStructure mean.Errors; Samples = samples }

    /// The mean objective of all units.
    member estimator.MeanObjective(p: 'P) : Real =
        let sums = estimator.Sums(AD.stopGradient p)
        let sum = Seq.init estimator.Units (fun index -> estimator.Objective sums index p) |> Seq.fold (+) (Real 0.0)
        sum / float estimator.Units
