namespace FuncAD

open System
open System.ComponentModel
open System.Diagnostics
open System.Collections.Immutable
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Text.Json
open System.Text.Json.Serialization
open FuncAD.Rules

/// <summary>An array was made of numbers whose level follows single numbers only (a Taylor series, a trace).</summary>
[<Sealed>]
type internal ArrayAtRuleLevelException() =
    inherit
        NotSupportedException(
            "FuncAD: an array was made from numbers that belong to a Taylor series, a traced program or a sampled tape, which follow single numbers only. "
            + "Differentiate with Diff, Jvp, Grad or Vjp instead of Taylor; in a function for Compile or Symbolic.Of, use Real[] instead of Tensor; "
            + "instead of Randomised.Grad, use Grad with Randomised.Linear and Randomised.Activation in the function."
        )

/// <summary>
/// A dense array of doubles of any rank, in row-major order, that can be differentiated. It is immutable, has the operators and the
/// elementary functions (elementwise, with NumPy's broadcasting), and takes part in every operator of FuncAD like a <c>Real</c>: both
/// modes, nested to any order, in any structure.
/// </summary>
/// <remarks>
/// Values are those of <c>double</c>; vectorised functions may differ from Math's in the last few bits. Domain errors give NaN or infinity.
/// An index gives a <c>Real</c>, and <c>Tensor.Stack</c> makes a tensor of them.
/// </remarks>
[<Sealed; AllowNullLiteral; JsonConverter(typeof<TensorJsonConverter>)>]
[<DebuggerDisplay("{DebuggerText,nq}"); DebuggerTypeProxy(typeof<TensorView>); TypeFormatterSource(typeof<TensorInNotebooks>)>]
type Tensor internal (elements: float[], shape: int[], node: ArrayNode, support: Tensor, slot: int) =
    // Equal elements (of a constant, or of the cotangent of a sum) are stored as one, until Elements is read.
    let mutable elements = elements
    let length = Shape.length shape

    internal new(elements, shape, node, support) = Tensor(elements, shape, node, support, -1)
    internal new(elements, shape, node) = Tensor(elements, shape, node, null, -1)

    member internal _.Dimensions = shape
    member internal _.Node = node

    /// One element if all are equal, otherwise all.
    member internal _.Compact = elements
    member internal _.IsUniform = elements.Length = 1 && length <> 1

    /// All elements in row-major order. The array must not be written.
    member internal _.Elements =
        if elements.Length <> length then
            let all = GC.AllocateUninitializedArray<float> length
            Array.Fill(all, elements[0])
            elements <- all
        elements

    /// <summary>The lengths of the axes; empty for a single number.</summary>
    member _.Shape: ImmutableArray<int> = ImmutableCollectionsMarshal.AsImmutableArray shape

    /// <summary>The number of axes.</summary>
    member _.Rank = shape.Length

    /// <summary>The number of elements.</summary>
    member _.Length = length

    /// <summary>The elements in row-major order as doubles, in a new array.</summary>
    /// <exception cref="T:System.InvalidOperationException">
    /// The tensor is being differentiated: its derivative would be lost. Write x.Value.ToArray() where that is meant.
    /// </exception>
    member x.ToArray() : float[] =
        x.RequirePlain "ToArray"
        if x.IsUniform then Array.create length elements[0] else Array.copy elements

    /// <summary>The elements in row-major order as doubles, without copying.</summary>
    /// <exception cref="T:System.InvalidOperationException">
    /// The tensor is being differentiated: its derivative would be lost. Write x.Value.AsSpan() where that is meant.
    /// </exception>
    member x.AsSpan() : ReadOnlySpan<float> =
        x.RequirePlain "AsSpan"
        ReadOnlySpan x.Elements

    /// Throws if the tensor belongs to a level that has not ended, whose derivatives doubles would lose.
    member internal x.RequirePlain(operation: string) : unit =
        if not (isNull node || isNull x.Live.Node) then PlainReading.refuse operation $"x.Value.{operation}()"

    /// <summary>The tensor's values as constants: what it is without derivatives.</summary>
    member x.Value: Tensor = if isNull node && isNull support then x else Tensor(elements, shape, null)

    // ---- Levels ----

    member internal x.Level: Level = if isNull node then null else node.Level
    member internal x.Primal: Tensor =
        if isNull node then x
        elif isNull node.Primal then Tensor(elements, shape, null, support)
        else node.Primal
    member internal _.Tangent: Tensor = (node :?> ArrayDual).Tangent

    /// The tangents in all directions, on a level of vector forward mode.
    member internal _.Tangents: Tensor = (node :?> ArrayBundle).Tangents

    /// The index of the cotangent of an array on a tape.
    member internal _.Slot: int = slot

    /// The array as operations see it: without the levels that have ended.
    member internal x.Live: Tensor =
        let mutable live = x
        while not (isNull live.Node) && live.Level.Ended do
            live <- live.Primal
        live

    member internal x.IsAt(level: Level) = not (isNull node) && Object.ReferenceEquals(node.Level, level)
    member internal x.Below(level: Level) = if x.IsAt level then x.Primal else x

    /// A tangent of null is a structural zero.
    static member internal OnForward(level: ForwardLevel, primal: Tensor, tangent: Tensor) : Tensor =
        if isNull tangent then
            primal
        else
            Tensor(primal.Compact, primal.Dimensions, ArrayDual(level, primal, tangent.Tracked), primal.Support)

    /// A new array of the tape. The arena keeps the elements of a small one. On a tape that has ended it is a constant.
    static member internal OnTape(tape: Tape, primal: Tensor) : Tensor =
        if tape.Ended then
            primal
        else
            if isNull tape.Arena then
                tape.Arena <- new ArrayArena()
                tape.PlainNode <- ArrayVariable(tape, null)
            let shape = primal.Dimensions
            if isNull primal.Node then
                let place = if ArrayArena.Takes primal.Length then tape.Arena.Keep(primal.Compact, primal.Length) else -1
                Tensor.OnTape(tape, primal.Compact, shape, place, primal.Support)
            else
                tape.IsNested <- true
                let slot = tape.Arena.Arrays.Add { Shape = shape; Place = -1 }
                Tensor(primal.Compact, shape, ArrayVariable(tape, primal), primal.Support, slot)

    /// An array that is plain below the tape, with its place in the arena.
    static member internal OnTape(tape: Tape, elements: float[], shape: int[], place: int, support: Tensor) : Tensor =
        Tensor(elements, shape, Unsafe.As<ArrayNode> tape.PlainNode, support, tape.Arena.Arrays.Add { Shape = shape; Place = place })

    /// Tangents of null are structural zeros in all directions.
    static member internal OnVector(level: VectorForward, primal: Tensor, tangents: Tensor) : Tensor =
        if isNull tangents then
            primal
        else
            Tensor(primal.Compact, primal.Dimensions, ArrayBundle(level, primal, tangents), primal.Support)

    static member internal OfConstant(value: float) = Tensor([| value |], [||], null)
    static member internal Uniform(value: float, shape: int[]) = Tensor([| value |], shape, null)

    static member internal Highest(arrays: Tensor[]) : Level =
        let mutable level: Level = null
        for x in arrays do
            level <- Real.Higher(level, x.Level)
        level

    /// The slot of an argument on the tape, -1 for one that is a constant there.
    static member internal SlotOn(tape: Tape, x: Tensor) = if x.IsAt tape then x.Slot else -1

    // ---- Structural zeros ----
    //
    // An element of a tangent or cotangent that has received no contribution is a structural zero. It is not the number 0 but the absence
    // of a number: it contributes nothing, even if the slope is infinite. For single numbers this follows from slots and levels; an array
    // of tangents or cotangents has an array of indicators beside it, its support. The support of every result follows from one rule: apply
    // the operation to the indicators.

    /// Null for an array of values: every element is a number. Otherwise 1 where an element was reached, 0 where it is a structural zero.
    member internal _.Support: Tensor = support

    /// True if an element is NaN. If the sum is finite, none is, and this is the fastest way to know it.
    member internal _.HasNaN = not (Double.IsFinite(TensorPrimitives.Sum(ReadOnlySpan elements))) && Array.exists Double.IsNaN elements

    /// True if no element is a structural zero.
    member internal _.IsWhole = isNull support || (support.Compact.Length = 1 && support.Compact[0] <> 0.0)

    member internal x.IsReached(position: int) =
        isNull support || support.Compact[if support.Compact.Length = 1 then 0 else position] <> 0.0

    /// The same array with another support. What the array is at lower levels gets the support as well.
    member internal x.WithSupport(support: Tensor) : Tensor =
        if Object.ReferenceEquals(x.Support, support) then
            x
        else
            let node: ArrayNode =
                match node with
                | :? ArrayDual -> ArrayDual(x.Level :?> ForwardLevel, x.Primal.WithSupport support, x.Tangent)
                | :? ArrayBundle -> ArrayBundle(x.Level :?> VectorForward, x.Primal.WithSupport support, x.Tangents)
                | :? ArrayVariable when not (isNull node.Primal) -> ArrayVariable(x.Level :?> Tape, x.Primal.WithSupport support)
                | node -> node
            Tensor(elements, shape, node, support, slot)

    /// The array as a tangent or cotangent. One without a support gets one that says that every element was reached.
    member internal x.Tracked: Tensor = if isNull support then x.WithSupport(Tensor.Uniform(1.0, shape)) else x

    /// The array as values: structural zeros become the number 0.
    member internal x.Untracked: Tensor = x.WithSupport null

    member internal x.Indicators: Tensor = if isNull support then Tensor.Uniform(1.0, shape) else support

    /// The marks of a product (see MarkedProduct): null if every element takes part.
    member internal x.Marks: float[] = if x.IsWhole then null else support.Elements

    /// An array of structural zeros.
    static member internal Nothing(shape: int[]) : Tensor = Tensor([| 0.0 |], shape, null, Tensor.Uniform(0.0, shape))

    /// A user's array as the direction of a derivative: elements that are the constant 0 are structural zeros, as for single numbers.
    member internal x.AsDirection: Tensor =
        let rec reached (x: Tensor) : Tensor =
            match x.Node with
            | null ->
                if not (ReadOnlySpan(x.Compact).Contains 0.0) then
                    Tensor.Uniform(1.0, x.Dimensions)
                else
                    Tensor(x.Compact |> Array.map (fun x -> if x = 0.0 then 0.0 else 1.0), x.Dimensions, null)
            | :? ArrayDual -> Tensor.Choice(Piecewise.Max(), reached x.Primal, x.Tangent.Indicators)
            | _ -> Tensor.Uniform(1.0, x.Dimensions)
        x.WithSupport(reached x)

    /// The indicators that belong to the result of an operation on indicators: 1 where the result is not 0.
    static member internal Reached(counts: Tensor) : Tensor =
        let counts' = counts.Compact
        if not (ReadOnlySpan(counts').Contains 0.0) then
            Tensor.Uniform(1.0, counts.Dimensions)
        else
            Tensor(counts' |> Array.map (fun count -> if count = 0.0 then 0.0 else 1.0), counts.Dimensions, null)

    /// An array whose elements are structural zeros where the support says so, whatever they are in x.
    static member internal Kept(x: Tensor, support: Tensor) : Tensor =
        if support.Compact.Length = 1 && support.Compact[0] <> 0.0 then
            x.WithSupport support
        else
            Tensor.Linear(Masked(support.Elements, true, x.Dimensions), x).WithSupport support

    /// Applies a rule to arrays that carry supports. Sums and products of structural zeros are structural zeros again; of other rules the
    /// result is an array of values.
    static member private Tracking<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Tensor, b: Tensor) : Tensor =
        let isSum = typeof<'R> = typeof<Arithmetic.Add> || typeof<'R> = typeof<Arithmetic.Subtract>
        let isProduct = typeof<'R> = typeof<Arithmetic.Multiply> || (typeof<'R> = typeof<Arithmetic.Divide> && isNull b.Support)
        let y = Tensor.Binary(rule, a.Untracked, b.Untracked)
        if isSum then
            let isWhole = a.IsWhole || b.IsWhole
            y.WithSupport(
                if isWhole then
                    Tensor.Uniform(1.0, y.Dimensions)
                else
                    Tensor.Reached(Tensor.Binary(Arithmetic.Add(), a.Indicators, b.Indicators))
            )
        elif isProduct then
            Tensor.Kept(
                y,
                (if a.IsWhole && b.IsWhole then
                     Tensor.Uniform(1.0, y.Dimensions)
                 else
                     Tensor.Binary(Arithmetic.Multiply(), a.Indicators, b.Indicators))
            )
        else
            y

    // ---- Operations ----
    //
    // Values and supports are computed here. If an argument belongs to a level, the level's mode lifts the operation (ArrayNodes.fs).

    /// An argument, which may not be null.
    static member internal Given(operation: string, x: Tensor) : Tensor =
        if isNull x then raise (ArgumentNullException(null, $"{operation}: a tensor is null."))
        x

    /// <summary>Applies a rule of one argument, element by element.</summary>
    static member internal Unary<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Tensor) : Tensor =
        let x = Tensor.Given(rule.Name, x).Live
        if not (isNull x.Support) then
            let y = Tensor.Unary(rule, x.Untracked)
            if typeof<'R> = typeof<Arithmetic.Negate> then y.WithSupport x.Support else y
        else
            match x.Level with
            | null ->
                let y = GC.AllocateUninitializedArray<float> x.Compact.Length
                Elementwise.Unary(rule, ReadOnlySpan x.Compact, Span y)
                Tensor(y, x.Dimensions, null)
            | level -> Lifting.Of(level).Unary(level, rule, x)

    /// <summary>Applies a rule of two arguments, element by element; shapes broadcast.</summary>
    static member internal Binary<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Tensor, b: Tensor) : Tensor =
        let a, b = Tensor.Given(rule.Name, a).Live, Tensor.Given(rule.Name, b).Live
        if not (isNull a.Support && isNull b.Support) then
            Tensor.Tracking(rule, a, b)
        else
            match Real.Higher(a.Level, b.Level) with
            | null -> Tensor.Zip(rule, a, b)
            | level -> Lifting.Of(level).Binary(level, rule, a, b)

    /// <summary>Applies a choice, element by element; shapes broadcast.</summary>
    static member internal Choice<'R when 'R: struct and 'R :> IChoice>(rule: 'R, a: Tensor, b: Tensor) : Tensor =
        let a, b = Tensor.Given(rule.Name, a).Live.Untracked, Tensor.Given(rule.Name, b).Live.Untracked
        match Real.Higher(a.Level, b.Level) with
        | null -> Tensor.Zip(rule, a, b)
        | level -> Lifting.Of(level).Choice(level, rule, a, b)

    /// <summary>Applies a rule of three arguments, element by element; shapes broadcast.</summary>
    static member internal Ternary<'R when 'R: struct and 'R :> ITernary>(rule: 'R, a: Tensor, b: Tensor, c: Tensor) : Tensor =
        let arguments = [| a; b; c |] |> Array.map (fun x -> Tensor.Given(rule.Name, x).Live.Untracked)
        match Tensor.Highest arguments with
        | null ->
            let shape = Shape.broadcast rule.Name (Shape.broadcast rule.Name a.Dimensions b.Dimensions) c.Dimensions
            let x = arguments |> Array.map (fun x -> Tensor.BroadcastTo(x, shape))
            let y = GC.AllocateUninitializedArray<float>(Shape.length shape)
            Elementwise.Ternary(rule, ReadOnlySpan x[0].Compact, ReadOnlySpan x[1].Compact, ReadOnlySpan x[2].Compact, Span y)
            Tensor(y, shape, null)
        | level -> Lifting.Of(level).Ternary(level, rule, arguments)

    /// <summary>Applies a piecewise constant function: the result is a constant.</summary>
    static member internal Step<'R when 'R: struct and 'R :> IStep>(rule: 'R, x: Tensor) : Tensor =
        let x = Tensor.Given(rule.Name, x)
        let y = GC.AllocateUninitializedArray<float> x.Compact.Length
        Elementwise.Unary(rule, ReadOnlySpan x.Compact, Span y)
        Tensor(y, x.Dimensions, null)

    /// <summary>Applies a linear operation.</summary>
    static member internal Linear(op: Linear, x: Tensor) : Tensor =
        let x = x.Live
        if not (isNull x.Support) then
            let y = Tensor.Linear(op, x.Untracked)
            y.WithSupport(
                if x.IsWhole && op.Covers then Tensor.Uniform(1.0, op.Result) else Tensor.Reached(Tensor.Linear(op, x.Indicators))
            )
        else
            match x.Level with
            | null when x.Compact.Length = 1 && op.KeepsUniform -> Tensor(x.Compact, op.Result, null)
            | null -> Tensor(op.Apply x.Elements, op.Result, null)
            | level -> Lifting.Of(level).Linear(level, op, x)

    /// <summary>Applies linear operations in turn.</summary>
    static member internal Through(operations: Linear[], x: Tensor) : Tensor = Array.fold (fun x op -> Tensor.Linear(op, x)) x operations

    /// <summary>Applies a product that is linear in each of two arguments.</summary>
    static member internal Bilinear(op: Bilinear, a: Tensor, b: Tensor) : Tensor =
        let a, b = a.Live, b.Live
        if not (isNull a.Support && isNull b.Support) then
            let y = Tensor.Bilinear(MarkedProduct.Of(op, a.Marks, b.Marks), a.Untracked, b.Untracked)
            y.WithSupport(
                if a.IsWhole && b.IsWhole && not (op :? MarkedProduct) then
                    Tensor.Uniform(1.0, op.Result)
                else
                    Tensor.Reached(Tensor.Bilinear(op, a.Indicators, b.Indicators))
            )
        else
            match Real.Higher(a.Level, b.Level) with
            | null -> Tensor(op.Apply(a.Elements, b.Elements), op.Result, null)
            | level -> Lifting.Of(level).Bilinear(level, op, a, b)

    /// <summary>Applies any other operation, with as many arguments and results as it has.</summary>
    static member internal Apply(op: Operation, arguments: Tensor[]) : Tensor[] =
        let arguments = arguments |> Array.map _.Live
        if arguments |> Array.exists (fun x -> not (isNull x.Support)) then
            let y = Tensor.Apply(op, arguments |> Array.map _.Untracked)
            if not op.IsLinear then
                y
            else
                Array.map2
                    (fun (y: Tensor) reached -> y.WithSupport(Tensor.Reached reached))
                    y
                    (op.Value(arguments |> Array.map _.Indicators))
        else
            match Tensor.Highest arguments with
            | null -> op.Value arguments
            | level -> Lifting.Of(level).Apply(level, op, arguments)

    /// The values of an elementwise operation on two constants.
    static member internal Zip<'R when 'R: struct and 'R :> IFunction2>(rule: 'R, a: Tensor, b: Tensor) : Tensor =
        let shape = Shape.broadcast rule.Name a.Dimensions b.Dimensions
        if a.Compact.Length = 1 && b.Compact.Length = 1 then
            let y = [| 0.0 |]
            Elementwise.Binary(rule, ReadOnlySpan a.Compact, ReadOnlySpan b.Compact, Span y)
            Tensor(y, shape, null)
        else
            let y = GC.AllocateUninitializedArray<float>(Shape.length shape)
            if Broadcast.IsOneRun(y.Length, a.Compact, b.Compact) then
                Elementwise.Binary(rule, ReadOnlySpan a.Compact, ReadOnlySpan b.Compact, Span y)
            else
                let runs = Broadcast(shape, a.Layout, b.Layout)
                if runs.IsShort then
                    ShortRuns.Binary(rule, runs, a.Compact, b.Compact, y)
                else
                    while runs.Next() do
                        Elementwise.Binary(
                            rule,
                            ReadOnlySpan(a.Compact, runs.StartA, runs.LengthA),
                            ReadOnlySpan(b.Compact, runs.StartB, runs.LengthB),
                            Span(y, runs.Start, runs.Length)
                        )
            Tensor(y, shape, null)

    /// The shape with which kernels read an array: no axes where one number stands for all.
    member internal x.Layout = if x.Compact.Length = 1 then [||] else x.Dimensions

    static member internal BroadcastTo(x: Tensor, shape: int[]) : Tensor =
        if Shape.areEqual x.Dimensions shape then
            x
        else
            Tensor.Linear(View("broadcastTo", x.Dimensions, StridedView(0, Shape.broadcastStrides x.Dimensions shape, shape)), x)

    /// The adjoint of broadcasting: the sum over the axes that were repeated.
    static member internal SumTo(x: Tensor, shape: int[]) : Tensor =
        if Shape.areEqual x.Dimensions shape then
            x
        else
            Tensor.Linear(Unview("sumTo", shape, StridedView(0, Shape.broadcastStrides shape x.Dimensions, x.Dimensions), true), x)

    interface ICarrier<Tensor> with
        static member Constant value = Tensor.OfConstant value
        static member Add(a, b) = Tensor.Binary(Arithmetic.Add(), a, b)
        static member Subtract(a, b) = Tensor.Binary(Arithmetic.Subtract(), a, b)
        static member Multiply(a, b) = Tensor.Binary(Arithmetic.Multiply(), a, b)
        static member Divide(a, b) = Tensor.Binary(Arithmetic.Divide(), a, b)
        static member Negate a = Tensor.Unary(Arithmetic.Negate(), a)
        static member Unary(rule, x) = Tensor.Unary(rule, x)
        static member Binary(rule, a, b) = Tensor.Binary(rule, a, b)
        static member Step(rule, x) = Tensor.Step(rule, x)
        static member Choice(rule, a, b) = Tensor.Choice(rule, a, b)

    // ---- Between numbers and arrays ----

    /// Numbers as an array of a given shape.
    static member internal OfReals(numbers: Real[], shape: int[]) : Tensor =
        let numbers = numbers |> Array.map _.Live
        let mutable level: Level = null
        for x in numbers do
            level <- Real.Higher(level, x.Level)
        match level with
        | null -> Tensor(numbers |> Array.map _.value, shape, null)
        | level -> Lifting.Of(level).Stack(level, numbers, shape)

    /// The element at a position in row-major order.
    member internal x.ElementAt(position: int) : Real =
        let x = x.Live
        match x.Level with
        | null -> Real(if x.Compact.Length = 1 then x.Compact[0] else x.Compact[position])
        | level -> Lifting.Of(level).Element(level, x, position)

    /// <summary>A number as a tensor of no axes.</summary>
    static member Of(x: Real) : Tensor = if isNull x.node then Tensor.OfConstant x.value else Tensor.OfReals([| x |], [||])

    /// <summary>The one number of a tensor that holds just one.</summary>
    /// <exception cref="T:System.ArgumentException">It holds more or fewer.</exception>
    member x.ToReal() : Real =
        if length <> 1 then
            Shape.fail
                "ToReal"
                $"expected a tensor with one element, got the shape {Shape.text shape}. Use an index, or a reduction such as Sum."
        x.ElementAt 0

    member private x.Position(indices: int[]) : int =
        if indices.Length <> shape.Length then
            Shape.fail
                "Tensor index"
                $"expected {shape.Length} indices for the shape {Shape.text shape}, got {indices.Length}. A slice such as t[0, ..] gives a row."
        let mutable position = 0
        for axis = 0 to shape.Length - 1 do
            position <- position * shape[axis] + Shape.index "Tensor index" shape axis indices[axis]
        position

    /// <summary>An element of a vector; an index below 0 counts from the end. Its derivative is the element's.</summary>
    member x.Item
        with get (i: int): Real = x.ElementAt(x.Position [| i |])

    /// <summary>An element of a vector, counted from either end.</summary>
    member x.Item
        with get (i: Index): Real = x.ElementAt(x.Position [| (if i.IsFromEnd then -i.Value else i.Value) |])

    /// <summary>An element of a matrix.</summary>
    member x.Item
        with get (i: int, j: int): Real = x.ElementAt(x.Position [| i; j |])

    /// <summary>An element of a tensor with three axes.</summary>
    member x.Item
        with get (i: int, j: int, k: int): Real = x.ElementAt(x.Position [| i; j; k |])

    /// <summary>An element, by an index for each axis.</summary>
    member x.Item
        with get ([<ParamArray>] indices: int[]): Real = x.ElementAt(x.Position indices)

    /// <summary>
    /// A part, by an index or a range for each axis from the first on: <c>t[1..3, ..]</c>, <c>t[0, ..]</c>. An index removes its axis.
    /// </summary>
    member x.Item
        with get ([<ParamArray>] slices: Slice[]): Tensor =
            let view = Slice.View("Tensor slice", shape, slices)
            Tensor.Linear(View("slice", shape, view), x)

    // ---- Operators ----

    static member (+)(a: Tensor, b: Tensor) : Tensor = Tensor.Binary(Arithmetic.Add(), a, b)
    static member (+)(a: Tensor, b: Real) : Tensor = a + Tensor.Of b
    static member (+)(a: Real, b: Tensor) : Tensor = Tensor.Of a + b
    static member (+)(a: Tensor, b: float) : Tensor = a + Tensor.OfConstant b
    static member (+)(a: float, b: Tensor) : Tensor = Tensor.OfConstant a + b
    static member (-)(a: Tensor, b: Tensor) : Tensor = Tensor.Binary(Arithmetic.Subtract(), a, b)
    static member (-)(a: Tensor, b: Real) : Tensor = a - Tensor.Of b
    static member (-)(a: Real, b: Tensor) : Tensor = Tensor.Of a - b
    static member (-)(a: Tensor, b: float) : Tensor = a - Tensor.OfConstant b
    static member (-)(a: float, b: Tensor) : Tensor = Tensor.OfConstant a - b
    static member (*)(a: Tensor, b: Tensor) : Tensor = Tensor.Binary(Arithmetic.Multiply(), a, b)
    static member (*)(a: Tensor, b: Real) : Tensor = a * Tensor.Of b
    static member (*)(a: Real, b: Tensor) : Tensor = Tensor.Of a * b
    static member (*)(a: Tensor, b: float) : Tensor = a * Tensor.OfConstant b
    static member (*)(a: float, b: Tensor) : Tensor = Tensor.OfConstant a * b
    static member (/)(a: Tensor, b: Tensor) : Tensor = Tensor.Binary(Arithmetic.Divide(), a, b)
    static member (/)(a: Tensor, b: Real) : Tensor = a / Tensor.Of b
    static member (/)(a: Real, b: Tensor) : Tensor = Tensor.Of a / b
    static member (/)(a: Tensor, b: float) : Tensor = a / Tensor.OfConstant b
    static member (/)(a: float, b: Tensor) : Tensor = Tensor.OfConstant a / b
    static member (%)(a: Tensor, b: Tensor) : Tensor = Tensor.Binary(Arithmetic.Remainder(), a, b)
    static member (%)(a: Tensor, b: Real) : Tensor = a % Tensor.Of b
    static member (%)(a: Real, b: Tensor) : Tensor = Tensor.Of a % b
    static member (%)(a: Tensor, b: float) : Tensor = a % Tensor.OfConstant b
    static member (%)(a: float, b: Tensor) : Tensor = Tensor.OfConstant a % b
    // As those of Real: F# does not widen an int for an operator.
    static member (+)(a: Tensor, b: int) : Tensor = a + Tensor.OfConstant(float b)
    static member (+)(a: int, b: Tensor) : Tensor = Tensor.OfConstant(float a) + b
    static member (-)(a: Tensor, b: int) : Tensor = a - Tensor.OfConstant(float b)
    static member (-)(a: int, b: Tensor) : Tensor = Tensor.OfConstant(float a) - b
    static member (*)(a: Tensor, b: int) : Tensor = a * Tensor.OfConstant(float b)
    static member (*)(a: int, b: Tensor) : Tensor = Tensor.OfConstant(float a) * b
    static member (/)(a: Tensor, b: int) : Tensor = a / Tensor.OfConstant(float b)
    static member (/)(a: int, b: Tensor) : Tensor = Tensor.OfConstant(float a) / b
    static member (%)(a: Tensor, b: int) : Tensor = a % Tensor.OfConstant(float b)
    static member (%)(a: int, b: Tensor) : Tensor = Tensor.OfConstant(float a) % b
    static member (~-)(x: Tensor) : Tensor = Tensor.Unary(Arithmetic.Negate(), x)
    static member (~+)(x: Tensor) : Tensor = Tensor.Given("plus", x)

    // ---- Functions, element by element, named as Real and double name them; the rules are the table's ----

    /// <summary>The square root; derivative 1/(2 sqrt x), +infinity at 0.</summary>
    static member Sqrt(x: Tensor) : Tensor = Tensor.Unary(Powers.Sqrt(), x)

    /// <summary>The cube root; derivative 1/(3 y^2), +infinity at 0.</summary>
    static member Cbrt(x: Tensor) : Tensor = Tensor.Unary(Powers.Cbrt(), x)

    /// <summary>e^x; its own derivative.</summary>
    static member Exp(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Exp(), x)

    /// <summary>2^x; derivative 2^x log 2.</summary>
    static member Exp2(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Exp2(), x)

    /// <summary>10^x; derivative 10^x log 10.</summary>
    static member Exp10(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Exp10(), x)

    /// <summary>e^x - 1, accurate for tiny x (double.ExpM1 is not); derivative e^x.</summary>
    static member ExpM1(x: Tensor) : Tensor = Tensor.Unary(Exponentials.ExpM1(), x)

    /// <summary>2^x - 1, accurate for tiny x; derivative 2^x log 2.</summary>
    static member Exp2M1(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Exp2M1(), x)

    /// <summary>10^x - 1, accurate for tiny x; derivative 10^x log 10.</summary>
    static member Exp10M1(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Exp10M1(), x)

    /// <summary>The natural logarithm; derivative 1/x.</summary>
    static member Log(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Log(), x)

    /// <summary>The logarithm to the base 2; derivative 1/(x log 2).</summary>
    static member Log2(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Log2(), x)

    /// <summary>The logarithm to the base 10; derivative 1/(x log 10).</summary>
    static member Log10(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Log10(), x)

    /// <summary>log(1 + x), accurate for tiny x (double.LogP1 is not); derivative 1/(1 + x).</summary>
    static member LogP1(x: Tensor) : Tensor = Tensor.Unary(Exponentials.LogP1(), x)

    /// <summary>log2(1 + x), accurate for tiny x.</summary>
    static member Log2P1(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Log2P1(), x)

    /// <summary>log10(1 + x), accurate for tiny x.</summary>
    static member Log10P1(x: Tensor) : Tensor = Tensor.Unary(Exponentials.Log10P1(), x)

    /// <summary>The sine; derivative cos x.</summary>
    static member Sin(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.Sin(), x)

    /// <summary>The cosine; derivative -sin x.</summary>
    static member Cos(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.Cos(), x)

    /// <summary>The tangent; derivative 1 + y^2.</summary>
    static member Tan(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.Tan(), x)

    /// <summary>sin(pi x), exact at half turns; derivative pi cos(pi x).</summary>
    static member SinPi(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.SinPi(), x)

    /// <summary>cos(pi x), exact at half turns; derivative -pi sin(pi x).</summary>
    static member CosPi(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.CosPi(), x)

    /// <summary>tan(pi x); derivative pi (1 + y^2).</summary>
    static member TanPi(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.TanPi(), x)

    /// <summary>The inverse sine; derivative 1/sqrt(1 - x^2), +infinity at -1 and 1.</summary>
    static member Asin(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.Asin(), x)

    /// <summary>The inverse cosine; derivative -1/sqrt(1 - x^2), -infinity at -1 and 1.</summary>
    static member Acos(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.Acos(), x)

    /// <summary>The inverse tangent; derivative 1/(1 + x^2).</summary>
    static member Atan(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.Atan(), x)

    /// <summary>arcsin(x)/pi.</summary>
    static member AsinPi(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.AsinPi(), x)

    /// <summary>arccos(x)/pi.</summary>
    static member AcosPi(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.AcosPi(), x)

    /// <summary>arctan(x)/pi.</summary>
    static member AtanPi(x: Tensor) : Tensor = Tensor.Unary(Trigonometry.AtanPi(), x)

    /// <summary>The hyperbolic sine; derivative cosh x.</summary>
    static member Sinh(x: Tensor) : Tensor = Tensor.Unary(Hyperbolics.Sinh(), x)

    /// <summary>The hyperbolic cosine; derivative sinh x.</summary>
    static member Cosh(x: Tensor) : Tensor = Tensor.Unary(Hyperbolics.Cosh(), x)

    /// <summary>The hyperbolic tangent; derivative 1/cosh^2 x, which does not cancel for large x.</summary>
    static member Tanh(x: Tensor) : Tensor = Tensor.Unary(Hyperbolics.Tanh(), x)

    /// <summary>The inverse hyperbolic sine; derivative 1/sqrt(1 + x^2).</summary>
    static member Asinh(x: Tensor) : Tensor = Tensor.Unary(Hyperbolics.Asinh(), x)

    /// <summary>The inverse hyperbolic cosine; derivative 1/sqrt(x^2 - 1), +infinity at 1.</summary>
    static member Acosh(x: Tensor) : Tensor = Tensor.Unary(Hyperbolics.Acosh(), x)

    /// <summary>The inverse hyperbolic tangent; derivative 1/(1 - x^2), +infinity at -1 and 1.</summary>
    static member Atanh(x: Tensor) : Tensor = Tensor.Unary(Hyperbolics.Atanh(), x)

    /// <summary>|x|; derivative sign(x), 0 at 0.</summary>
    static member Abs(x: Tensor) : Tensor = Tensor.Unary(Piecewise.Abs(), x)

    /// <summary>sqrt(a^2 + b^2) without overflow; derivative 0 at the origin.</summary>
    static member Hypot(a: Tensor, b: Tensor) : Tensor = Tensor.Binary(Powers.Hypot(), a, b)

    /// <summary>The angle of the point (x, y); derivatives x/(x^2 + y^2) and -y/(x^2 + y^2), NaN at the origin.</summary>
    static member Atan2(y: Tensor, x: Tensor) : Tensor = Tensor.Binary(Trigonometry.Atan2(), y, x)

    /// <summary>x^n for a whole number n, exact at 0 and for negative x; derivative n x^(n - 1), and 0 everywhere for n = 0.</summary>
    static member Pow(x: Tensor, n: int) : Tensor = Tensor.Unary(Powers.Power(float n), x)

    /// <summary>x^c for a constant c; derivative c x^(c - 1).</summary>
    static member Pow(x: Tensor, c: float) : Tensor = Tensor.Unary(Powers.Power c, x)

    /// <summary>The n-th root; derivative y^(1 - n) / n.</summary>
    static member RootN(x: Tensor, n: int) : Tensor = Tensor.Unary(Powers.RootN n, x)

    /// <summary>The logarithm of x to a base.</summary>
    static member Log(x: Tensor, newBase: Tensor) : Tensor = Tensor.Binary(Exponentials.LogBase(), x, newBase)

    /// <summary>a b + c, rounded once.</summary>
    static member FusedMultiplyAdd(a: Tensor, b: Tensor, c: Tensor) : Tensor = Tensor.Ternary(Arithmetic.FusedMultiplyAdd(), a, b, c)

    /// <summary>The largest whole number not above x; slope 0 everywhere.</summary>
    static member Floor(x: Tensor) : Tensor = Tensor.Step(Piecewise.Floor(), x)

    /// <summary>The smallest whole number not below x; slope 0 everywhere.</summary>
    static member Ceiling(x: Tensor) : Tensor = Tensor.Step(Piecewise.Ceiling(), x)

    /// <summary>x without its fraction; slope 0 everywhere.</summary>
    static member Truncate(x: Tensor) : Tensor = Tensor.Step(Arithmetic.Truncate(), x)

    /// <summary>The larger number, NaN if one is NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member Max(a: Tensor, b: Tensor) : Tensor = Tensor.Choice(Piecewise.Max(), a, b)

    /// <summary>The larger of each element and a number, as Max of two tensors.</summary>
    static member Max(a: Tensor, b: Real) : Tensor = Tensor.Max(a, Tensor.Of b)

    /// <summary>The larger of a number and each element, as Max of two tensors.</summary>
    static member Max(a: Real, b: Tensor) : Tensor = Tensor.Max(Tensor.Of a, b)

    /// <summary>The smaller number, NaN if one is NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member Min(a: Tensor, b: Tensor) : Tensor = Tensor.Choice(Piecewise.Min(), a, b)

    /// <summary>The smaller of each element and a number, as Min of two tensors.</summary>
    static member Min(a: Tensor, b: Real) : Tensor = Tensor.Min(a, Tensor.Of b)

    /// <summary>The smaller of a number and each element, as Min of two tensors.</summary>
    static member Min(a: Real, b: Tensor) : Tensor = Tensor.Min(Tensor.Of a, b)

    /// <summary>x^y, elementwise; derivatives y x^(y - 1) and x^y log x, the latter 0 at x = 0 for y > 0.</summary>
    static member Pow(x: Tensor, y: Tensor) : Tensor =
        let rec constant (y: Tensor) =
            match y.Node with
            | :? ArrayDual as dual when not (ReadOnlySpan(dual.Tangent.Support.Compact).ContainsAnyExcept 0.0) -> constant dual.Primal.Live
            | _ -> y
        // An exponent whose tangent is a structural zero counts as a constant: only powers with constant exponents have derivatives that
        // vanish from some order on.
        let x, y = Tensor.Given("pow", x), constant (Tensor.Given("pow", y).Live)
        if isNull y.Node && y.Compact.Length = 1 && Shape.areEqual (Shape.broadcast "pow" x.Dimensions y.Dimensions) x.Dimensions then
            Tensor.Unary(Powers.Power y.Compact[0], x)
        else
            Tensor.Binary(Powers.PowerLog 0, x, y)

    /// <summary>x rounded to the nearest whole number, half to even; slope 0 everywhere.</summary>
    static member Round(x: Tensor) : Tensor = Tensor.Step(Arithmetic.RoundToEven(), x)

    /// <summary>-1, 0 or 1, and NaN for NaN; slope 0 everywhere.</summary>
    static member Sign(x: Tensor) : Tensor = Tensor.Step(Piecewise.Sign(), x)

    /// <summary>x, no lower than low and no higher than high: min(max(x, low), high); at a bound half the slope goes to each.</summary>
    /// <exception cref="T:System.ArgumentException">A low bound is above its high bound.</exception>
    static member Clamp(x: Tensor, low: Tensor, high: Tensor) : Tensor =
        let low, high = Tensor.Given("clamp", low), Tensor.Given("clamp", high)
        let shape = Shape.broadcast "clamp" low.Dimensions high.Dimensions
        let lows, highs = Tensor.BroadcastTo(low.Value, shape).Compact, Tensor.BroadcastTo(high.Value, shape).Compact
        for index = 0 to (if Shape.length shape = 0 then 0 else max lows.Length highs.Length) - 1 do
            let low, high = lows[if lows.Length = 1 then 0 else index], highs[if highs.Length = 1 then 0 else index]
            if low > high then Shape.fail "clamp" $"the low bound {low} is above the high bound {high}."
        Tensor.Min(Tensor.Max(x, low), high)

    /// <summary>Each element, no lower than low and no higher than high; at a bound half the slope goes to each.</summary>
    static member Clamp(x: Tensor, low: Real, high: Real) : Tensor = Tensor.Clamp(x, Tensor.Of low, Tensor.Of high)

    // ---- Equality and text: those of the values ----

    /// <summary>Tells whether shapes and values are equal, as double does (NaN equals NaN); derivatives do not count.</summary>
    member x.Equals(other: Tensor) : bool =
        not (isNull other)
        && Shape.areEqual shape other.Dimensions
        && (let mutable i = 0
            let a, b = x.Elements, other.Elements
            while i < length && a[i].Equals b[i] do
                i <- i + 1
            i = length)

    override x.Equals(other: obj) =
        match other with
        | :? Tensor as other -> x.Equals other
        | _ -> false

    override x.GetHashCode() =
        let mutable hash = HashCode()
        for extent in shape do
            hash.Add extent
        for index in 0 .. max 1 (length / 16) .. length - 1 do
            hash.Add(if elements.Length = 1 then elements[0] else elements[index])
        hash.ToHashCode()

    static member op_Equality(a: Tensor, b: Tensor) : bool = if isNull a then isNull b else a.Equals b
    static member op_Inequality(a: Tensor, b: Tensor) : bool = not (Tensor.op_Equality (a, b))

    /// <summary>The values in rows, aligned; a long tensor shows its ends and its shape.</summary>
    override _.ToString() = Format.array elements shape

    /// The shape and the first elements on one line, and whether and how the tensor is being differentiated.
    member internal x.DebuggerText: string = Format.line elements shape + Real.ModeText x.Level

    interface IEquatable<Tensor> with
        member x.Equals other = x.Equals other

