/// Compiled sums against the loop written out and the eager operators: random functions of parameters and a datum in which constants, numbers of the
/// parameters alone and of the data alone are results, factors and terms, with all that makes a derivative differ from that of the program.
module FuncAD.Tests.Compiled.SumLawTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Tests.Testing

// ---- Random functions ----

type private Operation =
    | Add
    | Subtract
    | Multiply
    | Divide
    | Negate
    | Abs
    | Square
    | Cube
    | Root
    | Exponential
    | Sine
    | Max
    | Min
    | Select
    | SelectByBoth
    | Branch
    | Stop
    | Custom
    | CustomPullback
    | CustomRule
    | Write
    | Read
    | CopySign
    | Floor
    | InnerForward
    | InnerReverse

let private operations =
    [ 4, Add
      4, Subtract
      8, Multiply
      3, Divide
      1, Negate
      1, Abs
      2, Square
      1, Cube
      2, Root
      2, Exponential
      2, Sine
      2, Max
      1, Min
      2, Select
      1, SelectByBoth
      1, Branch
      2, Stop
      2, Custom
      2, CustomPullback
      2, CustomRule
      1, Write
      1, Read
      1, CopySign
      1, Floor
      1, InnerForward
      1, InnerReverse ]

/// An operation on the numbers at these places, counted around; those below 0 are counted from the last, -1, back.
type private Step = { Operation: Operation; A: int; B: int; C: int }

type private Sum = { Steps: Step list; Result: int; Parameters: float[]; Data: float[][] }

/// A sum of a function.
type private Case = { F: Real[] -> Real[] -> Real; At: float[]; Rows: float[][] }

let private constants = [ 0.0; -0.0; 1.0; -2.0; 3.0; 0.5 ]

/// A number, a bound of its absolute value for ordinary inputs, and whether its bits are the same however it is computed: it may be asked about.
[<Struct>]
type private Number = { X: Real; Bound: float; IsExact: bool; IsInput: bool }

/// Rules whose slopes are not their values': whoever differentiates the value shows.
let private custom = AD.custom "square and more" (fun x -> x * x + 1.0) (fun x _ -> Real 3.0 * x)
let private byPullback =
    AD.customPullback "product" (fun (a: Real, b: Real) -> a * b) (fun (a, b) _ w -> w * (Real 2.0 * a + b), w * (a + Real 3.0 * b))

let private byRule =
    AD.customRule
        "sum"
        (fun (x: Real[]) -> [| x[0] + x[1]; x[0] |])
        (fun x _ w -> [| w[0] * x[0] + w[1] * Real 2.0; w[0] * x[1] |])
        (fun x _ v -> [| v[0] * x[0] + v[1] * x[1]; Real 2.0 * v[0] |])

