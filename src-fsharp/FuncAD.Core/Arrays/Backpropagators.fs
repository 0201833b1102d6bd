namespace FuncAD

open System
open FuncAD.Rules

// The pullbacks of the operations (ArrayOperations.fs), as a sweep resumes them. Each holds no more than it needs, since a tape may hold
// many.

/// <summary>What the tape keeps in place of an array.</summary>
[<AbstractClass; Sealed>]
type internal Kept private () =
    /// <summary>
    /// The array if it is needed, and otherwise one element of its shape. Arrays that take little more memory than that are kept.
    /// </summary>
    static member If(isNeeded: bool, x: Tensor) : Tensor =
        if isNeeded || x.Compact.Length <= 8 then x else Tensor.Uniform(0.0, x.Dimensions)

    /// For an operation whose pullback needs nothing but cotangents.
    static member Shapes(arrays: Tensor[]) : Tensor[] = arrays |> Array.map (fun x -> Kept.If(false, x))

/// <summary>How an operation with one result passes its cotangent on to its first or its second argument.</summary>
type internal IPullback =
    abstract Pull: cotangents: ArrayCotangents * slot: int * first: bool * taken: Taken -> unit

/// <summary>The backpropagator of an operation with one argument and one result.</summary>
[<Sealed>]
type internal BackpropagatorOfOne<'P when 'P: struct and 'P :> IPullback>(pullback: 'P, slot: int, result: int) =
    inherit Backpropagator<ArrayCotangents>()

    override _.Resume(cotangents, _) =
        let struct (yBar, share) = cotangents.Take result
        if not (isNull yBar) then pullback.Pull(cotangents, slot, true, { Cotangent = yBar; Share = share; IsLast = true })

/// <summary>
/// The backpropagator of an operation with two arguments and one result; the slot of an argument that is a constant is -1.
/// </summary>
[<Sealed>]
type internal BackpropagatorOfTwo<'P when 'P: struct and 'P :> IPullback>(pullback: 'P, slotA: int, slotB: int, result: int) =
    inherit Backpropagator<ArrayCotangents>()

    override _.Resume(cotangents, _) =
        let struct (yBar, share) = cotangents.Take result
        if not (isNull yBar) then
            if slotA >= 0 then pullback.Pull(cotangents, slotA, true, { Cotangent = yBar; Share = share; IsLast = slotB < 0 })
            if slotB >= 0 then pullback.Pull(cotangents, slotB, false, { Cotangent = yBar; Share = share; IsLast = true })

// ---- Elementwise ----

/// slope(x, y) yBar
[<Struct; NoEquality; NoComparison>]
type internal UnaryContribution<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Tensor, y: Tensor, yBar: Tensor) =
    interface IContribution with
        member _.Write(out, add) =
            Elementwise.Slope(rule, ReadOnlySpan x.Compact, ReadOnlySpan y.Compact, ReadOnlySpan yBar.Compact, Span out, add)

