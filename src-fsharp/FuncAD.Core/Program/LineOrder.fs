namespace FuncAD.Compiled

open System.Collections.Generic
open FuncAD

/// <summary>
/// The order of a program's lines: that of the trace. Only a line that is a few quick operations away from the inputs and has a single
/// reader comes right before that reader, so that its value need not be kept until then.
/// </summary>
module internal LineOrder =
    /// Lines at this many operations from the inputs stay in place.
    let private far = 4

    /// Operations with short latency.
    let private isQuick (primitive: Primitive) =
        match primitive.Instruction with
        | Instruction.Add
        | Instruction.Subtract
        | Instruction.Multiply
        | Instruction.Negate -> true
        | _ -> false

    /// The operations among the needed nodes of a graph, in order. Results are nodes that are outputs or guards.
    let of' (graph: Graph) (isNeeded: bool[]) (results: seq<int>) : int[] =
        let isLine node = isNeeded[node] && not (graph.IsInput node || graph.IsConstant node)
        let operands node =
            let struct (a, b, c) = graph.Arguments node
            [| a; b; c |] |> Array.truncate (graph.Primitive node).Arity |> Array.distinct
        let lines =
            [| for node in graph.Inputs .. graph.Count - 1 do
                   if isLine node then node |]
        let readers = Array.zeroCreate<int> graph.Count
        for line in lines do
            for operand in operands line do
                readers[operand] <- readers[operand] + 1
        let isResult = Array.zeroCreate<bool> graph.Count
        for node in results do
            isResult[node] <- true
        let depth = Array.zeroCreate<int> graph.Count // operations from the inputs, at most far
        let isLate = Array.zeroCreate<bool> graph.Count
        for line in lines do
            let depthOf operand = if isLine operand && not isLate[operand] then far else depth[operand]
            depth[line] <- 1 + (operands line |> Array.map depthOf |> Array.max)
            isLate[line] <- depth[line] < far && readers[line] = 1 && not isResult[line] && isQuick (graph.Primitive line)
        let order = List<int>(lines.Length)
        let rec add line =
            for operand in operands line do
                if isLate[operand] then add operand
            order.Add line
        for line in lines do
            if not isLate[line] then add line
        order.ToArray()
