namespace FuncAD

open System
open System.Collections
open System.Collections.Generic

/// <summary>
/// The numbers of a structure, in order, on their way out of it, together with what is needed to say where something does not fit.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal Leaves(operation: string, parameter: string) =
    let mutable numbers: Real[] = [||]
    let mutable count = 0
    let mutable arrays: List<Tensor> = null
    let mutable functions: List<struct (obj * FunctionStructure)> = null
    let mutable path: string list = []
    let mutable isLikeInOthers = true

    /// False once a part that is no number was found to differ from the one of the value that it should be like.
    member _.IsLikeInOthers = isLikeInOthers

    /// Compares parts that are not numbers.
    member _.CompareOthers(like: 'T, value: 'T) =
        if isLikeInOthers && not (Object.ReferenceEquals(like, value)) then
            isLikeInOthers <- StructuralComparisons.StructuralEqualityComparer.Equals(like, value)

    /// The numbers and the arrays, in fresh lists that are the caller's own.
    member _.Parts =
        { Numbers = if count = numbers.Length then numbers else Array.sub numbers 0 count
          Arrays = if isNull arrays then [||] else arrays.ToArray() }

    member _.HasFunctions = not (isNull functions)

    member _.Functions =
        if isNull functions then functions <- List()
        functions

    member private _.Reserve(extra: int) =
        if count + extra > numbers.Length then Array.Resize(&numbers, max (count + extra) (2 * numbers.Length))

    member leaves.Add(x: Real) =
        leaves.Reserve 1
        numbers[count] <- x
        count <- count + 1

    member leaves.AddRange(xs: Real[]) =
        leaves.Reserve xs.Length
        xs.CopyTo(numbers, count)
        count <- count + xs.Length

    member _.AddArray(x: Tensor) =
        if isNull arrays then arrays <- List()
        arrays.Add x

    /// Names the part that is visited next.
    member _.Enter(part: string) = path <- part :: path
    member _.Leave() = path <- List.tail path

    member leaves.Fail(problem: string) : 'a =
        let place = if path.IsEmpty then "" else " at " + String.Concat(List.rev path).TrimStart('.')
        raise (ArgumentException($"{operation}: {parameter}{place}: {problem}", parameter))

    /// The structure of a part. Where there is none, the error names the place.
    member leaves.Open(part: Lazy<'S>) : 'S =
        if part.IsValueCreated then part.Value
        else
            try
                part.Value
            with :? ArgumentException as refusal ->
                leaves.Fail refusal.Message

    member leaves.CheckLength(expected: int, got: int) =
        if expected <> got then
            leaves.Fail $"expected {expected} elements, got {got}. It must have the same structure as what it belongs to: the same lengths, keys and cases."

    member leaves.CheckNotNull(value: obj) =
        if isNull value then leaves.Fail "it is null, so there is nothing to take numbers from. Pass a value, or an option for a part that may be missing."

/// <summary>The numbers of a structure on their way into a new one, which may take the list of numbers as its own.</summary>
and [<Sealed; AllowNullLiteral>] internal Refill(parts: Parts, functions: obj[]) =
    let numbers = parts.Numbers
    let mutable nextNumber = 0
    let mutable nextArray = 0
    let mutable nextFunction = 0

    member _.Number() =
        nextNumber <- nextNumber + 1
        numbers[nextNumber - 1]

    member _.Range(length: int) =
        nextNumber <- nextNumber + length
        if length = numbers.Length then numbers else Array.sub numbers (nextNumber - length) length

    member _.Array() =
        nextArray <- nextArray + 1
        parts.Arrays[nextArray - 1]

    member _.Function() =
        nextFunction <- nextFunction + 1
        functions[nextFunction - 1]

/// <summary>
/// How a type is taken apart into numbers and put together again; derived once per type. Parts that are not numbers ride along.
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal Structure() =
    /// False where the type holds no numbers at all.
    abstract HasNumbers: bool
    default _.HasNumbers = true
    abstract GatherObject: like: obj * value: obj * into: Leaves -> unit
    abstract RebuildObject: like: obj * from: Refill -> obj

and [<AbstractClass; AllowNullLiteral>] internal Structure<'T>() =
    inherit Structure()

    /// Appends the numbers of a value that has the structure of another (which may be itself).
    abstract Gather: like: 'T * value: 'T * into: Leaves -> unit

    /// A value like another one, with new numbers.
    abstract Rebuild: like: 'T * from: Refill -> 'T
    override structure.GatherObject(like, value, into) = structure.Gather(unbox<'T> like, unbox<'T> value, into)
    override structure.RebuildObject(like, from) = box (structure.Rebuild(unbox<'T> like, from))

/// <summary>Runs an operator again with the function that stands at one place of its result applied to an argument.</summary>
and internal IRerun =
    abstract Apply: use': (obj -> 'B) -> struct ('B * 'B)

/// <summary>
/// A function as a part of a result. Its derivative is taken argument by argument, each time at a fresh level:
/// diff f x = fun a -> diff (fun u -> f u a) x.
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal FunctionStructure() =
    /// The primal and the tangent function.
    abstract Lift: rerun: IRerun -> struct (obj * obj)
