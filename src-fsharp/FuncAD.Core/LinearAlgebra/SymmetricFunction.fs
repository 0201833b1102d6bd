namespace FuncAD

open System
open FuncAD.Matrices

/// <summary>
/// Eigenvalues, eigenvectors, and divided differences of a function at the eigenvalues, one table for each order of derivative: those of f,
/// or those of t -> f(2^e t) at 2^-e times the eigenvalues, where 2^e is the size of the largest.
/// </summary>
[<Sealed>]
type internal Spectrum(operation: string, f: Real -> Real, values: float[], vectors: Tensor) =
    let size = exponent values
    let tables = System.Collections.Concurrent.ConcurrentDictionary<struct (int * int), DividedDifferences>()

    let table (struct (order, e)) =
        if e = 0 then
            DividedDifferences(operation, f, values, order, false)
        else
            let scale = Real(Math.ScaleB(1.0, e))
            DividedDifferences(operation, (fun t -> f (scale * t)), values |> Array.map (fun w -> Math.ScaleB(w, -e)), order, e < 0)

    member _.Vectors = vectors
    member _.Count = values.Length
    member _.Exponent = size
    member _.Differences(order: int, e: int) : DividedDifferences = tables.GetOrAdd(struct (order, e), table)

/// <summary>
/// The eigenvalues at which a function is defined. Except for <c>Everywhere</c>, one of rounding size, of either sign, counts as 0.
/// </summary>
[<RequireQualifiedAccess>]
type internal Eigenvalues =
    | Everywhere
    | NotNegative
    | Positive

/// <summary>
/// A function of one number as a function of symmetric matrices: f(V diag(w) V^T) = V diag(f(w)) V^T. It has no value where an eigenvalue
/// is outside the domain.
/// </summary>
[<Sealed>]
type internal MatrixFunction(operation: string, f: Real -> Real, domain: Eigenvalues) =
    // replaced as a whole, so that threads see either the old pair or the new one
    let mutable last: (float[] * Spectrum voption) option = None
    member _.Operation = operation

    /// The rounding error of eigenvalues; 0 for a diagonal matrix, whose eigenvalues are its entries.
    static member private Rounding(a: Tensor, values: float[]) : float =
        let n = values.Length
        let isDiagonal = Seq.forall (fun i -> i / n = i % n || a.Elements[i] = 0.0) (seq { 0 .. n * n - 1 })
        if isDiagonal then 0.0 else Gaps.rounding (Tensor(values, [| n |], null))

    /// The spectrum of a matrix of plain numbers that is symmetric up to rounding; none where an entry is not finite or an eigenvalue is
    /// outside the domain. The last spectrum is kept, for the derivatives.
    member _.SpectrumOf(a: Tensor) : Spectrum voption =
        match last with
        | Some(known, spectrum) when Object.ReferenceEquals(known, a.Compact) -> spectrum
        | _ ->
            let spectrum =
                SymmetricEigen.Decompose(symmetric a)
                |> ValueOption.bind (fun (struct (values, vectors)) ->
                    let rounding = MatrixFunction.Rounding(a, values)
                    let known = values |> Array.map (fun w -> if domain <> Eigenvalues.Everywhere && abs w <= rounding then 0.0 else w)
                    let isInside w =
                        match domain with
                        | Eigenvalues.Everywhere -> true
                        | Eigenvalues.NotNegative -> w >= 0.0
                        | Eigenvalues.Positive -> w > 0.0
                    if Array.forall isInside known then ValueSome(Spectrum(operation, f, known, Tensor.ofMatrix vectors)) else ValueNone)
            last <- Some(a.Compact, spectrum)
            spectrum

