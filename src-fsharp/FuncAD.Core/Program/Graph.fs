namespace FuncAD.Compiled

open System
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

/// <summary>A question that was answered while a program was traced. Later runs must give the same answer.</summary>
[<Struct>]
type internal Guard = { Node: int; Expected: bool }

/// What simplifications apply. Only those that are met are made: the first program of a process is to come soon.
module internal Simpler =
    let inline negate () = UnaryPrimitive.For(Arithmetic.Negate())
    let inline add () = BinaryPrimitive.For(Arithmetic.Add())
    let inline subtract () = BinaryPrimitive.For(Arithmetic.Subtract())
    let inline multiply () = BinaryPrimitive.For(Arithmetic.Multiply())

/// <summary>A node: an input, a constant, or a primitive applied to nodes.</summary>
[<Struct; NoEquality; NoComparison>]
type internal GraphNode =
    {
        /// Null for an input and a constant.
        Primitive: Primitive
        /// The arguments, 0 beyond the primitive's arity. A constant has the halves of its bits here, by which it is found.
        A: int
        B: int
        C: int
        Facts: Facts
        /// The value for the inputs of the example.
        Value: float
    }

    member node.Is(primitive: Primitive, a: int, b: int, c: int) : bool =
        node.A = a
        && node.B = b
        && node.C = c
        && (Object.ReferenceEquals(node.Primitive, primitive) || (not (isNull primitive) && primitive.Equals node.Primitive))

