namespace FuncAD.Traces

open System.Collections.Generic
open FuncAD.Compiled

/// What a node of a picture stands for.
type internal PicturePart =
    /// One input, step or result.
    | One of position: int
    /// Inputs that go to the same places, first and last.
    | Inputs of first: int * last: int
    /// Rounds of the same rules: a round takes <c>period</c> steps.
    | Rounds of first: int * period: int * rounds: int
    /// Steps that are left out.
    | Omitted of first: int * last: int

    member part.First =
        match part with
        | One first
        | Inputs(first, _)
        | Rounds(first, _, _)
        | Omitted(first, _) -> first

    /// The last position.
    member part.Last =
        match part with
        | One position -> position
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
    let private fewestRounds = 4

    /// Steps as a search for rounds sees them: a number for each rule, and the arguments one after another.
    [<Sealed>]
    type private StepPattern(run: Run) =
        let rules = Dictionary<Primitive, int>()
        let count = run.Steps - run.Inputs
        let rule = Array.zeroCreate<int> count
        let start = Array.zeroCreate<int>(count + 1)
        let arguments = List<int>()

        do
            for index = 0 to count - 1 do
                let primitive = run.PrimitiveOf(run.Inputs + index)
                if rules.TryAdd(primitive, rules.Count) then ()
                rule[index] <- rules[primitive]
                for argument in run.ArgumentsOf(run.Inputs + index) do
                    arguments.Add argument.Step
                start[index + 1] <- arguments.Count

        member _.Count = count

        /// True if the step applies the rule of the step one period before, to numbers that lie in the same places: one period on, or the
        /// same ones again, or inputs.
        member _.Repeats(period: int, index: int) : bool =
            let earlier = index - period
            let mutable isAlike = rule[index] = rule[earlier]
            let mutable place = 0
            while isAlike && place < start[index + 1] - start[index] do
                let a, b = arguments[start[index] + place], arguments[start[earlier] + place]
                isAlike <- a - b = period || a = b || (a >= 0 && a < run.Inputs && b >= 0 && b < run.Inputs)
                place <- place + 1
            isAlike

    /// All stretches of rounds among the steps: the first step, the period and the number of rounds.
    let private candidates (run: Run) : List<struct (int * int * int)> =
        let steps = StepPattern run
        let found = List<struct (int * int * int)>()
        let mutable saved, period = 0, 1
        // no period saves more steps than there are beyond its first round
        while period <= min longestPeriod (steps.Count / fewestRounds) && saved < steps.Count - period do
            let mutable first = 0
            for index = period to steps.Count do
                if index = steps.Count || not (steps.Repeats(period, index)) then
                    let rounds = (index - first) / period
                    if rounds >= fewestRounds then
                        found.Add(struct (run.Inputs + first, period, rounds))
                        saved <- max saved (period * (rounds - 1))
                    first <- index - period + 1
            period <- period + 1
        found

    /// The stretches that save the most nodes, short periods first, none of which overlaps another. Of each the first round and the last
    /// are drawn step by step, if there are few steps in a round.
    let private rounds (run: Run) (most: int) : PicturePart list =
        let taken = Array.zeroCreate<bool> run.Steps
        [ for struct (first, period, rounds) in
              candidates run |> Seq.sortBy (fun struct (first, period, rounds) -> struct (period - period * rounds, period, first)) do
              let last = first + period * rounds - 1
              if not (taken[first] || taken[last]) then
                  for position = first to last do
                      taken[position] <- true
                  if period > most / 5 then Rounds(first, period, rounds) else Rounds(first + period, period, rounds - 2) ]
        |> List.sortBy _.First

    /// The steps, each by itself where it is in no fold.
    let private withFolds (run: Run) (folds: PicturePart list) : PicturePart[] =
        [| let mutable next = run.Inputs
           for fold in folds do
               for position in next .. fold.First - 1 do
                   One position
               fold
               next <- fold.Last + 1
           for position in next .. run.Steps - 1 do
               One position |]

    /// Leaves out what lies in the middle, so that no more than <c>most</c> parts remain.
    let private omit (most: int) (parts: PicturePart[]) : PicturePart[] =
        if parts.Length <= most then
            parts
        else
            let before = (most - 1) / 2
            let after = most - 1 - before
            let left = parts[before .. parts.Length - after - 1]
            Array.concat
                [ parts[.. before - 1]; [| Omitted((Array.head left).First, (Array.last left).Last) |]; parts[parts.Length - after ..] ]

    /// Neighbouring inputs that go to the same parts, as one where there are many.
    let private inputs (run: Run) (most: int) (parts: PicturePart[]) : PicturePart[] =
        if run.Inputs <= most then
            Array.init run.Inputs One
        else
            let users = Array.init run.Inputs (fun _ -> SortedSet<int>())
            parts
            |> Array.iteri (fun index part ->
                for position = part.First to part.Last do
                    for argument in run.ArgumentsOf position do
                        if argument.Step >= 0 && run.IsInput argument.Step then users[argument.Step].Add index |> ignore)
            let groups = List<PicturePart>()
            let mutable first = 0
            for input = 1 to run.Inputs do
                if input = run.Inputs || not (users[input].SetEquals users[first]) then
                    groups.Add(if input - first = 1 then One first else Inputs(first, input - 1))
                    first <- input
            omit most (groups.ToArray())

    /// The number of steps on the longest path.
    let private depth (run: Run) : int =
        let depths = Array.zeroCreate<int> run.Steps
        for position = run.Inputs to run.Steps - 1 do
            for argument in run.ArgumentsOf position do
                if argument.Step >= 0 then depths[position] <- max depths[position] (depths[argument.Step] + 1)
        Array.fold max 0 depths

    /// The parts in topological order: inputs, steps, results. There are no more than some <c>most</c> of each. Rounds are folded in what
    /// has more steps, or more than <c>deepest</c> on a path.
    let parts (run: Run) (most: int) (deepest: int) : PicturePart[] =
        let count = run.Steps - run.Inputs
        let isFolded = count > most || depth run > deepest
        let folds = if isFolded then rounds run most else []
        let steps = withFolds run folds |> omit most
        let results = Array.init run.Results (fun index -> One(run.Steps + index)) |> omit most
        Array.concat [ inputs run most steps; steps; results ]

    /// Some positions as parts, in order, and what lies in gaps between them, which have a first and a last position each.
    let ofPositions (positions: int[]) (gaps: struct (int * int)[]) : PicturePart[] =
        [| for index = 0 to positions.Length - 1 do
               One positions[index]
               if index + 1 < positions.Length then
                   for struct (first, last) in gaps do
                       let first, last = max first (positions[index] + 1), min last (positions[index + 1] - 1)
                       if first <= last then Omitted(first, last) |]

    /// The number of steps that are shown, of those that are neither inputs nor results.
    let shown (run: Run) (parts: PicturePart[]) : int =
        parts
        |> Array.sumBy (fun part ->
            match part with
            | Omitted _ -> 0
            | part when run.IsInput part.First || run.IsResult part.First -> 0
            | part -> part.Last - part.First + 1)
