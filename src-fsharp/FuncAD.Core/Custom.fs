namespace FuncAD

open System
open System.Collections.Generic

/// <summary>A user's own function of one number, in the shape of the table: name, value, slope.</summary>
[<Struct>]
type internal CustomRule(name: string, value: float -> float, slope: Real -> Real -> Real) =
    interface IUnary with
        member _.Name = name
        member _.Domain = { Low = -1.0; High = 1.0 }
        member _.Edges = []
        member _.Value x = value x

        member _.Slope<'T when 'T :> ICarrier<'T>>(x: 'T, y: 'T) : 'T =
            match box x, box y with
            | (:? Real as x), (:? Real as y) -> unbox<'T> (box (slope x y))
            | (:? Flat as x), (:? Flat as y) -> 'T.Constant (slope (Real x.Value) (Real y.Value)).Value
            | _ -> raise (NotSupportedException $"The custom rule {name} has no slope on {typeof<'T>.Name}.")

/// <summary>A user's own function over structures, with its pullback and, where given, its pushforward.</summary>
module internal Custom =
    let rec private highest (numbers: Real[]) : Level =
        let mutable level: Level = null
        for x in numbers do
            level <- Real.Higher(level, x.Level)
        level

    /// J dx by rows: a pullback is linear, so that each result's row is its answer to a unit cotangent. Costs a pullback per result.
    let private byRows (pullback: 'P -> 'Q -> 'Q -> 'P) (x: 'P) (y: 'Q) (dx: Real[]) (results: int) : Real[] =
        Array.init results (fun row ->
            let seed = Array.init results (fun index -> Real(if index = row then 1.0 else 0.0))
            let slopes = Gather.alike "Custom" "the result of the pullback" x (pullback x y (Gather.rebuild y seed))
            Array.fold2 (fun sum slope (dx: Real) -> if isNull dx.node && dx.value = 0.0 then sum else sum + slope * dx) (Real()) slopes dx)

    /// Applies the function: its value below the highest level of its argument, its rule at that level.
    let rec apply name (value: 'P -> 'Q) (pullback: 'P -> 'Q -> 'Q -> 'P) (pushforward: ('P -> 'Q -> 'P -> 'Q) option) (p: 'P) : 'Q =
        let operation = $"Custom rule {name}"
        let inputs = (Gather.input operation "x" p).Numbers |> Array.map _.Live
        match highest inputs with
        | null -> value (Gather.rebuild p inputs)
        | level ->
            let x = Gather.rebuild p (inputs |> Array.map (fun number -> number.Below level))
            let y = apply name value pullback pushforward x
            let primals = (Gather.output operation y).Numbers
            match level with
            | :? ForwardLevel as level ->
                let dx = inputs |> Array.map (fun number -> if number.IsAt level then number.Tangent else Real())
                let dy =
                    match pushforward with
                    | Some pushforward -> Gather.alike operation "the result of the pushforward" y (pushforward x y (Gather.rebuild p dx))
                    | None -> byRows pullback x y dx primals.Length
                Gather.rebuild y (Array.map2 (fun primal tangent -> Real.OnForward(level, primal, tangent)) primals dy)
            | :? Tape as tape ->
                let slots = inputs |> Array.map (fun number -> if number.IsAt tape then Tape.Index number.Slot else -1)
                let pull (cotangents: Real[]) =
                    Gather.alike operation "the result of the pullback" x (pullback x y (Gather.rebuild y cotangents))
                if primals.Length = 0 then
                    y
                else
                    if isNull tape.Closures then tape.Closures <- List<Backpropagator<Real>>()
                    let closures = tape.Closures :?> List<Backpropagator<Real>>
                    let first = tape.PushClosure closures.Count
                    closures.Add(Backpropagator(primals.Length, slots, pull))
                    for _ = 2 to primals.Length do
                        tape.PushLeaf() |> ignore
                    Gather.rebuild y (primals |> Array.mapi (fun index primal -> Real.OnTape(tape, primal, Tape.Slot(Tape.Index first + index))))
            | _ ->
                raise (
                    NotSupportedException(
                        $"{operation}: Taylor mode needs the rule's slope as a function of one number. Use Custom(name, value, slope), or nest Diff instead of Taylor."
                    )
                )
