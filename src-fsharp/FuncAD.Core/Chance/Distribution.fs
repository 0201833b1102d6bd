namespace FuncAD

open System
open System.Collections.Generic

/// <summary>
/// A distribution of a random number: its density, its samples, its moments. It is made by a static method, such as
/// <c>Distribution.Normal(mean, deviation)</c>, whose parameters are numbers that may be differentiated.
/// </summary>
/// <remarks>
/// <para>Densities. <c>LogDensity(x)</c> is differentiable in the parameters and, where x is continuous, in x, to any order and in every
/// mode; value and derivatives are accurate for tiny and huge parameters and far out in the tails. Outside of the support it is the
/// constant -infinity, with derivatives of 0; bounds of a support belong to it, with the limits from inside (which may be infinite). For
/// distributions on whole numbers, numbers that are not whole are outside, and x is data: no derivative passes through it. At NaN it is
/// NaN.</para>
/// <para>Samples are functions of a key: the same key gives the same sample. Derivatives pass through samples of distributions with
/// <c>IsReparameterised</c>; samples of others are constants.</para>
/// <para>Parameters that are impossible are refused by an exception that names the distribution, the parameter and its value. In compiled
/// functions the check is a guard: it is made in each run.</para>
/// </remarks>
[<Sealed; TypeFormatterSource(typeof<TextInNotebooks>)>]
type Distribution internal (form: DistributionForm) =
    let parameters: IReadOnlyList<KeyValuePair<string, Real>> =
        form.Parameters |> Array.map (fun struct (name, x) -> KeyValuePair(name, x)) |> Array.AsReadOnly :> _

    /// <summary>The name, such as Normal: that of the method that made it.</summary>
    member _.Name: string = form.Name

    /// <summary>The parameters with their names, in the order in which they were given.</summary>
    member _.Parameters: IReadOnlyList<KeyValuePair<string, Real>> = parameters

    /// <summary>
    /// The logarithm of the density at x (of the probability of x, for whole numbers): -infinity outside of the support, NaN at NaN.
    /// </summary>
    member _.LogDensity(x: Real) : Real = form.LogDensity x

    /// <summary>
    /// A sample. Derivatives pass through it to the parameters if the distribution is reparameterised: explicitly, or for Gamma, Beta and
    /// StudentT implicitly (Figurnov, Mohamed and Mnih, "Implicit reparameterization gradients", 2018). The same key gives the same sample.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">
    /// Samples of Poisson are drawn for rates of at most 2^53, and those of Geometric for a p of at least 1e-14: counts beyond 2^53 have no
    /// neighbours.
    /// </exception>
    /// <exception cref="T:System.NotSupportedException">Samples of Binomial are drawn for n of at most 2^31 - 1.</exception>
    member _.Sample(key: RandomKey) : Real = form.Sample key

    /// <summary>Independent samples: those of <c>key.Split(count)</c>.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is negative.</exception>
    member _.Sample(key: RandomKey, count: int) : Real[] =
        if count < 0 then
            let message = $"Distribution.{form.Name}: a number of samples is 0 or more, got {count}."
            raise (ArgumentOutOfRangeException(nameof count, count, message))
        key.Split count |> Array.map form.Sample

    /// <summary>The expectation; NaN where there is none (StudentT with a freedom of 1 or less).</summary>
    member _.Mean: Real = form.Mean

    /// <summary>The variance; infinity or NaN where there is none (StudentT with a freedom of 2 or less, of 1 or less).</summary>
    member _.Variance: Real = form.Variance

    /// <summary>The entropy: the expectation of -LogDensity, in natural units.</summary>
    /// <exception cref="T:System.NotSupportedException">No closed formula is known: Binomial and Poisson.</exception>
    member _.Entropy: Real = form.Entropy

    /// <summary>True if derivatives pass through samples.</summary>
    member _.IsReparameterised: bool = form.IsReparameterised

    /// <summary>Such as Normal(mean = 0, deviation = 1).</summary>
    override _.ToString() =
        let shown = form.Parameters |> Seq.truncate 8 |> Seq.map (fun struct (name, x) -> $"{name} = {Parameters.text x.value}")
        let more = if form.Parameters.Length > 8 then $", ... {form.Parameters.Length} parameters" else ""
        $"""{form.Name}({String.Join(", ", shown)}{more})"""

    // ---- Continuous distributions ----

    /// <summary>exp(-z^2 / 2) / (deviation sqrt(2 pi)) for z = (x - mean) / deviation.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The deviation is not above 0, or a parameter is not finite.</exception>
    static member Normal(mean: Real, deviation: Real) : Distribution =
        let name = "Distribution.Normal"
        Distribution(NormalForm(Parameters.finite name (nameof mean) mean, Parameters.positive name (nameof deviation) deviation))

    /// <summary>The distribution of exp(z) for a normal z: mean and deviation are those of the logarithm. The support is x > 0.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The deviation is not above 0, or a parameter is not finite.</exception>
    static member LogNormal(mean: Real, deviation: Real) : Distribution =
        let name = "Distribution.LogNormal"
        Distribution(LogNormalForm(Parameters.finite name (nameof mean) mean, Parameters.positive name (nameof deviation) deviation))

    /// <summary>
    /// The distribution of mean + L z for a vector z of independent standard normal numbers, with the lower triangular factor L of the
    /// covariance matrix.
    /// </summary>
    /// <exception cref="T:System.ArgumentException">
    /// The shapes do not fit, cholesky has a number other than 0 above its diagonal or one that is not above 0 on it, or a number is not
    /// finite.
    /// </exception>
    static member MultivariateNormal(mean: Tensor, cholesky: Tensor) : MultivariateNormal = MultivariateNormal.Of(mean, cholesky)

    /// <summary>rate exp(-rate x), for x >= 0.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The rate is not above 0 and finite.</exception>
    static member Exponential(rate: Real) : Distribution =
        Distribution(ExponentialForm(Parameters.positive "Distribution.Exponential" (nameof rate) rate))

    /// <summary>rate^shape x^(shape - 1) exp(-rate x) / Gamma(shape), for x >= 0.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A parameter is not above 0 and finite.</exception>
    static member Gamma(shape: Real, rate: Real) : Distribution =
        let name = "Distribution.Gamma"
        Distribution(GammaForm(Parameters.positive name (nameof shape) shape, Parameters.positive name (nameof rate) rate))

    /// <summary>x^(a - 1) (1 - x)^(b - 1) / B(a, b), for x from 0 to 1.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A parameter is not above 0 and finite.</exception>
    static member Beta(a: Real, b: Real) : Distribution =
        let name = "Distribution.Beta"
        Distribution(BetaForm(Parameters.positive name (nameof a) a, Parameters.positive name (nameof b) b))

    /// <summary>
    /// Student's distribution with so many degrees of freedom f: Gamma((f + 1) / 2) / (Gamma(f / 2) sqrt(pi f) scale) times
    /// (1 + z^2 / f)^(-(f + 1) / 2), for z = (x - location) / scale.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">
    /// The freedom or the scale is not above 0, or a parameter is not finite.
    /// </exception>
    static member StudentT(freedom: Real, location: Real, scale: Real) : Distribution =
        let name = "Distribution.StudentT"
        Distribution(
            StudentTForm(
                Parameters.positive name (nameof freedom) freedom,
                Parameters.finite name (nameof location) location,
                Parameters.positive name (nameof scale) scale
            )
        )

    /// <summary>exp(-|x - location| / scale) / (2 scale). Its derivatives in x and location are 0 at x = location.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The scale is not above 0, or a parameter is not finite.</exception>
    static member Laplace(location: Real, scale: Real) : Distribution =
        let name = "Distribution.Laplace"
        Distribution(LaplaceForm(Parameters.finite name (nameof location) location, Parameters.positive name (nameof scale) scale))

    /// <summary>1 / (high - low), for x from low to high.</summary>
    /// <exception cref="T:System.ArgumentException">low is not below high, or a parameter is not finite.</exception>
    static member Uniform(low: Real, high: Real) : Distribution =
        let name = "Distribution.Uniform"
        let low, high = Parameters.finite name (nameof low) low, Parameters.finite name (nameof high) high
        Parameters.ordered name low high
        Distribution(UniformForm(low, high))

    // ---- Distributions on whole numbers ----

    /// <summary>1 with probability p, else 0.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">p is not from 0 to 1.</exception>
    static member Bernoulli(p: Real) : Distribution =
        Distribution(BernoulliForm(Parameters.probability "Distribution.Bernoulli" (nameof p) p))

    /// <summary>1 with probability 1 / (1 + exp(-logit)), else 0. Nothing overflows or cancels for large logits.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The logit is NaN.</exception>
    static member BernoulliLogit(logit: Real) : Distribution =
        Distribution(BernoulliLogitForm(Parameters.number "Distribution.BernoulliLogit" (nameof logit) logit))

    /// <summary>The number of successes in n trials: n! / (x! (n - x)!) p^x (1 - p)^(n - x). No derivative passes through n.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">n is no whole number from 0 to 2^53, or p is not from 0 to 1.</exception>
    static member Binomial(n: Real, p: Real) : Distribution =
        let name = "Distribution.Binomial"
        Distribution(BinomialForm(Parameters.count name (nameof n) n, Parameters.probability name (nameof p) p))

    /// <summary>
    /// The outcomes 0, 1, ... with these probabilities, which must sum to 1 to within 1e-9. They are taken as they are: the derivative of
    /// the log density in p[i] is 1 / p[i] at the outcome i, and 0 at others.
    /// </summary>
    /// <exception cref="T:System.ArgumentException">There is none, one is not from 0 to 1, or they do not sum to 1.</exception>
    static member Categorical([<ParamArray>] p: Real[]) : Distribution =
        Distribution(Categorical.ofProbabilities (Parameters.probabilities "Distribution.Categorical" (nameof p) p))

    /// <summary>As Categorical of the elements of a vector.</summary>
    /// <exception cref="T:System.ArgumentException">There is none, one is not from 0 to 1, or they do not sum to 1.</exception>
    static member Categorical(p: Tensor) : Distribution =
        Distribution.Categorical(Distribution.Elements("Distribution.Categorical", nameof p, p))

    /// <summary>
    /// The outcomes 0, 1, ... with probabilities proportional to exp(logit): the softmax. Nothing overflows or cancels; an outcome with the
    /// logit -infinity cannot be.
    /// </summary>
    /// <exception cref="T:System.ArgumentException">There is none, one is NaN or +infinity, or all are -infinity.</exception>
    static member CategoricalLogits([<ParamArray>] logits: Real[]) : Distribution =
        Distribution(Categorical.ofLogits (Parameters.logits "Distribution.CategoricalLogits" (nameof logits) logits))

    /// <summary>As CategoricalLogits of the elements of a vector.</summary>
    /// <exception cref="T:System.ArgumentException">There is none, one is NaN or +infinity, or all are -infinity.</exception>
    static member CategoricalLogits(logits: Tensor) : Distribution =
        Distribution.CategoricalLogits(Distribution.Elements("Distribution.CategoricalLogits", nameof logits, logits))

    /// <summary>The number of failures before the first success: (1 - p)^x p, for x = 0, 1, ...</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">p is not above 0 and at most 1.</exception>
    static member Geometric(p: Real) : Distribution = Distribution(GeometricForm(Parameters.success "Distribution.Geometric" (nameof p) p))

    /// <summary>The number of events at a rate: rate^x exp(-rate) / x!, for x = 0, 1, ...</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The rate is negative or not finite.</exception>
    static member Poisson(rate: Real) : Distribution = Distribution(PoissonForm(Parameters.rate "Distribution.Poisson" (nameof rate) rate))

    /// The elements of a vector as numbers.
    static member private Elements(owner: string, name: string, x: Tensor) : Real[] =
        if isNull x then nullArg name
        if x.Rank <> 1 then raise (ArgumentException($"{owner}: {name} must be a vector, got the shape {Shape.text x.Dimensions}.", name))
        Tensor.toReals x
