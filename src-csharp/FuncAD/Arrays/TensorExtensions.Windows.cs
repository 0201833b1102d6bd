using Core = FuncAD.TensorWindows.Tensor;

namespace FuncAD;

public static partial class TensorExtensions
{
    extension(Tensor x)
    {
        /// <summary>
        /// The cross-correlation of images [n, channels, height, width] with kernels [outputs, channels, height, width], padded with zeros.
        /// Cost: one matrix product and a copy of the windows.
        /// </summary>
        /// <exception cref="ArgumentException">The shapes do not fit.</exception>
        public Tensor Conv2d(Tensor kernel, int stride = 1, int padding = 0) => Core.conv2d(stride, stride, padding, padding, kernel, x);

        /// <summary>The same with a stride and a padding for each axis.</summary>
        public Tensor Conv2d(Tensor kernel, (int Down, int Right) stride, (int Vertical, int Horizontal) padding) =>
            Core.conv2d(stride.Down, stride.Right, padding.Vertical, padding.Horizontal, kernel, x);

        /// <summary>The cross-correlation of signals [n, channels, length] with kernels [outputs, channels, length], padded with zeros.</summary>
        /// <exception cref="ArgumentException">The shapes do not fit.</exception>
        public Tensor Conv1d(Tensor kernel, int stride = 1, int padding = 0) => Core.conv1d(stride, padding, kernel, x);

        /// <summary>The largest elements of square windows, a stride apart (their size, unless given), of images [n, channels, height, width].</summary>
        public Tensor MaxPool2d(int size, int? stride = null) => Core.maxPool2d(size, size, stride ?? size, stride ?? size, x);

        /// <summary>The means of square windows, a stride apart (their size, unless given), of images [n, channels, height, width].</summary>
        public Tensor MeanPool2d(int size, int? stride = null) => Core.meanPool2d(size, size, stride ?? size, stride ?? size, x);
    }
}
