namespace FuncAD.Traces

/// <summary>Rows of a table: the value of a step on the left, what belongs to its derivative on the right; null where there is
/// none.</summary>
[<Struct>]
type internal TableRow = { Primal: Line voption; Derivative: Line voption }

/// <summary>
/// The tables of Baydin et al. (2018): table 2 for forward traces, table 3 for reverse ones, whose right side is read from the bottom up.
/// Long traces are abbreviated in the middle.
/// </summary>
[<Sealed>]
type internal Table(words: Wording, most: int) =
    let run = words.Run

    let forward (position: int) : TableRow list =
        [ { Primal = ValueSome(words.Primal position); Derivative = ValueSome(words.Tangent position) } ]

    /// The contributions, by the position that passes them on.
    let contributions = lazy (run.Contributions() |> Array.groupBy _.From |> dict)

    /// The adjoints that a step passes on, the last one first.
    let reverse (position: int) : TableRow list =
        let lines =
            if run.IsInput position then
                [ words.InputAdjoint position ]
            else
                match contributions.Value.TryGetValue position with
                | true, all -> all |> Array.rev |> Array.map words.Adjoint |> List.ofArray
                | _ when run.IsResult position -> [ words.ResultAdjoint position ]
                | _ -> []
        let primal = words.Primal position
        match lines with
        | [] -> [ { Primal = ValueSome primal; Derivative = ValueNone } ]
        | first :: rest ->
            { Primal = ValueSome primal; Derivative = ValueSome first }
            :: [ for line in rest -> { Primal = ValueNone; Derivative = ValueSome line } ]

    let rows (first: int) (last: int) : TableRow list =
        [ for position in first..last do
              yield! if run.IsForward then forward position else reverse position ]

    /// The positions of the steps that are shown: those before a gap, and those after it.
    let before, after =
        let steps = run.Steps - run.Inputs
        if steps <= most then steps, 0 else most - most / 2, most / 2

    member _.IsForward = run.IsForward

    /// The number of steps that are left out.
    member _.Omitted = run.Steps - run.Inputs - before - after

    member _.Inputs: TableRow list = rows 0 (run.Inputs - 1)
    member _.Before: TableRow list = rows run.Inputs (run.Inputs + before - 1)
    member _.After: TableRow list = rows (run.Steps - after) (run.Steps - 1)
    member _.Results: TableRow list = rows run.Steps (run.Steps + run.Results - 1)

    /// The headings of the two sides.
    member _.Headings: struct (string * string) =
        struct ("Forward primal trace", (if run.IsForward then "Forward tangent trace" else "Reverse adjoint trace (read upwards)"))

    /// What stands in place of the steps that are left out; <c>operation</c> shows more of them.
    member table.Gap(operation: string) : string =
        let steps = Typography.counted table.Omitted "step"
        $"… {steps} left out; {operation}({run.Steps - run.Inputs}) shows all …"

    /// The cells of a line: name, formulas, numbers, value.
    static member Cells(line: Line) : string list = [ line.Name; yield! line.Formulas; line.Numbers; line.Value ]

    /// All rows in sections: inputs, steps, results. A gap is a section without rows.
    member table.Sections: TableRow list list =
        [ table.Inputs
          if before > 0 then table.Before
          if table.Omitted > 0 then []
          if after > 0 then table.After
          table.Results ]
