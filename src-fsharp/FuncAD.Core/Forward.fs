namespace FuncAD

open System

/// <summary>
/// Forward mode by tagged duals: an operator opens a level, lifts its inputs onto it with their tangents, runs the function, and takes
/// from each result the tangent of its own level (Siskind and Pearlmutter 2008; Manzyuk, Pearlmutter, Radul, Rush and Siskind,
/// "Perturbation confusion in forward automatic differentiation of higher-order functions", 2019).
/// </summary>
module internal Forward =

    /// The input as seen by the function. A tangent that is the constant 0 is a structural zero: such an input stays a constant.
    let lift level (x: Real) (tangent: Real) =
        let x, tangent = x.Live, tangent.Live
        Trace.noteSeed tangent
        if isNull tangent.node && tangent.value = 0.0 then x else Real.OnForward(level, x, tangent)

    /// The same for an array, element by element.
    let liftArray level (x: Tensor) (tangent: Tensor) =
        let x, tangent = x.Live, tangent.Live.AsDirection
        if not (ReadOnlySpan(tangent.Support.Compact).ContainsAnyExcept 0.0) then x else Tensor.OnForward(level, x, tangent)

    /// The part of a result that belongs to the level or below: numbers of higher levels have escaped from operators that have ended.
    let rec lookThrough (level: Level) (y: Real) =
        if not (isNull y.node) && y.Level.Order > level.Order then lookThrough level y.Primal else y

    let rec lookThroughArray (level: Level) (y: Tensor) =
        if not (isNull y.Node) && y.Level.Order > level.Order then lookThroughArray level y.Primal else y

    /// A result's primal and tangent at the level.
    let lower (level: ForwardLevel) (y: Real) =
        let y = lookThrough level y
        if y.IsAt level then struct (y.Primal, y.Tangent.Unsigned) else struct (y, Real 0.0)

    let lowerArray (level: ForwardLevel) (y: Tensor) =
        let y = lookThroughArray level y
        if y.IsAt level then struct (y.Primal, y.Tangent.Untracked) else struct (y, Tensor.Uniform(0.0, y.Dimensions))
