namespace FuncAD.Lanes

open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra
open FuncAD.Lanes.Words
open FuncAD.Lanes.LaneExponentials

/// The error function and the normal distribution on lanes. Polynomials are made by tests/FuncAD.Core.Tests/data/make-lane-coefficients.py.
module internal LaneSpecial =
    /// f and c for which e^(s^2/2) erfc(s / sqrt 2) = f e^c, c being tiny, for 0 <= s <= 40: f is 1 / (s + 5.5) times one polynomial in
    /// u = 1.275 - 12.5125 / (s + 5.5), which runs from -1 to 1. (The idea is that of Shepherd and Laframboise, Math. Comp. 36 (1981)
    /// 249-253: one rational map of the half-line.) Near 0 this is steep in 1 / (s + 5.5): what the sum and the quotient are rounded by
    /// is put back, into u and into c.
    let inline private scaledTail (s: 'V) : struct ('V * 'V) when 'V: struct and 'V :> ILanes<'V> =
        let sum = s + number 5.5
        let rest = s - (sum - number 5.5)
        let quotient = number 1.0 / sum
        let c = fma -rest quotient (fma -sum quotient (number 1.0))
        let u = fma (number -12.5125 * quotient) c (fma (number -12.5125) quotient (number 1.275))
        let p =
            number -3.4366442826795035e-10
            |> next u 1.3447892188828264e-10
            |> next u 4.95543071433526e-09
            |> next u -2.36491018449767e-09
            |> next u -4.956183402447021e-08
            |> next u 4.2177322517905806e-08
            |> next u 4.62493061485809e-07
            |> next u -8.152205073699276e-07
            |> next u -3.908684970714361e-06
            |> next u 1.478558129927562e-05
            |> next u 1.653081377053669e-05
            |> next u -0.00021928644674393299
            |> next u 0.0004460560541300764
            |> next u 0.0013682922315443064
            |> next u -0.013043842074814687
            |> next u 0.05338551050873621
            |> next u -0.1542913005262249
            |> next u 0.35235711519463225
            |> next u -0.666011668326861
            |> next u 1.0663724914101453
            |> next u -1.4635985337303137
            |> next u 1.7302356178617124
        struct (p * quotient, c)

    /// erfc |x|. Beside the exponential it changes so little that the rounding of x sqrt 2 does not count.
    let inline private upperTail (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = magnitudeUpTo 28.0 x
        let struct (factor, c) = scaledTail (a * number 1.4142135623730951)
        timesGaussian factor a c

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let erfc (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let tail = upperTail x
        select (less x (number 0.0)) (number 2.0 - tail) tail

    /// For |x| < 1/2, x plus x times a polynomial in x^2; beyond, 1 - erfc |x|.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let erf (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
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
        select (less ('V.Abs x) (number 0.5)) (fma x p x) (signedAs x (number 1.0 - upperTail x))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let normalCdf (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let a = magnitudeUpTo 40.0 x
        let struct (factor, c) = scaledTail a
        let tail = timesNormal (number 0.5 * factor) a c
        select (less (number 0.0) x) (number 1.0 - tail) tail
