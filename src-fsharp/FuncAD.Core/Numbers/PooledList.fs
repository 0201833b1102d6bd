namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic

/// <summary>
/// An append-only list in pooled chunks of one size, a power of two. It copies nothing when it grows, and allocates nothing once the pool
/// is warm.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal PooledList<'T>() =
    static let chunkLength = 1024
    let chunks = List<'T[]>()
    let mutable newest: 'T[] = [||]
    let mutable count = 0

    member _.Count = count

    /// Appends an item and returns its index.
    member _.Add(item: 'T) : int =
        let index = count
        let place = index &&& (chunkLength - 1)
        if place = 0 then
            newest <- ArrayPool.Shared.Rent chunkLength
            chunks.Add newest
        newest[place] <- item
        count <- index + 1
        index

    /// The item at an index, by reference.
    member _.Item
        with get (index: int): inref<'T> = &chunks[index / chunkLength][index &&& (chunkLength - 1)]

    interface IDisposable with
        /// Returns the chunks to the pool.
        member _.Dispose() =
            for chunk in chunks do
                ArrayPool.Shared.Return(chunk, clearArray = true)
            chunks.Clear()
            newest <- [||]
            count <- 0
