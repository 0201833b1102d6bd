namespace FuncAD.Traces

open System
open System.Reflection
open System.Text.RegularExpressions

/// Names of inputs and results: given ones, or those of a lambda's parameters.
module internal Naming =
    let private isStep = Regex @"^v-?\d+$"
    let private isName = Regex @"^\p{L}[\p{L}\p{N}]*$"

    /// Names that compilers give to parameters without one.
    let private isGenerated = Regex @"^(arg|delegateArg|tupledArg)\d*$"

    let private refuse (message: string) : 'a = raise (ArgumentException($"FuncAD: names of the inputs of a trace: {message}", "names"))

    /// The names as given, a copy.
    let check (inputs: int) (names: string[]) : string[] =
        if isNull names then nullArg (nameof names)
        if names.Length <> inputs then refuse $"there are {inputs} inputs and {names.Length} names."
        names
        |> Array.iteri (fun index name ->
            if String.IsNullOrWhiteSpace name then refuse $"name {index + 1} is empty."
            if isStep.IsMatch name then refuse $"\"{name}\" is the name of a step. Choose another letter."
            if Array.IndexOf(names, name) < index then refuse $"\"{name}\" is given twice.")
        Array.copy names

    /// The name of the results: y, unless an input has it.
    let resultBeside (inputs: string[]) : string =
        let isFree (name: string) = inputs |> Array.forall (fun input -> not (Regex.IsMatch(input, $@"^{name}\d*$")))
        [ "y"; "f"; "z"; "r" ] |> List.tryFind isFree |> Option.defaultValue "result"

    /// The last parameters of a method, of which there is one for each input or one array for all of them, as names.
    let ofParameters (count: int) (inputs: int) (method: MethodInfo) : string[] =
        let parameters = if isNull method then [||] else method.GetParameters() |> Array.map _.Name
        let own = if parameters.Length < count then Array.create count null else parameters[parameters.Length - count ..]
        let isOwn (name: string) = not (isNull name) && isName.IsMatch name && not (isGenerated.IsMatch name)
        let indexed (name: string) = if inputs = 1 then [| name |] else Array.init inputs (fun index -> $"{name}{index + 1}")
        if count = 1 && own |> Array.forall isOwn && not (own[0] = "v" && inputs > 1) && not (isStep.IsMatch own[0]) then indexed own[0]
        elif count > 1 && own |> Array.forall (fun name -> isOwn name && not (isStep.IsMatch name)) then own
        else indexed "x"

    /// The given names, or, without any, those of the last parameters of a method.
    let given (method: MethodInfo) (count: int) (inputs: int) (names: string[]) : string[] =
        if isNull names || names.Length > 0 then check inputs names else ofParameters count inputs method

    /// The names after the parameter of an F# function of an array.
    let ofFunction (f: 'A -> 'B) (inputs: int) : string[] =
        f.GetType().GetMethods()
        |> Array.tryFind (fun method -> method.Name = "Invoke" && method.GetParameters().Length = 1)
        |> Option.toObj
        |> ofParameters 1 inputs