/// The function. What is multiplied is kept within bounds, so that derivatives do not grow with the length of the program.
let private perPoint (sum: Sum) (p: Real[]) (d: Real[]) : Real =
    let input x = { X = x; Bound = 4.0; IsExact = true; IsInput = true }
    let numbers =
        Collections.Generic.List
            [ yield! Array.map input p
              yield! Array.map input d
              for c in constants -> { X = Real c; Bound = 3.0; IsExact = true; IsInput = true } ]
    let anInput index = numbers[abs index % (p.Length + d.Length)]
    let within bound (x: Number) = if x.Bound <= bound then x.X else Real.Max(Real.Min(x.X, Real bound), Real -bound)
    for step in sum.Steps do
        let at index = if index < 0 then numbers[numbers.Count + index] else numbers[index % numbers.Count]
        let a, b, c = at step.A, at step.B, at step.C
        let exact (x: Number) index = if x.IsExact then x else anInput index
        let ``exact a``, ``exact b`` = exact a step.A, exact b step.B
        let both x bound = { X = x; Bound = bound; IsExact = a.IsExact && b.IsExact; IsInput = false }
        let ofA x bound = { X = x; Bound = bound; IsExact = a.IsExact; IsInput = false }
        let rounded x bound = { X = x; Bound = bound; IsExact = false; IsInput = false }
        // a choice that has to be the same wherever it is made
        let choice x = { X = x; Bound = max ``exact a``.Bound ``exact b``.Bound; IsExact = true; IsInput = false }
        // clamping is a question, too
        let small bound (x: Number) index = if x.Bound <= bound || x.IsExact then within bound x else within bound (anInput index)
        let less = Real.Less(``exact a``.X, ``exact b``.X)
        numbers.Add(
            match step.Operation with
            | Add -> both (a.X + b.X) (a.Bound + b.Bound)
            | Subtract -> both (a.X - b.X) (a.Bound + b.Bound)
            | Multiply -> both (small 64.0 a step.A * small 64.0 b step.B) (min 64.0 a.Bound * min 64.0 b.Bound)
            | Divide -> both (small 64.0 a step.A / (anInput step.B).X) (4.0 * min 64.0 a.Bound) // a power of two, or a zero
            | Negate -> ofA -a.X a.Bound
            | Abs -> choice (abs ``exact a``.X)
            | Square -> ofA (Real.Pow(small 16.0 a step.A, 2)) 256.0
            | Cube -> ofA (Real.Pow(small 8.0 a step.A, 3)) 512.0
            | Root -> ofA (sqrt (anInput step.A).X) 2.0
            | Exponential -> rounded (exp (small 2.0 a step.A)) 8.0
            | Sine -> rounded (sin (small 8.0 a step.A)) 1.0
            | Max -> choice (Real.Max(``exact a``.X, ``exact b``.X))
            | Min -> choice (Real.Min(``exact a``.X, ``exact b``.X))
            | Select -> { both (Real.Select(less, a.X, b.X)) (max a.Bound b.Bound) with IsExact = a.IsExact && b.IsExact }
            | SelectByBoth ->
                let condition = Real.Less((anInput step.A).X, (anInput step.B).X) &&& Real.Equal((anInput step.C).X, (anInput step.C).X)
                both (Real.Select(condition, a.X, b.X)) (max a.Bound b.Bound)
            | Branch -> if Real.op_LessThan ((anInput step.A).X, (anInput step.C).X) then a else b
            | Stop -> ofA (AD.stopGradient a.X) a.Bound
            | Custom -> ofA (custom (small 16.0 a step.A)) 260.0
            | CustomPullback -> both (byPullback (small 16.0 a step.A, small 16.0 b step.B)) 256.0
            | CustomRule -> both (let y = byRule [| small 16.0 a step.A; small 16.0 b step.B |] in y[0] + y[1]) 48.0
            | Write ->
                let place = abs step.A % (d.Length + p.Length)
                let before = if place < d.Length then d[place] else p[place - d.Length]
                if place < d.Length then d[place] <- small 4.0 b step.B else p[place - d.Length] <- small 4.0 b step.B
                { X = before; Bound = 4.0; IsExact = false; IsInput = false }
            | Read -> { X = d[abs step.A % d.Length]; Bound = 4.0; IsExact = false; IsInput = false }
            | CopySign -> choice (Real.CopySign(``exact a``.X, (anInput step.B).X))
            | Floor -> choice (Real.Floor ``exact a``.X)
            | InnerForward -> both (AD.diff (fun t -> t * t * small 4.0 b step.B) (small 4.0 a step.A)) 32.0
            | InnerReverse -> choice (AD.grad (fun t -> Real.Max(t, (anInput step.C).X) * t) ``exact a``.X)
        )
    (if sum.Result < 0 then numbers[numbers.Count - 1] else numbers[sum.Result % numbers.Count]).X

// ---- The loop written out ----

let private lower n (matrix: int -> int -> float) : float[] =
    [| for i in 0 .. n - 1 do
           for j in 0..i -> matrix i j |]

/// Value, gradient and the lower triangle of the Hessian.
let private eagerHessian (case: Case) : float[] =
    let total (p: Real[]) = case.Rows |> Array.fold (fun total datum -> total + case.F (Array.copy p) (reals datum)) (Real 0.0)
    let p = reals case.At
    let value, gradient = AD.valueAndGrad total p
    let hessian = AD.hessian total p
    Array.concat [ [| value.Value |]; values gradient; lower p.Length (fun i j -> hessian[i, j].Value) ]

