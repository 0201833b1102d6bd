namespace FuncAD.Traces

open System
open System.Globalization
open System.Security
open System.Text
open System.Text.RegularExpressions
open System.Xml

/// <summary>
/// How traces are written: names of steps and of their derivatives as in Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation
/// in machine learning: a survey" (2018), and numbers short enough for a table.
/// </summary>
module internal Typography =
    /// The name of the step at a position: the inputs are v(1-n) .. v0, what follows v1, v2, ...
    let step (inputs: int) (position: int) : string = "v" + (position + 1 - inputs).ToString CultureInfo.InvariantCulture

    /// A name with a mark over its first letter.
    let private marked (mark: char) (name: string) : string = name.Insert(1, string mark)

    /// The tangent of a name: a dot over it.
    let dot (name: string) : string = marked '\u0307' name

    /// The adjoint of a name: a bar over it.
    let bar (name: string) : string = marked '\u0304' name

    /// A number with three decimals, or with three significant digits where it is small.
    let number (x: float) : string =
        let x = x + 0.0 // no sign for 0
        let size = abs x
        let format =
            if size = 0.0 then "0"
            elif size >= 1e6 || size < 1e-3 then "0.###e0"
            elif size >= 0.1 then "0.###"
            elif size >= 0.01 then "0.####"
            else "0.#####"
        if Double.IsNaN x then "NaN"
        elif Double.IsInfinity x then (if x > 0.0 then "∞" else "-∞")
        else x.ToString(format, CultureInfo.InvariantCulture)

    /// A count with its thousands apart.
    let count (n: int) : string = n.ToString("N0", CultureInfo.InvariantCulture)

    /// "1 step", "2 steps".
    let counted (n: int) (noun: string) : string = if n = 1 then $"1 {noun}" else $"{count n} {noun}s"

    let private isMark (letter: char) = CharUnicodeInfo.GetUnicodeCategory letter = UnicodeCategory.NonSpacingMark

    /// The columns that a text takes: marks stand over the letter before.
    let width (text: string) : int = text |> Seq.sumBy (fun letter -> if isMark letter then 0 else 1)

    let pad (columns: int) (text: string) : string = text + String(' ', max 0 (columns - width text))

    /// The text for HTML and SVG. What has no place in XML, such as a control character, becomes a space.
    let escape (text: string) : string =
        let whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes text) // no half of a pair
        let allowed = whole |> String.map (fun letter -> if XmlConvert.IsXmlChar letter || Char.IsSurrogate letter then letter else ' ')
        SecurityElement.Escape allowed

    /// The names in a text whose digits are indices: a letter, marks over it, and a whole number.
    let private indexed = Regex @"(?<![\p{L}\p{N}\p{M}])(\p{L}\p{M}?)(-?\d+)(?![\p{L}\p{N}])"

    /// A text in pieces: plain ones and, between them, indices.
    let pieces (text: string) : struct (string * bool)[] =
        [| let mutable next = 0
           for name in indexed.Matches text do
               struct (text[next .. name.Groups[2].Index - 1], false)
               struct (name.Groups[2].Value.Replace('-', '−'), true)
               next <- name.Index + name.Length
           if next < text.Length then struct (text[next..], false) |]

    /// A whole number in subscript letters.
    let subscript (index: string) : string =
        index |> String.map (fun letter -> if Char.IsDigit letter then char (0x2080 + int letter - int '0') else '\u208B')
