/// Statistical tests, each with a chance of about 1e-11 to fail on right code, so that the whole list of some 60 has one below 1e-9. Keys are fixed
/// and stand in the names of the tests.
module FuncAD.Tests.Significance

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// A normal variable lies further out than this with a probability of 1e-11.
let private outermost = 6.8

/// A test that draws from a key, which its name tells.
let testKey (name: string) (seed: int) (run: RandomKey -> unit) : Test =
    let key = RandomKey.Of seed
    testCase $"{name} ({key}, seed {seed})" (fun () -> run key)

/// A statistic that is about standard normal.
let expectNormal (z: float) (what: string) =
    if not (abs z <= outermost) then failtest $"{what}: {text z} standard deviations from the expectation"

/// An estimate of a known expectation. One without an error must be exact up to the roundings of a sum.
let expectEstimate (expected: float) (estimate: Estimate) (what: string) =
    let distance = abs (estimate.Mean - expected)
    if not (distance <= 1e-12 * abs expected) then
        expectNormal (distance / estimate.StandardError) $"{what}: {estimate}, expected {text expected}"

/// The mean of a sample with its standard error.
let estimateOf (sample: float[]) : Estimate =
    let mean = RunningMean 1
    for x in sample do
        mean.Add [| x |]
    { Mean = mean.Mean[0]; StandardError = mean.Errors[0]; Samples = sample.Length }

/// An estimate of a known expectation whose sums were rounded by so much.
let expectEstimateWithin (roundings: float) (expected: float) (estimate: Estimate) (what: string) =
    if not (abs (estimate.Mean - expected) <= roundings) then expectEstimate expected estimate what

/// Counts of cells with these expectations (of 5 and more each): Pearson's chi-square.
let expectCounts (expected: float[]) (counts: float[]) (what: string) =
    let statistic = Array.fold2 (fun sum e c -> sum + (c - e) * (c - e) / e) 0.0 expected counts
    let tail = MathNet.Numerics.SpecialFunctions.GammaUpperRegularized(0.5 * float (expected.Length - 1), 0.5 * statistic)
    if not (tail >= 1e-11) then failtest $"{what}: chi-square {text statistic} of {expected.Length} cells has the tail {text tail}"

/// Numbers that are uniform from 0 to 1: Kolmogorov and Smirnov's largest distance D of the distribution functions, whose tail is at most
/// 2 exp(-2 n D^2) (Massart 1990).
let expectUniform (sample: float[]) (what: string) =
    let sorted = Array.sort sample
    let n = float sorted.Length
    let distance = sorted |> Array.mapi (fun i x -> max (float (i + 1) / n - x) (x - float i / n)) |> Array.max
    let tail = 2.0 * Math.Exp(-2.0 * n * distance * distance)
    if not (tail >= 1e-11) then failtest $"{what}: the distance {text distance} of {sorted.Length} numbers has the tail {text tail}"

/// Independent pairs: sqrt(n) times the correlation is about standard normal.
let expectUncorrelated (x: float[]) (y: float[]) (what: string) =
    let centred (x: float[]) = (let mean = Array.average x in x |> Array.map (fun x -> x - mean))
    let x, y = centred x, centred y
    let product a b = Array.fold2 (fun sum a b -> sum + a * b) 0.0 a b
    expectNormal (sqrt (float x.Length) * product x y / sqrt (product x x * product y y)) what
