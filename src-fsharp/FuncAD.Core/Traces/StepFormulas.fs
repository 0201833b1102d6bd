namespace FuncAD.Traces

open FuncAD
open FuncAD.Compiled
open FuncAD.Formulas

/// <summary>The variables of the formulas of a step, by position.</summary>
module internal Variables =
    /// The arguments of the rule are 0, 1 and 2; this is its result.
    let result = 3

    /// The derivative of an argument: its tangent, or its adjoint before a contribution.
    let derivativeOf (argument: int) : int = 4 + argument

    /// The adjoint of the result.
    let adjoint = 7
    let count = 8

/// <summary>
/// Formulas of single steps: the rule applied to its arguments, and its slopes, which are the table's, interpreted over expressions.
/// </summary>
module internal StepFormulas =
    open FuncAD.Algebra

    let private operand (arguments: Argument[]) (index: int) : Expression =
        if index >= arguments.Length then null
        elif arguments[index].Step < 0 then Expression.Constant arguments[index].Value
        else Expression.Variable index

    /// The rule applied to its arguments.
    let value (primitive: Primitive) (arguments: Argument[]) : Expression =
        Expression.Apply(primitive, operand arguments 0, operand arguments 1, operand arguments 2) |> Steps |> Spelling.writeOut

    /// True if slopes are numbers in the formulas: a choice has its share, and a rule of the user's, whose slope is code, what it returned.
    let hasNumbers (primitive: Primitive) : bool =
        match primitive.Rule with
        | :? IOnReals -> true
        | :? IUnary
        | :? IBinary
        | :? ITernary -> false
        | _ -> true

    /// The local slope in an argument.
    let private slope (primitive: Primitive) (arguments: Argument[]) (index: int) : Expression =
        if hasNumbers primitive then
            Expression.Constant arguments[index].Slope
        else
            let a, b, c, y = operand arguments 0, operand arguments 1, operand arguments 2, Expression.Variable Variables.result
            ChainRule.slope primitive a b c y index |> Steps |> Spelling.writeOut

    /// derivative × slope; factors 1 and -1 are written only if <c>isComplete</c>.
    let private times (isComplete: bool) (derivative: Expression) (slope: Expression) : Expression =
        let product = if isComplete && slope.IsConstant then derivative * slope else TextbookAlgebra.product derivative slope
        Spelling.writeOut (Steps product)

    /// The tangent of a step: slopes times tangents, of the arguments that have one.
    let tangentOf (primitive: Primitive) (arguments: Argument[]) (hasTangent: int -> bool) : Expression =
        let term index = times false (Expression.Variable(Variables.derivativeOf index)) (slope primitive arguments index)
        match Array.indexed arguments |> Array.map fst |> Array.filter hasTangent with
        | [||] -> Expression.Constant 0.0
        | active -> active |> Array.map term |> Array.reduce TextbookAlgebra.sum

    /// The adjoint of an argument with the contribution of a step: what it was before, if anything, plus adjoint times slope.
    let contribution (isComplete: bool) (primitive: Primitive) (arguments: Argument[]) (index: int) (hasBefore: bool) : Expression =
        let own = times isComplete (Expression.Variable Variables.adjoint) (slope primitive arguments index)
        if hasBefore then TextbookAlgebra.sum (Expression.Variable(Variables.derivativeOf index)) own else own
