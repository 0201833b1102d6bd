namespace FuncAD

open System

/// <summary>
/// The random draws of a program that Stochastic.Derivative differentiates. Draws are ordinary numbers: a program may compute with them,
/// ask about them in an <c>if</c>, use them as a loop's count or as an index, and draw again with parameters that depend on them.
/// </summary>
/// <remarks>
/// The i-th draw of a run takes the i-th uniform number of its key, so that a run repeats with the same key. Parameters are Reals; the
/// derivatives of probabilities and rates are what Stochastic.Derivative needs of them.
/// </remarks>
[<Sealed>]
type Chance internal (key: RandomKey, level: ForwardLevel, jumps: ResizeArray<Jump>, change: Jump) =
    let mutable draws = 0

    /// No draw of a run is changed.
    static member internal NoChange: Jump = { Draw = -1; From = 0.0; To = 0.0; Weight = 0.0 }

    /// <summary>Draws for a run of the program outside of Stochastic.Derivative: the parameters are constants.</summary>
    new(key: RandomKey) = Chance(key, null, null, Chance.NoChange)

    /// The index of the next draw.
    member private _.Next() : int =
        draws <- draws + 1
        draws - 1

    /// The value and the tangent of a parameter, whose domain is not checked.
    member private _.Read(owner: string, parameter: Real) : struct (float * float) =
        let isPlain (x: Real) = isNull x.Live.node
        let parameter = parameter.Live
        if isPlain parameter then
            struct (parameter.value, 0.0)
        elif not (isNull level) && parameter.IsAt level && isPlain parameter.Primal && isPlain parameter.Tangent then
            struct (parameter.Primal.value, parameter.Tangent.value)
        elif parameter.IsTraced then
            let distribution = owner.Replace("Chance.", "Distribution.")
            raise (
                InvalidOperationException(
                    $"{owner}: its parameter is a number of a function that is being compiled, so that it has no value yet, and a draw is chosen by its value. "
                    + $"Draw {distribution}(...).Sample(key), which compiled functions can follow, or compile the function without its draws."
                )
            )
        else
            raise (
                InvalidOperationException(
                    $"{owner}: its parameter is being differentiated by an operator to which the draw is a constant, so that its derivative would be lost. "
                    + "Stochastic.Derivative differentiates with respect to its own argument, once; write .Value or StopGradient(p) where a constant is meant."
                )
            )

    /// The value and the tangent of a parameter in its domain.
    member private x.Read(owner: string, name: string, check: string -> string -> Real -> Real, parameter: Real) : struct (float * float) =
        let struct (value, tangent) = x.Read(owner, parameter)
        check owner name (Real value) |> ignore
        struct (value, tangent)

    /// The number of draws so far.
    member internal _.Draws: int = draws

    /// The draw's value in this run. (Up to the one that is changed, the draws are those of the first run.)
    member private _.Take(value: float) : float =
        if draws - 1 <> change.Draw then value
        elif value = change.From then change.To
        else SameRuns.refuse "Stochastic.Derivative"

    member private _.Note (weight: float) (target: float) (value: float) : unit =
        jumps.Add { Draw = draws - 1; From = value; To = target; Weight = weight }

    // ---- Draws of discrete distributions ----

    /// <summary>1 with probability p, else 0.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">p is not from 0 to 1.</exception>
    member x.Bernoulli(p: Real) : Real =
        let struct (p, dp) = x.Read("Chance.Bernoulli", nameof p, Parameters.probability, p)
        let value = Quantiles.bernoulli p (key.UniformAt(x.Next()))
        Jumps.binomial (fun target weight -> x.Note weight target value) 1 dp value
        Real(x.Take value)

    /// <summary>True with probability p: Bernoulli(p) as an answer.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">p is not from 0 to 1.</exception>
    member x.Flip(p: Real) : bool = x.Bernoulli(p).value = 1.0

    /// <summary>The number of successes in n trials, each with probability p.</summary>
    /// <remarks>Cost: proportional to the standard deviation sqrt(n p (1 - p)).</remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">n is negative, or p is not from 0 to 1.</exception>
    member x.Binomial(n: int, p: Real) : Real =
        let owner = "Chance.Binomial"
        Parameters.count owner (nameof n) (Real(float n)) |> ignore
        let struct (p, dp) = x.Read(owner, nameof p, Parameters.probability, p)
        let value = Quantiles.binomial n p (key.UniformAt(x.Next()))
        Jumps.binomial (fun target weight -> x.Note weight target value) n dp value
        Real(x.Take value)

    /// <summary>The number of failures before the first success, for a probability p of success.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">p is not above 0 and at most 1, or below 1e-14, where counts pass
    /// 2^53.</exception>
    member x.Geometric(p: Real) : Real =
        let owner = "Chance.Geometric"
        let struct (p, dp) = x.Read(owner, nameof p, Parameters.success, p)
        Parameters.drawableSuccess owner (nameof p) (Real p) |> ignore
        let value = Quantiles.geometric p (key.UniformAt(x.Next()))
        Jumps.geometric (fun target weight -> x.Note weight target value) p dp value
        Real(x.Take value)

    /// <summary>The number of events at a rate.</summary>
    /// <remarks>Cost: proportional to the standard deviation sqrt(rate).</remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The rate is not from 0 to 2^53.</exception>
    member x.Poisson(rate: Real) : Real =
        let owner = "Chance.Poisson"
        let struct (rate, drate) = x.Read(owner, nameof rate, Parameters.rate, rate)
        Parameters.drawable owner (nameof rate) (Real rate) |> ignore
        let value = Quantiles.poisson rate (key.UniformAt(x.Next()))
        Jumps.poisson (fun target weight -> x.Note weight target value) drate value
        Real(x.Take value)

    /// <summary>
    /// The index of an outcome, by the probabilities of all outcomes. They sum to 1 up to 1e-9 and are divided by their sum, also in the
    /// derivative.
    /// </summary>
    /// <remarks>Each other outcome is a value that the draw may jump to.</remarks>
    /// <exception cref="T:System.ArgumentException">There are no probabilities, one is not from 0 to 1, or their sum is not 1.</exception>
    member x.Categorical([<ParamArray>] p: Real[]) : int =
        let owner = "Chance.Categorical"
        if isNull p then nullArg (nameof p)
        let values, tangents = Array.zeroCreate p.Length, Array.zeroCreate p.Length
        for index in 0 .. p.Length - 1 do
            let struct (value, tangent) = x.Read(owner, p[index])
            values[index] <- value
            tangents[index] <- tangent
        let probabilities = Parameters.probabilities owner (nameof p) (Array.map Real values)
        let value = int (Quantiles.categorical probabilities (key.UniformAt(x.Next()))).value
        if tangents |> Array.exists (fun tangent -> tangent <> 0.0) then
            Jumps.categorical (fun target weight -> x.Note weight target (float value)) values tangents value
        int (x.Take(float value))

    // ---- Noise that does not depend on a parameter ----

    /// <summary>A uniform number in the open interval from 0 to 1: a constant.</summary>
    member x.Uniform() : float = x.Take(key.UniformAt(x.Next()))

    /// <summary>A number of the standard normal distribution: a constant.</summary>
    member x.Normal() : float = x.Take(key.NormalAt(x.Next()))