[<Struct; NoEquality; NoComparison>]
type internal UnaryPullback<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Tensor, y: Tensor) =
    interface IPullback with
        member _.Pull(cotangents, slot, _, taken) =
            if cotangents.IsTracking then
                cotangents.Add(slot, ElementwiseSlopes.Scale(rule.Slope<Tensor>(x, y), taken.Cotangent, x.Dimensions), null)
            else
                cotangents.Write(slot, x.Dimensions, taken, UnaryContribution<'R>(rule, x, y, taken.Cotangent), true, true)

/// A partial derivative times yBar, summed over the axes along which the operand was repeated.
[<Struct; NoEquality; NoComparison>]
type internal PartialContribution<'D when 'D: struct and 'D :> IPartial>
    (partial: 'D, first: bool, a: Tensor, b: Tensor, y: Tensor, yBar: Tensor, sums: bool) =
    interface IContribution with
        member _.Write(out, add) = ElementwiseSlopes.Along(partial, first, a, b, y, yBar, out, sums, add)

    /// Adds the contribution to the operand's cotangent, in a sweep without supports.
    static member Add
        (cotangents: ArrayCotangents, slot: int, partial: 'D, first: bool, a: Tensor, b: Tensor, y: Tensor, taken: Taken)
        : unit =
        let shape = (if first then a else b).Dimensions
        let isWhole = Shape.areEqual shape y.Dimensions
        let contribution = PartialContribution<'D>(partial, first, a, b, y, taken.Cotangent, not isWhole)
        cotangents.Write(slot, shape, taken, contribution, isWhole, isWhole)

[<Struct; NoEquality; NoComparison>]
type internal BinaryPullback<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Tensor, b: Tensor, y: Tensor) =
    /// A sum hands its cotangent on as it is to an operand of its own shape.
    static member HandsOn(first: bool) : bool = typeof<'R> = typeof<Arithmetic.Add> || (first && typeof<'R> = typeof<Arithmetic.Subtract>)

    interface IPullback with
        member _.Pull(cotangents, slot, first, taken) =
            let operand = if first then a else b
            if BinaryPullback<'R>.HandsOn first && Shape.areEqual operand.Dimensions y.Dimensions then
                cotangents.HandOn(slot, taken.Cotangent, taken)
            elif cotangents.IsTracking then
                let slope = if first then rule.SlopeA<Tensor>(a, b, y) else rule.SlopeB<Tensor>(a, b, y)
                cotangents.Add(slot, Tensor.SumTo(ElementwiseSlopes.Scale(slope, taken.Cotangent, y.Dimensions), operand.Dimensions), null)
            elif first then
                PartialContribution.Add(cotangents, slot, PartialA<'R> rule, true, a, b, y, taken)
            else
                PartialContribution.Add(cotangents, slot, PartialB<'R> rule, false, a, b, y, taken)

[<Struct; NoEquality; NoComparison>]
type internal ChoicePullback<'R when 'R: struct and 'R :> IChoice>(rule: 'R, a: Tensor, b: Tensor, y: Tensor) =
    interface IPullback with
        member _.Pull(cotangents, slot, first, taken) =
            if cotangents.IsTracking then
                let chosen = ElementwiseSlopes.Chosen(rule, first, a, b, y, taken.Cotangent)
                cotangents.Add(slot, Tensor.SumTo(chosen, (if first then a else b).Dimensions), null)
            else
                PartialContribution.Add(cotangents, slot, PartialOfChoice<'R>(rule, first), first, a, b, y, taken)

// ---- Linear operations and products ----

[<Struct; NoEquality; NoComparison>]
type internal LinearPullback(op: Linear) =
    interface IPullback with
        member _.Pull(cotangents, slot, _, taken) =
            let adjoint = op.Adjoint
            let yBar = taken.Cotangent
            if cotangents.IsTracking then
                cotangents.Add(slot, Tensor.Linear(adjoint, yBar), null)
            elif adjoint.IsAlias then
                cotangents.HandOn(slot, Tensor(yBar.Compact, adjoint.Result, null), taken)
            elif not (isNull (cotangents.Sum slot)) && not (yBar.IsUniform && adjoint.KeepsUniform) then
                adjoint.Accumulate(yBar.Elements, cotangents.Open(slot, adjoint.Result))
                cotangents.Drop(yBar, taken.Share)
            else
                let contribution = Tensor.Linear(adjoint, yBar)
                if Object.ReferenceEquals(contribution.Compact, yBar.Compact) then
                    cotangents.HandOn(slot, contribution, taken)
                else
                    cotangents.Add(slot, contribution, Shares())
                    cotangents.Drop(yBar, taken.Share)

[<Struct; NoEquality; NoComparison>]
type internal ProductContribution(op: Bilinear, x: Tensor, z: Tensor) =
    interface IContribution with
        member _.Write(out, add) = if add then op.Accumulate(x.Elements, z.Elements, out) else op.ApplyTo(x.Elements, z.Elements, out)

[<Struct; NoEquality; NoComparison>]
type internal BilinearPullback(op: Bilinear, a: Tensor, b: Tensor) =
    interface IPullback with
        member _.Pull(cotangents, slot, first, taken) =
            let struct (product, isFlipped) = if first then op.PullA else op.PullB
            let other = if first then b else a
            // The products are (yBar, b) and (a, yBar), or flipped (b, yBar) and (yBar, a).
            let x = if first = isFlipped then other else taken.Cotangent
            let z = if first = isFlipped then taken.Cotangent else other
            if cotangents.IsTracking then
                cotangents.Add(slot, Tensor.Bilinear(product, x, z), null)
            else
                cotangents.Write(slot, product.Result, taken, ProductContribution(product, x, z), true, false)

// ---- Other operations ----

[<Struct; NoEquality; NoComparison>]
type internal RowContribution(op: RowOperation, x: Tensor, y: Tensor[], yBar: Tensor[]) =
    interface IContribution with
        member _.Write(out, add) = op.PullRows(x, y, yBar, out, add)

/// <summary>The backpropagator of an operation that is written out in terms of tensors.</summary>
[<Sealed>]
type internal OperationBackpropagator(op: Operation, x: Tensor[], y: Tensor[], slots: int[], result: int) =
    inherit Backpropagator<ArrayCotangents>()

    override _.Resume(cotangents, _) =
        let taken = y |> Array.mapi (fun index _ -> cotangents.Take(result + index))
        let yBar = taken |> Array.map (fun struct (yBar, _) -> yBar)
        match op with
        | _ when Array.forall isNull yBar -> ()
        | :? RowOperation as op when not cotangents.IsTracking ->
            let struct (first, share) = taken[0]
            let isAlike = not (isNull first) && first.Length = x[0].Length
            cotangents.Write(
                slots[0],
                x[0].Dimensions,
                { Cotangent = first; Share = share; IsLast = true },
                RowContribution(op, x[0], y, yBar),
                true,
                isAlike
            )
            for index = 1 to taken.Length - 1 do
                let struct (yBar, share) = taken[index]
                cotangents.Drop(yBar, share)
        // The pullback may turn NaN into a number, so that a sweep without supports would not notice it.
        | _ when cotangents.DoubtIf(yBar |> Array.exists (fun yBar -> not (isNull yBar) && yBar.HasNaN)) -> ()
        | _ ->
            let contributions = op.Pullback(x, y, yBar, slots |> Array.map (fun slot -> slot >= 0))
            for index = 0 to slots.Length - 1 do
                if slots[index] >= 0 && not (isNull contributions[index]) then cotangents.Add(slots[index], contributions[index], null)

// ---- Between numbers and arrays ----

/// <summary>From an array to the numbers that it was made of.</summary>
[<Sealed>]
type internal StackBackpropagator(slots: int[], result: int) =
    inherit Backpropagator<ArrayCotangents>()

    override _.Resume(cotangents, _) =
        let struct (yBar, _) = cotangents.Take result
        if not (isNull yBar) then
            for index = 0 to slots.Length - 1 do
                if slots[index] >= 0 && yBar.IsReached index then cotangents.AddNumber(slots[index], yBar.ElementAt index)

/// <summary>From a number to the array that it is an element of.</summary>
[<Sealed>]
type internal ElementBackpropagator(shape: int[], position: int, slot: int) =
    inherit Backpropagator<ArrayCotangents>()

    override _.Resume(cotangents, own) =
        if cotangents.IsTouched own then cotangents.AddElement(slot, shape, position, cotangents.Number own)
