/// How far values and slopes are from exact ones, scalar and in vectors: a measurement over files of references (data/make-sweep.py).
module FuncAD.Tests.Accuracy

open System
open System.Globalization
open System.IO
open System.Numerics
open FuncAD
open FuncAD.Tests.Table
open FuncAD.Tests.LaneTests

// ---- References ----

/// Exact numbers are kept as the texts that they are in the file: a double would be off by half a unit itself.
type Reference = { Arguments: float[]; Value: string; Slopes: string[] }

/// The references of a file by the label of the rule, which may have a comma between parentheses.
let read (file: string) (arity: int) : (string * Reference[])[] =
    [| for line in File.ReadLines file do
           if not (line.StartsWith '#' || line.StartsWith "function,") then
               let start = line.LastIndexOf ')' + 1
               let comma = line.IndexOf(',', start)
               let parts = line[comma + 1 ..].Split ','
               let arguments = parts[.. arity - 1] |> Array.map (fun part -> Double.Parse(part, CultureInfo.InvariantCulture))
               line[.. comma - 1], { Arguments = arguments; Value = parts[arity]; Slopes = parts[arity + 1 .. 2 * arity] } |]
    |> Array.groupBy fst
    |> Array.map (fun (label, references) -> label, Array.map snd references)

// ---- Units in the last place ----

/// The exponent of the last place of a double of this size.
let private lastPlace (size: float) = if size < 2.2250738585072014e-308 then -1074 else Math.ILogB size - 52

/// A double as a whole number times a power of two. An infinity counts as the power that comes behind the greatest double.
let private ofDouble (x: float) : struct (BigInteger * int) =
    if Double.IsInfinity x then
        struct (BigInteger(Math.Sign x), 1024)
    else
        let bits = BitConverter.DoubleToInt64Bits(abs x)
        let fraction, exponent = bits &&& 0xFFFFFFFFFFFFFL, int (bits >>> 52)
        let whole = if exponent = 0 then fraction else fraction ||| 0x10000000000000L
        struct (BigInteger(int64 (Math.CopySign(1.0, x)) * whole), max exponent 1 - 1075)

/// A decimal number as a whole number times a power of ten.
let private ofText (text: string) : struct (BigInteger * int) =
    let mantissa, exponent =
        match text.IndexOf 'e' with
        | -1 -> text, 0
        | e -> text[.. e - 1], Int32.Parse(text[e + 1 ..], CultureInfo.InvariantCulture)
    let decimals =
        match mantissa.IndexOf '.' with
        | -1 -> 0
        | point -> mantissa.Length - 1 - point
    struct (BigInteger.Parse(mantissa.Replace(".", ""), CultureInfo.InvariantCulture), exponent - decimals)

/// |actual - exact| in units of the last place of the exact number, or of the scale where that is larger. An exact number that does not exist is met
/// by everything.
let units (exact: string) (actual: float) (scale: float) : float =
    let nearest = if exact = "nan" then nan else Double.Parse(exact, CultureInfo.InvariantCulture)
    if Double.IsNaN nearest || (Double.IsInfinity nearest && actual = nearest) then
        0.0
    elif Double.IsNaN actual then
        infinity
    else
        let unit = lastPlace (min (max (abs nearest) scale) Double.MaxValue)
        let struct (digits, ten) = ofText exact
        let struct (whole, two) = ofDouble actual
        // digits 10^ten / 2^unit - whole 2^(two - unit), as one fraction
        let power (b: int) (exponent: int) = BigInteger.Pow(b, max exponent 0)
        let exactAbove, exactBelow = digits * power 10 ten * power 2 -unit, power 10 -ten * power 2 unit
        let actualAbove, actualBelow = whole * power 2 (two - unit), power 2 (unit - two)
        let above, below = exactAbove * actualBelow - actualAbove * exactBelow, exactBelow * actualBelow
        float ((BigInteger.Abs above <<< 64) / below) / Math.ScaleB(1.0, 64)

/// Functions whose results cross zero at numbers that are no doubles: there the units are those of a size that the neighbourhood has. For each the sizes
/// for value and slope at a point, and what the page says.
type private Scale = { Functions: string; Text: string; Sizes: string -> float[] -> float * float }

/// The parameter of a label such as besselJ(5).
let private parameter (label: string) = Int32.Parse(label[label.IndexOf '(' + 1 .. label.Length - 2], CultureInfo.InvariantCulture)

