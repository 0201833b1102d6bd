/// Derivatives by differences alone, with a bound of their error: the opinion that owes the library nothing.
module FuncAD.Tests.Differences

open System

/// <summary>
/// Central differences of steps h, h/2, h/4, ... extrapolated to step 0 (Richardson 1911, Romberg; the choice of the entry after Ridders
/// 1982). The bound has two parts. Truncation: two neighbours of the chosen entry, whose leading errors differ, disagree by no more.
/// Rounding: f is accurate to <c>ulps</c> units of its size around x, so that a quotient of step h is off by at most ulps u size / h, and the
/// weights of the extrapolation, |4^k/(4^k-1)| + |1/(4^k-1)|, multiply to less than 2.
/// </summary>
let derivative (ulps: float) (widest: float) (f: float -> float) (x: float) : struct (float * float) =
    let size = 16
    let table = Array2D.create size size nan
    let mutable best, bound = nan, infinity
    let mutable h = widest
    let mutable scale = abs (f x)
    for row = 0 to size - 1 do
        let right, left = x + h, x - h
        let fr, fl = f right, f left
        for y in [ fr; fl ] do
            if Double.IsFinite y then scale <- max scale (abs y)
        table[row, 0] <- (fr - fl) / (right - left)
        let noise = 8.0 * ulps * Testing.u * scale / (right - left)
        let mutable weight = 4.0
        for column = 1 to min row 6 do
            table[row, column] <- table[row, column - 1] + (table[row, column - 1] - table[row - 1, column - 1]) / (weight - 1.0)
            weight <- weight * 4.0
            let change = max (abs (table[row, column] - table[row, column - 1])) (abs (table[row, column] - table[row - 1, column - 1]))
            if row >= 2 && change + noise < bound then
                bound <- change + noise
                best <- table[row, column]
        h <- h / 2.0
    struct (best, bound)
