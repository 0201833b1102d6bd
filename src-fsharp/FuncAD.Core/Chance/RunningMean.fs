namespace FuncAD

/// <summary>
/// Running means and squared deviations of several numbers (Welford 1962, "Note on a method for calculating corrected sums of squares and
/// products"): stable where the deviations are small beside the means.
/// </summary>
[<Sealed>]
type internal RunningMean(length: int) =
    let mutable count = 0
    let mean: float[] = Array.zeroCreate length
    let squares: float[] = Array.zeroCreate length

    member _.Add(sample: float[]) : unit =
        count <- count + 1
        for index in 0 .. length - 1 do
            let deviation = sample[index] - mean[index]
            mean[index] <- mean[index] + deviation / float count
            squares[index] <- squares[index] + deviation * (sample[index] - mean[index])

    member _.Mean = mean

    /// The standard errors of the means.
    member _.Errors = squares |> Array.map (fun squares -> sqrt (squares / (float count * float (count - 1))))
