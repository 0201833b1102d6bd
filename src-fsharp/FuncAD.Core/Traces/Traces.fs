namespace FuncAD.Traces

open System
open FuncAD

/// Runs functions and keeps their traces.
module internal Trace =
    /// Runs the function over the numbers of a recorder, whose level ends; returns where the results are.
    let runOn (level: Recorder) (operation: string) (f: Real[] -> 'Q) (x: float[]) : Argument[] =
        try
            let result =
                try
                    f (Array.init x.Length level.Input)
                with
                | :? BlockAtRuleLevelException as e -> raise (NotSupportedException($"{operation}: {e.Message}", e))
                | e when level.IsRefused ->
                    raise (
                        NotSupportedException(
                            $"{operation}: the function made a tensor from its inputs, or applied a custom rule over a structure. A trace follows single numbers only: write "
                            + "that part over Real and Real[] (Sums.dot, or loops), or make it a custom rule of one number.",
                            e
                        )
                    )
            let struct (_, reader) = Flatten.output operation result
            let leaves = reader.Leaves
            if reader.HasFunctions || leaves.Arrays.Length > 0 then
                raise (ArgumentException($"{operation}: f returned a function or a tensor. A trace has numbers as results.", "f"))
            if leaves.Numbers.Length = 0 then
                raise (ArgumentException($"{operation}: f returned no number, so that there is no result to trace.", "f"))
            let resultAt (y: Real) : Argument =
                let y = (Forward.lookThrough level y).Live
                let step = level.StepOf y
                { Step = step; Value = y.value; Slope = (if step < 0 then 0.0 else 1.0); IsActive = step >= 0 }
            leaves.Numbers |> Array.map resultAt
        finally
            level.End()

    /// What the function does, and where its results are.
    let private record (operation: string) (f: Real[] -> 'Q) (x: float[]) : struct (Record[] * Argument[]) =
        let level = Recorder(operation, x)
        let results = runOn level operation f x
        struct (level.Records.ToArray(), results)

    let checkInputs (operation: string) (x: float[]) : unit =
        if isNull x then nullArg "x"
        if x.Length = 0 then raise (ArgumentException($"{operation}: x is empty. A trace needs an input.", "x"))

    let private traced (run: Run) (names: string[]) : EvaluationTrace = EvaluationTrace(run, names, Naming.resultBeside names)

    /// The trace with tangents along a direction.
    let forward (operation: string) (names: string[]) (f: Real[] -> 'Q) (x: float[]) (direction: float[]) : EvaluationTrace =
        checkInputs operation x
        if isNull direction then nullArg (nameof direction)
        if direction.Length <> x.Length then
            raise (
                ArgumentException(
                    $"{operation}: the direction has a number for each input: expected {x.Length}, got {direction.Length}.",
                    nameof direction
                )
            )
        let x = Array.copy x
        let struct (records, results) = record operation f x
        traced (Run(true, x, records, results, Array.copy direction)) names

    /// The trace with adjoints for cotangents of the results.
    let reverse (operation: string) (names: string[]) (f: Real[] -> 'Q) (x: float[]) (cotangent: float[]) : EvaluationTrace =
        checkInputs operation x
        if isNull cotangent then nullArg (nameof cotangent)
        let x = Array.copy x
        let struct (records, results) = record operation f x
        if cotangent.Length <> results.Length then
            raise (
                ArgumentException(
                    $"{operation}: the cotangent has a number for each result of f: expected {results.Length}, got {cotangent.Length}.",
                    nameof cotangent
                )
            )
        traced (Run(false, x, records, results, Array.copy cotangent)) names
