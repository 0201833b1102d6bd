/// Conventions of distributions: supports and their bounds, what cannot be, moments and entropies, text, and the multivariate normal.
module FuncAD.Tests.DistributionTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private R = Real
let private inf = infinity

let private continuous: (string * Distribution) list =
    [ "Normal", Distribution.Normal(R 0.3, R 2.0)
      "LogNormal", Distribution.LogNormal(R 0.1, R 0.3)
      "Exponential", Distribution.Exponential(R 2.0)
      "Gamma", Distribution.Gamma(R 2.5, R 3.0)
      "Beta", Distribution.Beta(R 2.5, R 4.0)
      "StudentT", Distribution.StudentT(R 5.5, R 1.0, R 0.5)
      "Laplace", Distribution.Laplace(R -1.0, R 0.7)
      "Uniform", Distribution.Uniform(R -1.0, R 3.0) ]

let private discrete: (string * Distribution) list =
    [ "Bernoulli", Distribution.Bernoulli(R 0.3)
      "BernoulliLogit", Distribution.BernoulliLogit(R 0.4)
      "Binomial", Distribution.Binomial(R 12.0, R 0.3)
      "Categorical", Distribution.Categorical([| R 0.2; R 0.5; R 0.3 |])
      "CategoricalLogits", Distribution.CategoricalLogits([| R 0.2; R 0.5; R -0.3 |])
      "Geometric", Distribution.Geometric(R 0.4)
      "Poisson", Distribution.Poisson(R 2.5) ]

/// Value and slope in x, by both modes, at a point where they are known.
let private expectAt (what: string) (distribution: Distribution) (x: float) (value: float) (slope: float) =
    expectWithin 1e-15 value (distribution.LogDensity(R x)).Value $"{what} at {text x}"
    expectWithin 1e-15 slope (AD.diff distribution.LogDensity (R x)).Value $"{what}, slope at {text x}"
    expectWithin 1e-15 slope (AD.grad distribution.LogDensity (R x)).Value $"{what}, slope at {text x}, reverse"

