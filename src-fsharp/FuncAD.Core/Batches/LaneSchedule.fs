namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>What is computed at once: a line, or two lines that call rules of the same argument.</summary>
[<RequireQualifiedAccess>]
type internal Job =
    | Line of line: int
    | Shared of kind: SharedPrimitives * first: int * second: int

    member job.Lines: int[] =
        match job with
        | Line line -> [| line |]
        | Shared(_, first, second) -> [| first; second |]

module internal LaneSchedule =
    let isCall (program: Program) (job: Job) : bool = program.Lines[job.Lines[0]].Instruction = Instruction.Call

    /// The values that a job reads; those of a shared form are the same.
    let operands (program: Program) (job: Job) : int[] = program.Operands job.Lines[0]

    /// Lines as jobs, in order, those of a shared form together where the first one was. The first inputs, so many, have one number for all points: calls of that are
    /// not worth it.
    let withSharedForms (program: Program) (uniform: int) (lines: int[]) : Job[] =
        let isAlone line =
            let { Instruction = instruction; Primitive = primitive; A = a } = program.Lines[line]
            instruction <> Instruction.Call || primitive.Arity > 1 || a < uniform
        let ofArgument = lines |> Array.filter (isAlone >> not) |> Array.groupBy (fun line -> program.Lines[line].A) |> dict
        let isTaken = HashSet<int>()
        [| for line in lines do
               if isTaken.Add line then
                   let primitive line = program.Lines[line].Primitive
                   let twin (kind: SharedPrimitives) other =
                       if isTaken.Contains other then None
                       elif kind.Are(primitive line, primitive other) then Some(Job.Shared(kind, line, other))
                       elif kind.Are(primitive other, primitive line) then Some(Job.Shared(kind, other, line))
                       else None
                   let shared =
                       if isAlone line then
                           None
                       else
                           ofArgument[program.Lines[line].A]
                           |> Array.tryPick (fun other -> SharedPrimitives.All |> Array.tryPick (fun kind -> twin kind other))
                   match shared with
                   | Some job ->
                       isTaken.UnionWith job.Lines
                       job
                   | None -> Job.Line line |]

    /// Jobs in parts: what is between calls, and each call.
    let inRuns (program: Program) (jobs: Job[]) : Job[][] =
        [| let run = List<Job>()
           for job in jobs do
               if isCall program job then
                   if run.Count > 0 then run.ToArray()
                   run.Clear()
                   [| job |]
               else
                   run.Add job
           if run.Count > 0 then run.ToArray() |]

    // ---- Order ----

    // What a pair of vectors of 512 bits takes, in cycles, measured roughly: a third more or less of each leaves the Greeks of Black-Scholes as fast.

    let private latency instruction =
        match instruction with
        | Instruction.Call -> 120
        | Instruction.Divide -> 40
        | Instruction.Sqrt -> 60
        | _ -> 5

    /// Until the next job can begin.
    let private issue instruction =
        match instruction with
        | Instruction.Call -> 60
        | _ -> 1

    /// Until the machine's divider, which goes on beside all else, is free again.
    let private division instruction =
        match instruction with
        | Instruction.Divide -> 32
        | Instruction.Sqrt -> 48
        | _ -> 0

    /// Jobs in an order in which little waits: the next one is the first that can begin, and among those the one that most is left to do after. The machine
    /// finds other work itself, but only a hundred or so instructions ahead, and a call is as many. (List scheduling; Gibbons and Muchnick 1986.)
    let inOrder (program: Program) (jobs: Job[]) : Job[] =
        let instruction = jobs |> Array.map (fun job -> program.Lines[job.Lines[0]].Instruction)
        let stepOf = Dictionary<int, int>()
        jobs
        |> Array.iteri (fun index job ->
            for line in job.Lines do
                stepOf[program.First + line] <- index)
        let sources =
            jobs
            |> Array.map (fun job ->
                operands program job |> Array.filter stepOf.ContainsKey |> Array.map (fun value -> stepOf[value]) |> Array.distinct)
        let readers = Array.init jobs.Length (fun _ -> List<int>())
        sources
        |> Array.iteri (fun index sources ->
            for source in sources do
                readers[source].Add index)
        let height = Array.map latency instruction
        for index = jobs.Length - 1 downto 0 do
            for source in sources[index] do
                height[source] <- max height[source] (latency instruction[source] + height[index])

        let waiting = Array.map Array.length sources
        let ready = Array.zeroCreate<int> jobs.Length // when the operands are there
        let candidates = List<int>()
        for index = 0 to jobs.Length - 1 do
            if waiting[index] = 0 then candidates.Add index
        let mutable now, divider = 0, 0
        let start index =
            let time = max now ready[index]
            if division instruction[index] > 0 then max time divider else time
        [| while candidates.Count > 0 do
               let mutable next, time = candidates[0], start candidates[0]
               for candidate in candidates do
                   let other = start candidate
                   if other < time || (other = time && height[candidate] > height[next]) then
                       next <- candidate
                       time <- other
               candidates.Remove next |> ignore
               if division instruction[next] > 0 then divider <- time + division instruction[next]
               now <- time + issue instruction[next]
               for reader in readers[next] do
                   ready[reader] <- max ready[reader] (time + latency instruction[next])
                   waiting[reader] <- waiting[reader] - 1
                   if waiting[reader] = 0 then candidates.Add reader
               jobs[next] |]
