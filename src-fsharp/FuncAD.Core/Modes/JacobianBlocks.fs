namespace FuncAD

open System
open System.Collections.Generic

/// <summary>A block was made of entries whose level follows single numbers only.</summary>
[<Sealed>]
type internal BlockAtRuleLevelException(inner: exn) =
    inherit
        NotSupportedException(
            "Block: the entries belong to a function that Compile, Explain, Symbolic or Taylor follows, which follow single numbers, and a block is a Tensor. "
            + "Take Row(..), Column(..) or Matrix[i, j] in such a function.",
            inner
        )

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

    /// The shape of what was chosen.
    static let shape (skeleton: Skeleton) (count: int) : int[] =
        match skeleton.Structure with
        | :? NumberShape -> [||]
        | :? TensorShape -> skeleton.Rest :?> int[]
        | :? NumberGridShape -> (skeleton.Rest :?> Extents).Lengths
        | _ -> [| count |]

    /// The place of the one number that a function chooses.
    static let single operation name (choose: Func<'S, Real>) like leaves : int =
        let struct (_, places) = Choice.places operation name choose like leaves
        places[0]

    let rowNames () = LeafNames.paths "y" result
    let columnNames () = LeafNames.paths "x" like

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
    /// <remarks>Each function is run several times, at the point and at made-up ones, by which choosing is told from computing.</remarks>
    /// <exception cref="T:System.ArgumentException">A function computes instead of choosing, or chooses no numbers.</exception>
    /// <exception cref="T:System.NotSupportedException">
    /// The entries belong to a function for Compile, Explain, Symbolic or Taylor, which follow single numbers: take Row, Column or Matrix.
    /// </exception>
    /// <example><code>hessian.Block(p => p.Weights, p => p.Bias)</code></example>
    member _.Block(row: Func<'Q, 'A>, column: Func<'P, 'B>) : Tensor =
        let struct (rowPart, rows) = Choice.places "Block" (nameof row) row result value
        let struct (columnPart, columns) = Choice.places "Block" (nameof column) column like point
        let chosen =
            [| for i in rows do
                   for j in columns -> entries[i, j] |]
        try
            Tensor.OfReals(chosen, Array.append (shape rowPart rows.Length) (shape columnPart columns.Length))
        with :? ArrayAtRuleLevelException as error ->
            raise (BlockAtRuleLevelException error)

    /// All entries of a function from tensor to tensor: with the axes of the result and then those of the parameter.
    member internal _.OfTensors() : Tensor =
        let shape = Array.append value.Arrays[0].Dimensions point.Arrays[0].Dimensions
        let all = Array.zeroCreate entries.Length
        let columns = Array2D.length2 entries
        for i = 0 to Array2D.length1 entries - 1 do
            for j = 0 to columns - 1 do
                all[i * columns + j] <- entries[i, j]
        if Leaves.arePlain all then Tensor(all |> Array.map _.value, shape, null) else Tensor.OfReals(all, shape)

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

    /// <summary>The names of the numbers of the result, as in "Prices[0]": those of the rows of the matrix, in order.</summary>
    member _.RowNames: string[] = rowNames ()

    /// <summary>The names of the numbers of the parameter, as in "Weights[0, 1]": those of the columns of the matrix, in order.</summary>
    member _.ColumnNames: string[] = columnNames ()

    /// <summary>The size and the values of the matrix with the names of its rows and columns; of a large one the first of each.</summary>
    override _.ToString() =
        let table = Format.table (rowNames ()) (columnNames ()) (entries |> Array2D.map _.value)
        $"{Array2D.length1 entries} x {Array2D.length2 entries}{table}"

/// <summary>Which mode computes a Jacobian sooner, by its size alone, so that the answer does not depend on the machine.</summary>
module internal JacobianMode =
    /// In forward mode, one run of f with this many directions is sooner than any other way.
    let oneRun = 32

    /// Runs of f on plain numbers that take as long, about, as one run with 32 directions; as one that is recorded; and as a sweep of eight
    /// rows (measured on programs of multiplications and elementary functions).
    let private costOfDirections, private costOfRecording, private costOfRows = 6.0, 3.0, 2.0

    /// Where f computes on numbers alone.
    let isForward (columns: int) (rows: int) : bool =
        let groups (count: int) (size: int) = float ((count + size - 1) / size)
        columns <= oneRun || costOfDirections * groups columns oneRun <= costOfRecording + costOfRows * groups rows 8

module internal JacobianBlocks =
    let private ofColumns rows (columns: Real[][]) = Array2D.init rows columns.Length (fun i j -> columns[j][i])

    /// The Jacobian in the cheaper mode. With tensors a direction and a row are as dear as each other.
    let jacobian (f: 'P -> 'Q) (p: 'P) : JacobianBlocks<'P, 'Q> =
        let struct (like, point) = Flatten.input "Jacobian" "x" p
        let struct (result, reader) = f (Flatten.argument like (Leaves.constants point)) |> Flatten.output "Jacobian"
        if reader.HasFunctions then reader.Fail "it holds a function; a Jacobian has rows for numbers only. Apply it inside f."
        let value = reader.Leaves
        let rows, columns = Leaves.count value, Leaves.count point
        let hasArrays = point.Arrays.Length + value.Arrays.Length > 0
        let isForward = if hasArrays then columns <= rows else JacobianMode.isForward columns rows
        let entries =
            if isForward then
                match VectorPushforward.jacobian "Jacobian" f like point with
                | null -> Array2D.zeroCreate rows 0
                | entries when Array2D.length1 entries = rows -> entries
                | entries ->
                    Pushed.requireAsMany "Jacobian" rows (Array2D.length1 entries)
                    entries
            else
                let recording = Recording<'P, 'Q>("Jacobian", f, p)
                try
                    Flatten.alike "Jacobian" "the result of f" result recording.Value |> ignore
                    let row i = recording.Pull(Leaves.unit' value i) |> Leaves.elements
                    let rows = if not hasArrays then recording.Rows() else Array.init rows row
                    Array2D.init rows.Length columns (fun i j -> rows[i][j])
                finally
                    recording.Release()
        JacobianBlocks(like, point, result, value, entries)

    /// The Hessian: the Jacobian of the gradient.
    let hessian (f: 'P -> Real) (p: 'P) : JacobianBlocks<'P, 'P> =
        let struct (like, point) = Flatten.input "Hessian" "x" p
        JacobianBlocks(like, point, like, point, ofColumns (Leaves.count point) (HessianProducts.all f like point))
