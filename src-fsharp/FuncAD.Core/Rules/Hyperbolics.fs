namespace FuncAD.Rules

open System
open FuncAD

module private HyperbolicValues =
    let acoshSlope (x: float) = 1.0 / (Math.Sqrt(x - 1.0) * Math.Sqrt(x + 1.0))

open FuncAD.Algebra

/// <summary>Hyperbolic functions and their inverses.</summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module rec Hyperbolics =
    let private moderate = between -20.0 20.0

    /// y = sinh x, dy/dx = cosh x
    [<Struct; NoComparison>]
    type internal Sinh =
        interface IUnary with
            member _.Name = "sinh"
            member _.Traits = Traits.Odd
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0) ]
            member _.Value x = Math.Sinh x
            member _.Slope(x, _) = unary (Cosh()) x

    /// y = cosh x, dy/dx = sinh x
    [<Struct; NoComparison>]
    type internal Cosh =
        interface IUnary with
            member _.Name = "cosh"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (1.0, 0.0) ]
            member _.Value x = Math.Cosh x
            member _.Slope(x, _) = unary (Sinh()) x

    /// y = tanh x, dy/dx = sech^2 x (1 - y^2 would cancel: it is 0 from x = 20 on)
    [<Struct; NoComparison>]
    type internal Tanh =
        interface IUnary with
            member _.Name = "tanh"
            member _.Traits = Traits.Odd
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge inf (1.0, 0.0) ]
            member _.Value x = Math.Tanh x

            member _.Slope(x, _) =
                let s = unary (Sech()) x
                s * s

    /// y = 1 / cosh x, dy/dx = -y tanh x
    [<Struct; NoComparison>]
    type internal Sech =
        interface IUnary with
            member _.Name = "sech"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (1.0, 0.0); edge 1000.0 (0.0, 0.0) ]
            member _.Value x = SpecialValues.sech x
            member _.Slope(x, y) = -y * unary (Tanh()) x

    /// y = arsinh x, dy/dx = 1 / sqrt(1 + x^2)
    [<Struct; NoComparison>]
    type internal Asinh =
        interface IUnary with
            member _.Name = "asinh"
            member _.Traits = Traits.Odd
            member _.Domain = between -100.0 100.0
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0) ]
            member _.Value x = Math.Asinh x
            member _.Slope(x, _) = number 1.0 / binary (Powers.Hypot()) (number 1.0) x

    /// y = 1 / (sqrt(x - 1) sqrt(x + 1)), dy/dx = -x y^3. As a single rule it gives one path from x to y, so all modes add the same terms
    /// at x = 1, where y is infinite.
    [<Struct; NoComparison>]
    type internal AcoshSlope =
        interface IUnary with
            member _.Name = "acoshSlope"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between 1.1 100.0
            member _.Edges = [ edge 1.0 (inf, minusInf); edge 0.5 (nan, nan) ]
            member _.Value x = HyperbolicValues.acoshSlope x
            member _.Slope(x, y) = -(x * y) * (y * y)

    /// y = arcosh x, dy/dx = 1 / (sqrt(x - 1) sqrt(x + 1))
    [<Struct; NoComparison>]
    type internal Acosh =
        interface IUnary with
            member _.Name = "acosh"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between 1.1 100.0
            member _.Edges = [ edge 1.0 (0.0, inf); edge 0.5 (nan, nan) ]
            member _.Value x = Math.Acosh x
            member _.Slope(x, _) = unary (AcoshSlope()) x

    /// y = artanh x, dy/dx = 1 / ((1 - x)(1 + x))
    [<Struct; NoComparison>]
    type internal Atanh =
        interface IUnary with
            member _.Name = "atanh"
            member _.Traits = Traits.Odd
            member _.Domain = between -0.95 0.95
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge 1.0 (inf, inf) ]
            member _.Value x = Math.Atanh x
            member _.Slope(x, _) = unary (Powers.ReciprocalOfPositive()) (unary (Powers.OneMinusSquare()) x)
