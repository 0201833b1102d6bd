/// The checker is checked: right slopes pass, wrong ones are found, at the points where differences are hard, and it says where it cannot
/// tell.
module FuncAD.Tests.CheckTests

open System
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

let private agrees, differs, cannotTell = GradientVerdict.Agrees, GradientVerdict.Differs, GradientVerdict.CannotTell

/// A function by its values alone, with any slope one likes.
let private claimed (value: float -> float) (slope: float) : Real -> Real = AD.custom "claimed" value (fun _ _ -> Real slope)

let private verdict (value: float -> float) (x: float) (slope: float) : GradientVerdict =
    (AD.checkGradient (claimed value slope) (real x)).Verdict

/// Slopes that are not the right one, each off by a ten-thousandth of it or more.
let private wrong (slope: float) : float list =
    [ 0.0; slope * 1.01; -slope; slope * (1.0 - 1e-4); slope * 1e10; slope + 1.0; 1.0 / slope ]
    |> List.filter (fun other -> Double.IsFinite other && abs (other - slope) >= 0.99e-4 * abs slope)

/// What no difference of doubles sees: rounding of the value, and a billionth of how steep the function is nearby.
let private invisible (value: float -> float) (x: float) : float =
    let y = value x
    let steepness step = [ value (x + step); value (x - step) ] |> List.map (fun v -> abs (v - y) / step) |> List.filter Double.IsFinite
    Seq.max (Seq.append [ 1e-13 * abs y / max 1.0 (abs x) ] (Seq.collect steepness [ 0.1; 1.0; 1e-3 ] |> Seq.map ((*) 1e-9)))

/// What the checker made of right and wrong slopes.
type private Score() =
    member val Right = 0 with get, set
    member val Wrong = 0 with get, set
    member val UnknownRight = 0 with get, set
    member val UnknownWrong = 0 with get, set
    member val Mistakes = ResizeArray<string>()

    /// Tries the right slope and wrong ones at a point.
    member score.Try(name: string, value: float -> float, slope: float, x: float) =
        if Double.IsFinite(value x) && Double.IsFinite slope then
            let what = $"{name} at {text x}"
            score.Right <- score.Right + 1
            match verdict value x slope with
            | GradientVerdict.Agrees -> ()
            | GradientVerdict.Differs ->
                score.Mistakes.Add
                    $"{what}: the right slope {text slope} is called wrong: {AD.checkGradient (claimed value slope) (real x)}"
            | _ -> score.UnknownRight <- score.UnknownRight + 1
            let visible = List.filter (fun other -> abs (other - slope) > invisible value x)
            for other in visible (if slope = 0.0 then [ 1.0; -1e-3; 1e10 ] else wrong slope) do
                score.Wrong <- score.Wrong + 1
                match verdict value x other with
                | GradientVerdict.Differs -> ()
                | GradientVerdict.Agrees ->
                    score.Mistakes.Add
                        $"{what}: the slope {text other} passes, right is {text slope}: {AD.checkGradient (claimed value other) (real x)}"
                | _ -> score.UnknownWrong <- score.UnknownWrong + 1

    /// No false alarm, no miss, and answers for all but a share of both kinds.
    member score.Expect(share: float) =
        if score.Mistakes.Count > 0 then
            let shown = String.Join("\n", Seq.truncate 12 score.Mistakes)
            failtest $"{score.Mistakes.Count} of {score.Right + score.Wrong} verdicts are wrong:\n{shown}"
        Expect.isLessThanOrEqual
            (float score.UnknownRight / float score.Right)
            share
            $"right slopes that cannot be told: {score.UnknownRight} of {score.Right}"
        Expect.isLessThanOrEqual
            (float score.UnknownWrong / float score.Wrong)
            share
            $"wrong slopes that cannot be told: {score.UnknownWrong} of {score.Wrong}"

let private slopeOf (rule: UnaryEntry) (x: float) = rule.Rule.Slope<PlainDouble>(PlainDouble x, PlainDouble(rule.Value x)).Value

let private smooth =
    // reach has the slope 1 also where it is constant, for the sake of the products that it is a factor of
    let others = set [ "cube"; "bitIncrement"; "bitDecrement"; "reach" ]
    unaries |> Array.filter (fun rule -> not (others.Contains rule.Label))

let private inside (random: Random) (domain: Domain) = domain.Low + (domain.High - domain.Low) * random.NextDouble()

