namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Numerics

/// <summary>
/// An append-only list in pooled chunks, each twice as long as the one before up to a largest length. It copies nothing when it grows, and
/// allocates nothing once the pool is warm.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal PooledList<'T>() =
    static let firstLog, largestLog = 10, 16
    static let doublings = largestLog - firstLog
    let chunks = List<'T[]>()
    let mutable newest: 'T[] = [||]
    let mutable next = 0
    let mutable limit = 0
    let mutable count = 0

    member private _.Grow() : unit =
        limit <- 1 <<< Math.Min(firstLog + chunks.Count, largestLog)
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
            let place = index + (1 <<< firstLog)
            let log = BitOperations.Log2(uint place)
            if log < largestLog then
                &chunks[log - firstLog][place - (1 <<< log)]
            else
                &chunks[doublings - 1 + (place >>> largestLog)][place &&& ((1 <<< largestLog) - 1)]

    interface IDisposable with
        /// Returns the chunks to the pool.
        member _.Dispose() =
            for chunk in chunks do
                ArrayPool.Shared.Return(chunk, clearArray = true)
            chunks.Clear()
            newest <- [||]
            next <- 0
            limit <- 0
            count <- 0
