using System.Runtime.CompilerServices;

namespace FuncAD;

public static partial class AD
{
    /// <summary>The function as a straight-line program: f runs once on traced numbers, at the example, and what it did is optimised and compiled.</summary>
    /// <remarks>
    /// Derivatives compile like any function: <c>Compile(Grad(f), x)</c>, <c>Compile(Hessian(f), x)</c>. The result is that of f, bit for bit. Branches on values are
    /// checked in each run, and other paths traced when a run takes them; <see cref="Real.Select"/>, <c>Max</c>, <c>Min</c> and <c>Clamp</c> need no branch.
    /// Parts of the parameter that are not numbers, and what f captures, are constants of the program.
    /// Cost: one run of f at about a microsecond an operation; machine code, once it pays, 5 to 20 us an operation.
    /// </remarks>
    /// <exception cref="ArgumentException">The example holds no Real, or the example or the result a tensor or a function.</exception>
    /// <exception cref="InvalidOperationException">f reads a Real as a double, an integer or a hash code.</exception>
    /// <example><code>AD.Compile(AD.Grad(x => x[0] * x[1]), [3.0, 2.0]).Invoke([5.0, 7.0])  // 7, 5</code></example>
    public static Compiled<P, Q> Compile<P, Q>(Func<P, Q> f, P example) => ADModule.compile(f.ToFSharp(), example);

    // The priority keeps an example that is written as a double or as [1, 2] from being taken for a P.

    /// <inheritdoc cref="Compile{P, Q}(Func{P, Q}, P)"/>
    [OverloadResolutionPriority(1)]
    public static Compiled<Real, Q> Compile<Q>(Func<Real, Q> f, Real example) => Compile<Real, Q>(f, example);

    /// <inheritdoc cref="Compile{P, Q}(Func{P, Q}, P)"/>
    [OverloadResolutionPriority(1)]
    public static Compiled<Real[], Q> Compile<Q>(Func<Real[], Q> f, Real[] example) => Compile<Real[], Q>(f, example);

    /// <summary>Compiles as the other overload does, with choices about how the function is executed.</summary>
    /// <exception cref="ArgumentException">The example holds no Real, or the example or the result a tensor or a function.</exception>
    /// <exception cref="InvalidOperationException">f reads a Real as a double, an integer or a hash code.</exception>
    public static Compiled<P, Q> Compile<P, Q>(Func<P, Q> f, P example, CompileOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ADModule.compileWith(options, f.ToFSharp(), example);
    }

    /// <inheritdoc cref="Compile{P, Q}(Func{P, Q}, P, CompileOptions)"/>
    [OverloadResolutionPriority(1)]
    public static Compiled<Real, Q> Compile<Q>(Func<Real, Q> f, Real example, CompileOptions options) =>
        Compile<Real, Q>(f, example, options);

    /// <inheritdoc cref="Compile{P, Q}(Func{P, Q}, P, CompileOptions)"/>
    [OverloadResolutionPriority(1)]
    public static Compiled<Real[], Q> Compile<Q>(Func<Real[], Q> f, Real[] example, CompileOptions options) =>
        Compile<Real[], Q>(f, example, options);
}
