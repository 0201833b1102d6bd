using System.Diagnostics.CodeAnalysis;
using MathNet.Numerics;
using MathNet.Numerics.RootFinding;

namespace FuncAD.Il;

/// <summary>
/// What this library has better rules for than the code of MathNet.Numerics differentiated: special functions, and roots and minima by the
/// implicit function theorem. <see cref="MathNetAlgebra"/> has its linear algebra.
/// </summary>
[RequiresUnreferencedCode(AtRunTime.Reads), RequiresDynamicCode(AtRunTime.Writes)]
internal static class MathNetRules
{
    public static LiftOptions Add(LiftOptions options)
    {
        AddFunctions(options);
        AddRoots(options);
        return AddMinima(options);
    }

    private static void AddFunctions(LiftOptions options) =>
        options
            .Substitute((Func<double, double>)SpecialFunctions.Erf, (Func<Real, Real>)RealMath.Erf)
            .Substitute((Func<double, double>)SpecialFunctions.Erfc, (Func<Real, Real>)RealMath.Erfc)
            .Substitute((Func<double, double>)SpecialFunctions.Gamma, (Func<Real, Real>)RealMath.Gamma)
            .Substitute((Func<double, double>)SpecialFunctions.GammaLn, (Func<Real, Real>)RealMath.LogGamma)
            .Substitute((Func<double, double>)SpecialFunctions.DiGamma, (Func<Real, Real>)RealMath.Digamma)
            .Substitute((Func<double, double>)SpecialFunctions.Logistic, (Func<Real, Real>)RealMath.Sigmoid)
            // Units of rounding are read from bits; they are constants piece by piece.
            .Substitute((Func<double, double>)Precision.EpsilonOf, (Func<Real, Real>)(x => Precision.EpsilonOf(x.Value)))
            .Substitute((Func<double, double>)Precision.PositiveEpsilonOf, (Func<Real, Real>)(x => Precision.PositiveEpsilonOf(x.Value)))
            .Substitute(
                (Func<double, double, long, bool>)Precision.AlmostEqualNumbersBetween,
                (Func<Real, Real, long, bool>)((a, b, n) => Precision.AlmostEqualNumbersBetween(a.Value, b.Value, n))
            );

    // ---- Roots ----

    private static void AddRoots(LiftOptions options)
    {
        AddRoot(options, Brent.FindRoot);
        AddRoot(options, Bisection.FindRoot);
        AddRoot(options, FindRoots.OfFunction);
        AddRoot(options, NewtonRaphson.FindRoot);
        AddRoot(options, FindRoots.OfFunctionDerivative);
        options.Substitute(
            (Func<Func<double, double>, double, double, double, double, double, int, double>)Secant.FindRoot,
            (Func<Func<Real, Real>, Real, Real, Real, Real, Real, int, Real>)(
                (f, guess, second, low, high, accuracy, steps) =>
                    Root(f, Secant.FindRoot(Plain(f), Read(guess), Read(second), Read(low), Read(high), Read(accuracy), steps))
            )
        );
    }

    private static void AddRoot(LiftOptions options, Func<Func<double, double>, double, double, double, int, double> find) =>
        options.Substitute(
            find,
            (Func<Func<Real, Real>, Real, Real, Real, int, Real>)(
                (f, low, high, accuracy, steps) => Root(f, find(Plain(f), Read(low), Read(high), Read(accuracy), steps))
            )
        );

    private static void AddRoot(
        LiftOptions options,
        Func<Func<double, double>, Func<double, double>, double, double, double, int, double> find
    ) =>
        options.Substitute(
            find,
            (Func<Func<Real, Real>, Func<Real, Real>, Real, Real, Real, int, Real>)(
                (f, slope, low, high, accuracy, steps) =>
                    Root(f, find(Plain(f), Plain(slope), Read(low), Read(high), Read(accuracy), steps))
            )
        );

    private static Func<double, double> Plain(Func<Real, Real> f) => y => Read(f(y));

    private static double Read(Real x) =>
        x.IsTraced
            ? throw new LiftException(
                "A search for a root or a minimum goes on by what its function is, which a program that is traced does not know. Compile the function without WithMathNetRules(), or differentiate it without AD.Compile."
            )
            : x.Value;

    /// <summary>
    /// The root of f as a function of what f captures: f(y, p) = 0 gives dy/dp = -f_p / f_y, which a step of Newton's method on a constant
    /// root is. Each step doubles the number of derivatives that are right (Griewank and Walther 2008, section 15.3): three give seven.
    /// </summary>
    private static Real Root(Func<Real, Real> f, double root)
    {
        var slope = AD.Diff(f);
        Real y = root;
        for (var step = 0; step < Steps; step++)
            y -= f(y) / slope(y);
        if (!(Math.Abs(y.Value - root) <= Unsettled * (1 + Math.Abs(root))))
            throw new LiftException(
                $"The method that ended at {root:R} did not find a root there: a step of Newton's method goes to {y.Value:R}, so that the implicit function theorem does not hold. Leave WithMathNetRules() out, or bracket a root where the function is smooth."
            );
        // The root's own value, which is right to the accuracy that was asked for.
        return y + (root - y.Value);
    }

