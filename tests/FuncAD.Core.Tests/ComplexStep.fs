namespace FuncAD.Tests

open System
open FuncAD

/// <summary>
/// A complex number for the complex step: f'(x) = Im f(x + ih) / h for a tiny h, exact to rounding because nothing is subtracted (Squire
/// and Trapp, "Using complex variables to estimate derivatives of real functions", 1998). Every function keeps an imaginary part of
/// 1e-200 (System.Numerics.Complex loses it). None knows a rule's slope: they are the identities of complex analysis, so that this is a
/// second opinion on the table.
/// </summary>
[<Struct>]
type ComplexStep =
    val Re: float
    val Im: float
    new(re, im) = { Re = re; Im = im }

    static member H = 1e-200
    static member Add(a: ComplexStep, b: ComplexStep) = ComplexStep(a.Re + b.Re, a.Im + b.Im)
    static member Scale(k: float, a: ComplexStep) = ComplexStep(k * a.Re, k * a.Im)
    static member Multiply(a: ComplexStep, b: ComplexStep) = ComplexStep(a.Re * b.Re - a.Im * b.Im, a.Re * b.Im + a.Im * b.Re)

    static member Divide(a: ComplexStep, b: ComplexStep) =
        // (a conj b) / |b|^2, scaled by |Re b| against overflow
        let r = b.Im / b.Re
        let d = b.Re + b.Im * r
        ComplexStep((a.Re + a.Im * r) / d, (a.Im - a.Re * r) / d)

    static member Exp(z: ComplexStep) = ComplexStep(Math.Exp z.Re * Math.Cos z.Im, Math.Exp z.Re * Math.Sin z.Im)
    static member Log(z: ComplexStep) = ComplexStep(Math.Log(Double.Hypot(z.Re, z.Im)), Math.Atan2(z.Im, z.Re))
    static member Sin(z: ComplexStep) = ComplexStep(Math.Sin z.Re * Math.Cosh z.Im, Math.Cos z.Re * Math.Sinh z.Im)
    static member Cos(z: ComplexStep) = ComplexStep(Math.Cos z.Re * Math.Cosh z.Im, -Math.Sin z.Re * Math.Sinh z.Im)
    static member Sinh(z: ComplexStep) = ComplexStep(Math.Sinh z.Re * Math.Cos z.Im, Math.Cosh z.Re * Math.Sin z.Im)
    static member Cosh(z: ComplexStep) = ComplexStep(Math.Cosh z.Re * Math.Cos z.Im, Math.Sinh z.Re * Math.Sin z.Im)

    /// Half angles: tan(a + ib) = (sin 2a + i sinh 2b) / (cos 2a + cosh 2b)
    static member Tan(z: ComplexStep) =
        let d = Math.Cos(2.0 * z.Re) + Math.Cosh(2.0 * z.Im)
        ComplexStep(Math.Sin(2.0 * z.Re) / d, Math.Sinh(2.0 * z.Im) / d)

    static member Tanh(z: ComplexStep) =
        let d = Math.Cosh(2.0 * z.Re) + Math.Cos(2.0 * z.Im)
        ComplexStep(Math.Sinh(2.0 * z.Re) / d, Math.Sin(2.0 * z.Im) / d)

    /// The principal root, for positive real parts.
    static member Sqrt(z: ComplexStep) =
        let re = Math.Sqrt(0.5 * (Double.Hypot(z.Re, z.Im) + z.Re))
        ComplexStep(re, z.Im / (2.0 * re))

    /// The polar form, for positive real parts: r^c e^(i c theta).
    static member Power(z: ComplexStep, c: float) =
        let r, angle = Math.Pow(Double.Hypot(z.Re, z.Im), c), c * Math.Atan2(z.Im, z.Re)
        ComplexStep(r * Math.Cos angle, r * Math.Sin angle)

    /// Im arctan z = log((a^2 + (1 + b)^2) / (a^2 + (1 - b)^2)) / 4, where the quotient is 1 + 4b / (a^2 + (1 - b)^2)
    static member Atan(z: ComplexStep) =
        let a, b = z.Re, z.Im
        let t = 4.0 * b / (a * a + (1.0 - b) * (1.0 - b))
        let log1p = if abs t < 1e-10 then t else Math.Log(1.0 + t)
        ComplexStep(Math.Atan a, 0.25 * log1p)

    static member One = ComplexStep(1.0, 0.0)
    static member Negate(z: ComplexStep) = ComplexStep(-z.Re, -z.Im)
    static member Reciprocal(z: ComplexStep) = ComplexStep.Divide(ComplexStep.One, z)

    /// The functions of one argument that have a complex form here, by the names of the table.
    static member Functions: Map<string, ComplexStep -> ComplexStep> =
        let c = ComplexStep.Scale
        Map
            [ "negate", ComplexStep.Negate
              "exp", ComplexStep.Exp
              "exp2", (fun z -> ComplexStep.Exp(c (Math.Log 2.0, z)))
              "exp10", (fun z -> ComplexStep.Exp(c (Math.Log 10.0, z)))
              "log", ComplexStep.Log
              "log2", (fun z -> c (1.0 / Math.Log 2.0, ComplexStep.Log z))
              "log10", (fun z -> c (1.0 / Math.Log 10.0, ComplexStep.Log z))
              "logP1", (fun z -> ComplexStep.Log(ComplexStep.Add(ComplexStep.One, z)))
              "expM1", (fun z -> ComplexStep.Add(ComplexStep.Exp z, ComplexStep.Negate ComplexStep.One))
              "sigmoid", (fun z -> ComplexStep.Reciprocal(ComplexStep.Add(ComplexStep.One, ComplexStep.Exp(ComplexStep.Negate z))))
              "logisticDensity",
              (fun z ->
                  let e = ComplexStep.Exp z
                  let sum = ComplexStep.Add(ComplexStep.One, e)
                  ComplexStep.Divide(e, ComplexStep.Multiply(sum, sum)))
              "reciprocalOfPositive", ComplexStep.Reciprocal
              "oneMinusSquare", (fun z -> ComplexStep.Add(ComplexStep.One, ComplexStep.Negate(ComplexStep.Multiply(z, z))))
              "reach", id
              "softplus", (fun z -> ComplexStep.Log(ComplexStep.Add(ComplexStep.One, ComplexStep.Exp z)))
              "sin", ComplexStep.Sin
              "cos", ComplexStep.Cos
              "tan", ComplexStep.Tan
              "sinPi", (fun z -> ComplexStep.Sin(c (Math.PI, z)))
              "cosPi", (fun z -> ComplexStep.Cos(c (Math.PI, z)))
              "sinh", ComplexStep.Sinh
              "cosh", ComplexStep.Cosh
              "tanh", ComplexStep.Tanh
              "sech", (fun z -> ComplexStep.Reciprocal(ComplexStep.Cosh z))
              "atan", ComplexStep.Atan
              "sqrt", ComplexStep.Sqrt
              "gaussian", (fun z -> ComplexStep.Exp(ComplexStep.Negate(ComplexStep.Multiply(z, z))))
              "lorentzian", (fun z -> ComplexStep.Reciprocal(ComplexStep.Add(ComplexStep.One, ComplexStep.Multiply(z, z))))
              "cube", (fun z -> ComplexStep.Multiply(z, ComplexStep.Multiply(z, z))) ]

    /// Those of two arguments, on positive first arguments where there is a logarithm.
    static member Functions2: Map<string, ComplexStep * ComplexStep -> ComplexStep> =
        Map
            [ "pow", (fun (a, b) -> ComplexStep.Exp(ComplexStep.Multiply(b, ComplexStep.Log a)))
              "logBase", (fun (a, b) -> ComplexStep.Divide(ComplexStep.Log a, ComplexStep.Log b))
              "logAddExp", (fun (a, b) -> ComplexStep.Log(ComplexStep.Add(ComplexStep.Exp a, ComplexStep.Exp b)))
              "logisticShare", (fun (a, b) -> ComplexStep.Functions["sigmoid"](ComplexStep.Add(a, ComplexStep.Negate b)))
              "logisticShareDensity", (fun (a, b) -> ComplexStep.Functions["logisticDensity"](ComplexStep.Add(a, ComplexStep.Negate b))) ]

    interface IPeek with
        member z.Peek = z.Re

    interface ICarrier<ComplexStep> with
        static member Constant value = ComplexStep(value, 0.0)
        static member Add(a, b) = ComplexStep.Add(a, b)
        static member Subtract(a, b) = ComplexStep(a.Re - b.Re, a.Im - b.Im)
        static member Multiply(a, b) = ComplexStep.Multiply(a, b)
        static member Divide(a, b) = ComplexStep.Divide(a, b)
        static member Negate a = ComplexStep.Negate a
        static member Unary(rule, x) = ComplexTable.functions[rule.Name] x
        static member Binary(rule, a, b) = ComplexTable.functions2[rule.Name](a, b)
        static member Step(rule, x) = ComplexStep(rule.Value x.Re, 0.0)
        static member Choice(rule, a, b) = if rule.Value(a.Re, b.Re) = a.Re then a else b

/// The maps, made once.
and internal ComplexTable private () =
    static member val functions: Map<string, ComplexStep -> ComplexStep> = ComplexStep.Functions
    static member val functions2: Map<string, ComplexStep * ComplexStep -> ComplexStep> = ComplexStep.Functions2
