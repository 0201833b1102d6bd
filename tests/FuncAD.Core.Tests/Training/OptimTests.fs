/// Optimisers against their papers' formulas in plain loops, against differences through them, and on problems with known minima.
module FuncAD.Tests.OptimTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

/// A structure with everything: numbers, arrays of them, tensors, and parts that are neither.
type private Model = { Name: string; Weights: Tensor; Biases: Real[]; Scale: Real; Sizes: int list }

let private model (random: Random) (length: int) =
    { Name = "model"
      Weights = uniform random -1.0 1.0 [ length ]
      Biases = reals [| random.NextDouble(); -random.NextDouble() |]
      Scale = real (random.NextDouble())
      Sizes = [ length; 2 ] }

let private entries (m: Model) = Array.concat [ [| m.Scale.Value |]; values m.Biases; m.Weights.ToArray() ]

// ---- The papers, one number at a time: p, m, v and the step's number t from 1 on ----

type private Reference = float -> int -> float -> struct (float * float * float) -> struct (float * float * float)

let private sgd: Reference = fun rate _ g (struct (p, m, v)) -> struct (p - rate * g, m, v)

let private heavyBall mu : Reference =
    fun rate _ g (struct (p, m, v)) ->
        let m = mu * m - rate * g
        struct (p + m, m, v)

let private lookAhead mu : Reference =
    fun rate _ g (struct (p, m, v)) ->
        let m = mu * m - rate * g
        struct (p + mu * m - rate * g, m, v)

let private adam b1 b2 epsilon decay : Reference =
    fun rate t g (struct (p, m, v)) ->
        let m = b1 * m + (1.0 - b1) * g
        let v = b2 * v + (1.0 - b2) * g ** 2.0
        let mHat, vHat = m / (1.0 - b1 ** float t), v / (1.0 - b2 ** float t)
        struct (p - rate * mHat / (sqrt vHat + epsilon) - rate * decay * p, m, v)

/// A method of the library, for any structure.
type private Method =
    abstract Step: rate: Real -> gradient: 'P -> state: OptimState<'P> -> OptimState<'P>

let private methods: (string * Method * Reference) list =
    [ "sgd",
      { new Method with
          member _.Step rate g s = Optim.sgd rate g s },
      sgd
      "momentum",
      { new Method with
          member _.Step rate g s = Optim.momentum 0.8 rate g s },
      heavyBall 0.8
      "nesterov",
      { new Method with
          member _.Step rate g s = Optim.nesterov 0.8 rate g s },
      lookAhead 0.8
      "adam",
      { new Method with
          member _.Step rate g s = Optim.adam rate g s },
      adam 0.9 0.999 1e-8 0.0
      "adamWith",
      { new Method with
          member _.Step rate g s = Optim.adamWith { Beta1 = 0.5; Beta2 = 0.7; Epsilon = 1e-3; Decay = 0.0 } rate g s },
      adam 0.5 0.7 1e-3 0.0
      "adamW",
      { new Method with
          member _.Step rate g s = Optim.adamW 0.1 rate g s },
      adam 0.9 0.999 1e-8 0.1 ]

/// Some 20 roundings a step, of terms of the size of 10 at most, over 12 steps; each counted twice since both sides round.
let private tolerance = 2.0 * 20.0 * 12.0 * u * 10.0

let private againstPaper (name: string, method: Method, reference: Reference) =
    testCase $"{name} takes the paper's steps, in every part of a structure"
    <| fun () ->
        let random = random name
        let start = model random 13
        let mutable state = Optim.start start
        let mutable expected = entries start |> Array.map (fun p -> struct (p, 0.0, 0.0))
        for t = 1 to 12 do
            let gradient = model random 13
            let rate = 0.3 / float t
            let before = state
            let kept = entries before.Parameters
            state <- method.Step (real rate) gradient state
            expected <- Array.map2 (reference rate t) (entries gradient) expected
            Expect.equal (entries before.Parameters) kept "the old state stays as it was"
            Array.iter2
                (fun struct (p, _, _) actual -> expectWithin tolerance p actual $"{name}, step {t}")
                expected
                (entries state.Parameters)
            Array.iter2
                (fun struct (_, m, _) actual -> expectWithin tolerance m actual $"{name}, m of step {t}")
                expected
                (entries state.FirstMoment)
            Array.iter2
                (fun struct (_, _, v) actual -> expectWithin tolerance v actual $"{name}, v of step {t}")
                expected
                (entries state.SecondMoment)
            Expect.equal state.Steps t "the number of steps"
        Expect.equal (state.Parameters.Name, state.Parameters.Sizes) ("model", [ 13; 2 ]) "what is not a number rides along"

