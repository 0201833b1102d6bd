namespace FuncAD

open System

/// An array with a letter for each axis, as einsum moves it about.
[<Struct>]
type private Lettered =
    { Letters: char[]
      Array: Tensor }

    static member Extents(letters: char[], length: char -> int) : int[] = letters |> Array.map length

    /// The array with its axes in another order, and the diagonal where a letter stood twice. Nothing is moved if nothing changes.
    member x.As(letters: char[]) : Lettered =
        if x.Letters.AsSpan().SequenceEqual(ReadOnlySpan letters) then
            x
        else
            let shape = x.Array.Dimensions
            let own, strides = x.Letters, Shape.strides shape
            // A step along a letter is a step along each of its axes.
            let stride letter = Array.fold2 (fun sum other stride -> if other = letter then sum + stride else sum) 0 own strides
            let extents = letters |> Array.map (fun letter -> shape[Array.IndexOf(own, letter)])
            let view = StridedView(0, letters |> Array.map stride, extents)
            { Letters = letters; Array = Tensor.Linear(View("einsum", shape, view), x.Array) }

    /// The sum over the letters that are not wanted, which leaves the others in their order.
    member x.SumTo(wanted: char -> bool) : Lettered =
        let kept = x.Letters |> Array.filter wanted
        if kept.Length = x.Letters.Length then
            x
        else
            let shape, letters = x.Array.Dimensions, x.Letters
            let extents =
                Shape.without
                    false
                    [| for axis in 0 .. letters.Length - 1 do
                           if not (wanted letters[axis]) then axis |]
                    shape
            let own = Shape.strides extents
            let strides =
                letters
                |> Array.map (fun letter ->
                    match Array.IndexOf(kept, letter) with
                    | -1 -> 0
                    | axis -> own[axis])
            { Letters = kept; Array = Tensor.Linear(Unview("einsum", extents, StridedView(0, strides, shape), true), x.Array) }

