namespace FuncAD

open System
open System.Runtime.CompilerServices
open System.Threading
open Microsoft.FSharp.NativeInterop

#nowarn "9" "51"

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
and [<AbstractClass; AllowNullLiteral>] internal Level(arrays: ArrayMode, interpretsRules: bool) =
    inherit Node(null)
    static let mutable newest = 0L
    let mutable order = Level.Fresh()
    [<VolatileField>]
    let mutable ended = false

    new(arrays: ArrayMode) = Level(arrays, false)

    /// The next order. The counter is the only global variable of the library.
    static member private Fresh() = Interlocked.Increment &newest

    /// The position among all levels by time: an operator that is applied inside another one has the higher order.
    member internal _.Order = order

    /// What the level's mode does with arrays; null where it follows single numbers only.
    member internal _.Arrays = arrays

    /// True for a level that interprets rules by itself (RuleLevel, in Real.fs).
    member internal _.InterpretsRules = interpretsRules

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

/// <summary>A level that writes down its operations in one order, and so belongs to the thread that opened it.</summary>
[<AbstractClass; AllowNullLiteral>]
type internal OwnedLevel(arrays: ArrayMode) =
    inherit Level(arrays)
    let mutable owner = Environment.CurrentManagedThreadId

    /// The part of the stack that is known to be the owner's: <c>span</c> bytes down from <c>highest</c>. When the runtime reports enough
    /// stack, at least 64 kB below the caller are free. The kilobyte above the constructor holds frames of the operator and its callers.
    let mutable highest = OwnedLevel.Here() + 1024n

    /// 0 until the first operation, so that short programs ask the runtime once.
    let mutable span = 0un
    let reachDown () = if RuntimeHelpers.TryEnsureSufficientExecutionStack() then span <- unativeint (highest - OwnedLevel.Here()) + 65536un

    /// The address of a local variable: a place on the stack of the calling thread.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Here() : nativeint =
        let mutable here = 0uy
        NativePtr.toNativeInt &&here

    /// True if the caller is known to run on the owner's stack. Comparing the address of a local is cheaper than comparing the thread's
    /// number (a chain of operations ran at 0.92 of its time).
    member level.IsOnOwnStack: bool = unativeint (highest - OwnedLevel.Here()) < span

    /// False on another thread. On the owner's, the part of its stack that is known reaches 64 kB below the caller from now on.
    member level.ReachDown() : bool =
        let isOwner = Environment.CurrentManagedThreadId = owner
        if isOwner && not level.IsOnOwnStack then reachDown ()
        isOwner

    /// Gives the level to the calling thread.
    member _.Adopt() : unit =
        owner <- Environment.CurrentManagedThreadId
        highest <- OwnedLevel.Here() + 1024n
        span <- 0un

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
