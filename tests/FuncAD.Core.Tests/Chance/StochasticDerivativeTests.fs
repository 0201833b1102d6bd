module FuncAD.Tests.StochasticDerivativeTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Significance

let private sigmoid (x: Real) = 1.0 / (1.0 + Real.Exp -x)

let private sum (terms: Real seq) = Seq.fold (+) (Real 0.0) terms

// ---- Probabilities as functions of the parameter, by their formulas: the closed forms that estimates are compared with ----

let private binomial n (p: Real) k =
    let choose = Seq.fold (fun product i -> product * float (n - i + 1) / float i) 1.0 (seq { 1..k })
    choose * Real.Pow(p, Real(float k)) * Real.Pow(1.0 - p, Real(float (n - k)))

let private poisson (rate: Real) k = Real.Exp(float k * Real.Log rate - rate - SpecialValues.logGamma (float k + 1.0))
let private geometric (p: Real) k = p * Real.Exp(float k * Real.Log(1.0 - p))

/// d E[g(X)] for values up to a last one, beyond which nothing counts.
let private exactly (probability: Real -> int -> Real) (last: int) (g: Real -> int -> Real) (x: float) : float =
    (AD.diff (fun x -> sum (Seq.init (last + 1) (fun k -> probability x k * g x k))) (Real x)).Value

/// A program, its argument and the derivative of its expectation.
type private Example = { Name: string; F: Real -> Chance -> Real; X: float; Derivative: float }

let private example name x derivative f = { Name = name; F = f; X = x; Derivative = derivative }

/// 100 steps, up with a probability that depends on the parameter and on the position.
let private walk (up: Real -> float -> Real) (cost: float -> float) (x: Real) (chance: Chance) : Real =
    let mutable position = 0.0
    for _ in 1..100 do
        if chance.Flip(up x position) then position <- position + 1.0 else position <- position - 1.0
    Real(cost position)

/// The derivative of its expectation, from the distribution of the position after each step.
let private walkExactly (up: Real -> float -> Real) (cost: float -> float) (x: float) : float =
    let expectation (x: Real) =
        let mutable q = Array.create 201 (Real 0.0)
        q[100] <- Real 1.0
        for _ in 1..100 do
            let next = Array.create 201 (Real 0.0)
            for i in 1..199 do
                if q[i].Value > 0.0 then
                    let p = up x (float (i - 100))
                    next[i + 1] <- next[i + 1] + q[i] * p
                    next[i - 1] <- next[i - 1] + q[i] * (1.0 - p)
            q <- next
        sum (q |> Array.mapi (fun i q -> q * cost (float (i - 100))))
    (AD.diff expectation (Real x)).Value

let private drifting (x: Real) (position: float) = sigmoid (x - 0.01 * position)
let private reverting (x: Real) (position: float) = sigmoid (x - 0.3 * position)

/// Five days: order up to a level, sell what is asked for, pay for what is left and for what was missing.
let private inventory (x: Real) (chance: Chance) : Real =
    let mutable cost, stock = Real 0.0, Real 4.0
    for _ in 1..5 do
        let demand = chance.Poisson x
        if demand > stock then
            cost <- cost + 3.0 * (demand - stock)
            stock <- Real 0.0
        else
            stock <- stock - demand
            cost <- cost + 0.5 * stock
        stock <- Real.Min(stock + 3.0, Real 6.0)
    cost

let private inventoryExactly (x: float) : float =
    let rec expected (day: int) (stock: int) (rate: Real) : Real =
        if day = 0 then
            Real 0.0
        else
            let after left = expected (day - 1) (min (left + 3) 6) rate
            let sold =
                sum (Seq.init (stock + 1) (fun demand -> poisson rate demand * (0.5 * float (stock - demand) + after (stock - demand))))
            // E[(demand - stock)+] and P(demand > stock) from what is not beyond
            let within = sum (Seq.init (stock + 1) (poisson rate))
            let missing =
                rate - sum (Seq.init (stock + 1) (fun demand -> float demand * poisson rate demand)) - float stock * (1.0 - within)
            sold + 3.0 * missing + (1.0 - within) * after 0
    (AD.diff (expected 5 4) (Real x)).Value

let private threshold k (x: Real) = if x.Value > k then Real 1.0 else Real 0.0

let private softmax (x: Real) =
    (let e = [| Real.Exp x; Real 1.0; Real.Exp(0.5 - x * x) |] in
     let s = sum e in
     e |> Array.map (fun e -> e / s))
