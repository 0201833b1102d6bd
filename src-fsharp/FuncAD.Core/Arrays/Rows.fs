namespace FuncAD

open System
open System.Numerics.Tensors
open FuncAD.Lanes

/// p
[<Struct>]
type internal ItselfKernel =
    interface IKernel with
        member _.Inputs = 1
        member _.On(p, _, _, _) = p

/// p q
[<Struct>]
type internal ProductKernel =
    interface IKernel with
        member _.Inputs = 2
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, _: 'V, _: 'V) : 'V = 'V.Multiply(p, q)

/// p (q - r)
[<Struct>]
type internal CentredKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V = 'V.Multiply(p, 'V.Subtract(q, r))

/// e^(p - q) r
[<Struct>]
type internal WeightKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V =
            'V.Multiply(LaneExponentials.exp ('V.Subtract(p, q)), r)

/// e^(p - q) (r - s)
[<Struct>]
type internal CentredWeightKernel =
    interface IKernel with
        member _.Inputs = 4
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, s: 'V) : 'V =
            'V.Multiply(LaneExponentials.exp ('V.Subtract(p, q)), 'V.Subtract(r, s))

/// p - q - r
[<Struct>]
type internal DifferenceKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V = 'V.Subtract('V.Subtract(p, q), r)

/// p - e^q r
[<Struct>]
type internal LessShareKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V =
            'V.Subtract(p, 'V.Multiply(LaneExponentials.exp q, r))

/// <summary>What softmax and its relatives do with one row, each in one pass and without temporaries.</summary>
[<AbstractClass; Sealed>]
type internal Row =
    /// <summary>
    /// log of the sum of e^x_i in two parts: the largest x, and log(1 + the others beside it), which may vanish beside the first. The largest
    /// term is 1; left out of the sum, it does not round the others away.
    /// </summary>
    static member LogSumExp(x: ReadOnlySpan<float>) : struct (float * float) =
        // IndexOf is no vector loop for doubles
        let at = TensorPrimitives.IndexOfMax x
        let largest = if at < 0 then Double.NegativeInfinity else x[at]
        if not (Double.IsFinite largest) then
            struct (largest, 0.0)
        else
            let before, after = at, x.Length - at - 1
            let one = 1.0
            let peak = ReadOnlySpan &largest
            let one = ReadOnlySpan &one
            let low = Elementwise.Sum(WeightKernel(), before, x.Slice(0, before), peak, one, one)
            let high = Elementwise.Sum(WeightKernel(), after, x.Slice(at + 1), peak, one, one)
            struct (largest, SpecialValues.log1p (low + high))

    /// <summary>y_i = e^x_i / sum of e^x_j</summary>
    static member Softmax(x: ReadOnlySpan<float>, y: Span<float>) : unit =
        if not x.IsEmpty then
            let largest, one = TensorPrimitives.Max x, 1.0
            let peak = ReadOnlySpan &largest
            let one = ReadOnlySpan &one
            Loop.Run(WeightKernel(), x, peak, one, one, y, false)
            TensorPrimitives.Multiply(Span.op_Implicit y, 1.0 / Row.Sum(Span.op_Implicit y), y)

    /// The weights are e^(x - shift): the shift is the row's logSumExp, and anything finite where all of them are 0.
    static member private Shift(logSumExp: float) : float = if Double.IsNegativeInfinity logSumExp then 0.0 else logSumExp

    /// <summary>out_i (+)= e^(x_i - logSumExp) t</summary>
    static member Weigh(x: ReadOnlySpan<float>, logSumExp: float, t: float, out: Span<float>, add: bool) : unit =
        let shift = Row.Shift logSumExp
        let shift = ReadOnlySpan &shift
        let t = ReadOnlySpan &t
        Loop.Run(WeightKernel(), x, shift, t, t, out, add)

    /// <summary>The sum of e^(x_i - logSumExp) (t_i - centre).</summary>
    static member Weighed(x: ReadOnlySpan<float>, logSumExp: float, t: ReadOnlySpan<float>, centre: float) : float =
        let shift = Row.Shift logSumExp
        let shift = ReadOnlySpan &shift
        let centre = ReadOnlySpan &centre
        Elementwise.Sum(CentredWeightKernel(), x.Length, x, shift, t, centre)

    static member Sum(x: ReadOnlySpan<float>) : float =
        let one = Elementwise.One x
        Elementwise.Sum(ItselfKernel(), x.Length, x, one, one, one)
