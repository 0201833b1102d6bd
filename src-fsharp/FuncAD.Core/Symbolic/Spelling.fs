namespace FuncAD.Formulas

open FuncAD
open FuncAD.Algebra
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>
/// Expressions as people write them. The table has rules that serve careful slopes: 1/x that is NaN for negative x as log is, 1 - x^2
/// without cancellation, products that are 0 at a factor 0. In a text they are the mathematics that they compute. Only texts are spelled
/// out: evaluated, the formulas here would cancel or overflow where the rules do not.
/// </summary>
module internal Spelling =
    let private power (c: float) (x: Expression) : Expression =
        if c = 0.0 then number 1.0
        elif c = 1.0 then x
        else binary (Powers.PowerLog 0) x (number c)

    let private sigmoid (x: Expression) : Expression = unary (Exponentials.Sigmoid()) x

    let private powerLog (rule: Powers.PowerLog) (a: Expression) (b: Expression) : Expression =
        let exponent = if rule.Steps = 0 then b else b - number (float rule.Steps)
        let raised = binary (Powers.PowerLog 0) a exponent
        if rule.Logarithms = 0 then raised else raised * power (float rule.Logarithms) (unary (Exponentials.Log()) a)

    /// An application of a rule in terms of functions that have a name in mathematics; null where it is one itself.
    let private spelled (primitive: Primitive) (a: Expression) (b: Expression) (c: Expression) : Expression =
        match primitive.Rule with
        | :? Arithmetic.FusedMultiplyAdd -> a * b + c
        | :? Arithmetic.Defined -> number 1.0
        | :? Piecewise.Identity
        | :? Special.Reach -> a
        | :? Powers.Absorb -> a * b
        | :? Powers.ReciprocalOfPositive
        | :? Powers.InverseOrZero -> number 1.0 / a
        | :? Powers.OneMinusSquare -> number 1.0 - power 2.0 a
        | :? Powers.RootOfSquares -> unary (Powers.Sqrt()) a
        | :? Powers.Direction -> a / binary (Powers.Hypot()) a b
        | :? Powers.ScaleB -> a * number (primitive.Value(1.0, 0.0, 0.0))
        | :? Powers.Power as rule -> power rule.Exponent a
        | :? Powers.PowerLog as rule when not rule.IsPower -> powerLog rule a b
        | :? Powers.RootN as rule when rule.Steps > 0 ->
            // x^(1/n - k) as a whole power of the root, which an odd n has for negative x as well
            let whole = Plain.subtract 1.0 (Plain.multiply (float rule.Degree) (float rule.Steps))
            power whole (unary (Powers.RootN rule.Degree) a)
        | :? Trigonometry.Lorentzian -> number 1.0 / (number 1.0 + power 2.0 a)
        | :? Hyperbolics.AcoshSlope -> number 1.0 / (unary (Powers.Sqrt()) (a - number 1.0) * unary (Powers.Sqrt()) (a + number 1.0))
        | :? Exponentials.ExponentialOdds ->
            let e = unary (Exponentials.Exp()) a
            e / (number 1.0 - e)
        | :? Exponentials.RatioOfPositive as rule -> a / power (float rule.Power) b
        | :? Exponentials.LogisticDensity -> sigmoid a * sigmoid (-a)
        | :? Exponentials.LogisticShare -> sigmoid (a - b)
        | :? Exponentials.LogisticShareDensity -> sigmoid (a - b) * sigmoid (b - a)
        | :? Special.NormalQuantileDensity -> number 1.0 / unary (Special.NormalPdf()) (unary (Special.NormalInverseCdf()) a)
        | _ -> null

    /// Not written: factors that only say where a slope is a number, and zeros in sums (operators add one to their results, loops start at
    /// one).
    let private isSilent (x: Expression) = not (isNull x.Primitive) && x.Primitive.Rule :? Arithmetic.Defined

    let private isReciprocal (x: Expression) = x.Does Instruction.Divide && x.A.Is 1.0

    /// The expression to write, with equal subexpressions as one node.
    let writeOut (steps: Steps) : Expression =
        let again (node: Expression) (a: Expression) (b: Expression) (c: Expression) : Expression =
            if isNull node.Primitive then
                node
            elif node.Does Instruction.Multiply && isSilent node.B then
                a
            elif node.Does Instruction.Multiply && isSilent node.A then
                b
            elif node.Does Instruction.Multiply && obj.ReferenceEquals(node.A, node.B) then
                power 2.0 a
            elif node.Does Instruction.Add && obj.ReferenceEquals(node.A, node.B) then
                number 2.0 * a
            elif node.Does Instruction.Multiply && isReciprocal b then
                a / b.B
            elif node.Does Instruction.Multiply && isReciprocal a then
                b / a.B
            elif node.Does Instruction.Add && b.Is 0.0 then
                a
            elif node.Does Instruction.Add && a.Is 0.0 then
                b
            elif node.Does Instruction.Subtract && a.Is 0.0 then
                -b
            else
                match spelled node.Primitive a b c with
                | null -> Expression.Apply(node.Primitive, a, b, c)
                | written -> written
        Array.last (steps.Gather again) |> Steps.Share
