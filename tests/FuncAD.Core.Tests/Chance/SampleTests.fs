/// Samples have the distribution that they are said to have, and derivatives pass through them.
module FuncAD.Tests.SampleTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Significance
open MathNet.Numerics.Distributions

let private key (name: string) : RandomKey = name |> Seq.fold (fun (key: RandomKey) letter -> key.Fold(int64 letter)) (RandomKey.Of seed)

// ---- Distribution tests ----

/// The chance that any of the comparisons below fails although the samples are right is at most this.
let private errorRate = 1e-9

/// The number of comparisons of the list, which share the error rate.
let private comparisons = 400.0

let private count = 20000

/// The greatest distance of the empirical distribution function from F that n samples keep except with the share of the error rate: it exceeds d with
/// probability at most 2 exp(-2 n d^2), whatever F is (Dvoretzky, Kiefer and Wolfowitz 1956 with the constant of Massart 1990).
let private greatestDistance (n: int) = Math.Sqrt(Math.Log(2.0 * comparisons / errorRate) / (2.0 * float n))

/// F of sorted samples against an exact one; to the left of each sample too, where F jumps.
let private expectDistribution (name: string) (samples: float[]) (cdf: float -> float) =
    let sorted = Array.sort samples
    let n = float sorted.Length
    let mutable distance = 0.0
    sorted
    |> Array.iteri (fun i x ->
        // of equal samples the last one has the empirical function's value
        if i = sorted.Length - 1 || sorted[i + 1] > x then distance <- max distance (abs (float (i + 1) / n - cdf x))
        if i = 0 || sorted[i - 1] < x then distance <- max distance (abs (float i / n - cdf (Math.BitDecrement x))))
    let bound = greatestDistance sorted.Length
    if not (distance <= bound) then
        failtest $"{name}: the distribution function is off by {distance}, allowed {bound} (key {key name})"

let private samplesOf (name: string) (distribution: Distribution) : float[] = distribution.Sample(key name, count) |> Array.map _.Value

let private R = Real

/// MathNet's is 0 below 1e-15, where small shapes have a good part of their mass.
let private gammaCdf (shape: float) (x: float) : float =
    if x <= 0.0 then 0.0
    elif x < 1e-13 then Math.Exp(shape * Math.Log x - SpecialValues.logGamma (shape + 1.0))
    else Gamma.CDF(shape, 1.0, x)

let private continuous: (string * Distribution * (float -> float)) list =
    let normal mean deviation x = SpecialValues.normalCdf ((x - mean) / deviation)
    [ "Normal", Distribution.Normal(R 0.0, R 1.0), normal 0.0 1.0
      "Normal, moved", Distribution.Normal(R -3.0, R 0.1), normal -3.0 0.1
      "LogNormal", Distribution.LogNormal(R 0.5, R 2.0), (fun x -> if x <= 0.0 then 0.0 else normal 0.5 2.0 (Math.Log x))
      "Exponential", Distribution.Exponential(R 2.5), (fun x -> if x < 0.0 then 0.0 else -(SpecialValues.expm1 (-2.5 * x)))
      "Laplace",
      Distribution.Laplace(R 1.0, R 0.5),
      (fun x ->
          let z = (x - 1.0) / 0.5
          if z < 0.0 then 0.5 * Math.Exp z else 1.0 - 0.5 * Math.Exp -z)
      "Uniform", Distribution.Uniform(R -2.0, R 5.0), (fun x -> max 0.0 (min 1.0 ((x + 2.0) / 7.0)))
      for shape in [ 0.1; 0.5; 1.0; 1.5; 3.0; 40.0; 1e4 ] do
          $"Gamma({shape})", Distribution.Gamma(R shape, R 2.0), (fun x -> gammaCdf shape (2.0 * x))
      for a, b in [ 0.5, 0.5; 1.0, 1.0; 2.0, 5.0; 0.1, 3.0; 300.0, 500.0 ] do
          $"Beta({a}, {b})", Distribution.Beta(R a, R b), (fun x -> Beta.CDF(a, b, max 0.0 (min 1.0 x)))
      for freedom in [ 0.7; 1.0; 3.0; 50.0 ] do
          $"StudentT({freedom})", Distribution.StudentT(R freedom, R 1.0, R 3.0), (fun x -> StudentT.CDF(1.0, 3.0, freedom, x)) ]

