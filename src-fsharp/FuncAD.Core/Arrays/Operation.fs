namespace FuncAD

open System

// What every mode needs to know about an operation on arrays. Arguments and results are structs, one for each number of them, so that lifting allocates
// nothing for them and is compiled for each operation by itself.

/// <summary>The arguments of an operation.</summary>
type internal IArguments<'X> =
    /// The arguments as the operation sees them from below the level.
    abstract Below: level: Level -> 'X

    /// Their tangents at a level of forward mode; null for arguments that are constants there.
    abstract Tangents: level: Level -> 'X

/// <summary>The results of an operation.</summary>
type internal IResults<'Y> =
    /// The results with these tangents; null for a structural zero.
    abstract OnForward: level: ForwardLevel * tangents: 'Y -> 'Y

    /// The results on a tape, whose backpropagator has this slot.
    abstract OnTape: tape: Tape * slot: float -> 'Y

/// <summary>
/// An operation on arrays. Modes know nothing else about it, and a mode that lifts this contract (ArrayNodes.fs) lifts all operations.
/// </summary>
type internal IOperation<'X, 'Y> =
    /// The operation itself, on arguments of any levels: constants are computed, others are lifted by their highest level.
    abstract Apply: x: 'X -> 'Y

    /// The tangents of the results. Not all tangents of the arguments are structural zeros.
    abstract Pushforward: x: 'X * y: 'Y * dx: 'X -> 'Y

    /// The pullback: a backpropagator from the results to those of the arguments that are on the tape. Later operations have not been recorded yet, so
    /// that the results get the next indices of arrays.
    abstract Backpropagator: tape: Tape * arguments: 'X * x: 'X * y: 'Y -> Backpropagator<ArrayCotangents>

/// <summary>One array.</summary>
[<Struct; NoEquality; NoComparison>]
type internal One(array: Tensor) =
    member _.Array = array

    interface IArguments<One> with
        member _.Below level = One(array.Below level)
        member _.Tangents level = if array.IsAt level then One array.Tangent else One null

    interface IResults<One> with
        member _.OnForward(level, tangents) = One(Tensor.OnForward(level, array, tangents.Array))
        member _.OnTape(tape, _) = One(Tensor.OnTape(tape, array, tape.NewArray()))

/// <summary>Two arrays.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Two(a: Tensor, b: Tensor) =
    member _.A = a
    member _.B = b

    interface IArguments<Two> with
        member _.Below level = Two(a.Below level, b.Below level)
        member _.Tangents level = Two((if a.IsAt level then a.Tangent else null), (if b.IsAt level then b.Tangent else null))

/// <summary>Any number of arrays.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Many(arrays: Tensor[]) =
    member _.Arrays = arrays

    interface IArguments<Many> with
        member _.Below level = Many(arrays |> Array.map _.Below(level))
        member _.Tangents level = Many(arrays |> Array.map (fun x -> if x.IsAt level then x.Tangent else null))

    interface IResults<Many> with
        member _.OnForward(level, tangents) = Many(Array.map2 (fun y dy -> Tensor.OnForward(level, y, dy)) arrays tangents.Arrays)
        member _.OnTape(tape, _) = Many(arrays |> Array.map (fun y -> Tensor.OnTape(tape, y, tape.NewArray())))

/// <summary>Numbers, and for tangents which of them are there (1) and which are structural zeros (0).</summary>
[<Struct; NoEquality; NoComparison>]
type internal Numbers(items: Real[], reached: float[]) =
    member _.Items = items
    member _.Reached = reached

    interface IArguments<Numbers> with
        member _.Below level = Numbers(items |> Array.map _.Below(level), null)

        member _.Tangents level =
            Numbers(
                items |> Array.map (fun x -> if x.IsAt level then x.Tangent else Real 0.0),
                items |> Array.map (fun x -> if x.IsAt level then 1.0 else 0.0)
            )

/// <summary>One number, and for a tangent whether it is there.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Number(item: Real, isReached: bool) =
    member _.Item = item
    member _.IsReached = isReached

    interface IResults<Number> with
        member _.OnForward(level, tangent) =
            if tangent.IsReached then Number(Real.OnForward(level, item, tangent.Item), true) else Number(item, true)
        member _.OnTape(tape, slot) = Number(Real.OnTape(tape, item, slot), true)

/// <summary>
/// An operation on one array, row by row along its last axis. Between constants its pullback is a pass over each row, which needs no
/// temporaries and may overwrite the cotangent.
/// </summary>
[<AbstractClass>]
type internal RowOperation(name: string) =
    inherit Operation(name)

    /// out (+)= the contribution to a row x, from the results and their cotangents (null for a structural zero). The row of a cotangent may be
    /// the same memory as out.
    abstract PullRow: x: ReadOnlySpan<float> * y: Tensor[] * yBar: Tensor[] * row: int * out: Span<float> * add: bool -> unit

    /// The contribution to every row.
    member op.PullRows(x: Tensor, y: Tensor[], yBar: Tensor[], out: float[], add: bool) : unit =
        if x.Length > 0 then
            let extent = x.Dimensions[x.Rank - 1]
            for row = 0 to x.Length / extent - 1 do
                op.PullRow(ReadOnlySpan(x.Elements, row * extent, extent), y, yBar, row, Span(out, row * extent, extent), add)
