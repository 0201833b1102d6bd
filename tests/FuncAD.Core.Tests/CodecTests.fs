/// Compiled code takes values apart as their structure's visit does: the first calls are visits, later ones run the code, and all of them
/// give the same derivatives and the same errors.
module FuncAD.Tests.CodecTests

open System
open System.Collections.Generic
open Expecto
open FuncAD
open FuncAD.Tests.Testing

type Kind =
    | Rock = 1
    | Gas = 2

[<Struct>]
type Point = { X: Real; Y: Real; Weight: float; Kind: Kind }

type Pair = { First: Point; Second: Point; Name: string; Last: struct (Real * int * Real) }

/// Its constructor refuses negative masses, so that not every gradient can be made.
type Body(mass: Real, name: string) =
    do if mass.Value < 0.0 then raise (ArgumentException "a mass is not negative")
    member _.Mass = mass
    member _.Name = name

/// Its setter does not keep what it is given.
type Clamped() =
    let mutable x = 0R
    member _.X
        with get () = x
        and set (value: Real) = x <- min value 5R

type Base(x: Real) =
    member _.X = x

type Derived(x: Real) =
    inherit Base(x)

[<AllowNullLiteral>]
type Inner(x: Real, y: Real) =
    member _.X = x
    member _.Y = y

type Outer(inner: Inner, z: Real) =
    member _.Inner = inner
    member _.Z = z