let private prices = [| 3.0; -1.0; 7.0 |]

let private examples =
    [ example "binomial, a polynomial" 0.3 (exactly (binomial 12) 12 (fun _ k -> Real(float (k * k * k))) 0.3) (fun p c ->
          let k = c.Binomial(12, p)
          k * k * k)
      example "binomial, a threshold" 0.7 (exactly (binomial 12) 12 (fun _ k -> Real(if k > 9 then 1.0 else 0.0)) 0.7) (fun p c ->
          threshold 9.0 (c.Binomial(12, p)))
      example "geometric, a polynomial" 0.4 (exactly geometric 400 (fun _ k -> Real(float (k * k))) 0.4) (fun p c ->
          let k = c.Geometric p
          k * k)
      example "geometric, a threshold" 0.2 (exactly geometric 400 (fun _ k -> Real(if k > 3 then 1.0 else 0.0)) 0.2) (fun p c ->
          threshold 3.0 (c.Geometric p))
      example "Poisson, a polynomial" 3.5 (exactly poisson 100 (fun _ k -> Real(float (k * k))) 3.5) (fun rate c ->
          let k = c.Poisson rate
          k * k)
      example "Poisson, a threshold" 3.5 (exactly poisson 100 (fun _ k -> Real(if k > 5 then 1.0 else 0.0)) 3.5) (fun rate c ->
          threshold 5.0 (c.Poisson rate))
      example "Poisson, with the parameter in the cost" 2.0 (exactly poisson 100 (fun x k -> x * x * Real.Sin(x + float k)) 2.0) (fun x c ->
          x * x * Real.Sin(x + c.Poisson x))
      example "a rate that falls" 2.0 -(exactly poisson 100 (fun _ k -> Real(float (k * k))) 4.0) (fun x c ->
          let k = c.Poisson(6.0 - x)
          k * k)
      example
          "categorical"
          0.3
          (AD.diff (fun x -> sum (Array.map2 (fun q price -> q * price) (softmax x) prices)) (Real 0.3)).Value
          (fun x c -> Real prices[c.Categorical(softmax x)])
      example
          "a draw whose parameter is an earlier draw"
          2.5
          (exactly poisson 60 (fun x n -> sum (Seq.init (n + 1) (fun k -> binomial n (sigmoid x) k * float (k * k)))) 2.5)
          (fun x c ->
              let n = c.Poisson x
              let k = c.Binomial(int n, sigmoid x)
              k * k)
      // the number of draws is geometric: E = sum of q(n) n^2
      example
          "a number of draws that changes"
          0.6
          (exactly (fun p -> geometric (1.0 - p)) 400 (fun _ k -> Real(float (k * k))) 0.6)
          (fun p c ->
              let mutable n = 0.0
              while c.Flip p do
                  n <- n + 1.0
              Real(n * n))
      example
          "more draws behind an if"
          0.4
          (exactly (binomial 1) 1 (fun p k -> if k = 1 then 9.0 * p * p + 3.0 * p * (1.0 - p) else 2.0 * p) 0.4)
          (fun p c ->
              if c.Flip p then
                  let k = c.Binomial(3, p)
                  k * k
              else
                  c.Binomial(2, p))
      // Phi(x)-like: the noise is continuous, and its argument moves smoothly
      example "continuous noise" 0.5 (0.5 * (exactly poisson 60 (fun x k -> float k * x) 0.5)) (fun x c ->
          c.Uniform() * c.Poisson x * x + c.Normal())
      example "a walk that reverts, by its end" 0.3 (walkExactly reverting (fun x -> x * x) 0.3) (walk reverting (fun x -> x * x))
      example
          "a walk that reverts, by a threshold"
          0.3
          (walkExactly reverting (fun x -> if x > 3.0 then 1.0 else 0.0) 0.3)
          (walk reverting (fun x -> if x > 3.0 then 1.0 else 0.0))
      example "a walk that drifts" 2.0 (walkExactly drifting (fun x -> x * x) 2.0) (walk drifting (fun x -> x * x))
      example "an inventory" 3.2 (inventoryExactly 3.2) inventory ]

/// The score function's estimator of a walk's derivative.
let private walkByScore (up: Real -> float -> Real) (cost: float -> float) (x: Real) (key: RandomKey) : ScoreCost =
    let mutable position, run = 0.0, ScoreCost.Start
    for step in 1..100 do
        let p = up x position
        let isUp = key.Fold(step).Uniform() < p.Value
        run <- run.Draw(Real.Log(if isUp then p else 1.0 - p))
        position <- if isUp then position + 1.0 else position - 1.0
    run.Cost(Real(cost position))

