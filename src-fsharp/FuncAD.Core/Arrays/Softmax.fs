namespace FuncAD

open System

// Operations on the rows of an array, that is along its last axis. Pushforwards and pullbacks are written in terms of tensors; for
// constants the same formulas are evaluated in one pass over each row (Lanes/RowKernels.fs).

/// <summary>How the rows of an array are laid out, and how an array with one number for each row is.</summary>
module internal Rows =
    let extent (x: Tensor) = x.Dimensions[x.Rank - 1]

    /// The shape without the last axis.
    let shape (x: Tensor) = x.Dimensions[.. x.Rank - 2]

    /// The numbers y, one for each row, as a column: they broadcast with the rows.
    let column (y: Tensor) = Tensor.Linear(Reshape(y.Dimensions, Array.append y.Dimensions [| 1 |]), y)

    /// The sum over each row, as a column.
    let sums (x: Tensor) = Tensor.SumTo(x, Array.append (shape x) [| 1 |])

    /// The sum over each row.
    let sumOf (x: Tensor) =
        let column = sums x
        Tensor.Linear(Reshape(column.Dimensions, shape x), column)

    /// The number of y that belongs to a row. Equal numbers are stored as one.
    let entry (y: Tensor) row =
        if isNull y then 0.0
        elif y.Compact.Length = 1 then y.Compact[0]
        else y.Compact[row]

    /// The numbers of a row. Equal numbers are stored as one.
    let at (x: Tensor) row extent = if x.Compact.Length = 1 then ReadOnlySpan x.Compact else ReadOnlySpan(x.Compact, row * extent, extent)

    /// Picks the number of each row at the largest y, as a column.
    let pickLargest (operation: string) (y: Tensor) : Take =
        let extent = extent y
        let places =
            Array.init (y.Length / max 1 extent) (fun row ->
                row * extent + RowKernels.Largest(ReadOnlySpan(y.Elements, row * extent, extent)))
        Take(operation, y.Dimensions, places, 1, Array.append (shape y) [| 1 |])

    /// t minus its number at the largest y of each row: sums with weights that add up to 1 change by that number, and nothing cancels where
    /// that weight is nearly 1.
    let fromLargest (operation: string) (y: Tensor) (t: Tensor) : Tensor =
        if extent y = 0 then t else t - Tensor.Linear(pickLargest operation y, t)

    /// True for plain numbers without a structural zero among them, and for null.
    let isPlain (x: Tensor) = isNull x || isNull x.Node && x.IsWhole

    /// A new array with one number for each row of x.
    let create (x: Tensor) (number: int -> float) = Tensor(Array.init (Shape.length (shape x)) number, shape x, null)

/// <summary>
/// y = e^x divided by its sum over each row. The pushforward and the pullback of t are both y (t - sum of y t). With <c>isWeight</c> it
/// gives the weights of a logSumExp, which are defined for infinite numbers too.
/// </summary>
[<Sealed>]
type internal Softmax(isWeight: bool) =
    inherit RowOperation("softmax")

    let centred (y: Tensor) (t: Tensor) =
        let t = Rows.fromLargest "softmax" y t
        y * (t - Rows.sums (y * t))

    override _.Value x =
        let x = x[0]
        let extent = Rows.extent x
        let y = GC.AllocateUninitializedArray<float> x.Length
        for row in 0 .. Shape.length (Rows.shape x) - 1 do
            let numbers = ReadOnlySpan(x.Elements, row * extent, extent)
            let result = Span(y, row * extent, extent)
            if isWeight then
                let struct (largest, others) = RowKernels.SumOfExponentials numbers
                RowKernels.Weigh(numbers, largest, others, 1.0, result, false)
            else
                RowKernels.Softmax(numbers, result)
        [| Tensor(y, x.Dimensions, null) |]

    override op.Pushforward(x, y, dx) =
        if Rows.isPlain x[0] && Rows.isPlain dx[0] then
            let dy = GC.AllocateUninitializedArray<float> x[0].Length
            op.PullRows(x[0], y, dx, dy, false)
            [| Tensor(dy, x[0].Dimensions, null) |]
        else
            [| centred y[0] dx[0] |]

    override _.Pullback(_, y, yBar, _) = [| centred y[0] yBar[0] |]

    override _.PullRow(_, y, yBar, row, out, add) = RowKernels.Centre(Rows.at y[0] row out.Length, Rows.at yBar[0] row out.Length, out, add)

