/// <summary>
/// Backpropagators with accumulation: reverse mode at the cost of the program.
///
/// A number has a backpropagator, as in Backpropagators.fs, but it is not called when a contribution to its cotangent comes in. The call
/// is staged: kept, under the number's place in the order of creation, with the sum of the contributions so far. Backpropagators are
/// linear, so that one call with the sum is as good as a call for each (linear factoring: Brunel, Mazza and Pagani 2020, "Backpropagation
/// in the simply typed lambda-calculus with linear negation"). A number is used only by later ones. So the staged call of the latest
/// number has its sum complete, and is the one to resume next: each once, in reverse order of creation (Smeding and Vákár 2023,
/// "Efficient dual-numbers reverse AD via well-known program transformations", where these are the staged calls).
///
/// Nothing is mutated but the counter of numbers. The map of staged calls costs a logarithm of its size, which a tape saves: Tape.fs.
/// </summary>
module Ways.Accumulation

open System.Threading

/// The staged calls: by the place of the number in the order of creation, its backpropagator and the sum of what it is to be called with.
type Staged = Map<int64, Call>

and [<NoComparison; NoEquality>] Call = { Backpropagate: Scalar -> Staged -> Staged; Cotangent: Scalar }

let mutable private created = 0L

[<NoComparison; NoEquality>]
type Number =
    { Primal: Scalar
      Place: int64
      Backpropagate: Scalar -> Staged -> Staged }

    static member Create(primal: Scalar, backpropagate) : Number =
        { Primal = primal; Place = Interlocked.Increment &created; Backpropagate = backpropagate }

    /// Does not call, but stages: linear factoring, f a + f b = f (a + b).
    member private x.Stage (cotangent: Scalar) (staged: Staged) : Staged =
        let add call =
            match call with
            | Some call -> Some { call with Cotangent = call.Cotangent + cotangent }
            | None -> Some { Backpropagate = x.Backpropagate; Cotangent = cotangent }
        if x.Place = 0L then staged else Map.change x.Place add staged

    static member private Result(y: Scalar, x: Number, slope: Scalar) : Number =
        Number.Create(y, (fun cotangent -> x.Stage(slope * cotangent)))

    static member private Result(y: Scalar, a: Number, slopeA: Scalar, b: Number, slopeB: Scalar) : Number =
        Number.Create(y, (fun cotangent -> a.Stage(slopeA * cotangent) >> b.Stage(slopeB * cotangent)))

    static member (+)(a: Number, b: Number) = Number.Result(a.Primal + b.Primal, a, Scalar 1.0, b, Scalar 1.0)
    static member (-)(a: Number, b: Number) = Number.Result(a.Primal - b.Primal, a, Scalar 1.0, b, Scalar -1.0)
    static member (*)(a: Number, b: Number) = Number.Result(a.Primal * b.Primal, a, b.Primal, b, a.Primal)

    static member (/)(a: Number, b: Number) =
        let y = a.Primal / b.Primal
        Number.Result(y, a, Scalar 1.0 / b.Primal, b, -y / b.Primal)

    static member (~-)(x: Number) = Number.Result(-x.Primal, x, Scalar -1.0)
    static member Sin(x: Number) = Number.Result(sin x.Primal, x, cos x.Primal)
    static member Cos(x: Number) = Number.Result(cos x.Primal, x, -(sin x.Primal))
    static member Exp(x: Number) = let y = exp x.Primal in Number.Result(y, x, y)
    static member Log(x: Number) = Number.Result(log x.Primal, x, Scalar 1.0 / x.Primal)

/// Calls of a constant, at place 0, are not staged.
let constant (c: float) : Number = { Primal = Scalar c; Place = 0L; Backpropagate = fun _ staged -> staged }

/// Inputs are created before all else. Their calls stay staged: the sums are the gradient.
let input (x: float) : Number = Number.Create(Scalar x, (fun _ staged -> staged))

/// Resumes staged calls, the latest number's first, until only those of inputs are left.
let rec private resume (inputs: Number[]) (staged: Staged) : Staged =
    if staged.IsEmpty then
        staged
    else
        let place, call = Map.maxKeyValue staged
        if place <= inputs[inputs.Length - 1].Place then
            staged
        else
            resume inputs (call.Backpropagate call.Cotangent (staged.Remove place))

/// f(x) and the gradient.
let grad (f: Number[] -> Number) (point: float[]) : float * float[] =
    let inputs = point |> Array.map input
    let y = f inputs
    let first = Map.ofList [ if y.Place > 0L then y.Place, { Backpropagate = y.Backpropagate; Cotangent = Scalar 1.0 } ]
    let staged = resume inputs first
    let cotangent (x: Number) =
        match Map.tryFind x.Place staged with
        | Some call -> call.Cotangent.Value
        | None -> 0.0
    y.Primal.Value, inputs |> Array.map cotangent

let way: Way =
    { Name = "accumulation"
      Source = "Brunel, Mazza and Pagani 2020; Smeding and Vákár 2023"
      Shared = Linear
      Wide = Linear
      Depth = Flat
      Limits = "a map, whose logarithm is not in the counts; derivatives do not nest"
      Gradient = fun program -> grad (Program.run constant (fun x -> x.Primal.Value > 0.0) program) }
