namespace FuncAD

open System.Runtime.CompilerServices

/// <summary>A carrier of independent doubles. A function of doubles that has no vector form is applied to them one by one.</summary>
type internal IPlain<'T> =
    /// <summary>f(x, y) for each pair of a double x of this carrier and a double y of the other.</summary>
    abstract Map: y: 'T * f: (float -> float -> float) -> 'T

/// <summary>
/// The carrier of plain doubles: a rule's slope, evaluated on it, is the number that a dual number or a frame of the tape stores.
/// </summary>
[<Struct; NoComparison>]
type internal PlainDouble =
    val Value: float
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(value) = { Value = value }

    interface ICarrier<PlainDouble> with
        static member Constant value = PlainDouble value
        static member Add(a, b) = PlainDouble(a.Value + b.Value)
        static member Subtract(a, b) = PlainDouble(a.Value - b.Value)
        static member Multiply(a, b) = PlainDouble(a.Value * b.Value)
        static member Divide(a, b) = PlainDouble(a.Value / b.Value)
        static member Negate a = PlainDouble(-a.Value)
        static member Unary(rule, x) = PlainDouble(rule.Value x.Value)
        static member Binary(rule, a, b) = PlainDouble(rule.Value(a.Value, b.Value))
        static member Step(rule, x) = PlainDouble(rule.Value x.Value)
        static member Choice(rule, a, b) = PlainDouble(rule.Value(a.Value, b.Value))

    interface IPlain<PlainDouble> with
        member x.Map(y, f) = PlainDouble(f x.Value y.Value)

    static member inline Slope(rule: 'R, x: float, y: float) : float when 'R: struct and 'R :> IUnary =
        rule.Slope<PlainDouble>(PlainDouble x, PlainDouble y).Value

    static member inline SlopeA(rule: 'R, a: float, b: float, y: float) : float when 'R: struct and 'R :> IBinary =
        rule.SlopeA<PlainDouble>(PlainDouble a, PlainDouble b, PlainDouble y).Value

    static member inline SlopeB(rule: 'R, a: float, b: float, y: float) : float when 'R: struct and 'R :> IBinary =
        rule.SlopeB<PlainDouble>(PlainDouble a, PlainDouble b, PlainDouble y).Value