let private eagerNormals (case: Case) : float[] =
    let n = case.At.Length
    let rows =
        case.Rows
        |> Array.map (fun datum ->
            let r, g = AD.valueAndGrad (fun (p: Real[]) -> case.F p (reals datum)) (reals case.At)
            let r, g = r.Value, values g
            Array.concat [ [| r * r |]; g |> Array.map (fun slope -> slope * r); lower n (fun i j -> g[i] * g[j]) ])
    Array.init (1 + n + n * (n + 1) / 2) (fun index -> rows |> Array.sumBy (fun row -> row[index]))

// ---- Random sums ----

/// Powers of four, so that roots and quotients are exact, and zeros.
let private ordinary = [ 0.0; -0.0; 1.0; -1.0; 4.0; -4.0; 1.0; 0.25; 4.0 ]
let private others = [ Double.PositiveInfinity; Double.NegativeInfinity; nan; -nan ]

let private sums (operations: (int * Operation) list) (counts: int list) : Arbitrary<Sum> =
    // the last numbers more often, so that functions hang together
    let place = Gen.frequency [ 2, Gen.choose (0, 39); 1, Gen.choose (-2, -1) ]
    let before = Gen.frequency [ 1, place; 1, Gen.constant -1 ]
    let operation = Gen.frequency [ for weight, operation in operations -> weight, Gen.constant operation ]
    let step =
        Gen.map2 (fun operation (a, b, c) -> { Operation = operation; A = a; B = b; C = c }) operation (Gen.zip3 before place place)
    let number = Gen.frequency [ 30, Gen.elements ordinary; 1, Gen.elements others ]
    let generator = gen {
        let! length = Gen.frequency [ 3, Gen.choose (0, 3); 2, Gen.choose (4, 7) ]
        let! steps = Gen.listOfLength length step
        let! result = Gen.frequency [ 1, Gen.choose (0, 39); 6, Gen.constant -1 ]
        let! parameters = Gen.choose (1, 3)
        let! width = Gen.choose (1, 2)
        let! p = Gen.arrayOfLength parameters (Gen.frequency [ 60, Gen.elements ordinary; 1, Gen.elements others ])
        let! count = Gen.elements counts
        let! areEqual = Gen.elements [ true; false; false ]
        let! data = Gen.arrayOfLength (if areEqual then min 1 count else min 7 count) (Gen.arrayOfLength width number)
        let data = Array.init count (fun k -> data[k * k % data.Length])
        return { Steps = steps; Result = result; Parameters = p; Data = data }
    }
    let shrink (sum: Sum) = seq {
        for k in 0 .. sum.Steps.Length - 1 do
            { sum with Steps = List.removeAt k sum.Steps }
        if sum.Data.Length > 1 then
            { sum with Data = sum.Data[.. sum.Data.Length / 2 - 1] }
            { sum with Data = sum.Data[1..] }
    }
    Arb.fromGenShrink (generator, shrink)

// ---- The laws ----

let private columns (rows: float[][]) : float[] =
    if rows.Length = 0 then
        [||]
    else
        [| for i in 0 .. rows[0].Length - 1 do
               for row in rows -> row[i] |]

/// All members, for a sum that was compiled at an example of its own, so that other paths have to be found.
let private members (options: CompileOptions) (example: float[]) (case: Case) : (string * float[]) list =
    let width = if case.Rows.Length = 0 then 2 else case.Rows[0].Length
    let compiled = AD.compileSumWith options case.F (reals example) (Array.create width (Real 1.0))
    let p, data = reals case.At, columns case.Rows
    let n = p.Length
    let flat (struct (value: float, gradient: float[], matrix: float[,])) =
        for i in 0 .. n - 1 do
            for j in 0..i do
                expectSame matrix[i, j] matrix[j, i] $"symmetry {i} {j}"
        Array.concat [ [| value |]; gradient; lower n (fun i j -> matrix[i, j]) ]
    let struct (value, gradient) = compiled.ValueAndGrad(p, ReadOnlySpan data)
    [ "Value", [| compiled.Value(p, ReadOnlySpan data) |]
      "ValueAndGrad", Array.append [| value |] (values gradient)
      "Hessian", flat (compiled.Hessian(p, ReadOnlySpan data))
      "NormalEquations", flat (compiled.NormalEquations(p, ReadOnlySpan data)) ]

