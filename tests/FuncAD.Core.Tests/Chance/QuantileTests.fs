module FuncAD.Tests.QuantileTests

open System
open System.Numerics
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Significance

let private us = [| 1e-15; 1e-10; 0.001; 0.1; 0.3; 0.5; 0.7; 0.9; 0.999; 1.0 - Math.ScaleB(1.0, -30) |]

/// The quantiles at these numbers, by 40-digit sums of the probabilities (mpmath); each number is further from a step of the distribution function
/// than 4e-6 of its distance to 0 or 1.
let private binomials =
    [ 10, 0.5, [| 0; 0; 1; 3; 4; 5; 6; 7; 9; 10 |]
      100, 0.1, [| 0; 0; 2; 6; 8; 10; 11; 14; 20; 32 |]
      1000, 0.999, [| 984; 988; 995; 998; 999; 999; 1000; 1000; 1000; 1000 |]
      1000000, 0.5, [| 496029; 496819; 498455; 499359; 499738; 500000; 500262; 500641; 501545; 503005 |]
      1000000, 1e-6, [| 0; 0; 0; 0; 0; 1; 1; 2; 5; 11 |]
      1000000, 0.3, [| 296365; 297088; 298584; 299413; 299760; 300000; 300240; 300587; 301417; 302756 |]
      Int32.MaxValue,
      0.25,
      [| 536711564; 536743267; 536808903; 536845196; 536860389; 536870912; 536881434; 536896628; 536932922; 536991500 |] ]

let private poissons =
    [ 0.5, [| 0; 0; 0; 0; 0; 0; 1; 1; 4; 9 |]
      3.0, [| 0; 0; 0; 1; 2; 3; 4; 5; 10; 18 |]
      50.0, [| 6; 12; 30; 41; 46; 50; 54; 59; 73; 98 |]
      1e5, [| 97499; 97995; 99024; 99595; 99834; 100000; 100166; 100405; 100979; 101906 |]
      1e7, [| 9974898; 9979890; 9990229; 9995947; 9998342; 10000000; 10001658; 10004053; 10009774; 10019009 |] ]

/// floor(log(1 - u) / log(1 - p)) by the same arithmetic.
let private geometrics =
    [ 0.5, [| 0.0; 0.0; 0.0; 0.0; 0.0; 1.0; 1.0; 3.0; 9.0; 30.0 |]
      0.15, [| 0.0; 0.0; 0.0; 0.0; 2.0; 4.0; 7.0; 14.0; 42.0; 127.0 |]
      1e-10,
      [| 0.0; 1.0; 10005003.0; 1053605156.0; 3566749439.0; 6931471805.0; 12039728042.0; 23025850928.0; 69077552786.0; 207944154157.0 |]
      0.999, [| 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 1.0; 3.0 |] ]

/// The distribution function of n trials, exactly: p is a whole number over 2^60 or less here.
let private exactBinomial (n: int) (p: float) : float[] =
    let scale = BigInteger.Pow(2I, 60)
    let yes = BigInteger(p * 1152921504606846976.0)
    let no = scale - yes
    let choose k = Seq.fold (fun product i -> product * BigInteger(n - i + 1) / BigInteger(i: int)) 1I (seq { 1..k })
    let terms = Array.init (n + 1) (fun k -> choose k * BigInteger.Pow(yes, k) * BigInteger.Pow(no, n - k))
    let total = BigInteger.Pow(scale, n)
    terms
    |> Array.scan (+) 0I
    |> Array.tail
    |> Array.map (fun sum -> float (sum * BigInteger.Pow(2I, 200) / total) * Math.ScaleB(1.0, -200))

let private increasing (numbers: float seq) = numbers |> Seq.pairwise |> Seq.forall (fun (a, b) -> a <= b)

let private grid = [| for i in 0..2000 -> (float i + 0.5) / 2001.0 |]

let private categorical (p: float[]) (u: float) : float = (Quantiles.categorical (reals p) u).Value

