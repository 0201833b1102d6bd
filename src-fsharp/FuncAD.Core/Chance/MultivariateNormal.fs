namespace FuncAD

open System

/// <summary>
/// A distribution of a random vector: x = mean + L z with independent standard normal numbers z and a lower triangular matrix L, the
/// Cholesky factor of the covariance matrix L L^T. Made by <see cref="M:FuncAD.Distribution.MultivariateNormal"/>.
/// </summary>
[<Sealed; TypeFormatterSource(typeof<TextInNotebooks>)>]
type MultivariateNormal internal (mean: Tensor, cholesky: Tensor) =
    let size = mean.Length
    let logDeterminant = Tensor.sum (Tensor.Log(Tensor.diagonal cholesky))
    let constant = float size * Density.halfLogTau

    /// <summary>The expectation: a vector.</summary>
    member _.Mean: Tensor = mean

    /// <summary>L: the lower triangular factor of the covariance matrix.</summary>
    member _.Cholesky: Tensor = cholesky

    /// <summary>The covariance matrix L L^T.</summary>
    member _.Covariance: Tensor = Tensor.matmulTransposed false true cholesky cholesky

    /// <summary>The entropy, log det L + (n / 2) log(2 pi e) for n numbers.</summary>
    member _.Entropy: Real = logDeterminant + (constant + 0.5 * float size)

    /// <summary>True: derivatives pass through samples.</summary>
    member _.IsReparameterised = true

    /// <summary>
    /// The logarithm of the density at a vector x of finite numbers: -z^T z / 2 - log det L - (n / 2) log(2 pi) for the solution z of
    /// L z = x - mean. It is NaN where an element of x is.
    /// </summary>
    /// <remarks>Cost: n^2 / 2 operations.</remarks>
    /// <exception cref="T:System.ArgumentException">x has not as many elements as the mean.</exception>
    member _.LogDensity(x: Tensor) : Real =
        if Tensor.Given("LogDensity", x).Rank <> 1 || x.Length <> size then
            Shape.fail "MultivariateNormal.LogDensity" $"expected a vector of {size} elements, got the shape {Shape.text x.Dimensions}."
        let z = Tensor.solveLower cholesky (x - mean)
        -0.5 * Tensor.sum (z * z) - (logDeterminant + constant)

    /// <summary>A sample, mean + L z. Derivatives pass through it to the parameters. The same key gives the same sample.</summary>
    member _.Sample(key: RandomKey) : Tensor = mean + Tensor.matmul cholesky (key.Normal size)

    /// <summary>Independent samples, the rows of a matrix: mean + L z for each row z of standard normal numbers.</summary>
    /// <exception cref="T:System.ArgumentException">The number of samples is negative.</exception>
    member _.Sample(key: RandomKey, count: int) : Tensor = mean + Tensor.matmulTransposed false true (key.Normal(count, size)) cholesky

    /// <summary>Such as MultivariateNormal(2 numbers, mean = [0, 1]).</summary>
    override _.ToString() = $"MultivariateNormal({size} numbers, mean = {mean})"

    /// The distribution, or an error that says what is wrong with its parameters.
    static member internal Of(mean: Tensor, cholesky: Tensor) : MultivariateNormal =
        let name = "Distribution.MultivariateNormal"
        let fail (parameter: string) (message: string) = raise (ArgumentException($"{name}: {message}", parameter))
        if isNull mean then nullArg (nameof mean)
        if isNull cholesky then nullArg (nameof cholesky)
        let n = mean.Length
        if mean.Rank <> 1 || n = 0 then
            fail (nameof mean) $"the mean must be a vector of one or more numbers, got the shape {Shape.text mean.Dimensions}."
        if cholesky.Rank <> 2 || cholesky.Dimensions[0] <> n || cholesky.Dimensions[1] <> n then
            let shape = Shape.text cholesky.Dimensions
            fail (nameof cholesky) $"cholesky must be a matrix of {n} rows and columns, as the mean has {n} numbers; got the shape {shape}."
        mean.Elements
        |> Array.iteri (fun i x ->
            if not (Double.IsFinite x) then fail (nameof mean) $"mean[{i}] is a finite number, got {Parameters.text x}.")
        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let entry = cholesky.Elements[i * n + j]
                let refuse what = fail (nameof cholesky) $"cholesky[{i}, {j}] is {what}, got {Parameters.text entry}."
                if j > i && entry <> 0.0 then
                    refuse
                        "0, as all entries above the diagonal (give the Cholesky factor, not the covariance matrix: Cholesky(covariance))"
                if j = i && not (entry > 0.0) then refuse "above 0, as all entries of the diagonal"
                if not (Double.IsFinite entry) then refuse "a finite number"
        MultivariateNormal(mean, cholesky)
