namespace FuncAD.Traces

open System
open System.Globalization
open System.Text

/// <summary>
/// A picture as SVG, written as text. Widths of texts are those of a wide sans-serif font, so that no text leaves its box where the
/// viewer's font is narrower.
/// </summary>
module internal Drawing =
    let private fontSize = 13.0
    let private lineHeight = 17.0
    let private padding = 10.0
    let private margin = 16.0
    let private captionHeight = 30.0
    let private arrow = 7.0

    /// Colours with a contrast of at least 5 to 1 on white, which people with any colour vision tell apart.
    let private tangents, adjoints = "#0060A8", "#B03A00"
    let private ink = "#1A1A1A"

    /// The frame of a box, and the filling of what the picture is about.
    let private culprit, culpritFill = "#B00020", "#FBE4E6"

    let private frameOf (mark: Mark) : string =
        match mark with
        | Mark.Culprit -> $"stroke=\"{culprit}\" stroke-width=\"3\""
        | Mark.OnChain -> $"stroke=\"{ink}\" stroke-width=\"2.5\""
        | _ -> $"stroke=\"{ink}\""

    /// The width of a letter in units of the font's size, in DejaVu Sans, rounded up.
    let private widthOf (letter: char) : float =
        if CharUnicodeInfo.GetUnicodeCategory letter = UnicodeCategory.NonSpacingMark then 0.0
        elif "mwMW—…∞".Contains letter then 1.0
        elif "fijlrtI.,;:'|!()[] ".Contains letter then 0.42
        elif letter >= '\u2080' && letter <= '\u208E' then 0.45
        elif Char.IsDigit letter then 0.64
        elif Char.IsUpper letter || "+-−×<>=∂".Contains letter then 0.84
        else 0.64

    let private coordinate (x: float) = Math.Round(x, 1).ToString(CultureInfo.InvariantCulture)

    /// The text with the indices of names as subscripts, which are letters of their own: viewers differ in how they place shifted ones.
    let private label (text: string) : string =
        Typography.pieces text
        |> Array.map (fun (struct (piece, isIndex)) -> if isIndex then Typography.subscript piece else piece.Replace('-', '−'))
        |> String.Concat

    let private width (size: float) (text: string) : float = size * (label text |> Seq.sumBy widthOf)

    let private textAt (x: float) (y: float) (attributes: string) (text: string) : string =
        $"<text x=\"{coordinate x}\" y=\"{coordinate y}\"{attributes}>{Typography.escape (label text)}</text>"

    let private linesOf (node: PictureNode) : string list = if node.Derivative = "" then node.Lines else node.Lines @ [ node.Derivative ]

    let private boxOf (run: Run) (node: PictureNode) : Box =
        let lines = linesOf node
        { Width = (lines |> List.map (width fontSize) |> List.max) + 2.0 * padding
          Height = lineHeight * float lines.Length + padding
          IsLast = run.IsResult node.Part.First }

    /// A triangle whose tip is at a point, towards the right or the left.
    let private tip (x: float) (y: float) (isForward: bool) (colour: string) : string =
        let back = if isForward then x - arrow else x + arrow
        $"<path d=\"M{coordinate x} {coordinate y}L{coordinate back} {coordinate (y - 3.5)}V{coordinate (y + 3.5)}Z\" fill=\"{colour}\"/>"

    /// A smooth curve through the corners of a path: level at each of them.
    let private curve (path: struct (float * float)[]) : string =
        let text = StringBuilder()
        let struct (x, y) = path[0]
        text.Append($"M{coordinate x} {coordinate y}") |> ignore
        for struct (x0, y0), struct (x1, y1) in Array.pairwise path do
            if abs (y1 - y0) < 0.05 then
                text.Append($"L{coordinate x1} {coordinate y1}") |> ignore
            else
                let middle = coordinate ((x0 + x1) / 2.0)
                text.Append($"C{middle} {coordinate y0} {middle} {coordinate y1} {coordinate x1} {coordinate y1}") |> ignore
        text.ToString()

    let private labelSize = 11.0

    /// The room that a label needs before the port of its edge.
    let private room (edge: Edge) : float = arrow + (if edge.Slope = "" then 8.0 else width labelSize edge.Slope + 8.0)

    let private edgeText (picture: Picture) (colour: string) (edge: Edge) (path: struct (float * float)[]) : string =
        let struct (x0, y0), struct (x1, y1) = path[0], path[path.Length - 1]
        String.Concat(
            $"<g><title>{Typography.escape edge.Tooltip}</title>",
            $"<path d=\"{curve path}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.65\"/>",
            (if picture.IsForward then tip x1 y1 true colour else tip x0 y0 false colour),
            "</g>"
        )

    /// A slope above the last stretch of its edge, on white.
    let private slopeText (colour: string) (edge: Edge) (path: struct (float * float)[]) : string =
        let struct (x, y) = path[path.Length - 1]
        let right, size = x - arrow - 2.0, width labelSize edge.Slope
        $"<rect x=\"{coordinate (right - size)}\" y=\"{coordinate (y - 13.0)}\" width=\"{coordinate size}\" height=\"11\" fill=\"#FFFFFF\" fill-opacity=\"0.8\"/>"
        + textAt right (y - 3.5) $" fill=\"{colour}\" font-size=\"{coordinate labelSize}\" text-anchor=\"end\"" edge.Slope

    let private nodeText (colour: string) (fill: string) (node: PictureNode) (box: Box) (x: float) (y: float) : string =
        let dashes =
            match node.Part with
            | Omitted _ -> " stroke-dasharray=\"5 4\""
            | _ -> ""
        let lines = linesOf node
        let line index text =
            let isDerivative = index = node.Lines.Length
            let attributes = if isDerivative then $" fill=\"{colour}\"" else ""
            textAt
                (x + box.Width / 2.0)
                (y + padding / 2.0 + lineHeight * (float index + 0.75))
                (attributes + " text-anchor=\"middle\"")
                text
        String.Concat(
            $"<g><title>{Typography.escape node.Tooltip}</title>",
            $"<rect x=\"{coordinate x}\" y=\"{coordinate y}\" width=\"{coordinate box.Width}\" height=\"{coordinate box.Height}\" rx=\"5\" fill=\"{fill}\" {frameOf node.Mark}{dashes}/>",
            String.Concat(lines |> List.mapi line),
            "</g>"
        )

    let private fillOf (run: Run) (node: PictureNode) : string =
        match node.Part with
        | _ when node.Mark = Mark.Culprit -> culpritFill
        | Rounds _ -> "#F3F0E6"
        | part when run.IsInput part.First -> "#E8F0F7"
        | part when run.IsResult part.First -> "#E6F2E6"
        | _ -> "#FFFFFF"

    /// The picture as SVG, of its natural size.
    let toSvg (run: Run) (picture: Picture) : string =
        let boxes = picture.Nodes |> Array.map (boxOf run)
        let placed = Layering.place boxes (picture.Edges |> Array.map (fun edge -> { From = edge.From; To = edge.To; Room = room edge }))
        let colour = if picture.IsForward then tangents else adjoints
        let width = coordinate (max placed.Width (width fontSize picture.Caption) + 2.0 * margin)
        let height = coordinate (placed.Height + captionHeight + 2.0 * margin)
        let text = StringBuilder()
        let line (content: string) = text.Append(content).Append('\n') |> ignore
        line
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"'DejaVu Sans', Verdana, Arial, Helvetica, sans-serif\" font-size=\"{coordinate fontSize}\" fill=\"{ink}\" stroke=\"none\" role=\"img\">"
        line $"<title>{Typography.escape picture.Caption}</title>"
        line $"<rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>"
        line (textAt margin (margin + 10.0) $" fill=\"{colour}\"" picture.Caption)
        line $"<g transform=\"translate({coordinate margin} {coordinate (margin + captionHeight)})\">"
        Array.iter2 (fun edge path -> line (edgeText picture colour edge path)) picture.Edges placed.Paths
        Array.iter2 (fun edge path -> if edge.Slope <> "" then line (slopeText colour edge path)) picture.Edges placed.Paths
        for index = 0 to boxes.Length - 1 do
            let struct (x, y) = placed.Corners[index]
            line (nodeText colour (fillOf run picture.Nodes[index]) picture.Nodes[index] boxes[index] x y)
        line "</g>"
        line "</svg>"
        text.ToString()