/// <summary>
/// log of the sum of e^x over each row, computed as m + log(1 + the sum of e^(x - m) over the others), where m is the largest element: this
/// neither overflows nor loses terms that are small beside m. Its derivative is the softmax. The results are the logarithms, and as
/// constants m and the sum over the others, from which pullbacks compute the weights.
/// </summary>
[<Sealed>]
type internal LogSumExp() =
    inherit RowOperation("logSumExp")

    /// The largest number m of each row, and the sum of e^(x - m) over the others.
    static member Parts(x: Tensor) : struct (Tensor * Tensor) =
        let extent = Rows.extent x
        let others = Array.zeroCreate<float>(Shape.length (Rows.shape x))
        let largest =
            Rows.create x (fun row ->
                let struct (largest, rest) = RowKernels.SumOfExponentials(ReadOnlySpan(x.Elements, row * extent, extent))
                others[row] <- rest
                largest)
        struct (largest, Tensor(others, largest.Dimensions, null))

    /// The weights of the numbers of each row.
    static member Weights(x: Tensor) : Tensor = Tensor.Apply(Softmax true, [| x |])[0]

    override _.Value x =
        let struct (largest, others) = LogSumExp.Parts x[0]
        [| Rows.create x[0] (fun row -> largest.Elements[row] + SpecialValues.log1p others.Elements[row]); largest; others |]

    override _.Pushforward(x, y, dx) =
        let x, dx = x[0], dx[0]
        let dy =
            if Rows.isPlain x && Rows.isPlain dx then
                let extent = Rows.extent x
                Rows.create x (fun row ->
                    RowKernels.Weighed(Rows.at x row extent, y[1].Elements[row], y[2].Elements[row], Rows.at dx row extent, 0.0))
            else
                Rows.sumOf (LogSumExp.Weights x * dx)
        [| dy; null; null |]

    override _.Pullback(x, _, yBar, _) = [| LogSumExp.Weights x[0] * Rows.column yBar[0] |]

    override _.PullRow(x, y, yBar, row, out, add) =
        RowKernels.Weigh(x, y[1].Elements[row], y[2].Elements[row], Rows.entry yBar[0] row, out, add)

/// <summary>
/// The logarithm of the softmax, y = x - logSumExp x. The pushforward is dx - sum of e^y dx, the pullback yBar - e^y sum of yBar. At the
/// largest y, where e^y may be nearly 1, the pullback is minus the sum of the others, so that nothing cancels.
/// </summary>
[<Sealed>]
type internal LogSoftmax() =
    inherit RowOperation("logSoftmax")

    override _.Value x =
        let x = x[0]
        let extent = Rows.extent x
        let y = GC.AllocateUninitializedArray<float> x.Length
        for row in 0 .. Shape.length (Rows.shape x) - 1 do
            let numbers = ReadOnlySpan(x.Elements, row * extent, extent)
            let struct (largest, others) = RowKernels.SumOfExponentials numbers
            if Double.IsFinite largest then
                let rest = SpecialValues.log1p others
                let peak = ReadOnlySpan &largest
                let rest = ReadOnlySpan &rest
                Loop.Run(DifferenceKernel(), numbers, peak, rest, rest, Span(y, row * extent, extent), false)
            else
                for index = 0 to extent - 1 do
                    y[row * extent + index] <- RowKernels.EdgeLogarithm(numbers, largest, index)
        [| Tensor(y, x.Dimensions, null) |]

    override _.Pushforward(_, y, dx) =
        let dx = Rows.fromLargest "logSoftmax" y[0] dx[0]
        [| dx - Rows.sums (Tensor.Exp y[0] * dx) |]

    override _.Pullback(_, y, yBar, _) =
        let all = yBar[0] - Tensor.Exp y[0] * Rows.sums yBar[0]
        if Rows.extent y[0] = 0 then
            [| all |]
        else
            let pick = Rows.pickLargest "logSoftmax" y[0]
            let put (x: Tensor) = Tensor.Linear(pick.Adjoint, x)
            let others = all - put (Tensor.Linear(pick, all))
            [| others - put (Rows.sums others) |]

    override _.PullRow(_, y, yBar, row, out, add) =
        let extent = out.Length
        let t = Rows.at yBar[0] row extent
        let y = Rows.at y[0] row extent
        let at = if y.Length = 1 then 0 else RowKernels.Largest y
        let before = if add && extent > 0 then out[at] else 0.0
        let struct (ofLargest, ofOthers) =
            if t.Length = 1 then
                struct (t[0], float (extent - 1) * t[0])
            else
                struct (t[at], RowKernels.Sum(t.Slice(0, at)) + RowKernels.Sum(t.Slice(at + 1)))
        let sum = ofLargest + ofOthers
        let ofLargest = sum * -SpecialValues.expm1 y[at] - ofOthers
        let sum = ReadOnlySpan &sum
        Loop.Run(LessShareKernel(), t, y, sum, sum, out, add)
        out[at] <- before + ofLargest

