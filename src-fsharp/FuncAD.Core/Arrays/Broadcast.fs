namespace FuncAD

/// <summary>
/// How two arrays are read together under NumPy's broadcasting: as runs in which each array either advances element by element or stays at
/// one, so that the inner loops are plain. Runs follow each other in the row-major order of the result.
/// </summary>
[<Sealed>]
type internal Broadcast(shape: int[], a: int[], b: int[]) =
    let stridesA, stridesB = Shape.broadcastStrides a shape, Shape.broadcastStrides b shape

    // Neighbouring axes that both arrays traverse in one stride are one.
    let merged =
        let axes = System.Collections.Generic.List<struct (int * int * int)>()
        for axis = 0 to shape.Length - 1 do
            if shape[axis] <> 1 then
                match (if axes.Count = 0 then struct (0, 0, 0) else axes[axes.Count - 1]) with
                | struct (extent, strideA, strideB) when
                    axes.Count > 0 && strideA = stridesA[axis] * shape[axis] && strideB = stridesB[axis] * shape[axis]
                    ->
                    axes[axes.Count - 1] <- struct (extent * shape[axis], stridesA[axis], stridesB[axis])
                | _ -> axes.Add(struct (shape[axis], stridesA[axis], stridesB[axis]))
        if axes.Count = 0 then axes.Add(struct (1, 1, 1))
        axes.ToArray()

    let last = merged.Length - 1
    let struct (length, stepA, stepB) = merged[last]
    let runs =
        let mutable count = if length = 0 then 0 else 1
        for axis = 0 to last - 1 do
            let struct (extent, _, _) = merged[axis]
            count <- count * extent
        count
    let counters = Array.zeroCreate<int> last
    let mutable run = -1
    let mutable startA, startB = 0, 0

    /// The number of runs.
    member _.Count = runs

    /// True for many runs of so few elements that the start of a kernel takes longer than they do: ShortRuns takes them in blocks.
    member _.IsShort = length > 1 && length < Broadcast.LeastLong && runs >= 4

    /// The least length of a run that is worth a kernel of its own (measured).
    static member LeastLong = 64

    /// The lengths of the axes, merged where both arrays permit it, and the steps along them in a and in b.
    member _.Extents = merged |> Array.map (fun struct (extent, _, _) -> extent)
    member _.StridesA = merged |> Array.map (fun struct (_, stride, _) -> stride)
    member _.StridesB = merged |> Array.map (fun struct (_, _, stride) -> stride)

    /// True where both arrays are read as they are, or one number for all: no runs are needed.
    static member IsOneRun(length: int, a: float[], b: float[]) : bool =
        length > 0 && (a.Length = length || a.Length = 1) && (b.Length = length || b.Length = 1)

    /// The length of every run.
    member _.Length = length

    /// The number of elements of a, and of b, in a run: its length, or 1.
    member _.LengthA = if stepA = 0 then 1 else length
    member _.LengthB = if stepB = 0 then 1 else length

    /// Where the current run begins in a, in b and in the result.
    member _.StartA = startA
    member _.StartB = startB
    member _.Start = run * length

    /// Goes on to the next run; false after the last.
    member _.Next() : bool =
        run <- run + 1
        if run > 0 && run < runs then
            let mutable axis = last - 1
            let mutable carry = true
            while carry do
                let struct (extent, strideA, strideB) = merged[axis]
                counters[axis] <- counters[axis] + 1
                startA <- startA + strideA
                startB <- startB + strideB
                carry <- counters[axis] = extent
                if carry then
                    counters[axis] <- 0
                    startA <- startA - extent * strideA
                    startB <- startB - extent * strideB
                    axis <- axis - 1
        run < runs
