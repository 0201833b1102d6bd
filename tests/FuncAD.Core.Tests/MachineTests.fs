/// The bits of a result do not depend on the machine's vectors.
module FuncAD.Tests.MachineTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.LaneTests

let private hash (numbers: float seq) =
    // FNV-1a over the bits; all NaNs count as one
    let mutable hash = 14695981039346656037UL
    for x in numbers do
        hash <- (hash ^^^ uint64 (bits (if Double.IsNaN x then nan else x))) * 1099511628211UL
    hash

/// A line for each rule: the bits of its values and slopes on arrays. The program prints them when it is run with `Mode` as its argument.
let vectorBits () : string list =
    let onTensors (f: Tensor[] -> Tensor) (inputs: float[][]) =
        let inputs = inputs |> Array.map (fun input -> ArrayLaws.tensor [ input.Length ] input)
        let gradients = AD.grad (fun (inputs: Tensor[]) -> Tensor.SumTo(f inputs, [||]).ToReal()) inputs
        Seq.append [ f inputs ] gradients |> Seq.collect _.ToArray() |> hash
    let xs = Points.awkward.Value
    let a, b = Array.unzip (pairs "bits" wide wide)
    // a custom rule's slope is a function of numbers
    [ for rule in unaries |> Array.filter (fun rule -> rule.Rule.Name <> "cube") do
          $"{rule.Label} {onTensors (fun x -> rule.On x[0]) [| xs |]}"
      for rule in binaries do
          $"{rule.Label} {onTensors (fun x -> rule.On(x[0], x[1])) [| a; b |]}"
      for rule in steps do
          $"{rule.Label} {onTensors (fun x -> rule.On x[0]) [| xs |]}"
      for rule in choices do
          $"{rule.Label} {onTensors (fun x -> rule.On(x[0], x[1])) [| a; b |]}" ]

[<Literal>]
let VectorBitsMode = "vector-bits"

/// What another machine would compute: this program, with some of this machine's vectors switched off (.NET's configuration knobs).
let private startWithout (knob: string) =
    let start =
        Diagnostics.ProcessStartInfo(
            "dotnet",
            [ Reflection.Assembly.GetExecutingAssembly().Location; VectorBitsMode ],
            RedirectStandardOutput = true
        )
    start.Environment["DOTNET_" + knob] <- "0"
    Diagnostics.Process.Start start

/// The members of the vectors of a width, line by line, with the width and what may differ left out.
let private membersOf (bits: int) : string[] =
    let file = IO.Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "src-fsharp", "FuncAD.Core", "Lanes", "Widths.fs")
    let lines = IO.File.ReadAllLines file
    let start = lines |> Array.findIndex (fun line -> line.Trim() = $"type internal Lane{bits} =")
    let scale = Text.RegularExpressions.Regex @"Avx512F(\.VL)?\."
    lines[start..]
    |> Array.takeWhile (fun line -> not (line.StartsWith("///", StringComparison.Ordinal)))
    |> Array.map (fun line -> (scale.Replace(line, "Avx.")).Replace($"{bits}", "").Replace("0UL", "0u").Trim())
    |> Array.filter (fun line -> line <> "")

[<Tests>]
let tests =
    testList
        "vectors: machines"
        [ testCase "the three widths have the same members" (fun () ->
              for bits in [ 128; 256 ] do
                  Expect.sequenceEqual (membersOf bits) (membersOf 512) $"{bits} bits")

          testCase "the bits on arrays are the same on a machine without the widest vectors" (fun () ->
              let others = [ for knob in [ "EnableAVX512"; "EnableAVX2" ] -> knob, startWithout knob ]
              let expected = vectorBits ()
              for knob, other in others do
                  use other = other
                  let lines =
                      other.StandardOutput
                          .ReadToEnd()
                          .Split('\n', StringSplitOptions.TrimEntries ||| StringSplitOptions.RemoveEmptyEntries)
                  other.WaitForExit()
                  Expect.equal other.ExitCode 0 $"the exit code with {knob} = 0"
                  Expect.equal (List.ofArray lines) expected $"the rules' bits with {knob} = 0") ]
