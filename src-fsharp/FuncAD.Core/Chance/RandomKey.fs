namespace FuncAD

open System
open System.ComponentModel
open System.Globalization
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Text.Json
open System.Text.Json.Serialization
open FuncAD.Rules

/// <summary>
/// The source of random numbers: an immutable value, from which draws are computed as from any other argument. The same key gives the same
/// draws, on every machine and thread, in any order; other keys, which <c>Split</c> and <c>Fold</c> derive, give independent ones.
/// </summary>
/// <remarks>
/// <para>Use a key once: for draws, or to derive other keys. All draws of one key are made of the same bits, so that
/// <c>key.Uniform()</c> and <c>key.Normal()</c> are functions of each other, and the first of <c>key.Uniform(3)</c> is
/// <c>key.Uniform()</c>.</para>
/// <para>Bits come from Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). A key holds a
/// Philox key of 64 bits and a number of 62 bits. Draws and derivations take the blocks of different counters: the number, two bits that
/// tell draws, <c>Split</c>, <c>Fold</c> and levels apart, and the index. So those of one key never share a block; a derived key is the
/// block's first 126 bits, and two equal ones among n derived keys have a chance of about n^2 / 2^127. Draws of <c>RandomKey.Of(seed)</c>
/// are the published generator's for the counters 0, 1, ... and the key seed.</para>
/// <para>It is no source of secrets.</para>
/// </remarks>
[<IsReadOnly; Struct; NoComparison; CustomEquality; JsonConverter(typeof<RandomKeyJsonConverter>)>]
[<TypeFormatterSource(typeof<TextInNotebooks>)>]
type RandomKey =
    val private key: uint64

    /// The number of 62 bits, below the flag of mirrored draws.
    val private path: uint64

    private new(key, path) = { key = key; path = path }

    static member private Mirror = 1UL <<< 63
    static member private Path = (1UL <<< 62) - 1UL

    // What a block is for: the two highest bits of its counter.
    static member private ForDraws = 0UL
    static member private ForSplit = 1UL <<< 62
    static member private ForFold = 2UL <<< 62
    static member private ForLevel = 3UL <<< 62

    member private x.Block(purpose: uint64, index: uint64) : struct (uint64 * uint64) =
        Philox.Block(x.key, index, purpose ||| (x.path &&& RandomKey.Path))

    member private x.Derive(purpose: uint64, index: uint64) : RandomKey =
        let struct (key, path) = x.Block(purpose, index)
        RandomKey(key, (path &&& RandomKey.Path) ||| (x.path &&& RandomKey.Mirror))

    /// <summary>The key of a seed. Different seeds have different keys.</summary>
    static member Of(seed: uint64) : RandomKey = RandomKey(seed, 0UL)

    /// <summary>The key of a seed: that of the unsigned number with the same bits, so that -1 and 2^64 - 1 are one seed.</summary>
    static member Of(seed: int64) : RandomKey = RandomKey(uint64 seed, 0UL)

    /// <summary>The key of a seed: that of the unsigned number of 64 bits, so that -1 and 2^64 - 1 are one seed.</summary>
    static member Of(seed: int) : RandomKey = RandomKey.Of(int64 seed)

    // ---- Other keys ----

    /// <summary>The key derived by an index: independent of this key's draws, and of the keys derived by other indices.</summary>
    /// <remarks>Cost: one block of Philox, some 10 ns.</remarks>
    member x.Fold(index: int64) : RandomKey = x.Derive(RandomKey.ForFold, uint64 index)

    /// <summary>The key derived by an index: independent of this key's draws, and of the keys derived by other indices.</summary>
    /// <remarks>Cost: one block of Philox, some 10 ns.</remarks>
    member x.Fold(index: int) : RandomKey = x.Fold(int64 index)

    /// <summary>
    /// So many keys, independent of one another and of this key's draws. The first keys of a longer split are those of a shorter one; they
    /// are others than those of <c>Fold</c>.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is negative.</exception>
    member x.Split(count: int) : RandomKey[] =
        if count < 0 then
            raise (ArgumentOutOfRangeException(nameof count, count, $"RandomKey.Split: a number of keys is 0 or more, got {count}."))
        let parent = x
        Array.init count (fun index -> parent.Derive(RandomKey.ForSplit, uint64 index))

    /// <summary>Two keys: those of <c>Split(2)</c>.</summary>
    member x.Split() : struct (RandomKey * RandomKey) = struct (x.Derive(RandomKey.ForSplit, 0UL), x.Derive(RandomKey.ForSplit, 1UL))

    /// <summary>
    /// The key whose draws mirror this one's: its bits are the complement, its uniform numbers 1 - u, its normal ones -z, exactly. Keys
    /// derived from it mirror those derived from this key. Its own mirror is this key again.
    /// </summary>
    /// <remarks>
    /// Each draw has the same distribution as before, so that the mean of f(key) and f(key.Mirrored) has the same expectation as f(key);
    /// where f is monotone in its draws, its variance is at most half of f's (antithetic variates, Hammersley and Morton 1956).
    /// </remarks>
    member x.Mirrored: RandomKey = RandomKey(x.key, x.path ^^^ RandomKey.Mirror)

    /// The key of the same operation at a lower level of differentiation.
    member internal x.Below: RandomKey = x.Derive(RandomKey.ForLevel, 0UL)

    // ---- Draws ----

    /// All bits set where draws are mirrored.
    member private x.Flip: uint64 = if x.path &&& RandomKey.Mirror = 0UL then 0UL else UInt64.MaxValue

    member private x.Fill(target: Span<uint64>) : unit =
        let flip = x.Flip
        let mutable index = 0
        while index < target.Length do
            let struct (first, second) = x.Block(RandomKey.ForDraws, uint64 (index / 2))
            target[index] <- first ^^^ flip
            if index + 1 < target.Length then target[index + 1] <- second ^^^ flip
            index <- index + 2

    /// The midpoint of one of the 2^52 equal parts of (0, 1).
    static member private ToUniform(bits: uint64) : float = (float (bits >>> 12) + 0.5) * 2.220446049250313e-16

    /// <summary>64 random bits.</summary>
    member x.Bits() : uint64 =
        let struct (first, _) = x.Block(RandomKey.ForDraws, 0UL)
        first ^^^ x.Flip

    /// <summary>So many times 64 random bits.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is negative.</exception>
    member x.Bits(count: int) : uint64[] =
        if count < 0 then
            raise (ArgumentOutOfRangeException(nameof count, count, $"RandomKey.Bits: a number of draws is 0 or more, got {count}."))
        let bits = Array.zeroCreate count
        x.Fill(Span bits)
        bits

    /// <summary>
    /// A uniform number in the open interval from 0 to 1: (k + 1/2) / 2^52 for a k of 52 random bits, so that neither log(u) nor log(1 - u)
    /// is infinite, and 1 - u is exact and another such number.
    /// </summary>
    member x.Uniform() : float = RandomKey.ToUniform(x.Bits())

    /// The uniform number at an index of the key's stream; that at 0 is Uniform().
    member internal x.UniformAt(index: int) : float =
        let struct (first, second) = x.Block(RandomKey.ForDraws, uint64 (index / 2))
        RandomKey.ToUniform((if index % 2 = 0 then first else second) ^^^ x.Flip)

    /// <summary>A tensor of independent uniform numbers in the open interval from 0 to 1, each as that of <c>Uniform()</c>.</summary>
    /// <exception cref="T:System.ArgumentException">A length is negative.</exception>
    member x.Uniform([<ParamArray>] shape: int[]) : Tensor =
        if isNull shape then nullArg (nameof shape)
        Shape.check "RandomKey.Uniform" shape
        let elements = GC.AllocateUninitializedArray<float>(Shape.length shape)
        // the bits lie where their numbers will
        let bits = MemoryMarshal.Cast<float, uint64>(Span elements)
        x.Fill bits
        for index in 0 .. elements.Length - 1 do
            elements[index] <- RandomKey.ToUniform bits[index]
        Tensor(elements, Array.copy shape, null)

    /// The quantiles of uniform numbers, by the rule's vector form: it is made of operations that IEEE 754 defines to the last bit, and
    /// does not depend on the vectors' width, while the logarithm of Special.normalInverseCdf is the machine's own.
    static member private ToNormal(uniform: float[]) : float[] =
        let normal = GC.AllocateUninitializedArray<float> uniform.Length
        Elementwise.Unary(Special.NormalInverseCdf(), ReadOnlySpan uniform, Span normal)
        normal

    /// The quantile of UniformAt.
    member internal x.NormalAt(index: int) : float = (RandomKey.ToNormal [| x.UniformAt index |])[0]

    /// <summary>
    /// A number of the standard normal distribution: the quantile of <c>Uniform()</c>, the same bits on every machine. It lies between
    /// -8.21 and 8.21.
    /// </summary>
    member x.Normal() : float = x.NormalAt 0

    /// <summary>A tensor of independent numbers of the standard normal distribution, each as that of <c>Normal()</c>.</summary>
    /// <exception cref="T:System.ArgumentException">A length is negative.</exception>
    member x.Normal([<ParamArray>] shape: int[]) : Tensor =
        if isNull shape then nullArg (nameof shape)
        Shape.check "RandomKey.Normal" shape
        Tensor(RandomKey.ToNormal (x.Uniform shape).Elements, Array.copy shape, null)

    // ---- Equality ----

    /// <summary>Tells whether the keys have the same draws and derive the same keys: a key and its mirror are different.</summary>
    member x.Equals(other: RandomKey) : bool = x.key = other.key && x.path = other.path

    interface IEquatable<RandomKey> with
        member x.Equals other = x.Equals other

    /// <summary>Tells whether the other object is a key with the same draws.</summary>
    override x.Equals(other: obj) =
        match other with
        | :? RandomKey as other -> x.Equals other
        | _ -> false

    /// <summary>Equal for equal keys.</summary>
    override x.GetHashCode() = HashCode.Combine(x.key, x.path)

    /// <summary>Tells whether the keys have the same draws and derive the same keys.</summary>
    static member op_Equality(a: RandomKey, b: RandomKey) : bool = a.Equals b
    /// <summary>Tells whether the keys are different.</summary>
    static member op_Inequality(a: RandomKey, b: RandomKey) : bool = not (a.Equals b)

    /// <summary>The key's bits as two hexadecimal numbers.</summary>
    override x.ToString() = $"RandomKey({x.Text})"

    /// The bits as text, which Parse reads.
    member internal x.Text: string =
        let mirrored = if x.Flip = 0UL then "" else ", mirrored"
        $"{x.key:X16}-{(x.path &&& RandomKey.Path):X16}{mirrored}"

    /// The key that has this text; none for another text.
    static member internal Parse(text: string) : RandomKey voption =
        let bits (start: int) =
            match UInt64.TryParse(text.AsSpan(start, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) with
            | true, bits -> bits
            | _ -> 0UL
        if text.Length < 33 then
            ValueNone
        else
            let key = RandomKey(bits 0, bits 17 &&& RandomKey.Path)
            // only what Text writes is read, to the letter
            if key.Text = text then ValueSome key
            elif key.Mirrored.Text = text then ValueSome key.Mirrored
            else ValueNone

/// <summary>
/// A key in JSON: the string of its bits, so that a run can be continued. System.Text.Json finds the converter by itself.
/// </summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] RandomKeyJsonConverter() =
    inherit JsonConverter<RandomKey>()

    /// <summary>Reads a key.</summary>
    /// <exception cref="T:System.Text.Json.JsonException">It is no key; the message names the place.</exception>
    override _.Read(reader, typeToConvert, options) =
        let key = if reader.TokenType = JsonTokenType.String then RandomKey.Parse(reader.GetString()) else ValueNone
        match key with
        | ValueSome key -> key
        | ValueNone ->
            let got = JsonNumber.Describe &reader
            raise (JsonRefusal $"A RandomKey is a string of two hexadecimal numbers, as JsonSerializer writes it; got {got}.")

    /// <summary>Writes a key.</summary>
    override _.Write(writer, key, options) = writer.WriteStringValue key.Text
