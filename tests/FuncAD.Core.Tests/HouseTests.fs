/// How the core's sources are kept: what a person can hold in the head, and what fits on a screen.
module FuncAD.Tests.HouseTests

open System
open System.IO
open System.Text.RegularExpressions
open Expecto

let private core = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "src-fsharp", "FuncAD.Core")

/// The files of the core in the compile order.
let private compiled: string[] =
    Regex.Matches(File.ReadAllText(Path.Combine(core, "FuncAD.Core.fsproj")), "<Compile Include=\"([^\"]+)\"")
    |> Seq.map _.Groups[1].Value
    |> Seq.toArray

let private lines (file: string) = File.ReadAllLines(Path.Combine(core, file))

let private indentation (line: string) = line.Length - line.TrimStart().Length

let private definition = Regex @"^\s*(let|member|static member|override|default|abstract)\b"

/// The definitions of a file, nested ones too, with the lines that they take.
let private definitions (file: string) : (int * int) list =
    let lines = lines file
    let belongsTo (start: int) (line: string) =
        String.IsNullOrWhiteSpace line
        || indentation line > indentation lines[start]
        || (indentation line = indentation lines[start] && ")]|".Contains(line.TrimStart()[0]))
    [ for start in 0 .. lines.Length - 1 do
          if definition.IsMatch lines[start] then
              let following = lines[start + 1 ..] |> Array.takeWhile (belongsTo start)
              let blank = following |> Array.rev |> Array.takeWhile String.IsNullOrWhiteSpace |> Array.length
              start, 1 + following.Length - blank ]

[<Tests>]
let tests =
    testList
        "house"
        [ testCase "folders are layers: each stands once in the compile order, and every file in it" (fun () ->
              let folders = compiled |> Array.map Path.GetDirectoryName
              let runs = folders |> Seq.fold (fun runs folder -> if List.tryHead runs = Some folder then runs else folder :: runs) []
              Expect.isTrue (runs.Length > 10) "folders"
              Expect.equal (List.length runs) (List.length (List.distinct runs)) $"folders in the compile order: {List.rev runs}"
              let files =
                  Directory.EnumerateFiles(core, "*.fs", SearchOption.AllDirectories)
                  |> Seq.map (fun file -> Path.GetRelativePath(core, file).Replace('\\', '/'))
                  |> Seq.filter (fun file -> not (file.StartsWith "obj/" || file.StartsWith "bin/"))
              Expect.equal (Seq.sort files |> List.ofSeq) (Seq.sort compiled |> List.ofSeq) "files and the project")

          testCase "no function is longer than 60 lines, or a comment says why it must be" (fun () ->
              for file in compiled do
                  let lines = lines file
                  for start, length in definitions file do
                      let above = lines[.. start - 1] |> Array.rev |> Array.takeWhile (fun line -> Regex.IsMatch(line, @"^\s*(///|\[<)"))
                      if length > 60 && not (above |> Array.exists _.Contains("longer")) then
                          failtest $"{file}, line {start + 1}: {length} lines. Take it apart, or say above it why it must be longer.")

          testCase "facts about rules stand on rules: no list of rules by hand in what reads them" (fun () ->
              let rule = Regex @"(:\?|typeof<)\s*(Arithmetic|Piecewise|Comparisons|Powers|Exponentials|Trigonometry|Hyperbolics|Special)\."
              for file in
                  [ "Program/Primitive.fs"
                    "Program/Graph.fs"
                    "Program/SignedZeros.fs"
                    "Program/Tracer.fs"
                    "Modes/Taylor.fs"
                    "Modes/Orders.fs" ] do
                  lines file
                  |> Array.iteri (fun index line ->
                      if rule.IsMatch line then
                          failtest $"{file}, line {index + 1}: {line.Trim()}. Put a trait on the rule (Rules/Traits.fs)."))

          testCase "one place asks for the machine's vectors" (fun () ->
              for file in compiled do
                  if file <> "Lanes/Widest.fs" && lines file |> Array.exists _.Contains("IsHardwareAccelerated") then
                      failtest $"{file} asks for the machine's vectors: ask Widest.")

          testCase "comments fit on a line of 140" (fun () ->
              for file in compiled do
                  lines file
                  |> Array.iteri (fun index line ->
                      if line.Length > 140 && line.TrimStart().StartsWith "//" then
                          failtest $"{file}, line {index + 1}: a comment of {line.Length} characters.")) ]
