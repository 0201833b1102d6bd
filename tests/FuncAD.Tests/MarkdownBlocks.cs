namespace FuncAD.Tests;

/// <summary>A fenced block of code in a document of the repository.</summary>
/// <param name="Document">The document's path in the repository.</param>
/// <param name="Line">The line of the opening fence.</param>
/// <param name="Language">The first word after the fence, such as csharp.</param>
/// <param name="Flags">The rest of that line, such as no-run.</param>
/// <param name="Code">The code.</param>
/// <param name="Output">What the next block says that the code prints, if that is fenced as text output.</param>
internal sealed record MarkdownBlock(string Document, int Line, string Language, string Flags, string Code, string? Output = null)
{
    /// <summary>A part of a program, which is compiled but does not run by itself.</summary>
    public bool IsFragment => Code.TrimStart().StartsWith("// fragment", StringComparison.Ordinal);

    /// <summary>A block that is neither compiled nor run.</summary>
    public bool IsSkipped => Flags.Split(' ').Contains("no-run");

    public static IEnumerable<string> Documents()
    {
        var docs = Path.Combine(Dotnet.Repository, "docs");
        var pages = Directory.Exists(docs) ? Directory.GetFiles(docs, "*.md", SearchOption.AllDirectories) : [];
        return pages
            .Select(page => Path.GetRelativePath(Dotnet.Repository, page).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .Prepend("README.md");
    }

    public static List<MarkdownBlock> In(string document) => Parse(document, File.ReadAllLines(Path.Combine(Dotnet.Repository, document)));

    public static List<MarkdownBlock> Parse(string document, string[] lines)
    {
        var blocks = new List<MarkdownBlock>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
                continue;
            var (start, info) = (i, lines[i][3..].Trim().Split(' ', 2));
            var code = lines.Skip(start + 1).TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal)).ToArray();
            i += code.Length + 1;
            blocks.Add(new(document, start + 1, info[0], info.Length > 1 ? info[1] : "", string.Join('\n', code) + "\n"));
        }
        for (var i = 0; i + 1 < blocks.Count; i++)
            if (blocks[i + 1] is { Language: "text", Flags: "output" } output)
                blocks[i] = blocks[i] with { Output = output.Code };
        return blocks;
    }
}
