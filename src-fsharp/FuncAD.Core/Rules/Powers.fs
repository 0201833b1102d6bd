namespace FuncAD.Rules

open System
open FuncAD

/// Values of powers with the conventions of this library at x = 0.
module private PowerValues =
    /// exponent - whole as a double plus its rounding error, since the difference need not be a double (Knuth, TAOCP 2, 4.2.2, theorem B)
    let lessWhole (exponent: float) (whole: float) : struct (float * float) =
        let difference = exponent - whole
        let back = difference - exponent
        let rest = (exponent - (difference - back)) - (whole + back)
        struct (difference, (if Double.IsFinite rest then rest else 0.0))

    /// x^(exponent + rest), where rest is the rounding error of the exponent. Its relative effect is rest log x, up to 700 units in the
    /// last place.
    let power (exponent: float) (rest: float) (x: float) =
        if rest = 0.0 then
            (if exponent = 1.0 then x else Math.Pow(x, exponent))
        elif abs rest >= 0.5 then
            // an exponent beyond 2^53, where rest decides between odd and even; the power is 0 or infinite except for |x| next to 1
            let y = Math.Pow(x, exponent)
            y * Math.Pow((if Double.IsFinite y && y <> 0.0 then x else Math.CopySign(1.0, x)), rest)
        elif x < 0.0 then
            nan
        else
            let y = Math.Pow(x, exponent)
            if y > 0.0 && y < infinity then Math.FusedMultiplyAdd(rest * Math.Log x, y, y) else y

    /// a^(b - m) (log a)^k. For k > 0 it is 0 at a = 0 and b > m, the limit there.
    let powerLog k (m: int) (a: float) (b: float) =
        let struct (exponent, rest) = if m = 0 then struct (b, 0.0) else lessWhole b (float m)
        if k = 0 then (if rest = 0.0 then Math.Pow(a, exponent) else power exponent rest a)
        elif a = 0.0 && exponent > 0.0 then 0.0
        else power exponent rest a * Math.Pow(Math.Log a, float k)

    /// x^(1/n - k). For negative x and odd n it is |x|^(1/n - k) with the sign of x^(1 - k).
    let root (n: int) (k: int) (x: float) =
        if k = 0 then
            Double.RootN(x, n)
        else
            let inverse = 1.0 / float n
            let inverseRest = Math.FusedMultiplyAdd(-inverse, float n, 1.0) / float n
            let struct (exponent, rest) = lessWhole inverse (float k)
            let y = power exponent (rest + inverseRest) (abs x)
            if not (Double.IsNegative x) then y
            elif n % 2 = 0 then (if x = 0.0 then y else nan)
            elif k % 2 = 0 then -y
            else y

    let reciprocalOfPositive (x: float) = if x < 0.0 then nan else 1.0 / abs x

    let oneMinusSquare (x: float) = (1.0 - x) * (1.0 + x)

    /// a p, and 0 at a = 0 even where p is infinite or NaN
    let absorb (a: float) p = if a = 0.0 then 0.0 else a * p

    let inverseOrZero (x: float) = if x = 0.0 then 0.0 else 1.0 / x

    /// Squares of such numbers neither overflow nor underflow.
    let private isMedium larger = larger < 1e150 && larger > 1e-140

    /// a / hypot(a, b): a cosine, 0 at the origin and +-1 for infinite a
    let direction (a: float) (b: float) =
        let larger = Math.Max(abs a, abs b)
        if isMedium larger then
            a / Math.Sqrt(Math.FusedMultiplyAdd(a, a, b * b))
        elif larger = 0.0 then
            0.0
        elif Double.IsInfinity a then
            float (Math.Sign a)
        else
            // the hypotenuse may overflow where the quotient does not, and a subnormal one has few digits
            let scale = if larger > 1.0 then 0.25 else 18014398509481984.0
            (a * scale) / Double.Hypot(a * scale, b * scale)

open FuncAD.Algebra

