using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>What one contestant did on one size.</summary>
public sealed record Row(Problem Problem, Size Size, Contestant Contestant)
{
    public Sample? Value { get; init; }

    public Sample? Derivative { get; init; }

    /// <summary>How far values and derivatives are from the yardstick's.</summary>
    public double? Distance { get; init; }

    /// <summary>By how many bytes its process grew, at its peak, since it had read the input.</summary>
    public double? Peak { get; init; }

    /// <summary>Bytes that the runtime allocated for one derivative.</summary>
    public double? Allocated { get; init; }

    /// <summary>Why there are no times.</summary>
    public string? Note { get; init; }

    /// <summary>It computed something else than the yardstick: its times do not count.</summary>
    public bool IsWrong { get; init; }
}
