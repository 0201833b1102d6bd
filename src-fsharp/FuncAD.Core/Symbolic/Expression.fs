namespace FuncAD.Formulas

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>
/// An expression: a constant, a variable known by its position, or a rule of the table applied to expressions. It is one more carrier, so
/// that slopes of rules are expressions too. Nothing is simplified where it is made. Expressions are shared: what uses a result twice
/// holds it twice, and a program of n operations is a graph of n nodes, whatever its size when written out.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal Expression private (primitive: Primitive, a: Expression, b: Expression, c: Expression, value: float, variable: int) =
    static let add, subtract = BinaryPrimitive.For(Arithmetic.Add()), BinaryPrimitive.For(Arithmetic.Subtract())
    static let multiply = BinaryPrimitive.For(Arithmetic.Multiply())
    static let divide, negate = BinaryPrimitive.For(Arithmetic.Divide()), UnaryPrimitive.For(Arithmetic.Negate())

    /// Null for a constant and for a variable.
    member _.Primitive = primitive
    member _.A = a
    member _.B = b
    member _.C = c

    /// The value of a constant.
    member _.Value = value

    /// The position of a variable; -1 for everything else.
    member _.Position = variable
    member _.IsVariable = variable >= 0
    member _.IsConstant = isNull primitive && variable < 0

    /// The number of arguments that count: a negation of an answer is a relation that ignores its second one.
    member _.Arity =
        if isNull primitive then 0
        elif primitive.Instruction = Instruction.Not then 1
        else primitive.Arity

    member _.Argument index =
        match index with
        | 0 -> a
        | 1 -> b
        | _ -> c

    /// True for an application of the instruction.
    member _.Does(instruction: Instruction) = not (isNull primitive) && primitive.Instruction = instruction

    /// True for this constant; 0 is not -0.
    member x.Is(constant: float) = x.IsConstant && BitConverter.DoubleToInt64Bits value = BitConverter.DoubleToInt64Bits constant

    static member Constant(value: float) = Expression(null, null, null, null, value, -1)
    static member Variable(position: int) = Expression(null, null, null, null, nan, position)

    /// Arguments beyond the arity are null.
    static member Apply(primitive: Primitive, a: Expression, b: Expression, c: Expression) = Expression(primitive, a, b, c, nan, -1)

    interface ICarrier<Expression> with
        static member Constant value = Expression.Constant value
        static member Add(a, b) = Expression.Apply(add, a, b, null)
        static member Subtract(a, b) = Expression.Apply(subtract, a, b, null)
        static member Multiply(a, b) = Expression.Apply(multiply, a, b, null)
        static member Divide(a, b) = Expression.Apply(divide, a, b, null)
        static member Negate a = Expression.Apply(negate, a, null, null)
        static member Unary(rule: 'R, x) = Expression.Apply(UnaryPrimitive.For rule, x, null, null)
        static member Binary(rule: 'R, a, b) = Expression.Apply(BinaryPrimitive.For rule, a, b, null)
        static member Step(rule: 'R, x) = Expression.Apply(UnaryPrimitive.For rule, x, null, null)
        static member Choice(rule: 'R, a, b) = Expression.Apply(BinaryPrimitive.For rule, a, b, null)

/// An application, as what it is known by.
[<Struct; CustomEquality; NoComparison>]
type internal AppliedRule(primitive: Primitive, a: Expression, b: Expression, c: Expression) =
    member private _.Primitive = primitive
    member private _.A = a
    member private _.B = b
    member private _.C = c

    interface IEquatable<AppliedRule> with
        member _.Equals other =
            Object.ReferenceEquals(a, other.A)
            && Object.ReferenceEquals(b, other.B)
            && Object.ReferenceEquals(c, other.C)
            && primitive.Equals other.Primitive

    override x.Equals other =
        match other with
        | :? AppliedRule as other -> (x :> IEquatable<AppliedRule>).Equals other
        | _ -> false

    override _.GetHashCode() = HashCode.Combine(primitive, a, b, c)

/// <summary>Equal expressions as one (Ershov 1958, as in Program/Graph.fs, but without its simplifications).</summary>
[<Sealed>]
type internal SharedExpressions() =
    let applications = Dictionary<AppliedRule, Expression>()
    let constants = Dictionary<int64, Expression>()
    let variables = Dictionary<int, Expression>()

    static member private Shared(table: Dictionary<'K, Expression>, key: 'K, x: Expression) : Expression =
        if table.TryAdd(key, x) then x else table[key]

    /// An expression whose arguments are shared.
    member _.Of(x: Expression) : Expression =
        if x.IsVariable then SharedExpressions.Shared(variables, x.Position, x)
        elif x.IsConstant then SharedExpressions.Shared(constants, BitConverter.DoubleToInt64Bits x.Value, x)
        else SharedExpressions.Shared(applications, AppliedRule(x.Primitive, x.A, x.B, x.C), x)
