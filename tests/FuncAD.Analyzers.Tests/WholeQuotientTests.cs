namespace FuncAD.Analyzers.Tests;

/// <summary>FAD008: quotients of whole numbers that meet a number of the library.</summary>
public class WholeQuotientTests
{
    [Theory]
    [InlineData("_ = Grad(x => [|1 / 2|] * x)(1);")]
    [InlineData("_ = Grad(x => x * -([|1 / 2|]))(1);")]
    [InlineData("_ = Grad(x => x + [|3 / 2|])(1);")]
    [InlineData("_ = Grad(x => Real.Pow(x, [|1 / 3|]))(1);")]
    [InlineData("_ = Grad((Real[] x) => { Real s = 0; for (var i = 1; i < x.Length; i++) s += [|1 / i|] * x[i]; return s; })([1, 2]);")]
    [InlineData("Real half = [|1 / 2|]; Console.WriteLine(half);")]
    [InlineData("Console.WriteLine([|1L / 2|] * Tensor.Zeros(2));")]
    public async Task Found(string text) => await Source.Expect("FAD008", text);

    [Theory]
    [InlineData("_ = Grad(x => 1.0 / 2 * x)(1);")]
    [InlineData("_ = Grad(x => 4 / 2 * x)(1);")]
    [InlineData("_ = Grad(x => x / 2)(1);")]
    [InlineData("_ = Grad((Real[] x) => x[x.Length / 2] * x[1 / 2])([1, 2, 3]);")]
    [InlineData("_ = Grad((Real[] x) => { var i = 3; return i / 2 * x[0]; })([1]);")]
    [InlineData("var n = 1 / 2; Console.WriteLine(n);")]
    [InlineData("const int n = 1 / 2; Console.WriteLine(n * 2.0);")]
    public async Task Quiet(string text) => await Source.ExpectNone(text);
}
