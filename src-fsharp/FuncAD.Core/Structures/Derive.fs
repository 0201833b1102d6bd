/// Derives the structure of a type, once per type.
module internal rec FuncAD.Structures

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Collections.Frozen
open System.Collections.Immutable
open System.Collections.ObjectModel
open System.Diagnostics.CodeAnalysis
open System.Linq.Expressions
open System.Reflection
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Microsoft.FSharp.Reflection

let private known = ConcurrentDictionary<Type, Structure>()

let private allFields = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic
let private allStatics = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

// ---- Types without numbers ----

/// The maximum nesting of generic types, as in List<List<int>>: a type that contains ever larger types of its own kind would nest without
/// end.
let private deepestType = 20

let rec private nesting (kind: Type) : int =
    if kind.HasElementType then nesting (kind.GetElementType())
    elif kind.IsGenericType then 1 + (kind.GetGenericArguments() |> Seq.map nesting |> Seq.fold max 0)
    else 0

/// True if no value of the type can hold a number that is differentiated, because none of the types of its fields can. Interfaces, object
/// and functions may hold anything.
let private isInert (kind: Type) : bool =
    let seen = HashSet<Type>()
    let rec isInert (kind: Type) =
        if kind.IsPrimitive || kind.IsEnum || kind.IsPointer || kind = typeof<string> || kind = typeof<decimal> || kind = typeof<unit> then
            true
        elif kind = typeof<Real> || kind = typeof<Tensor> || kind = typeof<obj> || kind.IsInterface then
            false
        elif typeof<Delegate>.IsAssignableFrom kind || FSharpType.IsFunction kind then
            false
        elif not (seen.Add kind) then
            true
        elif nesting kind > deepestType then
            false
        elif kind.IsArray then
            isInert (kind.GetElementType())
        elif kind.Assembly = typeof<obj>.Assembly && not kind.IsGenericType && not (typeof<IEnumerable>.IsAssignableFrom kind) then
            true
        elif Trimming.hides kind then
            false
        else
            let isUnion = FSharpType.IsUnion(kind, allFields)
            // The fields of a union's cases lie in classes derived from it; those of an abstract class may lie anywhere.
            let cases = if isUnion then FSharpType.GetUnionCases(kind, allFields) |> Seq.collect _.GetFields() else Seq.empty
            (isUnion || not kind.IsAbstract)
            && cases |> Seq.forall (fun field -> isInert field.PropertyType)
            && kind.GetGenericArguments() |> Array.forall isInert
            && Sameness.fieldsOf kind |> Array.forall (fun field -> isInert field.FieldType)
    isInert kind

/// True for a .NET collection whose elements hold no numbers, such as a set of strings.
let private isInertCollection (kind: Type) =
    kind.IsGenericType
    && not (isNull kind.Namespace)
    && kind.Namespace.StartsWith "System.Collections"
    && kind.GetGenericArguments() |> Array.forall isInert

// ---- Parts: lazily, so that a type may contain itself ----

let private part (kind: Type) : Lazy<Structure> = lazy (structureOf kind)

let private definition (kind: Type) = if kind.IsGenericType then kind.GetGenericTypeDefinition() else kind

/// Why a type is refused.
exception private Refusal of string

let private refuse (kind: Type) (problem: string) : 'a =
    raise (
        Refusal(
            $"FuncAD cannot take the type {kind} apart into numbers: {problem} Use Real, Tensor, arrays, lists, dictionaries, options, tuples, records, "
            + "or a type whose public constructor or settable properties cover all its fields; parts that are not to be differentiated may "
            + $"be of any type without numbers, such as string, int, bool or double.{Trimming.remedy kind}"
        )
    )

// ---- Collections ----

