/// <summary>
/// Dual numbers with linear staging: a tangent that is a term.
///
/// Forward mode with one twist. The tangent of a number is not computed but written down, as a term of a small linear language: an
/// input's tangent, a multiple, a sum (Krawiec, Peyton Jones, Krishnaswami, Ellis, Eisenberg and Fitzgibbon 2022, "Provably correct,
/// asymptotically efficient, higher-order reverse-mode automatic differentiation"; their delta terms). A term is linear in the inputs'
/// tangents, so that it can be read from the outside in as well: given the cotangent of the whole, what is each input's? That reading is
/// <c>evaluate</c>, and reverse mode.
///
/// Read as it stands, a term that occurs twice is read twice, and x := x * x makes 2^n of it. So each result's term has a name, by order
/// of creation: the paper's let, which keeps sharing visible. A named term is read only after all terms that mention it, by later names,
/// with the sum of its cotangents. These terms are to the calls of Accumulation.fs what the frames of Tape.fs are to closures (Smeding
/// and Vákár 2023 come from the other side, and meet here).
/// </summary>
module Ways.LinearStaging

open System.Threading

/// A linear function of the tangents of the inputs.
type Delta =
    | Zero
    | Input of index: int
    | Scale of Scalar * Delta
    | Sum of Delta * Delta
    | Named of name: int64 * Delta

let mutable private names = 0L

type Number =
    { Primal: Scalar
      Delta: Delta }

    static member private Result(y: Scalar, delta: Delta) : Number = { Primal = y; Delta = Named(Interlocked.Increment &names, delta) }

    static member (+)(a: Number, b: Number) = Number.Result(a.Primal + b.Primal, Sum(a.Delta, b.Delta))
    static member (-)(a: Number, b: Number) = Number.Result(a.Primal - b.Primal, Sum(a.Delta, Scale(Scalar -1.0, b.Delta)))
    static member (*)(a: Number, b: Number) = Number.Result(a.Primal * b.Primal, Sum(Scale(b.Primal, a.Delta), Scale(a.Primal, b.Delta)))

    static member (/)(a: Number, b: Number) =
        let y = a.Primal / b.Primal
        Number.Result(y, Sum(Scale(Scalar 1.0 / b.Primal, a.Delta), Scale(-y / b.Primal, b.Delta)))

    static member (~-)(x: Number) = Number.Result(-x.Primal, Scale(Scalar -1.0, x.Delta))
    static member Sin(x: Number) = Number.Result(sin x.Primal, Scale(cos x.Primal, x.Delta))
    static member Cos(x: Number) = Number.Result(cos x.Primal, Scale(-(sin x.Primal), x.Delta))
    static member Exp(x: Number) = let y = exp x.Primal in Number.Result(y, Scale(y, x.Delta))
    static member Log(x: Number) = Number.Result(log x.Primal, Scale(Scalar 1.0 / x.Primal, x.Delta))

let constant (c: float) : Number = { Primal = Scalar c; Delta = Zero }
let input (index: int) (x: float) : Number = { Primal = Scalar x; Delta = Input index }

/// The cotangents so far: those of inputs, and those of named terms that are still to be read.
type Cotangents = { OfInputs: Map<int, Scalar>; OfNames: Map<int64, Delta * Scalar> }

let private plus (cotangent: Scalar) (sum: Scalar option) : Scalar =
    match sum with
    | Some sum -> sum + cotangent
    | None -> cotangent

/// Reads a term up to the names in it.
let rec private read (cotangent: Scalar) (delta: Delta) (cotangents: Cotangents) : Cotangents =
    match delta with
    | Zero -> cotangents
    | Scale(slope, delta) -> read (slope * cotangent) delta cotangents
    | Sum(a, b) -> cotangents |> read cotangent a |> read cotangent b
    | Input index -> { cotangents with OfInputs = cotangents.OfInputs |> Map.change index (plus cotangent >> Some) }
    | Named(name, delta) ->
        let add entry = Some(delta, entry |> Option.map snd |> plus cotangent)
        { cotangents with OfNames = cotangents.OfNames |> Map.change name add }

/// Reads named terms, the latest first: all that mention a name have been read by then.
let rec private readNamed (cotangents: Cotangents) : Map<int, Scalar> =
    if cotangents.OfNames.IsEmpty then
        cotangents.OfInputs
    else
        let name, (delta, cotangent) = Map.maxKeyValue cotangents.OfNames
        readNamed (read cotangent delta { cotangents with OfNames = cotangents.OfNames.Remove name })

/// The cotangents of the inputs, for the cotangent 1 of the term.
let evaluate (delta: Delta) : Map<int, Scalar> = readNamed (read (Scalar 1.0) delta { OfInputs = Map.empty; OfNames = Map.empty })

/// The value and the gradient.
let grad (f: Number[] -> Number) (point: float[]) : float * float[] =
    let y = f (Array.mapi input point)
    let cotangents = evaluate y.Delta
    let cotangent index =
        match Map.tryFind index cotangents with
        | Some sum -> sum.Value
        | None -> 0.0
    y.Primal.Value, Array.init point.Length cotangent

let way: Way =
    { Name = "linear staging"
      Source = "Krawiec et al. 2022; Smeding and Vákár 2023"
      Shared = Linear
      Wide = Linear
      Depth = Flat
      Limits = "a map, whose logarithm is not in the counts; derivatives do not nest"
      Gradient = fun program -> grad (Program.run constant (fun x -> x.Primal.Value > 0.0) program) }
