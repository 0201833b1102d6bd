namespace FuncAD

open System
open System.Collections.Generic

/// <summary>
/// Finds which numbers of a structure a function chooses. It runs in forward mode at the point itself and at made-up ones, with a tangent
/// of its own for each number: a number that is chosen comes back with its value and its tangent everywhere. A sum, a product or a constant
/// does not, and neither does what depends on a comparison, as the made-up points differ in signs, order and size.
/// </summary>
module internal Choice =
    /// The made-up points, by powers of two that their numbers have about. Each is taken with its negative, where comparisons turn round.
    let private scales = [| 0; 200; -200; 0; 30; -30; 0; 100 |]

    let private remedy =
        "It must choose numbers of the structure as they stand, as p => p.Weights does. Compute with the block, the row or the column instead."

    let private refuse (operation: string) (name: string) (problem: string) (inner: exn) : 'a =
        raise (ArgumentException($"{operation}: {name}: {problem} {remedy}", name, inner))

    /// Numbers of either sign whose exponents are less than <c>spread</c> from <c>scale</c>.
    let private scattered (random: Random) (count: int) (scale: int) (spread: int) : float[] =
        Array.init count (fun _ ->
            let size = Math.ScaleB(1.0 + random.NextDouble(), scale + random.Next(-spread, spread + 1))
            if random.Next 2 = 0 then size else -size)

    /// Values and tangents. The first tangents are of one size, so that none is lost in a sum with another; the others are of many sizes,
    /// so that a small multiple is not lost.
    let private probes (point: Leaves) : seq<struct (Leaves * Leaves)> = seq {
        let random, count = Random 1, Leaves.count point
        let constants scale spread = Leaves.ofValues point (scattered random count scale spread)
        yield struct (Leaves.constants point, constants 0 0)
        for index, scale in Array.indexed scales do
            let values, spread = constants scale 1, (if index = 0 then 0 else 300)
            yield struct (values, constants 0 spread)
            yield struct (Leaves.map (~-) (~-) values, constants 0 spread)
    }

    let private bits (x: float) = BitConverter.DoubleToInt64Bits x

    /// What is known of a number: its value and its tangent. Without plain ones (an operator around follows the number) the tangent is NaN,
    /// which is none of those given.
    let private known (level: ForwardLevel) (results: Leaves) : struct (float * float)[] =
        let ofNumber x =
            let struct (value, tangent) = Forward.lower level x
            if isNull value.node && isNull tangent.node then struct (value.value, tangent.value) else struct (value.value, nan)
        let ofArray x =
            let struct (value, tangent) = Forward.lowerArray level x
            let isPlain = isNull value.Node && isNull tangent.Node
            Array.map2
                (fun value tangent -> struct (value, (if isPlain then tangent else nan)))
                (value.Value.ToArray())
                (tangent.Value.ToArray())
        Array.append (results.Numbers |> Array.map ofNumber) (results.Arrays |> Array.collect ofArray)

    /// The skeleton of what a function chooses, and the places of its numbers.
    let places (operation: string) (name: string) (choose: Func<'S, 'A>) (like: Skeleton) (point: Leaves) : struct (Skeleton * int[]) =
        if isNull choose then nullArg name
        if not (Structures.of'<'A>()).HasNumbers then
            refuse operation name $"it returned a {typeof<'A>.Name}, which holds no Real and no Tensor." null
        let run (values: Leaves) (tangents: Leaves) =
            let level = ForwardLevel ArrayModes.forward
            try
                let argument = Flatten.rebuild like (Leaves.map2 (Forward.lift level) (Forward.liftArray level) values tangents)
                let struct (skeleton, reader) = Flatten.result operation name (choose.Invoke argument)
                if reader.HasFunctions then refuse operation name "it returned a function." null
                struct (skeleton, known level reader.Leaves)
            finally
                level.End()
        let runElsewhere values tangents =
            try
                run values tangents
            with error ->
                refuse operation name "it depends on values: at other values it threw an exception." error
        let mutable skeleton, places, shown = null, null, null
        for struct (values, tangents) in probes point do
            let isFirst = isNull places
            let struct (form, results) = if isFirst then run values tangents else runElsewhere values tangents
            let values, tangents = Leaves.values values, Leaves.values tangents
            if isFirst then
                let placeOf = Dictionary<float, int>()
                tangents |> Array.iteri (fun place tangent -> placeOf[tangent] <- place)
                skeleton <- form
                shown <- results
                places <-
                    results
                    |> Array.map (fun struct (value, tangent) ->
                        match placeOf.TryGetValue tangent with
                        | true, place -> place
                        | _ when tangent = 0.0 ->
                            refuse operation name $"it returned {value}, a constant (as x.Value and StopGradient give one)." null
                        | _ -> refuse operation name $"it returned {value}, which it computed." null)
            if results.Length <> places.Length then
                refuse operation name "it depends on values: at other values it returned more or fewer numbers." null
            for index = 0 to places.Length - 1 do
                let struct (value, tangent) = results[index]
                if bits value <> bits values[places[index]] || tangent <> tangents[places[index]] then
                    let struct (value, _) = shown[index]
                    refuse operation name $"it returned {value}, which it computed, or chose by comparing values." null
        struct (skeleton, places)