let private supports =
    testList
        "supports"
        [ testCase "outside: -infinity, with slopes of 0 in x and in the parameters" (fun () ->
              let outside: (string * (Real[] -> Distribution) * float[] * float list) list =
                  [ "LogNormal", (fun p -> Distribution.LogNormal(p[0], p[1])), [| 0.1; 1.0 |], [ 0.0; -0.0; -1.0; -inf ]
                    "Exponential", (fun p -> Distribution.Exponential p[0]), [| 2.0 |], [ -1e-300; -1.0; -inf ]
                    "Gamma", (fun p -> Distribution.Gamma(p[0], p[1])), [| 2.0; 3.0 |], [ -1e-300; -1.0; -inf ]
                    "Beta", (fun p -> Distribution.Beta(p[0], p[1])), [| 2.0; 3.0 |], [ -1e-300; -1.0; 1.0000000000000002; inf ]
                    "Uniform",
                    (fun p -> Distribution.Uniform(p[0], p[1])),
                    [| 2.0; 3.0 |],
                    [ 1.9999999999999998; 3.0000000000000004; -inf; inf ]
                    "Bernoulli", (fun p -> Distribution.Bernoulli p[0]), [| 0.3 |], [ -1.0; 2.0; 0.5; 1e300; inf ]
                    "BernoulliLogit", (fun p -> Distribution.BernoulliLogit p[0]), [| 0.3 |], [ -1.0; 2.0; 0.5; inf ]
                    "Binomial", (fun p -> Distribution.Binomial(R 5.0, p[0])), [| 0.3 |], [ -1.0; 6.0; 2.5; inf ]
                    "Categorical", (fun p -> Distribution.Categorical p), [| 0.3; 0.7 |], [ -1.0; 2.0; 0.5; 1e300; inf ]
                    "CategoricalLogits", (fun p -> Distribution.CategoricalLogits p), [| 0.3; 0.7 |], [ -1.0; 2.0; 0.5; 1e300; inf ]
                    "Geometric", (fun p -> Distribution.Geometric p[0]), [| 0.3 |], [ -1.0; 0.5 ]
                    "Poisson", (fun p -> Distribution.Poisson p[0]), [| 0.3 |], [ -1.0; 0.5 ] ]
              for name, make, p, points in outside do
                  for x in points do
                      let f (v: Real[]) = (make v[1..]).LogDensity v[0]
                      let v = Array.append [| R x |] (reals p)
                      let what = $"{name} at {text x}"
                      expectSame -inf (f v).Value what
                      for g in AD.grad f v do
                          expectSame 0.0 g.Value $"{what}, reverse"
                      expectSame 0.0 (snd (AD.jvp f v (Array.map (fun _ -> R 1.0) v))).Value $"{what}, forward"
                      for h in Seq.cast<Real>(AD.hessian f v) do
                          expectSame 0.0 h.Value $"{what}, Hessian"
                      // from a program that was traced inside
                      let inside =
                          Array.append
                              [| R(
                                     if name = "Uniform" then 2.5
                                     elif p.Length > 1 && name <> "Categorical" && name <> "CategoricalLogits" then 0.5
                                     else 1.0
                                 ) |]
                              (reals p)
                      let compiled = AD.compile (AD.valueAndGrad f) inside
                      let y, g = compiled.Invoke v
                      expectSame -inf y.Value $"{what}, compiled"
                      for g in g do
                          expectEqual 0.0 g.Value $"{what}, compiled gradient")

          testCase "bounds belong to the support, with the limits from inside" (fun () ->
              expectAt "Exponential" (Distribution.Exponential(R 2.0)) 0.0 (Math.Log 2.0) -2.0
              expectAt "Gamma(1)" (Distribution.Gamma(R 1.0, R 2.0)) 0.0 (Math.Log 2.0) -2.0
              expectAt "Gamma(2)" (Distribution.Gamma(R 2.0, R 2.0)) 0.0 -inf inf
              expectAt "Gamma(1/2)" (Distribution.Gamma(R 0.5, R 2.0)) 0.0 inf -inf
              // where rate x is beyond the doubles, so is the result, but not its slopes: (shape - 1) / x - rate, and log(rate x) - digamma(shape)
              for shape in [ 0.5; 1.0; 2.0; 3.0; 5.0; 1e6 ] do
                  let f (v: Real[]) = Distribution.Gamma(v[0], v[1]).LogDensity v[2]
                  let v = reals [| shape; 10.0; 1e308 |]
                  let expected = [| Math.Log 10.0 + Math.Log 1e308 - SpecialValues.digamma shape; shape / 10.0 - 1e308; -10.0 |]
                  for mode, f in
                      [ "reverse", AD.valueAndGrad f; "compiled", (AD.compile (AD.valueAndGrad f) (reals [| 3.0; 1.0; 1.0 |])).Invoke ] do
                      let y, g = f v
                      expectSame -inf y.Value $"Gamma({shape}, 10) at 1e308, {mode}"
                      Array.iter2 (fun e (a: Real) -> expectClose 8.0 e a.Value $"Gamma({shape}, 10) at 1e308, slopes, {mode}") expected g
                  let series = AD.taylor 1 (fun x -> Distribution.Gamma(R shape, R 10.0).LogDensity x) (R 1e308)
                  expectClose 8.0 -10.0 series[1].Value "by series"
              expectAt "Beta(1, 1)" (Distribution.Beta(R 1.0, R 1.0)) 0.0 0.0 0.0
              expectAt "Beta(1, 1)" (Distribution.Beta(R 1.0, R 1.0)) 1.0 0.0 0.0
              expectAt "Beta(1, 3)" (Distribution.Beta(R 1.0, R 3.0)) 0.0 (Math.Log 3.0) -2.0
              expectAt "Beta(3, 1)" (Distribution.Beta(R 3.0, R 1.0)) 1.0 (Math.Log 3.0) 2.0
              expectAt "Beta(2, 3)" (Distribution.Beta(R 2.0, R 3.0)) 0.0 -inf inf
              expectAt "Beta(200, 3000)" (Distribution.Beta(R 200.0, R 3000.0)) 0.0 -inf inf
              expectAt "Beta(200, 3000)" (Distribution.Beta(R 200.0, R 3000.0)) 1.0 -inf -inf
              expectAt "Beta(1/2, 1/2)" (Distribution.Beta(R 0.5, R 0.5)) 1.0 inf inf
              expectAt "Uniform" (Distribution.Uniform(R 1.0, R 3.0)) 1.0 -(Math.Log 2.0) 0.0
              expectAt "Uniform" (Distribution.Uniform(R 1.0, R 3.0)) 3.0 -(Math.Log 2.0) 0.0
              expectAt "Laplace" (Distribution.Laplace(R 1.0, R 0.5)) 1.0 0.0 0.0)

          testCase "NaN is nowhere" (fun () ->
              for name, distribution in continuous @ discrete do
                  expectSame nan (distribution.LogDensity(R nan)).Value name
                  let compiled = AD.compile distribution.LogDensity (R 1.0)
                  expectSame nan (compiled.Invoke(R nan)).Value $"{name}, compiled")

          testCase "certain and impossible outcomes" (fun () ->
              let slopes (make: Real -> Distribution) (p: float) (x: float) =
                  (make (R p)).LogDensity(R x).Value, (AD.grad (fun p -> (make p).LogDensity(R x)) (R p)).Value
              let binomial (n: float) p = Distribution.Binomial(R n, p)
              Expect.equal (slopes Distribution.Bernoulli 0.0 0.0) (0.0, -1.0) "Bernoulli(0) at 0"
              Expect.equal (slopes Distribution.Bernoulli 0.0 1.0) (-inf, inf) "Bernoulli(0) at 1"
              Expect.equal (slopes Distribution.Bernoulli 1.0 1.0) (0.0, 1.0) "Bernoulli(1) at 1"
              Expect.equal (slopes Distribution.Bernoulli 1.0 0.0) (-inf, -inf) "Bernoulli(1) at 0"
              Expect.equal (slopes (binomial 5.0) 0.0 0.0) (0.0, -5.0) "Binomial(5, 0) at 0"
              Expect.equal (slopes (binomial 5.0) 1.0 5.0) (0.0, 5.0) "Binomial(5, 1) at 5"
              Expect.equal (slopes (binomial 5.0) 0.0 1.0) (-inf, inf) "Binomial(5, 0) at 1"
              Expect.equal (slopes (binomial 5.0) 1.0 4.0) (-inf, -inf) "Binomial(5, 1) at 4"
              Expect.equal (slopes (binomial 0.0) 0.3 0.0) (0.0, 0.0) "no trials"
              Expect.equal (slopes (binomial 0.0) 0.0 0.0) (0.0, 0.0) "no trials"
              Expect.equal (slopes (binomial 0.0) 1.0 0.0) (0.0, 0.0) "no trials"
              Expect.equal (slopes Distribution.Geometric 1.0 0.0) (0.0, 1.0) "Geometric(1) at 0"
              Expect.equal (slopes Distribution.Geometric 1.0 3.0) (-inf, -inf) "Geometric(1) at 3"
              Expect.equal (slopes Distribution.Poisson 0.0 0.0) (0.0, -1.0) "Poisson(0) at 0"
              Expect.equal (slopes Distribution.Poisson 0.0 2.0) (-inf, inf) "Poisson(0) at 2"
              let masked = Distribution.CategoricalLogits([| R 0.0; R -inf |])
              expectSame 0.0 (masked.LogDensity(R 0.0)).Value "the only outcome"
              expectSame -inf (masked.LogDensity(R 1.0)).Value "a masked outcome"
              let gradient = AD.grad (fun (l: Real[]) -> Distribution.CategoricalLogits(l).LogDensity(R 0.0)) [| R 0.0; R -inf |]
              Expect.equal (values gradient) [| 0.0; 0.0 |] "slopes beside a masked outcome")

          testCase "an outcome is data: no derivative passes through it" (fun () ->
              for name, distribution in discrete do
                  expectSame 0.0 (AD.diff distribution.LogDensity (R 1.0)).Value name
                  expectSame 0.0 (AD.grad distribution.LogDensity (R 1.0)).Value name
              expectSame 0.0 (AD.grad (fun n -> Distribution.Binomial(n, R 0.3).LogDensity(R 2.0)) (R 5.0)).Value "the n of Binomial") ]

