namespace FuncAD.Traces

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled

/// <summary>
/// The operations in the formulas of a run. Those of a step depend on its rule, on which of its arguments count, and on slopes that its
/// formula has as numbers, of which 1 and -1 are no factors: they are counted once.
/// </summary>
module internal Operations =
    /// Slope is the bits of the slope in the argument, 0 where formulas do not have it as a number.
    [<Struct>]
    type private Kind = { Primitive: Primitive; Flags: int; Slope: int64 }

    let private flags (flag: int -> bool) : int = (if flag 0 then 1 else 0) + (if flag 1 then 2 else 0) + (if flag 2 then 4 else 0)

    /// Constants count as steps do: v1 × 3 and v1 × v2 take a multiplication each.
    let private asSteps (arguments: Argument[]) : Argument[] =
        arguments |> Array.map (fun argument -> { argument with Step = max 0 argument.Step })

    /// The slopes of a rule that has them as numbers are known by the first: of two, the other one is the rest to 1.
    let private slopeOf (primitive: Primitive) (arguments: Argument[]) (index: int) : int64 =
        if StepFormulas.hasNumbers primitive then BitConverter.DoubleToInt64Bits arguments[index].Slope else 0L

    /// The operations of the values, and those of the derivatives.
    let ofRun (run: Run) : TraceOperations =
        let known = Dictionary<Kind, OperationCounts>()
        let counted (primitive: Primitive) (kind: int) (slope: int64) (formula: unit -> Formulas.Expression) : OperationCounts =
            let key = { Primitive = primitive; Flags = kind; Slope = slope }
            match known.TryGetValue key with
            | true, count -> count
            | _ ->
                let count = OperationCounts.Of(formula ())
                known[key] <- count
                count
        let mutable primal, derivative = OperationCounts(), OperationCounts()
        for position = run.Inputs to run.Steps - 1 do
            let primitive, arguments = run.PrimitiveOf position, run.ArgumentsOf position
            primal <- primal.Plus(counted primitive 0 0L (fun () -> StepFormulas.value primitive (asSteps arguments)))
            if run.IsForward then
                let hasTangent index = index < arguments.Length && arguments[index].IsActive && run.IsTouched arguments[index].Step
                let formula () = StepFormulas.tangentOf primitive (asSteps arguments) hasTangent
                derivative <- derivative.Plus(counted primitive (8 + flags hasTangent) (slopeOf primitive arguments 0) formula)
        if not run.IsForward then
            for contribution in run.Contributions() do
                if run.IsResult contribution.From then
                    if contribution.Before.HasValue then derivative <- derivative.Plus(OperationCounts(1L, 0L, 0L))
                else
                    let primitive = run.PrimitiveOf contribution.From
                    let arguments = asSteps (run.ArgumentsOf contribution.From)
                    let hasBefore = contribution.Before.HasValue
                    let formula () = StepFormulas.contribution false primitive arguments contribution.Argument hasBefore
                    let kind = 16 + 2 * contribution.Argument + (if hasBefore then 1 else 0)
                    derivative <- derivative.Plus(counted primitive kind (slopeOf primitive arguments contribution.Argument) formula)
        TraceOperations(primal, derivative)
