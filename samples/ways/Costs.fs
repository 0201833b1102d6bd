/// Cost, counted: operations and bytes at some sizes, and the law that the counts follow.
module Ways.Costs

open System
open System.Globalization

/// The operations that a gradient of a program takes, and the bytes that it allocates.
let cost (way: Way) (program: Program) : int64 * int64 =
    let point = Array.init program.Inputs (fun index -> 0.3 + 0.4 * float index / float program.Inputs)
    let operations, bytes = Count.Operations, GC.GetAllocatedBytesForCurrentThread()
    way.Gradient program point |> ignore
    Count.Operations - operations, GC.GetAllocatedBytesForCurrentThread() - bytes

/// The terms of which a law is a sum, with the growth of the last one.
let private bases: (Growth * (string * (float -> float)) list) list =
    let constant, linear = ("", (fun _ -> 1.0)), ("n", id)
    let power (k: int) = $"n^{k}", (fun n -> Math.Pow(n, k))
    [ Linear, [ constant; linear ]
      Quadratic, [ constant; linear; power 2 ]
      Exponential, [ constant; linear; "2^n", (fun n -> Math.Pow(2.0, n)) ]
      Cubic, [ constant; linear; power 2; power 3 ]
      Quartic, [ constant; linear; power 2; power 3; power 4 ] ]

/// Solves a small system by elimination with pivots.
let private solve (rows: float[][]) : float[] =
    let n = rows.Length
    for column = 0 to n - 1 do
        let pivot = seq { column .. n - 1 } |> Seq.maxBy (fun row -> abs (rows[row][column]))
        let upper = rows[pivot]
        rows[pivot] <- rows[column]
        rows[column] <- upper
        for row = 0 to n - 1 do
            if row <> column then
                let factor = rows[row][column] / upper[column]
                rows[row] <- Array.map2 (fun x y -> x - factor * y) rows[row] upper
    rows |> Array.mapi (fun i row -> row[n] / row[i])

/// A count for each size, as a sum of terms, exactly.
type Law = { Growth: Growth; Text: string }

let private describe (terms: (string * float) list) : string =
    let term (name: string, coefficient: float) =
        let digits = Math.Round(abs coefficient, 4).ToString("0.####", CultureInfo.InvariantCulture)
        let sign = if coefficient < 0.0 then "-" else "+"
        let between = if name.StartsWith '2' then "·" else ""
        sign, (if name <> "" && digits = "1" then name else digits + between + name)
    match terms |> List.rev |> List.filter (fun (_, c) -> abs c > 1e-6) |> List.map term with
    | [] -> "0"
    | (sign, first) :: rest ->
        let lead = if sign = "-" then "-" + first else first
        rest |> List.fold (fun text (sign, term) -> $"{text} {sign} {term}") lead

/// <summary>
/// The simplest law that gives each count to the unit: its coefficients come from the first sizes, and the other sizes, of which there
/// are at least as many again, have to agree.
/// </summary>
let law (counts: (int * int64) list) : Law option =
    let counts = counts |> List.map (fun (n, count) -> float n, float count)
    bases
    |> List.tryPick (fun (growth, terms) ->
        let rows =
            counts |> List.truncate terms.Length |> List.map (fun (n, count) -> [| yield! terms |> List.map (fun (_, f) -> f n); count |])
        let coefficients = solve (Array.ofList rows) |> List.ofArray
        let value n = List.map2 (fun c (_, f) -> c * f n) coefficients terms |> List.sum
        let agrees (n, count) = abs (value n - count) < 0.5
        if List.last coefficients > 1e-6 && counts.Length >= 2 * terms.Length && List.forall agrees counts then
            Some { Growth = growth; Text = describe (List.zip (List.map fst terms) coefficients) }
        else
            None)

/// The sizes at which a way of some growth is measured. At the largest one it takes a million operations at most.
let private sizes (growth: Growth) : int list =
    [ 1; 2; 3; 4; 5; 6; 7; 8; 10; 12; 16 ] @ (if growth = Exponential || growth = Quartic then [] else [ 32; 64 ])

/// The operations and bytes of a program at growing sizes, as far as the growth allows.
let costs (way: Way) (growth: Growth) (program: int -> Program) : (int * (int64 * int64)) list =
    sizes growth |> List.map (fun n -> n, cost way (program n))

/// The growth of bytes, as the power of n from half of the largest size to the largest. Bytes follow no law to the unit: maps are trees, and
/// the runtime keeps an object on the stack once it has found that it may.
let ofBytes (bytes: (int * int64) list) : string =
    let largest, all = List.last bytes
    let half = bytes |> List.find (fun (n, _) -> 2 * n = largest) |> snd
    match Math.Log2(float all / float half) with
    | power when power > 5.0 -> "2^n"
    | power -> "n^" + power.ToString("0.0", CultureInfo.InvariantCulture)