/// Each distribution at an index of its parameter, in the order in which its draws grow.
let private families: (string * (float -> float -> float)) list =
    [ "Bernoulli", (fun t -> Quantiles.bernoulli t)
      "Geometric", (fun t -> Quantiles.geometric (1.0 - 0.999 * t))
      "Binomial of 7", (fun t -> Quantiles.binomial 7 t)
      "Binomial of 1000", (fun t -> Quantiles.binomial 1000 t)
      "Poisson", (fun t -> Quantiles.poisson (30.0 * t))
      "Categorical", (fun t u -> categorical [| (1.0 - t) / 2.0; 0.0; 0.5; t / 2.0 |] u) ]

/// Draws of many keys against the probabilities of values from 0; the last cell has the rest.
let private expectDraws (key: RandomKey) (draw: float -> float) (probabilities: float[]) (what: string) =
    let n = 100000
    let cells = probabilities.Length + 1
    let counts = Array.zeroCreate cells
    for u in (key.Uniform n).ToArray() do
        let cell = min (int (draw u)) (cells - 1)
        counts[cell] <- counts[cell] + 1.0
    expectCounts (Array.append probabilities [| 1.0 - Array.sum probabilities |] |> Array.map ((*) (float n))) counts what

[<Tests>]
let tests =
    testList
        "quantiles"
        [ testCase "binomial, Poisson and geometric against sums of 40 digits" (fun () ->
              for n, p, expected in binomials do
                  Expect.equal (us |> Array.map (Quantiles.binomial n p)) (expected |> Array.map float) $"binomial {n} {p}"
              for rate, expected in poissons do
                  Expect.equal (us |> Array.map (Quantiles.poisson rate)) (expected |> Array.map float) $"Poisson {rate}"
              for p, expected in geometrics do
                  Expect.equal (us |> Array.map (Quantiles.geometric p)) expected $"geometric {p}"
              // here counts have more digits than doubles
              for u, expected in [ 0.001, 1.0005003335835335e+297; 0.5, 6.9314718055994529e+299; 0.999, 6.907755278982136e+300 ] do
                  expectClose 4.0 expected (Quantiles.geometric 1e-300 u) "geometric 1e-300")

          testCase "the steps of the binomial quantile are where the distribution function is, up to roundings" (fun () ->
              for n in [ 1; 2; 5; 30 ] do
                  for p in [ 1.0 / 1024.0; 0.1; 0.25; 0.5; 0.75; 0.9375 ] do
                      exactBinomial n p
                      |> Array.iteri (fun k step ->
                          // two roundings for each of at most 2 n terms, on the side of the tail that is compared, and that of the step
                          let slack = float (4 * n + 4) * u * min step (1.0 - step) + (if step > 0.5 then u else 0.0)
                          if step > 1e-16 && 1.0 - step > 1e-12 then
                              expectSame
                                  (float k)
                                  (Quantiles.binomial n p (Math.BitDecrement(step - slack)))
                                  $"below step {k} of {n}, {p}"
                              expectSame
                                  (float (k + 1))
                                  (Quantiles.binomial n p (Math.BitIncrement(step + slack)))
                                  $"above step {k} of {n}, {p}"))

          for name, quantile in families do
              testCase $"{name}: grows with u and with its parameter" (fun () ->
                  for t in [ 0.0; 1e-9; 0.1; 0.37; 0.5; 0.8; 1.0 ] do
                      Expect.isTrue (grid |> Seq.map (quantile t) |> increasing) $"in u at {t}"
                  for u in [ u; 1e-6; 0.01; 0.3; 0.5; 0.77; 0.99; 1.0 - u ] do
                      Expect.isTrue (grid |> Seq.map (fun t -> quantile t u) |> increasing) $"in the parameter at {u}")

          testCase "ends: certain and impossible outcomes" (fun () ->
              for u in [ u; 1e-9; 0.5; 1.0 - u ] do
                  for p in [ 0.0; 1.0 ] do
                      expectSame p (Quantiles.bernoulli p u) "Bernoulli"
                      for n in [ 0; 1; 10; 1000000; Int32.MaxValue ] do
                          expectSame (p * float n) (Quantiles.binomial n p u) $"binomial of {n}"
                  expectSame 0.0 (Quantiles.geometric 1.0 u) "geometric"
                  expectSame 0.0 (Quantiles.poisson 0.0 u) "Poisson"
                  Expect.equal (categorical [| 1.0 |] u) 0.0 "one outcome"
                  Expect.equal (categorical [| 0.0; 0.0; 1.0; 0.0 |] u) 2.0 "one possible outcome"
              Expect.equal (categorical [| 0.5; 0.0; 0.5; 0.0 |] 0.5) 2.0 "at a step"
              // ten times 0.1 sum to less than 1
              for zeros in 1..3 do
                  Expect.equal (categorical (Array.append (Array.create 10 0.1) (Array.zeroCreate zeros)) (1.0 - u)) 9.0 "roundings"
              // an event of probability 2^-50 takes the eight highest of the 2^53 numbers from 2^-53
              let rare = Math.ScaleB(1.0, -50)
              Expect.equal (Quantiles.bernoulli rare (1.0 - 7.0 * u)) 1.0 "rare"
              Expect.equal (Quantiles.bernoulli rare (1.0 - 9.0 * u)) 0.0 "not quite")

          testKey "draws have the distributions" 31 (fun key ->
              let draws name quantile probabilities = expectDraws (key.Fold(int64 (String.length name))) quantile probabilities name
              draws "Bernoulli 0.3" (Quantiles.bernoulli 0.3) [| 0.7 |]
              draws "Geometric 0.2" (Quantiles.geometric 0.2) (Array.init 30 (fun k -> 0.2 * Math.Pow(0.8, float k)))
              let choose n k = Seq.fold (fun product i -> product * float (n - i + 1) / float i) 1.0 (seq { 1..k })
              draws
                  "Binomial 12 0.35"
                  (Quantiles.binomial 12 0.35)
                  (Array.init 9 (fun k -> choose 12 k * Math.Pow(0.35, float k) * Math.Pow(0.65, float (12 - k))))
              draws
                  "Poisson 4.5 ."
                  (Quantiles.poisson 4.5)
                  (Array.init 12 (fun k -> Math.Exp -4.5 * Math.Pow(4.5, float k) / SpecialValues.gamma (float k + 1.0)))
              draws "Categorical .." (categorical [| 0.1; 0.2; 0.3; 0.4 |]) [| 0.1; 0.2; 0.3 |])

          testCase "parameters outside of the domain are named with their values" (fun () ->
              let refused (draw: unit -> 'T) (parts: string list) =
                  thrown<ArgumentException>(fun () -> draw () |> ignore) |> _.Message |> expectMentions parts
              let chance () = Chance(RandomKey.Of 1)
              for p in [ -0.1; 1.5; nan; infinity ] do
                  refused (fun () -> chance().Bernoulli(Real p)) [ "Chance.Bernoulli"; "p is a probability"; Parameters.text p ]
                  refused (fun () -> chance().Flip(Real p)) [ "Chance.Bernoulli"; "p is a probability"; Parameters.text p ]
                  refused (fun () -> chance().Binomial(3, Real p)) [ "Chance.Binomial"; "p is a probability"; Parameters.text p ]
                  refused (fun () -> chance().Geometric(Real p)) [ "Chance.Geometric"; "probability of a success"; Parameters.text p ]
                  refused (fun () -> chance().Categorical(Real 0.5, Real p)) [ "Chance.Categorical"; "p[1]"; Parameters.text p ]
              refused (fun () -> chance().Geometric(Real 0.0)) [ "Chance.Geometric"; "got 0" ]
              refused (fun () -> chance().Geometric(Real 9e-15)) [ "Chance.Geometric"; "2^53"; "9E-15" ]
              refused (fun () -> chance().Binomial(-3, Real 0.5)) [ "Chance.Binomial"; "n is"; "-3" ]
              for rate in [ -1.0; nan; infinity; 1e16 ] do
                  refused (fun () -> chance().Poisson(Real rate)) [ "Chance.Poisson"; "rate"; Parameters.text rate ]
              refused (fun () -> chance().Categorical([||]: Real[])) [ "Chance.Categorical"; "no outcome" ]
              refused (fun () -> chance().Categorical(Real 0.5, Real 0.4)) [ "Chance.Categorical"; "sum to 1"; "0.9" ]
              thrown<ArgumentNullException>(fun () -> chance().Categorical(null: Real[]) |> ignore) |> ignore) ]