/// Numbers within bounds, of some ten operations: what is lost to rounding is far below a billionth of the largest result, while a term that is
/// counted too often, or forgotten, is one of them.
let private asTheLoop (options: CompileOptions) (case: Case) =
    let second, normals = eagerHessian case, eagerNormals case
    for example in [ case.At; Array.create case.At.Length 1.0 ] do
        for name, actual in members options example case do
            let expected = if name = "NormalEquations" then normals else second
            let largest = expected |> Array.filter Double.IsFinite |> Array.fold (fun size x -> max size (abs x)) 1.0
            let bound = 1e-9 * (largest + float case.Rows.Length)
            Array.iteri
                (fun index actual ->
                    expectWithin bound expected[index] actual $"{name}, compiled at {List.ofArray example}, number {index}")
                actual

let private randomAsTheLoop (options: CompileOptions) (sum: Sum) =
    asTheLoop options { F = perPoint sum; At = sum.Parameters; Rows = sum.Data }

/// One function of each kind, at p = (4, 2, 0).
let private kinds: (string * (Real[] -> Real[] -> Real)) list =
    [ "a constant", (fun _ _ -> Real 3.0)
      "a parameter", (fun p _ -> p[1])
      "parameters alone", (fun p _ -> p[0] * p[1])
      "data alone", (fun _ d -> d[0])
      "a constant factor", (fun p d -> Real 3.0 * (p[0] - d[0]))
      "a square, whose second derivative is a factor of the first", (fun p d -> Real.Pow(d[0] - p[0], 2))
      "a factor that is a derivative", (fun p d -> p[0] * (p[1] + p[2] * d[0]))
      "an offset of parameters", (fun p d -> exp -p[2] * (d[0] + p[1]))
      "a penalty", (fun p d -> Real.Pow(p[0] * d[0] - d[1], 2) + Real 0.5 * (p[0] * p[0] + p[1] * p[1]))
      "what is stopped", (fun p d -> (d[0] - AD.stopGradient p[0]) * p[0])
      "all that is stopped", (fun p d -> let q = AD.stopGradient p in q[0] * p[1] * d[0])
      "chosen by parameters", (fun p d -> Real.Select(Real.Less(p[0], p[1]), p[0] * d[0], p[1] * p[2] * d[1]))
      "chosen by data", (fun p d -> Real.Select(Real.Less(d[1], d[0]), p[0] * d[0], p[1] * p[0] * d[1]))
      "a rule", (fun p d -> custom p[0] * d[0])
      "a rule by its pullback", (fun p d -> byPullback (p[0], d[0]) * p[1])
      "a rule with its pushforward", (fun p d -> (byRule p[..1])[0] * d[0])
      "an infinite slope of what is not chosen", (fun p d -> Real.Pow(Real.Max(d[0], sqrt p[2]), 2))
      "an infinite slope in parameters", (fun p d -> Real.Select(Real.Less(p[2], p[1]), p[0], sqrt p[2]) * d[0])
      "an overwritten datum",
      (fun p d ->
          d[0] <- d[0] * p[0]
          d[0] * p[1] + d[0] * d[0])
      "overwritten parameters",
      (fun p d ->
          p[0] <- p[0] * d[0]
          p[0] * p[1])
      "slopes that are the same", (fun p d -> d[0] * (p[0] + p[1]) - d[1])
      "slopes that are the same, term by term", (fun p d -> d[0] * p[0] + d[0] * p[1] + d[1] * p[2])
      "the exponential of a sum of parameters and data", (fun p d -> exp (Real 0.125 * d[0] * (p[0] + p[1])))
      "the exponential of a sum of parameters", (fun p d -> d[0] * exp (p[1] + p[2]))
      "the sine of a sum", (fun p d -> sin (d[0] * p[0] + d[0] * p[1]))
      "the logarithm of a sum", (fun p d -> Real.Pow(log (p[1] + p[2] + d[0] * p[0]), 2))
      "a slope that is the value", (fun p d -> exp (d[1] - d[0] + p[0] + p[2]))
      "a branch", (fun p d -> if Real.op_LessThan (d[0], Real 2.0) then p[0] * d[0] else p[1] * p[1] + d[1]) ]

