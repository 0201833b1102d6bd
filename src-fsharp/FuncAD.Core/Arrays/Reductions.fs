namespace FuncAD

open System

/// <summary>
/// The direction of an array of zeros: 0, a subgradient of the norm (the one that |x| has at 0). It determines no second derivatives, so
/// that its own derivatives are NaN.
/// </summary>
[<Sealed>]
type internal NoDirection() =
    inherit Operation("norm")
    override _.Value x = [| Tensor.Uniform(0.0, x[0].Dimensions) |]
    override _.Pushforward(x, _, _) = [| Tensor.Uniform(nan, x[0].Dimensions) |]
    override _.Pullback(x, _, _, _) = [| Tensor.Uniform(nan, x[0].Dimensions) |]

/// <summary>The norm of an array of zeros.</summary>
[<Sealed>]
type internal NormOfZeros() =
    inherit Operation("norm")
    let direction (x: Tensor) = Tensor.Apply(NoDirection(), [| x |])[0]
    override _.Value _ = [| Tensor.OfConstant 0.0 |]
    override _.Pushforward(x, _, dx) = [| Tensor.SumTo(direction x[0] * dx[0], [||]) |]
    override _.Pullback(x, _, yBar, _) = [| direction x[0] * yBar[0] |]

/// <summary>The scale of a norm: a power of two, so that scaling rounds nothing; its reciprocal is a double for every size.</summary>
module internal NormScale =
    /// The power of two, the numbers times it, and the norm of these.
    let of' (x: Tensor) : struct (float * float[] * float) =
        let largest = Array.fold (fun largest x -> Math.Max(largest, Math.Abs(x: float))) 0.0 x.Compact
        let scale = Math.ScaleB(1.0, Math.Clamp(-(Math.ILogB largest), -1022, 1022))
        let scaled = x.Elements |> Array.map (fun x -> x * scale)
        struct (scale, scaled, Math.Sqrt(Array.sumBy (fun x -> x * x) scaled))

/// <summary>
/// The norm of an array that is finite and not of zeros. Its derivatives are sums of its direction x / norm, whose own are quotients by the
/// norm: no tangent is squared or scaled as the array is, so that tangents may be of any size beside it.
/// </summary>
[<Sealed>]
type internal Norm() =
    inherit Operation("norm")
    static member Of(x: Tensor) : Tensor = Tensor.Apply(Norm(), [| x |])[0]

    override _.Value x =
        let struct (scale, _, norm) = NormScale.of' x[0]
        [| Tensor.OfConstant(norm / scale) |]

    override _.Pushforward(x, _, dx) = [| Tensor.SumTo(Direction.Of x[0] * dx[0], [||]) |]
    override _.Pullback(x, _, yBar, _) = [| Direction.Of x[0] * yBar[0] |]

/// <summary>
/// x / norm. Its derivative is the part of dx orthogonal to y, divided by the norm: (dx - y (y . dx)) / norm, which is symmetric.
/// </summary>
and [<Sealed>] internal Direction() =
    inherit Operation("norm")
    static member Of(x: Tensor) : Tensor = Tensor.Apply(Direction(), [| x |])[0]
    static member private Across(x: Tensor, y: Tensor, t: Tensor) : Tensor = (t - y * Tensor.SumTo(y * t, [||])) / Norm.Of x

    override _.Value x =
        let struct (_, scaled, norm) = NormScale.of' x[0]
        [| Tensor(scaled |> Array.map (fun x -> x / norm), x[0].Dimensions, null) |]

    override _.Pushforward(x, y, dx) = [| Direction.Across(x[0], y[0], dx[0]) |]
    override _.Pullback(x, y, yBar, _) = [| Direction.Across(x[0], y[0], yBar[0]) |]

