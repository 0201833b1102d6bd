namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

/// <summary>Where the doubles of a value lie while a tile of points is computed.</summary>
[<RequireQualifiedAccess; Struct>]
type internal Place =
    /// One number for all points, known when the plan is made.
    | Constant of value: float
    /// A column that the caller provides: the inputs first, then the outputs.
    | Column of index: int
    /// One number for all points: so many doubles behind the pointer of the first column.
    | Uniform of index: int
    /// A column of constants, so many doubles behind the pointer that stands in for the columns.
    | Table of start: int
    /// One number for all points, in the tile's own memory.
    | Number of slot: int
    /// A column of the tile's own memory.
    | Scratch of slot: int
    /// Numbers of the group that a loop is at, in the tile's own memory.
    | Group of slot: int
    /// In a register between the calls of a loop, and nowhere else.
    | Register

/// <summary>What is done to a whole tile at once.</summary>
[<RequireQualifiedAccess>]
type internal Stage =
    /// One pass over the points: lines that the machine has instructions for, and calls that go from group to group.
    | Fused of jobs: Job[]
    /// A call of a rule, in a loop of its own.
    | Kernel of job: Job

    member stage.Jobs: Job[] =
        match stage with
        | Fused jobs -> jobs
        | Kernel job -> [| job |]

/// <summary>
/// How a program runs over many points: tile by tile, and within a tile stage by stage. A tile has so many points that what it computes stays
/// in the cache.
/// </summary>
[<Sealed>]
type internal Plan
    (program: Program, uniform: int, isSum: bool, stages: Stage[], places: Place[], slots: int, groups: int, tile: int, stride: int) =
    member _.Program = program

    /// True if outputs are added up over the points instead of stored: behind the pointer of the first output's column lie eight partial sums for each, and
    /// point k of a tile goes to sum k mod 8.
    member _.IsSum = isSum

    /// So many of the inputs, the first ones, have one number for all points.
    member _.Uniform = uniform
    member _.Stages = stages

    /// The place of each value.
    member _.Places = places

    /// The number of points of a tile.
    member _.Tile = tile

    /// The doubles of a tile's own memory: the columns, then the groups.
    member _.Memory = slots * stride + groups * Loop.Widest

    /// Where a group begins.
    member _.GroupAt(slot: int) = slots * stride + slot * Loop.Widest

    /// The doubles from one column of a tile's own memory to the next.
    member _.Stride = stride

