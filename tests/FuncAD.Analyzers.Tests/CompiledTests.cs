namespace FuncAD.Analyzers.Tests;

/// <summary>FAD004, FAD005 and FAD006: functions that are compiled.</summary>
public class CompiledTests
{
    [Theory]
    [InlineData("var random = new Random(1); var f = Compile((Real x) => x * [|random.NextDouble()|], 1);")]
    [InlineData("var f = Compile((Real x) => x * [|Random.Shared.NextDouble()|], 1);")]
    [InlineData("var f = Compile((Real x) => x + [|new Random().Next(6)|], 1);")]
    [InlineData("var f = Compile((Real x) => { var noise = [|Random.Shared.NextDouble()|] - 0.5; var y = x + noise; return y; }, 1);")]
    [InlineData("var f = Compile(x => x[[|Random.Shared.Next(2)|]] * 2, [1, 2]);")]
    [InlineData("var f = Compile((Real x) => x * [|DateTime.Now|].Hour, 1);")]
    [InlineData("var f = Compile((Real x) => x * [|Environment.TickCount64|], 1);")]
    [InlineData("var watch = Stopwatch.StartNew(); var f = Compile((Real x) => x * [|watch.Elapsed|].TotalSeconds, 1);")]
    [InlineData("var f = Compile((Real x) => x * [|Stopwatch.GetTimestamp()|], 1);")]
    [InlineData("var f = Compile(Grad(x => x * x * [|Random.Shared.NextDouble()|]), 1);")]
    [InlineData("Real F(Real x) => x * [|Random.Shared.NextDouble()|]; var f = Compile(F, 1);")]
    [InlineData("var f = CompileSum((Real p, Real d) => p * d * [|Random.Shared.NextDouble()|], 1, 1);")]
    [InlineData("var k = 2.0; var f = Compile((Real x) => x * [|k|], 1); k = 3; f.Invoke(1);")]
    [InlineData("var k = 2.0; var f = Compile((Real x) => x * [|k|], 1); for (var i = 0; i < 3; i++) { k *= 2; f.Invoke(1); }")]
    [InlineData("double[] k = [1, 2]; var f = Compile((Real x) => x * [|k|][0], 1); k[0] = 3; Console.WriteLine(f.Invoke(1));")]
    [InlineData("var n = 2; var f = Compile((Real x) => x * [|n|], 1); n++; f.Invoke(1);")]
    [InlineData("void Run(double rate) { var f = Compile((Real x) => x * [|rate|], 1); rate /= 2; f.Invoke(1); } Run(1);")]
    public async Task Constants_of_the_program(string text) => await Source.Expect("FAD004", text);

    [Theory]
    [InlineData("var k = 2.0; var f = Compile((Real x) => x * k, 1); f.Invoke(1);")]
    [InlineData("var k = 2.0; var f = Compile((Real x) => x * k, 1); f.Invoke(1); k = 3; f = Compile((Real x) => x * k, 1); f.Invoke(1);")]
    [InlineData("var k = 2.0; var f = Compile((Real x) => x * k, 1); f.Invoke(1); k = 3; Console.WriteLine(k);")]
    [InlineData("double k; k = 2.0; var f = Compile((Real x) => x * k, 1); f.Invoke(1);")]
    [InlineData("for (var i = 0; i < 3; i++) { var f = Compile((Real x) => x * i, 1); f.Invoke(1); }")]
    [InlineData("var k = 1.0; for (var i = 0; i < 3; i++) { k *= 2; var f = Compile((Real x) => x * k, 1); f.Invoke(1); k += 1; }")]
    [InlineData("double[] k = [1, 2]; k[0] = 3; var f = Compile((Real x) => x * k[0], 1); f.Invoke(1);")]
    [InlineData("var f = Compile((Real x) => { Real s = 0; for (var i = 0; i < 3; i++) s += x * i; return s; }, 1); f.Invoke(1);")]
    [InlineData("var f = Compile((Real x) => { Console.WriteLine($\"{DateTime.Now} {Random.Shared.Next()}\"); return x; }, 1);")]
    [InlineData(
        "var f = Compile((Real x) => { var watch = Stopwatch.StartNew(); var y = x * x; Console.WriteLine(watch.Elapsed); return y; }, 1);"
    )]
    [InlineData("var f = Compile((Real x) => { var random = new Random(1); return x * random.NextDouble(); }, 1);")]
    [InlineData("var a = new Real[1]; var f = Compile((Real x) => { a[0] = x; return a[0] * 2; }, 1); a[0] = 0; var y = f.Invoke(2);")]
    [InlineData("var f = Grad(x => x * Random.Shared.NextDouble());")]
    [InlineData("var k = 2.0; var f = Grad(x => x * k); k = 3; f(1);")]
    [InlineData("var noise = Random.Shared.NextDouble(); var f = Compile((Real x) => x * noise, 1);")]
    [InlineData("var n = 0; var f = Compile((Real x) => { n++; return x; }, 1); f.Invoke(1); n = 0; f.Invoke(1);")]
    public async Task No_constants_or_ones_that_are_meant(string text) => await Source.ExpectNone(text);

