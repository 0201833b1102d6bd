namespace FuncAD

open System
open System.Collections.Generic
open FuncAD.Rules

/// <summary>
/// A power series y0 + y1 t + y2 t^2 + ... computed coefficient by coefficient and kept. From <c>bound</c> on the coefficients are
/// structural zeros.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal Series(first: Real, bound: int, next: int -> Real) =
    let coefficients = List<Real> [ first ]
    member _.Bound = bound
    member _.Known = coefficients.Count

    member _.Item
        with get k =
            if k >= bound then
                Real 0.0
            else
                while coefficients.Count <= k do
                    coefficients.Add(next coefficients.Count)
                coefficients[k]

/// <summary>A number of a Taylor level: a series, and the operations that were applied to it while it was incomplete.</summary>
[<Sealed; AllowNullLiteral>]
type internal Jet(level: RuleLevel, series: Series, isView: bool) =
    inherit Nested(level, series[0])
    let applied = Dictionary<struct (obj * obj * obj), Real>()
    let mutable view: Jet = null
    member _.Series = series
    member _.Applied = applied
    member jet.Number = Real(series[0].value, 0.0, jet)

    /// Tells whether this is a view: operations on views are lazy.
    member _.IsView = isView

    /// The same series, handed out coefficient by coefficient on demand.
    member jet.View: Jet =
        if isNull view then view <- Jet(level, Series(series[0], series.Bound, (fun k -> series[k])), true)
        view

