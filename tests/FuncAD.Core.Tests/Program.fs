module FuncAD.Tests.Program

open Expecto

[<EntryPoint>]
let main arguments =
    printfn $"FuncAD.Core.Tests: seed {Testing.seed} (set FUNCAD_SEED for another)"
    runTestsInAssemblyWithCLIArgs [ Sequenced ] arguments