let private small = sums operations [ 0; 1; 2; 3; 7; 29; 100 ]
let private large = sums operations [ 700; 2000 ]

/// Products and sums, whose derivatives are hoisted most.
let private algebraic =
    sums [ 3, Add; 3, Subtract; 6, Multiply; 3, Square; 1, Cube; 1, Divide; 1, Negate; 1, Custom; 1, CustomRule; 1, Stop ] [ 1; 2; 3; 7 ]

/// A function of sums of parameters, whose slopes with respect to them are the same: terms of a kind, each with the set of its parameters.
let private ofSums (terms: (int * int) list) (p: Real[]) (d: Real[]) : Real =
    let term (kind, set) =
        let sum = Seq.fold (fun sum i -> if (set >>> i) % 2 = 1 then sum + p[i] else sum) (Real 0.0) [ 0 .. p.Length - 1 ]
        match kind with
        | 0 -> d[0] * sum
        | 1 -> d[0] * d[1] * sum
        | 2 -> sin (d[0] * sum)
        | 3 -> d[1] * exp (Real 0.125 * sum)
        | 4 -> d[0] * sum * sum
        | _ -> sum
    List.fold (fun total each -> total + term each) -d[1] terms

let private sumsOfParameters: Arbitrary<(int * int) list * float[]> =
    let term = Gen.zip (Gen.choose (0, 5)) (Gen.choose (1, 15))
    let terms = Gen.choose (1, 3) |> Gen.bind (fun count -> Gen.listOfLength count term)
    Gen.zip terms (Gen.arrayOfLength 4 (Gen.elements [ 0.0; 1.0; -1.0; 4.0; 0.25 ])) |> Arb.fromGen

// ---- Factors out of range ----

type private Factor =
    | Times of float
    | TimesParameter
    | ByParameter
    | TimesSquaredParameter
    | TimesDatum of int
    | ByDatum of int
    | Negated

/// A product in which each parameter stands once: each derivative is a product, too, and nothing cancels but data.
type private Product = { Factors: Factor list; Point: float[]; Data: float[][] }

let private product (factors: Factor list) (p: Real[]) (d: Real[]) : Real =
    let mutable next = 0
    let parameter () =
        next <- next + 1
        p[next - 1]
    let mutable x = d[0]
    for factor in factors do
        x <-
            match factor with
            | Times c -> Real c * x
            | TimesParameter -> x * parameter ()
            | ByParameter -> x / parameter ()
            | TimesSquaredParameter -> (let p = parameter () in p * p) * x
            | TimesDatum index -> x * d[index]
            | ByDatum index -> x / d[index]
            | Negated -> -x
    x

let private products: Arbitrary<Product> =
    let number = gen {
        let! digits = Gen.elements [ 1.0; -1.0; 3.7; -1.3; 1.3 ]
        let scales = [ 1e-320; 1e-310; 1e-300; 1e-160; 1e-30; 1e-9; 1e9; 1e30; 1e160; 1e300; 4e307 ]
        let! scale = Gen.frequency [ 3, Gen.constant 1.0; 4, Gen.elements scales ]
        return digits * scale
    }
    let factor =
        Gen.oneof
            [ Gen.map Times number
              Gen.constant TimesParameter
              Gen.constant TimesParameter
              Gen.constant ByParameter
              Gen.constant TimesSquaredParameter
              Gen.map TimesDatum (Gen.choose (0, 1))
              Gen.map ByDatum (Gen.choose (0, 1))
              Gen.constant Negated ]
    let generator = gen {
        let! length = Gen.choose (1, 6)
        let! factors = Gen.listOfLength length factor
        let! point = Gen.arrayOfLength length number
        let! count = Gen.choose (1, 9)
        let! likeFirst = Gen.elements [ true; false ]
        let! rows = Gen.arrayOfLength count (Gen.arrayOfLength 2 number)
        let like k = rows[0] |> Array.map (fun x -> x * (1.0 - float k / 16.0))
        let rows = if likeFirst then Array.init count like else rows
        return { Factors = factors; Point = point; Data = rows }
    }
    let shrink (case: Product) = seq {
        for k in 0 .. case.Factors.Length - 1 do
            if case.Factors.Length > 1 then { case with Factors = List.removeAt k case.Factors }
        if case.Data.Length > 1 then { case with Data = case.Data[1..] }
    }
    Arb.fromGenShrink (generator, shrink)

