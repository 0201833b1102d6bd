namespace FuncAD;

/// <summary>
/// Marks a type whose numbers FuncAD takes apart, for programs that are published with native AOT or trimmed: the package's generator
/// keeps its members, and those of the types in it.
/// </summary>
/// <remarks>
/// It is rarely needed: the generator finds the types with fields of <see cref="Real"/> or <see cref="Tensor"/> by itself, and those that calls of FuncAD name. It is
/// for what it cannot see, such as a type of another assembly that only generic code differentiates. Everywhere else it does nothing.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class DifferentiableAttribute : Attribute;
