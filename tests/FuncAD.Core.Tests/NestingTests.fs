/// Operators inside operators: the perturbations of one are never taken for those of another.
module FuncAD.Tests.NestingTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// The derivative of a function of one number, in each mode.
let private modes: (string * ((Real -> Real) -> Real -> Real)) list =
    [ "forward", AD.diff
      "reverse", AD.grad
      "Taylor", (fun f x -> let series = AD.taylor 1 f x in series[1])
      "pullback", (fun f x -> (AD.vjp f x |> snd) (real 1.0)) ]

/// A test of every pair of modes: outer and inner.
let private inEveryPair (name: string) (test: ((Real -> Real) -> Real -> Real) -> ((Real -> Real) -> Real -> Real) -> unit) =
    testList
        name
        [ for outerName, outer in modes do
              for innerName, inner in modes do
                  testCase $"{innerName} inside {outerName}" (fun () -> test outer inner) ]

let private is expected (actual: Real) what = expectEqual expected actual.Value what

let rec private nest n (d: (Real -> Real) -> Real -> Real) (f: Real -> Real) = if n = 0 then f else nest (n - 1) d (d f)

[<Tests>]
let perturbations =
    testList
        "nesting"
        [
          // Siskind and Pearlmutter, "Perturbation confusion and referential transparency", 2005
          inEveryPair "d/dx x (d/dy (x + y)) = 1" (fun outer inner ->
              is 1.0 (outer (fun x -> x * inner (fun y -> x + y) (real 1.0)) (real 1.0)) "at 1")

          inEveryPair "d/dx x (d/dy x y) = 2x" (fun outer inner ->
              is 6.0 (outer (fun x -> x * inner (fun y -> x * y) (real 2.0)) (real 3.0)) "at 3")

          inEveryPair "the derivative of a constant is 0, whatever the constant belongs to" (fun outer inner ->
              is 0.0 (outer (fun x -> x * inner (fun _ -> x) (real 1.0)) (real 3.0)) "x d/dy x")

          inEveryPair "the inner function returns its argument" (fun outer inner ->
              is 1.0 (outer (fun x -> x * inner id (real 1.0)) (real 3.0)) "x d/dy y")

          inEveryPair "the point of the inner derivative depends on the outer argument" (fun outer inner ->
              // d/dx (d/dy y^3 at y = x^2) = d/dx 3 x^4 = 12 x^3
              is 96.0 (outer (fun x -> inner (fun y -> y * y * y) (x * x)) (real 2.0)) "12 x^3")

          inEveryPair "two inner derivatives side by side" (fun outer inner ->
              // d/dx [ (d/dy x y^2)(x) (d/dz x^2 z)(1) ] = d/dx 2 x^4 = 8 x^3
              is 64.0 (outer (fun x -> inner (fun y -> x * y * y) x * inner (fun z -> x * x * z) (real 1.0)) (real 2.0)) "8 x^3")

          inEveryPair "a captured mutable number" (fun outer inner ->
              // f y = (x <- x y; x), its derivative taken twice at 1: x, then x again with the first y's level ended
              let derivative =
                  outer
                      (fun x0 ->
                          let mutable box = ref x0
                          let f y =
                              box.Value <- box.Value * y
                              box.Value
                          inner f (real 1.0) |> ignore
                          inner f (real 1.0))
                      (real 1.0)
              is 1.0 derivative "an escaped level neither adds nor hides")

          testCase "an array of an outer level is a constant to an inner one" (fun () ->
              for name, outer in [ "forward", AD.diff; "reverse", AD.grad ] do
                  let f (x: Real) =
                      let captured = Tensor.stack [ x; x * x ]
                      let derivative: Tensor = AD.diff (fun (_: Real) -> captured) (real 1.0)
                      x * derivative[1] + (snd (AD.jvp (fun (_: Real) -> captured) (real 1.0) (real 1.0)))[0]
                  is 0.0 (f (real 3.0)) name
                  is 0.0 (outer f (real 3.0)) $"{name}, differentiated")

          inEveryPair "an escaped number is a constant to later levels" (fun outer inner ->
              let escaped = ref (real 0.0)
              let g =
                  outer
                      (fun x ->
                          inner
                              (fun y ->
                                  escaped.Value <- x * y
                                  y)
                              (real 2.0)
                          |> ignore
                          // x y with y's level ended: 2x, which still depends on x
                          escaped.Value * x)
                      (real 3.0)
              is 12.0 g "d/dx 2 x^2"
              is 6.0 escaped.Value "its value after all levels"
              is 0.0 (outer (fun _ -> escaped.Value) (real 1.0)) "its derivative by anything later"
              is 6.0 (outer (fun z -> z * escaped.Value) (real 1.0)) "as a factor")

          inEveryPair "a result that belongs to another level as a whole" (fun outer inner ->
              // an escaped number of the inner level, unchanged: x y at y = 2
              let escaping (x: Real) =
                  let escaped = ref x
                  inner
                      (fun y ->
                          escaped.Value <- x * y
                          y)
                      (real 2.0)
                  |> ignore
                  escaped.Value
              is 2.0 (outer escaping (real 3.0)) "looked through from above"
              // the value of an inner operator whose function returns a number of the outer level
              is 6.0 (outer (fun x -> fst (AD.valueAndGrad (fun _ -> x * x) (real 1.0))) (real 3.0)) "left alone from below, reverse"
              is 6.0 (outer (fun x -> fst (AD.jvp (fun _ -> x * x) (real 1.0) (real 1.0))) (real 3.0)) "left alone from below, forward"
              is 6.0 (outer (fun x -> fst (AD.vjp (fun _ -> x * x) (real 1.0))) (real 3.0)) "left alone from below, pullback"
              is 6.0 (outer (fun x -> AD.taylor 1 (fun _ -> x * x) (real 1.0) |> Array.head) (real 3.0)) "left alone from below, Taylor"
              is 5.0 (outer (fun x -> fst (AD.valueAndGrad (fun y -> x + x * y) (real 4.0))) (real 3.0)) "the value of a mixed number")

          inEveryPair "three levels" (fun outer inner ->
              // d/dx d/dy d/dz (x y z + x^2 y^2 z^2) at (2, 3, 5): 1 + 8xyz
              let f = outer (fun x -> inner (fun y -> outer (fun z -> let p = x * y * z in p + p * p) (real 5.0)) (real 3.0)) (real 2.0)
              is 241.0 f "1 + 8 x y z")

          testCase "curried functions: Manzyuk, Pearlmutter, Radul, Rush and Siskind 2019" (fun () ->
              let s (u: Real) (f: Real -> Real) (x: Real) = f (x + u)
              let D: (Real -> Real) -> Real -> Real = AD.diff s (real 0.0)
              expectClose 4.0 Math.E (D (D exp) (real 1.0)).Value "D (D exp) 1"
              is 12.0 (D (D(fun x -> x * x * x)) (real 2.0)) "D (D cube) 2"
              is 12.0 (D (fun x -> x * x * x) (real 2.0)) "D cube 2"
              is 6.0 (D (D(D(fun x -> x * x * x))) (real 2.0)) "D (D (D cube)) 2")

          testCase "functions of two arguments as results" (fun () ->
              let f (x: Real) = fun (a: Real) (b: Real) -> x * x * a + b
              is 42.0 ((AD.diff f (real 3.0)) (real 7.0) (real 1.0)) "2 x a"
              let pair (x: Real) = struct (x * x, fun (a: Real) -> a * x)
              let struct (d, df) = AD.diff pair (real 3.0)
              is 6.0 d "the number"
              is 5.0 (df (real 5.0)) "the function")

          for name, d in modes do
              testCase $"fifth and tenth derivatives by nesting, {name}" (fun () ->
                  is 120.0 (nest 5 d (fun x -> x * x * x * x * x) (real 2.0)) "fifth derivative of x^5"
                  if name = "forward" then
                      is 3628800.0 (nest 10 d (fun x -> Real.Pow(x, 10)) (real 1.5)) "tenth derivative of x^10"
                      expectWithin 1e-10 (-(Math.Sin 1.0)) (nest 10 d sin (real 1.0)).Value "tenth derivative of sin"
                  expectWithin 1e-12 (Math.Cos 1.0) (nest 5 d sin (real 1.0)).Value "fifth derivative of sin")

          testCase "AD.diffn" (fun () ->
              for n in 0..10 do
                  let expected =
                      match n % 4 with
                      | 0 -> Math.Sin 1.0
                      | 1 -> Math.Cos 1.0
                      | 2 -> -(Math.Sin 1.0)
                      | _ -> -(Math.Cos 1.0)
                  // n! times a coefficient that is a sum of n products
                  expectWithin (64.0 * float (n + 1) * u) expected (AD.diffn n sin (real 1.0)).Value $"derivative {n} of sin")

          // Taylor mode under other levels: arguments that share a level are not the same argument
          inEveryPair "different numbers of one outer level inside" (fun outer inner ->
              // d/dt d/dx (x t + x t^3) = 1 + 3 t^2
              is 13.0 (outer (fun t -> inner (fun x -> x * t + x * (t * t * t)) (real 1.0)) (real 2.0)) "1 + 3 t^2"
              is 13.0 (outer (fun t -> inner (fun x -> t * x + (t * t * t) * x) (real 1.0)) (real 2.0)) "1 + 3 t^2, commuted")

          testCase "Taylor mode: 0 and -0 are different arguments" (fun () ->
              let f (x: Real) =
                  let plus, minus = x * 0.0, x * -0.0
                  [| plus; minus |] |> Array.map (fun zero -> 1.0 / zero) |> Array.last
              expectSame Double.NegativeInfinity (AD.taylor 1 f (real 1.0) |> Array.head).Value "1 / (x * -0)")

          testCase "Taylor mode shares nothing that differs" (fun () ->
              let f (x: Real) =
                  sin x * sin (x * 1.0)
                  + Real.Pow(x, 2) * Real.Pow(x, 3)
                  + Real.Atan2(x, real 2.0) * Real.Atan2(real 2.0, x)
                  + (x - 2.0) / (2.0 - x * x)
                  + Real.FusedMultiplyAdd(x, x, real 1.0) * Real.FusedMultiplyAdd(x, real 1.0, x)
              let series = AD.taylor 4 f (real 0.7)
              for k, factorial in [ 1, 1.0; 2, 2.0; 3, 6.0; 4, 24.0 ] do
                  let expected = (nest k AD.diff f (real 0.7)).Value
                  expectWithin (1e-12 * (1.0 + abs expected)) expected (factorial * series[k].Value) $"derivative {k}")

          testCase "Taylor mode: a number used after another was completed" (fun () ->
              let f (x: Real) =
                  let mutable y = x
                  for _ = 1 to 5 do
                      y <- sin y * cos y + y / (1.0 + y * y)
                  y
              let series = AD.taylor 3 f (real 0.4)
              for k, factorial in [ 1, 1.0; 2, 2.0; 3, 6.0 ] do
                  let expected = (nest k AD.diff f (real 0.4)).Value
                  expectWithin (1e-12 * (1.0 + abs expected)) expected (factorial * series[k].Value) $"derivative {k}") ]

