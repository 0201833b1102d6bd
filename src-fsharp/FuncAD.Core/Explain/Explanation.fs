namespace FuncAD

open System
open System.Collections.Generic
open FuncAD.Explaining
open FuncAD.Traces

/// <summary>
/// Why the value or a derivative of a function is NaN or infinite, or how many digits it has lost, at a point. AD.Explain makes it.
/// </summary>
[<Sealed>]
type Explanation internal (words: Wording, names: string[], figures: Figures, findings: Finding[], notes: string[], failure: exn) =
    /// <summary>The value of the function; NaN where it threw, or was stopped.</summary>
    member _.Value: float = figures.Value

    /// <summary>The derivatives, as reverse mode computes them, in the order of Parameters; NaN where the function threw, or was
    /// stopped.</summary>
    member _.Gradient: IReadOnlyList<float> = Array.AsReadOnly figures.Gradient :> _

    /// <summary>The names of the numbers of x: x, x[1], m.Slope.</summary>
    member _.Parameters: IReadOnlyList<string> = Array.AsReadOnly figures.Names :> _

    /// <summary>True if there are no findings.</summary>
    member _.IsClean: bool = findings.Length = 0

    /// <summary>What was found: in the value first, then in derivatives, then lost digits.</summary>
    member _.Findings: IReadOnlyList<Finding> = Array.AsReadOnly findings :> _

    /// <summary>Further remarks: infinite slopes that did no harm, limits that were met.</summary>
    member _.Notes: IReadOnlyList<string> = Array.AsReadOnly notes :> _

    /// <summary>
    /// An estimate of the decimal digits, of the sixteen that a double has, that rounding took from the value: log10 of its relative error,
    /// in units of 2^-53. The numbers of x count as exact. NaN where there is no estimate.
    /// </summary>
    member _.DigitsLost: float = figures.DigitsLost

    /// <summary>The same for each derivative, as reverse mode computes it.</summary>
    member _.DigitsLostInGradient: IReadOnlyList<float> = Array.AsReadOnly figures.DigitsLostInGradient :> _

    /// <summary>The run, step by step, with adjoints.</summary>
    member _.Trace: EvaluationTrace = EvaluationTrace(words.Run, names, ParameterNames.resultBeside names)

    /// <summary>The exception with which the function ended; null if it returned.</summary>
    member _.Exception: exn = failure

    /// <summary>The explanation as text: of a long chain the ends.</summary>
    override _.ToString() : string = Report.toText figures findings notes

    /// <summary>The explanation in Markdown.</summary>
    member _.ToMarkdown() : string = Report.toMarkdown figures findings notes

    /// <summary>
    /// The picture of the run as SVG, with the operations of the findings and their chains marked. Of a run with more than 40 steps the
    /// first finding alone is shown, and of its chains the ends.
    /// </summary>
    member _.ToSvg() : string =
        let most = 40
        let isLong = words.Run.Steps > most
        let marked = if isLong then Array.truncate 1 findings else findings
        let chains = marked |> Array.collect (fun finding -> [| finding.PathToParameter; finding.PathToResult |])
        let positions (chain: seq<ChainStep>) = chain |> Seq.map _.Step |> Array.ofSeq
        let ends, gaps = chains |> Array.map (positions >> (if isLong then Report.ends else fun chain -> chain, [||])) |> Array.unzip
        let marks = { Culprits = marked |> Array.map _.Step; Chain = Array.concat ends; Gaps = Array.concat gaps }
        Drawing.toSvg words.Run (Picture.ofMarks words most marks)
