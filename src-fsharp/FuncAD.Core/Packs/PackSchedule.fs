namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>Packs that are computed together: of one length, in one loop, or lines that are computed one by one.</summary>
[<Sealed>]
type internal Together(isLoop: bool, length: int) =
    member _.IsLoop = isLoop
    member _.Length = length

    /// The packs, by number.
    member val Packs = List<int>()

/// <summary>
/// Puts packs into loops. A pack joins a loop of its length: results of the loop that it reads member by member stay in registers.
/// </summary>
[<Sealed>]
type internal PackSchedule(program: Program, packs: Packs) =
    /// The number of loops that a pack may join: the latest ones of its length.
    static let candidates = 8

    let steps = List<Together>()
    let stepOf = Array.create packs.All.Length -1

    let packsOf (operand: Source) : seq<int> =
        let packOf value = if value >= program.First then Seq.singleton (packs.Of(value - program.First)) else Seq.empty
        match operand with
        | Source.One value -> packOf value
        | Source.Run(pack, _) -> Seq.singleton pack
        | Source.Scattered values -> values |> Seq.collect packOf |> Seq.distinct
        | Source.Numbers _
        | Source.Inputs _ -> Seq.empty

    let isRegister (step: int) (operand: Source) =
        match operand with
        | Source.Run(pack, first) -> first = 0 && steps[step].IsLoop && stepOf[pack] = step
        | Source.One _
        | Source.Numbers _
        | Source.Inputs _
        | Source.Scattered _ -> false

    let mayJoin (pack: Pack) (step: int) =
        let isReady operand =
            let isBefore source = if steps[step].IsLoop then stepOf[source] < step else stepOf[source] <= step
            isRegister step operand || packsOf operand |> Seq.forall isBefore
        (not steps[step].IsLoop || steps[step].Packs.Count < Plan.LongestFusion) && Array.forall isReady pack.Operands

    do
        let ofLength = Dictionary<int, List<int>>()
        packs.All
        |> Array.iteri (fun index pack ->
            // 0 stands for lines that are computed one by one
            let length = if pack.IsWide then pack.Length else 0
            let open' =
                match ofLength.TryGetValue length with
                | true, steps -> steps
                | _ ->
                    ofLength[length] <- List()
                    ofLength[length]
            let latest = seq { for back in 1 .. min open'.Count (if pack.IsWide then candidates else 1) -> open'[open'.Count - back] }
            let step =
                match latest |> Seq.tryFind (mayJoin pack) with
                | Some step -> step
                | None ->
                    steps.Add(Together(pack.IsWide, length))
                    open'.Add(steps.Count - 1)
                    steps.Count - 1
            steps[step].Packs.Add index
            stepOf[index] <- step)

    member _.Program = program
    member _.Packs = packs
    member _.Steps = steps

    /// The step that computes a pack.
    member _.StepOf(pack: int) = stepOf[pack]

    /// Whether a step finds an operand in the registers of its loop.
    member _.IsRegister(step: int, operand: Source) = isRegister step operand

    /// The packs that an operand is made of.
    member _.PacksOf(operand: Source) = packsOf operand

    /// An estimate of the time that the schedule takes, in units of a line of straight code, of which the machine does two a cycle.
    member _.Cost(lanes: int) : float =
        // Measured on gradients of Rosenbrock's function and of the Helmholtz energy of 10 to 1000 arguments.
        let perRun, perStep, perVector, perMemory, perGathered, perLine, latency = 100.0, 40.0, 1.25, 1.0, 2.0, 2.5, 8.0
        let gathered = HashSet<int[]>(HashIdentity.Structural)
        let loopCost step (pack: Pack) =
            let vectors = float (Workspace.Padded pack.Length / lanes)
            let operandCost operand =
                let gather =
                    match operand with
                    | Source.Scattered values -> if gathered.Add values then perGathered * float values.Length else 0.0
                    | Source.One _
                    | Source.Numbers _
                    | Source.Inputs _
                    | Source.Run _ -> 0.0
                gather + (if isRegister step operand then 0.0 else perMemory * vectors)
            perVector * vectors + Array.sumBy operandCost pack.Operands
        let stepCost index (step: Together) =
            if step.IsLoop then
                step.Packs |> Seq.sumBy (fun pack -> loopCost index packs.All[pack])
            else
                let lines = step.Packs |> Seq.collect (fun pack -> packs.All[pack].Lines) |> Array.ofSeq
                // lines at different distances from the inputs may have to wait for one another
                let longest = lines |> Seq.map packs.Distance |> Seq.distinct |> Seq.length
                max (perLine * float lines.Length) (latency * float longest)
        perRun + (steps |> Seq.mapi (fun index step -> perStep + stepCost index step) |> Seq.sum)
