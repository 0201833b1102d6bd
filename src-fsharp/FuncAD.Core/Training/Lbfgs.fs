namespace FuncAD

open System
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.Optimization
open MathNet.Numerics.Optimization.ObjectiveFunctions

/// <summary>Why a minimiser stopped.</summary>
type StopReason =
    /// <summary>The gradient is within its tolerance: a minimum, or another stationary point.</summary>
    | Gradient = 0
    /// <summary>
    /// The last step made almost no progress: the gradient is as small as rounding permits, or the function is not smooth there.
    /// </summary>
    | Progress = 1
    /// <summary>The maximum number of iterations was reached.</summary>
    | Iterations = 2
    /// <summary>
    /// No step along the last direction reduced the function enough: it has no minimum that way, is not smooth, or its gradient is wrong.
    /// </summary>
    | LineSearch = 3

/// <summary>The result of a minimisation: the lowest point that was visited.</summary>
[<NoComparison; TypeFormatterSource(typeof<TextInNotebooks>)>]
type Minimum<'P> =
    {
        /// <summary>The point, as constants.</summary>
        Parameters: 'P
        /// <summary>The function's value there.</summary>
        Value: float
        /// <summary>
        /// The largest |g_i| max(1, |p_i|) / max(1, |value|) over the entries of the gradient there, which is compared with the tolerance.
        /// </summary>
        Slope: float
        /// <summary>The number of line searches.</summary>
        Iterations: int
        /// <summary>Why the search ended. <c>Gradient</c>, and in most cases <c>Progress</c>, indicate a minimum.</summary>
        Reason: StopReason
    }

    /// <summary>Such as 0 at [1, 1] (slope 1E-10, 24 iterations, ended by Gradient); the first entries of many.</summary>
    override minimum.ToString() =
        let iterations = if minimum.Iterations = 1 then "1 iteration" else $"{minimum.Iterations} iterations"
        let slope = minimum.Slope.ToString("G3", System.Globalization.CultureInfo.InvariantCulture)
        $"{Basics.exact minimum.Value} at {Entries.text minimum.Parameters} (slope {slope}, {iterations}, ended by {minimum.Reason})"

/// <summary>One minimisation: its start, and the lowest point visited so far.</summary>
[<Sealed; AllowNullLiteral>]
type internal Search<'P>(operation: string, f: 'P -> Real, start: 'P) =
    let struct (skeleton, like) = Flatten.input operation "start" start
    let prepared = Plainly.prepare operation f start
    let mutable lowest = struct (infinity, null, null)

    member val LineSearches = 0 with get, set
    member _.Start = Vector<float>.Build.Dense(Plainly.values operation like)
    member _.Read(point: Vector<float>) : 'P = Flatten.rebuild skeleton (Leaves.ofValues like (point.ToArray()))
    member _.Lowest: struct (float * Vector<float> * Vector<float>) = lowest

    /// The value and the gradient. Where one of them is not finite, they are Double.MaxValue and 0, so that line searches turn back.
    member _.Visit(point: Vector<float>) : struct (float * Vector<float>) =
        let gradient = Array.zeroCreate point.Count
        let value = prepared.ValueAndGradient(ReadOnlySpan(Plainly.numbers point), Span gradient)
        let gradient = Vector<float>.Build.Dense gradient
        if Double.IsFinite value && gradient |> Seq.forall Double.IsFinite then
            let struct (best, _, _) = lowest
            if value <= best then lowest <- struct (value, point.Clone(), gradient)
            struct (value, gradient)
        else
            struct (Double.MaxValue, Vector<float>.Build.Dense point.Count)

[<Sealed>]
type internal SearchObjective<'P>(search: Search<'P>) =
    inherit LazyObjectiveFunctionBase(true, false)

    /// MathNet begins every line search with a new objective.
    override _.CreateNew() =
        search.LineSearches <- search.LineSearches + 1
        SearchObjective<'P> search

    override objective.EvaluateValue() = objective.EvaluateGradient()

    override objective.EvaluateGradient() =
        let struct (value, gradient) = search.Visit objective.Point
        objective.Value <- value
        objective.Gradient <- gradient

/// <summary>The limited-memory BFGS method of MathNet.Numerics over a structure.</summary>
module internal Lbfgs =
    let minimize (memory: int) (tolerance: float) (maximumIterations: int) (f: 'P -> Real) (start: 'P) : Minimum<'P> =
        let operation = "Optim.Lbfgs"
        if memory < 1 then raise (ArgumentOutOfRangeException(nameof memory, memory, $"{operation}: it remembers at least one step."))
        if maximumIterations < 1 then
            raise (
                ArgumentOutOfRangeException(
                    nameof maximumIterations,
                    maximumIterations,
                    $"{operation}: a number of iterations is 1 or more."
                )
            )
        if not (tolerance > 0.0) then
            raise (ArgumentOutOfRangeException(nameof tolerance, tolerance, $"{operation}: a tolerance is above 0."))
        let search = Search<'P>(operation, f, start)
        let isSearched =
            try
                LimitedMemoryBfgsMinimizer(tolerance, 1e-15, 0.0, memory, maximumIterations)
                    .FindMinimum(SearchObjective search, search.Start)
                |> ignore
                true
            with :? OptimizationException ->
                false
        let struct (value, point, gradient) = search.Lowest
        if isNull point then
            raise (ArgumentException($"{operation}: f or its gradient is not finite at the start. Start where both are.", nameof start))
        let slope = Seq.map2 (fun g x -> abs g * max 1.0 (abs x) / max 1.0 (abs value)) gradient point |> Seq.fold max 0.0
        { Parameters = search.Read point
          Value = value
          Slope = slope
          Iterations = search.LineSearches
          // MathNet reports a small gradient as the reason, whatever ended its loop.
          Reason =
            if slope <= tolerance then StopReason.Gradient
            elif not isSearched then StopReason.LineSearch
            elif search.LineSearches >= maximumIterations then StopReason.Iterations
            else StopReason.Progress }
