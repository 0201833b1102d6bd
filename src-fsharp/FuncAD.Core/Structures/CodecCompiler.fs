/// Compiles the codec of a product (Codec.fs).
module internal FuncAD.CodecCompiler

open System
open System.Collections.Generic
open System.Linq.Expressions

/// Code for more parts than this takes longer to compile than it saves.
let private mostParts = 256

[<Struct>]
type private Size = { Numbers: int; Others: int; RunsUserCode: bool }

/// Parts without numbers that are the same wherever they are equal, and belong to no derived type.
let private isPlain (kind: Type) = kind.IsPrimitive || kind.IsEnum || kind = typeof<string> || kind = typeof<decimal>

/// The parts of every value of a type; ValueNone where values differ, or where code cannot reach them.
let rec private sizeOf (around: Type list) (declared: Type) (structure: Structure) : Size voption =
    match structure with
    | _ when declared <> structure.Kind -> ValueNone // Nullable
    | :? NumberShape -> ValueSome { Numbers = 1; Others = 0; RunsUserCode = false }
    | :? InertShape when isPlain declared -> ValueSome { Numbers = 0; Others = 1; RunsUserCode = false }
    | :? CodedShape as shape when shape.Fields.Code.IsSome && not (List.contains declared around) ->
        let join size index =
            match size, sizeOf (declared :: around) shape.Fields.Kinds[index] shape.Fields.Parts[index].Value with
            | ValueSome a, ValueSome b ->
                ValueSome { Numbers = a.Numbers + b.Numbers; Others = a.Others + b.Others; RunsUserCode = a.RunsUserCode || b.RunsUserCode }
            | _ -> ValueNone
        Seq.fold join (ValueSome { Numbers = 0; Others = 0; RunsUserCode = shape.HasUserCode }) (seq { 0 .. shape.Fields.Parts.Length - 1 })
    | _ -> ValueNone

let private numbers, number = Expression.Parameter typeof<Real[]>, Expression.Parameter typeof<int>
let private others, other = Expression.Parameter typeof<obj[]>, Expression.Parameter typeof<int>
let private at (first: ParameterExpression) (index: int) = Expression.Add(first, Expression.Constant index) :> Expression

/// Code that writes the parts of a value, and returns false where an object is null or of a derived type.
let private reader (shape: CodedShape) : Delegate =
    let value = Expression.Parameter shape.Kind
    let exit = Expression.Label typeof<bool>
    let variables, code = List<ParameterExpression>(), List<Expression>()
    let mutable nextNumber, nextOther = 0, 0
    let rec read (value: Expression) (shape: CodedShape) : unit =
        if not shape.Kind.IsValueType then
            let isExact = Expression.TypeEqual(value, shape.Kind)
            code.Add(Expression.IfThen(Expression.Not isExact, Expression.Return(exit, Expression.Constant false)))
        for index = 0 to shape.Fields.Parts.Length - 1 do
            let part = shape.Fields.Code.Value.Get value index
            match shape.Fields.Parts[index].Value with
            | :? CodedShape as inner ->
                let variable = Expression.Variable inner.Kind
                variables.Add variable
                code.Add(Expression.Assign(variable, part))
                read variable inner
            | :? NumberShape ->
                code.Add(Expression.Assign(Expression.ArrayAccess(numbers, at number nextNumber), part))
                nextNumber <- nextNumber + 1
            | _ ->
                code.Add(Expression.Assign(Expression.ArrayAccess(others, at other nextOther), Expression.Convert(part, typeof<obj>)))
                nextOther <- nextOther + 1
    read value shape
    code.Add(Expression.Label(exit, Expression.Constant true))
    let kind = typedefof<ReadParts<_>>.MakeGenericType shape.Kind
    Expression.Lambda(kind, Expression.Block(variables, code), value, numbers, number, others, other).Compile()

/// Code that makes a value of its parts.
let private maker (shape: CodedShape) : Delegate =
    let mutable nextNumber, nextOther = 0, 0
    let rec make (shape: CodedShape) : Expression =
        let part index : Expression =
            match shape.Fields.Parts[index].Value with
            | :? CodedShape as inner -> make inner
            | :? NumberShape ->
                nextNumber <- nextNumber + 1
                Expression.ArrayIndex(numbers, at number (nextNumber - 1))
            | structure ->
                nextOther <- nextOther + 1
                Expression.Convert(Expression.ArrayIndex(others, at other (nextOther - 1)), structure.Kind)
        shape.Fields.Code.Value.New [ for index in 0 .. shape.Fields.Parts.Length - 1 -> part index ]
    let kind = typedefof<MakeOfParts<_>>.MakeGenericType shape.Kind
    Expression.Lambda(kind, make shape, numbers, number, others, other).Compile()

/// The codec of a product; null where its values differ in their parts, or where no code is made at run time.
let compile (shape: CodedShape) : Codec =
    match (if Backend.GeneratesCode then sizeOf [] shape.Kind shape else ValueNone) with
    | ValueSome size when size.Numbers > 0 && size.Numbers + size.Others <= mostParts ->
        try
            let arguments: obj[] = [| size.Numbers; size.Others; size.RunsUserCode; reader shape; maker shape |]
            Activator.CreateInstance(typedefof<Codec<_>>.MakeGenericType shape.Kind, arguments) :?> Codec
        with
        | :? ArgumentException
        | :? InvalidOperationException
        | :? NotSupportedException
        | :? TypeLoadException -> null // members that expressions cannot reach: the structure's visit does it
    | _ -> null
