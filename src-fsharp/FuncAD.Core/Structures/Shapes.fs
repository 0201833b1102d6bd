/// The shapes that structures are made of.
namespace FuncAD

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

module internal Unboxed =
    /// As unbox, but null becomes the default value, also of types that F# treats as never null.
    let cast<'T> (value: obj) : 'T = if isNull value then Unchecked.defaultof<'T> else unbox<'T> value

[<Sealed>]
type internal NumberShape() as shape =
    inherit Leaf(typeof<Real>)
    let skeleton = Skeleton(shape, null, [||])
    override _.Take(value, into) =
        into.Add(unbox<Real> value)
        null
    override _.Match(_, value, into) = into.Add(unbox<Real> value)
    override _.Put(_, from) = box (from.Number())
    override _.Skeleton _ = skeleton

/// A type without numbers, such as string, int or bool. If a value is of a derived type, that type is checked for numbers.
[<Sealed>]
type internal InertShape(kind: Type, isInert: Type -> bool) =
    inherit Leaf(kind)
    let isExact = kind.IsSealed || kind.IsArray
    let check (value: obj) (into: LeafReader) =
        if not isExact && not (isNull value) && value.GetType() <> kind && not (isInert (value.GetType())) then
            into.Fail
                $"a value of type {value.GetType().Name} stands where {kind.Name} is declared, and its numbers would be taken for constants. Declare the type itself."
    override _.HasNumbers = false
    override _.TakesNull = true

    override _.Take(value, into) =
        check value into
        into.Keep value

    override _.Match(like, value, into) =
        check value into
        into.MeetOther("it", like, value)

    override _.Put(rest, _) = rest

/// A type that cannot be taken apart. Only null is accepted, and stays null.
[<Sealed>]
type internal RefusedShape(kind: Type, refusal: string) =
    inherit Leaf(kind)
    override _.Take(_, into) = into.Fail refusal
    override _.Match(_, _, into) = into.Fail refusal
    override _.Put(_, _) = null