/// <summary>Roots and powers. sqrt' and cbrt' are +infinity at 0; x^0 has slope 0 everywhere; d(x^y)/dy is 0 at x = 0, y > 0.</summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Powers =
    let private positive = between 0.1 100.0
    let private wide = between -100.0 100.0

    /// y = sqrt x, dy/dx = 1 / (2 y); the added zero makes the slope +infinity at -0 too
    [<Struct; NoComparison>]
    type internal Sqrt =
        interface IUnary with
            member _.Name = "sqrt"
            member _.Traits = Traits.Odd.On Instruction.Sqrt
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (0.0, inf); edge -0.0 (-0.0, inf); edge inf (inf, 0.0); edge -1.0 (nan, nan) ]
            member _.Value x = Math.Sqrt x
            member _.Slope(_, y) = number 0.5 / (y + number 0.0)

    /// y = cube root of x, dy/dx = 1 / (3 y^2)
    [<Struct; NoComparison>]
    type internal Cbrt =
        interface IUnary with
            member _.Name = "cbrt"
            member _.Traits = Traits.Odd
            member _.Domain = wide
            member _.Edges = [ edge 0.0 (0.0, inf); edge -0.0 (-0.0, inf); edge -8.0 (-2.0, Plain.divide 1.0 12.0) ]
            member _.Value x = Math.Cbrt x
            member _.Slope(_, y) = number 1.0 / (number 3.0 * (y * y))

    /// y = x^c for a constant c; dy/dx = c x^(c - 1). At c = 0 the slope is the constant 0: the derivatives of a whole power end there, and
    /// no 0 * infinity arises at x = 0. As c - 1 need not be a double, c is the sum of a double (exponent) and its rounding error (rest).
    [<Struct; NoComparison>]
    type internal Power(exponent: float, rest: float) =
        new(exponent: float) = Power(exponent, 0.0)
        member internal _.Exponent = exponent
        member internal _.Rest = rest

        /// True where no derivative is the constant 0: for all c except 0, 1, 2, ... (The derivatives of those are sums without
        /// differences.)
        member internal _.IsEndless = not (rest = 0.0 && exponent >= 0.0 && exponent = Math.Floor exponent)

        /// x^(c - 1); the slope is c times this power
        member private _.Below: Power =
            let struct (below, lost) = PowerValues.lessWhole exponent 1.0
            // the rounding error may be as large as the rest
            let struct (below, rest) = PowerValues.lessWhole below (Plain.negate (Plain.add lost rest))
            Power(below, rest)

        interface IUnary with
            member _.Name = "power"

            member power.Traits =
                if exponent = 1.0 && rest = 0.0 then { Traits.Odd with Reduction = Reduction.Argument }
                elif exponent = 0.0 && rest = 0.0 then { Traits.EvenNeverMinusZero with Reduction = Reduction.Constant }
                elif power.IsEndless then Traits.Plain.By(Recurrence.Power(exponent, rest))
                else Traits.Plain

            member _.Domain = positive
            member _.Edges = []
            member _.Value x = PowerValues.power exponent rest x

            member power.Slope(x, _) = if exponent = 0.0 then number 0.0 else number exponent * unary power.Below x

    /// y = b p, and 0 at b = 0 even where p is infinite or NaN
    [<Struct; NoComparison>]
    type internal Absorb =
        interface IBinary with
            member _.Name = "absorb"
            member _.Traits = Traits.Odd.On Instruction.Absorb
            member _.Domain = struct (wide, wide)
            member _.Value(b, p) = PowerValues.absorb b p
            member _.SlopeA(_, p, _) = p
            member _.SlopeB(b, _, _) = b

    /// y = a^(b-m) (log a)^k: a^b (m = 0, k = 0) and the functions that its derivatives are sums of;
    /// dy/da = (b-m) a^(b-m-1) (log a)^k + k a^(b-m-1) (log a)^(k-1), dy/db = a^(b-m) (log a)^(k+1)
    [<Struct; NoComparison>]
    type internal PowerLog(k: int, m: int) =
        new(k: int) = PowerLog(k, 0)
        member internal _.Logarithms = k
        member internal _.Steps = m
        member internal _.IsPower = (k = 0 && m = 0)

        interface IBinary with
            member _.Name = if k = 0 && m = 0 then "pow" else "powerLog"
            member _.Traits = if k = 0 && m = 0 then Traits.Plain.By Recurrence.VariablePower else Traits.Plain
            member _.Domain = struct (positive, between -3.0 3.0)
            member _.Value(a, b) = PowerValues.powerLog k m a b

            member _.SlopeA(a, b, y) =
                let exponent = if m = 0 then b else b - number (float m)
                let power = binary (Absorb()) exponent (binary (PowerLog(k, Plain.next m)) a b)

                if k = 0 then
                    power
                else
                    let fewer = number (float k) * binary (PowerLog(Plain.previous k, Plain.next m)) a b
                    // for k = 1 this term has no logarithm, so it is a number for negative a, where y is NaN
                    power + (if k = 1 then fewer * step (Arithmetic.Defined()) y else fewer)

            member _.SlopeB(a, b, _) = binary (PowerLog(Plain.next k, m)) a b

    /// y = x^(1/n - k): the root of degree n (k = 0) and, up to factors, its derivatives; dy/dx = (1/n - k) x^(1/n - k - 1). For small n
    /// the slope of the root is y^(1 - n) / n; its relative error is n - 1 times that of y.
    [<Struct; NoComparison>]
    type internal RootN(n: int, k: int) =
        new(n: int) = RootN(n, 0)
        member internal _.Degree = n
        member internal _.Steps = k

        interface IUnary with
            member _.Name = if k = 0 then "rootN" else "rootBelow"
            member _.Traits = if k = 0 then Traits.Plain.By(Recurrence.Root n) else Traits.Plain
            member _.Domain = positive
            member _.Edges = []
            member _.Value x = PowerValues.root n k x

            member _.Slope(x, y) =
                if k = 0 && n >= -2 && n <= 3 then
                    unary (Power(Plain.subtract 1.0 (float n))) y / number (float n)
                else
                    number (Plain.subtract (Plain.divide 1.0 (float n)) (float k)) * unary (RootN(n, Plain.next k)) x

    /// y = 1 / x, and 0 with all its derivatives at x = 0
    [<Struct; NoComparison>]
    type internal InverseOrZero =
        interface IUnary with
            member _.Name = "inverseOrZero"
            member _.Traits = Traits.Even
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (0.0, 0.0); edge -2.0 (-0.5, -0.25); edge inf (0.0, 0.0) ]
            member _.Value x = PowerValues.inverseOrZero x
            member _.Slope(_, y) = -(y * y)

    /// y = sqrt x for a sum of squares x, with slope 0 at x = 0. All terms are 0 there, and the root has a kink, as |x| has at 0; the
    /// infinite slope of sqrt times the zero slopes of the squares would be NaN.
    [<Struct; NoComparison>]
    type internal RootOfSquares =
        interface IUnary with
            member _.Name = "rootOfSquares"
            member _.Traits = Traits.Odd.On Instruction.Sqrt
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (0.0, 0.0); edge inf (inf, 0.0) ]
            member _.Value x = Math.Sqrt x
            member _.Slope(_, y) = number 0.5 * unary (InverseOrZero()) y

    /// y = x 2^n, rounded once
    [<Struct; NoComparison>]
    type internal ScaleB(n: int) =
        interface IUnary with
            member _.Name = "scaleB"
            member _.Traits = Traits.Odd.By Recurrence.Linear
            member _.Domain = wide
            member _.Edges = []
            member _.Value x = Math.ScaleB(x, n)
            member _.Slope(_, _) = number (Math.ScaleB(1.0, n))

    /// y = a / h for h = hypot(a, b), the cosine of an angle with the sine b / h; dy/da = (b / h)^2 / h, since (1 - y^2) / h would cancel
    /// for b much smaller than a; dy/db = -y (b / h) / h
    [<Struct; NoComparison>]
    type internal Direction =
        interface IBinary with
            member _.Name = "direction"
            member _.Traits = Traits.Odd
            member _.Domain = struct (wide, positive)
            member _.Value(a, b) = PowerValues.direction a b

            member _.SlopeA(a, b, _) =
                let sine = binary (Direction()) b a
                sine * (sine / binary (Hypot()) a b)

            member _.SlopeB(a, b, y) = -(y * binary (Direction()) b a) / binary (Hypot()) a b

    /// y = sqrt(a^2 + b^2) without overflow; slopes a / y and b / y, which are 0 at the origin (as abs' is)
    and [<Struct; NoComparison>] internal Hypot =
        interface IBinary with
            member _.Name = "hypot"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Double.Hypot(a, b)
            member _.SlopeA(a, b, _) = binary (Direction()) a b
            member _.SlopeB(a, b, _) = binary (Direction()) b a

    /// y = 1 / x for x >= 0 and NaN for x < 0: the slope of functions with the domain of log. At -0 it is +infinity, as at 0.
    [<Struct; NoComparison>]
    type internal ReciprocalOfPositive =
        interface IUnary with
            member _.Name = "reciprocalOfPositive"
            member _.Traits = Traits.EvenNeverMinusZero.By Recurrence.Reciprocal
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (inf, minusInf); edge -0.0 (inf, minusInf); edge -1.0 (nan, nan); edge inf (0.0, 0.0) ]
            member _.Value x = PowerValues.reciprocalOfPositive x
            member _.Slope(_, y) = -(y * y)

    /// y = 1 - x^2 as (1 - x)(1 + x), which does not cancel near +-1; dy/dx = -2 x, a single term, which does not cancel near 0
    [<Struct; NoComparison>]
    type internal OneMinusSquare =
        interface IUnary with
            member _.Name = "oneMinusSquare"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = wide
            member _.Edges = [ edge 1.0 (0.0, -2.0); edge 0.0 (1.0, 0.0) ]
            member _.Value x = PowerValues.oneMinusSquare x
            member _.Slope(x, _) = number -2.0 * x
