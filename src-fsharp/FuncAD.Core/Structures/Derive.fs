/// Which shape a type has, derived once per type.
module internal rec FuncAD.Structures

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Collections.Immutable
open System.Linq.Expressions
open System.Reflection
open Microsoft.FSharp.Reflection

let private known = ConcurrentDictionary<Type, Structure>()

let private allFields = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic
let private allStatics = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

// ---- Types without numbers ----

let rec private fieldsOf (kind: Type) : FieldInfo list =
    if isNull kind || kind = typeof<obj> || kind = typeof<ValueType> then []
    else List.ofArray (kind.GetFields(allFields ||| BindingFlags.DeclaredOnly)) @ fieldsOf kind.BaseType

/// Tells whether no value of the type can hold a number that is differentiated. Interfaces and object may hold anything.
let rec private isInert (seen: Set<string>) (kind: Type) : bool =
    if kind.IsPrimitive || kind.IsEnum || kind.IsPointer || kind = typeof<string> || kind = typeof<decimal> || kind = typeof<unit> then true
    elif kind = typeof<Real> || kind = typeof<Tensor> || kind = typeof<obj> || kind.IsInterface || typeof<Delegate>.IsAssignableFrom kind || FSharpType.IsFunction kind then false
    elif seen.Contains kind.AssemblyQualifiedName then true
    elif kind.IsArray then isInert seen (kind.GetElementType())
    elif kind.Assembly = typeof<obj>.Assembly && not kind.IsGenericType && not (typeof<IEnumerable>.IsAssignableFrom kind) then true
    else
        let seen = seen.Add kind.AssemblyQualifiedName
        let isUnion = FSharpType.IsUnion(kind, allFields)
        // The fields of a union's cases lie in classes derived from it; those of an abstract class may lie anywhere.
        let cases = if isUnion then FSharpType.GetUnionCases(kind, allFields) |> Seq.collect _.GetFields() else Seq.empty
        (isUnion || not kind.IsAbstract)
        && cases |> Seq.forall (fun field -> isInert seen field.PropertyType)
        && kind.GetGenericArguments() |> Array.forall (isInert seen) && fieldsOf kind |> List.forall (fun field -> isInert seen field.FieldType)

// ---- Parts: lazily, so that a type may contain itself ----

let private part (kind: Type) : Lazy<Structure> = lazy (structureOf kind)

/// For the shapes that know their element type.
type private Typed<'E> =
    static member Part() : Lazy<Structure<'E>> = lazy (of'<'E> ())

let private typedPart (kind: Type) : obj =
    typedefof<Typed<_>>.MakeGenericType(kind).GetMethod("Part", allStatics).Invoke(null, null)

let private make (definition: Type) (arguments: Type list) (values: obj list) : Structure =
    Activator.CreateInstance(definition.MakeGenericType(List.toArray arguments), List.toArray values) :?> Structure

let private definition (kind: Type) = if kind.IsGenericType then kind.GetGenericTypeDefinition() else kind

// ---- Collections ----

