namespace FuncAD

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Runtime.InteropServices

/// <summary>Compares two values without numbers part by part, without recursion and without running the user's code.</summary>
module internal Sameness =
    let private fields = ConcurrentDictionary<Type, FieldInfo[]>()

    let rec private declared (kind: Type) : FieldInfo list =
        if isNull kind || kind = typeof<obj> || kind = typeof<ValueType> then
            []
        else
            let own = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.DeclaredOnly
            List.ofArray (kind.GetFields own) @ declared kind.BaseType

    /// All instance fields of a type, including those of its bases.
    let fieldsOf (kind: Type) : FieldInfo[] = fields.GetOrAdd(kind, declared >> Array.ofList)

    /// Types of .NET whose Equals compares values: dates, types, strings.
    let private hasValueEquality (kind: Type) =
        kind.IsPrimitive
        || kind.IsEnum
        || (kind.Assembly = typeof<obj>.Assembly
            && not kind.IsGenericType
            && (kind.IsValueType || kind.GetMethod("Equals", [| typeof<obj> |]).DeclaringType <> typeof<obj>))

    let private isCollection (kind: Type) = not (isNull kind.Namespace) && kind.Namespace.StartsWith "System.Collections"

    let private bytes (array: Array) : ReadOnlySpan<byte> =
        MemoryMarshal.CreateReadOnlySpan(&MemoryMarshal.GetArrayDataReference array, Buffer.ByteLength array)

    let private lengths (array: Array) = Array.init array.Rank array.GetLength

    /// A copy of an array or a list of primitive values or strings. Everything else is returned as it is.
    let copy (value: obj) : obj =
        let isPlain (kind: Type) = kind.IsPrimitive || kind.IsEnum || kind = typeof<string> || kind = typeof<decimal>
        match value with
        | null -> null
        | :? Array as array when isPlain (array.GetType().GetElementType()) -> array.Clone()
        | _ ->
            let kind = value.GetType()
            let isList = kind.IsGenericType && kind.GetGenericTypeDefinition() = typedefof<List<_>>
            if isList && isPlain (kind.GetGenericArguments()[0]) then Activator.CreateInstance(kind, value) else value

    let areSame (a: obj) (b: obj) : bool =
        let pending = Stack<struct (obj * obj)>()
        pending.Push(struct (a, b))
        // The objects that each object has been compared with: shared objects are compared once, and cycles end.
        let seen = Dictionary<obj, List<obj>> ReferenceEqualityComparer.Instance
        let isNew (a: obj) (b: obj) =
            match seen.TryGetValue a with
            | true, others when others.Exists(fun other -> Object.ReferenceEquals(other, b)) -> false
            | true, others ->
                others.Add b
                true
            | _ ->
                seen[a] <- List [ b ]
                true

        let elements (a: IEnumerable) (b: IEnumerable) =
            let a, b = Seq.toArray (Seq.cast<obj> a), Seq.toArray (Seq.cast<obj> b)
            for index = 0 to min a.Length b.Length - 1 do
                pending.Push(struct (a[index], b[index]))
            a.Length = b.Length

        let step (a: obj) (b: obj) : bool =
            let kind = a.GetType()
            match a, b with
            | _ when kind <> b.GetType() -> false
            | (:? float as a), (:? float as b) -> BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b
            | (:? float32 as a), (:? float32 as b) -> BitConverter.SingleToInt32Bits a = BitConverter.SingleToInt32Bits b
            | (:? Array as a), (:? Array as b) ->
                if lengths a <> lengths b then false
                elif kind.GetElementType().IsPrimitive then (bytes a).SequenceEqual(bytes b)
                else elements a b
            | (:? IEnumerable as a), (:? IEnumerable as b) when isCollection kind -> not (isNew a b) || elements a b
            | _ when hasValueEquality kind || Trimming.isOpaque kind -> a.Equals b
            | _ ->
                if kind.IsValueType || isNew a b then
                    for field in fieldsOf kind do
                        pending.Push(struct (field.GetValue a, field.GetValue b))
                true

        let mutable isSame = true
        while isSame && pending.Count > 0 do
            let struct (a, b) = pending.Pop()
            isSame <- Object.ReferenceEquals(a, b) || not (isNull a) && not (isNull b) && step a b
        isSame
