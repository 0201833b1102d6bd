namespace FuncAD

open System
open System.Collections
open System.Collections.Concurrent
open System.Diagnostics.CodeAnalysis
open System.Reflection
open System.Runtime.CompilerServices

/// <summary>
/// The trimmer cannot follow reflection over a parameter's type, nor see that code is made only where that is possible. The types of a
/// program's parameters are kept by NativeAot; what was not kept is refused (hides, below), and never taken for a constant. Code is made
/// at run time only where Backend says so.
/// </summary>
module internal TrimmerWarnings =
    [<Literal>]
    let private Kept = "Types of parameters are kept by NativeAot, and refused where they are not."

    [<Literal>]
    let private Checked = "Code is made at run time only where Backend.GeneratesCode is true."

    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2055", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2060", Justification = Checked, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2070", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2072", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2075", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2077", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2080", Justification = Checked, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2090", Justification = Kept, Scope = "module")>]
    [<assembly: UnconditionalSuppressMessage("AOT", "IL3050", Justification = Checked, Scope = "module")>]
    do ()

/// <summary>Nothing names this type, so that it is there only in programs that are not trimmed.</summary>
[<Sealed>]
type internal Untrimmed private () = class end

/// <summary>
/// What is known of types in a program that was published trimmed or with native AOT: there, reflection shows only what was kept.
/// </summary>
module internal Trimming =
    let private kept = ConcurrentDictionary<Type, bool>()
    let private isTrimmed = lazy isNull (typeof<Real>.Assembly.GetType(String.Concat(typeof<Real>.Namespace, ".", "Un", "trimmed")))

    /// Records that all members of a type are there.
    let keep (kind: Type) : unit = kept[kind] <- true

    /// Types of .NET that are no collections hold no numbers of FuncAD.
    let private isOfFramework (kind: Type) =
        let assembly = kind.Assembly.GetName().Name
        (assembly.StartsWith "System." || assembly.StartsWith "Microsoft.")
        && not kind.IsGenericType
        && not (typeof<IEnumerable>.IsAssignableFrom kind)

    /// True where a type's fields may be there without being shown, so that two values cannot be compared by them. Native AOT keeps fields
    /// and drops what reflection knows of them; trimming drops both.
    let isOpaque (kind: Type) : bool =
        let rec hasFields (kind: Type) =
            not (isNull kind)
            && kind <> typeof<obj>
            && (kind.GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic).Length > 0
                || hasFields kind.BaseType)
        not RuntimeFeature.IsDynamicCodeSupported && isTrimmed.Value && not (kept.ContainsKey kind) && not (hasFields kind)

    /// True where numbers in such a type would be lost without a word.
    let hides (kind: Type) : bool = isOpaque kind && not (isOfFramework kind)

    /// The name of a type as C# writes it.
    let rec name (kind: Type) : string =
        if kind.IsArray then
            name (kind.GetElementType()) + "[]"
        elif kind.IsGenericType then
            let arguments = String.Join(", ", kind.GetGenericArguments() |> Array.map name)
            $"{kind.Name[.. kind.Name.IndexOf '`' - 1]}<{arguments}>"
        else
            kind.Name

    /// What to do about a type that cannot be taken apart, if the program was trimmed.
    let remedy (kind: Type) : string =
        if isTrimmed.Value then
            " The program was published trimmed or with native AOT: mark the type [Differentiable], or call "
            + $"NativeAot.Keep<{name kind}>() before, so that its members are kept."
        else
            ""

    /// Runs what makes generic code from types. Where no code is made at run time, the error says how to keep it.
    let orMissing (kind: Type) (remedy: string) (make: unit -> 'T) : 'T =
        try
            make ()
        with :? NotSupportedException as error when not RuntimeFeature.IsDynamicCodeSupported ->
            raise (NotSupportedException($"The program was published with native AOT, which has no code for {name kind}. {remedy}.", error))
