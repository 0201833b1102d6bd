namespace FuncAD.Explaining

open System
open FuncAD
open FuncAD.Compiled
open FuncAD.Traces

/// <summary>A finding before the lines of the program are known.</summary>
type internal Draft =
    {
        /// The run whose derivatives it is about.
        Run: Run
        Position: int
        Verdict: Verdict
        Place: FindingPlace
        /// The inputs whose derivatives are affected.
        Inputs: int list
        ToParameter: int[]
        ToResult: int[]
    }

/// <summary>Looks for what made NaN, infinities and errors in a run with one result.</summary>
[<Sealed>]
type internal Search(inputs: float[], records: Record[], result: Argument, nameOf: int -> string) =
    let run = Run(false, inputs, records, [| result |], [| 1.0 |])

    /// Forward runs are made for all inputs if they take no more steps than this together, and else for those with a bad adjoint.
    let budget = 50_000_000L

    let isCustom (position: int) = (run.PrimitiveOf position).Rule :? IOnReals
    let operandsOf (position: int) = run.ArgumentsOf position |> Array.map _.Value

    let verdictOfValue (position: int) : Verdict =
        if run.IsInput position then
            Advice.given $"the parameter {nameOf position}" (run.ValueOf position)
        elif run.IsResult position then
            Advice.given "the result, a constant," (run.ValueOf position)
        else
            match operandsOf position |> Array.tryFind Culprits.isBad with
            | Some constant -> Advice.given $"a constant operand of {(run.PrimitiveOf position).Name}" constant
            | None -> Advice.ofValue (run.PrimitiveOf position).Name (isCustom position) (operandsOf position) (run.ValueOf position)

    let isActive (_: int) (argument: Argument) = argument.IsActive
    let isBadValue (_: int) (argument: Argument) = Culprits.isBad argument.Value
    let any (_: int) = true

    let ofValue (culprit: Culprit) (reaches: bool) : Draft =
        { Run = run
          Position = culprit.Step
          Verdict = verdictOfValue culprit.Step
          Place = FindingPlace.Value
          Inputs = []
          ToParameter = Chains.toParameter run isActive culprit.Step -1 any
          ToResult = if reaches then Chains.toResult run isBadValue culprit.Step else [||] }

    /// The origin of a bad value at a step or among its operands, if there is one.
    let valueBehind (position: int) : Culprit voption =
        let operands = run.ArgumentsOf position |> Seq.filter (fun argument -> argument.Step >= 0) |> Seq.map _.Step
        match Culprits.ofValues run operands with
        | ValueNone when not (run.IsResult position) -> Culprits.ofValues run [ position ]
        | found -> found

    let verdictOfDerivative (of': Run) (culprit: Culprit) : Verdict =
        let position = culprit.Step
        if culprit.Argument < 0 then
            { Kind = FindingKind.Overflow
              Says = "finite contributions to the derivative add up to more than the largest double"
              Advice = "Scale the function, or compute with logarithms." }
        else
            let slope = (of'.ArgumentOf(position, culprit.Argument)).Slope
            let name = (of'.PrimitiveOf position).Name
            let verdict = Advice.ofSlope name (isCustom position) (operandsOf position) slope culprit.Incoming culprit.Outgoing
            match valueBehind position with
            | ValueSome origin when origin.Step = position ->
                let value = verdictOfValue position
                { value with
                    Says =
                        $"{value.Says}; slope {Advice.digits slope} × derivative {Advice.digits culprit.Incoming} = {Advice.digits culprit.Outgoing}" }
            | _ -> verdict

    let ofDerivative (of': Run) (place: FindingPlace) (culprit: Culprit) (input: int) : Draft =
        let isBadDerivative position = Culprits.isBad (of'.DerivativeOf position)
        let isReached position (argument: Argument) = argument.IsActive && of'.IsTouched(if of'.IsForward then argument.Step else position)
        let up position argument = isReached position argument && (not of'.IsForward || isBadDerivative position)
        let down position (argument: Argument) = isReached position argument && (of'.IsForward || isBadDerivative argument.Step)
        { Run = of'
          Position = culprit.Step
          Verdict = verdictOfDerivative of' culprit
          Place = place
          Inputs = [ input ]
          ToParameter = Chains.toParameter of' down culprit.Step culprit.Argument ((=) input)
          ToResult = Chains.toResult of' up culprit.Step }

    /// Where a derivative became bad because a value had, the finding is about that value.
    let orOrigin (draft: Draft) : Draft =
        match valueBehind draft.Position with
        | ValueSome origin when origin.Step <> draft.Position ->
            let verdict = verdictOfValue origin.Step
            { draft with
                Position = origin.Step
                Verdict = { verdict with Says = $"{verdict.Says}, from where the derivative got it" }
                ToParameter = Chains.toParameter run isActive origin.Step -1 any
                ToResult = Chains.toResult run isActive origin.Step }
        | _ -> draft

    let reverse () : Draft list =
        match [ 0 .. run.Inputs - 1 ] |> List.filter (run.DerivativeOf >> Culprits.isBad) with
        | [] -> []
        | bad ->
            let contributions = Contributions run
            bad
            |> List.choose (fun input ->
                match Culprits.ofAdjoint run contributions input with
                | ValueSome culprit -> Some(ofDerivative run FindingPlace.ReverseDerivative culprit input)
                | ValueNone -> None)

    let forward () : Draft list =
        let isAffordable = int64 run.Inputs * int64 run.Steps <= budget
        [ 0 .. run.Inputs - 1 ]
        |> List.filter (fun input -> isAffordable || Culprits.isBad (run.DerivativeOf input))
        |> List.choose (fun input ->
            let direction = Array.init run.Inputs (fun index -> if index = input then 1.0 else 0.0)
            let of' = Run(true, inputs, records, [| result |], direction)
            if Culprits.isBad (of'.DerivativeOf run.Steps) then
                match Culprits.ofTangent of' with
                | ValueSome culprit -> Some(ofDerivative of' FindingPlace.ForwardDerivative culprit input)
                | ValueNone -> None
            else
                None)

    /// Findings at one step are one. The first has the reverse sweep's adjoints, if there is such a one.
    let merge (drafts: Draft list) : Draft list =
        drafts
        |> List.groupBy _.Position
        |> List.map (fun (_, same) ->
            let first = same.Head
            let places = same |> List.map _.Place |> List.distinct
            { first with
                Inputs = same |> List.collect _.Inputs |> List.distinct |> List.sort
                Place = if places.Length > 1 then FindingPlace.Derivative else first.Place })

    /// The run with adjoints.
    member _.Run = run

    /// What made the value bad; of a run that did not end, what made any value bad.
    member _.Value(hasEnded: bool) : Draft voption =
        match (if hasEnded then Culprits.ofValues run [ run.Steps ] else Culprits.ofAnyValue run) with
        | ValueNone -> ValueNone
        | ValueSome culprit -> ValueSome(ofValue culprit hasEnded)

    /// What made derivatives bad. What is so because of the value is counted there.
    member search.Derivatives() : Draft list = reverse () @ forward () |> List.map orOrigin |> merge

    /// The operation that lost the digits of the value (input -1) or of the derivative in an input.
    member _.Loss(trace: SweepTrace, input: int) : Draft =
        let output = if input < 0 then trace.Value else trace.Gradient[input]
        let struct (position, verdict) = Digits.blame run trace output
        let toParameter =
            match Chains.toParameter run isActive position -1 (fun found -> input < 0 || found = input) with
            | [||] -> Chains.toParameter run isActive position -1 any
            | way -> way
        { Run = run
          Position = position
          Verdict = verdict
          Place = if input < 0 then FindingPlace.Value else FindingPlace.ReverseDerivative
          Inputs = if input < 0 then [] else [ input ]
          ToParameter = toParameter
          ToResult = Chains.toResult run isActive position }

    /// Infinite slopes that did no harm because no derivative came there: structural zeros.
    member _.Harmless() : string list =
        [ for position in run.Inputs .. run.Steps - 1 do
              if
                  not (run.IsTouched position) && run.ArgumentsOf position |> Array.exists (fun argument -> Culprits.isBad argument.Slope)
              then
                  position ]
        |> List.truncate 3
        |> List.map (fun position ->
            $"{nameOf position} has a slope that is not finite, and no derivative comes there: a structural zero, which stays 0.")
