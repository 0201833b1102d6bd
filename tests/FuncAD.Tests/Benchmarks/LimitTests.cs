using System.Numerics;
using System.Text.Json;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Tests.Benchmarks;

/// <summary>
/// What is counted, not timed, stays within the limits of tests/limits.json. A count that falls below half of its limit fails as well, so that the limit
/// follows what became better, unless the limit is less than a byte. Debug builds allocate more than users' do, and have limits of their own.
/// </summary>
public class LimitTests
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private sealed record Parameters(Real Slope, Real[] Offsets, string Name);

    private static readonly Real[] Ten = Enumerable.Range(0, 10).Select(i => Math.Sin(i)).ToArray().ToReals();

    private static readonly Tensor Sixteen = Tensor.Linspace(0, 1, 16);

    private static readonly Func<Real[], Real[], (Real, Real)> Product = AD.Jvp<Real[], Real>(Rosenbrock.Value);

    private static readonly Func<Real, Real[]> Pullback = AD.Vjp<Real[], Real>(Rosenbrock.Value)(Ten).Pullback;

    private static readonly Prepared<Real[]> PreparedRosenbrock = AD.Prepare<Real[]>(Rosenbrock.Value, Ten);

    private static readonly double[] PlainTen = Ten.ToDoubles(),
        PlainGradient = new double[10];

    private static readonly Dictionary<string, Func<long, Action>> Chains = new()
    {
        ["forward"] = length => () => AD.Diff(Chain<Real>(length))(0.5),
        ["reverse"] = length => () => AD.Grad(Chain<Real>(length))(0.5),
        ["reverse, dot products"] = length => () => AD.Grad(DotProducts(length))(0.5),
        ["forward over forward"] = length => () => AD.Diff(AD.Diff(Chain<Real>(length)))(0.5),
        ["forward over reverse"] = length => () => AD.Diff(AD.Grad(Chain<Real>(length)))(0.5),
        ["product with the Hessian"] = length => () => AD.Hvp(Chain<Real>(length))(0.5, 1),
        ["reverse over reverse"] = length => () => AD.Grad(AD.Grad(Chain<Real>(length)))(0.5),
        ["tracing of reverse"] = length => () => AD.Compile(AD.Grad(Chain<Real>(length)), 0.5),
        ["reverse, tensors of 16"] = length => () => AD.Grad(ArrayChain(length))(Sixteen),
    };

    private static readonly Dictionary<string, Action> Calls = new()
    {
        ["plain numbers"] = Once(Chain<Real>(700), 0.5),
        ["derivative of one number"] = Once(AD.Diff(x => x * x), 3.0),
        ["gradient of one number"] = Once(AD.Grad(x => x * x), 3.0),
        ["gradient of a prepared function"] = () => PreparedRosenbrock.Gradient(PlainTen, PlainGradient),
        ["value and gradient of ten numbers"] = Once(AD.ValueAndGrad<Real[]>(Rosenbrock.Value), Ten),
        ["product with the Jacobian of ten numbers"] = () => Product(Ten, Ten),
        ["pullback of ten numbers"] = () => Pullback(1),
        ["gradient of a record"] = Once(
            AD.Grad((Parameters p) => p.Slope * p.Offsets[0] + p.Offsets[1]),
            new Parameters(2, [3.0, 4.0], "line")
        ),
        ["Jacobian of 2 x 15"] = Once(
            AD.JacobianReverse(x => [x[0] * x[14], x.Aggregate((a, b) => a + b)]),
            Enumerable.Range(0, 15).Select(i => (Real)i).ToArray()
        ),
        ["Hessian of ten numbers"] = Once(AD.Hessian(Rosenbrock.Value), Ten),
        ["Taylor series to order 8"] = Once(AD.Taylor(Real.Exp, 8), 0.5),
        ["gradient of an array of a hundred"] = Once(AD.Grad((Tensor x) => (x * x).Sum()), Tensor.Linspace(0, 1, 100)),
    };

    private static readonly Dictionary<string, Func<int>> Programs = new()
    {
        ["gradient of Rosenbrock's function, n = 10"] = () => AD.Compile(AD.Grad<Real[]>(Rosenbrock.Value), Ten).Operations,
        ["Black-Scholes, price and five Greeks"] = () => Greeks().Operations,
        ["Hessian of a product of 20 factors"] = () => AD.Compile(AD.Hessian(SpeelpenningProduct.Value), [.. Ten, .. Ten]).Operations,
        ["Gaussian mixture, a point's value and gradient, d = 10, K = 25"] = () => MixturePoint(10, 25).Operations,
    };

    private static readonly Dictionary<string, Action> CompiledCalls = new()
    {
        ["Run, interpreted"] = RunOnce(ExecutionMode.Interpreted),
        ["Run, machine code"] = RunOnce(ExecutionMode.MachineCode),
        ["Run, two paths in turn"] = RunOnTwoPaths(),
        ["RunBatch, 1000 points on one thread, interpreted"] = RunBatch(ExecutionMode.Interpreted),
        ["RunBatch, 1000 points on one thread, machine code"] = RunBatch(ExecutionMode.MachineCode),
    };

    private static Compiled<Real[], (Real, Real[])> Greeks(CompileOptions? options = null) =>
        AD.Compile(AD.ValueAndGrad<Real[]>(BlackScholes.Call), [100.0, 105.0, 0.03, 0.2, 0.75], options ?? new());

    private static Compiled<Real[], (Real, Real[])> MixturePoint(int d, int components)
    {
        var instance = GaussianMixture.Problem.Generate(new Size("a point", 1, true, d, components, 1));
        var point = instance.Data[2..].ToReals();
        return AD.Compile(
            AD.ValueAndGrad<Real[]>(x => GaussianMixture.PerPoint(d, components)(x[..^d], x[^d..])),
            [.. instance.X.ToReals(), .. point]
        );
    }

    private static Action RunOnce(ExecutionMode mode)
    {
        var (greeks, x, results) = (Greeks(new() { Mode = mode }), new[] { 100, 105, 0.03, 0.2, 0.75 }, new double[6]);
        return () => greeks.Run(x, results);
    }

    private static Action RunOnTwoPaths()
    {
        var (absolute, left, right, results) = (AD.Compile(x => x < 0 ? -x : x * x, -1.0), new[] { -1.0 }, new[] { 2.0 }, new double[1]);
        return () =>
        {
            absolute.Run(left, results);
            absolute.Run(right, results);
        };
    }

    private static Action RunBatch(ExecutionMode mode)
    {
        const int count = 1000;
        var greeks = Greeks(new() { Mode = mode, Threads = 1 });
        var columns = new[] { 100, 105, 0.03, 0.2, 0.75 }.SelectMany(number => Enumerable.Repeat(number, count)).ToArray();
        var results = new double[greeks.Outputs * count];
        return () => greeks.RunBatch(columns, results, count);
    }

    public static TheoryData<string, double> PerProgram() => Limits("operationsOfProgram");

    public static TheoryData<string, double> PerCompiledCall() => Limits("bytesPerCompiledCall");

    public static TheoryData<string, double> PerOperation() => Limits("bytesPerOperation");

    public static TheoryData<string, double> PerCall() => Limits("bytesPerCall");

    [Theory]
    [MemberData(nameof(PerOperation))]
    public void Bytes_per_operation_stay_within_their_limit(string what, double limit)
    {
        const int few = 700,
            many = 14_700;
        var bytes = Allocated(Chains[what](many)) - Allocated(Chains[what](few));
        Within(what, (double)bytes / (many - few), limit);
    }

    [Theory]
    [MemberData(nameof(PerCall))]
    public void Bytes_per_call_stay_within_their_limit(string what, double limit) => Within(what, Allocated(Calls[what]), limit);

    [Theory]
    [MemberData(nameof(PerCompiledCall))]
    public void Bytes_per_compiled_call_stay_within_their_limit(string what, double limit) =>
        Within(what, Allocated(CompiledCalls[what]), limit);

    /// <summary>The optimiser's work does not depend on a configuration, and is known to the operation.</summary>
    [Theory]
    [MemberData(nameof(PerProgram))]
    public void Operations_of_a_program_stay_at_their_limit(string what, double limit)
    {
        var operations = Programs[what]();
        Assert.True(operations <= limit, $"{what}: {operations} operations, at most {limit} allowed by tests/limits.json");
        Assert.True(operations == limit, $"{what}: {operations} operations, fewer than the {limit} of tests/limits.json: lower that limit");
    }

    [Fact]
    public void Everything_that_is_counted_has_a_limit()
    {
        Assert.Equal(Chains.Keys.Order(), PerOperation().Select(row => (string)row[0]).Order());
        Assert.Equal(Calls.Keys.Order(), PerCall().Select(row => (string)row[0]).Order());
        Assert.Equal(Programs.Keys.Order(), PerProgram().Select(row => (string)row[0]).Order());
        Assert.Equal(CompiledCalls.Keys.Order(), PerCompiledCall().Select(row => (string)row[0]).Order());
    }

    private static void Within(string what, double bytes, double limit)
    {
        Assert.True(bytes <= limit, $"{what}: {bytes:0.##} bytes, at most {limit} allowed by tests/limits.json ({Configuration})");
        Assert.True(
            limit < 1 || bytes >= limit / 2,
            $"{what}: {bytes:0.##} bytes, which is far below the {limit} of tests/limits.json ({Configuration}): lower that limit"
        );
    }

    private static TheoryData<string, double> Limits(string kind)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Dotnet.Repository, "tests", "limits.json")));
        var data = new TheoryData<string, double>();
        foreach (var limit in file.RootElement.GetProperty(kind).EnumerateObject())
            data.Add(limit.Name, In(limit.Value).GetDouble());
        return data;
    }

    /// <summary>A limit for both configurations, or that of this one.</summary>
    private static JsonElement In(JsonElement limit) => limit.ValueKind == JsonValueKind.Number ? limit : limit.GetProperty(Configuration);

    private static Action Once<X, Y>(Func<X, Y> f, X x) => () => f(x);

    /// <summary>The bytes of one run, when pools are warm and code is compiled; the least of some, since a pool may be trimmed in between.</summary>
    private static long Allocated(Action action)
    {
        for (var run = 0; run < 3; run++)
            action();
        return Enumerable
            .Range(0, 5)
            .Min(_ =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                action();
                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
    }

    /// <summary>Seven operations a step, as in the benchmarks.</summary>
    private static Func<T, T> Chain<T>(long operations)
        where T : IFloatingPointIeee754<T> =>
        x =>
        {
            T small = T.CreateChecked(1e-3),
                large = T.CreateChecked(1e4),
                y = x;
            for (var step = 0L; step < operations / 7; step++)
                y = y + T.Sin(y) * small - x / (large + y * y);
            return y;
        };

    /// <summary>Four operations a step, whose results take 208 bytes each: the elements, and the tensor.</summary>
    private static Func<Tensor, Real> ArrayChain(long operations) =>
        x =>
        {
            var y = x;
            for (var step = 0L; step < operations / 4; step++)
                y = TensorMath.Tanh(y * x + x) - x;
            return y.Sum();
        };

    /// <summary>Dot products of seven numbers, which are fourteen operations.</summary>
    private static Func<Real, Real> DotProducts(long operations) =>
        x =>
        {
            Real[] numbers = new Real[7],
                weights = Enumerable.Repeat((Real)(1 / 7.0), 7).ToArray();
            var y = x;
            for (var step = 0L; step < operations / 14; step++)
            {
                Array.Fill(numbers, y);
                y = RealMath.Dot(numbers, weights);
            }
            return y;
        };
}
