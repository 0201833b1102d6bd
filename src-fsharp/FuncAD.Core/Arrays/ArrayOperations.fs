namespace FuncAD

open System
open FuncAD.Rules

// The operations on arrays, each with its pushforward and its pullback.

[<Struct; NoEquality; NoComparison>]
type internal UnaryOperation<'R when 'R: struct and 'R :> IUnary>(rule: 'R) =
    interface IOperation<One, One> with
        member _.Apply x = One(Tensor.Unary(rule, x.Array))

        member _.Pushforward(x, y, dx) =
            let x, y, dx = x.Array, y.Array, dx.Array
            if isNull x.Node && isNull dx.Node then
                let dy = GC.AllocateUninitializedArray<float> x.Length
                Elementwise.Slope(rule, ReadOnlySpan x.Elements, ReadOnlySpan y.Elements, ReadOnlySpan dx.Compact, Span dy, false)
                One(Tensor.Kept(Tensor(dy, x.Dimensions, null), dx.Indicators))
            else
                One(ElementwiseSlopes.Scale(rule.Slope<Tensor>(x, y), dx, x.Dimensions))

        member _.Pushforwards(_, x, y, dx) =
            One(ElementwiseSlopes.Scale(rule.Slope<Tensor>(x.Array, y.Array), dx.Array, dx.Array.Dimensions))

        member _.Backpropagator(tape, arguments, x, y) =
            let reads = rule.Slope(Reads 1, Reads 2).Set
            let x, y = Kept.If(reads &&& 1 <> 0, x.Array), Kept.If(reads &&& 2 <> 0, y.Array)
            BackpropagatorOfOne(UnaryPullback<'R>(rule, x, y), arguments.Array.Slot, tape.Arrays)

[<Struct; NoEquality; NoComparison>]
type internal BinaryOperation<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IOperation<Two, One> with
        member _.Apply x = One(Tensor.Binary(rule, x.A, x.B))

        member _.Pushforward(x, y, dx) =
            let a, b, y = x.A, x.B, y.Array
            let ofA =
                if isNull dx.A then null
                elif ElementwiseSlopes.ArePlain(a, b, dx.A, null) then ElementwiseSlopes.Push(PartialA<'R> rule, a, b, y, dx.A, null)
                else ElementwiseSlopes.Scale(rule.SlopeA<Tensor>(a, b, y), dx.A, y.Dimensions)
            if isNull dx.B then
                One ofA
            elif ElementwiseSlopes.ArePlain(a, b, dx.B, ofA) then
                // ofA was made here and may be overwritten
                One(ElementwiseSlopes.Push(PartialB<'R> rule, a, b, y, dx.B, ofA))
            else
                One(ElementwiseSlopes.Plus(ofA, ElementwiseSlopes.Scale(rule.SlopeB<Tensor>(a, b, y), dx.B, y.Dimensions)))

        member _.Pushforwards(level, x, y, dx) =
            let shape = Array.append [| level.Directions |] y.Array.Dimensions
            let scale (slope: Tensor) (dx: Tensor) = ElementwiseSlopes.Scale(slope, Directions.aligned dx y.Array.Rank, shape)
            let ofA = if isNull dx.A then null else scale (rule.SlopeA<Tensor>(x.A, x.B, y.Array)) dx.A
            let ofB = if isNull dx.B then null else scale (rule.SlopeB<Tensor>(x.A, x.B, y.Array)) dx.B
            One(ElementwiseSlopes.Plus(ofA, ofB))

        member _.Backpropagator(tape, arguments, x, y) =
            let slotA, slotB = Tensor.SlotOn(tape, arguments.A), Tensor.SlotOn(tape, arguments.B)
            let readsOfA = if slotA >= 0 then rule.SlopeA(Reads 1, Reads 2, Reads 4).Set else 0
            let readsOfB = if slotB >= 0 then rule.SlopeB(Reads 1, Reads 2, Reads 4).Set else 0
            let keep bit x = Kept.If((readsOfA ||| readsOfB) &&& bit <> 0, x)
            BackpropagatorOfTwo(BinaryPullback<'R>(rule, keep 1 x.A, keep 2 x.B, keep 4 y.Array), slotA, slotB, tape.Arrays)

[<Struct; NoEquality; NoComparison>]
type internal ChoiceOperation<'R when 'R: struct and 'R :> IChoice>(rule: 'R) =
    interface IOperation<Two, One> with
        member _.Apply x = One(Tensor.Choice(rule, x.A, x.B))

        member _.Pushforward(x, y, dx) =
            let ofA = if isNull dx.A then null else ElementwiseSlopes.Chosen(rule, true, x.A, x.B, y.Array, dx.A)
            let ofB = if isNull dx.B then null else ElementwiseSlopes.Chosen(rule, false, x.A, x.B, y.Array, dx.B)
            One(ElementwiseSlopes.Plus(ofA, ofB))

        member this.Pushforwards(level, x, y, dx) =
            let operation = this :> IOperation<Two, One>
            let alone (dx: Tensor[]) = [| operation.Pushforward(x, y, Two(dx[0], dx[1])).Array |]
            One(Array.head (Directions.each level.Directions [| dx.A; dx.B |] alone))

        member _.Backpropagator(tape, arguments, x, y) =
            let slotA, slotB = Tensor.SlotOn(tape, arguments.A), Tensor.SlotOn(tape, arguments.B)
            BackpropagatorOfTwo(ChoicePullback<'R>(rule, x.A, x.B, Kept.If(false, y.Array)), slotA, slotB, tape.Arrays)

[<Struct; NoEquality; NoComparison>]
type internal LinearOperation(op: Linear) =
    interface IOperation<One, One> with
        member _.Apply x = One(Tensor.Linear(op, x.Array))
        member _.Pushforward(_, _, dx) = One(Tensor.Linear(op, dx.Array))
        member _.Pushforwards(level, _, _, dx) = One(Tensor.Linear(op.Repeat level.Directions, dx.Array))
        member _.Backpropagator(tape, arguments, _, _) = BackpropagatorOfOne(LinearPullback op, arguments.Array.Slot, tape.Arrays)

[<Struct; NoEquality; NoComparison>]
type internal BilinearOperation(op: Bilinear) =
    interface IOperation<Two, One> with
        member _.Apply x = One(Tensor.Bilinear(op, x.A, x.B))

        member _.Pushforward(x, _, dx) =
            let ofA = if isNull dx.A then null else Tensor.Bilinear(op, dx.A, x.B)
            let ofB = if isNull dx.B then null else Tensor.Bilinear(op, x.A, dx.B)
            One(ElementwiseSlopes.Plus(ofA, ofB))

        member this.Pushforwards(level, x, y, dx) =
            match op with
            | :? MatrixProduct as op ->
                let ofA = if isNull dx.A then null else Tensor.Bilinear(op.Repeat(level.Directions, true), dx.A, x.B)
                let ofB = if isNull dx.B then null else Tensor.Bilinear(op.Repeat(level.Directions, false), x.A, dx.B)
                One(ElementwiseSlopes.Plus(ofA, ofB))
            | _ ->
                let operation = this :> IOperation<Two, One>
                let alone (dx: Tensor[]) = [| operation.Pushforward(x, y, Two(dx[0], dx[1])).Array |]
                One(Array.head (Directions.each level.Directions [| dx.A; dx.B |] alone))

        member _.Backpropagator(tape, arguments, x, _) =
            let slotA, slotB = Tensor.SlotOn(tape, arguments.A), Tensor.SlotOn(tape, arguments.B)
            BackpropagatorOfTwo(BilinearPullback(op, Kept.If(slotB >= 0, x.A), Kept.If(slotA >= 0, x.B)), slotA, slotB, tape.Arrays)

/// <summary>An operation that is written out in terms of tensors.</summary>
[<Struct; NoEquality; NoComparison>]
type internal WrittenOperation(op: Operation) =
    interface IOperation<Many, Many> with
        member _.Apply x = Many(Tensor.Apply(op.Below, x.Arrays))
        member _.Pushforward(x, y, dx) = Many(op.Pushforward(x.Arrays, y.Arrays, dx.Arrays))

        member _.Pushforwards(level, x, y, dx) =
            match op.Repeat level.Directions with
            | null ->
                let op = op
                Many(Directions.each level.Directions dx.Arrays (fun dx -> op.Pushforward(x.Arrays, y.Arrays, dx)))
            | repeated ->
                let zeros (x: Tensor) = Tensor.Uniform(0.0, Array.append [| level.Directions |] x.Dimensions)
                Many(repeated.Value(Array.map2 (fun x dx -> if isNull dx then zeros x else dx) x.Arrays dx.Arrays))

        member _.Backpropagator(tape, arguments, x, y) =
            let slots = arguments.Arrays |> Array.map (fun argument -> Tensor.SlotOn(tape, argument))
            let struct (op, keptX, keptY) = op.Keep(x.Arrays, y.Arrays)
            OperationBackpropagator(op, keptX, keptY, slots, tape.Arrays)

/// <summary>A rule of three arguments, which is rare enough to do without kernels for its slopes.</summary>
[<Sealed>]
type internal TernaryOperation<'R when 'R: struct and 'R :> ITernary>(rule: 'R) =
    inherit Operation(rule.Name)

    let slopes (x: Tensor[]) =
        [| (fun () -> rule.SlopeA<Tensor>(x[0], x[1], x[2]))
           (fun () -> rule.SlopeB<Tensor>(x[0], x[1], x[2]))
           (fun () -> rule.SlopeC<Tensor>(x[0], x[1], x[2])) |]

    override _.Value x = [| Tensor.Ternary(rule, x[0], x[1], x[2]) |]

    override _.Pushforward(x, y, dx) =
        let contributions =
            Array.map2 (fun slope dx -> if isNull dx then null else ElementwiseSlopes.Scale(slope (), dx, y[0].Dimensions)) (slopes x) dx
        [| Array.reduce (fun a b -> ElementwiseSlopes.Plus(a, b)) contributions |]

    override _.Pullback(x, y, yBar, needed) =
        slopes x
        |> Array.mapi (fun index slope ->
            if needed[index] then Tensor.SumTo(ElementwiseSlopes.Scale(slope (), yBar[0], y[0].Dimensions), x[index].Dimensions) else null)

/// <summary>The array of some numbers.</summary>
[<Struct; NoEquality; NoComparison>]
type internal StackOperation(shape: int[]) =
    interface IOperation<Numbers, One> with
        member _.Apply x = One(Tensor.OfReals(x.Items, shape))

        member _.Pushforward(_, _, dx) = One(Tensor.OfReals(dx.Items, shape).WithSupport(Tensor.Reached(Tensor(dx.Reached, shape, null))))

        member _.Pushforwards(level, _, _, dx) = One(Directions.ofNumbers level dx.Items shape)

        member _.Backpropagator(tape, arguments, _, _) =
            StackBackpropagator(arguments.Items |> Array.map (fun x -> if x.IsAt tape then Tape.Index x.Slot else -1), tape.Arrays)

/// <summary>The number at a position of an array.</summary>
[<Struct; NoEquality; NoComparison>]
type internal ElementOperation(position: int) =
    interface IOperation<One, Number> with
        member _.Apply x = Number(x.Array.ElementAt position, true)

        member _.Pushforward(_, _, dx) =
            let isReached = dx.Array.IsReached position
            Number((if isReached then dx.Array.ElementAt position else Real 0.0), isReached)

        member _.Pushforwards(level, _, y, dx) = Number(Directions.ofElement level y.Item dx.Array position, true)

        member _.Backpropagator(_, arguments, _, _) = ElementBackpropagator(arguments.Array.Dimensions, position, arguments.Array.Slot)
