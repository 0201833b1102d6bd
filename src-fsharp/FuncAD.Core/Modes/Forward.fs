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
        Tracing.noteSeed tangent
        if isNull tangent.node && tangent.value = 0.0 then x else Real.OnForward(level, x, tangent)

    /// The same for an array, element by element.
    let liftArray level (x: Tensor) (tangent: Tensor) =
        let x, tangent = x.Live, tangent.Live.AsDirection
        if not (ReadOnlySpan(tangent.Support.Compact).ContainsAnyExcept 0.0) then x else Tensor.OnForward(level, x, tangent)

    /// What a result is at the level or below. Numbers of higher levels have escaped from operators that have ended.
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

    /// f'(x) where both are numbers: what Pushforward.run computes, without structures.
    let derivative (f: Real -> Real) (x: Real) : Real =
        let level = ForwardLevel ArrayModes.forward
        try
            let struct (_, tangent) = lower level (f (Real.OnForward(level, x.Live, Real 1.0)))
            tangent
        finally
            level.End()

/// <summary>The pushforward (x, dx) -> (f x, J dx): one run of f on a level of forward mode.</summary>
module internal rec Pushforward =
    /// Splits results at the level into primals and tangents.
    let private split (lower: 'Y -> struct ('Y * 'Y)) (results: 'Y[]) : struct ('Y[] * 'Y[]) =
        let primals, tangents = Array.zeroCreate results.Length, Array.zeroCreate results.Length
        for index = 0 to results.Length - 1 do
            let struct (primal, tangent) = lower results[index]
            primals[index] <- primal
            tangents[index] <- tangent
        struct (primals, tangents)

    let run<'P, 'Q> (operation: string) (f: 'P -> 'Q) (like: Skeleton) (point: Leaves) (tangent: Leaves) : struct ('Q * 'Q) =
        let level = ForwardLevel ArrayModes.forward
        try
            let struct (result, reader) =
                f (Flatten.argument like (Leaves.map2 (Forward.lift level) (Forward.liftArray level) point tangent))
                |> Flatten.output operation
            let results = reader.Leaves
            let struct (numbers, numberTangents) = split (Forward.lower level) results.Numbers
            let struct (arrays, arrayTangents) = split (Forward.lowerArray level) results.Arrays
            let functions =
                if not reader.HasFunctions then
                    [||]
                else
                    reader.Functions.ToArray()
                    |> Array.mapi (fun index struct (_, lift) -> lift.Lift(Rerun<'P, 'Q>(operation, f, like, point, tangent, index)))
            let refill leaves choose = Flatten.rebuildWith result leaves (functions |> Array.map choose)
            struct (refill { Numbers = numbers; Arrays = arrays } (fun struct (primal, _) -> primal),
                    refill { Numbers = numberTangents; Arrays = arrayTangents } (fun struct (_, tangent) -> tangent))
        finally
            level.End()

    /// f p and J v, for a v that must have the structure of p.
    let along<'P, 'Q> (operation: string) (parameter: string) (f: 'P -> 'Q) (p: 'P) (v: 'P) : 'Q * 'Q =
        let struct (like, point) = Flatten.input operation "x" p
        let struct (value, tangent) = run operation f like point (Flatten.alike operation parameter like v)
        value, tangent

    /// Runs the operator again for the function at one place of the result, applied to an argument.
    type private Rerun<'P, 'Q>(operation: string, f: 'P -> 'Q, like: Skeleton, point: Leaves, tangent: Leaves, index: int) =
        interface IRerun with
            member _.Apply<'B>(use': obj -> 'B) : struct ('B * 'B) =
                let applied (p: 'P) : 'B =
                    let struct (_, reader) = Flatten.output operation (f p)
                    let struct (inner, _) = reader.Functions[index]
                    use' inner
                run<'P, 'B> operation applied like point tangent
