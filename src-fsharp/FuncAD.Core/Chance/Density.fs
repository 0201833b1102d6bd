namespace FuncAD

open FuncAD.Rules

/// <summary>Pieces of which densities are made.</summary>
module internal Density =
    /// log(2 pi) / 2
    let halfLogTau = 0.9189385332046727

    /// The piece where the condition holds, or the other one. A program that is being traced has both, and no branch.
    let inline choose (condition: Condition) ([<InlineIfLambda>] a: unit -> Real) ([<InlineIfLambda>] b: unit -> Real) : Real =
        if condition.Answer.IsTraced then Real.Select(condition, a (), b ())
        elif condition.IsTrue then a ()
        else b ()

    let either (a: Condition) (b: Condition) : Condition = Condition.op_BitwiseOr (a, b)

    /// The logarithm of a density: -infinity, a constant, outside of the support. NaN is nowhere.
    let inline within (isOutside: Condition) ([<InlineIfLambda>] density: unit -> Real) : Real =
        choose isOutside (fun () -> Real -infinity) density

    /// Tells whether a number is no count: negative, infinite or not whole.
    let isNoCount (x: Real) : Condition =
        either (either (Real.Less(x, Real 0.0)) (Real.Equal(x, Real infinity))) (Real.Less(Real.Floor x, x))

    /// The value of one number with the derivatives of another one, for a formula that is exact beside one whose derivatives are.
    let valueOf (value: Real) (y: Real) : Real = value.Bottom + (y - y.Bottom)

    /// log(1 - x)
    let log1m (x: Real) : Real = Real.LogP1(-x)

    /// (1 - p) log(1 - p), in which a tiny p is not rounded away.
    let complementLog (p: Real) : Real =
        choose (Real.Less(p, Real 0.5)) (fun () -> (1.0 - p) * log1m p) (fun () -> Exponentials.xLogY (1.0 - p) (1.0 - p))

    /// log(a / b)
    let logRatio (a: Real) (b: Real) : Real = Real.Binary(Deviances.LogRatio(), a, b)

    /// a log(a / m) + m - a
    let deviance (a: Real) (m: Real) : Real = Real.Binary(Deviances.PoissonDeviance(), a, m)

    /// What the main terms of Stirling's formula leave of log Gamma(x)
    let binet (x: Real) : Real = Real.Unary(Special.Binet 0, x)

    /// The derivative of binet: digamma(x) - log x + 1 / (2 x)
    let binetSlope (x: Real) : Real = Real.Unary(Special.Binet 1, x)

    /// digamma(a + b) - digamma(a)
    let digammaDifference (a: Real) (b: Real) : Real = Real.Binary(Special.DigammaDifference 0, a, b)

    /// h log(1 + q / h)
    let scaledLogP1 (h: Real) (q: Real) : Real = Real.Binary(Deviances.ScaledLogP1(), h, q)
