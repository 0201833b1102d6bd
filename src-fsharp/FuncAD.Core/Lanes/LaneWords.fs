namespace FuncAD.Lanes

open System
open System.Runtime.CompilerServices
open FuncAD
open FuncAD.Algebra

/// The vocabulary of vector forms. Each lane is computed from its own number alone and by the same operations at every width, so a result
/// depends neither on its place in an array nor on the width of the machine's vectors.
module internal LaneWords =
    let inline fma (a: 'V) (b: 'V) (c: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.FusedMultiplyAdd(a, b, c)
    let inline select (mask: 'V) (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Select(mask, a, b)
    let inline selectLess (x: 'V) (y: 'V) (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.SelectLess(x, y, a, b)
    let inline less (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Less(a, b)
    let inline equal (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Equal(a, b)
    let inline bits (value: int64) : 'V when 'V: struct and 'V :> ILanes<'V> = number (BitConverter.Int64BitsToDouble value)

    /// One step of Horner's rule.
    let inline next (z: 'V) (coefficient: float) (sum: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = fma sum z (number coefficient)

    let inline signBit (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.And(x, number -0.0)

    /// y >= 0 with the sign of x.
    let inline signedAs (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.Or(y, signBit x)

    /// 2^n for a whole n from -1022 to 1023: the sum has n + 1023 in its lowest bits, and the shift moves it to the exponent's place.
    let inline powerOfTwo (n: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> = 'V.ShiftBitsLeft(n + number 6755399441056767.0, 52)

    /// x 2^n for a whole n from -2044 to 2046, rounded once: the power is applied in two halves.
    let inline scaleByHalves (x: 'V) (n: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let half = 'V.RoundToEven(n * number 0.5)
        x * powerOfTwo half * powerOfTwo (n - half)

    /// x, clamped to [low, high]; NaN stays NaN.
    let inline clamp (low: float) (high: float) (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        'V.MinNative(number high, 'V.MaxNative(number low, x))

    // ---- Lane by lane ----

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let map1 (rule: 'R) (x: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IFunction1 =
        let mutable result = x
        let lanes = &Unsafe.As<'V, float>(&result)
        for lane in 0 .. Rules.Plain.previous 'V.Count do
            let value = &Unsafe.Add(&lanes, lane)
            value <- rule.Value value
        result

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let map2 (rule: 'R) (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IFunction2 =
        let mutable result = a
        let mutable second = b
        let lanes = &Unsafe.As<'V, float>(&result)
        let seconds = &Unsafe.As<'V, float>(&second)
        for lane in 0 .. Rules.Plain.previous 'V.Count do
            let value = &Unsafe.Add(&lanes, lane)
            value <- rule.Value(value, Unsafe.Add(&seconds, lane))
        result

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let map3 (rule: 'R) (a: 'V) (b: 'V) (c: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> ITernary =
        let mutable result = a
        let mutable second = b
        let mutable third = c
        let lanes = &Unsafe.As<'V, float>(&result)
        let seconds = &Unsafe.As<'V, float>(&second)
        let thirds = &Unsafe.As<'V, float>(&third)
        for lane in 0 .. Rules.Plain.previous 'V.Count do
            let value = &Unsafe.Add(&lanes, lane)
            value <- rule.Value(value, Unsafe.Add(&seconds, lane), Unsafe.Add(&thirds, lane))
        result

    let mapFunction (f: float -> float -> float) (a: 'V) (b: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> =
        let mutable result = a
        let mutable second = b
        let lanes = &Unsafe.As<'V, float>(&result)
        let seconds = &Unsafe.As<'V, float>(&second)
        for lane in 0 .. Rules.Plain.previous 'V.Count do
            let value = &Unsafe.Add(&lanes, lane)
            value <- f value (Unsafe.Add(&seconds, lane))
        result

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let patchLanes (rule: 'R) (mask: 'V) (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IUnary =
        select mask (map1 rule x) y

    /// y, with the rule's scalar value in lanes where the mask is set: those outside the range of a vector form.
    let inline patch (rule: 'R) (mask: 'V) (x: 'V) (y: 'V) : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IUnary =
        if 'V.Any mask then patchLanes rule mask x y else y

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let patchPairLanes
        (rule: 'R)
        (computed: 'V)
        (a: 'V)
        (b: 'V)
        (y: 'V)
        : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IBinary =
        select computed y (map2 rule a b)

    /// y where <c>computed</c> is set, and the rule's scalar value in the other lanes.
    let inline patchPair
        (rule: 'R)
        (computed: 'V)
        (a: 'V)
        (b: 'V)
        (y: 'V)
        : 'V when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IBinary =
        if 'V.Any(equal (select computed (number 0.0) (number 1.0)) (number 1.0)) then patchPairLanes rule computed a b y else y
