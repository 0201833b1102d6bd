namespace FuncAD

/// <summary>The place in the program where an operation was performed.</summary>
[<Sealed; AllowNullLiteral>]
type SourceLine internal (file: string, line: int, caller: string) =
    /// <summary>The path of the file, as the compiler wrote it into the symbols; empty where there are none.</summary>
    member _.File: string = file

    /// <summary>The number of the line; 0 where there are no symbols (a portable PDB beside the assembly, or inside it).</summary>
    member _.Line: int = line

    /// <summary>The method, such as "Model.Loss" or "a function in Program.Main".</summary>
    member _.Member: string = caller

    /// <summary>"Model.Loss, Model.cs:12".</summary>
    override _.ToString() : string =
        // a path may come from another system
        if line = 0 then caller else $"{caller}, {file.Substring(file.LastIndexOfAny [| '/'; '\\' |] + 1)}:{line}"

namespace FuncAD.Explaining

open System
open System.Diagnostics
open System.Reflection
open System.Text.RegularExpressions
open FuncAD

/// <summary>Finds the caller's own line on the stack: the first frame that belongs neither to this library nor to the platform.</summary>
module internal SourceLines =
    let private own = Regex @"^(FuncAD|FuncAD\.Core)$"
    let private platform = Regex @"^(System\..*|System|mscorlib|netstandard|FSharp\.Core|Microsoft\..*)$"

    /// Names that compilers give to lambdas and local functions: <Main>b__0_1, <Main>g__Norm|0_0, and F#'s closures, norm@12.
    let private lambda, local, closure = Regex @"^<(.*?)>b__", Regex @"^<(.*?)>g__(.*?)\|", Regex @"^(.*?)@\d+"

    let private typeName (kind: Type) : string =
        let rec outer (kind: Type) =
            if isNull kind then ""
            elif kind.Name.Contains '<' || kind.Name.Contains '@' then outer kind.DeclaringType
            else kind.Name
        outer kind

    /// The name of a method as its author would say it.
    let nameOf (method: MethodBase) : string =
        let kind = method.DeclaringType
        let within (name: string) =
            match typeName kind with
            | "" -> name
            | owner -> $"{owner}.{name}"
        let generated = if isNull kind then Match.Empty else closure.Match kind.Name
        if local.IsMatch method.Name then
            within (local.Match method.Name).Groups[2].Value
        elif lambda.IsMatch method.Name then
            match (lambda.Match method.Name).Groups[1].Value with
            | "<Main>$" -> "a function at top level"
            | name -> $"a function in {within name}"
        elif method.Name = "<Main>$" then
            "the top level"
        elif generated.Success then
            match typeName kind.DeclaringType with
            | "" -> "a function"
            | owner -> $"a function in {owner}"
        else
            within method.Name

    let private assemblyOf (frame: StackFrame) : string =
        match frame.GetMethod() with
        | null -> null
        | method when isNull method.DeclaringType -> null
        | method -> method.DeclaringType.Assembly.GetName().Name

    /// The line of the operation that is being performed; null if the stack has no frame of the caller's.
    let current () : SourceLine =
        let frames =
            StackTrace(1, true).GetFrames()
            |> Array.filter (fun frame ->
                match assemblyOf frame with
                | null -> false
                | name -> not (own.IsMatch name || platform.IsMatch name))
        match Array.tryHead frames with
        | None -> null
        | Some frame ->
            let hasLine = not (isNull (frame.GetFileName()))
            SourceLine(
                (if hasLine then frame.GetFileName() else ""),
                (if hasLine then frame.GetFileLineNumber() else 0),
                nameOf (frame.GetMethod())
            )
