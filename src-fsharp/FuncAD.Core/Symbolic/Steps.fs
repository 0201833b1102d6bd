namespace FuncAD.Formulas

open System
open FuncAD.Compiled

/// <summary>An expression as a list of steps, each of which computes a node from earlier ones: for evaluation at points.</summary>
[<Sealed>]
type internal Steps(root: Expression) =
    let nodes = Walk.order (Walk.share root)

    /// For each node the positions of its arguments.
    let arguments =
        let position = Collections.Generic.Dictionary<Expression, int>(HashIdentity.Reference)
        nodes |> Array.iteri (fun index node -> position[node] <- index)
        let at (node: Expression) index = if index < node.Arity then position[node.Argument index] else 0
        nodes |> Array.map (fun node -> struct (at node 0, at node 1, at node 2))

    /// The number of different nodes.
    member _.Count = nodes.Length

    member _.Run(inputs: float[]) : float =
        let values = Array.zeroCreate<float> nodes.Length
        for index = 0 to nodes.Length - 1 do
            let node = nodes[index]
            let struct (a, b, c) = arguments[index]
            values[index] <-
                if node.IsVariable then inputs[node.Position]
                elif node.IsConstant then node.Value
                else node.Primitive.Value(values[a], values[b], values[c])
        values[values.Length - 1]
