namespace FuncAD.Traces

open System
open System.Collections.Generic
open FuncAD.Basics

/// How a node of a picture is set off.
type internal Mark =
    | Plain = 0
    /// It is on the way that the picture shows.
    | OnChain = 1
    /// It is what the picture is about.
    | Culprit = 2

/// <summary>Steps of a run to be set off in its picture, and gaps between them that are left out in a long one.</summary>
type internal Marks =
    { Culprits: int[]
      Chain: int[]
      Gaps: struct (int * int)[] }

    member marks.At(position: int) : Mark =
        if Array.contains position marks.Culprits then Mark.Culprit
        elif Array.contains position marks.Chain then Mark.OnChain
        else Mark.Plain

/// What is written in a node of a picture, and what a pointer that rests on it shows.
type internal PictureNode =
    {
        Lines: string list
        /// The line about the derivative.
        Derivative: string
        Tooltip: string
        Part: PicturePart
        Mark: Mark
    }

/// An edge, with the local slope; several edges between the same parts are one, without a slope.
[<Struct>]
type internal Edge = { From: int; To: int; Slope: string; Tooltip: string }

/// <summary>The graph of a run as it is drawn: nodes in topological order, edges, and a caption.</summary>
type internal Picture = { Nodes: PictureNode[]; Edges: Edge[]; Caption: string; IsForward: bool }

