module FuncAD.Tests.ScoreTests

open System
open System.Threading
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Significance

// ---- Three coins, enumerated ----

let private sigmoid (x: Real) = 1.0 / (1.0 + Real.Exp -x)

/// The probabilities of three coins: each depends on both parameters, and the later ones on the coins before.
let private coin (p: Real[]) (before: bool list) : Real =
    match before with
    | [] -> sigmoid (p[0] + 0.3 * p[1])
    | [ a ] -> sigmoid (p[1] * (if a then 1.5 else -0.4) - p[0])
    | a :: b :: _ -> sigmoid (p[0] * p[1] + (if a then 0.7 else 0.0) - (if b then 0.2 else 1.1))

let private costs (p: Real[]) (coins: bool list) : Real =
    let heads = coins |> List.sumBy (fun head -> if head then 1.0 else 0.0)
    Real.Sin(p[0] * heads) + p[1] * p[1] * heads * heads + heads

let private outcomes =
    [ for a in [ false; true ] do
          for b in [ false; true ] do
              for c in [ false; true ] -> [ a; b; c ] ]

let private chance (p: Real[]) (coins: bool list) (index: int) : Real =
    let before = coins |> List.truncate index |> List.rev
    if coins[index] then coin p before else 1.0 - coin p before

/// A cost after the first coin, one after the second, one after the third.
let private costAfter (p: Real[]) (coins: bool list) (index: int) = (1.0 + float index) * costs p (coins |> List.truncate (index + 1))

let private probability p coins = seq { 0..2 } |> Seq.fold (fun product index -> product * chance p coins index) (Real 1.0)

let private expected (p: Real[]) : Real =
    let total coins = seq { 0..2 } |> Seq.fold (fun sum index -> sum + costAfter p coins index) (Real 0.0)
    outcomes |> List.fold (fun sum coins -> sum + probability p coins * total coins) (Real 0.0)

/// What a program that drew these coins returns.
let private run (baseline: bool list -> int -> float) (p: Real[]) (coins: bool list) : ScoreCost =
    seq { 0..2 }
    |> Seq.fold
        (fun (cost: ScoreCost) index -> cost.Draw(Real.Log(chance p coins index), Real(baseline coins index)).Cost(costAfter p coins index))
        ScoreCost.Start

let private point = reals [| 0.4; -0.7 |]

/// The mean of the runs' objectives with the probabilities that draws have at the point: constants.
let private objective baseline (p: Real[]) : Real =
    let weight coins = (probability point coins).Value
    outcomes |> List.fold (fun sum coins -> sum + weight coins * (run baseline p coins).Objective) (Real 0.0)

let private none (_: bool list) (_: int) = 0.0

/// What is known before a draw: anything of the coins before it.
let private some (coins: bool list) (index: int) =
    3.0 + float index + (coins |> List.truncate index |> List.sumBy (fun head -> if head then 2.0 else -1.0))

/// Some 400 operations of sums of terms of size 10 at most, in second derivatives.
let private enough = 1e-11

let private expectMatrix (expected: Real[,]) (actual: Real[,]) what =
    for i in 0..1 do
        for j in 0..1 do
            expectWithin enough expected[i, j].Value actual[i, j].Value $"{what} [{i}, {j}]"

/// The Hessian by an operator and its nestings.
let private hessians: (string * ((Real[] -> Real) -> Real[] -> Real[,])) list =
    let along i (p: Real[]) (t: Real) = p |> Array.mapi (fun j x -> if i = j then x + t else x)
    let entries f = Array2D.init 2 2 f
    [ "hessian", AD.hessian
      "reverse over reverse", (fun f p -> AD.jacobianReverse (AD.grad f) p)
      "forward over reverse", (fun f p -> AD.jacobianForward (AD.grad f) p)
      "reverse over forward",
      (fun f p -> AD.jacobianReverse (fun p -> Array.init 2 (fun i -> AD.diff (fun t -> f (along i p t)) (Real 0.0))) p)
      "forward over forward",
      (fun f p -> entries (fun i j -> AD.diff (fun s -> AD.diff (fun t -> f (along i (along j p s) t)) (Real 0.0)) (Real 0.0)))
      "products",
      (fun f p ->
          let column j = AD.hvp f p (reals (Array.init 2 (fun i -> if i = j then 1.0 else 0.0))) in entries (fun i j -> (column j)[i]))
      "series",
      (fun f p ->
          let second v = 2.0 * (AD.taylor 2 (fun t -> f (Array.map2 (fun x v -> x + v * t) p v)) (Real 0.0))[2]
          let unit i = Array.init 2 (fun j -> if i = j then 1.0 else 0.0)
          let both = second [| 1.0; 1.0 |]
          entries (fun i j -> if i = j then second (unit i) else (both - second (unit 0) - second (unit 1)) / 2.0))
      "compiled", (fun f p -> (AD.compile (AD.hessian f) (reals [| 0.1; 0.2 |])).Invoke p) ]

