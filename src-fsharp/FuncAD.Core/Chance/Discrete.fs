namespace FuncAD

open System
open FuncAD.Rules
open FuncAD.Density

// An outcome is data: no derivative passes through it (x.Bottom), since densities on whole numbers have none.

/// <summary>p for x = 1, and 1 - p for x = 0.</summary>
[<Sealed>]
type internal BernoulliForm(p: Real) =
    inherit DiscreteForm("Bernoulli", [| struct ("p", p) |])

    /// One of two logarithms, by the outcome.
    static member Pick(x: Real, one: unit -> Real, zero: unit -> Real) : Real =
        let x = x.Bottom
        within (either (isNoCount x) (Real.Less(Real 1.0, x))) (fun () ->
            choose (Real.Equal(x, Real 1.0)) one (fun () -> choose (Real.Equal(x, Real 0.0)) zero (fun () -> Real nan)))

    override _.LogDensity x = BernoulliForm.Pick(x, (fun () -> Real.Log p), (fun () -> log1m p))
    override _.Sample key = Real.Step(Draw(key, 0.0, 1.0, Quantiles.bernoulli), p)
    override _.Mean = p
    override _.Variance = p * (1.0 - p)
    override _.Entropy = 0.0 - Exponentials.xLogY p p - complementLog p

/// <summary>1 / (1 + exp(-logit)) for x = 1, and 1 / (1 + exp(logit)) for x = 0.</summary>
[<Sealed>]
type internal BernoulliLogitForm(logit: Real) =
    inherit DiscreteForm("BernoulliLogit", [| struct ("logit", logit) |])
    let p = Exponentials.sigmoid logit
    let softplus (x: Real) = Exponentials.softplus x

    override _.LogDensity x = BernoulliForm.Pick(x, (fun () -> -(softplus -logit)), (fun () -> -(softplus logit)))
    override _.Sample key = Real.Step(Draw(key, 0.0, 1.0, Quantiles.bernoulli), p)
    override _.Mean = p
    override _.Variance = Real.Unary(Exponentials.LogisticDensity(), logit)

    // an infinite softplus has weight 0
    override _.Entropy =
        // with its slope 0 where p is
        let term (p: Real) (x: Real) = choose (Real.Equal(p, Real 0.0)) (fun () -> Real 0.0) (fun () -> p * softplus x)
        term p -logit + term (Exponentials.sigmoid -logit) logit

/// <summary>
/// n! / (x! (n - x)!) p^x (1 - p)^(n - x). Both factors of the probability are deviances, of x from n p and of n - x from n (1 - p); the
/// factorials leave Binet's functions (Loader, "Fast and accurate computation of binomial probabilities", 2000).
/// </summary>
[<Sealed>]
type internal BinomialForm(n: Real, p: Real) =
    inherit DiscreteForm("Binomial", [| struct ("n", n); struct ("p", p) |])
    let n = n.Bottom

    /// The logarithm of the number of ways, less the main terms of its factorials; 0 for one way.
    let ways (x: Real) : Real =
        let rest = n - x
        let isEnd = either (Real.Equal(x, Real 0.0)) (Real.Equal(rest, Real 0.0))
        choose isEnd (fun () -> x * 0.0) (fun () ->
            (binet n - binet x - binet rest) + (0.5 * (Real.Log n - Real.Log x - Real.Log rest) - halfLogTau))

    override _.LogDensity x =
        let x = x.Bottom
        within (either (isNoCount x) (Real.Less(n, x))) (fun () -> ways x - deviance x (n * p) - deviance (n - x) (n * (1.0 - p)))

    override _.Sample key =
        if n.Value > float Int32.MaxValue then
            raise (
                NotSupportedException
                    $"Distribution.Binomial: samples are drawn for n up to {Int32.MaxValue}, got {Parameters.text n.value}."
            )
        Real.Step(Draw(key, 0.0, 1.0, Quantiles.binomial (int n.value)), p)

    override _.Mean = n * p
    override _.Variance = n * p * (1.0 - p)
    override form.Entropy = form.HasNoEntropy()

/// <summary>(1 - p)^x p: x failures before the first success.</summary>
[<Sealed>]
type internal GeometricForm(p: Real) =
    inherit DiscreteForm("Geometric", [| struct ("p", p) |])

    override _.LogDensity x =
        let x = x.Bottom
        within (isNoCount x) (fun () -> Real.Log p + choose (Real.Equal(x, Real 0.0)) (fun () -> Real 0.0) (fun () -> x * log1m p))

    override _.Sample key =
        Real.Step(Draw(key, Parameters.leastSuccess, 1.0, Quantiles.geometric), Parameters.drawableSuccess "Distribution.Geometric" "p" p)
    override _.Mean = (1.0 - p) / p
    override _.Variance = (1.0 - p) / (p * p)
    override _.Entropy = (0.0 - complementLog p) / p - Real.Log p

