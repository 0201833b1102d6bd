using MathNet.Numerics.Optimization;

namespace FuncAD;

/// <summary>
/// Functions of FuncAD for MathNet.Numerics' optimisers, with exact derivatives instead of differences; and roots of systems by Newton's
/// method.
/// </summary>
/// <remarks>
/// The optimisers compute on plain doubles. An f that depends on a number that is being differentiated outside of it is refused with an
/// <see cref="InvalidOperationException"/>.
/// </remarks>
/// <example><code>new NewtonMinimizer(1e-10, 100).FindMinimum(Objective.Of(x => ...), start)</code></example>
public static class Objective
{
    /// <summary>A function of several numbers for a minimiser of MathNet, such as BfgsMinimizer or NewtonMinimizer.</summary>
    /// <remarks>Cost: a value is a run of f, a gradient with its value one and a sweep, a Hessian a product with it for each argument.</remarks>
    public static IObjectiveFunction Of(Func<Real[], Real> f) => ObjectiveModule.ofFunction(f.ToFSharp());

    /// <summary>A function of a tensor with one axis for a minimiser of MathNet.</summary>
    /// <remarks>Cost: as <see cref="Of"/>.</remarks>
    public static IObjectiveFunction OfTensor(Func<Tensor, Real> f) => ObjectiveModule.ofTensor(f.ToFSharp());

    /// <inheritdoc cref="ObjectiveModule.leastSquares"/>
    public static IObjectiveModel LeastSquares(Func<Real[], double, Real> model, double[] xs, double[] ys) =>
        ObjectiveModule.leastSquares(model.ToFSharp(), xs, ys);

    /// <summary>The sum of weight_i (y_i - f(parameters, x_i))^2; otherwise as the overload without weights.</summary>
    /// <exception cref="ArgumentException">xs, ys and weights have not the same length.</exception>
    public static IObjectiveModel LeastSquares(Func<Real[], double, Real> model, double[] xs, double[] ys, double[] weights) =>
        ObjectiveModule.weightedLeastSquares(weights, model.ToFSharp(), xs, ys);

    /// <inheritdoc cref="ObjectiveModule.residuals"/>
    public static IObjectiveModel LeastSquares(Func<Real[], Real[]> residuals, int count) =>
        ObjectiveModule.residuals(count, residuals.ToFSharp());

    /// <inheritdoc cref="ObjectiveModule.root"/>
    public static Real[] Root(Func<Real[], Real[]> f, Real[] start, double tolerance = 1e-12) =>
        ObjectiveModule.root(tolerance, f.ToFSharp(), start);
}
