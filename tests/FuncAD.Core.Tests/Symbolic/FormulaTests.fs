/// Formulas: the rules of the table, and random programs, evaluate to what the functions compute, and their derivatives to forward mode's.
module FuncAD.Tests.Formulas.FormulaTests

open System
open System.Threading
open Expecto
open FuncAD
open FuncAD.Tests
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.Programs

let names (count: int) = Array.init count (fun index -> $"x{index + 1}")
let formula (case: Case) : Formula = Symbolic.ofFunction (names case.Point.Length) (result case.Program)

/// Everything but branches on values, which a formula does not have.
let branchless = { everything with Branches = false }

let private inside (random: Random) (domain: Domain) = domain.Low + (domain.High - domain.Low) * random.NextDouble()
let private twenty (name: string) (domain: Domain) = let random = random name in [ for _ in 1..20 -> inside random domain ]

let private checkUnary (entry: UnaryEntry) =
    let f = Symbolic.ofNumber "x" (fun x -> entry.On x)
    let first = f.Derivative "x"
    let second = first.Derivative 0
    let slope (x: float) = AD.diff (fun x -> entry.On<Real> x) (real x) |> value
    for x in twenty entry.Label entry.Domain @ [ for edge in entry.Edges -> edge.At ] @ [ 0.0; 1.0; 0.5; 0.1; nan ] do
        expectSame (entry.Value x) (f.Evaluate x) $"{entry.Label} at {text x}"
        expectEqual (slope x) (first.Evaluate x) $"the derivative of {entry.Label} at {text x}: {first}"
    for x in twenty entry.Label entry.Domain do
        let expected = AD.diff (AD.diff (fun x -> entry.On<Real> x)) (real x) |> value
        expectEqual expected (second.Evaluate x) $"the second derivative of {entry.Label} at {text x}: {second}"

