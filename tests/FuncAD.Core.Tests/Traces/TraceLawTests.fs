/// Traces against the operators: tangents are Jvp's and adjoints Vjp's, bit for bit, for every rule and for random programs.
module FuncAD.Tests.Traces.TraceLawTests

open System
open System.Globalization
open System.Text.RegularExpressions
open Expecto
open FuncAD
open FuncAD.Compiled
open FuncAD.Formulas
open FuncAD.Traces
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.Programs

let private expectBits (trace: EvaluationTrace) (what: string) (expected: float[]) (actual: seq<float>) =
    actual
    |> Seq.iteri (fun index actual ->
        // the table is written only where it is needed
        if not (same expected[index] actual) then expectSame expected[index] actual $"{what} {index}\n{trace}")

/// Both traces of a function at a point are those of the operators.
let private agree (what: string) (f: Real[] -> Real[]) (x: float[]) (direction: float[]) (cotangent: float[]) =
    let y, tangents = AD.jvp f (reals x) (reals direction)
    let forward = AD.forwardTrace f x direction
    expectBits forward $"{what}: value" (values y) (forward.Outputs |> Seq.map _.Value)
    expectBits forward $"{what}: tangent" (values tangents) (forward.Outputs |> Seq.map _.Tangent)
    let _, pullback = AD.vjp f (reals x)
    let reverse = AD.reverseTraceWith cotangent f x
    expectBits reverse $"{what}: adjoint" (pullback (reals cotangent) |> values) (reverse.Inputs |> Seq.map _.Adjoint)

/// Points of a rule: its domain, its edges, and doubles worth trying on everything.
let private points (domain: Domain) : float[] =
    let low, high = max domain.Low -3.0, min domain.High 3.0
    Array.append specials [| for k in 0..8 -> low + (high - low) * float k / 8.0 |]

let private ruleTests =
    [ testCase "rules of one argument" (fun () ->
          for rule in unaries do
              for x in Array.append (points rule.Domain) [| for edge in rule.Edges -> edge.At |] do
                  let f (x: Real[]) = [| rule.On x[0]; rule.On x[0] * x[0] |]
                  for direction in [ 1.0; -0.7; 0.0 ] do
                      agree rule.Label f [| x |] [| direction |] [| direction; 0.3 |])

      testCase "rules of two arguments" (fun () ->
          for rule in binaries do
              for a in specials |> Array.filter (fun x -> abs x < 1e10 || Double.IsInfinity x) do
                  for b in [ 0.0; -0.0; 1.0; 0.5; -2.0; 3.0; infinity; nan; a ] do
                      let f (x: Real[]) = [| rule.On(x[0], x[1]); rule.On(x[1], x[1]); rule.On(Real 0.5, x[1]); rule.On(x[0], Real 2.0) |]
                      for direction in [ [| 1.0; 0.5 |]; [| 1.0; 0.0 |]; [| 0.0; -1.0 |] ] do
                          agree rule.Label f [| a; b |] direction [| 1.0; -0.5; 0.25; direction[0] |])

      testCase "choices, steps and rules of three arguments" (fun () ->
          for a in [ 0.0; -0.0; 1.0; -1.5; 2.0; nan; infinity ] do
              for b in [ 0.0; 1.0; 2.5; nan; -infinity ] do
                  for rule in choices do
                      let f (x: Real[]) = [| rule.On(x[0], x[1]); rule.On(x[0], Real 1.0) * x[1]; rule.On(x[1], x[1]) |]
                      for direction in [ [| 1.0; 0.5 |]; [| 0.0; 1.0 |] ] do
                          agree rule.Label f [| a; b |] direction [| 1.0; 2.0; -1.0 |]
                  for rule in ternaries do
                      let f (x: Real[]) =
                          [| rule.On(x[0], x[1], x[2])
                             rule.On(x[0], x[0], x[0])
                             rule.On(Real 2.0, x[1], x[0])
                             rule.On(x[1], Real 2.0, x[1]) |]
                      for direction in [ [| 1.0; 0.5; -2.0 |]; [| 0.0; 1.0; 0.0 |] ] do
                          agree rule.Label f [| a; b; 0.7 |] direction [| 1.0; 2.0; -1.0; 0.1 |]
              for rule in steps do
                  agree rule.Label (fun x -> [| rule.On x[0] * x[0]; rule.On x[0] |]) [| a |] [| 1.0 |] [| 1.0; 1.0 |])

      testCase "formulas of contributions compute what the trace does" (fun () ->
          // Spelled out, a slope cancels where the rule does not: compared in the middle of the domain, to nine digits.
          let compare (what: string) (trace: EvaluationTrace) (primitive: Primitive) (arguments: Argument[]) (y: float) =
              for index = 0 to arguments.Length - 1 do
                  let formula = StepFormulas.contribution false primitive arguments index true
                  let variables = Array.create Variables.count 1.25
                  arguments |> Array.iteri (fun place argument -> variables[place] <- argument.Value)
                  variables[Variables.result] <- y
                  variables[Variables.adjoint] <- -0.75
                  let expected = 1.25 - 0.75 * trace.Steps[trace.Steps.Count - 1].Operands[index].Slope
                  expectWithin (1e-9 * (1.0 + abs expected)) expected ((Steps formula).Value variables) $"{what}, argument {index}"
          let last (trace: EvaluationTrace) = trace.Steps[trace.Steps.Count - 1]
          let argument step value = { Step = step; Value = value; Slope = 0.0; IsActive = true }
          for rule in unaries |> Array.filter (fun rule -> rule.Rule.Name <> "cube") do
              let x = max rule.Domain.Low -3.0 * 0.4 + min rule.Domain.High 3.0 * 0.6
              let primitive =
                  typedefof<UnaryPrimitive<Rules.Trigonometry.Sin>>.MakeGenericType(rule.Rule.GetType())
                  |> fun kind -> Activator.CreateInstance(kind, rule.Rule) :?> Primitive
              let trace = AD.forwardTrace (fun x -> rule.On x[0]) [| x |] [| 1.0 |]
              compare rule.Label trace primitive [| argument 0 x |] (last trace).Value
          for rule in binaries do
              let struct (a, b) = rule.Domain
              let at (domain: Domain) share = max domain.Low -3.0 * (1.0 - share) + min domain.High 3.0 * share
              let a, b = at a 0.7, at b 0.4
              let primitive =
                  typedefof<BinaryPrimitive<Rules.Arithmetic.Add>>.MakeGenericType(rule.Rule.GetType())
                  |> fun kind -> Activator.CreateInstance(kind, rule.Rule) :?> Primitive
              let trace = AD.forwardTrace (fun x -> rule.On(x[0], x[1])) [| a; b |] [| 1.0; 1.0 |]
              compare rule.Label trace primitive [| argument 0 a; argument 1 b |] (last trace).Value)

      testCase "every rule is written in every form" (fun () ->
          // as tables write it: constants are short, and in HTML an index has a minus sign
          let short (formula: string) =
              Regex.Replace(
                  formula,
                  @"\d+\.\d{4,}",
                  fun digits -> Typography.number (Double.Parse(digits.Value, CultureInfo.InvariantCulture))
              )
          let isWritten (label: string) (trace: EvaluationTrace) =
              let formula = short trace.Steps[trace.Steps.Count - 1].Formula
              Expect.equal trace.Steps.Count (trace.Inputs.Count + 1) $"{label} is a step"
              Expect.stringContains (trace.ToString()) $" = {formula} " label
              Expect.contains (TraceTests.texts "td" (trace.ToHtml())) ("= " + formula.Replace("v-1", "v−1")) label
          for rule in unaries do
              AD.reverseTrace (fun x -> rule.On x[0]) [| 0.5 |] |> isWritten rule.Label
          for rule in binaries do
              AD.forwardTrace (fun x -> rule.On(x[0], x[1])) [| 0.5; 0.25 |] [| 1.0; 1.0 |] |> isWritten rule.Label) ]

