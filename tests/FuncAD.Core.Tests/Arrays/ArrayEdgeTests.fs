/// Where single operations on arrays are at an edge: offsets and infinities of exponentials, losses of different shapes, norms and means of nothing.
module FuncAD.Tests.ArrayEdgeTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Tests.Testing

let private vector (items: float list) = Tensor.ofArray (Array.ofList items)

let private unit' n index = Tensor.ofArray (Array.init n (fun i -> if i = index then 1.0 else 0.0))

/// A row of whole steps from an offset, a step being a number that is exact there.
type private Row = { Offset: float; Step: float; Steps: int list; Label: int }

let private rows: Arbitrary<Row> =
    let offset =
        Gen.elements [ 0.0, 0.25; 1e10, 0.25; -1e10, 0.5; 1e15, 0.5; 1e17, 16.0; -1e17, 16.0; 1e300, Math.BitIncrement 1e300 - 1e300 ]
    let steps = Gen.choose (2, 6) |> Gen.bind (fun length -> Gen.listOfLength length (Gen.choose (0, 40)))
    Gen.map3
        (fun (offset, step) steps label -> { Offset = offset; Step = step; Steps = steps; Label = label % List.length steps })
        offset
        steps
        (Gen.choose (0, 5))
    |> Arb.fromGen

/// The numbers of a row, and their weights from the exact differences.
let private weights (row: Row) : float[] * float[] =
    let x = row.Steps |> List.map (fun k -> row.Offset + float k * row.Step) |> Array.ofList
    let largest = Array.max x
    let terms = x |> Array.map (fun x -> Math.Exp(x - largest))
    x, terms |> Array.map (fun term -> term / Array.sum terms)

/// A weight is an exponential (4 units in the last place, as a vector form), a sum of six and a quotient: 20 roundings. A second derivative is a
/// product of three such numbers and a sum of six of one sign.
let private first, second = 20.0, 100.0

let private expectClosely roundings (expected: float[]) (actual: Tensor) what =
    Array.iteri (fun i e -> expectClose roundings e (actual.ElementAt i).Value $"{what}, element {i}") expected

