namespace FuncAD

open System
open System.Globalization

/// <summary>The outcome of a comparison with differences.</summary>
type GradientVerdict =
    /// <summary>Every entry agrees with the differences.</summary>
    | Agrees = 0
    /// <summary>No entry differs, but for some the differences are not accurate enough to decide.</summary>
    | CannotTell = 1
    /// <summary>An entry differs from its difference quotient by more than the tolerance and the uncertainty.</summary>
    | Differs = 2

/// <summary>The result of comparing a gradient with finite differences.</summary>
[<Sealed; TypeFormatterSource(typeof<TextInNotebooks>)>]
type GradientReport
    internal
    (
        entries: int,
        undecided: int,
        worst: int,
        derivative: float,
        difference: float,
        uncertainty: float,
        tolerance: float,
        verdict: GradientVerdict,
        obstacle: string
    ) =
    /// <summary>The number of entries compared.</summary>
    member _.Entries = entries

    /// <summary>The number of entries for which the differences are not accurate enough to decide.</summary>
    member _.Undecided = undecided

    /// <summary>
    /// The index of the worst entry, counting the Reals of the parameter in order and then the elements of its tensors; -1 if there are
    /// none. An entry that differs is worse than an undecided one.
    /// </summary>
    member _.WorstEntry = worst

    /// <summary>FuncAD's derivative at the worst entry.</summary>
    member _.Derivative = derivative

    /// <summary>The extrapolated difference quotient at the worst entry.</summary>
    member _.Difference = difference

    /// <summary>
    /// The estimated error of the difference quotient at the worst entry, from the function's values alone; infinity where there is no
    /// estimate.
    /// </summary>
    member _.Uncertainty = uncertainty

    /// <summary>
    /// The relative error at the worst entry: (|derivative - difference| - uncertainty) / max(|derivative|, |difference|), and 0 if that is
    /// negative.
    /// </summary>
    member _.Error = Entry.Error(derivative, difference, uncertainty)

    /// <summary>The largest relative error that passes.</summary>
    member _.Tolerance = tolerance

    /// <summary>Whether the gradient agrees, differs, or is undecided.</summary>
    member _.Verdict = verdict

    /// <summary>Why the worst entry is undecided: a kink, noise, the edge of the domain ...; empty if it is decided.</summary>
    member _.Obstacle: string = obstacle

    /// <summary>True if every entry agrees. A derivative that is NaN and an undecided entry do not pass.</summary>
    member _.Passed = (verdict = GradientVerdict.Agrees)

    /// <summary>A summary in one line.</summary>
    override report.ToString() =
        let says =
            match verdict with
            | GradientVerdict.Agrees -> "The gradient agrees with finite differences."
            | GradientVerdict.Differs -> "The gradient differs from finite differences."
            | _ -> $"Finite differences cannot tell whether the gradient is right, at {undecided} of {entries} entries: {obstacle}."
        String.Format(
            CultureInfo.InvariantCulture,
            "{0} Worst of {1} at entry {2}: derivative {3:R}, difference {4:R} (within {5:0.0E+00}), error {6:0.0E+00}, tolerance {7:0.0E+00}.",
            says,
            entries,
            worst,
            derivative,
            difference,
            uncertainty,
            report.Error,
            tolerance
        )

