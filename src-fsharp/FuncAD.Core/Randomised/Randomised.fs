namespace FuncAD

open System
open FuncAD.Basics

/// <summary>One randomised gradient, with what it cost to keep.</summary>
[<Sealed; TypeFormatterSource(typeof<TextInNotebooks>)>]
type SampledGradient<'P>
    internal (value: Real, gradient: 'P, operations: int64, edges: int64, keptEdges: int64, bytes: int64, allBytes: int64) =
    /// <summary>f(p), which is exact.</summary>
    member _.Value: Real = value

    /// <summary>The estimate of the gradient, in the structure of the parameter.</summary>
    member _.Gradient: 'P = gradient

    /// <summary>The number of operations that depended on the parameter in this run.</summary>
    member _.Operations: int64 = operations

    /// <summary>The number of their edges that were drawn: those to operands which depended on the parameter in this run.</summary>
    member _.Edges: int64 = edges

    /// <summary>The number of edges that were kept.</summary>
    member _.KeptEdges: int64 = keptEdges

    /// <summary>
    /// The bytes of the tape: 12 for each kept edge, 4 for each input and for each result with a kept edge. Slopes that carry levels
    /// themselves, in derivatives of the estimate, are not counted.
    /// </summary>
    member _.Bytes: int64 = bytes

    /// <summary>The bytes that a tape of all these edges would have, counted in the same way.</summary>
    member _.AllBytes: int64 = allBytes

    /// <summary>Such as [1, 2] (40 of 80 edges, 496 of 976 bytes).</summary>
    override _.ToString() = $"{Entries.text gradient} ({keptEdges} of {edges} edges, {bytes} of {allBytes} bytes)"

/// <summary>
/// Randomised reverse mode: gradients with the right expectation from a random part of what the tape would have to keep (Oktay, McGreivy,
/// Aduol, Beatson and Adams 2021, "Randomized automatic differentiation"). Memory is exchanged for variance.
/// </summary>
/// <remarks>
/// Values are exact, and so are tangents of forward mode, which keeps nothing. A key says what is kept: use another one for each call, or
/// the errors are no longer independent.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Randomised =
    let private checkKeep (operation: string) (keep: float) =
        if not (keep > 0.0 && keep <= 1.0) then
            raise (ArgumentOutOfRangeException("keep", keep, $"{operation}: keep is a share above 0 and at most 1, got {keep}."))

    /// True with a probability that is a multiple of 2^-32, from a key's bits, two draws of each 64.
    let private coin (threshold: uint64) (key: RandomKey) : Func<bool> =
        let number = ref 0L
        let bits = ref 0UL
        Func<bool>(fun () ->
            bits.Value <- if number.Value &&& 1L = 0L then key.Fold(number.Value >>> 1).Bits() else bits.Value >>> 32
            number.Value <- number.Value + 1L
            (bits.Value &&& 0xFFFFFFFFUL) < threshold)

    /// The value and the gradient by a tape that keeps what a function of its numbers draws.
    let internal sample (operation: string) (keep: float) (draw: Func<bool>) (f: 'P -> Real) (p: 'P) : SampledGradient<'P> =
        let struct (like, point) = Flatten.input operation "x" p
        if point.Arrays.Length > 0 then
            raise (
                NotSupportedException(
                    $"{operation} samples the edges between numbers, and {typeof<'P>} holds a tensor. Use Grad, and in f Randomised.Linear and "
                    + "Randomised.Activation, which keep a random part of their arrays."
                )
            )
        let level = SampledTape(keep, draw)
        try
            let inputs = point.Numbers.Length
            let y = f (Flatten.argument like { point with Numbers = point.Numbers |> Array.map level.Input })
            let y = Forward.lookThrough level y
            level.End()
            let gradient = Flatten.rebuild like (Leaves.ofNumbers (level.Sweep(y, inputs)))
            let all = SampledTape.Bytes(level.Edges, level.Operations + int64 inputs)
            SampledGradient(y.Below level, gradient, level.Operations, level.Edges, level.KeptEdges, level.KeptBytes, all)
        finally
            level.End()

    let private sampleByKey operation keep f (key: RandomKey) p =
        notNull (nameof f) f
        checkKeep operation keep
        // the nearest probability that 32 bits can have, at least one part
        let threshold = Math.Max(1UL, uint64 (Math.Round(keep * 4294967296.0)))
        sample operation (float threshold / 4294967296.0) (coin threshold key) f p

    /// <summary>
    /// The value and an estimate of the gradient of f, by reverse mode that keeps each edge of its tape with the probability <c>keep</c>,
    /// its slope divided by it; with what the tape took.
    /// </summary>
    /// <remarks>
    /// The variance grows with the number of operations on a path from an input to the result: a path of d edges is kept with probability
    /// keep^d. So it suits many short paths, such as sums of many terms; through long chains hardly anything is kept, and what is kept
    /// counts keep^-d times. With keep = 1 the gradient is <c>AD.grad</c>'s, to the bit. Cost: one run of f at some 100 ns an operation,
    /// and a sweep over the kept edges.
    /// </remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    /// <exception cref="T:System.NotSupportedException">The parameter holds tensors, or f computes with tensors or custom
    /// rules.</exception>
    let valueAndGrad (keep: float) (f: 'P -> Real) (key: RandomKey) (p: 'P) : SampledGradient<'P> =
        sampleByKey "Randomised.ValueAndGrad" keep f key p

    /// <summary>
    /// An estimate of the gradient of f, whose expectation is the gradient: <c>valueAndGrad</c> without the rest.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    /// <exception cref="T:System.NotSupportedException">The parameter holds tensors, or f computes with tensors or custom
    /// rules.</exception>
    let grad (keep: float) (f: 'P -> Real) (key: RandomKey) (p: 'P) : 'P = (sampleByKey "Randomised.Grad" keep f key p).Gradient

    // ---- Arrays ----

    let private sketched (operation: string) views (product: Bilinear) (keep: float) (key: RandomKey) (arguments: Tensor[]) : Tensor =
        Tensor.Apply(SketchedProduct(operation, views, product, Sketch(keep, key), null), arguments)[0]

    /// The name of the operation, and the product x w of a layer.
    let private layer (keep: float) (w: Tensor) (x: Tensor) : struct (string * Bilinear) =
        let operation = "Randomised.Linear"
        checkKeep operation keep
        let dimensions (array: Tensor) = (Tensor.Given(operation, array)).Dimensions
        struct (operation, TensorContractions.matrixProduct operation false false (dimensions x) (dimensions w))

    /// <summary>
    /// The matrix product x w, as <c>Tensor.matmul</c>. For the derivative in w, x^T yBar, the tape keeps a random part of x, in keep times
    /// its memory.
    /// </summary>
    /// <remarks>
    /// <para>Kept are indices of 4 bytes, of elements drawn in proportion to their magnitudes, each of which then counts the same. The
    /// variance of what stands for x is at most ((sum |x|)^2 - sum x^2) / n with n = 2 keep x.Length draws. An array of zeros and ones is
    /// kept as bits where that is less, and exactly. Where an outer level differentiates x, elements are kept at positions that do not
    /// depend on x, one of each of keep x.Length strata, so that second derivatives have the right expectation as well.</para>
    /// <para>The derivative in x is exact: w is kept whole. Memory is saved if nothing else holds x; for data that stay in memory anyway,
    /// <c>Tensor.matmul</c> is as small and has no variance.</para>
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">The shapes do not match.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    let linear (keep: float) (key: RandomKey) (w: Tensor) (x: Tensor) : Tensor =
        let struct (operation, product) = layer keep w x
        sketched operation [||] product keep key [| x; w |]

    /// <summary>
    /// The layer x w + b, as <c>linear</c>. Of b nothing is kept.
    /// </summary>
    /// <exception cref="T:System.ArgumentException">The shapes do not match.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    let affine (keep: float) (key: RandomKey) (w: Tensor) (b: Tensor) (x: Tensor) : Tensor =
        let struct (operation, product) = layer keep w x
        let shape = Shape.broadcast operation product.Result (Tensor.Given(operation, b)).Dimensions
        if not (Shape.areEqual shape product.Result) then
            Shape.fail operation $"b of the shape {Shape.text b.Dimensions} does not fit x w of the shape {Shape.text product.Result}."
        sketched operation [||] product keep key [| x; w; b |]

    /// <summary>
    /// The convolution <c>Tensor.conv2d</c> (stride and padding of height and width, kernels, images). For the derivative in the kernels
    /// the tape keeps a random part of the images, as <c>linear</c> does.
    /// </summary>
    /// <remarks>
    /// <c>Tensor.conv2d</c> keeps the windows, that is, the images as often as a kernel has places; this keeps the images once, or keep
    /// times that, and makes the windows again in the sweep.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">The shapes do not fit.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    let conv2d (keep: float) (key: RandomKey) (stride: int * int) (padding: int * int) (kernel: Tensor) (x: Tensor) : Tensor =
        let operation = "Randomised.Conv2d"
        checkKeep operation keep
        let product (windows: Linear[]) (images: Tensor) (kernels: Tensor) =
            let rows = (Array.last windows).Result
            let product = TensorContractions.matrixProduct operation false true rows kernels.Dimensions
            sketched operation windows product keep key [| images; kernels |]
        TensorWindows.conv2dBy operation product stride padding kernel x

    /// <summary>
    /// The elementwise product x w, with broadcasting. For the derivative in w, the tape keeps all of x with the probability <c>keep</c>,
    /// and nothing otherwise: so a simulation samples its time steps.
    /// </summary>
    /// <remarks>The derivative in x is exact: w is kept.</remarks>
    /// <exception cref="T:System.ArgumentException">The shapes do not broadcast.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    let multiply (keep: float) (key: RandomKey) (w: Tensor) (x: Tensor) : Tensor =
        let operation = "Randomised.Multiply"
        checkKeep operation keep
        let x, w = Tensor.Given(operation, x), Tensor.Given(operation, w)
        Shape.broadcast operation x.Dimensions w.Dimensions |> ignore
        Tensor.Apply(SketchedScaling(keep, key), [| x; w |])[0]

    /// <summary>
    /// The elementwise function f(x), such as tanh. The tape keeps a random part of the slopes f'(x), as <c>linear</c> does of x, and
    /// neither x nor f(x). Slopes that are 0 or 1, as a rectifier's are, take a bit each and are exact, unless keep is below 1/64.
    /// </summary>
    /// <remarks>
    /// f is run three times in reverse mode: for the value, for the slopes by forward mode, and along a random direction, which shows
    /// whether it is elementwise. Memory: keep times that of x. The variance multiplies along a chain of activations.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">f is not elementwise.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">keep is not above 0 and at most 1.</exception>
    /// <exception cref="T:System.InvalidOperationException">f captured a number that is being differentiated.</exception>
    let activation (keep: float) (key: RandomKey) (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        let operation = "Randomised.Activation"
        notNull (nameof f) f
        checkKeep operation keep
        Tensor.Apply(SketchedActivation(f, Sketch(keep, key), key.Fold 0L, null), [| Tensor.Given(operation, x) |])[0]

    // ---- Memory ----

    /// <summary>
    /// What the tape of <c>AD.grad</c> keeps of one run of f: the frames of numbers and the arrays that pullbacks hold, found by following
    /// their references.
    /// </summary>
    let memory (f: 'P -> Real) (p: 'P) : TapeMemory =
        notNull (nameof f) f
        TapeMemory.measure f p
