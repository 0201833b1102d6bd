namespace FuncAD.Compiled

open FuncAD
open FuncAD.Rules

/// <summary>
/// Rules that programs replace by simpler rules with bitwise equal values (Rules/SpecialValues.fs, Rules/Powers.fs). Softplus and its
/// slope, the sigmoid, then share one exponential, and rules that machine instructions can compute need no call.
/// </summary>
module internal Lowering =
    let private abs = UnaryPrimitive.For(Piecewise.Abs())
    let private negate = UnaryPrimitive.For(Arithmetic.Negate())
    let private exp = UnaryPrimitive.For(Exponentials.Exp())
    let private log1p = UnaryPrimitive.For(Exponentials.LogP1())
    let private subtract = BinaryPrimitive.For(Arithmetic.Subtract())
    let private multiply = BinaryPrimitive.For(Arithmetic.Multiply())
    let private add = BinaryPrimitive.For(Arithmetic.Add())
    let private divide = BinaryPrimitive.For(Arithmetic.Divide())
    let private max = BinaryPrimitive.For(Piecewise.Max())
    let private min = BinaryPrimitive.For(Piecewise.Min())
    let private less = BinaryPrimitive.For(Comparisons.Less())
    let private equal = BinaryPrimitive.For(Comparisons.Equal())
    let private select = SelectPrimitive.Shared

    /// exp(-|x|).
    let private decay (graph: Graph) (x: int) : int = graph.Apply(exp, graph.Apply(negate, graph.Apply(abs, x, 0, 0), 0, 0), 0, 0)

    let private sigmoid (graph: Graph) (x: int) : int =
        let e = decay graph x
        let numerator = graph.Apply(select, graph.Apply(less, x, graph.Zero, 0), e, graph.One)
        graph.Apply(divide, numerator, graph.Apply(add, graph.One, e, 0), 0)

    /// The node that applies a rule, by simpler rules where possible.
    let apply (graph: Graph) (primitive: Primitive) (a: int) (b: int) (c: int) : int =
        let zero = graph.Zero
        let one = graph.One
        match primitive.Rule with
        | :? Exponentials.Sigmoid -> sigmoid graph a
        | :? Exponentials.LogisticDensity -> graph.Apply(multiply, sigmoid graph a, sigmoid graph (graph.Apply(negate, a, 0, 0)), 0)
        | :? Exponentials.Softplus -> graph.Apply(add, graph.Apply(max, a, zero, 0), graph.Apply(log1p, decay graph a, 0, 0), 0)
        | :? Powers.OneMinusSquare -> graph.Apply(multiply, graph.Apply(subtract, one, a, 0), graph.Apply(add, one, a, 0), 0)
        | :? Powers.ReciprocalOfPositive ->
            // NaN for numbers below 0; -0 has the reciprocal of 0
            graph.Apply(divide, one, graph.Apply(select, graph.Apply(less, a, zero, 0), graph.Constant nan, graph.Apply(abs, a, 0, 0)), 0)
        | :? Special.Reach ->
            let limit bound = graph.Constant bound
            graph.Apply(max, limit -SpecialValues.bellReach, graph.Apply(min, a, limit SpecialValues.bellReach, 0), 0)
        | :? Arithmetic.Defined -> graph.Apply(select, graph.Apply(equal, a, a, 0), one, a)
        | _ -> graph.Apply(primitive, a, b, c)
