namespace FuncAD

open System

/// <summary>
/// A random part of an array that stands for all of it: S with E[Expand(S(x))] = x. Each row along the last axis is cut into strata of nearly
/// equal lengths, and of each stratum one element is kept, times the stratum's length. The positions are computed from the key whenever they
/// are needed, so that nothing but the kept elements takes memory.
/// </summary>
[<Sealed>]
type internal Sketch(shape: int[], keep: float, key: RandomKey) =
    let length = Shape.length shape
    let extent = if shape.Length = 0 then 1 else shape[shape.Length - 1]
    let strata = if extent = 0 then 0 else Math.Clamp(int (Math.Round(keep * float extent)), 1, extent)
    let rows = if extent = 0 then 0 else length / extent
    let keptShape = [| rows; strata |]

    /// The first element of a stratum.
    let start (stratum: int) = int (int64 stratum * int64 extent / int64 strata)

    let sizes = lazy (Tensor(Array.init strata (fun stratum -> float (start (stratum + 1) - start stratum)), [| strata |], null))

    /// An element of each stratum: the high word of bits times length, whose distribution is uniform to 2^-64 of the length.
    let positions () : int[] =
        let bits = key.Bits(rows * strata)
        Array.init bits.Length (fun index ->
            let stratum = index % strata
            let first = start stratum
            let offset = Math.BigMul(bits[index], uint64 (start (stratum + 1) - first), ref 0UL)
            index / strata * extent + first + int offset)

    /// True where every element is kept.
    member _.IsWhole = strata = extent

    /// The kept elements, [rows, strata].
    member sketch.Of(x: Tensor) : Tensor = if sketch.IsWhole then x else Tensor.Linear(Take("sketch", shape, positions (), 1, keptShape), x)

    /// An array of the original shape with the expectation of what the elements were kept of: 0 where none was kept.
    member sketch.Expand(kept: Tensor) : Tensor =
        if sketch.IsWhole then kept else Tensor.Linear(Put("sketch", keptShape, positions (), 1, shape), kept * sizes.Value)
