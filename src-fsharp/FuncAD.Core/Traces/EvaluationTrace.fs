namespace FuncAD

open System
open System.ComponentModel
open System.Collections
open System.Collections.Generic
open FuncAD.Traces

/// <summary>What a step was computed from: an earlier step, or a constant.</summary>
[<Sealed>]
type TraceOperand internal (words: Wording, argument: Argument) =
    /// <summary>The name of the step, such as v-1; of a constant its digits.</summary>
    member _.Name: string = words.NameOf argument

    /// <summary>The value.</summary>
    member _.Value: float = argument.Value

    /// <summary>
    /// The local slope: the derivative of the step with respect to this operand. 0 for a constant, and for what max, min or clamp did not
    /// choose.
    /// </summary>
    member _.Slope: float = argument.Slope

    /// <summary>True for a constant, which has no step.</summary>
    member _.IsConstant: bool = argument.Step < 0

    /// <summary>The position of the operand in the trace's Steps; -1 for a constant.</summary>
    member _.Step: int = argument.Step

    /// <summary>The name.</summary>
    override operand.ToString() = operand.Name

/// <summary>A line of a trace: an input, an operation, or a result.</summary>
[<Sealed>]
type EvaluationStep internal (words: Wording, position: int) =
    let run = words.Run

    /// <summary>
    /// The name: v-1, v0 for two inputs, v1, v2, ... for operations in the order in which they were performed; y, or y1, y2, ..., for
    /// results.
    /// </summary>
    member _.Name: string = words.Name position

    /// <summary>The rule that was applied, by the name of the library, such as "multiply"; "input" and "output" at the ends.</summary>
    member _.Rule: string =
        if run.IsInput position then "input"
        elif run.IsResult position then "output"
        else (run.PrimitiveOf position).Name

    /// <summary>
    /// What was computed, in terms of earlier steps, such as "v-1 × v0" or "ln v-1". Of an input its own name, such as x1; of a result the
    /// step that it is.
    /// </summary>
    member _.Formula: string = words.Formula position

    /// <summary>The value.</summary>
    member _.Value: float = run.ValueOf position

    /// <summary>The tangent: the derivative of the step along the direction of the inputs.</summary>
    /// <exception cref="T:System.InvalidOperationException">The trace is a reverse one, whose steps have adjoints.</exception>
    member _.Tangent: float =
        if not run.IsForward then
            raise (InvalidOperationException "FuncAD: a step of a reverse trace has no tangent. Read Adjoint, or take a ForwardTrace.")
        run.DerivativeOf position

    /// <summary>The adjoint: the derivative of the result, or of the weighted sum of the results, with respect to the step.</summary>
    /// <exception cref="T:System.InvalidOperationException">The trace is a forward one, whose steps have tangents.</exception>
    member _.Adjoint: float =
        if run.IsForward then
            raise (InvalidOperationException "FuncAD: a step of a forward trace has no adjoint. Read Tangent, or take a ReverseTrace.")
        run.DerivativeOf position

    /// <summary>What the step was computed from, with the local slopes; nothing for an input.</summary>
    member _.Operands: IReadOnlyList<TraceOperand> =
        run.ArgumentsOf position |> Array.map (fun argument -> TraceOperand(words, argument)) |> Array.AsReadOnly :> _

    /// <summary>The step in a line, with all digits: "v1 = ln v-1 = 0.6931471805599453, v̇1 = 0.5".</summary>
    override step.ToString() =
        $"{step.Name} = {step.Formula} = {Basics.exact step.Value}, "
        + $"{words.DerivativeName position} = {Basics.exact (run.DerivativeOf position)}"

/// Lines of a trace, made when they are asked for.
[<Sealed>]
type internal StepList(words: Wording, first: int, count: int) =
    let at index =
        if index < 0 || index >= count then
            raise (ArgumentOutOfRangeException("index", index, $"FuncAD: there are {count} of them, counted from 0."))
        EvaluationStep(words, first + index)

    interface IReadOnlyList<EvaluationStep> with
        member _.Count = count
        member _.Item
            with get index = at index
        member _.GetEnumerator() : IEnumerator<EvaluationStep> = (Seq.init count at).GetEnumerator()
        member _.GetEnumerator() : IEnumerator = (Seq.init count at).GetEnumerator() :> _

