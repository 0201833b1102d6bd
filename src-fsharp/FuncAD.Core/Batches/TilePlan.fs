namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

/// <summary>Where the doubles of a value lie while a tile of points is computed.</summary>
[<Struct>]
type internal Place =
    /// One number for all points, known when the plan is made.
    | Constant of value: float
    /// A column that the caller provides: the inputs first, then the outputs.
    | Column of index: int
    /// One number for all points, at an index from the pointer of the first column on.
    | Uniform of index: int
    /// A column of constants, at an index from the pointer that stands in for the columns.
    | Table of start: int
    /// One number for all points, at the beginning of a column of the tile's own memory.
    | Number of slot: int
    /// A column of the tile's own memory.
    | Scratch of slot: int
    /// A group in the tile's own memory: the numbers of the points that a loop is at.
    | Group of slot: int
    /// In a register between the calls of a loop, and not in memory.
    | Register

/// <summary>Where the values of some lines lie while they are computed: all that the lane compiler needs to know besides the
/// lines.</summary>
[<NoEquality; NoComparison>]
type internal Layout =
    {
        /// The place of each value, by its number: first the values that the lines read, then the results of the lines.
        Places: Place[]
        /// The value that the first line computes.
        First: int
        /// Doubles from one column of a tile's own memory to the next.
        Stride: int
        /// Doubles before the groups in a tile's own memory.
        GroupStart: int
        /// The first values, this many, have one number for all points.
        Uniform: int
        /// The column of the partial sums, where outputs are added up over the points; -1 where they are stored. It has eight sums for each
        /// output, and point k of a tile is added to sum k mod 8.
        SumColumn: int
        /// The outputs that a value is added to, where outputs are added up.
        OutputsOf: int -> int[]
    }

    member layout.IsSum = layout.SumColumn >= 0

    /// The doubles before a group in a tile's own memory.
    member layout.GroupAt(slot: int) = layout.GroupStart + slot * Loop.Widest

/// <summary>What is done to a whole tile at once.</summary>
[<RequireQualifiedAccess>]
type internal Stage =
    /// One loop over the points: lines that the machine has instructions for, and calls that compute a group at a time.
    | Fused of jobs: Job[]
    /// A call of a rule, in a loop of its own.
    | Kernel of job: Job

    member stage.Jobs: Job[] =
        match stage with
        | Fused jobs -> jobs
        | Kernel job -> [| job |]

/// <summary>
/// How a program runs over many points: tile by tile, and within a tile stage by stage. A tile has so many points that what it computes
/// stays in the cache.
/// </summary>
type internal Plan =
    {
        Program: Program
        Stages: Stage[]
        Layout: Layout
        /// The number of points of a tile.
        Tile: int
        /// The doubles of a tile's own memory: the columns, then the groups.
        Memory: int
    }

