using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FuncAD.Analyzers.Tests;

/// <summary>FAD001: casts and copies of numbers that are being differentiated.</summary>
public class DroppedReadingTests
{
    [Theory]
    [InlineData("Grad(x => [|(double)x|] * x);")]
    [InlineData("Grad(x => Math.Sin([|(double)x|]));")]
    [InlineData("Grad(x => [|(float)x|] * x);")]
    [InlineData("Grad(x => (double)[|(decimal)x|] * x);")]
    [InlineData("Grad(x => [|double.CreateChecked(x)|] * x);")]
    [InlineData("Grad(x => [|float.CreateSaturating(x)|] * x);")]
    [InlineData("Grad(x => (double)[|Half.CreateTruncating(x)|] * x);")]
    [InlineData("Grad(x => [|Convert.ToDouble(x)|] * x);")]
    [InlineData("Grad(x => [|x.ToDoubles()|].Sum() * x[0]);")]
    [InlineData("Grad(x => [|(double)x[0]|] * x[1]);")]
    [InlineData("Grad((Tensor a) => [|a.ToArray()|].Sum() * a.Sum());")]
    [InlineData("Grad((Tensor a) => [|a.AsSpan()|][0] * a.Sum());")]
    [InlineData("Grad((Tensor a) => [|(a * 2).ToVector()|].Sum() * a.Sum());")]
    [InlineData("Grad((Tensor a) => [|a.ToMatrix()|][0, 0] * a.Sum());")]
    [InlineData("Grad((Tensor a) => [|a.ToArray2D()|][0, 0] * a.Sum());")]
    public async Task Each_way_to_read(string statement) => await Source.Expect("FAD001", $"var f = {statement}");

    [Theory]
    [InlineData("var f = ValueAndGrad(x => [|(double)x|] * x);")]
    [InlineData("var f = Diff(x => [|(double)x|] * x);")]
    [InlineData("var f = Diff(x => [|(double)x|] * x, 3);")]
    [InlineData("var f = Taylor(x => [|(double)x|] * x, 3);")]
    [InlineData("var f = Jvp((Real x) => [|(double)x|] * x);")]
    [InlineData("var f = Vjp((Real x) => [|(double)x|] * x);")]
    [InlineData("var f = Jacobian(x => [[|(double)x[0]|] * x[1]]);")]
    [InlineData("var f = JacobianForward(x => [[|(double)x[0]|] * x[1]]);")]
    [InlineData("var f = JacobianReverse(x => [[|(double)x[0]|] * x[1]]);")]
    [InlineData("var f = Hessian(x => [|(double)x[0]|] * x[1]);")]
    [InlineData("var f = Hvp((Real[] x) => [|(double)x[0]|] * x[1]);")]
    [InlineData("var f = Laplacian(x => [|(double)x[0]|] * x[1]);")]
    [InlineData("var f = Divergence(x => [[|(double)x[0]|] * x[1]]);")]
    [InlineData("var f = Curl(x => [[|(double)x[0]|] * x[1], 1, 1]);")]
    [InlineData("var r = CheckGradient((Real x) => [|(double)x|] * x, 1);")]
    [InlineData("var f = Compile((Real x) => [|(double)x|] * x, 1);")]
    [InlineData("var f = CompileSum((Real p, Real d) => [|(double)p|] * [|(double)d|], 1, 1);")]
    [InlineData("var f = Objective.Of(x => [|(double)x[0]|] * x[1]);")]
    [InlineData("var f = Objective.LeastSquares((p, x) => [|(double)p[0]|] * x, [1.0], [2.0]);")]
    [InlineData("var f = Optim.Lbfgs((Real x) => [|(double)x|] * x, 1);")]
    [InlineData("var f = Stochastic.Derivative((x, chance) => [|(double)x|] * x, RandomKey.Of(1), 3);")]
    [InlineData("var f = Randomised.Grad((Real x) => [|(double)x|] * x, 0.5);")]
    [InlineData("var f = ForwardTrace((Real x) => [|(double)x|] * x, 1.0);")]
    [InlineData("var f = Symbolic.Of((Real x) => [|(double)x|] * x);")]
    [InlineData("var f = FuncAD.AD.Grad(x => [|(double)x|] * x);")]
    public async Task In_each_operator(string statement) => await Source.Expect("FAD001", statement);

