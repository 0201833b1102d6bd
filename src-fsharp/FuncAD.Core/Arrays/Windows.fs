namespace FuncAD

open System

/// <summary>
/// Convolutions and pooling: sliding windows are a strided view, so that a convolution is one matrix product with the windows as rows, and
/// its derivatives are those of views and products.
/// </summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorWindows =
    /// The number of windows of a size, a stride apart, that fit an axis.
    let private count operation (extent: int) (size: int) (stride: int) =
        if size < 1 || stride < 1 then Shape.fail operation $"window and stride must be 1 or more, got {size} and {stride}."
        if extent < size then Shape.fail operation $"a window of {size} does not fit an axis of {extent} elements (padding included)."
        (extent - size) / stride + 1

    /// Windows over the last two axes of [n, c, h, w], as [n, rows, columns, c, height, width].
    let private windows operation (height, width) (down, right) (shape: int[]) : Linear =
        let strides = Shape.strides shape
        let rows, columns = count operation shape[2] height down, count operation shape[3] width right
        let view =
            StridedView(
                0,
                [| strides[0]; strides[2] * down; strides[3] * right; strides[1]; strides[2]; strides[3] |],
                [| shape[0]; rows; columns; shape[1]; height; width |]
            )
        View(operation, shape, view)

    let private padding operation (vertical: int) (horizontal: int) (shape: int[]) : Linear =
        if vertical < 0 || horizontal < 0 then Shape.fail operation $"the padding must be 0 or more, got {vertical} and {horizontal}."
        TensorMovement.padding [| 0, 0; 0, 0; vertical, vertical; horizontal, horizontal |] shape

    let private expectRank operation what rank (x: Tensor) =
        if Tensor.Given(operation, x).Rank <> rank then Shape.fail operation $"expected {what}, got the shape {Shape.text x.Dimensions}."

    /// The convolution of conv2d, of arguments that fit, by a product with the kernels as rows. The product is given the linear operations
    /// that make the other factor, the windows as rows, of the images; `operation` is the name in errors.
    let private convolve
        operation
        (product: Linear[] -> Tensor -> Tensor -> Tensor)
        stride
        (vertical, horizontal)
        (kernel: Tensor)
        (x: Tensor)
        =
        let k = kernel.Dimensions
        let pad = padding operation vertical horizontal x.Dimensions
        let windows = windows operation (k[2], k[3]) stride pad.Result
        let shape = windows.Result
        let size = k[1] * k[2] * k[3]
        let rows = Reshape(shape, [| shape[0] * shape[1] * shape[2]; size |])
        let operations: Linear[] = if vertical = 0 && horizontal = 0 then [| windows; rows |] else [| pad; windows; rows |]
        product operations x (Tensor.reshape [ k[0]; size ] kernel)
        |> Tensor.reshape [ shape[0]; shape[1]; shape[2]; k[0] ]
        |> Tensor.permute [ 0; 3; 1; 2 ]

    /// conv2d by a product of its windows with its kernels.
    let internal conv2dBy operation (product: Linear[] -> Tensor -> Tensor -> Tensor) stride padding (kernel: Tensor) (x: Tensor) : Tensor =
        expectRank operation "images of the shape [n, channels, height, width]" 4 x
        expectRank operation "kernels of the shape [outputs, channels, height, width]" 4 kernel
        let k = kernel.Dimensions
        if k[1] <> x.Dimensions[1] then
            Shape.fail
                operation
                $"images {Shape.text x.Dimensions} have {x.Dimensions[1]} channels, but kernels {Shape.text k} have {k[1]}."
        convolve operation product stride padding kernel x

    let private byRows (rows: Linear[]) (x: Tensor) (kernels: Tensor) : Tensor =
        Tensor.matmulTransposed false true (Tensor.Through(rows, x)) kernels

    module Tensor =
        /// <summary>
        /// The cross-correlation of images [n, channels, height, width] with kernels [outputs, channels, kernelHeight, kernelWidth] (what
        /// networks call a convolution): y[n, o, i, j] is the sum of kernel[o, c, p, q] x[n, c, i down + p, j right + q]; the images are
        /// padded with zeros.
        /// </summary>
        /// <remarks>Cost: one matrix product, and a copy of the windows (im2col) of kernelHeight kernelWidth times the image.</remarks>
        /// <exception cref="T:System.ArgumentException">The shapes do not fit.</exception>
        let conv2d (stride: int * int) (padding: int * int) (kernel: Tensor) (x: Tensor) : Tensor =
            conv2dBy "conv2d" byRows stride padding kernel x

        /// <summary>
        /// The cross-correlation of signals [n, channels, length] with kernels [outputs, channels, kernelLength]: conv2d with a height of
        /// 1.
        /// </summary>
        let conv1d (stride: int) (padding: int) (kernel: Tensor) (x: Tensor) : Tensor =
            expectRank "conv1d" "signals of the shape [n, channels, length]" 3 x
            expectRank "conv1d" "kernels of the shape [outputs, channels, length]" 3 kernel
            if kernel.Dimensions[1] <> x.Dimensions[1] then
                Shape.fail
                    "conv1d"
                    $"signals {Shape.text x.Dimensions} have {x.Dimensions[1]} channels, but kernels {Shape.text kernel.Dimensions} have {kernel.Dimensions[1]}."
            let y = convolve "conv1d" byRows (1, stride) (0, padding) (Tensor.expandDims 2 kernel) (Tensor.expandDims 2 x)
            Tensor.reshape [ y.Dimensions[0]; y.Dimensions[1]; y.Dimensions[3] ] y

        let private pool operation reduce size stride (x: Tensor) : Tensor =
            expectRank operation "images of the shape [n, channels, height, width]" 4 x
            let windows = windows operation size stride x.Dimensions
            reduce [ 4; 5 ] (Tensor.Linear(windows, x)) |> Tensor.permute [ 0; 3; 1; 2 ]

        /// <summary>
        /// The largest elements of windows (height, width), a stride apart, of images [n, channels, height, width]; elements that tie share
        /// the slope equally. Elements at the end of an axis that do not fill a window are left out.
        /// </summary>
        let maxPool2d (size: int * int) (stride: int * int) (x: Tensor) : Tensor = pool "maxPool2d" Tensor.maxOver size stride x

        /// <summary>The means of windows (height, width), a stride apart, of images [n, channels, height, width].</summary>
        let meanPool2d (size: int * int) (stride: int * int) (x: Tensor) : Tensor = pool "meanPool2d" Tensor.meanOver size stride x