/// <summary>The comparison of one derivative with a slope from differences.</summary>
and [<AbstractClass; Sealed>] internal Entry private () =
    static member Error(derivative: float, difference: float, uncertainty: float) : float =
        let apart = abs (derivative - difference)
        if apart <= uncertainty then 0.0 else (apart - uncertainty) / max (abs derivative) (abs difference)

    /// <summary>
    /// A derivative differs if it is further from the slope than the tolerance and four times the slope's uncertainty. It agrees if it is
    /// within the tolerance and the uncertainty, and the uncertainty is at most ten times the tolerance. Where f is flat, both are 0 to
    /// within an uncertainty that is negligible compared with the steepness of f nearby, and agree.
    /// </summary>
    static member Verdict(x: float, derivative: float, slope: NumericalSlope, tolerance: float) : struct (GradientVerdict * string) =
        let apart = abs (derivative - slope.Value)
        let size = max (abs derivative) (abs slope.Value)
        let allowed = tolerance * size
        if not (isNull slope.Obstacle) then
            struct (GradientVerdict.CannotTell, slope.Obstacle)
        elif not (Double.IsFinite derivative) then
            // it is enough to know that the slope is finite
            if slope.Uncertainty <= 0.001 * max (abs slope.Value) slope.Steepness then
                struct (GradientVerdict.Differs, "")
            else
                struct (GradientVerdict.CannotTell, "the difference quotients do not settle")
        elif slope.Constancy > 0.0 then
            // differences of exactly 0 hide changes below the rounding of f's values, and below that of its intermediate results
            let change = abs derivative * min slope.Constancy (max 1.0 (abs x))
            if derivative = 0.0 then struct (GradientVerdict.Agrees, "")
            elif change > 1e-6 * slope.Size && change > 1e-9 then struct (GradientVerdict.Differs, "")
            else struct (GradientVerdict.CannotTell, "f does not change there, up to rounding")
        elif apart > allowed + 4.0 * slope.Uncertainty && slope.Uncertainty <= 0.001 * size then
            struct (GradientVerdict.Differs, "")
        elif
            apart <= allowed + slope.Uncertainty
            && (slope.Uncertainty <= 10.0 * allowed
                || (size <= 2.0 * slope.Uncertainty && slope.Uncertainty <= 0.001 * tolerance * slope.Steepness))
        then
            struct (GradientVerdict.Agrees, "")
        else
            struct (GradientVerdict.CannotTell, "f's values are too rough for differences that are accurate enough")

/// <summary>Compares gradients with extrapolated differences.</summary>
module internal GradientCheck =
    let private same (a: float) (b: float) =
        BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b || (Double.IsNaN a && Double.IsNaN b)

    let gradient (f: 'P -> Real) (p: 'P) (tolerance: float) : GradientReport =
        let struct (like, leaves) = Flatten.input "CheckGradient" "x" p
        let point = Leaves.values leaves
        let at (point: float[]) = Flatten.rebuild like (Leaves.ofValues leaves point)
        let struct (value, gradient) = Recording.valueAndGradient "CheckGradient" f (at point)
        let derivatives = Flatten.alike "CheckGradient" "gradient" like gradient |> Leaves.values
        let y = (f (at point)).Value
        // long steps may leave the domain of f or of a constructor: its exception counts as a missing value
        let along index (x: float) =
            let moved = Array.copy point
            moved[index] <- x
            try
                (f (at moved)).Value
            with
            | :? ArgumentException
            | :? ArithmeticException -> nan

        let slope index = NumericalSlope.at (along index) point[index] y derivatives[index] (0.1 * tolerance)
        let slopes = Array.init point.Length slope
        let again = (f (at point)).Value
        let changing =
            if same y again && same y value.Value then
                null
            else
                let other = if same y again then value.Value else again
                String.Format(CultureInfo.InvariantCulture, "f is not a function: for the same x it returned {0:R} and {1:R}", y, other)
        let verdicts =
            Array.map3
                (fun x derivative (slope: NumericalSlope) ->
                    let slope = if isNull changing then slope else { slope with Uncertainty = infinity; Obstacle = changing }
                    Entry.Verdict(x, derivative, slope, tolerance))
                point
                derivatives
                slopes
        let verdict index = let struct (verdict, _) = verdicts[index] in verdict
        let error index = Entry.Error(derivatives[index], slopes[index].Value, slopes[index].Uncertainty)
        if point.Length = 0 then
            GradientReport(0, 0, -1, 0.0, 0.0, 0.0, tolerance, GradientVerdict.Agrees, "")
        else
            // NaN counts as the greatest error
            let worst = Seq.init point.Length id |> Seq.maxBy (fun index -> struct (verdict index, Double.IsNaN(error index), error index))
            let struct (decision, obstacle) = verdicts[worst]
            let undecided = verdicts |> Seq.filter (fun (struct (verdict, _)) -> verdict = GradientVerdict.CannotTell) |> Seq.length
            GradientReport(
                point.Length,
                undecided,
                worst,
                derivatives[worst],
                slopes[worst].Value,
                slopes[worst].Uncertainty,
                tolerance,
                decision,
                obstacle
            )
