/// Linear algebra: the laws on well-conditioned random matrices, identities, and what happens at the edges.
module FuncAD.Tests.LinearAlgebraTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

let private transpose (x: Tensor) : Tensor = Tensor.transpose x
let private matmul (a: Tensor) (b: Tensor) : Tensor = Tensor.matmul a b

/// Random, with a dominant diagonal of different entries: singular values and eigenvalues are apart.
let private matrix name rows columns =
    let x = uniform (random name) -0.4 0.4 [ rows; columns ]
    x
    + tensor
        [ rows; columns ]
        [ for i in 0 .. rows - 1 do
              for j in 0 .. columns - 1 -> if i = j then 2.0 + float i else 0.0 ]

let private close what (expected: Tensor) (actual: Tensor) =
    Expect.equal actual.Dimensions expected.Dimensions $"{what}: shape"
    let scale = Array.fold (fun largest x -> max largest (abs x)) 1.0 (expected.ToArray())
    // matrices of some few rows and condition numbers below 100
    Array.iteri2 (fun i e a -> expectWithin (1e4 * u * scale) e a $"{what}[{i}]") (expected.ToArray()) (actual.ToArray())

let private operations: (string * (Tensor[] -> Tensor[]) * (string -> int -> Tensor[])) list =
    let square name n = [| matrix name n n |]
    let withRight name n = [| matrix name n n; uniform (random (name + "b")) -1.0 1.0 [ n; 2 ] |]
    let tall name n = [| matrix name (n + 2) n |]
    [ "solve", (fun x -> [| Tensor.solve x[0] x[1] |]), withRight
      "solve a vector", (fun x -> [| Tensor.solve x[0] (Tensor.sumOver [ 1 ] x[1]) |]), withRight
      "solveLower", (fun x -> [| Tensor.solveLower x[0] x[1] |]), withRight
      "solveUpper", (fun x -> [| Tensor.solveUpper x[0] x[1] |]), withRight
      "inverse", (fun x -> [| Tensor.inverse x[0] |]), square
      "determinant", (fun x -> [| Tensor.Of(Tensor.determinant x[0]) |]), square
      "logDeterminant", (fun x -> [| Tensor.Of(Tensor.logDeterminant x[0]) |]), square
      "trace", (fun x -> [| Tensor.Of(Tensor.trace (matmul x[0] x[0])) |]), square
      "cholesky", (fun x -> [| Tensor.cholesky x[0] |]), square
      "qr", (fun x -> let struct (q, r) = Tensor.qr x[0] in [| q; r |]), tall
      "qr, square", (fun x -> let struct (q, r) = Tensor.qr x[0] in [| q; r |]), square
      "eigenSymmetric", (fun x -> let struct (w, v) = Tensor.eigenSymmetric x[0] in [| w; v |]), square
      "svd, square", (fun x -> let struct (u, s, v) = Tensor.svd x[0] in [| u; s; v |]), square
      "svd, tall", (fun x -> let struct (u, s, v) = Tensor.svd x[0] in [| u; s; v |]), tall
      "svd, wide", (fun x -> let struct (u, s, v) = Tensor.svd (transpose x[0]) in [| u; s; v |]), tall
      "leastSquares", (fun x -> [| Tensor.leastSquares x[0] (Tensor.sumOver [ 1 ] (x[0] * x[0])) |]), tall
      "matrixExponential", (fun x -> [| Tensor.matrixExponential x[0] |]), square
      "symmetricFunction", (fun x -> [| Tensor.symmetricFunction exp x[0] |]), square
      "squareRoot", (fun x -> [| Tensor.squareRoot x[0] |]), square
      "logarithm", (fun x -> [| Tensor.logarithm x[0] |]), square ]

