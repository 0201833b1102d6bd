namespace FuncAD

open System
open System.Runtime.CompilerServices
open FuncAD.Rules

// Operations on small arrays, elementwise, whose backpropagators are steps in the tape's arena: no object is made for them.

/// <summary>A rule by which steps are resumed: one object for all operations of a kind.</summary>
[<AbstractClass; AllowNullLiteral>]
type internal ArrayRule() =
    inherit StepRule()
    abstract Resume: cotangents: ArrayCotangents * step: inref<ArrayStep> -> unit

    /// The elements of the result, of the first and of the second argument.
    static member Values(arena: ArrayArena, step: inref<ArrayStep>) : Span<float> =
        arena.At(arena.Arrays[step.Result].Place, Math.Max(int step.LengthOfA, int step.LengthOfB))

    static member ValuesOfA(arena: ArrayArena, step: inref<ArrayStep>) : Span<float> = arena.At(step.PlaceOfA, int step.LengthOfA)
    static member ValuesOfB(arena: ArrayArena, step: inref<ArrayStep>) : Span<float> = arena.At(step.PlaceOfB, int step.LengthOfB)

    /// Elements of the arena as a tensor of the shape that the array has on the tape. A constant has the shape of the result, or none.
    static member private Tensor(values: Span<float>, shape: int[]) : Tensor =
        Tensor(values.ToArray(), (if values.Length = 1 && Shape.length shape <> 1 then [||] else shape), null)

    static member Result(arena: ArrayArena, step: inref<ArrayStep>) : Tensor =
        ArrayRule.Tensor(ArrayRule.Values(arena, &step), arena.Arrays[step.Result].Shape)

    static member OfA(arena: ArrayArena, step: inref<ArrayStep>) : Tensor =
        ArrayRule.Tensor(ArrayRule.ValuesOfA(arena, &step), arena.Arrays[(if step.A < 0 then step.Result else step.A)].Shape)

    static member OfB(arena: ArrayArena, step: inref<ArrayStep>) : Tensor =
        ArrayRule.Tensor(ArrayRule.ValuesOfB(arena, &step), arena.Arrays[(if step.B < 0 then step.Result else step.B)].Shape)

/// <summary>
/// Which rules are the same for all operations: those without parameters, which are the default of their type, bit by bit. Their steps
/// share one object.
/// </summary>
module internal SharedRule =
    let isShared (rule: 'R when 'R: struct) : bool =
        let mutable rule = rule
        Unsafe.SizeOf<'R>() = 1 && Unsafe.As<'R, byte>(&rule) = 0uy

