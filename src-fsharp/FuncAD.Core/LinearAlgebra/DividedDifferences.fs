namespace FuncAD

open System
open System.Collections.Generic

/// <summary>A value, a bound of its rounding error (where known), and a bound of what was lost below the smallest normal double.</summary>
[<Struct>]
type internal BoundedValue = { Value: float; Error: float; Lost: float }

/// <summary>
/// One way to try a Taylor series. It has <c>Extra</c> terms beyond the order; <c>IsScaled</c> makes the magnitude of the point the unit;
/// the series has converged if its last <c>Tail</c> terms are below 2^-<c>Bits</c> of the sum of magnitudes.
/// </summary>
[<Struct>]
type internal SeriesTrial = { Extra: int; IsScaled: bool; Tail: int; Bits: int }

/// <summary>
/// Divided differences f[x0, ..., xk] of a function of one number at given points in ascending order, which may be repeated or close: f[x]
/// = f(x), f[x, y] = (f(y) - f(x)) / (y - x), and so on (de Boor, "Divided differences", 2005); with all points equal, f^(k)(x) / k!.
/// </summary>
/// <remarks>
/// Differences of close points cancel. There the Taylor series of f about the points are used instead (with complete homogeneous
/// polynomials of the distances as weights), provided that the series about each point has converged, reproduces f at the other points, and
/// gives the same result as the others. A kink or a jump between the points fails these conditions, and there differences are accurate. (A
/// jump below 10^-12 that does not change the slope goes unnoticed.) The result is NaN where neither way leaves a correct digit, and where
/// intermediate values are below the smallest normal double while the result is not. <c>isMagnified</c>: the result will be multiplied by a
/// large number, so that no intermediate value may be below it.
/// </remarks>
[<Sealed>]
type internal DividedDifferences(operation: string, f: Real -> Real, points: float[], order: int, isMagnified: bool) =
    /// Doubles below this have fewer than 40 bits.
    let smallest = Math.ScaleB(1.0, -1034)

    /// For close points few terms suffice; they are cheap and do not overflow. Thirty terms reach points at distances up to 0.3 of the
    /// radius of convergence. The last way is for points that are equal up to rounding where higher derivatives of f overflow: its error is
    /// the square of its last term.
    let expansions =
        [ { Extra = 4; IsScaled = false; Tail = 2; Bits = 60 }
          { Extra = 30; IsScaled = false; Tail = 8; Bits = 60 }
          { Extra = 30; IsScaled = true; Tail = 8; Bits = 60 }
          { Extra = 1; IsScaled = false; Tail = 1; Bits = 40 } ]

    let plain (y: Real) : float =
        let y = y.Live
        if not (isNull y.node) then
            Shape.fail
                operation
                ("the function uses a number that is being differentiated, or a traced one, other than its argument, of which the derivative would be "
                 + "lost. Let it in through the matrix, as in symmetricFunction exp (t * A).")
        y.value

    let values = points |> Array.map (fun x -> plain (f (Real x)))
    let first = points |> Array.map (fun x -> Array.findIndex (fun other -> other = x || Double.IsNaN x) points)
    let series = Dictionary<struct (int * int * int), float[]>()
    let known = Dictionary<int64, BoundedValue>()

    /// The coefficients of f(x + 2^e t) in t.
    let coefficients (index: int) (e: int) (terms: int) : float[] =
        match series.TryGetValue(struct (first[index], e, terms)) with
        | true, found -> found
        | _ ->
            let scale = Math.ScaleB(1.0, e)
            let found =
                if e = 0 then
                    Taylor.coefficients terms f (Real points[index])
                else
                    Taylor.coefficients terms (fun t -> f (Real points[index] + Real scale * t)) (Real 0.0)
            let found = found |> Array.map plain
            series[struct (first[index], e, terms)] <- found
            found

    /// The exponent of a point's magnitude, or that of the largest point where it is 0.
    let exponent (index: int) = Matrices.exponent (if points[index] <> 0.0 then Seq.singleton points[index] else points)

    /// The difference by the series about one point, with the sum of its terms' magnitudes as Error; none where the series is unreliable.
    let expand (way: SeriesTrial) (nodes: int[]) (about: int) : BoundedValue voption =
        let e = if way.IsScaled then exponent about else 0
        let a = coefficients about e (order + way.Extra)
        let k = nodes.Length - 1
        let distances = nodes |> Array.map (fun node -> Math.ScaleB(points[node] - points[about], -e))
        let count = a.Length - k
        // complete homogeneous polynomials of the distances, and of their magnitudes
        let h, magnitudes = Array.zeroCreate count, Array.zeroCreate count
        h[0] <- 1.0
        magnitudes[0] <- 1.0
        for d in distances do
            for j = 1 to count - 1 do
                h[j] <- h[j] + d * h[j - 1]
                magnitudes[j] <- magnitudes[j] + abs d * magnitudes[j - 1]
        let sizes = Array.init count (fun j -> abs a[k + j] * magnitudes[j])
        let size = Array.sum sizes
        let isSmall j = sizes[j] <= Math.ScaleB(size, -way.Bits)
        let isSeen = size >= smallest || not isMagnified && e >= 0
        let hasConverged = Double.IsFinite size && isSeen && Seq.forall isSmall (seq { count - way.Tail .. count - 1 })
        let foretells (node: int) (d: float) =
            let mutable power, sum, size = 1.0, 0.0, 1.0
            for coefficient in a do
                sum <- sum + coefficient * power
                size <- size + abs (coefficient * power)
                power <- power * d
            abs (sum - values[node]) <= Math.ScaleB(size, -40)
        if hasConverged && Array.forall2 foretells nodes distances then
            let sum = Seq.fold (fun sum j -> sum + a[k + j] * h[j]) 0.0 (seq { count - 1 .. -1 .. 0 })
            ValueSome { Value = Math.ScaleB(sum, -k * e); Error = Math.ScaleB(size, -k * e); Lost = 0.0 }
        else
            ValueNone

    /// The difference by the series about all points; none unless they agree up to their rounding errors or up to `error`, that of
    /// subtraction.
    let bySeries (nodes: int[]) (error: float) (way: SeriesTrial) : BoundedValue voption =
        let candidates = nodes |> Array.distinctBy (fun node -> first[node]) |> Array.map (expand way nodes)
        if Array.contains ValueNone candidates then
            ValueNone
        else
            let values, sizes = candidates |> Array.map _.Value.Value, candidates |> Array.map _.Value.Error
            let middle, apart, size = values[values.Length / 2], Array.max values - Array.min values, Array.max sizes
            if apart <= max (Math.ScaleB(size, -44)) error then
                ValueSome { Value = middle; Error = apart + Math.ScaleB(size, -50); Lost = 0.0 }
            else
                ValueNone

    /// The difference by subtraction. NaN if its rounding error is large beside both the result and the usual size of such a difference, or
    /// if underflow may have lost the result.
    let subtract (nodes: int[]) (found: BoundedValue) : BoundedValue =
        let largest (xs: float[]) = nodes |> Array.fold (fun largest node -> max largest (abs xs[node])) 0.0
        let usual = largest values / Math.Pow(largest points, float (nodes.Length - 1))
        if found.Error > Math.ScaleB(max (abs found.Value) usual, -10) || found.Lost > abs found.Value then
            { found with Value = Double.NaN }
        else
            found

    let rec difference (nodes: int[]) : BoundedValue =
        let k = nodes.Length - 1
        let exact value =
            let isLost = isMagnified && k > 0 && abs value < smallest
            { Value = (if isLost then Double.NaN else value)
              Error = Math.ScaleB(abs value, -50)
              Lost = if abs value < smallest then smallest else 0.0 }
        if k = 0 then
            exact values[nodes[0]]
        elif points[nodes[0]] = points[nodes[k]] then
            exact ((coefficients nodes[0] 0 (order + 4)).[k])
        else
            let key = Array.fold (fun key node -> key * int64 points.Length + int64 node) 1L nodes
            match known.TryGetValue key with
            | true, found -> found
            | _ ->
                let right, left, gap = difference nodes[1..], difference nodes[.. k - 1], points[nodes[k]] - points[nodes[0]]
                let error = (right.Error + left.Error + Math.ScaleB(abs right.Value + abs left.Value, -52)) / gap
                let found =
                    expansions
                    |> Seq.map (bySeries nodes error)
                    |> Seq.tryFind _.IsSome
                    |> Option.map _.Value
                    |> Option.defaultWith (fun () ->
                        subtract nodes { Value = (right.Value - left.Value) / gap; Error = error; Lost = (right.Lost + left.Lost) / gap })
                known[key] <- found
                found

    /// The difference at the points with these indices, at most order + 1 of them. Threads compute one at a time.
    member _.Item
        with get (nodes: int[]): float = lock known (fun () -> (difference (Array.sort nodes)).Value)
