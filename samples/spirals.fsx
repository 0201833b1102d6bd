// Three interleaved spirals of 20 000 points, told apart by a small network, after a build (see load.fsx):
//
//     dotnet build src-fsharp/FuncAD.Core -c Release
//     dotnet fsi samples/spirals.fsx
//
// The network is a list of layers, and so is its gradient. Training is a fold over mini-batches: a step takes a state and a batch to the
// next state. The learning rate warms up and then follows a cosine.
#load "load.fsx"

open System
open System.Diagnostics
open FuncAD

type Layer = { Weights: Tensor; Bias: Tensor }

type Batch = { Points: Tensor; Arms: int[] }

let arms, turns, spread = 3, 1.5, 0.12
let trained, heldOut = 20_000, 5_000
let batchSize, epochs, peak = 100, 8, 1e-2
let required = 0.97 // of the points held out

// ---- Data: an arm's angle grows with the distance from the origin, and is blurred ----

let spirals seed count =
    let arm = Array.init count (fun i -> i % arms)
    let radius = Tensor.uniform seed 0.05 1.0 [ count ]
    let offset = Tensor.ofArray (arm |> Array.map (fun k -> 2.0 * Math.PI * float k / float arms))
    let angle = 2.0 * Math.PI * turns * radius + offset + Tensor.normal (seed + 1) 0.0 spread [ count ]
    { Points = Tensor.stackAlong 1 [ radius * cos angle; radius * sin angle ]; Arms = arm }

let training, test = spirals 1 trained, spirals 3 heldOut

/// One epoch: all of the data in a new order, in pieces.
let batches (random: Random) data =
    let order = Array.init data.Arms.Length id
    random.Shuffle order
    order
    |> Seq.chunkBySize batchSize
    |> Seq.map (fun rows -> { Points = Tensor.gather 0 rows data.Points; Arms = rows |> Array.map (fun i -> data.Arms[i]) })

// ---- The network ----

/// Weights with the variance 1 / inputs (LeCun et al. 1998, "Efficient BackProp", section 4.6), but wider in the first layer: the
/// spirals turn faster than a unit's slope of 1 could follow.
let layer seed inputs outputs =
    let deviation = if inputs = 2 then 3.0 else 1.0 / sqrt (float inputs)
    { Weights = Tensor.normal seed 0.0 deviation [ inputs; outputs ]; Bias = Tensor.zeros [ outputs ] }

let network = [ layer 11 2 32; layer 12 32 32; layer 13 32 arms ]

let apply layer x = Tensor.matmul x layer.Weights + layer.Bias

let rec logits network x =
    match network with
    | [ last ] -> apply last x
    | layer :: rest -> logits rest (tanh (apply layer x))
    | [] -> x

let loss batch network = logits network batch.Points |> Tensor.crossEntropy batch.Arms

let accuracy network =
    let guesses = logits network test.Points |> Tensor.argMax 1
    Array.map2 (fun guess arm -> if guess = arm then 1.0 else 0.0) guesses test.Arms |> Array.average

// ---- Training ----

let steps = epochs * trained / batchSize
let rate = Schedule.cosine (steps - 100) (Real 0.0) (Real peak) |> Schedule.warmUp 100

let step (state: OptimState<Layer list>) batch =
    let gradient = AD.grad (loss batch) state.Parameters
    Optim.adam (rate state.Steps) gradient state

let train (random: Random) state epoch =
    let state = batches random training |> Seq.fold step state
    let network = state.Parameters
    printf $"epoch {epoch}  rate %8.6f{(rate state.Steps).Value}  loss held out %6.4f{(loss test network).Value}"
    printfn $"  accuracy %.2f{100.0 * accuracy network} %%"
    state

let clock = Stopwatch.StartNew()
let final = [ 1..epochs ] |> List.fold (train (Random 1)) (Optim.start network)
printfn $"{final.Steps} steps in %.1f{clock.Elapsed.TotalSeconds} s\n"

// ---- What it has learned: the arm that it sees at each place ----

let width, height = 73, 37
let grid =
    let x = Tensor.linspace -1.1 1.1 width |> Tensor.reshape [ 1; width ] |> Tensor.broadcastTo [ height; width ]
    let y = Tensor.linspace 1.1 -1.1 height |> Tensor.reshape [ height; 1 ] |> Tensor.broadcastTo [ height; width ]
    Tensor.stackAlong 2 [ x; y ] |> Tensor.reshape [ height * width; 2 ]

logits final.Parameters grid
|> Tensor.argMax 1
|> Array.map (fun arm -> " -#"[arm])
|> Array.chunkBySize width
|> Array.iter (fun row -> printfn $"  {String row}")

match accuracy final.Parameters with
| accuracy when accuracy >= required -> printfn "\nok"
| accuracy ->
    printfn $"\nfailed: only %.2f{100.0 * accuracy} %% of the points held out are told right"
    exit 1
