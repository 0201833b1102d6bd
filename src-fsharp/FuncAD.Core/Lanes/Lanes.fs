namespace FuncAD

/// <summary>
/// A SIMD vector of doubles: the operations that the machine's vectors of 128, 256 and 512 bits have in common. A mask is a vector whose
/// lanes have all bits set or none. All other code is written once, for any width. (.NET's own interface of this kind, ISimdVector, is not
/// public.)
/// </summary>
type internal ILanes<'V when 'V: struct and 'V :> ILanes<'V>> =
    inherit ICarrier<'V>
    /// <summary>The number of lanes.</summary>
    static abstract Count: int
    /// <summary>Reads <c>Count</c> doubles from an address, which need not be aligned.</summary>
    static abstract Load: source: nativeptr<float> -> 'V
    static abstract Store: x: 'V * target: nativeptr<float> -> unit

    // ---- Arithmetic, as IEEE 754 rounds it ----
    static abstract FusedMultiplyAdd: a: 'V * b: 'V * c: 'V -> 'V
    /// <summary>x 2^n for a whole n from -2044 to 2046, rounded once.</summary>
    static abstract Scale: x: 'V * n: 'V -> 'V
    static abstract Sqrt: 'V -> 'V
    static abstract Abs: 'V -> 'V
    static abstract Floor: 'V -> 'V
    static abstract Ceiling: 'V -> 'V
    static abstract Truncate: 'V -> 'V
    static abstract RoundToEven: 'V -> 'V

    // ---- Choices, as Math and Double define them for NaN and signed zeros ----
    static abstract Max: 'V * 'V -> 'V
    static abstract Min: 'V * 'V -> 'V
    static abstract MaxMagnitude: 'V * 'V -> 'V
    static abstract MinMagnitude: 'V * 'V -> 'V
    static abstract MaxNumber: 'V * 'V -> 'V
    static abstract MinNumber: 'V * 'V -> 'V
    static abstract MaxMagnitudeNumber: 'V * 'V -> 'V
    static abstract MinMagnitudeNumber: 'V * 'V -> 'V

    /// <summary>The larger of two numbers, and the second where either is NaN: one instruction.</summary>
    static abstract MaxNative: 'V * 'V -> 'V
    static abstract MinNative: 'V * 'V -> 'V

    // ---- Masks ----
    static abstract Less: 'V * 'V -> 'V
    static abstract LessOrEqual: 'V * 'V -> 'V
    static abstract Equal: 'V * 'V -> 'V
    /// <summary>a where the mask is set, b elsewhere.</summary>
    static abstract Select: mask: 'V * a: 'V * b: 'V -> 'V
    /// <summary>a where x &lt; y, b elsewhere.</summary>
    static abstract SelectLess: x: 'V * y: 'V * a: 'V * b: 'V -> 'V
    /// <summary>True if the mask is set in any lane. Only sign bits are read, so the argument need not be a mask.</summary>
    static abstract Any: mask: 'V -> bool

    // ---- Bits, each lane as a whole number of 64 bits ----
    static abstract And: 'V * 'V -> 'V
    static abstract Or: 'V * 'V -> 'V
    static abstract Xor: 'V * 'V -> 'V
    static abstract AddBits: 'V * 'V -> 'V
    static abstract SubtractBits: 'V * 'V -> 'V
    static abstract ShiftBitsLeft: 'V * int -> 'V
    /// <summary>Zeros come in from the left.</summary>
    static abstract ShiftBitsRight: 'V * int -> 'V
