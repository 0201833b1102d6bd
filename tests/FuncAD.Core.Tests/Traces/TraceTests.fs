/// Evaluation traces: the survey's tables, what steps say, names, and input that is not as it should be.
module FuncAD.Tests.Traces.TraceTests

open System
open System.Text
open System.Threading
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// y = ln x1 + x1 x2 - sin x2, computed in the order in which the survey numbers its steps.
let survey (x: Real[]) : Real =
    let v1 = log x[0]
    let v2 = x[0] * x[1]
    let v3 = sin x[1]
    let v4 = v1 + v2
    v4 - v3

/// Table 2 of Baydin et al. (2018), line by line, with the numbers put in and the values between.
let private table2 =
    """
Forward primal trace                      |  Forward tangent trace
--------------------------------------------------------------------------------------------
v-1 = x1                        = 2       |  v̇-1 = ẋ1                                  = 1
v0  = x2                        = 5       |  v̇0  = ẋ2                                  = 0
--------------------------------------------------------------------------------------------
v1  = ln v-1   = ln 2           = 0.693   |  v̇1  = v̇-1 / v-1           = 1 / 2         = 0.5
v2  = v-1 × v0 = 2 × 5          = 10      |  v̇2  = v̇-1 × v0 + v̇0 × v-1 = 1 × 5 + 0 × 2 = 5
v3  = sin v0   = sin 5          = -0.959  |  v̇3  = v̇0 × cos v0         = 0 × cos 5     = 0
v4  = v1 + v2  = 0.693 + 10     = 10.693  |  v̇4  = v̇1 + v̇2             = 0.5 + 5       = 5.5
v5  = v4 - v3  = 10.693 + 0.959 = 11.652  |  v̇5  = v̇4 - v̇3             = 5.5 - 0       = 5.5
--------------------------------------------------------------------------------------------
y   = v5                        = 11.652  |  ẏ   = v̇5                                  = 5.5
"""

/// Table 3, whose right side is read upwards.
let private table3 =
    """
Forward primal trace                      |  Reverse adjoint trace (read upwards)
---------------------------------------------------------------------------------------------------------------
v-1 = x1                        = 2       |  x̄1  = v̄-1                                                 = 5.5
v0  = x2                        = 5       |  x̄2  = v̄0                                                  = 1.716
---------------------------------------------------------------------------------------------------------------
v1  = ln v-1   = ln 2           = 0.693   |  v̄-1 = v̄-1 + v̄1 ∂v1/∂v-1 = v̄-1 + v̄1 / v-1 = 5 + 1 / 2      = 5.5
v2  = v-1 × v0 = 2 × 5          = 10      |  v̄0  = v̄0 + v̄2 ∂v2/∂v0   = v̄0 + v̄2 × v-1  = -0.284 + 1 × 2 = 1.716
                                          |  v̄-1 = v̄2 ∂v2/∂v-1       = v̄2 × v0        = 1 × 5          = 5
v3  = sin v0   = sin 5          = -0.959  |  v̄0  = v̄3 ∂v3/∂v0        = v̄3 × cos v0    = -1 × cos 5     = -0.284
v4  = v1 + v2  = 0.693 + 10     = 10.693  |  v̄2  = v̄4 ∂v4/∂v2        = v̄4 × 1         = 1 × 1          = 1
                                          |  v̄1  = v̄4 ∂v4/∂v1        = v̄4 × 1         = 1 × 1          = 1
v5  = v4 - v3  = 10.693 + 0.959 = 11.652  |  v̄3  = v̄5 ∂v5/∂v3        = v̄5 × (-1)      = 1 × (-1)       = -1
                                          |  v̄4  = v̄5 ∂v5/∂v4        = v̄5 × 1         = 1 × 1          = 1
---------------------------------------------------------------------------------------------------------------
y   = v5                        = 11.652  |  v̄5  = ȳ                                                   = 1
"""

let private expectLines (expected: string) (actual: string) =
    // the width of the rule is what the columns need
    let lines (text: string) = text.Trim('\n').Split '\n' |> Array.map (fun line -> if line.StartsWith "---" then "---" else line)
    let expected, actual = lines expected, lines actual
    Array.iteri2 (fun index e a -> if e <> a then failtest $"line {index + 1}: expected\n{e}\ngot\n{a}") expected actual

