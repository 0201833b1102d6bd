/// Functions of matrices: against 50-digit references at repeated, close and ordinary eigenvalues of any size, and by identities.
module FuncAD.Tests.MatrixFunctionTests

open System
open System.IO
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

let private transpose (x: Tensor) : Tensor = Tensor.transpose x
let private matmul (a: Tensor) (b: Tensor) : Tensor = Tensor.matmul a b
let private of' f = Tensor.symmetricFunction f
let private sum (w: Tensor) (x: Tensor) : Real = Tensor.sum (w * x)
let private largest (x: Tensor) = Array.fold (fun largest x -> max largest (abs x)) 0.0 (x.ToArray())

// ---- References (data/make-matrix-functions.py) ----

type private Case = { Name: string; Structure: string; A: Tensor; E: Tensor; W: Tensor; Derivatives: float[] }

let private cases =
    [ for line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", "matrix-functions.csv")) |> Seq.skip 1 do
          let parts = line.Split ','
          let n, numbers =
              int parts[2], parts[3..] |> Array.map (fun part -> Double.Parse(part, Globalization.CultureInfo.InvariantCulture))
          let matrix index = tensor [ n; n ] numbers[index * n * n .. (index + 1) * n * n - 1]
          { Name = parts[0]; Structure = parts[1]; A = matrix 0; E = matrix 1; W = matrix 2; Derivatives = numbers[3 * n * n ..] } ]

