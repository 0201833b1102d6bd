using FuncAD.Benchmarks.Problems;

namespace FuncAD.Tests.Benchmarks;

/// <summary>The forms of the benchmarks' problems compute the same, on instances in which no two dimensions are equal.</summary>
public class ProblemTests
{
    public static TheoryData<string, string> Forms()
    {
        var data = new TheoryData<string, string>();
        foreach (var problem in Registry.Problems)
        foreach (var form in problem.Forms.Where(form => form.Name != Form.Hand))
            data.Add(problem.Name, form.Name);
        return data;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_form_agrees_with_the_one_by_hand(string name, string formName)
    {
        var problem = Registry.Find(name);
        var instance = problem.SmallInstance();
        var hand = problem.Forms[0].Prepare(instance);
        var form = problem.Forms.Single(form => form.Name == formName).Prepare(instance);
        Close(hand.Values(), form.Values(), Agreement.Exact, "values");
        Close(hand.Derivatives(), form.Derivatives(), Agreement.Allowed(formName), "derivatives");
    }

    [Fact]
    public void The_yardstick_comes_first() => Assert.All(Registry.Problems, problem => Assert.Equal(Form.Hand, problem.Forms[0].Name));

    [Fact]
    public void A_second_call_computes_the_same() =>
        Assert.All(
            Registry.Problems,
            problem =>
                Assert.All(
                    problem.Forms,
                    form =>
                    {
                        var evaluation = form.Prepare(problem.SmallInstance());
                        double[] first = [.. evaluation.Derivative()],
                            second = evaluation.Derivative();
                        Assert.Equal(first, second);
                    }
                )
        );

    [Theory]
    [InlineData(new[] { 1.0, 2 }, new[] { 1.0, 2 }, 0)]
    [InlineData(new[] { 1.0, 2 }, new[] { 1.5, 2 }, 0.5)]
    [InlineData(new[] { 1.0, 2 }, new[] { 1.0 }, double.PositiveInfinity)]
    [InlineData(new[] { 1.0, 2 }, new[] { double.NaN, 2 }, double.PositiveInfinity)]
    [InlineData(new[] { 0.0, 2 }, new[] { 0.001, 2 }, 0.5)]
    public void Distance_is_relative_to_the_entry(double[] expected, double[] actual, double distance) =>
        Assert.Equal(distance, Agreement.Distance(expected, actual), 1e-12);

    private static void Close(double[] expected, double[] actual, double allowed, string what)
    {
        Assert.All(expected, value => Assert.True(double.IsFinite(value)));
        var distance = Agreement.Distance(expected, actual);
        Assert.True(distance <= allowed, $"{what}: {distance:E1} apart, at most {allowed:E1} allowed");
    }
}
