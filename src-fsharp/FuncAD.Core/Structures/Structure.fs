namespace FuncAD

open System
open System.Buffers
open System.Collections.Generic
open System.Numerics

/// <summary>
/// How values of one type are taken apart into numbers and put together again; derived once per type. A structure is a leaf or a branch.
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal Structure(kind: Type) =
    member _.Kind = kind

    /// False where the type holds no numbers at all.
    abstract HasNumbers: bool
    default _.HasNumbers = true

/// <summary>
/// A value without its numbers: the lengths, keys, union cases and other parts from which a value like it can be made. Lengths, keys and
/// cases are copies: later changes of the value do not affect them, and a sequence is not read again.
/// </summary>
/// <remarks>
/// A value that a codec took apart has a compact one: the other parts in one array. Its parts are made when they are asked for.
/// </remarks>
[<Sealed; AllowNullLiteral>]
type internal Skeleton private (structure: Structure, rest: obj, parts: Skeleton[], others: obj[], expand: Func<Skeleton, Skeleton[]>) =
    let mutable parts = parts

    new(structure, rest, parts) = Skeleton(structure, rest, parts, null, null)
    new(structure, rest, others, expand) = Skeleton(structure, rest, null, others, expand)

    /// The skeleton of a part that is null, and stays null.
    static member val Absent = Skeleton(null, null, [||])

    member _.IsCompact = not (isNull expand)

    /// Of a compact skeleton, the parts that are no numbers, at any depth, in order.
    member _.Others = others

    member _.Structure = structure
    member _.Rest = rest

    member skeleton.Parts: Skeleton[] =
        if isNull parts then parts <- expand.Invoke skeleton
        parts

    member skeleton.IsAbsent = Object.ReferenceEquals(skeleton, Skeleton.Absent)

/// <summary>How reading a value treats the parts that are no numbers.</summary>
type internal Others =
    /// They may differ from the skeleton's.
    | Ignore = 0
    /// It records whether all equal the skeleton's.
    | Compare = 1
    /// They must equal the skeleton's.
    | Demand = 2
    /// The skeleton gets copies of arrays and lists, which may change later.
    | Copy = 3

