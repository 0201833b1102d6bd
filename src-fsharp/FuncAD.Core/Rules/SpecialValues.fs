/// Values of the special functions, accurate to a few units in the last place (ulp) over the whole real line.
/// They come from MathNet.Numerics 5.0.0 where it is that accurate; otherwise they are corrected or computed here.
/// "DLMF" is the NIST Digital Library of Mathematical Functions; errors were measured against mpmath at 45 digits.
/// No function throws: a domain error gives NaN; a pole gives an infinity, or NaN where the signs of its sides differ.
module internal FuncAD.SpecialValues

open System
open MathNet.Numerics

/// Horner's rule: c0 + c1 x + c2 x^2 + ...
let private polynomial (coefficients: float[]) x =
    let mutable sum = coefficients[coefficients.Length - 1]
    for index = coefficients.Length - 2 downto 0 do
        sum <- Math.FusedMultiplyAdd(sum, x, coefficients[index])
    sum

/// The rounding error x*x - fl(x*x), exact by fused multiply-add; only for finite squares.
let private squareError x = Math.FusedMultiplyAdd(x, x, -(x * x))

/// True for whole numbers and infinities.
let private isWhole (x: float) = Math.Floor x = x

// ---- Exponentials and logarithms ----

/// exp(x) - 1 by Kahan's quotient x (u - 1) / log u with u = exp x, in which the errors cancel. Within 2.1 ulp.
let expm1 (x: float) =
    let u = Math.Exp x
    if abs x > 40.0 then u - 1.0
    elif u = 1.0 then x
    else x * ((u - 1.0) / Math.Log u)

/// base^x - 1, from expm1 where the power is near 1 and from the power itself elsewhere.
let private powerM1 (power: float -> float) (logarithm: float) (x: float) =
    let exponent = x * logarithm
    if abs exponent < 0.5 then expm1 exponent else power x - 1.0

/// 2^x - 1.
let exp2m1 (x: float) = powerM1 Double.Exp2 0.6931471805599453 x

/// 10^x - 1.
let exp10m1 (x: float) = powerM1 Double.Exp10 2.302585092994046 x

/// log(1 + x): log u with u = fl(1 + x), plus the first-order effect of that rounding. Within 1.2 ulp.
let log1p (x: float) =
    let u = 1.0 + x
    if u = 1.0 then x
    elif u > 0.0 && u < 1e17 then Math.Log u + (x - (u - 1.0)) / u
    else Math.Log u

/// 1 / (1 + exp(-x)), written so that the exponential never overflows. Within 1.5 ulp.
let sigmoid (x: float) =
    let e = Math.Exp(-(abs x))
    (if x < 0.0 then e else 1.0) / (1.0 + e)

/// The slope of the sigmoid, which is even. Within 3.5 ulp.
let logisticDensity (x: float) = sigmoid x * sigmoid -x

/// 1 / (1 + exp(y - x)), with the rounding error of the difference added back (Knuth, TAOCP 2, 4.2.2, theorem B). Within 2.5 ulp.
let logisticShare (x: float) (y: float) =
    if x = y then
        (if x = -infinity then 0.0
         elif x = infinity then nan
         else 0.5)
    else
        let difference = x - y
        let share = sigmoid difference
        let back = difference - x
        let lost = (x - (difference - back)) - (y + back)
        if lost = 0.0 || not (Double.IsFinite lost) then share else Math.FusedMultiplyAdd(lost * sigmoid -difference, share, share)

/// The share of exp x in exp x + exp y times that of exp y.
let logisticShareDensity (x: float) (y: float) = logisticShare x y * logisticShare y x

/// 1 / cosh x as 2 t / (1 + t^2) for t = exp(-|x|), which takes one exponential and one division. Within 2.5 ulp.
let sech (x: float) =
    let t = Math.Exp(-(abs x))
    (t + t) / (1.0 + t * t)

/// log(1 + exp x). Within 1.3 ulp.
let softplus (x: float) = Math.Max(x, 0.0) + log1p (Math.Exp(-(abs x)))

