namespace FuncAD

open System
open System.Numerics.Tensors
open FuncAD.Lanes

/// p
[<Struct; NoComparison>]
type internal ItselfKernel =
    interface IKernel with
        member _.Inputs = 1
        member _.On(p, _, _, _) = p

/// p (q - r)
[<Struct; NoComparison>]
type internal LessKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V = 'V.Multiply(p, 'V.Subtract(q, r))

/// p (q - r - s)
[<Struct; NoComparison>]
type internal CentredKernel =
    interface IKernel with
        member _.Inputs = 4
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, s: 'V) : 'V =
            'V.Multiply(p, 'V.Subtract('V.Subtract(q, r), s))

/// e^(p - q) r
[<Struct; NoComparison>]
type internal WeightKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V =
            'V.Multiply(LaneExponentials.exp ('V.Subtract(p, q)), r)

/// e^(p - q) (r - s)
[<Struct; NoComparison>]
type internal CentredWeightKernel =
    interface IKernel with
        member _.Inputs = 4
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, s: 'V) : 'V =
            'V.Multiply(LaneExponentials.exp ('V.Subtract(p, q)), 'V.Subtract(r, s))

/// p - q - r
[<Struct; NoComparison>]
type internal DifferenceKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V = 'V.Subtract('V.Subtract(p, q), r)

/// p - e^q r
[<Struct; NoComparison>]
type internal LessShareKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(p: 'V, q: 'V, r: 'V, _: 'V) : 'V =
            'V.Subtract(p, 'V.Multiply(LaneExponentials.exp q, r))

/// <summary>The computations of softmax and its relatives on one row, each without temporaries.</summary>
[<AbstractClass; Sealed>]
type internal RowKernels =
    /// The index of the largest number of a row, which is not empty.
    static member Largest(x: ReadOnlySpan<float>) : int = max 0 (TensorPrimitives.IndexOfMax x)

    /// <summary>
    /// The sum of e^x_i as two numbers: the largest x_i = m, and the sum of e^(x_i - m) over the others. The term of m itself is 1 and is
    /// left out, since it would round the others away.
    /// </summary>
    static member SumOfExponentials(x: ReadOnlySpan<float>) : struct (float * float) =
        // One pass for the index and the value: IndexOf would be a second one, and not vectorised for doubles.
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
            struct (largest, low + high)

    /// <summary>y_i = e^x_i / sum of e^x_j</summary>
    static member Softmax(x: ReadOnlySpan<float>, y: Span<float>) : unit =
        if not x.IsEmpty then
            let largest, one = TensorPrimitives.Max x, 1.0
            if Double.IsInfinity largest then
                for index = 0 to x.Length - 1 do
                    y[index] <- RowKernels.EdgeWeight(x, largest, index)
            else
                let peak = ReadOnlySpan &largest
                let one = ReadOnlySpan &one
                Loop.Run(WeightKernel(), x, peak, one, one, y, false)
                TensorPrimitives.Multiply(Span.op_Implicit y, 1.0 / RowKernels.Sum(Span.op_Implicit y), y)

    /// The weight of a number in a row whose largest number is infinite or NaN. It is 1 for a single number, and 0 for each if all are
    /// -infinity. Beside one +infinity the others have the weight 0; the weights of several +infinities are undefined.
    static member private EdgeWeight(x: ReadOnlySpan<float>, largest: float, index: int) : float =
        if x.Length = 1 then 1.0
        elif Double.IsNaN largest then nan
        elif largest < 0.0 || x[index] <> largest then 0.0
        elif x.Count(Double.PositiveInfinity) = 1 then 1.0
        else nan

    /// The logarithm of such a weight, x_i - log(the sum of e^x_j). It is undefined if all weights are 0.
    static member EdgeLogarithm(x: ReadOnlySpan<float>, largest: float, index: int) : float =
        if Double.IsNaN largest then nan
        elif x.Length = 1 then 0.0
        elif largest < 0.0 then nan
        elif x[index] <> largest then Double.NegativeInfinity
        elif x.Count(Double.PositiveInfinity) = 1 then 0.0
        else nan

    /// <summary>
    /// out_i (+)= w_i t for the weights w_i = e^(x_i - m) / (1 + others), from the two numbers of SumOfExponentials. From their rounded
    /// logarithm the weights would have an error of a unit in the last place of m.
    /// </summary>
    static member Weigh(x: ReadOnlySpan<float>, largest: float, others: float, t: float, out: Span<float>, add: bool) : unit =
        if Double.IsFinite largest then
            let share = t / (1.0 + others)
            let peak = ReadOnlySpan &largest
            let share = ReadOnlySpan &share
            Loop.Run(WeightKernel(), x, peak, share, share, out, add)
        else
            for index = 0 to x.Length - 1 do
                out[index] <- RowKernels.EdgeWeight(x, largest, index) * t + (if add then out[index] else 0.0)

    /// <summary>The sum of w_i (t_i - centre), with the weights of Weigh.</summary>
    static member Weighed(x: ReadOnlySpan<float>, largest: float, others: float, t: ReadOnlySpan<float>, centre: float) : float =
        if Double.IsFinite largest then
            let peak = ReadOnlySpan &largest
            let centre = ReadOnlySpan &centre
            Elementwise.Sum(CentredWeightKernel(), x.Length, x, peak, t, centre) / (1.0 + others)
        else
            let mutable sum = 0.0
            for index = 0 to x.Length - 1 do
                sum <- sum + RowKernels.EdgeWeight(x, largest, index) * (t[if t.Length = 1 then 0 else index] - centre)
            sum

    /// <summary>
    /// out_i (+)= y_i (t_i - c - the sum of y_j (t_j - c)), where c is the t of the largest y. If that y is nearly 1, its own t drops out,
    /// and nothing cancels in the sum over the others.
    /// </summary>
    static member Centre(y: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool) : unit =
        if not y.IsEmpty then
            let centre = t[if t.Length = 1 then 0 else RowKernels.Largest y]
            let centre = ReadOnlySpan &centre
            let mean = Elementwise.Sum(LessKernel(), y.Length, y, t, centre, Elementwise.One y)
            let mean = ReadOnlySpan &mean
            Loop.Run(CentredKernel(), y, t, centre, mean, out, add)

    static member Sum(x: ReadOnlySpan<float>) : float =
        let one = Elementwise.One x
        Elementwise.Sum(ItselfKernel(), x.Length, x, one, one, one)
