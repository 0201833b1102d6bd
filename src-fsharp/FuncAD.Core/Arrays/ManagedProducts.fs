namespace FuncAD

#nowarn "9" // pointers into pinned arrays

open System
open System.Numerics.Tensors
open MathNet.Numerics
open MathNet.Numerics.Providers.LinearAlgebra
open Microsoft.FSharp.NativeInterop

/// <summary>
/// Products in managed code; by the provider of MathNet.Numerics if the program chose a native one there. MathNet's own managed provider is
/// passed over: it copies its arguments and uses no vectors, which takes ten times as long.
/// </summary>
[<Sealed>]
type internal ManagedProducts(note: string) =
    inherit Products()

    static let isChosen (provider: ILinearAlgebraProvider) = not (provider :? ManagedLinearAlgebraProvider)

    static member private View(pointer: nativeptr<float>, length: int) : Span<float> = Span<float>(NativePtr.toVoidPtr pointer, length)

    static member private Read(pointer: nativeptr<float>, length: int) : ReadOnlySpan<float> =
        ReadOnlySpan<float>(NativePtr.toVoidPtr pointer, length)

    override _.Name =
        let provider = LinearAlgebraControl.Provider
        if isChosen provider then $"MathNet.Numerics {provider}{note}" else $"managed code, vectors of {Widest.Bits} bits{note}"

    override _.IsNative = false

    override _.Threads
        with get () = Control.MaxDegreeOfParallelism
        and set threads = Control.MaxDegreeOfParallelism <- threads

    /// The provider's matrices are stored by columns. Its C^T = op(B)^T op(A)^T is C stored by rows. It takes whole arrays.
    static member private ByProvider
        (
            provider: ILinearAlgebraProvider,
            transA: bool,
            transB: bool,
            m: int,
            n: int,
            k: int,
            alpha: float,
            a: nativeptr<float>,
            b: nativeptr<float>,
            beta: float,
            c: nativeptr<float>
        ) : unit =
        let transpose flag = if flag then Transpose.Transpose else Transpose.DontTranspose
        let struct (rowsB, columnsB) = if transB then struct (k, n) else struct (n, k)
        let struct (rowsA, columnsA) = if transA then struct (m, k) else struct (k, m)
        let result = if beta = 0.0 then Array.zeroCreate (m * n) else ManagedProducts.Read(c, m * n).ToArray()
        provider.MatrixMultiplyWithUpdate(
            transpose transB,
            transpose transA,
            alpha,
            ManagedProducts.Read(b, n * k).ToArray(),
            rowsB,
            columnsB,
            ManagedProducts.Read(a, m * k).ToArray(),
            rowsA,
            columnsA,
            beta,
            result
        )
        result.AsSpan().CopyTo(ManagedProducts.View(c, m * n))

    override products.MatrixMatrix(transA, transB, m, n, k, alpha, a, b, beta, c) =
        let provider = LinearAlgebraControl.Provider
        if isChosen provider then
            ManagedProducts.ByProvider(provider, transA, transB, m, n, k, alpha, a, b, beta, c)
        else
            PackedProduct.multiply products.Threads transA transB m n k alpha a b beta c

    override _.MatrixVector(transA, rows, columns, alpha, a, x, beta, y) =
        if transA then
            let sums = ManagedProducts.View(y, columns)
            if beta = 0.0 then sums.Clear() else TensorPrimitives.Multiply(Span.op_Implicit sums, beta, sums)
            for index = 0 to rows - 1 do
                let row = ManagedProducts.Read(NativePtr.add a (index * columns), columns)
                TensorPrimitives.MultiplyAdd(row, alpha * NativePtr.get x index, Span.op_Implicit sums, sums)
        else
            let x = ManagedProducts.Read(x, columns)
            for index = 0 to rows - 1 do
                let row = ManagedProducts.Read(NativePtr.add a (index * columns), columns)
                let sum = alpha * TensorPrimitives.Dot(row, x)
                NativePtr.set y index (if beta = 0.0 then sum else sum + beta * NativePtr.get y index)
