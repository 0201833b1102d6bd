namespace FuncAD.Explaining

open System
open FuncAD

/// <summary>Names of a function's parameter and result.</summary>
module internal ParameterNames =
    /// The name of the last parameter of a method; x where it has none of its own.
    let ofMethod (method: Reflection.MethodInfo) : string = (Traces.Naming.ofParameters 1 1 method)[0]

    let ofFunction (f: 'A -> 'B) : string = (Traces.Naming.ofFunction f 1)[0]

    /// The name of the result beside parameters with these names.
    let resultBeside (names: string[]) : string =
        names |> Array.map (fun name -> name.Split([| '['; '.' |])[0]) |> Traces.Naming.resultBeside
