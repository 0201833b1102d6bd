using static FuncAD.RealMath;

namespace FuncAD.Tests;

/// <summary>Evaluation traces as a C# user meets them: overloads, names from lambdas, counts, errors.</summary>
public class TraceTests
{
    private static Real Survey(Real[] x)
    {
        var (v1, v2, v3) = (Log(x[0]), x[0] * x[1], Sin(x[1]));
        return v1 + v2 - v3;
    }

    private static string[] Names(EvaluationTrace trace) => [.. trace.Inputs.Select(input => input.Formula)];

    [Fact]
    public void The_surveys_example_both_ways()
    {
        var forward = AD.ForwardTrace(Survey, [2, 5], [1, 0]);
        Assert.Equal(["v-1", "v0", "v1", "v2", "v3", "v4", "v5"], forward.Steps.Select(step => step.Name));
        Assert.Equal(["x1", "x2", "ln v-1", "v-1 × v0", "sin v0", "v1 + v2", "v4 - v3"], forward.Steps.Select(step => step.Formula));
        Assert.Equal([1, 0, 0.5, 5, 0, 5.5, 5.5], forward.Steps.Select(step => step.Tangent));
        Assert.Equal(("y", "v5", 5.5), (forward.Outputs[0].Name, forward.Outputs[0].Formula, forward.Outputs[0].Tangent));
        var reverse = AD.ReverseTrace(Survey, [2, 5]);
        Assert.Equal([5.5, 2 - Math.Cos(5), 1, 1, -1, 1, 1], reverse.Steps.Select(step => step.Adjoint));
        Assert.Contains("v\u03040  = v\u03040 + v\u03042 ∂v2/∂v0   = v\u03040 + v\u03042 × v-1", reverse.ToString());
    }

    [Fact]
    public void Operands_have_names_values_and_slopes()
    {
        var product = AD.ReverseTrace(Survey, [2, 5]).Steps[3];
        Assert.Equal("multiply", product.Rule);
        Assert.Equal([("v-1", 2.0, 5.0, 0), ("v0", 5.0, 2.0, 1)], product.Operands.Select(x => (x.Name, x.Value, x.Slope, x.Step)));
    }

    [Fact]
    public void Lambdas_infer_for_each_kind_of_function()
    {
        Assert.Equal(6, AD.ForwardTrace(t => t * t, 3).Outputs[0].Tangent);
        Assert.Equal(12, AD.ForwardTrace(t => t * t, 3, 2).Outputs[0].Tangent);
        Assert.Equal(6, AD.ReverseTrace(t => t * t, 3).Inputs[0].Adjoint);
        Assert.Equal(7, AD.ForwardTrace((x, y) => x * y, [3, 4], [1, 1]).Outputs[0].Tangent);
        Assert.Equal(3, AD.ReverseTrace((x, y) => x * y, [3, 4]).Inputs[1].Adjoint);
        Assert.Equal(20, AD.ForwardTrace((a, b, c) => a * b * c, [3, 4, 5], [1, 0, 0]).Outputs[0].Tangent);
        Assert.Equal(12, AD.ReverseTrace((a, b, c) => a * b * c, [3, 4, 5]).Inputs[2].Adjoint);
        Assert.Equal(4, AD.ForwardTrace(x => x[0] * x[1], [3, 4], [1, 0]).Outputs[0].Tangent);
        Assert.Equal(1, AD.ForwardTrace(x => new[] { x[0] * x[1], x[0] }, [3, 4], [1, 0]).Outputs[1].Tangent);
        Assert.Equal(4.5, AD.ReverseTrace(x => new[] { x[0] * x[1], x[0] }, [3, 4], [1, 0.5]).Inputs[0].Adjoint);
    }

    [Fact]
    public void Names_are_those_of_the_parameters()
    {
        Assert.Equal(["t"], Names(AD.ForwardTrace(t => t * t, 3)));
        Assert.Equal(["width", "height"], Names(AD.ReverseTrace((width, height) => width * height, [3, 4])));
        Assert.Equal(["a", "b", "c"], Names(AD.ReverseTrace((a, b, c) => a * b * c, [3, 4, 5])));
        Assert.Equal(["w1", "w2"], Names(AD.ReverseTrace(w => w[0] * w[1], [3, 4])));
        Assert.Equal(["x1", "x2"], Names(AD.ReverseTrace(Survey, [3, 4])));
        Assert.Equal(["x1", "x2"], Names(AD.ReverseTrace((Real[] _) => 1, [3, 4])));
        // a result beside an input y
        Assert.Equal("f", AD.ReverseTrace((x, y) => x * y, [3, 4]).Outputs[0].Name);
    }

