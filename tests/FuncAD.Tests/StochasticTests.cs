using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Random keys, score functions and programs with discrete randomness, as a C# user writes them.</summary>
/// <remarks>
/// Keys are fixed, and stand in the messages. Estimates are held to 6.8 standard errors of the exact value, which right code exceeds with a
/// probability of 1e-11.
/// </remarks>
public class StochasticTests
{
    private sealed record Machine(Real[] Weights, string Name);

    private static void Near(double expected, Estimate estimate, RandomKey key) =>
        Assert.True(
            Math.Abs(estimate.Mean - expected) <= 6.8 * estimate.StandardError + 1e-12 * Math.Abs(expected),
            $"{key}: {estimate}, expected {expected}"
        );

    private static void Near(double expected, Real mean, Real error, RandomKey key) =>
        Near(expected, new Estimate(mean.Value, error.Value, 0), key);

    [Fact]
    public void Keys_are_values()
    {
        var key = RandomKey.Of(7);
        Assert.Equal(key, RandomKey.Of(7L));
        Assert.True(key == RandomKey.Of(7UL) && key != RandomKey.Of(8) && default == RandomKey.Of(0));
        var (first, second) = key.Split();
        Assert.Equal([first, second], key.Split(2));
        Assert.NotEqual(first.Uniform(), second.Uniform());
        Assert.Equal(key.Fold(3).Normal(), key.Fold(3L).Normal());
        Assert.Equal(-key.Normal(), key.Mirrored.Normal());
        Assert.Equal([2, 3], key.Normal(2, 3).Shape.ToArray());
        Assert.Equal(key.Bits(), key.Bits(3)[0]);
        Assert.InRange(key.Uniform(), 0, 1);
        Assert.Equal("RandomKey(0000000000000007-0000000000000000)", key.ToString());
    }

    [Fact]
    public void A_random_walk_with_an_if()
    {
        var key = RandomKey.Of(71);
        // E[x^2] after n steps with probability p: 4 n p (1 - p) + n^2 (2 p - 1)^2
        const int Steps = 20;
        var derivative = Stochastic.Derivative(
            (p, chance) =>
            {
                Real x = 0;
                for (var i = 0; i < Steps; i++)
                {
                    if (chance.Bernoulli(p) == 1)
                        x += 1;
                    else
                        x -= 1;
                }
                return x * x;
            },
            key,
            samples: 4000
        );
        Near(4 * Steps * (1 - 2 * 0.6) + 4 * Steps * Steps * (2 * 0.6 - 1), derivative(0.6), key);
    }

    [Fact]
    public void Draws_are_numbers_counts_indices_and_answers()
    {
        var key = RandomKey.Of(72);
        double[] prices = [3, -1, 7];
        var derivative = Stochastic.Derivative(
            (x, chance) =>
            {
                var customers = chance.Poisson(x);
                Real income = 0;
                for (var i = 0; i < customers; i++)
                    income += prices[chance.Categorical(0.2, 0.8 - x / 10, x / 10)];
                return chance.Flip(x / 4)
                    ? income * chance.Binomial(2, 0.5) + chance.Geometric(0.5)
                    : income + 0 * chance.Uniform() + chance.Normal();
            },
            key,
            4000,
            alternatives: 4
        );
        // E = x/4 (x c + 1) + (1 - x/4) x c with c = 0.6 - (0.8 - x/10) + 0.7 x = 0.8 x - 0.2, which is x c + x/4
        Near(2 * 0.8 * 1.5 - 0.2 + 0.25, derivative(1.5), key);
    }

    [Fact]
    public void Score_gradients_of_numbers_arrays_and_structures()
    {
        var key = RandomKey.Of(73);
        ScoreCost Bandit(Real[] weights, RandomKey key)
        {
            var share = weights.Select(Exp).Aggregate((a, b) => a + b);
            var uniform = key.Uniform();
            var arm = 0;
            for (var sum = Exp(weights[0]) / share; uniform > sum && arm < weights.Length - 1; sum += Exp(weights[arm]) / share)
                arm++;
            return ScoreCost.Of(arm * arm, weights[arm] - Log(share));
        }

        // shares q = (1, 2, 3) / 6: E = (2 + 12) / 6, and dE/dw_i = q_i (i^2 - E)
        Real[] w = [0, Log(2), Log(3)];
        double[] expected = [-14.0 / 36, 2.0 / 6 * (1 - 14.0 / 6), 3.0 / 6 * (4 - 14.0 / 6)];
        var array = Stochastic.ScoreGradient(Bandit, key, 4000)(w);
        var record = Stochastic.ScoreGradient((Machine m, RandomKey k) => Bandit(m.Weights, k), key, 4000)(new(w, "bandit"));
        for (var i = 0; i < 3; i++)
        {
            Near(expected[i], array.Mean[i], array.StandardError[i], key);
            Assert.Equal(array.Mean[i].Value, record.Mean.Weights[i].Value);
        }
        Assert.Equal("bandit", record.Mean.Name);
        Assert.Equal(4000, array.Samples);
        Assert.EndsWith("(4000 samples)", array.ToString(), StringComparison.Ordinal);

        // x ~ N(mean, 1), cost mean x^2: d (mean^3 + mean) = 3 mean^2 + 1
        ScoreCost Normal(Real mean, RandomKey key)
        {
            var x = mean.Value + key.Normal();
            return ScoreCost.Start.Draw(-(x - mean) * (x - mean) / 2, baseline: 1).Cost(mean * x * x);
        }

        foreach (var baseline in new[] { ScoreBaseline.None, ScoreBaseline.LeaveOneOut })
        {
            var options = new ScoreOptions { Baseline = baseline, Antithetic = true };
            var number = Stochastic.ScoreGradient((mean, k) => Normal(mean, k), key, 4000, options)(2.0);
            Near(13, number.Mean, number.StandardError, key);
        }
    }

