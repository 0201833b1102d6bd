namespace FuncAD.Benchmarks.Problems;

/// <summary>Numbers that look random and are the same on every machine: SplitMix64 (Steele, Lea and Flood 2014), with normals by Box and Muller.</summary>
public sealed class Generator(ulong seed)
{
    private ulong _state = seed;

    public double Uniform(double low, double high)
    {
        _state += 0x9E3779B97F4A7C15;
        var z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return low + (high - low) * (((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53)));
    }

    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform(0, 1))) * Math.Cos(Math.Tau * Uniform(0, 1));

    /// <summary>A whole number from 0 up to, and without, the count.</summary>
    public int Below(int count) => (int)Uniform(0, count);

    public double[] Uniforms(int count, double low, double high) => Fill(count, () => Uniform(low, high));

    public double[] Normals(int count, double deviation = 1) => Fill(count, () => deviation * Normal());

    private static double[] Fill(int count, Func<double> next)
    {
        var numbers = new double[count];
        for (var i = 0; i < count; i++)
            numbers[i] = next();
        return numbers;
    }
}
