namespace FuncAD

open System
open System.Globalization

/// <summary>What a comparison with differences has shown.</summary>
type GradientVerdict =
    /// <summary>Every entry agrees with the differences.</summary>
    | Agrees = 0
    /// <summary>No entry differs, but there are some of which the differences cannot tell.</summary>
    | CannotTell = 1
    /// <summary>An entry differs from its difference by more than the tolerance and all uncertainty.</summary>
    | Differs = 2

/// <summary>What a comparison of a gradient with finite differences found.</summary>
[<Sealed>]
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

    /// <summary>The number of entries of which the differences cannot tell whether they are right.</summary>
    member _.Undecided = undecided

    /// <summary>The position of the worst entry: among the Reals of the parameter, in order, and after these among the elements of its
    /// tensors; -1 where there are none. One that differs is worse than one that cannot be told.</summary>
    member _.WorstEntry = worst

    /// <summary>FuncAD's derivative at the worst entry.</summary>
    member _.Derivative = derivative

    /// <summary>The extrapolated difference quotient at the worst entry.</summary>
    member _.Difference = difference

    /// <summary>How far the slope may be from the difference quotient at the worst entry, as far as the function's values tell; infinity
    /// where they do not.</summary>
    member _.Uncertainty = uncertainty

    /// <summary>The relative error at the worst entry: |derivative - difference| / max(|derivative|, |difference|), less the quotient's
    /// own uncertainty.</summary>
    member _.Error = Entry.Error(derivative, difference, uncertainty)

    /// <summary>The error up to which the gradient passes.</summary>
    member _.Tolerance = tolerance

    /// <summary>Whether the gradient agrees, differs, or cannot be told right or wrong.</summary>
    member _.Verdict = verdict

    /// <summary>Why nothing can be said of the worst entry: a kink, noise, the edge of the domain ...; empty where something is.</summary>
    member _.Obstacle: string = obstacle

    /// <summary>True if every entry agrees. A derivative that is NaN does not pass, nor one that cannot be told.</summary>
    member _.Passed = (verdict = GradientVerdict.Agrees)

    /// <summary>One line for people.</summary>
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

/// <summary>A derivative against a slope from differences.</summary>
and [<AbstractClass; Sealed>] internal Entry private () =
    static member Error(derivative: float, difference: float, uncertainty: float) : float =
        let apart = abs (derivative - difference)
        if apart <= uncertainty then 0.0 else (apart - uncertainty) / max (abs derivative) (abs difference)

    /// <summary>
    /// Two bounds keep right and wrong apart: to differ, a derivative has to be outside of four times the slope's uncertainty; to agree,
    /// it has to be inside once, and the uncertainty no more than ten times the tolerance. At a flat place, both are 0 as far as
    /// differences see, which is next to nothing against how steep f is around.
    /// </summary>
    static member Verdict(x: float, derivative: float, slope: NumericalSlope, tolerance: float) : struct (GradientVerdict * string) =
        let apart = abs (derivative - slope.Value)
        let size = max (abs derivative) (abs slope.Value)
        let allowed = tolerance * size
        if not (isNull slope.Obstacle) then
            struct (GradientVerdict.CannotTell, slope.Obstacle)
        elif not (Double.IsFinite derivative) then
            // that the slope is some number or other is enough
            if slope.Uncertainty <= 0.001 * max (abs slope.Value) slope.Steepness then
                struct (GradientVerdict.Differs, "")
            else
                struct (GradientVerdict.CannotTell, "the difference quotients do not settle")
        elif slope.Constancy > 0.0 then
            // differences of exactly 0 hide what is below the values' rounding, and below that of the numbers on the way to them
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

/// <summary>The checker that ships: gradients against extrapolated differences.</summary>
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
        // steps go far, also to where f or a constructor refuses its argument: there is no value there
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
            // NaN is the greatest error
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
