namespace FuncAD

open System
open FuncAD.Rules

/// <summary>
/// log of the sum of e^x over the last axis, as m + log(sum of e^(x - m)) for the largest element m: it neither overflows nor loses what is
/// small beside m. Its derivative is the softmax e^(x - y).
/// </summary>
[<Sealed>]
type internal LogSumExp() =
    inherit Operation("logSumExp")

    let column (y: Tensor) = Tensor.Linear(Reshape(y.Dimensions, Array.append y.Dimensions [| 1 |]), y)

    /// e^(x - y), where a row of nothing but -infinity has the weights 0.
    let softmax (x: Tensor) (y: Tensor) =
        let finite = Tensor.Linear(Masked(y.Elements |> Array.map (fun y -> if Double.IsNegativeInfinity y then 0.0 else 1.0), true, y.Dimensions), y)
        Tensor.Exp(x - column finite)

    /// The value of one row; scratch has its length.
    static member Row(x: ReadOnlySpan<float>, scratch: Span<float>) : float =
        let largest = if x.Length = 0 then Double.NegativeInfinity else System.Numerics.Tensors.TensorPrimitives.Max x
        if Double.IsInfinity largest || Double.IsNaN largest then largest
        else
            Elementwise.Binary(Arithmetic.Subtract(), x, ReadOnlySpan [| largest |], scratch)
            Elementwise.Unary(Exponentials.Exp(), Span.op_Implicit scratch, scratch)
            // the largest term is 1: taken out, it does not round the others away
            let at = x.IndexOf largest
            scratch[at] <- 0.0
            largest + SpecialValues.log1p (StridedView.Sum(Span.op_Implicit scratch))

    override _.Value x =
        let shape, elements = x[0].Dimensions, x[0].Elements
        let extent = shape[shape.Length - 1]
        let rows = Shape.length shape[.. shape.Length - 2]
        let scratch = Array.zeroCreate<float> extent
        let y = Array.init rows (fun row -> LogSumExp.Row(ReadOnlySpan(elements, row * extent, extent), Span scratch))
        [| Tensor(y, shape[.. shape.Length - 2], null) |]

    override _.Pushforward(x, y, dx) =
        let products = softmax x[0] y[0] * dx[0]
        let sums = Tensor.SumTo(products, Array.append y[0].Dimensions [| 1 |])
        [| Tensor.Linear(Reshape(sums.Dimensions, y[0].Dimensions), sums) |]

    override _.Pullback(x, y, yBar, _) = [| softmax x[0] y[0] * column yBar[0] |]