[<Tests>]
let tests =
    testList
        "linear algebra"
        [ testList
              "laws"
              [ for name, f, point in operations do
                    for n in 1..4 do
                        testCase $"{name}, {n}" (fun () -> hold name f (point $"{name}{n}" n)) ]
          testList
              "empty matrices"
              [ for name, f, point in operations do
                    if not (List.contains name [ "leastSquares"; "solve a vector" ]) then
                        testCase name (fun () -> f (point name 0) |> ignore) ]
          testCase "identities" (fun () ->
              let a, b = matrix "a" 4 4, uniform (random "b") -1.0 1.0 [ 4; 2 ]
              let unit = Tensor.identity 4
              close "A X = B" b (matmul a (Tensor.solve a b))
              close "A A^-1 = I" unit (matmul a (Tensor.inverse a))
              let symmetric = 0.5 * (a + transpose a)
              let l = Tensor.cholesky a
              close "L L^T = A" symmetric (matmul l (transpose l))
              close "L" (Tensor.lowerTriangle 0 l) l
              let tall = matrix "tall" 5 3
              let struct (q, r) = Tensor.qr tall
              close "Q R = A" tall (matmul q r)
              close "Q^T Q = I" (Tensor.identity 3) (matmul (transpose q) q)
              Expect.isTrue ((Tensor.min (Tensor.diagonal r)).Value > 0.0) "a positive diagonal"
              let struct (w, v) = Tensor.eigenSymmetric a
              close "V w V^T = A" symmetric (matmul (v * Tensor.reshape [ 1; 4 ] w) (transpose v))
              let struct (u, s, v) = Tensor.svd tall
              close "U s V^T = A" tall (matmul (u * Tensor.reshape [ 1; 3 ] s) (transpose v))
              close
                  "the normal equations"
                  (Tensor.zeros [ 3 ])
                  (let b = uniform (random "c") -1.0 1.0 [ 5 ] in matmul (transpose tall) (matmul tall (Tensor.leastSquares tall b) - b))
              expectWithin 1e-12 (log (abs (Tensor.determinant a).Value)) (Tensor.logDeterminant a).Value "log |det|"
              close "e^A e^-A = I" unit (matmul (Tensor.matrixExponential a) (Tensor.matrixExponential -a)))
          testCase "a rotation is the exponential of its generator, squared from far away, too" (fun () ->
              for angle in [ 0.0; 0.3; 100.0 ] do
                  let e = Tensor.matrixExponential (tensor [ 2; 2 ] [ 0.0; -angle; angle; 0.0 ])
                  Array.iter2
                      (fun expected actual -> expectWithin (1e3 * u * (1.0 + angle)) expected actual $"{angle}")
                      [| cos angle; -sin angle; sin angle; cos angle |]
                      (e.ToArray()))
          testCase "the gradient of log det is the inverse transposed" (fun () ->
              let a = matrix "logdet" 3 3
              close "A^-T" (transpose (Tensor.inverse a)) (AD.grad Tensor.logDeterminant a))
          testCase "the determinant of a singular matrix has a gradient, and a second derivative" (fun () ->
              let a = tensor [ 3; 3 ] [ 1.0; 2.0; 3.0; 2.0; 4.0; 6.0; 1.0; 0.0; 1.0 ]
              // the cofactors, by hand
              close "cofactors" (tensor [ 3; 3 ] [ 4.0; 4.0; -4.0; -2.0; -2.0; 2.0; 0.0; 0.0; 0.0 ]) (AD.grad Tensor.determinant a)
              let direction = tensor [ 3; 3 ] [ 1.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0 ]
              // derivatives of the cofactors along a11: the minors of the rest, [4 6; 0 1]
              close "minors" (tensor [ 3; 3 ] [ 0.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; -6.0; 4.0 ]) (AD.hvp Tensor.determinant a direction))
          testCase "repeated eigenvalues: sums over them have a slope, what sees how their vectors are turned has none" (fun () ->
              let a = tensor [ 3; 3 ] [ 2.0; 0.0; 0.0; 0.0; 2.0; 0.0; 0.0; 0.0; 5.0 ]
              let trace (a: Tensor) = let struct (w, _) = Tensor.eigenSymmetric a in Tensor.sum (w * w)
              close "gradient of trace A^2" (2.0 * a) (AD.grad trace a)
              let first (a: Tensor) = let struct (_, v) = Tensor.eigenSymmetric a in v.[0, 0] + v.[1, 1] + v.[0, 1] * 3.0
              let gradient = AD.grad first (matmul (matmul (Tensor.identity 3) a) (Tensor.identity 3))
              Expect.isFalse
                  (gradient.ToArray() |> Array.forall Double.IsFinite && (Tensor.max (Tensor.Abs gradient)).Value > 0.0)
                  "not silently a number where there is no derivative")
          testList
              "errors"
              [ let refused name (parts: string list) (action: unit -> obj) =
                    testCase name (fun () -> expectMentions parts (thrown<ArgumentException>(fun () -> action () |> ignore)).Message)
                let singular = tensor [ 2; 2 ] [ 1.0; 2.0; 2.0; 4.0 ]
                refused "solve, singular" [ "solve"; "singular"; "leastSquares" ] (fun () ->
                    Tensor.solve singular (tensor [ 2 ] [ 1.0; 1.0 ]))
                refused "solve, shapes" [ "solve"; "[2, 2]"; "[3]" ] (fun () -> Tensor.solve singular (tensor [ 3 ] [ 1.0; 1.0; 1.0 ]))
                refused "inverse, not square" [ "inverse"; "[2, 3]" ] (fun () -> Tensor.inverse (Tensor.zeros [ 2; 3 ]))
                refused "cholesky, indefinite" [ "cholesky"; "positive definite"; "identity" ] (fun () ->
                    Tensor.cholesky (tensor [ 2; 2 ] [ 1.0; 2.0; 2.0; 1.0 ]))
                refused "qr, wide" [ "qr"; "[2, 3]"; "transpose" ] (fun () -> box (Tensor.qr (Tensor.zeros [ 2; 3 ])))
                refused "leastSquares, dependent columns" [ "leastSquares"; "dependent" ] (fun () ->
                    Tensor.leastSquares singular (tensor [ 2 ] [ 1.0; 1.0 ]))
                refused "triangularSolve, singular" [ "triangularSolve"; "singular" ] (fun () ->
                    Tensor.solveLower (Tensor.zeros [ 1; 1 ]) (Tensor.ones [ 1 ])) ] ]
