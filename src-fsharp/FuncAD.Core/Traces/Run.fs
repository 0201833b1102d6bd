namespace FuncAD.Traces

open System
open System.Collections.Generic
open FuncAD.Compiled

/// <summary>A contribution to the adjoint of a step in the reverse sweep.</summary>
[<Struct>]
type internal Contribution =
    {
        /// The step whose adjoint is passed on, or the result that is seeded, as a position after all steps.
        From: int
        /// Which of its arguments receives it.
        Argument: int
        /// The step that receives it.
        To: int
        /// The adjoint so far; null before the first contribution.
        Before: Nullable<float>
        After: float
    }

/// <summary>
/// A recorded run with its derivatives: the tangents along a direction, or the adjoints for cotangents of the results, which are called its
/// seeds. Steps have positions: the inputs first, then the records. A result has a position after all steps.
/// </summary>
[<Sealed>]
type internal Run(isForward: bool, inputs: float[], records: Record[], results: Argument[], seeds: float[]) =
    let steps = inputs.Length + records.Length

    let argumentsOf (position: int) : Argument[] =
        if position < inputs.Length then [||]
        elif position < steps then records[position - inputs.Length].Arguments
        else [| results[position - steps] |]

    let derivatives = Array.zeroCreate<float>(steps + results.Length)
    let touched = Array.zeroCreate<bool>(steps + results.Length)

    /// The tangent of each step: the sum of slope times tangent over its arguments. A tangent that is the constant 0 is a structural zero.
    let push () =
        for index = 0 to inputs.Length - 1 do
            derivatives[index] <- seeds[index]
            touched[index] <- seeds[index] <> 0.0
        for position = inputs.Length to derivatives.Length - 1 do
            for argument in argumentsOf position do
                if argument.IsActive && touched[argument.Step] then
                    let term = argument.Slope * derivatives[argument.Step]
                    derivatives[position] <- if touched[position] then derivatives[position] + term else term
                    touched[position] <- true

    /// Passes adjoints on, last step first; each contribution is shown to <c>visit</c>.
    let pull (adjoints: float[]) (touched: bool[]) (visit: Contribution -> unit) =
        let contribute from index target contribution =
            let before = if touched[target] then Nullable adjoints[target] else Nullable()
            adjoints[target] <- if touched[target] then adjoints[target] + contribution else contribution
            touched[target] <- true
            visit { From = from; Argument = index; To = target; Before = before; After = adjoints[target] }
        for index = 0 to results.Length - 1 do
            adjoints[steps + index] <- seeds[index]
            touched[steps + index] <- seeds[index] <> 0.0
            if touched[steps + index] && results[index].Step >= 0 then contribute (steps + index) 0 results[index].Step seeds[index]
        for position = steps - 1 downto inputs.Length do
            if touched[position] then
                let arguments = argumentsOf position
                for index = 0 to arguments.Length - 1 do
                    let argument = arguments[index]
                    if argument.IsActive then contribute position index argument.Step (argument.Slope * adjoints[position])

    do if isForward then push () else pull derivatives touched ignore

    /// True if the derivatives are tangents, false if they are adjoints.
    member _.IsForward = isForward
    member _.Inputs = inputs.Length

    /// The number of steps, inputs included.
    member _.Steps = steps
    member _.Results = results.Length

    member _.IsInput(position: int) = position < inputs.Length
    member _.IsResult(position: int) = position >= steps

    /// Null for an input and a result.
    member _.PrimitiveOf(position: int) : Primitive =
        if position < inputs.Length || position >= steps then null else records[position - inputs.Length].Primitive

    member _.ArgumentsOf(position: int) : Argument[] = argumentsOf position
    member _.ArgumentOf(position: int, index: int) : Argument = let arguments = argumentsOf position in arguments[index]

    member _.ValueOf(position: int) : float =
        if position < inputs.Length then inputs[position]
        elif position < steps then records[position - inputs.Length].Value
        else results[position - steps].Value

    /// The tangent or adjoint of a step or a result; structural zeros have no sign.
    member _.DerivativeOf(position: int) : float = derivatives[position] + 0.0

    /// False if the derivative is a structural zero: no path with an active slope leads there.
    member _.IsTouched(position: int) : bool = touched[position]

    /// The contributions of the reverse sweep, in its order.
    member _.Contributions() : Contribution[] =
        let all = List<Contribution>()
        pull (Array.zeroCreate derivatives.Length) (Array.zeroCreate derivatives.Length) all.Add
        all.ToArray()
