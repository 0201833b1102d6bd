namespace FuncAD

open System
open System.Runtime.CompilerServices

/// <summary>What the operators ask of a structure.</summary>
module internal Flatten =
    let private isNumber<'P> () = Type.op_Equality (typeof<'P>, typeof<Real>)
    /// The skeleton of a number.
    let ofNumber = (NumberShape() :> Leaf).Skeleton null

    /// The skeleton of an array of numbers.
    let ofNumbers (length: int) : Skeleton = (Structures.of'<Real[]>() :?> Leaf).Skeleton length

    /// Appends the numbers of a value; answers its skeleton.
    let private take (reader: LeafReader) (value: 'P) : Skeleton =
        if isNumber<'P>() then
            let mutable value = value
            reader.Add(Unsafe.As<'P, Real>(&value))
            ofNumber
        else
            reader.Take(Structures.of'<'P>(), box value)

    /// An option and its like, of which null is a value.
    let private hasNull<'P> () =
        typeof<'P>.IsValueType
        || (let flags = typeof<'P>.GetCustomAttributes(typeof<CompilationRepresentationAttribute>, false)
            flags
            |> Array.exists (fun flag ->
                (flag :?> CompilationRepresentationAttribute).Flags.HasFlag CompilationRepresentationFlags.UseNullAsTrueValue))

    /// The numbers and arrays of an argument, which must be differentiable, and what is left without them.
    let input (operation: string) (parameter: string) (value: 'P) : struct (Skeleton * Leaves) =
        if isNull (box value) && not (hasNull<'P>()) then
            raise (ArgumentNullException(parameter, $"{operation}: {parameter} is null, so there is nothing to take numbers from."))
        let reader = LeafReader(operation, parameter)
        if not (isNumber<'P>()) && not (Structures.of'<'P>()).HasNumbers then
            reader.Fail
                $"{typeof<'P>} holds no Real, so there is nothing to differentiate with respect to. Use Real, Tensor, or a structure of them such as Real[]."
        let skeleton = take reader value
        if reader.HasFunctions then reader.Fail "it holds a function; an operator differentiates with respect to numbers only."
        struct (skeleton, reader.Leaves)

    /// Reads a tangent or cotangent, which must have the structure of what it belongs to.
    let matching (reader: LeafReader) (operation: string) (parameter: string) (like: Skeleton) (value: 'P) : unit =
        if isNull (box value) && not like.IsAbsent && not typeof<'P>.IsValueType then
            raise (
                ArgumentNullException(
                    parameter,
                    $"{operation}: {parameter} is null. It must have the same structure as what it belongs to."
                )
            )
        if isNumber<'P>() then
            let mutable value = value
            reader.Add(Unsafe.As<'P, Real>(&value))
        else
            reader.Match(like, box value)

    /// The numbers and arrays of a tangent or cotangent, which must have the structure of what it belongs to.
    let alike (operation: string) (parameter: string) (like: Skeleton) (value: 'P) : Leaves =
        let reader = LeafReader(operation, parameter)
        matching reader operation parameter like value
        reader.Leaves

    /// The numbers, arrays and functions of a function's result, under a name for errors.
    let result (operation: string) (name: string) (value: 'Q) : struct (Skeleton * LeafReader) =
        let reader = LeafReader(operation, name)
        if isNull (box value) && not (hasNull<'Q>()) then reader.Fail "it is null, so there is nothing to take numbers from."
        struct (take reader value, reader)

    let output (operation: string) (value: 'Q) : struct (Skeleton * LeafReader) = result operation "the result of f" value

    let private refill (like: Skeleton) (from: Refill) (others: Others) : 'P = Unboxed.cast<'P>(from.Rebuild(like, others))

    /// A value with a skeleton and these numbers.
    let rebuild (like: Skeleton) (leaves: Leaves) : 'P =
        if isNumber<'P>() then Unsafe.As<Real, 'P>(&leaves.Numbers[0]) else refill like (Refill(leaves, [||])) Others.Ignore

    /// The same with functions.
    let rebuildWith (like: Skeleton) (leaves: Leaves) (functions: obj[]) : 'P =
        if functions.Length = 0 then rebuild like leaves else refill like (Refill(leaves, functions)) Others.Ignore

    /// What a function is given for its argument: it must be that argument also in what is no number.
    let argument (like: Skeleton) (leaves: Leaves) : 'P =
        if isNumber<'P>() then Unsafe.As<Real, 'P>(&leaves.Numbers[0]) else refill like (Refill(leaves, [||])) Others.Demand
