namespace FuncAD

open System
open FuncAD.Rules

/// <summary>An elementwise partial derivative, as kernels over runs; operands have the run's length, or 1.</summary>
type internal IPartial =
    /// The operands that it reads: 1 for a, 2 for b, 4 for y, added up.
    abstract Operands: int

    /// out (+)= partial t
    abstract Apply:
        a: ReadOnlySpan<float> * b: ReadOnlySpan<float> * y: ReadOnlySpan<float> * t: ReadOnlySpan<float> * out: Span<float> * add: bool ->
            unit

    /// The sum of partial t over a run of some length.
    abstract Sum: length: int * a: ReadOnlySpan<float> * b: ReadOnlySpan<float> * y: ReadOnlySpan<float> * t: ReadOnlySpan<float> -> float

[<Struct; NoComparison>]
type internal PartialA<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IPartial with
        member _.Operands = rule.SlopeA(Reads 1, Reads 2, Reads 4).Set
        member _.Apply(a, b, y, t, out, add) = Elementwise.SlopeA(rule, a, b, y, t, out, add)
        member _.Sum(length, a, b, y, t) = Elementwise.SlopeSumA(rule, length, a, b, y, t)

[<Struct; NoComparison>]
type internal PartialB<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IPartial with
        member _.Operands = rule.SlopeB(Reads 1, Reads 2, Reads 4).Set
        member _.Apply(a, b, y, t, out, add) = Elementwise.SlopeB(rule, a, b, y, t, out, add)
        member _.Sum(length, a, b, y, t) = Elementwise.SlopeSumB(rule, length, a, b, y, t)

[<Struct; NoComparison>]
type internal PartialOfChoice<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool) =
    interface IPartial with
        member _.Operands = 1 ||| 2
        member _.Apply(a, b, _, t, out, add) = Elementwise.ChoiceSlope(rule, first, a, b, t, out, add)
        member _.Sum(length, a, b, _, t) = Elementwise.ChoiceSlopeSum(rule, first, length, a, b, t)