/// <summary>
/// One run of a function, operation by operation, with tangents (a forward trace) or adjoints (a reverse one): the evaluation trace of
/// Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine learning: a survey" (JMLR 18, 2018), tables 2 and 3.
/// AD.ForwardTrace and AD.ReverseTrace make it. All numbers in it are doubles.
/// </summary>
/// <remarks>
/// Steps are in the order in which the operations were performed. A constant is no step. A branch that did not run is not there.
/// </remarks>
[<Sealed; TypeFormatterSource(typeof<TraceInNotebooks>)>]
type EvaluationTrace internal (run: Run, inputs: string[], result: string) =
    let words = Wording(run, inputs, result)

    /// The number of steps in a table, and of nodes in a picture, that are shown where the caller says nothing.
    static let rows, nodes = 200, 40

    /// The largest number of nodes that may be asked for.
    static let mostNodes = 1000

    /// The number of steps on a path above which a picture folds rounds where the caller says nothing.
    static let deepest = 16

    let atLeastOne (steps: int) : int =
        if steps < 1 then
            raise (ArgumentOutOfRangeException(nameof steps, steps, "FuncAD: a table or a picture of a trace shows at least one step."))
        steps

    let table (steps: int) : Table = Table(words, atLeastOne steps)
    let overview () : Picture = Picture.ofRun words nodes deepest

    let picture (steps: int) : Picture =
        if steps > mostNodes then
            raise (
                ArgumentOutOfRangeException(
                    nameof steps,
                    steps,
                    $"FuncAD: a picture of a trace has at most {mostNodes} boxes for steps. ToString has a table of any length."
                )
            )
        Picture.ofRun words (atLeastOne steps) Int32.MaxValue

    let operations = lazy (Operations.ofRun run)

    /// <summary>True if the steps have tangents, false if they have adjoints.</summary>
    member _.IsForward: bool = run.IsForward

    /// <summary>The inputs, then the operations in the order in which they were performed.</summary>
    member _.Steps: IReadOnlyList<EvaluationStep> = StepList(words, 0, run.Steps)

    /// <summary>The inputs: the first steps. A reverse trace has the gradient as their adjoints.</summary>
    member _.Inputs: IReadOnlyList<EvaluationStep> = StepList(words, 0, run.Inputs)

    /// <summary>The results, named y, or y1, y2, ...; each is a step or a constant.</summary>
    member _.Outputs: IReadOnlyList<EvaluationStep> = StepList(words, run.Steps, run.Results)

    /// <summary>The numbers of operations of the function and of its derivative.</summary>
    member _.Operations: TraceOperations = operations.Value

    /// <summary>The same trace with other names for its inputs.</summary>
    /// <exception cref="T:System.ArgumentException">
    /// There are not as many names as inputs, or a name is empty, given twice, or that of a step, such as v1.
    /// </exception>
    member _.WithNames([<ParamArray>] names: string[]) : EvaluationTrace =
        EvaluationTrace(run, Naming.check run.Inputs names, Naming.resultBeside names)

    /// <summary>
    /// The table as text: on the left values, with formulas and with numbers put in, on the right tangents, or, to be read upwards, the
    /// contributions to adjoints. Numbers are rounded to three decimals; the steps have all digits. Of more than 200 steps those in the
    /// middle are left out.
    /// </summary>
    override _.ToString() : string = Rendering.toText (table rows)

    /// <summary>The table as text with no more than this number of steps.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is not positive.</exception>
    member _.ToString(steps: int) : string = Rendering.toText (table steps)

    /// <summary>The table in Markdown, with the pipes of GitHub's dialect. Of more than 200 steps those in the middle are left
    /// out.</summary>
    member _.ToMarkdown() : string = Rendering.toMarkdown (table rows)

    /// <summary>The table in Markdown with no more than this number of steps.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is not positive.</exception>
    member _.ToMarkdown(steps: int) : string = Rendering.toMarkdown (table steps)

    /// <summary>
    /// The table and the picture as a fragment of HTML that needs no other file. Of more than 200 steps those in the middle are left out of
    /// the table; the picture is that of ToSvg.
    /// </summary>
    member _.ToHtml() : string = Rendering.toHtml (table rows) (Drawing.toSvg run (overview ()))

    /// <summary>The table, with no more than this number of steps, and the picture as HTML.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is not positive.</exception>
    member _.ToHtml(steps: int) : string = Rendering.toHtml (table steps) (Drawing.toSvg run (overview ()))

    /// <summary>
    /// The picture as SVG: a box for each step with its formula, value and tangent or adjoint, edges with local slopes, inputs on the left,
    /// results on the right. Boxes and edges tell their values in full where a pointer rests on them. Above 40 steps, or 16 on a path,
    /// rounds in which the same rules are applied again and again are one box, and what is still too much is left out in the middle; the
    /// caption says so.
    /// </summary>
    member _.ToSvg() : string = Drawing.toSvg run (overview ())

    /// <summary>The picture as SVG with no more than this number of boxes for steps; up to as many steps, each has its own.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is not from 1 to 1000.</exception>
    member _.ToSvg(steps: int) : string = Drawing.toSvg run (picture steps)

    /// <summary>The picture in the language of Graphviz, with the boxes of ToSvg.</summary>
    member _.ToDot() : string = Picture.toDot (overview ())

    /// <summary>The picture in the language of Graphviz with no more than this number of boxes for steps.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is not from 1 to 1000.</exception>
    member _.ToDot(steps: int) : string = Picture.toDot (picture steps)

/// <summary>A trace in notebooks: its table and its picture.</summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] TraceInNotebooks() =
    inherit NotebookSource("text/html", (fun trace -> (trace :?> EvaluationTrace).ToHtml()))
