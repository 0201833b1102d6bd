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
    let private share, select, answerNot = SharePrimitive(), SelectPrimitive(), BinaryPrimitive<Comparisons.Not>(Comparisons.Not())

    /// -x for an expression that is written with a minus at its start; null for others.
    let private unsigned (x: Expression) : Expression =
        if x.Does Instruction.Negate then x.A
        elif x.Does Instruction.Multiply && x.A.Does Instruction.Negate then x.A.A * x.B
        elif x.Does Instruction.Divide && x.A.Does Instruction.Negate then x.A.A / x.B
        else null

    let private negative (x: Expression) : Expression =
        if x.IsConstant then
            number (Plain.negate x.Value)
        else
            match unsigned x with
            | null -> -x
            | positive -> positive

    /// slope * tangent; null, the structural zero, where there is no tangent.
    let private product (slope: Expression) (tangent: Expression) : Expression =
        if isNull tangent then
            null
        elif slope.IsConstant && tangent.IsConstant then
            number (Plain.multiply slope.Value tangent.Value)
        elif slope.Is 1.0 then
            tangent
        elif tangent.Is 1.0 then
            slope
        elif slope.Is -1.0 then
            negative tangent
        elif tangent.Is -1.0 then
            negative slope
        else
            match unsigned slope, unsigned tangent with
            | null, null -> slope * tangent
            | positive, null -> -(positive * tangent)
            | null, positive -> -(slope * positive)
            | positive, other -> positive * other

    let private sum (a: Expression) (b: Expression) : Expression =
        if isNull a then
            b
        elif isNull b then
            a
        elif a.IsConstant && b.IsConstant then
            number (Plain.add a.Value b.Value)
        else
            match unsigned b with
            | null -> a + b
            | positive -> a - positive

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
        | :? CustomRule as rule -> product (FormulaLevel.run [| a; y |] (fun numbers -> rule.SlopeOnReals(numbers[0], numbers[1]))) da
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
    let derivative (variable: int) (steps: Steps) : Expression =
        let tangent (node: Expression) da db dc : Expression =
            if node.Position = variable then number 1.0
            elif isNull da && isNull db && isNull dc then null
            else apply node da db dc
        Array.last (steps.Gather tangent) |> orZero
