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
    /// In a register of the fused lines that compute it, and nowhere else.
    | Register

/// <summary>What is done to a whole tile at once.</summary>
[<RequireQualifiedAccess>]
type internal Stage =
    /// Lines that the machine has instructions for, in one pass over the points.
    | Fused of lines: int[]
    /// A line that calls a rule, in a loop of its own.
    | Kernel of line: int
    /// Two lines that call rules of the same argument, in one loop.
    | Twins of kind: TwinPrimitives * first: int * second: int

/// <summary>
/// How a program runs over many points: tile by tile, and within a tile stage by stage. A tile has so many points that what it computes stays
/// in the cache.
/// </summary>
[<Sealed>]
type internal Plan(program: Program, uniform: int, isSum: bool, stages: Stage[], places: Place[], slots: int, tile: int, stride: int) =
    member _.Program = program

    /// True if outputs are added up over the points instead of stored: behind the pointer of the first output's column lie eight partial sums for each, and
    /// point k of a tile goes to sum k mod 8.
    member _.IsSum = isSum

    /// So many of the inputs, the first ones, have one number for all points.
    member _.Uniform = uniform
    member _.Stages = stages

    /// The place of each value.
    member _.Places = places

    /// The number of columns of a tile's own memory.
    member _.Slots = slots

    /// The number of points of a tile.
    member _.Tile = tile

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

    /// Stages for lines that call rules, twins together. One number for all points is not worth it.
    let private withTwins (program: Program) (uniform: int) (calls: int[]) : Stage[] =
        let argument line =
            let { Primitive = primitive; A = a } = program.Lines[line]
            if primitive.Arity > 1 || a < uniform then -1 - line else a
        [| for _, lines in Array.groupBy argument calls do
               let alone = HashSet lines
               for first in lines do
                   for second in lines do
                       let primitive line = program.Lines[line].Primitive
                       match TwinPrimitives.All |> Array.tryFind _.Are(primitive first, primitive second) with
                       | Some kind when alone.Contains first && alone.Contains second ->
                           alone.ExceptWith [ first; second ]
                           Stage.Twins(kind, first, second)
                       | _ -> ()
               for line in alone do
                   Stage.Kernel line |]

    /// In each window, lines that are ready together: first all that the machine has instructions for, then all calls that these make possible, and so on.
    let private schedule (program: Program) (uniform: int) : Stage[] =
        let lines = program.Lines
        let round = Array.zeroCreate<int> lines.Length
        let isCall line = lines[line].Instruction = Instruction.Call
        let stages = List<Stage>()
        for start in 0..window .. lines.Length - 1 do
            let finish = min lines.Length (start + window) - 1
            for line = start to finish do
                for operand in program.Operands line do
                    let earlier = operand - program.First
                    if earlier >= start then
                        round[line] <- max round[line] (if isCall earlier && not (isCall line) then round[earlier] + 1 else round[earlier])
            let inRounds = [| start..finish |] |> Array.groupBy (fun line -> round[line]) |> Array.sortBy fst
            for _, lines in inRounds do
                let calls, others = lines |> Array.partition isCall
                for fused in Array.chunkBySize LongestFusion others do
                    stages.Add(Stage.Fused fused)
                stages.AddRange(withTwins program uniform calls)
        stages.ToArray()

    let private linesOf stage =
        match stage with
        | Stage.Fused lines -> lines
        | Stage.Kernel line -> [| line |]
        | Stage.Twins(_, first, second) -> [| first; second |]

    /// A plan for code, with fused lines, or for the interpreter, where every line is a loop of its own.
    let make (program: Program) (uniform: int) (isSum: bool) (isFused: bool) : Plan =
        let stages = if isFused then schedule program uniform else Array.init program.Lines.Length Stage.Kernel
        let isColumn = Array.zeroCreate<bool> program.Values // needed beyond the fused lines that compute it
        let last = Array.create program.Values -1 // the last stage that reads it
        let home = Array.create program.Values -1
        stages |> Array.iteri (fun index stage ->
            for line in linesOf stage do
                home[program.First + line] <- index
                for operand in program.Operands line do
                    last[operand] <- index
                    let isRead = match stage with Stage.Fused _ -> home[operand] <> index | _ -> true
                    if isRead then isColumn[operand] <- true)
        for stage in stages do
            match stage with
            | Stage.Fused _ -> ()
            | _ ->
                for line in linesOf stage do
                    isColumn[program.First + line] <- true
        for guard in program.Guards do
            isColumn[guard.Node] <- true
            last[guard.Node] <- stages.Length

        if isSum then
            // what no fused line computes is added up in the end
            for value in program.Outputs do
                if value >= program.First && isColumn[value] then last[value] <- stages.Length

        let places = Array.create program.Values Place.Register
        for input = 0 to program.Inputs - 1 do
            places[input] <- if input < uniform then Place.Uniform input else Place.Column input
        program.Constants |> Array.iteri (fun index value -> places[program.Inputs + index] <- Place.Constant value)
        // An output is computed where it goes to; what goes to several is copied in the end.
        if not isSum then
            program.Outputs |> Array.iteri (fun output value ->
                if value >= program.First && places[value] = Place.Register then places[value] <- Place.Column(program.Inputs + output))
        let free = Stack<int>()
        let ending = Array.init (stages.Length + 1) (fun _ -> List<int>())
        let mutable slots = 0
        stages |> Array.iteri (fun index stage ->
            for line in linesOf stage do
                let value = program.First + line
                if isColumn[value] && places[value] = Place.Register then
                    let slot =
                        if free.Count > 0 then free.Pop()
                        else
                            slots <- slots + 1
                            slots - 1
                    places[value] <- Place.Scratch slot
                    ending[max index last[value]].Add slot
            for slot in ending[index] do
                free.Push slot)
        let columns = slots + program.Inputs - uniform + (if isSum then 0 else program.Outputs.Length)
        let within bytes = bytes / 8 / max 1 columns / Loop.Widest * Loop.Widest
        let tile =
            if isFused then
                let second = max secondCacheBytes (bytesPerLine * program.Lines.Length)
                Math.Clamp(within firstCacheBytes, Math.Clamp(within second, Loop.Widest, 128), 512)
            else Math.Clamp(within secondCacheBytes, Math.Clamp(within largestTileBytes, Loop.Widest, interpretedTile), 512)
        Plan(program, uniform, isSum, stages, places, slots, tile, tile + beyondTile)
