/// Log densities with their first and second derivatives in x and every parameter, in every mode and compiled, against a reference of 100 digits, and
/// 1000 for logits and Student's t (data/make-distributions.py), at tiny and huge parameters and far out in the tails.
module FuncAD.Tests.DensityTests

open System
open System.Globalization
open System.IO
open Expecto
open FuncAD
open FuncAD.Tests.Testing

/// A distribution from its parameters.
let private make (name: string) (p: Real[]) : Distribution =
    match name with
    | "Normal" -> Distribution.Normal(p[0], p[1])
    | "LogNormal" -> Distribution.LogNormal(p[0], p[1])
    | "Exponential" -> Distribution.Exponential p[0]
    | "Gamma" -> Distribution.Gamma(p[0], p[1])
    | "Beta" -> Distribution.Beta(p[0], p[1])
    | "StudentT" -> Distribution.StudentT(p[0], p[1], p[2])
    | "Laplace" -> Distribution.Laplace(p[0], p[1])
    | "Uniform" -> Distribution.Uniform(p[0], p[1])
    | "Bernoulli" -> Distribution.Bernoulli p[0]
    | "BernoulliLogit" -> Distribution.BernoulliLogit p[0]
    | "Binomial" -> Distribution.Binomial(p[0], p[1])
    | "Geometric" -> Distribution.Geometric p[0]
    | "Poisson" -> Distribution.Poisson p[0]
    | "Categorical" -> Distribution.Categorical p
    | "CategoricalLogits" -> Distribution.CategoricalLogits p
    | _ -> failwith name

let private isDiscrete (name: string) =
    List.contains name [ "Bernoulli"; "BernoulliLogit"; "Binomial"; "Geometric"; "Poisson"; "Categorical"; "CategoricalLogits" ]

/// A row of the reference: all arguments (x first), the places of those that are differentiated, and the numbers with their sizes: the value, the
/// derivatives, the second ones by rows of the upper triangle.
type private Row = { Arguments: float[]; Active: int[]; Expected: (float * float)[] }

let private parse (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)

let private rows: (string * Row[])[] =
    File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", "distributions.csv"))
    |> Seq.filter (fun line -> not (line.StartsWith '#'))
    |> Seq.map (fun line ->
        let parts = line.Split ','
        let name, count = parts[0], int parts[1]
        let parameters = parts[2 .. 1 + count] |> Array.map parse
        let numbers = parts[3 + count ..] |> Array.map parse
        let active =
            if name = "Binomial" then [| 2 |]
            elif isDiscrete name then [| 1..count |]
            else [| 0..count |]
        name,
        { Arguments = Array.append [| parse parts[2 + count] |] parameters
          Active = active
          Expected = numbers |> Array.chunkBySize 2 |> Array.map (fun pair -> pair[0], pair[1]) })
    |> Seq.groupBy fst
    |> Seq.map (fun (name, rows) -> name, rows |> Seq.map snd |> Seq.toArray)
    |> Seq.toArray

/// The log density as a function of what is differentiated. The arguments that are not are numbers all the same: of the program, where it is compiled.
let private logDensity (name: string) (row: Row) (v: Real[]) : Real =
    let all = row.Arguments |> Array.map Real
    Array.iteri2 (fun _ place x -> all[place] <- x) row.Active v
    (make name all[1..]).LogDensity all[0]

/// The same with all arguments as the program's: what is not differentiated is data.
let private ofAll (name: string) (all: Real[]) : Real = (make name all[1..]).LogDensity all[0]

/// The derivatives of a row by mode: the place in the row, the order, the mode, the number.
let private numbers (name: string) (row: Row) : (int * int * string * float) list =
    let f = logDensity name row
    let v = row.Active |> Array.map (fun place -> Real row.Arguments[place])
    let n = v.Length
    let direction i = Array.init n (fun j -> Real(if i = j then 1.0 else 0.0))
    let along i (f: Real[] -> Real) (v: Real[]) = snd (AD.jvp f v (direction i))
    let part i (f: Real[] -> Real) (v: Real[]) = (AD.grad f v)[i]
    let hessian = AD.hessian f v
    let mutable place = n
    [ 0, 0, "value", (f v).Value
      for i in 0 .. n - 1 do
          1 + i, 1, "forward", (along i f v).Value
          1 + i, 1, "reverse", (part i f v).Value
      for i in 0 .. n - 1 do
          for j in i .. n - 1 do
              place <- place + 1
              place, 2, "the dual tape", hessian[i, j].Value
              place, 2, "forward over forward", (along j (along i f) v).Value
              place, 2, "forward over reverse", (along j (part i f) v).Value
              place, 2, "reverse over forward", (part j (along i f) v).Value
              place, 2, "reverse over reverse", (part j (part i f) v).Value
              if i = j then
                  let alone (t: Real) = f (Array.mapi (fun k x -> if k = i then t else x) v)
                  let series = AD.taylor 5 alone v[i]
                  place, 2, "Taylor", 2.0 * series[2].Value ]

