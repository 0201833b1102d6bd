/// The public surface of the core, as src-fsharp/FuncAD.Core/PublicAPI.txt has it: a line for each public type, interface and member.
module FuncAD.Tests.Surface

open System
open System.ComponentModel
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open Expecto
open FSharp.Reflection
open FuncAD

let private page = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "src-fsharp", "FuncAD.Core", "PublicAPI.txt")

let private declared =
    BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.Instance ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private attribute<'A when 'A :> Attribute> (thing: ICustomAttributeProvider) : 'A option =
    thing.GetCustomAttributes(typeof<'A>, false) |> Array.tryHead |> Option.map unbox<'A>

let private has<'A when 'A :> Attribute> (thing: ICustomAttributeProvider) = (attribute<'A> thing).IsSome

// ---- Types as F# writes them ----

let private words =
    dict
        [ typeof<Void>, "unit"
          typeof<unit>, "unit"
          typeof<obj>, "obj"
          typeof<bool>, "bool"
          typeof<int>, "int"
          typeof<int64>, "int64"
          typeof<float>, "float"
          typeof<float32>, "float32"
          typeof<string>, "string" ]

let private plainName (kind: Type) =
    match kind.Name.Split('`')[0] with
    | "FSharpList" -> "list"
    | "FSharpOption" -> "option"
    | name -> name

let rec private typeName (kind: Type) : string =
    let arguments = if kind.IsGenericType then kind.GetGenericArguments() else [||]
    let listed separator = arguments |> Array.map typeName |> String.concat separator
    match words.TryGetValue kind with
    | true, word -> word
    | _ when kind.IsGenericParameter -> "'" + kind.Name
    | _ when kind.IsByRef -> $"byref<{typeName (kind.GetElementType())}>"
    | _ when kind.IsArray -> $"""{typeName (kind.GetElementType())}[{String(',', kind.GetArrayRank() - 1)}]"""
    | _ when FSharpType.IsTuple kind -> (if kind.IsValueType then "struct " else "") + "(" + listed " * " + ")"
    | _ when FSharpType.IsFunction kind -> "(" + arrows kind + ")"
    | _ when arguments.Length > 0 -> $"""{plainName kind}<{listed ", "}>"""
    | _ -> plainName kind

/// a -> b -> c
and private arrows (kind: Type) : string =
    if FSharpType.IsFunction kind then
        let argument, result = FSharpType.GetFunctionElements kind
        typeName argument + " -> " + arrows result
    else
        typeName kind

/// Where a type stands: its namespace, what it is nested in, and its name in the source.
let rec private pathOf (kind: Type) : string =
    let outside = if kind.IsNested then pathOf kind.DeclaringType else kind.Namespace
    let isSuffixed =
        attribute<CompilationRepresentationAttribute> kind |> Option.exists _.Flags.HasFlag(CompilationRepresentationFlags.ModuleSuffix)
    let name = if isSuffixed then kind.Name.Substring(0, kind.Name.Length - "Module".Length) else plainName kind
    let parameters = if kind.IsGenericTypeDefinition then kind.GetGenericArguments() |> Array.map typeName |> String.concat ", " else ""
    if parameters = "" then $"{outside}.{name}" else $"{outside}.{name}<{parameters}>"

let private isModule (kind: Type) =
    attribute<CompilationMappingAttribute> kind
    |> Option.exists (fun mapping -> mapping.SourceConstructFlags = SourceConstructFlags.Module)

let private kindOf (kind: Type) : string =
    if isModule kind then "module"
    elif kind.IsEnum then "enum"
    elif kind.IsInterface then "interface"
    elif FSharpType.IsUnion kind then "union"
    elif FSharpType.IsRecord kind then (if kind.IsValueType then "struct record" else "record")
    elif kind.IsValueType then "struct"
    elif kind.IsAbstract && kind.IsSealed then "static class"
    elif kind.IsSealed then "sealed class"
    elif kind.IsAbstract then "abstract class"
    else "class"

// ---- Members ----

let private isVisible (method: MethodBase) = method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly

let private parameter (p: ParameterInfo) : string =
    let optional = if has<OptionalArgumentAttribute> p then "?" else ""
    let many = if has<ParamArrayAttribute> p then "params " else ""
    let value = if p.HasDefaultValue then (if isNull p.DefaultValue then " = null" else $" = {p.DefaultValue}") else ""
    let name = if String.IsNullOrEmpty p.Name then "" else $"{optional}{p.Name}: "
    $"{name}{many}{typeName p.ParameterType}{value}"

let private constraints (arguments: Type[]) : string =
    let all =
        [ for argument in arguments do
              for bound in argument.GetGenericParameterConstraints() do
                  if bound <> typeof<ValueType> then $"{typeName argument} :> {typeName bound}"
              if argument.GenericParameterAttributes.HasFlag GenericParameterAttributes.NotNullableValueTypeConstraint then
                  $"{typeName argument}: struct" ]
    if all.IsEmpty then "" else " when " + String.concat " and " all

/// (a: int, b: int), or (a: int) (b: int) for arguments that F# applies one by one.
let private parameterList (method: MethodBase) : string =
    let parameters = method.GetParameters() |> Array.map parameter |> List.ofArray
    let group items = "(" + String.concat ", " items + ")"
    match attribute<CompilationArgumentCountsAttribute> method with
    | None when isModule method.DeclaringType -> " " + group parameters
    | None -> group parameters
    | Some counts ->
        let groups, _ = Seq.mapFold (fun rest (count: int) -> List.splitAt count rest) parameters counts.Counts
        " " + (groups |> Seq.map group |> String.concat " ")

let private isAccessor (method: MethodInfo) =
    method.IsSpecialName && [ "get_"; "set_"; "add_"; "remove_" ] |> List.exists (fun start -> method.Name.StartsWith start)

let private modifiers (method: MethodBase) =
    (if method.IsStatic && not (isModule method.DeclaringType) then "static " else "")
    + (if method.IsAbstract && not method.DeclaringType.IsInterface then "abstract " else "")

let private membersOf (kind: Type) : string list =
    let path = pathOf kind
    let isWritten (thing: MemberInfo) = not (has<CompilerGeneratedAttribute> thing)
    [ for field in kind.GetFields declared do
          if (field.IsPublic || field.IsFamily) && not field.IsSpecialName && isWritten field then
              let value = if field.IsLiteral then $" = {field.GetRawConstantValue()}" else ""
              $"{path}.{field.Name}: {typeName field.FieldType}{value}"
      for property in kind.GetProperties declared do
          let accessors = property.GetAccessors true |> Array.filter isVisible
          if accessors.Length > 0 && isWritten property then
              let index = property.GetIndexParameters() |> Array.map parameter |> String.concat ", "
              let shownIndex = if index = "" then "" else $"[{index}]"
              let verbs = accessors |> Array.map (fun accessor -> accessor.Name.Substring(0, 3)) |> Array.sort |> String.concat ", "
              $"{modifiers accessors[0]}{path}.{property.Name}{shownIndex}: {typeName property.PropertyType} with {verbs}"
      for constructor in kind.GetConstructors declared do
          if isVisible constructor && not constructor.IsStatic then $"{path}.new{parameterList constructor}"
      for method in kind.GetMethods declared do
          if isVisible method && isWritten method && not (isAccessor method) then
              let arguments = if method.IsGenericMethod then method.GetGenericArguments() else [||]
              $"{modifiers method}{path}.{method.Name}{parameterList method} : {typeName method.ReturnType}{constraints arguments}" ]

/// The lines of PublicAPI.txt for an assembly.
let private surface (assembly: Assembly) : string list =
    [ for kind in assembly.GetExportedTypes() do
          $"{pathOf kind} ({kindOf kind})" + (if kind.IsGenericType then constraints (kind.GetGenericArguments()) else "")
          for contract in kind.GetInterfaces() do
              if contract.IsVisible && not kind.IsEnum then $"{pathOf kind} : {typeName contract}"
          yield! membersOf kind ]
    |> List.distinct
    |> List.sortWith (fun a b -> String.CompareOrdinal(a, b))

let private actual () = surface typeof<Real>.Assembly

/// What no user of either language names: the signatures of rules' functions, or those who call it by its name, need it to be public.
let private nameless =
    set
        [ "ICarrier`1"
          "IRule"
          "IFunction1"
          "IFunction2"
          "IUnary"
          "IBinary"
          "IStep"
          "IChoice"
          "Traits"
          "Domain"
          "Edge"
          // System.Text.Json's generated code, debuggers and notebooks find these by attributes
          "RealJsonConverter"
          "TensorJsonConverter"
          "RandomKeyJsonConverter"
          "TensorView"
          "TypeFormatterSourceAttribute"
          "NotebookFormatter"
          "NotebookSource"
          "TextInNotebooks"
          "TensorInNotebooks"
          "TraceInNotebooks"
          "FormulaInNotebooks" ]

let private isHidden (kind: Type) =
    attribute<EditorBrowsableAttribute> kind |> Option.exists (fun a -> a.State = EditorBrowsableState.Never)

let write () : unit = File.WriteAllText(page, String.concat "\n" (actual ()) + "\n")

/// What to say of a file that is not the surface; nothing, where it is.
let private difference (written: string list) (actual: string list) : string list =
    let without (others: string list) = let known = Set.ofList others in List.filter (fun line -> not (known.Contains line))
    [ for line in without written actual -> "+ " + line
      for line in without actual written -> "- " + line ]

[<Tests>]
let tests =
    testList
        "surface"
        [ testCase "PublicAPI.txt is the core's public surface" (fun () ->
              let changes = difference (File.ReadAllLines page |> List.ofArray) (actual ())
              let remedy =
                  "If the change of the public surface is meant, run `dotnet run --project tests/FuncAD.Core.Tests -- surface`, which writes the file. + is new, - is gone:"
              if not changes.IsEmpty then failtest (String.concat "\n" (remedy :: changes)))

          // F#'s editors hide what EditorBrowsable hides, too; C#'s alone heed TypeLibType.
          testCase "what F# users name is not hidden from them" (fun () ->
              let hidden = typeof<Real>.Assembly.GetExportedTypes() |> Array.filter isHidden
              let named = hidden |> Array.filter (fun kind -> not (has<AutoOpenAttribute> kind) && not (nameless.Contains kind.Name))
              Expect.isNonEmpty hidden "hidden types"
              Expect.isEmpty named "hidden types that are neither opened by themselves nor nameless")

          testCase "lines are readable, and a difference is told by its lines" (fun () ->
              let lines = actual ()
              for line in
                  [ "FuncAD.AD (module)"
                    "FuncAD.AD.grad (f: ('P -> Real)) (p: 'P) : 'P"
                    "FuncAD.AD.custom (name: string) (value: (float -> float)) (slope: (Real -> Real -> Real)) : (Real -> Real)"
                    "FuncAD.Rules.Special.besselJ (n: int) (x: 'T) : 'T when 'T :> ICarrier<'T>"
                    "FuncAD.Real : IComparable<Real>"
                    "static FuncAD.Real.Sin(x: Real) : Real" ] do
                  Expect.contains lines line "a line of the surface"
              Expect.equal (difference [ "a"; "b" ] [ "b"; "c" ]) [ "+ c"; "- a" ] "the difference") ]