let private named (names: string) (trace: EvaluationTrace) = trace.WithNames(names.Split ' ')

let private step (name: string) (trace: EvaluationTrace) : EvaluationStep = trace.Steps |> Seq.find (fun step -> step.Name = name)

let private formulas (trace: EvaluationTrace) : string list = [ for step in trace.Steps -> $"{step.Name} = {step.Formula}" ]

/// What stands in all elements of this name of an SVG or an HTML text.
let texts (name: string) (markup: string) : string list =
    [ for element in Xml.Linq.XDocument.Parse(markup).Descendants() do
          if element.Name.LocalName = name then element.Value ]

let private forward1 (f: Real -> Real) (x: float) : EvaluationTrace = AD.forwardTrace (fun x -> f x[0]) [| x |] [| 1.0 |]
let private reverse1 (f: Real -> Real) (x: float) : EvaluationTrace = AD.reverseTrace (fun x -> f x[0]) [| x |]

let private surveyTests =
    [ testCase "the survey's table 2, line by line" (fun () ->
          expectLines table2 ((AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0; 0.0 |]).ToString()))

      testCase "the survey's table 3, line by line" (fun () -> expectLines table3 ((AD.reverseTrace survey [| 2.0; 5.0 |]).ToString()))

      testCase "the survey's numbers, in full" (fun () ->
          let trace = AD.reverseTrace survey [| 2.0; 5.0 |]
          let expected = [ 2.0; 5.0; Math.Log 2.0; 10.0; Math.Sin 5.0; Math.Log 2.0 + 10.0; Math.Log 2.0 + 10.0 - Math.Sin 5.0 ]
          List.iter2 (fun value (step: EvaluationStep) -> expectSame value step.Value step.Name) expected (List.ofSeq trace.Steps)
          expectSame 5.5 trace.Inputs[0].Adjoint "x1"
          expectSame (2.0 - Math.Cos 5.0) trace.Inputs[1].Adjoint "x2"
          expectSame trace.Steps[6].Value trace.Outputs[0].Value "y") ]

