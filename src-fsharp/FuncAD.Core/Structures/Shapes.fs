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

/// A named list of parts: a tuple, a record, a case of a union.
[<NoComparison; NoEquality>]
type internal Fields =
    {
        Names: string[]
        Kinds: Type[]
        Parts: Lazy<Structure>[]
        Read: obj -> obj[]
        Make: obj[] -> obj
        /// None where code cannot reach the parts.
        Code: ProductCode option
    }

/// A product, whose values a codec may take apart. <c>rest</c> is that of every such value.
[<AbstractClass>]
type internal CodedShape(kind: Type, rest: obj, fields: Fields, codec: Lazy<Codec>) =
    inherit Branch(kind)

    /// Compiling takes milliseconds: a type that is read once or twice goes without.
    static let rehearsals = 2
    let mutable readings = 0
    let mutable bare: Skeleton = null

    member _.Fields = fields

    /// Null where there is no code for the type.
    member _.Codec: Codec = codec.Value

    /// The same, for a value that is read for itself: null for the first ones.
    member _.Rehearsed: Codec =
        if readings < rehearsals then
            readings <- readings + 1
            null
        else
            codec.Value

    /// Skeletons of the parts from the other parts of a value, in the order in which a codec reads them, from one on.
    member private _.PartsOf(others: obj[], next: byref<int>) : Skeleton[] =
        let parts = Array.zeroCreate fields.Parts.Length
        for index = 0 to parts.Length - 1 do
            parts[index] <- CodedShape.Expand(fields.Parts[index].Value, others, &next)
        parts

    /// The skeleton of a part, with parts of its own instead of a compact one.
    static member Expand(structure: Structure, others: obj[], next: byref<int>) : Skeleton =
        match structure with
        | :? CodedShape as shape -> Skeleton(shape, shape.Rest, shape.PartsOf(others, &next))
        | :? Leaf as leaf when leaf.HasNumbers -> leaf.Skeleton null
        | structure ->
            next <- next + 1
            (structure :?> Leaf).Skeleton others[next - 1]

    member private _.Rest: obj = rest

    /// A compact skeleton with these other parts.
    member private shape.Skeleton(others: obj[]) : Skeleton =
        let expand (like: Skeleton) =
            let mutable next = 0
            shape.PartsOf(like.Others, &next)
        Skeleton(shape, rest, others, Func<Skeleton, Skeleton[]> expand)

    override shape.TakeCompact(value, into) =
        let codec = shape.Rehearsed
        if isNull codec then
            null
        else
            let others = if codec.Others = 0 then null else Array.zeroCreate codec.Others
            let first = into.Room codec.Numbers
            if not (codec.Read(value, into.Buffer, first, others, 0) && into.Commit(codec.Numbers, ReadOnlySpan(), ReadOnlySpan())) then
                null
            elif isNull others then
                if isNull bare then bare <- shape.Skeleton null
                bare
            else
                shape.Skeleton others

    override _.MatchCompact(like, value, into) =
        let codec = codec.Value
        let others = if codec.Others = 0 then null else Array.zeroCreate codec.Others
        let first = into.Room codec.Numbers
        codec.Read(value, into.Buffer, first, others, 0) && into.Commit(codec.Numbers, ReadOnlySpan like.Others, ReadOnlySpan others)

    override _.PutCompact(like, numbers, first) =
        match codec.Value.Make(numbers, first, like.Others, 0) with
        | null -> struct (null, 0)
        | made -> struct (made, codec.Value.Numbers)

    override _.HasUserCodeCompact = codec.Value.RunsUserCode

/// An array of parts, or a collection that is converted to and from one. A null array stands for the default value of a struct.
[<Sealed>]
type internal CollectionShape<'T, 'E>(element: Lazy<Structure>, isDerivable: bool, read: 'T -> 'E[], make: 'E[] -> 'T, identity: 'T -> obj)
    =
    inherit Branch(typeof<'T>)

    /// Fewer items are visited one by one: compiling takes milliseconds.
    static let few = 64

    /// How many items are read before their numbers are compared.
    static let block = 128

    let codec () : Codec<'E> =
        match element.Value with
        | :? CodedShape as shape when typeof<'E> = shape.Kind -> shape.Codec :?> Codec<'E>
        | _ -> null

    let expand =
        Func<Skeleton, Skeleton[]>(fun like ->
            let mutable next = 0
            let parts = Array.zeroCreate (unbox<int> like.Rest)
            for index = 0 to parts.Length - 1 do
                parts[index] <- CodedShape.Expand(element.Value, like.Others, &next)
            parts)

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

    override _.HasUserCodeCompact = codec().RunsUserCode

    override _.Close(rest, parts, _) = if unbox<int> rest < 0 then box (make null) else box (make (parts |> Array.map Unboxed.cast<'E>))

    /// Reads all items, so many at a time that what is only compared stays in a small buffer; false where one cannot be read.
    member private _.ReadBlocks(codec: Codec<'E>, items: 'E[], like: obj[], others: obj[], into: LeafReader) : bool =
        let before = into.Count
        let mutable isRead = true
        let mutable start = 0
        into.Room(if into.IsComparing then block * codec.Numbers else codec.Numbers * items.Length) |> ignore
        while isRead && start < items.Length do
            let stop = min items.Length (start + block)
            let first = into.Room(codec.Numbers * (stop - start))
            let from, length = start * codec.Others, (stop - start) * codec.Others
            isRead <-
                codec.ReadSome(items, start, stop, into.Buffer, first, others)
                && into.Commit(
                    codec.Numbers * (stop - start),
                    (if isNull like then ReadOnlySpan() else ReadOnlySpan(like, from, length)),
                    ReadOnlySpan(others, from, length)
                )
            start <- stop
        if not isRead then into.Count <- before
        isRead

    override shape.TakeCompact(value, into) =
        if isDerivable then into.CheckExact(typeof<'T>, value)
        match (if element.Value :? CodedShape then read (Unboxed.cast<'T> value) else null) with
        | null -> null
        | items when items.Length < few -> null
        | items ->
            match codec () with
            | null -> null
            | codec ->
                let others = Array.zeroCreate (codec.Others * items.Length)
                if shape.ReadBlocks(codec, items, null, others, into) then Skeleton(shape, box items.Length, others, expand) else null

    override shape.MatchCompact(like, value, into) =
        if isDerivable then into.CheckExact(typeof<'T>, value)
        match read (Unboxed.cast<'T> value) with
        | null -> false
        | items when items.Length <> unbox<int> like.Rest -> false
        | items ->
            let codec = codec ()
            shape.ReadBlocks(codec, items, like.Others, Array.zeroCreate (codec.Others * items.Length), into)

    override _.PutCompact(like, numbers, first) =
        let codec, length = codec (), unbox<int> like.Rest
        match codec.MakeAll(numbers, first, like.Others, length) with
        | null -> struct (null, 0)
        | items -> struct (box (make items), codec.Numbers * length)

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

/// A tuple or an F# record, whose constructors store values unchanged.
[<Sealed>]
type internal ProductShape(kind: Type, fields: Fields, codec: Lazy<Codec>) =
    inherit CodedShape(kind, null, fields, codec)

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
type internal ObjectShape(kind: Type, fields: Fields, hidden: Reflection.FieldInfo[], codec: Lazy<Codec>) =
    inherit CodedShape(kind, Array.empty<obj>, fields, codec)

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
