/// The points where people and rounding meet: what a sweep over a function tries beside random numbers.
module FuncAD.Tests.Points

open System
open System.Globalization
open System.IO
open System.Text.RegularExpressions

/// Every number that is written in the sources of the core, also where it is given by its bits: each branch turns at one of them. They are read from the
/// sources, so that a new branch is tried the moment it is there.
let private literals: Lazy<float[]> =
    lazy
        let sources = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "src-fsharp", "FuncAD.Core")
        let bits = Regex @"0x([0-9A-F]{16})L"
        let decimal = Regex @"(?<![\w.])\d+(\.\d*)?([eE][-+]?\d+)?(?![\w.])"
        [| for file in Directory.EnumerateFiles(sources, "*.fs", SearchOption.AllDirectories) do
               if not (file.Contains $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}") then
                   let text = File.ReadAllText file
                   for found in bits.Matches text do
                       BitConverter.Int64BitsToDouble(Int64.Parse(found.Groups[1].Value, NumberStyles.HexNumber))
                   for found in decimal.Matches text do
                       Double.Parse(found.Value, CultureInfo.InvariantCulture) |]
        |> Array.filter Double.IsFinite
        |> Array.distinct

let neighbours (x: float) : float[] = [| Math.BitDecrement x; x; Math.BitIncrement x |]

let private withSigns (xs: float[]) = Array.append xs (Array.map (fun x -> -x) xs)

/// Zeros, infinities, NaN, the ends of the subnormal numbers, of the finite ones, and of those that have halves.
let edges: float[] =
    [| 0.0
       Double.Epsilon
       Double.MaxValue
       infinity
       yield! neighbours 2.2250738585072014e-308
       for n in [ 51; 52; 53; 63 ] do
           yield! neighbours (Math.ScaleB(1.0, n))
           Math.ScaleB(1.0, n) - 0.5 |]
    |> withSigns
    |> Array.append [| nan |]

/// Whole and half numbers, tenths, sixths of pi, powers of two and ten, literals and their neighbours, of both signs.
let awkward: Lazy<float[]> =
    lazy
        [| yield! edges
           yield!
               [| for k in 1..80 do
                      yield! neighbours (float k / 2.0)
                  for k in 1..100 do
                      float k / 10.0
                  for k in 1..60 do
                      float k * Math.PI / 6.0
                  for n in -1074 .. 1023 do
                      Math.ScaleB(1.0, n)
                  for n in -323 .. 308 do
                      Double.Parse($"1e{n}", CultureInfo.InvariantCulture)
                  for literal in literals.Value do
                      yield! neighbours literal |]
               |> withSigns |]
        |> Array.distinct

/// Where a function's result changes its kind between two neighbouring points of a sorted list (finite, infinite, no number, zero), the last number of
/// the one kind and the first of the other: the first and last finite results, those of the domain, where a result vanishes.
let ends (f: float -> float) (points: float[]) : float[] =
    let kind x =
        let y = f x
        struct (Double.IsNaN y, Double.IsInfinity y, (y = 0.0), Double.IsNegative y && not (Double.IsNaN y))
    // finite doubles in the order of their bits
    let place (x: float) = let bits = BitConverter.DoubleToInt64Bits x in if bits < 0L then Int64.MinValue - bits else bits
    let at (place: int64) = BitConverter.Int64BitsToDouble(if place < 0L then Int64.MinValue - place else place)
    let sorted = points |> Array.filter Double.IsFinite |> Array.sort
    [| for low, high in Array.pairwise sorted do
           if kind low <> kind high then
               let mutable low, high = place low, place high
               let before = kind (at low)
               while high - low > 1L do
                   let middle = low + (high - low) / 2L
                   if kind (at middle) = before then low <- middle else high <- middle
               at low
               at high |]
