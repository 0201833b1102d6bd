namespace FuncAD.Explaining

open System
open FuncAD.Traces

/// <summary>The operation at which NaN or an infinity began, in the values or in the derivatives of a run.</summary>
[<Struct>]
type internal Culprit =
    {
        /// The position of the step.
        Step: int
        /// The argument along whose slope the derivative passed; -1 if the value of the step is the culprit, or the sum of its derivative.
        Argument: int
        /// The derivative that came in: the adjoint of the step, or the tangent of the argument.
        Incoming: float
        /// What became of it: the value, or the product of slope and derivative.
        Outgoing: float
    }

/// <summary>
/// What is to blame for the bad number of one position: the first of the culprits that its causes lead to. From NaN only NaN is followed,
/// where there is any: infinity + 1 beside NaN is not to blame for it.
/// </summary>
[<Sealed>]
type private Blame(positions: int, isEarlier: int -> int -> bool) =
    let ofNaN, ofInfinity = Array.create<Culprit voption> positions ValueNone, Array.create<Culprit voption> positions ValueNone

    /// A cause of the number at a position: a bad number with its own culprit.
    member _.Add(position: int, number: float, culprit: Culprit) : unit =
        let culprits = if Double.IsNaN number then ofNaN else ofInfinity
        match culprits[position] with
        | ValueSome known when not (isEarlier culprit.Step known.Step) -> ()
        | _ -> culprits[position] <- ValueSome culprit

    /// The culprit of a bad number; <c>itself</c> if nothing bad went into it.
    member _.Of(position: int, number: float, itself: Culprit) : Culprit =
        match ofNaN[position], ofInfinity[position] with
        | ValueSome culprit, _ when Double.IsNaN number -> culprit
        | _, ValueSome culprit -> culprit
        | ValueSome culprit, _ -> culprit
        | _ -> itself

/// <summary>
/// Follows what is NaN or infinite back to where it began: an operation whose operands, or a product whose incoming derivative, are finite.
/// One pass over the run finds the culprits of all positions.
/// </summary>
module internal Culprits =
    let isBad (x: float) = not (Double.IsFinite x)

    let private itself (position: int) (number: float) : Culprit = { Step = position; Argument = -1; Incoming = nan; Outgoing = number }

    /// For each position, what is to blame for its value; nothing where that is finite.
    let ofValues (run: Run) : Culprit voption[] =
        let positions = run.Steps + run.Results
        let found, blame = Array.create positions ValueNone, Blame(positions, (<))
        for position = 0 to positions - 1 do
            let value = run.ValueOf position
            if isBad value then
                for argument in run.ArgumentsOf position do
                    if argument.Step >= 0 && isBad argument.Value then blame.Add(position, argument.Value, found[argument.Step].Value)
                found[position] <- ValueSome(blame.Of(position, value, itself position value))
        found

    /// The culprit of a product of slope and derivative, where the derivative has this one if it is bad.
    let private ofProduct (step: int) (argument: int) (incoming: float) (outgoing: float) (ofIncoming: unit -> Culprit) : Culprit =
        if isBad incoming then ofIncoming () else { Step = step; Argument = argument; Incoming = incoming; Outgoing = outgoing }

    /// For each input, what is to blame for its adjoint; nothing where that is finite.
    let ofAdjoints (run: Run) : Culprit voption[] =
        let blame = Blame(run.Steps + run.Results, (>))
        let culpritOf position = let adjoint = run.DerivativeOf position in blame.Of(position, adjoint, itself position adjoint)
        for contribution in run.Contributions() do
            let from = contribution.From
            let incoming = run.DerivativeOf from
            let outgoing = (run.ArgumentOf(from, contribution.Argument)).Slope * incoming
            if isBad outgoing then
                ofProduct from contribution.Argument incoming outgoing (fun () -> culpritOf from)
                |> fun culprit -> blame.Add(contribution.To, outgoing, culprit)
        Array.init run.Inputs (fun input -> if isBad (run.DerivativeOf input) then ValueSome(culpritOf input) else ValueNone)

    /// What is to blame for the tangent of the result; nothing if that is finite.
    let ofTangent (run: Run) : Culprit voption =
        let result = run.Steps
        let blame = Blame(run.Steps + run.Results, (<))
        let culpritOf position = let tangent = run.DerivativeOf position in blame.Of(position, tangent, itself position tangent)
        for position = run.Inputs to result do
            let arguments = run.ArgumentsOf position
            for index = 0 to arguments.Length - 1 do
                let argument = arguments[index]
                if argument.IsActive && run.IsTouched argument.Step then
                    let incoming = run.DerivativeOf argument.Step
                    let outgoing = argument.Slope * incoming
                    if isBad outgoing then
                        ofProduct position index incoming outgoing (fun () -> culpritOf argument.Step)
                        |> fun culprit -> blame.Add(position, outgoing, culprit)
        if isBad (run.DerivativeOf result) then ValueSome(culpritOf result) else ValueNone
