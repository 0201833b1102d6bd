namespace FuncAD

open System
open FuncAD.Rules

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
