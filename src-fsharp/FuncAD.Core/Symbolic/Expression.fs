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
    static let add, subtract = BinaryPrimitive<Arithmetic.Add>(Arithmetic.Add()), BinaryPrimitive<Arithmetic.Subtract>(Arithmetic.Subtract())
    static let multiply = BinaryPrimitive<Arithmetic.Multiply>(Arithmetic.Multiply())
    static let divide, negate = BinaryPrimitive<Arithmetic.Divide>(Arithmetic.Divide()), UnaryPrimitive<Arithmetic.Negate>(Arithmetic.Negate())

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
        static member Unary(rule: 'R, x) = Expression.Apply(UnaryPrimitive<'R> rule, x, null, null)
        static member Binary(rule: 'R, a, b) = Expression.Apply(BinaryPrimitive<'R> rule, a, b, null)
        static member Step(rule: 'R, x) = Expression.Apply(UnaryPrimitive<'R> rule, x, null, null)
        static member Choice(rule: 'R, a, b) = Expression.Apply(BinaryPrimitive<'R> rule, a, b, null)

/// <summary>Equal expressions as one (Ershov 1958, as in Program/Graph.fs, but without its simplifications).</summary>
[<Sealed>]
type internal SharedExpressions() =
    let applications = Dictionary<struct (Primitive * Expression * Expression * Expression), Expression>()
    let constants = Dictionary<int64, Expression>()
    let variables = Dictionary<int, Expression>()

    let shared (table: Dictionary<'K, Expression>) (key: 'K) (make: unit -> Expression) : Expression =
        match table.TryGetValue key with
        | true, known -> known
        | _ ->
            let made = make ()
            table[key] <- made
            made

    member _.Constant(value: float) = shared constants (BitConverter.DoubleToInt64Bits value) (fun () -> Expression.Constant value)
    member _.Variable(position: int) = shared variables position (fun () -> Expression.Variable position)

    /// The arguments are shared expressions.
    member _.Apply(primitive: Primitive, a: Expression, b: Expression, c: Expression) =
        shared applications (struct (primitive, a, b, c)) (fun () -> Expression.Apply(primitive, a, b, c))

/// Walks through the graph of an expression. None recurses, since a graph may be as deep as its program was long, and none visits a node
/// twice.
module internal Walk =
    /// The nodes, each once, arguments before what uses them; the expression itself is the last.
    let order (root: Expression) : Expression[] =
        let found, seen = List<Expression>(), HashSet<Expression>(HashIdentity.Reference)
        let pending = Stack<struct (Expression * bool)>()
        pending.Push(struct (root, false))
        while pending.Count > 0 do
            let struct (node, hasArguments) = pending.Pop()
            if hasArguments then
                found.Add node
            elif seen.Add node then
                pending.Push(struct (node, true))
                for index = node.Arity - 1 downto 0 do
                    pending.Push(struct (node.Argument index, false))
        found.ToArray()

    /// A result for each node, computed from the results for its arguments (default where there is none), and a look-up of them.
    let gather (nodes: Expression[]) (result: Expression -> 'T -> 'T -> 'T -> 'T) : Expression -> 'T =
        let results = Dictionary<Expression, 'T>(nodes.Length, HashIdentity.Reference)
        let argument (node: Expression) index = if index < node.Arity then results[node.Argument index] else Unchecked.defaultof<'T>
        for node in nodes do
            results[node] <- result node (argument node 0) (argument node 1) (argument node 2)
        fun node -> results[node]

    /// The expression made again from its leaves, applications by a function.
    let rewrite
        (sharing: SharedExpressions)
        (apply: Primitive -> Expression -> Expression -> Expression -> Expression)
        (root: Expression)
        : Expression =
        let again (node: Expression) a b c =
            if node.IsVariable then sharing.Variable node.Position
            elif node.IsConstant then sharing.Constant node.Value
            else apply node.Primitive a b c
        (gather (order root) again) root

    /// The expression with equal subexpressions as one node.
    let share (root: Expression) : Expression =
        let sharing = SharedExpressions()
        rewrite sharing (fun primitive a b c -> sharing.Apply(primitive, a, b, c)) root

    /// The number of nodes of the expression when written out, where what is used twice counts twice.
    let treeSize (root: Expression) : float = (gather (order root) (fun _ a b c -> 1.0 + a + b + c)) root