let private stepTests =
    [ testCase "a step has its rule, formula, operands with slopes, and text" (fun () ->
          let trace = AD.reverseTrace survey [| 2.0; 5.0 |]
          let product = step "v2" trace
          Expect.equal product.Rule "multiply" "rule"
          Expect.equal product.Formula "v-1 × v0" "formula"
          Expect.equal [ for operand in product.Operands -> operand.Name, operand.Slope ] [ "v-1", 5.0; "v0", 2.0 ] "operands"
          Expect.equal [ for operand in product.Operands -> operand.Step ] [ 0; 1 ] "positions"
          Expect.equal (product.ToString()) "v2 = v-1 × v0 = 10, v̄2 = 1" "text"
          Expect.equal [ for input in trace.Inputs -> input.Formula ] [ "x1"; "x2" ] "inputs"
          Expect.equal trace.Outputs[0].Formula "v5" "output")

      testCase "a tangent is the sum of slope times tangent over the operands" (fun () ->
          let trace = AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0; 0.5 |]
          for step in trace.Steps |> Seq.skip 2 do
              let sum = step.Operands |> Seq.map (fun operand -> operand.Slope * trace.Steps[operand.Step].Tangent) |> Seq.reduce (+)
              expectSame sum step.Tangent step.Name)

      testCase "constants are operands, not steps" (fun () ->
          let trace = forward1 (fun x -> 3.0 * x + 0.1) 2.0
          Expect.equal (formulas trace) [ "v0 = x"; "v1 = 3 × v0"; "v2 = v1 + 0.1" ] "formulas"
          let constant = trace.Steps[1].Operands[0]
          Expect.isTrue constant.IsConstant "constant"
          Expect.equal (constant.Name, constant.Value, constant.Slope, constant.Step) ("3", 3.0, 0.0, -1) "constant")

      testCase "the branch that ran is there, the other is not" (fun () ->
          let f (x: Real) = if x > Real 0.0 then x * x else -x
          Expect.equal (formulas (forward1 f 3.0)) [ "v0 = x"; "v1 = v0 × v0" ] "positive"
          Expect.equal (formulas (forward1 f -3.0)) [ "v0 = x"; "v1 = -v0" ] "negative"
          Expect.equal (forward1 f -3.0).Outputs[0].Tangent -1.0 "slope")

      testCase "values may be read, and decide, as in a plain run" (fun () ->
          let trace = forward1 (fun x -> x * Real(Math.Floor x.Value) + Real(float (int x))) 2.5
          Expect.equal (formulas trace) [ "v0 = x"; "v1 = v0 × 2"; "v2 = v1 + 2" ] "formulas")

      testCase "a choice names both of its arguments, and passes to the one that it took" (fun () ->
          let trace = AD.reverseTrace (fun x -> Real.Max(x[0], x[1])) [| 2.0; 5.0 |]
          Expect.equal trace.Steps[2].Formula "max(v-1, v0)" "formula"
          Expect.equal [ for operand in trace.Steps[2].Operands -> operand.Slope ] [ 0.0; 1.0 ] "slopes"
          Expect.equal [ for input in trace.Inputs -> input.Adjoint ] [ 0.0; 1.0 ] "gradient"
          let tie = AD.reverseTrace (fun x -> Real.Max(x[0], x[1])) [| 2.0; 2.0 |]
          Expect.equal [ for input in tie.Inputs -> input.Adjoint ] [ 0.5; 0.5 ] "at a tie")

      testCase "a choice with a number of a higher level is that level's" (fun () ->
          let f (x: Real[]) = AD.diff (fun y -> Real.Max(x[0], y) * Real.Min(y, x[0]) * x[1]) (Real 3.0)
          let trace = AD.reverseTrace f [| 2.0; 5.0 |]
          expectSame 10.0 trace.Outputs[0].Value "value"
          Expect.equal [ for input in trace.Inputs -> input.Adjoint ] [ 5.0; 2.0 ] "gradient")

      testCase "slopes at kinks and structural zeros follow the library's conventions" (fun () ->
          expectSame 0.0 (forward1 abs 0.0).Outputs[0].Tangent "abs'(0)"
          expectSame infinity (forward1 sqrt 0.0).Outputs[0].Tangent "sqrt'(0)"
          let noDirection = AD.forwardTrace (fun x -> sqrt x[0] + x[1]) [| 0.0; 1.0 |] [| 0.0; 1.0 |]
          expectSame 1.0 noDirection.Outputs[0].Tangent "0 times infinity is 0 for a structural zero"
          Expect.stringContains (noDirection.ToString()) "v̇1  = 0 " "it is written as 0"
          let unused =
              AD.reverseTrace
                  (fun x ->
                      sqrt x[0] |> ignore
                      x[1])
                  [| 0.0; 1.0 |]
          expectSame 0.0 unused.Inputs[0].Adjoint "a result that is not used")

      testCase "results may be inputs, constants, one step twice" (fun () ->
          let f (x: Real[]) = [| x[1]; Real 7.0; x[0] * x[1]; x[0] * x[1] |]
          let twice (x: Real[]) = let y = x[0] * x[1] in [| y; y |]
          let forward = AD.forwardTrace f [| 2.0; 5.0 |] [| 1.0; 1.0 |]
          Expect.equal
              [ for y in forward.Outputs -> y.Name, y.Formula, y.Tangent ]
              [ "y1", "v0", 1.0; "y2", "7", 0.0; "y3", "v1", 7.0; "y4", "v2", 7.0 ]
              "forward"
          let reverse = AD.reverseTraceWith [| 1.0; 1.0; 0.0; 0.0 |] f [| 2.0; 5.0 |]
          Expect.equal [ for x in reverse.Inputs -> x.Adjoint ] [ 0.0; 1.0 ] "reverse"
          let both = AD.reverseTraceWith [| 1.0; 0.25 |] twice [| 2.0; 5.0 |]
          Expect.equal (step "v1" both).Adjoint 1.25 "the sum"
          Expect.stringContains (both.ToString()) "v̄1  = v̄1 + ȳ2" "the second contribution")

      testCase "results that do not depend on the inputs" (fun () ->
          let trace = AD.forwardTrace (fun _ -> Real 3.0) [| 2.0 |] [| 1.0 |]
          Expect.equal (trace.Outputs[0].Value, trace.Outputs[0].Tangent, trace.Steps.Count) (3.0, 0.0, 1) "forward"
          let reverse = AD.reverseTrace (fun _ -> Real 3.0) [| 2.0 |]
          Expect.equal reverse.Inputs[0].Adjoint 0.0 "reverse"
          for trace in [ trace; reverse ] do
              Expect.isMatch (trace.ToString()) @"(?m)^y +.*= 3\b" "text"
              Expect.isMatch (trace.ToMarkdown()) @"(?m)^\| y \| = 3 \|.*\| = 3 \|" "Markdown"
              Expect.stringContains (trace.ToHtml()) "<td>y</td><td>= 3</td>" "HTML"
              Expect.stringContains (trace.ToDot()) "label = \"y = 3\\n3\\n" "DOT"
              Expect.containsAll (texts "text" (trace.ToSvg())) [ "y = 3"; "3" ] "SVG")

      testCase "NaN and infinity are values" (fun () ->
          let trace = reverse1 (fun x -> log x + 1.0 / (x + 1.0)) -1.0
          Expect.isTrue (Double.IsNaN trace.Outputs[0].Value) "value"
          for text in [ trace.ToString(); trace.ToSvg() ] do
              Expect.stringContains text "NaN" "NaN"
              Expect.stringContains text "∞" "infinity")

      testCase "tangents and adjoints are told apart" (fun () ->
          let forward, reverse = forward1 sin 1.0, reverse1 sin 1.0
          Expect.isTrue forward.IsForward "forward"
          Expect.isFalse reverse.IsForward "reverse"
          (thrown<InvalidOperationException>(fun () -> forward.Steps[0].Adjoint |> ignore)).Message
          |> expectMentions [ "Tangent"; "ReverseTrace" ]
          (thrown<InvalidOperationException>(fun () -> reverse.Steps[0].Tangent |> ignore)).Message
          |> expectMentions [ "Adjoint"; "ForwardTrace" ])

      testCase "the arrays that were given may change afterwards" (fun () ->
          let x, direction = [| 2.0; 5.0 |], [| 1.0; 0.0 |]
          let trace = AD.forwardTrace survey x direction
          x[0] <- 9.0
          direction[0] <- 9.0
          Expect.equal (trace.Inputs[0].Value, trace.Inputs[0].Tangent) (2.0, 1.0) "kept") ]

