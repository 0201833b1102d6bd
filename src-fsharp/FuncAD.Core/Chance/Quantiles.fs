namespace FuncAD

open System
open FuncAD.Rules

/// <summary>
/// Quantile functions of the discrete distributions, F^-1(u) = min { k : u &lt; F(k) }, for a u in the open interval from 0 to 1: applied
/// to a uniform number, they draw from the distribution by inversion. They grow with u, and with the parameter (geometric: fall). What
/// calls them has checked the parameters (Parameters.fs).
/// </summary>
/// <remarks>
/// Counts are whole doubles. Where 1 - u is written, it is exact for the numbers that RandomKey.Uniform draws, so that events of a tiny
/// probability have that probability as far as 2^52 equal parts tell.
/// </remarks>
module internal Quantiles =
    /// Terms below this share of the largest one do not count: their sum is below a rounding of the least u that is drawn.
    let private negligible = 1e-33

    /// <summary>
    /// F^-1(u) for a distribution with one mode and the ratios up(k) = q(k + 1) / q(k) and down(k) = q(k - 1) / q(k) of its probabilities.
    /// They are summed from the mode, where q counts as 1, so that nothing underflows and no normalisation is computed; and then from the
    /// end of the tail that u lies in, so that small probabilities keep their digits: the lower tail is compared with u, the upper one with
    /// 1 - u.
    /// </summary>
    /// <remarks>
    /// Cost: some 35 standard deviations of terms. Error: two roundings of F, or of 1 - F, for each term.
    /// </remarks>
    let inline private fromMode ([<InlineIfLambda>] up: float -> float) ([<InlineIfLambda>] down: float -> float) (mode: float) (u: float) =
        let mutable below, low, lowShare, next = 0.0, mode, 1.0, down mode
        while next > negligible do
            lowShare <- next
            low <- low - 1.0
            below <- below + next
            next <- next * down low
        let mutable above, high, highShare = 0.0, mode, 1.0
        next <- up mode
        while next > negligible do
            highShare <- next
            high <- high + 1.0
            above <- above + next
            next <- next * up high
        let total = below + 1.0 + above
        if u * total < below + 1.0 then
            let mutable k, share, sum = low, lowShare, lowShare // the sum of q up to k
            while sum <= u * total && k < mode do
                share <- share * up k
                k <- k + 1.0
                sum <- sum + share
            k
        else
            let mutable k, share, sum = high, highShare, highShare // the sum of q from k on
            while sum < (1.0 - u) * total && k > mode + 1.0 do
                share <- share * down k
                k <- k - 1.0
                sum <- sum + share
            k

    /// <summary>1 with probability p, else 0.</summary>
    let bernoulli (p: float) (u: float) : float = if 1.0 - u < p then 1.0 else 0.0

    /// <summary>
    /// The number of failures before the first success: F(k) = 1 - (1 - p)^(k + 1), so that F^-1(u) = floor(log(1 - u) / log(1 - p)).
    /// </summary>
    let geometric (p: float) (u: float) : float = Math.Floor(SpecialValues.log1p -u / SpecialValues.log1p -p) + 0.0

    /// <summary>The number of successes in n trials.</summary>
    /// <remarks>Cost: some 35 terms for each unit of the standard deviation sqrt(n p (1 - p)).</remarks>
    let binomial (n: int) (p: float) (u: float) : float =
        let count = float n
        let mode = Math.Min(Math.Floor((count + 1.0) * p), count)
        let odds, against = p / (1.0 - p), (1.0 - p) / p
        // an end has no neighbour beyond it, also where the odds are infinite
        let up k = if k >= count then 0.0 else (count - k) / (k + 1.0) * odds
        let down k = if k <= 0.0 then 0.0 else k / (count - k + 1.0) * against
        fromMode up down mode u

    /// <summary>The number of events at a rate.</summary>
    /// <remarks>Cost: some 35 terms for each unit of the standard deviation sqrt(rate).</remarks>
    let poisson (rate: float) (u: float) : float =
        let up k = rate / (k + 1.0)
        let down k = if k <= 0.0 then 0.0 else k / rate
        fromMode up down (Math.Floor rate) u

    /// <summary>
    /// The index of an outcome, by the probabilities of all of them: the number of outcomes whose probabilities sum up to no more than u.
    /// An outcome with probability 0 is never drawn. (In a program that is being traced it is a sum of answers.)
    /// </summary>
    let categorical (p: Real[]) (u: float) : Real =
        let sums = p |> Array.map _.Bottom |> Array.scan (+) (Real 0.0)
        let total = sums[p.Length]
        // below the total: roundings must not end at an outcome that cannot be
        let target = Real.Min(total * u, Real.Unary(Piecewise.BitDecrement(), total))
        let mutable index = Real 0.0
        for outcome in 1 .. p.Length - 1 do
            index <- index + Real.Relation(Comparisons.LessOrEqual(), sums[outcome], target)
        index