/// <summary>What a debugger shows of a tensor that is opened.</summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] TensorView(x: Tensor) =
    /// <summary>The lengths of the axes.</summary>
    member _.Shape: int[] = Array.copy x.Dimensions

    /// <summary>The values in row-major order.</summary>
    member _.Elements: float[] = x.Value.ToArray()

    /// <summary>Whether it is being differentiated.</summary>
    member _.IsDifferentiated: bool = not (isNull x.Node || x.Level.Ended)

/// <summary>A tensor in notebooks: a table for each matrix, folded where there are many elements.</summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] TensorInNotebooks() =
    inherit
        NotebookSource(
            "text/html",
            (fun value ->
                let x = value :?> Tensor
                Format.html x.Compact x.Dimensions (Real.ModeText x.Level))
        )

/// <summary>
/// A tensor in JSON, bit for bit: an object with its Shape and its Elements in row-major order. One that is being differentiated is
/// refused. System.Text.Json finds the converter by itself.
/// </summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] TensorJsonConverter() =
    inherit JsonConverter<Tensor>()

    static let named (options: JsonSerializerOptions) (name: string) =
        match options.PropertyNamingPolicy with
        | null -> name
        | policy -> policy.ConvertName name

    static let refuse (got: string) : 'a =
        raise (JsonRefusal $"A Tensor is an object with a Shape and as many Elements as it has; got {got}.")

    static member private Lengths(reader: byref<Utf8JsonReader>) : int[] =
        if reader.TokenType <> JsonTokenType.StartArray then refuse $"{JsonNumber.Describe &reader} as Shape"
        let lengths = ResizeArray<int>()
        while reader.Read() && reader.TokenType <> JsonTokenType.EndArray do
            let mutable length = 0
            if reader.TokenType <> JsonTokenType.Number || not (reader.TryGetInt32 &length) || length < 0 then
                refuse $"a length Shape[{lengths.Count}] that is no number 0, 1, 2, ..."
            lengths.Add length
        lengths.ToArray()

    static member private Numbers(reader: byref<Utf8JsonReader>, options: JsonSerializerOptions) : float[] =
        if reader.TokenType <> JsonTokenType.StartArray then refuse $"{JsonNumber.Describe &reader} as Elements"
        let numbers = ResizeArray<float>()
        while reader.Read() && reader.TokenType <> JsonTokenType.EndArray do
            numbers.Add(JsonNumber.Read(&reader, options, $"Elements[{numbers.Count}] of a Tensor"))
        numbers.ToArray()

    /// <summary>Reads a tensor. Members with other names are passed over.</summary>
    /// <exception cref="T:System.Text.Json.JsonException">It is no tensor; the message says why, and names the place.</exception>
    override _.Read(reader, typeToConvert, options) =
        if reader.TokenType <> JsonTokenType.StartObject then refuse (JsonNumber.Describe &reader)
        let comparison = if options.PropertyNameCaseInsensitive then StringComparison.OrdinalIgnoreCase else StringComparison.Ordinal
        let shapeName, elementsName = named options "Shape", named options "Elements"
        let mutable shape: int[] = null
        let mutable elements: float[] = null
        while reader.Read() && reader.TokenType <> JsonTokenType.EndObject do
            let name = reader.GetString()
            reader.Read() |> ignore
            if String.Equals(name, shapeName, comparison) then shape <- TensorJsonConverter.Lengths &reader
            elif String.Equals(name, elementsName, comparison) then elements <- TensorJsonConverter.Numbers(&reader, options)
            else reader.Skip()
        if isNull shape then refuse $"an object without {shapeName}"
        if isNull elements then refuse $"an object without {elementsName}"
        // as doubles, where the product of any lengths is defined
        if shape |> Array.fold (fun product length -> product * float length) 1.0 <> float elements.Length then
            refuse $"{elements.Length} elements for the shape {Shape.text shape}"
        Tensor(elements, shape, null)

    /// <summary>Writes a tensor.</summary>
    /// <exception cref="T:System.InvalidOperationException">The tensor is being differentiated.</exception>
    override _.Write(writer, x, options) =
        if not (isNull x.Live.Node) then PlainReading.refuse "writing JSON" "x.Value"
        writer.WriteStartObject()
        writer.WriteStartArray(named options "Shape")
        for length in x.Dimensions do
            writer.WriteNumberValue length
        writer.WriteEndArray()
        writer.WriteStartArray(named options "Elements")
        for index in 0 .. x.Length - 1 do
            JsonNumber.Write(writer, (if x.IsUniform then x.Compact[0] else x.Compact[index]), options)
        writer.WriteEndArray()
        writer.WriteEndObject()

