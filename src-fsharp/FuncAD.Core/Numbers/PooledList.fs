namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Numerics
open System.Runtime.CompilerServices

/// The binary logarithms of the lengths of a pooled list's first and largest chunks.
module internal ChunkLog =
    [<Literal>]
    let First = 6

    [<Literal>]
    let Largest = 16

/// <summary>
/// An append-only list in pooled chunks, each twice as long as the one before up to a largest length. It copies nothing when it grows, and
/// allocates nothing once the pool is warm.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal PooledList<'T>() =
    let chunks = List<'T[]>()
    let mutable newest: 'T[] = [||]
    let mutable next = 0
    let mutable limit = 0
    let mutable count = 0

    member private _.Grow() : unit =
        limit <- 1 <<< Math.Min(ChunkLog.First + chunks.Count, ChunkLog.Largest)
        newest <- ArrayPool.Shared.Rent limit
        next <- 0
        chunks.Add newest

    member _.Count = count

    /// Appends an item and returns its index.
    member list.Add(item: 'T) : int =
        if next = limit then list.Grow()
        newest[next] <- item
        next <- next + 1
        count <- count + 1
        count - 1

    /// The item at an index, by reference.
    member _.Item
        with get (index: int): inref<'T> =
            // Counted from the first chunk's length on, an item's place begins with a power of two: that of its chunk.
            let place = index + (1 <<< ChunkLog.First)
            let log = BitOperations.Log2(uint place)
            if log < ChunkLog.Largest then
                &chunks[log - ChunkLog.First][place - (1 <<< log)]
            else
                &chunks[ChunkLog.Largest - ChunkLog.First - 1 + (place >>> ChunkLog.Largest)][place &&& ((1 <<< ChunkLog.Largest) - 1)]

    interface IDisposable with
        /// Returns the chunks to the pool.
        member _.Dispose() =
            for chunk in chunks do
                if RuntimeHelpers.IsReferenceOrContainsReferences<'T>() then
                    Array.Clear(chunk, 0, (if Object.ReferenceEquals(chunk, newest) then next else chunk.Length))
                ArrayPool.Shared.Return chunk
            chunks.Clear()
            newest <- [||]
            next <- 0
            limit <- 0
            count <- 0
