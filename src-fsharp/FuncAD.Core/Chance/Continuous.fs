namespace FuncAD

open System
open FuncAD.Rules
open FuncAD.Density

/// <summary>exp(-z^2 / 2) / (deviation sqrt(2 pi)) for z = (x - mean) / deviation.</summary>
[<Sealed>]
type internal NormalForm(mean: Real, deviation: Real) =
    inherit ContinuousForm("Normal", [| struct ("mean", mean); struct ("deviation", deviation) |])

    override _.LogDensity x =
        let z = (x - mean) / deviation
        -0.5 * (z * z) - (Real.Log deviation + halfLogTau)

    override _.Sample key = mean + deviation * key.Normal()
    override _.Mean = mean
    override _.Variance = deviation * deviation
    override _.Entropy = Real.Log deviation + (halfLogTau + 0.5)

/// <summary>The distribution of exp(z) for a normal z.</summary>
[<Sealed>]
type internal LogNormalForm(mean: Real, deviation: Real) =
    inherit ContinuousForm("LogNormal", [| struct ("mean", mean); struct ("deviation", deviation) |])
    let ofLogarithm = NormalForm(mean, deviation)
    let variance = deviation * deviation

    override _.LogDensity x =
        let log = Real.Log x
        within (Real.LessOrEqual(x, Real 0.0)) (fun () -> ofLogarithm.LogDensity log - log)

    override _.Sample key = Real.Exp(ofLogarithm.Sample key)
    override _.Mean = Real.Exp(mean + 0.5 * variance)

    // (1 - e^-v) e^(mean + v) e^(mean + v) from the left: beyond the doubles only where the result or e^(mean + v) is
    override _.Variance =
        let root = Real.Exp(mean + variance)
        -(Real.ExpM1 -variance) * root * root

    override _.Entropy = ofLogarithm.Entropy + mean

/// <summary>rate exp(-rate x) for x >= 0.</summary>
[<Sealed>]
type internal ExponentialForm(rate: Real) =
    inherit ContinuousForm("Exponential", [| struct ("rate", rate) |])
    override _.LogDensity x = within (Real.Less(x, Real 0.0)) (fun () -> Real.Log rate - rate * x)
    override _.Sample key = -(SpecialValues.log1p -(key.Uniform())) / rate
    override _.Mean = 1.0 / rate
    override _.Variance = 1.0 / (rate * rate)
    override _.Entropy = 1.0 - Real.Log rate

/// <summary>exp(-|x - location| / scale) / (2 scale).</summary>
[<Sealed>]
type internal LaplaceForm(location: Real, scale: Real) =
    inherit ContinuousForm("Laplace", [| struct ("location", location); struct ("scale", scale) |])
    let entropyLess1 = Real.Log scale + Math.Log 2.0
    override _.LogDensity x = -(Real.Abs(x - location) / scale) - entropyLess1

    override _.Sample key =
        let u = key.Uniform()
        location + scale * (if u < 0.5 then Math.Log(2.0 * u) else -(Math.Log(2.0 * (1.0 - u))))

    override _.Mean = location
    override _.Variance = 2.0 * (scale * scale)
    override _.Entropy = 1.0 + entropyLess1

/// <summary>1 / (high - low) for low &lt;= x &lt;= high.</summary>
[<Sealed>]
type internal UniformForm(low: Real, high: Real) =
    inherit ContinuousForm("Uniform", [| struct ("low", low); struct ("high", high) |])
    let width = high - low

    /// The width may be more than the largest double.
    let logWidth () =
        choose (Real.Equal(width, Real infinity)) (fun () -> Real.Log(0.5 * high - 0.5 * low) + Math.Log 2.0) (fun () -> Real.Log width)

    override _.LogDensity x = within (either (Real.Less(x, low)) (Real.Less(high, x))) (fun () -> x.Bottom * 0.0 - logWidth ())

    override _.Sample key =
        let u = key.Uniform()
        low * (1.0 - u) + high * u

    override _.Mean = 0.5 * low + 0.5 * high
    override _.Variance = width * (width / 12.0)
    override _.Entropy = logWidth ()

