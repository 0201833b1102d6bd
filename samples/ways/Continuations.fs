/// <summary>
/// Continuation passing: reverse mode without any data structure of its own.
///
/// An operation does not return its result; it calls the rest of the program with it. When that call comes back, the rest of the program
/// has run, and has added all its contributions to the result's adjoint. So what is written after the call happens on the way back, in
/// reverse order, and there the operation adds to the adjoints of its arguments (Wang, Zheng, Decker, Wu, Essertel and Rompf 2019,
/// "Demystifying differentiable programming: shift/reset the penultimate backpropagator", section 3). In a language with shift and reset,
/// programs keep their looks; here a computation expression threads the continuation: <c>let!</c> is shift, <c>grad</c> is reset.
///
/// Adjoints are mutable, as in the paper. What has to be remembered for the way back is on the machine's own stack: some frames for each
/// operation. A program of 100 000 operations is too deep for an ordinary thread, and fine on one with a stack of 256 MB.
/// </summary>
module Ways.Continuations

open System.Runtime.CompilerServices

/// What takes a number: the rest of a program. What is written in this style takes the rest as an argument.
type Delimited<'T> = ('T -> unit) -> unit

[<Sealed>]
type Number(primal: Scalar) =
    member _.Primal = primal
    member val Adjoint = Scalar 0.0 with get, set

    member private x.Receive(contribution: Scalar) = x.Adjoint <- x.Adjoint + contribution

    static member private Result(y: Scalar, x: Number, slope: Scalar) : Delimited<Number> =
        fun rest ->
            RuntimeHelpers.EnsureSufficientExecutionStack()
            let y = Number y
            rest y
            // the way back
            x.Receive(slope * y.Adjoint)

    static member private Result(y: Scalar, a: Number, slopeA: Scalar, b: Number, slopeB: Scalar) : Delimited<Number> =
        fun rest ->
            RuntimeHelpers.EnsureSufficientExecutionStack()
            let y = Number y
            rest y
            // the way back
            a.Receive(slopeA * y.Adjoint)
            b.Receive(slopeB * y.Adjoint)

    static member (+)(a: Number, b: Number) = Number.Result(a.Primal + b.Primal, a, Scalar 1.0, b, Scalar 1.0)
    static member (-)(a: Number, b: Number) = Number.Result(a.Primal - b.Primal, a, Scalar 1.0, b, Scalar -1.0)
    static member (*)(a: Number, b: Number) = Number.Result(a.Primal * b.Primal, a, b.Primal, b, a.Primal)

    static member (/)(a: Number, b: Number) =
        let y = a.Primal / b.Primal
        Number.Result(y, a, Scalar 1.0 / b.Primal, b, -y / b.Primal)

    static member Negate(x: Number) = Number.Result(-x.Primal, x, Scalar -1.0)
    static member Sin(x: Number) = Number.Result(sin x.Primal, x, cos x.Primal)
    static member Cos(x: Number) = Number.Result(cos x.Primal, x, -(sin x.Primal))
    static member Exp(x: Number) = let y = exp x.Primal in Number.Result(y, x, y)
    static member Log(x: Number) = Number.Result(log x.Primal, x, Scalar 1.0 / x.Primal)

type DelimitedBuilder() =
    member _.Bind(operation: Delimited<'S>, next: 'S -> Delimited<'T>) : Delimited<'T> = fun rest -> operation (fun x -> next x rest)
    member _.Return(x: 'T) : Delimited<'T> = fun rest -> rest x
    member _.ReturnFrom(computation: Delimited<'T>) = computation

let delimited = DelimitedBuilder()

/// The value and the gradient. The innermost rest of all gives the result the adjoint 1; then the calls come back.
let grad (f: Number[] -> Delimited<Number>) (point: float[]) : float * float[] =
    let inputs = point |> Array.map (Scalar >> Number)
    let mutable value = nan
    let innermost (y: Number) =
        value <- y.Primal.Value
        y.Adjoint <- Scalar 1.0
    f inputs innermost
    value, inputs |> Array.map _.Adjoint.Value

/// An example: x y + sin (x y).
let example (inputs: Number[]) : Delimited<Number> = delimited {
    let! product = inputs[0] * inputs[1]
    let! wave = Number.Sin product
    return! product + wave
}

// ---- Programs, in continuation-passing style ----

let private apply (numbers: ResizeArray<Number>) (operation: Operation) : Delimited<Number> =
    match operation with
    | Constant c -> delimited.Return(Number(Scalar c))
    | Add(a, b) -> numbers[a] + numbers[b]
    | Subtract(a, b) -> numbers[a] - numbers[b]
    | Multiply(a, b) -> numbers[a] * numbers[b]
    | Divide(a, b) -> numbers[a] / numbers[b]
    | Negate x -> Number.Negate numbers[x]
    | Sin x -> Number.Sin numbers[x]
    | Cos x -> Number.Cos numbers[x]
    | Exp x -> Number.Exp numbers[x]
    | Log x -> Number.Log numbers[x]
    | Choose(test, positive, otherwise) ->
        delimited.Return(if numbers[test].Primal.Value > 0.0 then numbers[positive] else numbers[otherwise])

let run (program: Program) (inputs: Number[]) : Delimited<Number> =
    fun rest ->
        let numbers = ResizeArray inputs
        let rec from index =
            if index = program.Operations.Length then
                rest numbers[numbers.Count - 1]
            else
                apply numbers program.Operations[index] (fun y ->
                    numbers.Add y
                    from (index + 1))
        from 0

let way: Way =
    { Name = "continuation passing"
      Source = "Wang et al. 2019"
      Shared = Linear
      Wide = Linear
      Depth = Nested
      Limits = "programs in continuation-passing style; the stack is as deep as the program is long; adjoints mutate"
      Gradient = fun program -> grad (run program) }