/// What a call gives, as text with all digits: the numbers, or the error.
let private outcome (call: unit -> 'P) : string =
    try
        let struct (_, leaves) = Flatten.input "test" "x" (call ())
        String.Join(", ", leaves.Numbers |> Array.map (fun x -> string (BitConverter.DoubleToInt64Bits x.Value)))
    with error ->
        $"{error.GetType().Name}: {error.Message}"

/// The gradient, its derivative along a number outside, and a product with the Jacobian, each four times.
let private isTheSame (name: string) (f: 'P -> Real) (p: 'P) : Test =
    testCase name
    <| fun _ ->
        let calls: (string * (unit -> 'P)) list =
            [ "gradient", (fun () -> AD.grad f p)
              "gradient inside", (fun () -> AD.diff (fun t -> AD.grad (fun p -> t * t * f p) p) (Real 1.5))
              "tangent", (fun () -> (AD.jvp (fun p -> let y = f p in struct (y, p)) p p |> snd |> fun struct (_, v) -> v))
              "round trip", (fun () -> AD.stopGradient p) ]
        for what, call in calls do
            let first = outcome call
            for round in 2..5 do
                Expect.equal (outcome call) first $"{what}, call {round}"

let private point x y = { X = Real x; Y = Real y; Weight = 0.5; Kind = Kind.Gas }

let private energy (p: Point) = p.Weight * p.X * p.Y * (if p.Kind = Kind.Gas then 2R else 3R)

let private sum (points: Point seq) = points |> Seq.fold (fun sum p -> sum + energy p) 0R

[<Tests>]
let tests =
    testList
        "codecs"
        [ isTheSame "a struct record with other parts" energy (point 2.0 3.0)
          isTheSame
              "records in records"
              (fun (p: Pair) -> energy p.First * energy p.Second + (let struct (a, n, b) = p.Last in a * b * Real n))
              { First = point 2.0 3.0; Second = point -0.0 nan; Name = "pair"; Last = struct (1R, 7, 4R) }
          isTheSame
              "a null text"
              (fun (p: Pair) -> energy p.First)
              { First = point 2.0 3.0; Second = point 1.0 1.0; Name = null; Last = struct (1R, 7, 4R) }
          isTheSame
              "tuples of seven and of nine"
              (fun ((a, b, _, _, _, _, c), (d, _, _, _, _, _, _, _, e)) -> a * b * c * d * e)
              ((1R, 2R, 3R, 4R, 5R, 6R, 7R), (1R, 2R, 3R, 4R, 5R, 6R, 7R, 8R, 9R))
          isTheSame "a constructor that accepts" (fun (b: Body) -> b.Mass * b.Mass) (Body(2R, "moon"))
          isTheSame "a constructor that refuses the gradient" (fun (b: Body) -> -b.Mass * b.Mass) (Body(2R, "moon"))
          isTheSame "a setter that keeps" (fun (c: Clamped) -> c.X * 2.0) (Clamped(X = 2R))
          isTheSame "a setter that clamps the gradient" (fun (c: Clamped) -> c.X * 7.0) (Clamped(X = 2R))
          isTheSame "a value of a derived type" (fun (b: Base) -> b.X * b.X) (Derived 2R :> Base)
          isTheSame "a null" (fun (b: Inner) -> b.X * b.X) null
          isTheSame "a part" (fun (o: Outer) -> o.Inner.X * o.Inner.Y * o.Z) (Outer(Inner(2R, 3R), 4R))
          isTheSame "a null part" (fun (o: Outer) -> o.Z * (if isNull o.Inner then 2R else o.Inner.X)) (Outer(null, 4R))
          isTheSame "an array of structs" (sum: Point[] -> Real) (Array.init 300 (fun i -> point (float i) 0.5))
          isTheSame "a list of structs" (sum: Point list -> Real) (List.init 65 (fun i -> point (float i) 0.5))
          isTheSame
              "a List of structs in a tuple"
              (fun (points: List<Point>, x: Real) -> x * sum points)
              (List(Seq.init 100 (fun i -> point (float i) 0.5)), 3R)
          isTheSame
              "an array with a refusing item"
              (Array.sumBy (fun (b: Body) -> b.Mass * (b.Mass - 140.0)))
              (Array.init 200 (fun i -> Body(Real(float i), string i)))
          isTheSame
              "an array with a null item"
              (Array.sumBy (fun (b: Inner) -> if isNull b then 1R else b.X * b.Y))
              (Array.init 200 (fun i -> if i = 150 then null else Inner(Real(float i), 2R)))
          isTheSame
              "an array with an item of a derived type"
              (Array.sumBy (fun (b: Base) -> b.X))
              (Array.init 200 (fun i -> if i = 150 then Derived 1R :> Base else Base(Real(float i))))

          testCase "values of other forms follow each other"
          <| fun _ ->
              let f (o: Outer) = o.Z * (if isNull o.Inner then 2R else o.Inner.X)
              for round in 1..3 do
                  for p in [ Outer(null, 4R); Outer(Inner(2R, 3R), 4R) ] do
                      let gradient = AD.grad f p
                      expectSame (if isNull p.Inner then 2.0 else 2.0) gradient.Z.Value $"round {round}"
                      Expect.equal (isNull gradient.Inner) (isNull p.Inner) $"round {round}"

          testCase "names of a value that code took apart"
          <| fun _ ->
              let p = { First = point 2.0 3.0; Second = point 1.0 1.0; Name = "pair"; Last = struct (1R, 7, 4R) }
              let names () =
                  let struct (like, _) = Flatten.input "test" "x" p
                  LeafNames.paths "x" like
              let first = names ()
              for _ in 1..4 do
                  Expect.equal (names ()) first "names"
              let struct (like, _) = Flatten.input "test" "x" p
              Expect.isTrue (like.IsCompact || not Backend.GeneratesCode) "taken apart by code"

          testCase "a tangent with other parts, and of another length, is what it was"
          <| fun _ ->
              let points = Array.init 100 (fun i -> point (float i) 1.0)
              let tangent = points |> Array.map (fun p -> { p with Weight = 9.0; X = 1R })
              let once () = outcome (fun () -> AD.jvp (fun (p: Point[]) -> [| sum p |]) points tangent |> snd)
              let first = once ()
              for _ in 1..4 do
                  Expect.equal (once ()) first "tangent"
              let short () = outcome (fun () -> AD.jvp (fun (p: Point[]) -> [| sum p |]) points tangent[1..] |> snd)
              let first = short ()
              Expect.stringContains first "expected 100 elements, got 99" "length"
              for _ in 1..4 do
                  Expect.equal (short ()) first "length" ]