[<Tests>]
let programs =
    testList
        "programs"
        [ for name, d in modes do
              testCase $"through a Newton root finder, {name}" (fun () ->
                  // x^3 = p by Newton's iteration, and its derivative 1 / (3 x^2)
                  let root (p: Real) =
                      let mutable x = real 1.5
                      let mutable go = true
                      while go do
                          let next = x - (x * x * x - p) / (3.0 * x * x)
                          go <- abs (next.Value - x.Value) > 1e-14
                          x <- next
                      x - (x * x * x - p) / (3.0 * x * x)
                  expectClose 64.0 (1.0 / (3.0 * Math.Cbrt 5.0 ** 2.0)) (d root (real 5.0)).Value "root'"
                  expectClose 64.0 (Math.Cbrt 5.0) (root (real 5.0)).Value "root")

              testCase $"a Newton root finder with a derivative inside, {name}" (fun () ->
                  let root (f: Real -> Real) (start: Real) =
                      let mutable x = start
                      for _ = 1 to 8 do
                          x <- x - f x / AD.diff f x
                      x
                  // x^2 = p: x = sqrt p
                  expectClose 64.0 (0.5 / Math.Sqrt 7.0) (d (fun p -> root (fun x -> x * x - p) (real 3.0)) (real 7.0)).Value "root'")

              testCase $"recursion, loops, branches and closures, {name}" (fun () ->
                  let rec power (n: int) (x: Real) =
                      if n = 0 then real 1.0
                      elif n % 2 = 0 then power (n / 2) (x * x)
                      else x * power (n - 1) x
                  is (13.0 * 4096.0) (d (power 13) (real 2.0)) "x^13"
                  let f (x: Real) = if x.Value > 0.0 then x * x else -x
                  is 4.0 (d f (real 2.0)) "the branch that ran"
                  is -1.0 (d f (real -2.0)) "the other"
                  let loop (x: Real) =
                      let mutable s = real 0.0
                      let mutable k = 0
                      while s.Value < 10.0 do
                          k <- k + 1
                          s <- s + x * float k
                      s
                  // k counts to 4 at x = 1: 1 + 2 + 3 + 4
                  is 10.0 (d loop (real 1.0)) "a loop that ends by value"
                  let captured (x: Real) = let add = fun (y: Real) -> x * y in add (add x)
                  is 12.0 (d captured (real 2.0)) "x^3 by closures")

          testCase "unrolled gradient descent inside a gradient" (fun () ->
              // min over y of (y - x)^2 + y^2 is x^2/2 at y = x/2: 40 steps of size 1/8 come within 2^-40; its derivative by x is x
              let inner (x: Real) (y: Real) = (y - x) * (y - x) + y * y
              let minimum (x: Real) =
                  let mutable y = real 0.0
                  for _ = 1 to 40 do
                      y <- y - 0.125 * AD.grad (inner x) y
                  inner x y
              expectWithin 1e-10 3.0 (AD.grad minimum (real 3.0)).Value "reverse over reverse"
              expectWithin 1e-10 3.0 (AD.diff minimum (real 3.0)).Value "forward over reverse"
              expectWithin 1e-10 1.0 (AD.diff (AD.grad minimum) (real 3.0)).Value "second derivative")

          testCase "min-max: a saddle point by gradients of gradients" (fun () ->
              // f(x, y) = x^2 + 3xy - y^2: max over y at y = 3x/2, value 13/4 x^2, slope 13/2 x
              let f (x: Real) (y: Real) = x * x + 3.0 * x * y - y * y
              let best (x: Real) =
                  let mutable y = real 0.0
                  for _ = 1 to 60 do
                      y <- y + 0.25 * AD.grad (f x) y
                  f x y
              expectWithin 1e-10 13.0 (AD.grad best (real 2.0)).Value "slope of the maximum")

          testCase "a pullback inside a gradient" (fun () ->
              let f (x: Real) =
                  let y, pullback = AD.vjp (fun (p: Real[]) -> [| p[0] * p[0] * p[1]; sin p[1] |]) [| x; x |]
                  let w = pullback [| x; real 1.0 |]
                  y[0] + w[0] + w[1]
              // x^3 + 2x^3 + x^3 + cos x
              let x = 0.7
              expectClose 16.0 (12.0 * x * x - Math.Sin x) (AD.grad f (real x)).Value "reverse"
              expectClose 16.0 (12.0 * x * x - Math.Sin x) (AD.diff f (real x)).Value "forward"
              expectClose 32.0 (24.0 * x - Math.Cos x) (AD.diff (AD.grad f) (real x)).Value "second") ]

