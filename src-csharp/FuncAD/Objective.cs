using MathNet.Numerics.Optimization;

namespace FuncAD;

/// <summary>
/// Functions of FuncAD for MathNet.Numerics' optimisers, with exact derivatives instead of differences; and roots of systems by Newton's
/// method.
/// </summary>
/// <remarks>
/// The optimisers compute on plain doubles. An f that depends on a number that is being differentiated outside of it raises an
/// <see cref="InvalidOperationException"/>.
/// </remarks>
/// <example><code>new NewtonMinimizer(1e-10, 100).FindMinimum(Objective.Of(x => ...), start)</code></example>
public static class Objective
{
    /// <summary>A function of several numbers for a minimiser of MathNet, such as BfgsMinimizer or NewtonMinimizer.</summary>
    /// <remarks>
    /// Cost: a value takes one run of f, a gradient with its value one run and one sweep, a Hessian one product with a vector for each
    /// argument.
    /// </remarks>
    public static IObjectiveFunction Of(Func<Real[], Real> f) => ObjectiveModule.ofFunction(f.ToFSharp());

    /// <summary>A function of a tensor with one axis for a minimiser of MathNet.</summary>
    /// <remarks>Cost: as <see cref="Of"/>.</remarks>
    public static IObjectiveFunction OfTensor(Func<Tensor, Real> f) => ObjectiveModule.ofTensor(f.ToFSharp());

    /// <summary>
    /// The model y = f(parameters, x) with observations, for MathNet's Levenberg-Marquardt and trust-region minimisers: the sum of squares
    /// of y_i - f(parameters, x_i), with the exact Jacobian of f with respect to the parameters.
    /// </summary>
    /// <remarks>Cost of a Jacobian: a run over all observations for each parameter.</remarks>
    /// <exception cref="ArgumentException">xs and ys differ in length.</exception>
    public static IObjectiveModel LeastSquares(Func<Real[], double, Real> model, double[] xs, double[] ys) =>
        ObjectiveModule.leastSquares(model.ToFSharp(), xs, ys);

    /// <summary>The sum of weight_i (y_i - f(parameters, x_i))^2; otherwise as the overload without weights.</summary>
    /// <exception cref="ArgumentException">weights, xs and ys differ in length.</exception>
    public static IObjectiveModel LeastSquares(Func<Real[], double, Real> model, double[] xs, double[] ys, double[] weights) =>
        ObjectiveModule.weightedLeastSquares(weights, model.ToFSharp(), xs, ys);

    /// <summary>
    /// The sum of squares of <c>count</c> residuals r(parameters), for MathNet's Levenberg-Marquardt and trust-region minimisers.
    /// </summary>
    /// <remarks>Cost of a Jacobian: a run of r for each parameter, or a sweep for each residual where those are fewer.</remarks>
    /// <exception cref="ArgumentException">On evaluation: r does not return <c>count</c> residuals.</exception>
    public static IObjectiveModel LeastSquares(Func<Real[], Real[]> residuals, int count) =>
        ObjectiveModule.residuals(count, residuals.ToFSharp());

    /// <summary>
    /// An x with |f_i(x)| within a tolerance for each equation i, by Newton's method with the exact Jacobian. A step that does not reduce
    /// |f| enough is halved until it does (Dennis and Schnabel 1996, algorithm A6.3.1 with halving).
    /// </summary>
    /// <remarks>
    /// Near a root with a regular Jacobian every step doubles the number of correct digits. If rounding keeps f above the tolerance, the
    /// result is an x that full steps no longer change. Cost of a step: a Jacobian, and one or more runs of f.
    /// </remarks>
    /// <exception cref="ArgumentException">f has different numbers of results and arguments, or is not finite at the start.</exception>
    /// <exception cref="MathNet.Numerics.NonConvergenceException">The Jacobian is singular at a point that was reached, no step reduces
    /// |f|, or 100 steps did not suffice.</exception>
    public static Real[] Root(Func<Real[], Real[]> f, Real[] start, double tolerance = 1e-12) =>
        ObjectiveModule.root(tolerance, f.ToFSharp(), start);
}
