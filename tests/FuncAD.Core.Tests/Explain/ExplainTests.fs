/// Explanations of NaN and infinities: laws over random programs, chains, sizes, and input that is not as it should be.
module FuncAD.Tests.Explain.ExplainTests

open System
open Expecto
open FuncAD
open FuncAD.Explaining
open FuncAD.Traces
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.Programs

let private everywhere = cases everything 2 4
let private ofTwo = cases everything 2 2

/// The run of a function, as the explanation sees it.
let private runOf (f: Real[] -> Real) (x: float[]) : Run =
    let level = Recorder("Explain", x)
    let results = Trace.runOn level "Explain" f x
    Run(false, x, level.Records.ToArray(), results, [| 1.0 |])

let private only (explanation: Explanation) : Finding =
    Expect.equal explanation.Findings.Count 1 (string explanation)
    explanation.Findings[0]

let private isLoss (finding: Finding) = finding.Kind = FindingKind.LostDigits || finding.Kind = FindingKind.Underflow

/// A chain is one: each step is computed from the one before, or has it for an operand.
let private expectChain (finding: Finding) =
    let steps =
        Seq.concat
            [ finding.PathToParameter |> Seq.rev |> Seq.map _.Step; Seq.singleton finding.Step; finding.PathToResult |> Seq.map _.Step ]
    for earlier, later in Seq.pairwise steps do
        // steps that add 0 are left out
        Expect.isLessThan earlier later $"order of a chain: {finding}"

let private laws =
    [ law "random programs: the sweep that is looked at is the modes' own" 300 everywhere (fun case ->
          let f = result case.Program
          let run = runOf f case.Point
          let trace = SweepTrace.Of run
          AD.grad f (reals case.Point)
          |> values
          |> Array.iteri (fun index expected ->
              let position = trace.Gradient[index]
              // a derivative that is a constant has no operation; -0 is 0 as an operator returns it
              let actual = if position < 0 then expected else trace.Steps[position].Value + 0.0
              expectSame expected actual $"input {index}"))

      law
          "random programs without NaN: nothing but lost digits is found, and the numbers are those of the operators"
          300
          everywhere
          (fun case ->
              let f = result case.Program
              let explanation = AD.explain f (reals case.Point)
              let y, gradient = AD.valueAndGrad f (reals case.Point)
              expectSame y.Value explanation.Value "value"
              gradient |> Array.iteri (fun index g -> expectSame g.Value explanation.Gradient[index] $"derivative {index}")
              if explanation.Gradient |> Seq.forall Double.IsFinite then
                  for finding in explanation.Findings do
                      let isForward = finding.Place = FindingPlace.ForwardDerivative
                      Expect.isTrue (isLoss finding || isForward) (string explanation))

      law "random programs with a root of a negative number inside: it is named" 300 ofTwo (fun case ->
          let planted (x: Real[]) =
              let before = result case.Program x + x[0]
              let bad = sqrt (-1.0 - before * before)
              bad + (result case.Program [| x[0] + 0.0 * bad; x[1] |] |> fun after -> after * bad)
          let finding = (AD.explain planted (reals case.Point)).Findings[0]
          Expect.equal (finding.Operation, finding.Kind, finding.Place) ("sqrt", FindingKind.NaN, FindingPlace.Value) (string finding)
          Expect.isLessThan finding.Operands[0].Value 0.0 "operand"
          expectChain finding)

      law "random programs with an infinite slope inside: it is named, in both modes" 300 ofTwo (fun case ->
          let planted (x: Real[]) =
              let before = result case.Program x * 0.5 + x[0]
              let bad = sqrt (abs (before - before.Value))
              result case.Program [| x[1]; x[1] |] + bad
          let explanation = AD.explain planted (reals case.Point)
          let finding = explanation.Findings |> Seq.find (isLoss >> not)
          Expect.equal (finding.Operation, finding.Kind) ("sqrt", FindingKind.InfiniteSlope) (string explanation)
          Expect.equal finding.Place FindingPlace.Derivative (string explanation)
          expectChain finding) ]

