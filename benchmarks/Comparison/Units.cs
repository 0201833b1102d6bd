using System.Globalization;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>Numbers for readers: three digits and a unit.</summary>
public static class Units
{
    public static string Time(double? nanoseconds) => Scaled(nanoseconds, (1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"));

    public static string Bytes(double? bytes) => Scaled(bytes, (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"));

    /// <summary>A quotient; empty where either side is missing.</summary>
    public static string Ratio(double? part, double? whole) => part is { } a && whole is { } b && b > 0 ? Digits(a / b) : "-";

    public static string Digits(double value) =>
        value switch
        {
            >= 99.95 => value.ToString("0", CultureInfo.InvariantCulture),
            >= 9.995 => value.ToString("0.0", CultureInfo.InvariantCulture),
            >= 0.0995 => value.ToString("0.00", CultureInfo.InvariantCulture),
            0 => "0",
            >= 0.000995 => value.ToString("G2", CultureInfo.InvariantCulture),
            _ => value.ToString("0.0E0", CultureInfo.InvariantCulture),
        };

    private static string Scaled(double? value, params (double Size, string Name)[] units)
    {
        if (value is not { } number)
            return "-";
        var (size, name) = units.FirstOrDefault(unit => Math.Abs(number) >= unit.Size, units[^1]);
        return $"{Digits(number / size)} {name}";
    }
}
