namespace FuncAD

/// <summary>
/// Derivatives of any order of a function of one number. Nested forward mode needs 2^n numbers for each operation, but is faster for the
/// first few orders; a series needs O(n^2) work.
/// </summary>
module internal Orders =
    /// The first order that is computed by a series.
    let private firstOfSeries = 5

    /// f, f', ..., f(n) by nested forward mode, in one run of f on numbers of n levels.
    let rec private nested (order: int) (f: Real -> Real) (x: Real) : Real[] =
        if order = 0 then
            [| f x |]
        else
            let level = ForwardLevel ArrayModes.forward
            try
                let lower = nested (order - 1) f (Forward.lift level x (Real 1.0)) |> Array.map (Forward.lower level)
                Array.init (order + 1) (fun k ->
                    let struct (primal, tangent) = lower[min k (order - 1)]
                    if k < order then primal else tangent)
            finally
                level.End()

    let private orNested (series: Real[]) order f x = if isNull series then nested order f x else series

    /// The derivatives f(k)(x), k = 0 .. order.
    let derivatives (order: int) (f: Real -> Real) (x: Real) : Real[] =
        orNested (if order < firstOfSeries then null else Taylor.derivatives order f x) order f x

    /// The coefficients f(k)(x) / k!, k = 0 .. order.
    let coefficients (order: int) (f: Real -> Real) (x: Real) : Real[] =
        match (if order < firstOfSeries then null else Taylor.coefficients order f x) with
        | null ->
            let mutable factorial = 1.0
            nested order f x
            |> Array.mapi (fun k derivative ->
                if k > 1 then factorial <- factorial * float k
                if k < 2 then derivative else derivative / factorial)
        | series -> series