/// <summary>Makes plans: stages, then the lifetimes of values, then their places.</summary>
module internal Plan =
    /// Lines that are looked at together when the stages are formed: in a longer window more lines share a loop, but their values live
    /// longer.
    let private window = 600

    /// Lines in one loop: with many more the JIT stops keeping values in registers.
    let LongestFusion = 240

    /// The memory of a tile's columns: within the first-level cache, or, where that makes tiles short, within the second.
    let private firstCacheBytes = 40960
    let private secondCacheBytes = 262144

    /// The code of a long program, some 20 bytes a line, does not stay in the cache and is read again for each tile. With this many bytes
    /// of columns a line, that no longer dominates (measured on mixtures of Gaussians: 70 000 lines take half as long as on tiles of 16
    /// points).
    let private bytesPerLine = 64

    /// Doubles between two columns, a line of the cache: columns at distances of a power of two would share a few sets of the first-level
    /// cache.
    let private columnGap = 8

    /// The interpreter runs each line over a whole tile, and on short tiles its calls dominate (measured: 128 points are best). Only where
    /// such a tile would need more memory than largestTileBytes it is shorter.
    let private interpretedTile = 128
    let private largestTileBytes = 33554432
    let private longestTile = 512

    /// In longer programs calls have loops of their own (measured on networks, mixtures and sums of exponentials: calls within the loops
    /// gain up to half with some hundred lines, and lose as much from 2000 on).
    let private longestWithCalls = 1000

    // ---- Stages ----

    /// Whether all operands of a line are columns.
    let private isOverColumns (program: Program) (uniform: int) (line: int) =
        program.Operands line |> Array.forall (fun value -> value >= uniform && not (program.IsConstant value))

    /// In each window, lines that can be computed together: first all that go into one loop, then all calls whose operands are computed by
    /// then, and so on.
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
            for _, together in inRounds do
                let alone, fused = together |> Array.partition isAlone
                let jobs = LaneSchedule.withSharedForms program uniform fused
                let jobs = if Array.exists (LaneSchedule.isCall lines) jobs then LaneSchedule.inOrder program jobs else jobs
                for jobs in Array.chunkBySize LongestFusion jobs do
                    stages.Add(Stage.Fused jobs)
                stages.AddRange(LaneSchedule.withSharedForms program uniform alone |> Array.map Stage.Kernel)
        stages.ToArray()

    // ---- Lifetimes ----

    /// Lines whose values are in registers together, and the index of their stage.
    type private Run = { Stage: int; Lines: int[] }

    let private runsOf (program: Program) (stages: Stage[]) : Run[] =
        [| for index, stage in Array.indexed stages do
               for run in LaneSchedule.inRuns program.Lines stage.Jobs do
                   { Stage = index; Lines = run |> Array.collect _.Lines } |]

    /// How long each value is needed.
    type private Lifetimes =
        {
            /// Beyond the run that computes it, so that it needs memory.
            IsInMemory: bool[]
            /// Beyond the stage that computes it, or by the code around the stages, so that it needs a column.
            IsColumn: bool[]
            /// The last run that reads it; the number of runs if the code around the stages reads it; -1 if nothing does.
            LastReader: int[]
        }

    let private lifetimes (program: Program) (isSum: bool) (stages: Stage[]) (runs: Run[]) : Lifetimes =
        let isInMemory = Array.zeroCreate<bool> program.Values
        let isColumn = Array.zeroCreate<bool> program.Values
        let last = Array.create program.Values -1
        let home = Array.create program.Values -1 // the run that computes it
        runs
        |> Array.iteri (fun run { Stage = stage; Lines = lines } ->
            for line in lines do
                let value = program.First + line
                home[value] <- run
                for operand in program.Operands line do
                    last[operand] <- run
                    if home[operand] >= 0 then
                        if home[operand] <> run then isInMemory[operand] <- true
                        if runs[home[operand]].Stage <> stage then isColumn[operand] <- true
                if program.Lines[line].Instruction = Instruction.Call then isInMemory[value] <- true
                match stages[stage] with
                | Stage.Kernel _ -> isColumn[value] <- true
                | Stage.Fused _ -> ())
        for guard in program.Guards do
            isColumn[guard.Node] <- true
            last[guard.Node] <- runs.Length
        // What no loop of fused lines adds up is added up after the stages.
        if isSum then
            for value in program.Outputs do
                if value >= program.First && isColumn[value] then last[value] <- runs.Length
        { IsInMemory = isInMemory; IsColumn = isColumn; LastReader = last }

    // ---- Places ----

    /// The places of inputs, constants and outputs. All other values are in registers, to begin with.
    let private fixedPlaces (program: Program) (uniform: int) (isSum: bool) : Place[] =
        let places = Array.create program.Values Place.Register
        for input = 0 to program.Inputs - 1 do
            places[input] <- if input < uniform then Place.Uniform input else Place.Column input
        program.Constants |> Array.iteri (fun index value -> places[program.Inputs + index] <- Place.Constant value)
        // A value is computed in the column of the first output that it is. For further outputs it is copied after the stages.
        if not isSum then
            program.Outputs
            |> Array.iteri (fun output value ->
                if value >= program.First && places[value] = Place.Register then places[value] <- Place.Column(program.Inputs + output))
        places

    /// Gives a slot to each value of a kind that has no place yet, for as long as it is needed. Returns the number of slots.
    let private giveSlots
        (program: Program)
        (runs: Run[])
        (last: int[])
        (places: Place[])
        (isOfKind: int -> bool)
        (place: int -> Place)
        : int =
        let free = Stack<int>()
        let ending = Array.init (runs.Length + 1) (fun _ -> List<int>())
        let mutable slots = 0
        runs
        |> Array.iteri (fun run { Lines = lines } ->
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

    /// The number of points of a tile, by its number of columns.
    let private tileLength (program: Program) (columns: int) (isFused: bool) : int =
        let within bytes = bytes / 8 / max 1 columns / Loop.Widest * Loop.Widest
        if isFused then
            let second = max secondCacheBytes (bytesPerLine * program.Lines.Length)
            Math.Clamp(within firstCacheBytes, Math.Clamp(within second, Loop.Widest, 128), longestTile)
        else
            Math.Clamp(within secondCacheBytes, Math.Clamp(within largestTileBytes, Loop.Widest, interpretedTile), longestTile)

    /// <summary>A plan for a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="uniform">The first inputs, this many, have one number for all points.</param>
    /// <param name="isSum">True if outputs are added up over the points instead of stored.</param>
    /// <param name="isFused">True for code with loops over several lines; false for the interpreter, which has a loop for each
    /// line.</param>
    let make (program: Program) (uniform: int) (isSum: bool) (isFused: bool) : Plan =
        let stages = if isFused then schedule program uniform else Array.init program.Lines.Length (Job.Line >> Stage.Kernel)
        let runs = runsOf program stages
        let lifetimes = lifetimes program isSum stages runs
        let places = fixedPlaces program uniform isSum
        let giveSlots = giveSlots program runs lifetimes.LastReader places
        let slots = giveSlots (fun value -> lifetimes.IsColumn[value]) Place.Scratch
        let groups = giveSlots (fun value -> lifetimes.IsInMemory[value]) Place.Group
        let columns = slots + program.Inputs - uniform + (if isSum then 0 else program.Outputs.Length)
        let tile = tileLength program columns isFused
        let stride = tile + columnGap
        let layout =
            { Places = places
              First = program.First
              Stride = stride
              GroupStart = slots * stride
              Uniform = uniform
              SumColumn = if isSum then program.Inputs else -1
              OutputsOf = program.OutputsOf }
        { Program = program; Stages = stages; Layout = layout; Tile = tile; Memory = layout.GroupAt groups }
