namespace FuncAD.Compiled

open FuncAD
open FuncAD.Rules

/// <summary>
/// Rules that programs replace by simpler rules with bitwise equal values (Rules/SpecialValues.fs, Rules/Powers.fs). Softplus and its
/// slope, the sigmoid, then share one exponential, and rules that machine instructions can compute need no call.
/// </summary>
module internal Lowering =
    let private abs = UnaryPrimitive<Piecewise.Abs>(Piecewise.Abs())
    let private negate = UnaryPrimitive<Arithmetic.Negate>(Arithmetic.Negate())
    let private exp = UnaryPrimitive<Exponentials.Exp>(Exponentials.Exp())
    let private log1p = UnaryPrimitive<Exponentials.LogP1>(Exponentials.LogP1())
    let private subtract = BinaryPrimitive<Arithmetic.Subtract>(Arithmetic.Subtract())
    let private multiply = BinaryPrimitive<Arithmetic.Multiply>(Arithmetic.Multiply())
    let private add = BinaryPrimitive<Arithmetic.Add>(Arithmetic.Add())
    let private divide = BinaryPrimitive<Arithmetic.Divide>(Arithmetic.Divide())
    let private max = BinaryPrimitive<Piecewise.Max>(Piecewise.Max())
    let private min = BinaryPrimitive<Piecewise.Min>(Piecewise.Min())
    let private less = BinaryPrimitive<Comparisons.Less>(Comparisons.Less())
    let private equal = BinaryPrimitive<Comparisons.Equal>(Comparisons.Equal())
    let private select = SelectPrimitive()

    /// The node that applies a rule, by simpler rules where possible.
    let apply (graph: Graph) (primitive: Primitive) (a: int) (b: int) (c: int) : int =
        let zero, one = graph.Constant 0.0, graph.Constant 1.0
        let decay x = graph.Apply(exp, graph.Apply(negate, graph.Apply(abs, x, 0, 0), 0, 0), 0, 0)
        let sigmoid x =
            let e = decay x
            graph.Apply(divide, graph.Apply(select, graph.Apply(less, x, zero, 0), e, one), graph.Apply(add, one, e, 0), 0)
        match primitive.Rule with
        | :? Exponentials.Sigmoid -> sigmoid a
        | :? Exponentials.LogisticDensity -> graph.Apply(multiply, sigmoid a, sigmoid (graph.Apply(negate, a, 0, 0)), 0)
        | :? Exponentials.Softplus -> graph.Apply(add, graph.Apply(max, a, zero, 0), graph.Apply(log1p, decay a, 0, 0), 0)
        | :? Powers.OneMinusSquare -> graph.Apply(multiply, graph.Apply(subtract, one, a, 0), graph.Apply(add, one, a, 0), 0)
        | :? Powers.ReciprocalOfPositive ->
            // NaN for numbers below 0; -0 has the reciprocal of 0
            graph.Apply(divide, one, graph.Apply(select, graph.Apply(less, a, zero, 0), graph.Constant nan, graph.Apply(abs, a, 0, 0)), 0)
        | :? Special.Reach ->
            let limit bound = graph.Constant bound
            graph.Apply(max, limit -SpecialValues.bellReach, graph.Apply(min, a, limit SpecialValues.bellReach, 0), 0)
        | :? Arithmetic.Defined -> graph.Apply(select, graph.Apply(equal, a, a, 0), one, a)
        | _ -> graph.Apply(primitive, a, b, c)
