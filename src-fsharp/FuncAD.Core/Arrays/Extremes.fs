namespace FuncAD

open System

/// <summary>
/// The largest or smallest element over axes. Elements that tie share the slope equally, as two numbers do at a tie of max; the others
/// contribute nothing.
/// </summary>
[<Sealed>]
type internal Extreme(name: string, isLargest: bool, axes: int[]) =
    inherit Operation(name)

    let kept (shape: int[]) = Shape.without true axes shape

    /// The elements that attain the extreme, as a mask that is divided by their number.
    let weights (x: Tensor) (y: Tensor) =
        let shape = x.Dimensions
        let extremes = Tensor.BroadcastTo(Tensor.Linear(Reshape(y.Dimensions, kept shape), y.Value), shape)
        let x', y' = x.Elements, extremes.Elements
        let mask = Array.init x.Length (fun i -> if x'[i] = y'[i] || Double.IsNaN x'[i] && Double.IsNaN y'[i] then 1.0 else 0.0)
        let counts = Tensor.BroadcastTo(Tensor.SumTo(Tensor(mask, shape, null), kept shape), shape)
        Array.map2 (/) mask counts.Elements

    let masked (x: Tensor) y (t: Tensor) = ElementwiseSlopes.Weigh(weights x y, t)

    override _.Value x =
        let shape, elements = x[0].Dimensions, x[0].Elements
        let result = kept shape
        let places = StridedView(0, Shape.broadcastStrides result shape, shape)
        let position = Array.zeroCreate<float> x[0].Length
        places.Read(Array.init (Shape.length result) float, position)
        let y = Array.create (Shape.length result) nan
        let isSet = Array.zeroCreate<bool> y.Length
        for i = 0 to elements.Length - 1 do
            let place = int position[i]
            if not isSet[place] then
                isSet[place] <- true
                y[place] <- elements[i]
            else
                y[place] <- if isLargest then Math.Max(y[place], elements[i]) else Math.Min(y[place], elements[i])
        [| Tensor(y, Shape.without false axes shape, null) |]

    override _.Pushforward(x, y, dx) =
        let sums = Tensor.SumTo(masked x[0] y[0] dx[0], kept x[0].Dimensions)
        [| Tensor.Linear(Reshape(sums.Dimensions, y[0].Dimensions), sums) |]

    override _.Pullback(x, y, yBar, _) =
        let spread = Tensor.BroadcastTo(Tensor.Linear(Reshape(y[0].Dimensions, kept x[0].Dimensions), yBar[0]), x[0].Dimensions)
        [| masked x[0] y[0] spread |]
