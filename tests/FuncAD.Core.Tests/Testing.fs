/// What every file of tests says again and again: bits, closeness, a seed, random points.
module FuncAD.Tests.Testing

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD

/// One unit of relative rounding error of a double, 2^-53.
let u = Math.ScaleB(1.0, -53)

/// The seed of everything random here. FUNCAD_SEED sets another one; a failure prints it.
let seed =
    match UInt64.TryParse(Environment.GetEnvironmentVariable "FUNCAD_SEED") with
    | true, seed -> seed
    | _ -> 20260117UL

/// Random points of a test that is not a property of FsCheck's, different for each name.
let random (name: string) =
    let hash = name |> Seq.fold (fun hash letter -> hash * 31 + int letter) 17
    Random(hash ^^^ int (seed % 1000003UL))

/// A law that is held on so many random cases. The seed stands in the failure, beside the smallest case found.
let law (name: string) (cases: int) (arbitrary: Arbitrary<'C>) (holds: 'C -> unit) : Test =
    let config = { FsCheckConfig.defaultConfig with maxTest = cases; endSize = 30 }
    testPropertyWithConfigStdGen (seed, 1UL, None) config name (Prop.forAll arbitrary holds)

type 'T ``[]`` with
    member items.Last = items[items.Length - 1]
    member items.LastButOne = items[items.Length - 2]

let real (x: float) = Real x
let reals (xs: float[]) = Array.map Real xs
let value (x: Real) = x.Value
let values (xs: Real[]) = xs |> Array.map _.Value

let bits (x: float) = BitConverter.DoubleToInt64Bits x

/// The same double: also the same zero. All NaNs count as one.
let same (a: float) (b: float) = bits a = bits b || (Double.IsNaN a && Double.IsNaN b)

let text (x: float) = x.ToString("R", Globalization.CultureInfo.InvariantCulture)

let expectSame (expected: float) (actual: float) (what: string) =
    if not (same expected actual) then failtest $"{what}: expected {text expected}, got {text actual}"

/// Equal as numbers: 0 is -0, NaN is NaN.
let expectEqual (expected: float) (actual: float) (what: string) =
    if not (expected = actual || same expected actual) then failtest $"{what}: expected {text expected}, got {text actual}"

/// No further apart than a bound that the caller derives. Infinities and NaN have to be met.
let expectWithin (bound: float) (expected: float) (actual: float) (what: string) =
    if not (same expected actual || expected = actual || abs (expected - actual) <= bound) then
        failtest $"{what}: expected {text expected}, got {text actual}, apart by {text (abs (expected - actual))}, allowed {text bound}"

/// Relatively close: a few roundings of a result that is not the outcome of a cancellation.
let expectClose (roundings: float) (expected: float) (actual: float) (what: string) =
    expectWithin (roundings * u * abs expected + Double.Epsilon) expected actual what

/// The exception that an action throws, which it must.
let thrown<'E when 'E :> exn> (action: unit -> unit) : 'E =
    let caught =
        try
            action ()
            None
        with
        | :? 'E as e -> Some e
        | other -> failtest $"expected {typeof<'E>.Name}, got {other.GetType().Name}: {other.Message}"
    match caught with
    | Some e -> e
    | None -> failtest $"expected {typeof<'E>.Name}, but nothing was thrown"

let expectMentions (parts: string list) (message: string) =
    for part in parts do
        if not (message.Contains part) then failtest $"the message does not say '{part}': {message}"

/// Doubles worth trying on everything.
let specials =
    [| 0.0
       -0.0
       1.0
       -1.0
       0.5
       -0.5
       2.0
       -2.0
       1e-5
       1e-10
       1e-20
       -1e-20
       1e-300
       -1e-300
       Double.Epsilon
       -Double.Epsilon
       1e5
       -1e5
       1e15
       1e155
       -1e155
       1e300
       -1e300
       Double.MaxValue
       Double.MinValue
       709.9
       -745.2
       Math.PI
       Double.PositiveInfinity
       Double.NegativeInfinity
       Double.NaN |]
