/// Prints what the ways cost, and checks what they say of themselves.
module Ways.Main

open System
open System.Threading

let ways: Way list =
    [ DualNumbers.way
      TaggedDuals.way
      LazyTowers.way
      Backpropagators.way
      Accumulation.way
      Continuations.way
      yield! Tape.ways
      yield! Categories.ways
      yield! Chad.ways
      LinearStaging.way
      yield! Quotations.ways ]

/// What does not hold. It is printed at the end, and the program fails.
let private faults = ResizeArray<string>()
let private check (what: string) (holds: bool) = if not holds then faults.Add what

// ---- What is measured of a way ----

let private shown = [ 4; 16; 64 ]

/// Runs an action on a thread with a stack of so many megabytes. The outcome is the action's, or what it threw.
let onStack (megabytes: int) (action: unit -> 'T) : Result<'T, exn> =
    let mutable result = Error(exn "the thread did not run")
    let run () =
        result <-
            try
                Ok(action ())
            with e ->
                Error e
    let thread = Thread(run, megabytes <<< 20)
    thread.Start()
    thread.Join()
    result

/// 99 999 operations in a row, with a gradient of one number.
let deep: Program = Program.shared 33_333

let private depth (way: Way) : string =
    match way.Depth with
    | Untried _ -> "not tried"
    | Overflowing -> "no: stack"
    | Flat
    | Nested ->
        match onStack 1 (fun () -> way.Gradient deep [| 0.3 |]) with
        | Ok _ ->
            check $"{way.Name}: its stack is as deep as a program is long" (way.Depth = Flat)
            "yes"
        | Error(:? InsufficientExecutionStackException) ->
            check $"{way.Name}: needs no deep stack" (way.Depth = Nested)
            "no: stack"
        | Error other ->
            check $"{way.Name}: {other.Message}" false
            "no"

/// The counts of operations at the sizes that are shown, and their law; the growth of what is allocated.
let private measure (way: Way) (claimed: Growth) (program: int -> Program) : string list * string =
    let costs = Costs.costs way claimed program
    let law = costs |> List.map (fun (n, (operations, _)) -> n, operations) |> Costs.law
    check $"{way.Name}: the count's law is not {claimed}, but {law}" (law |> Option.exists (fun law -> law.Growth = claimed))
    let count n =
        match List.tryFind (fst >> (=) n) costs with
        | Some(_, (operations, _)) -> string operations
        | None -> "-"
    let text = law |> Option.map _.Text |> Option.defaultValue "?"
    let bytes = costs |> List.map (fun (n, (_, bytes)) -> n, bytes)
    (shown |> List.map count) @ [ text ], Costs.ofBytes bytes

let private row (way: Way) : string =
    let shared, bytesOfShared = measure way way.Shared Program.shared
    let wide, bytesOfWide = measure way way.Wide Program.wide
    let cells = [ way.Name; yield! shared; yield! wide; bytesOfShared; bytesOfWide; depth way ]
    "| " + String.Join(" | ", cells) + " |"

/// The table of costs, as Markdown.
let table () : string list =
    [ "| way | shared, n = 4 | 16 | 64 | law | wide, n = 4 | 16 | 64 | law | bytes, shared | bytes, wide | 10^5 deep |"
      "|---|---|---|---|---|---|---|---|---|---|---|---|"
      yield! ways |> List.map row ]

/// The operations that lazy towers take for derivatives of exp x sin x: 8 * 2^k for the order k, and some k^2 more.
let orders () : string list =
    [ for order in 1..12 do
          let count = LazyTowers.costOfOrder order
          let excess = count - (8L <<< order)
          check $"lazy towers: order {order} takes {count}" (0L < excess && excess < int64 ((order + 2) * (order + 2)))
          if order % 4 = 0 then $"order {order}: {count} operations" ]

// ---- The same numbers from all ----

/// Values are equal to the bit. Gradients are sums of products of the same slopes in different orders; some dozens of roundings.
let private compare () =
    for what, program, point in [ "shared", Program.shared 8, [| 0.3 |]; "wide", Program.wide 6, [| 0.3; 0.9; -0.4; 1.1; 0.5; -0.7 |] ] do
        let value, gradient = DualNumbers.way.Gradient program point
        for way in ways do
            let value', gradient' = way.Gradient program point
            let close (a: float) (b: float) = abs (a - b) <= 1e-14 * (abs a + 1.0)
            check $"{way.Name}: value of the {what} program" (value = value')
            check $"{way.Name}: gradient of the {what} program" (Array.forall2 close gradient gradient')

[<EntryPoint>]
let main _ =
    compare ()
    table () |> List.iter (printfn "%s")
    printfn "\nLazy towers, derivatives of exp x sin x:"
    orders () |> List.iter (printfn "%s")
    let confused, distinct = DualNumbers.confused().Value, TaggedDuals.distinct().Value
    printfn $"\nd/dx (x * d/dy (x + y)) at 1: dual numbers {confused}, tagged duals {distinct}"
    check "perturbation confusion" (confused = 2.0 && distinct = 1.0)
    printfn "\nWhat they cannot do:"
    for way in ways do
        printfn $"- {way.Name} ({way.Source}): {way.Limits}"
    if faults.Count = 0 then
        printfn "ok"
        0
    else
        faults |> Seq.iter (printfn "FAULT: %s")
        1