/// The ways to a function, and whether it takes the symmetric part alone, so that gradients are symmetric.
let private functions: Map<string, (Tensor -> Tensor) list> =
    Map
        [ "exp", [ of' exp; Tensor.matrixExponential ]
          "expm1 by a difference", [ of' (fun x -> exp x - 1.0); of' Real.ExpM1 ]
          "atan", [ of' atan ]
          "sigmoid", [ of' (fun x -> 1.0 / (1.0 + exp -x)); of' (fun x -> 0.5 + 0.5 * tanh (0.5 * x)) ]
          "sqrt", [ of' sqrt; Tensor.squareRoot ]
          "log", [ of' log; Tensor.logarithm ]
          "x^2.5", [ of' (fun x -> Real.Pow(x, 2.5)); of' (fun x -> x * x * sqrt x) ]
          "1/x", [ of' (fun x -> 1.0 / x); Tensor.inverse ]
          "cube", [ of' (fun x -> x * x * x); (fun a -> matmul a (matmul a a)) ] ]

/// The derivative along E in every nesting of the modes; of third order in every other.
let private derivatives (f: Tensor -> Real) (a: Tensor) (e: Tensor) (order: int) : float list =
    let forward g (a: Tensor) : Real = snd (AD.jvp g a e)
    let reverse (g: Tensor -> Real) (a: Tensor) : Real = sum e (AD.grad g a)
    let rec nest order = if order = 0 then [ f ] else nest (order - 1) |> List.collect (fun g -> [ forward g; reverse g ])
    let nestings = nest order |> List.indexed |> List.filter (fun (index, _) -> order < 3 || (index + index / 2) % 2 = 0) |> List.map snd
    nestings |> List.map (fun g -> (g a).Value)

let private references =
    testList
        "references"
        [ for name, group in cases |> List.groupBy _.Name do
              testCase name (fun () ->
                  for case in group do
                      for index, f in List.indexed functions[name] do
                          let n = case.A.Dimensions[0]
                          // Eigenvalues are known to some n roundings of the largest, and a derivative changes by (condition)^(order + 1) times
                          // that: below 700 for eigenvalues from 0.01 to 7 at first order. Sums of n^2 products of numbers below 1.
                          let spread = if case.Structure.StartsWith "apart" then 700.0 else 5.0
                          let isExtreme = case.Structure.EndsWith "200"
                          for order in 0 .. (if isExtreme || index > 0 then 1 else 3) do
                              let scale = Array.max (case.Derivatives |> Array.map abs)
                              let bound = 1e3 * float (n * n) * u * Math.Pow(spread, float order) * scale
                              for actual in derivatives (fun a -> sum case.W (f a)) case.A case.E order do
                                  expectWithin bound case.Derivatives[order] actual $"{name} ({index}), {case.Structure}, order {order}") ]

let private close what (bound: float) (expected: Tensor) (actual: Tensor) =
    Array.iteri2 (fun i e a -> expectWithin bound e a $"{what}[{i}]") (expected.ToArray()) (actual.ToArray())

let private identity: Tensor = Tensor.identity 2

/// Not symmetric; all eigenvalues have positive real parts.
let private general name n = uniform (random name) -0.5 0.5 [ n; n ] + Tensor.identity n * 2.0

let private symmetricOf (x: Tensor) = 0.5 * (x + transpose x)

[<Tests>]
let tests =
    testList
        "matrix functions"
        [ references
          testList
              "laws"
              [
                // Directions need not be symmetric, and differences leave the symmetric matrices.
                for n in 1..3 do
                    for kind, matrix in
                        [ "symmetric", symmetricOf (general $"symmetric{n}" n)
                          "general", general $"general{n}" n
                          "identity", Tensor.identity n ] do
                        for name, f in [ "squareRoot", Tensor.squareRoot; "logarithm", Tensor.logarithm ] do
                            testCase $"{name}, {kind}, {n}" (fun () -> holdOf name f matrix)
                        testCase $"symmetricFunction, {kind}, {n}" (fun () ->
                            holdOf "symmetricFunction" (of' (fun x -> sin x / (1.0 + x * x))) matrix) ]
          testCase "roots and logarithms of general matrices, defective ones, too, of any size" (fun () ->
              for n in 2..5 do
                  let cycle =
                      [ for i in 0 .. n * n - 1 ->
                            if i % n <> (i / n + 1) % n then 0.0
                            elif i / n = n - 1 then -1.0
                            else 1.0 ]
                  let complex = tensor [ n; n ] cycle + 1.5 * Tensor.identity n
                  for a in [ general $"root{n}" n; Tensor.upperTriangle 0 (Tensor.ones [ n; n ]); complex ] do
                      for k in [ 1e-200; 1e-20; 1.0; 1e20; 1e200 ] do
                          let root = Tensor.squareRoot (a * k)
                          close $"X X = A, {n}, {k}" (1e5 * u * k) (a * k) (matmul root root)
                          let log = Tensor.logarithm (a * k) - Math.Log k * Tensor.identity n
                          close $"e^X = A, {n}, {k}" (1e6 * u) a (Tensor.matrixExponential log))
          testCase "the issue's examples" (fun () ->
              for f in [ Tensor.squareRoot; of' sqrt ] do
                  close
                      "the gradient of sum(sqrt A) at the identity"
                      0.0
                      (Tensor.Uniform(0.5, [| 2; 2 |]))
                      (AD.grad (fun a -> Tensor.sum (f a)) identity))
          testCase "kinks and jumps between eigenvalues are seen, close ones, too" (fun () ->
              let turn = tensor [ 2; 2 ] [ 0.0; 1.0; 1.0; 0.0 ]
              let slope (f: Real -> Real) (low: float) (high: float) : float =
                  let _, dy = AD.jvp (of' f) (tensor [ 2; 2 ] [ low; 0.0; 0.0; high ]) turn
                  dy[0, 1].Value
              for gap in [ 0.8; 1e-3; 1e-9; 1e-15 ] do
                  let low, high = -0.75 * gap, 0.25 * gap
                  expectWithin 1e-12 -0.5 (slope abs low high) $"|x|, {gap}"
                  expectWithin 1e-12 0.25 (slope (fun x -> max x (Real 0.0)) low high) $"max(x, 0), {gap}"
                  expectClose 8.0 (1.0 / (1.0 + high - (1.0 + low))) (slope Real.Floor (1.0 + low) (1.0 + high)) $"floor, {gap}"
                  expectWithin
                      1e-12
                      (1.0 + 1e-8 * (0.0625 + 0.5625) * gap)
                      (slope (fun x -> x + 1e-8 * x * abs x) low high)
                      $"x |x|, {gap}"
              // x^200 is flat at 0, and 1 at 1
              expectWithin 1e-12 1.0 (slope (fun x -> Real.Pow(x, 200)) 0.0 1.0) "x^200"
              expectWithin 0.0 0.0 (slope abs 0.0 0.0) "|x| at 0 twice")
          testCase "where the function has no slope, nothing finite is made up" (fun () ->
              let zero = Tensor.zeros [ 2; 2 ]
              close "sqrt 0" 0.0 zero (Tensor.squareRoot zero)
              for a in [ zero; tensor [ 2; 2 ] [ 0.0; 0.0; 0.0; 1.0 ] ] do
                  Expect.isFalse
                      (AD.grad (fun a -> Tensor.sum (Tensor.squareRoot a)) a |> _.ToArray() |> Array.exists Double.IsFinite)
                      "the slope of a root at 0"
              for f in [ Tensor.squareRoot; Tensor.logarithm ] do
                  for a in [ [ -1.0; 0.0; 0.0; 1.0 ]; [ 0.0; 1.0; 0.0; 0.0 ]; [ -1.0; 1.0; 0.0; -1.0 ] ] do
                      Expect.isTrue
                          (f (tensor [ 2; 2 ] a) |> _.ToArray() |> Array.forall Double.IsNaN)
                          "a matrix without a real root or logarithm")
          testCase "close eigenvalues of any size have the slope between them, or none: where its derivatives overflow" (fun () ->
              for power in [ -300; -200; -100; 0; 100; 200; 300 ] do
                  let k = Math.Pow(10.0, float power)
                  let a = tensor [ 2; 2 ] [ 2.0; 1e-16; 1e-16; 2.0000000000000004 ] * k
                  for name, f in [ "sqrt", of' sqrt; "x^0.5", of' (fun x -> Real.Pow(x, 0.5)); "squareRoot", Tensor.squareRoot ] do
                      let gradient: Tensor = AD.grad (fun a -> Tensor.sum (f a)) a * sqrt k
                      for slope in gradient.ToArray() do
                          if not (Double.IsNaN slope && name = "x^0.5" && power = -300) then
                              expectClose 64.0 (0.5 / sqrt 2.0) slope $"{name}, {power}")
          testCase "an eigenvalue of rounding size is 0: a root, and no logarithm" (fun () ->
              let isAllNaN (x: Tensor) = x.ToArray() |> Array.forall Double.IsNaN
              for k in [ 1e-200; 1.0; 1e200 ] do
                  for n in 2..5 do
                      close
                          $"the root of ones, {n}, {k}"
                          (1e2 * u * sqrt k)
                          (Tensor.Uniform(sqrt (k / float n), [| n; n |]))
                          (Tensor.squareRoot (Tensor.ones [ n; n ] * k))
                  for a in
                      [ Tensor.ones [ 2; 2 ]
                        Tensor.ones [ 4; 4 ]
                        tensor [ 2; 2 ] [ 1.0; 2.0; 2.0; 4.0 ]
                        tensor [ 2; 2 ] [ 0.0; 0.0; 0.0; 1.0 ] ] do
                      let a = a * k
                      let f a = Tensor.sum (Tensor.logarithm a)
                      for x in [ Tensor.logarithm a; AD.grad f a; Tensor.Of(snd (AD.jvp f a a)) ] do
                          Expect.isTrue (isAllNaN x) $"the logarithm of {a}"
              // the eigenvalues of a diagonal matrix are known
              let a = tensor [ 2; 2 ] [ 1.0; 0.0; 0.0; 1e-20 ]
              close "the root of a diagonal" 1e-25 (tensor [ 2; 2 ] [ 1.0; 0.0; 0.0; 1e-10 ]) (Tensor.squareRoot a)
              close "the logarithm of a diagonal" 1e-13 (tensor [ 2; 2 ] [ 0.0; 0.0; 0.0; -20.0 * log 10.0 ]) (Tensor.logarithm a))
          testCase "a small asymmetry is one" (fun () ->
              let each what (expected: float list) (actual: Tensor) =
                  List.iteri2
                      (fun i (e: float) (a: float) -> expectWithin (1e-7 * abs e + (if i = 0 then 1e-13 else 0.0)) e a $"{what}[{i}]")
                      expected
                      (List.ofArray (actual.ToArray()))
              each "root" [ 1.0; 1.0 / (1e8 + 1.0); 0.0; 1e8 ] (Tensor.squareRoot (tensor [ 2; 2 ] [ 1.0; 1.0; 0.0; 1e16 ]))
              each "root" [ 1.0; 5e-18; 0.0; 1.0 ] (Tensor.squareRoot (tensor [ 2; 2 ] [ 1.0; 1e-17; 0.0; 1.0 ]))
              each
                  "logarithm"
                  [ 0.0; 16.0 * log 10.0 / (1e16 - 1.0); 0.0; 16.0 * log 10.0 ]
                  (Tensor.logarithm (tensor [ 2; 2 ] [ 1.0; 1.0; 0.0; 1e16 ]))
              let _, slope = AD.jvp Tensor.squareRoot (tensor [ 2; 2 ] [ 1.0; 1.0; 0.0; 1e16 ]) (tensor [ 2; 2 ] [ 0.0; 1.0; 0.0; 0.0 ])
              each "the root's slope" [ 0.0; 1.0 / (1e8 + 1.0); 0.0; 0.0 ] slope)
          testCase "roots and logarithms of graded triangular matrices are right or NaN, with their slopes" (fun () ->
              let mutable known = 0
              for p in [ 1.0; 1e-20; 1e-100; 1e-300 ] do
                  for q in [ 1.0; 1e-20; 1e-100; 1e-300 ] do
                      for c in [ 1e-10; 1.0; 1e10 ] do
                          let a = tensor [ 2; 2 ] [ p; c; 0.0; q ]
                          let between f slope = if p = q then slope p else (f p - f q) / (p - q)
                          for name, f, expected in
                              [ "root", Tensor.squareRoot, [ sqrt p; c / (sqrt p + sqrt q); 0.0; sqrt q ]
                                "logarithm", Tensor.logarithm, [ log p; c * between log (fun p -> 1.0 / p); 0.0; log q ] ] do
                              let actual = (f a).ToArray()
                              if not (Array.forall Double.IsNaN actual) then
                                  known <- known + 1
                                  List.iteri
                                      (fun i (e: float) ->
                                          expectWithin
                                              (1e-6 * abs e + 1e-12 * (if i = 1 then 0.0 else 1.0))
                                              e
                                              actual[i]
                                              $"{name} of {p}, {c}, {q}: [{i}]")
                                      expected
                              // along the entry beside the diagonal, where the function is linear
                              let along = tensor [ 2; 2 ] [ 0.0; 1.0; 0.0; 0.0 ]
                              let entry (a: Tensor) = (f a).[0, 1]
                              for slope in [ (snd (AD.jvp entry a along)).Value; (AD.grad entry a).[0, 1].Value ] do
                                  if not (Double.IsNaN slope) then
                                      expectWithin
                                          (1e-6 * abs (expected[1] / c))
                                          (expected[1] / c)
                                          slope
                                          $"the slope of the {name} of {p}, {c}, {q}"
              Expect.isGreaterThan known 55 "of 96, those that are not too far apart")
          testCase "the logarithm of a nearly singular matrix is right or NaN" (fun () ->
              for e in 20..52 do
                  for p, q in [ 3.0, 1.0; 5.0, 3.0; 7.0, 2.0 ] do
                      // the determinant is p 2^-e
                      let a = tensor [ 2; 2 ] [ p; q; 2.0 * p; 2.0 * q + Math.ScaleB(1.0, -e) ]
                      let trace = (Tensor.trace (Tensor.logarithm a)).Value
                      if e < 22 || not (Double.IsNaN trace) then expectWithin 1e-5 (log p - float e * log 2.0) trace $"{p}, {q}, {e}")
          testCase "a difference of values that underflow is no slope" (fun () ->
              for power in [ -220; -215; -212; -210; -208; -205; -200; -100 ] do
                  let a = tensor [ 2; 2 ] [ 2.0; 1.0; 1.0; 2.0 ] * Math.Pow(10.0, float power)
                  let k = Math.Pow(10.0, float power / 2.0)
                  let s1, s3, between = 1.5, 1.5 * sqrt 3.0, (3.0 * sqrt 3.0 - 1.0) / 2.0
                  for name, f in [ "x^1.5", (fun (v: Real) -> Real.Pow(v, 1.5)); "x sqrt x", (fun v -> v * sqrt v) ] do
                      let gradient: Tensor = AD.grad (fun a -> (of' f a).[0, 0]) a
                      // of the entry [0, 0]: (s1 + s3 + 2 f[1, 3]) / 4
                      let expected, actual = (s1 + s3 + 2.0 * between) / 4.0 * k, gradient[0, 0].Value
                      if power > -205 || not (Double.IsNaN actual) then expectWithin (1e-10 * expected) expected actual $"{name}, {power}"
              // a function that is 0, or nearly, has the slope 0
              for f in [ (fun (x: Real) -> x * x * x); (fun x -> max (-x) (Real 0.0)) ] do
                  close
                      "0"
                      1e-300
                      (Tensor.zeros [ 2; 2 ])
                      (AD.grad (fun a -> (of' f a).[0, 0]) (tensor [ 2; 2 ] [ 2.0; 1.0; 1.0; 2.0 ] * 1e-220)))
          testCase "a semidefinite matrix has a root, whatever the sign of its rounded eigenvalues" (fun () ->
              let random = random "semidefinite"
              for _ = 1 to 50 do
                  let x = uniform random -1.0 1.0 [ 4; 2 ]
                  let a = matmul x (transpose x)
                  let root = Tensor.squareRoot a
                  // an eigenvalue of 0 is rounded to some 10^-16, its root to 10^-8, and the square of that does not show
                  close "X X = A" (1e3 * u) a (matmul root root))
          testCase "a number that the function captures is an error, not a lost derivative" (fun () ->
              let captures (t: Real) = Tensor.sum (of' (fun x -> x * t) identity)
              for action in [ (fun () -> AD.diff captures (Real 2.0)); (fun () -> AD.grad captures (Real 2.0)) ] do
                  expectMentions [ "symmetricFunction"; "t * A" ] (thrown<ArgumentException>(fun () -> action () |> ignore)).Message
              expectWithin 0.0 6.0 (captures (Real 3.0)).Value "a constant") ]
