namespace FuncAD.Traces

open FuncAD
open FuncAD.Compiled
open FuncAD.Formulas

/// <summary>Operations in formulas.</summary>
[<Struct>]
type internal Count =
    { Additions: int64
      Multiplications: int64
      Functions: int64 }

    static member Zero = { Additions = 0L; Multiplications = 0L; Functions = 0L }

    static member (+)(a: Count, b: Count) : Count =
        { Additions = a.Additions + b.Additions
          Multiplications = a.Multiplications + b.Multiplications
          Functions = a.Functions + b.Functions }

    /// The operations of a formula: equal subexpressions once, a difference as an addition, a quotient as a multiplication, a sign as nothing.
    static member Of(formula: Expression) : Count =
        let mutable count = Count.Zero
        for node in Walk.order (Walk.share formula) do
            if not (isNull node.Primitive) then
                match node.Primitive.Instruction with
                | Instruction.Add
                | Instruction.Subtract -> count <- { count with Additions = count.Additions + 1L }
                | Instruction.Multiply
                | Instruction.Divide -> count <- { count with Multiplications = count.Multiplications + 1L }
                | Instruction.Negate -> ()
                | _ -> count <- { count with Functions = count.Functions + 1L }
        count

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
        Expression.Apply(primitive, operand arguments 0, operand arguments 1, operand arguments 2) |> Spelling.writeOut

    /// The local slope in an argument. A choice has its share.
    let private slope (primitive: Primitive) (arguments: Argument[]) (index: int) : Expression =
        let a, b, c, y = operand arguments 0, operand arguments 1, operand arguments 2, Expression.Variable Variables.result
        let slope =
            match primitive.Rule, index with
            | (:? IUnary as rule), _ -> rule.Slope<Expression>(a, y)
            | (:? IBinary as rule), 0 -> rule.SlopeA<Expression>(a, b, y)
            | (:? IBinary as rule), _ -> rule.SlopeB<Expression>(a, b, y)
            | (:? ITernary as rule), 0 -> rule.SlopeA<Expression>(a, b, c)
            | (:? ITernary as rule), 1 -> rule.SlopeB<Expression>(a, b, c)
            | (:? ITernary as rule), _ -> rule.SlopeC<Expression>(a, b, c)
            | _ -> Expression.Constant arguments[index].Slope
        Spelling.writeOut slope

    /// derivative × slope; the factors 1 and -1 are written only if <c>isComplete</c>.
    let rec private times (isComplete: bool) (derivative: Expression) (slope: Expression) : Expression =
        if slope.IsConstant && isComplete then derivative * slope
        elif slope.Is 1.0 then derivative
        elif slope.Is -1.0 then -derivative
        elif slope.Does Instruction.Negate then -(times false derivative slope.A)
        elif slope.Does Instruction.Divide && slope.A.Is 1.0 then derivative / slope.B
        else derivative * slope

    let private plus (a: Expression) (b: Expression) : Expression =
        if isNull a then b
        elif b.Does Instruction.Negate then a - b.A
        else a + b

    /// The tangent of a step: slopes times tangents, of the arguments that have one.
    let tangentOf (primitive: Primitive) (arguments: Argument[]) (hasTangent: int -> bool) : Expression =
        let mutable sum = null
        for index = 0 to arguments.Length - 1 do
            if hasTangent index then
                sum <- plus sum (times false (Expression.Variable(Variables.derivativeOf index)) (slope primitive arguments index))
        if isNull sum then Expression.Constant 0.0 else sum

    /// The adjoint of an argument with the contribution of a step: what it was before, if anything, plus adjoint times slope.
    let contribution (isComplete: bool) (primitive: Primitive) (arguments: Argument[]) (index: int) (hasBefore: bool) : Expression =
        let own = times isComplete (Expression.Variable Variables.adjoint) (slope primitive arguments index)
        plus (if hasBefore then Expression.Variable(Variables.derivativeOf index) else null) own