// ---- Sampled problems ----

type private Model = { Mean: Real; Name: string; Deviations: Real[] }

let private normalLogDensity (mean: Real) (deviation: Real) (x: float) =
    let z = (x - mean) / deviation
    -0.5 * z * z - Real.Log deviation

/// x ~ N(mean, d0), y ~ N(mean + x, d1), cost mean x^2 + y: expectation mean (mean^2 + d0^2) + 2 mean.
let private twoStages (model: Model) (key: RandomKey) : ScoreCost =
    let struct (first, second) = key.Split()
    let x = (model.Mean + model.Deviations[0] * first.Normal()).Value
    let y = (model.Mean + x + model.Deviations[1] * second.Normal()).Value
    ScoreCost.Start
        .Draw(normalLogDensity model.Mean model.Deviations[0] x)
        .Cost(model.Mean * x * x)
        .Draw(normalLogDensity (model.Mean + x) model.Deviations[1] y)
        .Cost(Real y)

let private model = { Mean = Real 0.8; Name = "two stages"; Deviations = reals [| 0.5; 1.5 |] }

let private expectModel (estimate: Estimate<Model>) (what: string) =
    let check (expected: float) (mean: Real) (error: Real) entry =
        expectEstimate expected { Mean = mean.Value; StandardError = error.Value; Samples = estimate.Samples } $"{what}, {entry}"
    check (3.0 * 0.64 + 0.25 + 2.0) estimate.Mean.Mean estimate.StandardError.Mean "mean"
    check (2.0 * 0.8 * 0.5) estimate.Mean.Deviations[0] estimate.StandardError.Deviations[0] "first deviation"
    check 0.0 estimate.Mean.Deviations[1] estimate.StandardError.Deviations[1] "second deviation"
    Expect.equal estimate.Mean.Name "two stages" "what is no number"

let private options baseline antithetic = ScoreOptions(Baseline = baseline, Antithetic = antithetic)