[<Sealed; AllowNullLiteral>]
type internal UnaryStep<'R when 'R: struct and 'R :> IUnary>(rule: 'R) =
    inherit ArrayRule()

    [<DefaultValue>]
    static val mutable private shared: UnaryStep<'R>

    static member Of(rule: 'R) : UnaryStep<'R> =
        if not (SharedRule.isShared rule) then
            UnaryStep<'R> rule
        else
            if isNull UnaryStep<'R>.shared then UnaryStep<'R>.shared <- UnaryStep<'R> rule
            UnaryStep<'R>.shared

    override _.Resume(cotangents, step) =
        let arena = cotangents.Arena
        if cotangents.IsTracking then
            let pullback = UnaryPullback<'R>(rule, ArrayRule.OfA(arena, &step), ArrayRule.Result(arena, &step))
            BackpropagatorOfOne(pullback, step.A, step.Result).Resume(cotangents, 0)
        elif not cotangents.IsInDoubt then
            let y = ArrayRule.Values(arena, &step)
            let yBar = cotangents.TakeRegion(step.Result, arena.Arrays[step.Result].Place, y.Length)
            if yBar.Length > 0 then
                let mutable isSet = false
                let out = cotangents.OpenRegion(step.A, step.PlaceOfA, y.Length, &isSet)
                Elementwise.Slope(rule, ArrayRule.ValuesOfA(arena, &step), y, yBar, out, isSet)

/// <summary>Rules of two arguments, which have a partial derivative for each.</summary>
[<AbstractClass; AllowNullLiteral>]
type internal RuleOfTwo() =
    inherit ArrayRule()

    /// out (+)= a partial derivative times yBar. An argument that is one number receives the sum.
    static member Contribute<'D when 'D: struct and 'D :> IPartial>
        (cotangents: ArrayCotangents, step: inref<ArrayStep>, partial: 'D, first: bool, yBar: Span<float>)
        : unit =
        let arena = cotangents.Arena
        let a = ArrayRule.ValuesOfA(arena, &step)
        let b = ArrayRule.ValuesOfB(arena, &step)
        let y = ArrayRule.Values(arena, &step)
        let struct (slot, place) = if first then struct (step.A, step.PlaceOfA) else struct (step.B, step.PlaceOfB)
        let length = if first then a.Length else b.Length
        let mutable isSet = false
        let out = cotangents.OpenRegion(slot, place, length, &isSet)
        if length = y.Length then
            partial.Apply(a, b, y, yBar, out, isSet)
        else
            out[0] <- (if isSet then out[0] else 0.0) + partial.Sum(y.Length, a, b, y, yBar)

    /// Adds yBar itself.
    static member HandOn(cotangents: ArrayCotangents, slot: int, place: int, yBar: Span<float>) : unit =
        let mutable isSet = false
        let out = cotangents.OpenRegion(slot, place, yBar.Length, &isSet)
        if isSet then Numerics.Tensors.TensorPrimitives.Add(Span.op_Implicit out, Span.op_Implicit yBar, out) else yBar.CopyTo out

    /// In a sweep with supports, the tensors' pullback.
    abstract Track: cotangents: ArrayCotangents * step: inref<ArrayStep> -> unit
    abstract Pull: cotangents: ArrayCotangents * step: inref<ArrayStep> * first: bool * yBar: Span<float> -> unit

    override rule.Resume(cotangents, step) =
        if cotangents.IsTracking then
            rule.Track(cotangents, &step)
        elif not cotangents.IsInDoubt then
            let length = Math.Max(int step.LengthOfA, int step.LengthOfB)
            let yBar = cotangents.TakeRegion(step.Result, cotangents.Arena.Arrays[step.Result].Place, length)
            if yBar.Length > 0 then
                if step.A >= 0 then rule.Pull(cotangents, &step, true, yBar)
                if step.B >= 0 then rule.Pull(cotangents, &step, false, yBar)

[<Sealed; AllowNullLiteral>]
type internal BinaryStep<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    inherit RuleOfTwo()

    [<DefaultValue>]
    static val mutable private shared: BinaryStep<'R>

    static member Of(rule: 'R) : BinaryStep<'R> =
        if not (SharedRule.isShared rule) then
            BinaryStep<'R> rule
        else
            if isNull BinaryStep<'R>.shared then BinaryStep<'R>.shared <- BinaryStep<'R> rule
            BinaryStep<'R>.shared

    override _.Track(cotangents, step) =
        let arena = cotangents.Arena
        let a, b, y = ArrayRule.OfA(arena, &step), ArrayRule.OfB(arena, &step), ArrayRule.Result(arena, &step)
        BackpropagatorOfTwo(BinaryPullback<'R>(rule, a, b, y), step.A, step.B, step.Result).Resume(cotangents, 0)

    override _.Pull(cotangents, step, first, yBar) =
        let length = if first then step.LengthOfA else step.LengthOfB
        if BinaryPullback<'R>.HandsOn first && int length = yBar.Length then
            RuleOfTwo.HandOn(cotangents, (if first then step.A else step.B), (if first then step.PlaceOfA else step.PlaceOfB), yBar)
        elif first then
            RuleOfTwo.Contribute(cotangents, &step, PartialA<'R> rule, true, yBar)
        else
            RuleOfTwo.Contribute(cotangents, &step, PartialB<'R> rule, false, yBar)

[<Sealed; AllowNullLiteral>]
type internal ChoiceStep<'R when 'R: struct and 'R :> IChoice>(rule: 'R) =
    inherit RuleOfTwo()

    [<DefaultValue>]
    static val mutable private shared: ChoiceStep<'R>

    static member Of(rule: 'R) : ChoiceStep<'R> =
        if not (SharedRule.isShared rule) then
            ChoiceStep<'R> rule
        else
            if isNull ChoiceStep<'R>.shared then ChoiceStep<'R>.shared <- ChoiceStep<'R> rule
            ChoiceStep<'R>.shared

    override _.Track(cotangents, step) =
        let arena = cotangents.Arena
        let a, b, y = ArrayRule.OfA(arena, &step), ArrayRule.OfB(arena, &step), ArrayRule.Result(arena, &step)
        BackpropagatorOfTwo(ChoicePullback<'R>(rule, a, b, y), step.A, step.B, step.Result).Resume(cotangents, 0)

    override _.Pull(cotangents, step, first, yBar) = RuleOfTwo.Contribute(cotangents, &step, PartialOfChoice<'R>(rule, first), first, yBar)

/// <summary>Applies operations to small arrays on a tape, and records them as steps. The results are null for all others.</summary>
[<AbstractClass; Sealed>]
type internal ArraySteps private () =

    /// True for a plain array that the tape's arena holds.
    static member private IsInArena(tape: Tape, x: Tensor) : bool =
        Object.ReferenceEquals(x.Node, tape.PlainNode) && ArrayArena.Takes x.Length

    /// The common shape of two arguments which steps can have: constants and arrays of the arena, of one shape or single numbers. Null for
    /// others.
    static member private ShapeOf(tape: Tape, a: Tensor, b: Tensor) : int[] =
        let isOperand (x: Tensor) = isNull x.Node || ArraySteps.IsInArena(tape, x)
        let length = Math.Max(a.Length, b.Length)
        if not (ArrayArena.Takes length && isOperand a && isOperand b) then null
        elif Shape.areEqual a.Dimensions b.Dimensions then a.Dimensions
        elif length > 1 && b.Rank = 0 then a.Dimensions
        elif length > 1 && a.Rank = 0 then b.Dimensions
        else null

    /// The place of an argument that has one or has to be read; another place for a constant that is not.
    static member private PlaceOf(arena: ArrayArena, x: Tensor, length: int, isRead: bool, otherwise: int) : int =
        if not (isNull x.Node) then arena.Arrays[x.Slot].Place
        elif isRead then arena.Keep(x.Compact, length)
        else otherwise

    static member Unary<'R when 'R: struct and 'R :> IUnary>(tape: Tape, rule: 'R, x: Tensor) : Tensor =
        if tape.Ended || not (ArraySteps.IsInArena(tape, x)) then
            null
        else
            let y = GC.AllocateUninitializedArray<float> x.Length
            Elementwise.Unary(rule, ReadOnlySpan x.Compact, Span y)
            tape.PushStep()
            let arena = tape.Arena
            let place = arena.Keep(y, y.Length)
            let result = Tensor.OnTape(tape, y, x.Dimensions, place, null)
            arena.Steps.Add
                { Rule = UnaryStep<'R>.Of rule
                  Result = result.Slot
                  A = x.Slot
                  B = -1
                  PlaceOfA = arena.Arrays[x.Slot].Place
                  PlaceOfB = place
                  LengthOfA = int16 y.Length
                  LengthOfB = 1s }
            |> ignore
            result

    /// <summary>The result, recorded with a rule that reads some of the arguments (bit 1: the first, bit 2: the second).</summary>
    static member private Two<'R when 'R: struct and 'R :> IFunction2>
        (tape: Tape, rule: 'R, step: ArrayRule, reads: int, a: Tensor, b: Tensor, shape: int[])
        : Tensor =
        let length = Math.Max(a.Length, b.Length)
        // a constant of equal elements is one number, unless nothing else tells the length of the result
        let lengthOf (x: Tensor) (other: Tensor) =
            if x.Length = 1 || (isNull x.Node && x.Compact.Length = 1 && other.Length = length) then 1 else length
        let lengthOfA = lengthOf a b
        let lengthOfB = if lengthOfA = length then lengthOf b a else length
        let y = GC.AllocateUninitializedArray<float> length
        Elementwise.Binary(rule, ReadOnlySpan a.Compact, ReadOnlySpan b.Compact, Span y)
        tape.PushStep()
        let arena = tape.Arena
        let place = arena.Keep(y, length)
        let result = Tensor.OnTape(tape, y, shape, place, null)
        arena.Steps.Add
            { Rule = step
              Result = result.Slot
              A = Tensor.SlotOn(tape, a)
              B = Tensor.SlotOn(tape, b)
              PlaceOfA = ArraySteps.PlaceOf(arena, a, lengthOfA, reads &&& 1 <> 0, place)
              PlaceOfB = ArraySteps.PlaceOf(arena, b, lengthOfB, reads &&& 2 <> 0, place)
              LengthOfA = int16 lengthOfA
              LengthOfB = int16 lengthOfB }
        |> ignore
        result

    static member Binary<'R when 'R: struct and 'R :> IBinary>(tape: Tape, rule: 'R, a: Tensor, b: Tensor) : Tensor =
        match ArraySteps.ShapeOf(tape, a, b) with
        | null -> null
        | _ when tape.Ended -> null
        | shape ->
            let readsOfA = if isNull a.Node then 0 else rule.SlopeA(Reads 1, Reads 2, Reads 4).Set
            let readsOfB = if isNull b.Node then 0 else rule.SlopeB(Reads 1, Reads 2, Reads 4).Set
            ArraySteps.Two(tape, rule, BinaryStep<'R>.Of rule, readsOfA ||| readsOfB, a, b, shape)

    static member Choice<'R when 'R: struct and 'R :> IChoice>(tape: Tape, rule: 'R, a: Tensor, b: Tensor) : Tensor =
        match ArraySteps.ShapeOf(tape, a, b) with
        | null -> null
        | _ when tape.Ended -> null
        | shape -> ArraySteps.Two(tape, rule, ChoiceStep<'R>.Of rule, 3, a, b, shape)
