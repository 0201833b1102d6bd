namespace FuncAD

/// What the operators ask of a structure.
module internal Gather =
    /// The numbers of an argument, which must be differentiable.
    let input (operation: string) (parameter: string) (value: 'P) : Leaves =
        if not typeof<'P>.IsValueType && isNull (box value) then nullArg parameter
        let structure = Structures.of'<'P> ()
        let leaves = Leaves(operation, parameter)
        if not structure.HasNumbers then
            leaves.Fail $"{typeof<'P>} holds no Real, so there is nothing to differentiate with respect to. Use Real, or a structure of Real such as Real[]."
        structure.Gather(value, value, leaves)
        if leaves.HasFunctions then leaves.Fail "it holds a function; an operator differentiates with respect to numbers only."
        leaves

    /// The numbers of a tangent or cotangent, which must have the structure of what it belongs to.
    let alike (operation: string) (parameter: string) (like: 'P) (value: 'P) : Real[] =
        if not typeof<'P>.IsValueType && isNull (box value) && not (isNull (box like)) then nullArg parameter
        let leaves = Leaves(operation, parameter)
        Structures.of'<'P>().Gather(like, value, leaves)
        leaves.Numbers

    /// The numbers and functions of a function's result.
    let output (operation: string) (value: 'Q) : Leaves =
        let leaves = Leaves(operation, "the result of f")
        Structures.of'<'Q>().Gather(value, value, leaves)
        leaves

    let rebuild (like: 'P) (numbers: Real[]) : 'P = Structures.of'<'P>().Rebuild(like, Refill(numbers, [||]))

/// <summary>The pushforward (x, dx) -> (f x, J dx): one run of f on a level of forward mode.</summary>
module internal rec Pushforward =
    let run<'P, 'Q> (operation: string) (f: 'P -> 'Q) (like: 'P) (point: Real[]) (tangent: Real[]) : struct ('Q * 'Q) =
        let level = ForwardLevel()
        try
            let result = f (Gather.rebuild like (Array.map2 (Forward.lift level) point tangent))
            let leaves = Gather.output operation result
            let numbers = leaves.Numbers
            let primals, tangents = Array.zeroCreate numbers.Length, Array.zeroCreate numbers.Length
            numbers
            |> Array.iteri (fun index y ->
                let struct (primal, tangent) = Forward.lower level y
                primals[index] <- primal
                tangents[index] <- tangent)
            let functions =
                if not leaves.HasFunctions then [||]
                else
                    leaves.Functions.ToArray()
                    |> Array.mapi (fun index struct (_, lift) -> lift.Lift(Rerun<'P, 'Q>(operation, f, like, point, tangent, index)))
            let refill numbers choose = Structures.of'<'Q>().Rebuild(result, Refill(numbers, functions |> Array.map choose))
            struct (refill primals (fun struct (primal, _) -> primal), refill tangents (fun struct (_, tangent) -> tangent))
        finally
            level.End()

    /// f p and J v, for a v that must have the structure of p.
    let along<'P, 'Q> (operation: string) (parameter: string) (f: 'P -> 'Q) (p: 'P) (v: 'P) : 'Q * 'Q =
        let point = (Gather.input operation "x" p).Numbers
        let struct (value, tangent) = run operation f p point (Gather.alike operation parameter p v)
        value, tangent

    /// Runs the operator again for the function at one place of the result, applied to an argument.
    type private Rerun<'P, 'Q>(operation: string, f: 'P -> 'Q, like: 'P, point: Real[], tangent: Real[], index: int) =
        interface IRerun with
            member _.Apply<'B>(use': obj -> 'B) : struct ('B * 'B) =
                let applied (p: 'P) : 'B =
                    let struct (part, _) = (Gather.output operation (f p)).Functions[index]
                    use' part
                run<'P, 'B> operation applied like point tangent