/// The whole distributions up to an outcome beyond which hardly anything is: the last number.
let private discrete: (string * Distribution * int) list =
    [ "Bernoulli", Distribution.Bernoulli(R 0.3), 1
      "BernoulliLogit", Distribution.BernoulliLogit(R -1.5), 1
      "Binomial", Distribution.Binomial(R 20.0, R 0.3), 20
      "Categorical", Distribution.Categorical([| R 0.1; R 0.0; R 0.6; R 0.3 |]), 3
      "CategoricalLogits", Distribution.CategoricalLogits([| R 0.0; R 2.0; R -infinity; R 1.0 |]), 3
      "Geometric", Distribution.Geometric(R 0.2), 200
      "Poisson", Distribution.Poisson(R 3.5), 60
      "Poisson, large", Distribution.Poisson(R 400.0), 900 ]

/// A share of outcomes that is more than this relative entropy away from the probability p has a chance of at most 2 exp(-n KL) (Chernoff's bound), whatever
/// n and p are.
let private relativeEntropy (share: float) (p: float) : float =
    let term (a: float) (b: float) = if a = 0.0 then 0.0 else a * Math.Log(a / b)
    term share p + term (1.0 - share) (1.0 - p)

let private distributions =
    testList
        "have their distribution"
        [ for name, distribution, cdf in continuous do
              testCase name (fun () -> expectDistribution name (samplesOf name distribution) cdf)

          for name, distribution, last in discrete do
              testCase name (fun () ->
                  let samples = samplesOf name distribution
                  let p = Array.init (last + 1) (fun k -> Math.Exp (distribution.LogDensity(R(float k))).Value)
                  expectWithin 1e-12 1.0 (Array.sum p) $"{name}: the probabilities sum to 1"
                  let sums = Array.scan (+) 0.0 p
                  expectDistribution name samples (fun x -> if x < 0.0 then 0.0 else sums[min (last + 1) (int x + 1)])
                  let bound = Math.Log(2.0 * comparisons / errorRate * float (last + 1)) / float count
                  for k in 0..last do
                      let share = float (samples |> Array.filter (fun x -> x = float k) |> Array.length) / float count
                      if p[k] = 0.0 then
                          expectEqual 0.0 share $"{name}: {k} cannot be"
                      elif not (relativeEntropy share p[k] <= bound) then
                          failtest $"{name}: the share of {k} is {share}, its probability {p[k]} (key {key name})")

          testCase "tiny shapes, whose samples are below the doubles: log z has its distribution" (fun () ->
              // P(z <= e^t) is e^(a t) / Gamma(a + 1) for small a and z, up to a relative error of z
              let shape = 1e-3
              let samples = (key "tiny").Split count |> Array.map (fun key -> GammaSampler.logRatio key shape + Math.Log shape)
              Expect.isGreaterThan (samples |> Array.filter (fun x -> x < -800.0) |> Array.length) (count / 4) "below the doubles"
              expectDistribution "log of Gamma(0.001)" samples (fun t ->
                  if t < -30.0 then Math.Exp(shape * t - SpecialValues.logGamma (shape + 1.0)) else gammaCdf shape (Math.Exp t)))

          testCase "mirrored keys mirror what is a quantile" (fun () ->
              let key = key "mirror"
              for name, distribution in
                  [ "Normal", Distribution.Normal(R 0.0, R 2.0)
                    "Laplace", Distribution.Laplace(R 0.0, R 0.3)
                    "Uniform", Distribution.Uniform(R -1.0, R 1.0) ] do
                  let x, mirrored = (distribution.Sample key).Value, (distribution.Sample key.Mirrored).Value
                  expectWithin (4.0 * u * abs x + 2.0 * u) -x mirrored name)

          testCase "the same key gives the same sample, other keys other ones" (fun () ->
              for name, distribution, _ in continuous do
                  let key = key name
                  expectSame (distribution.Sample key).Value (distribution.Sample key).Value name
                  let samples = distribution.Sample(key, 5) |> Array.map _.Value
                  Expect.equal samples (key.Split 5 |> Array.map (fun key -> (distribution.Sample key).Value)) name
                  Expect.equal (Array.distinct samples) samples $"{name}: different") ]

// ---- Derivatives through samples ----

let private sampled: (string * (Real[] -> Distribution) * float[]) list =
    [ "Normal", (fun p -> Distribution.Normal(p[0], p[1])), [| 0.3; 1.2 |]
      "LogNormal", (fun p -> Distribution.LogNormal(p[0], p[1])), [| 0.1; 0.4 |]
      "Exponential", (fun p -> Distribution.Exponential p[0]), [| 1.7 |]
      "Laplace", (fun p -> Distribution.Laplace(p[0], p[1])), [| -0.2; 0.8 |]
      "Uniform", (fun p -> Distribution.Uniform(p[0], p[1])), [| -0.5; 1.5 |]
      for shape in [ 0.3; 1.0; 2.5; 60.0; 2000.0 ] do
          $"Gamma({shape})", (fun p -> Distribution.Gamma(p[0], p[1])), [| shape; 1.5 |]
      for a, b in [ 0.5, 0.7; 2.0, 3.0; 40.0, 7.0 ] do
          $"Beta({a}, {b})", (fun p -> Distribution.Beta(p[0], p[1])), [| a; b |]
      for freedom in [ 1.5; 4.0; 30.0 ] do
          $"StudentT({freedom})", (fun p -> Distribution.StudentT(p[0], p[1], p[2])), [| freedom; 0.4; 1.3 |] ]

