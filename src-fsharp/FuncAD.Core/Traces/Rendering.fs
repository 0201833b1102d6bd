namespace FuncAD.Traces

open System
open System.Text

/// Tables as text, as Markdown and as HTML.
module internal Rendering =
    let private cells (line: Line voption) (count: int) : string list =
        match line with
        | ValueSome line -> Table.Cells line
        | ValueNone -> List.replicate count ""

    let private sidesOf (table: Table) (row: TableRow) : struct (string list * string list) =
        struct (cells row.Primal 4, cells row.Derivative (if table.IsForward then 4 else 5))

    /// "name = formula = numbers = value", each in its column.
    let private aligned (widths: int list) (cells: string list) : string =
        List.zip widths cells
        |> List.mapi (fun index (width, cell) ->
            let sign =
                if index = 0 then ""
                elif cell = "" then "   "
                else " = "
            if width = 0 then "" else sign + Typography.pad width cell)
        |> String.concat ""

    /// The table as text, as wide as it needs to be.
    let toText (table: Table) : string =
        let struct (left, right) = table.Headings
        let sections = table.Sections |> List.map (List.map (sidesOf table))
        let widths (side: struct (string list * string list) -> string list) : int list =
            List.concat sections |> List.map (side >> List.map Typography.width) |> List.reduce (List.map2 max)
        let lefts, rights = widths (fun struct (left, _) -> left), widths (fun struct (_, right) -> right)
        let total (widths: int list) = List.sumBy (fun width -> if width = 0 then 0 else width + 3) widths - 3
        let leftWidth = max (total lefts) left.Length
        let rule = String('-', leftWidth + 5 + max (total rights) right.Length)
        let text = StringBuilder()
        let line (content: string) = text.Append(content.TrimEnd()).Append('\n') |> ignore
        line (Typography.pad leftWidth left + "  |  " + right)
        line rule
        sections
        |> List.iteri (fun index rows ->
            if rows.IsEmpty && index > 0 then line (table.Gap "ToString")
            for struct (left, right) in rows do
                line (Typography.pad leftWidth (aligned lefts left) + "  |  " + aligned rights right)
            if index = 0 || index = sections.Length - 2 then line rule)
        text.ToString()

    /// The name and value columns of one row for Markdown and HTML: "name", "= formula", "= numbers", "= value".
    let private signed (cells: string list) : string list =
        cells |> List.mapi (fun index cell -> if index = 0 || cell = "" then cell else "= " + cell)

    let private marked (open': string) (close: string) (escape: string -> string) (text: string) : string =
        Typography.pieces text
        |> Array.map (fun (struct (piece, isIndex)) -> if isIndex then open' + escape piece + close else escape piece)
        |> String.Concat

    /// Markdown's own signs in a text, escaped.
    let private plain (text: string) : string =
        text |> String.collect (fun letter -> if "\\`*_{}[]<>|".Contains letter then $"\\{letter}" else string letter)

    /// The table in Markdown, with the pipes of GitHub's dialect.
    let toMarkdown (table: Table) : string =
        let text = StringBuilder()
        let row (cells: string list) = text.Append("| ").Append(String.Join(" | ", cells)).Append(" |\n") |> ignore
        let struct (left, right) = table.Headings
        let right' = if table.IsForward then 4 else 5
        row [ left; ""; ""; ""; ""; right; yield! List.replicate (right' - 1) "" ]
        row (List.replicate (5 + right') "---")
        table.Sections
        |> List.iteri (fun index rows ->
            if rows.IsEmpty && index > 0 then row [ table.Gap "ToMarkdown"; yield! List.replicate (4 + right') "" ]
            for rowOf in rows do
                let struct (left, right) = sidesOf table rowOf
                row (signed left @ [ "" ] @ signed right |> List.map (marked "<sub>" "</sub>" plain)))
        text.ToString()

    let private style =
        ".funcad-trace{font-family:Helvetica,Arial,sans-serif;color:#1A1A1A}.funcad-trace table{border-collapse:collapse;margin:0 0 1em}"
        + ".funcad-trace th{text-align:left;padding:.2em .6em;border-bottom:2px solid}.funcad-trace td{padding:.15em .6em;white-space:nowrap}"
        + ".funcad-trace sub{font-size:70%}.funcad-trace tbody+tbody{border-top:1px solid #999}.funcad-trace .d{border-left:1px solid #999}"
        + ".funcad-trace .forward{color:#0060A8}.funcad-trace .reverse{color:#B03A00}.funcad-trace svg{max-width:100%;height:auto}"

    /// The table and a picture as a fragment of HTML that needs nothing else.
    let toHtml (table: Table) (svg: string) : string =
        let text = StringBuilder()
        let line (content: string) = text.Append(content).Append('\n') |> ignore
        let struct (left, right) = table.Headings
        let columns = if table.IsForward then 4 else 5
        let kind = if table.IsForward then "forward" else "reverse"
        let cell (attributes: string) (content: string) = $"<td{attributes}>" + marked "<sub>" "</sub>" Typography.escape content + "</td>"
        line "<div class=\"funcad-trace\">"
        line $"<style>{style}</style>"
        line "<table>"
        line $"<thead><tr><th colspan=\"4\">{left}</th><th colspan=\"{columns}\" class=\"d {kind}\">{right}</th></tr></thead>"
        table.Sections
        |> List.iteri (fun index rows ->
            line "<tbody>"
            if rows.IsEmpty && index > 0 then
                let gap = table.Gap "ToHtml" |> Typography.escape
                line $"<tr><td colspan=\"{4 + columns}\">{gap}</td></tr>"
            for row in rows do
                let struct (left, right) = sidesOf table row
                let lefts = signed left |> List.map (cell "")
                let rights =
                    signed right |> List.mapi (fun place -> cell (if place = 0 then $" class=\"d {kind}\"" else $" class=\"{kind}\""))
                line ("<tr>" + String.Concat(lefts @ rights) + "</tr>")
            line "</tbody>")
        line "</table>"
        text.Append(svg).Append("</div>\n").ToString()