/// As numbers, by compiled programs of all arguments; the same program runs at all rows.
let private compiled (name: string) (rows: Row[]) : Row -> (int * int * string * float) list =
    let point (row: Row) = Array.map Real row.Arguments
    let options = CompileOptions(Mode = ExecutionMode.Interpreted)
    let f = AD.compileWith options (ofAll name) (point rows[0])
    let gradient = AD.compileWith options (AD.grad (ofAll name)) (point rows[0])
    let hessian = AD.compileWith options (AD.hessian (ofAll name)) (point rows[0])
    fun row ->
        let x = point row
        let g, h = gradient.Invoke x, hessian.Invoke x
        let mutable place = row.Active.Length
        [ 0, 0, "compiled", (f.Invoke x).Value
          for i in 0 .. row.Active.Length - 1 do
              1 + i, 1, "compiled", g[row.Active[i]].Value
          for i in 0 .. row.Active.Length - 1 do
              for j in i .. row.Active.Length - 1 do
                  place <- place + 1
                  place, 2, "compiled", h[row.Active[i], row.Active[j]].Value ]

/// How many roundings of its size a number is off by. Where a derivative is beyond the doubles, or next to their ends, so may terms of it be with different
/// signs, and nothing is compared.
let private roundings (expected: float, size: float) (actual: float) : float =
    if not (abs expected < 1e305 && size < 1e305) then 0.0
    elif not (Double.IsFinite actual) then infinity
    else max 0.0 (abs (actual - expected) - 1e-305) / (u * max size Double.Epsilon)

/// Roundings allowed for the value, the first and the second derivatives. A term that is no greater than the size costs up to 4: 2 for its logarithm, one
/// for a product and one for the sum; densities are sums of three or so that share the size. What is more comes from a term beyond the size.
let private allowed (name: string) : float[] =
    match name with
    // values at the tiny a and x of 1e-10: a log x, log a and the logarithm of the beta function are some 23 each, of a size of 2 (12 times); two or so of
    // their roundings add up. First derivatives at a = 10, b = 1e12: log x and digamma(a + b) of 26 each, of a size of 4 (6.5 times)
    | "Beta" -> [| 24.0; 8.0; 12.0 |]
    // values: Gamma at the tiny shape and x of 1e-10, where log x and log Gamma are 23 each, of a size of 2; Binomial at n = 1e12, where half the logarithms of
    // n and of n - x are 14 each, of a size of 3. Second derivatives: products of two slopes beside the terms themselves
    | _ -> [| 8.0; 8.0; 12.0 |]

/// Where FUNCAD_MEASURE is set, the greatest errors are printed: for the page.
let private isMeasured = not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable "FUNCAD_MEASURE"))

/// Measures a distribution: the greatest errors by order, with what they are of.
let private worst (name: string) (rows: Row[]) (numbers: Row -> (int * int * string * float) list) : (float * string)[] =
    let worst = Array.create 3 (0.0, "")
    for row in rows do
        for place, order, mode, actual in numbers row do
            let off = roundings row.Expected[place] actual
            if off > fst worst[order] then
                let arguments = String.Join(", ", row.Arguments |> Array.map text)
                worst[order] <-
                    off,
                    $"{name} at x and parameters {arguments}, entry {place}, {mode}: {text actual}, right {text (fst row.Expected[place])} of size {text (snd row.Expected[place])}"
    worst

let private expectAccurate (name: string) (worst: (float * string)[]) =
    let bounds = allowed name
    for order in 0..2 do
        let off, what = worst[order]
        if isMeasured then printfn $"{order}: {off:G3} {what}"
        if not (off <= bounds[order]) then failtest $"{what}: {off:G4} roundings of its size, allowed {bounds[order]}"

let private accuracy =
    testList
        "against the reference"
        [ for name, rows in rows do
              testCase name (fun () -> expectAccurate name (worst name rows (numbers name)))
              testCase $"{name}, compiled" (fun () -> expectAccurate name (worst name rows (compiled name rows)))

          testCase "the reference has all distributions on numbers" (fun () ->
              let factories =
                  typeof<Distribution>.GetMethods(Reflection.BindingFlags.Static ||| Reflection.BindingFlags.Public)
                  |> Array.filter (fun method -> method.ReturnType = typeof<Distribution>)
                  |> Array.map _.Name
                  |> Array.distinct
              Expect.equal (Array.sort factories) (rows |> Array.map fst |> Array.sort) "names") ]

[<Tests>]
let tests = testList "densities" [ accuracy ]
