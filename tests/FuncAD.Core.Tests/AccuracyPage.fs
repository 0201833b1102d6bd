/// The tables of docs/accuracy.md are written by this program (see Program.fs), and are held to what it measures.
module FuncAD.Tests.AccuracyPage

open System
open System.Globalization
open System.IO
open Expecto
open FuncAD.Tests.Accuracy

let private page = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "docs", "accuracy.md")
let private references = Path.Combine(AppContext.BaseDirectory, "data")

/// Rounded up, to two digits, so that no error is greater than what is shown.
let shown (error: float) : string =
    if Double.IsInfinity error then
        "infinite"
    elif error < 10.0 then
        (Math.Ceiling(error * 10.0) / 10.0).ToString("0.0", CultureInfo.InvariantCulture)
    elif error < 1000.0 then
        Math.Ceiling(error).ToString CultureInfo.InvariantCulture
    else
        let unit = Math.Pow(10.0, Math.Floor(Math.Log10 error) - 1.0)
        (Math.Ceiling(error / unit) * unit).ToString("0.0e0", CultureInfo.InvariantCulture)

let private table (errors: Errors[]) : string list =
    [ "| function | points | value | slope | vector value | vector slope | units, if not of the result |"
      "|---|---|---|---|---|---|---|"
      for e in errors do
          $"| {e.Label} | {e.Points} | {shown (fst e.Value)} | {shown (fst e.Slope)} | {shown (fst e.VectorValue)} | {shown (fst e.VectorSlope)} | {unitOf e.Label} |" ]

// ---- What stands between two markers of the page ----

let private start name = $"<!-- {name}: written by the tests' program -->"
let private stop name = $"<!-- end of {name} -->"

let private between (name: string) (lines: string list) : string list =
    lines |> List.skipWhile ((<>) (start name)) |> List.skip 1 |> List.takeWhile ((<>) (stop name))

let private replace (name: string) (content: string list) (lines: string list) : string list =
    let before = List.takeWhile ((<>) (start name)) lines
    let after = List.skipWhile ((<>) (stop name)) lines
    before @ [ start name ] @ content @ after

[<Literal>]
let private Sweep = "sweep"

[<Literal>]
let private WiderSearch = "wider search"

let private measuredOn (errors: Errors[]) =
    let day = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
    $"Measured on {day} at {Array.sumBy _.Points errors} points."

let private isDated (line: string) = line.StartsWith "Measured on"

/// Where each error is the greatest: for those who mean to lessen it.
let private print (errors: Errors[]) =
    for e in errors do
        let at (error: float, arguments: float[]) =
            let point = String.Join(", ", arguments |> Array.map Testing.text) in $"{shown error} at {point}"
        printfn $"{e.Label}: value {at e.Value}; slope {at e.Slope}; vector value {at e.VectorValue}; vector slope {at e.VectorSlope}"

/// Measures over the references of the repository, and over those of another folder if it is named, and writes the page's tables.
let write (wider: string option) : unit =
    let fill name folder lines =
        let errors = measure folder
        print errors
        replace name ([ measuredOn errors; "" ] @ table errors) lines
    let lines = File.ReadAllLines page |> List.ofArray |> fill Sweep references
    let lines =
        match wider with
        | Some folder -> fill WiderSearch folder lines
        | None -> lines
    File.WriteAllText(page, String.Join('\n', lines) + "\n")

[<Tests>]
let tests =
    testList
        "accuracy page"
        [ testCase "docs/accuracy.md says what is measured" (fun () ->
              let lines = File.ReadAllLines page |> List.ofArray
              let written = lines |> between Sweep |> List.filter (fun line -> line <> "" && not (isDated line))
              let measured = table (measure references)
              let remedy =
                  "If the change is meant, run `dotnet run --project tests/FuncAD.Core.Tests -- accuracy`, which writes the table."
              Expect.equal written measured remedy)

          testCase "errors in units of the last place" (fun () ->
              for exact, actual, scale, expected in
                  [ "1", 1.0, 0.0, 0.0
                    "1", Math.BitIncrement 1.0, 0.0, 1.0
                    "1", Math.BitDecrement 1.0, 0.0, 0.5
                    "1.00000000000000011102230246251565404", 1.0, 0.0, 0.5
                    "-1e-3", 1e-3, 0.0, Math.ScaleB(2.0 * 1e-3, 62)
                    "1e-324", 0.0, 0.0, 0.2024022533073106
                    "4.9406564584124654e-324", 1e-323, 0.0, 1.0
                    "2e308", infinity, 0.0, 0.0
                    "1.7976931348623157081e308", infinity, 0.0, 1.0
                    "1e-10", 0.0, 1.0, 1e-10 / Math.ScaleB(1.0, -52)
                    "nan", 3.0, 0.0, 0.0
                    "3", nan, 0.0, infinity ] do
                  let actual' = units exact actual scale
                  Testing.expectWithin (1e-3 * expected) expected actual' $"{exact} and {Testing.text actual}")

          testCase "errors are rounded up to what is shown" (fun () ->
              for error, expected in
                  [ 0.0, "0.0"; 0.501, "0.6"; 9.99, "10.0"; 10.2, "11"; 1234.0, "1.3e3"; 2e15, "2.0e15"; infinity, "infinite" ] do
                  Expect.equal (shown error) expected $"{error}") ]
