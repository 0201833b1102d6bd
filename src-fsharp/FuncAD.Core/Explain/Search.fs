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
        /// True if digits were lost, false if a number is not finite.
        IsLoss: bool
        /// The inputs whose derivatives are affected.
        Inputs: int list
        ToParameter: int[]
        ToResult: int[]
    }

/// <summary>Looks for what made NaN, infinities and errors in a run with one result.</summary>
[<Sealed>]
type internal Search(names: string[], inputs: float[], records: Record[], result: Argument) =
    let run = Run(false, inputs, records, [| result |], [| 1.0 |])
    let words = Wording(run, names, ParameterNames.resultBeside names, true)

    /// Forward runs are made for all inputs if they take no more steps than this together, and else for some with a bad adjoint.
    let budget, mostDirections = 20_000_000L, 8

    let operandsOf (position: int) = run.ArgumentsOf position |> Array.map _.Value

    let verdictOfValue (position: int) : Verdict =
        if run.IsInput position then
            Advice.given $"the parameter {names[position]}" (run.ValueOf position)
        elif run.IsResult position then
            Advice.givenConstant "the result, a constant," (run.ValueOf position)
        elif not (Culprits.isBad (run.ValueOf position)) then
            let value = run.ValueOf position
            Advice.ofUnderflow $"{Advice.call (run.PrimitiveOf position) (operandsOf position)} = {Advice.digits value}" value
        else
            match operandsOf position |> Array.tryFind Culprits.isBad with
            | Some constant -> Advice.givenConstant $"a constant operand of {(run.PrimitiveOf position).Name}" constant
            | None -> Advice.ofValue (run.PrimitiveOf position) (operandsOf position) (run.ValueOf position)

    let isActive (_: int) (argument: Argument) = argument.IsActive
    let isCarried (_: int) (argument: Argument) = Culprits.isBad argument.Value || Underflow.isSmall argument.Value
    let any (_: int) = true

    let culpritsOfValues = lazy (Culprits.ofValues run)

    let isRounded (position: int) : bool =
        not (run.IsInput position)
        && (let values = operandsOf position
            let value index = if index < values.Length then values[index] else 0.0
            LocalError.of' (run.PrimitiveOf position) (value 0) (value 1) (run.ValueOf position) > 0.0)

    /// What made numbers small: an operation that underflowed, or one that was infinite and became 0 later on.
    let smallOrigins =
        lazy
            (Underflow.origins
                run.Steps
                run.ValueOf
                (fun position -> if run.IsInput position then Unchecked.defaultof<Primitive> else run.PrimitiveOf position)
                isRounded
                (fun position -> run.ArgumentsOf position |> Array.map _.Step |> Array.filter (fun step -> step >= 0))
                (fun position -> culpritsOfValues.Value[position].Value.Step))

    /// The operation that made an operand of a step small, if one did.
    let smallBehind (position: int) : int voption =
        if position >= run.Steps || operandsOf position |> Array.exists Culprits.isBad then
            ValueNone
        else
            run.ArgumentsOf position
            |> Array.tryPick (fun argument ->
                if argument.Step >= 0 && smallOrigins.Value[argument.Step] >= 0 then Some smallOrigins.Value[argument.Step] else None)
            |> function
                | Some origin -> ValueSome origin
                | None -> ValueNone

    let ofValue (culprit: Culprit) (reaches: bool) : Draft =
        let met = culprit.Step
        let struct (position, verdict) =
            match smallBehind met with
            | ValueSome origin ->
                let later =
                    $"{Advice.call (run.PrimitiveOf met) (operandsOf met)} = {Advice.digits (run.ValueOf met)} later on because of it"
                struct (origin, { verdictOfValue origin with Detail = later })
            | ValueNone -> struct (met, verdictOfValue met)
        { Run = run
          Position = position
          Verdict = verdict
          Place = FindingPlace.Value
          IsLoss = false
          Inputs = []
          ToParameter = Chains.toParameter run isActive position -1 any
          ToResult = if reaches then Chains.toResult run isCarried position else [||] }

    /// What made the value of a step or of an operand bad, if one is.
    let valueBehind (position: int) : Culprit voption =
        Seq.append (run.ArgumentsOf position |> Seq.map _.Step |> Seq.filter (fun step -> step >= 0)) [ position ]
        |> Seq.choose (fun position ->
            match culpritsOfValues.Value[position] with
            | ValueSome culprit -> Some culprit
            | ValueNone -> None)
        |> Seq.tryHead
        |> function
            | Some culprit -> ValueSome culprit
            | None -> ValueNone

    let verdictOfDerivative (of': Run) (culprit: Culprit) : Verdict =
        let position = culprit.Step
        if culprit.Argument < 0 then
            { Kind = FindingKind.Overflow
              Says = "finite contributions to a derivative add up to more than the largest double"
              Detail = ""
              Advice = "Scale the function, or compute with logarithms." }
        else
            let slope = (of'.ArgumentOf(position, culprit.Argument)).Slope
            match valueBehind position with
            | ValueSome origin when origin.Step = position ->
                { verdictOfValue position with Detail = Advice.product slope culprit.Incoming culprit.Outgoing }
            | _ -> Advice.ofSlope (run.PrimitiveOf position) (operandsOf position) slope culprit.Incoming culprit.Outgoing

    /// The finding about derivatives in some inputs; the chain goes down to the first.
    let ofDerivative (of': Run) (place: FindingPlace) (culprit: Culprit) (inputs: int list) : Draft =
        let isBadDerivative position = Culprits.isBad (of'.DerivativeOf position)
        let isReached position (argument: Argument) = argument.IsActive && of'.IsTouched(if of'.IsForward then argument.Step else position)
        let up position argument = isReached position argument && (not of'.IsForward || isBadDerivative position)
        let down position (argument: Argument) = isReached position argument && (of'.IsForward || isBadDerivative argument.Step)
        { Run = of'
          Position = culprit.Step
          Verdict = verdictOfDerivative of' culprit
          Place = place
          IsLoss = false
          Inputs = inputs
          ToParameter = Chains.toParameter of' down culprit.Step culprit.Argument ((=) inputs.Head)
          ToResult = Chains.toResult of' up culprit.Step }

    /// Where a derivative became bad because a value had, the finding is about that value.
    let orOrigin (draft: Draft) : Draft =
        let position = draft.Position
        let hasBadSlope = run.ArgumentsOf position |> Array.exists (fun argument -> Culprits.isBad argument.Slope)
        let origin =
            match valueBehind position with
            | ValueSome origin when origin.Step <> position -> ValueSome origin.Step
            | ValueSome _ when Culprits.isBad (run.ValueOf position) -> smallBehind position
            | ValueNone when hasBadSlope -> smallBehind position
            | _ -> ValueNone
        match origin with
        | ValueSome origin ->
            { draft with
                Position = origin
                Verdict = { verdictOfValue origin with Detail = "a slope later on is not finite because of it" }
                ToParameter = Chains.toParameter run isActive origin -1 any
                ToResult = Chains.toResult run isActive origin }
        | ValueNone -> draft

    /// Inputs with the run and the culprit of each, as one draft for each culprit.
    let drafts (place: FindingPlace) (found: (int * Run * Culprit) list) : Draft list =
        found
        |> List.groupBy (fun (_, _, culprit) -> culprit.Step)
        |> List.map (fun (_, same) ->
            let _, of', culprit = same.Head
            ofDerivative of' place culprit (same |> List.map (fun (input, _, _) -> input)))

    let reverse () : Draft list =
        if Seq.init run.Inputs run.DerivativeOf |> Seq.exists Culprits.isBad then
            Culprits.ofAdjoints run
            |> Seq.indexed
            |> Seq.choose (fun (input, culprit) ->
                match culprit with
                | ValueSome culprit -> Some(input, run, culprit)
                | ValueNone -> None)
            |> List.ofSeq
            |> drafts FindingPlace.ReverseDerivative
        else
            []

    let forward () : Draft list =
        let directions =
            if int64 run.Inputs * int64 run.Steps <= budget then
                [ 0 .. run.Inputs - 1 ]
            else
                [ 0 .. run.Inputs - 1 ] |> List.filter (run.DerivativeOf >> Culprits.isBad) |> List.truncate mostDirections
        directions
        |> List.choose (fun input ->
            let direction = Array.init run.Inputs (fun index -> if index = input then 1.0 else 0.0)
            let of' = Run(true, inputs, records, [| result |], direction)
            match Culprits.ofTangent of' with
            | ValueSome culprit -> Some(input, of', culprit)
            | ValueNone -> None)
        |> drafts FindingPlace.ForwardDerivative

    /// Findings at one step are one. The first has the reverse sweep's adjoints, if there is such a one.
    let merge (drafts: Draft list) : Draft list =
        drafts
        |> List.groupBy _.Position
        |> List.map (fun (_, same) ->
            let places = same |> List.map _.Place |> List.distinct
            { same.Head with
                Inputs = same |> List.collect _.Inputs |> List.distinct |> List.sort
                Place = if places.Length > 1 then FindingPlace.Derivative else same.Head.Place })

    /// The run with adjoints.
    member _.Run = run
    member _.Words = words

    /// What made the value bad; of a run that did not end, what made any value bad.
    member _.Value(hasEnded: bool) : Draft voption =
        let culprits = culpritsOfValues.Value
        let culprit =
            if hasEnded then
                culprits[run.Steps]
            else
                culprits[.. run.Steps - 1] |> Array.tryFind ValueOption.isSome |> Option.defaultValue ValueNone
        culprit |> ValueOption.map (fun culprit -> ofValue culprit hasEnded)

    /// What made derivatives bad. What is so because of the value is counted there.
    member search.Derivatives() : Draft list = reverse () @ forward () |> List.map orOrigin |> merge

    /// The operation that lost the digits of the value (input -1) or of the derivative in an input.
    member _.Loss(trace: SweepTrace, input: int, loss: float) : Draft =
        let output = if input < 0 then trace.Value else trace.Gradient[input]
        let struct (position, verdict) = Digits.blame run trace output loss
        let toParameter =
            match Chains.toParameter run isActive position -1 (fun found -> input < 0 || found = input) with
            | [||] -> Chains.toParameter run isActive position -1 any
            | way -> way
        { Run = run
          Position = position
          Verdict = verdict
          Place = if input < 0 then FindingPlace.Value else FindingPlace.ReverseDerivative
          IsLoss = true
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
            $"{words.Name position} = {words.Formula position} has a slope that is not finite, and no derivative comes there: a structural zero, which stays 0.")
