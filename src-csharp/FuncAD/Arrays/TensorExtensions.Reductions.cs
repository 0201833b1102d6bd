using Core = FuncAD.TensorReductions.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor x)
    {
        /// <summary>The sum of all elements; each has slope 1.</summary>
        public Real Sum() => Core.sum(x);
    }
}
