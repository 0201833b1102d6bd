namespace FuncAD.Tests;

/// <summary>Comparisons of numbers: bit for bit, or within a few units in the last place.</summary>
internal static class Check
{
    /// <summary>The distance from 1 to the next double.</summary>
    public const double Ulp = 2.220446049250313e-16;

    /// <summary>The same bits; all NaNs count as one, since hardware is free to choose among them.</summary>
    public static void Bits(double expected, Real actual, string what = "")
    {
        var same = double.IsNaN(expected)
            ? double.IsNaN(actual.Value)
            : BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual.Value);
        Assert.True(same, $"{what} expected {expected:R}, got {actual.Value:R}");
    }

    public static void Bits(double[] expected, Real[] actual, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Bits(expected[i], actual[i], $"{what}[{i}]");
    }

    /// <summary>Within so many roundings of a computation whose terms are as large as the result (or 1).</summary>
    public static void Close(double expected, Real actual, double roundings = 8)
    {
        var allowed = roundings * Ulp * Math.Max(1, Math.Abs(expected));
        Assert.True(
            Math.Abs(expected - actual.Value) <= allowed,
            $"expected {expected:R}, got {actual.Value:R}, allowed difference {allowed:E1}"
        );
    }

    public static void Close(double[] expected, Real[] actual, double roundings = 8)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Close(expected[i], actual[i], roundings);
    }
}