/// Tensors go through the loops over vectors, numbers through the operations of Real: the same formula, so the same bits.
let private lengths (name: string, method: Method, _: Reference) =
    testCase $"{name} gives a tensor of any length the bits of its numbers"
    <| fun () ->
        let random = random name
        for length in [ 0; 1; 2; 3; 4; 5; 7; 8; 9; 15; 16; 17; 33 ] do
            let draw () = uniform random -2.0 2.0 [ length ]
            let start = draw ()
            let mutable whole = Optim.start (start, real 0.5)
            let mutable single = Optim.start (reals (start.ToArray()), real 0.5)
            for _ = 1 to 3 do
                let g = draw ()
                whole <- method.Step (real 0.1) (g, real 1.0) whole
                single <- method.Step (real 0.1) (reals (g.ToArray()), real 1.0) single
            Array.iter2
                (fun a b -> expectSame a b $"{name}, length {length}")
                (values (fst single.Parameters))
                ((fst whole.Parameters).ToArray())

let private byHand =
    testList
        "by hand"
        [ let follow step gradients =
              let mutable state = Optim.start (real 0.0)
              [ for g in gradients do
                    state <- step (real g) state
                    state.Parameters.Value ]
          let close expected actual = List.iter2 (fun expected actual -> expectClose 8.0 expected actual "by hand") expected actual
          testCase "sgd" <| fun () -> follow (Optim.sgd (real 0.5)) [ 1.0; -2.0 ] |> close [ -0.5; 0.5 ]
          testCase "momentum" <| fun () -> follow (Optim.momentum 0.9 (real 0.1)) [ 1.0; 1.0; 0.0 ] |> close [ -0.1; -0.29; -0.461 ]
          testCase "nesterov" <| fun () -> follow (Optim.nesterov 0.9 (real 0.1)) [ 1.0; 1.0 ] |> close [ -0.19; -0.461 ]
          testCase "Adam's first step is the rate, whatever the gradient's size"
          <| fun () ->
              for g in [ 1e-3; 1.0; 1e6 ] do
                  expectClose 16.0 (-0.1 * g / (g + 1e-8)) (follow (Optim.adam (real 0.1)) [ g ]).Head "adam"
          testCase "AdamW decays what has no gradient"
          <| fun () ->
              let state = Optim.start (real 2.0) |> Optim.adamW 0.1 (real 0.5) (real 0.0)
              expectClose 4.0 (2.0 - 0.5 * 0.1 * 2.0) state.Parameters.Value "adamW" ]

// ---- Through the steps ----

/// A smooth loss whose gradient mixes all entries.
let private loss (x: Tensor) : Real = Tensor.sum (Tensor.Sin(x * x + 0.3)) + Tensor.sum x * Tensor.sum (x * x) * 0.2

let private train (method: Method) (rate: Real) (x: Tensor) : Tensor =
    let mutable state = Optim.start x
    for _ = 1 to 4 do
        state <- method.Step rate (AD.grad loss state.Parameters) state
    state.Parameters

let private differentiated (name: string, method: Method, _: Reference) =
    testList
        $"through {name}"
        [ testCase "the laws of first and second order hold of four steps, as a function of start and rate"
          <| fun () ->
              hold
                  $"four steps of {name}"
                  (fun x -> [| train method (x[1].ToReal()) x[0] |])
                  [| tensor [ 3 ] [ 0.7; -0.4; 1.1 ]; tensor [] [ 0.05 ] |]
          testCase "numbers and tensors agree"
          <| fun () ->
              let onReals (x: Real[]) =
                  let mutable state = Optim.start x
                  for _ = 1 to 3 do
                      state <- method.Step (real 0.05) (AD.grad (fun x -> Tensor.stack x |> loss) state.Parameters) state
                  Tensor.stack state.Parameters |> loss
              let onTensors (x: Tensor) =
                  let mutable state = Optim.start x
                  for _ = 1 to 3 do
                      state <- method.Step (real 0.05) (AD.grad loss state.Parameters) state
                  loss state.Parameters
              let x = [| 0.7; -0.4; 1.1 |]
              Array.iter2
                  (fun a b -> expectClose 1e3 a b name)
                  (AD.grad onReals (reals x) |> values)
                  ((AD.grad onTensors (tensor [ 3 ] x)).ToArray()) ]

