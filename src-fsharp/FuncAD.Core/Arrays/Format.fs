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

/// A number with six digits.
let private number (x: float) = x.ToString("G6", CultureInfo.InvariantCulture)

/// The element at a position; equal ones are stored as one.
let private element (elements: float[]) (position: int) = if elements.Length = 1 then elements[0] else elements[position]

/// Lines after the first, one for the names of the columns and one for each row, aligned, six digits; of many rows or columns the first
/// ten.
let table (rows: string[]) (columns: string[]) (values: float[,]) : string =
    let most = 10
    let cut (items: string[]) = if items.Length > most then Array.append items[.. most - 1] [| "..." |] else items
    let line (row: int) = cut (Array.init columns.Length (fun column -> number values[row, column]))
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
    let number index = number (element elements index)
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

/// The shape and the first elements on one line.
let line (elements: float[]) (shape: int[]) : string =
    let most = 8
    let length = Shape.length shape
    let first = Seq.init (min most length) (fun index -> number (element elements index)) |> String.concat ", "
    if shape.Length = 0 then first else $"""shape {Shape.text shape}: {first}{(if length > most then ", ..." else "")}"""

/// A table in HTML for each matrix of the last two axes, with the shape as caption. A long array is folded, and its tables show three
/// elements at each end of an axis.
let html (elements: float[]) (shape: int[]) (remark: string) : string =
    let length = Shape.length shape
    let isElided = length > threshold
    let text = StringBuilder()
    let add (piece: string) = text.Append piece |> ignore
    let strides = Shape.strides shape
    let cell (content: string) = add $"<td style=\"text-align: right\">{content}</td>"
    let table (caption: string) (start: int) (rows: int) (columns: int) =
        add $"<table><caption>{caption}</caption><tbody>"
        for row in shown isElided rows do
            add "<tr>"
            for column in shown isElided columns do
                cell (if row < 0 || column < 0 then "..." else number (element elements (start + row * columns + column)))
            add "</tr>"
        add "</tbody></table>"
    let caption = $"Tensor, shape {Shape.text shape}{remark}"
    let matrixAxes = min 2 shape.Length
    let leading = shape.Length - matrixAxes
    let rows = if shape.Length < 2 then 1 else shape[shape.Length - 2]
    let columns = if shape.Length = 0 then 1 else shape[shape.Length - 1]
    let rec matrices (indices: int list) (axis: int) (start: int) =
        if axis = leading then
            let place = if leading = 0 then caption else $"""[{indices |> List.rev |> List.map string |> String.concat ", "}, :, :]"""
            table place start rows columns
        else
            for index in shown isElided shape[axis] do
                if index < 0 then add "<div>...</div>" else matrices (index :: indices) (axis + 1) (start + index * strides[axis])
    if isElided then add $"<details><summary>{caption}</summary>" else add "<div>"
    if leading > 0 && not isElided then add $"<div>{caption}</div>"
    if length > 0 then matrices [] 0 0 else add $"<div>{caption}</div>"
    add (if isElided then "</details>" else "</div>")
    text.ToString()
