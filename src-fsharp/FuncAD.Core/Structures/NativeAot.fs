namespace FuncAD

open System.Diagnostics.CodeAnalysis

/// <summary>
/// What a program that is published ahead of time (native AOT) or trimmed must keep so that FuncAD can take its types apart. In C# the
/// package's generator writes these calls for the types that a program differentiates and for those marked <c>[Differentiable]</c>.
/// In F#, call <c>Keep</c> once for each type.
/// </summary>
[<AbstractClass; Sealed>]
type NativeAot private () =
    /// <summary>Keeps the fields, properties and constructors of a type.</summary>
    static member Keep<[<DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)>] 'T>() : unit = Trimming.keep typeof<'T>

    /// <summary>Keeps arrays, lists and other collections of a type of elements; needed for structs.</summary>
    static member KeepItems<'E>() : unit = Structures.keepItems<'E>()

    /// <summary>Keeps dictionaries of a type of keys and a type of values; needed where one of them is a struct.</summary>
    static member KeepEntries<'K, 'V when 'K: comparison>() : unit = Structures.keepEntries<'K, 'V>()
