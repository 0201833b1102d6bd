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

    /// Visits the different arguments of a line, in order.
    let inline private visitOperands (graph: Graph) (line: int) ([<InlineIfLambda>] visit: int -> unit) : unit =
        let struct (a, b, c) = graph.Arguments line
        let arity = graph.Primitive(line).Arity
        visit a
        if arity > 1 && b <> a then visit b
        if arity > 2 && c <> a && c <> b then visit c

    /// The operations among the needed nodes of a graph, in order.
    let of' (graph: Graph) (isNeeded: bool[]) (outputs: int[]) (guards: Guard[]) : int[] =
        let isLine node = isNeeded[node] && not (graph.IsInput node || graph.IsConstant node)
        let readers = Array.zeroCreate<int> graph.Count
        let mutable lines = 0
        for line = graph.Inputs to graph.Count - 1 do
            if isLine line then
                lines <- lines + 1
                visitOperands graph line (fun operand -> readers[operand] <- readers[operand] + 1)
        let isResult = Array.zeroCreate<bool> graph.Count
        for node in outputs do
            isResult[node] <- true
        for guard in guards do
            isResult[guard.Node] <- true
        let depth = Array.zeroCreate<int> graph.Count // operations from the inputs, at most far
        let isLate = Array.zeroCreate<bool> graph.Count
        for line = graph.Inputs to graph.Count - 1 do
            if isLine line then
                let mutable deepest = 0
                visitOperands graph line (fun operand ->
                    deepest <- max deepest (if isLine operand && not isLate[operand] then far else depth[operand]))
                depth[line] <- 1 + deepest
                isLate[line] <- depth[line] < far && readers[line] = 1 && not isResult[line] && isQuick (graph.Primitive line)
        let order = List<int> lines
        let rec add line =
            visitOperands graph line (fun operand -> if isLate[operand] then add operand)
            order.Add line
        for line = graph.Inputs to graph.Count - 1 do
            if isLine line && not isLate[line] then add line
        order.ToArray()
