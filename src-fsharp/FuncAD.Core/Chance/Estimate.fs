namespace FuncAD

open System
open System.Globalization

/// <summary>How estimates are written.</summary>
module internal EstimateText =
    /// mean ± error to the first digit of the error, and to six digits where that says nothing.
    let entry (mean: float) (error: float) : string =
        let digits = -Math.Floor(Math.Log10 error)
        let format = if digits >= -6.0 && digits <= 9.0 && abs mean < 1e9 then $"F{int (max 0.0 digits)}" else "G6"
        let write (x: float) = x.ToString(format, CultureInfo.InvariantCulture)
        $"{write mean} ± {write error}"

    let samples (count: int) : string = if count = 1 then "(1 sample)" else $"({count} samples)"

/// <summary>The mean of samples as an estimate of an expectation, with its standard error.</summary>
[<NoComparison; TypeFormatterSource(typeof<TextInNotebooks>)>]
type Estimate =
    {
        /// <summary>The mean of the samples: an unbiased estimate of the expectation.</summary>
        Mean: float
        /// <summary>
        /// The estimated standard deviation of Mean: sqrt(sum (x_i - Mean)^2 / (n (n - 1))); NaN for one sample. Two thirds of such means
        /// lie within one standard error of the expectation, and 19 of 20 within two, once n is large enough for the central limit theorem.
        /// </summary>
        StandardError: float
        /// <summary>The number of samples.</summary>
        Samples: int
    }

    /// <summary>Such as 0.693 ± 0.002 (1000 samples).</summary>
    override x.ToString() = $"{EstimateText.entry x.Mean x.StandardError} {EstimateText.samples x.Samples}"

/// <summary>Estimates of several numbers from the same samples, in the structure of a parameter.</summary>
[<NoComparison; NoEquality; TypeFormatterSource(typeof<TextInNotebooks>)>]
type Estimate<'P> =
    {
        /// <summary>The mean of the samples, entry by entry: an unbiased estimate of the expectation.</summary>
        Mean: 'P
        /// <summary>The estimated standard deviation of each entry of Mean; NaN for one sample.</summary>
        StandardError: 'P
        /// <summary>The number of samples.</summary>
        Samples: int
    }

    /// <summary>Such as [0.693 ± 0.002, 1.04 ± 0.01] (1000 samples); the first entries of many.</summary>
    override x.ToString() =
        let means, errors = Entries.values x.Mean, Entries.values x.StandardError
        let text = Entries.join means.Length (fun index -> EstimateText.entry means[index] errors[index])
        $"{text} {EstimateText.samples x.Samples}"
