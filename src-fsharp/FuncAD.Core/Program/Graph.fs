namespace FuncAD.Compiled

open System
open System.Collections.Generic
open FuncAD.Rules
open FuncAD

/// <summary>What is known of a node for all inputs.</summary>
[<Flags>]
type internal Facts =
    | None = 0
    /// It is never -0, so that adding 0 changes nothing.
    | NeverMinusZero = 1
    /// It is 1, 0 or a share.
    | Answer = 2
    /// It depends on a number that for some inputs is a structural zero outside the program and a plain 0 in it: it may be NaN in the
    /// program only.
    | Uncertain = 4

/// <summary>
/// The graph of a traced program. Nodes are hash-consed (Ershov 1958; Filliatre and Conchon, "Type-safe modular hash-consing", 2006): equal
/// computations are one node. A new node is simplified where its value stays bitwise equal (all NaNs count as equal).
/// </summary>
[<Sealed>]
type internal Graph(inputs: float[]) =
    let primitives = List<Primitive>()
    let arguments = List<struct (int * int * int)>()
    let values = List<float>()
    let facts = List<Facts>()
    let interned = Dictionary<struct (Primitive * int * int * int), int>()
    let constants = Dictionary<int64, int>()
    let mutable isSeeded = false
    let mutable isUncertain = false

    let negate = UnaryPrimitive<Arithmetic.Negate>(Arithmetic.Negate())
    let add = BinaryPrimitive<Arithmetic.Add>(Arithmetic.Add())
    let subtract = BinaryPrimitive<Arithmetic.Subtract>(Arithmetic.Subtract())
    let multiply = BinaryPrimitive<Arithmetic.Multiply>(Arithmetic.Multiply())
    let divide = BinaryPrimitive<Arithmetic.Divide>(Arithmetic.Divide())

    let append (primitive: Primitive) (args: struct (int * int * int)) value fact : int =
        primitives.Add primitive
        arguments.Add args
        values.Add value
        facts.Add fact
        primitives.Count - 1

    do
        for value in inputs do
            append null (struct (0, 0, 0)) value Facts.None |> ignore

    /// The number of nodes.
    member _.Count = primitives.Count
    member _.Inputs = inputs.Length

    /// Null for an input and a constant.
    member _.Primitive node = primitives[node]
    member _.Arguments node = arguments[node]

    /// The value of a node for the inputs of the example.
    member _.Value node = values[node]
    member _.IsInput node = node < inputs.Length
    member _.IsConstant node = node >= inputs.Length && isNull primitives[node]
    member _.Knows(node, fact: Facts) = facts[node] &&& fact <> Facts.None

    /// Tells whether some node is uncertain.
    member _.IsUncertain = isUncertain

    member graph.Constant(value: float) : int =
        let bits = BitConverter.DoubleToInt64Bits value
        match constants.TryGetValue bits with
        | true, node -> node
        | _ ->
            let node = append null (struct (0, 0, 0)) value (if bits = Int64.MinValue then Facts.None else Facts.NeverMinusZero)
            constants[bits] <- node
            node

    /// Notes that the seed of a derivative is an input: every node from here on is uncertain.
    member _.NoteSeed() = isSeeded <- true

    member private graph.Is(node, value: float) =
        graph.IsConstant node && BitConverter.DoubleToInt64Bits values[node] = BitConverter.DoubleToInt64Bits value

    member _.IsSum node = not (isNull primitives[node]) && primitives[node].Instruction = Instruction.Add
    member _.IsNegated node = not (isNull primitives[node]) && primitives[node].Instruction = Instruction.Negate

    /// The argument of a negation.
    member _.Unnegated node = let struct (x, _, _) = arguments[node] in x

    /// True for a constant whose reciprocal is exact: division by it is multiplication by the reciprocal.
    member private graph.IsPowerOfTwo node =
        graph.IsConstant node
        && (let bits = BitConverter.DoubleToInt64Bits values[node]
            bits &&& 0x000FFFFFFFFFFFFFL = 0L && abs values[node] >= 1e-300 && abs values[node] <= 1e300)

    /// A node of bitwise equal value: a simpler one, or the application itself, with the arguments of a commutative primitive in order.
    member private graph.Simplify(primitive: Primitive, a: int, b: int, c: int) : int =
        match primitive.Instruction with
        | Instruction.Add ->
            // A weight plus a computed 0 is not a weight any more: times infinity it is NaN.
            let absorbsZero node = graph.Knows(node, Facts.NeverMinusZero) && not (graph.Knows(node, Facts.Answer))
            if graph.Is(b, -0.0) || (graph.Is(b, 0.0) && absorbsZero a) then a
            elif graph.Is(a, -0.0) || (graph.Is(a, 0.0) && absorbsZero b) then b
            elif graph.IsNegated b then graph.Apply(subtract, a, graph.Unnegated b, 0)
            elif graph.IsNegated a then graph.Apply(subtract, b, graph.Unnegated a, 0)
            else graph.Intern(primitive, min a b, max a b, 0)
        | Instruction.Subtract ->
            if graph.Is(b, 0.0) then a
            elif graph.Is(a, -0.0) then graph.Apply(negate, b, 0, 0)
            elif graph.IsNegated b then graph.Apply(add, a, graph.Unnegated b, 0)
            else graph.Intern(primitive, a, b, 0)
        | Instruction.Multiply ->
            if graph.Is(b, 1.0) then a
            elif graph.Is(a, 1.0) then b
            elif graph.Is(b, -1.0) then graph.Apply(negate, a, 0, 0)
            elif graph.Is(a, -1.0) then graph.Apply(negate, b, 0, 0)
            elif graph.IsNegated a && graph.IsConstant b then graph.Apply(primitive, graph.Unnegated a, graph.Constant -values[b], 0)
            elif graph.IsNegated b && graph.IsConstant a then graph.Apply(primitive, graph.Constant -values[a], graph.Unnegated b, 0)
            elif graph.IsNegated a then graph.Apply(negate, graph.Apply(primitive, graph.Unnegated a, b, 0), 0, 0)
            elif graph.IsNegated b then graph.Apply(negate, graph.Apply(primitive, a, graph.Unnegated b, 0), 0, 0)
            else graph.Intern(primitive, min a b, max a b, 0)
        | Instruction.Divide ->
            if graph.Is(b, 1.0) then a
            elif graph.IsPowerOfTwo b then graph.Apply(multiply, a, graph.Constant(1.0 / values[b]), 0)
            elif graph.IsNegated a then graph.Apply(negate, graph.Apply(primitive, graph.Unnegated a, b, 0), 0, 0)
            elif graph.IsNegated b then graph.Apply(negate, graph.Apply(primitive, a, graph.Unnegated b, 0), 0, 0)
            else graph.Intern(primitive, a, b, 0)
        | Instruction.Negate -> if graph.IsNegated a then graph.Unnegated a else graph.Intern(primitive, a, 0, 0)
        | Instruction.Abs -> if graph.IsNegated a then graph.Apply(primitive, graph.Unnegated a, 0, 0) else graph.Intern(primitive, a, 0, 0)
        | Instruction.Equal
        | Instruction.Both
        | Instruction.Either -> graph.Intern(primitive, min a b, max a b, 0)
        | Instruction.Not -> graph.Intern(primitive, a, 0, 0)
        | Instruction.Select when b = c -> b
        | Instruction.Select when graph.IsConstant a -> if values[a] <> 0.0 then b else c
        | Instruction.Absorb when graph.Is(a, 1.0) -> b
        | Instruction.Call when primitive.Traits.Reduction = Reduction.Argument -> a
        | Instruction.Call when primitive.Traits.Reduction = Reduction.Constant -> graph.Constant(primitive.Value(values[a], 0.0, 0.0))
        | _ -> graph.Intern(primitive, a, b, c)

    member private graph.FactsOf(primitive: Primitive, a, b, c) : Facts =
        let mutable fact = Facts.None
        let never node = graph.Knows(node, Facts.NeverMinusZero)
        if primitive.Traits.IsAnswer then fact <- fact ||| Facts.Answer
        match primitive.Instruction with
        | Instruction.Add when never a || never b -> fact <- fact ||| Facts.NeverMinusZero
        | Instruction.Multiply when a = b -> fact <- fact ||| Facts.NeverMinusZero
        | _ -> if primitive.Traits.IsNeverMinusZero then fact <- fact ||| Facts.NeverMinusZero
        let inherits index node = primitive.Arity > index && graph.Knows(node, Facts.Uncertain)
        // A derivative that is a weight, or was multiplied by one, is a structural zero where the weight is 0.
        let weighs node = graph.Knows(node, Facts.Answer)
        let isOfWeights =
            match primitive.Instruction with
            | Instruction.Absorb -> true
            | Instruction.Select -> weighs b || weighs c
            | _ -> not primitive.Traits.IsAnswer && (weighs a || primitive.Arity > 1 && weighs b || primitive.Arity > 2 && weighs c)
        if isSeeded || isOfWeights || inherits 0 a || inherits 1 b || inherits 2 c then
            isUncertain <- true
            fact <- fact ||| Facts.Uncertain
        fact

    member private graph.Intern(primitive: Primitive, a: int, b: int, c: int) : int =
        let key = struct (primitive, a, b, c)
        match interned.TryGetValue key with
        | true, node -> node
        | _ ->
            let node =
                append primitive (struct (a, b, c)) (primitive.Value(values[a], values[b], values[c])) (graph.FactsOf(primitive, a, b, c))
            interned[key] <- node
            node

    /// The node that applies a primitive to nodes; arguments beyond its arity are 0.
    member graph.Apply(primitive: Primitive, a: int, b: int, c: int) : int =
        let isKnown index node = primitive.Arity <= index || graph.IsConstant node
        if isKnown 0 a && isKnown 1 b && isKnown 2 c then
            graph.Constant(primitive.Value(values[a], values[b], values[c]))
        else
            graph.Simplify(primitive, a, b, c)