/// log(1 + exp z) - t z, without cancellation at t = 0 and t = 1. For infinite z it is 0 where t is the label that z predicts.
let logisticLoss (z: float) (t: float) =
    if Double.IsInfinity z then
        let rest = if z > 0.0 then 1.0 - t else t
        if rest = 0.0 then 0.0 else rest * abs z
    else
        (Math.Max(z, 0.0) - t * z) + log1p (Math.Exp(-(abs z)))

/// log(exp x + exp y). Within 1.1 ulp of max(1, |value|), so that digits are lost where the result crosses zero.
let logAddExp (x: float) (y: float) =
    let larger, smaller = Math.Max(x, y), Math.Min(x, y)
    if larger = smaller then
        larger + Math.Log 2.0 // also keeps equal infinities
    else
        larger + log1p (Math.Exp(smaller - larger))

/// The bell curves below are 0 for |x| above this.
let bellReach = 40.0

/// x, clamped to +-bellReach.
let reach (x: float) = Math.Max(-bellReach, Math.Min(x, bellReach))

/// exp(-x^2). The error of exp(-fl(x^2)), up to x^2 / 2 ulp, is corrected by the rounding error of the square. Within 1 ulp.
let gaussian (x: float) =
    if abs x > 28.0 then
        0.0
    else
        let value = Math.Exp(-(x * x))
        Math.FusedMultiplyAdd(-(squareError x), value, value)

// ---- Error function and normal distribution ----

/// The error function, from MathNet except at 0, where that loses the sign. Within 1 ulp.
let erf (x: float) = if x = 0.0 then x else SpecialFunctions.Erf x

/// 1 - erf(x). MathNet's factor exp(-fl(x^2)) is corrected by the rounding error of the square. Within 2.3 ulp.
let erfc (x: float) =
    let value = SpecialFunctions.Erfc x
    if x > 0.5 && x < 28.0 then Math.FusedMultiplyAdd(-(squareError x), value, value) else value

/// exp(-x^2/2) / sqrt(2 pi), corrected by the rounding error of the square. Within 2.6 ulp.
let normalPdf (x: float) =
    if abs x > bellReach then
        0.0
    else
        let value = Math.Exp(-0.5 * (x * x))
        0.3989422804014327 * Math.FusedMultiplyAdd(-0.5 * squareError x, value, value)

/// erfc(-x / sqrt 2) / 2: with t = fl(-x / sqrt 2), MathNet's exp(-fl(t^2)) is corrected to exp(-x^2/2).
/// Within 3.1 ulp, tails included.
let normalCdf (x: float) =
    let s = abs x
    let tail =
        if s > 40.0 then
            0.0
        else
            let t = 0.7071067811865476 * s
            let value = 0.5 * SpecialFunctions.Erfc t
            let excess = (t * t - 0.5 * (s * s)) - 0.5 * squareError s
            Math.FusedMultiplyAdd(excess, value, value)
    if x > 0.0 then 1.0 - tail else tail

/// The inverse of normalCdf, -sqrt 2 erfcInv(2p), from MathNet. Within 2.9 ulp, for all p.
let normalInverseCdf (p: float) = if p >= 0.0 && p <= 1.0 then 0.0 - 1.4142135623730951 * SpecialFunctions.ErfcInv(2.0 * p) else nan

/// normalCdf(-s) / normalPdf s for s > 30, where a subnormal tail has few digits: the continued fraction 1 / (s + 1 / (s + 2 / (s + ...)))
/// (DLMF 7.9.2). The relative error after six steps is below 720 / s^12.
let private farTailRatio (s: float) =
    let mutable sum = s
    for step = 6 downto 1 do
        sum <- s + float step / sum
    1.0 / sum

/// 1 / normalPdf at x = normalInverseCdf p. An error of 1 ulp in x is one of x^2 ulp in normalPdf x. So in the tails the density is
/// min(p, 1 - p) times the ratio of density and tail, which hardly changes with x. Within 8 ulp.
let normalQuantileDensity (p: float) =
    let s = abs (normalInverseCdf p)
    if s < 1.0 then 1.0 / normalPdf s
    elif s = infinity then infinity
    elif s > 37.0 then farTailRatio s / Math.Min(p, 1.0 - p)
    else normalCdf -s / Math.Min(p, 1.0 - p) / normalPdf s