/// <summary>
/// rate^shape x^(shape - 1) exp(-rate x) / Gamma(shape) for x >= 0. Value and derivatives come from different forms of it
/// (Density.valueOf).
/// </summary>
[<Sealed>]
type internal GammaForm(shape: Real, rate: Real) =
    inherit ContinuousForm("Gamma", [| struct ("shape", shape); struct ("rate", rate) |])

    let least = Real.Less(shape, Real 3.0)

    /// Tells whether the mean rate x has left the normal doubles, with its digits.
    let isFar (mean: Real) = either (Real.Less(mean, Real 1e-300)) (Real.Equal(mean, Real infinity))

    /// log (rate x), a sum of two logarithms where rate x is beyond the doubles. (They hardly cancel there.)
    let logMean (rate: Real) (x: Real) : Real =
        let mean = rate * x
        choose (isFar mean) (fun () -> Real.Log rate + Real.Log x) (fun () -> Real.Log mean)

    /// For derivatives: logarithms of rate, x and a large shape are taken relative to these numbers themselves, as constants, and so is
    /// rate x; all of them are 0. All that large terms leave in the derivative in shape is one logarithm of the ratio of the mean rate x
    /// and the shape.
    let written (x: Real) : Real =
        let own, ownRate, ownX = shape.Bottom, rate.Bottom, x.Bottom
        let mean = ownRate * ownX
        let excess =
            choose least (fun () -> logMean ownRate ownX) (fun () ->
                choose (isFar mean) (fun () -> logMean ownRate ownX - Real.Log own) (fun () -> logRatio mean own))
        let large () = deviance shape own + binet shape - 0.5 * Real.Log shape
        let ofShape = choose least (fun () -> Special.logGamma shape) large
        let ofMean = (rate - ownRate) * x + ownRate * (x - ownX)
        shape * (logRatio rate ownRate + excess) + (shape - 1.0) * logRatio x ownX - ofMean - ofShape

    /// For values: that of a Poisson density at the count shape and the mean rate x, up to simple terms, where shape is large (Loader,
    /// "Fast and accurate computation of binomial probabilities", 2000); else, and where rate x is beyond the doubles, as it is written.
    let saddle (shape: Real) (rate: Real) (x: Real) : Real =
        let mean = rate * x
        let powers () = (shape - 1.0) * logMean rate x + Real.Log rate
        choose (either least (isFar mean)) (fun () -> powers () - mean - Special.logGamma shape) (fun () ->
            0.5 * Real.Log shape - halfLogTau - binet shape - Real.Log x - deviance shape mean)

    /// log of a sample at rate 1 divided by the shape. Its slope is the implicit one (GammaSlope.fs), not that of the algorithm.
    static member LogRatio(shape: Real, key: RandomKey) : Real =
        AD.custom "gammaSample" (GammaSampler.logRatio key) (fun shape r -> Real.Binary(GammaSampleSlope 0, shape, r)) shape

    override _.LogDensity x =
        let atZero () = shape * Real.Log rate + Exponentials.xLogY (shape - 1.0) x - rate * x - Special.logGamma shape
        within (either (Real.Less(x, Real 0.0)) (Real.Equal(x, Real infinity))) (fun () ->
            choose (Real.Equal(x, Real 0.0)) atZero (fun () -> valueOf (saddle shape.Bottom rate.Bottom x.Bottom) (written x)))

    override _.Sample key = shape * Real.Exp(GammaForm.LogRatio(shape, key)) / rate
    override _.Mean = shape / rate
    override _.Variance = shape / rate / rate

    // log Gamma and digamma by Stirling's formula, so that nothing cancels for large shapes
    override _.Entropy =
        let rest = binet shape + (1.0 - shape) * binetSlope shape
        0.5 * Real.Log shape - Real.Log rate + (halfLogTau + 0.5) + (rest - 0.5 / shape)

