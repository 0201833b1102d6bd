namespace FuncAD

open System
open System.Buffers
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// <summary>The directions of a pushforward.</summary>
type internal IDirections =
    abstract Count: int

    /// Writes the tangents of one number of the point in some directions in a row. False if all of them are structural zeros.
    abstract Seed: index: int * first: int * tangents: Span<float> -> bool

/// <summary>The unit vectors: a direction for each number of the point, in order.</summary>
[<Sealed>]
type internal UnitDirections(count: int) =
    interface IDirections with
        member _.Count = count

        member _.Seed(index, first, tangents) =
            let isOne = index >= first && index < first + tangents.Length
            if isOne then
                tangents.Clear()
                tangents[index - first] <- 1.0
            isOne

/// <summary>Vectors that are given.</summary>
[<Sealed>]
type internal GivenDirections(entries: float[][]) =
    interface IDirections with
        member _.Count = entries.Length

        member _.Seed(index, first, tangents) =
            for direction = 0 to tangents.Length - 1 do
                tangents[direction] <- entries[first + direction][index]
            tangents.ContainsAnyExcept 0.0

module internal Pushed =
    /// f runs several times, and must not change.
    let requireAsMany (operation: string) (expected: int) (actual: int) : unit =
        if actual <> expected then
            raise (
                InvalidOperationException(
                    $"{operation}: f returned {expected} numbers at first and {actual} numbers when it was run again at the same point. It must depend on its argument alone."
                )
            )

/// <summary>Takes the tangents of the results.</summary>
type internal ITangents =
    /// The number of results; called before the first row.
    abstract Open: results: int -> unit

    /// The tangents of one result in some directions in a row.
    abstract Take: result: int * first: int * tangents: ReadOnlySpan<float> -> unit

