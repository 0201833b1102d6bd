using System.Runtime.CompilerServices;

namespace FuncAD;

/// <summary>
/// Optimisers as pure functions, from a state and a gradient to the next state, over any structure of <see cref="Real"/> and
/// <see cref="Tensor"/>; what is not a number rides along.
/// </summary>
/// <remarks>
/// Gradients are constants as <c>AD.Grad</c> gives them, and so are the results. Where parameters, gradients or rates are being differentiated,
/// steps are differentiated too, to any order. A step is one pass over constant tensors. A gradient that has not the structure of the
/// parameters is refused with an <see cref="ArgumentException"/> that names the place. A rate is finite and 0 or more, otherwise an
/// <see cref="ArgumentOutOfRangeException"/> says so.
/// </remarks>
/// <example><code>
/// var state = Optim.Start(model);
/// for (var i = 0; i &lt; 1000; i++)
///     state = Optim.Adam(state, AD.Grad&lt;Model&gt;(Loss)(state.Parameters), rate: 1e-3);
/// </code></example>
public static class Optim
{
    /// <inheritdoc cref="OptimModule.start"/>
    public static OptimState<P> Start<P>(P parameters) => OptimModule.start(parameters);

    /// <inheritdoc cref="OptimModule.sgd"/>
    public static OptimState<P> Sgd<P>(OptimState<P> state, P gradient, Real rate) => OptimModule.sgd(rate, gradient, state);

    /// <inheritdoc cref="OptimModule.momentum"/>
    public static OptimState<P> Momentum<P>(OptimState<P> state, P gradient, Real rate, double momentum = 0.9) =>
        OptimModule.momentum(momentum, rate, gradient, state);

    /// <inheritdoc cref="OptimModule.nesterov"/>
    public static OptimState<P> Nesterov<P>(OptimState<P> state, P gradient, Real rate, double momentum = 0.9) =>
        OptimModule.nesterov(momentum, rate, gradient, state);

    /// <summary>
    /// Adam: m' = beta1 m + (1 - beta1) g, v' = beta2 v + (1 - beta2) g^2, p' = p - rate mHat / (sqrt vHat + epsilon), where
    /// mHat = m' / (1 - beta1^t) and vHat = v' / (1 - beta2^t) at step t (Kingma and Ba 2015, "Adam: a method for stochastic optimization",
    /// algorithm 1).
    /// </summary>
    /// <remarks>Where v' is 0, that is where all gradients so far were 0, a step is differentiated as if sqrt had slope 0 there.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A beta is not in [0, 1), epsilon is negative, or the rate is.</exception>
    public static OptimState<P> Adam<P>(
        OptimState<P> state,
        P gradient,
        Real rate,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8
    ) => OptimModule.adamWith(new AdamSettings(beta1, beta2, epsilon, decay: 0), rate, gradient, state);

    /// <summary>
    /// Adam with decoupled weight decay: p' = p - rate (mHat / (sqrt vHat + epsilon) + decay p) (Loshchilov and Hutter 2019, "Decoupled weight
    /// decay regularization", algorithm 2, where the rate stands for both its alpha and its schedule multiplier).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A beta is not in [0, 1), epsilon or the decay is negative, or the rate is.</exception>
    public static OptimState<P> AdamW<P>(
        OptimState<P> state,
        P gradient,
        Real rate,
        double decay = 0.01,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8
    ) => OptimModule.adamWith(new AdamSettings(beta1, beta2, epsilon, decay), rate, gradient, state);

    /// <inheritdoc cref="OptimModule.norm"/>
    public static Real Norm<P>(P gradient) => OptimModule.norm(gradient);

    /// <inheritdoc cref="OptimModule.clip"/>
    public static P Clip<P>(P gradient, double maximumNorm) => OptimModule.clip(maximumNorm, gradient);

    /// <summary>
    /// A local minimum of a smooth function of a structure, by MathNet's limited-memory BFGS with exact gradients: with a tolerance for the scaled
    /// gradient, so many iterations at most, and a memory of so many steps.
    /// </summary>
    /// <remarks>
    /// For functions that are the same at each call: no mini-batches. Where f or its gradient is not finite, line searches turn back. Cost: a
    /// gradient for each point tried, mostly one or two an iteration.
    /// </remarks>
    /// <exception cref="ArgumentException">f or its gradient is not finite at the start.</exception>
    /// <exception cref="InvalidOperationException">f depends on a number that is being differentiated outside of it.</exception>
    public static Minimum<P> Lbfgs<P>(Func<P, Real> f, P start, double tolerance = 1e-8, int maximumIterations = 1000, int memory = 10) =>
        OptimModule.lbfgsWith(memory, tolerance, maximumIterations, f.ToFSharp(), start);

    // The priority keeps a start that is written as doubles from being taken for a P.

    /// <inheritdoc cref="Lbfgs{P}"/>
    [OverloadResolutionPriority(1)]
    public static Minimum<Real[]> Lbfgs(
        Func<Real[], Real> f,
        Real[] start,
        double tolerance = 1e-8,
        int maximumIterations = 1000,
        int memory = 10
    ) => Lbfgs<Real[]>(f, start, tolerance, maximumIterations, memory);

    /// <inheritdoc cref="Lbfgs{P}"/>
    [OverloadResolutionPriority(1)]
    public static Minimum<Real> Lbfgs(
        Func<Real, Real> f,
        Real start,
        double tolerance = 1e-8,
        int maximumIterations = 1000,
        int memory = 10
    ) => Lbfgs<Real>(f, start, tolerance, maximumIterations, memory);
}