let private checkBinary (entry: BinaryEntry) =
    let f = Symbolic.ofFunction [ "a"; "b" ] (fun x -> entry.On(x[0], x[1]))
    let struct (domainA, domainB) = entry.Domain
    for a, b in List.zip (twenty (entry.Label + " a") domainA) (twenty (entry.Label + " b") domainB) @ [ 1.0, 1.0; 0.5, 2.0; 0.0, 1.0 ] do
        let at = $"{entry.Label} at ({text a}, {text b})"
        let f' (x: Real[]) = entry.On<Real>(x[0], x[1])
        expectSame (entry.Value(a, b)) (f.Evaluate(a, b)) at
        for index in 0..1 do
            let along (g: Real[] -> Real) (x: Real[]) = AD.diff (fun t -> g (Array.updateAt index t x)) x[index]
            let slope = f.Derivative index
            expectEqual (along f' (reals [| a; b |]) |> value) (slope.Evaluate(a, b)) $"derivative {index} of {at}: {slope}"
            for other in 0..1 do
                let again (g: Real[] -> Real) (x: Real[]) = AD.diff (fun t -> g (Array.updateAt other t x)) x[other]
                let expected = again (along f') (reals [| a; b |]) |> value
                expectEqual expected (slope.Derivative(other).Evaluate(a, b)) $"second derivative {index}, {other} of {at}"

let private logistic (n: int) (x: Real) : Real = Seq.fold (fun l _ -> real 4.0 * l * (real 1.0 - l)) x (seq { 2..n })

/// Runs where recursion as deep as the formula would end the process.
let private onSmallStack (work: unit -> unit) : unit =
    let mutable failure: exn = null
    let thread =
        Thread(
            (fun () ->
                try
                    work ()
                with error ->
                    failure <- error),
            256 * 1024
        )
    thread.Start()
    thread.Join()
    if not (isNull failure) then raise failure

let private number (f: Real -> Real) = fun () -> Symbolic.ofNumber "x" f |> ignore

[<Tests>]
let tests =
    testList
        "formulas"
        [ testList "rules of one argument" [ for entry in unaries -> testCase entry.Label (fun () -> checkUnary entry) ]

          testList
              "rules of two arguments"
              [ for entry in binaries |> Array.filter (fun entry -> entry.Rule.Name <> "tie") ->
                    testCase entry.Label (fun () -> checkBinary entry) ]

          testCase "steps, and rules of three arguments" (fun () ->
              for entry in steps do
                  let f = Symbolic.ofNumber "x" (fun x -> entry.On x)
                  for x in specials do
                      expectSame (entry.Value x) (f.Evaluate x) $"{entry.Label} at {text x}"
                  Expect.equal (f.Derivative("x").ToString()) "0" $"the derivative of {entry.Label}"
              for entry in ternaries do
                  let f = Symbolic.ofFunction [ "a"; "b"; "c" ] (fun x -> entry.On(x[0], x[1], x[2]))
                  expectSame (entry.Value(2.0, 3.0, 5.0)) (f.Evaluate(2.0, 3.0, 5.0)) entry.Label
                  let gradient = AD.grad (fun (x: Real[]) -> entry.On(x[0], x[1], x[2])) (reals [| 2.0; 3.0; 5.0 |])
                  for index in 0..2 do
                      expectEqual gradient[index].Value (f.Derivative(index).Evaluate(2.0, 3.0, 5.0)) $"{entry.Label}, {index}")

          testCase "choices, at ties too" (fun () ->
              for entry in choices do
                  let f = Symbolic.ofFunction [ "a"; "b" ] (fun x -> entry.On(x[0] * x[0], x[1]))
                  for a, b in [ 1.0, 2.0; 2.0, 1.0; 3.0, 9.0; -3.0, 9.0; 0.0, 0.0; 1.0, -1.0; nan, 1.0; 1.0, nan ] do
                      let at = $"{entry.Label} at ({a}, {b})"
                      expectSame (entry.Value(a * a, b)) (f.Evaluate(a, b)) at
                      let ofA = AD.diff (fun (a: Real) -> entry.On(a * a, real b)) (real a)
                      let ofB = AD.diff (fun b -> entry.On(real a * real a, b)) (real b)
                      expectEqual ofA.Value (f.Derivative("a").Evaluate(a, b)) at
                      expectEqual ofB.Value (f.Derivative("b").Evaluate(a, b)) at)

          law "a formula has the value of its program, bit for bit" 500 (cases branchless 1 3) (fun case ->
              expectSame (result case.Program (reals case.Point)).Value ((formula case).Evaluate case.Point) "value")

          law "the derivative of a formula is forward mode's, bit for bit" 400 (cases branchless 1 3) (fun case ->
              let f = formula case
              for index = 0 to case.Point.Length - 1 do
                  let along t = result case.Program (reals case.Point |> Array.updateAt index t)
                  let expected = AD.diff along (real case.Point[index])
                  expectEqual expected.Value (f.Derivative(index).Evaluate case.Point) $"derivative {index}")

          // Two orders of adding the same products, each with at most cost roundings on a path (LawTests.fs).
          law "the second derivative of a formula is forward mode's" 200 (cases { branchless with Longest = 8 } 1 2) (fun case ->
              let second = (formula case).Derivative(0).Derivative(0)
              let lift (x: float) index =
                  let seed = Magnitude((if index = 0 then 1.0 else 0.0), 0.0)
                  Twin(Twin(Magnitude(x, 0.0), seed), Twin(seed, Magnitude(0.0, 0.0)))
              let size = (result case.Program (Array.mapi (fun index x -> lift x index) case.Point)).Tangent.Tangent.Size
              let along t = result case.Program (reals case.Point |> Array.updateAt 0 t)
              let expected = AD.diff (AD.diff along) (real case.Point[0])
              let bound = 4.0 * (cost case.Program + 10.0) * u * size + 1e-300
              expectWithin bound expected.Value (second.Evaluate case.Point) "second derivative")

          testCase "operators inside, conditions, custom rules, sums, compiled functions" (fun () ->
              let inside (x: Real[]) =
                  let gradient = AD.grad (fun (v: Real[]) -> v[0] * v[0] * v[1]) x
                  let isBetween = Condition.op_BitwiseAnd (Real.Less(x[0], x[1]), Real.Less(real 0.0, x[1]))
                  AD.diff (fun t -> sin (t * x[1])) x[0]
                  + gradient[0]
                  + (AD.hessian (fun v -> exp (v[0] * v[1])) x)[0, 1]
                  + AD.diffn 5 (fun t -> t * sin t) x[0]
                  + Real.Select(isBetween, x[0] * x[0], x[1])
                  + AD.custom "cube" (fun x -> x * x * x) (fun x _ -> real 3.0 * x * x) x[0]
                  + AD.customPullback "square" (fun (x: Real) -> x * x) (fun x _ w -> real 2.0 * x * w) x[1]
                  + (AD.compile (fun (x: Real) -> x * x) (real 1.0)).Invoke x[0]
                  + Real.Clamp(x[0], real -1.0, real 1.0)
              let f = Symbolic.ofFunction [ "x"; "y" ] inside
              for point in [ [| 0.3; 0.7 |]; [| 0.7; 0.3 |]; [| -0.5; -0.25 |]; [| 2.0; 3.0 |] ] do
                  expectSame (inside (reals point)).Value (f.Evaluate point) "value"
                  let gradient = AD.jacobianForward (inside >> Array.singleton) (reals point)
                  for index in 0..1 do
                      expectClose 64.0 gradient[0, index].Value (f.Derivative(index).Evaluate point) $"derivative {index}")

          // In pairs, each rounds at most 4 times; the sum is at least as large as each of them.
          testCase "logSumExp, whose largest number is not known" (fun () ->
              let f = Symbolic.ofFunction [ "a"; "b"; "c" ] Sums.logSumExp
              let x = [| 1.0; 800.0; 799.5 |]
              expectClose 16.0 (Sums.logSumExp (reals x)).Value (f.Evaluate x) "value"
              let softmax = AD.grad Sums.logSumExp (reals x)
              expectClose 64.0 softmax[2].Value (f.Derivative("c").Evaluate x) "slope")

          testCase "the logistic map: the tree swells, the graph grows by seven nodes a step" (fun () ->
              let derivative n = (Symbolic.ofNumber "x" (logistic n)).Derivative "x"
              for n in 2..8 do
                  Expect.equal (derivative n).GraphSize (7 * (n - 1)) $"graph for n = {n}"
              Expect.equal [ for n in 1..5 -> (derivative n).TreeSize ] [ 1.0; 9.0; 41.0; 129.0; 353.0 ] "trees"
              Expect.isGreaterThan (derivative 100).TreeSize (Math.ScaleB(1.0, 100)) "a tree beyond 2^63"
              expectClose 400.0 (AD.diff (logistic 30) (real 0.2)).Value ((derivative 30).Evaluate 0.2) "its value")

          testCase "nothing recurses: formulas deeper than the stack" (fun () ->
              onSmallStack (fun () ->
                  let depth = 6000
                  let chain (x: Real) = Seq.fold (fun y _ -> sin y) x (seq { 1..depth })
                  let f = Symbolic.ofNumber "x" chain
                  Expect.equal f.GraphSize (depth + 1) "graph"
                  let derivative = f.Derivative "x"
                  Expect.isLessThan derivative.GraphSize (4 * depth) "graph of the derivative"
                  expectSame (AD.diff chain (real 0.5)).Value (derivative.Evaluate 0.5) "its value"
                  Expect.equal (f.ToString().Length) (5 * depth + 1) "text"
                  Expect.isGreaterThan (f.ToLatex().Length) depth "LaTeX"
                  Expect.isGreaterThan (derivative.ToString().Length) depth "text of the derivative"
                  Expect.equal (f.Simplify().GraphSize) (depth + 1) "simplified"
                  let sum = Symbolic.ofNumber "x" (fun x -> Seq.fold (fun y _ -> y * x + real 2.0) x (seq { 1..depth }))
                  Expect.isLessThanOrEqual (sum.Derivative("x").Simplify().GraphSize) (sum.Derivative("x").GraphSize) "Horner"))

          testCase "many threads read one formula" (fun () ->
              let f = Symbolic.ofNumber "x" (logistic 20)
              let expected = (AD.diff (logistic 20) (real 0.3)).Value
              let results = Array.Parallel.init 64 (fun _ -> f.Derivative("x").Evaluate 0.3)
              for result in results do
                  expectSame expected result "derivative")

          testCase "what has no value says so, and what to write" (fun () ->
              let says parts work = (thrown<InvalidOperationException> work).Message |> expectMentions ("Symbolic.Of" :: parts)
              says [ "question"; "Real.Select"; "Max" ] (number (fun x -> if x > real 0.0 then x else -x))
              says [ "question"; "Real.Select" ] (number (fun x -> if x = real 1.0 then x else -x))
              says [ "double"; "no value" ] (number (fun x -> real (float x)))
              says [ "double" ] (number (fun x -> x * real x.Value))
              says [ "whole number" ] (number (fun x -> real (float (int x))))
              says [ "bounds of a clamp" ] (number (fun x -> Real.Clamp(real 1.0, x, x + real 1.0)))
              says [ "outside of it"; "StopGradient" ] (fun () ->
                  AD.diff
                      (fun z ->
                          number (fun x -> x * z) ()
                          z)
                      (real 1.0)
                  |> ignore)
              let tensors = thrown<NotSupportedException>(number (fun x -> Tensor.sum (Tensor.stack [ x; x ])))
              tensors.Message |> expectMentions [ "Symbolic.Of"; "Real[]" ])

          testCase "a number that outlives its formula has no value to leave behind" (fun () ->
              let says (work: unit -> unit) =
                  (thrown<InvalidOperationException> work).Message |> expectMentions [ "Symbolic.Of"; "after"; "custom rule"; "argument" ]
              // The slope is code, which runs when the formula is differentiated.
              let captured (slope: Real -> Real[] -> Real) () =
                  let f (x: Real[]) = AD.custom "captures" id (fun v _ -> slope v x) x[0]
                  (Symbolic.ofFunction [ "x"; "y" ] f).Derivative "x" |> ignore
              says (captured (fun _ x -> x[1]))
              says (captured (fun v x -> v * x[1]))
              says (captured (fun v x -> AD.diff (fun t -> t * x[1]) v))
              says (captured (fun _ x -> AD.grad (fun t -> t * x[1]) (real 2.0)))
              let mutable number, condition, above = real 0.0, Condition true, real 0.0
              let f (x: Real[]) =
                  number <- sin x[0]
                  condition <- Real.Less(x[0], real 1.0)
                  AD.diff
                      (fun t ->
                          above <- t * x[0]
                          above)
                      x[0]
              let formula = Symbolic.ofFunction [ "x" ] f
              let uses: (Real -> obj) list =
                  [ fun x -> box (x + real 1.0)
                    fun x -> box (sin x)
                    fun x -> box (Real.FusedMultiplyAdd(x, x, x))
                    fun x -> box (Real.Floor x)
                    fun x -> box (Real.Max(x, real 1.0))
                    fun x -> box (Real.Select(condition, x, real 1.0))
                    fun x -> box (x > real 0.0)
                    fun x -> box (x.CompareTo(real 0.0))
                    fun x -> box (Real.IsNaN x)
                    fun x -> box x.Value
                    fun x -> box (float x)
                    fun x -> box (x.GetHashCode())
                    fun x -> box (AD.diff (fun t -> t * x) (real 1.0))
                    fun x -> box (AD.grad (fun t -> t * t) x)
                    fun x -> box (Tensor.stack [ x; x ])
                    fun x -> box (Symbolic.ofNumber "z" (fun z -> z * x)) ]
              for number in [ number; above ] do
                  for use' in uses do
                      says (fun () -> use' number |> ignore)
              says (fun () -> condition.IsTrue |> ignore)
              // the formula itself is none the worse
              expectSame 0.5 (formula.Evaluate 0.5) "value")

          testCase "a density is a formula of the place, not of parameters, which are checked" (fun () ->
              let normal = Symbolic.ofNumber "x" (fun x -> Distribution.Normal(real 1.0, real 2.0).LogDensity x)
              expectSame (Distribution.Normal(real 1.0, real 2.0).LogDensity(real 3.0)).Value (normal.Evaluate 3.0) "value"
              let ofDeviation = number (fun s -> Distribution.Normal(real 1.0, s).LogDensity(real 3.0))
              (thrown<InvalidOperationException> ofDeviation).Message |> expectMentions [ "Symbolic.Of"; "question" ])

          testCase "names, and what they are asked for" (fun () ->
              let of' (names: string seq) = fun () -> Symbolic.ofFunction names (fun x -> x[0]) |> ignore
              let says parts work = (thrown<ArgumentException> work).Message |> expectMentions parts
              says [ "'x'"; "twice"; "1 and 3" ] (of' [ "x"; "y"; "x" ])
              says [ "name 2 is empty" ] (of' [ "x"; " " ])
              says [ "name 1 is empty" ] (of' [ null ])
              says [ "no names" ] (of' [])
              Expect.equal (thrown<ArgumentNullException>(of' null)).ParamName "names" "null"
              says [ "1 numbers, for x" ] (fun () -> Symbolic.ofFunction [ "x" ] (fun x -> x[0] * x[1]) |> ignore)
              let own = [| real 1.0 |]
              says [ "If"; "another array"; "inner exception" ] (fun () -> Symbolic.ofFunction [ "x" ] (fun x -> x[0] * own[1]) |> ignore)
              let f = Symbolic.ofFunction [ "x"; "y" ] (fun x -> x[0] * x[1])
              Expect.equal (List.ofSeq f.Names) [ "x"; "y" ] "names"
              says [ "'z'"; "x, y" ] (fun () -> f.Derivative "z" |> ignore)
              says [ "2 values, for x, y"; "got 1" ] (fun () -> f.Evaluate 1.0 |> ignore)
              Expect.equal (thrown<ArgumentOutOfRangeException>(fun () -> f.Derivative 2 |> ignore)).ParamName "index" "index"
              Expect.equal (thrown<ArgumentOutOfRangeException>(fun () -> f.Derivative -1 |> ignore)).ParamName "index" "index"
              Expect.equal (thrown<ArgumentNullException>(fun () -> f.Derivative(null: string) |> ignore)).ParamName "name" "null name"
              Expect.equal (thrown<ArgumentNullException>(fun () -> f.Evaluate null |> ignore)).ParamName "inputs" "null inputs"
              Expect.equal (Symbolic.numbered 3) [| "x1"; "x2"; "x3" |] "numbered"
              Expect.equal (thrown<ArgumentOutOfRangeException>(fun () -> Symbolic.numbered 0 |> ignore)).ParamName "count" "count"
              let constant = Symbolic.ofFunction [ "x"; "y" ] (fun _ -> real 2.0)
              expectSame 2.0 (constant.Evaluate(nan, 1.0)) "a constant"
              Expect.equal (constant.Derivative("y").ToString()) "0" "its derivative") ]
