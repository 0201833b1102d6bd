namespace FuncAD.Compiled

open FuncAD.Rules

/// <summary>
/// Rules that are computed of simpler ones, bit for bit as their values are (SpecialValues.fs): in a program, softplus and its slope, the sigmoid, then share
/// one exponential.
/// </summary>
module internal Expansion =
    let private abs = UnaryPrimitive<Pieces.Abs>(Pieces.Abs())
    let private negate = UnaryPrimitive<Arithmetic.Negate>(Arithmetic.Negate())
    let private exp = UnaryPrimitive<Exponentials.Exp>(Exponentials.Exp())
    let private log1p = UnaryPrimitive<Exponentials.LogP1>(Exponentials.LogP1())
    let private add = BinaryPrimitive<Arithmetic.Add>(Arithmetic.Add())
    let private divide = BinaryPrimitive<Arithmetic.Divide>(Arithmetic.Divide())
    let private max = ChoicePrimitive<Pieces.Max>(Pieces.Max())
    let private less = RelationPrimitive<Relations.Less>(Relations.Less())
    let private select = SelectPrimitive()

    /// The node that applies a rule, spelt out where it can be.
    let apply (graph: Graph) (primitive: Primitive) (a: int) (b: int) (c: int) : int =
        let zero, one = graph.Constant 0.0, graph.Constant 1.0
        let decay x = graph.Apply(exp, graph.Apply(negate, graph.Apply(abs, x, 0, 0), 0, 0), 0, 0)
        match primitive.Rule with
        | :? Exponentials.Sigmoid ->
            let e = decay a
            graph.Apply(divide, graph.Apply(select, graph.Apply(less, a, zero, 0), e, one), graph.Apply(add, one, e, 0), 0)
        | :? Exponentials.Softplus -> graph.Apply(add, graph.Apply(max, a, zero, 0), graph.Apply(log1p, decay a, 0, 0), 0)
        | _ -> graph.Apply(primitive, a, b, c)
