namespace FuncAD

#nowarn "9" // stack buffers and pinned arrays

open System
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FuncAD.Rules
open Microsoft.FSharp.NativeInterop

// Broadcasting where the last axis is short, as in (V, 3) with (V, 1): kernels would start again for every three elements. Many runs are
// one block instead. An operand that is repeated is written out for a block, in a buffer that stays in the first-level cache.

/// <summary>
/// Goes through the runs of an array under broadcasting, many at a time: as many as follow each other along the last axis but one.
/// </summary>
[<AbstractClass>]
type internal RunWalk(extents: int[], strides: int[]) =
    let last = extents.Length - 1
    let counters = Array.zeroCreate<int> last
    let mutable position = 0

    /// The number of elements of a block.
    static member Block = 512

    /// The length of a buffer for a block: vectors may be written or read a little beyond its end.
    static member Buffer = RunWalk.Block + 16

    /// The length of a run in the result, and the step from one of its elements to the next in the array: 1, or 0 for a repeated one.
    member _.Length = extents[last]
    member _.Step = strides[last]

    /// Handles some runs, `down` apart in the array from `position` on, and next to each other in the block from `place` on.
    abstract Visit: position: int * down: int * runs: int * place: nativeptr<float> -> unit

    /// Handles the next runs.
    member walk.Walk(runs: int, block: nativeptr<float>) : unit =
        let mutable left = runs
        let mutable place = block
        while left > 0 do
            let mutable axis = last - 1
            let count = min left (extents[axis] - counters[axis])
            walk.Visit(position, strides[axis], count, place)
            left <- left - count
            place <- NativePtr.add place (count * extents[last])
            counters[axis] <- counters[axis] + count
            position <- position + count * strides[axis]
            while axis >= 0 && counters[axis] = extents[axis] do
                position <- position - extents[axis] * strides[axis]
                counters[axis] <- 0
                axis <- axis - 1
                if axis >= 0 then
                    counters[axis] <- counters[axis] + 1
                    position <- position + strides[axis]

/// <summary>Reads an operand block by block.</summary>
[<Sealed>]
type internal RunReader(source: float[], extents: int[], strides: int[]) =
    inherit RunWalk(extents, strides)

    let last = extents.Length - 1
    let isWhole = source.Length = Array.fold (*) 1 extents
    let isOneRun = strides[last] = 1 && Array.forall ((=) 0) strides[.. last - 1]
    let mutable place = 0
    let mutable isWritten = false

    /// Writes one number for each run, as often as a run is long.
    static member private Repeat(source: nativeptr<float>, down: int, runs: int, length: int, place: nativeptr<float>) : unit =
        let mutable from, into = source, place
        for _ in 1..runs do
            // what a vector writes beyond its run is overwritten by the next one
            if length <= 4 then Vector256.Store(Vector256.Create(NativePtr.read from), into)
            elif length <= 8 then Vector512.Store(Vector512.Create(NativePtr.read from), into)
            else Span<float>(NativePtr.toVoidPtr into, length).Fill(NativePtr.read from)
            from <- NativePtr.add from down
            into <- NativePtr.add into length

    static member private Copy(source: nativeptr<float>, down: int, runs: int, length: int, place: nativeptr<float>) : unit =
        let mutable from, into = source, place
        for _ in 1..runs do
            if length <= 8 then
                for index = 0 to length - 1 do
                    NativePtr.set into index (NativePtr.get from index)
            else
                ReadOnlySpan<float>(NativePtr.toVoidPtr from, length).CopyTo(Span(NativePtr.toVoidPtr into, length))
            from <- NativePtr.add from down
            into <- NativePtr.add into length

    override walk.Visit(position, down, runs, place) =
        use start = fixed &source[0]
        let from = NativePtr.add start position
        if walk.Step = 0 then RunReader.Repeat(from, down, runs, walk.Length, place)
        elif down = walk.Length then RunReader.Copy(from, 0, 1, runs * walk.Length, place)
        else RunReader.Copy(from, down, runs, walk.Length, place)

    /// The operand's elements for the next runs, or the one that stands for all. The buffer belongs to this reader; no later block may have
    /// more runs than the first.
    member walk.Next(runs: int, buffer: nativeptr<float>) : ReadOnlySpan<float> =
        if source.Length = 1 then
            ReadOnlySpan source
        elif isWhole then
            place <- place + runs * walk.Length
            ReadOnlySpan(source, place - runs * walk.Length, runs * walk.Length)
        else
            if not (isOneRun && isWritten) then walk.Walk(runs, buffer)
            isWritten <- true
            ReadOnlySpan<float>(NativePtr.toVoidPtr buffer, runs * walk.Length)

