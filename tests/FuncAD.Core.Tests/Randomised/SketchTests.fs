/// Operations on tensors that keep a sketch: exact values and tangents, unbiased pullbacks, and the memory that they say.
module FuncAD.Tests.SketchTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Significance

let private tensor (seed: int) (shape: int list) = (RandomKey.Of seed).Normal(List.toArray shape)

let private elements (x: Tensor) = x.ToArray()

/// The mean over so many keys is the exact array, element by element: with fixed keys, this fails by chance for one choice of them in 10^8,
/// with some thousand elements in all (Significance).
let private expectUnbiased (what: string) (exact: Tensor) (estimate: RandomKey -> Tensor) =
    let seed = 20260
    let count = 2000
    let draws = (RandomKey.Of seed).Split count |> Array.map (estimate >> elements)
    elements exact
    |> Array.iteri (fun index exact ->
        let sample = draws |> Array.map (fun draw -> draw[index])
        expectEstimateWithin
            (1e-12 * abs exact + 1e-14)
            exact
            (estimateOf sample)
            $"{what}[{index}], keys RandomKey.Of {seed} split by {count}")

/// x, w, b; weights of a loss, so that cotangents differ.
let private x, w, b = tensor 1 [ 3; 7 ], tensor 2 [ 7; 4 ], tensor 3 [ 4 ]
let private weights = tensor 4 [ 3; 4 ]

let private lossOf (product: Tensor * Tensor * Tensor -> Tensor) (p: Tensor * Tensor * Tensor) = Tensor.sum (weights * sin (product p))

let private exactLayer (x, w, b) = Tensor.matmul x w + b
let private sketchedLayer keep key (x, w, b) = Randomised.affine keep key w b x

let private expectAlike what (a: Tensor) (b: Tensor) = Array.iter2 (fun a b -> expectClose 64.0 a b what) (elements a) (elements b)

