namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic

/// <summary>
/// How a kind of operation passes the cotangent of its result on. Arrays are defined after tapes: see Arrays/ArraySteps.fs.
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal StepRule() = class end

/// <summary>
/// The backpropagator of an operation on small arrays: its rule, and where the arena holds what that reads. B is not used where the
/// operation has one argument.
/// </summary>
[<Struct; NoEquality; NoComparison>]
type internal ArrayStep =
    {
        Rule: StepRule
        /// The index of the result among the arrays of the tape.
        Result: int
        /// The indices of the arguments; -1 for constants.
        A: int
        B: int
        /// The places of the arguments' elements. For a constant that the rule does not read, that of any number.
        PlaceOfA: int
        PlaceOfB: int
        /// The numbers of these elements: those of the result, or 1.
        LengthOfA: int16
        LengthOfB: int16
    }

/// <summary>An array on a tape: its shape, and the place of its elements in the arena, or -1 for one that is not there.</summary>
[<Struct; NoEquality; NoComparison>]
type internal ArrayOnTape = { Shape: int[]; Place: int }

/// The binary logarithms of the lengths of an arena's first and largest chunks, and the number of chunks that an int can tell apart.
module internal ArenaLog =
    [<Literal>]
    let First = 9

    [<Literal>]
    let Largest = 20

    [<Literal>]
    let MostChunks = 2047

/// <summary>
/// Where a tape keeps the elements of small arrays and the backpropagators of operations on them: in pooled chunks, so that the garbage
/// collector finds a few large arrays instead of several objects for each operation, and the results that the function itself
/// drops die young. Nothing outside of the tape refers to the chunks: the arrays that users hold are their own.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal ArrayArena() =
    let chunks = List<float[]>()
    let mutable next = 0
    let mutable limit = 0

    /// True for the lengths of arrays that are copied to the arena.
    static member Takes(length: int) = length > 0 && length <= 256

    /// The arrays on the tape, by index.
    member val Arrays = new PooledList<ArrayOnTape>()

    /// The backpropagators, to which frames of kind Step refer.
    member val Steps = new PooledList<ArrayStep>()

    /// The number of arrays and of numbers that have been copied.
    member val KeptArrays = 0 with get, set
    member val KeptNumbers = 0L with get, set

    /// The number of chunks, and the chunk of a place.
    member _.Chunks = chunks.Count
    static member ChunkOf(place: int) = place >>> ArenaLog.Largest
    static member IndexOf(place: int) = place &&& ((1 <<< ArenaLog.Largest) - 1)

    /// The length of a chunk.
    member _.Extent(chunk: int) = chunks[chunk].Length

    /// Room for so many numbers, which may be anything; no array is divided between chunks.
    member private _.Place(length: int) : int =
        if next + length > limit then
            if chunks.Count = ArenaLog.MostChunks then
                raise (
                    InsufficientMemoryException(
                        "FuncAD: a function that is being differentiated in reverse mode keeps more than 16 GB of small arrays. Differentiate it in "
                        + "parts (a Custom rule around each part records no more than its inputs and results), or use forward mode."
                    )
                )
            chunks.Add(ArrayPool.Shared.Rent(1 <<< Math.Min(ArenaLog.First + chunks.Count, ArenaLog.Largest)))
            limit <- chunks[chunks.Count - 1].Length
            next <- 0
        let place = ((chunks.Count - 1) <<< ArenaLog.Largest) ||| next
        next <- next + length
        place

    /// The numbers at a place.
    member _.At(place: int, length: int) : Span<float> = Span(chunks[ArrayArena.ChunkOf place], ArrayArena.IndexOf place, length)

    /// Copies so many numbers to the arena, or one number so many times.
    member arena.Keep(elements: float[], length: int) : int =
        let place = arena.Place length
        arena.KeptArrays <- arena.KeptArrays + 1
        arena.KeptNumbers <- arena.KeptNumbers + int64 length
        let kept = arena.At(place, length)
        if elements.Length = length then ReadOnlySpan(elements).CopyTo kept else kept.Fill elements[0]
        place

    interface IDisposable with
        /// Returns the chunks to the pool.
        member arena.Dispose() =
            for chunk in chunks do
                ArrayPool.Shared.Return chunk
            chunks.Clear()
            limit <- 0
            next <- 0
            (arena.Arrays :> IDisposable).Dispose()
            (arena.Steps :> IDisposable).Dispose()
