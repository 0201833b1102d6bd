namespace FuncAD

/// <summary>A change of one draw: which draw it is, its value, the value that it may jump to, and the rate of the jump.</summary>
[<Struct; NoComparison; NoEquality>]
type internal Jump = { Draw: int; From: float; To: float; Weight: float }

/// <summary>
/// How the draws of discrete distributions jump when a parameter moves: for a draw of k, other values j with weights w(k, j) so that, for
/// every function g, d E[g(X)] = E[sum over j of w(X, j) (g(j) - g(X))].
/// </summary>
/// <remarks>
/// <para>Where the parameter moves, probability flows between neighbouring values: with the rate flow(k) = -dF(k) from k to k + 1, F being
/// the distribution function. Summation by parts of d E[g] = sum of dq(k) g(k) gives
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
    /// Neighbours are those among the possible outcomes: the flow across each boundary is divided by the probabilities of both sides
    /// together. An impossible outcome j gains dp_j from everywhere: sum of dp g = sum over impossible j of dp_j (g(j) - g(X)), in the
    /// mean over X, and the rest, in which a possible i changes by dp_i + q_i (sum over impossible j of dp_j).
    /// </summary>
    /// <remarks>
    /// The probabilities q are p divided by their sum s, and their changes those of p / s, which sum to 0.
    /// </remarks>
    let categorical (jump: float -> float -> unit) (p: float[]) (dp: float[]) (k: int) : unit =
        let s, ds = Array.sum p, Array.sum dp
        let q i = p[i] / s
        let dq i = (dp[i] - q i * ds) / s
        let mutable arriving = 0.0
        for j in 0 .. p.Length - 1 do
            if p[j] = 0.0 then
                arriving <- arriving + dq j
                add jump (float j) (dq j)
        let mutable flow, previous = 0.0, -1
        for j in 0 .. p.Length - 1 do
            if p[j] > 0.0 then
                if j = k && previous >= 0 then add jump (float previous) (-flow / (q previous + q j))
                if previous = k then add jump (float j) (flow / (q previous + q j))
                flow <- flow - (dq j + q j * arriving)
                previous <- j