// ---- What cannot be ----

let private refused<'E when 'E :> ArgumentException> (parameter: string) (parts: string list) (make: unit -> Distribution) =
    let e = thrown<'E>(fun () -> make () |> ignore)
    Expect.equal e.ParamName parameter e.Message
    expectMentions parts e.Message

let private refusals =
    testList
        "impossible parameters"
        [ testCase "are named with their values" (fun () ->
              let range = refused<ArgumentOutOfRangeException>
              for bad in [ 0.0; -1.0; nan; inf ] do
                  range "deviation" [ "Normal"; "deviation"; Parameters.text bad ] (fun () -> Distribution.Normal(R 0.0, R bad))
                  range "deviation" [ "LogNormal" ] (fun () -> Distribution.LogNormal(R 0.0, R bad))
                  range "rate" [ "Exponential" ] (fun () -> Distribution.Exponential(R bad))
                  range "shape" [ "Gamma" ] (fun () -> Distribution.Gamma(R bad, R 1.0))
                  range "rate" [ "Gamma" ] (fun () -> Distribution.Gamma(R 1.0, R bad))
                  range "a" [ "Beta" ] (fun () -> Distribution.Beta(R bad, R 1.0))
                  range "b" [ "Beta" ] (fun () -> Distribution.Beta(R 1.0, R bad))
                  range "freedom" [ "StudentT" ] (fun () -> Distribution.StudentT(R bad, R 0.0, R 1.0))
                  range "scale" [ "StudentT" ] (fun () -> Distribution.StudentT(R 1.0, R 0.0, R bad))
                  range "scale" [ "Laplace" ] (fun () -> Distribution.Laplace(R 0.0, R bad))
              for bad in [ nan; inf; -inf ] do
                  range "mean" [ "Normal"; "mean" ] (fun () -> Distribution.Normal(R bad, R 1.0))
                  range "location" [ "StudentT" ] (fun () -> Distribution.StudentT(R 1.0, R bad, R 1.0))
                  range "high" [ "Uniform" ] (fun () -> Distribution.Uniform(R 0.0, R bad))
              for bad in [ -1e-300; 1.0000000000000002; nan; inf ] do
                  range "p" [ "Bernoulli"; Parameters.text bad ] (fun () -> Distribution.Bernoulli(R bad))
                  range "p" [ "Binomial" ] (fun () -> Distribution.Binomial(R 2.0, R bad))
                  range "p" [ "Geometric" ] (fun () -> Distribution.Geometric(R bad))
              range "p" [ "Geometric"; "above 0" ] (fun () -> Distribution.Geometric(R 0.0))
              range "logit" [ "BernoulliLogit" ] (fun () -> Distribution.BernoulliLogit(R nan))
              for bad in [ -1.0; 2.5; nan; 1e17 ] do
                  range "n" [ "Binomial"; "whole" ] (fun () -> Distribution.Binomial(R bad, R 0.5))
              for bad in [ -1.0; nan; inf ] do
                  range "rate" [ "Poisson" ] (fun () -> Distribution.Poisson(R bad))
              refused<ArgumentException> "low" [ "Uniform"; "low = 2"; "high = 1" ] (fun () -> Distribution.Uniform(R 2.0, R 1.0))
              refused<ArgumentException> "low" [ "below" ] (fun () -> Distribution.Uniform(R 1.0, R 1.0)))

          testCase "probabilities" (fun () ->
              refused<ArgumentException> "p" [ "Categorical"; "empty" ] (fun () -> Distribution.Categorical([||]: Real[]))
              refused<ArgumentException> "p" [ "sum to 1"; "0.9" ] (fun () -> Distribution.Categorical([| R 0.5; R 0.4 |]))
              refused<ArgumentOutOfRangeException> "p[1]" [ "p[1]"; "-0.5" ] (fun () ->
                  Distribution.Categorical([| R 1.5 - 0.5; R -0.5 |]))
              refused<ArgumentException> "p" [ "vector" ] (fun () -> Distribution.Categorical(Tensor.ofRows [| [| 0.5; 0.5 |] |]))
              refused<ArgumentException> "logits" [ "empty" ] (fun () -> Distribution.CategoricalLogits([||]: Real[]))
              refused<ArgumentException> "logits" [ "-infinity" ] (fun () -> Distribution.CategoricalLogits([| R -inf; R -inf |]))
              refused<ArgumentOutOfRangeException> "logits[0]" [ "logits[0]" ] (fun () ->
                  Distribution.CategoricalLogits([| R nan; R 0.0 |]))
              refused<ArgumentNullException> "p" [] (fun () -> Distribution.Categorical(null: Real[]))
              refused<ArgumentNullException> "p" [] (fun () -> Distribution.Categorical(null: Tensor))
              // what people type, and what is computed, sums to 1 up to roundings
              for p in [ [| 0.1; 0.2; 0.7 |]; Array.create 3 (1.0 / 3.0); Array.create 1000 0.001; [| 1.0 |] ] do
                  Distribution.Categorical(reals p) |> ignore)

          testCase "in a compiled function the check is made in each run" (fun () ->
              let compiled = AD.compile (fun (s: Real) -> Distribution.Normal(R 0.0, s).LogDensity(R 1.0)) (R 2.0)
              expectSame (Distribution.Normal(R 0.0, R 3.0).LogDensity(R 1.0)).Value (compiled.Invoke(R 3.0)).Value "3"
              let e = thrown<ArgumentOutOfRangeException>(fun () -> compiled.Invoke(R -1.0) |> ignore)
              expectMentions [ "Normal"; "deviation"; "-1" ] e.Message)

          testCase "an entropy that has no closed formula" (fun () ->
              for distribution in [ Distribution.Poisson(R 2.0); Distribution.Binomial(R 3.0, R 0.5) ] do
                  expectMentions
                      [ distribution.Name; "LogDensity" ]
                      (thrown<NotSupportedException>(fun () -> distribution.Entropy |> ignore)).Message)

          testCase "samples that would be infinite, or have no neighbours" (fun () ->
              for p in [ 1e-310; 1e-300; 9e-15 ] do
                  refused<ArgumentOutOfRangeException> "p" [ "Geometric"; "1E-14"; Parameters.text p ] (fun () ->
                      Distribution.Geometric(R p).Sample(RandomKey.Of 1UL) |> ignore
                      Unchecked.defaultof<_>)
              Expect.isTrue (Double.IsFinite (Distribution.Geometric(R 1e-14).Sample(RandomKey.Of 1UL)).Value) "the least that is drawn"
              let compiled = AD.compile (fun (p: Real) -> p * Distribution.Geometric(p).Sample(RandomKey.Of 1UL)) (R 0.5)
              let e = thrown<ArgumentOutOfRangeException>(fun () -> compiled.Invoke(R 1e-310) |> ignore)
              expectMentions [ "Geometric" ] e.Message)

          testCase "samples of a binomial distribution with too many trials" (fun () ->
              let e = thrown<NotSupportedException>(fun () -> Distribution.Binomial(R 1e12, R 0.5).Sample(RandomKey.Of 1UL) |> ignore)
              expectMentions [ "Binomial"; "1000000000000" ] e.Message) ]

