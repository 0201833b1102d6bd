namespace FuncAD

open System
open FuncAD.Rules

/// <summary>Functions of many numbers.</summary>
module Sums =
    /// The largest number, NaN if one is NaN; a constant to every level.
    let private largest (xs: Real[]) = xs |> Array.fold (fun largest x -> Real.Max(largest, x.Bottom)) (Real Double.NegativeInfinity)

    /// <summary>
    /// log(e^x1 + ... + e^xn) as m + log(1 + sum of e^(xi - m) over the others), where m is the largest number: it neither overflows nor
    /// loses small terms. -infinity for no numbers. The gradient is the softmax of x.
    /// </summary>
    /// <remarks>
    /// The term of m is e^(x - m) - 1: it adds nothing to the sum and has slope 1, so that no branch depends on which number is the largest.
    /// Where several are, all their ones are taken out of the sum, and all but one put back.
    /// </remarks>
    let logSumExp (xs: Real[]) : Real =
        if isNull xs then nullArg (nameof xs)
        let m = largest xs
        if not (Real.IsKind("isFinite", Double.IsFinite, m)) then
            // the first of them: an infinite number, or NaN
            xs |> Array.tryFind (fun x -> Real.op_Equality(x, m) || Real.op_Inequality(x, x)) |> Option.defaultValue m
        else
            let mutable rest, ties = Real 0.0, Real 0.0
            for x in xs do
                let isLargest = Real.Relation(Relations.Equal(), x, m)
                rest <- rest + (Real.Exp(x - m) - isLargest)
                ties <- ties + isLargest
            m + Real.LogP1(rest + (ties - 1.0))
