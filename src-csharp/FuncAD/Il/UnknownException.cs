namespace FuncAD.Il;

/// <summary>An object of a type, or a delegate of a method, that was not there when the function was lifted: it is lifted again with it.</summary>
internal sealed class UnknownException(string message) : NotSupportedException(message);