// ---- Gamma, log-gamma, digamma, polygamma ----

/// 1 - EulerGamma, then (-1)^k (zeta(k) - 1) for k = 2, 3, ...: the series of digamma at 2 (DLMF 5.7.4 shifted by one).
let private digammaAtTwo =
    [| 0.42278433509846713
       0.6449340668482264
       -0.2020569031595943
       0.08232323371113819
       -0.03692775514336993
       0.01734306198444914
       -0.008349277381922827
       0.00407735619794434
       -0.0020083928260822143
       0.0009945751278180853
       -0.0004941886041194645
       0.0002460865533080483
       -0.00012271334757848915
       6.124813505870483e-05
       -3.058823630702049e-05
       1.528225940865187e-05
       -7.637197637899763e-06
       3.81729326499984e-06
       -1.908212716553939e-06
       9.539620338727962e-07
       -4.769329867878064e-07
       2.38450502727733e-07
       -1.1921992596531106e-07
       5.960818905125948e-08
       -2.980350351465228e-08
       1.4901554828365043e-08 |]

/// log Gamma(2 + z) / z for |z| <= 1/2: the series above, integrated (DLMF 5.7.3).
let private logGammaAtTwo = digammaAtTwo |> Array.mapi (fun power coefficient -> coefficient / float (power + 1))

/// Taylor coefficients of digamma(root + t) / t at the positive root of digamma. (digamma has the root in two parts.)
let private digammaAtRoot =
    [| 0.9676722454476212
       -0.4427631689835921
       0.258499760955651
       -0.16394270544240652
       0.10782405069126237
       -0.07219956125645471
       0.04880428816414311
       -0.03316112647484736
       0.022597648232218104
       -0.01542476590494896
       0.010538791616612175
       -0.007204534386356869
       0.004926781395729853
       -0.003369801655439328
       0.002305126326734928
       -0.0015769367714301972
       0.0010788252019162967 |]

/// B(2k) / (2k (2k - 1)): Stirling's series (DLMF 5.11.1).
let private stirling =
    [| 0.08333333333333333
       -0.002777777777777778
       0.0007936507936507937
       -0.0005952380952380953
       0.0008417508417508417
       -0.0019175269175269176
       0.00641025641025641
       -0.029550653594771242 |]

/// B(2k) / (2k): the asymptotic series of digamma (DLMF 5.11.2).
let private digammaAtInfinity = stirling |> Array.mapi (fun index coefficient -> coefficient * float (2 * index + 1))

/// B(2k) / (2k)!: the Euler-Maclaurin tail of the Hurwitz zeta function (DLMF 25.11.5, 2.10.1).
let private eulerMaclaurin =
    [| 0.08333333333333333
       -0.001388888888888889
       3.306878306878307e-05
       -8.267195767195768e-07
       2.08767569878681e-08
       -5.284190138687493e-10
       1.3382536530684679e-11
       -3.3896802963225827e-13
       8.586062056277845e-15
       -2.174868698558062e-16 |]

/// The asymptotic series reach double precision from here on; smaller arguments are shifted next to 2.
let private asymptoticFrom = 10.0

/// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2), for x >= asymptoticFrom.
let private stirlingRest x = polynomial stirling (1.0 / (x * x)) / x

/// Gamma(x) / Gamma(2 + z) for -1/2 <= x < asymptoticFrom, where z = x - round x; all differences are exact.
let private gammaQuotient x =
    match int (Math.Round(x: float)) with
    | 0 -> 1.0 / (x * (1.0 + x))
    | 1 -> 1.0 / x
    | nearest ->
        let mutable product = 1.0
        for step = 1 to nearest - 2 do
            product <- product * (x - float step)
        product

/// Gamma(x) for -1/2 <= x < asymptoticFrom.
let private gammaNearTwo x =
    let z = x - Math.Round(x: float)
    gammaQuotient x * Math.Exp(z * polynomial logGammaAtTwo z)

/// Two factors of Gamma(x) = x^(x - 1/2) exp(-x) sqrt(2 pi) exp(rest), x >= asymptoticFrom: one alone may overflow.
let private gammaFactors x =
    let power = Math.Pow(x, 0.5 * x - 0.25)
    struct (power, power * Math.Exp -x * (2.5066282746310007 * Math.Exp(stirlingRest x)))

