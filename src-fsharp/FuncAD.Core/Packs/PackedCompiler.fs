namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

/// <summary>
/// The memory of a run: the inputs, then the packs that are not in registers alone, then what is gathered. Constants are in tables of their
/// own.
/// </summary>
[<Sealed>]
type internal PackedMemory(schedule: PackSchedule) =
    let program, packs = schedule.Program, schedule.Packs
    let mutable size = Workspace.Padded program.Inputs

    /// For each pack whether it is kept in memory: because another step reads it, or because it holds outputs.
    let isKept =
        let isKept = Array.zeroCreate<bool> packs.All.Length
        schedule.Steps
        |> Seq.iteri (fun step together ->
            for pack in together.Packs do
                for operand in packs.All[pack].Operands do
                    if not (schedule.IsRegister(step, operand)) then
                        for source in schedule.PacksOf operand do
                            if together.IsLoop || schedule.StepOf source <> step then isKept[source] <- true)
        for output in program.Outputs do
            if output >= program.First then isKept[packs.Of(output - program.First)] <- true
        isKept

    let allocate (length: int) =
        let start = size
        size <- size + Workspace.Padded length
        start

    let address = packs.All |> Array.mapi (fun index pack -> if isKept[index] then allocate pack.Length else -1)
    let gathered = Dictionary<int[], int>(HashIdentity.Structural)
    let constants = List<float>()

    /// By bits, so that 0 is not -0.
    let tables = Dictionary<int64[], int>(HashIdentity.Structural)

    let packsEnd = size

    /// The doubles that are allocated so far.
    member _.Size = size

    /// The end of the packs: what is gathered begins here.
    member _.PacksEnd = packsEnd
    member _.IsKept(pack: int) = isKept[pack]
    member _.Address(pack: int) = address[pack]

    member _.AddressOf(value: int) =
        if value < program.Inputs then value else address[packs.Of(value - program.First)] + packs.Place(value - program.First)

    /// The address where values from different places are gathered, and whether no earlier step has gathered them.
    member memory.Gather(values: int[]) : struct (int * bool) =
        match gathered.TryGetValue values with
        | true, start -> struct (start, false)
        | _ ->
            let start = allocate values.Length
            gathered[values] <- start
            struct (start, true)

    /// The index of numbers among the constants. Each table is filled up to whole groups.
    member memory.Table(numbers: float[]) : int =
        let bits = numbers |> Array.map BitConverter.DoubleToInt64Bits
        if tables.TryAdd(bits, constants.Count) then
            constants.AddRange numbers
            constants.AddRange(Seq.replicate (Workspace.Padded numbers.Length - numbers.Length) (Array.last numbers))
        tables[bits]

    /// The constants of all tables, pinned.
    member memory.Constants: float[] =
        let pinned = GC.AllocateUninitializedArray<float>(constants.Count, pinned = true)
        constants.CopyTo pinned
        pinned

    /// The place of a value that is the same for all members.
    member memory.One(value: int) : Place =
        if program.IsConstant value then
            Place.Constant program.Constants[value - program.Inputs]
        else
            Place.Number(memory.AddressOf value)

/// <summary>The values that a loop reads from memory, numbered, and the steps that gather some of them before the loop.</summary>
[<Sealed>]
type internal LoopInputs(memory: PackedMemory) =
    let gathers = List<PackedStep>()
    let places = List<Place>()
    let valueAt = Dictionary<struct (Place * int64), int>()
    let valueOf = Dictionary<Source, int>(HashIdentity.Reference)

    let placeOf (operand: Source) : Place =
        match operand with
        | Source.One value -> memory.One value
        | Source.Numbers numbers -> Place.Table(memory.Table numbers)
        | Source.Inputs first -> Place.Scratch first
        | Source.Run(pack, first) -> Place.Scratch(memory.Address pack + first)
        | Source.Scattered values ->
            let struct (start, isNew) = memory.Gather values
            if isNew then gathers.Add(GatherStep(start, Array.map memory.AddressOf values))
            Place.Scratch start

    /// Adds an operand that a loop reads. Operands at one place are one value.
    member _.Add(operand: Source) : unit =
        let place = placeOf operand
        let bits =
            match place with
            | Place.Constant value -> BitConverter.DoubleToInt64Bits value // places compare 0 and -0 as equal
            | Place.Column _
            | Place.Uniform _
            | Place.Table _
            | Place.Number _
            | Place.Scratch _
            | Place.Group _
            | Place.Register -> 0L
        let key = struct (place, bits)
        if valueAt.TryAdd(key, places.Count) then places.Add place
        valueOf[operand] <- valueAt[key]

    member _.Count = places.Count
    member _.Places = places
    member _.Value(operand: Source) : int = valueOf[operand]
    member _.Gathers: PackedStep[] = gathers.ToArray()