// ---- Moments ----

/// The expectation of g: a sum over the outcomes, or an integral.
let private expectation (distribution: Distribution) (g: float -> float) : float =
    let term (x: float) =
        let p = Math.Exp (distribution.LogDensity(R x)).Value
        if p > 0.0 then p * g x else 0.0
    if distribution.IsReparameterised then
        Integral.integral (Integral.support distribution) term
    else
        Seq.sum [ for k in 0..400 -> term (float k) ]

let private moments =
    testList
        "moments"
        [ for name, distribution in continuous @ discrete do
              testCase $"{name}: mean, variance and entropy are the integrals" (fun () ->
                  let tolerance = if name = "StudentT" then 1e-7 else 1e-11
                  expectWithin tolerance 1.0 (expectation distribution (fun _ -> 1.0)) "1"
                  let mean = distribution.Mean.Value
                  expectWithin tolerance mean (expectation distribution id) "mean"
                  expectWithin
                      tolerance
                      distribution.Variance.Value
                      (expectation distribution (fun x -> (x - mean) * (x - mean)))
                      "variance"
                  if name <> "Poisson" && name <> "Binomial" then
                      let entropy = expectation distribution (fun x -> -(distribution.LogDensity(R x)).Value)
                      expectWithin tolerance entropy distribution.Entropy.Value "entropy")

          testCase "entropies of large and small parameters" (fun () ->
              // that of the normal distribution with the same variance, up to a relative 1 / shape; mpmath for the others
              let normal (variance: float) = 0.5 * Math.Log(2.0 * Math.PI * Math.E * variance)
              expectWithin 1e-11 (normal 1e12) (Distribution.Gamma(R 1e12, R 1.0)).Entropy.Value "Gamma"
              expectWithin 1e-11 (normal (0.25 / 2e12)) (Distribution.Beta(R 1e12, R 1e12)).Entropy.Value "Beta"
              expectWithin 1e-11 (normal 1.0) (Distribution.StudentT(R 1e12, R 0.0, R 1.0)).Entropy.Value "StudentT"
              expectClose 8.0 1.0 (Distribution.Gamma(R 1.0, R 1.0)).Entropy.Value "Gamma(1, 1)"
              expectWithin 1e-15 0.0 (Distribution.Beta(R 1.0, R 1.0)).Entropy.Value "Beta(1, 1)"
              expectWithin 1e-14 (Math.Log(4.0 * Math.PI)) (Distribution.StudentT(R 1.0, R 0.0, R 1.0)).Entropy.Value "Cauchy"
              expectSame 0.0 (Distribution.Bernoulli(R 1.0)).Entropy.Value "Bernoulli(1)"
              expectSame 0.0 (Distribution.Geometric(R 1.0)).Entropy.Value "Geometric(1)"
              expectClose 8.0 (1001.0 * Math.Exp -1000.0) (Distribution.BernoulliLogit(R 1000.0)).Entropy.Value "BernoulliLogit(1000)"
              expectClose 8.0 (51.0 * Math.Exp -50.0) (Distribution.BernoulliLogit(R -50.0)).Entropy.Value "BernoulliLogit(-50)"
              expectClose 4.0 (Math.Log 4.0) (Distribution.CategoricalLogits(Array.create 4 (R 7.0))).Entropy.Value "four equal outcomes")

          testCase "entropies of tiny probabilities" (fun () ->
              // -p log p - (1 - p) log(1 - p) = p (1 - log p) up to a relative p, with the slope -log p; and that divided by p, with the slope -1/p.
              // Each is a handful of roundings of terms that do not cancel.
              for p in [ 1e-12; 1e-17; 1e-100; 1e-300 ] do
                  let bernoulli p = Distribution.Bernoulli(p).Entropy
                  let geometric p = Distribution.Geometric(p).Entropy
                  let slack = p / u + 8.0
                  expectClose slack (p * (1.0 - Math.Log p)) (bernoulli (R p)).Value $"Bernoulli({text p})"
                  expectClose slack (1.0 - Math.Log p) (geometric (R p)).Value $"Geometric({text p})"
                  for mode, slope in [ "forward", AD.diff; "reverse", AD.grad ] do
                      expectClose slack -(Math.Log p) (slope bernoulli (R p)).Value $"Bernoulli({text p}), {mode}"
                      expectClose slack (-1.0 / p) (slope geometric (R p)).Value $"Geometric({text p}), {mode}"
              for p in [ 0.25; 0.5; 0.75; 1.0 ] do
                  expectWithin
                      (8.0 * u)
                      0.0
                      (AD.diff (fun q -> Distribution.Bernoulli(q).Entropy - Distribution.Bernoulli(1.0 - q).Entropy) (R 0.5)).Value
                      "symmetric"
                  let compiled = AD.compile (AD.grad (fun p -> Distribution.Geometric(p).Entropy)) (R 0.3)
                  expectClose
                      16.0
                      (AD.grad (fun p -> Distribution.Geometric(p).Entropy) (R p)).Value
                      (compiled.Invoke(R p)).Value
                      $"compiled, {text p}")

          testCase "moments whose parts are beyond the doubles" (fun () ->
              // exponents are exact here: two exponentials, and some products
              expectClose 8.0 (Math.Exp -432.0) (Distribution.LogNormal(R -1000.0, R 28.0)).Variance.Value "LogNormal, wide"
              expectClose
                  8.0
                  (1e-300 * Math.Exp 400.0 * Math.Exp 400.0)
                  (Distribution.LogNormal(R 400.0, R 1e-150)).Variance.Value
                  "LogNormal, narrow"
              expectSame inf (Distribution.LogNormal(R 0.0, R 1e200)).Variance.Value "LogNormal, infinite"
              expectClose
                  8.0
                  (2.0 * Math.Exp -432.0)
                  (AD.grad (fun mean -> Distribution.LogNormal(mean, R 28.0).Variance) (R -1000.0)).Value
                  "its slope"
              expectClose 4.0 1e200 (Distribution.Gamma(R 1e-200, R 1e-200)).Variance.Value "Gamma"
              expectClose 4.0 (1.5e154 / 12.0 * 1.5e154) (Distribution.Uniform(R 0.0, R 1.5e154)).Variance.Value "Uniform")

          testCase "mean and entropy of logits: their gradients are the closed forms, beside likely and masked outcomes" (fun () ->
              for logits in
                  [ [| 0.2; 0.5; -0.3; 0.1 |]
                    [| 40.0; 0.0; -3.0; 1.0 |]
                    [| -700.0; 0.0; 30.0; -inf |]
                    [| 1e6; 1e6 - 50.0; 1e6 - 51.0; 0.0 |]
                    [| 1.0; 1.0; 1.0; 1.0 |]
                    [| 3.0 |] ] do
                  let m = Array.max logits
                  let e = logits |> Array.map (fun x -> Math.Exp(x - m))
                  let besides i = e |> Array.mapi (fun j e -> if i = j then 0.0 else e) |> Array.sum
                  let p = e |> Array.map (fun x -> x / Array.sum e)
                  // -log p, also where p is nearly 1
                  let surprise =
                      e
                      |> Array.mapi (fun i own ->
                          if 2.0 * own > Array.sum e then SpecialValues.log1p (besides i / own) else -Math.Log p[i])
                  let entropy = Array.map2 (fun p s -> if p = 0.0 then 0.0 else p * s) p surprise |> Array.sum
                  // -log p of 700 has 700 roundings of logits, and none of the others; some ten more of terms of the same sign
                  let close size expected actual what = expectWithin (32.0 * u * size + 1e-305) expected actual what
                  close entropy entropy (Distribution.CategoricalLogits(reals logits)).Entropy.Value $"entropy of {logits}"
                  let gradient = AD.grad (fun (l: Real[]) -> Distribution.CategoricalLogits(l).Entropy) (reals logits)
                  let means = AD.grad (fun (l: Real[]) -> Distribution.CategoricalLogits(l).Mean) (reals logits)
                  // outcome i less the mean, without the terms that cancel
                  let fromMean i = p |> Array.mapi (fun j p -> p * float (i - j)) |> Array.sum
                  let size i = p |> Array.mapi (fun j p -> p * abs (float (i - j))) |> Array.sum
                  for i in 0 .. logits.Length - 1 do
                      if p[i] = 0.0 then
                          expectSame 0.0 gradient[i].Value $"{logits} {i}"
                          expectSame 0.0 means[i].Value $"{logits} {i}"
                      else
                          // dH = p (s - H), and s - H = sum of p_j (s_i - s_j); the terms that reverse mode adds have the 1 of -(log p + 1) too
                          let terms = p[i] * (Array.map2 (fun p s -> if p = 0.0 then 0.0 else p * (1.0 + s)) p surprise |> Array.sum)
                          let terms = terms + p[i] * (1.0 + surprise[i])
                          close terms (p[i] * (surprise[i] - entropy)) gradient[i].Value $"slope of the entropy of {logits}, {i}"
                          close (p[i] * (size i + 4.0)) (p[i] * fromMean i) means[i].Value $"slope of the mean of {logits}, {i}")

          testCase "a log density, a mean and an entropy of logits take as many operations as there are logits, up to a factor" (fun () ->
              let logits n = Array.init n (fun i -> R(Math.Sin(float i)))
              for name, f in
                  [ "log density", (fun (l: Real[]) -> Distribution.CategoricalLogits(l).LogDensity(R 5.0))
                    "mean", (fun l -> Distribution.CategoricalLogits(l).Mean)
                    "variance", (fun l -> Distribution.CategoricalLogits(l).Variance)
                    "entropy", (fun l -> Distribution.CategoricalLogits(l).Entropy) ] do
                  let operations n = (Randomised.memory f (logits n)).Operations
                  // linear: a ratio of 8, and constants
                  Expect.isLessThan (operations 800) (9L * operations 100) name)

          testCase "what does not exist" (fun () ->
              expectSame nan (Distribution.StudentT(R 1.0, R 0.0, R 1.0)).Mean.Value "mean of Cauchy"
              expectSame inf (Distribution.StudentT(R 2.0, R 0.0, R 1.0)).Variance.Value "variance, 2"
              expectSame nan (Distribution.StudentT(R 0.5, R 0.0, R 1.0)).Variance.Value "variance, 1/2")

          testCase "a number of samples below 0 is an error of the distribution" (fun () ->
              let e = thrown<ArgumentOutOfRangeException>(fun () -> Distribution.Gamma(R 2.0, R 0.5).Sample(RandomKey.Of 1, -1) |> ignore)
              expectMentions [ "Distribution.Gamma"; "-1" ] e.Message)

          testCase "text and parameters" (fun () ->
              let gamma = Distribution.Gamma(R 2.0, R 0.5)
              Expect.equal (gamma.ToString()) "Gamma(shape = 2, rate = 0.5)" "text"
              Expect.equal
                  (gamma.Parameters |> Seq.map (fun p -> p.Key, p.Value.Value) |> List.ofSeq)
                  [ "shape", 2.0; "rate", 0.5 ]
                  "parameters"
              Expect.equal (Distribution.Categorical([| R 0.5; R 0.5 |]).ToString()) "Categorical(p[0] = 0.5, p[1] = 0.5)" "categorical"
              expectMentions [ ", ... 20 parameters)" ] (Distribution.CategoricalLogits(Array.create 20 (R 0.0)).ToString()))

          testCase "probabilities and logits may be vectors, through which derivatives pass" (fun () ->
              let f (l: Tensor) = Distribution.CategoricalLogits(l).LogDensity(R 1.0)
              let g = AD.grad f (Tensor.ofArray [| 0.0; 1.0; 2.0 |])
              let expected = AD.grad (fun (l: Real[]) -> Distribution.CategoricalLogits(l).LogDensity(R 1.0)) (reals [| 0.0; 1.0; 2.0 |])
              Expect.equal (g.ToArray()) (values expected) "gradient"
              let h = AD.grad (fun (p: Tensor) -> Distribution.Categorical(p).LogDensity(R 2.0)) (Tensor.ofArray [| 0.2; 0.3; 0.5 |])
              Expect.equal (h.ToArray()) [| 0.0; 0.0; 2.0 |] "of probabilities") ]

