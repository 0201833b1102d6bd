namespace FuncAD.Explaining

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled
open FuncAD.Traces

/// What an operation of a sweep belongs to.
type internal SweepRole =
    /// The operation of the function itself.
    | Value = 0
    /// A part of the slope of a step.
    | Slope = 1
    /// Slope times adjoint, or the sum of such contributions.
    | Adjoint = 2

/// <summary>An operation of the function, or of the reverse sweep after it: its value, its own rounding error, and its slopes.</summary>
[<Struct>]
type internal SweepStep =
    {
        /// Null for an input.
        Primitive: Primitive
        Value: float
        /// The size of the rounding error of this operation alone.
        Error: float
        /// Its arguments: positions of earlier operations, or -1. What is a constant has no error.
        A: int
        SlopeA: float
        B: int
        SlopeB: float
        C: int
        SlopeC: float
        /// The step of the function that it belongs to.
        Owner: int
        Role: SweepRole
    }

    member step.Argument(index: int) : struct (int * float) =
        match index with
        | 0 -> struct (step.A, step.SlopeA)
        | 1 -> struct (step.B, step.SlopeB)
        | _ -> struct (step.C, step.SlopeC)

/// <summary>
/// The level on which the slopes of a run and its reverse sweep are computed again, so that each operation leaves its slopes, from which
/// the effect of its rounding is found. It computes what the modes compute.
/// </summary>
[<Sealed>]
type internal SweepLevel() =
    inherit RecordLevel()
    let steps = List<SweepStep>()

    /// What was recorded so far.
    member _.Steps = steps

    /// The step that operations belong to from now on, and how.
    member val Owner = 0 with get, set
    member val Role = SweepRole.Value with get, set

    /// The position of the operation that a number stands for; -1 for a constant.
    member level.PositionOf(x: Real) : int = if x.IsAt level then Tape.Index x.extra else -1

    member private level.Append(primitive: Primitive, value, error, a: int, slopeA, b: int, slopeB, c: int, slopeC) : Real =
        steps.Add
            { Primitive = primitive
              Value = value
              Error = error
              A = a
              SlopeA = slopeA
              B = b
              SlopeB = slopeB
              C = c
              SlopeC = slopeC
              Owner = level.Owner
              Role = level.Role }
        Real(value, Tape.Slot(steps.Count - 1), level)

    /// An operation of the function, as it was recorded.
    member level.Place(primitive: Primitive, value: float, arguments: Argument[], nodes: Real[]) : Real =
        let position index =
            if index < arguments.Length && arguments[index].IsActive then level.PositionOf nodes[arguments[index].Step] else -1
        let slope index = if index < arguments.Length then arguments[index].Slope else 0.0
        let operand index = if index < arguments.Length then arguments[index].Value else 0.0
        let error = LocalError.of' primitive (operand 0) (operand 1) value
        level.Append(primitive, value, error, position 0, slope 0, position 1, slope 1, position 2, slope 2)

    /// An input, which has no error.
    member level.Input(value: float) : Real = level.Append(null, value, 0.0, -1, 0.0, -1, 0.0, -1, 0.0)

    override level.Unary(rule: 'R, x) =
        let y = rule.Value x.value
        let primitive = UnaryPrimitive.For rule
        level.Append(
            primitive,
            y,
            LocalError.of' primitive x.value 0.0 y,
            level.PositionOf x,
            PlainDouble.Slope(rule, x.value, y),
            -1,
            0.0,
            -1,
            0.0
        )

    override level.Binary(rule: 'R, a, b) =
        let y = rule.Value(a.value, b.value)
        let primitive = BinaryPrimitive.For rule
        let error = LocalError.of' primitive a.value b.value y
        let slopeA = if a.IsAt level then PlainDouble.SlopeA(rule, a.value, b.value, y) else 0.0
        let slopeB = if b.IsAt level then PlainDouble.SlopeB(rule, a.value, b.value, y) else 0.0
        level.Append(primitive, y, error, level.PositionOf a, slopeA, level.PositionOf b, slopeB, -1, 0.0)

    override level.Ternary(rule: 'R, a, b, c) =
        let x, y, z = PlainDouble a.value, PlainDouble b.value, PlainDouble c.value
        let value = rule.Value(a.value, b.value, c.value)
        let primitive = TernaryPrimitive.For rule
        level.Append(
            primitive,
            value,
            LocalError.of' primitive a.value b.value value,
            level.PositionOf a,
            (rule.SlopeA<PlainDouble>(x, y, z)).Value,
            level.PositionOf b,
            (rule.SlopeB<PlainDouble>(x, y, z)).Value,
            level.PositionOf c,
            (rule.SlopeC<PlainDouble>(x, y, z)).Value
        )

    override level.Choice(rule: 'R, a, b, share) =
        let value = rule.Value(a.value, b.value)
        level.Append(BinaryPrimitive.For rule, value, 0.0, level.PositionOf a, share, level.PositionOf b, 1.0 - share, -1, 0.0)

    override _.Weigh(_, _, _, _, _) = raise (NotSupportedException "A run that is explained is not traced.")

/// <summary>
/// A run and its reverse sweep, operation by operation, for running error analysis (S. Linnainmaa, "Taylor expansion of the accumulated
/// rounding error", BIT 16, 1976; Higham, section 3.3): to first order the error of a result is the sum, over all operations before it, of
/// the rounding error of the operation times the derivative of the result with respect to what the operation returned.
/// </summary>
[<Sealed>]
type internal SweepTrace private (steps: SweepStep[], value: int, gradient: int[]) =
    let underflows =
        lazy
            (Underflow.origins
                steps.Length
                (fun position -> steps[position].Value)
                (fun position -> steps[position].Primitive)
                (fun position -> steps[position].Error > 0.0)
                (fun position -> [| steps[position].A; steps[position].B; steps[position].C |] |> Array.filter (fun step -> step >= 0))
                (fun _ -> -1))

    // an error that reaches the result is not 0 there, even where its size is below the smallest double
    let share (weight: float) (error: float) = if error = 0.0 || weight = 0.0 then 0.0 else max Double.Epsilon (abs weight * error)

    /// The operation that the result is; -1 for a constant.
    member _.Value = value

    /// The operation that the derivative in each input is; -1 for a constant, such as a structural zero.
    member _.Gradient = gradient
    member _.Steps = steps

    /// The operation at which an operation's result, which is below the normal doubles, became so; -1 if there is none.
    member _.UnderflowOf(position: int) : int = underflows.Value[position]

    /// The derivatives of an operation with respect to all before it.
    member private _.Weights(of': int, weights: float[]) : unit =
        Array.Clear(weights, 0, of' + 1)
        weights[of'] <- 1.0
        for position = of' downto 0 do
            let weight = weights[position]
            if weight <> 0.0 then
                let step = steps[position]
                if step.A >= 0 then weights[step.A] <- weights[step.A] + weight * step.SlopeA
                if step.B >= 0 then weights[step.B] <- weights[step.B] + weight * step.SlopeB
                if step.C >= 0 then weights[step.C] <- weights[step.C] + weight * step.SlopeC

    /// The sizes of the errors of some operations; 0 for a constant.
    member trace.Errors(outputs: int[]) : float[] =
        let weights = Array.zeroCreate steps.Length
        outputs
        |> Array.map (fun output ->
            if output < 0 then
                0.0
            else
                trace.Weights(output, weights)
                let isUnderflow = steps[output].Value = 0.0 && trace.UnderflowOf output >= 0
                let mutable sum = if isUnderflow then Double.Epsilon else 0.0
                for position = 0 to output do
                    sum <- sum + share weights[position] steps[position].Error
                sum)

    /// The way of the greatest rounding error to an operation: the operations from the one that was rounded to the output.
    member trace.WayOfGreatestError(output: int) : int[] =
        let weights = Array.zeroCreate steps.Length
        trace.Weights(output, weights)
        let greatest =
            Seq.init (output + 1) id
            |> Seq.maxBy (fun position ->
                let share = share weights[position] steps[position].Error
                if Double.IsNaN share then -1.0 else share)
        // of the operations that use one, the next is that through which most of its effect goes
        let next, through = Array.create steps.Length -1, Array.zeroCreate<float> steps.Length
        for position = 0 to output do
            if weights[position] <> 0.0 || position = output then
                for index = 0 to 2 do
                    let struct (argument, slope) = steps[position].Argument index
                    if argument >= 0 && abs (slope * weights[position]) > through[argument] then
                        through[argument] <- abs (slope * weights[position])
                        next[argument] <- position
        [| let mutable position = greatest
           while position >= 0 && position <> output do
               position
               position <- next[position]
           output |]

    /// How many times greater the relative error of an operation is than that of its argument.
    member _.Amplification(from: int, to': int) : float =
        let slope = Seq.init 3 steps[to'].Argument |> Seq.sumBy (fun (struct (argument, slope)) -> if argument = from then slope else 0.0)
        let ratio = abs (slope * steps[from].Value / steps[to'].Value)
        if Double.IsNaN ratio then (if steps[to'].Value = 0.0 && slope <> 0.0 then Double.PositiveInfinity else 0.0) else ratio

    /// The slope of a step as a number of the level: a rule's own formula, or the share of a choice.
    static member private Slope(primitive: Primitive, arguments: Argument[], index: int, node: int -> Real, y: Real) : Real =
        match primitive.Rule with
        | :? IUnary as rule -> rule.Slope<Real>(node 0, y)
        | :? IBinary as rule when index = 0 -> rule.SlopeA<Real>(node 0, node 1, y)
        | :? IBinary as rule -> rule.SlopeB<Real>(node 0, node 1, y)
        | :? ITernary as rule when index = 0 -> rule.SlopeA<Real>(node 0, node 1, node 2)
        | :? ITernary as rule when index = 1 -> rule.SlopeB<Real>(node 0, node 1, node 2)
        | :? ITernary as rule -> rule.SlopeC<Real>(node 0, node 1, node 2)
        | _ -> Real arguments[index].Slope

    /// The reverse sweep of a run with one result, as the modes do it.
    static member Of(run: Run) : SweepTrace =
        let level = SweepLevel()
        let nodes = Array.zeroCreate<Real> run.Steps
        for position = 0 to run.Steps - 1 do
            level.Owner <- position
            nodes[position] <-
                if run.IsInput position then
                    level.Input(run.ValueOf position)
                else
                    level.Place(run.PrimitiveOf position, run.ValueOf position, run.ArgumentsOf position, nodes)
        let adjoints, touched = Array.zeroCreate<Real> run.Steps, Array.zeroCreate<bool> run.Steps
        let result = (run.ArgumentOf(run.Steps, 0)).Step
        if result >= 0 then
            adjoints[result] <- Real 1.0
            touched[result] <- true
        for position = run.Steps - 1 downto run.Inputs do
            if touched[position] then
                let arguments = run.ArgumentsOf position
                let node index = if arguments[index].Step < 0 then Real arguments[index].Value else nodes[arguments[index].Step]
                level.Owner <- position
                for index = 0 to arguments.Length - 1 do
                    if arguments[index].IsActive then
                        let target = arguments[index].Step
                        level.Role <- SweepRole.Slope
                        let slope = SweepTrace.Slope(run.PrimitiveOf position, arguments, index, node, nodes[position])
                        level.Role <- SweepRole.Adjoint
                        let contribution = Real.Scale(slope, adjoints[position])
                        adjoints[target] <- if touched[target] then adjoints[target] + contribution else contribution
                        touched[target] <- true
        let trace = SweepTrace(level.Steps.ToArray(), result, Array.init run.Inputs (fun input -> level.PositionOf adjoints[input]))
        level.End()
        trace
