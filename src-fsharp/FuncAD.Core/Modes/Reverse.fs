namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

// Vectors are loaded from addresses.
#nowarn "9"

/// <summary>
/// Which slots have received a contribution. A slot without one is a structural zero and is skipped, so that it never meets an infinite
/// slope.
/// </summary>
type internal IMarks =
    /// The place of a slot among the cotangents and the marks.
    abstract Place: slot: int -> int
    abstract IsTouched: slot: int -> bool

    /// Marks a slot; true if it was touched before.
    abstract Touch: slot: int -> bool

[<Struct>]
type internal Marks(touched: bool[]) =
    interface IMarks with
        member _.Place slot = slot
        member _.IsTouched slot = touched[slot]

        member _.Touch slot =
            let before = touched[slot]
            touched[slot] <- true
            before

/// <summary>No marks: every slot counts as touched. For cotangents that start from zero, if no slope is infinite.</summary>
[<Struct>]
type internal NoMarks =
    interface IMarks with
        member _.Place slot = slot
        member _.IsTouched _ = true
        member _.Touch _ = true

/// <summary>
/// The places on a tape that was opened again: its slots begin at 1, and place 0 takes what goes to numbers of earlier runs, which are
/// constants.
/// </summary>
[<Struct>]
type internal SinceOrigin<'M when 'M: struct and 'M :> IMarks>(origin: int, marks: 'M) =
    member private _.At(slot: int) : int = Math.Max(slot - origin + 1, 0)

    interface IMarks with
        member since.Place slot = since.At slot
        member since.IsTouched slot = marks.IsTouched(since.At slot)
        member since.Touch slot = marks.Touch(since.At slot)

