/// Functions of functions, in batches and on tensors, against a point: a zero's sign, and a zero that is none, show in what is computed from it.
module FuncAD.Tests.CompositionTests

open System
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table
open FuncAD.Tests.LaneTests

module private Composed =
    /// What turns a small difference of f (and g) into a large one: a zero's sign, or a zero that is none.
    let on (f: UnaryEntry) (g: UnaryEntry) (x: 'T) : 'T[] when 'T :> ICarrier<'T> =
        let y, z = f.On x, g.On x
        // by the carrier's own members: the algebra's inlined ones are the core's, where an optimising compiler keeps them
        [| 'T.Divide('T.Constant 1.0, y)
           'T.Binary(Trigonometry.Atan2(), y, z)
           'T.Unary(Exponentials.Log(), 'T.Unary(Piecewise.Abs(), y)) |]

/// A batch, and a tensor, give what a point gives. An error of some ulp in f is one of as many in 1 / f, with that of g one in the quotient whose
/// angle is taken, and as many times 2^-52 in a logarithm.
let private composed (f: UnaryEntry) (g: UnaryEntry) =
    let xs = Points.awkward.Value
    let program (x: Real) = Array.append (Composed.on f g x) [| Real.CopySign(real 1.0, f.On x) |]
    let compiled = AD.compile program (real 0.75)
    let batch = Array.zeroCreate (4 * xs.Length)
    compiled.RunBatch(ReadOnlySpan xs, Span batch, xs.Length)
    let vector = ArrayLaws.tensor [ xs.Length ] xs
    let onTensor (y: Tensor) = y.ToArray()
    let tensors = Composed.on f g vector |> Array.map onTensor
    let fs, gs = onTensor (f.On vector), onTensor (g.On vector)
    // what underflows may be 0 in the one way and not in the other
    let isOrdinary (scalar: float) (lane: float) =
        (scalar = 0.0 && lane = 0.0) || Double.IsNaN scalar || min (abs scalar) (abs lane) > 1e-290
    let unitsF, unitsG = allowed f.Rule.Name, allowed g.Rule.Name
    for i in 0 .. xs.Length - 1 do
        let y, z = f.Value xs[i], g.Value xs[i]
        if isOrdinary y fs[i] && isOrdinary z gs[i] then
            let what operation way () = $"{operation}, {way}, for f = {f.Label}, g = {g.Label} at {text xs[i]}"
            let inverse, angle, logarithm = 1.0 / y, Math.Atan2(y, z), Math.Log(abs y)
            for way, results in [ "a batch", (fun k -> batch[k * xs.Length + i]); "a tensor", (fun k -> tensors[k][i]) ] do
                expectUlps (unitsF + 1.0) inverse (results 0) (what "1/f" way)
                expectUlps (unitsF + unitsG + allowed "atan2" + 1.0) angle (results 1) (what "atan2(f, g)" way)
                if Double.IsFinite logarithm then
                    let bound = 2.0 * u * (unitsF + allowed "log" * abs logarithm)
                    if not (abs (results 2 - logarithm) <= bound) then expectWithin bound logarithm (results 2) (what "log |f|" way ())
                else
                    expectUlps 0.0 logarithm (results 2) (what "log |f|" way)
            // the sign of NaN is nobody's
            if not (Double.IsNaN y) then expectUlps 0.0 (Math.CopySign(1.0, y)) batch[3 * xs.Length + i] (what "copySign(1, f)" "a batch")

[<Tests>]
let tests =
    testList
        "vectors: compositions"
        [ let entry label = unaries |> Array.find (fun entry -> entry.Label = label)
          for f, next in Array.append (Array.pairwise unaries) [| entry "sinPi", entry "cosPi" |] do
              testCase $"1/f, atan2(f, g), log |f|, copySign of {f.Label} and {next.Label}" (fun () -> composed f next) ]