let private atZeroGradient =
    testCase "Adam is differentiated where the gradient is 0: by 1 - rate/epsilon, in every mode, to any order"
    <| fun () ->
        // one step on x^2/2 is x - rate x / (|x| + epsilon)
        let settings = { AdamSettings.Default with Epsilon = 0.5 }
        let step (x: Real) = (Optim.start x |> Optim.adamWith settings (real 0.1) x).Parameters
        expectClose 16.0 (1.0 - 0.1 / 0.5) (AD.diff step (real 0.0)).Value "forward"
        expectClose 16.0 (1.0 - 0.1 / 0.5) (AD.grad step (real 0.0)).Value "reverse"
        expectEqual 0.0 (AD.diff (AD.diff step) (real 0.0)).Value "second order, between the slopes of the two sides"
        let onTensor (x: Tensor) = Tensor.sum (Optim.start x |> Optim.adamWith settings (real 0.1) x).Parameters
        for slope in (AD.grad onTensor (tensor [ 2 ] [ 0.0; 0.0 ])).ToArray() do
            expectClose 16.0 (1.0 - 0.1 / 0.5) slope "on a tensor"

// ---- What they are for ----

let private convergence (name: string, method: Method, _: Reference) =
    testCase $"{name} finds the minimum of a quadratic"
    <| fun () ->
        let curvatures = tensor [ 4 ] [ 1.0; 2.0; 5.0; 10.0 ]
        let minimum = tensor [ 4 ] [ 1.0; -2.0; 0.5; 3.0 ]
        let quadratic (x: Tensor) = Tensor.sum (curvatures * (x - minimum) * (x - minimum)) * 0.5
        let mutable state = Optim.start (Tensor.zeros [ 4 ])
        let rate = Schedule.cosine 2000 (real 1e-9) (real 0.05)
        for _ = 1 to 2000 do
            state <- method.Step (rate state.Steps) (AD.grad quadratic state.Parameters) state
        // What is left are steps of the schedule's last rates.
        Expect.isLessThan (Optim.norm (state.Parameters - minimum)).Value 1e-4 $"the distance after 2000 steps of {name}"

// ---- Norms and clipping ----

let private clipping =
    testList
        "clipping"
        [ testCase "a norm is that of all numbers together"
          <| fun () ->
              let m = { model (Random 1) 2 with Weights = tensor [ 2 ] [ 2.0; -4.0 ]; Biases = reals [| 5.0; 6.0 |]; Scale = real 0.0 }
              expectClose 8.0 9.0 (Optim.norm m).Value "norm"
          testCase "neither overflow nor underflow"
          <| fun () ->
              for scale in [ 1e200; 1e-200; 1e-320 ] do
                  let x = real (3.0 * scale), tensor [ 2 ] [ 0.0; -4.0 * scale ]
                  expectWithin (1e-15 * 5.0 * scale + 8.0 * Double.Epsilon) (5.0 * scale) (Optim.norm x).Value $"norm at {scale}"
              expectEqual 0.0 (Optim.norm (reals [| 0.0; 0.0 |])).Value "norm of zeros"
              Expect.isTrue (Double.IsNaN (Optim.norm (reals [| nan; 1.0 |])).Value) "norm with NaN"
          testCase "a norm's slope is its direction, and 0 at 0"
          <| fun () ->
              let x = tensor [ 2 ] [ 3.0; -4.0 ]
              Array.iter2 (fun a b -> expectClose 8.0 a b "slope") [| 0.6; -0.8 |] ((AD.grad Optim.norm x).ToArray())
              Expect.equal ((AD.grad Optim.norm (Tensor.zeros [ 2 ])).ToArray()) [| 0.0; 0.0 |] "at 0"
          testCase "a gradient above the norm is scaled, one below it is left alone"
          <| fun () ->
              let g = { model (Random 1) 2 with Weights = tensor [ 2 ] [ 3.0; 0.0 ]; Biases = reals [| 0.0; -4.0 |]; Scale = real 0.0 }
              let clipped = Optim.clip 0.5 g
              expectClose 8.0 0.3 (clipped.Weights.ToArray()[0]) "weight"
              expectClose 8.0 -0.4 clipped.Biases[1].Value "bias"
              Expect.equal clipped.Name "model" "the name"
              Expect.isTrue (obj.ReferenceEquals(Optim.clip 5.0 g, g)) "the same object"
          testCase "clipping is differentiated"
          <| fun () -> hold "clipped" (fun x -> [| Optim.clip 0.7 x[0] |]) [| tensor [ 3 ] [ 1.0; -2.0; 0.5 ] |]
          testCase "a gradient that is not finite is left to be seen"
          <| fun () ->
              let clipped = Optim.clip 1.0 (reals [| infinity; 1.0 |])
              Expect.equal (values clipped) [| infinity; 1.0 |] "unclipped" ]

