using System.Numerics;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>Routines written for generic math, which know nothing of this library, differentiate unmodified.</summary>
public class GenericMathTests
{
    private static T Number<T>(double value)
        where T : IFloatingPointIeee754<T> => T.CreateChecked(value);

    /// <summary>y' = rate y from y(0) = start to time 1, in steps of the classical Runge-Kutta method.</summary>
    private static T Decay<T>(T rate, T start, int steps)
        where T : IFloatingPointIeee754<T>
    {
        var h = T.One / T.CreateChecked(steps);
        var (half, six) = (Number<T>(0.5), Number<T>(6));
        var y = start;
        for (var step = 0; step < steps; step++)
        {
            var k1 = rate * y;
            var k2 = rate * (y + (half * h * k1));
            var k3 = rate * (y + (half * h * k2));
            var k4 = rate * (y + (h * k3));
            y += h / six * (k1 + k2 + k2 + k3 + k3 + k4);
        }
        return y;
    }

    /// <summary>The roots of x^n + c[n-1] x^(n-1) + ... + c[0], where they are real, by Durand and Kerner's method.</summary>
    private static T[] Roots<T>(T[] coefficients)
        where T : IFloatingPointIeee754<T>
    {
        var n = coefficients.Length;
        var roots = new T[n];
        for (var i = 0; i < n; i++)
            roots[i] = Number<T>(0.4 + (1.3 * i));
        for (var iteration = 0; iteration < 60; iteration++)
        for (var i = 0; i < n; i++)
        {
            var value = T.One;
            for (var k = n - 1; k >= 0; k--)
                value = (value * roots[i]) + coefficients[k];
            for (var j = 0; j < n; j++)
                if (j != i)
                    value /= roots[i] - roots[j];
            roots[i] -= value;
        }
        return roots;
    }

