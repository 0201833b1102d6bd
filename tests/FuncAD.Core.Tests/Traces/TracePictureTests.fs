/// Pictures of traces: no box, label or text on top of another, bounded size, and what was folded or left out said.
module FuncAD.Tests.Traces.TracePictureTests

open System
open System.Globalization
open System.Xml.Linq
open Expecto
open FuncAD
open FuncAD.Traces
open FuncAD.Tests.Testing

/// A rectangle of a picture.
[<Struct>]
type private Area = { Left: float; Top: float; Right: float; Bottom: float }

let private overlaps (a: Area) (b: Area) =
    a.Left < b.Right - 0.2 && b.Left < a.Right - 0.2 && a.Top < b.Bottom - 0.2 && b.Top < a.Bottom - 0.2

let private number (element: XElement) (name: string) = Double.Parse(element.Attribute(XName.Get name).Value, CultureInfo.InvariantCulture)

let private area (element: XElement) : Area =
    let x, y = number element "x", number element "y"
    { Left = x; Top = y; Right = x + number element "width"; Bottom = y + number element "height" }

let private elements (svg: XDocument) (name: string) = svg.Descendants(XName.Get(name, "http://www.w3.org/2000/svg"))

/// The boxes of nodes, and the white grounds of labels.
let private boxesAndLabels (svg: XDocument) : Area[] * Area[] =
    let rectangles = elements svg "rect" |> Seq.filter (fun rect -> not (isNull (rect.Attribute(XName.Get "x")))) |> Seq.toArray
    let isBox (rect: XElement) = not (isNull (rect.Attribute(XName.Get "rx")))
    let boxes, labels = rectangles |> Array.partition isBox
    Array.map area boxes, Array.map area labels

/// The picture reads well as far as a program can tell.
let private expectReadable (what: string) (trace: EvaluationTrace) (svg: string) =
    let document = XDocument.Parse svg
    let boxes, labels = boxesAndLabels document
    let apart (things: Area[]) (others: Area[]) (isSame: bool) =
        for i = 0 to things.Length - 1 do
            for j = (if isSame then i + 1 else 0) to others.Length - 1 do
                if overlaps things[i] others[j] then failtest $"{what}: {things[i]} lies on {others[j]}"
    apart boxes boxes true
    apart labels labels true
    apart labels boxes false
    let size =
        (document.Root.Attribute(XName.Get "viewBox").Value.Split ' ')
        |> Array.map (fun x -> Double.Parse(x, CultureInfo.InvariantCulture))
    for box in Array.append boxes labels do
        if box.Left < 0.0 || box.Top < 0.0 || box.Right > size[2] || box.Bottom > size[3] then failtest $"{what}: {box} lies outside"
    // inputs on the left, results on the right: the first boxes and the last
    let left = boxes |> Array.map _.Left |> Array.min
    let right = boxes |> Array.map _.Right |> Array.max
    let inputs = min trace.Inputs.Count 3
    for box in boxes[.. inputs - 1] do
        Expect.isLessThan (box.Left - left) 200.0 $"{what}: an input"
    let result = boxes[boxes.Length - 1]
    Expect.isLessThan (right - result.Right) 200.0 $"{what}: a result"

/// A program without a plan: so many operations on earlier numbers, later ones more often.
let private wild (seed: int) (steps: int) (results: int) (x: Real[]) : Real[] =
    let source = Random seed
    let v = ResizeArray<Real> x
    let pick () = v[max (source.Next v.Count) (source.Next v.Count)]
    for _ = 1 to steps do
        v.Add(
            match source.Next 7 with
            | 0 -> sin (pick ())
            | 1 -> tanh (pick ())
            | 2 -> pick () * pick ()
            | 3 -> pick () + pick ()
            | 4 -> pick () - pick ()
            | 5 -> exp (pick ())
            | _ -> Real.FusedMultiplyAdd(pick (), pick (), pick ())
        )
    Array.init results (fun index -> v[v.Count - 1 - index])

let private logistic (rounds: int) (x: Real[]) : Real =
    let mutable l = x[0]
    for _ = 1 to rounds do
        l <- 4.0 * l * (1.0 - l)
    l