// ---- Schedules ----

let private schedules =
    testList
        "schedules"
        [ let table name (schedule: int -> Real) (expected: (int * float) list) =
              testCase name
              <| fun () ->
                  for t, rate in expected do
                      expectWithin (16.0 * u) rate (schedule t).Value $"{name} at {t}"
          table "constant" (Schedule.constant (real 0.3)) [ 0, 0.3; 1000, 0.3 ]
          table "steps" (Schedule.steps 10 0.5 (real 0.8)) [ 0, 0.8; 9, 0.8; 10, 0.4; 19, 0.4; 20, 0.2 ]
          table "exponential" (Schedule.exponential 0.5 (real 0.8)) [ 0, 0.8; 1, 0.4; 3, 0.1 ]
          table "cosine" (Schedule.cosine 100 (real 0.1) (real 0.9)) [ 0, 0.9; 50, 0.5; 100, 0.1; 500, 0.1; 25, 0.5 + 0.4 * Math.Sqrt 0.5 ]
          table
              "warm-up"
              (Schedule.cosine 100 (real 0.0) (real 0.8) |> Schedule.warmUp 4)
              [ 0, 0.2; 1, 0.4; 3, 0.8; 4, 0.8; 54, 0.4; 104, 0.0 ]
          testCase "a schedule is differentiated with respect to its rate"
          <| fun () -> expectClose 4.0 0.5 (AD.diff (fun rate -> Schedule.cosine 100 (real 0.0) rate 50) (real 0.8)).Value "slope" ]

// ---- L-BFGS ----

type private Point = { Label: string; X: Real; Rest: Tensor }

let private rosenbrock (p: Point) : Real =
    let y = p.Rest[0]
    (1.0 - p.X) * (1.0 - p.X) + 100.0 * (y - p.X * p.X) * (y - p.X * p.X)

let private lbfgs =
    testList
        "L-BFGS"
        [ testCase "Rosenbrock's valley, in a structure"
          <| fun () ->
              let found = Optim.lbfgs rosenbrock { Label = "far"; X = real -1.2; Rest = tensor [ 1 ] [ 1.0 ] }
              Expect.equal found.Reason StopReason.Gradient "the reason"
              // the Hessian's smallest eigenvalue is 0.4: a gradient of 1e-8 means an error of 2.5e-8 at most
              expectWithin 2.5e-8 1.0 found.Parameters.X.Value "x"
              expectWithin 2.5e-8 1.0 (found.Parameters.Rest.ToArray()[0]) "y"
              Expect.isLessThanOrEqual found.Slope 1e-8 "the slope"
              Expect.isLessThan found.Value 1e-15 "the value"
              Expect.isGreaterThan found.Iterations 5 "iterations"
              Expect.equal found.Parameters.Label "far" "the label"
          testCase "a start at the minimum is the answer"
          <| fun () ->
              let found = Optim.lbfgs (fun (x: Real) -> x * x) (real 0.0)
              Expect.equal (found.Reason, found.Iterations, found.Value) (StopReason.Gradient, 0, 0.0) "at once"
          testCase "it says when the iterations ran out"
          <| fun () ->
              let found = Optim.lbfgsWith 10 1e-8 3 rosenbrock { Label = ""; X = real -1.2; Rest = tensor [ 1 ] [ 1.0 ] }
              Expect.equal found.Reason StopReason.Iterations "the reason"
              Expect.isLessThan found.Value 24.2 "but lower than the start"
          testCase "it turns back where the function has no value"
          <| fun () ->
              // the minimum of x - log x is 1; below 0 there is nothing
              let found = Optim.lbfgs (fun (x: Real) -> x - log x) (real 30.0)
              Expect.equal found.Reason StopReason.Gradient "the reason"
              expectWithin 1e-7 1.0 found.Parameters.Value "x"
          testCase "a function without a minimum is no success"
          <| fun () ->
              let found = Optim.lbfgs (fun (x: Real) -> -x) (real 0.0)
              Expect.notEqual found.Reason StopReason.Gradient "the reason"
          testCase "it refuses to lose a derivative"
          <| fun () ->
              let outer (a: Real) = (Optim.lbfgs (fun (x: Real) -> (x - a) * (x - a)) (real 0.0)).Parameters
              let error = thrown<InvalidOperationException>(fun () -> AD.diff outer (real 1.0) |> ignore)
              expectMentions [ "Optim.Lbfgs"; "StopGradient" ] error.Message
              let start (a: Real) = (Optim.lbfgs (fun (x: Real) -> x * x) a).Parameters
              thrown<InvalidOperationException>(fun () -> AD.diff start (real 1.0) |> ignore) |> ignore
          testCase "bad arguments"
          <| fun () ->
              let error = thrown<ArgumentException>(fun () -> Optim.lbfgs (fun (x: Real) -> log x) (real -1.0) |> ignore)
              expectMentions [ "Optim.Lbfgs"; "not finite at the start" ] error.Message
              let refused memory tolerance iterations =
                  thrown<ArgumentOutOfRangeException>(fun () ->
                      Optim.lbfgsWith memory tolerance iterations (fun (x: Real) -> x * x) (real 1.0) |> ignore)
              Expect.equal (refused 0 1e-8 9).ParamName "memory" "memory"
              Expect.equal (refused 1 0.0 9).ParamName "tolerance" "tolerance"
              Expect.equal (refused 1 1e-8 0).ParamName "maximumIterations" "iterations" ]

