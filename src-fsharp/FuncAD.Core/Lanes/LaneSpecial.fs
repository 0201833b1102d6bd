namespace FuncAD.Lanes

open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra
open FuncAD.Lanes.LaneWords
open FuncAD.Lanes.LaneExponentials

/// The error function and the normal distribution on lanes. Polynomials are from tests/FuncAD.Core.Tests/data/make-lane-coefficients.py.
module internal LaneSpecial =
    /// -1 / x from a guess; the relative error is the cube of the guess's.
    let inline private refineNegativeInverse (x: 'V) (guess: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let error = fma x guess (number 1.0)
        fma guess (fma error error error) guess

    /// -1 / x with a relative error of 2^-38, for positive normal x, without the division instruction, which is slow. A
    /// constant minus the bits of x, as whole numbers, is a guess within 0.051. Many constants do as well; with this one the rounding
    /// errors of erfc 0 cancel, and it is exactly 1.
    let inline private negativeInverse (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        'V.SubtractBits(bits 0xFFDE623A00000000L, x) |> refineNegativeInverse x |> refineNegativeInverse x

    /// r = -1 / (s + 5.5), u and c with e^(s^2/2) erfc(s / sqrt 2) = -r f(u) e^c, c being tiny, for 0 <= s <= 40: f is one polynomial
    /// in u = 1.275 - 12.5125 / (s + 5.5), which runs from -1 to 1. (One rational map of the half-line: Shepherd and Laframboise,
    /// Math. Comp. 36 (1981) 249-253.) Near s = 0 the function is steep in 1 / (s + 5.5), so u and c contain corrections for the
    /// rounding error of the sum and for the error of r.
    let inline private tailVariable (s: 'V) : struct ('V * 'V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let sum = s + number 5.5
        let rest = s - (sum - number 5.5)
        let r = negativeInverse sum
        let c = fma rest r (fma sum r (number 1.0))
        let u = fma (number 12.5125 * r) c (fma (number 12.5125) r (number 1.275))
        struct (r, u, c)

    /// r f(u), in four interleaved chains: the steps of a single chain wait for each other, and the processor does not look far enough
    /// ahead to overlap chains that follow one another.
    let inline private tailFactor (r: 'V) (u: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let square = u * u
        let fourth = square * square
        let p0 = number 1.3447892188828264e-10
        let p1 = number -3.4366442826795035e-10
        let p0 = next fourth 4.2177322517905806e-08 p0
        let p1 = next fourth -4.956183402447021e-08 p1
        let p2 = number -2.36491018449767e-09
        let p3 = number 4.95543071433526e-09
        let p0 = next fourth 1.478558129927562e-05 p0
        let p1 = next fourth -3.908684970714361e-06 p1
        let p2 = next fourth -8.152205073699276e-07 p2
        let p3 = next fourth 4.62493061485809e-07 p3
        let p0 = next fourth 0.0013682922315443064 p0
        let p1 = next fourth 0.0004460560541300764 p1
        let p2 = next fourth -0.00021928644674393299 p2
        let p3 = next fourth 1.653081377053669e-05 p3
        let p0 = next fourth 0.35235711519463225 p0
        let p1 = next fourth -0.1542913005262249 p1
        let p2 = next fourth 0.05338551050873621 p2
        let p3 = next fourth -0.013043842074814687 p3
        let p0 = next fourth 1.7302356178617124 p0
        let p1 = next fourth -1.4635985337303137 p1
        let p2 = next fourth 1.0663724914101453 p2
        let p3 = next fourth -0.666011668326861 p3
        let p = fma (fma p3 u p2) square (fma p1 u p0)
        p * r

    /// erfc |x| and e^(-x^2), which share the exponential. The other factor of erfc varies so slowly that the rounding of x sqrt 2 is
    /// negligible.
    let inline private upperTail (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let a = magnitudeUpTo 28.0 x
        let struct (r, u, c) = tailVariable (a * number 1.4142135623730951)
        let struct (n, m) = gaussianParts a
        let factor = tailFactor r u
        struct (timesPartsAnd c -factor n m, timesParts (number 1.0) n m)

    /// erfc x and e^(-x^2)
    let inline erfcAndGaussian (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let struct (tail, gaussian) = upperTail x
        struct (selectLess x (number 0.0) (number 2.0 - tail) tail, gaussian)

    /// erf x and e^(-x^2). For |x| < 1/2, erf x is x plus x times a polynomial in x^2; beyond, 1 - erfc |x|.
    let inline erfAndGaussian (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let z = x * x
        let p =
            number -1.747632001307933e-07
            |> next z 1.6720603479469082e-06
            |> next z -1.494106022058711e-05
            |> next z 0.00012055798517251857
            |> next z -0.0008548335187981832
            |> next z 0.005223977711324383
            |> next z -0.026866170650434243
            |> next z 0.11283791670972924
            |> next z -0.37612638903184026
            |> next z 0.1283791670955126
        let struct (tail, gaussian) = upperTail x
        struct (selectLess ('V.Abs x) (number 0.5) (fma x p x) (signedAs x (number 1.0 - tail)), gaussian)

    /// The normal distribution function and its density.
    let inline normalCdfAndPdf (x: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let a = magnitudeUpTo 40.0 x
        let struct (r, u, c) = tailVariable a
        let struct (n, m) = normalParts a
        let factor = tailFactor r u
        let tail = timesPartsAnd c (number -0.5 * factor) n m
        struct (selectLess (number 0.0) x (number 1.0 - tail) tail, timesParts (number 0.3989422804014327) n m)

    // The JIT removes the code of the second result where it is unused.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let erfc (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (y, _) = erfcAndGaussian x
        y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let erf (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (y, _) = erfAndGaussian x
        y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let normalCdf (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (y, _) = normalCdfAndPdf x
        y

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let normalPdf (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (n, m) = normalParts (magnitudeUpTo 40.0 x)
        timesParts (number 0.3989422804014327) n m

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let gaussian (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (n, m) = gaussianParts (magnitudeUpTo 28.0 x)
        timesParts (number 1.0) n m

    /// Rational functions for the quantile x of p, on the intervals of Wichura's AS 241 (Applied Statistics 37 (1988) 477-484), but for the
    /// small correction Q to a leading term. In the middle, x = q (sqrt(2 pi) + q^2 Q) with q = p - 1/2, and Q a function of 0.425^2 - q^2;
    /// beyond, |x| = r + Q with r = sqrt(-log(distance to 0 or 1)), and Q a function of r - 1.6 or, in the far tail, of r - 5.
    let inline private quantileMiddle (z: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let above =
            number 562.7609619339581
            |> next z 36269.76733083318
            |> next z 85446.66931510739
            |> next z 61819.805182869386
            |> next z 19029.585556572838
            |> next z 2779.9509842834605
            |> next z 189.9460201980811
            |> next z 4.874765941399952
        let below =
            number 19692.924506857984
            |> next z 67223.11895067294
            |> next z 69284.46901367068
            |> next z 30913.690400718
            |> next z 6860.898422759899
            |> next z 789.8043929963643
            |> next z 44.989474813113475
            |> next z 1.0
        struct (above, below)

    let inline private quantileTail (z: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let above =
            number 0.00022829172457080054
            |> next z 0.006689193074699999
            |> next z 0.06973010239198062
            |> next z 0.34511176022957973
            |> next z 0.8699247456718847
            |> next z 1.0349037659649443
            |> next z 0.34485230849650944
            |> next z -0.17656288925031632
        let below =
            number 3.5856711212127553e-09
            |> next z 0.0005508294744833903
            |> next z 0.015290580057984901
            |> next z 0.14888308389420438
            |> next z 0.6924467447558261
            |> next z 1.6803780466232623
            |> next z 2.0553378026616516
            |> next z 1.0
        struct (above, below)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let private quantileFarTail (z: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let above =
            number 5.8650978997145e-08
            |> next z 7.920866323137104e-06
            |> next z 0.00036285021308020155
            |> next z 0.007713897455510426
            |> next z 0.08519549845797918
            |> next z 0.5001552331248921
            |> next z 1.4643928202931913
            |> next z 1.6579046435011038
        let below =
            number 6.8949879967490435e-15
            |> next z 1.4159283180047606e-07
            |> next z 1.8415872280180722e-05
            |> next z 0.0007855889643804712
            |> next z 0.014860653715381453
            |> next z 0.13685498476907484
            |> next z 0.5996928390160295
            |> next z 1.0
        above / below

    /// The far tail is rare, and is computed only where some lane is in it.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let normalInverseCdf (p: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let q = p - number 0.5
        let low = less q (number 0.0)
        let distance = select low p (number 1.0 - p)
        let square = -(log distance)
        let r = 'V.Sqrt square
        let middle = 'V.LessOrEqual('V.Abs q, number 0.425)
        let struct (a, b) = quantileMiddle (fma -q q (number 0.180625))
        let struct (c, d) = quantileTail (r - number 1.6)
        let quotient = select middle a c / select middle b d
        let far = less (number 5.0) r
        let quotient = if 'V.Any far then select far (quantileFarTail (r - number 5.0)) quotient else quotient
        let central = fma q (number 2.5066282746310007) (q * fma (q * q) quotient (number -1.8328579980459167e-16))
        // the rounding error of r times the slope dx/dr, which is near 1.5 everywhere
        let rest = number 0.75 * fma -r r square / r
        let outer = r + (quotient + rest)
        let outer = select (equal distance (number 0.0)) (number inf) outer
        select middle central ('V.Xor(outer, select low (number -0.0) (number 0.0)))

    /// 1 / density at the quantile of p: the ratio of tail and density, divided by the tail min(p, 1 - p). The ratio hardly changes with
    /// the quantile, so the quantile's error is negligible, and nothing underflows before the slope overflows.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let normalQuantileDensity (p: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let struct (r, u, c) = tailVariable (magnitudeUpTo 40.0 (normalInverseCdf p))
        // sqrt(pi / 2) e^(s^2/2) erfc(s / sqrt 2)
        let ratio = number -1.2533141373155003 * tailFactor r u
        fma ratio c ratio / 'V.Abs('V.Min(p, number 1.0 - p))
