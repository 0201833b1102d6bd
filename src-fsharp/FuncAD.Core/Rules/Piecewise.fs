namespace FuncAD.Rules

open System
open FuncAD
open FuncAD.Algebra

/// <summary>
/// Piecewise functions. At their joints: abs' = 0 and sign = 0 at 0; steps have slope 0 everywhere; at a tie of max or min each argument
/// has slope 1/2.
/// </summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Piecewise =

    /// sign(x): -1, 0 or 1, and NaN for NaN (where Math.Sign throws)
    [<Struct; NoComparison>]
    type internal Sign =
        interface IStep with
            member _.Name = "sign"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Value x = if Double.IsNaN x then x else float (Math.Sign x)

    /// <summary>-1, 0 or 1, and NaN for NaN; slope 0 everywhere.</summary>
    let sign (x: 'T) : 'T :> ICarrier<'T> = step (Sign()) x

    [<Struct; NoComparison>]
    type internal Floor =
        interface IStep with
            member _.Name = "floor"
            member _.Traits = Traits.Odd.On Instruction.Floor
            member _.Value x = Math.Floor x

    [<Struct; NoComparison>]
    type internal Ceiling =
        interface IStep with
            member _.Name = "ceiling"
            member _.Traits = Traits.Odd.On Instruction.Ceiling
            member _.Value x = Math.Ceiling x

    /// Rounding to a number of decimal digits in one of .NET's modes
    [<Struct; NoComparison>]
    type internal Round(digits: int, mode: MidpointRounding) =
        interface IStep with
            member _.Name = "roundTo"
            member _.Traits = Traits.Odd
            member _.Value x = Math.Round(x, digits, mode)

    /// The next double below
    [<Struct; NoComparison>]
    type internal BitDecrement =
        interface IUnary with
            member _.Name = "bitDecrement"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -100.0 100.0
            member _.Edges = []
            member _.Value x = Math.BitDecrement x
            member _.Slope(_, _) = number 1.0

    /// The next double above
    [<Struct; NoComparison>]
    type internal BitIncrement =
        interface IUnary with
            member _.Name = "bitIncrement"
            member _.Traits = Traits.Even
            member _.Domain = between -100.0 100.0
            member _.Edges = []
            member _.Value x = Math.BitIncrement x
            member _.Slope(_, _) = number 1.0

    /// y = |x|, dy/dx = sign(x)
    [<Struct; NoComparison>]
    type internal Abs =
        interface IUnary with
            member _.Name = "abs"
            member _.Traits = Traits.EvenNeverMinusZero.On Instruction.Abs
            member _.Domain = between -100.0 100.0
            member _.Edges = [ edge 0.0 (0.0, 0.0); edge -0.0 (0.0, 0.0); edge minusInf (inf, -1.0) ]
            member _.Value x = Math.Abs x
            member _.Slope(x, _) = step (Sign()) x

    [<Struct; NoComparison>]
    type internal Max =
        interface IChoice with
            member _.Name = "max"
            member _.Traits = Traits.Odd.On Instruction.Max
            member _.Value(a, b) = Math.Max(a, b)

    [<Struct; NoComparison>]
    type internal Min =
        interface IChoice with
            member _.Name = "min"
            member _.Traits = Traits.Odd.On Instruction.Min
            member _.Value(a, b) = Math.Min(a, b)

    [<Struct; NoComparison>]
    type internal MaxMagnitude =
        interface IChoice with
            member _.Name = "maxMagnitude"
            member _.Traits = Traits.Odd
            member _.Value(a, b) = Math.MaxMagnitude(a, b)

    [<Struct; NoComparison>]
    type internal MinMagnitude =
        interface IChoice with
            member _.Name = "minMagnitude"
            member _.Traits = Traits.Odd
            member _.Value(a, b) = Math.MinMagnitude(a, b)

    [<Struct; NoComparison>]
    type internal MaxNumber =
        interface IChoice with
            member _.Name = "maxNumber"
            member _.Traits = Traits.Odd.HidingNaN
            member _.Value(a, b) = Double.MaxNumber(a, b)

    [<Struct; NoComparison>]
    type internal MinNumber =
        interface IChoice with
            member _.Name = "minNumber"
            member _.Traits = Traits.Odd.HidingNaN
            member _.Value(a, b) = Double.MinNumber(a, b)

    [<Struct; NoComparison>]
    type internal MaxMagnitudeNumber =
        interface IChoice with
            member _.Name = "maxMagnitudeNumber"
            member _.Traits = Traits.Odd.HidingNaN
            member _.Value(a, b) = Double.MaxMagnitudeNumber(a, b)

    [<Struct; NoComparison>]
    type internal MinMagnitudeNumber =
        interface IChoice with
            member _.Name = "minMagnitudeNumber"
            member _.Traits = Traits.Odd.HidingNaN
            member _.Value(a, b) = Double.MinMagnitudeNumber(a, b)

    /// The result of a choice between two equal numbers, with a given value: its slope in each of them is 1/2.
    [<Struct; NoComparison>]
    type internal Tie(value: float) =
        interface IBinary with
            member _.Name = "tie"
            member _.Traits = Traits.Even.By Recurrence.Linear
            member _.Domain = struct (between 0.0 0.0, between 0.0 0.0)
            member _.Value(_, _) = value
            member _.SlopeA(_, _, _) = number 0.5
            member _.SlopeB(_, _, _) = number 0.5

    /// y = x: the result of a choice as a function of the chosen argument
    [<Struct; NoComparison>]
    type internal Identity =
        interface IUnary with
            member _.Name = "identity"
            member _.Traits = { Traits.Odd.By Recurrence.Linear with Reduction = Reduction.Argument }
            member _.Domain = between -100.0 100.0
            member _.Edges = [ edge -0.0 (-0.0, 1.0) ]
            member _.Value x = x
            member _.Slope(_, _) = number 1.0
