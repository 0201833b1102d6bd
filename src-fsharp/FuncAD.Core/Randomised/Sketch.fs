namespace FuncAD

open System

/// <summary>What a tape keeps in the place of an array.</summary>
[<AbstractClass>]
type internal KeptArray() =
    /// An array of the original shape, whose expectation over the key is the original.
    abstract Expand: unit -> Tensor

/// <summary>The array itself.</summary>
[<Sealed>]
type internal WholeArray(x: Tensor) =
    inherit KeptArray()
    override _.Expand() = x

/// <summary>An array of zeros and ones, exactly: a bit each, as of the slopes of a rectifier (Oktay et al. 2021, figure 4).</summary>
[<Sealed>]
type internal Indicators(shape: int[], bits: uint64[]) =
    inherit KeptArray()
    override _.Expand() =
        Tensor(Array.init (Shape.length shape) (fun index -> float ((bits[index >>> 6] >>> (index &&& 63)) &&& 1UL)), shape, null)

    /// The bits, or null where an element is neither 0 nor 1.
    static member Of(elements: float[]) : uint64[] =
        let bits = Array.zeroCreate ((elements.Length + 63) / 64)
        let mutable index = 0
        while index < elements.Length && (elements[index] = 0.0 || elements[index] = 1.0) do
            if elements[index] = 1.0 then bits[index >>> 6] <- bits[index >>> 6] ||| (1UL <<< (index &&& 63))
            index <- index + 1
        if index = elements.Length then bits else null

/// <summary>
/// Elements that were drawn with probabilities in proportion to their magnitudes, so that each draw counts the same: the sum of all
/// magnitudes over the number of draws, with the element's sign. An index takes 4 bytes; of a negative element it is the complement.
/// </summary>
/// <remarks>
/// The magnitudes, one after the other, cover a line, which is cut into equal stretches with one draw in each, at 32 random bits. Elements
/// of 0 are never drawn. The variance is at most that of so many independent draws: ((sum |x|)^2 - sum x^2) / n in all elements together,
/// which is never above that of uniform ones.
/// </remarks>
[<Sealed>]
type internal WeightedDraws(shape: int[], indices: int[], weight: float) =
    inherit KeptArray()

    override _.Expand() =
        let elements = Array.zeroCreate (Shape.length shape)
        for index in indices do
            if index >= 0 then elements[index] <- elements[index] + weight else elements[~~~index] <- elements[~~~index] - weight
        Tensor(elements, shape, null)

    /// So many draws from elements whose magnitudes have a positive and finite sum.
    static member Of(shape: int[], elements: float[], sum: float, count: int, key: RandomKey) : WeightedDraws =
        let weight = sum / float count
        let bits = key.Bits((count + 1) / 2)
        let last = Array.FindLastIndex(elements, fun element -> element <> 0.0)
        let mutable index = 0
        let mutable reached = abs elements[0]
        let draw (number: int) =
            let uniform = (float (uint32 (bits[number >>> 1] >>> ((number &&& 1) <<< 5))) + 0.5) / 4294967296.0
            let place = (float number + uniform) * weight
            while reached < place && index < last do
                index <- index + 1
                reached <- reached + abs elements[index]
            if elements[index] < 0.0 then ~~~index else index
        let indices = Array.zeroCreate count
        for number = 0 to count - 1 do
            indices[number] <- draw number
        WeightedDraws(shape, indices, weight)

/// <summary>
/// One element of each of so many strata of nearly equal lengths, uniformly, times the stratum's length. The positions do not depend on the
/// elements, so that the derivatives of what is kept have the right expectation as well; they are computed from the key whenever they are
/// needed.
/// </summary>
[<Sealed>]
type internal Stratified(shape: int[], strata: int, key: RandomKey, x: Tensor) =
    inherit KeptArray()
    static let start (length: int) strata (stratum: int) = int (int64 stratum * int64 length / int64 strata)

    static let size length strata stratum = start length strata (stratum + 1) - start length strata stratum

    // the high word of bits times size, whose distribution is uniform to 2^-64 of the size
    static let positions (length: int) strata (key: RandomKey) =
        key.Bits strata
        |> Array.mapi (fun stratum bits ->
            start length strata stratum + int (Math.BigMul(bits, uint64 (size length strata stratum), ref 0UL)))

    let kept = Tensor.Linear(Take("sketch", shape, positions x.Length strata key, 1, [| strata |]), x)

    override _.Expand() =
        let length = Shape.length shape
        let sizes = Tensor(Array.init strata (size length strata >> float), [| strata |], null)
        Tensor.Linear(Put("sketch", [| strata |], positions length strata key, 1, shape), kept * sizes)

/// <summary>How arrays are to be kept: in a share of their memory, by a key.</summary>
[<Sealed>]
type internal Sketch(keep: float, key: RandomKey) =
    /// The sketch of the same operation at a lower level.
    member _.Below = Sketch(keep, key.Below)

    /// <summary>
    /// What takes keep times the memory of the array, 8 bytes at least. Arrays that carry levels are cut into strata; of plain ones
    /// the larger elements are drawn more often.
    /// </summary>
    member _.Of(x: Tensor) : KeptArray =
        let kept = Math.Clamp(int (Math.Round(keep * float x.Length)), min 1 x.Length, x.Length)
        if kept = x.Length || x.IsUniform then
            WholeArray x
        elif not (isNull x.Node) then
            Stratified(x.Dimensions, kept, key, x)
        else
            let sum = x.Elements |> Array.sumBy abs
            match (if 64L * int64 kept < int64 x.Length then null else Indicators.Of x.Elements) with
            | null when sum = 0.0 -> WholeArray(Tensor.Uniform(0.0, x.Dimensions))
            // infinite elements and NaN are to be seen in the gradient
            | null when not (Double.IsFinite sum) -> WholeArray x
            | null -> WeightedDraws.Of(x.Dimensions, x.Elements, sum, 2 * kept, key)
            | bits -> Indicators(x.Dimensions, bits)
