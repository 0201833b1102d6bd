/// The contract of operations on arrays (Arrays/Operation.fs): a mode that lifts it by one method lifts every operation.
module FuncAD.Tests.LiftingTests

open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// An array or a number of the level of a mode that is made for this test: it counts operations.
type private CountingNode(level: Level, primal: Tensor) =
    inherit ArrayNode(level, primal)

[<Struct; NoEquality; NoComparison>]
type private OnCounting(level: Level) =
    interface IPlacement with
        member _.Array(primal, _) = Tensor(primal.Compact, primal.Dimensions, CountingNode(level, primal), primal.Support)
        member _.Number(primal, _) = primal

/// The whole mode: an operation is applied below the level, and its result belongs to the level again.
[<Struct; NoEquality; NoComparison>]
type private CountingMode(count: int ref) =
    interface IMode with
        member _.Lift<'O, 'X, 'Y
            when 'O: struct and 'O :> IOperation<'X, 'Y> and 'X: struct and 'X :> IArguments<'X> and 'Y: struct and 'Y :> IResults<'Y>>
            (level: Level, operation: 'O, arguments: 'X)
            : 'Y =
            count.Value <- count.Value + 1
            let y = operation.Apply(arguments.Below level)
            y.Place(OnCounting level, y)

type private CountingLevel(count: int ref) =
    inherit Level(LiftingBy<CountingMode>(CountingMode count))

let private operations: (string * (Tensor -> Tensor)) list =
    [ "a rule of one argument", Tensor.Exp
      "a rule of two arguments", (fun x -> x * x)
      "with a constant", (fun x -> 2.0 - x)
      "a choice", (fun x -> Tensor.Max(x, Tensor.zeros [ 2; 2 ]))
      "a rule of three arguments", (fun x -> Tensor.FusedMultiplyAdd(x, x, x))
      "a linear operation", Tensor.transpose
      "a product", (fun x -> Tensor.matmul x x)
      "an operation row by row", Tensor.softmax 1
      "an operation with two results", (fun x -> let struct (_, vectors) = Tensor.eigenSymmetric (x + Tensor.transpose x) in vectors)
      "an element", (fun x -> Tensor.Of(x[0, 1])) ]

[<Tests>]
let tests =
    testList
        "arrays: a mode with one lifting"
        [ for name, operation in operations do
              testCase name (fun () ->
                  let x = Tensor.normal 1 0.0 1.0 [ 2; 2 ]
                  let count = ref 0
                  let level = CountingLevel count
                  let y = operation ((OnCounting level :> IPlacement).Array(x, null))
                  Expect.isGreaterThan count.Value 0 "operations lifted"
                  Expect.equal y (operation x) "the value"
                  // an element leaves the level, which has no numbers of its own
                  Expect.equal (y.IsAt level) (name <> "an element") "the level of the result") ]