// ---- The multivariate normal ----

let private vectors =
    let mean = [| 0.5; -1.0; 2.0 |]
    let l = [| [| 1.5; 0.0; 0.0 |]; [| 0.3; 0.8; 0.0 |]; [| -0.4; 0.2; 2.5 |] |]
    let x = [| 0.1; 0.7; 3.0 |]
    /// The density as a product of normal ones: z by forward substitution on numbers.
    let written (v: Real[]) : Real =
        let mean, x = v[0..2], v[3..5]
        let l i j = v[6 + i * (i + 1) / 2 + j]
        let z = Array.zeroCreate<Real> 3
        let mutable sum = Real 0.0
        for i in 0..2 do
            let rest = Seq.fold (fun rest j -> rest - l i j * z[j]) (x[i] - mean[i]) (seq { 0 .. i - 1 })
            z[i] <- rest / l i i
            sum <- sum + Distribution.Normal(Real 0.0, Real 1.0).LogDensity z[i] - Real.Log(l i i)
        sum
    let numbers = Array.concat [ mean; x; [| 1.5; 0.3; 0.8; -0.4; 0.2; 2.5 |] ]
    let ofTensors (v: Real[]) : Real =
        let entry i j = if j > i then Real 0.0 else v[6 + i * (i + 1) / 2 + j]
        let cholesky = Tensor.stack2D (Array2D.init 3 3 entry)
        (Distribution.MultivariateNormal(Tensor.stack v[0..2], cholesky)).LogDensity(Tensor.stack v[3..5])
    testList
        "multivariate normal"
        [ testCase "log density, gradient and Hessian are those of the product of normal densities" (fun () ->
              let v = reals numbers
              expectClose 16.0 (written v).Value (ofTensors v).Value "value"
              Array.iter2
                  (fun (e: Real) (a: Real) -> expectWithin 1e-13 e.Value a.Value "gradient")
                  (AD.grad written v)
                  (AD.grad ofTensors v)
              for i in 0 .. v.Length - 1 do
                  let direction = Array.init v.Length (fun j -> real (if i = j then 1.0 else 0.0))
                  expectWithin 1e-13 (snd (AD.jvp written v direction)).Value (snd (AD.jvp ofTensors v direction)).Value "forward"
                  Array.iter2
                      (fun (e: Real) (a: Real) -> expectWithin 1e-12 e.Value a.Value "Hessian")
                      (AD.hvp written v direction)
                      (AD.hvp ofTensors v direction))

          testCase "samples: mean + L z, through which derivatives pass; rows of many" (fun () ->
              let key = RandomKey.Of seed
              let distribution = Distribution.MultivariateNormal(Tensor.ofArray mean, Tensor.ofRows l)
              let z = (key.Normal 3).ToArray()
              let expected = Array.init 3 (fun i -> mean[i] + Seq.sum [ for j in 0..2 -> l[i][j] * z[j] ])
              Array.iter2 (fun e a -> expectWithin 1e-15 e a "a sample") expected ((distribution.Sample key).ToArray())
              let f (l: Tensor) = Tensor.sum (Distribution.MultivariateNormal(Tensor.ofArray mean, Tensor.lowerTriangle 0 l).Sample key)
              let g = AD.grad f (Tensor.ofRows l)
              for i in 0..2 do
                  for j in 0..i do
                      expectSame z[j] g[i, j].Value "slope"
              let samples = distribution.Sample(key, 5)
              Expect.equal samples.Dimensions [| 5; 3 |] "rows"
              let noise = key.Normal(5, 3)
              expectWithin 1e-15 (mean[1] + l[1][0] * noise[4, 0].Value + l[1][1] * noise[4, 1].Value) samples[4, 1].Value "row 4")

          testCase "moments" (fun () ->
              let distribution = Distribution.MultivariateNormal(Tensor.ofArray mean, Tensor.ofRows l)
              expectClose 4.0 (1.5 * 0.3) distribution.Covariance[0, 1].Value "covariance"
              expectClose 8.0 (1.5 * Math.Log(2.0 * Math.PI * Math.E) + Math.Log(1.5 * 0.8 * 2.5)) distribution.Entropy.Value "entropy"
              Expect.isTrue distribution.IsReparameterised "reparameterised"
              expectMentions [ "MultivariateNormal"; "3 numbers" ] (distribution.ToString()))

          testCase "what cannot be is named" (fun () ->
              let refused (parameter: string) (parts: string list) (mean: float[]) (l: float[][]) =
                  let e =
                      thrown<ArgumentException>(fun () -> Distribution.MultivariateNormal(Tensor.ofArray mean, Tensor.ofRows l) |> ignore)
                  Expect.equal e.ParamName parameter e.Message
                  expectMentions ("MultivariateNormal" :: parts) e.Message
              refused "cholesky" [ "[0, 1]"; "above the diagonal"; "0.5" ] [| 0.0; 0.0 |] [| [| 1.0; 0.5 |]; [| 0.5; 1.0 |] |]
              refused "cholesky" [ "[1, 1]"; "above 0" ] [| 0.0; 0.0 |] [| [| 1.0; 0.0 |]; [| 0.5; 0.0 |] |]
              refused "cholesky" [ "[1, 0]"; "finite" ] [| 0.0; 0.0 |] [| [| 1.0; 0.0 |]; [| inf; 1.0 |] |]
              refused "cholesky" [ "2 rows" ] [| 0.0; 0.0 |] [| [| 1.0 |] |]
              refused "mean" [ "mean[1]"; "NaN" ] [| 0.0; nan |] [| [| 1.0; 0.0 |]; [| 0.5; 1.0 |] |]
              refused "mean" [ "one or more" ] [||] [||]
              let e =
                  thrown<ArgumentException>(fun () ->
                      Distribution.MultivariateNormal(Tensor.ofArray mean, Tensor.ofRows l).LogDensity(Tensor.ofArray [| 1.0 |]) |> ignore)
              expectMentions [ "3 elements" ] e.Message) ]

[<Tests>]
let tests = testList "distributions" [ supports; refusals; moments; vectors ]
