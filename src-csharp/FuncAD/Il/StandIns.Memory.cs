using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FuncAD.Il;

/// <summary>Literals, copies by bytes, and the switch that turns vectors off.</summary>
internal static partial class StandIns
{
    public static bool Vector_get_IsHardwareAccelerated() => false;

    public static bool Vector64_get_IsHardwareAccelerated() => false;

    public static bool Vector128_get_IsHardwareAccelerated() => false;

    public static bool Vector256_get_IsHardwareAccelerated() => false;

    public static bool Vector512_get_IsHardwareAccelerated() => false;

    public static void RuntimeHelpers_InitializeArray(Array array, RuntimeFieldHandle field)
    {
        if (array.GetType().GetElementType() != typeof(Real))
        {
            RuntimeHelpers.InitializeArray(array, field);
            return;
        }
        var lengths = Enumerable.Range(0, array.Rank).Select(array.GetLength).ToArray();
        var plain = Array.CreateInstance(typeof(double), lengths);
        RuntimeHelpers.InitializeArray(plain, field);
        Arrays.Fill(array, plain, x => new Real((double)x!));
    }

    public static ReadOnlySpan<Real> RuntimeHelpers_CreateSpan<T>(RuntimeFieldHandle field)
    {
        var plain = RuntimeHelpers.CreateSpan<double>(field);
        var reals = new Real[plain.Length];
        for (var k = 0; k < reals.Length; k++)
            reals[k] = plain[k];
        return reals;
    }

    // Eight bytes are a number.
    public static void CopyBytes(ref Real source, uint bytes, Real[] target) =>
        MemoryMarshal.CreateReadOnlySpan(ref source, (int)bytes / 8).CopyTo(target);

    public static void Buffer_BlockCopy(Array source, int sourceOffset, Array target, int targetOffset, int count)
    {
        if (source is Real[] && target is Real[])
            Array.Copy(source, sourceOffset / 8, target, targetOffset / 8, count / 8);
        else if (source is Real[] || target is Real[])
            throw new LiftException("Buffer.BlockCopy reads a number's bytes and would drop its derivative.");
        else
            Buffer.BlockCopy(source, sourceOffset, target, targetOffset, count);
    }

    public static int Buffer_ByteLength(Array array) => array is Real[] reals ? 8 * reals.Length : Buffer.ByteLength(array);
}
