namespace FuncAD.Lanes

open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra
open FuncAD.Lanes.LaneWords

/// Circular functions and their inverses on lanes.
module internal LaneTrigonometry =
    /// The sum of n and this number has n in its lowest bits.
    [<Literal>]
    let private ToBits = 6755399441055744.0

    /// The largest |x| for which the error of x - n pi / 2 is negligible: n has 27 bits, and pi / 2 is given to 159.
    [<Literal>]
    let private Reducible = 134217728.0

    /// sin(x + rest) for |x| <= pi / 4: fdlibm's k_sin.c (Sun Microsystems, 1993).
    let inline private sinNearZero (x: 'V) (rest: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let z = x * x
        let r =
            number 1.58969099521155010221e-10
            |> next z -2.50507602534068634195e-08
            |> next z 2.75573137070700676789e-06
            |> next z -1.98412698298579493134e-04
            |> next z 8.33333333332248946124e-03
        let cube = z * x
        x - fma z (number 0.5 * rest - cube * r) (fma cube (number 1.66666666666666324348e-01) -rest)

    /// cos(x + rest) for |x| <= pi / 4: fdlibm's k_cos.c.
    let inline private cosNearZero (x: 'V) (rest: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let z = x * x
        let r =
            number -1.13596475577881948265e-11
            |> next z 2.08757232129817482790e-09
            |> next z -2.75573143513906633035e-07
            |> next z 2.48015872894767294178e-05
            |> next z -1.38888888888741095749e-03
            |> next z 4.16666666666666019037e-02
        let half = number 0.5 * z
        let high = number 1.0 - half
        high + (((number 1.0 - high) - half) + fma (z * z) r -(x * rest))

    /// n (in the lowest bits), and x - n pi / 2 in two parts. pi / 2 is given in three parts, after Cody and Waite; the first step is
    /// exact.
    let inline private reduce (x: 'V) : struct ('V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let n = 'V.RoundToEven(x * number 0.6366197723675814)
        let first = fma n (number -1.5707963267948966) x
        let product = n * number 6.123233995736766e-17
        let productRest = fma n (number 6.123233995736766e-17) -product
        // the difference and its rounding error (Knuth's TwoSum)
        let high = first - product
        let back = high - first
        let rest = (first - (high - back)) - (product + back)
        let low = fma n (number 1.4973849048591698e-33) (rest - productRest)
        struct (n + number ToBits, high, low)

    let inline private isOdd (n: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        less ('V.Or('V.ShiftBitsLeft(n, 63), number 1.0)) (number 0.0)

    /// -0.0 where the second-lowest bit of n is set: half a turn changes the sign.
    let inline private turnSign (n: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = signBit ('V.ShiftBitsLeft(n, 62))

    let inline private notReducible (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        'V.And(less (number Reducible) x, less x (number inf))

    /// A mask of the lanes where x is too large to be reduced, and sin x and cos x for the others. The JIT removes the code of unused
    /// results.
    let inline private circular (x: 'V) : struct ('V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let struct (n, high, low) = reduce a
        let odd = isOdd n
        let s = sinNearZero high low
        let c = cosNearZero high low
        struct (notReducible a,
                'V.Xor(select odd c s, 'V.Xor(signBit x, turnSign n)),
                'V.Xor(select odd s c, turnSign ('V.AddBits(n, bits 1L))))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sin (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (outside, sine, _) = circular x
        patch (Rules.Trigonometry.Sin()) outside x sine

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let cos (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (outside, _, cosine) = circular x
        patch (Rules.Trigonometry.Cos()) outside x cosine

    /// sin x / x: 1 at 0, 0 at infinity
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sinc (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let y = select (equal a (number infinity)) (number 0.0) (sin a / a)
        select (equal a (number 0.0)) (number 1.0) y

    let inline sinAndCos (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let struct (outside, sine, cosine) = circular x
        struct (patch (Rules.Trigonometry.Sin()) outside x sine, patch (Rules.Trigonometry.Cos()) outside x cosine)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let tan (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let struct (n, high, low) = reduce a
        let s = sinNearZero high low
        let c = cosNearZero high low
        let odd = isOdd n
        let y = select odd -c s / select odd s c
        patch (Rules.Trigonometry.Tan()) (notReducible a) x ('V.Xor(y, signBit x))

    /// x modulo 2 as n quarter turns (in the lowest bits) and the angle left over in two parts, exact except for the product with pi.
    let inline private reduceHalfTurns (x: 'V) : struct ('V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let x = x - number 2.0 * 'V.RoundToEven(number 0.5 * x)
        let n = 'V.RoundToEven(x + x)
        let r = fma n (number -0.5) x
        let high = r * number 3.141592653589793
        let low = fma r (number 1.2246467991473532e-16) (fma r (number 3.141592653589793) -high)
        struct (n + number ToBits, high, low)

    /// y with the sign of quarter turn n, and +0 for either zero: in IEEE 754 cosPi(n + 1/2) is +0, and sinPi(n) has the sign of n.
    /// Adding 0 is cheaper than a mask.
    let inline private turned (n: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Xor(y, turnSign n) + number 0.0

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let sinPi (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (n, high, low) = reduceHalfTurns ('V.Abs x)
        let y = select (isOdd n) (cosNearZero high low) (sinNearZero high low)
        'V.Xor(turned n y, signBit x)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let cosPi (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (n, high, low) = reduceHalfTurns ('V.Abs x)
        let y = select (isOdd n) (sinNearZero high low) (cosNearZero high low)
        turned ('V.AddBits(n, bits 1L)) y

    /// Zeros and poles have the signs of IEEE 754: tan(n pi) is +0 for even n, the pole beyond it is positive.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let tanPi (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (n, high, low) = reduceHalfTurns ('V.Abs x)
        let s = sinNearZero high low
        let c = cosNearZero high low
        let odd = isOdd n
        let y = select odd -c s / select odd s c
        let exact = 'V.Xor(select odd (number inf) (number 0.0), turnSign n)
        'V.Xor(select (equal high (number 0.0)) exact y, signBit x)

    /// 1 / (1 + x^2), and (1 / x) / x where the square would overflow.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let lorentzian (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let large = less (number 1e150) ('V.Abs x)
        let one = number 1.0
        select large (one / x) one / select large x (one + x * x)

    /// (atan t - t) / t for |t| <= 0.66: the rational function of atan.c in Cephes (S. Moshier).
    let inline private atanTail (t: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let z = t * t
        let p =
            number -8.750608600031904122785E-1
            |> next z -1.615753718733365076637E1
            |> next z -7.500855792314704667340E1
            |> next z -1.228866684490136173410E2
            |> next z -6.485021904942025371773E1
        let q =
            number 1.0
            |> next z 2.485846490142306297962E1
            |> next z 1.650270098316988542046E2
            |> next z 4.328810604912902668951E2
            |> next z 4.853903996359136964868E2
            |> next z 1.945506571482613964425E2
        z * (p / q)

    /// pi/2 - atan(1 / |x|) for |x| > tan(3 pi / 8), pi/4 + atan((|x| - 1) / (|x| + 1)) for |x| > 0.66.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let atan (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let steep = less (number 2.41421356237309504880) a
        let middle = 'V.Xor(steep, less (number 0.66) a)
        let one = number 1.0
        let above = select steep (number -1.0) (select middle (a - one) a)
        let below = select steep a (select middle (a + one) one)
        let t = above / below
        let zero = number 0.0
        let low = select steep (number 6.123233995736766e-17) (select middle (number 3.061616997868383e-17) zero)
        let high = select steep (number 1.5707963267948966) (select middle (number 0.7853981633974483) zero)
        signedAs x (high + (t + fma t (atanTail t) low))

    /// The angle of the point (x, y): atan(|y| / |x|) by the formulas of atan with a single division, or pi less that where x is negative,
    /// with the sign of y. Both are scaled down where their sum could overflow.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let atan2 (y: 'V) (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let zero = number 0.0
        let a = 'V.Abs y
        let b = 'V.Abs x
        let huge = 'V.Or(less (number 1e300) a, less (number 1e300) b)
        let factor = select huge (number 0.25) (number 1.0)
        let a = a * factor
        let b = b * factor
        let same = equal a b
        let steep = less (number 2.41421356237309504880 * b) a
        let middle = 'V.Xor(steep, 'V.Or(less (number 0.66 * b) a, 'V.And(same, less zero a)))
        let above = select steep -b (select middle (a - b) a)
        let below = select steep a (select middle (a + b) b)
        // equal magnitudes may both be 0 or infinite, and then their quotient is NaN
        let t = select same zero above / select same (number 1.0) below
        let negative = less (signedAs x (number 1.0)) zero
        let low =
            select
                middle
                (select negative (number 9.184850993605148e-17) (number 3.061616997868383e-17))
                (select negative (number 1.2246467991473532e-16) zero)
        let low = select steep (number 6.123233995736766e-17) low
        let high =
            select
                middle
                (select negative (number 2.356194490192345) (number 0.7853981633974483))
                (select negative (number 3.141592653589793) zero)
        let high = select steep (number 1.5707963267948966) high
        let t = 'V.Xor(t, signBit x)
        signedAs y ('V.Abs(high + (t + fma t (atanTail t) low)))

    /// (asin x - x) / x as a function of z = x^2 <= 1/4: fdlibm's e_asin.c.
    let inline private asinTail (z: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let p =
            number 3.47933107596021167570e-05
            |> next z 7.91534994289814532176e-04
            |> next z -4.00555345006794114027e-02
            |> next z 2.01212532134862925881e-01
            |> next z -3.25565818622400915405e-01
            |> next z 1.66666666666666657415e-01
        let q =
            number 7.70381505559019352791e-02
            |> next z -6.88283971605453293030e-01
            |> next z 2.02094576023350569471e+00
            |> next z -2.40339491173441421878e+00
            |> next z 1.0
        z * (p / q)

    /// For |x| > 1/2, asin |x| = pi/2 - 2 asin(s), s^2 = (1 - |x|) / 2; the rounding error of the root s is added back.
    let inline private asinParts (x: 'V) : struct ('V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let a = 'V.Abs x
        let outer = less (number 0.5) a
        let z = select outer (number 0.5 * (number 1.0 - a)) (a * a)
        let s = select outer ('V.Sqrt z) a
        // elsewhere s is a, which is exact
        let rest = select ('V.And(outer, less (number 0.0) z)) (fma -s s z / (s + s)) (number 0.0)
        struct (outer, s, fma s (asinTail z) rest)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let asin (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (outer, s, tail) = asinParts x
        let far = number 1.5707963267948966 - number 2.0 * s
        let lost = (number 1.5707963267948966 - far) - number 2.0 * s
        let y = select outer (far + (lost + (number 6.123233995736766e-17 - number 2.0 * tail))) (s + tail)
        signedAs x y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let acos (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (outer, s, tail) = asinParts x
        let negative = less x (number 0.0)
        let twice = number 2.0 * (s + tail)
        let signed = 'V.Xor(s, signBit x)
        let signedTail = 'V.Xor(tail, signBit x)
        let middle = number 1.5707963267948966 - (signed - (number 6.123233995736766e-17 - signedTail))
        let beyond = number 3.141592653589793 - (twice - number 1.2246467991473532e-16)
        select outer (select negative beyond twice) middle
