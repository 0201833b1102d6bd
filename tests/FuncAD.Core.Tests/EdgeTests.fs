/// Bad input, odd functions, numbers that leak, threads, custom rules.
module FuncAD.Tests.EdgeTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private is expected (actual: Real) what = expectEqual expected actual.Value what
let private are (expected: float list) (actual: Real seq) what = Expect.equal (actual |> Seq.map _.Value |> List.ofSeq) expected what
let private nothing<'T when 'T: null> : 'T = Unchecked.defaultof<'T>

let private onAnotherThread (work: unit -> 'T) : 'T =
    let mutable result = Unchecked.defaultof<'T>
    let mutable failure: exn = null
    let thread =
        Thread(
            (fun () ->
                try
                    result <- work ()
                with e ->
                    failure <- e)
        )
    thread.Start()
    thread.Join()
    if not (isNull failure) then raise failure
    result

exception private Mine of int

[<Tests>]
let input =
    testList
        "input"
        [ testCase "null functions and arguments are named" (fun () ->
              let f: Real -> Real = Unchecked.defaultof<_>
              let g: Real[] -> Real = Unchecked.defaultof<_>
              let h: Real[] -> Real[] = Unchecked.defaultof<_>
              let one = real 1.0
              for name, action in
                  [ "diff", (fun () -> AD.diff f one |> ignore)
                    "taylor", (fun () -> AD.taylor 1 f one |> ignore)
                    "grad", (fun () -> AD.grad g [| one |] |> ignore)
                    "jvp", (fun () -> AD.jvp g [| one |] [| one |] |> ignore)
                    "vjp", (fun () -> AD.vjp h [| one |] |> ignore)
                    "jacobian", (fun () -> AD.jacobian h [| one |] |> ignore)
                    "jacobianForward", (fun () -> AD.jacobianForward h [| one |] |> ignore)
                    "jacobianReverse", (fun () -> AD.jacobianReverse h [| one |] |> ignore)
                    "hessian", (fun () -> AD.hessian g [| one |] |> ignore)
                    "hvp", (fun () -> AD.hvp g [| one |] [| one |] |> ignore)
                    "laplacian", (fun () -> AD.laplacian g [| one |] |> ignore)
                    "divergence", (fun () -> AD.divergence h [| one |] |> ignore)
                    "curl", (fun () -> AD.curl h [| one; one; one |] |> ignore)
                    "checkGradient", (fun () -> AD.checkGradient g [| one |] |> ignore) ] do
                  Expect.equal (thrown<ArgumentNullException> action).ParamName "f" name
              for name, action in
                  [ "grad", (fun () -> AD.grad (fun (x: Real[]) -> x[0]) nothing |> ignore)
                    "jvp", (fun () -> AD.jvp (fun (x: Real[]) -> x[0]) nothing [| one |] |> ignore)
                    "vjp", (fun () -> AD.vjp (fun (x: Real[]) -> x[0]) nothing |> ignore)
                    "jacobian", (fun () -> AD.jacobian id nothing |> ignore)
                    "hessian", (fun () -> AD.hessian (fun x -> x[0]) nothing |> ignore) ] do
                  Expect.equal (thrown<ArgumentNullException> action).ParamName "x" name
              Expect.equal
                  (thrown<ArgumentNullException>(fun () -> AD.jvp (fun (x: Real[]) -> x[0]) [| one |] nothing |> ignore)).ParamName
                  "tangent"
                  "tangent"
              let _, pullback = AD.vjp (fun (x: Real[]) -> x) [| one |]
              Expect.equal (thrown<ArgumentNullException>(fun () -> pullback nothing |> ignore)).ParamName "cotangent" "cotangent")

          testCase "empty arrays" (fun () ->
              are [] (AD.grad (fun (x: Real[]) -> real 1.0) [||]) "gradient"
              Expect.equal (AD.jacobian (fun _ -> [||]) [||] |> Array2D.length1) 0 "jacobian rows"
              let j = AD.jacobian (fun _ -> reals [| 1.0; 2.0 |]) [||]
              Expect.equal (j.GetLength 0, j.GetLength 1) (2, 0) "no arguments"
              let j = AD.jacobian (fun _ -> [||]) (reals [| 1.0; 2.0 |])
              Expect.equal (j.GetLength 0, j.GetLength 1) (0, 2) "no results"
              let j = AD.jacobianForward (fun _ -> [||]) (reals [| 1.0; 2.0 |])
              Expect.equal (j.GetLength 0, j.GetLength 1) (0, 2) "no results, forward"
              let j = AD.jacobianReverse (fun _ -> reals [| 1.0; 2.0 |]) [||]
              Expect.equal (j.GetLength 0, j.GetLength 1) (2, 0) "no arguments, reverse"
              Expect.equal (AD.hessian (fun _ -> real 1.0) [||] |> Array2D.length1) 0 "hessian"
              is 0.0 (AD.laplacian (fun _ -> real 1.0) [||]) "laplacian")

          testCase "Jacobians, tall, wide and square, by both modes" (fun () ->
              let tall (x: Real[]) = [| x[0] * x[1]; sin x[0]; x[1] + 1.0 |]
              let wide (x: Real[]) = [| x[0] * x[1] * x[2] |]
              for f, x, expected in
                  [ tall, [| 2.0; 3.0 |], [ [ 3.0; 2.0 ]; [ Math.Cos 2.0; 0.0 ]; [ 0.0; 1.0 ] ]
                    wide, [| 2.0; 3.0; 5.0 |], [ [ 15.0; 10.0; 6.0 ] ] ] do
                  for jacobian in [ AD.jacobian; AD.jacobianForward; AD.jacobianReverse ] do
                      let j = jacobian f (reals x)
                      Expect.equal
                          [ for i in 0 .. j.GetLength 0 - 1 -> [ for k in 0 .. j.GetLength 1 - 1 -> j[i, k].Value ] ]
                          expected
                          "entries")

          testCase "rows of a Jacobian that are swept together do not mix" (fun () ->
              // an infinite slope and a computed NaN in some rows, constants, one result twice
              let f (x: Real[]) =
                  [| sqrt x[0]; x[1]; x[0] * x[1]; real 3.0; x[1]; sqrt x[0] * 0.0; sin x[1]; -x[0]; x[1] * 5.0; real 1.0 |]
              let expected =
                  [ [ infinity; 0.0 ]
                    [ 0.0; 1.0 ]
                    [ 2.0; 0.0 ]
                    [ 0.0; 0.0 ]
                    [ 0.0; 1.0 ]
                    [ nan; 0.0 ]
                    [ 0.0; Math.Cos 2.0 ]
                    [ -1.0; 0.0 ]
                    [ 0.0; 5.0 ]
                    [ 0.0; 0.0 ] ]
              let j = AD.jacobianReverse f (reals [| 0.0; 2.0 |])
              expected |> List.iteri (fun i row -> row |> List.iteri (fun k entry -> expectSame entry j[i, k].Value $"J[{i}, {k}]")))

          testCase "lengths that do not match" (fun () ->
              let message =
                  (thrown<ArgumentException>(fun () -> AD.jvp (fun (x: Real[]) -> x[0]) (reals [| 1.0; 2.0 |]) (reals [| 1.0 |]) |> ignore))
                      .Message
              message |> expectMentions [ "Jvp"; "tangent"; "2"; "1" ]
              let _, pullback = AD.vjp (fun (x: Real[]) -> x) (reals [| 1.0; 2.0 |])
              (thrown<ArgumentException>(fun () -> pullback (reals [| 1.0; 2.0; 3.0 |]) |> ignore)).Message
              |> expectMentions [ "Vjp"; "cotangent"; "2"; "3" ]
              are [ 1.0; 1.0 ] (pullback (reals [| 1.0; 1.0 |])) "the pullback still works"
              (thrown<ArgumentException>(fun () -> AD.curl id (reals [| 1.0; 2.0 |]) |> ignore)).Message
              |> expectMentions [ "Curl"; "3"; "2" ]
              (thrown<ArgumentException>(fun () -> AD.divergence (fun x -> [| x[0] |]) (reals [| 1.0; 2.0 |]) |> ignore)).Message
              |> expectMentions [ "Divergence"; "2"; "1" ]
              Expect.equal (thrown<ArgumentOutOfRangeException>(fun () -> AD.taylor -1 sin (real 1.0) |> ignore)).ParamName "order" "order"
              Expect.equal (thrown<ArgumentOutOfRangeException>(fun () -> AD.diffn -1 sin (real 1.0) |> ignore)).ParamName "n" "n")

          testCase "a function that returns null" (fun () ->
              for action in
                  [ (fun () -> AD.jacobian (fun _ -> nothing) (reals [| 1.0 |]) |> ignore)
                    (fun () -> AD.vjp (fun (_: Real[]) -> (nothing: Real[])) (reals [| 1.0 |]) |> ignore)
                    (fun () -> AD.jvp (fun (_: Real[]) -> (nothing: Real[])) (reals [| 1.0 |]) (reals [| 1.0 |]) |> ignore) ] do
                  (thrown<ArgumentException> action).Message |> expectMentions [ "null" ])

          testCase "NaN and infinity go through" (fun () ->
              for x in [ nan; infinity; -infinity ] do
                  is (2.0 * x) (AD.grad (fun x -> x * x) (real x)) "2x, reverse"
                  is (2.0 * x) (AD.diff (fun x -> x * x) (real x)) "2x, forward"
                  is 1.0 (AD.grad id (real x)) "identity"
              is nan (AD.grad (fun x -> nan * x) (real 1.0)) "NaN slope")

          testCase "constant functions have a zero gradient of the right structure" (fun () ->
              let gradient = AD.grad (fun (_: Real[], _: Real) -> real 7.0) (reals [| 1.0; 2.0 |], real 3.0)
              are [ 0.0; 0.0 ] (fst gradient) "array"
              is 0.0 (snd gradient) "number"
              is 0.0 (AD.diff (fun _ -> real 7.0) (real 1.0)) "forward"
              are [ 7.0; 0.0; 0.0 ] (AD.taylor 2 (fun _ -> real 7.0) (real 1.0)) "Taylor"
              is 0.0 (AD.grad (fun x -> AD.grad (fun _ -> real 7.0) x) (real 1.0)) "nested"
              are [ 2.0; 1.0; 0.0 ] (AD.taylor 2 id (real 2.0)) "identity, Taylor"
              are [ 2.0 ] (AD.taylor 0 id (real 2.0)) "order 0")

          testCase "functions that throw" (fun () ->
              let bad (x: Real) : Real = if x.Value > 0.0 then raise (Mine 42) else x
              for d in
                  [ AD.diff; AD.grad; AD.diffn 2; (fun f x -> AD.hvp f x x); AD.diff << AD.grad; AD.grad << AD.grad; AD.grad << AD.diff ] do
                  Expect.equal (thrown<exn>(fun () -> d bad (real 1.0) |> ignore)) (Mine 42) "passes through"
                  is (d (fun x -> x * x * x) (real -2.0)).Value (d (fun x -> x * x * x) (real -2.0)) "the next call"
              is 1.0 (AD.grad bad (real -1.0)) "the next call"
              // caught inside: the outer derivative goes on
              let recovering x =
                  (try
                      AD.grad bad x
                   with Mine _ ->
                       x * x)
                  + x
              is 5.0 (AD.grad recovering (real 2.0)) "reverse"
              is 5.0 (AD.diff recovering (real 2.0)) "forward") ]

[<Tests>]
let leaks =
    testList
        "leaks"
        [ testCase "a number that leaked is a constant with the right value" (fun () ->
              for name, run in
                  [ "forward", (fun (f: Real -> Real) x -> AD.diff f x)
                    "reverse", (fun f x -> AD.grad f x)
                    "Taylor", (fun f x -> AD.diffn 2 f x) ] do
                  let leaked = ref (real 0.0)
                  run
                      (fun x ->
                          leaked.Value <- x * x + 1.0
                          x)
                      (real 3.0)
                  |> ignore
                  let leaked = leaked.Value
                  expectSame 10.0 leaked.Value $"{name}: value"
                  expectSame 20.0 (leaked + leaked).Value $"{name}: arithmetic"
                  expectSame (Math.Sin 10.0) (sin leaked).Value $"{name}: a function"
                  for d in [ AD.diff; AD.grad; AD.diffn 1 ] do
                      is 10.0 (d (fun y -> y * leaked) (real 2.0)) $"{name}: a constant factor"
                      is 0.0 (d (fun _ -> leaked) (real 2.0)) $"{name}: a constant result"
                      is 0.0 (d (fun _ -> sin leaked) (real 2.0)) $"{name}: a constant function's result"
                      is 1.0 (d (fun y -> Real.FusedMultiplyAdd(leaked, leaked, y)) (real 2.0)) $"{name}: three arguments"
                  // no operation on it is recorded any more: it may be used on any thread
                  expectSame (Math.Sin 10.0) (onAnotherThread (fun () -> sin leaked)).Value $"{name}: on another thread"
                  Expect.isNull (leaked + real 1.0).Live.node $"{name}: its level has ended"
                  is 0.0 (AD.grad (fun y -> y * 0.0) leaked) $"{name}: a point"
                  is 20.0 (AD.grad (fun y -> y * y) leaked) $"{name}: a point"
                  is 20.0 (AD.diff (fun y -> y * y) leaked) $"{name}: a point")

          testCase "a pullback is called many times, out of order, and from several threads" (fun () ->
              let f (x: Real[]) = [| sin x[0] * x[1]; x[1] * x[1]; x[0] |]
              let x = [| 0.5; 2.0 |]
              let y, pullback = AD.vjp f (reals x)
              are [ Math.Sin 0.5 * 2.0; 4.0; 0.5 ] y "values"
              let expected (w: float[]) = [ w[0] * (2.0 * Math.Cos 0.5) + w[2]; w[0] * Math.Sin 0.5 + w[1] * 4.0 ]
              for _ = 1 to 3 do
                  are (expected [| 1.0; 2.0; 3.0 |]) (pullback (reals [| 1.0; 2.0; 3.0 |])) "again"
                  are (expected [| 0.0; 1.0; 0.0 |]) (pullback (reals [| 0.0; 1.0; 0.0 |])) "another"
              Parallel.For(
                  0,
                  200,
                  fun k ->
                      let w = [| float k; 1.0; -float k |]
                      are (expected w) (pullback (reals w)) "on another thread"
              )
              |> ignore
              // cotangents that carry a level
              is
                  (2.0 * Math.Cos 0.5)
                  (AD.diff (fun t -> (pullback [| t; real 0.0; real 0.0 |]) |> Array.head) (real 3.0))
                  "differentiated by its cotangent")

          testCase "a function that runs its operations on another thread, in reverse mode: an error that says so" (fun () ->
              let f (x: Real) = onAnotherThread (fun () -> x * x)
              (thrown<InvalidOperationException>(fun () -> AD.grad f (real 2.0) |> ignore)).Message
              |> expectMentions [ "reverse mode"; "thread"; "forward mode" ]
              let late (x: Real) = x * x * onAnotherThread (fun () -> sin x)
              thrown<InvalidOperationException>(fun () -> AD.grad late (real 2.0) |> ignore) |> ignore
              is 4.0 (AD.grad (fun x -> x * x) (real 2.0)) "the next call"
              is
                  4.0
                  (AD.grad (fun x -> x * onAnotherThread (fun () -> x.Value) + x * x * 0.5) (real 2.0))
                  "reading a value is no operation")

          testCase "wherever on their stacks the threads are, in reverse mode" (fun () ->
              let onStackOf (bytes: int) (action: unit -> unit) =
                  let mutable failure: exn = null
                  let thread =
                      Thread(
                          (fun () ->
                              try
                                  action ()
                              with e ->
                                  failure <- e),
                          bytes
                      )
                  thread.Start()
                  thread.Join()
                  if not (isNull failure) then raise failure
              // far below the operator, back again, and below once more
              let rec power depth (x: Real) = if depth = 0 then real 1.0 else x * power (depth - 1) x
              onStackOf 67108864 (fun () ->
                  is 60000.0 (AD.grad (fun x -> power 20000 x + x * power 9999 x + power 30000 x) (real 1.0)) "far down the stack"
                  is 20000.0 (AD.grad (fun x -> power 20000 x) (real 1.0)) "the next call")
              // small stacks lie close to each other
              let mutable refused = 0
              let rec neighbours count (x: Real) : unit =
                  if count > 0 then
                      onStackOf 131072 (fun () ->
                          try
                              x * x |> ignore
                          with :? InvalidOperationException ->
                              refused <- refused + 1
                          neighbours (count - 1) x)
              onStackOf 131072 (fun () ->
                  AD.grad
                      (fun x ->
                          neighbours 40 x
                          x)
                      (real 1.0)
                  |> ignore)
              Expect.equal refused 40 "operations on other threads")

          testCase "the same in forward mode is right" (fun () ->
              let f (x: Real) = onAnotherThread (fun () -> x * x) * onAnotherThread (fun () -> sin x)
              expectClose 4.0 (4.0 * Math.Sin 2.0 + 4.0 * Math.Cos 2.0) (AD.diff f (real 2.0)).Value "forward"
              let sum (x: Real) = (Array.Parallel.init 64 (fun k -> x * float k)) |> Array.fold (+) (real 0.0)
              is 2016.0 (AD.diff sum (real 1.0)) "many threads"
              expectClose
                  8.0
                  (AD.diff (AD.diff (fun x -> x * x * sin x)) (real 2.0)).Value
                  (AD.diff (AD.diff f) (real 2.0)).Value
                  "second derivative"
              let whole (x: Real) = onAnotherThread (fun () -> AD.grad (fun y -> y * y * y) (real 2.0)) * x
              is 12.0 (AD.grad whole (real 1.0)) "an operator of its own on another thread")

          testCase "operators on many threads at once" (fun () ->
              let expected = AD.hessian (fun x -> sin (x[0] * x[1])) (reals [| 0.5; 0.7 |])
              Parallel.For(
                  0,
                  100,
                  fun _ ->
                      let h = AD.hessian (fun x -> sin (x[0] * x[1])) (reals [| 0.5; 0.7 |])
                      for i, j in [ 0, 0; 0, 1; 1, 0; 1, 1 ] do
                          expectSame expected[i, j].Value h[i, j].Value "the same bits"
              )
              |> ignore) ]

[<Tests>]
let custom =
    let square = AD.custom "square" (fun x -> x * x) (fun x _ -> 2.0 * x)
    let exp' = AD.custom "exp" Math.Exp (fun _ y -> y)

    // (a, b) -> [ab; a + b^2; 5]: its last result is a constant
    let value (p: Real[]) = [| p[0] * p[1]; p[0] + p[1] * p[1]; real 5.0 |]
    let plain (p: Real[]) = value p
    let pullback (p: Real[]) (_: Real[]) (w: Real[]) = [| w[0] * p[1] + w[1]; w[0] * p[0] + w[1] * 2.0 * p[1] |]
    let pushforward (p: Real[]) (_: Real[]) (v: Real[]) = [| v[0] * p[1] + p[0] * v[1]; v[0] + 2.0 * p[1] * v[1]; real 0.0 |]
    let rules = [ "pullback", AD.customPullback "rule" value pullback; "rule", AD.customRule "rule" value pullback pushforward ]

    testList
        "custom"
        [ testCase "a captured number that is being differentiated is an error, not a lost derivative" (fun () ->
              let refused name (f: unit -> obj) =
                  let error = thrown<InvalidOperationException>(fun () -> f () |> ignore)
                  Expect.stringContains error.Message "capture" name
              for name, d in [ "forward", AD.diff; "reverse", AD.grad ] do
                  let scaled (a: Real) = AD.custom "scaled" (fun x -> a.Value * x) (fun _ _ -> a)
                  refused $"a slope, {name}" (fun () -> d (fun a -> d (scaled a) (real 2.0)) (real 3.0))
                  is 3.0 (d (scaled (real 3.0)) (real 2.0)) $"a constant, {name}"
                  let product (a: Real) = AD.customPullback "product" (fun (x: Real) -> x * a) (fun _ _ w -> w * a)
                  refused $"a value, {name}" (fun () -> d (fun a -> product a a) (real 3.0))
                  is 1.0 (d (fun a -> d (product a) (real 2.0)) (real 3.0)) $"a number of an outer level, {name}"
              let product (q: Real[]) = AD.customPullback "product" (fun (x: Real) -> q[0] * x) (fun _ _ w -> q[0] * w) q[1]
              refused "a Hessian" (fun () -> AD.hessian product (reals [| 2.0; 3.0 |])))

          testCase "a scalar rule in every mode, nested and in Taylor mode" (fun () ->
              let rec nest n (d: (Real -> Real) -> Real -> Real) f = if n = 0 then f else nest (n - 1) d (d f)
              for name, d in [ "forward", AD.diff; "reverse", AD.grad ] do
                  is 6.0 (d square (real 3.0)) name
                  is 2.0 (d (d square) (real 3.0)) $"{name}, twice"
                  is 0.0 (nest 3 d square (real 3.0)) $"{name}, three times"
                  expectClose 8.0 (Math.Exp 0.5) (nest 4 d exp' (real 0.5)).Value $"{name}, four times"
              is 2.0 (AD.diff (AD.grad square) (real 3.0)) "forward over reverse"
              is 2.0 (AD.grad (AD.diff square) (real 3.0)) "reverse over forward"
              are [ 9.0; 6.0; 1.0; 0.0 ] (AD.taylor 3 square (real 3.0)) "Taylor"
              let series = AD.taylor 4 (exp' << sin) (real 0.3)
              let own = AD.taylor 4 (exp << sin) (real 0.3)
              for k in 0..4 do
                  expectWithin 1e-15 own[k].Value series[k].Value $"Taylor of a composition, {k}"
              is 16.0 (square (real 4.0)) "on a constant")

          for name, rule in rules do
              testCase $"a rule over structures by its {name}: each result by itself, in every mode and nested" (fun () ->
                  let p, v = reals [| 2.0; 3.0 |], reals [| 0.5; -1.0 |]
                  for k in 0..2 do
                      let own (x: Real[]) = (plain x)[k]
                      let by (x: Real[]) = (rule x)[k]
                      let same what (operator: (Real[] -> Real) -> Real[]) =
                          are (operator own |> Array.map _.Value |> List.ofArray) (operator by) $"{what}, result {k}"
                      same "value" (fun f -> [| f p |])
                      same "reverse" (fun f -> AD.grad f p)
                      same "forward" (fun f -> [| snd (AD.jvp f p v) |])
                      same "reverse, one constant" (fun f -> [| AD.grad (fun b -> f [| real 2.0; b |]) (real 3.0) |])
                      same "forward, one constant" (fun f -> [| AD.diff (fun b -> f [| real 2.0; b |]) (real 3.0) |])
                      same "forward over reverse" (fun f -> AD.hvp f p v)
                      same "reverse over reverse" (fun f -> AD.grad (fun x -> let g = AD.grad f x in g[0] * 0.5 - g[1]) p)
                      same "reverse over forward" (fun f -> AD.grad (fun x -> snd (AD.jvp f x v)) p)
                      same "forward over forward" (fun f -> [| snd (AD.jvp (fun x -> snd (AD.jvp f x v)) p v) |])
                      same "in the middle of a program" (fun f -> AD.grad (fun x -> sin (f [| x[0] * x[1]; x[1] |]) * x[0]) p)
                  // all results used, some twice
                  let all (f: Real[] -> Real[]) = AD.grad (fun x -> let y = f x in y[0] * y[1] + y[2] * y[0]) p
                  are (all plain |> Array.map _.Value |> List.ofArray) (all rule) "all results"
                  let j, j' = AD.jacobianReverse plain p, AD.jacobianReverse rule p
                  Expect.equal
                      (j' |> Seq.cast<Real> |> Seq.map _.Value |> List.ofSeq)
                      (j |> Seq.cast<Real> |> Seq.map _.Value |> List.ofSeq)
                      "Jacobian by rows"
                  let j' = AD.jacobianForward rule p
                  Expect.equal
                      (j' |> Seq.cast<Real> |> Seq.map _.Value |> List.ofSeq)
                      (j |> Seq.cast<Real> |> Seq.map _.Value |> List.ofSeq)
                      "Jacobian by columns"
                  let series (f: Real[] -> Real[]) =
                      AD.taylor 6 (fun t -> (f [| t; t |]) |> Array.head) (real 1.0) |> values |> List.ofArray
                  List.iter2 (fun e a -> expectWithin 1e-9 e a "Taylor coefficients") (series plain) (series rule))

          testCase "a rule is used, not differentiated through" (fun () ->
              // a pullback of its own: here a wrong one, on purpose
              let clipped = AD.customPullback "clipped" (fun (x: Real) -> x * x) (fun _ _ w -> w * 1000.0)
              is 1000.0 (AD.grad clipped (real 3.0)) "reverse"
              is 1000.0 (AD.diff clipped (real 3.0)) "forward")

          testCase "a pullback of the wrong length is an error that names the rule" (fun () ->
              let bad = AD.customPullback "halfway" (fun (x: Real[]) -> x[0] * x[1]) (fun _ _ w -> [| w |])
              (thrown<ArgumentException>(fun () -> AD.grad bad (reals [| 1.0; 2.0 |]) |> ignore)).Message
              |> expectMentions [ "halfway"; "pullback"; "2"; "1" ])

          testCase "checkGradient finds a wrong slope, and passes a right one" (fun () ->
              let wrong = AD.custom "wrong" Math.Sin (fun x _ -> cos x * 1.001)
              let f (x: Real[]) = x[0] * x[0] + wrong x[1]
              let report = AD.checkGradient f (reals [| 1.0; 0.5 |])
              Expect.isFalse report.Passed "a wrong slope"
              Expect.equal report.WorstEntry 1 "its entry"
              Expect.equal report.Entries 2 "entries"
              expectClose 16.0 (Math.Cos 0.5 * 1.001) report.Derivative "derivative"
              expectWithin 1e-9 (Math.Cos 0.5) report.Difference "difference"
              (thrown<InvalidOperationException>(fun () -> AD.assertGradient 1e-6 f (reals [| 1.0; 0.5 |]) |> ignore)).Message
              |> expectMentions [ "differs"; "entry 1" ]
              let report = AD.checkGradient (fun (x: Real[]) -> x[0] * x[0] + sin x[1] * exp x[0]) (reals [| 1.0; 0.5 |])
              Expect.isTrue report.Passed (report.ToString())
              Expect.isLessThan report.Error 1e-6 "error"
              let nan' = AD.custom "nan" Math.Sin (fun _ _ -> Real.NaN)
              Expect.isFalse (AD.checkGradient nan' (real 1.0)).Passed "a NaN does not pass") ]
