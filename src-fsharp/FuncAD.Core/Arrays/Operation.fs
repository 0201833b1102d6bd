namespace FuncAD

open System

// What every mode needs to know about an operation on arrays. Arguments and results are structs, a type for each way of counting them, so
// that lifting allocates nothing for them and is compiled for each operation by itself.

/// <summary>What an array or a number of a level carries there beside its primal, for example a tangent.</summary>
type internal ICarried =
    abstract OfArray: x: Tensor -> Tensor
    abstract OfNumber: x: Real -> Real

/// <summary>The arguments of an operation.</summary>
type internal IArguments<'X> =
    /// The arguments as the operation sees them from below the level.
    abstract Below: level: Level -> 'X

    /// What the arguments of the level carry there; null for arguments that are constants to the level.
    abstract Carried<'C when 'C: struct and 'C :> ICarried> : level: Level * carried: 'C -> 'X

/// <summary>Puts primals on a level, with what they are to carry there.</summary>
type internal IPlacement =
    abstract Array: primal: Tensor * carried: Tensor -> Tensor
    abstract Number: primal: Real * carried: Real -> Real

/// <summary>The results of an operation.</summary>
type internal IResults<'Y> =
    /// The results on a level. Those for which nothing is carried (null) stay below it.
    abstract Place<'P when 'P: struct and 'P :> IPlacement> : placement: 'P * carried: 'Y -> 'Y

/// <summary>
/// An operation on arrays. Modes know nothing else about it, so that a mode that lifts this contract (ArrayNodes.fs) lifts all operations.
/// </summary>
type internal IOperation<'X, 'Y> =
    /// The operation itself, on arguments of any levels: constants are computed, others are lifted by their highest level.
    abstract Apply: x: 'X -> 'Y

    /// The tangents of the results. Null is a structural zero; not all tangents of the arguments are.
    abstract Pushforward: x: 'X * y: 'Y * dx: 'X -> 'Y

    /// The tangents of the results in all directions of a level. Those of arrays have an axis of directions in front; numbers of the level
    /// stand for their own.
    abstract Pushforwards: level: VectorForward * x: 'X * y: 'Y * dx: 'X -> 'Y

    /// The pullback, as a backpropagator for those arguments that are on the tape. The tape gives the results the indices from tape.Arrays
    /// on.
    abstract Backpropagator: tape: Tape * arguments: 'X * x: 'X * y: 'Y -> Backpropagator<ArrayCotangents>

/// <summary>One array.</summary>
[<Struct; NoEquality; NoComparison>]
type internal One(array: Tensor) =
    member _.Array = array

    interface IArguments<One> with
        member _.Below level = One(array.Below level)
        member _.Carried(level, carried) = One(if array.IsAt level then carried.OfArray array else null)

    interface IResults<One> with
        member _.Place(placement, carried) = One(if isNull carried.Array then array else placement.Array(array, carried.Array))

/// <summary>Two arrays.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Two(a: Tensor, b: Tensor) =
    member _.A = a
    member _.B = b

    interface IArguments<Two> with
        member _.Below level = Two(a.Below level, b.Below level)

        member _.Carried(level, carried) =
            Two((if a.IsAt level then carried.OfArray a else null), (if b.IsAt level then carried.OfArray b else null))

/// <summary>Any number of arrays.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Many(arrays: Tensor[]) =
    member _.Arrays = arrays

    interface IArguments<Many> with
        member _.Below level = Many(arrays |> Array.map _.Below(level))
        member _.Carried(level, carried) = Many(arrays |> Array.map (fun x -> if x.IsAt level then carried.OfArray x else null))

    interface IResults<Many> with
        member _.Place(placement, carried) =
            Many(Array.map2 (fun y dy -> if isNull dy then y else placement.Array(y, dy)) arrays carried.Arrays)

/// <summary>
/// Numbers. Where they stand for what numbers carry, <c>Reached</c> is 1 for those that carry something and 0 for constants.
/// </summary>
[<Struct; NoEquality; NoComparison>]
type internal Numbers(items: Real[], reached: float[]) =
    member _.Items = items
    member _.Reached = reached

    interface IArguments<Numbers> with
        member _.Below level = Numbers(items |> Array.map _.Below(level), null)

        member _.Carried(level, carried) =
            Numbers(
                items |> Array.map (fun x -> if x.IsAt level then carried.OfNumber x else Real 0.0),
                items |> Array.map (fun x -> if x.IsAt level then 1.0 else 0.0)
            )

/// <summary>One number. Where it stands for what a number carries, <c>IsReached</c> is false for a structural zero.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Number(item: Real, isReached: bool) =
    member _.Item = item
    member _.IsReached = isReached

    interface IResults<Number> with
        member _.Place(placement, carried) =
            if carried.IsReached then Number(placement.Number(item, carried.Item), true) else Number(item, true)

/// <summary>
/// An operation on one array, row by row along its last axis. Between constants its pullback is a pass over each row, which needs no
/// temporaries and may overwrite the cotangent.
/// </summary>
[<AbstractClass>]
type internal RowOperation(name: string) =
    inherit Operation(name)

    /// out (+)= the contribution to a row x, from the results and their cotangents (null for a structural zero). The row of a cotangent may
    /// be the same memory as out.
    abstract PullRow: x: ReadOnlySpan<float> * y: Tensor[] * yBar: Tensor[] * row: int * out: Span<float> * add: bool -> unit

    /// The contribution to every row.
    member op.PullRows(x: Tensor, y: Tensor[], yBar: Tensor[], out: float[], add: bool) : unit =
        if x.Length > 0 then
            let extent = x.Dimensions[x.Rank - 1]
            for row = 0 to x.Length / extent - 1 do
                op.PullRow(ReadOnlySpan(x.Elements, row * extent, extent), y, yBar, row, Span(out, row * extent, extent), add)