let private everywhere = cases everything 1 4

[<Tests>]
let tests =
    testList
        "trace laws"
        [ testList "rules" ruleTests

          law "random programs: values, tangents and adjoints are those of Jvp and Vjp" 1500 everywhere (fun case ->
              agree "program" (results case.Program) case.Point case.V case.W)

          law "random programs along one input alone, at whole numbers" 700 everywhere (fun case ->
              let direction = Array.init case.Point.Length (fun index -> if index = 0 then 1.0 else 0.0)
              let cotangent = case.W |> Array.mapi (fun index w -> if index = 0 then w else 0.0)
              agree "program" (results case.Program) (case.Point |> Array.map Math.Round) direction cotangent)

          law "random programs: the gradient of the last number" 300 everywhere (fun case ->
              let f = result case.Program
              let gradient = AD.grad f (reals case.Point) |> values
              let trace = AD.reverseTrace f case.Point
              gradient |> Array.iteri (fun index g -> expectSame g trace.Inputs[index].Adjoint $"input {index}"))

          law "random programs: the derivative of a gradient, of a Hessian product" 150 (cases everything 2 3) (fun case ->
              let f = result case.Program
              let n = case.Point.Length
              agree "grad" (AD.grad f) case.Point case.V (Array.create n 0.5)
              agree "hvp" (fun x -> AD.hvp f x (reals case.U)) case.Point case.V (Array.create n 0.5))

          testCase "compiled functions, Hessians, Taylor series and sums inside" (fun () ->
              let f (x: Real[]) = sin (x[0] * x[1]) + Real.Max(x[0], x[1]) * exp x[0]
              let compiled = AD.compile f (reals [| 0.3; 0.7 |])
              let inside (x: Real[]) =
                  let h = AD.hessian f x
                  [| compiled.Invoke x
                     h[0, 1]
                     (AD.taylor 6 (fun t -> f [| t; x[1] |]) x[0])[6]
                     Sums.logSumExp x
                     Sums.dot x x
                     Sums.sum x |]
              agree "inside" inside [| 0.4; 0.9 |] [| 1.0; -0.5 |] [| 1.0; 2.0; 0.5; -1.0; 1.0; 1.0 |]) ]