type private Collections<'E> =
    static member private Shape<'T>(read: 'T -> 'E[], make: 'E[] -> 'T) : Structure =
        CollectionShape<'T, 'E>(ArrayShape<'E>(Typed<'E>.Part()), read, make)

    static member All() : (Type * Structure) list =
        let sequence () = Collections<'E>.Shape((Seq.toArray: 'E seq -> 'E[]), (fun items -> items))
        [ typeof<'E list>, Collections<'E>.Shape(List.toArray, List.ofArray)
          typeof<List<'E>>, Collections<'E>.Shape((fun (list: List<'E>) -> list.ToArray()), (fun items -> List<'E>(items)))
          typeof<'E seq>, sequence ()
          typeof<IReadOnlyList<'E>>, Collections<'E>.Shape((Seq.toArray: IReadOnlyList<'E> -> 'E[]), (fun items -> items))
          typeof<IReadOnlyCollection<'E>>, Collections<'E>.Shape((Seq.toArray: IReadOnlyCollection<'E> -> 'E[]), (fun items -> items))
          typeof<IList<'E>>, Collections<'E>.Shape((Seq.toArray: IList<'E> -> 'E[]), (fun items -> List<'E>(items)))
          typeof<ICollection<'E>>, Collections<'E>.Shape((Seq.toArray: ICollection<'E> -> 'E[]), (fun items -> List<'E>(items)))
          typeof<ImmutableArray<'E>>, Collections<'E>.Shape((fun items -> Seq.toArray items), (fun items -> ImmutableArray.CreateRange items))
          typeof<ImmutableList<'E>>, Collections<'E>.Shape((Seq.toArray: ImmutableList<'E> -> 'E[]), (fun items -> ImmutableList.CreateRange items)) ]

type private Dictionaries<'K, 'V when 'K: comparison> =
    static member private Shape<'T when 'T :> KeyValuePair<'K, 'V> seq>(make: 'T -> KeyValuePair<'K, 'V>[] -> 'T) : Structure =
        KeyedShape<'T, 'K, 'V>(Typed<'V>.Part(), (fun dictionary -> Seq.toArray dictionary), make)

    static member All() : (Type * Structure) list =
        let comparer (like: obj) : IEqualityComparer<'K> =
            match like with
            | :? Dictionary<'K, 'V> as like -> like.Comparer
            | :? ImmutableDictionary<'K, 'V> as like -> like.KeyComparer
            | _ -> EqualityComparer<'K>.Default
        let dictionary (like: obj) (pairs: KeyValuePair<'K, 'V>[]) = Dictionary<'K, 'V>(pairs, comparer like)
        [ typeof<Map<'K, 'V>>, Dictionaries<'K, 'V>.Shape(fun _ pairs -> Map [ for pair in pairs -> pair.Key, pair.Value ])
          typeof<Dictionary<'K, 'V>>, Dictionaries<'K, 'V>.Shape(fun like pairs -> dictionary like pairs)
          typeof<IDictionary<'K, 'V>>, Dictionaries<'K, 'V>.Shape(fun like pairs -> dictionary like pairs :> IDictionary<'K, 'V>)
          typeof<IReadOnlyDictionary<'K, 'V>>, Dictionaries<'K, 'V>.Shape(fun like pairs -> dictionary like pairs :> IReadOnlyDictionary<'K, 'V>)
          typeof<SortedDictionary<'K, 'V>>, Dictionaries<'K, 'V>.Shape(fun like pairs -> SortedDictionary<'K, 'V>(dictionary null pairs, like.Comparer))
          typeof<ImmutableDictionary<'K, 'V>>,
          Dictionaries<'K, 'V>.Shape(fun like pairs -> ImmutableDictionary.CreateRange(like.KeyComparer, like.ValueComparer, pairs)) ]

/// The collection shape of a generic type, if it is a known collection.
let private collection (kind: Type) : Structure option =
    let candidates (family: Type) (arguments: Type[]) =
        family.MakeGenericType(arguments).GetMethod("All", allStatics).Invoke(null, null)
        :?> (Type * Structure) list
    let find all = all |> List.tryPick (fun (known, shape) -> if known = kind then Some shape else None)
    match kind.GetGenericArguments() with
    | [| _ |] as arguments -> find (candidates typedefof<Collections<_>> arguments)
    | [| _; _ |] as arguments -> find (candidates typedefof<Dictionaries<int, _>> arguments)
    | _ -> None

// ---- Products ----

let private fields names kinds read make = { Names = names; Parts = kinds |> Array.map part; Read = read; Make = make; IsTrusted = false }

let private product (kind: Type) (fields: Fields) = make typedefof<ProductShape<_>> [ kind ] [ fields ]

let private tuple (kind: Type) =
    let kinds = FSharpType.GetTupleElements kind
    product kind (fields (kinds |> Array.mapi (fun i _ -> $"Item{i + 1}")) kinds (FSharpValue.PreComputeTupleReader kind) (FSharpValue.PreComputeTupleConstructor kind))

let private record (kind: Type) =
    let properties = FSharpType.GetRecordFields(kind, allFields)
    product kind
        (fields
            (properties |> Array.map _.Name)
            (properties |> Array.map _.PropertyType)
            (FSharpValue.PreComputeRecordReader(kind, allFields))
            (FSharpValue.PreComputeRecordConstructor(kind, allFields)))

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
                (FSharpValue.PreComputeUnionConstructor(case, allFields)))
    make typedefof<UnionShape<_>> [ kind ] [ FSharpValue.PreComputeUnionTagReader(kind, allFields); cases ]

let private refuse (kind: Type) (problem: string) : 'a =
    raise (
        ArgumentException(
            $"FuncAD cannot take the type {kind} apart into numbers: {problem} Use Real, Tensor, arrays, lists, dictionaries, options, tuples, records, "
            + "or a type whose public constructor or settable properties cover all its fields; parts that are not to be differentiated may "
            + "be of any type without numbers, such as string, int, bool or double."
        )
    )

/// A class or struct that is read through public properties and fields and made by a public constructor whose parameters bear their
/// names, or through settable properties, or both. Every field must be covered, so that nothing is lost.
let private object (kind: Type) =
    if kind.IsAbstract || kind = typeof<obj> then refuse kind "it is abstract, so that a value of it cannot be made."
    let readable: (string * Type * MemberInfo) list =
        [ for property in kind.GetProperties(BindingFlags.Instance ||| BindingFlags.Public) do
              if property.CanRead && property.GetIndexParameters().Length = 0 then property.Name, property.PropertyType, property :> MemberInfo
          for field in kind.GetFields(BindingFlags.Instance ||| BindingFlags.Public) do
              field.Name, field.FieldType, field :> MemberInfo ]
    let find (parameter: ParameterInfo) =
        readable |> List.tryFind (fun (name, kind, _) -> name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase) && kind = parameter.ParameterType)
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
    let covered = matched @ settable |> List.map (fun (name, _, _) -> name)
    let isNumeric (field: FieldInfo) = not (isInert Set.empty field.FieldType)
    let isCovered (field: FieldInfo) =
        covered |> List.exists (fun name -> field.Name = name || field.Name = $"<{name}>k__BackingField" || field.Name = name + "@")
    // An F# constructor's parameter a is kept in a field a behind the property A; C# often writes _a.
    let isKept (field: FieldInfo) =
        covered |> List.exists (fun name -> field.Name.TrimStart('_').Equals(name, StringComparison.OrdinalIgnoreCase))
    let hidden = fieldsOf kind |> List.filter (fun field -> isNumeric field && not (isCovered field))
    for field in hidden do
        if not (isKept field) then refuse kind $"its field {field.Name} of type {field.FieldType.Name} cannot be set from outside."
    let value, values = Expression.Parameter typeof<obj>, Expression.Parameter typeof<obj[]>
    let members = matched @ settable
    let read =
        let self = Expression.Convert(value, kind)
        let items = [ for _, _, m in members -> Expression.Convert(Expression.MakeMemberAccess(self, m), typeof<obj>) :> Expression ]
        Expression.Lambda<Func<obj, obj[]>>(Expression.NewArrayInit(typeof<obj>, items), value).Compile()
    let write =
        let item index (kind: Type) = Expression.Convert(Expression.ArrayIndex(values, Expression.Constant(index: int)), kind) :> Expression
        let arguments = matched |> List.mapi (fun index (_, kind, _) -> item index kind)
        let bindings = settable |> List.mapi (fun index (_, kind, m) -> Expression.Bind(m, item (matched.Length + index) kind) :> MemberBinding)
        let created = Expression.MemberInit(build arguments, bindings)
        Expression.Lambda<Func<obj[], obj>>(Expression.Convert(created, typeof<obj>), values).Compile()
    let names = members |> List.map (fun (name, _, _) -> name) |> List.toArray
    let kinds = members |> List.map (fun (_, kind, _) -> kind) |> List.toArray
    product kind { fields names kinds read.Invoke write.Invoke with IsTrusted = not hidden.IsEmpty }

// ---- All together ----

type private Nullables<'E when 'E: struct and 'E: (new: unit -> 'E) and 'E :> ValueType> =
    static member Shape() : Structure =
        CollectionShape<Nullable<'E>, 'E>(
            ArrayShape<'E>(Typed<'E>.Part()),
            (fun value -> if value.HasValue then [| value.Value |] else [||]),
            (fun items -> if items.Length = 0 then Nullable() else Nullable items[0])
        )

