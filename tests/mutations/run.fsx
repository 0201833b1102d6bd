// Proves that the tests bite: breaks one thing at a time in a copy of the repository, and shows the F# suite failing.
//
//     dotnet fsi tests/mutations/run.fsx            all mutations (mutations.fsx), one on each core at a time
//     dotnet fsi tests/mutations/run.fsx tag        those whose name contains "tag"
//     dotnet fsi tests/mutations/run.fsx compiled: compiled       the same, by the test lists alone whose name contains "compiled"
//
// Prints a line for each mutation and exits with 1 if any survives. A mutation whose text is no longer in the source is an error: mend
// it in mutations.fsx when you change the source. The suite ends at its first failure (--fail-fast).
#load "mutations.fsx"

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.IO
open System.Threading
open Mutations

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let argument index = fsi.CommandLineArgs |> Array.tryItem index |> Option.defaultValue ""
let chosen = mutations |> List.filter _.Name.Contains(argument 1)

/// A suite that runs longer hangs, which is failing, too.
let longest = TimeSpan.FromMinutes 10.0

let run (folder: string) (program: string) (arguments: string list) : int * string =
    let start =
        ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true)
    use running = Process.Start start
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEndAsync()
    if running.WaitForExit longest then
        running.ExitCode, output.Result + errors.Result
    else
        running.Kill(entireProcessTree = true)
        1, "It took too long."

let project = "tests/FuncAD.Core.Tests"
let core = "src-fsharp/FuncAD.Core"
let build copy = run copy "dotnet" [ "build"; project; "--verbosity"; "quiet" ]

/// Builds the core alone and puts it beside the tests that were built before: half the time. What the compiler inlined into the tests is the old code.
let buildCore (copy: string) =
    let built = run copy "dotnet" [ "build"; core; "--no-restore"; "--verbosity"; "quiet" ]
    if fst built = 0 then
        let library folder = Path.Combine(copy, folder, "bin", "Debug", "net10.0", "FuncAD.Core.dll")
        File.Copy(library core, library project, true)
    built

let test copy (list: string) =
    let only = if list = "" then [] else [ "--filter-test-list"; list ]
    run copy "dotnet" ([ "run"; "--no-build"; "--project"; project; "--"; "--fail-fast"; "--no-spinner" ] @ only)

let last (output: string) =
    output.Split('\n', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
    |> Array.tryLast
    |> Option.defaultValue ""

let copyTo (folder: string) =
    for file in
        (snd (run root "git" [ "ls-files"; "--cached"; "--others"; "--exclude-standard" ]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries) do
        let source, target = Path.Combine(root, file), Path.Combine(folder, file)
        if File.Exists source then
            Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore
            File.Copy(source, target, true)

let mutable failures = 0

let report (verdict: string) (name: string) =
    if verdict <> "caught" then Interlocked.Increment &failures |> ignore
    lock root (fun () -> printfn $"%-9s{verdict} {name}")

/// Does the mutation in a copy, tells what the suite says, and undoes it.
let attempt (copy: string) (mutation: Mutation) =
    let file = Path.Combine(copy, mutation.File)
    let source = File.ReadAllText file
    match source.IndexOf(mutation.From, StringComparison.Ordinal) with
    | -1 -> report "NO TEXT" $"{mutation.Name}: {mutation.File} no longer has it"
    | at ->
        File.WriteAllText(file, source.Remove(at, mutation.From.Length).Insert(at, mutation.To))
        match buildCore copy with
        | 0, _ ->
            let catches list = fst (test copy list) <> 0
            let isCaught =
                match argument 2, mutation.List with
                | "", "" -> catches "" || (fst (build copy) = 0 && catches "")
                | "", list -> catches list || catches "" || (fst (build copy) = 0 && catches "")
                | list, _ -> catches list
            report (if isCaught then "caught" else "SURVIVED") mutation.Name
        | _, output -> report "NO BUILD" $"{mutation.Name}: {last output}"
        File.WriteAllText(file, source)

let waiting = ConcurrentQueue chosen

let work (worker: int) () =
    let copy = Path.Combine(Path.GetTempPath(), $"funcad-mutations-{Environment.ProcessId}-{worker}")
    try
        copyTo copy
        let built, output = build copy
        // the suite passes without a mutation, which one worker sees for all
        let passed, output = if built = 0 && worker = 1 then test copy (argument 2) else built, output
        if passed <> 0 then
            report "FAILED" $"without a mutation: {last output}"
        else
            let mutable mutation = Unchecked.defaultof<Mutation>
            while waiting.TryDequeue &mutation do
                attempt copy mutation
    finally
        if Directory.Exists copy then Directory.Delete(copy, true)

let workers = [ for worker in 1 .. min Environment.ProcessorCount chosen.Length -> Thread(work worker) ]
for worker in workers do
    worker.Start()
for worker in workers do
    worker.Join()

printfn $"{chosen.Length} mutations, {failures} not caught."
exit (if failures = 0 then 0 else 1)
