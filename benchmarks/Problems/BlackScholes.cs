using MathNet.Numerics;

namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// The prices of European calls (Black and Scholes 1973) and their five Greeks. Dimensions: the number of options. X: spot, strike, rate,
/// volatility and time of each option in turn. No data. Derivatives: five for each option.
/// </summary>
public static class BlackScholes
{
    private const int Inputs = 5;

    public static readonly Problem Problem = new(
        "black-scholes",
        "Black-Scholes Greeks",
        "five Greeks of each option",
        "options",
        [3],
        [Of(1, true), Of(100, true), Of(10_000, true)],
        Generate,
        [
            new(
                Form.Hand,
                instance =>
                {
                    var (x, greeks) = (instance.X, new double[instance.X.Length]);
                    return new(
                        Prices(instance),
                        () =>
                        {
                            for (var first = 0; first < x.Length; first += Inputs)
                                Greeks(x.AsSpan(first, Inputs), greeks.AsSpan(first, Inputs));
                            return greeks;
                        }
                    );
                }
            ),
            new(Form.HandInVectors, instance => VectorGreeks.Prepare(instance, Prices(instance))),
            Eager(Form.Eager, Call),
            Eager(Form.Lifted, Lift.Of(x => Price(x), new LiftOptions().WithMathNetRules())),
            .. CompiledForms.OnThreads(
                (instance, options) =>
                {
                    var count = instance.Dimension(0);
                    var columns = CompiledForms.Transpose(instance.X, count);
                    return new(
                        CompiledForms.Batch(Call, columns, count, options),
                        CompiledForms.Batch(AD.Grad(Call), columns, count, options)
                    )
                    {
                        OrderDerivative = greeks => CompiledForms.Transpose(greeks, Inputs),
                    };
                }
            ),
            new(
                Form.Differences,
                instance =>
                {
                    var options = instance.X.Chunk(Inputs).ToArray();
                    return new(
                        () => [.. options.Select(option => Price(option))],
                        () => [.. options.SelectMany(option => Forms.Partials(x => Price(x), option))]
                    );
                }
            ),
        ]
    );

    private static Form Eager(string name, Func<Real[], Real> call) =>
        new(
            name,
            instance =>
            {
                var options = instance.X.ToReals().Chunk(Inputs).ToArray();
                var greeks = AD.Grad(call);
                return new(
                    () => [.. options.Select(option => call(option).Value)],
                    () => [.. options.SelectMany(option => greeks(option).ToDoubles())]
                );
            }
        );

    private static Size Of(int options, bool isQuick) => new(options == 1 ? "1 option" : $"{options} options", options, isQuick, options);

    private static Instance Generate(Size size)
    {
        var random = new Generator(3);
        return new(
            size,
            [
                .. Enumerable
                    .Range(0, size.Dimensions[0])
                    .SelectMany(_ =>
                        new[]
                        {
                            random.Uniform(80, 120),
                            random.Uniform(80, 120),
                            random.Uniform(0.01, 0.05),
                            random.Uniform(0.1, 0.4),
                            random.Uniform(0.25, 2),
                        }
                    ),
            ],
            []
        );
    }

    /// <summary>All prices by hand.</summary>
    public static Func<double[]> Prices(Instance instance)
    {
        var (x, prices) = (instance.X, new double[instance.Dimension(0)]);
        return () =>
        {
            for (var k = 0; k < prices.Length; k++)
                prices[k] = Price(x.AsSpan(k * Inputs, Inputs));
            return prices;
        };
    }

    private static double NormalCdf(double x) => 0.5 * SpecialFunctions.Erfc(-x / Constants.Sqrt2);

    public static double Price(ReadOnlySpan<double> x)
    {
        var (s, k, r, v, t) = (x[0], x[1], x[2], x[3], x[4]);
        var deviation = v * Math.Sqrt(t);
        var d1 = (Math.Log(s / k) + (r + v * v / 2) * t) / deviation;
        return s * NormalCdf(d1) - k * Math.Exp(-r * t) * NormalCdf(d1 - deviation);
    }

    private static void Greeks(ReadOnlySpan<double> x, Span<double> greeks)
    {
        var (s, k, r, v, t) = (x[0], x[1], x[2], x[3], x[4]);
        var root = Math.Sqrt(t);
        var d1 = (Math.Log(s / k) + (r + v * v / 2) * t) / (v * root);
        var density = s * Math.Exp(-d1 * d1 / 2) * Constants.InvSqrt2Pi;
        var discounted = Math.Exp(-r * t) * NormalCdf(d1 - v * root);
        greeks[0] = NormalCdf(d1);
        greeks[1] = -discounted;
        greeks[2] = k * t * discounted;
        greeks[3] = density * root;
        greeks[4] = density * v / (2 * root) + r * k * discounted;
    }

    public static Real Call(Real[] x)
    {
        var (s, k, r, v, t) = (x[0], x[1], x[2], x[3], x[4]);
        var deviation = v * RealMath.Sqrt(t);
        var d1 = (RealMath.Log(s / k) + (r + v * v / 2) * t) / deviation;
        return s * RealMath.NormalCdf(d1) - k * RealMath.Exp(-r * t) * RealMath.NormalCdf(d1 - deviation);
    }
}