// ---- What is refused ----

let private errors =
    testList
        "errors"
        [ testCase "a gradient of another shape is refused by name, place and shapes"
          <| fun () ->
              let state = Optim.start (model (Random 1) 3)
              let wrong = model (Random 2) 4
              for name, step in
                  [ "Optim.Sgd", (fun () -> Optim.sgd (real 0.1) wrong state |> ignore)
                    "Optim.Momentum", (fun () -> Optim.momentum 0.9 (real 0.1) wrong state |> ignore)
                    "Optim.Nesterov", (fun () -> Optim.nesterov 0.9 (real 0.1) wrong state |> ignore)
                    "Optim.Adam", (fun () -> Optim.adam (real 0.1) wrong state |> ignore) ] do
                  let error = thrown<ArgumentException> step
                  expectMentions [ name; "gradient"; "Weights"; "[3]"; "[4]" ] error.Message
          testCase "another length is refused"
          <| fun () ->
              let error =
                  thrown<ArgumentException>(fun () -> Optim.sgd (real 0.1) (reals [| 1.0 |]) (Optim.start (reals [| 1.0; 2.0 |])) |> ignore)
              expectMentions [ "Optim.Sgd"; "expected 2 elements, got 1" ] error.Message
          testCase "a structure without numbers is refused"
          <| fun () -> expectMentions [ "Optim.Start" ] (thrown<ArgumentException>(fun () -> Optim.start "text" |> ignore)).Message
          testCase "rates and constants out of range are refused"
          <| fun () ->
              let state = Optim.start (real 1.0)
              let refused action = (thrown<ArgumentOutOfRangeException>(fun () -> action () |> ignore)).ParamName
              for rate in [ -0.1; nan; infinity ] do
                  Expect.equal (refused (fun () -> Optim.sgd (real rate) (real 1.0) state)) "rate" "rate"
              Expect.equal (refused (fun () -> Optim.momentum 1.0 (real 0.1) (real 1.0) state)) "momentum" "momentum"
              Expect.equal (refused (fun () -> Optim.nesterov -0.1 (real 0.1) (real 1.0) state)) "momentum" "nesterov"
              let adam settings = refused (fun () -> Optim.adamWith settings (real 0.1) (real 1.0) state)
              Expect.equal (adam { AdamSettings.Default with Beta1 = 1.0 }) "beta1" "beta1"
              Expect.equal (adam { AdamSettings.Default with Beta2 = nan }) "beta2" "beta2"
              Expect.equal (adam { AdamSettings.Default with Epsilon = -1.0 }) "epsilon" "epsilon"
              Expect.equal (adam { AdamSettings.Default with Decay = nan }) "decay" "decay"
              Expect.equal (refused (fun () -> Optim.clip 0.0 (real 1.0))) "maximumNorm" "clip"
              Expect.equal (refused (fun () -> Schedule.steps 0 0.5 (real 1.0) 0)) "every" "steps"
              Expect.equal (refused (fun () -> Schedule.cosine 0 (real 0.0) (real 1.0) 0)) "total" "cosine"
              Expect.equal (refused (fun () -> Schedule.warmUp 0 (Schedule.constant (real 1.0)) 0)) "steps" "warm-up" ]

[<Tests>]
let tests =
    testList
        "optimisers"
        [ yield! methods |> List.map againstPaper
          yield! methods |> List.map lengths
          byHand
          yield! methods |> List.map differentiated
          atZeroGradient
          // AdamW shrinks its parameters apart from the gradient, and so rests elsewhere.
          yield! methods |> List.filter (fun (name, _, _) -> name <> "adamW") |> List.map convergence
          clipping
          schedules
          lbfgs
          errors ]