/// <summary>
/// -log softmax at one element of each row, its label: loss = logSumExp x - x_label. The results are the losses, and the two constants of
/// LogSumExp. With p = softmax x, the pushforward is the sum of p_j (dx_j - dx_label). The pullback is p_j lossBar, and for the label
/// itself minus the sum of the others, so that nothing cancels if p_label is near 1. If a loss is NaN, so are its slopes.
/// </summary>
[<Sealed>]
type internal LabelLoss(labels: int[], shape: int[]) =
    inherit RowOperation("crossEntropy")

    let places = labels |> Array.mapi (fun row label -> row * shape[1] + label)
    let take = Take("pick", shape, places, 1, [| labels.Length |])
    let put (x: Tensor) = Tensor.Linear(take.Adjoint, x)

    /// The weights of a row; NaN where its loss is.
    let weightsOf (x: Tensor) (loss: Tensor) =
        let weights = LogSumExp.Weights x
        if not loss.HasNaN then
            weights
        else
            weights
            + Rows.column (Tensor(loss.Elements |> Array.map (fun loss -> if Double.IsNaN loss then nan else 0.0), loss.Dimensions, null))

    override _.Value x =
        let x = x[0]
        let struct (largest, others) = LogSumExp.Parts x
        let loss row =
            let peak = largest.Elements[row]
            if Double.IsFinite peak then
                (peak - x.Elements[places[row]]) + SpecialValues.log1p others.Elements[row]
            else
                0.0 - RowKernels.EdgeLogarithm(ReadOnlySpan(x.Elements, row * shape[1], shape[1]), peak, labels[row])
        [| Rows.create x loss; largest; others |]

    override _.Pushforward(x, y, dx) =
        let x, dx = x[0], dx[0]
        let dy =
            if Rows.isPlain x && Rows.isPlain dx then
                Rows.create x (fun row ->
                    if Double.IsNaN y[0].Elements[row] then
                        nan
                    else
                        let ofLabel = if dx.Compact.Length = 1 then dx.Compact[0] else dx.Compact[places[row]]
                        RowKernels.Weighed(
                            Rows.at x row shape[1],
                            y[1].Elements[row],
                            y[2].Elements[row],
                            Rows.at dx row shape[1],
                            ofLabel
                        ))
            else
                Rows.sumOf (weightsOf x y[0] * (dx - Rows.column (Tensor.Linear(take, dx))))
        [| dy; null; null |]

    override _.Pullback(x, y, yBar, _) =
        let weights = weightsOf x[0] y[0]
        let others = (weights - put (Tensor.Linear(take, weights))) * Rows.column yBar[0]
        [| others - put (Rows.sumOf others) |]

    override _.PullRow(x, y, yBar, row, out, add) =
        let lossBar = if Double.IsNaN y[0].Elements[row] then nan else Rows.entry yBar[0] row
        let before = if add then out[labels[row]] else 0.0
        RowKernels.Weigh(x, y[1].Elements[row], y[2].Elements[row], lossBar, out, add)
        out[labels[row]] <- before + SpecialValues.expm1 -y[0].Elements[row] * lossBar
