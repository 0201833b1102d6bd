/// The constants of a compiled program: what f captures, and the parts of an example that are no numbers.
module FuncAD.Tests.Compiled.ConstantTests

open System
open System.Collections.Generic
open Expecto
open FuncAD
open FuncAD.Tests.Testing

[<Tests>]
let tests =
    testList
        "compiled functions: constants"
        [ testCase "what is captured and what is random is frozen"
          <| fun () ->
              let random = random "frozen"
              let scale = [| 2.0 |]
              let compiled = AD.compile (fun (x: Real) -> x * Real scale[0] + Real(random.NextDouble())) (Real 1.0)
              let before = (compiled.Invoke(Real 3.0)).Value
              scale[0] <- 100.0
              expectSame before (compiled.Invoke(Real 3.0)).Value "the same again"

          testCase "a program for another branch or member is not traced from another function"
          <| fun () ->
              let scale = [| 2.0 |]
              let branching = AD.compile (fun (x: Real) -> if x > Real 0.0 then x * Real scale[0] else -x * Real scale[0]) (Real 1.0)
              let sum = AD.compileSum (fun (p: Real) (d: Real) -> p * d * Real scale[0]) (Real 1.0) (Real 1.0)
              expectSame 6.0 (sum.Value(Real 1.0, ReadOnlySpan [| 3.0 |])) "the sum"
              scale[0] <- 5.0
              expectSame 6.0 (sum.Value(Real 1.0, ReadOnlySpan [| 3.0 |])) "the sum again"
              expectSame 2.0 (branching.Invoke(Real 1.0)).Value "the known branch"
              let refused =
                  [ fun () -> branching.Invoke(Real -1.0) |> ignore
                    fun () -> sum.ValueAndGrad(Real 1.0, ReadOnlySpan [| 3.0 |]) |> ignore
                    fun () -> sum.Hessian(Real 1.0, ReadOnlySpan [| 3.0 |]) |> ignore
                    fun () -> sum.NormalEquations(Real 1.0, ReadOnlySpan [| 3.0 |]) |> ignore ]
              for call in refused do
                  (thrown<InvalidOperationException> call).Message |> expectMentions [ "has changed since"; "Compile f again" ]
              scale[0] <- 2.0
              expectSame 2.0 (branching.Invoke(Real -1.0)).Value "the other branch, of the function as it was"
              let struct (_, gradient) = sum.ValueAndGrad(Real 1.0, ReadOnlySpan [| 3.0 |])
              expectSame 6.0 gradient.Value "the gradient of the function as it was"

          testCase "a datum on another branch is not summed from another function"
          <| fun () ->
              let scale = [| 1.0 |]
              let f (p: Real) (d: Real) = if d > Real 0.0 then p * d * Real scale[0] else Real 10.0 * p * d * Real scale[0]
              let sum = AD.compileSum f (Real 1.0) (Real 1.0)
              expectSame 1.0 (sum.Value(Real 1.0, ReadOnlySpan [| 1.0 |])) "the known branch"
              scale[0] <- 2.0
              for data in [ [| 1.0; -2.0 |]; [| 1.0; -2.0; -3.0; 4.0; 5.0; 6.0 |] ] do
                  (thrown<InvalidOperationException>(fun () -> sum.Value(Real 1.0, ReadOnlySpan data) |> ignore)).Message
                  |> expectMentions [ "has changed since" ]
              scale[0] <- 1.0
              expectSame -19.0 (sum.Value(Real 1.0, ReadOnlySpan [| 1.0; -2.0 |])) "the function as it was"

          testCase "the example's arrays and lists may change afterwards"
          <| fun () ->
              let items, list = [| 3 |], List [ 3 ]
              let f (x: Real, items: int[], list: List<int>) = x * Real(float (items[0] * list[0]))
              let compiled = AD.compile f (Real 1.0, items, list)
              items[0] <- 4
              list[0] <- 5
              expectSame 18.0 (compiled.Invoke(Real 2.0, [| 3 |], List [ 3 ])).Value "as the example was"
              expectSame 24.0 (compiled.Invoke(Real 2.0, [| 4 |], List [ 3 ])).Value "other parts"
              expectSame 40.0 (compiled.Invoke(Real 2.0, items, list)).Value "the example's, as they are now"

          testCase "a captured number of an outer derivative is an error that says what to do"
          <| fun () ->
              let inner (y: Real) = (AD.compile (fun x -> x * y) (Real 1.0)).Invoke(Real 2.0)
              for outer in [ AD.grad; AD.diff ] do
                  (thrown<InvalidOperationException>(fun () -> outer inner (Real 3.0) |> ignore)).Message
                  |> expectMentions [ "outside"; "parameter"; "Compile(Grad(f))" ] ]
