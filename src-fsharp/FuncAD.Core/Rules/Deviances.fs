namespace FuncAD.Rules

open FuncAD
open FuncAD.Algebra

/// <summary>
/// Logarithms of ratios less their leading terms: what densities with large parameters are made of (Loader, "Fast and accurate computation
/// of binomial probabilities", 2000). As differences of logarithms they, or their slopes, would cancel.
/// </summary>
module internal Deviances =
    let private positive = between 0.1 100.0

    /// 1 / x for x >= 0 and NaN below
    let private reciprocal (x: 'T) : 'T :> ICarrier<'T> = unary (Powers.ReciprocalOfPositive()) x

    let private defined (y: 'T) : 'T :> ICarrier<'T> = step (Arithmetic.Defined()) y

    /// y = log(a / b) for a, b >= 0; dy/da = 1 / a, dy/db = -1 / b
    [<Struct; NoComparison>]
    type LogRatio =
        interface IBinary with
            member _.Name = "logRatio"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (positive, positive)
            member _.Value(a, b) = DensityValues.logRatio a b
            member _.SlopeA(a, _, y) = reciprocal a * defined y
            member _.SlopeB(_, b, y) = -(reciprocal b) * defined y

    /// y = 1 - a / b for b >= 0, and 1 at a = 0 for every b; dy/da = -1 / b, dy/db = a / b^2. The difference b - a is rounded once,
    /// relative to itself.
    [<Struct; NoComparison>]
    type OneMinusRatio =
        interface IBinary with
            member _.Name = "oneMinusRatio"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (between -10.0 10.0, positive)
            member _.Value(a, b) = DensityValues.oneMinusRatio a b
            member _.SlopeA(_, b, y) = -(reciprocal b) * defined y
            member _.SlopeB(a, b, y) = binary (Exponentials.RatioOfPositive 2) a b * defined y

    /// y = a log(a / m) + m - a for a, m >= 0, the deviance of a count a at the mean m; dy/da = log(a / m), dy/dm = 1 - a / m.
    /// At a = 0 it is m, as 0 log 0 is 0.
    [<Struct; NoComparison>]
    type PoissonDeviance =
        interface IBinary with
            member _.Name = "poissonDeviance"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (positive, positive)
            member _.Value(a, m) = DensityValues.poissonDeviance a m
            member _.SlopeA(a, m, y) = binary (LogRatio()) a m * defined y
            member _.SlopeB(a, m, y) = binary (OneMinusRatio()) a m * defined y

    /// y = log(1 + u) - u / (1 + u) for u > -1, which is u^2 / 2 next to 0; dy/du = u / (1 + u)^2
    [<Struct; NoComparison>]
    type LogP1Excess =
        interface IUnary with
            member _.Name = "logP1Excess"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -0.9 100.0
            member _.Edges = [ edge 0.0 (0.0, 0.0); edge -1.0 (inf, minusInf) ]
            member _.Value u = DensityValues.logP1Excess u

            member _.Slope(u, _) =
                let share = reciprocal (number 1.0 + u)
                u * share * share

    /// y = h log(1 + q / h) for h, q >= 0, which is q in the limit of large h; dy/dh = log(1 + u) - u / (1 + u) for u = q / h, where
    /// log(1 + u) and u / (1 + u) alone would cancel; dy/dq = 1 / (1 + u)
    [<Struct; NoComparison>]
    type ScaledLogP1 =
        interface IBinary with
            member _.Name = "scaledLogP1"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (positive, between 0.0 100.0)
            member _.Value(h, q) = DensityValues.scaledLogP1 h q
            member _.SlopeA(h, q, y) = unary (LogP1Excess()) (q / h) * defined y
            member _.SlopeB(h, q, y) = reciprocal (number 1.0 + q / h) * defined y
