namespace FuncAD

open System
open System.Runtime.InteropServices

/// <summary>
/// Products of the Hessian with vectors on dual tapes, as many at a time as the machine's vectors have lanes. Each is bitwise equal to the
/// product that is computed alone, by forward mode over reverse mode. A product that has to be computed that way is left null: where
/// numbers carry levels, where f uses arrays or custom rules, and where NaN may come from a structural zero.
/// </summary>
[<Sealed>]
type internal DualProducts<'P>(f: 'P -> Real, like: Skeleton, point: Real[], count: int, seed: Action<float[], int, int>) =
    /// The greatest number of slots of a tape with eight directions, which takes 270 MB then.
    static let longestTogether = 1 <<< 20
    let products: float[][] = Array.zeroCreate count
    let mutable expected = 256
    let mutable isRefused = false
    let mutable isTooLong = false

    /// Computes the products from index <c>first</c> on, one for each lane of 'V; returns how many directions are done, 0 if the tape is
    /// refused.
    member private _.Fill<'V when 'V: struct and 'V: (new: unit -> 'V) and 'V :> ValueType and 'V :> ICarrier<'V>>
        (first: int, longest: int)
        : int =
        let tape = DualTape<'V>(expected, longest)
        try
            let width = DualTape<'V>.Width
            let last = min count (first + width) - 1
            let lanes = Array.zeroCreate (point.Length * width)
            for direction = first to last do
                seed.Invoke(lanes, direction - first, direction)
            let tangents = MemoryMarshal.Cast<float, 'V>(Span lanes)
            let inputs = Array.zeroCreate point.Length
            for index = 0 to inputs.Length - 1 do
                inputs[index] <- Real(point[index].value, tape.Input tangents[index], tape)
            let y =
                try
                    f (Flatten.argument like (Leaves.ofNumbers inputs))
                with _ when tape.IsRefused ->
                    Real 0.0
            tape.End()
            if tape.IsRefused then
                isTooLong <- tape.IsTooLong
                isRefused <- not isTooLong
                0
            else
                expected <- tape.Count
                let y = Forward.lookThrough tape y
                let curvatures = if y.IsAt tape then tape.Pull(y.Slot, point.Length) else Array.zeroCreate lanes.Length
                if not (isNull curvatures) then
                    for direction = first to last do
                        let product = Array.zeroCreate point.Length
                        for index = 0 to product.Length - 1 do
                            product[index] <- curvatures[index * width + direction - first] + 0.0
                        products[direction] <- product
                last + 1 - first
        finally
            tape.Release()

    member run.All() : float[][] =
        let mutable first = 0
        while first < count && not isRefused do
            let left = if isTooLong then 1 else count - first
            let processed =
                if left > 4 && Widest.Bits = 512 then run.Fill<Lane512>(first, longestTogether)
                elif left > 1 then run.Fill<Lane256>(first, longestTogether)
                else run.Fill<PlainDouble>(first, Array.MaxLength)
            first <- first + processed
        products

module internal HessianProducts =
    /// The products of the Hessian with <c>count</c> vectors. <c>seed</c>, given an array, an offset and the index of a vector, writes
    /// the vector's elements into the array, from the offset on and as many doubles apart as the tape has lanes.
    let private products (f: 'P -> Real) (like: Skeleton) (point: Leaves) (count: int) (seed: Action<float[], int, int>) : float[][] =
        if point.Arrays.Length = 0 && Leaves.arePlain point.Numbers then
            DualProducts<'P>(f, like, point.Numbers, count, seed).All()
        else
            Array.zeroCreate count

    /// One product, by forward mode over reverse mode.
    let private alone (f: 'P -> Real) (like: Skeleton) (point: Leaves) (tangent: Leaves) : 'P =
        let gradient p =
            let struct (_, gradient) = Recording.valueAndGradient "Grad" f p
            gradient
        let struct (_, product) = Pushforward.run "Hvp" gradient like point tangent
        product

    /// H v.
    let product (f: 'P -> Real) (p: 'P) (v: 'P) : 'P =
        let struct (like, point) = Flatten.input "Hvp" "x" p
        let tangent = Flatten.alike "Hvp" "v" like v
        let seed (lanes: float[]) _ _ =
            for index = 0 to lanes.Length - 1 do
                lanes[index] <- tangent.Numbers[index].value
        match (if Leaves.arePlain tangent.Numbers then (products f like point 1 seed)[0] else null) with
        | null -> alone f like point tangent
        | product -> Flatten.rebuild like (product |> Array.map Real |> Leaves.ofNumbers)

    /// The columns of H, in the order of the numbers of p; null for a column that has to be computed by forward mode over reverse mode.
    let columns (f: 'P -> Real) (like: Skeleton) (point: Leaves) (count: int) : float[][] =
        let unitVector (lanes: float[]) lane direction = lanes[direction * (lanes.Length / count) + lane] <- 1.0
        products f like point count unitVector

    /// Puts each entry of H in its row and column, in the order of the leaves. Inlined: a call for each took a sixth of a Hessian's time.
    let inline private fill (f: 'P -> Real) (like: Skeleton) (point: Leaves) ([<InlineIfLambda>] put: int -> int -> Real -> unit) : unit =
        columns f like point (Leaves.count point)
        |> Array.iteri (fun j column ->
            if isNull column then
                let column = alone f like point (Leaves.unit' point j) |> Flatten.alike "Hessian" "x" like |> Leaves.elements
                for i = 0 to column.Length - 1 do
                    put i j column[i]
            else
                for i = 0 to column.Length - 1 do
                    put i j (Real column[i]))

    /// All columns of H.
    let all (f: 'P -> Real) (like: Skeleton) (point: Leaves) : Real[][] =
        let n = Leaves.count point
        let columns = Array.init n (fun _ -> Array.zeroCreate n)
        fill f like point (fun i j y -> columns[j][i] <- y)
        columns

    /// H.
    let hessian (f: Real[] -> Real) (x: Real[]) : Real[,] =
        let struct (like, point) = Flatten.input "Hessian" "x" x
        let hessian = Array2D.zeroCreate x.Length x.Length
        fill f like point (fun i j y -> hessian[i, j] <- y)
        hessian
