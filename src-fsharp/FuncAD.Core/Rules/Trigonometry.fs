namespace FuncAD.Rules

open System
open FuncAD

module private TrigonometryValues =
    let lorentzian (x: float) = if Math.Abs x > 1e150 then (1.0 / x) / x else 1.0 / (1.0 + x * x)

open FuncAD.Algebra

/// <summary>Circular functions, in radians and in half turns, and their inverses.</summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module rec Trigonometry =
    let private angle = between -10.0 10.0
    let private halfTurns = between -2.2 2.2
    let private inside = between -0.95 0.95
    let private wide = between -50.0 50.0
    let private pi = Math.PI

    /// y = sin x, dy/dx = cos x
    [<Struct; NoComparison>]
    type internal Sin =
        interface IUnary with
            member _.Name = "sin"
            member _.Traits = Traits.Odd
            member _.Domain = angle
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge inf (nan, nan) ]
            member _.Value x = Math.Sin x
            member _.Slope(x, _) = unary (Cos()) x

    /// y = cos x, dy/dx = -sin x
    [<Struct; NoComparison>]
    type internal Cos =
        interface IUnary with
            member _.Name = "cos"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = angle
            member _.Edges = [ edge 0.0 (1.0, 0.0); edge inf (nan, nan) ]
            member _.Value x = Math.Cos x
            member _.Slope(x, _) = -(unary (Sin()) x)

    /// y = tan x, dy/dx = 1 + y^2
    [<Struct; NoComparison>]
    type internal Tan =
        interface IUnary with
            member _.Name = "tan"
            member _.Traits = Traits.Odd
            member _.Domain = between -1.4 1.4
            member _.Edges = [ edge 0.0 (0.0, 1.0) ]
            member _.Value x = Math.Tan x
            member _.Slope(_, y) = number 1.0 + y * y

    /// y = sin(pi x), dy/dx = pi cos(pi x)
    [<Struct; NoComparison>]
    type internal SinPi =
        interface IUnary with
            member _.Name = "sinPi"
            member _.Traits = Traits.Odd
            member _.Domain = halfTurns
            member _.Edges = [ edge 0.0 (0.0, pi); edge 1.0 (0.0, Plain.negate pi); edge 0.5 (1.0, 0.0) ]
            member _.Value x = Double.SinPi x
            member _.Slope(x, _) = number pi * unary (CosPi()) x

    /// y = cos(pi x), dy/dx = -pi sin(pi x)
    [<Struct; NoComparison>]
    type internal CosPi =
        interface IUnary with
            member _.Name = "cosPi"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = halfTurns
            member _.Edges = [ edge 0.5 (0.0, Plain.negate pi); edge 1.0 (-1.0, 0.0) ]
            member _.Value x = Double.CosPi x
            member _.Slope(x, _) = number (Plain.negate pi) * unary (SinPi()) x

    /// y = tan(pi x), dy/dx = pi (1 + y^2)
    [<Struct; NoComparison>]
    type internal TanPi =
        interface IUnary with
            member _.Name = "tanPi"
            member _.Traits = Traits.Odd
            member _.Domain = between -0.45 0.45
            member _.Edges = [ edge 0.0 (0.0, pi); edge 0.25 (Double.TanPi 0.25, Plain.multiply 2.0 pi) ]
            member _.Value x = Double.TanPi x
            member _.Slope(_, y) = number pi * (number 1.0 + y * y)

    /// 1 / sqrt(1 - x^2)
    let private arcsineSlope x = number 1.0 / unary (Powers.Sqrt()) (unary (Powers.OneMinusSquare()) x)

    /// The slope in a of the angle of the point (b, a): b / (a^2 + b^2), divided by hypot twice so that nothing overflows. That in b is
    /// -a / (a^2 + b^2), the same with the arguments exchanged and the sign changed.
    let private angleSlope a b = binary (Powers.Direction()) b a / binary (Powers.Hypot()) a b

    /// y = arcsin x, dy/dx = 1 / sqrt(1 - x^2)
    [<Struct; NoComparison>]
    type internal Asin =
        interface IUnary with
            member _.Name = "asin"
            member _.Traits = Traits.Odd
            member _.Domain = inside
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge 1.0 (Math.Asin 1.0, inf); edge 2.0 (nan, nan) ]
            member _.Value x = Math.Asin x
            member _.Slope(x, _) = arcsineSlope x

    /// y = arccos x, dy/dx = -1 / sqrt(1 - x^2)
    [<Struct; NoComparison>]
    type internal Acos =
        interface IUnary with
            member _.Name = "acos"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = inside
            member _.Edges = [ edge 1.0 (0.0, minusInf); edge 2.0 (nan, nan) ]
            member _.Value x = Math.Acos x
            member _.Slope(x, _) = -(arcsineSlope x)

    /// y = 1 / (1 + x^2), dy/dx = -2 x y^2; no overflow
    [<Struct; NoComparison>]
    type internal Lorentzian =
        interface IUnary with
            member _.Name = "lorentzian"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = wide
            member _.Edges = [ edge 0.0 (1.0, 0.0) ]
            member _.Value x = TrigonometryValues.lorentzian x
            member _.Slope(x, y) = number -2.0 * (x * y) * y

    /// y = arctan x, dy/dx = 1 / (1 + x^2)
    [<Struct; NoComparison>]
    type internal Atan =
        interface IUnary with
            member _.Name = "atan"
            member _.Traits = Traits.Odd
            member _.Domain = wide
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge inf (Math.Atan inf, 0.0) ]
            member _.Value x = Math.Atan x
            member _.Slope(x, _) = unary (Lorentzian()) x

    /// y = arcsin(x) / pi
    [<Struct; NoComparison>]
    type internal AsinPi =
        interface IUnary with
            member _.Name = "asinPi"
            member _.Traits = Traits.Odd
            member _.Domain = inside
            member _.Edges = [ edge 1.0 (0.5, inf) ]
            member _.Value x = Double.AsinPi x
            member _.Slope(x, _) = arcsineSlope x / number pi

    /// y = arccos(x) / pi
    [<Struct; NoComparison>]
    type internal AcosPi =
        interface IUnary with
            member _.Name = "acosPi"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = inside
            member _.Edges = [ edge 1.0 (0.0, minusInf) ]
            member _.Value x = Double.AcosPi x
            member _.Slope(x, _) = -(arcsineSlope x) / number pi

    /// y = arctan(x) / pi
    [<Struct; NoComparison>]
    type internal AtanPi =
        interface IUnary with
            member _.Name = "atanPi"
            member _.Traits = Traits.Odd
            member _.Domain = wide
            member _.Edges = [ edge inf (0.5, 0.0) ]
            member _.Value x = Double.AtanPi x
            member _.Slope(x, _) = unary (Lorentzian()) x / number pi

    /// The angle of the point (b, a); slopes (b, -a) / (a^2 + b^2), NaN at the origin.
    [<Struct; NoComparison>]
    type internal Atan2 =
        interface IBinary with
            member _.Name = "atan2"
            member _.Traits = Traits.Plain
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Math.Atan2(a, b)
            member _.SlopeA(a, b, _) = angleSlope a b
            member _.SlopeB(a, b, _) = -(angleSlope b a)

    /// atan2 in half turns
    [<Struct; NoComparison>]
    type internal Atan2Pi =
        interface IBinary with
            member _.Name = "atan2Pi"
            member _.Traits = Traits.Plain
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Double.Atan2Pi(a, b)
            member _.SlopeA(a, b, _) = angleSlope a b / number pi
            member _.SlopeB(a, b, _) = -(angleSlope b a) / number pi
