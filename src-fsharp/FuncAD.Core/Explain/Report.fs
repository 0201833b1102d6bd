namespace FuncAD.Explaining

open System
open System.Text
open FuncAD
open FuncAD.Traces

/// What an explanation says in numbers.
type internal Figures =
    {
        Names: string[]
        Value: float
        Gradient: float[]
        DigitsLost: float
        DigitsLostInGradient: float[]
        /// Why there is neither value nor derivative: "f threw ..."; empty where there are.
        Missing: string
    }

/// <summary>Explanations as text and as Markdown.</summary>
module internal Report =
    /// The steps of a chain that are shown at each of its ends.
    let shownAtEnds = 5

    /// The positions at the ends of a chain, and the gap between them, from its first position to its last.
    let ends (chain: int[]) : int[] * struct (int * int)[] =
        if chain.Length <= 2 * shownAtEnds + 1 then
            chain, [||]
        else
            let hidden = chain[shownAtEnds .. chain.Length - shownAtEnds - 1]
            let shown = Array.append chain[.. shownAtEnds - 1] chain[chain.Length - shownAtEnds ..]
            shown, [| struct (Array.min hidden, Array.max hidden) |]

    /// The parameters that are listed one by one.
    let private listed = 8

    let digits = Advice.digits
    let decimals (x: float) : string =
        if Double.IsNaN x then "not estimated" else x.ToString("0.0", Globalization.CultureInfo.InvariantCulture)

    /// Names in a sentence: "x, y and z".
    let enumerate (names: string[]) : string =
        match names with
        | [||] -> ""
        | [| one |] -> one
        | many when many.Length > listed -> String.Join(", ", many[.. listed - 1]) + $" and {many.Length - listed} more"
        | many -> String.Join(", ", many[.. many.Length - 2]) + " and " + Array.last many

    let private derivativeWord (finding: Finding) : string = if finding.Place = FindingPlace.ForwardDerivative then "tangent" else "adjoint"

    let private sourceOf (source: SourceLine) : string = if isNull source then "" else string source

    /// The lines of a chain: what was computed, its derivative, where, and a note. None stands for the steps in the middle.
    let private folded (chain: seq<ChainStep>) : ChainStep voption[] =
        let chain = chain |> Seq.map ValueSome |> Array.ofSeq
        if chain.Length <= 2 * shownAtEnds + 1 then
            chain
        else
            Array.concat [ chain[.. shownAtEnds - 1]; [| ValueNone |]; chain[chain.Length - shownAtEnds ..] ]

    let private cells (finding: Finding) (step: ChainStep) : string[] =
        let derivative = $"{derivativeWord finding} {digits step.Derivative}"
        let formula = if step.Name = step.Formula then step.Name else $"{step.Name} = {step.Formula}"
        [| $"{formula} = {digits step.Value}"; derivative; sourceOf step.Source; step.Note |]

    let private gap (chain: seq<ChainStep>) : string =
        let left = Typography.counted (Seq.length chain - 2 * shownAtEnds) "step"
        $"… {left} …"

    let private table (rows: string[][]) : seq<string> =
        let widths = Array.init 3 (fun column -> rows |> Array.map (fun row -> Typography.width row[column]) |> Array.fold max 0)
        rows
        |> Seq.map (fun row ->
            let padded = Seq.init 3 (fun column -> Typography.pad widths[column] row[column])
            let note = if row[3] = "" then "" else $"  {row[3]}"
            (String.Join("  ", padded |> Seq.filter (fun cell -> cell <> "")) + note).TrimEnd())

    let private chain (finding: Finding) (steps: seq<ChainStep>) : string list =
        folded steps
        |> Array.map (function
            | ValueSome step -> cells finding step
            | ValueNone -> [| gap steps; ""; ""; "" |])
        |> table
        |> Seq.map (fun line -> "     " + line)
        |> List.ofSeq

    let private operation (finding: Finding) : string =
        if finding.Name = finding.Formula then finding.Name else $"{finding.Name} = {finding.Formula}"

    let private operands (finding: Finding) : string list =
        [ for operand in finding.Operands do
              if operand.IsConstant then
                  $"the constant {operand.Name}"
              else
                  $"{operand.Name} = {digits operand.Value}, slope {digits operand.Slope}" ]

    let private finding (number: int) (finding: Finding) : string list =
        [ $"{number}. {finding.Summary}"
          "   " + operation finding + (if isNull finding.Source then "" else $"   in {finding.Source}")
          for operand in operands finding do
              $"     {operand}"
          $"     {finding.Name} = {digits finding.Value}, {derivativeWord finding} {digits finding.Derivative}"
          if not (finding.Summary.EndsWith(finding.Reason + ".", StringComparison.Ordinal)) then $"   Why: {finding.Reason}"
          if finding.PathToParameter.Count > 0 then
              "   Down to the parameter:"
              yield! chain finding finding.PathToParameter
          if finding.PathToResult.Count > 0 then
              "   Up to the result:"
              yield! chain finding finding.PathToResult
          $"   What to do: {finding.Advice}" ]

    /// "x[0] 3 (0.4 digits lost)", a line for each parameter, or for the first ones.
    let private parameters (figures: Figures) : string list =
        [ for index in 0 .. min listed figures.Names.Length - 1 do
              $"derivative in {figures.Names[index]}: {digits figures.Gradient[index]}, digits lost: {decimals figures.DigitsLostInGradient[index]}"
          if figures.Names.Length > listed then
              let known = figures.DigitsLostInGradient |> Array.filter (Double.IsNaN >> not)
              let worst = if known.Length = 0 then "" else $", digits lost: at most {decimals (Array.max known)}"
              $"and {figures.Names.Length - listed} more{worst}" ]

    let private heading (figures: Figures) (findings: Finding[]) : string list =
        [ if findings.Length = 0 then "Nothing was found: value and derivatives are finite and have lost few digits."
          if figures.Missing <> "" then
              $"value: none: {figures.Missing}"
              "derivatives: none"
          else
              $"value: {digits figures.Value}, digits lost: {decimals figures.DigitsLost}"
              yield! parameters figures ]

    /// The explanation as text.
    let toText (figures: Figures) (findings: Finding[]) (notes: string[]) : string =
        let lines =
            [ yield! heading figures findings
              for index in 0 .. findings.Length - 1 do
                  ""
                  yield! finding (index + 1) findings[index]
              for note in notes do
                  ""
                  $"Note: {note}" ]
        String.Join("\n", lines) + "\n"

    // Markdown's own signs in a text, escaped.
    let private plain (text: string) : string =
        text |> String.collect (fun letter -> if "\\`*_{}[]<>|#".Contains letter then $"\\{letter}" else string letter)

    let private markdownChain (title: string) (finding: Finding) (steps: seq<ChainStep>) : string list =
        let row (cells: seq<string>) = "| " + String.Join(" | ", cells |> Seq.map plain) + " |"
        [ ""
          $"{title}:"
          ""
          $"| step | {derivativeWord finding} | line | |"
          "| --- | --- | --- | --- |"
          for step in folded steps do
              match step with
              | ValueSome step -> cells finding step |> Array.map (fun cell -> cell.Replace(derivativeWord finding + " ", "")) |> row
              | ValueNone -> row [| gap steps; ""; ""; "" |] ]

    let private markdownFinding (number: int) (finding: Finding) : string list =
        [ ""
          $"## {number}. {plain finding.Summary}"
          ""
          "**" + plain (operation finding) + "**" + (if isNull finding.Source then "" else $" in {plain (string finding.Source)}")
          ""
          for operand in operands finding do
              $"- {plain operand}"
          $"- {plain finding.Name} = {digits finding.Value}, {derivativeWord finding} {digits finding.Derivative}"
          ""
          $"Why: {plain finding.Reason}"
          if finding.PathToParameter.Count > 0 then yield! markdownChain "Down to the parameter" finding finding.PathToParameter
          if finding.PathToResult.Count > 0 then yield! markdownChain "Up to the result" finding finding.PathToResult
          ""
          $"What to do: {plain finding.Advice}" ]

    /// The explanation in Markdown.
    let toMarkdown (figures: Figures) (findings: Finding[]) (notes: string[]) : string =
        let lines =
            [ for line in heading figures findings do
                  $"- {plain line}"
              for index in 0 .. findings.Length - 1 do
                  yield! markdownFinding (index + 1) findings[index]
              for note in notes do
                  ""
                  $"Note: {plain note}" ]
        String.Join("\n", lines) + "\n"
