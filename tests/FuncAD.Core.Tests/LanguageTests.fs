/// F#'s own functions and operators on Real, as a script would use them.
module FuncAD.Tests.LanguageTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// What, its derivative at a point, and the point.
let private derivatives: (string * (Real -> Real) * float * float) list =
    [ "sin", sin, cos 0.5, 0.5
      "exp", exp, exp 0.5, 0.5
      "sqrt", sqrt, 0.5, 1.0
      "log10", log10, 1.0 / (2.0 * log 10.0), 2.0
      "abs", abs, -1.0, -2.0
      "**, a whole power", (fun x -> x ** 3), 12.0, 2.0
      "**, a constant power", (fun x -> x ** 3.0), 12.0, 2.0
      "**, both", (fun x -> x ** x), 4.0 * (1.0 + log 2.0), 2.0
      "pown", (fun x -> pown x 3), 12.0, 2.0
      "atan2", (fun x -> atan2 x (real 1.0)), 0.5, 1.0
      "max", (fun x -> max x (real 1.0)), 1.0, 2.0
      "min", (fun x -> min x (real 1.0)), 0.0, 2.0
      "floor", (fun x -> x + floor x), 1.0, 2.5
      "2.0 * x - 1.0 / x", (fun x -> 2.0 * x - 1.0 / x), 2.25, 2.0
      "-x % 3.0", (fun x -> -x % 3.0), -1.0, 4.0
      "List.sum", (fun x -> List.sum [ x; x * x ]), 5.0, 2.0
      "List.average", (fun x -> List.average [ x; x * x ]), 2.5, 2.0
      "Seq.sumBy", (fun x -> Seq.sumBy (fun k -> float k * x) [ 1; 2; 3 ]), 6.0, 2.0
      "a comparison", (fun x -> if x > real 1.0 then x * x else x), 4.0, 2.0
      "a loop", (fun x -> Seq.fold (fun y _ -> y * x) x [ 1; 2 ]), 12.0, 2.0 ]

[<Tests>]
let tests =
    testList
        "language"
        [ for name, f, expected, point in derivatives do
              testCase name (fun () ->
                  let allowed = 8.0 * u * abs expected
                  expectWithin allowed expected (AD.diff f (real point)).Value $"{name}, forward"
                  expectWithin allowed expected (AD.grad f (real point)).Value $"{name}, reverse")

          testCase "a Real prints and converts as its value does" (fun () ->
              Expect.equal (string (real 0.1)) "0.1" "string"
              Expect.equal (float (real 0.1)) 0.1 "float"
              Expect.equal (real 0.1) (real 0.1) "equality"
              Expect.isLessThan (real 0.1) (real 0.2) "order")

          for name, read in
              [ "float", (fun (x: Real) -> float x)
                "double", (fun x -> double x)
                "float32", (fun x -> float (float32 x))
                "decimal", (fun x -> float (decimal x))
                "toFloats", (fun x -> (AD.toFloats [| x |])[0])
                "Tensor.toVector", (fun x -> (Tensor.toVector (Tensor.stack [ x ]))[0]) ] do
              testCase $"{name} of a number that is being differentiated is an error" (fun () ->
                  for mode, differentiate in [ "forward", AD.diff; "reverse", AD.grad; "nested", AD.grad >> AD.diff ] do
                      Expect.throwsT<InvalidOperationException>
                          (fun () -> differentiate (fun x -> real (read x)) (real 0.1) |> ignore)
                          $"{name}, {mode}"
                  Expect.isLessThan (abs (read (real 0.1) - 0.1)) 1e-7 "of a constant")

          testCase "numbers of levels that have ended are read like constants" (fun () ->
              let mutable escaped = real 0.0
              AD.grad
                  (fun x ->
                      AD.diff
                          (fun y ->
                              (escaped <- x * y
                               escaped))
                          (real 3.0))
                  (real 2.0)
              |> ignore
              Expect.equal (float escaped) 6.0 "float"
              Expect.equal (AD.toFloats [| escaped |]) [| 6.0 |] "toFloats")

          testCase "whole numbers index, also while they are being differentiated" (fun () ->
              let table = [| 10.0; 20.0; 30.0 |]
              expectEqual 30.0 (AD.grad (fun x -> table[int x] * x) (real 2.5)).Value "int"
              expectEqual 20.0 (AD.diff (fun x -> table[int (int64 x)] * x) (real 1.9)).Value "int64") ]
