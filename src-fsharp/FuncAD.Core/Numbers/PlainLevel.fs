namespace FuncAD

open System

/// <summary>Leaves a function that a plain level cannot follow; the operator goes another way then.</summary>
[<Sealed>]
type internal PlainLevelException() =
    inherit Exception("The function leaves what can be differentiated in several directions at once.")

/// <summary>
/// A level for functions of plain numbers, which differentiates in several directions at once. What it cannot follow (custom rules over
/// structures, numbers of lower levels, other threads) it refuses.
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal PlainLevel(arrays: ArrayMode) =
    inherit OwnedLevel(arrays)
    [<VolatileField>]
    let mutable isRefused = false

    /// True if a number met something that it cannot be combined with here. What the function returned is of no use then.
    member _.IsRefused = isRefused

    member _.Refuse() : 'Any =
        isRefused <- true
        raise (PlainLevelException())

    /// Refuses without an exception on another thread than the owner's, where it would end the program: the function goes on with any
    /// result.
    member level.Refuse(result: 'R) : 'R =
        isRefused <- true
        if level.ReachDown() then level.Refuse() else result

/// <summary>An argument of an operation on a plain level: a number with a slot, or a constant.</summary>
[<Struct>]
type internal Operand = { Value: float; Slot: float; IsConstant: bool }
