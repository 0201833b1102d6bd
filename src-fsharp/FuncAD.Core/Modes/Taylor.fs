namespace FuncAD

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open FuncAD.Rules

/// <summary>
/// What the k-th number of a series stands for, as the weights in the sums that series are computed by. For coefficients, f(k) / k!, the
/// product is a plain convolution; for derivatives, f(k), it is Leibniz's rule with binomial coefficients. Neither is computed from the
/// other: k! overflows at k = 171, and coefficients leave the range of doubles where derivatives need not.
/// </summary>
[<Sealed>]
type internal Scaling private (binomials: float[][]) =
    /// Series of coefficients.
    static member Coefficients = Scaling [||]

    /// Series of derivatives up to an order: Pascal's triangle.
    static member Derivatives(order: int) : Scaling =
        let rows = Array.init (order + 1) (fun k -> Array.create (k + 1) 1.0)
        for k = 2 to order do
            for j = 1 to k - 1 do
                rows[k][j] <- rows[k - 1][j - 1] + rows[k - 1][j]
        Scaling rows

    /// The weight of a_j b_(k-j) in number k of the product a b.
    member _.OfProduct(k: int, j: int) : float = if binomials.Length = 0 then 1.0 else binomials[k][j]

    /// The weight of x_j s_(k-j), for j >= 1, in number k of a y with y' = s x'.
    member _.OfChain(k: int, j: int) : float = if binomials.Length = 0 then float j / float k else binomials[k - 1][j - 1]

    /// weight a b. A large weight is split between both factors, so that no partial product overflows unless the result does.
    static member Weigh(weight: float, a: Real, b: Real) : Real =
        if weight < 1e18 then
            Real.Scale(Real.Scale(Real weight, a), b)
        else
            let share = Math.ScaleB(1.0, Math.ILogB weight / 2)
            Real.Scale(Real.Scale(Real share, a), Real.Scale(Real(weight / share), b))

/// <summary>
/// A power series y0 + y1 t + y2 t^2 + ... in one of the scalings, computed number by number and cached. From index <c>Bound</c> on its
/// numbers are structural zeros, as those of a polynomial are. <c>next</c> computes number k from the series and k.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal Series private (start: Real[], known: int, bound: int, next: Func<Series, int, Real>) =
    let mutable numbers = start
    let mutable known = known
    let mutable bound = bound

    new(first: Real, bound: int, next: Func<Series, int, Real>) = Series([| first |], 1, bound, next)

    /// A complete series.
    new(numbers: Real[]) = Series(numbers, numbers.Length, numbers.Length, null)

    /// The bound as known so far.
    member _.KnownBound = bound

    /// The bound. It is known once the first number after y0 has been computed.
    member series.Bound =
        if bound > 1 && known = 1 then series[1] |> ignore
        bound

    member _.Narrow(narrower: int) = bound <- min bound narrower

    member series.Item
        with get k =
            while known <= k && known < bound do
                if not (RuntimeHelpers.TryEnsureSufficientExecutionStack()) then
                    raise (
                        InvalidOperationException(
                            $"FuncAD: a Taylor series needs deeper recursion than this thread's stack has, at order {k}. Ask for a lower order, or compute on a "
                            + "thread with a larger stack (new Thread(work, maxStackSize))."
                        )
                    )
                let number = next.Invoke(series, known)
                if known = numbers.Length then Array.Resize(&numbers, 2 * known)
                numbers[known] <- number
                known <- known + 1
            if k < bound then numbers[k] else Real 0.0

    /// The series up to an order, complete.
    member series.UpTo(order: int) : Series =
        series[order] |> ignore
        Series(Array.sub numbers 0 (min (order + 1) bound))

/// <summary>
/// A rule with its arguments, compared bitwise in all their fields: numbers of one tape share their node, and 0 is not -0.
/// </summary>
[<Struct; CustomEquality; NoComparison>]
type internal Application(rule: obj, result: float, a: Real, b: Real) =
    static member private AreSame(x: float, y: float) = BitConverter.DoubleToInt64Bits x = BitConverter.DoubleToInt64Bits y

    static member private AreSame(x: Real, y: Real) =
        Application.AreSame(x.value, y.value) && Application.AreSame(x.extra, y.extra) && Object.ReferenceEquals(x.node, y.node)

    member private _.Rule = rule

    /// The value distinguishes rules that differ only in a parameter 0 or -0, such as the ties of max and min at 0 and -0.
    member private _.Result = result
    member private _.A = a
    member private _.B = b

    interface IEquatable<Application> with
        member _.Equals other =
            Application.AreSame(result, other.Result)
            && Application.AreSame(a, other.A)
            && Application.AreSame(b, other.B)
            && rule.Equals other.Rule

    override x.Equals other =
        match other with
        | :? Application as other -> (x :> IEquatable<Application>).Equals other
        | _ -> false

    override _.GetHashCode() = HashCode.Combine(rule.GetType(), result, a.value, b.value)

