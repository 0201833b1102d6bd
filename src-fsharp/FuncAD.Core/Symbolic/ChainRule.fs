namespace FuncAD.Formulas

open FuncAD
open FuncAD.Algebra
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>
/// The derivative of an expression by the chain rule, as forward mode applies it to numbers: the slopes of the table are interpreted over
/// expressions, and each node gets the expression of its tangent. As in textbooks, factors 1 and terms without the variable are left out,
/// sums and products of constants are computed, and negations move in front of products and into sums; none of this changes a rounding.
/// </summary>
module internal ChainRule =
    let private share, select, answerNot = SharePrimitive(), SelectPrimitive(), BinaryPrimitive.For(Comparisons.Not())

    /// slope * tangent; null, the structural zero, where there is no tangent.
    let private product (slope: Expression) (tangent: Expression) : Expression =
        if isNull tangent then null else TextbookAlgebra.product slope tangent

    let private sum (a: Expression) (b: Expression) : Expression =
        if isNull a then b
        elif isNull b then a
        else TextbookAlgebra.sum a b

    /// A tangent that counts as much as a weight says, and not at all where the weight is 0.
    let private weigh (weight: Expression) (tangent: Expression) : Expression =
        if isNull tangent then null
        elif tangent.Is 1.0 then weight
        else binary (Powers.Absorb()) weight tangent

    let private orZero (tangent: Expression) = if isNull tangent then Expression.Constant 0.0 else tangent

    /// The local slope of y = rule(a, b, c) in the argument at an index. Null where it is a choice's, whose slopes are shares, and where
    /// there is none: steps, relations and shares are piecewise constant.
    let slope (primitive: Primitive) (a: Expression) (b: Expression) (c: Expression) (y: Expression) (index: int) : Expression =
        match primitive.Rule, index with
        | (:? CustomRule as rule), _ -> FormulaLevel.run [| a; y |] (fun numbers -> rule.SlopeOnReals(numbers[0], numbers[1]))
        | (:? IUnary as rule), _ -> rule.Slope<Expression>(a, y)
        | (:? IBinary as rule), 0 -> rule.SlopeA<Expression>(a, b, y)
        | (:? IBinary as rule), _ -> rule.SlopeB<Expression>(a, b, y)
        | (:? ITernary as rule), 0 -> rule.SlopeA<Expression>(a, b, c)
        | (:? ITernary as rule), 1 -> rule.SlopeB<Expression>(a, b, c)
        | (:? ITernary as rule), _ -> rule.SlopeC<Expression>(a, b, c)
        | _ -> null

    /// The tangent of an application from the tangents of its arguments, of which one at least is not null.
    let private apply (y: Expression) (da: Expression) (db: Expression) (dc: Expression) : Expression =
        let a, b, c = y.A, y.B, y.C
        match y.Primitive.Rule with
        | :? IChoice ->
            let shareOfA = Expression.Apply(share, a, b, y)
            sum (weigh shareOfA da) (weigh (Expression.Apply(answerNot, shareOfA, shareOfA, null)) db)
        | :? Selection when isNull db && isNull dc -> null
        | :? Selection -> Expression.Apply(select, a, orZero db, orZero dc)
        | _ ->
            let term index tangent =
                if isNull tangent then
                    null
                else
                    match slope y.Primitive a b c y index with
                    | null -> null
                    | slope -> product slope tangent
            sum (sum (term 0 da) (term 1 db)) (term 2 dc)

    /// The derivative with respect to the variable at a position.
    let derivative (variable: int) (steps: Steps) : Expression =
        let tangent (node: Expression) da db dc : Expression =
            if node.Position = variable then number 1.0
            elif isNull da && isNull db && isNull dc then null
            else apply node da db dc
        Array.last (steps.Gather tangent) |> orZero
