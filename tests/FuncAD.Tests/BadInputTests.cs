using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>What goes wrong says so, with the right exception, and leaves the library in order.</summary>
public class BadInputTests
{
    private sealed class Own : Exception;

    // ---- Null at the door ----

    public static TheoryData<string> Combinators() => [.. Doors().Keys];

    private static Dictionary<string, Action> Doors() =>
        new()
        {
            ["Diff"] = () => Diff((Func<Real, Real>)null!),
            ["Diff of a structure"] = () => Diff((Func<Real, Real[]>)null!),
            ["Diff with order"] = () => Diff(null!, 2),
            ["Taylor"] = () => Taylor(null!, 2),
            ["Grad"] = () => Grad((Func<Real, Real>)null!),
            ["Grad of an array"] = () => Grad((Func<Real[], Real>)null!),
            ["Grad of a structure"] = () => Grad((Func<List<Real>, Real>)null!),
            ["ValueAndGrad"] = () => ValueAndGrad((Func<Real, Real>)null!),
            ["ValueAndGrad of an array"] = () => ValueAndGrad((Func<Real[], Real>)null!),
            ["ValueAndGrad of a structure"] = () => ValueAndGrad((Func<List<Real>, Real>)null!),
            ["Jvp"] = () => Jvp((Func<Real, Real>)null!),
            ["Jvp to an array"] = () => Jvp((Func<Real, Real[]>)null!),
            ["Jvp of an array"] = () => Jvp((Func<Real[], Real>)null!),
            ["Jvp from array to array"] = () => Jvp((Func<Real[], Real[]>)null!),
            ["Jvp of a structure"] = () => Jvp((Func<List<Real>, Real>)null!),
            ["Vjp"] = () => Vjp((Func<Real, Real>)null!),
            ["Vjp to an array"] = () => Vjp((Func<Real, Real[]>)null!),
            ["Vjp of an array"] = () => Vjp((Func<Real[], Real>)null!),
            ["Vjp from array to array"] = () => Vjp((Func<Real[], Real[]>)null!),
            ["Vjp of a structure"] = () => Vjp((Func<List<Real>, Real>)null!),
            ["Jacobian"] = () => Jacobian(null!),
            ["JacobianForward"] = () => JacobianForward(null!),
            ["JacobianReverse"] = () => JacobianReverse(null!),
            ["Hessian"] = () => Hessian(null!),
            ["Hvp"] = () => Hvp((Func<Real, Real>)null!),
            ["Hvp of an array"] = () => Hvp((Func<Real[], Real>)null!),
            ["Hvp of a structure"] = () => Hvp((Func<List<Real>, Real>)null!),
            ["Laplacian"] = () => Laplacian(null!),
            ["Divergence"] = () => Divergence(null!),
            ["Curl"] = () => Curl(null!),
            ["CheckGradient"] = () => CheckGradient((Func<Real, Real>)null!, 1.0),
            ["CheckGradient with tolerance"] = () => CheckGradient((Func<Real[], Real>)null!, [1.0], 1e-6),
            ["ToDouble"] = () => ((Func<Real, Real>)null!).ToDouble(),
            ["ToDouble of an array"] = () => ((Func<Real[], Real[,]>)null!).ToDouble(),
        };