    [Theory]
    [InlineData("var g = Grad(x => Compile(y => [|x|] * y, 1).Invoke(x));")]
    [InlineData("var g = Diff(x => Compile(y => [|x|] * y, 1).Invoke(x));")]
    [InlineData("var g = Grad(x => { var z = x * 2; return Compile(y => [|z|] * y, 1).Invoke(x); });")]
    [InlineData("var g = Grad(x => { var f = Compile(y => y + Real.Sin([|x|]), 1); return f.Invoke(x); });")]
    [InlineData("var g = Grad(x => Compile(y => [|x|][0] * y, 1).Invoke(x[1]));")]
    [InlineData("var g = Grad((M m) => Compile(y => [|m|].A * y, 1).Invoke(2)); record M(Real A);")]
    [InlineData("var g = Grad(x => CompileSum((Real p, Real d) => p * d * [|x|], 1, 1).Invoke(x, new double[] { 1 }));")]
    [InlineData("var g = Grad((Tensor a) => Compile(y => [|a|].Sum() * y, 1).Invoke(2));")]
    [InlineData("var g = Compile(x => Compile(y => [|x|] * y, 1).Invoke(x), 1);")]
    [InlineData("var g = Grad(x => { Real F(Real y) => [|x|] * y; return Compile(F, 1).Invoke(x); });")]
    public async Task Numbers_of_an_outer_derivative(string text) => await Source.Expect("FAD005", text);

    [Theory]
    [InlineData("var g = Grad(x => Compile(y => x.Value * y, 1).Invoke(x));")]
    [InlineData("var g = Grad(x => Compile(y => StopGradient(x) * y, 1).Invoke(x));")]
    [InlineData("var g = Grad(x => Compile(y => y * y, x).Invoke(x));")]
    [InlineData("var f = Compile((Real y) => y * y, 1); var g = Grad(x => f.Invoke(x) * x);")]
    [InlineData("var g = Grad(x => Compile((Real[] p) => p[0] * p[1], [1, 2]).Invoke([x, x]));")]
    [InlineData("var g = Compile(Grad(x => Grad(y => x * y)(2)), 1);")]
    [InlineData("var g = Grad((Real[] x) => Compile(y => x.Length * y, 1).Invoke(x[0]));")]
    [InlineData("Real k = 2; var g = Grad(x => Compile(y => k * y, 1).Invoke(x));")]
    public async Task Nothing_of_an_outer_derivative(string text) => await Source.ExpectNone(text);

    [Theory]
    [InlineData("var f = Compile((Real x) => { Real s = 0; for (var i = 0; i < [|(int)x|]; i++) s += x; return s; }, 3);")]
    [InlineData("var f = Compile((Real x) => { Real s = 0; for (var i = 0; i < [|x.Value|]; i++) s += x; return s; }, 3);")]
    [InlineData("var f = Compile((Real x) => { var n = [|(int)x|]; return x * n; }, 3);")]
    [InlineData("Real[] table = [1, 2, 3]; var f = Compile((Real x) => table[[|(int)x|]] * x, 1);")]
    [InlineData("var f = Compile((Real x) => new Real[[|(long)Real.Floor(x)|]].Length * x, 1);")]
    [InlineData("var f = Compile((Real x) => [|x.Value|] > 0 ? x : -x, 1);")]
    [InlineData("var f = Compile((Real x) => x * [|StopGradient(x).Value|], 1);")]
    [InlineData("var f = Compile((Real x) => x * [|int.CreateChecked(x)|], 1);")]
    [InlineData("var f = Compile((Real x) => x * [|x.GetHashCode()|], 1);")]
    [InlineData("var f = Compile((Real[] x) => x.Sum(v => [|v.Value|]) * x[0], [1, 2]);")]
    [InlineData("var f = Compile(Grad(x => x * [|x.Value|]), 1);")]
    [InlineData("var f = Compile(ValueAndGrad((Real[] x) => [|x[0].Value|] > 0 ? x[0] : x[1]), [1, 2]);")]
    [InlineData("var f = CompileSum((Real p, Real d) => [|d.Value|] > 0 ? p : p * d, 1, 1);")]
    [InlineData("Real F(Real x) { if ([|x.Value|] > 0) return x; return -x; } var f = Compile(F, 1);")]
    [InlineData(
        "var f = Compile((Real x) => C.Relu(x) * x, 1); static class C { public static Real Relu(Real v) => [|v.Value|] > 0 ? v : 0; }"
    )]
    [InlineData("var f = Symbolic.Of((Real x) => x * [|x.Value|]);")]
    public async Task Numbers_of_the_program_that_are_read(string text) => await Source.Expect("FAD006", text);

    [Theory]
    [InlineData("var f = Compile((Real x) => { while (x < 10) x = x * 2; return x; }, 3);")]
    [InlineData("var f = Compile((Real x) => x > 0 ? x : -x, 3);")]
    [InlineData("var f = Compile((Real x) => { Console.WriteLine($\"{x} {x:F2}\"); return x; }, 3);")]
    [InlineData("var f = Compile(x => { Real s = 0; for (var i = 0; i < x.Length; i++) s += x[i]; return s; }, [1, 2]);")]
    [InlineData(
        "var f = Compile((M m) => { Real s = 0; for (var i = 0; i < m.Rounds; i++) s += m.A; return s; }, new M(1, 3)); record M(Real A, int Rounds);"
    )]
    [InlineData("Real k = 3; var f = Compile((Real x) => x * k.Value + (int)k, 1);")]
    [InlineData("var n = 3; var f = Compile((Real x) => x * Enumerable.Range(0, n).Sum(), 1);")]
    [InlineData("var f = Compile((Real x) => Real.Floor(x) * x, 1);")]
    [InlineData("var f = Compile((Real x) => x * Real.Sign(x), 1);")]
    [InlineData("var f = Compile((Real x) => x * x, 1); Console.WriteLine(f.Invoke(2).Value + (int)f.Invoke(3));")]
    [InlineData("var f = Grad(x => x * (int)x * x.Value);")]
    [InlineData("var f = Compile((Real? x) => x.HasValue ? x.Value * 2 : 0, 1);")]
    public async Task Nothing_of_the_program_is_read(string text) => await Source.ExpectNone(text);
}