/// <summary>
/// A number of a Taylor level. Numbers of the user's function have complete series. Numbers that rules compute their slopes from are lazy:
/// their series are computed number by number, on demand, and they cache the results of rules applied to them. They become garbage when the
/// result of the rule is complete.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal Jet(level: RuleLevel, series: Series, isLazy: bool) =
    inherit Nested(level, series[0])
    let mutable applied: Dictionary<Application, Real> = null
    member _.IsLazy = isLazy
    member _.Series = series
    member jet.Number = Real(series[0].value, 0.0, jet)

    /// The results of rules applied to a lazy number.
    member _.Applied =
        if isNull applied then applied <- Dictionary()
        applied

/// <summary>
/// Taylor mode: numbers are truncated power series in one perturbation. A rule y = f(x) gives y' = slope(x, y) x', so that, for
/// coefficients, k y_k = sum over j of j x_j slope_(k-j) (Griewank and Walther, "Evaluating Derivatives", section 13.2). The slope, written
/// once in the table, is evaluated over lazy series, that of y included (Karczmarczuk, "Functional differentiation of computer programs",
/// 2001). Repeated operations on the same argument are shared, which joins sin and cos, or the Bessel functions, into one recurrence.
/// Cost: O(order^2) per operation and distinct function in its slopes.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal TaylorLevel(order: int, scaling: Scaling) =
    inherit RuleLevel()

    static member private Plus(a: Real, b: Real) : Real = Real.Binary(Arithmetic.Add(), a, b)

    /// The series of a number below or at this level: a lower one is its own constant term.
    member private level.SeriesOf(x: Real) : Series = if x.IsAt level then (x.node :?> Jet).Series else Series(x, 1, (fun _ _ -> Real 0.0))

    member private level.IsLazy(x: Real) : bool = x.IsAt level && (x.node :?> Jet).IsLazy

    /// The number with a lazy series, as a rule's slopes receive it.
    member private level.Lazy(x: Real) : Real = if x.IsAt level then Jet(level, (x.node :?> Jet).Series, true).Number else x

    member private level.Complete(x: Series) : Real = Jet(level, x.UpTo order, false).Number

    /// The result of a rule some of whose arguments are lazy, computed once for the same arguments.
    member private level.Shared(rule: obj, arguments: Real[], primal: Real, series: Func<Real[], Func<Real>, Series>) : Real =
        let applied = ((arguments |> Array.find level.IsLazy).node :?> Jet).Applied
        let application = Application(rule, primal.value, arguments[0], (if arguments.Length > 1 then arguments[1] else Real 0.0))
        match applied.TryGetValue application with
        | true, number -> number
        | _ ->
            let mutable number = Real 0.0
            number <- Jet(level, series.Invoke(arguments, (fun () -> number)), true).Number
            applied[application] <- number
            number

    /// <summary>
    /// The result of a rule. <c>series</c> makes its series from the arguments and the result, which are complete for arithmetic and lazy
    /// for all other rules.
    /// </summary>
    member private level.Apply
        (rule: obj, isArithmetic: bool, arguments: Real[], primal: Real, series: Func<Real[], Func<Real>, Series>)
        : Real =
        if arguments |> Array.exists level.IsLazy then
            level.Shared(rule, arguments, primal, series)
        elif isArithmetic then
            level.Complete(series.Invoke(arguments, null))
        else
            let number = level.Shared(rule, arguments |> Array.map level.Lazy, primal, series)
            level.Complete (number.node :?> Jet).Series

    /// The contribution of an argument to number k of the result, k >= 1. No number of the slope from k on is requested, since the slope
    /// may contain the result.
    member private _.Contribution(x: Series, slope: Series, k: int) : Real =
        let bound = if k = 1 then slope.KnownBound else slope.Bound
        let mutable sum = Real 0.0
        let mutable isFirst = true
        for j = max 1 (k - (bound - 1)) to min k (x.Bound - 1) do
            let term = Scaling.Weigh(scaling.OfChain(k, j), x[j], slope[k - j])
            sum <- if isFirst then term else TaylorLevel.Plus(sum, term)
            isFirst <- false
        sum

    /// The series of y from y0 and y' = the sum of slope x' over the arguments: a polynomial where all slopes are.
    member private level.Integrate(primal: Real, arguments: Real[], slopes: Lazy<Series>[]) : Series =
        let arguments = arguments |> Array.map level.SeriesOf
        let next (y: Series) k =
            let mutable sum = Real 0.0
            let mutable bound = 1L
            for index = 0 to arguments.Length - 1 do
                let x = arguments[index]
                if x.KnownBound > 1 then
                    let slope = slopes[index].Value
                    sum <- TaylorLevel.Plus(sum, level.Contribution(x, slope, k))
                    bound <- max bound (int64 x.Bound + int64 slope.KnownBound - 1L)
            if k = 1 then y.Narrow(int (min bound (int64 Int32.MaxValue)))
            sum
        Series(primal, Int32.MaxValue, next)

    member private level.Slope(slope: unit -> Real) = lazy (level.SeriesOf(slope ()))

    /// The convolution of a and b.
    member private _.Product(primal: Real, a: Series, b: Series) : Series =
        let next (y: Series) k =
            if k = 1 then y.Narrow(int (min (int64 a.Bound + int64 b.Bound - 1L) (int64 Int32.MaxValue)))
            let mutable sum = Real 0.0
            let mutable isFirst = true
            for j = max 0 (k - (b.Bound - 1)) to min k (a.Bound - 1) do
                let term = Scaling.Weigh(scaling.OfProduct(k, j), a[j], b[k - j])
                sum <- if isFirst then term else TaylorLevel.Plus(sum, term)
                isFirst <- false
            sum
        Series(primal, Int32.MaxValue, next)

    /// The quotient y = a / b, from b y = a: y_k = (a_k - the sum over j >= 1 of b_j y_(k-j)) / b0, each product with its weight.
    member private _.Quotient(primal: Real, a: Series, b: Series, b0: Real) : Series =
        let next (y: Series) k =
            if k = 1 && b.Bound = 1 then y.Narrow a.Bound
            let mutable rest = a[k]
            for j = 1 to min k (b.Bound - 1) do
                rest <- Real.Binary(Arithmetic.Subtract(), rest, Scaling.Weigh(scaling.OfProduct(k, j), b[j], y[k - j]))
            Real.Binary(Arithmetic.Divide(), rest, b0)
        Series(primal, Int32.MaxValue, next)

    /// True if a recurrence may divide by the number: it is not 0, infinite, NaN or subnormal. (A function that underflows has derivatives
    /// that need not.)
    static member private IsNormal(x: Real) : bool =
        let least = Real 2.2250738585072014e-308
        (Real.op_GreaterThanOrEqual (x, least) || Real.op_LessThanOrEqual (x, -least)) && Real.IsFinite x

    /// The power y = u^c, from number k of both sides of u y' = c u' y, integrated (Griewank and Walther, table 13.2). Differentiating the
    /// rule instead brings a new exponent with each order, and their errors accumulate. <c>weight</c> is j c - (k - j), which is exactly 0
    /// where a whole power ends.
    member private _.Power(primal: Real, u: Series, weight: Func<int, int, Real>) : Series =
        // u_j / u_0, so that no partial product underflows where u and y are both tiny
        let ratios = List<Real>([ Real 1.0 ])
        let next (y: Series) k =
            if k < u.Bound then ratios.Add(Real.Binary(Arithmetic.Divide(), u[k], u[0]))
            let mutable sum = Real 0.0
            for j = 1 to min k (u.Bound - 1) do
                let share = scaling.OfChain(k, j) / float j
                sum <- TaylorLevel.Plus(sum, Scaling.Weigh(share, Real.Scale(weight.Invoke(j, k), ratios[j]), y[k - j]))
            sum
        Series(primal, Int32.MaxValue, next)

    override level.Unary(rule: 'R, x: Real) : Real =
        let primal = Real.Unary(rule, x.Primal)
        let recurrence = rule.Traits.Recurrence
        level.Apply(
            rule,
            recurrence.IsLinear,
            [| x |],
            primal,
            fun arguments y ->
                let x = level.SeriesOf arguments[0]
                let isRegular () = TaylorLevel.IsNormal x[0] && TaylorLevel.IsNormal primal
                match recurrence with
                | Recurrence.Power(exponent, rest) when isRegular () ->
                    let weight j k = Real(Math.FusedMultiplyAdd(exponent, float j, float (j - k)) + rest * float j)
                    level.Power(primal, x, weight)
                | Recurrence.Root degree when isRegular () ->
                    let weight j k = Real(float (int64 j - int64 degree * int64 (k - j)) / float degree)
                    level.Power(primal, x, weight)
                | Recurrence.Reciprocal ->
                    // a quotient: its recurrence does not square y, as the slope does; adding 0 makes 0 of -0
                    level.Quotient(primal, level.SeriesOf(Real 1.0), x, TaylorLevel.Plus(x[0], Real 0.0))
                | _ ->
                    let y () = if isNull y then Real 0.0 else y.Invoke()
                    level.Integrate(primal, arguments, [| level.Slope(fun () -> rule.Slope<Real>(arguments[0], y ())) |])
        )

    override level.Binary(rule: 'R, a: Real, b: Real) : Real =
        let primal = Real.Binary(rule, a.Below level, b.Below level)
        let recurrence = rule.Traits.Recurrence
        level.Apply(
            rule,
            recurrence.IsLinear || recurrence.IsProduct || recurrence.IsQuotient,
            [| a; b |],
            primal,
            fun arguments y ->
                let a, b = arguments[0], arguments[1]
                let isRegular (a: Real) = Real.op_GreaterThan (a, Real 0.0) && TaylorLevel.IsNormal a && TaylorLevel.IsNormal primal
                match recurrence with
                | Recurrence.Product -> level.Product(primal, level.SeriesOf a, level.SeriesOf b)
                | Recurrence.Quotient -> level.Quotient(primal, level.SeriesOf a, level.SeriesOf b, (level.SeriesOf b)[0])
                | Recurrence.VariablePower when (level.SeriesOf b).KnownBound = 1 && isRegular ((level.SeriesOf a).[0]) ->
                    let weight j k = TaylorLevel.Plus(Real.Scale(Real(float j), b), Real(float (j - k)))
                    level.Power(primal, level.SeriesOf a, weight)
                | Recurrence.VariablePower when isRegular ((level.SeriesOf a).[0]) ->
                    // each differentiation of its rule adds a logarithm and a new exponent
                    let exponent = Real.Binary(Arithmetic.Multiply(), b, Real.Unary(Exponentials.Log(), a))
                    level.Integrate(primal, [| exponent |], [| level.Slope(fun () -> y.Invoke()) |])
                | _ ->
                    let y () = if isNull y then Real 0.0 else y.Invoke()
                    level.Integrate(
                        primal,
                        arguments,
                        [| level.Slope(fun () -> rule.SlopeA<Real>(a, b, y ())); level.Slope(fun () -> rule.SlopeB<Real>(a, b, y ())) |]
                    )
        )

    override level.Ternary(rule: 'R, a: Real, b: Real, c: Real) : Real =
        let primal = Real.Ternary(rule, a.Below level, b.Below level, c.Below level)
        level.Apply(
            obj (),
            false,
            [| a; b; c |],
            primal,
            fun arguments _ ->
                let a, b, c = arguments[0], arguments[1], arguments[2]
                level.Integrate(
                    primal,
                    arguments,
                    [| level.Slope(fun () -> rule.SlopeA<Real>(a, b, c))
                       level.Slope(fun () -> rule.SlopeB<Real>(a, b, c))
                       level.Slope(fun () -> rule.SlopeC<Real>(a, b, c)) |]
                )
        )

    override level.Weigh(primal, a, weightA, b, weightB) =
        level.Apply(
            obj (),
            false,
            [| a; b |],
            primal,
            fun arguments _ -> level.Integrate(primal, arguments, [| level.Slope(fun () -> weightA); level.Slope(fun () -> weightB) |])
        )

module internal Taylor =
    /// Numbers 0 .. order of the series of f around x; null where f uses an operation that has no series.
    let private series (scaling: Scaling) (order: int) (f: Real -> Real) (x: Real) : Real[] =
        let level = TaylorLevel(order, scaling)
        try
            let input = Jet(level, Series [| x.Live; Real 1.0 |], false)
            let y =
                try
                    f input.Number
                with _ when level.IsRefused ->
                    Real 0.0
            let y = Forward.lookThrough level y
            if level.IsRefused then
                null
            elif y.IsAt level then
                let series = (y.node :?> Jet).Series
                Array.init (order + 1) (fun k -> series[k])
            else
                Array.init (order + 1) (fun k -> if k = 0 then y else Real 0.0)
        finally
            level.End()

    /// The coefficients f(k)(x) / k! for k = 0 .. order, in one run of f; null where f computes with arrays or with structured custom
    /// rules.
    let coefficients (order: int) (f: Real -> Real) (x: Real) : Real[] = series Scaling.Coefficients order f x

    /// The derivatives f(k)(x), likewise.
    let derivatives (order: int) (f: Real -> Real) (x: Real) : Real[] = series (Scaling.Derivatives order) order f x
