namespace FuncAD

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open Microsoft.FSharp.NativeInterop
open FuncAD.Lanes.LaneWords

// Vectors are loaded from addresses.
#nowarn "9"

/// <summary>
/// 16 lanes: two vectors of 512 bits in turn. Each operation of a function waits for the one before, and a processor looks only some
/// hundred operations ahead for independent ones; a second chain beside the first supplies them (logarithms, erf and arcs take half the
/// time, exponentials and sines nine tenths). It holds the framework's vectors rather than two of Lane512, which would need more locals
/// than the JIT inlines.
/// </summary>
[<Struct; NoComparison>]
type internal Pair512 =
    val A: Vector512<float>
    val B: Vector512<float>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(a, b) = { A = a; B = b }

    interface ICarrier<Pair512> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Constant value = Pair512(Vector512.Create(value: float), Vector512.Create(value: float))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Add(a, b) = Pair512(Vector512.Add(a.A, b.A), Vector512.Add(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Subtract(a, b) = Pair512(Vector512.Subtract(a.A, b.A), Vector512.Subtract(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Multiply(a, b) = Pair512(Vector512.Multiply(a.A, b.A), Vector512.Multiply(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Divide(a, b) = Pair512(Vector512.Divide(a.A, b.A), Vector512.Divide(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Negate x = Pair512(Vector512.Negate x.A, Vector512.Negate x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Unary(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Binary(rule, a, b) = VectorForms.Binary(rule, a, b)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Step(rule, x) = VectorForms.Unary(rule, x)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Choice(rule, a, b) = VectorForms.Binary(rule, a, b)

    interface IPlain<Pair512> with
        member x.Map(y, f) = mapFunction f x y

    interface ILanes<Pair512> with
        static member Count = 16
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Load source = Pair512(Vector512.Load(source: nativeptr<float>), Vector512.Load(NativePtr.add source 8))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Store(x, target) =
            Vector512.Store(x.A, target)
            Vector512.Store(x.B, NativePtr.add target 8)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member FusedMultiplyAdd(a, b, c) =
            Pair512(Vector512.FusedMultiplyAdd(a.A, b.A, c.A), Vector512.FusedMultiplyAdd(a.B, b.B, c.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Scale(x, n) =
            if Avx512F.IsSupported then Pair512(Avx512F.Scale(x.A, n.A), Avx512F.Scale(x.B, n.B)) else scaleByHalves x n
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Sqrt x = Pair512(Vector512.Sqrt x.A, Vector512.Sqrt x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Abs x = Pair512(Vector512.Abs x.A, Vector512.Abs x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Floor x = Pair512(Vector512.Floor x.A, Vector512.Floor x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Ceiling x = Pair512(Vector512.Ceiling x.A, Vector512.Ceiling x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Truncate x = Pair512(Vector512.Truncate x.A, Vector512.Truncate x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member RoundToEven x = Pair512(Vector512.Round x.A, Vector512.Round x.B)
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Max(a, b) = Pair512(Vector512.Max(a.A, b.A), Vector512.Max(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Min(a, b) = Pair512(Vector512.Min(a.A, b.A), Vector512.Min(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitude(a, b) = Pair512(Vector512.MaxMagnitude(a.A, b.A), Vector512.MaxMagnitude(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitude(a, b) = Pair512(Vector512.MinMagnitude(a.A, b.A), Vector512.MinMagnitude(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNumber(a, b) = Pair512(Vector512.MaxNumber(a.A, b.A), Vector512.MaxNumber(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNumber(a, b) = Pair512(Vector512.MinNumber(a.A, b.A), Vector512.MinNumber(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxMagnitudeNumber(a, b) = Pair512(Vector512.MaxMagnitudeNumber(a.A, b.A), Vector512.MaxMagnitudeNumber(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinMagnitudeNumber(a, b) = Pair512(Vector512.MinMagnitudeNumber(a.A, b.A), Vector512.MinMagnitudeNumber(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MaxNative(a, b) = Pair512(Vector512.MaxNative(a.A, b.A), Vector512.MaxNative(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member MinNative(a, b) = Pair512(Vector512.MinNative(a.A, b.A), Vector512.MinNative(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Less(a, b) = Pair512(Vector512.LessThan(a.A, b.A), Vector512.LessThan(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member LessOrEqual(a, b) = Pair512(Vector512.LessThanOrEqual(a.A, b.A), Vector512.LessThanOrEqual(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Equal(a, b) = Pair512(Vector512.Equals(a.A, b.A), Vector512.Equals(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Select(mask, a, b) =
            Pair512(Vector512.ConditionalSelect(mask.A, a.A, b.A), Vector512.ConditionalSelect(mask.B, a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SelectLess(x, y, a, b) =
            Pair512(
                Vector512.ConditionalSelect(Vector512.LessThan(x.A, y.A), a.A, b.A),
                Vector512.ConditionalSelect(Vector512.LessThan(x.B, y.B), a.B, b.B)
            )
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Any mask = Vector512.ExtractMostSignificantBits(Vector512.BitwiseOr(mask.A, mask.B)) <> 0UL
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member And(a, b) = Pair512(Vector512.BitwiseAnd(a.A, b.A), Vector512.BitwiseAnd(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Or(a, b) = Pair512(Vector512.BitwiseOr(a.A, b.A), Vector512.BitwiseOr(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member Xor(a, b) = Pair512(Vector512.Xor(a.A, b.A), Vector512.Xor(a.B, b.B))
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member AddBits(a, b) =
            Pair512(
                Vector512.Add(Vector512.AsInt64 a.A, Vector512.AsInt64 b.A) |> Vector512.AsDouble,
                Vector512.Add(Vector512.AsInt64 a.B, Vector512.AsInt64 b.B) |> Vector512.AsDouble
            )
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member SubtractBits(a, b) =
            Pair512(
                Vector512.Subtract(Vector512.AsInt64 a.A, Vector512.AsInt64 b.A) |> Vector512.AsDouble,
                Vector512.Subtract(Vector512.AsInt64 a.B, Vector512.AsInt64 b.B) |> Vector512.AsDouble
            )
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsLeft(x, count) =
            Pair512(
                Vector512.ShiftLeft(Vector512.AsInt64 x.A, count) |> Vector512.AsDouble,
                Vector512.ShiftLeft(Vector512.AsInt64 x.B, count) |> Vector512.AsDouble
            )
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member ShiftBitsRight(x, count) =
            Pair512(
                Vector512.ShiftRightLogical(Vector512.AsInt64 x.A, count) |> Vector512.AsDouble,
                Vector512.ShiftRightLogical(Vector512.AsInt64 x.B, count) |> Vector512.AsDouble
            )
