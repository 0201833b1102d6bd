namespace FuncAD.Formulas

open FuncAD
open FuncAD.Algebra
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>
/// The derivative of an expression by the chain rule, as forward mode applies it to numbers: the slopes of the table are interpreted over
/// expressions, and each node gets the expression of its tangent. As in textbooks, factors 1 and terms without the variable are left out,
/// and negations move in front of products and into sums; none of this rounds.
/// </summary>
module internal ChainRule =
    let private share, select, answerNot = SharePrimitive(), SelectPrimitive(), BinaryPrimitive<Comparisons.Not>(Comparisons.Not())

    let private negative (x: Expression) = if x.Does Instruction.Negate then x.A else -x

    /// slope * tangent; null, the structural zero, where there is no tangent.
    let private product (slope: Expression) (tangent: Expression) : Expression =
        if isNull tangent then null
        elif slope.Is 1.0 then tangent
        elif tangent.Is 1.0 then slope
        elif slope.Is -1.0 then negative tangent
        elif tangent.Is -1.0 then negative slope
        elif slope.Does Instruction.Negate then negative (slope.A * tangent)
        elif tangent.Does Instruction.Negate then negative (slope * tangent.A)
        else slope * tangent

    let private sum (a: Expression) (b: Expression) : Expression =
        if isNull a then b
        elif isNull b then a
        elif b.Does Instruction.Negate then a - b.A
        else a + b

    /// A tangent that counts as much as a weight says, and not at all where the weight is 0.
    let private weigh (weight: Expression) (tangent: Expression) : Expression =
        if isNull tangent then null
        elif tangent.Is 1.0 then weight
        else binary (Powers.Absorb()) weight tangent

    let private orZero (tangent: Expression) = if isNull tangent then Expression.Constant 0.0 else tangent

    /// The tangent of an application from the tangents of its arguments, of which one at least is not null.
    let private apply (y: Expression) (da: Expression) (db: Expression) (dc: Expression) : Expression =
        let a, b, c = y.A, y.B, y.C
        match y.Primitive.Rule with
        | :? IUnary as rule -> product (rule.Slope<Expression>(a, y)) da
        | :? IBinary as rule ->
            let ofA = if isNull da then null else product (rule.SlopeA<Expression>(a, b, y)) da
            let ofB = if isNull db then null else product (rule.SlopeB<Expression>(a, b, y)) db
            sum ofA ofB
        | :? ITernary as rule ->
            let ofA = if isNull da then null else product (rule.SlopeA<Expression>(a, b, c)) da
            let ofB = if isNull db then null else product (rule.SlopeB<Expression>(a, b, c)) db
            let ofC = if isNull dc then null else product (rule.SlopeC<Expression>(a, b, c)) dc
            sum (sum ofA ofB) ofC
        | :? IChoice ->
            let shareOfA = Expression.Apply(share, a, b, y)
            sum (weigh shareOfA da) (weigh (Expression.Apply(answerNot, shareOfA, shareOfA, null)) db)
        | :? Selection when isNull db && isNull dc -> null
        | :? Selection -> Expression.Apply(select, a, orZero db, orZero dc)
        | _ -> null // steps, relations and shares are piecewise constant

    /// The derivative with respect to the variable at a position.
    let derivative (variable: int) (root: Expression) : Expression =
        let tangent (node: Expression) da db dc : Expression =
            if node.Position = variable then Expression.Constant 1.0
            elif isNull da && isNull db && isNull dc then null
            else apply node da db dc
        Walk.gather (Walk.order root) tangent root |> orZero |> Walk.share