/// <summary>
/// Adds blocks to an operand: the sum over a run where the run repeats one element, and one run after the other where runs repeat each
/// other. The order of each sum is that of kernels which take one run at a time (Elementwise.Sum and a kernel that adds).
/// </summary>
[<Sealed>]
type internal RunSums(target: float[], extents: int[], strides: int[]) =
    inherit RunWalk(extents, strides)

    /// The sum of a run as BlockSum takes it: by halves of a block that is filled up with zeros, of which the last makes -0 a 0.
    static member private Sum(numbers: nativeptr<float>, length: int) : float =
        let at index = NativePtr.get numbers index
        match length with
        | 2 -> (at 0 + at 1) + 0.0
        | 3 -> (at 0 + at 2) + at 1 + 0.0
        | 4 -> (at 0 + at 2) + (at 1 + at 3) + 0.0
        | _ ->
            let mutable half = int (Numerics.BitOperations.RoundUpToPowerOf2(uint length)) / 2
            while half > 0 do
                for index = 0 to min half (length - half) - 1 do
                    NativePtr.set numbers index (at index + at (half + index))
                half <- half / 2
            at 0 + 0.0

    member private _.AddSums(position: int, down: int, runs: int, length: int, place: nativeptr<float>) : unit =
        let mutable position, from = position, place
        for _ in 1..runs do
            target[position] <- target[position] + RunSums.Sum(from, length)
            position <- position + down
            from <- NativePtr.add from length

    /// Adds all runs to one of up to four elements, which stay in a register.
    member private _.AddToShort(position: int, runs: int, length: int, place: nativeptr<float>) : unit =
        let element index = if index < length then target[position + index] else 0.0
        let mutable sums = Vector256.Create(element 0, element 1, element 2, element 3)
        let mutable from = place
        for _ in 1..runs do
            sums <- sums + Vector256.Load from
            from <- NativePtr.add from length
        for index = 0 to length - 1 do
            target[position + index] <- sums.GetElement index

    member private _.AddRuns(position: int, down: int, runs: int, length: int, place: nativeptr<float>) : unit =
        let mutable position, from = position, place
        for _ in 1..runs do
            for index = 0 to length - 1 do
                target[position + index] <- target[position + index] + NativePtr.get from index
            position <- position + down
            from <- NativePtr.add from length

    override walk.Visit(position, down, runs, place) =
        if walk.Step = 0 then walk.AddSums(position, down, runs, walk.Length, place)
        elif down = 0 && walk.Length <= 4 then walk.AddToShort(position, runs, walk.Length, place)
        else walk.AddRuns(position, down, runs, walk.Length, place)

/// <summary>Elementwise operations on two arrays with short runs.</summary>
[<AbstractClass; Sealed>]
type internal ShortRuns =

    /// y_i = f(a_i, b_i)
    [<SkipLocalsInit>]
    static member Binary<'R when 'R: struct and 'R :> IFunction2>(rule: 'R, runs: Broadcast, a: float[], b: float[], y: float[]) : unit =
        // one by one: the evaluation stack must be empty where the stack grows, and that of a tuple is not in a Debug build
        let bufferA = NativePtr.stackalloc<float> RunWalk.Buffer
        let bufferB = NativePtr.stackalloc<float> RunWalk.Buffer
        let readA, readB = RunReader(a, runs.Extents, runs.StridesA), RunReader(b, runs.Extents, runs.StridesB)
        let share = RunWalk.Block / runs.Length
        let mutable run = 0
        while run < runs.Count do
            let count = min share (runs.Count - run)
            let out = Span(y, run * runs.Length, count * runs.Length)
            Elementwise.Binary(rule, readA.Next(count, bufferA), readB.Next(count, bufferB), out)
            run <- run + count
