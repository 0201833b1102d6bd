using System.Collections.Immutable;

namespace FuncAD.Analyzers.Generator;

/// <summary>Lines that compare by what they say, so that the generator writes again only what changed.</summary>
internal readonly struct Lines(ImmutableArray<KeptLine> items) : IEquatable<Lines>
{
    public ImmutableArray<KeptLine> Items => items.IsDefault ? [] : items;

    public bool Equals(Lines other) => Items.SequenceEqual(other.Items);

    public override bool Equals(object? other) => other is Lines lines && Equals(lines);

    public override int GetHashCode() => Items.IsEmpty ? 0 : Items[0].GetHashCode() ^ Items.Length;
}

/// <summary>One line of the written file: an attribute that keeps a type which generated code cannot name, or a call of NativeAot.</summary>
internal readonly struct KeptLine(bool isAttribute, string text) : IEquatable<KeptLine>
{
    public bool IsAttribute { get; } = isAttribute;

    public string Text { get; } = text;

    public bool Equals(KeptLine other) => IsAttribute == other.IsAttribute && Text == other.Text;

    public override bool Equals(object? other) => other is KeptLine line && Equals(line);

    public override int GetHashCode() => Text.GetHashCode();
}