/// <summary>
/// Taylor mode: numbers are truncated power series in one perturbation. A rule y = f(x) reads y' = slope(x, y) x', so that
/// k y_k = sum over j of j x_j slope_(k-j) (Griewank and Walther, "Evaluating Derivatives", section 13.2): the slope, written once in the
/// table, is evaluated over lazy series, of y itself too (Karczmarczuk, "Functional differentiation of computer programs", 2001).
/// Operations met again on the same argument are shared, which ties sin and cos, or the Bessel functions, into one recurrence.
/// Cost: O(order^2) per operation and distinct function in its slopes.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal TaylorLevel(order: int) =
    inherit RuleLevel()

    /// The coefficients of a number below or at this level: a lower one is its own constant term.
    member private level.SeriesOf(x: Real) : Series =
        if x.IsAt level then (x.node :?> Jet).Series else Series(x, 1, (fun _ -> Real 0.0))

    /// The number as lazy operations see it.
    member private level.Lazy(x: Real) : Real = if x.IsAt level then (x.node :?> Jet).View.Number else x

    /// The number that results from a rule: made lazily on the views of the arguments, shared, and completed when they are complete.
    member private level.Apply(rule: obj, arguments: Real[], primal: Real, compute: Real[] -> (unit -> Real) -> struct (int * (int -> Real))) : Real =
        lock level (fun () ->
            let jets = arguments |> Array.choose (fun x -> if x.IsAt level then Some(x.node :?> Jet) else None)
            let complete = jets |> Array.forall (fun jet -> not jet.IsView && (jet.Series.Known > order || jet.Series.Known >= jet.Series.Bound))
            let views = if complete then arguments |> Array.map level.Lazy else arguments
            let home = views |> Array.pick (fun x -> if x.IsAt level then Some(x.node :?> Jet) else None)
            // All of an argument, bit for bit: flat numbers of a lower level share their node, and 0 is not -0.
            let bits (x: float) = BitConverter.DoubleToInt64Bits x
            let identity index : obj =
                if index >= views.Length then null
                else
                    let x = views[index]
                    box (struct (bits x.value, bits x.extra, x.node))
            // The value tells apart rules whose parameters are 0 and -0, such as max and min where these meet.
            let key = struct (box (struct (rule, bits primal.value)), identity 0, identity 1)

            let number =
                match home.Applied.TryGetValue key with
                | true, number -> number
                | _ ->
                    let mutable number = Real 0.0
                    let struct (bound, next) = compute views (fun () -> number)
                    number <- Jet(level, Series(primal, bound, next), false).Number
                    home.Applied[key] <- number
                    number

            if complete then (number.node :?> Jet).Series[order] |> ignore
            number)

    /// Sum over j = 1 .. k of j/k x_j slope_(k-j): the contribution of one argument to coefficient k of the result.
    member private _.Contribution(x: Series, slope: Lazy<Series>, k: int) : Real =
        let mutable sum = Real 0.0
        let mutable started = false
        for j = max 1 (k - (slope.Value.Bound - 1)) to min k (x.Bound - 1) do
            let weight = float j / float k
            let term = Real.Binary(Arithmetic.Multiply(), Real.Scale(Real weight, x[j]), slope.Value[k - j])
            sum <- if started then Real.Binary(Arithmetic.Add(), sum, term) else term
            started <- true
        sum

    /// The coefficients of y from its arguments and slopes, where y' = sum of slope_i x_i'.
    member private level.Integrate(arguments: Real[], slopes: Lazy<Series>[]) : int -> Real =
        let series = arguments |> Array.map level.SeriesOf
        fun k ->
            let mutable sum = Real 0.0
            for index = 0 to series.Length - 1 do
                if series[index].Bound > 1 then
                    sum <- Real.Binary(Arithmetic.Add(), sum, level.Contribution(series[index], slopes[index], k))
            sum

    member private level.Slope(slope: unit -> Real) = lazy (level.SeriesOf(slope ()))

    override level.Unary(rule: 'R, x: Real) : Real =
        let primal = Real.Unary(rule, x.Primal)
        level.Apply(rule, [| x |], primal, fun views y ->
            // what is handed on unchanged has no more coefficients than before
            let bound = match box rule with :? Pieces.Same -> (level.SeriesOf views[0]).Bound | _ -> Int32.MaxValue
            struct (bound, level.Integrate(views, [| level.Slope(fun () -> rule.Slope<Real>(views[0], y ())) |])))

    override level.Binary(rule: 'R, a: Real, b: Real) : Real =
        let primal = Real.Binary(rule, a.Below level, b.Below level)
        level.Apply(rule, [| a; b |], primal, fun views y ->
            let seriesA, seriesB = level.SeriesOf views[0], level.SeriesOf views[1]
            match box rule with
            | :? Arithmetic.Divide ->
                // The one quotient by itself: b y = a gives y_k = (a_k - sum over j >= 1 of b_j y_(k-j)) / b_0.
                let quotient = lazy (level.SeriesOf(y ()))
                let next k =
                    let mutable rest = seriesA[k]
                    for j = 1 to min k (seriesB.Bound - 1) do
                        rest <- Real.Binary(Arithmetic.Subtract(), rest, Real.Binary(Arithmetic.Multiply(), seriesB[j], quotient.Value[k - j]))
                    Real.Binary(Arithmetic.Divide(), rest, seriesB[0])
                struct ((if seriesB.Bound = 1 then seriesA.Bound else Int32.MaxValue), next)
            | _ ->
                let slopes =
                    [| level.Slope(fun () -> rule.SlopeA<Real>(views[0], views[1], y ()))
                       level.Slope(fun () -> rule.SlopeB<Real>(views[0], views[1], y ())) |]
                let bound =
                    match box rule with
                    | :? Arithmetic.Add
                    | :? Arithmetic.Subtract
                    | :? Pieces.Meet -> max seriesA.Bound seriesB.Bound
                    | _ -> Int32.MaxValue
                struct (bound, level.Integrate(views, slopes)))

    override level.Ternary(rule: 'R, a: Real, b: Real, c: Real) : Real =
        let primal = Real.Ternary(rule, a.Below level, b.Below level, c.Below level)
        level.Apply(obj (), [| a; b; c |], primal, fun views _ ->
            let slopes =
                [| level.Slope(fun () -> rule.SlopeA<Real>(views[0], views[1], views[2]))
                   level.Slope(fun () -> rule.SlopeB<Real>(views[0], views[1], views[2]))
                   level.Slope(fun () -> rule.SlopeC<Real>(views[0], views[1], views[2])) |]
            struct (Int32.MaxValue, level.Integrate(views, slopes)))

    override level.Weigh(primal, a, weightA, b, weightB) =
        level.Apply(obj (), [| a; b |], primal, fun views _ ->
            let seriesA, seriesB = level.SeriesOf views[0], level.SeriesOf views[1]
            let share weight (x: Series) k = if k < x.Bound then Real.Scale(weight, x[k]) else Real 0.0
            let next k = Real.Binary(Arithmetic.Add(), share weightA seriesA k, share weightB seriesB k)
            struct (max seriesA.Bound seriesB.Bound, next))

module internal Taylor =
    /// The coefficients f^(k)(x) / k!, k = 0 .. order, of a function of one number.
    let coefficients (order: int) (f: Real -> Real) (x: Real) : Real[] =
        let level = TaylorLevel order
        try
            let x = x.Live
            let input = Jet(level, Series(x, 2, (fun _ -> Real 1.0)), false)
            input.Series[1] |> ignore
            let y = Forward.lookThrough level (f input.Number)
            if y.IsAt level then
                let series = (y.node :?> Jet).Series
                Array.init (order + 1) (fun k -> series[k])
            else
                Array.init (order + 1) (fun k -> if k = 0 then y else Real 0.0)
        finally
            level.End()
