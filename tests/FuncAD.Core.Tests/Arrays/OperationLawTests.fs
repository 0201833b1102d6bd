/// Every operation on arrays that is no rule of the table: the laws on many shapes, and values from their definitions.
module FuncAD.Tests.OperationLawTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

let private point name (shapes: int list list) = shapes |> List.map (uniform (random name) 0.5 2.0) |> Array.ofList
let private one f (x: Tensor[]) = [| f x[0] |]
let private two f (x: Tensor[]) = [| f x[0] x[1] |]

/// Name, operation, shapes of arguments. Squares around linear operations give their second derivatives something to be.
let private operations: (string * (Tensor[] -> Tensor[]) * int list list) list =
    [ for shape in [ [ 2; 3 ]; [ 1; 4 ]; [ 0; 3 ]; [ 3; 1; 2 ] ] do
          "reshape", one (fun x -> Tensor.reshape [ -1 ] (x * x)), [ shape ]
          "transpose", one (fun x -> Tensor.transpose (x * x)), [ shape ]
          "flip", one (fun x -> Tensor.flip 1 (x * x) * x), [ shape ]
          "sumOver", one (fun x -> Tensor.sumOver [ 0 ] (x * x)), [ shape ]
          "sumOver last", one (fun x -> Tensor.sumOver [ -1 ] (x * x)), [ shape ]
          "cumulativeSum", one (fun x -> Tensor.cumulativeSum 1 (x * x)), [ shape ]
          "productOver", one (Tensor.productOver 0), [ shape ]
          "expandDims, squeeze", one (fun x -> Tensor.squeeze (Tensor.expandDims 1 (x * x))), [ shape ]
          "concatenate", two (fun a b -> Tensor.concatenate 0 [ a * a; b; a * b ]), [ shape; shape ]
          "stackAlong", two (fun a b -> Tensor.stackAlong 1 [ a * a; a * b ]), [ shape; shape ]
          "norm", one (fun x -> Tensor.Of(if x.Length = 0 then Tensor.sum x else Tensor.norm x)), [ shape ]
      for shape in [ [ 2; 3 ]; [ 1; 4 ]; [ 4; 1 ]; [ 2; 3; 2 ] ] do
          "meanOver", one (fun x -> Tensor.meanOver [ -1 ] (x * x)), [ shape ]
          "varianceOver", one (fun x -> Tensor.varianceOver 0 [ 0 ] x), [ shape ]
          "maxOver", one (fun x -> Tensor.maxOver [ -1 ] (x * x)), [ shape ]
          "minOver", one (fun x -> Tensor.minOver [ 0 ] (x * x)), [ shape ]
          "max of all", one (fun x -> Tensor.Of(Tensor.max (x * x))), [ shape ]
          "logSumExpOver", one (Tensor.logSumExpOver 0), [ shape ]
          "logSoftmax", one (Tensor.logSoftmax -1), [ shape ]
          "softmax", one (Tensor.softmax 0), [ shape ]
          "slice", one (fun x -> Tensor.slice 0 0 1 1 (x * x)), [ shape ]
          "gather", one (fun x -> Tensor.gather 0 [| 0; -1; 0 |] (x * x)), [ shape ]
          "pad", one (fun x -> Tensor.pad [ for axis in 0 .. x.Rank - 1 -> axis, 2 ] (x * x)), [ shape ]
          "diagonal", one (fun x -> Tensor.diagonal (x * x)), [ shape ]
          "diagonalMatrix", one (fun x -> Tensor.diagonalMatrix (x * x)), [ shape ]
          "lowerTriangle", one (fun x -> Tensor.lowerTriangle 0 (x * x)), [ shape ]
          "upperTriangle", one (fun x -> Tensor.upperTriangle 1 (x * x)), [ shape ]
      "slice with steps", one (fun x -> Tensor.slice 0 1 5 2 (x * x)), [ [ 6; 2 ] ]
      "slice backwards", one (fun x -> Tensor.slice 1 -1 -6 -2 (x * x)), [ [ 2; 5 ] ]
      "slices by index", one (fun x -> (x * x).[1..2, 0]), [ [ 3; 2 ] ]
      "scatterAdd", one (fun x -> Tensor.scatterAdd 0 [| 2; 0; 2 |] 4 (x * x)), [ [ 3; 2 ] ]
      "pick", one (fun x -> Tensor.pick [| 1; 0; 1 |] (x * x)), [ [ 3; 2 ] ]
      "split", (fun x -> Tensor.split 1 [ 1; 2 ] (x[0] * x[0])), [ [ 2; 3 ] ]
      "permute", one (fun x -> Tensor.permute [ 2; 0; 1 ] (x * x)), [ [ 2; 3; 4 ] ]
      "broadcastTo", one (fun x -> Tensor.broadcastTo [ 2; 3; 4 ] (x * x)), [ [ 3; 1 ] ]
      "where", two (fun a b -> Tensor.where (tensor [ 2; 1 ] [ 1.0; 0.0 ]) (a * b) (b * b)), [ [ 2; 3 ]; [ 3 ] ]
      "variance of all", one (fun x -> Tensor.Of(Tensor.variance 1 x)), [ [ 2; 3 ] ]
      for shape in [ [ 2; 3 ]; [ 3; 1 ]; [ 2; 300 ]; [ 0; 3 ] ] do
          // the cotangent of x has other contributions before and after
          "logSumExp beside others", one (fun x -> Tensor.expandDims -1 (Tensor.logSumExpOver -1 x) * x + Tensor.Sin x), [ shape ]
          "softmax beside others", one (fun x -> Tensor.softmax -1 x * x + Tensor.Sin x), [ shape ]
          "softmax of what is shared", one (fun x -> (let y = x * x in Tensor.softmax -1 y + y)), [ shape ]
          "logSoftmax beside others", one (fun x -> Tensor.logSoftmax -1 (x * x) * x + Tensor.Sin x), [ shape ]
          "sum of logSoftmax", one (fun x -> Tensor.Of(Tensor.sum (Tensor.logSoftmax -1 (x * x)))), [ shape ]
      "crossEntropy", one (fun x -> Tensor.Of(Tensor.crossEntropy [| 2; 0 |] x)), [ [ 2; 3 ] ]
      "crossEntropy of one class", one (fun x -> Tensor.Of(Tensor.crossEntropy [| 0; 0 |] x + Tensor.sum (x * x))), [ [ 2; 1 ] ]
      "crossEntropy beside others", one (fun x -> Tensor.Of(Tensor.crossEntropy [| 299; 0 |] x * Tensor.sum (x * x))), [ [ 2; 300 ] ]
      // The outer level reads the cotangent of the product after the inner sweep has gone on.
      "a product, a slice and an element",
      one (fun x -> (let e = (Tensor.transpose x).[0, 1] in Tensor.Of(Tensor.sum (Tensor.slice 0 0 1 1 (Tensor.matmul x x)) + e))),
      [ [ 3; 3 ] ]
      "binaryCrossEntropy", two (fun t z -> Tensor.Of(Tensor.binaryCrossEntropy t z)), [ [ 4 ]; [ 4 ] ]
      "meanSquaredError", two (fun t z -> Tensor.Of(Tensor.meanSquaredError t z)), [ [ 4 ]; [ 4 ] ]
      for n in [ 0; 1; 5 ] do
          "dot", two (fun a b -> Tensor.Of(Tensor.dot a b)), [ [ n ]; [ n ] ]
      for a, b in
          [ [ 2; 3 ], [ 3; 4 ]
            [ 3 ], [ 3; 2 ]
            [ 2; 3 ], [ 3 ]
            [ 3 ], [ 3 ]
            [ 2; 0 ], [ 0; 3 ]
            [ 5; 2; 3 ], [ 3; 2 ]
            [ 2; 3 ], [ 4; 3; 2 ]
            [ 4; 2; 3 ], [ 4; 3; 2 ]
            [ 2; 1; 2; 3 ], [ 4; 3; 1 ]
            [ 4; 1; 3 ], [ 3; 5 ]
            [ 1; 2; 3 ], [ 4; 3; 2 ]
            [ 0; 2; 3 ], [ 3; 2 ]
            [ 2; 2; 2; 3 ], [ 2; 1; 3; 2 ] ] do
          $"matmul {a} {b}", two Tensor.matmul, [ a; b ]
      "matmul transposed left", two (Tensor.matmulTransposed true false), [ [ 3; 2 ]; [ 3; 4 ] ]
      "matmul transposed right", two (Tensor.matmulTransposed false true), [ [ 5; 2; 3 ]; [ 4; 3 ] ]
      "matmul transposed both", two (Tensor.matmulTransposed true true), [ [ 3; 2 ]; [ 4; 3 ] ]
      "outer", two Tensor.outer, [ [ 2 ]; [ 3; 2 ] ]
      for text, a, b in
          [ "ij,jk->ik", [ 2; 3 ], [ 3; 4 ]
            "ij,kj->ik", [ 2; 3 ], [ 4; 3 ]
            "bij,bjk->bik", [ 2; 2; 3 ], [ 2; 3; 2 ]
            "i,j->ij", [ 2 ], [ 3 ]
            "ij,ij->", [ 2; 3 ], [ 2; 3 ]
            "ii,i->i", [ 3; 3 ], [ 3 ]
            "ijk,kl->jil", [ 2; 3; 2 ], [ 2; 2 ]
            "ij,k->j", [ 2; 3 ], [ 2 ] ] do
          $"einsum {text}", two (Tensor.einsum text), [ a; b ]
      for stride, padding, k, x in
          [ (1, 1), (0, 0), [ 2; 3; 2; 2 ], [ 2; 3; 4; 4 ]
            (2, 1), (1, 1), [ 1; 2; 3; 2 ], [ 1; 2; 4; 3 ]
            (3, 3), (0, 1), [ 2; 1; 1; 1 ], [ 1; 1; 4; 2 ] ] do
          $"conv2d {k} {x}", two (Tensor.conv2d stride padding), [ k; x ]
      "conv1d", two (Tensor.conv1d 2 1), [ [ 2; 3; 3 ]; [ 2; 3; 6 ] ]
      "maxPool2d", one (fun x -> Tensor.maxPool2d (2, 2) (2, 2) (x * x)), [ [ 2; 2; 4; 5 ] ]
      "maxPool2d, overlapping", one (fun x -> Tensor.maxPool2d (3, 2) (1, 1) (x * x)), [ [ 1; 2; 4; 3 ] ]
      "meanPool2d", one (fun x -> Tensor.meanPool2d (2, 2) (2, 1) (x * x)), [ [ 1; 2; 4; 4 ] ] ]

