using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>
/// Derivatives taken so often that the JIT has optimised everything by what it saw. It has once made numbers of uninitialised memory of F#'s <c>Real()</c>, in inlined
/// code in a loop: after some ten thousand calls, tangents that are structural zeros came out as 6.9e-310.
/// </summary>
public class HotLoopTests
{
    [Fact]
    public void Structural_zeros_stay_zero_however_often_they_are_computed()
    {
        var products = Jvp((Real[] x) => new[] { x[0] * x[1], x[2], x[0], Real.Max(x[0], x[1]) });
        for (var run = 0; run < 400_000; run++)
        {
            var first = run % 3 == 0 ? 0 : 1.5;
            var (_, tangent) = products([1, 2, run], [first, 0, 0]);
            if (tangent[0].Value != 2 * first || tangent[1].Value != 0 || tangent[2].Value != first || tangent[3].Value != 0)
                Assert.Fail($"run {run}: {string.Join(", ", tangent)}");
        }
    }

    [Fact]
    public void Gradients_stay_what_they_are_however_often_they_are_computed()
    {
        var gradient = Grad((Real[] x) => x[0] * x[1] + Real.Max(x[0], 3));
        for (var run = 0; run < 200_000; run++)
        {
            var g = gradient([1, 2, run]);
            if (g[0].Value != 2 || g[1].Value != 1 || g[2].Value != 0)
                Assert.Fail($"run {run}: {string.Join(", ", g)}");
        }
    }
}
