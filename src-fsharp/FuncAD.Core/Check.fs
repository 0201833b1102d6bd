namespace FuncAD

open System
open System.Globalization

/// <summary>What a comparison of a gradient with finite differences found.</summary>
[<Sealed>]
type GradientReport internal (entries: int, worst: int, derivative: float, difference: float, error: float, tolerance: float) =
    /// <summary>The number of entries compared.</summary>
    member _.Entries = entries

    /// <summary>The position of the worst entry among the numbers of the parameter, in order; -1 where there are none.</summary>
    member _.WorstEntry = worst

    /// <summary>FuncAD's derivative at the worst entry.</summary>
    member _.Derivative = derivative

    /// <summary>The extrapolated difference quotient at the worst entry.</summary>
    member _.Difference = difference

    /// <summary>The relative error at the worst entry: |derivative - difference| / max(1, |derivative|, |difference|), less the quotient's own uncertainty.</summary>
    member _.Error = error

    /// <summary>The error up to which the gradient passes.</summary>
    member _.Tolerance = tolerance

    /// <summary>True if every entry agrees. An error that is NaN does not pass.</summary>
    member _.Passed = error <= tolerance

    /// <summary>One line for people.</summary>
    override report.ToString() =
        let verdict = if report.Passed then "agrees with" else "differs from"
        String.Format(
            CultureInfo.InvariantCulture,
            "The gradient {0} finite differences. Worst of {1} at entry {2}: derivative {3:R}, difference {4:R}, error {5:0.0E+00}, tolerance {6:0.0E+00}.",
            verdict, entries, worst, derivative, difference, error, tolerance
        )

/// <summary>The checker that ships: gradients against extrapolated differences.</summary>
module internal Check =
    /// The central difference quotient, extrapolated to step 0 by Ridders' method (C. J. F. Ridders, "Accurate computation of f'(x) and
    /// f''(x)", 1982), and an estimate of its error.
    let ridders (f: float -> float) (x: float) : struct (float * float) =
        let shrink = 1.4
        let size = 12
        let table = Array2D.create size size nan
        let mutable best, uncertainty = nan, infinity
        let mutable step = 0.1 * max 1.0 (abs x)
        let mutable row = 0
        let mutable go = true
        while go && row < size do
            // the step that is really taken, without its rounding error
            let right, left = x + step, x - step
            table[row, 0] <- (f right - f left) / (right - left)
            let mutable weight = shrink * shrink
            for column = 1 to row do
                table[row, column] <- (table[row, column - 1] * weight - table[row - 1, column - 1]) / (weight - 1.0)
                weight <- weight * shrink * shrink
                let change =
                    max (abs (table[row, column] - table[row, column - 1])) (abs (table[row, column] - table[row - 1, column - 1]))
                if change <= uncertainty then
                    uncertainty <- change
                    best <- table[row, column]
            go <- row = 0 || not (abs (table[row, row] - table[row - 1, row - 1]) >= 2.0 * uncertainty)
            step <- step / shrink
            row <- row + 1
        struct (best, uncertainty)

    let gradient (f: 'P -> Real) (p: 'P) (tolerance: float) : GradientReport =
        let struct (like, parts) = Gather.input "CheckGradient" "x" p
        let point = Parts.values parts
        let at (point: float[]) = Gather.rebuild like (Parts.ofValues parts point)
        let struct (_, gradient) = Pullback.valueAndGradient "CheckGradient" f (at point)
        let derivatives = Gather.alike "CheckGradient" "gradient" like gradient |> Parts.values
        let along index (x: float) =
            let moved = Array.copy point
            moved[index] <- x
            (f (at moved)).Value
        let mutable report = GradientReport(point.Length, -1, 0.0, 0.0, 0.0, tolerance)
        for index = 0 to point.Length - 1 do
            let struct (difference, uncertainty) = ridders (along index) point[index]
            let derivative = derivatives[index]
            let scale = max 1.0 (max (abs derivative) (abs difference))
            let error = max 0.0 (abs (derivative - difference) - uncertainty) / scale
            if report.WorstEntry < 0 || error > report.Error || Double.IsNaN error then
                report <- GradientReport(point.Length, index, derivative, difference, error, tolerance)
        report
