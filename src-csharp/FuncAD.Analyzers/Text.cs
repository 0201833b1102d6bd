using Microsoft.CodeAnalysis;

namespace FuncAD.Analyzers;

/// <summary>Code in messages.</summary>
internal static class Text
{
    private const int Longest = 60;

    public static string Of(SyntaxNode node)
    {
        var text = string.Join(" ", node.ToString().Split(Blank, System.StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= Longest ? text : text.Substring(0, Longest) + "...";
    }

    private static readonly char[] Blank = [' ', '\n', '\r', '\t'];
}
