/// <summary>
/// Backpropagators as closures: reverse mode, and nothing but functions.
///
/// A number is its primal together with its backpropagator, the continuation that takes the number's cotangent (how much the result
/// changes with it) and hands contributions on to the numbers that it was computed from (Pearlmutter and Siskind 2008, "Reverse-mode AD
/// in a functional framework: Lambda the ultimate backpropagator"). An input's backpropagator adds the cotangent at the input's place.
/// One run of f, and one call, give the whole gradient.
///
/// Taken number by number, as here, the idea has a price: a number that is used twice has its backpropagator called twice, and each call
/// calls on. In x := x * x, n times, that is 2^n calls. Pearlmutter and Siskind transform programs in which every intermediate result has
/// a name; its cotangent then is a sum with a name, too, and each backpropagator is called once. On numbers, without the program's text,
/// the sums have to be found at run time: Accumulation.fs.
/// </summary>
module Ways.Backpropagators

open System.Runtime.CompilerServices

/// The contributions so far, by input.
type Gathered = Map<int, Scalar>

[<NoComparison; NoEquality>]
type Number =
    { Primal: Scalar
      Backpropagate: Scalar -> Gathered -> Gathered }

    /// The result of an operation on one number, and on two. To hand on to two is to compose.
    static member private Result(y: Scalar, x: Number, slope: Scalar) : Number =
        { Primal = y; Backpropagate = fun cotangent gathered -> x.Receive (slope * cotangent) gathered }

    static member private Result(y: Scalar, a: Number, slopeA: Scalar, b: Number, slopeB: Scalar) : Number =
        { Primal = y
          Backpropagate = fun cotangent gathered -> gathered |> a.Receive(slopeA * cotangent) |> b.Receive(slopeB * cotangent) }

    /// Calls are nested as deeply as the program is long.
    member private x.Receive (cotangent: Scalar) (gathered: Gathered) : Gathered =
        RuntimeHelpers.EnsureSufficientExecutionStack()
        x.Backpropagate cotangent gathered

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

/// A constant hands nothing on.
let constant (c: float) : Number = { Primal = Scalar c; Backpropagate = fun _ gathered -> gathered }

let input (index: int) (x: float) : Number =
    let add cotangent = Option.map (fun sum -> sum + cotangent) >> Option.orElse (Some cotangent)
    { Primal = Scalar x; Backpropagate = fun cotangent -> Map.change index (add cotangent) }

/// f(x) and the gradient: f once, then the result's backpropagator once, with the cotangent 1.
let grad (f: Number[] -> Number) (point: float[]) : float * float[] =
    let y = f (Array.mapi input point)
    let gathered = y.Backpropagate (Scalar 1.0) Map.empty
    let at index =
        match Map.tryFind index gathered with
        | Some cotangent -> cotangent.Value
        | None -> 0.0
    y.Primal.Value, Array.init point.Length at

let way: Way =
    { Name = "backpropagators"
      Source = "Pearlmutter and Siskind 2008, number by number"
      Shared = Exponential
      Wide = Linear
      Depth = Untried "2^33333 calls"
      Limits = "a number that is used twice is visited twice; the stack is as deep as the program is long"
      Gradient = fun program -> grad (Program.run constant (fun x -> x.Primal.Value > 0.0) program) }
