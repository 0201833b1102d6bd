namespace FuncAD

open System
open System.Buffers
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Runtime.Intrinsics

/// <summary>
/// Forward mode in several directions at once, for functions of plain numbers: vector forward mode (Griewank and Walther, "Evaluating
/// Derivatives", 2nd ed. 2008, section 3.2). Values and slopes are computed once, and the tangents of a number lie side by side, in as many
/// lanes of the machine's vectors as they fill. In each direction the operations are those of forward mode alone, in the same order; but a
/// structural zero is a zero here, which gives NaN where it meets an infinite slope.
/// </summary>
/// <remarks>
/// A number holds the place of its tangents in one pooled array, in which every operation takes the next place: nothing is allocated once
/// the pool is warm, and the memory grows with the number of operations, by 8 bytes for each direction.
/// </remarks>
/// <param name="arrays">What the mode does with arrays, whose tangents are arrays with an axis of directions in front.</param>
/// <param name="directions">How many, 2 or more.</param>
/// <param name="expected">The number of operations for which there is room from the start.</param>
/// <param name="longest">The most doubles that tangents may take.</param>
[<Sealed; AllowNullLiteral>]
type internal VectorForward(arrays: ArrayMode, directions: int, expected: int, longest: int) =
    inherit PlainLevel(arrays)

    /// The doubles that the tangents of one number take: whole vectors.
    let stride = (directions + VectorForward.Lanes - 1) / VectorForward.Lanes * VectorForward.Lanes
    let mutable tangents: float[] = ArrayPool.Shared.Rent(min longest (expected * stride))
    let mutable next = 0
    let mutable isTooLong = false

    /// The doubles of a vector. Where the machine's are shorter, .NET makes each of two or four.
    static member private Lanes = Vector512<float>.Count

    /// The number of directions.
    member _.Directions = directions

    /// The number of places in use.
    member _.Count = next / stride

    /// True if the function was refused because its tangents take more than the permitted number of doubles.
    member _.IsTooLong = isTooLong

    /// Makes room, or refuses: a full array, another thread, or the owner further down its stack than before.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    member private level.MakeRoom() : unit =
        if not (level.ReachDown()) then level.Refuse()
        if next + stride > tangents.Length then
            if next + stride > longest then
                isTooLong <- true
                level.Refuse()
            let longer = ArrayPool.Shared.Rent(int (min (2L * int64 tangents.Length) (int64 longest)))
            Array.Copy(tangents, longer, next)
            ArrayPool.Shared.Return tangents
            tangents <- longer

    /// The next place.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private level.Reserve() : int =
        if next + stride > tangents.Length || not level.IsOnOwnStack then level.MakeRoom()
        let place = next
        next <- place + stride
        place

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private At(tangents: float[], place: int) : byref<Vector512<float>> =
        &Unsafe.As<float, Vector512<float>>(&Unsafe.Add(&MemoryMarshal.GetArrayDataReference tangents, place))

    /// A slope times the tangents of one number.
    member level.Scaled(slope: float, x: float) : float =
        let y = level.Reserve()
        let tangents = tangents
        let slope = Vector512.Create slope
        let mutable lane = 0
        while lane < stride do
            let target = &VectorForward.At(tangents, y + lane)
            target <- slope * VectorForward.At(tangents, Tape.Index x + lane)
            lane <- lane + VectorForward.Lanes
        Tape.Slot y

    /// The sum of a slope times the tangents of one number and another slope times those of another.
    member level.Combined(slopeA: float, a: float, slopeB: float, b: float) : float =
        let y = level.Reserve()
        let tangents = tangents
        let slopeA, slopeB = Vector512.Create slopeA, Vector512.Create slopeB
        let mutable lane = 0
        while lane < stride do
            let ofA = slopeA * VectorForward.At(tangents, Tape.Index a + lane)
            let ofB = slopeB * VectorForward.At(tangents, Tape.Index b + lane)
            let target = &VectorForward.At(tangents, y + lane)
            target <- ofA + ofB
            lane <- lane + VectorForward.Lanes
        Tape.Slot y

    /// Adds a slope times the tangents of one number to those at the last place.
    member level.Add(slope: float, x: float) : unit =
        let tangents = tangents
        let slope = Vector512.Create slope
        let mutable lane = 0
        while lane < stride do
            let target = &VectorForward.At(tangents, next - stride + lane)
            target <- target + slope * VectorForward.At(tangents, Tape.Index x + lane)
            lane <- lane + VectorForward.Lanes

    /// The same of two numbers, whose sum is added.
    member level.Add(slopeA: float, a: float, slopeB: float, b: float) : unit =
        let tangents = tangents
        let slopeA, slopeB = Vector512.Create slopeA, Vector512.Create slopeB
        let mutable lane = 0
        while lane < stride do
            let ofA = slopeA * VectorForward.At(tangents, Tape.Index a + lane)
            let ofB = slopeB * VectorForward.At(tangents, Tape.Index b + lane)
            let target = &VectorForward.At(tangents, next - stride + lane)
            target <- target + (ofA + ofB)
            lane <- lane + VectorForward.Lanes

    /// Applies a rule to three arguments, of which some are on the level: as forward mode adds their contributions, from the first on.
    member level.Ternary<'R when 'R: struct and 'R :> ITernary>(rule: 'R, a: Operand, b: Operand, c: Operand) : struct (float * float) =
        let atA, atB, atC = PlainDouble a.Value, PlainDouble b.Value, PlainDouble c.Value
        let mutable sum: Operand = { Value = 0.0; Slot = 0.0; IsConstant = true }
        let join (x: Operand) (slope: PlainDouble) =
            if not x.IsConstant then
                let slot = if sum.IsConstant then level.Scaled(slope.Value, x.Slot) else level.Combined(1.0, sum.Slot, slope.Value, x.Slot)
                sum <- { sum with Slot = slot; IsConstant = false }
        if not a.IsConstant then join a (rule.SlopeA(atA, atB, atC))
        if not b.IsConstant then join b (rule.SlopeB(atA, atB, atC))
        if not c.IsConstant then join c (rule.SlopeC(atA, atB, atC))
        struct (rule.Value(a.Value, b.Value, c.Value), sum.Slot)

    /// The place of an input, whose tangents are zeros until they are set.
    member level.Input() : float =
        let place = level.Reserve()
        Array.Clear(tangents, place, stride)
        Tape.Slot place

    /// The tangents at a place, one for each direction.
    member _.Tangents(slot: float) : Span<float> = Span(tangents, Tape.Index slot, directions)

    /// Ends the level and returns its memory to the pool.
    member level.Release() =
        level.End()
        ArrayPool.Shared.Return tangents
        tangents <- [||]
        next <- 0