/// <summary>
/// Collects the numbers, arrays and functions of a value, in order. The value is visited without recursion, so that the machine's stack
/// does not limit its depth; messages name the place by the visits that are open.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal LeafReader(operation: string, parameter: string, others: Others, expected: Leaves voption) =
    /// The greatest number of records, arrays and lists in a value, where an object counts each time it is met.
    static let maximumBranches = 1 <<< 22

    let mutable numbers: Real[] = [||]
    let mutable compared: Real[] = [||]
    let mutable count = 0
    let mutable arrays: List<Tensor> = null
    let mutable functions: List<struct (obj * FunctionStructure)> = null
    let mutable visits: List<Visit> = null
    let mutable opened = 0
    let mutable isLikeInOthers = true

    new(operation, parameter) = LeafReader(operation, parameter, Others.Ignore, ValueNone)

    /// The numbers and the arrays, in new arrays that belong to the caller.
    member _.Leaves =
        { Numbers = if count = numbers.Length then numbers else Array.sub numbers 0 count
          Arrays = if isNull arrays then [||] else arrays.ToArray() }

    member _.HasFunctions = not (isNull functions)

    member _.Functions =
        if isNull functions then functions <- List()
        functions

    /// What the skeleton keeps of a part that is no number.
    member _.Keep(value: obj) : obj = if others = Others.Copy then Sameness.copy value else value

    /// False once a part that is no number was found to differ from the skeleton's.
    member _.IsLikeInOthers = isLikeInOthers

    // ---- Errors ----

    /// The path to the part being visited; a long path is shortened to its beginning and its end.
    member private _.Path: string =
        let names first last = String.Concat(seq { for index in first..last -> visits[index].Name })
        let last = visits.Count - 1
        let path = if last < 12 then names 0 last else $"{names 0 5} ... {names (last - 5) last}"
        path.TrimStart('.')

    member leaves.Fail(problem: string, [<ParamArray>] inner: exn[]) : 'a =
        let place = if isNull visits || visits.Count = 0 then "" else " at " + leaves.Path
        let name = if expected.IsSome then null else parameter
        raise (ArgumentException($"{operation}: {parameter}{place}: {problem}", name, Array.tryHead inner |> Option.toObj))

    member leaves.CheckLength(expected: int, got: int) =
        let text length = if length < 0 then "none, as of a default value" else string length
        if expected <> got then
            leaves.Fail
                $"expected {text expected} elements, got {text got}. It must have the same structure as what it belongs to: the same lengths, keys and cases."

    /// Refuses a value of a derived type, whose additional fields would be lost.
    member leaves.CheckExact(kind: Type, value: obj) =
        if not kind.IsValueType && value.GetType() <> kind then
            leaves.Fail
                $"a {value.GetType().Name} stands where a {kind.Name} is declared, and its further fields would be lost. Declare the type itself, or seal it."

    // ---- Numbers ----

    member private _.Reserve(extra: int) =
        if count + extra > numbers.Length then Array.Resize(&numbers, max (count + extra) (2 * numbers.Length))

    /// A rebuilt value must hold the numbers that it was made from, derivatives included.
    member private leaves.CheckRebuilt(isSame: bool) =
        if not isSame then
            let kinds =
                [| for visit in visits do
                       if visit.Branch.HasUserCode then string visit.Branch.Kind |]
                |> Array.rev
                |> Array.distinct
            let outer = String.Join(", in ", kinds[1..])
            let inside = if outer = "" then "" else $" (in {outer})"
            leaves.Fail(
                $"FuncAD cannot take the type {kinds[0]}{inside} apart into numbers: made from some numbers, it holds others when it is read again. "
                + "A constructor or a setter changes what it is given (it clamps, sorts, scales or rounds), or two members change each other. Tangents and "
                + "gradients have this structure, too, and hold any number. Differentiate with respect to a plain record or array and make this type from "
                + "it inside f; or let members return what they are given, without setters for computed ones."
            )

    // A codec writes numbers into the buffer from Room's place on; Commit appends them.

    /// Where a codec writes numbers: those to append, or those that are only compared.
    member _.Buffer: Real[] = if expected.IsSome then compared else numbers

    /// True where numbers are compared, and not kept.
    member _.IsComparing = expected.IsSome

    /// Makes room for so many numbers; the place of the first.
    member leaves.Room(extra: int) : int =
        if expected.IsSome then
            if compared.Length < extra then compared <- ArrayPool.Shared.Rent extra
            0
        else
            leaves.Reserve extra
            count

    /// Appends the numbers that were written. False where they are not those expected, or the other parts not those of the skeleton.
    member _.Commit(extra: int, like: ReadOnlySpan<obj>, others': ReadOnlySpan<obj>) : bool =
        let mutable isSame = true
        match expected with
        | ValueSome rebuilt ->
            for index = 0 to extra - 1 do
                isSame <- isSame && RoundTrip.isKept compared[index] rebuilt.Numbers[count + index]
        | ValueNone -> ()
        if others <> Others.Ignore then
            for index = 0 to like.Length - 1 do
                isSame <- isSame && RoundTrip.isOtherKept like[index] others'[index]
        if isSame then count <- count + extra
        isSame

    /// The number of numbers so far; set to an earlier one, it drops those after.
    member _.Count
        with get () = count
        and set earlier = count <- earlier

    /// Gives back what was needed for comparing.
    member _.Close() : unit =
        if compared.Length > 0 then
            ArrayPool.Shared.Return(compared, clearArray = true)
            compared <- [||]

    member leaves.Add(x: Real) =
        match expected with
        | ValueSome rebuilt -> leaves.CheckRebuilt(RoundTrip.isKept x rebuilt.Numbers[count])
        | ValueNone ->
            leaves.Reserve 1
            numbers[count] <- x
        count <- count + 1

    member leaves.AddRange(xs: ReadOnlySpan<Real>) =
        if expected.IsSome then
            for x in xs do
                leaves.Add x
        else
            leaves.Reserve xs.Length
            xs.CopyTo(Span(numbers, count, xs.Length))
            count <- count + xs.Length

    member leaves.AddArray(x: Tensor) =
        if isNull arrays then arrays <- List()
        match expected with
        | ValueSome rebuilt -> leaves.CheckRebuilt(Object.ReferenceEquals(rebuilt.Arrays[arrays.Count], x))
        | ValueNone -> ()
        arrays.Add x

    /// Compares a part that is no number with the skeleton's; messages call it <c>name</c>.
    member leaves.MeetOther(name: string, like: obj, value: obj) =
        match others with
        | Others.Ignore -> ()
        | _ when not isLikeInOthers || Sameness.areSame like value -> ()
        | Others.Compare -> isLikeInOthers <- false
        | _ ->
            leaves.Fail(
                $"{name} is not kept: it holds something else when FuncAD makes a value again from its parts. Let a constructor's parameter or a settable "
                + "property of its name take it as it is, or move it out of the type."
            )

    // ---- Visits ----

    member private leaves.Push(branch: Branch, like: Skeleton, value: obj) =
        if isNull visits then visits <- List()
        let depth = visits.Count
        let identity = branch.Identity(value, (if depth = 0 then box leaves else visits[depth - 1].Identity))
        if depth > 0 then
            // On a cycle the same objects recur, so it is enough to compare with the visit at the last index 2^k - 1 (R. P. Brent, "An
            // improved Monte Carlo factorization algorithm", 1980, finds cycles this way).
            let anchor = (1 <<< BitOperations.Log2(uint depth)) - 1
            let before = visits[anchor]
            if Object.ReferenceEquals(before.Identity, identity) && Object.ReferenceEquals(before.Branch, branch) then
                let cycle =
                    String.Join(" -> ", [| for index in anchor .. depth - 1 -> visits[index].Branch.Kind.Name + visits[index].Name |])
                leaves.Cut anchor
                leaves.Fail(
                    $"it is part of itself, by {cycle}: a cycle, which has no list of numbers. Break it: leave the way back out of the type, or give the "
                    + "number of a part instead."
                )
        opened <- opened + 1
        if opened > maximumBranches then
            leaves.Cut(min depth 12)
            leaves.Fail(
                $"it has more than {maximumBranches} records, arrays and lists, each counted as often as it is met. A part that stands in several places is a part "
                + "of its own in each. Put numbers into arrays, which count once, and refer to shared parts by index."
            )
        if isNull like then
            let struct (rest, values) = branch.Open(value, leaves)
            visits.Add(Visit(branch, identity, null, rest, values, Array.zeroCreate values.Length))
        else
            visits.Add(Visit(branch, identity, like, like.Rest, branch.Match(like.Rest, value, leaves), null))

    /// Drops all visits but the first <c>depth</c>, so that a message names the beginning of a long path.
    member private _.Cut(depth: int) = visits.RemoveRange(depth, visits.Count - depth)

    /// Reads a leaf and returns its skeleton, or begins the visit of a branch and returns null.
    member private leaves.Meet(structure: Structure, like: Skeleton, value: obj) : Skeleton =
        match structure with
        | :? Leaf as leaf when not (isNull value) || leaf.TakesNull ->
            if isNull like then
                leaf.Skeleton(leaf.Take(value, leaves))
            else
                leaf.Match(like.Rest, value, leaves)
                like
        | _ when isNull value ->
            if isNull like || like.IsAbsent then
                Skeleton.Absent
            else
                leaves.Fail
                    "expected a value, got null. It must have the same structure as what it belongs to: null only where that is null."
        | _ when not (isNull like) && like.IsAbsent ->
            leaves.Fail "expected null, got a value. It must have the same structure as what it belongs to: null where that is null."
        | structure ->
            let branch = structure :?> Branch
            if isNull like then
                match branch.TakeCompact(value, leaves) with
                | null ->
                    leaves.Push(branch, like, value)
                    null
                | skeleton -> skeleton
            elif like.IsCompact && branch.MatchCompact(like, value, leaves) then
                like
            else
                leaves.Push(branch, like, value)
                null

    /// Completes all open visits and those that they begin; returns the skeleton of the outermost.
    member private leaves.Finish() : Skeleton =
        let mutable root = null
        while isNull root do
            let visit = visits[visits.Count - 1]
            let isRead = isNull visit.Like
            if visit.Next < visit.Values.Length then
                let index = visit.Next
                visit.Next <- index + 1
                let like = if isRead then null else visit.Like.Parts[index]
                let structure = if isRead then visit.Branch.Part(visit.Rest, index) else like.Structure
                let part = leaves.Meet(structure, like, visit.Values[index])
                if isRead then visit.Parts[index] <- part
            else
                visits.RemoveAt(visits.Count - 1)
                let skeleton = if isRead then Skeleton(visit.Branch, visit.Rest, visit.Parts) else visit.Like
                if visits.Count = 0 then
                    root <- skeleton
                else
                    let outer = visits[visits.Count - 1]
                    if isNull outer.Like then outer.Parts[outer.Next - 1] <- skeleton
        root

    /// Appends the numbers of a value; returns its skeleton.
    member leaves.Take(structure: Structure, value: obj) : Skeleton =
        match leaves.Meet(structure, null, value) with
        | null -> leaves.Finish()
        | skeleton -> skeleton

    /// Appends the numbers of a value that must have this skeleton.
    member leaves.Match(like: Skeleton, value: obj) : unit =
        if isNull (leaves.Meet(like.Structure, like, value)) then leaves.Finish() |> ignore

/// <summary>
/// A branch whose parts are being visited: of a value that is taken apart (<c>Like</c> is null), or of one that must match a skeleton.
/// </summary>
and [<Sealed; AllowNullLiteral>] internal Visit(branch: Branch, identity: obj, like: Skeleton, rest: obj, values: obj[], parts: Skeleton[])
    =
    member _.Branch: Branch = branch
    member _.Identity: obj = identity
    member _.Like: Skeleton = like
    member _.Rest: obj = rest
    member _.Values: obj[] = values
    member _.Parts: Skeleton[] = parts
    member val Next: int = 0 with get, set

    /// Names the part that is being visited.
    member visit.Name: string = if visit.Next = 0 then "" else branch.Name(rest, visit.Next - 1)

/// <summary>A number, an array of numbers, or something without numbers.</summary>
and [<AbstractClass; AllowNullLiteral>] internal Leaf(kind: Type) =
    inherit Structure(kind)

    /// True if null is a valid value.
    abstract TakesNull: bool
    default _.TakesNull = false

    /// Appends the numbers of a value; returns the rest of it.
    abstract Take: value: obj * into: LeafReader -> obj

    /// Appends the numbers of a value that must match the rest of another one.
    abstract Match: rest: obj * value: obj * into: LeafReader -> unit
    abstract Put: rest: obj * from: Refill -> obj
    abstract Skeleton: rest: obj -> Skeleton
    default leaf.Skeleton rest = Skeleton(leaf, rest, [||])

/// <summary>A value with parts.</summary>
and [<AbstractClass; AllowNullLiteral>] internal Branch(kind: Type) =
    inherit Structure(kind)

    /// The rest of a value, and its parts.
    abstract Open: value: obj * into: LeafReader -> struct (obj * obj[])

    /// The parts of a value that must match the rest of another one, in the order of that one.
    abstract Match: rest: obj * value: obj * into: LeafReader -> obj[]
    abstract Part: rest: obj * index: int -> Structure
    abstract Name: rest: obj * index: int -> string
    abstract Close: rest: obj * parts: obj[] * from: Refill -> obj

    /// Takes a value apart at once by compiled code; null where that cannot be done.
    abstract TakeCompact: value: obj * into: LeafReader -> Skeleton
    default _.TakeCompact(_, _) = null

    /// The same of a value that must match a compact skeleton.
    abstract MatchCompact: like: Skeleton * value: obj * into: LeafReader -> bool
    default _.MatchCompact(_, _, _) = false

    /// Makes a value with a compact skeleton of the numbers from a place on; null where that cannot be done. Returns how many it took.
    abstract PutCompact: like: Skeleton * numbers: Real[] * first: int -> struct (obj * int)
    default _.PutCompact(_, _, _) = struct (null, 0)

    /// True where making or reading a value with a compact skeleton runs the user's code, at any depth.
    abstract HasUserCodeCompact: bool
    default branch.HasUserCodeCompact = branch.HasUserCode

    /// True where making or reading a value runs the user's code.
    abstract HasUserCode: bool
    default _.HasUserCode = false

    /// The object by which a value is recognised when it is met again: the value itself or, for a struct, the object that contains it.
    abstract Identity: value: obj * owner: obj -> obj
    default _.Identity(value, owner) = if kind.IsValueType then owner else value

/// <summary>Makes a new value from numbers, arrays and functions. The value may take the array of numbers as its own.</summary>
and [<Sealed; AllowNullLiteral>] internal Refill(leaves: Leaves, functions: obj[]) =
    let numbers = leaves.Numbers
    let mutable nextNumber = 0
    let mutable nextArray = 0
    let mutable nextFunction = 0

    let mutable isWhole = false
    let mutable isDoubtful = false

    member _.Number() =
        nextNumber <- nextNumber + 1
        numbers[nextNumber - 1]

    member _.Range(length: int) =
        nextNumber <- nextNumber + length
        if isWhole then numbers else Array.sub numbers (nextNumber - length) length

    member _.Array() =
        nextArray <- nextArray + 1
        leaves.Arrays[nextArray - 1]

    member _.Function() =
        nextFunction <- nextFunction + 1
        functions[nextFunction - 1]

    /// Makes a value with a compact skeleton by compiled code; null where that cannot be done.
    member private from.PutCompact(like: Skeleton) : obj =
        if like.IsCompact then
            let branch = like.Structure :?> Branch
            let struct (made, count) = branch.PutCompact(like, numbers, nextNumber)
            nextNumber <- nextNumber + count
            isDoubtful <- isDoubtful || branch.HasUserCodeCompact
            made
        else
            null

    member private from.Close(root: Skeleton) : obj =
        let mutable outer: Stack<struct (Skeleton * obj[] * int)> = null
        let mutable next = 0
        let mutable values: obj[] = Array.zeroCreate root.Parts.Length
        let mutable skeleton = root
        let mutable made = null
        while not (isNull skeleton) do
            if next < values.Length then
                let part = skeleton.Parts[next]
                match part.Structure with
                | null -> next <- next + 1
                | :? Leaf as leaf ->
                    values[next] <- leaf.Put(part.Rest, from)
                    next <- next + 1
                | _ ->
                    match from.PutCompact part with
                    | null ->
                        if isNull outer then outer <- Stack()
                        outer.Push(struct (skeleton, values, next))
                        skeleton <- part
                        values <- Array.zeroCreate part.Parts.Length
                        next <- 0
                    | value ->
                        values[next] <- value
                        next <- next + 1
            else
                let branch = skeleton.Structure :?> Branch
                made <- branch.Close(skeleton.Rest, values, from)
                isDoubtful <- isDoubtful || branch.HasUserCode
                if isNull outer || outer.Count = 0 then
                    skeleton <- null
                else
                    let struct (around, aroundValues, place) = outer.Pop()
                    skeleton <- around
                    values <- aroundValues
                    values[place] <- made
                    next <- place + 1
        made

    /// A value with this skeleton. Where its types run the user's code, it is read again, and must hold the numbers that it was made from.
    member from.Rebuild(like: Skeleton, others: Others) : obj =
        match like.Structure with
        | null -> null
        | :? Leaf as leaf ->
            isWhole <- true
            leaf.Put(like.Rest, from)
        | _ ->
            let made =
                match from.PutCompact like with
                | null -> from.Close like
                | made -> made
            if isDoubtful then
                let reader = LeafReader("FuncAD", "a value made again from its numbers", others, ValueSome leaves)
                reader.Match(like, made)
                reader.Close()
            made

/// <summary>Runs an operator again, with one function of its result applied to an argument.</summary>
and internal IRerun =
    abstract Apply: use': (obj -> 'B) -> struct ('B * 'B)

/// <summary>
/// A function as a part of a result. Its derivative is taken argument by argument, each time at a fresh level:
/// diff f x = fun a -> diff (fun u -> f u a) x.
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal FunctionStructure() =
    /// The primal and the tangent function.
    abstract Lift: rerun: IRerun -> struct (obj * obj)
