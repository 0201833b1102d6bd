namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

#nowarn "9" "51"

/// <summary>
/// A backpropagator of an elementary function, defunctionalised (Reynolds 1972; Danvy and Nielsen 2001): to resume it with the
/// cotangent yBar of its result means to add SlopeA yBar to slot A and SlopeB yBar to slot B. An unused side points at the frame's own
/// slot, whose cotangent is not read again. A negative A marks the other kinds of frames: Leaf, Closure, Sum, Step and Lifted.
/// </summary>
[<Struct>]
type internal Frame =
    val mutable A: int
    val mutable B: int
    val mutable SlopeA: float
    val mutable SlopeB: float

    /// The A of a slot without a backpropagator.
    static member Leaf = Int32.MinValue

    /// The A of a backpropagator that is a closure; SlopeA holds its index.
    static member Closure = Int32.MinValue + 1

    /// The A of a sum of many terms. The terms are the B frames right before it, and the cotangent of the sum is that of each term.
    static member Sum = Int32.MinValue + 2

    /// The A of a backpropagator of an operation on small arrays; SlopeA holds its index in the arena.
    static member Step = Int32.MinValue + 3

    /// The A of a frame whose slopes carry levels themselves, complemented; SlopeA holds the index of the slopes. On a dual tape such a
    /// frame is one whose slopes have tangents.
    static member Lifted(a: int) = ~~~a

/// <summary>A backpropagator that is a closure, as the tape keeps it.</summary>
[<AbstractClass; AllowNullLiteral>]
type internal Backpropagator() = class end

/// <summary>
/// A backpropagator that is a closure: a custom rule's or an array operation's. It takes the cotangents of its results, which are arrays,
/// or numbers with the slots from its own on, and passes contributions on to its inputs. 'C is what a sweep keeps these cotangents in
/// (Arrays/ArrayCotangents.fs).
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal Backpropagator<'C>() =
    inherit Backpropagator()
    abstract Resume: cotangents: 'C * slot: int -> unit

