namespace FuncAD

open System

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
