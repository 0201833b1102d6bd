using System.Text.Json;
using System.Text.Json.Serialization;
using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>What was computed is saved and read again by System.Text.Json as it stands, bit for bit.</summary>
public partial class JsonTests
{
    internal sealed record Model(
        Real Scale,
        Real[] Rates,
        Dictionary<string, Real> ByName,
        Real? Missing,
        Tensor Weights,
        Tensor? Bias,
        string Name
    );

    internal readonly record struct Layer(Tensor Weights, Real Rate);

    internal sealed record Network(List<Layer> Layers, (Real Low, Real High) Range, RandomKey Key, Dictionary<string, Tensor> Named);

    /// <summary>Made by the source generator: native AOT has no other.</summary>
    [JsonSerializable(typeof(Model))]
    [JsonSerializable(typeof(Network))]
    [JsonSerializable(typeof(OptimState<Real[]>))]
    [JsonSourceGenerationOptions(IncludeFields = true)]
    internal sealed partial class Context : JsonSerializerContext;

    private static readonly JsonSerializerOptions ByReflection = new() { IncludeFields = true };

    /// <summary>Both ways of System.Text.Json; the second has no reflection to fall back on.</summary>
    public static TheoryData<bool> Ways => [true, false];

    private static T Back<T>(T value, bool byReflection)
    {
        var options = byReflection ? ByReflection : Context.Default.Options;
        return JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, options), options)!;
    }

    private static Model Example =>
        new(
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

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_model_comes_back_as_it_was(bool byReflection)
    {
        var model = Example;
        var back = Back(model, byReflection);
        Assert.Equal(model.Scale, back.Scale);
        Assert.Equal(Bits(model.Rates), Bits(back.Rates));
        Assert.Equal(0.5, back.ByName["a"].Value);
        Assert.Null(back.Missing);
        Assert.Equal(model.Weights, back.Weights);
        Assert.Null(back.Bias);
        Assert.Equal("first", back.Name);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Structures_of_all_kinds_come_back(bool byReflection)
    {
        var network = new Network(
            [new(Tensor.Of([1.0, -0.0], 1, 2), 0.5), new(Tensor.Zeros(0, 3), double.NaN)],
            (double.NegativeInfinity, 5e-324),
            RandomKey.Of(7).Fold(3).Mirrored,
            new() { ["bias"] = Tensor.Of(2.0) }
        );
        var back = Back(network, byReflection);
        Assert.Equal(network.Layers, back.Layers);
        Assert.Equal(Bits([network.Range.Low, network.Range.High]), Bits([back.Range.Low, back.Range.High]));
        Assert.Equal(network.Key, back.Key);
        Assert.Equal(network.Named["bias"], back.Named["bias"]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_training_is_continued_as_if_it_had_not_been_interrupted(bool byReflection)
    {
        static OptimState<Real[]> Step(OptimState<Real[]> state) =>
            Optim.Adam(state, Grad((Real[] x) => Real.Cos(x[0] * x[1]) + x[0] * x[0])(state.Parameters), 0.1);
        var state = Step(Step(Optim.Start(new Real[] { 0.3, 0.7 })));
        Assert.Equal(Bits(Step(state).Parameters), Bits(Step(Back(state, byReflection)).Parameters));
    }

    public static TheoryData<ulong> Patterns =>
        [
            BitConverter.DoubleToUInt64Bits(0.0),
            BitConverter.DoubleToUInt64Bits(-0.0),
            BitConverter.DoubleToUInt64Bits(0.1),
            BitConverter.DoubleToUInt64Bits(double.Epsilon),
            BitConverter.DoubleToUInt64Bits(-double.Epsilon),
            BitConverter.DoubleToUInt64Bits(2.2250738585072009e-308), // the largest subnormal number
            BitConverter.DoubleToUInt64Bits(double.MaxValue),
            BitConverter.DoubleToUInt64Bits(double.MinValue),
            BitConverter.DoubleToUInt64Bits(double.PositiveInfinity),
            BitConverter.DoubleToUInt64Bits(double.NegativeInfinity),
            BitConverter.DoubleToUInt64Bits(double.NaN),
            0x7FF8_0000_0000_0000, // the NaN of other processors
            0x7FF0_0000_0000_0001, // a signalling NaN
            0xFFFF_FFFF_FFFF_FFFF,
        ];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Every_double_comes_back_bit_for_bit(ulong bits)
    {
        var x = BitConverter.UInt64BitsToDouble(bits);
        foreach (var byReflection in new[] { true, false })
        {
            Assert.Equal(bits, Bits(Back(Example with { Scale = x }, byReflection).Scale));
            Assert.Equal([bits, bits], Back(Example with { Weights = Tensor.Of([x, x], 2) }, byReflection).Weights.ToArray().Select(Bits));
        }
        var asText = new JsonSerializerOptions
        {
            NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString,
        };
        Assert.Equal(bits, Bits(JsonSerializer.Deserialize<Real>(JsonSerializer.Serialize((Real)x, asText), asText)));
    }

    [Fact]
    public void Random_bits_come_back_bit_for_bit()
    {
        var random = RandomKey.Of(1).Bits(20_000).Select(BitConverter.UInt64BitsToDouble).ToArray();
        var back = JsonSerializer.Deserialize<Tensor>(JsonSerializer.Serialize(Tensor.Of(random, 100, 200)))!;
        Assert.Equal(random.Select(Bits), back.ToArray().Select(Bits));
        Assert.Equal([100, 200], back.Shape.ToArray());
    }

    [Fact]
    public void Numbers_are_written_as_doubles_are()
    {
        Assert.Equal("0.1", JsonSerializer.Serialize((Real)0.1));
        Assert.Equal("""{"Shape":[2],"Elements":[1,2]}""", JsonSerializer.Serialize(Tensor.Of(1.0, 2)));
        Assert.Equal("""["NaN","Infinity","-Infinity"]""", JsonSerializer.Serialize(new Real[] { double.NaN, 1 / (Real)0, -1 / (Real)0 }));
        var named = new JsonSerializerOptions { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
        Assert.Equal("\"NaN\"", JsonSerializer.Serialize(double.NaN, named));
        Assert.Equal("\"NaN\"", JsonSerializer.Serialize(Real.NaN, named));
        Assert.Equal(double.NegativeInfinity, JsonSerializer.Deserialize<Real>("\"-Infinity\"", named).Value);
        foreach (var shape in new int[][] { [], [0], [0, 3], [2, 1, 2] })
            Assert.Equal(Tensor.Ones(shape), JsonSerializer.Deserialize<Tensor>(JsonSerializer.Serialize(Tensor.Ones(shape))));
    }

    [Fact]
    public void A_policy_for_names_holds_for_tensors_too()
    {
        var web = JsonSerializerOptions.Web;
        Assert.Equal("""{"shape":[1],"elements":[2]}""", JsonSerializer.Serialize(Tensor.Of([2.0], 1), web));
        foreach (var text in new[] { """{"elements":[2],"shape":[1]}""", """{"Shape":[1],"more":{"a":[1]},"Elements":["2"]}""" })
            Assert.Equal(Tensor.Of([2.0], 1), JsonSerializer.Deserialize<Tensor>(text, web));
    }

    [Fact]
    public void What_is_being_differentiated_is_refused()
    {
        static void Refused(Action attempt)
        {
            var error = Assert.Throws<InvalidOperationException>(attempt);
            Assert.Contains("writing JSON", error.Message, StringComparison.Ordinal);
            Assert.Contains("x.Value", error.Message, StringComparison.Ordinal);
        }
        Refused(() => Grad(x => JsonSerializer.Serialize(x).Length * x)(2));
        Refused(() => Diff(x => JsonSerializer.Serialize(x).Length * x)(2));
        Refused(() => Grad((Tensor x) => JsonSerializer.Serialize(x).Length * x.Sum())(Tensor.Of(1.0)));
        Refused(() => Grad((Real[] x) => JsonSerializer.Serialize(new { Inner = x }).Length * x[0])([2]));
        Assert.ThrowsAny<InvalidOperationException>(() => Compile((Real x) => JsonSerializer.Serialize(x).Length * x, 2));
        // a result of an operator that has returned is a constant
        Real kept = 0;
        Diff(x => kept = x * x)(3);
        Assert.Equal("9", JsonSerializer.Serialize(kept));
    }

    [Theory]
    [InlineData("""{}""", "an object without Shape", "$")]
    [InlineData("""{"Shape":[1]}""", "an object without Elements", "$")]
    [InlineData("""{"Shape":[3],"Elements":[1]}""", "1 elements for the shape [3]", "$")]
    [InlineData("""{"Shape":[65536,65536,65536,65536],"Elements":[]}""", "0 elements for the shape", "$")]
    [InlineData("""{"Shape":[-1],"Elements":[]}""", "a length Shape[0] that is no number", "$")]
    [InlineData("""{"Shape":[1,1.5],"Elements":[]}""", "a length Shape[1] that is no number", "$")]
    [InlineData("""{"Shape":null,"Elements":[]}""", "null as Shape", "$")]
    [InlineData("""{"Shape":[2],"Elements":[1,"two"]}""", "Elements[1] of a Tensor is a number", "$")]
    [InlineData("""{"Shape":[2],"Elements":[1,null]}""", "got null", "$")]
    [InlineData("""[1,2]""", "got an array", "$")]
    [InlineData("""12""", "got a number", "$")]
    public void What_is_no_tensor_is_refused_with_the_reason_and_the_place(string text, string reason, string path)
    {
        var error = Assert.ThrowsAny<JsonException>(() => Wrapped<Tensor>(text));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains($"Path: {path}.a[1] | LineNumber: 0", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"0.5\"")]
    [InlineData("\"nan\"")]
    [InlineData("\"NaN(0x0000000000000000)\"")]
    [InlineData("\"NaN(0xFFF800000000000)\"")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("null")]
    public void What_is_no_number_is_refused_with_the_place(string text)
    {
        var error = Assert.ThrowsAny<JsonException>(() => Wrapped<Real>(text));
        Assert.Contains("Path: $.a[1] | LineNumber: 0", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Reads a text where it is the second item of a list in a dictionary.</summary>
    private static Dictionary<string, T[]>? Wrapped<T>(string text)
    {
        var first = typeof(T) == typeof(Real) ? "1" : """{"Shape":[0],"Elements":[]}""";
        return JsonSerializer.Deserialize<Dictionary<string, T[]>>($$"""{"a":[{{first}},{{text}}]}""");
    }

    [Fact]
    public void A_text_that_ends_too_early_is_refused()
    {
        var whole = JsonSerializer.Serialize(Tensor.Of([1.0, 2], 2));
        for (var length = 0; length < whole.Length; length++)
            Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Tensor>(whole[..length]));
    }

    [Fact]
    public void Keys_are_the_same_and_draw_the_same()
    {
        foreach (
            var key in new[] { RandomKey.Of(0), RandomKey.Of(-1), RandomKey.Of(5).Fold(9), RandomKey.Of(5).Split(3)[2].Mirrored, default }
        )
        {
            var back = JsonSerializer.Deserialize<RandomKey>(JsonSerializer.Serialize(key));
            Assert.Equal(key, back);
            Assert.Equal(key.Bits(), back.Bits());
            Assert.Equal(key.Fold(1), back.Fold(1));
        }
        foreach (
            var text in new[]
            {
                "\"\"",
                "1",
                "\"0000000000000000-000000000000000\"",
                "\"0000000000000000-FFFFFFFFFFFFFFFF\"",
                "null",
                "\"xyz\"",
            }
        )
        {
            var error = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<RandomKey>(text));
            Assert.Contains("Path: $", error.Message, StringComparison.Ordinal);
        }
    }

    private static ulong Bits(double x) => BitConverter.DoubleToUInt64Bits(x);

    private static ulong Bits(Real x) => Bits(x.Value);

    private static ulong[] Bits(IEnumerable<Real> xs) => [.. xs.Select(Bits)];
}
