namespace FuncAD

open System.Runtime.CompilerServices
open FuncAD.Rules

// How the modes lift operations on arrays.

/// <summary>
/// A mode: how it lifts an operation if at least one argument belongs to a level of the mode. Where levels nest, the operation is applied
/// to its arguments as seen from below the level, and so lifted again.
/// </summary>
type internal IMode =
    abstract Lift<'O, 'X, 'Y
        when 'O: struct and 'O :> IOperation<'X, 'Y> and 'X: struct and 'X :> IArguments<'X> and 'Y: struct and 'Y :> IResults<'Y>> :
        level: Level * operation: 'O * arguments: 'X -> 'Y

[<Struct; NoEquality; NoComparison>]
type internal Tangents =
    interface ICarried with
        member _.OfArray x = x.Tangent
        member _.OfNumber x = x.Tangent

[<Struct; NoEquality; NoComparison>]
type internal OnForward(level: ForwardLevel) =
    interface IPlacement with
        member _.Array(primal, tangent) = Tensor.OnForward(level, primal, tangent)
        member _.Number(primal, tangent) = Real.OnForward(level, primal, tangent)

/// <summary>Forward mode: the results carry the pushforward of the arguments' tangents.</summary>
[<Struct>]
type internal ForwardMode =
    interface IMode with
        member _.Lift<'O, 'X, 'Y
            when 'O: struct and 'O :> IOperation<'X, 'Y> and 'X: struct and 'X :> IArguments<'X> and 'Y: struct and 'Y :> IResults<'Y>>
            (level: Level, operation: 'O, arguments: 'X)
            : 'Y =
            let level = level :?> ForwardLevel
            let x = arguments.Below level
            let y = operation.Apply x
            y.Place(OnForward level, operation.Pushforward(x, y, arguments.Carried(level, Tangents())))

/// What vector forward mode's arguments carry: arrays their tangents, and numbers themselves, whose tangents the level has.
[<Struct; NoEquality; NoComparison>]
type internal Bundles =
    interface ICarried with
        member _.OfArray x = x.Tangents
        member _.OfNumber x = x

[<Struct; NoEquality; NoComparison>]
type internal OnVector(level: VectorForward) =
    interface IPlacement with
        member _.Array(primal, tangents) = Tensor.OnVector(level, primal, tangents)
        member _.Number(_, number) = number

/// Refuses results that belong to levels below one that follows plain numbers only.
[<Struct; NoEquality; NoComparison>]
type internal RefusingNested(level: PlainLevel) =
    interface IPlacement with
        member _.Array(primal, _) = if isNull primal.Node then primal else level.Refuse()
        member _.Number(primal, _) = if isNull primal.node then primal else level.Refuse()

/// <summary>Vector forward mode: the results carry tangents in all directions of the level.</summary>
[<Struct>]
type internal VectorMode =
    interface IMode with
        member _.Lift<'O, 'X, 'Y
            when 'O: struct and 'O :> IOperation<'X, 'Y> and 'X: struct and 'X :> IArguments<'X> and 'Y: struct and 'Y :> IResults<'Y>>
            (level: Level, operation: 'O, arguments: 'X)
            : 'Y =
            let level = level :?> VectorForward
            let x = arguments.Below level
            let y = operation.Apply x
            if not (level.ReachDown()) then
                level.Refuse y
            else
                y.Place(RefusingNested level, y) |> ignore
                y.Place(OnVector level, operation.Pushforwards(level, x, y, arguments.Carried(level, Bundles())))

/// Arrays get new indices on the tape. A number, which then is the only result of its operation, gets the slot of the backpropagator.
[<Struct; NoEquality; NoComparison>]
type internal OnTape(tape: Tape, slot: float) =
    interface IPlacement with
        member _.Array(primal, _) = Tensor.OnTape(tape, primal)
        member _.Number(primal, _) = Real.OnTape(tape, primal, slot)

