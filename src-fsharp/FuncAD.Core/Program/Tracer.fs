namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Rules

/// <summary>
/// The level of a program that is being traced. It records each operation as a node of a graph, and also computes its value for the
/// example, from which questions are answered. The operators of the library run over its numbers as over any others, on levels above.
/// </summary>
[<Sealed>]
type internal Tracer(inputs: float[]) =
    inherit TraceLevel()
    let graph = Graph inputs

    /// The guards in order, and the same as a set; null before the first.
    let mutable guards: List<Guard> = null
    let mutable asked: HashSet<Guard> = null
    let owner = ThreadOwner()
    let mutable isReliable = true
    let mutable recorded = 0

    member _.Graph = graph
    member _.Guards: Guard[] = if isNull guards then [||] else guards.ToArray()

    /// The number of operations performed, including repeated ones and those left out of the graph.
    member _.Recorded = recorded

    /// False if Check met NaN in the example itself: the program cannot decide whether the function's result is NaN.
    member _.IsReliable = isReliable

    /// A node as a number.
    member level.Number(node: int) : Real =
        if graph.IsConstant node then Real(graph.Value node) else Real(graph.Value node, Tape.Slot node, level)

    /// A number as a node.
    member level.NodeOf(x: Real) : int =
        if Object.ReferenceEquals(x.node, level) then
            Tape.Index x.extra
        elif isNull x.node then
            graph.Constant x.value
        else
            raise (
                InvalidOperationException(
                    "FuncAD: a function that is being traced by AD.Compile used a number of a derivative that is being taken outside it, which the "
                    + "compiled program could not follow. Pass the number as a parameter of the function, or compile the outer derivative as a whole: "
                    + "Compile(Grad(f)) instead of Grad of something that calls Compile."
                )
            )

    member private level.Ask(node: int, expected: bool) =
        let guard = { Node = node; Expected = expected }
        if not (graph.IsConstant node) then
            if isNull asked then
                asked <- HashSet()
                guards <- List()
            if asked.Add guard then guards.Add guard

    /// Guards against NaN in an argument of an operation that may hide it, if the argument is uncertain. An operation that reads the sign
    /// of NaN has all its arguments guarded, since simplifications do not preserve that sign.
    member private level.Check(primitive: Primitive, node: int) =
        if graph.Knows(node, Facts.Uncertain) || (primitive.Traits.ReadsSignOfNaN && not (graph.IsConstant node)) then
            if Double.IsNaN(graph.Value node) then
                isReliable <- false
            else
                level.Ask(graph.Apply(BinaryPrimitive.For(Comparisons.Equal()), node, node, 0), true)

    member private level.Record(primitive: Primitive, a: Real, b: Real, c: Real) : Real =
        owner.Require("AD.Compile", "; the compiled function runs on many")
        recorded <- recorded + 1
        let arity = primitive.Arity
        let a = level.NodeOf a
        let b = if arity > 1 then level.NodeOf b else 0
        let c = if arity > 2 then level.NodeOf c else 0
        if primitive.HidesNaN then
            level.Check(primitive, a)
            if arity > 1 then level.Check(primitive, b)
        level.Number(graph.Apply(primitive, a, b, c))

    override level.Unary(rule: 'R, x) = level.Record(UnaryPrimitive.For rule, x, Real 0.0, Real 0.0)
    override level.Binary(rule: 'R, a, b) = level.Record(BinaryPrimitive.For rule, a, b, Real 0.0)
    override level.Ternary(rule: 'R, a, b, c) = level.Record(TernaryPrimitive.For rule, a, b, c)
    override level.Step(rule: 'R, x) = level.Record(UnaryPrimitive.For rule, x, Real 0.0, Real 0.0)
    override level.Choice(rule: 'R, a, b) = level.Record(BinaryPrimitive.For rule, a, b, Real 0.0)
    override level.Relation(relation: 'Q, a, b) = level.Record(BinaryPrimitive.For relation, a, b, Real 0.0)
    override level.Select(answer, a, b) = level.Record(SelectPrimitive.Shared, answer, a, b)
    override level.Share(a, b, y) = level.Record(SharePrimitive.Shared, a, b, y)

    override level.Decide answer =
        let node = level.NodeOf answer
        let isTrue = graph.Value node <> 0.0
        level.Ask(node, isTrue)
        isTrue

    override level.IsWeight x = Object.ReferenceEquals(x.node, level) && graph.Knows(Tape.Index x.extra, Facts.Answer)
    override _.NoteSeed() = graph.NoteSeed()

    override _.RefusalToRead what =
        InvalidOperationException(
            $"FuncAD: a function that is being traced by AD.Compile read a number as {what}, so that its program would keep the value of the example for all "
            + "inputs. Compute with Real throughout: compare numbers with each other (a < b is recorded and checked in each run), choose with Real.Select, Max, "
            + "Min or Clamp, round with Floor or Round. What decides how often a loop runs must not be computed from the inputs; pass it as a parameter "
            + "that is not a Real, or compile the body of the loop."
        )
