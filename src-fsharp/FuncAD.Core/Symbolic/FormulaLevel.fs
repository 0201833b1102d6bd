namespace FuncAD.Formulas

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>
/// The level of a function that is being written as a formula. It records expressions and has no values: what asks for one is an error.
/// The operators of the library run over its numbers as over any others, on levels above.
/// </summary>
[<Sealed>]
type internal FormulaLevel() =
    inherit TraceLevel()
    let expressions = List<Expression>()
    let owner = ThreadOwner()

    /// The level ends when the function has returned; numbers that it left elsewhere stand for nothing then.
    member private level.CheckOpen() : unit =
        if level.Ended then
            raise (
                InvalidOperationException(
                    "Symbolic.Of: a number of the function was used after the formula had been made. It stood for all inputs and has no value. The slope of a custom rule, "
                    + "which runs when the formula is differentiated, must not capture such numbers: make them a part of the rule's argument (Custom over a tuple or an "
                    + "array). What else is needed afterwards has to be a formula of its own."
                )
            )

    member private level.Refuse(what: string) : 'a =
        level.CheckOpen()
        raise (
            InvalidOperationException(
                $"Symbolic.Of: {what}, but a formula has no value to decide it: it stands for all inputs. Choose with Real.Select(Real.Less(a, b), p, q), Max, Min or Abs, "
                + "round with Floor or Round, and write Min(Max(x, a), b) where the bounds of a clamp depend on the inputs. What decides how often a loop runs must not "
                + "be computed from the inputs; pass it as a parameter that is not a Real."
            )
        )

    /// An expression as a number.
    member level.Number(x: Expression) : Real =
        if x.IsConstant then
            Real x.Value
        else
            expressions.Add x
            Real(nan, Tape.Slot(expressions.Count - 1), level)

    /// A number as an expression.
    member level.ExpressionOf(x: Real) : Expression =
        if Object.ReferenceEquals(x.node, level) then
            expressions[Tape.Index x.extra]
        elif isNull x.node then
            Expression.Constant x.value
        else
            raise (
                InvalidOperationException(
                    "Symbolic.Of: the function used a number of a derivative, a compiled function or a formula that is being made outside of it. Pass the number as an "
                    + "argument of the function, or write x.Value or StopGradient(x) where its value is meant as a constant."
                )
            )

    member private level.Record(primitive: Primitive, a: Real, b: Real, c: Real) : Real =
        level.CheckOpen()
        owner.Require("Symbolic.Of", "")
        let expression (x: Real) index = if index < primitive.Arity then level.ExpressionOf x else null
        level.Number(Expression.Apply(primitive, expression a 0, expression b 1, expression c 2))

    override level.Unary(rule: 'R, x) = level.Record(UnaryPrimitive.For rule, x, Real 0.0, Real 0.0)
    override level.Binary(rule: 'R, a, b) = level.Record(BinaryPrimitive.For rule, a, b, Real 0.0)
    override level.Ternary(rule: 'R, a, b, c) = level.Record(TernaryPrimitive.For rule, a, b, c)
    override level.Step(rule: 'R, x) = level.Record(UnaryPrimitive.For rule, x, Real 0.0, Real 0.0)
    override level.Choice(rule: 'R, a, b) = level.Record(BinaryPrimitive.For rule, a, b, Real 0.0)
    override level.Relation(relation: 'Q, a, b) = level.Record(BinaryPrimitive.For relation, a, b, Real 0.0)
    override level.Select(answer, a, b) = level.Record(SelectPrimitive(), answer, a, b)
    override level.Share(a, b, y) = level.Record(SharePrimitive(), a, b, y)
    override _.HasValues = false
    override level.Decide _ = level.Refuse "the function asked a question about its numbers, as if (x > 0) does"
    override level.RefusalToRead what = level.Refuse $"the function read a number as {what}"

    override level.IsWeight x =
        Object.ReferenceEquals(x.node, level)
        && (let primitive = expressions[Tape.Index x.extra].Primitive in not (isNull primitive) && primitive.Traits.IsAnswer)

    override _.NoteSeed() = ()

module internal FormulaLevel =
    /// Runs a function that is written over numbers on expressions.
    let run (arguments: Expression[]) (f: Real[] -> Real) : Expression =
        let level = FormulaLevel()
        try
            let y = f (Array.map level.Number arguments)
            level.ExpressionOf(Forward.lookThrough level y.Live)
        finally
            level.End()