/// The gamma function: reflection (DLMF 5.5.3), Gamma(2 + z) and the recurrence below 10, Stirling's formula above.
/// Within 4.6 ulp, exact at 1, 2, ..., 23.
let rec gamma (x: float) =
    if Double.IsNaN x || (x < 0.0 && isWhole x) then
        nan
    elif x < -200.0 then
        Math.CopySign(0.0, -(Double.SinPi -x))
    elif x < -0.5 then // Gamma(x) Gamma(-x) = -pi / (x sin(pi x))
        let quotient = -Math.PI / (Double.SinPi -x * -x)
        if -x < asymptoticFrom then
            quotient / gammaNearTwo -x
        else
            let struct (first, second) = gammaFactors -x
            quotient / first / second
    elif x > 172.0 then
        infinity
    elif x >= 1.0 && x < 24.0 && isWhole x then
        SpecialFunctions.Factorial(int x - 1) // exact
    elif x < asymptoticFrom then
        gammaNearTwo x
    else
        let struct (first, second) = gammaFactors x
        first * second

/// log |Gamma(x)|, by the same steps as gamma. Within 5.3 ulp for x > -1/2, zeros at 1 and 2 included; below, within 3.1 ulp of
/// max(1, |value|), so that digits are lost next to the zeros there.
let rec logGamma (x: float) =
    if x <= 0.0 && isWhole x then
        infinity
    elif x < -0.5 then
        Math.Log(Math.PI / abs (x * Double.SinPi x)) - logGamma -x
    elif x < asymptoticFrom then
        let nearest = Math.Round x
        let z = x - nearest
        let nearTwo = z * polynomial logGammaAtTwo z
        if nearest = 0.0 then nearTwo - log1p x - Math.Log(abs x)
        elif nearest = 1.0 then nearTwo - log1p z
        else nearTwo + Math.Log(gammaQuotient x)
    else
        (x - 0.5) * (Math.Log x - 1.0) + (0.4189385332046727 + stirlingRest x)

/// The logarithmic derivative of gamma: reflection (DLMF 5.5.4), the series at 2 or at the root with the recurrence,
/// and the asymptotic series. Within 3.8 ulp for x > 0, root included; below, within 4.2 ulp of
/// max(1, log |x|, |value|), so that digits are lost next to the roots there.
let rec digamma (x: float) =
    if x = 0.0 then
        -1.0 / x
    elif x < 0.0 && isWhole x then
        nan
    elif x < -0.5 then
        digamma -x - 1.0 / x - Math.PI / Double.TanPi x
    elif x >= asymptoticFrom then
        let w = 1.0 / (x * x)
        Math.Log x - 0.5 / x - w * polynomial digammaAtInfinity w
    elif abs (x - 1.4616321449683622) < 0.15 then
        let t = (x - 1.4616321449683622) - 9.549995429965697e-17
        t * polynomial digammaAtRoot t
    else
        let nearest = Math.Round x
        let mutable sum = polynomial digammaAtTwo (x - nearest)
        if nearest < 1.0 then sum <- sum - 1.0 / (1.0 + x)
        if nearest < 2.0 then sum <- sum - 1.0 / x
        for step = 1 to int nearest - 2 do
            sum <- sum + 1.0 / (x - float step)
        sum

/// a^s zeta(s, a) for s >= 2, a > 0: leading terms summed, then the tail by Euler-Maclaurin (DLMF 25.11.5).
let private scaledHurwitz s a =
    let mutable b, sum, term = a, 0.0, 1.0
    while b < asymptoticFrom + s && term * b > 1e-18 * sum do
        sum <- sum + term
        b <- b + 1.0
        term <- Math.Pow(a / b, s)
    if b < asymptoticFrom + s then
        sum // the remaining terms are negligible
    else
        let mutable tail, factor = b / (s - 1.0) + 0.5, s / b
        for index = 0 to eulerMaclaurin.Length - 1 do
            tail <- tail + eulerMaclaurin[index] * factor
            let next = s + float (2 * index + 1)
            factor <- factor * (next / b) * ((next + 1.0) / b)
        sum + term * tail