/// Ten coins of probability p, each with a cost of 1 for heads as it falls: expectation 10 p.
let private coins (causal: bool) (p: Real) (key: RandomKey) : ScoreCost =
    let falls = Array.init 10 (fun i -> key.Fold(i).Uniform() < p.Value)
    let logDensity head = if head then Real.Log p else Real.Log(1.0 - p)
    let cost head = Real(if head then 1.0 else 0.0)
    if causal then
        falls |> Array.fold (fun (cost': ScoreCost) head -> cost'.Draw(logDensity head).Cost(cost head)) ScoreCost.Start
    else
        ScoreCost.Of(falls |> Array.sumBy cost, falls |> Array.sumBy logDensity)

let private scalar (estimate: Estimate<Real>) : Estimate =
    { Mean = estimate.Mean.Value; StandardError = estimate.StandardError.Value; Samples = estimate.Samples }

/// One coin, whose cost is linear in its outcome: with p = 1/2 all samples' terms are equal, and errors come from the baselines alone.
let private oneCoin (scale: float) (offset: float) (p: Real) (key: RandomKey) : ScoreCost =
    let isHead = key.Uniform() < p.Value
    ScoreCost.Of(Real(if isHead then offset + scale else offset), (if isHead then Real.Log p else Real.Log(1.0 - p)))

/// A coin that is thrown until it shows heads, at most ten times: runs with different numbers of draws. E = (1 - (1 - p)^10) / p.
let private throws (p: Real) (key: RandomKey) : ScoreCost =
    let rec from (i: int) (run: ScoreCost) =
        let isHead = key.Fold(i).Uniform() < p.Value
        let run = run.Cost(Real 1.0).Draw(if isHead then Real.Log p else Real.Log(1.0 - p))
        if isHead || i = 9 then run else from (i + 1) run
    from 0 ScoreCost.Start

/// A cost with a slope of its own, which is no part of what baselines do.
let private sliding (p: Real) (key: RandomKey) : ScoreCost = (oneCoin 1.0 0.0 p key).Cost(50.0 * p)

/// Programs, their parameters, and the derivatives of their expectations.
let private stated =
    [ "a fair coin", oneCoin 1.0 0.0, 0.5, 1.0
      "a fair coin with an offset", oneCoin 5.0 1.0, 0.5, 5.0
      "a coin", oneCoin 1.0 0.0, 0.3, 1.0
      "ten coins, with costs after each", coins true, 0.3, 10.0
      "ten coins", coins false, 0.5, 10.0
      "throws until heads", throws, 0.3, (AD.diff (fun p -> (1.0 - Real.Pow(1.0 - p, Real 10.0)) / p) (Real 0.3)).Value
      "a cost that slides", sliding, 0.5, 51.0 ]

/// The estimates from so many keys.
let private repeated options f (p: float) (samples: int) (key: RandomKey) (keys: int) : Estimate[] =
    Array.Parallel.init keys (fun index -> Stochastic.scoreGradientWith options f (key.Fold index) samples (Real p) |> scalar)

[<Tests>]
let tests =
    testList
        "score functions"
        [ testCase "the magic box is 1, and its derivatives are those of exp(l - l0)" (fun () ->
              let l (t: Real) = Real.Sin t + t * t
              let box t = Stochastic.magicBox (l t)
              let exponential t = Real.Exp(l t - (l (AD.stopGradient t)))
              let at = Real 0.6
              expectSame 1.0 (box at).Value "value"
              for order in 1..6 do
                  // each order has some dozen roundings of terms up to order!
                  let bound = 1e-14 * SpecialValues.gamma (float order + 2.0)
                  let expected = (AD.diffn order (fun t -> Real.Exp(l t - (l at).Value)) at).Value
                  expectWithin bound expected (AD.diffn order box at).Value $"order {order}"
                  let nested = List.fold (fun f _ -> AD.grad f) box [ 1..order ]
                  expectWithin bound expected (nested at).Value $"order {order}, reverse"
              expectSame (AD.diff exponential at).Value (AD.diff box at).Value "the definition"
              expectWithin
                  1e-14
                  (AD.diff (AD.grad box) at).Value
                  ((AD.compile (AD.diff (AD.grad box)) (Real 0.1)).Invoke at).Value
                  "compiled"
              expectSame 1.0 ((AD.compile box (Real 0.1)).Invoke at).Value "compiled value")

          testCase "the magic box of an infinite log density is 1, and that of NaN is NaN" (fun () ->
              for l in [ infinity; -infinity; 1e308; 0.0 ] do
                  expectSame 1.0 (Stochastic.magicBox (Real l)).Value $"{l}"
                  expectSame 3.0 (AD.diff (fun t -> Stochastic.magicBox (l + 3.0 * t)) (Real 0.0)).Value $"slope at {l}"
                  expectSame 3.0 (AD.grad (fun t -> Stochastic.magicBox (l + 3.0 * t)) (Real 0.0)).Value $"reverse at {l}"
                  expectSame 1.0 ((AD.compile Stochastic.magicBox (Real 0.0)).Invoke(Real l)).Value $"compiled at {l}"
              expectSame nan (Stochastic.magicBox (Real nan)).Value "NaN")

          testCase "three coins: value, gradient and Hessian of the objective are the exact ones, in every nesting" (fun () ->
              let hessian = AD.hessian expected point
              for name, baseline in [ "no baseline", none; "baselines", some ] do
                  let objective = objective baseline
                  expectWithin enough (expected point).Value (objective point).Value $"{name}: value"
                  let exact, found = AD.grad expected point, AD.grad objective point
                  for i in 0..1 do
                      expectWithin enough exact[i].Value found[i].Value $"{name}: gradient [{i}]"
                  for way, second in hessians do
                      expectMatrix hessian (second objective point) $"{name}: {way}"
              // third derivatives too
              let third f = AD.diffn 3 (fun t -> f [| t; point[1] |]) point[0]
              expectWithin (10.0 * enough) (third expected).Value (third (objective some)).Value "third derivative")

          testCase "costs are weighed by the draws before them alone" (fun () ->
              let l (p: Real) k = k * Real.Log p
              let slope (cost: Real -> ScoreCost) = (AD.grad (fun p -> (cost p).Objective) (Real 2.0)).Value
              // d log p = 1/2 here
              expectSame 0.0 (slope (fun p -> ScoreCost.Start.Cost(Real 5.0).Draw(l p 1.0))) "a cost before"
              expectSame 2.5 (slope (fun p -> ScoreCost.Start.Draw(l p 1.0).Cost(Real 5.0))) "a cost after"
              expectSame 2.5 (slope (fun p -> ScoreCost.Of(Real 5.0, l p 1.0))) "the constructor"
              let both = slope (fun p -> ScoreCost.Start.Draw(l p 1.0).Cost(Real 5.0).Draw(l p 2.0).Cost(3.0 * p))
              expectSame (2.5 + 6.0 * 1.5 + 3.0) both "5 (1/2), 6 (1/2 + 2/2), and the cost's own 3"
              expectSame 0.5 (slope (fun p -> ScoreCost.Start.Draw(l p 1.0, Real 4.0).Cost(Real 5.0))) "less a baseline"
              let run = ScoreCost.Start.Draw(Real -1.0, Real 2.0).Cost(Real 5.0).Cost(Real 1.0).Draw(Real -1.0).Cost(Real 3.0)
              expectSame 9.0 run.Total.Value "total"
              expectSame 9.0 run.Objective.Value "the objective's value"
              Expect.equal run.Advantages [| 7.0; 3.0 |] "costs to go"
              expectSame 0.0 ScoreCost.Start.Total.Value "nothing")

          for name, options in
              [ "no baseline", options ScoreBaseline.None false
                "leave one out", options ScoreBaseline.LeaveOneOut false
                "antithetic", options ScoreBaseline.None true
                "antithetic, leave one out", options ScoreBaseline.LeaveOneOut true ] do
              testKey $"{name}: the gradient of a structure is unbiased, pathwise parts included" 41 (fun key ->
                  expectModel (Stochastic.scoreGradientWith options twoStages key 4000 model) name)

              testKey $"{name}: two samples are unbiased" 42 (fun key ->
                  let mean = RunningMean 1
                  for index in 0..3999 do
                      mean.Add [| (Stochastic.scoreGradientWith options (coins true) (key.Fold index) 2 (Real 0.3)).Mean.Value |]
                  expectEstimate 10.0 { Mean = mean.Mean[0]; StandardError = mean.Errors[0]; Samples = 4000 } name)

              testKey $"{name}: the objective has the gradient's mean, and its Hessian is unbiased" 43 (fun key ->
                  let f (p: Real) = Stochastic.scoreObjectiveWith options (coins true) key 60 p
                  let estimate = Stochastic.scoreGradientWith options (coins true) key 60 (Real 0.3)
                  expectClose 1000.0 estimate.Mean.Value (AD.grad f (Real 0.3)).Value "gradient"
                  // x of n trials: E[x^2] = n p (1 - p) + n^2 p^2
                  let square (p: Real) (key: RandomKey) =
                      let heads = Array.init 10 (fun i -> key.Fold(i).Uniform() < p.Value) |> Array.filter id |> Array.length |> float
                      ScoreCost.Of(Real(heads * heads), heads * Real.Log p + (10.0 - heads) * Real.Log(1.0 - p))
                  let mean = RunningMean 1
                  for index in 0..1999 do
                      let f p = Stochastic.scoreObjectiveWith options square (key.Fold(index + 1)) 2 p
                      mean.Add [| (AD.diffn 2 f (Real 0.3)).Value |]
                  expectEstimate 180.0 { Mean = mean.Mean[0]; StandardError = mean.Errors[0]; Samples = 2000 } "second derivative")

          testKey "outcomes that are not met are not seen, and the derivative of a random program sees them" 49 (fun key ->
              // as docs/chance.md says: the slope of E[5 b] is 5
              for p in [ 0.0; 1e-8 ] do
                  let estimate = Stochastic.scoreGradient (oneCoin 5.0 0.0) key 4000 (Real p) |> scalar
                  expectSame 0.0 estimate.Mean $"{p}"
                  expectSame 0.0 estimate.StandardError $"{p}"
                  expectClose 4.0 5.0 (Stochastic.derivative (fun p c -> 5.0 * c.Bernoulli p) key 100 (Real p)).Mean $"{p}")

          testKey "causality, baselines and mirrored keys reduce the variance, and leave the mean" 44 (fun key ->
              let gradient causal options =
                  let estimate = Stochastic.scoreGradientWith options (coins causal) key 4000 (Real 0.3) |> scalar
                  expectEstimate 10.0 estimate "10 p"
                  estimate.StandardError
              let plain = gradient false (options ScoreBaseline.None false)
              let causal = gradient true (options ScoreBaseline.None false)
              let baseline = gradient true (options ScoreBaseline.LeaveOneOut false)
              let mirrored = gradient true (options ScoreBaseline.None true)
              // variances for p = 0.3, one sample, n = 10, by E over s_d c_e: about 570, 250 and 150; errors of the errors are some 2 %
              Expect.isLessThan causal (0.85 * plain) "causality"
              Expect.isLessThan baseline (0.85 * causal) "leave one out"
              Expect.isLessThan mirrored (0.9 * causal) "mirrored keys"
              // the mean of x has no score that is not odd: mirrored pairs with a linear cost have no variance but that of rounding
              let linear (mean: Real) (key: RandomKey) =
                  let x = (mean + key.Normal()).Value
                  ScoreCost.Of(Real x, normalLogDensity mean (Real 1.0) x)
              let one = Stochastic.scoreGradientWith (options ScoreBaseline.None false) linear key 4000 (Real 3.0) |> scalar
              let pairs = Stochastic.scoreGradientWith (options ScoreBaseline.None true) linear key 4000 (Real 3.0) |> scalar
              // (3 + z) z has the variance 9 + 2; the mean of a pair is z^2, with the variance 2, of half as many
              expectWithin 0.1 (sqrt (11.0 / 4.0)) (one.StandardError / pairs.StandardError) "odd parts cancel")

          for name, f, p, exact in stated do
              for antithetic in [ false; true ] do
                  let pairs = if antithetic then "pairs, " else ""
                  for units, keys in [ 2, 1500; 5, 1000; 30, 200 ] do
                      testKey
                          $"{name}, {pairs}n = {units}: the stated error's square is at least the mean square of the error"
                          47
                          (fun key ->
                              let samples = if antithetic then 2 * units else units
                              let estimates = repeated (options ScoreBaseline.LeaveOneOut antithetic) f p samples key keys
                              let square (x: float) = x * x
                              // the square error less the stated one: its mean is 0 or less
                              let mean = RunningMean 1
                              estimates |> Array.iter (fun e -> mean.Add [| square (e.Mean - exact) - square e.StandardError |])
                              Expect.isLessThan mean.Mean[0] (6.8 * mean.Errors[0] + 1e-12) "too small"
                              // and no more than it is for two samples of many draws, of which the sum of their covariances is seen only
                              let truth = estimates |> Array.averageBy (fun e -> square (e.Mean - exact))
                              let stated = estimates |> Array.averageBy (fun e -> square e.StandardError)
                              Expect.isLessThan stated (2.0 * truth + 1e-12) "too large")

          for name, f, p, exact in stated |> List.take 3 do
              for samples, keys in [ 30, 400; 1000, 100 ] do
                  testKey $"{name}: one estimate of {samples} samples in 20 is beyond two standard errors" 48 (fun key ->
                      let estimates = repeated (ScoreOptions()) f p samples key keys
                      let beyond = estimates |> Array.filter (fun e -> abs (e.Mean - exact) > 2.0 * e.StandardError) |> Array.length
                      // binomial with the probability 0.05: its mean and 6.8 deviations
                      let bound = 0.05 * float keys + 6.8 * sqrt (0.05 * 0.95 * float keys)
                      Expect.isLessThan (float beyond) bound "too small")

          testCase "the same key gives the same estimate, and the first samples of more are those of fewer" (fun () ->
              let f = Stochastic.scoreGradient twoStages (RandomKey.Of 45) 20
              Expect.equal (f model).Mean.Mean.Value (f model).Mean.Mean.Value "twice"
              // sample i is the run with the key folded by i, whatever their number: a running mean of n samples has 3 n roundings of the largest
              let plain n =
                  (Stochastic.scoreGradientWith (options ScoreBaseline.None false) twoStages (RandomKey.Of 45) n model).Mean.Mean.Value
              let one i = (AD.grad (fun model -> (twoStages model (RandomKey.Of(45).Fold(i: int))).Objective) model).Mean.Value
              let ones = Array.init 20 one
              let largest = ones |> Array.map abs |> Array.max
              for n in [ 1; 2; 3; 20 ] do
                  expectWithin (float (3 * n) * u * largest) (Array.average ones[.. n - 1]) (plain n) $"{n} samples")

          testKey "a value drawn from a distribution is to be a constant" 47 (fun key ->
              // E x = e^(s^2 / 2), with the slope s e^(s^2 / 2)
              let run (drawn: Real -> Real) (s: Real) (key: RandomKey) =
                  let d = Distribution.LogNormal(Real 0.0, s)
                  let x = drawn (d.Sample key)
                  ScoreCost.Of(x, d, x)
              let estimate = Stochastic.scoreGradient (run AD.stopGradient) key 20000 (Real 1.0) |> scalar
              expectEstimate (Math.Exp 0.5) estimate "LogNormal"
              Expect.isLessThan estimate.StandardError 0.2 "the error is small enough to tell"
              let value = (Distribution.LogNormal(Real 0.0, Real 1.0).Sample key).Value
              expectSame value (run id (Real 1.0) key).Total.Value "nothing is differentiated"
              let refused (action: unit -> unit) =
                  thrown<InvalidOperationException> action
                  |> _.Message
                  |> expectMentions [ "ScoreCost.Draw"; "LogNormal"; "StopGradient"; "counted twice" ]
              refused (fun () -> Stochastic.scoreGradient (run id) key 10 (Real 1.0) |> ignore)
              let objective drawn (s: Real) = (run drawn s key).Objective
              let operators: ((Real -> Real) -> Real -> Real) list =
                  [ AD.diff
                    AD.grad
                    AD.diffn 3
                    (fun f -> AD.grad (AD.grad f))
                    (fun f x -> (AD.compile (AD.grad f) (Real 1.0)).Invoke x)
                    (fun f x -> AD.grad (AD.compile f (Real 1.0)).Invoke x) ]
              for index, differentiate in List.indexed operators do
                  refused (fun () -> differentiate (objective id) (Real 1.0) |> ignore)
                  let constant (s: Real) = value * Stochastic.magicBox (Distribution.LogNormal(Real 0.0, s).LogDensity(Real value))
                  let expected = (differentiate constant (Real 1.0)).Value
                  expectWithin
                      (1e-12 * abs expected)
                      expected
                      (differentiate (objective AD.stopGradient) (Real 1.0)).Value
                      $"operator {index}"
              // a baseline, and what is after the draw
              let slope (run: Real -> ScoreCost) = (AD.grad (fun p -> (run p).Objective) (Real 0.5)).Value
              let bernoulli (p: Real) = Distribution.Bernoulli p
              expectSame 8.0 (slope (fun p -> ScoreCost.Start.Draw(bernoulli p, Real 1.0).Cost(Real 4.0))) "4 / p"
              expectSame 6.0 (slope (fun p -> ScoreCost.Start.Draw(bernoulli p, Real 1.0, Real 1.0).Cost(Real 4.0))) "(4 - 1) / p"
              // vectors
              let vector drawn (m: Tensor) =
                  let d = Distribution.MultivariateNormal(m, Tensor.identity 2)
                  let x = drawn (d.Sample key)
                  ScoreCost.Of(Tensor.sum (x * x), d, x).Objective
              let m = Tensor.ofArray [| 0.5; -1.0 |]
              let z = (key.Normal 2).ToArray()
              let square = Array.sum (Array.map2 (fun m z -> (m + z) * (m + z)) [| 0.5; -1.0 |] z)
              Array.iter2 (fun z g -> expectWithin 1e-14 (square * z) g "x^2 z") z ((AD.grad (vector AD.stopGradient) m).ToArray())
              thrown<InvalidOperationException>(fun () -> AD.grad (vector id) m |> ignore)
              |> _.Message
              |> expectMentions [ "ScoreCost.Draw"; "MultivariateNormal"; "StopGradient" ]
              thrown<ArgumentNullException>(fun () -> ScoreCost.Start.Draw(Unchecked.defaultof<Distribution>, Real 1.0) |> ignore)
              |> ignore
              thrown<ArgumentNullException>(fun () -> ScoreCost.Start.Draw(Unchecked.defaultof<MultivariateNormal>, m) |> ignore) |> ignore)

          testCase "bad input" (fun () ->
              let key = RandomKey.Of 46
              let f = coins true
              for samples in [ 0; -3 ] do
                  thrown<ArgumentOutOfRangeException>(fun () -> Stochastic.scoreGradient f key samples (Real 0.3) |> ignore)
                  |> _.Message
                  |> expectMentions [ "Stochastic.ScoreGradient"; string samples ]
              thrown<ArgumentException>(fun () ->
                  Stochastic.scoreGradientWith (options ScoreBaseline.None true) f key 3 (Real 0.3) |> ignore)
              |> _.Message
              |> expectMentions [ "even"; "3" ]
              thrown<ArgumentOutOfRangeException>(fun () ->
                  Stochastic.scoreGradientWith (options (enum<ScoreBaseline> 7) false) f key 3 (Real 0.3) |> ignore)
              |> _.Message
              |> expectMentions [ "Stochastic.ScoreGradient"; "baseline"; "7" ]
              thrown<ArgumentNullException>(fun () ->
                  Stochastic.scoreGradient Unchecked.defaultof<Real -> RandomKey -> ScoreCost> key 2 (Real 0.3) |> ignore)
              |> ignore
              thrown<ArgumentNullException>(fun () ->
                  Stochastic.scoreGradientWith Unchecked.defaultof<ScoreOptions> f key 2 (Real 0.3) |> ignore)
              |> ignore
              thrown<InvalidOperationException>(fun () ->
                  Stochastic.scoreGradient (fun (_: Real) _ -> Unchecked.defaultof<ScoreCost>) key 2 (Real 0.3) |> ignore)
              |> _.Message
              |> expectMentions [ "null"; "ScoreCost.Start" ]
              thrown<InvalidOperationException>(fun () ->
                  AD.diff (fun p -> (Stochastic.scoreGradient f key 2 p).Mean) (Real 0.3) |> ignore)
              |> _.Message
              |> expectMentions [ "Stochastic.ScoreGradient" ]
              // a captured number of an outer operator
              thrown<InvalidOperationException>(fun () ->
                  AD.diff (fun t -> (Stochastic.scoreGradient (fun p _ -> ScoreCost.Start.Cost(p * t)) key 2 (Real 0.3)).Mean) (Real 1.0)
                  |> ignore)
              |> ignore
              let calls = ref 0
              thrown<InvalidOperationException>(fun () ->
                  Stochastic.scoreGradient
                      (fun (p: Real) _ -> ScoreCost.Of(Real(float (Interlocked.Increment calls)), Real.Log p))
                      key
                      5
                      (Real 0.3)
                  |> ignore)
              |> _.Message
              |> expectMentions [ "different results" ]) ]
