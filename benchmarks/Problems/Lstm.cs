namespace FuncAD.Benchmarks.Problems;

/// <summary>
/// A language model by long short-term memory, after ADBench (Srajer, Kukelova and Fitzgibbon 2018; its objective "LSTM"). Dimensions: layers l,
/// characters c, width b. X: for each layer the weights of its four gates and their biases (8 x b), then the input's scale, the output's scale and
/// the output's bias (b each). Data: the state that the layers begin with, hidden and cell (l x 2 x b), then the text (c x b).
/// </summary>
/// <remarks>
/// The weights are diagonal. A layer with input u, hidden h and cell s has, element by element, forget = sigmoid(w[0] u + a[0]), keep = sigmoid(w[1]
/// h + a[1]), show = sigmoid(w[2] u + a[2]) and change = tanh(w[3] h + a[3]); then s becomes forget s + keep change, and h becomes show tanh(s),
/// which is the next layer's input. From a character u the first layer gets scale u, and of the last layer's h a linear function is y. The value is
/// the mean over characters but the first, and over their b elements, of -character (y - logSumExp y), with y from the character before.
/// </remarks>
public static partial class Lstm
{
    private const int Rows = 8,
        Width = 14;

    public static readonly Problem Problem = new(
        "lstm",
        "Long short-term memory (ADBench)",
        "gradient",
        "cells l c b",
        [2, 5, 3],
        [Of(2, 64, true), Of(2, 256, false), Of(4, 256, false), Of(2, 1024, false), Of(4, 1024, false)],
        Generate,
        [.. Forms.Gradient(Plain, Gradient, Numbers), new(Form.Arrays, Tensors), CompiledForms.Gradient(Numbers)]
    );

    private static Size Of(int layers, int characters, bool isQuick) =>
        new($"l = {layers}, c = {characters}", layers * characters * Width, isQuick, layers, characters, Width)
        {
            Family = $"l = {layers}",
        };

    private static Instance Generate(Size size)
    {
        var (random, layers, characters, width) = (new Generator(12), size.Dimensions[0], size.Dimensions[1], size.Dimensions[2]);
        var text = Enumerable.Range(0, characters * width).Select(_ => (double)random.Below(2)); // a character is its bits
        return new(size, random.Normals((Rows * layers + 3) * width, 0.5), [.. random.Normals(2 * layers * width, 0.5), .. text]);
    }
}
