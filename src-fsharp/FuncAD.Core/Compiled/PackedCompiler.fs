namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

/// <summary>Packs that are computed together: of one length, in one loop, or lines that are computed one by one.</summary>
[<Sealed>]
type internal Together(isLoop: bool, length: int) =
    member _.IsLoop = isLoop
    member _.Length = length

    /// The packs, by number.
    member val Packs = List<int>()

/// <summary>Puts packs into loops. A pack joins a loop of its length whose results it reads member by member: these stay in registers.</summary>
[<Sealed>]
type internal PackSchedule(program: Program, packs: Packs) =
    /// Loops that a pack looks at, the latest first.
    static let looks = 8

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
        | Source.Run(pack, 0) -> steps[step].IsLoop && stepOf[pack] = step
        | _ -> false

    let mayJoin (pack: Pack) (step: int) =
        let isReady operand =
            let isBefore source = if steps[step].IsLoop then stepOf[source] < step else stepOf[source] <= step
            isRegister step operand || packsOf operand |> Seq.forall isBefore
        (not steps[step].IsLoop || steps[step].Packs.Count < Plan.LongestFusion) && Array.forall isReady pack.Operands

    do
        let ofLength = Dictionary<int, List<int>>()
        packs.All |> Array.iteri (fun index pack ->
            // 0 is for what is no loop
            let length = if pack.IsWide then pack.Length else 0
            let open' =
                match ofLength.TryGetValue length with
                | true, steps -> steps
                | _ ->
                    ofLength[length] <- List()
                    ofLength[length]
            let latest = seq { for back in 1 .. min open'.Count (if pack.IsWide then looks else 1) -> open'[open'.Count - back] }
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

    /// An estimate of what running the schedule takes, in lines of straight code at two of them a cycle.
    member _.Cost(lanes: int) : float =
        // measured on gradients of Rosenbrock's function and of the Helmholtz energy of 10 to 1000 arguments
        let perRun, perStep, perVector, perMemory, perGathered, perLine, latency = 100.0, 40.0, 1.25, 1.0, 2.0, 2.5, 8.0
        let gathered = HashSet<int[]>(HashIdentity.Structural)
        let loopCost step (pack: Pack) =
            let vectors = float (Group.Padded pack.Length / lanes)
            let operandCost operand =
                let gather =
                    match operand with
                    | Source.Scattered values when gathered.Add values -> perGathered * float values.Length
                    | _ -> 0.0
                gather + (if isRegister step operand then 0.0 else perMemory * vectors)
            perVector * vectors + Array.sumBy operandCost pack.Operands
        let stepCost index (step: Together) =
            if step.IsLoop then step.Packs |> Seq.sumBy (fun pack -> loopCost index packs.All[pack])
            else
                let lines = step.Packs |> Seq.collect (fun pack -> packs.All[pack].Lines) |> Array.ofSeq
                // as long as each may have to wait for the one before
                let longest = lines |> Seq.map packs.Distance |> Seq.distinct |> Seq.length
                max (perLine * float lines.Length) (latency * float longest)
        perRun + (steps |> Seq.mapi (fun index step -> perStep + stepCost index step) |> Seq.sum)

/// <summary>Compiles programs that were loops before they were traced as loops again.</summary>
module internal PackedCompiler =
    /// Vectors of the machine's that are filled by so many members.
    let private bitsFor (bits: int) (length: int) = if length * 64 <= bits / 2 then bits / 2 else bits

    /// The least gain that is worth it, and one that is not sought to be outdone.
    let private worth, good = 0.7, 0.3

    /// The part of the lines that has to have company before packs are sought: the rest could not make up for less.
    let private promising = 0.4

    /// Straight code of more lines does not stay in the first-level cache, and its lines take so many times as long, at least.
    let private cached, beyondCache = 2000, 1.25

    /// Programs with fewer lines are as fast as they get.
    let private shortest = 100

    /// Where things lie in the memory of a run: the inputs, then the packs that are not in registers alone, then what is gathered.
    [<Sealed>]
    type private Memory(schedule: PackSchedule) =
        let program, packs = schedule.Program, schedule.Packs
        let mutable size = Group.Padded program.Inputs

        let isKept =
            let isKept = Array.zeroCreate<bool> packs.All.Length
            schedule.Steps |> Seq.iteri (fun step together ->
                for pack in together.Packs do
                    for operand in packs.All[pack].Operands do
                        if not (schedule.IsRegister(step, operand)) then
                            for source in schedule.PacksOf operand do
                                if together.IsLoop || schedule.StepOf source <> step then isKept[source] <- true)
            for output in program.Outputs do
                if output >= program.First then isKept[packs.Of(output - program.First)] <- true
            isKept

        let take (length: int) =
            let start = size
            size <- size + Group.Padded length
            start

        let address = packs.All |> Array.mapi (fun index pack -> if isKept[index] then take pack.Length else -1)
        let gathered = Dictionary<int[], int>(HashIdentity.Structural)

        /// Beyond the packs, before what is gathered.
        let packsEnd = size

        member _.Size = size
        member _.PacksEnd = packsEnd
        member _.IsKept(pack: int) = isKept[pack]
        member _.Address(pack: int) = address[pack]

        member _.AddressOf(value: int) =
            if value < program.Inputs then value else address[packs.Of(value - program.First)] + packs.Place(value - program.First)

        /// Where numbers from anywhere are brought together, and whether that is still to be done.
        member memory.Gather(values: int[]) : struct (int * bool) =
            match gathered.TryGetValue values with
            | true, start -> struct (start, false)
            | _ ->
                let start = take values.Length
                gathered[values] <- start
                struct (start, true)

        /// A value that is one number for all members, as a place.
        member memory.One(value: int) : Place =
            if program.IsConstant value then Place.Constant program.Constants[value - program.Inputs] else Place.Number(memory.AddressOf value)

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

    /// A loop over vectors, as lines of a program of its own: inputs are what is read from memory.
    let private loop (schedule: PackSchedule) (memory: Memory) (tables: Tables) (step: int) (bits: int) : PackedStep[] =
        let packs = schedule.Packs.All
        let order = inOrder schedule step
        let steps = List<PackedStep>()
        let places = List<Place>()
        let known = Dictionary<struct (Place * int64), int>()
        let inputOf = Dictionary<Source, int>(HashIdentity.Reference)
        let read operand =
            let place =
                match operand with
                | Source.One value -> memory.One value
                | Source.Numbers numbers -> Place.Column(tables.Number numbers)
                | Source.Inputs first -> Place.Scratch first
                | Source.Run(pack, first) -> Place.Scratch(memory.Address pack + first)
                | Source.Scattered values ->
                    let struct (start, isNew) = memory.Gather values
                    if isNew then steps.Add(GatherStep(start, Array.map memory.AddressOf values))
                    Place.Scratch start
            // 0 and -0 are the same place otherwise
            let key = struct (place, (match place with Place.Constant value -> BitConverter.DoubleToInt64Bits value | _ -> 0L))
            if known.TryAdd(key, places.Count) then places.Add place
            inputOf[operand] <- known[key]
        for pack in order do
            for operand in packs[pack].Operands do
                if not (schedule.IsRegister(step, operand)) then read operand
        let first = places.Count
        let lineOf = Dictionary<int, int>()
        order |> Array.iteri (fun line pack -> lineOf[pack] <- line)
        let lines =
            order |> Array.map (fun index ->
                let pack = packs[index]
                let value place =
                    if place >= pack.Operands.Length then 0
                    else
                        match pack.Operands[place] with
                        | Source.Run(source, _) as operand when schedule.IsRegister(step, operand) -> first + lineOf[source]
                        | operand -> inputOf[operand]
                { Primitive = schedule.Program.Lines[pack.Lines[0]].Primitive; Instruction = pack.Instruction; A = value 0; B = value 1; C = value 2 })
        for pack in order do
            places.Add(if memory.IsKept pack then Place.Scratch(memory.Address pack) else Place.Register)
        let all = [| 0 .. lines.Length - 1 |]
        let program = Program(first, [||], lines, [||], [||], 0, false)
        let plan = Plan(program, Array.create first false, false, [| Stage.Fused all |], places.ToArray(), 0, 1)
        let length = schedule.Steps[step].Length
        steps.Add(LoopStep(LaneCompiler.compile plan all (bitsFor bits length), tables, length))
        steps.ToArray()

    /// Lines one by one, as a program whose inputs are the memory.
    let private alone (schedule: PackSchedule) (memory: Memory) (step: int) : Program * struct (int * int)[] =
        let program = schedule.Program
        let together = schedule.Steps[step]
        let chosen = together.Packs |> Seq.collect (fun pack -> schedule.Packs.All[pack].Lines) |> Seq.sort |> Array.ofSeq
        let inputs = memory.PacksEnd
        let constants = List<float>()
        let constantOf = Dictionary<int, int>()
        let here = Dictionary<int, int>()
        chosen |> Array.iteri (fun index line -> here[program.First + line] <- index)
        for line in chosen do
            for operand in program.Operands line do
                if program.IsConstant operand && constantOf.TryAdd(operand, inputs + constants.Count) then
                    constants.Add program.Constants[operand - program.Inputs]
        let first = inputs + constants.Count
        let number value =
            match here.TryGetValue value with
            | true, index -> first + index
            | _ -> if program.IsConstant value then constantOf[value] else memory.AddressOf value
        let lines =
            chosen |> Array.map (fun index ->
                let line = program.Lines[index]
                let operand place value = if place < line.Primitive.Arity then number value else 0
                { line with A = operand 0 line.A; B = operand 1 line.B; C = operand 2 line.C })
        let guards =
            program.Guards
            |> Array.filter (fun guard -> here.ContainsKey guard.Node)
            |> Array.map (fun guard -> { guard with Node = number guard.Node })
        let results =
            [| for line in chosen do
                   if memory.IsKept(schedule.Packs.Of line) then
                       struct (memory.AddressOf(program.First + line), number (program.First + line)) |]
        Program(inputs, constants.ToArray(), lines, [||], guards, 0, false), results

    /// What goes from the memory to the outputs.
    let private stretches (program: Program) (memory: Memory) : Stretch[] =
        let stretches = List<Stretch>()
        program.Outputs |> Array.iteri (fun output value ->
            if not (program.IsConstant value) then
                let source = memory.AddressOf value
                let last = if stretches.Count > 0 then stretches[stretches.Count - 1] else { Source = -1; Target = -1; Length = 0 }
                if last.Length > 0 && last.Target + last.Length = output && last.Source + last.Length = source then
                    stretches[stretches.Count - 1] <- { last with Length = last.Length + 1 }
                else stretches.Add { Source = source; Target = output; Length = 1 })
        stretches.ToArray()

    /// The code of a program for vectors of so many bits, however much or little it gains.
    let compileFor (bits: int) (schedule: PackSchedule) : PackedCode =
        let program = schedule.Program
        let memory = Memory schedule
        let tables = Tables schedule.Packs.All
        let loops = schedule.Steps |> Seq.mapi (fun step together -> if together.IsLoop then loop schedule memory tables step bits else [||]) |> Array.ofSeq
        // all that is read as a vector may be read beyond its end
        let own = memory.Size + Loop.Widest
        let mutable scratch = 0
        let steps =
            [| for step = 0 to schedule.Steps.Count - 1 do
                   if schedule.Steps[step].IsLoop then yield! loops[step]
                   else
                       let alone, results = alone schedule memory step
                       let code = ScalarCompiler.compileInto alone results
                       scratch <- max scratch code.Scratch
                       LinesStep(code, own) |]
        let constants =
            program.Outputs |> Array.map (fun value -> if program.IsConstant value then program.Constants[value - program.Inputs] else 0.0)
        PackedCode(program.Inputs, steps, own + scratch, constants, stretches program memory)

    /// The code of a program that gains by it, otherwise null.
    let compile (program: Program) : PackedCode =
        if program.Lines.Length < shortest then null
        else
            let bits = TileCode.bits (CompileOptions())
            let lanes = bits / 64
            let straight = float program.Lines.Length * (if program.Lines.Length > cached then beyondCache else 1.0)
            let schedule isLoose =
                let packs = Packs(program, isLoose)
                if packs.Promise < promising then None else Some(PackSchedule(program, packs))
            let cost = Option.map (fun (schedule: PackSchedule) -> schedule.Cost lanes) >> Option.defaultValue infinity
            let strict = schedule false
            let best =
                if cost strict < good * straight then strict
                else
                    let loose = schedule true
                    if cost loose < cost strict then loose else strict
            if cost best < worth * straight then compileFor bits best.Value else null
