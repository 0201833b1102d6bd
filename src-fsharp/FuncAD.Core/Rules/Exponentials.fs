namespace FuncAD.Rules

open System
open FuncAD
open FuncAD.Algebra

/// <summary>Exponentials, logarithms and the smooth functions built of them. None overflows or cancels on its way.</summary>
module Exponentials =
    let private moderate = between -20.0 20.0
    let private positive = between 0.01 100.0
    let private abovePole = between -0.9 100.0
    let private ln2 = Math.Log 2.0
    let private ln10 = Math.Log 10.0

    /// y = e^x = dy/dx
    [<Struct>]
    type Exp =
        interface IUnary with
            member _.Name = "exp"
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (1.0, 1.0); edge minusInf (0.0, 0.0); edge inf (inf, inf) ]
            member _.Value x = Math.Exp x
            member _.Slope(_, y) = y

    /// y = 2^x, dy/dx = y log 2
    [<Struct>]
    type Exp2 =
        interface IUnary with
            member _.Name = "exp2"
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (1.0, ln2) ]
            member _.Value x = Double.Exp2 x
            member _.Slope(_, y) = y * number ln2

    /// y = 10^x, dy/dx = y log 10
    [<Struct>]
    type Exp10 =
        interface IUnary with
            member _.Name = "exp10"
            member _.Domain = between -10.0 10.0
            member _.Edges = [ edge 0.0 (1.0, ln10) ]
            member _.Value x = Double.Exp10 x
            member _.Slope(_, y) = y * number ln10

    /// y = e^x - 1, dy/dx = e^x (y + 1 would cancel for large negative x)
    [<Struct>]
    type ExpM1 =
        interface IUnary with
            member _.Name = "expM1"
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge minusInf (-1.0, 0.0) ]
            member _.Value x = SpecialValues.expm1 x
            member _.Slope(x, _) = unary (Exp()) x

    /// y = 2^x - 1
    [<Struct>]
    type Exp2M1 =
        interface IUnary with
            member _.Name = "exp2M1"
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.0, ln2) ]
            member _.Value x = SpecialValues.exp2m1 x
            member _.Slope(x, _) = unary (Exp2()) x * number ln2

    /// y = 10^x - 1
    [<Struct>]
    type Exp10M1 =
        interface IUnary with
            member _.Name = "exp10M1"
            member _.Domain = between -10.0 10.0
            member _.Edges = [ edge 0.0 (0.0, ln10) ]
            member _.Value x = SpecialValues.exp10m1 x
            member _.Slope(x, _) = unary (Exp10()) x * number ln10

    /// y = log x, dy/dx = 1 / x
    [<Struct>]
    type Log =
        interface IUnary with
            member _.Name = "log"
            member _.Domain = positive
            member _.Edges = [ edge 1.0 (0.0, 1.0); edge 0.0 (minusInf, inf) ]
            member _.Value x = Math.Log x
            member _.Slope(x, _) = number 1.0 / x

    /// y = log2 x, dy/dx = 1 / (x log 2)
    [<Struct>]
    type Log2 =
        interface IUnary with
            member _.Name = "log2"
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (minusInf, inf) ]
            member _.Value x = Math.Log2 x
            member _.Slope(x, _) = number 1.0 / (x * number ln2)

    /// y = log10 x, dy/dx = 1 / (x log 10)
    [<Struct>]
    type Log10 =
        interface IUnary with
            member _.Name = "log10"
            member _.Domain = positive
            member _.Edges = [ edge 0.0 (minusInf, inf) ]
            member _.Value x = Math.Log10 x
            member _.Slope(x, _) = number 1.0 / (x * number ln10)

    /// y = log(1 + x), dy/dx = 1 / (1 + x)
    [<Struct>]
    type LogP1 =
        interface IUnary with
            member _.Name = "logP1"
            member _.Domain = abovePole
            member _.Edges = [ edge 0.0 (0.0, 1.0); edge -0.0 (-0.0, 1.0); edge -1.0 (minusInf, inf) ]
            member _.Value x = SpecialValues.log1p x
            member _.Slope(x, _) = number 1.0 / (number 1.0 + x)

    /// y = log2(1 + x)
    [<Struct>]
    type Log2P1 =
        interface IUnary with
            member _.Name = "log2P1"
            member _.Domain = abovePole
            member _.Edges = [ edge -1.0 (minusInf, inf) ]
            member _.Value x = Plain.divide (SpecialValues.log1p x) ln2
            member _.Slope(x, _) = number 1.0 / ((number 1.0 + x) * number ln2)

    /// y = log10(1 + x)
    [<Struct>]
    type Log10P1 =
        interface IUnary with
            member _.Name = "log10P1"
            member _.Domain = abovePole
            member _.Edges = [ edge -1.0 (minusInf, inf) ]
            member _.Value x = Plain.divide (SpecialValues.log1p x) ln10
            member _.Slope(x, _) = number 1.0 / ((number 1.0 + x) * number ln10)

    /// y = log of a to the base b
    [<Struct>]
    type LogBase =
        interface IBinary with
            member _.Name = "logBase"
            member _.Domain = struct (positive, between 1.5 20.0)
            member _.Value(a, b) = Math.Log(a, b)
            member _.SlopeA(a, b, _) = number 1.0 / (a * unary (Log()) b)
            member _.SlopeB(_, b, y) = -y / (b * unary (Log()) b)

    /// y = 1 / (1 + e^-x), dy/dx = y(x) y(-x) (y (1 - y) would cancel for large x)
    [<Struct>]
    type Sigmoid =
        interface IUnary with
            member _.Name = "sigmoid"
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (0.5, 0.25); edge inf (1.0, 0.0); edge minusInf (0.0, 0.0) ]
            member _.Value x = SpecialValues.sigmoid x
            member _.Slope(x, y) = y * unary (Sigmoid()) (-x)

    /// <summary>1/(1 + e^-x); derivative y(x) y(-x), without cancellation.</summary>
    let sigmoid (x: 'T) : 'T when 'T :> ICarrier<'T> = unary (Sigmoid()) x

    /// y = log(1 + e^x), dy/dx = sigmoid x
    [<Struct>]
    type Softplus =
        interface IUnary with
            member _.Name = "softplus"
            member _.Domain = moderate
            member _.Edges = [ edge 0.0 (ln2, 0.5); edge minusInf (0.0, 0.0); edge inf (inf, 1.0) ]
            member _.Value x = SpecialValues.softplus x
            member _.Slope(x, _) = unary (Sigmoid()) x

    /// <summary>log(1 + e^x) without overflow; derivative sigmoid(x).</summary>
    let softplus (x: 'T) : 'T when 'T :> ICarrier<'T> = unary (Softplus()) x

    /// y = log(e^a + e^b), dy/da = sigmoid(a - b)
    [<Struct>]
    type LogAddExp =
        interface IBinary with
            member _.Name = "logAddExp"
            member _.Domain = struct (moderate, moderate)
            member _.Value(a, b) = SpecialValues.logAddExp a b
            member _.SlopeA(a, b, _) = unary (Sigmoid()) (a - b)
            member _.SlopeB(a, b, _) = unary (Sigmoid()) (b - a)

    /// <summary>log(e^a + e^b) without overflow; derivatives sigmoid(a - b) and sigmoid(b - a).</summary>
    let logAddExp (a: 'T) (b: 'T) : 'T when 'T :> ICarrier<'T> = binary (LogAddExp()) a b

    /// y = log(1 + e^z) - t z, minus the log of the probability of t for the logit z; dy/dz = sigmoid z - t, of which nothing cancels at t = 0 and t = 1
    [<Struct>]
    type LogisticLoss =
        interface IBinary with
            member _.Name = "binaryCrossEntropy"
            member _.Domain = struct (moderate, between 0.0 1.0)
            member _.Value(z, t) = SpecialValues.logisticLoss z t
            member _.SlopeA(z, t, _) = (number 1.0 - t) * unary (Sigmoid()) z - t * unary (Sigmoid()) (-z)
            member _.SlopeB(z, _, _) = -z
