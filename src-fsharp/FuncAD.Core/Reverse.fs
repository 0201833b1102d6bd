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

    /// Seeds some slots, and resumes all frames from the highest of them down. Slots below 0 are passed over.
    static member Run(tape: Tape, slots: int[], seeds: 'T[], cotangents: 'T[], touched: bool[], resume: Action<Frame, int>) =
        let mutable top = -1
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
            Sweep<Flat>.Run(tape, slots, seeds, cotangents, touched, (fun _ _ -> ()))
            Array.init inputs (fun slot -> Real(cotangents[slot].Value + 0.0))
        finally
            ArrayPool.Shared.Return cotangents

    /// The sweep over numbers that may carry levels.
    let private sweepReal (tape: Tape) (slots: int[]) (seeds: Real[]) (inputs: int) : Real[] =
        let cotangents = ArrayPool<Real>.Shared.Rent tape.Count
        let touched = ArrayPool<bool>.Shared.Rent tape.Count
        Array.Clear(touched, 0, tape.Count)

        let resume (frame: Frame) slot =
            let index = Tape.Index frame.SlopeA
            if frame.A = Frame.Closure then
                let closure = (tape.Closures :?> List<Backpropagator<Real>>)[index]
                let last = slot + closure.Results - 1
                // Any of its results may be the one that was used.
                if touched[slot..last] |> Array.contains true then
                    let results = Array.init closure.Results (fun result -> if touched[slot + result] then cotangents[slot + result] else Real())
                    let contributions = closure.Pullback results
                    for index = 0 to closure.Inputs.Length - 1 do
                        if closure.Inputs[index] >= 0 then
                            Sweep<Real>.Contribute(cotangents, touched, closure.Inputs[index], contributions[index])
            elif touched[slot] then
                let slopes = Lifted.On(tape)[index]
                let cotangent = cotangents[slot]
                Sweep<Real>.Contribute(cotangents, touched, Frame.Lifted frame.A, Real.Scale(slopes.SlopeA, cotangent))
                if frame.B <> slot then Sweep<Real>.Contribute(cotangents, touched, frame.B, Real.Scale(slopes.SlopeB, cotangent))

        try
            Sweep<Real>.Run(tape, slots, seeds, cotangents, touched, resume)
            Array.init inputs (fun slot ->
                if not touched[slot] then Real()
                elif isNull cotangents[slot].node then Real(cotangents[slot].value + 0.0)
                else cotangents[slot])
        finally
            ArrayPool.Shared.Return(cotangents, clearArray = true)
            ArrayPool.Shared.Return touched

    /// <summary>
    /// The cotangents of the first <c>inputs</c> slots, given cotangents (<c>seeds</c>) of some slots. A seed that is the constant 0 is a
    /// structural zero, and so is one of a result that does not depend on the inputs (slot -1).
    /// </summary>
    let sweep (tape: Tape) (slots: int[]) (seeds: Real[]) (inputs: int) : Real[] =
        let slots, seeds = Array.copy slots, Array.copy seeds
        let mutable isFlat = isNull tape.Closures && isNull tape.Slopes
        let mutable isZero = true
        for index = 0 to slots.Length - 1 do
            let seed = seeds[index].Live
            seeds[index] <- seed
            if isNull seed.node then
                if seed.value = 0.0 then slots[index] <- -1
            else
                isFlat <- false
            isZero <- isZero && slots[index] < 0

        if isZero then
            Array.zeroCreate inputs
        elif not isFlat then
            sweepReal tape slots seeds inputs
        else
            // 0 * infinity shows as NaN in some input: then, and only then, structural zeros have to be told from computed ones.
            let cotangents = sweepFlat tape slots seeds inputs null
            if cotangents |> Array.exists (fun cotangent -> Double.IsNaN cotangent.value) then
                sweepFlat tape slots seeds inputs (Array.zeroCreate tape.Count)
            else cotangents
