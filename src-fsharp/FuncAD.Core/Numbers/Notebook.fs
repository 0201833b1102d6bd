namespace FuncAD

open System
open System.ComponentModel
open System.IO
open System.Net

/// <summary>
/// Names the class that writes values of a type in notebooks. dotnet-interactive (Polyglot Notebooks, Jupyter) looks for an attribute of
/// this name in any namespace, and calls the class by reflection, so that no package of it is needed.
/// </summary>
/// <remarks>What is called by name must be public, and so must the types that have it.</remarks>
[<AttributeUsage(AttributeTargets.Class ||| AttributeTargets.Struct); EditorBrowsable(EditorBrowsableState.Never)>]
type TypeFormatterSourceAttribute(source: Type) =
    inherit Attribute()

    /// <summary>The class: it has a constructor without parameters and CreateTypeFormatters.</summary>
    member _.FormatterSourceType = source

    /// <summary>The types of media to prefer, at least one.</summary>
    member val PreferredMimeTypes: string[] = [| "text/html" |] with get, set

/// <summary>Writes values as one type of media. Notebooks call its members by reflection.</summary>
[<Sealed; EditorBrowsable(EditorBrowsableState.Never)>]
type NotebookFormatter internal (mimeType: string, show: obj -> string) =
    /// <summary>The type of media, such as text/html.</summary>
    member _.MimeType = mimeType

    /// <summary>Writes a value; true, since every value of its type can be written.</summary>
    member _.Format(instance: obj, writer: TextWriter) : bool =
        writer.Write(show instance)
        true

/// <summary>Makes the formatters of a type. Notebooks call its member by reflection.</summary>
[<AbstractClass; EditorBrowsable(EditorBrowsableState.Never)>]
type NotebookSource internal (mimeType: string, show: obj -> string) =
    /// <summary>The formatters: the type's own, and plain text.</summary>
    member _.CreateTypeFormatters() : NotebookFormatter seq = seq {
        NotebookFormatter(mimeType, show)
        NotebookFormatter("text/plain", string)
    }

/// <summary>For what is its text: numbers, estimates and reports.</summary>
[<Sealed; EditorBrowsable(EditorBrowsableState.Never)>]
type TextInNotebooks() =
    inherit NotebookSource("text/html", (fun value -> $"<pre>{WebUtility.HtmlEncode(string value)}</pre>"))