/// <summary>
/// J v for many v at once, by vector forward mode: one run of f for as many directions as fit. Each is bitwise equal to the one that is
/// computed alone, matrix products of tangents apart. A direction that has to be computed alone is not done: where f uses custom rules over
/// structures, numbers of lower levels or other threads, and where NaN may come from a structural zero.
/// </summary>
[<Sealed>]
type internal VectorPushforward<'P, 'Q>
    (operation: string, f: 'P -> 'Q, like: Skeleton, point: Leaves, directions: IDirections, tangents: ITangents) =
    /// The most directions of one run (measured: skinned hand, Lorenz' system).
    static let widest = 32

    /// The directions of a run whose tangents would take more memory than is permitted with the most: one vector.
    static let narrow = 8

    /// The most doubles that the tangents of numbers in a run may take: 256 MB.
    static let longest = 1L <<< 25
    let isDone: bool[] = Array.zeroCreate directions.Count
    let mutable width = widest
    let mutable isRefused = false
    let mutable result = ValueNone

    /// The inputs: those that move in no direction of the run stay constants.
    member private run.Inputs(level: VectorForward, first: int) : Leaves =
        let seeds = Array.zeroCreate level.Directions
        let numbers = Array.zeroCreate point.Numbers.Length
        for index = 0 to numbers.Length - 1 do
            let value = point.Numbers[index].value
            numbers[index] <-
                if directions.Seed(index, first, Span seeds) then
                    let slot = level.Input()
                    seeds.CopyTo(level.Tangents slot)
                    Real(value, slot, level)
                else
                    Real value
        let mutable next = numbers.Length
        let array (x: Tensor) =
            next <- next + x.Length
            Tensor.OnVector(level, x.Live.Value, run.Seeds(x, next - x.Length, first, seeds))
        { Numbers = numbers; Arrays = point.Arrays |> Leaves.mapItems array }

    /// The tangents of an array whose elements have the indices from <c>start</c> on; null if they move in no direction of the run.
    member private _.Seeds(x: Tensor, start: int, first: int, seeds: float[]) : Tensor =
        let mutable elements = null
        for index = 0 to x.Length - 1 do
            if directions.Seed(start + index, first, Span seeds) then
                if isNull elements then elements <- Array.zeroCreate (seeds.Length * x.Length)
                for direction = 0 to seeds.Length - 1 do
                    elements[direction * x.Length + index] <- seeds[direction]
        if isNull elements then null else Tensor(elements, Array.append [| seeds.Length |] x.Dimensions, null)

    /// Hands on the tangents of one result, and notes where one of them or the result is NaN. A derivative of 0 has no sign.
    member private _.HandOn(index: int, first: int, value: float, ofResult: Span<float>, isNaN: bool[]) : unit =
        for direction = 0 to isNaN.Length - 1 do
            let tangent = ofResult[direction] + 0.0
            ofResult[direction] <- tangent
            isNaN[direction] <- isNaN[direction] || Double.IsNaN tangent || Double.IsNaN value
        tangents.Take(index, first, Span.op_Implicit ofResult)

    /// Hands on the tangents of the results in the directions of a run.
    member private run.HandOn(level: VectorForward, results: Leaves, first: int) : unit =
        let isNaN = Array.zeroCreate level.Directions
        let zeros = Array.zeroCreate level.Directions
        for index = 0 to results.Numbers.Length - 1 do
            let y = Forward.lookThrough level results.Numbers[index]
            if y.IsAt level then
                run.HandOn(index, first, y.value, level.Tangents y.Slot, isNaN)
            else
                tangents.Take(index, first, ReadOnlySpan zeros)
        let mutable next = results.Numbers.Length
        for y in results.Arrays do
            let y = Forward.lookThroughArray level y
            let elements = if y.IsAt level then y.Tangents.Elements else null
            let ofElement = Array.zeroCreate level.Directions
            for index = 0 to y.Length - 1 do
                if isNull elements then
                    tangents.Take(next + index, first, ReadOnlySpan zeros)
                else
                    for direction = 0 to ofElement.Length - 1 do
                        ofElement[direction] <- elements[direction * y.Length + index]
                    run.HandOn(next + index, first, y.Elements[index], Span ofElement, isNaN)
            next <- next + y.Length
        for direction = 0 to level.Directions - 1 do
            isDone[first + direction] <- not isNaN[direction]

    /// One run of f, in some directions from <c>first</c> on. Nothing is handed on if the level is refused.
    member private run.Pass(first: int, count: int) : unit =
        let level = VectorForward(ArrayModes.vectorForward, count, longest)
        try
            let output =
                try
                    f (Flatten.argument like (run.Inputs(level, first))) |> Flatten.output operation |> ValueSome
                with _ when level.IsRefused ->
                    ValueNone
            level.End()
            match output with
            | ValueSome struct (skeleton, reader) when not level.IsRefused && not reader.HasFunctions ->
                let leaves = reader.Leaves
                let below (x: Tensor) = (Forward.lookThroughArray level x).Below level
                let primals = leaves |> Leaves.map (fun y -> (Forward.lookThrough level y).Below level) below
                match result with
                | ValueSome struct (_, before) -> Pushed.requireAsMany operation (Leaves.count before) (Leaves.count primals)
                | ValueNone ->
                    tangents.Open(Leaves.count primals)
                    result <- ValueSome struct (skeleton, primals)
                run.HandOn(level, leaves, first)
            | _ -> isRefused <- true
            if level.IsTooLong && width > narrow then
                width <- narrow
                isRefused <- false
        finally
            level.Release()

    /// Runs f until all directions are done or f is refused; tells which are done. A last one by itself is left to forward mode alone.
    member run.All() : bool[] =
        let mutable first = 0
        while first < directions.Count - 1 && not isRefused do
            let before = width
            let count = min width (directions.Count - first)
            run.Pass(first, count)
            if width = before then first <- first + count
        isDone

    /// The result's structure and the numbers in it, without derivatives: of the first run that was not refused.
    member _.Result = result

/// <summary>The rows of a Jacobian, as vector forward mode finds them.</summary>
[<Sealed>]
type internal JacobianRows(columns: int) =
    let mutable entries: Real[,] = null

    /// The matrix; null before the first row.
    member _.Entries = entries

    interface ITangents with
        member _.Open rows = entries <- Array2D.zeroCreate rows columns

        member _.Take(row, first, tangents) =
            let start = &Unsafe.As<byte, Real>(&MemoryMarshal.GetArrayDataReference(entries :> Array))
            let target = MemoryMarshal.CreateSpan(&start, entries.Length).Slice(row * columns + first, tangents.Length)
            for direction = 0 to tangents.Length - 1 do
                target[direction] <- Real tangents[direction]