/// The bytes that an action allocates on this thread, when it has been run before.
let private allocated (action: unit -> unit) : int64 =
    for _ = 1 to 3 do
        action ()
    let before = GC.GetAllocatedBytesForCurrentThread()
    action ()
    GC.GetAllocatedBytesForCurrentThread() - before

[<Tests>]
let size =
    testList
        "size"
        [ testCase "a number that is used twice is swept once: y = y y, 60 times" (fun () ->
              let f (x: Real) =
                  let mutable y = x
                  for _ = 1 to 60 do
                      y <- y * y
                  y
              // x^(2^60) at 1; resuming each use by itself would take 2^60 steps
              is (Math.ScaleB(1.0, 60)) (AD.grad f (real 1.0)) "2^60")

          testCase "y = y + y, 1000 times" (fun () ->
              let f (x: Real) =
                  let mutable y = x
                  for _ = 1 to 1000 do
                      y <- y + y
                  y
              is (Math.ScaleB(1.0, 1000)) (AD.grad f (real 1.0)) "2^1000"
              is (Math.ScaleB(1.0, 1000)) (AD.diff f (real 1.0)) "2^1000, forward"
              is (Math.ScaleB(1.0, 1000)) (AD.diff (fun t -> AD.grad (fun x -> t * f x) (real 1.0)) (real 1.0)) "2^1000, with levels"
              is
                  (Math.ScaleB(1.0, 1000))
                  (AD.grad (fun t -> AD.grad (fun x -> t * f x) (real 1.0)) (real 1.0))
                  "2^1000, reverse over reverse")

          testCase "a frame has 24 bytes" (fun () -> Expect.equal (sizeof<Frame>) 24 "sizeof<Frame>")

          testCase "a slot for each operation, no more" (fun () ->
              let tape = Tape()
              let mutable x = Real.OnTape(tape, real 1.0, tape.PushLeaf())
              for _ = 1 to 1000 do
                  x <- sin x + 1.0
                  x <- Real.FusedMultiplyAdd(real 2.0, x, real 1.0)
              Expect.equal tape.Count 3001 "slots"
              Expect.isTrue (isNull tape.Closures && isNull tape.Slopes) "closures and slopes that carry levels"
              tape.Release())

          testCase "10^7 operations in reverse mode, without a stack overflow" (fun () ->
              let n = 10_000_000
              let f (x: Real) =
                  let mutable y = x
                  for _ = 1 to n do
                      y <- y * 1.0000001
                  y
              let before = GC.GetTotalAllocatedBytes true
              let value, g = AD.valueAndGrad f (real 1.0)
              let perOperation = float (GC.GetTotalAllocatedBytes true - before) / float n
              expectSame value.Value g.Value "the derivative of c x at 1 is its value"
              // frames of 24 bytes in chunks, and 8 of cotangents in an array of up to twice the length
              Expect.isLessThan perOperation (24.0 + 16.0 + 1.0) "bytes an operation")

          testCase "a warm tape allocates nothing per operation" (fun () ->
              let run n () =
                  AD.grad
                      (fun (x: Real) ->
                          let mutable y = x
                          for _ = 1 to n do
                              y <- sin y * 1.5
                          y)
                      (real 1.0)
                  |> ignore
              let few, many = allocated (run 1000), allocated (run 1_000_000)
              Expect.isLessThan (many - few) 20_000L "10^6 operations more")

          testCase "forward mode allocates nothing per operation" (fun () ->
              let run n () =
                  AD.diff
                      (fun (x: Real) ->
                          let mutable y = x
                          for _ = 1 to n do
                              y <- sin y * 1.5 + Real.Max(y, real 0.0) / (y + 2.0)
                          y)
                      (real 1.0)
                  |> ignore
              let few, many = allocated (run 1000), allocated (run 100_000)
              Expect.isLessThan (abs (many - few)) 2_000L "10^5 operations more")

          testCase "plain numbers allocate nothing" (fun () ->
              let run n () =
                  let mutable y = real 1.0
                  for _ = 1 to n do
                      y <- sin y * 1.5
                  if Double.IsNaN y.Value then failtest "NaN"
              Expect.isLessThan (allocated (run 100_000)) 1_000L "10^5 operations") ]
