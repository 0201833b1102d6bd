namespace FuncAD.Formulas

open FuncAD
open FuncAD.Algebra
open FuncAD.Compiled
open FuncAD.Rules

/// <summary>
/// Products and sums as textbooks write them: factors 1 are left out, those of constants are computed, and negations move in front of
/// products and into sums. None of this changes a rounding.
/// </summary>
module internal TextbookAlgebra =
    /// -x for an expression that is written with a minus at its start; null for others.
    let private unsigned (x: Expression) : Expression =
        if x.Does Instruction.Negate then x.A
        elif x.Does Instruction.Multiply && x.A.Does Instruction.Negate then x.A.A * x.B
        elif x.Does Instruction.Divide && x.A.Does Instruction.Negate then x.A.A / x.B
        else null

    let negative (x: Expression) : Expression =
        if x.IsConstant then
            number (Plain.negate x.Value)
        else
            match unsigned x with
            | null -> -x
            | positive -> positive

    let product (a: Expression) (b: Expression) : Expression =
        if a.IsConstant && b.IsConstant then
            number (Plain.multiply a.Value b.Value)
        elif a.Is 1.0 then
            b
        elif b.Is 1.0 then
            a
        elif a.Is -1.0 then
            negative b
        elif b.Is -1.0 then
            negative a
        else
            match unsigned a, unsigned b with
            | null, null -> a * b
            | positive, null -> -(positive * b)
            | null, positive -> -(a * positive)
            | positive, other -> positive * other

    let sum (a: Expression) (b: Expression) : Expression =
        if a.IsConstant && b.IsConstant then
            number (Plain.add a.Value b.Value)
        else
            match unsigned b with
            | null -> a + b
            | positive -> a - positive
