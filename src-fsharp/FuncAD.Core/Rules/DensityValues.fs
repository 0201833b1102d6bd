/// Values of the functions that densities with gamma functions are made of, so that nothing cancels at parameters of 10^12 (Loader 2000,
/// "Fast and accurate computation of binomial probabilities"). Errors were measured against mpmath at 60 digits.
/// No function throws: a domain error gives NaN, and so does a point where two infinities meet.
module internal FuncAD.DensityValues

open System

// ---- Logarithms of ratios near 1 ----

/// u - log(1 + u). With r = u / (2 + u), log(1 + u) is 2 r + 2 r^3 / 3 + 2 r^5 / 5 + ..., and u - 2 r is r u.
let logP1Deficit (u: float) : float =
    if u < -0.5 || u > 1.0 then
        u - SpecialValues.log1p u
    else
        let r = u / (2.0 + u)
        let square = r * r
        let mutable power, sum, odd = square, 0.0, 3.0
        while power > 1e-18 * sum do
            sum <- sum + power / odd
            power <- power * square
            odd <- odd + 2.0
        r * (u - 2.0 * sum)

/// log(1 + u) - u / (1 + u) for u >= -1, which is u^2 / 2 - ... next to 0
let logP1Excess (u: float) : float =
    if u = -1.0 then infinity
    elif u > 1.0 then SpecialValues.log1p u - 1.0 + 1.0 / (1.0 + u)
    elif u < -0.5 then SpecialValues.log1p u - u / (1.0 + u)
    else logP1Deficit (-u / (1.0 + u))

/// h log(1 + q / h) for h, q >= 0; q in the limit of large h, 0 at h = 0
let scaledLogP1 (h: float) (q: float) : float =
    if not (h >= 0.0 && q >= 0.0) then
        nan
    elif h = 0.0 then
        abs q * 0.0
    elif Double.IsInfinity h then
        abs q
    else
        let u = q / h
        if Double.IsInfinity u then h * (Math.Log q - Math.Log h)
        elif u < 1e-17 then abs q // u may have few digits
        else h * SpecialValues.log1p u

/// log(a / b) for a, b >= 0. The difference of numbers within a factor of 2 is exact.
let logRatio (a: float) (b: float) : float =
    if not (a >= 0.0 && b >= 0.0) then
        nan
    elif a <= 2.0 * b && b <= 2.0 * a && a > 0.0 then
        SpecialValues.log1p ((a - b) / b)
    else
        let ratio = abs (a / b)
        if Double.IsNormal ratio then Math.Log ratio else Math.Log(abs a) - Math.Log(abs b)

/// 1 - a / b for b >= 0, and 1 at a = 0 for every b
let oneMinusRatio (a: float) (b: float) : float =
    if b < 0.0 || Double.IsNaN b then nan
    elif a = 0.0 then 1.0
    elif abs b = infinity && abs a < infinity then 1.0
    else (b - a) / abs b

/// a log(a / m) + m - a for a, m >= 0: what -log of a Poisson density with mean m exceeds that with mean a by, at the count a
let poissonDeviance (a: float) (m: float) : float =
    if not (a >= 0.0 && m >= 0.0) then nan
    elif a = 0.0 then abs m
    elif Double.IsInfinity a && Double.IsInfinity m then nan
    elif m >= 0.5 * a && m <= 2.0 * a then a * logP1Deficit ((m - a) / a)
    else a * logRatio a m + (m - a)

// ---- The rest of Stirling's formula ----

/// (j)(j + 1) ... (j + n - 1)
let private rising (j: float) (n: int) : float =
    let mutable product = 1.0
    for step = 0 to n - 1 do
        product <- product * (j + float step)
    product

/// B(2k) / (2k (2k - 1)), the coefficients of Stirling's series (DLMF 5.11.1)
let private stirling =
    [| 0.08333333333333333
       -0.002777777777777778
       0.0007936507936507937
       -0.0005952380952380953
       0.0008417508417508417
       -0.0019175269175269176
       0.00641025641025641
       -0.029550653594771242 |]

let private sign (n: int) : float = if n % 2 = 0 then 1.0 else -1.0

/// The n-th derivative of Stirling's series: from x = 10 + 3 n on within half a unit in the last place.
let private stirlingSeries (n: int) (x: float) : float =
    let w = 1.0 / (x * x)
    let mutable sum = 0.0
    for k = stirling.Length downto 1 do
        sum <- sum * w + stirling[k - 1] * rising (float (2 * k - 1)) n
    sign n * sum * Math.Pow(x, float (-1 - n))

