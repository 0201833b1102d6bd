namespace FuncAD

open System
open System.Runtime.CompilerServices

/// <summary>Converts between values and the numbers and arrays in them, for the operators.</summary>
module internal Flatten =
    let private isNumber<'P> () = Type.op_Equality (typeof<'P>, typeof<Real>)
    /// The skeleton of a number.
    let ofNumber = (NumberShape() :> Leaf).Skeleton null

    /// The skeleton of an array of numbers.
    let ofNumbers (length: int) : Skeleton = (Structures.of'<Real[]>() :?> Leaf).Skeleton length

    /// Appends the numbers of a value; returns its skeleton.
    let private take (reader: LeafReader) (value: 'P) : Skeleton =
        if isNumber<'P>() then
            let mutable value = value
            reader.Add(Unsafe.As<'P, Real>(&value))
            ofNumber
        else
            reader.Take(Structures.of'<'P>(), box value)

    /// True for value types and for types with null as a value, such as option.
    let private hasNull<'P> () =
        typeof<'P>.IsValueType
        || (let flags = typeof<'P>.GetCustomAttributes(typeof<CompilationRepresentationAttribute>, false)
            flags
            |> Array.exists (fun flag ->
                (flag :?> CompilationRepresentationAttribute).Flags.HasFlag CompilationRepresentationFlags.UseNullAsTrueValue))

    let private inputWith (others: Others) (operation: string) (parameter: string) (value: 'P) : struct (Skeleton * Leaves) =
        if isNull (box value) && not (hasNull<'P>()) then
            raise (ArgumentNullException(parameter, $"{operation}: {parameter} is null, so there is nothing to take numbers from."))
        let reader = LeafReader(operation, parameter, others, ValueNone)
        if not (isNumber<'P>()) && not (Structures.of'<'P>()).HasNumbers then
            reader.Fail
                $"{typeof<'P>} holds no Real, so there is nothing to differentiate with respect to. Use Real, Tensor, or a structure of them such as Real[]."
        let skeleton = take reader value
        if reader.HasFunctions then reader.Fail "it holds a function; an operator differentiates with respect to numbers only."
        struct (skeleton, reader.Leaves)

    /// The skeleton of an argument, and its numbers and arrays. The argument must hold numbers, and no functions.
    let input (operation: string) (parameter: string) (value: 'P) : struct (Skeleton * Leaves) =
        inputWith Others.Ignore operation parameter value

    /// The same of an example that later arguments are compared with, when it may have changed.
    let example (operation: string) (parameter: string) (value: 'P) : struct (Skeleton * Leaves) =
        inputWith Others.Copy operation parameter value

    /// Reads a tangent or cotangent, which must have the structure of the value that it belongs to.
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

    /// The numbers and arrays of a tangent or cotangent, which must have the structure of the value that it belongs to.
    let alike (operation: string) (parameter: string) (like: Skeleton) (value: 'P) : Leaves =
        let reader = LeafReader(operation, parameter)
        matching reader operation parameter like value
        reader.Leaves

    /// The skeleton of a function's result, and a reader with its numbers, arrays and functions; messages call it <c>name</c>.
    let result (operation: string) (name: string) (value: 'Q) : struct (Skeleton * LeafReader) =
        let reader = LeafReader(operation, name)
        if isNull (box value) && not (hasNull<'Q>()) then reader.Fail "it is null, so there is nothing to take numbers from."
        struct (take reader value, reader)

    let output (operation: string) (value: 'Q) : struct (Skeleton * LeafReader) = result operation "the result of f" value

    let private refill (like: Skeleton) (from: Refill) (others: Others) : 'P = Unboxed.cast<'P>(from.Rebuild(like, others))

    /// A value with this skeleton and these numbers and arrays.
    let rebuild (like: Skeleton) (leaves: Leaves) : 'P =
        if isNumber<'P>() then Unsafe.As<Real, 'P>(&leaves.Numbers[0]) else refill like (Refill(leaves, [||])) Others.Ignore

    /// As rebuild, with functions.
    let rebuildWith (like: Skeleton) (leaves: Leaves) (functions: obj[]) : 'P =
        if functions.Length = 0 then rebuild like leaves else refill like (Refill(leaves, functions)) Others.Ignore

    /// The value to pass to a function as its argument. Its parts that are no numbers must be those of the original argument.
    let argument (like: Skeleton) (leaves: Leaves) : 'P =
        if isNumber<'P>() then Unsafe.As<Real, 'P>(&leaves.Numbers[0]) else refill like (Refill(leaves, [||])) Others.Demand