let private toNearestWhole (x: float) = abs (x - Math.Round x)

/// The first of the terms of the slope in a of a^(b-m) (log a)^k, which the others may cancel.
let private firstTerm (label: string) (a: float) (b: float) =
    let parameters = label[label.IndexOf '(' + 1 .. label.Length - 2].Split ',' |> Array.map (fun part -> float part)
    let k, m = parameters[0], (if parameters.Length > 1 then parameters[1] else 0.0)
    abs ((b - m) * Math.Pow(a, b - m - 1.0)) * Math.Pow(abs (Math.Log a), k)

/// The term of the n-th derivative of digamma that belongs to the nearest pole.
let private nearestTerm (n: int) (x: float) = SpecialValues.gamma (float n + 1.0) / Math.Pow(toNearestWhole x, float n + 1.0)

let private scales: Scale list =
    let bessel label (x: float[]) =
        let n, x = parameter label, abs x[0]
        // the first zero of Y0 is at 0.89
        let size = if x < max (float n) 0.5 then 0.0 else Double.Hypot(SpecialValues.besselJ n x, SpecialValues.besselY n x)
        size, size
    let spherical label (x: float[]) =
        let size = if abs x[0] < float (parameter label + 1) then 0.0 else 1.0 / abs x[0]
        size, size
    [ { Functions = "besselJ"; Text = "beyond n, of sqrt(J^2 + Y^2)"; Sizes = bessel }
      { Functions = "besselY"; Text = "beyond n, of sqrt(J^2 + Y^2)"; Sizes = bessel }
      { Functions = "sinc"; Text = "beyond 1, of 1 / |x|"; Sizes = spherical }
      { Functions = "sphericalBesselJ"; Text = "beyond n + 1, of 1 / |x|"; Sizes = spherical }
      { Functions = "logGamma"
        Text = "below 0, of max(1, value)"
        Sizes = fun _ x -> if x[0] < 0.0 then 1.0, max 1.0 (Math.Log -x[0]) else 0.0, 0.0 }
      { Functions = "gamma"; Text = "slope: of max(value, slope)"; Sizes = fun _ x -> 0.0, abs (SpecialValues.gamma x[0]) }
      { Functions = "digamma"
        Text = "below 0, of max(1, log abs x)"
        Sizes = fun _ x -> (if x[0] < 0.0 then max 1.0 (Math.Log -x[0]) else 0.0), 0.0 }
      { Functions = "polygamma"
        Text = "below 0, of the nearest pole's term"
        Sizes = fun label x -> if x[0] < 0.0 then (let n = parameter label in nearestTerm n x[0], nearestTerm (n + 1) x[0]) else 0.0, 0.0 }
      { Functions = "powerLog"; Text = "slope in a: of its first term"; Sizes = fun label x -> 0.0, firstTerm label x[0] x[1] }
      { Functions = "logAddExp"; Text = "of max(1, value)"; Sizes = fun _ _ -> 1.0, 0.0 }
      { Functions = "gammaSampleSlope"
        Text = "of 1 / shape, slope: of its square"
        Sizes = fun _ x -> 1.0 / x[0], 1.0 / (x[0] * x[0]) }
      { Functions = "logBeta"; Text = "of max(1, value)"; Sizes = fun _ _ -> 1.0, 0.0 }
      { Functions = "binaryCrossEntropy"
        Text = "of its largest term"
        Sizes = fun _ x -> max 1.0 (max (abs x[0]) (abs (x[0] * x[1]))), 1.0 + abs x[1] } ]

let private scaleOf (label: string) : Scale option =
    scales |> List.tryFind (fun scale -> label = scale.Functions || label.StartsWith(scale.Functions + "("))

/// What the units of a function are, if they are not those of the result itself.
let unitOf (label: string) : string =
    match scaleOf label with
    | Some scale -> scale.Text
    | None -> ""

// ---- Measuring ----

/// The greatest errors of a function over so many points, and where they are.
type Errors =
    { Label: string
      Points: int
      Value: float * float[]
      Slope: float * float[]
      VectorValue: float * float[]
      VectorSlope: float * float[] }

let private greatest (errors: (float * float[]) seq) = Seq.maxBy fst errors