/// Bounded and smooth, of samples measured by the distribution's own width.
let private tests': (string * (Real -> Real)) list =
    [ "tanh", Real.Tanh; "gaussian", (fun x -> Real.Exp(-(x * x))); "1 / (1 + x^2)", (fun x -> 1.0 / (1.0 + x * x)) ]

/// How far a sample moves with a parameter, in widths: the root of the mean square of dx/dp is that of dmean/dp and dwidth/dp where x is mean + width z, and
/// about that elsewhere. Functions of x / width with slopes of 1 at most have no greater deviation of their derivative, however large it is beside its mean
/// (44 widths of a gamma distribution of the shape 2000 are its mean, which moves with the rate). 0 where there are no moments.
let private movement (make: Real[] -> Distribution) (p: float[]) (index: int) : float =
    let slope (moment: Distribution -> Real) =
        let gradient = AD.grad (fun p -> moment (make p)) (reals p)
        gradient[index].Value
    let own = make (reals p)
    let width = Math.Sqrt own.Variance.Value
    if Double.IsFinite width then
        let ofMean, ofWidth = slope (fun d -> d.Mean), slope (fun d -> Real.Sqrt d.Variance)
        Math.Sqrt(ofMean * ofMean + ofWidth * ofWidth) / width
    else
        0.0

