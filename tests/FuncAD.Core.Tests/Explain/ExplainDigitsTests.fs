/// Estimates of lost digits against references of 32 digits (data/make-explained.py): the functions that every text on rounding has.
module FuncAD.Tests.Explain.ExplainDigitsTests

open System
open System.Globalization
open System.IO
open Expecto
open FuncAD
open FuncAD.Explaining
open FuncAD.Tests.Testing

let private mean (x: Real[]) = Array.reduce (+) x / float x.Length
let private square (x: Real) = x * x

let private variance (x: Real[]) = mean (Array.map square x) - square (mean x)

let private heron (x: Real[]) =
    let s = (x[0] + x[1] + x[2]) / 2.0
    sqrt (s * (s - x[0]) * (s - x[1]) * (s - x[2]))

let private series (x: Real) =
    let mutable term, total = Real 1.0, Real 1.0
    for k = 1 to 100 do
        term <- term * x / float k
        total <- total + term
    total

let private rump (a: Real) (b: Real) =
    let b2 = b * b
    let b4 = b2 * b2
    let b6, b8 = b4 * b2, b4 * b4
    333.75 * b6 + a * a * (11.0 * a * a * b2 - b6 - 121.0 * b4 - 2.0) + 5.5 * b8 + a / (2.0 * b)

let private iterate (times: int) (step: Real -> Real) (x: Real) = Seq.fold (fun x _ -> step x) x (seq { 1..times })

let private integrals (x: Real) =
    let e = exp -x
    let mutable total, power = 1.0 - e, Real 1.0
    for n = 1 to 12 do
        power <- power * x
        total <- float n * total - power * e
    total

let private coefficients = [| 1.0; -7.0; 21.0; -35.0; 35.0; -21.0; 7.0; -1.0 |]

let private expanded (x: Real) =
    let powers = Array.scan (fun power _ -> power * x) (Real 1.0) [| 1..7 |]
    Array.map2 (fun c (power: Real) -> c * power) coefficients (Array.rev powers) |> Array.reduce (+)

let private functions: (string * (Real[] -> Real)) list =
    [ "one minus cosine", (fun x -> (1.0 - cos x[0]) / (x[0] * x[0]))
      "one minus cosine, all lost", (fun x -> (1.0 - cos x[0]) / (x[0] * x[0]))
      "one minus cosine, by the sine", (fun x -> 2.0 * square (sin (x[0] / 2.0)) / (x[0] * x[0]))
      "quadratic formula", (fun x -> (-x[1] + sqrt (x[1] * x[1] - 4.0 * x[0] * x[2])) / (2.0 * x[0]))
      "quadratic formula, by the other root", (fun x -> -2.0 * x[2] / (x[1] + sqrt (x[1] * x[1] - 4.0 * x[0] * x[2])))
      "variance by squares", variance
      "variance about the mean",
      (fun x ->
          let m = mean x
          x |> Array.map (fun y -> square (y - m)) |> mean)
      "log of one and little", (fun x -> log (1.0 + x[0]))
      "log of one and little, by LogP1", (fun x -> Real.LogP1 x[0])
      "sinh by exponentials", (fun x -> (exp x[0] - exp -x[0]) / 2.0)
      "alternating series", (fun x -> series x[0])
      "series of one sign", (fun x -> series x[0])
      "Rump's polynomial", (fun x -> rump x[0] x[1])
      "x less its sine", (fun x -> x[0] - sin x[0])
      "difference of roots", (fun x -> sqrt (x[0] + 1.0) - sqrt x[0])
      "difference of roots, by their sum", (fun x -> 1.0 / (sqrt (x[0] + 1.0) + sqrt x[0]))
      "exponential less one", (fun x -> (exp x[0] - 1.0) / x[0])
      "exponential less one, by ExpM1", (fun x -> Real.ExpM1 x[0] / x[0])
      "Heron's formula of a needle", heron
      "expanded power", (fun x -> expanded x[0])
      "Horner's rule", (fun x -> coefficients[1..] |> Array.fold (fun y c -> y * x[0] + c) (Real 1.0))
      "tangent less sine", (fun x -> tan x[0] - sin x[0])
      "harmonic sum", (fun x -> Seq.fold (fun sum k -> sum + 1.0 / (x[0] + float k)) (Real 0.0) (seq { 0..999 }))
      "product of a hundred", (fun x -> Seq.fold (fun product k -> product * (x[0] + float k)) (Real 1.0) (seq { 1..100 }))
      "logistic map", (fun x -> iterate 30 (fun x -> 4.0 * x * (1.0 - x)) x[0])
      "Newton's iteration", (fun x -> iterate 12 (fun y -> (y + x[0] / y) / 2.0) x[0])
      "integrals by recurrence", (fun x -> integrals x[0])
      "determinant", (fun x -> x[0] * x[3] - x[1] * x[2])
      "compound interest", (fun x -> (1.0 + 1.0 / x[0]) ** x[0])
      "sine of a large angle", (fun x -> sin (x[0] * x[0] * 1e6))
      "difference of squares", (fun x -> x[0] * x[0] - x[1] * x[1])
      "difference of squares, in factors", (fun x -> (x[0] - x[1]) * (x[0] + x[1]))
      "arc cosine next to one", (fun x -> acos (1.0 - x[0]))
      "one less tanh", (fun x -> 1.0 - tanh x[0])
      "no loss", (fun x -> sin x[0] * exp x[1] + x[0] / x[1]) ]

/// A reference: a double, and what it lacks.
[<Struct>]
type private Reference = { High: float; Low: float }

