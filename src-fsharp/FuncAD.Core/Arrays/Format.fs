/// Arrays as text that a person can read.
module internal FuncAD.Format

open System
open System.Globalization
open System.Text

/// Arrays with more elements than this are shown by their ends.
let private threshold = 200
let private ends = 3

/// The indices along an axis that are shown; -1 stands for those left out.
let private shown isElided extent =
    if isElided && extent > 2 * ends + 1 then [ 0 .. ends - 1 ] @ [ -1 ] @ [ extent - ends .. extent - 1 ] else [ 0 .. extent - 1 ]

let private digits (x: float) = x.ToString("G6", CultureInfo.InvariantCulture)

/// Lines after the first, one for the names of the columns and one for each row, aligned, six digits; of many rows or columns the first ten.
let table (rows: string[]) (columns: string[]) (values: float[,]) : string =
    let most = 10
    let cut (items: string[]) = if items.Length > most then Array.append items[.. most - 1] [| "..." |] else items
    let line (row: int) = cut (Array.init columns.Length (fun column -> digits values[row, column]))
    let names = cut rows
    let lines =
        [| Array.append [| "" |] (cut columns)
           for index = 0 to min most rows.Length - 1 do
               Array.append [| names[index] |] (line index)
           if rows.Length > most then [| "..." |] |]
    let widthOf column = lines |> Array.fold (fun width cells -> if column < cells.Length then max width cells[column].Length else width) 0
    let widths = Array.init lines[0].Length widthOf
    let pad column (cell: string) = if column = 0 then cell.PadRight widths[0] else cell.PadLeft widths[column]
    String.Concat(lines |> Array.map (fun cells -> "\n" + String.Join("  ", Array.mapi pad cells).TrimEnd()))

/// Rows in brackets, columns aligned, six digits; a long array shows three elements at each end of an axis, and its shape.
let array (elements: float[]) (shape: int[]) : string =
    let length = Shape.length shape
    let isElided = length > threshold
    let strides = Shape.strides shape
    let number index = digits (if elements.Length = 1 then elements[0] else elements[index])
    let rec positions axis start : int list =
        if axis = shape.Length then
            [ start ]
        else
            [ for index in shown isElided shape[axis] do
                  if index >= 0 then yield! positions (axis + 1) (start + index * strides[axis]) ]
    let width = if shape.Length < 2 || length = 0 then 0 else positions 0 0 |> List.map (fun index -> (number index).Length) |> List.max
    let text = StringBuilder()
    let rec write axis start =
        if axis = shape.Length then
            text.Append((number start).PadLeft width) |> ignore
        else
            text.Append '[' |> ignore
            shown isElided shape[axis]
            |> List.iteri (fun order index ->
                if order > 0 then
                    if axis = shape.Length - 1 then
                        text.Append ", " |> ignore
                    else
                        text.Append(',').Append('\n', shape.Length - 1 - axis).Append(' ', axis + 1) |> ignore
                if index < 0 then text.Append "..." |> ignore else write (axis + 1) (start + index * strides[axis]))
            text.Append ']' |> ignore
    write 0 0
    if isElided || length = 0 && shape.Length > 1 then text.Append($" shape {Shape.text shape}") |> ignore
    text.ToString()
