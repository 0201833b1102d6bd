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
/// A number holds the place of its tangents in pooled chunks, each twice as long as the one before, in which every operation takes the next
/// place: nothing is copied, nothing is allocated once the pool is warm, and the memory grows with the number of operations, by 8 bytes for
/// each direction.
/// </remarks>
/// <param name="arrays">What the mode does with arrays, whose tangents are arrays with an axis of directions in front.</param>
/// <param name="directions">How many, 2 or more.</param>
/// <param name="longest">The most doubles that tangents may take.</param>
[<Sealed; AllowNullLiteral>]
type internal VectorForward(arrays: ArrayMode, directions: int, longest: int64) =
    inherit PlainLevel(arrays)
    static let firstChunk = 2048

    /// The doubles that the tangents of one number take: whole vectors.
    let stride = (directions + VectorForward.Lanes - 1) / VectorForward.Lanes * VectorForward.Lanes
    let chunks: float[][] = Array.zeroCreate 32
    let mutable count = 0
    let mutable taken = 0L

    /// The newest chunk, and the place in it that the next number takes.
    let mutable newest: float[] = [||]
    let mutable next = 0
    let mutable isTooLong = false

    /// The doubles of a vector. Where the machine's are shorter, .NET makes each of two or four.
    static member private Lanes = Vector512<float>.Count

    /// The number of directions.
    member _.Directions = directions

    /// True if the function was refused because its tangents take more than the permitted number of doubles.
    member _.IsTooLong = isTooLong

    /// Makes room; false on another thread, whose results are of no use then.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    member private level.MakeRoom() : bool =
        if not (level.ReachDown()) then
            level.Refuse false
        else
            if next + stride > newest.Length then
                if taken >= longest then
                    isTooLong <- true
                    level.Refuse()
                newest <- ArrayPool.Shared.Rent(firstChunk <<< count)
                next <- if count = 0 then stride else 0 // the very first place is nobody's
                taken <- taken + newest.LongLength
                chunks[count] <- newest
                count <- count + 1
            true

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private level.HasRoom() : bool = (next + stride <= newest.Length && level.IsOnOwnStack) || level.MakeRoom()

    /// What numbers hold that were computed on another thread: the very first place, which is never written.
    static member private Nowhere = 0.0

    /// The next place, as numbers hold it: the chunk in the upper half of the bits, the place in it in the lower one.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private level.Reserve() : float =
        let place = next
        next <- place + stride
        BitConverter.Int64BitsToDouble((int64 (count - 1) <<< 32) ||| int64 place)

    /// The first of the tangents at a place.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private _.At(slot: float) : byref<float> =
        let place = BitConverter.DoubleToInt64Bits slot
        &Unsafe.Add(&MemoryMarshal.GetArrayDataReference chunks[int (place >>> 32)], int place)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Vector(tangents: byref<float>, lane: int) : byref<Vector512<float>> =
        &Unsafe.As<float, Vector512<float>>(&Unsafe.Add(&tangents, lane))

    /// A slope times the tangents of one number.
    member level.Scaled(slope: float, x: float) : float =
        if not (level.HasRoom()) then
            VectorForward.Nowhere
        else
            let y = level.Reserve()
            let ofX = &level.At x
            let ofY = &level.At y
            let slope = Vector512.Create slope
            let mutable lane = 0
            while lane < stride do
                let target = &VectorForward.Vector(&ofY, lane)
                target <- slope * VectorForward.Vector(&ofX, lane)
                lane <- lane + VectorForward.Lanes
            y

    /// The sum of a slope times the tangents of one number and another slope times those of another.
    member level.Combined(slopeA: float, a: float, slopeB: float, b: float) : float =
        if not (level.HasRoom()) then
            VectorForward.Nowhere
        else
            let y = level.Reserve()
            let ofA = &level.At a
            let ofB = &level.At b
            let ofY = &level.At y
            let slopeA, slopeB = Vector512.Create slopeA, Vector512.Create slopeB
            let mutable lane = 0
            while lane < stride do
                let target = &VectorForward.Vector(&ofY, lane)
                target <- slopeA * VectorForward.Vector(&ofA, lane) + slopeB * VectorForward.Vector(&ofB, lane)
                lane <- lane + VectorForward.Lanes
            y

    /// Adds a slope times the tangents of one number to those at a place.
    member level.Add(y: float, slope: float, x: float) : unit = if not level.IsRefused then level.AddOnOwnThread(y, slope, x)

    member private level.AddOnOwnThread(y: float, slope: float, x: float) : unit =
        let ofX = &level.At x
        let ofY = &level.At y
        let slope = Vector512.Create slope
        let mutable lane = 0
        while lane < stride do
            let target = &VectorForward.Vector(&ofY, lane)
            target <- target + slope * VectorForward.Vector(&ofX, lane)
            lane <- lane + VectorForward.Lanes

    /// The same of two numbers, whose sum is added.
    member level.Add(y: float, slopeA: float, a: float, slopeB: float, b: float) : unit =
        if not level.IsRefused then level.AddOnOwnThread(y, slopeA, a, slopeB, b)

    member private level.AddOnOwnThread(y: float, slopeA: float, a: float, slopeB: float, b: float) : unit =
        let ofA = &level.At a
        let ofB = &level.At b
        let ofY = &level.At y
        let slopeA, slopeB = Vector512.Create slopeA, Vector512.Create slopeB
        let mutable lane = 0
        while lane < stride do
            let target = &VectorForward.Vector(&ofY, lane)
            target <- target + (slopeA * VectorForward.Vector(&ofA, lane) + slopeB * VectorForward.Vector(&ofB, lane))
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
        if not (level.HasRoom()) then level.Refuse()
        let slot = level.Reserve()
        MemoryMarshal.CreateSpan(&level.At slot, stride).Clear()
        slot

    /// The tangents at a place, one for each direction.
    member level.Tangents(slot: float) : Span<float> = MemoryMarshal.CreateSpan(&level.At slot, directions)

    /// Ends the level and returns its memory to the pool.
    member level.Release() =
        level.End()
        for chunk = 0 to count - 1 do
            ArrayPool.Shared.Return chunks[chunk]
            chunks[chunk] <- null
        count <- 0
        newest <- [||]
