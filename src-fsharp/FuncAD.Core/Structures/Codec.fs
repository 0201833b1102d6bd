namespace FuncAD

open System
open System.Buffers
open System.Linq.Expressions

/// <summary>Writes the numbers of a value, and its other parts, into arrays from some places on; false where it cannot.</summary>
type internal ReadParts<'T> = delegate of value: 'T * numbers: Real[] * number: int * others: obj[] * other: int -> bool

/// <summary>Makes a value of numbers, and of its other parts, from some places on.</summary>
type internal MakeOfParts<'T> = delegate of numbers: Real[] * number: int * others: obj[] * other: int -> 'T

/// <summary>
/// Compiled code that takes values of one type apart and makes them, where each value has the same number of parts: records, tuples and
/// plain types of numbers, strings and their like, at any depth. It handles what is regular. Where it returns false or null (a null part, a
/// value of a derived type, an exception of the user's code), the structure's own visit (Structure.fs) does it, with its errors.
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal Codec(numbers: int, others: int, runsUserCode: bool) =
    /// How many numbers, and how many other parts, a value has.
    member _.Numbers = numbers
    member _.Others = others

    /// True where making or reading a value runs the user's code.
    member _.RunsUserCode = runsUserCode
    abstract Read: value: obj * numbers: Real[] * number: int * others: obj[] * other: int -> bool
    abstract Make: numbers: Real[] * number: int * others: obj[] * other: int -> obj

/// <summary>Whether a value that was made of parts holds them when it is read again.</summary>
module internal RoundTrip =
    /// 0 and -0 are the same here: a constructor's Max(A, 0) may turn one into the other.
    let isKept (x: Real) (y: Real) : bool =
        Object.ReferenceEquals(x.node, y.node)
        && x.value.Equals y.value
        && (isNull x.node || BitConverter.DoubleToInt64Bits x.extra = BitConverter.DoubleToInt64Bits y.extra)

    let isOtherKept (x: obj) (y: obj) : bool =
        Object.ReferenceEquals(x, y)
        || (match x, y with
            | (:? string as x), (:? string as y) -> String.Equals(x, y)
            | _ -> Sameness.areSame x y)

[<Sealed; AllowNullLiteral>]
type internal Codec<'T>(numbers: int, others: int, runsUserCode: bool, read: ReadParts<'T>, make: MakeOfParts<'T>) =
    inherit Codec(numbers, others, runsUserCode)

    override _.Read(value, numbers, number, others, other) =
        match value with
        | :? 'T as value ->
            try
                read.Invoke(value, numbers, number, others, other)
            with _ ->
                false
        | _ -> false

    override _.Make(numbers, number, others, other) =
        try
            box (make.Invoke(numbers, number, others, other))
        with _ ->
            null

    /// Reads the parts of a value; false where it cannot.
    member _.TryRead(value: 'T, into: Real[], rest: obj[]) : bool =
        try
            read.Invoke(value, into, 0, rest, 0)
        with _ ->
            false

    /// True if a value that was made of these parts holds them when it is read again.
    member private codec.IsKept(made: 'T, from: Real[], rest: obj[]) : bool =
        let again = ArrayPool<Real>.Shared.Rent numbers
        try
            let others = if others = 0 then null else Array.zeroCreate<obj> others
            let mutable isKept = codec.TryRead(made, again, others)
            for index = 0 to numbers - 1 do
                isKept <- isKept && RoundTrip.isKept again[index] from[index]
            if not (isNull rest) then
                for index = 0 to rest.Length - 1 do
                    isKept <- isKept && RoundTrip.isOtherKept rest[index] others[index]
            isKept
        finally
            Array.Clear(again, 0, numbers)
            ArrayPool.Shared.Return again

    /// A value of these parts; ValueNone where the user's code throws or does not keep them.
    member codec.TryMake(from: Real[], rest: obj[]) : 'T voption =
        try
            let made = make.Invoke(from, 0, rest, 0)
            if not runsUserCode || codec.IsKept(made, from, rest) then ValueSome made else ValueNone
        with _ ->
            ValueNone

    /// Reads the items from <c>start</c> to before <c>stop</c>; false where one cannot be read.
    member codec.ReadSome(items: 'T[], start: int, stop: int, into: Real[], first: int, rest: obj[]) : bool =
        try
            let mutable isRead = true
            let mutable index = start
            while isRead && index < stop do
                isRead <- read.Invoke(items[index], into, first + (index - start) * numbers, rest, index * others)
                index <- index + 1
            isRead
        with _ ->
            false

    /// Makes all items; null where one cannot be made.
    member codec.MakeAll(from: Real[], first: int, rest: obj[], length: int) : 'T[] =
        try
            let items = Array.zeroCreate length
            for index = 0 to length - 1 do
                items[index] <- make.Invoke(from, first + index * numbers, rest, index * others)
            items
        with _ ->
            null

/// <summary>How the parts of a product are read from an expression of its type, and how one is made of expressions for its parts.</summary>
[<NoComparison; NoEquality>]
type internal ProductCode = { Get: Expression -> int -> Expression; New: Expression list -> Expression }