    [Theory]
    // a local function, a method group, a variable, a lambda with a body
    [InlineData("Real F(Real x) => [|(double)x|] * x; var g = Grad(F);")]
    [InlineData("var g = Grad(C.F); static class C { public static Real F(Real x) { var y = x * x; return [|(double)y|]; } }")]
    [InlineData("Func<Real, Real> f = x => [|(double)x|] * x; var g = Grad(f);")]
    [InlineData("var g = Grad(C.F); static class C { public static readonly Func<Real, Real> F = x => [|(double)x|] * x; }")]
    [InlineData("var g = Grad(new Func<Real, Real>(x => [|(double)x|] * x));")]
    [InlineData("var g = Grad(x => { Real s = 0; for (var i = 0; i < 3; i++) s += x; return [|(double)s|]; });")]
    // two operators report a place once
    [InlineData("Func<Real, Real> f = x => [|(double)x|] * x; var g = Grad(f); var h = Diff(f);")]
    [InlineData("var g = Grad(Grad(x => [|(double)x|] * x));")]
    [InlineData("var g = Compile(Grad(x => [|(double)x|] * x), 1);")]
    // nested
    [InlineData("var g = Grad(x => Grad(y => [|(double)(x * y)|])(2));")]
    [InlineData("var g = Grad(x => x * [|(double)Grad(y => x * y)(6)|]);")]
    // lambdas, local functions and methods that are called with its numbers
    [InlineData("var g = Grad((Real[] x) => x.Select(v => [|(double)v|]).Sum() * x[0]);")]
    [InlineData("var g = Grad((Real[] x) => { Real Square(Real v) => [|(double)v|] * v; return Square(x[0]); });")]
    [InlineData("var g = Grad((Real[] x) => { Func<Real, Real> square = v => [|(double)v|] * v; return square(x[0]); });")]
    [InlineData("Real Square(Real v) => [|(double)v|] * v; var g = Grad(x => Square(x) * 2);")]
    [InlineData("var g = Grad(x => x.Halve()); static class E { public static Real Halve(this Real v) => [|(double)v|] / 2; }")]
    [InlineData("var g = Grad((M m) => m.Loss()); record M(Real A) { public Real Loss() => [|(double)A|] * A; }")]
    [InlineData("var g = Grad((M m) => [|(double)m.Twice|]); record M(Real A) { public Real Twice => 2 * A; }")]
    [InlineData("Real F(Real x, int n) => n == 0 ? x : F(x * x, n - 1); var g = Grad(x => [|(double)F(x, 3)|]);")]
    [InlineData("var g = Grad((M m) => { var (a, b) = m; return [|(double)a|] * b; }); record M(Real A, Real B);")]
    [InlineData("var g = Grad((M m) => m is { A: var a } ? [|(double)a|] * a : 0); record M(Real A);")]
    [InlineData("var g = Grad((M m) => [|(double)m.A|] * m.Count); record M(Real A, int Count);")]
    [InlineData("var g = Grad((Real[] x) => { Real s = 0; foreach (var v in x) s += [|(double)v|]; return s; });")]
    [InlineData("var g = Grad((Real[] x) => { var a = new Real[2]; a[0] = x[0]; return [|(double)a[0]|]; });")]
    [InlineData("var g = Grad((Real[] x) => { var a = new List<Real>(); a.Add(x[0]); return [|(double)a[0]|]; });")]
    [InlineData("var g = Grad((Real[] x) => (from v in x select [|(double)v|]).Sum() * x[0]);")]
    [InlineData(
        "var g = Grad(C.F<Real>); static class C { public static T F<T>(T x) where T : INumber<T> => T.CreateChecked(Math.Sin([|double.CreateChecked(x)|])); }"
    )]
    [InlineData("var g = Grad(x => { Real? n = x; return [|(double)n.Value|]; });")]
    [InlineData("var g = Grad(x => [|(double)(x > 0 ? x : 1)|]);")]
    [InlineData("var g = Grad(x => [|(double)(x switch { _ => x })|]);")]
    [InlineData("var s = CompileSum((Real p, Real d) => p * d, 1, 1); var g = Grad(p => [|s.Value(p, new double[] { 1 })|] * p);")]
    public async Task In_each_form(string text) => await Source.Expect("FAD001", text);

