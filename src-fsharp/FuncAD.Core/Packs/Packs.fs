namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>An operand of a pack: where the numbers for its members come from.</summary>
[<RequireQualifiedAccess>]
type internal Source =
    /// The same value for all members.
    | One of value: int
    /// Constants.
    | Numbers of numbers: float[]
    /// Consecutive inputs.
    | Inputs of first: int
    /// Consecutive members of another pack.
    | Run of pack: int * first: int
    /// Values from anywhere.
    | Scattered of values: int[]

/// <summary>Lines that do the same to different operands, none of which needs another.</summary>
[<Sealed>]
type internal Pack(instruction: Instruction, lines: int[], operands: Source[], isWide: bool) =
    member _.Instruction = instruction
    member _.Lines = lines
    member _.Operands = operands
    member _.Length = lines.Length

    /// True if a loop over vectors is worth it: there are enough members, and the machine has an instruction for them.
    member _.IsWide = isWide

/// <summary>
/// Finds in a straight-line program what was a loop before it was traced, or could have been one: packs of isomorphic lines (Larsen and
/// Amarasinghe, "Exploiting superword level parallelism with multimedia instruction sets", 2000), of any length.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="isLoose">
/// True if lines of a pack need to agree only in the instructions that compute their operands, instead of in all that leads up to these.
/// Packs are then cut where the operands do not lie one behind the other.
/// </param>
[<Sealed>]
type internal Packs(program: Program, isLoose: bool) =
    /// Shorter packs are not worth a loop.
    static let shortest = 6

    static let isCommutative instruction =
        match instruction with
        | Instruction.Add
        | Instruction.Multiply -> true
        | _ -> false

    let lines = program.Lines
    let first = program.First

    /// A line's distance from the inputs: lines at the same distance do not need one another.
    let distance =
        let distance = Array.zeroCreate<int> lines.Length
        for line = 0 to lines.Length - 1 do
            for operand in program.Operands line do
                if operand >= first then distance[line] <- max distance[line] (distance[operand - first] + 1)
        distance

    let operands = Array.init lines.Length program.Operands

    /// Groups by distance, instruction and the operands' groups; sums and products take their operands in the order of these.
    let isomorphic: List<List<int>> =
        let groups = List<List<int>>()
        let groupOf = Array.zeroCreate<int> lines.Length
        let known = Dictionary<struct (Primitive * Instruction * int * struct (int * int * int)), int>()
        for line = 0 to lines.Length - 1 do
            let { Primitive = primitive; Instruction = instruction } = lines[line]
            let operands = operands[line]
            let kind place =
                if place >= operands.Length then 0
                elif program.IsInput operands[place] then -1
                elif program.IsConstant operands[place] then -2
                elif isLoose then int lines[operands[place] - first].Instruction
                else groupOf[operands[place] - first]
            if isCommutative instruction && kind 0 > kind 1 then System.Array.Reverse operands
            // A guard is checked where its line is computed, which is in no loop.
            let isGuard = program.GuardsAfter(line).Length > 0
            let rule = if instruction = Instruction.Call then primitive else null
            let key = struct (rule, instruction, (if isGuard then -1 - distance[line] else distance[line]), struct (kind 0, kind 1, kind 2))
            let group =
                match known.TryGetValue key with
                | true, group -> group
                | _ ->
                    known[key] <- groups.Count
                    groups.Add(List())
                    groups.Count - 1
            groups[group].Add line
            groupOf[line] <- group
        groups

    /// The part of the lines that is in groups long enough for packs.
    let promise =
        let inLongGroups = isomorphic |> Seq.sumBy (fun group -> if group.Count >= shortest then group.Count else 0)
        float inLongGroups / float (max 1 lines.Length)

    /// Groups are split by who reads them first, if that leaves packs: the products of a matrix and a vector, say, into those of each
    /// column, which are added to the rows' sums together.
    let split () : int[][] =
        let reader = Array.create lines.Length -1
        for line = lines.Length - 1 downto 0 do
            for operand in operands[line] do
                if operand >= first then reader[operand - first] <- line
        let partOf = Array.create lines.Length -1
        let parts = List<int[]>()
        for group in isomorphic |> Seq.sortByDescending (fun group -> distance[group[0]]) do
            let readers =
                group
                |> Seq.groupBy (fun line -> if reader[line] < 0 then -1 else partOf[reader[line]])
                |> Seq.map (snd >> Array.ofSeq)
                |> Array.ofSeq
            let long = readers |> Array.filter (fun part -> part.Length >= shortest)
            for part in (if long.Length > 1 then readers else [| group.ToArray() |]) do
                for line in part do
                    partOf[line] <- parts.Count
                parts.Add part
        parts.Reverse()
        parts.ToArray()

    /// For each line its pack and its place in the pack; -1 while it has none.
    let pack = Array.create lines.Length -1
    let place = Array.zeroCreate<int> lines.Length

    /// How the operand of one member lies to that of the next: 0 for the same value, 1 for one behind the other, -1 for neither.
    let relation (value: int) (next: int) : int =
        if value = next then
            0
        elif program.IsConstant value && program.IsConstant next then
            1
        elif program.IsInput value && next = value + 1 && program.IsInput next then
            1
        elif
            value >= first && next >= first && pack[value - first] = pack[next - first] && place[next - first] = place[value - first] + 1
        then
            1
        else
            -1

    let operand (values: int[]) : Source =
        let all wanted =
            let mutable index = 1
            while index < values.Length && relation (values[index - 1]) (values[index]) = wanted do
                index <- index + 1
            index >= values.Length
        if all 0 then
            Source.One values[0]
        elif Array.forall program.IsConstant values then
            Source.Numbers(values |> Array.map (fun value -> program.Constants[value - program.Inputs]))
        elif all 1 then
            if program.IsInput values[0] then Source.Inputs values[0] else Source.Run(pack[values[0] - first], place[values[0] - first])
        else
            Source.Scattered values

    let operandsOf (members: int[]) : Source[] =
        Array.init operands[members[0]].Length (fun index -> members |> Array.map (fun line -> operands[line][index]) |> operand)

    /// The orders that members may lie in: that of the lines, or that of an operand.
    let orders (members: int[]) : seq<int[]> =
        let position value = if value < first then struct (-1, value) else struct (pack[value - first], place[value - first])
        let by index sign = members |> Array.sortBy (fun line -> struct (position (operands[line][index]), sign * line))
        seq {
            members
            Array.rev members
            for index in 0 .. operands[members[0]].Length - 1 do
                by index 1
                by index -1
        }

    /// The first of the candidates that costs nothing, or the cheapest.
    let cheapest (cost: 'T -> int) (candidates: seq<'T>) : 'T =
        let ranked = candidates |> Seq.map (fun candidate -> struct (cost candidate, candidate)) |> Seq.cache
        let struct (_, found) =
            match ranked |> Seq.tryFind (fun (struct (cost, _)) -> cost = 0) with
            | Some found -> found
            | None -> ranked |> Seq.minBy (fun (struct (cost, _)) -> cost)
        found

    /// Members in the order in which the fewest operands are scattered.
    let ordered (members: int[]) : int[] =
        let scattered members = operandsOf members |> Array.sumBy (fun operand -> if operand.IsScattered then 1 else 0)
        if members.Length = 1 then members else orders members |> cheapest scattered

    /// Pieces of members, long enough to be packs, whose operands lie one behind the other.
    let pieces (members: int[]) : int[][] =
        let pieces = List<int[]>()
        let related place index = relation (operands[members[index]][place]) (operands[members[index + 1]][place])
        let mutable start = 0
        while start <= members.Length - shortest do
            let wanted = Array.init operands[members[start]].Length (fun place -> related place start)
            let mutable finish = start + 1
            let goesOn () =
                let mutable place = 0
                while place < wanted.Length && related place (finish - 1) = wanted[place] do
                    place <- place + 1
                place = wanted.Length
            if not (Array.contains -1 wanted) then
                while finish < members.Length && goesOn () do
                    finish <- finish + 1
            if finish - start >= shortest then
                pieces.Add members[start .. finish - 1]
                start <- finish
            else
                start <- start + 1
        pieces.ToArray()

    /// Members cut into the pieces that leave the fewest over, and those that are left over.
    let cut (members: int[]) : int[][] =
        // each piece costs about as much as a member by itself
        let cost (pieces: int[][]) = members.Length - Array.sumBy Array.length pieces + pieces.Length - 1
        let pieces = orders members |> Seq.map pieces |> cheapest cost
        let inPieces = HashSet(Seq.concat pieces)
        let rest = members |> Array.filter (inPieces.Contains >> not)
        if rest.Length = 0 then pieces else Array.append pieces [| rest |]

    let find () : Pack[] =
        let packs = List<Pack>()
        let add (members: int[]) =
            members
            |> Array.iteri (fun position line ->
                pack[line] <- packs.Count
                place[line] <- position)
            let operands = operandsOf members
            let instruction = lines[members[0]].Instruction
            let isGuard = program.GuardsAfter(members[0]).Length > 0
            let isHard operand =
                match operand with
                | Source.Scattered values -> isLoose || values |> Array.exists program.IsConstant
                | Source.One _
                | Source.Numbers _
                | Source.Inputs _
                | Source.Run _ -> false
            let isWide = members.Length >= shortest && instruction <> Instruction.Call && not isGuard && not (Array.exists isHard operands)
            packs.Add(Pack(instruction, members, operands, isWide))
        for members in split () do
            if isLoose && members.Length >= shortest then Array.iter add (cut members) else add (ordered members)
        packs.ToArray()

    let packs = lazy (find ())

    /// The part of the lines that can be in loops, at most.
    member _.Promise = promise

    /// All packs, each after those that it reads.
    member _.All = packs.Value

    /// The pack of a line.
    member _.Of(line: int) =
        packs.Force() |> ignore
        pack[line]

    /// The place of a line in its pack.
    member _.Place(line: int) =
        packs.Force() |> ignore
        place[line]

    /// A line's distance from the inputs.
    member _.Distance(line: int) = distance[line]