/// n! zeta(n + 1, a): the factors j/a, j = 1..n, are taken from both ends so that the product stays near 1.
let private factorialHurwitz n a =
    let mutable product = scaledHurwitz (float n + 1.0) a / a
    let mutable low, high = 1, n
    while low <= high do
        if product < 1.0 then
            product <- product * (float high / a)
            high <- high - 1
        else
            product <- product * (float low / a)
            low <- low + 1
    product

/// The n-th derivative of pi cot(pi x), a polynomial in c = cot(pi x): cot' = -pi (1 + c^2). Its terms have one sign, so that nothing
/// cancels.
let private cotangentDerivative n (x: float) =
    let c = 1.0 / Double.TanPi x
    let mutable polynomial = [| 0.0; Math.PI |]
    for _ = 1 to n do
        let next = Array.zeroCreate (polynomial.Length + 1)
        for power = 1 to polynomial.Length - 1 do
            let slope = -Math.PI * float power * polynomial[power]
            next[power - 1] <- next[power - 1] + slope
            next[power + 1] <- next[power + 1] + slope
        polynomial <- next
    // the powers are all even or all odd
    let odd = (n + 1) % 2
    let square = c * c
    let mutable sum = 0.0
    for power in polynomial.Length - 1 .. -2 .. odd do
        sum <- sum * square + polynomial[power]
    if odd = 1 then sum * c else sum

/// Up to this n the polynomial's coefficients do not overflow.
let private greatestCotangentOrder = 100

/// The n-th derivative of digamma, (-1)^(n+1) n! zeta(n + 1, x) (DLMF 25.11.12). For x < 0 by reflection (DLMF 5.15.6). NaN for n < 0. For
/// x > 0 within 7 ulp up to n = 5, 10 up to n = 10, 14 up to n = 30, 47 up to n = 100; for x < 0 the same bounds hold in ulp of the larger
/// of the two terms, which have opposite signs next to the roots.
let polygamma (n: int) (x: float) =
    let sign = if n % 2 = 0 then -1.0 else 1.0
    if n < 0 || Double.IsNaN x || x = -infinity then
        nan
    elif n = 0 then
        digamma x
    elif x = infinity then
        sign * 0.0
    elif x = 0.0 then
        (if n % 2 = 0 then -1.0 / x else infinity)
    elif x > 0.0 then
        sign * factorialHurwitz n x
    elif isWhole x then
        (if n % 2 = 0 then nan else infinity)
    else
        // psi_n(x) = (-1)^n psi_n(1 - x) - (d/dx)^n pi cot(pi x)
        let reflected = if n <= greatestCotangentOrder then -(factorialHurwitz n (1.0 - x)) - cotangentDerivative n x else nan
        if Double.IsFinite reflected then
            reflected
        else
            let below, above = x - Math.Floor x, Math.Ceiling x - x
            let sum = sign * factorialHurwitz n below + (factorialHurwitz n above - factorialHurwitz n (1.0 - x))
            // where both terms overflow (n > 100), that of the nearer pole is larger
            if not (Double.IsNaN sum) then sum else (if below < above then sign else 1.0) * infinity

// ---- Bessel functions of whole order ----

/// Hankel's expansion of orders 0 and 1 reaches double precision from here on.
let private hankelFrom = 20.0

/// J (kind 0) or Y (kind 1) of order 0 or 1, for x >= hankelFrom (DLMF 10.17.3-4). Sine and cosine of the phase x - pi/4 are expanded into
/// those of x, so that the exact reduction of huge x by Math.SinCos applies; order and kind each add a quarter turn.
let private hankel order kind x =
    let mutable term, p, q, k = 1.0, 1.0, 0.0, 1.0
    while abs term > 1e-17 && k < 40.0 do
        term <- term * (4.0 * order * order - (2.0 * k - 1.0) * (2.0 * k - 1.0)) / (8.0 * k * x)
        match int k &&& 3 with
        | 0 -> p <- p + term
        | 1 -> q <- q + term
        | 2 -> p <- p - term
        | _ -> q <- q - term
        k <- k + 1.0
    let struct (sine, cosine) = Math.SinCos x
    let scale = 1.0 / (Math.Sqrt x * 1.772453850905516)
    match order + kind with
    | 0.0 -> scale * (cosine * (p + q) + sine * (p - q))
    | 1.0 -> scale * (sine * (p + q) - cosine * (p - q))
    | _ -> -scale * (cosine * (p + q) + sine * (p - q))

