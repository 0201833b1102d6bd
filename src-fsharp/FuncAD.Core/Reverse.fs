namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// <summary>
/// The reverse sweep: resumes each backpropagator once, in reverse order of creation, when all later results have contributed to its
/// cotangent. It is written once and compiled for two carriers: plain doubles, and <c>Real</c> where cotangents carry levels.
/// </summary>
/// <remarks>
/// <c>touched</c> keeps which slots have had a contribution: one without is a structural zero and is passed over, so that it never meets
/// an infinite slope. It may be null, when no slope is infinite.
/// </remarks>
[<AbstractClass; Sealed>]
type internal Sweep<'T when 'T: struct and 'T :> ICarrier<'T>> private () =

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Contribute(cotangents: 'T[], touched: bool[], slot: int, contribution: 'T) =
        let cotangent = &Unsafe.Add(&MemoryMarshal.GetArrayDataReference cotangents, slot)
        if isNull touched || touched[slot] then
            cotangent <- 'T.Add(cotangent, contribution)
        else
            touched[slot] <- true
            cotangent <- contribution

    /// Resumes the frames of one chunk, last first; other kinds by the given function of frame and slot, which minds what is touched.
    static member Chunk(chunk: Frame[], start: int, length: int, cotangents: 'T[], touched: bool[], resume: Action<Frame, int>) =
        let mutable index = length - 1
        while index >= 0 do
            let slot = start + index
            let frame = Unsafe.Add(&MemoryMarshal.GetArrayDataReference chunk, index)
            if frame.A >= 0 then
                if isNull touched || touched[slot] then
                    let cotangent = Unsafe.Add(&MemoryMarshal.GetArrayDataReference cotangents, slot)
                    Sweep<'T>.Contribute(cotangents, touched, frame.A, 'T.Multiply('T.Constant frame.SlopeA, cotangent))
                    Sweep<'T>.Contribute(cotangents, touched, frame.B, 'T.Multiply('T.Constant frame.SlopeB, cotangent))
            elif frame.A <> Frame.Leaf then
                resume.Invoke(frame, slot)
            index <- index - 1

    /// Seeds some slots, and resumes all frames from the highest of them, or from a given one, down. Slots below 0 are passed over.
    static member Run(tape: Tape, slots: int[], seeds: 'T[], from: int, cotangents: 'T[], touched: bool[], resume: Action<Frame, int>) =
        let mutable top = from
        for index = 0 to slots.Length - 1 do
            if slots[index] >= 0 then
                Sweep<'T>.Contribute(cotangents, touched, slots[index], seeds[index])
                top <- max top slots[index]
        let top = top
        tape.ForEachChunk(fun chunk start length ->
            Sweep<'T>.Chunk(chunk, start, min length (top + 1 - start), cotangents, touched, resume))

module internal Reverse =
    /// The sweep over plain doubles, for a tape without closures. Starting from -0 leaves every first contribution as it is.
    let private sweepFlat (tape: Tape) (slots: int[]) (seeds: Real[]) (inputs: int) (touched: bool[]) : Real[] =
        let cotangents = ArrayPool<Flat>.Shared.Rent tape.Count
        try
            Array.Fill(cotangents, Flat -0.0, 0, tape.Count)
            let seeds = seeds |> Array.map (fun seed -> Flat seed.value)
            Sweep<Flat>.Run(tape, slots, seeds, -1, cotangents, touched, (fun _ _ -> ()))
            Array.init inputs (fun slot -> Real(cotangents[slot].Value + 0.0))
        finally
            ArrayPool.Shared.Return cotangents

    /// The sweep over arrays, and over numbers that may carry levels.
    let private sweepReal (tape: Tape) (slots: Slots) (seeds: Parts) (inputs: Parts) : Parts =
        let numbers = ArrayPool<Real>.Shared.Rent tape.Count
        let touched = ArrayPool<bool>.Shared.Rent tape.Count
        Array.Clear(touched, 0, tape.Count)
        let cotangents = ArrayCotangents(numbers, touched, tape.Arrays)

        let resume (frame: Frame) slot =
            let index = Tape.Index frame.SlopeA
            if frame.A = Frame.Closure then
                tape.Closures[index].Resume(cotangents, slot)
            elif touched[slot] then
                let slopes = Lifted.On(tape)[index]
                let cotangent = numbers[slot]
                Sweep<Real>.Contribute(numbers, touched, Frame.Lifted frame.A, Real.Scale(slopes.SlopeA, cotangent))
                if frame.B <> slot then Sweep<Real>.Contribute(numbers, touched, frame.B, Real.Scale(slopes.SlopeB, cotangent))

        try
            let mutable from = -1
            for index = 0 to slots.OfArrays.Length - 1 do
                if slots.OfArrays[index] >= 0 then
                    cotangents.Add(slots.OfArrays[index], seeds.Arrays[index], null)
                    from <- tape.Count - 1
            Sweep<Real>.Run(tape, slots.OfNumbers, seeds.Numbers, from, numbers, touched, resume)
            let number slot =
                if touched[slot] then numbers[slot].Unsigned else Real 0.0
            let array slot (input: Tensor) =
                match cotangents.Sum slot with
                | null -> Tensor.Uniform(0.0, input.Dimensions)
                | sum -> sum
            let result = { Numbers = Array.init inputs.Numbers.Length number; Arrays = inputs.Arrays |> Array.mapi array }
            cotangents.Release()
            result
        finally
            ArrayPool.Shared.Return(numbers, clearArray = true)
            ArrayPool.Shared.Return touched

    /// <summary>
    /// The cotangents of the inputs, which have the first slots, given cotangents (<c>seeds</c>) of some slots. A seed that is the constant 0
    /// is a structural zero, and so is one of a result that does not depend on the inputs (slot -1).
    /// </summary>
    let sweep (tape: Tape) (slots: Slots) (seeds: Parts) (inputs: Parts) : Parts =
        let slots = { OfNumbers = Array.copy slots.OfNumbers; OfArrays = Array.copy slots.OfArrays }
        let seeds = seeds |> Parts.map _.Live _.Live
        let mutable isFlat = isNull tape.Closures && isNull tape.Slopes && tape.Arrays = 0
        let mutable isZero = true
        for index = 0 to slots.OfNumbers.Length - 1 do
            let seed = seeds.Numbers[index]
            if not (isNull seed.node) then
                isFlat <- false
                Trace.noteSeed seed
            elif seed.value = 0.0 then slots.OfNumbers[index] <- -1
            isZero <- isZero && slots.OfNumbers[index] < 0
        for index = 0 to slots.OfArrays.Length - 1 do
            let seed = seeds.Arrays[index]
            if isNull seed.Node && seed.Compact.Length = 1 && seed.Compact[0] = 0.0 then slots.OfArrays[index] <- -1
            isZero <- isZero && slots.OfArrays[index] < 0

        if isZero then
            inputs |> Parts.map (fun _ -> Real 0.0) (fun input -> Tensor.Uniform(0.0, input.Dimensions))
        elif not isFlat then
            sweepReal tape slots seeds inputs
        else
            // 0 * infinity shows as NaN in some input: then, and only then, structural zeros have to be told from computed ones.
            let count = inputs.Numbers.Length
            let cotangents = sweepFlat tape slots.OfNumbers seeds.Numbers count null
            Parts.ofNumbers (
                if cotangents |> Array.exists (fun cotangent -> Double.IsNaN cotangent.value) then
                    sweepFlat tape slots.OfNumbers seeds.Numbers count (Array.zeroCreate tape.Count)
                else cotangents
            )