let private culprits =
    [ testCase "from NaN only NaN is followed" (fun () ->
          let f (x: Real) = log x + sqrt (x - 1.0)
          let finding = (AD.explain f (Real 0.0)).Findings[0]
          Expect.equal (finding.Operation, finding.Formula) ("sqrt", "sqrt v2") "NaN is followed"
          let g (x: Real) = log x - log x
          Expect.equal (AD.explain g (Real 0.0)).Findings[0].Operation "log" "without NaN, the infinity")

      testCase "of two that do the same the first is named: backwards that is the last" (fun () ->
          let formulas (f: Real -> Real) = [ for finding in (AD.explain f (Real 0.0)).Findings -> finding.Formula, finding.Place ]
          Expect.equal (formulas (fun x -> log x + log (2.0 * x))).Head ("ln x", FindingPlace.Value) "values"
          Expect.equal
              (formulas (fun x -> sqrt x + sqrt (2.0 * x)))
              [ "sqrt v2", FindingPlace.ReverseDerivative; "sqrt x", FindingPlace.ForwardDerivative ]
              "derivatives")

      testCase "forward mode alone: the tangent overflows, the adjoint does not" (fun () ->
          // 1e200 × 1e200 forwards; backwards 1e-300 × 1e200 comes first
          let f (x: Real) = x * 1e200 * 1e200 * 1e-300
          let finding = only (AD.explain f (Real 1e-200))
          Expect.equal (finding.Place, finding.Kind) (FindingPlace.ForwardDerivative, FindingKind.Overflow) (string finding))

      testCase "reverse mode alone: the adjoint overflows, the tangent does not" (fun () ->
          let f (x: Real) = x * 1e-300 * 1e200 * 1e200
          // the value underflows besides
          let finding = (AD.explain f (Real 1e-200)).Findings[0]
          Expect.equal (finding.Place, finding.Kind) (FindingPlace.ReverseDerivative, FindingKind.Overflow) (string finding))

      testCase "a sum of finite contributions that overflows" (fun () ->
          let f (x: Real) = x * 1e308 + x * 1e308
          let explanation = AD.explain f (Real 1e-10)
          let found = [ for finding in explanation.Findings -> finding.Operation, finding.Kind, finding.Place ]
          // backwards they meet at x, forwards in the sum
          Expect.equal
              found
              [ "input", FindingKind.Overflow, FindingPlace.ReverseDerivative
                "add", FindingKind.Overflow, FindingPlace.ForwardDerivative ]
              (string explanation))

      testCase "a structural zero beside an infinite slope is no finding, and is told" (fun () ->
          for f in
              [ (fun (x: Real) -> Real.Max(x + 1.0, sqrt x))
                fun x -> let root = sqrt x in if x.Value > 0.0 then root else x
                fun x -> Real.Select(Real.Less(Real 0.0, x), sqrt x, x) ] do
              let explanation = AD.explain f (Real 0.0)
              Expect.isTrue explanation.IsClean (string explanation)
              Expect.stringContains (String.Join("", explanation.Notes)) "sqrt x has a slope that is not finite" "note")

      testCase "a computed zero beside an infinite slope is one" (fun () ->
          let explanation = AD.explain (fun x -> sqrt (x * x)) (Real 0.0)
          let finding = only explanation
          Expect.equal (finding.Operation, finding.Place) ("sqrt", FindingPlace.Derivative) "finding"
          Expect.stringContains (finding.PathToParameter |> Seq.last).Note "the 0 was computed" "note")

      testCase "the derivative of a derivative" (fun () ->
          let explanation = AD.explain (fun x -> AD.grad (fun y -> y ** 1.5) x) (Real 0.0)
          let finding = only explanation
          Expect.equal (finding.Operation, finding.Formula, finding.Kind) ("power", "x^0.5", FindingKind.InfiniteSlope) "finding")

      testCase "underflow is a culprit of its own" (fun () ->
          let product (x: Real) = Seq.replicate 400 x |> Seq.fold (*) (Real 1.0)
          for name, f, x, operation in
              [ "logarithm of a product", (fun (x: Real) -> log (product x)), 0.1, "multiply"
                "logarithm of an exponential", (fun x -> log (exp -x)), 800.0, "exp"
                "division by 0", (fun x -> 1.0 / (x * x)), 1e-170, "multiply"
                "0 / 0", (fun x -> x * x / (x * x)), 1e-170, "multiply"
                "slope of a root", (fun x -> sqrt (x * x + 2.0 * x * x)), 3e-170, "multiply"
                "digits that are lost", (fun x -> exp -x * exp (x - 40.0)), 742.0, "exp" ] do
              let explanation = AD.explain f (Real x)
              let finding = explanation.Findings[0]
              Expect.equal (finding.Kind, finding.Operation) (FindingKind.Underflow, operation) $"{name}: {explanation}"
              Expect.isLessThan (abs finding.Value) 2.3e-308 name
              Expect.stringContains finding.Advice "logarithms" name
              Expect.equal (Seq.last finding.PathToResult).Name "y" name
              expectChain finding
          // a factor of 0, and 1 / ∞, are exact
          Expect.equal (AD.explain (fun x -> x * exp (x - 800.0)) (Real 0.0)).DigitsLost 0.0 "a factor of 0"
          Expect.equal (AD.explain (fun x -> log (1.0 / x)) (Real infinity)).Findings[0].Kind FindingKind.Given "infinity")

      testCase "an infinity that became 0 is followed" (fun () ->
          let explanation = AD.explain (fun x -> log (1.0 / (1.0 + exp -x))) (Real -800.0)
          let finding = explanation.Findings[0]
          Expect.equal (finding.Operation, finding.Kind) ("exp", FindingKind.Overflow) (string explanation)
          Expect.equal finding.Place FindingPlace.Value "place"
          Expect.stringContains finding.Reason "log(0) = -∞" "what came of it")

      testCase "notes tell where NaN came into a chain" (fun () ->
          let notes (f: Real -> Real) (x: float) =
              [ for finding in (AD.explain f (Real x)).Findings do
                    for step in Seq.append finding.PathToParameter finding.PathToResult -> step.Note ]
          Expect.contains (notes (fun x -> log (exp -x)) 800.0) "∞ × slope 0 = NaN: the 0 was computed" "product"
          Expect.contains (notes (fun x -> sqrt (1.0 - x / x)) 0.5) "∞ - ∞ = NaN: infinite contributions of both signs" "sum")

      testCase "a constant may be one by StopGradient" (fun () ->
          let finding = (AD.explain (fun (x: Real) -> x * AD.stopGradient (log (x - 1.0))) (Real 1.0)).Findings[0]
          Expect.stringContains finding.Advice "StopGradient or .Value" (string finding))

      testCase "advice for a power is about powers" (fun () ->
          for f in [ (fun (x: Real) -> x ** 0.5); (fun x -> x ** (x + 0.5)) ] do
              let advice = (AD.explain f (Real 0.0)).Findings[0].Advice
              Expect.isFalse (advice.Contains "norm" || advice.Contains "Sqrt") advice)

      testCase "rules of the user's" (fun () ->
          let value = AD.custom "broken" (fun _ -> nan) (fun _ _ -> Real 1.0)
          Expect.stringContains (string (AD.explain value (Real 1.0)).Findings[0]) "the custom rule broken(1) = NaN" "value"
          let slope = AD.custom "bent" id (fun x _ -> log (x - 1.0))
          let finding = only (AD.explain slope (Real 1.0))
          Expect.equal (finding.Operation, finding.Kind) ("bent", FindingKind.InfiniteSlope) "slope") ]