let private nodes (svg: string) = (boxesAndLabels (XDocument.Parse svg) |> fst).Length

let private long =
    lazy
        (AD.reverseTrace
            (fun x ->
                let mutable s = x[0]
                for _ = 1 to 100000 do
                    s <- sin s
                s)
            [| 0.5 |])

let private foldingTests =
    [ testCase "rounds become a box, the first and the last stay" (fun () ->
          let trace = AD.forwardTrace (logistic 50) [| 0.3 |] [| 1.0 |]
          let svg = trace.ToSvg()
          Expect.stringContains svg "48 rounds of" "the box"
          Expect.stringContains svg "Repeated rounds are one box." "the caption"
          Expect.equal (nodes svg) 9 "input, two rounds of three, box, result"
          Expect.equal (nodes (trace.ToSvg 150)) 152 "all of them, where so many are asked for")

      testCase "a sum over inputs is rounds, and inputs of one use are one box" (fun () ->
          let trace = AD.reverseTrace (fun x -> x |> Array.fold (fun sum x -> sum + x * x) (Real 0.0)) (Array.init 100 float)
          let svg = trace.ToSvg()
          Expect.stringContains svg "97 rounds of" "rounds"
          Expect.stringContains svg "97 inputs" "inputs"
          expectReadable "squares" trace svg)

      testCase "what is left out is said" (fun () ->
          let trace = AD.forwardTrace (wild 5 300 1) [| 0.3; 0.7 |] [| 1.0; 0.5 |]
          let svg = trace.ToSvg()
          Expect.stringContains svg "39 of 300 steps shown." "the caption"
          Expect.stringContains svg "261 steps not shown" "the box"
          Expect.stringContains (trace.ToDot()) "261 steps not shown" "DOT"
          Expect.stringContains (trace.ToSvg 12) "11 of 300 steps shown." "fewer")

      testCase "a round is recognised by where its numbers come from, not by the names of rules alone" (fun () ->
          // each product takes the result before last in odd rounds: the places alternate with a period of 2
          let f (x: Real[]) =
              let v = ResizeArray<Real> x
              for k = 1 to 60 do
                  v.Add(v[v.Count - 1] * v[v.Count - (if k % 2 = 0 then 1 else 2)])
              v[v.Count - 1]
          let trace = AD.forwardTrace f [| 1.0; 1.0 |] [| 1.0; 0.0 |]
          Expect.stringContains (trace.ToSvg()) "2 multiply" "rounds of two") ]

let private sizeTests =
    [ testCase "100 000 steps: no stack is too small, texts are short and say how to get all" (fun () ->
          let trace = long.Value
          Expect.equal trace.Steps.Count 100001 "steps"
          let text = trace.ToString()
          Expect.isLessThan text.Length 60000 "text"
          Expect.stringContains text "99,800 steps left out; ToString(100000) shows all" "the gap"
          Expect.stringContains (trace.ToMarkdown()) "ToMarkdown(100000)" "Markdown"
          let html = trace.ToHtml()
          Expect.stringContains html "ToHtml(100000)" "HTML"
          Expect.isLessThan html.Length 200000 "HTML"
          Expect.isLessThan (trace.ToSvg().Length) 20000 "SVG"
          Expect.isLessThan (trace.ToDot().Length) 20000 "DOT"
          Expect.equal (trace.ToString(3).Split('\n') |> Array.filter _.StartsWith("v") |> Array.length) 4 "as many as asked for"
          Expect.equal trace.Operations.Primal.Functions 100000L "operations")

      testCase "100 000 steps without a plan have a picture of bounded size" (fun () ->
          let trace = AD.forwardTrace (wild 9 100000 3) [| 0.3; 0.7 |] [| 1.0; 0.5 |]
          Expect.isLessThan (trace.ToSvg().Length) 200000 "SVG")

      testCase "5000 results and 5000 inputs have a picture of bounded size" (fun () ->
          let n = 5000
          let trace = AD.forwardTrace (Array.map (fun x -> sin x * x)) (Array.init n float) (Array.create n 1.0)
          Expect.isLessThan (trace.ToSvg().Length) 200000 "SVG")

      testCase "no step is too few to show" (fun () ->
          let trace = AD.reverseTrace (logistic 2) [| 0.3 |]
          let actions: (int -> string) list =
              [ fun steps -> trace.ToString steps
                fun steps -> trace.ToSvg steps
                fun steps -> trace.ToHtml steps
                fun steps -> trace.ToDot steps
                fun steps -> trace.ToMarkdown steps ]
          for action in actions do
              let e = thrown<ArgumentOutOfRangeException>(fun () -> action 0 |> ignore)
              Expect.equal e.ParamName "steps" "parameter"
              Expect.isNonEmpty (action 1) "one") ]

