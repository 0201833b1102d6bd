namespace FuncAD

open System
open FuncAD.Rules

/// <summary>The values of an elementwise operation on two runs.</summary>
type internal IZip =
    abstract Run: a: ReadOnlySpan<float> * b: ReadOnlySpan<float> * y: Span<float> -> unit

[<Struct; NoComparison>]
type internal ZipOfBinary<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IZip with
        member _.Run(a, b, y) = Elementwise.Binary(rule, a, b, y)

[<Struct; NoComparison>]
type internal ZipOfChoice<'R when 'R: struct and 'R :> IChoice>(rule: 'R) =
    interface IZip with
        member _.Run(a, b, y) = Elementwise.Choice(rule, a, b, y)

/// <summary>An elementwise partial derivative, as kernels over runs; operands have the run's length, or 1.</summary>
type internal IPartial =
    /// out (+)= partial t
    abstract Apply:
        a: ReadOnlySpan<float> * b: ReadOnlySpan<float> * y: ReadOnlySpan<float> * t: ReadOnlySpan<float> * out: Span<float> * add: bool ->
            unit

    /// The sum of partial t over the run.
    abstract Sum: a: ReadOnlySpan<float> * b: ReadOnlySpan<float> * y: ReadOnlySpan<float> * t: ReadOnlySpan<float> -> float

[<Struct; NoComparison>]
type internal PartialA<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IPartial with
        member _.Apply(a, b, y, t, out, add) = Elementwise.SlopeA(rule, a, b, y, t, out, add)
        member _.Sum(a, b, y, t) = Elementwise.SlopeSumA(rule, a, b, y, t)

[<Struct; NoComparison>]
type internal PartialB<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IPartial with
        member _.Apply(a, b, y, t, out, add) = Elementwise.SlopeB(rule, a, b, y, t, out, add)
        member _.Sum(a, b, y, t) = Elementwise.SlopeSumB(rule, a, b, y, t)

[<Struct; NoComparison>]
type internal PartialOfChoice<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool) =
    interface IPartial with
        member _.Apply(a, b, _, t, out, add) = Elementwise.ChoiceSlope(rule, first, a, b, t, out, add)
        member _.Sum(a, b, _, t) = Elementwise.ChoiceSlopeSum(rule, first, a, b, t)