    [Theory]
    [InlineData("var g = Grad(x => x * x.Value);")]
    [InlineData("var g = Grad(x => x * (double)StopGradient(x));")]
    [InlineData("var g = Grad(x => x * StopGradient(x).Value);")]
    [InlineData("var g = Grad((Tensor a) => a.Sum() * a.Value.ToArray()[0]);")]
    [InlineData("var g = Grad((Tensor a) => a.Sum() * StopGradient(a).ToArray()[0]);")]
    [InlineData("var g = Grad((Real[] x) => { Console.WriteLine($\"{x[0]} {x[0].Value:F2}\"); return x[0]; });")]
    [InlineData("Real[] table = [1, 2, 3]; var g = Grad(x => table[(int)x] * x);")]
    [InlineData("Real[] table = [1, 2, 3]; var g = Grad(x => (double)table[(int)x] * x);")]
    [InlineData("Real k = 3; var g = Grad(x => (double)k * x);")]
    [InlineData("var g = Grad(x => x * (double)Grad(y => y * y)(6));")]
    [InlineData("var g = Grad(x => x * (double)Real.Floor(x));")]
    [InlineData("var g = Grad((Real[] x) => x.Length * x[0] * (double)x.Length);")]
    [InlineData("var g = Grad((Real[] x) => x.Select(v => v.Value).Sum() * x[0]);")]
    [InlineData("var g = Grad((Real[] x) => (double)x.Select(v => StopGradient(v)).First() * x[0]);")]
    [InlineData("var g = (double)Grad(x => x * x)(3);")]
    [InlineData("var g = Grad(x => x.Length * x[0])([1, 2]).ToDoubles();")]
    [InlineData("Real F(Real x) => Math.Sin((double)x); var y = F(3);")]
    [InlineData("Real Freeze(Real x) => StopGradient(x); var g = Grad(x => (double)Freeze(x) * x);")]
    [InlineData("Real Freeze(Real x) => x.Value; var g = Grad(x => (double)Freeze(x) * x);")]
    [InlineData("Real F(Real x) => (double)x; var g = Grad(x => F(3) * x);")]
    [InlineData("var g = Grad((M m) => m.A * (double)m.Frozen); record M(Real A) { public Real Frozen => StopGradient(A); }")]
    [InlineData("Real F(Real x, int n) => n == 0 ? StopGradient(x) : F(x, n - 1); var g = Grad(x => x * (double)F(x, 3));")]
    [InlineData("var f = Lift.Of((double x) => (double)Math.Sin(x) * (float)x);")]
    [InlineData("var f = Lift.Gradient((double[] x) => (double)x[0] * x.ToArray()[1]);")]
    [InlineData("var f = Custom<Real, Real>(\"twice\", v => (double)v * 2, (x, y, w) => 2 * w);")]
    [InlineData("var f = Numerical.Derivative(x => (double)(Real)x, 1, 0.1);")]
    [InlineData("var g = Grad((M m) => m.A * (double)m.Count); record M(Real A, int Count);")]
    [InlineData("var g = Grad((M m) => { Real s = 1; Console.WriteLine((double)s); s = m.A; return s; }); record M(Real A);")]
    [InlineData("var g = Grad((Real[] x) => x.ToArray()[0]);")]
    [InlineData("var g = Grad((Real[] x) => x.Where(v => v > 0).ToArray()[0]);")]
    [InlineData(
        "var d = Grad((Real m) => Distribution.Normal(m, 1).LogDensity((double)Distribution.Normal(m, 1).Sample(RandomKey.Of(1))));"
    )]
    [InlineData("var f = Compile((Real x) => x * x, 1); double y = (double)f.Invoke(3);")]
    [InlineData("var g = Grad(C.F<Real>); static class C { public static T F<T>(T x) where T : INumber<T> => T.CreateChecked(x * x); }")]
    [InlineData("class Real2 { } class P { static double F(double x) => (double)(float)x; static void Main() { } }")]
    public async Task Quiet_where_it_is_deliberate_or_not_differentiated(string text) => await Source.ExpectNone(text);

    [Fact]
    public async Task A_method_in_another_file_is_reported_at_the_call()
    {
        var found = await Source.Report(
            Source.Compile("var g = Grad(C.F);", "static class C { public static Real F(Real x) => (double)x; }")
        );
        var only = Assert.Single(found);
        Assert.Equal(("FAD001", "1.cs"), (only.Id, only.Location.SourceTree!.FilePath));
        Assert.Equal("2.cs", Assert.Single(only.AdditionalLocations).SourceTree!.FilePath);
    }