    /// <summary>J0 by its power series (DLMF 10.2.2), until the terms vanish.</summary>
    private static T BesselJ0<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        var (sum, term) = (T.One, T.One);
        var square = -(x * x) / Number<T>(4);
        for (var k = T.One; T.Abs(term) > T.Epsilon; k++)
        {
            term *= square / (k * k);
            sum += term;
        }
        return sum;
    }

    /// <summary>erf by its Maclaurin series (DLMF 7.6.1).</summary>
    private static T Erf<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        var (sum, power) = (x, x);
        for (var n = 1; n < 60; n++)
        {
            power *= -(x * x) / T.CreateChecked(n);
            sum += power / T.CreateChecked((2 * n) + 1);
        }
        return Number<T>(2) / T.Sqrt(T.Pi) * sum;
    }

    private static T Simpson<T>(Func<T, T> f, T from, T to, int halves)
        where T : IFloatingPointIeee754<T>
    {
        var h = (to - from) / T.CreateChecked(2 * halves);
        var sum = f(from) + f(to);
        for (var i = 1; i < 2 * halves; i++)
            sum += T.CreateTruncating(i % 2 == 1 ? 4 : 2) * f(from + (T.CreateSaturating(i) * h));
        return sum * h / Number<T>(3);
    }

    /// <summary>Solves a 3x3 system by elimination with partial pivoting.</summary>
    private static T[] Solve<T>(T[,] matrix, T[] right)
        where T : IFloatingPointIeee754<T>
    {
        var (a, b) = ((T[,])matrix.Clone(), (T[])right.Clone());
        for (var column = 0; column < 3; column++)
        {
            var pivot = column;
            for (var row = column + 1; row < 3; row++)
                if (T.Abs(a[row, column]) > T.Abs(a[pivot, column]))
                    pivot = row;
            for (var k = 0; k < 3; k++)
                (a[pivot, k], a[column, k]) = (a[column, k], a[pivot, k]);
            (b[pivot], b[column]) = (b[column], b[pivot]);
            for (var row = column + 1; row < 3; row++)
            {
                var factor = a[row, column] / a[column, column];
                for (var k = column; k < 3; k++)
                    a[row, k] = T.MultiplyAddEstimate(-factor, a[column, k], a[row, k]);
                b[row] -= factor * b[column];
            }
        }
        for (var row = 2; row >= 0; row--)
        {
            for (var k = row + 1; k < 3; k++)
                b[row] -= a[row, k] * b[k];
            b[row] /= a[row, row];
        }
        return b;
    }

    [Fact]
    public void A_Runge_Kutta_solution_differentiates_by_rate_and_start()
    {
        // One step multiplies by the Taylor polynomial p(z) of e^z of degree 4, z = rate / steps: y = start p(z)^steps.
        const int steps = 10;
        const double rate = -1.5,
            start = 2,
            z = rate / steps;
        var p = 1 + (z * (1 + (z / 2 * (1 + (z / 3 * (1 + (z / 4)))))));
        var slope = 1 + (z * (1 + (z / 2 * (1 + (z / 3)))));
        var byRate = start * Math.Pow(p, steps - 1) * slope;
        Check.Close(byRate, Grad(r => Decay(r, start, steps))(rate), 100);
        Check.Close(byRate, Diff(r => Decay(r, start, steps))(rate), 100);
        Check.Close(Math.Pow(p, steps), Grad(y => Decay(rate, y, steps))(start), 100);
        Assert.Equal(start * Math.Exp(rate), byRate, 1e-4);
        Check.Bits(Decay(rate, start, steps), Decay<Real>(rate, start, steps));
    }

    [Fact]
    public void A_root_differentiates_by_the_coefficients()
    {
        // p(r) = 0 gives dr/dc[k] = -r^k / p'(r); the roots are 1, 2 and 3.
        Real[] coefficients = [-6, 11, -6];
        var roots = Roots(coefficients);
        var jacobian = JacobianReverse(Roots)(coefficients);
        var forward = JacobianForward(Roots)(coefficients);
        for (var i = 0; i < 3; i++)
        {
            var r = Math.Round(roots[i].Value);
            Check.Close(r, roots[i], 100);
            var slope = (3 * r * r) - (12 * r) + 11;
            for (var k = 0; k < 3; k++)
            {
                Check.Close(-Math.Pow(r, k) / slope, jacobian[i, k], 2000);
                Check.Close(-Math.Pow(r, k) / slope, forward[i, k], 2000);
            }
        }
        Assert.Equal([1, 2, 3], roots.Select(r => Math.Round(r.Value)).Order());
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(1.0)]
    [InlineData(2.5)]
    public void A_series_differentiates_term_by_term(double x)
    {
        // The largest term of either series at 2.5 is below 50.
        var slope = 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x);
        Check.Close(slope, Grad(Erf<Real>)(x), 1000);
        Check.Close(slope, Diff(Erf<Real>)(x), 1000);
        Check.Close(-2 * x * slope, Grad(Grad(Erf<Real>))(x), 10000);
        Check.Close(-RealMath.BesselJ1(x).Value, Grad(BesselJ0<Real>)(x), 50);
        // J0'' = J1/x - J0 (DLMF 10.2.1)
        Check.Close(RealMath.BesselJ1(x).Value / x - RealMath.BesselJ0(x).Value, Diff(Diff(BesselJ0<Real>))(x), 100);
        Check.Bits(BesselJ0(x), BesselJ0<Real>(x));
        Check.Bits(Erf(x), Erf<Real>(x));
    }

    [Fact]
    public void A_quadrature_differentiates_by_its_bounds_and_by_a_parameter()
    {
        // Simpson's rule is exact for cubics: the integral of a x^3 from 0 to b is a b^4/4.
        Check.Close(8 * 1.5, Grad(b => Simpson<Real>(x => 1.5 * x * x * x, 0.0, b, 7))(2.0), 50);
        Check.Close(16 / 4.0, Grad(a => Simpson<Real>(x => a * x * x * x, 0.0, 2.0, 7))(1.5), 50);
        Check.Close(0, Diff(Diff(a => Simpson<Real>(x => a * x * x * x, 0.0, 2.0, 7)))(1.5), 50);
        Check.Bits(Simpson(Math.Sin, 0.0, 2.0, 7), Simpson<Real>(Real.Sin, 0.0, 2.0, 7));
    }

    [Fact]
    public void A_linear_solve_differentiates_by_the_matrix_and_by_the_right_side()
    {
        // Ax = b: dx = A^-1 (db - dA x). The first pivot is 0, so that rows are exchanged.
        Real[,] a =
        {
            { 0, 2, 1 },
            { 4, 1, -1 },
            { 2, -1, 3 },
        };
        Real[] b = [3, 2, 5];
        var x = Solve(a, b);
        for (var column = 0; column < 3; column++)
        {
            var unit = new Real[3];
            unit[column] = 1;
            var inverseColumn = Solve(a, unit).ToDoubles();
            var byRight = Jvp((Real[] right) => Solve(a, right))(b, unit).Tangent;
            Check.Close(inverseColumn, byRight, 20);
            for (var k = 0; k < 3; k++)
            {
                var direction = new Real[3, 3];
                direction[column, k] = 1;
                var byMatrix = Jvp((Real[,] matrix) => Solve(matrix, b))(a, direction).Tangent;
                Check.Close([.. inverseColumn.Select(c => -c * x[k].Value)], byMatrix, 40);
            }
        }
        var gradient = Grad((Real[,] matrix) => Solve(matrix, b)[0])(a);
        Check.Close(-(Solve(a, [1.0, 0.0, 0.0])[0] * x[1]).Value, gradient[0, 1], 40);
    }

    [Fact]
    public void Conversions_between_numbers_keep_the_derivative()
    {
        static T Through<T>(T x)
            where T : IFloatingPointIeee754<T> => T.CreateChecked(T.CreateSaturating(T.CreateTruncating(x * x)));
        Check.Bits(6, Grad(Through<Real>)(3.0));
        Check.Bits(6, Diff(Through<Real>)(3.0));
    }
}
