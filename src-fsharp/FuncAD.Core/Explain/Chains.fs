namespace FuncAD.Explaining

open System.Collections.Generic
open FuncAD.Traces

/// <summary>Ways through a run: from a step down to an input, and up to the result. Each is the shortest that there is.</summary>
module internal Chains =
    /// From a position along some of the arguments of each step, down to the first position that is wanted; nothing if none is reached.
    let private down (run: Run) (start: int) (goes: int -> Argument -> bool) (isGoal: int -> bool) : int[] =
        let before, ahead = Dictionary<int, int>(), Queue<int>()
        before[start] <- -1
        ahead.Enqueue start
        let mutable goal = if isGoal start then start else -1
        while goal < 0 && ahead.Count > 0 do
            let position = ahead.Dequeue()
            for argument in run.ArgumentsOf position do
                if argument.Step >= 0 && goes position argument && before.TryAdd(argument.Step, position) then
                    ahead.Enqueue argument.Step
                    if goal < 0 && isGoal argument.Step then goal <- argument.Step
        [| let mutable position = goal
           while position >= 0 do
               position
               position <- before[position] |]
        |> Array.rev

    /// The steps after <c>step</c>, up to the result.
    let toResult (run: Run) (goes: int -> Argument -> bool) (step: int) : int[] =
        match down run run.Steps goes ((=) step) with
        | [||] -> [||]
        | way -> Array.rev way[.. way.Length - 2]

    /// The steps before <c>step</c>, by one of its arguments if that is given, down to an input.
    let toParameter (run: Run) (goes: int -> Argument -> bool) (step: int) (argument: int) (isWanted: int -> bool) : int[] =
        let isGoal position = run.IsInput position && isWanted position
        let first = if argument >= 0 then (run.ArgumentOf(step, argument)).Step else -1
        if run.IsInput step then [||]
        elif first >= 0 then down run first goes isGoal
        else (down run step goes isGoal)[1..]