let private wordTests =
    [ testCase "slopes are written as mathematics" (fun () ->
          let adjoint (f: Real -> Real) =
              let text = (reverse1 f 0.5).ToString()
              (RegularExpressions.Regex.Match(text, "∂v1/∂v0 = (.*?) = ")).Groups[1].Value.Trim()
          Expect.equal (adjoint sin) "v̄1 × cos v0" "sin"
          Expect.equal (adjoint cos) "-v̄1 × sin v0" "cos"
          Expect.equal (adjoint exp) "v̄1 × v1" "exp, by its result"
          Expect.equal (adjoint log) "v̄1 / v0" "log"
          Expect.equal (adjoint sqrt) "v̄1 × 0.5 / v1" "sqrt"
          Expect.equal (adjoint (fun x -> 3.0 / x)) "-v̄1 × v1 / v0" "a quotient"
          Expect.equal (adjoint (fun x -> Real.Pow(x, 3))) "v̄1 × 3 × v0^2" "a power")

      testCase "numbers are short in tables" (fun () ->
          let number = Traces.Typography.number
          let written =
              [ 0.0, "0"
                -0.0, "0"
                1.0, "1"
                11.652071455223084, "11.652"
                -0.9589242746631385, "-0.959"
                0.0123456, "0.0123"
                0.00123456, "0.00123"
                1.2345e-7, "1.235e-7"
                123456.7891, "123456.789"
                1234567.0, "1.235e6"
                nan, "NaN"
                infinity, "∞"
                -infinity, "-∞" ]
          for x, expected in written do
              Expect.equal (number x) expected (text x))

      testCase "Markdown has the table's cells, indices as subscripts" (fun () ->
          let text = (AD.reverseTrace survey [| 2.0; 5.0 |]).ToMarkdown()
          Expect.stringContains text "| v<sub>1</sub> | = ln v<sub>−1</sub> | = ln 2 | = 0.693 |" "a row"
          let columns = text.Trim().Split '\n' |> Array.map (fun line -> line.Split('|').Length) |> Array.distinct
          Expect.equal columns.Length 1 "columns")

      testCase "operations of two parts are those of each, whatever their slopes" (fun () ->
          let numbers (counts: OperationCounts) = [ counts.Additions; counts.Multiplications; counts.Functions ]
          let along (length: int) (index: int) = Array.init length (fun k -> if k = index then 1.0 else 0.0)
          let rule = AD.custom "square" (fun x -> x * x) (fun x _ -> 2.0 * x)
          // What counts may depend on beside the rule: which argument a choice took, a tie, a slope of 1 or -1.
          let parts: ((Real[] -> Real) * float list) list =
              [ for choose in
                    [ (fun (x: Real[]) -> Real.Max(x[0], x[1])); (fun x -> Real.Min(x[0], x[1])); (fun x -> Real.Max(x[0], Real 2.0)) ] do
                    for point in [ [ 2.0; 2.0 ]; [ 3.0; 2.0 ]; [ 2.0; 3.0 ] ] do
                        choose, point
                for x in [ 0.5; -0.5; 1.5; 0.0; nan ] do
                    (fun (x: Real[]) -> rule x[0]), [ x; 1.0 ] ]
          for f, a in parts do
              for g, b in parts do
                  let both (x: Real[]) = f x[..1] + g x[2..]
                  let what = $"at {a} and {b}"
                  let reverse f x = numbers (AD.reverseTrace f (Array.ofList x)).Operations.Derivative
                  Expect.equal (reverse both (a @ b)) (List.map2 (+) (reverse f a) (reverse g b)) $"reverse {what}"
                  for index in 0..1 do
                      let forward f (x: float list) index =
                          numbers (AD.forwardTrace f (Array.ofList x) (along x.Length index)).Operations.Derivative
                      Expect.equal (forward both (a @ b) index) (forward f a index) $"forward {what}, input {index}"
                      Expect.equal (forward both (a @ b) (2 + index)) (forward g b index) $"forward {what}, input {2 + index}"
          let tie = AD.reverseTrace (fun x -> Real.Max(x[0], x[1]) + Real.Max(x[2], Real 1.0)) [| 2.0; 2.0; 3.0 |]
          Expect.equal (numbers tie.Operations.Derivative) [ 0L; 2L; 0L ] "a factor 1/2 for each argument of a tie")

      testCase "HTML is well formed, with the picture" (fun () ->
          let html = (AD.reverseTrace survey [| 2.0; 5.0 |]).ToHtml()
          let document = Xml.Linq.XDocument.Parse html
          Expect.equal document.Root.Name.LocalName "div" "root"
          Expect.stringContains html "<svg " "picture"
          Expect.stringContains html "<td class=\"reverse\">= v̄<sub>2</sub> × v<sub>0</sub></td>" "a cell")

      testCase "DOT has a node for each step and an edge for each operand" (fun () ->
          let dot = (AD.reverseTrace survey [| 2.0; 5.0 |]).ToDot()
          Expect.equal (dot.Split("tooltip").Length - 1) 8 "nodes"
          Expect.equal (dot.Split("->").Length - 1) 9 "edges"
          Expect.stringContains dot "v4 = v1 + v2\\n10.693\\nv̄4 = 1" "a node") ]