/// <summary>
/// The reverse sweep: it resumes each backpropagator once, in reverse order of creation, so that all later results have contributed to its
/// cotangent before. It is written once and compiled for three kinds of carriers: plain doubles, vectors of them, and <c>Real</c> for
/// cotangents that carry levels.
/// </summary>
[<AbstractClass; Sealed>]
type internal Sweep<'T, 'M when 'T: struct and 'T :> ICarrier<'T> and 'M: struct and 'M :> IMarks> private () =

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Contribute(cotangents: 'T[], marks: 'M, slot: int, contribution: 'T) =
        let cotangent = &Unsafe.Add(&MemoryMarshal.GetArrayDataReference cotangents, marks.Place slot)
        cotangent <- if marks.Touch slot then 'T.Add(cotangent, contribution) else contribution

    /// Resumes a frame with plain slopes.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Resume(frame: inref<Frame>, cotangent: 'T, cotangents: 'T[], marks: 'M) =
        Sweep<'T, 'M>.Contribute(cotangents, marks, frame.A, 'T.Multiply('T.Constant frame.SlopeA, cotangent))
        Sweep<'T, 'M>.Contribute(cotangents, marks, frame.B, 'T.Multiply('T.Constant frame.SlopeB, cotangent))

    /// Resumes the terms of a sum, last first.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private Terms(chunk: Frame[], first: int, terms: int, cotangent: 'T, cotangents: 'T[], marks: 'M) =
        for index = first + terms - 1 downto first do
            Sweep<'T, 'M>.Resume(&chunk[index], cotangent, cotangents, marks)

    /// Resumes the frames of one chunk, last first. Frames of kind Closure, Step and Lifted go to <c>resume</c>, with their slots; it
    /// checks itself which slots are touched.
    static member Chunk(chunk: Frame[], start: int, length: int, cotangents: 'T[], marks: 'M, resume: Action<Frame, int>) =
        let mutable index = length - 1
        while index >= 0 do
            let slot = start + index
            let frame = &Unsafe.Add(&MemoryMarshal.GetArrayDataReference chunk, index)
            if frame.A >= 0 then
                if marks.IsTouched slot then
                    let cotangent = Unsafe.Add(&MemoryMarshal.GetArrayDataReference cotangents, marks.Place slot)
                    Sweep<'T, 'M>.Resume(&frame, cotangent, cotangents, marks)
            elif frame.A = Frame.Sum then
                index <- index - frame.B
                if marks.IsTouched slot then Sweep<'T, 'M>.Terms(chunk, index, frame.B, cotangents[marks.Place slot], cotangents, marks)
            elif frame.A <> Frame.Leaf then
                resume.Invoke(frame, slot)
            index <- index - 1

    /// Adds the seeds to their slots, and resumes all frames from the highest of these slots, or from <c>from</c> if that is higher, down.
    /// Slots below 0 are skipped.
    static member Run(tape: Tape, slots: int[], seeds: 'T[], from: int, cotangents: 'T[], marks: 'M, resume: Action<Frame, int>) =
        let mutable top = from
        for index = 0 to slots.Length - 1 do
            if slots[index] >= 0 then
                Sweep<'T, 'M>.Contribute(cotangents, marks, slots[index], seeds[index])
                top <- max top slots[index]
        Sweep<'T, 'M>.Down(tape, top, cotangents, marks, resume)

    /// Resumes all frames from <c>top</c> down.
    static member Down(tape: Tape, top: int, cotangents: 'T[], marks: 'M, resume: Action<Frame, int>) =
        let mutable start = tape.Count
        for index = tape.Chunks - 1 downto 0 do
            let struct (chunk, length) = tape.Chunk index
            start <- start - length
            Sweep<'T, 'M>.Chunk(chunk, start, min length (top + 1 - start), cotangents, marks, resume)

module internal Reverse =
    /// The inputs as the function sees them. Their cotangents have the first slots.
    let onTape (tape: Tape) (point: Leaves) : Leaves =
        // Loops, here and below: closures pass numbers through memory, and there may be as many inputs as operations.
        let numbers = Array.zeroCreate point.Numbers.Length
        for index = 0 to numbers.Length - 1 do
            numbers[index] <- Real.OnTape(tape, point.Numbers[index].Live, tape.PushLeaf())
        { Numbers = numbers; Arrays = point.Arrays |> Array.map (fun x -> Tensor.OnTape(tape, x.Live)) }

    /// All backpropagators are frames with plain slopes.
    let isPlain (tape: Tape) = isNull tape.Closures && isNull tape.Slopes && tape.Arrays = 0

    /// The sweep over plain doubles, for a plain tape. Cotangents start from -0, which leaves the first contribution as it is.
    let private sweepFlat (tape: Tape) (slots: int[]) (seeds: Real[]) (inputs: int) (marks: 'M) : Real[] =
        let cotangents = ArrayPool<PlainDouble>.Shared.Rent tape.Count
        try
            Array.Fill(cotangents, PlainDouble -0.0, 0, tape.Count)
            let seeds = seeds |> Array.map (fun seed -> PlainDouble seed.value)
            Sweep<PlainDouble, 'M>.Run(tape, slots, seeds, -1, cotangents, marks, (fun _ _ -> ()))
            let result = Array.zeroCreate inputs
            for slot = 0 to inputs - 1 do
                result[slot] <- Real(cotangents[slot].Value + 0.0)
            result
        finally
            ArrayPool.Shared.Return cotangents

    let private isAnyNaN (numbers: Real[]) : bool = NaN.isAny numbers.Length (fun index -> numbers[index].value)

    /// The sweep over arrays, and over numbers that may carry levels. Without supports (<c>isTracking</c> is false) it may fail, and
    /// returns ValueNone then.
    let private sweepReal (tape: Tape) (slots: Slots) (seeds: Leaves) (inputs: Leaves) (isTracking: bool) : Leaves voption =
        let numbers = ArrayPool<Real>.Shared.Rent tape.Count
        let touched = ArrayPool<bool>.Shared.Rent tape.Count
        Array.Clear(touched, 0, tape.Count)
        let marks = Marks touched
        let cotangents = new ArrayCotangents(numbers, touched, tape.Arena, isTracking)

        let resume (frame: Frame) slot =
            let index = Tape.Index frame.SlopeA
            if frame.A = Frame.Closure then
                // no other heirs of Backpropagator are on tapes
                Unsafe.As<Backpropagator<ArrayCotangents>>(tape.Closures[index]).Resume(cotangents, slot)
            elif frame.A = Frame.Step then
                let step = &tape.Arena.Steps[index]
                Unsafe.As<ArrayRule>(step.Rule).Resume(cotangents, &step)
            elif touched[slot] then
                let slopes = &Lifted.On(tape)[index]
                let cotangent = numbers[slot]
                Sweep<Real, Marks>.Contribute(numbers, marks, Frame.Lifted frame.A, Real.Scale(slopes.SlopeA, cotangent))
                if frame.B <> slot then Sweep<Real, Marks>.Contribute(numbers, marks, frame.B, Real.Scale(slopes.SlopeB, cotangent))

        try
            let mutable from = -1
            for index = 0 to slots.OfArrays.Length - 1 do
                if slots.OfArrays[index] >= 0 then
                    cotangents.Add(
                        slots.OfArrays[index],
                        (if isTracking then seeds.Arrays[index].AsDirection else seeds.Arrays[index]),
                        null
                    )
                    from <- tape.Count - 1
            Sweep<Real, Marks>.Run(tape, slots.OfNumbers, seeds.Numbers, from, numbers, marks, resume)
            let numberAt slot = if touched[slot] then numbers[slot].Unsigned else Real 0.0
            let arrayAt slot (input: Tensor) =
                match cotangents.Sum slot with
                | null -> Tensor.Uniform(0.0, input.Dimensions)
                | sum -> sum.Untracked
            let result =
                { Numbers = Array.init inputs.Numbers.Length numberAt
                  Arrays = (if inputs.Arrays.Length = 0 then [||] else Array.mapi arrayAt inputs.Arrays) }
            if tape.Arrays > 0 then cotangents.Release()
            if isTracking then ValueSome result
            elif cotangents.IsInDoubt || isAnyNaN result.Numbers || result.Arrays |> Array.exists _.HasNaN then ValueNone
            else ValueSome result
        finally
            cotangents.Dispose()
            ArrayPool.Shared.Return(numbers, clearArray = true)
            ArrayPool.Shared.Return touched

    /// <summary>
    /// The cotangents of the inputs, which have the first slots, given cotangents (<c>seeds</c>) of some slots. A seed that is the constant
    /// 0 is a structural zero, and so is one of a result that does not depend on the inputs (slot -1).
    /// </summary>
    let sweep (tape: Tape) (slots: Slots) (seeds: Leaves) (inputs: Leaves) : Leaves =
        let slots = { OfNumbers = Array.copy slots.OfNumbers; OfArrays = Array.copy slots.OfArrays }
        let seeds = seeds |> Leaves.map _.Live _.Live
        let mutable isFlat = isPlain tape
        let mutable isZero = true
        for index = 0 to slots.OfNumbers.Length - 1 do
            let seed = seeds.Numbers[index]
            if not (isNull seed.node) then
                isFlat <- false
                Tracing.noteSeed seed
            elif seed.value = 0.0 then
                slots.OfNumbers[index] <- -1
            isZero <- isZero && slots.OfNumbers[index] < 0
        for index = 0 to slots.OfArrays.Length - 1 do
            let seed = seeds.Arrays[index]
            if isNull seed.Node && seed.Compact.Length = 1 && seed.Compact[0] = 0.0 then slots.OfArrays[index] <- -1
            isZero <- isZero && slots.OfArrays[index] < 0

        if isZero then
            inputs |> Leaves.map (fun _ -> Real 0.0) (fun input -> Tensor.Uniform(0.0, input.Dimensions))
        elif not isFlat then
            // Without arrays there are no supports. A sweep over levels is recorded and swept later, and NaN may turn up only there, so
            // that it needs supports from the start.
            let isNested = tape.IsNested || not (isNull tape.Slopes) || not (isNull (Leaves.highest seeds))
            match (if isNested || tape.Arrays = 0 then ValueNone else sweepReal tape slots seeds inputs false) with
            | ValueSome cotangents -> cotangents
            | ValueNone -> (sweepReal tape slots seeds inputs true).Value
        else
            // 0 * infinity gives NaN in some input. Only then do structural zeros have to be told from computed ones.
            let count = inputs.Numbers.Length
            let cotangents = sweepFlat tape slots.OfNumbers seeds.Numbers count (NoMarks())
            Leaves.ofNumbers (
                if isAnyNaN cotangents then
                    sweepFlat tape slots.OfNumbers seeds.Numbers count (Marks(Array.zeroCreate tape.Count))
                else
                    cotangents
            )

    // ---- One result that is a number ----

    /// The sweep over plain doubles of a plain tape, for the cotangent 1 of one slot; true if a cotangent of the inputs is NaN.
    let private sweepOne<'T, 'M when 'T: struct and 'T :> ICarrier<'T> and 'M: struct and 'M :> IMarks>
        (tape: Tape)
        (slot: int)
        (marks: 'M)
        (into: Span<'T>)
        : bool =
        let length = 2 + Math.Max(slot - tape.Origin, into.Length)
        let cotangents = ArrayPool<PlainDouble>.Shared.Rent length
        try
            Array.Fill(cotangents, PlainDouble -0.0, 0, length)
            let marks = SinceOrigin(tape.Origin, marks)
            Sweep<PlainDouble, SinceOrigin<'M>>.Contribute(cotangents, marks, slot, PlainDouble 1.0)
            Sweep<PlainDouble, SinceOrigin<'M>>.Down(tape, slot, cotangents, marks, null)
            let mutable isNaN = false
            for index = 0 to into.Length - 1 do
                let cotangent = cotangents[1 + index].Value + 0.0
                isNaN <- isNaN || Double.IsNaN cotangent
                into[index] <- 'T.Constant cotangent
            isNaN
        finally
            ArrayPool.Shared.Return cotangents

    /// <summary>The cotangents of the inputs, all numbers, for the cotangent 1 of one slot of a plain tape, with the bits of
    /// <c>sweep</c>. It allocates nothing. Slots below the tape's origin are those of constants.</summary>
    let gradient<'T when 'T: struct and 'T :> ICarrier<'T>> (tape: Tape) (slot: int) (into: Span<'T>) : unit =
        if slot < tape.Origin then
            into.Clear()
        elif sweepOne tape slot (NoMarks()) into then
            sweepOne tape slot (Marks(Array.zeroCreate (2 + Math.Max(slot - tape.Origin, into.Length)))) into |> ignore

    /// The largest tape whose rows are swept together: the cotangents of eight rows take 64 MB then.
    let private longestTogether = 1 <<< 20

    /// The cotangents of the inputs for <c>count</c> cotangents of the results at once, one in each lane, for a plain tape. A result has a
    /// slot and a row of lanes. Cotangents start from -0, which changes no sum.
    let private sweepLanes<'V when 'V: struct and 'V :> ILanes<'V>> (tape: Tape) (slots: int[]) (seeds: float[][]) count inputs : Real[][] =
        let lanes = Array.zeroCreate<float> 'V.Count
        use start = fixed lanes
        let cotangents = ArrayPool<'V>.Shared.Rent tape.Count
        try
            Array.Fill(cotangents, 'V.Constant -0.0, 0, tape.Count)
            let seeds =
                Array.init slots.Length (fun index ->
                    Array.Copy(seeds[index], lanes, lanes.Length)
                    'V.Load start)
            Sweep<'V, NoMarks>.Run(tape, slots, seeds, -1, cotangents, NoMarks(), (fun _ _ -> ()))
            let rows = Array.init count (fun _ -> Array.zeroCreate<Real> inputs)
            for slot = 0 to inputs - 1 do
                'V.Store(cotangents[slot], start)
                for row = 0 to count - 1 do
                    rows[row][slot] <- Real(lanes[row] + 0.0)
            rows
        finally
            ArrayPool.Shared.Return cotangents

    /// The cotangents of the inputs for many cotangents of the results: in groups where the tape is plain, with the bits of those that are
    /// computed alone. <c>seed</c> gives the slots and lanes of a group from its first index and the number of lanes.
    let private sweepMany (tape: Tape) count inputs (alone: int -> Real[]) (seed: int -> int -> struct (int[] * float[][])) : Real[][] =
        if count < 2 || tape.Count > longestTogether || not (isPlain tape) then
            Array.init count alone
        else
            let together, lanes =
                if count > 4 && Widest.Bits = 512 then sweepLanes<Lane512>, 8
                elif count > 2 && Widest.Bits >= 256 then sweepLanes<Lane256>, 4
                else sweepLanes<Lane128>, 2
            let rows =
                [| for first in 0..lanes .. count - 1 do
                       let struct (slots, seeds) = seed first lanes
                       yield! together tape slots seeds (min lanes (count - first)) inputs |]
            rows |> Array.mapi (fun row cotangents -> if isAnyNaN cotangents then alone row else cotangents)

    /// <summary>The cotangents of the inputs, all numbers, for each result in turn: the rows of the Jacobian, with the bits of
    /// <c>sweep</c>.</summary>
    let rows (tape: Tape) (slots: Slots) (inputs: Leaves) : Real[][] =
        let count = slots.OfNumbers.Length
        let alone row =
            let seeds = Array.init count (fun index -> Real(if index = row then 1.0 else 0.0))
            (sweep tape slots (Leaves.ofNumbers seeds) inputs).Numbers
        let unit' first lanes =
            let slots = Array.sub slots.OfNumbers first (min lanes (count - first))
            struct (slots, slots |> Array.mapi (fun row _ -> Array.init lanes (fun lane -> if lane = row then 1.0 else -0.0)))
        sweepMany tape count inputs.Numbers.Length alone unit'

    /// The same for cotangents that are given. With arrays, or where a cotangent carries levels, one after the other.
    let pullMany (tape: Tape) (slots: Slots) (cotangents: Leaves[]) (inputs: Leaves) : Leaves[] =
        let alone index = sweep tape slots cotangents[index] inputs
        let given first lanes =
            let seed result lane =
                let index = first + lane
                let value = if index < cotangents.Length then cotangents[index].Numbers[result].value else 0.0
                if value = 0.0 then -0.0 else value // a structural zero
            struct (slots.OfNumbers, Array.init slots.OfNumbers.Length (fun result -> Array.init lanes (seed result)))
        if inputs.Arrays.Length = 0 && cotangents |> Array.forall (fun w -> w.Arrays.Length = 0 && Leaves.arePlain w.Numbers) then
            sweepMany tape cotangents.Length inputs.Numbers.Length (fun index -> (alone index).Numbers) given |> Array.map Leaves.ofNumbers
        else
            Array.init cotangents.Length alone
