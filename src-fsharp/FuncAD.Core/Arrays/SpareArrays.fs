namespace FuncAD

open System
open System.Collections.Generic

/// <summary>
/// Large arrays that reverse sweeps no longer need, kept by length for later sweeps: fresh memory has to be cleared page by page before it
/// is first written. Only cotangents that never left a sweep are kept, never an array that a user may hold.
/// </summary>
/// <remarks>At most 128 MB are kept. After a minute without a request, a full garbage collection frees them all.</remarks>
[<AbstractClass; Sealed>]
type internal SpareArrays private () =
    static let spare = Dictionary<int, Stack<float[]>>()
    static let mutable kept = 0L
    static let mutable lastUse = 0L
    static let mutable isWatched = false

    /// Shorter arrays are cheap to make anew.
    static member private Shortest = 1024

    /// The most that is kept, in numbers: 128 MB.
    static member private Most = 16L * 1024L * 1024L

    /// An array of this length whose elements may be anything.
    static member Rent(length: int) : float[] =
        let found =
            if length < SpareArrays.Shortest then
                null
            else
                lock spare (fun () ->
                    lastUse <- Environment.TickCount64
                    match spare.TryGetValue length with
                    | true, arrays when arrays.Count > 0 ->
                        kept <- kept - int64 length
                        arrays.Pop()
                    | _ -> null)
        if isNull found then GC.AllocateUninitializedArray<float> length else found

    static member private Clear() =
        spare.Clear()
        kept <- 0L

    /// Keeps arrays that nothing refers to any more.
    static member Return(arrays: float[] seq) : unit =
        lock spare (fun () ->
            if not isWatched then
                isWatched <- true
                Watch() |> ignore
            for array in arrays do
                if array.Length >= SpareArrays.Shortest && int64 array.Length <= SpareArrays.Most then
                    if kept + int64 array.Length > SpareArrays.Most then SpareArrays.Clear()
                    kept <- kept + int64 array.Length
                    match spare.TryGetValue array.Length with
                    | true, others -> others.Push array
                    | _ -> spare[array.Length] <- Stack [ array ])

    /// Frees all arrays if none was requested for this time.
    static member LetGo(idleMilliseconds: int64) : unit =
        lock spare (fun () -> if Environment.TickCount64 - lastUse >= idleMilliseconds then SpareArrays.Clear())

/// Checks the spare arrays whenever the garbage collector finalises it, which becomes rarer, since it ages to the oldest generation.
and [<Sealed; AllowNullLiteral>] private Watch() =
    override watch.Finalize() =
        SpareArrays.LetGo 60000L
        GC.ReRegisterForFinalize watch