/// <summary>rate^x exp(-rate) / x!, as a deviance of x from the rate and Binet's function of x.</summary>
[<Sealed>]
type internal PoissonForm(rate: Real) =
    inherit DiscreteForm("Poisson", [| struct ("rate", rate) |])

    override _.LogDensity x =
        let x = x.Bottom
        within (isNoCount x) (fun () ->
            let factorial = choose (Real.Equal(x, Real 0.0)) (fun () -> Real 0.0) (fun () -> binet x + (0.5 * Real.Log x + halfLogTau))
            -(deviance x rate) - factorial)

    override _.Sample key =
        Real.Step(Draw(key, 0.0, Parameters.greatestCount, Quantiles.poisson), Parameters.drawable "Distribution.Poisson" "rate" rate)
    override _.Mean = rate
    override _.Variance = rate
    override form.Entropy = form.HasNoEntropy()

/// <summary>
/// The logarithm of the probability of an outcome 0, 1, ..., n - 1, the probabilities p of all of them, and all p log p: what is not asked
/// for is not computed.
/// </summary>
[<Sealed>]
type internal CategoricalForm(name: string, parameters, count: int, logarithm: int -> Real, p: Lazy<Real[]>, surprises: Lazy<Real[]>) =
    inherit DiscreteForm(name, parameters)

    let mean (power: float -> float) = p.Value |> Array.mapi (fun index p -> p * power (float index)) |> Sums.sum

    override _.LogDensity x =
        let x = x.Bottom
        within (either (isNoCount x) (Real.Less(Real(float (count - 1)), x))) (fun () ->
            if x.IsTraced then
                let pick index others = Real.Select(Real.Equal(x, Real(float index)), logarithm index, others)
                Seq.foldBack pick (seq { 0 .. count - 1 }) (Real nan)
            elif Double.IsNaN x.value then
                Real nan
            else
                logarithm (int x.value))

    override _.Sample key = Quantiles.categorical p.Value (key.Uniform())

    override _.Mean = mean id

    // around the mean, so that nothing cancels
    override form.Variance =
        let centre = form.Mean
        p.Value
        |> Array.mapi (fun index p ->
            let deviation = float index - centre
            p * (deviation * deviation))
        |> Sums.sum

    override _.Entropy = 0.0 - Sums.sum surprises.Value

/// <summary>How distributions on a few outcomes are made.</summary>
module internal Categorical =
    let private named (name: string) (xs: Real[]) = xs |> Array.mapi (fun index x -> struct ($"{name}[{index}]", x))

    let ofProbabilities (p: Real[]) : DistributionForm =
        CategoricalForm(
            "Categorical",
            named "p" p,
            p.Length,
            (fun index -> Real.Log p[index]),
            lazy p,
            lazy (p |> Array.map (fun p -> Exponentials.xLogY p p))
        )

    /// For each number of x the sum of e^(x - m) over the others: sums of those before it and of those behind it, so that nothing cancels.
    let private besides (m: Real) (x: Real[]) : Real[] =
        let e = x |> Array.map (fun x -> Real.Exp(x - m))
        let before = e |> Array.scan (+) (Real 0.0)
        let behind = Array.scanBack (+) e (Real 0.0)
        Array.init x.Length (fun index -> before[index] + behind[index + 1])

    /// All logarithms of the softmax, by the two forms of ofLogits and with as many operations as there are logits. The second form is that
    /// of an outcome that is likelier than all others together, whose logit is the largest one. The first has a constant in its place: its
    /// second derivatives cancel to a rounding of 1, which is small in means and entropies, where it has the outcome's probability.
    let private logSoftmax (logits: Real[]) : Real[] =
        let largest (x: Real[]) = x |> Array.reduce (fun a b -> Real.Max(a, b))
        let constant = logits |> Array.map _.Bottom |> largest
        let others = besides constant logits
        let likely = lazy (besides (largest logits) logits)
        Array.init logits.Length (fun index ->
            let own = Real.Exp(logits[index].Bottom - constant)
            choose (Real.Less(others[index].Bottom, own)) (fun () -> 0.0 - Real.LogP1(likely.Value[index])) (fun () ->
                0.0 - Exponentials.softplus (Real.Log others[index] - (logits[index] - constant))))

    /// log softmax, which keeps its digits where it is nearly 0. With o = log(e^x1 + ...) over the other logits less the outcome's own,
    /// it is -log(1 + e^o); and with the differences d of the others from the own one it is -log(1 + e^d1 + ...). In the second
    /// derivatives of the first form large terms cancel where the outcome is likely, in those of the second one where it is not.
    let ofLogits (logits: Real[]) : DistributionForm =
        let logarithm index =
            let others = Array.append logits[.. index - 1] logits[index + 1 ..]
            let own = logits[index]
            let odds = Sums.logSumExp others - own
            choose
                (Real.Less(odds, Real 0.0))
                (fun () -> 0.0 - Sums.logSumExp (Array.append [| Real 0.0 |] (others |> Array.map (fun other -> other - own))))
                (fun () -> -(Exponentials.softplus odds))
        let logarithms = lazy (logSoftmax logits)
        let p = lazy (logarithms.Value |> Array.map Real.Exp)
        // p log p and its slope in a logit are 0 where the logit is -infinity
        let surprise (p: Real) logarithm = choose (Real.Equal(p, Real 0.0)) (fun () -> Real 0.0) (fun () -> p * logarithm)
        let surprises = lazy (Array.map2 surprise p.Value logarithms.Value)
        CategoricalForm("CategoricalLogits", named "logits" logits, logits.Length, logarithm, p, surprises)
