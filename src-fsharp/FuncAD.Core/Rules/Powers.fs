namespace FuncAD.Rules

open System
open FuncAD

/// Values of powers with the conventions of this library at x = 0.
module private PowerValues =
    let power exponent (x: float) = if exponent = 1.0 then x else Math.Pow(x, exponent)

    /// a^b (log a)^k; with the logarithm, 0 at a = 0 for b > 0, where the power outweighs the logarithm
    let powerLog k (a: float) (b: float) =
        if k = 0 then Math.Pow(a, b)
        elif a = 0.0 && b > 0.0 then 0.0
        else Math.Pow(a, b) * Math.Pow(Math.Log a, float k)

    /// a p, and 0 at a = 0 even where p is infinite
    let absorb (a: float) p = if a = 0.0 then 0.0 else a * p

    let inverseOrZero (x: float) = if x = 0.0 then 0.0 else 1.0 / x

    /// x / h for h = hypot(x, .): a cosine, 0 at the origin and +-1 for infinite x
    let direction (x: float) h =
        if h = 0.0 then 0.0
        elif Double.IsInfinity x then float (Math.Sign x)
        else x / h

open FuncAD.Algebra

/// <summary>Roots and powers. sqrt' and cbrt' are +infinity at 0; x^0 has slope 0 everywhere; d(x^y)/dy is 0 at x = 0, y > 0.</summary>
module Powers =
    let private positive = between 0.1 100.0
    let private wide = between -100.0 100.0

    /// y = sqrt x, dy/dx = 1 / (2 y); the added zero makes the slope +infinity at -0 too
    [<Struct>]
    type Sqrt =
        interface IUnary with
            member _.Name = "sqrt"
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (0.0, inf); edge -0.0 (-0.0, inf); edge inf (inf, 0.0); edge -1.0 (nan, nan) ]
            member _.Value x = Math.Sqrt x
            member _.Slope(_, y) = number 0.5 / (y + number 0.0)

    /// y = cube root of x, dy/dx = 1 / (3 y^2)
    [<Struct>]
    type Cbrt =
        interface IUnary with
            member _.Name = "cbrt"
            member _.Domain = wide
            member _.Edges = [ edge 0.0 (0.0, inf); edge -0.0 (-0.0, inf); edge -8.0 (-2.0, Plain.divide 1.0 12.0) ]
            member _.Value x = Math.Cbrt x
            member _.Slope(_, y) = number 1.0 / (number 3.0 * (y * y))

    /// y = x^c for a constant c, whole or not; dy/dx = c x^(c - 1). At c = 0 the slope is the constant 0, so that the chain of
    /// derivatives of a whole power ends there and no 0 * infinity arises at x = 0.
    [<Struct>]
    type Power(exponent: float) =
        member internal _.Exponent = exponent

        interface IUnary with
            member _.Name = "power"
            member _.Domain = positive
            member _.Edges = []
            member _.Value x = PowerValues.power exponent x

            member _.Slope(x, _) =
                if exponent = 0.0 then number 0.0
                else number exponent * unary (Power(Plain.subtract exponent 1.0)) x

    /// b p, and 0 at b = 0 whatever p is
    [<Struct>]
    type Absorb =
        interface IBinary with
            member _.Name = "absorb"
            member _.Domain = struct (wide, wide)
            member _.Value(b, p) = PowerValues.absorb b p
            member _.SlopeA(_, p, _) = p
            member _.SlopeB(b, _, _) = b

    /// y = a^b (log a)^k: a^b (k = 0), and the family that it stays in when it is differentiated;
    /// dy/da = b a^(b-1) (log a)^k + k a^(b-1) (log a)^(k-1), dy/db = a^b (log a)^(k+1)
    [<Struct>]
    type PowerLog(k: int) =
        member internal _.Logarithms = k

        interface IBinary with
            member _.Name = if k = 0 then "pow" else "powerLog"
            member _.Domain = struct (positive, between -3.0 3.0)
            member _.Value(a, b) = PowerValues.powerLog k a b

            member _.SlopeA(a, b, _) =
                let below = b - number 1.0
                let power = binary (Absorb()) b (binary (PowerLog k) a below)

                if k = 0 then power
                else power + number (float k) * binary (PowerLog(Plain.previous k)) a below

            member _.SlopeB(a, b, _) = binary (PowerLog(Plain.next k)) a b

    /// y = x^(1/n), dy/dx = y^(1 - n) / n
    [<Struct>]
    type RootN(n: int) =
        member internal _.Degree = n

        interface IUnary with
            member _.Name = "rootN"
            member _.Domain = positive
            member _.Edges = []
            member _.Value x = Double.RootN(x, n)
            member _.Slope(_, y) = unary (Power(Plain.subtract 1.0 (float n))) y / number (float n)

    /// y = 1 / x, and 0 with all its derivatives at x = 0
    [<Struct>]
    type InverseOrZero =
        interface IUnary with
            member _.Name = "inverseOrZero"
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (0.0, 0.0); edge -2.0 (-0.5, -0.25); edge inf (0.0, 0.0) ]
            member _.Value x = PowerValues.inverseOrZero x
            member _.Slope(_, y) = -(y * y)

    /// y = sqrt x of a sum of squares, with slope 0 at x = 0. The sum is 0 only where all its terms are, and there its root has slopes of
    /// both signs, as |x| has; the infinite slope of sqrt would meet the zero slopes of the squares and make NaN of them.
    [<Struct>]
    type RootOfSquares =
        interface IUnary with
            member _.Name = "rootOfSquares"
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (0.0, 0.0); edge inf (inf, 0.0) ]
            member _.Value x = Math.Sqrt x
            member _.Slope(_, y) = number 0.5 * unary (InverseOrZero()) y

    /// y = x 2^n, rounded once
    [<Struct>]
    type ScaleB(n: int) =
        interface IUnary with
            member _.Name = "scaleB"
            member _.Domain = wide
            member _.Edges = []
            member _.Value x = Math.ScaleB(x, n)
            member _.Slope(_, _) = number (Math.ScaleB(1.0, n))

    /// x / h, where h = hypot(x, .)
    [<Struct>]
    type Direction =
        interface IBinary with
            member _.Name = "direction"
            member _.Domain = struct (wide, positive)
            member _.Value(x, h) = PowerValues.direction x h
            member _.SlopeA(_, h, _) = number 1.0 / h
            member _.SlopeB(_, h, y) = -y / h

    /// y = sqrt(a^2 + b^2) without overflow; slopes a / y and b / y, which are 0 at the origin (as abs' is)
    [<Struct>]
    type Hypot =
        interface IBinary with
            member _.Name = "hypot"
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Double.Hypot(a, b)
            member _.SlopeA(a, _, y) = binary (Direction()) a y
            member _.SlopeB(_, b, y) = binary (Direction()) b y
