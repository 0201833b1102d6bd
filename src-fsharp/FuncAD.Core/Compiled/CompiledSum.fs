namespace FuncAD

open System
open System.Runtime.InteropServices
open System.Threading
open FuncAD.Compiled

#nowarn "9"

/// <summary>
/// The sums over the data of some results: the first is a value and the others are derivatives. The derivatives are those that the
/// operators compute: stopped gradients and custom rules of the function hold here as well.
/// </summary>
[<Sealed>]
type internal SumOfKind
    (
        parameters: float[],
        datum: float[],
        options: CompileOptions,
        outputs: int,
        results: Real[] -> Real[] -> Real[],
        checkUnchanged: unit -> unit
    ) =
    /// The results as a function of all numbers, parameters first.
    let joined (x: Real[]) = results x[.. parameters.Length - 1] x[parameters.Length ..]

    /// The function for one datum: for data that take no known path, and for those whose results are in doubt.
    let single = lazy (Compiled<Real[], Real[]>(joined, Array.map Real (Array.append parameters datum), options))

    let mutable paths: SumPath[] = [||]

    /// Adds the path of the first datum that takes no known path. Returns false if there is none, or no room for it: data on known paths
    /// are in doubt, and tracing their path again would not help.
    let discover (parameters: float[]) (data: float[] seq) : bool =
        lock datum (fun () ->
            paths.Length < options.MaximumPaths
            && (match data |> Seq.tryFind (fun datum -> not (paths |> Array.exists _.IsTaken(parameters, datum))) with
                | None -> false
                | Some datum ->
                    checkUnchanged ()
                    match SumPath.follow joined 1 parameters datum options with
                    | null -> false
                    | path ->
                        Volatile.Write(&paths, Array.append [| path |] paths)
                        true))

    /// The sums of the results over data in columns.
    member kind.Sum(parameters: float[], data: ReadOnlySpan<float>, cancellation: CancellationToken, progress: IProgress<float>) : float[] =
        if data.IsEmpty then Array.zeroCreate outputs else kind.SumOfSome(parameters, data, cancellation, progress)

    member private _.SumOfSome
        (parameters: float[], data: ReadOnlySpan<float>, cancellation: CancellationToken, progress: IProgress<float>)
        : float[] =
        let count = data.Length / datum.Length
        use columns = fixed &MemoryMarshal.GetReference data
        let at (point: int) =
            let columns = columns in Array.init datum.Length (fun index -> NativeInterop.NativePtr.get columns (index * count + point))
        let attempt () =
            let mutable found = struct (null, [||])
            let mutable index = 0
            let known = Volatile.Read &paths
            while index < known.Length && (let struct (total, _) = found in isNull total) do
                found <- known[index].Run(parameters, columns, count, cancellation, progress)
                index <- index + 1
            found
        let mutable found = attempt ()
        let isGood (struct (total: float[], leftOut: int[])) = not (isNull total) && 2 * leftOut.Length <= count
        if not (isGood found) then
            let struct (total, leftOut) = found
            if discover parameters ((if isNull total then [| 0 |] else leftOut) |> Seq.map at) then
                let again = attempt ()
                if isGood again || isNull total then found <- again
        let struct (total, leftOut) = found
        let sums = if isNull total then Array.zeroCreate outputs else total
        let rest = if isNull total then Array.init count id else leftOut
        let results = Array.zeroCreate<float> sums.Length
        if rest.Length > 0 && not single.IsValueCreated then checkUnchanged ()
        for point in rest do
            cancellation.ThrowIfCancellationRequested()
            single.Value.Run(ReadOnlySpan(Array.append parameters (at point)), Span results)
            for index = 0 to sums.Length - 1 do
                sums[index] <- sums[index] + results[index]
        sums

