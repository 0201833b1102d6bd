namespace FuncAD.Lanes

open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra
open FuncAD.Lanes.LaneWords
open FuncAD.Lanes.LaneExponentials

/// Powers and their relatives on lanes.
module internal LanePowers =
    /// sqrt(a^2 + b^2), both scaled by a power of two where the larger is so large or so small that a square could overflow or underflow.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let hypot (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs a
        let b = 'V.Abs b
        let larger = 'V.MaxNumber(a, b)
        let huge = less (number 1e150) larger
        let tiny = less larger (number 1e-140)
        let one = number 1.0
        // 2^-600, 2^600
        let down = number 2.409919865102884e-181
        let up = number 4.149515568880993e+180
        let factor = select huge down (select tiny up one)
        let back = select huge up (select tiny down one)
        let p = a * factor
        let q = b * factor
        let y = 'V.Sqrt(fma p p (q * q)) * back
        select (equal larger (number inf)) (number inf) y

    /// A factor for both sides of a hypotenuse: 1/4 where it might overflow, 2^54 where it is so small that a quotient would lose digits, 1
    /// elsewhere
    let inline private safeScale (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let larger = 'V.MaxNumber('V.Abs a, 'V.Abs b)
        selectLess (number 1e300) larger (number 0.25) (selectLess larger (number 1e-280) (number 18014398509481984.0) (number 1.0))

    /// a / hypot(a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let direction (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let infinite = equal ('V.Abs a) (number inf)
        let scale = safeScale a b
        let h = hypot (a * scale) (b * scale)
        let y = select infinite (signedAs a (number 1.0)) (a * scale / h)
        select (equal h (number 0.0)) (number 0.0) y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let reciprocalOfPositive (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        selectLess x (number 0.0) (number nan) (number 1.0 / 'V.Abs x)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let absorb (a: 'V) (p: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = select (equal a (number 0.0)) (number 0.0) (a * p)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let inverseOrZero (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = select (equal x (number 0.0)) (number 0.0) (number 1.0 / x)

    /// log |x|, y log |x|, and the excess of that product over its exact value, from a logarithm in two parts.
    let inline private powParts (x: 'V) (y: 'V) : struct ('V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let struct (logarithm, logarithmRest) = logInParts a
        let logarithm = selectLess a (number inf) logarithm a
        let logarithm = select (equal a (number 0.0)) (number minusInf) logarithm
        let exponent = y * logarithm
        struct (logarithm, exponent, fma -y logarithmRest (fma -y logarithm exponent))

    /// +-e^(exponent - excess), with the sign and the special cases that IEEE 754 gives x^y.
    let inline private powOfParts (x: 'V) (y: 'V) (exponent: 'V) (excess: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let one = number 1.0
        // beyond 800, the power overflows or is 0, and the excess may be NaN
        let excess = selectLess ('V.Abs exponent) (number 800.0) excess (number 0.0)
        let half = number 0.5 * y
        let whole = equal y ('V.RoundToEven y)
        let even = equal half ('V.RoundToEven half)
        let sign = select even one (select whole (signedAs x one) one)
        let power = timesExp sign (clamp -800.0 800.0 exponent) excess
        let negative = 'V.And(less x (number 0.0), less (number minusInf) x)
        let power = select negative (select whole power (number nan)) power
        let infinite = equal ('V.Abs y) (number inf)
        let exactlyOne = 'V.Or('V.Or(equal x one, equal y (number 0.0)), 'V.And(infinite, equal ('V.Abs x) one))
        select exactlyOne one power

    /// x^y, with the special cases of Math.Pow. It has more than a hundred operations, so it is called, not inlined.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let pow (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (_, exponent, excess) = powParts x y
        powOfParts x y exponent excess

    /// x^(y + rest), where rest is the rounding error of y, less than 1/2 (PowerValues.power). Where rest is not 0, the exponent is not
    /// whole, and the power of a negative number is NaN.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let powWithRest (x: 'V) (y: 'V) (rest: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (logarithm, exponent, excess) = powParts x y
        let power = powOfParts x y exponent (fma -rest logarithm excess)
        let none = equal rest (number 0.0)
        let outside = less x (number 0.0)
        select none power (select outside (number nan) power)

    /// x^y log x, and 0 at x = 0 for y > 0
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let powTimesLog (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let vanishes = 'V.And(equal x (number 0.0), less (number 0.0) y)
        select vanishes (number 0.0) (pow x y * log x)

    /// x = 8^n m with m from 2^-1.5 to 2^1.5. An approximate w = m^(-1/3) is improved by the series of (1 - e)^(-1/3), e = 1 - m w^3,
    /// twice, and the root m w^2 by a step of Newton's method with an exact cube. The polynomial is from
    /// tests/FuncAD.Core.Tests/data/make-lane-coefficients.py.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let cbrt (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let one = number 1.0
        let a = 'V.Abs x
        let struct (k, m) = splitPower a
        let n = 'V.RoundToEven(k * number 0.3333333333333333)
        let m = m * powerOfTwo (fma (number -3.0) n k)
        let w =
            number 0.04361474364781881
            |> next m -0.35416283442676794
            |> next m 1.0905044598777902
            |> next m -1.6446893976169907
            |> next m 1.8602397150114778
        let e = fma -m (w * w * w) one
        let series = number 0.1728395061728395 |> next e 0.2222222222222222 |> next e 0.3333333333333333
        let w = fma (w * e) series w
        let e = fma -m (w * w * w) one
        let w = fma (w * e) (number 0.3333333333333333) w
        let square = w * w
        let root = m * square
        let rootSquare = root * root
        let rootSquareRest = fma root root -rootSquare
        let lacking = fma -rootSquareRest root (fma -rootSquare root m)
        let root = fma (lacking * square) (number 0.3333333333333333) root
        let ordinary = 'V.And(less (number 0.0) a, less a (number inf))
        select ordinary (signedAs x (root * powerOfTwo n)) x

/// Remainders on lanes.
module internal LaneArithmetic =
    /// a - b trunc(a / b), exactly. If the quotient was rounded up to a whole number, it is one too large, the remainder is negative, and
    /// |b| is added. The rule computes the lanes where the quotient is 2^53 or more, b is 0 or infinite, or a is infinite.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let remainder (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let x = 'V.Abs a
        let d = 'V.Abs b
        let quotient = x / d
        let y = fma -('V.Truncate quotient) d x
        let y = signedAs a (y + selectLess y (number 0.0) d (number 0.0))
        let computed = 'V.And(less quotient (number 9007199254740992.0), less d (number inf))
        patchPair (Rules.Arithmetic.Remainder()) computed a b y

/// Piecewise functions on lanes.
module internal LanePiecewise =
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sign (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let one = signedAs x (number 1.0)
        let y = select (equal x (number 0.0)) (number 0.0) one
        select (equal x x) y x
