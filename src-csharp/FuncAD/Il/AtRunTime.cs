namespace FuncAD.Il;

/// <summary>What the attributes of Lift say, where a program is published with native AOT or trimmed.</summary>
internal static class AtRunTime
{
    public const string Reads = "Lift reads the code of a program, which trimming may have removed.";

    public const string Writes =
        "Lift makes code at run time, which native AOT does not have. Write the function over Real, or over any T : IFloatingPointIeee754<T>.";
}
