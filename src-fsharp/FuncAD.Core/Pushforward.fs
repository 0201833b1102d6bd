namespace FuncAD

open System
open System.Runtime.CompilerServices

/// <summary>What the operators ask of a structure.</summary>
module internal Gather =
    let private isNumber<'P> () = Type.op_Equality(typeof<'P>, typeof<Real>)
    /// The skeleton of a number.
    let ofNumber = (NumberShape() :> Leaf).Skeleton null

    /// The skeleton of an array of numbers.
    let ofNumbers (length: int) : Skeleton = (Structures.of'<Real[]> () :?> Leaf).Skeleton length

    /// Appends the numbers of a value; answers its skeleton.
    let private take (leaves: Leaves) (value: 'P) : Skeleton =
        if isNumber<'P> () then
            let mutable value = value
            leaves.Add(Unsafe.As<'P, Real>(&value))
            ofNumber
        else
            leaves.Take(Structures.of'<'P> (), box value)

    /// An option and its like, of which null is a value.
    let private hasNull<'P> () =
        typeof<'P>.IsValueType
        || (let flags = typeof<'P>.GetCustomAttributes(typeof<CompilationRepresentationAttribute>, false)
            flags |> Array.exists (fun flag -> (flag :?> CompilationRepresentationAttribute).Flags.HasFlag CompilationRepresentationFlags.UseNullAsTrueValue))

    /// The numbers and arrays of an argument, which must be differentiable, and what is left without them.
    let input (operation: string) (parameter: string) (value: 'P) : struct (Skeleton * Parts) =
        if isNull (box value) && not (hasNull<'P> ()) then
            raise (ArgumentNullException(parameter, $"{operation}: {parameter} is null, so there is nothing to take numbers from."))
        let leaves = Leaves(operation, parameter)
        if not (isNumber<'P> ()) && not (Structures.of'<'P> ()).HasNumbers then
            leaves.Fail $"{typeof<'P>} holds no Real, so there is nothing to differentiate with respect to. Use Real, Tensor, or a structure of them such as Real[]."
        let skeleton = take leaves value
        if leaves.HasFunctions then leaves.Fail "it holds a function; an operator differentiates with respect to numbers only."
        struct (skeleton, leaves.Parts)

    /// Reads a tangent or cotangent, which must have the structure of what it belongs to.
    let matching (leaves: Leaves) (operation: string) (parameter: string) (like: Skeleton) (value: 'P) : unit =
        if isNull (box value) && not like.IsAbsent && not typeof<'P>.IsValueType then
            raise (ArgumentNullException(parameter, $"{operation}: {parameter} is null. It must have the same structure as what it belongs to."))
        if isNumber<'P> () then
            let mutable value = value
            leaves.Add(Unsafe.As<'P, Real>(&value))
        else
            leaves.Match(like, box value)

    /// The numbers and arrays of a tangent or cotangent, which must have the structure of what it belongs to.
    let alike (operation: string) (parameter: string) (like: Skeleton) (value: 'P) : Parts =
        let leaves = Leaves(operation, parameter)
        matching leaves operation parameter like value
        leaves.Parts

    /// The numbers, arrays and functions of a function's result, under a name for errors.
    let result (operation: string) (name: string) (value: 'Q) : struct (Skeleton * Leaves) =
        let leaves = Leaves(operation, name)
        if isNull (box value) && not (hasNull<'Q> ()) then leaves.Fail "it is null, so there is nothing to take numbers from."
        struct (take leaves value, leaves)

    let output (operation: string) (value: 'Q) : struct (Skeleton * Leaves) = result operation "the result of f" value

    let private refill (like: Skeleton) (from: Refill) (others: Others) : 'P = Unboxed.cast<'P> (from.Rebuild(like, others))

    /// A value with a skeleton and these numbers.
    let rebuild (like: Skeleton) (parts: Parts) : 'P =
        if isNumber<'P> () then Unsafe.As<Real, 'P>(&parts.Numbers[0])
        else refill like (Refill(parts, [||])) Others.Ignore

    /// The same with functions.
    let rebuildWith (like: Skeleton) (parts: Parts) (functions: obj[]) : 'P =
        if functions.Length = 0 then rebuild like parts else refill like (Refill(parts, functions)) Others.Ignore

    /// What a function is given for its argument: it must be that argument also in what is no number.
    let argument (like: Skeleton) (parts: Parts) : 'P =
        if isNumber<'P> () then Unsafe.As<Real, 'P>(&parts.Numbers[0])
        else refill like (Refill(parts, [||])) Others.Demand

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

    let run<'P, 'Q> (operation: string) (f: 'P -> 'Q) (like: Skeleton) (point: Parts) (tangent: Parts) : struct ('Q * 'Q) =
        let level = ForwardLevel()
        try
            let struct (result, leaves) =
                f (Gather.argument like (Parts.map2 (Forward.lift level) (Forward.liftArray level) point tangent)) |> Gather.output operation
            let results = leaves.Parts
            let struct (numbers, numberTangents) = split (Forward.lower level) results.Numbers
            let struct (arrays, arrayTangents) = split (Forward.lowerArray level) results.Arrays
            let functions =
                if not leaves.HasFunctions then [||]
                else
                    leaves.Functions.ToArray()
                    |> Array.mapi (fun index struct (_, lift) -> lift.Lift(Rerun<'P, 'Q>(operation, f, like, point, tangent, index)))
            let refill parts choose = Gather.rebuildWith result parts (functions |> Array.map choose)
            struct (refill { Numbers = numbers; Arrays = arrays } (fun struct (primal, _) -> primal),
                    refill { Numbers = numberTangents; Arrays = arrayTangents } (fun struct (_, tangent) -> tangent))
        finally
            level.End()

    /// f p and J v, for a v that must have the structure of p.
    let along<'P, 'Q> (operation: string) (parameter: string) (f: 'P -> 'Q) (p: 'P) (v: 'P) : 'Q * 'Q =
        let struct (like, point) = Gather.input operation "x" p
        let struct (value, tangent) = run operation f like point (Gather.alike operation parameter like v)
        value, tangent

    /// Runs the operator again for the function at one place of the result, applied to an argument.
    type private Rerun<'P, 'Q>(operation: string, f: 'P -> 'Q, like: Skeleton, point: Parts, tangent: Parts, index: int) =
        interface IRerun with
            member _.Apply<'B>(use': obj -> 'B) : struct ('B * 'B) =
                let applied (p: 'P) : 'B =
                    let struct (_, leaves) = Gather.output operation (f p)
                    let struct (part, _) = leaves.Functions[index]
                    use' part
                run<'P, 'B> operation applied like point tangent
