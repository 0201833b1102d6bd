namespace FuncAD

open System
open System.Buffers
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open FuncAD.Rules

/// <summary>
/// A number with its tangents in some directions, as a carrier: forward mode on plain numbers, a direction in each double of 'V (one in
/// <c>PlainDouble</c>, several in lanes). What depends on no direction is known to be a constant, so that its tangents are structural
/// zeros.
/// </summary>
[<Struct>]
type internal Bundle<'V when 'V: struct and 'V :> ICarrier<'V>> =
    val Value: float
    val Tangents: 'V
    val IsConstant: bool

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(value) = { Value = value; Tangents = 'V.Constant 0.0; IsConstant = true }

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(value, tangents) = { Value = value; Tangents = tangents; IsConstant = false }

    /// The tangents' contribution to those of a result with this slope.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member x.By(slope: float) : 'V = 'V.Multiply('V.Constant slope, x.Tangents)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Unary<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Bundle<'V>) : Bundle<'V> =
        let y = rule.Value x.Value
        if x.IsConstant then Bundle y else Bundle(y, x.By(PlainDouble.Slope(rule, x.Value, y)))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Binary<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Bundle<'V>, b: Bundle<'V>) : Bundle<'V> =
        let y = rule.Value(a.Value, b.Value)
        if a.IsConstant then
            if b.IsConstant then Bundle y else Bundle(y, b.By(PlainDouble.SlopeB(rule, a.Value, b.Value, y)))
        elif b.IsConstant then
            Bundle(y, a.By(PlainDouble.SlopeA(rule, a.Value, b.Value, y)))
        else
            Bundle(y, 'V.Add(a.By(PlainDouble.SlopeA(rule, a.Value, b.Value, y)), b.By(PlainDouble.SlopeB(rule, a.Value, b.Value, y))))

    interface ICarrier<Bundle<'V>> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Constant value = Bundle value
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Bundle<'V>.Binary(Arithmetic.Add(), a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Subtract(a, b) = Bundle<'V>.Binary(Arithmetic.Subtract(), a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a, b) = Bundle<'V>.Binary(Arithmetic.Multiply(), a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Divide(a, b) = Bundle<'V>.Binary(Arithmetic.Divide(), a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Negate x = Bundle<'V>.Unary(Arithmetic.Negate(), x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Unary(rule, x) = Bundle<'V>.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Binary(rule, a, b) = Bundle<'V>.Binary(rule, a, b)
        static member Step(rule, x) = Bundle(rule.Value x.Value)
        static member Choice(rule, a, b) =
            let y = rule.Value(a.Value, b.Value)
            match Comparisons.share a.Value b.Value y with
            | 0.5 -> Bundle<'V>.Binary(Piecewise.Tie y, a, b)
            | 1.0 -> a
            | _ -> b

/// <summary>A rule whose slope is a function of <c>Real</c>, so that only <c>Real</c> can give the slope's tangents.</summary>
type internal IOnReals = interface end

/// <summary>What a slot of a dual tape has beside its frame: the tangents of its value and, where they have any, of the two
/// slopes.</summary>
[<Struct>]
type internal SlotTangents<'V> =
    val mutable OfValue: 'V
    val mutable OfSlopeA: 'V
    val mutable OfSlopeB: 'V

/// <summary>
/// Forward over reverse mode in one level, for functions of plain numbers: a tape whose values and slopes have tangents, in some directions
/// at once. For each direction it performs the same operations in the same order as a level of reverse mode inside one of forward mode, but
/// without an object for each number. Cotangents without a contribution are -0, as in the sweep over doubles; a structural zero that meets
/// an infinite slope gives NaN.
/// </summary>
/// <remarks>
/// An operation takes 24 bytes and three 'V, and the sweep a double and a 'V for each slot. Operations return the result's value and slot.
/// There is room for the expected number of slots from the start, and for more when they come.
/// </remarks>
[<Sealed; AllowNullLiteral>]
type internal DualTape<'V when 'V: struct and 'V: (new: unit -> 'V) and 'V :> ValueType and 'V :> ICarrier<'V>>(expected: int, longest: int)
    =
    inherit PlainLevel(null)
    let frames = Tape()
    let mutable slots: SlotTangents<'V>[] = ArrayPool.Shared.Rent expected
    let mutable isTooLong = false

    /// The number of directions.
    static member Width = Unsafe.SizeOf<'V>() / sizeof<float>

    /// The number of slots in use.
    member _.Count = frames.Count

    /// True if the function was refused because it takes more than the permitted number of slots.
    member _.IsTooLong = isTooLong

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    member private tape.Grow() =
        if slots.Length >= longest then
            isTooLong <- true
            tape.Refuse()
        let longer = ArrayPool.Shared.Rent(int (min (2L * int64 slots.Length) (int64 Array.MaxLength)))
        Array.Copy(slots, longer, slots.Length)
        ArrayPool.Shared.Return slots
        slots <- longer

    /// The place of a slot's tangents.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private tape.Place(slot: float) : byref<SlotTangents<'V>> =
        let index = Tape.Index slot
        if index >= slots.Length then tape.Grow()
        &slots[index]

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private _.At(value: float, slot: float) : Bundle<'V> = Bundle(value, slots[Tape.Index slot].OfValue)

    /// The slot of an input with its tangents.
    member tape.Input(tangents: 'V) : float =
        let slot = frames.PushLeaf()
        let place = &tape.Place slot
        place.OfValue <- tangents
        slot

    /// A result of one number on the tape.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private tape.Join(y: Bundle<'V>, x: float, slope: Bundle<'V>) : struct (float * float) =
        let slot = if slope.IsConstant then frames.Push(x, slope.Value) else frames.PushDual(x, slope.Value)
        let place = &tape.Place slot
        place.OfValue <- y.Tangents
        if not slope.IsConstant then place.OfSlopeA <- slope.Tangents
        struct (y.Value, slot)

    /// A result of two.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private tape.Join(y: Bundle<'V>, a: float, slopeA: Bundle<'V>, b: float, slopeB: Bundle<'V>) : struct (float * float) =
        let isPlain = slopeA.IsConstant && slopeB.IsConstant
        let slot = if isPlain then frames.Push(a, slopeA.Value, b, slopeB.Value) else frames.PushDual(a, slopeA.Value, b, slopeB.Value)
        let place = &tape.Place slot
        place.OfValue <- y.Tangents
        if not isPlain then
            place.OfSlopeA <- slopeA.Tangents
            place.OfSlopeB <- slopeB.Tangents
        struct (y.Value, slot)

    member tape.Unary<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: float, slot: float) : struct (float * float) =
        if typeof<IOnReals>.IsAssignableFrom typeof<'R> then tape.Refuse()
        let x = tape.At(x, slot)
        let y = Bundle<'V>.Unary(rule, x)
        tape.Join(y, slot, rule.Slope(x, y))

    /// Applies a rule to two arguments, of which at least one is on the tape. Each case has code of its own: one code for all of them takes
    /// twice as long (Helmholtz's Hessian, n = 30).
    member tape.Binary<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Operand, b: Operand) : struct (float * float) =
        if b.IsConstant then tape.BinaryOf(rule, a.Value, a.Slot, b.Value)
        elif a.IsConstant then tape.BinaryWith(rule, a.Value, b.Value, b.Slot)
        else tape.BinaryOfBoth(rule, a.Value, a.Slot, b.Value, b.Slot)

    /// Both arguments are on the tape.
    member private tape.BinaryOfBoth<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, a: float, slotA: float, b: float, slotB: float)
        : struct (float * float) =
        let a = tape.At(a, slotA)
        let b = tape.At(b, slotB)
        let y = Bundle<'V>.Binary(rule, a, b)
        tape.Join(y, slotA, rule.SlopeA(a, b, y), slotB, rule.SlopeB(a, b, y))

    /// The first argument is on the tape, the second a constant.
    member private tape.BinaryOf<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, a: float, slotA: float, b: float)
        : struct (float * float) =
        let a = tape.At(a, slotA)
        let b = Bundle b
        let y = Bundle<'V>.Binary(rule, a, b)
        tape.Join(y, slotA, rule.SlopeA(a, b, y))

    /// The first argument is a constant, the second on the tape.
    member private tape.BinaryWith<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, a: float, b: float, slotB: float)
        : struct (float * float) =
        let a = Bundle a
        let b = tape.At(b, slotB)
        let y = Bundle<'V>.Binary(rule, a, b)
        tape.Join(y, slotB, rule.SlopeB(a, b, y))

    /// Applies a rule to three arguments, of which some are on the tape. Each of these gets a frame, which adds its contribution to those
    /// before.
    member tape.Ternary<'R when 'R: struct and 'R :> ITernary>(rule: 'R, a: Operand, b: Operand, c: Operand) : struct (float * float) =
        let at (x: Operand) = if x.IsConstant then Bundle x.Value else tape.At(x.Value, x.Slot)
        let atA, atB, atC = at a, at b, at c
        let value = rule.Value(a.Value, b.Value, c.Value)
        let mutable y = Bundle<'V> value
        let mutable slot = 0.0
        let join (x: Operand) (argument: Bundle<'V>) (slope: Bundle<'V>) =
            if not x.IsConstant then
                let tangents = argument.By slope.Value
                let struct (_, joined) =
                    if y.IsConstant then
                        y <- Bundle(value, tangents)
                        tape.Join(y, x.Slot, slope)
                    else
                        y <- Bundle(value, 'V.Add(y.Tangents, tangents))
                        tape.Join(y, slot, Bundle 1.0, x.Slot, slope)
                slot <- joined
        join a atA (rule.SlopeA(atA, atB, atC))
        join b atB (rule.SlopeB(atA, atB, atC))
        join c atC (rule.SlopeC(atA, atB, atC))
        struct (value, slot)

    override _.End() =
        frames.End()
        base.End()

    // ---- The sweep ----
    //
    // It has values and tangents in two arrays. With pairs of them in one array, as the sweep of reverse mode (Modes/Reverse.fs) over a
    // carrier of pairs would have them, Hessians took 1.0 to 1.1 of the time (Rosenbrock's function, n = 100; Helmholtz's, n = 30).

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Contribute(values: float[], tangents: 'V[], slot: int, value: float, tangent: 'V) =
        values[slot] <- values[slot] + value
        tangents[slot] <- 'V.Add(tangents[slot], tangent)

    /// Resumes the frames of one chunk, last first: the sweep and its tangent.
    static member private Chunk(chunk: Frame[], start: int, length: int, slots: SlotTangents<'V>[], values: float[], tangents: 'V[]) =
        let mutable index = length - 1
        while index >= 0 do
            let slot = start + index
            let frame = &chunk[index]
            if frame.A >= 0 then
                let value = values[slot]
                let tangent = tangents[slot]
                DualTape<'V>.Contribute(values, tangents, frame.A, frame.SlopeA * value, 'V.Multiply('V.Constant frame.SlopeA, tangent))
                if frame.B <> slot then
                    DualTape<'V>.Contribute(values, tangents, frame.B, frame.SlopeB * value, 'V.Multiply('V.Constant frame.SlopeB, tangent))
            elif frame.A <> Frame.Leaf then
                let value = values[slot]
                let tangent = tangents[slot]
                let ofA = 'V.Add('V.Multiply('V.Constant value, slots[slot].OfSlopeA), 'V.Multiply('V.Constant frame.SlopeA, tangent))
                DualTape<'V>.Contribute(values, tangents, Frame.Lifted frame.A, frame.SlopeA * value, ofA)
                if frame.B <> slot then
                    let ofB = 'V.Add('V.Multiply('V.Constant value, slots[slot].OfSlopeB), 'V.Multiply('V.Constant frame.SlopeB, tangent))
                    DualTape<'V>.Contribute(values, tangents, frame.B, frame.SlopeB * value, ofB)
            index <- index - 1

    /// The tangents of the cotangents of the inputs, which have the first slots, for a result with this slot: the numbers of one input side
    /// by side. Null where a cotangent or a tangent is NaN: some structural zero may have met an infinite slope.
    member _.Pull(result: float, inputs: int) : float[] =
        let top = Tape.Index result
        let count = max inputs (top + 1)
        let values, tangents = ArrayPool<float>.Shared.Rent count, ArrayPool<'V>.Shared.Rent count
        try
            Array.Fill(values, -0.0, 0, count)
            Array.Fill(tangents, 'V.Constant -0.0, 0, count)
            values[top] <- 1.0
            let slots = slots
            frames.ForEachChunk(fun chunk start length ->
                DualTape<'V>.Chunk(chunk, start, min length (top + 1 - start), slots, values, tangents))
            let lanes = MemoryMarshal.Cast<'V, float>(ReadOnlySpan(tangents, 0, inputs)).ToArray()
            let isNaN = NaN.isAny inputs (fun slot -> values[slot]) || NaN.isAny lanes.Length (fun index -> lanes[index])
            if isNaN then null else lanes
        finally
            ArrayPool.Shared.Return values
            ArrayPool.Shared.Return tangents

    /// Ends the level and returns its memory to the pool.
    member level.Release() =
        level.End()
        frames.Release()
        ArrayPool.Shared.Return slots
        slots <- [||]
