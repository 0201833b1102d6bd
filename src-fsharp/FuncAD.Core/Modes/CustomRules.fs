namespace FuncAD

open System

/// <summary>
/// The functions of a custom rule receive its arguments below the level at which the rule is differentiated. Numbers that they capture are
/// not lowered: the derivative of one that is being differentiated at that level, or a higher one, would be lost.
/// </summary>
module internal Captures =
    let refuse (operation: string) (what: string) : 'a =
        raise (
            InvalidOperationException(
                $"{operation}: {what} depends on a number that is being differentiated and that the rule's functions capture; its derivative would be lost. Make the number "
                + "a part of the rule's argument (Custom over a tuple or an array), or write StopGradient(x) where a constant is meant."
            )
        )

    /// Refuses numbers and arrays of the level, or of higher ones.
    let check (operation: string) (what: string) (level: Level) (parts: Leaves) : Leaves =
        match Leaves.highest (parts |> Leaves.map _.Live _.Live) with
        | null -> parts
        | highest when highest.Order < level.Order -> parts
        | _ -> refuse operation what

/// <summary>A user's function of one number, as a rule: name, value, slope.</summary>
[<Struct>]
type internal CustomRule(name: string, value: float -> float, slope: Real -> Real -> Real) =
    interface IOnReals

    /// dy/dx, from the input x and the output y, as the user wrote it.
    member _.SlopeOnReals(x: Real, y: Real) : Real = slope x y

    interface IUnary with
        member _.Name = name
        // nothing is known about the user's function
        member _.Traits = { Traits.Plain.HidingNaN with ReadsSignOfNaN = true }
        member _.Domain = { Low = -1.0; High = 1.0 }
        member _.Edges = []
        member _.Value x = value x

        member _.Slope<'T when 'T :> ICarrier<'T>>(x: 'T, y: 'T) : 'T =
            let slope, name = slope, name
            match box x, box y with
            | (:? Real as x), (:? Real as y) -> unbox<'T>(box (slope x y))
            | (:? IPlain<'T> as x), _ ->
                x.Map(
                    y,
                    fun x y ->
                        let slope = slope (Real x) (Real y)
                        if isNull slope.Live.node then slope.Value else Captures.refuse $"Custom rule {name}" "its slope"
                )
            | _ -> raise (NotSupportedException $"The custom rule {name} has no slope on {typeof<'T>.Name}.")

/// <summary>The backpropagator of a user's function over structures.</summary>
[<Sealed>]
type internal CustomBackpropagator(inputs: Slots, numbers: int, arrays: Tensor[], firstArray: int, pullback: Leaves -> Leaves) =
    inherit Backpropagator<ArrayCotangents>()

    override _.Resume(cotangents, slot) =
        let isUsed = Array.init numbers (fun index -> cotangents.IsTouched(slot + index))
        let arrayBars = Array.init arrays.Length (fun index -> let struct (yBar, _) = cotangents.Take(firstArray + index) in yBar)
        let isNaN (slot: int) = Double.IsNaN (cotangents.Number slot).value
        let isDoubtful =
            arrayBars |> Array.exists (fun yBar -> not (isNull yBar) && yBar.HasNaN)
            || Seq.exists isNaN (seq { slot .. slot + numbers - 1 })
        // The pullback runs where any of the results has a cotangent. How it treats NaN is not known.
        if not (cotangents.DoubtIf isDoubtful) && (Array.contains true isUsed || arrayBars |> Array.exists (isNull >> not)) then
            let results =
                { Numbers = Array.init numbers (fun index -> cotangents.Number(slot + index))
                  Arrays =
                    Array.map2
                        (fun (y: Tensor) (yBar: Tensor) -> if isNull yBar then Tensor.Uniform(0.0, y.Dimensions) else yBar.Untracked)
                        arrays
                        arrayBars }
            let contributions = pullback results
            inputs.OfNumbers |> Array.iteri (fun index slot -> if slot >= 0 then cotangents.AddNumber(slot, contributions.Numbers[index]))
            inputs.OfArrays |> Array.iteri (fun index slot -> if slot >= 0 then cotangents.Add(slot, contributions.Arrays[index], null))

/// <summary>A user's function over structures, with its pullback and, where given, its pushforward.</summary>
module internal CustomRules =
    /// J dx by rows: a pullback is linear, so it maps the unit cotangent of a result to the result's row. Cost: one pullback per result.
    let private byRows (pull: Leaves -> Leaves) (dx: Leaves) (results: Leaves) : Leaves =
        let row (seed: Leaves) : Real =
            let slopes = pull seed
            let isZero (dx: Real) = isNull dx.node && dx.value = 0.0
            let numbers = Array.fold2 (fun sum slope dx -> if isZero dx then sum else sum + slope * dx) (Real 0.0) slopes.Numbers dx.Numbers
            Array.fold2
                (fun sum (slope: Tensor) (dx: Tensor) -> sum + Tensor.SumTo(slope * dx, [||]).ToReal())
                numbers
                slopes.Arrays
                dx.Arrays
        let zeros = results |> Leaves.map (fun _ -> Real 0.0) (fun y -> Tensor.Uniform(0.0, y.Dimensions))
        let unitNumber index = { zeros with Numbers = zeros.Numbers |> Array.mapi (fun i zero -> if i = index then Real 1.0 else zero) }
        let unitArray index position =
            let element (y: Tensor) = Tensor(Array.init y.Length (fun i -> if i = position then 1.0 else 0.0), y.Dimensions, null)
            { zeros with Arrays = zeros.Arrays |> Array.mapi (fun i zero -> if i = index then element zero else zero) }
        { Numbers = results.Numbers |> Array.mapi (fun index _ -> row (unitNumber index))
          Arrays =
            results.Arrays
            |> Array.mapi (fun index y ->
                Tensor.OfReals(Array.init y.Length (fun position -> row (unitArray index position)), y.Dimensions)) }

    /// Applies the function: its value is computed below the highest level of its argument, its rule is applied at that level.
    let rec apply name (value: 'P -> 'Q) (pullback: 'P -> 'Q -> 'Q -> 'P) (pushforward: ('P -> 'Q -> 'P -> 'Q) option) (p: 'P) : 'Q =
        let operation = $"Custom rule {name}"
        let struct (like, inputs) = Flatten.input operation "x" p
        let inputs = inputs |> Leaves.map _.Live _.Live
        match Leaves.highest inputs with
        | null -> value (Flatten.argument like inputs)
        | :? TraceLevel -> value (Flatten.argument like inputs) // below all levels: its own operations are traced
        | level ->
            let point = inputs |> Leaves.map _.Below(level) _.Below(level)
            let copy (parts: Leaves) = { parts with Numbers = Array.copy parts.Numbers }
            let x () : 'P = Flatten.argument like (copy point)
            let struct (likeResult, reader) = apply name value pullback pushforward (x ()) |> Flatten.result operation "its value"
            if reader.HasFunctions then reader.Fail "it holds a function, which a custom rule cannot differentiate. Return its results."
            let primals = reader.Leaves |> Captures.check operation "its value" level
            // Made again for each call, as x is: the rule may change its arguments, and value may reuse the memory of its result.
            let y () : 'Q = Flatten.argument likeResult (copy primals)
            let pull (cotangents: Leaves) : Leaves =
                pullback (x ()) (y ()) (Flatten.rebuild likeResult (copy cotangents))
                |> Flatten.alike operation "the result of the pullback" like
            match level with
            | :? ForwardLevel as level ->
                let dx =
                    inputs
                    |> Leaves.map (fun number -> if number.IsAt level then number.Tangent else Real 0.0) (fun array ->
                        if array.IsAt level then array.Tangent else Tensor.Nothing array.Dimensions)
                let dy =
                    match pushforward with
                    | Some pushforward ->
                        pushforward (x ()) (y ()) (Flatten.rebuild like (dx |> Leaves.map id _.Untracked))
                        |> Flatten.alike operation "the result of the pushforward" likeResult
                        |> Captures.check operation "the result of its pushforward" level
                    | None -> byRows pull dx primals
                let lift primal tangent = Real.OnForward(level, primal, tangent)
                let liftArray primal tangent = Tensor.OnForward(level, primal, tangent)
                Flatten.rebuild likeResult (Leaves.map2 lift liftArray primals dy)
            | :? Tape as tape ->
                let count = primals.Numbers.Length
                let closure = CustomBackpropagator(Slots.On(tape, inputs), count, primals.Arrays, tape.Arrays, pull)
                let first = Tape.Index(tape.PushClosure closure)
                for _ = 2 to count do
                    tape.PushLeaf() |> ignore
                let numbers = primals.Numbers |> Array.mapi (fun index primal -> Real.OnTape(tape, primal, Tape.Slot(first + index)))
                Flatten.rebuild
                    likeResult
                    { Numbers = numbers; Arrays = primals.Arrays |> Array.map (fun primal -> Tensor.OnTape(tape, primal)) }
            | :? PlainLevel as level -> level.Refuse()
            | level ->
                // a series needs a rule's slope as a formula; Orders.fs uses nested forward mode then
                (level :?> RuleLevel).IsRefused <- true
                raise (NotSupportedException $"{operation} has no series.")