/// One function of the table after the other, at some of the points.
let private overTable (name: string) (share: float) (points: Random -> UnaryEntry -> (string * (float -> float) * float * float) seq) =
    testCase name (fun () ->
        let score = Score()
        for rule in smooth do
            for label, value, slope, x in points (random (name + rule.Label)) rule do
                score.Try(label, value, slope, x)
        score.Expect share)

[<Tests>]
let tests =
    testList
        "checker"
        [ overTable "the table, at random points of the domains" 0.02 (fun random rule -> seq {
              for _ in 1..3 do
                  let x = inside random rule.Domain
                  rule.Label, rule.Value, slopeOf rule x, x
          })

          overTable "the table, in other units of argument and result" 0.02 (fun random rule -> seq {
              for argument, result in [ 1e-10, 1.0; 1e10, 1.0; 1.0, 1e-30; 1.0, 1e30; 1e-10, 1e30; 1e10, 1e-30 ] do
                  let x = inside random rule.Domain
                  let value t = result * rule.Value(t / argument)
                  $"{text result} {rule.Label}(x / {text argument})", value, result / argument * slopeOf rule x, x * argument
          })

          // some of these have no slope, or none that values tell: what is told has to be right
          overTable "the table, next to the ends of the domains, 0, whole numbers and far out" 0.6 (fun _ rule -> seq {
              for x in
                  [ 0.0
                    -0.0
                    1e-12
                    -1e-12
                    1e-6
                    1e-300
                    1.0
                    1.0 - 1e-9
                    1.0 + 1e-9
                    -1.0 + 1e-12
                    1.0 - 1e-14
                    2.0
                    0.5
                    -0.5
                    1e3
                    1e6
                    -1e6
                    1e10
                    30.0
                    Math.PI
                    1e-3
                    100.0
                    -7.0 ] do
                  rule.Label, rule.Value, slopeOf rule x, x
          })

          testCase "stiff functions, at both ends of the doubles, next to poles and to the ends of domains" (fun () ->
              let score = Score()
              for k in [ 1.0; 10.0; 1000.0; 1e6 ] do
                  for x in [ 5.0; 0.3; -2.0 ] do
                      score.Try($"sin({k} x)", (fun x -> sin (k * x)), k * cos (k * x), x)
              for x in [ 5.0; -3.0; 0.01 ] do
                  score.Try("exp(100 x)", (fun x -> exp (100.0 * x)), 100.0 * exp (100.0 * x), x)
                  score.Try("x^20", (fun x -> Math.Pow(x, 20.0)), 20.0 * Math.Pow(x, 19.0), x)
                  score.Try("1e-200 exp(x)", (fun x -> 1e-200 * exp x), 1e-200 * exp x, x)
                  score.Try(
                      "tanh(1000 (x - 1/3))",
                      (fun x -> tanh (1000.0 * (x - 1.0 / 3.0))),
                      1000.0 / Math.Pow(cosh (1000.0 * (x - 1.0 / 3.0)), 2.0),
                      x
                  )
              for x in [ 1e-10; 1e-5; -1e-3; 1e-100 ] do
                  score.Try("1 / x", (fun x -> 1.0 / x), -1.0 / (x * x), x)
              for x in [ 1e-12; 1e-300; 0.1; 1e-3 ] do
                  score.Try("log", log, 1.0 / x, x)
                  score.Try("sqrt", sqrt, 0.5 / sqrt x, x)
              for x in [ 1.0 - 1e-12; 1.0 - 1e-6; -1.0 + 1e-9 ] do
                  score.Try("acos", Math.Acos, -1.0 / sqrt ((1.0 - x) * (1.0 + x)), x)
              for x in [ 1e-300; 1e-10; 1.0; 1e10; 1e100 ] do
                  score.Try("x^2", (fun x -> x * x), 2.0 * x, x)
              score.Try("x + 1e20", (fun x -> x + 1e20), 1.0, 3.0)
              score.Try("cos(1e-8 x)", (fun x -> cos (1e-8 * x)), -1e-8 * sin 1e-8, 1.0)
              score.Try("sin(1e-10 x + 1) at 0", (fun x -> sin (1e-10 * x + 1.0)), 1e-10 * cos 1.0, 0.0)
              score.Try("sin(1e30 x) at 0", (fun x -> sin (1e30 * x)), 1e30, 0.0)
              score.Try("a constant", (fun _ -> 5.0), 0.0, 3.0)
              score.Try("a constant at 0", (fun _ -> 0.0), 0.0, 0.0)
              score.Try("periodic in the step", (fun x -> sin (2.0 * Math.PI * x)), 2.0 * Math.PI, 1.0)
              score.Try("floor", floor, 0.0, 1.5)
              score.Expect 0.1)

          testCase "noise, up to where nothing can be told" (fun () ->
              // the noise is a function of the argument's bits, as rounding is
              let noise (x: float) = float (((bits x * 0x9E3779B97F4A7C15L) >>> 40) &&& 0xFFFFL) / 65536.0 - 0.5
              let score = Score()
              for size in [ 1e-15; 1e-13; 1e-11; 1e-9; 1e-7; 1e-5; 1e-3; 0.1 ] do
                  for x in [ 0.3; 2.0; 100.0; 1e-3; 0.0 ] do
                      score.Try($"sin + {size} noise", (fun x -> sin x + size * noise x), cos x, x)
                      score.Try($"x^2 + {size} noise", (fun x -> x * x + size * noise x), 2.0 * x, x)
              for x in [ 0.3; 2.0; 100.0; 1e-3 ] do
                  score.Try("sin in single precision", (fun x -> float (MathF.Sin(float32 x))), cos x, x)
                  score.Try("sin to six digits", (fun x -> Math.Round(sin x, 6)), cos x, x)
              score.Expect 0.8)

          testCase "where there is no slope, or none to be seen, it cannot tell" (fun () ->
              for name, f, x in
                  [ "a kink", abs, 0.0
                    "a kink elsewhere", (fun x -> max x 2.0), 2.0
                    "a bend of rounded numbers", (fun x -> if x < 0.3 then x else 2.0 * x - 0.3), 0.3
                    "a step", floor, 2.0
                    "an infinite slope", sqrt, 0.0
                    "an infinite slope on both sides", Math.Cbrt, 0.0
                    "a pole", (fun x -> 1.0 / x), 0.0
                    "outside of the domain", log, -1.0
                    "a point that stands alone", (fun x -> if x = 1.0 then 2.0 else nan), 1.0 ] do
                  for slope in [ 0.0; 0.5; 1.0; infinity; 7.0 ] do
                      let report = AD.checkGradient (claimed f slope) (real x)
                      if report.Verdict <> cannotTell then failtest $"{name}, slope {slope}: {report}"
                      Expect.isFalse report.Passed name
                      report.ToString() |> expectMentions [ "cannot tell"; report.Obstacle ]
                      AD.assertGradient 1e-6 (claimed f slope) (real x) |> ignore
              (AD.checkGradient Real.Abs (real 0.0)).ToString() |> expectMentions [ "kink"; "1 of 1" ])

          testCase "a kink close by hides nothing" (fun () ->
              for distance in [ 1e-3; 1e-6 ] do
                  let f x = if x < 1.0 then x * x else x * x + 5.0 * (x - 1.0)
                  for right, x in [ 7.0 + 2.0 * distance, 1.0 + distance; 2.0 - 2.0 * distance, 1.0 - distance ] do
                      Expect.equal (verdict f x right) agrees "right"
                      Expect.equal (verdict f x (right + 1e-3)) differs "wrong")

          testCase "NaN and infinite derivatives of smooth functions are wrong" (fun () ->
              for slope in [ nan; infinity; -infinity ] do
                  for f, x in [ sin, 1.0; exp, 0.0; (fun x -> x * x), 1e10; cos, 0.0 ] do
                      Expect.equal (verdict f x slope) differs $"{slope} at {x}")

          testCase "a function that remembers is no function" (fun () ->
              let mutable calls = 0.0
              let f (x: Real) =
                  calls <- calls + 1.0
                  x * calls
              let report = AD.checkGradient f (real 2.0)
              Expect.equal report.Verdict cannotTell "verdict"
              report.Obstacle |> expectMentions [ "not a function" ])

          testCase "many entries of all sizes, of which one is wrong" (fun () ->
              let scales = [| 1e10; 1e-10; 1.0; 1e-3; 1e5; 1e-300; 1e100; 3.0 |]
              let start = scales |> Array.map (fun scale -> 0.7 * scale)
              for broken in -1 .. scales.Length - 1 do
                  for offence in [ 1.0001; 0.0; -1.0 ] do
                      let f (x: Real[]) =
                          let mutable sum = Real 0.0
                          for index = 0 to scales.Length - 1 do
                              let slope (t: Real) (_: Real) = if index = broken then cos t * offence else cos t
                              sum <- sum + AD.custom "sine" sin slope (x[index] / scales[index])
                          sum
                      let report = AD.checkGradient f (reals start)
                      Expect.equal report.Entries scales.Length "entries"
                      if broken < 0 then
                          Expect.isTrue report.Passed (report.ToString())
                          Expect.equal report.Undecided 0 "undecided"
                      else
                          Expect.equal report.Verdict differs (report.ToString())
                          Expect.equal report.WorstEntry broken "entry")

          testCase "an entry that differs is worse than one that cannot be told, and is reported with it" (fun () ->
              let f (x: Real[]) = abs x[0] + claimed sin 7.0 x[1] + x[2]
              let report = AD.checkGradient f (reals [| 0.0; 1.0; 2.0 |])
              Expect.equal (report.Verdict, report.WorstEntry, report.Undecided) (differs, 1, 1) (report.ToString()))

          testCase "a tolerance of one's own" (fun () ->
              Expect.isTrue (AD.assertGradient 1e-3 (claimed sin (cos 1.0 * 1.0005)) (real 1.0)).Passed "wide enough"
              thrown<InvalidOperationException>(fun () -> AD.assertGradient 1e-5 (claimed sin (cos 1.0 * 1.0005)) (real 1.0) |> ignore)
              |> ignore
              Expect.equal (AD.assertGradient 1e-16 (claimed sin (cos 1.0)) (real 1.0)).Verdict cannotTell "finer than differences")

          testCase "what it costs" (fun () ->
              for name, f, x in
                  [ "sin at 1", sin, 1.0
                    "sin at 100", sin, 100.0
                    "log at 1e-12", log, 1e-12
                    "cos at 0", cos, 0.0
                    "exp at 1e-3", exp, 1e-3
                    "a constant", (fun _ -> 1.0), 2.0
                    "abs at 0", abs, 0.0
                    "noise", (fun x -> Math.Round(x, 3)), 0.3 ] do
                  let mutable runs = 0
                  let counted x =
                      runs <- runs + 1
                      f x
                  AD.checkGradient (claimed counted 1.0) (real x) |> ignore
                  Expect.isLessThanOrEqual runs 260 name
                  if name.StartsWith "sin" || name.StartsWith "log" then Expect.isLessThanOrEqual runs 120 name)

          testCase "a wrong slope at a stationary point is found, and a right one passes" (fun () ->
              for name, f, x in
                  [ "x^2", (fun x -> x * x), 0.0
                    "x^4", (fun x -> x * x * x * x), 0.0
                    "x sin x", (fun x -> x * Math.Sin x), 0.0
                    "1 + x^2", (fun x -> 1.0 + x * x), 0.0
                    "(x - 1)^2", (fun x -> (x - 1.0) * (x - 1.0)), 1.0
                    "log(1 + x^2)", (fun x -> Math.Log(1.0 + x * x)), 0.0 ] do
                  Expect.equal (AD.checkGradient (claimed f 10.0) (real x)).Verdict differs $"{name}, 10"
                  Expect.notEqual (AD.checkGradient (claimed f 0.0) (real x)).Verdict differs $"{name}, 0")

          testCase "a function that is constant around the point has slope 0" (fun () ->
              for name, f, x in
                  [ "max(x, 1) at 0", (fun x -> Math.Max(x, 1.0)), 0.0
                    "max(x, 1) at -10", (fun x -> Math.Max(x, 1.0)), -10.0
                    "max(x, 1) at 0.5", (fun x -> Math.Max(x, 1.0)), 0.5
                    "max(2, x) at 0", (fun x -> Math.Max(2.0, x)), 0.0
                    "floor at 2.5", Math.Floor, 2.5 ] do
                  Expect.isTrue (AD.checkGradient (claimed f 0.0) (real x)).Passed name
                  Expect.equal (AD.checkGradient (claimed f 1.0) (real x)).Verdict differs $"{name}, 1")

          testCase "the least and the greatest numbers end" (fun () ->
              for x in [ 5e-324; 1e-310; -1e-310; 1.5e308; Double.MaxValue; -Double.MaxValue ] do
                  Expect.notEqual (AD.checkGradient (claimed id 1.0) (real x)).Verdict differs (text x)) ]
