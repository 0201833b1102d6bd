namespace FuncAD;

/// <summary>What a lift did: what was translated, where numbers are read as constants, and what was refused and where.</summary>
public sealed class LiftReport
{
    private readonly List<string> refusals = [];
    private readonly List<string> reads = [];
    private readonly List<string> notes = [];

    internal LiftReport() { }

    /// <summary>The number of methods that were translated.</summary>
    public int Methods { get; private set; }

    /// <summary>The number of types that have twins.</summary>
    public int Types { get; private set; }

    /// <summary>Calls and instructions that cannot be lifted, with the reason and the method they are in: each throws where it is reached.</summary>
    public IReadOnlyList<string> Refused => refusals;

    /// <summary>Where a number is read as a whole number or for output, and is a constant from there on.</summary>
    public IReadOnlyList<string> Reads => reads;

    /// <summary>What else to know: static fields that are state.</summary>
    public IReadOnlyList<string> Notes => notes;

    internal void Refuse(string message) => Add(refusals, message);

    internal void Read(string message) => Add(reads, message);

    internal void Note(string message) => Add(notes, message);

    internal void Close(int methods, int types) => (Methods, Types) = (methods, types);

    private static void Add(List<string> messages, string message)
    {
        if (!messages.Contains(message))
            messages.Add(message);
    }

    /// <summary>The report as text.</summary>
    public override string ToString()
    {
        var lines = new List<string> { $"{Methods} methods and {Types} types lifted" };
        void Part(string heading, List<string> messages)
        {
            if (messages.Count > 0)
                lines.AddRange([heading, .. messages.Select(m => $"  {m}")]);
        }
        Part("throws where it is reached:", refusals);
        Part("a constant from there on:", reads);
        Part("to know:", notes);
        return string.Join(Environment.NewLine, lines);
    }
}
