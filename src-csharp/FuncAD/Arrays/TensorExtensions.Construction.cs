using Core = FuncAD.TensorConstruction.Tensor;

namespace FuncAD;

/// <summary>The functions of tensors that are not elementwise: <c>Tensor.Zeros(2, 3)</c>, <c>x.Sum()</c>.</summary>
public static partial class TensorExtensions
{
    extension(Tensor)
    {
        /// <summary>A tensor of zeros.</summary>
        public static Tensor Zeros(params int[] shape) => Core.zeros(shape);
    }
}