    [Fact]
    public void Draws_of_distributions_are_constants()
    {
        var key = RandomKey.Of(76);
        // x ~ N(mean, 1), cost x^2: d (mean^2 + 1) = 2 mean
        ScoreCost Run(Real mean, RandomKey key, Func<Real, Real> drawn)
        {
            var normal = Distribution.Normal(mean, 1);
            var x = drawn(normal.Sample(key));
            return ScoreCost.Of(x * x, normal, x);
        }

        var estimate = Stochastic.ScoreGradient((Real mean, RandomKey k) => Run(mean, k, x => AD.StopGradient(x)), key, 4000)(1.5);
        Near(3, estimate.Mean, estimate.StandardError, key);
        var error = Assert.Throws<InvalidOperationException>(() =>
            Stochastic.ScoreGradient((Real mean, RandomKey k) => Run(mean, k, x => x), key, 4)(1.5)
        );
        Assert.Contains("StopGradient", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_are_read_when_the_function_is_made()
    {
        var key = RandomKey.Of(77);
        ScoreCost Square(Real mean, RandomKey key)
        {
            var x = mean.Value + key.Normal();
            return ScoreCost.Of(x * x, Distribution.Normal(mean, 1), x);
        }

        var options = new ScoreOptions { Baseline = ScoreBaseline.None };
        var gradient = Stochastic.ScoreGradient((Real mean, RandomKey k) => Square(mean, k), key, 10, options);
        var objective = Stochastic.ScoreObjective((Real mean, RandomKey k) => Square(mean, k), key, 10, options);
        var (before, slope) = (gradient(2.0).Mean.Value, AD.Diff(objective)(2.0).Value);
        (options.Baseline, options.Antithetic) = (ScoreBaseline.LeaveOneOut, true);
        Assert.Equal(before, gradient(2.0).Mean.Value);
        Assert.Equal(slope, AD.Diff(objective)(2.0).Value);
    }

    [Fact]
    public void Objectives_are_differentiated_by_any_operator()
    {
        var key = RandomKey.Of(74);
        // x1, x2 ~ N(mean_i, 1), cost x1 x2: the Hessian of mean_1 mean_2
        var means = Enumerable
            .Range(0, 400)
            .Select(i =>
            {
                var objective = Stochastic.ScoreObjective(
                    (m, k) =>
                    {
                        var x = k.Split(2).Zip(m, (k, m) => m.Value + k.Normal()).ToArray();
                        var logDensity = x.Zip(m, (x, m) => -(x - m) * (x - m) / 2).Aggregate((a, b) => a + b);
                        return ScoreCost.Of(x[0] * x[1], logDensity);
                    },
                    key.Fold(i),
                    50
                );
                return AD.Hessian(objective)([0.5, -1.0]);
            });
        var all = means.ToArray();
        foreach (var (i, j, expected) in new[] { (0, 0, 0.0), (0, 1, 1.0), (1, 1, 0.0) })
        {
            var entries = all.Select(h => h[i, j].Value).ToArray();
            var mean = entries.Average();
            var error = Math.Sqrt(entries.Sum(x => (x - mean) * (x - mean))) / entries.Length;
            Near(expected, new Estimate(mean, error, entries.Length), key);
        }
    }

    [Fact]
    public void The_magic_box_is_one_with_the_derivatives_of_an_exponential()
    {
        Assert.Equal(1.0, Stochastic.MagicBox(-3.5).Value);
        Assert.Equal(3.0, AD.Diff(x => Stochastic.MagicBox(3 * x))(2.0).Value);
        Assert.Equal(9.0, AD.Grad(AD.Grad(x => Stochastic.MagicBox(3 * x)))(2.0).Value);
        Assert.Equal(27.0, AD.Diff(x => Stochastic.MagicBox(3 * x), 3)(2.0).Value);
        Assert.Equal(9.0, AD.Compile(AD.Diff(AD.Grad(x => Stochastic.MagicBox(3 * x))), (Real)1.0).Invoke(2.0).Value);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var key = RandomKey.Of(75);
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.Derivative(null!, key, 3));
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.ScoreGradient((Func<Real, RandomKey, ScoreCost>)null!, key, 3));
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.ScoreGradient((Func<Real[], RandomKey, ScoreCost>)null!, key, 3));
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.ScoreGradient((Func<Machine, RandomKey, ScoreCost>)null!, key, 3));
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.ScoreObjective((Func<Real, RandomKey, ScoreCost>)null!, key, 3));
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.ScoreObjective((Func<Real[], RandomKey, ScoreCost>)null!, key, 3));
        Assert.Throws<ArgumentNullException>("f", () => Stochastic.ScoreObjective((Func<Machine, RandomKey, ScoreCost>)null!, key, 3));
        Assert.Throws<ArgumentOutOfRangeException>("samples", () => Stochastic.Derivative((p, c) => c.Bernoulli(p), key, 0)(0.5));
        Assert.Throws<ArgumentOutOfRangeException>("alternatives", () => Stochastic.Derivative((p, c) => c.Bernoulli(p), key, 1, 0)(0.5));
        var error = Assert.Throws<ArgumentOutOfRangeException>("p", () => Stochastic.Derivative((p, c) => c.Bernoulli(p), key, 1)(1.25));
        Assert.Contains("1.25", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Stochastic.ScoreGradient((Real p, RandomKey _) => (ScoreCost)null!, key, 3)(0.5));
    }
}
