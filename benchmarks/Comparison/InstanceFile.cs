using System.Runtime.InteropServices;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>What the contestants read and write: counts as 64-bit integers and numbers as doubles, little-endian.</summary>
public static class InstanceFile
{
    public static void Write(string path, Instance instance)
    {
        using var file = File.Create(path);
        Put(file, Array.ConvertAll(instance.Size.Dimensions, dimension => (long)dimension));
        Put(file, instance.X);
        Put(file, instance.Data);
    }

    public static Instance Read(string path)
    {
        using var file = File.OpenRead(path);
        var dimensions = Array.ConvertAll(Take<long>(file), dimension => (int)dimension);
        return new(new Size("", 0, false, dimensions), Take<double>(file), Take<double>(file));
    }

    public static void WriteResult(string path, double[] values, double[] derivatives)
    {
        using var file = File.Create(path);
        Put(file, values);
        Put(file, derivatives);
    }

    public static (double[] Values, double[] Derivatives) ReadResult(string path)
    {
        using var file = File.OpenRead(path);
        return (Take<double>(file), Take<double>(file));
    }

    private static void Put<T>(Stream file, T[] numbers)
        where T : unmanaged
    {
        file.Write(BitConverter.GetBytes((long)numbers.Length));
        file.Write(MemoryMarshal.AsBytes<T>(numbers));
    }

    private static T[] Take<T>(Stream file)
        where T : unmanaged
    {
        var count = 0L;
        file.ReadExactly(MemoryMarshal.AsBytes(new Span<long>(ref count)));
        var numbers = new T[count];
        file.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }
}