/// <summary>Products that sum over axes: inner and outer products, matrix products, Einstein's summation.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorContractions =
    let private reshape (shape: int[]) (x: Tensor) =
        if Shape.areEqual x.Dimensions shape then x else Tensor.Linear(Reshape(x.Dimensions, shape), x)

    let private product (a: Lettered) (b: Lettered) (result: char[]) (length: char -> int) : Lettered =
        let isIn (x: Lettered) letter = Array.contains letter x.Letters
        let wanted letter = Array.contains letter result
        let summed = a.Letters |> Array.filter (fun letter -> isIn b letter && not (wanted letter))
        let batch = result |> Array.filter (fun letter -> isIn a letter && isIn b letter)
        let free x other = result |> Array.filter (fun letter -> isIn x letter && not (isIn other letter))
        let freeA, freeB = free a b, free b a
        if freeA.Length + freeB.Length = 0 && batch.Length > 0 || summed.Length = 0 then
            // Matrix products of rows with columns, or of inner length 1: an elementwise product and its sums instead.
            let all = Array.append result summed
            let spread (x: Lettered) =
                let own = all |> Array.filter (isIn x)
                reshape (all |> Array.map (fun letter -> if isIn x letter then length letter else 1)) (x.As own).Array
            { Letters = all; Array = spread a * spread b }.SumTo wanted
        else
            // Each operand is read as it lies if it is a batch of matrices or of transposed ones; the summed letters are in the order in
            // which fewer elements move.
            let fits (x: Lettered) (letters: char[]) = x.Letters.AsSpan().SequenceEqual(ReadOnlySpan letters)
            let plain summed = Array.concat [ batch; freeA; summed ], Array.concat [ batch; summed; freeB ]
            let turned summed = Array.concat [ batch; summed; freeA ], Array.concat [ batch; freeB; summed ]
            let cost summed =
                let (plainA, plainB), (turnedA, turnedB) = plain summed, turned summed
                (if fits a plainA || fits a turnedA then 0 else a.Array.Length)
                + (if fits b plainB || fits b turnedB then 0 else b.Array.Length)
            let summed = [ summed; b.Letters |> Array.filter (fun letter -> Array.contains letter summed) ] |> List.minBy cost
            let (plainA, plainB), (turnedA, turnedB) = plain summed, turned summed
            let transA, transB = fits a turnedA && not (fits a plainA), fits b turnedB && not (fits b plainB)
            let a, b = a.As(if transA then turnedA else plainA), b.As(if transB then turnedB else plainB)
            let size letters = Shape.length (letters |> Array.map length)
            let letters = Array.concat [ batch; freeA; freeB ]
            let shape, extents = letters |> Array.map length, batch |> Array.map length
            let op =
                MatrixProduct.Of(
                    extents,
                    extents,
                    extents,
                    a.Array.Dimensions,
                    b.Array.Dimensions,
                    shape,
                    transA,
                    transB,
                    size freeA,
                    size freeB,
                    size summed
                )
            { Letters = letters; Array = Tensor.Bilinear(op, a.Array, b.Array) }

    /// The product, with the operands in the order in which the result has their letters, so that it need not be transposed.
    let private contract (a: Lettered) (b: Lettered) (result: char[]) (length: char -> int) : Lettered =
        let isOfOne (x: Lettered) (other: Lettered) letter = Array.contains letter x.Letters && not (Array.contains letter other.Letters)
        match result |> Array.tryFind (fun letter -> isOfOne a b letter || isOfOne b a letter) with
        | Some letter when isOfOne b a letter -> product b a result length
        | _ -> product a b result length

    /// The product of op(a) and op(b), where op transposes the last two axes if the flag is set, for arguments of some shapes;
    /// `operation` is the name in errors.
    let internal matrixProduct operation (transposeA: bool) (transposeB: bool) (shapeA: int[]) (shapeB: int[]) : Bilinear =
        // texts are made for errors only: they take longer than a small product
        let both () = $"the shapes {Shape.text shapeA} and {Shape.text shapeB}"
        let rankA, rankB = shapeA.Length, shapeB.Length
        if rankA = 0 || rankB = 0 then
            Shape.fail operation $"expected vectors, matrices or batches of matrices, got {both ()}. A product with a number is a * b."
        let struct (rows, innerA) =
            if rankA = 1 then struct (1, shapeA[0])
            elif transposeA then struct (shapeA[rankA - 1], shapeA[rankA - 2])
            else struct (shapeA[rankA - 2], shapeA[rankA - 1])
        let struct (inner, columns) =
            if rankB = 1 then struct (shapeB[0], 1)
            elif transposeB then struct (shapeB[rankB - 1], shapeB[rankB - 2])
            else struct (shapeB[rankB - 2], shapeB[rankB - 1])
        let flags () = if transposeA || transposeB then $" (transposed: {transposeA}, {transposeB})" else ""
        if innerA <> inner then
            Shape.fail
                operation
                $"{both ()}{flags ()} do not match: {innerA} columns of the first meet {inner} rows of the second. Transpose one of the two, or exchange them."
        let product batchA batchB batch result =
            let transA, transB = transposeA && rankA > 1, transposeB && rankB > 1
            MatrixProduct.Of(batchA, batchB, batch, shapeA, shapeB, result, transA, transB, rows, columns, inner)
        let own =
            match rankA, rankB with
            | 1, 1 -> [||]
            | 1, _ -> [| columns |]
            | _, 1 -> [| rows |]
            | _ -> [| rows; columns |]
        if rankA <= 2 && rankB <= 2 then
            product [||] [||] [||] own
        else
            let batchA, batchB = Array.truncate (rankA - 2) shapeA, Array.truncate (rankB - 2) shapeB
            if not (Seq.forall2 (fun m n -> m = n || m = 1 || n = 1) (Seq.rev batchA) (Seq.rev batchB)) then
                Shape.fail
                    operation
                    $"the batches of {both ()}{flags ()} do not broadcast: before the last two axes, counted from there, lengths must be equal or one of them 1."
            let batch = Shape.broadcast operation batchA batchB
            product batchA batchB batch (Array.append batch own)

    module Tensor =
        /// <summary>The sum of a_i b_i over two vectors of one length; derivatives b and a.</summary>
        /// <exception cref="T:System.ArgumentException">The shapes are not those of two vectors of one length.</exception>
        let dot (a: Tensor) (b: Tensor) : Real =
            let shapeA, shapeB = Tensor.Given("dot", a).Dimensions, Tensor.Given("dot", b).Dimensions
            if shapeA.Length <> 1 || not (Shape.areEqual shapeA shapeB) then
                Shape.fail
                    "dot"
                    $"expected two vectors of one length, got the shapes {Shape.text shapeA} and {Shape.text shapeB}. Use matmul for matrices, and the sum of a * b for the inner product of arrays."
            let op = MatrixProduct.Of([||], [||], [||], shapeA, shapeB, [||], false, false, 1, 1, shapeA[0])
            (Tensor.Bilinear(op, a, b)).ElementAt 0

        /// <summary>
        /// op(a) op(b), where op transposes the last two axes if the flag is set. Nothing is copied for that: it is a flag of the matrix
        /// product too.
        /// </summary>
        /// <remarks>Everything else is as in <c>matmul</c>. A vector is its own transpose.</remarks>
        /// <exception cref="T:System.ArgumentException">
        /// An operand is a number, the lengths that are summed over differ, or the batches do not broadcast.
        /// </exception>
        let matmulTransposed (transposeA: bool) (transposeB: bool) (a: Tensor) (b: Tensor) : Tensor =
            let shapeA, shapeB = Tensor.Given("matmul", a).Dimensions, Tensor.Given("matmul", b).Dimensions
            let op = matrixProduct "matmul" transposeA transposeB shapeA shapeB
            Tensor.Bilinear(op, a, b)

        /// <summary>
        /// The matrix product, by NumPy's rules: of matrices [m, k] and [k, n] it is [m, n]; the axes before the last two are a batch and
        /// broadcast; a vector is a row on the left and a column on the right, and its axis is not in the result, so that two vectors give
        /// a tensor without axes (<c>dot</c> gives a number).
        /// </summary>
        /// <remarks>
        /// Derivatives: aBar = yBar b^T, bBar = a^T yBar (Giles 2008, section 2.2.2), summed over the axes along which the operand was
        /// repeated. Cost: that of BLAS's gemm, where one matrix meets a batch of them as a single product.
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">
        /// An operand is a number, the lengths that are summed over differ, or the batches do not broadcast.
        /// </exception>
        let matmul (a: Tensor) (b: Tensor) : Tensor = matmulTransposed false false a b

        /// <summary>
        /// The tensor product: every element of a times every element of b, of the shape of a followed by that of b. Of two vectors it is
        /// the matrix a_i b_j.
        /// </summary>
        let outer (a: Tensor) (b: Tensor) : Tensor =
            let trailing = Array.create (Tensor.Given("outer", b).Rank) 1
            reshape (Array.append (Tensor.Given("outer", a).Dimensions) trailing) a * b

        /// <summary>
        /// Einstein's summation for any number of operands: "ij,jk->ik" is the matrix product. Letters that are not in the result are
        /// summed over; a letter that stands twice in one operand reads its diagonal ("ii->" is the trace); without an arrow the result has
        /// the letters that occur once, in alphabetical order.
        /// </summary>
        /// <remarks>
        /// Operands are contracted from the left, two at a time, by one batched matrix product each. Letters of one operand only are summed
        /// away first. An operand whose letters are in the order batch, own, summed (or batch, summed, own) is not copied.
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">
        /// The text cannot be read, names another number of operands or axes than there are, or gives one letter to axes of different
        /// lengths.
        /// </exception>
        let einsumOf (subscripts: string) (operands: Tensor seq) : Tensor =
            let operands = Seq.toArray operands
            let struct (letters, result) = Einsum.parse subscripts
            let length = Einsum.lengths subscripts letters (operands |> Array.map (fun x -> Tensor.Given("einsum", x).Dimensions))
            let mutable product = { Letters = letters[0]; Array = operands[0] }.As(Array.distinct letters[0])
            for index = 0 to operands.Length - 1 do
                let later = Array.concat letters[index + 1 ..]
                let wanted letter = Array.contains letter result || Array.contains letter later
                if index = 0 then
                    product <- product.SumTo wanted
                else
                    let operand = { Letters = letters[index]; Array = operands[index] }.As(Array.distinct letters[index])
                    let operand = operand.SumTo(fun letter -> wanted letter || Array.contains letter product.Letters)
                    // Letters that occur neither in this operand, nor in a later one, nor in the result, were summed when they came in.
                    let isLast = index = operands.Length - 1
                    let kept =
                        if isLast then result else Array.append product.Letters operand.Letters |> Array.distinct |> Array.filter wanted
                    product <- contract product operand kept length
            (product.As result).Array

        /// <summary>Einstein's summation for two operands: "ij,jk->ik" is the matrix product; see <c>einsumOf</c>.</summary>
        /// <exception cref="T:System.ArgumentException">
        /// The text cannot be read, names another number of operands or axes than there are, or gives one letter to axes of different
        /// lengths.
        /// </exception>
        let einsum (subscripts: string) (a: Tensor) (b: Tensor) : Tensor = einsumOf subscripts [| a; b |]