/// <summary>Reverse mode: the tape gets a backpropagator, which a sweep resumes.</summary>
[<Struct>]
type internal ReverseMode =
    interface IMode with
        member _.Lift<'O, 'X, 'Y
            when 'O: struct and 'O :> IOperation<'X, 'Y> and 'X: struct and 'X :> IArguments<'X> and 'Y: struct and 'Y :> IResults<'Y>>
            (level: Level, operation: 'O, arguments: 'X)
            : 'Y =
            let tape = level :?> Tape
            let x = arguments.Below tape
            let y = operation.Apply x
            let slot = tape.PushClosure(operation.Backpropagator(tape, arguments, x, y))
            // OnTape reads nothing but the primals: y stands for what the results carry
            y.Place(OnTape(tape, slot), y)

/// <summary>Lifts the operators of arrays, all by the one lifting of a mode.</summary>
type internal LiftingBy<'M when 'M: struct and 'M :> IMode>(mode: 'M) =
    inherit Lifting()

    override _.Unary<'R when 'R: struct and 'R :> IUnary>(level: Level, rule: 'R, x: Tensor) : Tensor =
        mode.Lift<UnaryOperation<'R>, One, One>(level, UnaryOperation<'R> rule, One x).Array

    override _.Binary<'R when 'R: struct and 'R :> IBinary>(level: Level, rule: 'R, a: Tensor, b: Tensor) : Tensor =
        mode.Lift<BinaryOperation<'R>, Two, One>(level, BinaryOperation<'R> rule, Two(a, b)).Array

    override _.Choice<'R when 'R: struct and 'R :> IChoice>(level: Level, rule: 'R, a: Tensor, b: Tensor) : Tensor =
        mode.Lift<ChoiceOperation<'R>, Two, One>(level, ChoiceOperation<'R> rule, Two(a, b)).Array

    override _.Linear(level, op, x) = mode.Lift<LinearOperation, One, One>(level, LinearOperation op, One x).Array
    override _.Bilinear(level, op, a, b) = mode.Lift<BilinearOperation, Two, One>(level, BilinearOperation op, Two(a, b)).Array
    override _.Apply(level, op, arguments) = mode.Lift<WrittenOperation, Many, Many>(level, WrittenOperation op, Many arguments).Arrays

    override lifting.Ternary<'R when 'R: struct and 'R :> ITernary>(level: Level, rule: 'R, arguments: Tensor[]) : Tensor =
        lifting.Apply(level, TernaryOperation<'R> rule, arguments)[0]

    override _.Stack(level, numbers, shape) =
        mode.Lift<StackOperation, Numbers, One>(level, StackOperation shape, Numbers(numbers, null)).Array

    override _.Element(level, x, position) = mode.Lift<ElementOperation, One, Number>(level, ElementOperation position, One x).Item

/// <summary>Lifts the operators of arrays to tapes: operations on small arrays by steps in the tape's arena (ArraySteps.fs).</summary>
[<Sealed>]
type internal LiftingToTape() =
    inherit LiftingBy<ReverseMode>(ReverseMode())

    override _.Unary<'R when 'R: struct and 'R :> IUnary>(level: Level, rule: 'R, x: Tensor) : Tensor =
        match ArraySteps.Unary(Unsafe.As<Tape> level, rule, x) with
        | null -> base.Unary(level, rule, x)
        | y -> y

    override _.Binary<'R when 'R: struct and 'R :> IBinary>(level: Level, rule: 'R, a: Tensor, b: Tensor) : Tensor =
        match ArraySteps.Binary(Unsafe.As<Tape> level, rule, a, b) with
        | null -> base.Binary(level, rule, a, b)
        | y -> y

    override _.Choice<'R when 'R: struct and 'R :> IChoice>(level: Level, rule: 'R, a: Tensor, b: Tensor) : Tensor =
        match ArraySteps.Choice(Unsafe.As<Tape> level, rule, a, b) with
        | null -> base.Choice(level, rule, a, b)
        | y -> y

/// <summary>The modes' liftings, which their levels are opened with.</summary>
module internal ArrayModes =
    let forward: ArrayMode = LiftingBy<ForwardMode>(ForwardMode())
    let vectorForward: ArrayMode = LiftingBy<VectorMode>(VectorMode())
    let reverse: ArrayMode = LiftingToTape()
