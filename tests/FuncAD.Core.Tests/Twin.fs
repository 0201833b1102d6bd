namespace FuncAD.Tests

open FuncAD

/// What the evaluator of programs needs beside the algebra: the value to branch on.
type IPeek =
    abstract Peek: float

/// <summary>
/// A dual number over any carrier. Nested derivatives are numbers of nested types, Twin of Twin of PlainDouble, and the types keep their
/// perturbations apart: no levels, no tags, nothing that could be confused. This is what the library's forward mode is compared with.
/// </summary>
[<Sealed>]
type Twin<'T when 'T :> ICarrier<'T>>(primal: 'T, tangent: 'T) =
    member _.Primal = primal
    member _.Tangent = tangent

    static member Peek(x: 'T) : float =
        match box x with
        | :? Real as x -> x.Value
        | :? PlainDouble as x -> x.Value
        | x -> (x :?> IPeek).Peek

    /// Asks as a program asks: a number of the library answers for itself, so that a trace sees the question.
    static member IsPositive(x: 'T) : bool =
        match box x with
        | :? Real as x -> x > Real 0.0
        | _ -> Twin<'T>.Peek x > 0.0

    interface IPeek with
        member _.Peek = Twin<'T>.Peek primal

    interface ICarrier<Twin<'T>> with
        static member Constant value = Twin('T.Constant value, 'T.Constant 0.0)
        static member Add(a, b) = Twin('T.Add(a.Primal, b.Primal), 'T.Add(a.Tangent, b.Tangent))
        static member Subtract(a, b) = Twin('T.Subtract(a.Primal, b.Primal), 'T.Subtract(a.Tangent, b.Tangent))
        static member Negate a = Twin('T.Negate a.Primal, 'T.Negate a.Tangent)

        static member Multiply(a, b) =
            Twin('T.Multiply(a.Primal, b.Primal), 'T.Add('T.Multiply(a.Tangent, b.Primal), 'T.Multiply(a.Primal, b.Tangent)))

        static member Divide(a, b) =
            let y = 'T.Divide(a.Primal, b.Primal)
            Twin(y, 'T.Divide('T.Subtract(a.Tangent, 'T.Multiply(y, b.Tangent)), b.Primal))

        static member Unary(rule, x) =
            let y = 'T.Unary(rule, x.Primal)
            Twin(y, 'T.Multiply(rule.Slope<'T>(x.Primal, y), x.Tangent))

        static member Binary(rule, a, b) =
            let y = 'T.Binary(rule, a.Primal, b.Primal)
            let fromA = 'T.Multiply(rule.SlopeA<'T>(a.Primal, b.Primal, y), a.Tangent)
            Twin(y, 'T.Add(fromA, 'T.Multiply(rule.SlopeB<'T>(a.Primal, b.Primal, y), b.Tangent)))

        static member Step(rule, x) = Twin('T.Step(rule, x.Primal), 'T.Constant 0.0)

        static member Choice(rule, a, b) =
            let va, vb = Twin<'T>.Peek a.Primal, Twin<'T>.Peek b.Primal
            let y = 'T.Choice(rule, a.Primal, b.Primal)
            if va = vb then Twin(y, 'T.Multiply('T.Constant 0.5, 'T.Add(a.Tangent, b.Tangent)))
            elif rule.Value(va, vb) = va then Twin(y, a.Tangent)
            else Twin(y, b.Tangent)

/// <summary>
/// A value with its size: the sum of the absolute values of all the terms that it is the sum of, products multiplied out. However the
/// additions and multiplications are associated and ordered, and whichever mode does them, a computation of the value with n roundings
/// on each path is off by at most about n u size (Higham, "Accuracy and Stability of Numerical Algorithms", chapter 3). So the sizes
/// of Twin of Magnitude bound how far two modes may disagree about a derivative, and those of Twin of Twin about a second one.
/// </summary>
[<Struct>]
type Magnitude =
    val Value: float
    val Size: float
    new(value: float, size: float) = { Value = value; Size = max (abs value) size }

    /// A product of sizes; what is exactly 0 stays so beside an infinite slope.
    static member private Times(s: float, t: float) = if s = 0.0 || t = 0.0 then 0.0 else s * t

    interface IPeek with
        member x.Peek = x.Value

    interface ICarrier<Magnitude> with
        static member Constant value = Magnitude(value, abs value)
        static member Add(a, b) = Magnitude(a.Value + b.Value, a.Size + b.Size)
        static member Subtract(a, b) = Magnitude(a.Value - b.Value, a.Size + b.Size)
        static member Multiply(a, b) = Magnitude(a.Value * b.Value, Magnitude.Times(a.Size, b.Size))
        static member Divide(a, b) = Magnitude(a.Value / b.Value, Magnitude.Times(a.Size, b.Size) / (b.Value * b.Value))
        static member Negate a = Magnitude(-a.Value, a.Size)

        // An error of size in x comes out multiplied by the slope.
        static member Unary(rule, x) =
            let y = rule.Value x.Value
            Magnitude(y, abs y + Magnitude.Times(abs (rule.Slope<PlainDouble>(PlainDouble x.Value, PlainDouble y).Value), x.Size))

        static member Binary(rule, a, b) =
            let y = rule.Value(a.Value, b.Value)
            let slopeA = rule.SlopeA<PlainDouble>(PlainDouble a.Value, PlainDouble b.Value, PlainDouble y).Value
            let slopeB = rule.SlopeB<PlainDouble>(PlainDouble a.Value, PlainDouble b.Value, PlainDouble y).Value
            Magnitude(y, abs y + Magnitude.Times(abs slopeA, a.Size) + Magnitude.Times(abs slopeB, b.Size))

        static member Step(rule, x) = Magnitude(rule.Value x.Value, 0.0)

        static member Choice(rule, a, b) = Magnitude(rule.Value(a.Value, b.Value), max a.Size b.Size)
