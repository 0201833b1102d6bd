using System.Globalization;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Distributions as a C# user meets them. Their numbers are held to references in the F# suite.</summary>
public class DistributionTests
{
    private static readonly RandomKey Key = RandomKey.Of(20260117UL);

    public static TheoryData<string> Names() => [.. All.Keys];

    /// <summary>Each distribution from doubles and whole numbers, which convert, with a point of its support.</summary>
    private static readonly Dictionary<string, (Distribution Distribution, double Point)> All = new()
    {
        ["Normal"] = (Distribution.Normal(0, 1), 0.5),
        ["LogNormal"] = (Distribution.LogNormal(0, 0.5), 1.5),
        ["Exponential"] = (Distribution.Exponential(2), 0.5),
        ["Gamma"] = (Distribution.Gamma(2.5, 1), 1.5),
        ["Beta"] = (Distribution.Beta(2, 3), 0.25),
        ["StudentT"] = (Distribution.StudentT(4, 0, 1), 2),
        ["Laplace"] = (Distribution.Laplace(0, 2), -3),
        ["Uniform"] = (Distribution.Uniform(-1, 1), 0.5),
        ["Bernoulli"] = (Distribution.Bernoulli(0.3), 1),
        ["BernoulliLogit"] = (Distribution.BernoulliLogit(-1), 1),
        ["Binomial"] = (Distribution.Binomial(10, 0.3), 4),
        ["Categorical"] = (Distribution.Categorical(0.2, 0.3, 0.5), 2),
        ["CategoricalLogits"] = (Distribution.CategoricalLogits(0, 1, -1), 1),
        ["Geometric"] = (Distribution.Geometric(0.25), 3),
        ["Poisson"] = (Distribution.Poisson(3), 2),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_distribution_has_its_members(string name)
    {
        var (distribution, point) = All[name];
        Assert.Equal(name, distribution.Name);
        Assert.StartsWith(name + "(", distribution.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(distribution.Parameters);
        Assert.All(distribution.Parameters, parameter => Assert.False(string.IsNullOrEmpty(parameter.Key)));
        Assert.True(double.IsFinite(distribution.LogDensity(point).Value));
        Assert.True(double.IsFinite(distribution.Mean.Value));
        Assert.True(distribution.Variance.Value > 0);
        Assert.Equal(distribution.Sample(Key).Value, distribution.Sample(Key).Value);
        var samples = distribution.Sample(Key, 3);
        Assert.Equal([.. Key.Split(3).Select(key => distribution.Sample(key).Value)], samples.ToDoubles());
        Assert.Equal(distribution.LogDensity(samples[0]).Value, distribution.LogDensity(samples[0].Value).Value);
        if (name is "Poisson" or "Binomial")
            Assert.Contains(name, Assert.Throws<NotSupportedException>(() => distribution.Entropy).Message, StringComparison.Ordinal);
        else
            Assert.True(double.IsFinite(distribution.Entropy.Value));
    }

    [Fact]
    public void The_list_above_has_every_distribution_of_numbers()
    {
        var factories = typeof(Distribution).GetMethods().Where(method => method.IsStatic && method.ReturnType == typeof(Distribution));
        Assert.Equal(All.Keys.Order(), factories.Select(method => method.Name).Distinct().Order());
    }

    [Fact]
    public void Gradients_pass_through_densities_and_samples()
    {
        // d/dm log N(x; m, s) = (x - m) / s^2
        Assert.Equal(0.5, Grad(m => Distribution.Normal(m, 2).LogDensity(3))(1).Value);
        var fit = Grad((Real[] p) => Distribution.Gamma(p[0], p[1]).LogDensity(2))([3.0, 1.5]);
        // log rate - digamma(shape) + log x, and shape / rate - x
        Assert.Equal(Math.Log(1.5) - Digamma(3).Value + Math.Log(2), fit[0].Value, 1e-15);
        Assert.Equal(3 / 1.5 - 2, fit[1].Value, 1e-15);
        // a sample is mean + deviation z
        var z = Key.Normal();
        var sample = Grad((Real[] p) => Distribution.Normal(p[0], p[1]).Sample(Key))([0.5, 2.0]);
        Assert.Equal([1.0, z], sample.ToDoubles());
        // implicitly: a longer shape makes a longer sample
        Assert.True(Grad(shape => Distribution.Gamma(shape, 1).Sample(Key))(2.5).Value > 0);
        Assert.Equal(0, Grad(p => Distribution.Bernoulli(p).Sample(Key))(0.5).Value);
    }

    [Fact]
    public void The_mean_derivative_through_samples_is_that_of_the_mean()
    {
        // E x = a / (a + b): b / (a + b)^2 and -a / (a + b)^2
        var gradients = Key.Split(4000).Select(key => Grad((Real[] p) => Distribution.Beta(p[0], p[1]).Sample(key))([2.0, 3.0])).ToArray();
        double[] expected = [3.0 / 25, -2.0 / 25];
        for (var i = 0; i < 2; i++)
        {
            var (mean, error) = MeanAndError(gradients.Select(g => g[i].Value));
            // six standard errors: a chance of 2e-9
            Assert.True(Math.Abs(mean - expected[i]) <= 6 * error, $"{mean} for {expected[i]}, standard error {error}, key {Key}");
        }
    }

    private static (double Mean, double Error) MeanAndError(IEnumerable<double> numbers)
    {
        var all = numbers.ToArray();
        var mean = all.Average();
        return (mean, Math.Sqrt(all.Average(x => (x - mean) * (x - mean)) / all.Length));
    }

    [Fact]
    public void A_likelihood_compiles_and_sums_over_data()
    {
        double[] counts = [0, 2, 1, 3, 1];
        var sum = CompileSum((Real rate, Real x) => Distribution.Poisson(rate).LogDensity(x), 1.0, 1.0);
        var (value, slope) = sum.ValueAndGrad(1.7, counts);
        var eager = ValueAndGrad(rate => counts.Aggregate((Real)0, (total, x) => total + Distribution.Poisson(rate).LogDensity(x)))(1.7);
        Assert.Equal(eager.Value.Value, value, 1e-14);
        Assert.Equal(counts.Sum() / 1.7 - 5, slope.Value, 1e-14);
        // the maximum is at the mean
        Assert.Equal(0, sum.ValueAndGrad(counts.Average(), counts).Item2.Value, 1e-14);
    }

    [Fact]
    public void A_vector_of_correlated_numbers()
    {
        var mean = Tensor.Of([1.0, -1.0]);
        var cholesky = Tensor.Of(
            new[,]
            {
                { 2.0, 0.0 },
                { 0.5, 1.0 },
            }
        );
        MultivariateNormal distribution = Distribution.MultivariateNormal(mean, cholesky);
        // z = ((3 - 1) / 2, 0 + 1 - 0.5 z0) = (1, 0.5)
        var expected = -0.5 * 1.25 - Math.Log(2) - Math.Log(2 * Math.PI);
        Assert.Equal(expected, distribution.LogDensity(Tensor.Of([3.0, 0.0])).Value, 1e-15);
        Assert.Equal(4.25 - 3.0, distribution.Covariance[1, 1].Value, 1e-15);
        Assert.True(distribution.IsReparameterised);
        Assert.Equal([3, 2], distribution.Sample(Key, 3).Shape.ToArray());
        var slope = Grad((Tensor m) => Distribution.MultivariateNormal(m, cholesky).Sample(Key).Sum())(mean);
        Assert.Equal([1.0, 1.0], slope.ToArray());
    }

    [Fact]
    public void Impossible_parameters_are_named_with_their_values()
    {
        var deviation = Assert.Throws<ArgumentOutOfRangeException>(() => Distribution.Normal(0, -1));
        Assert.Equal("deviation", deviation.ParamName);
        Assert.Equal(-1.0, deviation.ActualValue);
        Assert.Contains(
            "Distribution.Normal: deviation is a number above 0 and finite, got -1",
            deviation.Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => Distribution.Bernoulli(1.5));
        Assert.Throws<ArgumentException>(() => Distribution.Uniform(1, 0));
        Assert.Throws<ArgumentException>(() => Distribution.Categorical(0.5, 0.6));
        Assert.Throws<ArgumentException>(() => Distribution.Categorical(Array.Empty<Real>()));
        Assert.Throws<ArgumentNullException>(() => Distribution.Categorical((Tensor)null!));
        Assert.Throws<ArgumentNullException>(() => Distribution.MultivariateNormal(null!, Tensor.Of([1.0])));
    }

    [Fact]
    public void Text_is_that_of_the_invariant_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new("") { NumberFormat = new() { NumberDecimalSeparator = "," } };
        try
        {
            Assert.Equal("Normal(mean = 0.5, deviation = 2)", Distribution.Normal(0.5, 2).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