// ---- Jumps, without sampling ----

/// The sum over k of q(k) times the weighted differences of g, and of the magnitudes of the weights.
let private weigh (q: (float * float) list) (jumps: (float -> float -> unit) -> float -> unit) (g: float -> float) : float =
    let mutable total = 0.0
    for k, q in q do
        if q > 0.0 then jumps (fun target weight -> total <- total + q * weight * (g target - g k)) k
    total

let private someFunctions: (float -> float) list =
    [ id; (fun k -> k * k); (fun k -> Math.Sin(3.0 * k)); (fun k -> if k > 2.0 then 1.0 else 0.0) ]

[<Tests>]
let tests =
    testList
        "derivatives of random programs"
        [ for { Name = name; F = f; X = x; Derivative = derivative } in examples do
              for alternatives in [ 1; 8 ] do
                  testKey $"{name}: unbiased with {alternatives} runs" 51 (fun key ->
                      let estimate = Stochastic.derivativeWith alternatives f key 1500 (Real x)
                      expectEstimate derivative estimate name
                      Expect.isLessThan estimate.StandardError (0.4 * abs derivative + 0.05) "an error that says something")

          testCase "the weights of jumps give the derivative of every expectation, also at the ends" (fun () ->
              for g in someFunctions do
                  for p in [ 0.0; 1e-9; 0.2; 0.5; 0.9; 1.0 ] do
                      for n in [ 1; 2; 7 ] do
                          let q = [ for k in 0..n -> float k, (binomial n (Real p) k).Value ]
                          let exact = exactly (binomial n) n (fun _ k -> Real(g (float k))) p
                          // some 50 terms of size n^2 at most
                          for dp in [ 1.0; -2.0 ] do
                              expectWithin 1e-12 (dp * exact) (weigh q (fun jump k -> Jumps.binomial jump n dp k) g) $"binomial {n} {p}"
                      if p > 0.0 && p > 1e-6 then
                          let q = [ for k in 0..600 -> float k, (geometric (Real p) k).Value ]
                          let q = if p = 1.0 then [ 0.0, 1.0 ] else q
                          // d/dp of p (1 - p)^k is 1 at k = 0 and -1 at k = 1 for p = 1
                          let exact = if p = 1.0 then g 0.0 - g 1.0 else exactly geometric 600 (fun _ k -> Real(g (float k))) p
                          expectWithin 1e-9 exact (weigh q (fun jump k -> Jumps.geometric jump p 1.0 k) g) $"geometric {p}"
                  for rate in [ 0.0; 0.5; 4.0 ] do
                      let q =
                          [ for k in 0..80 -> float k, (if rate = 0.0 then (if k = 0 then 1.0 else 0.0) else (poisson (Real rate) k).Value) ]
                      let exact = if rate = 0.0 then g 1.0 - g 0.0 else exactly poisson 80 (fun _ k -> Real(g (float k))) rate
                      expectWithin 1e-11 (-3.0 * exact) (weigh q (fun jump k -> Jumps.poisson jump -3.0 k) g) $"Poisson {rate}")

          testCase "the weights of categorical jumps, with outcomes that cannot occur" (fun () ->
              for p, dp in
                  [ [| 0.2; 0.3; 0.5 |], [| 1.0; -3.0; 2.0 |]
                    [| 0.5; 0.0; 0.5 |], [| -1.0; 0.0; 1.0 |]
                    [| 0.5; 0.0; 0.0; 0.5 |], [| -1.0; 0.25; 0.5; 0.25 |]
                    [| 0.0; 1.0; 0.0; 0.0 |], [| 0.5; -2.0; 0.5; 1.0 |]
                    [| 0.0; 0.0; 1.0 |], [| 0.0; 3.0; -3.0 |]
                    [| 1.0 |], [| 0.0 |]
                    // these do not sum to 0: the derivative of p divided by its sum
                    [| 0.2; 0.3; 0.5 |], [| 1.0; 0.0; 0.0 |] ] do
                  for g in someFunctions do
                      let q = [ for k in 0 .. p.Length - 1 -> float k, p[k] ]
                      let normalised = Array.map2 (fun p slope -> slope - p * Array.sum dp) p dp
                      let exact = normalised |> Array.mapi (fun k dp -> dp * g (float k)) |> Array.sum
                      expectWithin 1e-14 exact (weigh q (fun jump k -> Jumps.categorical jump p dp (int k)) g) $"{p} {dp}")

          for q0 in [ 0.0; 1e-12; 1e-8; 1e-6; 1e-4; 0.01; 0.1; 0.3 ] do
              for name, p, g in
                  [ "two improbable neighbours first", (fun (q: Real) -> [| q; q; 1.0 - 2.0 * q |]), [| 10.0; 0.0; 0.0 |]
                    "two improbable neighbours last", (fun q -> [| 1.0 - 2.0 * q; q; q |]), [| 0.0; 0.0; 10.0 |]
                    "orders of improbability", (fun q -> [| q * (1.0 - q); q * q; 1.0 - q |]), [| 1.0; 4.0; 9.0 |]
                    "improbable ones between", (fun q -> [| 0.5 - q; q; q; 0.5 - q |]), [| 3.0; 1.0; 8.0; -2.0 |]
                    "from one end to the other", (fun q -> [| 0.5 - q; Real 1e-9; Real 1e-9; 0.5 + q - 2e-9 |]), [| 3.0; 1.0; 8.0; -2.0 |] ] do
                  testKey $"categorical at {q0}, {name}: the derivative is the closed form" 63 (fun key ->
                      let exact = (AD.diff (fun q -> sum (Array.map2 (fun p g -> p * g) (p q) g)) (Real q0)).Value
                      let f (q: Real) (c: Chance) = Real g[c.Categorical(p q)]
                      // the mean over outcomes of the weighted differences is the same for each: some ten roundings of terms of size 50
                      let estimate = Stochastic.derivative f key 100 (Real q0)
                      expectWithin 1e-12 exact estimate.Mean "all jumps"
                      expectWithin 1e-12 0.0 estimate.StandardError "its error"
                      // one jump of them: its variance is bounded, so that it is seen at every q
                      let estimate = Stochastic.derivativeWith 1 f key 2000 (Real q0)
                      // 2000 samples may meet no event that has a probability of some q: outcomes of 2 q, jumps with a share of 2 q. Each is worth
                      // 80 at most, and what was not met is missing in the error too
                      let unseen = if q0 <= 1e-4 then 4.0 * q0 * 80.0 else 0.0
                      let distance = max 0.0 (abs (estimate.Mean - exact) - unseen)
                      expectEstimate exact { estimate with Mean = exact + distance } "one jump"
                      // weights sum to 8 at most, costs differ by 10: a deviation of 80, divided by sqrt(2000)
                      Expect.isLessThan estimate.StandardError 1.8 "one jump: its error")

          testKey "at probabilities of 0 and 1 the derivative is that of the side inside" 52 (fun key ->
              // with one draw and all jumps run, there is no variance: X, X^2 and so on of one trial are all p
              for x in [ 0.0; 1.0 ] do
                  for f in [ (fun (p: Real) (c: Chance) -> c.Bernoulli p); (fun p c -> if c.Flip(1.0 - p) then Real 0.0 else Real 1.0) ] do
                      let estimate = Stochastic.derivative f key 50 (Real x)
                      expectSame 1.0 estimate.Mean $"at {x}"
                      expectSame 0.0 estimate.StandardError $"at {x}"
              expectSame 5.0 (Stochastic.derivative (fun p c -> c.Binomial(5, p)) key 10 (Real 0.0)).Mean "binomial"
              expectSame -1.0 (Stochastic.derivative (fun p c -> c.Geometric p) key 10 (Real 1.0)).Mean "geometric"
              expectSame 1.0 (Stochastic.derivative (fun x c -> c.Poisson x) key 10 (Real 0.0)).Mean "Poisson")

          testCase "draws whose parameters do not depend on x cost no further runs" (fun () ->
              let calls = ref 0
              let count f x c =
                  Interlocked.Increment calls |> ignore
                  f x c
              let f (x: Real) (c: Chance) =
                  let noise = c.Poisson(Real 3.0) + c.Bernoulli(Real 0.5) + c.Binomial(4, Real 0.1) + c.Geometric(Real 0.9)
                  x * x * (noise + float (c.Categorical(Real 0.2, Real 0.8)))
              let estimate = Stochastic.derivative (count f) (RandomKey.Of 53) 20 (Real 2.0)
              Expect.equal calls.Value 21 "runs: one each, and one to compare"
              Expect.isGreaterThan estimate.Mean 0.0 "a derivative"
              calls.Value <- 0
              Stochastic.derivativeWith 3 (count (walk drifting id)) (RandomKey.Of 53) 20 (Real 2.0) |> ignore
              Expect.isLessThanOrEqual calls.Value (20 * 4 + 1) "no more than asked for")

          testKey "a walk of 100 steps: the standard error is a tenth of the score function's and less" 54 (fun key ->
              for cost, name in [ id, "the end"; (fun x -> x * x), "its square" ] do
                  let ours = Stochastic.derivative (walk drifting cost) key 500 (Real 2.0)
                  let options = ScoreOptions(Baseline = ScoreBaseline.None)
                  let score = Stochastic.scoreGradientWith options (walkByScore drifting cost) key 500 (Real 2.0)
                  // 38 and 18 times, and 24 to 28 and 8 to 14 with one alternative; the errors' own errors are some 5 % for ours, 10 % for the other
                  Expect.isGreaterThan score.StandardError.Value (10.0 * ours.StandardError) name
                  let exact = walkExactly drifting cost 2.0
                  expectEstimate exact ours name
                  expectEstimate
                      exact
                      { Mean = score.Mean.Value; StandardError = score.StandardError.Value; Samples = 500 }
                      $"{name}, score"
              // where steps do not depend on the position, also of the score function with its best baseline
              let free (x: Real) (_: float) = sigmoid x
              let ours = Stochastic.derivative (walk free (fun x -> x * x)) key 500 (Real 2.0)
              let score = Stochastic.scoreGradient (walkByScore free (fun x -> x * x)) key 500 (Real 2.0)
              Expect.isGreaterThan score.StandardError.Value (10.0 * ours.StandardError) "leave one out")

          testCase "the same key gives the same estimate, on every thread" (fun () ->
              let estimate () = Stochastic.derivative inventory (RandomKey.Of 55) 50 (Real 3.2)
              let expected = estimate ()
              let found = Array.zeroCreate 8
              Parallel.For(0, 8, (fun i -> found[i] <- estimate ())) |> ignore
              for found in found do
                  expectSame expected.Mean found.Mean "mean"
                  expectSame expected.StandardError found.StandardError "error"
              let other = Stochastic.derivative inventory (RandomKey.Of 56) 50 (Real 3.2)
              Expect.notEqual other.Mean expected.Mean "another key")

          testCase "draws of a program that runs by itself" (fun () ->
              let run () = inventory (Real 3.2) (Chance(RandomKey.Of 57))
              expectSame (run ()).Value (run ()).Value "twice"
              let c = Chance(RandomKey.Of 58)
              let key = RandomKey.Of 58
              expectSame (key.UniformAt 0) (c.Uniform()) "uniform"
              expectSame (key.NormalAt 1) (c.Normal()) "normal"
              expectSame (Quantiles.poisson 4.0 (key.UniformAt 2)) (c.Poisson(Real 4.0)).Value "Poisson")

          testCase "bad input" (fun () ->
              let key = RandomKey.Of 59
              let message (f: Real -> Chance -> Real) (x: float) =
                  (thrown<ArgumentException>(fun () -> Stochastic.derivative f key 3 (Real x) |> ignore)).Message
              message (fun p c -> c.Bernoulli p) 1.5 |> expectMentions [ "Chance.Bernoulli"; "p is a probability"; "1.5" ]
              message (fun p c -> c.Bernoulli p) nan |> expectMentions [ "Chance.Bernoulli"; "NaN" ]
              message (fun p c -> c.Binomial(3, p)) -0.25 |> expectMentions [ "Chance.Binomial"; "-0.25" ]
              message (fun p c -> c.Binomial(-1, p)) 0.25 |> expectMentions [ "Chance.Binomial"; "-1" ]
              message (fun p c -> c.Geometric p) 0.0 |> expectMentions [ "Chance.Geometric"; "got 0" ]
              message (fun p c -> c.Poisson p) -2.0 |> expectMentions [ "Chance.Poisson"; "-2" ]
              message (fun p c -> Real(float (c.Categorical(p, p)))) 0.25 |> expectMentions [ "Chance.Categorical"; "0.5" ]
              message (fun _ c -> Real(float (c.Categorical()))) 0.25 |> expectMentions [ "Chance.Categorical"; "no outcome" ]
              thrown<ArgumentNullException>(fun () -> Chance(key).Categorical(null: Real[]) |> ignore) |> ignore
              for samples in [ 0; -1 ] do
                  thrown<ArgumentOutOfRangeException>(fun () -> Stochastic.derivative inventory key samples (Real 3.0) |> ignore)
                  |> _.Message
                  |> expectMentions [ "samples"; string samples ]
              thrown<ArgumentOutOfRangeException>(fun () -> Stochastic.derivativeWith 0 inventory key 3 (Real 3.0) |> ignore)
              |> _.Message
              |> expectMentions [ "alternatives" ]
              thrown<ArgumentNullException>(fun () ->
                  Stochastic.derivative Unchecked.defaultof<Real -> Chance -> Real> key 3 (Real 3.0) |> ignore)
              |> ignore)

          testCase "derivatives that would be lost are errors" (fun () ->
              let key = RandomKey.Of 60
              let lost (run: unit -> unit) = (thrown<InvalidOperationException> run).Message
              // an outer operator
              lost (fun () -> AD.diff (fun x -> Real (Stochastic.derivative inventory key 2 x).Mean) (Real 3.0) |> ignore)
              |> expectMentions [ "Stochastic.Derivative" ]
              // a captured number of an outer operator, in the result and in a parameter
              lost (fun () ->
                  AD.diff (fun t -> Real (Stochastic.derivative (fun x c -> t * c.Poisson x) key 2 (Real 3.0)).Mean) (Real 2.0) |> ignore)
              |> expectMentions [ "Stochastic.Derivative" ]
              lost (fun () ->
                  AD.diff (fun t -> Real (Stochastic.derivative (fun x c -> c.Poisson(t * x)) key 2 (Real 3.0)).Mean) (Real 2.0) |> ignore)
              |> expectMentions [ "Chance.Poisson" ]
              // an inner operator, to which the draw is a constant
              lost (fun () ->
                  Stochastic.derivative (fun x c -> AD.diff (fun y -> y * c.Poisson(x + y)) (Real 1.0)) key 2 (Real 3.0) |> ignore)
              |> expectMentions [ "Chance.Poisson"; "StopGradient" ]
              // a program that runs by itself
              lost (fun () -> AD.diff (fun p -> Chance(key).Bernoulli p) (Real 0.5) |> ignore) |> expectMentions [ "Chance.Bernoulli" ]
              // a program that is being compiled
              lost (fun () -> AD.compile (fun rate -> Chance(key).Poisson rate) (Real 2.0) |> ignore)
              |> expectMentions [ "Chance.Poisson"; "compiled"; "Distribution.Poisson" ]
              // inner operators elsewhere are fine
              let f (x: Real) (c: Chance) = c.Poisson x * AD.diff (fun y -> x * y * y) (Real 1.0)
              Stochastic.derivative f key 4000 (Real 1.5) |> fun e -> expectEstimate 6.0 e "2 x^2")

          testCase "a program that is not a function of its arguments is an error" (fun () ->
              let calls = ref 0.0
              let impure (_: Real) (_: Chance) =
                  calls.Value <- calls.Value + 1.0
                  Real calls.Value
              thrown<InvalidOperationException>(fun () -> Stochastic.derivative impure (RandomKey.Of 61) 3 (Real 1.0) |> ignore)
              |> _.Message
              |> expectMentions [ "Stochastic.Derivative"; "different results" ]
              // the second sample draws something else before in its second run, or draws with another parameter, or does not draw
              for other in
                  [ (fun (x: Real) (c: Chance) -> c.Uniform() * c.Poisson x)
                    (fun x c -> c.Poisson(x / 3.0) * c.Poisson x)
                    (fun x _ -> x) ] do
                  let draws (x: Real) (c: Chance) =
                      calls.Value <- calls.Value + 1.0
                      if calls.Value = 5.0 then other x c else c.Poisson x
                  calls.Value <- 0.0
                  thrown<InvalidOperationException>(fun () -> Stochastic.derivative draws (RandomKey.Of 61) 50 (Real 5.0) |> ignore)
                  |> _.Message
                  |> expectMentions [ "different results" ])

          testCase "what is not a number is NaN" (fun () ->
              let key = RandomKey.Of 62
              // a rate whose slope is infinite
              expectSame nan (Stochastic.derivative (fun x c -> c.Poisson(Real.Sqrt x)) key 3 (Real 0.0)).Mean "an infinite rate of jumps"
              expectSame nan (Stochastic.derivative (fun x c -> c.Poisson x / 0.0 * 0.0) key 3 (Real 1.0)).Mean "a result") ]
