namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>What a loop computes at once: a line, or two lines that call rules of the same argument.</summary>
[<RequireQualifiedAccess>]
type internal Job =
    | Line of line: int
    | Shared of kind: SharedPrimitives * first: int * second: int

    member job.Lines: int[] =
        match job with
        | Line line -> [| line |]
        | Shared(_, first, second) -> [| first; second |]

/// <summary>Lines as jobs, and the order of jobs in a loop.</summary>
module internal LaneSchedule =
    let isCall (lines: Line[]) (job: Job) : bool = lines[job.Lines[0]].Instruction = Instruction.Call

    /// The values that a job reads. Both lines of a shared form read the same.
    let operands (lines: Line[]) (job: Job) : int[] = lines[job.Lines[0]].Operands

    /// Lines as jobs, in order. The two lines of a shared form become one job, in the place of the first. The first `uniform` inputs have
    /// one number for all points: there, a shared form is not worth it.
    let withSharedForms (program: Program) (uniform: int) (lines: int[]) : Job[] =
        let isAlone line =
            let { Instruction = instruction; Primitive = primitive; A = a } = program.Lines[line]
            instruction <> Instruction.Call || primitive.Arity > 1 || a < uniform
        let ofArgument = lines |> Array.filter (isAlone >> not) |> Array.groupBy (fun line -> program.Lines[line].A) |> dict
        let isTaken = HashSet<int>()
        [| for line in lines do
               if isTaken.Add line then
                   let primitive line = program.Lines[line].Primitive
                   let sharedWith (other: int) (kind: SharedPrimitives) =
                       if isTaken.Contains other then None
                       elif kind.Are(primitive line, primitive other) then Some(Job.Shared(kind, line, other))
                       elif kind.Are(primitive other, primitive line) then Some(Job.Shared(kind, other, line))
                       else None
                   let shared =
                       if isAlone line then
                           None
                       else
                           ofArgument[program.Lines[line].A]
                           |> Array.tryPick (fun other -> SharedPrimitives.All |> Array.tryPick (sharedWith other))
                   match shared with
                   | Some job ->
                       isTaken.UnionWith job.Lines
                       job
                   | None -> Job.Line line |]

    /// Jobs in runs, whose values are in registers together: each call, and what is between two calls.
    let inRuns (lines: Line[]) (jobs: Job[]) : Job[][] =
        [| let run = List<Job>()
           for job in jobs do
               if isCall lines job then
                   if run.Count > 0 then run.ToArray()
                   run.Clear()
                   [| job |]
               else
                   run.Add job
           if run.Count > 0 then run.ToArray() |]

    // ---- Order ----

    // The cycles of a pair of vectors of 512 bits, measured roughly: the Greeks of Black-Scholes take as long with a third more or less of
    // each.

    /// Cycles until the result can be read.
    let private latency instruction =
        match instruction with
        | Instruction.Call -> 120
        | Instruction.Divide -> 40
        | Instruction.Sqrt -> 60
        | _ -> 5

    /// Cycles until the next job can begin.
    let private issue instruction =
        match instruction with
        | Instruction.Call -> 60
        | _ -> 1

    /// Cycles until the machine's divider, which works beside all other units, is free again.
    let private division instruction =
        match instruction with
        | Instruction.Divide -> 32
        | Instruction.Sqrt -> 48
        | _ -> 0

    /// For each job, the jobs that compute its operands.
    let private sourcesOf (program: Program) (jobs: Job[]) : int[][] =
        let jobOf = Dictionary<int, int>()
        jobs
        |> Array.iteri (fun index job ->
            for line in job.Lines do
                jobOf[program.First + line] <- index)
        jobs
        |> Array.map (fun job ->
            operands program.Lines job |> Array.filter jobOf.ContainsKey |> Array.map (fun value -> jobOf[value]) |> Array.distinct)

    /// Jobs in an order in which little waits: the next one is the first that can begin, and among several the one with the longest chain
    /// of jobs after it. The machine reorders as well, but looks only a hundred or so instructions ahead, and a call is as many. (List
    /// scheduling; Gibbons and Muchnick 1986.)
    let inOrder (program: Program) (jobs: Job[]) : Job[] =
        let instruction = jobs |> Array.map (fun job -> program.Lines[job.Lines[0]].Instruction)
        let sources = sourcesOf program jobs
        let readers = Array.init jobs.Length (fun _ -> List<int>())
        sources
        |> Array.iteri (fun index sources ->
            for source in sources do
                readers[source].Add index)
        let height = Array.map latency instruction // cycles until the end of the longest chain
        for index = jobs.Length - 1 downto 0 do
            for source in sources[index] do
                height[source] <- max height[source] (latency instruction[source] + height[index])

        let waiting = Array.map Array.length sources // operands that are still to be computed
        let ready = Array.zeroCreate<int> jobs.Length // the cycle from which on all operands can be read
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
