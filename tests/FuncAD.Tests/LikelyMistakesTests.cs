using static FuncAD.AD;

#pragma warning disable FAD001, FAD005, FAD006 // The mistakes are the point.

namespace FuncAD.Tests;

/// <summary>
/// What new users get wrong, the likeliest first: the message names the operation, what it got, and what to do instead. Mistakes that the
/// compiler finds are not among them.
/// </summary>
public class LikelyMistakesTests
{
    private sealed record Model(Real A, Real[] B);

    private sealed class Closed
    {
        private Real a;

        public Real A => a;

        public static Closed Of(Real a) => new() { a = a };
    }

    /// <summary>A mistake, the exception's type, and what its message has to say, in order: the operation, what it got, the remedy.</summary>
    private sealed record Mistake(Action Code, Type Error, params string[] Says);

    private static Mistake On<E>(Action code, params string[] says)
        where E : Exception => new(code, typeof(E), says);

    private static readonly Dictionary<string, Mistake> Mistakes = new()
    {
        ["a number is cast to a double, for a function of Math"] = On<InvalidOperationException>(
            () => Grad(x => (Real)Math.Sin((double)x))(1.0),
            "the cast (double)x",
            "that are being differentiated",
            "Real.Sin",
            "x.Value"
        ),
        ["the parameter is declared as a double"] = On<ArgumentException>(
            () => Grad((double x) => x * x)(1.0),
            "Grad",
            "System.Double holds no Real",
            "Use Real"
        ),
        ["the parameter is declared as doubles"] = On<ArgumentException>(
            () => Grad((double[] x) => x[0])([1.0]),
            "Grad",
            "System.Double[] holds no Real",
            "Real[]"
        ),
        ["a tangent has another length than the point"] = On<ArgumentException>(
            () => Jvp(x => x[0] * x[1])([1.0, 2.0], [1.0]),
            "Jvp: tangent",
            "expected 2 elements, got 1",
            "the same lengths"
        ),
        ["a cotangent has another length than the result"] = On<ArgumentException>(
            () => Vjp(x => new[] { x[0] })([1.0]).Pullback([1.0, 2.0]),
            "Vjp: cotangent",
            "expected 1 elements, got 2",
            "the same lengths"
        ),
        ["the function is null"] = On<ArgumentNullException>(() => Grad((Func<Real, Real>)null!), "f is null", "Pass a function"),
        ["the point is null"] = On<ArgumentNullException>(
            () => Grad((Model m) => m.A)(null!),
            "Grad",
            "x is null",
            "nothing to take numbers from"
        ),
        ["the maximum of an empty array"] = On<InvalidOperationException>(() => Grad(x => x.Max())([]), "Max", "no elements", "Ask first"),
        ["a class has a number that cannot be set from outside"] = On<ArgumentException>(
            () => Grad((Closed c) => c.A * c.A)(Closed.Of(2)),
            "Grad",
            "Closed",
            "its field a",
            "public constructor or settable properties"
        ),
        ["matrices whose lengths do not match are multiplied"] = On<ArgumentException>(
            () => Tensor.Ones(2, 3).MatMul(Tensor.Ones(2, 3)),
            "matmul",
            "[2, 3] and [2, 3]",
            "Transpose one of the two"
        ),
        ["tensors whose shapes do not broadcast are added"] = On<ArgumentException>(
            () => _ = Tensor.Ones(2, 3) + Tensor.Ones(2, 2),
            "add",
            "[2, 3] and [2, 2]",
            "Reshape or transpose"
        ),
        ["an index is outside a tensor"] = On<ArgumentOutOfRangeException>(
            () => _ = Tensor.Ones(2, 3)[2, 0],
            "Tensor index",
            "2 is outside axis 0 of the shape [2, 3]",
            "from 0 to 1"
        ),
        ["a matrix has one index"] = On<ArgumentException>(
            () => _ = Tensor.Ones(2, 3)[0],
            "Tensor index",
            "expected 2 indices",
            "t[0, ..]"
        ),
        ["the rows of a matrix have different lengths"] = On<ArgumentException>(
            () =>
                Tensor.Of([
                    [1.0, 2.0],
                    [3.0],
                ]),
            "Tensor.Of",
            "row 0 has 2 elements, row 1 has 1",
            "Fill the shorter rows up"
        ),
        ["elements do not fit a shape"] = On<ArgumentException>(
            () => Tensor.Ones(6).Reshape(4, 2),
            "reshape",
            "[6] has 6 elements",
            "[4, 2]",
            "multiply to the number of elements"
        ),
        ["there is no such axis"] = On<ArgumentException>(
            () => Tensor.Ones(2, 3).Sum(2),
            "sum",
            "no axis 2 in the shape [2, 3]",
            "counted from 0"
        ),
        ["a tensor is not reduced to a number"] = On<ArgumentException>(
            () => Grad((Tensor t) => (t * t).ToReal())(Tensor.Ones(2)),
            "ToReal",
            "the shape [2]",
            "a reduction such as Sum"
        ),
        ["equations with a singular matrix are solved"] = On<ArgumentException>(
            () => Tensor.Ones(2, 2).Solve(Tensor.Ones(2)),
            "solve",
            "singular",
            "leastSquares"
        ),
        ["a loop is parallel in a function for reverse mode"] = On<InvalidOperationException>(
            () => Grad(x => OnAnotherThread(() => x * x))(3.0),
            "reverse mode",
            "another thread",
            "compute on the calling thread",
            "forward mode"
        ),
        ["a compiled function captures a number that is being differentiated"] = On<InvalidOperationException>(
            () => Grad(x => Compile(y => y * x, 1.0).Invoke(2.0))(3.0),
            "AD.Compile",
            "outside it",
            "Pass the number as a parameter"
        ),
        ["a compiled function reads a value"] = On<InvalidOperationException>(
            () => Compile(x => x.Value > 0 ? x : -x, 1.0),
            "AD.Compile",
            "read a number as a double",
            "compare numbers with each other"
        ),
        ["a tensor is compiled"] = On<ArgumentException>(
            () => Compile((Tensor t) => t.Sum(), Tensor.Ones(2)),
            "Compile",
            "the example holds a tensor",
            "pass Real[]"
        ),
        ["the elements of a tensor are copied out"] = On<InvalidOperationException>(
            () => Grad((Tensor t) => (Real)t.ToArray()[0])(Tensor.Ones(2)),
            "ToArray",
            "that are being differentiated",
            "x.Value.ToArray()"
        ),
        ["a cotangent has another shape than the tensor"] = On<ArgumentException>(
            () => Vjp((Tensor t) => 2 * t)(Tensor.Ones(2)).Pullback(Tensor.Ones(3)),
            "Vjp: cotangent",
            "expected a tensor of the shape [2], got the shape [3]"
        ),
        ["lists of different lengths have a dot product"] = On<ArgumentException>(
            () => Grad(x => x.Dot([1.0]))([1.0, 2.0]),
            "Dot",
            "2 and 1 numbers",
            "Cut the longer one"
        ),
        ["a field has fewer results than arguments"] = On<ArgumentException>(
            () => Divergence(x => [x[0]])([1.0, 2.0]),
            "Divergence",
            "expected 2, got 1",
            "as many results as arguments"
        ),
        ["a vector is transposed"] = On<ArgumentException>(() => _ = Tensor.Ones(3).T, "transpose", "the shape [3]", "Reshape a vector"),
        ["a block is computed instead of chosen"] = On<ArgumentException>(
            () => Hessian((Model m) => m.A * m.A)(new(1, [])).Block(m => 2 * m.A, m => m.A),
            "Block: row",
            "which it computed",
            "Compute with the block"
        ),
    };

    private static Real OnAnotherThread(Func<Real> compute)
    {
        var (result, error) = (default(Real), default(Exception));
        var thread = new Thread(() =>
        {
            try
            {
                result = compute();
            }
            catch (InvalidOperationException exception)
            {
                error = exception;
            }
        });
        thread.Start();
        thread.Join();
        return error is null ? result : throw error;
    }

    public static TheoryData<string> Names() => [.. Mistakes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_message_says_where_what_and_what_to_do(string name)
    {
        var mistake = Mistakes[name];
        var error = Assert.Throws(mistake.Error, mistake.Code);
        Assert.All(mistake.Says, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void At_least_twenty_are_tested() => Assert.InRange(Mistakes.Count, 20, int.MaxValue);

    /// <summary>The one likely mistake that no message can follow: a number that is kept from a call is a constant in the next.</summary>
    [Fact]
    public void A_number_kept_from_an_ended_call_is_a_constant()
    {
        Real? cache = null;
        Real Cached(Real x) => cache ??= x * x;
        Check.Bits(6, Grad(Cached)(3.0));
        Check.Bits(0, Grad(Cached)(3.0));
        Check.Bits(9, cache!.Value);
    }
}
