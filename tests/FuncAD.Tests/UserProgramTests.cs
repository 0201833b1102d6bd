using System.Diagnostics;
using System.Numerics;
using static FuncAD.AD;
using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>
/// Programs as people write them, which read numbers, log, draw, cache and run in parallel, and are right. This project is built with the
/// analyzers, which must have nothing to say about them.
/// </summary>
public class UserProgramTests
{
    private sealed record Model(Real Slope, Real[] Offsets, string Name, int Degree);

    private sealed record Node(Real Weight, List<Node> Children);

    private sealed record Option(Real Spot, Real Volatility, double Strike, double Maturity);

    private sealed class Bag(Real[] items)
    {
        public Real this[int i] => items[i];
        public double Size => items.Length;
        public Real Frozen => StopGradient(items[0]);
    }

    [Fact]
    public void Values_are_logged_from_a_loss()
    {
        var log = new List<double>();
        var minimum = Optim.Lbfgs(
            (Real[] p) =>
            {
                var value = Pow(1 - p[0], 2) + 100 * Pow(p[1] - p[0] * p[0], 2);
                log.Add(Math.Log10(value.Value + 1e-300));
                Debug.WriteLine($"{log.Count}: {value} {value.Value:F3} {Math.Sqrt(value.Value)}");
                return value;
            },
            [-1.2, 1]
        );
        Assert.Equal(1, minimum.Parameters[0].Value, 6);
        Assert.NotEmpty(log);
    }

    [Fact]
    public void Values_end_iterations_and_choose_branches()
    {
        static Real Root(Real a)
        {
            var x = a;
            for (var i = 0; i < 50; i++)
            {
                var step = (x * x - a) / (2 * x);
                x -= step;
                if (Math.Abs(step.Value) < 1e-14)
                    break;
            }
            return x;
        }
        static Real Sinc(Real x) => Math.Abs(x.Value) < 1e-4 ? 1 - x * x / 6 : Sin(x) / x;
        static Real Wrapped(Real x) => Cos(x - 2 * Math.PI * Math.Round(x.Value / (2 * Math.PI)));
        static Real Scaled(Real x)
        {
            var scale = Math.ScaleB(1, -(int)Math.Floor(Math.Log2(Math.Abs(x.Value))));
            return Sqrt(x * scale) / Math.Sqrt(scale);
        }
        // the error of one operation each, some of which are repeated a few times
        Assert.Equal(1 / (2 * Math.Sqrt(2)), Grad(Root)(2).Value, 13);
        Assert.Equal((Math.Cos(0.5) * 0.5 - Math.Sin(0.5)) / 0.25, Grad(Sinc)(0.5).Value, 13);
        Assert.Equal(-Math.Sin(10), Grad(Wrapped)(10).Value, 13);
        Assert.Equal(0.5 / Math.Sqrt(10), Grad(Scaled)(10).Value, 13);
    }