let private at (x: Tensor) (indices: int list) = (x.[List.toArray indices]: Real).Value

[<Tests>]
let tests =
    testList
        "arrays: operations"
        [ testList
              "laws"
              [ for name, f, shapes in operations do
                    testCase $"{name} on {shapes}" (fun () -> hold name f (point $"{name}{shapes}" shapes)) ]
          testCase "F#'s slices, in every pattern of ranges and indices" (fun () ->
              let x = tensor [ 2; 3; 4 ] (Seq.init 24 float)
              let expected shape (elements: float list) (actual: Tensor) what = Expect.equal actual (tensor shape elements) what
              expected [ 1; 3; 1 ] [ 15.0; 19.0; 23.0 ] x[1.., *, 3..] "three ranges"
              expected [ 2; 2 ] [ 13.0; 14.0; 17.0; 18.0 ] x[1, 0..1, 1..2] "an index first"
              expected [ 2; 2 ] [ 6.0; 7.0; 18.0; 19.0 ] x[*, 1, 2..] "an index in the middle"
              expected [ 2; 2 ] [ 4.0; 8.0; 16.0; 20.0 ] x[*, 1.., 0] "an index last"
              expected [ 2 ] [ 11.0; 23.0 ] x[*, 2, 3] "a range first"
              expected [ 2 ] [ 16.0; 20.0 ] x[1, 1.., 0] "a range in the middle"
              expected [ 3 ] [ 8.0; 9.0; 10.0 ] x[0, 2, ..2] "a range last"
              let f (x: Tensor) = Tensor.sum (x[*, 1, 2..] * x[*, 2, ..1])
              Expect.equal (AD.grad f x) (AD.grad (fun x -> Tensor.sum (x[0.., 1, 2..3] * x[0..1, 2, 0..1])) x) "and their derivatives")
          testCase "matrix products, by their definition" (fun () ->
              let x = point "matmul" [ [ 2; 3; 4 ]; [ 4; 5 ] ]
              let y = Tensor.matmul x[0] x[1]
              for b in 0..1 do
                  for i in 0..2 do
                      for j in 0..4 do
                          let expected = Seq.sum [ for k in 0..3 -> at x[0] [ b; i; k ] * at x[1] [ k; j ] ]
                          expectClose 20.0 expected (at y [ b; i; j ]) $"({b}, {i}, {j})")
          testCase "einsum, by its definition" (fun () ->
              let x = point "einsum" [ [ 2; 3; 4 ]; [ 4; 2 ] ]
              let y = Tensor.einsum "ijk,ki->jk" x[0] x[1]
              for j in 0..2 do
                  for k in 0..3 do
                      let expected = Seq.sum [ for i in 0..1 -> at x[0] [ i; j; k ] * at x[1] [ k; i ] ]
                      expectClose 20.0 expected (at y [ j; k ]) $"({j}, {k})")
          testCase "convolutions, by their definition" (fun () ->
              let x = point "conv" [ [ 2; 3; 2; 3 ]; [ 2; 3; 5; 6 ] ]
              let y = Tensor.conv2d (2, 1) (1, 2) x[0] x[1]
              Expect.equal y.Dimensions [| 2; 2; 3; 8 |] "shape"
              for n, o, i, j in [ 0, 0, 0, 0; 1, 1, 2, 7; 0, 1, 1, 3; 1, 0, 2, 4 ] do
                  let expected =
                      Seq.sum
                          [ for c in 0..2 do
                                for p in 0..1 do
                                    for q in 0..2 do
                                        let h, w = 2 * i + p - 1, j + q - 2
                                        if h >= 0 && h < 5 && w >= 0 && w < 6 then at x[0] [ o; c; p; q ] * at x[1] [ n; c; h; w ] ]
                  expectClose 40.0 expected (at y [ n; o; i; j ]) $"({n}, {o}, {i}, {j})")
          testCase "reductions, by their definition" (fun () ->
              let x = tensor [ 2; 3 ] [ 1.0; 5.0; 3.0; 4.0; 2.0; 6.0 ]
              Expect.equal (Tensor.sumOver [ 0 ] x) (tensor [ 3 ] [ 5.0; 7.0; 9.0 ]) "sum"
              Expect.equal (Tensor.maxOver [ 1 ] x) (tensor [ 2 ] [ 5.0; 6.0 ]) "max"
              Expect.equal (Tensor.argMax 1 x) [| 1; 2 |] "argMax"
              Expect.equal (Tensor.argMin 0 x) [| 0; 1; 0 |] "argMin"
              Expect.equal (Tensor.cumulativeSum 1 x) (tensor [ 2; 3 ] [ 1.0; 6.0; 9.0; 4.0; 6.0; 12.0 ]) "cumulative"
              expectSame 720.0 (Tensor.product x).Value "product"
              expectClose 4.0 3.5 (Tensor.mean x).Value "mean"
              expectClose 8.0 3.5 (Tensor.variance 1 x).Value "variance"
              expectClose 8.0 (sqrt 91.0) (Tensor.norm x).Value "norm"
              expectSame 5e300 (Tensor.norm (tensor [ 2 ] [ 3e300; 4e300 ])).Value "no overflow")
          testCase "products beside zeros have exact derivatives" (fun () ->
              let gradient = AD.grad Tensor.product (tensor [ 3 ] [ 0.0; 2.0; 3.0 ])
              Expect.equal gradient (tensor [ 3 ] [ 6.0; 0.0; 0.0 ]) "one zero"
              let hessian = AD.hvp Tensor.product (tensor [ 3 ] [ 0.0; 0.0; 3.0 ]) (tensor [ 3 ] [ 1.0; 0.0; 0.0 ])
              Expect.equal hessian (tensor [ 3 ] [ 0.0; 3.0; 0.0 ]) "two zeros")
          testCase "elements that tie share the slope of an extreme" (fun () ->
              Expect.equal (AD.grad Tensor.max (tensor [ 4 ] [ 2.0; 1.0; 2.0; 0.0 ])) (tensor [ 4 ] [ 0.5; 0.0; 0.5; 0.0 ]) "max")
          testCase "logSumExp and softmax at the edges" (fun () ->
              expectSame 1000.0 (Tensor.logSumExp (tensor [ 2 ] [ 1000.0; 0.0 ])).Value "no overflow"
              expectSame Double.NegativeInfinity (Tensor.logSumExp (tensor [ 2 ] [ -infinity; -infinity ])).Value "nothing"
              expectSame Double.NegativeInfinity (Tensor.logSumExp (tensor [ 0 ] [])).Value "no elements"
              expectClose 4.0 (exp -40.0) (Tensor.logSumExp (tensor [ 2 ] [ 0.0; -40.0 ])).Value "small terms are kept"
              Expect.equal (AD.grad Tensor.logSumExp (tensor [ 2 ] [ -infinity; 0.0 ])) (tensor [ 2 ] [ 0.0; 1.0 ]) "an impossible outcome")
          testCase "softmax and its logarithm at the edges" (fun () ->
              let x = tensor [ 3; 3 ] [ 1000.0; 0.0; -1000.0; -infinity; 0.0; 0.0; infinity; 0.0; 1.0 ]
              Expect.equal (Tensor.softmax 1 x) (tensor [ 3; 3 ] [ 1.0; 0.0; 0.0; 0.0; 0.5; 0.5; 1.0; 0.0; 0.0 ]) "softmax"
              let y = Tensor.logSoftmax 1 x
              Expect.equal y[0, *] (tensor [ 3 ] [ 0.0; -1000.0; -2000.0 ]) "logSoftmax"
              expectSame -infinity (at y [ 1; 0 ]) "an impossible outcome"
              expectClose
                  2.0
                  (exp -50.0)
                  -(at (Tensor.logSoftmax 1 (tensor [ 1; 2 ] [ 0.0; -50.0 ])) [ 0; 0 ])
                  "one that is nearly certain")
          testCase "losses keep what is nearly certain, and so do their slopes" (fun () ->
              let tiny = exp -50.0
              let loss = Tensor.crossEntropy [| 0 |]
              let x = tensor [ 1; 2 ] [ 50.0; 0.0 ]
              let value, slope = AD.valueAndGrad loss x
              expectClose 4.0 tiny value.Value "crossEntropy"
              expectClose 4.0 -tiny (at slope [ 0; 0 ]) "at the label"
              expectClose 4.0 tiny (at slope [ 0; 1 ]) "elsewhere"
              let along = tensor [ 1; 2 ] [ 1.0; 0.0 ]
              expectClose 4.0 -tiny (snd (AD.jvp loss x along)).Value "forward"
              // d2 loss / dx0^2 = p0 p1
              expectClose 8.0 tiny (at (AD.hvp loss x along) [ 0; 0 ]) "forward over reverse"
              expectClose 8.0 tiny (at (AD.grad (fun x -> (AD.grad loss x).[0, 0]) x) [ 0; 0 ]) "reverse over reverse"
              for t, z in [ 1.0, 50.0; 0.0, -50.0 ] do
                  let value, slope = AD.valueAndGrad (Tensor.binaryCrossEntropy (tensor [ 1 ] [ t ])) (tensor [ 1 ] [ z ])
                  expectClose 4.0 tiny value.Value $"binaryCrossEntropy, target {t}"
                  expectClose 4.0 ((1.0 - 2.0 * t) * tiny) (at slope [ 0 ]) $"its slope, target {t}")
          testCase "what where does not choose contributes nothing" (fun () ->
              let f (x: Tensor) = Tensor.sum (Tensor.where (tensor [ 2 ] [ 1.0; 0.0 ]) (Tensor.Log x) (x * x))
              let x = tensor [ 2 ] [ 2.0; -1.0 ]
              Expect.equal (AD.grad f x) (tensor [ 2 ] [ 0.5; -2.0 ]) "log of -1 is not chosen")
          testList
              "wrong shapes"
              [ let refused name (parts: string list) (action: unit -> obj) =
                    testCase name (fun () ->
                        expectMentions (name :: parts) (thrown<ArgumentException>(fun () -> action () |> ignore)).Message)
                let a, b = tensor [ 2; 3 ] (Seq.init 6 float), tensor [ 2; 2 ] (Seq.init 4 float)
                refused "reshape" [ "[2, 3]"; "[4]" ] (fun () -> Tensor.reshape [ 4 ] a)
                refused "matmul" [ "[2, 3]"; "[2, 2]" ] (fun () -> Tensor.matmul a b)
                refused "dot" [ "[2, 3]"; "[2, 2]" ] (fun () -> box (Tensor.dot a b))
                refused "concatenate" [ "[2, 3]"; "[2, 2]" ] (fun () -> Tensor.concatenate 0 [ a; b ])
                refused "where" [ "[2, 3]"; "[2, 2]" ] (fun () -> Tensor.where a a b)
                refused "einsum" [ "'j'"; "[2, 3]"; "[2, 2]" ] (fun () -> Tensor.einsum "ij,jk->ik" a b)
                refused "conv2d" [ "[2, 3]" ] (fun () -> Tensor.conv2d (1, 1) (0, 0) b a)
                refused "pick" [ "[2, 3]" ] (fun () -> Tensor.pick [| 0 |] a)
                refused "crossEntropy" [ "[2, 3]"; "1" ] (fun () -> box (Tensor.crossEntropy [| 0 |] a))
                testCase "a label that is no column" (fun () ->
                    let error = thrown<ArgumentException>(fun () -> Tensor.crossEntropy [| 0; 3 |] a |> ignore)
                    expectMentions [ "crossEntropy"; "3"; "[2, 3]" ] error.Message)
                refused "binaryCrossEntropy" [ "[2, 3]"; "[2, 2]" ] (fun () -> box (Tensor.binaryCrossEntropy a b))
                refused "broadcastTo" [ "[2, 3]"; "[3, 3]" ] (fun () -> Tensor.broadcastTo [ 3; 3 ] a)
                refused "max" [ "[0]" ] (fun () -> box (Tensor.max (Tensor.zeros [ 0 ])))
                refused "sum" [ "5"; "[2, 3]" ] (fun () -> Tensor.sumOver [ 5 ] a) ] ]