[<Tests>]
let tests =
    testList
        "sketched operations"
        [ testCase "values and tangents are exact" (fun () ->
              let direction = tensor 5 [ 3; 7 ], tensor 6 [ 7; 4 ], tensor 7 [ 4 ]
              let exact, exactTangent = AD.jvp exactLayer (x, w, b) direction
              let value, tangent = AD.jvp (sketchedLayer 0.3 (RandomKey.Of 1)) (x, w, b) direction
              Expect.equal (elements value) (elements exact) "value"
              expectAlike "tangent" exactTangent tangent
              let activation key = Randomised.activation 0.3 key tanh
              let exact, exactTangent = AD.jvp tanh x (tensor 8 [ 3; 7 ])
              let value, tangent = AD.jvp (activation (RandomKey.Of 1)) x (tensor 8 [ 3; 7 ])
              Expect.equal (elements value) (elements exact) "activation"
              expectAlike "tangent of activation" exactTangent tangent)

          testCase "with all kept, gradients and Hessian products are exact" (fun () ->
              let key = RandomKey.Of 1
              let check what (exact: Tensor * Tensor * Tensor) (actual: Tensor * Tensor * Tensor) =
                  let (x, w, b), (x', w', b') = exact, actual
                  expectAlike $"{what} x" x x'
                  expectAlike $"{what} w" w w'
                  expectAlike $"{what} b" b b'
              check "gradient" (AD.grad (lossOf exactLayer) (x, w, b)) (AD.grad (lossOf (sketchedLayer 1.0 key)) (x, w, b))
              let direction = tensor 5 [ 3; 7 ], tensor 6 [ 7; 4 ], tensor 7 [ 4 ]
              // second derivatives of cancelling sums: compared with the exact ones by the length of their vector, 1e-12 of some 10
              let exact = AD.hvp (lossOf exactLayer) (x, w, b) direction
              let actual = AD.hvp (lossOf (sketchedLayer 1.0 key)) (x, w, b) direction
              let distance (a: Tensor, b: Tensor, c: Tensor) (a': Tensor, b': Tensor, c': Tensor) =
                  (Tensor.norm (a - a') + Tensor.norm (b - b') + Tensor.norm (c - c')).Value
              Expect.isLessThan (distance exact actual) 1e-12 "Hessian product"
              let activation = Randomised.activation 1.0 key (fun x -> x * sin x)
              expectAlike "activation" (AD.grad (fun x -> Tensor.sum (x * sin x)) x) (AD.grad (activation >> Tensor.sum) x))

          testCase "the gradients of a layer are unbiased, and exact but for w" (fun () ->
              let exactX, exactW, exactB = AD.grad (lossOf exactLayer) (x, w, b)
              let estimate key = AD.grad (lossOf (sketchedLayer 0.3 key)) (x, w, b)
              let ofX, ofW, ofB = estimate (RandomKey.Of 9)
              expectAlike "x" exactX ofX
              expectAlike "b" exactB ofB
              Expect.notEqual (elements ofW) (elements exactW) "w is random"
              expectUnbiased "w" exactW (fun key -> let _, w, _ = estimate key in w))

          testCase "the gradient through two layers is unbiased: their keys are independent" (fun () ->
              let w2 = tensor 11 [ 4; 2 ]
              let network (layer: int -> Tensor -> Tensor -> Tensor) (activation: Tensor -> Tensor) (w: Tensor) =
                  Tensor.sum (sin (layer 1 w2 (activation (layer 0 w x))))
              let exact = AD.grad (network (fun _ w x -> Tensor.matmul x w) tanh) w
              expectUnbiased "first layer" exact (fun key ->
                  let layer index w x = Randomised.linear 0.5 (key.Fold(int64 index)) w x
                  AD.grad (network layer (Randomised.activation 0.5 (key.Fold 2L) tanh)) w))

          testCase "a second derivative is unbiased where it does not join two draws of one key" (fun () ->
              // the derivative in x of the gradient in w, in a direction: linear in the sketch of x
              let along (layer: Tensor -> Tensor -> Tensor) (x: Tensor) =
                  AD.jvp (fun x -> AD.grad (fun w -> Tensor.sum (weights * layer w x)) w) x (tensor 5 [ 3; 7 ]) |> snd
              expectUnbiased "mixed" (along (fun w x -> Tensor.matmul x w) x) (fun key -> along (Randomised.linear 0.3 key) x))

          testCase "reverse over reverse is unbiased where a sketch is met at both levels" (fun () ->
              // sums of squares and of products of layers: the pullbacks of both levels read a sketch of the same array
              let square (y: Tensor) = Tensor.sum (y * y)
              let twice (f: (Tensor -> Tensor) -> Tensor -> Tensor) layer at =
                  AD.grad (fun at -> Tensor.sum (AD.grad (fun at -> square (f layer at)) at)) at
              let check what f exact sketched at = expectUnbiased what (twice f exact at) (fun key -> twice f (sketched key) at)
              let rate = tensor 23 [ 7 ]
              check "multiply" id (fun rate -> x * rate) (fun key rate -> Randomised.multiply 0.5 key rate x) rate
              check "linear" id (fun w -> Tensor.matmul x w) (fun key w -> Randomised.linear 0.5 key w x) w
              check "activation" id tanh (fun key -> Randomised.activation 0.5 key tanh) x)

          testCase "convolutions and scaled steps are unbiased" (fun () ->
              let images, kernels = tensor 21 [ 2; 2; 5; 5 ], tensor 22 [ 3; 2; 3; 3 ]
              let loss conv kernels = Tensor.sum (sin (conv kernels))
              let exactConv kernels = Tensor.conv2d (1, 1) (1, 1) kernels images
              expectUnbiased "kernels" (AD.grad (loss exactConv) kernels) (fun key ->
                  AD.grad (loss (fun kernels -> Randomised.conv2d 0.2 key (1, 1) (1, 1) kernels images)) kernels)
              let rate = tensor 23 [ 7 ]
              let exact = AD.grad (fun (rate: Tensor) -> Tensor.sum (sin (x * rate))) rate
              expectUnbiased "rate" exact (fun key -> AD.grad (fun rate -> Tensor.sum (sin (Randomised.multiply 0.3 key rate x))) rate)
              let ofState = AD.grad (fun (x: Tensor) -> Tensor.sum (sin (Randomised.multiply 0.3 (RandomKey.Of 1) rate x))) x
              expectAlike "state" (AD.grad (fun (x: Tensor) -> Tensor.sum (sin (x * rate))) x) ofState)

          testCase "the tape keeps what it says" (fun () ->
              // Two layers of a batch of 50: kept are 10 of 100 inputs and slopes a row, then 10 of 100 of the second layer's input, the
              // second layer's weights being parameters; the loss keeps what is small beside it.
              let batch, first, second = tensor 31 [ 50; 100 ], tensor 32 [ 100; 100 ], tensor 33 [ 100; 2 ]
              let loss (linear: int -> Tensor -> Tensor -> Tensor) (activation: Tensor -> Tensor) (w1: Tensor, w2: Tensor) =
                  Tensor.sum (linear 1 w2 (activation (linear 0 w1 batch)))
              let exact = Randomised.memory (loss (fun _ w x -> Tensor.matmul x w) tanh) (first, second)
              let sketched =
                  let linear index w x = Randomised.linear 0.1 ((RandomKey.Of 1).Fold(int64 index)) w x
                  Randomised.memory (loss linear (Randomised.activation 0.1 ((RandomKey.Of 1).Fold 2L) tanh)) (first, second)
              // exact: the batch, x w and its tanh, 5000 doubles each
              Expect.isGreaterThanOrEqual exact.ArrayBytes 120_000L "exact"
              Expect.isLessThan exact.ArrayBytes 125_000L "exact"
              // sketched: three sketches of 500 doubles
              Expect.isGreaterThanOrEqual sketched.ArrayBytes 12_000L "sketched"
              Expect.isLessThan sketched.ArrayBytes 14_000L "sketched"
              let numbers = Randomised.memory (fun (x: Real[]) -> x[0] * x[1] + sin x[0]) [| Real 1.0; Real 2.0 |]
              Expect.equal (numbers.Operations, numbers.NumberBytes, numbers.Arrays) (5L, 120L, 0) "numbers")

          testCase "odd shapes" (fun () ->
              let key = RandomKey.Of 1
              // a vector, a number, one column, nothing
              expectAlike "vector" (Tensor.matmul (tensor 1 [ 7 ]) w) (Randomised.linear 0.5 key w (tensor 1 [ 7 ]))
              let grad (shape: int list) = AD.grad (fun (x: Tensor) -> Tensor.sum (Randomised.activation 0.1 key exp x)) (tensor 1 shape)
              for shape in [ []; [ 1 ]; [ 1; 1 ] ] do
                  expectAlike $"{shape}" (exp (tensor 1 shape)) (grad shape)
              Expect.equal (grad [ 3; 0 ]).Length 0 "empty"
              expectUnbiased "a column" (exp (tensor 1 [ 9; 1 ])) (fun key ->
                  AD.grad (fun (x: Tensor) -> Tensor.sum (Randomised.activation 0.3 key exp x)) (tensor 1 [ 9; 1 ])))

          testCase "draws: zeros never, large elements more often, and the variance within its bound" (fun () ->
              // y = x w with the identity's cotangent: the gradient in w of the trace of x w is what stands for x, transposed
              let n = 6
              let x = Tensor.diagonalMatrix (Tensor.ofArray [| 1.0; -4.0; 0.0; 0.5; 2.0; -0.1 |])
              let standsFor (x: Tensor) keep key =
                  AD.grad (fun w -> Tensor.trace (Randomised.linear keep key w x)) (Tensor.zeros [ n; n ]) |> Tensor.transpose
              expectUnbiased "signs and zeros" x (standsFor x 0.1)
              let x = tensor 41 [ n; n ]
              let keep = 0.25
              let count = 4000
              let draws = (RandomKey.Of 7).Split count |> Array.map (standsFor x keep)
              let square (x: Tensor) = (Tensor.sum (x * x)).Value
              let variance = draws |> Array.averageBy (fun draw -> square (draw - x))
              // 18 draws of 4 bytes; one of each 4 elements, of 8 bytes, would have 3 sum x^2
              let bound = ((Tensor.sum (abs x)).Value ** 2.0 - square x) / (2.0 * keep * float (n * n))
              Expect.isLessThan variance bound "bound"
              Expect.isLessThan bound (3.0 * square x) "bound of uniform choices"
              Expect.isGreaterThan variance (0.2 * bound) "it is random")

          testCase "slopes of zeros and ones take a bit each, and are exact" (fun () ->
              let x = tensor 42 [ 40; 50 ]
              let relu (x: Tensor) = Tensor.Max(x, Tensor.ofArray [| 0.0 |])
              let loss (activation: Tensor -> Tensor) (x: Tensor) = Tensor.sum (sin (activation x))
              let sketched keep = loss (Randomised.activation keep (RandomKey.Of 1) relu)
              Expect.equal (elements (AD.grad (sketched 0.1) x)) (elements (AD.grad (loss relu) x)) "gradient"
              let bytes keep = (Randomised.memory (sketched keep) x).ArrayBytes - (Randomised.memory (loss id) x).ArrayBytes
              // 2000 bits in words of 64, and at a keep of 1 all slopes; sin keeps as many numbers with relu as without, but of an array that
              // is not the parameter: 16 000 bytes. Shapes take some bytes more.
              let all = bytes 1.0
              Expect.isGreaterThanOrEqual all 32_000L "all"
              Expect.isLessThan (bytes 0.1) (all - 16_000L + 256L + 64L) "bits")

          testCase "what is not finite is to be seen" (fun () ->
              let x = Tensor.ofArray [| 1.0; nan; 2.0; 3.0; 4.0; 5.0 |] |> Tensor.reshape [ 1; 6 ]
              let gradient = AD.grad (fun w -> Tensor.sum (Randomised.linear 0.2 (RandomKey.Of 1) w x)) (Tensor.zeros [ 6; 1 ])
              Expect.isTrue (Double.IsNaN gradient[1, 0].Value) "NaN")

          testCase "a convolution keeps images, not their windows" (fun () ->
              let images, kernels = tensor 51 [ 10; 2; 8; 8 ], tensor 52 [ 3; 2; 3; 3 ]
              let bytes conv = (Randomised.memory (fun kernels -> Tensor.sum (conv kernels)) kernels).ArrayBytes
              // 1280 pixels; nine windows have each of them, at the margins fewer
              Expect.isGreaterThan (bytes (fun kernels -> Tensor.conv2d (1, 1) (1, 1) kernels images)) (8L * 9L * 1280L - 1L) "exact"
              let sketched keep = bytes (fun kernels -> Randomised.conv2d keep (RandomKey.Of 1) (1, 1) (1, 1) kernels images)
              // and the kernels, 54 numbers, whose copies of other shapes are small enough for the tape's arena
              let little = 512L + 2L * 8L * 54L
              Expect.isLessThan (sketched 1.0) (8L * 1280L + little) "all of the images"
              Expect.isLessThan (sketched 0.1) (1024L + little) "a part of them"
              let exact = AD.grad (fun kernels -> Tensor.sum (sin (Tensor.conv2d (2, 1) (1, 0) kernels images))) kernels
              let whole =
                  AD.grad (fun kernels -> Tensor.sum (sin (Randomised.conv2d 1.0 (RandomKey.Of 1) (2, 1) (1, 0) kernels images))) kernels
              expectAlike "gradient" exact whole)

          testCase "exact operations keep what their pullbacks read, and no more" (fun () ->
              let x, constant = tensor 61 [ 100; 10 ], tensor 62 [ 10; 10 ]
              let bytes (f: Tensor -> Tensor) = (Randomised.memory (fun x -> Tensor.sum (f x)) x).ArrayBytes
              // shapes, and elements that stand for an array of a shape
              let little = 600L
              Expect.isLessThan (bytes (fun x -> sin x + x - 3.0 * x)) (little + 0L) "sin reads x, the parameter; sums read nothing"
              Expect.isLessThan (bytes (fun x -> Tensor.matmul (2.0 * x) constant)) (little + 800L) "a constant factor alone is kept"
              Expect.isLessThan (bytes (fun x -> exp (2.0 * x))) (little + 8000L) "exp reads its result"
              Expect.isGreaterThan (bytes (fun x -> exp (2.0 * x))) 7999L "exp reads its result"
              Expect.isLessThan (bytes (fun x -> Tensor.concatenate 0 [ 2.0 * x; 3.0 * x ])) little "concatenation"
              let grad = AD.grad (fun (a: Tensor) -> Tensor.sum (Tensor.Max(a, Tensor.full [ 300 ] 2.0) - Tensor.full [ 300 ] 1.0))
              Expect.equal (elements (grad (Tensor.ofArray [| 3.0 |]))) [| 300.0 |] "equal elements that one stands for"
              let grad = AD.grad (fun (a: Tensor) -> Tensor.sum (Tensor.full [ 300 ] 2.0 - a))
              Expect.equal (elements (grad (Tensor.ofArray [| 3.0 |]))) [| -300.0 |] "a broadcast operand of a difference")

          testCase "a structural zero stays one" (fun () ->
              // sqrt has an infinite slope at 0, where nothing arrives
              let f (x: Tensor) = (Randomised.activation 1.0 (RandomKey.Of 1) sqrt x)[0]
              Expect.equal (elements (AD.grad f (Tensor.ofArray [| 4.0; 0.0 |]))) [| 0.25; 0.0 |] "gradient")

          testCase "errors say what to do" (fun () ->
              let key = RandomKey.Of 1
              let message (f: unit -> Tensor) = (thrown<ArgumentException>(fun () -> f () |> ignore)).Message
              message (fun () -> Randomised.linear 0.5 key x x) |> expectMentions [ "Randomised.Linear"; "[3, 7]" ]
              message (fun () -> Randomised.linear 0.0 key w x) |> expectMentions [ "Randomised.Linear"; "keep" ]
              message (fun () -> Randomised.affine 0.5 key w x x) |> expectMentions [ "Randomised.Linear" ]
              let grad f () = AD.grad (fun x -> Tensor.sum (Randomised.activation 0.5 key f x)) x
              message (grad (fun x -> x / Tensor.sum x)) |> expectMentions [ "elementwise"; "several" ]
              for key in (RandomKey.Of 3).Split 20 do
                  let pair () =
                      AD.grad (fun x -> Tensor.sum (Randomised.activation 0.5 key (Tensor.softmax 0) x)) (Tensor.ofArray [| 0.5; 1.0 |])
                  message pair |> expectMentions [ "elementwise" ]
              message (grad Tensor.transpose) |> expectMentions [ "elementwise"; "[7, 3]" ]
              let captures () =
                  AD.grad (fun (a: Real) -> Tensor.sum (Randomised.activation 0.5 key (fun x -> a * x) x)) (Real 2.0) |> ignore
              (thrown<InvalidOperationException> captures).Message |> expectMentions [ "captured" ]) ]
