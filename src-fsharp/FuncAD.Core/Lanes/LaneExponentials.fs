namespace FuncAD.Lanes

open System
open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra
open FuncAD.Lanes.LaneWords

/// Exponentials and logarithms on lanes.
module internal LaneExponentials =
    [<Literal>]
    let private Log2e = 1.4426950408889634
    [<Literal>]
    let private Ln2 = 0.6931471805599453

    /// (e^r - 1 - r) / r^2 for |r| <= log(2) / 2 (tests/FuncAD.Core.Tests/data/make-lane-coefficients.py). By Estrin's scheme: each step of
    /// Horner's rule waits for the one before, and the processor does not look far enough ahead to fill the gaps with work on other
    /// vectors.
    let inline private expTail (r: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let z = r * r
        let z2 = z * z
        let p0 = number 0.1666666666666667 |> next r 0.5
        let p2 = number 0.008333333333325877 |> next r 0.04166666666666664
        let p4 = number 0.0001984126987551206 |> next r 0.001388888888891025
        let p6 = number 2.7557254666962873e-06 |> next r 2.480158725943459e-05
        let p8 = number 2.51054849738445e-08 |> next r 2.755733875907145e-07
        fma (fma (number 2.089255792118264e-09) z p8) (z2 * z2) (fma (fma p6 z p4) z2 (fma p2 z p0))

    /// e^r for |r| <= log(2) / 2.
    let inline private expNearZero (r: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = expTail r |> next r 1.0 |> next r 1.0

    /// x - n log 2, with log 2 in two parts; the first step is exact.
    let inline private lessLog2 (n: 'V) (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        fma n (number -2.3190468138462996e-17) (fma n (number -0.6931471805599453) x)

    /// n and m with e^(x - excess) = 2^n (1 + m), for an excess that is small compared with log 2 and x between -1400 and 1400.
    let inline expParts (x: 'V) (excess: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let n = 'V.RoundToEven(x * number Log2e)
        let r = lessLog2 n x - excess
        struct (n, fma (r * r) (expTail r) r)

    /// factor 2^n (1 + m). The product is rounded once, and once more where it is subnormal.
    let inline timesParts (factor: 'V) (n: 'V) (m: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Scale(fma factor m factor, n)

    /// factor e^c 2^n (1 + m), for a tiny c.
    let inline timesPartsAnd (c: 'V) (factor: 'V) (n: 'V) (m: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        timesParts factor n (m + fma c m c)

    /// factor e^(x - excess), for x and excess as in expParts.
    let inline timesExp (factor: 'V) (x: 'V) (excess: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (n, m) = expParts x excess
        timesParts factor n m

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let exp (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let x = clamp -746.0 712.0 x
        let n = 'V.RoundToEven(x * number Log2e)
        'V.Scale(expNearZero (lessLog2 n x), n)

    /// e^x / 2, which overflows later than e^x.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let halfExp (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let x = clamp -746.0 712.0 x
        let n = 'V.RoundToEven(x * number Log2e)
        'V.Scale(expNearZero (lessLog2 n x), n - number 1.0)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let exp2 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let x = clamp -1076.0 1025.0 x
        let n = 'V.RoundToEven x
        let rest = x - n
        let r = rest * number Ln2
        let p = expNearZero r
        'V.Scale(fma p (fma rest (number Ln2) -r) p, n)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let exp10 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let x = clamp -324.5 309.0 x
        let n = 'V.RoundToEven(x * number 3.321928094887362)
        let rest = fma n (number 2.8037281277851704e-18) (fma n (number -0.3010299956639812) x)
        let r = rest * number 2.302585092994046
        let p = expNearZero r
        'V.Scale(fma p (fma rest (number 2.302585092994046) -r) p, n)

    /// factor (2^n e^r - 1) from small = e^r - 1, as factor (2^n small + (2^n - 1)). factor is a power of two, and factor24 is factor 2^24.
    /// Where 2^n might overflow, 2^(n - 24) takes its place, beside which 1 is still negligible, and factor24 is applied last.
    let inline private lessOne (factor: float) (factor24: float) (x: 'V) (n: 'V) (small: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let huge = less (number 1000.0) n
        let power = powerOfTwo (select huge (n - number 24.0) n)
        let last = select huge (number factor24) (number factor)
        // the sign is that of x, also at -0
        signedAs x (fma small power (power - number 1.0) * last)

    /// e^x - 1 for 0 <= x <= 44, where nothing overflows.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let moderateExpM1 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let n = 'V.RoundToEven(x * number Log2e)
        let r = lessLog2 n x
        let power = powerOfTwo n
        fma (fma (r * r) (expTail r) r) power (power - number 1.0)

    let inline private expM1Times (factor: float) (factor24: float) (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let held = clamp -60.0 712.0 x
        let n = 'V.RoundToEven(held * number Log2e)
        let r = lessLog2 n held
        lessOne factor factor24 x n (fma (r * r) (expTail r) r)

    /// e^(t c) - 1 for c in two parts.
    let inline private expM1OfProduct (c: float) (cRest: float) (t: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let r = t * number c
        let rest = fma t (number cRest) (fma t (number c) -r)
        r + fma (r * r) (expTail r) rest

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let exp2M1 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let held = clamp -90.0 1026.0 x
        let n = 'V.RoundToEven held
        lessOne 1.0 16777216.0 x n (expM1OfProduct Ln2 2.3190468138462996e-17 (held - n))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let exp10M1 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let held = clamp -30.0 309.0 x
        let n = 'V.RoundToEven(held * number 3.321928094887362)
        let rest = fma n (number 2.8037281277851704e-18) (fma n (number -0.3010299956639812) held)
        lessOne 1.0 16777216.0 x n (expM1OfProduct 2.302585092994046 -2.1707562233822494e-16 rest)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let expM1 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = expM1Times 1.0 16777216.0 x

    /// (e^x - 1) / 2, which overflows later than e^x - 1.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let halfExpM1 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = expM1Times 0.5 8388608.0 x

    /// x = 2^k m with m from sqrt(1/2) to sqrt 2: k and m, for a positive normal x.
    let inline private splitNormal (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let moved = 'V.AddBits(x, number 1.0)
        let moved = 'V.SubtractBits(moved, bits 0x3FE6A09E667F3BCDL)
        let exponent = 'V.Or('V.ShiftBitsRight(moved, 52), number 4503599627370496.0)
        let m = 'V.AddBits('V.And(moved, bits 0x000FFFFFFFFFFFFFL), bits 0x3FE6A09E667F3BCDL)
        struct (exponent - number 4503599627371519.0, m)

    /// As splitNormal, for subnormal x as well.
    let inline splitPower (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let subnormal = less x (number 2.2250738585072014e-308)
        let struct (k, m) = splitNormal (select subnormal (x * number 18014398509481984.0) x)
        struct (k - select subnormal (number 54.0) (number 0.0), m)

    /// k and the terms of the logarithm of m: with f = m - 1 and s = f / (2 + f), log m = f - f^2/2 + s (f^2/2 + R(s^2)); R is that of
    /// fdlibm's e_log.c (Sun Microsystems, 1993).
    let inline private logParts (x: 'V) : struct ('V * 'V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let struct (k, m) = splitNormal x
        let f = m - number 1.0
        let s = f / (number 2.0 + f)
        let z = s * s
        // Estrin's scheme, as in expTail
        let z2 = z * z
        let r0 = number 3.999999999940941908e-01 |> next z 6.666666666666735130e-01
        let r2 = number 2.222219843214978396e-01 |> next z 2.857142874366239149e-01
        let r4 = number 1.531383769920937332e-01 |> next z 1.818357216161805012e-01
        let r = fma (fma (fma (number 1.479819860511658591e-01) z2 r4) z2 r2) z2 r0
        let half = number 0.5 * f * f
        struct (k, f, half, s * fma z r half)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let private logElsewhere (rule: 'R) (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IUnary =
        let zero = number 0.0
        let y = patch rule ('V.And(less zero x, less x (number 2.2250738585072014e-308))) x y
        let y = selectLess x (number inf) y x
        select ('V.LessOrEqual(x, zero)) (select (equal x zero) (number minusInf) (number nan)) y

    /// y, corrected in lanes where x is subnormal, 0, negative, infinite or NaN. All other x, the positive normal numbers, have exponents
    /// from 1 to 2046: with their bits read as signed whole numbers, only for them do both x - least and x + least have no sign.
    let inline private logEverywhere (rule: 'R) (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IUnary =
        let least = bits 0x0010000000000000L
        if 'V.Any('V.Or('V.SubtractBits(x, least), 'V.AddBits(x, least))) then logElsewhere rule x y else y

    /// log x + c, for a c that is small compared with log x, and 0 where x is 0, infinite or NaN.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let logPlus (x: 'V) (c: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (k, f, half, tail) = logParts x
        let low = tail + fma k (number 1.90821492927058770002e-10) c
        logEverywhere (Rules.Exponentials.Log()) x (fma k (number 6.93147180369123816490e-01) (f - (half - low)))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let log (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = logPlus x (number 0.0)

    /// The logarithm to a base b, (log m) / log b + k (log 2 / log b), with each factor in two parts.
    let inline private logOfBase
        (rule: 'R)
        (inverse: float)
        (inverseRest: float)
        (log2: float)
        (log2Rest: float)
        (x: 'V)
        : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IUnary =
        let struct (k, f, half, tail) = logParts x
        let high = f - half
        let low = ((f - high) - half) + tail
        let p = high * number inverse
        let error = fma high (number inverse) -p + fma low (number inverse) (high * number inverseRest)
        let whole = k * number log2
        let sum = whole + p
        logEverywhere rule x (sum + (((whole - sum) + p) + fma k (number log2Rest) error))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let log2 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        logOfBase (Rules.Exponentials.Log2()) Log2e 2.0355273740931033e-17 1.0 0.0 x

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let log10 (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        logOfBase (Rules.Exponentials.Log10()) 0.4342944819032518 1.098319650216765e-17 0.301029995663157 8.241712586023572e-13 x

    /// log(1 + x): log u for u = fl(1 + x), plus the first-order effect of that rounding.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let log1p (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let u = number 1.0 + x
        let correction = (x - (u - number 1.0)) / u
        let inRange = 'V.And(less (number 0.0) u, less u (number 1e17))
        let y = logPlus u (select inRange correction (number 0.0))
        select (equal u (number 1.0)) x y

    /// The logarithm of a positive finite x in two parts, with a relative error of about 2^-64: with s = (m - 1) / (m + 1) in two parts,
    /// log x = k log 2 + 2 atanh(s), atanh(s) = s + s z (1/3 + z T(z)), z = s^2. The leading terms carry their rounding errors (the exact
    /// sums and products of Dekker and Knuth).
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let logInParts (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let struct (k, m) = splitPower x
        let f = m - number 1.0
        let sum = m + number 1.0
        let sumRest = f - (sum - number 2.0)
        let inverse = number 1.0 / sum
        let s = f * inverse
        let sRest = fma -s sumRest (fma -s sum f) * inverse
        let z = s * s
        let zRest = fma (s + s) sRest (fma s s -z)
        let t =
            number 0.057922937357382846
            |> next z 0.058607603637997926
            |> next z 0.0666706526805381
            |> next z 0.07692305051497718
            |> next z 0.09090909076666888
            |> next z 0.11111111111389678
            |> next z 0.14285714285713155
            |> next z 0.2
        let t = z * t
        let w = number 0.3333333333333333 + t
        let wRest = (t - (w - number 0.3333333333333333)) + number 1.850371707708594e-17
        let v = z * w
        let vRest = fma z wRest (fma zRest w (fma z w -v))
        let g = s * v
        let gRest = fma s vRest (fma sRest v (fma s v -g))
        let whole = k * number 6.93147180369123816490e-01
        let first = whole + (s + s)
        let firstRest = (s + s) - (first - whole)
        let second = first + (g + g)
        let secondRest = (g + g) - (second - first)
        let tiny = sRest + gRest
        struct (second, secondRest + (firstRest + fma k (number 1.90821492927058770002e-10) (tiny + tiny)))

    /// log a / log b; NaN where b is 1, and where b is 0 or infinite unless a is 1, as Math.Log(a, b) returns.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let logBase (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let outside = 'V.Or(equal b (number 0.0), equal b (number inf))
        let y = log a / log b
        let y = select outside (select (equal a (number 1.0)) y (number nan)) y
        select (equal b (number 1.0)) (number nan) y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sigmoid (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let e = exp -('V.Abs x)
        selectLess x (number 0.0) e (number 1.0) / (number 1.0 + e)

    /// 1 / (1 + e^(b - a)), with the rounding error of the difference added back (SpecialValues.logisticShare)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let logisticShare (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let one = number 1.0
        let difference = a - b
        let share = sigmoid difference
        let back = difference - a
        let lost = (a - (difference - back)) - (b + back)
        let lost = selectLess ('V.Abs lost) (number inf) lost (number 0.0)
        let y = fma (lost * (one - share)) share share
        let bothMinusInfinite = 'V.And(equal a b, equal a (number minusInf))
        select bothMinusInfinite (number 0.0) y

    /// 0 for a number, NaN for NaN
    let inline private definedZero (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = select (equal y y) (number 0.0) y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let log1mExp (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        selectLess (number -0.6931471805599453) x (log -(expM1 x)) (log1p -(exp x))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let exponentialOdds (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let odds = selectLess x (number -40.0) (exp x) (number 1.0 / 'V.Abs(expM1 -x))
        selectLess (number 0.0) x (number nan) odds

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let xLogY (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = select (equal x (number 0.0)) (definedZero y) (x * log y)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let ratioOfPositive (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        select (equal x (number 0.0)) (definedZero y) (selectLess y (number 0.0) (number nan) (x / 'V.Abs y))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let softplus (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Max(x, number 0.0) + log1p (exp -('V.Abs x))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let logisticLoss (z: 'V) (t: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let loss = ('V.Max(z, number 0.0) - t * z) + log1p (exp -('V.Abs z))
        let rest = selectLess (number 0.0) z (number 1.0 - t) t
        let ofInfinite = select (equal rest (number 0.0)) (number 0.0) (rest * 'V.Abs z)
        select (equal ('V.Abs z) (number inf)) ofInfinite loss

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let logAddExp (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let larger = 'V.Max(a, b)
        let distance = 'V.Min(a, b) - larger
        // the difference of equal infinities would be NaN
        let distance = select (equal a b) (number 0.0) distance
        larger + log1p (exp distance)

    /// min(|x|, bound); NaN stays NaN.
    let inline magnitudeUpTo (bound: float) (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.MinNative(number bound, 'V.Abs x)

    /// n and m, as in expParts, for e^(-x^2) and |x| <= 28; at 28 it is 0. The excess is the rounding error of the square.
    let inline gaussianParts (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let exponent = -x * x
        expParts exponent (fma x x exponent)

    /// n and m, as in expParts, for e^(-x^2 / 2) and |x| <= 40; at 40 it is 0.
    let inline normalParts (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let exponent = number -0.5 * x * x
        expParts exponent (fma (number 0.5 * x) x exponent)

/// Hyperbolic functions on lanes.
module internal LaneHyperbolics =
    open LaneExponentials

    /// (E + E / (E + 1)) / 2 with E = e^|x| - 1, held as E / 2 because it overflows.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sinh (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let h = halfExpM1 ('V.Abs x)
        signedAs x (h + selectLess h (number inf) (h / fma (number 2.0) h (number 1.0)) (number 0.0))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let cosh (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let h = halfExp ('V.Abs x)
        h + number 0.25 / h

    /// 2 t / (1 + t^2) with t = e^-|x|.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sech (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let t = exp -('V.Abs x)
        (t + t) / fma t t (number 1.0)

    /// E / (E + 2) with E = e^(2|x|) - 1; from 22 on it rounds to 1.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let tanh (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let twice = number 2.0 * 'V.Abs x
        let e = moderateExpM1 ('V.MinNative(number 44.0, twice))
        signedAs x (e / (e + number 2.0))

    /// log(1 + t) for 0 <= t <= 2^28, and log tLarge + log 2 where <c>large</c> is set.
    let inline private logOf (large: 'V) (t: 'V) (tLarge: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let u = number 1.0 + t
        let correction = (t - (u - number 1.0)) / u
        let finite = less tLarge (number inf)
        let y = logPlus (select large tLarge u) (select large (select finite (number 0.6931471805599453) (number 0.0)) correction)
        select (equal u (number 1.0)) t y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let asinh (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let square = a * a
        let t = a + square / (number 1.0 + 'V.Sqrt(number 1.0 + square))
        signedAs x (logOf (less (number 268435456.0) a) t a)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let acosh (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let t = x - number 1.0
        let y = logOf (less (number 268435456.0) x) (t + 'V.Sqrt(t * (t + number 2.0))) x
        selectLess x (number 1.0) (number nan) y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let acoshSlope (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = number 1.0 / ('V.Sqrt(x - number 1.0) * 'V.Sqrt(x + number 1.0))

    /// log(1 + 2 t / (1 - t)) / 2 for t = |x|.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let atanh (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let t = 'V.Abs x
        let twice = t + t
        let y = number 0.5 * log1p (fma twice (t / (number 1.0 - t)) twice)
        selectLess (number 1.0) t (number nan) (signedAs x y)