/// <summary>
/// A level of reverse mode with its continuation stack: the backpropagators of the operations so far, in order of creation, with a slot
/// for each. The frames are in pooled chunks (24 bytes for each operation), so that recording an operation allocates nothing once the pool
/// is warm.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal Tape(arrays: ArrayMode) =
    inherit OwnedLevel(arrays)
    static let firstChunk = 256
    static let largestChunk = 65536

    /// The full chunks below the current one, oldest first; null until there is one.
    let mutable full: List<Frame[]> = null
    let mutable origin = 0

    /// The number of slots that were in use at the end of the last run.
    let mutable spent = 0

    [<DefaultValue>]
    val mutable private chunk: Frame[]

    /// The index of the next frame in the current chunk, and the number of frames that fit (0 before the first frame and after the end).
    [<DefaultValue>]
    val mutable private next: int

    [<DefaultValue>]
    val mutable private limit: int

    /// The slot of the current chunk's first frame.
    [<DefaultValue>]
    val mutable private start: int

    /// A tape for single numbers.
    new() = Tape null

    /// The number of slots in use, those of earlier runs included.
    member tape.Count = tape.start + tape.next

    /// The first slot of this run: 0 but on a tape that was opened again. Numbers of earlier runs have slots below, and are constants.
    member _.Origin = origin

    /// True while a tape that was released has slots left for further runs.
    member _.IsReopenable = spent < Array.MaxLength / 4

    /// The number of arrays on the tape. A sweep keeps their cotangents by index, apart from those of numbers.
    member tape.Arrays = if isNull tape.Arena then 0 else tape.Arena.Arrays.Count

    /// The backpropagators to which frames of kind Closure refer.
    [<DefaultValue>]
    val mutable Closures: PooledList<Backpropagator>

    /// The arrays on the tape, and what it keeps of small ones; null before the first array.
    [<DefaultValue>]
    val mutable Arena: ArrayArena

    /// What marks an array that is plain below the tape: its node there (Tensor.fs), the same for all.
    [<DefaultValue>]
    val mutable PlainNode: obj

    /// True where an array on the tape carries levels below it.
    [<DefaultValue>]
    val mutable IsNested: bool

    /// The slopes to which frames of kind Lifted refer. The type of the list, PooledList<Lifted>, is defined after this file (Real.fs).
    [<DefaultValue>]
    val mutable Slopes: obj

    /// The number of chunks; each but the newest is full.
    member tape.Chunks: int = (if tape.next > 0 then 1 else 0) + (if isNull full then 0 else full.Count)

    /// A chunk by its index, oldest first, and the number of its frames.
    member tape.Chunk(index: int) : struct (Frame[] * int) =
        if isNull full || index = full.Count then struct (tape.chunk, tape.next) else struct (full[index], full[index].Length)

    /// Visits the chunks, newest first, each with the slot of its first frame and the number of its frames.
    member tape.ForEachChunk(visit: Action<Frame[], int, int>) =
        let mutable next = tape.Count
        for index = tape.Chunks - 1 downto 0 do
            let struct (chunk, length) = tape.Chunk index
            next <- next - length
            visit.Invoke(chunk, next, length)

    /// True if a frame can be written at once: the current chunk has room, and the caller runs on the owner's stack.
    member tape.IsReady: bool = tape.next < tape.limit && tape.IsOnOwnStack

    /// Writes a frame on a tape that is ready, and returns its slot.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private tape.Write(a: int, b: int, slopeA: float, slopeB: float) : int =
        let next = tape.next
        let place = &Unsafe.Add(&MemoryMarshal.GetArrayDataReference tape.chunk, next)
        place.A <- a
        place.B <- b
        place.SlopeA <- slopeA
        place.SlopeB <- slopeB
        tape.next <- next + 1
        tape.start + next

    /// Writes a frame on a tape that is not ready, or throws: the first frame, a full chunk, a tape that has ended, another thread, or the
    /// owner further down its stack than before.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    member private tape.PushElsewhere(a: int, b: int, slopeA: float, slopeB: float) : int =
        if tape.Ended then
            0 // numbers that refer to the slot are constants by now
        elif not (tape.ReachDown()) then
            invalidOp (
                "FuncAD: a function that is being differentiated in reverse mode ran an operation on another thread than the one that "
                + "called the operator. Its backpropagators must be recorded in one order: compute on the calling thread, differentiate "
                + "each parallel part by itself, or use forward mode (Diff, Jvp, JacobianForward), whose operations may run on any thread."
            )
        elif tape.next < tape.limit then
            tape.Write(a, b, slopeA, slopeB)
        elif tape.Count > Array.MaxLength - largestChunk then
            raise (
                InsufficientMemoryException(
                    "FuncAD: a function that is being differentiated in reverse mode performed more than 2 billion operations. Differentiate it in "
                    + "parts (a Custom rule around each part records no more than its inputs and results), or use forward mode."
                )
            )
        else
            let length =
                if isNull tape.chunk then
                    firstChunk
                else
                    if isNull full then full <- List()
                    full.Add tape.chunk
                    tape.start <- tape.start + tape.chunk.Length
                    Math.Min(2 * tape.chunk.Length, largestChunk)

            tape.chunk <- ArrayPool.Shared.Rent length
            tape.limit <- tape.chunk.Length
            tape.next <- 0
            tape.Write(a, b, slopeA, slopeB)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member private tape.PushFrame(a: int, b: int, slopeA: float, slopeB: float) : int =
        if tape.IsReady then tape.Write(a, b, slopeA, slopeB) else tape.PushElsewhere(a, b, slopeA, slopeB)

    /// A slot's index; numbers hold it as the bits of a double.
    static member Index(slot: float) : int = int (BitConverter.DoubleToInt64Bits slot)
    static member Slot(index: int) : float = BitConverter.Int64BitsToDouble(int64 index)

    /// Records the backpropagator of a result of one variable, and returns the result's slot.
    member tape.Push(x: float, slope: float) : float = Tape.Slot(tape.PushFrame(Tape.Index x, tape.Count, slope, 0.0))

    /// Records the backpropagator of a result of two variables, and returns the result's slot.
    member tape.Push(a: float, slopeA: float, b: float, slopeB: float) : float =
        Tape.Slot(tape.PushFrame(Tape.Index a, Tape.Index b, slopeA, slopeB))

    /// Push on a tape that is ready.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member tape.Append(x: float, slope: float) : float = Tape.Slot(tape.Write(Tape.Index x, tape.Count, slope, 0.0))

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member tape.Append(a: float, slopeA: float, b: float, slopeB: float) : float =
        Tape.Slot(tape.Write(Tape.Index a, Tape.Index b, slopeA, slopeB))

    /// The number of frames that can be appended before the tape has to be checked again.
    member tape.Room: int = if tape.IsReady then tape.limit - tape.next else 0

    /// Appends the sum of the last <c>terms</c> frames, and returns its slot.
    member tape.AppendSum(terms: int) : float = Tape.Slot(tape.Write(Frame.Sum, terms, 0.0, 0.0))

    /// A slot without backpropagator: an input of the operator, or a further result of a closure.
    member tape.PushLeaf() : float = Tape.Slot(tape.PushFrame(Frame.Leaf, 0, 0.0, 0.0))

    /// Records a backpropagator that is a closure, and returns the slot of its first result that is a number.
    member tape.PushClosure(closure: Backpropagator) : float =
        if tape.Ended then
            0.0
        else
            if isNull tape.Closures then tape.Closures <- new PooledList<Backpropagator>()
            let slot = tape.PushFrame(Frame.Closure, 0, Tape.Slot tape.Closures.Count, 0.0)
            tape.Closures.Add closure |> ignore
            Tape.Slot slot

    /// Records the backpropagator of an operation on small arrays, which is the arena's next step.
    member tape.PushStep() : unit = tape.PushFrame(Frame.Step, 0, Tape.Slot tape.Arena.Steps.Count, 0.0) |> ignore

    /// Records a backpropagator of one or two variables by the index of its slopes.
    member tape.PushLifted(a: int, b: int, slopes: int) : float = Tape.Slot(tape.PushFrame(Frame.Lifted a, b, Tape.Slot slopes, 0.0))

    /// Records a backpropagator of one variable whose slope has tangents, which the dual tape keeps (DualTape.fs).
    member tape.PushDual(x: float, slope: float) : float = Tape.Slot(tape.PushFrame(Frame.Lifted(Tape.Index x), tape.Count, slope, 0.0))

    /// The same of two variables.
    member tape.PushDual(a: float, slopeA: float, b: float, slopeB: float) : float =
        Tape.Slot(tape.PushFrame(Frame.Lifted(Tape.Index a), Tape.Index b, slopeA, slopeB))

    /// Ends the recording. The frames stay for sweeps.
    override tape.End() =
        tape.limit <- 0
        base.End()

    /// Ends the level and returns the frames to the pool, after the last sweep.
    member tape.Release() =
        tape.End()
        spent <- tape.Count
        if not (isNull tape.chunk) then ArrayPool.Shared.Return tape.chunk
        if not (isNull full) then
            for chunk in full do
                ArrayPool.Shared.Return chunk
            full.Clear()
        match tape.Slopes with
        | :? IDisposable as slopes -> slopes.Dispose()
        | _ -> ()
        if not (isNull tape.Arena) then (tape.Arena :> IDisposable).Dispose()
        tape.Arena <- null
        if not (isNull tape.Closures) then (tape.Closures :> IDisposable).Dispose()
        tape.Closures <- null
        tape.Slopes <- null
        tape.chunk <- null
        tape.next <- 0
        tape.start <- 0

    /// Opens a tape that was released for another run, on the calling thread. Its slots follow those of the run before, so that a sweep
    /// tells numbers of earlier runs, which are constants, from those of this one (Marks in Modes/Reverse.fs). Only a sweep of numbers
    /// without closures does so: where a run turns out to need more, it is repeated on a new tape.
    member tape.Reopen() =
        origin <- spent
        tape.start <- spent
        tape.IsNested <- false
        tape.Adopt()
        tape.Begin()