/// <summary>The same as doubles, in an array that is given. Of another number of rows than expected nothing is written.</summary>
[<Sealed>]
type internal WrittenRows(rows: int, columns: int, into: float[]) =
    /// The number of rows that there are; -1 before the first.
    member val Rows = -1 with get, set

    interface ITangents with
        member written.Open results = written.Rows <- results

        member written.Take(row, first, tangents) =
            if written.Rows = rows then tangents.CopyTo(Span(into, row * columns + first, tangents.Length))

/// <summary>Products with vectors, the numbers of each in a row.</summary>
[<Sealed>]
type internal PushedVectors(vectors: int) =
    let products: float[][] = Array.zeroCreate vectors
    member _.Item vector = products[vector]

    interface ITangents with
        member _.Open results =
            for vector = 0 to vectors - 1 do
                products[vector] <- Array.zeroCreate results

        member _.Take(result, first, tangents) =
            for vector = 0 to tangents.Length - 1 do
                products[first + vector][result] <- tangents[vector]

module internal VectorPushforward =
    /// Tells whether vector forward mode can be tried at all.
    let private isPlain (leaves: Leaves) = leaves.Arrays |> Array.forall (fun x -> isNull x.Live.Node) && Leaves.arePlain leaves.Numbers

    /// f p and J v for each v, which must have the structure of p.
    let along<'P, 'Q> (operation: string) (parameter: string) (f: 'P -> 'Q) (p: 'P) (vs: 'P[]) : 'Q * 'Q[] =
        let struct (like, point) = Flatten.input operation "x" p
        let vectors = vs |> Array.map (Flatten.alike operation parameter like)
        let products = PushedVectors vs.Length
        let struct (isDone, result) =
            if isPlain point && Array.forall isPlain vectors then
                let directions = GivenDirections(vectors |> Array.map Leaves.values)
                let run = VectorPushforward<'P, 'Q>(operation, f, like, point, directions, products)
                struct (run.All(), run.Result)
            else
                struct (Array.zeroCreate vs.Length, ValueNone)
        let mutable value = ValueNone
        let product index =
            match result with
            | ValueSome struct (skeleton, leaves) when isDone[index] -> Flatten.rebuild skeleton (Leaves.ofValues leaves products[index])
            | _ ->
                let struct (primal, tangent) = Pushforward.run operation f like point vectors[index]
                value <- ValueSome primal
                tangent
        let tangents = Array.init vs.Length product
        match result, value with
        | ValueSome struct (skeleton, leaves), ValueNone -> Flatten.rebuild skeleton leaves, tangents
        | _, ValueSome value -> value, tangents
        | _ -> f p, tangents // no vectors

    /// The Jacobian: its columns are those of the numbers of p, in order, and its rows those of the result. Null for p without numbers.
    let jacobian (operation: string) (f: 'P -> 'Q) (like: Skeleton) (point: Leaves) : Real[,] =
        let count = Leaves.count point
        let jacobian = JacobianRows count
        let run = VectorPushforward<'P, 'Q>(operation, f, like, point, UnitDirections count, jacobian)
        let isDone = if isPlain point then run.All() else Array.zeroCreate count
        for j = 0 to count - 1 do
            if not isDone[j] then
                let struct (_, tangent) = Pushforward.run operation f like point (Leaves.unit' point j)
                let struct (_, reader) = Flatten.output operation tangent
                let column = Leaves.elements reader.Leaves
                if isNull jacobian.Entries then (jacobian :> ITangents).Open column.Length
                Pushed.requireAsMany operation (Array2D.length1 jacobian.Entries) column.Length
                for i = 0 to column.Length - 1 do
                    jacobian.Entries[i, j] <- column[i]
        jacobian.Entries

    /// Writes the Jacobian, row after row, where one is in reach of vector forward mode and has as many entries. Otherwise false.
    let tryWrite (operation: string) (f: Real[] -> Real[]) (x: Real[]) (into: Span<float>) : bool =
        if x.Length < 2 then
            false
        else
            let rows = into.Length / x.Length
            let entries = ArrayPool<float>.Shared.Rent into.Length
            try
                let written = WrittenRows(rows, x.Length, entries)
                let like, point = Flatten.ofNumbers x.Length, Leaves.ofNumbers x
                let run = VectorPushforward<Real[], Real[]>(operation, f, like, point, UnitDirections x.Length, written)
                let isWhole = run.All() |> Array.forall id && written.Rows = rows && rows * x.Length = into.Length
                if isWhole then ReadOnlySpan(entries, 0, into.Length).CopyTo into
                isWhole
            finally
                ArrayPool.Shared.Return entries
