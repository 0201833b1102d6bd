using System.Diagnostics.CodeAnalysis;

namespace FuncAD.Il;

/// <summary>Arrays of any rank, element by element.</summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class Arrays
{
    public static void Fill(Array target, Array source, Func<object?, object?> convert)
    {
        var index = new int[source.Rank];
        for (var d = 0; d < source.Rank; d++)
            index[d] = source.GetLowerBound(d);
        foreach (var element in source)
        {
            target.SetValue(convert(element), index);
            for (var d = source.Rank - 1; d >= 0 && ++index[d] > source.GetUpperBound(d); d--)
                index[d] = source.GetLowerBound(d);
        }
    }

    public static Array Like(Array source, Type element) =>
        Array.CreateInstance(
            element,
            [.. Enumerable.Range(0, source.Rank).Select(source.GetLength)],
            [.. Enumerable.Range(0, source.Rank).Select(source.GetLowerBound)]
        );
}