    [Fact]
    public void Values_find_places_in_tables()
    {
        double[] xs = [0, 1, 2, 3];
        double[] ys = [0, 1, 4, 9];
        Real Interpolated(Real x)
        {
            var i = Math.Clamp((int)x, 0, xs.Length - 2);
            return ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]);
        }
        Real Found(Real x)
        {
            var i = Array.BinarySearch(xs, x.Value);
            return x * xs[i < 0 ? ~i : i];
        }
        Check.Bits(3, Grad(Interpolated)(1.5));
        Check.Bits(2, Grad(Found)(1.5));
    }

    [Fact]
    public void Constants_are_made_of_numbers_on_purpose()
    {
        Real Target(Real[] w) => Pow(1 + 0.9 * StopGradient(w[0] * 3 + w[1]) - (w[0] * 2 + w[1]), 2);
        Assert.Equal(-2 * (1 + 0.9 * 5 - 4) * 2, Grad(Target)([1, 2])[0].Value, 13);
        // a maximum that is divided out, weights that are held, ranks
        Real LogSum(Real[] z)
        {
            var m = z.Max(v => v.Value);
            return m + Log(z.Select(v => Exp(v - m)).Aggregate((a, b) => a + b));
        }
        Assert.Equal(Math.E / (1 + Math.E), Grad(LogSum)([1, 2])[1].Value, 13);
        Real Robust(Real[] r) => r.Select(v => v * v / Math.Max(Math.Abs(v.Value), 1e-3)).Aggregate((a, b) => a + b);
        Check.Bits(2, Grad(Robust)([1, 2])[0]);
        Real Second(Real[] x) => x.OrderBy(v => v.Value).Skip(1).First() * x.Count(v => (double)StopGradient(v) > 1);
        Check.Bits([0, 0, 2], Grad(Second)([3, 1, 2]));
        Real InBag(Real[] x) => new Bag(x)[0] * (double)new Bag([1, 2])[1] + new Bag(x).Size * (double)new Bag(x).Frozen;
        Check.Bits(2, Grad(InBag)([3])[0]);
    }

    [Fact]
    public void Structures_and_queries_are_walked()
    {
        static Real Sum(Node node) => node.Children.Aggregate(node.Weight, (sum, child) => sum + Sum(child));
        Check.Bits(1, Grad((Node n) => Sum(n))(new(1, [new(2, [])])).Children[0].Weight);
        var data = Enumerable.Range(0, 4).Select(i => (X: (double)i, Y: Math.Exp(i))).ToArray();
        var gradient = Grad(
            (Model m) => (from d in data select Pow(m.Slope * d.X + m.Offsets[0] - d.Y, 2)).Aggregate((a, b) => a + b) / data.Length
        )(new(1, [0], "line", 1));
        Assert.Equal(data.Sum(d => 2 * (d.X - d.Y)) / 4, gradient.Offsets[0].Value, 12);
        var greeks = Grad(
            (Option o) =>
            {
                var root = Math.Sqrt(o.Maturity);
                var d = (Log(o.Spot / o.Strike) + o.Volatility * o.Volatility / 2 * o.Maturity) / (o.Volatility * root);
                return o.Spot * NormalCdf(d) - o.Strike * NormalCdf(d - o.Volatility * root);
            }
        )(new(100, 0.2, 100, 1));
        Assert.Equal(NormalCdf(0.1).Value, greeks.Spot.Value, 12);
    }

    [Fact]
    public void Derivatives_are_read_outside_of_the_functions()
    {
        var gradient = Grad((Real[] x) => x[0] * x[1])([2, 3]).ToDoubles();
        Assert.Equal(Math.Sqrt(13), Math.Sqrt(gradient.Sum(v => v * v)));
        var weights = Tensor.Of([1.0, 2]);
        for (var i = 0; i < 3; i++)
        {
            var (loss, slopes) = ValueAndGrad((Tensor w) => (w * w).Sum())(weights);
            Assert.True((double)loss > 0 && slopes.ToArray().All(double.IsFinite));
            weights -= 0.25 * slopes;
        }
        Assert.Equal([0.125, 0.25], weights.ToArray());
        Real seen = 0;
        Grad(x => seen = x * x)(3);
        Check.Bits(9, Grad(z => z * (double)seen)(1));
    }

    [Fact]
    public async Task Whole_derivatives_run_in_parallel_and_in_tasks()
    {
        var gradient = Grad((Real[] x) => x.Aggregate((a, b) => a * b));
        var slopes = new double[8];
        Parallel.For(0, 8, i => slopes[i] = gradient([i, 2, 3])[0].Value);
        Assert.All(slopes, slope => Assert.Equal(6, slope));
        Assert.Equal(36, Enumerable.Range(1, 8).AsParallel().Select(i => Grad(x => x * i)(2).Value).Sum());
        Check.Bits(6, await Task.Run(() => Grad(x => x * x)(3)));
        Check.Bits(Math.Cos(1), Diff(x => Task.Run(() => Sin(x)).Result)(1));
        Check.Bits(
            2,
            Grad(x =>
            {
                ThreadPool.QueueUserWorkItem(_ => Debug.WriteLine(x.Value));
                return x * x;
            })(1)
        );
    }

    [Fact]
    public void Functions_are_compiled_for_what_they_capture()
    {
        var noise = new Random(3).NextDouble();
        for (var k = 1; k <= 3; k++)
        {
            var f = Compile((Real x) => Pow(x, k) + noise, 2);
            Check.Bits(Math.Pow(3, k) + noise, f.Invoke(3));
        }
        var rate = 1.0;
        var step = Compile((Real x) => x / rate, 1);
        for (var i = 0; i < 3; i++)
        {
            rate *= 0.5;
            step = Compile((Real x) => x / rate, 1);
        }
        Check.Bits(8, step.Invoke(1));
        var rounds = Compile(
            (Model m) => Enumerable.Range(0, m.Degree).Select(i => m.Slope * i).Aggregate(m.Offsets[0], (a, b) => a + b),
            new Model(1, [2], "", 3)
        );
        Check.Bits(9, rounds.Invoke(new(2, [3], "", 3)));
        var watch = Stopwatch.StartNew();
        var timed = Compile(
            (Real x) =>
            {
                Debug.WriteLine($"{watch.Elapsed} {x}");
                return x * StopGradient(x);
            },
            2
        );
        Check.Bits(9, timed.Invoke(3));
    }

    [Fact]
    public void Generic_code_takes_doubles_and_Reals()
    {
        static T Cubic<T>(T x)
            where T : IFloatingPointIeee754<T> => x * x * T.CreateChecked(3.0) + T.Exp(x);
        Check.Bits(12 + Math.Exp(2), Cubic(2.0));
        Assert.Equal(12 + Math.Exp(2), Grad(Cubic<Real>)(2).Value, 13);
    }
}
