namespace FuncAD

open System.ComponentModel

/// <summary>Where the tests sample a function's argument. Endpoints may be infinite only where the function is finite there.</summary>
[<Struct; EditorBrowsable(EditorBrowsableState.Never)>]
type Domain = { Low: float; High: float }

/// <summary>A documented special case of a function of one argument: at <c>At</c> it has this value and this slope.</summary>
[<Struct; EditorBrowsable(EditorBrowsableState.Never)>]
type Edge = { At: float; Value: float; Slope: float }

/// <summary>What every rule says of itself.</summary>
[<EditorBrowsable(EditorBrowsableState.Never)>]
type IRule =
    abstract Name: string
    abstract Traits: Traits

/// <summary>A rule with one argument, of which nothing but the value is asked.</summary>
[<EditorBrowsable(EditorBrowsableState.Never)>]
type IFunction1 =
    inherit IRule
    abstract Value: x: float -> float

/// <summary>A rule with two arguments, of which nothing but the value is asked.</summary>
[<EditorBrowsable(EditorBrowsableState.Never)>]
type IFunction2 =
    inherit IRule
    abstract Value: a: float * b: float -> float

/// <summary>
/// The arithmetic that rules are written in. Every type of number that a rule can be evaluated on (a carrier) implements it: plain doubles,
/// <c>Real</c>, <c>Tensor</c> and SIMD lanes. Rules are written once, in tagless-final style (Carette, Kiselyov and Shan, "Finally tagless,
/// partially evaluated", 2009).
/// </summary>
[<AllowNullLiteral; EditorBrowsable(EditorBrowsableState.Never)>]
type ICarrier<'T when 'T :> ICarrier<'T>> =
    /// <summary>A constant: its derivatives are 0.</summary>
    static abstract Constant: float -> 'T
    static abstract Add: 'T * 'T -> 'T
    static abstract Subtract: 'T * 'T -> 'T
    static abstract Multiply: 'T * 'T -> 'T
    static abstract Divide: 'T * 'T -> 'T
    static abstract Negate: 'T -> 'T
    static abstract Unary<'R when 'R: struct and 'R :> IUnary> : rule: 'R * x: 'T -> 'T
    static abstract Binary<'R when 'R: struct and 'R :> IBinary> : rule: 'R * a: 'T * b: 'T -> 'T
    static abstract Step<'R when 'R: struct and 'R :> IStep> : rule: 'R * x: 'T -> 'T
    static abstract Choice<'R when 'R: struct and 'R :> IChoice> : rule: 'R * a: 'T * b: 'T -> 'T

/// <summary>
/// An elementary function y = f(x) with its derivative. Implementations are structs, so that the JIT compiles each rule into each
/// carrier as if it had been written there by hand.
/// </summary>
and [<EditorBrowsable(EditorBrowsableState.Never)>] IUnary =
    inherit IFunction1
    /// <summary>Where tests sample x.</summary>
    abstract Domain: Domain
    /// <summary>Documented special cases, each checked by a test.</summary>
    abstract Edges: Edge list
    /// <summary>dy/dx, from the input x and the output y.</summary>
    abstract Slope<'T when 'T :> ICarrier<'T>> : x: 'T * y: 'T -> 'T

/// <summary>A function y = f(a, b) with both partial derivatives.</summary>
and [<EditorBrowsable(EditorBrowsableState.Never)>] IBinary =
    inherit IFunction2
    /// <summary>Where tests sample a and b.</summary>
    abstract Domain: struct (Domain * Domain)
    /// <summary>dy/da.</summary>
    abstract SlopeA<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T * y: 'T -> 'T
    /// <summary>dy/db.</summary>
    abstract SlopeB<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T * y: 'T -> 'T

/// <summary>
/// A piecewise constant function. Its result is a constant, so its slope is a structural zero: it is never multiplied, and cannot become
/// NaN as 0 times infinity.
/// </summary>
and [<EditorBrowsable(EditorBrowsableState.Never)>] IStep =
    inherit IFunction1

/// <summary>
/// A function that returns one of its two arguments, such as max. The argument that is not chosen contributes nothing (a structural
/// zero); at a tie each argument has slope 1/2.
/// </summary>
and [<EditorBrowsable(EditorBrowsableState.Never)>] IChoice =
    inherit IFunction2

/// <summary>
/// A relation of two numbers: 1 where it holds, 0 where it does not. It compares plain values, so its derivative is a structural zero.
/// </summary>
and internal IRelation =
    inherit IFunction2

/// <summary>A function of three arguments with its partial derivatives.</summary>
type internal ITernary =
    inherit IRule
    abstract Value: a: float * b: float * c: float -> float
    abstract SlopeA<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T * c: 'T -> 'T
    abstract SlopeB<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T * c: 'T -> 'T
    abstract SlopeC<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T * c: 'T -> 'T

/// <summary>
/// The carrier's operations as F# operators and functions, for the files of rules. They hide F#'s own operators, for which
/// <c>Rules.Plain</c> has names.
/// </summary>
module internal Algebra =
    let inline number (value: float) : 'T :> ICarrier<'T> = 'T.Constant value
    let inline (+) (a: 'T) (b: 'T) : 'T :> ICarrier<'T> = 'T.Add(a, b)
    let inline (-) (a: 'T) (b: 'T) : 'T :> ICarrier<'T> = 'T.Subtract(a, b)
    let inline (*) (a: 'T) (b: 'T) : 'T :> ICarrier<'T> = 'T.Multiply(a, b)
    let inline (/) (a: 'T) (b: 'T) : 'T :> ICarrier<'T> = 'T.Divide(a, b)
    let inline (~-) (a: 'T) : 'T :> ICarrier<'T> = 'T.Negate a
    let inline unary (rule: 'R) (x: 'T) : 'T when 'T :> ICarrier<'T> and 'R: struct and 'R :> IUnary = 'T.Unary(rule, x)
    let inline binary (rule: 'R) (a: 'T) (b: 'T) : 'T when 'T :> ICarrier<'T> and 'R: struct and 'R :> IBinary = 'T.Binary(rule, a, b)
    let inline step (rule: 'R) (x: 'T) : 'T when 'T :> ICarrier<'T> and 'R: struct and 'R :> IStep = 'T.Step(rule, x)
    let between low high = { Low = low; High = high }
    let edge at (value, slope) = { At = at; Value = value; Slope = slope }
    let inf = System.Double.PositiveInfinity
    let minusInf = System.Double.NegativeInfinity
