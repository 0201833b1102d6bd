namespace FuncAD

/// What the operators ask of a structure.
module internal Gather =
    /// The numbers and arrays of an argument, which must be differentiable.
    let input (operation: string) (parameter: string) (value: 'P) : Leaves =
        if not typeof<'P>.IsValueType && isNull (box value) then nullArg parameter
        let structure = Structures.of'<'P> ()
        let leaves = Leaves(operation, parameter)
        if not structure.HasNumbers then
            leaves.Fail $"{typeof<'P>} holds no Real, so there is nothing to differentiate with respect to. Use Real, Tensor, or a structure of them such as Real[]."
        structure.Gather(value, value, leaves)
        if leaves.HasFunctions then leaves.Fail "it holds a function; an operator differentiates with respect to numbers only."
        leaves

    /// The numbers and arrays of a tangent or cotangent, which must have the structure of what it belongs to.
    let alike (operation: string) (parameter: string) (like: 'P) (value: 'P) : Parts =
        if not typeof<'P>.IsValueType && isNull (box value) && not (isNull (box like)) then nullArg parameter
        let leaves = Leaves(operation, parameter)
        Structures.of'<'P>().Gather(like, value, leaves)
        leaves.Parts

    /// The numbers, arrays and functions of a function's result.
    let output (operation: string) (value: 'Q) : Leaves =
        let leaves = Leaves(operation, "the result of f")
        Structures.of'<'Q>().Gather(value, value, leaves)
        leaves

    let rebuild (like: 'P) (parts: Parts) : 'P = Structures.of'<'P>().Rebuild(like, Refill(parts, [||]))

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

    let run<'P, 'Q> (operation: string) (f: 'P -> 'Q) (like: 'P) (point: Parts) (tangent: Parts) : struct ('Q * 'Q) =
        let level = ForwardLevel()
        try
            let result = f (Gather.rebuild like (Parts.map2 (Forward.lift level) (Forward.liftArray level) point tangent))
            let leaves = Gather.output operation result
            let results = leaves.Parts
            let struct (numbers, numberTangents) = split (Forward.lower level) results.Numbers
            let struct (arrays, arrayTangents) = split (Forward.lowerArray level) results.Arrays
            let functions =
                if not leaves.HasFunctions then [||]
                else
                    leaves.Functions.ToArray()
                    |> Array.mapi (fun index struct (_, lift) -> lift.Lift(Rerun<'P, 'Q>(operation, f, like, point, tangent, index)))
            let refill parts choose = Structures.of'<'Q>().Rebuild(result, Refill(parts, functions |> Array.map choose))
            struct (refill { Numbers = numbers; Arrays = arrays } (fun struct (primal, _) -> primal),
                    refill { Numbers = numberTangents; Arrays = arrayTangents } (fun struct (_, tangent) -> tangent))
        finally
            level.End()

    /// f p and J v, for a v that must have the structure of p.
    let along<'P, 'Q> (operation: string) (parameter: string) (f: 'P -> 'Q) (p: 'P) (v: 'P) : 'Q * 'Q =
        let point = (Gather.input operation "x" p).Parts
        let struct (value, tangent) = run operation f p point (Gather.alike operation parameter p v)
        value, tangent

    /// Runs the operator again for the function at one place of the result, applied to an argument.
    type private Rerun<'P, 'Q>(operation: string, f: 'P -> 'Q, like: 'P, point: Parts, tangent: Parts, index: int) =
        interface IRerun with
            member _.Apply<'B>(use': obj -> 'B) : struct ('B * 'B) =
                let applied (p: 'P) : 'B =
                    let struct (part, _) = (Gather.output operation (f p)).Functions[index]
                    use' part
                run<'P, 'B> operation applied like point tangent
