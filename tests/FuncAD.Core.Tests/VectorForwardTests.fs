/// Several directions at once are forward mode's, one by one, bit for bit; several cotangents at once are the pullback's.
module FuncAD.Tests.VectorForwardTests

open System
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.Programs

/// Every vector that is pushed together is the one that is pushed alone, and so are the columns of the Jacobian.
let private holds (f: Real[] -> Real[]) (x: float[]) (vs: float[][]) (what: string) =
    let value, tangents = AD.jvpMany f (reals x) (vs |> Array.map reals)
    vs
    |> Array.iteri (fun k v ->
        let alone, expected = AD.jvp f (reals x) (reals v)
        Array.iteri2 (fun i e a -> expectSame e a $"{what}, value {i}") (values alone) (values value)
        Array.iteri2 (fun i e a -> expectSame e a $"{what}, (J v{k})[{i}]") (values expected) (values tangents[k]))
    let j = AD.jacobianForward f (reals x)
    for column = 0 to x.Length - 1 do
        let unit' = Array.init x.Length (fun i -> if i = column then 1.0 else 0.0)
        let _, expected = AD.jvp f (reals x) (reals unit')
        values expected |> Array.iteri (fun i e -> expectSame e j[i, column].Value $"{what}, J[{i}, {column}]")

/// The same for cotangents.
let private pulls (f: Real[] -> Real[]) (x: float[]) (ws: float[][]) (what: string) =
    let _, pullback = AD.vjp f (reals x)
    let _, pullbackOfMany = AD.vjpMany f (reals x)
    pullbackOfMany (ws |> Array.map reals)
    |> Array.iteri (fun k together ->
        let alone = pullback (reals ws[k])
        Array.iteri2 (fun i e a -> expectSame e a $"{what}, (w{k} J)[{i}]") (values alone) (values together))

/// Tells whether all directions were done together.
let private isTogether (f: Real[] -> Real[]) (x: float[]) : bool =
    let directions, rows = UnitDirections x.Length, JacobianRows x.Length
    VectorPushforward<Real[], Real[]>("test", f, Flatten.ofNumbers x.Length, Leaves.ofNumbers (reals x), directions, rows).All()
    |> Array.forall id

/// Vectors with structural zeros, whole numbers and others among their entries.
let private vectors (count: int) (length: int) : float[][] =
    let random = Random(31 * count + length)
    Array.init count (fun _ ->
        Array.init length (fun _ ->
            match random.Next 5 with
            | 0 -> 0.0
            | 1 -> 1.0
            | 2 -> -0.0
            | _ -> random.NextDouble() - 0.5))

[<Tests>]
let tests =
    testList
        "vector forward"
        [ law "programs, in numbers of directions up to two runs" 400 (cases everything 1 4) (fun case ->
              let f = results case.Program
              for count in [ 2; 3; 8; 9; 33 ] do
                  holds f case.Point (vectors count case.Point.Length) $"{count} directions"
              pulls f case.Point (vectors 11 (f (reals case.Point)).Length) "cotangents")

          law "the same with more arguments than fit in a run" 100 (cases everything 1 3) (fun case ->
              for copies in [ 6; 35 ] do
                  let x = repeated copies case.Point
                  holds (widened copies (results case.Program)) x (vectors 5 x.Length) $"{copies} copies")

          law
              "every program whose derivatives are numbers is followed, branches and derivatives inside too"
              300
              (cases everything 2 3)
              (fun case ->
                  let f = results case.Program
                  let j = AD.jacobianForward f (reals case.Point) |> Seq.cast<Real> |> Seq.map _.Value
                  if Seq.forall Double.IsFinite (Seq.append j (values (f (reals case.Point)))) then
                      Expect.isTrue (isTogether f case.Point) "together")

          for rule in unaries do
              testCase $"rule {rule.Label} at its edges and zeros" (fun () ->
                  let f (x: Real[]) = [| rule.On x[0] * x[1]; rule.On(x[0] * x[2]); rule.On x[2] + x[1]; x[1] |]
                  for x0 in [ 0.0; -0.0; 1.0; -2.0; 0.3; infinity; nan; yield! rule.Edges |> List.map _.At ] do
                      for rest in [ [| 2.0; 1.0 |]; [| 0.0; 1.0 |]; [| 0.0; 0.0 |] ] do
                          let x = Array.append [| x0 |] rest
                          holds f x [| [| 0.7; 0.0; 1.0 |]; [| 0.0; 1.0; 0.0 |]; [| 0.0; 0.0; 0.0 |] |] $"{rule.Label} at {x0}"
                          pulls f x (vectors 5 4) $"{rule.Label} at {x0}")

          for rule in binaries do
              testCase $"rule {rule.Label} at zeros, ties and infinities" (fun () ->
                  let f (x: Real[]) = [| rule.On(x[0], x[1]) * x[2]; rule.On(x[1] * x[2], real 0.5); rule.On(real 2.0, x[0]) |]
                  let points = [ 0.0; -0.0; 1.0; -2.0; 0.5; infinity ]
                  for a, b in Seq.allPairs points points do
                      holds f [| a; b; 1.5 |] [| [| 0.7; 0.0; -1.0 |]; [| 0.0; 1.0; 0.0 |] |] $"{rule.Label} at {a}, {b}")

          for rule in ternaries do
              testCase $"rule {rule.Label} with constants among its arguments" (fun () ->
                  for number in 0..7 do
                      let f (x: Real[]) =
                          let argument bit = if number &&& (1 <<< bit) = 0 then x[bit] * x[3] else real (1.0 + float bit)
                          [| rule.On(argument 0, argument 1, argument 2) * x[0] |]
                      for x in [ [| 0.5; 2.0; -3.0; 0.7 |]; [| 0.0; 0.0; infinity; 1.0 |]; [| 1.0; -1.0; 2.0; 0.0 |] ] do
                          holds f x (vectors 4 4) $"{rule.Label}, {number}")

          for rule in choices do
              testCase $"choice {rule.Label} at ties" (fun () ->
                  let f (x: Real[]) = [| rule.On(x[0] * x[0], x[1] * x[1]) * x[2]; rule.On(x[0], real 1.0) |]
                  for a in [ 0.0; -0.0; 1.0; -1.0; 2.0; nan ] do
                      holds f [| a; 1.0; 3.0 |] (vectors 4 3) $"{rule.Label} at {a}"
                      holds f [| a; -a; 3.0 |] (vectors 4 3) $"{rule.Label} at {a}, tie")

          testCase "sums and scalar products of constants, numbers and both" (fun () ->
              for n in [ 1; 2; 3; 8; 40 ] do
                  let pick (x: Real[]) kind i =
                      match (kind + i) % 4 with
                      | 0 -> real 1.5
                      | 1 -> real 0.0
                      | _ -> x[i % x.Length]
                  for kinds in 0..15 do
                      let f (x: Real[]) =
                          let xs, ys = Array.init n (pick x (kinds % 4)), Array.init n (pick x (kinds / 4))
                          [| Sums.dot xs ys; Sums.sum xs; Sums.sum (Array.append [| x[0] |] ys); Sums.dot xs ys * x[1] |]
                      for x in [ [| 0.3; -2.0; 7.0 |]; [| 0.0; -0.0; 1.0 |]; [| infinity; 1.0; 0.0 |]; [| nan; 1.0; 2.0 |] ] do
                          holds f x (vectors 3 3) $"n = {n}, kinds {kinds}")

          testCase "a structural zero does not meet an infinite slope, in whatever lane" (fun () ->
              for n in [ 2; 5; 9; 40 ] do
                  let f (x: Real[]) = [| Real.Sqrt x[0] + x[1] * x[1]; Real.Sqrt x[n - 1] * x[0] |]
                  let x = Array.init n float
                  let j = AD.jacobianForward f (reals x)
                  expectSame infinity j[0, 0].Value "the slope of sqrt at 0"
                  expectSame 2.0 j[0, 1].Value "beside it"
                  holds f x [||] $"{n} arguments")

          testCase "what depends on nothing, on some, or on another level" (fun () ->
              let nine = Array.init 9 (fun k -> float k + 0.5)
              let some = vectors 4 9
              holds (fun _ -> [| real 3.0 |]) nine some "a constant"
              holds (fun x -> [| x[4]; x[4]; Real.Floor x[3] |]) nine some "inputs"
              holds (fun _ -> [||]) nine some "nothing"
              let escaped = ref (real 1.0)
              AD.jacobianForward
                  (fun x ->
                      escaped.Value <- x[0] * x[1]
                      x)
                  (reals [| 2.0; 3.0 |])
              |> ignore
              expectSame 6.0 escaped.Value.Value "a number that escapes has its value"
              holds (fun x -> [| escaped.Value * x[0]; escaped.Value |]) nine some "a factor that has escaped"
              expectSame 6.0 (AD.diff (fun x -> escaped.Value * x) (real 5.0)).Value "and is a constant to later levels"
              expectSame 6.0 (AD.grad (fun x -> escaped.Value * x) (real 5.0)).Value "in either mode")

          testCase "inside other operators, and they inside" (fun () ->
              // t^2 x0 x1: J[0, 0] = t^2 x1, which has the derivative 2 t x1
              let f (t: Real) (x: Real[]) = [| t * t * x[0] * x[1]; x[1] |]
              let corner (j: Real[,]) = j[0, 0]
              for outer in [ AD.diff; AD.grad; AD.diffn 1 ] do
                  let at p = outer p (real 3.0)
                  expectSame 30.0 (at (fun t -> AD.jacobianForward (f t) (reals [| 2.0; 5.0 |]) |> corner)).Value "captured"
                  expectSame 6.0 (at (fun t -> AD.jacobianForward (f (real 1.0)) [| real 2.0; t * t |] |> corner)).Value "as the point"
                  let product v =
                      let _, products = AD.jvpMany (f (real 1.0)) (reals [| 2.0; 5.0 |]) [| v; v |]
                      products[1][0]
                  expectSame 12.0 (at (fun t -> product [| real 0.0; t * t |])).Value "as the vector"
                  let pulled w =
                      let _, pullback = AD.vjpMany (f (real 1.0)) (reals [| 2.0; 5.0 |])
                      let both: Real[][] = pullback [| w; w |]
                      both[1][1]
                  expectSame 12.0 (at (fun t -> pulled [| t * t; real 1.0 |])).Value "as the cotangent"
                  expectSame
                      3.0
                      (at (fun t -> (AD.divergence (fun x -> [| t * t * x[0] / 2.0; x[1] |]) (reals [| 1.0; 1.0 |])))).Value
                      "divergence"
              let inner (x: Real[]) =
                  (AD.jacobianForward (fun y -> [| y[0] * y[1] * x[0]; y[1] |]) [| x[1]; x[2] |]) |> Seq.cast |> Seq.toArray
              holds inner [| 2.0; 3.0; 5.0 |] (vectors 3 3) "a Jacobian inside"
              holds
                  (fun x -> AD.grad (fun (y: Real[]) -> y[0] * y[1] * x[0] * x[1]) [| x[1]; x[2] |])
                  [| 2.0; 3.0; 5.0 |]
                  (vectors 3 3)
                  "a gradient inside"
              holds (fun x -> [| AD.diffn 7 (fun t -> Real.Sin(t * x[0])) x[1] |]) [| 2.0; 3.0 |] (vectors 3 2) "a series inside"
              holds
                  (fun x -> (AD.hessian (fun y -> y[0] * y[0] * y[1] * x[0]) [| x[0]; x[1] |]) |> Seq.cast |> Seq.toArray)
                  [| 2.0; 3.0 |]
                  (vectors 3 2)
                  "a Hessian inside")

          testCase "what it cannot follow goes the other way" (fun () ->
              let x = [| 0.5; 2.0; 3.0 |]
              let some = vectors 4 3
              holds (fun x -> [| Tensor.sum (Tensor.stack x) * x[0] |]) x some "arrays"
              let swap =
                  AD.customPullback "swap" (fun (x: Real[]) -> [| x[1]; x[0] * x[1] |]) (fun x _ (w: Real[]) ->
                      [| w[1] * x[1]; w[0] + w[1] * x[0] |])
              holds (fun x -> swap [| x[0]; x[1] * x[2] |]) x some "a custom rule over a structure"
              let cube = AD.custom "cube" (fun x -> x * x * x) (fun x _ -> 3.0 * x * x)
              Expect.isTrue (isTogether (fun x -> [| cube x[0] * x[1] |]) x) "custom rules of one number are followed"
              holds (fun x -> [| cube x[0] * x[1] |]) x some "a custom rule of one number"
              let onManyThreads (x: Real[]) =
                  let y = Array.zeroCreate 100
                  Parallel.For(0, 100, (fun i -> y[i] <- Real.Sin(x[i % 3] * float i))) |> ignore
                  y
              holds onManyThreads x some "other threads"
              let onOneThread (x: Real[]) =
                  let y = Array.zeroCreate 3
                  let work () =
                      y[0] <- x[0] * x[1]
                      y[1] <- Sums.dot x [| x[1]; x[2]; x[0] |] + Real.Sin y[0]
                      y[2] <- Real.FusedMultiplyAdd(x[0], x[1], x[2])
                  let thread = System.Threading.Thread work
                  thread.Start()
                  thread.Join()
                  Array.append y [| x[0] * y[1] |]
              // an exception on that thread would end the process
              holds onOneThread x some "a thread of its own"
              let captured (t: Real) = AD.jacobianForward (fun x -> onOneThread [| x[0] * t; x[1]; x[2] |]) (reals x)
              expectSame x[1] (AD.diff (fun t -> (captured t)[0, 0]) (real 2.0)).Value "with a captured number")

          testCase "long programs keep their bits when memory grows, and when there is too much of it" (fun () ->
              let chain n (x: Real[]) =
                  let mutable y = x[0]
                  for i = 1 to n do
                      y <- y * 0.999 + x[i % x.Length] * 0.001
                  [| y |]
              holds (chain 5000) [| 0.5; 2.0; 3.0 |] (vectors 3 3) "5000 operations"
              let x = Array.init 9 (fun i -> float i)
              // 9 directions take 16 doubles an operation: more than 2^25 of them
              holds (chain 1_100_000) x [||] "2 200 000 operations")

          testCase "exceptions of f pass, and leave nothing behind" (fun () ->
              let f (x: Real[]) : Real[] =
                  let y = x[0] * x[1]
                  if y.Value > 0.0 then invalidOp "mine" else [| y |]
              let fails () = AD.jacobianForward f (reals [| 2.0; 3.0 |]) |> ignore
              Expect.throwsC fails (fun error -> Expect.equal error.Message "mine" "the function's own")
              holds (fun x -> [| x[0] * x[1] |]) [| 2.0; 3.0 |] (vectors 3 2) "afterwards")

          testCase "vectors of another structure are refused by name" (fun () ->
              let product (v: Real[]) () = AD.jvpMany (fun (x: Real[]) -> x) (reals [| 1.0; 2.0 |]) [| reals [| 1.0; 0.0 |]; v |] |> ignore
              for wrong in [ reals [| 1.0 |]; reals [| 1.0; 2.0; 3.0 |]; null ] do
                  Expect.throwsC (product wrong) (fun error -> Expect.stringContains error.Message "tangents" "names the argument")
              let pull (w: Real[]) () = (AD.vjpMany (fun (x: Real[]) -> x) (reals [| 1.0; 2.0 |]) |> snd) [| w |] |> ignore
              Expect.throwsC (pull (reals [| 1.0 |])) (fun error -> Expect.stringContains error.Message "cotangents" "names the argument"))

          testCase "no vectors give the value alone, and structures are rebuilt" (fun () ->
              let value, tangents = AD.jvpMany (fun (x: Real[]) -> x[0] * x[1]) (reals [| 2.0; 3.0 |]) [||]
              expectSame 6.0 value.Value "value"
              Expect.isEmpty tangents "no tangents"
              let f (a: Real, b: Real list) = {| Sum = a + List.sum b; Name = "s" |}
              let _, tangents =
                  AD.jvpMany f (real 1.0, [ real 2.0; real 3.0 ]) [| real 1.0, [ real 0.0; real 5.0 ]; real 0.0, [ real 1.0; real 0.0 ] |]
              Expect.equal [ for t in tangents -> t.Sum.Value ] [ 6.0; 1.0 ] "tangents in the structure of the result"
              Expect.equal tangents[0].Name "s" "with what is no number") ]