/// An array of numbers, or a collection that is converted to and from one. A null array stands for the default value of a struct.
[<Sealed>]
type internal VectorShape<'T>(isDerivable: bool, read: 'T -> Real[], make: Real[] -> 'T) =
    inherit Leaf(typeof<'T>)

    let items (value: obj) (into: LeafReader) : Real[] =
        if isDerivable then into.CheckExact(typeof<'T>, value)
        read (Unboxed.cast<'T> value)

    let length (items: Real[]) = if isNull items then -1 else items.Length

    override _.Take(value, into) =
        let items = items value into
        into.AddRange(ReadOnlySpan items)
        box (length items)

    override _.Match(rest, value, into) =
        let items = items value into
        into.CheckLength(unbox<int> rest, length items)
        into.AddRange(ReadOnlySpan items)

    override _.Put(rest, from) =
        match unbox<int> rest with
        | -1 -> box (make null)
        | length -> box (make (from.Range length))

[<Sealed>]
type internal TensorShape() =
    inherit Leaf(typeof<Tensor>)

    override _.Take(value, into) =
        let value = value :?> Tensor
        into.AddArray value
        value.Dimensions

    override _.Match(rest, value, into) =
        let expected, value = rest :?> int[], value :?> Tensor
        if not (Shape.areEqual expected value.Dimensions) then
            into.Fail $"expected a tensor of the shape {Shape.text expected}, got the shape {Shape.text value.Dimensions}."
        into.AddArray value

    override _.Put(_, from) = from.Array()

/// The lengths and the lower bounds of an array's axes.
type internal Extents =
    { Lengths: int[]
      Starts: int[] }

    static member Of(grid: Array) = { Lengths = Array.init grid.Rank grid.GetLength; Starts = Array.init grid.Rank grid.GetLowerBound }

    member extents.Check(value: Array, into: LeafReader) =
        let got = Extents.Of value
        Array.iter2 (fun expected got -> into.CheckLength(expected, got)) extents.Lengths got.Lengths
        if extents.Starts <> got.Starts then
            into.Fail
                $"expected an array whose indices begin at {Shape.text extents.Starts}, got one whose begin at {Shape.text got.Starts}."

    member extents.Make(kind: Type) : Array = Array.CreateInstanceFromArrayType(kind, extents.Lengths, extents.Starts)

    /// The indices of the element at a position in row-major order.
    member extents.Index(place: int) : int[] =
        let index = Array.copy extents.Starts
        let mutable rest = place
        for axis = index.Length - 1 downto 0 do
            index[axis] <- index[axis] + rest % extents.Lengths[axis]
            rest <- rest / extents.Lengths[axis]
        index

/// An array of numbers of more than one dimension, or whose indices do not begin at 0, in row-major order.
[<Sealed>]
type internal NumberGridShape(kind: Type) =
    inherit Leaf(kind)
    let span (grid: Array) = MemoryMarshal.CreateSpan(&Unsafe.As<byte, Real>(&MemoryMarshal.GetArrayDataReference grid), grid.Length)

    override _.Take(value, into) =
        let grid = value :?> Array
        into.AddRange(Span.op_Implicit (span grid))
        Extents.Of grid

    override _.Match(rest, value, into) =
        let grid = value :?> Array
        (rest :?> Extents).Check(grid, into)
        into.AddRange(Span.op_Implicit (span grid))

    override _.Put(rest, from) =
        let grid = (rest :?> Extents).Make kind
        (from.Range grid.Length).AsSpan().CopyTo(span grid)
        box grid

/// An array of other parts of more than one dimension, or whose indices do not begin at 0, in row-major order.
[<Sealed>]
type internal GridShape(kind: Type, element: Lazy<Structure>) =
    inherit Branch(kind)
    let items (grid: Array) = Array.ofSeq (Seq.cast<obj> grid)

    override _.Open(value, _) =
        let grid = value :?> Array
        struct (Extents.Of grid, items grid)

    override _.Match(rest, value, into) =
        let grid = value :?> Array
        (rest :?> Extents).Check(grid, into)
        items grid

    override _.Part(_, _) = element.Value
    override _.Name(rest, index) = $"{Shape.text ((rest :?> Extents).Index index)}"

    override _.Close(rest, parts, _) =
        let extents = rest :?> Extents
        let grid = extents.Make kind
        parts |> Array.iteri (fun place part -> grid.SetValue(part, extents.Index place))
        box grid

/// An array of parts, or a collection that is converted to and from one. A null array stands for the default value of a struct.
[<Sealed>]
type internal CollectionShape<'T, 'E>(element: Lazy<Structure>, isDerivable: bool, read: 'T -> 'E[], make: 'E[] -> 'T, identity: 'T -> obj)
    =
    inherit Branch(typeof<'T>)

    let items (value: obj) (into: LeafReader) : obj[] =
        if isDerivable then into.CheckExact(typeof<'T>, value)
        match read (Unboxed.cast<'T> value) with
        | null -> null
        | items -> items |> Array.map box

    let length (items: obj[]) = if isNull items then -1 else items.Length
    let some (items: obj[]) = if isNull items then [||] else items

    override _.Open(value, into) =
        let items = items value into
        struct (box (length items), some items)

    override _.Match(rest, value, into) =
        let items = items value into
        into.CheckLength(unbox<int> rest, length items)
        some items

    override _.Part(_, _) = element.Value
    override _.Name(_, index) = $"[{index}]"

    override _.Close(rest, parts, _) = if unbox<int> rest < 0 then box (make null) else box (make (parts |> Array.map Unboxed.cast<'E>))

    override _.Identity(value, _) = identity (Unboxed.cast<'T> value)

/// How a dictionary compares its keys. Dictionaries that are made from it compare them the same way.
[<AbstractClass; AllowNullLiteral>]
type internal KeyForm<'K, 'V>() =
    abstract Make: KeyValuePair<'K, 'V>[] -> obj

    /// The position of each key in a list of keys; of equal keys, the last one's.
    abstract Places: 'K[] -> IReadOnlyDictionary<'K, int>

/// A dictionary without its values: its form and its keys.
[<Sealed>]
type internal Keys<'K, 'V>(form: KeyForm<'K, 'V>, keys: 'K[]) =
    member _.Form = form
    member _.Keys = keys

/// A dictionary. Values that must match it are read in the order of its keys.
[<Sealed>]
type internal KeyedShape<'K, 'V>(kind: Type, element: Lazy<Structure>, isDerivable: bool, formOf: obj -> KeyForm<'K, 'V>) =
    inherit Branch(kind)

    let read (value: obj) (into: LeafReader) =
        if isDerivable then into.CheckExact(kind, value)
        Seq.toArray (value :?> KeyValuePair<'K, 'V> seq)

    override _.Open(value, into) =
        let form = formOf value
        if isNull form then
            into.Fail(
                $"a {value.GetType().Name} is a dictionary that FuncAD does not know, so that it cannot make another that finds its keys the same way. "
                + "Pass a Dictionary, a SortedDictionary or an ImmutableDictionary."
            )
        let pairs = read value into
        struct (Keys(form, pairs |> Array.map _.Key), pairs |> Array.map (fun pair -> box pair.Value))

    override _.Match(rest, value, into) =
        let like = rest :?> Keys<'K, 'V>
        let pairs = read value into
        into.CheckLength(like.Keys.Length, pairs.Length)
        let places = like.Form.Places(pairs |> Array.map _.Key)
        like.Keys
        |> Array.map (fun key ->
            match places.TryGetValue key with
            | true, place -> box pairs[place].Value
            | _ ->
                into.Fail
                    $"the key [{key}] is missing. It must have the same structure as what it belongs to: the same lengths, keys and cases.")

    override _.Part(_, _) = element.Value
    override _.Name(rest, index) = $"[{(rest :?> Keys<'K, 'V>).Keys[index]}]"

    override _.Close(rest, parts, _) =
        let like = rest :?> Keys<'K, 'V>
        like.Form.Make(Array.map2 (fun key part -> KeyValuePair(key, Unboxed.cast<'V> part)) like.Keys parts)

/// A named list of parts: a tuple, a record, a case of a union.
type internal Fields = { Names: string[]; Parts: Lazy<Structure>[]; Read: obj -> obj[]; Make: obj[] -> obj }

/// A tuple or an F# record, whose constructors store values unchanged.
[<Sealed>]
type internal ProductShape(kind: Type, fields: Fields) =
    inherit Branch(kind)

    override _.Open(value, into) =
        into.CheckExact(kind, value)
        struct (null, fields.Read value)

    override _.Match(_, value, into) =
        into.CheckExact(kind, value)
        fields.Read value

    override _.Part(_, index) = fields.Parts[index].Value
    override _.Name(_, index) = "." + fields.Names[index]
    override _.Close(_, parts, _) = fields.Make parts

/// A class, struct or C# record. Reading and making one runs the user's code, which may do anything.
[<Sealed>]
type internal ObjectShape(kind: Type, fields: Fields, hidden: Reflection.FieldInfo[]) =
    inherit Branch(kind)

    let read (value: obj) (into: LeafReader) =
        into.CheckExact(kind, value)
        try
            fields.Read value
        with
        | :? InvalidOperationException -> reraise () // reading a Real as a double raises this, with its own message
        | error -> into.Fail($"a property of the type {kind} cannot be read: {error.Message}", error)

    override _.HasUserCode = true
    override _.Open(value, into) = struct (box (hidden |> Array.map _.GetValue(value)), read value into)

    override _.Match(rest, value, into) =
        let parts = read value into
        (rest :?> obj[])
        |> Array.iteri (fun index like ->
            into.MeetOther($"the field {hidden[index].Name} of the type {kind}", like, hidden[index].GetValue value))
        parts

    override _.Part(_, index) = fields.Parts[index].Value
    override _.Name(_, index) = "." + fields.Names[index]

    override _.Close(_, parts, _) =
        try
            fields.Make parts
        with
        | :? InvalidOperationException -> reraise ()
        | error ->
            raise (
                ArgumentException(
                    $"FuncAD cannot make a value of the type {kind}: it refuses the numbers that were to go into it: {error.Message} Tangents and "
                    + "gradients have this structure, too, and hold any number. Differentiate with respect to a plain record or array and make this type from it inside f.",
                    error
                )
            )

[<Sealed>]
type internal UnionShape(kind: Type, tag: obj -> int, cases: (string * Fields)[]) =
    inherit Branch(kind)
    let fields (rest: obj) = snd cases[unbox<int> rest]

    override _.Open(value, _) =
        let case = box (tag value)
        struct (case, (fields case).Read value)

    override _.Match(rest, value, into) =
        let expected, got = unbox<int> rest, tag value
        if expected <> got then into.Fail $"expected the case {fst cases[expected]}, got {fst cases[got]}."
        (fields rest).Read value

    override _.Part(rest, index) = (fields rest).Parts[index].Value
    override _.Name(rest, index) = "." + (fields rest).Names[index]
    override _.Close(rest, parts, _) = (fields rest).Make parts

/// A function: only results may hold one.
[<Sealed>]
type internal FunctionShape(kind: Type, lift: FunctionStructure) =
    inherit Leaf(kind)

    override _.Take(value, into) =
        into.Functions.Add(struct (value, lift))
        null

    override _.Match(_, _, _) = ()
    override _.Put(_, from) = from.Function()
