namespace FuncAD.Rules

open System
open FuncAD
open FuncAD.Algebra

/// <summary>The error function, the normal distribution, gamma and its relatives, Bessel functions.</summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Special =
    let private twoOverSqrtPi = Plain.divide 2.0 (Math.Sqrt Math.PI)

    /// y = x, clamped to +-SpecialValues.bellReach. The bell curves below are 0 beyond it, so x times a curve is 0 there, not infinity
    /// times 0. The slope may be 1 everywhere, since the curves are 0 with all their derivatives where the clamp acts.
    [<Struct; NoComparison>]
    type internal Reach =
        interface IUnary with
            member _.Name = "reach"
            member _.Traits = Traits.Odd
            member _.Domain = between (Plain.negate SpecialValues.bellReach) SpecialValues.bellReach
            member _.Edges = [ edge inf (SpecialValues.bellReach, 1.0); edge minusInf (Plain.negate SpecialValues.bellReach, 1.0) ]
            member _.Value x = SpecialValues.reach x
            member _.Slope(_, _) = number 1.0

    let private reach (x: 'T) : 'T :> ICarrier<'T> = unary (Reach()) x

    /// y = exp(-x^2), dy/dx = -2 x y
    [<Struct; NoComparison>]
    type internal Gaussian =
        interface IUnary with
            member _.Name = "gaussian"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -5.0 5.0
            member _.Edges = [ edge 0.0 (1.0, 0.0); edge inf (0.0, 0.0); edge minusInf (0.0, 0.0) ]
            member _.Value x = SpecialValues.gaussian x
            member _.Slope(x, y) = number -2.0 * (reach x * y)

    /// <summary>exp(-x^2); derivative -2 x y.</summary>
    let gaussian (x: 'T) : 'T :> ICarrier<'T> = unary (Gaussian()) x

    /// y = 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x (DLMF 7.2.1); dy/dx = 2/sqrt(pi) exp(-x^2)
    [<Struct; NoComparison>]
    type internal Erf =
        interface IUnary with
            member _.Name = "erf"
            member _.Traits = Traits.Odd
            member _.Domain = between -4.0 4.0
            member _.Edges = [ edge 0.0 (0.0, twoOverSqrtPi); edge inf (1.0, 0.0); edge minusInf (-1.0, 0.0) ]
            member _.Value x = SpecialValues.erf x
            member _.Slope(x, _) = number twoOverSqrtPi * unary (Gaussian()) x

    /// <summary>The error function; derivative 2/sqrt(pi) exp(-x^2).</summary>
    let erf (x: 'T) : 'T :> ICarrier<'T> = unary (Erf()) x

    /// y = 1 - erf x without cancellation; dy/dx = -2/sqrt(pi) exp(-x^2)
    [<Struct; NoComparison>]
    type internal Erfc =
        interface IUnary with
            member _.Name = "erfc"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -4.0 8.0
            member _.Edges = [ edge 0.0 (1.0, Plain.negate twoOverSqrtPi); edge inf (0.0, 0.0) ]
            member _.Value x = SpecialValues.erfc x
            member _.Slope(x, _) = number (Plain.negate twoOverSqrtPi) * unary (Gaussian()) x

    /// <summary>1 - erf(x) without cancellation; derivative -2/sqrt(pi) exp(-x^2).</summary>
    let erfc (x: 'T) : 'T :> ICarrier<'T> = unary (Erfc()) x

    /// y = exp(-x^2/2) / sqrt(2 pi), dy/dx = -x y
    [<Struct; NoComparison>]
    type internal NormalPdf =
        interface IUnary with
            member _.Name = "normalPdf"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -5.0 5.0
            member _.Edges = [ edge inf (0.0, 0.0); edge minusInf (0.0, 0.0) ]
            member _.Value x = SpecialValues.normalPdf x
            member _.Slope(x, y) = -(reach x) * y

    /// <summary>The standard normal density; derivative -x y.</summary>
    let normalPdf (x: 'T) : 'T :> ICarrier<'T> = unary (NormalPdf()) x

    /// The standard normal distribution function; dy/dx is its density
    [<Struct; NoComparison>]
    type internal NormalCdf =
        interface IUnary with
            member _.Name = "normalCdf"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -8.0 5.0
            member _.Edges = [ edge 0.0 (0.5, SpecialValues.normalPdf 0.0); edge minusInf (0.0, 0.0); edge inf (1.0, 0.0) ]
            member _.Value x = SpecialValues.normalCdf x
            member _.Slope(x, _) = unary (NormalPdf()) x

    /// <summary>The standard normal distribution function, accurate in both tails; its derivative is the density.</summary>
    let normalCdf (x: 'T) : 'T :> ICarrier<'T> = unary (NormalCdf()) x

    /// y = 1 / density(q) at the quantile q of x, the slope of the quantile; dy/dx = q y^2
    [<Struct; NoComparison>]
    type internal NormalQuantileDensity =
        interface IUnary with
            member _.Name = "normalQuantileDensity"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between 0.001 0.999
            member _.Edges = [ edge 0.0 (inf, minusInf); edge 1.0 (inf, inf); edge 2.0 (nan, nan) ]
            member _.Value x = SpecialValues.normalQuantileDensity x
            member _.Slope(x, y) = unary (NormalInverseCdf()) x * y * y

    /// The quantile of the standard normal distribution; dy/dx = 1 / density(y)
    and [<Struct; NoComparison>] internal NormalInverseCdf =
        interface IUnary with
            member _.Name = "normalInverseCdf"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between 0.001 0.999
            member _.Edges = [ edge 0.0 (minusInf, inf); edge 1.0 (inf, inf); edge 2.0 (nan, nan) ]
            member _.Value x = SpecialValues.normalInverseCdf x
            member _.Slope(x, _) = unary (NormalQuantileDensity()) x

    /// <summary>The quantile of the standard normal distribution, for 0 to 1 (NaN outside); derivative 1/density(y).</summary>
    let normalInverseCdf (x: 'T) : 'T :> ICarrier<'T> = unary (NormalInverseCdf()) x

    /// The n-th derivative of digamma (DLMF 5.15)
    [<Struct; NoComparison>]
    type internal Polygamma(n: int) =
        interface IUnary with
            member _.Name = "polygamma"
            member _.Traits = Traits.Plain
            member _.Domain = between 0.3 20.0
            member _.Edges = []
            member _.Value x = SpecialValues.polygamma n x
            member _.Slope(x, y) = unary (Polygamma(Plain.next n)) x * step (Arithmetic.Defined()) y

    /// <summary>The n-th derivative of digamma.</summary>
    let polygamma (n: int) (x: 'T) : 'T :> ICarrier<'T> = unary (Polygamma n) x

    /// The logarithmic derivative of the gamma function (DLMF 5.2.2); dy/dx = trigamma x
    [<Struct; NoComparison>]
    type internal Digamma =
        interface IUnary with
            member _.Name = "digamma"
            member _.Traits = Traits.Plain.NeverMinusZero
            member _.Domain = between 0.3 20.0
            member _.Edges = []
            member _.Value x = SpecialValues.digamma x
            member _.Slope(x, y) = unary (Polygamma 1) x * step (Arithmetic.Defined()) y

    /// <summary>The logarithmic derivative of the gamma function; derivative trigamma.</summary>
    let digamma (x: 'T) : 'T :> ICarrier<'T> = unary (Digamma()) x

    /// The gamma function (DLMF 5.2.1); dy/dx = y digamma x. Poles at 0, -1, -2, ...
    [<Struct; NoComparison>]
    type internal Gamma =
        interface IUnary with
            member _.Name = "gamma"
            member _.Traits = Traits.Plain
            member _.Domain = between 0.3 15.0
            member _.Edges = []
            member _.Value x = SpecialValues.gamma x
            member _.Slope(x, y) = y * unary (Digamma()) x

    /// <summary>The gamma function; derivative y digamma(x). NaN at -1, -2, ...</summary>
    let gamma (x: 'T) : 'T :> ICarrier<'T> = unary (Gamma()) x

    /// y = log |gamma(x)|, dy/dx = digamma x
    [<Struct; NoComparison>]
    type internal LogGamma =
        interface IUnary with
            member _.Name = "logGamma"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between 0.3 50.0
            member _.Edges = []
            member _.Value x = SpecialValues.logGamma x
            member _.Slope(x, _) = unary (Digamma()) x

    /// <summary>log |gamma(x)|; derivative digamma(x).</summary>
    let logGamma (x: 'T) : 'T :> ICarrier<'T> = unary (LogGamma()) x

    /// The Bessel function of the first kind, order n; dy/dx = (J(n-1) - J(n+1)) / 2 (DLMF 10.6.1)
    [<Struct; NoComparison>]
    type internal BesselJ(n: int) =
        interface IUnary with
            member _.Name = "besselJ"
            member _.Traits = Traits.Plain
            member _.Domain = between -20.0 20.0
            member _.Edges = []
            member _.Value x = SpecialValues.besselJ n x

            member _.Slope(x, _) =
                if n = 0 then
                    -(unary (BesselJ 1) x)
                else
                    number 0.5 * (unary (BesselJ(Plain.previous n)) x - unary (BesselJ(Plain.next n)) x)

    /// <summary>The Bessel function of the first kind, of whole order n; derivative (J(n-1) - J(n+1))/2.</summary>
    let besselJ (n: int) (x: 'T) : 'T :> ICarrier<'T> = unary (BesselJ n) x

    /// The Bessel function of the second kind, order n; dy/dx = Y(n-1) - n y / x (DLMF 10.6.2; unlike Y(n+1), neither term overflows before
    /// the slope does). Pole at 0, NaN for x < 0
    [<Struct; NoComparison>]
    type internal BesselY(n: int) =
        interface IUnary with
            member _.Name = "besselY"
            member _.Traits = Traits.Plain
            member _.Domain = between 0.3 20.0
            member _.Edges = []
            member _.Value x = SpecialValues.besselY n x

            member _.Slope(x, y) =
                if n = 0 then -(unary (BesselY 1) x) else unary (BesselY(Plain.previous n)) x - number (float n) * (y / x)

    /// <summary>The Bessel function of the second kind, of whole order n, for x > 0; derivative Y(n-1) - n Y(n)/x.</summary>
    let besselY (n: int) (x: 'T) : 'T :> ICarrier<'T> = unary (BesselY n) x

    /// The spherical Bessel function of the first kind, order n >= 0; dy/dx = (n j_(n-1) - (n + 1) j_(n+1)) / (2n + 1) (DLMF 10.51.2). This
    /// is regular at 0, where (x cos x - sin x) / x^2, for n = 0, would cancel.
    [<Struct; NoComparison>]
    type internal SphericalBesselJ(n: int) =
        member internal _.Order = n

        interface IUnary with
            member _.Name = if n = 0 then "sinc" else "sphericalBesselJ"
            member _.Traits = if n % 2 = 0 then Traits.Even else Traits.Odd
            member _.Domain = between -20.0 20.0
            member _.Edges = if n = 0 then [ edge 0.0 (1.0, 0.0); edge -0.0 (1.0, 0.0); edge inf (0.0, 0.0) ] else []
            member _.Value x = SpecialValues.sphericalBesselJ n x

            member _.Slope(x, _) =
                let above = unary (SphericalBesselJ(Plain.next n)) x

                if n = 0 then
                    -above
                else
                    (number (float n) * unary (SphericalBesselJ(Plain.previous n)) x - number (float (Plain.next n)) * above)
                    / number (float (Plain.next (2 |> Plain.times n)))

    /// <summary>
    /// sin(x)/x, and 1 at 0; derivative -j1(x), the spherical Bessel function of order 1. (What signal processing calls sinc is
    /// sinc(pi x).)
    /// </summary>
    let sinc (x: 'T) : 'T :> ICarrier<'T> = unary (SphericalBesselJ 0) x

    /// The n-th derivative of log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2): what the main terms of Stirling's formula leave
    /// (DLMF 5.11.1)
    [<Struct; NoComparison>]
    type internal Binet(n: int) =
        interface IUnary with
            member _.Name = "binet"
            member _.Traits = Traits.Even
            member _.Domain = between 0.3 30.0
            member _.Edges = if n = 0 then [ edge 0.0 (inf, minusInf); edge inf (0.0, 0.0) ] else []
            member _.Value x = DensityValues.binet n x
            member _.Slope(x, _) = unary (Binet(Plain.next n)) x

    /// y = psi_n(a + b) - psi_n(a) for the n-th derivative psi_n of digamma and b >= 0, without cancellation for small b; dy/da is
    /// that of the next derivative, dy/db = psi_(n + 1)(a + b)
    [<Struct; NoComparison>]
    type internal DigammaDifference(n: int) =
        interface IBinary with
            member _.Name = "digammaDifference"
            member _.Traits = Traits.Even
            member _.Domain = struct (between 0.3 20.0, between 0.1 20.0)
            member _.Value(a, b) = DensityValues.digammaDifference n a b
            member _.SlopeA(a, b, y) = binary (DigammaDifference(Plain.next n)) a b * step (Arithmetic.Defined()) y
            member _.SlopeB(a, b, y) = unary (Polygamma(Plain.next n)) (a + b) * step (Arithmetic.Defined()) y

    /// y = log Gamma(a) + log Gamma(b) - log Gamma(a + b) for a, b > 0 (DLMF 5.12.1); dy/da = digamma(a) - digamma(a + b), and so in b
    [<Struct; NoComparison>]
    type internal LogBeta =
        interface IBinary with
            member _.Name = "logBeta"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (between 0.3 50.0, between 0.3 50.0)
            member _.Value(a, b) = DensityValues.logBeta a b
            member _.SlopeA(a, b, y) = -(binary (DigammaDifference 0) a b) * step (Arithmetic.Defined()) y
            member _.SlopeB(a, b, y) = -(binary (DigammaDifference 0) b a) * step (Arithmetic.Defined()) y

    /// <summary>
    /// The logarithm of the beta function, log gamma(a) + log gamma(b) - log gamma(a + b) for a, b > 0, without cancellation for large
    /// arguments (NaN below 0); derivatives digamma(a) - digamma(a + b) and digamma(b) - digamma(a + b).
    /// </summary>
    let logBeta (a: 'T) (b: 'T) : 'T :> ICarrier<'T> = binary (LogBeta()) a b
