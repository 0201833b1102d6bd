namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD

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

    /// Where things lie: in the memory of a run the inputs, then the packs that are not in registers alone, then what is gathered; constants in an array of
    /// their own.
    [<Sealed>]
    type private Memory(schedule: PackSchedule) =
        let program, packs = schedule.Program, schedule.Packs
        let mutable size = Workspace.Padded program.Inputs

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

        let take (length: int) =
            let start = size
            size <- size + Workspace.Padded length
            start

        let address = packs.All |> Array.mapi (fun index pack -> if isKept[index] then take pack.Length else -1)
        let gathered = Dictionary<int[], int>(HashIdentity.Structural)
        let constants = List<float>()

        /// By bits: 0 is not -0.
        let tables = Dictionary<int64[], int>(HashIdentity.Structural)

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

        /// Where numbers are among the constants, filled up to whole groups of vectors.
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

        /// A value that is one number for all members, as a place.
        member memory.One(value: int) : Place =
            if program.IsConstant value then
                Place.Constant program.Constants[value - program.Inputs]
            else
                Place.Number(memory.AddressOf value)

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

    /// What a loop over vectors gathers before, and the loop as lines of a program of its own: inputs are what is read from memory.
    let private loop (schedule: PackSchedule) (memory: Memory) (step: int) (bits: int) : struct (PackedStep[] * Fusion) =
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
                | Source.Numbers numbers -> Place.Table(memory.Table numbers)
                | Source.Inputs first -> Place.Scratch first
                | Source.Run(pack, first) -> Place.Scratch(memory.Address pack + first)
                | Source.Scattered values ->
                    let struct (start, isNew) = memory.Gather values
                    if isNew then steps.Add(GatherStep(start, Array.map memory.AddressOf values))
                    Place.Scratch start
            // 0 and -0 are the same place otherwise
            let key =
                struct (place,
                        (match place with
                         | Place.Constant value -> BitConverter.DoubleToInt64Bits value
                         | _ -> 0L))
            if known.TryAdd(key, places.Count) then places.Add place
            inputOf[operand] <- known[key]
        for pack in order do
            for operand in packs[pack].Operands do
                if not (schedule.IsRegister(step, operand)) then read operand
        let first = places.Count
        let lineOf = Dictionary<int, int>()
        order |> Array.iteri (fun line pack -> lineOf[pack] <- line)
        let lines =
            order
            |> Array.map (fun index ->
                let pack = packs[index]
                let value place =
                    if place >= pack.Operands.Length then
                        0
                    else
                        match pack.Operands[place] with
                        | Source.Run(source, _) as operand when schedule.IsRegister(step, operand) -> first + lineOf[source]
                        | operand -> inputOf[operand]
                { Primitive = schedule.Program.Lines[pack.Lines[0]].Primitive
                  Instruction = pack.Instruction
                  A = value 0
                  B = value 1
                  C = value 2 })
        for pack in order do
            places.Add(if memory.IsKept pack then Place.Scratch(memory.Address pack) else Place.Register)
        let all = Array.init lines.Length Job.Line
        let program = Program(first, [||], lines, [||], [||], 0, false)
        let plan = Plan(program, 0, false, [| Stage.Fused all |], places.ToArray(), 0, 0, 1, 1)
        let length = schedule.Steps[step].Length
        struct (steps.ToArray(), LaneCompiler.compile plan all (bitsFor bits length))

    /// Lines one by one, as a program whose inputs and outputs are the memory.
    let private alone (schedule: PackSchedule) (memory: Memory) (step: int) : MachineCode =
        let program = schedule.Program
        let chosen = schedule.Steps[step].Packs |> Seq.collect (fun pack -> schedule.Packs.All[pack].Lines) |> Seq.sort |> Array.ofSeq
        let kept = chosen |> Array.filter (schedule.Packs.Of >> memory.IsKept) |> Array.map ((+) program.First)
        let inputOf value = if program.IsConstant value then -1 else memory.AddressOf value
        let part = program.Part(chosen, memory.PacksEnd, inputOf, kept)
        Array.map2 (fun value result -> struct (memory.AddressOf value, result)) kept part.Outputs |> ScalarCompiler.compileInto part

    /// What goes from the memory to the outputs.
    let private stretches (program: Program) (memory: Memory) : Stretch[] =
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

    /// The code of a program for vectors of so many bits, however much or little it gains.
    let compileFor (bits: int) (schedule: PackSchedule) : PackedCode =
        let program = schedule.Program
        let memory = Memory schedule
        let loops =
            schedule.Steps
            |> Seq.mapi (fun step together -> if together.IsLoop then loop schedule memory step bits else struct ([||], null))
            |> Array.ofSeq
        let constants = memory.Constants
        // all that is read as a vector may be read beyond its end
        let own = memory.Size + Loop.Widest
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
                       LinesStep(code, own) |]
        let ofOutputs =
            program.Outputs |> Array.map (fun value -> if program.IsConstant value then program.Constants[value - program.Inputs] else 0.0)
        PackedCode(program.Inputs, steps, own + scratch, ofOutputs, stretches program memory)

    /// The code of a program that gains by vectors of so many bits, otherwise null.
    let compile (bits: int) (program: Program) : PackedCode =
        if program.Lines.Length < shortest then
            null
        else
            let lanes = bits / 64
            let straight = float program.Lines.Length * (if program.Lines.Length > cached then beyondCache else 1.0)
            let schedule isLoose =
                let packs = Packs(program, isLoose)
                if packs.Promise < promising then None else Some(PackSchedule(program, packs))
            let cost = Option.map (fun (schedule: PackSchedule) -> schedule.Cost lanes) >> Option.defaultValue infinity
            let strict = schedule false
            let best =
                if cost strict < good * straight then
                    strict
                else
                    let loose = schedule true
                    if cost loose < cost strict then loose else strict
            if cost best < worth * straight then compileFor bits best.Value else null