let private forward (f: Tensor -> Real) (x: Tensor) : Tensor =
    Tensor.stack [ for i in 0 .. x.Length - 1 -> snd (AD.jvp f x (unit' x.Length i)) ]

let private exponentials =
    testList
        "arrays: weights of exponentials"
        [ law "logSumExp has its weights at every offset" 500 rows (fun row ->
              let x, w = weights row
              expectClosely first w (AD.grad Tensor.logSumExp (Tensor.ofArray x)) "reverse"
              expectClosely first w (forward Tensor.logSumExp (Tensor.ofArray x)) "forward"
              expectClosely first w (Tensor.softmax 0 (Tensor.ofArray x)) "softmax")
          law "second derivatives of logSumExp cancel nowhere" 500 rows (fun row ->
              let x, w = weights row
              for i = 0 to w.Length - 1 do
                  let others = Array.sum (Array.removeAt i w)
                  let expected = Array.init w.Length (fun j -> if i = j then w[i] * others else -(w[i] * w[j]))
                  expectClosely second expected (AD.hvp Tensor.logSumExp (Tensor.ofArray x) (unit' w.Length i)) $"row {i} of the Hessian"
                  let along x = AD.grad (fun x -> (AD.grad Tensor.logSumExp x).ElementAt i) x
                  expectClosely second expected (along (Tensor.ofArray x)) $"row {i}, reverse over reverse")
          // the logarithm of the softmax, which is 640 at most, is rounded before its exponential is the weight
          for name, second, loss in
              [ "the cross-entropy",
                second,
                fun (label: int) (x: Tensor) -> Tensor.crossEntropy [| label |] (Tensor.reshape [ 1; x.Length ] x)
                "the logarithm of the softmax", second + 1300.0, fun label x -> -(Tensor.logSoftmax 0 x).ElementAt label ] do
              law $"{name} has its weights at every offset" 500 rows (fun row ->
                  let x, w = weights row
                  let loss = loss row.Label
                  let expected = w |> Array.mapi (fun i w' -> if i = row.Label then -(Array.sum (Array.removeAt i w)) else w')
                  expectClosely second expected (AD.grad loss (Tensor.ofArray x)) "reverse"
                  expectClosely second expected (forward loss (Tensor.ofArray x)) "forward"
                  let inner, _ = AD.jvp (AD.grad loss) (Tensor.ofArray x) (unit' x.Length 0)
                  expectClosely second expected inner "reverse, on numbers of a level"
                  let curvature =
                      w |> Array.mapi (fun i w' -> if i = row.Label then w' * Array.sum (Array.removeAt i w) else -(w' * w[row.Label]))
                  expectClosely second curvature (AD.hvp loss (Tensor.ofArray x) (unit' x.Length row.Label)) "a row of the Hessian")
          testCase "infinite numbers: one has all the weight, none has any, several are undefined" (fun () ->
              let check (x: float list) (expected: float list) =
                  expectClosely 0.0 (Array.ofList expected) (AD.grad Tensor.logSumExp (vector x)) $"reverse at {x}"
                  expectClosely 0.0 (Array.ofList expected) (forward Tensor.logSumExp (vector x)) $"forward at {x}"
              check [ -infinity; -infinity ] [ 0.0; 0.0 ]
              check [ -infinity; 3.0 ] [ 0.0; 1.0 ]
              check [ infinity; 3.0; -infinity ] [ 1.0; 0.0; 0.0 ]
              check [ infinity; 3.0; infinity ] [ nan; 0.0; nan ]
              check [ -infinity ] [ 1.0 ])
          testCase "softmax and its logarithm weigh infinite numbers as logSumExp does" (fun () ->
              let check (x: float list) (weights: float list) (logarithms: float list) =
                  (Tensor.softmax 0 (vector x)).ToArray() |> Array.iteri (fun i w -> expectSame weights[i] w $"softmax {x}, element {i}")
                  (Tensor.logSoftmax 0 (vector x)).ToArray()
                  |> Array.iteri (fun i l -> expectSame logarithms[i] l $"logSoftmax {x}, element {i}")
              check [ infinity; 0.0 ] [ 1.0; 0.0 ] [ 0.0; -infinity ]
              check [ 3.0; -infinity; infinity ] [ 0.0; 0.0; 1.0 ] [ -infinity; -infinity; 0.0 ]
              check [ infinity; 3.0; infinity ] [ nan; 0.0; nan ] [ nan; -infinity; nan ]
              check [ -infinity; -infinity ] [ 0.0; 0.0 ] [ nan; nan ]
              check [ -infinity; 0.0 ] [ 0.0; 1.0 ] [ -infinity; 0.0 ]
              check [ infinity ] [ 1.0 ] [ 0.0 ]
              check [ -infinity ] [ 1.0 ] [ 0.0 ]
              check [ nan; 0.0 ] [ nan; nan ] [ nan; nan ]
              check [ nan ] [ nan ] [ nan ])
          testCase "cross-entropies of infinite logits: values and slopes exist together" (fun () ->
              let check label (logits: float list) (loss: float) (slopes: float list) =
                  let f (x: Tensor) = Tensor.crossEntropy [| label |] (Tensor.reshape [ 1; x.Length ] x)
                  let value, gradient = AD.valueAndGrad f (vector logits)
                  expectSame loss value.Value $"label {label} of {logits}"
                  for way, slope in [ "reverse", gradient; "forward", forward f (vector logits) ] do
                      slope.ToArray() |> Array.iteri (fun i s -> expectEqual slopes[i] s $"label {label} of {logits}, {way}, slope {i}")
              check 0 [ infinity; 0.0 ] 0.0 [ 0.0; 0.0 ]
              check 1 [ infinity; 0.0 ] infinity [ 1.0; -1.0 ]
              check 0 [ 0.0; -infinity ] 0.0 [ 0.0; 0.0 ]
              check 1 [ 0.0; -infinity ] infinity [ 1.0; -1.0 ]
              check 0 [ -infinity; -infinity ] nan [ nan; nan ]
              check 0 [ infinity; infinity ] nan [ nan; nan ]
              check 0 [ -infinity ] 0.0 [ 0.0 ])
          testCase "binary cross-entropies of infinite logits, as a number and in vectors" (fun () ->
              for target, logit, loss, slope in
                  [ 0.0, infinity, infinity, 1.0
                    0.0, -infinity, 0.0, 0.0
                    1.0, infinity, 0.0, 0.0
                    1.0, -infinity, infinity, -1.0
                    0.25, infinity, infinity, 0.75
                    0.25, -infinity, infinity, -0.25
                    0.0, nan, nan, nan
                    nan, infinity, nan, nan ] do
                  expectSame loss (SpecialValues.logisticLoss logit target) $"target {target}, logit {logit}"
                  for n in [ 1; 3; 20 ] do
                      let f (x: Tensor) = Tensor.binaryCrossEntropy (Tensor.full [ n ] target) x
                      let x = Tensor.ofArray (Array.create n logit)
                      let value, gradient = AD.valueAndGrad f x
                      expectSame loss value.Value $"{n} of target {target}, logit {logit}"
                      gradient.ToArray()
                      |> Array.iter (fun s -> expectWithin 1e-15 (slope / float n) s $"slope of {n}, target {target}, logit {logit}")) ]

let private movements =
    let minus = vector [ -0.0; -0.0; 1.0 ]
    let matrix = Tensor.reshape [ 1; 3 ] minus
    testList
        "arrays: the sign of zero"
        [ testCase "what moves elements moves their bits" (fun () ->
              let check what (expected: float list) (y: Tensor) =
                  Expect.equal y.Length expected.Length what
                  y.ToArray() |> Array.iteri (fun i y -> expectSame expected[i] y $"{what}, element {i}")
              let z, m = 0.0, -0.0
              check "concatenate" [ m; m; 1.0; m; m; 1.0 ] (Tensor.concatenate 0 [ minus; minus ])
              check "concatenate columns" [ m; m; 1.0; m; m; 1.0 ] (Tensor.concatenate 1 [ matrix; matrix ])
              check "stackAlong 0" [ m; m; 1.0; m; m; 1.0 ] (Tensor.stackAlong 0 [ minus; minus ])
              check "stackAlong 1" [ m; m; m; m; 1.0; 1.0 ] (Tensor.stackAlong 1 [ minus; minus ])
              check "pad" [ z; m; m; 1.0; z ] (Tensor.pad [ 1, 1 ] minus)
              check "pad a matrix" [ z; z; z; z; z; z; m; m; 1.0; z; z; z; z; z; z ] (Tensor.pad [ 1, 1; 1, 1 ] matrix)
              check "scatterAdd" [ m; z; 1.0; z; m ] (Tensor.scatterAdd 0 [| 4; 0; 2 |] 5 minus)
              check "scatterAdd, several addends" [ m; 1.0; z ] (Tensor.scatterAdd 0 [| 0; 0; 1 |] 3 minus)
              check "scatterAdd, slices" [ z; z; z; m; m; 1.0 ] (Tensor.scatterAdd 0 [| 1 |] 2 matrix)
              check "diagonalMatrix" [ m; z; z; z; m; z; z; z; 1.0 ] (Tensor.diagonalMatrix minus)
              check "flip" [ 1.0; m; m ] (Tensor.flip 0 minus)
              check "gather" [ m; 1.0 ] (Tensor.gather 0 [| 1; 2 |] minus)
              check "broadcastTo" [ m; m; 1.0; m; m; 1.0 ] (Tensor.broadcastTo [ 2; 3 ] minus)
              check "transpose" [ m; m; 1.0 ] (Tensor.transpose matrix)
              check "split" [ m; 1.0 ] (Array.last (Tensor.split 0 [ 1; 2 ] minus))
              check "where" [ m; m; 1.0 ] (Tensor.where (Tensor.ones [ 3 ]) minus (Tensor.zeros [ 3 ]))
              check "windows" [ m ] (Tensor.maxPool2d (1, 2) (1, 2) (Tensor.reshape [ 1; 1; 1; 3 ] minus))) ]

let private losses =
    let refused (loss: unit -> Real) parts = (thrown<ArgumentException>(fun () -> loss () |> ignore)).Message |> expectMentions parts
    testList
        "arrays: losses"
        [ testCase "losses want one shape and say both" (fun () ->
              refused
                  (fun () -> Tensor.meanSquaredError (Tensor.ones [ 4; 1 ]) (Tensor.ones [ 4 ]))
                  [ "meanSquaredError"; "[4, 1]"; "[4]" ]
              refused (fun () -> Tensor.meanSquaredError (Tensor.ones []) (Tensor.ones [ 4 ])) [ "meanSquaredError"; "[]"; "[4]" ]
              refused
                  (fun () -> Tensor.binaryCrossEntropy (Tensor.ones [ 4 ]) (Tensor.ones [ 4; 1 ]))
                  [ "binaryCrossEntropy"; "[4, 1]"; "[4]" ])
          testCase "a cross-entropy counts labels against rows" (fun () ->
              refused (fun () -> Tensor.crossEntropy [| 0; 1 |] (Tensor.ones [ 3; 4 ])) [ "crossEntropy"; "3 rows"; "2 labels"; "[3, 4]" ]
              refused (fun () -> Tensor.crossEntropy [| 0; 1 |] (Tensor.ones [ 3 ])) [ "crossEntropy"; "2 labels"; "[3]" ])
          testCase "labels and columns are counted from 0, and not from the end" (fun () ->
              let message (f: unit -> obj) = (thrown<ArgumentException>(fun () -> f () |> ignore)).Message
              for label in [ -1; 4 ] do
                  message (fun () -> box (Tensor.crossEntropy [| 0; label; 1 |] (Tensor.ones [ 3; 4 ])))
                  |> expectMentions [ "crossEntropy"; "labels"; $"{label}"; "row 1"; "from 0 to 3"; "[3, 4]" ]
                  message (fun () -> box (Tensor.pick [| 0; label; 1 |] (Tensor.ones [ 3; 4 ])))
                  |> expectMentions [ "pick"; "columns"; $"{label}"; "row 1"; "from 0 to 3"; "[3, 4]" ]) ]

let private edges =
    testList
        "arrays: norms, means and products at their edges"
        [ testCase "at the origin a norm has the slope 0 and no second derivative" (fun () ->
              let origin, direction = Tensor.zeros [ 2 ], unit' 2 0
              let check what (expected: float) (y: Tensor) =
                  for i = 0 to y.Length - 1 do
                      expectSame expected (y.ElementAt i).Value what
              for name, f in [ "n", Tensor.norm; "n * n", (fun x -> let n = Tensor.norm x in n * n) ] do
                  check $"{name}, reverse" 0.0 (AD.grad f origin)
                  check $"{name}, forward" 0.0 (forward f origin)
                  check $"{name}, forward over reverse" nan (AD.hvp f origin direction)
                  check $"{name}, reverse over reverse" nan (AD.grad (fun x -> (AD.grad f x).ElementAt 0) origin)
                  check $"{name}, reverse over forward" nan (AD.grad (fun x -> snd (AD.jvp f x direction)) origin)
                  check
                      $"{name}, forward over forward"
                      nan
                      (Tensor.Of(snd (AD.jvp (fun x -> snd (AD.jvp f x direction)) origin direction))))
          testCase "a norm neither overflows nor underflows, nor do its slopes" (fun () ->
              for size in [ 1e-320; 1e-300; 1e-160; 1.0; 1e160; 2e307 ] do
                  let x = vector [ 3.0 * size; 4.0 * size ]
                  let n = 5.0 * size
                  expectWithin (4.0 * u * n + Double.Epsilon) n (Tensor.norm x).Value $"norm at {size}"
                  expectClosely 8.0 [| x.Elements[0] / n; x.Elements[1] / n |] (AD.grad Tensor.norm x) $"slopes at {size}")
          testCase "a norm's tangents may be of any size beside it" (fun () ->
              let check what (expected: float) (actual: Real) = expectWithin (8.0 * u * abs expected) expected actual.Value what
              for size, slope in [ 1e300, 1e-30; 1e-300, 1e10; 1e-320, 1e300; 1e300, 1.0; 1.0, 1e-300 ] do
                  check $"{slope} beside {size}" slope (AD.diff (fun t -> Tensor.norm (Tensor.stack [ Real size + slope * t ])) (Real 0.0))
              for size in [ 1e-300; 1e-200; 1e-155; 1.0; 1e155; 1e200; 1e300 ] do
                  let beside t = Tensor.norm (Tensor.stack [ Real size; t ])
                  check $"second derivative at {size}" (1.0 / size) (AD.diffn 2 beside (Real 0.0))
                  check $"reverse over forward at {size}" (1.0 / size) (AD.grad (AD.diff beside) (Real 0.0))
                  check $"forward over reverse at {size}" (1.0 / size) (AD.diff (fun (t: Real) -> AD.grad beside t) (Real 0.0))
                  check
                      $"laplacian at {size}"
                      (1.0 / size)
                      (AD.laplacian (fun x -> Tensor.norm (Tensor.stack x)) [| Real size; Real 0.0 |]))
          testCase "of nothing, all modes say the same" (fun () ->
              for name, value, f in
                  [ "mean", nan, Tensor.mean
                    "sum", 0.0, Tensor.sum
                    "variance", nan, Tensor.variance 0
                    "sample variance", nan, Tensor.variance 1
                    "norm", 0.0, Tensor.norm
                    "product", 1.0, Tensor.product
                    "logSumExp", -infinity, Tensor.logSumExp
                    "means over an axis", nan, (fun x -> Tensor.sum (Tensor.meanOver [ 0 ] x))
                    "mean squared error", nan, (fun x -> Tensor.meanSquaredError x (2.0 * x)) ] do
                  let f (y: Real, x: Tensor) = f (y * x)
                  let point, along = (Real 2.0, Tensor.zeros [ 0; 2 ]), (Real 1.0, Tensor.zeros [ 0; 2 ])
                  let y, (slope, _) = AD.valueAndGrad f point
                  expectSame value y.Value $"{name}, value"
                  expectSame 0.0 slope.Value $"{name}, reverse"
                  expectSame 0.0 (snd (AD.jvp f point along)).Value $"{name}, forward"
                  expectSame 0.0 (fst (AD.hvp f point along)).Value $"{name}, second")
          testCase "one datum has no sample variance, and equal data have none" (fun () ->
              expectSame nan (Tensor.variance 1 (vector [ 3.0 ])).Value "one datum"
              expectSame nan (Tensor.variance 2 (vector [ 3.0 ])).Value "fewer data than are taken off"
              expectClosely 0.0 [| 0.0; 0.0; 0.0 |] (AD.grad (Tensor.variance 0) (vector [ 3.0; 3.0; 3.0 ])) "equal data")
          testCase "a product's slopes are alike in both modes, beside zeros and where it overflows" (fun () ->
              for x in
                  [ [ 1e200; 1e200; 1e-200 ]
                    [ 1e200; 1e200; 0.0 ]
                    [ 1e200; 1e-200; 1e200; 1e-200 ]
                    [ 0.0; 0.0; 3.0 ]
                    [ 2.0; 0.0; 3.0 ]
                    [ 1e200; 1e200; 1e200; 0.0; 0.0 ]
                    [ infinity; 0.0; 2.0 ] ] do
                  let forward = forward Tensor.product (vector x)
                  AD.grad Tensor.product (vector x) |> expectClosely 4.0 (forward.ToArray()) <| $"the slopes at {x}") ]

let private refusals =
    testCase "what cannot be made is refused by its own name" (fun () ->
        let refused parts (f: unit -> obj) =
            let error = Expect.throwsC (fun () -> f () |> ignore) id
            Expect.isTrue (error :? ArgumentException) $"an ArgumentException, got {error.GetType().Name}: {error.Message}"
            expectMentions parts error.Message
        refused [ "conv1d"; "stride" ] (fun () -> Tensor.conv1d 0 0 (Tensor.ones [ 1; 1; 2 ]) (Tensor.ones [ 1; 1; 4 ]))
        refused [ "conv1d"; "5"; "4" ] (fun () -> Tensor.conv1d 1 0 (Tensor.ones [ 1; 1; 5 ]) (Tensor.ones [ 1; 1; 4 ]))
        refused [ "conv1d"; "padding"; "-1" ] (fun () -> Tensor.conv1d 1 -1 (Tensor.ones [ 1; 1; 2 ]) (Tensor.ones [ 1; 1; 4 ]))
        refused [ "conv2d"; "padding"; "-1" ] (fun () ->
            Tensor.conv2d (1, 1) (0, -1) (Tensor.ones [ 1; 1; 2; 2 ]) (Tensor.ones [ 1; 1; 4; 4 ]))
        refused [ "stackAlong"; "no tensors" ] (fun () -> Tensor.stackAlong 0 [])
        refused [ "stackAlong"; "[2]"; "[3]" ] (fun () -> Tensor.stackAlong 0 [ Tensor.ones [ 2 ]; Tensor.ones [ 3 ] ])
        refused [ "stackAlong"; "axis 2" ] (fun () -> Tensor.stackAlong 2 [ Tensor.ones [ 2 ] ])
        refused [ "ofRows"; "row 1" ] (fun () -> Tensor.ofRows [| [| 1.0 |]; null |])
        refused [ "ofRows"; "row 0" ] (fun () -> Tensor.ofRows [| null |])
        refused [ "range"; "1E+300" ] (fun () -> Tensor.range 0.0 1e300 1.0)
        refused [ "range"; "NaN" ] (fun () -> Tensor.range nan 1.0 1.0)
        refused [ "range" ] (fun () -> Tensor.range 0.0 infinity 1.0)
        for data in [ [ 1.0; 3.0 ]; [ 2.0; 2.0 ] ] do
            for delta in [ 2; 3 ] do
                expectSame nan (Tensor.variance delta (vector data)).Value $"the variance of {data} with {delta} less"
        refused [ "3"; "1" ] (fun () -> Tensor.Clamp(Tensor.ones [ 2 ], Real 3.0, Real 1.0))
        refused [ "3"; "1" ] (fun () -> Tensor.Clamp(Tensor.ones [ 2 ], vector [ 0.0; 3.0 ], vector [ 1.0; 1.0 ]))
        Expect.equal (Tensor.zeros [ 65536; 65536; 0 ]).Length 0 "no elements")

let private copies =
    testCase "a vector or matrix made of a tensor is a copy" (fun () ->
        let x = vector [ 1.0; 2.0 ]
        let y, m = Tensor.toVector x, Tensor.toMatrix (Tensor.reshape [ 1; 2 ] x)
        y[0] <- 5.0
        m[0, 0] <- 5.0
        expectSame 1.0 (x.ElementAt 0).Value "the tensor's element")

let private operators =
    testCase "every operator takes numbers on either side" (fun () ->
        let t, r = vector [ 5.5; -7.25 ], Real 3.0
        let check what (expected: float -> float) (y: Tensor) =
            y.ToArray() |> Array.iteri (fun i y -> expectSame (expected (t.ElementAt i).Value) y what)
        check "t % 3" (fun x -> x % 3.0) (t % 3.0)
        check "3 % t" (fun x -> 3.0 % x) (3.0 % t)
        check "t % r" (fun x -> x % 3.0) (t % r)
        check "r % t" (fun x -> 3.0 % x) (r % t)
        let slopes (f: Real -> Tensor) = AD.grad (fun r -> Tensor.sum (f r)) r
        expectSame 1.0 (slopes (fun r -> t % r)).Value "d (t % r) / dr: less the quotients 1 and -2"
        expectSame 2.0 (slopes (fun r -> r % t)).Value "d (r % t) / dr")

[<Tests>]
let tests = testList "arrays: edges" [ exponentials; movements; losses; edges; refusals; copies; operators ]
