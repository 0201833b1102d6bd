/// The shapes that structures are made of.
namespace FuncAD

open System
open System.Collections.Generic

[<Sealed>]
type internal NumberShape() =
    inherit Structure<Real>()
    override _.Gather(_, value, into) = into.Add value
    override _.Rebuild(_, from) = from.Number()

/// A type without numbers: a string, an int, a flag. A value of a derived type is asked whether that has any.
[<Sealed>]
type internal InertShape<'T>(isInert: Type -> bool) =
    inherit Structure<'T>()
    let isExact = typeof<'T>.IsSealed || typeof<'T>.IsArray
    override _.HasNumbers = false

    override _.Gather(like, value, into) =
        if not isExact && not (isNull (box value)) && value.GetType() <> typeof<'T> && not (isInert (value.GetType())) then
            into.Fail
                $"a {value.GetType().Name} stands where a {typeof<'T>.Name} is declared, and its numbers would be taken for constants. Declare the type itself."
        into.CompareOthers(like, value)

    override _.Rebuild(like, _) = like

[<Sealed>]
type internal VectorShape() =
    inherit Structure<Real[]>()

    override _.Gather(like, value, into) =
        into.CheckNotNull value
        into.CheckLength(like.Length, value.Length)
        into.AddRange value

    override _.Rebuild(like, from) = from.Range like.Length

[<Sealed>]
type internal TensorShape() =
    inherit Structure<Tensor>()

    override _.Gather(like, value, into) =
        into.CheckNotNull value
        if not (Shape.areEqual like.Dimensions value.Dimensions) then
            into.Fail $"expected a tensor of the shape {Shape.text like.Dimensions}, got the shape {Shape.text value.Dimensions}."
        into.AddArray value

    override _.Rebuild(_, from) = from.Array()

[<Sealed>]
type internal ArrayShape<'E>(element: Lazy<Structure<'E>>) =
    inherit Structure<'E[]>()

    override _.Gather(like, value, into) =
        into.CheckNotNull value
        into.CheckLength(like.Length, value.Length)
        for index = 0 to value.Length - 1 do
            into.Enter $"[{index}]"
            into.Open(element).Gather(like[index], value[index], into)
            into.Leave()

    override _.Rebuild(like, from) = like |> Array.map (fun part -> element.Value.Rebuild(part, from))

/// An array of more than one dimension, visited in row-major order.
[<Sealed>]
type internal GridShape<'T>(element: Lazy<Structure>) =
    inherit Structure<'T>()

    let lengths (grid: Array) = Array.init grid.Rank grid.GetLength

    let indices (grid: Array) =
        let lengths = lengths grid
        let unravel (position: int) =
            let index = Array.zeroCreate lengths.Length
            let mutable rest = position
            for axis = lengths.Length - 1 downto 0 do
                index[axis] <- rest % lengths[axis]
                rest <- rest / lengths[axis]
            index
        Seq.init grid.Length unravel

    override _.Gather(like, value, into) =
        into.CheckNotNull(box value)
        let like, value = box like :?> Array, box value :?> Array
        Array.iter2 (fun expected got -> into.CheckLength(expected, got)) (lengths like) (lengths value)
        for index in indices value do
            into.Open(element).GatherObject(like.GetValue index, value.GetValue index, into)

    override _.Rebuild(like, from) =
        let like = box like :?> Array
        let copy = like.Clone() :?> Array
        for index in indices like do
            copy.SetValue(element.Value.RebuildObject(like.GetValue index, from), index)
        unbox<'T> (box copy)