/// Order >= 1 from orders 0 and 1 by the three-term recurrence (DLMF 10.6.1); stable for Y always, for J while the
/// order is below x.
let private recurUp order x zero one =
    let mutable below, value, k = zero, one, 1.0
    while k < order && not (Double.IsInfinity value) do
        let above = 2.0 * k / x * value - below
        below <- value
        value <- above
        k <- k + 1.0
    value

/// J by its power series (DLMF 10.2.2), free of cancellation for x^2 <= 2 (order + 1).
let private besselSeries order x =
    let mutable power, k = 1.0, 1.0
    while k <= order && power > 0.0 do
        power <- power * (0.5 * x / k)
        k <- k + 1.0
    let square = -0.25 * x * x
    let mutable term, sum = 1.0, 1.0
    k <- 1.0
    while abs term > 1e-17 do
        term <- term * square / (k * (k + order))
        sum <- sum + term
        k <- k + 1.0
    power * sum

/// J by Miller's backward recurrence (DLMF 3.6(iii)), scaled by J0 + 2 J2 + 2 J4 + ... = 1 (DLMF 10.12.4).
let private besselBackward (order: float) (x: float) =
    let mutable below, ratio, start = 0.0, 1.0, Math.Max(order, Math.Ceiling x)
    while abs ratio < 1e18 do // where the growing solution is this large, the decaying one is negligible
        let above = 2.0 * start / x * ratio - below
        below <- ratio
        ratio <- above
        start <- start + 1.0
    let mutable above, value, sum, result, k = 0.0, 1e-300, 0.0, 0.0, start
    while k > 0.0 do
        if k = order then result <- value
        if int64 k &&& 1L = 0L then sum <- sum + value
        let below = 2.0 * k / x * value - above
        above <- value
        value <- below
        k <- k - 1.0
        if abs value > 1e200 then // avoids overflow; what underflows here would underflow in the result
            above <- above * 1e-200
            value <- value * 1e-200
            sum <- sum * 1e-200
            result <- result * 1e-200
    (if order = 0.0 then value else result) / (2.0 * sum + value)

/// J for order >= 0 and x >= 0, each range by the method that is stable there.
let private besselJOfPositive order x =
    if x = infinity then 0.0
    elif order > 50.0 && order * Math.Log(1.36 * x / order) < -750.0 then 0.0 // J < (x/2)^n / n! < (e x / (2 n))^n
    elif x * x <= 2.0 * (order + 1.0) then besselSeries order x
    elif x < hankelFrom || x < order then besselBackward order x
    elif order < 2.0 then hankel order 0.0 x
    else recurUp order x (hankel 0.0 0.0 x) (hankel 1.0 0.0 x)

/// Y of order 0 or 1. MathNet overflows below about 1e-304 and gives NaN above about 1e9, so the leading terms (DLMF 10.7.3-4; the constant
/// is EulerGamma - log 2) and Hankel's expansion take over well before.
let private besselYLow order x =
    if x < 1e-9 then 2.0 / Math.PI * (if order = 0.0 then Math.Log x - 0.11593151565841245 else -1.0 / x)
    elif x < hankelFrom then SpecialFunctions.BesselY(order, x)
    else hankel order 1.0 x

/// J of negative order or argument, and Y of negative order, differ by the sign (-1)^n (DLMF 10.4.1, 10.11.1).
let private paritySign (n: int) = if n % 2 = 0 then 1.0 else -1.0

/// The Bessel function of the first kind. Errors in ulp of sqrt(J^2 + Y^2) for |x| >= n (so digits are lost next to the
/// zeros), of J for |x| < n: within 8.5 ulp to n = 7, 9.1 to n = 20, 28 to n = 60; all are below 6 for |x| > 100. The
/// time grows with |n|.
let besselJ (n: int) (x: float) =
    if Double.IsNaN x then nan
    elif (n < 0) = Double.IsNegative x then besselJOfPositive (abs (float n)) (abs x)
    else paritySign n * besselJOfPositive (abs (float n)) (abs x)

