namespace FuncAD.Explaining

open System
open System.Collections.Generic
open FuncAD.Traces

/// <summary>The operation at which NaN or an infinity began, in the values or in the derivatives of a run.</summary>
[<Struct>]
type internal Culprit =
    {
        /// The position of the step.
        Step: int
        /// The argument along whose slope the derivative passed; -1 if the value of the step is the culprit, -2 if a sum of finite
        /// contributions to its adjoint, or of finite terms of its tangent, is.
        Argument: int
        /// The derivative that came in: the adjoint of the step, or the tangent of the argument.
        Incoming: float
        /// What became of it: the value, or the product of slope and derivative.
        Outgoing: float
    }

/// <summary>The contributions of a reverse sweep by the step that receives them, in the order of the sweep.</summary>
[<Sealed>]
type internal Contributions(run: Run) =
    let all = run.Contributions()
    let byTarget = all |> Array.groupBy _.To |> dict

    member _.To(position: int) : Contribution[] =
        match byTarget.TryGetValue position with
        | true, found -> found
        | _ -> [||]

/// <summary>
/// Goes back from what is NaN or infinite to where that began: an operation whose operands, slopes aside, are finite. From NaN only NaN is
/// followed, where there is any: 1 + infinity beside NaN is not to blame for it.
/// </summary>
module internal Culprits =
    let isBad (x: float) = not (Double.IsFinite x)

    /// Positions that are reached from some by <c>causes</c>, which lists for a position what made it bad, with the bad numbers that came
    /// from there.
    let private walk (starts: seq<int>) (isNaN: int -> bool) (causes: int -> seq<struct (int * float)>) (visit: int -> unit) : unit =
        let seen, ahead = HashSet<int>(), Stack<int>()
        let add position = if seen.Add position then ahead.Push position
        Seq.iter add starts
        while ahead.Count > 0 do
            let position = ahead.Pop()
            visit position
            let causes = causes position |> Array.ofSeq
            let ofNaN = causes |> Array.filter (fun (struct (_, number)) -> Double.IsNaN number)
            for struct (cause, _) in (if isNaN position && ofNaN.Length > 0 then ofNaN else causes) do
                add cause

    let private earliest (culprits: List<Culprit>) (key: Culprit -> int) : Culprit voption =
        if culprits.Count = 0 then ValueNone else ValueSome(Seq.minBy key culprits)

    /// The first step that made one of these values bad.
    let ofValues (run: Run) (starts: seq<int>) : Culprit voption =
        let culprits = List<Culprit>()
        let causes position =
            run.ArgumentsOf position
            |> Seq.filter (fun argument -> argument.Step >= 0 && isBad argument.Value)
            |> Seq.map (fun argument -> struct (argument.Step, argument.Value))
        let visit position =
            if Seq.isEmpty (causes position) then
                culprits.Add { Step = position; Argument = -1; Incoming = nan; Outgoing = run.ValueOf position }
        walk (starts |> Seq.filter (fun position -> isBad (run.ValueOf position))) (run.ValueOf >> Double.IsNaN) causes visit
        earliest culprits _.Step

    /// The first step of the run whose value is bad, wherever it goes.
    let ofAnyValue (run: Run) : Culprit voption =
        Seq.init run.Steps id |> Seq.filter (fun position -> isBad (run.ValueOf position)) |> ofValues run

    /// The products of slopes and finite derivatives that are bad; the sum of all if none of them is.
    let private roots (position: int) (products: seq<struct (int * int * float * float)>) : List<Culprit> =
        let culprits = List<Culprit>()
        for struct (step, argument, incoming, outgoing) in products do
            if isBad outgoing && not (isBad incoming) then
                culprits.Add { Step = step; Argument = argument; Incoming = incoming; Outgoing = outgoing }
        if
            culprits.Count = 0 && products |> Seq.forall (fun (struct (_, _, incoming, outgoing)) -> not (isBad incoming || isBad outgoing))
        then
            culprits.Add { Step = position; Argument = -2; Incoming = nan; Outgoing = nan }
        culprits

    /// The first operation of a reverse sweep that made the adjoint of this input bad.
    let ofAdjoint (run: Run) (contributions: Contributions) (input: int) : Culprit voption =
        let culprits = List<Culprit>()
        let products position =
            contributions.To position
            |> Seq.map (fun contribution ->
                let slope = (run.ArgumentOf(contribution.From, contribution.Argument)).Slope
                let incoming = run.DerivativeOf contribution.From
                struct (contribution.From, contribution.Argument, incoming, slope * incoming))
        let causes position =
            products position
            |> Seq.filter (fun (struct (_, _, incoming, outgoing)) -> isBad incoming && isBad outgoing)
            |> Seq.map (fun (struct (from, _, _, outgoing)) -> struct (from, outgoing))
        let visit position = culprits.AddRange(roots position (products position))
        walk [ input ] (run.DerivativeOf >> Double.IsNaN) causes visit
        earliest culprits (fun culprit -> -culprit.Step)

    /// The first operation of a forward run that made the tangent of the result bad.
    let ofTangent (run: Run) : Culprit voption =
        let culprits = List<Culprit>()
        let products position =
            run.ArgumentsOf position
            |> Seq.mapi (fun index argument -> struct (index, argument))
            |> Seq.filter (fun (struct (_, argument)) -> argument.IsActive && run.IsTouched argument.Step)
            |> Seq.map (fun (struct (index, argument)) ->
                let incoming = run.DerivativeOf argument.Step
                struct (argument.Step, index, incoming, argument.Slope * incoming))
        let causes position =
            products position
            |> Seq.filter (fun (struct (_, _, incoming, outgoing)) -> isBad incoming && isBad outgoing)
            |> Seq.map (fun (struct (from, _, _, outgoing)) -> struct (from, outgoing))
        let visit position =
            for culprit in roots position (products position) do
                culprits.Add { culprit with Step = position }
        walk [ run.Steps ] (run.DerivativeOf >> Double.IsNaN) causes visit
        earliest culprits _.Step