    private const int Steps = 3;

    /// <summary>What an accuracy that people ask for leaves is far less.</summary>
    private const double Unsettled = 0.01;

    // ---- Minima ----

    private static LiftOptions AddMinima(LiftOptions options) =>
        options
            .Substitute(
                (Func<Func<double, double>, double, double, double, int, double>)FindMinimum.OfScalarFunctionConstrained,
                (Func<Func<Real, Real>, Real, Real, Real, int, Real>)(
                    (f, low, high, tolerance, steps) =>
                        Root(AD.Diff(f), FindMinimum.OfScalarFunctionConstrained(Plain(f), Read(low), Read(high), Read(tolerance), steps))
                )
            )
            .Substitute(
                (Func<Func<double, double>, double, double, int, double>)FindMinimum.OfScalarFunction,
                (Func<Func<Real, Real>, Real, Real, int, Real>)(
                    (f, guess, tolerance, steps) =>
                        Root(AD.Diff(f), FindMinimum.OfScalarFunction(Plain(f), Read(guess), Read(tolerance), steps))
                )
            )
            .Substitute(
                (Func<Func<double, double, double>, double, double, double, int, (double, double)>)FindMinimum.OfFunction,
                (Func<Func<Real, Real, Real>, Real, Real, Real, int, (Real, Real)>)(
                    (f, a, b, tolerance, steps) =>
                    {
                        var (y, z) = FindMinimum.OfFunction((u, v) => Read(f(u, v)), Read(a), Read(b), Read(tolerance), steps);
                        var minimum = Stationary(u => f(u[0], u[1]), [y, z]);
                        return (minimum[0], minimum[1]);
                    }
                )
            )
            .Substitute(
                (Func<Func<double, double, double, double>, double, double, double, double, int, (double, double, double)>)
                    FindMinimum.OfFunction,
                (Func<Func<Real, Real, Real, Real>, Real, Real, Real, Real, int, (Real, Real, Real)>)(
                    (f, a, b, c, tolerance, steps) =>
                    {
                        var (y, z, t) = FindMinimum.OfFunction(
                            (u, v, w) => Read(f(u, v, w)),
                            Read(a),
                            Read(b),
                            Read(c),
                            Read(tolerance),
                            steps
                        );
                        var minimum = Stationary(u => f(u[0], u[1], u[2]), [y, z, t]);
                        return (minimum[0], minimum[1], minimum[2]);
                    }
                )
            );

    /// <summary>As <see cref="Root"/>, for a point where the gradient is 0.</summary>
    private static Real[] Stationary(Func<Real[], Real> f, double[] minimum)
    {
        var (gradient, hessian) = (AD.Grad(f), AD.Hessian(f));
        var y = minimum.ToReals();
        for (var step = 0; step < Steps; step++)
        {
            var correction = Solve(hessian(y), gradient(y));
            for (var k = 0; k < y.Length; k++)
                y[k] -= correction[k];
        }
        for (var k = 0; k < y.Length; k++)
        {
            if (!(Math.Abs(y[k].Value - minimum[k]) <= Unsettled * (1 + Math.Abs(minimum[k]))))
                throw new LiftException(
                    $"The search that ended at ({string.Join(", ", minimum)}) did not find a minimum there: a step of Newton's method goes elsewhere, so that the implicit function theorem does not hold. Ask for a smaller tolerance, or leave WithMathNetRules() out."
                );
            y[k] += minimum[k] - y[k].Value;
        }
        return y;
    }

    /// <summary>The solution of a small system over Real, by elimination with the largest pivot.</summary>
    private static Real[] Solve(Real[,] a, Real[] b)
    {
        var n = b.Length;
        for (var column = 0; column < n; column++)
        {
            var pivot = Enumerable.Range(column, n - column).MaxBy(row => Math.Abs(a[row, column].Value));
            for (var k = 0; k < n; k++)
                (a[pivot, k], a[column, k]) = (a[column, k], a[pivot, k]);
            (b[pivot], b[column]) = (b[column], b[pivot]);
            for (var row = column + 1; row < n; row++)
            {
                var factor = a[row, column] / a[column, column];
                for (var k = column; k < n; k++)
                    a[row, k] -= factor * a[column, k];
                b[row] -= factor * b[column];
            }
        }
        var x = new Real[n];
        for (var row = n - 1; row >= 0; row--)
        {
            x[row] = b[row];
            for (var k = row + 1; k < n; k++)
                x[row] -= a[row, k] * x[k];
            x[row] /= a[row, row];
        }
        return x;
    }
}
