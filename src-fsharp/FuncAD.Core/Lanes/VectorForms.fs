namespace FuncAD

open System
open System.Runtime.CompilerServices
open FuncAD.Rules
open FuncAD.Lanes
open FuncAD.Lanes.LaneWords

/// <summary>
/// The table of vector forms: how each rule is computed on lanes. A rule that is not in it is evaluated lane by lane. Rules are recognised
/// by their types, which the JIT compiles to constants, so that only the line of the rule remains.
/// </summary>
[<AbstractClass; Sealed>]
type internal VectorForms =

    static member inline private Is<'R, 'Known>() = Type.op_Equality(typeof<'R>, typeof<'Known>)

    /// x to the power c, in a few multiplications and square roots where that is possible.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Power<'V when 'V: struct and 'V :> ILanes<'V>>(c: float, x: 'V) : 'V =
        let one = 'V.Constant 1.0
        if c = 1.0 then x
        elif c = 2.0 then 'V.Multiply(x, x)
        elif c = 3.0 then 'V.Multiply('V.Multiply(x, x), x)
        elif c = 0.0 then one
        elif c = -1.0 then 'V.Divide(one, x)
        elif c = -2.0 then
            let inverse = 'V.Divide(one, x)
            'V.Multiply(inverse, inverse)
        elif c = 0.5 || c = -0.5 then
            // as with Math.Pow, the root of -0 is 0 and that of -infinity is infinity
            let root = 'V.Sqrt('V.Add(x, 'V.Constant 0.0))
            let root = select (equal x ('V.Constant Double.NegativeInfinity)) ('V.Constant Double.PositiveInfinity) root
            if c > 0.0 then root else 'V.Divide(one, root)
        else LanePowers.pow x ('V.Constant c)

    /// a^(b - m), with the rounding error of b - m added back (PowerValues.powerLog).
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private PowerBelow<'V when 'V: struct and 'V :> ILanes<'V>>(power: Powers.PowerLog, a: 'V, b: 'V) : 'V =
        let whole = 'V.Constant(float power.Steps)
        let exponent = 'V.Subtract(b, whole)
        let back = 'V.Subtract(exponent, b)
        let rest = 'V.Subtract('V.Subtract(b, 'V.Subtract(exponent, back)), 'V.Add(whole, back))
        let rest = 'V.SelectLess('V.Abs rest, 'V.Constant infinity, rest, 'V.Constant 0.0)
        if 'V.Any('V.Less('V.Constant 0.0, 'V.Abs rest)) then
            patchPair power ('V.Less('V.Abs rest, 'V.Constant 0.5)) a b (LanePowers.powWithRest a exponent rest)
        else LanePowers.pow a exponent

    /// The root of degree n, for the degrees that have a vector form.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Root<'V when 'V: struct and 'V :> ILanes<'V>>(n: int, x: 'V, found: byref<bool>) : 'V =
        if n = 1 then x
        elif n = 2 then 'V.Add('V.Sqrt x, 'V.Constant 0.0) // the root of -0 is 0
        elif n = 3 then LanePowers.cbrt x
        else
            found <- false
            x

    /// The vector form of a function of one argument or of a step. Where there is none, found is set to false. It is longer than other
    /// functions because it is a table with a line for each rule, of which the JIT keeps one.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member OfUnary<'V, 'R when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IFunction1>(rule: 'R, x: 'V, found: byref<bool>) : 'V =
        let mutable y = x
        if VectorForms.Is<'R, Arithmetic.Negate>() then y <- 'V.Negate x
        elif VectorForms.Is<'R, Piecewise.Identity>() then y <- x
        elif VectorForms.Is<'R, Piecewise.Abs>() then y <- 'V.Abs x
        elif VectorForms.Is<'R, Powers.Sqrt>() || VectorForms.Is<'R, Powers.RootOfSquares>() then y <- 'V.Sqrt x
        elif VectorForms.Is<'R, Powers.Cbrt>() then y <- LanePowers.cbrt x
        elif VectorForms.Is<'R, Exponentials.Exp>() then y <- LaneExponentials.exp x
        elif VectorForms.Is<'R, Exponentials.Exp2>() then y <- LaneExponentials.exp2 x
        elif VectorForms.Is<'R, Exponentials.Exp10>() then y <- LaneExponentials.exp10 x
        elif VectorForms.Is<'R, Exponentials.ExpM1>() then y <- LaneExponentials.expM1 x
        elif VectorForms.Is<'R, Exponentials.Exp2M1>() then y <- LaneExponentials.exp2M1 x
        elif VectorForms.Is<'R, Exponentials.Exp10M1>() then y <- LaneExponentials.exp10M1 x
        elif VectorForms.Is<'R, Exponentials.Log>() then y <- LaneExponentials.log x
        elif VectorForms.Is<'R, Exponentials.Log2>() then y <- LaneExponentials.log2 x
        elif VectorForms.Is<'R, Exponentials.Log10>() then y <- LaneExponentials.log10 x
        elif VectorForms.Is<'R, Exponentials.LogP1>() then y <- LaneExponentials.log1p x
        elif VectorForms.Is<'R, Exponentials.Log2P1>() then y <- 'V.Divide(LaneExponentials.log1p x, 'V.Constant 0.6931471805599453)
        elif VectorForms.Is<'R, Exponentials.Log10P1>() then y <- 'V.Divide(LaneExponentials.log1p x, 'V.Constant 2.302585092994046)
        elif VectorForms.Is<'R, Exponentials.Sigmoid>() then y <- LaneExponentials.sigmoid x
        elif VectorForms.Is<'R, Exponentials.Softplus>() then y <- LaneExponentials.softplus x
        elif VectorForms.Is<'R, Trigonometry.Sin>() then y <- LaneTrigonometry.sin x
        elif VectorForms.Is<'R, Trigonometry.Cos>() then y <- LaneTrigonometry.cos x
        elif VectorForms.Is<'R, Trigonometry.Tan>() then y <- LaneTrigonometry.tan x
        elif VectorForms.Is<'R, Trigonometry.SinPi>() then y <- LaneTrigonometry.sinPi x
        elif VectorForms.Is<'R, Trigonometry.CosPi>() then y <- LaneTrigonometry.cosPi x
        elif VectorForms.Is<'R, Trigonometry.TanPi>() then y <- LaneTrigonometry.tanPi x
        elif VectorForms.Is<'R, Trigonometry.Asin>() then y <- LaneTrigonometry.asin x
        elif VectorForms.Is<'R, Trigonometry.Acos>() then y <- LaneTrigonometry.acos x
        elif VectorForms.Is<'R, Trigonometry.Atan>() then y <- LaneTrigonometry.atan x
        elif VectorForms.Is<'R, Trigonometry.AsinPi>() then y <- 'V.Divide(LaneTrigonometry.asin x, 'V.Constant Math.PI)
        elif VectorForms.Is<'R, Trigonometry.AcosPi>() then y <- 'V.Divide(LaneTrigonometry.acos x, 'V.Constant Math.PI)
        elif VectorForms.Is<'R, Trigonometry.AtanPi>() then y <- 'V.Divide(LaneTrigonometry.atan x, 'V.Constant Math.PI)
        elif VectorForms.Is<'R, Trigonometry.Lorentzian>() then y <- LaneTrigonometry.lorentzian x
        elif VectorForms.Is<'R, Hyperbolics.Sinh>() then y <- LaneHyperbolics.sinh x
        elif VectorForms.Is<'R, Hyperbolics.Cosh>() then y <- LaneHyperbolics.cosh x
        elif VectorForms.Is<'R, Hyperbolics.Tanh>() then y <- LaneHyperbolics.tanh x
        elif VectorForms.Is<'R, Hyperbolics.Asinh>() then y <- LaneHyperbolics.asinh x
        elif VectorForms.Is<'R, Hyperbolics.Acosh>() then y <- LaneHyperbolics.acosh x
        elif VectorForms.Is<'R, Hyperbolics.Atanh>() then y <- LaneHyperbolics.atanh x
        elif VectorForms.Is<'R, Hyperbolics.AcoshSlope>() then y <- LaneHyperbolics.acoshSlope x
        elif VectorForms.Is<'R, Hyperbolics.Sech>() then y <- LaneHyperbolics.sech x
        elif VectorForms.Is<'R, Special.Erf>() then y <- LaneSpecial.erf x
        elif VectorForms.Is<'R, Special.Erfc>() then y <- LaneSpecial.erfc x
        elif VectorForms.Is<'R, Special.NormalCdf>() then y <- LaneSpecial.normalCdf x
        elif VectorForms.Is<'R, Special.NormalInverseCdf>() then y <- LaneSpecial.normalInverseCdf x
        elif VectorForms.Is<'R, Special.Gaussian>() then y <- LaneSpecial.gaussian x
        elif VectorForms.Is<'R, Special.NormalPdf>() then y <- LaneSpecial.normalPdf x
        elif VectorForms.Is<'R, Special.Reach>() then
            y <- 'V.Max('V.Constant -SpecialValues.bellReach, 'V.Min(x, 'V.Constant SpecialValues.bellReach))
        elif VectorForms.Is<'R, Special.NormalQuantileDensity>() then y <- LaneSpecial.normalQuantileDensity x
        elif VectorForms.Is<'R, Powers.ReciprocalOfPositive>() then y <- LanePowers.reciprocalOfPositive x
        elif VectorForms.Is<'R, Powers.OneMinusSquare>() then y <- 'V.Multiply('V.Subtract('V.Constant 1.0, x), 'V.Add('V.Constant 1.0, x))
        elif VectorForms.Is<'R, Exponentials.LogisticDensity>() then y <- 'V.Multiply(LaneExponentials.sigmoid x, LaneExponentials.sigmoid ('V.Negate x))
        elif VectorForms.Is<'R, Powers.InverseOrZero>() then y <- LanePowers.inverseOrZero x
        elif VectorForms.Is<'R, Exponentials.Log1MExp>() then y <- LaneExponentials.log1mExp x
        elif VectorForms.Is<'R, Exponentials.ExponentialOdds>() then y <- LaneExponentials.exponentialOdds x
        elif VectorForms.Is<'R, Special.SphericalBesselJ>() then
            let mutable rule = rule
            if Unsafe.As<'R, Special.SphericalBesselJ>(&rule).Order = 0 then y <- LaneTrigonometry.sinc x else found <- false
        elif VectorForms.Is<'R, Powers.Power>() then
            let mutable rule = rule
            let power = Unsafe.As<'R, Powers.Power>(&rule)
            if power.Rest = 0.0 then y <- VectorForms.Power(power.Exponent, x)
            elif Math.Abs power.Rest < 0.5 then y <- LanePowers.powWithRest x ('V.Constant power.Exponent) ('V.Constant power.Rest)
            else found <- false
        elif VectorForms.Is<'R, Powers.RootN>() then
            let mutable rule = rule
            let root = Unsafe.As<'R, Powers.RootN>(&rule)
            if root.Steps = 0 then y <- VectorForms.Root(root.Degree, x, &found) else found <- false
        elif VectorForms.Is<'R, Piecewise.Sign>() then y <- LanePiecewise.sign x
        elif VectorForms.Is<'R, Arithmetic.Defined>() then y <- 'V.Select('V.Equal(x, x), 'V.Constant 1.0, x)
        elif VectorForms.Is<'R, Piecewise.Floor>() then y <- 'V.Floor x
        elif VectorForms.Is<'R, Piecewise.Ceiling>() then y <- 'V.Ceiling x
        elif VectorForms.Is<'R, Arithmetic.Truncate>() then y <- 'V.Truncate x
        elif VectorForms.Is<'R, Arithmetic.RoundToEven>() then y <- 'V.RoundToEven x
        else found <- false
        y

    /// The vector form of a function of two arguments, of a choice or of a relation.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member OfBinary<'V, 'R when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IFunction2>(rule: 'R, a: 'V, b: 'V, found: byref<bool>) : 'V =
        let inline answer mask = 'V.Select(mask, 'V.Constant 1.0, 'V.Constant 0.0)
        let mutable y = a
        if VectorForms.Is<'R, Arithmetic.Add>() then y <- 'V.Add(a, b)
        elif VectorForms.Is<'R, Arithmetic.Subtract>() then y <- 'V.Subtract(a, b)
        elif VectorForms.Is<'R, Arithmetic.Multiply>() then y <- 'V.Multiply(a, b)
        elif VectorForms.Is<'R, Arithmetic.Divide>() then y <- 'V.Divide(a, b)
        elif VectorForms.Is<'R, Powers.Hypot>() then y <- LanePowers.hypot a b
        elif VectorForms.Is<'R, Powers.PowerLog>() then
            let mutable rule = rule
            let power = Unsafe.As<'R, Powers.PowerLog>(&rule)
            if power.Logarithms = 0 && power.Steps = 0 then y <- LanePowers.pow a b
            elif power.Logarithms = 0 then y <- VectorForms.PowerBelow(power, a, b)
            elif power.Logarithms = 1 && power.Steps = 0 then y <- LanePowers.powTimesLog a b
            else found <- false
        elif VectorForms.Is<'R, Arithmetic.Remainder>() then y <- LaneArithmetic.remainder a b
        elif VectorForms.Is<'R, Trigonometry.Atan2>() then y <- LaneTrigonometry.atan2 a b
        elif VectorForms.Is<'R, Trigonometry.Atan2Pi>() then y <- 'V.Divide(LaneTrigonometry.atan2 a b, 'V.Constant Math.PI)
        elif VectorForms.Is<'R, Exponentials.LogBase>() then y <- LaneExponentials.logBase a b
        elif VectorForms.Is<'R, Powers.Direction>() then y <- LanePowers.direction a b
        elif VectorForms.Is<'R, Exponentials.LogisticShareDensity>() then
            y <- 'V.Multiply(LaneExponentials.logisticShare a b, LaneExponentials.logisticShare b a)
        elif VectorForms.Is<'R, Exponentials.LogisticShare>() then y <- LaneExponentials.logisticShare a b
        elif VectorForms.Is<'R, Powers.Absorb>() then y <- LanePowers.absorb a b
        elif VectorForms.Is<'R, Exponentials.LogAddExp>() then y <- LaneExponentials.logAddExp a b
        elif VectorForms.Is<'R, Exponentials.LogisticLoss>() then y <- LaneExponentials.logisticLoss a b
        elif VectorForms.Is<'R, Exponentials.XLogY>() then y <- LaneExponentials.xLogY a b
        elif VectorForms.Is<'R, Exponentials.RatioOfPositive>() then
            let mutable rule = rule
            if Unsafe.As<'R, Exponentials.RatioOfPositive>(&rule).Power = 1 then y <- LaneExponentials.ratioOfPositive a b else found <- false
        elif VectorForms.Is<'R, Piecewise.Tie>() then y <- 'V.Constant(rule.Value(0.0, 0.0))
        elif VectorForms.Is<'R, Piecewise.Max>() then y <- 'V.Max(a, b)
        elif VectorForms.Is<'R, Piecewise.Min>() then y <- 'V.Min(a, b)
        elif VectorForms.Is<'R, Piecewise.MaxMagnitude>() then y <- 'V.MaxMagnitude(a, b)
        elif VectorForms.Is<'R, Piecewise.MinMagnitude>() then y <- 'V.MinMagnitude(a, b)
        elif VectorForms.Is<'R, Piecewise.MaxNumber>() then y <- 'V.MaxNumber(a, b)
        elif VectorForms.Is<'R, Piecewise.MinNumber>() then y <- 'V.MinNumber(a, b)
        elif VectorForms.Is<'R, Piecewise.MaxMagnitudeNumber>() then y <- 'V.MaxMagnitudeNumber(a, b)
        elif VectorForms.Is<'R, Piecewise.MinMagnitudeNumber>() then y <- 'V.MinMagnitudeNumber(a, b)
        elif VectorForms.Is<'R, Comparisons.Less>() then y <- answer ('V.Less(a, b))
        elif VectorForms.Is<'R, Comparisons.LessOrEqual>() then y <- answer ('V.LessOrEqual(a, b))
        elif VectorForms.Is<'R, Comparisons.Equal>() then y <- answer ('V.Equal(a, b))
        elif VectorForms.Is<'R, Comparisons.Both>() then y <- 'V.Multiply(a, b)
        elif VectorForms.Is<'R, Comparisons.Either>() then y <- 'V.Max(a, b)
        elif VectorForms.Is<'R, Comparisons.Not>() then y <- 'V.Subtract('V.Constant 1.0, a)
        else found <- false
        y

    /// The vector form of a function of three arguments.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member OfTernary<'V, 'R when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> ITernary>(_rule: 'R, a: 'V, b: 'V, c: 'V, found: byref<bool>) : 'V =
        if VectorForms.Is<'R, Arithmetic.FusedMultiplyAdd>() then 'V.FusedMultiplyAdd(a, b, c)
        else
            found <- false
            a

    // ---- A rule on lanes: its vector form, or its value lane by lane ----

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Unary<'V, 'R when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IFunction1>(rule: 'R, x: 'V) : 'V =
        let mutable found = true
        let y = VectorForms.OfUnary(rule, x, &found)
        if found then y else map1 rule x

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Binary<'V, 'R when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> IFunction2>(rule: 'R, a: 'V, b: 'V) : 'V =
        let mutable found = true
        let y = VectorForms.OfBinary(rule, a, b, &found)
        if found then y else map2 rule a b

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Ternary<'V, 'R when 'V: struct and 'V :> ILanes<'V> and 'R: struct and 'R :> ITernary>(rule: 'R, a: 'V, b: 'V, c: 'V) : 'V =
        let mutable found = true
        let y = VectorForms.OfTernary(rule, a, b, c, &found)
        if found then y else map3 rule a b c
