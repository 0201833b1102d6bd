namespace FuncAD

open System
open System.Collections.Generic

/// <summary>A number of a sampled tape: its primal, and the slot of its kept edges.</summary>
[<Sealed; AllowNullLiteral>]
type internal SampledNumber(level: Level, primal: Real, slot: int) =
    inherit Nested(level, primal)
    member _.Slot = slot

/// <summary>
/// Reverse mode on a random part of the linearised graph: each edge, from a result to an operand that depends on the input, is kept with a
/// probability and its slope divided by it, or dropped (Oktay et al. 2021, "Randomized automatic differentiation", section 3.2). A
/// derivative is the sum over paths of the products of their slopes (Bauer 1974), and the edges of a path are drawn independently, so
/// that the expectation of what the sweep returns is the derivative. A result with no kept edge is a constant: what depends on it alone
/// is not recorded either.
/// </summary>
/// <remarks>
/// <c>draw</c> says whether the next edge is kept. The tape takes 12 bytes for each kept edge, 4 for each input and for each result with a
/// kept edge, and more for slopes that carry levels.
/// </remarks>
[<Sealed>]
type internal SampledTape(keep: float, draw: Func<bool>) =
    inherit RuleLevel()
    let owner = ThreadOwner()
    let operands = List<int>()
    let slopes = List<float>()

    /// The slopes that carry levels themselves, by edge.
    let nested = Dictionary<int, Real>()

    /// The first edge of each slot.
    let starts = List<int>()
    let mutable operations = 0L
    let mutable edges = 0L

    /// True if the argument depends on the input and the edge to it is kept.
    let isKept (level: Level) (x: Real) : bool =
        x.IsAt level
        && (edges <- edges + 1L
            draw.Invoke())

    let add (x: Real) (slope: Real) =
        let slope = if keep = 1.0 then slope else slope / Real keep
        if not (isNull slope.node) then nested[operands.Count] <- slope
        operands.Add((x.node :?> SampledNumber).Slot)
        slopes.Add slope.value

    let number (level: Level) (primal: Real) (start: int) : Real =
        starts.Add start
        Real(primal.value, 0.0, SampledNumber(level, primal, starts.Count - 1))

    /// The number of operations that depended on the input, kept or not.
    member _.Operations = operations

    /// The number of edges that were drawn, and of those kept.
    member _.Edges = edges
    member _.KeptEdges = int64 operands.Count

    /// The bytes of a tape with so many edges, and inputs and results, without nested slopes.
    static member Bytes(edges: int64, results: int64) = 12L * edges + 4L * results
    member _.KeptBytes = SampledTape.Bytes(int64 operands.Count, int64 starts.Count)

    /// An input of the operator. Inputs have the first slots.
    member level.Input(x: Real) : Real = number level x.Live 0

    member private _.Open() : int =
        owner.Require("Randomised.Grad", ", or differentiate each parallel part by itself")
        operations <- operations + 1L
        operands.Count

    /// The result: a constant if no edge has been kept since <c>Open</c>.
    member private level.Close(primal: Real, start: int) : Real = if operands.Count = start then primal else number level primal start

    override level.Unary(rule: 'R, x: Real) : Real =
        let primal = x.Below level
        let y = Real.Unary(rule, primal)
        let start = level.Open()
        if isKept level x then add x (rule.Slope<Real>(primal, y))
        level.Close(y, start)

    override level.Binary(rule: 'R, a: Real, b: Real) : Real =
        let primalA, primalB = a.Below level, b.Below level
        let y = Real.Binary(rule, primalA, primalB)
        let start = level.Open()
        if isKept level a then add a (rule.SlopeA<Real>(primalA, primalB, y))
        if isKept level b then add b (rule.SlopeB<Real>(primalA, primalB, y))
        level.Close(y, start)

    override level.Ternary(rule: 'R, a: Real, b: Real, c: Real) : Real =
        let primalA, primalB, primalC = a.Below level, b.Below level, c.Below level
        let y = Real.Ternary(rule, primalA, primalB, primalC)
        let start = level.Open()
        if isKept level a then add a (rule.SlopeA<Real>(primalA, primalB, primalC))
        if isKept level b then add b (rule.SlopeB<Real>(primalA, primalB, primalC))
        if isKept level c then add c (rule.SlopeC<Real>(primalA, primalB, primalC))
        level.Close(y, start)

    override level.Weigh(primal, a, weightA, b, weightB) =
        let start = level.Open()
        if isKept level a then add a weightA
        if isKept level b then add b weightB
        level.Close(primal, start)

    /// The cotangents of the first slots, the inputs, for the cotangent 1 of y. A slot without a contribution is a structural zero.
    member level.Sweep(y: Real, inputs: int) : Real[] =
        let cotangents = Array.zeroCreate<Real> starts.Count
        let touched = Array.zeroCreate<bool> starts.Count
        let contribute slot (contribution: Real) =
            cotangents[slot] <- if touched[slot] then cotangents[slot] + contribution else contribution
            touched[slot] <- true
        let top = if y.IsAt level then (y.node :?> SampledNumber).Slot else -1
        if top >= 0 then contribute top (Real 1.0)
        let mutable last = if top + 1 < starts.Count then starts[top + 1] else operands.Count
        for slot = top downto inputs do
            if touched[slot] then
                for edge = starts[slot] to last - 1 do
                    let slope =
                        match nested.TryGetValue edge with
                        | true, slope -> slope
                        | _ -> Real slopes[edge]
                    contribute operands[edge] (Real.Scale(slope, cotangents[slot]))
            last <- starts[slot]
        Array.init inputs (fun slot -> if touched[slot] then cotangents[slot].Unsigned else Real 0.0)
