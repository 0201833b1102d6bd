namespace FuncAD

open System
open System.Collections.Generic

/// <summary>
/// The derivatives of a function from one structure to another at a point: a matrix whose columns stand for the numbers of the parameter
/// and whose rows stand for those of the result. A Hessian is the Jacobian of the gradient: both are structures of one type.
/// </summary>
/// <remarks>
/// Parts are chosen by functions, as in <c>j.Block(y => y.Prices, p => p.Rates)</c>. The entries are numbers like others, and may
/// be differentiated.
/// </remarks>
[<Sealed>]
type JacobianBlocks<'P, 'Q> internal (like: Skeleton, point: Leaves, result: Skeleton, value: Leaves, entries: Real[,]) =

    /// A number for each place, by which it is known again. They are scattered (Knuth's multiplicative hashing), so that nothing that is
    /// computed from some of them is taken for another.
    static let marks count =
        Array.init count (fun place -> Math.ScaleB(float (uint64 (place + 1) * 0x9E3779B97F4A7C15UL >>> 12), -52) + 1.0)

    static let marked (like: Skeleton) (leaves: Leaves) : 'S = Flatten.rebuild like (Leaves.ofValues leaves (marks (Leaves.count leaves)))

    /// The shape of what was chosen.
    static let shape (skeleton: Skeleton) (count: int) : int[] =
        match skeleton.Structure with
        | :? NumberShape -> [||]
        | :? TensorShape -> skeleton.Rest :?> int[]
        | :? NumberGridShape -> (skeleton.Rest :?> Extents).Lengths
        | _ -> [| count |]

    /// The places of what a function chooses, and its shape.
    static let places (operation: string) (name: string) (choose: Func<'S, 'A>) (like: Skeleton) (leaves: Leaves) : struct (int[] * int[]) =
        if isNull choose then nullArg name
        let struct (skeleton, reader) = Flatten.result operation name (choose.Invoke(marked like leaves))
        let known = Dictionary<float, int>()
        marks (Leaves.count leaves) |> Array.iteri (fun place mark -> known[mark] <- place)
        let place (mark: float) =
            match known.TryGetValue mark with
            | true, place -> place
            | _ ->
                reader.Fail
                    "it must choose numbers of the structure as they are, as p => p.Weights does, but it returned a number that is none of them. Compute with the block instead."
        let chosen = Leaves.values reader.Leaves |> Array.map place
        struct (chosen, shape skeleton chosen.Length)

    /// The place of the one number that a function chooses.
    static let single operation name (choose: Func<'S, Real>) like leaves : int =
        let struct (chosen, _) = places operation name choose like leaves
        chosen[0]

    /// <summary>
    /// All entries in a new array, [i, j] the derivative of number i of the result with respect to number j of the parameter. A structure's
    /// numbers come first, in order, then the elements of its tensors.
    /// </summary>
    member _.Matrix: Real[,] = Array2D.copy entries

    /// <summary>
    /// The derivatives of one part of the result with respect to one part of the parameter, a tensor with the axes of the first and then
    /// those of the second: none for a number, one for an array or a list, those of a tensor. Of other structures the numbers are one axis.
    /// </summary>
    /// <param name="row">Chooses a part of the result.</param>
    /// <param name="column">Chooses a part of the parameter.</param>
    /// <exception cref="T:System.ArgumentException">A function computes instead of choosing.</exception>
    /// <example><code>hessian.Block(p => p.Weights, p => p.Bias)</code></example>
    member _.Block(row: Func<'Q, 'A>, column: Func<'P, 'B>) : Tensor =
        let struct (rows, rowShape) = places "Block" (nameof row) row result value
        let struct (columns, columnShape) = places "Block" (nameof column) column like point
        Tensor.OfReals(
            [| for i in rows do
                   for j in columns -> entries[i, j] |],
            Array.append rowShape columnShape
        )

    /// <summary>The gradient of one number of the result, in the structure of the parameter.</summary>
    /// <exception cref="T:System.ArgumentException">The function computes instead of choosing.</exception>
    member _.Row(row: Func<'Q, Real>) : 'P =
        let i = single "Row" (nameof row) row result value
        Flatten.rebuild like (Leaves.ofElements point entries[i, *])

    /// <summary>The derivative of the result with respect to one number of the parameter, in the structure of the result.</summary>
    /// <exception cref="T:System.ArgumentException">The function computes instead of choosing.</exception>
    member _.Column(column: Func<'P, Real>) : 'Q =
        let j = single "Column" (nameof column) column like point
        Flatten.rebuild result (Leaves.ofElements value entries[*, j])

    /// <summary>The product of the matrix with a vector, which has the structure of the parameter.</summary>
    /// <exception cref="T:System.ArgumentException">v does not have the structure of the parameter.</exception>
    member _.Apply(v: 'P) : 'Q =
        let v = Flatten.alike "Apply" (nameof v) like v |> Leaves.elements
        let row i = Sums.dot entries[i, *] v
        Flatten.rebuild result (Leaves.ofElements value (Array.init (Array2D.length1 entries) row))

module internal JacobianBlocks =
    let private ofColumns rows (columns: Real[][]) = Array2D.init rows columns.Length (fun i j -> columns[j][i])

    /// The Jacobian, in forward mode if there are no more numbers in the parameter than in the result, in reverse mode otherwise.
    let jacobian (f: 'P -> 'Q) (p: 'P) : JacobianBlocks<'P, 'Q> =
        let struct (like, point) = Flatten.input "Jacobian" "x" p
        let struct (result, reader) =
            f (Flatten.argument like (point |> Leaves.map (fun x -> Real x.value) _.Value)) |> Flatten.output "Jacobian"
        if reader.HasFunctions then reader.Fail "it holds a function; a Jacobian has rows for numbers only. Apply it inside f."
        let value = reader.Leaves
        let rows, columns = Leaves.count value, Leaves.count point
        let entries =
            if columns <= rows then
                let column j =
                    let struct (_, tangent) = Pushforward.run "Jacobian" f like point (Leaves.unit' point j)
                    Flatten.alike "Jacobian" "the result of f" result tangent |> Leaves.elements
                ofColumns rows (Array.init columns column)
            else
                let recording = Recording<'P, 'Q>("Jacobian", f, p)
                try
                    Flatten.alike "Jacobian" "the result of f" result recording.Value |> ignore
                    let row i = recording.Pull(Leaves.unit' value i) |> Leaves.elements
                    let rows = if point.Arrays.Length + value.Arrays.Length = 0 then recording.Rows() else Array.init rows row
                    Array2D.init rows.Length columns (fun i j -> rows[i][j])
                finally
                    recording.Release()
        JacobianBlocks(like, point, result, value, entries)

    /// The Hessian: the Jacobian of the gradient.
    let hessian (f: 'P -> Real) (p: 'P) : JacobianBlocks<'P, 'P> =
        let struct (like, point) = Flatten.input "Hessian" "x" p
        JacobianBlocks(like, point, like, point, ofColumns (Leaves.count point) (HessianProducts.all f like point))
