namespace FuncAD

open System

/// <summary>Functions of many numbers.</summary>
module Sums =
    /// <summary>
    /// log(e^x1 + ... + e^xn) as m + log(1 + sum of e^(xi - m) over the others), where m is the largest number: it neither overflows nor
    /// loses small terms. -infinity for no numbers. The gradient is the softmax of x.
    /// </summary>
    let logSumExp (xs: Real[]) : Real =
        if isNull xs then nullArg (nameof xs)
        let mutable largest = 0
        for index = 1 to xs.Length - 1 do
            if xs[index].Value > xs[largest].Value || Double.IsNaN xs[index].Value then largest <- index
        if xs.Length = 0 then Real Double.NegativeInfinity
        elif Double.IsInfinity xs[largest].Value then xs[largest]
        else
            let mutable rest = Real 0.0
            for index = 0 to xs.Length - 1 do
                if index <> largest && not (Double.IsNegativeInfinity xs[index].Value) then
                    rest <- rest + Real.Exp(xs[index] - xs[largest])
            xs[largest] + Real.LogP1 rest
