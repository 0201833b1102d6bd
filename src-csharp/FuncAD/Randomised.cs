namespace FuncAD;

/// <inheritdoc cref="RandomisedModule"/>
/// <example><code>
/// var gradient = Randomised.Grad(p => Loss(p), keep: 0.5)(parameters, RandomKey.Of(1));
/// var hidden = Randomised.Activation(TensorMath.Tanh, Randomised.Linear(x, w, 0.1, key.Fold(0)), 0.1, key.Fold(1));
/// </code></example>
public static class Randomised
{
    /// <inheritdoc cref="RandomisedModule.grad"/>
    public static Func<P, RandomKey, P> Grad<P>(Func<P, Real> f, double keep)
    {
        var function = f.ToFSharp();
        return (p, key) => RandomisedModule.grad(keep, function, key, p);
    }

    /// <inheritdoc cref="RandomisedModule.grad"/>
    public static Func<Real, RandomKey, Real> Grad(Func<Real, Real> f, double keep) => Grad<Real>(f, keep);

    /// <inheritdoc cref="RandomisedModule.grad"/>
    public static Func<Real[], RandomKey, Real[]> Grad(Func<Real[], Real> f, double keep) => Grad<Real[]>(f, keep);

    /// <inheritdoc cref="RandomisedModule.valueAndGrad"/>
    public static Func<P, RandomKey, SampledGradient<P>> ValueAndGrad<P>(Func<P, Real> f, double keep)
    {
        var function = f.ToFSharp();
        return (p, key) => RandomisedModule.valueAndGrad(keep, function, key, p);
    }

    /// <inheritdoc cref="RandomisedModule.valueAndGrad"/>
    public static Func<Real, RandomKey, SampledGradient<Real>> ValueAndGrad(Func<Real, Real> f, double keep) => ValueAndGrad<Real>(f, keep);

    /// <inheritdoc cref="RandomisedModule.valueAndGrad"/>
    public static Func<Real[], RandomKey, SampledGradient<Real[]>> ValueAndGrad(Func<Real[], Real> f, double keep) =>
        ValueAndGrad<Real[]>(f, keep);

    /// <inheritdoc cref="RandomisedModule.linear"/>
    public static Tensor Linear(Tensor x, Tensor w, double keep, RandomKey key) => RandomisedModule.linear(keep, key, w, x);

    /// <inheritdoc cref="RandomisedModule.affine"/>
    public static Tensor Linear(Tensor x, Tensor w, Tensor b, double keep, RandomKey key) => RandomisedModule.affine(keep, key, w, b, x);

    /// <inheritdoc cref="RandomisedModule.conv2d"/>
    public static Tensor Conv2d(Tensor x, Tensor kernel, double keep, RandomKey key, int stride = 1, int padding = 0) =>
        RandomisedModule.conv2d(keep, key, stride, stride, padding, padding, kernel, x);

    /// <inheritdoc cref="RandomisedModule.conv2d"/>
    public static Tensor Conv2d(
        Tensor x,
        Tensor kernel,
        double keep,
        RandomKey key,
        (int Down, int Right) stride,
        (int Vertical, int Horizontal) padding
    ) => RandomisedModule.conv2d(keep, key, stride.Down, stride.Right, padding.Vertical, padding.Horizontal, kernel, x);

    /// <inheritdoc cref="RandomisedModule.multiply"/>
    public static Tensor Multiply(Tensor x, Tensor w, double keep, RandomKey key) => RandomisedModule.multiply(keep, key, w, x);

    /// <inheritdoc cref="RandomisedModule.activation"/>
    public static Tensor Activation(Func<Tensor, Tensor> f, Tensor x, double keep, RandomKey key) =>
        RandomisedModule.activation(keep, key, f.ToFSharp(), x);

    /// <inheritdoc cref="RandomisedModule.memory"/>
    public static Func<P, TapeMemory> Memory<P>(Func<P, Real> f)
    {
        var function = f.ToFSharp();
        return p => RandomisedModule.memory(function, p);
    }

    /// <inheritdoc cref="RandomisedModule.memory"/>
    public static Func<Real, TapeMemory> Memory(Func<Real, Real> f) => Memory<Real>(f);

    /// <inheritdoc cref="RandomisedModule.memory"/>
    public static Func<Real[], TapeMemory> Memory(Func<Real[], Real> f) => Memory<Real[]>(f);
}