/// The Bessel function of the second kind; NaN for x < 0. Errors in ulp of sqrt(J^2 + Y^2): within 8.5 ulp to n = 7,
/// 13 to n = 20, 22 to n = 60; all are below 6 for x > 100.
let besselY (n: int) (x: float) =
    let order = abs (float n)
    let sign = if n < 0 then paritySign n else 1.0
    if Double.IsNaN x || x < 0.0 then nan
    elif x = 0.0 then -sign * infinity
    elif x = infinity then 0.0
    elif order < 2.0 then sign * besselYLow order x
    else sign * recurUp order x (besselYLow 0.0 x) (besselYLow 1.0 x)

/// x^n / (2n + 1)!! times its power series in x^2 / 2 (DLMF 10.53.1), for x^2 <= 2n + 3, where its terms fall by half or more.
let private sphericalBesselSeries (n: int) (x: float) =
    let mutable factor = 1.0
    for k = 1 to n do
        factor <- factor * (x / float (2 * k + 1))
    let half = x * x / 2.0
    let mutable term, rest, k = 1.0, 0.0, 1
    while abs term > 1e-18 do
        term <- -term * half / (float k * float (2 * n + 1 + 2 * k))
        rest <- rest + term
        k <- k + 1
    factor + factor * rest

let private sphericalBesselUp (n: int) (x: float) =
    let mutable before, current = Math.Cos x / x, Math.Sin x / x
    for k = 0 to n - 1 do
        let next = float (2 * k + 1) * (current / x) - before
        before <- current
        current <- next
    current

/// j_n(x) for n > x > 0 from the ratios j_k / j_(k-1), computed from large k downwards as a continued fraction (DLMF 10.51.1; Gautschi,
/// "Computational aspects of three-term recurrence relations", 1967): the recurrence upwards is not stable there. The product starts at the
/// larger of j_0 and j_1, since either may be 0.
let private sphericalBesselDown (n: int) (x: float) =
    let low, high = sphericalBesselUp 0 x, sphericalBesselUp 1 x
    let start = if abs low >= abs high then 0 else 1
    let mutable ratio, product = 0.0, (if start = 0 then low else high)
    for k = n + 40 downto start + 1 do
        ratio <- 1.0 / (float (2 * k + 1) / x - ratio)
        if k <= n then product <- product * ratio
    product

/// The spherical Bessel function of the first kind, of order n >= 0 (DLMF 10.47.3): sin x / x for n = 0. 0 at infinity.
let sphericalBesselJ (n: int) (x: float) =
    let a = abs x
    let y =
        if Double.IsInfinity x then 0.0
        elif n = 0 then (if x = 0.0 then 1.0 else Math.Sin a / a)
        elif a * a <= float (2 * n + 3) then sphericalBesselSeries n a
        elif a < float n then sphericalBesselDown n a
        else sphericalBesselUp n a
    if n % 2 <> 0 && Double.IsNegative x then -y else y

/// log(1 - e^x) for x <= 0, NaN above (Maechler, "Accurately computing log(1 - exp(-|a|))", 2012)
let log1mExp (x: float) = if x > -0.6931471805599453 then Math.Log -(expm1 x) else log1p -(Math.Exp x)

/// e^x / (1 - e^x) for x <= 0: infinity at 0, NaN above
let exponentialOdds (x: float) =
    if x > 0.0 then nan
    elif x < -40.0 then Math.Exp x // e^-x may overflow, and 1 is below its last place
    else 1.0 / abs (expm1 -x)

/// x log y, and 0 at x = 0 for every number y
let xLogY (x: float) (y: float) = if x = 0.0 && not (Double.IsNaN y) then 0.0 else x * Math.Log y

/// x / y^k for y >= 0, and 0 at x = 0 for every number y
let ratioOfPositive (k: int) (x: float) (y: float) =
    if x = 0.0 && not (Double.IsNaN y) then
        0.0
    elif y < 0.0 then
        nan
    else
        let mutable ratio = x
        for _ in 1..k do
            ratio <- ratio / abs y // -0 counts as 0
        ratio