    [Theory]
    [InlineData("var f = Grad(x => Math.Sin((double)x));", "var f = Grad(x => Real.Sin(x));")]
    [InlineData("var f = Grad(x => Math.Pow((double)x, 3) + x);", "var f = Grad(x => Real.Pow(x, 3) + x);")]
    [InlineData("var f = Grad(x => Math.Atan2((double)(x * 2), (double)x));", "var f = Grad(x => Real.Atan2(x * 2, x));")]
    [InlineData("var f = Grad(x => Math.Exp(Math.Sin((double)x) + 1));", "var f = Grad(x => Real.Exp(Real.Sin(x) + 1));")]
    [InlineData("var f = Grad(x => MathF.Sin((float)x));", "var f = Grad(x => Real.Sin(x));")]
    [InlineData("var f = Grad(x => double.Sin(double.CreateChecked(x)));", "var f = Grad(x => Real.Sin(x));")]
    [InlineData("var f = Grad(x => (double)x * x);", "var f = Grad(x => x * x);")]
    [InlineData("var f = Grad(x => (double)(x + 1) * x);", "var f = Grad(x => (x + 1) * x);")]
    [InlineData(
        "var f = Grad(x => { double y = Math.Sin((double)x); return y * y; });",
        "var f = Grad(x => { Real y = Real.Sin(x); return y * y; });"
    )]
    [InlineData("var f = Grad(x => { double y = (double)x; return y * y; });", "var f = Grad(x => { Real y = x; return y * y; });")]
    [InlineData("var f = Grad(x => { var y = (double)x; return y * y; });", "var f = Grad(x => { var y = x; return y * y; });")]
    [InlineData(
        "var f = FuncAD.AD.Grad((FuncAD.Real[] x) => Math.Max((double)x[0], 1));",
        "var f = FuncAD.AD.Grad((FuncAD.Real[] x) => Real.Max(x[0], 1));"
    )]
    public async Task The_fix_computes_with_Real(string before, string after) =>
        Assert.Equal(after, await Source.Fix(before, "Compute with Real"));

    [Theory]
    [InlineData("var f = Grad(x => (double)x * x);", "var f = Grad(x => x.Value * x);")]
    [InlineData("var f = Grad(x => (double)(x + 1) * x);", "var f = Grad(x => (x + 1).Value * x);")]
    [InlineData("var f = Grad(x => (double)-x * x);", "var f = Grad(x => (-x).Value * x);")]
    [InlineData("var f = Grad(x => (float)x * x);", "var f = Grad(x => (float)x.Value * x);")]
    [InlineData("var f = Grad(x => double.CreateChecked(x) * x);", "var f = Grad(x => x.Value * x);")]
    [InlineData("var f = Grad((Tensor a) => a.ToArray()[0] * a.Sum());", "var f = Grad((Tensor a) => a.Value.ToArray()[0] * a.Sum());")]
    [InlineData(
        "double[] Weights(double[] x) => x; var f = Grad((Real[] x) => Weights(x.ToDoubles())[0] * x[0]);",
        "double[] Weights(double[] x) => x; var f = Grad((Real[] x) => Weights(global::FuncAD.AD.StopGradient(x).ToDoubles())[0] * x[0]);"
    )]
    public async Task Another_fix_says_that_a_constant_is_meant(string before, string after) =>
        Assert.Equal(after, await Source.Fix(before, "Read the value, as a constant"));

    [Fact]
    public async Task Another_project_is_not_looked_into()
    {
        var library = Source
            .Compile("public static class C { public static Real F(Real x) => (double)x; public static Real G(Real x) => x; }")
            .WithOptions(new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary))
            .WithAssemblyName("Other");
        var program = Source.Compile("var g = Grad(C.F); var h = Grad(x => C.F(C.G(x)));");
        Assert.Empty(await Source.Report(program.AddReferences(library.ToMetadataReference())));
    }

    [Fact]
    public async Task Fixes_that_would_not_compile_or_would_throw_are_not_offered()
    {
        Assert.Null(await Source.Fix("void Log(double x) { } var f = Grad(x => { Log((double)x); return x; });", "Compute with Real"));
        Assert.Null(await Source.Fix("var f = Compile((Real x) => (double)x * x, 1);", "Read the value, as a constant"));
        Assert.NotNull(
            await Source.Fix("void Log(double x) { } var f = Grad(x => { Log((double)x); return x; });", "Read the value, as a constant")
        );
    }
}
