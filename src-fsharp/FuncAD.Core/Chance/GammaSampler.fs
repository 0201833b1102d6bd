namespace FuncAD

open System

/// <summary>Samples of the gamma distribution.</summary>
module internal GammaSampler =
    /// log(z / shape) of a sample z with rate 1, for shape >= 1: z = d v for d = shape - 1/3, v = (1 + n / sqrt(9 d))^3 and a normal n,
    /// accepted with probability exp(n^2 / 2 + d (1 - v + log v)) (Marsaglia and Tsang, "A simple method for generating gamma variables",
    /// 2000); more than 95 of 100 are.
    let private accepted (key: RandomKey) (shape: float) : float =
        let d = shape - 1.0 / 3.0
        let c = 1.0 / Math.Sqrt(9.0 * d)
        let mutable attempt, logV = 0L, nan
        while Double.IsNaN logV do
            let struct (first, second) = key.Fold(attempt).Split()
            let n = first.Normal()
            let step = c * n
            if step > -1.0 then
                // v - 1, whose deviance does not cancel for large d
                let excess = step * (3.0 + step * (3.0 + step))
                if Math.Log(second.Uniform()) < 0.5 * n * n - d * DensityValues.logP1Deficit excess then
                    logV <- 3.0 * SpecialValues.log1p step
            attempt <- attempt + 1L
        logV + SpecialValues.log1p (-1.0 / (3.0 * shape))

    /// <summary>
    /// log(z / shape) of a sample z with rate 1. Below 1 a sample of the shape one higher is multiplied by u^(1 / shape) (section 6 of the
    /// paper); that number may be far below the doubles, its logarithm is not.
    /// </summary>
    let logRatio (key: RandomKey) (shape: float) : float =
        if not (shape > 0.0 && shape < infinity) then
            nan
        elif shape >= 1.0 then
            accepted key shape
        else
            let higher = shape + 1.0
            accepted key higher + (Math.Log higher - Math.Log shape) + Math.Log(key.Fold(-1L).Uniform()) / shape
