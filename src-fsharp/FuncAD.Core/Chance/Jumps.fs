namespace FuncAD

/// <summary>A change of one draw: which draw it is, its value, the value that it may jump to, and the rate of the jump.</summary>
[<Struct; NoComparison; NoEquality>]
type internal Jump = { Draw: int; From: float; To: float; Weight: float }

/// <summary>
/// How the draws of discrete distributions jump when a parameter moves: for a draw of k, other values j with weights w(k, j) so that, for
/// every function g, d E[g(X)] = E[sum over j of w(X, j) (g(j) - g(X))].
/// </summary>
/// <remarks>
/// <para>Where the parameter of a count moves, probability flows between neighbouring values: with the rate flow(k) = -dF(k) from k to
/// k + 1, F being the distribution function. Summation by parts of d E[g] = sum of dq(k) g(k) gives
/// d E[g] = sum over k of flow(k) (g(k + 1) - g(k)). A term may be attributed to k, with the weight flow(k) / q(k), or to k + 1, with
/// flow(k) / q(k + 1), or to both in parts: the sum is the same. A negative flow is a jump with a negative weight, not one in the other
/// direction, so that nothing has to be divided by the probability of an outcome that cannot occur.</para>
/// <para>In smoothed perturbation analysis (Gong and Ho 1987; Arya, Schauer, Schaefer and Rackauckas 2022, section 2.3) the sign of the
/// derivative decides the side. Here parts are such that the sum of the weights depends as little as possible on the outcome, since it is a
/// factor of the estimate.</para>
/// </remarks>
module internal Jumps =
    let private add (jump: float -> float -> unit) (target: float) (weight: float) = if weight <> 0.0 then jump target weight

    /// <summary>
    /// flow(k) = n C(n - 1, k) p^k (1 - p)^(n - 1 - k) dp. The parts 1 - p to k and p to k + 1 leave the weights (n - k) dp upwards and
    /// -k dp downwards: one of the n trials changes its outcome. Their magnitudes sum to n |dp| for every outcome and every p from 0 to 1.
    /// </summary>
    let binomial (jump: float -> float -> unit) (n: int) (dp: float) (k: float) : unit =
        if dp <> 0.0 then
            add jump (k + 1.0) ((float n - k) * dp)
            add jump (k - 1.0) (-k * dp)

    /// <summary>flow(k) = q(k) drate, all of it attributed to k: the weight is drate for every outcome and every rate.</summary>
    let poisson (jump: float -> float -> unit) (drate: float) (k: float) : unit = add jump (k + 1.0) drate

    /// <summary>flow(k) = -(k + 1) (1 - p)^k dp, all of it attributed to k: the weight is -(k + 1) dp / p, also at p = 1.</summary>
    let geometric (jump: float -> float -> unit) (p: float) (dp: float) (k: float) : unit = add jump (k + 1.0) (-(k + 1.0) * dp / p)

    /// <summary>
    /// From every outcome to every other one j, with the weight dq_j: since the dq sum to 0, the mean over X of sum over j of
    /// dq_j (g(j) - g(X)) is sum of dq_j g(j), and it is the same for every X. For two outcomes these are the weights of a trial. Flows
    /// between neighbours would be divided by the probability of the two together, which is tiny where both are improbable.
    /// </summary>
    /// <remarks>
    /// The probabilities q are p divided by their sum s, and their changes those of p / s, which sum to 0.
    /// </remarks>
    let categorical (jump: float -> float -> unit) (p: float[]) (dp: float[]) (k: int) : unit =
        let s, ds = Array.sum p, Array.sum dp
        for j in 0 .. p.Length - 1 do
            if j <> k then add jump (float j) ((dp[j] - p[j] / s * ds) / s)
