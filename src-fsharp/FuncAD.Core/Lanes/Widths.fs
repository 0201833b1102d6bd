namespace FuncAD

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open FuncAD.Lanes.LaneWords

// Vectors are loaded from addresses.
#nowarn "9"

// Three widths with the same members: the framework's operation of that width, and the one table of vector forms. The three texts differ
// only in the width, in Scale, which is in another class of the framework for 512 bits, and in the type of the bits in Any; a test compares
// them. One generic type would need ISimdVector, which is internal to .NET: Vector128, Vector256 and Vector512 have no common type with
// these operations.

/// <summary>2 lanes.</summary>
[<Struct; NoComparison>]
type internal Lane128 =
    val V: Vector128<float>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(v) = { V = v }

    interface ICarrier<Lane128> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Constant value = Lane128(Vector128.Create(value: float))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Lane128(Vector128.Add(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Subtract(a, b) = Lane128(Vector128.Subtract(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a, b) = Lane128(Vector128.Multiply(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Divide(a, b) = Lane128(Vector128.Divide(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Negate x = Lane128(Vector128.Negate x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Unary(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Binary(rule, a, b) = VectorForms.Binary(rule, a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Step(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Choice(rule, a, b) = VectorForms.Binary(rule, a, b)

    interface IPlain<Lane128> with
        member x.Map(y, f) = mapFunction f x y

    interface ILanes<Lane128> with
        static member Count = Vector128<float>.Count
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load source = Lane128(Vector128.Load(source: nativeptr<float>))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(x, target) = Vector128.Store(x.V, target)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member FusedMultiplyAdd(a, b, c) = Lane128(Vector128.FusedMultiplyAdd(a.V, b.V, c.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Scale(x, n) = if Avx512F.VL.IsSupported then Lane128(Avx512F.VL.Scale(x.V, n.V)) else scaleByHalves x n
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Sqrt x = Lane128(Vector128.Sqrt x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Abs x = Lane128(Vector128.Abs x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Floor x = Lane128(Vector128.Floor x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Ceiling x = Lane128(Vector128.Ceiling x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Truncate x = Lane128(Vector128.Truncate x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member RoundToEven x = Lane128(Vector128.Round x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Lane128(Vector128.Max(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Min(a, b) = Lane128(Vector128.Min(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitude(a, b) = Lane128(Vector128.MaxMagnitude(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitude(a, b) = Lane128(Vector128.MinMagnitude(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNumber(a, b) = Lane128(Vector128.MaxNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNumber(a, b) = Lane128(Vector128.MinNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitudeNumber(a, b) = Lane128(Vector128.MaxMagnitudeNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitudeNumber(a, b) = Lane128(Vector128.MinMagnitudeNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNative(a, b) = Lane128(Vector128.MaxNative(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNative(a, b) = Lane128(Vector128.MinNative(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Less(a, b) = Lane128(Vector128.LessThan(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member LessOrEqual(a, b) = Lane128(Vector128.LessThanOrEqual(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Equal(a, b) = Lane128(Vector128.Equals(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Select(mask, a, b) = Lane128(Vector128.ConditionalSelect(mask.V, a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SelectLess(x, y, a, b) = Lane128(Vector128.ConditionalSelect(Vector128.LessThan(x.V, y.V), a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Any mask = Vector128.ExtractMostSignificantBits mask.V <> 0u
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member And(a, b) = Lane128(Vector128.BitwiseAnd(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Or(a, b) = Lane128(Vector128.BitwiseOr(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Xor(a, b) = Lane128(Vector128.Xor(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member AddBits(a, b) = Lane128(Vector128.Add(Vector128.AsInt64 a.V, Vector128.AsInt64 b.V) |> Vector128.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SubtractBits(a, b) = Lane128(Vector128.Subtract(Vector128.AsInt64 a.V, Vector128.AsInt64 b.V) |> Vector128.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsLeft(x, count) = Lane128(Vector128.ShiftLeft(Vector128.AsInt64 x.V, count) |> Vector128.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsRight(x, count) = Lane128(Vector128.ShiftRightLogical(Vector128.AsInt64 x.V, count) |> Vector128.AsDouble)

/// <summary>4 lanes.</summary>
[<Struct; NoComparison>]
type internal Lane256 =
    val V: Vector256<float>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(v) = { V = v }

    interface ICarrier<Lane256> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Constant value = Lane256(Vector256.Create(value: float))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Lane256(Vector256.Add(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Subtract(a, b) = Lane256(Vector256.Subtract(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a, b) = Lane256(Vector256.Multiply(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Divide(a, b) = Lane256(Vector256.Divide(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Negate x = Lane256(Vector256.Negate x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Unary(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Binary(rule, a, b) = VectorForms.Binary(rule, a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Step(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Choice(rule, a, b) = VectorForms.Binary(rule, a, b)

    interface IPlain<Lane256> with
        member x.Map(y, f) = mapFunction f x y

    interface ILanes<Lane256> with
        static member Count = Vector256<float>.Count
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load source = Lane256(Vector256.Load(source: nativeptr<float>))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(x, target) = Vector256.Store(x.V, target)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member FusedMultiplyAdd(a, b, c) = Lane256(Vector256.FusedMultiplyAdd(a.V, b.V, c.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Scale(x, n) = if Avx512F.VL.IsSupported then Lane256(Avx512F.VL.Scale(x.V, n.V)) else scaleByHalves x n
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Sqrt x = Lane256(Vector256.Sqrt x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Abs x = Lane256(Vector256.Abs x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Floor x = Lane256(Vector256.Floor x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Ceiling x = Lane256(Vector256.Ceiling x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Truncate x = Lane256(Vector256.Truncate x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member RoundToEven x = Lane256(Vector256.Round x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Lane256(Vector256.Max(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Min(a, b) = Lane256(Vector256.Min(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitude(a, b) = Lane256(Vector256.MaxMagnitude(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitude(a, b) = Lane256(Vector256.MinMagnitude(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNumber(a, b) = Lane256(Vector256.MaxNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNumber(a, b) = Lane256(Vector256.MinNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitudeNumber(a, b) = Lane256(Vector256.MaxMagnitudeNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitudeNumber(a, b) = Lane256(Vector256.MinMagnitudeNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNative(a, b) = Lane256(Vector256.MaxNative(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNative(a, b) = Lane256(Vector256.MinNative(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Less(a, b) = Lane256(Vector256.LessThan(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member LessOrEqual(a, b) = Lane256(Vector256.LessThanOrEqual(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Equal(a, b) = Lane256(Vector256.Equals(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Select(mask, a, b) = Lane256(Vector256.ConditionalSelect(mask.V, a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SelectLess(x, y, a, b) = Lane256(Vector256.ConditionalSelect(Vector256.LessThan(x.V, y.V), a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Any mask = Vector256.ExtractMostSignificantBits mask.V <> 0u
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member And(a, b) = Lane256(Vector256.BitwiseAnd(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Or(a, b) = Lane256(Vector256.BitwiseOr(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Xor(a, b) = Lane256(Vector256.Xor(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member AddBits(a, b) = Lane256(Vector256.Add(Vector256.AsInt64 a.V, Vector256.AsInt64 b.V) |> Vector256.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SubtractBits(a, b) = Lane256(Vector256.Subtract(Vector256.AsInt64 a.V, Vector256.AsInt64 b.V) |> Vector256.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsLeft(x, count) = Lane256(Vector256.ShiftLeft(Vector256.AsInt64 x.V, count) |> Vector256.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsRight(x, count) = Lane256(Vector256.ShiftRightLogical(Vector256.AsInt64 x.V, count) |> Vector256.AsDouble)

/// <summary>8 lanes.</summary>
[<Struct; NoComparison>]
type internal Lane512 =
    val V: Vector512<float>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(v) = { V = v }

    interface ICarrier<Lane512> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Constant value = Lane512(Vector512.Create(value: float))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Lane512(Vector512.Add(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Subtract(a, b) = Lane512(Vector512.Subtract(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a, b) = Lane512(Vector512.Multiply(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Divide(a, b) = Lane512(Vector512.Divide(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Negate x = Lane512(Vector512.Negate x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Unary(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Binary(rule, a, b) = VectorForms.Binary(rule, a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Step(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Choice(rule, a, b) = VectorForms.Binary(rule, a, b)

    interface IPlain<Lane512> with
        member x.Map(y, f) = mapFunction f x y

    interface ILanes<Lane512> with
        static member Count = Vector512<float>.Count
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load source = Lane512(Vector512.Load(source: nativeptr<float>))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(x, target) = Vector512.Store(x.V, target)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member FusedMultiplyAdd(a, b, c) = Lane512(Vector512.FusedMultiplyAdd(a.V, b.V, c.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Scale(x, n) = if Avx512F.IsSupported then Lane512(Avx512F.Scale(x.V, n.V)) else scaleByHalves x n
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Sqrt x = Lane512(Vector512.Sqrt x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Abs x = Lane512(Vector512.Abs x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Floor x = Lane512(Vector512.Floor x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Ceiling x = Lane512(Vector512.Ceiling x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Truncate x = Lane512(Vector512.Truncate x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member RoundToEven x = Lane512(Vector512.Round x.V)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Lane512(Vector512.Max(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Min(a, b) = Lane512(Vector512.Min(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitude(a, b) = Lane512(Vector512.MaxMagnitude(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitude(a, b) = Lane512(Vector512.MinMagnitude(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNumber(a, b) = Lane512(Vector512.MaxNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNumber(a, b) = Lane512(Vector512.MinNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitudeNumber(a, b) = Lane512(Vector512.MaxMagnitudeNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitudeNumber(a, b) = Lane512(Vector512.MinMagnitudeNumber(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNative(a, b) = Lane512(Vector512.MaxNative(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNative(a, b) = Lane512(Vector512.MinNative(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Less(a, b) = Lane512(Vector512.LessThan(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member LessOrEqual(a, b) = Lane512(Vector512.LessThanOrEqual(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Equal(a, b) = Lane512(Vector512.Equals(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Select(mask, a, b) = Lane512(Vector512.ConditionalSelect(mask.V, a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SelectLess(x, y, a, b) = Lane512(Vector512.ConditionalSelect(Vector512.LessThan(x.V, y.V), a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Any mask = Vector512.ExtractMostSignificantBits mask.V <> 0UL
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member And(a, b) = Lane512(Vector512.BitwiseAnd(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Or(a, b) = Lane512(Vector512.BitwiseOr(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Xor(a, b) = Lane512(Vector512.Xor(a.V, b.V))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member AddBits(a, b) = Lane512(Vector512.Add(Vector512.AsInt64 a.V, Vector512.AsInt64 b.V) |> Vector512.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SubtractBits(a, b) = Lane512(Vector512.Subtract(Vector512.AsInt64 a.V, Vector512.AsInt64 b.V) |> Vector512.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsLeft(x, count) = Lane512(Vector512.ShiftLeft(Vector512.AsInt64 x.V, count) |> Vector512.AsDouble)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsRight(x, count) = Lane512(Vector512.ShiftRightLogical(Vector512.AsInt64 x.V, count) |> Vector512.AsDouble)