let private gradients =
    testList
        "pass derivatives"
        [ for name, make, p in sampled do
              let own = make (reals p)
              let integral = Integral.integral (Integral.support own)
              let width = if Double.IsFinite own.Variance.Value then Math.Sqrt own.Variance.Value else 1.0
              let centre = if Double.IsFinite own.Mean.Value then own.Mean.Value else 0.0
              for testName, g in tests' do
                  // the distribution's own scale, as constants: otherwise g would be flat
                  let g (x: Real) = g ((x - centre) / width)
                  testCase $"{name}, {testName}: the mean derivative of g(sample) is that of the expectation" (fun () ->
                      let density (x: float) = Math.Exp (own.LogDensity(R x)).Value
                      let keys = (key (name + testName)).Split 4000
                      let draws = keys |> Array.map (fun key -> AD.grad (fun p -> g ((make p).Sample key)) (reals p) |> values)
                      for i in 0 .. p.Length - 1 do
                          // d/dp E g(x) is the integral of g(x) times the derivative of the density, which does not go through samples
                          let score (x: float) =
                              let g = AD.grad (fun p -> (make p).LogDensity(R x)) (reals p)
                              g[i].Value
                          let expected =
                              if name.StartsWith "Uniform" then
                                  // the bounds move
                                  let at (x: float) = (g (R x)).Value
                                  let mean = integral (fun x -> at x * density x)
                                  (if i = 0 then mean - at p[0] else at p[1] - mean) / (p[1] - p[0])
                              else
                                  integral (fun x -> (g (R x)).Value * density x * score x)
                          let column = draws |> Array.map (fun draw -> draw[i])
                          let what = $"{name}, {testName}, parameter {i} (key {key (name + testName)})"
                          let estimate = estimateOf column
                          // some digits are lost by the integral
                          expectEstimateWithin 1e-12 expected estimate what
                          Expect.isLessThan
                              estimate.StandardError
                              (max (0.1 * max (abs expected) 0.1) (movement make p i / Math.Sqrt(float column.Length)))
                              $"{what}: the error is small enough to tell")

          // E z, E log z and E e^-z of a gamma distribution are shape, digamma(shape) and 2^-shape: the derivative by the implicit slope is integrated over
          // the density without any sampling
          for shape in [ 0.05; 0.5; 1.0; 2.0; 2.5; 30.0; 300.0; 1500.0 ] do
              testCase $"implicit slopes at the shape {shape} integrate to the derivatives of expectations" (fun () ->
                  let own = Distribution.Gamma(R shape, R 1.0)
                  // dlog(z)/dshape at z
                  let slope (z: float) = (GammaSampleSlope 0 :> IBinary).Value(shape, Math.Log z - Math.Log shape) + 1.0 / shape
                  let mean (weight: float -> float) =
                      Integral.integral [ Integral.HalfLine(0.0, 1.0) ] (fun z ->
                          let density = Math.Exp (own.LogDensity(R z)).Value
                          if density > 1e-290 && z > 1e-290 then density * weight z else 0.0)
                  // what of the mass lies below 1e-290 is missing: 1e-290^shape, 3e-15 for the least shape
                  let tolerance = 1e-11
                  expectWithin tolerance 1.0 (mean (fun z -> z * slope z)) "E z"
                  let trigamma = SpecialValues.polygamma 1 shape
                  if shape > 0.2 then expectWithin (tolerance * trigamma) trigamma (mean slope) "E log z"
                  expectWithin
                      tolerance
                      (-(Math.Log 2.0) * Math.Exp(-shape * Math.Log 2.0))
                      (mean (fun z -> -z * slope z * Math.Exp -z))
                      "E e^-z")

          testCase "second derivatives through samples: in every nesting, and their mean" (fun () ->
              for name, make, p in sampled do
                  let f (key: RandomKey) (p: Real[]) = Real.Tanh((make p).Sample key)
                  let keys = (key name).Split 20
                  for key in keys do
                      let h = AD.hessian (f key) (reals p)
                      for i in 0 .. p.Length - 1 do
                          let direction = Array.init p.Length (fun j -> real (if i = j then 1.0 else 0.0))
                          let expected = Array.init p.Length (fun j -> h[i, j].Value)
                          let check (mode: string) (row: Real[]) =
                              Array.iter2
                                  (fun e (a: Real) -> expectWithin (1e-9 * (1e-12 + Array.sumBy abs expected)) e a.Value $"{name}, {mode}")
                                  expected
                                  row
                          check "forward over reverse" (snd (AD.jvp (AD.grad (f key)) (reals p) direction))
                          check "reverse over reverse" (AD.grad (fun p -> (AD.grad (f key) p)[i]) (reals p))
                          check "reverse over forward" (AD.grad (fun p -> snd (AD.jvp (f key) p direction)) (reals p))
              // d^2/dshape^2 E e^-z = (log 2)^2 2^-shape
              let shape = 1.3
              let second = key "second"
              let keys = second.Split 20000
              let seconds =
                  keys
                  |> Array.map (fun key ->
                      (AD.diffn 2 (fun shape -> Real.Exp(-(Distribution.Gamma(shape, R 1.0).Sample key))) (R shape)).Value)
              let estimate = estimateOf seconds
              let log2 = Math.Log 2.0
              expectEstimate (log2 * log2 * Math.Exp(-shape * log2)) estimate $"E (key {second})"
              Expect.isLessThan estimate.StandardError 0.01 "the error is small enough to tell")

          testCase "compiled, a sample is that of the key, for all parameters" (fun () ->
              for name, make, p in sampled do
                  let key = key name
                  let f (p: Real[]) = (make p).Sample key
                  let compiled = AD.compile (AD.valueAndGrad f) (reals p)
                  for factor in [ 1.0; 1.25; 0.5 ] do
                      let p = p |> Array.map (fun x -> R(x * factor))
                      let y, g = AD.valueAndGrad f p
                      let compiledY, compiledG = compiled.Invoke p
                      expectSame y.Value compiledY.Value name
                      Array.iter2 (fun (a: Real) (b: Real) -> expectClose 8.0 a.Value b.Value $"{name}, gradient") g compiledG)

          testCase "samples of discrete distributions are constants, also when compiled" (fun () ->
              for name, distribution, _ in discrete do
                  Expect.isFalse distribution.IsReparameterised name
              let key = key "constant"
              let f (p: Real) =
                  Distribution.Bernoulli(p).Sample key + Distribution.Poisson(10.0 * p).Sample key + Distribution.Geometric(p).Sample key
              expectSame 0.0 (AD.diff f (R 0.3)).Value "forward"
              expectSame 0.0 (AD.grad f (R 0.3)).Value "reverse"
              let compiled = AD.compile f (R 0.3)
              for p in [ 0.3; 0.1; 0.9 ] do
                  expectSame (f (R p)).Value (compiled.Invoke(R p)).Value $"compiled, {p}"
              let categorical (p: Real[]) = Distribution.CategoricalLogits(p).Sample key
              let compiled = AD.compile categorical (reals [| 0.0; 1.0; 0.5 |])
              for p in [ [| 0.0; 1.0; 0.5 |]; [| 9.0; 0.0; 0.0 |]; [| 0.0; 0.0; 9.0 |] ] do
                  expectSame (categorical (reals p)).Value (compiled.Invoke(reals p)).Value "compiled, categorical") ]

[<Tests>]
let tests = testList "samples" [ distributions; gradients ]