/// The n-th derivative of binet(x) - binet(x + 1) = (x + 1/2) log(1 + 1/x) - 1. With c = 2 x + 1 this is the sum of c^(-2j) / (2j + 1) over
/// j = 1, 2, ..., whose derivatives have terms of one sign.
let private binetStep (n: int) (x: float) : float =
    if x >= 0.25 then
        let c = 2.0 * x + 1.0
        let mutable j, sum, isDone = 1, 0.0, false
        while not isDone do
            let term = rising (float (2 * j)) n / float (2 * j + 1) * Math.Pow(c, float (-2 * j - n))
            sum <- sum + term
            isDone <- term < 1e-18 * sum
            j <- j + 1
        sign n * Math.ScaleB(sum, n)
    else
        let logarithm = SpecialValues.log1p x - Math.Log x
        match n with
        | 0 -> (x + 0.5) * logarithm - 1.0
        | 1 -> logarithm - (x + 0.5) / x / (x + 1.0)
        | _ ->
            let difference k = Math.Pow(x + 1.0, float -k) - Math.Pow(x, float -k)
            -(sign n) * rising 1.0 (n - 2) * (float (n - 1) * (x + 0.5) * difference n - float n * difference (n - 1))

/// The n-th derivative of Binet's function, log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) for x > 0 (DLMF 5.11.1): what the main
/// terms of Stirling's formula leave, 1 / (12 x) - ... for large x.
let binet (n: int) (x: float) : float =
    if Double.IsNaN x || x < 0.0 then
        nan
    elif x = 0.0 then
        sign n * infinity
    else
        let steps = int (Math.Ceiling(Math.Max(0.0, float (10 + 3 * n) - x)))
        let mutable sum = stirlingSeries n (x + float steps)
        for step = steps - 1 downto 0 do
            sum <- sum + binetStep n (x + float step) // the larger, the later
        sum

// ---- Differences of digamma functions, and the beta function ----

/// B(2j) / (2j)!, the coefficients of the Euler-Maclaurin formula (DLMF 2.10.1)
let private eulerMaclaurin =
    [| 0.08333333333333333
       -0.001388888888888889
       3.306878306878307e-05
       -8.267195767195768e-07
       2.08767569878681e-08
       -5.284190138687493e-10
       1.3382536530684679e-11
       -3.3896802963225827e-13
       8.586062056277845e-15 |]

/// psi_n(a + b) - psi_n(a) for the n-th derivative psi_n of digamma, a > 0 and b >= 0. It is (-1)^n n! times the sum over k = 0, 1, ... of
/// the differences of (a + k)^-(n + 1) and (a + b + k)^-(n + 1), which have one sign and are computed without cancellation for small b; the
/// tail is the Euler-Maclaurin formula, with each power replaced by such a difference.
let digammaDifference (n: int) (a: float) (b: float) : float =
    if not (a >= 0.0 && b >= 0.0) then
        nan
    elif b = 0.0 then
        (if a = 0.0 then nan else 0.0)
    else
        let s = n + 1
        /// x^-m - (x + b)^-m
        let difference (m: int) (x: float) = Math.Pow(x, float -m) * -(SpecialValues.expm1 (float -m * SpecialValues.log1p (b / x)))
        let mutable x, sum = abs a, 0.0
        while x < float (10 + n) do
            sum <- sum + difference s x
            x <- x + 1.0
        let integral = if n = 0 then SpecialValues.log1p (b / x) else difference n x / float n
        let mutable tail = 0.0
        for j = eulerMaclaurin.Length downto 1 do
            tail <- tail + eulerMaclaurin[j - 1] * rising (float s) (2 * j - 1) * difference (s + 2 * j - 1) x
        sign n * rising 1.0 n * (sum + (integral + 0.5 * difference s x + tail))

/// log Gamma(b + a) - log Gamma(b) for b >= a
let rec private logGammaDifference (b: float) (a: float) : float =
    if b < 10.0 then
        logGammaDifference (b + 1.0) a - SpecialValues.log1p (a / b)
    else
        (b - 0.5) * SpecialValues.log1p (a / b) + a * (Math.Log(a + b) - 1.0) + (binet 0 (a + b) - binet 0 b)

/// log of the beta function, log Gamma(a) + log Gamma(b) - log Gamma(a + b), for a, b >= 0
let logBeta (a: float) (b: float) : float =
    let low, high = Math.Min(a, b), Math.Max(a, b)
    if not (low >= 0.0) then
        nan
    elif low = 0.0 then
        (if Double.IsInfinity high then nan else infinity)
    elif Double.IsInfinity high then
        -infinity
    elif low + high <= 4.0 then
        SpecialValues.logGamma low + SpecialValues.logGamma high - SpecialValues.logGamma (low + high)
    elif low < 10.0 then
        SpecialValues.logGamma low - logGammaDifference high low
    else
        let sum = low + high
        let powers = low * SpecialValues.log1p (high / low) + high * SpecialValues.log1p (low / high)
        let roots = 0.5 * (Math.Log sum - Math.Log low - Math.Log high) + 0.9189385332046727
        (roots - powers) + (binet 0 low + (binet 0 high - binet 0 sum))