let private nameTests =
    [ testCase "inputs have the name of the function's parameter" (fun () ->
          let names (trace: EvaluationTrace) = [ for input in trace.Inputs -> input.Formula ]
          Expect.equal (names (AD.reverseTrace (fun w -> w[0] * w[1]) [| 1.0; 2.0 |])) [ "w1"; "w2" ] "an array"
          Expect.equal (names (AD.reverseTrace (fun angle -> sin angle[0]) [| 1.0 |])) [ "angle" ] "one number"
          Expect.equal (names (AD.reverseTrace (fun v -> v[0] * v[1]) [| 1.0; 2.0 |])) [ "x1"; "x2" ] "v is for steps"
          Expect.equal (names (AD.reverseTrace (fun (_: Real[]) -> Real 1.0) [| 1.0; 2.0 |])) [ "x1"; "x2" ] "no name")

      testCase "or names that are given" (fun () ->
          let trace = AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0; 0.0 |] |> named "a b"
          Expect.stringContains (trace.ToString()) "v̇-1 = ȧ " "tangent"
          Expect.equal trace.Outputs[0].Name "y" "result")

      testCase "the result has a name of its own" (fun () ->
          let trace = AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0; 0.0 |]
          Expect.equal (named "x y" trace).Outputs[0].Name "f" "beside y"
          Expect.equal (named "y1 f2" trace).Outputs[0].Name "z" "beside y1 and f2")

      testCase "names that cannot be are refused" (fun () ->
          let trace = AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0; 0.0 |]
          let refused (names: string[]) =
              let e = thrown<ArgumentException>(fun () -> trace.WithNames names |> ignore)
              Expect.equal e.ParamName "names" "parameter"
              e.Message
          refused [| "a" |] |> expectMentions [ "2 inputs"; "1 names" ]
          refused [| "a"; "a" |] |> expectMentions [ "\"a\""; "twice" ]
          refused [| "a"; " " |] |> expectMentions [ "name 2"; "empty" ]
          refused [| "v-1"; "b" |] |> expectMentions [ "\"v-1\""; "step" ]
          thrown<ArgumentNullException>(fun () -> trace.WithNames(null: string[]) |> ignore) |> ignore)

      testCase "names are escaped" (fun () ->
          let trace = AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0; 0.0 |]
          let strange = trace.WithNames("a<b>&\"c", "x|y_1")
          Xml.Linq.XDocument.Parse(strange.ToSvg()) |> ignore
          Xml.Linq.XDocument.Parse(strange.ToHtml()) |> ignore
          Expect.stringContains (strange.ToMarkdown()) "x\\|y\\_1" "Markdown"
          Expect.stringContains (strange.ToDot()) "a<b>&\\\"c" "DOT") ]

