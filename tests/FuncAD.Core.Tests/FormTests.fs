/// Forms that are typed first, in F#: plain numbers beside Reals, auxiliary results, blocks. Warnings are errors here, so that compiling is half
/// of the test; what the compiler says of scripts is in docs/forms.md, whose blocks are run as such.
module FuncAD.Tests.FormTests

open Expecto
open FuncAD
open FuncAD.Tests.Testing

type private Model = { Rates: Real list; Weights: Tensor; Name: string }

let private model = { Rates = [ real 2.0; real 3.0 ]; Weights = Tensor.ofArray [| 4.0; 5.0 |]; Name = "model" }

/// The same function with whole numbers, and with Reals in their place.
let private pairs: (string * (Real -> Real) * (Real -> Real)) list =
    [ "2 * x", (fun x -> 2 * x), (fun x -> Real 2.0 * x)
      "x * 2", (fun x -> x * 2), (fun x -> x * Real 2.0)
      "x + 1", (fun x -> x + 1), (fun x -> x + Real 1.0)
      "1 + x", (fun x -> 1 + x), (fun x -> Real 1.0 + x)
      "1 - x", (fun x -> 1 - x), (fun x -> Real 1.0 - x)
      "x - 1", (fun x -> x - 1), (fun x -> x - Real 1.0)
      "x / 3", (fun x -> x / 3), (fun x -> x / Real 3.0)
      "1 / x", (fun x -> 1 / x), (fun x -> Real 1.0 / x)
      "x % 2", (fun x -> x % 2), (fun x -> x % Real 2.0)
      "7 % x", (fun x -> 7 % x), (fun x -> Real 7.0 % x)
      "x ** 2", (fun x -> x ** 2), (fun x -> x * x)
      "pown x 2", (fun x -> pown x 2), (fun x -> x * x)
      "x > 1R", (fun x -> if x > 1R then x * x else x), (fun x -> if x > Real 1.0 then x * x else x)
      "x < 1R", (fun x -> if x < 1R then 3R * x else x), (fun x -> if x < Real 1.0 then Real 3.0 * x else x)
      "max x 0R", (fun x -> max x 0R), (fun x -> if x < Real 0.0 then Real 0.0 else x)
      "x = 0R", (fun x -> if x = 0R then -x else x), (fun x -> if x = Real 0.0 then -x else x)
      "12345678901R", (fun x -> x * 12345678901R), (fun x -> x * Real 12345678901.0)
      "Real.Max(x, 0.0)", (fun x -> Real.Max(x, 0.0)), (fun x -> Real.Max(x, Real 0.0)) ]

let private points = [ -2.5; -1.0; -0.0; 0.0; 0.1; 0.5; 1.0; 2.0; 3.0; nan; infinity ]

let private literals =
    testList
        "literals"
        [ for name, form, reference in pairs ->
              test name {
                  for x in points do
                      expectSame (reference (Real x)).Value (form (Real x)).Value $"{name} at {x}"
                      expectSame (AD.diff reference (Real x)).Value (AD.diff form (Real x)).Value $"its slope at {x}"
                      expectSame (AD.grad reference (Real x)).Value (AD.grad form (Real x)).Value $"its gradient at {x}"
              } ]

let private inferred = test "whole numbers beside tensors, and inference without types" {
    let x = Tensor.ofArray [| 1.0; 2.0 |]
    let each = (2 * x + 1 - x / 2) * 3 % 5
    Expect.equal each ((2.0 * x + 1.0 - x / 2.0) * 3.0 % 5.0) "elementwise"
    Expect.equal (1 - x, 1 / x, 7 % x, 1 + x) (1.0 - x, 1.0 / x, 7.0 % x, 1.0 + x) "on the left"
    Expect.equal (AD.grad (fun x -> Tensor.sum (2 * x * x)) x) (4 * x) "its gradient"
    let square x = x * x
    let inline cube x = x * x * x
    Expect.equal (AD.diff (fun x -> square x + 2 * cube x) 1R) 8R "generic functions"
    let sum = List.fold (fun total (v: Real) -> total + 2 * v * v) 0R
    Expect.equal (AD.grad sum [ 1R; 2R ]) [ 4R; 8R ] "a fold"
    Expect.equal (AD.grad (fun (x, y) -> 3 * x * y) (1R, 2R)) (6R, 3R) "several arguments are a tuple"
}

let private auxiliary = test "what f returns beside its result" {
    let f m =
        m.Rates |> List.sumBy (fun r -> r * r) |> (fun s -> s * Tensor.sum m.Weights, ({| Sum = s; Weights = 2 * m.Weights |}, m.Name))
    let value, gradient, (parts, name) = AD.valueAndGradWithAux f model
    Expect.equal value 117R "the value"
    Expect.equal gradient.Rates [ 36R; 54R ] "the gradient"
    Expect.equal gradient (AD.grad (f >> fst) model) "that of the function alone"
    Expect.equal (float parts.Sum, parts.Weights.ToArray(), name) (13.0, [| 8.0; 10.0 |], "model") "plain numbers"
    Expect.equal (AD.gradWithAux f model) (gradient, (parts, name)) "without the value"
    let outer x = AD.gradWithAux (fun y -> y * y, x * x * y) x |> snd
    Expect.equal (AD.diff outer 3R, AD.grad outer 3R, AD.diff (AD.diff outer) 3R) (27R, 27R, 18R) "an outer number is followed"
}

let private blocks = test "blocks of a Jacobian and a Hessian" {
    let f m = Tensor.sum (m.Weights * m.Weights) * m.Rates[0] * m.Rates[1]
    let h = AD.hessianBlocks f model
    Expect.equal (h.Block(_.Weights, _.Weights)) (12 * Tensor.identity 2) "a block"
    Expect.equal (h.Block((fun m -> m.Rates), (fun m -> m.Rates))) (Tensor.ofRows [| [| 0.0; 41.0 |]; [| 41.0; 0.0 |] |]) "of a list"
    Expect.equal (h.Row(fun m -> m.Rates[0])).Weights (Tensor.ofArray [| 24.0; 30.0 |]) "a row"
    Expect.equal (h.Matrix[0, 1]) 41R "the matrix"
    let x = Tensor.ofArray [| 1.0; 2.0 |]
    let j = (AD.jacobianBlocks (fun x -> Tensor.outer x x) x).Block(id, id)
    Expect.equal (Seq.toList j.Shape) [ 2; 2; 2 ] "of a tensor"
    let g = AD.jacobianBlocks (AD.grad f) model
    Expect.equal g.Matrix h.Matrix "the Hessian is the Jacobian of the gradient"
}

[<Tests>]
let tests = testList "forms" [ literals; inferred; auxiliary; blocks ]