let private rows =
    dict
        [ for line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", "explained.csv")) |> Seq.skip 1 do
              let cells = line.Split ';'
              let numbers = cells[2..] |> Array.map (fun cell -> Double.Parse(cell, CultureInfo.InvariantCulture))
              let inputs = int cells[1]
              let references = [| for index in inputs..2 .. numbers.Length - 1 -> { High = numbers[index]; Low = numbers[index + 1] } |]
              cells[0], struct (numbers[.. inputs - 1], references) ]

/// The digits that a number really lost. (The difference of the number and the reference's double is exact where they are close.)
let private trulyLost (computed: float) (reference: Reference) : float =
    let error = abs ((computed - reference.High) - reference.Low)
    if error = 0.0 then 0.0
    elif reference.High = 0.0 then Digits.all
    else Math.Clamp(Math.Log10(error / abs reference.High / u), 0.0, Digits.all)

/// To first order the estimate is a bound of the error, provided that each function is correct to one unit: some are to two or three, and
/// the relative error is taken of the computed number instead of the exact one. A digit is a factor of 10, which both together do not reach.
let private atLeast (truly: float) = truly - 1.0

/// Above the truth it is where errors cancel or are 0 by luck: signs of n equal errors at random make a factor of sqrt n, here n is below
/// 10^4, and the luck of a single rounding makes another factor of 10.
let private atMost (truly: float) = truly + 3.0

[<Tests>]
let tests =
    testList
        "explain digits"
        [ testList
              "estimates"
              [ for name, f in functions ->
                    testCase name (fun () ->
                        let struct (x, references) = rows[name]
                        let explanation = AD.explain f (reals x)
                        let compare (what: string) (estimate: float) (computed: float) (reference: Reference) =
                            let truly = trulyLost computed reference
                            Expect.isGreaterThanOrEqual estimate (atLeast truly) $"{what}: too few, of {truly}"
                            Expect.isLessThanOrEqual estimate (atMost truly) $"{what}: too many, of {truly}"
                        compare "value" explanation.DigitsLost explanation.Value references[0]
                        for index = 0 to x.Length - 1 do
                            let estimate = explanation.DigitsLostInGradient[index]
                            compare $"derivative {index}" estimate explanation.Gradient[index] references[index + 1]) ]

          testCase "every function has references, and every reference a function" (fun () ->
              Expect.equal (List.map fst functions) (List.ofSeq rows.Keys) "names"
              Expect.isGreaterThan functions.Length 25 "functions")

          testCase "what cancels is named" (fun () ->
              let blamed (name: string) =
                  let struct (x, _) = rows[name]
                  let explanation = AD.explain (List.find (fst >> (=) name) functions |> snd) (reals x)
                  let finding = explanation.Findings |> Seq.find (fun finding -> finding.Kind = FindingKind.LostDigits)
                  finding.Operation, finding.Formula
              Expect.equal (blamed "one minus cosine") ("subtract", "1 - v1") "cosine"
              Expect.equal (blamed "log of one and little") ("log", "ln v1") "logarithm"
              Expect.equal (blamed "quadratic formula") ("add", "v1 + v6") "quadratic"
              Expect.equal (fst (blamed "variance by squares")) "subtract" "variance"
              Expect.equal (blamed "difference of roots") ("subtract", "v2 - v3") "roots"
              Expect.equal (blamed "sine of a large angle") ("sin", "sin v2") "angle"
              Expect.equal (blamed "exponential less one") ("subtract", "v1 - 1") "exponential"
              Expect.equal (blamed "one less tanh") ("subtract", "1 - v1") "tanh")

          testCase "underflow loses digits" (fun () ->
              let norm (a: Real) = sqrt (a * a + (4.0 / 3.0 * a) * (4.0 / 3.0 * a))
              for name, f, x, truly in
                  [ "a small factor", (fun (x: Real) -> (x * 1e-320) * 1e300), 1.2345, 12.0
                    "a norm", norm, 3e-162, 13.7
                    "a norm that is 0", norm, 3e-170, Digits.all
                    "an exponential that is 0", (fun x -> exp -x), 800.0, Digits.all
                    "half of it", (fun x -> 0.5 * exp -x), 800.0, Digits.all
                    "a long product", (fun x -> Seq.fold (*) x (Seq.replicate 800 (Real 0.1))), 1.0, Digits.all
                    "beside 1 it is nothing", (fun x -> 1.0 + exp -x), 800.0, 0.0 ] do
                  let explanation = AD.explain f (Real x)
                  Expect.isGreaterThanOrEqual explanation.DigitsLost (atLeast truly) name
                  Expect.isLessThanOrEqual explanation.DigitsLost (atMost truly) name
                  if truly > 6.0 then Expect.isFalse explanation.IsClean name
              // exact, however small
              Expect.equal (AD.explain (fun x -> 2.0 * x) (Real 1e-310)).DigitsLost 0.0 "twice a small number")

          testCase "where many operations amplify errors, none is blamed alone" (fun () ->
              let logistic (x: Real) = Seq.fold (fun y _ -> 3.9 * y * (1.0 - y)) x (seq { 1..100 })
              let explanation = AD.explain logistic (Real 0.3)
              let finding = explanation.Findings |> Seq.find (fun finding -> finding.Place = FindingPlace.Value)
              Expect.stringContains finding.Summary "many operations amplify the rounding errors" (string explanation)
              Expect.isFalse (finding.Advice.Contains "Factor") finding.Advice)

          testCase "stable forms have no finding" (fun () ->
              for name, f in functions do
                  if name.Contains ", by" || name.Contains ", in" || name = "no loss" || name.StartsWith "Newton" then
                      let struct (x, _) = rows[name]
                      let explanation = AD.explain f (reals x)
                      Expect.isEmpty (explanation.Findings |> Seq.filter (fun finding -> finding.Place = FindingPlace.Value)) name) ]
