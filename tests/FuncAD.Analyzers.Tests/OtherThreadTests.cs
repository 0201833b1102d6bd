namespace FuncAD.Analyzers.Tests;

/// <summary>FAD003: operations of reverse mode on other threads.</summary>
public class OtherThreadTests
{
    [Theory]
    [InlineData("var g = Grad(x => [|Task.Run(() => Real.Sin(x))|].Result);")]
    [InlineData("var g = Grad(x => [|Task.Run(async () => { await Task.Yield(); return x * x; })|].Result);")]
    [InlineData("var g = Grad(x => [|Task.Factory.StartNew(() => x * x)|].Result);")]
    [InlineData("var g = Grad((Real[] x) => { var y = new Real[2]; [|Parallel.For(0, 2, i => y[i] = x[i] * x[i])|]; return y[0]; });")]
    [InlineData("var g = Grad((Real[] x) => { Real s = 0; [|Parallel.ForEach(x, v => { s += v; })|]; return s; });")]
    [InlineData("var g = Grad(x => { Real y = 0; [|Parallel.Invoke(() => y = -x, () => Console.WriteLine())|]; return y; });")]
    [InlineData("var g = Grad(x => { Real y = 0; var t = [|new Thread(() => y = x * x)|]; t.Start(); t.Join(); return y; });")]
    [InlineData("var g = Grad(x => { Real y = 0; [|ThreadPool.QueueUserWorkItem(_ => y = x * x)|]; return y; });")]
    [InlineData("var g = Grad((Real[] x) => [|x.AsParallel().Select(v => v * v)|].ToArray()[0]);")]
    [InlineData("var g = Grad((Real[] x) => [|x.AsParallel().Select(Real.Sin)|].ToArray()[0]);")]
    [InlineData("var g = Grad((Tensor a) => [|Task.Run(() => a.Sum())|].Result);")]
    [InlineData("var g = Grad((M m) => [|Task.Run(() => m.A * 2)|].Result); record M(Real A);")]
    [InlineData("var g = Grad(x => { async Task<Real> F() { await Task.Delay(1); return [|x * x|]; } return F().Result; });")]
    [InlineData("Real F(Real x) => [|Task.Run(() => x * x)|].Result; var g = ValueAndGrad(F); var h = Grad(F);")]
    [InlineData("async Task<Real> F(Real x) { await Task.Delay(1); return [|x * x|]; } var g = Grad(x => F(x).GetAwaiter().GetResult());")]
    [InlineData("var g = Grad(x => C.F(x)); static class C { public static Real F(Real x) => [|Task.Run(() => x * x)|].Result; }")]
    [InlineData("var g = Vjp((Real x) => [|Task.Run(() => x * x)|].Result);")]
    [InlineData("var g = Hessian(x => [|Task.Run(() => x[0] * x[0])|].Result);")]
    [InlineData("var g = Hvp((Real x) => [|Task.Run(() => x * x)|].Result);")]
    [InlineData("var g = JacobianReverse(x => [[|Task.Run(() => x[0] * x[0])|].Result]);")]
    [InlineData("var g = ReverseTrace((Real x) => [|Task.Run(() => x * x)|].Result, 1.0);")]
    [InlineData("var g = Objective.Of(x => [|Task.Run(() => x[0] * x[0])|].Result);")]
    [InlineData("var g = Optim.Lbfgs((Real x) => [|Task.Run(() => x * x)|].Result, 1);")]
    [InlineData("var g = Compile((Real x) => [|Task.Run(() => x * x)|].Result, 1);")]
    [InlineData("var g = Compile(Diff(x => [|Task.Run(() => x * x)|].Result), 1);")]
    public async Task Found(string text) => await Source.Expect("FAD003", text);

    [Theory]
    // forward mode has no such limit
    [InlineData("var g = Diff(x => Task.Run(() => x * x).Result);")]
    [InlineData("var g = Jvp((Real x) => Task.Run(() => x * x).Result);")]
    [InlineData("var g = JacobianForward(x => [Task.Run(() => x[0] * x[0]).Result]);")]
    // other work on other threads
    [InlineData("var g = Grad(x => { Task.Run(() => Console.WriteLine(\"started\")); return x; });")]
    [InlineData("var g = Grad(x => { Task.Run(() => Console.WriteLine(x.Value * 2)); return x; });")]
    [InlineData("var g = Grad(x => { var n = Task.Run(() => x.Value > 0).Result; return n ? x : -x; });")]
    [InlineData("var g = Grad(x => { var w = new double[3]; Parallel.For(0, 3, i => w[i] = Math.Sin(i)); return x * w[0]; });")]
    [InlineData("double[] data = [1, 2]; var g = Grad(x => x * data.AsParallel().Select(d => d * d).Sum());")]
    [InlineData("var g = Grad(x => x * Task.Run(() => Grad(y => y * y)(3)).Result);")]
    // operators on many threads
    [InlineData("var r = new Real[3]; Parallel.For(0, 3, i => r[i] = Grad(x => x * x)(i));")]
    [InlineData("var r = Enumerable.Range(0, 3).AsParallel().Select(i => Grad(x => x * i)(1)).ToArray();")]
    [InlineData("var f = Compile((Real x) => x * x, 1); Parallel.For(0, 3, i => f.Invoke(i));")]
    [InlineData("var r = await Task.Run(() => Grad(x => x * x)(1));")]
    [InlineData("async Task<Real> F(Real x) { await Task.Yield(); return Grad(y => y * x)(1); } Console.WriteLine(await F(1));")]
    public async Task Quiet(string text) => await Source.ExpectNone(text);
}
