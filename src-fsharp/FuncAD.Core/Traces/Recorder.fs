namespace FuncAD.Traces

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled

/// <summary>What a step was computed from.</summary>
[<Struct>]
type internal Argument =
    {
        /// The position of an earlier step; -1 for a constant.
        Step: int
        Value: float
        /// The local slope, the step's derivative in this argument; 0 for a constant.
        Slope: float
        /// False for a constant, and for the argument that a choice did not take: its slope is a structural zero.
        IsActive: bool
    }

/// <summary>One line of a recorded run.</summary>
[<Struct>]
type internal Record = { Primitive: Primitive; Arguments: Argument[]; Value: float }

/// <summary>
/// The level of an evaluation trace: it writes down each operation of one run with its value and its local slopes, the rules' own.
/// Operators inside the function open their levels above it, and what they compute on it is part of the trace. It keeps values in plain
/// doubles: a number that is being differentiated elsewhere is refused, since its derivative would be lost.
/// </summary>
[<Sealed>]
type internal Recorder(operation: string, inputs: float[]) =
    inherit RecordLevel()
    let records = List<Record>()
    let owner = ThreadOwner()

    /// Is told the position of each step as it is recorded, while the function that performed it is on the stack; null for nobody.
    member val Observer: Action<int> = null with get, set

    /// What was recorded so far, without the inputs, which have the first positions.
    member _.Records = records

    /// An input as the function sees it.
    member level.Input(index: int) : Real = Real(inputs[index], Tape.Slot index, level)

    member private _.Refuse() : 'a =
        raise (
            InvalidOperationException(
                $"{operation}: the function uses a number that is being differentiated, or traced by AD.Compile, outside the trace. The numbers of a trace are doubles, so that "
                + "its derivative would be lost. Make the number an input of the trace, or write StopGradient(x) or x.Value where a constant is meant."
            )
        )

    /// The position of the step that a number stands for; -1 for a constant.
    member level.StepOf(x: Real) : int =
        if x.IsAt level then Tape.Index x.extra
        elif isNull x.node then -1
        else level.Refuse()

    member private level.Argument(x: Real, slope: float, isActive: bool) : Argument =
        let step = level.StepOf x
        let isActive = isActive && step >= 0
        { Step = step; Value = x.value; Slope = (if isActive then slope else 0.0); IsActive = isActive }

    member private level.Append(primitive: Primitive, value: float, arguments: Argument[]) : Real =
        owner.Require(operation, "")
        records.Add { Primitive = primitive; Arguments = arguments; Value = value }
        let position = inputs.Length + records.Count - 1
        if not (isNull level.Observer) then level.Observer.Invoke position
        Real(value, Tape.Slot position, level)

    override level.Unary(rule: 'R, x) =
        let y = rule.Value x.value
        level.Append(UnaryPrimitive.For rule, y, [| level.Argument(x, PlainDouble.Slope(rule, x.value, y), true) |])

    override level.Binary(rule: 'R, a, b) =
        let y = rule.Value(a.value, b.value)
        // a constant's slope is not asked for, as in the modes
        let slopeA = if level.StepOf a < 0 then 0.0 else PlainDouble.SlopeA(rule, a.value, b.value, y)
        let slopeB = if level.StepOf b < 0 then 0.0 else PlainDouble.SlopeB(rule, a.value, b.value, y)
        level.Append(BinaryPrimitive.For rule, y, [| level.Argument(a, slopeA, true); level.Argument(b, slopeB, true) |])

    override level.Ternary(rule: 'R, a, b, c) =
        let x, y, z = PlainDouble a.value, PlainDouble b.value, PlainDouble c.value
        level.Append(
            TernaryPrimitive.For rule,
            rule.Value(a.value, b.value, c.value),
            [| level.Argument(a, (rule.SlopeA<PlainDouble>(x, y, z)).Value, true)
               level.Argument(b, (rule.SlopeB<PlainDouble>(x, y, z)).Value, true)
               level.Argument(c, (rule.SlopeC<PlainDouble>(x, y, z)).Value, true) |]
        )

    override level.Choice(rule: 'R, a, b, share) =
        level.Append(
            BinaryPrimitive.For rule,
            rule.Value(a.value, b.value),
            [| level.Argument(a, share, share > 0.0); level.Argument(b, 1.0 - share, share < 1.0) |]
        )

    override level.Weigh(_, _, _, _, _) = level.Refuse()