    [Fact]
    public void Names_may_be_given()
    {
        Assert.Equal(["a", "b"], Names(AD.ForwardTrace(Survey, [2, 5], [1, 0], "a", "b")));
        Assert.Equal(["a", "b"], Names(AD.ReverseTrace(Survey, [2, 5], "a", "b")));
        Assert.Equal(["a", "b"], Names(AD.ReverseTrace(x => new[] { x[0] * x[1] }, [2, 5], [1], "a", "b")));
        Assert.Equal(["angle"], Names(AD.ReverseTrace(x => Sin(x), 1, "angle")));
        Assert.Equal(["angle"], Names(AD.ForwardTrace(x => Sin(x), 1, "angle")));
        Assert.Equal(["a", "b"], Names(AD.ReverseTrace(Survey, [2, 5]).WithNames("a", "b")));
        Assert.Equal("names", Assert.Throws<ArgumentException>(() => AD.ReverseTrace(Survey, [2, 5], "a")).ParamName);
        Assert.Throws<ArgumentNullException>(() => AD.ReverseTrace(Survey, [2, 5], (string[])null!));
    }

    [Fact]
    public void A_network_with_six_weights_counts_its_operations()
    {
        // two inputs, two hidden units, one output, squared error
        static Real Error(Real[] w)
        {
            var (h1, h2) = (Tanh(w[0] * 0.5 + w[1] * -1.2), Tanh(w[2] * 0.5 + w[3] * -1.2));
            var error = w[4] * h1 + w[5] * h2 - 0.7;
            return error * error;
        }
        double[] weights = [0.1, 0.4, -0.3, 0.8, 0.5, -0.6];
        var reverse = AD.ReverseTrace(Error, weights);
        var primal = reverse.Operations.Primal;
        Assert.Equal((7L, 4L, 2L), (primal.Multiplications, primal.Additions, primal.Functions));
        // backwards: the square passes on twice, whose sum is one addition; w h passes on twice each, tanh once each, w x once each
        var derivative = reverse.Operations.Derivative;
        var slopes = AD.ReverseTrace(x => Tanh(x), 0.5).Operations.Derivative;
        Assert.Equal(2 + 4 + 4 + 2 * slopes.Multiplications, derivative.Multiplications);
        Assert.Equal(1 + 2 * slopes.Additions, derivative.Additions);
        Assert.Equal(2 * slopes.Functions, derivative.Functions);
        var forward = weights.Select((_, i) => AD.ForwardTrace(Error, weights, [.. weights.Select((_, j) => i == j ? 1.0 : 0)])).ToArray();
        var gradient = AD.Grad(Error)(weights.ToReals());
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(gradient[i].Value, reverse.Inputs[i].Adjoint);
            Assert.Equal(gradient[i].Value, forward[i].Outputs[0].Tangent, 1e-15);
        }
        Assert.True(forward.Sum(pass => pass.Operations.Total) > 2 * reverse.Operations.Total);
    }

    [Fact]
    public void Every_form_is_there()
    {
        var trace = AD.ReverseTrace(Survey, [2, 5]);
        Assert.StartsWith("Forward primal trace", trace.ToString());
        Assert.StartsWith("| Forward primal trace |", trace.ToMarkdown());
        Assert.StartsWith("<div class=\"funcad-trace\">", trace.ToHtml());
        Assert.StartsWith("digraph trace {", trace.ToDot());
        Assert.StartsWith("<svg ", trace.ToSvg());
        Assert.Contains("2 steps left out; ToString(5) shows all", trace.ToString(3));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Equal("x", Assert.Throws<ArgumentException>(() => AD.ReverseTrace((x, y) => x * y, [1, 2, 3])).ParamName);
        Assert.Equal("direction", Assert.Throws<ArgumentException>(() => AD.ForwardTrace(Survey, [2, 5], [1])).ParamName);
        Assert.Equal("cotangent", Assert.Throws<ArgumentException>(() => AD.ReverseTrace(x => new[] { x[0], x[0] }, [2], [1])).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentException>(() => AD.ForwardTrace(x => Array.Empty<Real>(), [2], [1])).ParamName);
        Assert.Throws<ArgumentException>(() => AD.ForwardTrace(x => (Real[])null!, [2], [1]));
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => AD.ReverseTrace((Func<Real, Real>)null!, 1)).ParamName);
        Assert.Equal("f", Assert.Throws<ArgumentNullException>(() => AD.ReverseTrace((Func<Real[], Real>)null!, [1])).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentNullException>(() => AD.ReverseTrace(Survey, null!)).ParamName);
        Assert.Equal("direction", Assert.Throws<ArgumentNullException>(() => AD.ForwardTrace(Survey, [2, 5], null!)).ParamName);
        Assert.Equal(
            "cotangent",
            Assert.Throws<ArgumentNullException>(() => AD.ReverseTrace(x => new[] { x[0] }, [2], (double[])null!)).ParamName
        );
    }
}
