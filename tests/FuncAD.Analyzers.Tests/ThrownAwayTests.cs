namespace FuncAD.Analyzers.Tests;

/// <summary>FAD007: statements whose result is dropped.</summary>
public class ThrownAwayTests
{
    [Theory]
    [InlineData("var g = Grad(x => { [|Real.Sin(x)|]; return x; });")]
    [InlineData("var a = Tensor.Zeros(2, 3); [|a.Reshape(3, 2)|]; Console.WriteLine(a);")]
    [InlineData("[|Grad(x => x * x)|];")]
    [InlineData("using static FuncAD.RealMath; Real x = 1; [|Sigmoid(x)|];")]
    public async Task Found(string text) => await Source.Expect("FAD007", text);

    [Theory]
    [InlineData("_ = Real.Sin(1);")]
    [InlineData("try { Tensor.Of([1.0, 2]).Reshape(3); } catch (ArgumentException) { }")]
    [InlineData(
        "void Throws(Action a) { } Throws(() => Tensor.Of([1.0, 2]).Reshape(3)); Throws(() => { Tensor.Of([1.0, 2]).Reshape(3); });"
    )]
    [InlineData("Grad(x => x * x)(1);")]
    [InlineData("var f = Compile((Real x) => x, 1); f.Invoke(1);")]
    [InlineData("CheckGradient((Real x) => x * x, 1, 1e-6);")]
    public async Task Quiet(string text) => await Source.ExpectNone(text);
}
