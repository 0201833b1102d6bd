using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FuncAD.Benchmarks.Problems;

/// <summary>The two inner loops of linear algebra on SIMD lanes, for the forms by hand; lifted code takes the loops after the guards.</summary>
internal static class Lanes
{
    /// <summary>y += a x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled(double a, ReadOnlySpan<double> x, Span<double> y)
    {
        ref double from = ref MemoryMarshal.GetReference(x),
            to = ref MemoryMarshal.GetReference(y);
        nuint i = 0,
            length = (nuint)y.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Length, y.Length);
        if (Vector.IsHardwareAccelerated)
        {
            var lanes = (nuint)Vector<double>.Count;
            var scale = new Vector<double>(a);
            for (; i + lanes <= length; i += lanes)
                (Vector.LoadUnsafe(ref to, i) + scale * Vector.LoadUnsafe(ref from, i)).StoreUnsafe(ref to, i);
        }
        for (; i < length; i++)
            Unsafe.Add(ref to, i) += a * Unsafe.Add(ref from, i);
    }

    /// <summary>The sum of x[i] y[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ref double left = ref MemoryMarshal.GetReference(x),
            right = ref MemoryMarshal.GetReference(y);
        nuint i = 0,
            length = (nuint)x.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(y.Length, x.Length);
        var sum = 0.0;
        if (Vector.IsHardwareAccelerated)
        {
            var lanes = (nuint)Vector<double>.Count;
            var sums = Vector<double>.Zero;
            for (; i + lanes <= length; i += lanes)
                sums += Vector.LoadUnsafe(ref left, i) * Vector.LoadUnsafe(ref right, i);
            sum = Vector.Sum(sums);
        }
        for (; i < length; i++)
            sum += Unsafe.Add(ref left, i) * Unsafe.Add(ref right, i);
        return sum;
    }
}