/// Arrays, and collections that are converted to and from arrays.
type private Collections<'E> =
    static member private Shape<'T>(read: 'T -> 'E[], make: 'E[] -> 'T, ?identity: 'T -> obj) : Type * Lazy<Structure> =
        let kind = typeof<'T>
        let isDerivable = kind.IsClass && not kind.IsArray && not kind.IsSealed && not kind.IsAbstract
        let shape () : Structure =
            match box read, box make with
            | (:? ('T -> Real[]) as read), (:? (Real[] -> 'T) as make) -> VectorShape<'T>(isDerivable, read, make)
            | _ -> CollectionShape<'T, 'E>(part typeof<'E>, isDerivable, read, make, defaultArg identity box)
        kind, Lazy<Structure> shape

    static member Arrays() : Type * Lazy<Structure> = Collections<'E>.Shape((fun items -> items), id<'E[]>)

    static member All() : (Type * Lazy<Structure>) list =
        let underlying (memory: ReadOnlyMemory<'E>) : obj =
            match MemoryMarshal.TryGetArray memory with
            | true, segment -> segment.Array
            | _ -> obj ()
        [ Collections<'E>.Arrays()
          Collections<'E>.Shape(List.toArray, List.ofArray)
          Collections<'E>.Shape((fun (list: List<'E>) -> list.ToArray()), (fun items -> List<'E>(items)))
          Collections<'E>.Shape((Seq.toArray: 'E seq -> 'E[]), (fun items -> items))
          Collections<'E>.Shape((Seq.toArray: IReadOnlyList<'E> -> 'E[]), (fun items -> items))
          Collections<'E>.Shape((Seq.toArray: IReadOnlyCollection<'E> -> 'E[]), (fun items -> items))
          Collections<'E>.Shape((Seq.toArray: IList<'E> -> 'E[]), (fun items -> List<'E>(items)))
          Collections<'E>.Shape((Seq.toArray: ICollection<'E> -> 'E[]), (fun items -> List<'E>(items)))
          Collections<'E>.Shape((fun (list: ReadOnlyCollection<'E>) -> Seq.toArray list), (fun items -> ReadOnlyCollection<'E>(items)))
          Collections<'E>.Shape((fun (list: Collection<'E>) -> Seq.toArray list), (fun items -> Collection<'E>(List<'E>(items))))
          Collections<'E>.Shape((fun (list: LinkedList<'E>) -> Seq.toArray list), (fun items -> LinkedList<'E>(items)))
          Collections<'E>.Shape((fun (queue: Queue<'E>) -> queue.ToArray()), (fun items -> Queue<'E>(items)))
          // the last pushed comes first
          Collections<'E>.Shape((fun (stack: Stack<'E>) -> stack.ToArray()), (fun items -> Stack<'E>(Array.rev items)))
          Collections<'E>
              .Shape(
                  (fun (items: ImmutableArray<'E>) -> ImmutableCollectionsMarshal.AsArray items),
                  (fun items -> ImmutableCollectionsMarshal.AsImmutableArray items),
                  (fun items -> ImmutableCollectionsMarshal.AsArray items)
              )
          Collections<'E>.Shape((Seq.toArray: ImmutableList<'E> -> 'E[]), (fun items -> ImmutableList.CreateRange items))
          Collections<'E>
              .Shape(
                  (fun (segment: ArraySegment<'E>) -> if isNull segment.Array then null else segment.ToArray()),
                  (fun items -> if isNull items then ArraySegment<'E>() else ArraySegment<'E>(items)),
                  (fun segment -> segment.Array)
              )
          Collections<'E>
              .Shape(
                  (fun (memory: Memory<'E>) -> memory.ToArray()),
                  (fun items -> Memory<'E>(items)),
                  (fun memory -> underlying (Memory.op_Implicit memory))
              )
          Collections<'E>
              .Shape((fun (memory: ReadOnlyMemory<'E>) -> memory.ToArray()), (fun items -> ReadOnlyMemory<'E>(items)), underlying) ]

type private Dictionaries<'K, 'V when 'K: comparison> =
    static member private Form(make: KeyValuePair<'K, 'V>[] -> obj, empty: unit -> IDictionary<'K, int>) : KeyForm<'K, 'V> =
        { new KeyForm<'K, 'V>() with
            member _.Make pairs = make pairs

            member _.Places keys =
                let places = empty ()
                keys |> Array.iteri (fun place key -> places[key] <- place)
                places :?> IReadOnlyDictionary<'K, int> }

    static member private ByEquality(comparer: IEqualityComparer<'K>, make: KeyValuePair<'K, 'V>[] -> obj) =
        Dictionaries<'K, 'V>.Form(make, (fun () -> Dictionary<'K, int>(comparer)))

    static member private ByOrder(comparer: IComparer<'K>, make: KeyValuePair<'K, 'V>[] -> obj) =
        Dictionaries<'K, 'V>.Form(make, (fun () -> SortedDictionary<'K, int>(comparer)))

    /// The form of a dictionary of a known type; null for other types, which may compare keys in other ways.
    static member private FormOf(dictionary: obj) : KeyForm<'K, 'V> =
        let fill (target: #IDictionary<'K, 'V>) (pairs: KeyValuePair<'K, 'V>[]) =
            for pair in pairs do
                target.Add(pair.Key, pair.Value)
            box target
        let isExactly (kind: Type) = dictionary.GetType() = kind
        match dictionary with
        | :? Dictionary<'K, 'V> as like when isExactly typeof<Dictionary<'K, 'V>> ->
            Dictionaries<'K, 'V>.ByEquality(like.Comparer, (fun pairs -> Dictionary<'K, 'V>(pairs, like.Comparer)))
        | :? ConcurrentDictionary<'K, 'V> as like when isExactly typeof<ConcurrentDictionary<'K, 'V>> ->
            Dictionaries<'K, 'V>.ByEquality(like.Comparer, (fun pairs -> ConcurrentDictionary<'K, 'V>(pairs, like.Comparer)))
        | :? SortedDictionary<'K, 'V> as like when isExactly typeof<SortedDictionary<'K, 'V>> ->
            Dictionaries<'K, 'V>.ByOrder(like.Comparer, (fun pairs -> fill (SortedDictionary<'K, 'V>(like.Comparer)) pairs))
        | :? SortedList<'K, 'V> as like when isExactly typeof<SortedList<'K, 'V>> ->
            Dictionaries<'K, 'V>.ByOrder(like.Comparer, (fun pairs -> fill (SortedList<'K, 'V>(like.Comparer)) pairs))
        | :? ImmutableDictionary<'K, 'V> as like ->
            let make pairs = box (ImmutableDictionary.CreateRange(like.KeyComparer, like.ValueComparer, pairs))
            Dictionaries<'K, 'V>.ByEquality(like.KeyComparer, make)
        | :? ImmutableSortedDictionary<'K, 'V> as like ->
            let make pairs = box (ImmutableSortedDictionary.CreateRange(like.KeyComparer, like.ValueComparer, pairs))
            Dictionaries<'K, 'V>.ByOrder(like.KeyComparer, make)
        | :? FrozenDictionary<'K, 'V> as like ->
            Dictionaries<'K, 'V>.ByEquality(like.Comparer, (fun pairs -> FrozenDictionary.ToFrozenDictionary(pairs, like.Comparer)))
        | :? ReadOnlyDictionary<'K, 'V> when isExactly typeof<ReadOnlyDictionary<'K, 'V>> ->
            let inner = typeof<ReadOnlyDictionary<'K, 'V>>.GetProperty("Dictionary", allFields).GetValue dictionary
            match Dictionaries<'K, 'V>.FormOf inner with
            | null -> null
            | form ->
                { new KeyForm<'K, 'V>() with
                    member _.Make pairs = ReadOnlyDictionary<'K, 'V>(form.Make pairs :?> IDictionary<'K, 'V>)
                    member _.Places keys = form.Places keys }
        | :? Map<'K, 'V> ->
            Dictionaries<'K, 'V>
                .ByOrder(LanguagePrimitives.FastGenericComparer, (fun pairs -> Map [ for pair in pairs -> pair.Key, pair.Value ]))
        // those that F#'s dict and readOnlyDict make
        | _ when dictionary.GetType().Assembly = typeof<Map<int, int>>.Assembly ->
            Dictionaries<'K, 'V>.ByEquality(HashIdentity.Structural, (fun pairs -> Dictionary<'K, 'V>(pairs, HashIdentity.Structural)))
        | _ -> null

    static member All() : (Type * Lazy<Structure>) list =
        [ for kind in
              [ typeof<Map<'K, 'V>>
                typeof<Dictionary<'K, 'V>>
                typeof<IDictionary<'K, 'V>>
                typeof<IReadOnlyDictionary<'K, 'V>>
                typeof<SortedDictionary<'K, 'V>>
                typeof<SortedList<'K, 'V>>
                typeof<ConcurrentDictionary<'K, 'V>>
                typeof<ReadOnlyDictionary<'K, 'V>>
                typeof<FrozenDictionary<'K, 'V>>
                typeof<ImmutableDictionary<'K, 'V>>
                typeof<ImmutableSortedDictionary<'K, 'V>>
                typeof<IImmutableDictionary<'K, 'V>> ] do
              let shape () : Structure =
                  if typeof<'K> <> typeof<obj> && not typeof<'K>.IsInterface && not (isInert typeof<'K>) then
                      refuse kind "its keys hold numbers, which would be taken for constants. Keep them in the values."
                  KeyedShape<'K, 'V>(
                      kind,
                      part typeof<'V>,
                      kind.IsClass && not kind.IsSealed && not kind.IsAbstract,
                      Dictionaries<'K, 'V>.FormOf
                  )
              kind, Lazy<Structure> shape ]

/// Native AOT has generic code for the types that it sees the code used with: those that are kept here, and all classes together.
let private kept = ConcurrentDictionary<struct (Type * Type), unit -> (Type * Lazy<Structure>) list>()

let keepItems<'E> () = kept[struct (typeof<'E>, null)] <- Collections<'E>.All
let keepEntries<'K, 'V when 'K: comparison> () = kept[struct (typeof<'K>, typeof<'V>)] <- Dictionaries<'K, 'V>.All

let private keepCommon () =
    keepItems<Real>()
    keepItems<Tensor>()
    keepEntries<string, Real>()
    keepEntries<int, Real>()
    keepEntries<int, obj>()

/// The shape of a known type of collection.
[<DynamicDependency("All", typedefof<Collections<_>>); DynamicDependency("All", typedefof<Dictionaries<int, _>>)>]
let private collection (kind: Type) : Structure option =
    let isOneOf (all: (Type * Lazy<Structure>) list) = all |> List.exists (fun (known, _) -> definition known = definition kind)
    let find (family: Type) (first: Type) (second: Type) =
        if not RuntimeFeature.IsDynamicCodeSupported then keepCommon ()
        let all =
            match kept.TryGetValue(struct (first, second)) with
            | true, all -> all ()
            | _ ->
                let arguments = if isNull second then [| first |] else [| first; second |]
                let call =
                    if isNull second then
                        $"KeepItems<{Trimming.name first}>"
                    else
                        $"KeepEntries<{Trimming.name first}, {Trimming.name second}>"
                Trimming.orMissing kind $"Call NativeAot.{call}() before, so that it is kept" (fun () ->
                    family.MakeGenericType(arguments).GetMethod("All", allStatics).Invoke(null, null) :?> (Type * Lazy<Structure>) list)
        all |> List.tryPick (fun (known, shape) -> if known = kind then Some shape.Value else None)
    if kind.IsArray then
        find typedefof<Collections<_>> (kind.GetElementType()) null
    elif isOneOf (Collections<obj>.All()) then
        find typedefof<Collections<_>> (kind.GetGenericArguments()[0]) null
    elif isOneOf (Dictionaries<string, obj>.All()) then
        find typedefof<Dictionaries<int, _>> (kind.GetGenericArguments()[0]) (kind.GetGenericArguments()[1])
    else
        None

let private isSet (kind: Type) =
    let isSetItself (face: Type) = definition face = typedefof<IReadOnlySet<_>> || definition face = typedefof<ISet<_>>
    kind.GetInterfaces() |> Seq.append [ kind ] |> Seq.exists isSetItself

// ---- Products ----

let private fields names kinds read make code =
    { Names = names; Kinds = kinds; Parts = kinds |> Array.map part; Read = read; Make = make; Code = code }

let private codecOf (kind: Type) : Lazy<Codec> =
    lazy
        match structureOf kind with
        | :? CodedShape as shape -> CodecCompiler.compile shape
        | _ -> null

let private tuple (kind: Type) =
    let kinds = FSharpType.GetTupleElements kind
    let names = kinds |> Array.mapi (fun i _ -> $"Item{i + 1}")
    let code =
        // Longer ones are nested.
        if kinds.Length > 7 then
            None
        else
            Some
                { Get = fun tuple index -> Expression.PropertyOrField(tuple, names[index])
                  New = fun parts -> Expression.New(kind.GetConstructor kinds, parts) }
    ProductShape(
        kind,
        fields names kinds (FSharpValue.PreComputeTupleReader kind) (FSharpValue.PreComputeTupleConstructor kind) code,
        codecOf kind
    )

let private record (kind: Type) =
    let properties = FSharpType.GetRecordFields(kind, allFields)
    ProductShape(
        kind,
        fields
            (properties |> Array.map _.Name)
            (properties |> Array.map _.PropertyType)
            (FSharpValue.PreComputeRecordReader(kind, allFields))
            (FSharpValue.PreComputeRecordConstructor(kind, allFields))
            (Some
                { Get = fun record index -> Expression.Property(record, properties[index])
                  New = fun parts -> Expression.New(FSharpValue.PreComputeRecordConstructorInfo(kind, allFields), parts) }),
        codecOf kind
    )

let private union (kind: Type) =
    let cases =
        FSharpType.GetUnionCases(kind, allFields)
        |> Array.map (fun case ->
            let properties = case.GetFields()
            case.Name,
            fields
                (properties |> Array.map _.Name)
                (properties |> Array.map _.PropertyType)
                (FSharpValue.PreComputeUnionReader(case, allFields))
                (FSharpValue.PreComputeUnionConstructor(case, allFields))
                None)
    UnionShape(kind, FSharpValue.PreComputeUnionTagReader(kind, allFields), cases)

/// How surely a member stands for a field, judged by their names: 3 for the field itself, 0 for no relation. C# keeps a property X in
/// <X>k__BackingField, its anonymous types in <X>i__Field, F# in X@. F# keeps a constructor's parameter x in x, C# mostly in _x or m_x.
let private claim (name: string, m: MemberInfo) (field: FieldInfo) : int =
    let plain = (if field.Name.StartsWith "m_" then field.Name[2..] else field.Name).TrimStart('_')
    if Object.ReferenceEquals(m, field) || m.Equals field then 3
    elif field.Name = $"<{name}>k__BackingField" || field.Name = $"<{name}>i__Field" || field.Name = name + "@" then 2
    elif plain.Equals(name, StringComparison.OrdinalIgnoreCase) then 1
    else 0

let private readableMembers (kind: Type) : (string * Type * MemberInfo) list =
    [ for property in kind.GetProperties(BindingFlags.Instance ||| BindingFlags.Public) do
          if property.CanRead && not (isNull (property.GetGetMethod())) && property.GetIndexParameters().Length = 0 then
              property.Name, property.PropertyType, property :> MemberInfo
      for field in kind.GetFields(BindingFlags.Instance ||| BindingFlags.Public) do
          field.Name, field.FieldType, field :> MemberInfo ]
let private compileRead (kind: Type) (members: (string * Type * MemberInfo) list) : Func<obj, obj[]> =
    let value = Expression.Parameter typeof<obj>
    let self = Expression.Convert(value, kind)
    let items = [ for _, _, m in members -> Expression.Convert(Expression.MakeMemberAccess(self, m), typeof<obj>) :> Expression ]
    Expression.Lambda<Func<obj, obj[]>>(Expression.NewArrayInit(typeof<obj>, items), value).Compile()
let private compileWrite (create: Expression list -> Expression) (kinds: Type list) : Func<obj[], obj> =
    let values = Expression.Parameter typeof<obj[]>
    let item index (kind: Type) = Expression.Convert(Expression.ArrayIndex(values, Expression.Constant(index: int)), kind) :> Expression
    let created = kinds |> List.mapi item |> create
    Expression.Lambda<Func<obj[], obj>>(Expression.Convert(created, typeof<obj>), values).Compile()

/// A class or struct that is read through public properties and fields, and made by a public constructor whose parameters have their names,
/// by setting properties, or both. Every field with numbers must be covered, so that none is lost. Whether the constructor and the
/// properties keep the numbers that they are given is checked on every value that is made (Refill.Rebuild).
let private object (kind: Type) =
    if kind.IsAbstract then refuse kind "it is abstract, so that a value of it cannot be made."
    let readable = readableMembers kind
    let find (parameter: ParameterInfo) =
        readable
        |> List.tryFind (fun (name, kind, _) ->
            name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase) && kind = parameter.ParameterType)
    let isSettable (_, _, m: MemberInfo) =
        match m with
        | :? PropertyInfo as property -> property.CanWrite && not (isNull (property.GetSetMethod()))
        | :? FieldInfo as field -> not field.IsInitOnly
        | _ -> false
    let constructors =
        [ for c in kind.GetConstructors() do
              let parameters = List.ofArray (c.GetParameters())
              let matched = parameters |> List.choose find
              if matched.Length = parameters.Length then c, matched ]
        |> List.sortByDescending (fun (_, matched) -> matched.Length)
    let build, matched =
        match constructors with
        | (c, matched) :: _ -> (fun (arguments: Expression list) -> Expression.New(c, arguments)), matched
        | [] when kind.IsValueType -> (fun _ -> Expression.New kind), []
        | [] -> refuse kind "it has no public constructor whose parameters are its public properties or fields."
    let settable = readable |> List.filter (fun m -> isSettable m && not (List.contains m matched))
    let isNumeric (kind: Type) = not (isInert kind)
    // Each field belongs to at most one member, and each member to at most one field.
    let owners = Dictionary<FieldInfo, string * Type * MemberInfo>()
    let allFields = Sameness.fieldsOf kind
    for sureness in [ 3; 2; 1 ] do
        for (name, _, m) as candidate in matched @ settable do
            if not (owners.ContainsValue candidate) then
                allFields
                |> Array.tryFind (fun field -> not (owners.ContainsKey field) && claim (name, m) field = sureness)
                |> Option.iter (fun field -> owners[field] <- candidate)
    // A property of numbers without a field of its own is computed from others; setting it would change those.
    let settable =
        settable |> List.filter (fun (_, memberType, _ as candidate) -> not (isNumeric memberType) || owners.ContainsValue candidate)
    // An event's handlers return nothing to differentiate, and no constructor sets them.
    let isAction (kind: Type) =
        let invoke = if typeof<Delegate>.IsAssignableFrom kind then kind.GetMethod "Invoke" else null
        not (isNull invoke) && invoke.ReturnType = typeof<Void>
    let hidden = allFields |> Array.filter (fun field -> not (owners.ContainsKey field || isAction field.FieldType))
    for field in hidden do
        if isNumeric field.FieldType then refuse kind $"its field {field.Name} of type {field.FieldType.Name} cannot be set from outside."
    let members = matched @ settable
    let create (parts: Expression list) : Expression =
        let arguments, values = List.splitAt matched.Length parts
        let bindings = List.map2 (fun (_, _, m: MemberInfo) value -> Expression.Bind(m, value) :> MemberBinding) settable values
        Expression.MemberInit(build arguments, bindings)
    let names = members |> List.map (fun (name, _, _) -> name) |> List.toArray
    let kinds = members |> List.map (fun (_, kind, _) -> kind)
    let read, write = compileRead kind members, compileWrite create kinds
    // Hidden parts are compared on every value, which code does not do.
    let code =
        if hidden.Length > 0 then
            None
        else
            let accessed = members |> List.map (fun (_, _, m) -> m) |> List.toArray
            Some { Get = (fun value index -> Expression.MakeMemberAccess(value, accessed[index])); New = create }
    ObjectShape(kind, fields names (List.toArray kinds) read.Invoke write.Invoke code, hidden, codecOf kind)

// ---- Functions ----

/// How functions of a type are lifted: F# functions by their domain and result, delegates by their type and result. Native AOT has the code
/// for all delegates and for functions of numbers and objects, where the result is a number or an object.
[<DynamicDependency(DynamicallyAccessedMemberTypes.All, typedefof<FSharpFunctionStructure<_, _>>)>]
[<DynamicDependency(DynamicallyAccessedMemberTypes.All, typedefof<DelegateStructure<_, _>>)>]
let private functions (kind: Type) (family: Type) (first: Type) (result: Type) : FunctionStructure =
    let common: FunctionStructure list =
        if RuntimeFeature.IsDynamicCodeSupported then
            []
        else
            [ FSharpFunctionStructure<Real, Real>()
              FSharpFunctionStructure<Real, obj>()
              FSharpFunctionStructure<obj, Real>()
              FSharpFunctionStructure<obj, obj>()
              DelegateStructure<Func<Real, Real>, Real>()
              DelegateStructure<Func<Real, obj>, obj>() ]
    match common |> List.tryFind (fun structure -> structure.GetType().GetGenericArguments() = [| first; result |]) with
    | Some structure -> structure
    | None ->
        let remedy = "Let it return a Real, an array or a class"
        Trimming.orMissing kind remedy (fun () -> Activator.CreateInstance(family.MakeGenericType(first, result)) :?> FunctionStructure)

// ---- All together ----

let private derive (kind: Type) : Structure =
    if kind = typeof<Real> then
        NumberShape()
    elif kind = typeof<Tensor> then
        TensorShape()
    elif definition kind = typedefof<Nullable<_>> then
        structureOf (Nullable.GetUnderlyingType kind) // boxed, it is its value or null
    elif isInert kind || kind = typeof<obj> then
        InertShape(kind, isInert) // for object, the value's own type is checked
    elif kind.IsArray && not kind.IsSZArray then
        if kind.GetElementType() = typeof<Real> then NumberGridShape kind else GridShape(kind, part (kind.GetElementType()))
    elif FSharpType.IsFunction kind then
        let domain, range = FSharpType.GetFunctionElements kind
        FunctionShape(kind, functions kind typedefof<FSharpFunctionStructure<_, _>> domain range)
    elif typeof<Delegate>.IsAssignableFrom kind then
        let invoke = kind.GetMethod "Invoke"
        if isNull invoke then refuse kind "it is a delegate of no known type."
        if invoke.ReturnType = typeof<Void> then refuse kind "it is an action, which has no result to differentiate."
        FunctionShape(kind, functions kind typedefof<DelegateStructure<_, _>> kind invoke.ReturnType)
    else
        match collection kind with
        | Some shape -> shape
        | None when isInertCollection kind -> InertShape(kind, (fun _ -> true))
        | None when isSet kind ->
            refuse kind "it is a set: numbers that are equal are one in it, and tangents and gradients often are. Use a list."
        | None when Trimming.hides kind -> refuse kind "it shows no fields."
        | None when FSharpType.IsTuple kind -> tuple kind
        | None when FSharpType.IsRecord(kind, allFields) -> record kind
        | None when FSharpType.IsUnion(kind, allFields) -> union kind
        | None when kind.IsInterface || typeof<IEnumerable>.IsAssignableFrom kind ->
            refuse kind "it is an interface or a collection that FuncAD does not know."
        | None -> object kind

let private deriveOrRefuse (kind: Type) : Structure =
    try
        derive kind
    with Refusal problem ->
        RefusedShape(kind, problem)

let private structureOf (kind: Type) : Structure =
    match known.TryGetValue kind with
    | true, structure -> structure
    | _ ->
        let structure =
            // The usual parameter has no need of the hundred types that to derive others loads: a fifth of a process's first gradient.
            if Type.op_Equality (kind, typeof<Real[]>) then (snd (Collections<Real>.Arrays())).Value else deriveOrRefuse kind
        known.GetOrAdd(kind, structure)

/// The structure of a type known at compile time, kept where the JIT finds it without a look-up.
[<AbstractClass; Sealed>]
type private Known<'T> private () =
    [<DefaultValue>]
    static val mutable private structure: Structure

    static member Structure: Structure =
        if isNull Known<'T>.structure then Known<'T>.structure <- structureOf typeof<'T>
        Known<'T>.structure

/// The structure of a type. For a type that cannot be taken apart, the exception is raised when a value of it is read.
let of'<'T> () : Structure = Known<'T>.Structure
