using System.Reflection;

namespace FuncAD;

/// <summary>A function, or what it calls, cannot be lifted, or its lifted code reached what cannot be; the message says what and where.</summary>
public sealed class LiftException : NotSupportedException
{
    internal static readonly ConstructorInfo Constructor = typeof(LiftException).GetConstructor([typeof(string)])!;

    /// <summary>An error with this message.</summary>
    public LiftException(string message)
        : base(message) { }
}