/// <summary>Sums and their relatives, over all elements or over axes.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorReductions =
    module Tensor =
        let private drop (axes: int[]) (kept: Tensor) (shape: int[]) = Tensor.reshape (Shape.without false axes shape) kept

        let private countOver (axes: int[]) (x: Tensor) = axes |> Array.fold (fun count axis -> count * x.Dimensions[axis]) 1

        /// An axis moved to the end, for operations over the last one.
        let private toLast operation axis (x: Tensor) =
            let axis = Shape.axis operation x.Dimensions axis
            if axis = x.Rank - 1 then x else Tensor.permute (Seq.append (Seq.filter ((<>) axis) [ 0 .. x.Rank - 1 ]) [ axis ]) x

        let private fromLast axis (x: Tensor) =
            let axis = if axis < 0 then axis + x.Rank else axis
            if axis = x.Rank - 1 then x else Tensor.permute (List.insertAt axis (x.Rank - 1) [ 0 .. x.Rank - 2 ]) x

        // ---- Sums ----

        /// <summary>The sum of all elements; each has slope 1.</summary>
        let sum (x: Tensor) : Real = (Tensor.SumTo(x, [||])).ElementAt 0

        /// <summary>The sums over axes, which the result does not have; no axes at all means every one.</summary>
        let sumOver (axes: int seq) (x: Tensor) : Tensor =
            let axes = Shape.axes "sum" x.Dimensions (Seq.toArray axes)
            drop axes (Tensor.SumTo(x, Shape.without true axes x.Dimensions)) x.Dimensions

        /// <summary>The mean of all elements; NaN for none.</summary>
        let mean (x: Tensor) : Real = sum x / float x.Length

        /// <summary>The means over axes.</summary>
        let meanOver (axes: int seq) (x: Tensor) : Tensor =
            let axes = Shape.axes "mean" x.Dimensions (Seq.toArray axes)
            sumOver axes x / float (countOver axes x)

        /// <summary>
        /// The variances over axes: the sum of (x - mean)^2 divided by n - delta, where delta is 0 for a population and 1 for a sample. NaN
        /// where there are no more than delta elements.
        /// </summary>
        let varianceOver (delta: int) (axes: int seq) (x: Tensor) : Tensor =
            let axes = Shape.axes "variance" x.Dimensions (Seq.toArray axes)
            let means = Tensor.reshape (Shape.without true axes x.Dimensions) (meanOver axes x)
            let rest = x - means
            let divisor = countOver axes x - delta
            sumOver axes (rest * rest) / (if divisor > 0 then float divisor else nan)

        /// <summary>The variance of all elements, with n - delta as divisor.</summary>
        let variance (delta: int) (x: Tensor) : Real = (varianceOver delta [] x).ToReal()

        /// <summary>
        /// The products over an axis, multiplied in pairs, pairs of pairs and so on: no division, so that the derivatives are exact beside
        /// zeros, too. 1 for no elements.
        /// </summary>
        let productOver (axis: int) (x: Tensor) : Tensor =
            let axis = Shape.axis "product" x.Dimensions axis
            let rec multiply (x: Tensor) =
                match x.Dimensions[axis] with
                | 0 -> Tensor.Uniform(1.0, Shape.without false [| axis |] x.Dimensions)
                | 1 -> drop [| axis |] x x.Dimensions
                | n ->
                    let half = n / 2
                    let pairs = Tensor.slice axis 0 half 1 x * Tensor.slice axis half (2 * half) 1 x
                    multiply (if n = 2 * half then pairs else Tensor.concatenate axis [ pairs; Tensor.slice axis (2 * half) n 1 x ])
            multiply x

        /// <summary>The product of all elements; 1 for none.</summary>
        let product (x: Tensor) : Real = (productOver 0 (Tensor.flatten x)).ToReal()

        /// <summary>The running sums along an axis, each including its own element.</summary>
        let cumulativeSum (axis: int) (x: Tensor) : Tensor =
            let axis = Shape.axis "cumulativeSum" x.Dimensions axis
            Tensor.Linear(CumulativeSum(x.Dimensions, axis, false), x)

        // ---- Extremes ----

        let private extreme name isLargest (axes: int seq) (x: Tensor) : Tensor =
            let axes = Shape.axes name x.Dimensions (Seq.toArray axes)
            if countOver axes x = 0 then Shape.fail name $"there is no {name} of no elements: the shape is {Shape.text x.Dimensions}."
            Tensor.Apply(Extreme(name, isLargest, axes), [| x |])[0]

        /// <summary>The largest elements over axes, NaN where one is NaN; elements that tie share the slope equally.</summary>
        let maxOver (axes: int seq) (x: Tensor) : Tensor = extreme "max" true axes x

        /// <summary>The smallest elements over axes, NaN where one is NaN; elements that tie share the slope equally.</summary>
        let minOver (axes: int seq) (x: Tensor) : Tensor = extreme "min" false axes x

        /// <summary>The largest element.</summary>
        let max (x: Tensor) : Real = (maxOver [] x).ToReal()

        /// <summary>The smallest element.</summary>
        let min (x: Tensor) : Real = (minOver [] x).ToReal()

        let private argExtreme name (isBetter: float -> float -> bool) axis (x: Tensor) : int[] =
            let x = toLast name axis x.Value
            let extent = x.Dimensions[x.Rank - 1]
            if extent = 0 then Shape.fail name $"there is none of no elements: the shape is {Shape.text x.Dimensions}."
            Array.init (x.Length / extent) (fun row ->
                let mutable best = 0
                for i = 1 to extent - 1 do
                    let candidate, sofar = x.Elements[row * extent + i], x.Elements[row * extent + best]
                    if not (Double.IsNaN sofar) && (Double.IsNaN candidate || isBetter candidate sofar) then best <- i
                best)

        /// <summary>The index of the first largest element in each row along an axis, the rows in row-major order.</summary>
        let argMax (axis: int) (x: Tensor) : int[] = argExtreme "argMax" (>) axis x

        /// <summary>The index of the first smallest element in each row along an axis, the rows in row-major order.</summary>
        let argMin (axis: int) (x: Tensor) : int[] = argExtreme "argMin" (<) axis x

        // ---- Exponentials ----

        /// <summary>log of the sum of e^x over an axis, without overflow; its gradient is the softmax.</summary>
        let logSumExpOver (axis: int) (x: Tensor) : Tensor = Tensor.Apply(LogSumExp(), [| toLast "logSumExp" axis x |])[0]

        /// <summary>log of the sum of e^x over all elements, without overflow.</summary>
        let logSumExp (x: Tensor) : Real = (logSumExpOver 0 (Tensor.flatten x)).ToReal()

        /// <summary>log of the softmax over an axis: x - logSumExp x, accurate where the softmax itself is 0.</summary>
        let logSoftmax (axis: int) (x: Tensor) : Tensor = fromLast axis (Tensor.Apply(LogSoftmax(), [| toLast "logSoftmax" axis x |])[0])

        /// <summary>e^x divided by its sum over an axis: positive numbers that sum to 1.</summary>
        let softmax (axis: int) (x: Tensor) : Tensor = fromLast axis (Tensor.Apply(Softmax false, [| toLast "softmax" axis x |])[0])

        // ---- Norms ----

        /// <summary>
        /// The square root of the sum of squares, scaled so that it neither overflows nor underflows; derivative x / norm, for tangents of
        /// any size. At the origin the derivative is 0, one of the subgradients. Second derivatives do not exist there: they are NaN, also
        /// those of the norm's square (use the sum of x * x for it).
        /// </summary>
        let norm (x: Tensor) : Real =
            let values = x.Value
            let largest = if x.Length = 0 then 0.0 else (max (Tensor.Abs values)).Value
            if x.Length = 0 then Real 0.0
            elif largest = 0.0 then (Tensor.Apply(NormOfZeros(), [| x |])[0]).ToReal()
            elif Double.IsInfinity largest || Double.IsNaN largest then Real.Sqrt(sum (x * x))
            else (Norm.Of x).ToReal()