let private errorsOf
    (label: string)
    (references: Reference[])
    (values: float[], slopes: float[][])
    (vectorValues: float[], vectorSlopes: float[][])
    : Errors =
    let sizes =
        references
        |> Array.map (fun reference ->
            match scaleOf label with
            | Some scale -> scale.Sizes label reference.Arguments
            | None -> 0.0, 0.0)
    let ofValues (values: float[]) =
        references |> Seq.mapi (fun i reference -> units reference.Value values[i] (fst sizes[i]), reference.Arguments) |> greatest
    let ofSlopes (slopes: float[][]) =
        slopes
        |> Seq.mapi (fun k slopes ->
            // of two arguments, the size is that of the slope in the first one
            references
            |> Seq.mapi (fun i reference -> units reference.Slopes[k] slopes[i] (if k = 0 then snd sizes[i] else 0.0), reference.Arguments))
        |> Seq.concat
        |> greatest
    { Label = label
      Points = references.Length
      Value = ofValues values
      Slope = ofSlopes slopes
      VectorValue = ofValues vectorValues
      VectorSlope = ofSlopes vectorSlopes }

let private measureUnary (rule: UnaryEntry) (references: Reference[]) : Errors =
    let xs = references |> Array.map _.Arguments[0]
    let ys = xs |> Array.map rule.Value
    let slopes = Array.map2 (fun x y -> rule.Rule.Slope<PlainDouble>(PlainDouble x, PlainDouble y).Value) xs ys
    let vector =
        onEveryWidth
            rule.Label
            { new OnVectors() with
                member _.Of v = rule.On v[0] }
            [| xs |]
    let vectorSlopes =
        onEveryWidth
            (rule.Label + "'")
            { new OnVectors() with
                member _.Of v = rule.Rule.Slope(v[0], v[1]) }
            [| xs; vector |]
    errorsOf rule.Label references (ys, [| slopes |]) (vector, [| vectorSlopes |])

let private measureBinary (rule: BinaryEntry) (references: Reference[]) : Errors =
    let a, b = references |> Array.map (fun reference -> reference.Arguments[0], reference.Arguments[1]) |> Array.unzip
    let ys = Array.map2 (fun a b -> rule.Value(a, b)) a b
    let slopeA = Array.init a.Length (fun i -> rule.Rule.SlopeA<PlainDouble>(PlainDouble a[i], PlainDouble b[i], PlainDouble ys[i]).Value)
    let slopeB = Array.init a.Length (fun i -> rule.Rule.SlopeB<PlainDouble>(PlainDouble a[i], PlainDouble b[i], PlainDouble ys[i]).Value)
    let vector =
        onEveryWidth
            rule.Label
            { new OnVectors() with
                member _.Of v = rule.On(v[0], v[1]) }
            [| a; b |]
    let vectorA =
        onEveryWidth
            (rule.Label + " in a")
            { new OnVectors() with
                member _.Of v = rule.Rule.SlopeA(v[0], v[1], v[2]) }
            [| a; b; vector |]
    let vectorB =
        onEveryWidth
            (rule.Label + " in b")
            { new OnVectors() with
                member _.Of v = rule.Rule.SlopeB(v[0], v[1], v[2]) }
            [| a; b; vector |]
    errorsOf rule.Label references (ys, [| slopeA; slopeB |]) (vector, [| vectorA; vectorB |])

/// Of higher order than those in the table's samples: for the wider search.
let private further: UnaryEntry[] =
    [| for n in [ 20; 60 ] do
           UnaryEntry<Rules.Special.BesselJ>($"besselJ({n})", Rules.Special.BesselJ n)
           UnaryEntry<Rules.Special.BesselY>($"besselY({n})", Rules.Special.BesselY n)
       for n in [ 10; 30; 100 ] do
           UnaryEntry<Rules.Special.Polygamma>($"polygamma({n})", Rules.Special.Polygamma n) |]

/// The errors of every rule that a folder's sweep.csv and sweep-2.csv have references of, in their order.
let measure (folder: string) : Errors[] =
    let entry (entries: 'Entry[]) label = entries |> Array.tryFind (fun entry -> string entry = label)
    [| for label, references in read (Path.Combine(folder, "sweep.csv")) 1 do
           match entry (Array.append unaries further) label with
           | Some rule -> measureUnary rule references
           | None -> ()
       for label, references in read (Path.Combine(folder, "sweep-2.csv")) 2 do
           match entry binaries label with
           | Some rule -> measureBinary rule references
           | None -> () |]
