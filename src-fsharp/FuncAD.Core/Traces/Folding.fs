namespace FuncAD.Traces

open System
open System.Collections.Generic

/// What a node of a picture stands for.
type internal Part =
    /// One input, step or result.
    | Single of position: int
    /// Inputs that go to the same places, first and last.
    | Inputs of first: int * last: int
    /// Rounds of the same rules: a round takes <c>period</c> steps.
    | Rounds of first: int * period: int * rounds: int
    /// Steps that are left out.
    | Omitted of first: int * last: int

    member part.First =
        match part with
        | Single first
        | Inputs(first, _)
        | Rounds(first, _, _)
        | Omitted(first, _) -> first

    /// The last position.
    member part.Last =
        match part with
        | Single position -> position
        | Rounds(first, period, rounds) -> first + period * rounds - 1
        | Inputs(_, last)
        | Omitted(_, last) -> last

/// <summary>
/// Chooses the nodes of a picture. A run with few steps is drawn step by step. In a longer one, rounds are folded: stretches in which the
/// same sequence of rules is applied again and again to numbers that lie in the same places. If that does not suffice, steps in the middle
/// are left out.
/// </summary>
module internal Folding =
    /// The longest sequence of rules that is recognised as a round.
    let private longestPeriod = 256

    /// Rounds below this number are not folded.
    let private fewestRounds = 3

    /// True if the step applies the rule of the step one period before, to numbers that lie in the same places: one period on, or the same
    /// ones again, or inputs.
    let private repeats (run: Run) (period: int) (position: int) : bool =
        let earlier = position - period
        run.PrimitiveOf position = run.PrimitiveOf earlier
        && Array.forall2
            (fun (a: Argument) (b: Argument) ->
                a.Step - b.Step = period
                || a.Step = b.Step
                || (a.Step >= 0 && b.Step >= 0 && run.IsInput a.Step && run.IsInput b.Step))
            (run.ArgumentsOf position)
            (run.ArgumentsOf earlier)

    /// All stretches of rounds among the steps.
    let private candidates (run: Run) : struct (int * int * int) seq = seq {
        for period = 1 to min longestPeriod ((run.Steps - run.Inputs) / fewestRounds) do
            let mutable first = run.Inputs
            for position = run.Inputs + period to run.Steps do
                if position = run.Steps || not (repeats run period position) then
                    let rounds = (position - first) / period
                    if rounds >= fewestRounds then struct (first, period, rounds)
                    first <- position - period + 1
    }

    /// The stretches that save the most nodes, short periods first, none of which overlaps another.
    let private rounds (run: Run) : Part list =
        let taken = Array.zeroCreate<bool> run.Steps
        [ for struct (first, period, rounds) in
              candidates run |> Seq.sortBy (fun struct (first, period, rounds) -> struct (period - period * rounds, period, first)) do
              let last = first + period * rounds - 1
              if not (taken[first] || taken[last]) then
                  for position = first to last do
                      taken[position] <- true
                  Rounds(first, period, rounds) ]
        |> List.sortBy _.First

    /// The steps, each by itself where it is in no fold.
    let private withFolds (run: Run) (folds: Part list) : Part[] =
        [| let mutable next = run.Inputs
           for fold in folds do
               for position in next .. fold.First - 1 do
                   Single position
               fold
               next <- fold.Last + 1
           for position in next .. run.Steps - 1 do
               Single position |]

    /// Leaves out what lies in the middle, so that no more than <c>most</c> parts remain.
    let private omit (most: int) (parts: Part[]) : Part[] =
        if parts.Length <= most then
            parts
        else
            let before = (most - 1) / 2
            let after = most - 1 - before
            let left = parts[before .. parts.Length - after - 1]
            Array.concat
                [ parts[.. before - 1]
                  [| Omitted((Array.head left).First, (Array.last left).Last) |]
                  parts[parts.Length - after ..] ]

    /// Neighbouring inputs that go to the same parts, as one where there are many.
    let private inputs (run: Run) (most: int) (parts: Part[]) : Part[] =
        if run.Inputs <= most then
            Array.init run.Inputs Single
        else
            let users = Array.init run.Inputs (fun _ -> SortedSet<int>())
            parts
            |> Array.iteri (fun index part ->
                for position = part.First to part.Last do
                    for argument in run.ArgumentsOf position do
                        if argument.Step >= 0 && run.IsInput argument.Step then users[argument.Step].Add index |> ignore)
            let groups = List<Part>()
            let mutable first = 0
            for input = 1 to run.Inputs do
                if input = run.Inputs || not (users[input].SetEquals users[first]) then
                    groups.Add(if input - first = 1 then Single first else Inputs(first, input - 1))
                    first <- input
            omit most (groups.ToArray())

    /// The parts in topological order: inputs, steps, results. No more than some <c>most</c> of each.
    let parts (run: Run) (most: int) : Part[] =
        let all = Array.init (run.Steps - run.Inputs) (fun index -> Single(run.Inputs + index))
        let steps = if all.Length <= most then all else rounds run |> withFolds run |> omit most
        let results = Array.init run.Results (fun index -> Single(run.Steps + index)) |> omit most
        Array.concat [ inputs run most steps; steps; results ]

    /// The number of steps that are shown, of those that are neither inputs nor results.
    let shown (run: Run) (parts: Part[]) : int =
        parts
        |> Array.sumBy (fun part ->
            match part with
            | Omitted _ -> 0
            | part when run.IsInput part.First || run.IsResult part.First -> 0
            | part -> part.Last - part.First + 1)