module internal Plan =
    /// Lines that are looked at together when the stages are formed: in a longer window more lines find company, but their values live longer.
    let private window = 600

    /// Fused lines in one loop: with many more the JIT stops keeping values in registers.
    let LongestFusion = 240

    /// The memory that a tile's columns may take, so that they stay in the first-level cache, unless tiles would be short, and then in the second.
    let private firstCacheBytes = 40960
    let private secondCacheBytes = 262144

    /// Long programs read their code anew for each tile, some 20 bytes a line, from beyond the cache: so many bytes a line of the tile's own are no longer
    /// what takes the time (measured on mixtures of Gaussians: 70 000 lines take half as long as on tiles of 16 points).
    let private bytesPerLine = 64

    /// Columns whose distance is a power of two would share a few sets of the first-level cache: a line of it lies between them.
    let private beyondTile = 8

    /// The interpreter does one line after the other over a whole tile: shorter ones would be spent on calls (measured: 128 points are best), unless
    /// the tile would take more memory than this.
    let private interpretedTile = 128
    let private largestTileBytes = 33554432

    /// Longer programs have their calls in loops of their own (measured on networks, mixtures and sums of exponentials: fused calls gain up to half with
    /// some hundred lines, and lose as much from 2000 on).
    let private longestWithCalls = 1000

    /// Whether a line calls a rule whose arguments have columns.
    let private isOverColumns (program: Program) (uniform: int) (line: int) =
        program.Operands line |> Array.forall (fun value -> value >= uniform && not (program.IsConstant value))

    /// In each window, lines that are ready together: first all that go into one pass, then all calls that these make possible, and so on.
    let private schedule (program: Program) (uniform: int) : Stage[] =
        let lines = program.Lines
        let isCall line = lines[line].Instruction = Instruction.Call
        let fusesCalls = lines.Length <= longestWithCalls
        let isAlone line = isCall line && not (fusesCalls && isOverColumns program uniform line)
        let round = Array.zeroCreate<int> lines.Length
        let stages = List<Stage>()
        for start in 0..window .. lines.Length - 1 do
            let finish = min lines.Length (start + window) - 1
            for line = start to finish do
                for operand in program.Operands line do
                    let earlier = operand - program.First
                    if earlier >= start then
                        round[line] <-
                            max round[line] (if isAlone earlier && not (isAlone line) then round[earlier] + 1 else round[earlier])
            let inRounds = [| start..finish |] |> Array.groupBy (fun line -> round[line]) |> Array.sortBy fst
            for _, lines in inRounds do
                let alone, fused = lines |> Array.partition isAlone
                let jobs = LaneSchedule.withSharedForms program uniform fused
                let jobs = if Array.exists (LaneSchedule.isCall program) jobs then LaneSchedule.inOrder program jobs else jobs
                for jobs in Array.chunkBySize LongestFusion jobs do
                    stages.Add(Stage.Fused jobs)
                stages.AddRange(LaneSchedule.withSharedForms program uniform alone |> Array.map Stage.Kernel)
        stages.ToArray()

    /// The lines of each stage in parts whose values are in registers together: a call is a part of its own.
    let private inRuns (program: Program) (stages: Stage[]) : (int * int[])[] =
        [| for index, stage in Array.indexed stages do
               for run in LaneSchedule.inRuns program stage.Jobs do
                   index, run |> Array.collect (fun job -> job.Lines) |]

    /// A plan for code, with loops over several lines, or for the interpreter, where every line is a loop of its own.
    let make (program: Program) (uniform: int) (isSum: bool) (isFused: bool) : Plan =
        let stages = if isFused then schedule program uniform else Array.init program.Lines.Length (Job.Line >> Stage.Kernel)
        let runs = inRuns program stages
        let isInMemory = Array.zeroCreate<bool> program.Values // needed beyond the run that computes it
        let isColumn = Array.zeroCreate<bool> program.Values // and beyond its stage
        let last = Array.create program.Values -1 // the last run that reads it
        let home = Array.create program.Values -1
        runs
        |> Array.iteri (fun run (stage, lines) ->
            for line in lines do
                let value = program.First + line
                home[value] <- run
                for operand in program.Operands line do
                    last[operand] <- run
                    if home[operand] >= 0 then
                        if home[operand] <> run then isInMemory[operand] <- true
                        if fst runs[home[operand]] <> stage then isColumn[operand] <- true
                if program.Lines[line].Instruction = Instruction.Call then isInMemory[value] <- true
                match stages[stage] with
                | Stage.Kernel _ -> isColumn[value] <- true
                | Stage.Fused _ -> ())
        for guard in program.Guards do
            isColumn[guard.Node] <- true
            last[guard.Node] <- runs.Length

        if isSum then
            // what no fused line computes is added up in the end
            for value in program.Outputs do
                if value >= program.First && isColumn[value] then last[value] <- runs.Length

        let places = Array.create program.Values Place.Register
        for input = 0 to program.Inputs - 1 do
            places[input] <- if input < uniform then Place.Uniform input else Place.Column input
        program.Constants |> Array.iteri (fun index value -> places[program.Inputs + index] <- Place.Constant value)
        // An output is computed where it goes to; what goes to several is copied in the end.
        if not isSum then
            program.Outputs
            |> Array.iteri (fun output value ->
                if value >= program.First && places[value] = Place.Register then places[value] <- Place.Column(program.Inputs + output))

        // Gives a slot to each value of a kind while it is needed, and says how many there are.
        let withSlots (isOfKind: int -> bool) (place: int -> Place) : int =
            let free = Stack<int>()
            let ending = Array.init (runs.Length + 1) (fun _ -> List<int>())
            let mutable slots = 0
            runs
            |> Array.iteri (fun run (_, lines) ->
                for line in lines do
                    let value = program.First + line
                    if isOfKind value && places[value] = Place.Register then
                        let slot =
                            if free.Count > 0 then
                                free.Pop()
                            else
                                slots <- slots + 1
                                slots - 1
                        places[value] <- place slot
                        ending[max run last[value]].Add slot
                for slot in ending[run] do
                    free.Push slot)
            slots
        let slots = withSlots (fun value -> isColumn[value]) Place.Scratch
        let groups = withSlots (fun value -> isInMemory[value]) Place.Group
        let columns = slots + program.Inputs - uniform + (if isSum then 0 else program.Outputs.Length)
        let within bytes = bytes / 8 / max 1 columns / Loop.Widest * Loop.Widest
        let tile =
            if isFused then
                let second = max secondCacheBytes (bytesPerLine * program.Lines.Length)
                Math.Clamp(within firstCacheBytes, Math.Clamp(within second, Loop.Widest, 128), 512)
            else
                Math.Clamp(within secondCacheBytes, Math.Clamp(within largestTileBytes, Loop.Widest, interpretedTile), 512)
        Plan(program, uniform, isSum, stages, places, slots, groups, tile, tile + beyondTile)
