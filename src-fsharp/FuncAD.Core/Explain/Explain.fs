namespace FuncAD.Explaining

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled
open FuncAD.Traces

/// <summary>Runs a function, looks for what went wrong, and runs it again for the lines of the program.</summary>
module internal Explain =
    let private operation = "Explain"

    /// A function that does more operations than this is stopped: they take some 400 MB.
    let private mostSteps = 2_000_000

    /// Stops a function that does not end.
    [<Sealed>]
    type private TooLongException() =
        inherit
            InvalidOperationException(
                $"{operation}: the function performed more than {mostSteps} operations. Explain a smaller part of it: fewer rounds, fewer data."
            )

    /// The result of a run that did not return one.
    let private noResult: Argument = { Step = -1; Value = nan; Slope = 0.0; IsActive = false }

    [<Struct>]
    type private Outcome =
        { Records: Record[]
          Result: Argument
          Failure: exn }

        member outcome.HasEnded = isNull outcome.Failure
        member outcome.IsCut = outcome.Failure :? TooLongException

    let private first (f: Real[] -> Real) (x: float[]) : Outcome =
        let level = Recorder(operation, x)
        level.Observer <- fun position -> if position - x.Length >= mostSteps then raise (TooLongException())
        try
            let results = Trace.runOn level operation f x
            { Records = level.Records.ToArray(); Result = results[0]; Failure = null }
        with failure when not level.IsRefused ->
            { Records = level.Records.ToArray(); Result = noResult; Failure = failure }

    /// The lines of some steps, by a second run. Nothing if that does other operations.
    let private sources (f: Real[] -> Real) (x: float[]) (outcome: Outcome) (wanted: HashSet<int>) : Dictionary<int, SourceLine> voption =
        let records = outcome.Records
        let found = Dictionary<int, SourceLine>()
        let level = Recorder(operation, x)
        let mutable isSame = true
        level.Observer <-
            fun position ->
                let index = position - x.Length
                if index >= records.Length then raise (TooLongException())
                if wanted.Contains position then
                    let before, now = records[index], level.Records[index]
                    isSame <- isSame && now.Primitive.Equals before.Primitive && now.Value.Equals before.Value
                    found[position] <- SourceLines.current ()
                // a run that was cut is cut at the same operation again
                if outcome.IsCut && index = records.Length - 1 then raise (TooLongException())
        try
            Trace.runOn level operation f x |> ignore
        with _ ->
            ()
        if isSame && level.Records.Count = records.Length then ValueSome found else ValueNone

    let private word (figures: Figures) (inputs: int list) : string =
        let values = inputs |> List.map (fun input -> figures.Gradient[input])
        if values |> List.forall Double.IsNaN then "NaN"
        elif values |> List.forall Double.IsInfinity then "infinite"
        else "not finite"

    let private digitsLost (digits: float) : string =
        if digits >= Digits.all then "lost all digits" else $"lost {Report.decimals digits} of 16 digits"

    /// What has become of the value and of the derivatives, as parts of a sentence.
    let private effects (figures: Figures) (draft: Draft) : string list =
        let names = draft.Inputs |> List.map (fun input -> figures.Names[input]) |> Array.ofList |> Report.enumerate
        let derivatives = if draft.Inputs.Length = 1 then $"the derivative in {names}" else $"the derivatives in {names}"
        let are, have = if draft.Inputs.Length = 1 then "is", "has" else "are", "have"
        let isLoss = draft.IsLoss
        let isOnlyForward = draft.Inputs |> List.forall (fun input -> Double.IsFinite figures.Gradient[input])
        [ if draft.Place = FindingPlace.Value then
              if isLoss then $"the value has {digitsLost figures.DigitsLost}"
              elif Double.IsFinite figures.Value || figures.Missing <> "" then "a value on the way is not finite"
              else $"the value is {Advice.digits figures.Value}"
          if not draft.Inputs.IsEmpty then
              if isLoss then
                  let most = draft.Inputs |> List.map (fun input -> figures.DigitsLostInGradient[input]) |> List.max
                  $"{derivatives} {have} {digitsLost most}"
              elif isOnlyForward then
                  $"{derivatives} {are} not finite in forward mode"
              else
                  $"{derivatives} {are} {word figures draft.Inputs}" ]

    let private summary (figures: Figures) (draft: Draft) : string =
        let effects = String.Join(" and ", effects figures draft)
        $"{Char.ToUpperInvariant effects[0]}{effects[1..]}: {draft.Verdict.Says}."

    /// False for the addition of 0, with which loops begin and operators end: it is not worth a line.
    let private isTold (run: Run) (position: int) : bool =
        run.IsInput position
        || run.IsResult position
        || (run.PrimitiveOf position).Instruction <> Instruction.Add
        || run.ArgumentsOf position |> Array.forall (fun argument -> argument.Step >= 0 || argument.Value <> 0.0)

    /// The positions of a chain that are shown.
    let private shown (run: Run) (way: int[]) : int[] = way |> Array.filter (isTold run) |> Report.ends |> fst

    /// What the derivative of a step is the sum of.
    let private contributionsTo (run: Run) (position: int) : float[] =
        if run.IsForward then
            run.ArgumentsOf position
            |> Array.filter _.IsActive
            |> Array.map (fun argument -> argument.Slope * run.DerivativeOf argument.Step)
        else
            run.Contributions()
            |> Array.filter (fun contribution -> contribution.To = position)
            |> Array.map (fun contribution ->
                (run.ArgumentOf(contribution.From, contribution.Argument)).Slope * run.DerivativeOf contribution.From)

    /// What happened to the derivative on its way into a step of a chain.
    let private noteAt (run: Run) (from: int) (position: int) : string =
        let struct (step, argument, derivative) = if run.IsForward then struct (position, from, from) else struct (from, position, from)
        run.ArgumentsOf step
        |> Seq.filter (fun operand -> operand.Step = argument && operand.IsActive)
        |> Seq.map (fun operand ->
            let incoming = run.DerivativeOf derivative
            Advice.note operand.Slope incoming (operand.Slope * incoming))
        |> Seq.tryFind (fun note -> note <> "")
        |> Option.defaultWith (fun () ->
            let isNew = Double.IsNaN(run.DerivativeOf position) && not (Double.IsNaN(run.DerivativeOf from))
            if isNew then Advice.noteOfSum (contributionsTo run position) else "")

    let private finding (figures: Figures) (sources: Dictionary<int, SourceLine>) (draft: Draft) : Finding =
        let words = Wording(draft.Run, figures.Names, ParameterNames.resultBeside figures.Names, true)
        let sourceOf position =
            match sources.TryGetValue position with
            | true, source -> source
            | _ -> null
        let isOfDerivative = not (draft.IsLoss || draft.Inputs.IsEmpty)
        let derivativeOf position = if figures.Missing = "" then draft.Run.DerivativeOf position else nan
        let chain (isFollowed: bool) (way: int[]) =
            way
            |> Array.mapi (fun index position ->
                let from = if index = 0 then draft.Position else way[index - 1]
                let note = if isOfDerivative && isFollowed then noteAt draft.Run from position else ""
                ChainStep(words, position, derivativeOf position, sourceOf position, note))
            |> Array.filter (fun step -> isTold draft.Run step.Step)
        Finding(
            words,
            draft.Position,
            draft.Verdict.Kind,
            draft.Place,
            derivativeOf draft.Position,
            draft.Inputs |> List.map (fun input -> figures.Names[input]) |> Array.ofList,
            summary figures draft,
            (if draft.Verdict.Detail = "" then draft.Verdict.Says else $"{draft.Verdict.Says}: {draft.Verdict.Detail}"),
            draft.Verdict.Advice,
            sourceOf draft.Position,
            chain (not draft.Run.IsForward) draft.ToParameter,
            chain draft.Run.IsForward draft.ToResult
        )

    /// Lost digits: of the value, and of derivatives by the step that lost them.
    let private losses (search: Search) (trace: SweepTrace) (figures: Figures) : Draft list =
        let isNotable (digits: float) = digits >= Digits.notable
        let ofValue = if isNotable figures.DigitsLost then [ search.Loss(trace, -1, figures.DigitsLost) ] else []
        let ofDerivatives =
            [ 0 .. figures.Names.Length - 1 ]
            |> List.filter (fun input -> isNotable figures.DigitsLostInGradient[input])
            |> List.sortByDescending (fun input -> figures.DigitsLostInGradient[input])
            |> List.truncate 20
            |> List.map (fun input -> search.Loss(trace, input, figures.DigitsLostInGradient[input]))
        ofValue @ ofDerivatives
        |> List.groupBy (fun draft -> struct (draft.Position, draft.Verdict.Says))
        |> List.map (fun (_, same) -> { same.Head with Inputs = same |> List.collect _.Inputs |> List.sort })

    /// Why a run has no value; empty if it has.
    let private missing (outcome: Outcome) : string =
        if outcome.HasEnded then ""
        elif outcome.IsCut then $"f was stopped after {mostSteps} operations"
        else $"f threw {outcome.Failure.GetType().Name}: {outcome.Failure.Message}"

    let private figuresOf (names: string[]) (run: Run) (outcome: Outcome) (trace: SweepTrace voption) : Figures =
        let value = run.ValueOf run.Steps
        let gradient = if outcome.HasEnded then Array.init run.Inputs run.DerivativeOf else Array.create run.Inputs nan
        let struct (error, errors) =
            match trace with
            | ValueSome trace -> Digits.errors trace
            | ValueNone -> struct (nan, Array.create run.Inputs nan)
        { Names = names
          Value = value
          Gradient = gradient
          DigitsLost = Digits.lost value error
          DigitsLostInGradient = Array.map2 Digits.lost gradient errors
          Missing = missing outcome }

    /// All findings, before the lines of the program are known.
    let private draftsOf (search: Search) (hasEnded: bool) (trace: SweepTrace voption) (figures: Figures) : Draft list =
        let derivatives = if hasEnded then search.Derivatives() else []
        [ match search.Value hasEnded with
          | ValueSome draft ->
              // where the value and derivatives are bad for one reason, that is one finding
              let same, others = derivatives |> List.partition (fun other -> other.Position = draft.Position)
              { draft with Inputs = same |> List.collect _.Inputs }
              yield! others
          | ValueNone -> yield! derivatives
          match trace with
          | ValueSome trace -> yield! losses search trace figures
          | ValueNone -> () ]

    /// The position of the last operation.
    let private last (x: float[]) (outcome: Outcome) : int = x.Length + outcome.Records.Length - 1

    let private linesOf (f: Real[] -> Real) (x: float[]) (outcome: Outcome) (drafts: Draft list) : Dictionary<int, SourceLine> voption =
        let positions (draft: Draft) =
            Array.concat [ [| draft.Position |]; shown draft.Run draft.ToParameter; shown draft.Run draft.ToResult ]
        if drafts.IsEmpty then
            ValueSome(Dictionary())
        else
            let wanted = drafts |> Seq.collect positions |> HashSet
            if outcome.IsCut then wanted.Add(last x outcome) |> ignore
            sources f x outcome wanted

    /// What there is to say of a run that did not end.
    let private noteOfFailure (x: float[]) (outcome: Outcome) (lines: Dictionary<int, SourceLine>) : string =
        if outcome.IsCut then
            let place =
                match lines.TryGetValue(last x outcome) with
                | true, source when not (isNull source) -> $" at {source}"
                | _ -> ""
            $"The run was cut after {mostSteps} operations{place}: f has no value and no derivative here. A loop that waits for a comparison with NaN does not end, since every comparison with NaN is false."
        else
            $"The function ended with an exception: {outcome.Failure.Message}"

    /// Explains a function of some numbers, which have names.
    let run (names: string[]) (f: Real[] -> Real) (x: float[]) : Explanation =
        Trace.checkInputs operation x
        let outcome = first f x
        let hasEnded = outcome.HasEnded
        let search = Search(names, x, outcome.Records, outcome.Result)
        let trace = if hasEnded && Double.IsFinite outcome.Result.Value then ValueSome(SweepTrace.Of search.Run) else ValueNone
        let figures = figuresOf names search.Run outcome trace
        let drafts = draftsOf search hasEnded trace figures
        if not hasEnded && drafts.IsEmpty then Runtime.ExceptionServices.ExceptionDispatchInfo.Throw outcome.Failure
        let lines = linesOf f x outcome drafts
        let known = lines |> ValueOption.defaultWith Dictionary
        let findings = drafts |> List.map (finding figures known) |> Array.ofList
        let notes =
            [| if lines.IsNone then
                   "The function did other operations when it was run again, so that no lines of the program are named. Does it draw random numbers, or read something that changes?"
               if not hasEnded then noteOfFailure x outcome known
               if hasEnded && findings.Length = 0 then yield! search.Harmless() |]
        Explanation(search.Words, names, figures, findings, notes, outcome.Failure)

    /// Explains a function of a structure; its numbers are named after the function's parameter.
    let ofStructure (name: string) (f: 'P -> Real) (p: 'P) : Explanation =
        let struct (like, leaves) = Flatten.input operation "x" p
        if leaves.Arrays.Length > 0 then
            raise (
                NotSupportedException(
                    $"{operation}: x holds a tensor. A run is explained step by step, over single numbers: give a function of Real and Real[], and make the tensor inside a loop over them."
                )
            )
        let at (numbers: Real[]) = f (Flatten.argument like { Numbers = numbers; Arrays = [||] })
        run (LeafNames.of' name like) at (Leaves.values leaves)
