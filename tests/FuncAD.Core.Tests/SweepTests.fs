/// Values and three derivatives of every rule against a reference of 60 digits (data/make-sweep.py), at the points where people and rounding meet, relative
/// to the derivative itself. Modes share their rule, so that they agree on a wrong one: only numbers from elsewhere tell.
module FuncAD.Tests.SweepTests

open System
open System.IO
open System.Globalization
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

type private Row = { Arguments: float[]; Expected: float[] }

let private parse (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)

let private read (file: string) (arity: int) : Map<string, Row[]> =
    File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", file))
    |> Seq.filter (fun line -> not (line.StartsWith '#' || line.StartsWith "function"))
    |> Seq.map (fun line ->
        let parts = line.Split ','
        let name, parts = if parts[0].Contains '(' && not (parts[0].Contains ')') then parts[0] + "," + parts[1], parts[2..] else parts[0], parts[1..]
        let numbers = parts |> Array.map parse
        name, { Arguments = numbers[.. arity - 1]; Expected = numbers[arity..] })
    |> Seq.groupBy fst
    |> Seq.map (fun (name, rows) -> name, rows |> Seq.map snd |> Seq.toArray)
    |> Map

let private unaryRows = read "sweep.csv" 1
let private binaryRows = read "sweep-2.csv" 2

/// How far a number is from the expected one, in units in its last place. Four of the least doubles are forgiven, which is what a few roundings
/// of subnormal numbers come to, and an overflow within the last few doubles.
let private unitsApart (expected: float) (actual: float) : float =
    if same expected actual || expected = actual || Double.IsNaN expected then 0.0
    elif Double.IsInfinity expected then (if actual * float (Math.Sign expected) >= Double.MaxValue * (1.0 - 1e-14) then 0.0 else infinity)
    elif Double.IsInfinity actual && abs expected >= Double.MaxValue * (1.0 - 1e-14) then 0.0
    elif not (Double.IsFinite actual) then infinity
    else
        let error = abs (expected / 2.0 - actual / 2.0) * 2.0 - 4.0 * Double.Epsilon
        if error <= 0.0 then 0.0 else error / (abs expected * 2.0 * u)

/// The derivatives of a function of one number, by order and mode.
let private derivatives1 (f: Real -> Real) (x: float) : (int * string * float) list =
    let x = real x
    let series = AD.taylor 3 f x
    let hessian = AD.hessian (fun (x: Real[]) -> f x[0]) [| x |]
    [ 0, "value", (f x).Value
      1, "forward", (AD.diff f x).Value
      1, "reverse", (AD.grad f x).Value
      1, "Taylor", series[1].Value
      2, "forward over forward", (AD.diff (AD.diff f) x).Value
      2, "forward over reverse", (AD.diff (AD.grad f) x).Value
      2, "reverse over forward", (AD.grad (AD.diff f) x).Value
      2, "reverse over reverse", (AD.grad (AD.grad f) x).Value
      2, "the dual tape", hessian[0, 0].Value
      2, "Taylor", 2.0 * series[2].Value
      3, "forward over forward over forward", (AD.diff (AD.diff (AD.diff f)) x).Value
      3, "reverse over reverse over reverse", (AD.grad (AD.grad (AD.grad f)) x).Value
      3, "forward over forward over reverse", (AD.diff (AD.diff (AD.grad f)) x).Value
      3, "Taylor", 6.0 * series[3].Value ]

/// Of a function of two: which entry of the row, its order, the mode, the number.
let private derivatives2 (f: Real * Real -> Real) (a: float) (b: float) : (int * int * string * float) list =
    let onArray (p: Real[]) = f (p[0], p[1])
    let point = [| real a; real b |]
    let direction (i: int) (f: Real[] -> Real) (p: Real[]) = AD.jvp f p (Array.init 2 (fun j -> real (if i = j then 1.0 else 0.0))) |> snd
    let part (i: int) (f: Real[] -> Real) (p: Real[]) = (AD.grad f p)[i]
    let hessian = AD.hessian onArray point
    [ 0, 0, "value", (f (real a, real b)).Value
      for i in 0..1 do
          1 + i, 1, "forward", (direction i onArray point).Value
          1 + i, 1, "reverse", (part i onArray point).Value
          for j in i..1 do
              3 + i + j, 2, "the dual tape", hessian[i, j].Value
              3 + i + j, 2, "the dual tape, transposed", hessian[j, i].Value
              3 + i + j, 2, "forward over forward", (direction i (direction j onArray) point).Value
              3 + i + j, 2, "forward over reverse", (direction i (part j onArray) point).Value
              3 + i + j, 2, "reverse over forward", (part j (direction i onArray) point).Value
              3 + i + j, 2, "reverse over reverse", (part i (part j onArray) point).Value
              for k in j..1 do
                  6 + i + j + k, 3, "forward over forward over forward", (direction i (direction j (direction k onArray)) point).Value
                  6 + i + j + k, 3, "reverse over reverse over reverse", (part i (part j (part k onArray)) point).Value ]

let report () =
    let worst = Collections.Generic.Dictionary<struct (string * int), float * string>()
    let fails = Collections.Generic.Dictionary<struct (string * int), int>()
    let note name order (units: float) what =
        let key = struct (name, order)
        match worst.TryGetValue key with
        | true, (w, _) when w >= units -> ()
        | _ -> worst[key] <- (units, what)
        if units > 8.0 then fails[key] <- (match fails.TryGetValue key with | true, n -> n + 1 | _ -> 1)
    for rule in unaries do
        match unaryRows.TryFind rule.Label with
        | None -> printfn $"no reference: {rule.Label}"
        | Some rows ->
            for row in rows do
                for order, mode, actual in derivatives1 rule.On row.Arguments[0] do
                    note rule.Label order (unitsApart row.Expected[order] actual) $"at {text row.Arguments[0]}, {mode}: {text actual} for {text row.Expected[order]}"
    for rule in binaries do
        match binaryRows.TryFind rule.Label with
        | None -> printfn $"no reference: {rule.Label}"
        | Some rows ->
            for row in rows do
                for index, order, mode, actual in derivatives2 rule.On row.Arguments[0] row.Arguments[1] do
                    note rule.Label order (unitsApart row.Expected[index] actual) $"at ({text row.Arguments[0]}, {text row.Arguments[1]}) entry {index}, {mode}: {text actual} for {text row.Expected[index]}"
    for KeyValue(struct (name, order), (units, what)) in worst do
        let n = match fails.TryGetValue(struct (name, order)) with | true, n -> n | _ -> 0
        printfn "%-28s %d %12.4g  (%d beyond 8) %s" name order units n what

[<Tests>]
let tests = testList "sweep" [ testCase "report" report ]
