namespace FuncAD

open System
open FuncAD.Rules

/// <summary>What stands behind a Distribution of real numbers: its formulas.</summary>
[<AbstractClass>]
type internal DistributionForm(name: string, parameters: struct (string * Real)[]) =
    member _.Name = name
    member _.Parameters = parameters

    abstract LogDensity: x: Real -> Real
    abstract Sample: key: RandomKey -> Real
    abstract Mean: Real
    abstract Variance: Real

    /// Throws where no closed formula is known.
    abstract Entropy: Real

    /// True if derivatives pass through samples.
    abstract IsReparameterised: bool

    /// The error for an entropy without a closed formula.
    member _.HasNoEntropy() : Real =
        raise (
            NotSupportedException(
                $"Distribution.{name}: its entropy has no closed formula. Estimate it as the mean of -LogDensity(x) over samples x, or sum it over the outcomes that count."
            )
        )

/// <summary>A distribution on real numbers with a density, whose samples are differentiable in the parameters.</summary>
[<AbstractClass>]
type internal ContinuousForm(name, parameters) =
    inherit DistributionForm(name, parameters)
    override _.IsReparameterised = true

/// <summary>A distribution on whole numbers: samples are constants.</summary>
[<AbstractClass>]
type internal DiscreteForm(name, parameters) =
    inherit DistributionForm(name, parameters)
    override _.IsReparameterised = false

/// A number drawn from a distribution on whole numbers, as a function of a parameter from low to high: piecewise constant. It is NaN for
/// others, which a compiled program may compute before it meets the check of the parameter.
[<Struct; NoComparison; CustomEquality>]
type internal Draw(key: RandomKey, low: float, high: float, quantile: float -> float -> float) =
    member private _.Key = key
    member private _.Quantile = quantile

    override _.Equals(other: obj) =
        match other with
        | :? Draw as other -> key = other.Key && Object.ReferenceEquals(quantile, other.Quantile)
        | _ -> false

    override _.GetHashCode() = key.GetHashCode()

    interface IStep with
        member _.Name = "draw"
        // nothing is known about the quantile
        member _.Traits = { Traits.Plain.HidingNaN with ReadsSignOfNaN = true }
        member _.Value parameter = if parameter >= low && parameter <= high then quantile parameter (key.Uniform()) else nan

/// <summary>Pieces of which densities are made.</summary>
module internal Density =
    /// log(2 pi) / 2
    let halfLogTau = 0.9189385332046727

    /// The piece where the condition holds, or the other one. A program that is being traced has both, and no branch.
    let inline choose (condition: Condition) ([<InlineIfLambda>] a: unit -> Real) ([<InlineIfLambda>] b: unit -> Real) : Real =
        if condition.Answer.IsTraced then Real.Select(condition, a (), b ())
        elif condition.IsTrue then a ()
        else b ()

    let either (a: Condition) (b: Condition) : Condition = Condition.op_BitwiseOr (a, b)

    /// The logarithm of a density: -infinity, a constant, outside of the support. NaN is nowhere.
    let inline within (isOutside: Condition) ([<InlineIfLambda>] density: unit -> Real) : Real =
        choose isOutside (fun () -> Real -infinity) density

    /// Tells whether a number is no count: negative, infinite or not whole.
    let isNoCount (x: Real) : Condition =
        either (either (Real.Less(x, Real 0.0)) (Real.Equal(x, Real infinity))) (Real.Less(Real.Floor x, x))

    /// The value of one number with the derivatives of another one, for a formula that is exact beside one whose derivatives are.
    let valueOf (value: Real) (y: Real) : Real = value.Bottom + (y - y.Bottom)

    /// log(1 - x)
    let log1m (x: Real) : Real = Real.LogP1(-x)

    /// log(a / b)
    let logRatio (a: Real) (b: Real) : Real = Real.Binary(Deviances.LogRatio(), a, b)

    /// a log(a / m) + m - a
    let deviance (a: Real) (m: Real) : Real = Real.Binary(Deviances.PoissonDeviance(), a, m)

    /// What the main terms of Stirling's formula leave of log Gamma(x)
    let binet (x: Real) : Real = Real.Unary(Special.Binet 0, x)

    /// The derivative of binet: digamma(x) - log x + 1 / (2 x)
    let binetSlope (x: Real) : Real = Real.Unary(Special.Binet 1, x)

    /// digamma(a + b) - digamma(a)
    let digammaDifference (a: Real) (b: Real) : Real = Real.Binary(Special.DigammaDifference 0, a, b)

    /// h log(1 + q / h)
    let scaledLogP1 (h: Real) (q: Real) : Real = Real.Binary(Deviances.ScaledLogP1(), h, q)
