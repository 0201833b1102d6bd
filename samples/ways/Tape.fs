/// <summary>
/// The tape, derived from continuation passing in three steps.
///
/// In Continuations.fs an operation calls the rest of the program, and after that does its part of the way back. All that has to be
/// remembered, in between, is what is still to be done on the way back: a continuation. Once it is a value, operations can return their
/// results as usual, and programs get back their looks.
///
/// 1. <c>Closures</c>: the continuation of the way back is a function. An operation puts its own part in front of it.
/// 2. <c>Frames</c>: all such functions are made in one place, and differ in the values that they close over. So they are replaced by
///    records of these values, and calls of them by one function that knows what to do with a record: defunctionalisation (Reynolds 1972,
///    "Definitional interpreters for higher-order programming languages"). One of the values is the continuation before; a record that
///    holds another of its kind is a list, and a defunctionalised continuation a stack (Danvy and Nielsen 2001, "Defunctionalization at
///    work").
/// 3. <c>Tape</c>: each operation pushes one frame, and its result's place is the height of the stack. So the list is an array, places
///    are indices, and a frame need not name its result. That is the tape of the textbooks (Griewank and Walther 2008), and the library's.
///
/// Between the steps only the representation changes: the three give the same bits.
/// </summary>
module Ways.Tape

/// Where operations leave what is to be done on the way back. Adjoints are in an array, at the numbers' places.
type IStack =
    /// A place without a part in the way back: an input.
    abstract Input: unit -> int

    /// The place of a result; on the way back its arguments receive its adjoint, multiplied by the slopes.
    abstract Push: a: int * slopeA: Scalar * b: int * slopeB: Scalar -> int

    /// The adjoints of all places, given that the result's is 1.
    abstract WayBack: result: int -> Scalar[]

/// The place of a constant, and of an argument that is not there: what is sent there is lost.
[<Literal>]
let Nowhere = -1

let private receive (adjoints: Scalar[]) (place: int) (slope: Scalar) (adjoint: Scalar) : unit =
    if place <> Nowhere then adjoints[place] <- adjoints[place] + slope * adjoint

let private adjoints (places: int) (result: int) : Scalar[] = Array.init places (fun place -> Scalar(if place = result then 1.0 else 0.0))

/// Step 1: the way back is a function. It calls the one before it last of all, so that no frame of its own is kept: a tail call.
type Closures() =
    let mutable places = 0
    let mutable wayBack: Scalar[] -> unit = ignore

    interface IStack with
        member _.Input() =
            places <- places + 1
            places - 1

        member _.Push(a, slopeA, b, slopeB) =
            let y, before = places, wayBack
            places <- places + 1
            wayBack <-
                fun adjoints ->
                    receive adjoints a slopeA adjoints[y]
                    receive adjoints b slopeB adjoints[y]
                    before adjoints
            y

        member _.WayBack result =
            let adjoints = adjoints places result
            wayBack adjoints
            adjoints

/// What a function of step 1 closes over, but for the one before.
[<Struct>]
type Frame = { A: int; SlopeA: Scalar; B: int; SlopeB: Scalar; Y: int }

/// What a function of step 1 does.
let private resume (adjoints: Scalar[]) (frame: Frame) : unit =
    receive adjoints frame.A frame.SlopeA adjoints[frame.Y]
    receive adjoints frame.B frame.SlopeB adjoints[frame.Y]

/// Step 2: the function is data, a list of frames. Its calls, each the last thing that the one before does, are a loop.
type Frames() =
    let mutable places = 0
    let mutable stack: Frame list = []

    interface IStack with
        member _.Input() =
            places <- places + 1
            places - 1

        member _.Push(a, slopeA, b, slopeB) =
            stack <- { A = a; SlopeA = slopeA; B = b; SlopeB = slopeB; Y = places } :: stack
            places <- places + 1
            places - 1

        member _.WayBack result =
            let adjoints = adjoints places result
            stack |> List.iter (resume adjoints)
            adjoints

/// Step 3: the list is an array, and places are indices into it. (The frame keeps Y, for step 2's sake; the library's does not.)
type Tape() =
    let frames = ResizeArray<Frame>()

    interface IStack with
        member stack.Input() = (stack :> IStack).Push(Nowhere, Scalar 0.0, Nowhere, Scalar 0.0)

        member _.Push(a, slopeA, b, slopeB) =
            frames.Add { A = a; SlopeA = slopeA; B = b; SlopeB = slopeB; Y = frames.Count }
            frames.Count - 1

        member _.WayBack result =
            let adjoints = adjoints frames.Count result
            for index = frames.Count - 1 downto 0 do
                resume adjoints frames[index]
            adjoints

// ---- Numbers, the same on each of the three ----

[<NoComparison; NoEquality>]
type Number =
    { Primal: Scalar
      Place: int
      Stack: IStack }

    static member private Result(y: Scalar, x: Number, slope: Scalar) : Number =
        { Primal = y; Place = x.Stack.Push(x.Place, slope, Nowhere, Scalar 0.0); Stack = x.Stack }

    static member private Result(y: Scalar, a: Number, slopeA: Scalar, b: Number, slopeB: Scalar) : Number =
        { Primal = y; Place = a.Stack.Push(a.Place, slopeA, b.Place, slopeB); Stack = a.Stack }

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

/// The value and the gradient, on a new stack. f also gets what makes constants.
let grad (stack: IStack) (f: (float -> Number) -> Number[] -> Number) (point: float[]) : float * float[] =
    let at place x = { Primal = Scalar x; Place = place; Stack = stack }
    let y = f (at Nowhere) (point |> Array.map (fun x -> at (stack.Input()) x))
    let adjoints = stack.WayBack y.Place
    y.Primal.Value, Array.init point.Length (fun index -> adjoints[index].Value)

let private on (newStack: unit -> IStack) (program: Program) (point: float[]) : float * float[] =
    grad (newStack ()) (fun constant -> Program.run constant (fun x -> x.Primal.Value > 0.0) program) point

let ways: Way list =
    let step name source depth newStack limits =
        { Name = name; Source = source; Shared = Linear; Wide = Linear; Depth = depth; Limits = limits; Gradient = on newStack }
    [ step
          "tape, step 1: closures"
          "from Wang et al. 2019"
          Flat
          (fun () -> Closures())
          "a chain of calls, flat only because each is in tail position"
      step "tape, step 2: frames" "Reynolds 1972; Danvy and Nielsen 2001" Flat (fun () -> Frames()) "mutates; derivatives do not nest"
      step "tape, step 3: array" "Griewank and Walther 2008" Flat (fun () -> Tape()) "mutates; derivatives do not nest" ]
