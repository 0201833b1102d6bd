namespace FuncAD

open System.Runtime.CompilerServices

/// <summary>
/// Philox4x32-10: a bijection of 128-bit counters for each 64-bit key, whose results look random (Salmon, Moraes, Dror and Shaw 2011,
/// "Parallel random numbers: as easy as 1, 2, 3", section 3.3). It keeps no state, so that number i of a stream costs the same as number 0.
/// </summary>
[<AbstractClass; Sealed>]
type internal Philox =
    /// One of the ten rounds: two products of 32 bits, whose halves are exchanged and joined with the other words and the key.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Round(c0: byref<uint32>, c1: byref<uint32>, c2: byref<uint32>, c3: byref<uint32>, k0: uint32, k1: uint32) : unit =
        let first, second = uint64 c0 * 0xD2511F53UL, uint64 c2 * 0xCD9E8D57UL
        c0 <- uint32 (second >>> 32) ^^^ c1 ^^^ k0
        c1 <- uint32 second
        c2 <- uint32 (first >>> 32) ^^^ c3 ^^^ k1
        c3 <- uint32 first

    /// <summary>
    /// The block of a counter. Each number of 64 bits holds two words of the paper: the low one first.
    /// </summary>
    static member Block(key: uint64, low: uint64, high: uint64) : struct (uint64 * uint64) =
        let mutable c0, c1, c2, c3 = uint32 low, uint32 (low >>> 32), uint32 high, uint32 (high >>> 32)
        let mutable k0, k1 = uint32 key, uint32 (key >>> 32)
        for _ = 1 to 10 do
            Philox.Round(&c0, &c1, &c2, &c3, k0, k1)
            // the Weyl sequences of the golden ratio and of sqrt 3 - 1
            k0 <- k0 + 0x9E3779B9u
            k1 <- k1 + 0xBB67AE85u
        struct (uint64 c0 ||| (uint64 c1 <<< 32), uint64 c2 ||| (uint64 c3 <<< 32))
