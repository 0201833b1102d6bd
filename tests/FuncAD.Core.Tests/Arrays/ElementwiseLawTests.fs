/// The rules of the table, on arrays: the laws, every pattern of broadcasting, agreement with numbers element by element.
module FuncAD.Tests.ElementwiseLawTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

/// Well inside the domain on which a rule is sampled, so that the widest difference stays in it.
let private inside (domain: Domain) =
    let low, high = max domain.Low -8.0, min domain.High 8.0
    low + 0.05 * (high - low), high - 0.05 * (high - low)

let private sample random (domain: Domain) shape =
    let low, high = inside domain
    uniform random low high shape

/// Pairs of shapes that broadcast, in every pattern: equal, scalar, leading axes missing, inner and outer axes of length 1, both repeated, empty.
let patterns =
    [ [], []
      [ 3 ], [ 3 ]
      [ 3 ], []
      [], [ 3 ]
      [ 1 ], [ 3 ]
      [ 2; 3 ], [ 3 ]
      [ 3 ], [ 2; 3 ]
      [ 9 ], [ 9 ]
      [ 3; 4 ], [ 3; 1 ]
      [ 2; 3 ], [ 2; 1 ]
      [ 2; 1 ], [ 2; 3 ]
      [ 2; 1 ], [ 1; 3 ]
      [ 1; 3 ], [ 2; 1 ]
      [ 4; 1; 3 ], [ 2; 1 ]
      [ 2; 3; 4 ], [ 3; 1 ]
      [ 2; 1; 4 ], [ 2; 3; 4 ]
      [ 1; 1; 1 ], [ 2; 2; 2 ]
      [ 5; 1; 1 ], [ 5; 1; 1 ]
      [ 0 ], [ 1 ]
      [ 2; 0 ], [ 0 ]
      [ 0; 3 ], [ 3 ] ]

[<Tests>]
let tests =
    testList
        "arrays: elementwise"
        [ testList
              "laws of one argument"
              [
                // a custom rule's slope is a function of numbers
                for rule in Table.unaries |> Array.filter (fun rule -> rule.Label <> "cube") do
                    testCase rule.Label (fun () ->
                        let random = random rule.Label
                        // of more than 8 elements, the tape keeps what the slope reads
                        holdOf rule.Label (fun x -> rule.On x) (sample random rule.Domain [ 3; 3 ])) ]
          testList
              "laws of two arguments"
              [
                // the meeting point of equal numbers is no function of numbers that are not
                for rule in Table.binaries |> Array.filter (fun rule -> rule.Label <> "tie(0)") do
                    testCase rule.Label (fun () ->
                        let random = random rule.Label
                        let struct (first, second) = rule.Domain
                        for a, b in [ [ 3; 3 ], [ 3; 3 ]; [ 3; 3 ], [ 3 ]; [ 3; 1 ], [ 1; 3 ] ] do
                            hold rule.Label (fun x -> [| rule.On(x[0], x[1]) |]) [| sample random first a; sample random second b |]) ]
          testList
              "broadcasting"
              [ for a, b in patterns do
                    testCase $"{Shape.text a} with {Shape.text b}" (fun () ->
                        let random = random $"{a}{b}"
                        let x = [| uniform random 1.0 2.0 a; uniform random 1.0 2.0 b |]
                        hold "divide" (fun x -> [| x[0] / x[1] |]) x
                        hold "add and subtract" (fun x -> [| (x[0] + x[1]) * (x[0] - x[1]) |]) x
                        hold "max" (fun x -> [| Tensor.Max(x[0], x[1]) * x[0] |]) x) ]
          testCase "a number on either side" (fun () ->
              let f (x: Tensor, s: Real) = let y = s * x + x / s - (s - x) in Tensor.SumTo(y * y, [||]).ToReal()
              let x, s = tensor [ 2 ] [ 1.0; 2.0 ], Real 3.0
              let dx, ds = AD.grad f (x, s)
              // y = s x + x/s - s + x
              let y = [ for x in [ 1.0; 2.0 ] -> 3.0 * x + x / 3.0 - 3.0 + x ]
              let expected = [ for y in y -> 2.0 * y * (3.0 + 1.0 / 3.0 + 1.0) ]
              List.iteri (fun i expected -> expectClose 20.0 expected dx[i].Value $"dx[{i}]") expected
              let expected = List.sum [ for x, y in List.zip [ 1.0; 2.0 ] y -> 2.0 * y * (x - x / 9.0 - 1.0) ]
              expectClose 20.0 expected ds.Value "ds")
          testCase "an array on both sides of an operation" (fun () ->
              holdOf "x * x + x - x" (fun x -> x * x + x - x / (x + x)) (tensor [ 3 ] [ 1.0; 2.0; 3.0 ]))
          testCase "shapes that do not broadcast" (fun () ->
              let e = thrown<ArgumentException>(fun () -> tensor [ 2; 3 ] (Seq.init 6 float) + tensor [ 2 ] [ 1.0; 2.0 ] |> ignore)
              expectMentions [ "add"; "[2, 3]"; "[2]"; "broadcast" ] e.Message) ]
