namespace FuncAD

open System
open System.Runtime.CompilerServices
open System.Threading

/// <summary>
/// What a mode does with operations on arrays. Arrays are defined after levels, so that the members of this class are in its heir (Lifting,
/// in Arrays/Tensor.fs).
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal ArrayMode() = class end

/// <summary>What a number carries beside its value: a level, or a node that belongs to one. Null in a constant.</summary>
[<AbstractClass; AllowNullLiteral>]
type internal Node(owner: Level) =
    /// The level itself, or the one that the node belongs to.
    member internal node.Level: Level = if isNull owner then Unsafe.As<Level> node else owner

    /// False for a level.
    member internal _.IsNested = not (isNull owner)

    /// True for what belongs, below all levels, to a program that is being traced: its value is only that of the example.
    abstract Traces: bool
    default _.Traces = false

/// <summary>
/// A differentiation level: the tag that one application of an operator puts on its numbers, so that its perturbations are told apart
/// from everybody else's (Siskind and Pearlmutter, "Nesting forward-mode AD in a functional framework", 2008).
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal Level(arrays: ArrayMode) =
    inherit Node(null)
    static let mutable newest = 0L
    let mutable order = Level.Fresh()
    [<VolatileField>]
    let mutable ended = false

    /// The next order. The counter is the only global variable of the library.
    static member private Fresh() = Interlocked.Increment &newest

    /// The position among all levels by time: an operator that is applied inside another one has the higher order.
    member internal _.Order = order

    /// What the level's mode does with arrays; null where it follows single numbers only.
    member internal _.Arrays = arrays

    /// True once the operator has returned: to every operation the level's numbers are constants from then on.
    member internal _.Ended = ended

    abstract End: unit -> unit
    default _.End() = ended <- true

    /// Begins the level anew, above all others by time. Its owner must tell the numbers of earlier runs from those of this one.
    member internal _.Begin() =
        order <- Level.Fresh()
        ended <- false

/// <summary>A level of forward mode. It stores no derivatives: the tangents are in the numbers.</summary>
[<Sealed; AllowNullLiteral>]
type internal ForwardLevel(arrays: ArrayMode) =
    inherit Level(arrays)

/// <summary>The thread on which a level was opened, for levels that record operations in one order.</summary>
[<Sealed>]
type internal ThreadOwner() =
    let owner = Environment.CurrentManagedThreadId

    /// An error on another thread, which names the operator.
    member _.Require(operation: string, remedy: string) : unit =
        if Environment.CurrentManagedThreadId <> owner then
            raise (
                InvalidOperationException(
                    $"{operation}: the function ran an operation on another thread than the one that called {operation}, which records operations in one order. Compute on the "
                    + $"calling thread{remedy}."
                )
            )
