namespace FuncAD

open System
open FuncAD.Rules

// Operations on arrays whose values and tangents are exact, and whose pullbacks work with a random part of what they need: the tape keeps
// no more (Oktay, McGreivy, Aduol, Beatson and Adams 2021, "Randomized automatic differentiation", section 4). A pullback is linear in each
// array that is kept, and their draws are independent, at different levels too, so that the expectation of a product of pullbacks is the
// product of the exact ones.

/// <summary>
/// A bilinear product plus an array: y = x w + b, or y = V(x) w for some linear operations V. Of x, which only the pullback to w needs, a
/// part is kept: <c>kept</c>, null before the operation is recorded.
/// </summary>
[<Sealed>]
type internal SketchedProduct(name: string, views: Linear[], product: Bilinear, sketch: Sketch, kept: KeptArray) =
    inherit Operation(name)

    let view (x: Tensor) = Tensor.Through(views, x)
    let adjoint (xBar: Tensor) = Tensor.Through(views |> Array.rev |> Array.map _.Adjoint, xBar)

    static let pull (struct (product: Bilinear, isFlipped)) (first: bool) (yBar: Tensor) (other: Tensor) : Tensor =
        // as in BilinearPullback: (yBar, b) and (a, yBar), or flipped
        if first = isFlipped then Tensor.Bilinear(product, other, yBar) else Tensor.Bilinear(product, yBar, other)

    override _.Below = SketchedProduct(name, views, product, sketch.Below, null)

    override _.Value x =
        let y = Tensor.Bilinear(product, view x[0], x[1])
        [| (if x.Length = 2 then y else y + x[2]) |]

    override _.Pushforward(x, y, dx) =
        let ofX = if isNull dx[0] then null else Tensor.Bilinear(product, view dx[0], x[1])
        let ofW = if isNull dx[1] then null else Tensor.Bilinear(product, view x[0], dx[1])
        let ofB = if dx.Length = 2 || isNull dx[2] then null else Tensor.BroadcastTo(dx[2], y[0].Dimensions)
        [| ElementwiseSlopes.Plus(ElementwiseSlopes.Plus(ofX, ofW), ofB) |]

    override _.Keep(x, _) =
        let op = SketchedProduct(name, views, product, sketch, sketch.Of x[0])
        struct (op, x |> Array.mapi (fun index x -> Kept.If((index = 1), x)), [| null |])

    override _.Pullback(x, _, yBar, needed) =
        x
        |> Array.mapi (fun index x' ->
            match index with
            | _ when not needed[index] -> null
            | 0 -> adjoint (pull product.PullA true yBar[0] x[1])
            | 1 -> pull product.PullB false yBar[0] (view (kept.Expand()))
            | _ -> Tensor.SumTo(yBar[0], x'.Dimensions))

/// <summary>The elementwise product y = x w. Of x, which only the pullback to w needs, all is kept or nothing, by a coin.</summary>
[<Sealed>]
type internal SketchedScaling(keep: float, key: RandomKey) =
    inherit Operation("Randomised.Multiply")
    let isKept = key.Uniform() < keep
    override _.Below = SketchedScaling(keep, key.Below)
    override _.Value x = [| x[0] * x[1] |]

    override _.Pushforward(x, y, dx) =
        let part (slope: Tensor) dx = if isNull dx then null else ElementwiseSlopes.Scale(slope, dx, y[0].Dimensions)
        [| ElementwiseSlopes.Plus(part x[1] dx[0], part x[0] dx[1]) |]

    override op.Keep(x, _) = struct (op, [| Kept.If(isKept, x[0]); x[1] |], [| null |])

    override _.Pullback(x, _, yBar, needed) =
        let shape = yBar[0].Dimensions
        [| (if needed[0] then Tensor.SumTo(ElementwiseSlopes.Scale(x[1], yBar[0], shape), x[0].Dimensions) else null)
           (if needed[1] && isKept then Tensor.SumTo(ElementwiseSlopes.Scale(x[0] / keep, yBar[0], shape), x[1].Dimensions) else null) |]

/// <summary>An elementwise function y = f(x). A part of its slopes is kept: <c>kept</c>, null before the operation is recorded.</summary>
[<Sealed>]
type internal SketchedActivation(f: Tensor -> Tensor, sketch: Sketch, key: RandomKey, kept: KeptArray) =
    inherit Operation("Randomised.Activation")

    /// f along a direction: the value, and the slopes times the direction where f is elementwise.
    let along (x: Tensor) (direction: Tensor) : struct (Tensor * Tensor) =
        let value, tangent = Pushforward.along "Randomised.Activation" "direction" f x direction
        struct (value, tangent)

    /// f(x), which has the shape of x, and is at a level only if x is.
    let apply (x: Tensor) : Tensor =
        match f x with
        | null -> raise (ArgumentException "Randomised.Activation: f returned null.")
        | y when not (Shape.areEqual y.Dimensions x.Dimensions) ->
            raise (
                ArgumentException(
                    $"Randomised.Activation: f must be elementwise, but made the shape {Shape.text y.Dimensions} of {Shape.text x.Dimensions}."
                )
            )
        | y when not (isNull y.Live.Node) && isNull x.Live.Node ->
            raise (
                InvalidOperationException(
                    "Randomised.Activation: f captured a number or an array that is being differentiated, whose derivative would be lost. Let f "
                    + "compute with its argument alone, and apply the rest outside."
                )
            )
        | y -> y

    /// A slope times a power of 2 is exact, and so the tangent along a direction of signed powers is a slope times one of them, to the bit,
    /// where each element of y depends on one of x. Neighbours have different powers: random signs alone would be equal for few elements.
    let requireElementwise (x: Tensor) (slopes: Tensor) =
        let power index = Math.ScaleB(1.0, index % 32)
        let direction = key.Bits x.Length |> Array.mapi (fun index bits -> if bits >= (1UL <<< 63) then power index else -(power index))
        let struct (_, tangent) = along x.Value (Tensor(direction, x.Dimensions, null))
        let slopes, tangents = slopes.Elements, tangent.Elements
        let mutable isElementwise = true
        for index = 0 to direction.Length - 1 do
            let expected = slopes[index] * direction[index]
            // what was rounded as a subnormal number, or left the range of doubles, is not exact
            let isExact = tangents[index] = expected || abs (tangents[index] - expected) < 1e-290 || not (Double.IsFinite expected)
            if not isExact then isElementwise <- false
        if not isElementwise then
            raise (
                ArgumentException(
                    "Randomised.Activation: f is not elementwise: an element of its result depends on several of its argument. Write the function "
                    + "without Randomised, as softmax or a normalisation is."
                )
            )

    override _.Below = SketchedActivation(f, sketch.Below, key.Below, null)
    override _.Value x = [| apply x[0] |]

    override _.Pushforward(x, _, dx) =
        let struct (_, tangent) = along x[0] dx[0]
        [| tangent |]

    override _.Keep(x, _) =
        let struct (_, slopes) = along x[0] (Tensor.Uniform(1.0, x[0].Dimensions))
        requireElementwise x[0] slopes.Value
        struct (SketchedActivation(f, sketch, key, sketch.Of slopes), Kept.Shapes x, [| null |])

    override _.Pullback(_, _, yBar, _) = [| ElementwiseSlopes.Scale(kept.Expand(), yBar[0], yBar[0].Dimensions) |]