/// <summary>Compiles programs that were loops before they were traced as loops again.</summary>
module internal PackedCompiler =
    /// The time up to which packs are worth it, as a part of the time of straight code, and the one that is short enough not to look for a
    /// better schedule.
    let private largestCost, sufficientCost = 0.7, 0.3

    /// The part of the lines that has to be in groups long enough for packs before packs are sought: the rest could not make up for less.
    let private smallestPromise = 0.4

    /// Straight code of more lines than this does not stay in the first-level cache, and its lines take at least 1.25 times as long.
    let private cachedLines, costBeyondCache = 2000, 1.25

    /// Shorter programs do not get faster.
    let private shortestProgram = 100

    /// The bits of the vectors of a loop, by its number of members: half of the width where that holds them all.
    let private bitsFor (bits: int) (length: int) = if length * 64 <= bits / 2 then bits / 2 else bits

    /// The packs of a loop, each after those that it reads from registers, and right before the first that reads it.
    let private inOrder (schedule: PackSchedule) (step: int) : int[] =
        let together = schedule.Steps[step]
        let inRegisters pack =
            schedule.Packs.All[pack].Operands
            |> Array.filter (fun operand -> schedule.IsRegister(step, operand))
            |> Seq.collect schedule.PacksOf
        let isRead = HashSet(together.Packs |> Seq.collect inRegisters)
        let order = List<int>()
        let seen = HashSet<int>()
        let rec visit pack =
            if seen.Add pack then
                Seq.iter visit (inRegisters pack)
                order.Add pack
        for pack in together.Packs do
            if not (isRead.Contains pack) then visit pack
        order.ToArray()

    /// The packs of a loop as lines, one for each pack: a line's value is a pack's result, or what the loop reads from memory.
    let private linesOf (schedule: PackSchedule) (step: int) (order: int[]) (inputs: LoopInputs) : Line[] =
        let lineOf = Dictionary<int, int>()
        order |> Array.iteri (fun line pack -> lineOf[pack] <- line)
        let valueOf operand =
            match operand with
            | Source.Run(source, _) when schedule.IsRegister(step, operand) -> inputs.Count + lineOf[source]
            | Source.Run _
            | Source.One _
            | Source.Numbers _
            | Source.Inputs _
            | Source.Scattered _ -> inputs.Value operand
        order
        |> Array.map (fun index ->
            let pack = schedule.Packs.All[index]
            let operand place = if place < pack.Operands.Length then valueOf pack.Operands[place] else 0
            { Primitive = schedule.Program.Lines[pack.Lines[0]].Primitive
              Instruction = pack.Instruction
              A = operand 0
              B = operand 1
              C = operand 2 })

    /// The steps that gather what a loop reads, and the loop.
    let private loop (schedule: PackSchedule) (memory: PackedMemory) (step: int) (bits: int) : struct (PackedStep[] * Fusion) =
        let order = inOrder schedule step
        let inputs = LoopInputs memory
        for pack in order do
            for operand in schedule.Packs.All[pack].Operands do
                if not (schedule.IsRegister(step, operand)) then inputs.Add operand
        let lines = linesOf schedule step order inputs
        let resultPlace pack = if memory.IsKept pack then Place.Scratch(memory.Address pack) else Place.Register
        // Members are the points, and a run's memory is the tile's own. With a stride of 1 a slot is an address.
        let layout =
            { Places = Array.append (inputs.Places.ToArray()) (Array.map resultPlace order)
              First = inputs.Count
              Stride = 1
              GroupStart = 0
              Uniform = 0
              SumColumn = -1
              OutputsOf = fun _ -> [||] }
        let jobs = Array.init lines.Length Job.Line
        struct (inputs.Gathers, LaneCompiler.compile layout lines jobs (bitsFor bits schedule.Steps[step].Length))

    /// The lines of a step that is no loop, as a program whose inputs and outputs are the memory.
    let private alone (schedule: PackSchedule) (memory: PackedMemory) (step: int) : MachineCode =
        let program = schedule.Program
        let chosen = schedule.Steps[step].Packs |> Seq.collect (fun pack -> schedule.Packs.All[pack].Lines) |> Seq.sort |> Array.ofSeq
        let kept = chosen |> Array.filter (schedule.Packs.Of >> memory.IsKept) |> Array.map ((+) program.First)
        let inputOf value = if program.IsConstant value then -1 else memory.AddressOf value
        let part = program.Part(chosen, memory.PacksEnd, inputOf, kept)
        Array.map2 (fun value result -> struct (memory.AddressOf value, result)) kept part.Outputs |> ScalarCompiler.compileInto part

    /// The stretches of memory that are copied to the outputs.
    let private stretches (program: Program) (memory: PackedMemory) : Stretch[] =
        let stretches = List<Stretch>()
        program.Outputs
        |> Array.iteri (fun output value ->
            if not (program.IsConstant value) then
                let source = memory.AddressOf value
                let last = if stretches.Count > 0 then stretches[stretches.Count - 1] else { Source = -1; Target = -1; Length = 0 }
                if last.Length > 0 && last.Target + last.Length = output && last.Source + last.Length = source then
                    stretches[stretches.Count - 1] <- { last with Length = last.Length + 1 }
                else
                    stretches.Add { Source = source; Target = output; Length = 1 })
        stretches.ToArray()

    /// The code of a schedule for vectors of a width, whether or not it gains.
    let compileFor (bits: int) (schedule: PackSchedule) : PackedCode =
        let program = schedule.Program
        let memory = PackedMemory schedule
        let loops =
            schedule.Steps
            |> Seq.mapi (fun step together -> if together.IsLoop then loop schedule memory step bits else struct ([||], null))
            |> Array.ofSeq
        let constants = memory.Constants
        // A loop reads whole vectors, beyond the end of what it reads.
        let size = memory.Size + Loop.Widest
        let mutable scratch = 0
        let steps =
            [| for step = 0 to schedule.Steps.Count - 1 do
                   if schedule.Steps[step].IsLoop then
                       let struct (gathers, fusion) = loops[step]
                       yield! gathers
                       LoopStep(fusion, constants, schedule.Steps[step].Length)
                   else
                       let code = alone schedule memory step
                       scratch <- max scratch code.Scratch
                       LinesStep(code, size) |]
        let constantOutputs =
            program.Outputs |> Array.map (fun value -> if program.IsConstant value then program.Constants[value - program.Inputs] else 0.0)
        PackedCode(program.Inputs, steps, size + scratch, constantOutputs, stretches program memory)

    /// The code of a program that gains by packs, for vectors of a width; otherwise null.
    let compile (bits: int) (program: Program) : PackedCode =
        if program.Lines.Length < shortestProgram then
            null
        else
            let lanes = bits / 64
            let straight = float program.Lines.Length * (if program.Lines.Length > cachedLines then costBeyondCache else 1.0)
            let schedule isLoose =
                let packs = Packs(program, isLoose)
                if packs.Promise < smallestPromise then None else Some(PackSchedule(program, packs))
            let cost = Option.map (fun (schedule: PackSchedule) -> schedule.Cost lanes) >> Option.defaultValue infinity
            let strict = schedule false
            let best =
                if cost strict < sufficientCost * straight then
                    strict
                else
                    let loose = schedule true
                    if cost loose < cost strict then loose else strict
            if cost best < largestCost * straight then compileFor bits best.Value else null