/// Weighted least squares with least distances, by the conditions of an optimum.
let private spreadTests =
    [ testCase "heights keep their distances, and pooled ones stay where their mean wants them" (fun () ->
          let source = random "spread"
          for _ = 1 to 200 do
              let n = source.Next(1, 9)
              let wanted = Array.init n (fun _ -> 100.0 * source.NextDouble())
              let weights = Array.init n (fun _ -> 1.0 + 3.0 * source.NextDouble())
              let distances = Array.init (n - 1) (fun _ -> 20.0 * source.NextDouble())
              let y = Layering.spread wanted weights distances
              let isTight index = y[index + 1] - y[index] < distances[index] + 1e-9
              for index = 0 to n - 2 do
                  Expect.isGreaterThan (y[index + 1] - y[index]) (distances[index] - 1e-9) "distance"
              // The forces on a block of touching boxes sum to 0, and those on its upper part push it no further up: Karush, Kuhn, Tucker.
              let mutable force = 0.0
              for index = 0 to n - 1 do
                  force <- force + weights[index] * (wanted[index] - y[index])
                  if index < n - 1 && isTight index then
                      Expect.isGreaterThan force -1e-7 "a part"
                  else
                      Expect.isLessThan (abs force) 1e-7 "a block"
                      force <- 0.0) ]

[<Tests>]
let tests =
    testList
        "trace pictures"
        [ testCase "nothing lies on anything else, with 3 to 200 boxes" (fun () ->
              for seed = 1 to 12 do
                  for steps in [ 1; 5; 10; 40; 90 ] do
                      let f = wild seed steps 2
                      let forward = AD.forwardTrace f [| 0.3; -0.7; 0.1 |] [| 1.0; 0.5; 0.0 |]
                      expectReadable $"seed {seed}, {steps} steps" forward (forward.ToSvg 200)
                      let reverse = AD.reverseTraceWith [| 1.0; 0.5 |] f [| 0.3; -0.7; 0.1 |]
                      expectReadable $"seed {seed}, {steps} steps" reverse (reverse.ToSvg())
              let f = wild 3 200 2
              let trace = AD.forwardTrace f [| 0.3; -0.7; 0.1 |] [| 1.0; 0.5; 0.0 |]
              expectReadable "200 steps" trace (trace.ToSvg 200))

          testCase "modes are told apart by colour, direction and caption" (fun () ->
              let forward = (AD.forwardTrace (logistic 1) [| 0.3 |] [| 1.0 |]).ToSvg()
              let reverse = (AD.reverseTrace (logistic 1) [| 0.3 |]).ToSvg()
              Expect.stringContains forward "Forward trace: values and tangents" "caption"
              Expect.stringContains reverse "adjoints from right to left" "caption"
              Expect.stringContains forward "v̇₁ = 4" "a tangent"
              Expect.isFalse (forward.Contains "#B03A00") "colour"
              Expect.isFalse (reverse.Contains "#0060A8") "colour")

          testCase "tooltips have all digits" (fun () ->
              Expect.stringContains ((AD.reverseTrace TraceTests.survey [| 2.0; 5.0 |]).ToSvg()) "0.6931471805599453" "a value")

          testList "folding" foldingTests
          testList "size" sizeTests
          testList "heights" spreadTests ]