/// A collection that is read as an array and made from one.
[<Sealed>]
type internal CollectionShape<'T, 'E>(elements: ArrayShape<'E>, read: 'T -> 'E[], make: 'E[] -> 'T) =
    inherit Structure<'T>()

    override _.Gather(like, value, into) =
        if not typeof<'T>.IsValueType then into.CheckNotNull(box value) // a Nullable without a value boxes to null
        let items = read value // once: a sequence may compute its numbers each time it is read
        elements.Gather((if Object.ReferenceEquals(like, value) then items else read like), items, into)

    override _.Rebuild(like, from) = make (elements.Rebuild(read like, from))

/// A dictionary, visited in the order of the keys of the one that it is like, whose comparer it takes.
[<Sealed>]
type internal KeyedShape<'T, 'K, 'V when 'K: equality>(element: Lazy<Structure<'V>>, read: 'T -> KeyValuePair<'K, 'V>[], make: 'T -> KeyValuePair<'K, 'V>[] -> 'T) =
    inherit Structure<'T>()

    override _.Gather(like, value, into) =
        into.CheckNotNull(box value)
        let pairs = read value
        let entries = Dictionary<'K, 'V>()
        for pair in pairs do
            entries[pair.Key] <- pair.Value
        let like = read like
        into.CheckLength(like.Length, pairs.Length)
        for pair in like do
            into.Enter $"[{pair.Key}]"
            match entries.TryGetValue pair.Key with
            | true, part -> into.Open(element).Gather(pair.Value, part, into)
            | _ -> into.Fail "this key is missing."
            into.Leave()

    override _.Rebuild(like, from) =
        read like
        |> Array.map (fun pair -> KeyValuePair(pair.Key, element.Value.Rebuild(pair.Value, from)))
        |> make like

/// A named list of parts: a tuple, a record, a case of a union, a class with its properties.
type internal Fields =
    { Names: string[]
      Parts: Lazy<Structure>[]
      Read: obj -> obj[]
      Make: obj[] -> obj
      /// Set where it is taken on trust, from names, that what is read is what the constructor was given.
      IsTrusted: bool }

    member fields.Gather(like: obj, value: obj, into: Leaves) =
        let like, value = fields.Read like, fields.Read value
        for index = 0 to value.Length - 1 do
            into.Enter("." + fields.Names[index])
            into.Open(fields.Parts[index]).GatherObject(like[index], value[index], into)
            into.Leave()

    member fields.Rebuild(like: obj, from: Refill) : obj =
        let parts = fields.Read like |> Array.mapi (fun index part -> fields.Parts[index].Value.RebuildObject(part, from))
        let made = fields.Make parts
        if fields.IsTrusted then fields.Verify(parts, fields.Read made, made.GetType())
        made

    /// The numbers that are read from a value must be those that it was made from, derivatives included.
    member private fields.Verify(given: obj[], read: obj[], kind: Type) =
        let numbers (parts: obj[]) =
            let leaves = Leaves("", "")
            parts |> Array.iteri (fun index part -> fields.Parts[index].Value.GatherObject(given[index], part, leaves))
            leaves.Parts
        let isSame (a: Real) (b: Real) = a.value.Equals b.value && a.extra.Equals b.extra && Object.ReferenceEquals(a.node, b.node)
        let given, read = numbers given, numbers read
        let isSameArray (a: Tensor) (b: Tensor) = Object.ReferenceEquals(a, b)
        if not (Array.forall2 isSame given.Numbers read.Numbers && Array.forall2 isSameArray given.Arrays read.Arrays) then
            raise (
                ArgumentException(
                    $"FuncAD cannot take the type {kind} apart into numbers: a value that is made from its properties by its constructor has other "
                    + "numbers than it was made from. Let the properties return what the constructor's parameters of the same names were given."
                )
            )

[<Sealed>]
type internal ProductShape<'T>(fields: Fields) =
    inherit Structure<'T>()

    override _.Gather(like, value, into) =
        into.CheckNotNull(box value)
        if not typeof<'T>.IsValueType && value.GetType() <> typeof<'T> then
            into.Fail $"a {value.GetType().Name} stands where a {typeof<'T>.Name} is declared, and its further fields would be lost. Declare the type itself, or seal it."
        fields.Gather(box like, box value, into)

    override _.Rebuild(like, from) = unbox<'T> (fields.Rebuild(box like, from))

[<Sealed>]
type internal UnionShape<'T>(tag: obj -> int, cases: (string * Fields)[]) =
    inherit Structure<'T>()

    override _.Gather(like, value, into) =
        let expected, got = tag (box like), tag (box value)
        if expected <> got then into.Fail $"expected the case {fst cases[expected]}, got {fst cases[got]}."
        (snd cases[got]).Gather(box like, box value, into)

    override _.Rebuild(like, from) = unbox<'T> ((snd cases[tag (box like)]).Rebuild(box like, from))

/// A function: only results may hold one.
[<Sealed>]
type internal FunctionShape<'T>(lift: FunctionStructure) =
    inherit Structure<'T>()
    override _.Gather(_, value, into) = into.Functions.Add(struct (box value, lift))
    override _.Rebuild(_, from) = unbox<'T> (from.Function())