/// <summary>x^(a - 1) (1 - x)^(b - 1) / B(a, b) for 0 &lt;= x &lt;= 1.</summary>
[<Sealed>]
type internal BetaForm(a: Real, b: Real) =
    inherit ContinuousForm("Beta", [| struct ("a", a); struct ("b", b) |])
    let sum = a + b

    /// As it is written: its derivatives are accurate, and so is its value for small a or b.
    let written (x: Real) : Real =
        // in terms of log(1 - x) where 1 - x is rounded; a factor of 0 wins over an infinite logarithm
        let high = b - 1.0
        let isLow = Real.Less(x, Real 0.5)
        let ofHigh = choose isLow (fun () -> high * log1m x) (fun () -> Exponentials.xLogY high (1.0 - x))
        Exponentials.xLogY (a - 1.0) x + ofHigh - Special.logBeta a b

    /// The deviances of a and b from (a + b) x and (a + b) (1 - x), for values alone.
    let saddle (a: Real) (b: Real) (x: Real) : Real =
        let sum = a + b
        let roots = 0.5 * (Real.Log a + Real.Log b - Real.Log sum) - halfLogTau
        let rests = binet sum - binet a - binet b
        let deviances = deviance a (sum * x) + deviance b (sum * (1.0 - x))
        roots + rests - deviances - (Real.Log x + log1m x)

    override _.LogDensity x =
        let isSmall = either (Real.Less(a, Real 3.0)) (Real.Less(b, Real 3.0))
        let isEnd = either (Real.Equal(x, Real 0.0)) (Real.Equal(x, Real 1.0))
        within (either (Real.Less(x, Real 0.0)) (Real.Less(Real 1.0, x))) (fun () ->
            let written = written x
            choose (either isSmall isEnd) (fun () -> written) (fun () -> valueOf (saddle a.Bottom b.Bottom x.Bottom) written))

    override _.Sample key =
        let struct (first, second) = key.Split()
        let logarithm (shape: Real) key = Real.Log shape + GammaForm.LogRatio(shape, key)
        Real.Binary(Exponentials.LogisticShare(), logarithm a first, logarithm b second)

    override _.Mean = a / sum
    override _.Variance = (a / sum) * (b / sum) / (sum + 1.0)

    // the logarithm of the beta function and the digammas by Stirling's formula
    override _.Entropy =
        let part (a: Real) = (a - 1.0) * (0.5 / a - 0.5 / sum + (binetSlope sum - binetSlope a))
        let roots = 0.5 * (Real.Log a + Real.Log b - 3.0 * Real.Log sum) + halfLogTau
        roots + (binet a + binet b - binet sum) + part a + part b

/// <summary>
/// Gamma((f + 1) / 2) / (Gamma(f / 2) sqrt(pi f) scale) (1 + z^2 / f)^(-(f + 1) / 2) for z = (x - location) / scale and the freedom f. With
/// h = f / 2 the ratio of gammas is Binet's functions and h log(1 + 1 / (2 h)), in which nothing cancels for large h.
/// </summary>
[<Sealed>]
type internal StudentTForm(freedom: Real, location: Real, scale: Real) =
    inherit ContinuousForm("StudentT", [| struct ("freedom", freedom); struct ("location", location); struct ("scale", scale) |])
    let half = 0.5 * freedom

    /// log(Gamma(h + 1/2) / (Gamma(h) sqrt h)) for h = f / 2
    let gammas = binet (half + 0.5) - binet half + (scaledLogP1 half (Real 0.5) - 0.5)

    override _.LogDensity x =
        let distance, root = x - location, Real.Sqrt freedom
        let z = distance / scale
        let ratio = z / root
        // scale sqrt(1 + z^2 / f): its logarithm has no slope in scale for large z, where those of two logarithms would cancel. There it is
        // taken relative to the distance as a constant, so that products of its slopes stay within the doubles.
        let hypotenuse =
            choose (Real.Less(Real.Abs ratio, Real 1.0)) (fun () -> Real.Log scale + 0.5 * Real.LogP1(ratio * ratio)) (fun () ->
                let own = Real.Abs distance.Bottom
                Real.Log own - Real.Log root + Real.Log(Real.Hypot(scale / own * root, distance / own)))
        // f / 2 log(1 + z^2 / f); beyond sqrt f scales by that logarithm, whose parts in x and in scale do not cancel in derivatives
        let power =
            choose (Real.Less(Real.Abs ratio, Real 1.0)) (fun () -> scaledLogP1 half (0.5 * (z * z))) (fun () ->
                let difference = hypotenuse - Real.Log scale
                freedom
                * choose (Real.Equal(Real.Abs ratio, Real infinity)) (fun () -> difference) (fun () ->
                    valueOf (Real.Log(Real.Hypot(Real 1.0, ratio))) difference))
        gammas - halfLogTau - power - hypotenuse

    override _.Sample key =
        let struct (normal, gamma) = key.Split()
        location + scale * (normal.Normal() * Real.Exp(-0.5 * GammaForm.LogRatio(half, gamma)))

    override _.Mean = choose (Real.Less(Real 1.0, freedom)) (fun () -> location) (fun () -> Real nan)

    override _.Variance =
        choose (Real.Less(Real 2.0, freedom)) (fun () -> scale * scale * (freedom / (freedom - 2.0))) (fun () ->
            choose (Real.Less(Real 1.0, freedom)) (fun () -> Real infinity) (fun () -> Real nan))

    override _.Entropy = (half + 0.5) * digammaDifference half (Real 0.5) - gammas + halfLogTau + Real.Log scale