let private derive (kind: Type) : Structure =
    if kind = typeof<Real> then NumberShape()
    elif kind = typeof<Real[]> then VectorShape()
    elif kind = typeof<Tensor> then TensorShape()
    elif isInert Set.empty kind then make typedefof<InertShape<_>> [ kind ] [ box (isInert Set.empty) ]
    elif kind.IsArray && kind.IsSZArray then make typedefof<ArrayShape<_>> [ kind.GetElementType() ] [ typedPart (kind.GetElementType()) ]
    elif kind.IsArray then make typedefof<GridShape<_>> [ kind ] [ part (kind.GetElementType()) ]
    elif FSharpType.IsFunction kind then
        let domain, range = FSharpType.GetFunctionElements kind
        let lift = Activator.CreateInstance(typedefof<FSharpFunctionStructure<_, _>>.MakeGenericType(domain, range))
        make typedefof<FunctionShape<_>> [ kind ] [ lift ]
    elif typeof<Delegate>.IsAssignableFrom kind then
        let result = kind.GetMethod("Invoke").ReturnType
        if result = typeof<Void> then refuse kind "it is an action, which has no result to differentiate."
        let lift = Activator.CreateInstance(typedefof<DelegateStructure<_, _>>.MakeGenericType(kind, result))
        make typedefof<FunctionShape<_>> [ kind ] [ lift ]
    elif definition kind = typedefof<Nullable<_>> then
        typedefof<Nullables<int>>.MakeGenericType(kind.GetGenericArguments()).GetMethod("Shape", allStatics).Invoke(null, null)
        :?> Structure
    else
        match collection kind with
        | Some shape -> shape
        | None when FSharpType.IsTuple kind -> tuple kind
        | None when FSharpType.IsRecord(kind, allFields) -> record kind
        | None when FSharpType.IsUnion(kind, allFields) -> union kind
        | None when kind.IsInterface || typeof<IEnumerable>.IsAssignableFrom kind -> refuse kind "it is an interface or a collection that FuncAD does not know."
        | None -> object kind

let private structureOf (kind: Type) : Structure =
    match known.TryGetValue kind with
    | true, structure -> structure
    | _ -> known.GetOrAdd(kind, derive kind)

/// The structure of a type known at compile time, kept where the JIT finds it without a look-up.
[<AbstractClass; Sealed>]
type private Known<'T> private () =
    [<DefaultValue>]
    static val mutable private structure: Structure<'T>

    static member Structure: Structure<'T> =
        if isNull Known<'T>.structure then Known<'T>.structure <- structureOf typeof<'T> :?> Structure<'T>
        Known<'T>.structure

/// The structure of a type; an ArgumentException says why there is none.
let of'<'T> () : Structure<'T> = Known<'T>.Structure