/// Where no derivative of a term overflows, nor their sum: the sum of n terms to 2 n + 20 roundings. Beside that, underflow may take 2^-1075 from each
/// term before a factor of up to 2^128 (Gains.fs).
let private staysInRange (case: Product) =
    let n = case.Point.Length
    let f = product case.Factors
    let sum = AD.compileSumWith (CompileOptions(Mode = ExecutionMode.Interpreted)) f (reals case.Point) (reals case.Data[0])
    let columns =
        [| for i in 0..1 do
               for row in case.Data -> row[i] |]
    let p = reals case.Point
    let terms =
        case.Data
        |> Array.map (fun row ->
            let value, gradient = AD.valueAndGrad (fun p -> f p (reals row)) p
            let hessian = AD.hessian (fun p -> f p (reals row)) p
            Array.concat [ [| value.Value |]; values gradient; lower n (fun i j -> hessian[i, j].Value) ])
    let check what (actual: float[]) =
        for index = 0 to actual.Length - 1 do
            let column = terms |> Array.map (fun row -> row[index])
            let size = column |> Array.sumBy abs
            if Double.IsFinite size then
                let count = float column.Length
                let bound = u * (2.0 * count + 20.0) * size + count * Math.ScaleB(1.0, -947)
                expectWithin bound (Array.sum column) actual[index] $"{what}, number {index}"
    let struct (value, gradient) = sum.ValueAndGrad(p, ReadOnlySpan columns)
    check "ValueAndGrad" (Array.append [| value |] (values gradient))
    let struct (value, gradient, hessian) = sum.Hessian(p, ReadOnlySpan columns)
    check "Hessian" (Array.concat [ [| value |]; gradient; lower n (fun i j -> hessian[i, j]) ])

[<Tests>]
let tests =
    testList
        "laws of compiled sums"
        [ for name, f in kinds do
              testCase name
              <| fun () ->
                  for count in [ 0; 1; 5; 1000 ] do
                      let rows = Array.init count (fun k -> [| float (k % 4); 2.0 - float (k % 3) |])
                      for mode in [ ExecutionMode.Interpreted; ExecutionMode.MachineCode ] do
                          asTheLoop (CompileOptions(Mode = mode)) { F = f; At = [| 4.0; 2.0; 0.0 |]; Rows = rows }

          law "every member is the loop's: interpreted" 700 small (randomAsTheLoop (CompileOptions(Mode = ExecutionMode.Interpreted)))

          law
              "every member is the loop's: products and sums"
              1500
              algebraic
              (randomAsTheLoop (CompileOptions(Mode = ExecutionMode.Interpreted)))

          law "every member is the loop's: sums of parameters" 100 sumsOfParameters (fun (terms, at) ->
              let rows = Array.init 7 (fun k -> [| float (k % 4); 2.0 - float (k % 3) |])
              asTheLoop (CompileOptions(Mode = ExecutionMode.Interpreted)) { F = ofSums terms; At = at; Rows = rows })

          law
              "every member is the loop's: few paths"
              150
              small
              (randomAsTheLoop (CompileOptions(Mode = ExecutionMode.Interpreted, MaximumPaths = 1)))

          law "every member is the loop's: machine code, threads" 20 large (fun sum ->
              for bits, threads in [ 128, 1; 512, 2 ] do
                  randomAsTheLoop (CompileOptions(Mode = ExecutionMode.MachineCode, VectorBits = bits, Threads = threads)) sum)

          law "factors that are taken out of a sum change nothing where they are too large or too small" 1000 products staysInRange ]
