namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic

/// <summary>An append-only list in pooled chunks of one size: it neither copies when it grows nor allocates once warm.</summary>
[<Sealed; AllowNullLiteral>]
type internal PooledList<'T>() =
    static let chunkLength = 1024
    let chunks = List<'T[]>()
    let mutable count = 0

    member _.Count = count

    /// Answers the index of the new item.
    member _.Add(item: 'T) : int =
        let index = count
        if index = chunks.Count * chunkLength then chunks.Add(ArrayPool.Shared.Rent chunkLength)
        chunks[index / chunkLength][index % chunkLength] <- item
        count <- index + 1
        index

    member _.Item
        with get index = chunks[index / chunkLength][index % chunkLength]

    interface IDisposable with
        /// Gives the chunks back.
        member _.Dispose() =
            for chunk in chunks do
                ArrayPool.Shared.Return(chunk, clearArray = true)
            chunks.Clear()
            count <- 0