let private errorTests =
    [ testCase "wrong lengths and missing arguments are named" (fun () ->
          let refused (parameter: string) (parts: string list) (action: unit -> EvaluationTrace) =
              let e = thrown<ArgumentException>(fun () -> action () |> ignore)
              Expect.equal e.ParamName parameter "parameter"
              expectMentions parts e.Message
          refused "direction" [ "ForwardTrace"; "expected 2"; "got 1" ] (fun () -> AD.forwardTrace survey [| 2.0; 5.0 |] [| 1.0 |])
          refused "cotangent" [ "ReverseTrace"; "expected 1"; "got 2" ] (fun () ->
              AD.reverseTraceWith [| 1.0; 1.0 |] survey [| 2.0; 5.0 |])
          refused "x" [ "empty" ] (fun () -> AD.reverseTrace (fun _ -> Real 1.0) [||])
          refused "f" [ "no number" ] (fun () -> AD.forwardTrace (fun _ -> ([||]: Real[])) [| 1.0 |] [| 1.0 |])
          for action in
              [ fun () -> AD.reverseTrace survey null
                fun () -> AD.reverseTrace Unchecked.defaultof<Real[] -> Real> [| 1.0 |]
                fun () -> AD.forwardTrace survey [| 2.0; 5.0 |] null
                fun () -> AD.reverseTraceWith null survey [| 2.0; 5.0 |] ] do
              Expect.isNonEmpty (thrown<ArgumentNullException>(fun () -> action () |> ignore)).ParamName "named")

      testCase "a null result is an error that says so" (fun () ->
          let e = thrown<ArgumentException>(fun () -> AD.forwardTrace (fun _ -> (null: Real[])) [| 1.0 |] [| 1.0 |] |> ignore)
          expectMentions [ "ForwardTrace"; "null" ] e.Message)

      testCase "a tensor or a custom rule over structures inside says what to do" (fun () ->
          let tensor (x: Real[]) = (Tensor.toReals (exp (Tensor.stack x)))[0]
          let rule = AD.customPullback "both" (fun (x: Real[]) -> x[0] * x[1]) (fun x _ w -> [| x[1] * w; x[0] * w |])
          for f in [ tensor; rule ] do
              let e = thrown<NotSupportedException>(fun () -> AD.reverseTrace f [| 1.0; 2.0 |] |> ignore)
              expectMentions [ "ReverseTrace"; "Real[]" ] e.Message)

      testCase "a custom rule of one number is a step" (fun () ->
          let cube = AD.custom "cube" (fun x -> x * x * x) (fun x _ -> 3.0 * x * x)
          let trace = reverse1 (fun x -> cube x + 1.0) 2.0
          Expect.equal (formulas trace) [ "v0 = x"; "v1 = cube v0"; "v2 = v1 + 1" ] "formulas"
          Expect.equal trace.Inputs[0].Adjoint 12.0 "slope"
          Expect.stringContains (trace.ToString()) " = cube v0 " "text"
          Expect.contains (texts "td" (trace.ToHtml())) "= cube v0" "HTML"
          Expect.equal
              (trace.Operations.ToString())
              ("primal: 1 addition, 0 multiplications, 1 function; " + "derivative: 0 additions, 1 multiplication, 0 functions")
              "operations")

      testCase "a number that is being differentiated outside is refused, a constant of it is not" (fun () ->
          let inside (x: Real) = (AD.reverseTrace (fun t -> t[0] * x) [| 2.0 |]).Outputs[0].Value |> Real
          let refused (action: unit -> unit) =
              (thrown<InvalidOperationException> action).Message |> expectMentions [ "ReverseTrace"; "StopGradient" ]
          refused (fun () -> AD.grad inside (Real 3.0) |> ignore)
          refused (fun () -> AD.diff inside (Real 3.0) |> ignore)
          refused (fun () -> AD.compile inside (Real 3.0) |> ignore)
          refused (fun () -> AD.grad (fun x -> (AD.reverseTrace (fun _ -> x) [| 2.0 |]).Outputs[0].Value |> Real) (Real 3.0) |> ignore)
          refused (fun () ->
              AD.compile (fun x -> (AD.reverseTrace (fun t -> Real.Max(t[0], x)) [| 2.0 |]).Outputs[0].Value |> Real) (Real 3.0) |> ignore)
          let stopped (x: Real) = inside (AD.stopGradient x) * x
          expectSame 6.0 (AD.grad stopped (Real 3.0)).Value "stopped")

      testCase "an operation on another thread is refused" (fun () ->
          let f (x: Real[]) =
              let mutable y = x[0]
              let mutable caught = null
              let thread =
                  Thread(fun () ->
                      try
                          y <- sin x[0]
                      with e ->
                          caught <- e)
              thread.Start()
              thread.Join()
              if isNull caught then y else raise caught
          (thrown<InvalidOperationException>(fun () -> AD.reverseTrace f [| 1.0 |] |> ignore)).Message |> expectMentions [ "thread" ])

      testCase "exceptions of the function pass through, and its numbers are constants afterwards" (fun () ->
          let mutable escaped = Real 0.0
          let f (x: Real[]) : Real =
              escaped <- x[0] * 2.0
              failwith "mine"
          Expect.throwsC (fun () -> AD.reverseTrace f [| 3.0 |] |> ignore) (fun e -> Expect.equal e.Message "mine" "message")
          expectSame 6.0 (float escaped) "a constant") ]

[<Tests>]
let tests =
    testList
        "traces"
        [ testList "survey" surveyTests
          testList "steps" stepTests
          testList "words" wordTests
          testList "names" nameTests
          testList "errors" errorTests ]
