namespace FuncAD.Analyzers.Tests;

/// <summary>FAD002: functions of Math on x.Value, in the result.</summary>
public class PlainFunctionTests
{
    [Theory]
    [InlineData("var g = Grad(x => x * [|Math.Sin(x.Value)|]);")]
    [InlineData("var g = Grad(x => [|double.Exp(-x.Value)|] * x);")]
    [InlineData("var g = Grad(x => [|MathF.Sqrt((float)x.Value)|] * x);")]
    [InlineData("var g = Grad(x => [|Math.Pow(x[0].Value, 2)|] + [|Math.Log(1 + x[1].Value)|]);")]
    [InlineData("var g = Grad(x => { var v = x.Value; return x * [|Math.Sin(v)|]; });")]
    [InlineData("var g = Grad(x => { var v = x.Value * 2; var s = [|Math.Sin(v)|]; var y = s * x; return y; });")]
    [InlineData("var g = Grad(x => { double s = 0; foreach (var v in x) s += [|Math.Exp(v.Value)|]; return s * x[0]; });")]
    [InlineData("var g = Grad((Real[] x) => x.Select(v => [|Math.Exp(v.Value)|]).Sum() * x[0]);")]
    [InlineData("var g = Grad(x => [|Math.Exp(Math.Sin(x.Value))|] * x);")]
    [InlineData("var g = Grad(x => Real.Exp([|Math.Sin(x.Value)|]) * x);")]
    [InlineData("var g = Grad(x => x > 0 ? [|Math.Sin(x.Value)|] : x);")]
    [InlineData("Real F(Real x) => x * [|Math.Sin(x.Value)|]; var g = Grad(F);")]
    [InlineData("var g = Grad(C.F); static class C { public static Real F(Real x) { return [|Math.Cos(x.Value)|]; } }")]
    [InlineData("var g = Grad(x => { Real S(Real v) => [|Math.Sin(v.Value)|]; return S(x) * x; });")]
    [InlineData("var g = Jacobian(x => [x[0], [|Math.Sin(x[1].Value)|]]);")]
    [InlineData("var g = Jacobian(x => { var y = new Real[2]; y[0] = x[0]; y[1] = [|Math.Sin(x[1].Value)|]; return y; });")]
    [InlineData("var g = Jvp((M m) => new M([|Math.Sin(m.A.Value)|], 2)); record M(Real A, Real B);")]
    [InlineData("using static System.Math; var g = Grad(x => x * [|Sin(x.Value)|]);")]
    public async Task Found(string text) => await Source.Expect("FAD002", text);

    [Theory]
    // conditions, indices, text
    [InlineData("var g = Grad(x => Math.Sin(x.Value) > 0 ? x : -x);")]
    [InlineData("var g = Grad(x => { if (Math.Abs(x.Value) < 1e-8 || Math.Exp(x.Value) > 3) return 0; return x; });")]
    [InlineData("double[] table = [1, 2, 3]; var g = Grad(x => x * table[(int)Math.Sqrt(x.Value)]);")]
    [InlineData("var g = Grad(x => { Console.WriteLine($\"{Math.Log10(x.Value):F2}\"); Debug.WriteLine(Math.Exp(x.Value)); return x; });")]
    [InlineData("var history = new List<double>(); var g = Grad(x => { history.Add(Math.Sqrt(x.Value)); return x; });")]
    [InlineData("double norm = 0; var g = Grad(x => { norm = Math.Sqrt(x.Value); return x; });")]
    // a scale that is rounded, a maximum to subtract
    [InlineData("var g = Grad(x => { var scale = Math.Pow(2, Math.Floor(Math.Log2(x.Value))); return x / scale; });")]
    [InlineData(
        "var g = Grad((Real[] x) => { var m = x.Max(v => v.Value); return m + Real.Log(x.Select(v => Real.Exp(v - m)).Aggregate((a, b) => a + b)); });"
    )]
    [InlineData(
        "var g = Grad(x => { var m = Math.Max(x[0].Value, x[1].Value); return m + Real.Log(Real.Exp(x[0] - m) + Real.Exp(x[1] - m)); });"
    )]
    // said to be constants
    [InlineData("var g = Grad(x => x * StopGradient((Real)Math.Sin(x.Value)));")]
    [InlineData("var g = Grad(x => x * StopGradient(Real.Sin(x)));")]
    [InlineData("var g = Grad(x => x * Math.Sin((double)StopGradient(x)));")]
    [InlineData("var g = Grad(x => x * x.Value);")]
    // the first guess of an iteration
    [InlineData("var g = Grad(a => { Real y = Math.Sqrt(a.Value); for (var i = 0; i < 3; i++) y = (y + a / y) / 2; return y; });")]
    // a step of Newton's method from the solution, a scale
    [InlineData("var g = Grad(a => { var y = Math.Sqrt(a.Value); return (y + a / y) / 2; });")]
    [InlineData("var g = Grad((Real[] x) => { var s = Math.Sqrt(x[0].Value); return s * Real.Hypot(x[0] / s, x[1] / s); });")]
    // not differentiated, or by differences
    [InlineData("Real k = 2; var g = Grad(x => x * Math.Sin(k.Value));")]
    [InlineData("Real F(Real x) => Math.Sin(x.Value); var y = F(3);")]
    [InlineData("var f = Lift.Of((double x) => Math.Sin(x) * x);")]
    [InlineData("var f = Custom(\"f\", v => Math.Sin(v), (x, y) => Real.Cos(x));")]
    [InlineData("var g = Grad(x => x * Math.Sin(2.0));")]
    // draws, which have no derivative
    [InlineData(
        "var s = Stochastic.ScoreGradient((Real m, RandomKey key) => { var p = Distribution.Normal(m, 1); var a = p.Sample(key); return ScoreCost.Of(Math.Sin(a.Value), p, a.Value); }, RandomKey.Of(1), 3);"
    )]
    [InlineData(
        "var g = Grad(m => { var p = Distribution.Normal(m, 1); var a = p.Sample(RandomKey.Of(1)).Value; return p.LogDensity(a) * Math.Cos(a); });"
    )]
    public async Task Quiet(string text) => await Source.ExpectNone(text);

    [Theory]
    [InlineData("var f = Grad(x => x * Math.Sin(x.Value));", "var f = Grad(x => x * Real.Sin(x));")]
    [InlineData("var f = Grad(x => x * Math.Exp(Math.Sin(x.Value) + 1));", "var f = Grad(x => x * Real.Exp(Real.Sin(x) + 1));")]
    [InlineData(
        "var f = Grad(x => { double s = Math.Sin(x.Value); return s * x; });",
        "var f = Grad(x => { Real s = Real.Sin(x); return s * x; });"
    )]
    [InlineData("var f = Grad(x => x[0] * Math.Pow(x[1].Value, 2));", "var f = Grad(x => x[0] * Real.Pow(x[1], 2));")]
    [InlineData(
        "using static System.Math; var g = Grad(x => x * Sin(x.Value));",
        "using static System.Math; var g = Grad(x => x * Real.Sin(x));"
    )]
    public async Task The_fix_computes_with_Real(string before, string after) =>
        Assert.Equal(after, await Source.Fix(before, "Compute with Real"));

    [Fact]
    public async Task What_is_read_through_a_variable_has_no_fix() =>
        Assert.Null(await Source.Fix("var g = Grad(x => { var v = x.Value; return x * Math.Sin(v); });", "Compute with Real"));
}
