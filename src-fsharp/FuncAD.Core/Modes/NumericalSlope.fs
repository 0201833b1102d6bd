namespace FuncAD

open System

/// <summary>The slope of a function at a point, estimated from differences.</summary>
[<Struct>]
type internal NumericalSlope =
    {
        Value: float

        /// The estimated bound of |slope - Value|, from the function's values alone; infinity where there is no estimate.
        Uncertainty: float

        /// The largest |f(x + h) - f(x)| / h of the steps used. A slope near 0 counts as 0 if it is small compared with this.
        Steepness: float

        /// The longest step up to which f equals f(x) exactly; 0 where there is none.
        Constancy: float

        /// The largest |f| of the rows used.
        Size: float

        /// Why the slope is unknown, or null.
        Obstacle: string
    }

/// <summary>
/// Slopes from values of the function alone: difference quotients of steps over many decades, extrapolated to step 0 (Richardson 1911; the
/// error of an extrapolation after C. J. F. Ridders, "Accurate computation of f'(x) and f''(x)", 1982). Good steps are not known
/// beforehand: long ones reach other parts of the function, short ones show its rounding errors. An extrapolation has to explain the
/// quotients of all steps shorter than its own: their deviations from it are taken for errors of the function's values.
/// </summary>
module internal NumericalSlope =
    /// The function's values at x + Step and x - Step. In a one-sided row the other value is f(x).
    [<Struct>]
    type private Row =
        {
            Step: float
            Right: float
            Left: float

            /// The distance of the midpoint of both places from x, which is not 0 where a long step is rounded.
            Shift: float
        }

        /// The distance between the two places, and the difference quotient.
        member row.Span(sides: float) = sides * row.Step
        member row.Quotient(sides: float) = (row.Right - row.Left) / row.Span sides
        member row.Size = max (abs row.Right) (abs row.Left)

    /// An extrapolation of the rows First .. Last to step 0, with a bound of its error. Noise is the error of the function's values that it
    /// implies.
    [<Struct>]
    type private Extrapolation = { Value: float; Error: float; Noise: float; First: int; Last: int; IsContested: bool }

    /// The ratio of neighbouring steps: not a whole number, so that a period of the function does not divide all of them.
    let private ratio = 3.6

    /// The largest and the smallest number of rows in an extrapolation, and the number of shorter rows required to check it.
    let private maximumRows, minimumRows, checkRows = 7, 3, 2

    /// The number of rows added at a time, and the number of rows from which none are added.
    let private addedRows, enoughRows = 8, 120

    /// The error of a value of this size after 256 roundings.
    let private rounding (size: float) = 256.0 * Math.ScaleB(abs size, -53)

    let private unknown value obstacle : NumericalSlope =
        { Value = value; Uncertainty = infinity; Steepness = 0.0; Constancy = 0.0; Size = 0.0; Obstacle = obstacle }

    /// The initial steps: from |x| down to its rounding, and from 1 down for a small x.
    let private steps (x: float) : float list =
        let size = abs x
        let ladder top bottom =
            List.unfold
                (fun step -> if step >= bottom && step > 0.0 then Some(step, step / ratio) else None)
                (min (1.54 * top) (Double.MaxValue / 4.0))
        [ if size > 0.0 then yield! ladder size (Math.ScaleB(size, -50))
          if size < 1.0 then yield! ladder 1.0 (max (Math.ScaleB(1.0, -60)) (ratio * 1.54 * size)) ]

    /// The next column of Neville's scheme at step 0, over windows of <c>length</c> steps, from the column over windows of one step less,
    /// in powers of the step (of its square for two-sided steps). Returns the values, and the larger distance of each from the two that it
    /// is made from.
    let neville (sides: float) (steps: float[]) (length: int) (previous: float[]) : struct (float[] * float[]) =
        let values, changes = Array.zeroCreate (previous.Length - 1), Array.zeroCreate (previous.Length - 1)
        for first = 0 to values.Length - 1 do
            let share = (steps[first] / steps[first + length - 1]) ** sides
            let value = previous[first] + (previous[first] - previous[first + 1]) * (share / (1.0 - share))
            values[first] <- value
            changes[first] <- max (abs (value - previous[first])) (abs (value - previous[first + 1]))
        struct (values, changes)

    let private errorsBelow
        (sides: float)
        (rows: Row[])
        (quotients: float[])
        (y: float)
        (first: int)
        (value: float)
        : struct (float * float * float) =
        let mutable ofShortest, ofOthers, ofAll = Double.Epsilon, 0.0, 0.0
        for index = 0 to first - 1 do
            let truncation = 2.0 * abs (quotients[first] - value) * (rows[index].Step / rows[first].Step) ** sides
            let error = (abs (quotients[index] - value) - truncation) * rows[index].Span sides
            ofAll <- max ofAll error
            if 2 * index < first then
                ofShortest <- max ofShortest error
            else
                ofOthers <- max ofOthers (error - rounding (max rows[index].Size (abs y)))
        struct (ofShortest, ofOthers, ofAll)
    /// The plausible extrapolation with the least error, over rows sorted by step, the shortest first; none where there is none. With
    /// <c>isTrusted</c>, shorter rows are not consulted. It is contested if another plausible one, over shorter rows only, has a different
    /// slope: the values of f then form steps.
    let private extrapolate (sides: float) (rows: Row[]) (y: float) (start: int) (isTrusted: bool) : Extrapolation voption =
        let steps = rows |> Array.map _.Step
        let quotients = rows |> Array.map _.Quotient(sides)
        let variations = rows |> Array.map (fun row -> max (abs (row.Right - y)) (abs (row.Left - y)))
        // the slope's change over the shift, by the second difference
        let shift (row: Row) = if row.Shift = 0.0 then 0.0 else row.Shift * abs ((row.Right - y) - (y - row.Left)) / row.Step / row.Step
        let shifts = rows |> Array.map shift
        let plausible = Collections.Generic.List<Extrapolation>()
        let mutable best: Extrapolation voption = ValueNone
        let mutable slopes, means = quotients, rows |> Array.map (fun row -> 0.5 * row.Right + 0.5 * row.Left)

        for length = 2 to min maximumRows rows.Length do
            let struct (values, changes) = neville sides steps length slopes
            let struct (centres, centreChanges) = neville sides steps length means
            slopes <- values
            means <- centres
            if length >= minimumRows then
                for first = start to values.Length - 1 do
                    let isChecked = not isTrusted && (best.IsNone || 2.0 * changes[first] < max best.Value.Error (0.1 * abs values[first]))
                    let struct (ofShortest, ofOthers, ofAll) =
                        if isChecked then errorsBelow sides rows quotients y first values[first] else struct (Double.Epsilon, 0.0, 0.0)
                    let noise = max (Double.Epsilon + 4.0 * Math.ScaleB(max rows[first].Size (abs y), -53)) ofAll
                    // the absolute weights of the scheme add up to less than 1.5 for two-sided rows, to less than 4 for one-sided ones
                    let shift = Array.max shifts[first .. first + length - 1]
                    let error = 2.0 * changes[first] + (if sides = 2.0 then 1.5 else 4.0) * noise / rows[first].Span sides + shift
                    // With long steps, a bounded function looks like a constant with errors. But errors of values are as small as rounding,
                    // or small compared with the changes of f over the steps; they do not grow with the step; and the mean of f's values on
                    // both sides extrapolates to f(x).
                    let isPlausible () =
                        isTrusted
                        || (ofOthers <= 16.0 * ofShortest
                            && (noise <= Double.Epsilon + rounding (max rows[first].Size (abs y))
                                || noise <= 1e-4 * Array.max variations[first .. first + length - 1])
                            && (sides = 1.0 || abs (centres[first] - y) <= 4.0 * (noise + centreChanges[first])))
                    let isOfUse = best.IsNone || error < best.Value.Error || (not isTrusted && error < 0.1 * abs values[first])
                    if error < infinity && isOfUse && isPlausible () then
                        let extrapolation =
                            { Value = values[first]
                              Error = error
                              Noise = noise
                              First = first
                              Last = first + length - 1
                              IsContested = false }
                        plausible.Add extrapolation
                        if best.IsNone || error < best.Value.Error then best <- ValueSome extrapolation
        match best with
        | ValueSome found ->
            let isOther (shorter: Extrapolation) =
                shorter.Last < found.First
                && shorter.Error < 0.1 * abs shorter.Value
                && abs (shorter.Value - found.Value) > 4.0 * (shorter.Error + found.Error)
            ValueSome { found with IsContested = plausible.Exists isOther }
        | ValueNone -> best

    /// True if the one-sided slopes stay apart as the step shrinks, for steps as short as f's errors permit. For a smooth function their
    /// difference shrinks with the step.
    let private hasKink (rows: Row[]) (y: float) (found: Extrapolation) : bool =
        let gap index = abs ((rows[index].Right - y) - (y - rows[index].Left)) / rows[index].Step
        match rows |> Array.tryFindIndex (fun row -> abs ((row.Right - y) - (y - row.Left)) > 16.0 * found.Noise) with
        | Some index when index <= found.Last && index + 2 < rows.Length ->
            gap index > gap (index + 1) / 1.5 && gap (index + 1) > gap (index + 2) / 1.5
        | _ -> false

    let private judge (sides: float) (rows: Row[]) (x: float) (y: float) (found: Extrapolation) : NumericalSlope =
        let isAt index = rows[index].Right = y && rows[index].Left = y
        let isConstant = Seq.forall isAt (seq { 0 .. found.Last })
        // Rounding acts far below the size of x: a function that is constant up to a step of 1% of max(1, |x|) is a constant there.
        let plateau = rows |> Array.takeWhile (fun row -> row.Right = y && row.Left = y) |> Array.tryLast
        let isWide =
            match plateau with
            | Some row -> row.Step >= 0.01 * max 1.0 (abs x)
            | None -> false
        // A rounded function is constant next to x; longer steps show its slope before rounding.
        let isRounded =
            isConstant
            && (match extrapolate sides rows y (found.Last + 1) true with
                | ValueSome further -> abs further.Value > 10.0 * further.Error
                | ValueNone -> false)
        if isWide then
            { Value = 0.0
              Uncertainty = 0.0
              Steepness = 0.0
              Constancy = plateau.Value.Step
              Size = rows |> Seq.map _.Size |> Seq.max
              Obstacle = null }
        elif found.IsContested || isRounded then
            unknown found.Value "f has another slope next to the point than further off: its values are rounded, or it is made of steps"
        elif sides = 2.0 && hasKink rows y found then
            unknown found.Value "f has a kink at the point, or next to it"
        else
            let steepness (row: Row) = max (abs (row.Right - y)) (abs (row.Left - y)) / row.Step
            { Value = found.Value
              Uncertainty = found.Error
              Steepness = Seq.max (seq { for index in found.First .. found.Last -> steepness rows[index] })
              Constancy = if isConstant then rows[found.Last].Step else 0.0
              Size = rows |> Seq.map _.Size |> Seq.max
              Obstacle = null }

    /// <summary>
    /// The slope at x of a function with the value y there. Rows are added until the error is at most <c>precision</c> times the larger of
    /// the slope and <c>expected</c>.
    /// </summary>
    let at (f: float -> float) (x: float) (y: float) (expected: float) (precision: float) : NumericalSlope =
        let row (step: float) =
            // the step, rounded so that |x| + step is exact
            let step = (abs x + step) - abs x
            let right, left = x + step, x - step
            { Step = step
              Right = (if step > 0.0 then f right else nan)
              Left = (if step > 0.0 then f left else nan)
              Shift = abs (0.5 * right + 0.5 * left - x) }
        let sort (rows: Row seq) =
            rows |> Seq.filter (fun row -> row.Step > 0.0) |> Seq.distinctBy _.Step |> Seq.sortBy _.Step |> Seq.toArray

        /// The two-sided rows where there are enough; otherwise one-sided rows, on the side with more finite values.
        let seen (rows: Row[]) : struct (float * Row[]) =
            let enough = minimumRows + checkRows + 1
            let both = rows |> Array.filter (fun row -> Double.IsFinite row.Right && Double.IsFinite row.Left)
            let right =
                [| for row in rows do
                       if Double.IsFinite row.Right then { row with Left = y } |]
            let left =
                [| for row in rows do
                       if Double.IsFinite row.Left then { row with Right = y } |]
            if both.Length >= enough then struct (2.0, both)
            elif right.Length >= left.Length then struct (1.0, right)
            else struct (1.0, left)

        let rec search (rows: Row[]) : NumericalSlope =
            let struct (sides, visible) = seen rows
            let found = extrapolate sides visible y checkRows false
            let isEnough = found.IsSome && found.Value.Error <= precision * max (abs expected) (abs found.Value.Value)
            let isLongest = found.IsSome && found.Value.Last >= visible.Length - 2 && found.Value.Noise <= rounding y
            let isShortest = found.IsNone || found.Value.First <= checkRows + 1
            let add (steps: float list) = search (sort (Seq.append rows (steps |> List.map row)))
            if not isEnough && isLongest && rows.Length < enoughRows && Array.last(rows).Step < 1e280 && visible.Length > 0 then
                add [ for k in 1..addedRows -> rows[rows.Length - 1].Step * ratio ** float k ]
            elif not isEnough && isShortest && x = 0.0 && rows.Length < enoughRows && visible.Length > 0 then
                add [ for k in 1..addedRows -> rows[0].Step / ratio ** float k ]
            else
                match found with
                | ValueSome found -> judge sides visible x y found
                | ValueNone when visible.Length < minimumRows + checkRows + 1 -> unknown nan "f is not finite around the point"
                | ValueNone -> unknown nan "the difference quotients do not settle: f is noisy, or has no slope there"

        if Double.IsFinite y then search (sort (steps x |> List.map row)) else unknown nan "f is not finite at the point"
