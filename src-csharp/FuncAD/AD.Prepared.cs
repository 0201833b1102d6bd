using System.Runtime.CompilerServices;

namespace FuncAD;

public static partial class AD
{
    /// <summary>
    /// The function made ready for many calls: its value, gradient and Hessian at points that are spans of doubles, written into spans. The
    /// results are those of <see cref="ValueAndGrad{P}"/> and <see cref="Hessian{P}"/>, bit for bit.
    /// </summary>
    /// <remarks>
    /// f runs at each call, and keeps neither the array that it is given nor the numbers in it. Several threads may call at once. Cost: none; f
    /// does not run. A gradient of a function of an array of numbers allocates nothing once a first call was made.
    /// </remarks>
    /// <param name="f">The function.</param>
    /// <param name="example">A parameter: its structure, lengths and parts that are not numbers are those of all points.</param>
    /// <exception cref="ArgumentException">The example holds no Real and no Tensor, or cannot be taken apart.</exception>
    /// <example><code>AD.Prepare(x => x[0] * x[1], [0.0, 0.0]).Gradient([2.0, 3.0], gradient)  // 3, 2</code></example>
    public static Prepared<P> Prepare<P>(Func<P, Real> f, P example) => ADModule.prepare(f.ToFSharp(), example);

    // The priority keeps an example that is written as [1, 2] from being taken for a P.

    /// <inheritdoc cref="Prepare{P}(Func{P, Real}, P)"/>
    [OverloadResolutionPriority(1)]
    public static Prepared<Real[]> Prepare(Func<Real[], Real> f, Real[] example) => Prepare<Real[]>(f, example);

    /// <summary>
    /// A function with several results made ready for many calls: its value and its Jacobian at points that are spans of doubles, written into
    /// spans. The results are those of <see cref="Jacobian(Func{Real[], Real[]})"/>, bit for bit.
    /// </summary>
    /// <remarks>f runs at each call. Several threads may call at once. Cost: none; f does not run.</remarks>
    /// <param name="f">The function.</param>
    /// <param name="example">A point: its length is that of all points.</param>
    /// <exception cref="ArgumentNullException">f or the example is null.</exception>
    [OverloadResolutionPriority(1)]
    public static PreparedVector Prepare(Func<Real[], Real[]> f, Real[] example) => ADModule.prepareVector(f.ToFSharp(), example);
}
