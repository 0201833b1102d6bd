namespace FuncAD

open System
open System.Collections.Generic

/// <summary>
/// Divided differences f[x0, ..., xk] of a function of one number at given points, in ascending order, of which any may be repeated or close: f[x] = f(x),
/// f[x, y] = (f(y) - f(x)) / (y - x), and so on (de Boor, "Divided differences", 2005); with all points equal, f^(k)(x) / k!.
/// </summary>
/// <remarks>
/// Differences of close points cancel, so there the Taylor series of f about the points is used (with complete homogeneous polynomials of the distances as
/// weights), if it tells the same about each of them: it has converged, foretells f at the others, and gives the same result from each. A kink or a
/// jump between the points does not pass, and differences are right there. (A jump below 10^-12 that leaves the slope as it is would.)
/// </remarks>
[<Sealed>]
type internal DividedDifferences(operation: string, f: Real -> Real, points: float[], order: int) =
    /// With as many more terms, a series of which each term is less than 0.3 of the one before has converged.
    let terms = order + 30

    let plain (y: Real) : float =
        let y = y.Live
        if not (isNull y.node) then
            Shape.fail operation
                "the function uses a number that is being differentiated, or a traced one, other than its argument, of which the derivative would be lost. Let it in through the matrix, as in symmetricFunction exp (t * A)."
        y.value

    let values = points |> Array.map (fun x -> plain (f (Real x)))
    let first = points |> Array.map (fun x -> Array.findIndex (fun other -> other = x || Double.IsNaN x) points)
    let series = Dictionary<struct (int * int), float[]>()
    let known = Dictionary<int64, float>()

    /// The coefficients of f(x + 2^e t) in t.
    let coefficients (index: int) (e: int) : float[] =
        match series.TryGetValue(struct (first[index], e)) with
        | true, found -> found
        | _ ->
            let scale = Math.ScaleB(1.0, e)
            let found = Taylor.coefficients terms (fun t -> f (if e = 0 then t else Real points[index] + Real scale * t)) (Real(if e = 0 then points[index] else 0.0))
            let found = found |> Array.map plain
            series[struct (first[index], e)] <- found
            found

    /// The exponent of a point's magnitude, or of the largest where it is 0.
    let exponent (index: int) =
        Matrices.exponent (if points[index] <> 0.0 then Seq.singleton points[index] else points)

    /// The difference by the series about one point, in units of 2^e, and the sum of the terms' magnitudes; none where it is not to be trusted.
    let expand (isScaled: bool) (nodes: int[]) (about: int) : struct (float * float) voption =
        let e = if isScaled then exponent about else 0
        let a = coefficients about e
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
        let hasConverged = Double.IsFinite size && Seq.forall (fun j -> sizes[j] <= Math.ScaleB(size, -60)) (seq { count - 8 .. count - 1 })
        let foretells (node: int) (d: float) =
            let mutable power, sum, size = 1.0, 0.0, 1.0
            for coefficient in a do
                sum <- sum + coefficient * power
                size <- size + abs (coefficient * power)
                power <- power * d
            abs (sum - values[node]) <= Math.ScaleB(size, -40)
        if hasConverged && Array.forall2 foretells nodes distances then
            let sum = Seq.fold (fun sum j -> sum + a[k + j] * h[j]) 0.0 (seq { count - 1 .. -1 .. 0 })
            ValueSome(struct (Math.ScaleB(sum, -k * e), Math.ScaleB(size, -k * e)))
        else ValueNone

    /// The difference by series about all points, if they agree.
    let bySeries (isScaled: bool) (nodes: int[]) : float voption =
        let candidates = nodes |> Array.distinctBy (fun node -> first[node]) |> Array.map (expand isScaled nodes)
        if Array.contains ValueNone candidates then ValueNone
        else
            let candidates = candidates |> Array.map _.Value
            let struct (middle, size) = candidates[candidates.Length / 2]
            let agrees (struct (other, otherSize)) = abs (other - middle) <= Math.ScaleB(max size otherSize, -36)
            if Array.forall agrees candidates then ValueSome middle else ValueNone

    let rec difference (nodes: int[]) : float =
        let k = nodes.Length - 1
        if k = 0 then values[nodes[0]]
        elif points[nodes[0]] = points[nodes[k]] then (coefficients nodes[0] 0)[k]
        else
            let key = Array.fold (fun key node -> key * int64 points.Length + int64 node) 1L nodes
            match known.TryGetValue key with
            | true, found -> found
            | _ ->
                let found =
                    match bySeries false nodes |> ValueOption.orElseWith (fun () -> bySeries true nodes) with
                    | ValueSome found -> found
                    | ValueNone -> (difference nodes[1..] - difference nodes[.. k - 1]) / (points[nodes[k]] - points[nodes[0]])
                known[key] <- found
                found

    /// The difference at points given by their indices, no more than order + 1 of them. Threads take turns.
    member _.Item
        with get (nodes: int[]) : float = lock known (fun () -> difference (Array.sort nodes))