    [Theory]
    [MemberData(nameof(Combinators))]
    public void A_null_function_is_refused_at_the_door(string door) =>
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(Doors()[door]).ParamName);

    [Fact]
    public void A_null_part_of_a_custom_rule_is_refused_under_its_own_name()
    {
        Func<Real[], Real> value = x => x[0];
        Func<Real[], Real, Real, Real[]> pullback = (x, y, w) => [w];
        void Refused(string name, Func<object> make) => Assert.Equal(name, Assert.Throws<ArgumentNullException>(make).ParamName);
        Refused("name", () => Custom(null!, x => x, (x, y) => 1));
        Refused("value", () => Custom("f", null!, (x, y) => 1));
        Refused("slope", () => Custom("f", x => x, (Func<Real, Real, Real>)null!));
        Refused("value", () => Custom("f", null!, pullback));
        Refused("pullback", () => Custom("f", value, null!));
        Refused("pushforward", () => Custom("f", value, pullback, null!));
    }

    [Fact]
    public void Null_points_tangents_and_cotangents_are_refused()
    {
        static Real First(Real[] x) => x[0];
        static Real[] Same(Real[] x) => x;
        void Refused(Action call) => Assert.Throws<ArgumentNullException>(call);
        Refused(() => Grad(First)(null!));
        Refused(() => ValueAndGrad(First)(null!));
        Refused(() => Jvp(First)(null!, [1.0]));
        Refused(() => Jvp(First)([1.0], null!));
        Refused(() => Vjp(First)(null!));
        Refused(() => Vjp(Same)([1.0]).Pullback(null!));
        Refused(() => Jacobian(Same)(null!));
        Refused(() => JacobianForward(Same)(null!));
        Refused(() => JacobianReverse(Same)(null!));
        Refused(() => Hessian(First)(null!));
        Refused(() => Hvp(First)(null!, [1.0]));
        Refused(() => Hvp(First)([1.0], null!));
        Refused(() => Laplacian(First)(null!));
        Refused(() => Divergence(Same)(null!));
        Refused(() => Curl(Same)(null!));
        Refused(() => CheckGradient(First, (Real[])null!));
        Refused(() => ((double[])null!).ToReals());
        Refused(() => ((Real[])null!).ToDoubles());
    }

    // ---- Shapes that do not fit ----

    private static void NamesBoth(string operation, int expected, int got, Action call)
    {
        var error = Assert.ThrowsAny<ArgumentException>(call);
        Assert.StartsWith(operation, error.Message);
        Assert.Contains($"expected {expected}", error.Message);
        Assert.Contains($"got {got}", error.Message);
        Assert.NotNull(error.ParamName);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_both_named()
    {
        NamesBoth("Jvp", 2, 3, () => Jvp(x => x[0])([1.0, 2.0], [1.0, 2.0, 3.0]));
        NamesBoth("Vjp", 1, 2, () => Vjp((Real[] x) => new[] { x[0] })([1.0]).Pullback([1.0, 2.0]));
        NamesBoth("Hvp", 2, 1, () => Hvp(x => x[0] * x[1])([1.0, 2.0], [1.0]));
        NamesBoth("Curl", 3, 2, () => Curl(x => x)([1.0, 2.0]));
        NamesBoth("Curl", 3, 2, () => Curl(x => [x[0], x[1]])([1.0, 2.0, 3.0]));
        NamesBoth("Divergence", 2, 1, () => Divergence(x => [x[0]])([1.0, 2.0]));
        NamesBoth("Custom rule f", 2, 1, () => Grad(Custom("f", (Real[] x) => x[0], (x, y, w) => new[] { w }))([1.0, 2.0]));
    }

    [Fact]
    public void A_null_result_is_named()
    {
        void Refused(Action call) => Assert.Contains("null", Assert.ThrowsAny<ArgumentException>(call).Message);
        static Real[] Null(Real[] x) => null!;
        Refused(() => Jacobian(Null)([1.0]));
        Refused(() => JacobianForward(Null)([1.0]));
        Refused(() => JacobianReverse(Null)([1.0]));
        Refused(() => Jvp(Null)([1.0], [1.0]));
        Refused(() => Vjp(Null)([1.0]));
        Refused(() => Divergence(Null)([1.0]));
        Refused(() => Curl(Null)([1.0, 2.0, 3.0]));
        Refused(() => Diff(x => (Real[])null!)(1.0));
    }

    [Fact]
    public void Negative_orders_are_refused_at_the_door()
    {
        Assert.Equal("order", Assert.Throws<ArgumentOutOfRangeException>(() => Diff(x => x, -1)).ParamName);
        Assert.Equal("order", Assert.Throws<ArgumentOutOfRangeException>(() => Taylor(x => x, -1)).ParamName);
    }

    [Fact]
    public void Crossed_bounds_are_refused_as_by_double()
    {
        Assert.Throws<ArgumentException>(() => double.Clamp(1, 2, 1));
        Assert.Throws<ArgumentException>(() => RealMath.Clamp(1.0, 2.0, 1.0));
        Assert.Throws<ArgumentException>(() => Grad(x => Real.Clamp(x, 2.0, 1.0))(1.0));
    }

    // ---- Functions that depend on nothing, or hand their input back ----

    [Fact]
    public void A_constant_has_a_zero_gradient_of_the_right_structure()
    {
        Check.Bits(0, Grad((Real x) => 5.0)(1.0));
        Check.Bits(0, Diff(x => (Real)5.0)(1.0));
        Check.Bits([0, 0, 0], Grad((Real[] x) => 5.0)([1.0, 2.0, 3.0]));
        Check.Bits([0, 0], Grad((List<Real> x) => 5.0)([1.0, 2.0]).ToArray());
        Check.Bits([5, 0, 0], Taylor(x => 5.0, 2)(1.0));
        Assert.Equal(new double[2, 2], Hessian(x => 5.0)([1.0, 2.0]).ToDoubles());
        Assert.Equal(new double[1, 2], Jacobian(x => [5.0])([1.0, 2.0]).ToDoubles());
        Assert.Equal(new double[1, 2], JacobianForward(x => [5.0])([1.0, 2.0]).ToDoubles());
        Check.Bits([0, 0], Vjp((Real[] x) => new Real[] { 5 })([1.0, 2.0]).Pullback([1.0]));
        Check.Bits([0, 0], Hvp((Real[] x) => 5.0)([1.0, 2.0], [1.0, 1.0]));
        Check.Bits(0, Laplacian(x => 5.0)([1.0, 2.0]));
    }

    [Fact]
    public void The_identity_hands_tangents_and_cotangents_through()
    {
        Check.Bits(1, Grad(x => x)(2.0));
        Check.Bits(0, Grad(Grad(x => x))(2.0));
        Check.Bits(1, Diff(x => x)(2.0));
        Check.Bits([3, 4], Jvp((Real[] x) => x)([1.0, 2.0], [3.0, 4.0]).Tangent);
        Check.Bits([3, 4], Vjp((Real[] x) => x)([1.0, 2.0]).Pullback([3.0, 4.0]));
        Assert.Equal(
            new double[,]
            {
                { 1, 0 },
                { 0, 1 },
            },
            Jacobian(x => x)([1.0, 2.0]).ToDoubles()
        );
        Check.Bits([7], Vjp((Real[] x) => new[] { x[0], x[0] })([1.0]).Pullback([3.0, 4.0]));
        Check.Bits([2, 1, 0], Taylor(x => x, 2)(2.0));
    }

    [Fact]
    public void Nothing_in_and_nothing_out_is_fine()
    {
        Assert.Empty(Grad((Real[] x) => 5.0)([]));
        Assert.Equal((0, 0), Lengths(Hessian((Real[] x) => 5.0)([])));
        Assert.Equal((0, 2), Lengths(JacobianReverse(x => [])([1.0, 2.0])));
        Assert.Equal((0, 2), Lengths(JacobianForward(x => [])([1.0, 2.0])));
        Assert.Equal((1, 0), Lengths(Jacobian(x => [5.0])([])));
    }

    private static (int, int) Lengths(Real[,] matrix) => (matrix.GetLength(0), matrix.GetLength(1));

    // ---- Functions that throw ----

    [Fact]
    public void The_functions_own_exception_passes_through_and_the_next_call_works()
    {
        var own = new Own();
        Real Throws(Real x) => x.Value > 0 ? throw own : x * x;
        Action[] calls =
        [
            () => Grad(Throws)(1.0),
            () => Diff(Throws)(1.0),
            () => Diff(Throws, 3)(1.0),
            () => Taylor(Throws, 3)(1.0),
            () => Jvp(Throws)(1.0, 1.0),
            () => Vjp(Throws)(1.0),
            () => Hvp(Throws)(1.0, 1.0),
            () => Grad(Grad(Throws))(1.0),
            () => Diff(Grad(Throws))(1.0),
            () => Hessian(x => Throws(x[0]))([1.0]),
            () => Jacobian(x => [Throws(x[0])])([1.0]),
            () => JacobianReverse(x => [Throws(x[0])])([1.0]),
            () => Laplacian(x => Throws(x[0]))([1.0]),
            () => CheckGradient(Throws, 1.0),
            () => Grad(x => x * Grad(Throws)(x))(1.0),
            () => Grad((Real x) => Custom("f", y => throw own, (a, b) => 1)(x))(1.0),
        ];
        foreach (var call in calls)
        {
            Assert.Same(own, Assert.Throws<Own>(call));
            Check.Bits(-4, Grad(Throws)(-2.0));
            Check.Bits(2, Grad(Grad(Throws))(-2.0));
        }
    }

    [Fact]
    public void An_exception_that_is_caught_inside_leaves_the_outer_level_in_order()
    {
        static Real Caught(Real x)
        {
            try
            {
                return x * Grad(y => y.Value > 0 ? throw new Own() : y)(x);
            }
            catch (Own)
            {
                return x * x * x;
            }
        }
        Check.Bits(12, Grad(Caught)(2.0));
        Check.Bits(12, Diff(Caught)(2.0));
        Check.Bits(12, Grad(Grad(Caught))(2.0));
    }

    [Fact]
    public void A_pullback_may_be_called_again_after_a_bad_cotangent()
    {
        var (_, pullback) = Vjp((Real[] x) => new[] { x[0] * x[0] })([3.0]);
        Assert.ThrowsAny<ArgumentException>(() => pullback([]));
        Check.Bits([6], pullback([1.0]));
        Check.Bits([12], pullback([2.0]));
    }

    // ---- Numbers that outlive their level ----

    [Fact]
    public void A_leaked_number_is_a_constant_to_every_later_level()
    {
        Real leaked = default;
        foreach (
            var run in new Action[]
            {
                () => Grad(x => leaked = x * x)(3.0),
                () => Diff(x => leaked = x * x)(3.0),
                () => Taylor(x => leaked = x * x, 2)(3.0),
                () => Grad(Grad(x => leaked = x * x))(3.0),
            }
        )
        {
            run();
            Check.Bits(9, leaked);
            Check.Bits(18, leaked + leaked);
            Check.Bits(9, Grad(x => leaked * x)(1.0));
            Check.Bits(9, Diff(x => leaked * x)(1.0));
            Check.Bits([9, 9], Taylor(x => leaked * x, 1)(1.0));
            Check.Bits(0, Grad((Real x) => leaked)(1.0));
            Check.Bits(0, Diff(x => leaked * leaked)(1.0));
        }
    }

    [Fact]
    public void An_escaped_inner_level_neither_adds_nor_hides_the_outer_one()
    {
        Check.Bits(0, Diff(x => x * Diff(y => x)(1.0))(3.0));
        Check.Bits(1, Diff(x => x * Diff(y => x + y)(1.0))(1.0));
        Check.Bits(1, Grad(x => x * Grad(y => x + y)(1.0))(1.0));
        static Real Twice(Real x)
        {
            Real F(Real y) => x = x * y;
            _ = Diff(F)(1.0);
            return Diff(F)(1.0);
        }
        Check.Bits(1, Diff(Twice)(1.0));
    }

    [Fact]
    public void A_result_of_an_inner_operator_that_has_ended_still_belongs_to_the_outer_one()
    {
        foreach (var inner in new Func<Func<Real, Real>, Func<Real, Real>>[] { f => Grad(f), f => Diff(f), f => x => Taylor(f, 2)(x)[1] })
        {
            Real Escapes(Real x)
            {
                Real escaped = default;
                _ = inner(y => escaped = x * x * y)(1.0);
                return escaped;
            }
            Check.Bits(6, Diff(Escapes)(3.0));
            Check.Bits(6, Grad(Escapes)(3.0));
            Check.Bits([9, 6, 1], Taylor(Escapes, 2)(3.0));
        }
    }

    // ---- Values that are no ordinary numbers ----

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Inputs_that_are_not_finite_give_values_not_exceptions(double x)
    {
        Check.Bits(x * x, RealMath.Pow(x, 2));
        Check.Bits(2 * x, Grad(t => t * t)(x));
        Check.Bits(2 * x, Diff(t => t * t)(x));
        Check.Bits(Math.Cos(x), Grad(RealMath.Sin)(x));
        Check.Bits([1, 0], Grad(t => t[0])([x, x]));
        Assert.False(CheckGradient(t => t * t, x).Passed);
        _ = Hessian(t => t[0] * t[1])([x, 1.0]);
    }

    // ---- Threads ----

    [Fact]
    public void Another_thread_inside_a_reverse_mode_function_is_an_error_that_says_what_to_do()
    {
        static Real OnAnotherThread(Real x)
        {
            var (y, failure) = (default(Real), default(Exception));
#pragma warning disable FAD003 // the error at run time is the test
            var thread = new Thread(() =>
            {
                try
                {
                    y = x * x;
                }
                catch (InvalidOperationException exception)
                {
                    failure = exception;
                }
            });
#pragma warning restore FAD003
            thread.Start();
            thread.Join();
            return failure is null ? y : throw failure;
        }
        var error = Assert.Throws<InvalidOperationException>(() => Grad(OnAnotherThread)(3.0));
        Assert.Contains("thread", error.Message);
        Assert.Contains("forward mode", error.Message);
        Assert.Throws<InvalidOperationException>(() => Grad(Grad(OnAnotherThread))(3.0));
        Assert.Throws<InvalidOperationException>(() => Hvp(OnAnotherThread)(3.0, 1.0));
        Check.Bits(6, Diff(OnAnotherThread)(3.0));
        Check.Bits(2, Diff(Diff(OnAnotherThread))(3.0));
        Check.Bits([9, 6, 1], Taylor(OnAnotherThread, 2)(3.0));
        Check.Bits(6, Grad(x => x * x)(3.0));
    }

    [Fact]
    public void A_parallel_loop_inside_a_reverse_mode_function_is_right_or_an_error()
    {
        static Real Sum(Real[] x)
        {
            var squares = new Real[x.Length];
#pragma warning disable FAD003 // the error at run time is the test
            Parallel.For(0, x.Length, i => squares[i] = x[i] * x[i]);
#pragma warning restore FAD003
            return squares.Aggregate((Real)0, (sum, square) => sum + square);
        }
        Real[] point = [.. Enumerable.Range(1, 500).Select(i => (Real)i)];
        double[] expected = [.. point.Select(x => 2 * x.Value)];
        try
        {
            Check.Bits(expected, Grad(Sum)(point));
        }
        catch (AggregateException exception)
        {
            Assert.All(
                exception.Flatten().InnerExceptions,
                inner => Assert.Contains("forward mode", Assert.IsType<InvalidOperationException>(inner).Message)
            );
        }
        Check.Bits(2 * expected.Sum(), 2 * Jvp(Sum)(point, [.. point.Select(_ => (Real)1)]).Tangent.Value);
        Assert.Equal(expected[..9], JacobianForward(x => [Sum(x)])(point[..9]).ToDoubles().Cast<double>().ToArray());
    }

    [Fact]
    public void The_operators_give_identical_bits_from_many_threads_at_once()
    {
        static Real F(Real[] x) => RealMath.Sin(x[0] * x[1]) / RealMath.Exp(x[2]) + RealMath.Pow(x[1], x[2]) * RealMath.Erf(x[0]);
        Real[] point = [0.3, 1.7, 0.9];
        double[] Answers() =>
            [
                .. Grad(F)(point).ToDoubles(),
                .. Hessian(F)(point).ToDoubles().Cast<double>(),
                Laplacian(F)(point).Value,
                Jvp(F)(point, point).Tangent.Value,
                .. Taylor(x => F([x, x, x]), 5)(0.5).ToDoubles(),
            ];
        var expected = Answers();
        var (value, pullback) = Vjp(F)(point);
        Parallel.For(
            0,
            200,
            _ =>
            {
                Assert.Equal(expected, Answers());
                Assert.Equal(expected[..3], pullback(1.0).ToDoubles());
            }
        );
        Check.Bits(F(point).Value, value);
    }
}
