namespace FuncAD.Rules

open System
open FuncAD
open FuncAD.Algebra

/// <summary>
/// Exponentials, logarithms and smooth functions built from them. No intermediate result overflows; where cancellation loses digits,
/// SpecialValues.fs says so.
/// </summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Exponentials =
    let private moderate = between -20.0 20.0
    let private positive = between 0.01 100.0
    let private abovePole = between -0.9 100.0
    let private ln2 = Math.Log 2.0
    let private ln10 = Math.Log 10.0

    /// 1 / x for x >= 0 and NaN below: the slope of log
    let private reciprocal (x: 'T) : 'T :> ICarrier<'T> = unary (Powers.ReciprocalOfPositive()) x

    /// y = e^x = dy/dx
    [<Struct; NoComparison>]
    type internal Exp =
        interface IUnary with
            member _.Name = "exp"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (1.0, 1.0); edge minusInf (0.0, 0.0); edge inf (inf, inf) ]
            member _.Value x = Math.Exp x
            member _.Slope(_, y) = y

    /// y = 2^x, dy/dx = y log 2
    [<Struct; NoComparison>]
    type internal Exp2 =
        interface IUnary with
            member _.Name = "exp2"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (1.0, ln2) ]
            member _.Value x = Double.Exp2 x
            member _.Slope(_, y) = y * number ln2

    /// y = 10^x, dy/dx = y log 10
    [<Struct; NoComparison>]
    type internal Exp10 =
        interface IUnary with
            member _.Name = "exp10"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -10.0 10.0
            member _.Edges = [ edge 0.0 (1.0, ln10) ]
            member _.Value x = Double.Exp10 x
            member _.Slope(_, y) = y * number ln10

    /// y = e^x - 1, dy/dx = e^x (y + 1 would cancel for large negative x)
    [<Struct; NoComparison>]
    type internal ExpM1 =
        interface IUnary with
            member _.Name = "expM1"
            member _.Traits = Traits.Odd
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge minusInf (-1.0, 0.0) ]
            member _.Value x = SpecialValues.expm1 x
            member _.Slope(x, _) = unary (Exp()) x

    /// y = 2^x - 1
    [<Struct; NoComparison>]
    type internal Exp2M1 =
        interface IUnary with
            member _.Name = "exp2M1"
            member _.Traits = Traits.Odd
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.0, ln2) ]
            member _.Value x = SpecialValues.exp2m1 x
            member _.Slope(x, _) = unary (Exp2()) x * number ln2

    /// y = 10^x - 1
    [<Struct; NoComparison>]
    type internal Exp10M1 =
        interface IUnary with
            member _.Name = "exp10M1"
            member _.Traits = Traits.Odd
            member _.Domain = between -10.0 10.0
            member _.Edges = [ edge 0.0 (0.0, ln10) ]
            member _.Value x = SpecialValues.exp10m1 x
            member _.Slope(x, _) = unary (Exp10()) x * number ln10

    /// y = log x, dy/dx = 1 / x
    [<Struct; NoComparison>]
    type internal Log =
        interface IUnary with
            member _.Name = "log"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = positive
            member _.Edges = [ edge 1.0 (0.0, 1.0); edge 0.0 (minusInf, inf); edge -0.0 (minusInf, inf); edge -1.0 (nan, nan) ]
            member _.Value x = Math.Log x
            member _.Slope(x, _) = reciprocal x

    /// y = log2 x, dy/dx = 1 / (x log 2)
    [<Struct; NoComparison>]
    type internal Log2 =
        interface IUnary with
            member _.Name = "log2"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (minusInf, inf) ]
            member _.Value x = Math.Log2 x
            member _.Slope(x, _) = reciprocal x / number ln2

    /// y = log10 x, dy/dx = 1 / (x log 10)
    [<Struct; NoComparison>]
    type internal Log10 =
        interface IUnary with
            member _.Name = "log10"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (minusInf, inf) ]
            member _.Value x = Math.Log10 x
            member _.Slope(x, _) = reciprocal x / number ln10

    /// y = log(1 + x), dy/dx = 1 / (1 + x)
    [<Struct; NoComparison>]
    type internal LogP1 =
        interface IUnary with
            member _.Name = "logP1"
            member _.Traits = Traits.Odd
            member _.Domain = abovePole
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge -1.0 (minusInf, inf) ]
            member _.Value x = SpecialValues.log1p x
            member _.Slope(x, _) = reciprocal (number 1.0 + x)

    /// y = log2(1 + x)
    [<Struct; NoComparison>]
    type internal Log2P1 =
        interface IUnary with
            member _.Name = "log2P1"
            member _.Traits = Traits.Odd
            member _.Domain = abovePole
            member _.Edges = [ edge -1.0 (minusInf, inf) ]
            member _.Value x = Plain.divide (SpecialValues.log1p x) ln2
            member _.Slope(x, _) = reciprocal (number 1.0 + x) / number ln2

    /// y = log10(1 + x)
    [<Struct; NoComparison>]
    type internal Log10P1 =
        interface IUnary with
            member _.Name = "log10P1"
            member _.Traits = Traits.Odd
            member _.Domain = abovePole
            member _.Edges = [ edge -1.0 (minusInf, inf) ]
            member _.Value x = Plain.divide (SpecialValues.log1p x) ln10
            member _.Slope(x, _) = reciprocal (number 1.0 + x) / number ln10

    /// y = e^x / (1 - e^x) for x <= 0, the odds of an event of probability e^x; dy/dx = y (1 + y)
    [<Struct; NoComparison>]
    type internal ExponentialOdds =
        interface IUnary with
            member _.Name = "exponentialOdds"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = between -20.0 -0.01
            member _.Edges = [ edge 0.0 (inf, inf); edge -0.0 (inf, inf); edge minusInf (0.0, 0.0); edge 1.0 (nan, nan) ]
            member _.Value x = SpecialValues.exponentialOdds x
            member _.Slope(_, y) = y * (number 1.0 + y)

    /// y = log(1 - e^x) for x <= 0; dy/dx = -e^x / (1 - e^x), computed without overflow
    [<Struct; NoComparison>]
    type internal Log1MExp =
        interface IUnary with
            member _.Name = "log1MExp"
            member _.Traits = Traits.Even
            member _.Domain = between -20.0 -0.01
            member _.Edges =
                [ edge 0.0 (minusInf, minusInf); edge -0.0 (minusInf, minusInf); edge minusInf (-0.0, -0.0); edge 1.0 (nan, nan) ]
            member _.Value x = SpecialValues.log1mExp x
            member _.Slope(x, _) = -(unary (ExponentialOdds()) x)

    /// <summary>log(1 - e^x) for x below 0, without cancellation; -infinity at 0, NaN above. Derivative -e^x/(1 - e^x).</summary>
    let log1MExp (x: 'T) : 'T :> ICarrier<'T> = unary (Log1MExp()) x

    /// y = a / b^k for b >= 0, and 0 at a = 0, b = 0: the slopes of a log b in b. dy/da = 1 / b^k, dy/db = -k a / b^(k + 1)
    [<Struct; NoComparison>]
    type internal RatioOfPositive(k: int) =
        member internal _.Power = k

        interface IBinary with
            member _.Name = "ratioOfPositive"
            member _.Traits = Traits.Even
            member _.Domain = struct (between -10.0 10.0, positive)
            member _.Value(a, b) = SpecialValues.ratioOfPositive k a b
            member _.SlopeA(_, b, y) = binary (RatioOfPositive k) (step (Arithmetic.Defined()) y) b
            member _.SlopeB(a, b, _) = number (Plain.negate (float k)) * binary (RatioOfPositive(Plain.next k)) a b

    /// y = a log b, and 0 at a = 0 for every number b, as in entropies; dy/da = log b, dy/db = a / b, which is 0 at a = 0
    [<Struct; NoComparison>]
    type internal XLogY =
        interface IBinary with
            member _.Name = "xLogY"
            member _.Traits = Traits.Even
            member _.Domain = struct (between -10.0 10.0, positive)
            member _.Value(a, b) = SpecialValues.xLogY a b
            member _.SlopeA(_, b, y) = unary (Log()) b * step (Arithmetic.Defined()) y
            member _.SlopeB(a, b, y) = binary (RatioOfPositive 1) a b * step (Arithmetic.Defined()) y

    /// <summary>x log(y), and 0 at x = 0 for every number y, as in entropies; derivatives log(y) and x/y, which is 0 at x = 0.</summary>
    /// <remarks>
    /// At y = 0 the slope in x is -infinity: write the entropy of a softmax whose numbers may underflow as the sum of softmax times
    /// logSoftmax.
    /// </remarks>
    let xLogY (x: 'T) (y: 'T) : 'T :> ICarrier<'T> = binary (XLogY()) x y

    /// y = log of a to the base b
    [<Struct; NoComparison>]
    type internal LogBase =
        interface IBinary with
            member _.Name = "logBase"
            member _.Traits = Traits.Even
            member _.Domain = struct (positive, between 1.5 20.0)
            member _.Value(a, b) = Math.Log(a, b)
            member _.SlopeA(a, b, y) = reciprocal a / unary (Log()) b * step (Arithmetic.Defined()) y
            member _.SlopeB(_, b, y) = -y / unary (Log()) b / b

    /// y = s(x) s(-x), the slope of the sigmoid s; s (1 - s) would cancel for large x. dy/dx = -y tanh(x / 2); s(-x) - s(x) in place of
    /// tanh would cancel near 0.
    [<Struct; NoComparison>]
    type internal LogisticDensity =
        interface IUnary with
            member _.Name = "logisticDensity"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.25, 0.0); edge inf (0.0, 0.0); edge minusInf (0.0, 0.0) ]
            member _.Value x = SpecialValues.logisticDensity x
            member _.Slope(x, y) = -y * unary (Hyperbolics.Tanh()) (number 0.5 * x)

    /// y = 1 / (1 + e^-x)
    [<Struct; NoComparison>]
    type internal Sigmoid =
        interface IUnary with
            member _.Name = "sigmoid"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.5, 0.25); edge inf (1.0, 0.0); edge minusInf (0.0, 0.0) ]
            member _.Value x = SpecialValues.sigmoid x
            member _.Slope(x, _) = unary (LogisticDensity()) x

    /// <summary>1/(1 + e^-x); derivative y(x) y(-x), without cancellation.</summary>
    let sigmoid (x: 'T) : 'T :> ICarrier<'T> = unary (Sigmoid()) x

    /// y = log(1 + e^x), dy/dx = sigmoid x
    [<Struct; NoComparison>]
    type internal Softplus =
        interface IUnary with
            member _.Name = "softplus"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (ln2, 0.5); edge minusInf (0.0, 0.0); edge inf (inf, 1.0) ]
            member _.Value x = SpecialValues.softplus x
            member _.Slope(x, _) = unary (Sigmoid()) x

    /// <summary>log(1 + e^x) without overflow; derivative sigmoid(x).</summary>
    let softplus (x: 'T) : 'T :> ICarrier<'T> = unary (Softplus()) x

    /// y = 1 / (1 + e^(b - a)), the share of e^a in e^a + e^b; dy/da = -dy/db = y(a, b) y(b, a). Rounding a - b would change the share by
    /// up to 500 units in the last place, so the rounding error is added back. At a = b = -infinity the share is 0; at a = b = infinity it
    /// is NaN.
    [<Struct; NoComparison>]
    type internal LogisticShare =
        interface IBinary with
            member _.Name = "logisticShare"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (moderate, moderate)
            member _.Value(a, b) = SpecialValues.logisticShare a b
            member _.SlopeA(a, b, _) = binary (LogisticShareDensity()) a b
            member _.SlopeB(a, b, _) = -(binary (LogisticShareDensity()) a b)

    /// y = s(a, b) s(b, a) for the share s; dy/da = -dy/db = -y tanh((a - b) / 2)
    and [<Struct; NoComparison>] internal LogisticShareDensity =
        interface IBinary with
            member _.Name = "logisticShareDensity"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (moderate, moderate)
            member _.Value(a, b) = SpecialValues.logisticShareDensity a b
            member _.SlopeA(a, b, y) = -y * unary (Hyperbolics.Tanh()) (number 0.5 * (a - b))
            member _.SlopeB(a, b, y) = y * unary (Hyperbolics.Tanh()) (number 0.5 * (a - b))

    /// y = log(e^a + e^b); the slopes are the shares of e^a and e^b
    [<Struct; NoComparison>]
    type internal LogAddExp =
        interface IBinary with
            member _.Name = "logAddExp"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (moderate, moderate)
            member _.Value(a, b) = SpecialValues.logAddExp a b
            member _.SlopeA(a, b, _) = binary (LogisticShare()) a b
            member _.SlopeB(a, b, _) = binary (LogisticShare()) b a

    /// <summary>log(e^a + e^b) without overflow; derivatives sigmoid(a - b) and sigmoid(b - a).</summary>
    let logAddExp (a: 'T) (b: 'T) : 'T :> ICarrier<'T> = binary (LogAddExp()) a b

    /// y = log(1 + e^z) - t z, the negative log-likelihood of the label t for the logit z; dy/dz = sigmoid z - t, written so that nothing
    /// cancels at t = 0 and t = 1
    [<Struct; NoComparison>]
    type internal LogisticLoss =
        interface IBinary with
            member _.Name = "binaryCrossEntropy"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Domain = struct (moderate, between 0.0 1.0)
            member _.Value(z, t) = SpecialValues.logisticLoss z t
            member _.SlopeA(z, t, _) = (number 1.0 - t) * unary (Sigmoid()) z - t * unary (Sigmoid()) (-z)
            member _.SlopeB(z, _, _) = -z
