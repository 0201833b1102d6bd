module FuncAD.Tests.Program

open Expecto
open Expecto.Impl

/// Prints as ever, and ends the program at the first failure: what asks only whether there is one need not wait for the rest.
let private failingFast (printer: TestPrinters) : TestPrinters =
    let leave (print: Async<unit>) = async {
        do! print
        exit 1
    }
    { printer with
        failed = fun name message duration -> leave (printer.failed name message duration)
        exn = fun name error duration -> leave (printer.exn name error duration) }

/// Runs the tests. With `accuracy` it writes the tables of docs/accuracy.md instead; with `accuracy FOLDER` also that of a wider search, over references that
/// data/make-wider-sweep.py has put into that folder. With `surface` it writes the core's PublicAPI.txt.
[<EntryPoint>]
let main arguments =
    match arguments with
    | [| MachineTests.VectorBitsMode |] ->
        MachineTests.vectorBits () |> List.iter (printfn "%s")
        0
    | [| "accuracy" |] ->
        AccuracyPage.write None
        0
    | [| "accuracy"; folder |] ->
        AccuracyPage.write (Some folder)
        0
    | [| "surface" |] ->
        Surface.write ()
        0
    | _ ->
        printfn $"FuncAD.Core.Tests: seed {Testing.seed} (set FUNCAD_SEED for another)"
        let own, others = arguments |> Array.partition ((=) "--fail-fast")
        let printer = if own.Length > 0 then failingFast TestPrinters.defaultPrinter else TestPrinters.defaultPrinter
        runTestsInAssemblyWithCLIArgs [ Sequenced; Printer printer ] others
