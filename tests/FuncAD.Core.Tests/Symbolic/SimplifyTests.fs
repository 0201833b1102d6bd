/// Simplification: the values of random programs are kept within rounding, graphs do not grow, and the algebra does what it says.
module FuncAD.Tests.Formulas.SimplifyTests

open System
open Expecto
open FuncAD
open FuncAD.Tests
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs
open FuncAD.Tests.Formulas.FormulaTests

/// Continuous functions: where another rounding of an argument changes the result by roundings only.
let private continuous =
    { branchless with
        Steps = [||]
        Choices = [||]
        Longest = 10
        Binaries = branchless.Binaries |> Array.filter (fun entry -> not (entry.Rule.Name.ToLowerInvariant().EndsWith "remainder")) }

/// The terms of the simplified form are terms of the given one, products multiplied out, since nothing is multiplied out in it and what
/// cancels cancels exactly. So both are within n u size of the exact value, for n the roundings on a path: no more than the cost of the
/// program, 4 times that for its derivative (LawTests.fs), and 24 for powers that replace repeated factors.
let private bound (case: Case) (size: float) = 2.0 * (4.0 * cost case.Program + 24.0) * u * size + 1e-300

let private simplified (names: string list) (f: Real[] -> Real) : string = (Symbolic.ofFunction names f).Simplify().ToString()

let private derivative (f: Real -> Real) : string = (Symbolic.ofNumber "x" f).Derivative("x").Simplify().ToString()

[<Tests>]
let tests =
    testList
        "simplified formulas"
        [ law "values are kept, and graphs do not grow" 400 (cases continuous 1 3) (fun case ->
              let f = formula case
              let simple = f.Simplify()
              Expect.isLessThanOrEqual simple.GraphSize f.GraphSize $"graph of {f}"
              Expect.isLessThanOrEqual simple.TreeSize f.TreeSize $"tree of {f}"
              let size = (result case.Program (case.Point |> Array.map (fun x -> Magnitude(x, abs x)))).Size
              expectWithin (bound case size) (f.Evaluate case.Point) (simple.Evaluate case.Point) $"{f}\nsimplified to {simple}")

          law "derivatives are kept, and their graphs do not grow" 400 (cases continuous 1 3) (fun case ->
              let f = (formula case).Derivative 0
              let simple = f.Simplify()
              Expect.isLessThanOrEqual simple.GraphSize f.GraphSize $"graph of {f}"
              let input index x = Twin(Magnitude(x, abs x), Magnitude((if index = 0 then 1.0 else 0.0), 0.0))
              let size = (result case.Program (Array.mapi input case.Point)).Tangent.Size
              expectWithin (bound case size) (f.Evaluate case.Point) (simple.Evaluate case.Point) $"{f}\nsimplified to {simple}")

          testCase "identities, like terms, like factors, common factors" (fun () ->
              for f, expected in
                  ([ (fun x -> real 0.0 + x[0]), "x"
                     (fun x -> real 1.0 * x[0] - real 0.0), "x"
                     (fun x -> -(-x[0])), "x"
                     (fun x -> x[0] / real 1.0), "x"
                     (fun x -> x[0] - x[0] + x[1]), "y"
                     (fun x -> x[0] / x[0] * x[1]), "y"
                     (fun x -> real 0.0 * x[0]), "0"
                     (fun x -> x[0] + x[0]), "2 * x"
                     (fun x -> x[0] * real 3.0 - x[0] - x[0]), "x"
                     (fun x -> x[0] * x[1] + x[1] * x[0]), "2 * x * y"
                     (fun x -> x[0] * x[0] * x[0]), "x^3"
                     (fun x -> Real.Pow(x[0], 2) * x[0]), "x^3"
                     (fun x -> x[0] * x[1] / x[0]), "y"
                     (fun x -> x[0] * x[1] + x[0] * real 5.0), "x * (y + 5)"
                     (fun x -> real 4.0 * x[0] - real 4.0 * x[1]), "4 * (x - y)"
                     (fun x -> x[0] / real 3.0 + x[0] / real 3.0), "2 * x / 3"
                     (fun x -> x[0] / real 2.0 + x[0] / real 3.0), "5 * x / 6"
                     (fun x -> x[1] - (x[1] - x[0])), "x"
                     (fun x -> -(x[0] - x[1])), "y - x"
                     (fun x -> (-x[0]) * (-x[1])), "x * y"
                     (fun x -> Real.Max(x[0], x[0])), "x"
                     (fun x -> Real.Select(Real.Less(x[0], x[1]), x[0], x[0])), "x"
                     (fun x -> real 2.0 * (real 3.0 * x[0])), "6 * x"
                     (fun x -> Real.Pow(x[0], 1) * Real.Pow(x[1], 0)), "x"
                     (fun x -> sin x[0] * sin x[0] + x[1]), "sin(x)^2 + y" ]
                  : ((Real[] -> Real) * string) list) do
                  Expect.equal (simplified [ "x"; "y" ] f) expected "simplified")

          testCase "derivatives come out as in textbooks" (fun () ->
              for f, expected in
                  ([ (fun x -> x * Real.Log x), "log(x) + 1"
                     (fun x -> x * x * x / real 3.0 + real 2.0 * x), "x^2 + 2"
                     (fun x -> Real.Pow(x, 3) * exp (-(x * x) / real 2.0)), "exp(-x^2 / 2) * x^2 * (3 - x^2)"
                     (fun x -> AD.diffn 2 (fun x -> sin x * exp x) x), "2 * exp(x) * (cos(x) - sin(x))"
                     (fun x -> real 4.0 * x * (real 1.0 - x)), "4 * (1 - 2 * x)" ]
                  : ((Real -> Real) * string) list) do
                  Expect.equal (derivative f) expected "derivative")

          testCase "constants stay those of doubles, and are not folded beyond their range" (fun () ->
              Expect.equal (simplified [ "x" ] (fun x -> real 0.1 * (real 3.0 * x[0]))) "0.30000000000000004 * x" "0.1 times 3"
              let huge = Symbolic.ofNumber "x" (fun x -> real 1e200 * (real 1e200 * (real 1e-150 * (real 1e-100 * x))))
              expectClose 8.0 1e150 (huge.Simplify().Evaluate 1.0) "factors that underflow together"
              Expect.equal (simplified [ "x" ] (fun x -> x[0] / real 3.0)) "x / 3" "a third"
              Expect.isTrue (Double.IsNaN((Symbolic.ofNumber "x" (fun x -> x * real nan)).Simplify().Evaluate 1.0)) "NaN")

          testCase "the logistic map: simplified trees are a few times smaller" (fun () ->
              let logistic n (x: Real) = Seq.fold (fun l _ -> real 4.0 * l * (real 1.0 - l)) x (seq { 2..n })
              let sizes n =
                  let plain = (Symbolic.ofNumber "x" (logistic n)).Derivative "x"
                  plain.TreeSize / plain.Simplify().TreeSize
              for n in 4..8 do
                  Expect.isGreaterThan (sizes n) 3.0 $"n = {n}") ]
