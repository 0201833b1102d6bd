using System.Text.Json;
using System.Text.Json.Serialization;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>A fitted model is saved and read again by System.Text.Json as it stands.</summary>
public class JsonTests
{
    private sealed record Model(
        Real Scale,
        Real[] Rates,
        Dictionary<string, Real> ByName,
        Real? Missing,
        Tensor Weights,
        Tensor? Bias,
        string Name
    );

    [Fact]
    public void A_model_comes_back_as_it_was()
    {
        var model = new Model(
            0.1,
            [1, -0.0, 1e-300, double.MaxValue],
            new() { ["a"] = 0.5 },
            null,
            Tensor.Of(
                new double[,]
                {
                    { 1, 2, 3 },
                    { 4, 5, 6 },
                }
            ),
            null,
            "first"
        );
        var back = JsonSerializer.Deserialize<Model>(JsonSerializer.Serialize(model))!;
        Assert.Equal(model.Scale, back.Scale);
        Assert.Equal(
            model.Rates.Select(x => BitConverter.DoubleToInt64Bits(x.Value)),
            back.Rates.Select(x => BitConverter.DoubleToInt64Bits(x.Value))
        );
        Assert.Equal(0.5, back.ByName["a"].Value);
        Assert.Null(back.Missing);
        Assert.Equal(model.Weights, back.Weights);
        Assert.Null(back.Bias);
        Assert.Equal("first", back.Name);
    }

    [Fact]
    public void Numbers_are_written_as_doubles_are()
    {
        Assert.Equal("0.1", JsonSerializer.Serialize((Real)0.1));
        Assert.Equal("""{"Shape":[2],"Elements":[1,2]}""", JsonSerializer.Serialize(Tensor.Of(1.0, 2)));
        var named = new JsonSerializerOptions { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
        Assert.Equal("\"NaN\"", JsonSerializer.Serialize(Real.NaN, named));
        Assert.Equal(double.NegativeInfinity, JsonSerializer.Deserialize<Real>("\"-Infinity\"", named).Value);
        foreach (var shape in new int[][] { [], [0], [0, 3], [2, 1, 2] })
            Assert.Equal(Tensor.Ones(shape), JsonSerializer.Deserialize<Tensor>(JsonSerializer.Serialize(Tensor.Ones(shape))));
    }

    [Fact]
    public void What_is_being_differentiated_or_no_tensor_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Grad(x => JsonSerializer.Serialize(x).Length * x)(2));
        Assert.Throws<InvalidOperationException>(() => Grad((Tensor x) => JsonSerializer.Serialize(x).Length * x.Sum())(Tensor.Of(1.0)));
        foreach (var text in new[] { "{}", """{"Shape":[3],"Elements":[1]}""", """{"Shape":[-1],"Elements":[]}""" })
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Tensor>(text));
    }
}
