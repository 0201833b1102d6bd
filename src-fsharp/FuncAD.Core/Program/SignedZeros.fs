namespace FuncAD.Compiled

open FuncAD
open FuncAD.Rules

/// <summary>
/// Where the outputs do not depend on the sign of a zero, more can be simplified with bitwise equal outputs: adding 0 has no effect, and
/// negations move out of sums until one of them meets a subtraction. Operators return derivatives as x + 0, so that the signs of zeros
/// among the cotangents before do not matter.
/// </summary>
module internal SignedZeros =
    /// Tells for each needed node whether the outputs are equal for the values 0 and -0 of the node.
    let private indifferent (graph: Graph) (outputs: int[]) (isNeeded: bool[]) : bool[] =
        let isIndifferent = Array.create graph.Count true
        for node in outputs do
            isIndifferent[node] <- false
        let demand node condition = isIndifferent[node] <- isIndifferent[node] && condition
        for node = graph.Count - 1 downto graph.Inputs do
            if isNeeded[node] && not (graph.IsConstant node) then
                let primitive = graph.Primitive node
                let struct (a, b, c) = graph.Arguments node
                let isFree = isIndifferent[node]
                let never x = graph.Knows(x, Facts.NeverMinusZero)
                match primitive.Instruction with
                | Instruction.Add ->
                    // 0 + x = -0 + x unless x is -0; where this relies on x never being -0, the sign of a zero x has to be kept
                    demand a (isFree || never b)
                    demand b (isFree || (never a && not (never b)))
                | Instruction.Subtract ->
                    demand a isFree
                    demand b (isFree || never a)
                | Instruction.Multiply when a = b -> () // a square of a zero is 0
                | Instruction.Absorb -> demand b isFree
                | Instruction.Divide ->
                    demand a isFree
                    demand b false
                | Instruction.Select ->
                    demand b isFree
                    demand c isFree
                | _ ->
                    match primitive.Traits.SignOfZero with
                    | SignOfZero.IsIgnored -> ()
                    | kept ->
                        let isFree = isFree && kept = SignOfZero.IsKept
                        demand a isFree
                        if primitive.Arity > 1 then demand b isFree
                        if primitive.Arity > 2 then demand c isFree
        isIndifferent

    /// For each node, the number of times that it is an output, or an argument of a node that the outputs need.
    let private uses (graph: Graph) (outputs: int[]) : int[] =
        let uses = Array.zeroCreate<int> graph.Count
        let note node = uses[node] <- uses[node] + 1
        Array.iter note outputs
        for node = graph.Count - 1 downto graph.Inputs do
            if uses[node] > 0 && not (graph.IsConstant node) then
                let struct (a, b, c) = graph.Arguments node
                let arity = graph.Primitive(node).Arity
                note a
                if arity > 1 then note b
                if arity > 2 then note c
        uses

    /// A new graph with the simplifications that indifferent nodes permit, of lowered rules, and the new node for each old one that is
    /// needed. What the function computed without need is left behind.
    let simplify (graph: Graph) (outputs: int[]) (guards: Guard[]) : struct (Graph * int[]) =
        let isNeeded = graph.Needed(outputs, guards)
        let isIndifferent = indifferent graph outputs isNeeded
        let uses = uses graph outputs
        let simpler = Graph(Array.init graph.Inputs graph.Value)
        let number = Array.init graph.Count id
        let simplified node =
            let primitive = graph.Primitive node
            let struct (a, b, c) = graph.Arguments node
            let isSumOfItsOwn x = uses[x] = 1 && simpler.IsSum number[x]
            let isAlone = primitive.Arity = 2 && (isSumOfItsOwn a || isSumOfItsOwn b)
            let argument place x = if place < primitive.Arity then number[x] else 0
            let a, b, c = argument 0 a, argument 1 b, argument 2 c
            let isZero x = simpler.IsConstant x && simpler.Value x = 0.0
            let together x y = simpler.Apply(Simpler.negate (), simpler.Apply(Simpler.add (), x, y, 0), 0, 0)
            match primitive.Instruction with
            | Instruction.Add when isIndifferent[node] && isZero b -> a
            | Instruction.Add when isIndifferent[node] && isZero a -> b
            | Instruction.Add when isIndifferent[node] && simpler.IsNegated a && simpler.IsNegated b ->
                together (simpler.Unnegated a) (simpler.Unnegated b)
            | Instruction.Subtract when isIndifferent[node] && simpler.IsNegated a -> together (simpler.Unnegated a) b
            | Instruction.Add when isAlone && (isZero a || isZero b) ->
                // 0 + (p + q) and (0 + p) + q are bitwise equal, and p is ready earlier: the addition of 0 then causes no wait
                let zero, sum = if isZero a then a, b else b, a
                let struct (p, q, _) = simpler.Arguments sum
                simpler.Apply(Simpler.add (), simpler.Apply(Simpler.add (), zero, min p q, 0), max p q, 0)
            | _ -> Lowering.apply simpler primitive a b c
        for node = graph.Inputs to graph.Count - 1 do
            if isNeeded[node] then number[node] <- if graph.IsConstant node then simpler.Constant(graph.Value node) else simplified node
        struct (simpler, number)