/// <summary>
/// D^k f(A)[E1, ..., Ek], the k-th derivative of a matrix function along k matrices, at a symmetric A (f(A) itself for k = 0). In the basis
/// of A's eigenvectors its entry (i0, ik) is the sum of f[w_i0, ..., w_ik] (E_s1)_i0i1 ... (E_sk)_i(k-1)ik over all permutations s of the E
/// and all i1, ..., i(k-1) (Daleckii and Krein 1965; Higham, "Functions of Matrices", section 3.2). It is finite at repeated eigenvalues
/// wherever f has derivatives.
/// </summary>
/// <remarks>
/// The family is closed under differentiation: the derivative with respect to A adds a matrix. Since f(A) is the gradient of a trace,
/// &lt;Y, D^k f(A)[E1, ..., Ek]&gt; is symmetric in Y^T, E1, ..., Ek, so that pullbacks are members too. The E need not be symmetric. Cost:
/// k! n^(k+1), and 2 k + 2 products.
/// </remarks>
[<Sealed>]
type internal MatrixFunctionDerivative(f: MatrixFunction) =
    inherit Operation(f.Operation)

    static member Of(f: MatrixFunction, arguments: Tensor[]) : Tensor = Tensor.Apply(MatrixFunctionDerivative f, arguments)[0]

    static member private Orders(items: 'T list) : 'T list list =
        match items with
        | [] -> [ [] ]
        | _ ->
            items
            |> List.mapi (fun index item ->
                List.removeAt index items |> MatrixFunctionDerivative.Orders |> List.map (fun rest -> item :: rest))
            |> List.concat

    /// The sum above, over plain numbers.
    static member private Contract(differences: DividedDifferences, n: int, directions: float[][]) : float[] =
        let k = directions.Length
        let result = Array.zeroCreate<float>(n * n)
        let path = Array.zeroCreate<int>(k + 1)
        if k = 0 then
            for i = 0 to n - 1 do
                result[i * n + i] <- differences[[| i |]]
        let rec walk (order: float[][]) step product =
            if step = k then
                let entry = path[0] * n + path[k]
                result[entry] <- result[entry] + differences[path] * product
            else
                for next = 0 to n - 1 do
                    path[step + 1] <- next
                    walk order (step + 1) (product * order[step][path[step] * n + next])
        for order in (if k = 0 then [] else MatrixFunctionDerivative.Orders(List.ofArray directions)) do
            for start = 0 to n - 1 do
                path[0] <- start
                walk (Array.ofList order) 0 1.0
        result

    override _.Value x =
        let shape, k = x[0].Dimensions, x.Length - 1
        if x[0].Length = 0 then
            [| x[0] |]
        else
            match f.SpectrumOf x[0] with
            | ValueNone -> [| allNaN shape |]
            | ValueSome spectrum ->
                let v, n = spectrum.Vectors, spectrum.Count
                let directions = x[1..] |> Array.map (fun e -> leftTransposed v (matmul e v))
                let inner (e: int) (directions: Tensor[]) =
                    Tensor(
                        MatrixFunctionDerivative.Contract(spectrum.Differences(k, e), n, directions |> Array.map _.Elements),
                        shape,
                        null
                    )
                let plain = inner 0 directions
                let result =
                    if k = 0 || isFinite plain then
                        plain
                    else
                        // intermediate results may leave the range of double where the result does not: everything is scaled to size 1
                        let sizes = directions |> Array.map (fun e -> exponent e.Elements)
                        let all exponent = Array.create (n * n) exponent
                        let scaled = Array.map2 (fun size e -> scaleBy (all -size) e) sizes directions |> inner spectrum.Exponent
                        if isFinite scaled then scaleBy (all (Array.sum sizes - k * spectrum.Exponent)) scaled else plain
                [| matmul v (rightTransposed result v) |]

    override _.Pushforward(x, _, dx) =
        let part index dx =
            if isNone dx then null
            elif index = 0 then MatrixFunctionDerivative.Of(f, Array.append x [| dx |])
            else MatrixFunctionDerivative.Of(f, Array.updateAt index dx x)
        [| Array.mapi part dx |> Array.reduce plus |]

    override _.Pullback(x, _, yBar, needed) =
        let turned = transpose yBar[0]
        let part index =
            let arguments = if index = 0 then Array.append x [| turned |] else Array.updateAt index turned x
            if needed[index] then transpose (MatrixFunctionDerivative.Of(f, arguments)) else null
        Array.init x.Length part

/// <summary>Functions of symmetric matrices.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorSymmetricFunctions =
    module Tensor =
        /// <summary>
        /// f of a symmetric matrix: V diag(f(w)) V^T with its eigenvalues w and eigenvectors V. A is replaced by its symmetric part (A +
        /// A^T) / 2. Derivatives of every order, by divided differences of f (Daleckii and Krein 1965), are correct at repeated and close
        /// eigenvalues too.
        /// </summary>
        /// <remarks>
        /// f is called at the eigenvalues, and in Taylor mode for derivatives, which exist where f is smooth at the eigenvalues; where its
        /// slope is infinite, they are infinite or NaN. All entries are NaN where one of A is NaN or infinite. Cost: n^3, and k! n^(k+1)
        /// for derivatives of order k.
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">
        /// The matrix is not square, or f uses a number that is being differentiated besides its argument.
        /// </exception>
        let symmetricFunction (f: Real -> Real) (a: Tensor) : Tensor =
            expectSquare "symmetricFunction" a
            MatrixFunctionDerivative.Of(MatrixFunction("symmetricFunction", f, Eigenvalues.Everywhere), [| symmetric a |])
