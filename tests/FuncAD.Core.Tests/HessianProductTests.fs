/// Products with the Hessian, several on one dual tape, are those of forward mode over reverse mode, one by one, bit for bit.
module FuncAD.Tests.HessianProductTests

open System
open System.Threading
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.Programs

let private unit' n i = Array.init n (fun j -> if i = j then 1.0 else 0.0)

/// H v on two levels, as their user would nest them.
let private alone (f: Real[] -> Real) (x: float[]) (v: float[]) : float[] = AD.jvp (AD.grad f) (reals x) (reals v) |> snd |> values

/// The Hessian and a product with it are, entry by entry, those on two levels.
let private holds (f: Real[] -> Real) (x: float[]) (v: float[]) (what: string) =
    let h = AD.hessian f (reals x)
    for j = 0 to x.Length - 1 do
        alone f x (unit' x.Length j) |> Array.iteri (fun i expected -> expectSame expected h[i, j].Value $"{what}, H[{i}, {j}]")
    Array.iteri2
        (fun i expected actual -> expectSame expected actual $"{what}, (H v)[{i}]")
        (alone f x v)
        (AD.hvp f (reals x) (reals v) |> values)

/// Tells whether dual tapes answer for all columns.
let private isTogether (f: Real[] -> Real) (x: float[]) : bool =
    let seed (lanes: float[]) lane direction = lanes[direction * (lanes.Length / x.Length) + lane] <- 1.0
    DualProducts<Real[]>(f, Flatten.ofNumbers x.Length, reals x, x.Length, seed).All() |> Array.forall (isNull >> not)

[<Tests>]
let tests =
    testList
        "curvature"
        [ law "the Hessian's columns together are forward over reverse by columns, bit for bit" 500 (cases everything 1 4) (fun case ->
              holds (result case.Program) case.Point case.V "program")

          // up to three groups of eight, the last of them of all sizes
          law "the same in groups of eight, four and one" 250 (cases everything 1 3) (fun case ->
              for copies in [ 3; 6 ] do
                  holds (widened copies (result case.Program)) (repeated copies case.Point) (repeated copies case.V) $"{copies} copies")

          law
              "dual tapes answer for every program whose derivatives are numbers, with derivatives inside, branches and choices"
              300
              (cases everything 1 3)
              (fun case ->
                  let f = result case.Program
                  let gradient = AD.grad f (reals case.Point) |> values
                  let h = AD.hessian f (reals case.Point) |> Seq.cast<Real> |> Seq.map _.Value |> Seq.append gradient
                  if h |> Seq.forall Double.IsFinite then Expect.isTrue (isTogether f case.Point) "together")

          for rule in unaries do
              testCase $"rule {rule.Label} at its edges and zeros" (fun () ->
                  let f (x: Real[]) = rule.On x[0] * x[1] + rule.On(x[0] * x[2] * x[2]) + x[1] * x[1] * x[2]
                  for x0 in [ 0.0; -0.0; 1.0; -2.0; 0.3; infinity; nan; yield! rule.Edges |> List.map _.At ] do
                      for rest in [ [| 2.0; 1.0 |]; [| 0.0; 1.0 |]; [| 0.0; 0.0; 1.0; 3.0; 4.0 |] ] do
                          holds f (Array.append [| x0 |] rest) (Array.append [| 0.7; 0.0 |] rest[1..]) $"{rule.Label} at {x0}")

          for rule in binaries do
              testCase $"rule {rule.Label} at zeros, ties and infinities" (fun () ->
                  let f (x: Real[]) =
                      rule.On(x[0], x[1]) * x[2] + rule.On(x[1] * x[2], real 0.5) + rule.On(real 2.0, x[0] * x[2]) + x[2] * x[2]
                  let points = [ 0.0; -0.0; 1.0; -2.0; 0.5; infinity ]
                  for a in points do
                      for b in points do
                          holds f [| a; b; 1.5 |] [| 0.7; 0.0; -1.0 |] $"{rule.Label} at {a}, {b}"
                          holds f [| a; b; 0.0; 1.0; 1.0 |] [| 0.0; 1.0; 0.0; 1.0; 1.0 |] $"{rule.Label} at {a}, {b}, 0")

          for rule in ternaries do
              testCase $"rule {rule.Label} with constants among its arguments" (fun () ->
                  for number in 0..7 do
                      let f (x: Real[]) =
                          let argument bit = if number &&& (1 <<< bit) = 0 then x[bit] * x[3] else real (1.0 + float bit)
                          let y = rule.On(argument 0, argument 1, argument 2)
                          y * y * x[0]
                      for x in [ [| 0.5; 2.0; -3.0; 0.7 |]; [| 0.0; 0.0; infinity; 1.0 |]; [| 1.0; -1.0; 2.0; 0.0; 1.0 |] ] do
                          holds f x (Array.map (fun x -> 1.0 - x) x) $"{rule.Label}, {number}")

          for rule in choices do
              testCase $"choice {rule.Label} at ties" (fun () ->
                  let f (x: Real[]) = rule.On(x[0] * x[0], x[1] * x[1]) * x[2] + rule.On(x[0], real 1.0)
                  for a in [ 0.0; -0.0; 1.0; -1.0; 2.0; nan ] do
                      holds f [| a; 1.0; 3.0 |] [| 1.0; 0.0; 2.0 |] $"{rule.Label} at {a}"
                      holds f [| a; -a; 3.0; 1.0; 1.0 |] [| 1.0; 0.0; 2.0; 1.0; 0.0 |] $"{rule.Label} at {a}, tie")

          testCase "a structural zero does not meet an infinite slope, in whatever group" (fun () ->
              let f (x: Real[]) = Real.Sqrt x[0] + Seq.sum [ for k in 1 .. x.Length - 1 -> x[k] * x[k] * x[k] ]
              for n in [ 2; 5; 8; 9; 20 ] do
                  let x = Array.init n float
                  let h = AD.hessian f (reals x)
                  for j = 1 to n - 1 do
                      expectSame (6.0 * float j) h[j, j].Value $"H[{j}, {j}] of {n}"
                      expectSame 0.0 h[0, j].Value $"H[0, {j}] of {n}"
                  holds f x (Array.init n (fun k -> if k = 0 then 0.0 else 1.0)) "sqrt beside cubes")

          testCase "a slope that is infinite where nothing contributes" (fun () ->
              let f (x: Real[]) =
                  (Real.Sqrt x[0] |> ignore
                   x[1] * x[1] * x[0])
              holds f [| 0.0; 2.0 |] [| 1.0; 1.0 |] "an unused root")

          testCase "what depends on nothing, on some, or on another level" (fun () ->
              let nine = Array.init 9 (fun k -> float k + 0.5)
              holds (fun _ -> real 3.0) nine nine "a constant"
              holds (fun x -> x[4]) nine nine "an input"
              holds (fun x -> x[4] * x[4] + Real.Floor x[3]) nine nine "two of nine"
              let escaped = ref (real 1.0)
              AD.grad
                  (fun (x: Real[]) ->
                      escaped.Value <- x[0] * 2.0
                      x[0])
                  (reals [| 3.0 |])
              |> ignore
              holds (fun x -> escaped.Value * x[0] * x[1]) nine nine "a factor that has escaped"
              let kept = ref (real 0.0)
              AD.hessian
                  (fun x ->
                      kept.Value <- x[0] * x[1]
                      kept.Value)
                  (reals [| 2.0; 3.0 |])
              |> ignore
              expectSame 6.0 kept.Value.Value "a number that escapes has its value"
              holds (fun x -> kept.Value * x[0] * x[0]) nine nine "a factor that has escaped from a dual tape"
              expectSame 6.0 (AD.diff (fun x -> kept.Value * x) (real 5.0)).Value "and is a constant to later levels")

          testCase "inside other operators, and they inside" (fun () ->
              // t^2 x0^2 x1: H[0, 1] = 2 t^2 x0, which has the derivative 4 t x0
              let f (t: Real) (x: Real[]) = t * t * x[0] * x[0] * x[1]
              for outer in [ AD.diff; AD.grad; AD.diffn 1 ] do
                  expectSame 24.0 (outer (fun t -> (AD.hessian (f t) (reals [| 2.0; 5.0 |]))[0, 1]) (real 3.0)).Value "captured"
                  expectSame
                      12.0
                      (outer (fun t -> (AD.hessian (f (real 1.0)) [| real 2.0; t * t |])[0, 0]) (real 3.0)).Value
                      "as the point"
                  expectSame
                      8.0
                      (outer (fun t -> (AD.hvp (f (real 1.0)) (reals [| 2.0; 5.0 |]) [| real 0.0; t * t / 3.0 |])[0]) (real 3.0)).Value
                      "as the vector"
              let inner (x: Real[]) = (AD.hessian (fun y -> y[0] * y[0] * y[1] * x[0] * x[1]) [| x[2]; x[3] |])[0, 1] * x[4]
              holds inner [| 1.0; 2.0; 3.0; 4.0; 5.0 |] [| 1.0; 0.0; -1.0; 2.0; 0.5 |] "a Hessian in a Hessian"
              holds
                  (fun x -> AD.diffn 3 (fun t -> sin (t * x[0]) * x[1]) x[2])
                  [| 1.0; 2.0; 3.0 |]
                  [| 1.0; 2.0; 3.0 |]
                  "a Taylor series in a Hessian")

          testCase "what a dual tape cannot follow is differentiated on two levels" (fun () ->
              let cube = AD.custom "cube" (fun x -> x * x * x) (fun x _ -> 3.0 * x * x)
              let product = AD.customPullback "product" (fun (x: Real[]) -> x[0] * x[1]) (fun x _ w -> [| w * x[1]; w * x[0] |])
              let six = [| 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 |]
              let functions: (string * (Real[] -> Real)) list =
                  [ "a custom rule", (fun x -> cube x[0] * x[1] + x[2])
                    "a custom rule over structures", (fun x -> product [| x[0] * x[0]; x[1] |] * x[2])
                    "an array", (fun x -> let t = Tensor.OfReals(x, [| x.Length |]) in Tensor.sum (t * t) * x[0])
                    // who catches everything catches what says that a dual tape cannot follow: all the same the result is right
                    "an exception that f catches",
                    (fun x ->
                        try
                            cube x[0] * x[1]
                        with _ ->
                            x[2]) ]
              for name, f in functions do
                  Expect.isFalse (isTogether f six) $"{name}: not on dual tapes"
                  holds f six six name
              let square (x: Tensor) = Tensor.sum (x * x)
              let t = Tensor.OfReals(reals six, [| six.Length |])
              Expect.equal ((AD.hvp square t t).ToArray()) (six |> Array.map (fun x -> 2.0 * x)) "an array as the point")

          testCase "programs that are too long for eight directions take one at a time" (fun () ->
              let f (x: Real[]) =
                  let mutable s = x[0]
                  for _ = 1 to 600_000 do
                      s <- s * 0.999999 + x[1] * 1e-7
                  s * s * x[1]
              Expect.isTrue (isTogether f [| 1.0; 2.0 |]) "on dual tapes"
              holds f [| 1.0; 2.0 |] [| 1.0; -1.0 |] "1.2 million operations")

          testCase "an exception of f passes through, and other threads are refused" (fun () ->
              (thrown<FormatException>(fun () ->
                  AD.hessian
                      (fun x ->
                          (x[0] * x[1] |> ignore
                           raise (FormatException "f's own")))
                      (reals [| 1.0; 2.0 |])
                  |> ignore))
                  .Message
              |> expectMentions [ "f's own" ]
              let elsewhere (x: Real[]) =
                  let mutable result = real 0.0
                  let mutable error: exn = null
                  let thread =
                      Thread(fun () ->
                          try
                              result <- x[0] * x[1]
                          with e ->
                              error <- e)
                  thread.Start()
                  thread.Join()
                  if isNull error then result else raise error
              (thrown<InvalidOperationException>(fun () -> AD.hessian elsewhere (reals [| 1.0; 2.0 |]) |> ignore)).Message
              |> expectMentions [ "thread" ]) ]
