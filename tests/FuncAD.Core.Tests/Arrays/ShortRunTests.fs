/// Broadcasting with short runs goes in blocks: bitwise equal to a kernel for each run.
module FuncAD.Tests.ShortRunTests

open System
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing

let private extents = [| 0; 1; 1; 2; 3; 3; 4; 5; 7; 8; 9; 17; 63; 64; 65; 300 |]
let private specials = [| nan; infinity; -infinity; 0.0; -0.0; 1.0 |]

/// A shape of up to 20000 elements, and two shapes that broadcast to it or to a part of it.
let rec private shapes (random: Random) : struct (int[] * int[]) =
    let shape = Array.init (random.Next(1, 5)) (fun _ -> extents[random.Next extents.Length])
    if Array.fold (fun size extent -> size * int64 extent) 1L shape > 20000L then
        shapes random
    else
        let part () =
            let lead = if random.Next 3 = 0 then random.Next(shape.Length + 1) else 0
            shape[lead..] |> Array.map (fun extent -> if random.Next 3 = 0 then 1 else extent)
        struct (part (), part ())

let private numbers (random: Random) (hasSpecials: bool) (length: int) : float[] =
    Array.init length (fun _ ->
        if hasSpecials && random.Next 7 = 0 then specials[random.Next specials.Length] else random.NextDouble() + 0.3)

let private array random hasSpecials (shape: int[]) = Tensor(numbers random hasSpecials (Shape.length shape), shape, null)

let private expectAll (expected: float[]) (actual: float[]) (what: string) =
    Expect.equal actual.Length expected.Length what
    for index = 0 to expected.Length - 1 do
        expectSame expected[index] actual[index] $"{what}, element {index}"

/// The values, a kernel for each run.
let private values (rule: 'R when 'R: struct and 'R :> IFunction2) (shape: int[]) (a: Tensor) (b: Tensor) : float[] =
    let y = Array.zeroCreate (Shape.length shape)
    let runs = Broadcast(shape, a.Dimensions, b.Dimensions)
    while runs.Next() do
        let x = ReadOnlySpan(a.Elements, runs.StartA, runs.LengthA)
        let z = ReadOnlySpan(b.Elements, runs.StartB, runs.LengthB)
        Elementwise.Binary(rule, x, z, Span(y, runs.Start, runs.Length))
    y

/// The contributions, a kernel for each run, and their sums in the order of the runs.
let private along
    (partial: #IPartial)
    (first: bool)
    (a: Tensor)
    (b: Tensor)
    (y: Tensor)
    (t: Tensor)
    (out: float[])
    (sums: bool)
    (add: bool)
    =
    let runs = Broadcast(y.Dimensions, a.Dimensions, b.Dimensions)
    while runs.Next() do
        let x = ReadOnlySpan(a.Elements, runs.StartA, runs.LengthA)
        let z = ReadOnlySpan(b.Elements, runs.StartB, runs.LengthB)
        let y = ReadOnlySpan(y.Elements, runs.Start, runs.Length)
        let t = ReadOnlySpan(t.Elements, runs.Start, runs.Length)
        let start, length = if first then runs.StartA, runs.LengthA else runs.StartB, runs.LengthB
        if not sums then partial.Apply(x, z, y, t, Span(out, runs.Start, runs.Length), add)
        elif length = runs.Length then partial.Apply(x, z, y, t, Span(out, start, length), true)
        else out[start] <- out[start] + partial.Sum(runs.Length, x, z, y, t)

let private checkAlong
    (what: string)
    (random: Random)
    (partial: 'D when 'D: struct and 'D :> IPartial)
    first
    (a: Tensor)
    (b: Tensor)
    (y: Tensor)
    =
    let t = array random (random.Next 2 = 0) y.Dimensions
    for sums, add in [ false, false; false, true; true, true ] do
        let length = if sums then (if first then a else b).Length else y.Length
        let before = numbers random false length |> Array.map (fun x -> if random.Next 5 = 0 then -0.0 else x)
        let expected, actual = Array.copy before, Array.copy before
        along partial first a b y t expected sums add
        ElementwiseSlopes.Along(partial, first, a, b, y, t, actual, sums, add)
        expectAll expected actual $"{what}, first {first}, sums {sums}, add {add}"

let private checkBinary (random: Random) (rule: 'R when 'R: struct and 'R :> IBinary) (a: Tensor) (b: Tensor) =
    let what = $"{(rule :> IRule).Name}, {Shape.text a.Dimensions} with {Shape.text b.Dimensions}"
    let y = Tensor.Zip(rule, a, b)
    expectAll (values rule y.Dimensions a b) y.Elements what
    checkAlong what random (PartialA<'R> rule) true a b y
    checkAlong what random (PartialB<'R> rule) false a b y

let private checkChoice (random: Random) (rule: 'R when 'R: struct and 'R :> IChoice) (a: Tensor) (b: Tensor) =
    let what = $"choice, {Shape.text a.Dimensions} with {Shape.text b.Dimensions}"
    let y = Tensor.Zip(rule, a, b)
    expectAll (values rule y.Dimensions a b) y.Elements what
    for first in [ true; false ] do
        checkAlong what random (PartialOfChoice<'R>(rule, first)) first a b y

[<Tests>]
let tests =
    testList
        "arrays: short runs"
        [ testCase "random shapes: values, contributions and their sums are bitwise those of a kernel for each run" (fun () ->
              let random = random "short runs"
              for _ in 1..400 do
                  let struct (shapeA, shapeB) = shapes random
                  let hasSpecials = random.Next 3 = 0
                  let a, b = array random hasSpecials shapeA, array random hasSpecials shapeB
                  match random.Next 5 with
                  | 0 -> checkBinary random (Arithmetic.Multiply()) a b
                  | 1 -> checkBinary random (Arithmetic.Divide()) a b
                  | 2 -> checkBinary random (Arithmetic.Subtract()) a b
                  | 3 -> checkBinary random (Arithmetic.Add()) a b
                  | _ -> checkChoice random (Piecewise.Max()) a b)

          testCase "sums of negative zeros have the sign that a kernel for each run gives them" (fun () ->
              for length in 2..9 do
                  let a, b = Tensor(Array.create (5 * length) 1.0, [| 5; length |], null), Tensor(Array.create 5 1.0, [| 5; 1 |], null)
                  let t = Tensor(Array.create (5 * length) -0.0, [| 5; length |], null)
                  let expected, actual = Array.create 5 -0.0, Array.create 5 -0.0
                  along (PartialB<Arithmetic.Multiply>(Arithmetic.Multiply())) false a b a t expected true true
                  ElementwiseSlopes.Along(PartialB<Arithmetic.Multiply>(Arithmetic.Multiply()), false, a, b, a, t, actual, true, true)
                  expectAll expected actual $"runs of {length}") ]