/// <summary>
/// A sum of f(parameters, datum) over data, with its derivatives with respect to the parameters, compiled by AD.CompileSum. It may be
/// called from many threads at once.
/// </summary>
/// <remarks>
/// f is compiled for one datum; what depends on the parameters alone is computed once a call, the rest in vectors over the data and on all
/// cores. Results are bitwise equal for any number of threads. Data are columns: data[i * count + k] is number i of datum k, and count is
/// the length of data divided by the numbers of a datum. Captured values and parts that are not Reals are constants of the program, as in a
/// compiled function; parameters or data in which such parts differ are refused.
/// </remarks>
[<Sealed>]
type CompiledSum<'P, 'D>
    internal
    (f: 'P -> 'D -> Real, exampleParameters: 'P, exampleDatum: 'D, options: CompileOptions, hessian: (Real[] -> Real) -> Real[] -> Real[,])
    =
    let takenApart (name: string) (value: 'T) : struct (Skeleton * float[]) =
        let struct (like, parts) = Flatten.example "CompileSum" name value
        if parts.Arrays.Length > 0 then
            raise (
                ArgumentException(
                    $"CompileSum: {name} holds a tensor. Compiled programs compute with single numbers: pass Real[] and index it.",
                    name
                )
            )
        struct (like, parts.Numbers |> Array.map _.Bottom.value)

    let struct (likeParameters, parameters) = takenApart "exampleParameters" exampleParameters

    do
        if not (Structures.of'<'D>()).HasNumbers then
            raise (
                ArgumentException(
                    $"CompileSum: a datum of type {typeof<'D>} holds no Real. Programs read their data as Reals: make it a Real, a Real[] or a record of them.",
                    "exampleDatum"
                )
            )

    let struct (likeDatum, datum) = takenApart "exampleDatum" exampleDatum

    do
        if datum.Length = 0 then
            raise (
                ArgumentException(
                    "CompileSum: exampleDatum holds no numbers, so that data cannot be told apart. Give it as many as a datum has.",
                    "exampleDatum"
                )
            )

    /// A copy of numbers in a structure, for f, which may write into it.
    let own (example: Skeleton) (numbers: Real[]) : 'T = Flatten.argument example (Leaves.ofNumbers (Array.copy numbers))

    let value (p: Real[]) (d: Real[]) : Real = f (own likeParameters p) (own likeDatum d)

    let atExample () = [| (value (Array.map Real parameters) (Array.map Real datum)).Value |]
    let before = atExample ()
    let checkUnchanged () = Path.checkUnchanged "A compiled sum" before atExample

    let n = parameters.Length
    let lower (matrix: int -> int -> Real) =
        [| for i in 0 .. n - 1 do
               for j in 0..i -> matrix i j |]

    let kind (outputs: int) (results: Real[] -> Real[] -> Real[]) =
        lazy (SumOfKind(parameters, datum, options, outputs, results, checkUnchanged))
    let valueAndGradient (p: Real[]) (d: Real[]) = Recording.valueAndGradient "CompileSum" (fun p -> value p d) p
    let triangle = n * (n + 1) / 2

    let values = kind 1 (fun p d -> [| value p d |])

    let gradients =
        kind (1 + n) (fun p d ->
            let struct (value, gradient) = valueAndGradient p d
            Array.append [| value |] gradient)

    let hessians =
        kind (1 + n + triangle) (fun p d ->
            let struct (y, gradient) = valueAndGradient p d
            let h = hessian (fun p -> value p d) p
            Array.concat [ [| y |]; gradient; lower (fun i j -> h[i, j]) ])

    let normals =
        kind (1 + n + triangle) (fun p d ->
            let struct (r, gradient) = valueAndGradient p d
            Array.concat [ [| r * r |]; gradient |> Array.map (fun g -> g * r); lower (fun i j -> gradient[i] * gradient[j]) ])

    let numbersLike (parameter: string) (example: Skeleton) (value: 'T) : Real[] =
        let reader = LeafReader("A compiled sum", parameter, Others.Compare, ValueNone)
        Flatten.matching reader "A compiled sum" parameter example value
        if not reader.IsLikeInOthers then
            reader.Fail(
                "a part that is not a Real differs from the example's, whose value is a constant of the program. Compile a sum for each value of that part, make it a "
                + "Real and choose with Real.Select, or leave it out."
            )
        reader.Leaves.Numbers

    /// A number as a double. Numbers that are being differentiated or traced are refused.
    let plain (operation: string) (number: Real) : float =
        if isNull number.Live.node then
            number.value
        else
            PlainReading.refuseWith
                $"CompiledSum.{operation}"
                ("Invoke gives the sum as a number that can be differentiated; where constants are meant, pass StopGradient of the argument.")

    let plainParameters (operation: string) (p: 'P) : float[] = numbersLike "parameters" likeParameters p |> Array.map (plain operation)

    let checkData (data: ReadOnlySpan<float>) =
        if data.Length % datum.Length <> 0 then
            raise (
                ArgumentException($"A compiled sum: a datum has {datum.Length} numbers, and {data.Length} is no multiple of that.", "data")
            )

    let structure (gradient: float[]) : 'P = Flatten.rebuild likeParameters (Leaves.ofNumbers (Array.map Real gradient))

    let split (sums: float[]) : struct (float * float[] * float[,]) =
        struct (sums[0], sums[1..n], Array2D.init n n (fun i j -> let i, j = max i j, min i j in sums[1 + n + i * (i + 1) / 2 + j]))

    /// <summary>The number of numbers in the parameters.</summary>
    member _.Parameters = parameters.Length

    /// <summary>The number of numbers in a datum.</summary>
    member _.DatumNumbers = datum.Length

    /// <summary>Data as columns, in the order of their structure.</summary>
    /// <exception cref="T:System.ArgumentException">
    /// A datum does not have the structure of the example, or differs from it in parts that are not Reals.
    /// </exception>
    member _.Columns(data: 'D seq) : float[] =
        if isNull data then nullArg (nameof data)
        let rows = data |> Seq.map (fun d -> numbersLike "data" likeDatum d |> Array.map (plain "Columns")) |> Seq.toArray
        Array.init (rows.Length * datum.Length) (fun index -> rows[index % rows.Length][index / rows.Length])

    /// <summary>The sum over the data.</summary>
    /// <exception cref="T:System.ArgumentException">
    /// The parameters do not have the structure of the example, or the data are not columns of equal length.
    /// </exception>
    member _.Value(parameters: 'P, data: ReadOnlySpan<float>) : float =
        checkData data
        values.Value.Sum(plainParameters "Value" parameters, data, CancellationToken.None, null)[0]

    /// <summary>The sum over the data and its gradient, in the structure of the parameters.</summary>
    /// <remarks>
    /// A factor that all terms of a derivative share is multiplied with their sum: derivatives are pulled back to the parameters last.
    /// </remarks>
    /// <param name="parameters">The parameters.</param>
    /// <param name="data">The data, as columns.</param>
    /// <param name="cancellation">Ends the sum between two chunks of data.</param>
    /// <param name="progress">
    /// Receives the fraction done, from any thread; may be null. If the sum has to be computed again, with every factor inside it, the
    /// fraction begins again at 0.
    /// </param>
    /// <exception cref="T:System.ArgumentException">
    /// The parameters do not have the structure of the example, or the data are not columns of equal length.
    /// </exception>
    /// <exception cref="T:System.OperationCanceledException">The sum was cancelled.</exception>
    member _.ValueAndGrad
        (parameters: 'P, data: ReadOnlySpan<float>, cancellation: CancellationToken, progress: IProgress<float>)
        : struct (float * 'P) =
        checkData data
        let sums = gradients.Value.Sum(plainParameters "ValueAndGrad" parameters, data, cancellation, progress)
        struct (sums[0], structure sums[1..])

    /// <summary>As the other ValueAndGrad, without cancellation and progress.</summary>
    member sum.ValueAndGrad(parameters: 'P, data: ReadOnlySpan<float>) : struct (float * 'P) =
        sum.ValueAndGrad(parameters, data, CancellationToken.None, null)

    /// <summary>On plain numbers: returns the sum and writes its gradient.</summary>
    /// <exception cref="T:System.ArgumentException">A span has the wrong length.</exception>
    member sum.Run(parameters: ReadOnlySpan<float>, data: ReadOnlySpan<float>, gradient: Span<float>) : float =
        checkData data
        let check (name: string) (length: int) (expected: int) =
            if length <> expected then
                raise (ArgumentException($"A compiled sum: the parameters have {expected} numbers, got {length}.", name))
        check (nameof parameters) parameters.Length sum.Parameters
        check (nameof gradient) gradient.Length sum.Parameters
        let sums = gradients.Value.Sum(parameters.ToArray(), data, CancellationToken.None, null)
        sums.AsSpan(1).CopyTo gradient
        sums[0]

    /// <summary>
    /// The sum over the data, its gradient and its matrix of second derivatives, by the order of the parameters' numbers.
    /// </summary>
    /// <remarks>
    /// Meant for some tens of parameters: each datum contributes to all entries. The matrix is symmetric: if the second derivatives of a
    /// custom rule are not, it has their lower triangle.
    /// </remarks>
    member _.Hessian(parameters: 'P, data: ReadOnlySpan<float>) : struct (float * float[] * float[,]) =
        checkData data
        split (hessians.Value.Sum(plainParameters "Hessian" parameters, data, CancellationToken.None, null))

    /// <summary>
    /// For residuals r_k = f(parameters, datum_k): the sum of r_k^2, J^T r and J^T J, where J has the gradients of the residuals as rows. A
    /// Gauss-Newton step solves J^T J s = -J^T r.
    /// </summary>
    /// <remarks>Meant for some tens of parameters: each datum contributes to all entries.</remarks>
    member _.NormalEquations(parameters: 'P, data: ReadOnlySpan<float>) : struct (float * float[] * float[,]) =
        checkData data
        split (normals.Value.Sum(plainParameters "NormalEquations" parameters, data, CancellationToken.None, null))

    /// <summary>
    /// The sum over the data as a number that can be differentiated: where the parameters belong to a derivative or a trace, f itself runs
    /// for each datum.
    /// </summary>
    member sum.Invoke(parameters: 'P, data: ReadOnlySpan<float>) : Real =
        checkData data
        let numbers = numbersLike "parameters" likeParameters parameters
        if numbers |> Array.forall (fun x -> isNull x.Live.node) then
            Real(sum.Value(parameters, data))
        else
            let count = data.Length / datum.Length
            let mutable total = Real 0.0
            for point = 0 to count - 1 do
                let datum = Array.zeroCreate<Real> datum.Length
                for index = 0 to datum.Length - 1 do
                    datum[index] <- Real data[index * count + point]
                total <- total + f (own likeParameters numbers) (own likeDatum datum)
            total
