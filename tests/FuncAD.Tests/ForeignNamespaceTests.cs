// The usings are where they are for a reason: they are searched before the ones around them.
#pragma warning disable IDE0065, IDE0161
namespace Elsewhere
{
    using System.Numerics.Tensors;
    using FuncAD;
    using FuncAD.Tests;
    using static FuncAD.AD;
    using Tensor = FuncAD.Tensor; // where System.Numerics.Tensors is used as well, its static class has the name, too

    /// <summary>Files of other namespaces, with usings inside of them: what FuncAD brings along changes nothing else.</summary>
    public class ForeignNamespaceTests
    {
        [Fact]
        public void Sums_of_plain_numbers_stay_plain()
        {
            double[] doubles = [1, 2];
            int[] ints = [1, 2];
            double sum = doubles.Sum(v => v * v) + doubles.Max(v => -v) + doubles.Average(v => v) + doubles.Aggregate(0.0, (a, b) => a + b);
            int whole = ints.Sum(v => v * v) + ints.Max() + ints.Min(v => -v);
            Assert.Equal((5 - 1 + 1.5 + 3, 5 + 2 - 2), (sum, whole));
            Check.Bits([2, 4], Grad(x => x.Sum(v => v * v) + x.Max() * 0)([1.0, 2.0]));
        }

        [Fact]
        public void An_alias_chooses_between_two_types_named_Tensor()
        {
            var x = Tensor.Of(1.0, 2.0);
            Assert.Equal(2 * x, Grad((Tensor x) => (x * x).Sum())(x));
            Assert.Equal(3, TensorPrimitives.Sum(x.AsSpan()));
            Assert.Equal(2, System.Numerics.Tensors.Tensor.Create([1.0, 2.0]).FlattenedLength);
        }
    }
}
