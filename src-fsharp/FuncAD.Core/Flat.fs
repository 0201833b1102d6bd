namespace FuncAD

open System.Runtime.CompilerServices

/// <summary>A carrier that holds doubles which know nothing of each other. A function of doubles that is in no table goes over them one by one.</summary>
type internal IPlain<'T> =
    /// <summary>f(x, y) for each double x here and y there.</summary>
    abstract Map: y: 'T * f: (float -> float -> float) -> 'T

/// <summary>The carrier of plain doubles: a rule's slope, evaluated on it, is the number that a dual or a frame of the tape holds.</summary>
[<Struct>]
type internal Flat =
    val Value: float
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(value) = { Value = value }

    interface ICarrier<Flat> with
        static member Constant value = Flat value
        static member Add(a, b) = Flat(a.Value + b.Value)
        static member Subtract(a, b) = Flat(a.Value - b.Value)
        static member Multiply(a, b) = Flat(a.Value * b.Value)
        static member Divide(a, b) = Flat(a.Value / b.Value)
        static member Negate a = Flat(-a.Value)
        static member Unary(rule, x) = Flat(rule.Value x.Value)
        static member Binary(rule, a, b) = Flat(rule.Value(a.Value, b.Value))
        static member Step(rule, x) = Flat(rule.Value x.Value)
        static member Choice(rule, a, b) = Flat(rule.Value(a.Value, b.Value))

    interface IPlain<Flat> with
        member x.Map(y, f) = Flat(f x.Value y.Value)

    static member inline Slope(rule: 'R, x: float, y: float) : float when 'R: struct and 'R :> IUnary =
        rule.Slope<Flat>(Flat x, Flat y).Value

    static member inline SlopeA(rule: 'R, a: float, b: float, y: float) : float when 'R: struct and 'R :> IBinary =
        rule.SlopeA<Flat>(Flat a, Flat b, Flat y).Value

    static member inline SlopeB(rule: 'R, a: float, b: float, y: float) : float when 'R: struct and 'R :> IBinary =
        rule.SlopeB<Flat>(Flat a, Flat b, Flat y).Value