/// <summary>
/// The graph of a traced program. Nodes are hash-consed (Ershov 1958; Filliatre and Conchon, "Type-safe modular hash-consing", 2006): equal
/// computations are one node. A new node is simplified where its value stays bitwise equal (all NaNs count as equal).
/// </summary>
[<Sealed>]
type internal Graph(inputs: float[]) =
    let mutable nodes = Array.zeroCreate<GraphNode>(inputs.Length + 64)
    let mutable count = 0

    /// A hash table with open addressing, at most half full: the indices of the nodes that are not inputs, plus 1, and 0 where it is free.
    /// Its length is a power of two.
    let mutable table = Array.zeroCreate<int> 256
    let mutable isSeeded = false
    let mutable isUncertain = false
    let mutable zero = -1
    let mutable one = -1

    let append (primitive: Primitive) (a: int) (b: int) (c: int) (value: float) (fact: Facts) : int =
        if count = nodes.Length then Array.Resize(&nodes, 2 * count)
        let node = &nodes[count]
        node <- { Primitive = primitive; A = a; B = b; C = c; Facts = fact; Value = value }
        count <- count + 1
        count - 1

    /// The place in the table where the search for a node starts (Fibonacci hashing: Knuth, "The Art of Computer Programming" 3, 6.4).
    let start (primitive: Primitive) (a: int) (b: int) (c: int) : int =
        let mix (hash: uint64) (x: int) = (hash ^^^ uint64 (uint32 x)) * 0x9E3779B97F4A7C15UL
        let hash = mix (mix (mix (mix 0UL (if isNull primitive then 0 else primitive.GetHashCode())) a) b) c
        int ((hash >>> 32) &&& uint64 (table.Length - 1))

    /// The place in the table of an equal node, or a free one where there is none.
    let find (primitive: Primitive) (a: int) (b: int) (c: int) : int =
        let mutable place = start primitive a b c
        while table[place] <> 0 && not (nodes[table[place] - 1].Is(primitive, a, b, c)) do
            place <- (place + 1) &&& (table.Length - 1)
        place

    /// Puts a node that has just been appended at its place, and makes the table larger when it is half full.
    let enter (place: int) (node: int) : int =
        table[place] <- node + 1
        if 2 * (count - inputs.Length) > table.Length then
            table <- Array.zeroCreate (2 * table.Length)
            for node = inputs.Length to count - 1 do
                let { Primitive = primitive; A = a; B = b; C = c } = nodes[node]
                table[find primitive a b c] <- node + 1
        node

    do
        for value in inputs do
            append null 0 0 0 value Facts.None |> ignore

    /// The number of nodes.
    member _.Count = count
    member _.Inputs = inputs.Length

    /// Null for an input and a constant.
    member _.Primitive node = nodes[node].Primitive

    /// The arguments of a node with a primitive.
    member _.Arguments node = let node = &nodes[node] in struct (node.A, node.B, node.C)

    /// The value of a node for the inputs of the example.
    member _.Value node = nodes[node].Value
    member _.IsInput node = node < inputs.Length
    member _.IsConstant node = node >= inputs.Length && isNull nodes[node].Primitive
    member _.Knows(node, fact: Facts) = nodes[node].Facts &&& fact <> Facts.None

    /// Tells whether some node is uncertain.
    member _.IsUncertain = isUncertain

    member _.Constant(value: float) : int =
        let bits = BitConverter.DoubleToInt64Bits value
        let low = int bits
        let high = int (bits >>> 32)
        let place = find null low high 0
        if table[place] <> 0 then
            table[place] - 1
        else
            append null low high 0 value (if bits = Int64.MinValue then Facts.None else Facts.NeverMinusZero) |> enter place

    /// The constant 0.
    member graph.Zero: int =
        if zero < 0 then zero <- graph.Constant 0.0
        zero

    /// The constant 1.
    member graph.One: int =
        if one < 0 then one <- graph.Constant 1.0
        one

    /// Notes that the seed of a derivative is an input: every node from here on is uncertain.
    member _.NoteSeed() = isSeeded <- true

    member private graph.Is(node, value: float) =
        graph.IsConstant node && BitConverter.DoubleToInt64Bits nodes[node].Value = BitConverter.DoubleToInt64Bits value

    member private _.Does(node, instruction: Instruction) =
        let primitive = nodes[node].Primitive
        not (isNull primitive) && primitive.Instruction = instruction

    member graph.IsSum node = graph.Does(node, Instruction.Add)
    member graph.IsNegated node = graph.Does(node, Instruction.Negate)

    /// The argument of a negation.
    member _.Unnegated node = nodes[node].A

    /// True for a constant whose reciprocal is exact: division by it is multiplication by the reciprocal.
    member private graph.IsPowerOfTwo node =
        graph.IsConstant node
        && (let bits = BitConverter.DoubleToInt64Bits nodes[node].Value
            bits &&& 0x000FFFFFFFFFFFFFL = 0L && abs nodes[node].Value >= 1e-300 && abs nodes[node].Value <= 1e300)

    /// True where 0 + x may be replaced by x. A weight plus a computed 0 is not a weight any more: times infinity it is NaN.
    member private graph.AbsorbsZero node = graph.Knows(node, Facts.NeverMinusZero) && not (graph.Knows(node, Facts.Answer))

    /// A node of bitwise equal value: a simpler one, or the application itself, with the arguments of a commutative primitive in order.
    member private graph.Simplify(primitive: Primitive, a: int, b: int, c: int) : int =
        match primitive.Instruction with
        | Instruction.Add ->
            if graph.Is(b, -0.0) || (graph.Is(b, 0.0) && graph.AbsorbsZero a) then a
            elif graph.Is(a, -0.0) || (graph.Is(a, 0.0) && graph.AbsorbsZero b) then b
            elif graph.IsNegated b then graph.Apply(Simpler.subtract (), a, graph.Unnegated b, 0)
            elif graph.IsNegated a then graph.Apply(Simpler.subtract (), b, graph.Unnegated a, 0)
            else graph.Intern(primitive, min a b, max a b, 0)
        | Instruction.Subtract ->
            if graph.Is(b, 0.0) then a
            elif graph.Is(a, -0.0) then graph.Apply(Simpler.negate (), b, 0, 0)
            elif graph.IsNegated b then graph.Apply(Simpler.add (), a, graph.Unnegated b, 0)
            else graph.Intern(primitive, a, b, 0)
        | Instruction.Multiply ->
            if graph.Is(b, 1.0) then a
            elif graph.Is(a, 1.0) then b
            elif graph.Is(b, -1.0) then graph.Apply(Simpler.negate (), a, 0, 0)
            elif graph.Is(a, -1.0) then graph.Apply(Simpler.negate (), b, 0, 0)
            elif graph.IsNegated a && graph.IsConstant b then graph.Apply(primitive, graph.Unnegated a, graph.Constant -nodes[b].Value, 0)
            elif graph.IsNegated b && graph.IsConstant a then graph.Apply(primitive, graph.Constant -nodes[a].Value, graph.Unnegated b, 0)
            elif graph.IsNegated a then graph.Apply(Simpler.negate (), graph.Apply(primitive, graph.Unnegated a, b, 0), 0, 0)
            elif graph.IsNegated b then graph.Apply(Simpler.negate (), graph.Apply(primitive, a, graph.Unnegated b, 0), 0, 0)
            else graph.Intern(primitive, min a b, max a b, 0)
        | Instruction.Divide ->
            if graph.Is(b, 1.0) then a
            elif graph.IsPowerOfTwo b then graph.Apply(Simpler.multiply (), a, graph.Constant(1.0 / nodes[b].Value), 0)
            elif graph.IsNegated a then graph.Apply(Simpler.negate (), graph.Apply(primitive, graph.Unnegated a, b, 0), 0, 0)
            elif graph.IsNegated b then graph.Apply(Simpler.negate (), graph.Apply(primitive, a, graph.Unnegated b, 0), 0, 0)
            else graph.Intern(primitive, a, b, 0)
        | Instruction.Negate -> if graph.IsNegated a then graph.Unnegated a else graph.Intern(primitive, a, 0, 0)
        | Instruction.Abs -> if graph.IsNegated a then graph.Apply(primitive, graph.Unnegated a, 0, 0) else graph.Intern(primitive, a, 0, 0)
        | Instruction.Equal
        | Instruction.Both
        | Instruction.Either -> graph.Intern(primitive, min a b, max a b, 0)
        | Instruction.Not -> graph.Intern(primitive, a, 0, 0)
        | Instruction.Select when b = c -> b
        | Instruction.Select when graph.IsConstant a -> if nodes[a].Value <> 0.0 then b else c
        | Instruction.Absorb when graph.Is(a, 1.0) -> b
        | Instruction.Call when primitive.Traits.Reduction = Reduction.Argument -> a
        | Instruction.Call when primitive.Traits.Reduction = Reduction.Constant -> graph.Constant(primitive.Value(nodes[a].Value, 0.0, 0.0))
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
        let place = find primitive a b c
        if table[place] <> 0 then
            table[place] - 1
        else
            append primitive a b c (primitive.Value(nodes[a].Value, nodes[b].Value, nodes[c].Value)) (graph.FactsOf(primitive, a, b, c))
            |> enter place

    /// Tells for each node whether outputs or guards need it.
    member graph.Needed(outputs: int[], guards: Guard[]) : bool[] =
        let isNeeded = Array.zeroCreate<bool> count
        for node in outputs do
            isNeeded[node] <- true
        for guard in guards do
            isNeeded[guard.Node] <- true
        for node = count - 1 downto inputs.Length do
            if isNeeded[node] && not (graph.IsConstant node) then
                let struct (a, b, c) = graph.Arguments node
                let arity = nodes[node].Primitive.Arity
                isNeeded[a] <- true
                if arity > 1 then isNeeded[b] <- true
                if arity > 2 then isNeeded[c] <- true
        isNeeded

    /// The node that applies a primitive to nodes; arguments beyond its arity are 0.
    member graph.Apply(primitive: Primitive, a: int, b: int, c: int) : int =
        let arity = primitive.Arity
        if (arity < 1 || graph.IsConstant a) && (arity < 2 || graph.IsConstant b) && (arity < 3 || graph.IsConstant c) then
            graph.Constant(primitive.Value(nodes[a].Value, nodes[b].Value, nodes[c].Value))
        else
            graph.Simplify(primitive, a, b, c)