module internal Picture =
    let private steps (n: int) : string = Typography.counted n "step"

    /// The longest line in a node.
    let private longest = 34

    let private short (text: string) : string = if Typography.width text <= longest then text else text[.. longest - 2].TrimEnd() + "…"

    let private derivative (words: Wording) (position: int) : string =
        $"{words.DerivativeName position} = {Typography.number (words.Run.DerivativeOf position)}"

    let private single (words: Wording) (position: int) : PictureNode =
        let run = words.Run
        let name, formula = words.Name position, words.Formula position
        let title = if name = formula then name else short $"{name} = {formula}"
        { Lines = [ title; Typography.number (run.ValueOf position) ]
          Derivative = derivative words position
          Tooltip =
            $"{name} = {formula} = {exact (run.ValueOf position)}\n"
            + $"{words.DerivativeName position} = {exact (run.DerivativeOf position)}"
          Part = One position
          Mark = Mark.Plain }

    /// The rules of one round, such as "3 subtract, 2 multiply".
    let private rules (run: Run) (first: int) (period: int) : string =
        Seq.init period (fun index -> run.PrimitiveOf(first + index).Name)
        |> Seq.countBy id
        |> Seq.map (fun (name, times) -> if times = 1 then name else $"{times} {name}")
        |> String.concat ", "

    let private node (words: Wording) (part: PicturePart) : PictureNode =
        let range = $"{words.Name part.First} … {words.Name part.Last}"
        let many lines tooltip = { Lines = lines; Derivative = ""; Tooltip = tooltip; Part = part; Mark = Mark.Plain }
        match part with
        | One position -> single words position
        | Inputs(first, last) ->
            let formulas = $"{words.Formula first} … {words.Formula last}"
            many [ range; $"{Typography.count (last - first + 1)} inputs" ] $"{range}: the inputs {formulas}"
        | Rounds(first, period, rounds) ->
            let rules = rules words.Run first period
            { many
                  [ range; $"{Typography.count rounds} rounds of"; short rules ]
                  $"{range}: {Typography.count rounds} rounds of the same rules ({rules})" with
                Derivative = derivative words part.Last }
        | Omitted(first, last) when words.Run.IsInput first || words.Run.IsResult first ->
            many [ range; $"{Typography.count (last - first + 1)} not shown" ] $"{range} are not shown"
        | Omitted(first, last) -> many [ range; $"{steps (last - first + 1)} not shown" ] $"{range} are not shown"

    /// The edges between parts, each pair of parts once unless both are single. What is in no part has none.
    let private edges (words: Wording) (parts: PicturePart[]) : Edge[] =
        let run = words.Run
        let partOf = Array.create (run.Steps + run.Results) -1
        parts
        |> Array.iteri (fun index part ->
            for position = part.First to part.Last do
                partOf[position] <- index)
        let isSingle index =
            match parts[index] with
            | One _ -> true
            | _ -> false
        let joined = HashSet<struct (int * int)>()
        [| for position = run.Inputs to run.Steps + run.Results - 1 do
               for argument in run.ArgumentsOf position do
                   if argument.Step >= 0 && partOf[argument.Step] >= 0 && partOf[position] >= 0 then
                       let from, to' = partOf[argument.Step], partOf[position]
                       if isSingle from && isSingle to' then
                           let slope = if argument.IsActive then Typography.number argument.Slope else "not taken"
                           { From = from
                             To = to'
                             Slope = (if run.IsResult position then "" else slope)
                             Tooltip = $"∂{words.Name position}/∂{words.Name argument.Step} = {exact argument.Slope}" }
                       elif from <> to' && joined.Add(struct (from, to')) then
                           { From = from; To = to'; Slope = ""; Tooltip = "" } |]

    let private caption (words: Wording) (parts: PicturePart[]) : string =
        let run = words.Run
        let kind =
            if run.IsForward then
                "Forward trace: values and tangents, from left to right"
            else
                "Reverse trace: values from left to right, adjoints from right to left"
        let all, shown = run.Steps - run.Inputs, Folding.shown run parts
        let isFolded =
            parts
            |> Array.exists (function
                | Rounds _ -> true
                | _ -> false)
        kind
        + "; local slopes at the edges."
        + (if shown < all then $" {Typography.count shown} of {steps all} shown." else "")
        + (if isFolded then " Repeated rounds are one box." else "")

    let private ofParts (words: Wording) (parts: PicturePart[]) : Picture =
        { Nodes = parts |> Array.map (node words)
          Edges = edges words parts
          Caption = caption words parts
          IsForward = words.Run.IsForward }

    /// The picture of a run with no more than some <c>most</c> nodes for its steps.
    let ofRun (words: Wording) (most: int) (deepest: int) : Picture = ofParts words (Folding.parts words.Run most deepest)

    /// The picture of a run with marks. Of a run with more than <c>most</c> steps it has what is marked, the gaps, the operands of the
    /// culprits, and the results.
    let ofMarks (words: Wording) (most: int) (marks: Marks) : Picture =
        let run = words.Run
        let picture =
            if marks.Culprits.Length = 0 then
                ofRun words most (most / 2)
            elif run.Steps <= most then
                ofRun words most Int32.MaxValue
            else
                let operands = marks.Culprits |> Seq.collect run.ArgumentsOf |> Seq.map _.Step |> Seq.filter (fun step -> step >= 0)
                let results = seq { run.Steps .. run.Steps + run.Results - 1 }
                let positions = SortedSet<int>(Seq.concat [ Seq.ofArray marks.Culprits; marks.Chain; operands; results ])
                ofParts words (Folding.ofPositions (Seq.toArray positions) marks.Gaps)
        let mark (node: PictureNode) =
            match node.Part with
            | One position -> { node with Mark = marks.At position }
            | _ -> node
        let caption = if marks.Culprits.Length = 0 then "" else " Red: where it began; thick: the way to a parameter and to the result."
        { picture with Nodes = picture.Nodes |> Array.map mark; Caption = picture.Caption + caption }

    /// The picture in the language of Graphviz.
    let toDot (picture: Picture) : string =
        let quoted (text: string) = text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")
        let colour, direction = if picture.IsForward then "#0060A8", "" else "#B03A00", ", dir = back"
        String.concat
            "\n"
            [ "digraph trace {"
              "  rankdir = LR;"
              "  node [shape = box, style = rounded, fontname = \"Helvetica\"];"
              $"  edge [fontname = \"Helvetica\", color = \"{colour}\", fontcolor = \"{colour}\"{direction}];"
              $"  label = \"{quoted picture.Caption}\";"
              for index = 0 to picture.Nodes.Length - 1 do
                  let node = picture.Nodes[index]
                  let lines =
                      node.Lines @ [ node.Derivative ] |> List.filter (fun line -> line <> "") |> List.map quoted |> String.concat "\\n"
                  $"  n{index} [label = \"{lines}\", tooltip = \"{quoted node.Tooltip}\"];"
              for edge in picture.Edges do
                  $"  n{edge.From} -> n{edge.To} [label = \"{quoted edge.Slope}\"];"
              "}\n" ]
