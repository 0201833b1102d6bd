namespace FuncAD.Formulas

open System.Collections.Generic
open FuncAD.Compiled

/// <summary>
/// The nodes of an expression as a list of steps, each of which uses earlier ones; the expression itself is the last. Whoever walks through
/// an expression walks through these: nobody recurses, since a graph may be as deep as its program was long, and nobody meets a node twice.
/// </summary>
[<Sealed>]
type internal Steps(root: Expression) =
    let nodes = List<Expression>()
    let positions = Dictionary<Expression, int>()

    do
        let pending = Stack<struct (Expression * bool)>()
        pending.Push(struct (root, false))
        while pending.Count > 0 do
            let struct (node, hasArguments) = pending.Pop()
            if hasArguments then
                positions[node] <- nodes.Count
                nodes.Add node
            elif positions.TryAdd(node, -1) then
                pending.Push(struct (node, true))
                for index = node.Arity - 1 downto 0 do
                    pending.Push(struct (node.Argument index, false))

    /// For each node the positions of its arguments.
    let arguments =
        let position (node: Expression) index = if index < node.Arity then positions[node.Argument index] else 0
        [| for node in nodes -> struct (position node 0, position node 1, position node 2) |]

    member _.Root = root
    member _.Nodes: IReadOnlyList<Expression> = nodes
    member _.PositionOf(node: Expression) = positions[node]

    /// A result for each node, computed from the node and the results for its arguments, which are default where there are none.
    member _.Gather(result: Expression -> 'T -> 'T -> 'T -> 'T) : 'T[] =
        let results = Array.zeroCreate<'T> nodes.Count
        for index = 0 to results.Length - 1 do
            let node = nodes[index]
            let struct (a, b, c) = arguments[index]
            let argument number position = if number < node.Arity then results[position] else Unchecked.defaultof<'T>
            results[index] <- result node (argument 0 a) (argument 1 b) (argument 2 c)
        results

    /// How often each node is an argument of another.
    member _.Uses: Expression -> int =
        let uses = Array.zeroCreate<int> nodes.Count
        for node in nodes do
            for index in 0 .. node.Arity - 1 do
                let position = positions[node.Argument index]
                uses[position] <- uses[position] + 1
        fun node -> uses[positions[node]]

    /// The number of nodes of the expression when written out, where what is used twice counts twice.
    member steps.TreeSize: float = Array.last (steps.Gather(fun _ a b c -> 1.0 + a + b + c))

    /// The value at a point.
    member steps.Value(inputs: float[]) : float =
        let value (node: Expression) a b c =
            if node.IsVariable then inputs[node.Position]
            elif node.IsConstant then node.Value
            else node.Primitive.Value(a, b, c)
        Array.last (steps.Gather value)

    /// The expression with equal subexpressions as one node.
    static member Share(root: Expression) : Expression =
        let shared = SharedExpressions()
        let again (node: Expression) (a: Expression) (b: Expression) (c: Expression) : Expression =
            let isSame = obj.ReferenceEquals(a, node.A) && obj.ReferenceEquals(b, node.B) && obj.ReferenceEquals(c, node.C)
            shared.Of(if isSame then node else Expression.Apply(node.Primitive, a, b, c))
        Array.last (Steps(root).Gather again)