/// <summary>What an array carries beside its elements at a level.</summary>
and [<AbstractClass; AllowNullLiteral>] internal ArrayNode(level: Level, primal: Tensor) =
    member _.Level = level

    /// Null where the primal is the constant of the same elements.
    member _.Primal = primal

/// <summary>A dual array: its tangent has the primal's shape.</summary>
and [<Sealed; AllowNullLiteral>] internal ArrayDual(level: ForwardLevel, primal: Tensor, tangent: Tensor) =
    inherit ArrayNode(level, primal)
    member _.Tangent = tangent

/// <summary>An array with its tangents in several directions, which have an axis of directions before those of the primal.</summary>
and [<Sealed; AllowNullLiteral>] internal ArrayBundle(level: VectorForward, primal: Tensor, tangents: Tensor) =
    inherit ArrayNode(level, primal)
    member _.Tangents = tangents

/// <summary>
/// An array on a tape; the tensor has the index of its cotangent. All arrays that are plain below the tape share one, whose primal is null.
/// </summary>
and [<Sealed; AllowNullLiteral>] internal ArrayVariable(tape: Tape, primal: Tensor) =
    inherit ArrayNode(tape, primal)

/// <summary>
/// A differentiable operation on arrays that is neither a rule of the table nor linear nor a product. Its pushforward and pullback are
/// written out in terms of tensors, so that they nest.
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal Operation(name: string) =
    member _.Name = name

    /// The results for constants.
    abstract Value: x: Tensor[] -> Tensor[]

    /// True where the results are linear in all arguments together and hold nothing but their elements and sums of them.
    abstract IsLinear: bool
    default _.IsLinear = false

    /// A linear operation on each of some arguments, which are one with an axis in front; null where one goes after the other.
    abstract Repeat: count: int -> Operation
    default _.Repeat _ = null

    /// The tangents of the results. Null is a structural zero, in dx (where not all are null) and in the result.
    abstract Pushforward: x: Tensor[] * y: Tensor[] * dx: Tensor[] -> Tensor[]

    /// The operation that a level applies to its arguments as seen from below: itself, but for a random one, whose draws at different
    /// levels must be independent.
    abstract Below: Operation
    default op.Below = op

    /// What the tape keeps for the pullback: the operation whose pullback it is, and in the place of the arguments and results what that
    /// needs of them. By default this one and all of them.
    abstract Keep: x: Tensor[] * y: Tensor[] -> struct (Operation * Tensor[] * Tensor[])
    default op.Keep(x, y) = struct (op, x, y)

    /// The contributions to the arguments, from what has been kept. Null is a structural zero, in yBar (where not all are null) and in the
    /// result. Contributions that are not needed are ignored.
    abstract Pullback: x: Tensor[] * y: Tensor[] * yBar: Tensor[] * needed: bool[] -> Tensor[]

