namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Numerics
open FuncAD.Rules

/// <summary>The number of cotangents that share one array. If it is 1, the array may be overwritten.</summary>
[<Sealed; AllowNullLiteral>]
type internal Shares() =
    member val Count = 1 with get, set

/// <summary>A cotangent that a backpropagator has taken out of the sweep, for one of its arguments.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Taken =
    {
        Cotangent: Tensor
        /// The backpropagator's share in the cotangent's array; null where it must not be written.
        Share: Shares
        /// True for the last argument that the cotangent is passed on to: the share is used up there.
        IsLast: bool
    }

/// <summary>A kernel that writes a contribution over what is in an array, or adds it.</summary>
type internal IContribution =
    abstract Write: out: float[] * add: bool -> unit

/// <summary>
/// The cotangents of a sweep: those of numbers by slot, those of arrays by index. A cotangent is written over another one where the array
/// is not shared, and an array that is no longer needed is used again for a later cotangent of its length.
/// </summary>
/// <remarks>
/// The cotangents of small arrays, whose elements are in the tape's arena, are in chunks like its own while operations on small arrays are
/// resumed (<c>Region</c>). Any other backpropagator finds them as tensors, like all others: they change places when they are asked for.
/// The first sweep keeps no supports and works in place on plain numbers; a structural zero that meets an infinite slope gives NaN there.
/// If NaN comes out, a second sweep keeps supports and works in terms of tensors. If arrays carry levels, only the latter is run, since its
/// own operations are recorded and swept later.
/// </remarks>
[<Sealed>]
type internal ArrayCotangents(numbers: Real[], touched: bool[], arena: ArrayArena, isTracking: bool) =
    let mutable isInDoubt = false
    let count = if isNull arena then 0 else arena.Arrays.Count
    let sums = ArrayPool<Tensor>.Shared.Rent count
    let shares = ArrayPool<Shares>.Shared.Rent count
    let spare = Dictionary<int, Stack<float[]>>()

    /// True where a region holds a cotangent.
    let isInRegion = ArrayPool<bool>.Shared.Rent count
    do Array.Clear(isInRegion, 0, count)

    /// The chunks of the regions; null for those without cotangents.
    let regions = Array.zeroCreate<float[]>(if isNull arena then 0 else arena.Chunks)

    /// The chunk of the last region that was taken: there is none in the chunks after it.
    let mutable lastChunk = regions.Length - 1

    member _.Arena = arena

    /// True if cotangents carry supports.
    member _.IsTracking = isTracking

    /// True if the sweep has to be repeated with supports; its results are of no use.
    member _.IsInDoubt = isInDoubt

    /// Requests a sweep with supports if NaN might be lost or a level was met, unless this is one. Returns true if the rest of this sweep
    /// can be skipped.
    member _.DoubtIf(isDoubtful: bool) : bool =
        if isDoubtful && not isTracking then isInDoubt <- true
        isInDoubt

    // ---- Numbers ----

    member _.IsTouched(slot: int) = touched[slot]
    member _.Number(slot: int) = if touched[slot] then numbers[slot] else Real 0.0

    member _.AddNumber(slot: int, contribution: Real) =
        if touched[slot] then
            numbers[slot] <- numbers[slot] + contribution
        else
            touched[slot] <- true
            numbers[slot] <- contribution

    // ---- Arrays ----

    member _.Rent(length: int) : float[] =
        match spare.TryGetValue length with
        | true, arrays when arrays.Count > 0 -> arrays.Pop()
        | _ -> SpareArrays.Rent length

    member private _.Keep(array: float[]) =
        match spare.TryGetValue array.Length with
        | true, arrays -> arrays.Push array
        | _ ->
            let arrays = Stack()
            arrays.Push array
            spare[array.Length] <- arrays

    /// Keeps the arrays that are no longer needed for later sweeps.
    member _.Release() : unit =
        for arrays in spare.Values do
            SpareArrays.Return arrays

    /// Returns what the sweep has rented to the pool.
    member _.Dispose() : unit =
        for region in regions do
            if not (isNull region) then ArrayPool.Shared.Return region
        ArrayPool.Shared.Return(sums, clearArray = true)
        ArrayPool.Shared.Return(shares, clearArray = true)
        ArrayPool.Shared.Return isInRegion

    // ---- Small arrays ----

    /// Where the cotangent of an array in the arena is, or will be, while operations on small arrays are resumed.
    member private _.Region(place: int, length: int) : Span<float> =
        let chunk = ArrayArena.ChunkOf place
        if isNull regions[chunk] then regions[chunk] <- ArrayPool.Shared.Rent(arena.Extent chunk)
        Span(regions[chunk], ArrayArena.IndexOf place, length)

    /// Puts a cotangent that is a tensor in its region.
    member private cotangents.Localise(index: int, region: Span<float>) : unit =
        let sum = sums[index]
        if not (isNull sum) then
            if sum.IsUniform then region.Fill sum.Compact[0] else Span(sum.Compact).CopyTo region
            cotangents.Drop(sum, shares[index])
            sums[index] <- null
            shares[index] <- null
            isInRegion[index] <- true

    /// Makes a tensor of a cotangent that is in its region.
    member private cotangents.Gather(index: int) : unit =
        if isInRegion[index] then
            let array = &arena.Arrays[index]
            let sum = cotangents.Rent(Shape.length array.Shape)
            cotangents.Region(array.Place, sum.Length).CopyTo(Span sum)
            isInRegion[index] <- false
            sums[index] <- Tensor(sum, array.Shape, null)
            shares[index] <- Shares()

    /// Takes the cotangent of a small array out, in a sweep without supports: empty if there is none. It may be read until the cotangent
    /// of an earlier result is taken.
    member cotangents.TakeRegion(index: int, place: int, length: int) : Span<float> =
        if isNull sums[index] && not isInRegion[index] then
            Span.Empty
        else
            // Results of later operations are in the chunks above, and their cotangents are used up.
            let chunk = ArrayArena.ChunkOf place
            while lastChunk > chunk do
                if not (isNull regions[lastChunk]) then ArrayPool.Shared.Return regions[lastChunk]
                regions[lastChunk] <- null
                lastChunk <- lastChunk - 1
            let region = cotangents.Region(place, length)
            cotangents.Localise(index, region)
            isInRegion[index] <- false
            region

    /// The cotangent of a small array, to be added to if <c>isSet</c>, and to be written otherwise.
    member cotangents.OpenRegion(index: int, place: int, length: int, isSet: byref<bool>) : Span<float> =
        let region = cotangents.Region(place, length)
        cotangents.Localise(index, region)
        isSet <- isInRegion[index]
        isInRegion[index] <- true
        region

    // ---- All arrays ----

    /// The sum of the contributions so far; null if there was none.
    member cotangents.Sum(index: int) : Tensor =
        cotangents.Gather index
        sums[index]

    /// Takes a cotangent out, with its share in its array. A share of null means that the array must not be written.
    member cotangents.Take(index: int) : struct (Tensor * Shares) =
        cotangents.Gather index
        let taken = if isInDoubt then struct (null, null) else struct (sums[index], shares[index])
        sums[index] <- null
        shares[index] <- null
        taken

    /// Gives up a share. After the last one, the array is free for other cotangents.
    member cotangents.Drop(cotangent: Tensor, share: Shares) =
        if not (isNull share) then
            share.Count <- share.Count - 1
            if share.Count = 0 then cotangents.Keep cotangent.Compact

    /// True if the array of a cotangent may be overwritten.
    member _.IsOwn(cotangent: Tensor, share: Shares) = not (isNull share) && share.Count = 1 && not cotangent.IsUniform

    /// Sets the first contribution, with its share in its array (null if the array must not be written).
    member _.Set(index: int, cotangent: Tensor, share: Shares) =
        sums[index] <- cotangent
        shares[index] <- share

    /// An array that holds the sum so far, or zeros if there was no contribution, and may be written.
    member cotangents.Open(index: int, shape: int[]) : float[] =
        match cotangents.Sum index with
        | null ->
            let zeros = cotangents.Rent(Shape.length shape)
            Array.Clear zeros
            cotangents.Set(index, Tensor(zeros, shape, null), Shares())
            zeros
        | sum when cotangents.IsOwn(sum, shares[index]) -> sum.Elements
        | sum ->
            let copy = cotangents.Rent sum.Length
            if sum.IsUniform then Array.Fill(copy, sum.Compact[0]) else Array.Copy(sum.Compact, copy, copy.Length)
            cotangents.Drop(sum, shares[index])
            cotangents.Set(index, Tensor(copy, shape, null), Shares())
            copy

    /// Adds a contribution, whose share in its array is used up.
    member cotangents.Add(index: int, contribution: Tensor, share: Shares) =
        match cotangents.Sum index with
        | _ when cotangents.DoubtIf(not (isNull contribution.Node)) -> ()
        | null -> cotangents.Set(index, (if isTracking then contribution.Tracked else contribution), share)
        | sum when isTracking -> cotangents.Set(index, Tensor.Binary(Arithmetic.Add(), sum, contribution.Tracked), null)
        | sum when not (sum.IsUniform && contribution.IsUniform) ->
            let total = cotangents.Open(index, sum.Dimensions)
            if contribution.IsUniform then
                Tensors.TensorPrimitives.Add(ReadOnlySpan total, contribution.Compact[0], Span total)
            else
                Tensors.TensorPrimitives.Add(ReadOnlySpan total, ReadOnlySpan contribution.Compact, Span total)
            cotangents.Drop(contribution, share)
        | sum ->
            cotangents.Drop(sum, shares[index])
            cotangents.Set(index, Tensor.Binary(Arithmetic.Add(), sum, contribution), null)

    /// Adds the taken cotangent itself, or an array of its elements: their memory is shared.
    member cotangents.HandOn(index: int, contribution: Tensor, taken: Taken) =
        if not taken.IsLast && not (isNull taken.Share) then taken.Share.Count <- taken.Share.Count + 1
        cotangents.Add(index, contribution, taken.Share)

    /// <summary>
    /// Adds a contribution of some shape that a kernel makes of the taken cotangent, in a sweep without supports. The first contribution is
    /// written over the cotangent itself where the kernel permits that (<c>overwrites</c>) and nothing else needs it, and otherwise into a
    /// rented array. A kernel that only adds (<c>covers</c> is false) begins with zeros.
    /// </summary>
    member cotangents.Write<'K when 'K: struct and 'K :> IContribution>
        (index: int, shape: int[], taken: Taken, kernel: 'K, covers: bool, overwrites: bool)
        : unit =
        if not (covers && isNull (cotangents.Sum index)) then
            kernel.Write(cotangents.Open(index, shape), true)
            if taken.IsLast then cotangents.Drop(taken.Cotangent, taken.Share)
        elif overwrites && taken.IsLast && cotangents.IsOwn(taken.Cotangent, taken.Share) then
            let own = taken.Cotangent
            kernel.Write(own.Compact, false)
            cotangents.Set(index, (if Shape.areEqual own.Dimensions shape then own else Tensor(own.Compact, shape, null)), taken.Share)
        else
            let out = cotangents.Rent(Shape.length shape)
            kernel.Write(out, false)
            if taken.IsLast then cotangents.Drop(taken.Cotangent, taken.Share)
            cotangents.Set(index, Tensor(out, shape, null), Shares())

    /// Adds a number to one element.
    member cotangents.AddElement(index: int, shape: int[], position: int, contribution: Real) =
        let sum = cotangents.Sum index
        if not isTracking then
            if not (cotangents.DoubtIf(not (isNull contribution.node))) then
                let total = cotangents.Open(index, shape)
                total[position] <- total[position] + contribution.value
        elif isNull contribution.node && (isNull sum || isNull sum.Node) then
            // All elements may come one by one: each is added in place, since a copy for each would take quadratic time.
            let sum =
                if not (isNull sum) && cotangents.IsOwn(sum, shares[index]) && not sum.Support.IsUniform then
                    sum
                else
                    let copy (x: Tensor) = Tensor(x.ToArray(), shape, null)
                    let sum = if isNull sum then Tensor.Nothing shape else sum
                    Tensor(sum.ToArray(), shape, null, copy sum.Support)
            sum.Compact[position] <- sum.Compact[position] + contribution.value
            sum.Support.Compact[position] <- 1.0
            if not (Object.ReferenceEquals(sum, sums[index])) then cotangents.Set(index, sum, Shares())
        else
            cotangents.Add(index, Tensor.Linear(Put("element", [||], [| position |], 1, shape), (Tensor.Of contribution).Tracked), null)