let private refused<'E when 'E :> exn> (part: string) (run: unit -> Explanation) =
    try
        run () |> ignore
        failtest $"no {typeof<'E>.Name}"
    with :? 'E as e ->
        Expect.stringContains e.Message part "message"

type private Model = { Slope: Real; Offsets: Real[]; Grid: Real[,]; Name: string; Count: int; Inner: {| Depth: Real option |} }

let private surroundings =
    [ testCase "numbers of a structure have their names" (fun () ->
          let model =
              { Slope = Real 1.0
                Offsets = [| Real 2.0; Real 3.0 |]
                Grid = array2D [ [ Real 4.0; Real 0.0 ] ]
                Name = "m"
                Count = 7
                Inner = {| Depth = Some(Real 5.0) |} }
          let explanation = AD.explain (fun m -> sqrt m.Grid[0, 1] + m.Slope * m.Inner.Depth.Value) model
          let names = [ "m.Slope"; "m.Offsets[0]"; "m.Offsets[1]"; "m.Grid[0, 0]"; "m.Grid[0, 1]"; "m.Inner.Depth.Value" ]
          Expect.equal (List.ofSeq explanation.Parameters) names "names"
          let finding = only explanation
          Expect.equal (List.ofSeq finding.Parameters) [ "m.Grid[0, 1]" ] "parameter"
          Expect.equal finding.Formula "sqrt m.Grid[0, 1]" "formula")

      testCase "a line of the program, in F#" (fun () ->
          let f (x: Real) =
              let y = x * x
              sqrt y // here
          let finding = only (AD.explain f (Real 0.0))
          let lines = IO.File.ReadAllLines(IO.Path.Combine(__SOURCE_DIRECTORY__, __SOURCE_FILE__))
          Expect.stringEnds lines[finding.Source.Line - 1] "// here" (string finding.Source))

      testCase "a function that ends with an exception" (fun () ->
          let explanation =
              AD.explain
                  (fun (x: Real) ->
                      (if Double.IsNaN (log x).Value then failwith "no loss")
                      x)
                  (Real -1.0)
          Expect.equal (only explanation).Operation "log" "before"
          Expect.equal explanation.Exception.Message "no loss" "exception"
          // there is no value, and no derivative: not even 0
          Expect.isTrue (Double.IsNaN explanation.Value && Double.IsNaN explanation.Gradient[0]) "value and gradient"
          Expect.isTrue (Double.IsNaN explanation.Findings[0].Derivative) "adjoint"
          Expect.stringStarts (string explanation) "value: none: f threw Exception: no loss\nderivatives: none\n" "text"
          Expect.throwsC
              (fun () ->
                  AD.explain
                      (fun (x: Real) ->
                          (if x.Value > 0.0 then failwith "mine")
                          x)
                      (Real 1.0)
                  |> ignore)
              (fun e -> Expect.equal e.Message "mine" "nothing to explain"))

      testCase "a function that does not end is stopped" (fun () ->
          Expect.throwsC
              (fun () ->
                  AD.explain
                      (fun (x: Real) ->
                          let mutable y = x
                          while y.Value > 0.0 do
                              y <- y + 1.0
                          y)
                      (Real 1.0)
                  |> ignore)
              (fun e -> Expect.stringContains e.Message "more than 2000000 operations" "message"))

      testCase "a loop that waits for NaN is cut, in both runs, and its line is told" (fun () ->
          let explanation =
              AD.explain
                  (fun (x: Real) ->
                      let mutable s = log x
                      while not ((s * s).Value < 0.5) do
                          s <- 0.5 * s // cut
                      s)
                  (Real -1.0)
          let finding = only explanation
          Expect.equal finding.Operation "log" "finding"
          Expect.isNotNull finding.Source "source"
          Expect.isTrue (Double.IsNaN explanation.Value && Double.IsNaN explanation.Gradient[0]) "value and gradient"
          Expect.stringStarts (string explanation) "value: none: f was stopped after 2000000 operations" "text"
          Expect.equal explanation.Notes.Count 1 "notes"
          Expect.stringContains explanation.Notes[0] "The run was cut after 2000000 operations at " "cut"
          Expect.stringContains explanation.Notes[0] "ExplainTests.fs:" "line")

      testCase "a function that is another one when it runs again has no lines" (fun () ->
          let runs = ref 0
          let explanation =
              AD.explain
                  (fun (x: Real) ->
                      runs.Value <- runs.Value + 1
                      Seq.fold (fun y _ -> y + 1.0) (log x) (seq { 1 .. runs.Value }))
                  (Real 0.0)
          Expect.isNull explanation.Findings[0].Source "source"
          Expect.stringContains explanation.Notes[0] "did other operations when it was run again" "note")

      testCase "a hundred thousand operations: ends of the chains, and a picture" (fun () ->
          let f (x: Real) = let y = Seq.fold (fun y _ -> y + 1e-6 * y) x (seq { 1..50_000 }) in sqrt (y - y)
          let explanation = AD.explain f (Real 1.0)
          let finding = only explanation
          Expect.equal finding.Operation "sqrt" "operation"
          Expect.isGreaterThan finding.PathToParameter.Count 50_000 "chain"
          Expect.stringContains (string explanation) "steps …" "folded"
          Expect.isLessThan (string explanation).Length 5_000 "text"
          Expect.isLessThan (explanation.ToSvg()).Length 60_000 "picture")

      testCase "what cannot be explained says why" (fun () ->
          refused<NotSupportedException> "x holds a tensor" (fun () -> AD.explain (fun (x: Tensor) -> x.[0]) (Tensor.ones [| 2 |]))
          refused<ArgumentNullException> "f" (fun () -> AD.explain (Unchecked.defaultof<Real -> Real>) (Real 1.0))
          refused<ArgumentException> "x is empty" (fun () -> AD.explain (fun (x: Real[]) -> Real 1.0) [||])
          let outside () = AD.grad (fun x -> (AD.explain (fun y -> x * y) (Real 1.0)).Value |> Real) (Real 1.0) |> ignore
          Expect.throwsT<InvalidOperationException> outside "a number of another level") ]

[<Tests>]
let tests = testList "explain" [ testList "laws" laws; testList "culprits" culprits; testList "surroundings" surroundings ]
