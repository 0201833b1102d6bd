namespace FuncAD

open System
open System.ComponentModel
open System.Diagnostics
open System.Globalization
open System.Numerics
open System.Runtime.CompilerServices
open System.Text.Json
open System.Text.Json.Serialization
open FuncAD.Rules

/// <summary>
/// A real number that can be differentiated: a value, the differentiation level it belongs to (none for a constant), and what it
/// carries there: a tangent in forward mode, a slot of the tape in reverse mode. It is used like <c>double</c>: it has the operators,
/// the functions as static members, and <see cref="T:System.Numerics.IFloatingPointIeee754`1"/>, so that generic math runs on it.
/// </summary>
/// <remarks>
/// Values are bitwise equal to those of the same code over <c>double</c>, except that ExpM1, LogP1 and their relatives are accurate for
/// tiny arguments, where .NET's are not. Comparisons look at values alone. A <c>double</c> converts implicitly. <c>x.Value</c> is the value
/// without its derivatives; the cast <c>(double)x</c> is an error while x is being differentiated. Domain errors give NaN or infinity,
/// never an exception.
/// </remarks>
[<Struct; CustomEquality; CustomComparison; DebuggerDisplay("{DebuggerText,nq}"); JsonConverter(typeof<RealJsonConverter>)>]
[<TypeFormatterSource(typeof<TextInNotebooks>)>]
type Real =
    val internal value: float

    /// On a forward level with plain numbers the tangent; on a tape the slot, as Tape hands it out; otherwise unused.
    val internal extra: float

    /// Null for a constant. A level if primal and tangent (or slope) are plain doubles. Otherwise the Nested that holds them.
    val internal node: Node

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    internal new(value, extra, node) = { value = value; extra = extra; node = node }

    /// <summary>A constant: a number that depends on nothing.</summary>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    new(value: float) = { value = value; extra = 0.0; node = null }

    /// <summary>The number's value, without its derivatives: for printing, for branches, and where a constant is meant.</summary>
    /// <exception cref="T:System.InvalidOperationException">The number belongs to a program that AD.Compile is tracing.</exception>
    member x.Value = if isNull x.node then x.value else x.ReadAs "a double"

    // ---- Levels ----

    member internal x.Level: Level = if isNull x.node then null else x.node.Level

    /// The number as levels below its own see it.
    member internal x.Primal: Real = if isNull x.node || not x.node.IsNested then Real x.value else Unsafe.As<Nested>(x.node).Primal

    /// The tangent of a number that belongs to a forward level.
    member internal x.Tangent: Real =
        match x.node with
        | :? Dual as dual -> dual.Tangent
        | _ -> Real x.extra

    /// The slot of a number that belongs to a tape.
    member internal x.Slot: float =
        match x.node with
        | :? Variable as variable -> variable.Slot
        | _ -> x.extra

    /// What an ended level leaves of its number: the primal. A number that never had a value leaves nothing: an error.
    member private x.Left: Real =
        match x.node with
        | :? TraceLevel as level when not level.HasValues -> raise (level.RefusalToRead "a constant")
        | _ -> x.Primal

    /// The number as later operations see it: without the levels that have ended.
    member internal x.Live: Real =
        let mutable live = x
        while not (isNull live.node) && live.Level.Ended do
            live <- live.Left
        live

    /// Tells whether two numbers of equal value have the same derivatives for certain: both constants, or one number of one level.
    member internal x.IsSameAs(y: Real) =
        let x, y = x.Live, y.Live
        Object.ReferenceEquals(x.node, y.node) && x.extra.Equals y.extra

    /// Tells whether the number's value depends on the inputs of a program that is being traced.
    member internal x.IsTraced = not (isNull x.node) && x.node.Traces

    /// True for levels of the modes that are implemented here, by slopes and their products; other levels interpret rules by themselves.
    /// (Both types are sealed, so that the test costs two comparisons.)
    static member private IsOfModes(level: Level) : bool = level :? Tape || level :? ForwardLevel

    /// Tells whether second derivatives are taken with respect to what the number depends on: by a level over a level, a dual tape or a
    /// series.
    member internal x.HasSecondDerivatives: bool =
        match x.node with
        | null
        | :? Tape
        | :? ForwardLevel
        | :? VectorForward
        | :? TraceLevel
        | :? RecordLevel -> false
        | :? Level as level when not level.Ended -> true
        | _ ->
            let x = x.Live
            match (if isNull x.node || Real.IsOfModes x.Level then x.Primal.Live.Level else x.Level) with
            | null
            | :? TraceLevel -> false
            | _ -> true

    /// Tells whether the number is the answer to a question, or a share, in a program that is being traced.
    member private x.IsWeight: bool =
        match x.node with
        | null -> false
        | node when node.IsNested || Real.IsOfModes node.Level -> false
        | :? TraceLevel as level -> level.IsWeight x
        | _ -> false

    /// The number below all levels: a number of the program that is being traced, or a plain one.
    member internal x.Bottom: Real =
        match x.node with
        | :? Nested as nested when nested.Traces -> nested.Primal.Bottom
        | :? TraceLevel as level when level.Traces -> x
        | _ -> Real x.value

    /// False for a number of a formula.
    member internal x.HasValue =
        match x.Bottom.node with
        | :? TraceLevel as level -> level.HasValues
        | _ -> true

    /// The value; an error on a traced number, whose value is at most that of an example.
    member private x.ReadAs(what: string) : float =
        if x.IsTraced then raise (Real.TraceOf(x, x).RefusalToRead what)
        x.value

    /// The value as an operation on plain doubles reads it, which loses the derivative: an error on a level that has not ended.
    member internal x.ReadPlainly(operation: string) : float =
        if isNull x.node then x.value
        elif x.IsTraced then x.ReadAs "a double"
        elif isNull x.Live.node then x.value
        else PlainReading.refuse operation "x.Value"

    /// Tells whether the number belongs to this level.
    member internal x.IsAt(level: Level) = Object.ReferenceEquals(x.Level, level)

    /// The number as an operation at the level sees it from below: its primal if it belongs there, else itself (a constant there).
    member internal x.Below(level: Level) = if x.IsAt level then x.Primal else x

    static member internal OnForward(level: ForwardLevel, primal: Real, tangent: Real) : Real =
        if isNull primal.node && isNull tangent.node then
            Real(primal.value, tangent.value, level)
        else
            Real(primal.value, 0.0, Dual(level, primal, tangent))

    static member internal OnTape(tape: Tape, primal: Real, slot: float) : Real =
        if isNull primal.node then Real(primal.value, slot, tape) else Real(primal.value, 0.0, Variable(tape, primal, slot))

    /// A tangent or cotangent times a slope. A factor of the constant 1 is left out, and a weight of 0 contributes nothing.
    static member internal Scale(slope: Real, tangent: Real) : Real =
        if isNull slope.node && slope.value = 1.0 then tangent
        elif isNull tangent.node && tangent.value = 1.0 then slope
        else if slope.IsWeight then Real.Binary(Powers.Absorb(), slope, tangent)
        elif tangent.IsWeight then Real.Binary(Powers.Absorb(), tangent, slope)
        else Real.Binary(Arithmetic.Multiply(), slope, tangent)

    // ---- Lifting: the one place where a rule becomes an operation of every mode and level ----
    //
    // The operators are inlined into their callers and pass a number by its fields, in registers: to pass it as a whole means copies on the
    // stack, and made a chain of operations up to twice as slow.

    /// <summary>Applies a rule of one argument.</summary>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member internal Unary<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Real) : Real =
        if isNull x.node then Real(rule.Value x.value) else Real.UnaryActive(rule, x.value, x.extra, x.node)

    /// <summary>Applies a rule of two arguments.</summary>
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member internal Binary<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Real, b: Real) : Real =
        if isNull b.node then
            if isNull a.node then Real(rule.Value(a.value, b.value)) else Real.BinaryOfActive(rule, a.value, a.extra, a.node, b.value)
        elif isNull a.node then
            Real.BinaryWithActive(rule, a.value, b.value, b.extra, b.node)
        else
            Real.BinaryActive(rule, a.value, a.extra, a.node, b.value, b.extra, b.node)

    // These methods hold only the short paths, which call nothing, so that no register has to be saved. Other cases have their own methods.

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private UnaryActive<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: float, extra: float, node: Node) : Real =
        match node with
        | :? Tape as tape when tape.IsReady ->
            let y = rule.Value x
            Real(y, tape.Append(extra, PlainDouble.Slope(rule, x, y)), node)
        | :? ForwardLevel ->
            let y = rule.Value x
            Real(y, PlainDouble.Slope(rule, x, y) * extra, node)
        | :? VectorForward as level when not level.Ended -> Real.UnaryVector(level, rule, x, extra)
        | _ -> Real.UnaryNested(rule, Real(x, extra, node))

    /// The first argument is active, the second a constant.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryOfActive<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, a: float, extra: float, node: Node, b: float)
        : Real =
        match node with
        | :? Tape as tape when tape.IsReady ->
            let y = rule.Value(a, b)
            Real(y, tape.Append(extra, PlainDouble.SlopeA(rule, a, b, y)), node)
        | :? ForwardLevel ->
            let y = rule.Value(a, b)
            Real(y, PlainDouble.SlopeA(rule, a, b, y) * extra, node)
        | :? VectorForward as level when not level.Ended -> Real.BinaryOfVector(level, rule, a, extra, b)
        | _ -> Real.BinaryNested(rule, Real(a, extra, node), Real b)

    /// The first argument is a constant, the second active.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryWithActive<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, a: float, b: float, extra: float, node: Node)
        : Real =
        match node with
        | :? Tape as tape when tape.IsReady ->
            let y = rule.Value(a, b)
            Real(y, tape.Append(extra, PlainDouble.SlopeB(rule, a, b, y)), node)
        | :? ForwardLevel ->
            let y = rule.Value(a, b)
            Real(y, PlainDouble.SlopeB(rule, a, b, y) * extra, node)
        | :? VectorForward as level when not level.Ended -> Real.BinaryWithVector(level, rule, a, b, extra)
        | _ -> Real.BinaryNested(rule, Real a, Real(b, extra, node))

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryActive<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, a: float, extraA: float, nodeA: Node, b: float, extraB: float, nodeB: Node)
        : Real =
        match nodeA with
        | :? Tape as tape when Object.ReferenceEquals(nodeA, nodeB) && tape.IsReady ->
            let y = rule.Value(a, b)
            Real(y, tape.Append(extraA, PlainDouble.SlopeA(rule, a, b, y), extraB, PlainDouble.SlopeB(rule, a, b, y)), nodeA)
        | :? ForwardLevel when Object.ReferenceEquals(nodeA, nodeB) ->
            let y = rule.Value(a, b)
            Real(y, PlainDouble.SlopeA(rule, a, b, y) * extraA + PlainDouble.SlopeB(rule, a, b, y) * extraB, nodeA)
        | :? VectorForward as level when Object.ReferenceEquals(nodeA, nodeB) && not level.Ended ->
            Real.BinaryVector(level, rule, a, extraA, b, extraB)
        | _ -> Real.BinaryNested(rule, Real(a, extraA, nodeA), Real(b, extraB, nodeB))

    // On a level of several directions the tangents lie in the level.

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private UnaryVector<'R when 'R: struct and 'R :> IUnary>(level: VectorForward, rule: 'R, x: float, slot: float) : Real =
        let y = rule.Value x
        Real(y, level.Scaled(PlainDouble.Slope(rule, x, y), slot), level)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryOfVector<'R when 'R: struct and 'R :> IBinary>
        (level: VectorForward, rule: 'R, a: float, slot: float, b: float)
        : Real =
        let y = rule.Value(a, b)
        Real(y, level.Scaled(PlainDouble.SlopeA(rule, a, b, y), slot), level)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryWithVector<'R when 'R: struct and 'R :> IBinary>
        (level: VectorForward, rule: 'R, a: float, b: float, slot: float)
        : Real =
        let y = rule.Value(a, b)
        Real(y, level.Scaled(PlainDouble.SlopeB(rule, a, b, y), slot), level)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryVector<'R when 'R: struct and 'R :> IBinary>
        (level: VectorForward, rule: 'R, a: float, slotA: float, b: float, slotB: float)
        : Real =
        let y = rule.Value(a, b)
        Real(y, level.Combined(PlainDouble.SlopeA(rule, a, b, y), slotA, PlainDouble.SlopeB(rule, a, b, y), slotB), level)

    // Operations on a dual tape are called for its width: for an unknown width they would be generic and virtual, which takes twice as long
    // as the operation itself.

    static member private OnPlain(level: Level, result: struct (float * float)) : Real =
        let struct (value, slot) = result
        Real(value, slot, level)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private UnaryDual<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Real) : Real =
        match x.node with
        | :? DualTape<Lane512> as tape when not tape.Ended -> Real.OnPlain(tape, tape.Unary(rule, x.value, x.extra))
        | :? DualTape<Lane256> as tape when not tape.Ended -> Real.OnPlain(tape, tape.Unary(rule, x.value, x.extra))
        | :? DualTape<PlainDouble> as tape when not tape.Ended -> Real.OnPlain(tape, tape.Unary(rule, x.value, x.extra))
        | _ -> Real.UnaryAtHighest(rule, x)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryDual<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Real, b: Real) : Real =
        match Real.CommonNode(a.node, b.node) with
        | :? DualTape<Lane512> as tape when not tape.Ended -> Real.OnPlain(tape, tape.Binary(rule, a.AsOperand, b.AsOperand))
        | :? DualTape<Lane256> as tape when not tape.Ended -> Real.OnPlain(tape, tape.Binary(rule, a.AsOperand, b.AsOperand))
        | :? DualTape<PlainDouble> as tape when not tape.Ended -> Real.OnPlain(tape, tape.Binary(rule, a.AsOperand, b.AsOperand))
        | _ -> Real.BinaryAtHighest(rule, a, b)

    static member private TernaryPlain<'R when 'R: struct and 'R :> ITernary>
        (level: PlainLevel, rule: 'R, a: Real, b: Real, c: Real)
        : Real =
        let a, b, c = a.On level, b.On level, c.On level
        match level with
        | :? VectorForward as level -> Real.OnPlain(level, level.Ternary(rule, a, b, c))
        | :? DualTape<Lane512> as tape -> Real.OnPlain(tape, tape.Ternary(rule, a, b, c))
        | :? DualTape<Lane256> as tape -> Real.OnPlain(tape, tape.Ternary(rule, a, b, c))
        | level -> Real.OnPlain(level, Unsafe.As<DualTape<PlainDouble>>(level).Ternary(rule, a, b, c))

    /// A number of a plain level, or a constant, as an operand there.
    member private x.AsOperand: Operand = { Value = x.value; Slot = x.extra; IsConstant = isNull x.node }

    /// A live number as an operand on a plain level. Numbers of lower levels are refused: they are constants there, but not plain ones.
    member private x.On(level: PlainLevel) : Operand =
        if not (x.IsPlainOn level) then level.Refuse()
        x.AsOperand

    member private x.IsPlainOn(level: PlainLevel) = isNull x.node || x.IsAt level

    // The usual case is tested before the general one: arguments of one level that has not ended, and constants.

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private UnaryNested<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Real) : Real =
        match Nested.Live x.node with
        | null ->
            match RuleLevel.Live x.node with
            | null -> Real.UnaryDual(rule, x)
            | level -> level.Unary(rule, x)
        | nested ->
            let y = Real.Unary(rule, nested.Primal)
            Real.Join(nested.Level, y, x, rule.Slope<Real>(nested.Primal, y))

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryNested<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Real, b: Real) : Real =
        // not as a tuple, which is allocated where the compiler does not optimise
        let nestedA = Nested.Live a.node
        let nestedB = Nested.Live b.node
        if not (isNull nestedA) && not (isNull nestedB) && Object.ReferenceEquals(nestedA.Level, nestedB.Level) then
            let y = Real.Binary(rule, nestedA.Primal, nestedB.Primal)
            let slopeA = rule.SlopeA<Real>(nestedA.Primal, nestedB.Primal, y)
            Real.Join(nestedA.Level, y, a, slopeA, b, rule.SlopeB<Real>(nestedA.Primal, nestedB.Primal, y))
        elif not (isNull nestedA) && isNull b.node then
            let y = Real.Binary(rule, nestedA.Primal, b)
            Real.Join(nestedA.Level, y, a, rule.SlopeA<Real>(nestedA.Primal, b, y))
        elif not (isNull nestedB) && isNull a.node then
            let y = Real.Binary(rule, a, nestedB.Primal)
            Real.Join(nestedB.Level, y, b, rule.SlopeB<Real>(a, nestedB.Primal, y))
        else
            let node = Real.CommonNode(a.node, b.node)
            match (if isNull node then null else RuleLevel.Live node) with
            | null -> Real.BinaryDual(rule, a, b)
            | level -> level.Binary(rule, a, b)

    /// The node of two numbers if they have the same or one is a constant; null if they are of two nodes.
    static member private CommonNode(a: Node, b: Node) : Node =
        if isNull a then b
        elif isNull b || Object.ReferenceEquals(a, b) then a
        else null

    /// An operation belongs to the highest live level of its arguments; the rule's slopes are computed below it.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private UnaryAtHighest<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: Real) : Real =
        let x = x.Live
        match x.Level with
        | null -> Real(rule.Value x.value)
        | :? PlainLevel -> Real.Unary(rule, x)
        | level when not (Real.IsOfModes level) -> Unsafe.As<RuleLevel>(level).Unary(rule, x)
        | level ->
            let primal = x.Primal
            let y = Real.Unary(rule, primal)
            Real.Join(level, y, x, rule.Slope<Real>(primal, y))

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member private BinaryAtHighest<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: Real, b: Real) : Real =
        let a, b = a.Live, b.Live
        match Real.Higher(a.Level, b.Level) with
        | null -> Real(rule.Value(a.value, b.value))
        | :? PlainLevel as level ->
            if a.IsPlainOn level && b.IsPlainOn level then Real.Binary(rule, a, b) else level.Refuse(Real(rule.Value(a.value, b.value)))
        | level when not (Real.IsOfModes level) -> Unsafe.As<RuleLevel>(level).Binary(rule, a, b)
        | level ->
            let primalA, primalB = a.Below level, b.Below level
            let y = Real.Binary(rule, primalA, primalB)
            if not (b.IsAt level) then
                Real.Join(level, y, a, rule.SlopeA<Real>(primalA, primalB, y))
            elif not (a.IsAt level) then
                Real.Join(level, y, b, rule.SlopeB<Real>(primalA, primalB, y))
            else
                let slopeA = rule.SlopeA<Real>(primalA, primalB, y)
                Real.Join(level, y, a, slopeA, b, rule.SlopeB<Real>(primalA, primalB, y))

    /// <summary>
    /// Applies a rule of three arguments. On a tape each variable argument gets a frame, which also joins the result so far.
    /// </summary>
    static member internal Ternary<'R when 'R: struct and 'R :> ITernary>(rule: 'R, a: Real, b: Real, c: Real) : Real =
        if isNull a.node && isNull b.node && isNull c.node then
            Real(rule.Value(a.value, b.value, c.value))
        else
            let a, b, c = a.Live, b.Live, c.Live
            match Real.Higher(Real.Higher(a.Level, b.Level), c.Level) with
            | null -> Real(rule.Value(a.value, b.value, c.value))
            | :? PlainLevel as level -> Real.TernaryPlain(level, rule, a, b, c)
            | level when not (Real.IsOfModes level) -> Unsafe.As<RuleLevel>(level).Ternary(rule, a, b, c)
            | level ->
                let primalA, primalB, primalC = a.Below level, b.Below level, c.Below level
                let y = Real.Ternary(rule, primalA, primalB, primalC)
                let mutable result = y
                let join (argument: Real) (slope: Real) =
                    result <-
                        if result.IsAt level then
                            Real.Join(level, y, result, Real 1.0, argument, slope)
                        else
                            Real.Join(level, y, argument, slope)
                if a.IsAt level then join a (rule.SlopeA<Real>(primalA, primalB, primalC))
                if b.IsAt level then join b (rule.SlopeB<Real>(primalA, primalB, primalC))
                if c.IsAt level then join c (rule.SlopeC<Real>(primalA, primalB, primalC))
                result

    /// <summary>Applies a piecewise constant function: the result is a constant.</summary>
    static member internal Step<'R when 'R: struct and 'R :> IStep>(rule: 'R, x: Real) : Real =
        if x.IsTraced then Real.TraceOf(x, x).Step(rule, x.Bottom) else Real(rule.Value x.value)

    /// <summary>Applies a choice: the result is the chosen argument; at a tie, half of each.</summary>
    static member internal Choice<'R when 'R: struct and 'R :> IChoice>(rule: 'R, a: Real, b: Real) : Real =
        if a.IsTraced || b.IsTraced then
            let trace: TraceLevel = Real.TraceOf(a, b)
            let x, z = a.Bottom, b.Bottom
            let y = trace.Choice(rule, x, z)
            let share = trace.Share(x, z, y)
            Real.Weigh(y, a, share, b, trace.Relation(Comparisons.Not(), share, share))
        else
            let y = rule.Value(a.value, b.value)
            let share = Comparisons.share a.value b.value y
            match Real.RecordOf(a, b) with
            | null ->
                match share with
                | 0.5 -> Real.Binary(Piecewise.Tie y, a, b)
                | 1.0 -> Real.Unary(Piecewise.Identity(), a)
                | _ -> Real.Unary(Piecewise.Identity(), b)
            | level -> level.Choice(rule, a.Live, b.Live, share)

    /// The evaluation trace that an operation on a and b belongs to, or null.
    static member private RecordOf(a: Real, b: Real) : RecordLevel =
        if a.node :? RecordLevel || b.node :? RecordLevel then
            match Real.Higher(a.Live.Level, b.Live.Level) with
            | :? RecordLevel as level -> level
            | _ -> null
        else
            null

    // ---- Questions about values ----

    /// The program that is being traced, which one number or both belong to.
    static member private TraceOf(a: Real, b: Real) : TraceLevel = Unsafe.As<TraceLevel>(Real.Higher(a.Bottom.Level, b.Bottom.Level))

    /// <summary>Asks a question about two numbers: 1 or 0, a constant to every level.</summary>
    static member internal Relation<'Q when 'Q: struct and 'Q :> IRelation>(relation: 'Q, a: Real, b: Real) : Real =
        if a.IsTraced || b.IsTraced then
            Real.TraceOf(a, b).Relation(relation, a.Bottom, b.Bottom)
        else
            Real(relation.Value(a.value, b.value))

    /// The answer as it is now. A traced program checks in each run that it is unchanged.
    static member internal Decide(answer: Real) : bool =
        if answer.IsTraced then Real.TraceOf(answer, answer).Decide answer else answer.value <> 0.0

    static member private Holds<'Q when 'Q: struct and 'Q :> IRelation>(relation: 'Q, a: Real, b: Real) : bool =
        if isNull a.node && isNull b.node then relation.Value(a.value, b.value) <> 0.0 else Real.Decide(Real.Relation(relation, a, b))

    static member internal IsKind(kind: string, test: float -> bool, x: Real) : bool = Real.Holds(Comparisons.Is(kind, test), x, x)

    /// The traced number y as the result of two numbers, of any levels, that contribute to it with weights.
    static member private Weigh(y: Real, a: Real, weightA: Real, b: Real, weightB: Real) : Real =
        let a, b = a.Live, b.Live
        match Real.Higher(a.Level, b.Level) with
        | null -> y
        | :? TraceLevel -> y
        | :? PlainLevel as level -> level.Refuse()
        | level ->
            let primal = Real.Weigh(y, a.Below level, weightA, b.Below level, weightB)
            match level with
            | :? RuleLevel as level -> level.Weigh(primal, a, weightA, b, weightB)
            | _ when not (b.IsAt level) -> Real.Join(level, primal, a, weightA)
            | _ when not (a.IsAt level) -> Real.Join(level, primal, b, weightB)
            | _ -> Real.Join(level, primal, a, weightA, b, weightB)

    /// A derivative as an operator returns it, with 0 for -0: structural zeros have no sign, and computed zeros must not differ from them.
    member internal x.Unsigned: Real = if isNull x.node then Real(x.value + 0.0) else Real.Binary(Arithmetic.Add(), x, Real 0.0)

    static member internal Higher(a: Level, b: Level) : Level =
        if isNull a then b
        elif isNull b || a.Order >= b.Order then a
        else b

    /// The number with this primal that depends, at the level, on x with this slope.
    static member internal Join(level: Level, primal: Real, x: Real, slope: Real) : Real =
        match level with
        | :? ForwardLevel as forward -> Real.OnForward(forward, primal, Real.Scale(slope, x.Tangent))
        | _ ->
            let tape = Unsafe.As<Tape> level
            let slot =
                if isNull slope.node then
                    tape.Push(x.Slot, slope.value)
                else
                    Lifted.Push(tape, Tape.Index x.Slot, slope, tape.Count, Real 0.0)
            Real.OnTape(tape, primal, slot)

    /// The number with this primal that depends, at the level, on a and b with these slopes.
    static member internal Join(level: Level, primal: Real, a: Real, slopeA: Real, b: Real, slopeB: Real) : Real =
        match level with
        | :? ForwardLevel as forward ->
            let tangentA = Real.Scale(slopeA, a.Tangent)
            Real.OnForward(forward, primal, Real.Binary(Arithmetic.Add(), tangentA, Real.Scale(slopeB, b.Tangent)))
        | _ ->
            let tape = Unsafe.As<Tape> level
            let slot =
                if isNull slopeA.node && isNull slopeB.node then
                    tape.Push(a.Slot, slopeA.value, b.Slot, slopeB.value)
                else
                    Lifted.Push(tape, Tape.Index a.Slot, slopeA, Tape.Index b.Slot, slopeB)
            Real.OnTape(tape, primal, slot)

    interface ICarrier<Real> with
        static member Constant value = Real value
        static member Add(a, b) = Real.Binary(Arithmetic.Add(), a, b)
        static member Subtract(a, b) = Real.Binary(Arithmetic.Subtract(), a, b)
        static member Multiply(a, b) = Real.Binary(Arithmetic.Multiply(), a, b)
        static member Divide(a, b) = Real.Binary(Arithmetic.Divide(), a, b)
        static member Negate a = Real.Unary(Arithmetic.Negate(), a)
        static member Unary(rule, x) = Real.Unary(rule, x)
        static member Binary(rule, a, b) = Real.Binary(rule, a, b)
        static member Step(rule, x) = Real.Step(rule, x)
        static member Choice(rule, a, b) = Real.Choice(rule, a, b)

    // ---- Constants and conversions ----

    static member Zero = Real 0.0
    static member One = Real 1.0
    static member NegativeOne = Real -1.0
    static member E = Real Math.E
    static member Pi = Real Math.PI
    static member Tau = Real Math.Tau
    static member NaN = Real Double.NaN
    static member Epsilon = Real Double.Epsilon
    static member PositiveInfinity = Real Double.PositiveInfinity
    static member NegativeInfinity = Real Double.NegativeInfinity
    static member NegativeZero = Real -0.0
    static member MaxValue = Real Double.MaxValue
    static member MinValue = Real Double.MinValue

    /// <summary>A double is a constant.</summary>
    static member op_Implicit(value: float) : Real = Real value

    /// <summary>The value as a double, of a number that is not being differentiated.</summary>
    /// <exception cref="T:System.InvalidOperationException">
    /// The number is being differentiated: the cast would lose its derivative. Write x.Value or StopGradient(x) where that is meant.
    /// </exception>
    static member op_Explicit(x: Real) : float = x.ReadPlainly "the cast (double)x"

    /// <summary>The value as a float, of a number that is not being differentiated.</summary>
    /// <exception cref="T:System.InvalidOperationException">
    /// The number is being differentiated: the cast would lose its derivative.
    /// </exception>
    static member op_Explicit(x: Real) : float32 = float32 (x.ReadPlainly "the cast (float)x")

    /// <summary>The value as a decimal, of a number that is not being differentiated.</summary>
    /// <exception cref="T:System.InvalidOperationException">
    /// The number is being differentiated: the cast would lose its derivative.
    /// </exception>
    static member op_Explicit(x: Real) : decimal = decimal (x.ReadPlainly "the cast (decimal)x")

    // Casts to whole numbers are piecewise constant, so that no derivative is lost: they are for counting and for indexing. Without casts
    // of their own, C# would go through the cast to double. (F# cannot overload op_CheckedExplicit by its result: a checked context does
    // not check them.)

    /// <summary>The value without its fraction, as an SByte; piecewise constant.</summary>
    static member op_Explicit(x: Real) : sbyte = sbyte (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as a Byte; piecewise constant.</summary>
    static member op_Explicit(x: Real) : byte = byte (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as an Int16; piecewise constant.</summary>
    static member op_Explicit(x: Real) : int16 = int16 (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as a UInt16; piecewise constant.</summary>
    static member op_Explicit(x: Real) : uint16 = uint16 (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as a Char; piecewise constant.</summary>
    static member op_Explicit(x: Real) : char = char (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as an Int32; piecewise constant.</summary>
    static member op_Explicit(x: Real) : int = int (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as a UInt32; piecewise constant.</summary>
    static member op_Explicit(x: Real) : uint32 = uint32 (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as an Int64; piecewise constant.</summary>
    static member op_Explicit(x: Real) : int64 = int64 (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as a UInt64; piecewise constant.</summary>
    static member op_Explicit(x: Real) : uint64 = uint64 (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as an IntPtr; piecewise constant.</summary>
    static member op_Explicit(x: Real) : nativeint = nativeint (x.ReadAs "a whole number")

    /// <summary>The value without its fraction, as a UIntPtr; piecewise constant.</summary>
    static member op_Explicit(x: Real) : unativeint = unativeint (x.ReadAs "a whole number")

    // ---- Operators ----
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (+)(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Add(), a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (+)(a: Real, b: float) : Real = Real.Binary(Arithmetic.Add(), a, Real b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (+)(a: float, b: Real) : Real = Real.Binary(Arithmetic.Add(), Real a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (-)(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Subtract(), a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (-)(a: Real, b: float) : Real = Real.Binary(Arithmetic.Subtract(), a, Real b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (-)(a: float, b: Real) : Real = Real.Binary(Arithmetic.Subtract(), Real a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (*)(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Multiply(), a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (*)(a: Real, b: float) : Real = Real.Binary(Arithmetic.Multiply(), a, Real b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (*)(a: float, b: Real) : Real = Real.Binary(Arithmetic.Multiply(), Real a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (/)(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Divide(), a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (/)(a: Real, b: float) : Real = Real.Binary(Arithmetic.Divide(), a, Real b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (/)(a: float, b: Real) : Real = Real.Binary(Arithmetic.Divide(), Real a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (%)(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Remainder(), a, b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (%)(a: Real, b: float) : Real = Real.Binary(Arithmetic.Remainder(), a, Real b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (%)(a: float, b: Real) : Real = Real.Binary(Arithmetic.Remainder(), Real a, b)
    // Whole numbers have operators of their own because F# does not widen an int to a double for an operator: 2 * x.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (+)(a: Real, b: int) : Real = Real.Binary(Arithmetic.Add(), a, Real(float b))
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (+)(a: int, b: Real) : Real = Real.Binary(Arithmetic.Add(), Real(float a), b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (-)(a: Real, b: int) : Real = Real.Binary(Arithmetic.Subtract(), a, Real(float b))
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (-)(a: int, b: Real) : Real = Real.Binary(Arithmetic.Subtract(), Real(float a), b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (*)(a: Real, b: int) : Real = Real.Binary(Arithmetic.Multiply(), a, Real(float b))
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (*)(a: int, b: Real) : Real = Real.Binary(Arithmetic.Multiply(), Real(float a), b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (/)(a: Real, b: int) : Real = Real.Binary(Arithmetic.Divide(), a, Real(float b))
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (/)(a: int, b: Real) : Real = Real.Binary(Arithmetic.Divide(), Real(float a), b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (%)(a: Real, b: int) : Real = Real.Binary(Arithmetic.Remainder(), a, Real(float b))
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (%)(a: int, b: Real) : Real = Real.Binary(Arithmetic.Remainder(), Real(float a), b)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member (~-)(x: Real) : Real = Real.Unary(Arithmetic.Negate(), x)
    static member (~+)(x: Real) : Real = x
    static member op_Equality(a: Real, b: Real) = Real.Holds(Comparisons.Equal(), a, b)
    static member op_Inequality(a: Real, b: Real) = not (Real.Holds(Comparisons.Equal(), a, b))
    static member op_LessThan(a: Real, b: Real) = Real.Holds(Comparisons.Less(), a, b)
    static member op_GreaterThan(a: Real, b: Real) = Real.Holds(Comparisons.Less(), b, a)
    static member op_LessThanOrEqual(a: Real, b: Real) = Real.Holds(Comparisons.LessOrEqual(), a, b)
    static member op_GreaterThanOrEqual(a: Real, b: Real) = Real.Holds(Comparisons.LessOrEqual(), b, a)
    static member op_Increment(x: Real) : Real = x + 1.0
    static member op_Decrement(x: Real) : Real = x - 1.0

    /// <summary>Division by a count, for F#'s List.average and its like.</summary>
    static member DivideByInt(x: Real, n: int) : Real = x / float n

    // ---- Functions, named as double names them ----

    /// <summary>The square root; derivative 1/(2 sqrt x), +infinity at 0.</summary>
    static member Sqrt(x: Real) : Real = Real.Unary(Powers.Sqrt(), x)

    /// <summary>The cube root; derivative 1/(3 y^2), +infinity at 0.</summary>
    static member Cbrt(x: Real) : Real = Real.Unary(Powers.Cbrt(), x)

    /// <summary>e^x; its own derivative.</summary>
    static member Exp(x: Real) : Real = Real.Unary(Exponentials.Exp(), x)

    /// <summary>2^x; derivative 2^x log 2.</summary>
    static member Exp2(x: Real) : Real = Real.Unary(Exponentials.Exp2(), x)

    /// <summary>10^x; derivative 10^x log 10.</summary>
    static member Exp10(x: Real) : Real = Real.Unary(Exponentials.Exp10(), x)

    /// <summary>e^x - 1, accurate for tiny x (double.ExpM1 is not); derivative e^x.</summary>
    static member ExpM1(x: Real) : Real = Real.Unary(Exponentials.ExpM1(), x)

    /// <summary>2^x - 1, accurate for tiny x; derivative 2^x log 2.</summary>
    static member Exp2M1(x: Real) : Real = Real.Unary(Exponentials.Exp2M1(), x)

    /// <summary>10^x - 1, accurate for tiny x; derivative 10^x log 10.</summary>
    static member Exp10M1(x: Real) : Real = Real.Unary(Exponentials.Exp10M1(), x)

    /// <summary>The natural logarithm; derivative 1/x.</summary>
    static member Log(x: Real) : Real = Real.Unary(Exponentials.Log(), x)

    /// <summary>The logarithm to the base 2; derivative 1/(x log 2).</summary>
    static member Log2(x: Real) : Real = Real.Unary(Exponentials.Log2(), x)

    /// <summary>The logarithm to the base 10; derivative 1/(x log 10).</summary>
    static member Log10(x: Real) : Real = Real.Unary(Exponentials.Log10(), x)

    /// <summary>log(1 + x), accurate for tiny x (double.LogP1 is not); derivative 1/(1 + x).</summary>
    static member LogP1(x: Real) : Real = Real.Unary(Exponentials.LogP1(), x)

    /// <summary>log2(1 + x), accurate for tiny x.</summary>
    static member Log2P1(x: Real) : Real = Real.Unary(Exponentials.Log2P1(), x)

    /// <summary>log10(1 + x), accurate for tiny x.</summary>
    static member Log10P1(x: Real) : Real = Real.Unary(Exponentials.Log10P1(), x)

    /// <summary>The sine; derivative cos x.</summary>
    static member Sin(x: Real) : Real = Real.Unary(Trigonometry.Sin(), x)

    /// <summary>The cosine; derivative -sin x.</summary>
    static member Cos(x: Real) : Real = Real.Unary(Trigonometry.Cos(), x)

    /// <summary>The tangent; derivative 1 + y^2.</summary>
    static member Tan(x: Real) : Real = Real.Unary(Trigonometry.Tan(), x)

    /// <summary>sin(pi x), exact at half turns; derivative pi cos(pi x).</summary>
    static member SinPi(x: Real) : Real = Real.Unary(Trigonometry.SinPi(), x)

    /// <summary>cos(pi x), exact at half turns; derivative -pi sin(pi x).</summary>
    static member CosPi(x: Real) : Real = Real.Unary(Trigonometry.CosPi(), x)

    /// <summary>tan(pi x); derivative pi (1 + y^2).</summary>
    static member TanPi(x: Real) : Real = Real.Unary(Trigonometry.TanPi(), x)

    /// <summary>The inverse sine; derivative 1/sqrt(1 - x^2), +infinity at -1 and 1.</summary>
    static member Asin(x: Real) : Real = Real.Unary(Trigonometry.Asin(), x)

    /// <summary>The inverse cosine; derivative -1/sqrt(1 - x^2), -infinity at -1 and 1.</summary>
    static member Acos(x: Real) : Real = Real.Unary(Trigonometry.Acos(), x)

    /// <summary>The inverse tangent; derivative 1/(1 + x^2).</summary>
    static member Atan(x: Real) : Real = Real.Unary(Trigonometry.Atan(), x)

    /// <summary>arcsin(x)/pi.</summary>
    static member AsinPi(x: Real) : Real = Real.Unary(Trigonometry.AsinPi(), x)

    /// <summary>arccos(x)/pi.</summary>
    static member AcosPi(x: Real) : Real = Real.Unary(Trigonometry.AcosPi(), x)

    /// <summary>arctan(x)/pi.</summary>
    static member AtanPi(x: Real) : Real = Real.Unary(Trigonometry.AtanPi(), x)

    /// <summary>The hyperbolic sine; derivative cosh x.</summary>
    static member Sinh(x: Real) : Real = Real.Unary(Hyperbolics.Sinh(), x)

    /// <summary>The hyperbolic cosine; derivative sinh x.</summary>
    static member Cosh(x: Real) : Real = Real.Unary(Hyperbolics.Cosh(), x)

    /// <summary>The hyperbolic tangent; derivative 1/cosh^2 x, which does not cancel for large x.</summary>
    static member Tanh(x: Real) : Real = Real.Unary(Hyperbolics.Tanh(), x)

    /// <summary>The inverse hyperbolic sine; derivative 1/sqrt(1 + x^2).</summary>
    static member Asinh(x: Real) : Real = Real.Unary(Hyperbolics.Asinh(), x)

    /// <summary>The inverse hyperbolic cosine; derivative 1/sqrt(x^2 - 1), +infinity at 1.</summary>
    static member Acosh(x: Real) : Real = Real.Unary(Hyperbolics.Acosh(), x)

    /// <summary>The inverse hyperbolic tangent; derivative 1/(1 - x^2), +infinity at -1 and 1.</summary>
    static member Atanh(x: Real) : Real = Real.Unary(Hyperbolics.Atanh(), x)

    /// <summary>|x|; derivative sign(x), 0 at 0.</summary>
    static member Abs(x: Real) : Real = Real.Unary(Piecewise.Abs(), x)

    /// <summary>sqrt(a^2 + b^2) without overflow; derivative 0 at the origin.</summary>
    static member Hypot(a: Real, b: Real) : Real = Real.Binary(Powers.Hypot(), a, b)

    /// <summary>The angle of the point (x, y); derivatives x/(x^2 + y^2) and -y/(x^2 + y^2), NaN at the origin.</summary>
    static member Atan2(y: Real, x: Real) : Real = Real.Binary(Trigonometry.Atan2(), y, x)

    /// <summary>The angle of the point (x, y) divided by pi.</summary>
    static member Atan2Pi(y: Real, x: Real) : Real = Real.Binary(Trigonometry.Atan2Pi(), y, x)

    /// <summary>a - b round(a/b).</summary>
    static member Ieee754Remainder(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Ieee754Remainder(), a, b)

    /// <summary>x^n for a whole number n, exact at 0 and for negative x; derivative n x^(n - 1), and 0 everywhere for n = 0.</summary>
    static member Pow(x: Real, n: int) : Real = Real.Unary(Powers.Power(float n), x)

    /// <summary>x^c for a constant c; derivative c x^(c - 1).</summary>
    static member Pow(x: Real, c: float) : Real = Real.Unary(Powers.Power c, x)

    /// <summary>x^y; derivatives y x^(y - 1) and x^y log x, the latter 0 at x = 0 for y > 0.</summary>
    static member Pow(x: Real, y: Real) : Real =
        if isNull y.node then Real.Unary(Powers.Power y.value, x) else Real.Binary(Powers.PowerLog 0, x, y)

    /// <summary>The n-th root; derivative y^(1 - n) / n.</summary>
    static member RootN(x: Real, n: int) : Real = Real.Unary(Powers.RootN n, x)

    /// <summary>The logarithm of x to a base.</summary>
    static member Log(x: Real, newBase: Real) : Real = Real.Binary(Exponentials.LogBase(), x, newBase)

    /// <summary>a b + c, rounded once.</summary>
    static member FusedMultiplyAdd(a: Real, b: Real, c: Real) : Real = Real.Ternary(Arithmetic.FusedMultiplyAdd(), a, b, c)

    /// <summary>The sine and the cosine.</summary>
    static member SinCos(x: Real) : struct (Real * Real) = struct (Real.Sin x, Real.Cos x)

    /// <summary>The sine and the cosine of pi x.</summary>
    static member SinCosPi(x: Real) : struct (Real * Real) = struct (Real.SinPi x, Real.CosPi x)

    /// <summary>(1 - t) a + t b.</summary>
    static member Lerp(a: Real, b: Real, t: Real) : Real = Real.FusedMultiplyAdd(a, Real.One - t, b * t)

    /// <summary>An angle in degrees, in radians.</summary>
    static member DegreesToRadians(degrees: Real) : Real = degrees * Math.PI / 180.0

    /// <summary>An angle in radians, in degrees.</summary>
    static member RadiansToDegrees(radians: Real) : Real = radians * 180.0 / Math.PI

    /// <summary>x 2^n.</summary>
    static member ScaleB(x: Real, n: int) : Real = Real.Unary(Powers.ScaleB n, x)

    /// <summary>-1, 0 or 1. Throws ArithmeticException for NaN, as double's does.</summary>
    static member Sign(x: Real) : int =
        // F#'s own < and = on Real go through CompareTo
        if Real.op_LessThan (x, Real.Zero) then -1
        elif Real.op_GreaterThan (x, Real.Zero) then 1
        elif Real.op_Equality (x, Real.Zero) then 0
        else Math.Sign Double.NaN

    /// <summary>|x| with the sign of another number; derivative in x -1 or 1, in the other 0.</summary>
    static member CopySign(x: Real, sign: Real) : Real = if Real.IsNegative x = Real.IsNegative sign then x else -x

    /// <summary>x, no lower than min and no higher than max; at a bound, half the slope goes to x and half to the bound.</summary>
    /// <exception cref="T:System.ArgumentException">min is above max.</exception>
    static member Clamp(x: Real, min: Real, max: Real) : Real =
        Real.RequireOrder(min, max)
        Real.Min(Real.Max(x, min), max)

    /// Refuses crossed bounds as double does.
    static member private RequireOrder(min: Real, max: Real) : unit =
        if Real.op_GreaterThan (min, max) then Double.Clamp(0.0, min.value, max.value) |> ignore // throws

    /// The result of a machine's maximum or minimum where it is not a: the second argument, also if one is NaN. At a tie the slope is
    /// shared, unless the zeros have different signs.
    static member private SecondOr(choice: Real * Real -> Real, a: Real, b: Real) : Real =
        if Real.op_Equality (a, b) && Real.IsNegative a = Real.IsNegative b then choice (a, b) else b

    /// <summary>x rounded to the nearest whole number, half to even; slope 0 everywhere.</summary>
    static member Round(x: Real) : Real = Real.Step(Arithmetic.RoundToEven(), x)

    /// <summary>x rounded to decimal digits in one of .NET's modes; slope 0 everywhere.</summary>
    static member Round(x: Real, digits: int, mode: MidpointRounding) : Real = Real.Step(Piecewise.Round(digits, mode), x)

    /// <summary>The largest whole number not above x; slope 0 everywhere.</summary>
    static member Floor(x: Real) : Real = Real.Step(Piecewise.Floor(), x)

    /// <summary>The smallest whole number not below x; slope 0 everywhere.</summary>
    static member Ceiling(x: Real) : Real = Real.Step(Piecewise.Ceiling(), x)

    /// <summary>x without its fraction; slope 0 everywhere.</summary>
    static member Truncate(x: Real) : Real = Real.Step(Arithmetic.Truncate(), x)

    /// <summary>The larger number, NaN if one is NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member Max(a: Real, b: Real) : Real = Real.Choice(Piecewise.Max(), a, b)

    /// <summary>The smaller number, NaN if one is NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member Min(a: Real, b: Real) : Real = Real.Choice(Piecewise.Min(), a, b)

    /// <summary>
    /// a where the condition holds, b where it does not, with the slope of the one chosen. In a compiled program both are computed and
    /// there is no branch; the other one contributes nothing to value or derivatives.
    /// </summary>
    static member Select(condition: Condition, a: Real, b: Real) : Real =
        let answer: Real = condition.Answer
        if answer.IsTraced then
            let trace = Real.TraceOf(answer, answer)
            Real.Weigh(trace.Select(answer, a.Bottom, b.Bottom), a, answer, b, Real.Relation(Comparisons.Not(), answer, answer))
        else
            Real.Unary(Piecewise.Identity(), (if answer.value <> 0.0 then a else b))

    /// <summary>a &lt; b, for Select.</summary>
    static member Less(a: Real, b: Real) : Condition = Condition(Real.Relation(Comparisons.Less(), a, b))

    /// <summary>a &lt;= b, for Select.</summary>
    static member LessOrEqual(a: Real, b: Real) : Condition = Condition(Real.Relation(Comparisons.LessOrEqual(), a, b))

    /// <summary>a &gt; b, for Select.</summary>
    static member Greater(a: Real, b: Real) : Condition = Real.Less(b, a)

    /// <summary>a &gt;= b, for Select.</summary>
    static member GreaterOrEqual(a: Real, b: Real) : Condition = Real.LessOrEqual(b, a)

    /// <summary>a = b, for Select.</summary>
    static member Equal(a: Real, b: Real) : Condition = Condition(Real.Relation(Comparisons.Equal(), a, b))

    /// <summary>a &lt;&gt; b, for Select.</summary>
    static member NotEqual(a: Real, b: Real) : Condition = Condition.op_LogicalNot (Real.Equal(a, b))

    /// <summary>The number of larger magnitude; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member MaxMagnitude(a: Real, b: Real) : Real = Real.Choice(Piecewise.MaxMagnitude(), a, b)

    /// <summary>The number of smaller magnitude; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member MinMagnitude(a: Real, b: Real) : Real = Real.Choice(Piecewise.MinMagnitude(), a, b)

    /// <summary>The larger number, passing over NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member MaxNumber(a: Real, b: Real) : Real = Real.Choice(Piecewise.MaxNumber(), a, b)

    /// <summary>The smaller number, passing over NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member MinNumber(a: Real, b: Real) : Real = Real.Choice(Piecewise.MinNumber(), a, b)

    /// <summary>The number of larger magnitude, passing over NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member MaxMagnitudeNumber(a: Real, b: Real) : Real = Real.Choice(Piecewise.MaxMagnitudeNumber(), a, b)

    /// <summary>The number of smaller magnitude, passing over NaN; it has the slope of the one chosen, and half of each at a tie.</summary>
    static member MinMagnitudeNumber(a: Real, b: Real) : Real = Real.Choice(Piecewise.MinMagnitudeNumber(), a, b)

    // ---- Questions about the value, which a program that is being compiled checks in each run ----

    /// <summary>Tells whether the value is not a number.</summary>
    static member IsNaN(x: Real) : bool = Real.IsKind("isNaN", Double.IsNaN, x)

    /// <summary>Tells whether the value is neither infinite nor NaN.</summary>
    static member IsFinite(x: Real) : bool = Real.IsKind("isFinite", Double.IsFinite, x)

    /// <summary>Tells whether the value is infinite.</summary>
    static member IsInfinity(x: Real) : bool = Real.IsKind("isInfinity", Double.IsInfinity, x)

    /// <summary>Tells whether the value is +infinity.</summary>
    static member IsPositiveInfinity(x: Real) : bool = Real.IsKind("isPositiveInfinity", Double.IsPositiveInfinity, x)

    /// <summary>Tells whether the value is -infinity.</summary>
    static member IsNegativeInfinity(x: Real) : bool = Real.IsKind("isNegativeInfinity", Double.IsNegativeInfinity, x)

    /// <summary>Tells whether the value is a whole number.</summary>
    static member IsInteger(x: Real) : bool = Real.IsKind("isInteger", Double.IsInteger, x)

    /// <summary>Tells whether the value's sign is +, that of 0 and NaN included.</summary>
    static member IsPositive(x: Real) : bool = Real.IsKind("isPositive", Double.IsPositive, x)

    /// <summary>Tells whether the value's sign is -, that of -0 and NaN included.</summary>
    static member IsNegative(x: Real) : bool = Real.IsKind("isNegative", Double.IsNegative, x)

    // ---- Equality, order and text: those of the value ----

    /// <summary>Compares values, as double does; derivatives do not count.</summary>
    member x.CompareTo(other: Real) : int =
        if not (x.IsTraced || other.IsTraced) then
            x.value.CompareTo other.value
        elif Real.op_LessThan (x, other) then
            -1
        elif Real.op_GreaterThan (x, other) then
            1
        elif Real.op_Equality (x, other) then
            0
        else
            // NaN comes before all numbers
            (if Real.IsNaN x then 0 else 1) - (if Real.IsNaN other then 0 else 1)

    /// <summary>Tells whether the values are equal, as double does; derivatives do not count.</summary>
    member x.Equals(other: Real) = x.CompareTo other = 0
    override x.Equals(other: obj) =
        match other with
        | :? Real as other -> x.Equals other
        | _ -> false
    override x.GetHashCode() = (x.ReadAs "a hash code").GetHashCode()

    /// <summary>The value as text, in the invariant culture.</summary>
    override x.ToString() = x.value.ToString CultureInfo.InvariantCulture
    member x.ToString(format: string, provider: IFormatProvider) = x.value.ToString(format, provider)

    /// The value, and whether and how it is being differentiated. Nothing is thrown, whatever the number belongs to.
    member internal x.DebuggerText: string = x.ToString() + Real.ModeText x.Level

    /// What a debugger says of a level; nothing for none and for one that has ended.
    static member internal ModeText(level: Level) : string =
        let text (mode: string) = $" ({mode}, level {level.Order})"
        match level with
        | null -> ""
        | _ when level.Ended -> ""
        | :? ForwardLevel
        | :? VectorForward -> text "differentiated in forward mode"
        | :? Tape -> text "differentiated in reverse mode"
        | :? TraceLevel -> text "traced"
        | _ -> text "differentiated"

    // ---- Generic math: each member is the one above, or the value's own. The operators are inlined as those above are. ----

    interface IComparable with
        member x.CompareTo other =
            match other with
            | null -> 1
            | :? Real as other -> x.CompareTo other
            | _ -> invalidArg "other" "A Real compares with a Real."

    interface IComparable<Real> with
        member x.CompareTo other = x.CompareTo other

    interface IEquatable<Real> with
        member x.Equals other = x.Equals other

    interface IFormattable with
        member x.ToString(format, provider) = x.ToString(format, provider)

    interface ISpanFormattable with
        member x.TryFormat(destination, written, format, provider) = x.value.TryFormat(destination, &written, format, provider)

    interface IUtf8SpanFormattable with
        member x.TryFormat(destination: Span<byte>, written, format, provider) = x.value.TryFormat(destination, &written, format, provider)

    interface IParsable<Real> with
        static member Parse(text, provider) = Real(Double.Parse(text, provider))
        static member TryParse(text: string, provider: IFormatProvider, result: byref<Real>) =
            Real.Parsed(Double.TryParse(text, provider), &result)

    interface ISpanParsable<Real> with
        static member Parse(text: ReadOnlySpan<char>, provider) = Real(Double.Parse(text, provider))
        static member TryParse(text: ReadOnlySpan<char>, provider: IFormatProvider, result: byref<Real>) =
            Real.Parsed(Double.TryParse(text, provider), &result)

    interface IUtf8SpanParsable<Real> with
        static member Parse(text: ReadOnlySpan<byte>, provider: IFormatProvider) = Real(Double.Parse(text, provider))
        static member TryParse(text: ReadOnlySpan<byte>, provider: IFormatProvider, result: byref<Real>) =
            Real.Parsed(Double.TryParse(text, provider), &result)

    interface IAdditionOperators<Real, Real, Real> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member (+)(a: Real, b: Real) : Real = a + b

    interface ISubtractionOperators<Real, Real, Real> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member (-)(a: Real, b: Real) : Real = a - b

    interface IMultiplyOperators<Real, Real, Real> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member (*)(a: Real, b: Real) : Real = a * b

    interface IDivisionOperators<Real, Real, Real> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member (/)(a: Real, b: Real) : Real = a / b

    interface IModulusOperators<Real, Real, Real> with
        static member (%)(a: Real, b: Real) : Real = a % b

    interface IUnaryPlusOperators<Real, Real> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member (~+)(x: Real) : Real = x

    interface IUnaryNegationOperators<Real, Real> with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        static member (~-)(x: Real) : Real = -x

    interface IIncrementOperators<Real> with
        static member op_Increment x = Real.op_Increment x

    interface IDecrementOperators<Real> with
        static member op_Decrement x = Real.op_Decrement x

    interface IAdditiveIdentity<Real, Real> with
        static member AdditiveIdentity = Real.Zero

    interface IMultiplicativeIdentity<Real, Real> with
        static member MultiplicativeIdentity = Real.One

    interface IEqualityOperators<Real, Real, bool> with
        static member op_Equality(a: Real, b: Real) = Real.op_Equality (a, b)
        static member op_Inequality(a: Real, b: Real) = Real.op_Inequality (a, b)

    interface IComparisonOperators<Real, Real, bool> with
        static member op_LessThan(a: Real, b: Real) = Real.op_LessThan (a, b)
        static member op_GreaterThan(a: Real, b: Real) = Real.op_GreaterThan (a, b)
        static member op_LessThanOrEqual(a: Real, b: Real) = Real.op_LessThanOrEqual (a, b)
        static member op_GreaterThanOrEqual(a: Real, b: Real) = Real.op_GreaterThanOrEqual (a, b)

    interface IMinMaxValue<Real> with
        static member MinValue = Real.MinValue
        static member MaxValue = Real.MaxValue

    interface ISignedNumber<Real> with
        static member NegativeOne = Real.NegativeOne

    interface INumberBase<Real> with
        static member Zero = Real.Zero
        static member One = Real.One
        static member Radix = 2
        static member Abs x = Real.Abs x
        static member IsCanonical _ = true
        static member IsComplexNumber _ = false
        static member IsImaginaryNumber _ = false
        static member IsZero x = Real.op_Equality (x, Real.Zero)
        static member IsEvenInteger x = Real.IsKind("isEvenInteger", Double.IsEvenInteger, x)
        static member IsFinite x = Real.IsFinite x
        static member IsInfinity x = Real.IsInfinity x
        static member IsInteger x = Real.IsInteger x
        static member IsNaN x = Real.IsNaN x
        static member IsNegative x = Real.IsNegative x
        static member IsNegativeInfinity x = Real.IsNegativeInfinity x
        static member IsNormal x = Real.IsKind("isNormal", Double.IsNormal, x)
        static member IsOddInteger x = Real.IsKind("isOddInteger", Double.IsOddInteger, x)
        static member IsPositive x = Real.IsPositive x
        static member IsPositiveInfinity x = Real.IsPositiveInfinity x
        static member IsRealNumber x = Real.IsKind("isRealNumber", Double.IsRealNumber, x)
        static member IsSubnormal x = Real.IsKind("isSubnormal", Double.IsSubnormal, x)
        static member MaxMagnitude(a, b) = Real.MaxMagnitude(a, b)
        static member MinMagnitude(a, b) = Real.MinMagnitude(a, b)
        static member MaxMagnitudeNumber(a, b) = Real.MaxMagnitudeNumber(a, b)
        static member MinMagnitudeNumber(a, b) = Real.MinMagnitudeNumber(a, b)
        static member MultiplyAddEstimate(a, b, c) = Real.FusedMultiplyAdd(a, b, c)
        static member Parse(text: string, style: NumberStyles, provider: IFormatProvider) = Real(Double.Parse(text, style, provider))
        static member Parse(text: ReadOnlySpan<char>, style: NumberStyles, provider: IFormatProvider) =
            Real(Double.Parse(text, style, provider))
        static member Parse(text: ReadOnlySpan<byte>, style: NumberStyles, provider: IFormatProvider) =
            Real(Double.Parse(text, style, provider))
        static member TryParse(text: string, style: NumberStyles, provider: IFormatProvider, result: byref<Real>) =
            Real.Parsed(Double.TryParse(text, style, provider), &result)
        static member TryParse(text: ReadOnlySpan<char>, style: NumberStyles, provider: IFormatProvider, result: byref<Real>) =
            Real.Parsed(Double.TryParse(text, style, provider), &result)
        static member TryParse(text: ReadOnlySpan<byte>, style: NumberStyles, provider: IFormatProvider, result: byref<Real>) =
            Real.Parsed(Double.TryParse(text, style, provider), &result)
        static member TryConvertFromChecked(value: 'Other, result: byref<Real>) =
            (result <- Real(Double.CreateChecked value)
             true)
        static member TryConvertFromSaturating(value: 'Other, result: byref<Real>) =
            (result <- Real(Double.CreateSaturating value)
             true)
        static member TryConvertFromTruncating(value: 'Other, result: byref<Real>) =
            (result <- Real(Double.CreateTruncating value)
             true)
        static member TryConvertToChecked(x: Real, result: byref<'Other>) =
            (result <- 'Other.CreateChecked(x.ReadInto<'Other>())
             true)
        static member TryConvertToSaturating(x: Real, result: byref<'Other>) =
            (result <- 'Other.CreateSaturating(x.ReadInto<'Other>())
             true)
        static member TryConvertToTruncating(x: Real, result: byref<'Other>) =
            (result <- 'Other.CreateTruncating(x.ReadInto<'Other>())
             true)

    interface INumber<Real> with
        static member Clamp(x, min, max) = Real.Clamp(x, min, max)
        static member CopySign(x, sign) = Real.CopySign(x, sign)
        static member Max(a, b) = Real.Max(a, b)
        static member Min(a, b) = Real.Min(a, b)
        static member MaxNumber(a, b) = Real.MaxNumber(a, b)
        static member MinNumber(a, b) = Real.MinNumber(a, b)
        static member MaxNative(a, b) = if Real.op_GreaterThan (a, b) then a else Real.SecondOr(Real.Max, a, b)
        static member MinNative(a, b) = if Real.op_LessThan (a, b) then a else Real.SecondOr(Real.Min, a, b)

        static member ClampNative(x, min, max) =
            Real.RequireOrder(min, max)
            let x = if Real.op_GreaterThan (x, min) then x else Real.SecondOr(Real.Max, x, min)
            if Real.op_LessThan (x, max) then x else Real.SecondOr(Real.Min, x, max)
        static member Sign x = Real.Sign x

    interface IFloatingPointConstants<Real> with
        static member E = Real.E
        static member Pi = Real.Pi
        static member Tau = Real.Tau

    interface IExponentialFunctions<Real> with
        static member Exp x = Real.Exp x
        static member ExpM1 x = Real.ExpM1 x
        static member Exp2 x = Real.Exp2 x
        static member Exp2M1 x = Real.Exp2M1 x
        static member Exp10 x = Real.Exp10 x
        static member Exp10M1 x = Real.Exp10M1 x

    interface ILogarithmicFunctions<Real> with
        static member Log(x: Real) = Real.Log x
        static member LogP1(x: Real) = Real.LogP1 x
        static member Log2(x: Real) = Real.Log2 x
        static member Log2P1(x: Real) = Real.Log2P1 x
        static member Log10(x: Real) = Real.Log10 x
        static member Log10P1(x: Real) = Real.Log10P1 x
        static member Log(x: Real, newBase: Real) = Real.Log(x, newBase)

    interface IPowerFunctions<Real> with
        static member Pow(x, y) = Real.Pow(x, (y: Real))

    interface IRootFunctions<Real> with
        static member Sqrt x = Real.Sqrt x
        static member Cbrt x = Real.Cbrt x
        static member Hypot(a, b) = Real.Hypot(a, b)
        static member RootN(x, n) = Real.RootN(x, n)

    interface ITrigonometricFunctions<Real> with
        static member Sin x = Real.Sin x
        static member Cos x = Real.Cos x
        static member Tan x = Real.Tan x
        static member SinPi x = Real.SinPi x
        static member CosPi x = Real.CosPi x
        static member TanPi x = Real.TanPi x
        static member Asin x = Real.Asin x
        static member Acos x = Real.Acos x
        static member Atan x = Real.Atan x
        static member AsinPi x = Real.AsinPi x
        static member AcosPi x = Real.AcosPi x
        static member AtanPi x = Real.AtanPi x
        static member SinCos x = Real.SinCos x
        static member SinCosPi x = Real.SinCosPi x
        static member DegreesToRadians x = Real.DegreesToRadians x
        static member RadiansToDegrees x = Real.RadiansToDegrees x

    interface IHyperbolicFunctions<Real> with
        static member Sinh x = Real.Sinh x
        static member Cosh x = Real.Cosh x
        static member Tanh x = Real.Tanh x
        static member Asinh x = Real.Asinh x
        static member Acosh x = Real.Acosh x
        static member Atanh x = Real.Atanh x

    interface IFloatingPoint<Real> with
        static member Floor x = Real.Floor x
        static member Ceiling x = Real.Ceiling x
        static member Truncate x = Real.Truncate x
        static member Round(x: Real) = Real.Round x
        static member Round(x: Real, digits: int) = Real.Round(x, digits, MidpointRounding.ToEven)
        static member Round(x: Real, mode: MidpointRounding) = Real.Round(x, 0, mode)
        static member Round(x: Real, digits: int, mode: MidpointRounding) = Real.Round(x, digits, mode)
        static member ConvertToInteger<'Integer when 'Integer :> IBinaryInteger<'Integer>>(x: Real) : 'Integer =
            Double.ConvertToInteger<'Integer>(x.ReadAs "a whole number")
        static member ConvertToIntegerNative<'Integer when 'Integer :> IBinaryInteger<'Integer>>(x: Real) : 'Integer =
            Double.ConvertToIntegerNative<'Integer>(x.ReadAs "a whole number")
        member x.GetExponentByteCount() = (x.Value :> IFloatingPoint<float>).GetExponentByteCount()
        member x.GetExponentShortestBitLength() = (x.Value :> IFloatingPoint<float>).GetExponentShortestBitLength()
        member x.GetSignificandBitLength() = (x.Value :> IFloatingPoint<float>).GetSignificandBitLength()
        member x.GetSignificandByteCount() = (x.Value :> IFloatingPoint<float>).GetSignificandByteCount()
        member x.TryWriteExponentBigEndian(destination, written) =
            (x.Value :> IFloatingPoint<float>).TryWriteExponentBigEndian(destination, &written)
        member x.TryWriteExponentLittleEndian(destination, written) =
            (x.Value :> IFloatingPoint<float>).TryWriteExponentLittleEndian(destination, &written)
        member x.TryWriteSignificandBigEndian(destination, written) =
            ((x.ReadPlainly "reading its significand") :> IFloatingPoint<float>).TryWriteSignificandBigEndian(destination, &written)
        member x.TryWriteSignificandLittleEndian(destination, written) =
            ((x.ReadPlainly "reading its significand") :> IFloatingPoint<float>).TryWriteSignificandLittleEndian(destination, &written)

    interface IFloatingPointIeee754<Real> with
        static member Epsilon = Real.Epsilon
        static member NaN = Real.NaN
        static member NegativeInfinity = Real.NegativeInfinity
        static member NegativeZero = Real.NegativeZero
        static member PositiveInfinity = Real.PositiveInfinity
        static member Atan2(y, x) = Real.Atan2(y, x)
        static member Atan2Pi(y, x) = Real.Atan2Pi(y, x)
        static member BitDecrement x = Real.Unary(Piecewise.BitDecrement(), x)
        static member BitIncrement x = Real.Unary(Piecewise.BitIncrement(), x)
        static member FusedMultiplyAdd(a, b, c) = Real.FusedMultiplyAdd(a, b, c)
        static member Ieee754Remainder(a, b) = Real.Ieee754Remainder(a, b)
        static member ILogB x = Math.ILogB(x.ReadAs "a whole number")
        static member Lerp(a, b, t) = Real.Lerp(a, b, t)
        static member ReciprocalEstimate x = 1.0 / x
        static member ReciprocalSqrtEstimate x = 1.0 / Real.Sqrt x
        static member ScaleB(x, n) = Real.ScaleB(x, n)

    /// The value for a conversion to another type by generic math. Whole numbers are piecewise constant; for other types an error on a
    /// number that is being differentiated.
    member private x.ReadInto<'Other>() : float =
        let isWhole =
            typeof<'Other>.GetInterfaces()
            |> Array.exists (fun face ->
                face.IsGenericType && face.GetGenericTypeDefinition() = typeof<IBinaryInteger<int>>.GetGenericTypeDefinition())
        if isWhole then x.ReadAs "a whole number" else x.ReadPlainly $"the conversion to {typeof<'Other>.Name} by generic math"

    static member private Parsed(parsed: bool * float, result: byref<Real>) : bool =
        result <- Real(snd parsed)
        fst parsed

/// <summary>
/// The answer to a question about numbers, as Real.Select takes it: made by Real.Less and its like, combined by and, or and not. Unlike a
/// bool it may depend on the inputs of a program that is being compiled.
/// </summary>
and [<Struct; NoEquality; NoComparison>] Condition =
    val internal Answer: Real
    internal new(answer) = { Answer = answer }

    /// <summary>A condition that is known.</summary>
    new(isTrue: bool) = { Answer = Real(if isTrue then 1.0 else 0.0) }

    /// <summary>
    /// The condition as a bool, for an if. A program that is being compiled takes that branch and checks in each run that it still should.
    /// </summary>
    member x.IsTrue: bool = Real.Decide x.Answer

    /// <summary>Both conditions hold.</summary>
    static member op_BitwiseAnd(a: Condition, b: Condition) : Condition = Condition(Real.Relation(Comparisons.Both(), a.Answer, b.Answer))

    /// <summary>One of the conditions holds, or both.</summary>
    static member op_BitwiseOr(a: Condition, b: Condition) : Condition = Condition(Real.Relation(Comparisons.Either(), a.Answer, b.Answer))

    /// <summary>The condition does not hold.</summary>
    static member op_LogicalNot(a: Condition) : Condition = Condition(Real.Relation(Comparisons.Not(), a.Answer, a.Answer))

    static member op_Implicit(isTrue: bool) : Condition = Condition isTrue

/// <summary>
/// A number in JSON, bit for bit, as the number that its value is; "NaN", "Infinity" and "-Infinity" are strings. One that is being
/// differentiated is refused. System.Text.Json finds the converter by itself.
/// </summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] RealJsonConverter() =
    inherit JsonConverter<Real>()

    /// <summary>Reads a number.</summary>
    /// <exception cref="T:System.Text.Json.JsonException">It is no number; the message names the place.</exception>
    override _.Read(reader, typeToConvert, options) = Real(JsonNumber.Read(&reader, options, "A Real"))

    /// <summary>Writes a number.</summary>
    /// <exception cref="T:System.InvalidOperationException">The number is being differentiated.</exception>
    override _.Write(writer, x, options) = JsonNumber.Write(writer, x.ReadPlainly "writing JSON", options)

/// <summary>What a number carries when its primal, tangent or slope belongs to a lower level itself.</summary>
and [<AbstractClass; AllowNullLiteral>] internal Nested(level: Level, primal: Real) =
    inherit Node(level)
    member _.Primal = primal
    override _.Traces = primal.IsTraced

    /// The node as a number of forward or reverse mode whose level has not ended; otherwise null.
    static member Live(node: Node) : Nested =
        match node with
        | :? Variable
        | :? Dual when not node.Level.Ended -> Unsafe.As<Nested> node
        | _ -> null

/// <summary>A dual number: primal + tangent e, with e^2 = 0 and e the level's own.</summary>
and [<Sealed; AllowNullLiteral>] internal Dual(level: ForwardLevel, primal: Real, tangent: Real) =
    inherit Nested(level, primal)
    member _.Tangent = tangent

/// <summary>A result on a tape whose primal belongs to a lower level.</summary>
and [<Sealed; AllowNullLiteral>] internal Variable(tape: Tape, primal: Real, slot: float) =
    inherit Nested(tape, primal)
    member _.Slot = slot

/// <summary>The two slopes of a frame, where they belong to lower levels. They lie in a pooled list of the tape.</summary>
and [<Struct>] internal Lifted =
    val SlopeA: Real
    val SlopeB: Real
    new(slopeA, slopeB) = { SlopeA = slopeA; SlopeB = slopeB }

    static member On(tape: Tape) : PooledList<Lifted> = Unsafe.As<PooledList<Lifted>> tape.Slopes

    static member Push(tape: Tape, a: int, slopeA: Real, b: int, slopeB: Real) : float =
        if tape.Ended then
            0.0
        else
            if isNull tape.Slopes then tape.Slopes <- new PooledList<Lifted>()
            let slot = tape.PushLifted(a, b, Lifted.On(tape).Count)
            Lifted.On(tape).Add(Lifted(slopeA, slopeB)) |> ignore
            slot

/// <summary>A level that interprets rules by itself, such as Taylor mode's. Its members are called if an argument belongs to it.</summary>
and [<AbstractClass; AllowNullLiteral>] internal RuleLevel() =
    inherit Level(null, true)

    /// True if a number of the level met something that the level cannot follow. The results of the function are invalid then.
    member val IsRefused = false with get, set

    /// The node as a level of this kind that has not ended; otherwise null.
    static member Live(node: Node) : RuleLevel =
        if not node.IsNested && Unsafe.As<Level>(node).InterpretsRules && not (Unsafe.As<Level>(node).Ended) then
            Unsafe.As<RuleLevel> node
        else
            null

    abstract Unary<'R when 'R: struct and 'R :> IUnary> : rule: 'R * x: Real -> Real
    abstract Binary<'R when 'R: struct and 'R :> IBinary> : rule: 'R * a: Real * b: Real -> Real
    abstract Ternary<'R when 'R: struct and 'R :> ITernary> : rule: 'R * a: Real * b: Real * c: Real -> Real

    /// The number with this traced primal to which a and b contribute with weights.
    abstract Weigh: primal: Real * a: Real * weightA: Real * b: Real * weightB: Real -> Real

/// <summary>
/// The level of a program that is being traced (Program/Tracer.fs). It lies below all levels that the program's operators open, and numbers
/// of all these levels ask it where values decide.
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal TraceLevel() =
    inherit RuleLevel()
    // a number without a value is none the more a plain one for its level's end
    override level.Traces = not level.Ended || not level.HasValues
    override _.Weigh(primal, _, _, _, _) = primal
    abstract Step<'R when 'R: struct and 'R :> IStep> : rule: 'R * x: Real -> Real
    abstract Choice<'R when 'R: struct and 'R :> IChoice> : rule: 'R * a: Real * b: Real -> Real
    abstract Relation<'Q when 'Q: struct and 'Q :> IRelation> : relation: 'Q * a: Real * b: Real -> Real

    /// a where the answer is 1, b where it is 0.
    abstract Select: answer: Real * a: Real * b: Real -> Real

    /// The share that a has in the result y of a choice between a and b.
    abstract Share: a: Real * b: Real * y: Real -> Real

    /// The answer in this run, which later runs have to agree with.
    abstract Decide: answer: Real -> bool

    /// Tells whether a number of the program is the answer to a question, or a share.
    abstract IsWeight: x: Real -> bool

    /// False where the numbers of the program have no values, not even those of an example: no question about them has an answer.
    abstract HasValues: bool
    default _.HasValues = true

    /// The error of reading a number of the program as something plain, such as a double.
    abstract RefusalToRead: what: string -> exn

    /// Notes that a seed of a derivative is an input: were it 0, it would be a structural zero outside the program.
    abstract NoteSeed: unit -> unit

/// <summary>
/// The level of an evaluation trace (Traces/Recorder.fs), which writes down one run. Its numbers may be read like those of a plain run.
/// </summary>
and [<AbstractClass; AllowNullLiteral>] internal RecordLevel() =
    inherit RuleLevel()

    /// <summary>The result of a choice in which a has this share, and b the rest: 1, 0 or, at a tie, 1/2.</summary>
    abstract Choice<'R when 'R: struct and 'R :> IChoice> : rule: 'R * a: Real * b: Real * share: float -> Real

module internal Tracing =
    /// Tells the program that is being traced, if any, that a seed is a number of its own.
    let noteSeed (seed: Real) =
        match seed.node with
        | :? TraceLevel as level -> level.NoteSeed()
        | _ -> ()
