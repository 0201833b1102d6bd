namespace FuncAD

open System
open System.Collections.Generic
open FuncAD.Traces

/// <summary>What an operation did.</summary>
type FindingKind =
    /// <summary>It was given NaN or an infinity: a parameter or a constant is none of the numbers.</summary>
    | Given = 0
    /// <summary>It has no value for its operands: 0 / 0, the logarithm of a negative number.</summary>
    | NaN = 1
    /// <summary>It has an infinite value there: 1 / 0, the logarithm of 0.</summary>
    | Infinity = 2
    /// <summary>Its value, or slope times derivative, is beyond the largest double.</summary>
    | Overflow = 3
    /// <summary>Its value is finite, and its slope is not: the square root at 0.</summary>
    | InfiniteSlope = 4
    /// <summary>It made an error that was there much greater: a difference of nearly equal numbers.</summary>
    | LostDigits = 5
    /// <summary>Its value is below the normal doubles: it became 0, or lost digits, and that reached the result.</summary>
    | Underflow = 6

/// <summary>Where NaN, an infinity or an error was met first.</summary>
type FindingPlace =
    /// <summary>In the value.</summary>
    | Value = 0
    /// <summary>In a tangent, in forward mode alone.</summary>
    | ForwardDerivative = 1
    /// <summary>In an adjoint, in reverse mode alone.</summary>
    | ReverseDerivative = 2
    /// <summary>In tangents and in adjoints.</summary>
    | Derivative = 3

/// <summary>A step on the way from a parameter to the operation of a finding, or from there to the result.</summary>
[<Sealed>]
type ChainStep internal (words: Wording, position: int, derivative: float, source: SourceLine, note: string) =
    let run = words.Run

    /// <summary>The position of the step in the trace's Steps; that of the result is their number.</summary>
    member _.Step: int = position

    /// <summary>The name of the step, such as v3; of a parameter and the result their own.</summary>
    member _.Name: string = words.Name position

    /// <summary>What was computed, such as "sqrt v2".</summary>
    member _.Formula: string = words.Formula position

    /// <summary>The value.</summary>
    member _.Value: float = run.ValueOf position

    /// <summary>The adjoint of the step; its tangent in a finding of forward mode alone; NaN if the function has no value.</summary>
    member _.Derivative: float = derivative

    /// <summary>Where the operation is in the program; null for a parameter, the result, and what lies in the middle of a long
    /// chain.</summary>
    member _.Source: SourceLine = source

    /// <summary>What happened there: "∞ × 0 = NaN: the zero was computed"; empty otherwise.</summary>
    member _.Note: string = note

    /// <summary>The step in a line.</summary>
    override step.ToString() =
        let value = if run.IsInput position then step.Name else $"{step.Name} = {step.Formula}"
        $"{value} = {Basics.exact step.Value}"

/// <summary>An operation that made NaN or an infinity, or lost digits, and what came of it.</summary>
[<Sealed>]
type Finding
    internal
    (
        words: Wording,
        position: int,
        kind: FindingKind,
        place: FindingPlace,
        derivative: float,
        parameters: string[],
        summary: string,
        reason: string,
        advice: string,
        source: SourceLine,
        toParameter: ChainStep[],
        toResult: ChainStep[]
    ) =
    let run = words.Run

    /// <summary>What the operation did.</summary>
    member _.Kind: FindingKind = kind

    /// <summary>Whether that was in the value or in a derivative, and in which modes.</summary>
    member _.Place: FindingPlace = place

    /// <summary>The finding in a sentence.</summary>
    member _.Summary: string = summary

    /// <summary>What happened at the operation, with its numbers: "sqrt(0) has an infinite slope: slope ∞ × derivative 1 = ∞".</summary>
    member _.Reason: string = reason

    /// <summary>What can be done.</summary>
    member _.Advice: string = advice

    /// <summary>The parameters whose derivatives are affected; none where only the value is.</summary>
    member _.Parameters: IReadOnlyList<string> = Array.AsReadOnly parameters :> _

    /// <summary>The position of the operation in the trace's Steps.</summary>
    member _.Step: int = position

    /// <summary>The rule that was applied, such as "sqrt"; "input" for a parameter, "output" for a result that is a constant.</summary>
    member _.Operation: string =
        if run.IsInput position then "input"
        elif run.IsResult position then "output"
        else (run.PrimitiveOf position).Name

    /// <summary>The name of the step, such as v3.</summary>
    member _.Name: string = words.Name position

    /// <summary>The operation in terms of earlier steps, such as "sqrt v2".</summary>
    member _.Formula: string = words.Formula position

    /// <summary>What the operation returned.</summary>
    member _.Value: float = run.ValueOf position

    /// <summary>The adjoint of the operation; its tangent in a finding of forward mode alone; NaN if the function has no value.</summary>
    member _.Derivative: float = derivative

    /// <summary>The operands, with their values and the slopes in them.</summary>
    member _.Operands: IReadOnlyList<TraceOperand> =
        run.ArgumentsOf position |> Array.map (fun argument -> TraceOperand(words, argument)) |> Array.AsReadOnly :> _

    /// <summary>
    /// Where the operation is in the program, from the stack of a second run; null where that could not be told, as for a function that
    /// does other operations when it is run again.
    /// </summary>
    member _.Source: SourceLine = source

    /// <summary>The steps from the operation down to a parameter; the operation is not one of them.</summary>
    member _.PathToParameter: IReadOnlyList<ChainStep> = Array.AsReadOnly toParameter :> _

    /// <summary>The steps from the operation up to the result; the operation is not one of them.</summary>
    member _.PathToResult: IReadOnlyList<ChainStep> = Array.AsReadOnly toResult :> _

    member internal _.Words = words

    /// <summary>The summary.</summary>
    override _.ToString() = summary