/// <summary>
/// How a mode lifts operations on arrays. At least one argument belongs to the level, and none carries a support. The operators of an array
/// call this class, and the operations behind it need the operators: it is abstract so that these and the modes can be in later files
/// (ArrayNodes.fs). A level holds the lifting of its mode.
/// </summary>
and [<AbstractClass>] internal Lifting() =
    inherit ArrayMode()
    abstract Unary<'R when 'R: struct and 'R :> IUnary> : level: Level * rule: 'R * x: Tensor -> Tensor
    abstract Binary<'R when 'R: struct and 'R :> IBinary> : level: Level * rule: 'R * a: Tensor * b: Tensor -> Tensor
    abstract Choice<'R when 'R: struct and 'R :> IChoice> : level: Level * rule: 'R * a: Tensor * b: Tensor -> Tensor
    abstract Ternary<'R when 'R: struct and 'R :> ITernary> : level: Level * rule: 'R * arguments: Tensor[] -> Tensor
    abstract Linear: level: Level * op: Linear * x: Tensor -> Tensor
    abstract Bilinear: level: Level * op: Bilinear * a: Tensor * b: Tensor -> Tensor
    abstract Apply: level: Level * op: Operation * arguments: Tensor[] -> Tensor[]

    /// The array of some numbers.
    abstract Stack: level: Level * numbers: Real[] * shape: int[] -> Tensor

    /// The number at a position of an array.
    abstract Element: level: Level * x: Tensor * position: int -> Real

    /// The lifting of the level's mode. Levels without one follow single numbers only.
    static member Of(level: Level) : Lifting =
        match level.Arrays with
        | null ->
            match level with
            | :? PlainLevel as level -> level.Refuse()
            | level ->
                (level :?> RuleLevel).IsRefused <- true
                raise (ArrayAtRuleLevelException())
        | arrays -> Unsafe.As<Lifting> arrays // the only derived class
